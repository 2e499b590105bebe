package training

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// scalarObjective is F = (x+w)^2/2 for the two inputs 1 and 3.
type scalarObjective struct{ c *core.Chain }

func (o scalarObjective) Len() int { return 2 }
func (o scalarObjective) Sample(k int) (*core.Chain, []float64) {
	return o.c, []float64{float64(1 + 2*k)}
}

func scalar(t *testing.T) scalarObjective {
	t.Helper()
	c, err := core.NewChain(core.Bias(1), core.HalfSq(1))
	if err != nil {
		t.Fatal(err)
	}
	return scalarObjective{c}
}

// finding is one of E|U-u|^2 <= bound.
func finding(bound float64) *search.Finding {
	return &search.Finding{Cases: 1, Claim: &claim.Claim{
		ID: "own", Form: claim.Printed, Kind: claim.Step, Mixes: true, Statement: "E|U-u|^2 <= a bound",
		Left:  func(v *claim.View, _ int) float64 { return v.U2 },
		Right: func(*claim.View, int) float64 { return bound },
	}}
}

func trained(t *testing.T, law perturb.Law, found ...*search.Finding) Result {
	r := &runner{obj: scalar(t), law: law, Options: Options{Seed: 3, Findings: found}}
	r.result = Result{Ratio: map[string]claim.Number{}}
	r.train(0.125)
	return r.result
}

// near says that a is b but for the width of an enclosure.
func near(a claim.Number, b float64) bool { return math.Abs(float64(a)-b) <= 1e-6*(1+math.Abs(b)) }

// TestTrain: by hand, delta_1 and eps_2 of 1 or -1 make E|U-u|^2 = E(delta_1 + eps_2)^2 = 2,
// at every step that is logged: each twentieth and the last. l(0) = (1 + 9)/4 = 5/2, and the
// weights go to where they are on average -2, l = 1/2.
func TestTrain(t *testing.T) {
	r := trained(t, perturb.TwoPoint([]float64{1}, []float64{-1}, 0.5), finding(4))
	if r.LossFirst != 2.5 || !(r.LossLast >= 0.5 && r.LossLast < 1) {
		t.Errorf("the loss goes from %v to %v, want from 5/2 to near 1/2", r.LossFirst, r.LossLast)
	}
	at := ""
	for _, l := range r.Logged {
		at += fmt.Sprint(l.T, " ")
		if !near(l.Measured, 2) {
			t.Errorf("step %d: E|U-u|^2 = %v, want 2", l.T, l.Measured)
		}
		if !(l.Measured <= l.Each && l.Each <= l.Sharp && l.Sharp <= l.Bound) {
			t.Errorf("step %d: %v, %v, %v, %v do not rise", l.T, l.Measured, l.Each, l.Sharp, l.Bound)
		}
	}
	if at != "0 20 40 60 80 100 120 140 160 180 199 " {
		t.Errorf("logged at %s", at)
	}
	if !r.OK || len(r.Violated) > 0 || r.Uncertain != 0 || !near(r.Ratio["own/printed"], 0.5) || len(r.Ratio) != 1 {
		t.Errorf("%+v, want a ratio of 1/2 and nothing violated", r)
	}
	if got := fmt.Sprintf("%.6g", float64(r.LossLast)); got != "0.500085" {
		t.Errorf("the loss ends at %s, on record 0.500085", got)
	}
	again := trained(t, perturb.TwoPoint([]float64{1}, []float64{-1}, 0.5), finding(4))
	if fmt.Sprint(again) != fmt.Sprint(r) {
		t.Error("the same seed gave another run")
	}
}

// TestTrainPerturbs: the steps themselves have both errors. By hand: delta_1 = eps_2 = 1 move
// the weights to -2 - 2, where l = (9 + 1)/4; with one of them it would be (4 + 0)/4.
func TestTrainPerturbs(t *testing.T) {
	r := trained(t, perturb.Constant([]float64{1}))
	if !(r.LossLast > 2 && r.LossLast < 3) {
		t.Errorf("the loss ends at %v, want near 5/2", r.LossLast)
	}
	for _, l := range r.Logged {
		if !near(l.Measured, 4) {
			t.Errorf("step %d: E|U-u|^2 = %v, want (1 + 1)^2", l.T, l.Measured)
		}
	}
}

// TestUnmeasured: a step that cannot be measured is a fault of the run, with its number.
func TestUnmeasured(t *testing.T) {
	r := trained(t, perturb.Constant([]float64{1e200}), finding(4))
	if r.OK || len(r.Violated) != 2 || r.Violated[0] != "step 0: E|U-u|^2 is NaN" {
		t.Errorf("%+v, want a violation at step 0", r)
	}
}

// TestTooManyOutcomes: a step whose outcomes are too many is a fault of the run, and no step of it.
func TestTooManyOutcomes(t *testing.T) {
	many := make([]perturb.Outcome, 5000) // on delta_1 and eps_2, 25 million leaves
	for k := range many {
		many[k] = perturb.Outcome{P: 1 / float64(len(many)), D: []float64{1}}
	}
	r := trained(t, perturb.Table(many), finding(4))
	if r.OK || len(r.Violated) != 2 || !strings.HasPrefix(r.Violated[0], "step 0: measure: pass 0: ") {
		t.Errorf("%+v, want a violation at step 0", r)
	}
}

// TestViolated: a claim that the run breaks is named with the step and both sides, unless
// the search has refuted it already; what rounding hides is counted apart.
func TestViolated(t *testing.T) {
	law := perturb.TwoPoint([]float64{1}, []float64{-1}, 0.5)
	r := trained(t, law, finding(1))
	if r.OK || len(r.Violated) != 11 || !strings.HasPrefix(r.Violated[0], "own/printed at step 0: {1.99") ||
		!strings.HasPrefix(r.Violated[10], "own/printed at step 199: ") || !near(r.Ratio["own/printed"], 2) {
		t.Errorf("ok: %v, ratios %v, violated %v", r.OK, r.Ratio, r.Violated)
	}
	known := finding(1)
	known.Confirmed = 1
	if r = trained(t, law, known); !r.OK || len(r.Violated) != 0 || !near(r.Ratio["own/printed"], 2) {
		t.Errorf("a claim that was refuted: ok %v, ratios %v, violated %v", r.OK, r.Ratio, r.Violated)
	}
	nan := finding(1)
	nan.Claim.Right = func(*claim.View, int) float64 { return math.NaN() }
	if r = trained(t, law, nan); len(r.Ratio) != 0 || r.OK || len(r.Violated) != 1 ||
		r.Violated[0] != "no claim could be checked at any step" {
		t.Errorf("NaN has a ratio or passes: %+v", r)
	}
	nan.Claim.Kind = claim.Nodes
	if r = trained(t, law, nan); !r.OK {
		t.Errorf("no claim is about a step: %v", r.Violated)
	}
}

// cancelling is F = (w_1 x + w_2)^2/2 for one input 2^60.
type cancelling struct{ c *core.Chain }

func (o cancelling) Len() int                            { return 1 }
func (o cancelling) Sample(int) (*core.Chain, []float64) { return o.c, []float64{0x1p60} }

// TestIllStep: a step whose rounding leaves the margin is counted as uncertain and not logged.
func TestIllStep(t *testing.T) {
	c, err := core.NewChain(core.Affine(1, 1), core.HalfSq(1))
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{obj: cancelling{c}, law: perturb.TopK(1), Options: Options{Findings: []*search.Finding{finding(4)}}}
	r.result = Result{Ratio: map[string]claim.Number{}}
	if err := r.log(0, []float64{1, -0x1p60}, []int{0}); err != nil || r.result.Uncertain != 1 ||
		len(r.result.Logged) != 0 || len(r.result.Ratio) != 0 {
		t.Errorf("%+v, error %v", r.result, err)
	}
}

// TestCheck: only claims that mix and are about one step; the largest ratio of all steps.
func TestCheck(t *testing.T) {
	r := &runner{result: Result{Ratio: map[string]claim.Number{}}}
	mixed, nodes, single, open := finding(8), finding(8), finding(8), finding(8)
	nodes.Claim.ID, nodes.Claim.Kind = "nodes", claim.Nodes
	single.Claim.ID, single.Claim.Mixes = "single", false
	open.Claim.ID = "open"
	open.Claim.Right = func(v *claim.View, _ int) float64 { return 2 * v.U2 * (1 - 0.75*v.P) }
	silent := finding(8) // says nothing of any step; those behind it do
	silent.Claim.ID = "silent"
	silent.Claim.Right = func(*claim.View, int) float64 { return math.NaN() }
	r.Findings = []*search.Finding{silent, nodes, single, mixed, open}
	for _, u2 := range []float64{2, 6, 4} {
		step := new(measure.Step)
		for k, v := range []*claim.View{&step.Lo, &step.Hi} {
			v.Moments = claim.NewMoments(scalar(t).c)
			v.U2, v.P = u2, float64(1-k) // the right side of open is U2/2 or 2 U2
		}
		r.check(7, step)
	}
	if !near(r.result.Ratio["own/printed"], 0.75) || r.result.Ratio["nodes/printed"] != 0 ||
		r.result.Ratio["single/printed"] != 0 || len(r.result.Ratio) != 2 {
		t.Errorf("ratios %v, want 6/8 and that of open", r.result.Ratio)
	}
	if r.result.Uncertain != 3 || len(r.result.Violated) != 0 {
		t.Errorf("%d uncertain, violated %v, want 3 and none", r.result.Uncertain, r.result.Violated)
	}
}

// TestPlans: a law with a list of outcomes is its own plan at every site; of one that is
// drawn there are eight plans of constants, each one of its outcomes, for the sample and
// the step.
func TestPlans(t *testing.T) {
	o := scalar(t)
	x, w := []float64{1}, []float64{0x1p-7} // Y_1 = 1 + 2^-7 lies between 1 and 1.125 of e4m3
	r := &runner{obj: o, law: perturb.TopK(1), Options: Options{Seed: 1}}
	plans := r.plans(o.c, x, w, 0, 0)
	if len(plans) != 1 || plans[0].Delta[1].Spec().Law != "topk" || plans[0].Eps[2].Spec().Law != "topk" ||
		plans[0].Delta[0] != nil {
		t.Errorf("plans of top-k: %+v", plans)
	}
	r.law = perturb.Round("e4m3", true)
	up := 0
	seen := ""
	for step := range 40 {
		plans = r.plans(o.c, x, w, step, 5)
		if len(plans) != 8 {
			t.Fatalf("%d plans, want 8", len(plans))
		}
		for _, p := range plans {
			d := p.Delta[1].Spec()
			switch {
			case d.Law != "constant" || d.D[0] != -0x1p-7 && d.D[0] != 0.125-0x1p-7:
				t.Fatalf("a draw of delta_1 is %+v", d)
			case d.D[0] > 0:
				up++
			}
			// eps_2 rounds V_1 = Y_1, which is a number of the format by then.
			if e := p.Eps[2].Spec(); e.Law != "constant" || e.D[0] != 0 {
				t.Fatalf("a draw of eps_2 is %+v", e)
			}
		}
		seen += fmt.Sprint(plans[0].Delta[1].Spec().D[0] > 0)
	}
	// 320 draws of probability 1/16: 20 up, with a standard deviation of 4.3.
	if up < 4 || up > 40 || !strings.Contains(seen, "true") || !strings.Contains(seen, "false") {
		t.Errorf("%d of 320 draws go up, want about 20: %s", up, seen)
	}
	if r.stochastic() == (&runner{law: perturb.Round("e4m3", false)}).stochastic() {
		t.Error("rounding to nearest is as stochastic as stochastic rounding")
	}
	// The last site is drawn too: V_1 = sigmoid(Y_1) is no number of the format.
	last, err := core.NewChain(core.Linear(1, 1), core.Logistic())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range r.plans(last, x, []float64{1}, 3, 1) {
		if e := p.Eps[2].Spec(); e.Law != "constant" || e.D[0] == 0 || !(math.Abs(e.D[0]) < 0.1) {
			t.Errorf("a draw of eps_N is %+v", e)
		}
	}
	c := constants([][]float64{nil, {3}})
	if len(c) != 2 || c[0] != nil || c[1].Spec().D[0] != 3 {
		t.Errorf("constants %v", c)
	}
}

// TestObjectives: the networks are those whose names the runs have.
func TestObjectives(t *testing.T) {
	cancer, digits, err := objectives()
	if err != nil {
		t.Fatal(err)
	}
	of := func(o core.Objective) (dims []int) {
		c, _ := o.Sample(0)
		for i := 0; i <= c.N(); i++ {
			dims = append(dims, c.D(i))
		}
		return dims
	}
	if got := of(digits); got[0] != 64 || got[1] != 16 || !slices.Contains(got, 10) || got[len(got)-1] != 1 {
		t.Errorf("digits 64-16-10 has the widths %v", got)
	}
	if got := of(cancer); got[len(got)-1] != 1 || digits.Len() != 1797 || cancer.Len() != 569 {
		t.Errorf("breast_cancer has the widths %v; %d and %d samples", got, cancer.Len(), digits.Len())
	}
}

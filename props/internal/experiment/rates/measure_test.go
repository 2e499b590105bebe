package rates

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
)

// TestGamma: the printed step sizes, and 1/(3L) where those are larger.
func TestGamma(t *testing.T) {
	o := testObjective(t)
	cap := 1 / (3 * o.l)
	for _, c := range []struct {
		pl   bool
		t    int
		want float64
	}{
		{false, 16, cap / 2}, {false, 1 << 16, cap / 128}, {false, 4, cap}, {false, 1, cap},
		{true, 2, cap}, {true, 1 << 20, 3 * math.Log(1<<20) / (o.mu * (1 << 20))},
	} {
		got := o.gamma(&Scenario{PL: c.pl}, c.t)
		if !(math.Abs(got-c.want) <= 1e-9*c.want) || got > cap {
			t.Errorf("PL %v, T = %d: g = %v, want %v", c.pl, c.t, got, c.want)
		}
	}
}

// given perturbs a pass by delta_1 and eps_2 alone.
type given pulse

func (p given) Delta(i int, dst, _ []float64) {
	dst[0] = 0
	if i == 1 {
		dst[0] = p.delta
	}
}

func (p given) Eps(_ int, dst, _ []float64) { dst[0] = p.eps }

// TestPass: the closed form is the pass of core, to the last bit where that sums in the same
// order.
func TestPass(t *testing.T) {
	for _, reg := range regularizers {
		o, err := newObjective(reg)
		if err != nil {
			t.Fatal(err)
		}
		w, state, rng := o.newWalker(), core.NewState(o.chain), rand.New(rand.NewPCG(7, 7))
		for k := range 2000 {
			at := []float64{3 * rng.NormFloat64(), 3 * rng.NormFloat64()}
			p := pulse{rng.NormFloat64(), rng.NormFloat64()}
			if k%2 == 0 {
				p = pulse{}
			}
			x := o.x[k%len(o.x)]
			state.Pass(o.chain, x, at, given(p))
			w.pass(x, at, p)
			for j, want := range state.UAll {
				if got := w.u[j]; !(math.Abs(got-want) <= 1e-15*(math.Abs(want)+math.Abs(p.eps))) {
					t.Errorf("w = %v, x = %v, %+v: u_%d = %v, core has %v", at, x, p, j, got, want)
				}
			}
		}
	}
}

// TestRunByHand: a run is the steps (5d) with the closed form of the perturbed gradient: of
// ln(1+exp(x.w)) it is sigmoid(x.w + delta) + eps times x, then that of the regularizer.
func TestRunByHand(t *testing.T) {
	const steps = 5
	for k, reg := range regularizers {
		o, err := newObjective(reg)
		if err != nil {
			t.Fatal(err)
		}
		s := &Scenario{PL: k == 1, Placement: Spread, Q: constant(2), DZero: constant(0.5), DMean: constant(0.25),
			EZero: constant(0.125), EMean: constant(1)}
		w := o.newWalker()
		left, perturbed := w.run(s, steps, rand.New(rand.NewPCG(4, 4)))
		rng := rand.New(rand.NewPCG(4, 4)) // the same draws: signs of delta, of eps, then the sample
		sign := func() float64 { return float64(1 - 2*rng.IntN(2)) }
		at, want := append([]float64(nil), o.w0...), 0.0
		for step := range steps {
			g := problem.Gradient(o, at)
			want += (g[0]*g[0] + g[1]*g[1]) / steps
			delta, eps := 0.0, 0.0
			if step == 0 || step == 3 {
				delta, eps = 0.25+0.5*sign(), 1+0.125*sign()
			}
			x := o.x[rng.IntN(len(o.x))]
			slope := 1/(1+math.Exp(-(x[0]*at[0]+x[1]*at[1]+delta))) + eps
			gamma, r0, r1 := o.gamma(s, steps), o.Reg().Grad(at[0]), o.Reg().Grad(at[1])
			at[0], at[1] = at[0]-gamma*(slope*x[0]+r0), at[1]-gamma*(slope*x[1]+r1)
		}
		if s.PL {
			want = problem.Loss(o, at) - o.star
		}
		if perturbed != 2 || !(math.Abs(left-want) <= 1e-12*math.Abs(want)) {
			t.Errorf("PL %v: left %v with %d perturbed steps, want %v with 2", s.PL, left, perturbed, want)
		}
		for j, v := range at {
			if !(w.box.Lo[j] <= v && v <= w.box.Hi[j]) {
				t.Errorf("PL %v: w_%d ends at %v, outside the box [%v, %v]", s.PL, j, v, w.box.Lo[j], w.box.Hi[j])
			}
		}
	}
}

// TestPoint: replicates are whole groups within their bounds, and the groups' means have
// the mean of all.
func TestPoint(t *testing.T) {
	o := testObjective(t)
	for _, c := range []struct {
		pl         bool
		steps, t   int
		replicates int
	}{
		{false, 1 << 10, 256, 16}, {false, 1 << 12, 64, 64}, {false, 1 << 30, 16, 512}, {true, 1 << 10, 256, 48},
		{false, 16*40 + 15*16, 16, 48}, // 55 replicates are three groups of 16 and a rest
	} {
		s := &Scenario{PL: c.pl, Placement: Burst, Q: constant(3), EZero: constant(1)}
		p := o.point(s, c.t, Options{Seed: 1, Steps: c.steps, LeastPL: 48}, 7)
		mean := 0.0
		for _, g := range p.ByGroup {
			mean += g / Groups
		}
		if p.Replicates != c.replicates || p.T != c.t || p.Q != 3 || !(math.Abs(mean-p.Left) <= 1e-12*p.Left) ||
			!(p.Left > 0 && p.Left <= p.Right) {
			t.Errorf("%+v, mean of groups %v, want %d replicates", p, mean, c.replicates)
		}
		if other := o.point(s, c.t, Options{Seed: 2, Steps: c.steps, LeastPL: 48}, 7); other.Left == p.Left {
			t.Error("another seed, the same mean")
		}
	}
}

// TestExplicit: without perturbations it is Theorem 4 or 5 without errors; with them it
// grows as they do, by the number of perturbed steps.
func TestExplicit(t *testing.T) {
	for k, reg := range regularizers {
		o, err := newObjective(reg)
		if err != nil {
			t.Fatal(err)
		}
		s := &Scenario{PL: k == 1, Placement: Burst}
		w := o.newWalker()
		w.box.Add(o.w0)
		smooth := bounds.Smooth{L: o.l, Mu: o.mu, Gamma: o.gamma(s, 64), SigmaSq: o.SigmaSq(w.box)}
		d0 := problem.Loss(o, o.w0) - o.starLo
		want := bounds.Theorem4(smooth, d0, 64, 0, 0)
		if s.PL {
			want = bounds.Theorem5(smooth, d0, 64, 0, 0)
		}
		if got := w.explicit(s, 64, 0); got != want {
			t.Errorf("PL %v, no errors: %v, want %v", s.PL, got, want)
		}
		// eps_2 alone, of size e and mean m: (21) and (33) have the coefficients 3C^2 and 6C^2.
		s.EZero, s.EMean, s.Q = constant(0.5), constant(0.25), constant(2)
		region := core.NewRegion(o.chain)
		region.VisitWeights(o.w0)
		region.Smoothness(o.x)
		region.Widen(core.Margin)
		c := region.Regularity(nil).C()
		sum := 2.0
		if s.PL {
			sum = smooth.Weight(64, 62) + smooth.Weight(64, 63)
		}
		thm1, thm2 := 3*c*c*(0.25+0.0625), 6*c*c*0.0625
		want = bounds.Theorem4(smooth, d0, 64, sum*thm1, sum*thm2)
		if s.PL {
			want = bounds.Theorem5(smooth, d0, 64, sum*thm1, sum*thm2)
		}
		if got := w.explicit(s, 64, 2); !(math.Abs(got-want) <= 1e-9*want) {
			t.Errorf("PL %v, two errors: %v, want %v", s.PL, got, want)
		}
		// delta_1 = 1/4 +- 1/2 is 3/4 or -1/4, and widens the region by 3/4.
		s.EZero, s.EMean, s.DZero, s.DMean = Growth{}, Growth{}, constant(0.5), constant(0.25)
		region = core.NewRegion(o.chain)
		region.VisitWeights(o.w0)
		region.Smoothness(o.x)
		region.Y[1].Lo[0] -= 0.75
		region.Y[1].Hi[0] += 0.75
		region.Widen(core.Margin)
		a := region.Regularity(nil)
		kappa := bounds.Const{N: 2, C: a.C(), C2: a.C2, Lf: a.Lf, L1: a.L1, L2: a.L2}
		none := make([]float64, 3)
		thm1 = bounds.Theorem1(kappa, []float64{0, (9./16 + 1./16) / 2, 0}, none)
		thm2 = bounds.RepairedTheorem2(kappa, []float64{0, 1. / 16, 0}, []float64{0, (81./256 + 1./256) / 2, 0}, none)
		want = bounds.Theorem4(smooth, d0, 64, sum*thm1, sum*thm2)
		if s.PL {
			want = bounds.Theorem5(smooth, d0, 64, sum*thm1, sum*thm2)
		}
		if got := w.explicit(s, 64, 2); !(math.Abs(got-want) <= 1e-9*want) {
			t.Errorf("PL %v, two errors delta: %v, want %v", s.PL, got, want)
		}
	}
}

// TestObjectives: both have a minimum between the proved bound and what is met, and PL for
// the second alone.
func TestObjectives(t *testing.T) {
	for k, reg := range regularizers {
		o, err := newObjective(reg)
		if err != nil {
			t.Fatal(err)
		}
		if !(o.starLo <= o.star && o.star < problem.Loss(o, o.w0)) || len(o.x) != len(rows) || (o.mu > 0) != (k == 1) {
			t.Errorf("%s: l* in [%v, %v], %d inputs, mu = %v", reg.Kind, o.starLo, o.star, len(o.x), o.mu)
		}
	}
	if _, err := newObjective(core.Regularizer{Kind: "l3"}); err == nil {
		t.Error("a regularizer that does not exist is no error")
	}
}

// fullDevice fails at every write.
type fullDevice struct{}

var errFull = errors.New("no space left")

func (fullDevice) Write([]byte) (int, error) { return 0, errFull }

// TestPageByHand: a row and a reading for each result, a bar in a cell escaped, and a
// write error returned.
func TestPageByHand(t *testing.T) {
	kept := measured(Scenario{
		Claims: []string{"cor1"}, Setting: "A", Budget: "|delta| T", Level: "at",
		Placement: Spread, Q: constant(3),
	}, -0.5, 0.01)
	lost := measured(Scenario{
		Claims: []string{"cor2", "table1"}, Setting: "A", Budget: "O(T)", Level: "beyond",
		Placement: Burst, Q: constant(4),
	}, 0, 0.01)
	open := measured(Scenario{
		Claims: []string{"cor2", "table1"}, Setting: "B", Budget: "O(1)", Level: "inside",
		Placement: Burst, Q: constant(1),
	}, 0, 1)
	results := []Result{kept, lost, open}
	var b bytes.Buffer
	if err := Page(results).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Written by: go run ./props/verify page table1\n", "T = 256..16384, 16 to 16 replicates.",
		"| A | \\|delta\\| T | at | 3 | spread | -0.500 (-0.510, -0.490) | " +
			"-0.500 | +0.000 (-0.010, +0.010) | keeps the rate | 0.5 |\n",
		"| A | O(T) | beyond | 4 | burst | 0.000 (-0.010, 0.010) | " +
			"-0.500 | +0.500 (+0.490, +0.510) | loses the rate | 0.5 |\n",
		"\n- A: at, spread: keeps the rate; beyond, burst: loses the rate\n- B: inside, burst: cannot tell\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if n := len(Reading(results)); n != 2 {
		t.Errorf("%d readings of two settings", n)
	}
	if got := fmt.Sprint(Reading(nil)); got != "[]" {
		t.Errorf("a reading of nothing: %s", got)
	}
	if err := Page(results).Markdown(fullDevice{}); err != errFull {
		t.Errorf("a full device: error %v", err)
	}
}

// TestConclusion: how many measurements within the budgets, and how many beyond, keep the rate or lose it, in a
// burst and spread out.
func TestConclusion(t *testing.T) {
	word := map[string]Interval{"keeps": {Lo: -0.1, Hi: 0.05}, "loses": {Lo: 0.06, Hi: 0.1}, "cannot": {Lo: 0, Hi: 0.1}}
	var all []Result
	add := func(times int, level, does string, placement Placement) {
		for range times {
			all = append(all, Result{Scenario: Scenario{Level: level, Placement: placement}, Slope: word[does]})
		}
	}
	add(1, "inside", "keeps", Burst)
	add(2, "at", "keeps", Spread)
	add(4, "inside", "loses", Burst)
	add(8, "at", "cannot", Burst)
	add(16, "beyond", "loses", Burst)
	add(32, "far beyond", "loses", Spread)
	add(64, "beyond", "keeps", Spread)
	want := "Within the budgets of Table 1 3 of 15 measurements keep the rate, 4 lose it, and of 8 the slope cannot " +
		"tell. Beyond them\n48 of 112 lose it: 16 with the errors in a burst and 32 with them spread out, which Table 1 does " +
		"not tell apart."
	if got := conclusion(all); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

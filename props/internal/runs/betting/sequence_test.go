package betting

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

var two = perturb.Spec{Law: "twopoint", A: []float64{0.75}, B: []float64{-0.25}, P: 0.5}

// descent is E_t l(w+) <= l(w) + g |grad l| |E[U-u]| + L g^2 (|grad l|^2 + sigma^2 + E|U-u|^2),
// which follows from the descent lemma; added scales all but l(w).
func descent(added float64) *claim.Bet {
	return &claim.Bet{Step: &claim.StepBet{
		Boundary: true,
		Kept:     func(s bounds.Smooth, p *claim.Point) float64 { return p.Loss },
		Added: func(s bounds.Smooth, p *claim.Point) float64 {
			return added * (s.Gamma*math.Sqrt(p.Grad2*p.Mean2) + s.L*s.Gamma*s.Gamma*(p.Grad2+s.SigmaSq+p.E2))
		},
	}}
}

func newSequence(b *claim.Bet, weaken float64) *sequence {
	return &sequence{bet: b, weaken: weaken, part: 1, rng: rand.New(rand.NewPCG(1, 2)), share: 1e-9}
}

// TestStepwise: a claim that holds is not rejected and goes all the way; one without what
// the errors add is rejected, and stops there.
func TestStepwise(t *testing.T) {
	s := newSequence(descent(1), 1)
	if err := s.run(two); err != nil || s.rejected() || s.test.N() != sequentialSteps {
		t.Errorf("rejected %v after %d observations, error %v", s.rejected(), s.test.N(), err)
	}
	s = newSequence(descent(1), 1e-3) // weakened
	if err := s.run(two); err != nil || !s.rejected() || s.test.N() >= sequentialSteps {
		t.Errorf("weakened: rejected %v after %d observations, error %v", s.rejected(), s.test.N(), err)
	}
	s = newSequence(descent(math.NaN()), 1)
	if err := s.run(two); err == nil || s.test.N() != 0 {
		t.Errorf("NaN: error %v after %d observations", err, s.test.N())
	}
	s = newSequence(descent(-1e9), 1) // less than l*: the promised bound of X is broken
	if err := s.run(two); err == nil {
		t.Error("a right side below l* is no error")
	}
}

// path is mean |grad l|^2 <= right, whatever the errors.
func path(right float64, weights *int) *claim.Bet {
	return &claim.Bet{Path: &claim.PathBet{
		Weight: func(_ bounds.Smooth, steps, t int) float64 {
			*weights++
			if steps != sequentialT || t < 0 || t >= steps {
				return math.NaN()
			}
			return 1 / float64(steps)
		},
		Left:  func(meanGrad2, gap float64) float64 { return meanGrad2 },
		Right: func(_ bounds.Smooth, d0 float64, _ int, e2, mean2 float64) float64 { return right + d0 + e2 + mean2 },
	}}
}

// TestRepeated: the left side is not above a right side of D0 and the errors by far, and is
// above one that is scaled down.
func TestRepeated(t *testing.T) {
	round := perturb.Spec{Law: "round", Format: "e4m3", Mode: "stochastic"}
	weights := 0
	s := newSequence(path(10, &weights), 1)
	if err := s.run(two); err != nil || s.rejected() || s.test.N() != sequentialRuns || weights < sequentialT {
		t.Errorf("rejected %v after %d runs, %d weights, error %v", s.rejected(), s.test.N(), weights, err)
	}
	for _, law := range []perturb.Spec{two, round} {
		s = newSequence(path(0, &weights), 1e-3)
		if err := s.run(law); err != nil || !s.rejected() || s.test.N() >= sequentialRuns {
			t.Errorf("%s, weakened: rejected %v after %d runs, error %v", law.Law, s.rejected(), s.test.N(), err)
		}
	}
}

// TestPathSums: the sums that a right side gets are those of the weights times the moments, by
// hand 3/4 and 1/4 where they are the same at every w; the left side gets a mean and a gap that
// is not below 0.
func TestPathSums(t *testing.T) {
	round := perturb.Spec{Law: "round", Format: "e4m3", Mode: "stochastic"}
	for _, law := range []perturb.Spec{two, round} {
		weights, runs, low := 0, 0, math.Inf(1)
		b := path(0, &weights)
		b.Path.Left = func(meanGrad2, gap float64) float64 {
			low = min(low, gap)
			if !(meanGrad2 > 0 && gap >= 0) {
				t.Errorf("%s: left of %v, %v", law.Law, meanGrad2, gap)
			}
			return meanGrad2
		}
		b.Path.Right = func(s bounds.Smooth, d0 float64, steps int, e2, mean2 float64) float64 {
			runs++
			known := math.Abs(e2-0.75) < 1e-9 && math.Abs(mean2-0.25) < 1e-9
			if law.Law == "twopoint" && !known || !(e2 >= mean2 && mean2 >= 0) || steps != sequentialT || !(d0 > 0) ||
				!(math.Abs(s.Gamma*s.L-1./3) < 1e-9) || !(s.SigmaSq > 0) {
				t.Errorf("%s: right of E|U-u|^2 = %v, %v, D0 = %v, T = %d, %+v", law.Law, e2, mean2, d0, steps, s)
			}
			return 1e-6
		}
		s := newSequence(b, 1)
		if err := s.run(law); err != nil || runs == 0 || !(low < 0.9) {
			t.Errorf("%s: %d right sides, gaps from %v, error %v", law.Law, runs, low, err)
		}
		b.Path.Left = func(float64, float64) float64 { return math.NaN() }
		if err := newSequence(b, 1).run(law); err == nil {
			t.Errorf("%s: a left side of NaN is no error", law.Law)
		}
	}
}

// TestDraw: by hand, one step of F = (x+w)^2/2 with one input and delta_1 = eps_2 = 2 is
// w - g (x + w + 2 + 2).
func TestDraw(t *testing.T) {
	constant := perturb.Spec{Law: "constant", D: []float64{2}}
	run, err := sequentialCase(constant, 1, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Inputs) != 1 || run.Chain.NW() != 1 || !(math.Abs(run.Gamma-1./3) < 1e-9) || !(run.Gamma < 1./3) {
		t.Fatalf("inputs %v, g = %v", run.Inputs, run.Gamma)
	}
	s := newSequence(descent(1), 1)
	w := []float64{1}
	s.draw(run, core.NewState(run.Chain), w, 0)
	if want := 1 - run.Gamma*(run.Inputs[0][0]+1+2+2); !(math.Abs(w[0]-want) < 1e-12) {
		t.Errorf("w = %v, want %v", w[0], want)
	}
}

// TestDrawMoments: over many draws the mean step is that of the exact moments, for samples
// and outcomes alike.
func TestDrawMoments(t *testing.T) {
	run, err := sequentialCase(two, sequentialInputs, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	here, err := measure.NewPoints(run).At(run.W, 0)
	if err != nil {
		t.Fatal(err)
	}
	// E[U-u] = E delta_1 + E eps_2 = 1/2; each has the variance 1/4.
	if !(math.Abs(here.Moments.UMean2-0.25) < 1e-12) || !(math.Abs(here.Moments.U2-0.75) < 1e-12) {
		t.Errorf("|E[U-u]|^2 = %v, E|U-u|^2 = %v, want 1/4 and 3/4", here.Moments.UMean2, here.Moments.U2)
	}
	s, state := newSequence(descent(1), 1), core.NewState(run.Chain)
	const n = 20_000
	mean, square := 0.0, 0.0
	for k := range n {
		w := append([]float64(nil), run.W...)
		s.draw(run, state, w, k)
		u := (run.W[0] - w[0]) / run.Gamma
		mean += u / n
		square += u * u / n
	}
	x := 0.0
	for _, v := range run.Inputs {
		x += v[0] / float64(len(run.Inputs))
	}
	variance := 0.5
	for _, v := range run.Inputs {
		variance += (v[0] - x) * (v[0] - x) / float64(len(run.Inputs))
	}
	// Five standard errors of the mean; 1 in 10 of the variance.
	if want := x + run.W[0] + 0.5; !(math.Abs(mean-want) < 5*math.Sqrt(variance/n)) ||
		!(math.Abs(square-mean*mean-variance) < 0.1*variance) {
		t.Errorf("mean step %v, variance %v, want %v, %v", mean, square-mean*mean, want, variance)
	}
}

// TestSequentialCase: a regression of 16 rows, or a quadratic of so many inputs, each with
// the largest step size that section 4 allows.
func TestSequentialCase(t *testing.T) {
	for inputs, want := range map[int]int{0: 16, 1: 1, 4: 4} {
		run, err := sequentialCase(two, inputs, rand.New(rand.NewPCG(1, 1)))
		if err != nil {
			t.Fatal(err)
		}
		quadratic := run.Chain.Op(2).Spec().Op == "halfsq"
		if len(run.Inputs) != want || quadratic != (inputs > 0) || (run.Reg.Kind == "l2") == quadratic {
			t.Errorf("%d inputs: %d, quadratic %v, regularizer %q", inputs, len(run.Inputs), quadratic, run.Reg.Kind)
		}
		if part := run.Gamma * 3 * run.Known.L(); !(part <= 1 && part > 1-1e-9) {
			t.Errorf("%d inputs: g is %v of 1/(3L)", inputs, part)
		}
		if run.Plan.Delta[1] == nil || run.Plan.Eps[2] == nil || run.Plan.Delta[2] != nil {
			t.Errorf("%d inputs: the laws are elsewhere", inputs)
		}
	}
	wide := perturb.Spec{Law: "constant", D: []float64{1, 2}}
	if _, err := sequentialCase(wide, 1, rand.New(rand.NewPCG(1, 1))); err == nil ||
		!strings.Contains(err.Error(), "delta[0]") {
		t.Errorf("a law of another width: error %v", err)
	}
	weights := 0
	for name, b := range map[string]*claim.Bet{"a step": descent(1), "a path": path(10, &weights)} {
		if s := newSequence(b, 1); s.run(wide) == nil || s.test.N() != 0 {
			t.Errorf("%s under a law of another width: no error, %d observations", name, s.test.N())
		}
	}
}

// TestRunOrder: claims about steps, then about paths, then on their boundary, under each
// law; the shares, names and counts are those of the jobs; an error names the test.
func TestRunOrder(t *testing.T) {
	weights := 0
	step := descent(1)
	step.Step.Boundary = false
	step.Step.Kept = func(_ bounds.Smooth, p *claim.Point) float64 { return p.Loss + 1e-3 }
	claims := []claim.Claim{
		{ID: "a", Form: claim.Printed, Bet: descent(1)}, {ID: "none", Form: claim.Printed},
		{ID: "b", Form: claim.Repaired, Bet: path(10, &weights)}, {ID: "c", Form: claim.Derivation, Bet: step},
	}
	for k, want := range []int{2, 0, 1, 0} {
		if claims[k].Bet != nil && order(claims[k].Bet) != want {
			t.Errorf("%s: order %d, want %d", claims[k].ID, order(claims[k].Bet), want)
		}
	}
	for k, want := range []string{"a", "none", "b repaired", "c"} {
		if got := name(&claims[k]); got != want {
			t.Errorf("name %q, want %q", got, want)
		}
	}
	if results, err := Run(Options{Claims: claims[1:2]}); err != nil || len(results) != 0 {
		t.Errorf("claims without a bet: %v, error %v", results, err)
	}
	bad := []claim.Claim{{ID: "bad", Form: claim.Printed, Bet: descent(math.NaN())}}
	if _, err := Run(Options{Claims: bad}); err == nil ||
		!strings.HasPrefix(err.Error(), "betting: bad, two points with a mean: ") {
		t.Errorf("error %v", err)
	}
	// Weakened to nothing each stops at once, so that the order is seen for little.
	results, err := Run(Options{Seed: 1, Claims: []claim.Claim{claims[0], claims[3]}, Weaken: 1e-4})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range results {
		got += r.Name + "; "
		if !r.Rejected || r.Steps >= sequentialSteps || !(r.Wealth > 20 && r.Wealth < 100) {
			t.Errorf("%s, weakened: rejected %v after %d, log wealth %v", r.Name, r.Rejected, r.Steps,
				float64(r.Wealth))
		}
	}
	// Not weakened, which is what 0 means, they hold, and the bets are lost.
	held, err := Run(Options{Seed: 1, Claims: claims[:1]})
	if err != nil || len(held) != 3 {
		t.Fatalf("%v, error %v", held, err)
	}
	for _, r := range held {
		if r.Rejected || r.Steps != sequentialSteps || !(r.Wealth < 0) || r.Claim != "a" {
			t.Errorf("%+v", r)
		}
	}
	const want = "c, two points with a mean; a, two points with a mean; c, zero mean; a, zero mean; " +
		"c, e4m3 stochastic; a, e4m3 stochastic; "
	if got != want {
		t.Errorf("tests %s, want %s", got, want)
	}
}

// TestSequentialLaws: one law with a mean, one without, and one that rounds; a mean of 0 that is
// none would test the bias where the spread is meant.
func TestSequentialLaws(t *testing.T) {
	want := map[string]float64{"two points with a mean": 0.25, "zero mean": 0}
	for _, l := range sequentialLaws {
		mean, ok := want[l.name]
		delete(want, l.name)
		if l.spec.Law != "twopoint" {
			if ok || l.spec.Law != "round" || l.spec.Format != "e4m3" || l.spec.Mode != "stochastic" {
				t.Errorf("%s: %+v", l.name, l.spec)
			}
			continue
		}
		if got := l.spec.P*l.spec.A[0] + (1-l.spec.P)*l.spec.B[0]; got != mean || l.spec.A[0] == l.spec.B[0] {
			t.Errorf("%s: the mean of %+v is %v, want %v", l.name, l.spec, got, mean)
		}
	}
	if len(want) != 0 {
		t.Errorf("no law with means %v", want)
	}
}

// TestTooManyOutcomes: a test whose moments cannot be evaluated fails; it does not end as one
// that observed nothing and rejected nothing.
func TestTooManyOutcomes(t *testing.T) {
	law := perturb.Spec{Law: "table"}
	const n = 5000 // on delta and eps, 25 million leaves
	for range n {
		law.Outcomes = append(law.Outcomes, perturb.Outcome{P: 1. / n, D: []float64{1}})
	}
	weights := 0
	for name, b := range map[string]*claim.Bet{"a step": descent(1), "a path": path(10, &weights)} {
		var large *expect.TooManyLeaves
		if s := newSequence(b, 1); !errors.As(s.run(law), &large) || s.test.N() != 0 {
			t.Errorf("%s under %d^2 outcomes: no error, %d observations", name, n, s.test.N())
		}
	}
}

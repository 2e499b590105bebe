package climb

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// evaluations is how often a climb from c asks for a score that rises with every call, so
// that no method stops before its share.
func evaluations(c *gen.Case, budget int) int {
	calls := 0
	Climb(c, func(*gen.Case) float64 { calls++; return float64(calls) }, Options{Seed: 1, Evaluations: budget})
	return calls
}

// TestEvaluations: half of them from the start and the rest for four other shapes, each with
// a look at where it starts; a run has a half of a half, whether it has laws or not.
func TestEvaluations(t *testing.T) {
	run, bare := start(), start()
	run.Run = &gen.Run{All: true, Steps: 2, Gamma: 0.5}
	bare.Run = run.Run
	for k := range bare.Delta {
		bare.Delta[k], bare.Eps[k] = perturb.Spec{Law: "zero"}, perturb.Spec{Law: "zero"}
	}
	for name, c := range map[string]struct {
		on           *gen.Case
		budget, want int
	}{
		"a pass":             {start(), 800, 1 + 400 + shapes*(1+100)},
		"a long one":         {start(), 8000, 1 + 4000 + shapes*(1+1000)},
		"a run":              {run, 800, 1 + 200},
		"a run without laws": {bare, 800, 1 + 200},
		"by default":         {start(), 0, 1 + DefaultEvaluations/2 + shapes*(1+DefaultEvaluations/2/shapes)},
	} {
		// A method may end a few evaluations after its share, or before a step that has no room.
		if got := evaluations(c.on, c.budget); math.Abs(float64(got-c.want)) > 0.03*float64(c.want)+5 {
			t.Errorf("%s: %d evaluations, want about %d", name, got, c.want)
		}
	}
}

// TestNothingToClimb: a start without a score, or without numbers, is asked for once.
func TestNothingToClimb(t *testing.T) {
	for _, s := range []float64{math.NaN(), math.Inf(-1)} {
		calls := 0
		best, got := Climb(start(), func(*gen.Case) float64 { calls++; return s }, Options{Seed: 1})
		if calls != 1 || got == got && got != s || best.X[1] != -3 {
			t.Errorf("score %v: %v after %d calls", s, got, calls)
		}
	}
	empty := &gen.Case{}
	calls := 0
	_, s := climb(empty, func(*gen.Case) float64 { calls++; return 7 }, 100, rand.New(rand.NewPCG(1, 1)))
	if s != 7 || calls != 1 {
		t.Errorf("no numbers: score %v after %d calls", s, calls)
	}
}

// TestScale: by hand: a parameter is asinh(4 x/m) for the largest m of its vector, 1 where all
// are 0; ln of odds for a probability.
func TestScale(t *testing.T) {
	var m parameters
	v := []float64{2, -8, 0}
	m.block(v)
	for k, want := range []float64{math.Asinh(1), math.Asinh(-4), 0} {
		if got := m[k].get(); !(math.Abs(got-want) < 1e-15) {
			t.Errorf("x = %v is %v, want %v", v[k], got, want)
		}
	}
	if m[2].set(1); !(math.Abs(v[2]-2*math.Sinh(1)) < 1e-15) || v[0] != 2 {
		t.Errorf("set to %v", v)
	}
	zero := []float64{0}
	m = nil
	m.block(zero)
	if m[0].set(1); !(math.Abs(zero[0]-math.Sinh(1)/4) < 1e-15) {
		t.Errorf("a vector of 0 is set to %v", zero)
	}
	m = nil
	two := perturb.Spec{Law: "twopoint", A: []float64{1}, B: []float64{1}, P: 0.2}
	m.law(&two)
	if got := m[2].get(); !(math.Abs(got-math.Log(0.25)) < 1e-15) {
		t.Errorf("P = 1/5 is %v, want ln 1/4", got)
	}
	m = nil
	table := perturb.Spec{Law: "table", Outcomes: []perturb.Outcome{{P: 0.5, D: []float64{1}},
		{P: 0.25, D: []float64{2}},
		{P: 0.25, D: []float64{3}}}}
	m.law(&table) // outcome 1, outcome 2 and its odds, outcome 3 and its odds
	if len(m) != 5 || !(math.Abs(m[2].get()-math.Log(0.5)) < 1e-15) {
		t.Fatalf("%d parameters of a table", len(m))
	}
	for far, want := range map[float64]float64{1e3: maxLogOdds, -1e3: -maxLogOdds, 3: 3} {
		m[4].set(far)
		sum := table.Outcomes[0].P + table.Outcomes[1].P + table.Outcomes[2].P
		if got := m[4].get(); !(math.Abs(got-want) < 1e-9) || !(math.Abs(sum-1) < 1e-12) ||
			!(math.Abs(m[2].get()-math.Log(0.5)) < 1e-9) {
			t.Errorf("odds of e^%v are e^%v with the sum %v, want e^%v and the other as it is", far, got, sum, want)
		}
	}
}

// TestOperators: weights are 1 or drawn, never 0; labels are in range; at the end there are
// losses.
func TestOperators(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	ones, drawn := 0, 0
	ops, labels := map[string]bool{}, map[int]bool{}
	for range 400 {
		s, w := operator(3, 1, true, rng)
		ops[s.Op] = true
		if s.Op == "softmaxce" {
			labels[s.Label] = true
		}
		for _, x := range w {
			switch x {
			case 1:
				ones++
			case 0:
				t.Fatalf("a weight of %v is 0", s)
			default:
				drawn++
			}
		}
	}
	if len(ops) != 5 || len(labels) != 3 || labels[3] || !(ones > drawn/2 && drawn > ones/2) {
		t.Errorf("operators %v, labels %v, %d weights 1, %d drawn", ops, labels, ones, drawn)
	}
	ends := map[string]bool{}
	for range 200 {
		c := linears(2, 2, 1)
		resize(c, chainOf(t, c), rng)
		ends[c.Chain[1].Op] = true
	}
	if !ends["halfsq"] || !ends["softmaxce"] {
		t.Errorf("after a resize the chain ends with %v, never with a loss", ends)
	}
}

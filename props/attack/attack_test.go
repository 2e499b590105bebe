package attack

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/gen"
)

func start() *gen.Case {
	zero := perturb.Spec{Law: "zero"}
	return &gen.Case{
		Chain: []core.Spec{{Op: "fixed", A: [][]float64{{1, 2}}}, {Op: "scale", N: 1}}, X: []float64{1, -3},
		W:     [][]float64{{}, {0.5}},
		Delta: []perturb.Spec{{Law: "twopoint", A: []float64{1}, B: []float64{2}, P: 0.5}, zero},
		Eps:   []perturb.Spec{zero, {Law: "constant", D: []float64{4}}},
	}
}

// peak is largest, 0, where the case is at known values of every kind of
// parameter: input, matrix, weight, outcome, probability and constant.
func peak(c *gen.Case) float64 {
	sum := 0.0
	for _, p := range [][2]float64{
		{c.X[0], 2}, {c.X[1], 0.1}, {c.Chain[0].A[0][0], -1}, {c.W[1][0], 3},
		{c.Delta[0].A[0], -2}, {c.Delta[0].P, 0.25}, {c.Eps[1].D[0], 1},
	} {
		sum -= (p[0] - p[1]) * (p[0] - p[1])
	}
	return sum
}

func TestClimbFindsThePeak(t *testing.T) {
	c := start()
	before, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	best, score := Climb(c, peak, Options{Seed: 1, Evaluations: 4000})
	if !(score > -1e-3) || score != peak(best) {
		t.Errorf("climbed from %v to %v", peak(c), score)
	}
	if after, err := json.Marshal(c); err != nil || string(after) != string(before) {
		t.Errorf("the start was changed: %s", after)
	}
	again, _ := Climb(start(), peak, Options{Seed: 1, Evaluations: 4000})
	a, _ := json.Marshal(best)
	b, _ := json.Marshal(again)
	if string(a) != string(b) {
		t.Errorf("the same seed gave another result:\n%s\n%s", a, b)
	}
}

// TestClimbNeverLoses: it returns at least the start, keeps to its budget, and
// copes with scores that say nothing.
func TestClimbNeverLoses(t *testing.T) {
	calls := 0
	worse := func(c *gen.Case) float64 {
		calls++
		if c.X[0] == 1 && c.X[1] == -3 {
			return 5
		}
		return math.NaN()
	}
	if _, score := Climb(start(), worse, Options{Evaluations: 100}); score != 5 || calls > 150 {
		t.Errorf("score %v after %d evaluations", score, calls)
	}
	if _, score := Climb(start(), func(*gen.Case) float64 { return math.Inf(-1) }, Options{}); !math.IsInf(score, -1) {
		t.Errorf("a start that says nothing climbed to %v", score)
	}
}

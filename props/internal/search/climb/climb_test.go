package climb

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/gen"
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
	if len(c.Chain) != 2 || c.Chain[0].Op != "fixed" || c.Chain[1].Op != "scale" || len(c.Chain[0].A) != 1 ||
		c.Delta[0].Law != "twopoint" || c.Eps[1].Law != "constant" {
		return math.Inf(-1)
	}
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
	// A probability far out on its plateau can hold one climb up, not all.
	best, score := Climb(c, peak, Options{Seed: 1, Evaluations: 8000})
	top := score
	for seed := range uint64(5) {
		_, s := Climb(c, peak, Options{Seed: seed, Evaluations: 8000})
		top = max(top, s)
	}
	if !(top > -1e-3) || !(score > -0.1) || score != peak(best) {
		t.Errorf("climbed from %v to %v, at best %v", peak(c), score, top)
	}
	if after, err := json.Marshal(c); err != nil || string(after) != string(before) {
		t.Errorf("the start was changed: %s", after)
	}
	again, _ := Climb(start(), peak, Options{Seed: 1, Evaluations: 8000})
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

// TestReshape: cases stay valid and within the bounds of package gen, and every move
// and operator turns up.
func TestReshape(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	seen := map[string]bool{}
	for index := range uint64(3000) {
		c := gen.Step(gen.Random(5, index))
		d := Reshape(c, rng)
		a, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		b, err := d.Build()
		if err != nil {
			t.Fatalf("%v became %v: %v", c.Chain, d.Chain, err)
		}
		n := b.Chain.N()
		if n < gen.MinN || n > gen.MaxN || b.Chain.D(0) != a.Chain.D(0) || b.Chain.D(n) != 1 {
			t.Fatalf("%v became %v", c.Chain, d.Chain)
		}
		switch {
		case n > a.Chain.N():
			seen["longer"] = true
		case n < a.Chain.N():
			seen["shorter"] = true
		}
		for i := range min(n, a.Chain.N()) {
			if w := b.Chain.D(i); w > gen.MaxWidth {
				t.Fatalf("%v became %v", c.Chain, d.Chain)
			} else if n == a.Chain.N() && w != a.Chain.D(i) {
				seen["wider or narrower"] = true
			}
			if c.Chain[i].Op != d.Chain[i].Op {
				seen[d.Chain[i].Op] = true
			}
			if n == a.Chain.N() && c.Delta[i].Law != d.Delta[i].Law {
				seen["law "+d.Delta[i].Law] = true
			}
		}
	}
	for _, move := range []string{"longer", "shorter", "wider or narrower", "law zero", "law constant", "law switch",
		"law twopoint"} {
		if !seen[move] {
			t.Errorf("no case became: %s", move)
		}
	}
	for _, op := range core.OpNames() {
		if !seen[op] && op != "fixed" {
			t.Errorf("no operator was replaced by %s", op)
		}
	}
}

// TestClimbChangesShapes: where another operator is better, it is found.
func TestClimbChangesShapes(t *testing.T) {
	score := func(c *gen.Case) float64 {
		n := 0.0
		for _, s := range c.Chain {
			if s.Op == "bilinear" || s.Op == "tanh" {
				n++
			}
		}
		return n
	}
	best := 0.0
	for seed := range uint64(10) {
		_, s := Climb(start(), score, Options{Seed: seed})
		best = max(best, s)
	}
	if best == 0 {
		t.Error("ten climbs never changed an operator for the better")
	}
}

// TestClimbRuns: a climb on runs moves inputs, step size and horizon, keeps both in
// range, and takes no more steps than it may.
func TestClimbRuns(t *testing.T) {
	run := start()
	run.Run = &gen.Run{More: [][]float64{{0.5, 0.5}}, All: true, Steps: 16, Gamma: 0.5}
	steps, largest := 0, 0
	score := func(c *gen.Case) float64 {
		if !(c.Run.Gamma > 0) || c.Run.Steps < 1 {
			t.Errorf("g = %v, T = %d", c.Run.Gamma, c.Run.Steps)
		}
		steps += c.Run.Steps
		largest = max(largest, c.Run.Steps)
		far := math.Log2(float64(c.Run.Steps)) - 6
		return -far*far - math.Abs(math.Log(c.Run.Gamma/0.125)) - math.Abs(c.Run.More[0][1]-2)
	}
	best, s := Climb(run, score, Options{Seed: 1, Evaluations: 6000})
	if !(s > -0.1) || best.Run.Steps < 60 || best.Run.Steps > 68 {
		t.Errorf("score %v with T = %d, g = %v, more = %v; want 0 near T = 64, g = 1/8, 2", s, best.Run.Steps,
			best.Run.Gamma, best.Run.More)
	}
	if run.Run.Steps != 16 || run.Run.Gamma != 0.5 || run.Run.More[0][1] != 0.5 {
		t.Error("the start was changed")
	}
	if largest <= 16 || largest > 4*4*18 {
		t.Errorf("the longest run has %d steps", largest)
	}
	run.Run.Steps, steps = 1024, 0
	Climb(run, func(c *gen.Case) float64 { steps += c.Run.Steps; return rand.Float64() },
		Options{Seed: 1, Evaluations: 6000})
	if steps > maxSteps+1024 || steps < maxSteps/2 {
		t.Errorf("%d steps in all, want at most %d", steps, maxSteps+1024)
	}
}

// TestClimbMovesOdds: the probabilities of a table move, and stay a law.
func TestClimbMovesOdds(t *testing.T) {
	c := start()
	c.Delta[0] = perturb.Spec{Law: "table", Outcomes: []perturb.Outcome{
		{P: 0.25, D: []float64{1}}, {P: 0.5, D: []float64{0}}, {P: 0.25, D: []float64{-1}},
	}}
	if _, err := c.Build(); err != nil {
		t.Fatal(err)
	}
	score := func(c *gen.Case) float64 {
		if _, err := c.Build(); err != nil {
			t.Error(err) // not Fatal: it would end a goroutine of the optimizer alone
			return math.Inf(-1)
		}
		if c.Delta[0].Law != "table" {
			return 0
		}
		return c.Delta[0].Outcomes[2].P - c.Delta[0].Outcomes[1].P
	}
	if _, s := Climb(c, score, Options{Seed: 1}); s < 0.9 {
		t.Errorf("P_3 - P_2 climbed to %v only", s)
	}
}

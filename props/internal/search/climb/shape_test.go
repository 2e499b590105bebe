package climb

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// chainOf is the case's chain.
func chainOf(t *testing.T, c *gen.Case) *core.Chain {
	t.Helper()
	chain, err := core.FromSpecs(c.Chain)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// linears is a chain of linear operators of these widths, all weights 2, x = 3, with the
// constant i at delta_i and 10 i at eps_i.
func linears(widths ...int) *gen.Case {
	c := &gen.Case{X: slices.Repeat([]float64{3}, widths[0])}
	for i := 1; i < len(widths); i++ {
		in, out := widths[i-1], widths[i]
		c.Chain = append(c.Chain, core.Spec{Op: "linear", In: in, Out: out})
		c.W = append(c.W, slices.Repeat([]float64{2}, in*out))
		c.Delta = append(c.Delta, perturb.Spec{Law: "constant", D: slices.Repeat([]float64{float64(i)}, out)})
		c.Eps = append(c.Eps, perturb.Spec{Law: "constant", D: slices.Repeat([]float64{float64(10 * i)}, in)})
	}
	c.Eps[0] = perturb.Spec{Law: "zero"}
	return c
}

func valid(t *testing.T, c *gen.Case, what string) {
	t.Helper()
	if _, err := c.Build(); err != nil {
		t.Errorf("%s: %v: %s", what, err, c.Line())
	}
}

// TestReshapeKeeps: a case that cannot be built comes back, and the one given is not changed.
func TestReshapeKeeps(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	broken := linears(2, 2, 1)
	broken.Chain[1].In = 5
	before := fmt.Sprint(broken.Line())
	if got := Reshape(broken, rng); got.Line() != before {
		t.Errorf("a broken case became %s", got.Line())
	}
	c := linears(2, 2, 1)
	was, _ := json.Marshal(c)
	for range 200 {
		valid(t, Reshape(c, rng), "reshaped")
	}
	if now, _ := json.Marshal(c); string(now) != string(was) {
		t.Errorf("the case itself was changed to %s", c.Line())
	}
}

// TestReshapeLong: a far case has more operators than others, and never more than a case may
// have.
func TestReshapeLong(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{gen.MaxN + 1, gen.MaxChain - 1, gen.MaxChain} {
		widths := slices.Repeat([]int{2}, n)
		c := linears(append(widths, 1)...)
		longer := false
		for range 100 {
			d := Reshape(c, rng)
			valid(t, d, "reshaped")
			longer = longer || len(d.Chain) > n
		}
		if longer != (n < gen.MaxChain) {
			t.Errorf("%d operators: with more %v", n, longer)
		}
	}
}

// TestResize: both operators around a state get its width, the laws there are cut or filled
// up with 0, and nothing else moves.
func TestResize(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	widths := map[int]bool{}
	for range 300 {
		c := linears(2, 2, 1)
		c.Delta[0] = perturb.Spec{Law: "switch", A: []float64{7, 8}, B: []float64{9, 10}, K: 1}
		resize(c, chainOf(t, c), rng)
		valid(t, c, "resized")
		width := chainOf(t, c).D(1)
		widths[width] = true
		a, e := c.Delta[0].A, c.Eps[1].D
		for k := range width {
			wantA, wantE := 0.0, 0.0
			if k < 2 {
				wantA, wantE = 7+float64(k), 20
			}
			if len(a) != width || len(e) != width || a[k] != wantA || e[k] != wantE {
				t.Fatalf("width %d: delta_1 %v, eps_2 %v", width, a, e)
			}
		}
		if c.Delta[0].K > width-1 || c.Delta[1].D[0] != 2 || len(c.X) != 2 || c.X[0] != 3 {
			t.Fatalf("width %d: %s", width, c.Line())
		}
	}
	if len(widths) != gen.MaxWidth {
		t.Errorf("widths %v, want 1..%d", widths, gen.MaxWidth)
	}
}

// TestInsert: a new operator keeps its width and has a delta and an eps of its own; the
// longest chain stays.
func TestInsert(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	places := map[int]bool{}
	for range 200 {
		c := linears(2, 3, 1)
		old := c.Clone()
		insert(c, chainOf(t, c), rng)
		valid(t, c, "longer")
		if len(c.Chain) != 3 {
			t.Fatalf("%d operators, want 3", len(c.Chain))
		}
		for i := range 3 {
			rest := slices.Delete(slices.Clone(c.Chain), i, i+1)
			laws := slices.Delete(slices.Clone(c.Delta), i, i+1)
			eps := slices.Delete(slices.Clone(c.Eps), i+1, min(i+2, 3))
			if fmt.Sprint(rest) == fmt.Sprint(old.Chain) && fmt.Sprint(laws) == fmt.Sprint(old.Delta) &&
				fmt.Sprint(eps) == fmt.Sprint(old.Eps) {
				places[i] = true
			}
		}
	}
	if !places[0] || !places[1] || places[2] {
		t.Errorf("put at %v, want before each operator, and nothing else changed", places)
	}
	long := linears(slices.Repeat([]int{1}, gen.MaxN+1)...)
	if insert(long, chainOf(t, long), rng); len(long.Chain) != gen.MaxN {
		t.Errorf("%d operators, want at most %d", len(long.Chain), gen.MaxN)
	}
}

// TestRemove: an operator goes that keeps the width, with the delta and the eps of its
// output; the shortest chain and other widths stay.
func TestRemove(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	seen := map[string]bool{}
	for range 100 {
		c := linears(1, 1, 1, 1)
		remove(c, chainOf(t, c), rng)
		valid(t, c, "shorter")
		seen[fmt.Sprint(c.Delta[0].D, c.Delta[1].D, c.Eps[1].D)] = true
	}
	// Without operator 1: deltas 2, 3 and eps_3; without operator 2: deltas 1, 3 and eps_2.
	if len(seen) != 2 || !seen["[2] [3] [30]"] || !seen["[1] [3] [20]"] {
		t.Errorf("laws that stay: %v", seen)
	}
	for _, c := range []*gen.Case{linears(1, 1, 1), linears(2, 3, 4, 1)} {
		n := len(c.Chain)
		for range 20 {
			if remove(c, chainOf(t, c), rng); len(c.Chain) != n {
				t.Errorf("%s was made shorter", c.Line())
			}
		}
	}
}

// TestRelaw: a site that touches a gradient gets another law of its width: delta_1 or eps_2
// for N = 2, never delta_N or eps_1.
func TestRelaw(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	seen := map[string]bool{}
	for range 300 {
		c := linears(3, 2, 1)
		relaw(c, chainOf(t, c), rng)
		valid(t, c, "another law")
		if c.Delta[1].D[0] != 2 || c.Eps[0].Law != "zero" {
			t.Fatalf("delta_N or eps_1 was changed: %s", c.Line())
		}
		switch {
		case c.Delta[0].Law != "constant" || c.Delta[0].D[0] != 1:
			seen["delta "+c.Delta[0].Law] = true
		case c.Eps[1].Law != "constant" || c.Eps[1].D[0] != 20:
			seen["eps "+c.Eps[1].Law] = true
		}
	}
	if len(seen) != 8 {
		t.Errorf("laws: %v, want four at each of two sites", seen)
	}
}

// TestLevel: inputs and weights are 1, matrices without weights and laws stay.
func TestLevel(t *testing.T) {
	c := start()
	level(c, nil, nil)
	if c.X[0] != 1 || c.X[1] != 1 || c.W[1][0] != 1 || c.Chain[0].A[0][1] != 2 || c.Delta[0].B[0] != 2 {
		t.Errorf("level: %s", c.Line())
	}
}

// TestArm: every site that touches a gradient has a law that can move; there is no eps_1,
// and delta_N touches none.
func TestArm(t *testing.T) {
	c := linears(2, 3, 1)
	c.Delta[0], c.Delta[1], c.Eps[1] = perturb.Spec{}, perturb.Spec{Law: "zero"}, perturb.Spec{Law: "zero"}
	arm(c)
	valid(t, c, "armed")
	if c.Delta[0].Law != "constant" || len(c.Delta[0].D) != 3 || c.Eps[1].Law != "constant" || len(c.Eps[1].D) != 3 ||
		c.Delta[0].D[0] != 0 || c.Delta[1].Law != "zero" || c.Eps[0].Law != "zero" {
		t.Errorf("armed: %s", c.Line())
	}
	kept := linears(2, 3, 1)
	arm(kept)
	if kept.Delta[0].D[0] != 1 || kept.Eps[1].D[0] != 20 {
		t.Errorf("laws were replaced: %s", kept.Line())
	}
}

// TestSameWidths: what fits between two widths, and at the end alone.
func TestSameWidths(t *testing.T) {
	for _, c := range []struct {
		in, out int
		last    bool
		want    string
	}{
		{2, 3, false, "linear affine "},
		{2, 2, false, "linear affine bias scale tanh sigmoid softplus square "},
		{2, 2, true, "linear affine bias scale tanh sigmoid softplus square "},
		{2, 1, false, "linear affine "},
		{2, 1, true, "linear affine halfsq bilinear softmaxce "},
		{1, 1, true, "linear affine bias scale tanh sigmoid softplus square halfsq bilinear softmaxce logistic "},
		{1, 1, false, "linear affine bias scale tanh sigmoid softplus square "},
	} {
		got := ""
		for _, s := range sameWidths(c.in, c.out, c.last) {
			got += s.Op + " "
		}
		if got != c.want {
			t.Errorf("%d -> %d, last %v: %s, want %s", c.in, c.out, c.last, got, c.want)
		}
	}
}

// TestLawBranching: after six laws with several outcomes a new one has one.
func TestLawBranching(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	c := linears(1, 1, 1, 1, 1, 1, 1, 1)
	two := perturb.Spec{Law: "twopoint", A: []float64{1}, B: []float64{-1}, P: 0.5}
	for full, want := range map[int]bool{maxBranching - 1: true, maxBranching: false} {
		for k := range c.Delta {
			c.Delta[k] = perturb.Spec{Law: "zero"}
			if k < full {
				c.Delta[k] = two
			}
		}
		branches := false
		for range 200 {
			s := law(c, 2, rng)
			branches = branches || !s.Single()
			if s.Law == "twopoint" && (s.P != 0.5 || s.A[0] != -s.B[0] || s.A[1] != -s.B[1]) {
				t.Fatalf("two points without a zero mean: %+v", s)
			}
			if s.Law == "switch" && (s.K < 0 || s.K > 1) {
				t.Fatalf("a switch of a coordinate that is not there: %+v", s)
			}
		}
		if branches != want {
			t.Errorf("%d laws branch: a new one may: %v", full, branches)
		}
	}
}

// TestParameters: what is read is what is written, for each number of a case; the ranges of
// steps, step sizes and probabilities are kept whatever the parameter.
func TestParameters(t *testing.T) {
	c := start()
	c.Delta[0].P, c.X[0] = 0.3, 0
	c.Eps[1] = perturb.Spec{Law: "switch", A: []float64{1}, B: []float64{2}, At: 3}
	c.Run = &gen.Run{More: [][]float64{{5, 6}}, All: true, Gamma: 0.25, Steps: 16}
	// x 2, w 1, A 2, two points 2 + P, switch 2 + at, more 2, g, T.
	m := newMap(c)
	if len(m) != 15 || len(lawMap(c)) != 6 {
		t.Fatalf("%d parameters, %d of laws, want 15 and 6", len(m), len(lawMap(c)))
	}
	was, _ := json.Marshal(c)
	theta := m.get()
	m.set(slices.Repeat([]float64{0.5}, len(m)))
	changed, _ := json.Marshal(c)
	m.set(theta)
	var back gen.Case
	now, _ := json.Marshal(c)
	if err := json.Unmarshal(now, &back); err != nil {
		t.Fatal(err)
	}
	if string(changed) == string(was) || !(math.Abs(back.Delta[0].P-0.3) < 1e-12) ||
		!(math.Abs(back.Chain[0].A[0][1]-2) < 1e-12) || back.Run.Steps != 16 ||
		!(math.Abs(back.Run.Gamma-0.25) < 1e-12) ||
		back.Eps[1].At != 3 || !(math.Abs(back.Run.More[0][1]-6) < 1e-9) || back.X[0] != 0 {
		t.Errorf("written back: %s, was %s", now, was)
	}
	for far, want := range map[float64]struct {
		steps int
		p     float64
	}{-1e3: {1, 0x1p-20}, 1e3: {4 * 17, 1 - 0x1p-20}} {
		m[7].set(far)
		m[14].set(far)
		if c.Run.Steps != want.steps || c.Delta[0].P != want.p {
			t.Errorf("at %v: T = %d, P = %v, want %d, %v", far, c.Run.Steps, c.Delta[0].P, want.steps, want.p)
		}
	}
	for x, want := range map[float64]float64{-1: 0x1p-20, 0: 0x1p-20, 0.25: 0.25, 1: 1 - 0x1p-20, 7: 1 - 0x1p-20} {
		if got := clampP(x); got != want {
			t.Errorf("P = %v becomes %v, want %v", x, got, want)
		}
	}
}

// TestHorizon: a tree of steps gets one step longer, a run without chance four times.
func TestHorizon(t *testing.T) {
	for all, want := range map[bool]int{false: 4, true: 16} {
		c := start()
		c.Run = &gen.Run{All: all, Gamma: 0.25, Steps: 3}
		m := newMap(c)
		if m[len(m)-1].set(50); c.Run.Steps != want {
			t.Errorf("all %v: 3 steps become %d, want %d", all, c.Run.Steps, want)
		}
	}
	run := &gen.Case{Run: &gen.Run{All: true, Steps: 77}}
	tree := &gen.Case{Run: &gen.Run{Steps: 3}}
	if stepsOf(run) != 77 || stepsOf(tree) != treeSteps || stepsOf(&gen.Case{}) != 0 {
		t.Errorf("costs %d, %d, %d", stepsOf(run), stepsOf(tree), stepsOf(&gen.Case{}))
	}
}

// TestSetOdds: by hand: odds of 3 against the first of 1/4, 1/4, 1/2 are 1/4, 3/4, 1/2 over
// 3/2.
func TestSetOdds(t *testing.T) {
	out := []perturb.Outcome{{P: 0.25}, {P: 0.25}, {P: 0.5}}
	setOdds(out, 1, 3)
	for k, want := range []float64{1. / 6, 1. / 2, 1. / 3} {
		if !(math.Abs(out[k].P-want) < 1e-15) {
			t.Errorf("P_%d = %v, want %v", k+1, out[k].P, want)
		}
	}
}

// TestReshapeOnRecord: the k-th move from a seed is the same in every build: what a climb finds, and so
// the record, goes by it. Do not edit the digest to make a change pass that is not to change searches.
func TestReshapeOnRecord(t *testing.T) {
	const want = "3a229cfacad80b75"
	rng := rand.New(rand.NewPCG(7, 7))
	h := sha256.New()
	for range 20 {
		c := linears(2, 3, 2, 2, 1)
		for range 40 {
			c = Reshape(c, rng)
			line, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			h.Write(line)
		}
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != want {
		t.Errorf("800 moves have the digest %s, want %s", got, want)
	}
}

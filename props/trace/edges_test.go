package trace

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestValue: the strings that stand for what JSON has no numbers for, and no others.
func TestValue(t *testing.T) {
	for in, want := range map[string]float64{`"Infinity"`: math.Inf(1), `"-Infinity"`: math.Inf(-1), `"NaN"`: math.NaN(),
		"0": 0, "-2.5": -2.5, "1e-3": 1e-3} {
		var v value
		if err := json.Unmarshal([]byte(in), &v); err != nil || float64(v) != want && !math.IsNaN(want) ||
			math.IsNaN(want) != math.IsNaN(float64(v)) {
			t.Errorf("%s is %v, error %v", in, v, err)
		}
	}
	for _, in := range []string{"null", `"inf"`, `"1"`, "{}", "true"} {
		if err := new(value).UnmarshalJSON([]byte(in)); err == nil {
			t.Errorf("%s is a number", in)
		}
	}
}

// TestRunEdges: what run.json may say at most and at least, and the first thing beyond it.
func TestRunEdges(t *testing.T) {
	inf := math.Inf(1)
	operators := func(n int) []core.Spec {
		chain := []core.Spec{{Op: "bias", N: 3}}
		for len(chain) < n-1 {
			chain = append(chain, core.Spec{Op: "tanh", N: 3})
		}
		return append(chain, core.Spec{Op: "halfsq", N: 3})
	}
	for _, c := range []struct {
		want   string // "" for what is accepted
		change func(r *Run)
	}{
		{"", func(*Run) {}}, {"", func(r *Run) { r.Note = strings.Repeat("n", 8000) }},
		{"note has 8001 bytes, want at most 8000", func(r *Run) { r.Note = strings.Repeat("n", 8001) }},
		{"", func(r *Run) { r.Engine = strings.Repeat("e", 200) }}, {"", func(r *Run) { r.Engine = "e" }},
		{"engine has 201 bytes, want 1 to 200", func(r *Run) { r.Engine = strings.Repeat("e", 201) }},
		{"engine has 0 bytes", func(r *Run) { r.Engine = "" }}, {"version is", func(r *Run) { r.Version++ }},
		{"version is", func(r *Run) { r.Version-- }}, {"", func(r *Run) { r.Samples = 1 }},
		{"samples is 0, want 1 or more", func(r *Run) { r.Samples = 0 }},
		{"", func(r *Run) { r.Rounding = "stochastic" }}, {"", func(r *Run) { r.Rounding, r.Sums = "nearest", "nearest" }},
		{"rounding is", func(r *Run) { r.Rounding = "up" }}, {"sums is", func(r *Run) { r.Sums = "stochastic" }},
		{"", func(r *Run) { r.Chain = operators(maxOperators) }},
		{"chain has 1025 operators, want at most 1024", func(r *Run) { r.Chain = operators(maxOperators + 1) }},
		{"precision is missing", func(r *Run) { r.Precision = Precision{} }}, {"", func(r *Run) { r.Reg.Kind = "" }},
		{"reg: ", func(r *Run) { r.Reg = core.Regularizer{Kind: "l2", Rho: -1} }},
		{"", func(r *Run) { r.Known = &Known{} }}, {"", func(r *Run) { r.Known = &Known{L: 1, Mu: 2, Sigma2: 3} }},
		{"known is", func(r *Run) { r.Known = &Known{L: -1} }}, {"known is", func(r *Run) { r.Known = &Known{Mu: -1} }},
		{"known is", func(r *Run) { r.Known = &Known{Sigma2: -1} }}, {"known is", func(r *Run) { r.Known = &Known{L: inf} }},
		{"known is", func(r *Run) { r.Known = &Known{Mu: math.NaN()} }},
		{"known is", func(r *Run) { r.Known = &Known{L: inf, Mu: inf} }},
		{"known is", func(r *Run) { r.Known = &Known{L: inf, Sigma2: inf} }},
		{"known is", func(r *Run) { r.Known = &Known{Mu: inf, Sigma2: inf} }},
		{"", func(r *Run) { r.Budget = &Budget{Error: 1} }}, {"", func(r *Run) { r.Budget = &Budget{Relative: 1} }},
		{"budget is", func(r *Run) { r.Budget = &Budget{} }},
		{"budget is", func(r *Run) { r.Budget = &Budget{Error: -1, Relative: 2} }},
		{"budget is", func(r *Run) { r.Budget = &Budget{Error: 2, Relative: -1} }},
		{"operator 1 is softmaxce, want it last", func(r *Run) {
			r.Chain = []core.Spec{{Op: "softmaxce", N: 3}, {Op: "halfsq", N: 1}}
		}},
		{"", func(r *Run) { r.Chain = []core.Spec{{Op: "bias", N: 3}, {Op: "softmaxce", N: 3}} }},
		{"", func(r *Run) { r.Sampled = map[string][]int{"Y_1": {0, 2}, "V_2": {1}} }},
		{"Y_1 has columns that do not rise", func(r *Run) { r.Sampled = map[string][]int{"Y_1": {}} }},
		{"Y_1 has columns that do not rise", func(r *Run) { r.Sampled = map[string][]int{"Y_1": {2, 0}} }},
		{"Y_1 has columns that do not rise", func(r *Run) { r.Sampled = map[string][]int{"Y_1": {0, 0}} }},
		{"Y_1 has columns that do not rise", func(r *Run) { r.Sampled = map[string][]int{"Y_1": {-1, 0}} }},
		{"rise from 0 to below 3", func(r *Run) { r.Sampled = map[string][]int{"V_2": {0, 3}} }},
		{"want Y_1..Y_2 or V_1..V_2", func(r *Run) { r.Sampled = map[string][]int{"Y_0": {0}} }},
		{"want Y_1..Y_2 or V_1..V_2", func(r *Run) { r.Sampled = map[string][]int{"Y_3": {0}} }},
		{`"U_1" is no state`, func(r *Run) { r.Sampled = map[string][]int{"U_1": {0}} }},
		{`"Y_01" is no state`, func(r *Run) { r.Sampled = map[string][]int{"Y_01": {0}} }},
		{`"Y" is no state`, func(r *Run) { r.Sampled = map[string][]int{"Y": {0}} }},
	} {
		s := &shape{run: Run{Version: FormatVersion, Engine: "hand", Chain: operators(3), Precision: float32s, Samples: 2}}
		c.change(&s.run)
		err := s.check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
		last := s.run.Chain[len(s.run.Chain)-1].Op
		if err == nil && (s.run.Reg.Kind == "" || (s.classes == 3) != (last == "softmaxce")) {
			t.Errorf("regularizer %q, %d classes", s.run.Reg.Kind, s.classes)
		}
	}
}

// TestPartialWeights: of a dense operator the rows of the recorded outputs with their biases, for the way back the
// columns of the recorded inputs with all; of one that acts on entries those of the recorded ones.
func TestPartialWeights(t *testing.T) {
	ops := []core.Spec{{Op: "affine", In: 2, Out: 3}, {Op: "scale", N: 3}, {Op: "affine", In: 3, Out: 4},
		{Op: "halfsq", N: 4}}
	some := []int{0, 2}
	s, st := uneven(t, float64s, map[string][]int{"Y_1": some, "V_1": some, "Y_2": some, "V_2": some}, ops...)
	for k := range st.W {
		st.W[k] = float64(k)
	}
	j := newStepJudge(s, newApart(s))
	j.judge(st, j.exacts.take(nil, st, st.W))
	// 0..5 and 6..8 of the first, 9..11 of the second, 12..23 and 24..27 of the third.
	for name, want := range map[string][]float64{
		"delta_1": {0, 1, 4, 5, 6, 8}, "delta_2": {9, 11}, "eps_2": {9, 11},
		"eps_3": {12, 14, 15, 17, 18, 20, 21, 23, 24, 25, 26, 27},
	} {
		k := 0
		for k < len(j.sites) && fmt.Sprintf("%s_%d", s.site(k).Kind, s.site(k).I) != name {
			k++
		}
		if k == len(j.sites) {
			t.Fatalf("no site %s of %d", name, k)
		}
		if got := j.partial.weights(k); !slices.Equal(got, want) {
			t.Errorf("%s: weights %v, want %v", name, got, want)
		}
	}
}

// TestMovesWithoutU: a step whose gradient is not recorded is no step before the next: the weights after it are
// not held against anything.
func TestMovesWithoutU(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	j := newStepJudge(s, newApart(s))
	moves := func(st *Step) {
		j.start(st)
		j.moves(st)
	}
	st.U = make([]float64, s.chain.NW())
	moves(st)
	if j.before == nil || j.before.T != 5 || len(j.before.U) != s.chain.NW() || j.before.After != nil {
		t.Fatalf("before: %+v", j.before)
	}
	next := again(st)
	next.T, next.U = 6, nil
	moves(next)
	if j.before != nil || len(j.seen) != 0 {
		t.Errorf("without U: before %+v, %d faults", j.before, len(j.seen))
	}
	moves(st)
	moved := again(st)
	moved.T, moved.U = 6, st.U
	moved.W[3]++
	moves(moved)
	if len(j.seen) != 1 || j.seen[0].Site != (Site{"w", 1, 1}) || j.seen[0].Rule != "(5d)" {
		t.Errorf("a weight that moves by itself: %+v", j.seen)
	}
	later := again(moved)
	later.T, later.U = 8, st.U
	later.W[4]++
	if moves(later); len(j.seen) != 0 {
		t.Errorf("two steps later: %+v", j.seen)
	}
}

// TestAnother: the sums of the other way begin at 0, once; those of rounded outputs where storage rounds.
func TestAnother(t *testing.T) {
	for p, rounds := range map[Precision]bool{float32s: true, float64s: false} {
		s, _ := uneven(t, p, nil)
		j := newStepJudge(s, newApart(s))
		e := &siteError{}
		for k := range e.sum2 {
			e.sum2[k] = math.NaN()
		}
		j.another(e)
		if e.sum2[byOutput] != 0 || (e.sum2[byOutputRounded] == 0) != rounds ||
			math.IsNaN(e.sum2[byOutputRounded]) == rounds {
			t.Errorf("%v: sums %v", p, e.sum2)
		}
		e.sum2[byOutput], e.sum2[byOutputRounded] = 3, 4
		if j.another(e); e.sum2[byOutput] != 3 || e.sum2[byOutputRounded] != 4 {
			t.Errorf("%v: sums begin anew: %v", p, e.sum2)
		}
	}
}

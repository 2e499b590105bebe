package trace

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// int8Row rounds a row to steps of its largest magnitude over 127.
func int8Row(row []float64) {
	step := largestOf(row) / int8Steps
	for k, x := range row {
		row[k] = math.RoundToEven(x/step) * step
	}
}

// TestDeclared has a compressor that is declared accused of nothing, and each way to do something else than what is
// declared named.
func TestDeclared(t *testing.T) {
	topK := map[string]Declared{"Y_2": {Kind: "topk", Keep: 4}}
	int8 := map[string]Declared{"V_3": {Kind: "int8"}}
	delta, eps := Site{"delta", 2, 2}, Site{"eps", 4, 4}
	whole := &plant{site: 6 + 4 - 2, to: 60, add: func(_ int, row []float64) { int8Row(row) }}
	once := func(at int, change func(row []float64)) func(t int, row []float64) {
		return func(t int, row []float64) {
			if t == at {
				change(row)
			}
		}
	}
	for _, c := range []struct {
		name     string
		declared map[string]Declared
		keep     int // of Y_2
		plant    *plant
		verdict  Verdict
		site     Site
		says     string
	}{
		{"the largest 4", topK, 4, nil, NoCause, Site{}, ""},
		{"fewer than declared", topK, 3, nil, Faulty, delta, "declared"},
		{"more than declared", topK, 5, nil, Faulty, delta, "5 entries are not 0"},
		{"not declared", nil, 4, nil, Faulty, delta, "(5a)"},
		{"one that is kept is wrong", topK, 4, &plant{site: 1, to: 60, add: once(7, func(row []float64) {
			row[5] += 0.1 + 2*math.Abs(row[5])
		})}, Faulty, delta, "step 7, operator 2: Y_2 sample 0"},
		{"int8", int8, 0, whole, NoCause, Site{}, ""},
		{"int8 of 64 steps", int8, 0, &plant{site: whole.site, to: 60, add: func(_ int, row []float64) {
			step := largestOf(row) / 20
			for k, x := range row {
				row[k] = math.Floor(x/step) * step
			}
		}}, Faulty, eps, "declared"},
		{"anything", map[string]Declared{"V_3": {Kind: "any"}}, 0, &plant{site: whole.site, to: 60, size: 1},
			NoCause, Site{}, ""},
	} {
		for _, e := range engines[:4] {
			t.Run(c.name+"/"+e.name, func(t *testing.T) {
				if c.keep > 0 {
					e.topK = map[int]int{2: c.keep}
				}
				run := newEngineRun(t, e, 3, 8, 12, 10)
				run.plant = c.plant
				run.shape.run.Declared = c.declared
				if err := run.shape.check(); err != nil {
					t.Fatal(err)
				}
				j, err := newRunJudge(run.shape, "").run(context.Background(), run)
				if err != nil || j.Verdict != c.verdict {
					t.Fatalf("%v: %s", err, j.Says)
				}
				if c.verdict == Faulty && (j.Faults[0].Site != c.site || !strings.Contains(j.Faults[0].Says, c.says)) {
					t.Errorf("%s, want %v and %q", j.Faults[0].Says, c.site, c.says)
				}
			})
		}
	}
}

// TestDeclaredBudget has a compressor that is further from its state than its budget fail the run.
func TestDeclaredBudget(t *testing.T) {
	for relative, holds := range map[float64]bool{0.9: true, 0.05: false} {
		e := engines[0]
		e.topK = map[int]int{2: 6}
		run := newEngineRun(t, e, 3, 5, 12, 10)
		run.shape.run.Declared = map[string]Declared{"Y_2": {Kind: "topk", Keep: 6, Relative: relative}}
		if err := run.shape.check(); err != nil {
			t.Fatal(err)
		}
		j, err := newRunJudge(run.shape, "").run(context.Background(), run)
		if err != nil || j.Fails() == holds || (len(j.Exceeded) == 0) != holds {
			t.Errorf("%v, %s: exceeded %+v with a budget of %v", err, j.Says, j.Exceeded, relative)
		}
		if s := j.Sites[1]; s.Declared != "the largest 6 declared" {
			t.Errorf("the site says %q", s.Declared)
		}
	}
}

// TestDeclaredSpike has a spike that a declared error makes called its.
func TestDeclaredSpike(t *testing.T) {
	run := newEngineRun(t, engines[0], 3, 60, 12, 10)
	run.plant = &plant{site: 1, from: 40, to: 40, size: 1}
	run.shape.run.Declared = map[string]Declared{"Y_2": {Kind: "any"}}
	if err := run.shape.check(); err != nil {
		t.Fatal(err)
	}
	j, err := newRunJudge(run.shape, "").run(context.Background(), run)
	if err != nil || j.Verdict != NoCause || len(j.Spikes) != 1 || j.Spikes[0].Cause == nil ||
		*j.Spikes[0].Cause != (Site{"delta", 2, 2}) || !strings.Contains(j.Spikes[0].Says, "an error declared") {
		t.Errorf("%v, %s: spikes %+v", err, j.Says, j.Spikes)
	}
}

// TestDeclaredWrong has a declaration that means nothing refused.
func TestDeclaredWrong(t *testing.T) {
	for name, c := range map[string]struct {
		declared map[string]any
		err      string
	}{
		"no state":       {map[string]any{"Y_4": map[string]any{"kind": "any"}}, `"Y_4" is no state, want Y_1..Y_3`},
		"no kind":        {map[string]any{"Y_1": map[string]any{}}, `Y_1 is ""`},
		"a wrong kind":   {map[string]any{"Y_1": map[string]any{"kind": "zip"}}, `Y_1 is "zip"`},
		"keeps none":     {map[string]any{"Y_1": map[string]any{"kind": "topk"}}, "Y_1 keeps 0 entries"},
		"keeps too many": {map[string]any{"Y_1": map[string]any{"kind": "topk", "keep": 99}}, "Y_1 keeps 99 entries"},
		"keeps in int8":  {map[string]any{"V_1": map[string]any{"kind": "int8", "keep": 2}}, "keeps no number"},
		"a budget below 0": {map[string]any{"V_1": map[string]any{"kind": "any", "relative": -1}},
			"V_1 has the budget -1"},
	} {
		l := aRecord(t)
		l.run["declared"] = c.declared
		if _, err := Read(l.bytes(t)); err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want %q", name, err, c.err)
		}
	}
}

// TestBudgetOfDeclared: the error is held against the state before it, for Y and for V: (0.75, 2) less an error of
// (-0.25, 0) was (1, 2), of which 0.25 is 0.1118; a budget a little below is exceeded. An error of a state that was 0
// is beyond any, no error of none is not.
func TestBudgetOfDeclared(t *testing.T) {
	chain := []core.Spec{{Op: "affine", In: 3, Out: 2}, {Op: "linear", In: 2, Out: 2}, {Op: "linear", In: 2, Out: 1}}
	for _, c := range []struct {
		state, e []float64
		budget   float64
		want     bool
	}{
		{[]float64{0.75, 2}, []float64{-0.25, 0}, 0.112, false},
		{[]float64{0.75, 2}, []float64{-0.25, 0}, 0.1117, true},
		{[]float64{1, -2}, []float64{1, -2}, 100, true},
		{[]float64{0, 0}, []float64{0, 0}, 0.1, false},
		{[]float64{math.NaN(), 2}, []float64{-0.25, 0}, 0.112, true},
	} {
		for _, at := range []string{"Y_1", "V_1"} {
			s := &shape{run: Run{Version: 1, Engine: "test", Chain: chain, Precision: float64s, Samples: 1,
				Declared: map[string]Declared{at: {Kind: "any", Relative: c.budget}}}}
			if err := s.check(); err != nil {
				t.Fatal(err)
			}
			r := newRunJudge(s, "x")
			for k, d := range r.declared {
				if d != nil {
					r.sites[k] = siteError{checked: true, e: c.e}
				}
			}
			st := &Step{T: 4, B: 1, Y: [][]float64{nil, c.state, nil, nil}, V: [][]float64{nil, c.state, nil, nil}}
			r.declaredBudgets(st)
			if got := len(r.out.Exceeded) == 1 && *r.out.Exceeded[0].Holds == false; got != c.want {
				t.Errorf("%s: %v off by %v with a budget of %v: exceeded %v, want %v", at, c.state, c.e, c.budget, got, c.want)
			}
		}
	}
}

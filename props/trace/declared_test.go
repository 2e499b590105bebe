package trace

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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

// TestDeclaredPlaces: a declaration belongs to the site that computes its state, Y_i to delta_i and V_i to eps_{i+1};
// what it may say at most and at least.
func TestDeclaredPlaces(t *testing.T) {
	for _, name := range []string{"Y_1", "Y_2", "Y_3", "V_1", "V_2", "V_3"} {
		i := int(name[2] - '0')
		d := []int{3, 3, 4}[i-1]
		for _, c := range []struct {
			d      Declared
			sample bool
			err    string
		}{
			{Declared{Kind: "topk", Keep: 1}, false, ""},
			{Declared{Kind: "topk", Keep: d, Relative: 2}, false, ""},
			{Declared{Kind: "topk", Keep: d + 1}, false, "keeps"},
			{Declared{Kind: "topk", Keep: 1}, true, "needs all of its coordinates"},
			{Declared{Kind: "int8"}, false, ""},
			{Declared{Kind: "int8"}, true, "needs all of its coordinates"},
			{Declared{Kind: "int8", Keep: 1}, false, "keeps no number"},
			{Declared{Kind: "any"}, true, ""},
			{Declared{Kind: "any", Keep: -1}, false, "keeps no number"},
			{Declared{Kind: "any", Relative: math.Inf(1)}, false, "the budget +Inf"},
			{Declared{Kind: "any", Relative: math.NaN()}, false, "the budget NaN"},
		} {
			s, _ := uneven(t, float64s, nil)
			s.run.Declared = map[string]Declared{name: c.d}
			if c.sample {
				s.run.Sampled = map[string][]int{name: {1}}
			} else if i > 1 { // another one that is
				other := map[byte]string{'Y': "V", 'V': "Y"}[name[0]]
				s.run.Sampled = map[string][]int{name[:1] + "_1": {1}, other + name[1:]: {1}}
			}
			err := s.check()
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), name+" ") ||
				err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s %+v: error %v, want %q", name, c.d, err, c.err)
			}
			if err != nil {
				continue
			}
			want := Site{"delta", i, i}
			if name[0] == 'V' {
				want = Site{"eps", i + 1, i + 1}
			}
			for k, got := range s.declared {
				if (got != nil) != (s.site(k) == want) || got != nil && *got != c.d {
					t.Errorf("%s: %v has %+v", name, s.site(k), got)
				}
			}
		}
	}
	for name, want := range map[string]string{"Y_0": "is no state", "Y_4": "is no state", "U_1": "is no state",
		"Y_+1": "is no state", "V_01": "is no state"} {
		s, _ := uneven(t, float64s, nil)
		s.run.Declared = map[string]Declared{name: {Kind: "any"}}
		if err := s.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for d, want := range map[Declared]string{{Kind: "topk", Keep: 7}: "the largest 7 declared",
		{Kind: "int8"}: "int8 declared", {Kind: "any"}: "an error declared"} {
		if got := d.String(); got != want {
			t.Errorf("%+v: %q", d, got)
		}
	}
}

// TestDeclaredMayBe: top-k may be off by all of its state, int8 by a step at each entry, anything by anything.
func TestDeclaredMayBe(t *testing.T) {
	want := []float64{3, -4, 0, 0}
	for d, most := range map[Declared]float64{{Kind: "topk", Keep: 1}: 5, {Kind: "int8"}: 2, {Kind: "any"}: math.Inf(1)} {
		if got := d.mayBe(want, 127); got != most {
			t.Errorf("%+v: %v, want %v", d, got, most)
		}
	}
	if got := largestOf([]float64{1, -7, 3}); got != 7 {
		t.Errorf("the largest is %v", got)
	}
	if got := largestOf(nil); got != 0 {
		t.Errorf("the largest of none is %v", got)
	}
}

// TestDeclaredRows: what is held of a row behind top-k and int8, to the last entry that may be otherwise.
func TestDeclaredRows(t *testing.T) {
	for _, c := range []struct {
		name             string
		d                Declared
		got, want, allow []float64
		fault            int // index, -1 for none
		says             string
	}{
		// top-k, whose least is |got| + allow
		{"the two largest", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 0}, []float64{5, 3, -4, 1}, nil, -1, ""},
		{"what is 0 as large as the least", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 0},
			[]float64{5, 4, -4, 1}, nil, -1, ""},
		{"larger than the least", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 0}, []float64{5, 4.001, -4, 1},
			nil, 1, "4.001"},
		{"larger, and within what is allowed there", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 0},
			[]float64{5, 4.25, -4, 1}, []float64{0, 0.25, 0, 0}, -1, ""},
		{"larger by what the least may be off by", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 0},
			[]float64{5, 4.25, -4, 1}, []float64{0, 0, 0.25, 0}, -1, ""},
		{"and beyond that", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 0}, []float64{5, 4.251, -4, 1},
			[]float64{0, 0, 0.25, 0}, 1, "4.251"},
		{"none that is 0", Declared{Kind: "topk", Keep: 4}, []float64{5, 3, -4, 1}, []float64{5, 3, -4, 1}, nil, -1, ""},
		{"fewer than are kept", Declared{Kind: "topk", Keep: 3}, []float64{5, 0, -4, 0}, []float64{5, 0.5, -4, 0.25},
			[]float64{0, 0.5, 0, 0.25}, -1, ""},
		{"fewer, and one was not 0", Declared{Kind: "topk", Keep: 3}, []float64{5, 0, -4, 0}, []float64{5, 0.5, -4, 0.25},
			[]float64{0, 0.5, 0, 0}, 3, "0.25"},
		{"kept and wrong", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -3, 0}, []float64{5, 1, -4, 1}, nil, 2, "-3"},
		{"equal ones", Declared{Kind: "topk", Keep: 2}, []float64{5, 4, -4, 4}, []float64{5, 4, -4, 4}, nil, -1, ""},
		{"one more, and less", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 3}, []float64{5, 0, -4, 3}, nil, 3,
			"3 entries are not 0"},
		{"one more, as rounding hides", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 3}, []float64{5, 0, -4, 3},
			[]float64{0.5, 0, 0, 0}, -1, ""},
		{"beyond what rounding hides", Declared{Kind: "topk", Keep: 2}, []float64{5, 0, -4, 3},
			[]float64{5, 0, -4.25, 3}, []float64{0, 7, 0.5, 0}, 3, "3 entries are not 0"},
		{"two more, of which the second is equal", Declared{Kind: "topk", Keep: 2}, []float64{5, 2, -4, 4},
			[]float64{5, 2, -4, 4}, nil, 1, "4 entries are not 0"},
		// int8, with steps of 127/127 = 1 in float64
		{"a step", Declared{Kind: "int8"}, []float64{127, 2, 0, 0}, []float64{127, 1, 0, 1}, nil, -1, ""},
		{"more than a step", Declared{Kind: "int8"}, []float64{127, 2.001, 0, 0}, []float64{127, 1, 0, 1}, nil, 1, "2.001"},
		{"a step of what the largest may be", Declared{Kind: "int8"}, []float64{127, 3.01, 0, 0}, []float64{127, 1, 0, 1},
			[]float64{0, 1.00213, 0, 0}, -1, ""},
		{"and beyond that", Declared{Kind: "int8"}, []float64{127, 3.0102, 0, 0}, []float64{127, 1, 0, 1},
			[]float64{0, 1.00213, 0, 0}, 1, "3.0102"},
		{"anything", Declared{Kind: "any"}, []float64{1e9, 2.001, 0, 0}, []float64{127, 1, 0, 1}, nil, -1, ""},
	} {
		s, st := uneven(t, float64s, nil)
		r := newRecovery(s)
		r.start(st)
		if r.allow = slices.Clone(c.allow); r.allow == nil {
			r.allow = make([]float64, len(c.want))
		}
		site := Site{"delta", 3, 3}
		for range 2 { // a fault of a site is said once
			allow := slices.Clone(r.allow)
			r.holdDeclared(&c.d, site, 1, c.got, c.want, 127)
			r.allow = allow
		}
		if (len(r.seen) == 0) != (c.fault < 0) || len(r.seen) > 1 {
			t.Errorf("%s: %+v", c.name, r.seen)
			continue
		}
		if c.fault < 0 {
			continue
		}
		f := r.seen[0]
		if f.Site != site || f.Step != 5 || f.Sample != 1 || f.Index != c.fault || f.Rule != "declared" ||
			float64(f.Value) != c.got[c.fault] || float64(f.Want) != c.want[c.fault] || !strings.Contains(f.Says, c.says) {
			t.Errorf("%s: %+v", c.name, f)
		}
	}
}

// TestDeclaredBounds: the bound of a declared site's errors is what its compressor and the rounding of its state may
// do, sample by sample; each entry is held up to that.
func TestDeclaredBounds(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 31))
		rows := []int{1, 3, window + 1}[rng.IntN(20)/9]
		p := []Precision{{"bfloat16", "float32", "float32"}, {"e4m3", "bfloat16", "bfloat16"}}[rng.IntN(2)]
		s, st := drawnStep(t, rng, p, rows)
		isPass(s, st)
		if st.Scale = 1; seed%2 > 0 {
			st.Scale = 0.5
		}
		name := fmt.Sprint([]string{"Y_", "V_"}[rng.IntN(2)], 1+rng.IntN(s.chain.N()-1))
		d := Declared{Kind: []string{"topk", "int8"}[rng.IntN(2)]}
		if d.Kind == "topk" {
			d.Keep = 1
		}
		run := &shape{run: s.run}
		run.run.Declared = map[string]Declared{name: d}
		if err := run.check(); err != nil {
			t.Fatal(err)
		}
		k := slices.IndexFunc(run.declared, func(d *Declared) bool { return d != nil })
		site, e := s.site(k), newEnvelope(p)
		for _, by := range append([]float64{0}, near1...) {
			bad := again(st)
			v, more := &bad.Y[site.I], 0.0
			if site.Kind == "eps" {
				v = &bad.V[site.I-1]
			}
			if st.Scale != 1 {
				more = (e.tinyS + 8*e.tiny) / st.Scale
			}
			n := newNaiveSite(t, s, bad, k, seenAt(s, nil, k))
			n.recover(s, bad, k, false)
			o, width := n.o, s.siteWidth(k)
			allows := make([][]float64, rows)
			for b := range rows {
				allow, vs := make([]float64, width), n.v[b*o.out:(b+1)*o.out]
				f, g := make([]float64, o.out), make([]float64, o.in)
				n.op(b).Forward(f, o.x[b*o.in:(b+1)*o.in], o.w)
				n.op(b).VJP1(g, o.x[b*o.in:(b+1)*o.in], o.w, f, vs)
				if site.Kind == "eps" {
					e.byInput(allow, o, b, vs, g)
				} else {
					e.forward(allow, o, b, f)
				}
				for c, want := range n.want[b*width : (b+1)*width] {
					allow[c] = e.stored(want, allow[c]*e.judged()) + judge.s*math.Abs(want) + more
				}
				allows[b] = allow
			}
			sample, c := rng.IntN(rows), rng.IntN(width)
			want, a := n.want[sample*width+c], allows[sample][c]
			if d.Kind == "int8" { // with the largest of all samples
				a += (largestOf(n.want)*(128.0/127) + a) / 127 * (1 + 4*e.c)
			} else { // kept, as the exact one is: all are
				run.declared[k].Keep = width
			}
			value := want - by*a*math.Copysign(1, want)
			(*v)[sample*width+c] = value
			if value == 0 || d.Kind == "topk" && math.Abs(value) < 1e-3 || math.Abs(value) > largestOf(n.want) {
				continue // which is one that is not kept, or has larger steps
			}
			j := newStepJudge(run, newApart(run))
			j.measure(bad, j.exacts.take(nil, bad, bad.W))
			fault := &Fault{Step: 4, Sample: sample, Index: c, Value: Number(value), Want: Number(want), Allowed: Number(a)}
			if by <= 1 {
				fault = nil
			}
			name := fmt.Sprintf("seed %d, %+v of %s, %v, %v of what is allowed", seed, d, name, s.run.Chain, by)
			isFault(t, name, j.seen, fault, site, "declared")
			if by == 0 {
				bound, largest := 0.0, 0.0
				for from := 0; from < rows; from += window {
					to := min(from+window, rows)
					largest = largestOf(*v) * (128.0 / 127)
					for b := from; b < to; b++ {
						if w := n.want[b*width : (b+1)*width]; d.Kind == "topk" {
							bound += norm(w) + norm(allows[b])
						} else {
							bound += largest/127*math.Sqrt(float64(width)) + norm(allows[b])
						}
					}
				}
				near(t, name+", bound", j.sites[k].bound, bound, 1e-9)
				n := newNaiveSite(t, s, bad, k, seenAt(s, nil, k))
				n.recover(s, bad, k, false)
				near(t, name+", expected", j.sites[k].pred, n.pred, 1e-9)
			}
		}
	}
}

package trace

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestSampled records some coordinates of some states, and has the errors found there that are found when all are
// recorded.
func TestSampled(t *testing.T) {
	columns := map[string][]int{"Y_1": {0, 3, 7}, "V_1": {1, 3, 7, 9}, "Y_3": {2}, "V_3": {2, 4}}
	all := newEngineRun(t, engines[1], 5, 20, 12, 10)
	run := newEngineRun(t, engines[1], 5, 20, 12, 10)
	run.shape.run.Sampled = columns
	if err := run.shape.check(); err != nil {
		t.Fatal(err)
	}
	whole, part := newStepJudge(all.shape, newApart(all.shape)), newStepJudge(run.shape, newApart(run.shape))
	unchecked := map[Site]bool{{"eps", 3, 3}: false}
	var st, some Step
	for all.Next(&st) == nil {
		if err := run.Next(&some); err != nil {
			t.Fatal(err)
		}
		c := some
		c.Y, c.V = append([][]float64(nil), some.Y...), append([][]float64(nil), some.V...)
		s := run.shape
		for i := 1; i < s.chain.N(); i++ {
			c.Y[i] = pick(some.Y[i], nil, s.columns.y[i], s.chain.D(i), some.B)
			c.V[i] = pick(some.V[i], nil, s.columns.v[i], s.chain.D(i), some.B)
		}
		whole.judge(&st, whole.exacts.take(nil, &st, st.W))
		m := part.judge(&c, part.exacts.take(nil, &c, c.W))
		if len(part.seen) > 0 || !(m.error2 > 0) {
			t.Fatalf("step %d: %+v, %v", st.T, part.seen, m.error2)
		}
		for k := range part.sites {
			op, site := part.partial.ops[k], s.site(k)
			if op == nil {
				if _, ok := unchecked[site]; !ok {
					t.Errorf("%v is unchecked", site)
				}
				continue
			}
			got, d := &part.sites[k], whole.sites[k].d
			want := pick(whole.sites[k].e, nil, part.partial.columns[k], d, st.B)
			if len(got.e) != len(want) {
				t.Fatalf("%v: %d errors, want %d", site, len(got.e), len(want))
			}
			sameNumbers(t, "errors", got.e, want)
		}
	}
	s := run.shape
	if c := part.partial.columns[s.epsSite(2)]; len(c) != 2 || c[0] != 3 || c[1] != 7 {
		t.Errorf("eps_2 is recovered at %v, want 3 and 7, where all is recorded", c)
	}
}

// TestSampledFault has a fault at a sampled coordinate named by its number in the state.
func TestSampledFault(t *testing.T) {
	l := aRecord(t)
	l.run["sampled"] = map[string]any{"Y_1": []int{1, 3}}
	for step := range l.steps {
		for b := range 2 {
			row := l.at(step, "Y", 0, b)
			l.at(step, "Y", 0)[b] = []any{row[1], row[3]}
		}
	}
	j, err := judgeBytes(l.bytes(t))
	if err != nil || j.Verdict != NoCause {
		t.Fatalf("%v: %+v", err, j)
	}
	y := l.at(2, "Y", 0, 1)
	y[1] = y[1].(float64) + 0.5
	j, err = judgeBytes(l.bytes(t))
	const place = "step 2, operator 1: Y_1 sample 1 index 3"
	if err != nil || j.Verdict != Faulty || !strings.Contains(j.Faults[0].Says, place) {
		t.Errorf("%v: %+v", err, j)
	}
	if len(j.Unchecked) == 0 || !strings.Contains(strings.Join(j.Unchecked, "\n"), "shares of sites") {
		t.Errorf("unchecked: %q", j.Unchecked)
	}
}

// TestSampledInputs: the recorded inputs of a dense operator may have larger numbers than its outputs.
func TestSampledInputs(t *testing.T) {
	ops := []core.Spec{{Op: "affine", In: 2, Out: 5}, {Op: "linear", In: 5, Out: 2}, {Op: "halfsq", N: 2}}
	all, st := uneven(t, float64s, nil, ops...)
	some, part := withSampled(t, all, st, map[string][]int{"V_1": {1, 4}})
	j, whole := newStepJudge(some, newApart(some)), newStepJudge(all, newApart(all))
	j.judge(part, j.exacts.take(nil, part, part.W))
	whole.judge(st, whole.exacts.take(nil, st, st.W))
	e, want := j.sites[some.epsSite(2)].e, whole.sites[all.epsSite(2)].e
	if len(e) != 4 {
		t.Fatalf("%d errors of two samples at two inputs", len(e))
	}
	sameNumbers(t, "eps_2", e, []float64{want[1], want[4], want[6], want[9]})
}

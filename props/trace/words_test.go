package trace

import (
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestVerdictWords: the first word is that of the worst that was seen, with the steps of a fault.
func TestVerdictWords(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	for _, c := range []struct {
		faults   []Fault
		suspects []Suspect
		want     Verdict
		says     string
	}{
		{[]Fault{{Says: "so", Steps: 1}}, []Suspect{{Says: "odd"}}, Faulty, "fault: so"},
		{[]Fault{{Says: "so", Steps: 3}}, nil, Faulty, "fault: so (in 3 steps)"},
		{nil, []Suspect{{Says: "odd"}}, Suspected, "suspect: odd"},
	} {
		r := newRunJudge(s, "x")
		r.out.Faults, r.out.Suspects = c.faults, c.suspects
		if r.verdict(); r.out.Verdict != c.want || r.out.Says != c.says || !r.out.Fails() {
			t.Errorf("%v, %q, want %v, %q", r.out.Verdict, r.out.Says, c.want, c.says)
		}
	}
	r := newRunJudge(s, "x")
	r.out.Steps = 1
	if r.verdict(); r.out.Verdict != NoCause || r.out.Fails() ||
		!strings.HasPrefix(r.out.Says, "no cause above the noise: 6 sites in 1 step, ") {
		t.Errorf("%v, %q", r.out.Verdict, r.out.Says)
	}
}

// TestSpikeWords: where a spike was, who did it and when it was over.
func TestSpikeWords(t *testing.T) {
	name := func(s Site) string { return s.Kind }
	nan := Number(math.NaN())
	for _, c := range []struct {
		sp   Spike
		want string
	}{
		{Spike{From: 3, To: 3, Peak: 3, Error2: 4, Usual2: 0.5, Share: nan, Promised: -1},
			"step 3: |U-u|^2 was 4, usually 0.5; no site's error stands out; the loss has not come back"},
		{Spike{From: 3, To: 5, Peak: 4, Error2: 4, Usual2: 0.5, Cause: &Site{"eps", 2, 2}, Share: 0.25, Recovered: true,
			Took: 1, Promised: 7, Estimated: true},
			"steps 3 to 5: |U-u|^2 was 4, usually 0.5; the error of eps did it (25 % of the gradient's error); the loss " +
				"was back after 1 step (the root form of (41) promises 7, with estimated constants)"},
		{Spike{From: 3, To: 4, Peak: 4, Error2: 4, Usual2: 0.5, Cause: &Site{"eps", 2, 2}, Share: nan, Promised: 0,
			Why: "so"},
			"steps 3 to 4: |U-u|^2 was 4, usually 0.5; the error of eps did it; the loss has not come back (the root " +
				"form of (41) promises 0) (so)"},
	} {
		if c.sp.say(name); c.sp.Says != c.want {
			t.Errorf("%q, want %q", c.sp.Says, c.want)
		}
	}
}

// TestBudgets: a budget has a limit above 0 and none below.
func TestBudgets(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		b  Budget
		ok bool
	}{
		{Budget{}, false}, {Budget{Error: 1}, true}, {Budget{Relative: 1}, true}, {Budget{1, 1}, true},
		{Budget{-1, 2}, false}, {Budget{2, -1}, false}, {Budget{nan, 1}, false}, {Budget{1, nan}, false},
	} {
		s := &shape{run: Run{Version: FormatVersion, Engine: "hand", Chain: []core.Spec{{Op: "bias", N: 1},
			{Op: "halfsq", N: 1}}, Precision: float64s, Samples: 1, Budget: &c.b}}
		if err := s.check(); (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), "budget is") {
			t.Errorf("%+v: %v", c.b, err)
		}
	}
}

// TestCast: what casting the weights of a dense operator to the compute format changes them by.
func TestCast(t *testing.T) {
	s, _ := uneven(t, Precision{"bfloat16", "bfloat16", "float32"}, nil)
	r := newStepJudge(s, newApart(s))
	o := &opView{spec: core.Spec{Op: "affine"}, w: []float64{1, 1 + 0x1p-8 + 0x1p-12, -1 - 0x1p-9}}
	if got := r.cast(o); got != nil {
		t.Errorf("weights that are not cast change by %v", got)
	}
	r.model.castsW = true
	want := []float64{0, 0x1p-8 - 0x1p-12, 0x1p-9}
	got := r.cast(o)
	sameNumbers(t, "change", got, want)
	o.spec.Op = "bias"
	if got := r.cast(o); got != nil {
		t.Errorf("weights of a bias change by %v", got)
	}
}

// TestDeclaredOnce: a site that is not what is declared is one fault, with its place.
func TestDeclaredOnce(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	j := newStepJudge(s, newApart(s))
	j.judge(st, j.exacts.take(nil, st, st.W))
	j.seen = nil
	d, site := &Declared{Kind: "topk", Keep: 2}, Site{"delta", 1, 1}
	j.declaredFault(d, site, 1, 2, []float64{1, 2, 3}, []float64{4, 5, 6}, "so")
	j.declaredFault(d, site, 1, 2, []float64{1, 2, 3}, []float64{4, 5, 6}, "so")
	if len(j.seen) != 1 || j.seen[0].Value != 3 || j.seen[0].Want != 6 || j.seen[0].Sample != 1 || j.seen[0].Step != 5 ||
		!strings.HasSuffix(j.seen[0].Says, ": so") {
		t.Errorf("%+v", j.seen)
	}
	j.declaredFault(d, Site{"delta", 2, 2}, 0, 0, []float64{1}, []float64{4}, "so")
	if len(j.seen) != 2 {
		t.Errorf("%d faults", len(j.seen))
	}
}

// TestWriterSize: a chunk is as large as all that is held.
func TestWriterSize(t *testing.T) {
	w := &Writer{held: map[string][]byte{"a": make([]byte, 3), "b": make([]byte, 5)}}
	if got := w.size(); got != 8 {
		t.Errorf("%d bytes", got)
	}
}

// TestSmallConstants: a largest slope below 1 is one.
func TestSmallConstants(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	r := newRunJudge(s, "x")
	r.curve.l, r.curve.mu, r.curve.steps = 0.5, 0.25, 3
	said := r.sayConstants()
	if len(said) != 3 || !strings.HasPrefix(said[0].Says, "at least 0.5, ") ||
		!strings.HasPrefix(said[1].Says, "at most 0.25, ") {
		t.Errorf("%+v", said)
	}
}

package search

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// scalar is the chain bias, halfsq of width 1 at x = 0, w = 0, with the constant delta_1 = d.
func scalar(d float64) *gen.Case {
	zero := perturb.Spec{Law: "zero"}
	return &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{0}, W: [][]float64{{0}, {}},
		Delta: []perturb.Spec{{Law: "constant", D: []float64{d}}, zero}, Eps: []perturb.Spec{zero, zero},
	}
}

// under is the claim E|delta_1|^2 <= bound.
func under(bound float64) *claim.Claim {
	return &claim.Claim{
		ID: "own", Form: claim.Repaired, Kind: claim.Step, Statement: "E|delta_1|^2 <= a bound",
		Left:  func(v *claim.View, _ int) float64 { return v.D2[1] },
		Right: func(*claim.View, int) float64 { return bound },
	}
}

// TestVerdict: what counts make of a finding; a claim that rejects nearly everything has
// no verdict.
func TestVerdict(t *testing.T) {
	c := &claim.Claim{ID: "x", Form: claim.Printed}
	for _, k := range []struct {
		cases, rejected, undecided, violated, confirmed int
		want                                            claim.Verdict
	}{
		{0, 0, 0, 0, 0, claim.Invalid},
		{0, 9, 0, 0, 0, claim.Starved},
		{4, 96, 0, 0, 0, claim.Starved},
		{5, 95, 0, 0, 0, claim.Holds}, // MinValid itself is enough
		{6, 96, 0, 0, 0, claim.Holds},
		{9, 0, 1, 0, 0, claim.Undecided},
		{9, 0, 0, 1, 0, claim.Undecided},
		{1, 999, 1, 0, 0, claim.Undecided},
		{9, 0, 1, 2, 1, claim.Refuted},
		{1, 999, 0, 1, 1, claim.Refuted},
	} {
		f := &Finding{Claim: c, Cases: k.cases, Undecided: k.undecided, Violated: k.violated, Confirmed: k.confirmed}
		f.Rejected[claim.Overflow] = k.rejected
		if got := f.Verdict(); got != k.want {
			t.Errorf("%+v: %s, want %s", k, got, k.want)
		}
	}
}

// TestVerdictOfJudge: a claim that judges itself has its own verdict whatever the counts,
// and none before it has spoken.
func TestVerdictOfJudge(t *testing.T) {
	ownClaim := &claim.Claim{ID: "x", Form: claim.Printed, Kind: claim.SelfJudged}
	f := &Finding{Claim: ownClaim, Cases: 100, Confirmed: 1}
	if got := f.Verdict(); got != claim.Elsewhere {
		t.Errorf("not judged: %s, want %s", got, claim.Elsewhere)
	}
	f.Judged = &claim.Judgement{Verdict: claim.Holds, Note: "of its own"}
	if got, note := f.Verdict(), f.Note(); got != claim.Holds || note != "of its own" {
		t.Errorf("judged: %s, note %q", got, note)
	}
}

// TestRejectedTotal: each reason counts.
func TestRejectedTotal(t *testing.T) {
	f := &Finding{}
	for r := range f.Rejected {
		f.Rejected[r] = 1 << r
	}
	if got := f.RejectedTotal(); got != 1<<claim.Reasons-1 {
		t.Errorf("%d, want %d", got, 1<<claim.Reasons-1)
	}
}

// TestAdd: a result that is not valid only counts as rejected; the largest ratio stays,
// the first among equals, by N as well.
func TestAdd(t *testing.T) {
	f := newFindings([]claim.Claim{*under(1)})[0]
	f.add(claim.Result{Reason: claim.Overflow, Answer: claim.No, Ratio: 99}, scalar(9), "none")
	if f.Cases != 0 || f.Violated != 0 || f.Ratio != -1 || f.Worst != nil || len(f.ByN) != 0 ||
		f.Rejected[claim.Overflow] != 1 || f.RejectedTotal() != 1 {
		t.Errorf("after a case that says nothing: %+v", f)
	}
	first, second, third := scalar(1), scalar(2), scalar(3)
	third.Chain = append([]core.Spec{{Op: "bias", N: 1}}, third.Chain...) // N = 3
	f.add(claim.Result{Ratio: 0, I: 7}, first, "first")
	if f.Ratio != 0 || f.Worst != first || f.I != 7 || f.Source != "first" {
		t.Errorf("a ratio of 0 is not the worst case of one: %+v", f)
	}
	f.add(claim.Result{Ratio: 0, I: 8}, second, "second")
	if f.Worst != first || f.I != 7 || f.Source != "first" || f.ByN[2].Case != first {
		t.Errorf("an equal ratio took the first one's place: %+v", f)
	}
	f.add(claim.Result{Ratio: 0.5, I: 9}, third, "third")
	f.add(claim.Result{Ratio: 0.25, I: 4}, second, "fourth")
	if f.Cases != 4 || f.Violated != 0 || f.Ratio != 0.5 || f.Worst != third || f.I != 9 || f.Source != "third" {
		t.Errorf("after four cases: %+v", f)
	}
	if f.ByN[2].Ratio != 0.25 || f.ByN[2].Case != second || f.ByN[3].Ratio != 0.5 || f.ByN[3].Case != third {
		t.Errorf("by N: %+v, %+v", f.ByN[2], f.ByN[3])
	}
	if f.Witness != nil {
		t.Errorf("a witness of no violation: %s", f.Witness.Line())
	}
}

// TestWitness: one clearly violated and not near 0, the smallest met, the first among equals.
func TestWitness(t *testing.T) {
	big := claim.Interval{Lo: 1, Hi: 1}
	for _, c := range []struct {
		r    claim.Result
		want bool
	}{
		{claim.Result{Answer: claim.No, Ratio: 1.02, Left: big}, true},
		{claim.Result{Answer: claim.No, Ratio: math.Inf(1), Left: big}, true},
		{claim.Result{Answer: claim.No, Ratio: witnessRatio, Left: big}, false},
		{claim.Result{Answer: claim.No, Ratio: math.NaN(), Left: big}, false},
		{claim.Result{Answer: claim.Uncertain, Ratio: 2, Left: big}, false},
		{claim.Result{Answer: claim.Yes, Ratio: 2, Left: big}, false},
		{claim.Result{Answer: claim.No, Ratio: 2, Left: claim.Interval{Lo: witnessLeft, Hi: 1}}, false},
	} {
		if witnesses(&c.r) != c.want {
			t.Errorf("%+v: %v, want %v", c.r, !c.want, c.want)
		}
	}
	f := newFindings([]claim.Claim{*under(1)})[0]
	no := claim.Result{Answer: claim.No, Ratio: 2, Left: big}
	poor := no
	poor.Ratio = 1.005
	large, small, same := scalar(0.3), scalar(1), scalar(1)
	f.add(poor, scalar(0), "poor")
	if f.Violated != 1 || f.Witness != nil {
		t.Errorf("a poor witness: %d violated, %v", f.Violated, f.Witness)
	}
	for _, c := range []*gen.Case{large, small, same, scalar(0.7)} {
		f.add(no, c, "")
	}
	if f.Violated != 5 || f.Witness != small {
		t.Errorf("%d violated, witness %s, want 5 and %s", f.Violated, f.Witness.Line(), small.Line())
	}
}

// TestMerge: counts add up; of equal ratios and sizes the earlier one stays.
func TestMerge(t *testing.T) {
	a, b := scalar(1), scalar(1)
	part := func(scale int, ratio float64, c *gen.Case, source string) *Finding {
		f := &Finding{
			Claim: under(1), Cases: scale, Undecided: 2 * scale, Violated: 3 * scale, Confirmed: 4 * scale,
			Ratio: ratio, I: scale, Worst: c, Source: source, Witness: c,
			ByN: map[int]*Extreme{2: {ratio, c}, 2 + scale: {float64(scale), c}},
		}
		for r := range f.Rejected {
			f.Rejected[r] = r * scale
		}
		return f
	}
	f := part(1, 0.5, a, "a")
	f.merge(part(10, 0.5, b, "b"))
	if f.Cases != 11 || f.Undecided != 22 || f.Violated != 33 || f.Confirmed != 44 ||
		f.Rejected[claim.Ill] != 11*int(claim.Ill) || f.Rejected[claim.Valid] != 0 {
		t.Errorf("sums: %+v", f)
	}
	if f.Ratio != 0.5 || f.I != 1 || f.Worst != a || f.Source != "a" || f.Witness != a || f.ByN[2].Case != a {
		t.Errorf("the later of two equals won: %+v", f)
	}
	if f.ByN[3].Case != a || f.ByN[12].Case != b || len(f.ByN) != 3 {
		t.Errorf("by N: %v", f.ByN)
	}
	f.merge(part(5, 0.75, b, "c"))
	if f.Ratio != 0.75 || f.I != 5 || f.Worst != b || f.Source != "c" || f.ByN[2].Ratio != 0.75 {
		t.Errorf("the larger ratio lost: %+v", f)
	}
	empty := newFindings([]claim.Claim{*under(1)})[0]
	before := *f
	f.merge(empty)
	if f.Witness == nil || f.Ratio != before.Ratio || f.Cases != before.Cases {
		t.Errorf("an empty part changed %+v to %+v", before, f)
	}
	empty.merge(f)
	if empty.Witness != f.Witness || empty.Ratio != f.Ratio || !reflect.DeepEqual(empty.ByN, f.ByN) {
		t.Errorf("the first part that found something: %+v, want %+v", empty, f)
	}
}

// TestSources: what it takes to find a worst case again, and the line that says so.
func TestSources(t *testing.T) {
	index := under(1)
	index.Span = func(*claim.View) (int, int) { return 1, 2 }
	other := &claim.Claim{ID: "eq16", Form: claim.Printed, Reading: claim.Past}
	for _, c := range []struct {
		of     *claim.Claim
		source string
		ids    []string
		note   string
	}{
		{under(1), "", []string{"own"}, ""},
		{under(1), "random case 3", []string{"own"}, "worst: random case 3"},
		{index, "random case 3", []string{"own"}, "worst: random case 3, i = 5"},
		{index, "", []string{"own"}, ""},
		{under(1), climbedOn(under(1), 4, 3), []string{"own"}, "worst: climb on own/repaired from batch 4, N = 3"},
		{under(1), climbedOn(other, 0, 8), []string{"own", "eq16"},
			"worst: climb on eq16/printed/past from batch 0, N = 8"},
	} {
		f := &Finding{Claim: c.of, Source: c.source, I: 5}
		if got := f.SearchedWith(); !slices.Equal(got, c.ids) {
			t.Errorf("%q: searched with %v, want %v", c.source, got, c.ids)
		}
		if got := f.Note(); got != c.note {
			t.Errorf("%q: note %q, want %q", c.source, got, c.note)
		}
	}
}

package search

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestPure: a claim that changes its view, in place or in a list of it, or that answers otherwise when it
// is asked again, is named before anything is searched; those beside it are not to blame.
func TestPure(t *testing.T) {
	u2 := func(v *claim.View, _ int) float64 { return v.U2 }
	honest := claim.Claim{ID: "honest", Form: claim.Conjecture, Statement: "left <= right", Left: u2, Right: u2}
	asked := 0
	for name, c := range map[string]struct {
		left func(v *claim.View, i int) float64
		want string
	}{
		"a number": {func(v *claim.View, _ int) float64 { v.UMean2++; return v.D2[1] },
			"search: mine/conjecture changes the view"},
		"a list": {func(v *claim.View, _ int) float64 { v.V0[1]++; return v.U2 }, "search: mine/conjecture changes the view"},
		"what it adds to": {func(v *claim.View, _ int) float64 { v.U2++; return v.U2 },
			"search: mine/conjecture answers "},
		"a count of its own": {func(v *claim.View, _ int) float64 { asked++; return float64(asked) * v.U2 },
			"search: mine/conjecture answers "},
		"nothing": {u2, ""},
	} {
		mine := claim.Claim{ID: "mine", Form: claim.Conjecture, Statement: "left <= right", Left: c.left, Right: u2}
		list := []claim.Claim{honest, mine, honest}
		got := panicText(func() { pure(list, byKind(list), 1) })
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: panic %q, want %q", name, got, c.want)
		}
	}
	run := claim.Claim{ID: "run", Form: claim.Conjecture, Statement: "left <= right", Kind: claim.Training,
		Left:  func(v *claim.View, _ int) float64 { return v.Run.GapT },
		Right: func(v *claim.View, _ int) float64 { v.Run.D0++; return v.Run.GapT }}
	list := []claim.Claim{run}
	if got := panicText(func() { Search(list, Options{Seed: 1, Cases: 1}) }); !strings.HasPrefix(got,
		"search: run/conjecture changes the view") {
		t.Errorf("a run: panic %q", got)
	}
}

// TestNegativeRight: a right side below 0 under a left side above it is a violation without bound, that has a
// worst case.
func TestNegativeRight(t *testing.T) {
	mine := claim.Claim{ID: "mine", Form: claim.Conjecture, Statement: "left <= right",
		Left:  func(v *claim.View, _ int) float64 { return v.U2 },
		Right: func(*claim.View, int) float64 { return -1 },
	}
	f := Search([]claim.Claim{mine}, Options{Seed: 1, Cases: 60})[0]
	if f.Verdict() != claim.Refuted || fmt.Sprint(f.Ratio) != "+Inf" || f.Worst == nil || f.Witness == nil {
		t.Errorf("%s, ratio %v, worst case %v, witness %v", f.Verdict(), f.Ratio, f.Worst, f.Witness)
	}
}

package search

import (
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

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
		{6, 96, 0, 0, 0, claim.Holds},
		{9, 0, 1, 0, 0, claim.Undecided},
		{9, 0, 0, 1, 0, claim.Undecided},
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

package rates

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestBudgets: a constant holds, ln T does not, and what lies between is left open.
func TestBudgets(t *testing.T) {
	one := func(float64) float64 { return 1 }
	for _, c := range []struct {
		right func(t float64) float64
		want  claim.Verdict
	}{
		{func(t float64) float64 { return 3 + 1/t }, claim.Holds},
		{math.Log, claim.Refuted},
		{math.Sqrt, claim.Refuted},
		{func(t float64) float64 { return math.Log(math.Log(t) + 1) }, claim.Undecided},
		{func(float64) float64 { return math.NaN() }, claim.Undecided},
	} {
		if j := JudgeBudget(c.right, one); j.Verdict != c.want {
			t.Errorf("%s, want %s: %s", j.Verdict, c.want, j.Note)
		}
	}
}

// TestBudgetNotes: the doublings of T are counted, the largest ratio kept, and the note has
// the figures that the verdict rests on.
func TestBudgetNotes(t *testing.T) {
	one := func(float64) float64 { return 1 }
	j := JudgeBudget(func(t float64) float64 { return 3 + 2/t }, one)
	if j.Cases != 500 || j.Ratio != 4 || j.Note != "right side over rate is at most 4" {
		t.Errorf("%+v", j)
	}
	j = JudgeBudget(math.Log2, one)
	const want = "right side over rate is 250 at T = 2^250 and 500 at 2^500, growing by 1.000 a doubling, as ln T does"
	if j.Ratio != 500 || j.Note != want {
		t.Errorf("%+v", j)
	}
	if j = JudgeBudget(one, math.Log2); j.Ratio != 1 || j.Verdict != claim.Undecided {
		t.Errorf("what falls like 1/ln T is left open by this rule: %+v", j)
	}
}

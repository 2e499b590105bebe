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

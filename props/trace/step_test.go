package trace

import (
	"math"
	"testing"
)

// TestSharesSum has the first-order shares sum to 1 and agree with the exact ones.
func TestSharesSum(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			run := newEngineRun(t, e, 3, 5, 24, 16)
			j := newStepJudge(run.shape)
			var st Step
			for run.Next(&st) == nil {
				m := j.judge(&st, true)
				if !m.finite || len(j.seen) > 0 {
					t.Fatalf("step %d: %v", st.T, j.seen)
				}
				s := j.takeApart(&st, m)
				sum := 0.0
				for k, x := range s.First {
					sum += float64(x)
					t.Logf("%d %v: first %.4g only %.4g without %.4g gain %.3g at most %.3g size %.3g", st.T, j.site(k), float64(x), float64(s.Only[k]),
						float64(s.Without[k]), float64(s.Gain[k]), float64(s.GainAtMost[k]), math.Sqrt(square(j.sites[k].e)/32))
				}
				t.Logf("step %d: E2 %.4g printed %.3g sharp %.3g per op %.3g U %.3g; sum of first %v", st.T, m.error2,
					float64(s.Printed), float64(s.Sharp), float64(s.PerOp), m.uError2, sum)
				if math.Abs(sum-1) > 0.05 {
					t.Errorf("shares sum to %v", sum)
				}
			}
		})
	}
}

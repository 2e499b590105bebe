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
				for _, x := range s.First {
					sum += float64(x)
				}
				if !(s.Error2 <= s.PerOp && s.PerOp <= s.Sharp && s.Sharp <= s.Printed) {
					t.Errorf("step %d: |U-u|^2 = %v, per operator %v, sharp %v, printed %v", st.T, s.Error2, s.PerOp, s.Sharp,
						s.Printed)
				}
				for k, gain := range s.Gain {
					if !(gain <= s.GainAtMost[k]) {
						t.Errorf("step %d: %v has a gain of %v, at most %v", st.T, j.site(k), gain, s.GainAtMost[k])
					}
				}
				if math.Abs(sum-1) > 0.001 {
					t.Errorf("shares sum to %v", sum)
				}
			}
		})
	}
}

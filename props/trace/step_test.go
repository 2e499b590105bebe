package trace

import (
	"fmt"
	"math"
	"testing"
)

// TestSharesSum has the first-order shares sum to 1 and agree with the exact ones.
func TestSharesSum(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			run := newEngineRun(t, e, 3, 5, 24, 16)
			j := newStepJudge(run.shape, newApart(run.shape))
			var st Step
			for run.Next(&st) == nil {
				m := j.judge(&st, j.exacts.take(nil, &st, st.W))
				if !m.finite || len(j.seen) > 0 {
					t.Fatalf("step %d: %v", st.T, j.seen)
				}
				s := j.takeApart(m)
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

// TestManySamples has a batch of more samples than a window judged as its parts are.
func TestManySamples(t *testing.T) {
	run := newEngineRun(t, engines[1], 3, 2, 6, 5)
	run.size = window + 44
	run.shape.run.Samples = run.size
	j, parts := newStepJudge(run.shape, newApart(run.shape)), newStepJudge(run.shape, newApart(run.shape))
	var st Step
	for run.Next(&st) == nil {
		st.M = st.B
		m := j.judge(&st, j.exacts.take(nil, &st, st.W))
		if !m.finite || len(j.seen) > 0 || !(m.uError2 <= 1e-20) {
			t.Fatalf("step %d: %v, U off by %v", st.T, j.seen, m.uError2)
		}
		c := run.shape.chain
		sum2 := make([]float64, len(j.sites))
		for _, cut := range [][2]int{{0, 100}, {100, st.B}} {
			from, to := cut[0], cut[1]
			part := Step{T: st.T, M: st.M, B: to - from, Scale: 1, Loss: math.NaN(), W: st.W, X: st.X[from*c.D(0) : to*c.D(0)],
				Labels: st.Labels[from:to], Y: make([][]float64, c.N()+1), V: make([][]float64, c.N()+1)}
			for i := 1; i <= c.N(); i++ {
				part.Y[i] = st.Y[i][from*c.D(i) : to*c.D(i)]
				if i < c.N() {
					part.V[i] = st.V[i][from*c.D(i) : to*c.D(i)]
				}
			}
			parts.judge(&part, parts.exacts.take(nil, &part, part.W))
			for k := range parts.sites {
				sum2[k] += parts.sites[k].sum2[byValue]
			}
		}
		for k, want := range sum2 {
			near(t, j.name(k), j.sites[k].sum2[byValue], want, 1e-9)
		}
	}
}

func (s *shape) name(k int) string { return fmt.Sprint(s.site(k)) }

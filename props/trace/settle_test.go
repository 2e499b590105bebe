package trace

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestWhatIsHeld: of a step in which U, the weights behind it, the loss and the weights before it are wrong each is a
// fault where all that it is held against is recorded, and the loss and the error of the gradient are taken from what
// there is.
func TestWhatIsHeld(t *testing.T) {
	for _, sampled := range []map[string][]int{nil, {"Y_1": {0, 2}, "V_2": {1}}} {
		whole, drawn := uneven(t, float64s, nil)
		isPass(whole, drawn)
		s, st := whole, drawn
		if sampled != nil {
			s, st = withSampled(t, whole, drawn, sampled)
		}
		for _, has := range []struct{ u, after, loss, all bool }{
			{true, true, true, true}, {false, true, true, true}, {true, false, true, true}, {true, true, false, true},
			{true, true, true, false}, {false, false, true, false}, {false, false, true, true}, {true, true, false, false},
		} {
			name := fmt.Sprintf("%v sampled, recorded %+v", sampled != nil, has)
			j := newStepJudge(s, newApart(s))
			first := again(st)
			first.U, first.After = slices.Clone(drawn.U), slices.Clone(drawn.W)
			for k, u := range drawn.U {
				first.After[k] -= 0.5 * u
			}
			m := j.judge(first, j.exacts.take(nil, first, first.W))
			if !m.finite || len(j.seen) > 0 {
				t.Fatalf("%s: %+v", name, j.seen)
			}
			bad := again(st)
			bad.T, bad.Loss, bad.U, bad.After = 6, math.NaN(), nil, nil
			if has.u {
				bad.U = slices.Clone(drawn.U)
				bad.U[2] += 3
			}
			if has.after {
				bad.After = slices.Repeat([]float64{9}, len(bad.W))
			}
			if has.loss {
				bad.Loss = 7
			}
			if !has.all {
				bad.M = 3
			}
			ex := j.exacts.take(nil, bad, bad.W)
			m = j.judge(bad, ex)
			for what, c := range map[string]struct {
				site Site
				rule string
				want bool
			}{
				"U":               {Site{"U", 1, 1}, "(5c)", has.u && has.all && sampled == nil},
				"weights behind":  {Site{"w", 3, 3}, "(5d)", has.u && has.after && has.all},
				"weights before":  {Site{"w", 3, 3}, "kept", true},
				"the loss":        {Site{"loss", 4, 4}, "loss", has.loss && has.all},
				"nothing of them": {Site{"V", 4, 4}, "(5b)", false},
			} {
				if got := len(faultsAt(j.seen, c.site, c.rule)) == 1; got != c.want {
					t.Errorf("%s, %s: a fault %v, want %v: %+v", name, what, got, c.want, j.seen)
				}
			}
			loss := mean(st.Y[4])
			if has.loss && has.all {
				loss = 7
			}
			near(t, name+", loss", m.loss, loss, 1e-12)
			error2, u2 := 0.0, math.NaN() // of states that are a pass
			if has.u && has.all {
				if u2 = 9; sampled != nil {
					error2, u2 = 9, math.NaN()
				}
			} else if sampled != nil {
				error2 = math.NaN()
			}
			if !(math.Abs(m.error2-error2) <= 1e-9) && !(m.error2 != m.error2 && error2 != error2) ||
				!(math.Abs(m.uError2-u2) <= 1e-9) && !(m.uError2 != m.uError2 && u2 != u2) {
				t.Errorf("%s: |U-u|^2 is %v, want %v; U is off by %v, want %v", name, m.error2, error2, m.uError2, u2)
			}
			if (m.grad2 == m.grad2) != (error2 == error2) || m.grad2 == m.grad2 && math.Abs(m.grad2/square(ex.u)-1) > 1e-12 {
				t.Errorf("%s: |u|^2 is %v", name, m.grad2)
			}
			// Of a step that is not finite nothing else is said.
			bad.T, bad.Y[3][1] = 7, math.NaN()
			m = j.judge(bad, j.exacts.take(nil, bad, bad.W))
			if m.finite || m.t != 7 || m.gamma != 0.5 || m.error2 == m.error2 || m.grad2 == m.grad2 {
				t.Errorf("%s, not finite: %+v", name, m)
			}
			if len(j.seen) != 1 || j.seen[0].Rule != "finite" || j.seen[0].Site != (Site{"delta", 3, 3}) {
				t.Errorf("%s, not finite: %+v", name, j.seen)
			}
		}
	}
}

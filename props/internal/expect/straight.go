package expect

import (
	"math"

	"github.com/cascade-sgd/cascade/props/claim"
)

// straight is the whole walk of a tree that is one path, each law with one outcome of
// probability 1, after the exact pass: every moment is then of one number, and nothing is
// summed. It has the bits of the walk. done is false where a law has more to say; what
// was written then is of no use.
//
// A run without chance takes thousands of such steps, and a search many such runs.
func (k *walk) straight(m *claim.Moments, x, weights []float64, plan *Plan, t int) (done bool) {
	c, exact, s := k.w.c, k.w.exact, k.s
	n := c.N()
	k.aim(m, weights)
	m.Reset()
	copy(s.Y[0], x)
	k.reachBoth(0, exact.Y[0], exact.Y[0])
	for i := 1; i <= n; i++ {
		f, y, d := s.F[i], s.Y[i], s.Delta[i]
		k.ops[i].Forward(f, s.Y[i-1], k.wOf[i])
		if l := law(plan.Delta, i); outcomes(l, f, t) != 1 || draw(l, y, d, f, t, 0) != 1 {
			return false
		}
		k.reachBoth(i, exact.Y[i], y)
		k.oneDelta(i)
	}
	s.V[n][0] = 1
	k.reach.MaxV[n] = math.Sqrt(sq(exact.V[n]))
	for i := n; i >= 2; i-- {
		k.gradient(i, 1)
		base, v, e := k.base[i], s.V[i-1], s.Eps[i]
		k.ops[i].VJP1(base, s.Y[i-1], k.wOf[i], s.F[i], s.V[i])
		if l := law(plan.Eps, i); outcomes(l, base, t) != 1 || draw(l, v, e, base, t, 0) != 1 {
			return false
		}
		k.reach.MaxV[i-1] = math.Sqrt(max(sq(exact.V[i-1]), sq(v)))
		k.oneEps(i)
	}
	k.gradient(1, 1)
	m.Leaves, m.P = 1, 1
	m.SetMeanNorms(c)
	m.SquareGivenX()
	return true
}

// reachBoth makes the hull at i that of the exact state y0 and of y.
func (k *walk) reachBoth(i int, y0, y []float64) {
	b := k.reach.Y[i]
	for j, v := range y {
		b.Lo[j], b.Hi[j] = min(y0[j], v), max(y0[j], v)
	}
	k.reach.MaxY[i] = math.Sqrt(max(sq(y0), sq(y)))
}

// oneDelta sets the moments of delta_i and Y_i.
func (k *walk) oneDelta(i int) {
	m, y0, f, y, d := k.m, k.w.exact.Y[i], k.s.F[i], k.s.Y[i], k.s.Delta[i]
	if !k.laws {
		return
	}
	d2 := sq(d)
	m.D2[i], m.D4[i] = d2, float64(d2*d2)
	for _, r := range claim.Readings {
		m.DMean2[r][i] = d2
	}
	if !k.whole {
		return
	}
	y2 := sqDiff(y, y0)
	m.Y2[i], m.Y4[i] = y2, float64(y2*y2)
	off := k.total.y[i]
	clear(off)
	mean2 := meanOff(1, d, f, y0, off)
	m.YMean2[claim.Past][i], m.YMean2[claim.Total][i], m.YMean2[claim.Literal][i] = mean2, mean2, y2
	f2 := sqDiff(f, y0)
	m.FMean2[claim.Past][i], m.FMean2[claim.Literal][i] = f2, f2
	m.FMean2[claim.Total][i] = sqDiff(off, d)
}

// oneEps sets the moments of eps_i and V_{i-1}.
func (k *walk) oneEps(i int) {
	m, v0, base, v, e := k.m, k.w.exact.V[i-1], k.base[i], k.s.V[i-1], k.s.Eps[i]
	if !k.laws {
		return
	}
	e2 := sq(e)
	m.E2[i] = e2
	for _, r := range claim.Readings {
		m.EMean2[r][i] = e2
	}
	if !k.whole {
		return
	}
	m.E4[i] = float64(e2 * e2)
	v2 := sqDiff(v, v0)
	m.V2[i-1], m.V4[i-1] = v2, float64(v2*v2)
	off := k.total.v[i-1]
	clear(off)
	mean2 := meanOff(1, e, base, v0, off)
	m.VMean2[claim.Past][i-1], m.VMean2[claim.Total][i-1], m.VMean2[claim.Literal][i-1] = mean2, mean2, v2
	b2 := sqDiff(base, v0)
	m.BMean2[claim.Past][i-1], m.BMean2[claim.Literal][i-1] = b2, b2
	m.BMean2[claim.Total][i-1] = sqDiff(off, e)
}

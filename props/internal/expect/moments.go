package expect

import "github.com/cascade-sgd/cascade/core"

// NewMoments returns moments of the shape of c, all 0.
func NewMoments(c *core.Chain) *Moments {
	n := c.N() + 1
	lists := 11 + 4*Readings
	buf := make([]float64, lists*n+c.NW())
	take := func() []float64 {
		s := buf[:n:n]
		buf = buf[n:]
		return s
	}
	m := &Moments{D2: take(), D4: take(), E2: take(), Y2: take(), Y4: take(), V2: take(), Ui2: take(), UiMean2: take(),
		YV2: take(), E4: take(), V4: take()}
	for r := range Readings {
		m.DMean2[r], m.EMean2[r], m.YMean2[r], m.VMean2[r] = take(), take(), take(), take()
	}
	m.UMean = buf[:c.NW():c.NW()]
	return m
}

// lists returns every slice of m but UMean, in a fixed order.
func (m *Moments) lists() [11 + 4*Readings][]float64 {
	l := [11 + 4*Readings][]float64{m.D2, m.D4, m.E2, m.Y2, m.Y4, m.V2, m.Ui2, m.UiMean2, m.YV2, m.E4, m.V4}
	for r := range Readings {
		k := 11 + 4*r
		l[k], l[k+1], l[k+2], l[k+3] = m.DMean2[r], m.EMean2[r], m.YMean2[r], m.VMean2[r]
	}
	return l
}

func (m *Moments) reset() {
	for _, l := range m.lists() {
		clear(l)
	}
	clear(m.UMean)
	m.Leaves, m.P, m.U2, m.UMean2 = 0, 0, 0, 0
}

// Add adds p times o: all that is linear in the law, so not UMean2, which stays.
// UiMean2 is added as a number.
func (m *Moments) Add(o *Moments, p float64) {
	ls, os := m.lists(), o.lists()
	for k, l := range ls {
		axpy(l, p, os[k])
	}
	axpy(m.UMean, p, o.UMean)
	m.Leaves += o.Leaves
	m.P += float64(p * o.P)
	m.U2 += float64(p * o.U2)
}

// Mix sets m to the average of the moments of several inputs x, ms[k] with
// probability p[k]: E over the sample and the perturbations, E_t of the paper. UMean is averaged
// before its norm is taken, because E_t averages over x too; the conditional
// means are given x, so theirs are averaged after. All have the chain shape of c.
func (m *Moments) Mix(c *core.Chain, ms []*Moments, p []float64) {
	m.reset()
	for k, o := range ms {
		m.Add(o, p[k])
	}
	m.finish(c)
}

// finish takes the norms of the mean of U-u.
func (m *Moments) finish(c *core.Chain) {
	m.UMean2 = 0
	for i := 1; i <= c.N(); i++ {
		m.UiMean2[i] = sq(c.W(i, m.UMean))
		m.UMean2 += m.UiMean2[i]
	}
}

func sq(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return sum
}

// sqDiff is |a - b|^2.
func sqDiff(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		d := x - b[k]
		sum += float64(d * d)
	}
	return sum
}

func axpy(dst []float64, p float64, v []float64) {
	for k, x := range v {
		dst[k] += float64(p * x)
	}
}

package logistic

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// flow follows the mean w and the covariance of w_t from w^0, in s = gamma t:
//
//	w' = -(G + F”'[Cov]/2) - (gamma/2) H G,   Cov' = -(A Cov + Cov A) + gamma (N + (gamma/2)(A N + N A)),
//
// A = H + (gamma/2) H^2. One step of (5d) is the flow over a time gamma up to (gamma H)^3.
type flow struct {
	f   *field
	s   float64
	w   []float64
	cov *mat.SymDense
	dt  float64
}

func newFlow(f *field) *flow {
	return &flow{f: f, w: f.p.start(), cov: mat.NewSymDense(f.d, nil), dt: f.p.Gamma}
}

// rate is the right side at a state of d + d^2 numbers.
func (o *flow) rate(y []float64) []float64 {
	d, g := o.f.d, o.f.p.Gamma
	cov := mat.NewSymDense(d, y[d:])
	l := o.f.at(y[:d], cov)
	out := make([]float64, len(y))
	drift := mat.NewVecDense(d, nil)
	for j := range d {
		drift.SetVec(j, l.mean[j]+l.third[j]/2)
	}
	turn := mat.NewVecDense(d, out[:d])
	turn.MulVec(l.hess, drift)
	turn.ScaleVec(-g/2, turn)
	turn.SubVec(turn, drift)
	var h, a, n, ac, an mat.Dense
	h.CloneFrom(l.hess) // the product of two SymDense reads its entries one by one
	a.Mul(&h, &h)
	a.Scale(g/2, &a)
	a.Add(&a, l.hess)
	n.Scale(o.f.theta, l.kickCov)
	n.Add(&n, l.noise)
	ac.Mul(&a, cov)
	an.Mul(&a, &n)
	for i := range d {
		for j := range d {
			out[d+i*d+j] = -(ac.At(i, j) + ac.At(j, i)) + g*(n.At(i, j)+g/2*(an.At(i, j)+an.At(j, i)))
		}
	}
	return out
}

// flowTolerance is the error of a step, of w and, relative to its largest entry, of Cov.
const flowTolerance = 1e-5

// to follows the flow to time s by the steps of Bogacki and Shampine.
func (o *flow) to(s float64) {
	d := o.f.d
	y := append(append([]float64(nil), o.w...), o.cov.RawSymmetric().Data...)
	for i := range d { // the lower triangle as well
		for j := range i {
			y[d+i*d+j] = y[d+j*d+i]
		}
	}
	plus := func(h float64, k ...[]float64) []float64 {
		out := append([]float64(nil), y...)
		c := [][]float64{{1. / 2}, {0, 3. / 4}, {2. / 9, 1. / 3, 4. / 9}}[len(k)-1]
		for i, v := range k {
			for j := range out {
				out[j] += h * c[i] * v[j]
			}
		}
		return out
	}
	k1 := o.rate(y)
	for o.s < s*(1-1e-12) {
		h := min(o.dt, s-o.s)
		k2 := o.rate(plus(h, k1))
		k3 := o.rate(plus(h, k1, k2))
		next := plus(h, k1, k2, k3)
		k4 := o.rate(next)
		worst, scale := 0.0, 1e-30
		for j := range y[d:] {
			scale = max(scale, math.Abs(next[d+j]))
		}
		for j := range y {
			e := math.Abs(h * (-5./72*k1[j] + k2[j]/12 + k3[j]/9 - k4[j]/8))
			if j >= d {
				e /= scale
			}
			worst = max(worst, e)
		}
		if worst <= flowTolerance {
			o.s += h
			y, k1 = next, k4
		}
		grow := 0.9 * math.Cbrt(flowTolerance/max(worst, 1e-300))
		if h == o.dt || worst > flowTolerance {
			o.dt = h * min(4, max(0.2, grow))
		}
	}
	copy(o.w, y[:d])
	o.cov = mat.NewSymDense(d, append([]float64(nil), y[d:]...))
}

// norm is E|grad f(w_t)| there, w_t taken for normal.
func (o *flow) norm() float64 {
	mean, _ := o.normSD()
	return mean
}

// normSD is norm and the standard deviation of |grad f(w_t)|.
func (o *flow) normSD() (mean, sd float64) {
	l := o.f.at(o.w, o.cov)
	mu := make([]float64, o.f.d)
	for j := range mu {
		mu[j] = l.exact[j] + l.fThird[j]/2
	}
	var half, full mat.Dense
	half.Mul(l.fHess, o.cov)
	full.Mul(&half, l.fHess)
	m := normOf(mu, symmetric(&full), false)
	return m.mean, math.Sqrt(max(m.square-m.mean*m.mean, 0))
}

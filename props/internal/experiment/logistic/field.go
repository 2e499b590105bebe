package logistic

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core"
)

// field is what a step does in the mean and around it, by quadrature: nothing is drawn.
// With theta = 1/Every,
//
//	G(w) = (1/M) sum_k x_k ((1-theta) sigma(a_k) + theta E sigma(a_k + delta)) + E[eps] mean x + r(w),
//
// which is the gradient of F = (1/M) sum_k ((1-theta) ln(1+e^a_k) + theta E ln(1+e^{a_k+delta}))
// + E[eps] <mean x, w> + R.
type field struct {
	*data
	p       Point
	theta   float64
	half    float64 // of delta
	epsMean float64
	epsVar  float64
}

func newField(p Point, s *data) *field {
	root := math.Sqrt(float64(p.D))
	f := &field{data: s, p: p, theta: 1 / float64(p.Law.Every), half: p.Law.Forward / root}
	b := p.Law.Backward / root
	f.epsVar = b * b / 3
	if p.Law.OneSided {
		f.epsMean, f.epsVar = b/2, b*b/12
	}
	return f
}

// local is a field at one point.
type local struct {
	mean, exact   []float64     // G(w) and grad f(w)
	hess, fHess   *mat.SymDense // of F and of f
	kicks         [][]float64   // what delta = half nodes[q] adds to the gradient; nil for one a sample
	kick          []float64     // its mean
	kickCov       *mat.SymDense // its covariance
	noise         *mat.SymDense // covariance of all other noise of a step
	third, fThird []float64     // F'''[cov] and f'''[cov]
}

// at evaluates the field; cov may be nil.
func (f *field) at(w []float64, cov *mat.SymDense) *local { return f.evaluate(w, cov, true) }

// evaluate leaves out what describes the noise where nobody asks for it.
func (f *field) evaluate(w []float64, cov *mat.SymDense, noise bool) *local {
	m, d := f.m, f.d
	a := make([]float64, m)
	f.ahead(a, w)
	column := func() []float64 { return make([]float64, m) }
	s, bias, spread := column(), column(), column()
	c, cf := column(), column()
	t, tf := column(), column()
	var byNode [][]float64
	q := make([]float64, len(nodes))
	if f.half > 0 {
		for j, x := range nodes {
			q[j] = math.Exp(-f.half * x)
			byNode = append(byNode, column())
		}
	}
	for k, v := range a {
		e := math.Exp(-v)
		s0 := 1 / (1 + e)
		d1, d2 := s0*(1-s0), s0*(1-s0)*(1-2*s0)
		s[k], cf[k], tf[k] = s0, d1, d2
		m0, m1, m2 := s0, d1, d2
		if f.half > 0 {
			m0, m1, m2 = 0, 0, 0
			square := 0.0
			for j, wt := range weights {
				sj := 1 / (1 + e*q[j])
				byNode[j][k] = sj - s0
				m0 += wt * (sj - s0)
				square += wt * (sj - s0) * (sj - s0)
				m1 += wt * sj * (1 - sj)
				m2 += wt * sj * (1 - sj) * (1 - 2*sj)
			}
			bias[k], spread[k] = m0, max(square-m0*m0, 0)
		}
		c[k] = (1-f.theta)*d1 + f.theta*m1
		t[k] = (1-f.theta)*d2 + f.theta*m2
	}
	l := &local{exact: make([]float64, d), mean: make([]float64, d), kick: make([]float64, d)}
	f.back(l.exact, s)
	f.back(l.kick, bias)
	addReg(l.exact, w, f.p.Reg)
	for j := range l.mean {
		l.mean[j] = l.exact[j] + f.theta*l.kick[j] + f.epsMean*f.data.mean[j]
	}
	l.fHess, l.hess = f.outer(cf), mat.NewSymDense(d, nil)
	if f.half > 0 {
		l.hess = f.outer(c)
	} else { // F is f but for a linear term
		l.hess.CopySym(l.fHess)
	}
	for _, h := range []*mat.SymDense{l.hess, l.fHess} {
		for j, v := range w {
			h.SetSym(j, j, h.At(j, j)+regSecond(f.p.Reg, v))
		}
	}
	if noise {
		f.addNoise(l, byNode, spread)
	}
	if cov != nil {
		f.addThird(l, w, t, tf, cov)
	}
	return l
}

// outer is (1/M) sum_k c_k x_k x_k^T.
func (f *field) outer(c []float64) *mat.SymDense {
	d, m := f.d, f.m
	h := mat.NewSymDense(d, nil)
	scaled := make([]float64, m)
	for i := range d {
		for k, v := range f.column(i) {
			scaled[k] = v * c[k] / float64(m)
		}
		for j := i; j < d; j++ {
			h.SetSym(i, j, floats.Dot(scaled, f.column(j)))
		}
	}
	return h
}

func (f *field) addNoise(l *local, byNode [][]float64, spread []float64) {
	d := f.d
	l.kickCov, l.noise = mat.NewSymDense(d, nil), mat.NewSymDense(d, nil)
	for j := range d {
		l.noise.SetSym(j, j, f.p.Xi*f.p.Xi)
	}
	one := f.p.Law.Reading == OneAStep
	switch {
	case f.epsVar > 0 && one:
		l.noise.SymRankOne(l.noise, f.epsVar, mat.NewVecDense(d, f.data.mean))
	case f.epsVar > 0:
		c := make([]float64, f.m)
		for k := range c {
			c[k] = f.epsVar / float64(f.m)
		}
		l.noise.AddSym(l.noise, f.outer(c))
	}
	switch {
	case f.half > 0 && one:
		for j, column := range byNode {
			u := make([]float64, d)
			f.back(u, column)
			l.kicks = append(l.kicks, u)
			n := mat.NewVecDense(d, nil)
			n.SubVec(mat.NewVecDense(d, u), mat.NewVecDense(d, l.kick))
			l.kickCov.SymRankOne(l.kickCov, weights[j], n)
		}
	case f.half > 0:
		c := make([]float64, f.m)
		for k, v := range spread {
			c[k] = v / float64(f.m)
		}
		l.kickCov = f.outer(c)
	}
}

func (f *field) addThird(l *local, w, t, tf []float64, cov *mat.SymDense) {
	d := f.d
	q, part := make([]float64, f.m), make([]float64, f.m)
	for i := range d { // q_k = x_k^T cov x_k, a column of the matrix at a time
		clear(part)
		for j := range d {
			floats.AddScaled(part, cov.At(i, j), f.column(j))
		}
		floats.Mul(part, f.column(i))
		floats.Add(q, part)
	}
	floats.Mul(t, q)
	floats.Mul(tf, q)
	l.third, l.fThird = make([]float64, d), make([]float64, d)
	f.back(l.third, t)
	f.back(l.fThird, tf)
	for j, v := range w {
		r := regThird(f.p.Reg, v) * cov.At(j, j)
		l.third[j] += r
		l.fThird[j] += r
	}
}

// regSecond and regThird are the derivatives of r_j, which core has, by w_j.
func regSecond(r core.Regularizer, v float64) float64 {
	switch q := 1 + v*v; r.Kind {
	case "l2":
		return 2 * r.Rho
	case "nonconvex":
		return 2 * r.Rho * (1 - 3*v*v) / (q * q * q)
	}
	return 0
}

func regThird(r core.Regularizer, v float64) float64 {
	if q := 1 + v*v; r.Kind == "nonconvex" {
		return 24 * r.Rho * v * (v*v - 1) / (q * q * q * q)
	}
	return 0
}

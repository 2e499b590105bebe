package logistic

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core"
)

// linear is a run without data: x = 0 and R = |w|^2/2, so that a step is w - gamma (w + xi).
func linear(gamma, xi, start float64, steps int) *field {
	return fieldWith(Point{Reg: core.Regularizer{Kind: "l2", Rho: 0.5}, Gamma: gamma, Xi: xi, Start: start, T: steps,
		EWMA: 0.9}, []float64{0})
}

// TestFlowLinear: mean and variance of the linear flow in closed form, and the folded normal law.
func TestFlowLinear(t *testing.T) {
	const g, xi = 0.2, 0.3
	o := newFlow(linear(g, xi, 2, 100))
	rate := 1 + g/2
	steady := g * xi * xi * (1 + g*rate) / (2 * rate)
	for _, s := range []float64{0, 0.3, 2, 20} {
		o.to(s)
		m, v := 2*math.Exp(-rate*s), steady*(1-math.Exp(-2*rate*s))
		near(t, "s", o.s, s, 1e-9)
		near(t, "w", o.w[0], m, 2e-4)
		near(t, "Cov", o.cov.At(0, 0), v, 2e-4*steady)
		folded := m
		if v > 0 {
			folded = math.Sqrt(2*v/math.Pi)*math.Exp(-m*m/(2*v)) + m*math.Erf(m/math.Sqrt(2*v))
		}
		near(t, "E|grad f|", o.norm(), folded, 3e-4)
	}
}

// TestFlowRate: the right side on one sample of one coordinate, written out with numbers of the field.
func TestFlowRate(t *testing.T) {
	const g, w, c = 0.4, 0.7, 0.05
	law := Law{Forward: 1.5, Every: 2, Backward: 0.5}
	f := fieldWith(Point{Law: law, Reg: Nonconvex, Gamma: g, Xi: 0.2}, []float64{2})
	l := f.at([]float64{w}, mat.NewSymDense(1, []float64{c}))
	h, drift := l.hess.At(0, 0), l.mean[0]+l.third[0]/2
	a, n := h+g/2*h*h, l.noise.At(0, 0)+l.kickCov.At(0, 0)/2
	nearAll(t, "rate", newFlow(f).rate([]float64{w, c}), []float64{-drift - g/2*h*drift, -2*a*c + g*(n+g*a*n)}, 1e-14)
	near(t, "norm", (&flow{f: f, w: []float64{w}, cov: mat.NewSymDense(1, []float64{1e-9})}).norm(),
		math.Abs(l.exact[0]), 1e-6)
	o := &flow{f: f, w: []float64{w}, cov: mat.NewSymDense(1, []float64{c})}
	want := normOf([]float64{l.exact[0] + l.fThird[0]/2},
		mat.NewSymDense(1, []float64{l.fHess.At(0, 0) * l.fHess.At(0, 0) * c}), false).mean
	near(t, "norm with a spread", o.norm(), want, 1e-12)
}

// TestFlowTwo: coordinates that do not know of each other stay apart, and a correlation decays.
func TestFlowTwo(t *testing.T) {
	f := fieldWith(Point{Reg: core.Regularizer{Kind: "l2", Rho: 0.5}, Gamma: 0.1, Start: 1}, []float64{0, 0})
	o := newFlow(f)
	o.cov = mat.NewSymDense(2, []float64{1, 0.5, 0.5, 2})
	o.to(1)
	for k, v := range flat(o.cov) {
		near(t, "Cov", v, []float64{1, 0.5, 0.5, 2}[k]*math.Exp(-2*1.05), 1e-3)
	}
	nearAll(t, "w", o.w, []float64{math.Exp(-1.05), math.Exp(-1.05)}, 1e-4)
}

package logistic

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core"
)

// TestMemory is the sum that it says it is.
func TestMemory(t *testing.T) {
	for _, n := range []int{1, 2, 7, 50} {
		for _, r := range []float64{0, 0.3, 0.9, 0.999, 1, 1.5} {
			sum := 1.0
			for k := 1; k < n; k++ {
				sum += 2 * (1 - float64(k)/float64(n)) * math.Pow(min(r, 1), float64(k))
			}
			near(t, "memory", memory(r, n), sum, 1e-9*sum)
		}
	}
	// Of a negative r the power r^n is left out: within 2 |r|^(n+1)/n.
	sum := 1.0
	for k := 1; k < 60; k++ {
		sum += 2 * (1 - float64(k)/60) * math.Pow(-0.7, float64(k))
	}
	near(t, "memory of -0.7", memory(-0.7, 60), sum, 1e-9)
}

// TestAges: whole blocks of a cycle, the first ones alone, each at its middle.
func TestAges(t *testing.T) {
	for _, every := range []int{1, 2, 7, 12, 13, 100, 12_345} {
		share, mean, from := 0.0, 0.0, 0.0
		for k, a := range ages(every) {
			n := a.weight * float64(every)
			near(t, "middle", a.at, math.Floor(from+(math.Round(n)-1)/2), 0) // whole: alpha may be negative
			if k < 12 && k < every {
				near(t, "alone", n, 1, 1e-9)
			}
			if n > max(1, from/6)+1e-9*n {
				t.Errorf("every %d: a block of %v from %v", every, n, from)
			}
			share, mean, from = share+a.weight, mean+a.weight*a.at, from+math.Round(n)
		}
		near(t, "share", share, 1, 1e-12)
		near(t, "mean age", mean, float64(every-1)/2, 0.5)
	}
	if n := len(ages(10_000)); n > 70 {
		t.Errorf("%d blocks of 10000", n)
	}
}

// TestLyapunov: Cov solves the equation of the recursion, with a share theta of the kicks; no Cov without
// contraction.
func TestLyapunov(t *testing.T) {
	h, hf := mat.NewSymDense(2, []float64{2, 0.5, 0.5, 1}), mat.NewSymDense(2, []float64{1.5, 0.2, 0.2, 1})
	l := &local{hess: h, fHess: hf, noise: mat.NewSymDense(2, []float64{1, 0.3, 0.3, 2}),
		kickCov: mat.NewSymDense(2, []float64{4, -1, -1, 8})}
	f := fieldWith(Point{Gamma: 0.3, Law: Law{Forward: 1, Every: 4}}, []float64{0, 0})
	cov, ok := f.lyapunov(l)
	if !ok {
		t.Fatal("no Cov")
	}
	step := mat.NewDense(2, 2, []float64{1 - 0.3*2, -0.15, -0.15, 1 - 0.3})
	var half, full mat.Dense
	half.Mul(step, cov)
	full.Mul(&half, step.T())
	n := []float64{1 + 1, 0.3 - 0.25, 0.3 - 0.25, 2 + 2}
	for k, v := range flat(cov) {
		near(t, "Cov", v, full.At(k/2, k%2)+0.09*n[k], 1e-14)
	}
	b := newBasis(h, hf, 0.3)
	nearAll(t, "eigenvalues", b.h, []float64{1.5 - math.Sqrt(0.5), 1.5 + math.Sqrt(0.5)}, 1e-14)
	nearAll(t, "alpha", b.alpha, []float64{1 - 0.3*b.h[0], 1 - 0.3*b.h[1]}, 1e-15)
	half.Mul(hf, cov)
	full.Mul(&half, hf)
	nearAll(t, "Cov of grad f", flat(b.gradient(b.in(cov))), []float64{full.At(0, 0), full.At(0, 1), full.At(1, 0),
		full.At(1, 1)}, 1e-14)
	x := []float64{0.4, -2}
	nearAll(t, "mu + H_f x", b.shifted([]float64{1, 1}, b.vector(x)), []float64{1 + 0.6 - 0.4, 1 + 0.08 - 2}, 1e-14)
	for gamma, want := range map[float64]bool{0.9: true, 0.91: false, 5: false} { // 2/(1.5 + 0.707) = 0.906
		f.p.Gamma = gamma
		if _, ok := f.lyapunov(l); ok != want {
			t.Errorf("gamma = %v: contracts %v", gamma, ok)
		}
	}
	if l.hess.SetSym(0, 0, -2); f.p.Gamma > 0 {
		if _, ok := f.lyapunov(l); ok {
			t.Error("a maximum has a steady state")
		}
	}
}

// TestSteadyLinear: the floor of w - gamma (w + xi), with the spread of its mean over half a run.
func TestSteadyLinear(t *testing.T) {
	for _, g := range []float64{0.05, 0.5, 1, 1.6} {
		f := linear(g, 0.3, 0, 4000)
		s, ok := f.steadyAt([]float64{0})
		if !ok {
			t.Fatal("no steady state")
		}
		a := 1 - g
		sd := g * 0.3 / math.Sqrt(1-a*a)
		near(t, "floor", s.mean, sd*math.Sqrt(2/math.Pi), 1e-9)
		near(t, "smallest", s.smallest, 1, 1e-12)
		// Cov(|z_0|, |z_t|) of a normal pair of correlation r is (2/pi) ((1-r^2)^{1/2} + r asin r - 1).
		sum := 1 - 2/math.Pi
		for k := 1; k < 2000; k++ {
			r := math.Pow(a, float64(k))
			sum += 2 * (1 - float64(k)/2000) * 2 / math.Pi * (math.Sqrt(1-r*r) + r*math.Asin(r) - 1)
		}
		near(t, "sd of the mean", s.sd, sd*math.Sqrt(sum/2000), 0.05*s.sd)
	}
	if _, ok := linear(2, 0.3, 0, 10).steadyAt([]float64{0}); ok {
		t.Error("steps of 2/H settle")
	}
}

// TestSpreadFar: with a mean far from 0 the norm is linear, and its mean that of an autoregression.
func TestSpreadFar(t *testing.T) {
	for _, g := range []float64{0.1, 1.5} {
		b := newBasis(mat.NewSymDense(1, []float64{1}), mat.NewSymDense(1, []float64{2}), g)
		got := b.spread([]float64{-50}, mat.NewSymDense(1, []float64{0.04}), 300)
		near(t, "sd", got, 2*0.2*math.Sqrt(memory(1-g, 300)/300), 1e-4*got)
	}
	b := newBasis(mat.NewSymDense(1, []float64{1}), mat.NewSymDense(1, []float64{2}), 0.1)
	near(t, "sd of nothing", b.spread([]float64{0}, mat.NewSymDense(1, nil), 300), 0, 0)
}

// TestSteadyMean: the mean of w_t is shifted by -F”'[Cov]/(2 F”), to the order of the noise.
func TestSteadyMean(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: sigma(-1) / 2}
	f := fieldWith(Point{Reg: reg, Gamma: 0.1, Xi: 0.02, T: 100}, []float64{1})
	s, ok := f.steadyAt([]float64{-1})
	if !ok {
		t.Fatal("no steady state")
	}
	d1 := sigma(-1) * sigma(1)
	h, third := d1+2*reg.Rho, d1*(1-2*sigma(-1))
	a := 1 - 0.1*h
	cov := 0.01 * 0.0004 / (1 - a*a)
	near(t, "mean of w", s.w[0]+1, -third*cov/(2*h), 1e-3*cov)
	near(t, "floor", s.mean, h*math.Sqrt(cov*2/math.Pi), 1e-3*h*math.Sqrt(cov))
}

// TestPhases: the kicks of a cycle by hand, with nothing else, one coordinate.
func TestPhases(t *testing.T) {
	zero := func() *mat.SymDense { return mat.NewSymDense(1, nil) }
	const g, h, bias = 0.3, 2.0, -0.7
	alpha := 1 - g*h
	for _, every := range []int{1, 2, 5} {
		f := fieldWith(Point{Gamma: g, Law: Law{Forward: 1, Every: every, Reading: OneASample}}, []float64{0})
		l := &local{hess: mat.NewSymDense(1, []float64{h}), fHess: mat.NewSymDense(1, []float64{3}), noise: zero(),
			kickCov: zero(), kick: []float64{bias}}
		// x+ = alpha x - g bias at the first step of a cycle, about -bias/(every h).
		x, sum := 0.0, 0.0
		for range 400 {
			sum = 0
			for k := range every {
				x *= alpha
				if k == 0 {
					x -= g * bias
				}
				sum += math.Abs(0.05+3*(x+bias/(h*float64(every)))) / float64(every)
			}
		}
		near(t, "mean over a cycle", f.phases(l, newBasis(l.hess, l.fHess, g), []float64{0.05}), sum, 1e-9)
	}
	// alpha = 0: only the last step is remembered, and its kick, one of the nodes, is the state.
	f := fieldWith(Point{Gamma: 0.5, Law: Law{Forward: 1}}, []float64{0})
	l := &local{hess: mat.NewSymDense(1, []float64{2}), fHess: mat.NewSymDense(1, []float64{2}), noise: zero(),
		kickCov: mat.NewSymDense(1, []float64{1. / 3}), kick: []float64{0}}
	want := 0.0
	for q, x := range nodes {
		l.kicks = append(l.kicks, []float64{x})
		want += weights[q] * math.Abs(0.4-x)
	}
	near(t, "the last kick", f.phases(l, newBasis(l.hess, l.fHess, 0.5), []float64{0.4}), want, 1e-6)
	// The same for the last eps, U(-1, 1) times the mean of x.
	f = fieldWith(Point{Gamma: 0.5, Law: Law{Backward: 1}}, []float64{-1})
	l.noise, l.kick = mat.NewSymDense(1, []float64{1. / 3}), nil
	near(t, "the last eps", f.phases(l, newBasis(l.hess, l.fHess, 0.5), []float64{0.4}), want, 1e-6)
	f = fieldWith(Point{Gamma: 0.5, Law: Law{Backward: 1, Reading: OneASample}}, []float64{-1})
	near(t, "many eps are normal", f.phases(l, newBasis(l.hess, l.fHess, 0.5), []float64{0}),
		math.Sqrt(2/(3*math.Pi)), 1e-9)
}

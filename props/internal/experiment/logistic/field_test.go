package logistic

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core"
)

// fieldWith is a field on inputs x_k that are written down.
func fieldWith(p Point, x ...[]float64) *field {
	p.M, p.D = len(x), len(x[0])
	if p.Law.Every == 0 {
		p.Law.Every = 1
	}
	if p.Law.Reading == "" {
		p.Law.Reading = OneAStep
	}
	return newField(p, fromTable(x, make([]int, len(x))))
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: %v, want %v within %v", what, got, want, within)
	}
}

func nearAll(t *testing.T, what string, got, want []float64, within float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for j := range want {
		near(t, what, got[j], want[j], within)
	}
}

// flat is a symmetric matrix, a row after another.
func flat(a mat.Symmetric) []float64 {
	var out []float64
	for i := range a.SymmetricDim() {
		for j := range a.SymmetricDim() {
			out = append(out, a.At(i, j))
		}
	}
	return out
}

// TestNewField: mean and variance of eps, a half-width of delta over sqrt d.
func TestNewField(t *testing.T) {
	x := []float64{1, 2, 3, 4}
	for _, c := range []struct {
		law                      Law
		theta, half, mean, epsSq float64
	}{
		{Law{}, 1, 0, 0, 0},
		{Law{Forward: 3}, 1, 1.5, 0, 0},
		{Law{Forward: 3, Every: 4, Phase: 3}, 0.25, 1.5, 0, 0},
		{Law{Backward: 3}, 1, 0, 0, 0.75},                      // U(-1.5, 1.5): 2.25/3
		{Law{Backward: 3, OneSided: true}, 1, 0, 0.75, 0.1875}, // U(0, 1.5): 2.25/12
	} {
		f := fieldWith(Point{Law: c.law}, x)
		nearAll(t, "theta, half, E eps, Var eps", []float64{f.theta, f.half, f.epsMean, f.epsVar},
			[]float64{c.theta, c.half, c.mean, c.epsSq}, 1e-15)
	}
}

// uniformMoments are the mean and the variance of g(delta), delta ~ U(-h, h), by Simpson's rule.
func uniformMoments(h float64, g func(float64) float64) (mean, variance float64) {
	const n = 200
	square := 0.0
	for k := range n + 1 {
		weight := 2.0 + 2*float64(k%2)
		if k == 0 || k == n {
			weight = 1
		}
		v := g(h * (2*float64(k)/n - 1))
		mean += weight * v / (3 * n)
		square += weight * v * v / (3 * n)
	}
	return mean, square - mean*mean
}

// TestFieldNoise: two samples, and the covariances of a step in both readings, written out.
func TestFieldNoise(t *testing.T) {
	x := [][]float64{{1, -0.5}, {0.25, 2}}
	w := []float64{0.7, -0.2}
	const half = 1.0
	p := Point{Law: Law{Forward: half * math.Sqrt2, Every: 2, Backward: math.Sqrt2}, Xi: 0.1, Reg: Convex}
	var bias, spread [2]float64
	for k := range x {
		a := dot(x[k], w)
		bias[k], spread[k] = uniformMoments(half, func(d float64) float64 { return sigma(a+d) - sigma(a) })
	}
	both := func(d float64, j int) float64 {
		return (x[0][j]*sigma(dot(x[0], w)+d) + x[1][j]*sigma(dot(x[1], w)+d)) / 2
	}
	covOf := func(i, j int) float64 { // by polarization
		_, sum := uniformMoments(half, func(d float64) float64 { return both(d, i) + both(d, j) })
		_, less := uniformMoments(half, func(d float64) float64 { return both(d, i) - both(d, j) })
		return (sum - less) / 4
	}
	mean := []float64{0.625, 0.75}
	for _, reading := range usualSetting.readings {
		p.Law.Reading = reading
		f := fieldWith(p, x...)
		l := f.at(w, nil)
		nearAll(t, "E kick", l.kick, []float64{(bias[0] + 0.25*bias[1]) / 2, (-0.5*bias[0] + 2*bias[1]) / 2}, 1e-9)
		var kick, noise []float64
		for i := range 2 {
			for j := range 2 {
				xi := 0.0
				if i == j {
					xi = 0.01
				}
				if reading == OneAStep {
					kick, noise = append(kick, covOf(i, j)), append(noise, mean[i]*mean[j]/3+xi)
					continue
				}
				kick = append(kick, (spread[0]*x[0][i]*x[0][j]+spread[1]*x[1][i]*x[1][j])/4)
				noise = append(noise, (x[0][i]*x[0][j]+x[1][i]*x[1][j])/12+xi)
			}
		}
		nearAll(t, string(reading)+": Cov kick", flat(l.kickCov), kick, 1e-9)
		nearAll(t, string(reading)+": Cov of the rest", flat(l.noise), noise, 1e-14)
		if (len(l.kicks) == len(nodes)) != (reading == OneAStep) {
			t.Errorf("%s: %d kicks", reading, len(l.kicks))
		}
		for q, u := range l.kicks {
			nearAll(t, "kick", u, []float64{both(half*nodes[q], 0) - both(0, 0), both(half*nodes[q], 1) - both(0, 1)},
				1e-14)
		}
		if bare := f.evaluate(w, nil, false); bare.noise != nil || bare.kickCov != nil || bare.third != nil {
			t.Error("noise where nobody asks for it")
		}
	}
}

// TestFieldOfF: f's gradient, Hessian and third derivative on one sample of one coordinate.
func TestFieldOfF(t *testing.T) {
	for _, reg := range []core.Regularizer{Convex, Nonconvex} {
		for _, law := range []Law{{}, {Forward: 2}} { // f does not know the law
			f := fieldWith(Point{Reg: reg, Law: law}, []float64{2})
			l := f.at([]float64{0.4}, mat.NewSymDense(1, []float64{3}))
			grad := func(w float64) float64 { return 2*sigma(2*w) + reg.Grad(w) }
			near(t, "grad f", l.exact[0], grad(0.4), 1e-15)
			near(t, "f''", l.fHess.At(0, 0), fd.Derivative(grad, 0.4, &fd.Settings{Formula: fd.Central}), 1e-8)
			near(t, "3 f'''", l.fThird[0], 3*fd.Derivative(grad, 0.4, &fd.Settings{Formula: fd.Central2nd}), 1e-5)
			if law.Forward == 0 {
				near(t, "F'' is f''", l.hess.At(0, 0), l.fHess.At(0, 0), 0)
				near(t, "F''' is f'''", l.third[0], l.fThird[0], 0)
			}
		}
	}
}

// TestOuter is (1/M) sum_k c_k x_k x_k^T of two samples.
func TestOuter(t *testing.T) {
	f := fieldWith(Point{}, []float64{1, 2}, []float64{-3, 5})
	nearAll(t, "outer", flat(f.outer([]float64{2, 4})), []float64{19, -28, -28, 54}, 1e-14)
}

// TestRegDerivatives: r' and r” are the differences of core's r; the constants of the proofs bound both.
func TestRegDerivatives(t *testing.T) {
	central := &fd.Settings{Formula: fd.Central, Step: 1e-5}
	for _, reg := range []core.Regularizer{{Kind: "l2", Rho: 0.3}, {Kind: "nonconvex", Rho: 0.3}} {
		top, steepest := 0.0, 0.0
		for w := -4.0; w < 4; w += 0.07 {
			near(t, "r'", regSecond(reg, w), fd.Derivative(reg.Grad, w, central), 1e-8)
			second := func(v float64) float64 { return regSecond(reg, v) }
			near(t, "r''", regThird(reg, w), fd.Derivative(second, w, central), 1e-8)
			top, steepest = max(top, math.Abs(regThird(reg, w))), max(steepest, math.Abs(reg.Grad(w)))
		}
		if reg.Kind == "nonconvex" && !(top <= maxThirdReg*reg.Rho && steepest <= maxRegSlope*reg.Rho) {
			t.Errorf("|r''| reaches %v, |r| %v", top, steepest)
		}
		if reg.Kind == "nonconvex" && !(top > 0.7*maxThirdReg*reg.Rho && steepest > 0.99*maxRegSlope*reg.Rho) {
			t.Errorf("the bounds are far from %v and %v", top, steepest)
		}
	}
	if regSecond(core.Regularizer{}, 1) != 0 || regThird(core.Regularizer{}, 1) != 0 {
		t.Error("no R has a derivative")
	}
	top := 0.0
	for a := -5.0; a < 5; a += 0.01 {
		s := sigma(a)
		top = max(top, math.Abs(s*(1-s)*(1-2*s)))
	}
	near(t, "max |sigma''|", top, maxSecondSlope, 1e-5)
}

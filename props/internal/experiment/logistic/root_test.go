package logistic

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core"
)

// One sample x = 1 of one coordinate, R = rho w^2: G(w) = E sigma(w + delta) + E eps + 2 rho w. With
// rho = (E sigma(-1 + delta) + E eps)/2 the root is -1, and |grad f| there is what the law adds.
func TestPlateauClosedForm(t *testing.T) {
	soft := func(a float64) float64 { return math.Log1p(math.Exp(a)) }
	for _, c := range []Law{
		{}, {Backward: 3}, {Backward: 3, OneSided: true}, {Forward: 0.1}, {Forward: 1},
		{Forward: 1.25, Every: 7}, {Forward: 1.25, Every: 1000, Phase: 5},
		{Forward: 1.25, Every: 3, Backward: 1, OneSided: true},
		{Forward: 1.25, Reading: OneASample},
	} {
		adds := 0.0
		if c.OneSided {
			adds = c.Backward / 2
		}
		if h := c.Forward; h > 0 {
			adds += ((soft(-1+h)-soft(-1-h))/(2*h) - sigma(-1)) / float64(max(c.Every, 1))
		}
		p := Point{Law: c, Reg: core.Regularizer{Kind: "l2", Rho: (sigma(-1) + adds) / 2}, Gamma: 0.1}
		f := fieldWith(p, []float64{1})
		for _, start := range []float64{0, -30, 12} {
			r := f.root([]float64{start})
			if !r.Proved || !math.IsInf(r.Unique, 1) || !(r.Err < 1e-8) || !(r.Radius > 0 && r.Radius < 1e-8) {
				t.Errorf("%+v from %v: %+v", c, start, r)
			}
			near(t, "root", r.W[0], -1, r.Radius)
			near(t, "plateau", r.Plateau, adds, r.Err)
			near(t, "plateau", r.Plateau, adds, 1e-12)
			near(t, "lambda", r.Lambda, f.at([]float64{-1}, nil).hess.At(0, 0), 1e-8)
		}
	}
}

// TestKantorovich: radius, uniqueness and error by the theorem's formulas, at a v beside the root.
func TestKantorovich(t *testing.T) {
	const x = 2.0
	for _, kind := range []string{"l2", "nonconvex"} {
		p := Point{Reg: core.Regularizer{Kind: kind, Rho: 0.1}, Law: Law{Backward: 0.5, OneSided: true}}
		f := fieldWith(p, []float64{x}, []float64{-x})
		for _, v := range []float64{0.01, -0.03, 0.2, 2} {
			g := x*(sigma(x*v)-sigma(-x*v))/2 + p.Reg.Grad(v) // the mean of x is 0
			lambda := x*x*sigma(x*v)*sigma(-x*v) + regSecond(p.Reg, v)
			lip := 8 / (6 * math.Sqrt(3))
			if kind == "nonconvex" {
				lip += 0.63
			}
			eta := math.Abs(g) / lambda
			h := lip * eta / lambda
			r := f.kantorovich(&Root{W: []float64{v}, Unique: math.Inf(1)}, f.at([]float64{v}, nil))
			if want := h <= 0.5 && lambda > 0; r.Proved != want {
				t.Errorf("%s at %v: proved %v, K eta/lambda = %v", kind, v, r.Proved, h)
			}
			near(t, "lambda", r.Lambda, lambda, 1e-8)
			if !r.Proved {
				continue
			}
			near(t, "radius", r.Radius, 2*eta, 1e-8)
			near(t, "error", r.Err, 2*eta*(lambda+lip*2*eta+1), 1e-6)
			if kind == "l2" {
				if !math.IsInf(r.Unique, 1) {
					t.Errorf("unique within %v, want everywhere", r.Unique)
				}
			} else {
				near(t, "unique", r.Unique, (1+math.Sqrt(1-2*h))*lambda/lip, 1e-6)
			}
			if !(r.Radius >= math.Abs(v)) {
				t.Errorf("the root 0 is %v away from %v, not within %v", math.Abs(v), v, r.Radius)
			}
		}
	}
}

// TestSolve: a positive matrix, and one that has to be lifted so that the step goes down.
func TestSolve(t *testing.T) {
	x, ok := solve(mat.NewSymDense(2, []float64{4, 1, 1, 3}), []float64{1, 2})
	nearAll(t, "h^-1 g", x, []float64{1. / 11, 7. / 11}, 1e-15)
	y, up := solve(mat.NewSymDense(2, []float64{2, 0, 0, -1}), []float64{1, 1})
	nearAll(t, "lifted by 1.1", y, []float64{1 / 3.1, 10}, 1e-8)
	if _, bad := solve(mat.NewSymDense(1, []float64{math.NaN()}), []float64{1}); !ok || !up || bad {
		t.Errorf("solved %v, %v, and NaN %v", ok, up, bad)
	}
}

// TestNoRootByHand: x = 1 and -1/2 of one coordinate. grad F without R fills (-1/4 + e/4, 1/2 + e/4), e = E eps:
// it has 0 in it up to e = 1; beyond, the nearest end is e/4 - 1/4, where |grad f| is 1/4.
func TestNoRootByHand(t *testing.T) {
	reg := core.Regularizer{Kind: "nonconvex", Rho: 0.01}
	for _, e := range []float64{1.4, 2} {
		p := Point{Law: Law{Backward: 2 * e, OneSided: true}, Reg: reg}
		n := fieldWith(p, []float64{1}, []float64{-0.5}).noRoot()
		near(t, "v", n.V[0], -1, 1e-15)
		near(t, "limit", n.Limit, 0.25, 1e-3)
		near(t, "right", n.Right, 0.25-e/4+0.0065, 1e-12)
		p.Reg.Kind = "l2"
		if n = fieldWith(p, []float64{1}, []float64{-0.5}).noRoot(); !math.IsInf(n.Right, 1) {
			t.Errorf("R = |w|^2 has a root always, and the bound is %v", n.Right)
		}
	}
	p := Point{Law: Law{Backward: 0.5, OneSided: true}, Reg: reg}
	if n := fieldWith(p, []float64{1}, []float64{-0.5}).noRoot(); n.Right < 0 || n.Limit > 0 && n.V[0] == 0 {
		t.Errorf("%+v where there is a root", n)
	}
	f := fieldWith(Point{Law: Law{Backward: 2, OneSided: true}, Reg: reg}, []float64{1, 0}, []float64{-3, 4})
	h := 2 / math.Sqrt2 / 2 // E eps; the mean of x is (-1, 2)
	near(t, "recession", f.recession([]float64{0.6, 0.8}), (0.6+1.4)/2+h*(-0.6+1.6)+0.0065*1.4, 1e-15)
	near(t, "recession", f.recession([]float64{-0.6, 0.8}), 5./2+h*2.2+0.0065*1.4, 1e-15)
}

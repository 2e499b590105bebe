package core

import (
	"math"
	"testing"
)

// TestRegularityAtScales: at points of every scale that float64 has, and on
// boxes around them, the bounds are not NaN and not below the constants that
// math/big finds, nor infinite where products of four entries are finite.
func TestRegularityAtScales(t *testing.T) {
	for _, op := range testOps() {
		t.Run(op.Spec().String(), func(t *testing.T) {
			t.Parallel()
			// Differences of polynomials, exact or off by step^2: 2^-2800 when C2 of
			// bilinear is 2^-2148, and up to 2^3072 for its J1.
			e, step := exact{6400}, 1400
			scales := []float64{5e-324, 1e-310, 1e-200, 1e-170, 1e-100, 1e-50, 1e40, 1e50, 1e100, 1e155, 1e170,
				math.MaxFloat64}
			switch op.Spec().Op {
			case "tanh", "sigmoid", "softplus", "logistic", "softmaxce":
				e, step = exact{400}, 90
				scales = []float64{5e-324, 1e-170, 1e-10, 10, 40, 300, 1000}
			}
			r := newRand(3)
			for i, sx := range scales {
				others := []int{i, len(scales) - 1 - i}
				if op.Spec().Op == "bilinear" { // the only product of x and w in a constant
					others = []int{0, 3, 4, i, 6, 8, 11}
				}
				for _, j := range others {
					x, w := entries(r, op.In(), sx), entries(r, op.NW(), scales[j])
					box := testBox{Point(x).hull(entries(r, op.In(), sx)),
						Point(w).hull(entries(r, op.NW(), scales[j]))}
					want := e.constants(op, x, w, step)
					finite := sx <= 1e40 && scales[j] <= 1e40
					checkBounds(t, "point", op.Regularity(Point(x), Point(w)), want, finite)
					checkBounds(t, "box", op.Regularity(box.x, box.w), want, finite)
				}
			}
		})
	}
}

func checkBounds(t *testing.T, where string, bound Regularity, want []scaled, finite bool) {
	t.Helper()
	for k, v := range bound.list() {
		if !(want[k].over(v) <= 1+svdError) {
			t.Errorf("%s: %s is %v, want at least %v 2^%d", where, constantNames[k], v, want[k].v, want[k].e)
		}
		if finite && math.IsInf(v, 0) {
			t.Errorf("%s: %s is %v", where, constantNames[k], v)
		}
	}
}

// hull is a new box that holds b and x.
func (b Box) hull(x []float64) Box {
	h := NewBox(len(x))
	for _, v := range [][]float64{b.Lo, b.Hi, x} {
		h.Add(v)
	}
	return h
}

// TestUnboundedBoxes: a box as wide as float64 has no NaN among its constants.
func TestUnboundedBoxes(t *testing.T) {
	for _, op := range testOps() {
		for _, b := range [][2]float64{{-math.MaxFloat64, math.MaxFloat64}, {1e300, math.MaxFloat64},
			{-1e170, 1e-170}, {-5e-324, 5e-324}} {
			wide := func(n int) Box { return Point(filled(n, 0)).hull(filled(n, b[0])).hull(filled(n, b[1])) }
			k := op.Regularity(wide(op.In()), wide(op.NW()))
			for j, v := range append(k.list(), k.Lf) {
				if math.IsNaN(v) {
					t.Errorf("%v on [%v, %v]: constant %d is NaN", op.Spec(), b[0], b[1], j)
				}
			}
		}
	}
}

func filled(n int, v float64) []float64 {
	s := make([]float64, n)
	for k := range s {
		s[k] = v
	}
	return s
}

// entries are of size s, some 0, of both signs.
func entries(r interface{ IntN(int) int }, n int, s float64) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = []float64{s, -s, s / 2, -s / 3, 0, s}[r.IntN(6)]
	}
	return v
}

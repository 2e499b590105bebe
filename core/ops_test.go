package core

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
)

// fdTolerance is for central differences of step 6e-6 on functions whose third
// derivatives are below 100 at the points tried.
const fdTolerance = 1e-7

func TestJacobiansAgainstDifferences(t *testing.T) {
	for _, op := range testOps() {
		r := newRand(1)
		for range 20 {
			x, w := normals(r, op.In()), normals(r, op.NW())
			j1, j2 := jacobians(op, x, w)
			check := func(name string, at []float64, f func(y, v []float64), rows [][]float64) {
				if len(at) == 0 {
					return
				}
				m := mat.NewDense(op.Out(), len(at), nil)
				fd.Jacobian(m, f, at, &fd.JacobianSettings{Formula: fd.Central})
				for i := range rows {
					for j, v := range rows[i] {
						if d := math.Abs(v - m.At(i, j)); !(d <= fdTolerance*(1+math.Abs(v))) {
							t.Fatalf("%v: %s[%d][%d] = %v, differences give %v", op.Spec(), name, i, j, v, m.At(i, j))
						}
					}
				}
			}
			check("J1", x, func(y, v []float64) { op.Forward(y, v, w) }, j1)
			check("J2", w, func(y, v []float64) { op.Forward(y, x, v) }, j2)
		}
	}
}

// TestBuffers: a method writes all of its destination whatever was there, and
// nothing else.
func TestBuffers(t *testing.T) {
	const guard = 12345.0
	r := newRand(2)
	for _, op := range testOps() {
		x, w, v := normals(r, op.In()), normals(r, op.NW()), normals(r, op.Out())
		y := make([]float64, op.Out())
		op.Forward(y, x, w)
		inputs := [][]float64{x, w, y, v}
		before := make([][]float64, len(inputs))
		for k, in := range inputs {
			before[k] = append([]float64(nil), in...)
		}
		for name, m := range map[string]struct {
			n int
			f func(dst []float64)
		}{
			"Forward": {op.Out(), func(dst []float64) { op.Forward(dst, x, w) }},
			"VJP1":    {op.In(), func(dst []float64) { op.VJP1(dst, x, w, y, v) }},
			"VJP2":    {op.NW(), func(dst []float64) { op.VJP2(dst, x, w, y, v) }},
		} {
			run := func(fill float64) []float64 {
				buf := make([]float64, m.n+2)
				for k := range buf {
					buf[k] = fill
				}
				buf[0], buf[m.n+1] = guard, guard
				m.f(buf[1 : m.n+1 : m.n+1])
				if buf[0] != guard || buf[m.n+1] != guard {
					t.Errorf("%v %s writes outside its destination", op.Spec(), name)
				}
				return buf[1 : m.n+1]
			}
			a, b := run(math.NaN()), run(7)
			for k := range a {
				if a[k] != b[k] {
					t.Errorf("%v %s: entry %d depends on what was there: %v, %v", op.Spec(), name, k, a[k], b[k])
				}
			}
		}
		for k, in := range inputs {
			for j := range in {
				if in[j] != before[k][j] {
					t.Errorf("%v changes an input", op.Spec())
				}
			}
		}
	}
}

func TestLargeArguments(t *testing.T) {
	for _, op := range []Op{Tanh(2), Sigmoid(2), Softplus(2), SoftmaxCE(2, 0), SoftmaxCE(2, 1)} {
		for _, x := range [][]float64{{1000, -1000}, {-1000, 1000}, {1e6, 1e6}, {-1e300, 1e300}} {
			j1, _ := jacobians(op, x, nil)
			y := make([]float64, op.Out())
			op.Forward(y, x, nil)
			for _, v := range append(j1[0], y...) {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%v at %v: value or derivative %v", op.Spec(), x, v)
				}
			}
		}
	}
	y := make([]float64, 1)
	Logistic().Forward(y, []float64{-745}, nil)
	if want := math.Exp(-745); y[0] != want {
		t.Errorf("logistic(-745) = %v, want e^-745 = %v", y[0], want)
	}
}

// TestDotProducts: <J a, b> = <a, J^T b>, J a by a difference along a.
func TestDotProducts(t *testing.T) {
	const h = 1e-6 // truncation h^2 and rounding 2^-53/h are both below fdTolerance
	r := newRand(3)
	for _, op := range testOps() {
		for range 20 {
			x, w, b := normals(r, op.In()), normals(r, op.NW()), normals(r, op.Out())
			dx, dw := normals(r, op.In()), normals(r, op.NW())
			at := func(h float64) []float64 {
				y := make([]float64, op.Out())
				op.Forward(y, along(x, h, dx), along(w, h, dw))
				return y
			}
			y, plus, minus := at(0), at(h), at(-h)
			v1, v2 := make([]float64, op.In()), make([]float64, op.NW())
			op.VJP1(v1, x, w, y, b)
			op.VJP2(v2, x, w, y, b)
			left, right := (dot(plus, b)-dot(minus, b))/(2*h), dot(dx, v1)+dot(dw, v2)
			if !(math.Abs(left-right) <= fdTolerance*(1+math.Abs(right))) {
				t.Fatalf("%v: <J a, b> = %v, <a, J^T b> = %v", op.Spec(), left, right)
			}
		}
	}
}

func along(x []float64, h float64, d []float64) []float64 {
	out := make([]float64, len(x))
	for k := range x {
		out[k] = x[k] + h*d[k]
	}
	return out
}

// TestNaNPropagates: a NaN at one entry of an argument reaches exactly the
// results that depend on that entry, even when zeros multiply it.
func TestNaNPropagates(t *testing.T) {
	for _, op := range testOps() {
		if op.Spec().Op == "softmaxce" && op.In() == 1 {
			continue // constant in exact arithmetic: nothing depends on anything
		}
		r := newRand(4)
		sizes := []int{op.In(), op.NW(), op.Out()}
		for arg, n := range sizes {
			for k := range n {
				var random, moved, zero [3][]float64 // x, w, v
				for j, size := range sizes {
					random[j], zero[j] = normals(r, size), make([]float64, size)
				}
				moved = random
				moved[arg] = append([]float64(nil), random[arg]...)
				moved[arg][k]++
				zero[arg][k] = math.NaN()
				before, after, got := results(op, random), results(op, moved), results(op, zero)
				for j, v := range got {
					if depends := before[j] != after[j]; depends != math.IsNaN(v) {
						t.Errorf("%v: result %d is %v with NaN at entry %d of argument %d; depends on it: %v",
							op.Spec(), j, v, k, arg, depends)
					}
				}
			}
		}
	}
}

// results lists y, J1^T v and J2^T v at (x, w, v).
func results(op Op, in [3][]float64) []float64 {
	x, w, v := in[0], in[1], in[2]
	y, a, b := make([]float64, op.Out()), make([]float64, op.In()), make([]float64, op.NW())
	op.Forward(y, x, w)
	op.VJP1(a, x, w, y, v)
	op.VJP2(b, x, w, y, v)
	return append(append(y, a...), b...)
}

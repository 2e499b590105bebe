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

func TestNaNPropagates(t *testing.T) {
	for _, op := range testOps() {
		x, w := make([]float64, op.In()), make([]float64, op.NW())
		for k := range w {
			w[k] = 1
		}
		for k := range x {
			x[k] = math.NaN()
		}
		if op.Spec().Op == "softmaxce" && op.In() == 1 {
			continue // the loss of one class is 0 whatever the logit, up to NaN - NaN
		}
		y := make([]float64, op.Out())
		op.Forward(y, x, w)
		for k, v := range y {
			if !math.IsNaN(v) {
				t.Errorf("%v: output %d is %v for NaN inputs", op.Spec(), k, v)
			}
		}
	}
}

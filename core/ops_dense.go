package core

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/floats"

	"github.com/cascade-sgd/cascade/core/vector"
)

var kernel blasgonum.Implementation

// product writes M x to y for the row-major len(y) x len(x) matrix m. M^T x is
// vector.Combine(y, m, x).
func product(y, x, m []float64) {
	kernel.Dgemv(blas.NoTrans, len(y), len(x), 1, m, len(x), x, 1, 0, y, 1)
}

// outer writes v x^T, row-major, to dst.
func outer(dst, v, x []float64) {
	n := len(x)
	for j, vj := range v {
		floats.ScaleTo(dst[j*n:(j+1)*n], vj, x)
	}
}

type dense struct {
	in, out int
	bias    bool
}

// Affine is y = W x + b with weight (W row-major, b).
func Affine(in, out int) Op { return newDense("affine", in, out, true) }

// Linear is y = W x with weight W row-major.
func Linear(in, out int) Op { return newDense("linear", in, out, false) }

func newDense(name string, in, out int, bias bool) Op {
	mustWidth(name, in)
	mustWidth(name, out)
	mustWeights(name, in+1, out)
	return check(&dense{in, out, bias})
}

func (o *dense) Spec() Spec {
	name := "linear"
	if o.bias {
		name = "affine"
	}
	return Spec{Op: name, In: o.in, Out: o.out}
}
func (o *dense) In() int  { return o.in }
func (o *dense) Out() int { return o.out }
func (o *dense) NW() int {
	if o.bias {
		return o.out * (o.in + 1)
	}
	return o.out * o.in
}

func (o *dense) Forward(y, x, w []float64) {
	product(y, x, w[:o.out*o.in])
	if o.bias {
		add(y, y, w[o.out*o.in:])
	}
}

func (o *dense) VJP1(dst, _, w, _, v []float64) {
	vector.Combine(dst, w[:o.out*o.in], v)
}

func (o *dense) VJP2(dst, x, _, _, v []float64) {
	outer(dst[:o.out*o.in], v, x)
	if o.bias {
		copy(dst[o.out*o.in:], v)
	}
}

type fixed struct {
	in, out int
	a       []float64
	norm    float64 // bound of |A|_op, found once
}

// Fixed is y = A x; the rows of A are part of the operator. It panics on an
// empty or ragged matrix and copies a.
func Fixed(a [][]float64) Op {
	mustWidth("fixed", len(a))
	mustWidth("fixed", len(a[0]))
	mustWeights("fixed", len(a[0]), len(a))
	o := &fixed{in: len(a[0]), out: len(a)}
	for i, row := range a {
		if len(row) != o.in {
			panic(fmt.Sprintf("core: fixed: row %d has %d entries, row 0 has %d", i, len(row), o.in))
		}
		o.a = append(o.a, row...)
	}
	o.norm = opNorm(o.a, o.a, o.out, o.in)
	return check(o)
}

func (o *fixed) Spec() Spec {
	s := Spec{Op: "fixed"}
	for i := range o.out {
		s.A = append(s.A, append([]float64(nil), o.a[i*o.in:(i+1)*o.in]...))
	}
	return s
}
func (o *fixed) In() int  { return o.in }
func (o *fixed) Out() int { return o.out }
func (o *fixed) NW() int  { return 0 }

func (o *fixed) Forward(y, x, _ []float64)      { product(y, x, o.a) }
func (o *fixed) VJP1(dst, _, _, _, v []float64) { vector.Combine(dst, o.a, v) }
func (o *fixed) VJP2(_, _, _, _, _ []float64)   {}

package core

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"

	"github.com/cascade-sgd/cascade/core/vector"
)

// The operators on matrices whose rows are samples. Kernels of gonum run along the
// longer side, as each call costs what a few hundred products do; operators
// without a kernel here, and those that differ between the samples, go row by row.
// One row gives the bits of the operator's own methods.

// sameOp reports whether a and b compute the same by the code of this package.
func sameOp(a, b Op) bool {
	switch o := a.(type) {
	case *dense:
		p, ok := b.(*dense)
		return ok && *o == *p
	case *fixed, biasOp, scaleOp, tanhOp, sigmoidOp, softplusOp, squareOp, halfSqOp, logisticOp, softmaxCEOp,
		bilinearOp:
		return a == b
	}
	return false
}

// needsValue reports whether VJP1 or VJP2 of o reads f(x, w).
func needsValue(o Op) bool {
	switch o.(type) {
	case *dense, *fixed, biasOp, scaleOp, softplusOp, squareOp, halfSqOp, logisticOp, softmaxCEOp, bilinearOp:
		return false
	}
	return true
}

// entrywise reports whether o is a function of each entry, so that a whole matrix is
// like one vector, and destinations may take the place of what they are made of.
func entrywise(o Op) bool {
	switch o.(type) {
	case tanhOp, sigmoidOp, softplusOp, squareOp, logisticOp:
		return true
	}
	return false
}

// forgetsInput reports whether o is entrywise with a VJP1 that does not read x.
func forgetsInput(o Op) bool {
	switch o.(type) {
	case tanhOp, sigmoidOp:
		return true
	}
	return false
}

// linearInWeights reports whether J2 of o does not depend on the weights, so that
// they may change while it is applied.
func linearInWeights(o Op) bool {
	switch o.(type) {
	case *dense, biasOp, scaleOp:
		return true
	}
	return false
}

// op is operator i of all samples, nil when they differ.
func (b *Batch) op(i int) Op {
	if b.shared[i-1] {
		return b.chains[0].ops[i-1]
	}
	return nil
}

// line is row k of a matrix with rows of d entries.
func line(m []float64, k, d int) []float64 { return m[k*d : (k+1)*d : (k+1)*d] }

// forwardRows writes f_i of the inputs x to y; from is the number of the first sample.
func (b *Batch) forwardRows(i, from int, y, x, w []float64) {
	in, out := b.c.d[i-1], b.c.d[i]
	rows := len(y) / out
	switch o := b.op(i).(type) {
	case *dense:
		productRows(y, x, w[:out*in], rows, out, in)
		if o.bias {
			for k := range rows {
				add(line(y, k, out), line(y, k, out), w[out*in:])
			}
		}
	case *fixed:
		productRows(y, x, o.a, rows, out, in)
	case biasOp:
		for k := range rows {
			add(line(y, k, out), line(x, k, in), w)
		}
	case scaleOp:
		for k := range rows {
			mul(line(y, k, out), line(x, k, in), w)
		}
	case tanhOp, sigmoidOp, softplusOp, squareOp, logisticOp: // entry by entry, however many
		b.op(i).Forward(y, x, nil)
	default:
		for k := range rows {
			b.chains[from+k].ops[i-1].Forward(line(y, k, out), line(x, k, in), w)
		}
	}
}

// vjp1Rows writes J1_i^T v to dst, at inputs x and values f.
func (b *Batch) vjp1Rows(i, from int, dst, x, w, f, v []float64) {
	in, out := b.c.d[i-1], b.c.d[i]
	rows := len(v) / out
	switch o := b.op(i).(type) {
	case *dense:
		transposedRows(dst, v, w[:out*in], rows, out, in)
	case *fixed:
		transposedRows(dst, v, o.a, rows, out, in)
	case biasOp:
		copy(dst, v)
	case scaleOp:
		for k := range rows {
			mul(line(dst, k, in), w, line(v, k, out))
		}
	case tanhOp, sigmoidOp, softplusOp, squareOp, logisticOp:
		b.op(i).VJP1(dst, x, nil, f, v)
	default:
		for k := range rows {
			b.chains[from+k].ops[i-1].VJP1(line(dst, k, in), line(x, k, in), w, line(f, k, out), line(v, k, out))
		}
	}
}

// addVJP2Rows adds alpha sum_k J2_i^T v_k to dst.
func (b *Batch) addVJP2Rows(i, from int, alpha float64, dst, x, w, f, v []float64) {
	in, out := b.c.d[i-1], b.c.d[i]
	rows := len(v) / out
	switch o := b.op(i).(type) {
	case *dense:
		addOuterRows(alpha, dst[:out*in], v, x, rows, out, in)
		if o.bias {
			addRows(alpha, dst[out*in:], v, rows)
		}
	case biasOp:
		addRows(alpha, dst, v, rows)
	case scaleOp:
		for k, xk := range x {
			dst[k%in] += float64(alpha * float64(xk*v[k]))
		}
	default:
		u := b.scratch[:len(dst)]
		for k := range rows {
			b.chains[from+k].ops[i-1].VJP2(u, line(x, k, in), w, line(f, k, out), line(v, k, out))
			addRows(alpha, dst, u, 1)
		}
	}
}

// productRows writes M x_k to row k of y, for the out x in matrix m.
func productRows(y, x, m []float64, rows, out, in int) {
	if rows <= out {
		for k := range rows {
			product(line(y, k, out), line(x, k, in), m)
		}
		return
	}
	for j := range out {
		kernel.Dgemv(blas.NoTrans, rows, in, 1, x, in, line(m, j, in), 1, 0, y[j:], out)
	}
}

// transposedRows writes M^T v_k to row k of dst.
func transposedRows(dst, v, m []float64, rows, out, in int) {
	if out == 1 {
		outer(dst, v, m)
		return
	}
	for k := range rows {
		vector.Combine(line(dst, k, in), m, line(v, k, out))
	}
}

// addOuterRows adds alpha sum_k v_k x_k^T to the out x in matrix m.
func addOuterRows(alpha float64, m, v, x []float64, rows, out, in int) {
	if rows <= out {
		for k := range rows {
			vector.AddOuter(m, line(v, k, out), line(x, k, in), alpha)
		}
		return
	}
	for j := range out {
		kernel.Dgemv(blas.Trans, rows, in, alpha, x, in, v[j:], out, 1, line(m, j, in), 1)
	}
}

// addRows adds alpha times the sum of the rows of m to dst.
func addRows(alpha float64, dst, m []float64, rows int) {
	for k := range rows {
		floats.AddScaled(dst, alpha, line(m, k, len(dst)))
	}
}

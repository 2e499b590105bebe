package trace

import (
	"math"

	"gonum.org/v1/gonum/blas"
	blasgonum "gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/floats"

	"github.com/cascade-sgd/cascade/core"
)

// The passes of the judge, exact ones and with all operators at given states, are made of the products here, which
// run along the longer side as those of core do; an operator without one goes through core.Op. TestExactPass holds
// them against core.Batch.

var kernel blasgonum.Implementation

// products writes x M^T + beta dst to dst, rows of out entries, for the out x in matrix m and rows x of in entries.
func products(dst, x, m []float64, rows, out, in int, beta float64) {
	if rows <= out {
		for k := range rows {
			kernel.Dgemv(blas.NoTrans, out, in, 1, m, in, x[k*in:], 1, beta, dst[k*out:], 1)
		}
		return
	}
	for j := range out {
		kernel.Dgemv(blas.NoTrans, rows, in, 1, x, in, m[j*in:], 1, beta, dst[j:], out)
	}
}

// transposed writes v M + beta dst to dst, rows of in entries, for rows v of out entries.
func transposed(dst, v, m []float64, rows, out, in int, beta float64) {
	for k := range rows {
		kernel.Dgemv(blas.Trans, out, in, 1, m, in, v[k*out:], 1, beta, dst[k*in:], 1)
	}
}

// addOuter adds sum_k v_k x_k^T to the out x in matrix m.
func addOuter(m, v, x []float64, rows, out, in int) {
	if rows <= out {
		for k := range rows {
			kernel.Dger(out, in, 1, v[k*out:], 1, x[k*in:], 1, m, in)
		}
		return
	}
	for j := range out {
		kernel.Dgemv(blas.Trans, rows, in, 1, x, in, v[j:], out, 1, m[j*in:], 1)
	}
}

// addRows adds the rows of m to dst.
func addRows(dst, m []float64) {
	n := len(dst)
	const some = 16 // rows at once, at least
	for rows := len(m) / n; rows >= some; rows = len(m) / n {
		rows = min(rows, len(ones))
		kernel.Dgemv(blas.Trans, rows, n, 1, m, n, ones[:], 1, 1, dst, 1)
		m = m[rows*n:]
	}
	for ; len(m) > 0; m = m[n:] {
		floats.Add(dst, m[:n])
	}
}

var ones = func() (v [window]float64) {
	for k := range v {
		v[k] = 1
	}
	return v
}()

// batchOp applies an operator to rows of samples.
type batchOp struct {
	op     func(sample int) core.Op
	spec   core.Spec
	in     int
	out    int
	matrix int  // how many of the weights are a matrix; 0 where there is none
	whole  bool // it is of each entry: a matrix is like one row
	buffer []float64
}

// batchOps are the operators of the chain, by number; label gives that of a sample.
func (s *shape) batchOps(label func(sample int) int) []batchOp {
	n := s.chain.N()
	all := make([]batchOp, n+1)
	for i := 1; i <= n; i++ {
		o := &all[i]
		o.spec, o.in, o.out = s.run.Chain[i-1], s.chain.D(i-1), s.chain.D(i)
		o.op = func(int) core.Op { return s.chain.Op(i) }
		switch o.spec.Op {
		case "softmaxce":
			o.op = func(sample int) core.Op { return s.withLabel(label(sample)).Op(i) }
		case "affine", "linear":
			o.matrix = o.in * o.out
		case "tanh", "sigmoid", "softplus", "square", "logistic":
			o.whole = true
		}
	}
	return all
}

// readsValue reports whether a derivative reads the value of the operator.
func (o *batchOp) readsValue() bool { return o.spec.Op == "tanh" || o.spec.Op == "sigmoid" }

// forward writes f(x_k, w) to the rows of y. from is the number of the first sample.
func (o *batchOp) forward(y, x, w []float64, from int) {
	in, out := o.in, o.out
	rows := len(y) / out
	switch {
	case o.matrix > 0:
		products(y, x, w[:o.matrix], rows, out, in, 0)
		if bias := w[o.matrix:]; len(bias) > 0 {
			for k := range rows {
				floats.Add(y[k*out:(k+1)*out], bias)
			}
		}
	case o.whole:
		o.op(from).Forward(y, x, nil)
	default:
		for k := range rows {
			o.op(from+k).Forward(y[k*out:(k+1)*out], x[k*in:(k+1)*in], w)
		}
	}
}

// nearValues writes tanh(x) to y, within three units, from y0 = tanh(x0) where x is close to x0:
//
//	tanh(x0 + h) = (tanh x0 + tanh h) / (1 + tanh x0 tanh h)
//
// with the series of tanh h up to h^11, which is short of it by less than 2^-56. The sum loses no digits as h is at
// most an eighth of x.
func nearValues(y, x, x0, y0 []float64) {
	y, x0, y0 = y[:len(x)], x0[:len(x)], y0[:len(x)]
	for k, v := range x {
		h := v - x0[k]
		if a := math.Abs(h); !(a <= 1.0/16) || !(8*a <= math.Abs(v)) {
			y[k] = math.Tanh(v)
			continue
		}
		q := h * h
		t := h * (1 + q*(-1.0/3+q*(2.0/15+q*(-17.0/315+q*(62.0/2835-q*(1382.0/155925))))))
		y[k] = (y0[k] + t) / (1 + y0[k]*t)
	}
}

// byInput writes J1(x_k, w)^T v_k to the rows of dst; f are the values of forward.
func (o *batchOp) byInput(dst, x, w, f, v []float64, from int) {
	in, out := o.in, o.out
	rows := len(v) / out
	switch {
	case o.matrix > 0:
		transposed(dst, v, w[:o.matrix], rows, out, in, 0)
	case o.whole:
		o.op(from).VJP1(dst, x, nil, f, v)
	default:
		for k := range rows {
			o.op(from+k).VJP1(dst[k*in:(k+1)*in], x[k*in:(k+1)*in], w, f[k*out:(k+1)*out], v[k*out:(k+1)*out])
		}
	}
}

// byWeights adds sum_k J2(x_k, w)^T v_k to u.
func (o *batchOp) byWeights(u, x, w, f, v []float64, from int) {
	in, out := o.in, o.out
	rows := len(v) / out
	switch {
	case o.matrix > 0:
		addOuter(u[:o.matrix], v, x, rows, out, in)
		if bias := u[o.matrix:]; len(bias) > 0 {
			addRows(bias, v)
		}
	case len(u) > 0:
		o.buffer = sized(o.buffer, len(u))
		for k := range rows {
			o.op(from+k).VJP2(o.buffer, x[k*in:(k+1)*in], w, f[k*out:(k+1)*out], v[k*out:(k+1)*out])
			floats.Add(u, o.buffer)
		}
	}
}

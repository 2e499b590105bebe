package core

import (
	"math"
	"math/big"

	"gonum.org/v1/gonum/mat"
)

// exact evaluates operators in math/big with prec bits, from their formulas in
// the table at Spec and by no code of the package.
type exact struct{ prec uint }

type num = *big.Float

func (e exact) of(v float64) num { return new(big.Float).SetPrec(e.prec).SetFloat64(v) }
func (e exact) add(a, b num) num { return new(big.Float).SetPrec(e.prec).Add(a, b) }
func (e exact) sub(a, b num) num { return new(big.Float).SetPrec(e.prec).Sub(a, b) }
func (e exact) mul(a, b num) num { return new(big.Float).SetPrec(e.prec).Mul(a, b) }
func (e exact) div(a, b num) num { return new(big.Float).SetPrec(e.prec).Quo(a, b) }

func (e exact) vec(v []float64) []num {
	out := make([]num, len(v))
	for k, x := range v {
		out[k] = e.of(x)
	}
	return out
}

func (e exact) dot(a, b []num) num {
	sum := e.of(0)
	for k := range a {
		sum = e.add(sum, e.mul(a[k], b[k]))
	}
	return sum
}

func (e exact) matrix(rows, cols int) [][]num {
	m := make([][]num, rows)
	zero := e.of(0) // one for all: nothing changes a number
	for i := range m {
		m[i] = make([]num, cols)
		for k := range m[i] {
			m[i][k] = zero
		}
	}
	return m
}

// exp is its series at x/2^k with |x|/2^k < 2^-20, squared k times.
func (e exact) exp(x num) num {
	k := max(x.MantExp(nil)+20, 0)
	r := new(big.Float).SetPrec(e.prec).SetMantExp(x, -k)
	sum, term := e.of(1), e.of(1)
	for n := 1; n <= int(e.prec)/20+2; n++ { // a term gains 20 bits or more
		term = e.div(e.mul(term, r), e.of(float64(n)))
		sum = e.add(sum, term)
	}
	for range k {
		sum = e.mul(sum, sum)
	}
	return sum
}

// log is Newton's iteration y + a e^-y - 1 from the float64 logarithm; each
// step doubles the digits.
func (e exact) log(a num) num {
	mant := new(big.Float)
	exponent := a.MantExp(mant)
	m, _ := mant.Float64()
	y := e.of(math.Log(m) + float64(exponent)*math.Ln2)
	for digits := uint(30); digits < e.prec; digits *= 2 {
		y = e.sub(e.add(y, e.mul(a, e.exp(new(big.Float).Neg(y)))), e.of(1))
	}
	return y
}

// eval returns f(x, w) and the rows of its two Jacobians.
func (e exact) eval(op Op, x, w []num) (y []num, j1, j2 [][]num) {
	y = e.vec(make([]float64, op.Out()))
	j1, j2 = e.matrix(op.Out(), op.In()), e.matrix(op.Out(), op.NW())
	half, one, two := e.of(0.5), e.of(1), e.of(2)
	in := op.In()
	switch s := op.Spec(); s.Op {
	case "affine", "linear":
		for i := range y {
			copy(j1[i], w[i*in:(i+1)*in])
			copy(j2[i][i*in:], x)
			y[i] = e.dot(j1[i], x)
			if s.Op == "affine" {
				y[i] = e.add(y[i], w[s.Out*in+i])
				j2[i][s.Out*in+i] = one
			}
		}
	case "fixed":
		for i := range y {
			j1[i] = e.vec(s.A[i])
			y[i] = e.dot(j1[i], x)
		}
	case "bias":
		for i := range y {
			y[i], j1[i][i], j2[i][i] = e.add(x[i], w[i]), one, one
		}
	case "scale":
		for i := range y {
			y[i], j1[i][i], j2[i][i] = e.mul(x[i], w[i]), w[i], x[i]
		}
	case "tanh":
		for i := range y {
			q := e.exp(e.mul(two, x[i]))
			y[i] = e.div(e.sub(q, one), e.add(q, one))
			j1[i][i] = e.sub(one, e.mul(y[i], y[i]))
		}
	case "sigmoid":
		for i := range y {
			q := e.exp(x[i])
			y[i] = e.div(q, e.add(one, q))
			j1[i][i] = e.div(y[i], e.add(one, q))
		}
	case "softplus", "logistic":
		for i := range y {
			q := e.exp(x[i])
			y[i] = e.log(e.add(one, q))
			j1[i][i] = e.div(q, e.add(one, q))
		}
	case "square":
		for i := range y {
			y[i], j1[i][i] = e.mul(x[i], x[i]), e.mul(two, x[i])
		}
	case "halfsq":
		y[0], j1[0] = e.mul(half, e.dot(x, x)), x
	case "softmaxce":
		sum := e.of(0)
		for k, v := range x {
			j1[0][k] = e.exp(v)
			sum = e.add(sum, j1[0][k])
		}
		for k := range x {
			j1[0][k] = e.div(j1[0][k], sum)
		}
		j1[0][s.Label] = e.sub(j1[0][s.Label], one)
		y[0] = e.sub(e.log(sum), x[s.Label])
	case "bilinear":
		t := e.dot(x, w)
		y[0] = e.add(e.mul(t, t), e.mul(half, e.dot(x, x)))
		t = e.mul(two, t)
		for k := range x {
			j1[0][k], j2[0][k] = e.add(e.mul(t, w[k]), x[k]), e.mul(t, x[k])
		}
	default:
		panic("core: no exact evaluation of " + s.Op)
	}
	return y, j1, j2
}

// vjp is the product of the rows of a Jacobian with v.
func (e exact) vjp(rows [][]num, v []num) []num {
	out := e.vec(make([]float64, len(rows[0])))
	for i, row := range rows {
		for k := range row {
			out[k] = e.add(out[k], e.mul(row[k], v[i]))
		}
	}
	return out
}

// distance is |a - b|_2.
func (e exact) distance(a []float64, b []num) float64 {
	sum := e.of(0)
	for k := range a {
		d := e.sub(e.of(a[k]), b[k])
		sum = e.add(sum, e.mul(d, d))
	}
	d, _ := sum.Sqrt(sum).Float64()
	return d
}

// grad lists (J1, J2) row by row at p = (x, w).
func (e exact) grad(op Op, p []num) []num {
	_, j1, j2 := e.eval(op, p[:op.In()], p[op.In():])
	var g []num
	for i := range j1 {
		g = append(append(g, j1[i]...), j2[i]...)
	}
	return g
}

// derivative of f at p by central differences with step h, a power of 2; row k is by p_k.
func (e exact) derivative(f func([]num) []num, p []num, h num) [][]num {
	rows := make([][]num, len(p))
	half, twice := new(big.Float), 0 // 2h is 2^twice: no division
	if twice = h.MantExp(half); half.Cmp(e.of(0.5)) != 0 {
		panic("core: a step that is no power of 2")
	}
	for k := range p {
		q := append([]num(nil), p...)
		q[k] = e.add(p[k], h)
		a := f(q)
		q[k] = e.sub(p[k], h)
		b := f(q)
		rows[k] = make([]num, len(a))
		for j := range a {
			d := e.sub(a[j], b[j])
			rows[k][j] = d.SetMantExp(d, -twice)
		}
	}
	return rows
}

// constants computes |J1|_op, |J2|_op, |grad^2_21|_op and the norms of the
// derivatives of grad f and grad^2 f at (x, w), as scaled numbers, with
// differences of step 2^-step.
func (e exact) constants(op Op, x, w []float64, step int) []scaled {
	h := new(big.Float).SetMantExp(e.of(1), -step)
	p := append(e.vec(x), e.vec(w)...)
	_, j1, j2 := e.eval(op, p[:len(x)], p[len(x):])
	grad := func(q []num) []num { return e.grad(op, q) }
	first := e.derivative(grad, p, h)
	second := e.derivative(func(q []num) (all []num) {
		for _, row := range e.derivative(grad, q, h) {
			all = append(all, row...)
		}
		return all
	}, p, h)
	// H_{j,(b,a)} = d J2_{ja} / d x_b, a matrix with d_i rows.
	hess := make([][]num, op.Out())
	for j := range hess {
		for b := range x {
			at := j*len(p) + len(x)
			hess[j] = append(hess[j], first[b][at:at+len(w)]...)
		}
	}
	return []scaled{opNormOf(j1), opNormOf(j2), opNormOf(hess), opNormOf(first), opNormOf(second)}
}

// scaled is v 2^e with v around 1, or 0: numbers that float64 cannot hold.
type scaled struct {
	v float64
	e int
}

// over returns s/b as a float64, 0 for 0/b.
func (s scaled) over(b float64) float64 {
	if s.v == 0 {
		return 0
	}
	frac, e := math.Frexp(b)
	return math.Ldexp(s.v/frac, s.e-e)
}

// opNormOf is the largest singular value by gonum, after scaling by a power of 2.
func opNormOf(rows [][]num) scaled {
	top, some := math.MinInt, false
	for _, row := range rows {
		for _, v := range row {
			if v.Sign() != 0 {
				top, some = max(top, v.MantExp(nil)), true
			}
		}
	}
	if !some {
		return scaled{}
	}
	m := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, row := range rows {
		for j, v := range row {
			f, _ := new(big.Float).SetMantExp(v, -top).Float64()
			m.Set(i, j, f)
		}
	}
	return scaled{norm(m), top}
}

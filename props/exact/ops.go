package exact

import (
	"math/big"

	"github.com/cascade-sgd/cascade/core"
)

type vector = []*big.Float

// forward is f(x, w) of the operator.
func (a *arith) forward(s core.Spec, x, w vector) vector {
	each := func(f func(k int) *big.Float) vector {
		y := make(vector, len(x))
		for k := range y {
			y[k] = f(k)
		}
		return y
	}
	switch s.Op {
	case "affine", "linear":
		y := make(vector, s.Out)
		for i := range y {
			y[i] = a.dot(w[i*s.In:(i+1)*s.In], x)
			if s.Op == "affine" {
				y[i] = a.add(y[i], w[s.In*s.Out+i])
			}
		}
		return y
	case "fixed":
		y := make(vector, len(s.A))
		for i, row := range s.A {
			y[i] = a.dot(a.nums(row), x)
		}
		return y
	case "bias":
		return each(func(k int) *big.Float { return a.add(x[k], w[k]) })
	case "scale":
		return each(func(k int) *big.Float { return a.mul(x[k], w[k]) })
	case "tanh":
		return each(func(k int) *big.Float { return a.tanh(x[k]) })
	case "sigmoid":
		return each(func(k int) *big.Float { return a.sigmoid(x[k]) })
	case "softplus", "logistic":
		return each(func(k int) *big.Float { return a.softplus(x[k]) })
	case "square":
		return each(func(k int) *big.Float { return a.mul(x[k], x[k]) })
	case "halfsq":
		return vector{a.quo(a.dot(x, x), a.num(2))}
	case "softmaxce":
		_, sum, m := a.softmax(x)
		return vector{a.add(a.log(sum), a.sub(m, x[s.Label]))}
	case "bilinear":
		q := a.dot(x, w)
		return vector{a.add(a.mul(q, q), a.quo(a.dot(x, x), a.num(2)))}
	}
	panic("exact: unknown operator " + s.Op)
}

// softmax returns e^(x_k - m), their sum and m = max x.
func (a *arith) softmax(x vector) (e vector, sum, m *big.Float) {
	m = x[0]
	for _, v := range x {
		if v.Cmp(m) > 0 {
			m = v
		}
	}
	sum = a.num(0)
	for _, v := range x {
		t := a.exp(a.sub(v, m))
		e = append(e, t)
		sum = a.add(sum, t)
	}
	return e, sum, m
}

// vjp1 is J1(x, w)^T v.
func (a *arith) vjp1(s core.Spec, x, w, v vector) vector {
	each := func(derivative func(k int) *big.Float) vector {
		d := make(vector, len(x))
		for k := range d {
			d[k] = a.mul(derivative(k), v[k])
		}
		return d
	}
	one := a.num(1)
	switch s.Op {
	case "affine", "linear":
		return a.transpose(func(i, j int) *big.Float { return w[i*s.In+j] }, s.Out, s.In, v)
	case "fixed":
		return a.transpose(func(i, j int) *big.Float { return a.num(s.A[i][j]) }, len(s.A), len(s.A[0]), v)
	case "bias":
		return v
	case "scale":
		return each(func(k int) *big.Float { return w[k] })
	case "tanh":
		return each(func(k int) *big.Float {
			// 1 - tanh^2 = 4 s (1-s) with s = sigmoid(2x), without cancellation.
			q := a.sigmoid(a.mul(a.num(2), x[k]))
			p := a.sigmoid(a.mul(a.num(-2), x[k]))
			return a.mul(a.num(4), a.mul(q, p))
		})
	case "sigmoid":
		return each(func(k int) *big.Float { return a.mul(a.sigmoid(x[k]), a.sigmoid(a.zero().Neg(x[k]))) })
	case "softplus", "logistic":
		return each(func(k int) *big.Float { return a.sigmoid(x[k]) })
	case "square":
		return each(func(k int) *big.Float { return a.mul(a.num(2), x[k]) })
	case "halfsq":
		return a.times(v[0], x)
	case "softmaxce":
		e, sum, _ := a.softmax(x)
		d := make(vector, len(x))
		for k := range d {
			d[k] = a.quo(e[k], sum)
			if k == s.Label {
				d[k] = a.sub(d[k], one)
			}
		}
		return a.times(v[0], d)
	case "bilinear":
		q := a.mul(a.num(2), a.dot(x, w))
		d := make(vector, len(x))
		for k := range d {
			d[k] = a.add(a.mul(q, w[k]), x[k])
		}
		return a.times(v[0], d)
	}
	panic("exact: unknown operator " + s.Op)
}

// vjp2 is J2(x, w)^T v, empty for an operator without weights.
func (a *arith) vjp2(s core.Spec, x, w, v vector) vector {
	switch s.Op {
	case "affine", "linear":
		var u vector
		for _, vi := range v {
			u = append(u, a.times(vi, x)...)
		}
		if s.Op == "affine" {
			u = append(u, v...)
		}
		return u
	case "bias":
		return v
	case "scale":
		u := make(vector, len(x))
		for k := range u {
			u[k] = a.mul(x[k], v[k])
		}
		return u
	case "bilinear":
		return a.times(a.mul(v[0], a.mul(a.num(2), a.dot(x, w))), x)
	}
	return nil
}

func (a *arith) times(c *big.Float, x vector) vector {
	y := make(vector, len(x))
	for k := range y {
		y[k] = a.mul(c, x[k])
	}
	return y
}

func (a *arith) transpose(m func(i, j int) *big.Float, rows, cols int, v vector) vector {
	y := make(vector, cols)
	for j := range y {
		y[j] = a.num(0)
		for i := range rows {
			y[j] = a.add(y[j], a.mul(m(i, j), v[i]))
		}
	}
	return y
}

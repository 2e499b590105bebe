package bigpass

import "github.com/cascade-sgd/cascade/core"

// forward is f(x, w) of the operator.
func (a *arith) forward(s core.Spec, x, w vector) vector {
	each := func(f func(k int) Num) vector {
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
		return each(func(k int) Num { return a.add(x[k], w[k]) })
	case "scale":
		return each(func(k int) Num { return a.mul(x[k], w[k]) })
	case "tanh":
		return each(func(k int) Num { return a.tanh(x[k]) })
	case "sigmoid":
		return each(func(k int) Num { return a.sigmoid(x[k]) })
	case "softplus", "logistic":
		return each(func(k int) Num { return a.softplus(x[k]) })
	case "square":
		return each(func(k int) Num { return a.mul(x[k], x[k]) })
	case "halfsq":
		return vector{a.half(a.dot(x, x))}
	case "softmaxce":
		e, top := a.softmax(x)
		rest := a.sum(e, top)
		// 1 + rest is the sum if e[top] is exactly 1, which it is but for its error.
		rest.rad = rest.rad.add(e[top].rad)
		return vector{a.add(a.log1p(rest), a.sub(Num{mid: x[top].mid}, x[s.Label]))}
	case "bilinear":
		q := a.dot(x, w)
		return vector{a.add(a.mul(q, q), a.half(a.dot(x, x)))}
	}
	panic("bigpass: unknown operator " + s.Op)
}

// softmax returns e^(x_k - m) and the index of m = max x. m is taken as the
// plain number in the middle of that entry: it cancels, error and all.
func (a *arith) softmax(x vector) (e vector, top int) {
	for k := range x {
		if x[k].mid.Cmp(x[top].mid) > 0 {
			top = k
		}
	}
	e = make(vector, len(x))
	for k := range x {
		e[k] = a.exp(a.sub(x[k], Num{mid: x[top].mid}))
	}
	return e, top
}

// sum adds the entries of x but the one at skip (none for -1).
func (a *arith) sum(x vector, skip int) Num {
	s := a.num(0)
	for k := range x {
		if k != skip {
			s = a.add(s, x[k])
		}
	}
	return s
}

// vjp1 is J1(x, w)^T v.
func (a *arith) vjp1(s core.Spec, x, w, v vector) vector {
	each := func(derivative func(k int) Num) vector {
		d := make(vector, len(x))
		for k := range d {
			d[k] = a.mul(derivative(k), v[k])
		}
		return d
	}
	switch s.Op {
	case "affine", "linear":
		return a.transpose(func(i, j int) Num { return w[i*s.In+j] }, s.Out, s.In, v)
	case "fixed":
		return a.transpose(func(i, j int) Num { return a.num(s.A[i][j]) }, len(s.A), len(s.A[0]), v)
	case "bias":
		return v
	case "scale":
		return each(func(k int) Num { return w[k] })
	case "tanh":
		return each(func(k int) Num {
			// 1 - tanh^2 = 4 s(2x) s(-2x), s the sigmoid, without cancellation.
			d := a.twice(x[k])
			return a.mul(a.num(4), a.mul(a.sigmoid(d), a.sigmoid(a.neg(d))))
		})
	case "sigmoid":
		return each(func(k int) Num { return a.mul(a.sigmoid(x[k]), a.sigmoid(a.neg(x[k]))) })
	case "softplus", "logistic":
		return each(func(k int) Num { return a.sigmoid(x[k]) })
	case "square":
		return each(func(k int) Num { return a.twice(x[k]) })
	case "halfsq":
		return a.times(v[0], x)
	case "softmaxce":
		e, _ := a.softmax(x)
		all := a.sum(e, -1)
		d := make(vector, len(x))
		for k := range d {
			d[k] = a.quo(e[k], all)
		}
		// p - 1 is minus the others' sum, without cancellation.
		d[s.Label] = a.neg(a.quo(a.sum(e, s.Label), all))
		return a.times(v[0], d)
	case "bilinear":
		q := a.twice(a.dot(x, w))
		return a.times(v[0], a.plus(a.times(q, w), x))
	}
	panic("bigpass: unknown operator " + s.Op)
}

// vjp2 is J2(x, w)^T v, empty for an operator without weights.
func (a *arith) vjp2(s core.Spec, x, w, v vector) vector {
	switch s.Op {
	case "affine", "linear":
		u := a.outer(v, x)
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
		return a.times(a.mul(v[0], a.twice(a.dot(x, w))), x)
	}
	return nil
}

// transpose is M^T v.
func (a *arith) transpose(m func(i, j int) Num, rows, cols int, v vector) vector {
	y := make(vector, cols)
	for j := range y {
		y[j] = a.num(0)
		for i := range rows {
			y[j] = a.add(y[j], a.mul(m(i, j), v[i]))
		}
	}
	return y
}

// rows is the Jacobian, row by row, whose products v -> J^T v are given.
func (a *arith) rows(product func(v vector) vector, out int) []vector {
	j := make([]vector, out)
	for k := range j {
		unit := a.zeros(out)
		unit[k] = a.num(1)
		j[k] = product(unit)
	}
	return j
}

package conform

import (
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

type float interface{ float32 | float64 }

// independent is (5) written out from the paper, with nothing of core but its
// data: all arithmetic is in T, dot products run from the end when reverse is set.
type independent[T float] struct{ reverse bool }

func (e independent[T]) Describe() Info {
	var one T = 1
	if one+T(0x1p-30) == one {
		return Info{Name: "independent", Precision: "float32"}
	}
	return Info{Name: "independent", Precision: "float64"}
}

func narrow[T float](v []float64) []T {
	t := make([]T, len(v))
	for k, x := range v {
		t[k] = T(x)
	}
	return t
}

func wide[T float](v []T) []float64 {
	w := make([]float64, len(v))
	for k, x := range v {
		w[k] = float64(x)
	}
	return w
}

// sum adds term(0..n-1) in the engine's order.
func (e independent[T]) sum(n int, term func(k int) T) (s T) {
	for k := range n {
		if e.reverse {
			k = n - 1 - k
		}
		s += term(k)
	}
	return s
}

func (e independent[T]) dot(a, b []T) T { return e.sum(len(a), func(k int) T { return a[k] * b[k] }) }

func exp[T float](x T) T { return T(math.Exp(float64(x))) }

// matrix gives the rows of a dense operator, and how many weights they take.
func matrix[T float](s core.Spec, w []T) (rows [][]T, n int) {
	if s.Op == "fixed" {
		for _, r := range s.A {
			rows = append(rows, narrow[T](r))
		}
		return rows, 0
	}
	for j := range s.Out {
		rows = append(rows, w[j*s.In:(j+1)*s.In])
	}
	return rows, s.In * s.Out
}

// scalar is an elementwise function and its derivative.
func scalar[T float](op string, x T) (f, d T) {
	switch op {
	case "tanh":
		t := T(math.Tanh(float64(x)))
		return t, 1 - t*t
	case "sigmoid":
		p := 1 / (1 + exp(-x))
		return p, p * (1 - p)
	case "softplus", "logistic":
		return max(x, 0) + T(math.Log1p(float64(exp(-T(math.Abs(float64(x))))))), 1 / (1 + exp(-x))
	case "square":
		return x * x, x + x
	}
	panic("no scalar function " + op)
}

func (e independent[T]) forward(s core.Spec, x, w []T) []T {
	y := make([]T, len(x))
	switch s.Op {
	case "affine", "linear", "fixed":
		rows, n := matrix(s, w)
		y = make([]T, len(rows))
		for j, row := range rows {
			y[j] = e.dot(row, x)
			if s.Op == "affine" {
				y[j] += w[n+j]
			}
		}
	case "bias":
		for k := range y {
			y[k] = x[k] + w[k]
		}
	case "scale":
		for k := range y {
			y[k] = x[k] * w[k]
		}
	case "halfsq":
		y = []T{e.dot(x, x) / 2}
	case "softmaxce":
		top := slices.Max(x)
		y = []T{T(math.Log(float64(e.sum(len(x), func(k int) T { return exp(x[k] - top) })))) + (top - x[s.Label])}
	case "bilinear":
		d := e.dot(x, w)
		y = []T{d*d + e.dot(x, x)/2}
	default:
		for k := range y {
			y[k], _ = scalar(s.Op, x[k])
		}
	}
	return y
}

// backward gives J1^T v and J2^T v.
func (e independent[T]) backward(s core.Spec, x, w, v []T) (dx, dw []T) {
	dx = make([]T, len(x))
	switch s.Op {
	case "affine", "linear", "fixed":
		rows, n := matrix(s, w)
		for k := range dx {
			dx[k] = e.sum(len(rows), func(j int) T { return rows[j][k] * v[j] })
		}
		if n > 0 {
			for _, vj := range v {
				for _, xk := range x {
					dw = append(dw, vj*xk)
				}
			}
		}
		if s.Op == "affine" {
			dw = append(dw, v...)
		}
	case "bias":
		copy(dx, v)
		dw = slices.Clone(v)
	case "scale":
		for k := range dx {
			dx[k] = w[k] * v[k]
			dw = append(dw, x[k]*v[k])
		}
	case "halfsq":
		for k := range dx {
			dx[k] = x[k] * v[0]
		}
	case "softmaxce":
		top := slices.Max(x)
		total := e.sum(len(x), func(k int) T { return exp(x[k] - top) })
		for k := range dx {
			dx[k] = exp(x[k]-top) / total
			if k == s.Label {
				dx[k]--
			}
			dx[k] *= v[0]
		}
	case "bilinear":
		d := 2 * e.dot(x, w)
		for k := range dx {
			dx[k] = (d*w[k] + x[k]) * v[0]
			dw = append(dw, d*x[k]*v[0])
		}
	default:
		for k := range dx {
			_, d := scalar(s.Op, x[k])
			dx[k] = d * v[k]
		}
	}
	return dx, dw
}

func plus[T float](a []T, b []float64) []T {
	for k := range a {
		a[k] += T(b[k])
	}
	return a
}

func (e independent[T]) Step(req *Request) (*Reply, error) {
	n := len(req.Chain)
	w, y := make([][]T, n+1), make([][]T, n+1)
	y[0] = narrow[T](req.X)
	for i := 1; i <= n; i++ {
		w[i] = narrow[T](req.W[i-1])
		y[i] = plus(e.forward(req.Chain[i-1], y[i-1], w[i]), req.Delta[i-1])
	}
	reply := &Reply{Loss: float64(y[n][0]), U: make([][]float64, n), W: make([][]float64, n)}
	v := []T{1}
	for i := n; i >= 1; i-- {
		dx, dw := e.backward(req.Chain[i-1], y[i-1], w[i], v)
		if i > 1 {
			v = plus(dx, req.Eps[i-1])
		}
		for k, u := range dw {
			w[i][k] -= T(req.Gamma) * (u + regularizer(req.Reg, w[i][k]))
		}
		reply.U[i-1], reply.W[i-1] = wide(dw), wide(w[i])
	}
	return reply, nil
}

func regularizer[T float](r core.Regularizer, w T) T {
	switch r.Kind {
	case "l2":
		return 2 * T(r.Rho) * w
	case "nonconvex":
		return 2 * T(r.Rho) * w / ((1 + w*w) * (1 + w*w))
	}
	return 0
}

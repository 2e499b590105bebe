//go:build ignore

// A spago engine for the gate. install.sh builds it in a module of its own; in yours, take the
// first line away:
//
//	verify gate './engine [float64|float32]'
package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"

	"github.com/nlpodyssey/spago/ag"
	"github.com/nlpodyssey/spago/losses"
	"github.com/nlpodyssey/spago/mat"
	"github.com/nlpodyssey/spago/mat/float"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
)

// threshold is above what spago's SoftPlus is x. It has no default: where float64 cannot tell
// ln(1+e^x) from x any more, below the size at which e^x is infinite.
const threshold = 37

// engine is in T.
type engine[T float.DType] struct{ precision string }

func (e engine[T]) Describe() conform.Info {
	return conform.Info{Name: "spago", Version: "1.1.0", Precision: e.precision}
}

func (e engine[T]) tensor(x []float64, grad bool, shape ...int) mat.Tensor {
	data := make([]T, len(x))
	for k := range x {
		data[k] = T(x[k])
	}
	return mat.NewDense[T](mat.WithShape(shape...), mat.WithBacking(data), mat.WithGrad(grad))
}

// vector is a column.
func (e engine[T]) vector(x []float64) mat.Tensor { return e.tensor(x, false, len(x), 1) }

// forward is one operator: its value, and its weights in the order of w.
func (e engine[T]) forward(s core.Spec, w []float64, x mat.Tensor) (y mat.Tensor, weights []mat.Tensor) {
	number := func(v float64) mat.Tensor { return mat.Scalar(T(v)) }
	weight := func(w []float64, shape ...int) mat.Tensor {
		t := e.tensor(w, true, shape...)
		weights = append(weights, t)
		return t
	}
	switch s.Op {
	case "affine":
		a, b := weight(w[:s.Out*s.In], s.Out, s.In), weight(w[s.Out*s.In:], s.Out, 1)
		y = ag.Affine(b, a, x)
	case "linear":
		y = ag.Mul(weight(w, s.Out, s.In), x)
	case "fixed":
		var a []float64
		for _, row := range s.A {
			a = append(a, row...)
		}
		y = ag.Mul(e.tensor(a, false, len(s.A), len(s.A[0])), x)
	case "bias":
		y = ag.Add(x, weight(w, len(w), 1))
	case "scale":
		y = ag.Prod(weight(w, len(w), 1), x)
	case "tanh":
		y = ag.Tanh(x)
	case "sigmoid":
		y = ag.Sigmoid(x)
	case "softplus", "logistic":
		y = ag.SoftPlus(x, number(1), number(threshold))
	case "square":
		y = ag.Square(x)
	case "halfsq":
		y = ag.ProdScalar(ag.Dot(x, x), number(0.5))
	case "softmaxce":
		y = losses.CrossEntropy(x, s.Label)
	case "bilinear":
		d := ag.Dot(x, weight(w, len(w), 1))
		y = ag.Add(ag.Prod(d, d), ag.ProdScalar(ag.Dot(x, x), number(0.5)))
	default:
		panic("unknown operator " + s.Op)
	}
	return y, weights
}

// Step differentiates Y_N + sum <eps_i, Y_{i-1}>, so that eps_i is added to what flows back, and
// reports Y_N.
func (e engine[T]) Step(req *conform.Request) (*conform.Reply, error) {
	n := len(req.Chain)
	weights := make([][]mat.Tensor, n)
	y := e.vector(req.X)
	var extra mat.Tensor
	for i, s := range req.Chain {
		y, weights[i] = e.forward(s, req.W[i], y)
		if s.Op == "softmaxce" && math.IsNaN(y.Value().Item().F64()) {
			// The derivative of Log panics at NaN, in a goroutine of spago's: nobody can catch it.
			return nil, fmt.Errorf("%w: spago ends the process for a NaN in CrossEntropy", errors.ErrUnsupported)
		}
		y = ag.Add(y, e.vector(req.Delta[i]))
		if i+1 < n {
			extra = ag.Add(extra, ag.Dot(y, e.vector(req.Eps[i+1])))
		}
	}
	z := y
	if extra != nil {
		z = ag.Add(y, extra)
	}
	if err := ag.Backward(z); err != nil {
		return nil, err
	}
	r := &conform.Reply{Loss: y.Value().Item().F64()}
	for i, list := range weights {
		u := []float64{}
		for _, w := range list {
			u = append(u, w.Grad().Data().F64()...)
		}
		w := append([]float64{}, req.W[i]...)
		core.Step(w, u, req.Gamma, req.Reg)
		r.U, r.W = append(r.U, u), append(r.W, w)
	}
	return r, nil
}

func main() {
	// What flows back is added up in the order in which spago's goroutines come, which on one
	// processor is always the same. GOMAXPROCS=2 lets the gate see that it is not on two.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	precision := "float64"
	if len(os.Args) > 1 {
		precision = os.Args[1]
	}
	err := wire.Serve(os.Stdin, os.Stdout, func() (conform.Engine, error) {
		switch precision {
		case "float64":
			return engine[float64]{precision}, nil
		case "float32":
			return engine[float32]{precision}, nil
		}
		return nil, fmt.Errorf("no precision %q, want float64 or float32", precision)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

//go:build ignore

// A GoMLX engine for the gate, on its backend in pure Go. install.sh builds it in a module of its
// own; in yours, take the first line away:
//
//	verify gate './engine [float64|float32]'
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/gomlx/gomlx/backends"
	"github.com/gomlx/gomlx/backends/simplego"
	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/gomlx/gomlx/pkg/core/tensors"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
)

// engine is in T.
type engine[T float64 | float32] struct {
	backend   backends.Backend
	precision string
	compiled  map[string]*graph.Exec // by chain
}

func (e *engine[T]) Describe() conform.Info {
	return conform.Info{Name: "gomlx", Version: "0.26.0 simplego", Precision: e.precision}
}

func vector[T float64 | float32](x []float64) *tensors.Tensor {
	data := make([]T, len(x))
	for k := range x {
		data[k] = T(x[k])
	}
	return tensors.FromFlatDataAndDimensions(data, len(x))
}

// parts are the weights of an operator: each is an input of its own, as the derivative of a slice
// needs Pad, which the backend in pure Go lacks.
func parts(s core.Spec, w []float64) [][]float64 {
	switch {
	case s.Op == "affine":
		return [][]float64{w[:s.In*s.Out], w[s.In*s.Out:]}
	case len(w) > 0:
		return [][]float64{w}
	}
	return nil
}

// forward is one operator.
func (e *engine[T]) forward(s core.Spec, w []*graph.Node, x *graph.Node) *graph.Node {
	one := func(y *graph.Node) *graph.Node { return graph.Reshape(y, 1) }
	matrix := func(a *graph.Node, rows, cols int) *graph.Node { return graph.Dot(graph.Reshape(a, rows, cols), x) }
	halfsq := func() *graph.Node { return graph.MulScalar(graph.ReduceAllSum(graph.Mul(x, x)), 0.5) }
	switch s.Op {
	case "affine":
		return graph.Add(matrix(w[0], s.Out, s.In), w[1])
	case "linear":
		return matrix(w[0], s.Out, s.In)
	case "fixed":
		var a []T
		for _, row := range s.A {
			for _, v := range row {
				a = append(a, T(v))
			}
		}
		return matrix(graph.Const(x.Graph(), a), len(s.A), len(s.A[0]))
	case "bias":
		return graph.Add(x, w[0])
	case "scale":
		return graph.Mul(w[0], x)
	case "tanh":
		return graph.Tanh(x)
	case "sigmoid":
		return graph.Sigmoid(x)
	case "softplus", "logistic":
		return graph.Softplus(x)
	case "square":
		return graph.Square(x)
	case "halfsq":
		return one(halfsq())
	case "softmaxce":
		hot := make([]bool, s.N)
		hot[s.Label] = true
		all := graph.LogSoftmax(x)
		return one(graph.Neg(graph.ReduceAllSum(graph.Where(graph.Const(x.Graph(), hot), all, graph.ZerosLike(all)))))
	case "bilinear":
		return one(graph.Add(graph.Square(graph.ReduceAllSum(graph.Mul(x, w[0]))), halfsq()))
	}
	panic("unknown operator " + s.Op)
}

// compile makes a graph of the chain: in go x, then weights, delta and eps of each operator; out come
// the loss and the gradients of the weights. It differentiates Y_N + sum <eps_i, Y_{i-1}>, so
// that eps_i is added to what flows back.
func (e *engine[T]) compile(req *conform.Request) (*graph.Exec, error) {
	text, err := json.Marshal(req.Chain)
	if err != nil {
		return nil, err
	}
	key := string(text)
	if exec := e.compiled[key]; exec != nil {
		return exec, nil
	}
	exec, err := graph.NewExec(e.backend, func(in []*graph.Node) []*graph.Node {
		n := len(req.Chain)
		y, in := in[0], in[1:]
		var extra []*graph.Node
		var weights []*graph.Node
		for i, s := range req.Chain {
			k := len(parts(s, req.W[i]))
			w := in[:k]
			in = in[k:]
			weights = append(weights, w...)
			y = graph.Add(e.forward(s, w, y), in[0])
			in = in[1:]
			if i+1 < n {
				extra = append(extra, graph.ReduceAllSum(graph.Mul(in[0], y)))
				in = in[1:]
			}
		}
		loss := graph.Reshape(y)
		z := loss
		for _, x := range extra {
			z = graph.Add(z, x)
		}
		return append([]*graph.Node{loss}, graph.Gradient(z, weights...)...)
	})
	if err == nil {
		if len(e.compiled) > 1000 {
			clear(e.compiled)
		}
		e.compiled[key] = exec
	}
	return exec, err
}

func (e *engine[T]) Step(req *conform.Request) (*conform.Reply, error) {
	exec, err := e.compile(req)
	if err != nil {
		return nil, err
	}
	in := []any{vector[T](req.X)}
	for i, s := range req.Chain {
		for _, w := range parts(s, req.W[i]) {
			in = append(in, vector[T](w))
		}
		in = append(in, vector[T](req.Delta[i]))
		if i+1 < len(req.Chain) {
			in = append(in, vector[T](req.Eps[i+1]))
		}
	}
	out, err := exec.Exec(in...)
	if err != nil {
		return nil, err
	}
	r := &conform.Reply{Loss: float64(tensors.ToScalar[T](out[0]))}
	out = out[1:]
	for i, s := range req.Chain {
		u, w := []float64{}, append([]float64{}, req.W[i]...)
		for range parts(s, w) {
			for _, v := range tensors.MustCopyFlatData[T](out[0]) {
				u = append(u, float64(v))
			}
			out = out[1:]
		}
		core.Step(w, u, req.Gamma, req.Reg)
		r.U, r.W = append(r.U, u), append(r.W, w)
	}
	return r, nil
}

func main() {
	word := "float64"
	if len(os.Args) > 1 {
		word = os.Args[1]
	}
	err := wire.Serve(os.Stdin, os.Stdout, func() (conform.Engine, error) {
		backend, err := simplego.New("")
		if err != nil {
			return nil, err
		}
		switch word {
		case "float64":
			return &engine[float64]{backend, word, map[string]*graph.Exec{}}, nil
		case "float32":
			return &engine[float32]{backend, word, map[string]*graph.Exec{}}, nil
		}
		return nil, fmt.Errorf("no precision %q, want float64 or float32", word)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

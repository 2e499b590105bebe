//go:build ignore

// A Gorgonia engine for the gate. install.sh builds it in a module of its own; in yours, take the
// first line away:
//
//	verify gate './engine [float64|float32]'
package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	g "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
)

type engine struct {
	precision string
	dtype     tensor.Dtype
}

func (e *engine) Describe() conform.Info {
	return conform.Info{Name: "gorgonia", Version: "0.9.18", Precision: e.precision}
}

// node is an input of the graph.
func (e *engine) node(graph *g.ExprGraph, name string, x []float64, shape ...int) *g.Node {
	var data any = append([]float64{}, x...)
	if e.dtype == tensor.Float32 {
		short := make([]float32, len(x))
		for k := range x {
			short[k] = float32(x[k])
		}
		data = short
	}
	value := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
	return g.NewTensor(graph, e.dtype, len(shape), g.WithShape(shape...), g.WithName(name), g.WithValue(value))
}

// forward is one operator: its value, and its weights in the order of w. All is vectors, sums
// are products with a row: what Gorgonia makes of numbers among vectors does not always run.
func (e *engine) forward(graph *g.ExprGraph, i int, s core.Spec, w []float64, x *g.Node) (y *g.Node,
	weights []*g.Node) {
	weight := func(w []float64, shape ...int) *g.Node {
		n := e.node(graph, fmt.Sprintf("w%d.%d", i, len(weights)), w, shape...)
		weights = append(weights, n)
		return n
	}
	row := func(name string, entry float64, x *g.Node) *g.Node {
		n := x.Shape()[0]
		return g.Must(g.Mul(e.node(graph, fmt.Sprint(name, i), slices.Repeat([]float64{entry}, n), 1, n), x))
	}
	halfsq := func() *g.Node { return row("half", 0.5, g.Must(g.Square(x))) }
	switch s.Op {
	case "affine":
		a, b := weight(w[:s.Out*s.In], s.Out, s.In), weight(w[s.Out*s.In:], s.Out)
		y = g.Must(g.Add(g.Must(g.Mul(a, x)), b))
	case "linear":
		y = g.Must(g.Mul(weight(w, s.Out, s.In), x))
	case "fixed":
		var a []float64
		for _, row := range s.A {
			a = append(a, row...)
		}
		y = g.Must(g.Mul(e.node(graph, fmt.Sprint("a", i), a, len(s.A), len(s.A[0])), x))
	case "bias":
		y = g.Must(g.Add(x, weight(w, len(w))))
	case "scale":
		y = g.Must(g.HadamardProd(weight(w, len(w)), x))
	case "tanh":
		y = g.Must(g.Tanh(x))
	case "sigmoid":
		y = g.Must(g.Sigmoid(x))
	case "softplus", "logistic":
		y = g.Must(g.Softplus(x))
	case "square":
		y = g.Must(g.Square(x))
	case "halfsq":
		y = halfsq()
	case "softmaxce":
		one := make([]float64, s.N)
		one[s.Label] = 1
		hot := e.node(graph, fmt.Sprint("label", i), one, 1, s.N)
		y = g.Must(g.Neg(g.Must(g.Mul(hot, g.Must(g.LogSoftMax(x))))))
	case "bilinear":
		d := row("one", 1, g.Must(g.HadamardProd(x, weight(w, len(w)))))
		y = g.Must(g.Add(g.Must(g.Square(d)), halfsq()))
	default:
		panic("unknown operator " + s.Op)
	}
	return y, weights
}

// Step differentiates Y_N + sum <eps_i, Y_{i-1}>, so that eps_i is added to what flows back, and
// reports Y_N. An error of the graph panics, which wire.Serve makes an error of the request.
func (e *engine) Step(req *conform.Request) (*conform.Reply, error) {
	graph := g.NewGraph()
	n := len(req.Chain)
	weights := make([][]*g.Node, n)
	y := e.node(graph, "x", req.X, len(req.X))
	var extra []*g.Node
	for i, s := range req.Chain {
		y, weights[i] = e.forward(graph, i, s, req.W[i], y)
		y = g.Must(g.Add(y, e.node(graph, fmt.Sprint("delta", i), req.Delta[i], len(req.Delta[i]))))
		if i+1 < n {
			eps := e.node(graph, fmt.Sprint("eps", i+1), req.Eps[i+1], len(req.Eps[i+1]))
			extra = append(extra, g.Must(g.Sum(g.Must(g.HadamardProd(eps, y)))))
		}
	}
	y = g.Must(g.Sum(y)) // of one entry
	z := y
	for _, x := range extra {
		z = g.Must(g.Add(z, x))
	}
	var flat g.Nodes
	for _, list := range weights {
		flat = append(flat, list...)
	}
	grads := g.Nodes{}
	if len(flat) > 0 {
		var err error
		if grads, err = g.Grad(z, flat...); err != nil {
			return nil, err
		}
	}
	var loss g.Value
	g.Read(y, &loss)
	machine := g.NewTapeMachine(graph)
	defer machine.Close()
	if err := machine.RunAll(); err != nil {
		return nil, err
	}
	r := &conform.Reply{Loss: floats(loss)[0]}
	softmaxce := func(s core.Spec) bool { return s.Op == "softmaxce" }
	if math.IsNaN(r.Loss) && slices.ContainsFunc(req.Chain, softmaxce) {
		// The product with the label is 0 times infinity where a logit is -Inf. At and Slice would
		// take the entry, but they do not run in all places and widths.
		return nil, fmt.Errorf("%w: not finite logits in this adapter's softmaxce", errors.ErrUnsupported)
	}
	for i, list := range weights {
		u := []float64{}
		for range list {
			u = append(u, floats(grads[0].Value())...)
			grads = grads[1:]
		}
		w := append([]float64{}, req.W[i]...)
		core.Step(w, u, req.Gamma, req.Reg)
		r.U, r.W = append(r.U, u), append(r.W, w)
	}
	return r, nil
}

func floats(v g.Value) []float64 {
	switch x := v.Data().(type) {
	case float64:
		return []float64{x}
	case float32:
		return []float64{float64(x)}
	case []float64:
		return x
	case []float32:
		long := make([]float64, len(x))
		for k := range x {
			long[k] = float64(x[k])
		}
		return long
	}
	panic(fmt.Sprintf("a value of type %T", v.Data()))
}

func main() {
	word := "float64"
	if len(os.Args) > 1 {
		word = os.Args[1]
	}
	err := wire.Serve(os.Stdin, os.Stdout, func() (conform.Engine, error) {
		switch word {
		case "float64":
			return &engine{word, tensor.Float64}, nil
		case "float32":
			return &engine{word, tensor.Float32}, nil
		}
		return nil, fmt.Errorf("no precision %q, want float64 or float32", word)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

package conform

import (
	"github.com/cascade-sgd/cascade/core"
)

// Engine performs one perturbed SGD step.
type Engine interface {
	// Step runs (5a)-(5d) for the request, which it must not change or keep, nor
	// have parts of in its reply. It may reuse the reply in its next call, and must
	// leave it alone until then.
	//
	// An error that wraps errors.ErrUnsupported says that the engine cannot do
	// this: it is counted and shown, but is no fault.
	Step(req *Request) (*Reply, error)
}

// Factory makes an engine.
type Factory func() (Engine, error)

// Request is one step, with the fields of the engine protocol. Delta[i-1] is
// delta_i (length d_i); Eps[i-1] is eps_i (length d_{i-1}; that of eps_1 is 0).
type Request struct {
	Chain []core.Spec
	X     []float64
	W     [][]float64
	Delta [][]float64
	Eps   [][]float64
	Gamma float64
	Reg   core.Regularizer

	// Bits are what an engine that takes bits may use as its random numbers. It is
	// nil for all others.
	Bits []uint32
}

// Reply is the outcome of a step: the loss Y_N, the perturbed gradient U
// without the regularizer, and the weights after (5d). R is no part of the loss.
// That of a batch has the means of loss and U over its samples.
type Reply struct {
	Loss float64
	U    [][]float64
	W    [][]float64
}

// Describer is an optional ability of an Engine: to say what it is.
type Describer interface {
	Describe() Info
}

// Info describes an engine. The zero value stands for a deterministic engine in
// float64 that has all operators.
type Info struct {
	Name    string
	Version string

	// Precision is one word for all that an engine computes in: float64, float32,
	// tf32, bfloat16, float16, e4m3 or e5m2; "" is float64. Where Mixed is not zero,
	// it is meant instead.
	Precision string
	Mixed     Precision

	// Ops are the operators that the engine has; nil means all. Those that core does
	// not know are shown in the report, and of no other account.
	Ops []string

	// Stochastic says that the same request may be answered in different ways: the
	// engine rounds at random. With "bits" in Takes it uses Request.Bits for that, and
	// the same bits must give the same answer; without, its mean is tested.
	Stochastic bool
	Takes      []string
}

// Tracer is an optional ability of an Engine: to show the states of a step,
// Y[i] = Y_i for i = 0..N and V[i] = V_i for i = 1..N (V[0] is ignored).
type Tracer interface {
	Trace(req *Request) (y, v [][]float64, err error)
}

// Sample is one sample of a batch: what belongs to it alone. Label, where it is not
// nil, replaces the label of every softmaxce of the chain.
type Sample struct {
	X     []float64
	Delta [][]float64
	Eps   [][]float64
	Label *int
}

// BatchRequest is one step with the mean of the gradients of several samples.
type BatchRequest struct {
	Chain []core.Spec
	W     [][]float64
	Gamma float64
	Reg   core.Regularizer

	// The samples are passed in windows of Accumulate = 1..B, of which the last may be
	// short; the means are over all B, and there is one step after the last window.
	Accumulate int
	Samples    []Sample
	Bits       []uint32
}

// Batcher is an optional ability of an Engine: to step with many samples.
type Batcher interface {
	Batch(req *BatchRequest) (*Reply, error)
}

// RunStep is one step of a RunRequest.
type RunStep struct {
	Samples    []Sample
	Accumulate int
	Gamma      float64
}

// RunRequest is T steps, one after the other. Nothing but the weights is carried
// from one to the next.
type RunRequest struct {
	Chain []core.Spec
	W     [][]float64
	Reg   core.Regularizer
	Steps []RunStep
	Bits  []uint32
}

// RunReply is the outcome of a run: for each step the loss, and the weights after
// it, each as in Reply.
type RunReply struct {
	Losses []float64
	Ws     [][][]float64
}

// Runner is an optional ability of an Engine: to make several steps.
type Runner interface {
	Run(req *RunRequest) (*RunReply, error)
}

func cloneRows(a [][]float64) [][]float64 {
	n := 0
	for _, row := range a {
		n += len(row)
	}
	b, all := make([][]float64, len(a)), make([]float64, 0, n)
	for k, row := range a {
		from := len(all)
		all = append(all, row...)
		b[k] = all[from:len(all):len(all)]
	}
	return b
}

package conform

import (
	"github.com/cascade-sgd/cascade/core"
)

// NewReference returns the engine of package core behind the interface: what
// every other is compared with, and an example. It has all optional abilities.
func NewReference() Engine { return reference{} }

type reference struct{}

// Describe implements Describer.
func (reference) Describe() Info { return Info{Name: "cascade/core", Precision: "float64"} }

// Step implements Engine.
func (reference) Step(req *Request) (*Reply, error) {
	c, err := req.check()
	if err != nil {
		return nil, err
	}
	s := pass(c, req.W, req.sample())
	return stepped(s.Loss(), c.Split(s.UAll), req.W, req.Gamma, req.Reg), nil
}

// Trace implements Tracer.
func (reference) Trace(req *Request) (y, v [][]float64, err error) {
	c, err := req.check()
	if err != nil {
		return nil, nil, err
	}
	s := pass(c, req.W, req.sample())
	return s.Y, s.V, nil
}

// Batch implements Batcher.
func (reference) Batch(req *BatchRequest) (*Reply, error) {
	c, err := req.check()
	if err != nil {
		return nil, err
	}
	return mean(c, req.W, req.Reg, &RunStep{req.Samples, req.Accumulate, req.Gamma})
}

// Run implements Runner.
func (reference) Run(req *RunRequest) (*RunReply, error) {
	c, err := req.check()
	if err != nil {
		return nil, err
	}
	reply := &RunReply{}
	w := req.W
	for t := range req.Steps {
		r, err := mean(c, w, req.Reg, &req.Steps[t])
		if err != nil {
			return nil, err
		}
		w = r.W
		reply.Losses = append(reply.Losses, r.Loss)
		reply.Ws = append(reply.Ws, cloneRows(w))
	}
	return reply, nil
}

// mean is one step with the means over samples, by windows as the request has them, in a pass of core.Batch. The judge
// has no part in it: a tolerance is made of the states of one sample, so it passes over each by itself, and the orders
// of sums in which a Batch differs from that are among those that its tolerances allow.
func mean(c *core.Chain, w [][]float64, reg core.Regularizer, step *RunStep) (*Reply, error) {
	all := &batched{of: step.Samples}
	for k := range step.Samples {
		labelled, err := step.Samples[k].labelled(c)
		if err != nil {
			return nil, err
		}
		all.chains = append(all.chains, labelled)
	}
	b := core.NewBatch(c, min(step.Accumulate, core.MaxWindow(c)))
	b.Load(all, nil)
	b.Pass(flat(c, w), func(from, to int) core.Perturber {
		var each core.Each
		for k := from; k < to; k++ {
			each = append(each, step.Samples[k].perturber())
		}
		return each
	})
	return stepped(b.Loss(), c.Split(b.U()), w, step.Gamma, reg), nil
}

// batched are the samples of a step as a core.Objective.
type batched struct {
	of     []Sample
	chains []*core.Chain
}

// Len implements core.Objective.
func (b *batched) Len() int { return len(b.of) }

// Sample implements core.Objective.
func (b *batched) Sample(k int) (*core.Chain, []float64) { return b.chains[k], b.of[k].X }

// stepped is (5d).
func stepped(loss float64, u, w [][]float64, gamma float64, reg core.Regularizer) *Reply {
	r := &Reply{Loss: loss, U: cloneRows(u), W: cloneRows(w)}
	for i := range r.W {
		core.Step(r.W[i], r.U[i], gamma, reg)
	}
	return r
}

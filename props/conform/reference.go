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

// mean is one step with the means over samples.
func mean(c *core.Chain, w [][]float64, reg core.Regularizer, step *RunStep) (*Reply, error) {
	var loss float64
	u := make([]float64, c.NW())
	for k := range step.Samples {
		labelled, err := step.Samples[k].labelled(c)
		if err != nil {
			return nil, err
		}
		s := pass(labelled, w, &step.Samples[k])
		loss += s.Loss()
		for j, x := range s.UAll {
			u[j] += x
		}
	}
	b := float64(len(step.Samples))
	for j := range u {
		u[j] /= b
	}
	return stepped(loss/b, c.Split(u), w, step.Gamma, reg), nil
}

// stepped is (5d).
func stepped(loss float64, u, w [][]float64, gamma float64, reg core.Regularizer) *Reply {
	r := &Reply{Loss: loss, U: cloneRows(u), W: cloneRows(w)}
	for i := range r.W {
		core.Step(r.W[i], r.U[i], gamma, reg)
	}
	return r
}

package conform

import "github.com/cascade-sgd/cascade/core"

// NewReference returns the engine of package core behind the interface: what
// every other is compared with, and an example. It is a Describer and a Tracer.
func NewReference() Engine { return reference{} }

type reference struct{}

// Describe implements Describer.
func (reference) Describe() Info { return Info{Name: "cascade/core", Precision: "float64"} }

// Step implements Engine.
func (reference) Step(req *Request) (*Reply, error) {
	s, c, w, err := runReference(req)
	if err != nil {
		return nil, err
	}
	core.Step(w, s.UAll, req.Gamma, req.Reg)
	return &Reply{Loss: s.Loss(), U: c.Split(s.UAll), W: c.Split(w)}, nil
}

// Trace implements Tracer.
func (reference) Trace(req *Request) (y, v [][]float64, err error) {
	s, _, _, err := runReference(req)
	if err != nil {
		return nil, nil, err
	}
	return s.Y, s.V, nil
}

func runReference(req *Request) (*core.State, *core.Chain, []float64, error) {
	c, err := req.check()
	if err != nil {
		return nil, nil, nil, err
	}
	w := make([]float64, 0, c.NW())
	for _, part := range req.W {
		w = append(w, part...)
	}
	s := core.NewState(c)
	s.Pass(c, req.X, w, req.perturber())
	return s, c, w, nil
}

// perturber shifts the protocol's indices to those of the paper.
func (req *Request) perturber() *core.Given {
	n := len(req.Chain)
	g := &core.Given{DeltaAt: make([][]float64, n+1), EpsAt: make([][]float64, n+1)}
	copy(g.DeltaAt[1:], req.Delta)
	copy(g.EpsAt[1:], req.Eps)
	return g
}

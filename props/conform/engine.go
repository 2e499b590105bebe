package conform

import (
	"encoding/json"
	"fmt"

	"github.com/cascade-sgd/cascade/core"
)

// Engine performs one perturbed SGD step.
type Engine interface {
	// Step runs (5a)-(5d) for the request, which it must not change or keep.
	Step(req *Request) (*Reply, error)
}

// Factory makes an engine.
type Factory func() (Engine, error)

// Request is one step, with the fields of the engine protocol. Delta[i-1] is
// delta_i (length d_i); Eps[i-1] is eps_i (length d_{i-1}; that of eps_1 is 0).
type Request struct {
	Chain []core.Spec      `json:"chain"`
	X     []float64        `json:"x"`
	W     [][]float64      `json:"w"`
	Delta [][]float64      `json:"delta"`
	Eps   [][]float64      `json:"eps"`
	Gamma float64          `json:"gamma"`
	Reg   core.Regularizer `json:"reg"`
}

// Reply is the outcome of a step: the loss Y_N, the perturbed gradient U
// without the regularizer, and the weights after (5d).
type Reply struct {
	Loss float64     `json:"loss"`
	U    [][]float64 `json:"u"`
	W    [][]float64 `json:"w"`
}

// Describer is an optional ability of an Engine: to say what it is.
type Describer interface {
	Describe() Info
}

// Info describes an engine. The zero value stands for float64 and all operators.
type Info struct {
	Name      string
	Precision string   // float64, float32, bfloat16 or float16
	Ops       []string // the operators it has; nil means all
}

// Tracer is an optional ability of an Engine: to show the states of a step,
// Y[i] = Y_i for i = 0..N and V[i] = V_i for i = 1..N (V[0] is ignored).
type Tracer interface {
	Trace(req *Request) (y, v [][]float64, err error)
}

// Reference is the engine of package core behind the interface, and an example.
type Reference struct{}

// Describe implements Describer.
func (Reference) Describe() Info { return Info{Name: "cascade/core", Precision: "float64"} }

// Step implements Engine.
func (Reference) Step(req *Request) (*Reply, error) {
	s, c, w, err := runReference(req)
	if err != nil {
		return nil, err
	}
	core.Step(w, s.UAll, req.Gamma, req.Reg)
	return &Reply{Loss: s.Loss(), U: c.Split(s.UAll), W: c.Split(w)}, nil
}

// Trace implements Tracer.
func (Reference) Trace(req *Request) (y, v [][]float64, err error) {
	s, _, _, err := runReference(req)
	if err != nil {
		return nil, nil, err
	}
	return s.Y, s.V, nil
}

func runReference(req *Request) (*core.State, *core.Chain, []float64, error) {
	c, err := core.FromSpecs(req.Chain)
	if err != nil {
		return nil, nil, nil, err
	}
	if err := req.Reg.Check(); err != nil {
		return nil, nil, nil, err
	}
	if err := req.fits(c); err != nil {
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
	g.EpsAt[1] = nil
	return g
}

func (req *Request) fits(c *core.Chain) error {
	n := c.N()
	if len(req.X) != c.D(0) {
		return fmt.Errorf("conform: x has length %d, want %d", len(req.X), c.D(0))
	}
	if len(req.W) != n || len(req.Delta) != n || len(req.Eps) != n {
		return fmt.Errorf("conform: w, delta, eps have %d, %d, %d entries, want %d", len(req.W), len(req.Delta), len(req.Eps), n)
	}
	for i := 1; i <= n; i++ {
		epsLen := c.D(i - 1)
		if i == 1 {
			epsLen = 0
		}
		for _, f := range []struct {
			name      string
			got, want int
		}{{"w", len(req.W[i-1]), c.Op(i).NW()}, {"delta", len(req.Delta[i-1]), c.D(i)}, {"eps", len(req.Eps[i-1]), epsLen}} {
			if f.got != f.want {
				return fmt.Errorf("conform: %s[%d] has length %d, want %d", f.name, i-1, f.got, f.want)
			}
		}
	}
	return nil
}

// clone is a deep copy.
func (req *Request) clone() *Request {
	c := *req
	c.X = append([]float64(nil), req.X...)
	c.W, c.Delta, c.Eps = cloneRows(req.W), cloneRows(req.Delta), cloneRows(req.Eps)
	c.Chain = append([]core.Spec(nil), req.Chain...)
	for k := range c.Chain {
		if a := c.Chain[k].A; a != nil {
			c.Chain[k].A = cloneRows(a)
		}
	}
	return &c
}

func cloneRows(a [][]float64) [][]float64 {
	b := make([][]float64, len(a))
	for k, row := range a {
		b[k] = append([]float64{}, row...)
	}
	return b
}

// line is the request as one line of JSON, for replay.
func (req *Request) line() string {
	b, err := json.Marshal(req)
	if err != nil { // NaN: JSON has none
		return fmt.Sprintf("%+v", *req)
	}
	return string(b)
}

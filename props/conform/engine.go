package conform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"github.com/cascade-sgd/cascade/core"
)

// Engine performs one perturbed SGD step.
type Engine interface {
	// Step runs (5a)-(5d) for the request, which it must not change or keep. It
	// may reuse the reply in its next call.
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
// Operators that core does not know are of no account.
type Info struct {
	Name      string   `json:"name"`
	Precision string   `json:"precision"` // float64, float32, bfloat16 or float16
	Ops       []string `json:"ops"`       // the operators it has; nil means all
}

// Tracer is an optional ability of an Engine: to show the states of a step,
// Y[i] = Y_i for i = 0..N and V[i] = V_i for i = 1..N (V[0] is ignored).
type Tracer interface {
	Trace(req *Request) (y, v [][]float64, err error)
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

// line is the request as one line of JSON, for Replay.
func (req *Request) line() string {
	b, err := json.Marshal(req)
	if err != nil {
		panic(fmt.Sprintf("conform: a request that JSON cannot carry: %v: %+v", err, *req))
	}
	return string(b)
}

// MaxRequest is the length of the longest request that ParseRequest reads, in
// bytes: a chain of MaxWeights weights in decimal does not fit, one of a million does.
const MaxRequest = 1 << 26

// ParseRequest reads one request as JSON. The error names the field and the
// value: an unknown field, a chain that does not fit together, a vector of the
// wrong length, a step size that is negative or not finite, trailing data.
func ParseRequest(r io.Reader) (*Request, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxRequest+1))
	if err != nil {
		return nil, fmt.Errorf("conform: request: %w", err)
	}
	if len(data) > MaxRequest {
		return nil, fmt.Errorf("conform: request of more than %d bytes", MaxRequest)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	req := new(Request)
	if err := d.Decode(req); err != nil {
		return nil, fmt.Errorf("conform: request: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("conform: request: data after it at byte %d", d.InputOffset())
	}
	_, err = req.check()
	return req, err
}

// check builds the chain and checks that everything fits it.
func (req *Request) check() (*core.Chain, error) {
	c, err := core.FromSpecs(req.Chain)
	if err != nil {
		return nil, err
	}
	if err := req.Reg.Check(); err != nil {
		return nil, err
	}
	if !(req.Gamma >= 0) || math.IsInf(req.Gamma, 0) {
		return nil, fmt.Errorf("conform: gamma is %v, want finite and >= 0", req.Gamma)
	}
	return c, req.fits(c)
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

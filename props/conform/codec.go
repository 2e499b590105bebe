package conform

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// The JSON of requests and replies is that of the engine protocol, without its id:
// all fields are written, zeros too, but for the label of an operator other than
// softmaxce, the label of a sample that has none, and bits. Numbers that are not finite
// are the strings "NaN", "Infinity" and "-Infinity"; null is an error.

// number is a float64 in the protocol's JSON.
type number float64

func appendNumber(b []byte, x float64) []byte {
	switch {
	case math.IsNaN(x):
		return append(b, `"NaN"`...)
	case math.IsInf(x, 1):
		return append(b, `"Infinity"`...)
	case math.IsInf(x, -1):
		return append(b, `"-Infinity"`...)
	}
	return strconv.AppendFloat(b, x, 'g', -1, 64)
}

// MarshalJSON implements json.Marshaler.
func (x number) MarshalJSON() ([]byte, error) { return appendNumber(nil, float64(x)), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (x *number) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case `"NaN"`:
		*x = number(math.NaN())
	case `"Infinity"`:
		*x = number(math.Inf(1))
	case `"-Infinity"`:
		*x = number(math.Inf(-1))
	default:
		if len(b) == 0 || b[0] != '-' && (b[0] < '0' || b[0] > '9') {
			return fmt.Errorf("%s is no number", quote(string(b)))
		}
		f, err := strconv.ParseFloat(string(b), 64)
		if err != nil {
			return fmt.Errorf("%s is out of range", quote(string(b)))
		}
		*x = number(f)
	}
	return nil
}

// quote is s in quotes, cut to 80 characters.
func quote(s string) string {
	if r := []rune(s); len(r) > 80 {
		return strconv.Quote(string(r[:80])) + "..."
	}
	return strconv.Quote(s)
}

type (
	vector []number
	matrix []vector
)

// MarshalJSON implements json.Marshaler, for all numbers at once: encoding/json looks over what
// each call returns.
func (v vector) MarshalJSON() ([]byte, error) { return v.append(nil), nil }

func (v vector) append(b []byte) []byte {
	b = append(b, '[')
	for k, x := range v {
		if k > 0 {
			b = append(b, ',')
		}
		b = appendNumber(b, float64(x))
	}
	return append(b, ']')
}

// MarshalJSON implements json.Marshaler.
func (m matrix) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for k, row := range m {
		if k > 0 {
			b = append(b, ',')
		}
		b = row.append(b)
	}
	return append(b, ']'), nil
}

func toVector(v []float64) vector {
	t := make(vector, len(v))
	for k, x := range v {
		t[k] = number(x)
	}
	return t
}

func (v vector) floats() []float64 {
	t := make([]float64, len(v))
	for k, x := range v {
		t[k] = float64(x)
	}
	return t
}

func toMatrix(a [][]float64) matrix {
	m := make(matrix, len(a))
	for k, row := range a {
		m[k] = toVector(row)
	}
	return m
}

func (m matrix) floats() [][]float64 {
	a := make([][]float64, len(m))
	for k, row := range m {
		a[k] = row.floats()
	}
	return a
}

// The shapes of the JSON.
type (
	specJSON struct {
		Op    string `json:"op"`
		In    int    `json:"in,omitempty"`
		Out   int    `json:"out,omitempty"`
		N     int    `json:"n,omitempty"`
		A     matrix `json:"a,omitempty"`
		Label *int   `json:"label,omitempty"`
	}
	regJSON struct {
		Kind string `json:"kind"`
		Rho  number `json:"rho"`
	}
	sampleJSON struct {
		X     vector `json:"x"`
		Delta matrix `json:"delta"`
		Eps   matrix `json:"eps"`
		Label *int   `json:"label,omitempty"`
	}
	stepJSON struct {
		Samples    []sampleJSON `json:"samples"`
		Accumulate int          `json:"accumulate"`
		Gamma      number       `json:"gamma"`
	}
	requestJSON struct {
		Chain []specJSON `json:"chain"`
		X     vector     `json:"x"`
		W     matrix     `json:"w"`
		Delta matrix     `json:"delta"`
		Eps   matrix     `json:"eps"`
		Gamma number     `json:"gamma"`
		Reg   regJSON    `json:"reg"`
		Bits  []uint32   `json:"bits,omitempty"`
	}
	batchJSON struct {
		Chain      []specJSON   `json:"chain"`
		W          matrix       `json:"w"`
		Gamma      number       `json:"gamma"`
		Reg        regJSON      `json:"reg"`
		Accumulate int          `json:"accumulate"`
		Samples    []sampleJSON `json:"samples"`
		Bits       []uint32     `json:"bits,omitempty"`
	}
	runJSON struct {
		Chain []specJSON `json:"chain"`
		W     matrix     `json:"w"`
		Reg   regJSON    `json:"reg"`
		Steps []stepJSON `json:"steps"`
		Bits  []uint32   `json:"bits,omitempty"`
	}
	replyJSON struct {
		Loss number `json:"loss"`
		U    matrix `json:"u"`
		W    matrix `json:"w"`
	}
	runReplyJSON struct {
		Losses vector   `json:"losses"`
		Ws     []matrix `json:"ws"`
	}
)

func toSpecs(chain []core.Spec) []specJSON {
	list := make([]specJSON, len(chain))
	for k, s := range chain {
		list[k] = specJSON{Op: s.Op, In: s.In, Out: s.Out, N: s.N}
		if s.A != nil {
			list[k].A = toMatrix(s.A)
		}
		if s.Op == "softmaxce" {
			label := s.Label
			list[k].Label = &label
		}
	}
	return list
}

func fromSpecs(list []specJSON) []core.Spec {
	chain := make([]core.Spec, len(list))
	for k, s := range list {
		chain[k] = core.Spec{Op: s.Op, In: s.In, Out: s.Out, N: s.N}
		if s.A != nil {
			chain[k].A = s.A.floats()
		}
		if s.Label != nil {
			chain[k].Label = *s.Label
		}
	}
	return chain
}

func toReg(r core.Regularizer) regJSON {
	if r.Kind == "" {
		r.Kind = "none"
	}
	return regJSON{r.Kind, number(r.Rho)}
}

func (r regJSON) regularizer() core.Regularizer {
	return core.Regularizer{Kind: r.Kind, Rho: float64(r.Rho)}
}

func toSamples(samples []Sample) []sampleJSON {
	list := make([]sampleJSON, len(samples))
	for k, s := range samples {
		list[k] = sampleJSON{toVector(s.X), toMatrix(s.Delta), toMatrix(s.Eps), s.Label}
	}
	return list
}

func fromSamples(list []sampleJSON) []Sample {
	samples := make([]Sample, len(list))
	for k, s := range list {
		samples[k] = Sample{s.X.floats(), s.Delta.floats(), s.Eps.floats(), s.Label}
	}
	return samples
}

// MarshalJSON implements json.Marshaler.
func (req *Request) MarshalJSON() ([]byte, error) {
	return json.Marshal(requestJSON{
		toSpecs(req.Chain), toVector(req.X), toMatrix(req.W), toMatrix(req.Delta), toMatrix(req.Eps),
		number(req.Gamma), toReg(req.Reg), req.Bits,
	})
}

// UnmarshalJSON implements json.Unmarshaler, by the rules of package strict.
func (req *Request) UnmarshalJSON(b []byte) error {
	var s requestJSON
	if err := strict.Unmarshal(b, &s); err != nil {
		return err
	}
	*req = *s.request()
	return nil
}

func (s *requestJSON) request() *Request {
	return &Request{
		fromSpecs(s.Chain), s.X.floats(), s.W.floats(), s.Delta.floats(), s.Eps.floats(),
		float64(s.Gamma), s.Reg.regularizer(), s.Bits,
	}
}

// MarshalJSON implements json.Marshaler.
func (req *BatchRequest) MarshalJSON() ([]byte, error) {
	return json.Marshal(batchJSON{
		toSpecs(req.Chain), toMatrix(req.W), number(req.Gamma), toReg(req.Reg), req.Accumulate,
		toSamples(req.Samples), req.Bits,
	})
}

// UnmarshalJSON implements json.Unmarshaler, by the rules of package strict.
func (req *BatchRequest) UnmarshalJSON(b []byte) error {
	var s batchJSON
	if err := strict.Unmarshal(b, &s); err != nil {
		return err
	}
	*req = *s.request()
	return nil
}

func (s *batchJSON) request() *BatchRequest {
	return &BatchRequest{
		fromSpecs(s.Chain), s.W.floats(), float64(s.Gamma), s.Reg.regularizer(), s.Accumulate,
		fromSamples(s.Samples), s.Bits,
	}
}

// MarshalJSON implements json.Marshaler.
func (req *RunRequest) MarshalJSON() ([]byte, error) {
	s := runJSON{toSpecs(req.Chain), toMatrix(req.W), toReg(req.Reg), []stepJSON{}, req.Bits}
	for _, t := range req.Steps {
		s.Steps = append(s.Steps, stepJSON{toSamples(t.Samples), t.Accumulate, number(t.Gamma)})
	}
	return json.Marshal(s)
}

// UnmarshalJSON implements json.Unmarshaler, by the rules of package strict.
func (req *RunRequest) UnmarshalJSON(b []byte) error {
	var s runJSON
	if err := strict.Unmarshal(b, &s); err != nil {
		return err
	}
	*req = *s.request()
	return nil
}

func (s *runJSON) request() *RunRequest {
	req := &RunRequest{Chain: fromSpecs(s.Chain), W: s.W.floats(), Reg: s.Reg.regularizer(), Bits: s.Bits}
	for _, t := range s.Steps {
		req.Steps = append(req.Steps, RunStep{fromSamples(t.Samples), t.Accumulate, float64(t.Gamma)})
	}
	return req
}

// MarshalJSON implements json.Marshaler.
func (r *Reply) MarshalJSON() ([]byte, error) {
	return json.Marshal(replyJSON{number(r.Loss), toMatrix(r.U), toMatrix(r.W)})
}

// UnmarshalJSON implements json.Unmarshaler. Unknown fields are ignored.
func (r *Reply) UnmarshalJSON(b []byte) error {
	var s replyJSON
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*r = Reply{float64(s.Loss), s.U.floats(), s.W.floats()}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (r *RunReply) MarshalJSON() ([]byte, error) {
	s := runReplyJSON{toVector(r.Losses), []matrix{}}
	for _, w := range r.Ws {
		s.Ws = append(s.Ws, toMatrix(w))
	}
	return json.Marshal(s)
}

// UnmarshalJSON implements json.Unmarshaler. Unknown fields are ignored.
func (r *RunReply) UnmarshalJSON(b []byte) error {
	var s runReplyJSON
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*r = RunReply{Losses: s.Losses.floats()}
	for _, w := range s.Ws {
		r.Ws = append(r.Ws, w.floats())
	}
	return nil
}

// MaxRequest is the length of the longest request that ParseRequest reads, in
// bytes: a chain of MaxWeights weights in decimal does not fit, one of a million does.
const MaxRequest = 1 << 26

// ParseRequest reads one request as JSON, by the rules of package strict. The error
// names the field and the value: a key that is unknown, repeated or in another case, and
// trailing data by line and column; a chain that does not fit together, a vector of the
// wrong length, a step size that is negative or not finite.
func ParseRequest(r io.Reader) (*Request, error) {
	data, err := strict.Read(r, MaxRequest)
	if err != nil {
		return nil, fmt.Errorf("conform: request: %w", err)
	}
	var s requestJSON
	if err := strict.Unmarshal(data, &s); err != nil {
		return nil, fmt.Errorf("conform: request: %w", err)
	}
	req := s.request()
	if _, err = req.check(); err != nil && !strings.HasPrefix(err.Error(), "conform: ") {
		err = fmt.Errorf("conform: request: %w", err)
	}
	return req, err
}

package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Version is the version of the protocol.
const Version = 1

// MaxLine is the length of the longest line, either way, in bytes.
const MaxLine = 1 << 26

// The types of requests.
const (
	typeHello = "hello"
	typeStep  = "step"
	typeTrace = "trace"
	typeBatch = "batch"
	typeRun   = "run"
)

// head is what every reply may have.
type head struct {
	ID          *count  `json:"id"`
	Error       *string `json:"error"`
	Unsupported *string `json:"unsupported"`
}

// The replies, by the type of request.
type (
	helloJSON struct {
		head
		Protocol      *count          `json:"protocol"`
		Name          *string         `json:"name"`
		Version       *string         `json:"version"`
		Precision     json.RawMessage `json:"precision"`
		Deterministic *bool           `json:"deterministic"`
		Ops           []string        `json:"ops"`
		Types         []string        `json:"types"`
		Takes         []string        `json:"takes"`
	}
	stepJSON struct {
		head
		Loss json.RawMessage `json:"loss"`
		U    json.RawMessage `json:"u"`
		W    json.RawMessage `json:"w"`
	}
	traceJSON struct {
		stepJSON
		Y json.RawMessage `json:"Y"`
		V json.RawMessage `json:"V"`
	}
	runJSON struct {
		head
		Losses json.RawMessage `json:"losses"`
		Ws     json.RawMessage `json:"ws"`
	}
	precisionJSON struct {
		Storage    *string `json:"storage"`
		Compute    *string `json:"compute"`
		Accumulate *string `json:"accumulate"`
	}
)

// hello is what an engine says of itself, and the types of requests it answers.
type hello struct {
	info  conform.Info
	types []string
}

// parse reads a line into to. The error names the place.
func parse(line []byte, to any) error {
	line = bytes.TrimSpace(line)
	if err := strict.Unmarshal(line, to, strict.AllowUnknown); err != nil {
		if !json.Valid(line) {
			for _, word := range []string{"NaN", "Infinity", "inf", "nan"} {
				if bytes.Contains(line, []byte(word)) {
					return fmt.Errorf(`%w; what is not finite is one of the strings "NaN", "Infinity", "-Infinity"`,
						err)
				}
			}
		}
		return err
	}
	return nil
}

// parseHello reads the reply to a hello.
func parseHello(line []byte) (*hello, error) {
	var s helloJSON
	if err := parse(line, &s); err != nil {
		return nil, err
	}
	switch {
	case s.Error != nil:
		return nil, fmt.Errorf("hello is answered with the error %s", strict.Quote(*s.Error))
	case s.Unsupported != nil:
		return nil, fmt.Errorf("hello is unsupported: %s", strict.Quote(*s.Unsupported))
	case s.Protocol == nil:
		return nil, errors.New(`no field "protocol"`)
	case *s.Protocol != Version:
		return nil, fmt.Errorf("protocol is %d, want %d", *s.Protocol, Version)
	case s.Name == nil:
		return nil, errors.New(`no field "name"`)
	case s.Ops == nil:
		return nil, errors.New(`no field "ops"`)
	case s.Types == nil:
		return nil, errors.New(`no field "types"`)
	}
	h := &hello{types: s.Types}
	h.info = conform.Info{Name: *s.Name, Ops: s.Ops, Takes: s.Takes}
	if s.Version != nil {
		h.info.Version = *s.Version
	}
	h.info.Stochastic = s.Deterministic != nil && !*s.Deterministic || slices.Contains(s.Takes, "bits")
	return h, h.readPrecision(s.Precision)
}

// readPrecision reads one word, or an object of three.
func (h *hello) readPrecision(raw json.RawMessage) error {
	if raw == nil {
		return errors.New(`no field "precision"`)
	}
	if raw[0] == '"' {
		return json.Unmarshal(raw, &h.info.Precision)
	}
	var p precisionJSON
	if err := strict.Unmarshal(raw, &p); err != nil {
		return fmt.Errorf("precision: %w", err)
	}
	if p.Storage == nil || p.Compute == nil || p.Accumulate == nil {
		return errors.New("precision: want one word, or storage, compute and accumulate")
	}
	h.info.Mixed = conform.Precision{Storage: *p.Storage, Compute: *p.Compute, Accumulate: *p.Accumulate}
	if h.info.Mixed == (conform.Precision{}) {
		return errors.New("precision: three empty words")
	}
	return nil
}

// answered turns an answer that is no result into an error.
func (h *head) answered() error {
	switch {
	case h.Error != nil:
		return &engineError{*h.Error}
	case h.Unsupported != nil:
		return &unsupportedError{*h.Unsupported}
	}
	return nil
}

// engineError is what an engine says instead of a result.
type engineError struct{ why string }

func (e *engineError) Error() string { return "the engine says: " + strict.Cut(e.why) }

// unsupportedError is an engine's word that it cannot do something.
type unsupportedError struct{ why string }

func (e *unsupportedError) Error() string { return "unsupported: " + strict.Cut(e.why) }
func (e *unsupportedError) Unwrap() error { return errors.ErrUnsupported }

// parseStep reads the reply to a step, a trace or a batch. Of numbers and arrays there may
// be as many as most.
func parseStep(line []byte, most int) (*conform.Reply, error) {
	var s stepJSON
	if err := parse(line, &s); err != nil {
		return nil, err
	}
	return s.reply(&fields{left: most})
}

func (s *stepJSON) reply(f *fields) (*conform.Reply, error) {
	if err := s.answered(); err != nil {
		return nil, err
	}
	r := &conform.Reply{
		Loss: read(f, "loss", s.Loss, (*scanner).number),
		U:    read(f, "u", s.U, (*scanner).matrix),
		W:    read(f, "w", s.W, (*scanner).matrix),
	}
	return r, f.err
}

// traced is the reply to a trace.
type traced struct {
	*conform.Reply
	y, v [][]float64 // Y_0..Y_N, V_0..V_N of which V_0 is nil
}

func parseTrace(line []byte, most int) (*traced, error) {
	var s traceJSON
	if err := parse(line, &s); err != nil {
		return nil, err
	}
	f := &fields{left: most}
	r, err := s.reply(f)
	if err != nil {
		return nil, err
	}
	t := &traced{r, read(f, "Y", s.Y, (*scanner).matrix), read(f, "V", s.V, (*scanner).matrix)}
	t.v = append([][]float64{nil}, t.v...)
	return t, f.err
}

func parseRun(line []byte, most int) (*conform.RunReply, error) {
	var s runJSON
	if err := parse(line, &s); err != nil {
		return nil, err
	}
	if err := s.answered(); err != nil {
		return nil, err
	}
	f := &fields{left: most}
	r := &conform.RunReply{
		Losses: read(f, "losses", s.Losses, (*scanner).vector),
		Ws:     read(f, "ws", s.Ws, (*scanner).matrices),
	}
	return r, f.err
}

// The parts of requests, as an engine reads them: unknown fields are allowed.
type (
	specJSON struct {
		Op    string          `json:"op"`
		In    count           `json:"in"`
		Out   count           `json:"out"`
		N     count           `json:"n"`
		A     json.RawMessage `json:"a"`
		Label *count          `json:"label"`
	}
	regJSON struct {
		Kind string          `json:"kind"`
		Rho  json.RawMessage `json:"rho"`
	}
	sampleJSON struct {
		X     json.RawMessage `json:"x"`
		Delta json.RawMessage `json:"delta"`
		Eps   json.RawMessage `json:"eps"`
		Label *count          `json:"label"`
	}
	windowJSON struct {
		Samples    []sampleJSON    `json:"samples"`
		Accumulate count           `json:"accumulate"`
		Gamma      json.RawMessage `json:"gamma"`
	}
	requestJSON struct {
		ID    *count          `json:"id"`
		Type  string          `json:"type"`
		Chain []specJSON      `json:"chain"`
		W     json.RawMessage `json:"w"`
		Reg   *regJSON        `json:"reg"`
		Bits  []count         `json:"bits"`
		Steps []windowJSON    `json:"steps"`
		sampleJSON
		windowJSON
	}
)

// maxNumbers is how many numbers and arrays a request may have: more than fit a line.
const maxNumbers = MaxLine

func (s *requestJSON) parts() *fields { return &fields{left: maxNumbers} }

// chain reads what all requests have.
func (s *requestJSON) chain(f *fields) (chain []core.Spec, w [][]float64, reg core.Regularizer) {
	for k, o := range s.Chain {
		spec := core.Spec{Op: o.Op, In: int(o.In), Out: int(o.Out), N: int(o.N)}
		f.prefix = fmt.Sprintf("chain[%d].", k)
		if o.A != nil {
			spec.A = read(f, "a", o.A, (*scanner).matrix)
		}
		if o.Label != nil {
			spec.Label = int(*o.Label)
		}
		chain = append(chain, spec)
	}
	f.prefix = ""
	w = read(f, "w", s.W, (*scanner).matrix)
	if s.Reg == nil {
		f.err = errors.Join(f.err, errors.New(`no field "reg"`))
		return chain, w, reg
	}
	f.prefix = "reg."
	reg = core.Regularizer{Kind: s.Reg.Kind, Rho: read(f, "rho", s.Reg.Rho, (*scanner).number)}
	f.prefix = ""
	return chain, w, reg
}

func (s *requestJSON) bits() []uint32 {
	var bits []uint32
	for _, b := range s.Bits {
		bits = append(bits, uint32(b))
	}
	return bits
}

func (s *sampleJSON) sample(f *fields) conform.Sample {
	x := conform.Sample{
		X:     read(f, "x", s.X, (*scanner).vector),
		Delta: read(f, "delta", s.Delta, (*scanner).matrix),
		Eps:   read(f, "eps", s.Eps, (*scanner).matrix),
	}
	if s.Label != nil {
		label := int(*s.Label)
		x.Label = &label
	}
	return x
}

func (s *windowJSON) step(f *fields, prefix string) conform.RunStep {
	f.prefix = prefix
	t := conform.RunStep{Accumulate: int(s.Accumulate), Gamma: read(f, "gamma", s.Gamma, (*scanner).number)}
	for k := range s.Samples {
		f.prefix = fmt.Sprintf("%ssamples[%d].", prefix, k)
		t.Samples = append(t.Samples, s.Samples[k].sample(f))
	}
	return t
}

// request reads a step or a trace.
func (s *requestJSON) request() (*conform.Request, error) {
	f := s.parts()
	chain, w, reg := s.chain(f)
	x := s.sample(f)
	r := &conform.Request{Chain: chain, X: x.X, W: w, Delta: x.Delta, Eps: x.Eps, Reg: reg, Bits: s.bits()}
	r.Gamma = read(f, "gamma", s.Gamma, (*scanner).number)
	return r, f.err
}

func (s *requestJSON) batch() (*conform.BatchRequest, error) {
	f := s.parts()
	chain, w, reg := s.chain(f)
	t := s.step(f, "")
	r := &conform.BatchRequest{
		Chain: chain, W: w, Gamma: t.Gamma, Reg: reg, Accumulate: t.Accumulate, Samples: t.Samples, Bits: s.bits(),
	}
	return r, f.err
}

func (s *requestJSON) run() (*conform.RunRequest, error) {
	f := s.parts()
	chain, w, reg := s.chain(f)
	r := &conform.RunRequest{Chain: chain, W: w, Reg: reg, Bits: s.bits()}
	for k := range s.Steps {
		r.Steps = append(r.Steps, s.Steps[k].step(f, fmt.Sprintf("steps[%d].", k)))
	}
	return r, f.err
}

// appendNumber and the rest write numbers as the protocol has them, with as many digits
// as tell the double.
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

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for k, x := range list {
		if k > 0 {
			b = append(b, ',')
		}
		b = one(b, x)
	}
	return append(b, ']')
}

func appendVector(b []byte, v []float64) []byte   { return appendList(b, v, appendNumber) }
func appendMatrix(b []byte, m [][]float64) []byte { return appendList(b, m, appendVector) }

package conform

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// The types of requests.
const (
	step  = "step"
	trace = "trace"
	batch = "batch"
	run   = "run"
)

// job is a request of any type. A step and a trace are one step with one sample, a
// batch is one step.
type job struct {
	kind  string
	chain []core.Spec
	w     [][]float64
	reg   core.Regularizer
	steps []RunStep
	bits  []uint32

	want *want // what prepare found
}

func jobOf(req *Request) *job {
	return &job{
		kind: step, chain: req.Chain, w: req.W, reg: req.Reg, bits: req.Bits,
		steps: []RunStep{{[]Sample{*req.sample()}, 1, req.Gamma}},
	}
}

func jobOfBatch(req *BatchRequest) *job {
	return &job{
		kind: batch, chain: req.Chain, w: req.W, reg: req.Reg, bits: req.Bits,
		steps: []RunStep{{req.Samples, req.Accumulate, req.Gamma}},
	}
}

func jobOfRun(req *RunRequest) *job {
	return &job{kind: run, chain: req.Chain, w: req.W, reg: req.Reg, bits: req.Bits, steps: req.Steps}
}

// first is the first sample, of a step the only one.
func (j *job) first() *Sample { return &j.steps[0].Samples[0] }

// request is a step or a trace; it shares memory with j.
func (j *job) request() *Request {
	s := j.first()
	return &Request{
		Chain: j.chain, X: s.X, W: j.w, Delta: s.Delta, Eps: s.Eps,
		Gamma: j.steps[0].Gamma, Reg: j.reg, Bits: j.bits,
	}
}

// batch and run share memory with j, as request does.
func (j *job) batch() *BatchRequest {
	return &BatchRequest{
		Chain: j.chain, W: j.w, Gamma: j.steps[0].Gamma, Reg: j.reg,
		Accumulate: j.steps[0].Accumulate, Samples: j.steps[0].Samples, Bits: j.bits,
	}
}

func (j *job) run() *RunRequest {
	return &RunRequest{Chain: j.chain, W: j.w, Reg: j.reg, Steps: j.steps, Bits: j.bits}
}

func (j *job) clone() *job {
	c := *j
	c.want = nil
	c.chain, c.w, c.bits = cloneChain(j.chain), cloneRows(j.w), slices.Clone(j.bits)
	c.steps = slices.Clone(j.steps)
	for t := range c.steps {
		c.steps[t].Samples = cloneSamples(j.steps[t].Samples)
	}
	return &c
}

// as is the same request of another type.
func (j *job) as(kind string) *job {
	c := *j
	c.kind, c.want = kind, nil
	return &c
}

func (j *job) check() (*core.Chain, error) {
	switch j.kind {
	case batch:
		return j.batch().check()
	case run:
		return j.run().check()
	}
	return j.request().check()
}

// numbers calls f with every slice of numbers of j in a fixed order, but for the
// matrices of fixed.
func (j *job) numbers(f func(v []float64)) {
	for _, part := range j.w {
		f(part)
	}
	for t := range j.steps {
		for k := range j.steps[t].Samples {
			s := &j.steps[t].Samples[k]
			f(s.X)
			for _, rows := range [][][]float64{s.Delta, s.Eps} {
				for _, row := range rows {
					f(row)
				}
			}
		}
	}
}

// perturbed reports whether some delta or eps is not 0.
func (j *job) perturbed() bool {
	for t := range j.steps {
		for _, s := range j.steps[t].Samples {
			for _, rows := range [][][]float64{s.Delta, s.Eps} {
				for _, row := range rows {
					if slices.ContainsFunc(row, func(x float64) bool { return x != 0 }) {
						return true
					}
				}
			}
		}
	}
	return false
}

// size is what the report finds smallest: operators first, then numbers.
func (j *job) size() int {
	n := 0
	j.numbers(func(v []float64) { n += len(v) })
	return 1_000_000*len(j.chain) + n
}

// same compares bits, so that NaN equals itself.
func (j *job) same(b *job) bool {
	if j.kind != b.kind || j.reg != b.reg || len(j.steps) != len(b.steps) || !slices.Equal(j.bits, b.bits) {
		return false
	}
	if !slices.EqualFunc(j.chain, b.chain, sameSpec) {
		return false
	}
	for t := range j.steps {
		p, q := j.steps[t], b.steps[t]
		if p.Gamma != q.Gamma || p.Accumulate != q.Accumulate || !slices.EqualFunc(p.Samples, q.Samples, sameLabel) {
			return false
		}
	}
	const usual = 64
	mine, is, k := make([][]float64, 0, usual), true, 0
	j.numbers(func(v []float64) { mine = append(mine, v) })
	b.numbers(func(v []float64) {
		is = is && k < len(mine) && sameRow(mine[k], v)
		k++
	})
	return is && k == len(mine)
}

func sameSpec(a, b core.Spec) bool {
	return a.Op == b.Op && a.In == b.In && a.Out == b.Out && a.N == b.N && a.Label == b.Label && sameBits(a.A, b.A)
}

func sameLabel(a, b Sample) bool {
	if a.Label == nil || b.Label == nil {
		return a.Label == b.Label
	}
	return *a.Label == *b.Label
}

func sameBits(a, b [][]float64) bool {
	return slices.EqualFunc(a, b, sameRow)
}

func sameRow(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for k, x := range a {
		if math.Float64bits(x) != math.Float64bits(b[k]) {
			return false
		}
	}
	return true
}

// line is the request as one line of JSON with its type.
func (j *job) line() string {
	switch j.kind {
	case batch:
		return lineOf(batch, j.batch())
	case run:
		return lineOf(run, j.run())
	}
	return lineOf(j.kind, j.request())
}

func lineOf(kind string, message json.Marshaler) string {
	b, err := message.MarshalJSON()
	if err != nil {
		panic(fmt.Sprintf("conform: a request that JSON cannot carry: %v: %+v", err, message))
	}
	return `{"type":"` + kind + `",` + string(b[1:])
}

// parseLine reads what line writes, by the rules of package strict; a type that is not
// there is a step.
func parseLine(line []byte) (*job, error) {
	of := typed{step}
	if err := strict.Unmarshal(line, &of, strict.AllowUnknown); err != nil {
		return nil, err
	}
	var j *job
	var err error
	switch of.Type {
	case step, trace:
		var s struct {
			typed
			requestJSON
		}
		err = strict.Unmarshal(line, &s)
		j = jobOf(s.request()).as(of.Type)
	case batch:
		var s struct {
			typed
			batchJSON
		}
		err = strict.Unmarshal(line, &s)
		j = jobOfBatch(s.request())
	case run:
		var s struct {
			typed
			runJSON
		}
		err = strict.Unmarshal(line, &s)
		j = jobOfRun(s.request())
	default:
		return nil, fmt.Errorf("unknown type %s, want step, trace, batch or run", quote(of.Type))
	}
	if err != nil {
		return nil, err
	}
	if len(j.steps) == 0 {
		return nil, errors.New("a run of 0 steps")
	}
	_, err = j.check()
	return j, err
}

// typed is what line adds to a request.
type typed struct {
	Type string `json:"type"`
}

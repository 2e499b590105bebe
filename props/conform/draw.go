package conform

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// drawing narrows what a rule's requests look like.
type drawing struct {
	n          int              // operators; 0 draws it
	chain      []core.Spec      // fixed; nil draws it
	delta, eps func(i int) bool // which operators are perturbed; nil is none
	reg        core.Regularizer
	still      bool    // a step size of 0
	scale      float64 // of inputs, weights and perturbations; 0 means 1
}

func every(int) bool            { return true }
func only(k int) func(int) bool { return func(i int) bool { return i == k } }

// tries is how many indices are tried for each request wanted: most drawings
// fit any engine, large ones do not fit the range of float16.
const tries = 20

// draw makes the request number index of the rule, of the engine's operators
// only and of numbers that its precision represents, or nil when this index gives
// none.
func (s *session) draw(index int, d drawing) (*Request, *Enclosed) {
	src := gen.Random(s.opt.Seed, uint64(index))
	if d.n == 0 {
		d.n = gen.Length(src)
	}
	if d.chain == nil {
		d.chain = gen.Chain(src, d.n)
	}
	chain, ok := s.allowed(src, d.chain)
	if !ok {
		return nil, nil
	}
	req := s.fill(src, chain, d)
	e, err := s.precision.enclose(req)
	if errors.Is(err, ErrRange) {
		return nil, nil
	}
	if err != nil {
		panic(fmt.Sprintf("conform: drew an invalid request: %v", err))
	}
	return req, e
}

// fill draws the numbers of a request. Inputs and weights are never 0: an engine
// may skip what is multiplied by 0, whatever it is.
func (s *session) fill(src gen.Source, chain []core.Spec, d drawing) *Request {
	c, err := core.FromSpecs(chain)
	if err != nil {
		panic("conform: " + err.Error())
	}
	if d.scale == 0 {
		d.scale = 1
	}
	vector := func(k int, scale float64) []float64 {
		v := make([]float64, k)
		for j := range v {
			if v[j] = s.precision.round(scale * gen.Real(src)); v[j] == 0 {
				v[j] = scale
			}
		}
		return v
	}
	perturbation := func(on func(int) bool, i, k int) []float64 {
		if on == nil || !on(i) {
			return make([]float64, k)
		}
		return vector(k, d.scale)
	}
	req := &Request{Chain: chain, X: vector(c.D(0), 2*d.scale), Reg: d.reg}
	if !d.still {
		req.Gamma = float64(src.Int(1, 64)) / 64
	}
	for i := 1; i <= c.N(); i++ {
		req.W = append(req.W, vector(c.Op(i).NW(), d.scale))
		req.Delta = append(req.Delta, perturbation(d.delta, i, c.D(i)))
		width := c.D(i - 1)
		if i == 1 {
			width = 0
		}
		req.Eps = append(req.Eps, perturbation(d.eps, i, width))
	}
	return req
}

// allowed replaces operators that the engine lacks by others of the same shape.
// It reports false when there is none.
func (s *session) allowed(src gen.Source, chain []core.Spec) ([]core.Spec, bool) {
	chain = slices.Clone(chain)
	for k, spec := range chain {
		if s.has(spec.Op) {
			continue
		}
		options := s.likes(spec)
		if len(options) == 0 {
			return nil, false
		}
		chain[k] = options[src.Int(0, len(options)-1)]
	}
	return chain, true
}

// likes lists the engine's operators of the shape of spec.
func (s *session) likes(spec core.Spec) []core.Spec {
	op, err := core.NewOp(spec)
	if err != nil {
		panic("conform: " + err.Error())
	}
	var options []core.Spec
	for _, name := range s.ops {
		for _, like := range []core.Spec{
			{Op: name}, {Op: name, N: op.In()}, {Op: name, In: op.In(), Out: op.Out()}, {Op: name, A: hilbert(op.Out(), op.In())},
		} {
			if o, err := core.NewOp(like); err == nil && o.In() == op.In() && o.Out() == op.Out() {
				options = append(options, like)
			}
		}
	}
	return options
}

// hilbert is the Hilbert matrix of some size, in quarters: no two rows alike.
func hilbert(rows, cols int) [][]float64 {
	a := make([][]float64, rows)
	for i := range a {
		for j := range cols {
			a[i] = append(a[i], float64(4/(1+i+j)+1)/4)
		}
	}
	return a
}

// each calls check with Cases requests of the drawing, which may depend on the
// index, and reports the violation with the shortest chain. It ends early
// where the engine's operators and precision allow too few requests.
func (s *session) each(d func(index int) drawing, check func(req *Request, e *Enclosed) *Violation) {
	var worst *Violation
	shortest, done := 0, 0
	for index := 0; done < s.opt.Cases && index < tries*s.opt.Cases; index++ {
		req, e := s.draw(index, d(index))
		if req == nil {
			continue
		}
		done++
		if v := check(req, e); v != nil && (worst == nil || len(req.Chain) < shortest) {
			worst, shortest = v, len(req.Chain)
		}
	}
	if 0 < done && done < s.opt.Cases {
		s.out.Untried = fmt.Sprintf("%d requests of %d; the others do not fit the engine's operators or precision", done, s.opt.Cases)
	}
	s.report(worst)
}

package conform

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/gen"
)

// drawing narrows what a rule's requests look like.
type drawing struct {
	n          int              // operators; 0 draws it
	chain      []core.Spec      // fixed; nil draws it
	delta, eps func(i int) bool // which operators are perturbed; nil is none
	reg        core.Regularizer
	gamma      float64 // 0 with keep false means a drawn step size
	keep       bool
	valueScale float64 // of inputs and weights; 0 means 1
}

func every(int) bool            { return true }
func only(k int) func(int) bool { return func(i int) bool { return i == k } }

// draw makes the request number index of the rule, in the engine's precision
// and with its operators only, or nil when this index gives none.
func (s *session) draw(index int, d drawing) (*Request, *Enclosed) {
	src := gen.Random(s.opt.Seed, uint64(index))
	n := d.n
	if n == 0 {
		n = gen.Length(src)
	}
	chain := d.chain
	if chain == nil {
		chain = gen.Chain(src, n)
	}
	if s.info.Ops != nil && slices.ContainsFunc(chain, func(o core.Spec) bool { return !slices.Contains(s.info.Ops, o.Op) }) {
		return nil, nil
	}
	c, err := core.FromSpecs(chain)
	if err != nil {
		panic("conform: " + err.Error())
	}
	scale := d.valueScale
	if scale == 0 {
		scale = 1
	}
	vector := func(k int, scale float64) []float64 {
		v := make([]float64, k)
		for j := range v {
			v[j] = s.precision.round(scale * gen.Real(src))
		}
		return v
	}
	req := &Request{Chain: slices.Clone(chain), X: vector(c.D(0), 2*scale), Gamma: d.gamma, Reg: d.reg}
	for k := range req.Chain {
		if a := req.Chain[k].A; a != nil {
			req.Chain[k].A = cloneRows(a)
		}
	}
	if !d.keep && d.gamma == 0 {
		req.Gamma = s.precision.round(float64(src.Int(1, 64)) / 64)
	}
	for i := 1; i <= c.N(); i++ {
		req.W = append(req.W, vector(c.Op(i).NW(), scale))
		delta, eps := make([]float64, c.D(i)), make([]float64, c.D(i-1))
		if d.delta != nil && d.delta(i) {
			delta = vector(c.D(i), scale)
		}
		if i == 1 {
			eps = []float64{}
		} else if d.eps != nil && d.eps(i) {
			eps = vector(c.D(i-1), scale)
		}
		req.Delta, req.Eps = append(req.Delta, delta), append(req.Eps, eps)
	}
	e, err := s.precision.enclose(req)
	if errors.Is(err, ErrRange) {
		return nil, nil
	}
	if err != nil {
		panic(fmt.Sprintf("conform: drew an invalid request: %v", err))
	}
	return req, e
}

// each calls check with Cases requests of the drawing, which may depend on the
// index; it gives up where an engine's operators allow too few.
func (s *session) each(d func(index int) drawing, check func(req *Request, e *Enclosed) error) error {
	done := 0
	for index := 0; done < s.opt.Cases && index < 20*s.opt.Cases; index++ {
		req, e := s.draw(index, d(index))
		if req == nil {
			continue
		}
		done++
		if err := check(req, e); err != nil {
			return err
		}
	}
	return nil
}

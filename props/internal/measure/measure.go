package measure

import (
	"errors"
	"fmt"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Case measures a case for the claims of one kind, in float64: lower and upper bounds
// of all that they may speak of, or the reason why the case says nothing to any of
// them. The case must be one that its Build, or BuildRun for claim.Training, accepts:
// another one panics. A case that costs more than gen.SearchBudget is not measured: it
// is too large.
func Case(kind claim.Kind, c *gen.Case) (lo, hi *claim.View, why claim.Reason) {
	return NewSeries(kind).Case(c)
}

// Series measures cases that differ little from the one before, as those of a climb do:
// a chain that stays is built once, and its workspace serves them all. It is not safe for
// concurrent use.
type Series struct {
	kind  claim.Kind
	build gen.Builder
	chain *core.Chain // of ev
	ev    *Evaluator
}

// NewSeries returns a Series that has measured nothing.
func NewSeries(kind claim.Kind) *Series { return &Series{kind: kind} }

// Case is the function of that name. The views are the caller's.
func (s *Series) Case(c *gen.Case) (lo, hi *claim.View, why claim.Reason) {
	if lo, hi, why = s.Lend(c); lo != nil && s.ev != nil {
		lo, hi = s.ev.step.give()
	}
	return lo, hi, why
}

// Lend is Case with views that the next call may overwrite, which saves their making.
func (s *Series) Lend(c *gen.Case) (lo, hi *claim.View, why claim.Reason) {
	lo, hi, why = s.views(c)
	setWidth(c, lo, hi)
	return lo, hi, why
}

// setWidth sets the width of views of a case; nil is none.
func setWidth(c *gen.Case, views ...*claim.View) {
	for _, v := range views {
		if v != nil {
			v.Width = c.Width()
		}
	}
}

func (s *Series) views(c *gen.Case) (lo, hi *claim.View, why claim.Reason) {
	if c.Affordable(s.kind, gen.SearchBudget) != nil {
		return nil, nil, claim.TooLarge
	}
	if s.kind == claim.Training {
		run, err := s.build.BuildRun(c)
		if err != nil {
			panic(fmt.Sprintf("measure: an invalid run: %v", err))
		}
		return Training(run)
	}
	p, err := s.build.Build(c)
	if err != nil {
		panic(fmt.Sprintf("measure: an invalid case: %v", err))
	}
	if s.kind == claim.Linear {
		v := &claim.View{Linear: linearNet(p)}
		v.K.N = p.Chain.N()
		return v, v, claim.Valid
	}
	if s.chain != p.Chain {
		s.chain, s.ev = p.Chain, NewEvaluator(p.Chain)
	}
	step, err := s.ev.Measure(p)
	if err == nil && s.kind == claim.Nodes {
		err = step.addNodes(p)
	}
	if err != nil {
		return nil, nil, rejection(err)
	}
	return &step.Lo, &step.Hi, claim.Valid
}

// rejection is why a pass that could not be measured says nothing.
func rejection(err error) claim.Reason {
	var large *expect.TooManyLeaves
	switch {
	case errors.Is(err, ErrIllConditioned):
		return claim.Ill
	case errors.As(err, &large):
		return claim.TooLarge
	}
	// A state that is not finite breaks the laws that look at it.
	return claim.Overflow
}

package measure

import (
	"errors"
	"fmt"

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
	lo, hi, why = views(kind, c)
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

func views(kind claim.Kind, c *gen.Case) (lo, hi *claim.View, why claim.Reason) {
	if c.Affordable(kind, gen.SearchBudget) != nil {
		return nil, nil, claim.TooLarge
	}
	if kind == claim.Training {
		run, err := c.BuildRun()
		if err != nil {
			panic(fmt.Sprintf("measure: an invalid run: %v", err))
		}
		return Training(run)
	}
	p, err := c.Build()
	if err != nil {
		panic(fmt.Sprintf("measure: an invalid case: %v", err))
	}
	if kind == claim.Linear {
		v := &claim.View{Linear: linearNet(p)}
		v.K.N = p.Chain.N()
		return v, v, claim.Valid
	}
	step, err := NewEvaluator(p.Chain).Measure(p)
	if err == nil && kind == claim.Nodes {
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

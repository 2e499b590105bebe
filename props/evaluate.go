package props

import (
	"errors"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// views evaluates a case for the claims of one kind; a case that says nothing
// about any of them has a Reason. The case must be one that gen or ReadCase
// and Build accept: any other error panics.
func views(kind Kind, c *gen.Case) (lo, hi *View, why Reason) {
	if kind == Training {
		t, err := c.BuildRun()
		if err != nil {
			panic(fmt.Sprintf("props: generated an invalid run: %v", err))
		}
		return measureRun(t)
	}
	p, err := c.Build()
	if err != nil {
		panic(fmt.Sprintf("props: generated an invalid case: %v", err))
	}
	if kind == Linear {
		v := &View{Linear: measureLinear(p)}
		v.K.N = p.Chain.N()
		return v, v, Valid
	}
	f, err := Measure(p)
	if err == nil && kind == Nodes {
		err = f.addNodes(p)
	}
	var large *expect.TooManyLeaves
	switch {
	case err == nil:
		return &f.Lo, &f.Hi, Valid
	case errors.Is(err, errIllConditioned):
		return nil, nil, Ill
	case errors.As(err, &large):
		return nil, nil, TooLarge
	}
	// A state that is not finite breaks the laws that look at it.
	return nil, nil, Overflow
}

// tryAll tries all claims, which are of one kind, on a case.
func tryAll(f []*Finding, kind Kind, c *gen.Case, source string) {
	lo, hi, why := views(kind, c)
	second := &secondOpinion{kind: kind, c: c}
	for _, g := range f {
		r := Result{Reason: why}
		if why == Valid {
			r = g.Claim.Check(lo, hi)
		}
		if r.Reason == Valid && r.Answer != Yes {
			g.settle(&r, second)
		}
		g.add(r, c, source)
	}
}

// settle repeats in math/big a case that float64 did not answer with yes. Once
// a finding holds a confirmed violation, further ones are only counted.
func (f *Finding) settle(r *Result, second *secondOpinion) {
	if r.Answer == No && f.Confirmed > 0 {
		return
	}
	if f.Claim.Kind == Training {
		f.settleRun(r, second.c)
		return
	}
	exact := second.check(f.Claim)
	if exact.Reason != Valid {
		r.Reason = exact.Reason
		return
	}
	*r = exact
	switch exact.Answer {
	case No:
		f.Confirmed++
	case Uncertain:
		f.Undecided++
	}
}

// certifyPasses is the size of a run, in exact passes, up to which a certificate is
// tried at once: simplifying one goes through hundreds of changed runs.
const certifyPasses = 1 << 12

// settleRun settles a run: what rounding hides is no answer, and a violation
// counts as confirmed when it has a certificate in rational arithmetic. One that is
// too large for that stays undecided; the end of the search returns to the smallest.
func (f *Finding) settleRun(r *Result, c *gen.Case) {
	if r.Answer == Uncertain {
		r.Reason = Ill
		return
	}
	if f.Claim.Certifiable() && c.Run.Steps*(1+len(c.Run.More)) <= certifyPasses {
		for _, k := range candidates(f.Claim, c) {
			if _, err := Certify(f.Claim, k); err == nil {
				f.Confirmed++
				return
			}
		}
	}
	f.Undecided++
}

// certify tries the smallest violating run of any size where no smaller one was
// confirmed: a verdict must not hang on the size of the runs that were drawn.
func (f *Finding) certify() {
	if f.Claim.Kind != Training || !f.Claim.Certifiable() || f.Witness == nil || f.Confirmed > 0 {
		return
	}
	if _, err := f.Certificate(); err == nil {
		f.Confirmed++
	}
}

// score rates a case for a climb: the largest ratio, -Inf where the case says
// nothing.
func score(claim *Claim, c *gen.Case) float64 {
	lo, hi, why := views(claim.Kind, c)
	if why != Valid {
		return math.Inf(-1)
	}
	r := claim.Check(lo, hi)
	if r.Reason != Valid {
		return math.Inf(-1)
	}
	return math.Log(r.Ratio)
}

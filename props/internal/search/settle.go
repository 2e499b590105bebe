package search

import (
	"math"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// tryAll tries all claims, which are of one kind, on a case.
func tryAll(f []*Finding, kind claim.Kind, c *gen.Case, source string) {
	tryEach(f, kind, c, source, false, math.Inf(1))
}

// tryEach is tryAll that makes a violating run small within so much work; quick leaves a case
// that rounding leaves open to others: it does not count.
func tryEach(f []*Finding, kind claim.Kind, c *gen.Case, source string, quick bool, work float64) {
	lo, hi, why := measure.Case(kind, c)
	tryMeasured(f, &views{lo, hi, why}, &secondOpinion{kind: kind, c: c, work: work}, source, quick)
}

// tryMeasured is tryEach on the case of the second opinion, of which the views are.
func tryMeasured(f []*Finding, v *views, second *secondOpinion, source string, quick bool) {
	lo, hi, why, c := v.lo, v.hi, v.why, second.c
	extent := c.Extent()
	for _, g := range f {
		r := claim.Result{Reason: why}
		if why == claim.Valid {
			r = g.Claim.Check(lo, hi)
		}
		switch {
		case r.Reason != claim.Valid || r.Answer == claim.Yes:
		case quick && r.Answer == claim.Uncertain:
			r.Reason = claim.Ill
		default:
			g.settle(&r, second)
		}
		g.add(r, c, source)
		if r.Reason == claim.Valid {
			g.Reach = g.Reach.Max(extent)
		}
	}
}

// Try is what one case says about claims of one kind, settled as in a search.
func Try(claims []claim.Claim, c *gen.Case, source string) []*Finding {
	return TryWithin(claims, c, source, math.Inf(1))
}

// TryWithin is Try where a run that violates a claim is made small within so much work, by
// the estimate of gen.Cost: one that is too large then for a certificate is undecided.
func TryWithin(claims []claim.Claim, c *gen.Case, source string, work float64) []*Finding {
	f := newFindings(claims)
	for k := range claims {
		if claims[k].Kind != claims[0].Kind {
			panic("search: claims " + claims[0].Name() + " and " + claims[k].Name() + " are not of one kind")
		}
	}
	if len(f) > 0 {
		tryEach(f, claims[0].Kind, c, source, false, work)
	}
	return f
}

// settle repeats in math/big a case that float64 did not answer with yes. Once
// a finding holds a confirmed violation, further ones are only counted.
func (f *Finding) settle(r *claim.Result, second *secondOpinion) {
	if r.Answer == claim.No && f.Confirmed > 0 {
		return
	}
	if f.Claim.Kind == claim.Training {
		f.settleRun(r, second.c, second.work)
		return
	}
	again := second.check(f.Claim)
	if again.Reason != claim.Valid {
		r.Reason = again.Reason
		return
	}
	*r = again
	switch again.Answer {
	case claim.No:
		f.Confirmed++
	case claim.Uncertain:
		f.Undecided++
	}
}

// certifyPasses is the size of a run, in exact passes, up to which a certificate is
// tried at once: simplifying one goes through hundreds of changed runs.
const certifyPasses = 1 << 12

// settleRun settles a run: what rounding hides is no answer, and a violation
// counts as confirmed when it has a certificate in rational arithmetic. One that is
// too large for that stays undecided; the end of the search returns to the smallest.
func (f *Finding) settleRun(r *claim.Result, c *gen.Case, work float64) {
	if r.Answer == claim.Uncertain {
		r.Reason = claim.Ill
		return
	}
	if f.Claim.Certifiable() && c.Run.Steps*(1+len(c.Run.More)) <= certifyPasses {
		for _, k := range candidates(f.Claim, c, work) {
			if _, err := Certify(f.Claim, k); err == nil {
				f.Confirmed++
				return
			}
		}
	}
	f.Undecided++
}

// certifySmallest tries the smallest violating run of any size where no smaller one was
// confirmed: a verdict must not hang on the size of the runs that were drawn.
func (f *Finding) certifySmallest() {
	if f.Claim.Kind != claim.Training || !f.Claim.Certifiable() || f.Witness == nil || f.Confirmed > 0 {
		return
	}
	if _, err := f.Certificate(); err == nil {
		f.Confirmed++
	}
}

// Score rates a case for a climb: the logarithm of the largest ratio, -Inf where the
// case says nothing.
func Score(c *claim.Claim, on *gen.Case) float64 {
	lo, hi, why := measure.Case(c.Kind, on)
	return (&views{lo, hi, why}).score(c)
}

// CheckInBig is the claim's Check with every moment computed in math/big: what
// that leaves uncertain, the rounding of the formulas of package bounds does. A run
// is checked by its enclosure alone: its second opinion is a certificate.
func CheckInBig(c *claim.Claim, on *gen.Case) claim.Result {
	if c.Kind == claim.Training {
		lo, hi, why := measure.Case(c.Kind, on)
		if why != claim.Valid {
			return claim.Result{Reason: why}
		}
		return c.Check(lo, hi)
	}
	return (&secondOpinion{kind: c.Kind, c: on}).check(c)
}

// secondOpinion is a case in math/big, computed when first asked for, and once
// more at morePrec bits when measure.BigPrec leave a claim open.
type secondOpinion struct {
	kind claim.Kind
	c    *gen.Case
	work float64 // that making it small may take
	at   map[uint]*opinion
}

type opinion struct {
	lo, hi *claim.View
	why    claim.Reason
}

// morePrec decides what cancels to nearly nothing: a mean that is 0 beside a
// fourth moment of 1e-126.
const morePrec = 4 * measure.BigPrec

func (s *secondOpinion) check(c *claim.Claim) (r claim.Result) {
	for _, prec := range []uint{measure.BigPrec, morePrec} {
		o := s.in(prec)
		if o.why != claim.Valid {
			return claim.Result{Reason: o.why}
		}
		if r = c.Check(o.lo, o.hi); r.Reason != claim.Valid || r.Answer != claim.Uncertain {
			return r
		}
	}
	return r
}

func (s *secondOpinion) in(prec uint) *opinion {
	if s.at == nil {
		s.at = map[uint]*opinion{}
	}
	if s.at[prec] == nil {
		o := new(opinion)
		o.lo, o.hi, o.why = measure.InBig(s.kind, s.c, prec)
		s.at[prec] = o
	}
	return s.at[prec]
}

package props

import (
	"errors"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/bigpass"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// exactPrec is the precision in bits of the second opinion, and exactError the
// relative error of its moments, which are rounded to float64 at the end.
const (
	exactPrec  = 320
	exactError = 0x1p-50
)

// exactLeaves caps the outcomes of a case that is repeated in math/big.
const exactLeaves = 1 << 12

// CheckExactly is Check with every moment computed in math/big at exactPrec
// bits: the pass is repeated for every outcome with the perturbations that the
// laws gave in float64, which are numbers like any others. What math/big leaves
// uncertain, the rounding of the formulas of package bounds does.
//
// A run is checked by its enclosure alone: its second opinion is a certificate.
func CheckExactly(claim *Claim, c *gen.Case) Result {
	if claim.Kind == Training {
		lo, hi, why := views(Training, c)
		if why != Valid {
			return Result{Reason: why}
		}
		return claim.Check(lo, hi)
	}
	return (&secondOpinion{kind: claim.Kind, c: c}).check(claim)
}

// secondOpinion is a case in math/big, computed when first asked for, and once
// more at morePrec bits when exactPrec leave a claim open.
type secondOpinion struct {
	kind Kind
	c    *gen.Case
	at   map[uint]*opinion
}

type opinion struct {
	lo, hi *View
	why    Reason
}

// morePrec decides what cancels to nearly nothing: a mean that is 0 beside a
// fourth moment of 1e-126.
const morePrec = 4 * exactPrec

func (s *secondOpinion) check(claim *Claim) (r Result) {
	for _, prec := range []uint{exactPrec, morePrec} {
		o := s.in(prec)
		if o.why != Valid {
			return Result{Reason: o.why}
		}
		if r = claim.Check(o.lo, o.hi); r.Reason != Valid || r.Answer != Uncertain {
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
		s.at[prec] = s.compute(prec)
	}
	return s.at[prec]
}

func (s *secondOpinion) compute(prec uint) *opinion {
	o := new(opinion)
	o.lo, o.hi, o.why = views(s.kind, s.c)
	if o.why != Valid || s.kind == Linear { // integers: float64 was exact
		return o
	}
	p, err := s.c.Build()
	if err == nil {
		o.lo, o.hi, o.why, err = exactViews(s.kind, p, prec)
	}
	if err != nil {
		panic(fmt.Sprintf("props: a case that was valid no longer is: %v", err))
	}
	return o
}

// errUnderflow says that the product of a leaf's probabilities is 0 in float64.
var errUnderflow = errors.New("props: the probability of a leaf underflows")

func exactViews(kind Kind, p *gen.Pass, prec uint) (lo, hi *View, why Reason, err error) {
	f, err := Measure(p)
	if err != nil {
		return nil, nil, Overflow, nil
	}
	var leaves []expect.Leaf
	err = expect.Enumerate(p.Chain, p.X, p.W, &p.Plan, 0, func(l *expect.Leaf, _ *core.State) error {
		if len(leaves) == exactLeaves {
			return &expect.TooManyLeaves{AtLeast: exactLeaves + 1, Cap: exactLeaves}
		}
		if l.P == 0 {
			return errUnderflow
		}
		leaves = append(leaves, expect.Leaf{
			P: l.P, Path: append([]int(nil), l.Path...), Delta: clone(l.Delta), Eps: clone(l.Eps),
		})
		return nil
	})
	switch {
	case errors.Is(err, errUnderflow):
		return nil, nil, Underflow, nil
	case err != nil:
		return nil, nil, TooLarge, nil
	}
	ev, err := bigpass.NewEvaluator(p.Chain.Specs(), prec)
	if err != nil {
		return nil, nil, Valid, err
	}
	m, v0, err := ev.Moments(p.X, p.W, leaves)
	if err != nil {
		return nil, nil, Valid, err
	}
	// The same error recursion, with the unit of the larger precision.
	scale := math.Ldexp(1, 53+bigpass.Guard-int(prec))
	errs := f.Errors
	for _, l := range [][]float64{errs.Y, errs.V, errs.U} {
		for i := range l {
			l[i] *= scale
		}
	}
	f.enclose(f.Lo.K, v0, m, errs, exactError, scale)
	if kind == Nodes {
		nodes, err := ev.JacobianNodes(p.X, p.W, leaves)
		if err != nil {
			return nil, nil, Valid, err
		}
		f.encloseNodes(nodes, scale, exactError)
	}
	f.Lo.Exact, f.Hi.Exact = true, true
	return &f.Lo, &f.Hi, Valid, nil
}

func clone(a [][]float64) [][]float64 {
	b := make([][]float64, len(a))
	for k, v := range a {
		if v != nil {
			b[k] = append([]float64{}, v...)
		}
	}
	return b
}

package measure

import (
	"errors"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/bigpass"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// BigPrec is the precision in bits of the second opinion, and bigError the relative
// error of its moments, which are rounded to float64 at the end.
const (
	BigPrec  = 320
	bigError = 0x1p-50
)

// bigLeaves caps the outcomes of a case that is repeated in math/big.
const bigLeaves = 1 << 12

// errUnderflow says that the product of a leaf's probabilities is 0 in float64.
var errUnderflow = errors.New("measure: the probability of a leaf underflows")

// InBig is Case with every moment computed in math/big at prec bits: the pass is
// repeated for every outcome with the perturbations that the laws gave in float64,
// which are numbers like any others. A run, and a linear network, is Case. It panics
// on a case that Case panics on.
func InBig(kind claim.Kind, c *gen.Case, prec uint) (lo, hi *claim.View, why claim.Reason) {
	if kind == claim.Training || kind == claim.Linear {
		return Case(kind, c)
	}
	p, err := c.Build()
	if err != nil {
		panic(fmt.Sprintf("measure: an invalid case: %v", err))
	}
	lo, hi, why, err = passInBig(kind, p, prec)
	if err != nil {
		panic(fmt.Sprintf("measure: a case that was valid no longer is: %v", err))
	}
	setWidth(c, lo, hi)
	return lo, hi, why
}

func passInBig(kind claim.Kind, p *gen.Pass, prec uint) (lo, hi *claim.View, why claim.Reason, err error) {
	step, err := NewEvaluator(p.Chain).Measure(p)
	if err != nil {
		return nil, nil, rejection(err), nil
	}
	var leaves []expect.Leaf
	err = expect.Enumerate(p.Chain, p.X, p.W, &p.Plan, 0, func(l *expect.Leaf, _ *core.State) error {
		if len(leaves) == bigLeaves {
			return &expect.TooManyLeaves{AtLeast: bigLeaves + 1, Cap: bigLeaves}
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
		return nil, nil, claim.Underflow, nil
	case err != nil:
		return nil, nil, claim.TooLarge, nil
	}
	ev, err := bigpass.NewEvaluator(p.Chain.Specs(), prec)
	if err != nil {
		return nil, nil, claim.Valid, err
	}
	// The chain and the leaves fit: what is refused from here on is a number that is not
	// finite in float64, or beyond the exponents of math/big.
	m, v0, err := ev.Moments(p.X, p.W, leaves)
	if err != nil {
		return nil, nil, claim.Overflow, nil
	}
	// The same error recursion, with the unit of the larger precision.
	scale := math.Ldexp(1, 53+bigpass.Guard-int(prec))
	errs := step.Errors
	for _, l := range [][]float64{errs.Y, errs.V, errs.U} {
		for i := range l {
			l[i] *= scale
		}
	}
	step.enclose(step.Lo.K, v0, m, errs, bigError, scale)
	if kind == claim.Nodes {
		nodes, err := ev.JacobianNodes(p.X, p.W, leaves)
		if err != nil {
			return nil, nil, claim.Overflow, nil
		}
		step.encloseNodes(nodes, scale, bigError)
	}
	step.Lo.Big, step.Hi.Big = true, true
	return &step.Lo, &step.Hi, claim.Valid, nil
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

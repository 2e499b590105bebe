package search

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// Certify turns a case that violates a Certifiable claim into a certificate in
// rational arithmetic, which package cert has checked. It tries constants of A3
// from round numbers down to ones that are close; an error says that the case
// has no certificate: operators that are not polynomials, laws that look at
// the state, or numbers with too many digits. Simplify first.
func Certify(cl *claim.Claim, c *gen.Case) (*cert.Certificate, error) {
	if !cl.Certifiable() {
		return nil, fmt.Errorf("search: %s: certificates are of printed claims and of steps of their proofs", cl.Name())
	}
	base, err := rationalCase(cl, c)
	if err != nil {
		return nil, err
	}
	if cl.Kind == claim.Linear {
		return base, Finish(base)
	}
	lo, _, why := measure.Case(cl.Kind, c)
	if why != claim.Valid {
		return nil, fmt.Errorf("search: the case says nothing about %s: %v", cl.Name(), why)
	}
	r := cl.Check(lo, lo)
	if cl.Span != nil {
		base.I = r.I
	}
	err = fmt.Errorf("search: no event of %s", cl.Name())
	for level := range certLevels {
		if !cl.WithoutA3 {
			base.Constants = roundConstants(lo, level)
		}
		if cl.Kind == claim.Training {
			base.Run = roundRun(cl, lo, c.Run, level)
		}
		for _, given := range events(cl, lo, base, r.I) {
			base.Given = given
			if err = Finish(base); err == nil {
				return base, nil
			}
		}
	}
	return nil, err
}

// certLevels is how often the constants of a certificate get two bits more.
const certLevels = 8

// Finish computes both sides and has the result checked; a missing text is
// supplied.
func Finish(c *cert.Certificate) error {
	if err := c.Fill(); err != nil {
		return err
	}
	if c.Text == "" {
		c.Text = "Found by search and simplified."
	}
	_, err := c.Marshal()
	return err
}

// Rational is the case as a certificate of the claim, without constants, index and sides. The
// error says why it is none.
func Rational(cl *claim.Claim, c *gen.Case) (*cert.Certificate, error) { return rationalCase(cl, c) }

// rationalCase is the case without constants and index.
func rationalCase(cl *claim.Claim, c *gen.Case) (*cert.Certificate, error) {
	if c.Run != nil && len(c.Run.More) > 0 {
		return nil, fmt.Errorf("search: a run on %d inputs, a certificate has one", 1+len(c.Run.More))
	}
	if c.Run != nil && c.Run.Reg.Kind != "" && c.Run.Reg.Kind != "none" {
		return nil, fmt.Errorf("search: regularizer %q, a certificate has none", c.Run.Reg.Kind)
	}
	out := &cert.Certificate{
		Claim: cl.ID, Form: string(cl.Form), Reading: cl.Reading.String(), X: rats(c.X),
		Delta: map[int]cert.Law{}, Eps: map[int]cert.Law{},
	}
	for i, s := range c.Chain {
		op := cert.Op{Op: s.Op, In: s.In, Out: s.Out, N: s.N}
		if !s.Polynomial() {
			return nil, fmt.Errorf("search: operator %d, %s, is not a polynomial", i+1, s)
		}
		for _, row := range s.A {
			op.A = append(op.A, rats(row))
		}
		out.Chain = append(out.Chain, op)
		out.W = append(out.W, rats(c.W[i]))
		if cl.WithoutErrors {
			continue
		}
		for _, site := range []struct {
			law  perturb.Spec
			into map[int]cert.Law
		}{{c.Delta[i], out.Delta}, {c.Eps[i], out.Eps}} {
			law, err := rationalLaw(site.law)
			if err != nil {
				return nil, fmt.Errorf("search: operator %d: %w", i+1, err)
			}
			if law != nil {
				site.into[i+1] = law
			}
		}
	}
	return out, nil
}

// rationalLaw is the law with equal outcomes joined, nil for zero.
func rationalLaw(s perturb.Spec) (cert.Law, error) {
	var law cert.Law
	add := func(p *big.Rat, d []float64) {
		for k := range law {
			if equal(law[k].D, rats(d)) {
				law[k].P = new(big.Rat).Add(law[k].P, p)
				return
			}
		}
		law = append(law, cert.Outcome{P: p, D: rats(d)})
	}
	switch s.Law {
	case "zero", "":
	case "constant":
		add(big.NewRat(1, 1), s.D)
	case "twopoint":
		p := rat(s.P)
		add(p, s.A)
		add(new(big.Rat).Sub(big.NewRat(1, 1), p), s.B)
	case "table":
		for _, o := range s.Outcomes {
			add(rat(o.P), o.D)
		}
	default:
		return nil, fmt.Errorf("law %q looks at the state", s.Law)
	}
	return law, nil
}

func rat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

func rats(v []float64) []*big.Rat {
	r := make([]*big.Rat, len(v))
	for k, x := range v {
		r[k] = rat(x)
	}
	return r
}

func equal(a, b []*big.Rat) bool {
	for k := range a {
		if a[k].Cmp(b[k]) != 0 {
			return false
		}
	}
	return true
}

// roundConstants rounds the constants of the view up to 2 level binary digits, and
// says where each comes from. Their inflation, a part in 2^26, is dropped: package
// cert checks what comes out. One that is 0 is a power of two that falls with the
// level.
func roundConstants(v *claim.View, level int) *cert.Constants {
	unit := math.Ldexp(1, -2*level)
	why := map[string]string{}
	up := func(name, what string, x float64, of func(r core.Regularity) float64) *big.Rat {
		if x <= measure.Positive {
			why[name] = what + " is 0 for every operator, so any number > 0 is a constant"
			return rat(math.Ldexp(1, -4-4*level))
		}
		out := rat(max(math.Ceil(x*(1-0x1p-24)/unit)*unit, unit))
		at := 0
		for i := 1; i < len(v.Per); i++ {
			if at == 0 || of(v.Per[i]) > of(v.Per[at]) {
				at = i
			}
		}
		why[name] = fmt.Sprintf("%s on the box of all visited states is at most %s, the largest is that of operator "+
			"%d", what, out.RatString(), at)
		return out
	}
	k := v.K
	return &cert.Constants{
		C:   up("C", "the norm of J1, J2", k.C, func(r core.Regularity) float64 { return max(r.J1, r.J2) }),
		C2:  up("C2", "the norm of grad^2_21", k.C2, func(r core.Regularity) float64 { return r.C2 }),
		Lf:  up("Lf", "the Lipschitz constant in the input", k.Lf, func(r core.Regularity) float64 { return r.Lf }),
		L1:  up("L1", "the norm of grad^2", k.L1, func(r core.Regularity) float64 { return r.L1 }),
		L2:  up("L2", "the Lipschitz constant of grad^2", k.L2, func(r core.Regularity) float64 { return r.L2 }),
		Why: why,
	}
}

// roundRun is the run with L rounded up, and mu and l* rounded down.
func roundRun(cl *claim.Claim, v *claim.View, r *gen.Run, level int) *cert.Run {
	unit := math.Ldexp(1, -2*level)
	down := func(x float64) *big.Rat { return rat(math.Floor(x*(1+0x1p-24)/unit) * unit) }
	run := &cert.Run{
		Gamma: rat(r.Gamma), Steps: r.Steps, LStar: down(v.Run.LStar),
		L: rat(math.Ceil(v.Run.S.L*(1-0x1p-24)/unit) * unit),
	}
	if cl.PL {
		run.Mu = down(v.Run.S.Mu)
	}
	return run
}

// events lists the events that a certificate of the claim may condition on: only
// Lemma 2 has some. A node does not say which outcomes it has met, so all are
// tried.
func events(cl *claim.Claim, v *claim.View, c *cert.Certificate, node int) [][]int {
	if cl.Kind != claim.Nodes {
		return [][]int{nil}
	}
	i := v.Nodes[cl.Reading][node].I
	c.I = i
	known := map[claim.Reading]int{claim.Literal: i - 1, claim.Past: i - 2, claim.Total: 0}[cl.Reading]
	list := [][]int{nil}
	for k := 1; k <= known; k++ {
		var longer [][]int
		for _, g := range list {
			for o := range max(1, len(c.Delta[k])) {
				longer = append(longer, append(append([]int(nil), g...), o))
			}
		}
		list = longer
	}
	return list
}

// Certificate is the certificate of a refuted claim, made from its smallest
// witness: simplified, rational, checked.
func (f *Finding) Certificate() (*cert.Certificate, error) {
	if f.Judged != nil {
		if f.Judged.Certificate == nil {
			return nil, fmt.Errorf("search: %s has no certificate", f.Claim.Name())
		}
		return f.Judged.Certificate, nil
	}
	var errs []error
	for _, c := range []*gen.Case{f.Witness, f.Worst} {
		if c == nil {
			continue
		}
		for _, small := range candidates(f.Claim, c, math.Inf(1)) {
			made, err := Certify(f.Claim, small)
			if err == nil {
				return made, nil
			}
			errs = append(errs, err)
		}
	}
	return nil, errors.Join(errs...)
}

// Evidence is the worst case made small within so much work, and a certificate of the claim's
// refutation from it; the error says why there is none.
func (f *Finding) Evidence(work float64) (small *gen.Case, made *cert.Certificate, err error) {
	list := candidates(f.Claim, f.Worst, work)
	for _, c := range list {
		var one error
		if made, one = Certify(f.Claim, c); one == nil {
			return list[0], made, nil
		}
		err = errors.Join(err, one)
	}
	return list[0], nil, err
}

// candidates are the forms of a case to make a certificate of, the simplest
// first. A run that moves has numbers that grow with every step; at the fixed
// point of its perturbed step it has not, and needs more steps instead. It is made small
// within so much work.
func candidates(cl *claim.Claim, c *gen.Case, work float64) []*gen.Case {
	small := SimplifyWithin(cl, c, work)
	list := []*gen.Case{small}
	if cl.Kind != claim.Training {
		return append(list, c)
	}
	still := small.Clone()
	still.Settle(true)
	roundWeights(still)
	for ; still.Run.Steps <= cert.MaxSteps; still.Run.Steps *= 2 {
		list = append(list, still.Clone())
	}
	return list
}

// ExactMoments are the moments of a case in rational arithmetic: a certificate's
// arithmetic for a claim about one step that package cert does not know. The error says
// why the case has none, as that of Certify.
func ExactMoments(cl *claim.Claim, c *gen.Case) (*cert.Moments, error) {
	if cl.Kind != claim.Step {
		return nil, fmt.Errorf("search: %s is of kind %v, exact moments are of one step", cl.Name(), cl.Kind)
	}
	base, err := rationalCase(cl, c)
	if err != nil {
		return nil, err
	}
	return cert.MomentsOf(base)
}

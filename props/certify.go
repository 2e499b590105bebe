package props

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/attack"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/expect"
	"github.com/cascade-sgd/cascade/props/gen"
)

// Certify turns a case that violates a Certifiable claim into a certificate in
// rational arithmetic, which package cert has checked. It tries constants of A3
// from round numbers down to ones that are close; an error says that the case
// has no certificate: operators that are not polynomials, laws that look at
// the state, or numbers with too many digits. Simplify first.
func Certify(claim *Claim, c *gen.Case) (*cert.Certificate, error) {
	if !claim.Certifiable() {
		return nil, fmt.Errorf("props: %s: certificates are of printed claims and of steps of their proofs", claim.Name())
	}
	base, err := rationalCase(claim, c)
	if err != nil {
		return nil, err
	}
	if claim.Kind == Linear {
		return base, finish(base)
	}
	lo, _, why := views(claim.Kind, c)
	if why != Valid {
		return nil, fmt.Errorf("props: the case says nothing about %s: %v", claim.Name(), why)
	}
	r := claim.Check(lo, lo)
	if claim.Span != nil {
		base.I = r.I
	}
	err = fmt.Errorf("props: no event of %s", claim.Name())
	for level := range certLevels {
		if claim.ID != "eq41" { // it speaks of no constant of A3
			base.Constants = roundConstants(lo, level)
		}
		if claim.Kind == Training {
			base.Run = roundRun(claim, lo, c.Run, level)
		}
		for _, given := range events(claim, lo, base, r.I) {
			base.Given = given
			if err = finish(base); err == nil {
				return base, nil
			}
		}
	}
	return nil, err
}

// certLevels is how often the constants of a certificate get two bits more.
const certLevels = 8

// finish computes both sides and has the result checked; a missing text is
// supplied.
func finish(c *cert.Certificate) error {
	if err := c.Fill(); err != nil {
		return err
	}
	if c.Text == "" {
		c.Text = "Found by search and simplified."
	}
	_, err := c.Marshal()
	return err
}

// rationalCase is the case without constants and index.
func rationalCase(claim *Claim, c *gen.Case) (*cert.Certificate, error) {
	if c.Run != nil && len(c.Run.More) > 0 {
		return nil, fmt.Errorf("props: a run on %d inputs, a certificate has one", 1+len(c.Run.More))
	}
	if c.Run != nil && c.Run.Reg.Kind != "" && c.Run.Reg.Kind != "none" {
		return nil, fmt.Errorf("props: regularizer %q, a certificate has none", c.Run.Reg.Kind)
	}
	out := &cert.Certificate{Claim: claim.ID, Form: string(claim.Form), Reading: claim.Reading, X: rats(c.X), Delta: map[int]cert.Law{}, Eps: map[int]cert.Law{}}
	for i, s := range c.Chain {
		op := cert.Op{Op: s.Op, In: s.In, Out: s.Out, N: s.N}
		switch s.Op {
		case "affine", "linear", "bias", "scale", "square", "halfsq", "bilinear":
		case "fixed":
			for _, row := range s.A {
				op.A = append(op.A, rats(row))
			}
		default:
			return nil, fmt.Errorf("props: operator %d, %s, is not a polynomial", i+1, s)
		}
		out.Chain = append(out.Chain, op)
		out.W = append(out.W, rats(c.W[i]))
		if claim.ID == "eq6a" {
			continue // it compares without errors
		}
		for _, site := range []struct {
			law  perturb.Spec
			into map[int]cert.Law
		}{{c.Delta[i], out.Delta}, {c.Eps[i], out.Eps}} {
			law, err := rationalLaw(site.law)
			if err != nil {
				return nil, fmt.Errorf("props: operator %d: %w", i+1, err)
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
func roundConstants(v *View, level int) *cert.Constants {
	unit := math.Ldexp(1, -2*level)
	why := map[string]string{}
	up := func(name, what string, x float64, of func(r core.Regularity) float64) *big.Rat {
		if x <= positive {
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
		why[name] = fmt.Sprintf("%s on the box of all visited states is at most %s, the largest is that of operator %d", what, out.RatString(), at)
		return out
	}
	k := v.K
	return &cert.Constants{
		C:  up("C", "the norm of J1, J2", k.C, func(r core.Regularity) float64 { return max(r.J1, r.J2) }),
		C2: up("C2", "the norm of grad^2_21", k.C2, func(r core.Regularity) float64 { return r.C2 }),
		Lf: up("Lf", "the Lipschitz constant in the input", k.Lf, func(r core.Regularity) float64 { return r.Lf }),
		L1: up("L1", "the norm of grad^2", k.L1, func(r core.Regularity) float64 { return r.L1 }),
		L2: up("L2", "the Lipschitz constant of grad^2", k.L2, func(r core.Regularity) float64 { return r.L2 }), Why: why,
	}
}

// roundRun is the run with L rounded up, and mu and l* rounded down.
func roundRun(claim *Claim, v *View, r *gen.Run, level int) *cert.Run {
	unit := math.Ldexp(1, -2*level)
	down := func(x float64) *big.Rat { return rat(math.Floor(x*(1+0x1p-24)/unit) * unit) }
	run := &cert.Run{
		Gamma: rat(r.Gamma), Steps: r.Steps, LStar: down(v.Run.LStar),
		L: rat(math.Ceil(v.Run.S.L*(1-0x1p-24)/unit) * unit),
	}
	if claim.PL {
		run.Mu = down(v.Run.S.Mu)
	}
	return run
}

// certifyEq48 is the certificate that the sum of (48) exceeds K times its bound for every
// K, at T = 4^q with a q for each K.
func certifyEq48() (*cert.Certificate, error) {
	c := &cert.Certificate{Claim: "eq48sum", Series: &cert.Series{Total: 2, Terms: 1, From: 4, Ln2: big.NewRat(7, 10)}}
	c.Text = "T = 4^q and n = 2^q: the last n terms are at least 1/2 each, so the sum is at least 2^q/2 where the bound is K ln T/T, " +
		"which is at most K/2^{q+1}. Their ratio is at least 4^q = T, so that for every K a power of 4 above K refutes it. " +
		"(About (T/ln T)^2 in truth: the sum is q(1-q^T)/(1-q) with q = 1 - ln T/T.)"
	return c, finish(c)
}

// events lists the events that a certificate of the claim may condition on: only
// Lemma 2 has some. A node does not say which outcomes it has met, so all are
// tried.
func events(claim *Claim, v *View, c *cert.Certificate, node int) [][]int {
	if claim.Kind != Nodes {
		return [][]int{nil}
	}
	for r := range v.Nodes {
		if expect.Reading(r).String() != claim.Reading {
			continue
		}
		i := v.Nodes[r][node].I
		c.I = i
		known := map[string]int{"literal": i - 1, "past": i - 2, "total": 0}[claim.Reading]
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
	panic("props: no reading " + claim.Reading)
}

// Certificate is the certificate of a refuted claim, made from its smallest
// witness: simplified, rational, checked.
func (f *Finding) Certificate() (*cert.Certificate, error) {
	if f.Own != nil {
		if f.Own.Certificate == nil {
			return nil, fmt.Errorf("props: %s has no certificate", f.Claim.Name())
		}
		return f.Own.Certificate, nil
	}
	var errs []error
	for _, c := range []*gen.Case{f.Witness, f.Worst} {
		if c == nil {
			continue
		}
		for _, small := range candidates(f.Claim, c) {
			made, err := Certify(f.Claim, small)
			if err == nil {
				return made, nil
			}
			errs = append(errs, err)
		}
	}
	return nil, errors.Join(errs...)
}

// candidates are the forms of a case to make a certificate of, the simplest
// first. A run that moves has numbers that grow with every step; at the fixed
// point of its perturbed step it has not, and needs more steps instead.
func candidates(claim *Claim, c *gen.Case) []*gen.Case {
	small := Simplify(claim, c)
	list := []*gen.Case{small}
	if claim.Kind != Training {
		return append(list, c)
	}
	still := attack.Clone(small)
	still.Settle(true)
	roundWeights(still)
	for ; still.Run.Steps <= cert.MaxSteps; still.Run.Steps *= 2 {
		list = append(list, attack.Clone(still))
	}
	return list
}

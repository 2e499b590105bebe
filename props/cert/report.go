package cert

import (
	"fmt"
	"math/big"
	"strings"
)

// Report is a certificate that holds: every step was recomputed in exact
// arithmetic, and the claim as printed is false. Its String shows the arithmetic.
type Report struct {
	Certificate *Certificate
	Eq          string   // number of the claim in the paper
	Statement   string   // the claim in plain notation
	Steps       []string // what was checked, in words
	Left, Right []Term   // both sides, term by term; none where the sides are matrices
	Definitions []Definition
	LHS, RHS    Value  // recomputed; equal to those of the certificate
	Verdict     string // Refuted

	m     *model
	sides *sides // nil where there is no constant of A3
}

// Refuted is the verdict of every report that Check returns.
const Refuted = "refuted"

// Check replays a certificate. A nil error means that its content is
// consistent, its constants hold, and it refutes its claim; otherwise the error
// is a *Refusal that names the place and the reason.
func Check(data []byte) (*Report, error) {
	c, err := Parse(data)
	if err != nil {
		return nil, err
	}
	r, err := evaluate(c)
	if err != nil {
		return nil, err
	}
	if err := r.stated(); err != nil {
		return nil, err
	}
	if why := c.claim().allows(r.LHS, r.RHS); why != "" {
		return nil, refuse("", "left side %s, right side %s: %s, %s is not refuted", cut(r.LHS), cut(r.RHS), why,
			c.Claim)
	}
	r.step("both sides are as stated, and the left is not what the claim allows")
	r.Verdict = Refuted
	return r, nil
}

// stated refuses sides that are not those of the certificate.
func (r *Report) stated() error {
	c := r.Certificate
	for _, side := range []struct {
		place            string
		stated, computed Value
	}{{"lhs", c.LHS, r.LHS}, {"rhs", c.RHS, r.RHS}} {
		if !side.stated.equal(side.computed) {
			return refuse(side.place, "stated as %s, computed as %s", cut(side.stated), cut(side.computed))
		}
	}
	return nil
}

// allows says why sides l and r do not refute the claim, "" when they do: a bound by
// l > r, an equation by any difference, a bound with a constant that is not given by what
// no constant bounds.
func (c *claim) allows(l, r Value) string {
	switch {
	case c.matrices != nil:
		if l.equal(r) {
			return "they are equal"
		}
	case c.unbounded && l.Num.Cmp(num(1)) < 0:
		return "no error is at least 1"
	case c.unbounded && r.Num.Sign() != 0:
		return "a constant may be between them"
	case l.Num.Cmp(r.Num) <= 0:
		return "left <= right"
	}
	return ""
}

// evaluate computes a parsed certificate: passes, constants, both sides.
func evaluate(c *Certificate) (*Report, error) {
	cl := c.claim()
	r := &Report{Certificate: c, Eq: cl.eq, Statement: cl.statement}
	if cl.series {
		return r, c.Series.evaluate(r)
	}
	m, err := newModel(c)
	if err != nil {
		return nil, err
	}
	r.m = m
	r.step("all laws have distinct outcomes of positive probability, summing to 1")
	r.step("passes (4) and (5) computed for %s", plural(len(m.leaves), "joint outcome"))
	if cl.matrices != nil {
		r.LHS.Rows, r.RHS.Rows = cl.matrices(m, c.X)
		r.step("both matrices formed, %s and %s", sizeOf(r.LHS.Rows), sizeOf(r.RHS.Rows))
		return r, nil
	}
	s := &sides{model: m, r: reading(c.Reading)}
	if cl.run {
		if s.t, err = m.train(c.Run, c.X); err != nil {
			return nil, err
		}
		known := "L and l*"
		if cl.pl {
			known = "L, l* and mu"
		}
		r.step("F is quadratic in the weights; %s hold for it, and 0 < g <= 1/(3L)", known)
		r.step("%s of (5d) run", plural(c.Run.Steps, "step"))
	}
	if !cl.bare {
		if err := c.Constants.check(m); err != nil {
			return nil, err
		}
		r.step("C, C2, Lf, L1, L2 are positive and hold for every operator on the box of all visited states")
		s.Constants = *c.Constants
		r.sides = s
	}
	if cl.event {
		s.g = m.event(c.Given)
		r.step("conditioned on %s", event(c.Given))
	}
	r.Left, r.Right = cl.left(s, c.I), cl.right(s, c.I)
	r.Definitions = s.defined
	r.LHS.Num, r.RHS.Num = sumOf(r.Left), sumOf(r.Right)
	if cl.first != nil {
		r.compareFirst(cl.first(s, c.I))
	}
	return r, nil
}

// event is the group of leaves that begin with the given outcomes.
func (m *model) event(given []int) *group {
	k := 0
	for s, o := range given {
		k = k*len(m.sites[s]) + o
	}
	return &m.groups(len(given))[k]
}

func event(given []int) string {
	if len(given) == 0 {
		return "x alone"
	}
	parts := make([]string, len(given))
	for k, o := range given {
		parts[k] = fmt.Sprintf("outcome %d of delta_%d", o, k+1)
	}
	return strings.Join(parts, ", ")
}

// compareFirst says whether the chain of inequalities fails from end to end.
func (r *Report) compareFirst(first []Term) {
	word, value := "not above", sumOf(first)
	if value.Cmp(r.RHS.Num) > 0 {
		word = "above"
	}
	names := make([]string, len(first))
	for k, t := range first {
		names[k] = t.Name()
	}
	r.step("the line begins with %s = %s, %s the right side as well", strings.Join(names, " + "),
		approximately(value), word)
}

// Hinge is a constant of A3 that may be any number > 0 for the operators of a
// certificate, and that the right side grows with.
type Hinge struct {
	Constant string
	From     *big.Rat // the claim holds from here on, all else equal; nil: up to 2^64 it does not
}

// Hinges lists the free constants that the refutation rests on. From is too large by at
// most one part in 2^24.
func (r *Report) Hinges() []Hinge {
	if r.sides == nil {
		return nil
	}
	const doublings, halvings = 64, 24
	var hinges []Hinge
	for _, name := range r.m.free() {
		low := *r.Certificate.Constants.byName(name)
		high := mul(2, low)
		if left, right := r.with(name, high); left.Cmp(r.LHS.Num) != 0 || right.Cmp(r.RHS.Num) <= 0 {
			continue
		}
		for k := 0; k < doublings && r.refutedWith(name, high); k++ {
			low, high = high, mul(2, high)
		}
		if r.refutedWith(name, high) {
			hinges = append(hinges, Hinge{name, nil})
			continue
		}
		for range halvings {
			middle := new(big.Rat).Quo(add(low, high), num(2))
			if r.refutedWith(name, middle) {
				low = middle
			} else {
				high = middle
			}
		}
		hinges = append(hinges, Hinge{name, high})
	}
	return hinges
}

// with is both sides with another value of one constant.
func (r *Report) with(name string, value *big.Rat) (left, right *big.Rat) {
	s := *r.sides
	s.defined = nil
	*s.Constants.byName(name) = value
	cl := r.Certificate.claim()
	return sumOf(cl.left(&s, r.Certificate.I)), sumOf(cl.right(&s, r.Certificate.I))
}

func (r *Report) refutedWith(name string, value *big.Rat) bool {
	left, right := r.with(name, value)
	return r.Certificate.claim().allows(Value{Num: left}, Value{Num: right}) == ""
}

func (r *Report) step(format string, args ...any) {
	r.Steps = append(r.Steps, fmt.Sprintf(format, args...))
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func sizeOf(a [][]*big.Rat) string { return fmt.Sprintf("%d x %d", len(a), len(a[0])) }

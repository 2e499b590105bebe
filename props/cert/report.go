package cert

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// Report is a certificate that holds: every step was recomputed in exact
// arithmetic, and the claim as printed is false.
type Report struct {
	Certificate *Certificate
	Eq          string   // number of the claim in the paper
	Statement   string   // the claim in plain notation
	Steps       []string // what was checked, in words
	Left, Right []Term   // both sides, term by term; none where the sides are matrices
	Definitions []Definition
	LHS, RHS    Value  // recomputed; equal to those of the certificate
	Verdict     string // Refuted

	m *model
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
	for _, side := range []struct {
		place            string
		stated, computed Value
	}{{"lhs", c.LHS, r.LHS}, {"rhs", c.RHS, r.RHS}} {
		if !side.stated.equal(side.computed) {
			return nil, refuse(side.place, "stated as %s, computed as %s", cut(side.stated), cut(side.computed))
		}
	}
	if why := c.claim().allows(r.LHS, r.RHS); why != "" {
		return nil, refuse("", "left side %s, right side %s: %s, %s is not refuted", cut(r.LHS), cut(r.RHS), why, c.Claim)
	}
	r.step("both sides are as stated, and the left is not what the claim allows")
	r.Verdict = Refuted
	return r, nil
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
		r.step("F is quadratic in the weights; L, l* and mu hold for it, and 0 < g <= 1/(3L)")
		r.step("%s of (5d) run", plural(c.Run.Steps, "step"))
	}
	if !cl.bare {
		if err := c.Constants.check(m); err != nil {
			return nil, err
		}
		r.step("C, C2, Lf, L1, L2 are positive and hold for every operator on the box of all visited states")
		s.Constants = *c.Constants
	}
	if c.Claim == "lemma2" {
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
	r.step("the line begins with %s = %s, %s the right side as well", strings.Join(names, " + "), value.RatString(), word)
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

// String tells a human what the certificate shows and how it was checked.
func (r *Report) String() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	c := r.Certificate
	where := ""
	if c.Reading != "" {
		where += ", " + c.Reading + " reading"
	}
	if c.I > 0 {
		where += fmt.Sprintf(", at i = %d", c.I)
	}
	what, so := "as printed", "the claim as printed is false"
	if c.form() == derived {
		what, so = "a step of its derivation", "the step does not hold"
	}
	line("claim", "%s, %s of arXiv:2602.20646v1, %s%s", c.Claim, r.Eq, what, where)
	line("says", "%s", r.Statement)
	line("text", "%s", c.Text)
	if c.Series != nil {
		r.seriesLines(line)
	} else {
		r.inputs(line)
		r.outcomes(line)
	}
	if c.Run != nil {
		r.runLines(line)
	}
	if k := c.Constants; k != nil {
		for _, name := range constantNames {
			line(name, "%-8s %s", (*k.byName(name)).RatString(), k.Why[name])
		}
	}
	line("left", "%s", shown(r.LHS))
	line("right", "%s", shown(r.RHS))
	for k, s := range r.Steps {
		line(fmt.Sprintf("step %d", k+1), "%s", s)
	}
	relation := ">"
	if r.LHS.Rows != nil {
		relation = "is not"
	}
	line(r.Verdict, "%s %s %s, so %s", r.LHS, relation, r.RHS, so)
	return b.String()
}

func (r *Report) inputs(line func(name, format string, args ...any)) {
	c := r.Certificate
	ops := make([]string, len(c.Chain))
	for k, o := range c.Chain {
		ops[k] = o.String()
	}
	line("chain", "N = %d: %s", len(ops), strings.Join(ops, ", "))
	line("x", "%s", vector(c.X))
	for k, w := range c.W {
		if len(w) > 0 {
			line(fmt.Sprintf("w_%d", k+1), "%s", vector(w))
		}
	}
	for _, site := range []struct {
		name string
		laws map[int]Law
	}{{"delta", c.Delta}, {"eps", c.Eps}} {
		for _, i := range slices.Sorted(maps.Keys(site.laws)) {
			var outcomes []string
			for _, o := range site.laws[i] {
				outcomes = append(outcomes, fmt.Sprintf("%s with probability %s", vector(o.D), o.P.RatString()))
			}
			line(fmt.Sprintf("%s_%d", site.name, i), "%s", strings.Join(outcomes, ", "))
		}
	}
}

// maxShown is the number of outcomes that a report lists.
const maxShown = 8

func (r *Report) outcomes(line func(name, format string, args ...any)) {
	line("exact", "y = %s, v = %s, u = %s", states(r.m.exact.y), states(r.m.exact.v), states(r.m.exact.u))
	for k, l := range r.m.leaves {
		if k == maxShown {
			line("", "and %d more", len(r.m.leaves)-maxShown)
			break
		}
		line("outcome", "p = %s: Y = %s, V = %s, U = %s", l.p.RatString(), states(l.y), states(l.v), states(l.u))
	}
}

// states lists v[1], v[2], ...
func states(v [][]*big.Rat) string {
	s := make([]string, len(v)-1)
	for k, x := range v[1:] {
		s[k] = vector(x)
	}
	return strings.Join(s, " ")
}

// decimals is the precision of shown.
const decimals = 6

// approximately is x itself when it is short, else six digits of it.
func approximately(x *big.Rat) string {
	const short = 24
	if s := x.RatString(); len(s) <= short {
		return s
	}
	f := new(big.Float).SetRat(x)
	return "about " + f.Text('g', decimals)
}

// shown is v as a fraction and, unless it is an integer, as a decimal.
func shown(v Value) string {
	if v.Rows != nil || v.Num.IsInt() {
		return v.String()
	}
	d := v.Num.FloatString(decimals)
	if x, ok := new(big.Rat).SetString(d); ok && x.Cmp(v.Num) == 0 {
		return fmt.Sprintf("%s = %s", v, strings.TrimRight(d, "0"))
	}
	return fmt.Sprintf("%s, about %s", v, d)
}

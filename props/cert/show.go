package cert

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// lines collects the lines of a report.
type lines struct{ strings.Builder }

func (l *lines) line(name, format string, args ...any) {
	fmt.Fprintf(&l.Builder, "%-9s %s\n", name, fmt.Sprintf(format, args...))
}

// String tells a human what the certificate shows, how it was checked, and the
// arithmetic of both sides.
func (r *Report) String() string {
	b, c := new(lines), r.Certificate
	where := ""
	if c.Reading != "" {
		where += ", " + c.Reading + " reading"
	}
	if c.I > 0 {
		where += fmt.Sprintf(", at i = %d", c.I)
	}
	of := r.Eq + " of arXiv:2602.20646v1"
	if r.Eq != "" && r.Eq[0] >= '1' && r.Eq[0] <= '9' { // a number alone is that of a section
		of = "section " + of
	}
	what, so := "as printed", "the claim as printed is false"
	switch c.form() {
	case derived:
		what, so = "a step of its derivation", "the step does not hold"
	case conjectured:
		of, what, so = "on what "+of+" leaves open", "a conjecture", "the conjecture is false"
	}
	b.line("claim", "%s, %s, %s%s", c.Claim, of, what, where)
	b.line("says", "%s", r.Statement)
	if c.Series != nil {
		r.seriesLines(b.line)
	} else {
		r.inputs(b.line)
		r.outcomes(b.line)
	}
	if c.Run != nil {
		r.runLines(b.line)
	}
	r.arithmetic(b)
	for k, s := range r.Steps {
		b.line(fmt.Sprintf("step %d", k+1), "%s", s)
	}
	b.line(r.Verdict, "%s, so %s", c.claim().relation(r.LHS, r.RHS), so)
	r.words(b)
	return b.String()
}

// relation is what the two sides are to each other in a refutation.
func (c *claim) relation(l, r Value) string {
	switch {
	case c.matrices != nil:
		return fmt.Sprintf("%s is not %s", l, r)
	case c.unbounded:
		return fmt.Sprintf("%s >= 1 and %s = 0", l, r)
	}
	return fmt.Sprintf("%s > %s", l, r)
}

// arithmetic shows the constants, the coefficients and the terms of both sides.
func (r *Report) arithmetic(b *lines) {
	if k := r.Certificate.Constants; k != nil {
		var parts []string
		for _, name := range constantNames {
			parts = append(parts, name+" = "+(*k.byName(name)).RatString())
		}
		b.line("A3", "%s", strings.Join(parts, ", "))
		if free := r.m.free(); len(free) > 0 {
			b.line("", "any number > 0 is a constant for %s: what it bounds is 0", strings.Join(free, ", "))
		}
	}
	for k, d := range r.Definitions {
		name := ""
		if k == 0 {
			name = "with"
		}
		b.line(name, "%s = %s = %s", d.Name, d.Formula, approximately(d.Value))
	}
	r.side(b, "left", r.LHS, r.Left)
	r.side(b, "right", r.RHS, r.Right)
	for _, h := range r.Hinges() {
		if h.From == nil {
			b.line("hinge", "%s may grow to 2^64 times what it is, and the claim still fails", h.Constant)
			continue
		}
		from := new(big.Float).SetRat(h.From).Text('g', decimals)
		b.line("hinge", "the claim would hold from %s = %s on, all else equal", h.Constant, from)
	}
}

// side shows a sum term by term.
func (r *Report) side(b *lines, name string, total Value, terms []Term) {
	b.line(name, "%s", shown(total))
	for k, t := range terms {
		if k == maxTerms {
			b.line("", "and %d terms more, together %s", len(terms)-k, approximately(sumOf(terms[k:])))
			break
		}
		sign := "  "
		if k > 0 {
			sign = "+ "
		}
		product := ""
		if len(t) > 1 {
			values := make([]string, len(t))
			for k, f := range t {
				values[k] = approximately(f.Value)
			}
			product = " = " + strings.Join(values, " * ")
		}
		b.line("", "%s%s%s = %s", sign, t.Name(), product, approximately(t.Value()))
	}
}

// maxTerms is the number of terms of a side that a report lists: all but those of runs
// of many steps.
const maxTerms = 64

// words are those of the certificate's author.
func (r *Report) words(b *lines) {
	c := r.Certificate
	b.WriteString("\n")
	b.line("words", "what the author of the certificate says; nobody has checked it")
	b.line("text", "%s", c.Text)
	if c.Constants == nil {
		return
	}
	for _, name := range constantNames {
		b.line(name, "%s", c.Constants.Why[name])
	}
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
	}{{"delta", c.Delta}, {"eps", c.Eps}, {"zeta", c.Zeta}} {
		for _, i := range slices.Sorted(maps.Keys(site.laws)) {
			var outcomes []string
			for _, o := range site.laws[i] {
				outcomes = append(outcomes, fmt.Sprintf("%s with probability %s", vector(o.D), o.P.RatString()))
			}
			line(fmt.Sprintf("%s_%d", site.name, i), "%s", strings.Join(outcomes, ", "))
		}
	}
	if len(c.Zeta) > 1 {
		how := "each is drawn alone, independent of the others"
		if c.claim().together {
			how = "all are drawn at once: their first outcomes come together, their second ones, and so on"
		}
		line("zeta", "%s", how)
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
		read := ""
		if len(r.Certificate.Zeta) > 0 {
			read = "zeta = " + states(l.zeta) + ", "
		}
		line("outcome", "p = %s: %sY = %s, V = %s, U = %s", l.p.RatString(), read, states(l.y), states(l.v), states(l.u))
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

package cert

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// fileJSON is a certificate file. What may be left out, or is there for some claims
// only, is nil when it is.
type fileJSON struct {
	Version   *int                  `json:"version"`
	Claim     *string               `json:"claim"`
	Eq        *string               `json:"eq"`
	Form      *string               `json:"form"`
	Reading   *string               `json:"reading"`
	At        *atJSON               `json:"at"`
	Chain     []opJSON              `json:"chain"`
	X         []string              `json:"x"`
	W         [][]string            `json:"w"`
	Delta     map[int][]outcomeJSON `json:"delta"`
	Eps       map[int][]outcomeJSON `json:"eps"`
	Zeta      map[int][]outcomeJSON `json:"zeta"`
	Constants *constantsJSON        `json:"constants"`
	Run       *runJSON              `json:"run"`
	Series    *seriesJSON           `json:"series"`
	LHS       json.RawMessage       `json:"lhs"` // a number, or rows
	RHS       json.RawMessage       `json:"rhs"`
	Text      *string               `json:"text"`
	N         *int                  `json:"n"`
}

type atJSON struct {
	I     *int  `json:"i"`
	Given []int `json:"given,omitempty"`
}

type opJSON struct {
	Op  string     `json:"op"`
	In  *int       `json:"in,omitempty"`
	Out *int       `json:"out,omitempty"`
	N   *int       `json:"n,omitempty"`
	A   [][]string `json:"a,omitempty"`
}

type outcomeJSON struct {
	P *string  `json:"p"`
	D []string `json:"d"`
}

type constantsJSON struct {
	C, C2, Lf, L1, L2 *string
	Why               *whyJSON `json:"why"`
}

func (c *constantsJSON) byName(name string) **string {
	return map[string]**string{"C": &c.C, "C2": &c.C2, "Lf": &c.Lf, "L1": &c.L1, "L2": &c.L2}[name]
}

// whyJSON has the words on each constant, sorted by name.
type whyJSON struct{ C, C2, L1, L2, Lf *string }

func (w *whyJSON) byName(name string) **string {
	return map[string]**string{"C": &w.C, "C2": &w.C2, "Lf": &w.Lf, "L1": &w.L1, "L2": &w.L2}[name]
}

// parser turns the file into a Certificate. Its first refusal stays; after it
// every method returns a zero value.
type parser struct{ err error }

func (p *parser) fail(place, format string, args ...any) {
	if p.err == nil {
		p.err = refuse(place, format, args...)
	}
}

// read is strict.Unmarshal of a value at place.
func (p *parser) read(place string, data []byte, v any) {
	var e *strict.Error
	if err := strict.Unmarshal(data, v); errors.As(err, &e) && place == "" {
		p.fail(e.Path, "line %d, column %d: %s", e.Line, e.Column, e.Reason)
	} else if err != nil {
		p.fail(place+e.Path, "%s", e.Reason)
	}
}

// missing refuses a field that is not there.
func (p *parser) missing(place string, missing bool) bool {
	if missing {
		p.fail(place, "missing")
	}
	return missing
}

// superfluous refuses a field that is there.
func (p *parser) superfluous(place string, there bool, format string, args ...any) {
	if there {
		p.fail(place, format+", leave it out", args...)
	}
}

// length refuses a list with a wrong number of entries.
func (p *parser) length(place string, n, lo, hi int) bool {
	if n < lo || n > hi {
		p.fail(place, "%d entries, want %s", n, span(lo, hi))
		return false
	}
	return true
}

// word is a string that names something.
func (p *parser) word(place string, s *string) string {
	if p.missing(place, s == nil) {
		return ""
	}
	return *s
}

// words are what a person says. They are plain ASCII, so that none steers a terminal
// or looks like what it is not.
func (p *parser) words(place string, s *string) string {
	if p.missing(place, s == nil) {
		return ""
	}
	if len(*s) > MaxText {
		p.fail(place, "%d bytes, at most %d", len(*s), MaxText)
		return ""
	}
	if at := strings.IndexFunc(*s, func(c rune) bool { return c < ' ' || c > '~' }); at >= 0 {
		p.fail(place, "%+q at byte %d, want printable ASCII", []rune((*s)[at:])[0], at)
	}
	return *s
}

func (p *parser) integer(place string, k *int, lo, hi int) int {
	if p.missing(place, k == nil) {
		return lo
	}
	if *k < lo || *k > hi {
		p.fail(place, "is %d, want %s", *k, span(lo, hi))
		return lo
	}
	return *k
}

func (p *parser) rat(place string, s *string, digits int) *big.Rat {
	if p.missing(place, s == nil) {
		return new(big.Rat)
	}
	x, err := parseRat(*s, digits)
	if err != nil {
		p.fail(place, "%s %v", strict.Quote(*s), err)
		return new(big.Rat)
	}
	return x
}

// parseRat reads "-12" or "-12/5" in lowest terms and nothing else: each number has one
// spelling, and no exponent makes a short string a huge number.
func parseRat(s string, digits int) (*big.Rat, error) {
	over, under, quotient := strings.Cut(strings.TrimPrefix(s, "-"), "/")
	switch {
	case !allDigits(over) || quotient && !allDigits(under):
		return nil, fmt.Errorf("is not of the form p or p/q")
	case len(over) > digits || len(under) > digits:
		return nil, fmt.Errorf("has more than %d digits", digits)
	case quotient && strings.Trim(under, "0") == "":
		return nil, fmt.Errorf("has denominator 0")
	}
	x, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, fmt.Errorf("is not a number")
	}
	if lowest := x.RatString(); lowest != s {
		return nil, fmt.Errorf("is not in lowest terms, want %s", strict.Quote(lowest))
	}
	return x, nil
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (p *parser) vector(place string, v []string, lo, hi int) []*big.Rat {
	if p.missing(place, v == nil) || !p.length(place, len(v), lo, hi) {
		return nil
	}
	var r []*big.Rat
	for k := range v {
		r = append(r, p.rat(fmt.Sprintf("%s[%d]", place, k), &v[k], MaxDigits))
	}
	return r
}

func (p *parser) matrix(place string, v [][]string) [][]*big.Rat {
	if p.missing(place, v == nil) || !p.length(place, len(v), 1, MaxWidth) {
		return nil
	}
	var a [][]*big.Rat
	lo, hi := 1, MaxWidth
	for k, row := range v {
		a = append(a, p.vector(fmt.Sprintf("%s[%d]", place, k), row, lo, hi))
		lo, hi = len(a[0]), len(a[0])
	}
	return a
}

func span(lo, hi int) string {
	if lo == hi {
		return strconv.Itoa(lo)
	}
	return fmt.Sprintf("%d..%d", lo, hi)
}

// Parse reads a certificate and checks all that needs no evaluation: form,
// caps, shapes, probabilities. The error is a *Refusal.
func Parse(data []byte) (*Certificate, error) {
	p, f := new(parser), new(fileJSON)
	if len(data) > MaxBytes {
		return nil, refuse("", "%d bytes, at most %d", len(data), MaxBytes)
	}
	if p.read("", data, f); p.err != nil {
		return nil, p.err
	}
	p.integer("version", f.Version, Version, Version)
	c := &Certificate{Claim: p.word("claim", f.Claim), Form: p.word("form", f.Form), Text: p.words("text", f.Text)}
	if p.err != nil {
		return nil, p.err
	}
	cl := p.claim(c, f)
	if p.err != nil {
		return nil, p.err
	}
	if cl.series {
		p.series(c, f)
	} else {
		p.oneCase(c, cl, f)
	}
	if p.err != nil {
		return nil, p.err
	}
	return c, nil
}

// claim finds what c is about.
func (p *parser) claim(c *Certificate, f *fileJSON) *claim {
	cl, form := claims[c.Claim], printed
	if cl == nil {
		cl, form = conjectures[c.Claim], conjectured
	}
	if cl == nil {
		p.fail("claim", "unknown claim %s", strict.Quote(c.Claim))
		return nil
	}
	if eq := p.word("eq", f.Eq); eq != cl.eq {
		p.fail("eq", "is %s, the number of %s is %q", strict.Quote(eq), c.Claim, cl.eq)
	}
	switch step := derivations[c.Claim]; {
	case c.Form == derived && step != nil:
		return step
	case c.Form != printed && step != nil:
		p.fail("form", "is %s, want %q or %q", strict.Quote(c.Form), printed, derived)
	case c.Form != form:
		p.fail("form", "is %s, want %q", strict.Quote(c.Form), form)
	}
	return cl
}

// oneCase reads a certificate that has a chain.
func (p *parser) oneCase(c *Certificate, cl *claim, f *fileJSON) {
	p.superfluous("series", f.Series != nil, "%s is not about a series", c.Claim)
	p.chain(c, f)
	if p.err != nil {
		return
	}
	p.reading(c, cl, f.Reading)
	p.at(c, cl, f.At)
	c.Delta = p.laws("delta", f.Delta, 1, len(c.Chain), func(i int) int { return shape(c.Chain[i-1]).out })
	c.Eps = p.laws("eps", f.Eps, 2, len(c.Chain), func(i int) int { return shape(c.Chain[i-1]).in })
	p.superfluous("zeta", f.Zeta != nil && !cl.saved, "the passes of %s read Y_{i-1}", c.Claim)
	c.Zeta = p.laws("zeta", f.Zeta, 1, len(c.Chain), func(i int) int { return shape(c.Chain[i-1]).in })
	p.sidesOf(c, cl, f)
	p.run(c, cl, f.Run)
	p.whole(c, cl)
}

// shape is the operator of o without its polynomials.
func shape(o Op) (s struct{ in, out, nw int }) {
	switch o.Op {
	case "affine":
		s.in, s.out, s.nw = o.In, o.Out, (o.In+1)*o.Out
	case "linear":
		s.in, s.out, s.nw = o.In, o.Out, o.In*o.Out
	case "fixed":
		s.in, s.out = len(o.A[0]), len(o.A)
	case "halfsq":
		s.in, s.out = o.N, 1
	case "bilinear":
		s.in, s.out, s.nw = o.N, 1, o.N
	case "square":
		s.in, s.out = o.N, o.N
	default:
		s.in, s.out, s.nw = o.N, o.N, o.N
	}
	return s
}

func (p *parser) chain(c *Certificate, f *fileJSON) {
	if p.missing("chain", f.Chain == nil) || !p.length("chain", len(f.Chain), 2, MaxN) {
		return
	}
	for k, op := range f.Chain {
		c.Chain = append(c.Chain, p.op(fmt.Sprintf("chain[%d]", k), op))
	}
	n := len(c.Chain)
	p.integer("n", f.N, n, n)
	if p.missing("w", f.W == nil) || !p.length("w", len(f.W), n, n) || p.err != nil {
		return
	}
	width := shape(c.Chain[0]).in
	c.X = p.vector("x", f.X, width, width)
	for k, op := range c.Chain {
		s := shape(op)
		if s.in != width {
			p.fail(fmt.Sprintf("chain[%d]", k), "%v takes width %d, the state before it has %d", op, s.in, width)
		}
		c.W = append(c.W, p.vector(fmt.Sprintf("w[%d]", k), f.W[k], s.nw, s.nw))
		width = s.out
	}
	if width != 1 {
		p.fail(fmt.Sprintf("chain[%d]", n-1), "%v has width d_N = %d, want 1", c.Chain[n-1], width)
	}
}

func (p *parser) op(place string, o opJSON) (op Op) {
	op.Op = o.Op
	var fields []string
	switch op.Op {
	case "affine", "linear":
		fields = []string{"in", "out"}
		op.In = p.integer(place+".in", o.In, 1, MaxWidth)
		op.Out = p.integer(place+".out", o.Out, 1, MaxWidth)
	case "fixed":
		fields = []string{"a"}
		op.A = p.matrix(place+".a", o.A)
	case "bias", "scale", "square", "halfsq", "bilinear":
		fields = []string{"n"}
		op.N = p.integer(place+".n", o.N, 1, MaxWidth)
	default:
		p.fail(place+".op", "unknown operator %s", strict.Quote(op.Op))
	}
	for _, field := range []struct {
		name  string
		there bool
	}{{"in", o.In != nil}, {"out", o.Out != nil}, {"n", o.N != nil}, {"a", o.A != nil}} {
		if !slices.Contains(fields, field.name) {
			p.superfluous(place+"."+field.name, field.there, "%s has no such field", op.Op)
		}
	}
	return op
}

func (p *parser) reading(c *Certificate, cl *claim, s *string) {
	if !cl.biased {
		p.superfluous("reading", s != nil, "%s has no conditional expectation", c.Claim)
		return
	}
	c.Reading = p.word("reading", s)
	switch reading(c.Reading) {
	case literal, past, total:
	default:
		p.fail("reading", "is %s, want literal, past or total", strict.Quote(c.Reading))
	}
}

func (p *parser) at(c *Certificate, cl *claim, at *atJSON) {
	if cl.span == nil {
		p.superfluous("at", at != nil, "%s has no index", c.Claim)
		return
	}
	if p.missing("at", at == nil) {
		return
	}
	lo, hi := cl.span(len(c.Chain))
	c.I = p.integer("at.i", at.I, lo, hi)
	if !cl.event {
		p.superfluous("at.given", at.Given != nil, "%s is about no event", c.Claim)
		return
	}
	known := reading(c.Reading).ofY(c.I - 1)
	if at.Given == nil && known == 0 {
		return
	}
	if p.missing("at.given", at.Given == nil) || !p.length("at.given", len(at.Given), known, known) {
		return
	}
	for k := range at.Given {
		c.Given = append(c.Given, p.integer(fmt.Sprintf("at.given[%d]", k), &at.Given[k], 0, MaxOutcomes-1))
	}
}

// laws reads the sites lo..hi of field name; a missing field has none.
func (p *parser) laws(name string, sites map[int][]outcomeJSON, lo, hi int, width func(i int) int) map[int]Law {
	laws := map[int]Law{}
	for _, i := range slices.Sorted(maps.Keys(sites)) {
		place := fmt.Sprintf("%s.%d", name, i)
		if i < lo || i > hi {
			p.fail(place, "no such site, want %s", span(lo, hi))
			continue
		}
		laws[i] = p.law(place, sites[i], width(i))
	}
	return laws
}

func (p *parser) law(place string, outcomes []outcomeJSON, width int) Law {
	if !p.length(place, len(outcomes), 1, MaxOutcomes) {
		return nil
	}
	var law Law
	seen := map[string]int{}
	sum := new(big.Rat)
	for k, o := range outcomes {
		at := fmt.Sprintf("%s[%d]", place, k)
		out := Outcome{P: p.rat(at+".p", o.P, MaxDigits), D: p.vector(at+".d", o.D, width, width)}
		if out.P.Sign() <= 0 {
			p.fail(at+".p", "probability %s, want > 0", out.P.RatString())
		}
		sum.Add(sum, out.P)
		if first, twice := seen[vector(out.D)]; twice {
			p.fail(at+".d", "is the outcome %d again", first)
		}
		seen[vector(out.D)] = k
		law = append(law, out)
	}
	if p.err == nil && sum.Cmp(num(1)) != 0 {
		p.fail(place, "the probabilities sum to %s", sum.RatString())
	}
	return law
}

// sidesOf reads the constants and both sides.
func (p *parser) sidesOf(c *Certificate, cl *claim, f *fileJSON) {
	if cl.bare {
		p.superfluous("constants", f.Constants != nil, "%s needs none", c.Claim)
	} else if !p.missing("constants", f.Constants == nil) {
		c.Constants = p.constants(f.Constants)
	}
	c.LHS, c.RHS = p.value("lhs", f.LHS, cl), p.value("rhs", f.RHS, cl)
}

func (p *parser) constants(f *constantsJSON) *Constants {
	k := &Constants{Why: map[string]string{}}
	for _, name := range constantNames {
		*k.byName(name) = p.rat("constants."+name, *f.byName(name), MaxDigits)
	}
	if p.missing("constants.why", f.Why == nil) {
		return nil
	}
	for _, name := range constantNames {
		place := "constants.why." + name
		k.Why[name] = p.words(place, *f.Why.byName(name))
		if strings.TrimSpace(k.Why[name]) == "" {
			p.fail(place, "empty, want words on why %s holds", name)
		}
	}
	return k
}

func (p *parser) value(place string, data json.RawMessage, cl *claim) Value {
	if p.missing(place, data == nil) {
		return Value{}
	}
	if cl.matrices == nil {
		var s string
		p.read(place, data, &s)
		return Value{Num: p.rat(place, &s, MaxSideDigits)}
	}
	var rows [][]string
	p.read(place, data, &rows)
	return Value{Rows: p.matrix(place, rows)}
}

// whole checks what concerns more than one field.
func (p *parser) whole(c *Certificate, cl *claim) {
	if p.err != nil {
		return
	}
	if cl.saved {
		p.saved(c, cl)
	}
	leaves := 1
	for _, laws := range []map[int]Law{c.Delta, c.Eps} {
		for _, l := range laws {
			leaves *= len(l)
		}
	}
	for _, l := range c.Zeta {
		leaves *= len(l)
		if cl.together {
			break // one draw for all
		}
	}
	if leaves > MaxLeaves {
		p.fail("", "%d joint outcomes, at most %d", leaves, MaxLeaves)
	}
	for k, g := range c.Given {
		if outcomes := max(1, len(c.Delta[k+1])); g >= outcomes {
			p.fail(fmt.Sprintf("at.given[%d]", k), "is %d, delta_%d has the outcomes 0..%d", g, k+1, outcomes-1)
		}
	}
	if bits := c.commonDenominator().BitLen(); bits > MaxDenominator {
		p.fail("", "the common denominator of all numbers has %d bits, at most %d", bits, MaxDenominator)
	}
	if cl.matrices != nil {
		p.linear(c, cl)
	}
}

// saved checks the setting of sa5, sa6 and sa7: an exact forward pass, eps and zeta of mean
// 0, and where the claim draws zeta together, laws that can be.
func (p *parser) saved(c *Certificate, cl *claim) {
	p.superfluous("delta", len(c.Delta) > 0, "the forward pass of %s is exact", c.Claim)
	for _, field := range []struct {
		name string
		laws map[int]Law
	}{{"eps", c.Eps}, {"zeta", c.Zeta}} {
		for _, i := range slices.Sorted(maps.Keys(field.laws)) {
			if mean := field.laws[i].mean(); !isZero(mean) {
				p.fail(fmt.Sprintf("%s.%d", field.name, i), "has the mean %s, %s wants 0", vector(mean), c.Claim)
			}
		}
	}
	if !cl.together {
		return
	}
	for k, o := range c.Chain {
		if o.Op == "bilinear" {
			p.fail(fmt.Sprintf("chain[%d]", k), "%v, whose J2 is not affine in the input", o)
		}
	}
	sites := slices.Sorted(maps.Keys(c.Zeta))
	for _, i := range sites {
		if !slices.EqualFunc(c.Zeta[i], c.Zeta[sites[0]], func(a, b Outcome) bool { return a.P.Cmp(b.P) == 0 }) {
			p.fail(fmt.Sprintf("zeta.%d", i), "has other probabilities than zeta.%d, with which it is drawn", sites[0])
		}
	}
}

// mean is E d.
func (l Law) mean() []*big.Rat {
	m := zeros(len(l[0].D))
	for _, o := range l {
		for k, d := range o.D {
			m[k].Add(m[k], mul(1, o.P, d))
		}
	}
	return m
}

func isZero(v []*big.Rat) bool {
	return !slices.ContainsFunc(v, func(x *big.Rat) bool { return x.Sign() != 0 })
}

// linear checks the setting of (6): linear operators, delta = 0, eps certain.
func (p *parser) linear(c *Certificate, cl *claim) {
	for k, o := range c.Chain {
		if o.Op != "linear" {
			p.fail(fmt.Sprintf("chain[%d]", k), "%v, (6) is about linear networks", o)
		}
	}
	p.superfluous("delta", len(c.Delta) > 0, "(6) has delta = 0")
	for _, i := range slices.Sorted(maps.Keys(c.Eps)) {
		place := fmt.Sprintf("eps.%d", i)
		switch {
		case len(c.Eps[i]) > 1:
			p.fail(place, "%d outcomes, (6) has one", len(c.Eps[i]))
		case cl.noErrors:
			p.fail(place, "%s compares without errors, leave it out", c.Claim)
		case cl.lastEps && i != len(c.Chain):
			p.fail(place, "%s is about eps_%d alone", c.Claim, len(c.Chain))
		}
	}
}

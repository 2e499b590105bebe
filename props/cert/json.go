package cert

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Caps on a certificate. A counterexample that a reader can follow is far below
// them; they keep Check within about a second and a few megabytes. With one common
// denominator for all numbers, sums over outcomes cannot grow without bound.
const (
	MaxBytes       = 1 << 16 // of the file
	MaxN           = 6       // operators
	MaxWidth       = 4       // of a state
	MaxOutcomes    = 8       // of one law
	MaxLeaves      = 256     // joint outcomes of all laws
	MaxDigits      = 20      // of a numerator or denominator, or of a decimal
	MaxDenominator = 64      // bits of the least common denominator of all numbers
	MaxStateBits   = 512     // of a numerator or denominator of a state
	MaxSideDigits  = 10000   // of a numerator or denominator of a side
	MaxText        = 2000    // bytes of "text" and of each "why"
	maxDepth       = 8       // nesting of the JSON
)

// Certificate is the content of a certificate file; see the package comment.
// The version, equation number and n follow from it.
type Certificate struct {
	Claim     string       // id, such as "eq14b"
	Form      string       // printed or derivation; empty: printed
	Reading   string       // literal, past or total, for claims with conditional expectations
	I         int          // index, for claims that have one
	Given     []int        // lemma2: the outcomes, from 0, of delta_1, delta_2, ... that are known
	Chain     []Op         // N >= 2 operators, d_N = 1
	X         []*big.Rat   // input
	W         [][]*big.Rat // weights of each operator
	Delta     map[int]Law  // by 1..N
	Eps       map[int]Law  // by 2..N
	Constants *Constants   // nil for eq6a, eq6b, eq6c and eq41, which need none
	LHS, RHS  Value
	Text      string  // what it shows, in plain words
	Run       *Run    // eq41, thm4, thm5
	Series    *Series // eq48sum, which has no chain and all that belongs to one
}

// Law is a finite law: outcomes that differ, with probabilities > 0 that sum to 1.
type Law []Outcome

// Outcome is the value D with probability P.
type Outcome struct {
	P *big.Rat
	D []*big.Rat
}

// Value is a side of a claim: a number, or rows for an equation of matrices.
type Value struct {
	Num  *big.Rat
	Rows [][]*big.Rat
}

// String is the exact value, as "p/q" or "[[p/q ...] ...]".
func (v Value) String() string {
	if v.Rows == nil {
		return v.Num.RatString()
	}
	rows := make([]string, len(v.Rows))
	for k, r := range v.Rows {
		rows[k] = vector(r)
	}
	return "[" + strings.Join(rows, " ") + "]"
}

func (v Value) equal(o Value) bool { return v.String() == o.String() }

// Refusal says what in a certificate is not as it must be.
type Refusal struct {
	Place  string // such as "delta.1[0].p"; empty for the whole file
	Reason string
}

// Error implements error. It is printable, whatever keys the file has.
func (r *Refusal) Error() string {
	s := "cert: " + r.Reason
	if r.Place != "" {
		s = "cert: " + r.Place + ": " + r.Reason
	}
	return strings.Map(func(c rune) rune {
		if unprintable(c) {
			return utf8.RuneError
		}
		return c
	}, s)
}

func refuse(place, format string, args ...any) error {
	return &Refusal{place, fmt.Sprintf(format, args...)}
}

// object is a JSON object without duplicate keys.
type object map[string]any

// tree reads one JSON value into object, []any, string, json.Number, bool or nil.
func tree(data []byte) (any, error) {
	switch {
	case len(data) > MaxBytes:
		return nil, refuse("", "%d bytes, at most %d", len(data), MaxBytes)
	case !utf8.Valid(data):
		return nil, refuse("", "not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readValue(d, "", 0)
	if err != nil {
		return nil, err
	}
	if t, err := d.Token(); err != io.EOF {
		return nil, refuse("", "more data after the certificate: %.20q %v", fmt.Sprint(t), err)
	}
	return v, nil
}

func readValue(d *json.Decoder, place string, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, refuse(place, "byte %d: %v", d.InputOffset(), err)
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return t, nil
	}
	if depth == maxDepth {
		return nil, refuse(place, "nested deeper than %d", maxDepth)
	}
	var o object
	var list []any
	if delim == '{' {
		o, err = readObject(d, place, depth)
	} else {
		list, err = readList(d, place, depth)
	}
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != nil { // the closing delimiter
		return nil, refuse(place, "byte %d: %v", d.InputOffset(), err)
	}
	if o != nil {
		return o, nil
	}
	return list, nil
}

func readObject(d *json.Decoder, place string, depth int) (object, error) {
	o := object{}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return nil, refuse(place, "byte %d: want a key, have %v %v", d.InputOffset(), t, err)
		}
		if _, twice := o[key]; twice {
			return nil, refuse(place, "key %.40q twice", key)
		}
		if o[key], err = readValue(d, inside(place, key), depth+1); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func readList(d *json.Decoder, place string, depth int) ([]any, error) {
	list := []any{}
	for d.More() {
		v, err := readValue(d, fmt.Sprintf("%s[%d]", place, len(list)), depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func inside(place, key string) string {
	if len(key) > 40 {
		key = key[:40]
	}
	if place == "" {
		return key
	}
	return place + "." + key
}

// parser turns the tree into a Certificate. Its first refusal stays; after it
// every method returns a zero value.
type parser struct{ err error }

func (p *parser) fail(place, format string, args ...any) {
	if p.err == nil {
		p.err = refuse(place, format, args...)
	}
}

// object returns v as an object with no keys but those allowed.
func (p *parser) object(place string, v any, allowed ...string) object {
	o, ok := v.(object)
	if !ok {
		p.fail(place, "%s, want an object", kind(v))
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if !slices.Contains(allowed, key) {
			p.fail(inside(place, key), "unknown field")
		}
	}
	return o
}

func (p *parser) list(place string, v any, lo, hi int) []any {
	l, ok := v.([]any)
	switch {
	case !ok:
		p.fail(place, "%s, want a list", kind(v))
		return nil
	case len(l) < lo || len(l) > hi:
		p.fail(place, "%d entries, want %s", len(l), span(lo, hi))
		return nil
	}
	return l
}

func (p *parser) text(place string, v any) string {
	s, ok := v.(string)
	if !ok {
		p.fail(place, "%s, want a string", kind(v))
	}
	if len(s) > MaxText {
		p.fail(place, "%d bytes, at most %d", len(s), MaxText)
		return ""
	}
	if at := strings.IndexFunc(s, unprintable); at >= 0 {
		p.fail(place, "%+q at byte %d cannot be printed", []rune(s[at:])[0], at)
	}
	return s
}

// unprintable keeps what steers a terminal out of what is shown.
func unprintable(r rune) bool { return !unicode.IsPrint(r) }

func (p *parser) integer(place string, v any, lo, hi int) int {
	s, ok := v.(json.Number)
	if !ok {
		p.fail(place, "%s, want an integer", kind(v))
		return lo
	}
	k, err := strconv.Atoi(s.String())
	if err != nil || k < lo || k > hi {
		p.fail(place, "is %.40s, want %s", s, span(lo, hi))
		return lo
	}
	return k
}

func (p *parser) rat(place string, v any, digits int) *big.Rat {
	s, ok := v.(string)
	if !ok {
		p.fail(place, "%s, want a number in a string", kind(v))
		return new(big.Rat)
	}
	x, err := parseRat(s, digits)
	if err != nil {
		p.fail(place, "%.40q %v", s, err)
		return new(big.Rat)
	}
	return x
}

// parseRat reads "-12", "-12/5" or "-2.4" and nothing else: no exponent, which
// would make a short string a huge number.
func parseRat(s string, digits int) (*big.Rat, error) {
	a, rest, quotient := strings.Cut(strings.TrimPrefix(s, "-"), "/")
	whole, fraction, decimal := strings.Cut(a, ".")
	switch {
	case !allDigits(whole) || (decimal && !allDigits(fraction)) || (quotient && (decimal || !allDigits(rest))):
		return nil, fmt.Errorf("is not of the form p, p/q or decimal")
	case len(whole)+len(fraction) > digits || len(rest) > digits:
		return nil, fmt.Errorf("has more than %d digits", digits)
	case quotient && strings.Trim(rest, "0") == "":
		return nil, fmt.Errorf("has denominator 0")
	}
	x, ok := new(big.Rat).SetString(s)
	if !ok {
		return nil, fmt.Errorf("is not a number")
	}
	return x, nil
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (p *parser) vector(place string, v any, lo, hi int) []*big.Rat {
	var r []*big.Rat
	for k, e := range p.list(place, v, lo, hi) {
		r = append(r, p.rat(fmt.Sprintf("%s[%d]", place, k), e, MaxDigits))
	}
	return r
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null or missing"
	case object:
		return "an object"
	case []any:
		return "a list"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	}
	return "a boolean"
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
	v, err := tree(data)
	if err != nil {
		return nil, err
	}
	p := new(parser)
	o := p.object("", v, "version", "claim", "eq", "form", "reading", "at", "chain", "x", "w", "delta", "eps",
		"constants", "lhs", "rhs", "text", "n", "run", "T", "terms", "K", "log")
	if p.err != nil {
		return nil, p.err
	}
	p.integer("version", o["version"], 1, 1)
	c := &Certificate{Claim: p.text("claim", o["claim"]), Form: p.text("form", o["form"]), Text: p.text("text", o["text"])}
	cl := claims[c.Claim]
	if cl == nil {
		p.fail("claim", "unknown claim %.40q", c.Claim)
		return nil, p.err
	}
	if eq := p.text("eq", o["eq"]); eq != cl.eq {
		p.fail("eq", "is %.40q, the number of %s is %q", eq, c.Claim, cl.eq)
	}
	switch step := derivations[c.Claim]; {
	case c.Form == derived && step != nil:
		cl = step
	case c.Form != printed && step != nil:
		p.fail("form", "is %.40q, want %q or %q", c.Form, printed, derived)
	case c.Form != printed:
		p.fail("form", "is %.40q, want %q", c.Form, printed)
	}
	if cl.series {
		p.series(c, o)
		if p.err != nil {
			return nil, p.err
		}
		return c, nil
	}
	for _, key := range []string{"T", "terms", "K", "log"} {
		if _, has := o[key]; has {
			p.fail(key, "%s is not about a series, leave it out", c.Claim)
		}
	}
	p.chain(c, o)
	if p.err != nil {
		return nil, p.err
	}
	p.reading(c, cl, o)
	p.at(c, cl, o)
	c.Delta = p.laws("delta", o, 1, len(c.Chain), func(i int) int { return shape(c.Chain[i-1]).out })
	c.Eps = p.laws("eps", o, 2, len(c.Chain), func(i int) int { return shape(c.Chain[i-1]).in })
	p.sidesOf(c, cl, o)
	p.run(c, cl, o)
	p.whole(c, cl)
	if p.err != nil {
		return nil, p.err
	}
	return c, nil
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

func (p *parser) chain(c *Certificate, o object) {
	for k, e := range p.list("chain", o["chain"], 2, MaxN) {
		c.Chain = append(c.Chain, p.op(fmt.Sprintf("chain[%d]", k), e))
	}
	n := len(c.Chain)
	p.integer("n", o["n"], n, n)
	ws := p.list("w", o["w"], n, n)
	if p.err != nil {
		return
	}
	width := shape(c.Chain[0]).in
	c.X = p.vector("x", o["x"], width, width)
	for k, op := range c.Chain {
		s := shape(op)
		if s.in != width {
			p.fail(fmt.Sprintf("chain[%d]", k), "%v takes width %d, the state before it has %d", op, s.in, width)
		}
		c.W = append(c.W, p.vector(fmt.Sprintf("w[%d]", k), ws[k], s.nw, s.nw))
		width = s.out
	}
	if width != 1 {
		p.fail(fmt.Sprintf("chain[%d]", n-1), "%v has width d_N = %d, want 1", c.Chain[n-1], width)
	}
}

func (p *parser) op(place string, v any) (op Op) {
	o := p.object(place, v, "op", "in", "out", "n", "a")
	op.Op = p.text(place+".op", o["op"])
	fields := []string{"op", "n"}
	switch op.Op {
	case "affine", "linear":
		fields = []string{"op", "in", "out"}
		op.In = p.integer(place+".in", o["in"], 1, MaxWidth)
		op.Out = p.integer(place+".out", o["out"], 1, MaxWidth)
	case "fixed":
		fields = []string{"op", "a"}
		op.A = p.matrix(place+".a", o["a"])
	case "bias", "scale", "square", "halfsq", "bilinear":
		op.N = p.integer(place+".n", o["n"], 1, MaxWidth)
	default:
		p.fail(place+".op", "unknown operator %.40q", op.Op)
	}
	p.object(place, v, fields...)
	return op
}

func (p *parser) matrix(place string, v any) [][]*big.Rat {
	var a [][]*big.Rat
	lo, hi := 1, MaxWidth
	for k, row := range p.list(place, v, 1, MaxWidth) {
		a = append(a, p.vector(fmt.Sprintf("%s[%d]", place, k), row, lo, hi))
		lo, hi = len(a[0]), len(a[0])
	}
	return a
}

func (p *parser) reading(c *Certificate, cl *claim, o object) {
	v, has := o["reading"]
	if !cl.biased {
		if has {
			p.fail("reading", "%s has no conditional expectation, leave it out", c.Claim)
		}
		return
	}
	c.Reading = p.text("reading", v)
	switch reading(c.Reading) {
	case literal, past, total:
	default:
		p.fail("reading", "is %.40q, want literal, past or total", c.Reading)
	}
}

func (p *parser) at(c *Certificate, cl *claim, o object) {
	v, has := o["at"]
	if cl.span == nil {
		if has {
			p.fail("at", "%s has no index, leave it out", c.Claim)
		}
		return
	}
	fields := []string{"i"}
	if c.Claim == "lemma2" {
		fields = append(fields, "given")
	}
	at := p.object("at", v, fields...)
	lo, hi := cl.span(len(c.Chain))
	c.I = p.integer("at.i", at["i"], lo, hi)
	known := reading(c.Reading).ofY(c.I - 1)
	if _, has := at["given"]; !has && (known == 0 || c.Claim != "lemma2") {
		return
	}
	for k, e := range p.list("at.given", at["given"], known, known) {
		c.Given = append(c.Given, p.integer(fmt.Sprintf("at.given[%d]", k), e, 0, MaxOutcomes-1))
	}
}

// laws reads the sites lo..hi of field name; a missing field has none.
func (p *parser) laws(name string, file object, lo, hi int, width func(i int) int) map[int]Law {
	v, has := file[name]
	if !has {
		return nil
	}
	var keys []string
	for i := lo; i <= hi; i++ {
		keys = append(keys, strconv.Itoa(i))
	}
	laws := map[int]Law{}
	o := p.object(name, v, keys...)
	for k, key := range keys {
		if law, has := o[key]; has {
			i := lo + k
			laws[i] = p.law(inside(name, key), law, width(i))
		}
	}
	return laws
}

func (p *parser) law(place string, v any, width int) Law {
	var law Law
	seen := map[string]int{}
	sum := new(big.Rat)
	for k, e := range p.list(place, v, 1, MaxOutcomes) {
		at := fmt.Sprintf("%s[%d]", place, k)
		o := p.object(at, e, "p", "d")
		out := Outcome{P: p.rat(at+".p", o["p"], MaxDigits), D: p.vector(at+".d", o["d"], width, width)}
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
func (p *parser) sidesOf(c *Certificate, cl *claim, o object) {
	v, has := o["constants"]
	switch {
	case cl.bare && has:
		p.fail("constants", "%s needs none, leave them out", c.Claim)
	case !cl.bare:
		c.Constants = p.constants(v)
	}
	c.LHS, c.RHS = p.value("lhs", o["lhs"], cl), p.value("rhs", o["rhs"], cl)
}

func (p *parser) constants(v any) *Constants {
	k := new(Constants)
	o := p.object("constants", v, append([]string{"why"}, constantNames...)...)
	for _, name := range constantNames {
		*k.byName(name) = p.rat("constants."+name, o[name], MaxDigits)
	}
	given, has := o["why"]
	if !has {
		given = object{} // so that the refusal names a constant
	}
	k.Why = map[string]string{}
	why := p.object("constants.why", given, constantNames...)
	for _, name := range constantNames {
		place := "constants.why." + name
		k.Why[name] = p.text(place, why[name])
		if strings.TrimSpace(k.Why[name]) == "" {
			p.fail(place, "empty, want words on why %s holds", name)
		}
	}
	return k
}

func (p *parser) value(place string, v any, cl *claim) Value {
	if cl.matrices == nil {
		return Value{Num: p.rat(place, v, MaxSideDigits)}
	}
	return Value{Rows: p.matrix(place, v)}
}

// whole checks what concerns more than one field.
func (p *parser) whole(c *Certificate, cl *claim) {
	if p.err != nil {
		return
	}
	leaves := 1
	for _, laws := range []map[int]Law{c.Delta, c.Eps} {
		for _, l := range laws {
			leaves *= len(l)
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
		p.linear(c)
	}
}

// linear checks the setting of (6): linear operators, delta = 0, eps certain.
func (p *parser) linear(c *Certificate) {
	for k, o := range c.Chain {
		if o.Op != "linear" {
			p.fail(fmt.Sprintf("chain[%d]", k), "%v, (6) is about linear networks", o)
		}
	}
	if len(c.Delta) > 0 {
		p.fail("delta", "(6) has delta = 0, leave it out")
	}
	for _, i := range slices.Sorted(maps.Keys(c.Eps)) {
		place := fmt.Sprintf("eps.%d", i)
		switch {
		case len(c.Eps[i]) > 1:
			p.fail(place, "%d outcomes, (6) has one", len(c.Eps[i]))
		case c.Claim == "eq6a":
			p.fail(place, "eq6a compares without errors, leave it out")
		case c.Claim == "eq6c" && i != len(c.Chain):
			p.fail(place, "eq6c is about eps_%d alone", len(c.Chain))
		}
	}
}

// commonDenominator is the least one of all numbers but the sides.
func (c *Certificate) commonDenominator() *big.Int {
	d := big.NewInt(1)
	for _, x := range c.numbers() {
		g := new(big.Int).GCD(nil, nil, d, x.Denom())
		d.Mul(d, new(big.Int).Quo(x.Denom(), g))
	}
	return d
}

func (c *Certificate) numbers() []*big.Rat {
	all := slices.Concat(append([][]*big.Rat{c.X}, c.W...)...)
	for _, o := range c.Chain {
		all = append(all, slices.Concat(o.A...)...)
	}
	for _, laws := range []map[int]Law{c.Delta, c.Eps} {
		for _, l := range laws {
			for _, o := range l {
				all = append(append(all, o.P), o.D...)
			}
		}
	}
	if c.Constants != nil {
		for _, name := range constantNames {
			all = append(all, *c.Constants.byName(name))
		}
	}
	if c.Run != nil {
		all = append(all, c.Run.numbers()...)
	}
	return all
}

// Marshal writes c in canonical form: fixed order of fields, one a line,
// fractions in lowest terms, no empty fields. It returns the error of Check when
// Check refuses the result.
func (c *Certificate) Marshal() ([]byte, error) {
	b, err := c.encode()
	if err != nil {
		return nil, err
	}
	if _, err := Check(b); err != nil {
		return nil, err
	}
	return b, nil
}

// Fill computes both sides. The error is a *Refusal when c is not a
// certificate whatever its sides, say for a constant that does not hold. It
// does not ask whether the sides refute the claim.
func (c *Certificate) Fill() error {
	d := *c
	d.LHS, d.RHS = Value{Num: num(0)}, Value{Num: num(0)}
	if cl := c.claim(); cl != nil && cl.matrices != nil {
		d.LHS, d.RHS = Value{Rows: [][]*big.Rat{zeros(1)}}, Value{Rows: [][]*big.Rat{zeros(1)}}
	}
	b, err := d.encode()
	if err != nil {
		return err
	}
	parsed, err := Parse(b)
	if err != nil {
		return err
	}
	r, err := evaluate(parsed)
	if err != nil {
		return err
	}
	c.LHS, c.RHS = r.LHS, r.RHS
	return nil
}

// claim is what c is about, nil if there is no such claim.
func (c *Certificate) claim() *claim {
	switch c.form() {
	case printed:
		return claims[c.Claim]
	case derived:
		return derivations[c.Claim]
	}
	return nil
}

func (c *Certificate) form() string { return cmp.Or(c.Form, printed) }

// name is the id, with the form of one that is not printed.
func (c *Certificate) name() string {
	if f := c.form(); f != printed {
		return c.Claim + ", " + f
	}
	return c.Claim
}

func (c *Certificate) encode() ([]byte, error) {
	cl := c.claim()
	if cl == nil {
		return nil, refuse("claim", "unknown claim %.40q", c.name())
	}
	var fields []string
	put := func(key string, v any) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil {
			panic(fmt.Sprintf("cert: %s: %v", key, err)) // strings, lists and maps of strings only
		}
		fields = append(fields, fmt.Sprintf("  %q: %s", key, bytes.TrimSpace(b.Bytes())))
	}
	put("version", 1)
	put("claim", c.Claim)
	put("eq", cl.eq)
	put("form", c.form())
	if c.Reading != "" {
		put("reading", c.Reading)
	}
	if cl.series {
		c.Series.put(put)
		put("lhs", valueJSON(c.LHS))
		put("rhs", valueJSON(c.RHS))
		put("text", c.Text)
		return joinFields(fields), nil
	}
	if cl.span != nil {
		put("at", atJSON{c.I, c.Given})
	}
	put("chain", opsJSON(c.Chain))
	put("x", stringsOf(c.X))
	put("w", rowsOf(c.W))
	if len(c.Delta) > 0 {
		put("delta", lawsJSON(c.Delta))
	}
	if len(c.Eps) > 0 {
		put("eps", lawsJSON(c.Eps))
	}
	if c.Constants != nil {
		put("constants", constantsJSON(c.Constants))
	}
	if c.Run != nil {
		put("run", c.Run.encode())
	}
	put("lhs", valueJSON(c.LHS))
	put("rhs", valueJSON(c.RHS))
	put("text", c.Text)
	put("n", len(c.Chain))
	return joinFields(fields), nil
}

func joinFields(fields []string) []byte {
	return []byte("{\n" + strings.Join(fields, ",\n") + "\n}\n")
}

type atJSON struct {
	I     int   `json:"i"`
	Given []int `json:"given,omitempty"`
}

type opJSON struct {
	Op  string     `json:"op"`
	In  int        `json:"in,omitempty"`
	Out int        `json:"out,omitempty"`
	N   int        `json:"n,omitempty"`
	A   [][]string `json:"a,omitempty"`
}

func opsJSON(ops []Op) []opJSON {
	l := make([]opJSON, len(ops))
	for k, o := range ops {
		l[k] = opJSON{o.Op, o.In, o.Out, o.N, rowsOf(o.A)}
	}
	return l
}

type outcomeJSON struct {
	P string   `json:"p"`
	D []string `json:"d"`
}

func lawsJSON(laws map[int]Law) map[int][]outcomeJSON {
	m := map[int][]outcomeJSON{}
	for i, l := range laws {
		for _, o := range l {
			m[i] = append(m[i], outcomeJSON{stringsOf([]*big.Rat{o.P})[0], stringsOf(o.D)})
		}
	}
	return m
}

func constantsJSON(k *Constants) any {
	s := func(x *big.Rat) string { return stringsOf([]*big.Rat{x})[0] }
	return struct {
		C, C2, Lf, L1, L2 string
		Why               map[string]string `json:"why"`
	}{s(k.C), s(k.C2), s(k.Lf), s(k.L1), s(k.L2), k.Why}
}

func valueJSON(v Value) any {
	if v.Rows != nil {
		return rowsOf(v.Rows)
	}
	return stringsOf([]*big.Rat{v.Num})[0]
}

func rowsOf(a [][]*big.Rat) [][]string {
	r := make([][]string, len(a))
	for k, row := range a {
		r[k] = stringsOf(row)
	}
	return r
}

func stringsOf(v []*big.Rat) []string {
	s := make([]string, len(v))
	for k, x := range v {
		if x == nil {
			panic("cert: a number of the certificate is nil")
		}
		s[k] = x.RatString()
	}
	return s
}

// vector is a list of numbers for a reader, "[1 -1/2]".
func vector(v []*big.Rat) string { return "[" + strings.Join(stringsOf(v), " ") + "]" }

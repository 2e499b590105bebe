package cert

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
)

// Marshal writes c in canonical bytes: fixed order of fields, one a line, fractions
// in lowest terms, no empty fields; see FORMAT.md. It returns the error of Check when
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

// encode writes one field a line.
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
	put("version", Version)
	put("claim", c.Claim)
	put("eq", cl.eq)
	put("form", c.form())
	if c.Reading != "" {
		put("reading", c.Reading)
	}
	if cl.span != nil {
		put("at", atJSON{&c.I, c.Given})
	}
	if cl.series {
		put("series", c.Series.encode())
	} else {
		c.putCase(put)
	}
	if c.Constants != nil {
		put("constants", c.Constants.encode())
	}
	if c.Run != nil {
		put("run", c.Run.encode())
	}
	put("lhs", valueJSON(c.LHS))
	put("rhs", valueJSON(c.RHS))
	put("text", c.Text)
	if !cl.series {
		put("n", len(c.Chain))
	}
	return []byte("{\n" + strings.Join(fields, ",\n") + "\n}\n"), nil
}

// putCase writes the chain, its arguments and the laws.
func (c *Certificate) putCase(put func(key string, v any)) {
	ops := make([]opJSON, len(c.Chain))
	for k, o := range c.Chain {
		ops[k] = o.encode()
	}
	put("chain", ops)
	put("x", stringsOf(c.X))
	put("w", rowsOf(c.W))
	if len(c.Delta) > 0 {
		put("delta", lawsJSON(c.Delta))
	}
	if len(c.Eps) > 0 {
		put("eps", lawsJSON(c.Eps))
	}
	if len(c.Zeta) > 0 {
		put("zeta", lawsJSON(c.Zeta))
	}
}

func (o Op) encode() opJSON {
	some := func(n int) *int {
		if n == 0 {
			return nil
		}
		return &n
	}
	var a [][]string
	if o.A != nil {
		a = rowsOf(o.A)
	}
	return opJSON{o.Op, some(o.In), some(o.Out), some(o.N), a}
}

func lawsJSON(laws map[int]Law) map[int][]outcomeJSON {
	m := map[int][]outcomeJSON{}
	for i, l := range laws {
		for _, o := range l {
			m[i] = append(m[i], outcomeJSON{text(o.P), stringsOf(o.D)})
		}
	}
	return m
}

func (k *Constants) encode() *constantsJSON {
	c := &constantsJSON{Why: new(whyJSON)}
	for _, name := range constantNames {
		*c.byName(name) = text(*k.byName(name))
		why := k.Why[name]
		*c.Why.byName(name) = &why
	}
	return c
}

func valueJSON(v Value) any {
	if v.Rows != nil {
		return rowsOf(v.Rows)
	}
	return text(v.Num)
}

func rowsOf(a [][]*big.Rat) [][]string {
	r := make([][]string, len(a))
	for k, row := range a {
		r[k] = stringsOf(row)
	}
	return r
}

// text is x in lowest terms.
func text(x *big.Rat) *string { return &stringsOf([]*big.Rat{x})[0] }

package cert

import (
	"fmt"
	"math/big"
)

// Series makes a certificate one about the sum of (48), which has no chain:
//
//	sum_{t<T} (1 - ln T/T)^{T-t} <= K ln T/T for every T, with one constant K
//
// To deny that takes a T for every K, so that a certificate has infinitely many T:
//
//	T = 2^{Total q},  n = 2^{Terms q},  q = From, From+1, ...
//
// Let X = Total q Ln2/T, which is ln T/T or above. What Check decides is that
//
//	ln 2 <= Ln2,  0 <= Terms < Total,  n X <= 1/2 at q = From.
//
// From q to q+1, n X is multiplied by (q+1)/q 2^{Terms-Total} <= 1, so n X <= 1/2 for
// every q. The last n of the T >= n terms are at least (1 - ln T/T)^n >= 1 - n X >= 1/2
// each (Bernoulli), so the sum is at least n/2, which is at least n^2 X: the sum over
// ln T/T is at least n^2 = (4^Terms)^q. The left side is 4^Terms and the right one 1; when
// left > right, the ratio exceeds every K for some q.
type Series struct {
	Total int      // log2 T = Total q
	Terms int      // log2 n = Terms q
	From  int      // the first q
	Ln2   *big.Rat // >= ln 2
}

// Caps on a series: 2^{MaxLog2 MaxFrom} is the largest number formed.
const (
	MaxLog2 = 8
	MaxFrom = 64
)

type seriesJSON struct {
	Total *int    `json:"total"`
	Terms *int    `json:"terms"`
	From  *int    `json:"from"`
	Ln2   *string `json:"ln2"`
}

func (p *parser) series(c *Certificate, f *fileJSON) {
	for _, field := range []struct {
		name  string
		there bool
	}{
		{"reading", f.Reading != nil}, {"at", f.At != nil}, {"chain", f.Chain != nil}, {"x", f.X != nil},
		{"w", f.W != nil}, {"delta", f.Delta != nil}, {"eps", f.Eps != nil}, {"zeta", f.Zeta != nil},
		{"constants", f.Constants != nil}, {"run", f.Run != nil}, {"n", f.N != nil},
	} {
		p.superfluous(field.name, field.there, "%s is about a series", c.Claim)
	}
	if p.missing("series", f.Series == nil) {
		return
	}
	s := &Series{Total: p.integer("series.total", f.Series.Total, 1, MaxLog2)}
	s.Terms = p.integer("series.terms", f.Series.Terms, 0, s.Total-1)
	s.From = p.integer("series.from", f.Series.From, 1, MaxFrom)
	s.Ln2 = p.rat("series.ln2", f.Series.Ln2, MaxDigits)
	c.Series = s
	c.LHS, c.RHS = p.value("lhs", f.LHS, claims[c.Claim]), p.value("rhs", f.RHS, claims[c.Claim])
}

func (s *Series) encode() seriesJSON { return seriesJSON{&s.Total, &s.Terms, &s.From, text(s.Ln2)} }

// evaluate decides what Series lists and forms both sides.
func (s *Series) evaluate(r *Report) error {
	if least := ln2Above(); s.Ln2.Cmp(least) < 0 {
		return refuse("series.ln2", "is %s, ln 2 is about %s", s.Ln2.RatString(), least.FloatString(decimals))
	}
	r.step("ln 2 <= %s, by the series of 2 atanh(1/3)", s.Ln2.RatString())
	t := powerOf2(s.Total * s.From)
	n := powerOf2(s.Terms * s.From)
	x := new(big.Rat).Quo(mul(int64(s.Total*s.From), s.Ln2), t)
	nx := mul(1, n, x)
	if mul(2, nx).Cmp(num(1)) > 0 {
		return refuse("series.from", "is %d, n ln T/T may be %s there, want at most 1/2", s.From, approximately(nx))
	}
	r.step("n ln T/T <= %s <= 1/2 at q = %d, and it falls with q", approximately(nx), s.From)
	r.LHS.Num = powerOf2(2 * s.Terms)
	r.RHS.Num = num(1)
	r.step("so the last n terms are at least 1/2 each, and the sum is at least n/2 >= n^2 ln T/T = %s^q ln T/T",
		r.LHS.Num.RatString())
	return nil
}

func powerOf2(n int) *big.Rat { return pow(num(2), n) }

// ln2Above is a bound of ln 2 = 2 atanh(1/3) = 2 sum_{k>=0} (1/3)^{2k+1}/(2k+1) from above:
// what is left out is at most its first term over 1 - 1/9.
func ln2Above() *big.Rat {
	const terms = 32
	s := new(big.Rat)
	power := big.NewRat(1, 3)
	for k := range int64(terms) {
		s.Add(s, new(big.Rat).Quo(power, num(2*k+1)))
		power.Quo(power, num(9))
	}
	rest := new(big.Rat).Quo(power, mul(2*terms+1, big.NewRat(8, 9)))
	return mul(2, add(s, rest))
}

func (r *Report) seriesLines(line func(name, format string, args ...any)) {
	s := r.Certificate.Series
	exponent := func(k int) string {
		if k == 1 {
			return "q"
		}
		return fmt.Sprintf("{%dq}", k)
	}
	line("T", "2^%s for q = %d, %d, ...", exponent(s.Total), s.From, s.From+1)
	line("n", "2^%s, the terms that are counted", exponent(s.Terms))
	line("ln 2", "at most %s", s.Ln2.RatString())
	line("left", "what the sum over ln T/T is at least the q-th power of")
	for _, k := range []int64{1000, 1_000_000_000} {
		q := s.From
		for s.Terms > 0 && powerOf2(2*s.Terms*q).Cmp(num(k)) <= 0 {
			q++
		}
		if s.Terms > 0 {
			line("example", "K = %d: T = 2^%d is enough", k, s.Total*q)
		}
	}
}

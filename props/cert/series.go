package cert

import (
	"fmt"
	"math/big"
)

// Series makes a certificate one about the sum of (48), which has no chain:
//
//	sum_{t<T} (1 - ln T/T)^{T-t} > K ln T/T
//
// for the T and the K given. The last Terms terms of the sum are at least 1 - k ln T/T,
// k = 1..Terms (Bernoulli), so the sum is at least Terms (1 - Terms Hi/T), which is
// the left side of the certificate; the right one is K Hi/T.
type Series struct {
	T, Terms int
	K        *big.Rat
	Lo, Hi   *big.Rat // Lo <= ln T <= Hi
}

// maxT caps T; the sum itself is never formed.
const maxT = 1 << 30

type logJSON struct {
	Lo *string `json:"lo"`
	Hi *string `json:"hi"`
}

func (p *parser) series(c *Certificate, f *fileJSON) {
	for _, field := range []struct {
		name  string
		there bool
	}{
		{"reading", f.Reading != nil}, {"at", f.At != nil}, {"chain", f.Chain != nil}, {"x", f.X != nil},
		{"w", f.W != nil}, {"delta", f.Delta != nil}, {"eps", f.Eps != nil}, {"constants", f.Constants != nil},
		{"run", f.Run != nil}, {"n", f.N != nil},
	} {
		p.superfluous(field.name, field.there, "%s is about a series", c.Claim)
	}
	if p.missing("log", f.Log == nil) {
		return
	}
	s := &Series{T: p.integer("T", f.T, 2, maxT), K: p.rat("K", f.K, MaxDigits)}
	s.Terms = p.integer("terms", f.Terms, 1, s.T)
	s.Lo, s.Hi = p.rat("log.lo", f.Log.Lo, MaxDigits), p.rat("log.hi", f.Log.Hi, MaxDigits)
	c.Series = s
	c.LHS, c.RHS = p.value("lhs", f.LHS, claims[c.Claim]), p.value("rhs", f.RHS, claims[c.Claim])
}

// evaluate checks the bounds of ln T and forms both sides.
func (s *Series) evaluate(r *Report) error {
	lo, hi := logarithm(s.T)
	switch {
	case s.K.Sign() <= 0:
		return refuse("K", "is %s, want > 0", s.K.RatString())
	case s.Lo.Cmp(lo) > 0 || s.Lo.Sign() <= 0:
		return refuse("log.lo", "is %s, ln %d is about %s", s.Lo.RatString(), s.T, lo.FloatString(decimals))
	case s.Hi.Cmp(hi) < 0:
		return refuse("log.hi", "is %s, ln %d is about %s", s.Hi.RatString(), s.T, hi.FloatString(decimals))
	case s.Hi.Cmp(num(int64(s.T))) > 0:
		return refuse("log.hi", "is %s, above T: the terms would change sign", s.Hi.RatString())
	}
	r.step("%s <= ln %d <= %s, by the series of atanh", s.Lo.RatString(), s.T, s.Hi.RatString())
	n, t := num(int64(s.Terms)), num(int64(s.T))
	r.LHS.Num = mul(1, n, sub(num(1), new(big.Rat).Quo(mul(1, n, s.Hi), t)))
	r.RHS.Num = new(big.Rat).Quo(mul(1, s.K, s.Hi), t)
	r.step("the last %d terms are at least 1 - %d ln T/T each, which is the left side", s.Terms, s.Terms)
	return nil
}

// logTerms of the series of atanh z, z <= 1/3, leave less than 3^-64.
const logTerms = 32

// logarithm encloses ln T = k ln 2 + ln m, T = 2^k m with 1 <= m < 2, by
// ln m = 2 atanh((m-1)/(m+1)).
func logarithm(t int) (lo, hi *big.Rat) {
	k, m := 0, big.NewRat(int64(t), 1)
	for m.Cmp(num(2)) >= 0 {
		k++
		m.Quo(m, num(2))
	}
	lo2, hi2 := atanh(big.NewRat(1, 3))
	lom, him := atanh(new(big.Rat).Quo(sub(m, num(1)), add(m, num(1))))
	return add(mul(int64(2*k), lo2), mul(2, lom)), add(mul(int64(2*k), hi2), mul(2, him))
}

// atanh encloses sum_{n>=0} z^{2n+1}/(2n+1) for 0 <= z < 1: what is left out is at
// most its first term over 1 - z^2.
func atanh(z *big.Rat) (lo, hi *big.Rat) {
	lo = new(big.Rat)
	power := new(big.Rat).Set(z)
	for n := range int64(logTerms) {
		lo.Add(lo, new(big.Rat).Quo(power, num(2*n+1)))
		power = mul(1, power, sq(z))
	}
	rest := new(big.Rat).Quo(power, mul(2*logTerms+1, sub(num(1), sq(z))))
	return lo, add(lo, rest)
}

func (s *Series) put(put func(key string, v any)) {
	put("T", s.T)
	put("terms", s.Terms)
	put("K", text(s.K))
	put("log", logJSON{text(s.Lo), text(s.Hi)})
}

func (r *Report) seriesLines(line func(name, format string, args ...any)) {
	s := r.Certificate.Series
	line("T, K", "T = %d, K = %s: the sum against K ln T/T", s.T, s.K.RatString())
	line("ln T", "%s to %s", s.Lo.RatString(), s.Hi.RatString())
	line("terms", "%s of the %d are enough", fmt.Sprint(s.Terms), s.T)
}

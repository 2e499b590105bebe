package cert

import "math/big"

func num(n int64) *big.Rat { return big.NewRat(n, 1) }

func add(xs ...*big.Rat) *big.Rat {
	s := new(big.Rat)
	for _, x := range xs {
		s.Add(s, x)
	}
	return s
}

func sub(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }

// mul is k times the product of xs.
func mul(k int64, xs ...*big.Rat) *big.Rat {
	p := new(big.Rat)
	if k == 1 && len(xs) > 0 { // a product of big.Rat looks for common divisors
		p.Set(xs[0])
		xs = xs[1:]
	} else {
		p.SetInt64(k)
	}
	for _, x := range xs {
		p.Mul(p, x)
	}
	return p
}

func sq(a *big.Rat) *big.Rat { return mul(1, a, a) }

// pow is a^n, n >= 0; a^0 is 1. Powers of numbers without a common divisor have
// none: they are formed apart, n products of big.Rat would look for one each time.
func pow(a *big.Rat, n int) *big.Rat {
	e := big.NewInt(int64(n))
	return new(big.Rat).SetFrac(new(big.Int).Exp(a.Num(), e, nil), new(big.Int).Exp(a.Denom(), e, nil))
}

// sum is f(lo) + ... + f(hi), 0 when lo > hi.
func sum(lo, hi int, f func(j int) *big.Rat) *big.Rat {
	s := new(big.Rat)
	for j := lo; j <= hi; j++ {
		s.Add(s, f(j))
	}
	return s
}

func norm2(v []*big.Rat) *big.Rat {
	s := new(big.Rat)
	for _, x := range v {
		s.Add(s, sq(x))
	}
	return s
}

func difference(a, b []*big.Rat) []*big.Rat {
	d := make([]*big.Rat, len(a))
	for k := range a {
		d[k] = sub(a[k], b[k])
	}
	return d
}

func zeros(n int) []*big.Rat {
	z := make([]*big.Rat, n)
	for k := range z {
		z[k] = new(big.Rat)
	}
	return z
}

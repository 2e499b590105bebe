package bigpass

import "math/big"

// A big.Float adds by shifting the larger number until the exponents agree: 1 + e^-x
// takes memory for 1.44 x bits, and the sum keeps it. A summand that cannot reach the
// last bit that stays is therefore not added.

// farther reports that |y| is below a quarter of a unit in the last of prec bits of x, so
// that x is what x + y and x - y round to. 0 is no number to stay with.
func farther(x, y *big.Float, prec uint) bool {
	if x.Sign() == 0 || y.Sign() == 0 || x.IsInf() || y.IsInf() {
		return false
	}
	return x.MantExp(nil)-y.MantExp(nil) > int(prec)+2
}

// sumOf is x + y, or x - y, rounded to prec bits; lost is the summand that was not added,
// nil where both were.
func sumOf(x, y *big.Float, minus bool, prec uint) (z, lost *big.Float) {
	z = new(big.Float).SetPrec(prec)
	switch {
	case farther(x, y, prec) && x.MinPrec() <= prec:
		return z.Set(x), y
	case farther(y, x, prec) && y.MinPrec() <= prec:
		if z.Set(y); minus {
			z.Neg(z)
		}
		return z, x
	case minus:
		return z.Sub(x, y), nil
	}
	return z.Add(x, y), nil
}

// summed is sumOf as a Num: what was not added is an error.
func (a *arith) summed(x, y Num, minus bool) Num {
	rad := x.rad.add(y.rad)
	z, lost := sumOf(x.mid, y.mid, minus, a.prec)
	if lost != nil {
		return Num{z, rad.add(magOf(lost))}
	}
	return a.rounded(z, rad)
}

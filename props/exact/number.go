package exact

import (
	"math"
	"math/big"
)

// arith makes numbers of one precision. Every operation is correctly rounded
// to it; exp, log and tanh are good to all but the last Guard bits.
type arith struct {
	prec uint
	wide *arith // 64 bits more, for what goes on inside exp and log
	ln2  *big.Float
}

// Guard is how many of the last bits an elementary function may get wrong, in
// units of the larger of 1 and its value: argument reduction by squarings loses
// 8 bits, the series and the Newton step a few units each.
const Guard = 16

func newArith(prec uint) *arith {
	a := &arith{prec: prec, wide: &arith{prec: prec + 64}}
	a.wide.ln2 = a.wide.log2()
	// log, which works on wide numbers, needs exp of them.
	a.wide.wide = &arith{prec: prec + 128}
	a.wide.wide.ln2 = a.wide.wide.log2()
	return a
}

func (a *arith) zero() *big.Float               { return new(big.Float).SetPrec(a.prec) }
func (a *arith) num(x float64) *big.Float       { return a.zero().SetFloat64(x) }
func (a *arith) add(x, y *big.Float) *big.Float { return a.zero().Add(x, y) }
func (a *arith) sub(x, y *big.Float) *big.Float { return a.zero().Sub(x, y) }
func (a *arith) mul(x, y *big.Float) *big.Float { return a.zero().Mul(x, y) }
func (a *arith) quo(x, y *big.Float) *big.Float { return a.zero().Quo(x, y) }

func (a *arith) nums(v []float64) []*big.Float {
	out := make([]*big.Float, len(v))
	for k, x := range v {
		out[k] = a.num(x)
	}
	return out
}

// log2 is ln 2 = 2 atanh(1/3) = 2 sum_k (1/3)^(2k+1)/(2k+1).
func (a *arith) log2() *big.Float {
	w := &arith{prec: a.prec + 32}
	sum, power := w.num(0), w.quo(w.num(1), w.num(3))
	for k := 0; ; k++ {
		term := w.quo(power, w.num(float64(2*k+1)))
		if term.MantExp(nil) < -int(w.prec) {
			break
		}
		sum = w.add(sum, term)
		power = w.quo(power, w.num(9))
	}
	return a.zero().Set(w.mul(sum, w.num(2)))
}

// reach bounds the arguments for which e^x is formed; beyond, e^x is 0 or
// counts as Inf, as it must for 2^(x/ln 2) to have an exponent.
const reach = 1e8

// exp is e^x = 2^k (e^(r/256))^256, x = k ln 2 + r.
func (a *arith) exp(x *big.Float) *big.Float {
	f, _ := x.Float64()
	switch {
	case f > reach:
		return a.zero().SetInf(false)
	case f < -reach:
		return a.num(0)
	}
	w := a.wide
	k := math.Round(f / math.Ln2)
	r := w.quo(w.sub(w.zero().Set(x), w.mul(w.num(k), w.ln2)), w.num(256))
	sum, term := w.num(1), w.num(1)
	for n := 1; ; n++ {
		term = w.quo(w.mul(term, r), w.num(float64(n)))
		if term.Sign() == 0 || term.MantExp(nil) < -int(w.prec) {
			break
		}
		sum = w.add(sum, term)
	}
	for range 8 {
		sum = w.mul(sum, sum)
	}
	return a.zero().SetMantExp(sum, int(k))
}

// log solves e^y = x, x > 0, by Halley's step y + 2 (x - e^y)/(x + e^y), which
// triples the number of good bits.
func (a *arith) log(x *big.Float) *big.Float {
	w := a.wide
	m := new(big.Float)
	e := x.MantExp(m)
	mf, _ := m.Float64()
	y := w.add(w.num(math.Log(mf)), w.mul(w.num(float64(e)), w.ln2))
	for good := uint(48); good < 3*w.prec; good *= 3 {
		ey := w.exp(y)
		y = w.add(y, w.quo(w.mul(w.num(2), w.sub(x, ey)), w.add(x, ey)))
	}
	return a.zero().Set(y)
}

// sigmoid is 1/(1+e^-x).
func (a *arith) sigmoid(x *big.Float) *big.Float {
	return a.quo(a.num(1), a.add(a.num(1), a.exp(a.sub(a.num(0), x))))
}

// tanh is (e^2x - 1)/(e^2x + 1), from the side where e^2x is at most 1.
func (a *arith) tanh(x *big.Float) *big.Float {
	one := a.num(1)
	e := a.exp(a.mul(a.num(-2), a.zero().Abs(x)))
	t := a.quo(a.sub(one, e), a.add(one, e))
	if x.Sign() < 0 {
		t.Neg(t)
	}
	return t
}

// softplus is ln(1+e^x) = max(x, 0) + ln(1+e^-|x|).
func (a *arith) softplus(x *big.Float) *big.Float {
	y := a.log(a.add(a.num(1), a.exp(a.zero().Neg(a.zero().Abs(x)))))
	if x.Sign() > 0 {
		y = a.add(y, x)
	}
	return y
}

func (a *arith) dot(x, y []*big.Float) *big.Float {
	sum := a.num(0)
	for k := range x {
		sum = a.add(sum, a.mul(x[k], y[k]))
	}
	return sum
}

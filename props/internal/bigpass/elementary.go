package bigpass

import (
	"math"
	"math/big"
)

// Guard is how many of its last bits an elementary function may get wrong:
// its relative error is at most 2^(Guard-prec). What is lost inside, at
// extraBits more, is far less: argument reduction k ln 2 with k < 2^28 loses 28
// bits, 8 doublings lose 8, a series of at most 2^13 terms 13, and 15 are left.
const (
	Guard     = 16
	extraBits = 64
)

// reachOfExp bounds the arguments for which e^x is formed. Beyond, e^-|x| counts as 0
// with the error saturated, so that exponents stay within those of a big.Float.
const reachOfExp = 1e8

// saturated bounds e^-x for x > reach/2 - 1: log2(e) > 1.
var saturated = power(1 - reachOfExp/2)

// functions evaluates functions of plain numbers at one precision.
type functions struct {
	prec uint
	ln2  *big.Float
}

func newFunctions(prec uint) *functions {
	w := &functions{prec: prec}
	w.ln2 = w.atanh2(w.quo(w.num(1), w.num(3)))
	return w
}

func (w *functions) float() *big.Float              { return new(big.Float).SetPrec(w.prec) }
func (w *functions) num(x float64) *big.Float       { return w.float().SetFloat64(x) }
func (w *functions) add(x, y *big.Float) *big.Float { z, _ := sumOf(x, y, false, w.prec); return z }
func (w *functions) sub(x, y *big.Float) *big.Float { z, _ := sumOf(x, y, true, w.prec); return z }
func (w *functions) mul(x, y *big.Float) *big.Float { return w.float().Mul(x, y) }
func (w *functions) quo(x, y *big.Float) *big.Float { return w.float().Quo(x, y) }

// small reports that term no longer counts in sum.
func (w *functions) small(term, sum *big.Float) bool {
	return term.Sign() == 0 || term.MantExp(nil) < sum.MantExp(nil)-int(w.prec)
}

// atanh2 is 2 atanh s = ln((1+s)/(1-s)) = 2 sum_k s^(2k+1)/(2k+1), |s| <= 1/3.
func (w *functions) atanh2(s *big.Float) *big.Float {
	square := w.mul(s, s)
	sum, odd := s, s
	for k := 3.0; ; k += 2 {
		odd = w.mul(odd, square)
		term := w.quo(odd, w.num(k))
		if w.small(term, sum) {
			return w.mul(w.num(2), sum)
		}
		sum = w.add(sum, term)
	}
}

// expm1Small is e^r - 1, |r| <= 1/2: the series at r/2^8, then 8 times
// e^2r - 1 = (e^r - 1)(2 + (e^r - 1)).
func (w *functions) expm1Small(r *big.Float) *big.Float {
	if r.Sign() == 0 {
		return r
	}
	t := w.float().SetMantExp(r, -8)
	sum, term := t, t
	for n := 2.0; ; n++ {
		term = w.quo(w.mul(term, t), w.num(n))
		if w.small(term, sum) {
			break
		}
		sum = w.add(sum, term)
	}
	for range 8 {
		sum = w.mul(sum, w.add(w.num(2), sum))
	}
	return sum
}

// exp is e^x = 2^k e^r, x = k ln 2 + r, and 0 for x < -reach. x <= reach.
func (w *functions) exp(x *big.Float) *big.Float {
	f, _ := x.Float64()
	if f < -reachOfExp {
		return w.num(0)
	}
	k := math.Round(f / math.Ln2)
	r := w.sub(x, w.mul(w.num(k), w.ln2))
	e := w.add(w.num(1), w.expm1Small(r))
	return e.SetMantExp(e, int(k))
}

// expm1 is e^x - 1, x <= 0.
func (w *functions) expm1(x *big.Float) *big.Float {
	if f, _ := x.Float64(); f >= -0.5 {
		return w.expm1Small(x)
	}
	return w.sub(w.exp(x), w.num(1))
}

// log1p is ln(1+z), z >= 0: for z up to 1/2 it is 2 atanh(z/(2+z)), beyond that
// e ln 2 + 2 atanh((m-1)/(m+1)) with 1+z = m 2^e, 2/3 <= m < 4/3.
func (w *functions) log1p(z *big.Float) *big.Float {
	if z.Sign() == 0 {
		return z
	}
	if z.Cmp(w.num(0.5)) <= 0 {
		return w.atanh2(w.quo(z, w.add(w.num(2), z)))
	}
	m := w.add(w.num(1), z)
	e := m.MantExp(m)
	if f, _ := m.Float64(); f < 2./3 {
		m, e = w.mul(w.num(2), m), e-1
	}
	one := w.num(1)
	l := w.mul(w.num(float64(e)), w.ln2)
	if m.Cmp(one) == 0 {
		return l
	}
	return w.add(l, w.atanh2(w.quo(w.sub(m, one), w.add(m, one))))
}

// negAbs is -|x|.
func (w *functions) negAbs(x *big.Float) *big.Float {
	m := w.float().Abs(x)
	return m.Neg(m)
}

// sigmoid is 1/(1+e^-x) = e^x/(1+e^x), each from the side where the power is at
// most 1.
func (w *functions) sigmoid(x *big.Float) *big.Float {
	e := w.exp(w.negAbs(x))
	top := w.num(1)
	if x.Sign() < 0 {
		top = e
	}
	return w.quo(top, w.add(w.num(1), e))
}

// tanh is -+ m/(2+m), m = e^(-2|x|) - 1, which keeps small results accurate.
func (w *functions) tanh(x *big.Float) *big.Float {
	m := w.expm1(w.mul(w.num(2), w.negAbs(x)))
	t := w.quo(m, w.add(w.num(2), m))
	if x.Sign() > 0 {
		t.Neg(t)
	}
	return t
}

// softplus is ln(1+e^x) = max(x, 0) + ln(1+e^-|x|).
func (w *functions) softplus(x *big.Float) *big.Float {
	y := w.log1p(w.exp(w.negAbs(x)))
	if x.Sign() > 0 {
		y = w.add(y, x)
	}
	return y
}

// of rounds v, the value of a function at the middle of x, to the precision;
// spread bounds what the error of x makes of the function.
func (a *arith) of(v *big.Float, x Num, spread mag) Num {
	z := a.float().Set(v)
	rad := magOf(z).shift(Guard - int(a.prec)).add(spread)
	if f, _ := x.mid.Float64(); math.Abs(f) > reachOfExp/2 {
		rad = rad.add(saturated)
	}
	return Num{z, rad}
}

// relative is the spread of a positive f with f' <= min(f, 1): at a distance r
// it changes by f (e^r - 1) at most, no more than 2 r f for r <= 1.
func relative(v *big.Float, r mag) mag {
	if r.atMost(power(0)) {
		return magOf(v).mul(r).shift(1)
	}
	return r
}

func (a *arith) tanh(x Num) Num { return a.of(a.fn.tanh(x.mid), x, x.rad) }

func (a *arith) sigmoid(x Num) Num {
	v := a.fn.sigmoid(x.mid)
	return a.of(v, x, relative(v, x.rad))
}

// softplus has f' = sigmoid(x) = z/(1+z) <= ln(1+z) with z = e^x.
func (a *arith) softplus(x Num) Num {
	v := a.fn.softplus(x.mid)
	return a.of(v, x, relative(v, x.rad))
}

// exp is e^x where the middle of x is at most 0.
func (a *arith) exp(x Num) Num {
	v := a.fn.exp(x.mid)
	spread := unbounded
	if x.rad.atMost(power(0)) {
		spread = relative(v, x.rad)
	}
	if x.mid.Sign() == 0 {
		return Num{a.float().Set(v), spread} // e^0 is exactly 1
	}
	return a.of(v, x, spread)
}

// log1p is ln(1+z) where the middle of z is at least 0: its slope is at most 2
// as long as z >= -1/2.
func (a *arith) log1p(z Num) Num {
	spread := z.rad.shift(1)
	if !z.rad.atMost(power(-1)) {
		spread = unbounded
	}
	v := a.float().Set(a.fn.log1p(z.mid))
	return Num{v, magOf(v).shift(Guard - int(a.prec)).add(spread)}
}

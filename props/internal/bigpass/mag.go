package bigpass

import (
	"math"
	"math/big"
)

// mag is an upper bound m 2^e of a magnitude: m = 0, m = +Inf or 1/2 <= m < 1.
// A float64 alone would not do, because errors go below 2^-1074. Every operation
// rounds up.
type mag struct {
	m float64
	e int
}

// up is more than the half unit in the last place that one float64 operation on
// normal numbers can lose.
const up = 1 + 0x1p-51

var unbounded = mag{m: math.Inf(1)}

// power is 2^e.
func power(e int) mag { return mag{0.5, e + 1} }

func normalized(m float64, e int) mag {
	f, k := math.Frexp(m)
	return mag{f, e + k}
}

// magOf bounds |x|.
func magOf(x *big.Float) mag {
	switch {
	case x.IsInf():
		return unbounded
	case x.Sign() == 0:
		return mag{}
	}
	e := x.MantExp(nil)
	if -1000 < e && e < 1000 {
		f, _ := x.Float64()
		return normalized(math.Abs(f)*up, 0)
	}
	return power(e)
}

func (a mag) add(b mag) mag {
	switch {
	case a.m == 0:
		return b
	case b.m == 0:
		return a
	case a.e < b.e:
		a, b = b, a
	}
	// What Ldexp may lose to underflow is far below what up adds.
	return normalized((a.m+math.Ldexp(b.m, max(b.e-a.e, -1000)))*up, a.e)
}

// mul is the product; 0 times +Inf is 0, since the first factor is exactly 0.
func (a mag) mul(b mag) mag {
	if a.m == 0 || b.m == 0 {
		return mag{}
	}
	return normalized(a.m*b.m*up, a.e+b.e)
}

// shift is a 2^k.
func (a mag) shift(k int) mag {
	if a.m != 0 {
		a.e += k
	}
	return a
}

// atMost reports a <= b.
func (a mag) atMost(b mag) bool {
	switch {
	case a.m == 0 || math.IsInf(b.m, 1):
		return true
	case b.m == 0 || math.IsInf(a.m, 1):
		return false
	}
	return a.e < b.e || a.e == b.e && a.m <= b.m
}

// big is a as a number.
func (a mag) big() *big.Float {
	x := big.NewFloat(a.m)
	return x.SetMantExp(x, max(a.e, big.MinExp+1))
}

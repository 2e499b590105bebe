package bigpass

import (
	"math"
	"math/big"
)

// Num is a real number known to lie within an error of a big.Float. The error
// is an upper bound carried through every operation (ball arithmetic), not an
// estimate: it is 0 as long as nothing was rounded. The zero value is not
// valid; a Num is immutable.
type Num struct {
	mid *big.Float
	rad mag
}

// Big returns a copy of the approximation, in the evaluator's precision.
func (x Num) Big() *big.Float { return new(big.Float).Copy(x.mid) }

// Err returns an upper bound of |Big() - the true value|; +Inf where the
// precision did not suffice for a bound.
func (x Num) Err() *big.Float { return x.rad.big() }

// Exact reports that Big is the true value.
func (x Num) Exact() bool { return x.rad.m == 0 }

// Float64 returns the float64 nearest to Big, ties to even, and an upper bound
// of its distance from the true value. Beyond the range of float64 it returns
// +-Inf and +Inf.
func (x Num) Float64() (f, err float64) {
	f, _ = x.mid.Float64()
	if math.IsInf(f, 0) {
		return f, math.Inf(1)
	}
	// f and Big share their leading bits: their difference fits into prec+53.
	d := new(big.Float).SetPrec(x.mid.Prec() + 53)
	d.Sub(d.SetFloat64(f), x.mid)
	bound := magOf(d).add(x.rad) // numbers of any two exponents, see far.go
	if bound.m == 0 {
		return f, 0
	}
	err, acc := bound.big().Float64()
	if acc == big.Below {
		err = math.Nextafter(err, math.Inf(1))
	}
	return f, err
}

// arith makes numbers of one precision.
type arith struct {
	prec uint
	fn   *functions
}

func newArith(prec uint) *arith { return &arith{prec, newFunctions(prec + extraBits)} }

type vector = []Num

func (a *arith) float() *big.Float { return new(big.Float).SetPrec(a.prec) }

// num is x, which fits into every precision allowed.
func (a *arith) num(x float64) Num { return Num{mid: a.float().SetFloat64(x)} }

func (a *arith) nums(v []float64) vector {
	out := make(vector, len(v))
	for k, x := range v {
		out[k] = a.num(x)
	}
	return out
}

func (a *arith) zeros(n int) vector { return a.nums(make([]float64, n)) }

// rounded is the result z of one operation whose arguments' errors contribute
// rad: z itself is off by at most half a unit in its last place.
func (a *arith) rounded(z *big.Float, rad mag) Num {
	switch {
	case z.Acc() == big.Exact:
	case z.IsInf():
		rad = unbounded
	case z.Sign() == 0: // underflow
		rad = rad.add(power(big.MinExp))
	default:
		rad = rad.add(power(z.MantExp(nil) - int(a.prec) - 1))
	}
	return Num{z, rad}
}

func (a *arith) add(x, y Num) Num { return a.summed(x, y, false) }
func (a *arith) sub(x, y Num) Num { return a.summed(x, y, true) }

// mul: XY - xy = x(Y-y) + y(X-x) + (X-x)(Y-y).
func (a *arith) mul(x, y Num) Num {
	var rad mag
	if !x.Exact() || !y.Exact() {
		rad = magOf(x.mid).mul(y.rad).add(magOf(y.mid).mul(x.rad)).add(x.rad.mul(y.rad))
	}
	return a.rounded(a.float().Mul(x.mid, y.mid), rad)
}

// quo: X/Y - x/y = ((X-x) - (x/y)(Y-y))/Y, with |Y| >= |y|/2 if Y's error is at
// most half of |y|; otherwise there is no bound. y is not 0.
func (a *arith) quo(x, y Num) Num {
	q := a.rounded(a.float().Quo(x.mid, y.mid), mag{})
	if x.Exact() && y.Exact() {
		return q
	}
	e := y.mid.MantExp(nil) // 2^(e-1) <= |y|
	if !y.rad.atMost(power(e - 2)) {
		q.rad = unbounded
		return q
	}
	top := x.rad.add(magOf(q.mid).add(q.rad).mul(y.rad))
	q.rad = q.rad.add(top.shift(2 - e))
	return q
}

func (a *arith) neg(x Num) Num { return Num{a.float().Neg(x.mid), x.rad} }

// half is x/2, twice is 2x; neither rounds.
func (a *arith) half(x Num) Num  { return Num{a.float().SetMantExp(x.mid, -1), x.rad.shift(-1)} }
func (a *arith) twice(x Num) Num { return Num{a.float().SetMantExp(x.mid, 1), x.rad.shift(1)} }

func (a *arith) dot(x, y vector) Num {
	sum := a.num(0)
	for k := range x {
		sum = a.add(sum, a.mul(x[k], y[k]))
	}
	return sum
}

func (a *arith) times(c Num, x vector) vector {
	y := make(vector, len(x))
	for k := range y {
		y[k] = a.mul(c, x[k])
	}
	return y
}

func (a *arith) plus(x, y vector) vector {
	z := make(vector, len(x))
	for k := range z {
		z[k] = a.add(x[k], y[k])
	}
	return z
}

func (a *arith) minus(x, y vector) vector {
	z := make(vector, len(x))
	for k := range z {
		z[k] = a.sub(x[k], y[k])
	}
	return z
}

// outer is x y^T, row by row.
func (a *arith) outer(x, y vector) vector {
	var z vector
	for _, c := range x {
		z = append(z, a.times(c, y)...)
	}
	return z
}

package bigpass

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// refPrec is far above what the values compared here are rounded to.
const refPrec = 4096

func ref() *big.Float { return new(big.Float).SetPrec(refPrec) }

// within reports |x - y| <= bound.
func within(x, y, bound *big.Float) bool {
	d := ref().Sub(x, y)
	return d.Abs(d).Cmp(bound) <= 0
}

// randomMag has exponents around e, where sums carry, and now and then far off.
func randomMag(r *rand.Rand, e int) mag {
	switch r.IntN(12) {
	case 0:
		return mag{}
	case 1:
		return power(e - r.IntN(4000))
	}
	return normalized(0.5+r.Float64()/2, e+r.IntN(120)-60)
}

// TestMag: bounds are never too small, and too large by a few units of the last
// place at most.
func TestMag(t *testing.T) {
	const slack = 1 + 0x1p-48
	r := rand.New(rand.NewPCG(1, 1))
	check := func(name string, got mag, want *big.Float) {
		t.Helper()
		if g := got.big(); g.Cmp(want) < 0 || ref().Quo(g, ref().SetFloat64(slack)).Cmp(want) > 0 {
			t.Fatalf("%s = %v, want %v or a little more", name, g, want)
		}
	}
	for range 20000 {
		e := []int{0, -900, 900, -5000, 1 << 20}[r.IntN(5)]
		a, b := randomMag(r, e), randomMag(r, e)
		check("a+b", a.add(b), ref().Add(a.big(), b.big()))
		check("ab", a.mul(b), ref().Mul(a.big(), b.big()))
		if got, want := a.atMost(b), a.big().Cmp(b.big()) <= 0; got != want {
			t.Fatalf("%v <= %v is %v", a, b, got)
		}
		x := ref().SetMantExp(ref().SetFloat64(r.NormFloat64()), r.IntN(900)-450)
		check("|x|", magOf(x), ref().Abs(x))
	}
	far := ref().SetMantExp(big.NewFloat(-1.5), -3000)
	if m := magOf(far).big(); m.Cmp(ref().Abs(far)) < 0 {
		t.Errorf("|%v| <= %v", far, m)
	}
	for _, m := range []mag{unbounded, unbounded.add(power(3)), power(3).add(unbounded), unbounded.mul(power(-9)),
		magOf(new(big.Float).SetInf(true))} {
		if !math.IsInf(m.m, 1) || m.atMost(power(1<<20)) || !power(1<<20).atMost(m) {
			t.Errorf("%v, want +Inf above all", m)
		}
	}
	if m := unbounded.mul(mag{}); m.m != 0 {
		t.Errorf("0 times a finite number of no known bound is %v, want 0", m)
	}
}

// TestBalls: wherever in their balls the arguments truly lie, the true result
// lies in the result's ball.
func TestBalls(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	const prec = 80
	a := newArith(prec)
	// ball returns a Num and a true value inside it, at its border half of the time.
	ball := func() (Num, *big.Float) {
		x := a.num(math.Ldexp(r.NormFloat64(), r.IntN(40)-20))
		if r.IntN(4) > 0 {
			x.rad = magOf(x.mid).shift(-1 - r.IntN(90))
		}
		f := big.NewFloat(2*r.Float64() - 1)
		if r.IntN(2) == 0 {
			f.SetInt64(int64(2*r.IntN(2) - 1))
		}
		return x, ref().Add(x.mid, ref().Mul(f, x.rad.big()))
	}
	for range 20000 {
		x, tx := ball()
		y, ty := ball()
		for name, c := range map[string]struct {
			got  Num
			want *big.Float
		}{
			"x+y": {a.add(x, y), ref().Add(tx, ty)}, "x-y": {a.sub(x, y), ref().Sub(tx, ty)},
			"xy": {a.mul(x, y), ref().Mul(tx, ty)}, "x/2": {a.half(x), ref().Quo(tx, big.NewFloat(2))},
			"2x": {a.twice(x), ref().Mul(tx, big.NewFloat(2))}, "-x": {a.neg(x), ref().Neg(tx)},
		} {
			if !within(c.got.mid, c.want, c.got.Err()) {
				t.Fatalf("%s of %v+-%v, %v+-%v: %v is not within %v of %v", name, x.mid, x.Err(), y.mid, y.Err(),
					c.want, c.got.Err(), c.got.mid)
			}
		}
		if q := a.quo(x, y); ty.Sign() != 0 && !within(q.mid, ref().Quo(tx, ty), q.Err()) {
			t.Fatalf("x/y: %v is not within %v of %v", ref().Quo(tx, ty), q.Err(), q.mid)
		}
	}
	if q := a.quo(a.num(1), Num{mid: a.num(1).mid, rad: power(0)}); !math.IsInf(q.rad.m, 1) {
		t.Errorf("1/(1+-1) has the error %v, want no bound", q.Err())
	}
}

func TestFloat64(t *testing.T) {
	a := newArith(128)
	third := a.quo(a.num(1), a.num(3))
	huge := a.mul(a.num(1e300), a.num(1e300))
	for name, c := range map[string]struct {
		x      Num
		f      float64
		lo, hi float64 // of the error
	}{
		"exact": {a.num(-0.1), -0.1, 0, 0},
		// 1/3 - float64(1/3) = 1/3 2^-54: the last bits are 0101..., cut off.
		"third":  {third, 1. / 3, 0x1p-54 / 3, 0x1p-54 / 3 * (1 + 0x1p-50)},
		"radius": {Num{a.num(1).mid, power(-3)}, 1, 0.125, 0.125},
		"tiny": {a.mul(a.num(0x1p-1000), a.num(0x1p-1000)), 0, math.SmallestNonzeroFloat64,
			math.SmallestNonzeroFloat64},
		"huge": {huge, math.Inf(1), math.Inf(1), math.Inf(1)},
		"lost": {Num{a.num(1).mid, unbounded}, 1, math.Inf(1), math.Inf(1)},
	} {
		if f, err := c.x.Float64(); f != c.f || !(c.lo <= err && err <= c.hi) {
			t.Errorf("%s: %v +- %v, want %v +- %v..%v", name, f, err, c.f, c.lo, c.hi)
		}
	}
	if x := third.Big(); x.Prec() != 128 || third.Exact() || third.Err().Sign() == 0 {
		t.Errorf("1/3 at 128 bits is %v +- %v", x, third.Err())
	}
}

func BenchmarkMul(b *testing.B) {
	a := newArith(DefaultPrec)
	x := a.tanh(a.num(1))
	for b.Loop() {
		a.mul(x, x)
	}
}

package bigpass

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestConstants: 60 digits of e, ln 2 and tanh 1 from the OEIS (A001113,
// A002162, A073744).
func TestConstants(t *testing.T) {
	const prec = 192
	a := newArith(prec)
	for name, c := range map[string]struct {
		got  *big.Float
		want string
	}{
		"e":       {a.fn.exp(a.num(1).mid), "2.71828182845904523536028747135266249775724709369995957496696763"},
		"ln 2":    {a.log1p(a.num(1)).mid, "0.69314718055994530941723212145817656807550013436025525412068001"},
		"tanh 1":  {a.tanh(a.num(1)).mid, "0.76159415595576488811945828260479359041276859725793655159681050"},
		"tanh -1": {a.tanh(a.num(-1)).mid, "-0.76159415595576488811945828260479359041276859725793655159681050"},
	} {
		want, _, err := big.ParseFloat(c.want, 10, 256, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		// The digits are cut off after 10^-62 < 2^-205.
		if !within(c.got, want, power(Guard-prec).add(power(-205)).big()) {
			t.Errorf("%s = %s, want %s", name, c.got.Text('g', 60), c.want)
		}
	}
}

// TestIdentities ties the functions to each other: both sides' balls must meet.
func TestIdentities(t *testing.T) {
	for _, prec := range []uint{64, 256, 1000, 4096} {
		a := newArith(prec)
		r := rand.New(rand.NewPCG(1, 1))
		one := a.num(1)
		meet := func(name string, at, x, y Num) {
			t.Helper()
			if rad := x.rad.add(y.rad); !within(x.mid, y.mid, rad.big()) {
				t.Fatalf("%d bits, %s at %v: %v and %v", prec, name, at.mid, x.mid, y.mid)
			}
		}
		for range 20000 / prec {
			x := a.num(math.Ldexp(r.NormFloat64(), r.IntN(16)-8))
			minus := a.neg(x)
			nx, half := a.neg(Num{mid: a.float().Abs(x.mid)}), a.exp(a.half(a.neg(Num{mid: a.float().Abs(x.mid)})))
			meet("e^x = (e^(x/2))^2", nx, a.exp(nx), a.mul(half, half))
			meet("ln(1+(e^sp(x)-1)) = sp(x)", x, a.log1p(a.sub(a.quo(one, a.exp(a.neg(a.softplus(x)))), one)),
				a.softplus(x))
			meet("sp(x)-sp(-x) = x", x, a.sub(a.softplus(x), a.softplus(minus)), x)
			meet("s(x)+s(-x) = 1", x, a.add(a.sigmoid(x), a.sigmoid(minus)), one)
			meet("tanh x = 2 s(2x) - 1", x, a.tanh(x), a.sub(a.twice(a.sigmoid(a.twice(x))), one))
			th := a.tanh(x)
			meet("tanh 2x = 2 tanh x/(1 + tanh^2 x)", x, a.tanh(a.twice(x)),
				a.quo(a.twice(th), a.add(one, a.mul(th, th))))
			meet("e^-sp(x) = s(-x)", x, a.exp(a.neg(a.softplus(x))), a.sigmoid(minus))
		}
	}
}

// TestGuard: at every scale the relative error is below 2^(Guard-prec), which
// three times the bits tell; and below a hundredth of it, or Guard is no guard.
func TestGuard(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, prec := range []uint{64, 256, 700} {
		low, high := newArith(prec), newArith(3*prec)
		for range 60 {
			// Below 2^-3prec the difference between tanh x and x is lost on both.
			x := math.Ldexp(r.NormFloat64(), r.IntN(int(prec))-int(prec)+20)
			if r.IntN(4) == 0 {
				x = 2e6 * (r.Float64() - 0.5)
			}
			for name, f := range map[string]func(a *arith) Num{
				"tanh":     func(a *arith) Num { return a.tanh(a.num(x)) },
				"sigmoid":  func(a *arith) Num { return a.sigmoid(a.num(x)) },
				"softplus": func(a *arith) Num { return a.softplus(a.num(x)) },
				"exp":      func(a *arith) Num { return a.exp(a.num(-math.Abs(x))) },
				"log1p":    func(a *arith) Num { return a.log1p(a.num(math.Abs(x))) },
			} {
				got, want := f(low), f(high)
				if !within(got.mid, want.mid, magOf(want.mid).shift(Guard-7-int(prec)).big()) {
					t.Errorf("%d bits: %s(%v) = %v, want %v", prec, name, x, got.mid, want.mid)
				}
				if got.Exact() && got.mid.Cmp(want.mid) != 0 {
					t.Errorf("%d bits: %s(%v) counts as exact", prec, name, x)
				}
			}
		}
	}
}

// TestFloat64Functions holds the functions against package math.
func TestFloat64Functions(t *testing.T) {
	a := newArith(128)
	for _, x := range []float64{0, 1e-300, -1e-300, 1e-20, 0.1, -0.25, 0.5, -0.5, 0.6, 1, -3, 20, -40, 700} {
		for name, c := range map[string]struct {
			got  Num
			want float64
		}{
			"tanh": {a.tanh(a.num(x)), math.Tanh(x)}, "exp": {a.exp(a.num(-math.Abs(x))), math.Exp(-math.Abs(x))},
			"sigmoid":  {a.sigmoid(a.num(x)), 1 / (1 + math.Exp(-x))},
			"log1p":    {a.log1p(a.num(math.Abs(x))), math.Log1p(math.Abs(x))},
			"softplus": {a.softplus(a.num(x)), max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))},
		} {
			// A few roundings of package math.
			if got, _ := c.got.Float64(); !(math.Abs(got-c.want) <= 8*0x1p-53*math.Abs(c.want)) {
				t.Errorf("%s(%v) = %v, package math has %v", name, x, got, c.want)
			}
		}
	}
}

// TestSaturation: far out the functions take their limits, with an error, and
// never NaN or Inf.
func TestSaturation(t *testing.T) {
	a := newArith(DefaultPrec)
	for _, size := range []float64{1e6, 4e7, 6e7, 1e9, 1e300} {
		for name, c := range map[string]struct {
			got  Num
			want float64
		}{
			"tanh+": {a.tanh(a.num(size)), 1}, "tanh-": {a.tanh(a.num(-size)), -1},
			"sigmoid+": {a.sigmoid(a.num(size)), 1}, "sigmoid-": {a.sigmoid(a.num(-size)), 0},
			"softplus+": {a.softplus(a.num(size)), size}, "softplus-": {a.softplus(a.num(-size)), 0},
			"exp": {a.exp(a.num(-size)), 0},
		} {
			if f, err := c.got.Float64(); f != c.want ||
				!(err <= math.Abs(c.want)*0x1p-200 || err == math.SmallestNonzeroFloat64) {
				t.Errorf("%s at %v is %v +- %v, want %v", name, size, f, err, c.want)
			}
			if c.got.Exact() {
				t.Errorf("%s at %v counts as exact", name, size)
			}
		}
	}
	if x := a.tanh(a.num(0)); !x.Exact() || x.mid.Sign() != 0 {
		t.Errorf("tanh 0 = %v +- %v", x.mid, x.Err())
	}
}

// TestSpread: the functions of a wide ball hold those of every number in it.
func TestSpread(t *testing.T) {
	const prec = 128
	a := newArith(prec)
	r := rand.New(rand.NewPCG(4, 4))
	for range 400 {
		x := a.num(8 * r.NormFloat64())
		x.rad = power(1 - r.IntN(20))
		y := a.num(2*r.Float64() - 1)
		y = a.add(Num{mid: x.mid}, a.mul(y, Num{mid: a.float().Set(x.rad.big())}))
		negative, positive := x, x
		negative.mid, positive.mid = a.fn.negAbs(x.mid), a.float().Abs(x.mid)
		offset := a.sub(Num{mid: y.mid}, Num{mid: x.mid})
		for name, c := range map[string]struct{ got, want Num }{
			"tanh": {a.tanh(x), a.tanh(y)}, "sigmoid": {a.sigmoid(x), a.sigmoid(y)},
			"softplus": {a.softplus(x), a.softplus(y)},
			"exp":      {a.exp(negative), expAny(a, a.add(Num{mid: negative.mid}, offset))},
		} {
			if !within(c.got.mid, c.want.mid, c.got.rad.add(c.want.rad).big()) {
				t.Fatalf("%s of %v+-%v is %v+-%v, but %v at %v", name, x.mid, x.Err(), c.got.mid, c.got.Err(),
					c.want.mid, y.mid)
			}
		}
		if z := a.add(Num{mid: positive.mid}, offset); z.mid.Sign() > 0 {
			if got, want := a.log1p(positive), a.log1p(z); !within(got.mid, want.mid, got.rad.add(want.rad).big()) {
				t.Fatalf("ln(1+z) of %v+-%v is %v+-%v, but %v at %v", positive.mid, x.Err(), got.mid, got.Err(),
					want.mid, z.mid)
			}
		}
	}
}

// expAny is e^y for y of any sign.
func expAny(a *arith, y Num) Num {
	if y.mid.Sign() <= 0 {
		return a.exp(y)
	}
	return a.quo(a.num(1), a.exp(a.neg(y)))
}

func benchmarkFunction(b *testing.B, prec uint, f func(a *arith) Num) {
	a := newArith(prec)
	for b.Loop() {
		f(a)
	}
}

func BenchmarkTanh256(b *testing.B) {
	benchmarkFunction(b, 256, func(a *arith) Num { return a.tanh(a.num(0.7)) })
}
func BenchmarkTanh4096(b *testing.B) {
	benchmarkFunction(b, 4096, func(a *arith) Num { return a.tanh(a.num(0.7)) })
}
func BenchmarkSoftplus256(b *testing.B) {
	benchmarkFunction(b, 256, func(a *arith) Num { return a.softplus(a.num(0.7)) })
}

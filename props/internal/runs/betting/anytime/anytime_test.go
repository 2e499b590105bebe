package anytime

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// source draws X_t >= -1 with conditional mean at most 0 (shift 0), or shift.
type source struct {
	name string
	next func(rng *rand.Rand, t int, past float64) float64
}

// nulls are on the boundary, mean exactly 0 but for the last: what a test may be
// fooled by.
var nulls = []source{
	{"fair coin", func(r *rand.Rand, _ int, _ float64) float64 { return float64(1 - 2*r.IntN(2)) }},
	{"rare and large", func(r *rand.Rand, _ int, _ float64) float64 {
		if r.IntN(100) == 0 {
			return 99
		}
		return -1
	}},
	{"often and small", func(r *rand.Rand, _ int, _ float64) float64 {
		if r.IntN(100) == 0 {
			return -1
		}
		return 1.0 / 99
	}},
	{"uniform", func(r *rand.Rand, _ int, _ float64) float64 { return 2*r.Float64() - 1 }},
	{"variance by the past", func(r *rand.Rand, _ int, past float64) float64 {
		return float64(1-2*r.IntN(2)) * min(1, 0.1+0.1*math.Abs(past))
	}},
	{"exponential", func(r *rand.Rand, _ int, _ float64) float64 { return r.ExpFloat64() - 1 }},
	{"a mean that drifts below 0", func(r *rand.Rand, t int, _ float64) float64 {
		return (2*r.Float64()-1)*0.9 - 0.1*math.Abs(math.Sin(float64(t)/50))
	}},
}

const (
	trials = 1000
	length = 500
)

// tops returns the largest log wealth of each run.
func tops(s source) []float64 {
	all := make([]float64, trials)
	for k := range all {
		rng := rand.New(rand.NewPCG(7, uint64(k)))
		var test Test
		past := 0.0
		for t := range length {
			x := s.next(rng, t, past)
			past += x
			if test.Observe(x, 1) != nil {
				panic("observation below its bound")
			}
		}
		all[k] = test.top
	}
	return all
}

// crossings counts the runs that reject at some time.
func crossings(tops []float64, alpha float64) int {
	count := 0
	for _, top := range tops {
		if (&Test{top: top}).Rejected(alpha) {
			count++
		}
	}
	return count
}

// impossible is the chance below which a count refutes the rate alpha.
const impossible = 1e-6

func tooMany(count int, alpha float64) bool {
	b := distuv.Binomial{N: trials, P: alpha}
	return 1-b.CDF(float64(count-1)) < impossible
}

// TestFalseAlarms measures the rate at which true claims are rejected, at levels
// where that can be measured; it lies under each level.
func TestFalseAlarms(t *testing.T) {
	for _, s := range nulls {
		all := tops(s)
		for _, alpha := range []float64{0.2, 0.05} {
			n := crossings(all, alpha)
			t.Logf("%s: %.4f at level %v", s.name, float64(n)/trials, alpha)
			if tooMany(n, alpha) {
				t.Errorf("%s: %d of %d runs cross, level %v", s.name, n, trials, alpha)
			}
		}
		if n := crossings(all, SuiteAlpha); n > 0 {
			t.Errorf("%s: %d of %d runs cross at the level of the suite", s.name, n, trials)
		}
	}
}

// TestNaive: the check above can fail: a z-test that is looked at after every
// observation does break its level.
func TestNaive(t *testing.T) {
	const alpha = 0.05
	count := 0
	for k := range trials {
		rng := rand.New(rand.NewPCG(7, uint64(k)))
		sum, sq := 0.0, 0.0
		for n := 1; n <= length; n++ {
			x := nulls[0].next(rng, n, 0)
			sum, sq = sum+x, sq+x*x
			if n > 10 && sum/math.Sqrt(sq) > 1.645 {
				count++
				break
			}
		}
	}
	t.Logf("naive: %.4f at level %v", float64(count)/trials, alpha)
	if !tooMany(count, alpha) {
		t.Errorf("a z-test looked at %d times crosses in %d of %d runs only", length, count, trials)
	}
}

// TestPower: planted violations are found at the level of the suite, within the
// number of observations given, in every one of 50 runs.
func TestPower(t *testing.T) {
	for _, c := range []struct {
		excess float64 // E[L] = (1 + excess) R
		spread float64 // L is R (1 + excess) times 1 - spread or 1 + spread
		within int
	}{{1, 0.5, 80}, {0.2, 0.5, 1000}, {0.05, 0.5, 11000}, {0.05, 0.1, 2000}} {
		worst, least := 0, math.MaxInt
		for k := range 50 {
			rng := rand.New(rand.NewPCG(9, uint64(k)))
			var test Test
			for !test.Rejected(SuiteAlpha) && test.N() < 2*c.within {
				l := (1 + c.excess) * (1 + c.spread*float64(1-2*rng.IntN(2)))
				if err := test.Observe(l-1, 1); err != nil {
					t.Fatal(err)
				}
			}
			worst, least = max(worst, test.N()), min(least, test.N())
		}
		t.Logf("%.0f %% above the bound, spread %v: rejected after at most %d", 100*c.excess, c.spread, worst)
		if worst > c.within || least < c.within/16 {
			t.Errorf("%.0f %% above the bound, spread %v: %d to %d observations, want at most %d", 100*c.excess, c.spread,
				least, worst, c.within)
		}
	}
}

// TestWealth: the wealth is the mean of the products, and its expectation over a
// fair coin, summed exactly, is at most 1.
func TestWealth(t *testing.T) {
	const n = 12
	mean := 0.0
	for path := range 1 << n {
		var test Test
		want := 0.0
		prods := [len(bets)]float64{}
		for k := range prods {
			prods[k] = 1
		}
		for s := range n {
			x := float64(1 - 2*(path>>s&1))
			if err := test.Observe(x, 1); err != nil {
				t.Fatal(err)
			}
			for k, b := range bets {
				prods[k] *= 1 + b*x
			}
		}
		for _, p := range prods {
			want += p / float64(len(bets))
		}
		got := math.Exp(test.LogWealth())
		if !(got <= want) || !(got >= want*(1-1e-7)) {
			t.Fatalf("path %b: wealth %v, want just below %v", path, got, want)
		}
		mean += got / (1 << n)
	}
	if !(mean <= 1) || mean < 1-1e-6 {
		t.Errorf("mean wealth %v, want 1 from below", mean)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		x, bound float64
		want     string
	}{
		{-1.5, 1, "observation 0: -1.5, promised to be finite and at least -1"},
		{math.NaN(), 1, "NaN, promised"}, {math.Inf(1), 1, "+Inf, promised"},
		{0, 0, "bound is 0"}, {0, -1, "bound is -1"}, {0, math.NaN(), "bound is NaN"},
		{0, math.Inf(1), "bound is +Inf"},
	} {
		var test Test
		if err := test.Observe(c.x, c.bound); err == nil || !strings.Contains(err.Error(), c.want) || test.N() != 0 {
			t.Errorf("Observe(%v, %v): error %v after %d observations", c.x, c.bound, err, test.N())
		}
	}
	for name, f := range map[string]func(){
		"alpha 0": func() { new(Test).Rejected(0) }, "alpha 1": func() { new(Test).Rejected(1) },
		"alpha NaN": func() { new(Test).Rejected(math.NaN()) },
		"share":     func() { Share(3, 3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
	if s := Share(0, 4) + Share(1, 4) + Share(2, 4) + Share(3, 4); s > SuiteAlpha {
		t.Errorf("the shares sum to %v", s)
	}
}

// TestStakes: what counts is X over its bound: 3 of 4, -4 of 8 and 1 of 1/2 are 3/4, -1/2 and 2 of 1.
func TestStakes(t *testing.T) {
	var test, of1, one Test
	// The mean of 1 + b over the bets 2^-10, ..., 2^-1 and 3/4, by hand.
	want := math.Log(1 + (1-0x1p-10+0.75)/11)
	if err := one.Observe(7, 7); err != nil || !(one.LogWealth() < want && one.LogWealth() > want-4*logError) {
		t.Errorf("after one fair win the log wealth is %v, want just below %v; error %v", one.LogWealth(), want, err)
	}
	for _, c := range [][3]float64{{3, 4, 0.75}, {-4, 8, -0.5}, {1, 0.5, 2}} {
		if test.Observe(c[0], c[1]) != nil || of1.Observe(c[2], 1) != nil || test.LogWealth() != of1.LogWealth() {
			t.Errorf("after %v of %v the log wealth is %v, after %v of 1 %v", c[0], c[1], test.LogWealth(), c[2],
				of1.LogWealth())
		}
	}
}

// TestRejectedAtTheLevel: a wealth of 1/alpha rejects, by Ville's inequality, and one below does not.
func TestRejectedAtTheLevel(t *testing.T) {
	const alpha = 0.25
	at := -math.Log(alpha)
	if !(&Test{top: at}).Rejected(alpha) || (&Test{top: math.Nextafter(at, 0)}).Rejected(alpha) {
		t.Errorf("a log wealth of %v and one just below it do not part at alpha = %v", at, alpha)
	}
}

func BenchmarkObserve(b *testing.B) {
	b.ReportAllocs()
	var test Test
	for b.Loop() {
		_ = test.Observe(0.5, 1)
	}
}

// TestAlarmFromBelow: what an Alarm keeps of each bet is below the exact product, by the margin of an observation
// each time and not by two: rounding never makes it reject.
func TestAlarmFromBelow(t *testing.T) {
	const steps = 400
	rng := rand.New(rand.NewPCG(5, 5))
	var alarm Alarm
	exact := make([]*big.Float, len(bets))
	for k := range exact {
		exact[k] = big.NewFloat(1).SetPrec(2000)
	}
	for range steps {
		x := 2*rng.Float64() - 1
		if err := alarm.Observe(x, 1, 1e-300); err != nil {
			t.Fatal(err)
		}
		for k, b := range bets {
			factor := new(big.Float).SetPrec(2000).Mul(big.NewFloat(b), big.NewFloat(x))
			exact[k].Mul(exact[k], factor.Add(factor, big.NewFloat(1)))
		}
	}
	for k := range bets {
		kept := new(big.Float).SetMantExp(big.NewFloat(alarm.wealth[k]), wealthUnit*int(alarm.low[k]))
		ratio, _ := kept.Quo(kept, exact[k]).Float64()
		if !(ratio < 1-steps*logError/2 && ratio > 1-2*steps*logError) {
			t.Errorf("bet %v: %v of the exact wealth", bets[k], ratio)
		}
	}
}

// TestAlarm: an Alarm rejects at the observation at which a Test does: with causes of many sizes, after long losses
// that would leave a wealth below the smallest number, and with observations far above their bound.
func TestAlarm(t *testing.T) {
	const alpha = 1e-7
	rejected, lost := 0, 0
	for k, s := range []struct {
		steps int
		next  func(rng *rand.Rand, n int) float64
	}{
		{2000, func(rng *rand.Rand, _ int) float64 { return rng.Float64() - 0.4 }},
		{2000, func(rng *rand.Rand, _ int) float64 { return rng.Float64() - 0.5 }},
		{2000, func(rng *rand.Rand, _ int) float64 { return 0.01 * (rng.Float64() - 0.3) }},
		{6000, func(rng *rand.Rand, n int) float64 { // lost, and won back
			if n < 3000 {
				return -1 + 0.1*rng.Float64()
			}
			return 3 * rng.Float64()
		}},
		{200, func(rng *rand.Rand, n int) float64 { return float64(n%50/49) * math.Exp(700*rng.Float64()) }},
		{30, func(*rand.Rand, int) float64 { return 1e308 }},
		{30, func(*rand.Rand, int) float64 { return 0 }},
	} {
		for seed := range 5 {
			rng := rand.New(rand.NewPCG(uint64(seed), uint64(k)))
			var test Test
			var alarm Alarm
			for n := range s.steps {
				x := s.next(rng, n)
				bound := math.Ldexp(1, n%9-4) // what counts is x over its bound, for both
				if x > 1e300 {
					bound = 1
				}
				if err := test.Observe(x, 1); err != nil {
					t.Fatal(err)
				}
				if err := alarm.Observe(x*bound, bound, alpha); err != nil {
					t.Fatal(err)
				}
				if alarm.Rejected() != test.Rejected(alpha) {
					t.Fatalf("source %d, seed %d: the alarm is %v at observation %d, the test %v: ln of the wealth "+
						"is %v, of 1/alpha %v",
						k, seed, alarm.Rejected(), n, test.Rejected(alpha), test.LogWealth(), -math.Log(alpha))
				}
				if alarm.low[len(bets)-1] < 0 {
					lost++
				}
				if alarm.Rejected() {
					rejected++
					break
				}
			}
		}
	}
	if rejected < 15 || lost == 0 {
		t.Errorf("%d runs rejected, %d observations with a wealth below 2^-%d", rejected, lost, wealthUnit)
	}
	var alarm Alarm
	if err := alarm.Observe(-1.5, 1, alpha); err == nil || alarm.n != 0 {
		t.Errorf("error %v after %d observations", err, alarm.n)
	}
}

// TestBounds: a Test and an Alarm see observations over their bounds alone, to the last bit where those are
// powers of two, and whatever the bounds are as far as rounding allows.
func TestBounds(t *testing.T) {
	var one, powers, any Test
	var alarm, alarms Alarm
	rng := rand.New(rand.NewPCG(9, 9))
	for n := range 300 {
		x, bound := 2*rng.Float64()-0.9, 0.1+10*rng.Float64()
		err := errors.Join(one.Observe(x, 1), powers.Observe(math.Ldexp(x, n%20-10), math.Ldexp(1, n%20-10)),
			any.Observe(x*bound, bound), alarm.Observe(x, 1, 0.5), alarms.Observe(math.Ldexp(x, n%20-10),
				math.Ldexp(1, n%20-10), 0.5))
		if err != nil {
			t.Fatal(err)
		}
		if alarm != alarms {
			t.Fatalf("observation %d: %+v, with other bounds %+v", n, alarm, alarms)
		}
	}
	if a, b := one.LogWealth(), powers.LogWealth(); a != b {
		t.Errorf("ln of the wealth %v, with powers of two as bounds %v", a, b)
	}
	if a, b := one.LogWealth(), any.LogWealth(); !(math.Abs(a-b) < 1e-9*(1+math.Abs(a))) {
		t.Errorf("ln of the wealth %v, with other bounds %v", a, b)
	}
	if SuiteAlpha != 1e-9 {
		t.Errorf("the level of the suite is %v", SuiteAlpha)
	}
}

package spikes

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
)

// closedTol covers the closed forms against step by step sums: at most 10^4
// steps of a few roundings each, below 10^5 2^-53.
const closedTol = 1e-10

func near(a, b float64) bool { return math.Abs(a-b) <= closedTol*(math.Abs(a)+math.Abs(b)) }

// draw gives recursions with and without noise, from (40) and its sharp form.
func draw(rng *rand.Rand) Recursion {
	s := bounds.Smooth{L: math.Exp(2 * rng.NormFloat64())}
	s.Mu = s.L * math.Pow(10, -2*rng.Float64())
	s.Gamma = (0.05 + 0.9*rng.Float64()) / (3 * s.L)
	if rng.IntN(3) == 0 {
		return Sharp(s)
	}
	if rng.IntN(2) == 0 {
		s.SigmaSq = rng.Float64()
	}
	return Printed(s, rng.IntN(2) == 0)
}

// first is the least k after which a stays at or below level, by steps; -1 when
// it is not seen within limit steps. Once a step changes nothing no other does.
func first(r Recursion, a, level float64, limit int) int {
	k := -1
	for j := range limit {
		if !(a <= level) {
			k = -1
		} else if k < 0 {
			k = j
		}
		next := r.After(a, 0)
		if next == a {
			break
		}
		a = next
	}
	return k
}

func TestFormulas(t *testing.T) {
	s := bounds.Smooth{L: 2, Mu: 0.5, Gamma: 0.1, SigmaSq: 3}
	r := Printed(s, false)
	if !near(1-r.Rate, s.Q()) || !near(r.Floor(), 3*2*0.1*3/0.5) {
		t.Errorf("q = %v, floor = %v", 1-r.Rate, r.Floor())
	}
	for _, m := range []float64{0, 0.3, 7} {
		if got, want := r.After(1.5, m)-r.After(1.5, 0), bounds.Eq36(s, m*m, m*m)-bounds.Eq36(s, 0,
			0); math.Abs(got-want) > 1e-12*(1+want) {
			t.Errorf("m = %v: kick %v, (40) has %v", m, got, want)
		}
	}
	// The root form is RootEq40 without sigma and spread.
	s.SigmaSq = 0
	for _, m := range []float64{0, 0.3, 7} {
		b := bound{Root(s), true}
		if got, want := b.gap(b.After(b.of(1.5), b.of(m))), s.RootQ()*1.5+bounds.RootEq40(s, 1.5, m*m, 0); !near(got,
			want) {
			t.Errorf("m = %v: root form %v, RootEq40 %v", m, got, want)
		}
	}
	if z := Printed(s, true); !near(z.Kick, 2*0.01) {
		t.Errorf("zero mean: kick %v", z.Kick)
	}
}

func TestStepsByBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	for n := range 400 {
		r := draw(rng)
		a := r.Floor() + math.Exp(3*rng.NormFloat64())
		level := r.Floor() + (a-r.Floor())*math.Pow(10, 1-4*rng.Float64())
		got := r.Steps(a, level)
		// Where the gap lies within rounding of the level, either side is right.
		lo, hi := first(r, a, level*(1+closedTol), 200000), first(r, a, level*(1-closedTol), 200000)
		if lo < 0 || got < lo || hi >= 0 && got > hi {
			t.Errorf("case %d %+v: a = %v, level = %v: %d steps, brute force %d..%d", n, r, a, level, got, lo, hi)
		}
	}
}

func TestStepsAtTheFloor(t *testing.T) {
	r := Printed(bounds.Smooth{L: 1, Mu: 0.5, Gamma: 0.1, SigmaSq: 1}, false)
	f := r.Floor()
	for _, c := range []struct {
		a, level float64
		want     int
	}{{f / 2, f / 2, Never}, {f, f, 0}, {2 * f, f, Never}, {f / 2, 2 * f, 0}, {math.Inf(1), 2 * f, Never},
		{math.NaN(), 2 * f, Never}, {f, math.NaN(), Never}} {
		if got := r.Steps(c.a, c.level); got != c.want {
			t.Errorf("Steps(%v, %v) = %d, want %d (floor %v)", c.a, c.level, got, c.want, f)
		}
	}
}

func TestTrainByBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	for n := range 100 {
		r, dt := draw(rng), 1+rng.IntN(60)
		tr := NewTrain(r, math.Exp(rng.NormFloat64()), dt)
		a0 := math.Exp(2 * rng.NormFloat64())
		a, peak := a0, 0.0
		spikes := max(2, int(40/(r.Rate*float64(dt)))) // e^-40 is left of the start
		for step := range dt * (spikes + 1) {
			m := 0.0
			if step > 0 && step%dt == 0 {
				m = tr.M
				if b := tr.BeforeSpike(a0, step/dt); !near(a, b) {
					t.Fatalf("case %d %+v: before spike %d: %v, closed form %v", n, tr, step/dt, a, b)
				}
			}
			a = r.After(a, m)
			if m > 0 {
				peak = a
			}
		}
		if !near(a, tr.Before()) || !near(peak, tr.Peak()) {
			t.Errorf("case %d %+v: limits %v and %v, want %v and %v", n, tr, a, peak, tr.Before(), tr.Peak())
		}
	}
}

func TestRecoversByBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 0))
	seen := map[bool]int{}
	for n := range 500 {
		tr := NewTrain(draw(rng), math.Exp(rng.NormFloat64()), 1+rng.IntN(40))
		a0, from := math.Exp(2*rng.NormFloat64()), 1+rng.IntN(5)
		level := tr.Before() * math.Exp(0.3*rng.NormFloat64())
		want := true
		b := tr.Gap(a0, tr.Dt)
		for k := 1; k < from+int(40/(tr.Rate*float64(tr.Dt))); k++ {
			want = want && (k < from || b <= level)
			b = tr.Gap(tr.After(b, tr.M), tr.Dt-1)
		}
		want = want && b <= level
		if got := tr.Recovers(a0, level, from); got != want && !near(level, tr.Before()) {
			t.Errorf("case %d %+v: Recovers(%v, %v, %d) = %v", n, tr, a0, level, from, got)
		}
		seen[want]++
	}
	if seen[true] < 50 || seen[false] < 50 {
		t.Errorf("one-sided cases: %v", seen)
	}
}

func TestMaxSizeAndMinSpacing(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 0))
	for n := range 300 {
		r, dt := draw(rng), 1+rng.IntN(300)
		level := r.Floor() + math.Exp(2*rng.NormFloat64())
		m := r.MaxSize(level, dt)
		if b := NewTrain(r, m, dt).Before(); !near(b, level) {
			t.Errorf("case %d %+v: size %v every %d gives %v, want %v", n, r, m, dt, b, level)
		}
		m *= math.Exp(rng.NormFloat64())
		k := r.MinSpacing(level, m)
		brute := 1
		for !(NewTrain(r, m, brute).Before() <= level) {
			brute++
		}
		if k != brute {
			t.Errorf("case %d %+v: spacing %d, brute force %d", n, r, k, brute)
		}
	}
	r := Printed(bounds.Smooth{L: 1, Mu: 1, Gamma: 0.1, SigmaSq: 1}, false)
	if k := r.MinSpacing(r.Floor(), 1); k != Never {
		t.Errorf("spacing %d at the floor", k)
	}
	if m := r.MaxSize(r.Floor(), 5); m != 0 {
		t.Errorf("size %v at the floor", m)
	}
}

func TestWorstByBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	for n := range 300 {
		r, m := draw(rng), math.Exp(rng.NormFloat64())
		kick := r.Kick * m * m
		h := kick / r.Rate * rng.Float64() * 0.99
		got, a, count := r.Worst(m, h), kick, 0
		for a <= h {
			count++
			a = a*(1-r.Rate) + kick
		}
		if got != count {
			t.Errorf("case %d %+v: m = %v, h = %v: %d, brute force %d", n, r, m, h, got, count)
		}
		if k := r.Worst(m, 1.001*kick/r.Rate); k != Never {
			t.Errorf("case %d: %d above the limit of the sum", n, k)
		}
	}
	if r := draw(rng); r.Worst(1, math.NaN()) != 0 || r.Worst(1, -1) != 0 {
		t.Error("a NaN or negative allowance holds spikes")
	}
}

func TestNonconvexBudget(t *testing.T) {
	s := bounds.Smooth{L: 2, Gamma: 0.05}
	n := NonconvexBudget(s, 1000, 3, 0.7, false)
	if got := bounds.Theorem3(s, 0, 1000, 9*n, 9*n); !near(got, 0.7) {
		t.Errorf("%v spikes give %v in (34)", n, got)
	}
	n = NonconvexBudget(s, 1000, 3, 0.7, true)
	if got := bounds.Theorem3(s, 0, 1000, 9*n, 0); !near(got, 0.7) {
		t.Errorf("zero mean: %v spikes give %v in (34)", n, got)
	}
}

func TestMisusePanics(t *testing.T) {
	for name, f := range map[string]func(){
		"no mu":           func() { Printed(bounds.Smooth{L: 1, Gamma: 0.1}, false) },
		"NaN mu":          func() { Printed(bounds.Smooth{L: 1, Gamma: 0.1, Mu: math.NaN()}, false) },
		"large g":         func() { Printed(bounds.Smooth{L: 1, Gamma: 0.4, Mu: 1}, false) },
		"sharp, sigma":    func() { Sharp(bounds.Smooth{L: 1, Gamma: 0.4, Mu: 1, SigmaSq: 1}) },
		"sharp, large g":  func() { Sharp(bounds.Smooth{L: 1, Gamma: 1.4, Mu: 1}) },
		"root, sigma":     func() { Root(bounds.Smooth{L: 1, Gamma: 0.4, Mu: 1, SigmaSq: 1}) },
		"root, no mu":     func() { Root(bounds.Smooth{L: 1, Gamma: 0.4}) },
		"spacing 0":       func() { NewTrain(Recursion{Rate: 0.1}, 1, 0) },
		"NaN spike":       func() { NewTrain(Recursion{Rate: 0.1}, math.NaN(), 1) },
		"negative spike ": func() { NewTrain(Recursion{Rate: 0.1}, -1, 1) },
	} {
		func() {
			defer func() {
				if msg := fmt.Sprint(recover()); !strings.HasPrefix(msg, "spikes:") {
					t.Errorf("%s: %s", name, msg)
				}
			}()
			f()
		}()
	}
}

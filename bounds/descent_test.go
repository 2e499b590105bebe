package bounds

import (
	"math"
	"testing"
)

// The right sides of section 4, written down once more with numbers.
func TestDescent(t *testing.T) {
	s := Smooth{L: 2, SigmaSq: 3, Mu: 0.5, Gamma: 0.125}
	const d0 = 5
	e2, mean2 := []float64{1, 4, 2}, []float64{0.5, 0.25, 1}
	sum := func(v []float64) (plain, weighted float64) {
		for k, x := range v {
			plain += x
			weighted += math.Pow(1-0.5*0.125/3, float64(3-k)) * x
		}
		return plain, weighted
	}
	e, we := sum(e2)
	m, wm := sum(mean2)
	q := 1 - 0.5*0.125/3
	p, r := 1-0.5*0.125, 1-0.5*0.125*(2-2*0.125)
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"(35)", Eq35(s, 7, 11), 2*0.015625*7 + 2*0.015625*11},
		{"(36)", Eq36(s, 7, 11), 2*0.015625*3 + 2*0.015625*7 + 0.0625*11},
		{"(34)", Theorem3(s, d0, 3, e, m), 6*5/(0.125*3) + 6*2*0.125*3 + 6*2*0.125/3*e + m},
		{"(37)", Theorem4(s, d0, 3, e, m), Theorem3(s, d0, 3, e, m)},
		{"(41)", Eq41(s, d0, 3, we, wm), q*q*q*5 + 3*2*0.125*3/0.5 + 2*0.015625*we + 0.0625*wm},
		{"(40) unrolled", UnrolledEq40(s, d0, 3, we, wm), q*q*q*5 + 2*0.015625*3*(1+q+q*q) + (2*0.015625*we+0.0625*wm)/q},
		{"(38)", Theorem5(s, d0, 3, we, wm), Eq41(s, d0, 3, we, wm)},
		{"root q", s.RootQ(), r},
		{"root weight", s.RootWeight(3), math.Pow(r, 1.5)},
		{"root (40)", RootEq40(s, 5, 0.5, 7), math.Pow(math.Sqrt(r*5)+math.Sqrt(0.5)*0.125, 2) - r*5 + 0.015625*math.Pow(math.Sqrt(3)+math.Sqrt(7), 2)},
		{"root (41)", Root41(s, d0, 3, 1.5, 7), math.Pow(0.125*1.5+math.Sqrt(r*r*r*d0+0.015625*math.Pow(math.Sqrt(3*(1+r+r*r))+math.Sqrt(7), 2)), 2)},
		{"root (41), excess", Root41Excess(s, d0, 3, 1.5, 7), Root41(s, d0, 3, 1.5, 7) - r*r*r*d0},
		{"root (41), T = 1 is (40)", Root41(s, d0, 1, math.Sqrt(0.5), 7), math.Pow(math.Sqrt(0.5)*0.125+math.Sqrt(r*d0+0.015625*math.Pow(math.Sqrt(3)+math.Sqrt(7), 2)), 2)},
		{"sharp (41)", Sharp41(s, d0, 3, we, wm), p*p*p*5 + 2*0.125*3/0.5 + 2*0.015625*we + 0.0625*wm},
		{"sharp (37), mean above", SharpTheorem4(s, d0, 3, 7, 11), 2*5/(0.125*3) + 2*2*0.125*3 + 2*2*0.125/3*7 + 7.0/3},
		{"sharp (37), mean below", SharpTheorem4(s, d0, 3, 11, 7), 2*5/(0.125*3) + 2*2*0.125*3 + 2*2*0.125/3*11 + 7.0/3},
		{"sharp (38), mean above", SharpTheorem5(s, d0, 3, 7, 11), p*p*p*5 + 2*0.125*3/0.5 + 2*0.015625*7 + 0.0625*7},
		{"sharp (38), mean below", SharpTheorem5(s, d0, 3, 11, 7), p*p*p*5 + 2*0.125*3/0.5 + 2*0.015625*11 + 0.0625*7},
		{"sharp weight", s.SharpWeight(3, 0), p * p},
		{"sharp weight of the last step, mu g = 1", Smooth{L: 1, Mu: 1, Gamma: 1}.SharpWeight(3, 2), 1},
		{"root weight of the last step, mu g = 1", Smooth{L: 1, Mu: 1, Gamma: 1}.RootWeight(0), 1},
		{"Q", s.Q(), q},
		{"weight", s.Weight(3, 1), q * q},
	} {
		if !(math.Abs(c.got-c.want) <= 4e-14*math.Abs(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestAdmissible(t *testing.T) {
	for _, c := range []struct {
		g    float64
		want bool
	}{{1.0 / 6, true}, {0.16, true}, {0.17, false}, {0, false}, {-1, false}, {math.NaN(), false}} {
		if got := (Smooth{L: 2, Gamma: c.g}).Admissible(); got != c.want {
			t.Errorf("L = 2, g = %v: %v", c.g, got)
		}
	}
}

func TestDescentMisuse(t *testing.T) {
	s := Smooth{L: 1, Mu: 1, Gamma: 0.1}
	for name, f := range map[string]func(){
		"T = 0 in (34)":           func() { Theorem3(s, 1, 0, 0, 0) },
		"T = -1 in (41)":          func() { Eq41(s, 1, -1, 0, 0) },
		"(40) without mu":         func() { Smooth{L: 1, Gamma: 0.1}.Q() },
		"(40) with NaN":           func() { Smooth{L: 1, Mu: math.NaN()}.Q() },
		"(38) without mu":         func() { Theorem5(Smooth{L: 1, Gamma: 0.1}, 1, 1, 0, 0) },
		"T = 0 in (40) unrolled":  func() { UnrolledEq40(s, 1, 0, 0, 0) },
		"T = 0 in root (41)":      func() { Root41(s, 1, 0, 0, 0) },
		"root (41) without mu":    func() { Root41(Smooth{L: 1, Gamma: 0.1}, 1, 1, 0, 0) },
		"root (40) without mu":    func() { RootEq40(Smooth{L: 1, Gamma: 0.1}, 1, 0, 0) },
		"root weight without mu":  func() { Smooth{L: 1}.RootWeight(0) },
		"sharp weight without mu": func() { Smooth{L: 1}.SharpWeight(1, 0) },
		"weight without mu":       func() { Smooth{}.Weight(1, 0) },
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
}

// TestWeightsFarOut: over 10^7 steps a weight is off by less than RelError, by the
// series of ln(1-x); math.Pow of the rounded 1-x would not be.
func TestWeightsFarOut(t *testing.T) {
	s := Smooth{L: 1, Mu: 0.75, Gamma: 1e-7 / 3}
	const n = 1e7
	want := func(x, p float64) float64 { return math.Exp(-p * (x + x*x/2 + x*x*x/3)) }
	g := s.Gamma
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"weight", s.Weight(n, 0), want(0.75*g/3, n)},
		{"sharp weight", s.SharpWeight(n, -1), want(0.75*g, n)},
		{"root weight", s.RootWeight(n), want(0.75*g*(2-g), n/2)},
	} {
		if !(math.Abs(c.got/c.want-1) <= RelError) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if w := (Smooth{L: 1, Mu: 1, Gamma: 0.25}).RootWeight(1 << 20); !(w > 0) {
		t.Errorf("a weight that underflows is %v, want it raised", w)
	}
}

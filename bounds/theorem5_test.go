package bounds_test

import (
	"math"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// TestTheorem5 has D0 = 5, T = 3 and the weighted sums 7 and 1.75.
func TestTheorem5(t *testing.T) {
	const (
		q     = 1 - 0.5*0.125/3
		p     = 1 - 0.5*0.125
		noise = 2 * 0.125 * 3 / 0.5
		lg2   = 2 * 0.015625
	)
	checkWritten(t, []written{
		{"weight", smooth.Weight(3, 1), q * q},
		{"(41)", Eq41(smooth, 5, 3, 7, 1.75), q*q*q*5 + 3*noise + lg2*7 + 0.0625*1.75},
		{"(40) unrolled", UnrolledEq40(smooth, 5, 3, 7, 1.75),
			q*q*q*5 + lg2*3*(1+q+q*q) + (lg2*7+0.0625*1.75)/q},
		{"(38)", Theorem5(smooth, 5, 3, 7, 11), q*q*q*5 + 3*noise + lg2*7 + 0.0625*11},
		{"sharp weight", smooth.SharpWeight(3, 0), p * p},
		{"sharp weight of the last step, mu g = 1", Smooth{L: 1, Mu: 1, Gamma: 1}.SharpWeight(3, 2), 1},
		{"sharp (41)", Sharp41(smooth, 5, 3, 7, 1.75), p*p*p*5 + noise + lg2*7 + 0.0625*1.75},
		{"sharp (38), mean above", SharpTheorem5(smooth, 5, 3, 7, 11), p*p*p*5 + noise + lg2*7 + 0.0625*7},
		{"sharp (38), mean below", SharpTheorem5(smooth, 5, 3, 11, 7), p*p*p*5 + noise + lg2*11 + 0.0625*7},
	})
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

// TestWeights: the weights of one Smooth have the bits of those that are asked for one by one.
func TestWeights(t *testing.T) {
	for _, s := range []Smooth{
		smooth, {L: 1, Mu: 1, Gamma: 1}, {L: 1, Mu: 0.75, Gamma: 1e-7 / 3}, {L: 3, Mu: 1e-9, Gamma: 0.1},
	} {
		w := s.Weights()
		for _, k := range []int{0, 1, 2, 3, 10, 1 << 10, 1 << 20} {
			for _, pair := range [][2]float64{
				{w.Printed(k), s.Weight(k+2, 2)}, {w.Sharp(k), s.SharpWeight(k+3, 2)}, {w.Root(k), s.RootWeight(k)},
			} {
				if math.Float64bits(pair[0]) != math.Float64bits(pair[1]) {
					t.Errorf("%+v, k = %d: %v, want %v", s, k, pair[0], pair[1])
				}
			}
		}
	}
}

func TestTheorem5Misuse(t *testing.T) {
	noMu := Smooth{L: 1, Gamma: 0.1}
	checkMisuse(t, []misuse{
		{"(41) with T = -1, want T >= 1", func() { Eq41(smooth, 1, -1, 0, 0) }},
		{"(40) unrolled with T = 0, want T >= 1", func() { UnrolledEq40(smooth, 1, 0, 0, 0) }},
		{"mu is 0, (40) wants mu > 0", func() { Theorem5(noMu, 1, 1, 0, 0) }},
		{"mu is 0, (40) wants mu > 0", func() { noMu.SharpWeight(1, 0) }},
		{"mu is 0, (40) wants mu > 0", func() { noMu.Weight(1, 0) }},
		{"mu is 0, (40) wants mu > 0", func() { noMu.Weights() }},
	})
}

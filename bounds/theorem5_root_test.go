package bounds_test

import (
	"math"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// TestRootForms has D0 = 5, T = 3, the bias 1.5 and the spread 7; (L/2)^{1/2} = 1
// and L g^2/2 = 1/64.
func TestRootForms(t *testing.T) {
	const r = 1 - 0.5*0.125*(2-2*0.125)
	square := func(x float64) float64 { return x * x }
	oneStep := square(math.Sqrt(3)+math.Sqrt(7)) / 64
	threeSteps := square(math.Sqrt(3*(1+r+r*r))+math.Sqrt(7)) / 64
	root41 := square(0.125*1.5 + math.Sqrt(r*r*r*5+threeSteps))
	checkWritten(t, []written{
		{"root q", smooth.RootQ(), r},
		{"root weight", smooth.RootWeight(3), math.Pow(r, 1.5)},
		{"root weight of the last step, mu g = 1", Smooth{L: 1, Mu: 1, Gamma: 1}.RootWeight(0), 1},
		{"root (40)", RootEq40(smooth, 5, 0.5, 7), square(math.Sqrt(r*5)+math.Sqrt(0.5)*0.125) - r*5 + oneStep},
		{"root (41)", Root41(smooth, 5, 3, 1.5, 7), root41},
		{"root (41), excess", Root41Excess(smooth, 5, 3, 1.5, 7), root41 - r*r*r*5},
		{"root (41), T = 1 is (40)", Root41(smooth, 5, 1, math.Sqrt(0.5), 7),
			square(math.Sqrt(0.5)*0.125 + math.Sqrt(r*5+oneStep))},
	})
}

func TestRootMisuse(t *testing.T) {
	noMu := Smooth{L: 1, Gamma: 0.1}
	checkMisuse(t, []misuse{
		{"root (41) with T = 0, want T >= 1", func() { Root41(smooth, 1, 0, 0, 0) }},
		{"root (41) with T = 0, want T >= 1", func() { Root41Excess(smooth, 1, 0, 0, 0) }},
		{"mu is 0, (40) wants mu > 0", func() { Root41(noMu, 1, 1, 0, 0) }},
		{"mu is 0, (40) wants mu > 0", func() { RootEq40(noMu, 1, 0, 0) }},
		{"mu is 0, (40) wants mu > 0", func() { noMu.RootWeight(0) }},
	})
}

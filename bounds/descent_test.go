package bounds_test

import (
	"math"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// smooth is the setting of the numbers below: sums are L g^2 = 2/64, g/2 = 1/16 and
// mu g = 1/16.
var smooth = Smooth{L: 2, SigmaSq: 3, Mu: 0.5, Gamma: 0.125}

// written is a right side of section 4, written down once more with numbers.
type written struct {
	name      string
	got, want float64
}

// writtenError bounds the relative error of both: 2^-48, some 30 roundings.
const writtenError = 0x1p-48

func checkWritten(t *testing.T, rows []written) {
	t.Helper()
	for _, c := range rows {
		if !(math.Abs(c.got-c.want) <= writtenError*math.Abs(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestDescent(t *testing.T) {
	checkWritten(t, []written{
		{"Q", smooth.Q(), 1 - 0.5*0.125/3},
		{"(35)", Eq35(smooth, 7, 11), 2*0.015625*7 + 2*0.015625*11},
		{"(36), first line", Eq36First(smooth, 5, 7), 2*0.015625*5 + 2*0.015625*7},
		{"(36)", Eq36(smooth, 7, 11), 2*0.015625*3 + 2*0.015625*7 + 0.0625*11},
	})
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
	checkMisuse(t, []misuse{
		{"mu is 0, (40) wants mu > 0", func() { Smooth{L: 1, Gamma: 0.1}.Q() }},
		{"mu is NaN, (40) wants mu > 0", func() { Smooth{L: 1, Mu: math.NaN()}.Q() }},
	})
}

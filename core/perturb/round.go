package perturb

import (
	"math"
	"math/bits"
	"math/rand/v2"
)

// Round is the error of rounding the state to a short format, delta =
// rounded(s) - s. format is fp16, bf16, e4m3, e5m2 or int8. What is larger than
// the largest number of the format becomes that number. int8 has the levels
// -127..127 times one scale a vector, the smallest power of two that is at least
// max|s|/127: a power of two, unlike max|s|/127 itself, makes every level exact
// in float64. A zero vector is exact.
//
// To nearest, ties to even, the law has one outcome. Stochastic rounding takes,
// for each coordinate on its own, the neighbour away from zero with the
// probability frac of Format.Neighbours and else the one towards zero, so that
// its mean is 0 for a state that does not saturate. Its support has a factor 2
// for each coordinate that is not representable. A probability below the
// smallest float64 comes out as 0; that takes several coordinates far below the
// smallest subnormal of the format.
//
// delta is rounded(s) - s, correctly rounded. It is exact, and s + delta is then
// rounded(s), but for two cases: s is beyond twice the largest number, or
// stochastic rounding moves a coordinate below half of the smallest subnormal of
// the format, or of the scale, away from zero.
//
// It panics on an unknown format.
func Round(format string, stochastic bool) Finite {
	mode := "nearest"
	if stochastic {
		mode = "stochastic"
	}
	spec := Spec{Law: "round", Format: format, Mode: mode}.must()
	f, float := formats[format]
	n := neighbours{f, !float}
	if stochastic {
		return roundStochastic{n, spec}
	}
	return roundNearest{n, spec}
}

// neighbours finds the two candidates for a coordinate of s.
type neighbours struct {
	format Format
	int8   bool
}

// scale is the grid of int8 for s, 0 for the zero vector, for one that is not
// finite, and for other formats.
func (n neighbours) scale(s []float64) float64 {
	if !n.int8 {
		return 0
	}
	m := 0.0
	for _, v := range s {
		m = max(m, math.Abs(v))
	}
	if m == 0 || math.IsNaN(m) || math.IsInf(m, 0) {
		return 0
	}
	frac, e := math.Frexp(m) // m = frac 2^e, 1/2 <= frac < 1
	if frac <= 127./128 {
		e-- // m <= 127 2^(e-7)
	}
	return math.Ldexp(1, e-6) // 0 below the least float64: all of s is then exact
}

func (n neighbours) of(v, scale float64) (toZero, away, frac float64) {
	switch {
	case !n.int8:
		return n.format.Neighbours(v)
	case scale == 0:
		return v, v, 0
	}
	return grid(v, scale)
}

type roundNearest struct {
	neighbours
	spec Spec
}

func (l roundNearest) Spec() Spec                                   { return l.spec }
func (l roundNearest) Sample(dst, s []float64, t int, _ *rand.Rand) { l.Outcome(dst, s, t, 0) }
func (l roundNearest) Support(_ []float64, _ int) int               { return 1 }
func (l roundNearest) Outcome(dst, s []float64, _, k int) float64 {
	if len(dst) != len(s) || k != 0 {
		misused("round", dst, s, len(s), k, 1)
	}
	scale := l.scale(s)
	for i, v := range s {
		dst[i] = nearest(l.of(v, scale)) - v
	}
	return 1
}

type roundStochastic struct {
	neighbours
	spec Spec
}

func (l roundStochastic) Spec() Spec { return l.spec }

func (l roundStochastic) Sample(dst, s []float64, _ int, rng *rand.Rand) {
	if len(dst) != len(s) {
		misused("round", dst, s, len(s), 0, 1)
	}
	mustRand("round", rng)
	scale := l.scale(s)
	for i, v := range s {
		lo, hi, frac := l.of(v, scale)
		if frac > 0 && rng.Float64() < frac {
			lo = hi
		}
		dst[i] = lo - v
	}
}

func (l roundStochastic) Support(s []float64, _ int) int {
	scale := l.scale(s)
	inexact := 0
	for _, v := range s {
		if _, _, frac := l.of(v, scale); frac > 0 {
			inexact++
		}
	}
	if inexact > bits.Len(MaxSupport)-1 {
		return TooMany
	}
	return 1 << inexact
}

// Bit j of k chooses the neighbour away from 0 for the j-th coordinate that is
// not representable.
func (l roundStochastic) Outcome(dst, s []float64, _, k int) float64 {
	if len(dst) != len(s) {
		misused("round", dst, s, len(s), 0, 1)
	}
	scale := l.scale(s)
	p, rest := 1.0, k
	for i, v := range s {
		lo, hi, frac := l.of(v, scale)
		if frac > 0 {
			if rest&1 == 1 {
				lo = hi
				p *= frac
			} else {
				p *= 1 - frac
			}
			rest >>= 1
		}
		dst[i] = lo - v
	}
	if rest != 0 { // more bits than coordinates to choose for
		misused("round", dst, s, len(s), k, l.Support(s, 0))
	}
	return p
}

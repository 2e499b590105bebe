package props

import "math"

// MaxRung is the last rung of the ladder.
const MaxRung = 12

// nearness is the logarithm of the distance to the bound, at most 20.
func nearness(ratio float64) float64 { return -math.Log2(max(1-ratio, 0x1p-20)) }

// rungs are where those after the first of the ladder begin.
var rungs = [MaxRung]float64{0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 3, 5, 8, 12}

// ladder takes another branch for every step of -log2(1 - ratio), the logarithm
// of the distance to the bound: each is a coverage point of its own, which tells
// the fuzzer which inputs come nearer to a violation.
func ladder(ratio float64) int {
	switch d := nearness(ratio); {
	case d < 0.1:
		return 0
	case d < 0.2:
		return 1
	case d < 0.4:
		return 2
	case d < 0.6:
		return 3
	case d < 0.8:
		return 4
	case d < 1:
		return 5
	case d < 1.5:
		return 6
	case d < 2:
		return 7
	case d < 3:
		return 8
	case d < 5:
		return 9
	case d < 8:
		return 10
	case d < 12:
		return 11
	}
	return MaxRung
}

// rungOf is the rung of a ratio without a branch for each.
func rungOf(ratio float64) int {
	d := nearness(ratio)
	rung := 0
	for _, edge := range rungs {
		if d >= edge {
			rung++
		}
	}
	return rung
}

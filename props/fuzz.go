package props

import (
	"math"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// MaxFuzzInput is the longest input that Fuzz decodes, in bytes; a case needs far
// less.
const MaxFuzzInput = 1 << 12

// Fuzz is the body of the native fuzz targets: it decodes a case of the kind of
// the claims from data, a flat list of bytes with one or two for each choice of
// the generator, and fails t when a claim does not hold on it, as Property does.
// It returns the highest rung of the ladder that a claim reached, from 0 to
// MaxRung, and skips an input that says nothing. The claims are of one kind.
func Fuzz(t Failer, claims []claim.Claim, data []byte) (rung int) {
	if len(data) > MaxFuzzInput {
		t.Skipf("input of %d bytes", len(data))
	}
	rung = -1
	for _, ratio := range Property(t, claims, search.Draw(claims[0].Kind, gen.Bytes(data))) {
		if ratio >= 0 {
			rung = max(rung, ladder(ratio))
		}
	}
	if rung < 0 {
		t.Skipf("the case says nothing")
	}
	return rung
}

// MaxRung is the last rung of the ladder.
const MaxRung = 12

// ladder takes another branch for every step of -log2(1 - ratio), the logarithm
// of the distance to the bound: each is a coverage point of its own, which tells
// the fuzzer which inputs come nearer to a violation.
func ladder(ratio float64) int {
	switch d := -math.Log2(max(1-ratio, 0x1p-20)); {
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

// Package fuzz holds native fuzz targets over the properties of package props.
// The seeds of a target run with go test; a campaign is
//
//	go test -fuzz=FuzzPropagation ./fuzz
//
// The input is a flat list of bytes, one or two a choice of the generator, so
// that a changed byte changes one choice. A ladder of branches, one a rung of
// the logarithm of the distance to the bound, tells the coverage-guided fuzzer
// which inputs come nearer to a violation.
package fuzz

import (
	"math"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/gen"
)

// MaxInput is the longest input that is decoded; a case needs far less.
const MaxInput = 1 << 12

// Propagation is the body of FuzzPropagation: it decodes a case and fails t when
// one of the claims, all about one step, does not hold on it.
func Propagation(t props.Failer, data []byte, claims []props.Claim) {
	if len(data) > MaxInput {
		t.Skipf("input of %d bytes", len(data))
	}
	said := false
	for _, ratio := range props.Property(t, claims, gen.Step(gen.Bytes(data))) {
		if ratio >= 0 {
			said = true
			ladder(ratio)
		}
	}
	if !said {
		t.Skipf("the case says nothing")
	}
}

var rung int

// ladder takes another branch for every factor 2 in 1 - ratio.
func ladder(ratio float64) {
	switch d := -math.Log2(max(1-ratio, 0x1p-20)); {
	case d < 0.1:
		rung = 0
	case d < 0.2:
		rung = 1
	case d < 0.4:
		rung = 2
	case d < 0.6:
		rung = 3
	case d < 0.8:
		rung = 4
	case d < 1:
		rung = 5
	case d < 1.5:
		rung = 6
	case d < 2:
		rung = 7
	case d < 3:
		rung = 8
	case d < 5:
		rung = 9
	case d < 8:
		rung = 10
	case d < 12:
		rung = 11
	default:
		rung = 12
	}
}

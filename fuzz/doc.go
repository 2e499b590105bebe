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
// one of the claims, all about one step, does not hold on it. It returns the
// highest rung of the ladder that a claim reached.
func Propagation(t props.Failer, data []byte, claims []props.Claim) (rung int) {
	return property(t, data, claims, gen.Step)
}

// Training is the body of FuzzTraining: the same for claims about runs.
func Training(t props.Failer, data []byte, claims []props.Claim) (rung int) {
	return property(t, data, claims, gen.TrainingRun)
}

func property(t props.Failer, data []byte, claims []props.Claim, draw func(gen.Source) *gen.Case) (rung int) {
	if len(data) > MaxInput {
		t.Skipf("input of %d bytes", len(data))
	}
	rung = -1
	for _, ratio := range props.Property(t, claims, draw(gen.Bytes(data))) {
		if ratio >= 0 {
			rung = max(rung, ladder(ratio))
		}
	}
	if rung < 0 {
		t.Skipf("the case says nothing")
	}
	return rung
}

// ladder takes another branch for every factor 2 in 1 - ratio.
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
	return 12
}

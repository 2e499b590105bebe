package bounds_test

import (
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// TestTheorem3 has D0 = 5, T = 3 and the sums 7 and 1.75.
func TestTheorem3(t *testing.T) {
	const (
		start = 5 / (0.125 * 3)
		noise = 2 * 0.125 * 3
		size  = 2 * 0.125 / 3
	)
	checkWritten(t, []written{
		{"(34)", Theorem3(smooth, 5, 3, 7, 1.75), 6*start + 6*noise + 6*size*7 + 1.75},
		{"sharp (34)", SharpTheorem3(smooth, 5, 3, 7, 1.75), 2*start + 2*noise + 2*size*7 + 1.75/3},
		{"(37)", Theorem4(smooth, 5, 3, 7, 11), 6*start + 6*noise + 6*size*7 + 11},
		{"sharp (37), mean above", SharpTheorem4(smooth, 5, 3, 7, 11), 2*start + 2*noise + 2*size*7 + 7.0/3},
		{"sharp (37), mean below", SharpTheorem4(smooth, 5, 3, 11, 7), 2*start + 2*noise + 2*size*11 + 7.0/3},
	})
}

func TestTheorem3Misuse(t *testing.T) {
	checkMisuse(t, []misuse{
		{"(34) with T = 0, want T >= 1", func() { Theorem3(smooth, 1, 0, 0, 0) }},
	})
}

package bounds_test

import (
	"math"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

func TestConstEdges(t *testing.T) {
	nan := math.NaN()
	checkEdges(t, []edge{
		{"Cv of C = 0", Const{N: 3}.Cv(), 1},
		{"Cv of C < 1", Const{N: 3, C: 0.5}.Cv(), 1},
		{"Cv of C = 1", Const{N: 3, C: 1}.Cv(), 1},
		{"Cv of C = 2", Const{N: 3, C: 2}.Cv(), 8},
		{"Cv^2 of C = 2", Const{N: 3, C: 2}.CvSq(), 64},
		{"Cv of the largest N", Const{N: MaxN, C: 1}.Cv(), 1},
		{"S_0", Const{N: 2, C: 7}.S(0), 1},
		{"S_2 of C = 1", Const{N: 2, C: 1}.S(2), 13},
		{"S_-1, an empty sum", Const{N: 2, C: 1}.S(-1), 0},
		{"S_0 of C = NaN", Const{N: 2, C: nan}.S(0), nan},
	})
}

// TestUnderflow: what underflows is raised to the smallest normal number, what does not is
// kept.
func TestUnderflow(t *testing.T) {
	const minNormal = 0x1p-1022
	one := []float64{1, 1, 1}
	checkEdges(t, []edge{
		{"a product below the normal numbers", Eq14a(Const{N: 2, L1: 1e-200}, one), minNormal},
		{"a factor below them", Eq14a(Const{N: 2, L1: 1}, []float64{1, 5e-324, 1}), minNormal},
		{"the smallest normal number", Eq14a(Const{N: 2, L1: 0x1p-511}, one), minNormal},
		{"the next power of 2", Eq14a(Const{N: 2, L1: 0x1p-510}, one), 4 * minNormal},
		{"a power", Eq12(Const{N: 2, C: 0x1p-600}, 1), minNormal},
		{"a power of 0", Eq12(Const{N: 2}, 1), 0},
	})
	checkEdges(t, []edge{
		{"RelError", RelError, 0x1p-36},
		{"RatioError", RatioError, 0x1p-29},
	})
	// The rounding that RelError and RatioError say to outweigh, at the largest N.
	if roundings := 32*MaxN + 64.0; !(math.Expm1(roundings*math.Log1p(0x1p-53)) < RelError) {
		t.Errorf("%v roundings are more than RelError", roundings)
	}
	if !(0x1p-53*0x1p7*math.Pow(2*MaxN, 1.5) < RatioError) {
		t.Error("RatioError is below the eigensolver's error")
	}
}

func TestConstMisuse(t *testing.T) {
	m := make([]float64, 2)
	checkMisuse(t, []misuse{
		{"N is 1, want 2..1024", func() { Eq14a(Const{N: 1}, m) }},
		{"N is 1, want 2..1024", func() { Const{N: 1}.CvSq() }},
		{"N is 1, want 2..1024", func() { Const{N: 1}.PerOp() }},
		{"N is 1, want 2..1024", func() { Const{N: 1}.Cv() }},
		{"N is -1, want 2..1024", func() { Const{N: -1}.CvSq() }},
		{"N is 1025, want 2..1024", func() { Lemma1(Const{N: MaxN + 1}) }},
	})
}

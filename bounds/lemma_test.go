package bounds_test

import (
	"math"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

func TestLemmaEdges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	checkEdges(t, []edge{
		{"Lemma 1 of C = 2", Lemma1(Const{N: 3, C: 2}), 64},
		{"(12) at i = N, C = 0", Eq12(Const{N: 2}, 2), 1},
		{"(12) at i = 1, C = 0", Eq12(Const{N: 2}, 1), 0},
		{"(22) of C2 = L2 = 0", Lemma2(Const{N: 2}, inf, inf), 0},
		{"(22) with a moment of NaN, C2 = 0", Lemma2(Const{N: 2}, nan, 0), nan},
		{"repaired (22), whatever C2", RepairedLemma2(Const{N: 2, C2: 9, L1: 3, L2: 2}, 5, 7), 2*9*5 + 4*7},
	})
}

func TestLemmaMisuse(t *testing.T) {
	checkMisuse(t, []misuse{
		{"(12): i is 3, want 1..2", func() { Eq12(Const{N: 2}, 3) }},
		{"(12): i is 0, want 1..2", func() { Eq12(Const{N: 2}, 0) }},
		{"N is 1, want 2..1024", func() { Eq12(Const{N: 1}, 1) }},
		{"N is 0, want 2..1024", func() { Lemma2(Const{}, 1, 1) }},
		{"N is 0, want 2..1024", func() { RepairedLemma2(Const{}, 1, 1) }},
	})
}

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

func TestConstMisuse(t *testing.T) {
	checkMisuse(t, []misuse{
		{"N is 1, want 2..1024", func() { Const{N: 1}.Cv() }},
		{"N is -1, want 2..1024", func() { Const{N: -1}.CvSq() }},
		{"N is 1025, want 2..1024", func() { Lemma1(Const{N: MaxN + 1}) }},
	})
}

package core

import (
	"math/rand/v2"
	"testing"
)

// TestTraits: every operator has a row; one that is said never to be negative is not
// on random inputs, and the others are somewhere.
func TestTraits(t *testing.T) {
	specs := map[string]Spec{
		"affine": {Op: "affine", In: 2, Out: 2}, "linear": {Op: "linear", In: 2, Out: 2},
		"fixed": {Op: "fixed", A: [][]float64{{1, -2}, {3, 1}}}, "softmaxce": {Op: "softmaxce", N: 3, Label: 1},
		"logistic": {Op: "logistic"},
	}
	for _, name := range OpNames() {
		spec, ok := specs[name]
		if !ok {
			spec = Spec{Op: name, N: 2}
		}
		if _, ok := traitsOf[name]; !ok {
			t.Errorf("%s has no row", name)
		}
		op, err := NewOp(spec)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, 1))
		x, w, y := make([]float64, op.In()), make([]float64, op.NW()), make([]float64, op.Out())
		negative := false
		for range 200 {
			for _, v := range [][]float64{x, w} {
				for k := range v {
					v[k] = 3 * rng.NormFloat64()
				}
			}
			op.Forward(y, x, w)
			for _, out := range y {
				negative = negative || out < 0
			}
		}
		if negative == spec.NonNegative() {
			t.Errorf("%s: negative somewhere is %v, said never to be is %v", name, negative, spec.NonNegative())
		}
	}
	if len(traitsOf) != len(OpNames()) {
		t.Errorf("%d rows for %d operators", len(traitsOf), len(OpNames()))
	}
}

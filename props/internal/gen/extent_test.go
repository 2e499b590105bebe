package gen

import (
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// TestExtent: by hand: widths 2, 3, 1, two laws of two outcomes and one of 2^3.
func TestExtent(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	two := perturb.Spec{Law: "twopoint", A: []float64{1}, B: []float64{-1}, P: 0.5}
	c := &Case{
		Chain: []core.Spec{{Op: "linear", In: 2, Out: 3}, {Op: "tanh", N: 3}, {Op: "linear", In: 3, Out: 1}},
		X:     []float64{1, 2},
		Delta: []perturb.Spec{zero, {Law: "round", Format: "bf16", Mode: "stochastic"}, two},
		Eps:   []perturb.Spec{zero, two, zero},
	}
	if got, want := c.Extent(), (Extent{N: 3, Width: 3, Leaves: 32}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	c.Run = &Run{Steps: 7}
	if got := c.Extent().Max(Extent{N: 1, Width: 9}); got != (Extent{3, 9, 7, 32}) {
		t.Errorf("with a run, and wider: %+v", got)
	}
	if got := (&Case{}).Extent(); got.N != 0 || got.Width != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}

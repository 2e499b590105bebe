package gen

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

func TestLine(t *testing.T) {
	minus := math.Copysign(0, -1) // its sign is not shown
	zero := perturb.Spec{Law: "zero"}
	scale := []core.Spec{{Op: "scale", N: 2}}
	law := func(l perturb.Spec) *Case {
		return &Case{Chain: scale, X: []float64{1, 2}, W: [][]float64{{3, 4}}, Delta: []perturb.Spec{l},
			Eps: []perturb.Spec{zero}}
	}
	const pass = "scale(2) w_1=[3 4]; x=[1 2]"
	run := law(zero)
	run.Run = &Run{More: [][]float64{{5, minus}}, Gamma: 0.125, Steps: 9, Reg: core.Regularizer{Kind: "l2", Rho: 0.5}}
	none, bare := law(zero), law(zero)
	none.Run = &Run{Gamma: 0.125, Steps: 9, Reg: core.Regularizer{Kind: "none", Rho: 0.5}}
	bare.Run = &Run{Gamma: 0.125, Steps: 9}
	for _, c := range []struct {
		on   *Case
		want string
	}{
		{law(zero), pass},
		{law(perturb.Spec{Law: "constant", D: []float64{minus, 1}}), pass + "; delta_1=[0 1]"},
		{law(perturb.Spec{Law: "switch", A: []float64{1, 1}, B: []float64{0, 0}, K: 1, At: 0.5}),
			pass + "; delta_1=[1 1] where s_2 >= 0.5, else [0 0]"},
		{law(perturb.Spec{Law: "topk", K: 1}), pass + "; delta_1~topk"},
		{none, pass + "; T=9, g=0.125"}, {bare, pass + "; T=9, g=0.125"},
		{run, pass + ",[5 0]; T=9, g=0.125, l2(0.5)"},
		{&Case{
			Chain: scale, X: []float64{minus, minus}, W: [][]float64{{minus, -0.5}},
			Delta: []perturb.Spec{{Law: "twopoint", A: []float64{minus, 1}, B: []float64{minus, -1}, P: 0.5}},
			Eps:   []perturb.Spec{{Law: "constant", D: []float64{minus}}},
		}, "scale(2) w_1=[0 -0.5]; x=[0 0]; delta_1=[0 1] or [0 -1] (p=0.5); eps_1=[0]"},
	} {
		if got := c.on.Line(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

package props

import (
	"fmt"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/gen"
)

// LongSteps is the horizon of the runs without chance that every search adds to
// its trees; the tests take them to 10^6.
const LongSteps = 1 << 14

// longRuns are deterministic: all inputs at every step, constant or rounding
// perturbations. part is g in units of 1/(3L).
func longRuns(steps int, parts ...float64) []*gen.Case {
	zero := perturb.Spec{Law: "zero"}
	var all []*gen.Case
	for _, part := range parts {
		for _, law := range []perturb.Spec{
			{Law: "constant", D: []float64{0.25}},
			{Law: "round", Format: "bf16", Mode: "nearest"},
			{Law: "round", Format: "e4m3", Mode: "nearest"},
		} {
			quad := &gen.Case{
				Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "fixed", A: [][]float64{{0.75}}}, {Op: "halfsq", N: 1}},
				X:     []float64{0.3}, W: [][]float64{{0.9}, {}, {}},
				Delta: []perturb.Spec{law, zero, zero}, Eps: []perturb.Spec{zero, zero, zero},
				Run: &gen.Run{More: [][]float64{{-0.7}}, All: true, Steps: steps},
			}
			logistic := &gen.Case{
				Chain: []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "logistic"}},
				X:     []float64{0.3, 1}, W: [][]float64{{0.9, -0.4}, {}},
				Delta: []perturb.Spec{law, zero}, Eps: []perturb.Spec{zero, law},
				Run: &gen.Run{More: [][]float64{{-0.7, 0.2}, {0.5, -0.9}}, All: true, Steps: steps, Reg: core.Regularizer{Kind: "l2", Rho: 0.1}},
			}
			for _, c := range []*gen.Case{quad, logistic} {
				c.Run.Gamma = 1
				t, err := c.BuildRun()
				if err != nil {
					panic(fmt.Sprintf("props: long run: %v", err))
				}
				c.Run.Gamma = part / (3 * t.Known.L()) * (1 - 0x1p-40)
				all = append(all, c)
			}
		}
	}
	return all
}

package problem_test

import (
	"fmt"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
)

// The strongly convex experiment of section 7, smaller.
func Example() {
	table := problem.Synthetic(10, 200, 1)
	obj, err := problem.LogisticWith(table, problem.LogisticOptions{Reg: core.Regularizer{Kind: "l2", Rho: 0.1}})
	if err != nil {
		panic(err)
	}
	w := make([]float64, 10)
	err = core.Run(obj, w, core.Options{T: 100, Gamma: 1 / (3 * obj.L()), Reg: obj.Reg()})
	if err != nil {
		panic(err)
	}
	gap := problem.Loss(obj, w) - obj.LStarLower() // at least l(w) - l*
	fmt.Printf("mu = %.1f, l(w) - l* < 1e-9: %v\n", obj.Mu(), gap < 1e-9)
	// Output: mu = 0.2, l(w) - l* < 1e-9: true
}

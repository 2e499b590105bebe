package expect

import (
	"fmt"
	"slices"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// Plan holds the laws of one perturbed pass: Delta[i] is the law of delta_i
// (i = 1..N), Eps[i] that of eps_i (i = 2..N), Zeta[i] that of zeta_i (i = 1..N), for which
// see core.Reader. A nil or missing entry is zero.
type Plan struct {
	Delta, Eps, Zeta []perturb.Finite
}

// Leaf is one joint outcome of all perturbations of a pass. Path holds the
// number of the outcome at each site in the order they are drawn:
// delta_1..delta_N, eps_N..eps_2, and with a law of zeta delta_1..delta_N, zeta_N, eps_N,
// zeta_{N-1}, ..., eps_2, zeta_1; a zero law has the one outcome 0.
type Leaf struct {
	P                float64     // probability
	Path             []int       // length 2N-1, or 3N-1
	Delta, Eps, Zeta [][]float64 // as in core.State; Zeta is nil where no law of it is
}

// reads reports whether a law of zeta is there.
func (p *Plan) reads() bool {
	return slices.ContainsFunc(p.Zeta, func(l perturb.Finite) bool { return l != nil })
}

// mustNotRead is an error where the plan has a law of zeta, for what sums the moments of
// section 3, which know of none.
func (p *Plan) mustNotRead(what string) error {
	for i, l := range p.Zeta {
		if l != nil {
			return fmt.Errorf("expect: zeta_%d: %s has no place for zeta; Enumerate has", i, what)
		}
	}
	return nil
}

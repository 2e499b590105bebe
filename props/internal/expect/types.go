package expect

import "github.com/cascade-sgd/cascade/core/perturb"

// Plan holds the laws of one perturbed pass: Delta[i] is the law of delta_i
// (i = 1..N), Eps[i] that of eps_i (i = 2..N). A nil or missing entry is zero.
type Plan struct {
	Delta, Eps []perturb.Finite
}

// Leaf is one joint outcome of all perturbations of a pass. Path holds the
// number of the outcome at each site in the order they are drawn:
// delta_1..delta_N, eps_N..eps_2; a zero law has the one outcome 0.
type Leaf struct {
	P          float64     // probability
	Path       []int       // length 2N-1
	Delta, Eps [][]float64 // as in core.State
}

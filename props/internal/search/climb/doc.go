// Package climb climbs the ratio left/right of a claim from a case known to
// be bad: it moves the input, the weights, the perturbations and their
// probabilities, all at once, with CMA-ES and then Nelder-Mead (gonum/optimize).
// The same case, score and seed give the same result.
//
// In comes a case, its score and a budget of evaluations; out comes the best case found with its
// score. Package search alone may import it; it imports core, perturb and gen.
//
// # Bad input
//
// A case that does not build has no score; Climb then returns it unchanged.
package climb

// Package expect takes expectations over the perturbations of one pass exactly,
// by enumerating outcomes: every law with finite support, state dependent or
// not, makes the pass a tree of delta_1..delta_N, eps_N..eps_2, and every
// (conditional) mean of the paper a sum at its nodes.
//
// Enumerate visits the leaves one by one, with a whole pass for each; Naive
// computes the moments from that and is the oracle of the Walker, which walks
// the tree depth first and shares the prefixes. Saved activations that are not exact, zeta,
// are in Enumerate alone: the moments of section 3 know of none, and a Walker refuses them.
//
// A tree is exact or refused: enumerate.go has the cap of the leaves (MaxLeaves), walker.go
// that of the nodes. The cases of a search are kept smaller, see MaxLeaves in package gen,
// and the second opinion has a cap of its own, bigpass/tree.go.
//
// In comes a chain with input, weights and a Plan of laws; out come the moments of its pass in
// float64. The rooms from internal/gen upwards may import it; it imports core, perturb, claim and pool.
//
// # Bad input
//
// A tree over the cap, and a law whose probabilities are not positive or do not
// sum to 1, are errors that name the site. Slices of the wrong length panic
// with the prefix of the package that they were meant for.
package expect

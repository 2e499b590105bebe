// Package perturb holds the laws of the perturbations delta_i and eps_i of
// (5a) and (5b): constants, two-point and general finite laws, uniform and
// Gaussian ones, rounding to short formats (nearest and stochastic), top-k
// compression, switches between two vectors, bit flips, and intermittent ones.
//
// format.go has the short formats (fp16, bf16, e4m3, e5m2) and how a number is rounded to
// one, round.go the laws that do so, laws.go the others, spec.go all as data.
//
// A law sees the state that its draw is added to. Where its support is finite
// it lists the outcomes with their probabilities, so that expectations over it
// are sums.
//
// In comes a Spec, or the numbers of a law, and the state; out come draws, and of a finite law its
// outcomes with their probabilities. Every room but core and bounds may import it; it imports the standard
// library alone.
//
// # Bad input
//
// New, which builds a law from data, gives an error that names the field and
// the value. The constructors panic on the same with the prefix "perturb:", and
// so do laws and samplers that are used wrongly.
package perturb

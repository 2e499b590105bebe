// Package appendix replays the counterexamples of appendix A of arXiv:2602.20646v1
// through the engine of package core: A.1, a law with a closed form; A.2, a constant
// forward perturbation; A.3, a Top-1 compressor with and without momentum.
//
// What comes in: a seed for the starts that the paper does not name. What goes out: the
// judgement of each printed outcome, and a page. It imports core, claim, expect and
// table; the list of claims imports it. Nothing here reads data from outside.
package appendix

// Package beyond holds what we prove where arXiv:2602.20646v1 (Kong, Zhang, Yuan, 2026)
// ends, its section 8, against runs over the whole tree of chance: errors that a memory gives
// back (feedback.go), saved activations that are not exact (saved.go, with delta and eps beside
// them saved_noise.go, and conjecture.go what does not hold of them, with certificates), and
// momentum (heavyball.go). The bounds are in package bounds, file beyond.go, the proofs in
// PROOFS.md, section 5.
//
// What comes in: a seed. What goes out: a judgement for the list of claims, which imports it.
// It imports bounds, cert and claim.
//
// # Bad input
//
// There is none from outside.
package beyond

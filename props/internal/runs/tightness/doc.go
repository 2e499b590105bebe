// Package tightness says how much of a bound can be used, where that can be computed
// without a search: for Theorem 1 by N, C and Lf, from above and from below.
//
// registry.go has the best coefficient known for each bound, by witnesses in rational numbers and
// by proofs.
//
// What comes in: nothing; the grids are its own, the witnesses are testdata. What goes out:
// pages. It imports bounds, cert and table; the report and the command import it.
package tightness

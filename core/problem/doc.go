// Package problem holds objectives of the form (1),
//
//	l(w) = (1/M) sum_k F(x_k; w) + R(w),
//
// and the constants that the convergence claims need. Equation numbers are
// those of arXiv:2602.20646v1 (Kong, Zhang, Yuan, 2026).
//
//	Table           a data set: ReadBreastCancer, ReadDigits, Synthetic
//	Logistic        logistic regression on a Table, with proved constants
//	NewQuadratic    (1/K) sum_k |A(x_k+w)|^2/2, with exact constants
//	Network         affine, tanh, ..., softmaxce on a Table; no constants
//	A1, A2, A3      the counterexamples of appendix A
//	Loss, Gradient  l(w) and grad l(w) over all samples
//
// Objectives with constants are Known. Every constant is sound in float64:
// L and sigma^2 are rounded up, mu and the bound of l* down.
//
// constants.go has those of a regression (LStarLower is the bound of l*), quadratic.go and
// counterexample.go those of theirs.
//
// In come files of data, tables and the numbers of an objective; out come objectives with their
// losses, gradients and constants. Every room above core may import it; it imports core, perturb and
// gonum.
//
// # Bad input
//
// Data from outside (files, and tables handed to a constructor) gives an error
// that names the line and column, or row and feature, and the value; nothing
// half read is returned. Readers use bounded memory, whatever the file claims.
// Misuse in code (a box of the wrong length, a ragged matrix for NewQuadratic)
// panics with the prefix "problem:" and the values.
package problem

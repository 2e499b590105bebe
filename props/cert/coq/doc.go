// Package coq writes a certificate as a file for Coq 8.16, Debian's, that states the case
// as a theorem over the rational numbers and proves it by computation.
//
// In comes a parsed [cert.Certificate]; out comes the text of a .v file. It ends with
// "~ holds claim reading" and Print Assumptions, which says "Closed under the global
// context": no axiom is used. What is exported is not checked here: that is Coq's part, and
// a wrong certificate gives a file that does not compile.
//
// Three files in Coq stand beside this one, see [Library]. Cascade.v has definitions alone,
// what a reader has to believe: operators as polynomials with formal derivatives, the passes
// (4) and (5), finite laws and conditional means, A3 on the boxes of the visited states as a
// statement about all points and vectors, each claim as "in every case, under A3, the
// left side is at most the right one", and runs of (5d) with A1, l* and A4 as statements about
// all weights. Kernel.v is the checker with the proof that what it
// accepts refutes the claim; nothing in it has to be believed. Operator norms are bounded by
// a factorization L D L^T of c^2 I - M^T M, found and then checked by multiplying out; that a
// bound on a derivative is a Lipschitz constant is proved for polynomials over Q, in small
// steps, without real numbers. Runs.v does the same for runs: the loss and its gradient as
// polynomials of all weights, A1, l* and A4 as quadratic forms that are never negative.
//
// Memories.v, which needs none of these, has the two counterexamples of bounds/PROOFS.md, section
// 5.4, as theorems: -3/28 with one memory for all samples, and the plateau k s^2/8 (1 - k^2
// s^2/16) with the rest carried along.
//
// Saved.v, which needs none of these either, has the three conjectures about saved activations
// that fail, section 5.2, with the certificates' numbers and in general.
//
// check.sh compiles the library and the exports of all certificates, and has coqchk look
// at them again; [Missing] says of the rest what stands in the way.
//
// It imports package cert alone; the command and its own tests import it.
//
// # Bad input
//
// A claim that the library does not state gives an error that says why. A nil number in a
// certificate made in code panics with the prefix "coq:".
package coq

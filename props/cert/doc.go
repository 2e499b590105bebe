// Package cert replays refutation certificates: small JSON files that show, in
// exact rational arithmetic, that a printed claim of arXiv:2602.20646v1 (Kong,
// Zhang, Yuan, 2026) is false, or that a step of its proof is ("form":"derivation"). It shares no code with the rest of the module:
// operators are polynomials over math/big.Rat, derivatives are taken term by
// term, expectations are sums over all outcomes, and the formulas are written
// down again from the paper.
//
// A certificate names a claim, a reading of its conditional expectations and an
// index, a chain of N operators with input and weights, independent finite laws
// of the perturbations, the constants of assumption A3, and both sides of the
// claim:
//
//	{"version":1, "claim":"eq29", "eq":"(29)", "form":"printed", "reading":"past", "at":{"i":2},
//	 "chain":[{"op":"linear","in":1,"out":1},{"op":"linear","in":1,"out":1}], "x":["1"], "w":[["1"],["2"]],
//	 "delta":{"1":[{"p":"1/2","d":["-1"]},{"p":"1/2","d":["1"]}]},
//	 "constants":{"C":"2","C2":"1","Lf":"2","L1":"1","L2":"1",
//	   "why":{"C":"in plain words","C2":"as C","Lf":"as C","L1":"as C","L2":"as C"}},
//	 "lhs":"4", "rhs":"2", "text":"in plain words", "n":2}
//
// Numbers are strings, "p" or "p/q" in lowest terms. Sites without a law are zero. delta is
// keyed by 1..N, eps by 2..N, since (5) has no eps_1. The operators are affine,
// linear, fixed, bias, scale, square, halfsq and bilinear, as in package core.
//
// A claim that bounds says left <= right, and a certificate shows left > right.
// The claims eq6a, eq6b and eq6c are equations between matrices: both sides are
// rows of numbers, and a certificate shows that they differ.
//
// # What Check does not take on trust
//
// Everything but the words of "text" and "why"; each constant needs some, whatever
// they say. That includes the constants of A3: each must be positive and bound its
// norm on the box that holds all visited states, which is decided without roots, as
// c^2 I - M^T M >= 0 by an exact factorization. The bound is conservative where the
// box is not a point: a valid constant may be refused, an invalid one is never
// accepted.
//
// # Bad input
//
// Data gives a *[Refusal] that names the place and the value; sizes and digits
// have caps. A nil number in a Certificate made in code panics with the prefix
// "cert:".
package cert

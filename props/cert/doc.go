// Package cert replays refutation certificates: small JSON files that show, in
// exact rational arithmetic, that a printed claim of arXiv:2602.20646v1 (Kong,
// Zhang, Yuan, 2026) is false, or that a step of its proof is ("form":"derivation").
// In comes a file, or a Certificate made in code; out comes a Report with the
// arithmetic of both sides, or a [Refusal].
//
// FORMAT.md beside this file is the format: fields, canonical bytes, what is
// recomputed, each claim. schema.json has the layout; check.py is a second checker,
// from FORMAT.md alone, and testdata/vectors has inputs with their verdicts.
//
// The package shares no code with the rest of the module but the strict reader, and
// imports nothing else of it: operators are polynomials over math/big.Rat, derivatives
// are taken term by term, expectations are sums over all outcomes, and the formulas
// are written down again from the paper. Any room may import it.
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
//	   "why":{"C":"in plain words","C2":"as C","L1":"as C","L2":"as C","Lf":"as C"}},
//	 "lhs":"4", "rhs":"2", "text":"in plain words", "n":2}
//
// # What a certificate shows
//
// Exactly what its claim denies. A claim that bounds says left <= right, and a
// certificate shows left > right. The claims eq6a, eq6b and eq6c are equations between
// matrices: a certificate shows that the sides differ. Section 6.3 says that a spike
// occurs with some constant: a certificate shows an error of size 1 and U = u, which no
// constant bounds. (48) holds with some constant for every T or not at all: a
// certificate has a T for every constant; see [Series].
//
// # What Check does not take on trust
//
// Everything but the words of "text" and "why"; each constant needs some, whatever
// they say, and a report marks them as unchecked. That includes the constants of A3:
// each must be positive and bound its norm on the box that holds all visited states,
// which is decided without roots, as c^2 I - M^T M >= 0 by an exact factorization. The
// bound is conservative where the box is not a point: a valid constant may be refused,
// an invalid one is never accepted.
//
// # Bad input
//
// Data gives a *[Refusal] that names the place and the value; sizes and digits
// have caps. A nil number in a Certificate made in code panics with the prefix
// "cert:".
package cert

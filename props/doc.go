// Package props is the list of claims, and the face of the harness for Go users.
//
// What comes in: nothing, for Claims, which are the statements of arXiv:2602.20646v1
// (Kong, Zhang, Yuan, 2026), as printed, and ours beside them, a file a chapter of the
// paper, rows only: propagation (Lemma 1, Theorem 1, spikes), linear (6), bias (Lemma
// 2, Theorem 2) and its lines, convergence (section 4), corollaries (section 5),
// experiments (section 7, and 5.3 on a network), sentences without a display, appendix,
// beyond (section 8, what the paper leaves open).
// Coverage says for each display where it is claimed, or why it is not. A user's own
// claims come in as the same type, claim.Claim. What goes out: the findings of Search,
// and Property and Fuzz as bodies of tests.
//
// It imports the experiments that judge claims, search and what is below; report,
// verify and fuzz import it.
//
// # Bad input
//
// Claims that are incomplete or not of one kind where one is wanted panic. A saved case
// from outside gives an error that names the place and the value.
package props

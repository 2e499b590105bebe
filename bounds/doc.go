// Package bounds holds what arXiv:2602.20646v1 (Kong, Zhang, Yuan, 2026)
// claims, as pure functions laid out and numbered like the paper. Constants of
// A3 (Const, PerOp) or of section 4 (Smooth) and moments of a perturbed step or
// run come in, the right side of an inequality goes out. Printed forms stand
// exactly as printed, true or not; a repaired form has Repaired in its name, a
// sharper one Sharp or Root, and these have their proofs in PROOFS.md.
//
// A file a statement, with the lines of its proof: (12) is in lemma1, (13) to (21) and (30)
// in theorem1, (22) in lemma2, (23), (24) and (26) to (33) in theorem2 and theorem2_lines,
// (34) in theorem3, (35), (36) and (40) in descent, (37) in theorem4, (38) and (41) in
// theorem5. What the paper leaves open in its section 8 is in beyond.
//
// Every package above may import it. It imports gonum at most: the constants
// come in as numbers, so that it shares nothing with the engine under test.
//
// Slices of moments are indexed like the paper and have N+1 entries: y2[i] is
// E|Y_i-y_i|^2 (y2[0] = 0), v2[i] is E|V_i-v_i|^2, d2[i] is E|delta_i|^2
// (i = 1..N), e2[i] is E|eps_i|^2 (i = 2..N); y4 and d4 are fourth moments, d22[i] is
// E_x(E[|delta_i|^2 | x]^2), at most d4[i].
//
// Overflow gives +Inf, never NaN; a factor 0 makes its term 0 even then; what
// underflows is rounded up. So a right side is never too small by more than
// RelError. NaN in what a formula reads gives NaN.
//
// # Bad input
//
// An index outside the paper's range, a short slice or an N outside 2..MaxN
// panics with the prefix "bounds:" and the values.
package bounds

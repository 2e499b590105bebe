// Package spikes tests what arXiv:2602.20646v1 (Kong, Zhang, Yuan, 2026) says
// of spikes: section 6.3 calls |U-u|^2 = O(1) at one step a spike, Table 1
// counts how many are tolerated, and (40) says how fast the gap l(w) - l* falls
// afterwards.
//
//	Recursion, Train   what (40) makes of one spike and of spikes every Dt steps
//	Check              real runs against those bounds
//	Phase              size against spacing: recovered or not, and what (40) predicts
//	ClaimBothWays      does an O(1) perturbation make a spike, and only then?
//	Isolated           one large spike beside frequent small ones (Fig 2)
//	Run                all of it: Options in, a Result out, which has a page
//
// In come Options; out come checks, phases and a page. Package props and the report may import it;
// it imports bounds, core, problem, pool and table.
//
// # Directions of rounding
//
// A check must never cry wolf. The measured gap is l(w) - LStarUpper less the
// rounding of l, so it is at most the true gap. LStarLower would over-state it,
// and a sound bound could then seem broken. The gap that a bound starts from is
// l(w) - LStarLower plus that rounding, at least the true gap. The measured
// |U-u| is raised by its rounding, and every step, quiet or not, is charged the
// rounding of the engine as a perturbation of its own (see noise). L is rounded
// up and mu down by package problem. All runs use the full batch, so sigma^2 = 0
// and no expectation is left.
//
// # Bad input
//
// Options come from outside: an error names the field and the value. Misuse in
// code (a recursion without contraction, a spacing below 1) panics with the
// prefix "spikes:" and the values.
package spikes

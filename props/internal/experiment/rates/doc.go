// Package rates measures what Corollaries 1-4 and Table 1 of arXiv:2602.20646v1
// (Kong, Zhang, Yuan, 2026) say asymptotically: how fast the left side falls with
// the number of steps T when Q(T) of them carry a perturbation of O(1).
//
// The runs are SGD with one sample a step on a logistic regression of six rows,
// through the engine of package core: with the nonconvex regularizer for the rate
// T^-1/2 of (1/T) sum_t E|grad l(w^t)|^2, with l2 for the rate ln T/T of
// E[l(w^T) - l*]. E is a mean over replicates; a slope comes with an interval by
// the jackknife. A slope over a finite range proves no rate: the verdict on an
// asymptotic claim is "unsettled", with this as its evidence.
//
// Sentences about rates, depth and constants, and steps of more than one size (bounds/
// PROOFS.md, section 4.2), are judged here as well, by closed forms and small exact runs.
//
// Beside it stands the explicit form of Theorem 4 or 5, whose right side is
// computed with proved constants on the box of all visited weights and states.
//
// In come Options (steps, replicates, seed); out come slopes with their intervals, verdicts on the
// claims about rates, and a page. Package props and the report may import it; it imports bounds, core and its
// problems, cert, claim, expect, gen, pool, search and table.
package rates

// Package logistic runs the experiments of section 7 of arXiv:2602.20646v1 (Kong, Zhang,
// Yuan, 2026), Figures 3 to 8, and the coupled sweep that Remark 4 promises, with an
// oracle beside every point: logistic regression by full-batch steps,
//
//	f(w) = (1/M) sum_k ln(1+exp(a_k)) + rho R(w),   a_k = <x_k, w>,  x_k = -y_k h_k,
//	w+   = w - gamma ( (1/M) sum_k x_k (sigma(a_k + delta) + eps) + rho R'(w) + xi ).
//
//	Options, Figures   what is run; every choice that the paper leaves open has a name
//	Simulate           one run
//	Predict            the same without a draw: root, floor, transient (Root, steady, flow)
//	Run, Result        all points of some figures, resumable; ReadCSV, those on record
//	Arrival            how many steps it takes until the norm is stable, without a draw
//	Vary, Variations   an outcome with one choice made otherwise, by the oracle alone
//	Exponents          power laws fitted to measured points, beside the oracle's
//
// Short formats (bf16, fp8, int8, Top-k; Format) stand in the place of delta and eps on the
// data sets of testdata: the figure "formats", whose oracle is that of a convex F, see
// convex, as its mean step may jump over 0.
//
// What comes in: Options, and stored points of earlier runs. What goes out: Results, and
// judgements for the list of claims. It imports core, claim, pool, strict and table; the
// list of claims, the package that draws and the command import it.
//
// # Bad input
//
// Options and stored points come from outside: an error names the field or the file, and
// the value. Simulate and Predict take what Check accepts.
package logistic

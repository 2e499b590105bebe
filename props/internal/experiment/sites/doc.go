// Package sites measures what section 5.3 of arXiv:2602.20646v1 (Kong, Zhang, Yuan, 2026)
// says of where a perturbation enters: delta_1, near the input, against delta_{N-1}, and
// eps_N, near the loss, against eps_2, on a tanh network of depth 6 for the digits.
//
// What comes in: Options. What goes out: a Result, a line for each network and size, the
// judgement of the list of claims, which says at which seeds, depths, widths and sizes the
// verdict is another one, and tables for the page of the figures. It imports core, bounds, gen and claim; the list of
// claims imports it.
//
// # Bad input
//
// Options come from code: a size or number that nothing can be measured with panics with
// the prefix "sites:".
package sites

// Package core is a minimal SGD engine with perturbed forward and backward
// passes: a chain of N operators, the pass (5a)-(5c), the step (5d), a run of
// T steps, and the regularity constants of assumption A3. Equation numbers are
// those of arXiv:2602.20646v1 (Kong, Zhang, Yuan, 2026).
//
// The computation, with y_0 = x, v_N = V_N = 1 and R the regularizer:
//
//	exact (4)                               perturbed (5)
//	y_i     = f_i(y_{i-1}, w_i)             Y_i     = f_i(Y_{i-1}, w_i) + delta_i           (5a)
//	v_{i-1} = J1_i(y_{i-1}, w_i)^T v_i      V_{i-1} = J1_i(Y_{i-1}, w_i)^T V_i + eps_i      (5b)
//	u_i     = J2_i(y_{i-1}, w_i)^T v_i      U_i     = J2_i(Y_{i-1}, w_i)^T V_i              (5c)
//	w_i    <- w_i - g (u_i + r_i)           w_i    <- w_i - g (U_i + r_i)                   (5d)
//
// State runs (5) for one sample, in the order of the formulas; Batch for many at
// once, as matrices, with their mean. Run takes T steps. A State made WithZeta has a third
// place for errors, which is ours: a Reader has J1_i and J2_i taken at Y_{i-1} + zeta_i.
//
// Everything in (5) is evaluated at the perturbed states. Slices that carry an
// operator index are indexed like the paper, 1..N; their entry 0 is y_0 or
// unused.
//
// In come specs of operators, states, weights and perturbations as slices of float64; out come the
// states, the gradients and the weights after a step. Every room may import it; it imports gonum
// and the standard library alone.
//
// # Bits
//
// Sums are taken in a fixed order and products are rounded before they are added
// (float64(a*b) + c), so no architecture fuses them: the same input gives the same
// bits on all, but for the functions of package math and the kernels of gonum.
//
// # Bad input
//
// Specs (chains described by data from outside) give errors that name the
// operator and the value. Misuse in code (a slice of the wrong length, a nil
// chain) panics with the prefix "core:" and the values; only what Chain.Op gives
// does not look at its arguments. Numbers are never
// checked: NaN and Inf flow through a pass as IEEE 754 has it.
package core

// Package bigpass runs the pass of (4) and (5) of arXiv:2602.20646v1 in math/big,
// with an evaluation of the operators, their derivatives and the expectations
// of its own: the slow oracle for what float64 cannot decide. It takes no
// numerics from package core, only the description of a chain.
//
// Every number is a Num, which carries a bound of its error through all that is
// done with it. Polynomial chains on short binary numbers are exact, and say
// so; for anything else the bound shrinks as the precision grows.
//
// In comes a chain with its numbers and the outcomes of its perturbations; out come states,
// derivatives and moments as Nums. The rooms that measure (internal/measure and those above) may import
// it; it imports core, claim and expect.
//
// # Bad input
//
// Chains that core.FromSpecs refuses, precisions and leaves over the caps, and
// slices that do not fit the chain or hold NaN or Inf are errors that name the
// place and the value. Numbers beyond the exponents of math/big are an error.
package bigpass

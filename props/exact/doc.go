// Package exact runs the pass of (4) and (5) in math/big, with an evaluation of
// the operators and their derivatives of its own: the slow oracle for what
// float64 cannot decide. It takes no numerics from package core, only the
// description of a chain.
//
// # Bad input
//
// A chain that core.FromSpecs refuses is an error; slices that do not fit the
// chain panic with the index error of the language.
package exact

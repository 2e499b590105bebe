// Package problem holds objectives of the form (1) on real data: logistic
// regression and small networks, as core.Objective, and the tables they are
// made from.
//
// # Bad input
//
// Data that is not what a reader expects is an error that names the line, the
// column (both from 1) and the value. Constructors given a table that does not
// fit return an error as well. Misuse in code panics with the prefix "problem:".
package problem

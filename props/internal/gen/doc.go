// Package gen generates the cases that the claims are tried on: random chains
// over all operators, weights and inputs from tiny to large scales, and laws of
// the perturbations with and without bias, for all, one or no layer.
//
// Every generator draws its choices from a Source, so one body serves random
// search, shrinking property tests and native fuzzing, and every case is valid
// by construction. A Case is plain data with a JSON form.
//
// case.go says how many leaves the tree of a case may have (MaxLeaves), cost.go what it may
// take in time and memory, step.go and run.go draw, fixed.go has the cases that are always
// tried.
//
// In come choices of a Source, or the bytes of a saved case; out come Cases, and of a Case what is
// ready to run. The rooms that measure, search and judge (internal/measure and those above) may import it;
// it imports core, its laws and problems, claim, expect and strict.
//
// # Bad input
//
// Cases from files give errors that name the field and the value. A Source
// asked for an empty range panics with the prefix "gen:".
package gen

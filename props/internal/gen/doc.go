// Package gen generates the cases that the claims are tried on: random chains
// over all operators, weights and inputs from tiny to large scales, and laws of
// the perturbations with and without bias, for all, one or no layer.
//
// Every generator draws its choices from a Source, so one body serves random
// search, shrinking property tests and native fuzzing, and every case is valid
// by construction. A Case is plain data with a JSON form.
//
// # Bad input
//
// Cases from files give errors that name the field and the value. A Source
// asked for an empty range panics with the prefix "gen:".
package gen

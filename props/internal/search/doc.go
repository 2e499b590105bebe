// Package search goes from a list of claims and a seed to findings.
//
// What comes in: claims, a seed, how many cases. What goes out: a Finding for each
// claim: its counts, its worst case, a verdict. A case's way is drawn (gen), measured
// (measure), checked (claim.Check), settled where float64 does not say yes (settle.go),
// climbed from where it is the worst (climb), and on No made small (shrink.go) and
// turned into a certificate (certify.go).
//
// A search is a sequence of units that know nothing of each other, see units.go: batches of
// small cases and, for every four of them, far ones (far.go). A longer one repeats the shorter
// one, and its largest ratio is never lower. The result depends on
// the claims, the seed and the number of cases alone, not on GOMAXPROCS.
//
// It imports measure and what is below; experiments, runs, the list of claims and the
// report import it.
//
// # Bad input
//
// Options out of range, claims that are incomplete, change the view that they read, or are of mixed kinds
// where one is wanted, and cases that their Build refuses panic with the prefix "search:".
package search

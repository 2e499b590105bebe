// Package conform is the gate for somebody else's training engine: it compares
// one perturbed SGD step of the engine, (5) of arXiv:2602.20646v1, with the
// reference of package core, rule by rule, and holds the engine's own output
// against Theorem 1.
//
//	func TestEngine(t *testing.T) {
//		conform.Test(t, func() (conform.Engine, error) { return myengine.New() })
//	}
//
// The module is not published yet. From another module:
//
//	require github.com/cascade-sgd/cascade v0.0.0
//	replace github.com/cascade-sgd/cascade => ../cascade
//
// Outside of tests, Check returns all violations as one error and Run the outcome
// of every rule. Each violation carries a request that Replay asks again.
//
// # Contract
//
// The suite reports no false positives: an engine passes when it computes (5) in
// its declared precision, with sums in any order, elementary functions good to
// two units in the last place and no intermediate overflow (ln(1+e^x) is x for a
// large x, not Inf). Tolerances are the rounding errors that Enclose derives for
// the very request; the numbers of a request are ones that the precision represents.
// It may miss faults: those below that rounding, and those that need a request
// it does not draw.
//
// The factory is called once a rule; the engines it returns must be equivalent. A
// rule calls its engine from one goroutine at a time, though not always the same
// one. An engine must be deterministic: what is random in it belongs into delta
// and eps. An engine that panics, hangs or answers with an error fails the rule that
// asked; one that hung is asked nothing more by that rule.
//
// Abilities are found by type assertion: Describer narrows what is asked, Tracer
// adds a rule. A rule that cannot be tried is a skipped subtest, and listed by
// Report.Skipped.
//
// # Bad input
//
// What an engine answers is data from outside: whatever it is, it ends in a
// Violation that names operator, index and value. Requests from files give errors
// that name the field. Options out of range panic with the prefix "conform:".
package conform

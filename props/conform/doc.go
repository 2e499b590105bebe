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
// The suite reports no false positives: an engine that computes (5) in its
// declared precision, with sums in any order and elementary functions good to
// two units in the last place, passes. Tolerances are the rounding errors that
// core.Enclosure derives for the very request. It may miss faults: those below
// that rounding, and those that need a request it does not draw.
//
// The factory is called once a rule; engines it returns must be equivalent. A
// rule calls its engine from one goroutine at a time. An engine that panics,
// hangs or answers with an error fails the rule that asked.
package conform

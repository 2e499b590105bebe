// Package conform is the gate for somebody else's training engine: it holds every answer
// of the engine, entry by entry, against the reference of package core, (5) of
// arXiv:2602.20646v1, on requests that are chosen for the faults that engines have.
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
// What comes in is a Factory; what goes out is a Report: the outcome of each rule, and
// findings, one for each fault, with the part of (5) that is wrong and the smallest case
// that shows it. Outside of tests, Check returns the findings as one error. What a finding
// carries as its request, Replay asks again. Any room above may import this package; it
// imports core, core/perturb, bounds, and of props/internal strict and anytime.
//
// Compare holds two builds of one engine against one another as well: the same bits, a
// drift inside the envelope of its precision, or a fault. A Recorder saves what a build
// answers, for when it is no more there.
//
// # What is asked
//
// A rule is a row of a table: what it asks of every engine whatever the seed, and what
// the seed draws on top (Options.Cases a rule). Each rule has planted faults that the
// first part finds, and one at least that no other rule does; testdata/faults.md is the
// table. No fault is found by luck alone. What is asked, the tolerances, and what is said of
// faults and drifts are on record beside it: go test -update writes them.
//
//	operators       each operator first, inner and last; each before each other
//	perturbations   one delta_i or eps_i alone, all, none
//	one-part        requests that differ in one part only, one after the other
//	deterministic   the same request again
//	no-memory       the same request after others
//	widths          tails of vectors, blocks, large matrices
//	long-chain      more than eight operators
//	ties            zeros, equal numbers, equal layers
//	sweep           arguments where functions switch, saturate, overflow
//	sizes           inputs, weights, perturbations of every size
//	step            gamma, rho, weights of every size, each regularizer
//	not-finite      NaN and Inf through every operator, argument and index
//	anchors         where every way of computing is exact, or nearly so
//	mean            the mean error of derivatives over many arguments
//	manners         replies that change afterwards, goroutines that stay
//	trace, batch, run, unbiased     what only some engines can do
//
// # Where what is
//
//	precision.go                   the formats that an engine declares, bfloat16 say
//	rounding.go, curves.go         how far an operation, a function may be off (ROUNDING.md)
//	enclosure.go                   from these the tolerance of each entry: TolY, TolV, TolU
//	reference.go                   the answer that is right
//	judge.go                       answers held against both
//	rules.go, ask_*.go, draw.go    what is asked
//	session.go, suite.go           the run: order, time, options, the report
//	blame.go, shrink.go            the operator that is wrong, the smallest request
//	compare.go, recording.go       two builds of one engine
//
// # Contract
//
// The suite reports no false positives: an engine passes when it computes (5) in the
// formats that it declares, with sums in any order, elementary functions good to two
// units in the last place and no intermediate overflow (ln(1+e^x) is x for a large x,
// not Inf). ROUNDING.md derives the tolerances and lists the formulas that are honest. It
// may miss faults: those below that rounding, and those that need a request it does not
// ask. The one statistical verdict, on engines that round at random, accuses a right
// engine with a probability below 1e-9.
//
// The factory is called once a rule, and again to bring a fault to its smallest case; the
// engines it returns must be equivalent. A rule calls its engine from one goroutine at a
// time, though not always the same one. An engine is deterministic unless it says
// otherwise. One that panics, hangs or answers with an error fails the rule that
// asked; one that hung is asked nothing more by that rule, and one that hung twice
// nothing at all. Ending the process fails the test that runs it: nothing inside it can
// say more.
//
// Abilities are found by type assertion: Describer says what is asked, Tracer, Batcher and
// Runner add rules. A rule that cannot be tried is a skipped subtest, and listed by
// Report.Skipped; a run in which nothing was answered, perturbed or moved is no pass.
//
// # Bad input
//
// What an engine answers is data from outside: whatever it is, it ends in a Violation
// that names operator, index and value. Requests from files give errors that name the
// field. Options out of range panic with the prefix "conform:".
package conform

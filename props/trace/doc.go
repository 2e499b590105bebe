// Package trace is the judge of recorded runs: from what an engine computed at each step
// it recovers the perturbations of (5), arXiv:2602.20646v1, and says where they enter, how
// they grow, what they do to the gradient, and which operator's error a spike comes from.
//
// What comes in: a record, by FORMAT.md in this folder (Open), written by any framework or
// by a Writer. What goes out: a Judgement (Judge), data that report and command print. It
// imports core, bounds, strict, pool and anytime; report and the command import it.
//
//	format.go, record.go, numpy.go, lines.go   the record: run.json, directories, .npz, JSON lines
//	writer.go                                  records of core's own passes
//	recover.go, rounding.go, partial.go        delta and eps of a step, and what rounding allows them
//	declared.go                                compressors that a record declares
//	kernels.go, exact.go, replay.go            the judge's passes: exact, with one error, without one
//	step.go, share.go                          the error of the gradient, its bounds, the share of each site
//	crew.go                                    steps judged side by side, and taken in in their order
//	rank.go                                    which site, over windows of steps
//	spike.go, bias.go, columns.go, run.go      spikes, recovery, bias, the verdict of a run
//	constants.go                               L and mu of (41)
//	drift.go                                   the constants of A3 over the judged steps
//	compare.go                                 where two runs part
//	judgement.go                               the answer as data
//
// How it is found. Each operator at the recorded states gives delta, eps and (5c); the exact pass at the same
// weights gives U-u. First-order shares of all sites come from one adjoint pass half way between the two, exact ones
// from passes with one error kept or removed. An error is held against an envelope of what the declared precision
// allows (beyond it: a fault) and against a model of what it does on average (far above it,
// or above the other sites, or above its own past: a suspect).
//
// # Bad input
//
// A record comes from outside: whatever is wrong with it is an error that names file, array,
// step and the value, and nothing panics. What is well formed and contradicts the equations is
// no error but a Fault of the engine, in the Judgement.
package trace

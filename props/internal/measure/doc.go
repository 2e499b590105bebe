// Package measure turns a case into what the claims speak of: one door for a step, a
// run and a linear network.
//
// What comes in: a gen.Case and the kind of the claims. What goes out: a claim.View of
// lower and one of upper bounds, or the reason why the case says nothing. Left sides
// are thereby under-estimated and right sides over-estimated: the constants of A3 hold
// on the hull of all visited states, and every moment is enclosed by the rounding that
// core.Enclosure derives. Points gives what is known at one weight of a run. InBig is
// the second opinion, in math/big.
//
// It imports gen, expect, bigpass, claim, bounds and core; search, experiments and runs
// import it.
//
// # Bad input
//
// A case that its Build refuses panics with the prefix "measure:". What rounding,
// overflow or size make meaningless is a claim.Reason.
package measure

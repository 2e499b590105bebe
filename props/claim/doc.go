// Package claim says what a claim is and what an answer to it is.
//
// What comes in: a View, lower and upper bounds of everything that a claim may
// speak of on one case. What goes out: a Result, whether left <= right there
// (yes, no or uncertain), by which ratio, or why the case says nothing.
//
// A Claim is data: its number in the paper, form, reading and kind, both sides as
// functions of a View, what its proof draws on, what holds instead. Package props
// has the list of the paper's; a user writes others with the same type:
//
//	mine := claim.Claim{
//		ID: "mine", Form: claim.Repaired, Statement: "E|U-u|^2 <= 4 C^2 sum_{i<N} E|eps_{i+1}|^2",
//		Left:  func(v *claim.View, _ int) float64 { return v.U2 },
//		Right: func(v *claim.View, _ int) float64 { ... },
//	}
//
// It imports core, bounds and cert; every room from measure upwards imports it.
//
// # Bad input
//
// Nothing here reads data from outside. An incomplete claim is an error of Check,
// the method of Claim that lists call; a Reading, Kind or Reason out of range panics.
package claim

// Package campaign drives a search without an end: random cases, far ones, climbs and
// native fuzzing as units of work, whose time goes where ratios still move.
//
// What comes in: claims, a seed, a directory, a time, the instrumented binary of package
// fuzz or none. What goes out: findings, as a search has them. Each unit that is done is a
// line of the journal (journal.go), which is on disk before the next unit begins: a campaign
// that is stopped or killed goes on where it was, nothing counts twice, and a unit that was
// not finished is run again. plan.go has the units and the choice among them, fuzz.go those
// of native fuzzing.
//
// With Options.Valid it counts instead: drawn cases alone, until each claim has so many valid
// ones (count.go). That takes hours for 10^6, in as many calls as one likes.
//
// It imports the list of claims, search and what is below; the command imports it.
//
// # Bad input
//
// A journal that is damaged anywhere but in its last line, or of another campaign, is an
// error that names the line. A last line that was cut off is removed.
package campaign

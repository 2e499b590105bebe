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
// # What comes first
//
// The drawn cases of a search, cheap kinds first; each claim that judges itself, which is
// left beside the others where it takes long; runs of fixed horizons; a climb for each claim
// and far cases. That is what refutes every printed claim that falls, and takes about two
// minutes of a core. Native fuzzing gets a third of the time, once it is built, until each
// target had a turn, and then a sixth; the rest goes where ratios still move.
//
// It imports the list of claims, search and what is below; the command imports it.
//
// # Bad input
//
// A journal that is damaged anywhere but in its last line, or of another campaign, is an
// error that names the line. A last line that was cut off is removed.
package campaign

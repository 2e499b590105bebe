// Package betting tests claims about conditional expectations on runs that are too long
// for a tree, by anytime-valid sequential tests.
//
// What comes in: claims with a Bet and a seed. What goes out: a Result for each test; a
// false alarm in all of them together has probability anytime.SuiteAlpha. It imports
// measure, claim and anytime; the report imports it. A case that cannot be built, or an
// observation that is no number, is an error.
package betting

// Package report turns findings and results into data, and data into text.
//
// What comes in: the findings of a search, the results of runs, files of earlier
// searches. What goes out: a Report (JSON, version 1), tables and pages of it
// (internal/table has the writers), the sum of all shards of a search (Merge), the
// differences to the record in testdata, and what a saved case shows when it is
// replayed, term by term.
//
// A row, with the command that shows it again (Replay), is made of a finding in report.go, of
// a campaign's in campaign.go. Tables and pages of claims (verdicts, errata, runs) have their
// wording in tables.go, what they say of one claim in errata.go, arithmetic.go and replay.go; a
// page of an experiment is written in its room, pages.go calls it. The page of a whole report is in webpage.
//
// It imports the list of claims, experiments, runs, search and cert; verify imports it.
//
// # Bad input
//
// Everything read is data from outside: the error names line and column, or the claim,
// the field and the value.
package report

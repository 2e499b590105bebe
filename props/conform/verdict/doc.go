// Package verdict says what came of a gate: as text for a terminal, as JSON (version 1), as
// JUnit XML, and as annotations and a step summary for GitHub Actions; and it holds findings
// against a list of known ones.
//
// In comes a conform.Report, or how the protocol was broken; out go a conclusion and texts.
// The command and other rooms above may import it; it imports conform and wire.
//
// # Bad input
//
// A list of known faults that is malformed gives an error with its line. What engines say is
// made printable and cut before it gets into a text.
package verdict

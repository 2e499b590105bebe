// Package fuzz holds the native fuzz targets. The seeds of a target run with go
// test; a campaign is
//
//	go test -fuzz=FuzzPropagation ./fuzz
//
// A target of claims tries those on record as holding, and is red when one is violated.
// CASCADE_CLAIMS aims it at any others, refuted ones too:
//
//	CASCADE_CLAIMS=thm4/printed go test -fuzz=FuzzHorizon ./fuzz
//
// For more than a look build.sh makes a binary that is some times faster than that of the
// -fuzz flag, since it instruments this module alone; night.sh runs it.
//
// The names are those of reports, separated by commas; a shorter name stands for all
// that it begins, so that thm4 is every form and reading. The other targets decode what
// comes from outside. smoke.sh runs each target for a short time and fails unless it
// executed new inputs.
//
// The bodies are elsewhere (packages props, cert, report, conform, wire, trace and
// problem), so that a target is a row and a few lines. What comes in are bytes; what goes
// out is what is wrong: Body has that for fuzzers other than Go's, and the archive for
// libFuzzer in deploy/oss-fuzz alone imports this package.
package fuzz

// Package cascade decides whether a theorem about training survives contact
// with an engine: it checks the propagation and convergence bounds of
// arXiv:2602.20646 (Kong, Zhang, Yuan, 2026) for SGD with perturbed forward and
// backward passes against a minimal engine, and other engines against the
// bounds. The command is props/verify, the gate for engines props/conform.
//
// The package itself only embeds testdata: verdicts on record, certificates
// and data sets.
//
// In comes nothing; out goes Testdata. Every room may import it; it imports the standard library alone.
package cascade

import "embed"

// Testdata is the folder testdata.
//
//go:embed testdata
var Testdata embed.FS

// Package pages holds the generated pages; each names the command that writes it.
//
// Nothing comes in; out go the files as they are on record. It imports the standard
// library alone; verify imports it.
package pages

import "embed"

// FS has the pages, *.md, pictures, and the points of the experiments, figures.csv.
//
//go:embed *.md *.svg *.csv
var FS embed.FS

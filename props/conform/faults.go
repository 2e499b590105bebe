package conform

import _ "embed"

// Faults is the table of planted faults by the rules that find them, as Markdown: what the
// gate is known to see.
//
//go:embed testdata/faults.md
var Faults string

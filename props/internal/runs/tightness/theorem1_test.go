package tightness

import (
	"bytes"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
)

// TestTheorem1: the page is that on record; it has a row for every N in every grid, and no
// ratio is above what PROOFS.md (2.12) says.
func TestTheorem1(t *testing.T) {
	page := page()
	var b bytes.Buffer
	if err := page.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	record, err := pages.FS.ReadFile("THEOREM1.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if !strings.Contains(string(record), line) {
			t.Errorf("THEOREM1.md has no line %q: it is written by %s", line, page.Command)
		}
	}
	grids := 0
	for _, block := range page.Blocks {
		if g, ok := block.(*table.Table); ok && g.Columns[0].Name == "N" {
			grids++
		}
	}
	if grids != 5 || strings.Count(b.String(), "\n| 32 |") != 5 {
		t.Errorf("%d grids, want 5 with a row for N = 32 each:\n%s", grids, b.String())
	}
	for _, number := range strings.FieldsFunc(b.String(), func(r rune) bool { return r == '|' || r == '\n' }) {
		if n := strings.TrimSpace(number); strings.HasPrefix(n, "0.") && len(n) == 6 && n > "0.5293" {
			t.Errorf("%s is above 0.5293", n)
		}
	}
}

package report

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/pages"
)

// TestPagesOnRecord: the pages that take a moment are what is on record, each under its own name. The
// others are made anew by hand, and begin as they should by TestPagesBegin.
func TestPagesOnRecord(t *testing.T) {
	files := map[string]string{
		"constants": "CONSTANTS.md", "theorem1": "THEOREM1.md", "valid": "VALID.md", "feedback": "FEEDBACK.md",
		"momentum": "MOMENTUM.md", "growth": "GROWTH.md", "curves": "growth.svg",
	}
	for name, file := range files {
		want, err := pages.FS.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		if err := Pages[name](&got, 1); err != nil || got.String() != string(want) {
			t.Errorf("%s: %v (-on record +now)\n%s", name, err, cmp.Diff(string(want), got.String()))
		}
	}
	slow := []string{"counterexamples", "figures", "memories", "saved", "spikes", "table1"}
	names := slices.Sorted(maps.Keys(Pages))
	if want := slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(files)), slow))); !slices.Equal(want,
		names) {
		t.Errorf("pages %v, want %v", names, want)
	}
	if r, err := RecordedFigures(); err != nil || r == nil {
		t.Errorf("the figures on record: %v", err)
	}
}

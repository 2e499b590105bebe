package logistic

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
)

// onPage is the page on record.
func onPage(t *testing.T) string {
	t.Helper()
	data, err := pages.FS.ReadFile("FIGURES.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// lines of a table as Markdown.
func lines(t *testing.T, d *table.Table) []string {
	t.Helper()
	var b strings.Builder
	if err := d.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(b.String()), "\n")
}

// TestPageOnRecord: the plateaus on the page are those of the oracle now, and the ratios of
// two curves, run again, those of the runs now; every panel is there.
func TestPageOnRecord(t *testing.T) {
	page := onPage(t)
	for _, line := range lines(t, plateaus()) {
		if !strings.Contains(page, line+"\n") {
			t.Errorf("the page on record has no line %q: %s > props/pages/FIGURES.md", line, PageCommand)
		}
	}
	figures := Figures(Quick(PageSeed))
	for _, at := range []struct {
		id           string
		panel, curve int
	}{{"fig4", 0, 1}, {"fig8", 0, 2}} {
		some, err := Select(figures, []string{at.id})
		if err != nil {
			t.Fatal(err)
		}
		panel := some[0].Panels[at.panel]
		panel.Curves = panel.Curves[at.curve : at.curve+1]
		some[0].Panels = []Panel{panel}
		r, err := Run(t.Context(), some, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		var points strings.Builder
		if err := r.CSV(&points, &r.Figures[0]); err != nil {
			t.Fatal(err)
		}
		stored, err := pages.FS.ReadFile("figures.csv")
		if err != nil || !strings.Contains(string(stored), strings.SplitN(points.String(), "\n", 2)[1]) {
			t.Errorf("figures.csv (%v) has not the points of %s: go run ./props/verify page points", err, at.id)
		}
		all := lines(t, r.ratios(&panel))
		if row := all[len(all)-1]; !strings.Contains(page, row+"\n") {
			t.Errorf("the page on record has no line %q: %s > props/pages/FIGURES.md", row, PageCommand)
		}
	}
	for _, f := range figures {
		for _, panel := range f.Panels {
			if heading := "## " + f.Name() + ": " + f.Title + ", " + panel.Title; !strings.Contains(page,
				heading+"\n") {
				t.Errorf("no heading %q", heading)
			}
		}
	}
	for _, i := range shown {
		if !strings.Contains(page, "]("+i.File+")") {
			t.Errorf("no picture %s", i.File)
		}
	}
}

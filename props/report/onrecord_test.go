package report

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/pages"
)

// ofRecord is a report with the verdicts and ratios on record, of a search that takes a minute.
func ofRecord(t *testing.T) *Report {
	t.Helper()
	on, _ := onDisk(t)
	r := &Report{}
	for _, f := range onRecord(t) {
		row := NewRow(f, search.Options{Seed: 1, Cases: 4000})
		row.Ratio = on[f.Claim.Name()].Ratio
		r.Claims = append(r.Claims, row)
	}
	return r
}

// TestReadmeOnRecord: what README.md says was found follows from the record alone; so does its
// excerpt, up to the numbers of cases.
func TestReadmeOnRecord(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	got, err := ofRecord(t).Readme(text)
	if err != nil {
		t.Fatal(err)
	}
	block := func(in, begin string) string {
		_, rest, _ := strings.Cut(in, begin)
		inside, _, _ := strings.Cut(rest, blockEnd)
		return inside
	}
	if d := cmp.Diff(block(text, foundBegin), block(got, foundBegin)); d != "" {
		t.Errorf("what was found (-README +record):\n%s", d)
	}
	fields := func(in string) (all [][]string) {
		for line := range strings.Lines(block(in, outputBegin)) {
			if f := strings.Fields(line); len(f) == 7 && !strings.HasPrefix(line, "    all") {
				f[4], f[5] = "", "" // of cases and of rejected ones
				all = append(all, f)
			} else {
				all = append(all, []string{line})
			}
		}
		return all
	}
	if d := cmp.Diff(fields(text), fields(got)); d != "" {
		t.Errorf("the excerpt (-README +record):\n%s", d)
	}
	outside := func(in string) string {
		return strings.Replace(strings.Replace(in, block(in, foundBegin), "", 1), block(in, outputBegin), "", 1)
	}
	if outside(text) != outside(got) {
		t.Error("what stands outside the marks is not as before")
	}
}

// TestErrataOnRecord: the page on record has the sentence, the statements, what holds instead and the
// sharper forms that the record gives; witnesses are those of a search.
func TestErrataOnRecord(t *testing.T) {
	data, err := pages.FS.ReadFile("ERRATA.md")
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := ErrataPage(onRecord(t)).Markdown(&out); err != nil {
		t.Fatal(err)
	}
	cells := func(page string) (lines []string) {
		for line := range strings.Lines(page) {
			// Those of a search: the witness and its sides. Markdown writes a bar in a cell as \|.
			f := strings.Split(strings.ReplaceAll(line, `\|`, "/"), " | ")
			if len(f) == 5 && !strings.HasPrefix(f[3], "the largest") && strings.Contains(page, "smallest witness") &&
				!strings.Contains(f[1], "sharp") {
				_, certificate, _ := strings.Cut(f[3], "(")
				f[2], f[3] = "", certificate
			}
			lines = append(lines, strings.Join(f, " | "))
		}
		return lines
	}
	if d := cmp.Diff(cells(string(data)), cells(out.String())); d != "" {
		t.Errorf("ERRATA.md (-page +record):\n%s", d)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/pages"
	"github.com/cascade-sgd/cascade/props/report"
)

// TestWriteRecord: findings with the verdicts and ratios on record write the record again,
// to the last byte, and all pages; where one cannot be written the error says so.
func TestWriteRecord(t *testing.T) {
	on, err := report.OnDisk()
	if err != nil {
		t.Fatal(err)
	}
	record := must(os.ReadFile(filepath.Join("../..", report.RecordPath)))
	readme := string(must(os.ReadFile("../../README.md")))
	claims := props.Claims()
	var found []*search.Finding
	for k := range claims {
		e := on[claims[k].Name()]
		f := &search.Finding{Claim: &claims[k], Cases: 1, Ratio: float64(e.Ratio)}
		switch {
		case claims[k].Kind == claim.SelfJudged:
			f.Judged = &claim.Judgement{Verdict: e.Verdict, Cases: 1, Ratio: float64(e.Ratio), Note: "a note"}
		case e.Verdict == claim.Refuted:
			f.Violated, f.Confirmed, f.Witness = 1, 1, search.Draw(claims[k].Kind, gen.Bytes(nil))
		}
		found = append(found, f)
	}
	opt := search.Options{Seed: 1, Cases: search.Batch, Shards: 1}
	r := report.New(report.Selection{}, &search.Outcome{Findings: found}, opt)

	root := t.TempDir()
	t.Chdir(root)
	if err := writeRecord(r, found, readme); err == nil {
		t.Error("written where no directory is")
	}
	for _, dir := range []string{filepath.Dir(report.RecordPath), "props/pages"} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeRecord(r, found, "no marks"); err == nil || !strings.Contains(err.Error(), "README.md") {
		t.Errorf("a README without marks: error %v", err)
	}
	if err := writeRecord(r, found, readme); err != nil {
		t.Fatal(err)
	}
	if got := string(must(os.ReadFile(report.RecordPath))); got != string(record) {
		t.Errorf("the record is\n%s", got)
	}
	for name, want := range map[string]string{
		"README.md": "| Theorem 1, (13), (21) | holds | 0.4605 |", "props/pages/VERDICTS.md": "| thm1 |",
		"props/pages/ERRATA.md": "| eq14b (14) |", "props/pages/graph.svg": "<svg",
		"props/pages/GROWTH.md": "| thm1/printed |", "props/pages/growth.svg": "<svg",
	} {
		if got := string(must(os.ReadFile(name))); !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, name)
		}
	}
}

// TestPicturesOnRecord: those on the page of figures, and in README, are drawn of the points on record.
func TestPicturesOnRecord(t *testing.T) {
	for _, file := range logistic.Shown() {
		want, err := pages.FS.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(file, ".svg")
		var got strings.Builder
		if err := pageWriters()[name](&got, 1); err != nil || got.String() != string(want) {
			t.Errorf("%s (%v) is another: go run ./props/verify page %s > props/pages/%s", file, err, name, file)
		}
	}
}

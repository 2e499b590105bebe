//go:build unix

package campaign

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// TestJournalNotBelieved: what a journal says is worst, or refutes a claim, is computed anew: one that
// was edited, checksums and all, or that is of a build with other formulas, is refused.
func TestJournalNotBelieved(t *testing.T) {
	usual := drawCases
	defer func() { drawCases = usual }()
	drawCases = 60
	names := []string{"eq14b/printed", "thm1/printed"}
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return !slices.Contains(names, c.Name()) })
	dir := t.TempDir()
	opt := Options{Claims: claims, Seed: 1, Dir: dir, Time: time.Hour, Units: 1}
	if got, err := Run(opt); err != nil || got.Units != 1 {
		t.Fatal(got, err)
	}
	path := filepath.Join(dir, journalName)
	honest, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		edit func(holds, fails *search.Memo)
		want string // "" for none
	}{
		{"nothing", func(*search.Memo, *search.Memo) {}, ""},
		{"a ratio", func(holds, _ *search.Memo) { holds.Worst.Ratio *= 1.5 }, "thm1/printed: worst: the case from "},
		{"its case", func(holds, fails *search.Memo) { holds.Worst.Case = fails.Worst.Case }, "thm1/printed: worst: "},
		{"a refutation", func(holds, _ *search.Memo) { holds.Confirmed = 3 },
			"thm1/printed: refuted 3 times, and no case shows it"},
		{"a witness", func(holds, _ *search.Memo) { holds.Confirmed, holds.Witness = 1, holds.Worst.Case },
			"thm1/printed: its witness does not violate it"},
		{"its witness, where the worst case is one", func(_, fails *search.Memo) { fails.Witness = nil }, ""},
		{"a judgement", func(holds, _ *search.Memo) { holds.Judged = &search.MemoJudgement{Verdict: "great"} },
			`no verdict "great"`},
		{"a number of cases", func(holds, _ *search.Memo) {
			holds.Judged = &search.MemoJudgement{Verdict: claim.Holds, Cases: -1}
		}, "cases is -1"},
	} {
		entries, _, err := parse(honest)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]*search.Memo{}
		for _, e := range entries {
			for k := 0; e.Unit != nil && k < len(e.Unit.Found); k++ {
				found[e.Unit.Found[k].Claim] = e.Unit.Found[k]
			}
		}
		if len(found) != 2 || found[names[0]].Confirmed == 0 || found[names[1]].Worst == nil {
			t.Fatalf("the journal has %+v and %+v", found[names[0]], found[names[1]])
		}
		c.edit(found[names[1]], found[names[0]])
		var edited bytes.Buffer
		for _, e := range entries {
			line, err := lineOf(e)
			if err != nil {
				t.Fatal(err)
			}
			edited.Write(line)
		}
		if err := os.WriteFile(path, edited.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		got, err := Run(opt)
		switch {
		case c.want == "" && (err != nil || got.Units != 2):
			t.Errorf("%s edited: %+v, %v", c.name, got, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s edited: %v, want %q", c.name, err, c.want)
		}
	}
}

package sites

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
)

// TestTrials: each of them changes what is measured; a trial that changes nothing measures what the first does.
func TestTrials(t *testing.T) {
	results, err := tried()
	if err != nil {
		t.Fatal(err)
	}
	again, err := try([]trial{{"nothing", func(*Options) {}}})
	if err != nil {
		t.Fatal(err)
	}
	all := append(again, results...)
	for k, r := range all {
		if len(r.Lines) != 2*len(Networks) {
			t.Errorf("%d lines", len(r.Lines))
		}
		for i, other := range all[:k] {
			same := true
			for n := range r.Lines {
				same = same && r.Lines[n].RatioDelta == other.Lines[n].RatioDelta
			}
			if same {
				t.Errorf("trials %d and %d measure the same", i, k)
			}
		}
	}
	// Depth is seen in N, as 2 layers have 6 operators.
	if n := len(results[3].Lines[0].Delta) - 1; n != 6 {
		t.Errorf("N is %d at depth 2, want 6", n)
	}
}

// TestVaried: a verdict that another depth changes stays, and is said; one that another seed changes is unsettled.
func TestVaried(t *testing.T) {
	results := make([]*Result, len(trials))
	for k := range results {
		results[k] = &Result{Lines: make([]Line, k)}
	}
	settle := func(which string) func(r *Result) (claim.Verdict, string) {
		return func(r *Result) (claim.Verdict, string) {
			if trials[len(r.Lines)].says == which {
				return claim.Refuted, ""
			}
			return claim.Holds, ""
		}
	}
	v, note := varied(claim.Holds, "a note", results, settle("none"))
	if v != claim.Holds || !strings.HasPrefix(note, "a note. The same verdict at seed 2, ") ||
		strings.Contains(note, ";") {
		t.Errorf("%s, %s", v, note)
	}
	if v, note := varied(claim.Holds, "", results, settle("depth 3")); v != claim.Holds ||
		!strings.HasSuffix(note, "; another at depth 3: refuted") {
		t.Errorf("%s, %s", v, note)
	}
	if v, note := varied(claim.Holds, "", results, settle("seed 3")); v != claim.Unsettled ||
		!strings.HasSuffix(note, "; another at seed 3: refuted; it depends on the draw of the weights") {
		t.Errorf("%s, %s", v, note)
	}
}

// TestPageOnRecord: both tables stand on the page of the figures.
func TestPageOnRecord(t *testing.T) {
	blocks, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	data, err := pages.FS.ReadFile("FIGURES.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks {
		d, ok := block.(*table.Table)
		if !ok {
			continue
		}
		var b strings.Builder
		if err := d.Markdown(&b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), b.String()) {
			t.Errorf("not on the page: go run ./props/verify page figures > props/pages/FIGURES.md\n%s", &b)
		}
	}
}

// TestOrdered: as measured against as bounded, by hand.
func TestOrdered(t *testing.T) {
	for want, l := range map[string]Line{
		"both":       {RatioDelta: 2, RatioEps: 2, BoundedDelta: 3, BoundedEps: 3},
		"delta only": {RatioDelta: 2, RatioEps: 0.5, BoundedDelta: 3, BoundedEps: 3},
		"eps only":   {RatioDelta: 0.5, RatioEps: 2, BoundedDelta: 3, BoundedEps: 3},
		"neither":    {RatioDelta: 0.5, RatioEps: 0.5, BoundedDelta: 3, BoundedEps: 3},
	} {
		if got := l.ordered(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

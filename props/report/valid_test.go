package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/pages"
)

// TestValidOnRecord: the page is what the counts on record give, none of them a violation, and
// every form of ours that draws cases has a row.
func TestValidOnRecord(t *testing.T) {
	counts, err := ValidOnDisk()
	if err != nil {
		t.Fatal(err)
	}
	var page, written strings.Builder
	if err := ValidPage(counts).Markdown(&page); err != nil {
		t.Fatal(err)
	}
	if err := WriteValid(&written, counts); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"VALID.md": page.String(), validFile: written.String()} {
		want, err := pages.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what %s gives: write it with verify page valid", name, validFile)
		}
	}
	for _, c := range counts {
		if c.Violated != 0 {
			t.Errorf("%s, which is on record as holding, is violated: %+v", c.Claim, c)
		}
	}
	for _, name := range countedNames() {
		if strings.Count(page.String(), "\n| "+name+" | ") != 1 {
			t.Errorf("%s has no row on the page", name)
		}
	}
}

// TestAddValid: counts from other seeds are added, of one seed the longer one stays, what is no
// form of ours is left out, and a violation is never lost to a longer count.
func TestAddValid(t *testing.T) {
	report := func(seed uint64, valid, violated int, names ...string) *Report {
		r := &Report{Seed: seed, Campaign: &Campaign{}}
		for _, name := range names {
			id, form, _ := strings.Cut(name, "/")
			r.Claims = append(r.Claims, Row{ID: id, Form: claim.Form(form), Cases: valid, Violated: violated, Ratio: 0.5})
		}
		return r
	}
	known := []ValidCount{
		{Claim: "thm1/sharp", Seed: 1, Valid: 500, Ratio: 0.25}, {Claim: "eq41/sharp", Seed: 3, Valid: 7},
	}
	got, err := AddValid(known, []*Report{
		report(1, 400, 0, "thm1/sharp", "thm1/printed"), report(2, 300, 0, "thm1/sharp"), report(3, 5, 1, "eq41/sharp"),
	})
	want := []ValidCount{{"thm1/sharp", 1, 500, 0, 0.25}, {"thm1/sharp", 2, 300, 0, 0.5}, {"eq41/sharp", 3, 5, 1, 0.5}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	var page strings.Builder
	if err := ValidPage(got).Markdown(&page); err != nil ||
		!strings.Contains(page.String(), "| thm1/sharp | 800 | 0 | 0.5000 | 1, 2 |") ||
		!strings.Contains(page.String(), "of 805 valid cases in all 1 violates it. The fewest, 0,") {
		t.Errorf("%v: %s", err, page.String())
	}
	if _, err := AddValid(known, nil); err == nil {
		t.Error("no report is accepted")
	}
	if _, err := AddValid(known, []*Report{{Seed: 1}}); err == nil ||
		!strings.Contains(err.Error(), "report 1 is of a search") {
		t.Errorf("the report of a search: %v", err)
	}
}

// TestReadValid: what is no count of a form of ours is refused with its line.
func TestReadValid(t *testing.T) {
	head := strings.Join(validHeader, ",") + "\n"
	for in, want := range map[string]string{
		"": "no header", "claim,seed\n": "no header",
		head + "thm1/printed,1,2,0,1\n":                         `line 2: "thm1/printed" is no form of ours`,
		head + "fig4a/sharp,1,2,0,1\n":                          "no form of ours that draws cases",
		head + "thm1/sharp,-1,2,0,1\n":                          `line 2: seed "-1"`,
		head + "thm1/sharp,1,x,0,1\n":                           `line 2: "x" valid cases`,
		head + "thm1/sharp,1,-2,0,1\n":                          `line 2: "-2" valid cases`,
		head + "thm1/sharp,1,2,3,1\n":                           `line 2: "3" violated, want 0..2`,
		head + "thm1/sharp,1,2,0,nan\n":                         `line 2: ratio "nan"`,
		head + "thm1/sharp,1,2,0,1\nthm1/sharp,1,9,0,1\n":       "line 3: thm1/sharp from seed 1 is there twice",
		head + "thm1/sharp,1,2,0\n":                             "wrong number of fields",
		head + "thm1/sharp,1,999999999999999999999999999,0,1":   "valid cases",
		head + "thm1/sharp,99999999999999999999999999999,1,0,1": "seed",
	} {
		if _, err := ReadValid(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
	got, err := ReadValid(strings.NewReader(head + "thm1/sharp,1,2,0,1\nthm1/sharp,2,9,0,0.5\n"))
	if err != nil || len(got) != 2 || got[1].Valid != 9 || got[1].Ratio != 0.5 {
		t.Errorf("%v, %v", got, err)
	}
}

// TestExtentWords: T stands there for runs alone, of one step as well.
func TestExtentWords(t *testing.T) {
	for want, x := range map[string]gen.Extent{
		"N 3, width 2, leaves 8":      {N: 3, Width: 2, Leaves: 8},
		"N 3, width 2, T 1, leaves 8": {N: 3, Width: 2, Steps: 1, Leaves: 8},
	} {
		if got := extentWords(x); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestWriteValid: ratios have five digits.
func TestWriteValid(t *testing.T) {
	var b strings.Builder
	if err := WriteValid(&b, []ValidCount{{"thm1/sharp", 7, 12, 0, 0.123456}}); err != nil ||
		!strings.HasSuffix(b.String(), "\nthm1/sharp,7,12,0,0.12346\n") {
		t.Errorf("%v: %s", err, b.String())
	}
}

package report

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
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

// TestReadmeMarks: a text without a mark, or with one that does not end, is refused.
func TestReadmeMarks(t *testing.T) {
	for _, in := range []string{
		"", foundBegin + blockEnd, foundBegin + outputBegin + blockEnd, outputBegin + blockEnd, blockEnd + foundBegin,
		foundBegin + blockEnd + outputBegin,
	} {
		if _, err := ofRecord(t).Readme(in); err == nil || !strings.Contains(err.Error(), "are not there") {
			t.Errorf("%q: error %v", in, err)
		}
	}
	r := ofRecord(t)
	r.Select = Selection{Claims: "none"}
	if _, err := r.Readme(foundBegin + blockEnd + outputBegin + blockEnd); err == nil {
		t.Error("a report of claims that are not on the list is accepted")
	}
}

// TestReadmeReadings: a statement whose readings part has each verdict with its reading, and the
// largest ratio of all; forms of ours that do not hold, or that say the same twice, have no place.
func TestReadmeReadings(t *testing.T) {
	row := func(form claim.Form, r claim.Reading, v claim.Verdict, ratio claim.Number) Row {
		return Row{ID: "x", Form: form, Reading: r, Verdict: v, Ratio: ratio, Cases: 1}
	}
	r := &Report{Claims: []Row{
		row(claim.Printed, claim.Literal, claim.Refuted, 2), row(claim.Printed, claim.Past, claim.Holds, 0.5),
		row(claim.Printed, claim.Total, claim.Refuted, 3), row(claim.Derivation, claim.Past, claim.Holds, 7),
		row(claim.Repaired, claim.Literal, claim.Holds, 0.25), row(claim.Repaired, claim.Past, claim.Holds, 0.25),
		row(claim.Repaired, claim.Total, claim.Holds, 0.75), row(claim.Sharp, claim.Past, claim.Unsettled, 1),
		{ID: "y", Form: claim.Printed, Verdict: claim.Holds, Cases: 1, Ratio: 1},
	}}
	for got, want := range map[string]string{
		r.printedVerdict("x"): "refuted (literal), holds (past), refuted (total)",
		r.printedRatio("x"):   "3.0000",
		r.inPlace("x"):        "repaired (0.2500), repaired (0.7500)",
		r.printedVerdict("y"): "holds",
		r.inPlace("y"):        "-",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := r.rows("x", claim.Printed); len(got) != 3 || got[2].Ratio != 3 {
		t.Errorf("%d rows", len(got))
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

// TestCampaignReport: the rows of a campaign replay the files of their worst cases, its number of cases is
// that of its executions, and counts below 0 are refused.
func TestCampaignReport(t *testing.T) {
	claims, err := Select(few)
	if err != nil {
		t.Fatal(err)
	}
	found := search.Search(claims, search.Options{Seed: 1, Cases: search.Batch})
	for executions, cases := range map[int64]int{0: 1, 77: 77, 1 << 40: MaxCases} {
		of := &Campaign{Units: 3, Seconds: 1.5, Executions: executions, Notes: []string{"a note"}}
		r := NewCampaign(few, found, 9, 40, of, "dir/worst")
		if r.Seed != 9 || r.Cases != cases || r.Climb != 40 || r.Shard != "1/1" || r.Version != 1 || r.Campaign != of ||
			r.Select != few || r.Digest == "" || len(r.Claims) != len(claims) {
			t.Errorf("%+v", r)
		}
		var replays []string
		for k := range r.Claims {
			row := &r.Claims[k]
			replays = append(replays, row.Replay)
			if f := found[k]; f.Worst != nil && (row.Worst == nil || row.Worst.Case != f.Worst) {
				t.Errorf("%s: the worst case is not that of the finding", row.Name())
			}
		}
		want := []string{
			"go run ./props/verify replay dir/worst/eq14a-printed.json", "go run ./props/verify replay dir/worst/eq14b-printed.json",
			"go run ./props/verify replay dir/worst/eq14b-repaired.json", "go run ./props/verify -claims a1",
		}
		if !slices.Equal(replays, want) {
			t.Errorf("replays %q, want %q", replays, want)
		}
	}
	for _, c := range []Campaign{{Units: -1}, {Seconds: -1}, {Executions: -1}} {
		if err := c.check(); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if err := (&Campaign{}).check(); err != nil {
		t.Error(err)
	}
}

// TestWorstBatch: a case is of the batch that its number or its climb says, a far one comes after all
// batches and a long run before; of two as bad the earlier one is kept.
func TestWorstBatch(t *testing.T) {
	of := func(source string) *Row {
		return &Row{Cases: 1, Ratio: 1, Worst: &search.Origin{Source: source}}
	}
	for source, want := range map[string]int{
		"random case 999": 0, "random case 3000": 3, "far case 5": 1<<31 - 1 + 5, "climb 7 from batch 12": 12,
		"climb 7 from far": -1, "a long run": -1,
	} {
		if got := of(source).worstBatch(); got != want {
			t.Errorf("%s: batch %d, want %d", source, got, want)
		}
	}
	if got := (&Row{}).worstBatch(); got != -1 {
		t.Errorf("no case: batch %d", got)
	}
	early, late, worse, none := of("random case 1"), of("random case 5000"), of("far case 1"), of("random case 1")
	worse.Ratio, none.Cases = 2, 0
	for _, c := range []struct {
		r, s *Row
		want bool
	}{
		{early, late, true}, {late, early, false}, {early, early, false}, {worse, early, true}, {early, worse, false},
		{early, none, true}, {none, early, false}, {none, none, false},
	} {
		if got := c.r.before(c.s); got != c.want {
			t.Errorf("%+v before %+v: %v", c.r.Worst, c.s.Worst, got)
		}
	}
}

// TestJoins: reports of another seed, number of cases, climb, selection or build are no parts of one
// search; the words name the field and what the first has.
func TestJoins(t *testing.T) {
	first := func() *Report {
		return &Report{Seed: 1, Cases: 2, Climb: 3, Select: few, Build: Build{Executable: "a"}}
	}
	for want, change := range map[string]func(r *Report){
		"seed is 7, want 1 as in the first":  func(r *Report) { r.Seed = 7 },
		"cases is 7, want 2 as in the first": func(r *Report) { r.Cases = 7 },
		"climb is 7, want 3 as in the first": func(r *Report) { r.Climb = 7 },
		"select":                             func(r *Report) { r.Select.Form = "sharp" },
		"build":                              func(r *Report) { r.Build.Executable = "b" },
	} {
		r := first()
		change(r)
		if err := r.joins(first()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if err := first().joins(first()); err != nil {
		t.Error(err)
	}
	r := &Report{Shard: "2/3"}
	if r.asked() != "2/3" {
		t.Errorf("asked %q", r.asked())
	}
	if r.Only = "3-5"; r.asked() != "units 3-5" {
		t.Errorf("asked %q", r.asked())
	}
}

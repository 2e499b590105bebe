package report

import (
	"io/fs"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
	"github.com/google/go-cmp/cmp"
)

func TestTightness(t *testing.T) {
	some := map[int]claim.Number{2: 0.5}
	for _, c := range []struct {
		row  Row
		want string
	}{
		{Row{Verdict: claim.Holds}, "-"},
		{Row{Verdict: claim.Holds, RatioByN: some}, "0.0000"},
		{Row{Verdict: claim.Holds, Ratio: 0.5, RatioByN: some}, "0.5000"},
		{Row{Verdict: claim.Refuted, Ratio: 77, RatioByN: some}, "77.0000"},
		{Row{Verdict: claim.Refuted, Ratio: 2.3e18, RatioByN: some}, "unbounded"},
		{Row{Verdict: claim.Refuted, Ratio: 1e15, RatioByN: some}, "unbounded"},
		{Row{Verdict: claim.Refuted, Ratio: 9e14, RatioByN: some}, "9.00e+14"},
		{Row{Verdict: claim.Refuted, Ratio: claim.Number(inf), RatioByN: some}, "unbounded"},
	} {
		if got := c.row.Tightness(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.row, got, c.want)
		}
	}
}

// TestPages: what a report has is on its pages, and readings that do not differ share a
// row of the record.
func TestPages(t *testing.T) {
	row := func(r claim.Reading, ratio claim.Number) Row {
		return Row{ID: "thm2", Eq: "(23)", Form: claim.Repaired, Reading: r, Verdict: claim.Holds, Cases: 9,
			Ratio: ratio}
	}
	r := &Report{
		Claims: []Row{
			row(claim.Literal, 0.125), row(claim.Past, 0.25), row(claim.Total, 0.75),
			{ID: "eq14b", Form: claim.Printed, Verdict: claim.Refuted, Ratio: 2},
			{ID: "cor1", Form: claim.Printed, Verdict: claim.Unsettled},
		},
		Training: []training.Result{
			{Name: "calm run", Steps: 20, LossFirst: 2, LossLast: 1, Logged: []training.LoggedStep{{Measured: 3},
				{Measured: 0.125}}},
			{Name: "wild run", Violated: []string{"thm1"}},
		},
		Sequential: []betting.Result{{Name: "a bet", Steps: 100, Wealth: -1.5}},
	}
	r.Claims[0].Reach = &gen.Extent{N: 8, Width: 3, Leaves: 64}
	r.Claims[1].Reach = &gen.Extent{N: 6, Width: 4, Leaves: 81}
	r.Claims[2].Reach = &gen.Extent{N: 4, Width: 2, Steps: 1024, Leaves: 9}
	var text, markdown strings.Builder
	if err := r.Page().Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := r.RecordPage().Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"calm run", "0.125", "[thm1]", "a bet", "-1.50", "literal", "past", "total"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, &text)
		}
	}
	for _, want := range []string{
		"Of 5 rows, a claim in one form and reading each, 3 hold, 1 are refuted and 1 are unsettled.",
		"| thm2 | (23) | repaired | literal, past | holds | 9 | 0 | N 6, width 3, leaves 64 | 0.2500 | " +
			"0.886, bounds/PROOFS.md (3.23) |\n",
		"| thm2 | (23) | repaired | total | holds | 9 | 0 | N 4, width 2, T 1024, leaves 9 | 0.7500 |  |\n",
		"| cor1 |  | printed | - | unsettled | 0 | 0 | - | - |  |", "calm run",
	} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("no %q in\n%s", want, &markdown)
		}
	}
}

// TestClaimsTable: a cell for each field under the name of its column; a claim without readings has
// a dash. The excerpt has the theorems of README alone, without equation, replay and constants of each
// operator; the record of a report
// without runs has no heading for them.
func TestClaimsTable(t *testing.T) {
	row := func(id string, r claim.Reading) Row {
		return Row{ID: id, Eq: "(e)", Form: claim.Printed, Reading: r, Verdict: claim.Holds, Cases: 9, Rejected: 2,
			Ratio: 0.5, Replay: "verify -x"}
	}
	r := &Report{Claims: []Row{row("eq6", claim.AnyReading), row("thm1", claim.AnyReading),
		row("thm2", claim.Literal), row("thm2", claim.Past), row("thm2", claim.Total), row("thm3", claim.Past),
		row("thm1", claim.AnyReading)}}
	r.Claims[6].Form = claim.SharpEach
	r.Claims[3].Reach = &gen.Extent{N: 7, Width: 4, Leaves: 81}
	r.Claims[5].Reach = &gen.Extent{N: 3, Width: 2, Steps: 64, Leaves: 1}
	all, some := r.ClaimsTable(), r.excerpt()
	var got []string
	for _, table := range []*table.Table{all, some} {
		names := ""
		for _, c := range table.Columns {
			names += c.Name + ", "
		}
		got = append(got, names)
		for _, cells := range table.Rows {
			got = append(got, strings.Join(cells, ", "))
		}
	}
	want := []string{
		"id, equation, form, reading, verdict, cases, rejected, searched to, largest ratio, replay, ",
		"eq6, (e), printed, -, holds, 9, 2, -, 0.5000, verify -x",
		"thm1, (e), printed, -, holds, 9, 2, -, 0.5000, verify -x",
		"thm2, (e), printed, literal, holds, 9, 2, -, 0.5000, verify -x",
		"thm2, (e), printed, past, holds, 9, 2, N 7, width 4, leaves 81, 0.5000, verify -x",
		"thm2, (e), printed, total, holds, 9, 2, -, 0.5000, verify -x",
		"thm3, (e), printed, past, holds, 9, 2, N 3, width 2, T 64, leaves 1, 0.5000, verify -x",
		"thm1, (e), sharp-each, -, holds, 9, 2, -, 0.5000, verify -x",
		"id, form, reading, verdict, cases, rejected, largest ratio, ",
		"thm1, printed, -, holds, 9, 2, 0.5000", "thm2, printed, past, holds, 9, 2, 0.5000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var page strings.Builder
	if err := r.RecordPage().Markdown(&page); err != nil || strings.Contains(page.String(), "Training runs") {
		t.Errorf("no run has a heading, or %v:\n%s", err, &page)
	}
}

// TestLeastReach: readings of one row were searched to what the least searched of them was,
// and to nothing where one was not searched.
func TestLeastReach(t *testing.T) {
	a := &Row{Reach: &gen.Extent{N: 8, Width: 3, Steps: 64, Leaves: 2}}
	b := &Row{Reach: &gen.Extent{N: 6, Width: 4, Steps: 32, Leaves: 81}}
	for want, rows := range map[string][]*Row{
		"N 8, width 3, T 64, leaves 2": {a}, "N 6, width 3, T 32, leaves 2": {a, b}, "-": {a, {}, b},
	} {
		if got := leastReach(rows); got != want {
			t.Errorf("%d rows were searched to %s, want %s", len(rows), got, want)
		}
	}
}

// TestSixDigits: two ratios that differ by less than what architectures round differently
// are the same; +Inf stays.
func TestSixDigits(t *testing.T) {
	for _, c := range []struct{ ratio, want float64 }{
		{0, 0}, {0.24633125577427836, 0.246331}, {0.24633125577427822, 0.246331}, {1 + 1e-9, 1}, {1234567, 1.23457e6},
		{2.3e-300, 2.3e-300}, {math.MaxFloat64, 1.79769e308}, {math.Inf(1), math.Inf(1)},
	} {
		if got := sixDigits(c.ratio); float64(got) != c.want {
			t.Errorf("%v in six digits is %v, want %v", c.ratio, float64(got), c.want)
		}
	}
}

// TestLegendOfReplay: the legend says what the replay column holds, of a search and of a
// campaign.
func TestLegendOfReplay(t *testing.T) {
	for want, r := range map[string]*Report{
		"the same search for this claim alone":  {},
		"the file of its worst case in the fol": {Campaign: &Campaign{}},
	} {
		var text strings.Builder
		if err := r.Page().Text(&text); err != nil {
			t.Fatal(err)
		}
		if strings.Count(text.String(), "\nreplay  ") != 1 || !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, &text)
		}
	}
}

// TestPagesBegin: every page on record begins with its conclusion: with words, before any table, picture or
// list.
func TestPagesBegin(t *testing.T) {
	names, err := fs.Glob(pages.FS, "*.md")
	if err != nil || len(names) < 12 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		data, err := pages.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(string(data), "\n\n")
		first := parts[1]
		if strings.HasPrefix(first, "Written by: ") {
			first = parts[2]
		}
		if !strings.HasPrefix(parts[0], "# ") || strings.ContainsAny(first[:1], "|#!-`") || !strings.Contains(first, ". ") &&
			!strings.HasSuffix(first, ".") {
			t.Errorf("%s begins with %.80q", name, first)
		}
	}
}

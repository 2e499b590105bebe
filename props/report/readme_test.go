package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
)

// readmeRows are a report by hand: each printed statement has another count of readings and verdicts.
func readmeRows() *Report {
	row := func(id string, f claim.Form, r claim.Reading, v claim.Verdict, cases, rejected int, ratio claim.Number) Row {
		return Row{ID: id, Eq: "(e)", Form: f, Reading: r, Verdict: v, Cases: cases, Rejected: rejected, Ratio: ratio,
			RatioByN: map[int]claim.Number{1: ratio}, Replay: "verify -x"}
	}
	const none = claim.AnyReading
	return &Report{Select: Selection{Claims: "thm1,thm2"}, Claims: []Row{
		row("thm1", claim.Printed, none, claim.Holds, 10, 1, 0.5),
		row("thm1", claim.Sharp, none, claim.Refuted, 11, 2, 7),
		row("thm1", claim.SharpEach, none, claim.Holds, 12, 3, 1),
		row("thm2", claim.Printed, claim.Literal, claim.Refuted, 13, 4, 2),
		row("thm2", claim.Printed, claim.Past, claim.Holds, 14, 5, 3),
		row("thm2", claim.Printed, claim.Total, claim.Refuted, 15, 6, 1),
		row("thm2", claim.Repaired, claim.Literal, claim.Holds, 16, 7, 0.25),
		row("thm2", claim.Repaired, claim.Past, claim.Holds, 17, 8, 0.25),
		row("thm2", claim.Repaired, claim.Total, claim.Holds, 18, 9, 0.125),
		row("eq15", claim.Printed, none, claim.Holds, 19, 10, 1),
		row("cor1", claim.Printed, none, claim.Unsettled, 20, 11, 1),
		row("cor1", claim.Derivation, none, claim.Refuted, 21, 12, 1),
		row("both", claim.Printed, claim.Literal, claim.Unsettled, 22, 13, 1),
		row("both", claim.Printed, claim.Past, claim.Refuted, 23, 14, 1),
	}}
}

// TestReadme: what stands between the marks is written anew, and nothing else.
func TestReadme(t *testing.T) {
	old := "head\n" + foundBegin + "old\n" + blockEnd + "\nbetween\n" + outputBegin + "old\n" + blockEnd + "\nfoot\n"
	want := "head\n" + foundBegin +
		"Of 5 printed inequalities and claims 2 hold in every reading, 2 fail in at least one, and 1, about rates, are " +
		"unsettled.\n" +
		"`largest found` is left/right where it was worst: 1 is a bound that is met.\n\n" +
		"| statement | as printed | largest found | in its place |\n|---|---|---|---|\n" +
		"| Theorem 1, (13), (21) | holds | 0.5000 | sharp-each (1.0000) |\n" +
		"| Theorem 2, (23), (33) | refuted (literal), holds (past), refuted (total) | 3.0000 | " +
		"repaired (0.2500), repaired (0.1250) |\n" +
		blockEnd + "\nbetween\n" + outputBegin +
		"    id    form      reading  verdict  cases  rejected  largest ratio\n" +
		"    thm1  printed   -        holds    10     1         0.5000\n" +
		"    thm1  sharp     -        refuted  11     2         7.0000\n" +
		"    thm2  printed   past     holds    14     5         3.0000\n" +
		"    thm2  repaired  past     holds    17     8         0.2500\n" +
		"    ...\n    all 14 verdicts as on record\n" + blockEnd + "\nfoot\n"
	got, err := readmeRows().Readme(old)
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
	if again, err := readmeRows().Readme(got); again != got || err != nil {
		t.Errorf("again: %v\n%s", err, again)
	}
	unknown := readmeRows()
	unknown.Select.Claims = "thm9"
	for name, c := range map[string]struct {
		r         *Report
		old, want string
	}{
		"no claim":    {unknown, old, `no claim "thm9"`},
		"no block":    {readmeRows(), "", "what was found"},
		"no second":   {readmeRows(), "head\n" + foundBegin + blockEnd, "some of the output"},
		"no end":      {readmeRows(), foundBegin + outputBegin, "what was found"},
		"no last end": {readmeRows(), foundBegin + blockEnd + outputBegin, "some of the output"},
	} {
		if got, err := c.r.Readme(c.old); err == nil || !strings.Contains(err.Error(), c.want) || got != "" {
			t.Errorf("%s: %q, error %v, want one with %q", name, got, err, c.want)
		}
	}
}

// TestSummary: a title is listed once, with its first claim, and stands alone where it is the equation;
// of statements that have nothing in their place, a dash is.
func TestSummary(t *testing.T) {
	claims := []claim.Claim{
		{ID: "eq15", Eq: "Table 9", Title: "Table 9"}, {ID: "thm1", Eq: "(13)"},
		{ID: "cor1", Eq: "(39)", Title: "Corollary 1"},
		{ID: "thm2", Eq: "(23)", Title: "Corollary 1"}, {ID: "both", Eq: "(1)", Title: "Both"},
	}
	want := [][]string{{"Table 9", "holds", "1.0000", "-"}, {"Corollary 1, (39)", "unsettled", "1.0000", "-"},
		{"Both, (1)", "unsettled (literal), refuted (past)", "1.0000", "-"}}
	if d := cmp.Diff(want, readmeRows().summary(claims).table.Rows); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestInPlace: a refuted form of ours, a step of a proof and what is printed stand in no place; a ratio that
// is unbounded is said in words.
func TestInPlace(t *testing.T) {
	r := readmeRows()
	r.Claims[4].Ratio, r.Claims[4].Verdict = 1e16, claim.Refuted
	if got := r.printedVerdict("thm2") + ", " + r.printedRatio("thm2") + ", " + r.inPlace("thm2"); got !=
		"refuted, unbounded, repaired (0.2500), repaired (0.1250)" {
		t.Error(got)
	}
	r.Claims[7].Verdict, r.Claims[6].Verdict, r.Claims[8].Verdict = claim.Refuted, claim.Unsettled, claim.Undecided
	if got := r.inPlace("thm2"); got != "-" {
		t.Error(got)
	}
}

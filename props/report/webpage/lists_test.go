package webpage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/google/go-cmp/cmp"
)

// TestErrataOnce: a statement that fails is listed once, with all readings in which it does.
func TestErrataOnce(t *testing.T) {
	l := newListing(recorded(t), props.Claims(), nil, nil)
	refuted, seen := map[string]bool{}, map[string]bool{}
	for k := range l.claims {
		if c := &l.claims[k]; l.verdict(c) == claim.Refuted {
			refuted[c.ID+string(c.Form)] = true
		}
	}
	listed := l.errata()
	for _, e := range listed {
		key := e.Card + ", " + e.Label
		if seen[key] || e.Statement == "" {
			t.Errorf("%s: twice %v, says %q", key, seen[key], e.Statement)
		}
		seen[key] = true
		if e.Card == "thm2" && e.Readings != "literal, past, total" {
			t.Errorf("Theorem 2 fails in readings %q", e.Readings)
		}
	}
	if len(listed) != len(refuted) || len(listed) < 20 {
		t.Errorf("%d are listed, %d refuted", len(listed), len(refuted))
	}
}

// TestSharper: each sharp form that holds beside what it improves on in the same reading: the printed
// form where that holds, else the repaired one.
func TestSharper(t *testing.T) {
	row := func(id string, f claim.Form, r claim.Reading, v claim.Verdict, ratio claim.Number) report.Row {
		return report.Row{ID: id, Form: f, Reading: r, Verdict: v, Ratio: ratio}
	}
	rows := []report.Row{
		row("a", claim.Printed, claim.Past, claim.Holds, 0.5), row("a", claim.Sharp, claim.Past, claim.Holds, 0.75),
		row("b", claim.Printed, claim.Past, claim.Refuted, 3), row("b", claim.Repaired, claim.Past, claim.Holds, 0.25),
		row("b", claim.Repaired, claim.Total, claim.Holds, 0.125), row("b", claim.Sharp, claim.Past, claim.Holds, 1),
		row("c", claim.Sharp, claim.Past, claim.Holds, 0.375), row("d", claim.Printed, claim.Past, claim.Holds, 0.5),
		row("d", claim.Sharp, claim.Past, claim.Refuted, 2),
	}
	var claims []claim.Claim
	for _, r := range rows {
		claims = append(claims, claim.Claim{ID: r.ID, Form: r.Form, Reading: r.Reading, Title: "Claim " + r.ID,
			Statement: r.ID + " < 1"})
	}
	claims = append(claims, claim.Claim{ID: "e", Form: claim.Sharp, Title: "not in the report"})
	got := fmt.Sprint(newListing(&report.Report{Claims: rows}, claims, nil, nil).sharper().Rows)
	const want = "[[Claim a sharp a < 1 0.7500 0.5000] [Claim b sharp b < 1 1.0000 0.2500 (repaired)] " +
		"[Claim c sharp c < 1 0.3750 -]]"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestErratumOfConjecture: a conjecture that fails does not hold instead, neither of itself nor of the printed form.
func TestErratumOfConjecture(t *testing.T) {
	var claims []claim.Claim
	var rows []report.Row
	for f, v := range map[claim.Form]claim.Verdict{
		claim.Printed: claim.Refuted, claim.Repaired: claim.Holds, claim.Conjecture: claim.Refuted,
	} {
		claims = append(claims, claim.Claim{ID: "a", Form: f, Statement: string(f) + " form"})
		rows = append(rows, report.Row{ID: "a", Form: f, Verdict: v})
	}
	all := newListing(&report.Report{Claims: rows}, claims, nil, nil).errata()
	if len(all) != 2 {
		t.Fatalf("%d errata, want 2", len(all))
	}
	for _, e := range all {
		if len(e.Instead) != 1 || e.Instead[0] != "repaired form" {
			t.Errorf("instead of the %s: %q", e.Statement, e.Instead)
		}
	}
}

// TestChartOnRecord: a chart by made-up numbers is that of testdata/chart.txt: a curve that is not in
// order, one with a plateau, one with a plateau that no root finder sees.
func TestChartOnRecord(t *testing.T) {
	p := &panelData{figure: "fig0", title: "made < up", series: []series{
		{"down", []chartPoint{{0.5, 0.25, 0.125, 0.5, 0.25, 0}, {0.125, 1, 0.5, 2, 1, 0}, {0.25, 0.5, 0.25, 1, 0.5, 0}},
			false},
		{"flat", []chartPoint{{0.125, 4, 2, 8, 4, 2}, {0.5, 3, 2, 5, 3, 2}}, false},
		{"unseen", []chartPoint{{0.25, 4, 2, 8, 4, 1e-9}}, false},
	}}
	var got strings.Builder
	for _, p.axis = range []string{byGamma, byT} {
		c := p.chart("id")
		fmt.Fprintf(&got, "%s, %s, %s, %v, last %d\n%s\n", c.ID, c.Title, c.Axis, c.At, c.Last(),
			lines.ReplaceAllString(string(c.SVG), "\n$1"))
		for k, r := range c.Rows {
			fmt.Fprintf(&got, "%q %v\n", r, c.Legend[k])
		}
	}
	path := filepath.Join("testdata", "chart.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("chart (-on record +got); go test ./props/report/webpage -run Chart -update writes it:\n%.3000s", d)
	}
}

// TestTickText: numbers of an axis are short, at the edges of each way to write them.
func TestTickText(t *testing.T) {
	for v, want := range map[float64]string{1e4: "1e4", 5000: "5000", 1: "1", 1e-3: "0.001", 5e-4: "5e-4", 0.0008: "8e-4",
		1e12: "1e+12", 2e-11: "2e-11", 0.25: "0.25"} {
		if got := tickText(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

// TestRunText: a run in words, without what it does not have.
func TestRunText(t *testing.T) {
	more := [][]float64{{1}, {2}}
	for _, c := range []struct {
		run  gen.Run
		want string
	}{
		{gen.Run{Steps: 3, Gamma: 0.25}, "T = 3 steps of size γ = 0.25"},
		{gen.Run{Steps: 3, Gamma: 0.25, More: more, Reg: core.Regularizer{Kind: "none", Rho: 1}},
			"T = 3 steps of size γ = 0.25 over 3 inputs, one drawn at each step"},
		{gen.Run{Steps: 3, Gamma: 0.25, More: more, All: true, Reg: core.Regularizer{Kind: "l2", Rho: 0.5}},
			"T = 3 steps of size γ = 0.25 over 3 inputs, all at each step; regularizer l2 with ρ = 0.5"},
	} {
		if got := runText(&c.run); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

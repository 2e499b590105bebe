package webpage

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/report"
)

// recorded is a report of all claims with the verdicts on record, no search behind it: every
// claim of a step has the first random case as its worst.
func recorded(t *testing.T) *report.Report {
	t.Helper()
	r := &report.Report{Version: 1, Seed: 1, Cases: 1000, Shard: "1/1"}
	on := record(t)
	for _, c := range props.Claims() {
		e := on[c.Name()]
		row := report.Row{
			ID: c.ID, Eq: c.Eq, Form: c.Form, Reading: c.Reading, Verdict: e.Verdict, Cases: 10, Ratio: e.Ratio,
			RatioByN: map[int]claim.Number{2: e.Ratio, 3: e.Ratio / 2}, Statement: c.Statement,
			Replay:   "go run ./props/verify -claims " + c.ID,
			Rejected: 3, Reasons: map[string]int{"vacuous": 2, "overflow": 1},
		}
		if e.Verdict == claim.Refuted {
			row.Certificate = report.OnRecord(&c)
		}
		if c.Kind != claim.SelfJudged {
			row.Reach = &gen.Extent{N: 7, Width: 4, Leaves: 81}
		}
		if c.Kind == claim.Training {
			row.Reach = &gen.Extent{N: 2, Width: 3, Steps: 16384, Leaves: 9}
		}
		if c.Kind == claim.Step {
			row.Worst = &search.Origin{Source: "random case 1"}
		}
		r.Claims = append(r.Claims, row)
	}
	return r
}

func pageOf(t *testing.T, r *report.Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPage: every statement has a card, every link leads somewhere, no id is there twice,
// nothing is fetched, and the page is well formed and small.
func TestPage(t *testing.T) {
	text := pageOf(t, recorded(t), Options{})
	if len(text) > MaxBytes {
		t.Errorf("%d bytes, want at most %d", len(text), MaxBytes)
	}
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if ids[m[1]]++; ids[m[1]] > 1 {
			t.Errorf("the id %s is there twice", m[1])
		}
	}
	links := regexp.MustCompile(` href="([^"]*)"`).FindAllStringSubmatch(text, -1)
	if len(links) < 200 {
		t.Errorf("%d links", len(links))
	}
	for _, m := range links {
		to, inside := strings.CutPrefix(m[1], "#")
		if inside && ids[to] == 0 || !inside && m[1] != "data:," {
			t.Errorf("a link leads to %q", m[1])
		}
	}
	for _, c := range props.Claims() {
		if ids[c.ID] == 0 {
			t.Errorf("%s has no card", c.ID)
		}
	}
	fetches := regexp.MustCompile(`(src|data|action)="(https?:)?//[^"]*"|url\(|@import|fetch\(|XMLHttp`)
	if m := fetches.FindString(text); m != "" {
		t.Errorf("the page fetches %s", m)
	}
	for _, want := range []string{"Content-Security-Policy", "Planted faults by rule", "does not refute (20)",
		"bounds/PROOFS.md (2.12)",
		"Certificate that replays", "Sharper forms", "2 vacuous, 1 overflow",
		"<td>N 7, width 4, leaves 81</td>", "<td>N 2, width 3, T 16384, leaves 9</td>"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	wellFormed(t, text)
	titles := regexp.MustCompile(`<h3>([^<]*) <span class="soft">([^<]*)</span></h3>`).FindAllStringSubmatch(text, -1)
	for _, m := range titles {
		if strings.HasPrefix(strings.ToLower(m[1]), strings.ToLower(m[2])) {
			t.Errorf("the title %q says %q twice", m[1], m[2])
		}
	}
	if len(titles) < 10 {
		t.Errorf("%d titles with a place in the paper", len(titles))
	}
}

// wellFormed reads the page as XML, elements without an end allowed.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	text = regexp.MustCompile(`(?s)<(script|style)>.*?</(script|style)>`).ReplaceAllString(text, "")
	text = regexp.MustCompile(` (hidden|checked|open)([ >])`).ReplaceAllString(text, ` $1="" $2`)
	text = regexp.MustCompile(`<((meta|link|input|img|br)\b[^>]*?)/?>`).ReplaceAllString(text, "<$1/>")
	d := xml.NewDecoder(strings.NewReader(text))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			at := int(d.InputOffset())
			t.Fatalf("%v: ...%s", err, text[max(0, at-200):min(len(text), at+50)])
		}
	}
}

// TestBets: what was bet on has a table, and without bets there is none.
func TestBets(t *testing.T) {
	r := &report.Report{Version: 1, Seed: 1, Cases: 1000, Shard: "1/1", Claims: recorded(t).Claims[:1]}
	const title = "Long stochastic runs, tested by betting"
	if strings.Contains(pageOf(t, r, Options{}), title) {
		t.Error("a table of nothing")
	}
	r.Sequential = []betting.Result{{Name: "a long run", Steps: 7}}
	if text := pageOf(t, r, Options{}); !strings.Contains(text, title) || !strings.Contains(text, "a long run") {
		t.Error("the bets are not on the page")
	}
}

// TestPageOfAPart: a report of one claim has one card, and the graph says what was not
// searched.
func TestPageOfAPart(t *testing.T) {
	r := recorded(t)
	for _, row := range r.Claims {
		if row.ID == "thm1" && row.Form == claim.Printed {
			r.Claims = []report.Row{row}
		}
	}
	p, err := newPage(r, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Cards) != 1 || p.Statement != 1 || p.Fails != 0 {
		t.Errorf("%d cards, %d statements, %d fail", len(p.Cards), p.Statement, p.Fails)
	}
	if !strings.Contains(string(p.Graphs[0].SVG), "Theorem 2: not searched") {
		t.Error("the graph does not say that Theorem 2 was not searched")
	}
	if _, err := newPage(&report.Report{}, Options{}); err != nil {
		t.Errorf("an empty report: %v", err)
	}
}

// TestOpen: every verdict that is none says why.
func TestOpen(t *testing.T) {
	r := &report.Report{Claims: []report.Row{
		{ID: "a", Form: claim.Printed, Verdict: claim.Starved, Cases: 2, Rejected: 98},
		{ID: "b", Form: claim.Printed, Verdict: claim.Undecided, Undecided: 7},
		{ID: "c", Form: claim.Printed, Verdict: claim.Unsettled, Note: "about rates"},
		{ID: "d", Form: claim.Printed, Verdict: claim.Invalid},
		{ID: "e", Form: claim.Printed, Verdict: claim.Elsewhere},
		{ID: "f", Form: claim.Printed, Verdict: claim.Holds},
	}}
	p := new(page)
	p.count(r)
	var got []string
	for _, o := range p.Open {
		got = append(got, o.Why)
	}
	want := "2 valid cases, 98 rejected|7 cases that no arithmetic at hand could decide|about rates|nothing " +
		"ran|another part of the search settles it"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}

// TestFigures: a picture is part of the page, and what is none is refused.
func TestFigures(t *testing.T) {
	svg := []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`)
	text := pageOf(t, recorded(t), Options{Figures: []Figure{{"fig4.svg", svg}}})
	if !strings.Contains(text, `alt="fig4"`) || !strings.Contains(text, "data:image/svg&#43;xml;base64,PD94bWw") {
		t.Error("the figure is not there")
	}
	if err := Write(io.Discard, recorded(t), Options{Figures: []Figure{{"fig4.svg", []byte("hello")}}}); err == nil {
		t.Error("a text went through as a figure")
	}
}

// TestHostileReport: texts of a report are text on the page.
func TestHostileReport(t *testing.T) {
	r := recorded(t)
	for k := range r.Claims {
		row := &r.Claims[k]
		row.Note, row.Replay, row.Verdict = "<script>alert(1)</script>", `"><img src=x>`, claim.Verdict(`x" onload="1`)
	}
	r.Digest = "<b>"
	text := pageOf(t, r, Options{})
	if strings.Contains(text, "<script>alert") || strings.Contains(text, "<img src=x") ||
		strings.Contains(text, `" onload="`) {
		t.Error("a text of the report became markup")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestWriteError(t *testing.T) {
	if err := Write(broken{}, recorded(t), Options{}); err == nil {
		t.Error("no error of a writer that fails")
	}
}

func TestMarkdown(t *testing.T) {
	d, err := markdown("x", []byte("# A & B\n\n## C\n\n| a | b |\n|---|---|\n| 1 <~ 2 | <b>x</b> |\n"))
	if err != nil || d.Title != "A & B" {
		t.Fatalf("%+v, %v", d, err)
	}
	for _, want := range []string{"<h4>C</h4>", `<div class="wide"`, "1 &lt;~ 2"} {
		if !strings.Contains(string(d.HTML), want) {
			t.Errorf("no %q in %s", want, d.HTML)
		}
	}
	if strings.Contains(string(d.HTML), "<b>") {
		t.Error("raw HTML went through")
	}
	if _, err := markdown("x", []byte("no title")); err == nil {
		t.Error("a page without a title went through")
	}
}

// TestPlot: ratios off the scale are arrows, those above 1 are marked, and one length is no
// plot.
func TestPlot(t *testing.T) {
	p := string(plot(map[int]claim.Number{2: 0.5, 3: 2, 4: 1e18, 5: 0, 6: 1e-9}))
	for want, n := range map[string]int{`<circle class="dot"`: 1, `<circle class="dot above"`: 1,
		`<path class="dot above"`: 1, `<path class="dot"`: 2,
		"N = 4: 1.00e+18": 2} {
		if got := strings.Count(p, want); got != n {
			t.Errorf("%d times %s, want %d: %s", got, want, n, p)
		}
	}
	if strings.Contains(p, "NaN") || strings.Contains(p, "Inf") || plot(map[int]claim.Number{2: 1}) != "" {
		t.Errorf("plot %s", p)
	}
}

// TestWorst: the case of the report, and the sides that it has.
func TestWorst(t *testing.T) {
	var c claim.Claim
	for _, d := range props.Claims() {
		if d.Name() == "thm1/printed" {
			c = d
		}
	}
	on := &gen.Case{}
	if err := decode(`{"chain":[{"op":"linear","in":1,"out":1},{"op":"linear","in":1,"out":1}],"x":[0],"w":[[0],[1]],
		"delta":[{"law":"zero"},{"law":"zero"}],
		"eps":[{"law":"zero"},{"law":"twopoint","a":[1],"b":[-1],"p":0.5}]}`, on); err != nil {
		t.Fatal(err)
	}
	w := newWorst(&report.Row{Worst: &search.Origin{Source: "here", Case: on}}, &c, 1)
	if w == nil || len(w.Chain) != 2 || w.Chain[1].Eps != "[1] with p = 0.5, else [-1]" || w.Left != "0" ||
		w.Right == "" {
		t.Errorf("worst %+v", w)
	}
	if w := newWorst(&report.Row{Worst: &search.Origin{Source: "nowhere"}}, &c, 1); w != nil {
		t.Errorf("a case from nowhere: %+v", w)
	}
}

// TestWorstOfARefutedRow: where float64 does not tell, the sides are those that the verdict
// rests on, and not a left side of 0 below an enclosure as wide as 2.9e232.
func TestWorstOfARefutedRow(t *testing.T) {
	for _, c := range props.Claims() {
		if c.Name() != "eq28b/printed/past" {
			continue
		}
		row := report.Row{Verdict: claim.Refuted, Worst: &search.Origin{Source: "random case 688"}}
		if w := newWorst(&row, &c, 1); w == nil || w.Left != "24577.9107" || w.Right != "0" {
			t.Errorf("worst %+v", w)
		}
		return
	}
	t.Error("no such claim")
}

func decode(text string, into *gen.Case) error {
	c, err := gen.ReadCase(strings.NewReader(text))
	if err == nil {
		*into = *c
	}
	return err
}

func TestShort(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 1: "1", -0.25: "-0.25", 100: "100", 1.00004: "1", 1e-7: "1e-07",
		123456789: "1.23e+08"} {
		if got := short(x); got != want {
			t.Errorf("short(%v) = %s, want %s", x, got, want)
		}
	}
	long := make([]float64, 9)
	if got := vector(long); got != "[0 0 0 0 0 0 … 3 more]" {
		t.Errorf("vector: %s", got)
	}
}

func ExampleDot() {
	dot, err := Dot(props.Claims())
	fmt.Println(strings.Contains(dot, "eq19 -> eq20;"), err)
	// Output: true <nil>
}

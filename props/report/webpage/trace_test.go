package webpage

import (
	"bytes"
	"context"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/trace"
)

// recordedRun is the judgement of a run on record, in which a bit flips.
func recordedRun(t *testing.T) *trace.Judgement {
	t.Helper()
	j, err := trace.Judge(context.Background(), "../../trace/recorders/testdata/torch-float32-flip")
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func tracePageOf(t *testing.T, j *trace.Judgement) string {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTrace(&b, j); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// soundPage fails on what no page may have: an id twice, a link that leads nowhere, something to fetch, a
// number that is none, elements without an end.
func soundPage(t *testing.T, text string) {
	t.Helper()
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if ids[m[1]]++; ids[m[1]] > 1 {
			t.Errorf("the id %s is there twice", m[1])
		}
	}
	for _, m := range regexp.MustCompile(` href="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if to, inside := strings.CutPrefix(m[1], "#"); inside && ids[to] == 0 || !inside && m[1] != "data:," {
			t.Errorf("a link leads to %q", m[1])
		}
	}
	outside := regexp.MustCompile(`(src|data|action)="(https?:)?//[^"]*"|url\(|@import|fetch\(|XMLHttp`)
	if m := outside.FindString(text); m != "" {
		t.Errorf("the page fetches %s", m)
	}
	for _, bad := range []string{"NaN", "+Inf", "%!"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	wellFormed(t, text)
}

// TestTracePage: the verdict comes first, every site has a row, the spike a card with its cause and a mark that
// leads to it, the fault a box.
func TestTracePage(t *testing.T) {
	j := recordedRun(t)
	text := tracePageOf(t, j)
	soundPage(t, text)
	for want, n := range map[string]int{
		`class="spike head outline"`:  3, // in each of the three maps
		`href="#spike-1"`:             3,
		`<path class="fault"`:         3,
		`<path class="cursor"`:        4, // and in the strip beneath
		`id="spike-1"`:                1,
		"δ4  tanh(4)":                 3,
		"<tr><th scope=\"row\">step ": len(j.Columns),
	} {
		if got := strings.Count(text, want); got != n {
			t.Errorf("%d times %s, want %d", got, want, n)
		}
	}
	for _, want := range []string{"Content-Security-Policy",
		"eps_7 (affine(4,10), backward): 100 % of the gradient’s error",
		`refuted">fault</span> <strong id="says">step 21, operator 7: V_6`, "Theorem 1 as printed", "not recovered"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if first, map1 := strings.Index(text, `id="says"`), strings.Index(text, "<svg"); first > map1 {
		t.Error("the verdict does not come first")
	}
}

// TestTraceCells: a map has a cell for each site and column that is not empty, in the colour of its value.
func TestTraceCells(t *testing.T) {
	nan := trace.Number(math.NaN())
	j := &trace.Judgement{Operators: []string{"a", "b"}, Last: 2,
		Sites: []trace.SiteSum{{Site: trace.Site{Kind: "delta", I: 1, Op: 1}, Name: "delta_1"},
			{Site: trace.Site{Kind: "delta", I: 2, Op: 2}, Name: "delta_2"}, {Site: trace.Site{Kind: "eps", I: 2, Op: 2},
				Name: "eps_2"}}}
	for k := range 3 {
		j.Columns = append(j.Columns, trace.Column{From: k, To: k, Ratio: []trace.Number{1, nan,
			trace.Number(math.Pow(1000, float64(k)))},
			Size: []trace.Number{nan, nan, nan}, Share: []trace.Number{nan, -0.3, nan}, Loss: 1, Error2: 0, Grad2: nan})
	}
	h := newHeatRun(j, "")
	maps := h.maps()
	if got := regexp.MustCompile(`class="h(\d)" d="([^"]*)"`).FindAllStringSubmatch(string(maps[0].SVG),
		-1); len(got) != 3 ||
		got[0][1] != "1" || strings.Count(got[0][2], "M") != 2 || got[1][1] != "5" || got[2][1] != "7" {
		t.Errorf("ratios are drawn as %q", got)
	}
	if strings.Contains(string(maps[1].SVG), `class="h`+"0") {
		t.Error("a size that is not there is drawn")
	}
	if !strings.Contains(string(maps[2].SVG), `class="h5" d="M206`) {
		t.Errorf("a negative share is not drawn by its size: %s", maps[2].SVG)
	}
	soundPage(t, tracePageOf(t, j))
}

// TestTraceOfGradients: a fault of U has no row, and a mark beneath the maps.
func TestTraceOfGradients(t *testing.T) {
	j := recordedRun(t)
	j.Faults[0].Site, j.Faults[0].Says = trace.Site{Kind: "U", I: 7, Op: 7}, "U_7 is wrong"
	if text := tracePageOf(t, j); strings.Count(text, "l4 4l-4 4l-4 -4z\"><title>U_7 is wrong") != 3 {
		t.Error("a fault of U is not marked")
	}
}

// TestTraceOfNothing: a judgement without a step has a page that says so.
func TestTraceOfNothing(t *testing.T) {
	text := tracePageOf(t, &trace.Judgement{Verdict: trace.NothingJudged,
		Says: "nothing judged: the record has no step"})
	soundPage(t, text)
	for _, want := range []string{`unsettled">nothing judged</span>`, "never passes", "No step was judged"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
}

// TestTraceOfStill: nor does the page of a run that moves no weight speak of a record without a step.
func TestTraceOfStill(t *testing.T) {
	text := tracePageOf(t, &trace.Judgement{Verdict: trace.NothingJudged, Steps: 4,
		Says: "nothing judged: no weight moved in 4 steps, so nothing was trained"})
	soundPage(t, text)
	if !strings.Contains(text, "moves no weight") || strings.Contains(text, "without a step") {
		t.Error("the page does not say that no weight moved")
	}
}

// TestManySpikes: what has no card is counted.
func TestManySpikes(t *testing.T) {
	j := recordedRun(t)
	for k := range maxSpikes {
		s := j.Spikes[0]
		s.Peak, s.Cause, s.Took, s.Recovered = k, nil, -1, false
		j.Spikes = append(j.Spikes, s)
	}
	for range maxTexts {
		j.Faults = append(j.Faults, j.Faults[0])
	}
	text := tracePageOf(t, j)
	soundPage(t, text)
	if strings.Count(text, `class="card"`) != maxSpikes || strings.Count(text, "and 1 more, which -json has") != 2 {
		t.Error("spikes or faults are not counted")
	}
}

// TestTraceDrift: the constants of the judged steps have a chart, a table and a sentence; what is infinite is said
// to be, and one step draws no line.
func TestTraceDrift(t *testing.T) {
	j := recordedRun(t)
	text := tracePageOf(t, j)
	_, section, _ := strings.Cut(text, `id="drift"`)
	section, _, _ = strings.Cut(section, "</section>")
	for want, n := range map[string]int{
		j.Drift.Carrier + " carries that: its move alone makes":            1,
		`aria-label="constants of A3 over those of the first judged step"`: 1,
		`class="mark"`:                       4*len(j.Judged) + 4, // and in the legend
		"</tr>":                              6,                   // a head, four constants and the bound
		">L2, which Theorem 1 does not read": 1,
	} {
		if got := strings.Count(section, want); got != n {
			t.Errorf("%d times %s, want %d", got, want, n)
		}
	}
	last := &j.Judged[len(j.Judged)-1]
	last.A3.C, j.Drift.Constants[0].Last = trace.Number(math.Inf(1)), trace.Number(math.Inf(1))
	j.Drift.Constants[0].Factor = trace.Number(math.NaN())
	text = tracePageOf(t, j)
	soundPage(t, text)
	if !strings.Contains(text, "infinite") {
		t.Error("a constant that overflowed is not said to be infinite")
	}
	j.Judged = j.Judged[:1]
	text = tracePageOf(t, j)
	soundPage(t, text)
	if strings.Contains(text, "constants of A3 over those") {
		t.Error("one step has a chart of its drift")
	}
}

// TestHostileRecord: texts of a record are text on the page.
func TestHostileRecord(t *testing.T) {
	j := recordedRun(t)
	evil := `</title></svg><script>alert(1)</script>"><img src=x>`
	j.Record, j.Engine, j.Note, j.Says, j.Reg, j.Operators[6] = evil, evil, evil, evil, evil, evil
	j.Faults[0].Says, j.Suspects[0].Says, j.Spikes[0].Says = evil, evil, evil
	j.Sites[0].Name, j.Sites[0].Operator, j.Rate[0].Says = evil, evil, evil
	j.Unchecked = append(j.Unchecked, evil)
	text := tracePageOf(t, j)
	if strings.Contains(text, "<script>alert") || strings.Contains(text, "<img src=x") {
		t.Error("a text of the record became markup")
	}
	soundPage(t, text)
}

// TestComparisonPage: both runs are there, ids apart.
func TestComparisonPage(t *testing.T) {
	c, err := trace.Compare(context.Background(), "../../trace/recorders/testdata/torch-bf16-none",
		"../../trace/recorders/testdata/torch-bf16-topk")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteComparison(&b, c); err != nil {
		t.Fatal(err)
	}
	soundPage(t, b.String())
	for _, want := range []string{`id="old-map"`, `id="new-map"`, "sites of both runs"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if WriteComparison(broken{}, c) == nil || WriteTrace(broken{}, c.New) == nil {
		t.Error("no error of a writer that fails")
	}
}

package webpage

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/report"
	"github.com/cascade-sgd/cascade/props/trace"
)

// madeUp is a judgement with all that a page has, in numbers that nobody measured: sites of both kinds,
// columns with gaps, more than there are ticks, errors that overflow, and steps that were taken apart.
func madeUp() *trace.Judgement {
	nan, inf := trace.Number(math.NaN()), trace.Number(math.Inf(1))
	yes, no := true, false
	j := &trace.Judgement{Version: 1, Record: "run.npz", Engine: "engine", Note: "a note", Reg: "none", Steps: 40,
		First: 3, Last: 42, Samples: 4, Recorded: 2, Verdict: trace.Suspected, Says: "suspect: delta_2 stands out",
		FalseAlarm: 0.005, Operators: []string{"affine(2,3)", "tanh(3)", "halfsq(3)"},
		Precision: trace.Precision{Storage: "float32", Compute: "float32", Accumulate: "float32"}}
	for _, s := range []trace.Site{{Kind: "delta", I: 1, Op: 1}, {Kind: "delta", I: 2, Op: 2},
		{Kind: "delta", I: 3, Op: 3}, {Kind: "eps", I: 2, Op: 2}, {Kind: "eps", I: 3, Op: 3}} {
		j.Sites = append(j.Sites, trace.SiteSum{Site: s, Name: fmt.Sprintf("%s_%d", s.Kind, s.I),
			Operator: j.Operators[s.Op-1], Checked: true, RMS: 0.5, Expected: 0.25, Largest: 1, Share: 0.2})
	}
	for k := range 10 {
		v := trace.Number(math.Pow(8, float64(k)-4))
		c := trace.Column{From: 3 + 4*k, To: 6 + 4*k, Loss: v, Error2: v * v / 64, Grad2: 3,
			Size: []trace.Number{v, nan, 2 * v, 0}, Ratio: []trace.Number{1, v, -v, nan, 2},
			Share: []trace.Number{0.1, -0.5, nan, 0.02, 0.001}}
		switch k {
		case 4:
			c.Loss, c.Error2, c.To = nan, 0, c.From
		case 7:
			c.Grad2, c.Ratio = inf, append(c.Ratio, 1e9)
			c.Share = c.Share[:2]
		}
		j.Columns = append(j.Columns, c)
	}
	j.Suspects = []trace.Suspect{{Site: j.Sites[1].Site, From: 7, To: 14, Says: "delta_2 stands out"}}
	j.Faults = []trace.Fault{{Site: j.Sites[4].Site, Step: 23, Says: "eps_3 is wrong", Steps: 2},
		{Site: trace.Site{Kind: "w", I: 1, Op: 1}, Step: 3, Says: "w_1 is wrong", Steps: 1}}
	cause, other := j.Sites[3].Site, trace.Site{Kind: "U", I: 1, Op: 1}
	j.Spikes = []trace.Spike{
		{From: 11, To: 11, Peak: 11, Error2: 3, Usual2: 0.5, Cause: &cause, Share: 0.75, Recovered: true, Took: 2,
			Promised: 0, Says: "the first"},
		{From: 12, To: 13, Peak: 13, Error2: 5, Usual2: 0.25, Cause: &other, Share: nan, Took: -1, Promised: -1, Why: "no mu",
			Says: "the second"},
		{From: 40, To: 42, Peak: 42, Error2: 4, Usual2: 0.5, Took: -1, Promised: -1, Says: "the third"},
	}
	for k, step := range []int{3, 11, 12, 30, 42} {
		v := trace.Number(k + 1)
		j.Judged = append(j.Judged, trace.StepSum{Step: step, Flagged: k == 1, Loss: v, Grad2: 2 * v, Error2: v / 8,
			Printed: 100 * v, Sharp: 10, PerOp: 1e300, A3: trace.A3{C: v, Lf: 1 / v, L1: 2, L2: nan},
			First: []trace.Number{0.5, -0.25, 0.75}, Share: []trace.Number{0.125, -0.5, nan, 0.25, 0.0625},
			Only: []trace.Number{0.5, 0.25}, Without: []trace.Number{1, 2, 3, 4}, Gain: []trace.Number{7},
			GainAtMost: []trace.Number{8, 9, 10, 11, 12}})
	}
	j.Judged[2].A3.C, j.Judged[3].Error2 = inf, 0
	j.Rate = []trace.Sentence{{Name: "(41)", Says: "cannot be evaluated"}, {Name: "sums", Holds: &yes, Says: "are finite"}}
	j.Exceeded = []trace.Sentence{{Name: "budget", Holds: &no, Says: "is exceeded"}}
	j.Constants = []trace.Sentence{{Name: "L", Says: "estimated"}}
	j.Drift = trace.Drift{Steps: 5, First: 3, Last: 42, Says: "moved", Means: "more", Carrier: "C", Alone: 2,
		Constants: []trace.ConstantDrift{{Name: "C", First: 1, Last: 5, Largest: 5, At: 42, Op: 1, Factor: 5, Most: 5}},
		Bound:     trace.ConstantDrift{Name: "bound", First: 1, Last: 2, Largest: 3, At: 11, Factor: 2, Most: 3}}
	j.Unchecked = []string{"eps_2 of step 7"}
	return j
}

// TestTraceOnRecord: the page of a made-up run is testdata/trace.txt, to the last mark; formulas of
// places are held by the other tests.
func TestTraceOnRecord(t *testing.T) {
	text := tracePageOf(t, madeUp())
	soundPage(t, text)
	_, body, _ := strings.Cut(text, "</nav>")
	body, _, _ = strings.Cut(body, "<script>")
	againstRecord(t, "trace.txt", lines.ReplaceAllString(body, "\n$1"))
}

// againstRecord compares with a file of testdata, or writes it.
func againstRecord(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("(-on record +got); go test ./props/report/webpage -run OnRecord -update writes it:\n%.3000s", d)
	}
}

// TestFaultTexts: a fault of several steps says of how many; of the lists of faults and suspects
// maxTexts are shown, and what is left is counted.
func TestFaultTexts(t *testing.T) {
	j := madeUp()
	j.Faults[0].Steps = 2
	r, err := newTracedRun(j, "p-", "titled")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"eps_3 is wrong (in 2 steps)", "w_1 is wrong"}; !slices.Equal(r.Faulty, want) ||
		r.NotListed != 0 || r.NoCard != 0 || r.Holds || r.Title != "titled" {
		t.Errorf("faults %q, %d not listed", r.Faulty, r.NotListed)
	}
	if want := []rateRow{{"budget", "fails", "is exceeded"}, {"(41)", "cannot be said", "cannot be evaluated"},
		{"sums", "holds", "are finite"}}; !slices.Equal(r.Rates, want) {
		t.Errorf("rates %q", r.Rates)
	}
	for _, n := range []int{maxTexts, maxTexts + 1, maxTexts + 3} {
		j.Faults, j.Suspects = slices.Repeat(j.Faults[:1], n), slices.Repeat(j.Suspects[:1], maxTexts+2)
		if r, err = newTracedRun(j, "", ""); err != nil || len(r.Faulty) != maxTexts || len(r.Odd) != maxTexts ||
			r.NotListed != n-maxTexts+2 {
			t.Errorf("of %d faults and %d suspects %d and %d are listed, %d not, error %v", n, maxTexts+2, len(r.Faulty),
				len(r.Odd), r.NotListed, err)
		}
	}
	for n, none := range map[int]int{maxSpikes: 0, maxSpikes + 1: 1, maxSpikes + 7: 7} {
		j.Spikes = slices.Repeat(j.Spikes[:1], n)
		if r, err = newTracedRun(j, "", ""); err != nil || len(r.Cards) != maxSpikes || r.NoCard != none {
			t.Errorf("of %d spikes %d have cards, %d none, error %v", n, len(r.Cards), r.NoCard, err)
		}
		svg := string(newHeatRun(j, "").maps()[0].SVG)
		if got := strings.Count(svg, "<a "); got != maxSpikes {
			t.Errorf("of %d spikes %d have marks", n, got)
		}
		if got := strings.Count(string(newHeatRun(j, "").strip()), `class="spike"`); got != maxSpikes {
			t.Errorf("of %d spikes %d have marks in the strip", n, got)
		}
	}
	j.Verdict = trace.NoCause
	if r, err = newTracedRun(j, "", ""); err != nil || !r.Holds {
		t.Errorf("a run without a cause: %v, %v", r.Holds, err)
	}
	for name, change := range map[string]func(){
		"sites": func() { j.Sites = nil }, "columns": func() { j.Sites, j.Columns = madeUp().Sites, nil },
	} {
		change()
		if r, err = newTracedRun(j, "", ""); err != nil || r.Maps != nil {
			t.Errorf("without %s: %d maps, error %v", name, len(r.Maps), err)
		}
	}
}

// TestSpikeCards: a card says what the judgement says of its spike, and of no other.
func TestSpikeCards(t *testing.T) {
	r, err := newTracedRun(madeUp(), "p-", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range r.Cards {
		got = append(got, fmt.Sprintf("%s|%s|%s|%s|%s|%s|%s|%s|%v|%s|%v", c.ID, c.Where, c.Cause, c.Size, c.Usual, c.Share,
			c.Back, c.Promised, c.Recovered, c.Says, c.Bounds))
	}
	want := []string{
		// of 0.25: 200 is 800 times as much, 10 40 times
		"p-spike-1|Step 11|eps_2 (tanh(3), backward)|3|0.5|75 %|recovered after 2 steps|0 steps|true|the first|" +
			"[{Theorem 1 as printed 200 800} {sharp 10 40} {with constants of each operator 1e+300 4e+300}]",
		"p-spike-2|Steps 12 to 13, highest at 13|U_1|5|0.25||not recovered|nothing: no mu|false|the second|[]",
		"p-spike-3|Steps 40 to 42, highest at 42|no site's error stands out|4|0.5||not recovered|nothing|false|the third|" +
			"[{Theorem 1 as printed 500 800} {sharp 10 16} {with constants of each operator 1e+300 1.6e+300}]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("cards (-want +got)\n%s", d)
	}
	if strings.Count(string(r.Cards[0].Table), "<tr>") != 1+4 || r.Cards[1].Table != "" {
		t.Errorf("sites of the first spike: %s", r.Cards[0].Table)
	}
	for s, want := range map[trace.Site]string{
		{Kind: "delta", I: 3, Op: 3}: "delta_3 (halfsq(3), forward)",
		{Kind: "eps", I: 2, Op: 1}:   "eps_2 (affine(2,3), backward)",
		{Kind: "delta", I: 1, Op: 0}: "delta_1", {Kind: "delta", I: 4, Op: 4}: "delta_4", {Kind: "w", I: 2, Op: 2}: "w_2",
	} {
		if got := r.site(s); got != want {
			t.Errorf("%+v is %q, want %q", s, got, want)
		}
	}
}

// TestBehind: the sentences behind a verdict, with the largest spike and the rate of false alarms.
func TestBehind(t *testing.T) {
	spike := func(size float64, says string) trace.Spike {
		return trace.Spike{Error2: trace.Number(size), Says: says}
	}
	for _, c := range []struct {
		j    trace.Judgement
		want []string
	}{
		{trace.Judgement{Verdict: trace.NothingJudged}, []string{"A record without a step"}},
		{trace.Judgement{Verdict: trace.NothingJudged, Steps: 1}, []string{"A run that moves no weight"}},
		{trace.Judgement{Verdict: trace.NoCause, Steps: 9, FalseAlarm: 0.01},
			[]string{"no spike in 9 steps.", "at most once in 100 runs"}},
		{trace.Judgement{Verdict: trace.Suspected, FalseAlarm: 0.002, Spikes: []trace.Spike{spike(1, "a")}},
			[]string{"One spike: a.", "at most once in 500 runs"}},
		{trace.Judgement{Verdict: trace.Faulty, Spikes: []trace.Spike{spike(1, "a"), spike(3, "b"), spike(2, "c")}},
			[]string{"3 spikes; the largest: b.", "A fault is beyond all"}},
		{trace.Judgement{Verdict: trace.Faulty, Spikes: []trace.Spike{spike(3, "a"), spike(1, "b")}},
			[]string{"2 spikes; the largest: a.", "A fault is beyond all"}},
	} {
		got := behind(&c.j)
		if len(got) != len(c.want) {
			t.Fatalf("%q, want %q", got, c.want)
		}
		for k := range got {
			if !strings.Contains(got[k], c.want[k]) {
				t.Errorf("%q, want %q", got[k], c.want[k])
			}
		}
	}
	for says, want := range map[string]string{"fault: x: y": "x: y", "no cause: x": "no cause: x",
		string(trace.Suspected) + ": z": "z", string(trace.NothingJudged) + ": z": "z"} {
		if got := withoutVerdict(says); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestLargestOf: by size, of equals the first, without what is not there.
func TestLargestOf(t *testing.T) {
	nan := trace.Number(math.NaN())
	for _, c := range []struct {
		list []trace.Number
		n    int
		want []int
	}{
		{[]trace.Number{1, -3, nan, 2, 3}, 3, []int{1, 4, 3}}, {[]trace.Number{1, -3, nan, 2, 3}, 9, []int{1, 4, 3, 0}},
		{[]trace.Number{nan}, 2, nil}, {nil, 2, nil}, {[]trace.Number{5, 6}, 0, nil}, {[]trace.Number{2, 2}, 1, []int{0}},
	} {
		if got := largestOf(c.list, c.n); !slices.Equal(got, c.want) {
			t.Errorf("the %d largest of %v are %v, want %v", c.n, c.list, got, c.want)
		}
	}
	if numberAt([]trace.Number{1, 2}, 1) != "2" || numberAt([]trace.Number{1, 2}, 2) != "-" {
		t.Error("numberAt")
	}
	if percent(0.12345) != "12.3 %" || percent(math.NaN()) != "" {
		t.Error("percent")
	}
}

// TestColumnTexts: what the slider says of a column of one step and of several, the three sites that stand
// out most with their shares.
func TestColumnTexts(t *testing.T) {
	r, err := newTracedRun(madeUp(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[int]string{
		0: "{steps 3 to 6 0.0002441 9.313e-10 3 [eps_3 2× rounding, 0.1 % delta_1 1× rounding, 10 % " +
			"delta_2 0.0002441× rounding, -50 %]}",
		4: "{step 19 - 0 3 [eps_3 2× rounding, 0.1 % delta_1 1× rounding, 10 % delta_2 1× rounding, -50 %]}",
		7: "{steps 31 to 34 512 4096 +Inf [delta_2 512× rounding, -50 % delta_3 -512× rounding]}", // a 6th site is none
	} {
		if got := fmt.Sprint(r.Pieces[k]); got != want {
			t.Errorf("column %d: %s, want %s", k, got, want)
		}
	}
	if len(r.Pieces) != 10 || r.LastColumn() != 9 {
		t.Errorf("%d columns", len(r.Pieces))
	}
}

// TestTrainingTable: what was trained has a table, one row is enough, and without there is none.
func TestTrainingTable(t *testing.T) {
	r := &report.Report{Version: 1, Seed: 1, Cases: 1000, Shard: "1/1", Claims: recorded(t).Claims[:1]}
	p, err := newPage(r, Options{})
	if err != nil || p.Training != "" || p.Bets != "" {
		t.Errorf("a table of nothing: %q, %q, %v", p.Training, p.Bets, err)
	}
	r.Training = append(r.Training, training.Result{Name: "x", Steps: 1, OK: true})
	if p, err = newPage(r, Options{}); err != nil || strings.Count(string(p.Training), "<tr>") != 2 {
		t.Errorf("a table of one run: %q, %v", p.Training, err)
	}
}

// TestSeenPlateau: a plateau is drawn from seenPlateau on, which roots of sums reach.
func TestSeenPlateau(t *testing.T) {
	for plateau, want := range map[float64]string{1e-8: "0", 1.01e-8: "1.01e-08"} {
		points := []chartPoint{{0.5, 1e-7, 5e-8, 2e-7, 1e-7, plateau}, {1, 2e-7, 1e-7, 3e-7, 2e-7, plateau}}
		p := &panelData{figure: "f", title: "t", axis: byGamma, series: []series{{"s", points, false}}}
		c := p.chart("id")
		if c.Rows[0].Plateau != want {
			t.Errorf("a plateau of %v is written %s, want %s", plateau, c.Rows[0].Plateau, want)
		}
	}
}

// TestCounts: verdicts, statements and the reasons of rejected cases, the most frequent first.
func TestCounts(t *testing.T) {
	p := new(page)
	reasons := func(a, b int) map[string]int { return map[string]int{"vacuous": a, "overflow": b} }
	p.count(&report.Report{Claims: []report.Row{
		{ID: "a", Form: "printed", Reading: claim.Past, Verdict: "refuted", Reasons: reasons(1, 4)},
		{ID: "a", Form: "printed", Reading: claim.Total, Verdict: "refuted", Reasons: reasons(2, 8)},
		{ID: "b", Form: "printed", Verdict: "holds", Reasons: reasons(0, 1)},
		{ID: "b", Form: "sharp", Verdict: "refuted"},
	}})
	if got := fmt.Sprint(p.Fails, p.Statement, p.Counts, p.Rejected, p.Open); got !=
		"1 2 [{holds 1} {refuted 3}] [{overflow 13} {vacuous 3}] []" {
		t.Error(got)
	}
}

// TestComparisonNames: the new run comes first, each under its name.
func TestComparisonNames(t *testing.T) {
	a, b := madeUp(), madeUp()
	a.Record, b.Record, b.Says = "old.npz", "new.npz", "suspect: another"
	var out bytes.Buffer
	if err := WriteComparison(&out, &trace.Comparison{Old: a, New: b, Says: "both"}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	soundPage(t, text)
	for _, want := range []string{"<h1>Two recorded runs: old.npz and new.npz</h1>", "Old: suspect: delta_2 stands out",
		"New: suspect: another", "verify trace old.npz new.npz -html FILE", "<h2>New: new.npz</h2>", "<h2>Old: old.npz</h2>",
		`id="new-map"`, `id="old-spike-1"`} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%d times %q", strings.Count(text, want), want)
		}
	}
	if strings.Index(text, "<h2>New") > strings.Index(text, "<h2>Old") {
		t.Error("the old run comes first")
	}
}

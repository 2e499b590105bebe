package report

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/trace"
)

// judgement is a made-up one with something in every part of its page.
func judgement() *trace.Judgement {
	yes, no := true, false
	return &trace.Judgement{
		Record: "run", Engine: "mine", Note: "a note", Operators: []string{"affine(2,3)", "halfsq(3)"}, Reg: "l2",
		Precision: trace.Precision{Storage: "float32", Compute: "float32", Accumulate: "float32"},
		Steps:     3, First: 4, Last: 6, Samples: 8, Recorded: 2, Says: "suspected: delta_1",
		Faults:   []trace.Fault{{Says: "once", Steps: 1}, {Says: "often", Steps: 5}},
		Suspects: []trace.Suspect{{Says: "delta_1 is large"}},
		Spikes:   []trace.Spike{{Says: "a spike at step 5"}},
		Exceeded: []trace.Sentence{{Says: "Y_1 keeps 3 entries"}},
		Sites: []trace.SiteSum{
			{Name: "delta_1", Operator: "affine(2,3)", Checked: true, RMS: 0.5, Expected: 0.25, Biased: true, BiasLow: 0.125,
				Declared: "topk 2"},
			{Name: "eps_2", Operator: "halfsq(3)", Checked: true, Share: 0.75},
			{Name: "delta_2", Operator: "halfsq(3)", RMS: trace.Number(math.NaN())},
		},
		Judged: []trace.StepSum{{Step: 5, Flagged: true, Grad2: 4, Error2: 2, Printed: 100, Sharp: 10, PerOp: 5,
			Share: []trace.Number{0.25, 0.625, 0.125}}},
		Drift: trace.Drift{Steps: 3, Says: "C grew", Means: "and the bound with it"},
		Rate: []trace.Sentence{{Name: "means", Holds: &yes, Says: "small"}, {Name: "sizes", Holds: &no, Says: "large"},
			{Name: "rest", Says: "open"}},
		Constants: []trace.Sentence{{Name: "L", Says: "estimated"}},
		Unchecked: []string{"w_3 is not there"},
	}
}

func textOf(t *testing.T, p *table.Page) string {
	t.Helper()
	var b strings.Builder
	if err := p.Text(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestTracePage: the verdict is the first line, and every part of a judgement has its section, in
// this order; of a judgement that has nothing there is no empty section.
func TestTracePage(t *testing.T) {
	text := textOf(t, TracePage(judgement()))
	at := 0
	for _, want := range []string{
		"suspected: delta_1\n", "run (mine): steps 4 to 6, 3 in all, 2 of 8 samples a step, float32, regularizer l2.\n",
		"a note\n", "EXCEEDED\n", "Y_1 keeps 3 entries\n", "FAULTS\n", "once\n", "often (in 5 steps)\n", "SUSPECTS\n",
		"delta_1 is large\n", "SPIKES\n", "a spike at step 5\n", "SITES\n", "delta_1", "THE GRADIENT'S ERROR", "eps_2 62 %\n",
		"DRIFT OF THE CONSTANTS OF A3\n", "C grew\n", "and the bound with it\n", "COROLLARY 1", "means", "yes", "sizes", "no",
		"rest", "-", "CONSTANTS THAT (41)", "L: estimated\n", "NOT CHECKED\n", "w_3 is not there\n",
	} {
		k := strings.Index(text[at:], want)
		if k < 0 {
			t.Fatalf("no %q after\n%s\nin\n%s", want, text[:at], text)
		}
		at += k + len(want)
	}
	if strings.Contains(text, "once (in") {
		t.Error("a fault of one step is counted")
	}
	bare := textOf(t, TracePage(&trace.Judgement{Says: "no step"}))
	if strings.Count(bare, "\n\n") != 1 || !strings.HasPrefix(bare, "no step\n\n (): steps 0 to 0") {
		t.Errorf("of nothing:\n%s", bare)
	}
}

// TestTraceSites: what is declared stands beside the operator, and what is said of the bias is
// what is known of it.
func TestTraceSites(t *testing.T) {
	got := TraceSites(judgement())
	for k, want := range [][2]string{{"affine(2,3), topk 2", "yes, at least 0.125"}, {"halfsq(3)", "no sign of it"},
		{"halfsq(3)", "unchecked"}} {
		if row := got.Rows[k]; row[1] != want[0] || row[9] != want[1] || len(row) != len(got.Columns) {
			t.Errorf("row %d: %q", k, row)
		}
	}
	if got.Rows[0][2] != "0.5" || got.Rows[0][3] != "0.25" || got.Rows[2][2] != "-" || got.Rows[1][5] != "0.75" {
		t.Errorf("rows %q", got.Rows)
	}
}

// TestTraceSteps: at most twenty steps, all that are flagged and the first of the others, in order.
func TestTraceSteps(t *testing.T) {
	judged := func(flagged func(step int) bool, steps int) *trace.Judgement {
		j := &trace.Judgement{}
		for step := range steps {
			j.Judged = append(j.Judged, trace.StepSum{Step: step, Flagged: flagged(step)})
		}
		return j
	}
	for name, c := range map[string]struct {
		j    *trace.Judgement
		want string
	}{
		"few":  {judged(func(int) bool { return false }, 3), "0 1 2"},
		"none": {judged(nil, 0), ""},
		"many": {judged(func(int) bool { return false }, 40), "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19"},
		"many, late": {judged(func(k int) bool { return k >= 22 }, 40),
			"0 1 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39"},
		"all flagged": {judged(func(int) bool { return true }, 21), "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19"},
	} {
		var steps []string
		for _, row := range TraceSteps(c.j).Rows {
			steps = append(steps, row[0])
			if flagged := row[1] == "yes"; flagged != (name == "all flagged" || name == "many, late" && len(row[0]) == 2) {
				t.Errorf("%s: step %s is flagged: %v", name, row[0], flagged)
			}
		}
		if got := strings.Join(steps, " "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	j := judgement()
	j.Judged[0].Share = []trace.Number{0.5, 0.5, 0.25} // the first of the largest
	if row := TraceSteps(j).Rows[0]; row[7] != "delta_1 50 %" || row[2] != "4" || row[6] != "5" {
		t.Errorf("row %q", row)
	}
	nan := trace.Number(math.NaN()) // of a site that could not be taken apart
	for want, shares := range map[string][]trace.Number{"": {nan, nan}, "eps_2 25 %": {nan, 0.25},
		"delta_1 50 %": {0.5, nan}} {
		j.Judged[0].Share = shares
		if row := TraceSteps(j).Rows[0]; row[7] != want {
			t.Errorf("of shares %v the largest is %q, want %q", shares, row[7], want)
		}
	}
	j.Sites = nil
	if row := TraceSteps(j).Rows[0]; row[7] != "" {
		t.Errorf("a site that is not there: %q", row)
	}
}

// TestTraceDrift: a row a constant and one for the bound; what is not finite is said in words.
func TestTraceDrift(t *testing.T) {
	j := judgement()
	inf, nan := trace.Number(math.Inf(1)), trace.Number(math.NaN())
	j.Drift.Constants = []trace.ConstantDrift{
		{Name: "C", First: 1, Last: 2, Largest: 4, At: 5, Op: 2, Factor: 2, Most: 4},
		{Name: "Lf", First: 0, Last: 1, Largest: inf, At: 6, Op: 3, Factor: inf, Most: nan},
	}
	j.Drift.Bound = trace.ConstantDrift{Name: "bound", First: nan, Last: 3, Largest: 3, At: 6}
	got := fmt.Sprint(TraceDrift(j).Rows)
	const want = "[[C 1 2 2 4 5 2, halfsq(3) 4] [Lf 0 1 from 0 infinite 6  -] [bound no number 3 0 3 6  0]]"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestComparePage: where two runs part, what is said of each, and a row a site.
func TestComparePage(t *testing.T) {
	c := &trace.Comparison{Says: "they part at step 2", Old: &trace.Judgement{Record: "a", Says: "no cause"},
		New:   &trace.Judgement{Record: "b", Says: "faulty"},
		Sites: []trace.SiteParts{{Name: "eps_2", Old: 0.5, New: 1, Ratio: 2, Share: -0.25}}}
	want := "they part at step 2\n\nold, a: no cause\n\nnew, b: faulty\n\n" +
		"site   old error  new error  new/old  share, new less old\neps_2  0.5        1          2        -0.25\n"
	if got := textOf(t, ComparePage(c)); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	if p := ComparePage(c); p.Command != "go run ./props/verify trace a b" {
		t.Error(p.Command)
	}
}

// TestTraceJSON: what verify writes can be read again, and ends with a line break.
func TestTraceJSON(t *testing.T) {
	b, err := TraceJSON(judgement())
	var again trace.Judgement
	if err != nil || b[len(b)-1] != '\n' || json.Unmarshal(b, &again) != nil || again.Sites[0].Declared != "topk 2" {
		t.Errorf("%v: %s", err, b)
	}
	if _, err := TraceJSON(math.NaN()); err == nil {
		t.Error("NaN is JSON")
	}
}

package verdict

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// held is a verdict on two builds that pass and give the same numbers, but for change.
func held(known []string, change func(b *Baseline, c *conform.Comparison)) *Verdict {
	c := &conform.Comparison{Old: report(), New: report(), Compared: 9}
	b := &Baseline{Old: "old", Compared: c, Known: known}
	change(b, c)
	return HoldAgainst("cmd", b)
}

func drift(share float64) *conform.Drift {
	return &conform.Drift{Op: "tanh", Quantity: "U", Operator: 2, Index: 1, Old: 1, New: 2, Tolerance: 3, Share: share}
}

// TestHoldAgainst: each reason for a fault on its own, and what is none.
func TestHoldAgainst(t *testing.T) {
	stepKnown := []string{"(5d) the step"}
	coarser := *wrongStep
	coarser.Part = "the step with its regularizer"
	idle := report()
	idle.Moved = 0
	for name, c := range map[string]struct {
		known    []string
		change   func(b *Baseline, c *conform.Comparison)
		want     conclusions
		headline string
	}{
		"same": {nil, func(*Baseline, *conform.Comparison) {},
			same, "SAME BITS: mine 1.2 (float32): 9 requests answered with the same numbers as before"},
		"drift": {nil, func(_ *Baseline, c *conform.Comparison) {
			c.Differ, c.First, c.Largest = 3, drift(0.001), drift(0.25)
		}, inside, "3 of 9 requests have another number than before, by 25 % of the envelope at most"},
		"outside": {nil, func(_ *Baseline, c *conform.Comparison) {
			c.Differ, c.First, c.Largest = 3, drift(0.001), drift(1.01)
		}, fault, "they differ by more than the envelope"},
		"NaN": {nil, func(_ *Baseline, c *conform.Comparison) {
			c.Differ, c.First, c.Largest = 3, drift(0), drift(math.NaN())
		}, fault, "they differ by more than the envelope"},
		"gone": {nil, func(_ *Baseline, c *conform.Comparison) { c.Gone = []string{"tanh", "run"} },
			fault, "no longer has tanh, run"},
		"lost":     {nil, func(_ *Baseline, c *conform.Comparison) { c.Lost = 2 }, fault, "answers 2 requests"},
		"new":      {nil, func(_ *Baseline, c *conform.Comparison) { c.New = report(wrongStep) }, fault, "new build has 1"},
		"old":      {nil, func(_ *Baseline, c *conform.Comparison) { c.Old = report(wrongStep) }, fault, "old build has 1"},
		"old idle": {nil, func(_ *Baseline, c *conform.Comparison) { c.Old = idle }, fault, "decided on the old build"},
		"known in both": {stepKnown, func(_ *Baseline, c *conform.Comparison) {
			c.Old, c.New = report(wrongStep), report(wrongStep)
		}, same, "as before (1 known fault)"},
		"mended": {stepKnown, func(_ *Baseline, c *conform.Comparison) { c.Old = report(wrongStep) },
			fault, "1 known fault of the new build did not show"},
		"named otherwise by a command": {stepKnown, func(_ *Baseline, c *conform.Comparison) {
			c.Old, c.New = report(&coarser), report(wrongStep)
		}, fault, "the old build has 1 fault: (5d) the step with its regularizer"},
		"named otherwise by a file": {stepKnown, func(b *Baseline, c *conform.Comparison) {
			b.Replies, c.Old, c.New = 9, report(&coarser), report(wrongStep)
		}, same, "SAME BITS"},
	} {
		v := held(c.known, c.change)
		if got := (conclusions{v.compared(), v.Conclusion()}); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if !strings.Contains(v.Headline(), c.headline) {
			t.Errorf("%s: headline %q, want %q in it", name, v.Headline(), c.headline)
		}
	}
	if v := held(nil, func(_ *Baseline, c *conform.Comparison) { c.New = idle }); v.Conclusion() != Invalid {
		t.Errorf("nothing decided on the new build: %s", v.Conclusion())
	}
}

// conclusions are what is said of both builds, and what the command ends with.
type conclusions struct {
	conform.Verdict
	Conclusion
}

var (
	same   = conclusions{conform.SameBits, Passed}
	inside = conclusions{conform.Inside, Passed}
	fault  = conclusions{conform.Fault, Failed}
)

// TestDriftShown: text, JSON and JUnit say what the builds are and where they part.
func TestDriftShown(t *testing.T) {
	loss := &conform.Drift{Quantity: "loss", Old: 3, New: 4, Tolerance: 2, Share: 12}
	v := held(nil, func(_ *Baseline, c *conform.Comparison) {
		c.Differ, c.First, c.Largest = 3, drift(0.25), loss
	})
	var text, junit strings.Builder
	p := &table.Printer{To: &text}
	v.comparison(p)
	json, err := v.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := v.JUnit(&junit); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ in, want string }{
		{text.String(), "held against the old build, old\n"},
		{text.String(), "U_2[1] was 1, is 2: 25 % of the envelope, which is +-3"},
		{text.String(), "loss was 3, is 4: 12 times the envelope, which is +-2"},
		{string(json), `"quantity": "U"`}, {string(json), `"quantity": "loss"`}, {string(json), `"share": 0.25`},
		{junit.String(), `name="baseline"`}, {junit.String(), "they differ by more than the envelope"},
		{junit.String(), "<failure"},
	} {
		if !strings.Contains(c.in, c.want) {
			t.Errorf("no %q in\n%s", c.want, c.in)
		}
	}
	first := drift(0.25)
	first.Operator = 1
	if got := place(first); !strings.HasPrefix(got, "U_1[1] was 1") {
		t.Errorf("place %q", got)
	}
	if got, want := v.annotation(), "::error title=conform%3A baseline::"; !strings.HasPrefix(got, want) ||
		!strings.Contains(got, "mine 1.2 (float32)") || !strings.Contains(got, "; they part in tanh: U_2[1] was 1") {
		t.Errorf("annotation %q", got)
	}
	v = held(nil, func(*Baseline, *conform.Comparison) {})
	if got := v.annotation(); !strings.HasPrefix(got, "::notice ") || strings.Contains(got, "they part") {
		t.Errorf("annotation %q", got)
	}
	v = held(nil, func(b *Baseline, _ *conform.Comparison) { b.Replies = 9 })
	junit.Reset()
	if err := v.JUnit(&junit); err != nil || !strings.Contains(junit.String(), `name="baseline"`) ||
		!strings.Contains(junit.String(), "the old build, whose 9 replies are in old") ||
		strings.Contains(junit.String(), "<failure") {
		t.Errorf("same bits: %v\n%s", err, &junit)
	}
}

// TestComparison: the whole text of a comparison.
func TestComparison(t *testing.T) {
	long := strings.Repeat("r", maxReplay/4)
	v := held(nil, func(_ *Baseline, c *conform.Comparison) {
		c.Differ, c.First, c.Largest = 3, drift(0.001), drift(0.25)
		c.Lost, c.LostRequest, c.Added, c.AddedRequest = 2, long, 4, long+"s"
		c.First.Request, c.Largest.Op, c.Largest.Rule = "q", "", "step"
		c.Operators = []conform.OperatorDrift{{Op: "tanh", Compared: 5, Differ: 2, Share: 0.25}}
	})
	var b strings.Builder
	v.comparison(&table.Printer{To: &b})
	what := fmt.Sprint(v.Baseline.Compared.Precision)
	want := "held against the old build, old\n9 requests compared, 3 with another number somewhere\n" +
		"no longer answered, 2 requests, the first: " + long + "\n" +
		"never compared, 4 requests that only the new build answered, the first: " + long + "... (1001 bytes)\n" +
		"they part in tanh, in " + what + ": U_2[1] was 1, is 2: 0.1 % of the envelope, which is +-3\n" +
		"  smallest case: q\n" +
		"largest drift, in the step (5d): U_2[1] was 1, is 2: 25 % of the envelope, which is +-3 (rule step)\n\n" +
		"operator  differs in       by at most\n" +
		"tanh      2 of 5 requests  25 % of the envelope\n"
	if got, _, _ := strings.Cut(b.String(), "\nThe envelope is"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestOneReply: a recording of one reply is a recording.
func TestOneReply(t *testing.T) {
	coarser := *wrongStep
	coarser.Part = "the step with its regularizer"
	b := &Baseline{Replies: 1, Known: []string{"(5d) the step"}}
	if !b.isKnown(&coarser) {
		t.Error("a fault of the same equation is not known")
	}
	if b.Replies = 0; b.isKnown(&coarser) {
		t.Error("a fault of a command is known by its equation")
	}
}

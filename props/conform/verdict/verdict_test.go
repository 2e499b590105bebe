package verdict

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
)

// Two faults: one of a part of (5), one that is no answer.
var (
	wrongStep = &conform.Violation{
		Rule: "step", Kind: conform.Wrong, Equation: "(5d)", Part: "the step", Quantity: "W", Operator: 2, Index: 1,
		Got: 3, Want: 4, Tolerance: 0.5, Count: 7, Asked: 9, Rules: []string{"step", "run"}, Seed: 5,
		Detail: "W[1]: got 3,\n want 4 | a*b_c", Request: `{"type":"step"}`,
	}
	panicked = &conform.Violation{
		Rule: "trace", Kind: conform.Panic, Index: -1, Detail: "Step: panicked:\tno \x1b[31mluck; smallest case: none",
	}
)

// report is what a gate that decided something found.
func report(found ...*conform.Violation) *conform.Report {
	return &conform.Report{
		Seed: 5, Engine: conform.Info{Name: "mine", Version: "1.2", Precision: "float32"}, Requests: 9, Perturbed: 1,
		Moved: 1, Findings: found, Unknown: []string{"conv"},
		Outcomes: []conform.Outcome{
			{Rule: "operators", Requests: 7, Answered: 6, Unsupported: 1, Untried: "3 cases drawn of 60"},
			{Rule: "step", Requests: 2, Answered: 2, Violations: found},
			{Rule: "trace", Skipped: "no trace"}, {Rule: "batch", Skipped: "no <batch>"}, {Rule: "run", Skipped: "no trace"},
		},
	}
}

func broken() *wire.BrokenError {
	return &wire.BrokenError{
		Break: wire.Torn, Reason: "half a line", Sent: "a```b", Came: "c", Exit: "exit 1", Stderr: "oh",
	}
}

// verdicts are one of each conclusion, and of some two.
func verdicts() map[string]*Verdict {
	undecided := report()
	undecided.Moved = 0
	replayed := New("cmd", undecided, nil, nil)
	replayed.Replayed = true
	stopped := New("cmd", report(wrongStep), broken(), nil)
	stopped.Stopped = true
	return map[string]*Verdict{
		"passed":    New("cmd", report(), nil, nil),
		"known":     New("cmd", report(wrongStep), nil, []string{"(5d) the step"}),
		"failed":    New("cmd", report(wrongStep, panicked), nil, []string{"(5d) the step"}),
		"two":       New("cmd", report(wrongStep, panicked), nil, nil),
		"missing":   New("cmd", report(), nil, []string{"(5b) eps", "(5a) f"}),
		"lacks one": New("cmd", report(), nil, []string{"(5b) eps"}),
		"undecided": New("cmd", undecided, nil, nil),
		"replayed":  replayed,
		"broken":    New("cmd", report(wrongStep), broken(), []string{"(5b) eps"}),
		"stopped":   stopped,
	}
}

func TestConclusions(t *testing.T) {
	for name, c := range map[string]struct {
		conclusion Conclusion
		headline   string
	}{
		"passed":    {Passed, "PASSED: mine 1.2 (float32): no fault found"},
		"known":     {Passed, "PASSED: mine 1.2 (float32): no fault found but for 1 known fault"},
		"failed":    {Failed, "FAILED: mine 1.2 (float32): 1 fault, 1 known fault"},
		"two":       {Failed, "FAILED: mine 1.2 (float32): 2 faults"},
		"missing":   {Failed, "FAILED: mine 1.2 (float32): 2 known faults that did not show"},
		"lacks one": {Failed, "FAILED: mine 1.2 (float32): 1 known fault that did not show"},
		"undecided": {Invalid, "INVALID: mine 1.2 (float32): nothing is decided: no weight moved"},
		"replayed":  {Passed, "PASSED: mine 1.2 (float32): no fault found"},
		"broken":    {Broken, "BROKEN: mine 1.2 (float32): the engine broke the protocol (torn line): half a line"},
		"stopped":   {Stopped, "STOPPED: mine 1.2 (float32): stopped by a signal"},
	} {
		v := verdicts()[name]
		if v.Conclusion() != c.conclusion || v.Headline() != c.headline {
			t.Errorf("%s: %s, %q, want %s, %q", name, v.Conclusion(), v.Headline(), c.conclusion, c.headline)
		}
	}
	r := report()
	r.Stopped = true // by its end nobody knows what would have shown
	if v := New("cmd", r, nil, []string{"(5b) eps"}); v.Missing != nil {
		t.Errorf("a stopped run lacks %v", v.Missing)
	}
}

// TestEngine: an engine that says nothing of itself is the command, and computes in float64.
func TestEngine(t *testing.T) {
	mixed := conform.Precision{Storage: "float16", Compute: "tf32", Accumulate: "float32"}
	for want, e := range map[string]conform.Info{
		"cmd":                      {},
		"a (float64)":              {Name: "a"},
		"a 1 (float16)":            {Name: "a", Version: "1", Precision: "float16"},
		"a (float16/tf32/float32)": {Name: "a", Mixed: mixed},
	} {
		r := report()
		r.Engine = e
		if got := New("cmd", r, nil, nil).engine(); got != want {
			t.Errorf("%+v is %q, want %q", e, got, want)
		}
	}
}

func TestID(t *testing.T) {
	for want, v := range map[string]*conform.Violation{
		"(5d) the step": wrongStep,
		"what":          {Part: "what", Detail: "not this"},
		"panic: Step: panicked:\uFFFDno luck": {Kind: conform.Panic,
			Detail: "Step:  panicked:\nno luck; smallest case: tanh"},
		"wrong: goroutines": {Kind: conform.Wrong, Quantity: "goroutines", Detail: "40 are left"},
	} {
		if got := ID(v); got != want {
			t.Errorf("%+v is %q, want %q", v, got, want)
		}
	}
}

func TestParseKnown(t *testing.T) {
	many := func(n int) string {
		var b strings.Builder
		for k := range n {
			fmt.Fprintf(&b, "fault %d\n", k)
		}
		return b.String()
	}
	got, err := ParseKnown("# ours\n\n (5d)  the\tstep \r\nhang: Step")
	if diff := cmp.Diff([]string{"(5d) the step", "hang: Step"}, got); diff != "" || err != nil {
		t.Errorf("error %v, (-want +got)\n%s", err, diff)
	}
	if got, err = ParseKnown(many(maxKnown)); len(got) != maxKnown || err != nil {
		t.Errorf("%d faults, error %v", len(got), err)
	}
	for text, want := range map[string]string{
		"a\n#\na \n":         `line 3: "a" is listed twice`,
		many(maxKnown + 1):   "line 1001: more than 1000 faults",
		"\ufeffa\n":          `line 1, byte 1: '\ufeff', want text in UTF-8`,
		"a\nb\x00":           `line 2, byte 2: '\x00', want text in UTF-8`,
		"a\n\nb\xff":         `line 3, byte 2: '\ufffd', want text in UTF-8`,
		"b\n\nc\nb\nb\nb\nb": `line 4: "b" is listed twice`,
		"b\nsometimes:  b\n": `line 2: "sometimes: b" is listed twice`,
		"sometimes: b\nb\n":  `line 2: "b" is listed twice`,
		"b\nsometimes:\n":    `line 2: no name behind "sometimes:"`,
	} {
		if _, err := ParseKnown(text); err == nil || err.Error() != want {
			t.Errorf("%.20q: error %v, want %s", text, err, want)
		}
	}
}

// TestKnownOfSeveral: a fault of several operators is known by its own name, and by those of
// its operators when all are listed; what only some seeds show need not show.
func TestKnownOfSeveral(t *testing.T) {
	several := *wrongStep
	several.Equation, several.Part = "(5a)", "f of 3 operators (a, b, c)"
	several.Operators = []string{"a", "b", "c"}
	whole := "(5a) f of 3 operators (a, b, c)"
	for _, c := range []struct {
		known   []string
		is      bool
		missing []string
	}{
		{nil, false, nil},
		{[]string{whole}, true, nil},
		{[]string{"(5a) f of a", "(5a) f of b", "(5a) f of c"}, true, nil},
		{[]string{"(5a) f of a", "(5a) f of c"}, false, nil},
		{[]string{"(5a) f of a", "sometimes: (5a) f of b", "(5a) f of c"}, true, nil},
		{[]string{"sometimes: " + whole}, true, nil},
		{[]string{whole, "(5a) f of d"}, true, []string{"(5a) f of d"}},
		{[]string{whole, "sometimes: (5a) f of d"}, true, nil},
		{[]string{"(5b) f of a", "(5a) f of b", "(5a) f of c"}, false, []string{"(5b) f of a"}},
	} {
		v := New("cmd", report(&several), nil, c.known)
		if v.Findings[0].Known != c.is || !slices.Equal(v.Missing, c.missing) {
			t.Errorf("%q: known %v, missing %q; want %v, %q", c.known, v.Findings[0].Known, v.Missing, c.is, c.missing)
		}
		if b := (&Baseline{Known: c.known}); b.isKnown(&several) != c.is {
			t.Errorf("%q: known of the old build: %v", c.known, !c.is)
		}
	}
	if v := New("cmd", report(), nil, []string{"sometimes: (5d) the step"}); v.Conclusion() != Passed {
		t.Errorf("%s, want passed", v.Conclusion())
	}
}

func TestViolations(t *testing.T) {
	plain, other := errors.New("no engine"), errors.New("no luck")
	for _, c := range []struct {
		err    error
		faults []*conform.Violation
		other  []error
	}{
		{nil, nil, nil},
		{wrongStep, []*conform.Violation{wrongStep}, nil},
		{plain, nil, []error{plain}},
		{errors.Join(wrongStep, plain, errors.Join(panicked, other)), []*conform.Violation{wrongStep, panicked},
			[]error{plain, other}},
	} {
		got, rest := Violations(c.err)
		if diff := cmp.Diff(c.faults, got); diff != "" || (rest != nil) != (c.other != nil) {
			t.Errorf("%v: (-want +got)\n%s\nand %v", c.err, diff, rest)
		}
		for _, e := range c.other {
			if !errors.Is(rest, e) {
				t.Errorf("%v: %v lacks %v", c.err, rest, e)
			}
		}
	}
}

package conform

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const smallestFile = "testdata/smallest.md"

// alsoShown are faults of other parts; what the gate says of them is on record, too.
var alsoShown = []string{
	"panics now and then",
	"one number too many in u",
	"changes its arguments",
	"loss is NaN",
	"delta of the neighbour",
	"delta_N leaks into V_N",
	"fast path without perturbations forgets biases",
	"halfsq ignores what comes back",
	"softmaxce ignores what comes back",
	"bilinear ignores what comes back",
	"logistic ignores what comes back",
	"sigmoid as the last operator lacks its derivative",
	"label of a first softmaxce is 0",
	"softplus as the last operator lacks its derivative",
	"square as the last operator halved",
	"square derivative without 2",
	"softmax label off by one",
	"sigmoid for tanh",
	"bilinear Jacobian without x",
	"halfsq without the half",
	"fixed is its transpose",
	"a quotient by the weight",
	"a quotient by the input",
	"logistic is x from 30 on",
	"derivative of softplus is 1 from 20 on",
	"sigmoid clamped at 30",
	"hard sigmoid derivative beyond 8",
	"matrix of fixed through float32",
	"states through float32",
	"label 0 taken for none",
	"gradients not cleared between batches",
	"the losses are those after the step",
	"trace with a short row",
	"trace with a short gradient",
	"trace with another input",
	"trace of exact gradients",
	"trace with V_N = 2",
	"trace transposes two states",
}

// everyShown is which of alsoShown are looked at without -full: one in so many.
const everyShown = 3

// TestFindings: of each kind of fault the report names the part that is wrong, with the
// smallest case, and that case shows it again on another engine. The smallest cases are those
// on record: they change on purpose alone. -full has those of all of alsoShown.
func TestFindings(t *testing.T) {
	smallest := "# Smallest cases\n\nWhat the gate says of some planted faults.\n"
	for _, c := range []struct {
		fault, equation, part string
		chain                 int // operators of the smallest case
		lines                 int // requests that it takes; 0 for the address of a case
	}{
		{"tanh derivative at the input", "(5b)", "J1 of tanh", 2, 1},
		{"transposed Jacobian", "(5b)", "J1 of linear", 4, 1},
		{"no bias gradient", "(5c)", "J2 of affine", 2, 1},
		{"sign wrong in operator 3 only", "(5c)", "J2 of", 3, 1},
		{"bilinear without the square of x", "(5a)", "f of bilinear", 2, 1},
		{"3 % too much", "(5c)", "J2 of ", 2, 1},
		{"no delta at all", "(5a)", "delta", 2, 1},
		{"no eps", "(5b)", "eps", 2, 1},
		{"exact states in the backward pass", "(5b), (5c)", "the states on the way back", 2, 1},
		{"derivative from the perturbed output", "(5b)", "J1 with delta of tanh", 2, 1},
		{"half the regularizer", "(5d)", "the step with its regularizer", 2, 1},
		{"gamma squared", "(5d)", "the step", 2, 1},
		{"input through float32", "(5a)", "the input x", 2, 1},
		{"softplus overflows", "(5a)", "f of softplus", 2, 1},
		{"softmax of more than 32 classes loses one", "(5b)", "J1 of softmaxce", 2, 1},
		{"NaN in u becomes 0", "(5)", "what is not finite", 2, 1},
		{"perturbations baked in", "(5)", "what is kept of earlier requests", 2, 2},
		{"graph keyed without the label", "(5)", "what is kept of earlier requests", 2, 2},
		{"stale v", "(5)", "what is kept of earlier requests", 2, 2},
		{"rare races", "(5)", "what is kept of earlier requests", 2, 7},
		{"tanh' 4 u too large but at 0", "(5b)", "", 0, 0},
		{"leaves a goroutine behind a request", "", "", 0, 0},
		{"refuses more than 12 operators", "", "", 13, 1},
		{"divided by accumulate", "(5), means over samples", "the mean over samples", 2, 1},
		{"momentum leaks", "(5), step after step", "what a run carries", 2, 1},
		{"trace of wrong inner states", "(5a)", "f (in a trace) of", 2, 1},
		{"the same run again has other bits", "(5)", "what is kept of earlier requests", 2, 2},
	} {
		b := planted(t, c.fault)
		usual := b.hurry()
		r := Run(b.factory, b.options(Options{Rules: []string{b.rule}, Cases: 5}))
		if len(r.Findings) == 0 {
			t.Errorf("%s: nothing found", c.fault)
			usual()
			continue
		}
		v := r.Findings[0]
		again := Replay(b.factory, v.Request, b.options(Options{}))
		usual()
		if v.Equation != c.equation || !strings.HasPrefix(v.Part, c.part) {
			t.Errorf("%s: %s in %s, want %s in %s", c.fault, v.Part, v.Equation, c.part, c.equation)
		}
		requests := strings.Split(v.Request, "\n")
		if c.lines > 0 {
			smallest += fmt.Sprintf("\n## %s\n\n%s %s: %s\n\n    %s\n", c.fault, v.Equation, v.Part, v.Detail,
				strings.Join(requests, "\n    "))
		}
		address := strings.HasPrefix(v.Request, `{"rule":`)
		if address != (c.lines == 0) || !address && len(requests) != c.lines {
			t.Errorf("%s: shown by %.200s, want %d requests", c.fault, v.Request, c.lines)
		}
		if c.lines > 0 {
			if n := strings.Count(requests[len(requests)-1], `"op":`); n != c.chain {
				t.Errorf("%s: the smallest case has %d operators, want %d: %s", c.fault, n, c.chain, v.Request)
			}
		}
		if w := (*Violation)(nil); !errors.As(again, &w) || w.Kind != v.Kind {
			t.Errorf("%s: replayed with the error %v, want the fault again", c.fault, again)
		}
		if err := Replay(newReference, v.Request, nil); err != nil && !strings.Contains(b.name, "float") {
			t.Errorf("%s: the reference fails the replay: %v", c.fault, err)
		}
	}
	for k, name := range alsoShown {
		if !*full && !*update && k%everyShown > 0 {
			continue
		}
		b := planted(t, name)
		smallest += fmt.Sprintf("\n## %s\n", name)
		for _, v := range Run(b.factory, b.options(Options{Rules: []string{b.rule}, Cases: 5})).Findings {
			smallest += fmt.Sprintf("\n%s %s: %s\n\n    %s\n", v.Equation, v.Part, v.Detail,
				strings.ReplaceAll(v.Request, "\n", "\n    "))
		}
	}
	if *full || *update {
		recordedAs(t, smallestFile, smallest)
		return
	}
	want, err := os.ReadFile(smallestFile)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOARCH == "amd64" {
		lacks(t, smallestFile, smallest, string(want))
	}
}

// recordedAs compares what a test got with a file, line by line; with -update it writes
// the file. Digits differ on other architectures.
func recordedAs(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) || runtime.GOARCH != "amd64" {
		return
	}
	lacks(t, file, got, string(want))
	t.Errorf("%s is not what the test gets; run with -update and look at what changed", file)
}

// lacks fails t for each line that a file does not have.
func lacks(t *testing.T, file, got, want string) {
	t.Helper()
	old := strings.Split(want, "\n")
	for _, line := range strings.Split(got, "\n") {
		if !slices.Contains(old, line) {
			t.Errorf("%s has no %s", file, line)
		}
	}
}

// TestAllReplay: what any planted fault's report carries shows it again.
func TestAllReplay(t *testing.T) {
	if !*full {
		t.Skip("with -full")
	}
	for _, b := range broken {
		r := Run(b.factory, b.options(Options{Rules: []string{b.rule}, Cases: 10}))
		for _, v := range r.Findings {
			if err := Replay(b.factory, v.Request, b.options(Options{})); err == nil {
				t.Errorf("%s: the replay passes: %v", b.name, v)
			}
		}
	}
}

func TestReplay(t *testing.T) {
	planting := func(name string) Factory { return planted(t, name).factory }
	for name, want := range map[string]string{
		"loss without delta_N": "loss: got 21.125, want 21.375",
		"eps subtracted":       "operator 1 (scale(1)): U[0]: got 11, want 15",
		"regularizer dropped":  "operator 1 (scale(1)): W[0]: got -4.5, want -6",
		"no reply":             "Step returned no reply",
	} {
		if err := Replay(planting(name), request, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", name, err, want)
		}
	}
	two := request + "\n" + request
	if err := Replay(planting("repeats itself from a cache of another rounding"), two, nil); err == nil {
		t.Error("the same request twice with other bits passes")
	}
	for _, c := range []struct{ text, want string }{
		{strings.Replace(request, `"x":[2]`, `"x":[1e200]`, 1), "out of the precision's range"},
		{request + "\n{}", "request 2: core: chain of 0 operators"},
		{`{"rule":"luck","index":0,"seed":1,"cases":1}`, `unknown rule "luck"`},
		{`{"rule":"widths","case":"no such","index":-1,"seed":1,"cases":1}`, `has no case "no such"`},
		{`{"rule":"widths","index":-1,"seed":1,"cases":-1}`, "-1 cases, want 0..1048576"},
		{`{"rule":"widths","luck":1}`, "luck"},
		{strings.Repeat(" ", MaxRequest+1), "more than 67108864 bytes"},
	} {
		if err := Replay(newReference, c.text, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: error %v, want one with %q", c.text, err, c.want)
		}
	}
	stepOnly := func() (Engine, error) { return stepOnly{newLab(float64s)}, nil }
	if err := Replay(stepOnly, strings.Replace(request, "{", `{"type":"trace",`, 1), nil); err == nil ||
		!strings.Contains(err.Error(), "the engine has no trace") {
		t.Errorf("a trace of an engine without: error %v", err)
	}
	for _, text := range []string{
		request, two, strings.Replace(request, "{", `{"type":"trace",`, 1),
		`{"rule":"mean","case":"tanh","index":-1,"seed":1,"cases":1}`,
		`{"rule":"operators","index":3,"seed":9,"cases":1}`,
		`{"rule":"manners","index":-1,"seed":1,"cases":1}`,
	} {
		if err := Replay(newReference, text, nil); err != nil {
			t.Errorf("%.60s: %v", text, err)
		}
	}
}

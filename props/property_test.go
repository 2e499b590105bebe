package props_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// fatal stands in for a test that Property would stop.
type fatal struct{ failed, skipped string }

func (f *fatal) Fatalf(format string, args ...any) { f.failed = fmt.Sprintf(format, args...) }
func (f *fatal) Skipf(format string, args ...any)  { f.skipped = fmt.Sprintf(format, args...) }

// saved is the last line of what Property prints, for the first of 100 cases that
// violates the claim.
func saved(t *testing.T, c claim.Claim) string {
	t.Helper()
	for index := range uint64(100) {
		f := &fatal{}
		props.Property(f, []claim.Claim{c}, search.Draw(c.Kind, gen.Random(1, index)))
		if f.failed != "" {
			if want := c.Name() + ": refuted, ratio "; !strings.HasPrefix(f.failed, want) ||
				!strings.Contains(f.failed, c.Statement) {
				t.Errorf("%s, want it to begin with %s and to have the statement", f.failed, want)
			}
			return f.failed[strings.LastIndex(f.failed, "\n")+1:]
		}
	}
	t.Fatalf("100 cases did not violate %s", c.Name())
	return ""
}

// TestPropertyFails: a claim that is false fails with a case that replays.
func TestPropertyFails(t *testing.T) {
	for _, name := range []string{"eq14b/printed", "eq6b/printed", "lemma2/printed/literal"} {
		c := only(t, name)
		r, err := props.Replay([]byte(saved(t, c)), &c)
		if err != nil || r.Reason != claim.Valid || r.Answer != claim.No {
			t.Errorf("%s: the printed case does not replay: %+v, error %v", name, r, err)
		}
	}
}

// TestPropertySays: the ratios are those of the claims, -1 where a case says nothing, and
// claims of two kinds are misuse.
func TestPropertySays(t *testing.T) {
	claims := []claim.Claim{only(t, "lemma1/printed"), only(t, "thm1/printed")}
	c := search.Draw(claim.Step, gen.Bytes(nil)) // the simplest case
	for k := range c.Delta {
		c.Delta[k].Law, c.Eps[k].Law = "zero", "zero"
	}
	ratios := props.Property(t, claims, c)
	if !(ratios[0] > 0) || ratios[1] != -1 {
		t.Errorf("ratios %v of a pass without perturbations, want some for Lemma 1 and none for Theorem 1", ratios)
	}
	defer func() {
		if text, _ := recover().(string); !strings.Contains(text, "not of one kind") {
			t.Errorf("claims of two kinds: panic %q", text)
		}
	}()
	props.Property(t, []claim.Claim{claims[0], only(t, "thm3/printed")}, c)
}

// TestReplayRefuses: what is not a saved case of the claim is an error.
func TestReplayRefuses(t *testing.T) {
	c := only(t, "eq14b/printed")
	good := saved(t, c)
	for name, m := range map[string]struct{ in, want string }{
		"empty":         {"", "saved case: "},
		"cut off":       {good[:len(good)/2], "saved case: "},
		"unknown field": {`{"version":1,"colour":3}`, "colour"},
		"version":       {strings.Replace(good, `"version":1`, `"version":2`, 1), "version 2"},
		"no case":       {`{"version":1,"claim":"eq14b","form":"printed"}`, "no case"},
		"another claim": {strings.Replace(good, `"eq14b"`, `"thm1"`, 1),
			"saved for thm1/printed, not for eq14b/printed"},
		"trailing":   {good + "{}", "saved case: "},
		"x too long": {strings.Replace(good, `"x":[`, `"x":[9,`, 1), "x has length"},
	} {
		if r, err := props.Replay([]byte(m.in), &c); err == nil || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%s: %+v, error %v, want one that says %q", name, r, err, m.want)
		}
	}
	run := only(t, "thm3/printed")
	s := strings.Replace(good, `"eq14b"`, `"thm3"`, 1)
	if _, err := props.Replay([]byte(s), &run); err == nil || !strings.Contains(err.Error(), "no run") {
		t.Errorf("a pass for a claim about runs: error %v", err)
	}
}

// TestSearchPanics: a claim that is not complete, and options out of range.
func TestSearchPanics(t *testing.T) {
	for want, f := range map[string]func(){
		"mine has no form":     func() { props.Search([]claim.Claim{{ID: "mine"}}, props.Options{Seed: 1}) },
		"shard 2 of 2":         func() { props.Search(nil, props.Options{Shard: 2, Shards: 2}) },
		"-1 cases":             func() { props.Search(nil, props.Options{Cases: -1}) },
		"climbs of -1":         func() { props.Search(nil, props.Options{Climb: -1}) },
		"0 cases, climbs of 0": func() { props.Search(nil, props.Options{Shard: -1}) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "search: ") ||
					!strings.Contains(text, want) {
					t.Errorf("panic %q, want %q in it", text, want)
				}
			}()
			f()
		}()
	}
}

// TestFuzz: bytes are a case of the claims' kind; what says nothing is skipped, and so is
// what is too long.
func TestFuzz(t *testing.T) {
	thm1 := []claim.Claim{only(t, "thm1/printed")}
	src := gen.Random(9, 9)
	reached, skipped := 0, 0
	for range 200 {
		data := make([]byte, 120)
		for k := range data {
			data[k] = byte(src.Int(0, 255))
		}
		f := &fatal{}
		rung := props.Fuzz(f, thm1, data)
		switch {
		case f.failed != "":
			t.Errorf("Theorem 1: %s", f.failed)
		case f.skipped != "":
			if skipped++; rung >= 0 {
				t.Errorf("rung %d of an input that says nothing", rung)
			}
		case rung < 0 || rung > props.MaxRung:
			t.Errorf("rung %d", rung)
		default:
			reached = max(reached, rung+1)
			if of, depth := props.Rungs(thm1, data); of[thm1[0].Name()] != rung || len(of) != 1 || depth < 1 {
				t.Errorf("rung %d, of the claim %v", rung, of)
			}
		}
	}
	if reached < 2 || skipped > 100 {
		t.Errorf("%d rungs were reached, %d of 200 inputs say nothing", reached, skipped)
	}
	f := &fatal{}
	if props.Fuzz(f, thm1, make([]byte, props.MaxFuzzInput+1)); !strings.Contains(f.skipped, "input of 4097 bytes") {
		t.Errorf("a long input: skipped %q", f.skipped)
	}
	if of, depth := props.Rungs(thm1, make([]byte, props.MaxFuzzInput+1)); len(of) > 0 || depth > 0 {
		t.Errorf("rungs of a long input: %v", of)
	}
	if line, _, err := props.Small(&props.Finding{Claim: &thm1[0]}); err == nil || line != "" {
		t.Errorf("a small case of what nothing violates: %q, %v", line, err)
	}
	f = &fatal{}
	if props.Fuzz(f, thm1, make([]byte, props.MaxFuzzInput)); strings.Contains(f.skipped, "input of") {
		t.Errorf("an input of %d bytes: skipped %q", props.MaxFuzzInput, f.skipped)
	}
	broken := thm1[0]
	broken.ID = "broken"
	right := broken.Right
	broken.Right = func(v *claim.View, i int) float64 { return 1e-12 * right(v, i) }
	f = &fatal{}
	for k := 0; f.failed == "" && k < 100; k++ {
		data := make([]byte, 120)
		for j := range data {
			data[j] = byte(src.Int(0, 255))
		}
		props.Fuzz(f, []claim.Claim{broken}, data)
	}
	if f.failed == "" {
		t.Error("100 inputs do not break Theorem 1 with a right side 10^12 times too small")
	}
}

// TestSavedIsJSON: the line that Property prints is one JSON value with the fields of a
// saved case.
func TestSavedIsJSON(t *testing.T) {
	var s struct {
		Version              int
		Claim, Form, Reading string
		Ratio                claim.Number
		Source               string
		Case                 map[string]any
	}
	if err := json.Unmarshal([]byte(saved(t, only(t, "eq14b/printed"))), &s); err != nil {
		t.Fatal(err)
	}
	if s.Version != 1 || s.Claim != "eq14b" || s.Form != "printed" || !(s.Ratio > 1) || s.Case["chain"] == nil ||
		math.IsNaN(float64(s.Ratio)) {
		t.Errorf("%+v", s)
	}
}

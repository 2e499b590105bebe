package conform

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestUsual: what a rule is expected to ask is what it does on record, with few exceptions.
func TestUsual(t *testing.T) {
	data, err := os.ReadFile(askedFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range RuleNames() {
		_, row, ok := strings.Cut(string(data), "| "+name+" | float64 | ")
		if !ok {
			t.Fatalf("no row of %s", name)
		}
		want, err := strconv.Atoi(cellsOf(row)[1])
		if name == "unbiased" {
			want = 0
		}
		if n, ok := usualRequests[name]; !ok || n != want || err != nil {
			t.Errorf("rule %s is expected to ask %d requests, on record are %d (error %v)", name, n, want, err)
		}
	}
	if len(usualRequests) != len(rules) {
		t.Errorf("%d rules are expected to ask something, there are %d", len(usualRequests), len(rules))
	}
}

// TestProgress: every rule is told of before it asks, every request is, and what is expected
// in the end comes close to what was asked. The search for smallest cases counts no requests.
func TestProgress(t *testing.T) {
	var told []Progress
	names := []string{"operators", "step", "trace"}
	r := Run(planted(t, "half the regularizer").factory, &Options{
		Rules: names, Cases: 20, Progress: func(p Progress) { told = append(told, p) },
	})
	if len(r.Findings) != 1 {
		t.Errorf("%d findings, want 1", len(r.Findings))
	}
	first, last := told[0], told[len(told)-1]
	if want := (Progress{"operators", 0, 3, 0, 298 + 20 + 315 + 20 + 226 + 20}); first != want {
		t.Errorf("told %+v at first, want %+v", first, want)
	}
	if want := (Progress{"smallest cases", 3, 3, r.Requests, r.Requests}); last != want {
		t.Errorf("told %+v at last, want %+v", last, want)
	}
	var begun []string
	for k, p := range told {
		if p.Expected < p.Requests || k > 0 && (p.Requests < told[k-1].Requests || p.Done < told[k-1].Done) {
			t.Fatalf("%+v after %+v", p, told[max(0, k-1)])
		}
		if !slices.Contains(begun, p.Doing) {
			begun = append(begun, p.Doing)
			if p.Doing != "smallest cases" && names[p.Done] != p.Doing {
				t.Errorf("%s is at work, and %d rules are done", p.Doing, p.Done)
			}
		}
	}
	if len(begun) != 4 || len(told) < r.Requests+len(names) {
		t.Errorf("told %d times of %d requests, of %v", len(told), r.Requests, begun)
	}
}

// TestExpected: what is drawn counts, as far as a rule draws it.
func TestExpected(t *testing.T) {
	g := newGate(nil, (&Options{Cases: 50}).withDefaults())
	for _, c := range []struct {
		r    rule
		want int
	}{
		{rule{name: "step"}, 315},
		{rule{name: "step", draw: stepRule.draw}, 365},
		{rule{name: "step", draw: stepRule.draw, most: 7}, 322},
		{rule{name: "step", draw: stepRule.draw, most: 70}, 365},
	} {
		if got := g.expected(&c.r); got != c.want {
			t.Errorf("%d requests are expected, want %d", got, c.want)
		}
	}
}

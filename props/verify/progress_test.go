package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// TestProgressLine: what has been done says how long its like takes, and scales the guess of
// what has not been done, as if 10 s had gone as guessed. Judging took 30 s where 10 were
// guessed, and does not count for batches; the first step took 12 s.
func TestProgressLine(t *testing.T) {
	p := &progress{guess: map[string]time.Duration{
		"claims that judge themselves": 10 * time.Second, "long runs": 2 * time.Second,
		"claims of kind step": 2 * time.Second, "claims of kind nodes": 0, "claims of kind training": time.Second,
	}}
	p.units = unitNames(search.UnitsOf(props.Claims(), 2*search.Batch), &search.Options{})
	for _, c := range []struct {
		begins string
		done   int
		at     time.Duration // when it begins
		then   time.Duration // when it is asked
		want   string
	}{
		{"claims that judge themselves", 0, 0, 0, "claims that judge themselves, about 18s left"},
		{"", 0, 0, 4 * time.Second, "claims that judge themselves; 4s, about 14s left"},
		{"", 0, 0, 12 * time.Second, "claims that judge themselves; 12s, about 9s left"},
		{"long runs", 1, 30 * time.Second, 30 * time.Second, "long runs; 30s, about 16s left"},
		{"claims of kind step", 2, 36 * time.Second, 40 * time.Second, "claims of kind step; 40s, about 9s left"},
		{"claims of kind nodes", 3, 48 * time.Second, 48 * time.Second, "claims of kind nodes; 48s, about 17s left"},
		{"claims of kind linear", 4, 48 * time.Second, 48 * time.Second, "claims of kind linear; 48s, about 17s left"},
		{"claims of kind training", 5, 48 * time.Second, 48 * time.Second,
			"claims of kind training; 48s, about 17s left"},
		{"claims of kind step", 6, 58 * time.Second, 58 * time.Second, "claims of kind step; 58s, about 22s left"},
		{"claims of kind nodes", 7, 70 * time.Second, 70 * time.Second, "claims of kind nodes; 1m10s, about 10s left"},
		{"claims of kind linear", 8, 70 * time.Second, 70 * time.Second,
			"claims of kind linear; 1m10s, about 10s left"},
		{"claims of kind training", 9, 70 * time.Second, 90 * time.Second, "claims of kind training; 1m30s"},
		{"something else", 10, 81 * time.Second, 81 * time.Second, "something else; 1m21s"},
	} {
		if c.begins != "" {
			p.begin(c.done, 10, c.begins, c.at)
		}
		want := fmt.Sprintf("verify: %d of 10 units, %s", p.done, c.want)
		if got := p.line(c.then); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestGuesses: every unit of a whole search has a guess, one of claims of a kind no other.
func TestGuesses(t *testing.T) {
	names := slices.Concat(unitsBefore, unitsOfBatch, []string{search.FarUnit}, unitsAfter)
	whole := guesses(props.Claims(), 1000, true)
	for _, unit := range names {
		if !(whole[unit] > 0) {
			t.Errorf("no guess for %q", unit)
		}
	}
	if len(whole) != len(names) {
		t.Errorf("guesses for %v", whole)
	}
	quick := guesses(props.Claims(), 0, false)
	if step := unitsOfBatch[0]; !(quick[step] < whole[step]) || quick[unitRuns] != 0 {
		t.Errorf("without climbs and runs: %v", quick)
	}
	step := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return c.Kind != claim.Step })
	if some := guesses(step, 0, false); len(some) != 2 || some[unitsOfBatch[0]] == 0 {
		t.Errorf("claims of kind step alone: %v", some)
	}
	// The names are those of a search.
	seen := map[string]bool{}
	for _, unit := range unitNames(search.UnitsOf(props.Claims(), 4*search.Batch), &search.Options{}) {
		seen[unit] = true
	}
	for _, unit := range names[:len(names)-1] {
		if !seen[unit] {
			t.Errorf("a search names no %q, but %v", unit, seen)
		}
	}
}

// TestProgress: the first thing that is done is said at once, and nothing after the end.
func TestProgress(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b)
	p.at(0, 2, "first")
	p.at(1, 2, "second")
	p.doing("last")
	p.end()
	p.end()
	if got, want := b.String(), "verify: 0 of 2 units, first\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if p.done != 2 || p.total != 2 || p.what != "last" {
		t.Errorf("%d of %d, %s", p.done, p.total, p.what)
	}
}

// TestGateLine: a request takes as long as those before it; what comes after all rules has
// no estimate.
func TestGateLine(t *testing.T) {
	for _, c := range []struct {
		g    conform.Progress
		took time.Duration
		want string
	}{
		{conform.Progress{Rules: 19, Expected: 90, Doing: "operators"}, 0,
			"verify: 0 of 19 rules, 0 requests, operators"},
		{conform.Progress{Rules: 19, Expected: 90, Doing: "operators"}, 8 * time.Second,
			"verify: 0 of 19 rules, 0 requests, operators; 8s"},
		{conform.Progress{Done: 13, Rules: 19, Requests: 30, Expected: 90, Doing: "mean"}, 8 * time.Second,
			"verify: 13 of 19 rules, 30 requests, mean; 8s, about 16s left"},
		{conform.Progress{Done: 19, Rules: 19, Requests: 90, Expected: 90, Doing: "smallest cases"}, time.Minute,
			"verify: 19 of 19 rules, 90 requests, smallest cases; 1m0s"},
	} {
		p := &progress{what: c.g.Doing, gate: c.g}
		if got := p.line(c.took); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestGating: the first rule is said at once, before its engine is there.
func TestGating(t *testing.T) {
	var b strings.Builder
	p := newProgress(together(&b))
	p.gating(conform.Progress{Doing: "operators", Rules: 19, Expected: 90})
	p.gating(conform.Progress{Doing: "operators", Rules: 19, Requests: 1, Expected: 90})
	p.end()
	if got, want := b.String(), "verify: 0 of 19 rules, 0 requests, operators\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if p.gate.Requests != 1 {
		t.Errorf("progress is at %+v", p.gate)
	}
}

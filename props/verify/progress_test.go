package main

import (
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/conform"
)

func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		p    *progress
		took time.Duration
		want string
	}{
		{&progress{total: 4, what: "long runs"}, 0, "verify: 0 of 4 batches, long runs"},
		{&progress{total: 4, what: "long runs"}, 8 * time.Second, "verify: 0 of 4 batches, long runs; 8s"},
		{&progress{total: 4, within: 1, what: "x"}, 8 * time.Second, "verify: 0 of 4 batches, x; 8s, about 3m4s left"},
		{&progress{total: 4, within: 99, what: "x"}, 8 * time.Second, "verify: 0 of 4 batches, x; 8s, about 30s left"},
		{&progress{total: 4, done: 3, what: "x"}, 30 * time.Second, "verify: 3 of 4 batches, x; 30s, about 10s left"},
		{&progress{total: 4, done: 4, what: "certificates"}, 30 * time.Second,
			"verify: 4 of 4 batches, certificates; 30s"},
		{&progress{what: "operators", gate: conform.Progress{Rules: 19, Expected: 90}}, 0,
			"verify: 0 of 19 rules, 0 requests, operators"},
		{&progress{what: "operators", gate: conform.Progress{Rules: 19, Expected: 90}}, 8 * time.Second,
			"verify: 0 of 19 rules, 0 requests, operators; 8s"},
		{&progress{what: "mean", gate: conform.Progress{Done: 13, Rules: 19, Requests: 30, Expected: 90}}, 8 * time.Second,
			"verify: 13 of 19 rules, 30 requests, mean; 8s, about 16s left"},
		{&progress{what: "smallest cases", gate: conform.Progress{Done: 19, Rules: 19, Requests: 90, Expected: 90}},
			time.Minute, "verify: 19 of 19 rules, 90 requests, smallest cases; 1m0s"},
	} {
		if got := c.p.line(c.took); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
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
	if got, want := b.String(), "verify: 0 of 2 batches, first\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if p.done != 2 || p.total != 2 || p.what != "last" {
		t.Errorf("%d of %d, %s", p.done, p.total, p.what)
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

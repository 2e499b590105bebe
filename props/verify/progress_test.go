package main

import (
	"strings"
	"testing"
	"time"
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

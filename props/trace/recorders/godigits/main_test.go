package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/trace"
)

// TestCauses has the cause that is planted in the Go engine named, in each format, and nothing where there is none.
func TestCauses(t *testing.T) {
	for _, format := range []string{"float32", "bf16", "e4m3"} {
		for _, c := range []struct {
			cause, more string
			verdict     trace.Verdict
			site        trace.Site
			step        int
		}{
			{cause: "none", verdict: trace.NoCause},
			{"topk", "", trace.Faulty, trace.Site{Kind: "delta", I: 4, Op: 4}, 0},
			{"topk", "-declare", trace.NoCause, trace.Site{}, 0},
			{"flip", "", trace.Faulty, trace.Site{Kind: "eps", I: 7, Op: 7}, 24},
		} {
			t.Run(format+"-"+c.cause+c.more, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "run")
				args := strings.Fields("-steps 30 -at 24 " + c.more + " " + format + " " + c.cause + " " + dir)
				if err := run(args, io.Discard); err != nil {
					t.Fatal(err)
				}
				j, err := trace.Judge(context.Background(), dir)
				if err != nil || j.Verdict != c.verdict || j.Steps != 30 {
					t.Fatalf("%v: %s", err, j.Says)
				}
				if c.verdict != trace.Faulty {
					return
				}
				if f := j.Faults[0]; f.Site != c.site || f.Step != c.step {
					t.Errorf("%s, want %v at step %d", f.Says, c.site, c.step)
				}
				if len(j.Suspects) == 0 || j.Suspects[0].Site != c.site {
					t.Errorf("suspects %+v, want %v first", j.Suspects, c.site)
				}
				// In e4m3 rounding does as much as the flip.
				spikes := c.cause == "flip" && format != "e4m3"
				if spikes && (len(j.Spikes) != 1 || j.Spikes[0].Peak != c.step || *j.Spikes[0].Cause != c.site) {
					t.Errorf("spikes %+v, want one by %v", j.Spikes, c.site)
				}
			})
		}
	}
}

// TestMisuse has wrong arguments refused.
func TestMisuse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	for args, want := range map[string]string{
		"bf16 none":                 "2 arguments",
		"fp4 none " + dir:           `format "fp4"`,
		"bf16 gremlin " + dir:       `cause "gremlin"`,
		"-steps 0 bf16 none " + dir: "-steps is 0",
		"bf16 none .":               "trace:",
	} {
		if err := run(strings.Fields(args), io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props/report"
)

// TestMerge: each shard of a search ends well, though the fourth has no unit, and joined
// they are the search, to the last byte; so they are with what merge says is missing.
func TestMerge(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	search := func(name string, args ...string) string {
		path := filepath.Join(dir, name)
		args = append(args, "-claims", "thm1,eq14b,eq48sum,a1", "-cases", "1100", "-climb", "5", "-json", path)
		if code, stdout, stderr := verify(args...); code != exitOK {
			t.Fatalf("%v: exit %d\n%s%s", args, code, stdout, stderr)
		}
		return path
	}
	asPage := filepath.Join(dir, "whole.html")
	whole := search("whole.json", "-runs=false", "-html", asPage)
	a, b, c := search("a.json", "-shard", "1/4"), search("b.json", "-shard", "2/4"), search("c.json", "-shard", "3/4")
	code, stdout, stderr := verify("merge", b, c, a, search("d.json", "-shard", "4/4"), b, "-recheck", "1", "-seed", "7")
	if code != exitOK || !strings.Contains(stderr, "verify merge: unit ") ||
		!strings.Contains(stderr, " again, claims ") ||
		!strings.Contains(stderr, "verdicts as on record") {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	_, _, said := verify("merge", a)
	_, command, ok := strings.Cut(said, "this does them: verify ")
	if !ok {
		t.Fatalf("it does not say what does the missing units: %s", said)
	}
	missing := filepath.Join(dir, "missing.json")
	if code, stdout, stderr := verify(strings.Fields(strings.Replace(command, "FILE", missing, 1))...); code != exitOK ||
		!strings.Contains(stdout, "units 2,3: nothing refuted that is on record as true") {
		t.Fatalf("%s: exit %d, %s", command, code, stderr)
	}
	if code, sum, stderr := verify("merge", missing, a); code != exitOK || sum != stdout {
		t.Errorf("with the missing units: exit %d, %s", code, stderr)
	}
	if d := cmp.Diff(string(must(os.ReadFile(whole))), stdout); d != "" {
		t.Errorf("(-whole +merged):\n%s", d)
	}
	sum := file(t, "sum.json", stdout)
	if code, again, stderr := verify("merge", sum); code != exitOK || again != stdout {
		t.Errorf("the sum alone: exit %d, %s", code, stderr)
	}
	again := filepath.Join(dir, "again.html")
	if code, _, stderr := verify("merge", "-html", again, sum); code != exitOK {
		t.Errorf("-html: exit %d, %s", code, stderr)
	}
	if d := cmp.Diff(string(must(os.ReadFile(asPage))), string(must(os.ReadFile(again)))); d != "" {
		t.Errorf("the page of the search and of its sum (-search +sum):\n%s", d)
	}
	figure := file(t, "fig3.svg", `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	if code, _, stderr := verify("merge", "-html", again, "-figures", filepath.Dir(figure), sum); code != exitOK ||
		!strings.Contains(string(must(os.ReadFile(again))), `alt="fig3"`) {
		t.Errorf("-figures: exit %d, %s", code, stderr)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-figures", dir}, "without -html"},
		{[]string{"-html", again, "-figures", dir}, "has no *.svg"},
		{[]string{"-html", again, "-figures", filepath.Join(dir, "nowhere")}, "-figures: open "},
		{[]string{"-html", again, "-figures", filepath.Dir(file(t, "bad.svg", "words"))},
			`figure "bad.svg" is not SVG`},
	} {
		code, stdout, stderr := verify(append([]string{"merge", sum}, c.args...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit %d, %s, want %q", c.args, code, stderr, c.want)
		}
	}
	if code, stdout, stderr := verify("merge", "-html", dir, sum); code != exitUsage || stdout != "" ||
		!strings.Contains(stderr, "is a directory") {
		t.Errorf("-html DIR: exit %d, %s", code, stderr)
	}
	if code := run(context.Background(), []string{"merge", sum}, &full{100}, &bytes.Buffer{}); code != exitUsage {
		t.Errorf("to a full device: exit %d", code)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if code := run(ctx, []string{"merge", "-recheck", "1", sum}, &bytes.Buffer{},
		&bytes.Buffer{}); code != exitStopped {
		t.Errorf("stopped: exit %d", code)
	}

	first := string(must(os.ReadFile(a)))
	for _, r := range []struct {
		name, want string
		files      []string
	}{
		{"one shard", "2 of 3 units are in no report; this does them: verify -units 2,3 -seed 1 ", []string{a}},
		{"a shard of another seed", "report 2: seed is 2, want 1",
			[]string{a, search("seed.json", "-shard", "2/4", "-seed", "2"), c}},
		{"a version", "v.json: report: shard is", []string{file(t, "v.json", `{"version":1}`)}},
		{"words behind", "w.json: report: line ", []string{a, b, c, file(t, "w.json", first+"words")}},
		{"an edited verdict", "banana.json: report: digest is ", []string{
			file(t, "banana.json", strings.Replace(first, `"holds",`, `"banana",`, 1)), b, c}},
	} {
		code, stdout, stderr := verify(append([]string{"merge"}, r.files...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, r.want) {
			t.Errorf("%s: exit %d, %s, want %q", r.name, code, stderr, r.want)
		}
	}

	// Sealed anew, so that only -recheck sees it.
	r, err := report.Read(strings.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	r.Units[0].Digest = strings.Repeat("0", 64)
	r.Seal()
	forged := file(t, "forged.json", string(must(r.Marshal())))
	if code, _, stderr := verify("merge", forged, b, c); code != exitOK {
		t.Errorf("a forged unit, not done again: exit %d, %s", code, stderr)
	}
	if code, stdout, stderr := verify("merge", "-recheck", "3", forged, b, c); code != exitUsage || stdout != "" ||
		!strings.Contains(stderr, "unit 1: its digest is 0000") {
		t.Errorf("a forged unit: exit %d, %s", code, stderr)
	}
}

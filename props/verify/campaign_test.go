package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/internal/campaign"
	"github.com/cascade-sgd/cascade/props/report"
)

// TestCampaign: it writes a report, a page and worst cases that replay, goes on in the same
// folder, and is no shard of a search. How much it finds is for package campaign to test.
func TestCampaign(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "night")
	args := []string{"campaign", "-claims", "eq14b,eq15", "-targets", "none", "-climb", "5", "-dir", dir}
	code, stdout, stderr := verify(append(args, "-time", "1s", "-allow-small")...)
	if code != exitOK || !strings.Contains(stdout, "rungs are gained by the units of a line") ||
		!strings.Contains(stderr, "verify campaign: 0s, 1s left; 0 units") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	path := filepath.Join(dir, "report.json")
	r, err := report.Read(bytes.NewReader(must(os.ReadFile(path))))
	if err != nil || r.Campaign == nil || len(r.Claims) != 3 {
		t.Fatalf("%+v, %v", r, err)
	}
	for k := range r.Claims {
		if row := &r.Claims[k]; row.Worst != nil {
			file := filepath.Join(dir, "worst", strings.ReplaceAll(row.Name(), "/", "-")+".json")
			if code, out, stderr := verify("replay", file); code != exitOK {
				t.Errorf("%s: exit %d, %s%s", row.Name(), code, out, stderr)
			}
		}
	}
	if page := must(os.ReadFile(filepath.Join(dir, "report.html"))); !bytes.Contains(page, []byte("eq14b")) {
		t.Error("no page")
	}
	if code, _, stderr := verify("merge", path); code != exitUsage || !strings.Contains(stderr, "it is of a campaign") {
		t.Errorf("merge: exit %d, %s", code, stderr)
	}
	if code, stdout, stderr := verify(append(args, "-time", "1ms", "-allow-small")...); code != exitOK ||
		r.Campaign.Units > 0 && !strings.Contains(stdout, "units are of calls before") {
		t.Errorf("once more: exit %d\n%s%s", code, stdout, stderr)
	}
	if code, _, stderr := verify(append(args, "-seed", "2")...); code != exitUsage ||
		!strings.Contains(stderr, "line 1: it is of another campaign") {
		t.Errorf("another seed: exit %d, %s", code, stderr)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, errs bytes.Buffer
	if code := run(ctx, append(args, "-time", "1h"), &out, &errs); code != exitStopped {
		t.Errorf("stopped: exit %d, %s", code, &errs)
	}
	for _, c := range []struct{ flag, value, want string }{
		{"-time", "0s", "-time is 0s"}, {"-slice", "1ms", "-slice 1ms"}, {"-climb", "-1", "-climb is -1"},
		{"-targets", "Horizon", `-targets has "Horizon"`}, {"-claims", "eq99", `no claim "eq99"`},
	} {
		if code, _, stderr := verify("campaign", c.flag, c.value); code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s %s: exit %d, %s", c.flag, c.value, code, stderr)
		}
	}
}

// TestView: off a terminal a line at once, and one for each event.
func TestView(t *testing.T) {
	var b strings.Builder
	v := newView(&b)
	v.say(campaign.Status{Doing: "draw step#0", Time: time.Minute, Claims: 3})
	v.say(campaign.Status{Event: "x refuted", Elapsed: time.Second, Time: time.Minute, Claims: 3, Refuted: 1})
	v.end()
	want := "verify campaign: 0s, 1m0s left; 0 units, 0 cases, 0/s; 0.0 rungs; 0 of 3 claims refuted\n" +
		"verify campaign: 1s x refuted\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// TestCorpus: it says what it would keep, and writes only where it is told to.
func TestCorpus(t *testing.T) {
	dir := t.TempDir()
	of := filepath.Join(dir, "FuzzSpike")
	if err := os.Mkdir(of, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"0123456789abcdef", "fedcba9876543210"} { // the same twice
		text := "go test fuzz v1\n[]byte(\"\\x05\\x07abcdefghijklmnopqrstuvwxyz\")\n"
		if err := os.WriteFile(filepath.Join(of, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	count := func() int {
		entries, err := os.ReadDir(of)
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	if code, stdout, stderr := verify("corpus", "-dir", dir); code != exitOK || !strings.Contains(stdout, "FuzzSpike") ||
		count() != 2 {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	if code, _, stderr := verify("corpus", "-write", "-dir", dir); code != exitOK || count() > 1 {
		t.Errorf("-write: exit %d, %d files, %s", code, count(), stderr)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-dir", dir, filepath.Join(dir, "typo")}, `typo" is no folder`},
		{[]string{"-dir", of}, "nothing to choose from"},
	} {
		if code, stdout, stderr := verify(append([]string{"corpus"}, c.args...)...); code != exitUsage ||
			stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("corpus %v: exit %d, %s%s", c.args, code, stdout, stderr)
		}
	}
	if code, _, stderr := verify("corpus", "-dir", filepath.Join(dir, "no")); code != exitUsage ||
		!strings.Contains(stderr, "is no folder") {
		t.Errorf("no folder: exit %d, %s", code, stderr)
	}
}

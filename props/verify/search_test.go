package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/report"
)

// TestEndToEnd searches one claim of each kind, writes a report, the worst cases and
// certificates, and replays each; a file that lies is not believed.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, worst := filepath.Join(dir, "report.json"), filepath.Join(dir, "worst")
	code, stdout, stderr := verify("-claims", "eq14b,eq15,lemma2,eq6b,a1", "-cases", "1100", "-climb", "5",
		"-runs=false",
		"-json", path, "-save", worst)
	if code != exitOK || !strings.Contains(stdout, "verdicts as on record") {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if !strings.HasPrefix(stderr, "verify: 0 of 7 units, claims that judge themselves, about ") {
		t.Errorf("no plain progress without a terminal: %q", stderr)
	}
	r, err := report.Read(bytes.NewReader(must(os.ReadFile(path))))
	if err != nil {
		t.Fatal(err)
	}
	for k := range r.Claims {
		row := &r.Claims[k]
		if row.ID == "a1" { // no case, and no certificate
			continue
		}
		file := strings.ReplaceAll(row.Name(), "/", "-") + ".json"
		code, stdout, stderr := verify("replay", filepath.Join(worst, file))
		if violates := strings.Contains(stdout, "violates the claim"); code != exitOK ||
			violates != (row.Verdict == claim.Refuted) {
			t.Errorf("%s: exit %d\n%s%s", file, code, stdout, stderr)
		}
	}
	for _, name := range []string{"eq14b.json", "eq6b.json", "lemma2-past.json"} {
		if code, stdout, stderr := verify("replay", filepath.Join(worst, "certificates", name)); code != exitOK ||
			!strings.Contains(stdout, "refuted") {
			t.Errorf("certificate %s: exit %d\n%s%s", name, code, stdout, stderr)
		}
	}
	lie := strings.Replace(string(must(os.ReadFile(filepath.Join(worst, "eq15-printed.json")))), `"ratio": `,
		`"ratio": 7`, 1)
	if code, stdout, _ := verify("replay", file(t, "lie.json", lie)); code != exitDiffers ||
		!strings.Contains(stdout, "but the file says") {
		t.Errorf("a file with a wrong ratio: exit %d, want %d", code, exitDiffers)
	}
}

// TestJudge: what a verdict that is not on record, a run that fails and a search that is
// too small do to the exit code.
func TestJudge(t *testing.T) {
	row := func(id string, v claim.Verdict) []report.Row {
		return []report.Row{{ID: id, Form: claim.Printed, Verdict: v, Certificate: "x"}}
	}
	small := []search.Unit{{Number: 1, Kind: "step", Batch: 0}}
	large := append(small, search.Unit{Number: 2, Kind: "step", Batch: 1})
	sel := report.Selection{Claims: "lemma1"}
	for _, c := range []struct {
		name       string
		r          report.Report
		allowSmall bool
		code       int
		want       string
	}{
		{"as on record", report.Report{Claims: row("lemma1", claim.Holds), Units: large}, false, exitOK,
			"all 1 verdicts as on record (2s)\n"},
		{"refuted", report.Report{Claims: row("lemma1", claim.Refuted), Units: large}, false, exitDiffers,
			"DIFFERS lemma1/printed: refuted, on record: holds\n1 of 1 verdicts differ from the record\n"},
		{"refuted by a small search", report.Report{Claims: row("lemma1", claim.Refuted), Units: small}, true,
			exitDiffers, "DIFFERS lemma1/printed: refuted"},
		{"missed", report.Report{Claims: row("eq14b", claim.Holds), Units: large}, false, exitDiffers,
			"DIFFERS eq14b/printed: holds, on record: refuted\n"},
		{"missed by a small search", report.Report{Claims: row("eq14b", claim.Holds), Units: small}, false, exitDiffers,
			"NOT SEARCHED ENOUGH eq14b/printed: holds, on record: refuted\nnot searched enough: 1 verdicts need a " +
				"search of 2000 cases or more\n"},
		{"missed by a search that may be small", report.Report{Claims: row("eq14b", claim.Holds), Units: small}, true,
			exitOK, "NOT SEARCHED ENOUGH eq14b"},
		{"starved in a small search", report.Report{Claims: row("lemma1", claim.Starved), Units: small}, false,
			exitDiffers, "NOT SEARCHED ENOUGH lemma1"},
		{"starved", report.Report{Claims: row("lemma1", claim.Starved), Units: large}, false, exitDiffers,
			"DIFFERS lemma1"},
		{"a run", report.Report{Claims: row("lemma1", claim.Holds), Units: large,
			Training: []training.Result{{Name: "x"}}}, true, exitDiffers, "DIFFERS run x"},
	} {
		c.r.Select, c.r.Cases = sel, enoughCases
		var out bytes.Buffer
		code, err := judge(&out, &c.r, c.allowSmall, 2*time.Second)
		if err != nil || code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: exit %d, %v: %s", c.name, code, err, &out)
		}
		if _, err := judge(&full{}, &c.r, c.allowSmall, 0); err == nil {
			t.Errorf("%s: written to a full device", c.name)
		}
	}
}

// TestJudgePart: a shard fails on a refutation that is not on record, on nothing else.
func TestJudgePart(t *testing.T) {
	for _, c := range []struct {
		id      string
		verdict claim.Verdict
		want    int
	}{
		{"lemma1", claim.Refuted, exitDiffers},
		{"cor1", claim.Refuted, exitDiffers}, // unsettled on record
		{"new", claim.Refuted, exitDiffers},
		{"lemma1", claim.Holds, exitOK},
		{"lemma1", claim.Starved, exitOK},
		{"lemma1", claim.Undecided, exitOK},
		{"eq14b", claim.Refuted, exitOK},
		{"eq14b", claim.Holds, exitOK}, // another shard refutes it
		{"eq48sum", claim.Elsewhere, exitOK},
		{"new", claim.Holds, exitOK},
	} {
		var out bytes.Buffer
		r := &report.Report{Shard: "2/3", Claims: []report.Row{{ID: c.id, Form: claim.Printed, Verdict: c.verdict}}}
		code, err := judgePart(&out, r)
		differs := strings.Contains(out.String(), "DIFFERS "+c.id+"/printed: refuted, on record: ")
		if err != nil || code != c.want || differs != (code == exitDiffers) {
			t.Errorf("%s %s: exit %d, %v: %s", c.id, c.verdict, code, err, &out)
		}
	}
}

// TestIdleShard: it ends well and says that it had nothing to do.
func TestIdleShard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "idle.json")
	code, stdout, _ := verify("-claims", "eq14b", "-cases", "1000", "-climb", "0", "-shard", "5/8", "-json", path)
	if code != exitOK || !strings.Contains(stdout, "shard 5/8 is idle: the search has no unit for it") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	if r, err := report.Read(bytes.NewReader(must(os.ReadFile(path)))); err != nil || !r.Idle {
		t.Errorf("%+v, %v", r, err)
	}
	if code, _, stderr := verify("merge", path); code != exitUsage || !strings.Contains(stderr, "all shards are idle") {
		t.Errorf("merged alone: exit %d, %s", code, stderr)
	}
}

// TestSmallSearch: one batch that misses a refutation is not a regression of the claim.
func TestSmallSearch(t *testing.T) {
	code, stdout, _ := verify(small("-seed", "1")...)
	if code != exitOK || !strings.Contains(stdout, "all 2 verdicts as on record") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	args := small("-budget", "1ns") // no batch is begun
	if code, stdout, _ := verify(args...); code != exitDiffers ||
		!strings.Contains(stdout, "not searched enough: 2 verdicts") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	if code, _, _ := verify(append(args, "-allow-small")...); code != exitOK {
		t.Errorf("-allow-small: exit %d", code)
	}
}

// TestFilesBeforeTables: what was found is in the report though the table cannot be written.
func TestFilesBeforeTables(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	for _, room := range []int{0, 300} {
		var stderr bytes.Buffer
		if code := run(context.Background(), small("-json", path), &full{room}, &stderr); code != exitUsage ||
			!strings.Contains(stderr.String(), "no space left") {
			t.Errorf("room for %d bytes: exit %d, %s", room, code, &stderr)
		}
		if _, err := report.Read(bytes.NewReader(must(os.ReadFile(path)))); err != nil {
			t.Error(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStopped: a search that is stopped before it began says what is missing, and how to
// do it.
func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	path := filepath.Join(t.TempDir(), "report.json")
	var stdout, stderr bytes.Buffer
	args := []string{"-claims", "eq14b,a1", "-cases", "3000", "-climb", "0", "-json", path}
	if code := run(ctx, args, &stdout, &stderr); code != exitStopped {
		t.Errorf("exit %d: %s", code, &stderr)
	}
	if !strings.Contains(stdout.String(), "\nstopped; what there is, is above\n4 of 4 units are missing") ||
		!strings.Contains(stdout.String(), "\n  verify -units 1-4 -seed 1 -cases 3000 "+
			"-climb 0 -claims eq14b,a1 -json FILE\n") {
		t.Errorf("%s", &stdout)
	}
	r, err := report.Read(bytes.NewReader(must(os.ReadFile(path))))
	if err != nil || !r.Stopped || len(r.Training) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
	stdout.Reset() // a shard says what is missing of its own units
	if code := run(ctx, append(args, "-shard", "2/2"), &stdout, &stderr); code != exitStopped ||
		!strings.Contains(stdout.String(), "2 of 2 units are missing") ||
		!strings.Contains(stdout.String(), "\n  verify -units 2,3 -seed ") {
		t.Errorf("a shard: exit %d, %s", code, &stdout)
	}
	if code := run(ctx, []string{"errata", "-search", "-claims", "eq14b", "-cases", "1000"}, &stdout,
		&stderr); code != exitStopped {
		t.Errorf("errata: exit %d", code)
	}
}

// TestUnlessStopped: a signal does not wait for what cannot be stopped.
func TestUnlessStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	if done, err := unlessStopped(ctx, func() error { return errFull }); !done || err != errFull {
		t.Errorf("done %v, error %v", done, err)
	}
	block := make(chan struct{})
	defer close(block)
	if done, err := unlessStopped(ctx, func() error { cancel(); <-block; return errFull }); done || err != nil {
		t.Errorf("stopped: done %v, error %v", done, err)
	}
	if done, err := unlessStopped(ctx, func() error { panic("began after the signal") }); done || err != nil {
		t.Errorf("stopped before: done %v, error %v", done, err)
	}
}

//go:build unix

package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/conform"
)

// backwards is a step of an engine that sums the products of a first linear operator from the
// last one on: what another library may do.
func backwards(e conform.Engine, req *conform.Request) (*conform.Reply, error) {
	first := req.Chain[0]
	if first.Op != "linear" {
		return e.Step(req)
	}
	turned := func(w []float64) []float64 {
		w = slices.Clone(w)
		for row := range slices.Chunk(w, first.In) {
			slices.Reverse(row)
		}
		return w
	}
	other := *req
	other.X = slices.Clone(req.X)
	slices.Reverse(other.X)
	other.W = slices.Clone(req.W)
	other.W[0] = turned(req.W[0])
	r, err := e.Step(&other)
	if err != nil {
		return nil, err
	}
	u, w := slices.Clone(r.U), slices.Clone(r.W)
	u[0], w[0] = turned(u[0]), turned(w[0])
	return &conform.Reply{Loss: r.Loss, U: u, W: w}, nil
}

// asOld is the command line of an old build that is the test binary.
func asOld(name string) string {
	return fmt.Sprintf("%s=%s exec %s", asServer, name, shellQuote(os.Args[0]))
}

// quick are flags of a gate that takes little time.
var quick = []string{"-rules", "step", "-ops", "bias,linear,tanh,halfsq", "-cases", "2"}

// TestBaseline: the verdicts on a new build against an old one, which is asked, or of which
// there is a file of replies.
func TestBaseline(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	known := filepath.Join(dir, "known")
	said := map[int]int{}
	_ = os.WriteFile(known, []byte("(5d) the step\n"), 0o600)
	for _, c := range []struct {
		old, name string
		args      []string
		code      int
		want      string
	}{
		{"right", "right", nil, exitOK, "SAME BITS: right 1 (float64): "},
		{"right", "drifts", nil, exitOK, "DRIFT INSIDE THE ENVELOPE: drifts 1 (float64): "},
		{"right", "drifts", nil, exitOK, "they part in linear, in float64: "},
		{"right", "faulty", nil, exitDiffers, "FAULT: faulty 1 (float64): the new build has 1 fault"},
		{"faulty", "right", nil, exitDiffers, "the old build has "},
		{"faulty", "faulty", []string{"-known-failing", known}, exitOK, "before (1 known fault)\n"},
		{"right", "poor", nil, exitDiffers, "the new build no longer has bias, tanh"},
		{"poor", "right", nil, exitOK, "SAME BITS: right"},
		{"right", "single", nil, exitUsage, "the old build computes in float64, the new one in float32"},
		{"right", "dies", nil, exitBroken, "BROKEN: dies 1 (float64): the engine broke the protocol"},
	} {
		file := filepath.Join(dir, c.old+".gz")
		if _, err := os.Stat(file); err != nil {
			code := map[string]int{"faulty": exitDiffers}[c.old]
			expect(t, code, "replies are in "+file, c.old, append(quick, "-save-replies", file)...)
		}
		expect(t, c.code, c.want, c.name, slices.Concat(quick, c.args, []string{"-baseline", file})...)
		if said[c.code] < 2 && c.code != exitUsage { // the old build as a command, twice for each exit code
			said[c.code]++
			expect(t, c.code, c.want, c.name, slices.Concat(quick, c.args, []string{"-baseline", asOld(c.old)})...)
		}
	}
	_, text := commandLine([]string{os.Args[0], asArgument + "right"})
	expect(t, exitBroken, "BROKEN: "+text+": the old build, ", "right", "-baseline", asOld("dies"))
}

// TestBaselineOptions: a file is asked again as it was recorded, or not at all.
func TestBaselineOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old.gz")
	expect(t, exitOK, "PASSED", "right", "-save-replies", file, "-seed", "7", "-cases", "2", "-ops", "tanh,linear,halfsq")
	t.Setenv(asServer, "right")
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitOK, "SAME BITS"},
		{[]string{"-seed", "7", "-cases", "2"}, exitOK, "SAME BITS"},
		{[]string{"-rules", "long-chain"}, exitOK, "SAME BITS"},
		{[]string{"-seed", "1"}, exitUsage, "-seed is 1, but " + file + " was recorded with 7"},
		{[]string{"-cases", "3"}, exitUsage, "-cases is 3, but"},
		{[]string{"-ops", "tanh"}, exitUsage, "-ops is tanh, but " + file + " was recorded with tanh,linear,halfsq"},
		{[]string{"-rules", "trace,long-chain"}, exitUsage, "-rules has trace, but"},
	} {
		args := append([]string{"gate", "-baseline", file}, c.args...)
		code, stdout, stderr := verify(append(args, "--", os.Args[0])...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) || strings.Contains(stdout, "never compared") {
			t.Errorf("%v: exit %d, want %d with %q:\n%s%s", c.args, code, c.code, c.want, stdout, stderr)
		}
	}
}

// TestBaselineUsage: what is no old build, and flags that do not go together.
func TestBaselineUsage(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "replies.gz")
	_ = os.WriteFile(text, []byte("{}\n"), 0o600)
	program := filepath.Join(dir, "old")
	_ = os.WriteFile(program, []byte("#!/bin/sh\n"+asOld("right")+"\n"), 0o700)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-baseline", text}, exitUsage, "conform: recording: line 1"},
		{[]string{"-baseline", dir}, exitUsage, "is a directory"},
		{[]string{"-baseline", filepath.Join(dir, "none.gz")}, exitUsage, "is neither a file nor a command"},
		{[]string{"-baseline", "exit 3"}, exitBroken, "BROKEN: "},
		{[]string{"-baseline", program}, exitOK, "SAME BITS"},
		{[]string{"-baseline", text, "-replay", text}, exitUsage, "-baseline and -replay are two runs"},
		{[]string{"-baseline", text, "-save-replies", text}, exitUsage, "are two runs"},
		{[]string{"-replay", text, "-save-replies", text}, exitUsage, "are two runs"},
		{[]string{"-baseline", text, "-each-rule"}, exitUsage, "leave -each-rule away"},
		{[]string{"-time", "1s", "-save-replies", text}, exitUsage, "use a smaller -cases"},
		{[]string{"-save-replies", filepath.Join(dir, "no", "dir")}, exitUsage, ": its directory is not there"},
	} {
		expect(t, c.code, c.want, "right", append(c.args, quick...)...)
	}
	none := filepath.Join(dir, "none.gz")
	expect(t, exitBroken, "the run is no baseline", "dies", "-save-replies", none)
	if _, err := os.Stat(none); err == nil {
		t.Error("replies of a run that broke are written")
	}
}

// TestBaselineFiles: JSON, JUnit XML, annotations and the summary say the same.
func TestBaselineFiles(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv("GITHUB_ACTIONS", "true")
	for _, c := range []struct {
		name              string
		code              int
		verdict           conform.Verdict
		annotation, class string
		failures          int
	}{
		{"right", exitOK, conform.SameBits, "::notice title=conform%3A baseline::SAME BITS: ", "", 0},
		{"drifts", exitOK, conform.Inside, "::notice title=conform%3A baseline::DRIFT INSIDE THE ENVELOPE: ", "linear", 0},
		{"faulty", exitDiffers, conform.Fault, "::error title=conform%3A baseline::FAULT: ", "the step (5d)", 2},
	} {
		summary := path(c.name + ".md")
		t.Setenv("GITHUB_STEP_SUMMARY", summary)
		code, stdout, stderr := gated(t, c.name, append(quick,
			"-baseline", asOld("right"), "-json", path("j"), "-junit", path("x"))...)
		if code != c.code || !strings.Contains(stdout, c.annotation) {
			t.Errorf("%s: exit %d:\n%s%s", c.name, code, stdout, stderr)
		}
		var got struct {
			Baseline struct {
				Verdict          conform.Verdict
				Compared, Differ int
				Reasons          []string
				First            *struct {
					Part    string
					Share   any // "Infinity" where nothing may differ
					Request string
				}
			}
		}
		if err := json.Unmarshal(must(os.ReadFile(path("j"))), &got); err != nil {
			t.Fatal(err)
		}
		b := got.Baseline
		if b.Verdict != c.verdict || b.Compared == 0 || (b.First != nil) != (c.class != "") ||
			b.First != nil && (b.First.Part != c.class || b.First.Share == nil || b.First.Request == "") ||
			(len(b.Reasons) > 0) != (c.code != exitOK) {
			t.Errorf("%s: JSON %+v, first %+v", c.name, b, b.First)
		}
		var suites struct {
			Failures int `xml:"failures,attr"`
		}
		x := must(os.ReadFile(path("x")))
		if err := xml.Unmarshal(x, &suites); err != nil || suites.Failures != c.failures ||
			!strings.Contains(string(x), `name="baseline"`) {
			t.Errorf("%s: JUnit: %v, %s", c.name, err, x)
		}
		if s := string(must(os.ReadFile(summary))); !strings.Contains(s, "held against the old build") {
			t.Errorf("%s: summary:\n%s", c.name, s)
		}
	}
}

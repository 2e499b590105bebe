//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOutputs: what would lose a file, or cannot be written, is said before any work, and
// nothing is touched.
func TestOutputs(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for link, to := range map[string]string{
		"loop": "loop", "nowhere": in("no/file"), "alias": in("out"), "there": dir,
	} {
		if err := os.Symlink(to, in(link)); err != nil {
			t.Skip(err)
		}
	}
	report := in("report.json")
	if code, _, stderr := verify(small("-json", report)...); code != exitOK {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	before := must(os.ReadFile(report))
	known := file(t, "known", "")
	for _, c := range []struct {
		args []string
		want string
	}{
		{small("-json", in("loop")), "-json " + in("loop") + ": "},
		{small("-html", in("loop")), "-html " + in("loop") + ": "},
		{small("-json", in("nowhere")), "its directory is not there"},
		{small("-json", in("out"), "-html", in("out")), "is the same file as -json"},
		{small("-json", in("alias"), "-html", in("out")), "is the same file as -json"},
		{small("-json", in("out"), "-html", in("there/out")), "is the same file as -json"},
		{[]string{"merge", "-html", report, report}, "is the same file as " + report},
		{[]string{"merge", report, "-html", in("there/report.json")}, "is the same file as " + report},
		{[]string{"gate", "-json", in("out"), "-junit", in("out"), "true"}, "is the same file as -json"},
		{[]string{"gate", "-json", in("no/out"), "true"}, "its directory is not there"},
		{[]string{"gate", "-junit", in("loop"), "true"}, "-junit " + in("loop") + ": "},
		{[]string{"gate", "-junit", dir, "true"}, "is a directory"},
		{[]string{"gate", "-junit", known, "-known-failing", known, "true"}, "is the same file as " + known},
	} {
		code, stdout, stderr := verify(c.args...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("verify %q: exit %d, %s%s, want %q", c.args, code, stdout, stderr, c.want)
		}
	}
	if after := must(os.ReadFile(report)); !bytes.Equal(before, after) {
		t.Error("a report that was refused as a target has changed")
	}
	if _, err := os.Lstat(in("out")); err == nil {
		t.Error("a refused file was written")
	}
	for _, device := range [][]string{{"-json", os.DevNull, "-html", os.DevNull}} { // written through: nothing to lose
		if code, _, stderr := verify(small(device...)...); code != exitOK {
			t.Errorf("%q: exit %d, %s", device, code, stderr)
		}
	}
}

// TestUnwritten: a file that cannot be written costs neither the table nor the other files.
func TestUnwritten(t *testing.T) {
	const device = "/dev/full"
	if _, err := os.Stat(device); err != nil {
		t.Skip(err)
	}
	page := filepath.Join(t.TempDir(), "page.html")
	code, stdout, stderr := verify(small("-json", device, "-html", page)...)
	if code != exitUsage || !strings.Contains(stderr, "-json: ") || !strings.Contains(stdout, "largest ratio") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	if _, err := os.Stat(page); err != nil {
		t.Error(err)
	}
	expect(t, exitUsage, "PASSED: right 1 (float64)", "right", "-json", device)
	expect(t, exitUsage, "-junit: ", "right", "-junit", device)
}

package fuzz

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSmokeCounts: a log of the fuzzer tells how many inputs were executed beyond the
// corpus; one that ends in the gathering of the corpus, or says nothing, tells of none.
func TestSmokeCounts(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	const gathered = "fuzz: elapsed: 0s, gathering baseline coverage: 0/17 completed\n" +
		"fuzz: elapsed: 0s, gathering baseline coverage: 17/17 completed, now fuzzing with 2 workers\n"
	for name, c := range map[string]struct{ log, want string }{
		"new inputs": {gathered + "fuzz: elapsed: 3s, execs: 100 (33/sec), new interesting: 0 (total: 17)\n" +
			"fuzz: elapsed: 6s, execs: 700 (200/sec), new interesting: 112 (total: 129)\nPASS\n", "683"},
		"a count that is less as text": {"fuzz: elapsed: 0s, gathering baseline coverage: 2/2 completed, now " +
			"fuzzing with 2 workers\n" +
			"fuzz: elapsed: 20s, execs: 129355 (9062/sec), new interesting: 282 (total: 284)\nPASS\n", "129353"},
		"only the corpus": {gathered + "fuzz: elapsed: 3s, execs: 17 (5/sec), new interesting: 0 (total: 17)\nPASS\n",
			"0"},
		"still gathering": {"fuzz: elapsed: 0s, gathering baseline coverage: 0/17 completed\n" +
			"fuzz: elapsed: 3s, gathering baseline coverage: 9/17 completed\nPASS\n", "0"},
		"no corpus": {"warning: starting with empty corpus\nfuzz: elapsed: 5s, execs: 229 (40/sec), new " +
			"interesting: 62 (total: 62)\nPASS\n", "229"},
		"nothing ran":    {"PASS\n", ""},
		"nothing at all": {"", ""},
	} {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(c.log), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(bash, "smoke.sh", "-count", path).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("%s: %q, want %q; error %v", name, got, c.want, err)
		}
	}
}

// TestSmokeBlind: a run without coverage is told, and fails both scripts.
func TestSmokeBlind(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	const warning = "warning: the test binary was not built with coverage instrumentation, so fuzzing will run " +
		"without coverage guidance and may be inefficient\n"
	const ran = "warning: starting with empty corpus\nfuzz: elapsed: 5s, execs: 229 (40/sec), new interesting: 0 " +
		"(total: 0)\nPASS\n"
	for log, want := range map[string]bool{warning + ran: true, ran: false} {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := exec.Command(bash, "smoke.sh", "-blind", path).Run() == nil; got != want {
			t.Errorf("%q: blind: %v, want %v", log, got, want)
		}
		binary := filepath.Join(t.TempDir(), "fuzz.test")
		if err := os.WriteFile(binary, []byte("#!/bin/sh\ncat <<end\n"+log+"end\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(bash, "night.sh", binary, "FuzzData", "1s").CombinedOutput()
		if (err != nil) != want || strings.Contains(string(out), "is not instrumented") != want {
			t.Errorf("night.sh on %q: %v, %s", log, err, out)
		}
	}
}

// TestSmokeLate: a run whose time is up in the middle of an input has not failed; one that has
// a failing input has.
func TestSmokeLate(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	const late = "fuzz: elapsed: 20s, execs: 94175 (8663/sec)\n--- FAIL: FuzzData (20.09s)\n" +
		"    context deadline exceeded\nFAIL\n"
	for log, want := range map[string]bool{
		late: true,
		"fuzz: elapsed: 3s, execs: 9 (3/sec)\nPASS\n":                                                                 false,
		"--- FAIL: FuzzData (3.00s)\n    --- FAIL: FuzzData (0.00s)\n        data_test.go:9: wrong\nFAIL\n":           false,
		"--- FAIL: FuzzData (20.09s)\n    context deadline exceeded\n    Failing input written to testdata/x\nFAIL\n": false,
		"--- FAIL: FuzzData (20.09s)\n    fuzzing process hung or terminated unexpectedly: exit status 2\nFAIL\n":     false,
	} {
		path := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := exec.Command(bash, "smoke.sh", "-late", path).Run() == nil; got != want {
			t.Errorf("%q: only late: %v, want %v", log, got, want)
		}
	}
}

//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/conform"
	"github.com/cascade-sgd/cascade/props/conform/wire"
)

// asServer makes a process of the test binary an engine: the reference, or one with a fault.
const asServer = "CASCADE_TEST_SERVE"

// served is the reference, which doubles the step and dies, as its name says.
type served struct {
	conform.Engine
	name string
}

func (s served) Step(req *conform.Request) (*conform.Reply, error) {
	if s.name == "drifts" {
		return backwards(s.Engine, req)
	}
	r, err := s.Engine.Step(req)
	switch {
	case s.name == "dies" && len(req.Chain) > 2:
		os.Exit(4)
	case s.name == "hangs" && len(req.Chain) > 2:
		fmt.Fprintln(os.Stderr, "hangs now")
		time.Sleep(time.Hour)
	case s.name == "faulty" && err == nil:
		for i := range r.W {
			for k := range r.W[i] {
				r.W[i][k] -= req.Gamma * r.U[i][k]
			}
		}
	}
	return r, err
}

func (s served) Describe() conform.Info {
	info := conform.Info{Name: s.name, Version: "1", Precision: "float64"}
	switch s.name {
	case "poor":
		info.Ops = []string{"linear", "square", "halfsq"}
	case "single":
		info.Precision = "float32"
	}
	return info
}

func serve(name string) {
	err := wire.Serve(os.Stdin, os.Stdout, func() (conform.Engine, error) {
		if name == "lazy" {
			return nil, errors.New("no engine today")
		}
		return served{conform.NewReference(), name}, nil
	})
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// gated runs the gate on a process of the test binary, by rules of few requests.
func gated(t *testing.T, name string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	flags := append([]string{"gate", "-cases", "1", "-rules", "one-part,no-memory,long-chain"}, args...)
	return verify(append(flags, "--", os.Args[0], asArgument+name)...)
}

// expect fails t unless a gate ends with the code and says what is wanted.
func expect(t *testing.T, code int, want, name string, args ...string) {
	t.Helper()
	got, stdout, stderr := gated(t, name, args...)
	if got != code || !strings.Contains(stdout+stderr, want) {
		t.Errorf("%s %v: exit %d, want %d with %q:\n%s%s", name, args, got, code, want, stdout, stderr)
	}
}

func TestGate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"right", nil, exitOK, "PASSED: right 1 (float64): no fault found\nran 3 of 19 rules"},
		{"faulty", nil, exitDiffers, "FAILED: faulty 1 (float64): 1 fault\n"},
		{"faulty", nil, exitDiffers, "1. (5d) the step"},
		{"right", nil, exitOK, "verify: 0 of 3 rules, 0 requests, one-part\n"},
		{"dies", nil, exitBroken, "BROKEN: "},
		{"dies", nil, exitBroken, "exit status 4"},
		{"hangs", []string{"-timeout", "300ms"}, exitBroken, "no reply within 300ms"},
		{"lazy", nil, exitBroken, "exit status 1"},
		{"right", []string{"-ops", "tanh"}, exitDiffers, "INVALID: "},
	} {
		expect(t, c.code, c.want, c.name, c.args...)
	}
}

// TestGateUsage: what is not as it must be is exit code 2, before anything is started.
func TestGateUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {""}, {"-rules", "operator", "true"}, {"-ops", "conv", "true"}, {"-time", "-1s", "true"},
		{"-cases", "0", "true"},
		{"-known-failing", "/no/such/file", "true"}, {"-replay", "/no/such/file", "true"}, {"-timeout", "0", "true"},
		{"-seed", "0", "true"}, {"-limit", "0", "true"},
	} {
		if code, _, stderr := verify(append([]string{"gate"}, args...)...); code != exitUsage || stderr == "" {
			t.Errorf("%q: exit %d, %s", args, code, stderr)
		}
	}
}

// TestGateFiles: what a gate writes, replays, and what a list of known faults does.
func TestGateFiles(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_STEP_SUMMARY", path("summary.md"))
	code, stdout, stderr := gated(t, "faulty", "-json", path("gate.json"), "-junit", path("gate.xml"))
	if code != exitDiffers || !strings.Contains(stdout, "::error title=conform%3A (5d) the step::") {
		t.Fatalf("exit %d:\n%s%s", code, stdout, stderr)
	}
	var got struct {
		Conclusion string
		Findings   []struct{ ID, Request string }
	}
	if err := json.Unmarshal(must(os.ReadFile(path("gate.json"))), &got); err != nil {
		t.Fatal(err)
	}
	if got.Conclusion != "failed" || len(got.Findings) != 1 || got.Findings[0].ID != "(5d) the step" {
		t.Errorf("JSON: %+v", got)
	}
	var suites struct {
		Failures int `xml:"failures,attr"`
		Tests    int `xml:"tests,attr"`
	}
	err := xml.Unmarshal(must(os.ReadFile(path("gate.xml"))), &suites)
	if err != nil || suites.Failures != 1 || suites.Tests != 4 {
		t.Errorf("JUnit: %+v, %v", suites, err)
	}
	if s := string(must(os.ReadFile(path("summary.md")))); !strings.Contains(s, "| (5d) the step |") {
		t.Errorf("summary:\n%s", s)
	}
	t.Setenv("GITHUB_ACTIONS", "")

	expect(t, exitDiffers, "FAILED", "faulty", "-replay", path("gate.json"))
	expect(t, exitOK, "PASSED", "right", "-replay", path("gate.json"))
	for _, bad := range []string{"{}", "x", `{"findings":[]}`, `{"version":2,"findings":[]}`, `{"type":"step"}`} {
		_ = os.WriteFile(path("bad"), []byte(bad), 0o600)
		expect(t, exitUsage, "bad: ", "right", "-replay", path("bad"))
	}

	_ = os.WriteFile(path("known"), []byte("# ours\n\n(5d) the step\n"), 0o600)
	expect(t, exitOK, "but for 1 known fault", "faulty", "-known-failing", path("known"))
	expect(t, exitDiffers, "did not show", "right", "-known-failing", path("known"))
	_ = os.WriteFile(path("known"), []byte("a\na\n"), 0o600)
	expect(t, exitUsage, `line 2: "a" is listed twice`, "right", "-known-failing", path("known"))
}

// TestGateSignal: a gate that is interrupted kills the engine and exits with 130.
func TestGateSignal(t *testing.T) {
	cmd := process("gate", "-timeout", "1h", "--", os.Args[0])
	cmd.Env = append(cmd.Env, asServer+"=hangs")
	// The engine must be the server: it has no asCommand.
	cmd.Args = append(cmd.Args[:len(cmd.Args)-1], "env", "-u", asCommand, os.Args[0])
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if strings.Contains(lines.Text(), "hangs now") {
			break
		}
	}
	_ = cmd.Process.Signal(syscall.SIGINT)
	if code := exitCode(t, cmd.Wait()); code != exitStopped {
		t.Errorf("exit %d", code)
	}
}

// TestAdapters: the list, one file, a name that is not there.
func TestAdapters(t *testing.T) {
	if code, stdout, _ := verify("adapters"); code != exitOK || !strings.Contains(stdout, "numpy") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	code, stdout, _ := verify("adapters", "numpy")
	if code != exitOK || !strings.Contains(stdout, "def forward(") || !strings.Contains(stdout, "def serve(") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if code, _, stderr := verify("adapters", "-write", dir); code != exitOK {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if script := must(os.ReadFile(filepath.Join(dir, "install.sh"))); !strings.HasPrefix(string(script), "#!/bin/sh") {
		t.Errorf("install.sh is %.40q", script)
	}
	if code, _, stderr := verify("adapters", "numpie"); code != exitUsage || !strings.Contains(stderr, `"numpie"`) {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

//go:build unix

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	signals "os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/report"
)

// asCommand makes a process of the test binary the command.
const asCommand = "CASCADE_TEST_VERIFY"

// asArgument with the name of an engine makes one of it, where tests run side by side.
const asArgument = "serve="

func TestMain(m *testing.M) {
	quickFigures = func(seed uint64) logistic.Options {
		o := logistic.Quick(seed)
		o.M, o.T = 100, 10_000
		return o
	}
	if os.Getenv(asCommand) != "" {
		main()
	}
	if name := os.Getenv(asServer); name != "" {
		serve(name)
	}
	if name, found := strings.CutPrefix(os.Args[len(os.Args)-1], asArgument); found {
		serve(name)
	}
	debug.SetGCPercent(collectAt)
	code := m.Run()
	if figuresMade.dir != "" {
		_ = os.RemoveAll(figuresMade.dir)
	}
	os.Exit(code)
}

// process is the command as a process of its own.
func process(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit == nil {
		return 0
	}
	return exit.ExitCode()
}

// TestSignals: a search that is interrupted writes its report whole, says what is missing
// and exits with 130. What is missing can be done, and joins.
func TestSignals(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if signals.Ignored(signal) {
			t.Logf("%v is ignored here, as under nohup, and so by a child", signal)
			continue
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "report.json")
		args := []string{"-claims", "eq14b", "-cases", "100000000", "-climb", "0"}
		cmd := process(append(args, "-json", path)...)
		var stdout bytes.Buffer
		cmd.Stdout = &stdout
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := bufio.NewReader(stderr).ReadString('\n'); err != nil { // the search has begun
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, stderr)
		if code := exitCode(t, cmd.Wait()); code != exitStopped {
			t.Errorf("%v: exit %d", signal, code)
		}
		r, err := report.Read(bytes.NewReader(must(os.ReadFile(path))))
		if err != nil || !r.Stopped {
			t.Fatalf("%v: %v", signal, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("%v: left behind %v", signal, left)
		}
		_, after, ok := strings.Cut(stdout.String(), "\n  verify -units ")
		first, _, _ := strings.Cut(after, "-")
		if !ok || first == "" {
			t.Fatalf("%v: it does not say what is missing:\n%s", signal, &stdout)
		}
		rest := filepath.Join(dir, "rest.json")
		if code, out, _ := verify(append(args, "-units", first, "-json", rest)...); code != exitOK {
			t.Fatalf("%v: exit %d\n%s", signal, code, out)
		}
		again, err := report.Read(bytes.NewReader(must(os.ReadFile(rest))))
		missing, _, _ := r.Missing()
		if err != nil || len(again.Units) != 1 || again.Units[0].Number != missing[0] || again.Claims[0].Cases == 0 {
			t.Errorf("%v: unit %s: %v, %+v", signal, first, err, again.Units)
		}
	}
}

// TestNohup: where the hangup is ignored, as nohup has it, it stops nothing.
func TestNohup(t *testing.T) {
	cmd := exec.Command("sh", "-c", `trap "" HUP; exec "$0" "$@"`, os.Args[0],
		"-claims", "lemma1", "-cases", "2000", "-climb", "0", "-runs=false")
	cmd.Env = append(os.Environ(), asCommand+"=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	if _, err := bufio.NewReader(stderr).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, stderr)
	if code := exitCode(t, cmd.Wait()); code != exitOK {
		t.Errorf("exit %d", code)
	}
}

// TestJSONThrough: devices, FIFOs and links are written through and stay what they are.
func TestJSONThrough(t *testing.T) {
	dir := t.TempDir()
	valid := func(name string, data []byte) {
		t.Helper()
		if r, err := report.Read(bytes.NewReader(data)); err != nil || len(r.Claims) != 2 {
			t.Errorf("%s: %v", name, err)
		}
	}
	mode := func(path string) fs.FileMode {
		t.Helper()
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode().Type()
	}

	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(target, []byte("old"), 0o600), os.Symlink("target", link)); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := verify(small("-json", link)...); code != exitOK || mode(link) != fs.ModeSymlink {
		t.Errorf("a link: exit %d, %s, it is %v", code, stderr, mode(link))
	}
	valid("a link", must(os.ReadFile(target)))

	null := filepath.Join(dir, "null")
	if err := os.Symlink(os.DevNull, null); err != nil {
		t.Fatal(err)
	}
	before := mode(os.DevNull)
	if code, _, stderr := verify(small("-json", null)...); code != exitOK || mode(null) != fs.ModeSymlink ||
		mode(os.DevNull) != before {
		t.Errorf("a link to a device: exit %d, %s, it is %v, the device %v", code, stderr, mode(null), mode(os.DevNull))
	}

	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	got := make(chan []byte)
	go func() {
		data, _ := os.ReadFile(fifo)
		got <- data
	}()
	if code, _, stderr := verify(small("-json", fifo)...); code != exitOK || mode(fifo) != fs.ModeNamedPipe {
		t.Fatalf("a FIFO: exit %d, %s, it is %v", code, stderr, mode(fifo))
	}
	valid("a FIFO", <-got)

	cmd := process(small("-json", "/dev/stdout")...)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if code := exitCode(t, cmd.Run()); code != exitOK {
		t.Errorf("/dev/stdout: exit %d", code)
	}
	data, table, _ := strings.Cut(stdout.String(), "\n}\n")
	valid("/dev/stdout", []byte(data+"\n}\n"))
	if !strings.HasPrefix(table, "Verdicts\n") || !strings.Contains(table, "as on record") {
		t.Errorf("/dev/stdout: the table is %q", table)
	}
}

// TestFullDevice: every command that cannot write what it has to say fails.
func TestFullDevice(t *testing.T) {
	t.Parallel()
	const device = "/dev/full"
	if _, err := os.Stat(device); err != nil {
		t.Skip(err)
	}
	if code, _, stderr := verify(small("-json", device)...); code != exitUsage ||
		!strings.Contains(stderr, "no space left") {
		t.Errorf("-json: exit %d, %s", code, stderr)
	}
	out := filepath.Join(t.TempDir(), "out.json")
	if code, _, stderr := verify(small("-json", out)...); code != exitOK {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	for _, args := range [][]string{
		{"-h"}, {"merge", "-h"}, small(), {"replay", "../../testdata/certificates/eq14b.json"}, {"merge", out},
		{"page", "graph"}, {"page", "constants"}, {"errata", "-search", "-claims", "eq14b", "-cases", "200", "-climb", "0"},
	} {
		full, err := os.OpenFile(device, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		cmd := process(args...)
		var stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = full, &stderr
		if code := exitCode(t, cmd.Run()); code != exitUsage || !strings.Contains(stderr.String(), "no space left") {
			t.Errorf("verify %v > %s: exit %d, %s", args, device, code, &stderr)
		}
		full.Close()
	}
}

// TestPipesIn: what is read may come through a pipe.
func TestPipesIn(t *testing.T) {
	certificate := must(os.ReadFile("../../testdata/certificates/eq14b.json"))
	cmd := process("replay", "/dev/stdin")
	cmd.Stdin = bytes.NewReader(certificate)
	if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("refuted")) {
		t.Errorf("/dev/stdin: %v\n%s", err, out)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error)
	go func() { wrote <- os.WriteFile(fifo, certificate, 0) }()
	if code, _, stderr := verify("replay", fifo); code != exitOK {
		t.Errorf("a FIFO: exit %d, %s", code, stderr)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

// TestFiguresKilled: killed in the middle and called again, the same bytes as without.
func TestFiguresKilled(t *testing.T) {
	t.Parallel()
	whole, killed := figuresOnce(t).dir, ""
	args := func(dir string) []string { return []string{"figures", "-quick", "-only", "fig3", "-out", dir} }
	const tries = 20 // where the machine is so busy that the command ends before it is killed
	for try := 1; ; try++ {
		killed = t.TempDir()
		for want := 1; want <= 3; want += 2 {
			killAfter(t, process(args(killed)...), filepath.Join(killed, "points"), want)
		}
		if _, err := os.Stat(filepath.Join(killed, "fig3.csv")); err != nil {
			break
		}
		if try == tries {
			t.Fatal("it was not killed in the middle")
		}
	}
	if out, err := process(args(killed)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	same := 0
	err := filepath.WalkDir(whole, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(whole, path)
		if err != nil {
			return err
		}
		a, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(killed, name))
		if same++; err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v", name, err)
		}
		return nil
	})
	if err != nil || same < 13 { // 6 points, CSV, three SVG and three PNG
		t.Errorf("%d files, %v", same, err)
	}
}

// killAfter starts a command and kills it when there are so many files in a folder.
func killAfter(t *testing.T, cmd *exec.Cmd, folder string, files int) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for stored := 0; stored < files; {
		all, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		stored = len(all)
		time.Sleep(2 * time.Millisecond) // it leaves the processor to the command
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
}

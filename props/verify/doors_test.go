//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// silent is a FIFO that nobody writes to and nobody reads.
func silent(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no FIFOs here:", err)
	}
	return path
}

// TestSilentDoors: whatever file a subcommand reads or writes, one that never answers ends
// it with an error that names the file.
func TestSilentDoors(t *testing.T) {
	t.Cleanup(strict.SetPatience(100*time.Millisecond, time.Minute))
	certificate, err := filepath.Abs("../../testdata/certificates/eq14b.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fifo, pictures, page := silent(t, dir, "fifo"), t.TempDir(), filepath.Join(dir, "page.html")
	picture := silent(t, pictures, "fig3.svg")
	root := t.TempDir() // as record wants it
	if err := errors.Join(os.Mkdir(filepath.Join(root, "testdata"), 0o700),
		os.MkdirAll(filepath.Join(root, "props", "pages"), 0o700)); err != nil {
		t.Fatal(err)
	}
	silent(t, root, "README.md")
	points := t.TempDir()
	args := []string{"figures", "-quick", "-only", "fig3", "-out", points}
	stored := filepath.Join(points, "points")
	for _, name := range pointsOf(t, "fig3") {
		if err := os.MkdirAll(stored, 0o700); err != nil {
			t.Fatal(err)
		}
		silent(t, stored, name)
	}
	for _, c := range []struct {
		name string
		args []string
		in   string // a directory to run in
		says string
	}{
		{"replay", []string{"replay", fifo}, "", fifo},
		{"merge", []string{"merge", fifo}, "", fifo},
		{"merge -figures", []string{"merge", "-html", page, "-figures", pictures, certificate}, "", picture},
		{"search -figures", small("-html", page, "-figures", pictures), "", picture},
		{"search -json", small("-json", fifo), "", fifo},
		{"gate -known-failing", []string{"gate", "-known-failing", fifo, "true"}, "", fifo},
		{"gate -replay", []string{"gate", "-replay", fifo, "true"}, "", fifo},
		{"gate -replay -", []string{"gate", "-replay", "-", "true"}, "", "standard input"},
		{"record", []string{"record"}, root, "README.md"},
		{"figures", args, "", stored},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.in != "" {
				t.Chdir(c.in)
			}
			if c.says == "standard input" {
				quietStdin(t)
			}
			code, stdout, stderr := verify(c.args...)
			table := c.name == "search -json" // what was found is printed all the same
			if code != exitUsage || (stdout != "") != table || !strings.Contains(stderr, c.says) {
				t.Errorf("exit %d, %s%s", code, stdout, stderr)
			}
		})
	}
}

// TestStoppedDoors: a signal ends what waits for a file that never answers, long before the
// patience with it does.
func TestStoppedDoors(t *testing.T) {
	fifo := silent(t, t.TempDir(), "fifo")
	ctx, stop := context.WithCancel(context.Background())
	stop()
	for _, args := range [][]string{
		{"replay", fifo},
		{"merge", fifo},
		{"trace", fifo},
		{"export", "-to", "coq", fifo},
		{"gate", "-replay", fifo, "true"},
		{"gate", "-known-failing", fifo, "true"},
		{"gate", "-baseline", fifo, "true"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(ctx, args, &stdout, &stderr)
		words := strings.Contains(stderr.String(), strict.ErrStopped.Error()) &&
			(commands[args[0]].atOnce || strings.Contains(stderr.String(), fifo+": "))
		if code != exitStopped || stdout.Len() > 0 || !words {
			t.Errorf("%q: exit %d, %s%s", args, code, &stdout, &stderr)
		}
	}
}

// TestAtOnce: a signal ends a command that only prints, whatever it is doing.
func TestAtOnce(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	hang, left := make(chan struct{}), make(chan struct{})
	cmd := &command{atOnce: true, run: func(*call) (int, error) {
		defer close(left)
		stop()
		<-hang
		return exitOK, nil
	}}
	if code, err := cmd.runOrStop(&call{ctx: ctx}); code != exitStopped || err != strict.ErrStopped {
		t.Errorf("exit %d, %v", code, err)
	}
	close(hang)
	<-left
	for _, name := range []string{"page", "replay"} {
		if !commands[name].atOnce {
			t.Errorf("%s does not end at once", name)
		}
	}
}

// quietStdin has the standard input be a pipe that is open and silent.
func quietStdin(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin := os.Stdin
	os.Stdin = r
	t.Cleanup(func() {
		os.Stdin = stdin
		_ = w.Close() // wakes who reads
	})
}

// pointsOf are the names of the files that a figure stores.
func pointsOf(t *testing.T, id string) (names []string) {
	t.Helper()
	o := quickFigures(1)
	figures, err := logistic.Select(logistic.Figures(o), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range figures[0].Panels {
		for _, c := range p.Curves {
			for _, point := range c.Points {
				names = append(names, fmt.Sprintf("%016x.json", point.Key()))
			}
		}
	}
	return names
}

// TestSilentVariables: the same for the files that the environment names.
func TestSilentVariables(t *testing.T) {
	t.Cleanup(strict.SetPatience(100*time.Millisecond, time.Minute))
	fifo := silent(t, t.TempDir(), "fifo")
	t.Setenv(shardStatus, fifo)
	t.Setenv("TEST_SHARD_INDEX", "0")
	t.Setenv("TEST_TOTAL_SHARDS", "2")
	if code, _, stderr := verify(small("-shard", "auto")...); code != exitUsage || !strings.Contains(stderr, fifo) {
		t.Errorf("%s: exit %d, %s", shardStatus, code, stderr)
	}
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_STEP_SUMMARY", fifo)
	if code, _, stderr := gated(t, "right"); code != exitUsage || !strings.Contains(stderr, fifo) {
		t.Errorf("GITHUB_STEP_SUMMARY: exit %d, %s", code, stderr)
	}
}

// TestFullAnywhere: a device that is full at any place of what is printed, the last line
// too, is an error and no verdict.
func TestFullAnywhere(t *testing.T) {
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_STEP_SUMMARY", "")
	const times = 20 // more than the digits of the times that are printed
	dir := t.TempDir()
	merged, traced := filepath.Join(dir, "merged.json"), "../trace/recorders/testdata/torch-float32-flip"
	if code, _, stderr := verify(small("-json", merged)...); code != exitOK {
		t.Fatal(stderr)
	}
	for _, args := range [][]string{
		small(), {"replay", "../../testdata/certificates/eq14b.json"}, {"errata"}, {"merge", merged}, {"trace", traced},
		{"page", "constants"}, {"adapters"}, {"adapters", "numpy"},
		{"gate", "-cases", "1", "-rules", "one-part,no-memory,long-chain", "--", os.Args[0], asArgument + "right"},
		{"gate", "-cases", "1", "-rules", "one-part,no-memory,long-chain", "--", os.Args[0], asArgument + "faulty"},
	} {
		code, stdout, stderr := verify(args...)
		if code == exitUsage || len(stdout) <= times {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
			continue
		}
		for _, room := range []int{0, len(stdout) / 3, 2 * len(stdout) / 3, len(stdout) - times} {
			var errs bytes.Buffer
			if code := run(t.Context(), args, &full{room}, &errs); code != exitUsage ||
				!strings.Contains(errs.String(), errFull.Error()) {
				t.Errorf("%v, room for %d of %d bytes: exit %d, %s", args, room, len(stdout), code, &errs)
			}
		}
	}
}

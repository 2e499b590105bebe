package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// figuresMade are the files of fig3 and what was printed, made once: dir is removed at
// the end of all tests.
var figuresMade madeOnce

type madeOnce struct {
	once           sync.Once
	dir            string
	code           int
	stdout, stderr string
}

func figuresOnce(t *testing.T) *madeOnce {
	t.Helper()
	m := &figuresMade
	m.once.Do(func() {
		var err error
		if m.dir, err = os.MkdirTemp("", "figures"); err != nil {
			t.Fatal(err)
		}
		m.code, m.stdout, m.stderr = verify("figures", "-quick", "-only", "fig3", "-out", m.dir)
	})
	if m.code != exitOK || m.stdout == "" {
		t.Fatalf("exit code %d: %s%s", m.code, m.stdout, m.stderr)
	}
	return m
}

// TestFigures: a figure from nothing, its files, and again from what is stored.
func TestFigures(t *testing.T) {
	t.Parallel()
	made := figuresOnce(t)
	dir, first := made.dir, made.stdout
	args := []string{"figures", "-quick", "-only", "fig3", "-out", dir}
	var second, stderr bytes.Buffer
	stderr.WriteString(made.stderr)
	for _, name := range []string{"fig3a.svg", "fig3c.png", "fig3.csv"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code := run(t.Context(), args, &second, &stderr); code != exitOK || first != second.String() {
		t.Errorf("again: exit code %d, %s", code, second.String())
	}
	if !strings.Contains(first, "fig3") || !strings.Contains(stderr.String(), "0.1 of 0.1 million steps") {
		t.Errorf("stdout %q, stderr %q", first, stderr.String())
	}
}

func TestFiguresRefusals(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what is not refused does not run either
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-quick", "-full"}, "both -quick and -full"},
		{[]string{"-only", "fig2"}, `no figure "fig2"`},
		{[]string{"-draws", "1,x"}, `-draws: "x" is no seed`},
		{[]string{"-repeats", "2,-3"}, `-repeats: "-3" is no seed`},
		{[]string{"-repeats", "2,02"}, "-repeats has 2 twice"},
		{[]string{"-only", "seeds"}, "the figure seeds is made of the seeds of -repeats, and there are none"},
		{[]string{"-only", "fig4,fig5", "-phase", "3"}, "-phase changes nothing"},
		{[]string{"-only", "formats", "-draws", "1,2"}, "-draws changes nothing"},
		{[]string{"-only", "formats", "-readings", "sample"}, "-readings changes nothing"},
		{[]string{"-only", "fig7", "-repeats", "2"}, "-repeats changes nothing"},
		{[]string{"-readings", "both"}, `reading "both"`},
		{[]string{"-ewma", "1"}, "the factor of the EWMA is 1"},
		{[]string{"-ewma", "NaN"}, "the factor of the EWMA is NaN"},
		{[]string{"-start", "Inf"}, "start is +Inf"},
		{[]string{"-phase", "-1"}, "-phase is -1"},
		{[]string{"fig4"}, "unexpected argument"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(ctx, append([]string{"figures", "-out", t.TempDir()}, c.args...), &stdout, &stderr)
		if code != exitUsage || !strings.Contains(stderr.String(), c.want) || stdout.Len() > 0 {
			t.Errorf("%v: exit code %d, %s", c.args, code, stderr.String())
		}
	}
}

// TestFiguresStopped: nothing is drawn, the exit code says so.
func TestFiguresStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"figures", "-quick", "-out", dir}, &stdout, &stderr)
	if code != exitStopped || stdout.Len() > 0 || !strings.Contains(stderr.String(), "goes on from") {
		t.Errorf("exit code %d, %q, %q", code, stdout.String(), stderr.String())
	}
}

// TestLeftLine: the time left is by cost, not by steps.
func TestLeftLine(t *testing.T) {
	for _, c := range []struct {
		done, total, stored int64
		share               float64
		took                time.Duration
		want                string
	}{
		{0, 4e6, 0, 0, 0, "0.0 of 4.0 million steps; 0s"},
		{1e6, 4e6, 0, 0.25, time.Minute, "1.0 of 4.0 million steps; 1m0s, about 3m0s left"},
		{1e6, 4e6, 0, 0.75, time.Minute, "1.0 of 4.0 million steps; 1m0s, about 20s left"},
		{3e6, 4e6, 2e6, 0.5, time.Minute, "3.0 of 4.0 million steps; 1m0s, about 1m0s left"},
		{2, 4, 1, 1. / 3, time.Second, "0.0 of 0.0 million steps; 1s, about 2s left"},
		{2e6, 4e6, 2e6, 0, time.Minute, "2.0 of 4.0 million steps; 1m0s"},
		{4e6, 4e6, 2e6, 1, time.Minute, "4.0 of 4.0 million steps; 1m0s"},
	} {
		if got := leftLine(c.done, c.total, c.stored, c.share, c.took); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestFiguresLine: every flag but where the files go is in the command that a page is said to be written by.
func TestFiguresLine(t *testing.T) {
	for want, args := range map[string][]string{
		"go run ./props/verify figures":                           {"-out", "here"},
		"go run ./props/verify figures -quick":                    {"-quick", "-out", "here"},
		"go run ./props/verify figures -draws=1,2 -full -start=3": {"-full", "-start", "3", "-draws", "1,2"},
	} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		var f figureFlags
		f.define(&call{fs: fs})
		if err := fs.Parse(args); err != nil {
			t.Fatal(err)
		}
		if got := figuresLine(fs); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

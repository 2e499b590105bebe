package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFigures: a figure from nothing, its files, and again from what is stored.
func TestFigures(t *testing.T) {
	dir := t.TempDir()
	args := []string{"figures", "-quick", "-only", "remark4", "-out", dir}
	var first, second, stderr bytes.Buffer
	if code := run(t.Context(), args, &first, &stderr); code != exitOK {
		t.Fatalf("exit code %d: %s%s", code, first.String(), stderr.String())
	}
	for _, name := range []string{"remark4.svg", "remark4.png", "remark4.csv"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code := run(t.Context(), args, &second, &stderr); code != exitOK || first.String() != second.String() {
		t.Errorf("again: exit code %d, %s", code, second.String())
	}
	if !strings.Contains(first.String(), "remark4") || !strings.Contains(stderr.String(), "0.1 of 0.1 million steps") {
		t.Errorf("stdout %q, stderr %q", first.String(), stderr.String())
	}
}

func TestFiguresRefusals(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-quick", "-full"}, "both -quick and -full"},
		{[]string{"-only", "fig2"}, `no figure "fig2"`},
		{[]string{"-draws", "1,x"}, `"x" is no seed`},
		{[]string{"-readings", "both"}, `reading "both"`},
		{[]string{"-ewma", "1"}, "the factor of the EWMA is 1"},
		{[]string{"-ewma", "NaN"}, "the factor of the EWMA is NaN"},
		{[]string{"-start", "Inf"}, "start is +Inf"},
		{[]string{"-phase", "-1"}, "-phase is -1"},
		{[]string{"fig4"}, "unexpected argument"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), append([]string{"figures", "-out", t.TempDir()}, c.args...), &stdout, &stderr)
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

func TestLeftLine(t *testing.T) {
	for _, c := range []struct {
		done, total, stored int64
		took                time.Duration
		want                string
	}{
		{0, 4e6, 0, 0, "0.0 of 4.0 million steps; 0s"},
		{1e6, 4e6, 0, time.Minute, "1.0 of 4.0 million steps; 1m0s, about 3m0s left"},
		{3e6, 4e6, 2e6, time.Minute, "3.0 of 4.0 million steps; 1m0s, about 1m0s left"},
		{4e6, 4e6, 2e6, time.Minute, "4.0 of 4.0 million steps; 1m0s"},
	} {
		if got := leftLine(c.done, c.total, c.stored, c.took); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

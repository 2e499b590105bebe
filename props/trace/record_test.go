package trace

import (
	"context"
	"errors"
	"flag"
	"io"
	"path/filepath"
	"slices"
	"testing"
)

var (
	recordTo    = flag.String("record", "", "write records of the Go engine into this new `DIR`, to try the command on")
	recordSteps = flag.Int("record-steps", 400, "their steps")
)

// writeRecord writes the steps of run to dir.
func writeRecord(t testing.TB, dir string, run *engineRun) {
	t.Helper()
	w, err := Create(dir, run.shape.run)
	if err != nil {
		t.Fatal(err)
	}
	var st Step
	for {
		err := run.Next(&st)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(&st); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRecord writes records to look at.
func TestRecord(t *testing.T) {
	if *recordTo == "" {
		t.Skip("-record is not set")
	}
	for _, e := range engines {
		writeRecord(t, filepath.Join(*recordTo, e.name), newEngineRun(t, e, 5, *recordSteps, 24, 16))
		run := newEngineRun(t, e, 5, *recordSteps, 24, 16)
		run.plant = &plant{site: run.shape.epsSite(4), from: *recordSteps / 2, to: *recordSteps / 2, size: 40}
		writeRecord(t, filepath.Join(*recordTo, e.name+" planted"), run)
	}
}

// TestRoundTrip has a written record read back number for number.
func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	writeRecord(t, dir, newEngineRun(t, engines[1], 5, 7, 6, 5))
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := newEngineRun(t, engines[1], 5, 7, 6, 5)
	var got, st Step
	steps := 0
	for want.Next(&st) == nil {
		if err := r.Next(&got); err != nil {
			t.Fatal(err)
		}
		steps++
		same := got.T == st.T && got.M == st.M && got.B == st.B && got.Gamma == st.Gamma && got.Loss == st.Loss &&
			got.Scale == 1 && slices.Equal(got.X, st.X) && slices.Equal(got.Labels, st.Labels) &&
			slices.Equal(got.W, st.W) && slices.Equal(got.U, st.U)
		for i := 1; i <= r.chain.N(); i++ {
			same = same && slices.Equal(got.Y[i], st.Y[i]) && slices.Equal(got.V[i], st.V[i])
		}
		if !same {
			t.Fatalf("step %d is read as another one", st.T)
		}
	}
	if err := r.Next(&got); err != io.EOF || steps != 7 {
		t.Errorf("after %d steps: %v, want 7 and the end", steps, err)
	}
}

// TestJudgeClean has clean runs of all engines come out without a cause.
func TestJudgeClean(t *testing.T) {
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			run := newEngineRun(t, e, 11, 60, 12, 10)
			j, err := newRunJudge(run.shape, e.name).run(context.Background(), run)
			if err != nil || j.Verdict != NoCause || j.Fails() {
				t.Errorf("%v: %s", err, j.Says)
			}
		})
	}
}

package trace

import (
	"context"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
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

// TestOpenFiles: a record is opened by its path as a directory, an .npz or a .jsonl file; an error names the path and
// is given again; what is closed is closed.
func TestOpenFiles(t *testing.T) {
	dir := t.TempDir()
	arrays, err := os.ReadFile("testdata/numpy.npz")
	if err != nil {
		t.Fatal(err)
	}
	lines := aRecord(t)
	falls := aRecord(t)
	falls.steps[2]["step"] = 1
	put := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	strange := filepath.Join(dir, "a[b]*?{c}\\")
	s, st := uneven(t, float64s, nil)
	if err := os.Rename(written(t, s, st, 1, 2), strange); err != nil {
		strange = written(t, s, st, 1, 2) // a system that has no such names
	}
	for _, c := range []struct {
		path  string
		steps int
		err   string // of opening, or of the step behind them
	}{
		{put("a.npz", arrays), 3, ""}, {put("b.jsonl", lines.bytes(t)), 4, ""}, {strange, 2, ""},
		{put("c.npz", arrays[:len(arrays)-20]), 0, "c.npz: torn, or no .npz file"},
		{put("d.npz", lines.bytes(t)), 0, "d.npz: torn, or no .npz file"},
		{put("e.jsonl", nil), 0, "e.jsonl: it is empty, want run.json as the first line"},
		{put("f.jsonl", []byte("\n \n{\"version\":2}\n")), 0, "f.jsonl: line 3: version is 2"},
		{put("g.jsonl", falls.bytes(t)), 2, "g.jsonl: array step: 1 after 1, want rising numbers"},
		{put("h.jsonl", append(lines.bytes(t), "{}\n"...)), 4, "h.jsonl: line 6: step and gamma are wanted"},
		{filepath.Join(dir, "nowhere"), 0, "nowhere"},
	} {
		r, err := Open(c.path)
		if c.steps == 0 {
			if err == nil || !strings.HasPrefix(err.Error(), "trace: ") || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", c.path, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		var got Step
		for k := range c.steps {
			if err := r.Next(&got); err != nil || r.last != got.T {
				t.Errorf("%s: step %d: %v, the last is %d", c.path, k, err, r.last)
			}
		}
		for range 2 {
			err := r.Next(&got)
			if c.err == "" && err != io.EOF ||
				c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), "trace: ") || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%s: behind the last step: %v, want %q", c.path, err, c.err)
			}
		}
		if r.Path != c.path || r.Run() != &r.run {
			t.Errorf("%s: its path is %s", c.path, r.Path)
		}
		if err := r.Close(); err != nil {
			t.Errorf("%s: %v", c.path, err)
		}
	}
	// The chunks of a directory with such a name are looked at too.
	if err := os.Rename(chunkName(strange, 0), chunkName(strange, 2)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(strange); err == nil || !strings.Contains(err.Error(), "without a gap") {
		t.Errorf("%s: %v", strange, err)
	}
}

// TestRisingSteps: each step that is written comes after the one before, from the second on and over chunks.
func TestRisingSteps(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	w, err := Create(filepath.Join(t.TempDir(), "run"), s.run)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		step, samples int // another number of samples begins a chunk
		taken         bool
	}{
		{5, 2, true}, {5, 2, false}, {4, 2, false}, {6, 1, true}, {6, 1, false}, {6, 2, false}, {9, 2, true}, {7, 2, false},
	} {
		one := again(st)
		one.T, one.B, one.M = c.step, c.samples, c.samples
		one.X, one.Labels = one.X[:2*c.samples], one.Labels[:c.samples]
		for i := 1; i <= s.chain.N(); i++ {
			if one.Y[i] = one.Y[i][:c.samples*s.chain.D(i)]; one.V[i] != nil {
				one.V[i] = one.V[i][:c.samples*s.chain.D(i)]
			}
		}
		if err := w.Write(one); (err == nil) != c.taken || err != nil && !strings.Contains(err.Error(), "want rising steps") {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got Step
	for _, want := range [][2]int{{5, 2}, {6, 1}, {9, 2}} {
		if err := r.Next(&got); err != nil || got.T != want[0] || got.B != want[1] || got.M != want[1] {
			t.Errorf("step %d with %d samples, %v, want %v", got.T, got.B, err, want)
		}
	}
	if names, err := filepath.Glob(filepath.Join(w.dir, "steps-*")); err != nil || len(names) != 3 {
		t.Errorf("%d chunks, %v", len(names), err)
	}
}

// TestChunkSize: a chunk of a Writer ends with the step with which it has more than 16 MiB.
func TestChunkSize(t *testing.T) {
	const rows = 1 << 15 // of four numbers: 1 MiB a step, and a little more
	s := &shape{run: Run{Version: FormatVersion, Engine: "long", Precision: float64s, Samples: rows,
		Chain: []core.Spec{{Op: "tanh", N: 1}, {Op: "halfsq", N: 1}}}}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	v := make([]float64, rows)
	w, err := Create(filepath.Join(t.TempDir(), "run"), s.run)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 18 {
		st := &Step{T: k, M: rows, B: rows, Scale: 1, Loss: math.NaN(), X: v, Y: [][]float64{nil, v, v},
			V: [][]float64{nil, v, nil}}
		if err := w.Write(st); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for number, steps := range []int{16, 2} {
		open, err := openChunkAt(chunkName(w.dir, number), s)
		if err != nil {
			t.Fatal(err)
		}
		if open.chunk.k != steps {
			t.Errorf("chunk %d has %d steps, want %d", number, open.chunk.k, steps)
		}
		if err := open.close(); err != nil {
			t.Error(err)
		}
	}
}

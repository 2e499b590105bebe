package trace

import (
	"context"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// repeated is a source of one run again and again, with rising step numbers.
type repeated struct {
	steps []Step
	n, at int
}

func (r *repeated) Next(st *Step) error {
	if r.at == r.n {
		return io.EOF
	}
	*st = r.steps[r.at%len(r.steps)]
	st.T = r.at
	r.at++
	return nil
}

// kept20 are 20 steps of a run.
func kept20(b testing.TB) (*shape, []Step) { return keptSteps(b, engines[0], 20, 32, 16) }

// BenchmarkJudge is a step of the judge, reading aside; BenchmarkExactPass what it is held against: at
// most four of them.
func BenchmarkJudge(b *testing.B) {
	s, steps := kept20(b)
	defer cpu(b)()
	j, err := newRunJudge(s, "").run(context.Background(), &repeated{steps: steps, n: b.N})
	if err != nil || j.Steps != b.N {
		b.Fatal(err, j.Steps)
	}
}

// BenchmarkJudgeRecord reads the steps from files too.
func BenchmarkJudgeRecord(b *testing.B) {
	s, steps := kept20(b)
	dir := filepath.Join(b.TempDir(), "run")
	w, err := Create(dir, s.run)
	if err != nil {
		b.Fatal(err)
	}
	for t := range b.N {
		st := steps[t%len(steps)]
		st.T = t
		if err := w.Write(&st); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	defer cpu(b)()
	j, err := Judge(context.Background(), dir)
	if err != nil || j.Steps != b.N {
		b.Fatal(err)
	}
}

func BenchmarkExactPass(b *testing.B) {
	s, steps := kept20(b)
	batch := core.NewBatch(s.chain, 32)
	defer cpu(b)()
	for t := range b.N {
		st := steps[t%len(steps)]
		batch.Load(stepData{&st, s}, nil)
		batch.Pass(st.W, nil)
	}
}

// keptSteps are the first steps of a run.
func keptSteps(b testing.TB, e engine, count int, widths ...int) (*shape, []Step) {
	run := newEngineRun(b, e, 5, count, widths...)
	run.weights32 = true
	var list []Step
	var st Step
	for run.Next(&st) == nil {
		c := st
		c.X, c.Labels, c.Y, c.V = slices.Clone(st.X), slices.Clone(st.Labels), slices.Clone(st.Y), slices.Clone(st.V)
		for i := range c.Y {
			c.Y[i], c.V[i] = slices.Clone(st.Y[i]), slices.Clone(st.V[i])
		}
		list = append(list, c)
	}
	return run.shape, list
}

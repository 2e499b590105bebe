package trace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

// TestCrew: a record has the same judgement by one worker and by many, to the last bit: a clean run, a cause at one
// step, numbers that are not finite behind which nothing is judged, and a record that ends in an error.
func TestCrew(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	run := func(e engine, steps int) *engineRun { return newEngineRun(t, e, 5, steps, 6, 5) }
	spiked, broken := run(engines[0], 70), run(engines[1], 40)
	spiked.plant = &plant{site: spiked.shape.epsSite(4), from: 60, to: 60, size: 40}
	broken.plant = &plant{site: broken.shape.epsSite(4), from: 30, to: 40, add: func(_ int, row []float64) {
		row[1] = math.NaN()
	}}
	for name, run := range map[string]*engineRun{"clean": run(engines[3], 110), "spike": spiked, "NaN": broken} {
		dir := filepath.Join(t.TempDir(), "run")
		writeRecord(t, dir, run)
		judged := func(workers int, from func(*Record) source) (string, *Judgement) {
			r, err := Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			j, err := newRunJudge(r.shape, "").all(t.Context(), from(r), workers)
			if err != nil {
				return err.Error(), nil
			}
			data, err := json.Marshal(j)
			if err != nil {
				t.Fatal(err)
			}
			return string(data), j
		}
		all := func(r *Record) source { return r }
		want, j := judged(1, all)
		switch {
		case name == "clean" && (j.Fails() || j.Steps != 110), name == "spike" && len(j.Spikes) != 1,
			name == "NaN" && (j.Steps != 31 || j.Faults[0].Rule != "finite"):
			t.Errorf("%s: %d steps, %s", name, j.Steps, j.Says)
		}
		for workers := 2; workers <= 5; workers++ {
			if got, _ := judged(workers, all); got != want {
				t.Errorf("%s: %d workers: %s\nwant %s", name, workers, got, want)
			}
		}
		torn := func(r *Record) source { return &failing{r, 32} }
		want, _ = judged(1, torn)
		if name != "NaN" && want != "step 32 is torn" {
			t.Errorf("%s: %s", name, want)
		}
		for range 5 {
			if got, _ := judged(4, torn); got != want {
				t.Errorf("%s: an error behind: %s\nwant %s", name, got, want)
			}
		}
	}
}

// failing is a source whose step at cannot be read.
type failing struct {
	source
	at int
}

func (f *failing) Next(st *Step) error {
	if f.at--; f.at < 0 {
		return errors.New("step 32 is torn")
	}
	return f.source.Next(st)
}

// TestCrewStops: what was judged when the context ends comes with its error.
func TestCrewStops(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, workers := range []int{1, 4} {
		ctx, stop := context.WithCancel(t.Context())
		s, steps := keptSteps(t, engines[0], 5, 6, 5)
		from := &stopping{repeated{steps: steps, n: 40}, stop}
		j, err := newRunJudge(s, "").all(ctx, from, workers)
		if !errors.Is(err, context.Canceled) || j == nil || j.Steps != 20 {
			t.Errorf("%d workers: %v, %+v", workers, err, j)
		}
	}
}

// stopping is a source that ends the context with step 19.
type stopping struct {
	repeated
	stop func()
}

func (s *stopping) Next(st *Step) error {
	if s.at == 19 {
		s.stop()
	}
	return s.repeated.Next(st)
}

// TestLargeSteps: of steps that are large no more than two are at work at a time.
func TestLargeSteps(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	s, steps := keptSteps(t, engines[0], 3, 6, 5)
	for _, c := range []struct{ least, most, limit int }{{3, 5, smallStep}, {1, 2, int(s.numbers(steps[0].B)) - 1}} {
		seen := map[*float64]bool{} // where steps are read to
		r := newRunJudge(s, "")
		r.small = c.limit
		j, err := r.all(t.Context(), &copying{repeated{steps: steps, n: 60}, seen}, 5)
		if err != nil || j.Steps != 60 || len(seen) < c.least || len(seen) > c.most {
			t.Errorf("%v: %d steps at a time, %d judged, want %d to %d", err, len(seen), j.Steps, c.least, c.most)
		}
	}
}

// copying is a source that copies weights to where the step has room for them, as a Record does.
type copying struct {
	repeated
	seen map[*float64]bool
}

func (c *copying) Next(st *Step) error {
	room := sized(st.W, len(c.steps[0].W))
	if err := c.repeated.Next(st); err != nil {
		return err
	}
	copy(room, st.W)
	st.W = room
	c.seen[&room[0]] = true
	return nil
}

// TestFinite: that a number is not finite is seen in the sums of squares. Wherever one is put, what is found is what a
// look at all numbers finds, with nothing else beside it; and a state whose square alone is not finite is no fault of
// this kind.
func TestFinite(t *testing.T) {
	run := newEngineRun(t, engines[0], 5, 1, 6, 5)
	s := run.shape
	var first Step
	if err := run.Next(&first); err != nil {
		t.Fatal(err)
	}
	first.After = slices.Clone(first.W)
	n := s.chain.N()
	places := map[string]func(st *Step) *float64{
		"w":      func(st *Step) *float64 { return &s.chain.W(3, st.W)[0] },
		"w last": func(st *Step) *float64 { return &st.W[len(st.W)-1] },
		"U":      func(st *Step) *float64 { return &st.U[3] }, "after": func(st *Step) *float64 { return &st.After[3] },
	}
	for i := 1; i <= n; i++ {
		places[fmt.Sprint("Y_", i)] = func(st *Step) *float64 { return &st.Y[i][len(st.Y[i])-1] }
		if i < n {
			places[fmt.Sprint("V_", i)] = func(st *Step) *float64 { return &st.V[i][0] }
		}
	}
	for name, place := range places {
		for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e200} {
			st := again(&first)
			st.U, st.After = slices.Clone(first.U), slices.Clone(first.After)
			*place(st) = value
			j := newStepJudge(s, newApart(s))
			m := j.measure(st, j.exacts.take(nil, st, st.W))
			slow := newRecovery(s)
			slow.start(st)
			found := slow.notFinite()
			if m.finite == found || found != (value-value != 0) {
				t.Errorf("%s is %v: finite %v, and a look at all says %v", name, value, m.finite, !found)
			}
			if found && !sameFaults(j.seen, slow.seen) {
				t.Errorf("%s is %v: %+v, want %+v", name, value, j.seen, slow.seen)
			}
			if !found && len(j.seen) > 0 && j.seen[0].Rule == "finite" {
				t.Errorf("%s is %v: %+v", name, value, j.seen)
			}
		}
	}
}

func sameFaults(a, b []Fault) bool {
	return slices.EqualFunc(a, b, func(x, y Fault) bool {
		return x.Says == y.Says && x.Site == y.Site && x.Index == y.Index
	})
}

package logistic

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"

	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// rootStep is gamma of the coupled sweep.
func rootStep(steps int) float64 { return 1 / math.Sqrt(float64(steps)) }

// Outcome is a point with what it shows and what the oracle says of it.
type Outcome struct {
	Version   int        `json:"version"`
	Point     Point      `json:"point"`
	Measured  *Measured  `json:"measured"`
	Predicted *Predicted `json:"predicted"`
	Digest    string     `json:"digest"` // of all the above, in hex: a stored point that was edited is refused
}

// digest is what Digest has to be.
func (o *Outcome) digest() (string, error) {
	bare := *o
	bare.Digest = ""
	data, err := json.Marshal(&bare)
	return fmt.Sprintf("%x", sha256.Sum256(data)), err
}

// outcomeVersion changes with every change of what a point gives.
const outcomeVersion = 6

// maxOutcome is the size of a stored point: a few hundred numbers.
const maxOutcome = 1 << 20

// Result is all points of some figures.
type Result struct {
	Figures []Figure
	Command string // that Page is written by; "" for PageCommand
	of      map[uint64]*Outcome
}

// Of is what became of a point of one of the figures.
func (r *Result) Of(p Point) *Outcome { return r.of[p.Key()] }

// Progress hears how many steps of all runs are done, those that were stored apart, and which share, 0 to 1, of the
// guessed cost of all that was not stored.
type Progress func(done, total, stored int64, share float64)

// Run makes all points of figures, which Check accepts, on all cores. With a directory
// each goes to a file of its own in dir/points, whole or not at all, and those that are
// there are not made again: a run that was killed goes on where it was, and ends in the
// same bytes. The dearest are made first, and nothing but the time depends on that. It ends early, with the error of
// ctx, when that is done.
func Run(ctx context.Context, figures []Figure, dir string, say Progress) (*Result, error) {
	r := &Result{Figures: figures, of: map[uint64]*Outcome{}}
	order, traces := distinctPoints(figures)
	var total, stored int64
	for _, p := range order {
		r.of[p.Key()] = nil
		total += int64(p.T)
	}
	if dir != "" {
		if err := os.MkdirAll(filepath.Join(dir, "points"), 0o777); err != nil {
			return nil, err
		}
	}
	var missing []Point
	for _, p := range order {
		o, err := load(dir, p, traces[p.Key()])
		if err != nil {
			return nil, err
		}
		if o == nil {
			missing = append(missing, p)
			continue
		}
		r.of[p.Key()] = o
		stored += int64(p.T)
	}
	plan := dearestFirst(missing, traces)
	var mu sync.Mutex
	done, spent, all, failed := stored, 0.0, newShared(), error(nil)
	if say != nil {
		say(done, total, stored, 0)
	}
	pool.Each(len(plan.points), runtime.GOMAXPROCS(0), func(k int) {
		p := plan.points[k]
		if ctx.Err() != nil {
			return
		}
		s := all.of(p)
		o := &Outcome{Version: outcomeVersion, Point: p}
		if o.Measured = simulate(ctx, p, s); o.Measured == nil {
			return
		}
		o.Predicted = predict(newField(p, s), traces[p.Key()])
		if p.Data == "" {
			o.Predicted.Arrival = newField(p, s).arrival(o.Predicted)
		}
		err := o.store(dir)
		mu.Lock()
		defer mu.Unlock()
		r.of[p.Key()] = o
		if failed == nil {
			failed = err
		}
		done, spent = done+int64(p.T), spent+plan.cost[k]
		if say != nil {
			say(done, total, stored, spent/plan.total)
		}
	})
	return r, errors.Join(failed, ctx.Err())
}

// shared draws the data of each draw once.
type shared struct {
	mu sync.Mutex
	by map[dataKey]*data
}

// dataKey is what data depend on.
type dataKey struct {
	set  string
	d, m int
	draw uint64
}

func newShared() *shared { return &shared{by: map[dataKey]*data{}} }

func (s *shared) of(p Point) *data {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := dataKey{p.Data, p.D, p.M, p.Draw}
	if s.by[key] == nil {
		s.by[key] = dataOf(p)
	}
	return s.by[key]
}

func file(dir string, p Point) string {
	return filepath.Join(dir, "points", fmt.Sprintf("%016x.json", p.Key()))
}

// load is nil where the point is not stored, or without a trace that is asked for, or by
// another version.
func load(dir string, p Point, trace bool) (*Outcome, error) {
	if dir == "" {
		return nil, nil
	}
	data, err := strict.ReadFile(file(dir, p), maxOutcome)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o := new(Outcome)
	if err := strict.Unmarshal(data, o); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it to make it anew", file(dir, p), err)
	}
	if o.Version != outcomeVersion {
		return nil, nil
	}
	if !reflect.DeepEqual(o.Point, p) || o.Measured == nil || o.Predicted == nil || !o.Measured.sound() {
		return nil, fmt.Errorf("%s: not the outcome of the point of this name; remove it to make it anew", file(dir, p))
	}
	if want, err := o.digest(); err != nil || o.Digest != want {
		return nil, fmt.Errorf("%s: its digest is not that of its numbers; remove it to make it anew", file(dir, p))
	}
	if trace && o.Predicted.Trace == nil {
		return nil, nil
	}
	return o, nil
}

func (m *Measured) sound() bool {
	return m.Stable > 0 && m.Low <= m.High && len(m.Trace) > 0
}

func (o *Outcome) store(dir string) error {
	var err error
	if o.Digest, err = o.digest(); err != nil {
		return fmt.Errorf("%s: %w", file(dir, o.Point), err)
	}
	if dir == "" {
		return nil
	}
	data, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("%s: %w", file(dir, o.Point), err)
	}
	return strict.WriteFile(file(dir, o.Point), append(data, '\n'))
}

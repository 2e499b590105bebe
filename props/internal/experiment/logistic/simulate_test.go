package logistic

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestSimulateByHand: one sample of one coordinate, all numbers of a run again by a plain loop.
func TestSimulateByHand(t *testing.T) {
	for _, steps := range []int{2, 7, 40} {
		p := Point{D: 1, M: 1, Reg: Convex, Start: 3, Gamma: 0.8, T: steps, EWMA: 0.5, Seed: 4,
			Law: Law{Every: 1, Reading: OneAStep}}
		s := fromTable([][]float64{{1.5}}, []int{0})
		m := simulate(context.Background(), p, s)
		w, e := 3.0, 0.0
		var norms, signed, ewma []float64
		for range steps {
			g := 1.5/(1+math.Exp(-1.5*w)) + 0.2*w
			signed, norms = append(signed, g), append(norms, math.Abs(g))
			if e = 0.5*e + 0.5*math.Abs(g); len(ewma) == 0 {
				e = math.Abs(g)
			}
			ewma = append(ewma, e)
			w -= 0.8 * g
		}
		mean := func(v []float64) (sum float64) {
			for _, x := range v {
				sum += x / float64(len(v))
			}
			return sum
		}
		from := steps - steps/2
		stable, squares := mean(ewma[from:]), 0.0
		for _, v := range norms {
			squares += v * v / float64(steps)
		}
		tail := slices.Sorted(slices.Values(norms[from:]))
		at := func(share float64) float64 { return tail[int(math.Round(share*float64(len(tail)-1)))] }
		nearAll(t, "stable, low, high, |mean|, squares, w", []float64{m.Stable, m.Low, m.High, m.MeanNorm, m.Squares,
			m.W[0]}, []float64{stable, at(0.05), at(0.95), math.Abs(mean(signed[from:])), squares, w}, 1e-12)
		want := slices.IndexFunc(ewma, func(v float64) bool { return v < 1.5*stable })
		if m.Complexity != want {
			t.Errorf("T = %d: complexity %d, want %d", steps, m.Complexity, want)
		}
		for _, at := range m.Trace {
			near(t, "trace", at.EWMA, ewma[at.T], 1e-12)
		}
		if n := len(m.Trace); m.Trace[0].T != 0 || m.Trace[n-1].T != steps-1 {
			t.Errorf("a trace from %d to %d", m.Trace[0].T, m.Trace[n-1].T)
		}
	}
}

// TestSimulateXi: one normal number a coordinate, of the seed and the key, of the size xi.
func TestSimulateXi(t *testing.T) {
	p := Point{D: 2, M: 1, Reg: core.Regularizer{Kind: "l2", Rho: 0.25}, Start: 1, Gamma: 0.5, T: 2, EWMA: 0.9, Xi: 0.3,
		Seed: 7, Law: Law{Every: 1, Reading: OneAStep}}
	m := simulate(context.Background(), p, fromTable([][]float64{{0, 0}}, []int{0}))
	rng := rand.New(rand.NewPCG(7, p.Key()))
	w := []float64{1, 1}
	for range 2 {
		for j := range w {
			w[j] -= 0.5 * (0.5*w[j] + 0.3*rng.NormFloat64())
		}
	}
	nearAll(t, "w", m.W, w, 1e-15)
}

func TestSimulateStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := Point{D: 1, M: 1, Reg: Convex, Gamma: 1, T: 5, Law: Law{Every: 1, Reading: OneAStep}}
	if m := simulate(ctx, p, newData(1, 1, 1)); m != nil {
		t.Errorf("%+v after the end of ctx", m)
	}
	if m := Simulate(p); m == nil || m.Complexity > 5 {
		t.Errorf("%+v", m)
	}
}

// TestKey: every field changes it, and with it the noise and the name of the file.
func TestKey(t *testing.T) {
	one := func() Point { return base(1, Convex, Law{}, 0.1) }
	seen := map[uint64]string{}
	for name, change := range map[string]func(p *Point){
		"nothing": func(*Point) {}, "data": func(p *Point) { p.Data = Digits }, "d": func(p *Point) { p.D++ },
		"m": func(p *Point) { p.M++ }, "draw": func(p *Point) { p.Draw++ }, "kind": func(p *Point) { p.Reg.Kind = "" },
		"rho": func(p *Point) { p.Reg.Rho++ }, "start": func(p *Point) { p.Start++ },
		"s_f": func(p *Point) { p.Law.Forward++ }, "s_b": func(p *Point) { p.Law.Backward++ },
		"one-sided": func(p *Point) { p.Law.OneSided = true }, "every": func(p *Point) { p.Law.Every++ },
		"phase": func(p *Point) { p.Law.Phase++ }, "reading": func(p *Point) { p.Law.Reading = OneASample },
		"format": func(p *Point) { p.Law.Format = &Format{} },
		"keep":   func(p *Point) { p.Law.Format = &Format{Keep: 1} },
		"gamma":  func(p *Point) { p.Gamma++ }, "T": func(p *Point) { p.T++ }, "EWMA": func(p *Point) { p.EWMA++ },
		"xi": func(p *Point) { p.Xi++ }, "seed": func(p *Point) { p.Seed++ },
	} {
		p := one()
		change(&p)
		if other, twice := seen[p.Key()]; twice {
			t.Errorf("%s and %s have one key", name, other)
		}
		if q := p; q.Key() != p.Key() {
			t.Errorf("%s: two keys", name)
		}
		seen[p.Key()] = name
	}
}

// TestTraceSteps: all of the first ones, then 40 a decade, and both ends.
func TestTraceSteps(t *testing.T) {
	for steps, want := range map[int][]int{
		2: {0, 1}, 3: {0, 1, 2}, 8: {0, 1, 2, 3, 4, 5, 6, 7}, 20: {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
			16, 17, 18, 19},
	} {
		if got := traceSteps(steps); !slices.Equal(got, want) {
			t.Errorf("%d: %v", steps, got)
		}
	}
	all := traceSteps(100_000)
	decade := slices.Index(all, 10_000) - slices.Index(all, 1000)
	if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) || decade != 40 ||
		all[0] != 0 || all[len(all)-1] != 99_999 {
		t.Errorf("%d steps in a decade of %v", decade, all)
	}
}

// TestStart is w^0 in all coordinates.
func TestStart(t *testing.T) {
	p := Point{D: 3, Start: -0.5}
	nearAll(t, "w^0", p.start(), []float64{-0.5, -0.5, -0.5}, 0)
}

package logistic

import (
	"runtime"
	"testing"
	"time"
)

// TestEstimateWeighs: delta costs a second pass, at the steps that have it and at no others, and
// each point counts once, with its T.
func TestEstimateWeighs(t *testing.T) {
	usual := stepTime
	defer func() { stepTime = usual }()
	stepTime = func(_ Point, l Law) time.Duration {
		if l.Forward > 0 {
			return 7 * time.Microsecond
		}
		return 3 * time.Microsecond
	}
	for _, c := range []struct {
		steps int
		law   Law
		want  time.Duration // of a step, on one core
	}{
		{1000, Law{}, 3 * time.Microsecond},
		{3000, Law{}, 3 * time.Microsecond},
		{1000, Law{Forward: 1}, 7 * time.Microsecond}, // at every step by default
		{1000, Law{Forward: 1, Every: 4}, 4 * time.Microsecond},
		{1000, Law{Backward: 1}, 3 * time.Microsecond},
	} {
		c.law.Reading = OneASample
		p := base(1, Convex, c.law, 0.1)
		p.T = c.steps
		f := Figure{Panels: []Panel{{Curves: []Curve{{Points: []Point{p, p}}}}}}
		runs, steps, took := Estimate([]Figure{f, f})
		alone := c.want * time.Duration(c.steps)
		oracle := float64(alone) * oracleCost(p, false) / stepsCost(p)
		want := (alone + time.Duration(oracle)) / time.Duration(runtime.GOMAXPROCS(0))
		if runs != 1 || steps != int64(c.steps) || took != want {
			t.Errorf("%d steps of %+v: %d runs, %d steps, %v; want 1, %d, %v", c.steps, c.law, runs, steps, took, c.steps, want)
		}
	}
	p := base(1, Convex, Law{Reading: OneASample, Every: 1}, 0.1)
	of := func(axis Axis) time.Duration {
		_, _, took := Estimate([]Figure{{Panels: []Panel{{Axis: axis, Curves: []Curve{{Points: []Point{p}}}}}}})
		return took
	}
	if with, without := of(ByStep), of(ByGamma); with <= without {
		t.Errorf("with a trace %v, without %v", with, without)
	}
	stepTime = usual
	l := Law{Reading: OneASample, Every: 1}
	if took := stepTime(base(1, Convex, l, 0.1), l); took <= 0 || took >= time.Hour {
		t.Errorf("a step takes %v", took)
	}
}

package logistic

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"
)

// estimateCalls is how many steps of each kind are timed; the shortest counts.
const estimateCalls = 200

// Estimate is how many runs and steps figures take, and about how long that takes from
// nothing on this machine when nothing else runs. Steps are timed; the oracle, which adds a
// fifth at full size and twice as much again to -quick, is taken for as dear beside them as
// it was where oracleCost was measured.
func Estimate(figures []Figure) (distinct int, steps int64, took time.Duration) {
	type kind struct {
		m, d              int
		forward, backward bool
		reading           Reading
		data, format      string
	}
	timed := map[kind]time.Duration{}
	stepOf := func(p Point, forward bool) time.Duration {
		k := kind{p.M, p.D, forward, p.Law.Backward > 0, p.Law.Reading, p.Data, fmt.Sprintf("%+v", p.Law.Format)}
		if t, ok := timed[k]; ok {
			return t
		}
		l := Law{Backward: p.Law.Backward, Every: 1, Reading: p.Law.Reading, Format: p.Law.Format}
		if forward {
			l.Forward = p.Law.Forward
		}
		timed[k] = stepTime(p, l)
		return timed[k]
	}
	points, traces := distinctPoints(figures)
	expected, oracle := 0.0, 0.0
	for _, p := range points {
		steps += int64(p.T)
		each := float64(stepOf(p, false))
		if p.Law.Forward > 0 {
			each += (float64(stepOf(p, true)) - each) / float64(p.Law.Every)
		}
		took += time.Duration(each * float64(p.T))
		expected += stepsCost(p)
		oracle += oracleCost(p, traces[p.Key()])
	}
	if expected > 0 {
		took += time.Duration(float64(took) * oracle / expected)
	}
	return len(points), steps, took / time.Duration(runtime.GOMAXPROCS(0))
}

// stepTime is how long a step of p takes under a law.
var stepTime = func(p Point, l Law) time.Duration {
	s := newStepper(dataOf(p), l, rand.NewPCG(1, 1))
	w, least := make([]float64, p.D), time.Hour
	for range estimateCalls {
		start := time.Now()
		s.gradients(0, w)
		least = min(least, time.Since(start))
	}
	return least
}

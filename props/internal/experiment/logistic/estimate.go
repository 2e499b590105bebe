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
// nothing on this machine when nothing else runs, without the oracle, which adds about a
// tenth.
func Estimate(figures []Figure) (distinct int, steps int64, took time.Duration) {
	type kind struct {
		m, d              int
		forward, backward bool
		reading           Reading
		data, format      string
	}
	timed := map[kind]time.Duration{}
	cost := func(p Point, forward bool) time.Duration {
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
	seen := map[uint64]bool{}
	for _, f := range figures {
		for _, p := range f.points() {
			if seen[p.Key()] {
				continue
			}
			seen[p.Key()] = true
			distinct++
			steps += int64(p.T)
			each := float64(cost(p, false))
			if p.Law.Forward > 0 {
				each += (float64(cost(p, true)) - each) / float64(p.Law.Every)
			}
			took += time.Duration(each * float64(p.T))
		}
	}
	return distinct, steps, took / time.Duration(runtime.GOMAXPROCS(0))
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

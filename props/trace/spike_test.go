package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
)

// TestRecoveryDrawn: when the loss of drawn runs is back, and when (41) promises that, step by step: the loss is back
// when the mean of three is no further above the median of the twenty steps before than three deviations; beta
// q^{k/2} must fall to what the root of the gap may grow by.
func TestRecoveryDrawn(t *testing.T) {
	median := func(v []float64) float64 {
		v = slices.Clone(v)
		slices.Sort(v)
		return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	back, promised := map[bool]int{}, 0
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 38))
		s := &series{}
		n := 8 + rng.IntN(50)
		first := rng.IntN(n)
		last := first + rng.IntN(min(3, n-first))
		peak := first + rng.IntN(last-first+1)
		level, slope := 3*rng.Float64(), rng.Float64()
		for k := range n {
			s.t, s.gamma = append(s.t, 5+3*k+k*k), append(s.gamma, 0.3+rng.Float64()/4)
			loss := 1 + rng.Float64()
			if k > last {
				loss = 1 + rng.Float64() + level*math.Exp(-slope*float64(k-last))
			}
			s.loss, s.error2 = append(s.loss, loss), append(s.error2, 0.01+rng.Float64())
		}
		c := smooth{l: 0.5 + 2*rng.Float64(), lstar: 0.75 * rng.Float64() * 2}
		c.mu = c.l * rng.Float64() / 4
		var sp Spike
		sp.Took, sp.Promised = -1, -1
		s.recovery(&sp, first, last, peak, c)
		var before, off []float64
		for k := range n {
			if k >= first-20 && k <= first {
				before = append(before, s.loss[k])
			}
		}
		for _, x := range before {
			off = append(off, math.Abs(x-median(before)))
		}
		band := 3 * 1.4826 * median(off)
		took := -1
		for k := last + 1; k+2 < n && took < 0; k++ {
			if (s.loss[k]+s.loss[k+1]+s.loss[k+2])/3 <= median(before)+band {
				took = s.t[k] - s.t[last]
			}
		}
		back[took >= 0]++
		if sp.Took != took || sp.Recovered != (took >= 0) {
			t.Fatalf("seed %d: back after %d, %v, want %d", seed, sp.Took, sp.Recovered, took)
		}
		g := s.gamma[peak]
		want, why := -1, ""
		switch q := 1 - c.mu*g*(2-c.l*g); {
		case band == 0:
			why = "constants that (41) needs"
		case g*c.l > 1:
			why = "(41) needs a step size of at most 1/L"
		default:
			gap := max(0, median(before)-c.lstar)
			beta, allowed := math.Sqrt(c.l/2)*g*math.Sqrt(s.error2[peak]), math.Sqrt(gap+band)-math.Sqrt(gap)
			for want = 0; beta > allowed && want < 1e6; want++ {
				beta *= math.Sqrt(q)
			}
			if want == 1e6 {
				continue
			}
			if want > 0 {
				promised++
			}
		}
		if sp.Promised != want || !strings.HasPrefix(sp.Why, why) || (sp.Why == "") != (why == "") {
			t.Fatalf("seed %d: promised after %d (%q), want %d (%q)", seed, sp.Promised, sp.Why, want, why)
		}
	}
	if back[true] < 50 || back[false] < 50 || promised < 20 {
		t.Errorf("%v are back, something is promised of %d", back, promised)
	}
	// q is what bounds has.
	if q, want := (bounds.Smooth{L: 2, Mu: 0.5, Gamma: 0.25}).RootQ(), 1-0.5*0.25*(2-2*0.25); q != want {
		t.Errorf("q = %v, want %v", q, want)
	}
}

// TestPromisesNeed: what is not known or does not fit promises nothing.
func TestPromisesNeed(t *testing.T) {
	for _, c := range []struct {
		name     string
		c        smooth
		g, noise float64
		why      string
	}{
		{"all", smooth{l: 2, mu: 0.5}, 0.5, 1, ""}, {"mu is L", smooth{l: 2, mu: 2}, 0.25, 1, ""},
		{"small ones", smooth{l: 0.5, mu: 0.25}, 0.25, 1, ""}, {"no L", smooth{mu: 0.5}, 0.5, 1, "not known"},
		{"no mu", smooth{l: 2}, 0.5, 1, "not known"}, {"mu above L", smooth{l: 2, mu: 2.1}, 0.25, 1, "not known"},
		{"no step", smooth{l: 2, mu: 0.5}, 0, 1, "not known"}, {"a step up", smooth{l: 2, mu: 0.5}, -0.5, 1, "not known"},
		{"no noise", smooth{l: 2, mu: 0.5}, 0.5, 0, "not known"}, {"a large step", smooth{l: 2, mu: 0.5}, 0.51, 1, "1/L"},
		{"NaN", smooth{l: math.NaN(), mu: 0.5}, 0.5, 1, "not known"},
		{"NaN", smooth{l: 2, mu: 0.5}, math.NaN(), 1, "not known"},
	} {
		s := &series{}
		for k := range 30 {
			s.t, s.gamma = append(s.t, k), append(s.gamma, c.g)
			s.loss, s.error2 = append(s.loss, 10+c.noise*float64(k%3)), append(s.error2, 1e-6)
		}
		sp := Spike{Promised: -1}
		s.recovery(&sp, 15, 15, 15, c.c)
		if (sp.Promised == 0) != (c.why == "") || (sp.Promised == -1) != (c.why != "") || !strings.Contains(sp.Why, c.why) {
			t.Errorf("%s: promised %d, %q", c.name, sp.Promised, sp.Why)
		}
	}
}

// TestPeaks: the peak of a spike is its largest step, the first of equal ones; flagged steps with two others between
// them are two spikes.
func TestPeaks(t *testing.T) {
	for _, c := range []struct {
		flagged []int
		error2  []float64
		want    [][3]int
	}{
		{[]int{25}, []float64{5}, [][3]int{{25, 25, 25}}},
		{[]int{25, 26, 27}, []float64{5, 5, 5}, [][3]int{{25, 27, 25}}},
		{[]int{25, 27, 29}, []float64{5, 6, 6}, [][3]int{{25, 29, 27}}},
		{[]int{25, 27, 29}, []float64{7, 6, 8}, [][3]int{{25, 29, 29}}},
		{[]int{25, 28, 30}, []float64{7, 6, 8}, [][3]int{{25, 25, 25}, {28, 30, 30}}},
		{nil, nil, nil},
	} {
		s := &series{flagged: c.flagged}
		for k := range 40 {
			s.t, s.gamma = append(s.t, k), append(s.gamma, 0.5)
			s.loss, s.error2 = append(s.loss, 1), append(s.error2, 1+float64(k%2))
		}
		for k, at := range c.flagged {
			s.error2[at] = c.error2[k]
		}
		var got [][3]int
		for _, sp := range s.spikes(smooth{}) {
			got = append(got, [3]int{sp.From, sp.To, sp.Peak})
			if sp.Error2 != Number(s.error2[sp.Peak]) || sp.Took == 0 || sp.Share == sp.Share {
				t.Errorf("%+v", sp)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%v: %v, want %v", c.flagged, got, c.want)
		}
	}
}

// TestSpikesDrawn: a spike is more than ten times the median of up to fifty steps before it, and eight deviations
// above it by logarithms, in drawn series.
func TestSpikesDrawn(t *testing.T) {
	count := map[bool]int{}
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 39))
		s := &series{}
		width := rng.Float64() / 2
		for k := range 120 {
			m := measured{t: k, loss: 1, error2: math.Exp(width * rng.NormFloat64()), grad2: rng.Float64()}
			if rng.IntN(4) == 0 {
				m.error2 *= math.Exp(5 * rng.Float64())
			}
			got := s.add(m)
			var logs, off []float64
			for i := max(0, k-50); i < k; i++ {
				logs = append(logs, math.Log(s.error2[i]))
			}
			median := medianOf(slices.Clone(logs))
			for _, x := range logs {
				off = append(off, math.Abs(x-median))
			}
			want := len(logs) >= 20 && math.Log(m.error2)-median > math.Log(10) &&
				math.Log(m.error2)-median > 8*1.4826*medianOf(off)
			if got != want || slices.Contains(s.flagged, k) != want {
				t.Fatalf("seed %d, step %d: a spike %v, want %v", seed, k, got, want)
			}
			count[want]++
		}
	}
	if count[true] < 20 {
		t.Errorf("%v", count)
	}
}

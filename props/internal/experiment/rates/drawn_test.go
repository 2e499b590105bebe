package rates

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestConvexTerm: a third of the terms are quadratics, a third are flat, and a third curved ones,
// without which JudgeConvexL2 would be about quadratics alone.
func TestConvexTerm(t *testing.T) {
	for k := range uint64(120) {
		lambda, a, _, h := convexTerm(rand.New(rand.NewPCG(1, k)), k)
		if (h > 0) != (k%3 == 0) || (a != 0) != (k%3 == 2) || !(lambda >= 0.1 && lambda < 1.1) {
			t.Errorf("%d: lambda = %v, a = %v, h = %v", k, lambda, a, h)
		}
	}
}

// TestForEachSpikes: errors at none of the steps and at all of them are drawn, and never at more.
func TestForEachSpikes(t *testing.T) {
	var none, all, settings int
	for seed := range uint64(20) {
		forEachSpikes(seed, func(_ *rand.Rand, mu, d0, m float64, spikes, steps int) {
			settings++
			if spikes == 0 {
				none++
			}
			if spikes == steps {
				all++
			}
			if spikes < 0 || spikes > steps || steps < 1 || steps > 40 || !(mu >= 0.25 && mu < 1.25) ||
				!(d0 >= 0 && d0 < 3) || !(m >= 0.1 && m < 1.1) {
				t.Errorf("%d errors in %d steps, mu = %v, D0 = %v, m = %v", spikes, steps, mu, d0, m)
			}
		})
	}
	if settings != 1200 || none == 0 || all == 0 {
		t.Errorf("%d settings, %d without errors, %d of errors alone", settings, none, all)
	}
}

// TestRemark2Still: with steps that hardly move D0 stays, in the bound and on the quadratic: both are
// T/ln T over the rate, at T = 2^30 the most, and what is told is that it grows.
func TestRemark2Still(t *testing.T) {
	j := judgeRemark2(func(float64) float64 { return 1e-15 })
	const want = (1 << 30) / (30 * math.Ln2)
	if j.Verdict == claim.Holds || !(math.Abs(j.Ratio/want-1) < 1e-5) ||
		!strings.HasPrefix(j.Note, "(38) over ln T/T grows") {
		t.Errorf("%+v, want a ratio of %v", j, want)
	}
}

// TestRootBudgetHalf: growth is told from half of the exponents on.
func TestRootBudgetHalf(t *testing.T) {
	j, admitted := JudgeRootBudget(), 0
	for _, condition := range []float64{1, 8, 64} {
		for k := 2; k <= 30; k++ {
			if 3*condition*float64(k)*math.Ln2/math.Ldexp(1, k) <= 1 { // g <= 1/(3L)
				admitted++
			}
		}
	}
	if !strings.Contains(j.Note, " at T = 2^20 to ") || j.Cases != admitted {
		t.Errorf("%d cases: %s", j.Cases, j.Note)
	}
}

// TestDraws: testdata/draws.txt has the sums of what each judge draws, and the first three wild runs: a factor or a
// place of a draw that changes leaves verdicts and ratios as they are.
func TestDraws(t *testing.T) {
	var out strings.Builder
	sum := map[string]float64{}
	add := func(name string, values ...float64) {
		for _, v := range values {
			sum[name] += v
		}
	}
	say := func(name string) {
		fmt.Fprintf(&out, "%s:", name)
		for _, k := range slices.Sorted(maps.Keys(sum)) {
			fmt.Fprintf(&out, " %s %.6g", k, sum[k])
		}
		clear(sum)
		out.WriteString("\n")
	}
	judgeStepForm(1, func(s bounds.Smooth, d0 float64, gammas, mean2, spread2 []float64) float64 {
		add("L", s.L)
		add("mu", s.Mu)
		add("sigma^2", s.SigmaSq)
		add("D0", d0)
		add("g", gammas...)
		add("mean^2", mean2...)
		add("spread^2", spread2...)
		add("steps", float64(len(gammas)))
		return math.Inf(1)
	})
	say("runs")
	for k := range 9 {
		r := randomStepRun(rand.New(rand.NewPCG(1, uint64(k))), k)
		add("start", r.start...)
		add("mean", r.mean...)
		add("along", float64(r.along))
		say(fmt.Sprintf("run %d", k))
	}
	count := func() spikeFloor {
		return func(mu, d0, m float64, spikes, steps int) float64 {
			if steps <= 40 {
				add("mu", mu)
				add("D0", d0)
				add("m", m)
				add("Q", float64(spikes))
				add("steps", float64(steps))
				add("calls", 1)
			}
			return 0
		}
	}
	judgeSpikeFloor(1, count())
	say("spikes")
	judgeConstantFloor(1, count())
	say("constant")
	judgeHarmonic(1, func(s bounds.Smooth, d0, m float64, spikes, steps int, t0 float64) float64 {
		add("t0", t0)
		add("sigma^2", s.SigmaSq)
		return count()(s.L, d0, m, spikes, steps)
	}, bounds.SpikeFloor)
	say("harmonic")
	for n := 3; n <= 9; n += 3 {
		calls := 0
		j := judgeSpikeFloor(1, func(float64, float64, float64, int, int) float64 {
			if calls++; calls == n {
				return math.Inf(1)
			}
			return 0
		})
		_, run, _ := strings.Cut(j.Note, ": ")
		for _, field := range strings.FieldsFunc(run, func(r rune) bool { return strings.ContainsRune(" []", r) }) {
			if v, err := strconv.ParseFloat(field, 64); err == nil {
				fmt.Fprintf(&out, "%.6g ", v)
			}
		}
		out.WriteString("\n")
	}
	for k := range uint64(120) {
		left, right := convexSides(rand.New(rand.NewPCG(1, k)), k)
		add(fmt.Sprintf("left %d", k%3), left)
		add(fmt.Sprintf("right %d", k%3), right)
	}
	say("convex terms")
	judgeBernoulli(1, func(a, x float64) (left, right float64) {
		add("a", math.Log(a))
		add("x", math.Log(x))
		return 1, 1
	})
	say("Bernoulli")
	golden(t, "testdata/draws.txt", out.String())
}

// TestRandomStepRun: the kinds of runs: short ones with chance, long ones without, and the worst case, whose errors
// push away from 0, or hold the start where it is.
func TestRandomStepRun(t *testing.T) {
	longest, both := [3]int{}, [2]bool{}
	for seed := range uint64(20) {
		for k := range 18 {
			r := randomStepRun(rand.New(rand.NewPCG(seed, uint64(k))), k)
			longest[k%3] = max(longest[k%3], len(r.gammas))
			both[r.along] = true
			if n := len(r.curvatures); (n == 1) != (k%3 == 1) || len(r.start) != n || r.along >= n {
				t.Fatalf("%d: %v", k, r)
			}
			for at, g := range r.gammas {
				top := 1 / slices.Max(r.curvatures)
				if k%9 == 1 && r.mean[at] != -r.start[0] || k%9 == 1 && g > top/64 || g < 0 || g > top ||
					(r.spread[at] > 0) != (k%3 == 0) || k%3 == 1 && r.mean[at]*r.start[0] >= 0 {
					t.Errorf("%d, step %d: %v", k, at, r)
				}
			}
			if h := r.curvatures; h[0] < 0.25 || h[0] >= 1.25 || len(h) == 2 && (h[1] < h[0] || h[1] >= 5*h[0]) {
				t.Errorf("%d: curvatures %v", k, h)
			}
			if noisy := r.problem.Len() == 2; noisy != (k%3 == 0) {
				t.Errorf("%d: %d inputs", k, r.problem.Len())
			}
		}
	}
	if longest != [3]int{4, 40, 40} || both != [2]bool{true, true} {
		t.Errorf("longest runs %v, along %v", longest, both)
	}
}

// TestSoftplusEnd by hand: the slope at 0 is 1/2 - 2, so that one step of 1/2 goes to 3/4; the next one from there.
func TestSoftplusEnd(t *testing.T) {
	w := 0.75
	for _, l2 := range []float64{0, 0.25} {
		next := w - (1/(1+math.Exp(-w))-2+l2*w)/2
		for steps, at := range map[int]float64{0: 0, 1: w, 2: next} {
			want := math.Log(1+math.Exp(at)) + l2*at*at/2
			if got := softplusEnd(l2, steps); !(math.Abs(got-want) <= 1e-14) {
				t.Errorf("l2 = %v, %d steps: %v, want %v", l2, steps, got, want)
			}
		}
	}
	// What is asked of the ends: T/2 at least without l2, 32 at most with it.
	for name, c := range map[string]struct {
		without, with float64 // over T, and as it is
		want          claim.Verdict
	}{
		"met": {0.5, 32, claim.Holds}, "too low": {0.499, 32, claim.Refuted}, "too high": {0.5, 32.1, claim.Refuted},
	} {
		asked := map[int]int{}
		j := judgeBeyond(func(l2 float64, steps int) float64 {
			asked[steps]++
			switch l2 {
			case 0:
				return c.without * float64(steps)
			case 0.25:
				return c.with
			}
			t.Errorf("l2 = %v", l2)
			return 0
		})
		if j.Verdict != c.want || len(asked) != 11 || asked[16] != 2 || asked[1<<14] != 2 || j.Cases != 22 {
			t.Errorf("%s: %s: %s, asked for %v", name, j.Verdict, j.Note, asked)
		}
	}
}

// TestExponential: growth by 2 an operator is asked for, from 8, 16 and 32 to twice as many.
func TestExponential(t *testing.T) {
	for f, want := range map[float64]claim.Verdict{1.99: claim.Refuted, 2: claim.Holds, 2.01: claim.Holds} {
		asked := map[int]bool{}
		j := judgeExponential(func(n int, _, _ float64) float64 { asked[n] = true; return 3 * math.Pow(f, float64(n)) },
			func(c, lf float64) bool { return c == 4 && lf >= 2 })
		if j.Verdict != want || j.Cases != 6 || !maps.Equal(asked, map[int]bool{8: true, 16: true, 32: true, 64: true}) {
			t.Errorf("growth by %v: %s after %d: %s, asked for %v", f, j.Verdict, j.Cases, j.Note, asked)
		}
	}
	// Growth at the last doubling alone is not enough, nor is decline there.
	late := func(n int, _, _ float64) float64 { return math.Pow(2, float64(min(n, 32))) }
	if j := judgeExponential(late, func(c, lf float64) bool { return c == 4 && lf == 4 }); j.Verdict != claim.Refuted ||
		!strings.HasPrefix(j.Note, "C = 4, Lf = 4: from N = 32 to 64 the largest coefficient grows by 1 an") {
		t.Errorf("%s: %s", j.Verdict, j.Note)
	}
}

package rates

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

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

package beyond

import (
	"bytes"
	"flag"
	"math"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
)

// TestCanFail: each judgement sees a bound that is lowered, a formula that is wrong, or a
// hypothesis that is left out.
func TestCanFail(t *testing.T) {
	const less = 0.99
	for name, got := range map[string]claim.Judgement{
		"feedback, a hundredth less": judgeFeedback(7, func(f bounds.Feedback) float64 { return less * f.Root() }),
		"feedback, half the memory": judgeFeedback(7, func(f bounds.Feedback) float64 {
			f.M2 /= 4
			return f.Root()
		}),
		"mean gradient, without the memory": judgeFeedbackMean(7, func(f bounds.Feedback) float64 {
			f.M2 = 0
			return f.MeanGrad()
		}),
		"mean gradient, without noise": judgeFeedbackMean(7, func(f bounds.Feedback) float64 {
			f.SigmaSq = 0
			return f.MeanGrad()
		}),
		"momentum, without the memory": judgeMomentumMean(7, func(f bounds.Feedback) float64 {
			f.M2, f.D0 = 0, f.D0/4
			return f.MeanGrad()
		}),
		"saved, cubic":    judgeSavedQuadratic(7, 3, false),
		"saved, together": judgeSavedQuadratic(7, 2, true),
		"saved, mean, a hundredth less": judgeSavedMean(7, func(c, l2 float64, s2 []float64) float64 {
			return less * bounds.SavedMean(c, l2, s2)
		}),
		"saved, a third less": judgeSaved(7, func(c, l1 float64, size []float64) float64 {
			return 2. / 3 * bounds.Saved(c, l1, size)
		}),
		"no reference":               judgeReference(7, true),
		"one memory, another number": judgeOneMemory(7, big.NewRat(-3, 29)),
		"one memory for two samples": judgeSampleMemory(7, true),
		"carried, the plateau without its second order": judgeCarried(7, func(c *carried) float64 {
			return c.k * c.s * c.s / 8
		}),
		"heavy ball, half the errors": judgeHeavyBall(7, 0.5),
		"heavy ball, variance of SGD": judgeHeavyBallLimit(7, func(b bounds.HeavyBall) float64 {
			return bounds.HeavyBall{H: b.H, Gamma: b.Gamma / (1 - b.Beta)}.Variance()
		}),
	} {
		if got.Verdict != claim.Refuted {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestSchemes: the schemes do what is on record of them, and a scheme that is said to
// keep the rate and does not, or the other way round, is told, as is a bound without its memory.
func TestSchemes(t *testing.T) {
	all := sweeps(1)
	onRecord(t, "MEMORIES.md", "ef7", judgeSchemes(all, scheme.keeps, bounds.Feedback.MeanGrad))
	but := func(wrong scheme) func(scheme) bool {
		return func(s scheme) bool { return s.keeps() != (s == wrong) }
	}
	for _, s := range []scheme{backwardOne, backwardEach, forwardEach, difference} {
		if got := judgeSchemes(all, but(s), bounds.Feedback.MeanGrad); got.Verdict != claim.Refuted ||
			!strings.Contains(got.Note, string(s)) {
			t.Errorf("wrong about %s: %+v", s, got)
		}
	}
	if got := judgeSchemes(all, scheme.keeps, func(f bounds.Feedback) float64 { return f.MeanGrad() / 4 }); got.Verdict !=
		claim.Refuted {
		t.Errorf("a quarter of the bound: %+v", got)
	}
}

var full = flag.Bool("full", false, "run each scheme at the size of the paper")

// TestPaperSize: with d = 10, M = 2000 and, at the last step size, T = 200000 the schemes do what
// ef7 says of the small regression.
func TestPaperSize(t *testing.T) {
	if !*full {
		t.Skip("three minutes of CPU; -full runs it")
	}
	p, of := regression(paperSize, 1<<8), sweep{}
	var lock sync.Mutex
	t.Run("run", func(t *testing.T) {
		for _, s := range schemes {
			t.Run(string(s), func(t *testing.T) {
				t.Parallel()
				var runs []*sent
				for k, g := range schemeGammas {
					steps := stepsOf(g)
					if k == len(schemeGammas)-1 {
						steps = 200000
					}
					r := runScheme(p, s, g, steps)
					t.Logf("g = %v, T = %d: %.3g over the second half, %.3g at the end", g, steps, r.stable, r.last)
					runs = append(runs, r)
				}
				lock.Lock()
				defer lock.Unlock()
				of[s] = runs
			})
		}
	})
	got := judgeSchemes([]sweep{of}, scheme.keeps, bounds.Feedback.MeanGrad)
	t.Logf("%+v", got)
	if got.Verdict != claim.Holds {
		t.Errorf("at the size of the paper: %+v", got)
	}
}

// TestCalibration: the climbs reach the tight factor of EF21 and do not pass it, the published
// step size is the best near it, and its published rate holds.
func TestCalibration(t *testing.T) {
	for _, c := range calibrate(3) {
		if !(c.climbed <= c.tight*(1+1e-12) && c.climbed >= c.tight*(1-1e-6)) {
			t.Errorf("mu = %v, rho = %v: climbed to %v, the tight factor is %v", c.mu, c.rho, c.climbed, c.tight)
		}
		if !(c.tight < c.flatter) || !(c.tight > c.rho) || !(c.published > 0.9 && c.published <= 1+claim.Tie) {
			t.Errorf("%+v", c)
		}
	}
	// It can fail: at a longer step the factor of the shorter one is passed.
	if got := climb21(0.5, 0.7, 1.05*step21(0.5, 0.7), source(3, 13)); !(got > tight21(0.5, 0.7, step21(0.5, 0.7))) {
		t.Errorf("at 1.05 times the step the climb reaches %v", got)
	}
}

// TestPages: behind the claims the pages are those on record.
func TestPages(t *testing.T) {
	judged := claim.Claim{
		ID: "ef1", Statement: "so it is", Proof: "there", Page: "feedback",
		Judge: func(seed uint64) claim.Judgement {
			return claim.Judgement{Verdict: claim.Holds, Cases: int(seed), Note: "seen"}
		},
	}
	for name, page := range map[string]func([]claim.Claim, uint64) *table.Page{
		"FEEDBACK.md": FeedbackPage, "MEMORIES.md": MemoriesPage, "SAVED.md": SavedPage, "MOMENTUM.md": MomentumPage,
	} {
		var b bytes.Buffer
		if err := page([]claim.Claim{judged}, 1).Markdown(&b); err != nil {
			t.Fatal(err)
		}
		record, err := pages.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tail := func(page string) string { return page[max(0, strings.Index(page, "\n## ")):] }
		if got, want := tail(b.String()), tail(string(record)); got != want {
			t.Errorf("behind the claims %s is not this page: %s", name, cmp.Diff(want, got))
		}
		on := strings.Contains(b.String(), "| ef1: so it is | holds | 1 | - | there | seen |")
		if on != (name == "FEEDBACK.md") {
			t.Errorf("the claim of feedback is on %s: %v", name, on)
		}
	}
}

// TestCarriedCycle: the example on the page, in fractions: over the cycle of 8 visits at -1/8
// delta and U sum to 0.
func TestCarriedCycle(t *testing.T) {
	w, e := big.NewRat(-1, 8), new(big.Rat)
	sum, length := new(big.Rat), 0
	for length == 0 || e.Sign() != 0 {
		full := new(big.Rat).Add(w, e)
		y := big.NewRat(1, 2)
		if full.Sign() < 0 {
			y.Neg(y)
		}
		e = full.Sub(full, y)
		sum.Add(sum, y).Add(sum, big.NewRat(1, 8)) // U = Y + Y^2/2
		length++
	}
	c := &carried{k: 1, s: 1, w: -0.125}
	if sum.Sign() != 0 || length != 8 || len(c.cycle(100)) != 8 || c.plateau() != 15./128 ||
		math.Abs(c.slope(c.w)) != 15./128 {
		t.Errorf("%d visits, U sums to %v; plateau %v", length, sum, c.plateau())
	}
}

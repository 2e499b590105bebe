package beyond

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestHolds: no judgement fails, on a seed that is not on record.
func TestHolds(t *testing.T) {
	for name, judge := range map[string]func(uint64) claim.Judgement{
		"feedback": JudgeFeedback, "feedback, mean gradient": JudgeFeedbackMean, "momentum": JudgeMomentumMean,
		"saved, quadratic": JudgeSavedQuadratic, "saved, mean": JudgeSavedMean, "saved": JudgeSaved,
		"heavy ball": JudgeHeavyBall, "heavy ball, limit": JudgeHeavyBallLimit,
		"reference": JudgeReference, "one memory": JudgeOneMemory, "a memory a sample": JudgeSampleMemory,
	} {
		got := judge(7)
		t.Logf("%s: %d cases, ratio %v, %s", name, got.Cases, got.Ratio, got.Note)
		if got.Verdict != claim.Holds || got.Cases < cases/10 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestReferenceByHand: y = (2 w_1, w_2) from w = (1, 1), c = (1, 1), g = 1/2. First y = (2, 1),
// and 2 is sent: Y = (2, 0), w = (1 - 1, 1 + 1/2). Then y = (0, 3/2), off by (2, 3/2) from what
// is kept, and 0 is sent.
func TestReferenceByHand(t *testing.T) {
	f := &reference{
		a: [][]float64{{2, 0}, {0, 1}}, w: []float64{1, 1}, c: []float64{1, 1}, gamma: 0.5, steps: 2,
	}
	delta, moved := f.run()
	if want := []float64{1, 1.5}; !slices.Equal(delta, want) {
		t.Errorf("|Y-y| is %v, want %v", delta, want)
	}
	if want := []float64{math.Sqrt(5), math.Sqrt(4.25)}; !slices.Equal(moved, want) {
		t.Errorf("y moves by %v, want %v", moved, want)
	}
	if !slices.Equal(f.w, []float64{1, 1}) {
		t.Errorf("the start is %v now", f.w)
	}
}

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
		"no reference":                judgeReference(7, true),
		"one memory, another number":  judgeOneMemory(7, big.NewRat(-3, 29)),
		"one memory for two samples":  judgeSampleMemory(7, true),
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

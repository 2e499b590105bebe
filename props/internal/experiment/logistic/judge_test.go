package logistic

import (
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestJudgements: the verdict of each printed outcome; of those that both regularizers have
// the other one is in every search.
func TestJudgements(t *testing.T) {
	for _, c := range []struct {
		name  string
		judge func() claim.Judgement
		want  claim.Verdict
	}{
		{"backward to zero, nonconvex", func() claim.Judgement { return JudgeToZero(Nonconvex, []float64{2}) },
			claim.Holds},
		{"at fixed T", func() claim.Judgement { return JudgeFixedT(Nonconvex) }, claim.Refuted},
		{"little improvement", JudgeLittle, claim.Holds},
		{"every level, nonconvex", func() claim.Judgement { return JudgeEvery(Nonconvex) }, claim.Holds},
		{"saturates", JudgeSaturates, claim.Holds},
		{"only large ones", JudgeOnlyLarge, claim.Refuted},
		{"one-sided", JudgeOneSided, claim.Holds},
		{"a stationary point", JudgeStationary, claim.Refuted},
		{"exact", JudgeExact, claim.Holds},
		{"falls", func() claim.Judgement { return JudgeFalls(Nonconvex) }, claim.Holds},
		{"again to zero", func() claim.Judgement { return JudgeAgain(Nonconvex) }, claim.Refuted},
		{"reciprocal", func() claim.Judgement { return JudgeReciprocal(Intermittent) }, claim.Holds},
		{"larger", func() claim.Judgement { return JudgeLarger(Nonconvex) }, claim.Holds},
		{"coupled", JudgeCoupled, claim.Holds},
	} {
		start := time.Now()
		j := c.judge()
		if j.Verdict != c.want || j.Cases == 0 || j.Note == "" {
			t.Errorf("%s: %+v, want %s", c.name, j, c.want)
		}
		t.Logf("%s: %s, %d cases, %v\n\t%s", c.name, j.Verdict, j.Cases, time.Since(start).Round(time.Millisecond),
			j.Note)
	}
}

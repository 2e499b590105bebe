package trace

import (
	"context"
	"math"
	"testing"
)

// TestSums has the promise that sums are rounded to nearest tell a fault of a sum in bfloat16 that any rounding could
// make, and accuse no engine that keeps it.
func TestSums(t *testing.T) {
	for _, c := range []struct {
		sums    string
		off     float64 // of an entry of Y_3, in |w||y|
		verdict Verdict // a fault or not
	}{{"", 0, NoCause}, {"nearest", 0, NoCause}, {"", 0.4, NoCause}, {"nearest", 0.4, Faulty}} {
		run := newEngineRun(t, engines[4], 3, 6, 64, 10)
		run.shape.run.Sums = c.sums
		if err := run.shape.check(); err != nil {
			t.Fatal(err)
		}
		if c.off > 0 {
			w := run.shape.chain.W(3, run.w)
			size := c.off * norm(w[:64]) * 4 // |Y_2| is about 4
			run.plant = &plant{site: 2, from: 3, to: 3, add: func(_ int, row []float64) { row[0] += size }}
		}
		j, err := newRunJudge(run.shape, "").run(context.Background(), run)
		if err != nil || (len(j.Faults) > 0) != (c.verdict == Faulty) {
			t.Errorf("sums %q, off by %v: %v, %s", c.sums, c.off, err, j.Says)
		}
	}
	wide, promised := newEnvelope(Precision{"bfloat16", "bfloat16", "bfloat16"}), newEnvelope(Precision{"bfloat16",
		"bfloat16", "bfloat16"})
	promised.nearest = true
	for _, n := range []int{1, 10, 64, 512, 4096} {
		if a, b := wide.dotGrowth(n), promised.dotGrowth(n); !(b <= a) || math.IsNaN(b) {
			t.Errorf("a sum of %d: %v with the promise, %v without", n, b, a)
		}
	}
	l := aRecord(t)
	l.run["sums"] = "up"
	if _, err := Read(l.bytes(t)); err == nil {
		t.Error("sums that are rounded up are no error")
	}
}

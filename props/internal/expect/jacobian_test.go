package expect

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestJacobianNodes compares each reading's nodes with sums over leaves: by the
// law of total expectation the weighted fourth moments of every reading agree,
// and Jensen orders the means: total, past, literal.
func TestJacobianNodes(t *testing.T) {
	for seed := range uint64(60) {
		c, x, w, plan := randomSetting(t, seed)
		nodes, err := JacobianNodes(c, x, w, plan, 0)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Naive(c, x, w, plan, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes[claim.Total] {
			if !(math.Abs(n.Four-m.Y4[n.I-1]) <= tolerance*(1+m.Y4[n.I-1])) ||
				!(math.Abs(n.Mean2-m.YMean2[claim.Total][n.I-1]) <= tolerance*(1+m.Y2[n.I-1])) {
				t.Errorf("seed %d, i = %d: %+v, moments %v and %v", seed, n.I, n, m.Y4[n.I-1],
					m.YMean2[claim.Total][n.I-1])
			}
			worst := 0.0
			for _, l := range nodes[claim.Literal] {
				if l.I == n.I {
					worst = max(worst, l.Left)
					if d := l.Mean2*l.Mean2 - l.Four; !(math.Abs(d) <= tolerance*(1+l.Four)) {
						t.Errorf("seed %d: a literal node has |Y-y|^4 = %v and fourth moment %v", seed,
							l.Mean2*l.Mean2, l.Four)
					}
				}
			}
			if !(n.Left <= worst*(1+tolerance)+tolerance) {
				t.Errorf("seed %d, i = %d: the mean difference %v exceeds every single one, %v", seed, n.I, n.Left,
					worst)
			}
		}
	}
}

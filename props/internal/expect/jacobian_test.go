package expect

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
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

// TestJacobianNodesByHand: J2 of scale is its input, so the left side is |E[Y-y]|^2 itself.
// Y_1-y_1 = d_1 is 1 or -1 (1/4, 3/4), Y_2-y_2 = 2 d_1 + d_2 with d_2 = 3 or 0.
func TestJacobianNodesByHand(t *testing.T) {
	c := chain(t, core.Bias(1), core.Scale(1), core.Scale(1), core.HalfSq(1))
	x, w := []float64{5}, []float64{0, 2, 7}
	plan := &Plan{Delta: []perturb.Finite{nil, perturb.TwoPoint([]float64{1}, []float64{-1}, 0.25),
		perturb.TwoPoint([]float64{3}, []float64{0}, 0.5)}}
	nodes, err := JacobianNodes(c, x, w, plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	for r, want := range map[claim.Reading]string{
		claim.AnyReading: "[]",
		claim.Literal:    "[{2 1 1 1} {3 25 25 625} {3 4 4 16} {2 1 1 1} {3 1 1 1} {3 4 4 16}]",
		claim.Past:       "[{3 12.25 12.25 320.5} {3 0.25 0.25 8.5} {2 0.25 0.25 1}]",
		claim.Total:      "[{2 0.25 0.25 1} {3 0.25 0.25 86.5}]",
	} {
		if got := fmt.Sprint(nodes[r]); got != want {
			t.Errorf("%v: %s, want %s", r, got, want)
		}
	}
	// A matrix of two outputs has each input twice, and the bias of affine none.
	for _, op := range []core.Op{core.Linear(2, 2), core.Affine(2, 2)} {
		c := chain(t, core.Bias(2), op, core.HalfSq(2))
		plan := &Plan{Delta: []perturb.Finite{nil, perturb.Constant([]float64{3, 4})}}
		nodes, err := JacobianNodes(c, []float64{1, 1}, make([]float64, c.NW()), plan, 0)
		if err != nil || fmt.Sprint(nodes[claim.Literal]) != "[{2 50 25 625}]" ||
			fmt.Sprint(nodes[claim.Total]) != "[{2 50 25 625}]" {
			t.Errorf("%v: %v, error %v, want |J2-J2|^2 = 50, 25 and 625", op.Spec(), nodes, err)
		}
	}
}

// TestTooManyNodes: the tree of 2^21 nodes is stopped at the cap.
func TestTooManyNodes(t *testing.T) {
	outcomes := make([]perturb.Outcome, 1<<11)
	for k := range outcomes {
		outcomes[k] = perturb.Outcome{P: 0x1p-11, D: []float64{float64(k)}}
	}
	many := perturb.Table(outcomes)
	c := chain(t, core.Bias(1), core.Scale(1), core.Scale(1), core.HalfSq(1))
	_, err := JacobianNodes(c, []float64{1}, make([]float64, c.NW()), &Plan{Delta: []perturb.Finite{nil, many, many}},
		0)
	var large *TooManyLeaves
	if !errors.As(err, &large) || large.Cap != MaxLeaves || large.AtLeast != MaxLeaves+1 {
		t.Errorf("error %v, want at least %d of %d", err, MaxLeaves+1, MaxLeaves)
	}
}

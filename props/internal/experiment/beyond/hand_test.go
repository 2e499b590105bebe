package beyond

import (
	"math"
	"math/big"
	"slices"
	"testing"
)

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

// TestMemoriesByHand: what each rule keeps back.
func TestMemoriesByHand(t *testing.T) {
	z, d, u, m := []float64{2, -1}, []float64{0.5, 1}, []float64{1, -4}, []float64{3, 5}
	for _, c := range []struct {
		name string
		f    feedback
		t    int
		want []float64
	}{
		{"the larger entry of u + d is sent", feedback{rule: top1, steps: 3}, 1, []float64{1.5, 0}},
		{"a part of the momentum", feedback{rule: momentum, beta: 0.5, steps: 3}, 1, []float64{1.5, 2.5}},
		{"as planned", feedback{rule: signs, size: 2, along: 1, plan: []float64{1, -1}, steps: 3}, 1, []float64{0, -2}},
		{"as planned, later", feedback{rule: signs, size: 2, along: 1, plan: []float64{1, -1}, steps: 3}, 2, []float64{0, 2}},
		{"against z", feedback{rule: against, size: 2, steps: 3}, 1, []float64{-2, 0}},
		{"against z, at the end with it", feedback{rule: against, size: 2, steps: 3}, 3, []float64{2, 0}},
	} {
		if got := c.f.remember(c.t, z, d, u, m); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestSolve: a regular system, one whose rows must be exchanged, and one without a single
// solution.
func TestSolve(t *testing.T) {
	rows := func(v ...int64) (all [][]*big.Rat) {
		for k := 0; k < len(v); k += 3 {
			all = append(all, []*big.Rat{big.NewRat(v[k], 1), big.NewRat(v[k+1], 1), big.NewRat(v[k+2], 1)})
		}
		return all
	}
	for _, r := range [][][]*big.Rat{rows(2, 1, 7, 1, 1, 5), rows(0, 1, 3, 2, 1, 7)} {
		if !solve(r) || r[0][2].RatString() != "2" || r[1][2].RatString() != "3" {
			t.Errorf("solution %v", r)
		}
	}
	if r := rows(1, 2, 3, 2, 4, 6); solve(r) {
		t.Errorf("a singular system has the solution %v", r)
	}
}

// TestSlopes: the gradient of each shape is the derivative of its loss.
func TestSlopes(t *testing.T) {
	for _, kind := range []shape{parabola, kinked, valley} {
		f := &feedback{shape: kind, h: []float64{2, 0.5}, mu: 0.25}
		for _, w := range []float64{-1.5, -0.25, 0.5, 2} {
			for j := range f.h {
				at := []float64{0.75, 0.75}
				at[j] = w
				loss := func(step float64) float64 {
					moved := slices.Clone(at)
					moved[j] += step
					return f.loss(moved)
				}
				const h = 1e-5
				if got, want := f.slope(j, w), (loss(h)-loss(-h))/(2*h); !(math.Abs(got-want) <= 1e-8) {
					t.Errorf("%v at %v: slope %v, differences give %v", kind, w, got, want)
				}
			}
		}
	}
}

// TestFeedbackByHand: one step on w^2/2 from 1 with g = 1/2 and noise +-1: u = 1 +- 1, so that
// z is 0 or 1, and momentum keeps half of u.
func TestFeedbackByHand(t *testing.T) {
	f := &feedback{shape: parabola, h: []float64{1}, start: []float64{1}, gamma: 0.5, s: 1, steps: 1, rule: momentum,
		beta: 0.5}
	f.run()
	// w = z + g d: 0 + 1/2 and 1 + 0.
	if f.grad2 != 1 || !slices.Equal(f.memory2, []float64{0, 0.5}) || f.d2 != 0.5 || f.gapT != (0.125+0.5)/2 {
		t.Errorf("%+v", f)
	}
}

package logistic

import "testing"

// TestEstimateWeighs: delta costs a second pass, at the steps that have it and at no others, and
// each point counts once, with its T.
func TestEstimateWeighs(t *testing.T) {
	of := func(steps int, l Law) (int64, float64) {
		l.Reading = OneASample
		p := base(1, Convex, l, 0.1)
		p.T = steps
		f := Figure{Panels: []Panel{{Curves: []Curve{{Points: []Point{p, p}}}}}}
		runs, sum, took := Estimate([]Figure{f, f})
		if runs != 1 {
			t.Errorf("%d runs of one point", runs)
		}
		return sum, float64(took)
	}
	const long = 1 << 24
	steps, plain := of(long, Law{})
	_, each := of(long, Law{Forward: 1})
	_, rare := of(long, Law{Forward: 1, Every: 1000})
	if steps != long || !(each > 1.3*plain) || !(rare < 0.5*(plain+each)) || !(rare > 0.5*plain) {
		t.Errorf("%d steps: %v plain, %v with delta, %v with a rare one", steps, plain, each, rare)
	}
	if _, half := of(long/2, Law{}); !(half > 0.3*plain && half < 0.8*plain) {
		t.Errorf("half the steps take %v of %v", half, plain)
	}
}

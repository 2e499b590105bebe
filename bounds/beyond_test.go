package bounds

import (
	"math"
	"math/big"
	"testing"
)

// TestFeedbackReached: on l = h w^2/2 memories against z, and along it at the end, reach
// Root for every step size up to 1/h and every T, in exact fractions.
func TestFeedbackReached(t *testing.T) {
	for steps := 1; steps <= 8; steps++ {
		for _, g := range []int64{1, 2, 3, 8} { // g h = g/8, h = 2
			h, gamma, m := big.NewRat(2, 1), big.NewRat(g, 16), big.NewRat(3, 4)
			z, d := big.NewRat(5, 1), new(big.Rat)
			for range steps { // z - g h (z + g d)
				slope := new(big.Rat).Mul(h, new(big.Rat).Add(z, new(big.Rat).Mul(gamma, d)))
				z = new(big.Rat).Sub(z, slope.Mul(slope, gamma))
				d = new(big.Rat).Neg(m)
			}
			w := new(big.Rat).Add(z, new(big.Rat).Mul(gamma, m))
			gap, _ := w.Mul(w, w).Float64() // h w^2/2
			f := Feedback{Smooth: Smooth{L: 2, Mu: 2, Gamma: float64(g) / 16}, D0: 25, M2: 9. / 16, Steps: steps}
			if bound := f.Root(); math.Abs(bound-gap) > 1e-13*gap {
				t.Errorf("T = %d, g = %d/16: gap %v, bound %v", steps, g, gap, bound)
			}
		}
	}
}

// TestFeedbackNoMemory: without a memory the bounds are those of SGD.
func TestFeedbackNoMemory(t *testing.T) {
	s := Smooth{L: 2, Mu: 0.5, SigmaSq: 3, Gamma: 0.25}
	f := Feedback{Smooth: s, D0: 7, Steps: 5}
	q := s.RootQ()
	want := 7 * math.Pow(q, 5)
	for k := range 5 {
		want += math.Pow(q, float64(k)) * 2 * 0.0625 * 3 / 2
	}
	if got := f.Root(); math.Abs(got-want) > 1e-14*want {
		t.Errorf("Root is %v, want %v", got, want)
	}
	if got, want := f.MeanGrad(), 2*7/(0.25*5)+2*0.25*3; math.Abs(got-want) > 1e-14*want {
		t.Errorf("MeanGrad is %v, want %v", got, want)
	}
}

// TestSavedByHand: N = 2, C = 3, L1 = 2, |zeta| = 1, 5: (3*2*6)^2 + (2*5)^2.
func TestSavedByHand(t *testing.T) {
	if got, want := Saved(3, 2, []float64{0, 1, 5}), 36.*36+100; got != want {
		t.Errorf("Saved is %v, want %v", got, want)
	}
	if got, want := SavedMean(3, 4, []float64{0, 1, 5}), 36.*36+100; got != want {
		t.Errorf("SavedMean is %v, want %v", got, want)
	}
}

// TestSavedVarianceByHand: N = 3, C = 3, L1 = 2, Lf = 5, with one kind of error at a time and all
// three. Errors that touch no gradient, delta_3 and eps_1, add nothing.
func TestSavedVarianceByHand(t *testing.T) {
	none, all := []float64{0, 0, 0, 0}, 0.0
	for name, c := range map[string]struct {
		d2, e2, z2 []float64
		want       float64
	}{
		// h_1 = 2, h_2 = 5*2 + 3 = 13: rows (9*2*15)^2, (3*2*15)^2, (2*13)^2.
		"delta": {[]float64{0, 4, 9, 100}, none, none, 270*270 + 90*90 + 26*26},
		// 81*4*(1+10+100) + 9*4*110 + 4*100.
		"zeta": {none, none, []float64{0, 1, 10, 100}, 324*111 + 36*110 + 400},
		// i = 1: 9*2 + 81*7; i = 2: 9*7.
		"eps": {none, []float64{0, 1000, 2, 7}, none, 18 + 567 + 63},
	} {
		if got := SavedVariance(3, 2, 5, c.d2, c.e2, c.z2); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		all += c.want
	}
	got := SavedVariance(3, 2, 5, []float64{0, 4, 9, 100}, []float64{0, 1000, 2, 7}, []float64{0, 1, 10, 100})
	if got != all {
		t.Errorf("together %v, want %v", got, all)
	}
}

// TestTrackingByHand: rho = 1/2: 1/2 (1/2 (0 + 4) + 2) = 2.
func TestTrackingByHand(t *testing.T) {
	if got := Tracking(0.5, []float64{4, 2}); got != 2 {
		t.Errorf("Tracking is %v, want 2", got)
	}
}

// TestHeavyBallWithoutMomentum: beta = 0 is SGD.
func TestHeavyBallWithoutMomentum(t *testing.T) {
	b := HeavyBall{H: 2, Gamma: 0.25}
	if r := b.Response(4); r[0] != 1 || r[1] != 0.5 || r[3] != 0.125 || b.Decay(3) != 0.125 {
		t.Errorf("response %v, decay %v", r, b.Decay(3))
	}
	if got, want := b.Variance(), 0.25*0.25/(1-0.25); math.Abs(got-want) > 1e-15 {
		t.Errorf("variance %v, want %v", got, want)
	}
}

func TestBeyondPanics(t *testing.T) {
	for name, f := range map[string]func(){
		"T = 0":       func() { Feedback{Smooth: Smooth{L: 1, Mu: 1, Gamma: 1}}.Root() },
		"no mu":       func() { Feedback{Smooth: Smooth{L: 1, Gamma: 1}, Steps: 1}.Root() },
		"L g = 3":     func() { Feedback{Smooth: Smooth{L: 3, Mu: 1, Gamma: 1}, Steps: 1}.Root() },
		"mean, T = 0": func() { Feedback{Smooth: Smooth{L: 1, Gamma: 1}}.MeanGrad() },
		"N = 1":       func() { Saved(1, 1, []float64{0, 1}) },
		"rho = 1":     func() { Tracking(1, nil) },
		"decay":       func() { HeavyBall{H: 1, Gamma: 1}.Decay(0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

package core

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSmoothness: no pair of weights in the box moves the gradient by more than
// the bound, on chains of many operators, and a scalar quadratic meets it within
// the factor that its three operators cost.
func TestSmoothness(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 0))
	chains := [][]Op{
		{Linear(2, 1), HalfSq(1)},
		{Affine(2, 2), Tanh(2), Affine(2, 3), SoftmaxCE(3, 1)},
		{Scale(2), Square(2), Linear(2, 1), Logistic()},
		{Bias(2), Sigmoid(2), Bilinear(2)},
	}
	for _, ops := range chains {
		c, err := NewChain(ops...)
		if err != nil {
			t.Fatal(err)
		}
		vec := func(n int, scale float64) []float64 {
			v := make([]float64, n)
			for k := range v {
				v[k] = scale * rng.NormFloat64()
			}
			return v
		}
		inputs := [][]float64{vec(c.D(0), 1), vec(c.D(0), 1)}
		worst := 0.0
		for range 20 {
			r := NewRegion(c)
			center, radius := vec(c.NW(), 1), math.Exp2(float64(-rng.IntN(8)))
			corner := func(sign float64) []float64 {
				w := append([]float64(nil), center...)
				for k := range w {
					w[k] += sign * radius
				}
				return w
			}
			r.VisitWeights(corner(-1))
			r.VisitWeights(corner(1))
			l := r.Smoothness(inputs)
			s := NewState(c)
			gradient := func(w, x []float64) []float64 {
				s.Pass(c, x, w, nil)
				for i := range r.Y {
					if !r.Y[i].Contains(s.Y[i]) {
						t.Errorf("%v: state %d, %v, is outside the region", ops, i, s.Y[i])
					}
				}
				return append([]float64(nil), s.UAll...)
			}
			for range 50 {
				at := func() []float64 {
					w := append([]float64(nil), center...)
					for k := range w {
						w[k] += radius * (2*rng.Float64() - 1)
					}
					return w
				}
				v, w, x := at(), at(), inputs[rng.IntN(2)]
				a, b := gradient(v, x), gradient(w, x)
				var up, down float64
				for k := range a {
					up += (a[k] - b[k]) * (a[k] - b[k])
					down += (v[k] - w[k]) * (v[k] - w[k])
				}
				ratio := math.Sqrt(up/down) / l
				if !(ratio <= 1) {
					t.Errorf("%v: gradient moves %v times the bound %v", ops, ratio, l)
				}
				worst = max(worst, ratio)
			}
		}
		t.Logf("%v: %v of the bound", c.Specs(), worst)
		if worst < 0.01 {
			t.Errorf("%v: bound met to %v only", c.Specs(), worst)
		}
	}
}

// TestSmoothnessByHand: linear(1,1), halfsq on x = 2, w in [1, 3]: F = (2w)^2/2, L = 4. The
// bound has J2^2 + L1 V = 4 + 6, V = 6 the largest |v_1|, because it does not see
// that L1 of a linear operator needs both arguments to move.
func TestSmoothnessByHand(t *testing.T) {
	c, err := NewChain(Linear(1, 1), HalfSq(1))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRegion(c)
	r.VisitWeights([]float64{1})
	r.VisitWeights([]float64{3})
	if l := r.Smoothness([][]float64{{2}}); !(l >= 4) || l > 11 {
		t.Errorf("L is %v, want 4..11", l)
	}
}

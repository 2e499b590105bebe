package problem

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// follow runs T steps of c as printed, with its perturbations or without.
func follow(c *Counterexample, steps int, perturbed bool) []float64 {
	w := append([]float64(nil), c.W0...)
	m := make([]float64, len(w))
	s := core.NewState(c.Chain)
	for t := range steps {
		var p core.Perturber
		if perturbed {
			p = perturb.NewSampler(c.Delta, c.Eps, 1).At(t, 0)
		}
		s.Pass(c.Chain, c.X, w, p)
		for j, u := range s.UAll {
			m[j] = float64(c.Momentum*m[j]) + u
		}
		core.Step(w, m, c.Gamma, core.Regularizer{})
	}
	return w
}

// near is a few roundings of numbers of size 1.
const near = 1e-13

func checkNear(t *testing.T, what string, got []float64, want ...float64) {
	t.Helper()
	for j, v := range want {
		if !(math.Abs(got[j]-v) <= near) {
			t.Errorf("%s: weight %d is %v, want %v", what, j, got[j], v)
		}
	}
}

func TestA1(t *testing.T) {
	for _, a := range []float64{0.1, 1, 5, 40} {
		mean, at0 := A1(a)
		e := math.Exp(-a)
		if want := e / ((1 + e) * (1 + e)); !(math.Abs(mean-want) <= near*want) || at0 != 0.25 {
			t.Errorf("a = %v: mean %v, want sigma'(a) = %v; sigma'(0) = %v", a, mean, want, at0)
		}
	}
}

// One step is (55), and Run with the sampler takes the same.
func TestA2(t *testing.T) {
	const d = 0.75
	c := A2(d)
	if c.W0[0] != 1 || c.Gamma != 0.1 || c.X[0] != 0 || c.Len() != 1 {
		t.Errorf("A2 starts at %v with g = %v on %v", c.W0, c.Gamma, c.X)
	}
	x, g := c.W0[0], c.Gamma
	checkNear(t, "one step", follow(c, 1, true), (1-2*g)*x-2*g*d)
	checkNear(t, "unperturbed step", follow(c, 1, false), (1-2*g)*x)
	w := append([]float64(nil), c.W0...)
	sampler := perturb.NewSampler(c.Delta, c.Eps, 1)
	err := core.Run(c, w,
		core.Options{T: 200, Gamma: g, Perturb: func(t, k int) core.Perturber { return sampler.At(t, k) }})
	if err != nil {
		t.Fatal(err)
	}
	checkNear(t, "200 steps", w, -d)
}

// By hand, with y1 = A (s,s) and w2 = 0: v1 = y1, u1 = A^T v1. A3SGD: y1 = s(-2,4),
// u1 = s(10,10), and Top-1 keeps 4s: u1 = s(-20,36). A3HeavyBall: y1 = s(-9,-2),
// u1 = s(55,30), Top-1 keeps -9s: u1 = s(45,36).
func TestA3(t *testing.T) {
	sgd, ball := A3(A3SGD), A3(A3HeavyBall)
	checkNear(t, "sgd", follow(sgd, 1, false), 0, 0, 0, 0)
	checkNear(t, "sgd, Top-1", follow(sgd, 1, true), 3, -2.6, 0, 0)
	checkNear(t, "heavy ball", follow(ball, 1, false), 1-0.05*55, 1-0.05*30, 0, 0)
	checkNear(t, "heavy ball, Top-1", follow(ball, 1, true), 1-0.05*45, 1-0.05*36, 0, 0)
	checkNear(t, "heavy ball, 2000 steps", follow(ball, 2000, false), 0, 0, 0, 0)
	// The printed end without the compressor is above; with it, both diverge.
	for _, c := range []*Counterexample{sgd, ball} {
		if w := follow(c, 100, true); !(math.Hypot(w[0], w[1]) > 1e3) {
			t.Errorf("Top-1, g = %v, 100 steps: w1 = %v", c.Gamma, w[:2])
		}
	}
}

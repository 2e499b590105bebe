package problem

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// Counterexample is a run of appendix A: one sample (Chain, X), so it is a
// core.Objective of its own, the first weights, and the laws of its
// perturbations, indexed as perturb.NewSampler takes them. With Momentum b the
// printed update is heavy ball,
//
//	m <- b m + U,   w <- w - g m,   m = 0 at first.
type Counterexample struct {
	Chain      *core.Chain
	X, W0      []float64
	Gamma      float64
	Momentum   float64 // b; 0 is (5d)
	Delta, Eps []perturb.Law
}

// Len is 1.
func (c *Counterexample) Len() int {
	c.must()
	return 1
}

// Sample returns the chain and X. It panics unless k is 0.
func (c *Counterexample) Sample(k int) (*core.Chain, []float64) {
	c.must()
	if k != 0 {
		panic(fmt.Sprintf("problem: sample %d of 1", k))
	}
	return c.Chain, c.X
}

func (c *Counterexample) must() {
	if c == nil || c.Chain == nil {
		panic("problem: nil or zero Counterexample")
	}
}

// A1 gives both sides of appendix A.1, for sigma(y) = 1/(1+e^-y), Y = +a or -a
// with probability 1/2 each and y = E Y = 0:
//
//	mean = E sigma'(Y),   at0 = sigma'(0) = 1/4.
//
// Printed: mean = sigma'(a) < at0, so a zero-mean forward perturbation gives
// a biased Jacobian (arXiv:2602.20646v1, appendix A.1).
func A1(a float64) (mean, at0 float64) {
	slope := func(y float64) float64 { return float64(sigmoid(y) * sigmoid(-y)) }
	return (slope(a) + slope(-a)) / 2, slope(0)
}

// A2 is appendix A.2: f(x) = x^2 with the constant forward perturbation d, as
// the chain bias(1), square(1) with input 0, weight x and delta_1 = d. Printed:
//
//	x+ = (1-2g) x - 2 g d, and "for any g < 1/2 it converges to -d"   (55)
//
// The paper gives no first weight and no g; here they are 1 and 1/10. It panics
// unless d is finite.
func A2(d float64) *Counterexample {
	if math.IsNaN(d) || math.IsInf(d, 0) {
		panic(fmt.Sprintf("problem: A2 with d = %v", d))
	}
	return &Counterexample{
		Chain: mustChain(core.Bias(1), core.Square(1)),
		X:     []float64{0}, W0: []float64{1}, Gamma: 0.1,
		Delta: []perturb.Law{1: perturb.Constant([]float64{d})},
	}
}

// A3Kind names a run of appendix A.3.
type A3Kind int

const (
	A3SGD       A3Kind = iota // A = [[-15,13],[-5,9]], g = 0.1
	A3HeavyBall               // A = [[-5,-4],[-5,3]], g = 0.05, momentum 0.9
)

// A3 is appendix A.3: f1(x,w1) = A (x o w1), f2(y1,w2) = <y1,w2>^2 + |y1|^2/2,
// x = (1,1), w1 = (s,s), w2 = (0,0), and v1 goes through a Top-1 compressor. Here
// f1 is two operators, scale(2) and fixed(A), so the chain has N = 3, the paper's
// v1 is V_2, and the compressor is eps_3. Flat weights: w1, then w2. Printed, for
// either kind: it converges to w1 = 0 without the compressor (A3SGD in one step)
// and does not with it; there is no convergence under frequent O(1)
// perturbation. The paper leaves s open; here it is 1. It panics on an unknown
// kind.
func A3(kind A3Kind) *Counterexample {
	c := &Counterexample{
		X: []float64{1, 1}, W0: []float64{1, 1, 0, 0},
		Eps: []perturb.Law{3: perturb.TopK(1)},
	}
	var a [][]float64
	switch kind {
	case A3SGD:
		a, c.Gamma = [][]float64{{-15, 13}, {-5, 9}}, 0.1
	case A3HeavyBall:
		a, c.Gamma, c.Momentum = [][]float64{{-5, -4}, {-5, 3}}, 0.05, 0.9
	default:
		panic(fmt.Sprintf("problem: A3 of kind %d, want %d or %d", kind, A3SGD, A3HeavyBall))
	}
	c.Chain = mustChain(core.Scale(2), core.Fixed(a), core.Bilinear(2))
	return c
}

func mustChain(ops ...core.Op) *core.Chain {
	c, err := core.NewChain(ops...)
	if err != nil {
		panic("problem: " + err.Error())
	}
	return c
}

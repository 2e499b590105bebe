package problem

import (
	"fmt"

	"github.com/cascade-sgd/cascade/core"
)

// Known is an objective whose constants are proved, not estimated. Each bound
// holds in exact arithmetic for the data as float64.
type Known interface {
	core.Objective
	// Reg is R of (1); pass it to core.Options.
	Reg() core.Regularizer
	// L is at least the Lipschitz constant of grad l (A1).
	L() float64
	// SigmaSq is at least the variance E|u - E u|^2 of the gradient of one sample
	// drawn uniformly (A2), at every w of the box; the zero Box stands for all w.
	SigmaSq(w core.Box) float64
	// Mu is at most the PL constant (A4): |grad l|^2 >= 2 mu (l - l*). It is 0 where
	// none is known.
	Mu() float64
	// LStarLower is at most l* = inf l.
	LStarLower() float64
	// LStarUpper is at least l*.
	LStarUpper() float64
}

// samples is a core.Objective with its chains and inputs written down.
type samples struct {
	chain []*core.Chain // chain[k] is that of sample k
	x     [][]float64
}

// Len is the number of samples.
func (s *samples) Len() int { return len(s.x) }

// Sample returns the chain and the input of sample k; the input is only lent.
func (s *samples) Sample(k int) (*core.Chain, []float64) {
	if k < 0 || k >= len(s.x) {
		panic(fmt.Sprintf("problem: sample %d of %d", k, len(s.x)))
	}
	return s.chain[k], s.x[k]
}

// Loss is l(w) = (1/M) sum_k F(x_k; w) + R(w) of (1), where R is that of an
// objective with a method Reg and 0 for any other. It panics when there is no
// sample and when w does not fit.
func Loss(obj core.Objective, w []float64) float64 {
	sum := 0.0
	eachSample(obj, w, func(s *core.State, c *core.Chain, x []float64) {
		s.Forward(c, x, w, nil)
		sum += s.Loss()
	})
	return sum/float64(obj.Len()) + regularizer(obj).Value(w)
}

// Gradient is grad l(w), exact passes (4) over all samples; R as in Loss. It panics
// like Loss.
func Gradient(obj core.Objective, w []float64) []float64 {
	g := make([]float64, len(w))
	eachPass(obj, w, func(s *core.State) {
		for j, u := range s.UAll {
			g[j] += u
		}
	})
	r := regularizer(obj)
	for j := range g {
		g[j] = g[j]/float64(obj.Len()) + r.Grad(w[j])
	}
	return g
}

func eachPass(obj core.Objective, w []float64, visit func(*core.State)) {
	eachSample(obj, w, func(s *core.State, c *core.Chain, x []float64) {
		s.Pass(c, x, w, nil)
		visit(s)
	})
}

func eachSample(obj core.Objective, w []float64, visit func(s *core.State, c *core.Chain, x []float64)) {
	c := first(obj)
	if c.NW() != len(w) {
		panic(fmt.Sprintf("problem: %d weights, the chain has %d", len(w), c.NW()))
	}
	s := core.NewState(c)
	for k := range obj.Len() {
		c, x := obj.Sample(k)
		visit(s, c, x)
	}
}

// first is the chain of sample 0.
func first(obj core.Objective) *core.Chain {
	if obj == nil {
		panic("problem: nil objective")
	}
	if obj.Len() < 1 {
		panic(fmt.Sprintf("problem: objective of %d samples", obj.Len()))
	}
	c, _ := obj.Sample(0)
	return c
}

func regularizer(obj core.Objective) core.Regularizer {
	if r, ok := obj.(interface{ Reg() core.Regularizer }); ok {
		return r.Reg()
	}
	return core.Regularizer{}
}

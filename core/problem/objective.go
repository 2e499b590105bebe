package problem

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/core"
)

// samples is an objective that has its chains and inputs written down.
type samples struct {
	chain []*core.Chain // by label
	label []int
	x     [][]float64
}

func (s *samples) Len() int { return len(s.x) }
func (s *samples) Sample(k int) (*core.Chain, []float64) {
	return s.chain[s.label[k]], s.x[k]
}

// Logistic is logistic regression in the form of section 7 of the paper: N = 2,
// f1 = <x, w> with x = -y h, y = +1 for label 1 and -1 for label 0, and
// f2 = ln(1 + e^f1). h is the row with a last feature 1. The table must have
// two classes.
func Logistic(t *Table) (core.Objective, error) {
	if t.Classes != 2 {
		return nil, fmt.Errorf("problem: logistic regression on %d classes, want 2", t.Classes)
	}
	d := len(t.X[0]) + 1
	c, err := core.NewChain(core.Linear(d, 1), core.Logistic())
	if err != nil {
		return nil, err
	}
	s := &samples{chain: []*core.Chain{c}, label: make([]int, len(t.X))}
	for k, row := range t.X {
		sign := 1.0
		if t.Label[k] == 1 {
			sign = -1
		}
		x := make([]float64, d)
		for j, v := range row {
			x[j] = sign * v
		}
		x[d-1] = sign
		s.x = append(s.x, x)
	}
	return s, nil
}

// Network is the classifier affine(d, h), tanh(h), affine(h, classes),
// softmaxce: N = 4. Features are used as they are.
func Network(t *Table, hidden int) (core.Objective, error) {
	if hidden < 1 {
		return nil, fmt.Errorf("problem: network with %d hidden units, want at least 1", hidden)
	}
	d := len(t.X[0])
	s := &samples{label: t.Label, x: t.X}
	for label := range t.Classes {
		c, err := core.NewChain(core.Affine(d, hidden), core.Tanh(hidden), core.Affine(hidden, t.Classes), core.SoftmaxCE(t.Classes, label))
		if err != nil {
			return nil, err
		}
		s.chain = append(s.chain, c)
	}
	return s, nil
}

// InitWeights draws the matrices of affine and linear operators uniformly from
// +-sqrt(6/(in+out)) (Glorot and Bengio, 2010, eq. 16); all other weights are 0.
func InitWeights(c *core.Chain, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 0))
	w := make([]float64, c.NW())
	for i := 1; i <= c.N(); i++ {
		s := c.Op(i).Spec()
		if s.Op != "affine" && s.Op != "linear" {
			continue
		}
		limit := math.Sqrt(6 / float64(s.In+s.Out))
		wi := c.W(i, w)
		for k := range s.In * s.Out {
			wi[k] = limit * (2*r.Float64() - 1)
		}
	}
	return w
}

// Loss is l(w) without the regularizer: the mean of F over all samples.
func Loss(obj core.Objective, w []float64) float64 {
	c, _ := obj.Sample(0)
	s := core.NewState(c)
	sum := 0.0
	for k := range obj.Len() {
		c, x := obj.Sample(k)
		s.Forward(c, x, w, nil)
		sum += s.Loss()
	}
	return sum / float64(obj.Len())
}

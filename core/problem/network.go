package problem

import (
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/core"
)

// Network is a classifier on t: with h_0 the number of features, h_1..h_k
// the hidden widths and c the number of classes,
//
//	affine(h_0,h_1), tanh(h_1), ..., tanh(h_k), affine(h_k,c), softmaxce(c,label).
//
// There is one chain a label, all of one shape. Features are used as they are;
// Network(digits, 16) after digits.Scale(1.0 / MaxPixel) is 64-16-10 with N = 4
// and 1210 weights. A bad table or width is an error.
func Network(t *Table, hiddenWidths ...int) (core.Objective, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	byLabel := make([]*core.Chain, len(t.Names))
	for label := range byLabel {
		c, err := classifier(len(t.X[0]), hiddenWidths, len(t.Names), label)
		if err != nil {
			return nil, err
		}
		byLabel[label] = c
	}
	s := &samples{x: t.X}
	for _, label := range t.Label {
		s.chain = append(s.chain, byLabel[label])
	}
	return s, nil
}

func classifier(width int, hiddenWidths []int, classes, label int) (*core.Chain, error) {
	var specs []core.Spec
	for _, h := range hiddenWidths {
		specs = append(specs, core.Spec{Op: "affine", In: width, Out: h}, core.Spec{Op: "tanh", N: h})
		width = h
	}
	return core.FromSpecs(append(specs,
		core.Spec{Op: "affine", In: width, Out: classes}, core.Spec{Op: "softmaxce", N: classes, Label: label}))
}

// InitWeights draws the matrices of affine and linear operators uniformly from
// +-sqrt(6/(in+out)) (Glorot and Bengio, AISTATS 2010, eq. (16)); all other
// weights are 0. It panics on a nil chain.
func InitWeights(c *core.Chain, seed uint64) []float64 {
	if c == nil {
		panic("problem: InitWeights of a nil chain")
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	w := make([]float64, c.NW())
	for i := 1; i <= c.N(); i++ {
		s := c.Op(i).Spec()
		if s.Op != "affine" && s.Op != "linear" {
			continue
		}
		limit := math.Sqrt(6 / float64(s.In+s.Out))
		matrix := c.W(i, w)[:s.In*s.Out]
		for k := range matrix {
			matrix[k] = limit * (float64(2*rng.Float64()) - 1)
		}
	}
	return w
}

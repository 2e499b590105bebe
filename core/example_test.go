package core_test

import (
	"fmt"
	"log"

	"github.com/cascade-sgd/cascade/core"
)

// A pass of F(x; w) = |w o x + delta_1|^2/2, exact and perturbed.
func ExampleState_Pass() {
	c, err := core.NewChain(core.Scale(2), core.HalfSq(2))
	if err != nil {
		log.Fatal(err)
	}
	x, w := []float64{1, 2}, []float64{3, 0.5}
	s := core.NewState(c)

	s.Pass(c, x, w, nil)
	fmt.Println("exact:    ", s.Loss(), s.UAll)

	s.Pass(c, x, w, &core.Given{
		DeltaAt: [][]float64{1: {0.5, 0}},  // delta_1
		EpsAt:   [][]float64{2: {0, 0.25}}, // eps_2
	})
	fmt.Println("perturbed:", s.Loss(), s.UAll)
	// Output:
	// exact:     5 [3 2]
	// perturbed: 6.625 [3.5 2.5]
}

// The constants of A3 on the hull of two passes.
func ExampleRegion() {
	c, err := core.FromSpecs([]core.Spec{{Op: "scale", N: 1}, {Op: "halfsq", N: 1}})
	if err != nil {
		log.Fatal(err)
	}
	s, r := core.NewState(c), core.NewRegion(c)
	for _, w := range []float64{1, -2} {
		s.Pass(c, []float64{3}, []float64{w}, nil)
		r.Visit(s, []float64{w})
	}
	k := r.Regularity(nil)
	fmt.Printf("C = %.4f, Lf = %.4f, L1 = %.4f, L2 = %.4f\n", k.C(), k.Lf, k.L1, k.L2)
	// Output:
	// C = 6.0000, Lf = 6.0000, L1 = 1.0000, L2 = 0.0000
}

// Three samples of a regression in windows of two, each with a number added to f1.
func ExampleBatch() {
	c, err := core.NewChain(core.Linear(2, 1), core.HalfSq(1))
	if err != nil {
		log.Fatal(err)
	}
	b := core.NewBatch(c, 2)
	b.Load(rows{c, [][]float64{{1, 2}, {3, -1}, {0, 4}}}, nil)
	noise := []float64{1, -1, 0}
	b.Pass([]float64{2, 1}, func(from, to int) core.Perturber {
		return &core.Given{DeltaAt: [][]float64{1: noise[from:to]}} // delta_1 of the window
	})
	fmt.Println(b.Loss(), b.U())
	// Output:
	// 9.5 [5.666666666666666 7.333333333333333]
}

type rows struct {
	c *core.Chain
	x [][]float64
}

func (r rows) Len() int                              { return len(r.x) }
func (r rows) Sample(k int) (*core.Chain, []float64) { return r.c, r.x[k] }

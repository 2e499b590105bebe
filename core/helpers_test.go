package core

import (
	"math/rand/v2"
	"testing"
)

// testOps has every operator at widths that tell rows from columns.
func testOps() []Op {
	return []Op{
		Affine(3, 2), Affine(1, 1), Linear(2, 4), Linear(3, 1), Fixed([][]float64{{1, -2, 0.5}, {0.25, 3, -1}}),
		Bias(3), Scale(3), Tanh(3), Sigmoid(2), Softplus(3), Square(3), HalfSq(3), Logistic(),
		SoftmaxCE(3, 1), SoftmaxCE(2, 0), SoftmaxCE(1, 0), Bilinear(3), Bilinear(1),
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func normals(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = r.NormFloat64()
	}
	return v
}

func mustChain(t testing.TB, ops ...Op) *Chain {
	t.Helper()
	c, err := NewChain(ops...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// someChains are chains of 2 to 8 operators that together have every one.
func someChains(t testing.TB) []*Chain {
	return []*Chain{
		mustChain(t, Linear(3, 1), Logistic()),
		mustChain(t, Affine(2, 4), Tanh(4), Affine(4, 3), SoftmaxCE(3, 2)),
		mustChain(t, Scale(2), Fixed([][]float64{{1, 2}, {-1, 0.5}, {0.3, 0.7}}), Sigmoid(3), Bias(3), HalfSq(3)),
		mustChain(t, Bias(2), Softplus(2), Linear(2, 2), Bilinear(2)),
		mustChain(t, Linear(1, 3), Square(3), Scale(3), Tanh(3), Bias(3), Affine(3, 2), Sigmoid(2), HalfSq(2)),
		mustChain(t, Scale(1), Scale(1), Scale(1)),
	}
}

// randomChain has n operators, each drawn from all that fit, and ends in width 1.
func randomChain(t testing.TB, r *rand.Rand, n int) *Chain {
	width := 1 + r.IntN(4)
	ops := make([]Op, 0, n)
	for len(ops) < n-1 {
		next := 1 + r.IntN(4)
		a := make([][]float64, next)
		for i := range a {
			a[i] = normals(r, width)
		}
		candidates := []Op{Affine(width, next), Linear(width, next), Fixed(a), Bias(width), Scale(width), Tanh(width),
			Sigmoid(width), Softplus(width), Square(width), HalfSq(width), SoftmaxCE(width, r.IntN(width)),
			Bilinear(width)}
		op := candidates[r.IntN(len(candidates))]
		if width == 1 && r.IntN(8) == 0 {
			op = Logistic()
		}
		ops = append(ops, op)
		width = op.Out()
	}
	last := []Op{Affine(width, 1), Linear(width, 1), HalfSq(width), SoftmaxCE(width, r.IntN(width)), Bilinear(width)}
	return mustChain(t, append(ops, last[r.IntN(len(last))])...)
}

// manyChains are someChains and random ones of 2 to 8 operators.
func manyChains(t testing.TB) []*Chain {
	chains, r := someChains(t), newRand(30)
	for k := range 70 {
		chains = append(chains, randomChain(t, r, 2+k%7))
	}
	return chains
}

// jacobians returns J1 and J2 as rows, column by column of the VJPs.
func jacobians(op Op, x, w []float64) (j1, j2 [][]float64) {
	y := make([]float64, op.Out())
	op.Forward(y, x, w)
	for i := range op.Out() {
		e := make([]float64, op.Out())
		e[i] = 1
		a, b := make([]float64, op.In()), make([]float64, op.NW())
		op.VJP1(a, x, w, y, e)
		op.VJP2(b, x, w, y, e)
		j1, j2 = append(j1, a), append(j2, b)
	}
	return j1, j2
}

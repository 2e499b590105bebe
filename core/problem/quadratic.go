package problem

import (
	"fmt"
	"math"
	"math/big"

	"github.com/cascade-sgd/cascade/core"
)

// Quadratic is the objective
//
//	l(w) = (1/K) sum_k |A (x_k + w)|^2/2
//
// with w in R^n, A an m x n matrix and inputs x_k: the chain bias(n), fixed(A),
// halfsq(m), N = 3. With H = A^T A and the mean c of the inputs,
//
//	grad l(w) = H (w + c),            Hessian H,
//	l*        = (1/2K) sum_k |A (x_k - c)|^2,   at w = -c,
//	sigma^2   = (1/K)  sum_k |H (x_k - c)|^2,   for every w,
//
// by |A(x_k+w)|^2 summed = K |A(c+w)|^2 + sum |A(x_k-c)|^2, and because the
// gradient of sample k differs from the mean by H (x_k - c), which does not
// contain w. It is immutable and implements Known.
type Quadratic struct {
	samples
	l, mu, lStar, lStarUp, sigmaSq float64
}

// NewQuadratic returns the objective of the rows a of A and the inputs. It
// panics on an empty or ragged argument, on one that is not finite, and on a matrix
// of more than MaxRows rows or MaxFeatures columns.
func NewQuadratic(a, inputs [][]float64) *Quadratic {
	checkMatrix("A", a)
	checkMatrix("inputs", inputs)
	n := len(a[0])
	if n > MaxFeatures || len(a) > MaxRows {
		panic(fmt.Sprintf("problem: quadratic: A is %d x %d, want at most %d x %d", len(a), n, MaxRows, MaxFeatures))
	}
	if len(inputs[0]) != n {
		panic(fmt.Sprintf("problem: quadratic with %d columns and inputs of length %d", n, len(inputs[0])))
	}
	c := mustChain(core.Bias(n), core.Fixed(a), core.HalfSq(len(a)))
	q := &Quadratic{}
	for _, x := range inputs {
		q.chain = append(q.chain, c)
		q.x = append(q.x, append([]float64(nil), x...))
	}
	q.mu, q.l = spectrum(a)
	q.moments(a)
	return q
}

func checkMatrix(name string, a [][]float64) {
	if len(a) == 0 || len(a[0]) == 0 {
		panic("problem: quadratic: " + name + " is empty")
	}
	for i, row := range a {
		if len(row) != len(a[0]) {
			panic(fmt.Sprintf("problem: quadratic: row %d of %s has %d entries, row 0 has %d", i, name, len(row),
				len(a[0])))
		}
		for j, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				panic(fmt.Sprintf("problem: quadratic: %s[%d][%d] is %v", name, i, j, v))
			}
		}
	}
}

// moments computes l* and sigma^2 in rational arithmetic.
func (q *Quadratic) moments(a [][]float64) {
	m := rationals(a)
	var ax, hx [][]*big.Rat
	for _, x := range rationals(q.x) {
		y := times(m, x)
		ax = append(ax, y)
		hx = append(hx, timesT(m, y))
	}
	lStar := spread(ax)
	lStar.Quo(lStar, big.NewRat(2, 1))
	q.lStar, q.lStarUp = below(lStar), above(lStar)
	q.sigmaSq = above(spread(hx))
}

// Reg implements Known: there is no regularizer.
func (q *Quadratic) Reg() core.Regularizer {
	q.must()
	return core.Regularizer{}
}

// Len is the number of samples.
func (q *Quadratic) Len() int {
	q.must()
	return q.samples.Len()
}

// Sample returns the chain and the input of sample k; the input is only lent.
func (q *Quadratic) Sample(k int) (*core.Chain, []float64) {
	q.must()
	return q.samples.Sample(k)
}

// must panics unless a constructor made q.
func (q *Quadratic) must() {
	if q == nil || len(q.x) == 0 {
		panic("problem: nil or zero Quadratic")
	}
}

// L is lambda_max(A^T A), the best constant of A1, rounded up; see spectrum.
func (q *Quadratic) L() float64 {
	q.must()
	return q.l
}

// Mu is lambda_min(A^T A), the best constant of A4 when A has full column rank,
// rounded down. It is 0 when A has not, or when rounding hides that it has.
// Proof: |H z|^2 >= lambda_min <z, H z> with z = w + c, and l - l* = <z, H z>/2.
func (q *Quadratic) Mu() float64 {
	q.must()
	return q.mu
}

// LStarLower is l*, rounded down to a float64.
func (q *Quadratic) LStarLower() float64 {
	q.must()
	return q.lStar
}

// LStarUpper is l*, rounded up to a float64.
func (q *Quadratic) LStarUpper() float64 {
	q.must()
	return q.lStarUp
}

// SigmaSq is sigma^2, rounded up to a float64. It is the same for every w, so
// the box is not looked at.
func (q *Quadratic) SigmaSq(core.Box) float64 {
	q.must()
	return q.sigmaSq
}

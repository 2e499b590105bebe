package bigpass

import (
	"fmt"
	"math/big"

	"github.com/cascade-sgd/cascade/core"
)

// Transposed returns W_i^T W_{i+1}^T ... W_j^T, d_{i-1} x d_j, of the linear
// network that (6) is about, without any rounding. w[k-1] is W_k, row by row,
// k = 1..N; 1 <= i <= j <= N. Rows of unequal length, neighbours that do not
// fit, NaN and Inf are errors that name the place; a width or a matrix over the
// caps of package core is one, too.
func Transposed(w [][][]float64, i, j int) ([][]*big.Rat, error) {
	if i < 1 || j < i || j > len(w) {
		return nil, fmt.Errorf("bigpass: factors %d..%d of %d matrices", i, j, len(w))
	}
	if err := checkMatrices(w); err != nil {
		return nil, err
	}
	// Transposed: the product W_j ... W_i, from the right.
	p := rational(w[i-1])
	for k := i + 1; k <= j; k++ {
		p = product(rational(w[k-1]), p)
	}
	return transposed(p), nil
}

// LinearGradient returns U_1 = ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) x^T,
// d_1 x d_0, the gradient by W_1 that (5b) and (5c) give for the network of
// Transposed with delta = 0, without any rounding; v_N = 1, so that d_N = 1.
// (6) is printed for this. eps is indexed as in core.Given.
func LinearGradient(w [][][]float64, x []float64, eps [][]float64) ([][]*big.Rat, error) {
	if err := checkMatrices(w); err != nil {
		return nil, err
	}
	n := len(w)
	if n == 0 || len(w[n-1]) != 1 {
		return nil, fmt.Errorf("bigpass: the last of %d matrices must have 1 row", n)
	}
	if err := checkVector("x", x, len(w[0][0])); err != nil {
		return nil, err
	}
	v := [][]*big.Rat{{big.NewRat(1, 1)}}
	for i := n; i >= 2; i-- {
		v = product(transposed(rational(w[i-1])), v)
		if ep := at(eps, i); ep != nil {
			if err := checkVector(fmt.Sprintf("eps_%d", i), ep, len(v)); err != nil {
				return nil, err
			}
			for k, r := range rational([][]float64{ep})[0] {
				v[k][0].Add(v[k][0], r)
			}
		}
	}
	return product(v, rational([][]float64{x})), nil
}

func checkMatrices(w [][][]float64) error {
	for k, m := range w {
		if _, err := core.NewOp(core.Spec{Op: "fixed", A: m}); err != nil {
			return fmt.Errorf("bigpass: W_%d: %w", k+1, err)
		}
		if k > 0 && len(m[0]) != len(w[k-1]) {
			return fmt.Errorf("bigpass: W_%d has %d columns, W_%d has %d rows", k+1, len(m[0]), k, len(w[k-1]))
		}
	}
	return nil
}

// rational converts finite numbers.
func rational(m [][]float64) [][]*big.Rat {
	r := make([][]*big.Rat, len(m))
	for i, row := range m {
		for _, x := range row {
			r[i] = append(r[i], new(big.Rat).SetFloat64(x))
		}
	}
	return r
}

func product(a, b [][]*big.Rat) [][]*big.Rat {
	p := make([][]*big.Rat, len(a))
	for i := range a {
		for j := range b[0] {
			sum := new(big.Rat)
			for k := range b {
				sum.Add(sum, new(big.Rat).Mul(a[i][k], b[k][j]))
			}
			p[i] = append(p[i], sum)
		}
	}
	return p
}

func transposed(a [][]*big.Rat) [][]*big.Rat {
	t := make([][]*big.Rat, len(a[0]))
	for _, row := range a {
		for j, x := range row {
			t[j] = append(t[j], x)
		}
	}
	return t
}

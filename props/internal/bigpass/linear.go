package bigpass

import (
	"fmt"
	"math"
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

// Accumulated is what the chain of (6b) says of V_1,
//
//	W_2^T ... W_N^T v_N + sum_{i=2..N} W_2^T ... W_{i-1}^T eps_i,   v_N = 1,
//
// the recursion of (5b) multiplied out, without any rounding: a vector of d_1. Without
// eps it is v_1. Arguments and errors are those of LinearGradient.
func Accumulated(w [][][]float64, eps [][]float64) ([]*big.Rat, error) {
	if err := checkMatrices(w); err != nil {
		return nil, err
	}
	n := len(w)
	if n < 2 || len(w[n-1]) != 1 {
		return nil, fmt.Errorf("bigpass: want two matrices or more, the last with 1 row, not %d", n)
	}
	sum := zeros(len(w[1][0]))
	left := identity(len(w[1][0])) // W_2^T ... W_{i-1}^T
	for i := 2; i <= n; i++ {
		if ep := at(eps, i); ep != nil {
			if err := checkVector(fmt.Sprintf("eps_%d", i), ep, len(w[i-1][0])); err != nil {
				return nil, err
			}
			addTimes(sum, left, Rationals(ep))
		}
		left = product(left, transposed(rational(w[i-1])))
	}
	addTimes(sum, left, []*big.Rat{big.NewRat(1, 1)})
	return sum, nil
}

// Carried is W_first^T ... W_{N-1}^T eps_N, first = 1 or 2: what the sentence after (6)
// makes of eps_N on its way to U_1. Factors that do not fit together are an error.
func Carried(w [][][]float64, first int, epsN []float64) ([]*big.Rat, error) {
	n := len(w)
	if n < 2 || first < 1 || first > 2 {
		return nil, fmt.Errorf("bigpass: eps_N from W_%d on, of %d matrices", first, n)
	}
	if err := checkVector("eps_N", epsN, len(w[n-2])); err != nil {
		return nil, err
	}
	if first == n {
		return Rationals(epsN), nil
	}
	m, err := Transposed(w, first, n-1)
	if err != nil {
		return nil, err
	}
	v := zeros(len(m))
	addTimes(v, m, Rationals(epsN))
	return v, nil
}

// Outer is v right^T.
func Outer(v, right []*big.Rat) [][]*big.Rat {
	m := make([][]*big.Rat, len(v))
	for i, a := range v {
		for _, b := range right {
			m[i] = append(m[i], new(big.Rat).Mul(a, b))
		}
	}
	return m
}

// Reversed is W_N^T ... W_3^T W_2^T of w = W_1..W_N, in this order of factors; ok is false
// where they do not fit together.
func Reversed(w [][][]float64) (p [][]*big.Rat, ok bool) {
	p = transposed(rational(w[len(w)-1]))
	for i := len(w) - 2; i >= 1; i-- {
		back := transposed(rational(w[i]))
		if len(p[0]) != len(back) {
			return nil, false
		}
		p = product(p, back)
	}
	return p, true
}

// Rationals are finite numbers, exactly.
func Rationals(x []float64) []*big.Rat { return rational([][]float64{x})[0] }

// Difference is a - b; nil where their shapes differ.
func Difference(a, b [][]*big.Rat) [][]*big.Rat {
	if len(a) != len(b) {
		return nil
	}
	d := make([][]*big.Rat, len(a))
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return nil
		}
		for j := range a[i] {
			d[i] = append(d[i], new(big.Rat).Sub(a[i][j], b[i][j]))
		}
	}
	return d
}

// Norm is |a|_F to the precision of a float64, except that it is 0 for the zero matrix
// alone and finite for every other one.
func Norm(a [][]*big.Rat) float64 {
	sum := new(big.Rat)
	for _, row := range a {
		for _, x := range row {
			sum.Add(sum, new(big.Rat).Mul(x, x))
		}
	}
	if sum.Sign() == 0 {
		return 0
	}
	root := new(big.Float).SetPrec(64).SetRat(sum)
	f, _ := root.Sqrt(root).Float64()
	return min(max(f, math.SmallestNonzeroFloat64), math.MaxFloat64)
}

// exactBelow bounds integers of which sums are exact in float64, whatever their order:
// 2^53, halved twice for the difference of two passes and for a sum with eps.
const exactBelow = 0x1p51

// FitsFloat64 reports that float64 forms both sides of each equation of (6), as package
// bounds has them, without any rounding: all numbers are integers, and with
//
//	a_i = the largest sum of magnitudes in a row or a column of W_i,
//	e   = the largest magnitude in eps, X = the largest in x, each at least 1,
//	P   = (a_1 + e) ... (a_N + e),
//
// P^2 e X is below 2^51. Every vector on the way to U_1 is a product of some of the
// W_i^T applied to v_N = 1 or eps, with eps added at each, so that every partial sum in
// it is an integer of magnitude at most P, or P e where it begins with eps_N; the outer
// product with x or v_1 has another factor X or P.
func FitsFloat64(w [][][]float64, x []float64, eps [][]float64) bool {
	e := largestInteger(eps...)
	size := e * largestInteger(x)
	for _, m := range w {
		if math.IsInf(largestInteger(m...), 1) {
			return false
		}
		factor := largestSum(m) + e
		size *= factor * factor
	}
	return size < exactBelow // and not NaN
}

// largestInteger is the largest magnitude in the rows, at least 1, and +Inf when they
// hold a number that is no integer.
func largestInteger(rows ...[]float64) float64 {
	m := 1.0
	for _, row := range rows {
		for _, v := range row {
			if v != math.Trunc(v) { // NaN too
				return math.Inf(1)
			}
			m = max(m, math.Abs(v))
		}
	}
	return m
}

// largestSum is the largest sum of magnitudes in a row or a column of m, at least 1.
func largestSum(m [][]float64) float64 {
	largest := 1.0
	columns := make([]float64, len(m[0]))
	for _, row := range m {
		sum := 0.0
		for j, v := range row {
			sum += math.Abs(v)
			columns[j] += math.Abs(v)
		}
		largest = max(largest, sum)
	}
	for _, sum := range columns {
		largest = max(largest, sum)
	}
	return largest
}

func zeros(n int) []*big.Rat {
	v := make([]*big.Rat, n)
	for k := range v {
		v[k] = new(big.Rat)
	}
	return v
}

func identity(n int) [][]*big.Rat {
	m := make([][]*big.Rat, n)
	for i := range m {
		m[i] = zeros(n)
		m[i][i].SetInt64(1)
	}
	return m
}

// addTimes adds m v to sum.
func addTimes(sum []*big.Rat, m [][]*big.Rat, v []*big.Rat) {
	for i, row := range m {
		for j, a := range row {
			sum[i].Add(sum[i], new(big.Rat).Mul(a, v[j]))
		}
	}
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

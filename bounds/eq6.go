package bounds

import "fmt"

// The comparison (6) of an additive error e with the errors that accumulate in
// a linear network y_i = W_i y_{i-1}, delta = 0. w[i] is W_i by rows, i = 1..N;
// vectors are columns. A result is the d_1 x d_0 matrix U_1, or what the paper
// prints for it; the display before (12), of v_1, has the same data. An error says which
// printed shapes do not fit together; fewer than two matrices, an empty or ragged one, or
// an eps_i left out panic.

// Eq6a is W_2^T ... W_N^T v_N v_1^T + e. It implements (6a); e nil is 0.
func Eq6a(w [][][]float64, vN, v1 []float64, e [][]float64) ([][]float64, error) {
	return eq6(w, vN, nil, v1, e)
}

// Eq6aRepaired is W_2^T ... W_N^T v_N x^T + e: u_1 = v_1 x^T, because J2_1 is
// I (x) x^T, and v_1 = W_2^T ... W_N^T v_N by (4).
func Eq6aRepaired(w [][][]float64, vN, x []float64, e [][]float64) ([][]float64, error) {
	return eq6(w, vN, nil, x, e)
}

// Eq6b is ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) v_1^T + eps_1. It
// implements (6b); eps[i] is eps_i, i = 2..N, and eps_1, which (5) does not
// have, is 0.
func Eq6b(w [][][]float64, vN, v1 []float64, eps [][]float64) ([][]float64, error) {
	return eq6(w, vN, eps, v1, nil)
}

// Eq6bRepaired is ( W_2^T( ... (W_N^T v_N + eps_N) ... ) + eps_2 ) x^T, by (5b)
// and U_1 = V_1 x^T.
func Eq6bRepaired(w [][][]float64, vN, x []float64, eps [][]float64) ([][]float64, error) {
	return eq6(w, vN, eps, x, nil)
}

// Eq6Text is (W_1^T ... W_{N-1}^T eps_N) x^T: what eps_N adds to U_1 by the
// sentence after (6), "multiplied by W_1^T ... W_{N-1}^T".
func Eq6Text(w [][][]float64, x []float64, eps [][]float64) ([][]float64, error) {
	return eq6Text(w, 1, x, eps)
}

// Eq6TextRepaired is (W_2^T ... W_{N-1}^T eps_N) x^T, by (5b): eps_N is added
// to V_{N-1}.
func Eq6TextRepaired(w [][][]float64, x []float64, eps [][]float64) ([][]float64, error) {
	return eq6Text(w, 2, x, eps)
}

// Display12 is W_N^T ... W_3^T W_2^T in this order of factors, v_N left out: the display
// before (12) of v_1 in a linear network. It is an error where the factors do not fit
// together.
func Display12(w [][][]float64) ([][]float64, error) {
	checkShapes(w, nil)
	product := make([][]float64, len(w[len(w)-1][0])) // W_N^T, of d_N = 1 columns
	for k := range product {
		for _, row := range w[len(w)-1] {
			product[k] = append(product[k], row[k])
		}
	}
	for i := len(w) - 2; i >= 2; i-- {
		if len(product[0]) != len(w[i][0]) {
			return nil, fmt.Errorf("bounds: before (12): a product of %d columns times W_%d^T of %d rows",
				len(product[0]), i, len(w[i][0]))
		}
		next := make([][]float64, len(product))
		for r, row := range product {
			next[r] = make([]float64, len(w[i]))
			for j, of := range w[i] { // column j of W_i^T
				for k, a := range of {
					next[r][j] += float64(row[k] * a)
				}
			}
		}
		product = next
	}
	return product, nil
}

// Display12Repaired is W_2^T W_3^T ... W_N^T v_N, v_1 by (4), as a column.
func Display12Repaired(w [][][]float64, vN []float64) ([][]float64, error) {
	checkShapes(w, nil)
	v := vN
	for i := len(w) - 1; i >= 2; i-- {
		var err error
		if v, err = transposeTimes(w[i], v, i); err != nil {
			return nil, err
		}
	}
	column := make([][]float64, len(v))
	for k, x := range v {
		column[k] = []float64{x}
	}
	return column, nil
}

func eq6(w [][][]float64, vN []float64, eps [][]float64, right []float64, e [][]float64) ([][]float64, error) {
	checkShapes(w, eps)
	v := vN
	for i := len(w) - 1; i >= 2; i-- {
		var err error
		if v, err = transposeTimes(w[i], v, i); err != nil {
			return nil, err
		}
		if eps == nil {
			continue
		}
		if len(eps[i]) != len(v) {
			return nil, fmt.Errorf("bounds: (6): eps_%d has length %d, W_%d^T v has %d", i, len(eps[i]), i, len(v))
		}
		for k := range v {
			v[k] += eps[i][k]
		}
	}
	return outerU1(w, v, right, e)
}

func eq6Text(w [][][]float64, first int, x []float64, eps [][]float64) ([][]float64, error) {
	if eps == nil {
		panic("bounds: (6): no eps")
	}
	checkShapes(w, eps)
	v := eps[len(w)-1]
	for i := len(w) - 2; i >= first; i-- {
		var err error
		if v, err = transposeTimes(w[i], v, i); err != nil {
			return nil, err
		}
	}
	return outerU1(w, v, x, nil)
}

// checkShapes panics unless w[1..N] are matrices, N >= 2, and eps, if given, has entry N.
func checkShapes(w [][][]float64, eps [][]float64) {
	if len(w) < 3 {
		panic(fmt.Sprintf("bounds: (6): %d entries of w, want N+1 >= 3", len(w)))
	}
	for i, m := range w[1:] {
		if len(m) == 0 || len(m[0]) == 0 {
			panic(fmt.Sprintf("bounds: (6): W_%d is empty", i+1))
		}
		for r, row := range m {
			if len(row) != len(m[0]) {
				panic(fmt.Sprintf("bounds: (6): row %d of W_%d has %d entries, row 0 has %d",
					r, i+1, len(row), len(m[0])))
			}
		}
	}
	if eps != nil && len(eps) < len(w) {
		panic(fmt.Sprintf("bounds: (6): %d entries of eps, want N+1 = %d", len(eps), len(w)))
	}
}

// outerU1 is v right^T + e, which must have the shape of W_1.
func outerU1(w [][][]float64, v, right []float64, e [][]float64) ([][]float64, error) {
	rows, cols := len(w[1]), len(w[1][0])
	if len(v) != rows || len(right) != cols {
		return nil, fmt.Errorf("bounds: (6): a %d x %d product for U_1, which is %d x %d",
			len(v), len(right), rows, cols)
	}
	if e != nil && (len(e) != rows || len(e[0]) != cols) {
		return nil, fmt.Errorf("bounds: (6): e is %d x %d, U_1 %d x %d", len(e), len(e[0]), rows, cols)
	}
	u := make([][]float64, rows)
	for i := range u {
		u[i] = make([]float64, cols)
		for j := range u[i] {
			u[i][j] = float64(v[i] * right[j])
			if e != nil {
				u[i][j] += e[i][j]
			}
		}
	}
	return u, nil
}

// transposeTimes is W_i^T v.
func transposeTimes(w [][]float64, v []float64, i int) ([]float64, error) {
	if len(v) != len(w) {
		return nil, fmt.Errorf("bounds: (6): W_%d^T of %d columns times a vector of %d", i, len(w), len(v))
	}
	out := make([]float64, len(w[0]))
	for r, row := range w {
		for c, a := range row {
			out[c] += float64(a * v[r])
		}
	}
	return out, nil
}

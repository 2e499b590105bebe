package bounds_test

import (
	"fmt"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// TestEquation6 works the printed and the repaired (6) by hand: W_2 = (1 3),
// W_1 = [1 2; 0 1], x = (5, 7), so v_1 = (1, 3)^T and u_1 = v_1 x^T.
func TestEquation6(t *testing.T) {
	w := [][][]float64{nil, {{1, 2}, {0, 1}}, {{1, 3}}}
	x, v1, eps := []float64{5, 7}, []float64{1, 3}, [][]float64{nil, nil, {10, 20}}
	get := func(m [][]float64, err error) string { return fmt.Sprint(m, err) }
	for name, c := range map[string][2]string{
		"(6a)":             {get(Eq6a(w, []float64{1}, v1, nil)), "[[1 3] [3 9]] <nil>"},
		"(6a) with e":      {get(Eq6a(w, []float64{1}, v1, [][]float64{{1, 1}, {1, 1}})), "[[2 4] [4 10]] <nil>"},
		"(6a) repaired":    {get(Eq6aRepaired(w, []float64{1}, x, nil)), "[[5 7] [15 21]] <nil>"},
		"(6b)":             {get(Eq6b(w, []float64{1}, v1, eps)), "[[11 33] [23 69]] <nil>"},
		"(6b) repaired":    {get(Eq6bRepaired(w, []float64{1}, x, eps)), "[[55 77] [115 161]] <nil>"},
		"the text":         {get(Eq6Text(w, x, eps)), "[[50 70] [200 280]] <nil>"},
		"the text, mended": {get(Eq6TextRepaired(w, x, eps)), "[[50 70] [100 140]] <nil>"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, want %s", name, c[0], c[1])
		}
	}
	// W_4 = (2 3), W_3 = (4 5)^T, W_2 = (1 7): v_1 = W_2^T W_3^T W_4^T = 23 (1, 7), and in reversed
	// order W_4^T W_3^T W_2^T = 39 (2, 3). Two columns times one row do not fit.
	w4 := [][][]float64{nil, {{1}, {1}}, {{1, 7}}, {{4}, {5}}, {{2, 3}}}
	for name, c := range map[string][2]string{
		"before (12)":         {get(Display12(w4)), "[[78] [117]] <nil>"},
		"before (12), mended": {get(Display12Repaired(w4, []float64{1})), "[[23] [161]] <nil>"},
		"before (12), N = 2":  {get(Display12(w)), "[[1] [3]] <nil>"},
		"before (12), shapes": {get(Display12([][][]float64{nil, w[1], {{1, 1}, {0, 1}}, {{1, 2}}})),
			"[] bounds: before (12): a product of 1 columns times W_2^T of 2 rows"},
		"before (12), mended, shapes": {get(Display12Repaired(w4, []float64{1, 2})),
			"[] bounds: (6): W_4^T of 1 columns times a vector of 2"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, want %s", name, c[0], c[1])
		}
	}
	// Three matrices: W_3 = (1 2), W_2 = [1 1; 0 1], so v_1 = (1, 3)^T as well.
	w3 := [][][]float64{nil, w[1], {{1, 1}, {0, 1}}, {{1, 2}}}
	one := []float64{1}
	eps3 := [][]float64{nil, nil, {10, 20}, {1, 1}}
	for name, c := range map[string][2]string{
		"(6a), one number, with e": {get(Eq6a([][][]float64{nil, {{2}}, {{3}}}, one, one, [][]float64{{4}})),
			"[[7]] <nil>"},
		"(6a), N = 3":             {get(Eq6a(w3, []float64{1}, v1, nil)), "[[1 3] [3 9]] <nil>"},
		"(6b), N = 3":             {get(Eq6b(w3, []float64{1}, v1, eps3)), "[[12 36] [25 75]] <nil>"},
		"the text, N = 3":         {get(Eq6Text(w3, x, eps3)), "[[5 7] [20 28]] <nil>"},
		"the text, mended, N = 3": {get(Eq6TextRepaired(w3, x, eps3)), "[[5 7] [10 14]] <nil>"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, want %s", name, c[0], c[1])
		}
	}
}

// TestEquation6Shapes: printed shapes that do not fit are errors that say which.
func TestEquation6Shapes(t *testing.T) {
	w := [][][]float64{nil, {{1, 2}, {0, 1}}, {{1, 3}}}
	v1 := []float64{1, 3}
	wide := [][][]float64{nil, {{1, 2, 3}, {0, 1, 0}}, {{1, 3}}}
	narrow := [][][]float64{nil, {{1, 2}}, {{1, 3}}}
	eps := [][]float64{nil, nil, {10, 20}}
	one, shortEps := []float64{1}, [][]float64{nil, nil, {1}}
	call := func(u [][]float64, err error) string {
		if u != nil || err == nil {
			return fmt.Sprint(u)
		}
		return err.Error()
	}
	for _, c := range []struct{ got, want string }{
		{call(Eq6a(wide, one, v1, nil)), "a 2 x 2 product for U_1, which is 2 x 3"},
		{call(Eq6a(narrow, one, v1, nil)), "a 2 x 2 product for U_1, which is 1 x 2"},
		{call(Eq6b(w, one, v1, shortEps)), "eps_2 has length 1, W_2^T v has 2"},
		{call(Eq6a(w, make([]float64, 3), v1, nil)), "W_2^T of 1 columns times a vector of 3"},
		{call(Eq6Text(narrow, v1, eps)), "W_1^T of 1 columns times a vector of 2"},
		{call(Eq6a(w, one, v1, [][]float64{{1, 1}})), "e is 1 x 2, U_1 2 x 2"},
		{call(Eq6a(w, one, v1, [][]float64{{1}, {1}})), "e is 2 x 1, U_1 2 x 2"},
	} {
		if c.got != "bounds: (6): "+c.want {
			t.Errorf("%s, want bounds: (6): %s", c.got, c.want)
		}
	}
}

func TestEquation6Misuse(t *testing.T) {
	ragged := [][][]float64{nil, {{1}, {1, 2}}, {{1}}}
	scalars := [][][]float64{nil, {{1}}, {{1}}}
	checkMisuse(t, []misuse{
		{"2 entries of w, want N+1 >= 3", func() { _, _ = Eq6a(make([][][]float64, 2), nil, nil, nil) }},
		{"W_2 is empty", func() { _, _ = Eq6a([][][]float64{nil, {{1}}, {}}, nil, nil, nil) }},
		{"row 1 of W_1 has 2 entries, row 0 has 1", func() { _, _ = Eq6a(ragged, nil, nil, nil) }},
		{"W_1 is empty", func() { _, _ = Eq6b([][][]float64{nil, {{}}, {{1}}}, nil, nil, nil) }},
		{"(6): no eps", func() { _, _ = Eq6Text(nil, nil, nil) }},
		{"2 entries of w, want N+1 >= 3", func() {
			_, _ = Eq6Text(make([][][]float64, 2), nil, make([][]float64, 2))
		}},
		{"2 entries of eps, want N+1 = 3", func() { _, _ = Eq6TextRepaired(scalars, nil, make([][]float64, 2)) }},
		{"1 entries of eps, want N+1", func() { _, _ = Eq6b(scalars, nil, nil, make([][]float64, 1)) }},
	})
}

package bounds_test

import (
	"fmt"
	"strings"
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
	wide := [][][]float64{nil, {{1, 2, 3}, {0, 1, 0}}, {{1, 3}}}
	_, err := Eq6a(wide, []float64{1}, v1, nil)
	if err == nil || !strings.Contains(err.Error(), "a 2 x 2 product for U_1, which is 2 x 3") {
		t.Errorf("shapes that do not fit: %v", err)
	}
	_, err = Eq6b(w, []float64{1}, v1, [][]float64{nil, nil, {1}})
	if err == nil || !strings.Contains(err.Error(), "eps_2 has length 1") {
		t.Errorf("a short eps: %v", err)
	}
}

func TestEquation6Misuse(t *testing.T) {
	ragged := [][][]float64{nil, {{1}, {1, 2}}, {{1}}}
	scalars := [][][]float64{nil, {{1}}, {{1}}}
	checkMisuse(t, []misuse{
		{"2 entries of w, want N+1 >= 3", func() { _, _ = Eq6a(make([][][]float64, 2), nil, nil, nil) }},
		{"W_2 is empty", func() { _, _ = Eq6a([][][]float64{nil, {{1}}, {}}, nil, nil, nil) }},
		{"row 1 of W_1 has 2 entries", func() { _, _ = Eq6a(ragged, nil, nil, nil) }},
		{"(6): no eps", func() { _, _ = Eq6Text(nil, nil, nil) }},
		{"1 entries of eps, want N+1", func() { _, _ = Eq6b(scalars, nil, nil, make([][]float64, 1)) }},
	})
}

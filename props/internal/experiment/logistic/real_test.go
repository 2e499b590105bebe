package logistic

import (
	"math"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core/problem"
)

// TestFromTable: x_k = -h_k for label 1 and h_k for label 0, in both orders.
func TestFromTable(t *testing.T) {
	s := fromTable([][]float64{{3, 4}, {1, -2}, {0, 1}}, []int{1, 0, 1})
	if s.m != 3 || s.d != 2 || s.wide != 5 {
		t.Errorf("m = %d, d = %d, wide = %v", s.m, s.d, s.wide)
	}
	nearAll(t, "rows", s.rows, []float64{-3, -4, 1, -2, 0, -1}, 0)
	nearAll(t, "columns", s.x, []float64{-3, 1, 0, -4, -2, -1}, 0)
	nearAll(t, "mean", s.mean, []float64{-2. / 3, -7. / 3}, 1e-15)
	nearAll(t, "row 1", s.row(1), []float64{1, -2}, 0)
	nearAll(t, "column 1", s.column(1), []float64{-4, -2, -1}, 0)
	a, u := make([]float64, 3), []float64{math.NaN(), 7} // what is there does not count
	s.ahead(a, []float64{2, 1})
	nearAll(t, "<x_k, w>", a, []float64{-10, 0, -1}, 0)
	s.back(u, []float64{1, 2, 3})
	nearAll(t, "mean v_k x_k", u, []float64{-1. / 3, -11. / 3}, 1e-15)
}

// TestRealData: the shapes, standardized columns, pixels in 0..1, odd digits as label 1.
func TestRealData(t *testing.T) {
	for name, want := range map[string][2]int{BreastCancer: {30, 569}, Digits: {64, 1797}} {
		if d, m := shape(name); d != want[0] || m != want[1] {
			t.Errorf("%s: %d features, %d rows", name, d, m)
		}
		d, m := shape(name)
		s := dataOf(Point{Data: name, D: d, M: 7})
		all := real[name]()
		if s.m != 7 || s.d != d || m < 7 {
			t.Errorf("%s: m = %d, d = %d", name, s.m, s.d)
		}
		for k := range 7 { // the first ones, their sign by the label
			sign := 1 - 2*float64(all.Label[k])
			for j, v := range s.row(k) {
				if v != sign*all.X[k][j] {
					t.Fatalf("%s: x_%d,%d = %v, label %d and h = %v", name, k, j, v, all.Label[k], all.X[k][j])
				}
			}
		}
	}
	cancer := real[BreastCancer]()
	for j := range cancer.X[0] {
		sum, square := 0.0, 0.0
		for _, row := range cancer.X {
			sum += row[j] / 569
			square += row[j] * row[j] / 569
		}
		near(t, "mean of a feature", sum, 0, 1e-12)
		near(t, "its variance", square, 1, 1e-2) // over n or n-1
	}
	digits := real[Digits]()
	least, most, odd := 1.0, 0.0, 0
	for k, row := range digits.X {
		least, most = min(least, slices.Min(row)), max(most, slices.Max(row))
		odd += digits.Label[k]
	}
	if least != 0 || most != 1 || odd != 906 || !slices.Equal(digits.Names, []string{"even", "odd"}) {
		t.Errorf("pixels %v..%v, %d odd digits, names %v", least, most, odd, digits.Names)
	}
}

// TestDrawsAreSynthetic: without a name the data are those of problem.Synthetic, of the point's seed.
func TestDrawsAreSynthetic(t *testing.T) {
	s, want := dataOf(Point{D: 3, M: 5, Draw: 9}), problem.Synthetic(3, 5, 9)
	for k, h := range want.X {
		for j, v := range s.row(k) {
			if v != h[j]*(1-2*float64(want.Label[k])) {
				t.Errorf("x_%d,%d = %v, label %d and h = %v", k, j, v, want.Label[k], h[j])
			}
		}
	}
	all := newShared()
	p := Point{D: 3, M: 5, Draw: 9}
	first := all.of(p)
	for name, q := range map[string]Point{
		"draw": {D: 3, M: 5, Draw: 8}, "m": {D: 3, M: 4, Draw: 9}, "d": {D: 2, M: 5, Draw: 9},
		"set": {Data: Digits, D: 64, M: 5, Draw: 9},
	} {
		if got := all.of(q); got == first || got.m != q.M || got.d != q.D {
			t.Errorf("another %s: the same data", name)
		}
	}
	if p.Seed = 5; all.of(p) != first {
		t.Error("drawn twice for another noise")
	}
}

package tightness

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// TestCoefficients: by hand for N = 3, C = Lf = L1 = 1, so S_1 = 4 and S_2 = 13: Ce_d[1] = 4 (4
// + 2 13), Ce_d[2] = 4 13, Ce_e[2] = 3, Ce_e[3] = 3 + 9. What a site can do alone is the sharp
// form with a moment of 1 there and none elsewhere.
func TestCoefficients(t *testing.T) {
	k := bounds.Const{N: 3, C: 1, C2: 1, Lf: 1, L1: 1, L2: 1}
	rows := coefficients(k).Rows
	want := [][2]string{{"delta_1", "120"}, {"delta_2", "52"}, {"eps_2", "3"}, {"eps_3", "12"}}
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(rows), len(want))
	}
	total := 0.0
	for at, w := range want {
		r := rows[at]
		if r[0] != w[0] || r[1] != w[1] {
			t.Errorf("row %d is %v, want %v", at, r, w)
		}
		d2, e2 := make([]float64, 4), make([]float64, 4)
		if at < 2 {
			d2[at+1] = 1
		} else {
			e2[at] = 1
		}
		alone, together := number(t, r[2]), number(t, r[3])
		if sharp := bounds.SharpTheorem1(k, d2, e2); !(math.Abs(alone-sharp) <= 1e-5*sharp) {
			t.Errorf("%s alone has %v, the sharp form %v", r[0], alone, sharp)
		}
		if !(alone <= together && alone <= number(t, r[1])) {
			t.Errorf("%s: %v alone is above %v together or %s printed", r[0], alone, together, r[1])
		}
		total += together
	}
	// All sites with moments of 1 are below the sum of the diagonal bound.
	ones := []float64{0, 1, 1, 1}
	if sharp := bounds.SharpTheorem1(k, ones, ones); !(sharp <= total*(1+1e-5)) {
		t.Errorf("all together %v, above the diagonal bound %v", sharp, total)
	}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// TestLargest: over Lf = C and every Lf of the page, and nothing else.
func TestLargest(t *testing.T) {
	asked := map[float64]int{}
	f := func(n int, c, lf float64) float64 {
		asked[lf]++
		return -math.Abs(lf-1.4) + float64(n) + 10*c
	}
	if got := largest(f)(3, 0.5); !(math.Abs(got-7.9) < 1e-12) { // at Lf = 3/2
		t.Errorf("the largest is %v, want 7.9", got)
	}
	if len(asked) != len(pageLf) || asked[0.5] != 2 {
		t.Errorf("asked at %v", asked)
	}
	if got := largest(f)(3, 1.375); !(math.Abs(got-(3+13.75-0.025)) < 1e-12) { // at Lf = C
		t.Errorf("the largest is %v, want that at Lf = C", got)
	}
}

// TestGrid: a row for each N, a column for each number, four digits, f of both.
func TestGrid(t *testing.T) {
	g := grid("C", []float64{0.5, 2}, func(n int, x float64) float64 { return float64(n) + x/3 })
	if got := fmt.Sprint(g.Columns); got != "[{N } {C = 0.5 } {C = 2 }]" {
		t.Errorf("columns %s", got)
	}
	if len(g.Rows) != len(pageN) {
		t.Fatalf("%d rows, want %d", len(g.Rows), len(pageN))
	}
	for k, n := range pageN {
		want := []string{fmt.Sprint(n), fmt.Sprintf("%d.1667", n), fmt.Sprintf("%d.6667", n)}
		if fmt.Sprint(g.Rows[k]) != fmt.Sprint(want) {
			t.Errorf("row %v, want %v", g.Rows[k], want)
		}
	}
}

// page is the one that both tests of it read.
var page = sync.OnceValue(Theorem1)

// TestPageFigures: what is reached is nowhere above what is possible, cells of the page are the
// ratios of package bounds, and the grid meets the largest ratio that is proved.
func TestPageFigures(t *testing.T) {
	var grids []*table.Table
	for _, block := range page().Blocks {
		if g, ok := block.(*table.Table); ok {
			grids = append(grids, g)
		}
	}
	if len(grids) != 6 || len(grids[5].Rows) != 2*pageCoefficients.N-2 {
		t.Fatalf("%d tables", len(grids))
	}
	most := 0.0
	for k, row := range grids[0].Rows {
		for j := 1; j < len(row); j++ {
			possible, reached := number(t, row[j]), number(t, grids[1].Rows[k][j])
			if !(reached > 0 && reached <= possible+1e-4) {
				t.Errorf("N = %s, C = %v: %v reached of %v", row[0], pageC[j-1], reached, possible)
			}
			most = max(most, possible)
		}
	}
	if !(most > 0.5 && most <= 0.5293) {
		t.Errorf("the largest ratio of the page is %v, want it near 0.529", most)
	}
	for c, g := range map[float64]*table.Table{0.5: grids[2], 1: grids[3], 2: grids[4]} {
		k := bounds.Const{N: pageN[3], C: c, C2: 1, Lf: pageLf[5], L1: 1, L2: 1}
		if got, want := g.Rows[3][6], fmt.Sprintf("%.4f", bounds.SharpTheorem1Ratio(k)); got != want {
			t.Errorf("C = %v, Lf = %v, N = %d: %s, want %s", c, k.Lf, k.N, got, want)
		}
	}
}

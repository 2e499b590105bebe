package tightness

import (
	"fmt"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// The grid of the page on Theorem 1.
var (
	pageN  = []int{2, 3, 4, 5, 6, 8, 16, 32}
	pageC  = []float64{0.125, 0.25, 0.5, 0.75, 0.875, 1, 1.125, 1.25, 1.5, 2, 4}
	pageLf = []float64{0, 0.125, 0.1875, 0.25, 0.5, 0.75, 1, 1.5, 2, 4}
)

// pageCoefficients are the constants for which the page lists coefficients.
var pageCoefficients = bounds.Const{N: 6, C: 1, C2: 1, Lf: 1, L1: 1, L2: 1}

// Theorem1 shows how tight Theorem 1 is: the largest part of its bound that the sharp
// form leaves, by N, C and Lf, and the coefficients of both.
func Theorem1() *table.Page {
	d := &table.Page{Title: "Theorem 1: how tight it is", Command: "go run ./props/verify page theorem1"}
	reached := func(n int, c, lf float64) float64 {
		return bounds.ReachedRatio(bounds.Const{N: n, C: c, C2: 1, Lf: lf, L1: 1, L2: 1})
	}
	ratio := func(n int, c, lf float64) float64 {
		return bounds.SharpTheorem1Ratio(bounds.Const{N: n, C: c, C2: 1, Lf: lf, L1: 1, L2: 1})
	}
	most, where := 0.0, ""
	byNAndC := grid("C", pageC, func(n int, c float64) float64 {
		r := largest(reached)(n, c)
		if r > most {
			most, where = r, fmt.Sprintf("N = %d, C = %v", n, c)
		}
		return r
	})
	d.Add(table.Text(fmt.Sprintf("(13) is never tight: no errors reach more than 0.5292522 of its right side, whatever "+
		"N, C and Lf are (bounds/PROOFS.md, (2.18)). From the norms of A3 alone no bound is below %.4f of it, at %s ((2.14)).",
		most, where)),
		table.Text("Along every path |U-u|^2 <= q^T Q q for the sizes q of delta_1..delta_{N-1}, eps_2..eps_N "+
			"(PROOFS.md, section 2). "+
			"The part of the right side of (13) that any perturbation can reach is at most the largest eigenvalue of Q "+
			"against the printed coefficients (21), which depends on N, C and Lf alone. "+
			"Q has min(C, Lf) for the norm of J1 and for Lf, which A3 gives on a convex open set and (21) does not "+
			"use, (2.13)."),
		table.Heading(fmt.Sprintf("By N and C: the largest over Lf = C and %v", pageLf)),
		grid("C", pageC, largest(ratio)),
		table.Heading("The same, reached"),
		table.Text("No bound from A3's norms and the recursion (2.1)-(2.3) can be below this, PROOFS.md (2.14)."),
		byNAndC)
	for _, c := range []float64{0.5, 1, 2} {
		d.Add(table.Heading(fmt.Sprintf("By N and Lf, C = %v", c)),
			grid("Lf", pageLf, func(n int, lf float64) float64 { return ratio(n, c, lf) }))
	}
	k := pageCoefficients
	d.Add(table.Heading(fmt.Sprintf("Coefficients, N = %d, C = Lf = L1 = 1", k.N)),
		table.Text("As printed, (21); the diagonal of Q, which is the most that a perturbation at this site alone can "+
			"do; and a diagonal bound that holds "+
			"for all sites together (SharpDiagonal). With one constant per operator in place of one for all "+
			"(SharpTheorem1PerOp), see the training runs."),
		coefficients(k))
	return d
}

// coefficients are those of both forms, by site.
func coefficients(k bounds.Const) *table.Table {
	t := table.New("site", "printed", "alone", "together")
	q := bounds.SharpQ(k)
	together := bounds.SharpDiagonal(q)
	add := func(site string, printed float64, at int) {
		t.Add(site, fmt.Sprintf("%.6g", printed), fmt.Sprintf("%.6g", q.At(at, at)), fmt.Sprintf("%.6g", together[at]))
	}
	for i := 1; i < k.N; i++ {
		add(fmt.Sprintf("delta_%d", i), bounds.Theorem1Delta(k, i), i-1)
	}
	for i := 2; i <= k.N; i++ {
		add(fmt.Sprintf("eps_%d", i), bounds.Theorem1Eps(k, i), k.N+i-3)
	}
	return t
}

// largest is the largest f(n, c, lf) over lf = c and pageLf.
func largest(f func(n int, c, lf float64) float64) func(n int, c float64) float64 {
	return func(n int, c float64) float64 {
		most := f(n, c, c)
		for _, lf := range pageLf {
			most = max(most, f(n, c, lf))
		}
		return most
	}
}

// grid is a table with a row for every pageN.
func grid(name string, columns []float64, f func(n int, x float64) float64) *table.Table {
	t := table.New("N")
	for _, x := range columns {
		t.Columns = append(t.Columns, table.Column{Name: fmt.Sprintf("%s = %v", name, x)})
	}
	for _, n := range pageN {
		row := []any{n}
		for _, x := range columns {
			row = append(row, fmt.Sprintf("%.4f", f(n, x)))
		}
		t.Add(row...)
	}
	return t
}

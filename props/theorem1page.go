package props

import (
	"io"

	"github.com/cascade-sgd/cascade/bounds"
)

// The grid of the page on Theorem 1.
var (
	pageN  = []int{2, 3, 4, 5, 6, 8, 16, 32}
	pageC  = []float64{0.125, 0.25, 0.5, 0.75, 0.875, 1, 1.125, 1.25, 1.5, 2, 4}
	pageLf = []float64{0, 0.125, 0.1875, 0.25, 0.5, 0.75, 1, 1.5, 2, 4}
)

// pageCoefficients are the constants for which the page lists coefficients.
var pageCoefficients = bounds.Const{N: 6, C: 1, C2: 1, Lf: 1, L1: 1, L2: 1}

// WriteTheorem1 prints how tight Theorem 1 is, as a page: the largest part of its
// bound that the sharp form leaves, by N, C and Lf, and the coefficients of both.
func WriteTheorem1(w io.Writer) error {
	p := &printer{w: w}
	p.f("# Theorem 1: how tight it is\n\nWritten by: go run ./props/verify -page theorem1\n\n" +
		"Along every path |U-u|^2 <= q^T Q q for the sizes q of delta_1..delta_{N-1}, eps_2..eps_N (bounds/PROOFS.md, section 2). The part of\n" +
		"the right side of (13) that any perturbation can reach is at most the largest eigenvalue of Q against the printed coefficients\n" +
		"(21). It depends on N, C and Lf alone and is below 0.95 for all of them, PROOFS.md (2.12).\n" +
		"Q has min(C, Lf) for the norm of J1 and for Lf, which A3 gives on a convex open set and (21) does not use, (2.13).\n")
	reached := func(n int, c, lf float64) float64 {
		return bounds.ReachedRatio(bounds.Const{N: n, C: c, C2: 1, Lf: lf, L1: 1, L2: 1})
	}
	ratio := func(n int, c, lf float64) float64 {
		return bounds.SharpTheorem1Ratio(bounds.Const{N: n, C: c, C2: 1, Lf: lf, L1: 1, L2: 1})
	}
	p.f("\n## By N and C: the largest over Lf = C and %v\n\n", pageLf)
	p.grid("C", pageC, largest(ratio))
	p.f("\n## The same, reached\n\nNo bound from A3's norms and the recursion (2.1)-(2.3) can be below this, PROOFS.md (2.14).\n\n")
	p.grid("C", pageC, largest(reached))
	for _, c := range []float64{0.5, 1, 2} {
		p.f("\n## By N and Lf, C = %v\n\n", c)
		p.grid("Lf", pageLf, func(n int, lf float64) float64 { return ratio(n, c, lf) })
	}
	k := pageCoefficients
	p.f("\n## Coefficients, N = %d, C = Lf = L1 = 1\n\n"+
		"As printed, (21); the diagonal of Q, which is the most that a perturbation at this site alone can do; and a diagonal bound that holds for all\n"+
		"sites together (SharpDiagonal).\n\n| site | printed | alone | together |\n|---|---|---|---|\n", k.N)
	q := bounds.SharpQ(k)
	together := bounds.SharpDiagonal(q)
	for i := 1; i < k.N; i++ {
		p.f("| delta_%d | %.6g | %.6g | %.6g |\n", i, bounds.Theorem1Delta(k, i), q.At(i-1, i-1), together[i-1])
	}
	for i := 2; i <= k.N; i++ {
		s := k.N + i - 3
		p.f("| eps_%d | %.6g | %.6g | %.6g |\n", i, bounds.Theorem1Eps(k, i), q.At(s, s), together[s])
	}
	p.f("\nWith one constant per operator in place of one for all (SharpTheorem1PerOp), see the training runs in README.md.\n")
	return p.err
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
func (p *printer) grid(name string, columns []float64, f func(n int, x float64) float64) {
	p.f("| N |")
	for _, x := range columns {
		p.f(" %s = %v |", name, x)
	}
	p.f("\n|---|")
	for range columns {
		p.f("---|")
	}
	for _, n := range pageN {
		p.f("\n| %d |", n)
		for _, x := range columns {
			p.f(" %.4f |", f(n, x))
		}
	}
	p.f("\n")
}

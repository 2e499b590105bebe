package bounds

import (
	"fmt"
	"math"
	"slices"
)

// Curvature holds, for each operator, how fast J1_i and J2_i move with the input, apart,
// indexed 1..N (entry 0 is unused), in Frobenius norm:
//
//	|J1_i(y') - J1_i(y)| <= L1OfJ1[i] |y'-y|    grad_1 J1_i is L2OfJ1[i]-Lipschitz
//	|J2_i(y') - J2_i(y)| <= L1OfJ2[i] |y'-y|    grad_1 J2_i is L2OfJ2[i]-Lipschitz
//
// The constants L1 and L2 of A3, which are of the pair, serve for each.
type Curvature struct {
	L1OfJ1, L1OfJ2, L2OfJ1, L2OfJ2 []float64
}

// Curvature gives both Jacobians of operator i the constants L1[i] of p and l2[i].
func (p PerOp) Curvature(l2 []float64) Curvature {
	return Curvature{L1OfJ1: p.L1, L1OfJ2: p.L1, L2OfJ1: l2, L2OfJ2: l2}
}

// BiasMoments are what the sharp form of Theorem 2 reads, with the entries 0..N; entries
// where the paper has no delta_i or eps_i are not read. Conditional means are those of
// the past or the literal reading.
type BiasMoments struct {
	DMean2  []float64 // E |E[delta_i]|^2
	DMean22 []float64 // E_x (E[|E[delta_i]|^2 | x]^2)
	D22     []float64 // E_x (E[|delta_i|^2 | x]^2)
	EMean2  []float64 // E |E[eps_i]|^2
}

// SharpTheorem2 is SharpTheorem2PerOp with the constants of k for every operator, and
// min(C, Lf) for J1 under the hypotheses of Const.PerOp. It is at most 39/44 of
// RepairedTheorem2Past.
func SharpTheorem2(k Const, m BiasMoments) float64 {
	p := k.PerOp()
	return SharpTheorem2PerOp(p, p.Curvature(slices.Repeat([]float64{k.L2}, k.N+1)), m)
}

// SharpTheorem2PerOp is |r|^2, a bound of E|E_t[U-u]|^2 in the past and the literal
// reading, where r_i, which bounds |E[U_i-u_i]|, is
//
//	  sum_{j=i+1..N} P(i,j-1) e_j
//	+ sum_{b=i-1..N-1} g_b P(i,b) (L2_{b+1}/2) p_b
//	+ sum_{b=i-1..N-1} g_b L1_{b+1} sum_{k=1..b} P(i,b) F(k,b) ( n_k + (L1OfJ1_k/2) p_{k-1} )
//	+ sum_{b=i-1..N-1} g_b L1_{b+1} sum_{k=i..b} P(i,b;k) F(k-1,b) L1_k p_{k-1}
//
// with P(i,b) = J2_i J1_{i+1} ... J1_b, 1 for b = i-1, P(i,b;k) the same without the
// factor of operator k, F(k,b) = min(J1,Lf)_{k+1} ... min(J1,Lf)_b, g_b = J1_{b+2} ... J1_N,
// and L1_k, L2_k those of J2_k for k = i, of J1_k for others. The moments are
//
//	n_k = DMean2[k]^{1/2},  e_j = EMean2[j]^{1/2},  p_0 = 0,  p_k the smaller of
//	( F(k-1,k) p_{k-1}^{1/2} + D22[k]^{1/4} )^2  and
//	( F(k-1,k) p_{k-1}^{1/2} + DMean22[k]^{1/4} )^2 + D22[k]^{1/2}.
//
// With weighted sums of the moments over steps it bounds the weighted sum of the left
// sides. Proof: PROOFS.md, section 3.6.
func SharpTheorem2PerOp(p PerOp, c Curvature, m BiasMoments) float64 {
	n := p.operators()
	c.check(n)
	Const{N: n}.moments("sharp (23)", m.DMean2, m.DMean22, m.D22, m.EMean2)
	b := newBiasRows(p, c, m)
	sum := 0.0
	for i := 1; i <= n; i++ {
		row := b.row(i)
		sum += product(row, row)
	}
	return sum
}

func (c Curvature) check(n int) {
	for _, s := range [][]float64{c.L1OfJ1, c.L1OfJ2, c.L2OfJ1, c.L2OfJ2} {
		if len(s) != n+1 {
			panic(fmt.Sprintf("bounds: %d, %d, %d, %d constants of curvature, want N+1 = %d of each",
				len(c.L1OfJ1), len(c.L1OfJ2), len(c.L2OfJ1), len(c.L2OfJ2), n+1))
		}
	}
}

// biasRows holds the factors of the rows r_i.
type biasRows struct {
	p       PerOp
	c       Curvature
	forward []float64 // min(J1, Lf)
	v       []float64 // v[b+1] is g_b
	n, e, h []float64 // n_k, e_j, p_k
	shifted []float64 // shifted[b] = sum_{k=1..b} F(k,b) (n_k + (L1OfJ1_k/2) p_{k-1})
}

func newBiasRows(p PerOp, c Curvature, m BiasMoments) *biasRows {
	size := len(p.J1)
	b := &biasRows{p: p, c: c, v: p.boundsOfV()}
	for _, s := range []*[]float64{&b.forward, &b.n, &b.e, &b.h, &b.shifted} {
		*s = make([]float64, size)
	}
	for k := 1; k < size-1; k++ {
		b.forward[k] = math.Min(p.J1[k], p.Lf[k])
		b.n[k] = math.Sqrt(m.DMean2[k])
		b.e[k+1] = math.Sqrt(m.EMean2[k+1])
		moved := product(b.forward[k], math.Sqrt(b.h[k-1]))
		b.h[k] = math.Min(
			square(moved+fourthRoot(m.D22[k])),
			square(moved+fourthRoot(m.DMean22[k]))+math.Sqrt(m.D22[k]))
		b.shifted[k] = product(b.forward[k], b.shifted[k-1]) + b.n[k] + product(c.L1OfJ1[k], b.h[k-1])/2
	}
	return b
}

// row is r_i, by recursion over b.
func (b *biasRows) row(i int) float64 {
	sum := 0.0
	path, without := 1.0, 0.0 // P(i,b) and sum_{k=i..b} P(i,b;k) F(k-1,b) L1_k p_{k-1}
	for at := i - 1; at < len(b.h)-1; at++ {
		if at >= i {
			j, l1 := b.p.J1[at], b.c.L1OfJ1[at]
			if at == i {
				j, l1 = b.p.J2[at], b.c.L1OfJ2[at]
			}
			without = product(j, b.forward[at], without) + product(path, b.forward[at], l1, b.h[at-1])
			path = product(path, j)
			sum += product(path, b.e[at+1])
		}
		l1, l2 := b.c.L1OfJ1[at+1], b.c.L2OfJ1[at+1]
		if at == i-1 {
			l1, l2 = b.c.L1OfJ2[at+1], b.c.L2OfJ2[at+1]
		}
		sum += product(b.v[at+1], path, l2, b.h[at]) / 2
		sum += product(b.v[at+1], l1, product(path, b.shifted[at])+without)
	}
	return sum
}

func square(x float64) float64 { return product(x, x) }

func fourthRoot(x float64) float64 { return math.Sqrt(math.Sqrt(x)) }

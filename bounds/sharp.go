package bounds

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// PerOp holds the constants of A3 of each operator, all indexed 1..N (entry 0
// is unused): |J1_i|_op <= J1[i], |J2_i|_op <= J2[i], f_i is Lf[i]-Lipschitz in
// the input, grad f_i is L1[i]-Lipschitz in the input, in Frobenius norm. L1 is a
// constant of the pair (J1_i, J2_i): |dJ1_i|^2 + |dJ2_i|^2 <= L1^2 |dy|^2.
type PerOp struct{ J1, J2, Lf, L1 []float64 }

// PerOp gives every operator the constants of k, and min(C, Lf) for both J1 and Lf. That
// f_i is min(C, Lf)-Lipschitz holds on every convex region of A3. That |J1_i|_op is at
// most Lf as well needs one of two hypotheses: a region of inputs with interior points,
// or an Lf that is known to be at least |J1_i|_op. On a region without interior Lf says
// nothing of J1_i across it, see PROOFS.md, (2.13); there set J1 to C.
func (k Const) PerOp() PerOp {
	k.check()
	all := func(x float64) []float64 { return slices.Repeat([]float64{x}, k.N+1) }
	least := math.Min(k.C, k.Lf)
	return PerOp{J1: all(least), J2: all(k.C), Lf: all(least), L1: all(k.L1)}
}

// operators is N. It panics unless every slice has the entries 0..N.
func (p PerOp) operators() int {
	n := len(p.J1) - 1
	if n < 2 || n > MaxN || len(p.J2) != n+1 || len(p.Lf) != n+1 || len(p.L1) != n+1 {
		panic(fmt.Sprintf("bounds: %d, %d, %d, %d constants per operator, want N+1 of each, N in 2..%d",
			len(p.J1), len(p.J2), len(p.Lf), len(p.L1), MaxN))
	}
	return n
}

// SharpQ is the matrix Q of PROOFS.md, section 2: along every path,
//
//	|U-u|^2 <= q^T Q q,  q = (|delta_1|, ..., |delta_{N-1}|, |eps_2|, ..., |eps_N|),
//
// under a hypothesis of Const.PerOp: a region with interior, or Lf >= |J1_i|_op.
// It is (2N-2) x (2N-2), symmetric, with entries >= 0; it need not be positive
// semidefinite. Overflow gives entries that are +Inf or NaN.
func SharpQ(k Const) *mat.SymDense { return SharpQPerOp(k.PerOp()) }

// SharpQPerOp is SharpQ with the constants of each operator, and without a hypothesis on
// the region. It panics when the slices of p differ in length.
func SharpQPerOp(p PerOp) *mat.SymDense {
	n := p.operators()
	size := 2*n - 2
	states, paths := p.stateQ(), p.paths()
	statesPaths := make([][]float64, size) // the product of stateQ and the matrix of the paths
	for j := range statesPaths {
		statesPaths[j] = make([]float64, size)
		for t, path := range paths {
			for l, weight := range path.weight {
				statesPaths[j][t] += product(weight, states.At(j, path.first+l))
			}
		}
	}
	q := mat.NewSymDense(size, nil)
	for s, path := range paths {
		for t := s; t < size; t++ {
			sum := 0.0
			for j, weight := range path.weight {
				sum += product(weight, statesPaths[path.first+j][t])
			}
			q.SetSym(s, t, sum)
		}
	}
	return q
}

// stateQ is the form (2.5) in (|Y_1-y_1|, ..., |Y_{N-1}-y_{N-1}|, |eps_2|, ..., |eps_N|).
func (p PerOp) stateQ() *mat.SymDense {
	n := p.operators()
	k, v := p.toU(), p.boundsOfV()
	inner := func(j, l int) float64 { // <K_j, K_l>
		sum := 0.0
		for i := 1; i <= min(j, l); i++ {
			sum += product(k[j][i], k[l][i])
		}
		return sum
	}
	q := mat.NewSymDense(2*n-2, nil)
	for j := 1; j < n; j++ {
		g := product(v[j+1], p.L1[j+1])
		q.SetSym(j-1, j-1, product(g, g, math.Max(1, inner(j, j))))
		for l := 1; l < n; l++ {
			if l >= j {
				q.SetSym(n+j-2, n+l-2, inner(j, l))
			}
			unit := 0.0 // <D_j, K_l>
			if l > j {
				unit = k[l][j+1]
			}
			overAngles := math.Hypot(unit, inner(j, l))
			q.SetSym(j-1, n+l-2, product(g, overAngles))
			if l > j {
				q.SetSym(j-1, l-1, product(g, v[l+1], p.L1[l+1], overAngles))
			}
		}
	}
	return q
}

// toU is K of (2.4): toU[j][i] = J2_i J1_{i+1} ... J1_j, i = 1..j, is the most that
// |V_j-v_j| counts in |U_i-u_i|.
func (p PerOp) toU() [][]float64 {
	k := make([][]float64, len(p.J1))
	for j := 1; j < len(k); j++ {
		k[j] = make([]float64, j+1)
		between := 1.0
		for i := j; i >= 1; i-- {
			k[j][i] = product(p.J2[i], between)
			between = product(between, p.J1[i])
		}
	}
	return k
}

// boundsOfV[i] is J1_{i+1} ... J1_N, the bound of |v_i|, i = 1..N.
func (p PerOp) boundsOfV() []float64 {
	n := len(p.J1) - 1
	v := make([]float64, n+1)
	v[n] = 1
	for i := n; i > 1; i-- {
		v[i-1] = product(v[i], p.J1[i])
	}
	return v
}

// path says how an entry of q enters stateQ: weight[l] times, at most, at entry first+l.
type path struct {
	first  int
	weight []float64
}

// paths has one path for each entry of q: delta_i adds Lf_{i+1} ... Lf_j times
// itself to |Y_j-y_j|, j = i..N-1, and |eps_i| is the same entry in both.
func (p PerOp) paths() []path {
	n := len(p.J1) - 1
	paths := make([]path, 2*n-2)
	for i := 1; i < n; i++ {
		weight := []float64{1}
		for j := i + 1; j < n; j++ {
			weight = append(weight, product(weight[j-i-1], p.Lf[j]))
		}
		paths[i-1] = path{i - 1, weight}
		paths[n+i-2] = path{n + i - 2, []float64{1}}
	}
	return paths
}

// SharpTheorem1 is m^T Q m with Q = SharpQ(k) and m = (sqrt E|delta_1|^2, ...,
// sqrt E|delta_{N-1}|^2, sqrt E|eps_2|^2, ..., sqrt E|eps_N|^2), a bound of
// E|U-u|^2 that is never above SharpTheorem1RatioMost times (13). L1 must be a constant of the pair
// (J1_i, J2_i), and either A3's region has interior points or Lf >= |J1_i|_op: on others
// it is false, PROOFS.md, (2.13). Proof: PROOFS.md, (2.6) and (2.18).
func SharpTheorem1(k Const, d2, e2 []float64) float64 {
	k.moments("sharp (13)", d2, e2)
	return rootForm(SharpQ(k), k.N, d2, e2)
}

// SharpTheorem1PerOp is SharpTheorem1 with the constants of each operator, and without a
// hypothesis on the region.
func SharpTheorem1PerOp(p PerOp, d2, e2 []float64) float64 {
	n := p.operators()
	Const{N: n}.moments("sharp (13)", d2, e2)
	return rootForm(SharpQPerOp(p), n, d2, e2)
}

func rootForm(q *mat.SymDense, n int, d2, e2 []float64) float64 {
	m := make([]float64, 2*n-2)
	for i := 1; i < n; i++ {
		m[i-1], m[n+i-2] = math.Sqrt(d2[i]), math.Sqrt(e2[i+1])
	}
	sum := 0.0
	for s, x := range m {
		row := 0.0 // apart, or RelError would pay for (2N-2)^2 roundings
		for t, y := range m {
			row += product(x, q.At(s, t), y)
		}
		sum += row
	}
	return sum
}

// SharpDiagonal gives coefficients c of a bound sum_s c_s E q_s^2 of E|U-u|^2
// for the sites of q: c_s = sum_t Q_st sqrt(Q_ss/Q_tt), by 2 q_s q_t <=
// (w_s/w_t) q_s^2 + (w_t/w_s) q_t^2 with w_s^2 = Q_ss. A site with Q_ss = 0 has c_s = 0.
func SharpDiagonal(q *mat.SymDense) []float64 {
	c := make([]float64, q.SymmetricDim())
	for s := range c {
		for t := range c {
			if q.At(s, t) != 0 {
				c[s] += product(q.At(s, t), math.Sqrt(q.At(s, s))/math.Sqrt(q.At(t, t)))
			}
		}
	}
	return c
}

// SharpTheorem1Ratio is the largest ratio of m^T Q m to (13) over all moments:
// how much of the printed bound an engine can use at most, under the hypotheses of
// SharpTheorem1. It is the largest
// eigenvalue of D^{-1/2} Q D^{-1/2}, D = diag(Ce_d[1..N-1], Ce_e[2..N]), over the
// sites with D > 0; it does not depend on L1 > 0, C2 and L2. Its relative
// error is below RatioError; it is NaN when Q or D over- or underflows.
func SharpTheorem1Ratio(k Const) float64 {
	k.check()
	q, root := SharpQ(k), inverseRoots(k)
	for s, x := range root {
		for t := s; t < len(root); t++ {
			q.SetSym(s, t, x*q.At(s, t)*root[t])
			if v := q.At(s, t); math.IsNaN(v) || math.IsInf(v, 0) {
				return math.NaN()
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(q, false) {
		return math.NaN()
	}
	return eigen.Values(nil)[len(root)-1]
}

// inverseRoots is the diagonal of D^{-1/2}, 0 where D = 0.
func inverseRoots(k Const) []float64 {
	root := make([]float64, 2*k.N-2)
	for i := 1; i < k.N; i++ {
		root[i-1] = inverseRoot(Theorem1Delta(k, i))
		root[k.N+i-2] = inverseRoot(Theorem1Eps(k, i+1))
	}
	return root
}

// RatioError bounds the relative error of SharpTheorem1Ratio: Q has entries >= 0,
// so its Frobenius norm is at most sqrt(2N) times its largest eigenvalue, and
// a symmetric eigensolver is off by a small multiple of 2N 2^-53 times the norm
// (Golub and Van Loan, Matrix Computations, 4th ed., section 8.3): below
// 2^-53 2^7 (2N)^{3/2} < 2^-29 at MaxN.
const RatioError = 0x1p-29

func inverseRoot(d float64) float64 {
	if d == 0 {
		return 0
	}
	return 1 / math.Sqrt(d)
}

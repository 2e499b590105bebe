package problem

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

const unit = 0x1p-53

// gamma(n) bounds the relative error of a sum or product of n roundings,
// n u/(1 - n u) with u = 2^-53 (Higham, Accuracy and Stability of Numerical
// Algorithms, 2002, section 3.1), and of a dot product of n terms relative to
// the dot product of their magnitudes. Good for n < 2^27.
func gamma(n int) float64 { return float64(float64(n) * unit * (1 + 0x1p-20)) }

// up and down turn a computed sum of non-negative terms into a bound of the
// exact one. Rows are summed on their own, so a sum of this package is at most
// MaxRows + MaxFeatures + 16 roundings deep, a relative error below 2^-36, and
// what elementary functions add is below 2^-50. tiny stands for underflow: each
// of at most 2^27 terms loses less than 2^-1074.
func up(x float64) float64   { return float64(x*(1+slack)) + tiny }
func down(x float64) float64 { return float64(x*(1-slack)) - tiny }

const (
	slack = 0x1p-32
	tiny  = 0x1p-1000
)

// spectrum returns lo and hi with lo <= lambda <= hi for every eigenvalue
// lambda of X^T X, where the rows of X are given and finite. They are a few
// n^2 2^-53 apart from the eigenvalues, in units of the trace.
//
// Proof. With the rows scaled by a power of two, which is exact, let G be the
// computed Gram matrix and V its computed eigenvectors. For a unit vector
// w = V z, with E = V^T V - I and |E|_F <= e < 1,
//
//	w^T G w = z^T (V^T G V) z,   1/(1+e) <= |z|^2 <= 1/(1-e),
//
// so Gershgorin's discs of B = V^T G V enclose the eigenvalues of G up to these
// factors, whatever the quality of V; they are small discs when V is good. By
// gamma, the computed G, B and E are off by at most, in Frobenius norm,
//
//	gamma(rows) |X|_F^2,   (2 gamma(n) + gamma(n)^2) |V|_F^2 |G|_F,   gamma(n) |V|_F^2,
//
// and the code takes more of each, to cover the roundings of the bound itself.
func spectrum(rows [][]float64) (lo, hi float64) {
	x, exp := scaled(rows)
	if x == nil {
		return 0, 0
	}
	m, n := x.Dims()
	g := mat.NewSymDense(n, nil)
	g.SymOuterK(1, x.T())
	var eig mat.EigenSym
	if !eig.Factorize(g, true) {
		panic(fmt.Sprintf("problem: no eigenvectors of a %d x %d Gram matrix", n, n))
	}
	var v mat.Dense
	eig.VectorsTo(&v)
	// Three more errors than G has make room for the roundings of these lines,
	// and for what underflows beside a largest entry of 1/2 or more.
	lo, hi = discs(g, &v)
	err := float64(4 * gamma(m+1) * mat.Trace(g))
	lo, hi = math.Ldexp(lo-err, 2*exp)-tiny, math.Ldexp(hi+err, 2*exp)+tiny
	return min(max(lo, 0), math.MaxFloat64), hi
}

// discs bounds the eigenvalues of g up to a few roundings, see spectrum. It
// panics when |V^T V - I| >= 1/2.
func discs(g *mat.SymDense, v *mat.Dense) (lo, hi float64) {
	var n, _ int = v.Dims()
	var gv, b, e mat.Dense
	gv.Mul(g, v)
	b.Mul(v.T(), &gv)
	e.Mul(v.T(), v)
	for j := range n {
		e.Set(j, j, e.At(j, j)-1)
	}
	vv := frobenius(v) * frobenius(v)
	off := float64(frobenius(&e)*(1+gamma(n*n+2))) + float64(3*gamma(n)*vv)
	if !(off < 0.5) {
		panic(fmt.Sprintf("problem: eigenvectors of a %d x %d matrix are off by %v", n, n, off))
	}
	err := float64(4 * gamma(n) * vv * frobenius(g))
	lo, hi = math.Inf(1), math.Inf(-1)
	for j := range n {
		centre, radius := disc(&b, j)
		radius += float64(gamma(n+2)*(radius+math.Abs(centre))) + err
		lo = min(lo, centre-radius)
		hi = max(hi, centre+radius)
	}
	// g is positive semidefinite up to rounding, so hi > 0; lo <= 0 says nothing.
	return lo / (1 + off), hi / (1 - off)
}

// disc returns centre and radius of Gershgorin's disc of row j.
func disc(b *mat.Dense, j int) (centre, radius float64) {
	for k, v := range b.RawRowView(j) {
		if k == j {
			centre = v
		} else {
			radius += math.Abs(v)
		}
	}
	return centre, radius
}

func frobenius(m mat.Matrix) float64 { return mat.Norm(m, 2) }

// scaled returns the matrix with the given rows divided by 2^exp, its largest
// entry in [1/2, 1), or nil when all entries are 0.
func scaled(rows [][]float64) (x *mat.Dense, exp int) {
	top := 0.0
	for _, row := range rows {
		for _, v := range row {
			top = max(top, math.Abs(v))
		}
	}
	if top == 0 {
		return nil, 0
	}
	_, exp = math.Frexp(top)
	x = mat.NewDense(len(rows), len(rows[0]), nil)
	for k, row := range rows {
		for j, v := range row {
			x.Set(k, j, math.Ldexp(v, -exp))
		}
	}
	return x, exp
}

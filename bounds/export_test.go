package bounds

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// RootForm lets a test sum a large Q without computing one.
var RootForm = rootForm

// FormQ is Q of newForm, by products with unit vectors.
func FormQ(n int, c, lambda float64) *mat.Dense {
	f := newForm(n, c, lambda)
	q := mat.NewDense(2*n-2, 2*n-2, nil)
	for s := range 2*n - 2 {
		unit := make([]float64, 2*n-2)
		unit[s] = 1
		q.SetCol(s, f.times(unit))
	}
	return q
}

// FormCoefficient is coefficient s of coefficientsAt.
func FormCoefficient(n, s int, c, lambda float64) (value, slopeC, slopeLambda float64) {
	d := coefficientsAt(n, c, lambda)[s]
	return d.value, d.slopeC, d.slopeLambda
}

// FormRatio is the ratio of newForm.
func FormRatio(n int, c, lambda float64) float64 { return newForm(n, c, lambda).ratio() }

// LargestQuotient is that of newForm.
func LargestQuotient(n int, c, lambda float64, w, d []float64) float64 {
	return newForm(n, c, lambda).largestQuotient(w, d)
}

// CellMost is the bound of a cell with weights for theta; +Inf where there are none.
func CellMost(n int, c, lambda [2]float64, theta float64) float64 {
	cell := cell{c, lambda}
	w := cell.weights(n, theta)
	if w == nil {
		return math.Inf(1)
	}
	return cell.most(n, w)
}

// CellHalves are the two parts of a cell, each C from, to and lambda from, to.
func CellHalves(n int, c, lambda [2]float64) (halves [2][2][2]float64) {
	for k, h := range (cell{c, lambda}).halves(n) {
		halves[k] = [2][2]float64{h.c, h.lambda}
	}
	return halves
}

// FirstCells are those of SharpTheorem1RatioRange.
func FirstCells(n int) (cells [][2][2]float64) {
	for _, c := range firstCells(n) {
		cells = append(cells, [2][2]float64{c.c, c.lambda})
	}
	return cells
}

// What SharpTheorem1RatioRange and SharpTheorem1RatioBeyond rest on.
const (
	SmallestC = smallestC
	LargestC  = largestC
)

var (
	RatioOfSmallC     = ratioOfSmallC
	RatioOfLargeC     = ratioOfLargeC
	ChainStep         = chainStep
	RatioBeyondAtMost = ratioBeyondAtMost
	LeastTheta        = leastTheta
)

// SharpTheorem2Rows are r_1..r_N of SharpTheorem2PerOp, r[0] = 0.
func SharpTheorem2Rows(p PerOp, c Curvature, m BiasMoments) []float64 {
	b := newBiasRows(p, c, m)
	r := make([]float64, len(p.J1))
	for i := 1; i < len(r); i++ {
		r[i] = b.row(i)
	}
	return r
}

// ReachedByRecursion runs (2.1)-(2.3) with equality on the sizes and angles that
// ReachedRatio ends in, and divides |U-u|^2 by (13).
func ReachedByRecursion(k Const) float64 {
	most := 0.0
	for _, start := range []float64{0, math.Pi / 4, math.Pi / 2} {
		end := newAscent(k, start)
		end.climb()
		_, q := end.sizes()
		most = math.Max(most, end.recursion(k, q))
	}
	return most
}

func (a *ascent) recursion(k Const, q []float64) float64 {
	least := math.Min(k.C, k.Lf)
	b, d2, e2 := make([]float64, k.N+1), make([]float64, k.N+1), make([]float64, k.N+1)
	for i := 1; i < k.N; i++ {
		b[i] = least*b[i-1] + q[i-1]
		d2[i] = q[i-1] * q[i-1]
		e2[i+1] = q[k.N+i-2] * q[k.N+i-2]
	}
	z, v, sum := 0.0, 1.0, 0.0 // |V_i-v_i|, |v_i| and sum |U_i-u_i|^2
	for i := k.N; i > 1; i-- {
		sin, cos := math.Sincos(a.angle[i-1])
		u := k.C*z + v*k.L1*b[i-1]*sin
		sum += u * u
		z = least*z + v*k.L1*b[i-1]*cos + q[k.N+i-3]
		v *= least
	}
	sum += k.C * z * k.C * z
	return sum / Theorem1(k, d2, e2)
}

// Reached is what a search takes note of for the ratio of newForm.
func Reached(n int, c, lambda float64) float64 {
	var s rangeSearch
	s.reach(newForm(n, c, lambda))
	return s.reached
}

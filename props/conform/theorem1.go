package conform

import (
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// theorem1Ratio is |U-u|, both the engine's, less what rounding may have added, over
// the root of the right side of (13) with the constants of A3 on the hull of both
// passes. It is 0 where the right side is 0 or unknown.
func theorem1Ratio(perturbed, clean *job, a, b *answer) float64 {
	p, q := perturbed.want.first[0], clean.want.first[0]
	n := len(perturbed.chain)
	var diff, rounding float64
	for i := 1; i <= n; i++ {
		for k := range a.u[i-1] {
			diff = math.Hypot(diff, a.u[i-1][k]-b.u[i-1][k])
			rounding = math.Hypot(rounding, p.TolU[i][k]+q.TolU[i][k])
		}
	}
	c := perturbed.want.chain
	w := make([]float64, 0, c.NW())
	for _, part := range perturbed.w {
		w = append(w, part...)
	}
	region := core.NewRegion(c)
	region.Visit(p.State, w)
	region.Visit(q.State, w)
	region.Widen(core.Margin)
	constants := region.Regularity(nil)
	d2, e2 := make([]float64, n+1), make([]float64, n+1)
	for i := 1; i <= n; i++ {
		d2[i], e2[i] = sumOfSquares(p.Delta[i]), sumOfSquares(p.Eps[i])
	}
	k := bounds.Const{N: n, C: constants.C(), C2: constants.C2, Lf: constants.Lf, L1: constants.L1, L2: constants.L2}
	right := math.Sqrt(bounds.Theorem1(k, d2, e2) * (1 + bounds.RelError))
	if ratio := (diff - rounding) / right; ratio > 0 && !math.IsInf(right, 0) && right > 0 {
		return ratio
	}
	return 0
}

func sumOfSquares(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return sum
}

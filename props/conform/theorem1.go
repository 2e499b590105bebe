package conform

import (
	"math"

	"github.com/cascade-sgd/cascade/bounds"
)

// theorem1 is the root of the right side of (13) for the request's
// perturbations.
func (e *Enclosed) theorem1() float64 {
	n := len(e.U) - 1
	d2, e2 := make([]float64, n+1), make([]float64, n+1)
	for i := 1; i <= n; i++ {
		d2[i], e2[i] = sq(e.Delta[i]), sq(e.Eps[i])
	}
	k := bounds.Const{N: n, C: e.K.C(), C2: e.K.C2, Lf: e.K.Lf, L1: e.K.L1, L2: e.K.L2}
	return math.Sqrt(bounds.Theorem1(k, d2, e2) * (1 + bounds.RelError))
}

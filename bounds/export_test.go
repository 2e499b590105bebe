package bounds

import "math"

// RootForm lets a test sum a large Q without computing one.
var RootForm = rootForm

// RunReached runs (2.1)-(2.3) with equality on the sizes and angles that ReachedRatio
// ends in, and divides |U-u|^2 by (13).
func RunReached(k Const) float64 {
	most := 0.0
	for _, start := range []float64{0, math.Pi / 4, math.Pi / 2} {
		r := newReacher(k, start)
		r.climb()
		_, q := r.sizes()
		b, d2, e2 := make([]float64, k.N+1), make([]float64, k.N+1), make([]float64, k.N+1)
		for i := 1; i < k.N; i++ {
			b[i] = math.Min(k.C, k.Lf)*b[i-1] + q[i-1]
			d2[i], e2[i+1] = q[i-1]*q[i-1], q[k.N+i-2]*q[k.N+i-2]
		}
		a, v, sum := 0.0, 1.0, 0.0
		for i := k.N; i >= 1; i-- {
			sin, cos := 0.0, 0.0
			if i > 1 {
				sin, cos = math.Sincos(r.angle[i-1])
			}
			u := k.C*a + v*k.L1*b[i-1]*sin
			sum += u * u
			a = math.Min(k.C, k.Lf)*a + v*k.L1*b[i-1]*cos
			if i > 1 {
				a += q[k.N+i-3]
			}
			v *= math.Min(k.C, k.Lf)
		}
		most = math.Max(most, sum/Theorem1(k, d2, e2))
	}
	return most
}

package bounds

import "math"

// RootForm lets a test sum a large Q without computing one.
var RootForm = rootForm

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

package bounds

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// ReachedRatio is a ratio of |U-u|^2 to (13) that the recursion (2.1)-(2.3) of PROOFS.md
// comes to, with equality in every line, for sizes q and angles t_j found by an
// alternating ascent: no bound of |U-u|^2 drawn from these lines is a smaller multiple
// of (13). It speaks of the largest ratio only, not of each q. It is at most
// SharpTheorem1Ratio and need not be the largest such ratio. It is NaN where the
// recursion overflows.
func ReachedRatio(k Const) float64 {
	most := 0.0
	for _, start := range []float64{0, math.Pi / 4, math.Pi / 2} {
		a := newAscent(k, start)
		if a == nil {
			return math.NaN()
		}
		most = math.Max(most, a.climb())
	}
	return most
}

// ascent is a point of the alternating ascent. Vectors have the entries U_1..U_N.
type ascent struct {
	n     int
	g     []float64   // g[j] = |v_{j+1}| L1, j = 1..N-1
	k     [][]float64 // K_j of (2.4)
	paths []path
	root  []float64 // the diagonal of D^{-1/2} of SharpTheorem1Ratio
	angle []float64 // angle[j] is t_{j+1}: J2_{j+1} takes L1 sin, J1_{j+1} L1 cos
}

// newAscent starts at the angle given everywhere; nil where a constant overflows.
func newAscent(k Const, angle float64) *ascent {
	p := k.PerOp()
	n, toU, v := k.N, p.toU(), p.boundsOfV()
	a := &ascent{
		n:     n,
		g:     make([]float64, n),
		k:     make([][]float64, n),
		paths: p.paths(),
		root:  inverseRoots(k),
		angle: make([]float64, n),
	}
	finite := true
	for j := 1; j < n; j++ {
		a.g[j] = product(v[j+1], p.L1[j+1])
		a.angle[j] = angle
		a.k[j] = make([]float64, n)
		copy(a.k[j], toU[j][1:])
		for _, x := range append(a.k[j], a.g[j], a.root[j-1], a.root[n+j-2]) {
			finite = finite && x <= math.MaxFloat64
		}
	}
	if !finite {
		return nil
	}
	return a
}

// addedBy writes what |Y_j-y_j| = 1 adds to the |U_i-u_i|: g_j (D_j sin t + K_j cos t).
func (a *ascent) addedBy(j int, dst []float64) {
	sin, cos := math.Sincos(a.angle[j])
	for i, x := range a.k[j] {
		dst[i] = a.g[j] * cos * x
	}
	dst[j] += float64(a.g[j] * sin)
}

// sizes are the largest ratio for the angles, and the sizes q that give it, by the
// singular values of the matrix from D^{1/2} q to the |U_i-u_i|.
func (a *ascent) sizes() (ratio float64, q []float64) {
	n := a.n
	m := mat.NewDense(n, 2*n-2, nil)
	added := make([]float64, n)
	for j := 1; j < n; j++ {
		a.addedBy(j, added)
		for i := 1; i <= j; i++ {
			w := a.paths[i-1].weight[j-i] * a.root[i-1]
			for row, x := range added {
				m.Set(row, i-1, m.At(row, i-1)+float64(w*x))
			}
		}
		for row, x := range a.k[j] {
			m.Set(row, n+j-2, x*a.root[n+j-2])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDThin) {
		return math.NaN(), nil
	}
	top := svd.Values(nil)[0]
	var v mat.Dense
	svd.VTo(&v)
	q = make([]float64, 2*n-2)
	for s := range q {
		q[s] = math.Abs(v.At(s, 0)) * a.root[s] // m has entries >= 0
	}
	return top * top, q
}

// climb alternates between sizes and angles until nothing is gained.
func (a *ascent) climb() float64 {
	const rounds, gain = 200, 1e-9
	last := 0.0
	for range rounds {
		ratio, q := a.sizes()
		if !(ratio > last+gain) {
			return math.Max(ratio, last)
		}
		last = ratio
		a.turn(q)
	}
	return last
}

// turn moves each angle in turn to where |U-u| is largest for the sizes q.
func (a *ascent) turn(q []float64) {
	n := a.n
	b := make([]float64, n) // |Y_j-y_j|
	u := make([]float64, n) // |U_i-u_i|
	added := make([]float64, n)
	add := func(j int, sign float64) {
		a.addedBy(j, added)
		for i, x := range added {
			u[i] += float64(sign * b[j] * x)
		}
	}
	for j := 1; j < n; j++ {
		for i := 1; i <= j; i++ {
			b[j] += float64(a.paths[i-1].weight[j-i] * q[i-1])
		}
		add(j, 1)
		for i, x := range a.k[j] {
			u[i] += float64(q[n+j-2] * x)
		}
	}
	for j := 1; j < n; j++ {
		add(j, -1)
		// |u + size (D_j sin + K_j cos)|^2 - |u|^2; D_j and K_j are orthogonal.
		size := a.g[j] * b[j]
		innerK, squareK := 0.0, 0.0 // <u, K_j> and |K_j|^2
		for i, x := range a.k[j] {
			innerK += float64(u[i] * x)
			squareK += float64(x * x)
		}
		a.angle[j] = largestAngle(func(sin, cos float64) float64 {
			linear := float64(u[j]*sin) + float64(innerK*cos)
			square := float64(sin*sin) + float64(squareK*cos*cos)
			return float64(2*size*linear) + float64(size*size*square)
		})
		add(j, 1)
	}
}

// largestAngle is the angle in 0..pi/2 at which f is largest on a grid, refined.
func largestAngle(f func(sin, cos float64) float64) float64 {
	at := func(t float64) float64 { return f(math.Sincos(t)) }
	best, step := 0.0, math.Pi/64
	for t := step; t <= math.Pi/2; t += step {
		if at(t) > at(best) {
			best = t
		}
	}
	for ; step > 1e-9; step /= 2 {
		for _, t := range []float64{math.Max(best-step, 0), math.Min(best+step, math.Pi/2)} {
			if at(t) > at(best) {
				best = t
			}
		}
	}
	return best
}

package bounds

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// ReachedRatio is a ratio of |U-u|^2 to (13) that the recursion (2.1)-(2.3) of PROOFS.md
// comes to, with equality in every line, for sizes q and angles t_j found by an
// alternating ascent: a bound of |U-u|^2 drawn from these lines cannot be smaller.
// It is at most SharpTheorem1Ratio and need not be the largest such ratio. It is NaN
// where the recursion overflows.
func ReachedRatio(k Const) float64 {
	most := 0.0
	for _, start := range []float64{0, math.Pi / 4, math.Pi / 2} {
		r := newReacher(k, start)
		if r == nil {
			return math.NaN()
		}
		most = math.Max(most, r.climb())
	}
	return most
}

// reacher is a point of the ascent. Vectors have the entries U_1..U_N.
type reacher struct {
	n     int
	g     []float64   // g[j] = |v_{j+1}| L1, j = 1..N-1
	k     [][]float64 // K_j of (2.4)
	paths []path
	root  []float64 // D^{-1/2} of SharpTheorem1Ratio
	angle []float64 // t_{j+1}: J2_{j+1} takes L1 sin, J1_{j+1} L1 cos
}

func newReacher(k Const, start float64) *reacher {
	p := k.PerOp()
	n, reach, v := k.N, p.reach(), p.v()
	r := &reacher{n: n, g: make([]float64, n), k: make([][]float64, n), paths: p.paths(), root: rootWeights(k), angle: make([]float64, n)}
	finite := true
	for j := 1; j < n; j++ {
		r.g[j], r.angle[j] = product(v[j+1], p.L1[j+1]), start
		r.k[j] = make([]float64, n)
		copy(r.k[j], reach[j][1:])
		for _, x := range append(r.k[j], r.g[j], r.root[j-1], r.root[n+j-2]) {
			finite = finite && x <= math.MaxFloat64
		}
	}
	if !finite {
		return nil
	}
	return r
}

// site is what |Y_j-y_j| = 1 adds: g_j (D_j sin t + K_j cos t).
func (r *reacher) site(dst []float64, j int) {
	sin, cos := math.Sincos(r.angle[j])
	for i, x := range r.k[j] {
		dst[i] = r.g[j] * cos * x
	}
	dst[j] += r.g[j] * sin
}

// sizes are the largest ratio for the angles, and the sizes q that give it, by the
// singular values of the matrix from D^{1/2} q to the |U_i-u_i|.
func (r *reacher) sizes() (ratio float64, q []float64) {
	n := r.n
	a := mat.NewDense(n, 2*n-2, nil)
	site := make([]float64, n)
	for j := 1; j < n; j++ {
		r.site(site, j)
		for i := 1; i <= j; i++ {
			w := r.paths[i-1].weight[j-i] * r.root[i-1]
			for row, x := range site {
				a.Set(row, i-1, a.At(row, i-1)+w*x)
			}
		}
		for row, x := range r.k[j] {
			a.Set(row, n+j-2, x*r.root[n+j-2])
		}
	}
	var svd mat.SVD
	if !svd.Factorize(a, mat.SVDThin) {
		return math.NaN(), nil
	}
	top := svd.Values(nil)[0]
	var v mat.Dense
	svd.VTo(&v)
	q = make([]float64, 2*n-2)
	for s := range q {
		q[s] = math.Abs(v.At(s, 0)) * r.root[s] // a has entries >= 0
	}
	return top * top, q
}

// climb alternates between sizes and angles until nothing is gained.
func (r *reacher) climb() float64 {
	const rounds, gain = 200, 1e-9
	last := 0.0
	for range rounds {
		ratio, q := r.sizes()
		if !(ratio > last+gain) {
			return math.Max(ratio, last)
		}
		last = ratio
		r.turn(q)
	}
	return last
}

// turn moves each angle in turn to where |U-u| is largest for the sizes q.
func (r *reacher) turn(q []float64) {
	n := r.n
	b, u, site := make([]float64, n), make([]float64, n), make([]float64, n)
	add := func(j int, sign float64) {
		r.site(site, j)
		for i, x := range site {
			u[i] += sign * b[j] * x
		}
	}
	for j := 1; j < n; j++ {
		for i := 1; i <= j; i++ {
			b[j] += r.paths[i-1].weight[j-i] * q[i-1]
		}
		add(j, 1)
		for i, x := range r.k[j] {
			u[i] += q[n+j-2] * x
		}
	}
	for j := 1; j < n; j++ {
		add(j, -1)
		// |u + s sin + c cos|^2 for s along D_j and c along K_j, which are orthogonal.
		s, along, square := r.g[j]*b[j], 0.0, 0.0
		for i, x := range r.k[j] {
			along += u[i] * x
			square += x * x
		}
		r.angle[j] = steepest(func(sin, cos float64) float64 {
			return 2*s*(u[j]*sin+along*cos) + s*s*(sin*sin+square*cos*cos)
		})
		add(j, 1)
	}
}

// steepest is the angle in 0..pi/2 at which f is largest on a grid, refined.
func steepest(f func(sin, cos float64) float64) float64 {
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

package core

import "math"

// inflate makes a computed bound a bound in exact arithmetic. Every bound of
// this package is reached through sums, products and roots of non-negative
// terms, at most 64 max(m, n)^2 roundings deep in relative terms (opNorm is
// the deepest, see there); 2^-26 covers that up to max(m, n) = 2048, and
// shorter reductions far beyond. It costs a bound 1.5e-8 of its sharpness.
const inflate = 1 + 0x1p-26

// absOpNorm bounds the spectral norm of every rows x cols matrix whose entries
// are at most m[k] >= 0 in absolute value: that is the norm of m itself, and
// by Collatz and Wielandt rho(m^T m) <= max_j (m^T m z)_j / z_j for any z > 0.
// z follows the power iteration, so the bound is sharp.
func absOpNorm(m []float64, rows, cols int) float64 {
	var zs, ts, ss [24]float64
	z, t, s := vec(zs[:], cols), vec(ts[:], rows), vec(ss[:], cols)
	for j := range z {
		z[j] = 1
	}
	best := math.Inf(1)
	for range powerSteps {
		scale := 0.0
		for i := range t {
			sum := 0.0
			for j, v := range m[i*cols : (i+1)*cols] {
				sum += v * z[j]
			}
			t[i] = sum
			scale = max(scale, sum)
		}
		if scale == 0 || math.IsNaN(scale) || math.IsInf(scale, 1) {
			return scale
		}
		// t is scaled to keep m^T m z from underflow.
		for i := range t {
			t[i] /= scale
		}
		clear(s)
		for i, ti := range t {
			for j, v := range m[i*cols : (i+1)*cols] {
				s[j] += v * ti
			}
		}
		top, ratio := 0.0, 0.0
		for j, sj := range s {
			ratio = max(ratio, sj/z[j]) // NaN stays NaN
			top = max(top, sj)
		}
		best = min(best, math.Sqrt(ratio)*math.Sqrt(scale))
		for j, sj := range s {
			z[j] = max(sj/top, 1e-150)
		}
	}
	return best
}

// powerSteps is how long the norms iterate. Each bound holds after any number
// of steps; 8 bring the usual small matrix to within 1 %.
const powerSteps = 8

// opNorm bounds |M|_op over all matrices M with lo <= M <= hi entrywise: the
// smaller of absOpNorm of the largest magnitudes and |mid|_op + |rad|_op.
//
// For the midpoint A: |A|_op^(2^(k+1)) <= |(A^T A)^(2^k)|_F by repeated squaring.
// Each product of n x n matrices is off by at most n 2^-53 |G|_F^2 in norm, and
// |G|_F^2 <= n |G|_op^2, so k = 5 squarings and the first product cost less
// than 6 n max(m,n) roundings in relative terms, which inflate covers.
func opNorm(lo, hi []float64, rows, cols int) float64 {
	size := rows * cols
	var ab [128]float64
	a := vec(ab[:], size)
	mixed, point := false, true
	var sign float64
	for k := range a {
		a[k] = max(math.Abs(lo[k]), math.Abs(hi[k]))
		s := lo[k] + hi[k]
		mixed = mixed || s*sign < 0
		if sign == 0 {
			sign = s
		}
		point = point && lo[k] == hi[k]
	}
	bound := absOpNorm(a, rows, cols)
	if !mixed || rows == 1 || cols == 1 {
		return bound
	}
	rad := 0.0
	if !point {
		for k := range a {
			a[k] = (hi[k] - lo[k]) / 2
		}
		rad = absOpNorm(a, rows, cols)
	}
	for k := range a {
		a[k] = lo[k] + (hi[k]-lo[k])/2
	}
	// min drops no NaN: a NaN entry has made bound NaN already.
	return min(bound, signedOpNorm(a, rows, cols)+rad)
}

const squarings = 5

// signedOpNorm bounds |A|_op of one matrix and scales a as it goes.
func signedOpNorm(a []float64, rows, cols int) float64 {
	scale := 0.0
	for _, v := range a {
		scale = max(scale, math.Abs(v))
	}
	if scale == 0 {
		return 0
	}
	for k := range a {
		a[k] /= scale
	}
	n := min(rows, cols)
	var gb, hb [64]float64
	g, h := vec(gb[:], n*n), vec(hb[:], n*n)
	// The Gram matrix of the shorter side.
	for i := range n {
		for j := range i + 1 {
			sum := 0.0
			if rows <= cols {
				for k := range cols {
					sum += a[i*cols+k] * a[j*cols+k]
				}
			} else {
				for k := range rows {
					sum += a[k*cols+i] * a[k*cols+j]
				}
			}
			g[i*n+j], g[j*n+i] = sum, sum
		}
	}
	// |G|_op = scale_0 (scale_1 (...)^(1/2))^(1/2), each G divided by its |.|_F.
	logNorm, power := 0.0, 1.0
	for k := 0; ; k++ {
		f := frobenius(g)
		logNorm += math.Log(f) * power
		if k == squarings {
			return scale * math.Exp(logNorm/2)
		}
		for i := range g {
			g[i] /= f
		}
		for i := range n {
			for j := range i + 1 {
				sum := 0.0
				for l := range n {
					sum += g[i*n+l] * g[j*n+l] // symmetric
				}
				h[i*n+j], h[j*n+i] = sum, sum
			}
		}
		g, h = h, g
		power /= 2
	}
}

func frobenius(a []float64) float64 {
	sum := 0.0
	for _, v := range a {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// vec returns a slice of length n, from buf when it is large enough.
func vec(buf []float64, n int) []float64 {
	if n <= len(buf) {
		return buf[:n]
	}
	return make([]float64, n)
}

// supPoly returns sup |p(t)| over [lo, hi], given the points where p' = 0.
func supPoly(p func(t float64) float64, lo, hi float64, critical ...float64) float64 {
	m := max(math.Abs(p(lo)), math.Abs(p(hi)))
	for _, c := range critical {
		if lo < c && c < hi {
			m = max(m, math.Abs(p(c)))
		}
	}
	return m
}

package core

import "math"

// inflate makes a computed bound a bound in exact arithmetic. Every bound of
// this package is reached through sums, products and roots of non-negative
// terms, at most a few times the width deep: 2^-26 covers 2^27 roundings, and
// MaxWidth is 2^16. The norms below, whose depth grows with the square of the
// width, pay for their own rounding. It costs a bound 1.5e-8 of its sharpness.
const inflate = 1 + 0x1p-26

// smallest replaces norms below it: between it and the subnormal numbers, whose
// relative error is not 2^-53 but anything, is room for a product with inflate.
const smallest = 0x1p-1000

// opNorm bounds |M|_op over all matrices M with lo <= M <= hi entrywise: the
// smaller of absOpNorm of the largest magnitudes, which is reached when the
// signs of the entries agree, and |mid|_op + |rad|_op, or |.|_F beyond
// squaredWidth. It is 0 only for the zero matrix, +Inf when the norm may
// overflow, and NaN when an entry is.
//
// The matrices are scaled by a power of 2, which is exact but for entries
// 2^-1022 times the largest. Either way is off by less than rows cols roundings
// and a few more (see signedOpNorm); 8 rows cols are paid.
func opNorm(lo, hi []float64, rows, cols int) float64 {
	top, mixed, point := survey(lo, hi)
	switch {
	case top == 0 || math.IsNaN(top) || math.IsInf(top, 1):
		return top
	case top < smallest:
		return tinyNorm(top, rows*cols)
	}
	_, e := math.Frexp(top)
	bound := scaledOpNorm(lo, hi, rows, cols, math.Ldexp(1, -e), mixed, point)
	return math.Ldexp(bound*(1+float64(8*float64(rows)*float64(cols)*unit)), e)
}

// survey returns the largest magnitude in the box, whether midpoints of both
// signs occur, and whether the box is one matrix.
func survey(lo, hi []float64) (top float64, mixed, point bool) {
	var pos, neg bool
	point = true
	for k, l := range lo {
		h := hi[k]
		top = max(top, math.Abs(l), math.Abs(h))
		pos, neg = pos || -l < h, neg || -l > h
		point = point && l == h
	}
	return top, pos && neg, point
}

// squaredWidth is the largest min(rows, cols) for which signedOpNorm, whose time
// is cubic, is asked; beyond it |.| <= |.|_F has to do.
const squaredWidth = 512

// scaledOpNorm is opNorm of the box times s.
func scaledOpNorm(lo, hi []float64, rows, cols int, s float64, mixed, point bool) float64 {
	var ab [64]float64
	a := vec(ab[:], rows*cols)
	large := min(rows, cols) > squaredWidth
	if rows == 1 || cols == 1 || !mixed || !point || large {
		for k := range a {
			a[k] = s * max(math.Abs(lo[k]), math.Abs(hi[k]))
		}
	}
	if rows == 1 || cols == 1 {
		return frobenius(a)
	}
	bound := math.Inf(1)
	if !mixed || !point || large {
		bound = absOpNorm(a, rows, cols)
	}
	if !mixed {
		return bound
	}
	if large {
		return min(bound, frobenius(a))
	}
	rad := 0.0
	if !point {
		for k := range a {
			a[k] = float64(s*hi[k]/2) - float64(s*lo[k]/2)
		}
		rad = absOpNorm(a, rows, cols)
	}
	for k := range a {
		a[k] = float64(s*lo[k]/2) + float64(s*hi[k]/2)
	}
	return min(bound, signedOpNorm(a, rows, cols)+rad)
}

// absOpNorm bounds the spectral norm of every rows x cols matrix whose entries
// are at most m[k] >= 0 in absolute value: that is the norm of m itself, and
// by Collatz and Wielandt rho(m^T m) <= max_j (m^T m z)_j / z_j for any z > 0.
// z follows the power iteration, so the bound is sharp. Entries should not be
// below 1e-150 times the largest result that matters.
func absOpNorm(m []float64, rows, cols int) float64 {
	var zs, ts, ss [36]float64
	z, t, s := vec(zs[:], cols), vec(ts[:], rows), vec(ss[:], cols)
	for j := range z {
		z[j] = 1
	}
	best := math.Inf(1)
	for range powerSteps {
		scale, zz, tt := 0.0, 0.0, 0.0
		for i := range t {
			t[i] = dot(m[i*cols:(i+1)*cols], z)
			scale = max(scale, t[i])
		}
		if scale == 0 || math.IsNaN(scale) || math.IsInf(scale, 1) {
			return scale
		}
		for i := range t {
			t[i] /= scale // keeps m^T m z from underflow
			tt += float64(t[i] * t[i])
		}
		clear(s)
		for i, ti := range t {
			for j, v := range m[i*cols : (i+1)*cols] {
				s[j] += float64(v * ti)
			}
		}
		top, ratio := 0.0, 0.0
		for j, sj := range s {
			ratio = max(ratio, sj/z[j]) // NaN stays NaN
			top = max(top, sj)
			zz += float64(z[j] * z[j])
		}
		best = min(best, math.Sqrt(ratio)*math.Sqrt(scale))
		// |m z| / |z| is a lower bound of the norm.
		if low := scale * math.Sqrt(tt/zz); best <= converged*low {
			break
		}
		for j, sj := range s {
			z[j] = max(sj/top, 1e-150)
		}
	}
	return best
}

// powerSteps is how long absOpNorm iterates at most, converged how close the
// bound must come to the norm to stop before. The bound holds after any number
// of steps.
const (
	powerSteps = 8
	converged  = 1.005
)

// signedOpNorm bounds |A|_op of one matrix with entries up to 1 by repeated
// squaring, |A|_op^(2^(k+1)) <= |(A^T A)^(2^k)|_F.
//
// With n = min(rows, cols), m = max(rows, cols) and u = 2^-53 the first product
// is off by at most m u |A|_F^2 <= m n u |A|_op^2, each squaring of an n x n
// matrix G by n u |G|_F^2 <= n^2 u |G|_op^2. The root divides the latter by 2,
// 4, 8, ..., so |A|_op^2 is off by 2 m n u in relative terms and |A|_op by
// m n u, to first order.
func signedOpNorm(a []float64, rows, cols int) float64 {
	n := min(rows, cols)
	var gb, hb [64]float64
	g, h := vec(gb[:], n*n), vec(hb[:], n*n)
	gram(g, a, rows, cols)
	// |G_0|_op = f_0 (f_1 (...)^(1/2))^(1/2), f_k the Frobenius norm of G_k, G_{k+1} = (G_k/f_k)^2.
	var f [squarings + 1]float64
	for k := range f {
		f[k] = frobenius(g)
		if k == squarings || f[k] == 0 {
			break
		}
		for i := range g {
			g[i] /= f[k]
		}
		gram(h, g, n, n) // G is symmetric: G^T G = G^2
		g, h = h, g
	}
	root := 1.0
	for k := squarings; k >= 0; k-- {
		root = math.Sqrt(f[k] * root)
	}
	return root
}

const squarings = 5

// gram writes A A^T or A^T A to g, whichever is smaller.
func gram(g, a []float64, rows, cols int) {
	if rows > cols {
		columnGram(g, a, rows, cols)
		return
	}
	for i := range rows {
		row := a[i*cols : (i+1)*cols]
		for j := range i + 1 {
			sum := dot(row, a[j*cols:(j+1)*cols])
			g[i*rows+j], g[j*rows+i] = sum, sum
		}
	}
}

// columnGram writes A^T A to g.
func columnGram(g, a []float64, rows, cols int) {
	for i := range cols {
		for j := range i + 1 {
			sum := 0.0
			for row := 0; row < rows*cols; row += cols {
				sum += float64(a[row+i] * a[row+j])
			}
			g[i*cols+j], g[j*cols+i] = sum, sum
		}
	}
}

func dot(a, b []float64) float64 {
	sum := 0.0
	b = b[:len(a)]
	for k, v := range a {
		sum += float64(v * b[k])
	}
	return sum
}

func frobenius(a []float64) float64 { return math.Sqrt(dot(a, a)) }

// norm2 returns |a|_2 up to rounding, or more where squares underflow. It is 0
// only for the zero vector.
func norm2(a []float64) float64 {
	if sum := dot(a, a); sum >= rootable {
		return math.Sqrt(sum)
	}
	m := 0.0
	for _, v := range a {
		m = max(m, math.Abs(v))
	}
	return tinyNorm(m, len(a))
}

// rootable is a sum of squares from which those that underflowed, below 2^-1022
// each, are missing by no more than a rounding.
const rootable = 0x1p-900

// tinyNorm bounds |a|_2 for n entries of which m is the largest magnitude.
func tinyNorm(m float64, n int) float64 {
	if m == 0 || math.IsNaN(m) {
		return m
	}
	return float64(max(m, smallest) * math.Sqrt(float64(n)))
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

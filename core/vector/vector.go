package vector

import (
	"fmt"
	"math"
)

// The exponential by a table of 2^(j/128) and a polynomial, written into the loops:
// with n/128 the nearest to v/ln 2 and r = v - n ln 2/128, |r| <= ln 2/256,
//
//	e^v = 2^(n/128) e^r,   |e^r - (1 + r + ... + r^4/24)| <= |r|^5/120 e^|r| <= 1.3e-15.
//
// r carries the rounding of v and of n times the low part, at most 2^-52 |r| + 2^-61 |v|;
// the product of table and polynomial adds 4 roundings of 2^-53. For |v| <= MaxArgument this is
// within Error relative. ln 2/128 in two parts: the upper has 33 bits, so that its
// product with |n| < 2^18 is exact.
const (
	tableBits  = 7
	tableSize  = 1 << tableBits
	perUnit    = tableSize / math.Ln2
	upperLn2   = 0x1.62e42fefp-8       // of ln 2/128
	lowerLn2   = 0x1.473de6af278edp-41 // the rest
	roundToInt = 0x1.8p52              // added, the last bits of the sum are an integer

	// MaxArgument is the largest |a| of Slopes and TwoSlopes.
	MaxArgument = 700
	// Error bounds that of e^v in them, relative.
	Error = 1.3e-15 + 8*0x1p-53 + 700*0x1p-61
)

var powers = func() (t [tableSize]float64) {
	for j := range t {
		t[j] = math.Exp2(float64(j) / tableSize)
	}
	return t
}()

// Slopes writes 1/(1+exp(-a)) to s, |a| <= MaxArgument.
func Slopes(s, a []float64) {
	mustLen("slopes", len(s), len(a))
	done := slopesFast(s, a)
	slopes(s[done:], a[done:])
}

func slopes(s, a []float64) {
	s = s[:len(a)]
	for k, v := range a {
		s[k] = 1 / (1 + expNeg(v))
	}
}

// TwoSlopes writes 1/(1+exp(-a)) to s and 1/(1+exp(-a) q), q = exp(-delta), to p: one
// exponential and one division for both.
func TwoSlopes(s, p, a []float64, q float64) {
	mustLen("slopes", len(s), len(a))
	mustLen("slopes", len(p), len(a))
	done := twoSlopesFast(s, p, a, q)
	twoSlopes(s[done:], p[done:], a[done:], q)
}

func twoSlopes(s, p, a []float64, q float64) {
	s, p = s[:len(a)], p[:len(a)]
	for k, v := range a {
		e := expNeg(v)
		one, two := 1+e, 1+float64(q*e)
		z := 1 / float64(one*two)
		s[k], p[k] = two*z, one*z
	}
}

// expNeg is e^-v.
func expNeg(v float64) float64 {
	t := roundToInt - float64(v*perUnit)
	n := int64(math.Float64bits(t))
	i := t - roundToInt
	r := (-v - float64(i*upperLn2)) - float64(i*lowerLn2)
	e := 1 + float64(r*(1+float64(r*(0.5+float64(r*(1./6+float64(r*(1./24))))))))
	return e * math.Float64frombits(math.Float64bits(powers[n&(tableSize-1)])+uint64(n>>tableBits)<<52)
}

// Combine writes sum_j w_j x_j to y, x_j = x[j len(y):(j+1) len(y)], in the order of j.
func Combine(y, x, w []float64) {
	mustLen("columns", len(x), len(y)*len(w))
	done := combineFast(y, x, w)
	combine(y, x, w, done)
}

func combine(y, x, w []float64, from int) {
	m := len(y)
	if from == m {
		return
	}
	clear(y[from:])
	for j, c := range w {
		column := x[j*m : (j+1)*m]
		for k := from; k < m; k++ {
			y[k] += float64(c * column[k])
		}
	}
}

// AddOuter adds alpha v x^T to the matrix m, whose row j is m[j len(x):(j+1) len(x)]:
// m_jk <- m_jk + (alpha v_j) x_k.
func AddOuter(m, v, x []float64, alpha float64) {
	mustLen("matrix", len(m), len(v)*len(x))
	done := addOuterFast(m, v, x, alpha)
	addOuter(m, v, x, alpha, done)
}

func addOuter(m, v, x []float64, alpha float64, from int) {
	n := len(x)
	if from == n {
		return
	}
	for j, vj := range v {
		row, c := m[j*n:(j+1)*n], float64(alpha*vj)
		for k := from; k < n; k++ {
			row[k] += float64(c * x[k])
		}
	}
}

// Rows is how many rows Sums takes.
const Rows = 10

// Pairs lays a matrix of Rows rows of m numbers out for Sums: the numbers 2k and 2k+1 of row after
// row, for k after k; for an odd m the last is followed by 0.
func Pairs(x []float64, m int) []float64 {
	mustLen("matrix", len(x), Rows*m)
	out := make([]float64, 0, Rows*(m+m%2))
	for k := 0; k < m; k += 2 {
		for j := range Rows {
			pair := [2]float64{x[j*m+k]}
			if k+1 < m {
				pair[1] = x[j*m+k+1]
			}
			out = append(out, pair[:]...)
		}
	}
	return out
}

// Sums writes alpha sum_k v_k x_jk to u_j, of a matrix that Pairs laid out: those of even k and of
// odd k apart and then together, the last of an odd number of them after that.
func Sums(u, pairs, v []float64, alpha float64) {
	mustSums(u, pairs, v)
	var acc [2 * Rows]float64
	n := len(v) / 2
	if !sumsFast(&acc, pairs, v, n) {
		sums(&acc, pairs, v, n)
	}
	finish(u, &acc, pairs, v, alpha)
}

// TwoSums is Sums of two vectors.
func TwoSums(u0, u1, pairs, v0, v1 []float64, alpha float64) {
	mustSums(u0, pairs, v0)
	mustSums(u1, pairs, v1)
	var acc [2][2 * Rows]float64
	n := len(v0) / 2
	if !twoSumsFast(&acc, pairs, v0, v1, n) {
		sums(&acc[0], pairs, v0, n)
		sums(&acc[1], pairs, v1, n)
	}
	finish(u0, &acc[0], pairs, v0, alpha)
	finish(u1, &acc[1], pairs, v1, alpha)
}

// sums adds n pairs.
func sums(acc *[2 * Rows]float64, pairs, v []float64, n int) {
	for k := range n {
		even, odd, row := v[2*k], v[2*k+1], pairs[2*Rows*k:2*Rows*(k+1)]
		for j := 0; j < 2*Rows; j += 2 {
			acc[j] += float64(even * row[j])
			acc[j+1] += float64(odd * row[j+1])
		}
	}
}

func finish(u []float64, acc *[2 * Rows]float64, pairs, v []float64, alpha float64) {
	for j := range Rows {
		sum := acc[2*j] + acc[2*j+1]
		if n := len(v); n%2 == 1 {
			sum += float64(v[n-1] * pairs[Rows*(n-1)+2*j])
		}
		u[j] = 0 + float64(alpha*sum) // never -0, as gonum's
	}
}

func mustSums(u, pairs, v []float64) {
	mustLen("sums", len(u), Rows)
	mustLen("pairs", len(pairs), Rows*(len(v)+len(v)%2))
}

func mustLen(what string, got, want int) {
	if got != want {
		panic(fmt.Sprintf("vector: %d numbers of %s, want %d", got, what, want))
	}
}

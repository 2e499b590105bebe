package vector

// fast reports whether the processor and the system have AVX2.
var fast = hasAVX2()

func hasAVX2() bool

// constants of the loops, in the order in which they are loaded.
//
//lint:ignore U1000 the assembly reads them
var constants = [...]float64{roundToInt, perUnit, upperLn2, lowerLn2, 1, 0.5, 1. / 6, 1. / 24}

// The loops of the assembly: n is a multiple of 4 but for pairs.

//go:noescape
func slopes4(s, a *float64, n int)

//go:noescape
func twoSlopes4(s, p, a *float64, n int, q float64)

// combine32 is for n multiples of 32, combine4 of 4, of columns m apart.
//
//go:noescape
func combine32(y, x, w *float64, n, m, columns int)

//go:noescape
func combine4(y, x, w *float64, n, m, columns int)

//go:noescape
func sums10(acc, pairs, v *float64, n int)

//go:noescape
func twoSums10(acc, pairs, v0, v1 *float64, n int)

// addOuter4 is for the first n columns, a multiple of 4, of rows that are stride apart.
//
//go:noescape
func addOuter4(m, v, x *float64, alpha float64, rows, n, stride int)

func slopesFast(s, a []float64) (done int) {
	n := len(a) &^ 3
	if !fast || n == 0 {
		return 0
	}
	slopes4(&s[0], &a[0], n)
	return n
}

func twoSlopesFast(s, p, a []float64, q float64) (done int) {
	n := len(a) &^ 3
	if !fast || n == 0 {
		return 0
	}
	twoSlopes4(&s[0], &p[0], &a[0], n, q)
	return n
}

func combineFast(y, x, w []float64) (done int) {
	if !fast || len(w) == 0 {
		return 0
	}
	if n := len(y) &^ 31; n > 0 {
		combine32(&y[0], &x[0], &w[0], n, len(y), len(w))
		done = n
	}
	if n := (len(y) - done) &^ 3; n > 0 {
		combine4(&y[done], &x[done], &w[0], n, len(y), len(w))
		done += n
	}
	return done
}

func sumsFast(acc *[2 * Rows]float64, pairs, v []float64, n int) bool {
	if !fast || n == 0 {
		return false
	}
	sums10(&acc[0], &pairs[0], &v[0], n)
	return true
}

func twoSumsFast(acc *[2][2 * Rows]float64, pairs, v0, v1 []float64, n int) bool {
	if !fast || n == 0 {
		return false
	}
	twoSums10(&acc[0][0], &pairs[0], &v0[0], &v1[0], n)
	return true
}

func addOuterFast(m, v, x []float64, alpha float64) (done int) {
	n := len(x) &^ 3
	if !fast || n == 0 || len(v) == 0 {
		return 0
	}
	addOuter4(&m[0], &v[0], &x[0], alpha, len(v), n, len(x))
	return n
}

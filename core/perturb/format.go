package perturb

import "math"

// Format is a binary floating-point format with subnormals, by the number of
// stored mantissa bits, the exponent of the smallest normal number, and the
// largest finite number. Conversion saturates: what is larger becomes Max, as
// in the saturating mode of mixed-precision hardware, so that a rounding error
// is always finite.
type Format struct {
	Mantissa int // stored bits
	MinExp   int // exponent of the smallest normal number 2^MinExp
	Max      float64
}

// The formats of Round: IEEE 754 binary16, bfloat16, and E4M3 (FN: no
// infinities) and E5M2 of the OCP 8-bit Floating Point Specification, 1.0, 2023.
var (
	FP16 = Format{10, -14, 65504}
	BF16 = Format{7, -126, 0x1.FEp127}
	E4M3 = Format{3, -6, 448}
	E5M2 = Format{2, -14, 57344}

	formats = map[string]Format{"fp16": FP16, "bf16": BF16, "e4m3": E4M3, "e5m2": E5M2}
)

// Neighbours returns the representable numbers below and above x in magnitude,
// with the sign of x, and the fraction of the way from the first to the second
// at which x lies, 0 <= frac < 1. A representable x, and one beyond Max, has
// frac = 0 and its value, or Max, as both. All three are exact. NaN gives NaN.
func (f Format) Neighbours(x float64) (toZero, away, frac float64) {
	if math.IsNaN(x) {
		return x, x, 0
	}
	a := math.Abs(x)
	if a >= f.Max {
		m := math.Copysign(f.Max, x)
		return m, m, 0
	}
	e := int(math.Float64bits(a)>>52) - 1023 // 2^e <= a < 2^(e+1)
	if e == -1023 {
		_, e = math.Frexp(a)
		e--
	}
	e = max(e, f.MinExp) - f.Mantissa // 2^e is the last place
	if -1022 <= e && e <= 1022 {      // 2^e and its inverse are normal
		return between(x, float64(a*power(-e)), power(e))
	}
	return grid(x, math.Ldexp(1, e))
}

// power is 2^e, -1022 <= e <= 1023.
func power(e int) float64 { return math.Float64frombits(uint64(e+1023) << 52) }

// grid is Neighbours on the multiples of q, a power of two: |x|/q is exact unless
// it underflows.
func grid(x, q float64) (toZero, away, frac float64) { return between(x, math.Abs(x)/q, q) }

// between is grid for |x|/q = a.
func between(x, a, q float64) (toZero, away, frac float64) {
	steps := math.Floor(a)
	frac = a - steps
	toZero = math.Copysign(steps*q, x)
	if frac == 0 {
		return toZero, toZero, 0
	}
	return toZero, math.Copysign((steps+1)*q, x), frac
}

// Nearest rounds x to the nearest representable number, ties to the even one.
func (f Format) Nearest(x float64) float64 { return nearest(f.Neighbours(x)) }

// nearest chooses between neighbours that are hi - lo = q apart, or equal when
// frac is 0. lo/q is the integer of which lo is the multiple.
func nearest(lo, hi, frac float64) float64 {
	if frac < 0.5 || frac == 0.5 && math.Mod(lo/(hi-lo), 2) == 0 {
		return lo
	}
	return hi
}

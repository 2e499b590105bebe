package conform

import (
	"math"
	"math/bits"

	"github.com/cascade-sgd/cascade/core"
)

// The radii of ROUNDING.md, operation by operation: each function bounds how far a
// number that an engine computed may be from the one that the reference computed,
// given how far its arguments may be. A radius of 0 means the same number in every
// honest engine: arguments were exact, and so is every way of computing the result.

// grown is (1+x1)(1+x2)... - 1 for roundings that add up to x.
func grown(x float64) float64 { return math.Expm1(x) }

// low is the exponent of the last set bit of x != 0: x is an odd multiple of 2^low.
func low(x float64) int {
	b := math.Float64bits(x)
	mantissa, exponent := b&(1<<52-1), int(b>>52)&0x7ff
	if exponent == 0 {
		exponent = 1
	} else {
		mantissa |= 1 << 52
	}
	return exponent - 1075 + bits.TrailingZeros64(mantissa)
}

// short reports whether x has no more digits than every format involved.
func (ar *arithmetic) short(x float64) bool {
	return x == 0 || math.Ilogb(x)-low(x) < ar.digits
}

// fits reports whether numbers that are multiples of 2^grain, and whose magnitudes
// add up to size, are summed without rounding in any order.
func (ar *arithmetic) fits(size float64, grain int) bool {
	return size == 0 || grain >= ar.minExp && size <= ar.large && size <= math.Ldexp(1, ar.digits+grain)
}

// store adds what rounding a number to the storage format may do.
func (ar *arithmetic) store(x, r float64) float64 {
	switch {
	case r == 0 && ar.stored.holds(x):
		return 0
	case r == 0:
		return ar.stored.unit()*math.Abs(x) + ar.tiny
	case ar.s == 0:
		return r
	}
	return r + ar.s*(math.Abs(x)+r) + ar.tiny
}

// plus bounds x + y = sum, x within r and y exact, as a perturbation is added.
func (ar *arithmetic) plus(x, r, y, sum float64) float64 {
	switch {
	case y == 0:
		return r
	case r == 0 && ar.exactSum(x, y):
		return 0
	}
	r += ar.s*(math.Abs(x)+r) + ar.cut*(math.Abs(x)+r+math.Abs(y))
	return r + ar.c*(math.Abs(sum)+r) + ar.tiny
}

// splitDigits are the binary digits that a term may be below the sum of all terms: halfsq
// has x v/2 twice, bilinear three terms.
const splitDigits = 2

// plusTerms is plus where x is a sum of a few terms, whose magnitudes add up to size, and y
// may be added between them.
func (ar *arithmetic) plusTerms(x, r, size, y, sum float64) float64 {
	if r == 0 && ar.short(x) && ar.short(y) && x != 0 && ar.fits(size+math.Abs(y), min(low(x), low(y))-splitDigits) {
		return 0
	}
	// One rounding more for each term but the first.
	return ar.plus(x, r, y, sum) + 2*(ar.c+ar.s)*(size+r+math.Abs(y))
}

func (ar *arithmetic) exactSum(x, y float64) bool {
	if x == 0 || y == 0 {
		return ar.short(x + y)
	}
	return ar.short(x) && ar.short(y) && ar.fits(math.Abs(x)+math.Abs(y), min(low(x), low(y)))
}

// times bounds x*y, both uncertain.
func (ar *arithmetic) times(x, rx, y, ry float64) float64 {
	ax, ay := math.Abs(x), math.Abs(y)
	if rx == 0 && ry == 0 {
		if x == 0 || y == 0 || ar.short(x) && ar.short(y) && ar.fits(ax*ay, low(x)+low(y)) {
			return 0
		}
	}
	carried := ax*ry + ay*rx + rx*ry
	if !((ax+rx)*(ay+ry) <= ar.large) {
		return math.Inf(1)
	}
	if rx == 0 && powerOfTwo(ax) || ry == 0 && powerOfTwo(ay) {
		return carried + (ax+rx)*(ay+ry)*grown(ar.cut) + ar.tiny
	}
	return carried + (ax+rx)*(ay+ry)*grown(2*ar.cut+ar.c) + ar.tiny
}

// timesComputed is times where x was computed just before, so that no cut changes it: times a
// power of two it is exact.
func (ar *arithmetic) timesComputed(x, rx, y, ry float64) float64 {
	if ry == 0 && powerOfTwo(math.Abs(y)) {
		return math.Abs(y)*rx + ar.tiny
	}
	return ar.times(x, rx, y, ry)
}

func powerOfTwo(a float64) bool {
	if a == 0 {
		return false
	}
	frac, _ := math.Frexp(a)
	return frac == 0.5
}

// dot is a sum of products that is added up term by term.
type dot struct {
	ar            *arithmetic
	terms         int
	carried, size float64
	grain         int
	exact         bool
}

func (ar *arithmetic) newDot() dot { return dot{ar: ar, grain: math.MaxInt32, exact: true} }

// add takes in x*y, both uncertain.
func (d *dot) add(x, rx, y, ry float64) {
	ax, ay := math.Abs(x), math.Abs(y)
	d.terms++
	d.carried += ax*ry + ay*rx + rx*ry
	d.size += (ax + rx) * (ay + ry)
	if !d.exact || rx == 0 && x == 0 || ry == 0 && y == 0 {
		return
	}
	d.exact = rx == 0 && ry == 0 && d.ar.short(x) && d.ar.short(y)
	if d.exact {
		d.grain = min(d.grain, low(x)+low(y))
	}
}

// radius bounds the sum, whose reference is value; its order is the engine's.
func (d *dot) radius(value float64) float64 {
	ar := d.ar
	if d.exact && ar.fits(d.size, d.grain) {
		return 0
	}
	if !(d.size <= ar.large) {
		return math.Inf(1) // a product or a partial sum may overflow
	}
	r := d.carried + d.size*grown(2*ar.cutProduct+ar.c+float64(d.terms)*ar.a) + float64(d.terms)*ar.tiny
	return r + ar.c*(math.Abs(value)+r)
}

// offByStoring is how far a number that was stored may be from the one that was computed,
// with which an engine may have gone on.
func (ar *arithmetic) offByStoring(x float64) float64 { return ar.s * math.Abs(x) }

// allOffByStoring is offByStoring for a vector; exact ones lose no digits.
func (ar *arithmetic) allOffByStoring(v []float64, exact bool) []float64 {
	r := make([]float64, len(v))
	if exact {
		return r
	}
	for k, x := range v {
		r[k] = ar.offByStoring(x)
	}
	return r
}

// step bounds w - gamma (u + r) = sum, u within ru, with the regularizer at w. It may
// be computed as (1 - 2 gamma rho) w - gamma u as well. A step is computed in the wider
// of the formats that are stored and computed in.
func (ar *arithmetic) step(w, u, ru, gamma float64, reg core.Regularizer, sum float64) float64 {
	c := min(ar.stored.unit(), ar.computed.unit()) + unit64
	rho := 2 * reg.Rho
	if gamma == 0 || ru == 0 && (reg.Kind != "nonconvex" || w == 0) && ar.exactStep(w, u, gamma, rho) {
		return ar.store(sum, 0)
	}
	r := math.Abs(reg.Grad(w))
	square := 0.0
	if reg.Kind == "nonconvex" {
		square = (1 + float64(w*w)) * (1 + float64(w*w))
	}
	largest := max(gamma*(math.Abs(u)+ru+r), rho*math.Abs(w), gamma*rho*max(1, math.Abs(w)), square)
	if !(largest <= ar.large) {
		return math.Inf(1) // something may overflow
	}
	errors := gamma*ru + gamma*math.Abs(u)*grown(4*c) + gamma*r*grown(12*c) + math.Abs(w)*grown(3*c) +
		(2+gamma)*ar.tiny
	return ar.store(sum, errors)
}

// exactStep reports whether no order of computing the step with r = rho w rounds.
func (ar *arithmetic) exactStep(w, u, gamma, rho float64) bool {
	digits := max(ar.stored.digits, ar.computed.digits)
	grain := 0
	size := [4]float64{}
	for k, x := range [4]float64{w, u, gamma, rho} {
		if x != 0 {
			grain += min(0, low(x))
		}
		size[k] = max(1, math.Abs(x))
	}
	all := size[0]*(1+size[2]*size[3]) + size[2]*size[1]
	return grain >= ar.minExp && all <= math.Ldexp(1, digits+grain)
}

// means adds up the mean of numbers of samples.
type means struct {
	ar            *arithmetic
	n, accumulate int
	sum           float64
	carried, size float64
	grain         int
	exact         bool
}

func (ar *arithmetic) newMean(n, accumulate int) *means {
	return &means{ar: ar, n: n, accumulate: accumulate, grain: math.MaxInt32, exact: true}
}

func (m *means) add(x, r float64) {
	m.sum += x
	m.carried += r
	m.size += math.Abs(x) + r
	m.exact = m.exact && r == 0 && m.ar.short(x)
	if x != 0 && m.exact {
		m.grain = min(m.grain, low(x))
	}
}

// result is the mean with its radius: windows are added up and stored, in any order,
// and divided before or after.
func (m *means) result() (mean, radius float64) {
	ar, n := m.ar, float64(m.n)
	mean = m.sum / n
	if m.exact && powerOfTwo(n) && powerOfTwo(float64(m.accumulate)) && ar.fits(m.size, m.grain) {
		return mean, 0
	}
	each := ar.a + ar.c + ar.s
	return mean, (m.carried+m.size*grown((n+4)*each))/n + (n+1)*ar.tiny
}

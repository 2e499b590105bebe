package conform

import "math"

// functionUnits is how far an elementary function may be off, in unit roundoffs
// relative to its value: two units in the last place. At an argument of exactly 0 it
// is one unit.
const functionUnits = 4

// anchorUnits bounds the derivatives of tanh, sigmoid and softplus at exactly 0 in
// unit roundoffs: 1/cosh^2 with a cosh one unit off is 4 of them off, and the square
// and the division add one each. Formulas in y and in e^x have less.
const anchorUnits = 6

// hyperbolic is how far down the forms (1+tanh(x/2))/2 of the sigmoid and 1-e^-y of
// softplus' are honest: below, they have no relative accuracy.
const hyperbolic = -4

// inflate pays for the rounding of the bounds of slopes below.
const inflate = 1 + 0x1p-40

// span is an interval of arguments of a curve, with what is largest on it.
type span struct {
	lo, hi float64
	y      float64 // |value|
	first  float64 // |derivative|
	second float64 // |second derivative|
}

// A curve is an elementwise function with what the analysis needs of it.
type curve struct {
	value func(x float64) float64
	// slope is the derivative, with a small relative error everywhere.
	slope func(x float64) float64
	// slopes bounds the first and second derivative over [x-r, x+r].
	slopes func(x, r float64) (first, second float64)
	// valueError and slopeError bound what an engine adds that computes value and
	// slope somewhere on the span.
	valueError func(ar *arithmetic, in span) float64
	slopeError func(ar *arithmetic, in span) float64
}

var curves = map[string]*curve{
	"tanh":     {math.Tanh, tanhSlope, tanhSlopes, tanhError, tanhSlopeError},
	"sigmoid":  {sigmoid, sigmoidSlope, sigmoidSlopes, sigmoidError, sigmoidSlopeError},
	"softplus": {softplus, sigmoid, softplusSlopes, softplusError, softplusSlopeError},
	"logistic": {softplus, sigmoid, softplusSlopes, softplusError, softplusSlopeError},
}

func (c *curve) span(x, r float64) span {
	in := span{lo: x - r, hi: x + r}
	in.first, in.second = c.slopes(x, r)
	in.y = max(math.Abs(c.value(in.lo)), math.Abs(c.value(in.hi))) * inflate
	return in
}

// forward bounds the error of y = f(x), x within r.
func (c *curve) forward(ar *arithmetic, x, r float64) float64 {
	r += ar.cut * (math.Abs(x) + r)
	in := c.span(x, r)
	return in.first*r + ar.flushed(c.valueError(ar, in), in.y) + (functionUnits+2)*ar.tiny
}

// derivative bounds the error of f'(x), x within r.
func (c *curve) derivative(ar *arithmetic, x, r float64) float64 {
	r += ar.cut * (math.Abs(x) + r)
	in := c.span(x, r)
	if x == 0 && r == 0 {
		return anchorUnits*ar.cEngine*in.first + ar.tiny
	}
	return in.second*r + ar.flushed(c.slopeError(ar, in), in.first) + (functionUnits+2)*ar.tiny
}

// flushed is the error r of a number y that comes from a reciprocal such as
// 1/(1+e^-x): where that overflows, y may become 0.
func (ar *arithmetic) flushed(r, y float64) float64 {
	if y <= 2/ar.computed.Max {
		return max(r, y)
	}
	return r
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func tanhSlope(x float64) float64 { return 4 * sigmoidSlope(2*x) }

func sigmoidSlope(x float64) float64 {
	e := math.Exp(-math.Abs(x))
	return e / ((1 + e) * (1 + e))
}

// |tanh”| = 2|t|(1-t^2) is largest at t^2 = 1/3, where it is 4/3^(3/2).
func tanhSlopes(x, r float64) (first, second float64) {
	near := max(0, math.Abs(x)-r)
	far := math.Abs(x) + r
	bend := func(x float64) float64 { return 2 * math.Tanh(x) * tanhSlope(x) }
	second = max(bend(near), bend(far))
	peak := math.Atanh(1 / math.Sqrt(3))
	if near <= peak && peak <= far {
		second = 4 / (3 * math.Sqrt(3))
	}
	return tanhSlope(near) * inflate, second * inflate
}

// sigmoid(x) = (1 + tanh(x/2))/2.
func sigmoidSlopes(x, r float64) (first, second float64) {
	first, second = tanhSlopes(x/2, r/2)
	return first / 4, second / 8
}

func softplusSlopes(x, r float64) (first, second float64) {
	second, _ = sigmoidSlopes(x, r)
	return sigmoid(x+r) * inflate, second
}

func tanhError(ar *arithmetic, in span) float64 { return functionUnits * ar.c * in.y }

// 1/(1+e^-x) has a function and two roundings; (1+tanh(x/2))/2 a function of size
// |1-2y| and a rounding, which are absolute errors.
func sigmoidError(ar *arithmetic, in span) float64 {
	r := (functionUnits + 2) * ar.c * in.y
	if in.hi >= hyperbolic {
		r = max(r, ar.c*(functionUnits*tilt(in)/2+in.y))
	}
	return r
}

// tilt is the largest |1-2y| of the sigmoid.
func tilt(in span) float64 {
	return max(math.Abs(math.Tanh(in.lo/2)), math.Abs(math.Tanh(in.hi/2))) * inflate
}

// max(x,0) + ln(1+e^-|x|) has two functions and two roundings; ln(1+e^x) rounds
// 1+e^x, which is an absolute error.
func softplusError(ar *arithmetic, in span) float64 {
	return ar.c * ((2*functionUnits+2)*in.y + 1)
}

// 1-y^2 inherits twice the error of y^2, where y was stored, and 1/cosh^2 twice that
// of a function; both have two roundings.
func tanhSlopeError(ar *arithmetic, in span) float64 {
	ofY := in.y*in.y*(2*(functionUnits*ar.c+ar.s)+ar.c) + in.first*ar.c
	return max(ofY, in.first*ar.c*(2*functionUnits+2))
}

// y(1-y) and y-y^2 inherit |1-2y| times the error of y, and the latter rounds y^2, which is
// an absolute error; e^-x/(1+e^-x)^2 and 1/(4 cosh(x/2)^2) have functions and roundings.
func sigmoidSlopeError(ar *arithmetic, in span) float64 {
	ry := sigmoidError(ar, in) + ar.s*in.y
	ofY := tilt(in)*ry + ry*ry + 2*ar.c*in.first + ar.c*in.y*in.y
	return max(ofY, in.first*ar.c*(2*functionUnits+2))
}

// softplus' is 1/(1+e^-x), e^x/(1+e^x), (1+tanh(x/2))/2 or 1-e^-y.
func softplusSlopeError(ar *arithmetic, in span) float64 {
	r := in.first * ar.c * (2*functionUnits + 2)
	if in.hi >= hyperbolic {
		ry := softplusError(ar, in) + ar.s*in.y
		r = max(r, (1-sigmoid(in.lo))*(functionUnits*ar.c+ry)+ar.c*in.first)
	}
	return r
}

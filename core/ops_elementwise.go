package core

import "math"

// sized carries the width of the operators n -> n and n -> 1.
type sized struct{ n int }

func (o sized) In() int { return o.n }

type biasOp struct{ sized }

// Bias is y = x + w.
func Bias(n int) Op { mustWidth("bias", n); return check(biasOp{sized{n}}) }

func (o biasOp) Spec() Spec                     { return Spec{Op: "bias", N: o.n} }
func (o biasOp) Out() int                       { return o.n }
func (o biasOp) NW() int                        { return o.n }
func (o biasOp) Forward(y, x, w []float64)      { add(y, x, w) }
func (o biasOp) VJP1(dst, _, _, _, v []float64) { copy(dst, v) }
func (o biasOp) VJP2(dst, _, _, _, v []float64) { copy(dst, v) }

type scaleOp struct{ sized }

// Scale is y = w o x, the elementwise product.
func Scale(n int) Op { mustWidth("scale", n); return check(scaleOp{sized{n}}) }

func (o scaleOp) Spec() Spec                     { return Spec{Op: "scale", N: o.n} }
func (o scaleOp) Out() int                       { return o.n }
func (o scaleOp) NW() int                        { return o.n }
func (o scaleOp) Forward(y, x, w []float64)      { mul(y, x, w) }
func (o scaleOp) VJP1(dst, _, w, _, v []float64) { mul(dst, w, v) }
func (o scaleOp) VJP2(dst, x, _, _, v []float64) { mul(dst, x, v) }

func mul(dst, a, b []float64) {
	b = b[:len(a)]
	dst = dst[:len(a)]
	for k, v := range a {
		dst[k] = v * b[k]
	}
}

type tanhOp struct{ sized }

// Tanh is y = tanh(x), elementwise.
func Tanh(n int) Op { mustWidth("tanh", n); return check(tanhOp{sized{n}}) }

func (o tanhOp) Spec() Spec { return Spec{Op: "tanh", N: o.n} }
func (o tanhOp) Out() int   { return o.n }
func (o tanhOp) NW() int    { return 0 }
func (o tanhOp) Forward(y, x, _ []float64) {
	y = y[:len(x)]
	for k, v := range x {
		y[k] = math.Tanh(v)
	}
}

// tanh' = 1 - tanh^2.
func (o tanhOp) VJP1(dst, _, _, y, v []float64) {
	y, dst = y[:len(v)], dst[:len(v)]
	for k, vk := range v {
		dst[k] = (1 - float64(y[k]*y[k])) * vk
	}
}
func (o tanhOp) VJP2(_, _, _, _, _ []float64) {}

type sigmoidOp struct{ sized }

// Sigmoid is y = 1/(1+e^-x), elementwise.
func Sigmoid(n int) Op { mustWidth("sigmoid", n); return check(sigmoidOp{sized{n}}) }

func (o sigmoidOp) Spec() Spec { return Spec{Op: "sigmoid", N: o.n} }
func (o sigmoidOp) Out() int   { return o.n }
func (o sigmoidOp) NW() int    { return 0 }
func (o sigmoidOp) Forward(y, x, _ []float64) {
	y = y[:len(x)]
	for k, v := range x {
		y[k] = sigmoid(v)
	}
}

// sigmoid' = s (1-s).
func (o sigmoidOp) VJP1(dst, _, _, y, v []float64) {
	y, dst = y[:len(v)], dst[:len(v)]
	for k, vk := range v {
		dst[k] = float64(y[k]*(1-y[k])) * vk
	}
}
func (o sigmoidOp) VJP2(_, _, _, _, _ []float64) {}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

type softplusOp struct{ sized }

// Softplus is y = ln(1+e^x), elementwise.
func Softplus(n int) Op { mustWidth("softplus", n); return check(softplusOp{sized{n}}) }

func (o softplusOp) Spec() Spec { return Spec{Op: "softplus", N: o.n} }
func (o softplusOp) Out() int   { return o.n }
func (o softplusOp) NW() int    { return 0 }
func (o softplusOp) Forward(y, x, _ []float64) {
	y = y[:len(x)]
	for k, v := range x {
		y[k] = softplus(v)
	}
}

// softplus' = sigmoid(x).
func (o softplusOp) VJP1(dst, x, _, _, v []float64) {
	x, dst = x[:len(v)], dst[:len(v)]
	for k, vk := range v {
		dst[k] = sigmoid(x[k]) * vk
	}
}
func (o softplusOp) VJP2(_, _, _, _, _ []float64) {}

func softplus(x float64) float64 {
	return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

type squareOp struct{ sized }

// Square is y = x o x.
func Square(n int) Op { mustWidth("square", n); return check(squareOp{sized{n}}) }

func (o squareOp) Spec() Spec                { return Spec{Op: "square", N: o.n} }
func (o squareOp) Out() int                  { return o.n }
func (o squareOp) NW() int                   { return 0 }
func (o squareOp) Forward(y, x, _ []float64) { mul(y, x, x) }
func (o squareOp) VJP1(dst, x, _, _, v []float64) {
	x, dst = x[:len(v)], dst[:len(v)]
	for k, vk := range v {
		dst[k] = 2 * x[k] * vk
	}
}
func (o squareOp) VJP2(_, _, _, _, _ []float64) {}

package core

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

type halfSqOp struct{ sized }

// HalfSq is y = |x|^2/2.
func HalfSq(n int) Op { mustWidth("halfsq", n); return check(halfSqOp{sized{n}}) }

func (o halfSqOp) Spec() Spec                     { return Spec{Op: "halfsq", N: o.n} }
func (o halfSqOp) Out() int                       { return 1 }
func (o halfSqOp) NW() int                        { return 0 }
func (o halfSqOp) Forward(y, x, _ []float64)      { y[0] = floats.Dot(x, x) / 2 }
func (o halfSqOp) VJP1(dst, x, _, _, v []float64) { floats.ScaleTo(dst, v[0], x) }
func (o halfSqOp) VJP2(_, _, _, _, _ []float64)   {}

// logisticOp is softplus of width 1 under the name that losses go by.
type logisticOp struct{ softplusOp }

// Logistic is y = ln(1+e^x), 1 -> 1.
func Logistic() Op { return check(logisticOp{softplusOp{sized{1}}}) }

func (o logisticOp) Spec() Spec { return Spec{Op: "logistic"} }

type softmaxCEOp struct {
	sized
	label int
}

// SoftmaxCE is y = -ln softmax(x)[label], n -> 1, label = 0..n-1.
func SoftmaxCE(n, label int) Op {
	mustWidth("softmaxce", n)
	if label < 0 || label >= n {
		panic(fmt.Sprintf("core: softmaxce: label %d of %d classes", label, n))
	}
	return check(softmaxCEOp{sized{n}, label})
}

func (o softmaxCEOp) Spec() Spec { return Spec{Op: "softmaxce", N: o.n, Label: o.label} }
func (o softmaxCEOp) Out() int   { return 1 }
func (o softmaxCEOp) NW() int    { return 0 }

// y = ln sum_j e^(x_j - max) + max - x_label; the sum lies in [1, n].
func (o softmaxCEOp) Forward(y, x, _ []float64) {
	m := floats.Max(x)
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - m)
	}
	y[0] = math.Log(sum) + (m - x[o.label])
}

// J1^T = softmax(x) - e_label.
func (o softmaxCEOp) VJP1(dst, x, _, _, v []float64) {
	m := floats.Max(x)
	sum := 0.0
	for k, xk := range x {
		e := math.Exp(xk - m)
		sum += e
		dst[k] = e
	}
	for k := range dst {
		p := dst[k] / sum
		if k == o.label {
			p--
		}
		dst[k] = p * v[0]
	}
}
func (o softmaxCEOp) VJP2(_, _, _, _, _ []float64) {}

type bilinearOp struct{ sized }

// Bilinear is y = <x,w>^2 + |x|^2/2, n -> 1, the operator f2 of appendix A.3.
func Bilinear(n int) Op { mustWidth("bilinear", n); return check(bilinearOp{sized{n}}) }

func (o bilinearOp) Spec() Spec { return Spec{Op: "bilinear", N: o.n} }
func (o bilinearOp) Out() int   { return 1 }
func (o bilinearOp) NW() int    { return o.n }
func (o bilinearOp) Forward(y, x, w []float64) {
	s := floats.Dot(x, w)
	y[0] = float64(s*s) + float64(floats.Dot(x, x)/2)
}

// J1^T = 2 <x,w> w + x.
func (o bilinearOp) VJP1(dst, x, w, _, v []float64) {
	s := 2 * floats.Dot(x, w)
	for k := range dst {
		dst[k] = (float64(s*w[k]) + x[k]) * v[0]
	}
}

// J2^T = 2 <x,w> x.
func (o bilinearOp) VJP2(dst, x, w, _, v []float64) {
	floats.ScaleTo(dst, 2*floats.Dot(x, w)*v[0], x)
}

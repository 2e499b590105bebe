package core

import (
	"math"
	"slices"
)

// Roundoff bounds what float64 rounding does to one operator on a box, so that
// a computed pass can be enclosed: the engine's own rounding is a perturbation
// like any other.
//
//	F     |Forward computed - f(x,w)|_2
//	J1    |VJP1 computed - J1^T v|_2 / |v|_2
//	J2    |VJP2 computed - J2^T v|_2 / |v|_2
//
// A dot product of n terms has the error gamma(n) times the dot product of the
// magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 2002,
// section 3.1), whatever the order of its terms. Underflow is not covered.
type Roundoff struct{ F, J1, J2 float64 }

const unit = 0x1p-53

// gamma is n u/(1 - n u), u = 2^-53, widened for the arithmetic of the bound itself.
func gamma(n int) float64 { return float64(float64(n) * unit * (1 + 0x1p-20)) }

// elementary bounds the relative error of exp, log, log1p and tanh of package
// math (documented or measured below 1 unit in the last place), doubled.
const elementary = 4 * unit

func (o *dense) Roundoff(x, w Box) Roundoff {
	n := o.out * o.in
	wn, xn := w.slice(0, n).norm(), x.norm()
	bn := 0.0
	if o.bias {
		bn = w.slice(n, o.NW()).norm()
	}
	return Roundoff{gamma(o.in+2) * (float64(wn*xn) + bn), gamma(o.out+2) * wn, gamma(1) * xn}
}

func (o *fixed) Roundoff(x, _ Box) Roundoff {
	a := frobenius(o.a)
	return Roundoff{gamma(o.in+2) * a * x.norm(), gamma(o.out+2) * a, 0}
}

func (o biasOp) Roundoff(x, w Box) Roundoff {
	return Roundoff{F: gamma(1) * (x.norm() + w.norm())}
}

func (o scaleOp) Roundoff(x, w Box) Roundoff {
	return Roundoff{gamma(1) * w.maxAbs() * x.norm(), gamma(1) * w.maxAbs(), gamma(1) * x.maxAbs()}
}

// 1 - y^2 and y(1-y) are wrong by the error of y (slope at most 2), of the
// square and of the difference, and one product.
func (o tanhOp) Roundoff(_, _ Box) Roundoff {
	return Roundoff{elementary * math.Sqrt(float64(o.n)), 2*elementary + gamma(4), 0}
}

func (o sigmoidOp) Roundoff(_, _ Box) Roundoff {
	return Roundoff{(elementary + gamma(2)) * math.Sqrt(float64(o.n)), 2*elementary + gamma(6), 0}
}

func (o softplusOp) Roundoff(x, _ Box) Roundoff {
	// y <= max(x, 0) + ln 2.
	return Roundoff{(2*elementary + gamma(2)) * (x.norm() + math.Sqrt(float64(o.n))), elementary + gamma(3), 0}
}

func (o squareOp) Roundoff(x, _ Box) Roundoff {
	r := x.norm()
	return Roundoff{gamma(1) * r * r, gamma(2) * 2 * x.maxAbs(), 0}
}

func (o halfSqOp) Roundoff(x, _ Box) Roundoff {
	r := x.norm()
	return Roundoff{gamma(o.n+1) * r * r, gamma(1) * r, 0}
}

// The exponents x_j - max = -d are rounded, which moves e^-d by d e^-d 2^-53, no
// more than 2^-53 for each term; p_j = e_j / sum inherits that from the term and
// from the sum, which lies in [1, n].
func (o softmaxCEOp) Roundoff(x, _ Box) Roundoff {
	n := float64(o.n)
	spread := slices.Max(x.Hi) - slices.Min(x.Lo)
	rel := float64(unit*min(spread, n)) + elementary + gamma(o.n+2)
	value := float64((elementary + gamma(3)) * (math.Log(n) + spread))
	return Roundoff{float64(2*rel) + value, float64(3*rel) + gamma(3), 0}
}

func (o bilinearOp) Roundoff(x, w Box) Roundoff {
	xn, wn := x.norm(), w.norm()
	s := float64(xn * wn)
	g := gamma(2*o.n + 6)
	return Roundoff{g * (float64(s*s) + float64(xn*xn)), g * (float64(2*s*wn) + xn), g * 2 * s * xn}
}

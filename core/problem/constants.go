package problem

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"gonum.org/v1/gonum/mat"
)

// L returns an upper bound of the Lipschitz constant of grad l,
//
//	L = lambda_max(X^T X)/(4M) + 2 rho   (rho = 0 without a regularizer).
//
// Proof. With s = 1/(1+e^-a) the second derivative of ln(1+e^a) is s(1-s), in
// (0, 1/4], so 0 <= Hessian of the mean <= X^T X/(4M). R adds 2 rho I (l2) or a
// diagonal of 2 rho (1-3w^2)/(1+w^2)^3 (nonconvex), whose magnitude is largest
// at w = 0: its derivative vanishes at w = 0 and |w| = 1 only, where it is
// 2 rho and -rho/2. Both terms are reached at w = 0, so no smaller constant holds.
func (r *Regression) L() float64 {
	r.must()
	_, top := spectrum(r.x)
	return up(top/(4*float64(len(r.x))) + float64(2*r.reg.Rho))
}

// Mu returns the PL constant 2 rho of an l2-regularized regression: the mean is
// convex and R has the Hessian 2 rho I, so l is 2 rho-strongly convex, and
// minimizing both sides of l(v) >= l(w) + <grad l(w), v-w> + rho |v-w|^2 over v
// gives l* >= l(w) - |grad l(w)|^2/(4 rho). Without l2 it is 0: none is known.
func (r *Regression) Mu() float64 {
	r.must()
	if r.reg.Kind != "l2" {
		return 0
	}
	return 2 * r.reg.Rho
}

// SigmaSq returns an upper bound of the variance of the single-sample gradient
// u_l = s_l x_l, s_l = 1/(1+exp(-<x_l,w>)), for w in the box. R is the same for
// all samples and drops out. For any vector c,
//
//	(1/M) sum |u_l - mean u|^2 <= (1/M) sum |s_l x_l - c|^2
//	                           <= (1/M) sum max over s in {lo_l, hi_l} of |s x_l - c|^2
//
// where [lo_l, hi_l] holds s_l over the box, as the terms are convex in s_l; c is
// the mean at the middles. A box of one point gives the variance itself. For
// all w, s_l is in [0, 1] and c = mean x/2. M = 1 gives 0. It panics when the
// box is empty or has another dimension.
func (r *Regression) SigmaSq(w core.Box) float64 {
	r.must()
	if len(r.x) == 1 {
		return 0
	}
	r.checkBox(w)
	m := float64(len(r.x))
	slopes := make([][2]float64, len(r.x))
	c := make([]float64, len(r.x[0]))
	for l, x := range r.x {
		lo, hi := slopeRange(x, w)
		slopes[l] = [2]float64{lo, hi}
		for j, v := range x {
			c[j] += (lo + hi) / 2 * v / m
		}
	}
	sum := 0.0
	for l, x := range r.x {
		sum += max(distSq(slopes[l][0], x, c), distSq(slopes[l][1], x, c)) / m
	}
	return up(sum)
}

func (r *Regression) checkBox(w core.Box) {
	if w.Lo == nil && w.Hi == nil {
		return
	}
	d := len(r.x[0])
	if len(w.Lo) != d || len(w.Hi) != d {
		panic(fmt.Sprintf("problem: box of %d and %d weights, want %d", len(w.Lo), len(w.Hi), d))
	}
	for j, lo := range w.Lo {
		if lo > w.Hi[j] {
			panic(fmt.Sprintf("problem: empty box: weight %d from %v to %v", j, lo, w.Hi[j]))
		}
	}
}

// slopeRange encloses 1/(1+exp(-<x,w>)) over the box, [0, 1] over the zero Box.
func slopeRange(x []float64, w core.Box) (lo, hi float64) {
	if w.Lo == nil {
		return 0, 1
	}
	var from, to, size float64
	for j, v := range x {
		if v == 0 {
			continue // 0 times an infinite bound
		}
		a, b := v*w.Lo[j], v*w.Hi[j]
		from += min(a, b)
		to += max(a, b)
		size += max(math.Abs(a), math.Abs(b))
	}
	pad := float64(gamma(len(x)+2) * size)
	return max(sigmoid(from-pad)-sigmoidError, 0), min(sigmoid(to+pad)+sigmoidError, 1)
}

// sigmoidError bounds the error of sigmoid, which is at most 1: exp is within
// 1 unit in the last place and there are two more roundings, in all below
// 8 2^-53. Where exp overflows the value 0 is wrong by less than 2^-1000.
const sigmoidError = 0x1p-50

// distSq bounds |s x - c|^2 from above, to first order in the rounding of each
// difference; the rest is left to up.
func distSq(s float64, x, c []float64) float64 {
	sum := 0.0
	for j, v := range x {
		p := float64(s * v)
		d := math.Abs(p-c[j]) + float64(4*unit*(math.Abs(p)+math.Abs(c[j])))
		sum += float64(d * d)
	}
	return sum
}

// LStarLower returns a lower bound of l* = inf l: 0 without l2, as F and R are
// not negative, else the largest value found of the dual
//
//	D(s) = (1/M) sum_l H(s_l) - |(1/M) sum_l s_l x_l|^2/(4 rho),
//	H(s) = -s ln s - (1-s) ln(1-s).
//
// Proof. ln(1+e^a) >= s a + H(s) for every s in [0, 1] (the tangent at the a of
// slope s), so with g = (1/M) sum s_l x_l
//
//	l(w) >= (1/M) sum H(s_l) + <g, w> + rho |w|^2 >= D(s) for every w.
//
// At the slopes of w the gap l(w) - D is |grad l(w)|^2/(4 rho), so Newton's
// method closes it. Each call does that work, O(M d^2) a step: keep the value.
func (r *Regression) LStarLower() float64 {
	r.must()
	if r.reg.Kind != "l2" {
		return 0
	}
	best := 0.0
	r.minimize(func(_, s []float64) { best = max(best, r.dual(s)) })
	return best
}

// LStarUpper returns an upper bound of l*: the smallest value of l that Newton's
// method meets from w = 0, or l(0) without l2, where none is run. Loss is
// a mean of at most MaxRows terms, each a dot product of at most MaxFeatures
// terms through functions of slope at most 1; up allows for that.
func (r *Regression) LStarUpper() float64 {
	r.must()
	best := up(Loss(r, make([]float64, len(r.x[0]))))
	if r.reg.Kind == "l2" {
		r.minimize(func(w, _ []float64) { best = min(best, up(r.lossAbove(w))) })
	}
	return best
}

// lossAbove is l(w) with every <x,w> raised by the rounding it may have.
func (r *Regression) lossAbove(w []float64) float64 {
	size := 0.0
	for _, x := range r.x {
		sum := 0.0
		for j, v := range x {
			sum += math.Abs(v * w[j])
		}
		size = max(size, sum)
	}
	return Loss(r, w) + float64(gamma(len(w)+2)*size)
}

// minimize visits the iterates of Newton's method from 0 and their slopes.
func (r *Regression) minimize(visit func(w, s []float64)) {
	w := make([]float64, len(r.x[0]))
	for range newtonSteps {
		s := r.slopes(w)
		visit(w, s)
		if !r.newton(w, s) {
			break
		}
	}
}

// newtonSteps and halvings bound the search for a good dual point. A poor one
// costs sharpness, never soundness.
const (
	newtonSteps = 40
	halvings    = 30
)

func (r *Regression) slopes(w []float64) []float64 {
	s := make([]float64, len(r.x))
	for l, x := range r.x {
		s[l] = sigmoid(dot(x, w))
	}
	return s
}

// dual bounds D(s) from below.
func (r *Regression) dual(s []float64) float64 {
	m := float64(len(r.x))
	d := len(r.x[0])
	g, size := make([]float64, d), make([]float64, d)
	h := 0.0
	for l, x := range r.x {
		h += entropy(s[l]) / m
		for j, v := range x {
			p := s[l] * v / m
			g[j] += p
			size[j] += math.Abs(p)
		}
	}
	sum := 0.0
	for j := range g {
		a := math.Abs(g[j]) + float64(gamma(len(r.x)+2)*size[j])
		sum += float64(a * a)
	}
	return down(down(h) - up(up(sum)/(4*r.reg.Rho)))
}

// entropy is H(s), 0 at the ends; both terms are positive.
func entropy(s float64) float64 {
	if s <= 0 || s >= 1 {
		return 0
	}
	return float64(-s*math.Log(s)) - float64((1-s)*math.Log1p(-s))
}

// newton moves w along -(Hessian)^-1 gradient, halving the move until l falls.
// It reports whether it did.
func (r *Regression) newton(w, s []float64) bool {
	m, d := float64(len(r.x)), len(w)
	g := make([]float64, d)
	hess := mat.NewSymDense(d, nil)
	for j := range d {
		g[j] = r.reg.Grad(w[j])
		hess.SetSym(j, j, 2*r.reg.Rho)
	}
	for l, x := range r.x {
		v := mat.NewVecDense(d, x)
		hess.SymRankOne(hess, s[l]*(1-s[l])/m, v)
		for j, xj := range x {
			g[j] += s[l] * xj / m
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(hess) {
		return false
	}
	move := mat.NewVecDense(d, nil)
	if chol.SolveVecTo(move, mat.NewVecDense(d, g)) != nil {
		return false
	}
	before := Loss(r, w)
	for step, k := 1.0, 0; k < halvings; step, k = step/2, k+1 {
		next := make([]float64, d)
		for j := range w {
			next[j] = w[j] - float64(step*move.AtVec(j))
		}
		if Loss(r, next) < before {
			copy(w, next)
			return true
		}
	}
	return false
}

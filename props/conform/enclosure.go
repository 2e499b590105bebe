package conform

import (
	"errors"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
)

// ErrRange says that nothing can be said of an engine's answer to a request: a number
// overflows in the engine's formats, or nearly.
var ErrRange = errors.New("conform: out of the precision's range")

// Enclosed is what (5) gives for a request, and how far an engine may be from it.
// Every slice is indexed like the paper, 0..N.
type Enclosed struct {
	*core.State // the reference's pass, in float64

	// TolY[i][k], TolV[i][k] and TolU[i][k] bound |engine's - reference's| of the entry k
	// of Y_i, V_i and U_i. Where one is 0, every way of computing the entry in the
	// engine's formats gives the reference's number.
	TolY, TolV, TolU [][]float64
}

// Enclose bounds how far an engine that computes the request in the given precision
// may be from the reference, entry by entry: with sums in any order, elementary
// functions good to two units in the last place and no intermediate overflow. The
// rounding of an operator is a perturbation like delta_i and eps_i; ROUNDING.md
// derives its size for each operator, and how it is carried through (5).
//
// It returns an error for an unknown precision or an invalid request, and one that
// is ErrRange when a number of the pass overflows or nearly does.
func Enclose(req *Request, precision Precision) (*Enclosed, error) {
	ar, err := newArithmetic(precision, false)
	if err != nil {
		return nil, err
	}
	c, err := req.check()
	if err != nil {
		return nil, err
	}
	return ar.enclose(c, req.W, req.sample())
}

// enclose is Enclose for a sample that fits the chain.
func (ar *arithmetic) enclose(c *core.Chain, w [][]float64, sample *Sample) (*Enclosed, error) {
	c, err := sample.labelled(c)
	if err != nil {
		return nil, err
	}
	n := c.N()
	rows := func() [][]float64 { return make([][]float64, n+1) }
	e := &Enclosed{State: pass(c, w, sample), TolY: rows(), TolV: rows(), TolU: rows()}
	e.TolY[0] = make([]float64, c.D(0))
	for i := 1; i <= n; i++ {
		o := operation{ar, c.Op(i).Spec(), e.Y[i-1], e.TolY[i-1], w[i-1]}
		e.TolY[i] = o.forward(e.F[i])
		ar.perturb(e.TolY[i], e.F[i], e.Delta[i], e.Y[i])
	}
	e.TolV[n] = []float64{0}
	for i := n; i >= 1; i-- {
		o := operation{ar, c.Op(i).Spec(), e.Y[i-1], e.TolY[i-1], w[i-1]}
		e.TolU[i] = o.byWeight(e.V[i], e.TolV[i], e.U[i])
		for k, u := range e.U[i] {
			e.TolU[i][k] = ar.store(u, e.TolU[i][k])
		}
		if i > 1 {
			before := minus(e.V[i-1], e.Eps[i])
			e.TolV[i-1] = o.byInput(e.V[i], e.TolV[i], before)
			o.gather(e.TolV[i-1], e.V[i], before, e.Eps[i], e.V[i-1])
		}
	}
	return e, e.inRange(ar)
}

// pass is the reference's pass over one sample.
func pass(c *core.Chain, w [][]float64, sample *Sample) *core.State {
	s := core.NewState(c)
	s.Pass(c, sample.X, flat(c, w), sample.perturber())
	return s
}

// flat are the weights one after the other.
func flat(c *core.Chain, w [][]float64) []float64 {
	all := make([]float64, 0, c.NW())
	for _, part := range w {
		all = append(all, part...)
	}
	return all
}

// perturb turns the radii r of x into those of x + by = sum, and stores.
func (ar *arithmetic) perturb(r, x, by, sum []float64) {
	for k := range r {
		r[k] = ar.store(sum[k], ar.plus(x[k], r[k], by[k], sum[k]))
	}
}

// gather turns the radii r of J1^T v = g into those of g + eps = sum, and stores. An operator
// that uses its input more than once has a g of several terms, which automatic
// differentiation adds up together with eps, in any order: x o x has x v + x v.
func (o *operation) gather(r, v, g, eps, sum []float64) {
	terms := o.terms(v, g)
	for k := range r {
		if terms == nil || eps[k] == 0 {
			r[k] = o.ar.plus(g[k], r[k], eps[k], sum[k])
		} else {
			r[k] = o.ar.plusTerms(g[k], r[k], terms[k], eps[k], sum[k])
		}
		r[k] = o.ar.store(sum[k], r[k])
	}
}

// terms are the sizes that the terms of J1^T v = g add up to, nil where there is one.
func (o *operation) terms(v, g []float64) []float64 {
	sizes := make([]float64, len(g))
	for k, x := range g {
		sizes[k] = math.Abs(x)
	}
	switch o.spec.Op {
	case "square", "halfsq":
	case "softplus", "logistic", "tanh": // max(x, 0) and ln(1 + e^-|x|); v and v y^2, or v (1-y) twice
		for k := range sizes {
			sizes[k] = math.Abs(v[k])
		}
	case "sigmoid": // v y and v y^2
		for k, x := range o.x {
			sizes[k] = math.Abs(v[k]) * sigmoid(x)
		}
	case "softmaxce": // the logarithm, the label and the largest
		for k := range sizes {
			sizes[k] += math.Abs(v[0])
		}
	case "bilinear":
		s, _ := o.inner()
		for k, x := range o.x {
			sizes[k] = (math.Abs(2*s*o.w[k]) + math.Abs(x)) * math.Abs(v[0])
		}
	default:
		return nil
	}
	return sizes
}

// minus is a - b up to a rounding, which matters to no radius but one of 0: there a
// and b are exact, and so is the difference.
func minus(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for k, x := range a {
		d[k] = x - b[k]
	}
	return d
}

// inRange checks that all numbers and radii are finite and far from overflow.
func (e *Enclosed) inRange(ar *arithmetic) error {
	for k, list := range [][][]float64{e.Y, e.V, e.U} {
		tol := [][][]float64{e.TolY, e.TolV, e.TolU}[k]
		for i, v := range list {
			for j, x := range v {
				if k > 0 && i == 0 {
					continue
				}
				if r := tol[i][j]; !(math.Abs(x)+r <= ar.large) {
					return fmt.Errorf("%w: an entry of %c_%d is %v within %.3g, want at most %.3g", ErrRange, "YVU"[k],
						i, x, r, ar.large)
				}
			}
		}
	}
	return nil
}

// operation is one operator at a computed input: its spec, x within rx, and its
// weight.
type operation struct {
	ar    *arithmetic
	spec  core.Spec
	x, rx []float64
	w     []float64
}

// matrix is the matrix of a dense operator, row-major, and what follows it in the
// weight.
func (o *operation) matrix() (a, bias []float64) {
	if o.spec.Op != "fixed" {
		n := o.spec.In * o.spec.Out
		return o.w[:n], o.w[n:]
	}
	for _, row := range o.spec.A {
		a = append(a, row...)
	}
	return a, nil
}

// forward gives the radii of f(x, w) = y before delta is added.
func (o *operation) forward(y []float64) []float64 {
	ar, r := o.ar, make([]float64, len(y))
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		a, bias := o.matrix()
		n := len(o.x)
		for j := range r {
			d := ar.newDot()
			for k, x := range o.x {
				d.add(a[j*n+k], 0, x, o.rx[k])
			}
			if len(bias) > 0 {
				d.add(bias[j], 0, 1, 0)
			}
			r[j] = d.radius(y[j])
		}
	case "bias":
		for k, x := range o.x {
			r[k] = ar.plus(x, o.rx[k], o.w[k], y[k])
		}
	case "scale":
		for k, x := range o.x {
			r[k] = ar.times(o.w[k], 0, x, o.rx[k])
		}
	case "square":
		for k, x := range o.x {
			r[k] = ar.times(x, o.rx[k], x, o.rx[k])
		}
	case "halfsq":
		_, r[0] = o.halfSquare()
	case "softmaxce":
		r[0] = o.softmax().loss(y[0])
	case "bilinear":
		s, rs := o.inner()
		half, rh := o.halfSquare()
		r[0] = o.sumOf(s, rs, s, rs, half, rh)
	default:
		for k, x := range o.x {
			r[k] = curves[o.spec.Op].forward(ar, x, o.rx[k])
		}
	}
	return r
}

// byInput gives the radii of J1^T v = g, v within rv, before eps is added.
func (o *operation) byInput(v, rv, g []float64) []float64 {
	ar, r := o.ar, make([]float64, len(g))
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		a, _ := o.matrix()
		n := len(g)
		for k := range r {
			d := ar.newDot()
			for j, vj := range v {
				d.add(a[j*n+k], 0, vj, rv[j])
			}
			r[k] = d.radius(g[k])
		}
	case "bias":
		copy(r, rv)
	case "scale":
		for k, vk := range v {
			r[k] = ar.times(o.w[k], 0, vk, rv[k])
		}
	case "square":
		for k, vk := range v {
			r[k] = ar.times(2*o.x[k], 2*o.rx[k], vk, rv[k])
		}
	case "halfsq":
		for k, x := range o.x {
			r[k] = ar.times(x, o.rx[k], v[0], rv[0])
		}
	case "softmaxce":
		s := o.softmax()
		for k := range r {
			p, rp := s.jacobian(k)
			r[k] = ar.times(p, rp, v[0], rv[0])
		}
	case "bilinear":
		s, rs := o.inner()
		for k, x := range o.x {
			r[k] = o.timesSum(2*s, 2*rs, o.w[k], 0, x, o.rx[k], v[0], rv[0])
		}
	default:
		c := curves[o.spec.Op]
		for k, vk := range v {
			r[k] = ar.timesComputed(c.slope(o.x[k]), c.derivative(ar, o.x[k], o.rx[k]), vk, rv[k])
		}
	}
	return r
}

// byWeight gives the radii of J2^T v = g, v within rv.
func (o *operation) byWeight(v, rv, g []float64) []float64 {
	ar, r := o.ar, make([]float64, len(g))
	switch o.spec.Op {
	case "affine", "linear":
		n := len(o.x)
		for j, vj := range v {
			for k, x := range o.x {
				d := ar.newDot()
				d.add(vj, rv[j], x, o.rx[k])
				r[j*n+k] = d.radius(g[j*n+k])
			}
		}
		if o.spec.Op == "affine" {
			copy(r[n*len(v):], rv)
		}
	case "bias":
		copy(r, rv)
	case "scale":
		for k, vk := range v {
			r[k] = ar.times(o.x[k], o.rx[k], vk, rv[k])
		}
	case "bilinear":
		s, rs := o.inner()
		for k, x := range o.x {
			r[k] = o.timesSum(2*s, 2*rs, x, o.rx[k], 0, 0, v[0], rv[0])
		}
	}
	return r
}

// inner is <x, w> with its radius, of bilinear.
func (o *operation) inner() (s, r float64) {
	d := o.ar.newDot()
	for k, x := range o.x {
		d.add(o.w[k], 0, x, o.rx[k])
		s += float64(o.w[k] * x)
	}
	return s, d.radius(s)
}

// halfSquare is |x|^2/2 with its radius.
func (o *operation) halfSquare() (h, r float64) {
	d := o.ar.newDot()
	for k, x := range o.x {
		d.add(x, o.rx[k], x, o.rx[k])
		h += float64(x * x)
	}
	return h / 2, d.radius(h) / 2
}

// sumOf bounds a*b + c, all uncertain.
func (o *operation) sumOf(a, ra, b, rb, c, rc float64) float64 {
	product := o.ar.times(a, ra, b, rb)
	if product == 0 && rc == 0 && o.ar.exactSum(a*b, c) {
		return 0
	}
	r := product + rc
	return r + o.ar.c*(math.Abs(a*b+c)+r) + o.ar.tiny
}

// timesSum bounds (a*b + c)*v, all uncertain, in any order of multiplication.
func (o *operation) timesSum(a, ra, b, rb, c, rc, v, rv float64) float64 {
	ar := o.ar
	if ra == 0 && rb == 0 && rc == 0 && rv == 0 {
		// Every product of some of the factors is a multiple of 2^grain.
		grain, size, exact := 0, [4]float64{}, true
		for k, x := range [4]float64{a, b, c, v} {
			if x != 0 {
				grain += min(0, low(x))
			}
			exact = exact && ar.short(x)
			size[k] = max(1, math.Abs(x))
		}
		if exact && ar.fits((size[0]*size[1]+size[2])*size[3], grain) {
			return 0
		}
	}
	product := math.Abs(a)*rb + math.Abs(b)*ra + ra*rb
	size, rsize := math.Abs(a*b)+math.Abs(c), product+rc
	av := math.Abs(v)
	if !((size+rsize)*max(1, av+rv) <= ar.large && math.Abs(a)*(av+rv) <= ar.large) {
		return math.Inf(1)
	}
	return rsize*(av+rv) + size*rv + (size+rsize)*(av+rv)*grown(5*ar.c+3*ar.cut) + 3*ar.tiny
}

// softmax is what loss and Jacobian of softmaxce need.
type softmax struct {
	*operation
	top, sum, lse float64
	e             []float64 // e^(x_k - top)
	most          float64   // the largest rx
	sumError      float64   // of the sum, relative
}

// exponent bounds the relative error of e^z and of the sum's terms: a function, and
// the absolute error of its argument.
func (s *softmax) exponent(k int) float64 {
	ar := s.ar
	z := math.Abs(s.x[k]-s.top) + s.rx[k] + s.most
	return functionUnits*ar.c + ar.c*z + ar.cut*(math.Abs(s.x[k])+math.Abs(s.top))
}

func (o *operation) softmax() *softmax {
	s := &softmax{operation: o, top: o.x[0], e: make([]float64, len(o.x))}
	for k, x := range o.x {
		s.top = max(s.top, x)
		s.most = max(s.most, o.rx[k])
	}
	for k, x := range o.x {
		s.e[k] = math.Exp(x - s.top)
		s.sum += s.e[k]
	}
	for k := range o.x {
		s.sumError += s.e[k] / s.sum * s.exponent(k)
	}
	s.sumError += float64(len(o.x)) * o.ar.a
	s.lse = s.top + math.Log(s.sum)
	return s
}

// zero reports whether all logits are exactly 0.
func (s *softmax) zero() bool {
	for k, x := range s.x {
		if s.rx[k] != 0 || x != 0 {
			return false
		}
	}
	return true
}

// loss bounds the error of ln sum e^(x_j - top) + (top - x_label), or of
// -ln p_label.
func (s *softmax) loss(y float64) float64 {
	ar, k := s.ar, s.spec.Label
	carried := s.rx[k] + s.most
	rounding := s.sumError + s.exponent(k) + functionUnits*ar.c*(math.Log(s.sum)+math.Abs(y)) +
		ar.c*(2*math.Abs(s.top)+2*math.Abs(s.lse)+math.Abs(s.x[k])+2*math.Abs(y)+1) +
		ar.cut*(math.Abs(s.top)+math.Abs(s.x[k])) + (functionUnits+float64(len(s.x)))*ar.tiny
	return carried + rounding
}

// jacobian is p_k, or p_k - 1 for the label, with its radius.
func (s *softmax) jacobian(k int) (g, r float64) {
	ar := s.ar
	p := s.e[k] / s.sum
	logarithm := math.Log(s.sum)
	// e_k/sum, and e^(x_k - lse).
	quotient := s.exponent(k) + s.sumError + ar.c
	difference := s.sumError + functionUnits*ar.c*(logarithm+1) +
		ar.c*(math.Abs(s.top)+math.Abs(s.lse)+math.Abs(s.x[k]-s.lse)+math.Abs(s.x[k]-s.top)) +
		ar.cut*(math.Abs(s.x[k])+math.Abs(s.top))
	if s.zero() {
		// The same number n times: functions of 0 are good to one unit, and cancel.
		r = p * (ar.cEngine*(6*logarithm+functionUnits) + float64(len(s.x)-1)*ar.cEngine)
	} else {
		r = p * ((1+grown(s.rx[k]+s.most))*(1+grown(max(quotient, difference))) - 1)
	}
	r += (functionUnits + float64(len(s.x))) * ar.tiny
	if k != s.spec.Label {
		return p, r
	}
	g = p - 1
	return g, min(r, 1) + ar.c*math.Abs(g)
}

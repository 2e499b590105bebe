package core

import "math"

// Regularity holds upper bounds of the constants of assumption A3 for one
// operator, or for all operators of a chain, on a box of inputs and weights.
// Norms are those of the paper: |.|_op for Jacobians, Frobenius for
// differences of matrices and tensors.
//
//	J1    |J1|_op                                J1 = grad_x f, d_i x d_{i-1}
//	J2    |J2|_op                                J2 = grad_w f, d_i x dw_i
//	C2    |grad^2_21 f|_op                       (9): sup over |A|_F = 1 of |H(A)|_2, H in R^{d_i x dw_i x d_{i-1}}
//	Lf    Lipschitz constant of f in the input
//	L1    Lipschitz constant of grad f = (J1, J2)   in (x, w) jointly, Frobenius
//	L2    Lipschitz constant of grad^2 f            in (x, w) jointly, Frobenius
//
// The paper's C is max(J1, J2). C2 is what A3 says: H is read as a matrix with
// d_i rows, so for y = W x it is sqrt(d_{i-1}), whatever d_i.
// A constant that is 0 is reported as 0.
type Regularity struct {
	J1, J2, C2, Lf, L1, L2 float64
}

// C is C_grad-f, max(J1, J2).
func (r Regularity) C() float64 { return max(r.J1, r.J2) }

// Max is the fieldwise maximum: constants good for both.
func (r Regularity) Max(o Regularity) Regularity {
	return Regularity{max(r.J1, o.J1), max(r.J2, o.J2), max(r.C2, o.C2), max(r.Lf, o.Lf), max(r.L1, o.L1),
		max(r.L2, o.L2)}
}

// bounded inflates computed suprema to sound bounds and sets Lf = J1: a box is
// convex, so the Lipschitz constant is the supremum of |J1|_op.
func bounded(j1, j2, c2, l1, l2 float64) Regularity {
	j1 *= inflate
	return Regularity{J1: j1, J2: j2 * inflate, C2: c2 * inflate, Lf: j1, L1: l1 * inflate, L2: l2 * inflate}
}

// Regularity of y = W x + b. J2 = (I (x) x^T, I) has orthogonal rows of length
// sqrt(|x|^2+1). grad^2_21 has H_{j,(j,l),l} = 1: d_out orthogonal rows with d_in
// ones. A move (dx, dW) changes J1 by dW and J2 by d_out copies of dx. All
// reached: J1 at |W| of one sign pattern, J2 at a corner, C2 and L1 everywhere.
func (o *dense) Regularity(x, w Box) Regularity {
	b := 0.0
	if o.bias {
		b = 1
	}
	n := o.out * o.in
	return bounded(opNorm(w.Lo[:n], w.Hi[:n], o.out, o.in), math.Hypot(x.norm(), b),
		math.Sqrt(float64(o.in)), math.Sqrt(float64(o.out)), 0)
}

// Regularity of y = A x: only J1 = A.
func (o *fixed) Regularity(_, _ Box) Regularity { return bounded(o.norm, 0, 0, 0, 0) }

// Regularity of y = x + w: J1 = J2 = I, exactly.
func (o biasOp) Regularity(_, _ Box) Regularity { return Regularity{J1: 1, J2: 1, Lf: 1} }

// Regularity of y = w o x: J1 = diag w, J2 = diag x, H_{jjj} = 1, and a move
// (dx, dw) changes (J1, J2) by (diag dw, diag dx). Reached everywhere.
func (o scaleOp) Regularity(x, w Box) Regularity {
	return bounded(w.maxAbs(), x.maxAbs(), 1, 1, 0)
}

// elementwise gives the bounds of a weightless y_k = f(x_k) from the suprema of
// |f'|, |f”| and |f”'| on an interval: the diagonal tensors have the norm of
// their largest entry.
func elementwise(x Box, sup func(lo, hi float64) (d1, d2, d3 float64)) Regularity {
	var d1, d2, d3 float64
	for k := range x.Lo {
		a, b, c := sup(x.Lo[k], x.Hi[k])
		d1, d2, d3 = max(d1, a), max(d2, b), max(d3, c)
	}
	return bounded(d1, 0, 0, d2, d3)
}

// Regularity of tanh, softplus and the sigmoid: see the suprema.
func (o tanhOp) Regularity(x, _ Box) Regularity     { return elementwise(x, tanhSup) }
func (o sigmoidOp) Regularity(x, _ Box) Regularity  { return elementwise(x, sigmoidSup) }
func (o softplusOp) Regularity(x, _ Box) Regularity { return elementwise(x, softplusSup) }

// tanhSup bounds the first three derivatives of tanh, with t = tanh x:
// 1-t^2, -2t(1-t^2), (1-t^2)(6t^2-2), polynomials in t with extrema at t = 0,
// t^2 = 1/3, and t = 0 or t^2 = 2/3.
func tanhSup(lo, hi float64) (d1, d2, d3 float64) {
	a, b := math.Tanh(lo), math.Tanh(hi)
	d1 = supPoly(tanh1, a, b, 0)
	d2 = supPoly(tanh2, a, b, -tThird, tThird)
	d3 = supPoly(tanh3, a, b, -tTwoThirds, 0, tTwoThirds)
	return d1 + saturation, d2 + saturation, d3 + saturation
}

func tanh1(t float64) float64 { return (1 - t) * (1 + t) }
func tanh2(t float64) float64 { return 2 * t * tanh1(t) }
func tanh3(t float64) float64 { return tanh1(t) * (float64(6*t*t) - 2) }

var (
	tSixth     = math.Sqrt(1.0 / 6)
	tThird     = math.Sqrt(1.0 / 3)
	tTwelfth   = math.Sqrt(1.0 / 12)
	tTwoThirds = math.Sqrt(2.0 / 3)
)

// saturation is added to the derivative bounds of tanh, sigmoid and softplus:
// where the function saturates, a derivative such as 1-t^2 is a difference
// that loses its relative accuracy, not its absolute one. tanh and exp of
// package math are within 2 units in the last place, the polynomials here have
// slope at most 8 in t, so the absolute error is below 8*4*2^-53 + 16*2^-53 < 2^-47.
const saturation = 0x1p-47

// sigmoidSup bounds the first three derivatives of the sigmoid, with
// s = sigmoid(x): s(1-s), s(1-s)(1-2s), s(1-s)(1-6s+6s^2); extrema at 1/2,
// at 1/2 +- 1/(2 sqrt 3), and at 1/2, 1/2 +- 1/sqrt 6.
func sigmoidSup(lo, hi float64) (d1, d2, d3 float64) {
	a, b := sigmoid(lo), sigmoid(hi)
	d1 = supPoly(bernoulli2, a, b, 0.5)
	d2 = supPoly(bernoulli3, a, b, 0.5-tTwelfth, 0.5+tTwelfth)
	d3 = supPoly(bernoulli4, a, b, 0.5-tSixth, 0.5, 0.5+tSixth)
	return d1 + saturation, d2 + saturation, d3 + saturation
}

// softplusSup: the derivatives are the sigmoid, which rises, and its first two.
func softplusSup(lo, hi float64) (d1, d2, d3 float64) {
	d2, d3, _ = sigmoidSup(lo, hi)
	return sigmoid(hi) + saturation, d2, d3
}

// The second, third and fourth cumulant of a Bernoulli variable.
func bernoulli2(p float64) float64 { return p * (1 - p) }
func bernoulli3(p float64) float64 { return bernoulli2(p) * (1 - float64(2*p)) }
func bernoulli4(p float64) float64 { return bernoulli2(p) * (1 - float64(6*bernoulli2(p))) }

// Regularity of y = x o x: f' = 2x, f” = 2.
func (o squareOp) Regularity(x, _ Box) Regularity { return bounded(2*x.maxAbs(), 0, 0, 2, 0) }

// Regularity of y = |x|^2/2: J1 = x^T, grad^2 = I, which moves J1 by |dx|.
func (o halfSqOp) Regularity(x, _ Box) Regularity { return bounded(x.norm(), 0, 0, 1, 0) }

// Regularity of -ln softmax(x)[label], with p = softmax(x) enclosed entrywise:
// J1 = p - e_label; grad^2 = diag p - p p^T, at most 1/2 in norm (Popoviciu);
// grad^3 is the third cumulant tensor
//
//	K_aaa = p_a(1-p_a)(1-2p_a), K_aab = -p_a p_b(1-2p_a), K_abc = 2 p_a p_b p_c,
//
// bounded entry by entry and then by the norm of the magnitudes. Signs are
// lost there, so with 3 classes or more grad^2 and grad^3 are bounds, not
// suprema; with 2 classes all are reached.
func (o softmaxCEOp) Regularity(x, _ Box) Regularity {
	n := o.n
	var lb, hb [16]float64
	lo, hi := vec(lb[:], n), vec(hb[:], n)
	softmaxBox(lo, hi, x)

	j1 := 0.0
	for k := range n {
		d := hi[k]
		if k == o.label {
			d = 1 - lo[k]
		}
		j1 += float64(d * d)
	}

	var gb [64]float64
	g := vec(gb[:], n*n)
	for a := range n {
		for b := range n {
			if a == b {
				g[a*n+a] = supPoly(bernoulli2, lo[a], hi[a], 0.5)
			} else {
				g[a*n+b] = hi[a] * hi[b]
			}
		}
	}
	l1 := min(absOpNorm(g, n, n), 0.5) + saturation

	// d(diag p - p p^T) = diag dp - dp p^T - p dp^T with |dp| <= l1 |dx|.
	p := 0.0
	for _, h := range hi {
		p += float64(h * h)
	}
	l2 := float64(l1 * (1 + float64(2*math.Sqrt(min(p, 1)))))
	if n <= cumulantWidth {
		l2 = min(l2, cumulantNorm(lo, hi))
	}
	return bounded(math.Sqrt(j1), 0, 0, l1, l2+saturation)
}

// cumulantWidth is the largest width for which the n^3 entries are visited.
const cumulantWidth = 32

func cumulantNorm(lo, hi []float64) float64 {
	n := len(lo)
	var tb [256]float64
	t := vec(tb[:], n*n*n)
	for a := range n {
		diag := supPoly(bernoulli3, lo[a], hi[a], 0.5-tTwelfth, 0.5+tTwelfth)
		pair := supPoly(func(p float64) float64 { return p * (1 - float64(2*p)) }, lo[a], hi[a], 0.25)
		for b := range n {
			v := diag
			if b != a {
				v = pair * hi[b]
			}
			t[(a*n+a)*n+b], t[(a*n+b)*n+a], t[(b*n+a)*n+a] = v, v, v
		}
	}
	for a := range n {
		for b := range n {
			for c := range n {
				if a != b && b != c && a != c {
					t[(a*n+b)*n+c] = 2 * hi[a] * hi[b] * hi[c]
				}
			}
		}
	}
	return absOpNorm(t, n*n, n)
}

// softmaxBox encloses softmax(x)_k = 1/(1 + sum_{j != k} e^(x_j - x_k)), which
// falls in every other coordinate and rises in x_k.
func softmaxBox(lo, hi []float64, x Box) {
	for k := range lo {
		var up, down float64
		for j := range lo {
			if j != k {
				up += math.Exp(x.Hi[j] - x.Lo[k])
				down += math.Exp(x.Lo[j] - x.Hi[k])
			}
		}
		lo[k] = (1 / (1 + up)) * (1 - saturation)
		hi[k] = min(1, (1/(1+down))*(1+saturation))
	}
}

// Regularity of y = s^2 + |x|^2/2, s = <x,w>. J1 = 2 s w + x and J2 = 2 s x,
// entry by entry; grad^2_21 has the single row H_ab = 2 s [a=b] + 2 x_a w_b, whose
// norm is Frobenius: 4((n+2) s^2 + |x|^2 |w|^2). With z = (w,x) and I of size n
//
//	grad^2 = 2 z z^T + K (x) I,   K = [ 1    2s ]
//	                                  [ 2s   0  ]
//
// K has the eigenvalues (1 +- D)/2, D^2 = 1+16s^2. In its eigenbasis z has parts of
// lengths p, q, so that p^2+q^2 = m = |x|^2+|w|^2 and D(p^2-q^2) = |w|^2-|x|^2+8s^2, and
// grad^2 has the eigenvalues of [ (1+D)/2+2p^2, 2pq; 2pq, (1-D)/2+2q^2 ], of which
//
//	1/2 + m + sqrt((m - 1/2)^2 + 2|w|^2 + 12 s^2)
//
// is the larger, and between them (1 +- D)/2. It exceeds (1+D)/2, so it is the
// norm; it rises with |w| and |s|, and with |x| as the root is at least |m - 1/2|.
//
// grad^3 applied to d = (dx, dw) has the squared norm
//
//	8 m |d|^2 + 8 <d,(x,w)>^2 + 8(n+2) <d,(w,x)>^2,
//
// whose largest value over |d| = 1 is 8m plus the larger root of a 2 x 2 Gram
// matrix. At a point all are reached.
func (o bilinearOp) Regularity(x, w Box) Regularity {
	if max(x.maxAbs(), w.maxAbs()) > bilinearMax {
		inf := math.Inf(1)
		return Regularity{inf, inf, inf, inf, inf, inf}
	}
	n := float64(o.n)
	sLo, sHi := innerProduct(x, w)
	s := max(math.Abs(sLo), math.Abs(sHi))
	xn, wn := x.norm(), w.norm()

	var jb [16]float64
	j1 := vec(jb[:], o.n)
	for k := range j1 {
		l, h := mulInterval(2*sLo, 2*sHi, w.Lo[k], w.Hi[k])
		l, h = addOutward(l, h, x.Lo[k], x.Hi[k])
		j1[k] = max(math.Abs(l), math.Abs(h))
	}

	m := float64(xn*xn) + float64(wn*wn)
	l1 := 0.5 + m + math.Sqrt(float64((m-0.5)*(m-0.5))+float64(2*wn*wn)+float64(12*s*s))

	// Gram matrix of sqrt(8) (x,w) and sqrt(8(n+2)) (w,x): its larger root.
	p, q, r := float64(8*m), float64(8*(n+2)*m), 16*math.Sqrt(n+2)*s
	root := float64((p+q)/2) + math.Hypot((p-q)/2, r)
	lost := underflow(x, w)
	j2, c2 := float64(2*s*xn), float64(2*math.Hypot(math.Sqrt(n+2)*s, xn*wn))
	return bounded(norm2(j1)+lost, j2+lost, c2+lost, l1, math.Sqrt(p+root)+lost)
}

// bilinearMax bounds |x_k| and |w_k| where products of six of them and n^3 are
// surely finite. Beyond it the constants of bilinear are reported as +Inf, lest
// Inf - Inf makes them NaN.
const bilinearMax = 0x1p150

// underflow bounds what products that underflow may take from the constants of
// bilinear, but for L1, which is at least 1. Without a nonzero entry below
// 2^-150 that is nothing: s is 0 or at least its pad of 2^-52 |x_k w_k|, and the
// smallest product, s |x|, at least 2^-502. Otherwise sums of squares that may
// be missing n 2^-1074 and a factor 2^150 n leave less than 2^-350.
func underflow(x, w Box) float64 {
	for _, b := range []Box{x, w} {
		for k := range b.Lo {
			if a := b.abs(k); a > 0 && a < 1/bilinearMax {
				return 0x1p-350
			}
		}
	}
	return 0
}

// innerProduct encloses <x,w>, which cancels: it is widened by the rounding of
// its terms.
func innerProduct(x, w Box) (lo, hi float64) {
	size := 0.0
	for k := range x.Lo {
		l, h := mulInterval(x.Lo[k], x.Hi[k], w.Lo[k], w.Hi[k])
		lo += l
		hi += h
		size += max(math.Abs(l), math.Abs(h))
	}
	pad := float64(float64(len(x.Lo)+2) * 0x1p-52 * size)
	return lo - pad, hi + pad
}

func mulInterval(a, b, c, d float64) (lo, hi float64) {
	p, q, r, s := a*c, a*d, b*c, b*d
	return min(p, q, r, s), max(p, q, r, s)
}

// addOutward encloses [l,h] + [a,b], where l and h may be off by a rounding.
func addOutward(l, h, a, b float64) (lo, hi float64) {
	pad := float64(0x1p-50 * (max(math.Abs(l), math.Abs(h)) + max(math.Abs(a), math.Abs(b))))
	return l + a - pad, h + b + pad
}

package trace

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// shares are the first-order shares of all sites by one pass forward and one back. With d = U-u the
// function Phi(e) = <U(e), d>, U(e) the mean gradient of the pass with the errors e, is |d|^2 + <u, d>
// at the recorded errors and <u, d> at none, so that
//
//	|d|^2 = Phi(e) - Phi(0) = sum over sites <dPhi/de_s, e_s> + third order
//
// with the derivative half way between: at the means of recorded and exact states. Two recursions
// give it, a_i forward (the derivative of Y_i along the weights d), b_i backward:
//
//	a_0 = 0, a_i = J1_i a_{i-1} + J2_i d_i                    dPhi/d eps_{i+1} = a_i
//	b_N = 0, b_{i-1} = J1_i^T b_i + grad_y <V_i, J2_i(y) d_i + J1_i(y) a_{i-1}>     dPhi/d delta_i = b_i
type shares struct {
	*shape
	y, v [][]float64 // half way
	a    [][]float64
	b, c []float64
	ops  []opView
	// of operators entry by entry: the first and the second derivative half way, which both recursions read
	d1, d2 [][]float64
}

func newShares(s *shape) *shares {
	n := s.chain.N()
	byOperator := func() [][]float64 { return make([][]float64, n+1) }
	h := &shares{
		shape: s,
		y:     byOperator(),
		v:     byOperator(),
		a:     byOperator(),
		ops:   make([]opView, n+1),
		d1:    byOperator(),
		d2:    byOperator(),
	}
	for i := 1; i <= n; i++ {
		h.ops[i] = opView{spec: s.run.Chain[i-1], in: s.chain.D(i - 1), out: s.chain.D(i)}
	}
	return h
}

// first writes the shares <dPhi/de_s, e_s>, not divided by |d|^2, to dst. y and v are the exact states.
func (h *shares) first(dst []float64, st *Step, y, v [][]float64, d []float64, sites []siteError) {
	n, rows := h.chain.N(), st.B
	h.y[0] = st.X
	for i := 1; i < n; i++ {
		h.y[i] = middle(h.y[i], st.Y[i], y[i])
		h.v[i] = middle(h.v[i], st.V[i], v[i])
	}
	h.v[n] = sized(h.v[n], rows)
	for k := range h.v[n] {
		h.v[n][k] = 1
	}
	if isDense(h.ops[1].spec.Op) {
		h.a[0] = nil
	} else {
		h.a[0] = sized(h.a[0], rows*h.chain.D(0))
		clear(h.a[0])
	}
	for i := 1; i < n; i++ {
		o := &h.ops[i]
		o.x, o.w, o.labels = h.y[i-1], h.chain.W(i, st.W), st.Labels
		h.a[i] = sized(h.a[i], rows*o.out)
		if o.entrywise() {
			h.d1[i], h.d2[i] = sized(h.d1[i], len(o.x)), sized(h.d2[i], len(o.x))
			o.derivatives(h.d1[i], h.d2[i], o.x)
			o.d1, o.d2 = h.d1[i], h.d2[i]
		}
		o.tangent(h.a[i], h.a[i-1], h.chain.W(i, d), rows)
		dst[h.epsSite(i+1)] = inner(h.a[i], sites[h.epsSite(i+1)].e) / float64(rows)
	}
	o := &h.ops[n]
	o.x, o.w, o.labels = h.y[n-1], h.chain.W(n, st.W), st.Labels
	b := sized(h.b, rows)
	clear(b)
	dst[h.deltaSite(n)] = 0
	c := h.c
	for i := n; i > 1; i-- {
		o := &h.ops[i]
		c = sized(c, rows*o.in)
		o.cotangent(c, b, h.v[i], h.a[i-1], h.chain.W(i, d), rows)
		b, c = c, b
		dst[h.deltaSite(i-1)] = inner(b, sites[h.deltaSite(i-1)].e) / float64(rows)
	}
	h.b, h.c = b, c
}

func middle(dst, a, b []float64) []float64 {
	dst = sized(dst, len(a))
	for k := range dst {
		dst[k] = (a[k] + b[k]) / 2
	}
	return dst
}

func inner(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		sum += x * b[k]
	}
	return sum
}

// entrywise reports whether the operator is a function of each entry, without weights.
func (o *opView) entrywise() bool {
	switch o.spec.Op {
	case "tanh", "square", "sigmoid", "softplus", "logistic":
		return true
	}
	return false
}

// derivatives writes the first and the second derivative of an operator entry by entry at x.
func (o *opView) derivatives(d1, d2, x []float64) {
	d1, d2 = d1[:len(x)], d2[:len(x)]
	switch o.spec.Op {
	case "tanh":
		for k, v := range x {
			t := math.Tanh(v)
			d := (1 - t) * (1 + t)
			d1[k], d2[k] = d, -2*t*d
		}
		return
	case "square":
		for k, v := range x {
			d1[k], d2[k] = 2*v, 2
		}
		return
	}
	for k, v := range x {
		s := 1 / (1 + math.Exp(-v))
		d := s * (1 - s)
		d1[k], d2[k] = s, d // softplus, logistic
		if o.spec.Op == "sigmoid" {
			d1[k], d2[k] = d, d*(1-2*s)
		}
	}
}

// derived are the derivatives at the inputs.
func (o *opView) derived() (d1, d2 []float64) {
	if o.d1 != nil {
		return o.d1, o.d2
	}
	d1, d2 = make([]float64, len(o.x)), make([]float64, len(o.x))
	o.derivatives(d1, d2, o.x)
	return d1, d2
}

// tangent writes J1 a + J2 g of each row to dst. Of a dense operator a may be nil, which is 0.
func (o *opView) tangent(dst, a, g []float64, rows int) {
	in, out := o.in, o.out
	row := func(v []float64, b, n int) []float64 { return v[b*n : (b+1)*n] }
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		m, _ := o.matrix()
		if a == nil {
			clear(dst)
		} else {
			products(dst, a, m, rows, out, in, 0)
		}
		if o.spec.Op == "fixed" {
			return
		}
		products(dst, o.x, g[:in*out], rows, out, in, 1)
		if bias := g[in*out:]; len(bias) > 0 {
			for b := range rows {
				floats.Add(row(dst, b, out), bias)
			}
		}
	case "bias":
		for k := range dst {
			dst[k] = a[k] + g[k%out]
		}
	case "scale":
		for k := range dst {
			dst[k] = o.w[k%out]*a[k] + o.x[k]*g[k%out]
		}
	case "halfsq":
		for b := range rows {
			dst[b] = inner(row(o.x, b, in), row(a, b, in))
		}
	case "bilinear":
		for b := range rows {
			x, ab := row(o.x, b, in), row(a, b, in)
			s := inner(x, o.w)
			dst[b] = 2*s*(inner(o.w, ab)+inner(x, g)) + inner(x, ab)
		}
	case "softmaxce":
		for b := range rows {
			x, ab := row(o.x, b, in), row(a, b, in)
			_, lse, _ := logits(x)
			dst[b] = -ab[o.labels[b]]
			for k := range x {
				dst[b] += math.Exp(x[k]-lse) * ab[k]
			}
		}
	default:
		d1, _ := o.derived()
		for k := range dst {
			dst[k] = d1[k] * a[k]
		}
	}
}

// cotangent writes J1^T b + grad_x <v, J2(x) g + J1(x) a> of each row to dst.
func (o *opView) cotangent(dst, bs, v, a, g []float64, rows int) {
	in, out := o.in, o.out
	row := func(v []float64, b, n int) []float64 { return v[b*n : (b+1)*n] }
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		m, _ := o.matrix()
		transposed(dst, bs, m, rows, out, in, 0)
		if o.spec.Op != "fixed" {
			transposed(dst, v, g[:in*out], rows, out, in, 1)
		}
	case "bias":
		copy(dst, bs)
	case "scale":
		for k := range dst {
			dst[k] = o.w[k%in]*bs[k] + v[k]*g[k%in]
		}
	case "halfsq":
		for k := range dst {
			dst[k] = o.x[k]*bs[k/in] + v[k/in]*a[k]
		}
	case "bilinear":
		for b := range rows {
			x, ab, d := row(o.x, b, in), row(a, b, in), row(dst, b, in)
			s, t := inner(x, o.w), inner(o.w, ab)+inner(x, g)
			for k := range d {
				d[k] = bs[b]*(2*s*o.w[k]+x[k]) + v[b]*(2*t*o.w[k]+ab[k]+2*s*g[k])
			}
		}
	case "softmaxce":
		for b := range rows {
			x, ab, d := row(o.x, b, in), row(a, b, in), row(dst, b, in)
			_, lse, _ := logits(x)
			mean := 0.0
			for k := range x {
				d[k] = math.Exp(x[k] - lse)
				mean += d[k] * ab[k]
			}
			for k, p := range d {
				j := p
				if k == o.labels[b] {
					j--
				}
				d[k] = j*bs[b] + v[b]*p*(ab[k]-mean)
			}
		}
	default:
		d1, d2 := o.derived()
		for k := range dst {
			dst[k] = d1[k]*bs[k] + d2[k]*a[k]*v[k]
		}
	}
}

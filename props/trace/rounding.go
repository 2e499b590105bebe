package trace

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/cascade-sgd/cascade/core"
)

// envelope bounds, entry by entry, how far what an engine of some precision computes for an
// operator may be from the exact value at the recorded arguments: rounding in any mode (to a
// neighbour, at random or by cutting off: a whole unit in the last place), sums in any order,
// operands cast to the compute format, functions good to two units. Overflow is not covered.
// Where several formulas are in use the bound is that of the worst; where a bound is not worth
// its derivation it is a round number above it. A bound that is too wide can hide a fault and
// never makes one.
type envelope struct {
	s, c, a float64 // units of storage, compute and accumulate
	tiny    float64 // what an operation may be off by near 0
	tinyS   float64
	nearest bool // additions of a sum are rounded to nearest
}

func newEnvelope(p Precision) envelope {
	s, c, a := formats[p.Storage], formats[p.Compute], formats[p.Accumulate]
	return envelope{s: s.ulp(), c: c.ulp(), a: a.ulp(), tiny: c.tiny() + a.tiny(), tinyS: s.tiny()}
}

// judge is the envelope of the judge's own arithmetic.
var judge = newEnvelope(Precision{"float64", "float64", "float64"})

// grow is (1+u)^k - 1.
func grow(k int, u float64) float64 { return math.Expm1(float64(k) * math.Log1p(u)) }

// dotGrowth is the relative error of a sum of n products, against the sum of magnitudes. Rounding up at every addition
// makes it (1+u)^n; rounded to nearest, in any order, it is at most n u/2 (C.-P. Jeannerod and S. M. Rump, SIAM J.
// Matrix Anal. Appl. 34, 2013), which matters to wide sums in a short format.
func (e *envelope) dotGrowth(n int) float64 {
	sum := grow(n+2, e.a)
	if e.nearest {
		sum = min(sum, float64(n+2)*e.a/2)
	}
	return (1+grow(3, e.c))*(1+sum) - 1
}

// stored adds the rounding to storage of a value y known up to err.
func (e *envelope) stored(y, err float64) float64 {
	return err + e.s*(math.Abs(y)+err) + e.tinyS
}

// opView is an operator at recorded arguments: matrices with rows of samples.
type opView struct {
	spec   core.Spec
	in     int
	out    int
	x      []float64 // rows of inputs
	y      []float64 // rows of outputs
	w      []float64
	rowsW  []float64 // norms of the rows of a matrix, with the bias behind them as its magnitude
	colsW  []float64 // norms of its columns
	all2   float64   // the square of the norm of the matrix
	labels []int
	d1, d2 []float64 // derivatives at x, where they are known

	seen []rowStats // of the rows of x, as far as they were asked for
}

// rowStats are what is asked of a row of inputs more than once.
type rowStats struct {
	square, top, lse, spread float64
	hasSquare, hasLogits     bool
}

// forget makes room for the rows of a step.
func (o *opView) forget() {
	o.seen = sized(o.seen, len(o.x)/o.in)
	clear(o.seen)
}

// input2 is |x|^2 of a row.
func (o *opView) input2(b int) float64 {
	s := &o.seen[b]
	if !s.hasSquare {
		s.square, s.hasSquare = square(o.x[b*o.in:(b+1)*o.in]), true
	}
	return s.square
}

// logits are top, lse and spread of a row.
func (o *opView) logits(b int) *rowStats {
	s := &o.seen[b]
	if !s.hasLogits {
		s.top, s.lse, s.spread = logits(o.x[b*o.in : (b+1)*o.in])
		s.hasLogits = true
	}
	return s
}

// matrix is the matrix of a dense operator and its bias.
func (o *opView) matrix() (a, bias []float64) {
	switch o.spec.Op {
	case "affine", "linear":
		n := o.in * o.out
		return o.w[:n], o.w[n:]
	case "fixed":
		for _, row := range o.spec.A {
			a = append(a, row...)
		}
	}
	return a, nil
}

// norms fills rowsW and colsW.
func (o *opView) norms() {
	a, _ := o.matrix()
	if a == nil {
		return
	}
	o.rowsW, o.colsW = sized(o.rowsW, o.out), sized(o.colsW, o.in)
	clear(o.colsW)
	cols, j := o.colsW, 0
	row := func(j int) []float64 { return a[j*o.in : (j+1)*o.in][:len(cols)] }
	for ; j+4 <= o.out; j += 4 { // a sum waits for its last term: four at a time
		var s0, s1, s2, s3 float64
		a0, a1, a2, a3 := row(j), row(j+1), row(j+2), row(j+3)
		for k, sum := range cols {
			q0, q1, q2, q3 := float64(a0[k]*a0[k]), float64(a1[k]*a1[k]), float64(a2[k]*a2[k]), float64(a3[k]*a3[k])
			s0, s1, s2, s3 = s0+q0, s1+q1, s2+q2, s3+q3
			cols[k] = sum + q0 + q1 + q2 + q3
		}
		o.rowsW[j], o.rowsW[j+1], o.rowsW[j+2], o.rowsW[j+3] = math.Sqrt(s0), math.Sqrt(s1), math.Sqrt(s2), math.Sqrt(s3)
	}
	for ; j < o.out; j++ {
		sum := 0.0
		for k, x := range row(j) {
			q := float64(x * x)
			sum += q
			cols[k] += q
		}
		o.rowsW[j] = math.Sqrt(sum)
	}
	o.all2 = 0
	for k, q := range o.colsW {
		o.all2 += q
		o.colsW[k] = math.Sqrt(q)
	}
}

func norm(v []float64) float64 { return math.Sqrt(square(v)) }

func square(v []float64) float64 { return floats.Dot(v, v) }

// forward adds to dst, out entries, what the value y of sample b may be off by before it is stored.
func (e *envelope) forward(dst []float64, o *opView, b int, y []float64) {
	x := o.x[b*o.in : (b+1)*o.in]
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		g, xn := e.dotGrowth(o.in+1), math.Sqrt(o.input2(b))
		_, bias := o.matrix2()
		for j := range dst {
			mag := o.rowsW[j] * xn
			if len(bias) > 0 {
				mag += math.Abs(bias[j])
			}
			dst[j] += mag*g + float64(o.in+2)*e.tiny
		}
	case "bias":
		for k := range dst {
			dst[k] += 3*e.c*(math.Abs(x[k])+math.Abs(o.w[k])) + 2*e.tiny
		}
	case "scale", "square":
		for k := range dst {
			dst[k] += 5*e.c*math.Abs(y[k]) + 3*e.tiny
		}
	case "tanh", "sigmoid":
		for k := range dst {
			dst[k] += e.c*(5*math.Abs(y[k])+min(math.Abs(x[k]), 0.5)) + 4*e.tiny
		}
	case "softplus", "logistic":
		for k := range dst {
			dst[k] += e.c*(6*y[k]+math.Abs(x[k])+1) + 6*e.tiny
		}
	case "halfsq":
		dst[0] += e.dotGrowth(o.in+1)*math.Abs(y[0]) + float64(o.in+2)*e.tiny
	case "softmaxce":
		l, label := o.logits(b), x[o.labels[b]]
		dst[0] += 2*(e.c*(10+l.spread+3*math.Abs(l.top)+2*math.Abs(l.lse)+2*math.Abs(label)+3*math.Abs(y[0]))+
			grow(o.in+1, e.a)) + float64(o.in+4)*e.tiny
	case "bilinear":
		dst[0] += grow(2*o.in+10, max(e.c, e.a))*bilinearMagnitude(x, o.w) + float64(2*o.in+4)*e.tiny
	}
}

// matrix2 is matrix without a copy of what fixed has.
func (o *opView) matrix2() (a, bias []float64) {
	if o.spec.Op == "fixed" {
		return nil, nil
	}
	return o.matrix()
}

func bilinearMagnitude(x, w []float64) float64 {
	s := norm(x) * norm(w)
	return 2*s*s + square(x)
}

// logits are the largest entry, ln sum e^x and the largest distance from the top.
func logits(x []float64) (top, lse, spread float64) {
	top, low := x[0], x[0]
	for _, v := range x {
		top, low = max(top, v), min(low, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top, top + math.Log(sum), top - low
}

// byInput adds to dst, in entries, what J1^T v = g of sample b may be off by before it is stored.
func (e *envelope) byInput(dst []float64, o *opView, b int, v, g []float64) {
	x := o.x[b*o.in : (b+1)*o.in]
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		grown, vn := e.dotGrowth(o.out), norm(v)
		for k := range dst {
			dst[k] += o.colsW[k]*vn*grown + float64(o.out+2)*e.tiny
		}
	case "bias":
		for k := range dst {
			dst[k] += e.c*math.Abs(v[k]) + e.tiny
		}
	case "scale", "square", "halfsq":
		for k := range dst {
			dst[k] += 6*e.c*math.Abs(g[k]) + 3*e.tiny
		}
	case "tanh", "sigmoid", "softplus", "logistic":
		// A derivative in [0, 1] is a difference: its error is absolute.
		for k := range dst {
			dst[k] += math.Abs(v[k])*(12*e.c+4*e.s) + 4*e.c*math.Abs(g[k]) + 4*e.tiny
		}
	case "softmaxce":
		l := o.logits(b)
		rel := 2 * (e.c*(10+l.spread+3*math.Abs(l.top)+2*math.Abs(l.lse)) + grow(o.in+1, e.a))
		for k := range dst {
			p, label := math.Abs(g[k]), 0.0 // p_k |v|
			if k == o.labels[b] {
				p, label = math.Abs(g[k]+v[0]), math.Abs(v[0])
			}
			dst[k] += p*(rel+e.s) + 2*e.c*(math.Abs(g[k])+label) + float64(o.in+4)*e.tiny
		}
	case "bilinear":
		s := norm(x) * norm(o.w)
		grown := grow(2*o.in+10, max(e.c, e.a))
		for k := range dst {
			dst[k] += grown*math.Abs(v[0])*(2*s*math.Abs(o.w[k])+math.Abs(x[k])) + float64(2*o.in+4)*e.tiny
		}
	}
}

// model is what rounding to nearest does to an operator on average: the mean square of its error,
// summed over the entries. It says how the sites compare, not what is allowed.
type model struct {
	envelope
	storage format
	finer   bool // compute is finer than storage: rounding to it matters little
	castsW  bool // weights are not numbers of the compute format

	least, most uint64 // the bits of numbers whose spacing has a square in float64
}

func newModel(p Precision) model {
	e := newEnvelope(p)
	m := model{envelope: e, storage: formats[p.Storage], finer: e.c < e.s}
	m.least, m.most = uint64(max(m.storage.MinExp, -200)+1023)<<52, uint64(1023+200)<<52
	return m
}

const (
	twelfth = 1.0 / 12 // the mean square of a number spread evenly over a unit around 0
	// units is the mean of (spacing/(u|x|))^2, whose logarithm is spread evenly between 1/4 and 1.
	units = 0.75 / (2 * math.Ln2)
)

// spread is how the expected squares of a site's errors are spread over its numbers: a few samples may
// have most of it. all is the sum of the squares, fourth that of their squares, and by the sums by coordinate.
type spread struct {
	all, fourth float64
	by          []float64
}

func (s *spread) reset(d int) {
	s.all, s.fourth = 0, 0
	s.by = sized(s.by, d)
	clear(s.by)
}

func (s *spread) add(o *spread) {
	s.all += o.all
	s.fourth += o.fourth
	floats.Add(s.by, o.by)
}

// numbers is how many equal numbers have the spread of these, at least 1.
func (s *spread) numbers() float64 { return max(1, s.all*s.all/(s.fourth+math.SmallestNonzeroFloat64)) }

// coordinates is the same for the coordinates.
func (s *spread) coordinates() float64 {
	return max(1, s.all*s.all/(square(s.by)+math.SmallestNonzeroFloat64))
}

// spacings writes 2^{2e} for the exponent e of the larger one of a and b, times scale.
func (m *model) spacings(dst, a, b []float64, scale float64) {
	const sign = 1 << 63
	least, most := m.least, m.most
	a, b = a[:len(dst)], b[:len(dst)]
	for k := range dst {
		bits := max(math.Float64bits(a[k])&^sign, math.Float64bits(b[k])&^sign)
		if scale != 1 {
			bits = math.Float64bits(math.Float64frombits(bits) * scale)
		}
		if bits-least > most-least {
			bits = min(max(bits, least), most)
		}
		dst[k] = math.Float64frombits(((bits>>52)*2 - 1023) << 52) // the exponent twice, without its bias
	}
}

// functions is 12 times the mean square error of elementwise functions with values of the given
// square: that of compute, where it is not hidden in the rounding to storage.
func (m *model) functions(square float64) float64 {
	if m.finer {
		return m.c * m.c * square
	}
	return 0
}

// dense is 12 times the mean square error of n-term sums of which squares is the sum of squares, as sums
// that grow evenly: the k-th has k/n of the square of the last.
func (m *model) dense(squares, products float64, n int) float64 {
	r := m.a * m.a * units * float64(n) / 2 * squares
	if m.castsW {
		r += m.c * m.c * units * products / float64(n)
	}
	return r
}

// forward is the model for the values y of sample b, which have the sum of squares given, besides storing them.
func (m *model) forward(squares float64, o *opView, b int, y []float64) float64 {
	sum := 0.0
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		sum = m.dense(squares, o.all2*o.input2(b), o.in)
	case "softmaxce":
		l := o.logits(b)
		r := m.c * (1 + math.Abs(l.lse) + l.spread)
		sum = r * r
	case "bilinear":
		r := m.c * bilinearMagnitude(o.x[b*o.in:(b+1)*o.in], o.w)
		sum = r * r
	case "halfsq":
		r := m.a * y[0]
		sum = r * r
	default:
		sum = m.functions(squares)
	}
	return sum * twelfth
}

// byInput is the same for g = J1^T v.
func (m *model) byInput(squares float64, o *opView, b int, v, g []float64) float64 {
	sum := 0.0
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		products := 0.0
		if m.castsW {
			products = o.all2 * square(v)
		}
		sum = m.dense(squares, products, o.out)
	case "softmaxce": // p has the error, which is g but for the label
		g := g[o.labels[b]]
		p := (math.Abs(g+v[0]) + math.Abs(g)) / 2
		sum = m.c * m.c * (squares - g*g + p*p)
	case "bilinear":
		x := o.x[b*o.in : (b+1)*o.in]
		r := m.c * math.Abs(v[0]) * (2*norm(x)*square(o.w) + norm(x))
		sum = r * r
	case "tanh": // 1 - y^2 has the error of y^2
		for k, y := range o.y[b*o.out : (b+1)*o.out] {
			r := y * y * v[k]
			sum += r * r
		}
		sum *= units * m.c * m.c
	case "sigmoid", "softplus", "logistic":
		sum = 2 * units * m.c * m.c * squares
	default:
		sum = m.functions(squares)
	}
	return sum * twelfth
}

// judged is the factor by which the judge's own rounding of an operator widens what is allowed before storing:
// every bound grows with the units at least linearly, and those of float64 are this part of the engine's.
func (e *envelope) judged() float64 { return 1 + judge.c/min(e.c, e.a) }

// limits is a bound of what is allowed for the entries of a row, cheap to evaluate, at most what the envelope has:
//
//	row0 + rel |want_k| + col_k times + add_k + relV |v_k|
type limits struct {
	col, add               []float64
	row0, rel, times, relV float64
	least                  float64 // of col
	colNorm, addNorm       float64
	square                 float64 // of the last row's values
	limit                  []float64
	buffers                [2][]float64
}

// norm is an upper bound of the norm of a row's limits, where the values have the sum of squares given: by the
// triangle inequality.
func (l *limits) norm(n int, squares float64, v []float64) float64 {
	sum := l.row0*math.Sqrt(float64(n)) + l.rel*math.Sqrt(squares) + l.colNorm*l.times + l.addNorm
	if v != nil {
		sum += l.relV * norm(v)
	}
	return sum
}

// row reports whether an entry of a row is beyond its limit, where all are within size, and takes the sum of the
// squares of want.
func (l *limits) row(got, want, v []float64, size float64) bool {
	l.square = square(want)
	constant, rel := l.row0+l.least*l.times, l.rel
	if size*(1+0x1p-30) <= constant {
		return false
	}
	got = got[:len(want)]
	for k, w := range want {
		if !(math.Abs(got[k]-w) <= constant+rel*math.Abs(w)) { // at most the limit
			return l.exceeded(got, want, v)
		}
	}
	return false
}

// exceeded reports whether an entry is beyond its limit.
func (l *limits) exceeded(got, want, v []float64) bool {
	l.limit = sized(l.limit, len(want))
	l.fill(l.limit, want, v)
	for k, w := range want {
		if !(math.Abs(got[k]-w) <= l.limit[k]) {
			return true
		}
	}
	return false
}

// forward prepares for operator o.
func (l *limits) forward(e *envelope, o *opView) {
	*l = limits{row0: e.tinyS, rel: e.s, limit: l.limit, buffers: l.buffers}
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		l.col = l.scaled(0, o.rowsW, e.dotGrowth(o.in+1))
		l.least, l.colNorm = slices.Min(l.col), norm(l.col)
		if _, bias := o.matrix2(); len(bias) > 0 {
			l.add = l.scaled(1, bias, e.dotGrowth(o.in+1))
			l.addNorm = norm(l.add)
		}
	case "bias":
		l.rel += 3 * e.c
	case "scale", "square":
		l.rel += 5 * e.c
	case "tanh", "sigmoid":
		l.rel += 5 * e.c
	}
}

// scaled is the magnitudes of v times x.
func (l *limits) scaled(buffer int, v []float64, x float64) []float64 {
	dst := sized(l.buffers[buffer], len(v))
	l.buffers[buffer] = dst
	for k, a := range v {
		dst[k] = math.Abs(a) * x
	}
	return dst
}

// byInput prepares for J1^T of operator o.
func (l *limits) byInput(e *envelope, o *opView, more float64) {
	*l = limits{row0: e.tinyS + more, rel: e.s, limit: l.limit, buffers: l.buffers}
	switch o.spec.Op {
	case "affine", "linear", "fixed":
		l.col = l.scaled(0, o.colsW, e.dotGrowth(o.out))
		l.least, l.colNorm = slices.Min(l.col), norm(l.col)
	case "bias", "scale", "square", "halfsq":
		l.rel += e.c
	case "tanh", "sigmoid", "softplus", "logistic":
		l.relV = 12*e.c + 4*e.s
		l.rel += 4 * e.c
	}
}

// fill writes the limits of a row.
func (l *limits) fill(dst, want, v []float64) {
	row, rel := l.row0, l.rel
	want = want[:len(dst)]
	switch {
	case l.col != nil && l.add != nil:
		col, add, times := l.col[:len(dst)], l.add[:len(dst)], l.times
		for k, w := range want {
			dst[k] = row + rel*math.Abs(w) + col[k]*times + add[k]
		}
	case l.col != nil:
		col, times := l.col[:len(dst)], l.times
		for k, w := range want {
			dst[k] = row + rel*math.Abs(w) + col[k]*times
		}
	case v != nil:
		v, relV := v[:len(dst)], l.relV
		for k, w := range want {
			dst[k] = row + rel*math.Abs(w) + relV*math.Abs(v[k])
		}
	default:
		for k, w := range want {
			dst[k] = row + rel*math.Abs(w)
		}
	}
}

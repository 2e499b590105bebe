package core

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Batch is the workspace of passes over many samples at once: Load takes the
// samples, Pass runs (5a), (5b) and (5c) for all of them, and Loss and U are the
// means over them,
//
//	Loss = (1/B) sum_k Y_N^(k),   U_i = (1/B) sum_k J2_i(Y_{i-1}^(k), w_i)^T V_i^(k).
//
// Passes go over windows of consecutive samples, the last of which may be short;
// a state of a window is a matrix with a row for each of its samples, and the
// operators work on matrices. Sums go over the samples in order, by windows, on
// one goroutine: the same samples and windows give the same bits.
//
// The states of a sample are those of a State up to the order in which a dot
// product sums. Both are within an Enclosure of the exact ones, so they differ by
// at most twice what it allows; with e_k = |(U_1..U_N)| of the Enclosure of sample
// k and |U^(k)| of a State, the mean differs from the mean of States by at most
//
//	(2/B) sum_k (e_k + gamma(B+2) |U^(k)|),   gamma(n) = n u/(1 - n u), u = 2^-53.
//
// With windows of one sample there is no difference where the kernels of gonum round
// products before they add them, which is on amd64. A Batch is not safe for
// concurrent use. It panics on misuse like State.
type Batch struct {
	// SkipLoss leaves the value of the last operator out where no derivative
	// needs it. Loss is NaN then and no Perturber is asked for delta_N, which
	// touches no gradient.
	SkipLoss bool

	c      *Chain // of the shape
	window int

	inputs []float64 // B x d_0
	chains []*Chain  // of the samples
	shared []bool    // shared[i-1]: operator i is the same for all samples
	needed []bool    // needed[i-1]: a derivative of operator i reads its value

	// Of the window that is passed: room for F_i and for Y_i; F_i, which may take the
	// place of Y_{i-1}; and Y_i, which may take the place of F_i.
	f, y, val, at [][]float64
	v, next       []float64 // V_i and V_{i-1}
	perturbation  []float64 // delta_i or eps_i

	u, scratch []float64
	loss       float64
	has        struct{ loss, u bool } // since Load
}

// BatchPerturber supplies the perturbations of the samples from..to-1 of those that
// were loaded, one window of a pass. The Perturber sees matrices with a row for
// each of them (to-from rows of d_i entries, one after the other); nil is an exact
// pass. Given is such a Perturber, and so is Each.
type BatchPerturber func(from, to int) Perturber

// Sparse is a Perturber that knows where it is 0. A Batch does not ask for what is
// not there.
type Sparse interface {
	Perturber
	// HasDelta reports whether delta_i is perhaps not 0, HasEps whether eps_i is.
	HasDelta(i int) bool
	HasEps(i int) bool
}

// Each is a Perturber of a window, of which sample k is perturbed by element k.
type Each []Perturber

// Delta implements Perturber.
func (e Each) Delta(i int, dst, f []float64) {
	e.rows(dst, f, func(k int, dst, f []float64) { e[k].Delta(i, dst, f) })
}

// Eps implements Perturber.
func (e Each) Eps(i int, dst, b []float64) {
	e.rows(dst, b, func(k int, dst, b []float64) { e[k].Eps(i, dst, b) })
}

// Reads implements Reader: any of the samples.
func (e Each) Reads() bool {
	return slices.ContainsFunc(e, func(p Perturber) bool { return reader(p) != nil })
}

// Zeta implements Reader.
func (e Each) Zeta(i int, dst, y []float64) {
	e.rows(dst, y, func(k int, dst, y []float64) {
		if r := reader(e[k]); r != nil {
			r.Zeta(i, dst, y)
			return
		}
		clear(dst)
	})
}

func (e Each) rows(dst, s []float64, perturb func(k int, dst, s []float64)) {
	if len(e) == 0 || len(dst)%len(e) != 0 || len(s) != len(dst) {
		panic(fmt.Sprintf("core: %d Perturbers for states of %d and %d numbers", len(e), len(dst), len(s)))
	}
	d := len(dst) / len(e)
	for k, p := range e {
		if p == nil {
			clear(dst[k*d : (k+1)*d])
			continue
		}
		perturb(k, dst[k*d:(k+1)*d], s[k*d:(k+1)*d])
	}
}

// NewBatch allocates a workspace for chains of the shape of c that passes over at
// most window samples at once. It has loaded nothing. It panics when window is below
// 1 and when one of 2 or more takes more than MaxWeights numbers.
func NewBatch(c *Chain, window int) *Batch {
	c.must()
	n, widest, most := c.N(), 0, 0
	for i := 1; i <= n; i++ {
		widest = max(widest, c.D(i))
		most = max(most, c.ops[i-1].NW())
	}
	if window < 1 || window > MaxWindow(c) {
		panic(fmt.Sprintf("core: window of %d samples, want 1..%d", window, MaxWindow(c)))
	}
	matrix := func(width int) []float64 { return make([]float64, window*width) }
	list := func() [][]float64 { return make([][]float64, n+1) }
	b := &Batch{
		c: c, window: window, shared: make([]bool, n), needed: make([]bool, n),
		f: list(), y: list(), val: list(), at: list(),
		v: matrix(widest), next: matrix(widest), perturbation: matrix(widest),
		u: make([]float64, c.NW()), scratch: make([]float64, most),
	}
	for i := 1; i <= n; i++ {
		b.f[i], b.y[i] = matrix(c.D(i)), matrix(c.D(i))
	}
	return b
}

// MaxWindow is the largest window that NewBatch takes for chains of the shape of c.
func MaxWindow(c *Chain) int {
	c.must()
	return max(1, MaxWeights/batchNumbers(c))
}

// batchNumbers bounds the numbers that one row of a window takes.
func batchNumbers(c *Chain) int {
	size, widest := 0, 0
	for i := 1; i <= c.N(); i++ {
		size += 2 * c.D(i)
		widest = max(widest, c.D(i))
	}
	return size + 3*widest
}

// Load takes the given samples of obj, all for nil, in their order and with their
// repetitions. Inputs are copied; chains must have the Batch's shape.
func (b *Batch) Load(obj Objective, samples []int) {
	b.must()
	if obj == nil {
		panic("core: Load of a nil Objective")
	}
	n := len(samples)
	if samples == nil {
		n = obj.Len()
	}
	if n < 1 {
		panic("core: Load of no samples")
	}
	b.has.loss, b.has.u = false, false
	b.chains = slices.Grow(b.chains[:0], n)
	b.inputs = slices.Grow(b.inputs[:0], n*b.c.D(0))
	for i := range b.shared {
		b.shared[i], b.needed[i] = true, false
	}
	for j := range n {
		k := j
		if samples != nil {
			k = samples[j]
		}
		if k < 0 || k >= obj.Len() {
			panic(fmt.Sprintf("core: sample %d of %d", k, obj.Len()))
		}
		c, x := obj.Sample(k)
		b.add(c, x)
	}
}

func (b *Batch) add(c *Chain, x []float64) {
	c.must()
	mustShape("sample", b.c, c)
	mustLen("input has", len(x), b.c.D(0))
	b.inputs = append(b.inputs, x...)
	b.chains = append(b.chains, c)
	if first := b.chains[0]; c == first && len(b.chains) > 1 {
		return
	}
	for i, op := range c.ops {
		b.needed[i] = b.needed[i] || needsValue(op)
		b.shared[i] = b.shared[i] && sameOp(op, b.chains[0].ops[i])
	}
}

func (b *Batch) must() {
	if b == nil || b.c == nil {
		panic("core: nil or zero Batch")
	}
}

func (b *Batch) mustPass(w []float64) {
	b.must()
	if len(b.chains) == 0 {
		panic("core: pass of a Batch that has loaded nothing")
	}
	mustLen("weights have", len(w), b.c.NW())
}

// Len is B, the number of samples loaded.
func (b *Batch) Len() int {
	b.must()
	return len(b.chains)
}

// Pass runs (5a), (5b) and (5c) for all samples at weights w with the perturbations
// of p, or the exact pass (4) when p is nil. It allocates nothing.
func (b *Batch) Pass(w []float64, p BatchPerturber) {
	b.mustPass(w)
	clear(b.u)
	b.loss = 0
	for from := 0; from < len(b.chains); from += b.window {
		b.pass(from, min(from+b.window, len(b.chains)), w, p, nil)
	}
	floats.Scale(1/float64(len(b.chains)), b.u)
	b.loss /= float64(len(b.chains))
	b.has.loss, b.has.u = true, true
}

// Step is Pass and (5d), w <- w - g (U + r(w)), in place; U is not kept. With a
// single window each operator subtracts its part of U from the weights while it is
// passed, which saves forming it. The weights are then those of Pass and core.Step
// up to B + 4 roundings of the terms g r_j and (g/B) J2^T V of the samples.
func (b *Batch) Step(w []float64, g float64, r Regularizer, p BatchPerturber) {
	b.mustPass(w)
	r.must()
	n := len(b.chains)
	if n > b.window || g/float64(n) == 0 { // 0 times infinity is not nothing
		b.Pass(w, p)
		Step(w, b.u, g, r)
	} else {
		b.loss = 0
		b.pass(0, n, w, p, &move{g, r})
		b.loss /= float64(n)
	}
	b.has.loss, b.has.u = true, false
}

// Loss is the mean of Y_N over the samples of the last Pass or Step, delta_N
// included and R not. It panics when there was none since Load.
func (b *Batch) Loss() float64 {
	b.must()
	if !b.has.loss {
		panic("core: Loss of a Batch without a Pass or Step")
	}
	if b.SkipLoss {
		return math.NaN()
	}
	return b.loss
}

// U is the mean gradient of the last Pass, laid out like the weights. It is lent
// until the next one. It panics when there was no Pass since Load or Step.
func (b *Batch) U() []float64 {
	b.must()
	if !b.has.u {
		panic("core: U of a Batch without a Pass")
	}
	return b.u
}

// move is the update that a pass makes on its way, or nil.
type move struct {
	g float64
	r Regularizer
}

// pass runs (5) over a window and adds to the loss and, unless it moves w, to u.
func (b *Batch) pass(from, to int, w []float64, p BatchPerturber, m *move) {
	var window Perturber
	if p != nil {
		window = p(from, to)
	}
	if g, ok := window.(*Given); ok {
		g.mustFit(b.c.N())
	}
	mustNotRead("a Batch", window)
	b.forward(from, to, w, window)
	b.backward(from, to, w, window, m)
}

// forward is (5a).
func (b *Batch) forward(from, to int, w []float64, p Perturber) {
	c, rows := b.c, to-from
	n := c.N()
	sparse, _ := p.(Sparse)
	b.at[0] = b.inputs[from*b.c.d[0] : to*b.c.d[0]]
	for i := 1; i <= n; i++ {
		f := b.f[i][:rows*b.c.d[i]]
		b.val[i] = f
		if i == n && b.SkipLoss && !b.needed[n-1] {
			return
		}
		if i > 1 && !b.needed[i-2] && forgetsInput(b.op(i)) {
			f = b.at[i-1]
		}
		b.forwardRows(i, from, f, b.at[i-1], c.part(i, w))
		b.val[i], b.at[i] = f, f
		if p == nil || i == n && b.SkipLoss || sparse != nil && !sparse.HasDelta(i) {
			continue
		}
		delta := b.perturbation[:len(f)]
		p.Delta(i, delta, f)
		if b.needed[i-1] {
			b.at[i] = b.y[i][:len(f)]
		}
		if entrywise(b.op(i)) { // the kernel of a product that follows waits for numbers stored one by one
			floats.AddTo(b.at[i], f, delta)
		} else {
			add(b.at[i], f, delta)
		}
	}
	if !b.SkipLoss {
		for _, y := range b.at[n] {
			b.loss += y
		}
	}
}

// backward is (5b) and (5c), and (5d) for a move.
func (b *Batch) backward(from, to int, w []float64, p Perturber, m *move) {
	c, rows := b.c, to-from
	sparse, _ := p.(Sparse)
	v, free := b.v[:rows], b.next
	for k := range v {
		v[k] = 1
	}
	for i := c.N(); i >= 1; i-- {
		wi, x, f := c.part(i, w), b.at[i-1], b.val[i]
		next := v // of operators entry by entry, which have no weights
		if i > 1 && !entrywise(b.op(i)) {
			next = free[:rows*b.c.d[i-1]]
		}
		if i > 1 {
			b.vjp1Rows(i, from, next, x, wi, f, v)
			if p != nil && (sparse == nil || sparse.HasEps(i)) {
				eps := b.perturbation[:len(next)]
				p.Eps(i, eps, next)
				add(next, next, eps)
			}
		}
		switch {
		case len(wi) == 0:
		case m == nil:
			b.addVJP2Rows(i, from, 1, c.part(i, b.u), x, wi, f, v)
		default:
			b.move(i, rows, x, wi, f, v, m)
		}
		if i > 1 && !entrywise(b.op(i)) {
			v, free = next, v[:cap(v)]
		}
	}
}

// move is (5d) for operator i, whose V_{i-1} is known.
func (b *Batch) move(i, rows int, x, w, f, v []float64, m *move) {
	scale := 1 / float64(rows)
	if !linearInWeights(b.op(i)) {
		u := b.c.part(i, b.u)
		clear(u)
		b.addVJP2Rows(i, 0, 1, u, x, w, f, v)
		floats.Scale(scale, u)
		Step(w, u, m.g, m.r)
		return
	}
	if m.r.Rho > 0 {
		for k, wk := range w {
			w[k] = wk - float64(m.g*m.r.grad(wk))
		}
	}
	b.addVJP2Rows(i, 0, -m.g*scale, w, x, w, f, v)
}

package conform

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/cascade-sgd/cascade/core"
)

// lab is (5) written out from the paper, with nothing of core but its data: an
// engine in any formats, with a choice of formulas and orders, and places for faults.
type lab struct {
	info                     Info
	stored, computed, summed format
	cutProduct               func(x float64) float64

	order     string            // of sums
	forms     map[string]string // of functions, see form
	off       float64           // units by which functions are off
	biasFirst bool              // affine begins its sums with b
	decoupled bool              // w (1 - 2 gamma rho) - gamma u
	averaged  bool              // batches add up means of windows
	refuses   bool              // numbers that are not finite
	keeps     bool              // and reuses the memory of its reply
	random    *rand.Rand        // rounds at random
	lazy      float64           // what it takes from the probability of rounding away from 0

	kept Reply
	hook hooks
}

// hooks are places for faults; i counts operators from 1.
type hooks struct {
	request  func(j *job) *job // a changed copy
	sample   func(j *job, s *Sample)
	forward  func(i int, s core.Spec, x, w, y []float64)
	state    func(i int, j *job, s *Sample, f, y []float64)
	j1       func(i int, j *job, x, w, f, y, v, g []float64)
	j2       func(i int, j *job, x, w, v, g []float64)
	back     func(i int, j *job, s *Sample, g, v []float64)
	at       func(i int, j *job, states, clean [][]float64) []float64 // the state that the backward pass uses
	windows  func(j *job, parts []part) (loss float64, u [][]float64)
	step     func(j *job, i int, w, u, after []float64)
	carry    func(j *job, t int, w [][]float64) [][]float64
	reply    func(j *job, r *Reply) (*Reply, error)
	runReply func(j *job, r *RunReply) *RunReply
	trace    func(j *job, y, v [][]float64) ([][]float64, [][]float64, error)
}

// part is the sum over one window of a batch.
type part struct {
	n    int
	loss float64
	u    [][]float64
}

func newLab(p Precision) *lab {
	e := &lab{info: Info{Name: "lab", Mixed: p}, forms: map[string]string{}}
	e.stored, e.computed, e.summed = formats[p.Storage], formats[p.Compute], formats[p.Accumulate]
	e.cutProduct = func(x float64) float64 { return x }
	if p.Compute == "tf32" {
		tf32 := formats["tf32"]
		e.cutProduct = func(x float64) float64 { return truncate(tf32, x) }
	}
	for _, f := range []*format{&e.stored, &e.computed, &e.summed} {
		if *f == formats["tf32"] {
			*f = formats["float32"]
		}
	}
	return e
}

// truncate cuts digits off.
func truncate(f format, x float64) float64 {
	lo, _, _ := f.Neighbours(x)
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	return lo
}

func (e *lab) Describe() Info { return e.info }

// round rounds to a format, at random if the engine does.
func (e *lab) round(f format, x float64) float64 {
	if e.random == nil || math.IsNaN(x) || math.IsInf(x, 0) || f.digits == 53 {
		return f.round(x)
	}
	lo, hi, frac := f.Neighbours(x)
	if frac > 0 && e.random.Float64() < frac-e.lazy {
		return hi
	}
	return lo
}

func (e *lab) c(x float64) float64 {
	if e.computed.isDouble() {
		return x
	}
	return e.round(e.computed, x)
}

// isDouble reports that a format rounds no float64.
func (f *format) isDouble() bool { return f.digits == 53 }

func (e *lab) form(name string) string { return e.forms[name] }

// fn is an elementary function, off by some units.
func (e *lab) fn(f func(float64) float64, x float64) float64 {
	y := e.c(f(x))
	if e.off == 0 || y == 0 || math.IsNaN(y) || math.IsInf(y, 0) {
		return y
	}
	if math.Abs(e.off) == 2 { // and no further
		lo, hi, _ := e.computed.Neighbours(f(x))
		if y = lo; e.off > 0 {
			y = hi
		}
	}
	ulp := math.Ldexp(1, max(math.Ilogb(y), e.computed.MinExp)-e.computed.digits+1)
	off := math.Copysign(1, e.off)
	z := y + off*ulp*math.Copysign(1, y)
	if z == 0 || math.IsInf(e.computed.round(z), 0) {
		return y
	}
	return e.computed.round(z)
}

// sum adds up the products a_k b_k, or the a_k when b is nil, and first, in the engine's
// order.
func (e *lab) sum(a, b []float64, first float64) float64 {
	n := len(a)
	plain := b == nil                                                            // a sum without products
	if e.order == "" && !plain && e.computed.isDouble() && e.summed.isDouble() { // most engines: nothing is rounded
		s := 0.0
		if e.biasFirst {
			s, first = first, 0
		}
		for k, x := range a {
			s += float64(x * b[k])
		}
		return s + first
	}
	term := func(k int) float64 { return e.c(e.cutProduct(e.c(a[k])) * e.cutProduct(e.c(b[k]))) }
	if plain {
		term = func(k int) float64 { return a[k] }
	}
	add := func(x, y float64) float64 { return e.round(e.summed, x+y) }
	var s float64
	switch e.order {
	case "reverse":
		for k := n - 1; k >= 0; k-- {
			s = add(s, term(k))
		}
	case "pairwise":
		var half func(lo, hi int) float64
		half = func(lo, hi int) float64 {
			if hi-lo == 1 {
				return term(lo)
			}
			return add(half(lo, (lo+hi)/2), half((lo+hi)/2, hi))
		}
		if n > 0 {
			s = half(0, n)
		}
	case "blocks", "lanes", "parallel":
		parts := make([]float64, 4)
		var wg sync.WaitGroup
		for p := range parts {
			work := func() {
				for k := range n {
					if e.order == "lanes" && k%4 == p || e.order != "lanes" && k*4/n == p {
						parts[p] = add(parts[p], term(k))
					}
				}
			}
			if e.order == "parallel" && n >= 16 && e.random == nil {
				wg.Go(work)
			} else {
				work()
			}
		}
		wg.Wait()
		for _, p := range parts {
			s = add(s, p)
		}
	case "fma":
		for k := range n {
			if plain {
				s = add(s, term(k))
			} else {
				s = e.round(e.summed, math.FMA(e.cutProduct(e.c(a[k])), e.cutProduct(e.c(b[k])), s))
			}
		}
	case "sorted":
		terms := make([]float64, n)
		for k := range terms {
			terms[k] = term(k)
		}
		slices.SortFunc(terms, func(x, y float64) int {
			switch {
			case math.Abs(x) < math.Abs(y):
				return -1
			case math.Abs(x) > math.Abs(y):
				return 1
			}
			return 0
		})
		for _, t := range terms {
			s = add(s, t)
		}
	default:
		if e.biasFirst {
			s, first = first, 0
		}
		for k := range n {
			s = add(s, term(k))
		}
	}
	return e.c(add(s, first))
}

func (e *lab) mul(xs ...float64) float64 {
	p := e.c(xs[0])
	for _, x := range xs[1:] {
		p = e.c(p * e.c(x))
	}
	return p
}

func (e *lab) add(x, y float64) float64 { return e.c(e.c(x) + e.c(y)) }

func (e *lab) div(x, y float64) float64 { return e.c(e.c(x) / e.c(y)) }

// curve is an elementwise function and its derivative; y is what was stored of it.
func (e *lab) value(op string, x float64) float64 {
	x = e.c(x)
	switch op {
	case "tanh":
		return e.fn(math.Tanh, x)
	case "sigmoid":
		switch e.form("sigmoid") {
		case "tanh":
			if x >= hyperbolic {
				return e.mul(0.5, e.add(1, e.fn(math.Tanh, e.mul(0.5, x))))
			}
		case "ratio":
			if x < 0 {
				z := e.fn(math.Exp, x)
				return e.div(z, e.add(1, z))
			}
		}
		return e.div(1, e.add(1, e.fn(math.Exp, -x)))
	case "square":
		return e.mul(x, x)
	}
	if e.form("softplus") == "log" && x < min(8, math.Log(e.computed.Max/4)) {
		return e.fn(math.Log, e.add(1, e.fn(math.Exp, x)))
	}
	return e.add(max(x, 0), e.fn(math.Log1p, e.fn(math.Exp, -math.Abs(x))))
}

func (e *lab) slope(op string, x, y float64) float64 {
	x, y = e.c(x), e.c(y)
	switch op {
	case "tanh":
		switch e.form("tanh'") {
		case "cosh":
			z := e.fn(math.Cosh, x)
			return e.div(1, e.mul(z, z))
		case "product":
			return e.mul(e.add(1, -y), e.add(1, y))
		case "fma":
			return e.c(math.FMA(-y, y, 1))
		}
		return e.add(1, -e.mul(y, y))
	case "sigmoid":
		switch e.form("sigmoid'") {
		case "exp":
			z := e.fn(math.Exp, -math.Abs(x))
			return e.div(z, e.mul(e.add(1, z), e.add(1, z)))
		case "cosh":
			z := e.fn(math.Cosh, e.mul(0.5, x))
			return e.div(0.25, e.mul(z, z))
		case "difference":
			return e.add(y, -e.mul(y, y))
		}
		return e.mul(y, e.add(1, -y))
	case "square":
		return e.mul(2, x)
	}
	switch e.form("softplus'") {
	case "tanh":
		if x >= hyperbolic {
			return e.mul(0.5, e.add(1, e.fn(math.Tanh, e.mul(0.5, x))))
		}
	case "value":
		if x >= hyperbolic {
			return e.add(1, -e.fn(math.Exp, -y))
		}
	case "ratio":
		if x < 0 {
			z := e.fn(math.Exp, x)
			return e.div(z, e.add(1, z))
		}
	}
	return e.div(1, e.add(1, e.fn(math.Exp, -x)))
}

// softmax gives the loss and p.
func (e *lab) softmax(x []float64, label int) (loss float64, p []float64) {
	top := e.c(slices.Max(x))
	z := make([]float64, len(x))
	p = make([]float64, len(x))
	for k := range x {
		z[k] = e.fn(math.Exp, e.add(x[k], -top))
	}
	total := e.sum(z, nil, 0)
	log := e.fn(math.Log, total)
	for k := range p {
		switch e.form("softmax") {
		case "lse":
			p[k] = e.fn(math.Exp, e.add(x[k], -e.add(top, log)))
		case "shifted":
			p[k] = e.fn(math.Exp, e.add(e.add(x[k], -top), -log))
		default:
			p[k] = e.div(z[k], total)
		}
	}
	if e.form("loss") == "lse" {
		return e.add(e.add(top, log), -x[label]), p
	}
	return e.add(log, e.add(top, -x[label])), p
}

func (e *lab) matrix(s core.Spec, w []float64) (rows [][]float64, bias []float64) {
	if s.Op == "fixed" {
		return s.A, nil
	}
	for j := range s.Out {
		rows = append(rows, w[j*s.In:(j+1)*s.In])
	}
	return rows, w[s.In*s.Out:]
}

func (e *lab) forward(s core.Spec, x, w []float64) []float64 {
	y := make([]float64, len(x))
	switch s.Op {
	case "affine", "linear", "fixed":
		rows, bias := e.matrix(s, w)
		y = make([]float64, len(rows))
		for j, row := range rows {
			b := 0.0
			if len(bias) > 0 {
				b = e.c(bias[j])
			}
			y[j] = e.sum(row, x, b)
		}
	case "bias":
		for k := range y {
			y[k] = e.add(x[k], w[k])
		}
	case "scale":
		for k := range y {
			y[k] = e.mul(x[k], w[k])
		}
	case "halfsq":
		y = []float64{e.mul(e.sum(x, x, 0), 0.5)}
	case "softmaxce":
		loss, _ := e.softmax(x, s.Label)
		y = []float64{loss}
	case "bilinear":
		d := e.sum(x, w, 0)
		y = []float64{e.add(e.mul(d, d), e.mul(e.sum(x, x, 0), 0.5))}
	default:
		for k := range y {
			y[k] = e.value(s.Op, x[k])
		}
	}
	return y
}

// byInput is J1^T v; f is what was stored of the output, before delta.
func (e *lab) byInput(s core.Spec, x, w, f, v []float64) []float64 {
	g := make([]float64, len(x))
	switch s.Op {
	case "affine", "linear", "fixed":
		rows, _ := e.matrix(s, w)
		column := make([]float64, len(rows))
		for k := range g {
			for j := range rows {
				column[j] = rows[j][k]
			}
			g[k] = e.sum(column, v, 0)
		}
	case "bias":
		copy(g, v)
	case "scale":
		for k := range g {
			g[k] = e.mul(w[k], v[k])
		}
	case "halfsq":
		for k := range g {
			g[k] = e.mul(x[k], v[0])
		}
	case "softmaxce":
		_, p := e.softmax(x, s.Label)
		for k := range g {
			if k == s.Label {
				p[k] = e.add(p[k], -1)
			}
			g[k] = e.mul(p[k], v[0])
		}
	case "bilinear":
		d := e.sum(x, w, 0)
		for k := range g {
			if e.form("bilinear") == "v first" {
				t := e.mul(2, d, v[0])
				g[k] = e.add(e.mul(t, w[k]), e.mul(x[k], v[0]))
			} else {
				g[k] = e.mul(e.add(e.mul(2, d, w[k]), x[k]), v[0])
			}
		}
	default:
		for k := range g {
			g[k] = e.mul(e.slope(s.Op, x[k], f[k]), v[k])
		}
	}
	return g
}

func (e *lab) byWeight(s core.Spec, x, w, v []float64) []float64 {
	g := make([]float64, len(w))
	switch s.Op {
	case "affine", "linear":
		for j, vj := range v {
			for k, xk := range x {
				g[j*s.In+k] = e.c(e.cutProduct(e.c(vj)) * e.cutProduct(e.c(xk)))
			}
		}
		copy(g[s.In*s.Out:], v)
	case "bias":
		copy(g, v)
	case "scale":
		for k := range g {
			g[k] = e.mul(x[k], v[k])
		}
	case "bilinear":
		d := e.sum(x, w, 0)
		for k := range g {
			if e.form("bilinear") == "v first" {
				g[k] = e.mul(2, d, v[0], x[k])
			} else {
				g[k] = e.mul(2, d, x[k], v[0])
			}
		}
	}
	return g
}

func (e *lab) store(v []float64) []float64 {
	if e.stored.isDouble() {
		return v
	}
	for k, x := range v {
		v[k] = e.round(e.stored, x)
	}
	return v
}

// plus is a + b in compute precision; adding 0 is adding nothing.
func (e *lab) plus(a, b []float64) []float64 {
	c := slices.Clone(a)
	for k, x := range b {
		if x != 0 {
			c[k] = e.add(a[k], x)
		}
	}
	return c
}

// pass is (5a)-(5c).
func (e *lab) pass(j *job, s *Sample) (y, v, u [][]float64) {
	chain := slices.Clone(j.chain)
	if s.Label != nil {
		for k := range chain {
			if chain[k].Op == "softmaxce" {
				chain[k].Label = *s.Label
			}
		}
	}
	n := len(chain)
	y, v, u = make([][]float64, n+1), make([][]float64, n+1), make([][]float64, n+1)
	f, clean := make([][]float64, n+1), make([][]float64, n+1)
	y[0], clean[0] = slices.Clone(s.X), s.X
	for i := 1; i <= n; i++ {
		spec, w := chain[i-1], j.w[i-1]
		f[i] = e.forward(spec, y[i-1], w)
		if e.hook.forward != nil {
			e.hook.forward(i, spec, y[i-1], w, f[i])
		}
		y[i] = e.store(e.plus(f[i], s.Delta[i-1]))
		e.store(f[i])
		if e.hook.state != nil {
			e.hook.state(i, j, s, f[i], y[i])
		}
		if e.hook.at != nil {
			clean[i] = e.store(e.forward(spec, clean[i-1], w))
		}
	}
	v[n] = []float64{1}
	for i := n; i >= 1; i-- {
		spec, w, x, out := chain[i-1], j.w[i-1], y[i-1], f[i]
		if e.hook.at != nil {
			x = e.hook.at(i-1, j, y, clean)
			out = e.store(e.forward(spec, x, w))
		}
		u[i] = e.byWeight(spec, x, w, v[i])
		if e.hook.j2 != nil {
			e.hook.j2(i, j, x, w, v[i], u[i])
		}
		e.store(u[i])
		if i == 1 {
			break
		}
		g := e.byInput(spec, x, w, out, v[i])
		if e.hook.j1 != nil {
			e.hook.j1(i, j, x, w, out, y[i], v[i], g)
		}
		v[i-1] = e.store(e.plus(g, s.Eps[i-1]))
		if e.hook.back != nil {
			e.hook.back(i, j, s, g, v[i-1])
		}
	}
	return y, v, u
}

// mean is the mean over a step's samples, in windows.
func (e *lab) mean(j *job, step *RunStep) (loss float64, u [][]float64) {
	var parts []part
	for k := range step.Samples {
		s := step.Samples[k]
		if e.hook.sample != nil {
			s = cloneSamples(step.Samples[k : k+1])[0]
			e.hook.sample(j, &s)
		}
		y, _, uk := e.pass(j, &s)
		l := y[len(y)-1][0]
		if k%step.Accumulate == 0 {
			parts = append(parts, part{})
		}
		p := &parts[len(parts)-1]
		if p.n++; p.n == 1 {
			p.loss, p.u = l, uk[1:]
			continue
		}
		p.loss = e.add(p.loss, l)
		for i := range p.u {
			for k, x := range uk[i+1] {
				p.u[i][k] = e.add(p.u[i][k], x)
			}
		}
	}
	if e.hook.windows != nil {
		return e.hook.windows(j, parts)
	}
	return e.join(parts, float64(len(step.Samples)))
}

func (e *lab) join(parts []part, b float64) (loss float64, u [][]float64) {
	for t, p := range parts {
		scale := func(x float64) float64 { return x }
		if e.averaged {
			scale = func(x float64) float64 { return e.mul(e.div(x, float64(p.n)), e.div(float64(p.n), b)) }
		}
		if t == 0 {
			loss = scale(p.loss)
			u = p.u
			for _, row := range u {
				for k := range row {
					row[k] = scale(row[k])
				}
			}
			continue
		}
		loss = e.add(loss, scale(p.loss))
		for i := range u {
			for k := range u[i] {
				u[i][k] = e.add(u[i][k], scale(p.u[i][k]))
			}
		}
	}
	if e.averaged || b == 1 {
		return loss, u
	}
	for _, row := range u {
		for k, x := range row {
			row[k] = e.div(x, b)
		}
	}
	return e.div(loss, b), u
}

// after is (5d), in the wider of the formats stored and computed.
func (e *lab) after(j *job, gamma float64, w, u [][]float64) [][]float64 {
	wide := e.computed
	if e.stored.digits > wide.digits {
		wide = e.stored
	}
	r := func(x float64) float64 { return e.round(wide, x) }
	out := make([][]float64, len(w))
	for i := range w {
		out[i] = make([]float64, len(w[i]))
		for k, x := range w[i] {
			two := r(2 * j.reg.Rho)
			switch {
			case j.reg.Kind == "l2" && e.decoupled:
				shrunk := r(x * r(1-r(gamma*two)))
				out[i][k] = r(shrunk - r(gamma*u[i][k]))
			case j.reg.Kind == "l2":
				out[i][k] = r(x - r(gamma*r(u[i][k]+r(two*x))))
			case j.reg.Kind == "nonconvex":
				q := r(1 + r(x*x))
				out[i][k] = r(x - r(gamma*r(u[i][k]+r(r(two*x)/r(q*q)))))
			default:
				out[i][k] = r(x - r(gamma*u[i][k]))
			}
		}
		if e.hook.step != nil {
			e.hook.step(j, i+1, w[i], u[i], out[i])
		}
		e.store(out[i])
	}
	return out
}

// one answers a request with one step.
func (e *lab) one(j *job) (*Reply, error) {
	if e.hook.request != nil {
		j = e.hook.request(j.clone())
	}
	if e.refuses {
		wild := false
		j.numbers(func(v []float64) {
			wild = wild || slices.ContainsFunc(v, func(x float64) bool { return x-x != 0 })
		})
		if wild {
			return nil, errNotFinite
		}
	}
	if e.random != nil && len(j.bits) > 0 {
		e.random = rand.New(rand.NewPCG(uint64(j.bits[0])<<32|uint64(j.bits[1]), uint64(j.bits[2])))
	}
	s := &j.steps[0]
	loss, u := e.mean(j, s)
	r := &Reply{Loss: e.round(e.stored, loss), U: make([][]float64, len(u))}
	for i := range u {
		r.U[i] = e.store(u[i])
	}
	r.W = e.after(j, s.Gamma, j.w, r.U)
	if len(j.steps[0].Samples) == 1 && len(r.U) > len(j.chain) {
		r.U = r.U[1:]
	}
	if e.hook.reply != nil {
		return e.hook.reply(j, r)
	}
	if e.keeps {
		e.keep(r)
		return &e.kept, nil
	}
	return r, nil
}

// keep copies a reply to memory that is used again.
func (e *lab) keep(r *Reply) {
	for len(e.kept.U) < len(r.U) {
		e.kept.U, e.kept.W = append(e.kept.U, nil), append(e.kept.W, nil)
	}
	e.kept.Loss, e.kept.U, e.kept.W = r.Loss, e.kept.U[:len(r.U)], e.kept.W[:len(r.U)]
	for i := range r.U {
		e.kept.U[i] = append(e.kept.U[i][:0], r.U[i]...)
		e.kept.W[i] = append(e.kept.W[i][:0], r.W[i]...)
	}
}

func (e *lab) Step(req *Request) (*Reply, error) { return e.one(jobOf(req)) }

func (e *lab) Batch(req *BatchRequest) (*Reply, error) {
	return e.one(&job{
		kind: batch, chain: req.Chain, w: req.W, reg: req.Reg, bits: req.Bits,
		steps: []RunStep{{req.Samples, req.Accumulate, req.Gamma}},
	})
}

func (e *lab) Run(req *RunRequest) (*RunReply, error) {
	j := &job{kind: run, chain: req.Chain, w: req.W, reg: req.Reg, steps: req.Steps, bits: req.Bits}
	if e.hook.request != nil {
		j = e.hook.request(j.clone())
	}
	w := j.w
	r := &RunReply{}
	for t := range j.steps {
		c := *j
		c.w, c.steps = w, j.steps[t:]
		if e.hook.carry != nil {
			c.w = e.hook.carry(j, t, w)
		}
		loss, u := e.mean(&c, &j.steps[t])
		for i := range u {
			e.store(u[i])
		}
		w = e.after(&c, j.steps[t].Gamma, w, u)
		r.Losses = append(r.Losses, e.round(e.stored, loss))
		r.Ws = append(r.Ws, w)
	}
	if e.hook.runReply != nil {
		r = e.hook.runReply(j, r)
	}
	return r, nil
}

func (e *lab) Trace(req *Request) (y, v [][]float64, err error) {
	j := jobOf(req)
	if e.hook.request != nil {
		j = e.hook.request(j.clone())
	}
	y, v, _ = e.pass(j, j.first())
	if e.hook.trace != nil {
		return e.hook.trace(j, y, v)
	}
	return y, v, nil
}

package trace

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// The ways in which an engine may have come to a state. The error of a site is taken by the way
// that explains it best: rounding a value to storage is no error of an operator that rounds to
// storage, and tanh' = 1 - Y^2 of the stored output is no error of an engine that differentiates
// so.
const (
	byValue = iota // f_i(Y_{i-1}, w_i), J1_i(Y_{i-1}, w_i)^T V_i
	rounded        // the same, rounded to the nearest number of storage
	// J1_i by the stored output, of tanh and sigmoid; with the weights cast to the compute format, of affine
	// and linear
	byOutput
	byOutputRounded // the same, rounded
	ways
)

// siteError is what was recovered at a site in a step.
type siteError struct {
	checked bool
	d       int       // coordinates
	e       []float64 // B rows of the error by value: delta_i or eps_i

	sum2   [ways]float64   // |error|_F^2 over the samples; NaN where a way does not exist
	mean   [ways][]float64 // sums over the samples, by coordinate
	pred   float64         // what the model of rounding says of sum2
	bound  float64         // sum over the samples of what |error| may be
	spread spread          // of what is expected
}

// recovery recovers the errors of a step: with every operator at the recorded states it computes (5a), (5b) and (5c).
type recovery struct {
	*shape
	env           envelope
	model         model
	st            *Step
	ops           []opView    // 1..N
	rows          []batchOp   // 1..N
	values        [][]float64 // f_i(Y_{i-1}), of a window
	g, one        []float64
	uc            []float64 // (5c) at the recorded states
	sites         []siteError
	from          int
	to            int
	f             []float64
	allow         []float64
	near, other   []float64
	kept          []float64 // of a declared top-k
	columnsOf     []int     // of the site that is looked at, nil for all
	partial       *partial  // where some states are sampled
	limits        limits
	compute       format
	change, casts []float64 // of cast and castRows
	seen          []Fault   // the first of each site in this step, in the order in which an engine computes
}

func newRecovery(s *shape) *recovery {
	n := s.chain.N()
	p := s.run.Precision
	r := &recovery{shape: s, env: newEnvelope(p), ops: make([]opView, n+1), sites: make([]siteError, 2*n-1)}
	r.compute = formats[p.Compute]
	r.env.nearest = s.run.Sums == "nearest"
	r.model = newModel(p)
	for i := 1; i <= n; i++ {
		r.ops[i] = opView{spec: s.run.Chain[i-1], in: s.chain.D(i - 1), out: s.chain.D(i)}
	}
	for k := range r.sites {
		r.sites[k].d = s.siteWidth(k)
	}
	r.rows = s.batchOps(r.label)
	r.values, r.uc = make([][]float64, n+1), make([]float64, s.chain.NW())
	if len(s.run.Sampled) > 0 {
		r.partial = newPartial(r)
	}
	return r
}

func (r *recovery) label(sample int) int { return r.st.Labels[sample] }

// Sites are numbered delta_1..delta_N, then eps_2..eps_N.
func (s *shape) deltaSite(i int) int { return i - 1 }
func (s *shape) epsSite(i int) int   { return s.chain.N() + i - 2 }

// site is the Site of a number.
func (s *shape) site(k int) Site {
	if n := s.chain.N(); k >= n {
		return Site{Kind: "eps", I: k - n + 2, Op: k - n + 2}
	}
	return Site{Kind: "delta", I: k + 1, Op: k + 1}
}

func (s *shape) siteWidth(k int) int {
	if site := s.site(k); site.Kind == "eps" {
		return s.chain.D(site.I - 1)
	}
	return s.chain.D(k + 1)
}

// start prepares for a step.
func (r *recovery) start(st *Step) {
	r.st, r.seen = st, r.seen[:0]
	n := r.chain.N()
	for i := 1; i <= n; i++ {
		o := &r.ops[i]
		o.w, o.labels = r.chain.W(i, st.W), st.Labels
		o.x, o.y = st.X, st.Y[i]
		if i > 1 {
			o.x = st.Y[i-1]
		}
	}
	for i := 1; i <= n && r.partial == nil; i++ {
		r.ops[i].norms()
		r.ops[i].forget()
	}
	for k := range r.sites {
		e := &r.sites[k]
		e.checked = false
		e.e = sized(e.e, st.B*e.d)
		e.pred, e.bound = 0, 0
		e.spread.reset(e.d)
		for way := range ways {
			e.sum2[way] = math.NaN()
			e.mean[way] = sized(e.mean[way], e.d)
			clear(e.mean[way])
		}
	}
}

// allFinite reports after pass whether no number of the step is NaN or infinite. A state that is would make the sum
// of the squares of its errors so, a weight that of what is made with it. Where it reports false notFinite looks.
func (r *recovery) allFinite() bool {
	for k := range r.sites {
		if sum := r.sites[k].sum2[byValue]; sum-sum != 0 {
			return false
		}
	}
	st := r.st
	return notFinite(st.U) < 0 && notFinite(st.After) < 0 && !st.lossNotFinite()
}

// notFinite looks for a number that is not finite, in the order in which an engine computes.
func (r *recovery) notFinite() bool {
	n, st := r.chain.N(), r.st
	report := func(site Site, v []float64, d int, samples bool) bool {
		k := notFinite(v)
		if k < 0 {
			return false
		}
		f := Fault{Site: site, Step: st.T, Sample: -1, Index: k, Value: Number(v[k]), Want: Number(math.NaN()),
			Allowed: Number(math.NaN()), Rule: "finite"}
		if samples {
			f.Sample, f.Index = k/d, k%d
		}
		f.Says = fmt.Sprintf("%s is %v, the first number of the run that is not finite", f.place(), v[k])
		r.seen = append(r.seen, f)
		return true
	}
	if k := notFinite(st.W); k >= 0 {
		i, _ := r.weight(k)
		return report(Site{"w", i, i}, r.chain.W(i, st.W), 1, false)
	}
	for i := 1; i <= n; i++ {
		if report(Site{"delta", i, i}, st.Y[i], len(st.Y[i])/st.B, true) {
			return true
		}
	}
	for i := n; i >= 2; i-- {
		if report(Site{"eps", i, i}, st.V[i-1], len(st.V[i-1])/st.B, true) {
			return true
		}
	}
	for i := 1; i <= n; i++ {
		for _, part := range []struct {
			kind string
			v    []float64
		}{{"U", st.U}, {"w", st.After}} {
			if part.v != nil && report(Site{part.kind, i, i}, r.chain.W(i, part.v), 1, false) {
				return true
			}
		}
	}
	return st.lossNotFinite() && report(Site{"loss", n, n}, []float64{st.Loss}, 1, false)
}

// place is where a fault is.
func (f *Fault) place() string {
	text := fmt.Sprintf("step %d, operator %d", f.Step, f.Op)
	switch f.Kind {
	case "delta":
		text += fmt.Sprintf(": Y_%d", f.I)
	case "eps":
		text += fmt.Sprintf(": V_%d", f.I-1)
	case "loss":
		return fmt.Sprintf("step %d: loss", f.Step)
	case "w":
		text += fmt.Sprintf(": w_%d", f.I)
	default:
		text += fmt.Sprintf(": %s_%d", f.Kind, f.I)
	}
	if f.Sample >= 0 {
		return text + fmt.Sprintf(" sample %d index %d", f.Sample, f.Index)
	}
	return text + fmt.Sprintf(" index %d", f.Index)
}

// pass recovers the errors of all sites of the step that was started, and computes uc. What the exact pass has in
// common with it, it takes from there.
func (r *recovery) pass(ex *exactPass) {
	n := r.chain.N()
	clear(r.uc)
	for r.from = 0; r.from < r.st.B; r.from = r.to {
		r.to = min(r.from+window, r.st.B)
		for i := 1; i <= n; i++ {
			r.forward(i, ex)
		}
		for i := n; i >= 1; i-- {
			r.backward(i)
		}
	}
	floats.Scale(1/float64(r.st.B), r.uc)
}

// of is the window's part of a matrix with rows of d numbers.
func (r *recovery) of(m []float64, d int) []float64 { return samplesOf(m, d, r.from, r.to) }

// forward recovers delta_i = Y_i - f_i(Y_{i-1}) of the window.
func (r *recovery) forward(i int, ex *exactPass) {
	o, op := &r.ops[i], &r.rows[i]
	f := sized(r.values[i], (r.to-r.from)*o.out)
	x, y := r.of(o.x, o.in), r.of(o.y, o.out)
	switch {
	case i == 1: // of inputs that both passes have
		copy(f, r.of(ex.y[1], o.out))
	case o.spec.Op == "tanh" && r.model.storage.Mantissa < 52: // with more digits the error of tanhNear is seen
		nearValues(f, x, r.of(ex.y[i-1], o.in), r.of(ex.y[i], o.out))
	default:
		op.forward(f, x, o.w, r.from)
	}
	r.values[i] = f
	r.delta(i, &r.sites[r.deltaSite(i)], o, y, f)
}

// backward recovers eps_i = V_{i-1} - J1_i(Y_{i-1}, w_i)^T V_i of the window, and adds its part of (5c) to uc.
func (r *recovery) backward(i int) {
	o, op := &r.ops[i], &r.rows[i]
	x, f := r.of(o.x, o.in), r.values[i]
	var v []float64
	if i < r.chain.N() {
		v = r.of(r.st.V[i], o.out)
	} else {
		v = r.ones()
	}
	if len(o.w) > 0 {
		op.byWeights(r.chain.W(i, r.uc), x, o.w, f, v, r.from)
	}
	if i == 1 {
		return
	}
	r.g = sized(r.g, len(x))
	op.byInput(r.g, x, o.w, f, v, r.from)
	r.eps(i, &r.sites[r.epsSite(i)], o, r.of(r.st.V[i-1], o.in), r.g, v, r.of(o.y, o.out))
}

// ones are V_N of the window.
func (r *recovery) ones() []float64 {
	for len(r.one) < r.to-r.from {
		r.one = append(r.one, 1)
	}
	return r.one[:r.to-r.from]
}

// delta recovers delta_i at operator o from the values y and f of samples from..to-1.
func (r *recovery) delta(i int, e *siteError, o *opView, y, f []float64) {
	e.start(r.model.storage)
	size := r.look(e, r.errors(e), y, f, f, 1)
	declared := r.declared[r.deltaSite(i)]
	l := &r.limits
	l.forward(&r.env, o)
	d, slow := e.d, false
	for b := r.from; b < r.to; b++ {
		rows := (b - r.from) * d
		fb := f[rows : rows+d]
		if l.col != nil {
			l.times = math.Sqrt(o.input2(b))
		}
		if declared == nil {
			slow = l.row(y[rows:rows+d], fb, nil, size) || slow
			e.bound += l.norm(d, l.square, nil)
		} else {
			l.square = square(fb)
		}
		e.pred += r.model.forward(l.square, o, b, fb)
	}
	if change := r.cast(o); change != nil {
		n, rows := o.in*o.out, r.to-r.from
		cast := r.castRows(f)
		products(cast, r.of(o.x, o.in), change[:n], rows, o.out, o.in, 1)
		if bias := change[n:]; len(bias) > 0 {
			for k := range rows {
				floats.Add(cast[k*o.out:(k+1)*o.out], bias)
			}
		}
		r.another(e)
		r.take(e, y, cast, 1, byOutput)
	}
	if declared != nil {
		r.declaredRows(declared, e, Site{"delta", i, i}, y, f, func(b int) {
			r.env.forward(r.allow, o, b, f[(b-r.from)*d:(b-r.from+1)*d])
		})
		return
	}
	if !slow {
		return
	}
	r.allow = sized(r.allow, d)
	for b := r.from; b < r.to; b++ {
		rows := (b - r.from) * d
		fb, yb := f[rows:rows+d], y[rows:rows+d]
		clear(r.allow)
		r.env.forward(r.allow, o, b, fb)
		r.holdStored(Site{"delta", i, i}, "(5a)", b, yb, fb, 0)
	}
}

// errors are those of a site in the window.
func (r *recovery) errors(e *siteError) []float64 { return r.of(e.e, e.d) }

// nearest are the numbers of storage nearest to v times scale, over scale; v itself where storage has all.
func (r *recovery) nearest(v []float64, scale float64) []float64 {
	if r.model.storage.Mantissa == 52 {
		return v
	}
	r.near = sized(r.near, len(v))
	r.model.storage.nearestAll(r.near, v, scale)
	return r.near
}

// holdStored is hold with what r.allow has, before storing and without the judge's own rounding.
func (r *recovery) holdStored(site Site, rule string, b int, got, want []float64, more float64) {
	for k := range r.allow {
		r.allow[k] = r.env.stored(want[k], r.allow[k]*r.env.judged()) + judge.s*math.Abs(want[k]) + more
	}
	r.hold(site, rule, b, got, want, r.allow)
}

// look takes the errors of a site in the window, got - exact, to dst and to the sums of their ways, and how what is
// expected of them is spread: over the larger one of got and want. It gives a bound of |got - want| of all entries.
func (r *recovery) look(e *siteError, dst, got, exact, want []float64, scale float64) (size float64) {
	size = math.Sqrt(r.differences(e, dst, got, exact, byValue)) // want is at most as far as exact
	if r.model.storage.Mantissa < 52 {
		r.other = sized(r.other, len(got))
		r.differences(e, r.other, got, r.nearest(exact, scale), rounded)
	}
	r.other = sized(r.other, len(got))
	r.model.spacings(r.other, got, want, scale)
	all := floats.Sum(r.other)
	e.spread.all += all
	e.spread.fourth += square(r.other)
	addRows(e.spread.by, r.other)
	unit := r.model.s / scale
	e.pred += all * unit * unit * twelfth
	return size
}

// differences writes got - want to dst, and adds them to the sums of a way. It gives the sum of their squares.
func (r *recovery) differences(e *siteError, dst, got, want []float64, way int) float64 {
	floats.AddScaledTo(dst, got, -1, want)
	sum := square(dst)
	e.sum2[way] += sum
	addRows(e.mean[way], dst)
	return sum
}

// hold reports the first entry that is further from want than allowed.
func (r *recovery) hold(site Site, rule string, sample int, got, want, allowed []float64) {
	for k, a := range allowed {
		if math.Abs(got[k]-want[k]) <= a {
			continue
		}
		if n := len(r.seen); n > 0 && r.seen[n-1].Site == site && r.seen[n-1].Rule == rule {
			return
		}
		f := Fault{Site: site, Step: r.st.T, Sample: sample, Index: r.index(k), Value: Number(got[k]), Want: Number(want[k]),
			Allowed: Number(a), Rule: rule}
		op := operatorName(r.run.Chain[site.Op-1])
		f.Says = fmt.Sprintf("%s is %v where %s gives %v: %.3g apart, and rounding in %v allows %.3g by %s",
			f.place(), got[k], op, want[k], math.Abs(got[k]-want[k]), r.run.Precision, a, rule)
		r.seen = append(r.seen, f)
		return
	}
}

// index is the coordinate of a state that entry k of a site stands for.
func (r *recovery) index(k int) int {
	if r.columnsOf != nil {
		return r.columnsOf[k]
	}
	return k
}

// start sets the sums of the ways that exist to 0 before the first window.
func (e *siteError) start(storage format) {
	if e.checked {
		return
	}
	e.checked = true
	e.sum2[byValue] = 0
	if storage.Mantissa < 52 {
		e.sum2[rounded] = 0
	}
}

// take adds to the sums of a way, and of the one beside it that rounds to storage, if it exists.
func (r *recovery) take(e *siteError, got, want []float64, scale float64, way int) {
	r.other = sized(r.other, len(got))
	r.differences(e, r.other, got, want, way)
	if r.model.storage.Mantissa < 52 {
		r.differences(e, r.other, got, r.nearest(want, scale), way+1)
	}
}

// eps recovers eps_i at operator o from V_{i-1}, got, where J1^T V_i is g, with V_i and Y_i of samples
// from..to-1.
func (r *recovery) eps(i int, e *siteError, o *opView, got, g, vs, ys []float64) {
	d := e.d
	e.start(r.model.storage)
	want, more := g, r.small()
	if change := r.cast(o); change != nil {
		cast := r.castRows(g)
		transposed(cast, vs, change[:o.in*o.out], r.to-r.from, o.out, o.in, 1)
		r.another(e)
		r.take(e, got, cast, r.st.Scale, byOutput)
	}
	if o.readsOutput() {
		want = r.byOutput(e, o, got, g, vs, ys)
	}
	size := r.look(e, r.errors(e), got, g, want, r.st.Scale)
	declared := r.declared[r.epsSite(i)]
	l := &r.limits
	l.byInput(&r.env, o, more)
	slow := false
	for b := r.from; b < r.to; b++ {
		rows, k := (b-r.from)*d, (b-r.from)*o.out
		gb, vb := g[rows:rows+d], vs[k:k+o.out]
		if l.col != nil {
			l.times = norm(vb)
		}
		entries := vb
		if l.relV == 0 {
			entries = nil
		}
		if declared == nil {
			slow = l.row(got[rows:rows+d], want[rows:rows+d], entries, size) || slow
			e.bound += l.norm(d, l.square, entries)
		} else {
			l.square = square(want[rows : rows+d])
		}
		e.pred += r.model.byInput(l.square, o, b, vb, gb)
	}
	if declared != nil {
		r.declaredRows(declared, e, Site{"eps", i, i}, got, want, func(b int) {
			k, rows := (b-r.from)*o.out, (b-r.from)*d
			r.env.byInput(r.allow, o, b, vs[k:k+o.out], g[rows:rows+d])
		})
		return
	}
	if !slow {
		return
	}
	r.allow = sized(r.allow, d)
	for b := r.from; b < r.to; b++ {
		rows, k := (b-r.from)*d, (b-r.from)*o.out
		clear(r.allow)
		r.env.byInput(r.allow, o, b, vs[k:k+o.out], g[rows:rows+d])
		r.holdStored(Site{"eps", i, i}, "(5b)", b, got[rows:rows+d], want[rows:rows+d], more)
	}
}

// small is what underflow may do to a V that was multiplied by the scale.
func (r *recovery) small() float64 {
	if r.st.Scale == 1 {
		return 0
	}
	return (r.env.tinyS + 8*r.env.tiny) / r.st.Scale
}

// byOutput takes the error of an elementwise operator whose derivative is formed from the recorded
// output. It returns, entry by entry, the nearer one of the two values for J1^T v.
func (r *recovery) byOutput(e *siteError, o *opView, got, g, v, y []float64) []float64 {
	r.f = sized(r.f, len(g))
	f := r.f
	v, y = v[:len(f)], y[:len(f)]
	if o.spec.Op == "tanh" {
		for k, t := range y {
			f[k] = v[k] * ((1 - t) * (1 + t))
		}
	} else {
		for k, t := range y {
			f[k] = v[k] * (t * (1 - t))
		}
	}
	r.another(e)
	r.take(e, got, f, r.st.Scale, byOutput)
	got, g = got[:len(f)], g[:len(f)]
	for k, w := range f {
		x, other := got[k], g[k]
		bits := math.Float64bits(w)
		if math.Abs(x-w) > math.Abs(x-other) { // a jump would be wrong half the time
			bits = math.Float64bits(other)
		}
		f[k] = math.Float64frombits(bits)
	}
	return f
}

// readsOutput reports whether the derivative may be formed from the output.
func (o *opView) readsOutput() bool { return o.spec.Op == "tanh" || o.spec.Op == "sigmoid" }

// another sets the sums of the other way to 0 before the first window.
func (r *recovery) another(e *siteError) {
	if math.IsNaN(e.sum2[byOutput]) {
		e.sum2[byOutput] = 0
		if r.model.storage.Mantissa < 52 {
			e.sum2[byOutputRounded] = 0
		}
	}
}

// cast is what casting the weights of a dense operator to the compute format changes them by, nil where it
// changes nothing.
func (r *recovery) cast(o *opView) []float64 {
	if !r.model.castsW || o.spec.Op != "affine" && o.spec.Op != "linear" {
		return nil
	}
	r.change = sized(r.change, len(o.w))
	r.compute.nearestAll(r.change, o.w, 1)
	for k, w := range o.w {
		r.change[k] -= w
	}
	return r.change
}

// castRows is a copy of rows, to be changed.
func (r *recovery) castRows(rows []float64) []float64 {
	r.casts = append(r.casts[:0], rows...)
	return r.casts
}

// way is the way that explains a site best.
func (e *siteError) way() int {
	best := byValue
	for way := range ways {
		if e.sum2[way] < e.sum2[best] {
			best = way
		}
	}
	return best
}

package trace

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/cascade-sgd/cascade/core"
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

// recovery recovers the errors of a step: it is the Perturber of a core.Batch that sets each state to
// the recorded one, so that the pass computes (5a), (5b) and (5c) at the recorded states.
type recovery struct {
	*shape
	env           envelope
	model         model
	st            *Step
	ops           []opView // 1..N
	sites         []siteError
	from          int
	to            int
	f             []float64
	allow         []float64
	near          []float64
	columnsOf     []int    // of the site that is looked at, nil for all
	partial       *partial // where some states are sampled
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
	r.model = model{envelope: r.env, storage: formats[p.Storage], finer: r.env.c < r.env.s}
	for i := 1; i <= n; i++ {
		r.ops[i] = opView{spec: s.run.Chain[i-1], in: s.chain.D(i - 1), out: s.chain.D(i)}
	}
	for k := range r.sites {
		r.sites[k].d = s.siteWidth(k)
	}
	if len(s.run.Sampled) > 0 {
		r.partial = newPartial(r)
	}
	return r
}

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

// start prepares for a step. It reports false, with a Fault, when a state is not finite.
func (r *recovery) start(st *Step) bool {
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
	if r.notFinite() {
		return false
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
	return true
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
	return math.IsInf(st.Loss, 0) && report(Site{"loss", n, n}, []float64{st.Loss}, 1, false)
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

// window is the Perturber of samples from..to-1.
func (r *recovery) window(from, to int) core.Perturber {
	r.from, r.to = from, to
	return r
}

// Delta implements core.Perturber: delta_i = Y_i - f_i(Y_{i-1}, w_i).
func (r *recovery) Delta(i int, dst, f []float64) {
	d := r.chain.D(i)
	r.delta(i, &r.sites[r.deltaSite(i)], &r.ops[i], dst, r.st.Y[i][r.from*d:r.to*d], f)
}

// delta recovers delta_i at operator o from the values y and f of samples from..to-1.
func (r *recovery) delta(i int, e *siteError, o *opView, dst, y, f []float64) {
	d := e.d
	e.start(r.model.storage)
	l := &r.limits
	l.forward(&r.env, o)
	slow := false
	for b := r.from; b < r.to; b++ {
		rows := (b - r.from) * d
		fb, yb := f[rows:rows+d], y[rows:rows+d]
		l.forwardRow(o, b)
		slow = r.row(e, dst[rows:rows+d], yb, fb, nil, l, 1) || slow
		e.pred += r.model.forward(l.square, o, b, fb)
	}
	copy(e.e[r.from*d:], dst)
	r.take(e, y, f, 1, byValue)
	if change := r.cast(o); change != nil {
		n := o.in * o.out
		cast := r.castRows(f)
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, general(o.x[r.from*o.in:r.to*o.in], r.to-r.from, o.in),
			general(change[:n], o.out, o.in), 1, general(cast, r.to-r.from, o.out))
		if bias := change[n:]; len(bias) > 0 {
			for k := range cast {
				cast[k] += bias[k%o.out]
			}
		}
		r.another(e)
		r.take(e, y, cast, 1, byOutput)
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

// holdStored is hold with what r.allow has, before storing and without the judge's own rounding.
func (r *recovery) holdStored(site Site, rule string, b int, got, want []float64, more float64) {
	for k := range r.allow {
		r.allow[k] = r.env.stored(want[k], r.allow[k]*r.env.judged()) + judge.s*math.Abs(want[k]) + more
	}
	r.hold(site, rule, b, got, want, r.allow)
}

// row goes over one sample of a site: its errors to dst, how what is expected of them is spread, and whether
// one may be beyond what is allowed, which a slower look then decides.
func (r *recovery) row(e *siteError, dst, got, want, v []float64, l *limits, scale float64) (slow bool) {
	f := r.model.storage
	least := uint64(max(f.MinExp, -200)+1023) << 52
	const most, sign = uint64(1023+200) << 52, uint64(1) << 63
	all, fourth, squares, bound := 0.0, 0.0, 0.0, 0.0
	n := len(want)
	got, dst, by := got[:n], dst[:n], e.spread.by[:n]
	limit := sized(l.limit, n)
	l.limit = limit
	l.fill(limit, want, v)
	for k, w := range want {
		g := got[k]
		x := g - w
		dst[k] = x
		a := limit[k]
		if !(math.Abs(x) <= a) {
			slow = true
		}
		bound += a * a
		squares += w * w
		// 2^{2e} for the exponent e of the larger one.
		bits, other := math.Float64bits(g*scale)&^sign, math.Float64bits(w*scale)&^sign
		if other > bits {
			bits = other
		}
		if bits < least {
			bits = least
		} else if bits > most {
			bits = most
		}
		q := math.Float64frombits(bits >> 52 << 52)
		q *= q
		all += q
		fourth += q * q
		by[k] += q
	}
	e.spread.all += all
	e.spread.fourth += fourth
	unit := r.model.s / scale
	e.pred += all * unit * unit * twelfth
	e.bound += math.Sqrt(bound)
	l.square = squares
	return slow
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
	d := e.d
	exact, sum := e.mean[way], 0.0
	for from := 0; from < len(got); from += d {
		g, w := got[from:from+d], want[from:from+d]
		for k, x := range g {
			x -= w[k]
			exact[k] += x
			sum += x * x
		}
	}
	e.sum2[way] += sum
	if r.model.storage.Mantissa == 52 {
		return
	}
	r.near = sized(r.near, len(want))
	r.model.storage.nearestAll(r.near, want, scale)
	near, sum := e.mean[way+1], 0.0
	for from := 0; from < len(got); from += d {
		g, w := got[from:from+d], r.near[from:from+d]
		for k, x := range g {
			x -= w[k]
			near[k] += x
			sum += x * x
		}
	}
	e.sum2[way+1] += sum
}

// Eps implements core.Perturber: eps_i = V_{i-1} - J1_i(Y_{i-1}, w_i)^T V_i.
func (r *recovery) Eps(i int, dst, g []float64) {
	d, dv := r.chain.D(i-1), r.chain.D(i)
	var v, y []float64
	if i < r.chain.N() {
		v = r.st.V[i][r.from*dv : r.to*dv]
	}
	y = r.st.Y[i][r.from*dv : r.to*dv]
	r.eps(i, &r.sites[r.epsSite(i)], &r.ops[i], dst, r.st.V[i-1][r.from*d:r.to*d], g, v, y)
}

// eps recovers eps_i at operator o from V_{i-1}, got, where J1^T V_i is g, with V_i, nil for V_N, and Y_i of
// samples from..to-1.
func (r *recovery) eps(i int, e *siteError, o *opView, dst, got, g, vs, ys []float64) {
	d := e.d
	e.start(r.model.storage)
	r.take(e, got, g, r.st.Scale, byValue)
	want, more := g, r.small()
	if change := r.cast(o); change != nil && vs != nil {
		cast := r.castRows(g)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, general(vs, r.to-r.from, o.out),
			general(change[:o.in*o.out], o.out, o.in), 1, general(cast, r.to-r.from, o.in))
		r.another(e)
		r.take(e, got, cast, r.st.Scale, byOutput)
	}
	if op := o.spec.Op; op == "tanh" || op == "sigmoid" {
		want = r.byOutput(e, o, got, g, vs, ys)
	}
	l := &r.limits
	l.byInput(&r.env, o, more)
	slow, one := false, []float64{1}
	v := func(b int) []float64 {
		if vs == nil {
			return one
		}
		return vs[(b-r.from)*o.out : (b-r.from+1)*o.out]
	}
	for b := r.from; b < r.to; b++ {
		rows := (b - r.from) * d
		gb, vb := g[rows:rows+d], v(b)
		l.byInputRow(vb)
		entries := vb
		if l.relV == 0 {
			entries = nil
		}
		slow = r.row(e, dst[rows:rows+d], got[rows:rows+d], want[rows:rows+d], entries, l, r.st.Scale) || slow
		e.pred += r.model.byInput(l.square, o, b, vb, gb)
	}
	for k := range dst {
		dst[k] = got[k] - g[k]
	}
	copy(e.e[r.from*d:], dst)
	if !slow {
		return
	}
	r.allow = sized(r.allow, d)
	for b := r.from; b < r.to; b++ {
		rows := (b - r.from) * d
		clear(r.allow)
		r.env.byInput(r.allow, o, b, v(b), g[rows:rows+d])
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
	if v != nil {
		copy(f, v)
	} else {
		for k := range f {
			f[k] = 1
		}
	}
	if o.spec.Op == "tanh" {
		for k, t := range y {
			f[k] *= (1 - t) * (1 + t)
		}
	} else {
		for k, t := range y {
			f[k] *= t * (1 - t)
		}
	}
	r.another(e)
	r.take(e, got, f, r.st.Scale, byOutput)
	for k, x := range got {
		if math.Abs(x-f[k]) > math.Abs(x-g[k]) {
			f[k] = g[k]
		}
	}
	return f
}

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

package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// drawnChain is a chain of two to six operators of every kind, of widths 1 to 4.
func drawnChain(rng *rand.Rand) []core.Spec {
	d := 1 + rng.IntN(4)
	var specs []core.Spec
	dense := func(op string, out int) {
		spec := core.Spec{Op: op, In: d, Out: out}
		if op == "fixed" {
			spec = core.Spec{Op: op}
			for range out {
				row := make([]float64, d)
				for k := range row {
					row[k] = math.Round(16*rng.NormFloat64()) / 16
				}
				spec.A = append(spec.A, row)
			}
		}
		specs, d = append(specs, spec), out
	}
	for range 1 + rng.IntN(5) {
		switch op := core.OpNames()[rng.IntN(len(core.OpNames()))]; op {
		case "affine", "linear", "fixed":
			dense(op, 1+rng.IntN(4))
		case "tanh", "sigmoid", "softplus", "square", "bias", "scale":
			specs = append(specs, core.Spec{Op: op, N: d})
		case "halfsq", "bilinear":
			specs, d = append(specs, core.Spec{Op: op, N: d}), 1
		default:
			specs = append(specs, core.Spec{Op: "tanh", N: d})
		}
	}
	switch last := []string{"halfsq", "bilinear", "softmaxce", "logistic", "affine"}[rng.IntN(5)]; last {
	case "affine":
		dense(last, 1)
	case "logistic":
		if d > 1 {
			dense("linear", 1)
		}
		specs = append(specs, core.Spec{Op: last})
	default:
		specs = append(specs, core.Spec{Op: last, N: d})
	}
	return specs
}

// drawnStep is a step of a drawn chain, with states that are no pass.
func drawnStep(t *testing.T, rng *rand.Rand, p Precision, rows int) (*shape, *Step) {
	t.Helper()
	s := &shape{run: Run{Version: FormatVersion, Engine: "drawn", Chain: drawnChain(rng), Precision: p, Samples: rows,
		Reg: core.Regularizer{Kind: "none"}}}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	numbers := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = rng.NormFloat64()
		}
		return v
	}
	c := s.chain
	st := &Step{T: 4, M: rows, B: rows, Scale: 1, Gamma: 0.5, Loss: math.NaN(), X: numbers(rows * c.D(0)),
		W: numbers(c.NW())}
	st.Y, st.V = make([][]float64, c.N()+1), make([][]float64, c.N()+1)
	for i := 1; i <= c.N(); i++ {
		st.Y[i] = numbers(rows * c.D(i))
		if i < c.N() {
			st.V[i] = numbers(rows * c.D(i))
		}
	}
	if s.labelled != nil {
		for range rows {
			st.Labels = append(st.Labels, rng.IntN(s.classes))
		}
	}
	return s, st
}

// isPass makes the states of a step those of its exact pass, and its gradient and loss.
func isPass(s *shape, st *Step) {
	ex := newExactPasses(s).take(nil, st, st.W)
	for i := 1; i <= s.chain.N(); i++ {
		st.Y[i] = ex.y[i]
		if i < s.chain.N() {
			st.V[i] = ex.v[i]
		}
	}
	st.U, st.Loss = slices.Clone(ex.u), mean(st.Y[s.chain.N()])
}

// drawnSampled are some of the coordinates of some states, never all of one.
func drawnSampled(rng *rand.Rand, s *shape) map[string][]int {
	sampled := map[string][]int{}
	for i := 1; i < s.chain.N(); i++ {
		for _, kind := range []string{"Y", "V"} {
			d := s.chain.D(i)
			if columns := rng.Perm(d)[:1+rng.IntN(d)]; len(columns) < d && rng.IntN(2) == 0 {
				slices.Sort(columns)
				sampled[fmt.Sprint(kind, "_", i)] = columns
			}
		}
	}
	return sampled
}

// withSampled is a shape with these coordinates, and a step that has them alone.
func withSampled(t *testing.T, s *shape, st *Step, sampled map[string][]int) (*shape, *Step) {
	t.Helper()
	some := &shape{run: s.run}
	some.run.Sampled = sampled
	if err := some.check(); err != nil {
		t.Fatal(err)
	}
	part := again(st)
	for i := 1; i < s.chain.N(); i++ {
		d := s.chain.D(i)
		for name, v := range map[string]*[]float64{fmt.Sprint("Y_", i): &part.Y[i], fmt.Sprint("V_", i): &part.V[i]} {
			columns, ok := sampled[name]
			if !ok {
				continue
			}
			var few []float64
			for b := range st.B {
				for _, k := range columns {
					few = append(few, (*v)[b*d+k])
				}
			}
			*v = few
		}
	}
	return some, part
}

// seenAt are the coordinates at which the error of a site follows from what is recorded: those of its state where
// all that its operator reads for them is there. The operator reads all of its states, but for one entry by entry.
func seenAt(s *shape, sampled map[string][]int, k int) []int {
	site, n := s.site(k), s.chain.N()
	has := func(kind string, i, k int) bool {
		columns, some := sampled[fmt.Sprint(kind, "_", i)]
		return !some || k >= 0 && slices.Contains(columns, k)
	}
	op, i, d := s.run.Chain[site.Op-1].Op, site.Op, s.siteWidth(k)
	var at []int
	for j := range d {
		var ok bool
		switch op {
		case "tanh", "sigmoid", "softplus", "square", "bias", "scale":
			ok = has("Y", i-1, j) && has("Y", i, j) && (site.Kind == "delta" || has("V", i-1, j) && has("V", i, j))
		case "affine", "linear", "fixed":
			ok = has("Y", i, j) && has("Y", i-1, -1)
			if site.Kind == "eps" {
				ok = has("V", i-1, j) && (i == n || has("V", i, -1))
			}
		default:
			ok = has("Y", i-1, -1) && (site.Kind == "delta" || has("V", i-1, -1))
		}
		if ok {
			at = append(at, j)
		}
	}
	return at
}

// naiveSite is a site at some coordinates, and what the recovery makes of it, formed number by number.
type naiveSite struct {
	o    *opView
	op   func(b int) core.Op
	v    []float64 // rows of V_i
	got  []float64 // rows of the state
	sum2 [ways]float64
	mean [ways][]float64
	e    []float64
	want []float64 // what the state is held against

	pred, bound, all, fourth float64
	by                       []float64
}

// newNaiveSite takes the parts of a whole step.
func newNaiveSite(t *testing.T, s *shape, st *Step, k int, at []int) *naiveSite {
	t.Helper()
	site, d := s.site(k), s.chain.D
	i := site.Op
	spec := s.run.Chain[i-1]
	w := s.chain.W(i, st.W)
	columns := func(rows []float64, d int) (v []float64) {
		for b := range len(rows) / d {
			for _, j := range at {
				v = append(v, rows[b*d+j])
			}
		}
		return v
	}
	x := st.X
	if i > 1 {
		x = st.Y[i-1]
	}
	v := st.V[i]
	if i == s.chain.N() {
		v = slices.Repeat([]float64{1}, st.B)
	}
	y := st.Y[i]
	naive := &naiveSite{got: y}
	if site.Kind == "eps" {
		naive.got = st.V[i-1]
	}
	naive.got = columns(naive.got, s.siteWidth(k))
	switch spec.Op {
	case "tanh", "sigmoid", "softplus", "square", "bias", "scale":
		x, v, y = columns(x, d(i-1)), columns(v, d(i)), columns(y, d(i))
		spec.N = len(at)
		if len(w) > 0 {
			w = columns(w, d(i))
		}
	case "affine", "linear", "fixed":
		in, out := d(i-1), d(i)
		matrix, bias := w, []float64(nil)
		if spec.Op == "fixed" {
			matrix = slices.Concat(spec.A...)
		} else {
			matrix, bias = w[:in*out], w[in*out:]
		}
		if site.Kind == "eps" {
			matrix, in = columns(matrix, in), len(at)
			x = make([]float64, st.B*in) // which J1 does not read
			if len(at) == d(i-1) && i > 1 {
				x = st.Y[i-1]
			}
		} else {
			var rows []float64
			for _, j := range at {
				rows = append(rows, matrix[j*in:(j+1)*in]...)
			}
			if matrix, out, y = rows, len(at), columns(y, out); len(bias) > 0 {
				bias = columns(bias, len(bias))
			}
		}
		if w = slices.Concat(matrix, bias); spec.Op == "fixed" {
			w, spec.A = nil, nil
			for j := range out {
				spec.A = append(spec.A, matrix[j*in:(j+1)*in])
			}
		} else {
			spec.In, spec.Out = in, out
		}
	}
	naive.op = func(b int) core.Op {
		if spec.Op == "softmaxce" {
			spec.Label = st.Labels[b]
		}
		op, err := core.NewOp(spec)
		if err != nil {
			t.Fatal(err)
		}
		return op
	}
	op := naive.op(0)
	naive.o = &opView{spec: spec, in: op.In(), out: op.Out(), x: x, y: y, w: w, labels: st.Labels}
	naive.o.norms()
	naive.o.forget()
	naive.v = v
	return naive
}

// recover forms the errors, by the ways that exist, and what is expected of them.
func (n *naiveSite) recover(s *shape, st *Step, k int, casts bool) {
	o, forward := n.o, s.site(k).Kind == "delta"
	p := s.run.Precision
	storage, compute, model, env := formats[p.Storage], formats[p.Compute], newModel(p), newEnvelope(p)
	model.castsW = casts
	scale, small := st.Scale, 0.0
	if scale != 1 {
		small = (env.tinyS + 8*env.tiny) / scale
	}
	if forward {
		scale, small = 1, 0
	}
	d := o.in
	if forward {
		d = o.out
	}
	rounds, dense := storage.Mantissa < 52, o.spec.Op == "affine" || o.spec.Op == "linear"
	reads := !forward && (o.spec.Op == "tanh" || o.spec.Op == "sigmoid")
	for way := range ways {
		n.mean[way] = make([]float64, d)
		other := way == byOutput || way == byOutputRounded
		if (way == rounded || way == byOutputRounded) && !rounds || other && !(reads || casts && dense) {
			n.sum2[way] = math.NaN()
		}
	}
	n.by = make([]float64, d)
	var l limits
	for b := range len(n.got) / d {
		op := n.op(b)
		x, f := o.x[b*o.in:(b+1)*o.in], make([]float64, o.out)
		op.Forward(f, x, o.w)
		v, got := n.v[b*o.out:(b+1)*o.out], n.got[b*d:(b+1)*d]
		value := func(w []float64) []float64 {
			y, g := make([]float64, o.out), make([]float64, o.in)
			op.Forward(y, x, w)
			if forward {
				return y
			}
			op.VJP1(g, x, w, y, v)
			return g
		}
		exact := value(o.w)
		want, other := slices.Clone(exact), slices.Clone(exact)
		switch {
		case reads:
			for k, y := range o.y[b*d : (b+1)*d] {
				if other[k] = v[k] * (1 - y*y); o.spec.Op == "sigmoid" {
					other[k] = v[k] * (y - y*y)
				}
				if math.Abs(got[k]-other[k]) <= math.Abs(got[k]-exact[k]) {
					want[k] = other[k]
				}
			}
		case casts && dense:
			w := slices.Clone(o.w)
			for k := range w {
				w[k] = compute.nearest(w[k])
			}
			other = value(w)
		}
		n.want = append(n.want, want...)
		size2, spaced := 0.0, 0.0
		for k, g := range got {
			n.e = append(n.e, g-exact[k])
			for way, is := range []float64{exact[k], storage.nearest(exact[k]*scale) / scale, other[k],
				storage.nearest(other[k]*scale) / scale} {
				n.sum2[way] += (g - is) * (g - is)
				if n.sum2[way] == n.sum2[way] {
					n.mean[way][k] += g - is
				}
			}
			unit := storage.spacing(math.Max(math.Abs(g), math.Abs(want[k])) * scale)
			spaced += unit * unit / scale / scale / 12
			q := unit / storage.ulp() * unit / storage.ulp()
			n.all, n.fourth, n.by[k] = n.all+q, n.fourth+q*q, n.by[k]+q
			size2 += want[k] * want[k]
		}
		n.pred += spaced
		if forward {
			n.pred += model.forward(size2, o, b, f)
			l.forward(&env, o)
			l.times = norm(x)
			n.bound += l.norm(d, size2, nil)
		} else {
			n.pred += model.byInput(size2, o, b, v, exact)
			l.byInput(&env, o, small)
			l.times = norm(v)
			n.bound += l.norm(d, size2, v)
		}
	}
}

// TestErrorsRecomputed: what is recovered of each site, whole or at the recorded coordinates, in one window or more,
// is what the operators of core give sample by sample.
func TestErrorsRecomputed(t *testing.T) {
	precisions := []Precision{float64s, float32s, {"bfloat16", "float32", "float32"}, {"e4m3", "bfloat16", "float32"},
		{"float16", "float16", "bfloat16"}}
	unseen, few, cast := 0, 0, 0
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 21))
		rows := []int{1, 2, 3, window + 3}[rng.IntN(40)/13]
		s, st := drawnStep(t, rng, precisions[seed%5], rows)
		st.Scale = []float64{1, 0.25, 1024}[rng.IntN(3)]
		run, part, sampled := s, st, map[string][]int(nil)
		if seed%3 > 0 {
			if sampled = drawnSampled(rng, s); len(sampled) > 0 {
				run, part = withSampled(t, s, st, sampled)
			}
		}
		j := newStepJudge(run, newApart(run))
		casts := seed%2 == 0 && run.run.Precision != float64s // whose weights are all numbers of it
		j.model.castsW = casts
		j.measure(part, j.exacts.take(nil, part, part.W))
		for k := range j.sites {
			e, name := &j.sites[k], fmt.Sprintf("seed %d, %v of %v, %v sampled", seed, s.site(k), s.run.Chain, sampled)
			at := seenAt(s, sampled, k)
			if e.checked != (len(at) > 0) {
				t.Fatalf("%s: checked %v, coordinates %v", name, e.checked, at)
			}
			if len(at) == 0 {
				unseen++
				continue
			}
			if len(at) < s.siteWidth(k) {
				few++
			}
			n := newNaiveSite(t, s, st, k, at)
			n.recover(s, st, k, casts)
			if e.d != len(at) || len(e.e) != rows*len(at) {
				t.Fatalf("%s: %d errors at %d coordinates, want them at %v", name, len(e.e), e.d, at)
			}
			for b := range e.e {
				near(t, name+", error", e.e[b], n.e[b], 1e-12)
			}
			for way := range ways {
				if math.IsNaN(n.sum2[way]) != math.IsNaN(e.sum2[way]) {
					t.Fatalf("%s, way %d: %v, want %v", name, way, e.sum2[way], n.sum2[way])
				}
				if math.IsNaN(n.sum2[way]) {
					continue
				}
				if way >= byOutput && n.sum2[way] != n.sum2[way-2] {
					cast++
				}
				near(t, fmt.Sprintf("%s, way %d, squares", name, way), e.sum2[way], n.sum2[way], 1e-9)
				for c, x := range n.mean[way] {
					if !(math.Abs(e.mean[way][c]-x) <= 1e-9*float64(rows)) {
						t.Errorf("%s, way %d, sum of coordinate %d: %v, want %v", name, way, c, e.mean[way][c], x)
					}
				}
			}
			near(t, name+", expected", e.pred, n.pred, 1e-9)
			near(t, name+", bound", e.bound, n.bound, 1e-9)
			near(t, name+", spread", e.spread.all, n.all, 1e-12)
			near(t, name+", spread of squares", e.spread.fourth, n.fourth, 1e-12)
			for c, x := range n.by {
				near(t, name+", spread by coordinate", e.spread.by[c], x, 1e-12)
			}
			if t.Failed() {
				return
			}
		}
	}
	if unseen < 30 || few < 30 || cast < 30 {
		t.Errorf("%d sites are unseen, %d at some coordinates, %d have another way", unseen, few, cast)
	}
}

// TestReplaysRecomputed: |U-u|^2 of a step, with each site's error alone and without it is that of passes of core,
// sample by sample, with these errors given.
func TestReplaysRecomputed(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 32))
		rows := []int{1, 3, window + 2}[rng.IntN(20)/9]
		s, st := drawnStep(t, rng, []Precision{float64s, float32s}[seed%2], rows)
		j := newStepJudge(s, newApart(s))
		m := j.judge(st, j.exacts.take(nil, st, st.W))
		c, n := s.chain, s.chain.N()
		states := map[*core.Chain]*core.State{}
		gradient := func(has func(k int) bool) []float64 {
			u := make([]float64, c.NW())
			for b := range rows {
				chain := c
				if st.Labels != nil {
					chain = s.withLabel(st.Labels[b])
				}
				given := &core.Given{DeltaAt: make([][]float64, n+1), EpsAt: make([][]float64, n+1)}
				for k := range j.sites {
					e := &j.sites[k]
					if site := s.site(k); !has(k) || k == s.deltaSite(n) {
						continue
					} else if site.Kind == "delta" {
						given.DeltaAt[site.I] = e.e[b*e.d : (b+1)*e.d]
					} else {
						given.EpsAt[site.I] = e.e[b*e.d : (b+1)*e.d]
					}
				}
				if states[chain] == nil {
					states[chain] = core.NewState(chain)
				}
				states[chain].Pass(chain, st.X[b*c.D(0):(b+1)*c.D(0)], st.W, given)
				for k, x := range states[chain].UAll {
					u[k] += x / float64(rows)
				}
			}
			return u
		}
		u := gradient(func(int) bool { return false })
		apart := func(v []float64) float64 {
			sum := 0.0
			for k := range v {
				sum += (v[k] - u[k]) * (v[k] - u[k])
			}
			return sum
		}
		name := fmt.Sprintf("seed %d, %d samples of %v", seed, rows, s.run.Chain)
		all := apart(gradient(func(int) bool { return true }))
		near(t, name+", error", m.error2, all, 1e-8)
		near(t, name+", gradient", m.grad2, square(u), 1e-10)
		kept := j.keptPasses()
		for k := range j.sites {
			if k == s.deltaSite(n) {
				continue
			}
			only := apart(gradient(func(l int) bool { return l == k }))
			without := apart(gradient(func(l int) bool { return l != k }))
			for what, pair := range map[string][2]float64{"alone": {kept[2*k], only}, "without": {kept[2*k+1], without}} {
				if !(math.Abs(pair[0]-pair[1]) <= 1e-8*(all+only)) {
					t.Fatalf("%s, %v %s: %v, want %v", name, s.site(k), what, pair[0], pair[1])
				}
			}
		}
	}
}

// TestSignsAreSeen: a state whose entries all have the other sign is a fault of its site, at every operator.
func TestSignsAreSeen(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 33))
		s, st := drawnStep(t, rng, float32s, 2)
		isPass(s, st)
		for k := range 2*s.chain.N() - 1 {
			bad, site := again(st), s.site(k)
			v := bad.Y[site.I]
			if site.Kind == "eps" {
				v = bad.V[site.I-1]
			}
			seen := false
			for b := range v {
				seen = seen || math.Abs(v[b]) > 1e-3
				v[b] = -v[b]
			}
			j := newStepJudge(s, newApart(s))
			j.judge(bad, j.exacts.take(nil, bad, bad.W))
			if got := slices.ContainsFunc(j.seen, func(f Fault) bool { return f.Site == site }); seen && !got {
				t.Errorf("seed %d, %v of %v: no fault of the other sign: %v", seed, site, s.run.Chain, v)
			}
		}
	}
}

// TestTakenApart: the verdict of a step has the constants of A3 on the box of its recorded and its exact states, the
// bounds of Theorem 1 that they give for the mean squares of its errors, and the parts of each site.
func TestTakenApart(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 36))
		rows := 1 + rng.IntN(4)
		s, st := drawnStep(t, rng, float64s, rows)
		j := newStepJudge(s, newApart(s))
		m := j.judge(st, j.exacts.take(nil, st, st.W))
		if !(m.error2 > 0) {
			continue
		}
		m.loss = 0.75
		got := j.takeApart(m)
		c, n := s.chain, s.chain.N()
		labels := append([]int{0}, st.Labels...)
		worst, all := make([]core.Regularity, n+1), core.Regularity{}
		for _, label := range labels {
			chain := s.withLabel(label)
			region, state := core.NewRegion(chain), core.NewState(chain)
			for b := range rows {
				x := st.X[b*c.D(0) : (b+1)*c.D(0)]
				state.Pass(chain, x, st.W, nil)
				region.Visit(state, st.W)
				given := &core.Given{DeltaAt: make([][]float64, n+1)}
				for i := 1; i < n; i++ {
					e := &j.sites[s.deltaSite(i)]
					given.DeltaAt[i] = e.e[b*e.d : (b+1)*e.d]
				}
				state.Pass(chain, x, st.W, given)
				region.Visit(state, st.W)
			}
			region.Widen(core.Margin)
			per := make([]core.Regularity, n+1)
			all = all.Max(region.Regularity(per))
			for i := 1; i <= n; i++ {
				worst[i] = worst[i].Max(per[i])
			}
		}
		name := fmt.Sprintf("seed %d, %v: ", seed, s.run.Chain)
		is := func(what string, got Number, want float64) {
			t.Helper()
			if !(math.Abs(float64(got)-want) <= 1e-9*math.Abs(want)) && !(float64(got) == want) {
				t.Fatalf("%s%s is %v, want %v", name, what, float64(got), want)
			}
		}
		is("C", got.A3.C, all.C())
		is("Lf", got.A3.Lf, all.Lf)
		is("L1", got.A3.L1, all.L1)
		is("L2", got.A3.L2, all.L2)
		per := bounds.PerOp{J1: []float64{0}, J2: []float64{0}, Lf: []float64{0}, L1: []float64{0}}
		for i := 1; i <= n; i++ {
			w := worst[i]
			is("C of an operator", got.A3.OpC[i-1], w.C())
			is("Lf of an operator", got.A3.OpLf[i-1], w.Lf)
			is("L1 of an operator", got.A3.OpL1[i-1], w.L1)
			is("L2 of an operator", got.A3.OpL2[i-1], w.L2)
			per.J1, per.J2 = append(per.J1, w.J1), append(per.J2, w.J2)
			per.Lf, per.L1 = append(per.Lf, w.Lf), append(per.L1, w.L1)
		}
		d2, e2 := make([]float64, n+1), make([]float64, n+1)
		kept, first := j.keptPasses(), j.first(1)
		for k := range j.sites {
			size2 := square(j.sites[k].e) / float64(rows)
			if site := s.site(k); site.Kind == "delta" {
				d2[site.I] = size2
			} else {
				e2[site.I] = size2
			}
			is("a first-order share", got.First[k], float64(first[k])/m.error2)
			if k == s.deltaSite(n) {
				is("delta_N alone", got.Only[k], 0)
				is("all without delta_N", got.Without[k], 1)
				is("the gain of delta_N", got.Gain[k], 0)
				continue
			}
			is("a site alone", got.Only[k], kept[2*k]/m.error2)
			is("all without a site", got.Without[k], kept[2*k+1]/m.error2)
			is("a gain", got.Gain[k], math.Sqrt(kept[2*k]/size2))
		}
		k := bounds.Const{N: n, C: all.C(), C2: all.C2, Lf: all.Lf, L1: all.L1, L2: all.L2}
		is("Theorem 1", got.Printed, bounds.Theorem1(k, d2, e2))
		is("Theorem 1, sharp", got.Sharp, bounds.SharpTheorem1(k, d2, e2))
		is("Theorem 1, per operator", got.PerOp, bounds.SharpTheorem1PerOp(per, d2, e2))
		is("the loss", got.Loss, 0.75)
		is("the error", got.Error2, m.error2)
		is("the gradient", got.Grad2, m.grad2)
		if got.Step != 4 || len(got.Share) != len(j.sites) {
			t.Fatalf("%s%+v", name, got)
		}
		// A site without an error has no gain.
		bare := again(st)
		isPass(s, bare)
		bare.Y[1] = st.Y[1]
		m = j.judge(bare, j.exacts.take(nil, bare, bare.W))
		if m.error2 > 0 && n > 2 {
			j.sites[s.epsSite(n)].e = make([]float64, len(j.sites[s.epsSite(n)].e))
			if got := j.takeApart(m); !math.IsNaN(float64(got.Gain[s.epsSite(n)])) {
				t.Fatalf("%sthe gain of no error is %v", name, got.Gain[s.epsSite(n)])
			}
		}
	}
}

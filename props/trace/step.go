package trace

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/pool"
)

// stepJudge judges one step at a time.
type stepJudge struct {
	*recovery
	*apart
	exacts *exactPasses
	ex     *exactPass // of the step
	d      []float64  // uc - u
}

// apart is what is needed beside a step that is judged, one after the other: to take it apart, and the one before.
type apart struct {
	replays [2]*replay // side by side
	shares  *shares
	before  *Step // the last one, for (5d); nil at first

	left   []float64 // the weights after the last step that has them
	leftBy int       // that step
}

func newApart(s *shape) *apart {
	a := &apart{shares: newShares(s)}
	for k := range a.replays {
		a.replays[k] = newReplay(s)
	}
	return a
}

func newStepJudge(s *shape, a *apart) *stepJudge {
	return &stepJudge{recovery: newRecovery(s), apart: a, exacts: newExactPasses(s)}
}

// measured is what is known of each step.
type measured struct {
	t             int
	loss          float64
	gamma         float64
	error2, grad2 float64 // |U-u|^2 over the recorded samples, |u|^2
	uError2       float64 // of the recorded U against (5c)
	finite        bool
}

// judge is measure and settle.
func (j *stepJudge) judge(st *Step, ex *exactPass) measured {
	m := j.measure(st, ex)
	j.settle(m)
	return m
}

// measure recovers the errors of st and measures what they do to the gradient, for which no other step is needed. ex
// is its exact pass.
func (j *stepJudge) measure(st *Step, ex *exactPass) measured {
	m := measured{t: st.T, loss: st.Loss, gamma: st.Gamma, error2: math.NaN(), grad2: math.NaN(), uError2: math.NaN()}
	j.start(st)
	if j.partial != nil && j.notFinite() {
		return m
	}
	j.ex = ex
	j.last(st)
	if j.partial == nil {
		j.pass(ex)
		if !j.allFinite() {
			seen := j.seen
			if j.seen = nil; j.notFinite() {
				return m
			}
			j.seen = seen // what is finite may have squares that are not
		}
	}
	m.finite = true
	if math.IsNaN(m.loss) || st.B < st.M {
		m.loss = mean(st.Y[j.chain.N()])
	}
	whole := st.B == st.M
	got := j.uc
	if j.partial != nil {
		// There is a gradient to hold against the exact one only where it is recorded.
		j.partial.step()
		if !whole || st.U == nil {
			return m
		}
		got = st.U
	} else if whole && st.U != nil {
		m.uError2 = j.gradient(st)
	}
	j.d = sized(j.d, len(got))
	floats.SubTo(j.d, got, ex.u)
	m.error2, m.grad2 = square(j.d), square(ex.u)
	return m
}

// settle holds the step that was measured against the one before, which was settled.
func (j *stepJudge) settle(m measured) {
	st := j.st
	if !m.finite {
		return
	}
	j.carries(st)
	if st.B < st.M {
		return
	}
	j.moves(st)
	j.meanLoss(st)
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// last checks that a recorded V_N is 1.
func (j *stepJudge) last(st *Step) {
	n := j.chain.N()
	for b, v := range st.V[n] {
		a := 2 * j.env.s
		if math.Abs(v-1) <= a {
			continue
		}
		f := Fault{Site: Site{"V", n, n}, Step: st.T, Sample: b, Value: Number(v), Want: 1, Allowed: Number(a), Rule: "(5b)"}
		f.Says = fmt.Sprintf("%s is %v times the scale, and (5b) begins with 1: is it divided by the samples?", f.place(), v)
		j.seen = append(j.seen, f)
		return
	}
}

// gradient holds the recorded U against (5c), and gives the square of the difference.
func (j *stepJudge) gradient(st *Step) float64 {
	sum := 0.0
	for i := 1; i <= j.chain.N(); i++ {
		nw := j.chain.Op(i).NW()
		if nw == 0 {
			continue
		}
		o := &j.ops[i]
		got, want := j.chain.W(i, st.U), j.chain.W(i, j.uc)
		vs := st.V[i]
		if i == j.chain.N() {
			vs = nil
		}
		slow, quick := false, j.env.s/2
		for k, x := range got {
			x -= want[k]
			sum += x * x
			slow = slow || !(math.Abs(x) <= quick*math.Abs(want[k]))
		}
		if !slow {
			continue
		}
		j.allow = sized(j.allow, nw)
		clear(j.allow)
		magnitude(j.allow, o, vs, st.B)
		g := j.env.dotGrowth(st.B) + judge.dotGrowth(st.B)
		if o.spec.Op == "bilinear" {
			g += grow(2*o.in+10, max(j.env.c, j.env.a))
		}
		for k := range j.allow {
			j.allow[k] = j.env.stored(want[k], j.allow[k]*g+float64(st.B+2)*j.env.tiny+j.small())
		}
		j.hold(Site{"U", i, i}, "(5c)", -1, got, want, j.allow)
	}
	return sum
}

// magnitude writes what the terms of (5c) add up to at most, by Cauchy and Schwarz over the samples.
func magnitude(dst []float64, o *opView, vs []float64, rows int) {
	x2, v2 := make([]float64, o.in), make([]float64, o.out)
	squares(x2, o.x, rows)
	if vs == nil {
		for k := range v2 {
			v2[k] = 1
		}
	} else {
		squares(v2, vs, rows)
	}
	switch o.spec.Op {
	case "affine", "linear":
		for j, v := range v2 {
			for k, x := range x2 {
				dst[j*o.in+k] = v * x
			}
		}
		copy(dst[o.in*o.out:], v2)
	case "bias":
		copy(dst, v2)
	case "scale":
		for k := range dst {
			dst[k] = v2[k] * x2[k]
		}
	case "bilinear":
		s := 0.0
		for b := range rows {
			s = max(s, 2*norm(o.x[b*o.in:(b+1)*o.in])*norm(o.w))
		}
		for k := range dst {
			dst[k] = s * x2[k] * v2[0]
		}
	}
}

// squares writes the root mean square of each column of m.
func squares(dst, m []float64, rows int) {
	d := len(dst)
	for from := 0; from < rows*d; from += d {
		for k := range d {
			dst[k] += m[from+k] * m[from+k]
		}
	}
	for k := range dst {
		dst[k] = math.Sqrt(dst[k] / float64(rows))
	}
}

// meanLoss holds the recorded loss against the mean of Y_N.
func (j *stepJudge) meanLoss(st *Step) {
	if math.IsNaN(st.Loss) {
		return
	}
	n, m := j.chain.N(), 0.0
	for _, y := range st.Y[n] {
		m += math.Abs(y) / float64(st.B)
	}
	allowed := []float64{j.env.stored(st.Loss, m*(j.env.dotGrowth(st.B)+judge.dotGrowth(st.B))+j.env.tiny)}
	j.hold(Site{"loss", n, n}, "loss", -1, []float64{st.Loss}, []float64{mean(st.Y[n])}, allowed)
}

// carries holds the weights of the step against those that the step before it left, where it says so: whatever the
// optimizer is, they are kept in between, once more rounded at most.
func (j *stepJudge) carries(st *Step) {
	if j.left != nil && j.leftBy == st.T-1 {
		for i := 1; i <= j.chain.N(); i++ {
			got, want := j.chain.W(i, st.W), j.chain.W(i, j.left)
			for k, x := range want {
				a := j.env.stored(x, 0)
				if math.Abs(got[k]-x) <= a {
					continue
				}
				f := Fault{Site: Site{"w", i, i}, Step: st.T, Sample: -1, Index: k, Value: Number(got[k]), Want: Number(x),
					Allowed: Number(a), Rule: "kept"}
				f.Says = fmt.Sprintf("%s is %v, and step %d left %v: %.3g apart, and nothing of (5d) is in between",
					f.place(), got[k], st.T-1, x, math.Abs(got[k]-x))
				j.seen = append(j.seen, f)
				break
			}
		}
	}
	if j.leftBy = st.T; st.After == nil {
		j.left = nil
		return
	}
	j.left = append(j.left[:0], st.After...)
}

// moves holds the weights after the step against (5d): those of st itself where it has them,
// and those of the step before against the weights of st.
func (j *stepJudge) moves(st *Step) {
	if b := j.before; b != nil && b.T == st.T-1 && b.After == nil {
		j.move(b, st.W)
	}
	if st.After != nil {
		j.move(st, st.After)
	}
	if st.U == nil { // it may not be plain SGD: what was not recorded is not checked
		j.before = nil
		return
	}
	if j.before == nil {
		j.before = &Step{}
	}
	b := j.before
	b.T, b.Gamma, b.M, b.B = st.T, st.Gamma, st.M, st.B
	b.W = append(b.W[:0], st.W...)
	b.U = append(b.U[:0], st.U...)
	b.After = nil
	if st.After != nil {
		b.After = b.W
	}
}

// move holds after against w - g (U + r), where the U that was used is known.
func (j *stepJudge) move(st *Step, after []float64) {
	if st.U == nil {
		return
	}
	reg, g := j.run.Reg, st.Gamma
	for i := 1; i <= j.chain.N(); i++ {
		nw := j.chain.Op(i).NW()
		w, u, got := j.chain.W(i, st.W), j.chain.W(i, st.U), j.chain.W(i, after)
		if reg.Rho == 0 && j.env.moved(got, w, u, g) {
			continue
		}
		j.near, j.allow = sized(j.near, nw), sized(j.allow, nw)
		for k, x := range w {
			j.near[k], j.allow[k] = j.env.move(x, u[k], g, reg)
		}
		j.hold(Site{"w", i, i}, "(5d)", -1, got, j.near, j.allow)
	}
}

// moved reports whether got is w - g u within less than move allows.
func (e *envelope) moved(got, w, u []float64, g float64) bool {
	rel, move := e.s, 8*max(e.c, e.s)
	got, u = got[:len(w)], u[:len(w)]
	for k, x := range w {
		step := g * u[k]
		want := x - step
		if !(math.Abs(got[k]-want) <= rel*math.Abs(want)+move*math.Abs(step)) {
			return false
		}
	}
	return true
}

// move is (5d) for a weight, and what an engine and the judge may be off by.
func (e *envelope) move(w, u, g float64, reg core.Regularizer) (want, allowed float64) {
	r := 0.0
	if reg.Rho > 0 {
		r = reg.Grad(w)
	}
	want = w - g*(u+r)
	size, move := math.Abs(w), math.Abs(g)*(math.Abs(u)+math.Abs(r))
	return want, 8*max(e.c, e.s)*move + e.stored(want, judge.c*8*(size+move)+e.c*size+e.tiny)
}

// keptPasses is |U-u|^2 with the error of each site alone, and without it.
func (j *stepJudge) keptPasses() []float64 {
	all := make([]float64, 2*len(j.sites))
	for _, p := range j.replays {
		p.recovery = j.recovery
	}
	pool.Each(2, 2, func(worker int) {
		for k := worker; k < len(all); k += 2 {
			if site := k / 2; site != j.deltaSite(j.chain.N()) {
				all[k] = j.replays[worker].distance2(j.ex, j.d, site, k%2 == 1)
			}
		}
	})
	return all
}

// first is the first-order shares of |U-u|^2 of the step that was judged.
func (j *stepJudge) first(error2 float64) []float64 {
	dst := make([]float64, len(j.sites))
	j.shares.first(dst, j.st, j.ex.y, j.ex.v, j.d, j.sites)
	for k := range dst {
		dst[k] /= error2
	}
	return dst
}

// takeApart is the whole verdict of the step that was judged.
func (j *stepJudge) takeApart(m measured) StepSum {
	st := j.st
	s := StepSum{Step: st.T, Loss: Number(m.loss), Grad2: Number(m.grad2), Error2: Number(m.error2)}
	s.First = numbers(j.first(m.error2))
	count := len(j.sites)
	s.Only, s.Without = make([]Number, count), make([]Number, count)
	s.Gain, s.GainAtMost = make([]Number, count), make([]Number, count)
	k, per, a3, atMost := j.constants(st)
	s.A3 = a3
	kept2 := j.keptPasses()
	n := j.chain.N()
	d2, e2 := make([]float64, n+1), make([]float64, n+1)
	for site := range count {
		e := &j.sites[site]
		size2 := square(e.e) / float64(st.B)
		if w := j.site(site); w.Kind == "delta" {
			d2[w.I] = size2
		} else {
			e2[w.I] = size2
		}
		s.Only[site], s.Without[site] = Number(math.NaN()), Number(math.NaN())
		s.Gain[site], s.GainAtMost[site] = Number(math.NaN()), Number(atMost[site])
		if site == j.deltaSite(n) {
			s.Only[site], s.Without[site], s.Gain[site] = 0, 1, 0
			continue
		}
		only := kept2[2*site]
		s.Only[site] = Number(only / m.error2)
		s.Without[site] = Number(kept2[2*site+1] / m.error2)
		if size2 > 0 {
			s.Gain[site] = Number(math.Sqrt(only / size2))
		}
	}
	s.Share = s.shares()
	s.Printed = Number(bounds.Theorem1(k, d2, e2))
	s.Sharp = Number(bounds.SharpTheorem1(k, d2, e2))
	s.PerOp = Number(bounds.SharpTheorem1PerOp(per, d2, e2))
	return s
}

// firstOrder is how far first-order shares may be from summing to 1.
const firstOrder = 0.2

// shares are the first-order shares; where errors are so large that they do not sum to 1, the parts of |U-u|^2 that go
// away without a site, over their sum.
func (s *StepSum) shares() []Number {
	sum, gone := 0.0, 0.0
	for k, x := range s.First {
		sum += float64(x)
		gone += max(0, 1-float64(s.Without[k]))
	}
	if math.Abs(sum-1) <= firstOrder || !(gone > 0) {
		return s.First
	}
	share := make([]Number, len(s.First))
	for k, x := range s.Without {
		share[k] = Number(max(0, 1-float64(x)) / gone)
	}
	return share
}

func numbers(v []float64) []Number {
	w := make([]Number, len(v))
	for k, x := range v {
		w[k] = Number(x)
	}
	return w
}

// constants are those of A3 on the box of the step, and per site the largest |U-u| per |error|.
func (j *stepJudge) constants(st *Step) (bounds.Const, bounds.PerOp, A3, []float64) {
	n := j.chain.N()
	region := core.NewRegion(j.chain)
	boxes := make([]core.Box, n)
	for i := range boxes {
		d := j.chain.D(i)
		boxes[i] = core.NewBox(d)
		for b := range st.B {
			if i == 0 {
				boxes[i].Add(st.X[b*d : (b+1)*d])
				continue
			}
			boxes[i].Add(st.Y[i][b*d : (b+1)*d])
			boxes[i].Add(j.ex.y[i][b*d : (b+1)*d])
		}
	}
	region.VisitBoxes(boxes)
	region.VisitWeights(st.W)
	region.Widen(core.Margin)
	per := make([]core.Regularity, n+1)
	all := region.Regularity(per)
	if st.Labels != nil { // the constants of the last operator are those of the worst label
		for _, label := range distinct(st.Labels) {
			c := j.withLabel(label)
			per[n] = per[n].Max(c.Op(n).Regularity(region.Y[n-1], region.W[n]))
		}
		all = all.Max(per[n])
	}
	list := func() []float64 { return make([]float64, n+1) }
	p := bounds.PerOp{J1: list(), J2: list(), Lf: list(), L1: list()}
	for i := 1; i <= n; i++ {
		p.J1[i], p.J2[i], p.Lf[i], p.L1[i] = per[i].J1, per[i].J2, per[i].Lf, per[i].L1
	}
	q := bounds.SharpQPerOp(p)
	atMost := make([]float64, len(j.sites))
	for i := 1; i < n; i++ {
		atMost[j.deltaSite(i)] = math.Sqrt(q.At(i-1, i-1))
		atMost[j.epsSite(i+1)] = math.Sqrt(q.At(n-1+i-1, n-1+i-1))
	}
	return bounds.Const{N: n, C: all.C(), C2: all.C2, Lf: all.Lf, L1: all.L1, L2: all.L2}, p, newA3(all, per), atMost
}

func distinct(labels []int) []int {
	seen := map[int]bool{}
	var list []int
	for _, l := range labels {
		if !seen[l] {
			seen[l] = true
			list = append(list, l)
		}
	}
	return list
}

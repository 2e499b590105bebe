package bounds_test

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	. "github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// Brute force: random small chains, delta and eps of two outcomes each, whose
// means depend on what was computed before, every outcome visited.

// laws is a Perturber that plays outcome number bits: site k takes mean + side
// spread, side = +1 or -1 by bit k, each with probability 1/2. The mean of a
// delta is bias times a function of the state; that of an eps also depends on
// the forward pass.
type laws struct {
	n            int
	bits         uint
	bias, spread []float64 // sites 0..n-2: delta_1..delta_{n-1}; n-1..2n-3: eps_2..eps_n

	seen                 float64 // depends on the forward pass so far
	deltaMean2, epsMean2 []float64
	yMean                [][]float64 // E[Y_i | Y_1..Y_{i-1}]
	vMean                [][]float64 // E[V_i | forward pass, V_N..V_{i+1}]
}

func newLaws(r *rand.Rand, n int) *laws {
	l := &laws{n: n, yMean: means(n), vMean: means(n)}
	vectors(n, &l.deltaMean2, &l.epsMean2)
	size := math.Pow(10, -2*r.Float64())
	for range 2*n - 2 {
		l.bias = append(l.bias, size*float64(r.IntN(3)-1)*r.Float64())
		l.spread = append(l.spread, size*float64(r.IntN(3))*r.Float64())
	}
	return l
}

// put writes the outcome and the mean at a site, given the state it is added to.
func (l *laws) put(site int, dst, mean []float64, state []float64) {
	side := l.spread[site]
	if l.bits>>site&1 == 1 {
		side = -side
	}
	for k, s := range state {
		mean[k] = l.bias[site] * math.Cos(s+l.seen)
		dst[k] = mean[k] + side*(1+0.5*math.Sin(3*s+float64(k)))
	}
}

func (l *laws) Delta(i int, dst, f []float64) {
	if i == 1 {
		l.seen = 0
	}
	clear(dst)
	if i == l.n { // delta_N touches no gradient
		return
	}
	mean := make([]float64, len(dst))
	l.put(i-1, dst, mean, f)
	l.deltaMean2[i] = sq(mean)
	l.yMean[i] = plus(f, mean)
	l.seen += 2 * (f[0] + dst[0])
}

func (l *laws) Eps(i int, dst, b []float64) {
	mean := make([]float64, len(dst))
	l.put(l.n+i-3, dst, mean, b)
	l.epsMean2[i] = sq(mean)
	l.vMean[i-1] = plus(b, mean)
}

func sq(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	return s
}

func plus(a, b []float64) []float64 {
	d := slices.Clone(a)
	for k := range d {
		d[k] += b[k]
	}
	return d
}

func minus(a, b []float64) []float64 {
	d := slices.Clone(a)
	for k := range d {
		d[k] -= b[k]
	}
	return d
}

// randomChain has 2 to 4 operators of widths 1 to 3.
func randomChain(r *rand.Rand) *core.Chain {
	n, d := 2+r.IntN(3), 1+r.IntN(2)
	var ops []core.Op
	for i := 1; i < n; i++ {
		switch out := 1 + r.IntN(3); r.IntN(6) {
		case 0:
			ops = append(ops, core.Tanh(d))
		case 1:
			ops = append(ops, core.Scale(d))
		case 2:
			ops = append(ops, core.Square(d))
		case 3:
			ops = append(ops, core.Affine(d, out))
			d = out
		default:
			ops = append(ops, core.Linear(d, out))
			d = out
		}
	}
	last := []core.Op{core.HalfSq(d), core.Linear(d, 1), core.Bilinear(d), core.SoftmaxCE(d, 0)}
	c, err := core.NewChain(append(ops, last[r.IntN(len(last))])...)
	if err != nil {
		panic(err)
	}
	return c
}

// stepMoments are those of one case with one x. Total means are given x, past
// ones are averaged over the outcomes.
type stepMoments struct {
	k                              Const
	per                            PerOp
	curvature                      Curvature
	y2, y4, v2, d2, e2, d4, yv     []float64
	yTotal, dTotal, vTotal, eTotal []float64
	yPast, dPast, vPast, ePast     []float64
	uMean2, jMean2                 []float64 // |E[U_i-u_i]|^2, |E[J2_i(Y_{i-1})-J2_i(y_{i-1})]|_F^2
	u2, uAll                       float64   // E|U-u|^2, |E[U-u]|^2
	sharp                          float64   // largest (|U-u|^2 - q^T Q q) / (|U-u|^2 + q^T Q q) over the outcomes
}

func vectors(n int, ps ...*[]float64) {
	for _, p := range ps {
		*p = make([]float64, n+1)
	}
}

func accumulate(at *[]float64, v []float64, p float64) {
	if *at == nil {
		*at = make([]float64, len(v))
	}
	for k := range v {
		(*at)[k] += p * v[k]
	}
}

// bruteCase is a chain at x and w, its laws, and both passes.
type bruteCase struct {
	c        *core.Chain
	x, w     []float64
	l        *laws
	exact, s *core.State
}

// eachOutcome plays every outcome and tells its probability.
func (r *bruteCase) eachOutcome(f func(p float64)) {
	outcomes := uint(1) << (2*r.c.N() - 2)
	for bits := range outcomes {
		r.l.bits = bits
		r.s.Pass(r.c, r.x, r.w, r.l)
		f(1 / float64(outcomes))
	}
}

func newBruteCase(r *rand.Rand) *bruteCase {
	c := randomChain(r)
	a := &bruteCase{
		c:     c,
		x:     normals(r, c.D(0)),
		w:     normals(r, c.NW()),
		l:     newLaws(r, c.N()),
		exact: core.NewState(c),
		s:     core.NewState(c),
	}
	a.exact.Pass(c, a.x, a.w, nil)
	return a
}

// visit adds all states of r to the region.
func (r *bruteCase) visit(region *core.Region) {
	region.Visit(r.exact, r.w)
	r.eachOutcome(func(float64) { region.Visit(r.s, r.w) })
}

// setConstants takes those of A3 on the region.
func (m *stepMoments) setConstants(n int, region *core.Region) {
	per := make([]core.Regularity, n+1)
	reg := region.Regularity(per)
	var l2 []float64
	vectors(n, &m.per.J1, &m.per.J2, &m.per.Lf, &m.per.L1, &l2)
	for i, k := range per {
		m.per.J1[i], m.per.J2[i], m.per.Lf[i], m.per.L1[i], l2[i] = k.J1, k.J2, k.Lf, k.L1, k.L2
	}
	m.curvature = m.per.Curvature(l2)
	m.k = Const{N: n, C: reg.C(), C2: reg.C2, Lf: reg.Lf, L1: reg.L1, L2: reg.L2}
}

// measure visits every outcome; the constants of A3 are those of the hull of all states.
func (r *bruteCase) measure() *stepMoments {
	region := core.NewRegion(r.c)
	r.visit(region)
	return r.measureOn(region)
}

func (r *bruteCase) measureOn(region *core.Region) *stepMoments {
	n := r.c.N()
	f := new(stepMoments)
	f.setConstants(n, region)
	vectors(n, &f.y2, &f.y4, &f.v2, &f.d2, &f.e2, &f.d4, &f.yv, &f.yTotal, &f.dTotal, &f.vTotal, &f.eTotal,
		&f.yPast, &f.dPast, &f.vPast, &f.ePast, &f.uMean2, &f.jMean2)
	q := SharpQPerOp(f.per)
	y, v, d, e, u, j := means(n), means(n), means(n), means(n), means(n), means(n)
	var uAll []float64
	r.eachOutcome(func(p float64) {
		site := make([]float64, 2*n-2)
		for i := 1; i <= n; i++ {
			h, z := minus(r.s.Y[i], r.exact.Y[i]), minus(r.s.V[i], r.exact.V[i])
			f.y2[i] += p * sq(h)
			f.y4[i] += p * sq(h) * sq(h)
			f.v2[i] += p * sq(z)
			f.d2[i] += p * sq(r.s.Delta[i])
			f.d4[i] += p * sq(r.s.Delta[i]) * sq(r.s.Delta[i])
			f.e2[i] += p * sq(r.s.Eps[i])
			f.dPast[i] += p * r.l.deltaMean2[i]
			f.ePast[i] += p * r.l.epsMean2[i]
			accumulate(&y[i], h, p)
			accumulate(&v[i], z, p)
			accumulate(&d[i], r.s.Delta[i], p)
			accumulate(&e[i], r.s.Eps[i], p)
			accumulate(&u[i], minus(r.s.U[i], r.exact.U[i]), p)
			accumulate(&j[i], minus(r.jacobian2(i, r.s.Y[i-1]), r.jacobian2(i, r.exact.Y[i-1])), p)
		}
		for i := 1; i < n; i++ {
			site[i-1], site[n+i-2] = math.Sqrt(sq(r.s.Delta[i])), math.Sqrt(sq(r.s.Eps[i+1]))
			f.vPast[i] += p * sq(minus(r.l.vMean[i], r.exact.V[i]))
			f.yPast[i] += p * sq(minus(r.l.yMean[i], r.exact.Y[i]))
			f.yv[i] += p * sq(minus(r.s.Y[i], r.exact.Y[i])) * sq(minus(r.s.V[i+1], r.exact.V[i+1]))
		}
		all := minus(r.s.UAll, r.exact.UAll)
		f.u2 += p * sq(all)
		accumulate(&uAll, all, p)
		form := quadratic(q, site)
		f.sharp = max(f.sharp, (sq(all)-form)/(1e-12+sq(all)+form))
	})
	f.uAll = sq(uAll)
	for i := 1; i <= n; i++ {
		f.yTotal[i], f.dTotal[i], f.vTotal[i] = sq(y[i]), sq(d[i]), sq(v[i])
		f.eTotal[i], f.uMean2[i], f.jMean2[i] = sq(e[i]), sq(u[i]), sq(j[i])
	}
	return f
}

// jacobian2 is J2_i at the input y, row after row.
func (r *bruteCase) jacobian2(i int, y []float64) []float64 {
	op, w := r.c.Op(i), r.c.W(i, r.w)
	out := make([]float64, op.Out())
	op.Forward(out, y, w)
	var j []float64
	for k := range out {
		e, row := make([]float64, op.Out()), make([]float64, op.NW())
		e[k] = 1
		op.VJP2(row, y, w, out, e)
		j = append(j, row...)
	}
	return j
}

func means(n int) [][]float64 { return make([][]float64, n+1) }

func quadratic(q mat.Matrix, v []float64) float64 {
	s := 0.0
	for a := range v {
		for b := range v {
			s += v[a] * q.At(a, b) * v[b]
		}
	}
	return s
}

func normals(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = r.NormFloat64()
	}
	return v
}

// slack allows for the rounding of a left side: sums of at most 64 outcomes, each
// some 100 operations deep, are within 2^-53 2^13 of their terms' sizes, and the
// terms are squares of differences of states: below 10^-11 where those are of
// size 1, and spread and bias are at least 10^-2 of the states when not 0.
const slack = 1e-9

// TestBrute: on every case every form that is claimed to hold does, and every
// printed form that has a repaired one fails somewhere.
func TestBrute(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	largest, broken := map[string]float64{}, map[string]int{}
	const cases = 3000
	for trial := range cases {
		a := newBruteCase(r)
		f := a.measure()
		k, n := f.k, f.k.N
		fits := func(left, right float64) bool { return left <= right*(1+slack)+1e-12*(1+f.u2) }
		holds := func(name string, left, right float64) {
			t.Helper()
			if !fits(left, right) {
				t.Fatalf("trial %d: %s: %v > %v at %+v, chain %v", trial, name, left, right, k, a.c.Specs())
			}
			if right > 1e-12 {
				largest[name] = max(largest[name], left/right)
			}
		}
		fails := func(name string, left, right float64) {
			broken[name] += 0
			if !fits(left, right) {
				broken[name]++
			}
		}
		if !(f.sharp <= slack) {
			t.Fatalf("trial %d: |U-u|^2 above q^T Q q by %v, chain %v", trial, f.sharp, a.c.Specs())
		}
		holds("sharp (13)", f.u2, SharpTheorem1(k, f.d2, f.e2))
		holds("sharp (13) per operator", f.u2, SharpTheorem1PerOp(f.per, f.d2, f.e2))
		holds("(13)", f.u2, Theorem1(k, f.d2, f.e2))
		fails("(14b)", Eq14a(k, f.y2), Eq14b(k, f.y2))
		holds("repaired (14b)", Eq14a(k, f.y2), Eq14bRepaired(k, f.y2))
		holds("(24) past", f.uMean2[n], Eq24(k, f.yPast, f.y4))
		holds("(24) total", f.uMean2[n], Eq24(k, f.yTotal, f.y4))
		holds("(24) literal", f.uMean2[n], Eq24(k, f.y2, f.y4))
		holds("(32) literal", Eq32Left(k, f.y2), Eq32Right(k, f.d2, f.y4))
		holds("(32) total", Eq32Left(k, f.yTotal), Eq32Right(k, f.dTotal, f.y4))
		fails("(32) past", Eq32Left(k, f.yPast), Eq32Right(k, f.dPast, f.y4))
		fails("(23)", f.uAll, Theorem2(k, f.dPast, f.d4, f.ePast))
		holds("repaired (23)", f.uAll, RepairedTheorem2(k, f.dPast, f.d4, f.ePast))
		holds("repaired (23), second moments", f.uAll, RepairedTheorem2(k, f.dPast, squares(f.d2), f.ePast))
		holds("repaired (23), past", f.uAll, RepairedTheorem2Past(k, f.dPast, squares(f.d2), f.ePast))
		holds("sharp (23)", f.uAll, SharpTheorem2(k, f.bias()))
		holds("sharp (23) per operator", f.uAll, SharpTheorem2PerOp(f.per, f.curvature, f.bias()))
		holds("repaired (23), delta total", f.uAll, RepairedTheorem2(k, f.dTotal, f.d4, f.ePast))
		rows := SharpTheorem2Rows(f.per, f.curvature, f.bias())
		for i := 1; i <= n; i++ {
			holds("a row of sharp (23)", f.uMean2[i], rows[i]*rows[i])
			fails("(22)", f.jMean2[i], Lemma2(k, f.yTotal[i-1], f.y4[i-1]))
			holds("repaired (22)", f.jMean2[i], RepairedLemma2(k, f.yTotal[i-1], f.y4[i-1]))
			holds("(29) literal", f.y2[i], Eq29(k, i, f.y2, f.y4, f.d2))
			holds("(29) total", f.yTotal[i], Eq29(k, i, f.yTotal, f.y4, f.dTotal))
			if i == n {
				continue
			}
			fails("(29) past", f.yPast[i], Eq29(k, i, f.yPast, f.y4, f.dPast))
			holds("repaired (29) past", f.yPast[i], RepairedEq29Past(k, i, f.y2, f.dPast))
			holds("(26) literal", f.uMean2[i], Eq26(k, i, f.v2, f.y2, f.y4))
			holds("(26) past", f.uMean2[i], Eq26(k, i, f.vPast, f.yPast, f.y4))
			holds("(26) past V, total Y", f.uMean2[i], Eq26(k, i, f.vPast, f.yTotal, f.y4))
			fails("(26) total", f.uMean2[i], Eq26(k, i, f.vTotal, f.yTotal, f.y4))
			fails("(28) past", f.vPast[i], Eq28b(k, i, f.vPast, f.yPast, f.y4, f.ePast))
			holds("repaired (28) past", f.vPast[i], RepairedEq28Past(k, i, f.v2, f.y2, f.ePast))
			fails("(28) total", f.vTotal[i], Eq28b(k, i, f.vTotal, f.yTotal, f.y4, f.eTotal))
			holds("repaired (28) total", f.vTotal[i], RepairedEq28b(k, i, f.vTotal, f.yTotal, f.y4, f.eTotal, f.yv))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(broken)) {
		t.Logf("%s fails %d times in %d cases", name, broken[name], cases)
		if broken[name] == 0 {
			t.Errorf("%s never fails: nothing shows that it needs a repair", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(largest)) {
		t.Logf("%s holds, largest left/right %.3g", name, largest[name])
	}
}

// TestBruteSamples: with two samples x, E_x|E[U-u|x]|^2 obeys the forms that take second
// moments given x.
func TestBruteSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	for trial := range 500 {
		first := newBruteCase(r)
		second := *first
		second.x, second.l = normals(r, first.c.D(0)), newLaws(r, first.c.N())
		second.exact, second.s = core.NewState(first.c), core.NewState(first.c)
		second.exact.Pass(second.c, second.x, second.w, nil)
		region := core.NewRegion(first.c)
		first.visit(region)
		second.visit(region)
		a, b := first.measureOn(region), second.measureOn(region)
		mean := func(x, y []float64) []float64 {
			m := make([]float64, len(x))
			for i := range m {
				m[i] = (x[i] + y[i]) / 2
			}
			return m
		}
		m := BiasMoments{
			DMean2:  mean(a.dPast, b.dPast),
			DMean22: mean(squares(a.dPast), squares(b.dPast)),
			D22:     mean(squares(a.d2), squares(b.d2)),
			EMean2:  mean(a.ePast, b.ePast),
		}
		left := (a.uAll + b.uAll) / 2
		for name, right := range map[string]float64{
			"repaired (23)":           RepairedTheorem2(a.k, m.DMean2, m.D22, m.EMean2),
			"repaired (23), past":     RepairedTheorem2Past(a.k, m.DMean2, m.D22, m.EMean2),
			"sharp (23)":              SharpTheorem2(a.k, m),
			"sharp (23) per operator": SharpTheorem2PerOp(a.per, a.curvature, m),
		} {
			if !(left <= right*(1+slack)+1e-12*(1+a.u2+b.u2)) {
				t.Fatalf("trial %d: %s: %v > %v at %+v, chain %v", trial, name, left, right, a.k, first.c.Specs())
			}
		}
	}
}

// bias are the moments of the past reading, for one x.
func (m *stepMoments) bias() BiasMoments {
	return BiasMoments{DMean2: m.dPast, DMean22: squares(m.dPast), D22: squares(m.d2), EMean2: m.ePast}
}

func squares(xs []float64) []float64 {
	s := make([]float64, len(xs))
	for i, x := range xs {
		s[i] = x * x
	}
	return s
}

// TestTotalEps: RepairedTheorem2 needs eps averaged given the forward pass. The
// case of PROOFS.md, section 3.4: y_1 = 0, delta_1 = +-a, f_2 = w o y with w = 1,
// f_3 = y, eps_3 = sign(delta_1). All means given x are 0, and |E[U-u]| is a.
func TestTotalEps(t *testing.T) {
	const a = 0.01
	c, err := core.NewChain(core.Linear(1, 1), core.Scale(1), core.Linear(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	x, w := []float64{1}, []float64{0, 1, 1}
	exact, s := core.NewState(c), core.NewState(c)
	exact.Pass(c, x, w, nil)
	region := core.NewRegion(c)
	region.Visit(exact, w)
	mean := make([]float64, 3)
	for _, side := range []float64{1, -1} {
		s.Pass(c, x, w, &core.Given{
			DeltaAt: [][]float64{nil, {side * a}},
			EpsAt:   [][]float64{nil, nil, nil, {side}},
		})
		region.Visit(s, w)
		for k, v := range minus(s.UAll, exact.UAll) {
			mean[k] += v / 2
		}
	}
	reg := region.Regularity(make([]core.Regularity, 4))
	k := Const{N: 3, C: reg.C(), C2: reg.C2, Lf: reg.Lf, L1: reg.L1, L2: reg.L2}
	d4, zero, one := []float64{0, a * a * a * a, 0, 0}, make([]float64, 4), []float64{0, 0, 0, 1}
	left, right := sq(mean), RepairedTheorem2(k, zero, d4, zero)
	if !(left > 2*right) || !(math.Abs(left-a*a) < 1e-9) {
		t.Errorf("|E[U-u]|^2 is %v, want %v, above twice the bound with total means, %v", left, a*a, right)
	}
	if left, right := sq(mean), RepairedTheorem2(k, zero, d4, one); !(left <= right) {
		t.Errorf("|E[U-u]|^2 is %v, above the bound with past means, %v", left, right)
	}
}

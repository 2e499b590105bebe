package bounds_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

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
	vMean                [][]float64 // E[V_i | forward pass, V_N..V_{i+1}]
}

func newLaws(r *rand.Rand, n int) *laws {
	l := &laws{n: n, deltaMean2: make([]float64, n+1), epsMean2: make([]float64, n+1), vMean: make([][]float64, n+1)}
	size := math.Pow(10, -2*r.Float64())
	for range 2*n - 2 {
		l.bias = append(l.bias, size*float64(r.IntN(3)-1)*r.Float64())
		l.spread = append(l.spread, size*float64(r.IntN(3))*r.Float64())
	}
	return l
}

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
	l.seen += 2 * (f[0] + dst[0])
}

func (l *laws) Eps(i int, dst, b []float64) {
	mean := make([]float64, len(dst))
	l.put(l.n+i-3, dst, mean, b)
	l.epsMean2[i] = sq(mean)
	l.vMean[i-1] = slices.Clone(mean)
	for k := range b {
		l.vMean[i-1][k] += b[k]
	}
}

func sq(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	return s
}

func minus(a, b []float64) []float64 {
	d := slices.Clone(a)
	for k := range d {
		d[k] -= b[k]
	}
	return d
}

func dot(a, b []float64) float64 {
	s := 0.0
	for k := range a {
		s += a[k] * b[k]
	}
	return s
}

// tail is a random list of operators from width d to width 1.
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

// facts are the exact moments of one case, given its single x, and the claims'
// left sides. Total means are given x; past ones are averaged over the outcomes.
type facts struct {
	k                                    Const
	per                                  PerOp
	y2, y4, v2, d2, e2, d4               []float64
	yTotal, dTotal, vTotal, eTotal       []float64
	yPast, dPast, vPast, ePast           []float64
	yv, uMean2, jMean2                   []float64
	u2, all                              float64
	sharp                                float64 // largest |U-u|^2 - q^T Q q over the outcomes, over 1 + |U-u|^2
	chain                                *core.Chain
	yMean, dMean, vMean, eMean, uMean, j [][]float64
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

// jacobian2 is J2_i at input x, row by row.
func jacobian2(c *core.Chain, i int, x, w []float64) []float64 {
	op := c.Op(i)
	y := make([]float64, op.Out())
	op.Forward(y, x, c.W(i, w))
	var j []float64
	for r := range y {
		e, row := make([]float64, op.Out()), make([]float64, op.NW())
		e[r] = 1
		op.VJP2(row, x, c.W(i, w), y, e)
		j = append(j, row...)
	}
	return j
}

func measure(r *rand.Rand, c *core.Chain) *facts {
	n := c.N()
	x, w := normals(r, c.D(0)), normals(r, c.NW())
	l := newLaws(r, n)
	exact, s := core.NewState(c), core.NewState(c)
	exact.Pass(c, x, w, nil)
	region := core.NewRegion(c)
	region.Visit(exact, w)
	outcomes := uint(1) << (2*n - 2)
	for l.bits = range outcomes {
		s.Pass(c, x, w, l)
		region.Visit(s, w)
	}
	per := make([]core.Regularity, n+1)
	reg := region.Regularity(per)

	f := &facts{chain: c, k: Const{N: n, C: reg.C(), C2: reg.C2, Lf: reg.Lf, L1: reg.L1, L2: reg.L2}}
	vectors(n, &f.per.J1, &f.per.J2, &f.per.Lf, &f.per.L1)
	for i := 1; i <= n; i++ {
		f.per.J1[i], f.per.J2[i], f.per.Lf[i], f.per.L1[i] = per[i].J1, per[i].J2, per[i].Lf, per[i].L1
	}
	q := SharpQPerOp(f.per)
	vectors(n, &f.y2, &f.y4, &f.v2, &f.d2, &f.e2, &f.d4, &f.yTotal, &f.dTotal, &f.vTotal, &f.eTotal,
		&f.yPast, &f.dPast, &f.vPast, &f.ePast, &f.yv, &f.uMean2, &f.jMean2)
	f.yMean, f.dMean, f.vMean = make([][]float64, n+1), make([][]float64, n+1), make([][]float64, n+1)
	f.eMean, f.uMean, f.j = make([][]float64, n+1), make([][]float64, n+1), make([][]float64, n+1)
	var whole []float64
	p := 1 / float64(outcomes)
	for l.bits = range outcomes {
		s.Pass(c, x, w, l)
		site := make([]float64, 2*n-2)
		for i := 1; i <= n; i++ {
			h, z := minus(s.Y[i], exact.Y[i]), minus(s.V[i], exact.V[i])
			f.y2[i] += p * sq(h)
			f.y4[i] += p * sq(h) * sq(h)
			f.v2[i] += p * sq(z)
			f.d2[i] += p * sq(s.Delta[i])
			f.d4[i] += p * sq(s.Delta[i]) * sq(s.Delta[i])
			accumulate(&f.yMean[i], h, p)
			accumulate(&f.vMean[i], z, p)
			accumulate(&f.dMean[i], s.Delta[i], p)
			accumulate(&f.uMean[i], minus(s.U[i], exact.U[i]), p)
			accumulate(&f.j[i], minus(jacobian2(c, i, s.Y[i-1], w), jacobian2(c, i, exact.Y[i-1], w)), p)
			f.dPast[i] += p * l.deltaMean2[i]
			if i < n {
				f.vPast[i] += p * sq(minus(l.vMean[i], exact.V[i]))
				f.yv[i] += p * sq(h) * sq(minus(s.V[i+1], exact.V[i+1]))
				site[i-1] = math.Sqrt(sq(s.Delta[i]))
			}
			if i >= 2 {
				f.e2[i] += p * sq(s.Eps[i])
				f.ePast[i] += p * l.epsMean2[i]
				accumulate(&f.eMean[i], s.Eps[i], p)
				site[n+i-3] = math.Sqrt(sq(s.Eps[i]))
			}
		}
		u := minus(s.UAll, exact.UAll)
		f.u2 += p * sq(u)
		accumulate(&whole, u, p)
		form := 0.0
		for a := range site {
			for b := range site {
				form += site[a] * q.At(a, b) * site[b]
			}
		}
		f.sharp = max(f.sharp, (sq(u)-form)/(1e-12+sq(u)+form))
	}
	f.all = sq(whole)
	for i := 1; i <= n; i++ {
		f.yTotal[i], f.dTotal[i], f.vTotal[i] = sq(f.yMean[i]), sq(f.dMean[i]), sq(f.vMean[i])
		f.eTotal[i], f.uMean2[i], f.jMean2[i] = sq(f.eMean[i]), sq(f.uMean[i]), sq(f.j[i])
	}
	// E[Y_i - y_i | past] = f_i(Y_{i-1}) - y_i + E[delta_i | past].
	f.pastOfY(c, x, w, l, exact, s)
	return f
}

func (f *facts) pastOfY(c *core.Chain, x, w []float64, l *laws, exact, s *core.State) {
	outcomes := uint(1) << (2*f.k.N - 2)
	for l.bits = range outcomes {
		s.Pass(c, x, w, l)
		for i := 1; i < f.k.N; i++ {
			side := *l
			side.bits ^= 1 << (i - 1) // the other outcome of delta_i, so the mean is half way
			t := core.NewState(c)
			t.Forward(c, x, w, &side)
			mean := minus(s.Y[i], exact.Y[i])
			other := minus(t.Y[i], exact.Y[i])
			for k := range mean {
				mean[k] = (mean[k] + other[k]) / 2
			}
			f.yPast[i] += sq(mean) / float64(outcomes)
		}
	}
}

func normals(r *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = r.NormFloat64()
	}
	return v
}

// slack covers the rounding of the left sides: they are sums of at most 64
// outcomes of differences of states of size 1 to 10^3, squared, so their
// absolute error stays below 10^6 2^-53 2^10 < 10^-6 relative to the states'
// squares; the cases below keep |U-u|^2 above that by their size of 10^-2.
const slack = 1e-9

// TestRepairedBrute: every form that is claimed to hold holds on every case.
func TestRepairedBrute(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	largest := map[string]float64{}
	for trial := range 1500 {
		f := measure(r, randomChain(r))
		k, n := f.k, f.k.N
		check := func(name string, left, right float64) {
			t.Helper()
			if !(left <= right*(1+slack)+1e-13*(1+f.u2)) {
				t.Fatalf("trial %d: %s: %v > %v at %+v, chain %v", trial, name, left, right, k, f.chain.Specs())
			}
			if right > 1e-12 {
				largest[name] = max(largest[name], left/right)
			}
		}
		if f.sharp > slack {
			t.Fatalf("trial %d: |U-u|^2 above q^T Q q by %v, chain %v", trial, f.sharp, f.chain.Specs())
		}
		check("sharp (13)", f.u2, SharpTheorem1(k, f.d2, f.e2))
		check("sharp (13) per operator", f.u2, SharpTheorem1PerOp(f.per, f.d2, f.e2))
		check("(13)", f.u2, Theorem1(k, f.d2, f.e2))
		check("(24) total", f.uMean2[n], Eq24(k, f.yTotal, f.y4))
		check("(24) past", f.uMean2[n], Eq24(k, f.yPast, f.y4))
		check("(32) total", Eq32Left(k, f.yTotal), Eq32Right(k, f.dTotal, f.y4))
		check("repaired (23)", f.all, RepairedTheorem2(k, f.dPast, f.d4, f.ePast))
		check("repaired (23), delta total", f.all, RepairedTheorem2(k, f.dTotal, f.d4, f.ePast))
		for i := 1; i <= n; i++ {
			check("repaired (22)", f.jMean2[i], RepairedLemma2(k, f.yTotal[i-1], f.y4[i-1]))
			check("(29) total", f.yTotal[i], Eq29(k, i, f.yTotal, f.y4, f.dTotal))
			check("(29) literal", f.y2[i], Eq29(k, i, f.y2, f.y4, f.d2))
			if i == n {
				continue
			}
			check("repaired (29) past", f.yPast[i], RepairedEq29Past(k, i, f.y2, f.dPast))
			check("repaired (26) past", f.uMean2[i], RepairedEq26(k, i, f.vPast, f.yPast, f.y4))
			check("repaired (26) past V, total Y", f.uMean2[i], RepairedEq26(k, i, f.vPast, f.yTotal, f.y4))
			check("repaired (28) past", f.vPast[i], RepairedEq28Past(k, i, f.v2, f.y2, f.ePast))
			check("repaired (28) total", f.vTotal[i], RepairedEq28b(k, i, f.vTotal, f.yTotal, f.y4, f.eTotal, f.yv))
		}
	}
	names := []string{}
	for name, ratio := range largest {
		names = append(names, fmt.Sprintf("%s %.3g", name, ratio))
	}
	slices.Sort(names)
	t.Log("largest left/right: ", names)
}

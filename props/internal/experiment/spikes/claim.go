package spikes

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// claimForms are (13) as printed and its sharp form.
const claimForms = 2

// Both is the answer to both directions of "a spike occurs whenever some
// |delta_i| or |eps_i| is O(1)" (section 6.3). Entry 0 of an array is (13) as
// printed, entry 1 its sharp form.
type Both struct {
	Chains, Skipped int // random chains tried; of them overflown or ill-conditioned
	Upper           [claimForms]Tightness
	Ones, Zeros     int     // random chains with one site hit, at |.| = m; of them with |U-u| = 0 as computed
	Largest         float64 // the largest |U-u|/m of them
	Violations      []Violation
	Witnesses       []Witness // |U-u| = 0 at |delta_i| or |eps_i| >= 1, smallest chain first
	Trivial         []Witness // the same at delta_N and eps_1
}

// ClaimBothWays tests both directions.
//
// Upwards: |delta_i|, |eps_i| <= m for all i gives |U-u|^2 <= c m^2 by Theorem 1
// with
//
//	c = sum_{i=1..N-1} Ce_d[i] + sum_{i=2..N} Ce_e[i],
//
// the constants of A3 taken on the region visited (so that c depends on m where
// no constants hold everywhere). Tested on random chains, one site or all. The left side is lowered by
// the rounding of both passes.
//
// Downwards: is there c > 0 with |U-u| >= c m whenever some |delta_i| or |eps_i| is
// m? No. Witnesses are found by search, in exact arithmetic: see search.
//
// It panics unless chains >= 1. It is the same for a seed at any GOMAXPROCS.
func ClaimBothWays(seed uint64, chains int) Both {
	if chains < 1 {
		panic(fmt.Sprintf("spikes: %d random chains, want at least 1", chains))
	}
	parts := make([]Both, chains)
	_ = onAll(chains, func(i int) error { // nothing here can fail
		parts[i] = upward(rand.New(rand.NewPCG(seed, uint64(i)<<1|1)), i)
		return nil
	})
	b := Both{Chains: chains}
	for _, p := range parts {
		b.Skipped += p.Skipped
		for f := range claimForms {
			b.Upper[f].add(p.Upper[f].Ratio, p.Upper[f].Case)
		}
		b.Ones, b.Zeros = b.Ones+p.Ones, b.Zeros+p.Zeros
		b.Largest = max(b.Largest, p.Largest)
		b.Violations = append(b.Violations, p.Violations...)
	}
	b.Witnesses, b.Trivial = firstWitnesses()
	return b
}

// upward is one random chain.
func upward(rng *rand.Rand, index int) Both {
	c := randomChain(rng)
	x, w := direction(rng, c.D(0)), scaled(0.7, direction(rng, c.NW()))
	m := []float64{1e-3, 0.1, 1, 3}[rng.IntN(4)]
	given, one := kicks(rng, c, m)
	p := newPasses(c)
	if !p.run(x, w, given) {
		return Both{Skipped: 1}
	}
	var b Both
	name := fmt.Sprintf("chain %d: %v", index, c.Specs())
	low := p.least()
	r := Report{}
	for form, coefficient := range p.coefficients() {
		r.compare(&b.Upper[form], name, "|U-u|^2 at m = %v", m, low*low, coefficient*m*m*(1+bounds.RelError))
	}
	b.Violations = r.Violations
	if one {
		b.Ones, b.Largest = 1, p.diff()/m
	}
	if one && p.diff() == 0 {
		b.Zeros = 1
	}
	return b
}

// randomChain has 2 to 4 operators of widths 1 to 3; the first has weights.
func randomChain(rng *rand.Rand) *core.Chain {
	n, d := 2+rng.IntN(3), 1+rng.IntN(3)
	var ops []core.Op
	for i := 1; i < n; i++ {
		op := randomOp(rng, d, i == 1)
		ops = append(ops, op)
		d = op.Out()
	}
	c, err := core.NewChain(append(ops, randomLast(rng, d))...)
	if err != nil {
		panic("spikes: random chain: " + err.Error())
	}
	return c
}

func randomOp(rng *rand.Rand, d int, weights bool) core.Op {
	out := 1 + rng.IntN(3)
	all := []func() core.Op{
		func() core.Op { return core.Linear(d, out) },
		func() core.Op { return core.Affine(d, out) },
		func() core.Op { return core.Bias(d) },
		func() core.Op { return core.Scale(d) },
		func() core.Op { return core.Tanh(d) },
		func() core.Op { return core.Sigmoid(d) },
		func() core.Op { return core.Softplus(d) },
		func() core.Op { return core.Square(d) },
	}
	if weights {
		all = all[:4]
	}
	return all[rng.IntN(len(all))]()
}

func randomLast(rng *rand.Rand, d int) core.Op {
	switch rng.IntN(5) {
	case 0:
		return core.Linear(d, 1)
	case 1:
		return core.Bilinear(d)
	case 2:
		return core.SoftmaxCE(d, rng.IntN(d))
	case 3:
		return core.HalfSq(d)
	}
	return core.Affine(d, 1)
}

// kicks perturbs one site by a vector of norm m, or every site by at most m.
func kicks(rng *rand.Rand, c *core.Chain, m float64) (g *core.Given, one bool) {
	all := sites(c)
	one = rng.IntN(2) == 0
	if one {
		s := all[rng.IntN(len(all))]
		return s.given(c.N(), scaled(m, unit(rng, s.width(c)))), true
	}
	g = &core.Given{DeltaAt: make([][]float64, c.N()+1), EpsAt: make([][]float64, c.N()+1)}
	for _, s := range all {
		v := scaled(m*rng.Float64(), unit(rng, s.width(c)))
		if s.Eps {
			g.EpsAt[s.I] = v
		} else {
			g.DeltaAt[s.I] = v
		}
	}
	return g, false
}

// passes are the exact and the perturbed pass of one case, with the constants
// of A3 on the region that holds both.
type passes struct {
	c            *core.Chain
	exact, moved *core.State
	region       *core.Region
	per          []core.Regularity
	errs         *core.Enclosure
	k            bounds.Const
}

func newPasses(c *core.Chain) *passes {
	return &passes{c: c, exact: core.NewState(c), moved: core.NewState(c), region: core.NewRegion(c),
		per: make([]core.Regularity, c.N()+1), errs: core.NewEnclosure(c)}
}

// run makes both passes. It reports false when the region does not hold the
// exact states, or a constant is not finite.
func (p *passes) run(x, w []float64, g core.Perturber) bool {
	p.region.Reset()
	p.errs.Reset()
	p.exact.Pass(p.c, x, w, nil)
	p.moved.Pass(p.c, x, w, g)
	for _, s := range []*core.State{p.exact, p.moved} {
		p.region.Visit(s, w)
		p.errs.Visit(s)
	}
	p.region.Widen(core.Margin)
	k := p.region.Regularity(p.per)
	p.k = bounds.Const{N: p.c.N(), C: k.C(), C2: k.C2, Lf: k.Lf, L1: k.L1, L2: k.L2}
	return p.errs.Compute(p.region, p.per) && !math.IsInf(k.C()+k.Lf+k.L1, 0) && !math.IsNaN(p.diff())
}

// diff is |U-u|.
func (p *passes) diff() float64 {
	d := make([]float64, p.c.NW())
	for j, u := range p.moved.UAll {
		d[j] = u - p.exact.UAll[j]
	}
	return norm(d)
}

// rounding bounds the error of diff: that of both passes, and of the
// subtraction and the norm, below 2^-40 (|U| + |u|).
func (p *passes) rounding() float64 {
	return 2*norm(p.errs.U) + core.Margin*(norm(p.exact.UAll)+norm(p.moved.UAll))
}

// least is |U-u| from below.
func (p *passes) least() float64 { return max(p.diff()-p.rounding(), 0) }

// coefficients are c of ClaimBothWays: (13) and its sharp form at moments of 1.
func (p *passes) coefficients() [claimForms]float64 {
	ones := make([]float64, p.c.N()+1)
	for j := range ones {
		ones[j] = 1
	}
	return [claimForms]float64{bounds.Theorem1(p.k, ones, ones), bounds.SharpTheorem1(p.k, ones, ones)}
}

package spikes

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"sync"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// Witness is a perturbation of size at least 1 that no gradient notices.
type Witness struct {
	Kind        string      // see kind
	Chain       []core.Spec // N operators
	X, W        []float64   // 0 and 1 only
	Site        Site
	V           []float64 // delta_i or eps_i at Site; 2V and 1024V do as little
	GradSq      float64   // |u|^2 > 0
	DiffSq      float64   // |U-u|^2 = 0
	Coefficient float64   // Ce_d[i] or Ce_e[i] of (21): Theorem 1 allows this times |V|^2; 0 at the trivial sites
	Moved       []string  // the states Y_j and V_j that differ
}

// The kinds of witness that search looks for, each at delta and at eps.
const (
	blind  = "blind"          // Theorem 1 with the constants of each operator allows nothing either
	linear = "linear network" // every operator is y = W x
	other  = "other"          // neither
)

// wanted is how many witnesses search looks for: three kinds and the trivial
// sites, at delta and at eps.
const wanted = 8

// rays are the multiples of V that must do nothing.
var rays = []float64{1, 2, 1024}

// search goes through chains of two and three operators from linear, scale, bias,
// square, halfsq, bilinear and a row of ones, widths 1 and 2, by N, then by the sum of
// widths, then by the number of weights; the first operator has weights, so that every site but
// delta_N and eps_1 has weights that it could touch. x and w are 0 and 1, fewest ones
// first, with u != 0; perturbations are (1), (1,0), (0,1), (1,1), (1,-1). All of that
// is integers below 2^53, so that |U-u|^2 = 0 is exact. The first witness of each
// kind at delta and at eps is kept, in that order, and the first at delta_N and at eps_1.
func search() (main, trivial []Witness) {
	seen := map[string]bool{}
	for _, c := range candidates() {
		if len(seen) == wanted {
			break
		}
		for _, s := range append(sites(c), Site{false, c.N()}, Site{true, 1}) {
			s.find(c, func(w Witness) {
				list, key := &main, fmt.Sprint(w.Kind, s.Eps)
				if s.trivial(c) {
					list, key = &trivial, fmt.Sprint("trivial", s.Eps)
				}
				if !seen[key] {
					seen[key] = true
					*list = append(*list, w)
				}
			})
		}
	}
	return main, trivial
}

// firstWitnesses is what search finds, which is the same every time, looked for once. Nobody
// changes it.
var firstWitnesses = sync.OnceValues(search)

// trivial sites are delta_N and eps_1.
func (s Site) trivial(c *core.Chain) bool { return s.Eps && s.I == 1 || !s.Eps && s.I == c.N() }

// candidates are the chains, smallest first.
func candidates() []*core.Chain {
	var all []*core.Chain
	var grow func(ops []core.Op)
	grow = func(ops []core.Op) {
		d := ops[len(ops)-1].Out()
		for _, last := range []core.Op{core.Linear(d, 1), core.HalfSq(d), core.Bilinear(d),
			core.Fixed([][]float64{[]float64{1, 1}[:d]})} {
			c, err := core.NewChain(append(slices.Clone(ops), last)...)
			if err != nil {
				panic("spikes: candidate: " + err.Error())
			}
			all = append(all, c)
		}
		if len(ops) == 1 {
			for _, op := range append(weighted(d), core.Square(d)) {
				grow(append(slices.Clone(ops), op))
			}
		}
	}
	for d := 1; d <= 2; d++ {
		for _, op := range weighted(d) {
			grow([]core.Op{op})
		}
	}
	slices.SortStableFunc(all, func(a, b *core.Chain) int {
		return cmp.Or(cmp.Compare(a.N(), b.N()), cmp.Compare(widths(a), widths(b)), cmp.Compare(a.NW(), b.NW()))
	})
	return all
}

// weighted are the operators with weights that take width d.
func weighted(d int) []core.Op {
	return []core.Op{core.Linear(d, 1), core.Linear(d, 2), core.Scale(d), core.Bias(d)}
}

func widths(c *core.Chain) int {
	sum := 0
	for i := 0; i <= c.N(); i++ {
		sum += c.D(i)
	}
	return sum
}

// find calls found for the first x, w and V of each kind at s.
func (s Site) find(c *core.Chain, found func(Witness)) {
	p, n := newPasses(c), c.D(0)+c.NW()
	at := make([]float64, n)
	seen := map[string]bool{}
	for _, mask := range masks(n) {
		for j := range at {
			at[j] = float64(mask >> j & 1)
		}
		for _, v := range directions(s.width(c)) {
			w, ok := p.witness(s, at[:c.D(0)], at[c.D(0):], v)
			if ok && !seen[w.Kind] {
				seen[w.Kind] = true
				found(w)
			}
		}
	}
}

// masks are 0..2^n-1, fewest ones first.
func masks(n int) []uint {
	all := make([]uint, 1<<n)
	for j := range all {
		all[j] = uint(j)
	}
	slices.SortStableFunc(all, func(a, b uint) int { return cmp.Compare(bits.OnesCount(a), bits.OnesCount(b)) })
	return all
}

func directions(n int) [][]float64 {
	if n == 1 {
		return [][]float64{{1}}
	}
	return [][]float64{{1, 0}, {0, 1}, {1, 1}, {1, -1}}
}

// witness tells whether v at s does nothing while u is not 0.
func (p *passes) witness(s Site, x, w, v []float64) (Witness, bool) {
	for _, r := range rays {
		if !p.run(x, w, s.given(p.c.N(), scaled(r, v))) || p.diff() != 0 {
			return Witness{}, false
		}
	}
	p.run(x, w, s.given(p.c.N(), v))
	size := normSq(p.exact.UAll)
	if size == 0 {
		return Witness{}, false
	}
	return Witness{Kind: p.kind(s), Chain: p.c.Specs(), X: slices.Clone(x), W: slices.Clone(w), Site: s, V: v,
		GradSq: size, DiffSq: p.diff(), Coefficient: p.coefficient(s), Moved: p.differing()}, true
}

func (p *passes) kind(s Site) string {
	switch {
	case p.sharpCoefficient(s) == 0:
		return blind
	case !slices.ContainsFunc(p.c.Specs(), func(s core.Spec) bool { return s.Op != "linear" }):
		return linear
	}
	return other
}

// sharpCoefficient is that of site s alone in SharpQPerOp.
func (p *passes) sharpCoefficient(s Site) float64 {
	if s.trivial(p.c) {
		return 0
	}
	var all bounds.PerOp
	for _, r := range p.per {
		all.J1 = append(all.J1, r.J1)
		all.J2 = append(all.J2, r.J2)
		all.Lf = append(all.Lf, r.Lf)
		all.L1 = append(all.L1, r.L1)
	}
	at := slices.Index(sites(p.c), s)
	return bounds.SharpQPerOp(all).At(at, at)
}

// coefficient is Ce_d[i] or Ce_e[i] of (21) at s.
func (p *passes) coefficient(s Site) float64 {
	switch {
	case s.trivial(p.c):
		return 0
	case s.Eps:
		return bounds.Theorem1Eps(p.k, s.I)
	}
	return bounds.Theorem1Delta(p.k, s.I)
}

// differing lists the states that the perturbation reaches.
func (p *passes) differing() []string {
	var names []string
	for i := 1; i <= p.c.N(); i++ {
		if !slices.Equal(p.exact.Y[i], p.moved.Y[i]) {
			names = append(names, fmt.Sprintf("Y_%d", i))
		}
	}
	for i := p.c.N(); i >= 1; i-- {
		if !slices.Equal(p.exact.V[i], p.moved.V[i]) {
			names = append(names, fmt.Sprintf("V_%d", i))
		}
	}
	return names
}

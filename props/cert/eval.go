package cert

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// model is a certificate with everything computed: the exact pass (4) and the
// perturbed passes (5) of all outcomes. Slices that carry an operator index are
// indexed like the paper, 1..n.
type model struct {
	n      int
	ops    []operator
	w      [][]*big.Rat
	sites  []Law // delta_1..delta_N, eps_N..eps_2, in the order of drawing, and those of zeta, see zetas
	exact  leaf
	leaves []leaf       // the last site runs fastest
	hull   [][]interval // what a run visits, see boxes

	moments map[string]*big.Rat
}

// leaf is one pass: p its probability, y[0] = x, v[n] = 1, u[i] the gradient by
// w_i, delta and eps what was added, zeta what was added to y[i-1] where J1_i and J2_i are
// taken.
type leaf struct {
	p                         *big.Rat
	delta, eps, zeta, y, v, u [][]*big.Rat
}

func newModel(c *Certificate) (*model, error) {
	m := &model{n: len(c.Chain), ops: make([]operator, 1), moments: map[string]*big.Rat{}}
	m.w = append([][]*big.Rat{nil}, c.W...)
	for _, o := range c.Chain {
		m.ops = append(m.ops, newOperator(o))
	}
	for i := 1; i <= m.n; i++ {
		m.sites = append(m.sites, lawOrZero(c.Delta[i], m.ops[i].out))
	}
	for i := m.n; i >= 2; i-- {
		m.sites = append(m.sites, lawOrZero(c.Eps[i], m.ops[i].in))
	}
	m.sites = append(m.sites, m.zetas(c)...)
	m.exact = m.newLeaf()
	if err := m.pass(&m.exact, c.X); err != nil {
		return nil, err
	}
	return m, m.walk(c.X)
}

// zetas are the sites of zeta: none, those of zeta_1..zeta_N, or one of the stacked (zeta_1,
// ..., zeta_N) where the claim draws them together. N >= 2 tells the last two apart.
func (m *model) zetas(c *Certificate) (sites []Law) {
	if len(c.Zeta) == 0 {
		return nil
	}
	for i := 1; i <= m.n; i++ {
		sites = append(sites, lawOrZero(c.Zeta[i], m.ops[i].in))
	}
	if !c.claim().together {
		return sites
	}
	var all Law
	first := c.Zeta[slices.Min(slices.Collect(maps.Keys(c.Zeta)))] // all have its probabilities
	for k, o := range first {
		var stacked []*big.Rat
		for i, site := range sites {
			if c.Zeta[i+1] == nil {
				stacked = append(stacked, site[0].D...)
			} else {
				stacked = append(stacked, site[k].D...)
			}
		}
		all = append(all, Outcome{o.P, stacked})
	}
	return []Law{all}
}

func lawOrZero(l Law, width int) Law {
	if len(l) == 0 {
		return Law{{num(1), zeros(width)}}
	}
	return l
}

// newLeaf is a pass without perturbations, not yet run.
func (m *model) newLeaf() leaf {
	list := func() [][]*big.Rat { return make([][]*big.Rat, m.n+1) }
	l := leaf{p: num(1), delta: list(), eps: list(), zeta: list(), y: list(), v: list(), u: list()}
	for i := 1; i <= m.n; i++ {
		l.delta[i], l.eps[i], l.zeta[i] = zeros(m.ops[i].out), zeros(m.ops[i].in), zeros(m.ops[i].in)
	}
	return l
}

// walk visits all joint outcomes of the sites.
func (m *model) walk(x []*big.Rat) error {
	path := make([]int, len(m.sites))
	for {
		l := m.newLeaf()
		for s, k := range path {
			o := m.sites[s][k]
			l.p.Mul(l.p, o.P)
			switch at := s - 2*m.n + 2; {
			case s < m.n:
				l.delta[s+1] = o.D
			case at < 1:
				l.eps[2*m.n-s] = o.D
			case len(m.sites) == 2*m.n: // all zeta at once
				for i, d := 1, o.D; i <= m.n; i++ {
					l.zeta[i], d = d[:m.ops[i].in], d[m.ops[i].in:]
				}
			default:
				l.zeta[at] = o.D
			}
		}
		if err := m.pass(&l, x); err != nil {
			return err
		}
		m.leaves = append(m.leaves, l)
		s := len(path) - 1
		for ; s >= 0; s-- {
			if path[s]++; path[s] < len(m.sites[s]) {
				break
			}
			path[s] = 0
		}
		if s < 0 {
			return nil
		}
	}
}

// pass runs (5a), (5b) and (5c) with the perturbations of l.
func (m *model) pass(l *leaf, x []*big.Rat) error {
	l.y[0] = x
	for i := 1; i <= m.n; i++ {
		y := m.ops[i].forward(m.z(l, i))
		for k := range y {
			y[k].Add(y[k], l.delta[i][k])
		}
		if err := notTooLarge("Y", i, y); err != nil {
			return err
		}
		l.y[i] = y
	}
	l.v[m.n] = []*big.Rat{num(1)}
	for i := m.n; i >= 1; i-- {
		o, z := &m.ops[i], m.z(l, i)
		for k, d := range l.zeta[i] {
			if d.Sign() != 0 {
				z[k] = add(z[k], d)
			}
		}
		l.u[i] = o.pullback(z, l.v[i], o.in, o.in+o.nw)
		if i == 1 {
			break
		}
		v := o.pullback(z, l.v[i], 0, o.in)
		for k := range v {
			v[k].Add(v[k], l.eps[i][k])
		}
		if err := notTooLarge("V", i-1, v); err != nil {
			return err
		}
		l.v[i-1] = v
	}
	return nil
}

// notTooLarge refuses states that are too large to go on with.
func notTooLarge(name string, i int, v []*big.Rat) error {
	for k, x := range v {
		if x.Num().BitLen() > MaxStateBits || x.Denom().BitLen() > MaxStateBits {
			return refuse(fmt.Sprintf("%s_%d", name, i), "component %d has more than %d bits", k, MaxStateBits)
		}
	}
	return nil
}

// z is the argument (y_{i-1}, w_i) of operator i.
func (m *model) z(l *leaf, i int) []*big.Rat {
	return append(append([]*big.Rat(nil), l.y[i-1]...), m.w[i]...)
}

// A reading says what a conditional expectation knows: the outcomes at the
// first so many sites. Outcomes of a law differ, so that is the same as knowing
// the states that they lead to.
//
//	          delta_i, Y_i                 V_i                              eps_i
//	literal   Y_1..Y_i: they are known     Y_1..Y_N, V_N..V_i: it is known  Y_1..Y_N, V_N..V_i
//	past      Y_1..Y_{i-1}                 Y_1..Y_N, V_N..V_{i+1}           Y_1..Y_N, V_N..V_i
//	total     x alone                      x alone                          x alone
//
// H_i ends with V_i and does not know eps_i, which V_{i-1} is made of: for eps,
// literal is past.
type reading string

const (
	literal reading = "literal"
	past    reading = "past"
	total   reading = "total"
)

// ofY is the number of known sites for delta_i and Y_i. Y_0 = x is known.
func (r reading) ofY(i int) int {
	switch {
	case r == total || i == 0:
		return 0
	case r == past:
		return i - 1
	}
	return i
}

// ofV is the number of known sites for V_i; V_N = 1 draws on nothing.
func (r reading) ofV(n, i int) int {
	switch {
	case r == total || i == n:
		return 0
	case r == past:
		return 2*n - i - 1
	}
	return 2*n - i
}

// ofEps is the number of known sites for eps_i.
func (r reading) ofEps(n, i int) int {
	if r == total {
		return 0
	}
	return 2*n - i
}

// mean is E f.
func (m *model) mean(f func(l *leaf) *big.Rat) *big.Rat {
	s := new(big.Rat)
	for k := range m.leaves {
		l := &m.leaves[k]
		s.Add(s, mul(1, l.p, f(l)))
	}
	return s
}

// group is the leaves that begin with the same outcomes.
type group struct {
	p      *big.Rat
	leaves []leaf
}

// groups splits the leaves by the outcomes at the first known sites.
func (m *model) groups(known int) []group {
	size := 1
	for _, law := range m.sites[known:] {
		size *= len(law)
	}
	var gs []group
	for at := 0; at < len(m.leaves); at += size {
		g := group{new(big.Rat), m.leaves[at : at+size]}
		for _, l := range g.leaves {
			g.p.Add(g.p, l.p)
		}
		gs = append(gs, g)
	}
	return gs
}

// mean is the conditional mean of f on the group.
func (g *group) mean(f vectorOf) []*big.Rat {
	var s []*big.Rat
	for k := range g.leaves {
		l := &g.leaves[k]
		v := f(l)
		if s == nil {
			s = zeros(len(v))
		}
		weight := new(big.Rat).Quo(l.p, g.p)
		for c := range v {
			s[c].Add(s[c], mul(1, weight, v[c]))
		}
	}
	return s
}

// mean2 is E|E[f | the first known sites]|^2.
func (m *model) mean2(known int, f vectorOf) *big.Rat {
	s := new(big.Rat)
	for _, g := range m.groups(known) {
		s.Add(s, mul(1, g.p, norm2(g.mean(f))))
	}
	return s
}

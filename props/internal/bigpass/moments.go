package bigpass

import (
	"fmt"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// Moments are claim.Moments as numbers with their errors, field by field and
// with the same indices; entries that have no meaning are exactly 0. P is the
// sum of the leaves' float64 probabilities, by which all the others are divided;
// a conditional mean divides by the sum of its event's.
type Moments struct {
	Leaves int
	P      Num

	D2, D4       []Num // E|delta_i|^2, E|delta_i|^4           i = 1..N
	D22          []Num // E[|delta_i|^2 | x]^2                 i = 1..N
	E2, E4       []Num // E|eps_i|^2, E|eps_i|^4               i = 2..N
	Y2, Y4       []Num // E|Y_i-y_i|^2, E|Y_i-y_i|^4           i = 0..N
	V2, V4       []Num // E|V_i-v_i|^2, E|V_i-v_i|^4           i = 1..N
	YV2          []Num // E|Y_i-y_i|^2 |V_{i+1}-v_{i+1}|^2     i = 0..N-1
	Ui2, UiMean2 []Num // E|U_i-u_i|^2, |E_t[U_i-u_i]|^2       i = 1..N
	UMean        []Num // E_t[U-u], flat                       length NW
	U2, UMean2   Num   // E|U-u|^2, |E_t[U-u]|^2

	// E|E[z|G]|^2 of z = delta_i, eps_i, Y_i-y_i, V_i-v_i, by reading.
	DMean2, EMean2, YMean2, VMean2 [claim.ReadingSlots][]Num

	DMean22 [claim.ReadingSlots][]Num // E[|E[delta_i|G_i]|^2 | x]^2, i = 1..N

	// E|E[z|G]|^2 of z = Y_i-y_i less delta_i, i = 1..N, and V_i-v_i less eps_{i+1}, i = 1..N-1.
	FMean2, BMean2 [claim.ReadingSlots][]Num

	V0 []Num // |v_i|^2 of the exact pass, i = 1..N

	c *core.Chain // for the shape alone
}

// lists returns the slices of m in the order of the function lists.
func (m *Moments) lists() [][]Num {
	l := [][]Num{m.D2, m.D4, m.E2, m.E4, m.Y2, m.Y4, m.V2, m.V4, m.YV2, m.Ui2, m.UiMean2, m.UMean, m.D22}
	for _, r := range claim.Readings {
		l = append(l, m.DMean2[r], m.EMean2[r], m.YMean2[r], m.VMean2[r], m.DMean22[r], m.FMean2[r], m.BMean2[r])
	}
	return l
}

func lists(m *claim.Moments) [][]float64 {
	l := [][]float64{m.D2, m.D4, m.E2, m.E4, m.Y2, m.Y4, m.V2, m.V4, m.YV2, m.Ui2, m.UiMean2, m.UMean, m.D22}
	for _, r := range claim.Readings {
		l = append(l, m.DMean2[r], m.EMean2[r], m.YMean2[r], m.VMean2[r], m.DMean22[r], m.FMean2[r], m.BMean2[r])
	}
	return l
}

// Float64 returns the float64 nearest to each moment and an upper bound of its
// error, see Num.Float64.
func (m *Moments) Float64() (v, err *claim.Moments) {
	v, err = claim.NewMoments(m.c), claim.NewMoments(m.c)
	v.Leaves, err.Leaves = m.Leaves, m.Leaves
	vl, el := lists(v), lists(err)
	for k, l := range m.lists() {
		for i, x := range l {
			vl[k][i], el[k][i] = x.Float64()
		}
	}
	v.P, err.P = m.P.Float64()
	v.U2, err.U2 = m.U2.Float64()
	v.UMean2, err.UMean2 = m.UMean2.Float64()
	return v, err
}

// Moments is Expect rounded to float64, without the error bounds, and |v_i|^2 of
// the exact pass.
func (e *Evaluator) Moments(x, w []float64, leaves []expect.Leaf) (m *claim.Moments, v0 []float64, err error) {
	exact, err := e.Expect(x, w, leaves)
	if err != nil {
		return nil, nil, err
	}
	m, _ = exact.Float64()
	v0 = make([]float64, len(exact.V0))
	for i, v := range exact.V0 {
		v0[i], _ = v.Float64()
	}
	return m, v0, nil
}

// Expect computes every moment over the given leaves, at input x and flat
// weights w. Leaves are one joint outcome each: Path tells the events of
// conditional means apart, Delta and Eps are the perturbations. A sum of
// weights and a pass cost what the distinct prefixes of neighbours cost, so the
// order of a tree is fastest. Errors: more than MaxLeaves leaves or none, a P
// outside (0, 1], a leaf with a zeta, which no moment knows of, and what Pass refuses.
func (e *Evaluator) Expect(x, w []float64, leaves []expect.Leaf) (m *Moments, err error) {
	defer overflow(&err)
	if err := e.check(x, w); err != nil {
		return nil, err
	}
	for k := range leaves {
		if leaves[k].Zeta != nil {
			return nil, fmt.Errorf("bigpass: leaf %d has a zeta, for which there is no place here", k)
		}
	}
	p := e.start(x, w)
	zero := p.next(nil, nil)
	qs := e.newQuantities(p, zero)
	total, err := e.overLeaves(p, leaves, qs.all())
	if err != nil {
		return nil, err
	}
	m = e.newMoments()
	m.Leaves, m.P = len(leaves), total
	for i := 1; i <= e.c.N(); i++ {
		m.V0[i] = e.a.dot(zero.V[i], zero.V[i])
	}
	qs.finish(e.a, m, total)
	return m, nil
}

func (e *Evaluator) newMoments() *Moments {
	list := func() []Num { return e.a.zeros(e.c.N() + 1) }
	m := &Moments{
		c:       e.c,
		V0:      list(),
		D2:      list(),
		D4:      list(),
		D22:     list(),
		E2:      list(),
		E4:      list(),
		Y2:      list(),
		Y4:      list(),
		V2:      list(),
		V4:      list(),
		YV2:     list(),
		Ui2:     list(),
		UiMean2: list(),
		U2:      e.a.num(0),
		UMean2:  e.a.num(0),
	}
	for _, r := range claim.Readings {
		m.DMean2[r] = list()
		m.DMean22[r] = list()
		m.EMean2[r] = list()
		m.YMean2[r] = list()
		m.VMean2[r] = list()
		m.FMean2[r] = list()
		m.BMean2[r] = list()
	}
	return m
}

// quantities are those of Moments, indexed like the paper; an entry without
// meaning is nil. yv[i] has |z|^2 = |Y_i-y_i|^2 |V_{i+1}-v_{i+1}|^2; f and b are y and v
// less what was drawn last.
type quantities struct{ d, e, y, v, u, yv, f, b []*quantity }

// newQuantities says when each is known: delta_i with the first i draws, eps_i
// with 2N-i+1, V_i and U_i with 2N-i. H_i ends with V_i, so that literally too
// eps_i is not known.
func (e *Evaluator) newQuantities(p *passes, zero *State) *quantities {
	a, n := e.a, e.c.N()
	list := func() []*quantity { return make([]*quantity, n+1) }
	qs := &quantities{d: list(), e: list(), y: list(), v: list(), u: list(), yv: list(), f: list(), b: list()}
	diff := func(get func(s *State) vector) func(s *State) vector {
		return func(s *State) vector { return a.minus(get(s), get(zero)) }
	}
	for i := range n + 1 {
		y := diff(func(s *State) vector { return s.Y[i] })
		qs.y[i] = a.newQuantity(i, readings(i), y)
		if i < n {
			v := diff(func(s *State) vector { return s.V[i+1] })
			qs.yv[i] = a.newQuantity(2*n-i-1, [claim.ReadingSlots]int{},
				func(s *State) vector { return a.outer(y(s), v(s)) })
		}
		if i == 0 {
			continue
		}
		site := 2*n - i
		drawn := func(*State) vector { return a.numsOrZeros(at(p.delta, i), e.c.D(i)) }
		qs.d[i] = a.newQuantity(i, readings(i), drawn)
		qs.v[i] = a.newQuantity(site, readings(site), diff(func(s *State) vector { return s.V[i] }))
		qs.f[i] = a.newQuantity(i, before(i-1), func(s *State) vector { return a.minus(y(s), drawn(s)) })
		qs.u[i] = a.newQuantity(site, [claim.ReadingSlots]int{}, diff(func(s *State) vector { return s.U[i] }))
		if i > 1 {
			drawn := func(*State) vector { return a.numsOrZeros(at(p.eps, i), e.c.D(i-1)) }
			qs.e[i] = a.newQuantity(site+1, before(site), drawn)
			v := diff(func(s *State) vector { return s.V[i-1] })
			qs.b[i-1] = a.newQuantity(site+1, before(site),
				func(s *State) vector { return a.minus(v(s), drawn(s)) })
		}
	}
	return qs
}

// before is what a quantity is known from that knows no more than the first k draws.
func before(k int) [claim.ReadingSlots]int {
	return [claim.ReadingSlots]int{claim.Literal: k, claim.Past: k, claim.Total: 0}
}

func (a *arith) numsOrZeros(v []float64, n int) vector {
	if v == nil {
		return a.zeros(n)
	}
	return a.nums(v)
}

func (qs *quantities) all() []*quantity {
	var all []*quantity
	for _, list := range [][]*quantity{qs.d, qs.e, qs.y, qs.v, qs.u, qs.yv, qs.f, qs.b} {
		for _, q := range list {
			if q != nil {
				all = append(all, q)
			}
		}
	}
	return all
}

// finish divides the sums by the total weight.
func (qs *quantities) finish(a *arith, m *Moments, total Num) {
	put := func(list []*quantity, two, four []Num, means *[claim.ReadingSlots][]Num) {
		for i, q := range list {
			if q == nil {
				continue
			}
			if two != nil {
				two[i] = a.quo(q.two, total)
			}
			if four != nil {
				four[i] = a.quo(q.four, total)
			}
			if means != nil {
				for _, r := range claim.Readings {
					means[r][i] = a.quo(q.groups[r].mean2(a), total)
				}
			}
		}
	}
	put(qs.d, m.D2, m.D4, &m.DMean2)
	put(qs.e, m.E2, m.E4, &m.EMean2)
	put(qs.y, m.Y2, m.Y4, &m.YMean2)
	put(qs.v, m.V2, m.V4, &m.VMean2)
	put(qs.u, m.Ui2, nil, nil)
	put(qs.yv, m.YV2, nil, nil)
	put(qs.f, nil, nil, &m.FMean2)
	put(qs.b, nil, nil, &m.BMean2)
	for i := range m.D2 {
		m.D22[i] = a.mul(m.D2[i], m.D2[i])
		for _, r := range claim.Readings {
			m.DMean22[r][i] = a.mul(m.DMean2[r][i], m.DMean2[r][i])
		}
	}
	for i := 1; i < len(qs.u); i++ {
		all := qs.u[i].groups[claim.Total].events[0]
		mean := make(vector, len(all.z))
		for k, z := range all.z {
			mean[k] = a.quo(z, total)
		}
		m.UMean = append(m.UMean, mean...)
		m.UiMean2[i] = a.dot(mean, mean)
		m.U2 = a.add(m.U2, m.Ui2[i])
		m.UMean2 = a.add(m.UMean2, m.UiMean2[i])
	}
}

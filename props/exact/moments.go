package exact

import (
	"fmt"
	"math/big"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/expect"
)

// Moments computes, over the given leaves, every expectation of
// expect.Moments, and |v_i|^2 of the exact pass, in the evaluator's precision;
// the results are rounded to float64 at the end. The probabilities are divided
// by their sum. w is flat, as core has it.
func (e *Evaluator) Moments(x, w []float64, leaves []expect.Leaf) (m *expect.Moments, v0 []float64, err error) {
	c, err := core.FromSpecs(e.specs)
	if err != nil {
		return nil, nil, err
	}
	if len(leaves) == 0 {
		return nil, nil, fmt.Errorf("exact: no leaves")
	}
	a, n := e.a, c.N()
	parts := c.Split(w)
	zero := e.Pass(x, parts, nil, nil)
	v0 = make([]float64, n+1)
	for i := 1; i <= n; i++ {
		v0[i] = float(a.dot(zero.V[i], zero.V[i]))
	}

	total := a.num(0)
	for _, l := range leaves {
		total = a.add(total, a.num(l.P))
	}
	t := &tally{a: a, sums: map[string]*big.Float{}, groups: map[string]*bin{}}
	for _, l := range leaves {
		s := e.Pass(x, parts, l.Delta, l.Eps)
		p := a.quo(a.num(l.P), total)
		for i := 0; i <= n; i++ {
			dy := a.minus(s.Y[i], zero.Y[i])
			t.power("Y2", i, p, dy, 1)
			t.power("Y4", i, p, dy, 2)
			t.mean("Y", i, i, p, dy, l.Path)
			if i == 0 {
				continue
			}
			d := a.nums(l.Delta[i])
			t.power("D2", i, p, d, 1)
			t.power("D4", i, p, d, 2)
			t.mean("D", i, i, p, d, l.Path)
			dv := a.minus(s.V[i], zero.V[i])
			t.power("V2", i, p, dv, 1)
			t.power("V4", i, p, dv, 2)
			before := a.minus(s.Y[i-1], zero.Y[i-1])
			t.power("YV2", i-1, a.mul(p, a.dot(before, before)), dv, 1)
			t.mean("V", i, 2*n-i, p, dv, l.Path)
			if i >= 2 {
				ep := a.nums(l.Eps[i])
				t.power("E2", i, p, ep, 1)
				t.power("E4", i, p, ep, 2)
				// H_i ends with V_i, which eps_i comes after.
				t.meanKnown("E", i, [expect.Readings]int{2*n - i, 2*n - i, 0}, p, ep, l.Path)
			}
			du := a.minus(s.U[i], zero.U[i])
			t.power("U2", i, p, du, 1)
			t.power("U2", 0, p, du, 1)
			t.mean("U", i, 0, p, du, l.Path)
		}
	}
	m = expect.NewMoments(c)
	m.Leaves, m.P = len(leaves), float(total)
	for i := 0; i <= n; i++ {
		m.Y2[i], m.Y4[i], m.D2[i], m.D4[i] = t.get("Y2", i), t.get("Y4", i), t.get("D2", i), t.get("D4", i)
		m.V2[i], m.E2[i] = t.get("V2", i), t.get("E2", i)
		m.V4[i], m.E4[i], m.YV2[i] = t.get("V4", i), t.get("E4", i), t.get("YV2", i)
		for r := range expect.Readings {
			rd := expect.Reading(r)
			m.YMean2[r][i], m.DMean2[r][i] = t.norm("Y", i, rd), t.norm("D", i, rd)
			m.VMean2[r][i], m.EMean2[r][i] = t.norm("V", i, rd), t.norm("E", i, rd)
		}
		if i > 0 {
			m.Ui2[i], m.UiMean2[i] = t.get("U2", i), t.norm("U", i, expect.Total)
			m.UMean2 += m.UiMean2[i]
		}
	}
	m.U2 = t.get("U2", 0)
	return m, v0, nil
}

func float(x *big.Float) float64 { f, _ := x.Float64(); return f }

func (a *arith) minus(x, y vector) vector {
	d := make(vector, len(x))
	for k := range d {
		d[k] = a.sub(x[k], y[k])
	}
	return d
}

// tally sums powers of norms, and vectors by what is conditioned on.
type tally struct {
	a      *arith
	sums   map[string]*big.Float
	groups map[string]*bin
}

// bin is one conditioning: the sum p z and the sum p of each of its events.
type bin struct {
	keys []string
	p    map[string]*big.Float
	z    map[string]vector
}

// power adds p |z|^(2 k).
func (t *tally) power(name string, i int, p *big.Float, z vector, k int) {
	q := t.a.dot(z, z)
	term := p
	for range k {
		term = t.a.mul(term, q)
	}
	id := fmt.Sprint(name, i)
	if t.sums[id] == nil {
		t.sums[id] = t.a.num(0)
	}
	t.sums[id] = t.a.add(t.sums[id], term)
}

func (t *tally) get(name string, i int) float64 {
	if s := t.sums[fmt.Sprint(name, i)]; s != nil {
		return float(s)
	}
	return 0
}

// mean adds p z to the group of each reading; z is known from the first site
// draws on, and its past leaves out its own.
func (t *tally) mean(name string, i, site int, p *big.Float, z vector, path []int) {
	t.meanKnown(name, i, [expect.Readings]int{expect.Literal: site, expect.Past: max(site-1, 0), expect.Total: 0}, p, z, path)
}

// meanKnown adds p z where each reading conditions on so many first draws.
func (t *tally) meanKnown(name string, i int, known [expect.Readings]int, p *big.Float, z vector, path []int) {
	for r, known := range known {
		id := fmt.Sprint(name, i, r)
		g := t.groups[id]
		if g == nil {
			g = &bin{p: map[string]*big.Float{}, z: map[string]vector{}}
			t.groups[id] = g
		}
		key := fmt.Sprint(path[:known])
		if g.p[key] == nil {
			g.keys = append(g.keys, key)
			g.p[key] = t.a.num(0)
			g.z[key] = t.a.nums(make([]float64, len(z)))
		}
		g.p[key] = t.a.add(g.p[key], p)
		for k := range z {
			g.z[key][k] = t.a.add(g.z[key][k], t.a.mul(p, z[k]))
		}
	}
}

// norm is E|E[z | group]|^2.
func (t *tally) norm(name string, i int, r expect.Reading) float64 {
	g := t.groups[fmt.Sprint(name, i, int(r))]
	if g == nil {
		return 0
	}
	sum := t.a.num(0)
	for _, key := range g.keys {
		sum = t.a.add(sum, t.a.quo(t.a.dot(g.z[key], g.z[key]), g.p[key]))
	}
	return float(sum)
}

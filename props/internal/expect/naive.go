package expect

import (
	"encoding/binary"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
)

// Naive computes the moments of Walker.Walk from Enumerate, one whole pass a
// leaf, with every conditional mean grouped by the path that it conditions on.
// It is slow and plain: the oracle.
func Naive(c *core.Chain, x, w []float64, plan *Plan, t int) (*claim.Moments, error) {
	if err := plan.mustNotRead("Naive"); err != nil {
		return nil, err
	}
	n := c.N()
	exact := core.NewState(c)
	exact.Pass(c, x, w, nil)
	m := claim.NewMoments(c)
	g := groups{}
	err := Enumerate(c, x, w, plan, t, func(l *Leaf, s *core.State) error {
		m.Leaves++
		m.P += l.P
		for i := 0; i <= n; i++ {
			y := sqDiff(s.Y[i], exact.Y[i])
			m.Y2[i] += l.P * y
			m.Y4[i] += l.P * y * y
			// A quantity with site number k is known from the first k sites on;
			// the past leaves out its own draw, the total all draws.
			g.add("y", i, i, l, s.Y[i], exact.Y[i])
			if i == 0 {
				continue
			}
			d := sq(s.Delta[i])
			m.D2[i] += l.P * d
			m.D4[i] += l.P * d * d
			g.add("d", i, i, l, s.Delta[i], nil)
			before := [claim.ReadingSlots]int{claim.Literal: i - 1, claim.Past: i - 1, claim.Total: 0}
			g.addKnown("f", i, before, l, less(s.Y[i], s.Delta[i]), exact.Y[i])
			v := sqDiff(s.V[i], exact.V[i])
			m.V2[i] += l.P * v
			m.V4[i] += l.P * v * v
			m.YV2[i-1] += l.P * sqDiff(s.Y[i-1], exact.Y[i-1]) * v
			g.add("v", i, 2*n-i, l, s.V[i], exact.V[i])
			if i >= 2 {
				e := sq(s.Eps[i])
				m.E2[i] += l.P * e
				m.E4[i] += l.P * e * e
				// H_i ends with V_i, which eps_i comes after.
				before := [claim.ReadingSlots]int{claim.Literal: 2*n - i, claim.Past: 2*n - i, claim.Total: 0}
				g.addKnown("e", i, before, l, s.Eps[i], nil)
				g.addKnown("b", i-1, before, l, less(s.V[i-1], s.Eps[i]), exact.V[i-1])
			}
			u := sqDiff(s.U[i], exact.U[i])
			m.Ui2[i] += l.P * u
			m.U2 += l.P * u
		}
		for k, u := range s.UAll {
			m.UMean[k] += l.P * (u - exact.UAll[k])
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, r := range claim.Readings {
		for i := 0; i <= n; i++ {
			m.YMean2[r][i] = g.sum("y", i, r)
			m.DMean2[r][i] = g.sum("d", i, r)
			m.VMean2[r][i] = g.sum("v", i, r)
			m.EMean2[r][i] = g.sum("e", i, r)
			m.FMean2[r][i] = g.sum("f", i, r)
			m.BMean2[r][i] = g.sum("b", i, r)
			m.DMean22[r][i] = m.DMean2[r][i] * m.DMean2[r][i]
		}
	}
	for i, d2 := range m.D2 {
		m.D22[i] = d2 * d2
	}
	m.SetMeanNorms(c)
	return m, nil
}

func less(a, b []float64) []float64 {
	c := make([]float64, len(a))
	for k, x := range a {
		c[k] = x - b[k]
	}
	return c
}

// groups collects sum p z and sum p of a vector z by what is conditioned on.
type groups map[groupID]*group

// groupID is a quantity with its number, and a reading.
type groupID struct {
	name    string
	i       int
	reading claim.Reading
}

type group struct {
	of      map[string]*member // by the path
	members []*member          // in the order met
}

type member struct {
	p float64
	z []float64
}

// add enters a vector known from the first site draws of the leaf's path.
func (g groups) add(name string, i, site int, l *Leaf, a, b []float64) {
	g.addKnown(name, i, [claim.ReadingSlots]int{claim.Literal: site, claim.Past: max(site-1, 0), claim.Total: 0}, l,
		a, b)
}

// addKnown enters a - b, where each reading conditions on so many first draws.
func (g groups) addKnown(name string, i int, known [claim.ReadingSlots]int, l *Leaf, a, b []float64) {
	for r, k := range known {
		id := groupID{name, i, claim.Reading(r)}
		gr := g[id]
		if gr == nil {
			gr = &group{of: map[string]*member{}}
			g[id] = gr
		}
		key := make([]byte, 0, 2*k)
		for _, draw := range l.Path[:k] {
			key = binary.AppendVarint(key, int64(draw))
		}
		m := gr.of[string(key)]
		if m == nil {
			m = &member{z: make([]float64, len(a))}
			gr.of[string(key)] = m
			gr.members = append(gr.members, m)
		}
		m.p += l.P
		for j, v := range a {
			if b != nil {
				v -= b[j]
			}
			m.z[j] += l.P * v
		}
	}
}

// sum is E|E[z | group]|^2 = sum over groups of |sum p z|^2 / sum p.
func (g groups) sum(name string, i int, r claim.Reading) float64 {
	gr := g[groupID{name, i, r}]
	if gr == nil {
		return 0
	}
	total := 0.0
	for _, m := range gr.members {
		total += sq(m.z) / m.p
	}
	return total
}

package expect

import (
	"fmt"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
)

// JacobianNodes lists the nodes of Lemma 2 by reading: literally G_{i-1} knows
// Y_{i-1}, the past of Y_{i-1} is Y_1..Y_{i-2}, and the total mean is given x.
// Operators without weights have no nodes. The order is that of the forward
// tree. More than MaxLeaves nodes are a *TooManyLeaves.
func JacobianNodes(c *core.Chain, x, w []float64, plan *Plan, t int) ([claim.ReadingSlots][]claim.Node, error) {
	if err := plan.mustNotRead("Lemma 2"); err != nil {
		return [claim.ReadingSlots][]claim.Node{}, err
	}
	j := &jacobianWalk{c: c, w: w, plan: plan, t: t, exact: core.NewState(c), total: make([]jacobianSum, c.N()+1)}
	j.exact.Forward(c, x, w, nil)
	for i := 2; i <= c.N(); i++ {
		j.total[i] = j.sum(i)
	}
	if err := j.below(1, 1, x); err != nil {
		return j.nodes, err
	}
	for i := 2; i <= c.N(); i++ {
		j.emit(claim.Total, i, &j.total[i])
	}
	return j.nodes, nil
}

type jacobianWalk struct {
	c     *core.Chain
	w     []float64
	plan  *Plan
	t     int
	exact *core.State
	total []jacobianSum
	nodes [claim.ReadingSlots][]claim.Node
}

// jacobianSum is a mean in the making.
type jacobianSum struct {
	j2, y []float64
	four  float64
}

func (j *jacobianWalk) sum(i int) jacobianSum {
	op := j.c.Op(i)
	return jacobianSum{j2: make([]float64, op.Out()*op.NW()), y: make([]float64, op.In())}
}

func (s *jacobianSum) add(p float64, o *jacobianSum) {
	axpy(s.j2, p, o.j2)
	axpy(s.y, p, o.y)
	s.four += float64(p * o.four)
}

func (j *jacobianWalk) emit(r claim.Reading, i int, s *jacobianSum) {
	if len(s.j2) > 0 {
		j.nodes[r] = append(j.nodes[r], claim.Node{I: i, Left: sq(s.j2), Mean2: sq(s.y), Four: s.four})
	}
}

// below draws delta_i at the node that knows y = Y_{i-1}, of probability p.
func (j *jacobianWalk) below(i int, p float64, y []float64) error {
	if i == j.c.N() { // Y_N is no operator's input
		return nil
	}
	f, d, next := make([]float64, j.c.D(i)), make([]float64, j.c.D(i)), make([]float64, j.c.D(i))
	j.c.Op(i).Forward(f, y, j.c.W(i, j.w))
	l := law(j.plan.Delta, i)
	past := j.sum(i + 1)
	n := outcomes(l, f, j.t)
	if n < 1 {
		return supportError("delta", i, n)
	}
	for k := range n {
		if len(j.nodes[claim.Literal]) > MaxLeaves {
			return &TooManyLeaves{AtLeast: len(j.nodes[claim.Literal]), Cap: MaxLeaves}
		}
		q := draw(l, next, d, f, j.t, k)
		if !(q > 0) {
			return fmt.Errorf("expect: delta_%d: outcome %d has probability %v", i, k, q)
		}
		one := j.difference(i+1, next)
		j.emit(claim.Literal, i+1, &one)
		past.add(q, &one)
		j.total[i+1].add(p*q, &one)
		if err := j.below(i+1, p*q, next); err != nil {
			return err
		}
	}
	j.emit(claim.Past, i+1, &past)
	return nil
}

// difference is J2_i(y) - J2_i(y_{i-1}), row by row, with Y_{i-1} = y.
func (j *jacobianWalk) difference(i int, y []float64) jacobianSum {
	op, s := j.c.Op(i), j.sum(i)
	y0, wi := j.exact.Y[i-1], j.c.W(i, j.w)
	copy(s.y, y)
	axpy(s.y, -1, y0)
	two := sq(s.y)
	s.four = two * two
	if op.NW() == 0 {
		return s
	}
	out, e, a, b := make([]float64, op.Out()), make([]float64, op.Out()), make([]float64, op.NW()),
		make([]float64, op.NW())
	for k := range op.Out() {
		e[k] = 1
		op.Forward(out, y, wi)
		op.VJP2(a, y, wi, out, e)
		op.VJP2(b, y0, wi, j.exact.F[i], e)
		row := s.j2[k*op.NW() : (k+1)*op.NW()]
		copy(row, a)
		axpy(row, -1, b)
		e[k] = 0
	}
	return s
}

package bigpass

import (
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// Node is one event that Lemma 2, (22), conditions on under one reading, for
// one operator i with weights. All but P are given that event.
type Node struct {
	Reading claim.Reading
	I       int
	P       Num // probability of the event
	Left    Num // |E[J2_i(Y_{i-1}) - J2_i(y_{i-1})]|^2, Frobenius
	Mean2   Num // |E[Y_{i-1} - y_{i-1}]|^2
	Four    Num // E|Y_{i-1} - y_{i-1}|^4
}

// Nodes calls visit with every node over the given leaves, which are those of
// Expect: by reading, by i = 2..N, and then in the order in which the leaves
// meet them. For i = 1 all is 0, and an operator without weights has no J2.
// Literally G_{i-1} knows Y_{i-1}, the past of Y_{i-1} is Y_1..Y_{i-2}, and the
// total mean is given x. It stops at visit's error.
func (e *Evaluator) Nodes(x, w []float64, leaves []expect.Leaf, visit func(Node) error) (err error) {
	defer overflow(&err)
	if err := e.check(x, w); err != nil {
		return err
	}
	p := e.start(x, w)
	zero := p.next(nil, nil)
	var qs []*quantity
	var op []int
	for i := 2; i <= e.c.N(); i++ {
		if e.c.Op(i).NW() > 0 {
			qs = append(qs, e.a.newQuantity(i-1, readings(i-1), e.jacobianChange(i, p.w[i], zero)))
			op = append(op, i)
		}
	}
	total, err := e.overLeaves(p, leaves, qs)
	if err != nil {
		return err
	}
	for _, r := range claim.Readings {
		for k, q := range qs {
			for _, ev := range q.groups[r].events {
				if err := visit(e.node(r, op[k], ev, total)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// jacobianChange is the vector of Y_{i-1}-y_{i-1}, |Y_{i-1}-y_{i-1}|^4 and
// J2_i(Y_{i-1}) - J2_i(y_{i-1}), row by row.
func (e *Evaluator) jacobianChange(i int, w vector, zero *State) func(s *State) vector {
	a := e.a
	j2 := func(s *State) vector {
		_, rows := e.jacobians(i, s.Y[i-1], w)
		var flat vector
		for _, row := range rows {
			flat = append(flat, row...)
		}
		return flat
	}
	j20 := j2(zero)
	return func(s *State) vector {
		z := a.minus(s.Y[i-1], zero.Y[i-1])
		square := a.dot(z, z)
		return append(append(z, a.mul(square, square)), a.minus(j2(s), j20)...)
	}
}

func (e *Evaluator) node(r claim.Reading, i int, ev event, total Num) Node {
	a, d := e.a, e.c.D(i-1)
	p2 := a.mul(ev.p, ev.p)
	y, four, j2 := ev.z[:d], ev.z[d], ev.z[d+1:]
	return Node{
		Reading: r, I: i, P: a.quo(ev.p, total),
		Left: a.quo(a.dot(j2, j2), p2), Mean2: a.quo(a.dot(y, y), p2), Four: a.quo(four, ev.p),
	}
}

// JacobianNodes is Nodes rounded to float64, without the error bounds, in the
// form of expect.JacobianNodes.
func (e *Evaluator) JacobianNodes(x, w []float64, leaves []expect.Leaf) (nodes [claim.ReadingSlots][]claim.Node,
	err error) {
	err = e.Nodes(x, w, leaves, func(n Node) error {
		f := claim.Node{I: n.I}
		f.Left, _ = n.Left.Float64()
		f.Mean2, _ = n.Mean2.Float64()
		f.Four, _ = n.Four.Float64()
		nodes[n.Reading] = append(nodes[n.Reading], f)
		return nil
	})
	return nodes, err
}

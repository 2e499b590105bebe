package exact

import (
	"fmt"
	"math/big"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/expect"
)

// JacobianNodes is expect.JacobianNodes over the given leaves, in the
// evaluator's precision, rounded to float64 at the end. The order of the nodes
// is that in which the leaves meet them.
func (e *Evaluator) JacobianNodes(x, w []float64, leaves []expect.Leaf) (nodes [expect.Readings][]expect.Node, err error) {
	c, err := core.FromSpecs(e.specs)
	if err != nil {
		return nodes, err
	}
	a, parts := e.a, c.Split(w)
	zero := e.Pass(x, parts, nil, nil)
	sums := map[string]*nodeSum{}
	var order [expect.Readings][]*nodeSum
	for _, l := range leaves {
		s := e.Pass(x, parts, l.Delta, l.Eps)
		p := a.num(l.P)
		for i := 2; i <= c.N(); i++ {
			if c.Op(i).NW() == 0 {
				continue
			}
			weight := a.nums(parts[i-1])
			j2 := a.minus(a.jacobian2(e.specs[i-1], s.Y[i-1], weight, c.D(i)), a.jacobian2(e.specs[i-1], zero.Y[i-1], weight, c.D(i)))
			dy := a.minus(s.Y[i-1], zero.Y[i-1])
			two := a.dot(dy, dy)
			for r, known := range [expect.Readings]int{expect.Literal: i - 1, expect.Past: i - 2, expect.Total: 0} {
				key := fmt.Sprint(i, r, l.Path[:known])
				n := sums[key]
				if n == nil {
					n = &nodeSum{i: i, p: a.num(0), four: a.num(0), j2: a.nums(make([]float64, len(j2))), y: a.nums(make([]float64, len(dy)))}
					sums[key] = n
					order[r] = append(order[r], n)
				}
				n.p = a.add(n.p, p)
				n.four = a.add(n.four, a.mul(p, a.mul(two, two)))
				n.j2 = a.axpy(n.j2, p, j2)
				n.y = a.axpy(n.y, p, dy)
			}
		}
	}
	for r, list := range order {
		for _, n := range list {
			pp := a.mul(n.p, n.p)
			nodes[r] = append(nodes[r], expect.Node{
				I: n.i, Left: float(a.quo(a.dot(n.j2, n.j2), pp)), Mean2: float(a.quo(a.dot(n.y, n.y), pp)), Four: float(a.quo(n.four, n.p)),
			})
		}
	}
	return nodes, nil
}

// nodeSum holds sum p, sum p |dy|^4, sum p dJ2 and sum p dy over the leaves of
// one event.
type nodeSum struct {
	i       int
	p, four *big.Float
	j2, y   vector
}

// jacobian2 is J2(x, w) of an operator with out rows, row by row.
func (a *arith) jacobian2(s core.Spec, x, w vector, out int) vector {
	var j2 vector
	for k := range out {
		e := make([]float64, out)
		e[k] = 1
		j2 = append(j2, a.vjp2(s, x, w, a.nums(e))...)
	}
	return j2
}

func (a *arith) axpy(s vector, p *big.Float, v vector) vector {
	t := make(vector, len(s))
	for k := range t {
		t[k] = a.add(s[k], a.mul(p, v[k]))
	}
	return t
}

package bigpass

import (
	"fmt"
	"slices"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// MaxLeaves caps the leaves of one expectation.
const MaxLeaves = 1 << 16

// tree numbers the nodes of the tree of outcomes: the prefixes of paths. drawn
// holds what was drawn last on the way to each.
type tree struct {
	next  map[step]int
	drawn map[int][]float64
	ids   []int
}

type step struct{ node, outcome int }

// nodes returns the node at each length 0..len(Path) of the path's prefix. A
// leaf whose path says that it shares a draw with another, but which has other
// values there, or whose whole path is that of another, is an error.
func (t *tree) nodes(l *expect.Leaf) ([]int, error) {
	n, fresh := (len(l.Path)+1)/2, false
	t.ids = append(t.ids[:0], 0)
	for k, outcome := range l.Path {
		draw := at(l.Delta, k+1)
		if k >= n {
			draw = at(l.Eps, 2*n-k)
		}
		s := step{t.ids[k], outcome}
		id, ok := t.next[s]
		if !ok {
			id = len(t.next) + 1
			t.next[s], t.drawn[id], fresh = id, draw, true
		} else if !slices.Equal(draw, t.drawn[id]) {
			return nil, fmt.Errorf("draw %d of path %v is %v, another leaf's is %v", k+1, l.Path, draw, t.drawn[id])
		}
		t.ids = append(t.ids, id)
	}
	if !fresh {
		return nil, fmt.Errorf("path %v is that of another leaf", l.Path)
	}
	return t.ids, nil
}

// quantity is a vector z that the first site draws decide, with what is summed
// of it over the leaves, P being their weights:
//
//	two, four    sum P |z|^2, sum P |z|^4
//	groups[r]    sum P and sum P z for each event of reading r
//
// Leaves that agree in the first site draws are collected before they are
// summed: in the order of a tree every node is summed once, in any other order
// the sums are the same.
type quantity struct {
	site  int
	known [claim.ReadingSlots]int // draws that each reading conditions on
	of    func(s *State) vector

	two, four Num
	groups    [claim.ReadingSlots]group

	node  int // the leaves being collected, -1 for none
	p     Num
	z     vector
	above [claim.ReadingSlots]int
}

// group holds the events of one conditioning, in the order they are met.
type group struct {
	of     map[int]int // event of a node
	events []event
}

type event struct {
	p Num
	z vector
}

// newQuantity is one that site draws decide and that the three readings
// condition on so many of.
func (a *arith) newQuantity(site int, known [claim.ReadingSlots]int, of func(s *State) vector) *quantity {
	q := &quantity{site: site, known: known, of: of, node: -1, two: a.num(0), four: a.num(0)}
	for _, r := range claim.Readings {
		q.groups[r].of = map[int]int{}
	}
	return q
}

// readings are those of a quantity that site draws decide: literally it is
// known, its past leaves out its own draw.
func readings(site int) [claim.ReadingSlots]int {
	return [claim.ReadingSlots]int{claim.Literal: site, claim.Past: max(site-1, 0), claim.Total: 0}
}

// visit takes in a leaf of weight p with the nodes of its path.
func (q *quantity) visit(a *arith, s *State, p Num, nodes []int) {
	if q.node != nodes[q.site] {
		q.flush(a)
		q.node, q.p, q.z = nodes[q.site], a.num(0), q.of(s)
		for _, r := range claim.Readings {
			q.above[r] = nodes[q.known[r]]
		}
	}
	q.p = a.add(q.p, p)
}

// flush sums the leaves collected.
func (q *quantity) flush(a *arith) {
	if q.node < 0 {
		return
	}
	square := a.dot(q.z, q.z)
	once := a.mul(q.p, square)
	q.two = a.add(q.two, once)
	q.four = a.add(q.four, a.mul(once, square))
	weighted := a.times(q.p, q.z)
	for _, r := range claim.Readings {
		q.groups[r].add(a, q.above[r], q.p, weighted)
	}
	q.node = -1
}

func (g *group) add(a *arith, node int, p Num, z vector) {
	k, ok := g.of[node]
	if !ok {
		g.of[node] = len(g.events)
		g.events = append(g.events, event{p, z})
		return
	}
	e := &g.events[k]
	e.p, e.z = a.add(e.p, p), a.plus(e.z, z)
}

// mean2 is sum P |E[z | event]|^2 over the events.
func (g *group) mean2(a *arith) Num {
	sum := a.num(0)
	for _, e := range g.events {
		sum = a.add(sum, a.quo(a.dot(e.z, e.z), e.p))
	}
	return sum
}

// overLeaves feeds the passes of all leaves to the quantities; it returns the
// sum of the leaves' weights.
func (e *Evaluator) overLeaves(p *passes, leaves []expect.Leaf, qs []*quantity) (total Num, err error) {
	if err := e.checkLeaves(leaves); err != nil {
		return Num{}, err
	}
	a, t := e.a, &tree{next: map[step]int{}, drawn: map[int][]float64{}}
	total = a.num(0)
	for k := range leaves {
		l := &leaves[k]
		nodes, err := t.nodes(l)
		if err != nil {
			return Num{}, fmt.Errorf("bigpass: leaf %d: %w", k, err)
		}
		weight, s := a.num(l.P), p.next(l.Delta, l.Eps)
		total = a.add(total, weight)
		for _, q := range qs {
			q.visit(a, s, weight, nodes)
		}
	}
	for _, q := range qs {
		q.flush(a)
	}
	return total, nil
}

func (e *Evaluator) checkLeaves(leaves []expect.Leaf) error {
	if len(leaves) == 0 {
		return fmt.Errorf("bigpass: no leaves")
	}
	if len(leaves) > MaxLeaves {
		return fmt.Errorf("bigpass: %w", &expect.TooManyLeaves{AtLeast: len(leaves), Cap: MaxLeaves})
	}
	for k := range leaves {
		l := &leaves[k]
		if !(l.P > 0 && l.P <= 1) {
			return fmt.Errorf("bigpass: leaf %d has probability %v", k, l.P)
		}
		if want := 2*e.c.N() - 1; len(l.Path) != want {
			return fmt.Errorf("bigpass: leaf %d has a path of %d draws, want %d", k, len(l.Path), want)
		}
		if err := e.checkPerturbations(l.Delta, l.Eps); err != nil {
			return fmt.Errorf("leaf %d: %w", k, err)
		}
	}
	return nil
}

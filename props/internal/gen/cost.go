package gen

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
)

// Cost is an estimate from above of what it takes to measure a case in float64 and to
// settle it in math/big, made from its widths, weights, laws and steps alone: nothing is
// built for it. It is a sum over the nodes of the outcome tree, see treeOf, of what an
// operator and a law do there.
type Cost struct {
	Float float64 // operations of float64, with a load and a store each
	Big   float64 // operations of math/big on numbers of bigpass, of rational ones for claim.Linear
	Bytes float64 // of memory, live at once

	Op int // the operator, 1..N, that most of the larger share is for
}

// Work is the whole work in operations of float64: about as many nanoseconds on one core.
func (c Cost) Work() float64 { return c.Float + BigUnits*c.Big }

// BigUnits is an operation of math/big in operations of float64, its memory and the
// collection of that included.
const BigUnits = 800

// Budget caps the cost of a case.
type Budget struct {
	Name  string
	Work  float64 // see Cost.Work
	Bytes float64
}

// The budgets of a case: 0.2 s and 100 MB for an input of a fuzz target, whose engine
// takes a slow input for a hang; 30 s and 500 MB for a replay, which a human waits for,
// and for a case of a search, which a worker must come back from.
var (
	FuzzBudget   = Budget{"a fuzz input", 0.2e9, 100e6}
	ReplayBudget = Budget{"a replay", 30e9, 500e6}
	SearchBudget = Budget{"a case of a search", 30e9, 500e6}
)

// TooDear says that a case costs more than a budget allows.
type TooDear struct {
	Place  string // the operator that most of it is for
	Cost   Cost
	Budget Budget
}

// Error implements error.
func (e *TooDear) Error() string {
	if !(e.Cost.Bytes <= e.Budget.Bytes) {
		return fmt.Sprintf("gen: %s: too dear, about %.3g MB of memory, the cap of %s is %.3g MB",
			e.Place, e.Cost.Bytes/1e6, e.Budget.Name, e.Budget.Bytes/1e6)
	}
	return fmt.Sprintf("gen: %s: too dear, about %.3g operations, the cap of %s is %.3g",
		e.Place, e.Cost.Work(), e.Budget.Name, e.Budget.Work)
}

// Affordable is nil when the case may be built and measured within the budget, and a
// *TooDear otherwise. The case need not be valid.
func (c *Case) Affordable(kind claim.Kind, b Budget) error {
	cost := c.Cost(kind)
	if cost.Work() <= b.Work && cost.Bytes <= b.Bytes {
		return nil
	}
	place := "the case"
	if cost.Op > 0 {
		place = fmt.Sprintf("operator %d, %.80s", cost.Op, c.Chain[cost.Op-1])
	}
	if r := c.Run; r != nil {
		place += fmt.Sprintf(", in a run of %d steps on %d inputs", r.Steps, 1+len(r.More))
	}
	return &TooDear{place, cost, b}
}

// Cost estimates the case for claims of a kind. Every number of a case that its Build
// refuses may be anything, and so may then the estimate.
func (c *Case) Cost(kind claim.Kind) Cost {
	e := c.estimate()
	switch kind {
	case claim.Linear:
		e.linear(c)
	case claim.Training:
		e.training(c)
	default:
		e.step(kind == claim.Nodes)
	}
	return e.total()
}

// estimate is a Cost in the making, by operator; index 0 is for what belongs to none.
type estimate struct {
	ops                []opCost
	delta, eps         []lawCost
	float, big, memory []float64

	tree tree
}

// opCost is what an operator takes: float64 operations, and those of math/big at both
// precisions together.
type opCost struct {
	in, out, nw                     float64
	forward, vjp1, vjp2             float64
	bigForward, bigVJP1, bigVJP2    float64
	build, regularity, regularBytes float64
}

// lawCost is the number of outcomes of a law, from above, and what drawing one takes.
type lawCost struct{ support, draw float64 }

func (c *Case) estimate() *estimate {
	n := len(c.Chain)
	e := &estimate{
		ops: make([]opCost, n+1), delta: make([]lawCost, n+1), eps: make([]lawCost, n+1),
		float: make([]float64, n+1), big: make([]float64, n+1), memory: make([]float64, n+1),
	}
	for i := 1; i <= n; i++ {
		e.ops[i] = costOf(c.Chain[i-1])
		e.delta[i] = lawCostAt(c.Delta, i, e.ops[i].out)
		e.eps[i] = lawCostAt(c.Eps, i, e.ops[i].in)
	}
	e.tree = treeOf(e.delta, e.eps)
	return e
}

func (e *estimate) total() Cost {
	var c Cost
	top, share := 0, -1.0
	for i := range e.ops {
		c.Float += e.float[i]
		c.Big += e.big[i]
		c.Bytes += e.memory[i]
	}
	for i := range e.ops {
		s := (e.float[i]+BigUnits*e.big[i])/(c.Work()+1) + e.memory[i]/(c.Bytes+1)
		if i > 0 && (s > share || math.IsNaN(s)) {
			top, share = i, s
		}
	}
	c.Op = top
	return c
}

// number of coordinates, words and calls that count for one float64 operation or more.
const (
	elementary = 20  // exp, log1p or tanh
	perNode    = 60  // a visit of a node of the outcome tree: calls, bounds, sums
	perDraw    = 14  // of a coordinate of a draw: moments, means, reach
	perStage   = 400 // setting an operator up: its workspaces, constants, rounding bounds
	perCase    = 3e4 // the rest of a case: claims, enclosures, JSON
)

// costOf is the cost of an operator by the loops of package core and of bigpass.
func costOf(s core.Spec) opCost {
	n := float64(max(s.N, 0))
	exp, log := expOps, logOps
	o := opCost{in: n, out: n, regularity: 10 * n}
	elementwise := func(forward, vjp1, bigForward, bigVJP1 float64) {
		o.forward, o.vjp1, o.bigForward, o.bigVJP1 = forward*n, vjp1*n, bigForward*n, bigVJP1*n
	}
	switch s.Op {
	case "affine", "linear":
		o.dense(float64(max(s.In, 0)), float64(max(s.Out, 0)), s.Op == "affine")
	case "fixed":
		rows, cols := float64(len(s.A)), 0.0
		for _, row := range s.A {
			cols = max(cols, float64(len(row)))
		}
		o.dense(cols, rows, false)
		o.nw, o.vjp2, o.bigVJP2 = 0, 0, 0
		o.build, o.regularity = o.regularity, 0
		o.bigForward, o.bigVJP1 = 3*o.bigForward/2, 3*o.bigVJP1/2 // A is converted each time
	case "bias":
		o.nw = n
		elementwise(1, 1, 2, 0)
		o.vjp2 = n
	case "scale":
		o.nw = n
		elementwise(1, 1, 2, 2)
		o.vjp2, o.bigVJP2 = n, 2*n
	case "tanh":
		elementwise(elementary, 3, exp+8, 2*exp+16)
		o.regularity = 100 * n
	case "sigmoid":
		elementwise(elementary, 3, exp+8, 2*exp+16)
		o.regularity = 100 * n
	case "softplus", "logistic":
		if s.Op == "logistic" {
			n, o.in, o.out = 1, 1, 1
		}
		elementwise(2*elementary, elementary, exp+log+8, exp+8)
		o.regularity = 100 * n
	case "square":
		elementwise(1, 2, 2, 4)
	case "halfsq":
		elementwise(2, 1, 4, 2)
		o.out = 1
	case "softmaxce":
		elementwise(elementary, elementary, exp+8, exp+12)
		o.bigForward += log
		o.out = 1
		o.regularity = (2*elementary+3*normSweeps)*n*n + 100*n
		o.regularBytes = 8 * n * n
		if n <= cumulantWidth {
			o.regularity += 5 * normSweeps * n * n * n
			o.regularBytes += 8 * n * n * n
		}
	case "bilinear":
		elementwise(4, 5, 8, 10)
		o.nw, o.vjp2, o.bigVJP2 = n, 3*n, 6*n
		o.out = 1
		o.regularity = 60 * n
	}
	return o
}

// As in package core: the width up to which n^3 entries are visited, the sweeps of a
// power iteration, the width up to which a matrix is squared, and how often.
const (
	cumulantWidth = 32
	normSweeps    = 8
	squaredWidth  = 512
	squarings     = 5
)

func (o *opCost) dense(in, out float64, bias bool) {
	o.in, o.out, o.nw = in, out, in*out
	o.forward, o.vjp1, o.vjp2 = 2*o.nw, 2*o.nw, o.nw
	o.bigForward, o.bigVJP1, o.bigVJP2 = 4*o.nw, 4*o.nw, 2*o.nw
	// opNorm: sweeps over the matrix, and the products of its rows where it is narrow.
	o.regularity = 5 * normSweeps * o.nw
	o.regularBytes = 8 * o.nw
	if side := min(in, out); side > 1 && side <= squaredWidth {
		o.regularity += 2*side*o.nw + 2*squarings*side*side*side
		o.regularBytes += 16 * side * side
	}
	if bias {
		o.nw += out
	}
}

// lawCostAt is the cost of the law of operator i at a state of the given width.
func lawCostAt(laws []perturb.Spec, i int, width float64) lawCost {
	if i > len(laws) {
		return lawCost{1, 0}
	}
	s := &laws[i-1]
	if s.Law == "intermittent" && s.Inner != nil {
		s = s.Inner
	}
	l := lawCost{1, width}
	switch s.Law {
	case "twopoint":
		l.support = 2
	case "table":
		l.support = float64(max(len(s.Outcomes), 1))
	case "bitflip":
		l.support = max(width*float64(s.Hi-s.Lo+1), 1)
	case "topk":
		l.draw = 3 * width * width // a rank for each coordinate
	case "round":
		l.draw = elementary * width
		if s.Mode == "stochastic" {
			l.support = math.Exp2(width)
		}
	}
	l.support = min(l.support, perturb.MaxSupport)
	return l
}

// tree counts the nodes of the outcome tree, from above: forward[i] know Y_{i-1} and
// have operator i evaluated, backward[i] know V_i, and leaves are all joint outcomes.
// Package expect stops at nodeCap.
type tree struct {
	forward, backward []float64
	lastDelta, leaves float64 // outcomes of delta_N, of all
	draws             float64 // drawn in all
	parts             float64 // subtrees that a large tree is split into
}

// As in package expect: the cap of a tree, and from how many nodes on it is split into
// how many subtrees at least.
const (
	nodeCap   = 1 << 24
	smallTree = 1 << 10
	minParts  = 32
)

func treeOf(delta, eps []lawCost) tree {
	n := len(delta) - 1
	t := tree{forward: make([]float64, n+1), backward: make([]float64, n+1), parts: 1, lastDelta: 1}
	nodes := 1.0
	draw := func(support float64) {
		nodes = min(nodes*support, nodeCap)
		t.draws += nodes
		if t.parts < minParts {
			t.parts = nodes
		}
	}
	for i := 1; i <= n; i++ {
		t.forward[i] = nodes
		if i < n {
			draw(delta[i].support)
		} else {
			t.lastDelta = delta[n].support
			t.draws += min(nodes*t.lastDelta, nodeCap)
		}
	}
	for i := n; i >= 1; i-- {
		t.backward[i] = nodes
		if i > 1 {
			draw(eps[i].support)
		}
	}
	t.leaves = nodes * t.lastDelta
	return t
}

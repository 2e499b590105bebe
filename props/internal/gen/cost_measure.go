package gen

import (
	"math"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// repeats is how often a case is measured in float64: once for all claims of its kind,
// once beside each precision of the second opinion, once to be explained.
const repeats = 4

// step is the cost of a pass, with the nodes of Lemma 2 or without: of the walk over
// its tree, of the constants of A3, and of the second opinion.
func (e *estimate) step(nodes bool) {
	e.walk(repeats)
	e.constants(repeats)
	e.secondOpinion(nodes)
	if nodes {
		e.jacobians(repeats)
	}
	e.float[0] += repeats * perCase
}

// walk adds times walks over the outcome tree, as expect.Walker does them: every node
// once, what lies above the subtrees of a large tree a few times, and a small walk before.
func (e *estimate) walk(times float64) {
	n, t := len(e.ops)-1, &e.tree
	again := 0.0
	if t.draws > smallTree {
		// A subtree replays its way down; the trunk is walked anew for each of 2N-2 sites
		// while it has fewer than minParts leaves.
		again = t.parts + 2*minParts*float64(n) + smallTree
	}
	walkers := 2.0
	if again > 0 {
		walkers += t.parts
	}
	width := 0.0
	for i := range e.ops {
		width = max(width, e.ops[i].in, e.ops[i].out)
	}
	for i := 1; i <= n; i++ {
		o := &e.ops[i]
		// Again, a node is one outcome on the way down, not all of its law.
		down := perNode + e.delta[i].draw + perDraw*o.out
		up := perNode + e.eps[i].draw + perDraw*o.in
		forward := (t.forward[i]+again)*(o.forward+perNode) + (t.forward[i]*e.delta[i].support+again)*down
		backward := (t.backward[i] + again) * (o.vjp1 + o.vjp2 + 5*o.nw + 6*(o.in+o.out) + perNode)
		if i > 1 {
			backward += (t.backward[i]*e.eps[i].support + again) * up
		}
		e.float[i] += times * (forward + backward)
		// A State, the moments, means and hulls of a walker; the Region and three Moments
		// of an evaluator.
		e.memory[i] += 8 * (walkers*(2*o.nw+20*(o.in+o.out)+2*width+60) + 6*o.nw + 4*o.in)
	}
}

// constants adds Region.Regularity, Enclosure.Compute and the building of operators.
func (e *estimate) constants(times float64) {
	for i := 1; i < len(e.ops); i++ {
		o := &e.ops[i]
		e.float[i] += times * (o.build + o.regularity + 6*(o.nw+o.in) + perStage)
		e.memory[i] += o.regularBytes
	}
}

// jacobians adds expect.JacobianNodes: at each node that knows Y_{i-1} the d_i rows of
// J2_i at two states, kept in sums on the way down.
func (e *estimate) jacobians(times float64) {
	for i := 2; i < len(e.ops); i++ {
		o := &e.ops[i]
		e.float[i] += times * e.tree.forward[i] * (o.out*(o.forward+2*o.vjp2+6*o.nw+perNode) + 12*o.in + perNode)
		e.memory[i] += 8 * (4*(o.out*o.nw+o.in) + 10*min(e.tree.forward[i], nodeCap))
	}
}

// nodesOfRun caps the weights that a tree of steps visits, as package measure does.
const nodesOfRun = 1 << 16

// training is the cost of a run: a walk for each input at each weight of the tree of
// steps, a pass for each outcome of a step with chance, and what is known of the
// objective.
func (e *estimate) training(c *Case) {
	const times = 3 // once for all claims, twice to be explained
	if c.Run == nil {
		e.step(false)
		return
	}
	inputs, steps := float64(1+len(c.Run.More)), float64(max(c.Run.Steps, 1))
	nodes, branch := steps+1, 0.0
	if !c.Run.All {
		branch = inputs * e.tree.leaves
		nodes = min(sumOfPowers(branch, steps), nodesOfRun+branch+1)
	}
	e.walk(times * nodes * inputs)
	e.constants(times)
	n := len(e.ops) - 1
	for i := 1; i <= n; i++ {
		o := &e.ops[i]
		pass := o.forward + o.vjp1 + o.vjp2 + e.delta[i].draw + e.eps[i].draw + 2*perNode
		e.float[i] += times * nodes * (inputs*(4*o.nw+30) + branch*(pass+3*o.nw))
		// (35) at each outcome of the first step, with the loss of all inputs there.
		outcomes := max(branch, 1)
		e.float[i] += times * outcomes * (inputs*(o.forward+perNode) + 12*o.nw)
		// Moments and exact gradients of each input; the weights after each outcome on
		// the way down the tree; the states of Smoothness.
		depth := min(steps, 16)
		e.memory[i] += 8 * (inputs*(2*o.nw+2*o.in+30) + branch*(depth+3)*(o.nw+6))
		e.float[0] += times * float64(n) * 40
	}
	e.float[0] += times * (perCase + nodes*inputs*perNode + 60*steps)
	e.memory[0] += 16 * steps
	e.known(c, inputs, times)
}

// sumOfPowers is 1 + b + ... + b^t, b a whole number, or anything above nodesOfRun.
func sumOfPowers(b, t float64) float64 {
	if b <= 1 {
		return t + 1
	}
	sum, power := 1.0, 1.0
	for k := 0.0; k < t && sum <= nodesOfRun; k++ {
		power *= b
		sum += power
	}
	return sum
}

// known adds what package problem computes of an objective that it knows: the spectrum
// of a Gram matrix, moments in rational numbers, Newton's method for l*.
func (e *estimate) known(c *Case, inputs, times float64) {
	ops := ""
	for _, s := range c.Chain {
		ops += s.Op + " "
	}
	d := e.ops[1].in
	spectrum := func(rows float64) float64 { return 2*rows*d*d + eigenOps*d*d*d }
	switch ops {
	case "bias halfsq ", "bias fixed halfsq ":
		rows := d
		if len(c.Chain) == 3 {
			rows = e.ops[2].out
		}
		e.float[1] += times * spectrum(rows)
		// A and the inputs as rational numbers, A x and A^T A x of each.
		e.big[1] += times * (2*rows*d + inputs*(4*rows*d+6*d))
		e.memory[1] += (rows*d + 3*inputs*(rows+d)) * rationalBytes(0)
		e.memory[1] += 8 * (4*rows*d + 6*d*d)
	case "linear logistic ":
		e.float[1] += 2 * times * (spectrum(inputs) + newtonSteps*(2*inputs*d*d+d*d*d+halvings*3*inputs*(d+elementary)))
		e.memory[1] += 8 * (4*inputs*d + 6*d*d)
	}
}

// As in package problem: the steps of Newton's method and the halvings of each. An
// eigendecomposition of n rows with vectors, and products with these, take eigenOps n^3.
const (
	newtonSteps = 40
	halvings    = 30
	eigenOps    = 30
)

// linear is the cost of (6) in rational numbers: U_1 by the recursion, and the products
// W_2^T ... W_i^T, for each of six claims.
func (e *estimate) linear(c *Case) {
	const claims = 6
	n := len(e.ops) - 1
	words := 0.0
	for i := range c.Chain {
		if i < len(c.W) {
			words += bitsOf(c.W[i]) / 64
		}
		if i < len(c.Eps) {
			for _, v := range vectors(&c.Eps[i]) {
				words += bitsOf(*v) / 64
			}
		}
	}
	words = 2 * (words + bitsOf(c.X)/64)
	if n == 0 {
		return
	}
	operation := 1 + words*words/rationalWords
	side := max(e.ops[1].in, e.ops[1].out)
	for i := 1; i <= n; i++ {
		o := &e.ops[i]
		e.float[i] += claims * (6*(o.regularity+o.build) + 10*o.nw + perStage)
		e.big[i] += claims * operation * (6*o.nw + 4*side*o.nw)
		e.memory[i] += rationalBytes(words) * (2*o.nw + 2*side*(o.in+o.out))
	}
	e.big[1] += claims * operation * 6 * e.ops[1].nw
	e.float[0] += claims * perCase
}

// rationalWords is the square of the size in words, about 32, from which on the greatest
// common divisor of a sum of rational numbers takes longer than the rest of it.
const rationalWords = 1000

// rationalBytes is a big.Rat of so many words, with the memory that is not collected yet.
func rationalBytes(words float64) float64 { return 2 * (120 + 16*words) }

// bitsOf is the largest number of bits of numerator and denominator of an entry.
func bitsOf(v []float64) float64 {
	most := 1
	for _, x := range v {
		if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
			continue
		}
		_, e := math.Frexp(x)
		most = max(most, 53+max(e, 53-e))
	}
	return float64(most)
}

// vectors are those of a law, none where its inner law is missing.
func vectors(s *perturb.Spec) []*[]float64 {
	if s.Law == "intermittent" && s.Inner == nil {
		return nil
	}
	return s.Vectors()
}

package gen

import (
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// Bounds of what Step generates.
const (
	MinN, MaxN = 2, 8
	MaxWidth   = 4
	// leafBudget is the number of joint outcomes after which further sites get
	// laws with a single outcome.
	leafBudget = 64
)

// Step draws a perturbed pass: a chain with weights and input, and its laws.
func Step(src Source) *Case { return StepN(src, Length(src)) }

// Length draws a chain length, short ones more often.
func Length(src Source) int {
	return min(src.Int(MinN, MaxN), src.Int(MinN, MaxN))
}

// StepN is Step with a given number of operators.
func StepN(src Source, n int) *Case {
	c := &Case{Chain: Chain(src, n)}
	values(src, c)
	laws(src, c)
	return c
}

// Chain draws n operators with unequal widths that end in width 1.
func Chain(src Source, n int) []core.Spec {
	narrow := src.Int(0, 2) == 0 // one chain in three is scalar: where bounds are met
	width := func() int {
		if narrow {
			return 1
		}
		return src.Int(1, MaxWidth)
	}
	return chainOf(src, n, width, src.Int(0, 5))
}

// chainOf draws n operators of the given widths, of family f-4 where f is 4 or more.
func chainOf(src Source, n int, width func() int, f int) []core.Spec {
	inside, ends := InnerOps, LastOps
	if f >= 4 {
		inside, ends = families[f-4].inside, families[f-4].ends
	}
	d := width()
	squares := 0
	chain := make([]core.Spec, n)
	for i := range chain {
		if i == n-1 {
			chain[i] = last(src, d, ends)
			break
		}
		s := inner(src, d, width, inside)
		if s.Op == "square" {
			// Two squares at most: x^16 still leaves room for fourth powers.
			if squares++; squares > 2 {
				s = core.Spec{Op: "tanh", N: d}
			}
		}
		chain[i] = s
		switch s.Op {
		case "affine", "linear":
			d = s.Out
		case "fixed":
			d = len(s.A)
		}
	}
	return chain
}

// families are what one chain in three is restricted to. With all weights 1,
// every Jacobian of the first has norm 1, and errors add up without loss; L2 of
// the second is 0, which lays bare the terms of first order.
var families = []struct{ inside, ends []string }{
	{[]string{"linear", "scale", "bias"}, []string{"linear"}},
	{[]string{"linear", "scale", "bias", "affine", "fixed", "square"}, []string{"halfsq", "linear", "fixed"}},
}

// InnerOps and LastOps are the operators drawn inside a chain and at its end
// (where width 1 comes out); together they are all operators.
var (
	InnerOps = []string{"linear", "scale", "bias", "affine", "fixed", "tanh", "sigmoid", "softplus", "square"}
	LastOps  = []string{"linear", "halfsq", "bilinear", "softmaxce", "logistic", "affine", "fixed", "scale", "tanh"}
)

func inner(src Source, d int, width func() int, ops []string) core.Spec {
	s := core.Spec{Op: pick(src, ops...)}
	switch s.Op {
	case "affine", "linear":
		s.In, s.Out = d, width()
	case "fixed":
		s.A = matrix(src, width(), d)
	default:
		s.N = d
	}
	return s
}

func last(src Source, d int, ops []string) core.Spec {
	s := core.Spec{Op: pick(src, ops...)}
	switch s.Op {
	case "affine", "linear":
		s.In, s.Out = d, 1
	case "fixed":
		s.A = matrix(src, 1, d)
	case "logistic":
		if d > 1 {
			return core.Spec{Op: "halfsq", N: d}
		}
	case "scale", "tanh":
		if d > 1 {
			return core.Spec{Op: "linear", In: d, Out: 1}
		}
		s.N = 1
	case "softmaxce":
		s.N, s.Label = d, src.Int(0, d-1)
	default:
		s.N = d
	}
	return s
}

func matrix(src Source, rows, cols int) [][]float64 {
	a := make([][]float64, rows)
	for i := range a {
		a[i] = make([]float64, cols)
		for j := range a[i] {
			a[i][j] = Small(src)
		}
	}
	return a
}

// Small draws from the quarters -2..2, with 1 first and often.
func Small(src Source) float64 {
	if src.Int(0, 2) == 0 {
		return 1
	}
	return float64(src.Int(0, 16)-8) / 4
}

// Real draws a number in [-1, 1] with 15 random bits.
func Real(src Source) float64 { return float64(src.Int(0, 1<<15)-1<<14) / (1 << 14) }

// Scale draws a power of two from 2^-10 to 2^10, 1 first and often.
func Scale(src Source) float64 {
	if src.Int(0, 1) == 0 {
		return 1
	}
	return math.Ldexp(1, src.Int(-10, 10))
}

// entry draws a component: small quarters, or reals.
func entries(src Source, v []float64, scale float64) {
	quarters := src.Int(0, 1) == 0
	for k := range v {
		if quarters {
			v[k] = scale * Small(src)
		} else {
			v[k] = scale * Real(src)
		}
	}
}

// values draws the input and the weights: one scale for all weights, or one
// an operator; one chain in six has every number 1, where products of norms
// are equalities.
func values(src Source, c *Case) {
	chain, err := core.FromSpecs(c.Chain)
	if err != nil {
		panic("gen: " + err.Error())
	}
	c.X = make([]float64, chain.D(0))
	entries(src, c.X, Scale(src))
	unit := src.Int(0, 5) == 0
	if unit {
		fill(c.X, 1)
	}
	common := src.Int(0, 1) == 0
	scale := Scale(src)
	c.W = make([][]float64, chain.N())
	for i := range c.W {
		c.W[i] = make([]float64, chain.Op(i+1).NW())
		if len(c.W[i]) == 0 {
			continue
		}
		if unit {
			fill(c.W[i], 1)
			continue
		}
		if !common {
			scale = Scale(src)
		}
		entries(src, c.W[i], scale)
	}
}

func fill(v []float64, x float64) {
	for k := range v {
		v[k] = x
	}
}

// laws draws which sites are perturbed (all, forward, backward, one, none) and
// by what; one case in four has zero-mean laws only.
func laws(src Source, c *Case) { lawsUpTo(src, c, leafBudget) }

// lawsUpTo is laws with a number of joint outcomes after which further sites get laws with
// a single one.
func lawsUpTo(src Source, c *Case, leafBudget int) {
	n := len(c.Chain)
	zero := perturb.Spec{Law: "zero"}
	c.Delta, c.Eps = make([]perturb.Spec, n), make([]perturb.Spec, n)
	for i := range n {
		c.Delta[i], c.Eps[i] = zero, zero
	}
	mode := src.Int(0, 9)
	one := src.Int(0, 2*n-2) // a site: delta_1..delta_N, eps_2..eps_N
	scale := Scale(src)
	draw := Law
	if src.Int(0, 3) == 3 {
		draw = ZeroMean
	}
	leaves := 1
	for i := 1; i <= n; i++ {
		if mode <= 4 || mode == 5 || mode == 7 && one == i-1 {
			c.Delta[i-1] = draw(src, width(c.Chain, i), scale, leafBudget/leaves, &leaves)
		}
		if i >= 2 && (mode <= 4 || mode == 6 || mode == 8 && one == n+i-2) {
			c.Eps[i-1] = draw(src, width(c.Chain, i-1), scale, leafBudget/leaves, &leaves)
		}
	}
}

// width returns d_i of a valid chain.
func width(chain []core.Spec, i int) int {
	if i == len(chain) {
		return 1
	}
	s := chain[i] // its input
	switch s.Op {
	case "affine", "linear":
		return s.In
	case "fixed":
		return len(s.A[0])
	case "logistic":
		return 1
	}
	return s.N
}

// Law draws the law of one site of width d; at most room outcomes (if room is
// at least 1), and leaves grows by the factor of its support.
func Law(src Source, d int, scale float64, room int, leaves *int) perturb.Spec {
	vector := func() []float64 {
		v := make([]float64, d)
		entries(src, v, scale)
		return v
	}
	kind := src.Int(0, 11)
	need := map[int]int{1: 2, 2: 2, 3: 3, 4: 3, 7: 1 << d, 9: 4 * d}[kind]
	if need > room {
		kind = 0
		need = 1
	}
	*leaves *= max(need, 1)
	switch kind {
	case 1:
		return symmetric(vector())
	case 2: // biased
		return perturb.Spec{Law: "twopoint", A: vector(), B: vector(), P: float64(src.Int(1, 7)) / 8}
	case 3, 4: // three points, as draws of a continuous law
		s := perturb.Spec{Law: "table"}
		for _, p := range []float64{0.25, 0.25, 0.5} {
			s.Outcomes = append(s.Outcomes, perturb.Outcome{P: p, D: vector()})
		}
		return s
	case 5, 6:
		return perturb.Spec{Law: "round", Format: pick(src, "bf16", "fp16", "e4m3", "e5m2", "int8"), Mode: "nearest"}
	case 7:
		return perturb.Spec{Law: "round", Format: pick(src, "bf16", "fp16", "e4m3", "e5m2", "int8"), Mode: "stochastic"}
	case 8:
		return perturb.Spec{Law: "topk", K: src.Int(0, d)}
	case 9:
		lo := src.Int(40, 49)
		return perturb.Spec{Law: "bitflip", Lo: lo, Hi: lo + 3}
	}
	if kind >= 10 { // against what came before
		s := perturb.Spec{Law: "switch", A: vector(), B: vector(), K: src.Int(0, d-1)}
		if src.Int(0, 1) == 0 {
			s.B = symmetric(s.A).B
		}
		if src.Int(0, 1) == 0 {
			s.At = Small(src)
		}
		return s
	}
	return perturb.Spec{Law: "constant", D: vector()}
}

// ZeroMean draws a two-point law +-a, the zero law when there is no room.
func ZeroMean(src Source, d int, scale float64, room int, leaves *int) perturb.Spec {
	if room < 2 {
		return perturb.Spec{Law: "zero"}
	}
	*leaves *= 2
	a := make([]float64, d)
	entries(src, a, scale)
	return symmetric(a)
}

func symmetric(a []float64) perturb.Spec {
	b := make([]float64, len(a))
	for k := range b {
		b[k] = -a[k]
	}
	return perturb.Spec{Law: "twopoint", A: a, B: b, P: 0.5}
}

func pick(src Source, names ...string) string { return names[src.Int(0, len(names)-1)] }

// LinearStep draws a linear network for (6): linear operators only, delta = 0,
// every number an integer of magnitude at most 3, N <= 6 and widths at most 3,
// so that every product and sum of the pass is below (3*3*3)^8 < 2^53 and
// float64 is exact. Every other network is square, so that the printed shapes
// fit together.
func LinearStep(src Source) *Case {
	n := src.Int(MinN, 6)
	square := src.Int(0, 1) == 0
	side := src.Int(1, 3)
	width := func() int {
		if square {
			return side
		}
		return src.Int(1, 3)
	}
	integers := func(k int) []float64 {
		v := make([]float64, k)
		for j := range v {
			v[j] = float64(src.Int(0, 6) - 3)
		}
		return v
	}
	return linearChain(n, width, integers)
}

// linearChain is a chain of n linear operators with one output, constant eps and no delta.
func linearChain(n int, width func() int, entries func(k int) []float64) *Case {
	d := width()
	c := &Case{X: entries(d)}
	for i := 1; i <= n; i++ {
		out := 1
		if i < n {
			out = width()
		}
		eps := perturb.Spec{Law: "zero"}
		if i > 1 {
			eps = perturb.Spec{Law: "constant", D: entries(d)}
		}
		c.Chain = append(c.Chain, core.Spec{Op: "linear", In: d, Out: out})
		c.W = append(c.W, entries(out*d))
		c.Delta = append(c.Delta, perturb.Spec{Law: "zero"})
		c.Eps = append(c.Eps, eps)
		d = out
	}
	return c
}

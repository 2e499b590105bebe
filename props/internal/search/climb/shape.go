package climb

import (
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Reshape changes a valid case: another operator, another width of a state, one
// operator more or fewer, another law, or all numbers of the exact pass 1. N stays in gen.MinN..gen.MaxN, that of
// a far case at most gen.MaxChain, and new widths at most gen.MaxWidth; a move that is not possible leaves the case
// as it is.
func Reshape(c *gen.Case, rng *rand.Rand) *gen.Case {
	d := c.Clone()
	chain, err := core.FromSpecs(d.Chain)
	if err != nil {
		return d
	}
	moves := []func(*gen.Case, *core.Chain, *rand.Rand){replace, replace, resize, insert, remove, relaw, level}
	moves[rng.IntN(len(moves))](d, chain, rng)
	return d
}

// replace puts another operator with the same widths in the place of one.
func replace(c *gen.Case, chain *core.Chain, rng *rand.Rand) {
	i := rng.IntN(len(c.Chain))
	c.Chain[i], c.W[i] = operator(chain.D(i), chain.D(i+1), i == len(c.Chain)-1, rng)
}

// resize gives the state after an operator another width, and with it both operators
// around it.
func resize(c *gen.Case, chain *core.Chain, rng *rand.Rand) {
	i := rng.IntN(len(c.Chain) - 1)
	width := 1 + rng.IntN(gen.MaxWidth)
	c.Chain[i], c.W[i] = operator(chain.D(i), width, false, rng)
	c.Chain[i+1], c.W[i+1] = operator(width, chain.D(i+2), i+2 == len(c.Chain), rng)
	for _, s := range []*perturb.Spec{&c.Delta[i], &c.Eps[i+1]} {
		for _, v := range s.Vectors() {
			for len(*v) < width {
				*v = append(*v, 0)
			}
			*v = (*v)[:width]
		}
		s.K = min(s.K, width-1)
	}
}

// insert puts an operator, with laws at its sites, before another.
func insert(c *gen.Case, chain *core.Chain, rng *rand.Rand) {
	if n := len(c.Chain); n == gen.MaxN || n >= gen.MaxChain { // of a far case more than gen.MaxN
		return
	}
	i := rng.IntN(len(c.Chain))
	width := chain.D(i)
	s, w := operator(width, width, false, rng)
	c.Chain = slices.Insert(c.Chain, i, s)
	c.W = slices.Insert(c.W, i, w)
	// The new state comes before operator i+1: a delta before its, and an eps for it.
	c.Delta = slices.Insert(c.Delta, i, perturb.Spec{Law: "zero"})
	c.Eps = slices.Insert(c.Eps, i+1, perturb.Spec{Law: "zero"})
	delta := law(c, width, rng) // both are drawn of the case without either
	eps := law(c, width, rng)
	c.Delta[i] = delta
	c.Eps[i+1] = eps
}

// remove takes an operator out that keeps the width, with the laws after it.
func remove(c *gen.Case, chain *core.Chain, rng *rand.Rand) {
	if len(c.Chain) == gen.MinN {
		return
	}
	i := rng.IntN(len(c.Chain) - 1)
	if chain.D(i) != chain.D(i+1) {
		return
	}
	c.Chain, c.W = slices.Delete(c.Chain, i, i+1), slices.Delete(c.W, i, i+1)
	c.Delta, c.Eps = slices.Delete(c.Delta, i, i+1), slices.Delete(c.Eps, i+1, i+2)
}

// relaw gives one site another law.
func relaw(c *gen.Case, chain *core.Chain, rng *rand.Rand) {
	i := rng.IntN(len(c.Chain) - 1)
	site := &c.Delta[i]
	if rng.IntN(2) == 0 {
		site = &c.Eps[i+1]
	}
	*site = perturb.Spec{Law: "zero"}
	*site = law(c, chain.D(i+1), rng)
}

// level makes all weights and inputs 1: in a chain of scalar linear operators all
// Jacobians are then equal, and no constant of A3 is larger than an operator needs.
func level(c *gen.Case, _ *core.Chain, _ *rand.Rand) {
	for _, v := range append(slices.Clone(c.W), c.X) {
		for k := range v {
			v[k] = 1
		}
	}
}

// arm gives every site without a law the constant 0, which a climb can move.
func arm(c *gen.Case) {
	chain, err := core.FromSpecs(c.Chain)
	if err != nil {
		return
	}
	for i := range len(c.Chain) - 1 {
		for _, s := range []*perturb.Spec{&c.Delta[i], &c.Eps[i+1]} {
			if s.Law == "zero" || s.Law == "" {
				*s = perturb.Spec{Law: "constant", D: make([]float64, chain.D(i+1))}
			}
		}
	}
}

// operator draws one with the widths in -> out, and its weights.
func operator(in, out int, last bool, rng *rand.Rand) (core.Spec, []float64) {
	choices := sameWidths(in, out, last)
	s := choices[rng.IntN(len(choices))]
	if s.Op == "softmaxce" {
		s.Label = rng.IntN(in)
	}
	op, err := core.NewOp(s)
	if err != nil {
		panic("climb: " + err.Error())
	}
	w := make([]float64, op.NW())
	for k := range w {
		w[k] = 1
		if rng.IntN(2) == 0 {
			w[k] = rng.NormFloat64()
		}
	}
	return s, w
}

// maxBranching is the number of laws with several outcomes after which a new one has
// a single outcome: 2^6 are the leaves that package gen allows itself.
const maxBranching = 6

// law draws a law of width n for a site of c: none, a constant, a switch, or two points.
func law(c *gen.Case, n int, rng *rand.Rand) perturb.Spec {
	vector := func() []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = rng.NormFloat64()
		}
		return v
	}
	branching := 0
	for k := range c.Delta {
		for _, s := range []perturb.Spec{c.Delta[k], c.Eps[k]} {
			if s.Law != "" && !s.Single() {
				branching++
			}
		}
	}
	kind := rng.IntN(5)
	switch {
	case kind == 0:
		return perturb.Spec{Law: "zero"}
	case kind == 1 || kind > 2 && branching >= maxBranching:
		return perturb.Spec{Law: "constant", D: vector()}
	}
	a := vector()
	b := slices.Clone(a) // a zero mean at p = 1/2, from which a climb may move
	for k := range b {
		b[k] = -b[k]
	}
	if kind == 2 {
		return perturb.Spec{Law: "switch", A: a, B: b, K: rng.IntN(n)}
	}
	return perturb.Spec{Law: "twopoint", A: a, B: b, P: 0.5}
}

// sameWidths lists the operators in -> out.
func sameWidths(in, out int, last bool) []core.Spec {
	all := []core.Spec{{Op: "linear", In: in, Out: out}, {Op: "affine", In: in, Out: out}}
	if in == out {
		for _, op := range []string{"bias", "scale", "tanh", "sigmoid", "softplus", "square"} {
			all = append(all, core.Spec{Op: op, N: in})
		}
	}
	if last && out == 1 {
		for _, op := range []string{"halfsq", "bilinear", "softmaxce"} {
			all = append(all, core.Spec{Op: op, N: in})
		}
		if in == 1 {
			all = append(all, core.Spec{Op: "logistic"})
		}
	}
	return all
}

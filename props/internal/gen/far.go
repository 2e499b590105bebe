package gen

import (
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
)

// How far Far goes in each direction.
const (
	FarN      = MaxChain
	FarWidth  = 64
	FarSteps  = 1_000_000
	FarLeaves = MaxLeaves
)

// FarBudget caps a case of Far: 2 s on one core and 200 MB.
var FarBudget = Budget{"a far case", 2e9, 200e6}

// farTries is how often a case that is too dear is drawn again, half as large each time.
const farTries = 6

// Far draws a case for claims of a kind that is large in one direction, more operators,
// wider states, more steps or more outcomes than Step, LinearStep and TrainingRun have, and
// small in the others. One that the cost estimate finds too dear is drawn again, half as
// large.
func Far(kind claim.Kind, src Source) *Case {
	direction := src.Int(0, 2)
	// 0: as far as usual, 1: as far as it goes; the larger of two, as what fails only near the
	// end would else be met by one case in a hundred
	size := float64(max(src.Int(0, 1<<10), src.Int(0, 1<<10))) / (1 << 10)
	var c *Case
	for range farTries {
		switch kind {
		case claim.Linear:
			c = farLinear(src, direction, size)
		case claim.Training:
			c = farRun(src, direction, size)
		default:
			c = farStep(src, direction, size)
		}
		if c.Affordable(kind, FarBudget) == nil {
			break
		}
		size /= 2
	}
	return c
}

// between is lo at size 0 and hi at 1, evenly in its logarithm.
func between(lo, hi int, size float64) int {
	return min(hi, int(math.Round(float64(lo)*math.Pow(float64(hi)/float64(lo), size))))
}

// farStep is Step with N up to FarN, widths up to FarWidth, or outcomes up to FarLeaves.
// Weights are of size 1: products of many others leave float64.
func farStep(src Source, direction int, size float64) *Case {
	n, leaves, most := src.Int(MinN, 4), leafBudget, 2
	family := []int{3, 4, 4, 5}[src.Int(0, 3)] // most of the families, where bounds are met
	switch direction {
	case 0:
		n, most = between(MaxN+1, FarN, size), src.Int(1, 2)
	case 1:
		most, leaves = between(MaxWidth+1, FarWidth, size), 8
	default:
		leaves = between(leafBudget, FarLeaves, size)
		n = src.Int(3, MaxN)
	}
	full := direction == 1 && src.Int(0, 1) == 0 // all states as wide, else the input alone
	input := direction == 1
	width := func() int {
		if full || input {
			input = false
			return most
		}
		return src.Int(1, most)
	}
	c := &Case{Chain: chainOf(src, n, width, family)}
	farValues(src, c)
	lawsUpTo(src, c, leaves)
	switch {
	case direction == 2:
		chancy(src, c, leaves)
	case src.Int(0, 1) == 0:
		aligned(src, c)
	}
	return c
}

// aligned perturbs all sites, or all of the way forward or back, by vectors of one number:
// beside weights of one number nothing cancels.
func aligned(src Source, c *Case) {
	mode := src.Int(0, 2)
	by := math.Ldexp(1, -src.Int(0, 10))
	site := func(s *perturb.Spec, d int, perturbed bool) {
		*s = perturb.Spec{Law: "zero"}
		if perturbed {
			*s = perturb.Spec{Law: "constant", D: make([]float64, d)}
			fill(s.D, by)
		}
	}
	for i := range c.Chain {
		site(&c.Delta[i], width(c.Chain, i+1), mode != 1)
		if i > 0 {
			site(&c.Eps[i], width(c.Chain, i), mode != 0)
		}
	}
}

// chancy gives all sites laws of two outcomes, as many as there is room for.
func chancy(src Source, c *Case, leaves int) {
	scale := Scale(src)
	biased := src.Int(0, 1) == 0
	site := func(s *perturb.Spec, d int) {
		if leaves /= 2; leaves < 1 {
			*s = perturb.Spec{Law: "zero"}
			return
		}
		a, b := make([]float64, d), make([]float64, d)
		entries(src, a, scale)
		entries(src, b, scale)
		*s = symmetric(a)
		if biased {
			*s = perturb.Spec{Law: "twopoint", A: a, B: b, P: float64(src.Int(1, 7)) / 8}
		}
	}
	for i := range c.Chain {
		site(&c.Delta[i], width(c.Chain, i+1))
		if i > 0 {
			site(&c.Eps[i], width(c.Chain, i))
		}
	}
}

// farValues draws the input and the weights without scales; two in three have every
// number 1, or one over the width, so that norms of products stay near 1.
func farValues(src Source, c *Case) {
	chain, err := core.FromSpecs(c.Chain)
	if err != nil {
		panic("gen: " + err.Error())
	}
	mode := src.Int(0, 2)
	draw := func(v []float64, in int) {
		switch mode {
		case 0:
			fill(v, 1)
		case 1:
			fill(v, 1/float64(max(in, 1)))
		default:
			entries(src, v, 1/math.Sqrt(float64(max(in, 1))))
		}
	}
	c.X = make([]float64, chain.D(0))
	draw(c.X, 1)
	c.W = make([][]float64, chain.N())
	for i := range c.W {
		c.W[i] = make([]float64, chain.Op(i+1).NW())
		in := 1
		if op := c.Chain[i].Op; op == "affine" || op == "linear" {
			in = chain.D(i)
		}
		draw(c.W[i], in)
	}
}

// farLinear is LinearStep with N up to FarN or widths up to FarWidth, in entries -1, 0, 1.
func farLinear(src Source, direction int, size float64) *Case {
	n, most := src.Int(MinN, 4), src.Int(1, 2)
	if direction == 0 {
		n = between(7, FarN, size)
	} else {
		most = between(4, FarWidth, size)
	}
	square := src.Int(0, 1) == 0 // all states as wide, else the input alone
	input := true
	width := func() int {
		if square || input {
			input = false
			return most
		}
		return src.Int(1, most)
	}
	signs := func(k int) []float64 {
		v := make([]float64, k)
		for j := range v {
			v[j] = float64(src.Int(0, 2) - 1)
		}
		return v
	}
	return linearChain(n, width, signs)
}

// farRun is TrainingRun with T up to FarSteps, states of width up to FarWidth, or more
// steps of a tree.
func farRun(src Source, direction int, size float64) *Case {
	c := &Case{Run: &Run{}}
	n, inputs, certain := src.Int(1, 2), src.Int(1, 2), direction == 0 || src.Int(0, 1) == 0
	if direction == 1 {
		n = between(MaxWidth+1, FarWidth, size)
	}
	if src.Int(0, 1) == 0 {
		c.Chain = []core.Spec{{Op: "bias", N: n}, {Op: "halfsq", N: n}}
	} else {
		c.Chain = []core.Spec{{Op: "linear", In: n, Out: 1}, {Op: "logistic"}}
		c.Run.Reg = core.Regularizer{Kind: "l2", Rho: math.Ldexp(1, -src.Int(0, 6))}
	}
	runNumbers(src, c, inputs, 1)
	outcomes := runLaws(src, c, certain)
	c.Run.All, c.Run.Steps = certain, 1<<src.Int(0, 4)
	switch {
	case direction == 0:
		c.Run.Steps = between(1<<15, FarSteps, size)
	case !certain:
		nodes := treeNodes
		if direction == 2 {
			nodes = between(treeNodes, FarLeaves/4, size)
		}
		c.Run.Steps = 1
		for b := outcomes * inputs; b > 1 && math.Pow(float64(b), float64(c.Run.Steps+1)) <= float64(nodes); {
			c.Run.Steps++
		}
	}
	c.Run.Gamma = gamma(c, math.Ldexp(1, -2*src.Int(0, 5)))
	return c
}

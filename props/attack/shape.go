package attack

import (
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/gen"
)

// Reshape replaces one operator of a valid case by another with the same
// widths, with weights of its own; the length of the chain and all laws stay.
func Reshape(c *gen.Case, rng *rand.Rand) *gen.Case {
	d := Clone(c)
	chain, err := core.FromSpecs(d.Chain)
	if err != nil {
		return d
	}
	i := rng.IntN(len(d.Chain))
	in, out := chain.D(i), chain.D(i+1)
	choices := sameWidths(in, out, i == len(d.Chain)-1)
	s := choices[rng.IntN(len(choices))]
	if s.Op == "softmaxce" {
		s.Label = rng.IntN(in)
	}
	op, err := core.NewOp(s)
	if err != nil {
		panic("attack: " + err.Error())
	}
	w := make([]float64, op.NW())
	for k := range w {
		w[k] = 1
		if rng.IntN(2) == 0 {
			w[k] = rng.NormFloat64()
		}
	}
	d.Chain[i], d.W[i] = s, w
	return d
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

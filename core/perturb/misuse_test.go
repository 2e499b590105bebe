package perturb

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/cascade-sgd/cascade/core/internal/house"
)

type row house.Row

// misuse has at least one row for every exported function and method that can be
// misused.
func misuse() []row {
	one, two, three := []float64{1}, []float64{1, 2}, []float64{1, 2, 3}
	rng := rand.New(rand.NewPCG(1, 1))
	inf, nan := math.Inf(1), math.NaN()
	constant, pair := Constant(one), TwoPoint(one, two[:1], 0.5)
	off := Intermittent(2, constant).(Finite) // at step 1
	var noSpec *Spec
	var noSampler *Sampler
	bare := &Spec{Law: "intermittent", Every: 2}
	tooLarge := -1
	if strconv.IntSize == 64 {
		tooLarge = 1 << (strconv.IntSize / 2)
	}
	rows := []row{
		{"Constant", "empty", func() { Constant(nil) }, "d is empty"},
		{"TwoPoint", "p", func() { TwoPoint(one, one, 2) }, "p is 2"},
		{"TwoPoint", "lengths", func() { TwoPoint(one, two, 0.5) }, "b has length 2, a has 1"},
		{"Table", "empty", func() { Table(nil) }, "outcomes has 0 entries"},
		{"Table", "p", func() { Table([]Outcome{{2, one}}) }, "outcomes[0].p is 2"},
		{"Uniform", "order", func() { Uniform(1, 0) }, "from is 1, to is 0"},
		{"Uniform", "NaN", func() { Uniform(0, nan) }, "to is NaN"},
		{"Gaussian", "sd", func() { Gaussian(0, -1) }, "sd is -1"},
		{"Gaussian", "mean", func() { Gaussian(inf, 1) }, "mean is +Inf"},
		{"Round", "format", func() { Round("fp4", true) }, `format is "fp4"`},
		{"TopK", "k", func() { TopK(-1) }, "k is -1"},
		{"Switch", "lengths", func() { Switch(one, two, 0, 0) }, "b has length 2, a has 1"},
		{"Switch", "k", func() { Switch(one, one, 1, 0) }, "k is 1, want 0..0"},
		{"Switch", "at", func() { Switch(one, one, 0, nan) }, "at is NaN"},
		{"BitFlip", "hi", func() { BitFlip(3, 64) }, "hi is 64"},
		{"Intermittent", "nil", func() { Intermittent(1, nil) }, "inner is nil"},
		{"Intermittent", "every", func() { Intermittent(0, Zero()) }, "every is 0"},
		{"Intermittent", "twice", func() { Intermittent(1, Intermittent(1, Zero())) }, "inner is intermittent itself"},

		{"Spec.Vectors", "nil", func() { noSpec.Vectors() }, "nil *Spec"},
		{"Spec.Single", "nil", func() { noSpec.Single() }, "nil *Spec"},
		{"Spec.Single", "no inner", func() { bare.Single() }, "inner is missing"},
		{"Spec.SeesState", "nil", func() { noSpec.SeesState() }, "nil *Spec"},
		{"Spec.SeesState", "no inner", func() { bare.SeesState() }, "inner is missing"},

		{"Sampler.At", "t", func() { NewSampler(nil, nil, 1).At(-1, 0) }, "step -1, sample 0, want 0..2^32-1"},
		{"Sampler.At", "large t", func() { NewSampler(nil, nil, 1).At(tooLarge, 0) }, ", sample 0, want 0..2^32-1"},
		{"Sampler.At", "k", func() { NewSampler(nil, nil, 1).At(0, tooLarge) }, "step 0, sample "},
		{"Sampler.At", "nil", func() { noSampler.At(0, 0) }, "nil or zero Sampler"},
		{"Sampler.AtSamples", "nil", func() { noSampler.AtSamples(0, []int{1}) }, "nil or zero Sampler"},
		{"Sampler.AtSamples", "none", func() { NewSampler(nil, nil, 1).AtSamples(0, nil) }, "at no samples"},
		{"Sampler.AtSamples", "k", func() { NewSampler(nil, nil, 1).AtSamples(0, []int{1, -2}) }, "step 0, sample -2"},
		{"Sampler.AtSamples", "rows", func() {
			NewSampler([]Law{1: Zero()}, nil, 1).AtSamples(0, []int{1, 2}).Delta(1,
				three, three)
		}, "a state of 3 numbers for 2 samples"},
		{"Sampler.HasDelta", "zero", func() { new(Sampler).HasDelta(1) }, "nil or zero Sampler"},
		{"Sampler.HasEps", "nil", func() { noSampler.HasEps(1) }, "nil or zero Sampler"},
		{"Sampler.Delta", "zero", func() { new(Sampler).Delta(1, one, one) }, "nil or zero Sampler"},
		{"Sampler.Delta", "0", func() { NewSampler(nil, nil, 1).Delta(0, one, one) }, "perturbation 0, want 1..N"},
		{"Sampler.Delta", "lengths", func() { NewSampler(nil, nil, 1).Delta(1, one, two) },
			"destination of length 1, state of length 2"},
		{"Sampler.Eps", "nil", func() { noSampler.Eps(2, one, one) }, "nil or zero Sampler"},
		{"Sampler.Eps", "-1", func() { NewSampler(nil, nil, 1).Eps(-1, one, one) }, "perturbation -1, want 1..N"},
		{"Sampler.Eps", "law", func() { NewSampler(nil, []Law{2: constant}, 1).Eps(2, two, two) },
			"state of length 2, want 1"},

		{"Sampler.WithZeta", "zero", func() { new(Sampler).WithZeta(nil) }, "nil or zero Sampler"},
		{"Sampler.Reads", "nil", func() { noSampler.Reads() }, "nil or zero Sampler"},
		{"Sampler.Zeta", "nil", func() { noSampler.Zeta(1, one, one) }, "nil or zero Sampler"},
		{"Sampler.Zeta", "0", func() { NewSampler(nil, nil, 1).Zeta(0, one, one) }, "perturbation 0, want 1..N"},

		{"Law.Sample", "vector", func() { constant.Sample(two, two, 0, rng) },
			`law "constant": destination of length 2 and state of length 2, want 1`},
		{"Law.Sample", "nil rng of twopoint", func() { pair.Sample(one, one, 0, nil) },
			`law "twopoint": nil *rand.Rand`},
		{"Law.Sample", "nil rng of uniform", func() { Uniform(0, 1).Sample(one, one, 0, nil) },
			`law "uniform": nil *rand.Rand`},
		{"Law.Sample", "nil rng of gaussian", func() { Gaussian(0, 1).Sample(one, one, 0, nil) },
			`law "gaussian": nil *rand.Rand`},
		{"Law.Sample", "nil rng of round", func() { Round("bf16", true).Sample(one, one, 0, nil) },
			`law "round": nil *rand.Rand`},
		{"Law.Sample", "nil rng of bitflip", func() { BitFlip(0, 1).Sample(one, one, 0, nil) },
			`law "bitflip": nil *rand.Rand`},
		{"Law.Sample", "nothing to flip", func() { BitFlip(0, 1).Sample(nil, nil, 0, rng) }, "state of length 0"},
		{"Law.Sample", "off", func() { Intermittent(2, Uniform(0, 1)).Sample(one, two, 1, rng) },
			"of length 1 and state of length 2, want 2; outcome 0 of 1"},
		{"Law.Sample", "uniform", func() { Uniform(0, 1).Sample(one, two, 1, rng) },
			"of length 1 and state of length 2, want 2; outcome 0 of 1"},
		{"Law.Sample", "gaussian", func() { Gaussian(0, 1).Sample(two, one, 1, rng) },
			"of length 2 and state of length 1, want 1; outcome 0 of 1"},
		{"Law.Sample", "round", func() { Round("bf16", true).Sample(one, two, 1, rng) },
			"of length 1 and state of length 2, want 2; outcome 0 of 1"},

		{"Finite.Support", "vector", func() { constant.Support(two, 0) }, "state of length 2, want 1"},
		{"Finite.Support", "switch", func() { Switch(two, two, 0, 0).Support(one, 0) }, "state of length 1, want 2"},
		{"Finite.Support", "nothing to flip", func() { BitFlip(0, 1).Support(nil, 0) }, "state of length 0"},

		{"Finite.Outcome", "vector", func() { constant.Outcome(one, two, 0, 0) }, "state of length 2, want 1"},
		{"Finite.Outcome", "vector of a table", func() { Table([]Outcome{{1, one}}).Outcome(two, two, 0, 0) },
			"want 1"},
		{"Finite.Outcome", "switch", func() { Switch(two, two, 0, 0).Outcome(three, three, 0, 0) }, "want 2"},
		{"Finite.Outcome", "inner", func() { off.Outcome(two, two, 0, 0) }, "want 1"},
		{"Finite.Outcome", "off, lengths", func() { off.Outcome(two, one, 1, 0) }, "of length 2 and state of length 1"},
		{"Finite.Outcome", "off, k", func() { off.Outcome(one, one, 1, 1) }, "outcome 1 of 1"},
		{"Finite.Outcome", "nothing to flip", func() { BitFlip(0, 1).Outcome(nil, nil, 0, 0) }, "outcome 0 of 0"},
	}
	for name, l := range laws() { // all on states of length 3
		rows = append(rows,
			row{"Law.Sample", name + ", dst", func() { l.Sample(two, three, 0, rng) },
				"destination of length 2 and state of length 3"},
			row{"Law.Sample", name + ", state", func() { l.Sample(three, two, 0, rng) },
				"destination of length 3 and state of length 2"})
		f, ok := l.(Finite)
		if !ok {
			continue
		}
		dst, n := make([]float64, 3), f.Support(three, 0)
		rows = append(rows,
			row{"Finite.Outcome", name + ", dst", func() { f.Outcome(two, three, 0, 0) },
				"destination of length 2 and state of length 3"},
			row{"Finite.Outcome", name + ", k", func() { f.Outcome(dst, three, 0, n) }, "outcome " + strconv.Itoa(n) +
				" of " + strconv.Itoa(n)},
			row{"Finite.Outcome", name + ", -1", func() { f.Outcome(dst, three, 0, -1) },
				"outcome -1 of " + strconv.Itoa(n)})
	}
	return rows
}

// TestMisuse: misuse panics with the prefix of the package and the values, and no
// exported function or method is without its row.
func TestMisuse(t *testing.T) {
	house.Misuse(t, "perturb", misuse(),
		"New NewSampler Names Zero Format.Neighbours Format.Nearest Law.Spec", "Law", "Finite")
}

// TestNoFusedSums: the same bits on every architecture, but for package math and
// the kernels of gonum.
func TestNoFusedSums(t *testing.T) { house.NoFusedSums(t) }

package spikes

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
)

// Options of Run and its parts.
type Options struct {
	Seed     uint64
	Kicks    []float64 // Check: |delta_i| or |eps_i| of a spike, in (0, MaxKick]
	Sizes    []float64 // Phase: |U-u| of a spike, in (0, MaxKick]
	Spacings []int     // Phase: steps between spikes, 1..Steps/4
	Steps    int       // Phase: length of a run
	Chains   int       // ClaimBothWays: random chains, >= 1

	some int // Check: only so many settings, the last ones; 0 for all
}

// Full is the whole page; Small has the same parts at a fraction of the work.
func Full(seed uint64) Options {
	return Options{Seed: seed, Kicks: logGrid(1e-2, 1e2, 9), Sizes: logGrid(1e-2, 1e3, 16), Spacings: doubling(1024),
		Steps: 8192, Chains: 4000}
}

// Small is for tests.
func Small(seed uint64) Options {
	return Options{Seed: seed, Kicks: logGrid(1e-1, 1e1, 3), Sizes: logGrid(1e-2, 1e3, 6),
		Spacings: []int{1, 16, 128, 1024}, Steps: 8192, Chains: 300}
}

// MaxKick caps sizes: beyond it the squares in a run may leave the range in
// which its rounding is known.
const MaxKick = 1e6

// check returns an error that names the field and the value.
func (o Options) check() error {
	for _, list := range []struct {
		name string
		v    []float64
	}{{"kicks", o.Kicks}, {"sizes", o.Sizes}} {
		if len(list.v) == 0 {
			return fmt.Errorf("spikes: %s is empty", list.name)
		}
		for j, v := range list.v {
			if !(v > 0 && v <= MaxKick) {
				return fmt.Errorf("spikes: %s[%d] is %v, want > 0 and at most %v", list.name, j, v, float64(MaxKick))
			}
		}
	}
	if len(o.Spacings) == 0 {
		return fmt.Errorf("spikes: spacings is empty")
	}
	for j, dt := range o.Spacings {
		if dt < 1 || dt > o.Steps/4 {
			return fmt.Errorf("spikes: spacings[%d] is %d, want 1..%d, a quarter of the steps", j, dt, o.Steps/4)
		}
	}
	if o.Chains < 1 {
		return fmt.Errorf("spikes: chains is %d, want at least 1", o.Chains)
	}
	return nil
}

// logGrid has n >= 2 points from lo to hi.
func logGrid(lo, hi float64, n int) []float64 {
	v := make([]float64, n)
	for j := range v {
		v[j] = lo * math.Pow(hi/lo, float64(j)/float64(n-1))
	}
	return v
}

// doubling is 1, 2, 4, ..., top.
func doubling(top int) []int {
	var v []int
	for dt := 1; dt <= top; dt *= 2 {
		v = append(v, dt)
	}
	return v
}

// shares of 1/(3L) that Check takes as step sizes.
var shares = []float64{0.99, 0.2}

// settings of Check: quadratics (round, narrow, of several inputs) and logistic
// regressions with l2, each with every share.
func settings(seed uint64) ([]*setting, error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	var all []*setting
	for _, share := range shares {
		all = append(all,
			quadratic("round quadratic", share, [][]float64{{1, 0}, {0, 1}}, matrix(rng, 1, 2)),
			quadratic("narrow quadratic", share, [][]float64{{1, 0, 0}, {0, 0.5, 0}, {0.1, 0, 0.2}}, matrix(rng, 1, 3)),
			quadratic("quadratic of 5 inputs", share, matrix(rng, 6, 3), matrix(rng, 5, 3)))
		for _, c := range []struct {
			d, m int
			rho  float64
		}{{3, 48, 0.1}, {5, 32, 0.02}} {
			s, err := logistic(c.d, c.m, c.rho, seed, share)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
	return all, nil
}

func quadratic(name string, share float64, a, inputs [][]float64) *setting {
	start := make([]float64, len(a[0]))
	for j := range start {
		start[j] = 1
	}
	return newSetting(name, problem.NewQuadratic(a, inputs), share, start)
}

func logistic(d, m int, rho float64, seed uint64, share float64) (*setting, error) {
	r, err := problem.LogisticWith(problem.Synthetic(d, m, seed),
		problem.LogisticOptions{Reg: core.Regularizer{Kind: "l2", Rho: rho}})
	if err != nil {
		return nil, err
	}
	return newSetting(fmt.Sprintf("logistic d=%d M=%d rho=%v", d, m, rho), r, share, make([]float64, d)), nil
}

func matrix(rng *rand.Rand, rows, cols int) [][]float64 {
	a := make([][]float64, rows)
	for i := range a {
		a[i] = direction(rng, cols)
	}
	return a
}

// direction is a vector of independent N(0, 1).
func direction(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for j := range v {
		v[j] = rng.NormFloat64()
	}
	return v
}

// unit is a random vector of norm 1.
func unit(rng *rand.Rand, n int) []float64 {
	v := direction(rng, n)
	return scaled(1/norm(v), v)
}

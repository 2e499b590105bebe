package perturb

import (
	"fmt"
	"math/rand/v2"
)

// Sampler draws the perturbations of passes from laws; it implements
// core.Perturber. What it draws for a step t and a sample k depends on the
// seed, t and k alone, not on what was drawn before.
type Sampler struct {
	delta, eps []Law
	seed       uint64
	t          int
	pcg        *rand.PCG
	rng        *rand.Rand
}

// NewSampler returns a sampler at step 0, sample 0. delta[i] is the law of
// delta_i (i = 1..N) and eps[i] that of eps_i (i = 2..N); nil or missing is zero.
func NewSampler(delta, eps []Law, seed uint64) *Sampler {
	pcg := rand.NewPCG(0, 0)
	s := &Sampler{delta: delta, eps: eps, seed: seed, pcg: pcg, rng: rand.New(pcg)}
	return s.At(0, 0)
}

// At moves the sampler to step t and sample k, both below 2^32, and returns it.
func (s *Sampler) At(t, k int) *Sampler {
	s.must()
	if t < 0 || k < 0 || uint64(t) >= 1<<32 || uint64(k) >= 1<<32 {
		panic(fmt.Sprintf("perturb: step %d, sample %d, want 0..2^32-1", t, k))
	}
	s.t = t
	s.pcg.Seed(s.seed, uint64(t)<<32|uint64(k))
	return s
}

// Delta implements core.Perturber.
func (s *Sampler) Delta(i int, dst, f []float64) {
	s.must()
	s.draw(s.delta, i, dst, f)
}

// Eps implements core.Perturber.
func (s *Sampler) Eps(i int, dst, b []float64) {
	s.must()
	s.draw(s.eps, i, dst, b)
}

// must panics unless s came from NewSampler.
func (s *Sampler) must() {
	if s == nil || s.rng == nil {
		panic("perturb: nil or zero Sampler")
	}
}

func (s *Sampler) draw(laws []Law, i int, dst, state []float64) {
	if i < 1 || len(dst) != len(state) {
		panic(fmt.Sprintf("perturb: sampler: perturbation %d, want 1..N; destination of length %d, state of length %d",
			i, len(dst), len(state)))
	}
	if i >= len(laws) || laws[i] == nil {
		clear(dst)
		return
	}
	laws[i].Sample(dst, state, s.t, s.rng)
}

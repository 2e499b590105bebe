package perturb

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Sampler draws the perturbations of passes from laws; it implements
// core.Perturber and core.Reader. What it draws for a step t and a sample k depends on the
// seed, t and k alone, not on what was drawn before.
type Sampler struct {
	delta, eps, zeta []Law
	seed             uint64
	t                int
	stream
	rows []stream // of AtSamples, of which
	used int      // are in use; 0 after At
}

// stream is a source of random numbers, with and without the clothes that laws know.
type stream struct {
	pcg *pcg
	rng *rand.Rand
}

func newStream() stream {
	p := &pcg{}
	return stream{p, rand.New(p)}
}

// NewSampler returns a sampler at step 0, sample 0. delta[i] is the law of
// delta_i (i = 1..N) and eps[i] that of eps_i (i = 2..N); nil or missing is zero.
func NewSampler(delta, eps []Law, seed uint64) *Sampler {
	s := &Sampler{delta: delta, eps: eps, seed: seed, stream: newStream()}
	return s.At(0, 0)
}

// WithZeta adds the laws of zeta_i (i = 1..N; nil or missing is zero), which is added to
// Y_{i-1} for the backward pass, and returns the sampler. Zeta_i is drawn right before
// eps_i.
func (s *Sampler) WithZeta(zeta []Law) *Sampler {
	s.must()
	s.zeta = zeta
	return s
}

// At moves the sampler to step t and sample k, both below 2^32, and returns it.
func (s *Sampler) At(t, k int) *Sampler {
	s.must()
	s.start(s.stream, t, k)
	s.used = 0
	return s
}

// AtSamples moves the sampler to step t and many samples, as the Perturber of a window
// of a core.Batch: row j of a state is perturbed by what At(t, samples[j]) draws when
// it is asked for the same in the same order. It panics when there are no samples.
func (s *Sampler) AtSamples(t int, samples []int) *Sampler {
	s.must()
	if len(samples) == 0 {
		panic("perturb: sampler at no samples")
	}
	for len(s.rows) < len(samples) {
		s.rows = append(s.rows, newStream())
	}
	for j, k := range samples {
		s.start(s.rows[j], t, k)
	}
	s.used = len(samples)
	return s
}

func (s *Sampler) start(r stream, t, k int) {
	if t < 0 || k < 0 || uint64(t) >= 1<<32 || uint64(k) >= 1<<32 {
		panic(fmt.Sprintf("perturb: step %d, sample %d, want 0..2^32-1", t, k))
	}
	s.t = t
	r.pcg.Seed(s.seed, uint64(t)<<32|uint64(k))
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

// Reads implements core.Reader.
func (s *Sampler) Reads() bool {
	s.must()
	return slices.ContainsFunc(s.zeta, func(l Law) bool { return l != nil })
}

// Zeta implements core.Reader.
func (s *Sampler) Zeta(i int, dst, y []float64) {
	s.must()
	s.draw(s.zeta, i, dst, y)
}

// HasDelta implements core.Sparse.
func (s *Sampler) HasDelta(i int) bool {
	s.must()
	return has(s.delta, i)
}

// HasEps implements core.Sparse.
func (s *Sampler) HasEps(i int) bool {
	s.must()
	return has(s.eps, i)
}

func has(laws []Law, i int) bool { return i >= 1 && i < len(laws) && laws[i] != nil }

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
	if !has(laws, i) {
		clear(dst)
		return
	}
	if s.used == 0 {
		s.sample(laws[i], dst, state, s.stream)
		return
	}
	d := len(dst) / s.used
	if d*s.used != len(dst) {
		panic(fmt.Sprintf("perturb: sampler: a state of %d numbers for %d samples", len(dst), s.used))
	}
	for j, r := range s.rows[:s.used] {
		s.sample(laws[i], dst[j*d:(j+1)*d], state[j*d:(j+1)*d], r)
	}
}

func (s *Sampler) sample(l Law, dst, state []float64, r stream) {
	if l, ok := l.(uniform); ok {
		l.fill(dst, r.pcg)
		return
	}
	l.Sample(dst, state, s.t, r.rng)
}

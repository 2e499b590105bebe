package perturb

import "math/rand/v2"

// Law is a distribution of the perturbation (delta_i or eps_i) that is added
// to a state s = f_i(Y_{i-1}, w_i) or s = J1_i^T V_i, given that state and the
// step t = 0, 1, ... of the run. A state has at least one coordinate. Laws are
// immutable and safe for concurrent use; no method changes or keeps s, and dst
// (len(dst) == len(s)) does not overlap it. No method allocates. The laws of this
// package panic on other lengths, on a law of vectors of another length, on an
// outcome that does not exist, and on a nil rng that they draw from.
type Law interface {
	// Sample writes one draw to dst.
	Sample(dst, s []float64, t int, rng *rand.Rand)
	// Spec describes the law in data; New(l.Spec()) is equivalent to l. It may
	// share memory with l: do not change it.
	Spec() Spec
}

// Finite is a law whose support, given the state, is a finite list.
type Finite interface {
	Law
	// Support returns the number of outcomes given s and t, at least 1, or
	// TooMany when there are more than MaxSupport. It depends on s and t only.
	Support(s []float64, t int) int
	// Outcome writes outcome k = 0..Support(s, t)-1 to dst and returns its
	// probability, > 0. The probabilities of all outcomes sum to 1 up to rounding.
	Outcome(dst, s []float64, t, k int) (p float64)
}

// MaxSupport is the largest support that is listed; TooMany stands for more.
const (
	MaxSupport = 1 << 24
	TooMany    = -1
)

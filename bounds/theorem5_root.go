package bounds

import (
	"fmt"
	"math"
)

// The root forms of (40) and (41) bound the root of the gap l(w) - l* instead of
// the gap. A bias b_t = E_t[U-u] moves w by g b_t, and with it the root of the gap
// by at most (L/2)^{1/2} g |b_t|: what Q biased steps add to the gap is of order
// (g Q)^2, where (41) has g Q. Proofs: PROOFS.md, section 4, (4.8) to (4.10).
//
// q = 1 - mu g (2 - L g) is the factor by which an exact step with g <= 1/L
// shrinks the gap; beta = (L/2)^{1/2} g |b|. Where L g and mu g are both near 1, q
// cancels, and RelError is not kept; it is for g <= 1/(3L), where q >= 4/9.

// RootQ is q. It panics unless mu > 0.
func (s Smooth) RootQ() float64 { return 1 - s.rootShrink() }

// rootShrink is 1 - q.
func (s Smooth) rootShrink() float64 {
	return float64(s.rate() * (2 - product(s.L, s.Gamma)))
}

// RootWeight is q^{k/2}, the weight in Root41 of a bias k steps before the last
// one; k = 2 j gives q^j. It panics unless mu > 0.
func (s Smooth) RootWeight(k int) float64 { return decay(s.rootShrink(), float64(k)/2) }

// RootEq40 is 2 (q a)^{1/2} beta + beta^2 + (L g^2/2) (sigma + spread2^{1/2})^2 with
// the gap a = l(w) - l*, the squared bias mean2 = |E_t[U-u]|^2 and spread2 =
// E_t|U-u|^2 - mean2: what E_t[l(w+) - l*] - q (l(w) - l*) is at most, for g <= 1/L.
// It panics unless mu > 0.
func RootEq40(s Smooth, gap, mean2, spread2 float64) float64 {
	beta := math.Sqrt(product(s.L, mean2)/2) * s.Gamma
	return product(2, math.Sqrt(product(s.RootQ(), gap)), beta) +
		product(beta, beta) +
		s.noise(s.SigmaSq, spread2)
}

// Root41 bounds E[l(w^T) - l*] for g <= 1/L by
//
//	( (L/2)^{1/2} g bias + ( q^T D0 + (L g^2/2) (sigma (sum_{k<T} q^k)^{1/2} + spread2^{1/2})^2 )^{1/2} )^2
//
// with the sums bias = sum_{t<T} q^{(T-1-t)/2} (E|E_t[U-u]|^2)^{1/2} and spread2 =
// sum_{t<T} q^{T-1-t} E[|U-u|^2 - |E_t[U-u]|^2]. Where there is no bias that is D0
// shrunk, plus the noise. It panics unless T >= 1 and mu > 0.
func Root41(s Smooth, d0 float64, steps int, bias, spread2 float64) float64 {
	start := product(decay(s.rootShrink(), horizon("root (41)", steps)), d0)
	return start + Root41Excess(s, d0, steps, bias, spread2)
}

// Root41Excess is Root41 without q^T D0, which is what E[l(w^T) - l*] exceeds q^T D0
// by at most. It panics unless T >= 1 and mu > 0.
func Root41Excess(s Smooth, d0 float64, steps int, bias, spread2 float64) float64 {
	t := horizon("root (41)", steps)
	x := s.rootShrink()
	powers := -math.Expm1(t*math.Log1p(-x)) / x // sum_{k<T} q^k
	noise := s.noise(product(s.SigmaSq, powers), spread2)
	b := product(math.Sqrt(s.L/2), s.Gamma, bias)
	return product(b, b) + product(2, b, math.Sqrt(product(decay(x, t), d0)+noise)) + noise
}

// noise is (L g^2/2) (sigma + spread)^2, given both squared.
func (s Smooth) noise(sigma2, spread2 float64) float64 {
	sum := math.Sqrt(sigma2) + math.Sqrt(spread2)
	return product(s.L, s.Gamma, s.Gamma, sum, sum) / 2
}

// RootBudget is (T/ln T)^{1/2}: in the order of T, how many steps may have a
// perturbation of O(1) under A4 with one step size for all steps, g ~ ln T/T, wherever
// they fall, when the rate ln T/T is to be kept. Table 1 has O(1) there, but for
// backward perturbations of zero mean. It panics unless T >= 2.
func RootBudget(t float64) float64 {
	if !(t >= 2) {
		panic(fmt.Sprintf("bounds: budget for T = %v, want T >= 2", t))
	}
	return math.Sqrt(t / math.Log(t))
}

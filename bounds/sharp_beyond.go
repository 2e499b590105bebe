package bounds

import (
	"fmt"
	"math"
)

// SharpTheorem1RatioBeyond bounds SharpTheorem1Ratio at every N >= n, every C and every
// Lf, by the recursion of PROOFS.md, (2.17). It falls in n, to 0.5200, and is +Inf where
// n is too small for that proof. It panics unless n is in 2..MaxN.
func SharpTheorem1RatioBeyond(n int) float64 {
	if n < 2 || n > MaxN {
		panic(fmt.Sprintf("bounds: ratio beyond N = %d, want 2..%d", n, MaxN))
	}
	return leastTheta(func(theta float64) bool { return ratioBeyondAtMost(theta, n) })
}

// SharpTheorem1RatioMost bounds SharpTheorem1Ratio at every N, C and Lf, so that (13) is
// always at least 1.88 times too large. At N = 4 and C = Lf = 0.7784 the ratio is above
// 0.5292521. Proof: SharpTheorem1RatioRange for N < 9 and SharpTheorem1RatioBeyond(9),
// which TestRatioMost runs; PROOFS.md, (2.18).
const SharpTheorem1RatioMost = 0.5292522

// ratioBeyondAtMost reports that (2.17) proves the ratio to be at most theta for N >= n.
func ratioBeyondAtMost(theta float64, n int) bool {
	const depth = 24
	inf := math.Inf(1)
	return chainRegion{0, 1, 0, 1}.proves(theta, n, depth) &&
		chainRegion{1, 4, 0, 4}.proves(theta, n, depth) &&
		chainRegion{4, inf, 0, inf}.proves(theta, n, 0)
}

// leastTheta is the least theta in 1/4..1, to 2^-20, at which a proof succeeds that
// succeeds at every larger one; +Inf where it does not at 1.
func leastTheta(succeeds func(theta float64) bool) float64 {
	low, high := 0.25, 1.0
	if !succeeds(high) {
		return math.Inf(1)
	}
	for high-low > 0x1p-20 {
		middle := (low + high) / 2
		if succeeds(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high
}

// chainRegion is leastC <= C^2 <= mostC, leastLf <= Lf^2 <= mostLf; C = 1 is not inside.
type chainRegion struct {
	leastC, mostC, leastLf, mostLf float64
}

// spared are the shares eta of (2.17) that are tried.
var spared = []float64{0, 0.02, 0.05, 0.1, 0.2, 0.4}

// proves splits r until the recursion stays bounded on each part, depth times at most.
func (r chainRegion) proves(theta float64, n, depth int) bool {
	if r.leastLf >= r.mostC { // nothing in it has Lf <= C
		return true
	}
	for _, eta := range spared {
		if r.bounded(theta, n, eta) {
			return true
		}
	}
	if depth == 0 {
		return false
	}
	first, second := r, r
	if r.mostC-r.leastC > r.mostLf-r.leastLf {
		first.mostC = (r.leastC + r.mostC) / 2
		second.leastC = first.mostC
	} else {
		first.mostLf = (r.leastLf + r.mostLf) / 2
		second.leastLf = first.mostLf
	}
	return first.proves(theta, n, depth-1) && second.proves(theta, n, depth-1)
}

// bounded reports that H of (2.17) stays finite and ends low enough, for all N >= n.
func (r chainRegion) bounded(theta float64, n int, eta float64) bool {
	const lateSteps, rounds = 40, 200
	late := min(lateSteps, n-2)
	h, s := 1.0, 1.0 // H_k and the least S_{k-1}
	for k := 1; k < n-late; k++ {
		h = chainStep(h, r.leastC*s, theta, r.share(eta, k, n-k))
		s = 1 + float64(3*r.leastC*s)
	}
	// From here on k >= n-late, and N-k >= late until N-k is late: an h that a step does
	// not raise bounds H throughout.
	k, x := n-late, r.leastC*s
	share := r.share(eta, k, late)
	for range rounds {
		next := chainStep(h, x, theta, share)
		if next <= h {
			break
		}
		h = next * (1 + 0x1p-20)
	}
	if !(chainStep(h, x, theta, share) <= h) {
		return false
	}
	for m := late; m >= 1; m-- {
		h = chainStep(h, x, theta, r.share(eta, k, m))
	}
	return h*r.t(k, 0) <= 2*theta*(1-eta/2)
}

// t bounds t_k of (2.10) where N-k >= m.
func (r chainRegion) t(k, m int) float64 {
	if r.leastC >= 1 {
		perStep := math.Min(1, r.mostLf/r.leastC)
		return math.Pow(r.leastC, -float64(k)) * math.Pow(perStep, float64(m))
	}
	return math.Pow(math.Min(1, r.mostLf), float64(m))
}

// share bounds t_k S_{k-1}/(2 V_{k-1}) of (2.17) where N-k >= m; beta_0 = 0.
func (r chainRegion) share(eta float64, k, m int) float64 {
	if k == 1 {
		return 0
	}
	v := 1 - eta
	if growth := 3 * r.leastC * r.leastLf; growth >= 1 {
		v += float64(eta / 2 * math.Pow(growth, float64(m)))
	}
	return r.t(k, m) / (2 * v)
}

// chainStep bounds H_{k+1} for H_k <= h, any x_k >= x and the share given. A step and its
// share have fewer than 2^4 roundings, and a difference that cancels 10 bits at most,
// so a factor of 1 + 2^-38 outweighs them.
func chainStep(h, x, theta, share float64) float64 {
	inverse := 1 - float64(h/theta*(1.0/3+share))
	if !(inverse >= 0x1p-10) {
		return math.Inf(1)
	}
	rhoH := h / inverse
	x = math.Min(x, 0x1p100) // a smaller x is allowed, and this one does not overflow
	return math.Max((1+float64(x*rhoH))/(1+float64(3*x)), rhoH/3) * (1 + 0x1p-38)
}

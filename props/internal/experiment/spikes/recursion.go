package spikes

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
)

// Recursion is a bound of the gap a_t = E l(w^t) - l* from step to step,
//
//	a_{t+1} <= q a_t + Noise + Kick m_t^2,   q = 1 - Rate, 0 < Rate <= 1,
//
// with m_t^2 = E|U-u|^2 at step t. Its solution without spikes is
// a_{t+k} <= Floor + q^k (a_t - Floor).
type Recursion struct {
	Rate  float64 // 1 - q
	Noise float64 // >= 0, a step
	Kick  float64 // >= 0, the factor of m^2
}

// Printed is (40) with |E_t[U-u]| <= m, that is a deterministic spike: Rate =
// mu g/3, Noise = L g^2 sigma^2, Kick = L g^2 + g/2. For zeroMean, E_t[U-u] = 0
// and Kick = L g^2. It panics unless mu > 0 and 0 < g <= 1/(3L).
func Printed(s bounds.Smooth, zeroMean bool) Recursion {
	if !(s.Mu > 0) || !s.Admissible() {
		panic(fmt.Sprintf("spikes: (40) with L = %v, mu = %v, g = %v, want mu > 0 and 0 < g <= 1/(3L)", s.L, s.Mu,
			s.Gamma))
	}
	lg2 := s.L * s.Gamma * s.Gamma
	r := Recursion{Rate: s.Mu * s.Gamma / 3, Noise: lg2 * s.SigmaSq, Kick: lg2}
	if !zeroMean {
		r.Kick += s.Gamma / 2
	}
	return r
}

// Sharp is a sharper form of (40) for steps without chance: Rate = mu g, Noise
// = 0, Kick = g/2. It panics unless mu > 0, 0 < g <= 1/L and sigma^2 = 0.
//
// Proof. With G = grad l(w) + e, e = U-u, A1 gives l(w - gG) <= l - g<grad l, G> +
// (L/2) g^2 |G|^2, and <grad l, G> = (|grad l|^2 + |G|^2 - |e|^2)/2, so
// l(w+) <= l - (g/2)|grad l|^2 + (g/2)|e|^2 - (g/2)(1 - Lg)|G|^2. Drop the last
// term (g <= 1/L) and use A4: a+ <= (1 - mu g) a + (g/2)|e|^2.
func Sharp(s bounds.Smooth) Recursion {
	if !(s.Mu > 0) || !(s.Gamma > 0) || !(s.Gamma*s.L <= 1) || s.SigmaSq != 0 {
		panic(fmt.Sprintf("spikes: sharp form with L = %v, mu = %v, g = %v, sigma^2 = %v, want mu > 0, 0 < g <= 1/L, "+
			"sigma^2 = 0",
			s.L, s.Mu, s.Gamma, s.SigmaSq))
	}
	return Recursion{Rate: s.Mu * s.Gamma, Kick: s.Gamma / 2}
}

// Floor is Noise/(1-q), where the noise holds the gap: 3 L g sigma^2/mu for
// (40), as in (41).
func (r Recursion) Floor() float64 { return r.Noise / r.Rate }

// After is q a + Noise + Kick m^2, the bound of the gap after a step of spike
// size m = |U-u| from the gap a.
func (r Recursion) After(a, m float64) float64 {
	return float64((1-r.Rate)*a) + r.Noise + float64(r.Kick*m*m)
}

// Gap is Floor + q^k (a - Floor), the bound of the gap k >= 0 quiet steps after
// the gap a.
func (r Recursion) Gap(a float64, k int) float64 {
	return r.Floor() + float64(r.pow(k)*(a-r.Floor()))
}

// pow is q^k.
func (r Recursion) pow(k int) float64 {
	if k == 0 {
		return 1 // q = 0 has ln q = -Inf
	}
	return math.Exp(float64(k) * math.Log1p(-r.Rate))
}

// Never is the number of steps of a recovery that the bound does not promise.
const Never = math.MaxInt

// Steps is the least k with Gap(a, j) <= level for every j >= k, that is
//
//	k = ceil( ln((a - Floor)/(level - Floor)) / -ln q )
//
// for a > level > Floor, 0 for a <= level with Floor <= level, and Never where
// the level is below Floor, or equal to it and below a. After a spike of size m
// at step t0, a is After(a_{t0}, m) and Steps counts from t0+1.
func (r Recursion) Steps(a, level float64) int {
	h := level - r.Floor()
	switch {
	case !(h >= 0):
		return Never
	case a <= level:
		return 0
	case !(h > 0):
		return Never
	}
	return r.least(func(k int) bool { return r.Gap(a, k) <= level }, math.Log((a-r.Floor())/h))
}

// least is the least k with ok(k), for ok that is false below and true from
// about logs/-ln q on: the quotient may be off by rounding, in either direction.
func (r Recursion) least(ok func(k int) bool, logs float64) int {
	guess := math.Ceil(logs / -math.Log1p(-r.Rate))
	if !(guess < 1<<53) {
		return Never
	}
	k := max(int(guess), 0)
	for k > 0 && ok(k-1) {
		k--
	}
	for !ok(k) {
		k++
	}
	return k
}

// Worst is how many spikes of size m, wherever they fall, leave the last gap
// at most h above what it would be without them: the most n with
//
//	Kick m^2 (1 + q + ... + q^{n-1}) <= h,
//
// as they weigh most at the last n steps. Never stands for every number.
func (r Recursion) Worst(m, h float64) int {
	kick := float64(r.Kick * m * m)
	if !(h >= 0) {
		return 0
	}
	if float64(r.Rate*h) >= kick {
		return Never
	}
	sum := func(n int) float64 { return kick * -math.Expm1(float64(n)*math.Log1p(-r.Rate)) / r.Rate }
	return r.least(func(n int) bool { return !(sum(n+1) <= h) }, -math.Log1p(-r.Rate*h/kick))
}

// NonconvexBudget is how many spikes of size m in T steps raise the right side
// of (34) by at most h: h T/((6 L g + 3) m^2), or h T/(6 L g m^2) for zeroMean.
func NonconvexBudget(s bounds.Smooth, steps int, m, h float64, zeroMean bool) float64 {
	factor := 6 * s.L * s.Gamma
	if !zeroMean {
		factor += 3
	}
	return h * float64(steps) / (factor * m * m)
}

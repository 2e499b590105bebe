package bounds

import (
	"fmt"
	"math"
)

// How many steps may have an error of O(1) under A4, from both sides, with a step size
// for each step. Proofs: PROOFS.md, section 4.2. Forms that go through the steps one by
// one round some ten times a step, by 2^-53 of what is added or more where L g and mu g
// are both near 1: RelError covers 2^13 steps with g <= 1/(3L).

// SpikeReach is the largest gap l(w^T) - l* that errors U-u of size errors[t] at step t
// of size gammas[t] reach from w^0 = 0 on l = mu w^2/2,
//
//	(mu/2) ( sum_t |g_t| m_t prod_{s>t} |1 - mu g_s| )^2
//
// where each error points away from 0. Steps may have any size and sign. It panics unless
// mu > 0 and the slices are of one length.
func SpikeReach(mu float64, gammas, errors []float64) float64 {
	positiveMu("spikes", mu)
	oneLength("spikes", gammas, errors)
	w := 0.0
	for t, g := range gammas {
		w = float64(math.Abs(1-float64(mu*g))*w) + product(math.Abs(g), errors[t])
	}
	return product(mu, w, w) / 2
}

// SpikeFloor is min(D0, m^2 (Q/T)^2/(2 mu)): whatever the T step sizes are, fixed in
// advance, there are Q steps such that errors of size m at these leave at least that gap
// on l = mu w^2/2 from l(w^0) - l* = D0. Steps g_t = 1/(mu (t+1)) leave m^2 (Q/T)^2/(2 mu)
// wherever the errors are, steps of size 0 leave D0, so no floor is higher. It panics
// unless mu > 0 and 0 <= Q <= T, T >= 1.
func SpikeFloor(mu, d0, m float64, spikes, steps int) float64 {
	positiveMu("spikes", mu)
	share := float64(spikes) / spikesIn("spikes", spikes, steps)
	return math.Min(d0, product(m, m, share, share)/(2*mu))
}

// SpikeFloorConstantStep is SpikeFloor for steps of one size g, any g: with
// w0 = (2 D0/mu)^{1/2} and z = m/mu it is (mu/2) times the square of
//
//	min over 0 <= r <= 1 of  r^T w0 + (1 - r^Q) z
//
// which for z Q < w0 T is z ( 1 - (1-Q/T) (z Q/(w0 T))^{Q/(T-Q)} ), about z (Q/T)
// (1 + ln(w0 T/(z Q))), else w0. The errors are at the last Q steps. It panics unless
// mu > 0 and 0 <= Q <= T, T >= 1.
func SpikeFloorConstantStep(mu, d0, m float64, spikes, steps int) float64 {
	positiveMu("spikes", mu)
	share := float64(spikes) / spikesIn("spikes", spikes, steps)
	w0, z := math.Sqrt(2*d0/mu), m/mu
	w := math.Min(w0, z)
	if z*share < w0 && spikes < steps {
		exponent := float64(spikes) / float64(steps-spikes)
		w = z * (1 - float64((1-share)*math.Pow(z*share/w0, exponent)))
	}
	return product(mu, w, w) / 2
}

// Sharp41Steps is Sharp41 for a step size gammas[t] at each step: with e2[t] and mean2[t]
// at most E|U-u|^2 and E|E_t[U-u]|^2 of step t it bounds E[l(w^T) - l*] by A_T of
//
//	A_0 = D0,  A_{t+1} = (1 - mu g_t) A_t + L g_t^2 sigma^2 + L g_t^2 e2[t] + (g_t/2) mean2[t]
//
// for 0 <= g_t <= 1/L; s.Gamma is not read. It panics unless mu > 0 and the slices are of
// one length.
func Sharp41Steps(s Smooth, d0 float64, gammas, e2, mean2 []float64) float64 {
	positiveMu("sharp (41)", s.Mu)
	oneLength("sharp (41)", gammas, e2, mean2)
	gap := d0
	for t, g := range gammas {
		s.Gamma = g
		gap = product(1-s.rate(), gap) + Eq36(s, e2[t], mean2[t])
	}
	return gap
}

// Root41Steps is Root41 for a step size gammas[t] at each step: with mean2[t] and
// spread2[t] at most E|E_t[U-u]|^2 and E[|U-u|^2 - |E_t[U-u]|^2] of step t it bounds
// E[l(w^T) - l*] by (B_T + M_T^{1/2})^2 of, with q_t = 1 - mu g_t (2 - L g_t),
//
//	B_0 = 0,   B_{t+1} = q_t^{1/2} B_t + (L mean2[t]/2)^{1/2} g_t
//	M_0 = D0,  M_{t+1} = q_t M_t + (L g_t^2/2) (sigma + spread2[t]^{1/2})^2
//
// for 0 <= g_t <= 1/L; s.Gamma is not read. It panics unless mu > 0 and the slices are of
// one length.
func Root41Steps(s Smooth, d0 float64, gammas, mean2, spread2 []float64) float64 {
	positiveMu("root (41)", s.Mu)
	oneLength("root (41)", gammas, mean2, spread2)
	bias, rest := 0.0, d0
	for t, g := range gammas {
		s.Gamma = g
		q := math.Max(s.RootQ(), 0) // it cancels to 0 at L g = mu g = 1
		bias = product(math.Sqrt(q), bias) + product(math.Sqrt(s.L/2), g, math.Sqrt(mean2[t]))
		rest = product(q, rest) + s.noise(s.SigmaSq, spread2[t])
	}
	root := bias + math.Sqrt(rest)
	return product(root, root)
}

// HarmonicBound bounds E[l(w^T) - l*] where g_t = 1/(mu (t + t0)), |E_t[U-u]| and
// (E_t|U-u|^2)^{1/2} are at most m at Q steps, wherever these are, and U = u at the others:
// with n = T + t0 - 1,
//
//	exp( (L/mu - 1)/(t0-2) ) ( (L/2)^{1/2} Q m/(mu n)
//	    + ( D0 ((t0-1)/n)^2 + (L/2) ( sigma T^{1/2} + m Q^{1/2} )^2/(mu n)^2 )^{1/2} )^2
//
// So Q = O(T^{1/2}) keeps the rate 1/T and Q = O((T ln T)^{1/2}) the rate ln T/T, and by
// SpikeFloor no larger order of Q does, for whatever steps fixed in advance. s.Gamma is not
// read. It panics unless mu > 0, t0 > 2, t0 >= L/mu, 0 <= Q <= T and T >= 1.
func HarmonicBound(s Smooth, d0, m float64, spikes, steps int, t0 float64) float64 {
	positiveMu("harmonic steps", s.Mu)
	t := spikesIn("harmonic steps", spikes, steps)
	condition := s.L / s.Mu
	if !(t0 > 2) || !(t0 >= condition) {
		panic(fmt.Sprintf("bounds: harmonic steps with t0 = %v, want t0 > 2 and t0 >= L/mu = %v", t0, condition))
	}
	q := float64(spikes)
	n := t + t0 - 1
	start := (t0 - 1) / n
	noise := (math.Sqrt(product(s.SigmaSq, t)) + product(m, math.Sqrt(q))) / (s.Mu * n)
	bias := product(math.Sqrt(s.L/2), q, m) / (s.Mu * n)
	root := bias + math.Sqrt(product(d0, start, start)+product(s.L, noise, noise)/2)
	return product(math.Exp((condition-1)/(t0-2)), root, root)
}

// HarmonicBudget is T^{1/2}: in the order of T, how many steps may have a perturbation of
// O(1) under A4, wherever they fall, when the rate 1/T is to be kept, with steps
// g ~ 1/t; no steps fixed in advance allow a larger order. For the rate ln T/T it is
// (T ln T)^{1/2}. It panics unless T >= 1.
func HarmonicBudget(t float64) float64 {
	if !(t >= 1) {
		panic(fmt.Sprintf("bounds: budget for T = %v, want T >= 1", t))
	}
	return math.Sqrt(t)
}

func positiveMu(name string, mu float64) {
	if !(mu > 0) {
		panic(fmt.Sprintf("bounds: %s with mu = %v, want mu > 0", name, mu))
	}
}

func oneLength(name string, first []float64, others ...[]float64) {
	for _, o := range others {
		if len(o) != len(first) {
			panic(fmt.Sprintf("bounds: %s: slices of %d and %d steps", name, len(first), len(o)))
		}
	}
}

// spikesIn is T. It panics unless T >= 1 and 0 <= Q <= T.
func spikesIn(name string, spikes, steps int) float64 {
	t := horizon(name, steps)
	if spikes < 0 || spikes > steps {
		panic(fmt.Sprintf("bounds: %s: Q = %d spikes in T = %d steps", name, spikes, steps))
	}
	return t
}

package bounds

import "math"

// Weight is (1-mu g/3)^{T-t}, the weight of step t in (41) as printed; unrolling
// (40) gives the exponent T-1-t. It panics when mu is not positive.
func (s Smooth) Weight(steps, t int) float64 {
	return decay(s.rate()/3, float64(steps-t))
}

// Eq41 is (1-mu g/3)^T D0 + 3 L g sigma^2/mu + L g^2 e2 + (g/2) mean2 with the sums
// e2 = sum_{t<T} (1-mu g/3)^{T-t} E|U-u|^2 and mean2 the same of E|E_t[U-u]|^2: the
// bound of E[l(w^T) - l*]. It implements (41). It panics unless T >= 1 and mu > 0.
func Eq41(s Smooth, d0 float64, steps int, e2, mean2 float64) float64 {
	horizon("(41)", steps)
	return product(s.Weight(steps, 0), d0) + product(3, s.L, s.Gamma, s.SigmaSq)/s.Mu +
		product(s.L, s.Gamma, s.Gamma, e2) + product(s.Gamma, mean2)/2
}

// UnrolledEq40 is what (40), applied T times, bounds E[l(w^T) - l*] by,
//
//	(1-mu g/3)^T D0 + L g^2 sigma^2 sum_{k<T} (1-mu g/3)^k + ( L g^2 e2 + (g/2) mean2 )/(1-mu g/3)
//
// with e2 and mean2 weighted as in Eq41, which divided by 1-mu g/3 gives the exponents
// T-1-t. The proof of (41) takes it for at most (41). It panics unless T >= 1 and mu > 0.
func UnrolledEq40(s Smooth, d0 float64, steps int, e2, mean2 float64) float64 {
	t, x := horizon("(40) unrolled", steps), s.rate()/3
	powers := -math.Expm1(t*math.Log1p(-x)) / x
	return product(s.Weight(steps, 0), d0) + product(s.L, s.Gamma, s.Gamma, s.SigmaSq, powers) +
		(product(s.L, s.Gamma, s.Gamma, e2)+product(s.Gamma, mean2)/2)/(1-x)
}

// Theorem5 is Eq41 with the right sides of (13) and (23), weighted and summed
// over t, for the sums of E|U-u|^2 and E|E_t[U-u]|^2. It implements Theorem 5,
// (38).
func Theorem5(s Smooth, d0 float64, steps int, thm1, thm2 float64) float64 {
	return Eq41(s, d0, steps, thm1, thm2)
}

// Sharp41 is (1-mu g)^T D0 + L g sigma^2/mu + L g^2 e2 + (g/2) mean2 with the sums
// e2 = sum_{t<T} (1-mu g)^{T-1-t} E|U-u|^2 and mean2 the same of E|E_t[U-u]|^2: a bound
// of E[l(w^T) - l*] for g <= 1/L, see PROOFS.md, section 4. Every term is at most
// that of (41) but that of the last step, where (41) has 1 - mu g/3 for 1. It
// panics unless T >= 1 and mu > 0.
func Sharp41(s Smooth, d0 float64, steps int, e2, mean2 float64) float64 {
	horizon("sharp (41)", steps)
	return product(s.SharpWeight(steps, -1), d0) + product(s.L, s.Gamma, s.SigmaSq)/s.Mu +
		product(s.L, s.Gamma, s.Gamma, e2) + product(s.Gamma, mean2)/2
}

// SharpTheorem5 is Sharp41 with the same bounds as SharpTheorem4, weighted and summed
// over t.
func SharpTheorem5(s Smooth, d0 float64, steps int, thm1, thm2 float64) float64 {
	return Sharp41(s, d0, steps, thm1, math.Min(thm1, thm2))
}

// SharpWeight is (1-mu g)^{T-1-t}, the weight of step t in Sharp41. It panics
// when mu is not positive.
func (s Smooth) SharpWeight(steps, t int) float64 {
	return decay(s.rate(), float64(steps-1-t))
}

// decay is (1-x)^p for 0 <= x <= 1 and p >= 0, 1 for p = 0. The exponent of e that it takes is at most 745
// in size where the result is not 0, and off by three roundings, so decay itself is
// off by less than 2^-41; k roundings of x cost k 745/(1-x) 2^-53 more, less than
// 2^-40 while g <= 1/(3L). math.Pow would take 1-x for x, which costs p 2^-53.
func decay(x, p float64) float64 { return decayed(math.Log1p(-x), p) }

// decayed is decay for l = ln(1-x).
func decayed(l, p float64) float64 {
	if p == 0 {
		return 1
	}
	return math.Max(math.Exp(p*l), minNormal)
}

// Weights are Weight, SharpWeight and RootWeight of one Smooth, to the last bit, and take
// the logarithm of each once: a run of T steps asks for each T times.
type Weights struct{ printed, sharp, root float64 }

// Weights panics when mu is not positive.
func (s Smooth) Weights() Weights {
	return Weights{math.Log1p(-s.rate() / 3), math.Log1p(-s.rate()), math.Log1p(-s.rootShrink())}
}

// Printed is (1-mu g/3)^k, Weight of T - t = k.
func (w *Weights) Printed(k int) float64 { return decayed(w.printed, float64(k)) }

// Sharp is (1-mu g)^k, SharpWeight of T - 1 - t = k.
func (w *Weights) Sharp(k int) float64 { return decayed(w.sharp, float64(k)) }

// Root is q^{k/2}, RootWeight of k.
func (w *Weights) Root(k int) float64 { return decayed(w.root, float64(k)/2) }

package bounds

import "fmt"

// Theorem3 is 6 D0/(g T) + 6 L g sigma^2 + (6 L g/T) e2 + (3/T) mean2 with the sums
// e2 = sum_{t<T} E|U-u|^2 and mean2 = sum_{t<T} E|E_t[U-u]|^2: the bound of
// (1/T) sum_{t<T} E|grad l(w^t)|^2. It implements Theorem 3, (34). It panics
// unless T >= 1.
func Theorem3(s Smooth, d0 float64, steps int, e2, mean2 float64) float64 {
	t := horizon("(34)", steps)
	return product(6, d0)/product(s.Gamma, t) + product(6, s.L, s.Gamma, s.SigmaSq) +
		product(6, s.L, s.Gamma, e2)/t + product(3, mean2)/t
}

// SharpTheorem3 is a third of Theorem3,
//
//	2 D0/(g T) + 2 L g sigma^2 + (2 L g/T) sum_t E|U-u|^2 + (1/T) sum_t E|E_t[U-u]|^2,
//
// and bounds the same left side for g <= 1/L; see PROOFS.md, section 4.
func SharpTheorem3(s Smooth, d0 float64, steps int, e2, mean2 float64) float64 {
	return Theorem3(s, d0, steps, e2, mean2) / 3
}

func horizon(eq string, steps int) float64 {
	if steps < 1 {
		panic(fmt.Sprintf("bounds: %s with T = %d, want T >= 1", eq, steps))
	}
	return float64(steps)
}

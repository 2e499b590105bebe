package bounds

import "fmt"

// Smooth holds the constants of section 4: grad l is L-Lipschitz (A1), the
// gradient of one sample has at most the variance SigmaSq (A2), Mu is the PL
// constant (A4; 0 where none is known), Gamma the step size g.
type Smooth struct {
	L, SigmaSq, Mu, Gamma float64
}

// Admissible reports that 0 < g <= 1/(3L), which all of section 4 needs.
func (s Smooth) Admissible() bool { return s.Gamma > 0 && 3*s.L*s.Gamma <= 1 }

// Q is 1 - mu g/3, the contraction of (40). It panics when mu is not positive:
// then nothing contracts.
func (s Smooth) Q() float64 { return 1 - s.rate()/3 }

// rate is mu g.
func (s Smooth) rate() float64 {
	if !(s.Mu > 0) {
		panic(fmt.Sprintf("bounds: mu is %v, (40) wants mu > 0", s.Mu))
	}
	return product(s.Mu, s.Gamma)
}

// Eq35 is L g^2 |u+r|^2 + L g^2 |U-u|^2: what (35) allows
// l(w+) - l(w) + g <grad l, u+r> + g <grad l, U-u> at most.
func Eq35(s Smooth, ur2, e2 float64) float64 {
	return product(s.L, s.Gamma, s.Gamma, ur2) + product(s.L, s.Gamma, s.Gamma, e2)
}

// Eq36First is L g^2 E_t|grad l-(u+r)|^2 + L g^2 E_t|U-u|^2, the bound of E_t l(w+) - l +
// g (1-Lg) |grad l|^2 + g <grad l, E_t[U-u]>. It implements the first line of (36).
func Eq36First(s Smooth, variance, e2 float64) float64 {
	return product(s.L, s.Gamma, s.Gamma, variance) + product(s.L, s.Gamma, s.Gamma, e2)
}

// Eq36 is L g^2 sigma^2 + L g^2 E_t|U-u|^2 + (g/2) |E_t[U-u]|^2: what (36) allows
// E_t l(w+) - l(w) + (g/6) |grad l(w)|^2 at most, and (40)
// E_t l(w+) - l* - (1 - mu g/3)(l(w) - l*).
func Eq36(s Smooth, e2, mean2 float64) float64 {
	return product(s.L, s.Gamma, s.Gamma, s.SigmaSq) +
		product(s.L, s.Gamma, s.Gamma, e2) +
		product(s.Gamma, mean2)/2
}

package spikes

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
)

// Root is the recursion of the root of the gap, r_t = a_t^{1/2}, for steps without
// chance (bounds.RootEq40, with the proof in bounds/PROOFS.md, (4.8)):
//
//	r_{t+1} <= q^{1/2} r_t + (L/2)^{1/2} g m_t,   q = 1 - mu g (2 - L g)
//
// It is a Recursion with r for a and m^{1/2} for m: Rate = 1 - q^{1/2}, Kick =
// (L/2)^{1/2} g. It panics unless mu > 0, 0 < g <= 1/L and sigma^2 = 0.
func Root(s bounds.Smooth) Recursion {
	if !(s.Mu > 0) || !(s.Gamma > 0) || !(s.Gamma*s.L <= 1) || s.SigmaSq != 0 {
		panic(fmt.Sprintf("spikes: root form with L = %v, mu = %v, g = %v, sigma^2 = %v, want mu > 0, 0 < g <= 1/L, "+
			"sigma^2 = 0",
			s.L, s.Mu, s.Gamma, s.SigmaSq))
	}
	x := s.Mu * s.Gamma * (2 - s.L*s.Gamma)
	return Recursion{Rate: -math.Expm1(math.Log1p(-x) / 2), Kick: math.Sqrt(s.L/2) * s.Gamma}
}

// bound is a Recursion with the map from gaps and spike sizes to what it is about:
// themselves, or their roots.
type bound struct {
	Recursion
	root bool
}

// of is a gap or a size as the recursion takes it, gap its inverse.
func (b bound) of(x float64) float64 {
	if b.root {
		return math.Sqrt(x)
	}
	return x
}

func (b bound) gap(x float64) float64 {
	if b.root {
		return x * x
	}
	return x
}

// noisy has an error of the given size at every step.
func (b bound) noisy(size float64) bound {
	m := b.of(size)
	b.Noise += b.Kick * m * m
	return b
}

// recursions are (40), its sharp form and the root form.
func (s *setting) recursions() [forms]bound {
	return [forms]bound{printed: {Recursion: Printed(s.s, false)}, sharp: {Recursion: Sharp(s.s)},
		root: {Root(s.s), true}}
}

package beyond

import (
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// cubic is an operator f(y, w) = sum_{p=0..3} (a[p] + b[p] w) y^p of numbers, b[3] = 0.
type cubic struct{ a, b [4]float64 }

// polynomial is sum_p c[p] y^p, differentiated n times.
func polynomial(c [4]float64, y float64, n int) float64 {
	for range n {
		c = [4]float64{c[1], 2 * c[2], 3 * c[3]}
	}
	return c[0] + y*(c[1]+y*(c[2]+y*c[3]))
}

// byY and byW are the n-th derivative by y of f and of df/dw.
func (f cubic) byY(y, w float64, n int) float64 {
	return polynomial(f.a, y, n) + w*polynomial(f.b, y, n)
}
func (f cubic) byW(y float64, n int) float64 { return polynomial(f.b, y, n) }

// saved is a chain whose backward pass sees y_{i-1} + zeta_i, zeta_i one of two values with
// mean 0.
type saved struct {
	ops        []cubic
	x          float64
	w          []float64
	low, high  []float64 // the values, -low and high
	together   bool      // one draw for all: not independent
	c, l1, l2  float64
	mean2      float64 // |E[U-u]|^2
	worstRatio float64 // largest |U-u|^2 over its bound
}

// outcome is one of two values, with its probability.
func (s *saved) outcome(i, k int) (zeta, p float64) {
	total := s.low[i] + s.high[i]
	switch {
	case total == 0:
		return 0, 0.5
	case k == 0:
		return -s.low[i], s.high[i] / total
	}
	return s.high[i], s.low[i] / total
}

// run goes over all outcomes; form bounds |U-u|^2 at each.
func (s *saved) run(form func(c, l1 float64, size []float64) float64) {
	n := len(s.ops)
	y := make([]float64, n)
	for at, i := s.x, 0; i < n; i++ {
		y[i] = at
		at = s.ops[i].byY(at, s.w[i], 0)
	}
	s.constants(y)
	exact := s.backward(y, make([]float64, n))
	mean := make([]float64, n)
	s.worstRatio = 0
	for path := range 1 << n {
		if s.together && path != 0 && path != 1<<n-1 {
			continue
		}
		zeta, size, p := make([]float64, n), make([]float64, n+1), 1.0
		for i := range n {
			z, q := s.outcome(i, path>>i&1)
			zeta[i], size[i+1] = z, math.Abs(z)
			if !s.together || i == 0 {
				p *= q
			}
		}
		u, e2 := s.backward(y, zeta), 0.0
		for i := range u {
			mean[i] += p * (u[i] - exact[i])
			e2 += (u[i] - exact[i]) * (u[i] - exact[i])
		}
		if e2 > 0 {
			s.worstRatio = max(s.worstRatio, e2/form(s.c, s.l1, size))
		}
	}
	s.mean2 = 0
	for _, m := range mean {
		s.mean2 += m * m
	}
}

func (s *saved) backward(y, zeta []float64) []float64 {
	u, v := make([]float64, len(y)), 1.0
	for i := len(y) - 1; i >= 0; i-- {
		at := y[i] + zeta[i]
		u[i] = s.ops[i].byW(at, 0) * v
		v *= s.ops[i].byY(at, s.w[i], 1)
	}
	return u
}

// constants are the least that the proofs use: C at the visited points, L1 and L2 on the
// segments between them, along y: second derivatives are linear there, third ones constant.
func (s *saved) constants(y []float64) {
	s.c, s.l1, s.l2 = 0, 0, 0
	for i, f := range s.ops {
		for _, at := range []float64{y[i], y[i] - s.low[i], y[i] + s.high[i]} {
			s.c = max(s.c, math.Abs(f.byY(at, s.w[i], 1)), math.Abs(f.byW(at, 0)))
			s.l1 = max(s.l1, math.Hypot(f.byY(at, s.w[i], 2), f.byW(at, 1)))
			s.l2 = max(s.l2, math.Hypot(f.byY(at, s.w[i], 3), f.byW(at, 2)))
		}
	}
}

// spread are E|zeta_i|^2.
func (s *saved) spread() []float64 {
	all := make([]float64, len(s.ops)+1)
	for i := range s.ops {
		all[i+1] = s.low[i] * s.high[i]
	}
	return all
}

func drawSaved(r *rand.Rand, degree int) *saved {
	s := &saved{x: between(r, -2, 2)}
	for range 2 + r.IntN(4) {
		var f cubic
		for p := range degree + 1 {
			f.a[p] = pick(r, 0, between(r, -1, 1))
			if p < degree { // so that both derivatives have a degree less
				f.b[p] = pick(r, 0, 1, between(r, -1, 1))
			}
		}
		size := pick(r, 0, between(r, 0, 1), 1e-3)
		s.ops, s.w = append(s.ops, f), append(s.w, pick(r, 0, between(r, -1, 1)))
		s.low, s.high = append(s.low, size), append(s.high, size*pick(r, 1, between(r, 0.5, 2)))
	}
	return s
}

// JudgeSavedQuadratic: independent unbiased zeta give no bias where the derivatives of the
// operators are affine in the input.
func JudgeSavedQuadratic(seed uint64) claim.Judgement { return judgeSavedQuadratic(seed, 2, false) }

func judgeSavedQuadratic(seed uint64, degree int, together bool) claim.Judgement {
	j, r := newJudge(), source(seed, 4)
	for range cases {
		s := drawSaved(r, degree)
		s.together = together
		s.run(bounds.Saved)
		j.Cases++
		// Each E[U_i] is a sum of at most 2^5 products of numbers below 2^10: 2^-30 is far above its rounding.
		j.demand(s.mean2 <= 0x1p-60*(1+s.c*s.c), "|E[U-u]|^2 = %v: %+v", s.mean2, s)
	}
	return j.done("|E[U-u]| is 0, but for rounding, where derivatives are affine in the input")
}

// JudgeSavedMean holds bounds.SavedMean against chains of cubic operators.
func JudgeSavedMean(seed uint64) claim.Judgement { return judgeSavedMean(seed, bounds.SavedMean) }

func judgeSavedMean(seed uint64, form func(c, l2 float64, s2 []float64) float64) claim.Judgement {
	j, r := newJudge(), source(seed, 5)
	for range cases {
		s := drawSaved(r, 3)
		s.run(bounds.Saved)
		right := form(s.c, s.l2, s.spread())
		if right < 0x1p-60*(1+s.c*s.c) {
			continue // rounding, see JudgeSavedQuadratic
		}
		j.compare(s.mean2, right, s)
	}
	return j.done("chains of 2 to 5 cubic operators, all outcomes")
}

// JudgeSaved holds bounds.Saved against each outcome of these chains.
func JudgeSaved(seed uint64) claim.Judgement { return judgeSaved(seed, bounds.Saved) }

func judgeSaved(seed uint64, form func(c, l1 float64, size []float64) float64) claim.Judgement {
	j, r := newJudge(), source(seed, 6)
	for range cases {
		s := drawSaved(r, 3)
		s.together = r.IntN(4) == 0
		s.run(form)
		j.compare(s.worstRatio, 1, s)
	}
	return j.done("chains of 2 to 5 cubic operators, each outcome, dependent ones too")
}

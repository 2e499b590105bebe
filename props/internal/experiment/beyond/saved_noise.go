package beyond

import (
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// noisySaved is a chain of quadratic operators with all three kinds of errors, each one of two
// values: delta_i whatever its mean, eps_i and zeta_i of mean 0.
type noisySaved struct {
	saved
	delta [][2]float64 // by 1..N, of N and 0 none
	eps   [][2]float64 // by 2..N, half a chance each
	lf    float64
}

// squares is E|U-u|^2 over the whole tree, and sets the constants of all that is visited or read.
func (s *noisySaved) squares() float64 {
	n := len(s.ops)
	y := make([]float64, n)
	for at, i := s.x, 0; i < n; i++ {
		y[i] = at
		at = s.ops[i].byY(at, s.w[i], 0)
	}
	s.c, s.l1, s.lf = 0, 0, 0
	exact := s.backward(y, make([]float64, n))
	s.visit(y)
	total, states := 0.0, make([]float64, n)
	for path := range 1 << (n - 1) {
		at := s.x
		for i := range n {
			states[i] = at
			at = s.ops[i].byY(at, s.w[i], 0)
			if i < n-1 {
				at += s.delta[i+1][path>>i&1]
			}
		}
		s.visit(states)
		total += s.back(states, exact, n-1, 1) / float64(int(1)<<(n-1))
	}
	return total
}

// back is E|U-u|^2 of operators i, i-1, ..., 0, counted from 0, where V of i is v.
func (s *noisySaved) back(states, exact []float64, i int, v float64) float64 {
	if i < 0 {
		return 0
	}
	total := 0.0
	for k := range 2 {
		zeta, p := s.outcome(i, k)
		at := states[i] + zeta
		u := s.ops[i].byW(at, 0)*v - exact[i]
		total += p * u * u
		before := s.ops[i].byY(at, s.w[i], 1) * v
		for _, e := range s.eps[i+1] { // eps of the first operator is 0, and nothing is before it
			total += p / 2 * s.back(states, exact, i-1, before+e)
		}
	}
	return total
}

// visit takes the states and what is read at them into the constants: first derivatives are
// affine in y, so that they are largest at an end of the hull.
func (s *noisySaved) visit(states []float64) {
	for i, f := range s.ops {
		for _, at := range []float64{states[i], states[i] - s.low[i], states[i] + s.high[i]} {
			byY := math.Abs(f.byY(at, s.w[i], 1))
			s.c, s.lf = max(s.c, byY, math.Abs(f.byW(at, 0))), max(s.lf, byY)
			s.l1 = max(s.l1, math.Hypot(f.byY(at, s.w[i], 2), f.byW(at, 1)))
		}
	}
}

// moments are E|delta_i|^2 and E|eps_i|^2.
func (s *noisySaved) moments() (d2, e2 []float64) {
	d2, e2 = make([]float64, len(s.ops)+1), make([]float64, len(s.ops)+1)
	for i := range d2 {
		d2[i] = (s.delta[i][0]*s.delta[i][0] + s.delta[i][1]*s.delta[i][1]) / 2
		e2[i] = s.eps[i][1] * s.eps[i][1]
	}
	return d2, e2
}

func drawNoisySaved(r *rand.Rand) *noisySaved {
	s := &noisySaved{saved: *drawSaved(r, 2)}
	n := min(len(s.ops), 2+r.IntN(3))
	s.ops, s.w, s.low, s.high = s.ops[:n], s.w[:n], s.low[:n], s.high[:n]
	s.delta, s.eps = make([][2]float64, n+1), make([][2]float64, n+1)
	size := func() float64 { return pick(r, 0, 0, between(r, 0, 1), 1e-3) }
	for i := 1; i < n; i++ {
		d := size()
		s.delta[i] = [2]float64{d, pick(r, d, -d, 0)}
		e := size()
		s.eps[i+1] = [2]float64{-e, e}
	}
	return s
}

// JudgeSavedVariance holds bounds.SavedVariance against whole trees of chains of quadratic
// operators.
func JudgeSavedVariance(seed uint64) claim.Judgement {
	return judgeSavedVariance(seed, bounds.SavedVariance)
}

func judgeSavedVariance(seed uint64, form func(c, l1, lf float64, d2, e2, z2 []float64) float64) claim.Judgement {
	j, r := newJudge(), source(seed, 14)
	for range cases {
		s := drawNoisySaved(r)
		left := s.squares()
		d2, e2 := s.moments()
		right := form(s.c, s.l1, s.lf, d2, e2, s.spread())
		if right < 0x1p-60*(1+s.c*s.c) {
			continue // rounding, see JudgeSavedQuadratic
		}
		j.compare(left, right, s)
	}
	return j.done("chains of 2 to 4 quadratic operators, all outcomes of delta, eps and zeta")
}

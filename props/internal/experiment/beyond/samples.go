package beyond

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// threshold sends a number whole or not at all.
func threshold(a, t *big.Rat) (sent *big.Rat) {
	if new(big.Rat).Abs(a).Cmp(t) < 0 {
		return new(big.Rat)
	}
	return a
}

// memories is backward compression at one weight: sample k has y_1 = x[k] w and the
// gradient v[k] by y_1; sent is threshold(v + e), and e keeps the rest.
type memories struct {
	x, v []*big.Rat
	at   *big.Rat
}

// exact is u, the mean of x v over the samples.
func (m *memories) exact() *big.Rat {
	sum := new(big.Rat)
	for k := range m.x {
		sum.Add(sum, new(big.Rat).Mul(m.x[k], m.v[k]))
	}
	return sum.Quo(sum, big.NewRat(int64(len(m.x)), 1))
}

// each is the mean of U over time with a memory for each sample: that of a sample is 0 again
// where all of it is sent, and goes round this cycle of its visits.
func (m *memories) each() *big.Rat {
	sum := new(big.Rat)
	for k := range m.x {
		cycle, visits, e := new(big.Rat), int64(0), new(big.Rat)
		for visits == 0 || e.Sign() != 0 {
			full := new(big.Rat).Add(m.v[k], e)
			sent := threshold(full, m.at)
			e.Sub(full, sent)
			cycle.Add(cycle, sent)
			visits++
		}
		cycle.Quo(cycle, big.NewRat(visits, 1))
		sum.Add(sum, cycle.Mul(cycle, m.x[k]))
	}
	return sum.Quo(sum, big.NewRat(int64(len(m.x)), 1))
}

// shared is the mean of U in the stationary law of one memory for all samples, each drawn
// with the same probability; ok is false where that law is not the only one.
func (m *memories) shared() (mean *big.Rat, ok bool) {
	states, index := []*big.Rat{{}}, map[string]int{"0": 0}
	var next [][]int
	var gain []*big.Rat // mean of U at a state
	share := big.NewRat(1, int64(len(m.x)))
	for s := 0; s < len(states); s++ {
		next, gain = append(next, nil), append(gain, new(big.Rat))
		for k := range m.x {
			full := new(big.Rat).Add(m.v[k], states[s])
			sent := threshold(full, m.at)
			e := new(big.Rat).Sub(full, sent)
			to, known := index[e.RatString()]
			if !known {
				to = len(states)
				index[e.RatString()] = to
				states = append(states, e)
			}
			next[s] = append(next[s], to)
			part := new(big.Rat).Mul(m.x[k], sent)
			gain[s].Add(gain[s], part.Mul(part, share))
		}
	}
	n := len(states)
	rows := make([][]*big.Rat, n) // sum_s p_s (P_st - [s = t]) = 0, the last one sum p = 1
	for t := range rows {
		rows[t] = make([]*big.Rat, n+1)
		for s := range rows[t] {
			rows[t][s] = new(big.Rat)
		}
	}
	for s, to := range next {
		for _, t := range to {
			rows[t][s].Add(rows[t][s], share)
		}
		rows[s][s].Sub(rows[s][s], big.NewRat(1, 1))
	}
	for s := range rows[n-1] {
		rows[n-1][s] = big.NewRat(1, 1)
	}
	if !solve(rows) {
		return nil, false
	}
	mean = new(big.Rat)
	for s := range gain {
		mean.Add(mean, new(big.Rat).Mul(rows[s][n], gain[s]))
	}
	return mean, true
}

// solve brings n rows of n+1 numbers to the form [I b]; false where there is no single b.
func solve(rows [][]*big.Rat) bool {
	for c := range rows {
		p := c
		for p < len(rows) && rows[p][c].Sign() == 0 {
			p++
		}
		if p == len(rows) {
			return false
		}
		rows[c], rows[p] = rows[p], rows[c]
		scale := new(big.Rat).Inv(rows[c][c])
		for k := range rows[c] {
			rows[c][k] = new(big.Rat).Mul(rows[c][k], scale)
		}
		for r := range rows {
			if r == c || rows[r][c].Sign() == 0 {
				continue
			}
			f := rows[r][c]
			for k := len(rows[r]) - 1; k >= c; k-- {
				rows[r][k] = new(big.Rat).Sub(rows[r][k], new(big.Rat).Mul(f, rows[c][k]))
			}
		}
	}
	return true
}

// biased is the example with one memory for all: x in {1, 2}, f_2 = 0.75 y^2 - 2.5 y at w = 1.
func biased() *memories {
	return &memories{
		x: []*big.Rat{big.NewRat(1, 1), big.NewRat(2, 1)}, v: []*big.Rat{big.NewRat(-1, 1), big.NewRat(1, 2)},
		at: big.NewRat(9, 10),
	}
}

// JudgeOneMemory: one memory for all samples leaves -3/28 in an example, in rational
// arithmetic; a memory a sample leaves nothing there or in drawn cases.
func JudgeOneMemory(seed uint64) claim.Judgement { return judgeOneMemory(seed, big.NewRat(-3, 28)) }

func judgeOneMemory(seed uint64, want *big.Rat) claim.Judgement {
	j, r := newJudge(), source(seed, 9)
	j.Cases++
	example := biased()
	mean, ok := example.shared()
	j.demand(ok && mean.Cmp(want) == 0 && example.exact().Sign() == 0, "the mean of U is %v where u is %v, not %v", mean,
		example.exact(), want)
	off := 0
	for range cases {
		m := &memories{at: big.NewRat(int64(1+r.IntN(8)), 4)}
		for range 2 + r.IntN(2) {
			m.x = append(m.x, big.NewRat(int64(1+r.IntN(4)), 1))
			m.v = append(m.v, big.NewRat(int64(r.IntN(17)-8), 4))
		}
		j.Cases++
		j.demand(m.each().Cmp(m.exact()) == 0, "a memory a sample leaves %v of %v: %+v", m.each(), m.exact(), m)
		if mean, ok := m.shared(); ok && mean.Cmp(m.exact()) != 0 {
			off++
		}
	}
	return j.done("-3/28 with one memory, which leaves a bias in %d of %d drawn cases too; a memory a sample "+
		"leaves none",
		off, cases)
}

// sampled is SGD on two samples with y_1 = x w and f_2 = h y^2/(2 x^2) - b y, whose gradient
// by w is h w - x b, and with backward compression by a threshold.
type sampled struct {
	h, gamma, start, at float64
	x, b                [2]float64
	steps               int
	shared              bool
	memory2             []float64 // E|D_t|^2, D_t = sum_k x_k e_k
	gapT                float64   // E (h/2) (w^T - w*)^2
	scale               float64   // the largest (h/2) ((w^t)^2 + (w*)^2), for rounding
}

func (s *sampled) optimum() float64 { return (s.x[0]*s.b[0] + s.x[1]*s.b[1]) / (2 * s.h) }

func (s *sampled) run() {
	s.memory2, s.gapT, s.scale = make([]float64, s.steps+1), 0, 0
	s.from(0, 1, s.start, [2]float64{})
}

func (s *sampled) from(t int, p, w float64, e [2]float64) {
	d := s.x[0]*e[0] + s.x[1]*e[1]
	s.memory2[t] += p * d * d
	optimum := s.optimum()
	s.scale = max(s.scale, s.h*(w*w+optimum*optimum)/2)
	if t == s.steps {
		off := w - optimum
		s.gapT += p * s.h * off * off / 2
		return
	}
	for k := range s.x {
		memory := e
		cell := k
		if s.shared {
			cell = 0
		}
		full := s.h*w/s.x[k] - s.b[k] + memory[cell]
		sent := 0.0
		if math.Abs(full) >= s.at {
			sent = full
		}
		memory[cell] = full - sent
		s.from(t+1, p/2, w-s.gamma*s.x[k]*sent, memory)
	}
}

func (s *sampled) bound() bounds.Feedback {
	half := (s.x[0]*s.b[0] - s.x[1]*s.b[1]) / 2
	off := s.start - s.optimum()
	return bounds.Feedback{
		Smooth: bounds.Smooth{L: s.h, Mu: s.h, SigmaSq: half * half, Gamma: s.gamma},
		D0:     s.h * off * off / 2, M2: slices.Max(s.memory2), Steps: s.steps,
	}
}

func drawSampled(r *rand.Rand) *sampled {
	s := &sampled{
		h: between(r, 0.25, 4), start: pick(r, 0, between(r, -2, 2)), at: pick(r, 0.9, between(r, 0, 3)),
		x: [2]float64{1, pick(r, 1, 2, between(r, 1, 8))}, b: [2]float64{between(r, -2, 2), between(r, -2, 2)},
		steps: 1 + r.IntN(9),
	}
	s.gamma = pick(r, 1, 0.5, between(r, 0.01, 1)) / s.h
	if r.IntN(4) == 0 { // from the optimum and without noise of the samples
		s.b[1] = s.x[0] * s.b[0] / s.x[1]
		s.start = s.optimum()
	}
	return s
}

// JudgeSampleMemory: with y_1 = x w and a memory a sample, compressed backward passes are
// error feedback of U, and bounds.Feedback.Root is about them.
func JudgeSampleMemory(seed uint64) claim.Judgement { return judgeSampleMemory(seed, false) }

func judgeSampleMemory(seed uint64, shared bool) claim.Judgement {
	j, r := newJudge(), source(seed, 10)
	for range cases / 4 {
		s := drawSampled(r)
		s.shared = shared
		s.run()
		j.compareGap(s.gapT, s.bound().Root(), s.scale, s)
	}
	return j.done("trees of 1 to 9 steps over two samples")
}

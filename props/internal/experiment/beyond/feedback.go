package beyond

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// shape is the objective in one coordinate.
type shape string

const (
	parabola shape = "h w^2/2"
	kinked   shape = "h w^2/2 above 0, mu w^2/2 below"
	valley   shape = "(h/2) w^2/(1+w^2)" // not convex, |l''| <= h
)

// rule says what the memory becomes after a step.
type rule string

const (
	against  rule = "against z, at the end along it" // the worst on a parabola
	signs    rule = "signs that are fixed in advance"
	top1     rule = "what the largest entry of u + d leaves"
	momentum rule = "beta m_t"
)

// feedback is a run of w <- w - g (u_t + d_t - d_{t+1}); u_t is the gradient with the same
// noise +-s in each coordinate.
type feedback struct {
	shape           shape
	h               []float64 // curvatures
	mu              float64   // of a kinked objective
	start           []float64
	gamma, s        float64
	steps           int
	rule            rule
	size, beta      float64 // of a memory against or of signs, of momentum
	plan            []float64
	along           int
	grad2, d2, gapT float64   // what the run leaves: sum_t E|grad l(w^t)|^2, max_t E|d_t|^2, E l(w^T)
	scale           float64   // the largest l(w^t), for rounding
	memory2         []float64 // E|d_t|^2
}

func (f *feedback) slope(j int, w float64) float64 {
	switch f.shape {
	case kinked:
		if w < 0 {
			return f.mu * w
		}
	case valley:
		return f.h[j] * w / ((1 + w*w) * (1 + w*w))
	}
	return f.h[j] * w
}

func (f *feedback) loss(w []float64) float64 {
	sum := 0.0
	for j, x := range w {
		h := f.h[j]
		switch f.shape {
		case kinked:
			if x < 0 {
				h = f.mu
			}
		case valley:
			h /= 1 + x*x
		}
		sum += h * x * x / 2
	}
	return sum
}

// run goes over the tree of noise.
func (f *feedback) run() {
	f.memory2, f.grad2, f.gapT, f.scale = make([]float64, f.steps+1), 0, 0, 0
	f.from(0, 1, slices.Clone(f.start), make([]float64, len(f.start)), make([]float64, len(f.start)))
	f.d2 = slices.Max(f.memory2)
}

// from continues at step t from w = z + g d, reached with probability p; m is the momentum.
func (f *feedback) from(t int, p float64, z, d, m []float64) {
	w := make([]float64, len(z))
	for j := range z {
		w[j] = z[j] + f.gamma*d[j]
		f.memory2[t] += p * d[j] * d[j]
	}
	loss := f.loss(w)
	f.scale = max(f.scale, loss)
	if t == f.steps {
		f.gapT += p * loss
		return
	}
	u := make([]float64, len(z))
	for j := range w {
		u[j] = f.slope(j, w[j])
		f.grad2 += p * u[j] * u[j]
	}
	noise := []float64{-f.s, f.s}
	if f.s == 0 {
		noise = noise[:1]
	}
	for _, xi := range noise {
		step, next, heavy := slices.Clone(u), slices.Clone(z), slices.Clone(m)
		for j := range step {
			step[j] += xi
			next[j] -= f.gamma * step[j]
			heavy[j] = f.beta*heavy[j] + step[j]
		}
		f.from(t+1, p/float64(len(noise)), next, f.remember(t+1, next, d, step, heavy), heavy)
	}
}

// remember is d_t, from z_t, d_{t-1}, u_{t-1} and m_{t-1}.
func (f *feedback) remember(t int, z, d, u, m []float64) []float64 {
	next := make([]float64, len(d))
	switch f.rule {
	case against:
		next[f.along] = -math.Copysign(f.size, z[f.along])
		if t == f.steps {
			next[f.along] = -next[f.along]
		}
	case signs:
		next[f.along] = f.size * f.plan[t%len(f.plan)]
	case top1:
		sent := 0
		for j := range next {
			next[j] = u[j] + d[j]
			if math.Abs(next[j]) > math.Abs(next[sent]) {
				sent = j
			}
		}
		next[sent] = 0
	case momentum:
		for j := range next {
			next[j] = f.beta * m[j]
		}
	}
	return next
}

// bound is what the bounds read of a run that is done.
func (f *feedback) bound() bounds.Feedback {
	s := bounds.Smooth{
		L: slices.Max(f.h), Mu: slices.Min(f.h), Gamma: f.gamma,
		SigmaSq: float64(len(f.h)) * f.s * f.s,
	}
	if f.shape == kinked {
		s.Mu = min(s.Mu, f.mu)
	}
	return bounds.Feedback{Smooth: s, D0: f.loss(f.start), M2: f.d2, Steps: f.steps}
}

// drawFeedback draws a run with L g <= most.
func drawFeedback(r *rand.Rand, shapes []shape, most float64) *feedback {
	f := &feedback{shape: pick(r, shapes...), rule: pick(r, against, signs, top1, momentum), steps: 1 + r.IntN(24)}
	scale := math.Ldexp(1, r.IntN(9)-4)
	for range 1 + r.IntN(3) {
		f.h = append(f.h, scale*pick(r, 1, 1, between(r, 0.05, 1)))
		f.start = append(f.start, pick(r, 0, 1, between(r, -2, 2)))
		f.plan = append(f.plan, pick(r, -1, 1.0))
	}
	f.mu = slices.Min(f.h) * between(r, 0.05, 1)
	l := slices.Max(f.h)
	f.gamma = most / l * pick(r, 1, 0.5, between(r, 0.01, 1))
	if r.IntN(2) == 0 {
		f.s, f.steps = between(r, 0, 2*scale), 1+f.steps%6
	}
	f.size = scale * pick(r, 0, 1, between(r, 0, 4))
	f.beta = between(r, 0, 0.95)
	f.along = r.IntN(len(f.h))
	return f
}

// JudgeFeedback holds bounds.Feedback.Root against runs under A4. In one dimension, with L =
// mu and memories against z, it is reached.
func JudgeFeedback(seed uint64) claim.Judgement { return judgeFeedback(seed, bounds.Feedback.Root) }

func judgeFeedback(seed uint64, form func(bounds.Feedback) float64) claim.Judgement {
	j, r := newJudge(), source(seed, 1)
	for range cases {
		f := drawFeedback(r, []shape{parabola, kinked}, 2)
		f.run()
		j.compareGap(f.gapT, form(f.bound()), f.scale, f)
	}
	return j.done("trees of 1 to 24 steps; worst signs, Top-1 and momentum as memories")
}

// JudgeFeedbackMean holds bounds.Feedback.MeanGrad against runs on objectives that need not
// be convex.
func JudgeFeedbackMean(seed uint64) claim.Judgement {
	return judgeFeedbackMean(seed, bounds.Feedback.MeanGrad)
}

func judgeFeedbackMean(seed uint64, form func(bounds.Feedback) float64) claim.Judgement {
	j, r := newJudge(), source(seed, 2)
	for range cases {
		f := drawFeedback(r, []shape{parabola, kinked, valley}, 0.5)
		f.run()
		j.compare(f.grad2/float64(f.steps), form(f.bound()), f)
	}
	return j.done("trees of 1 to 24 steps; worst signs, Top-1 and momentum as memories")
}

// JudgeMomentumMean is JudgeFeedbackMean for heavy ball alone, which is error feedback with
// step g/(1-beta) and the memory beta m_{t-1}; the run is checked to be heavy ball's.
func JudgeMomentumMean(seed uint64) claim.Judgement {
	return judgeMomentumMean(seed, bounds.Feedback.MeanGrad)
}

func judgeMomentumMean(seed uint64, form func(bounds.Feedback) float64) claim.Judgement {
	j, r := newJudge(), source(seed, 3)
	for range cases {
		f := drawFeedback(r, []shape{parabola, kinked, valley}, 0.5)
		f.rule = momentum
		f.run()
		j.compare(f.grad2/float64(f.steps), form(f.bound()), f)
		f.s = 0
		f.run()
		j.same("heavy ball's gradients sum to", f.heavyBall(), f.grad2, f.grad2, f)
	}
	return j.done("trees of 1 to 24 steps; each run is also run as heavy ball")
}

// heavyBall is sum_t |grad l(w^t)|^2 of m <- beta m + u, w <- w - g (1-beta) m, without noise.
func (f *feedback) heavyBall() float64 {
	w, m, sum := slices.Clone(f.start), make([]float64, len(f.start)), 0.0
	for range f.steps {
		for j := range w {
			u := f.slope(j, w[j])
			sum += u * u
			m[j] = f.beta*m[j] + u
			w[j] -= f.gamma * (1 - f.beta) * m[j]
		}
	}
	return sum
}

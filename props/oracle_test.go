package props_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/optimize"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
)

// Independent oracles: what others have proved about gradient descent, checked
// on runs of this engine. They share no formula with package bounds.

// bumps is a function of one weight with a curvature of one's choice:
//
//	f(w) = (1/K) sum_k c_k softplus(a (w - b_k)),   f''(w) = (1/K) sum_k c_k a^2 s'(a (w - b_k)),
//
// s the sigmoid: narrow bumps that add up to a step function. Every sample is
// the chain bias, fixed(a), softplus, fixed(c_k).
type bumps struct {
	chains []*core.Chain
	x      [][]float64
	a      float64
	c      []float64
}

const bumpWidth = 1.0 / 64

// The optimizer calls newBumps and descend from a goroutine of its own, where t.Fatal
// would hang the test: they panic.

// newBumps has f” = curvature(w) on [from, to], 0 elsewhere, and f'(-inf) = slope.
func newBumps(from, to, slope float64, curvature func(w float64) float64) *bumps {
	f := &bumps{a: 1 / bumpWidth}
	var at, height []float64
	for b := from + bumpWidth/2; b < to; b += bumpWidth {
		at, height = append(at, b), append(height, bumpWidth*curvature(b))
	}
	at, height = append(at, from-1000), append(height, slope) // softplus is linear there
	for k, b := range at {
		c := height[k] * float64(len(at)) / f.a
		chain, err := core.NewChain(core.Bias(1), core.Fixed([][]float64{{f.a}}), core.Softplus(1),
			core.Fixed([][]float64{{c}}))
		if err != nil {
			panic(err)
		}
		f.chains, f.x, f.c = append(f.chains, chain), append(f.x, []float64{-b}), append(f.c, c)
	}
	return f
}

func (f *bumps) Len() int                              { return len(f.chains) }
func (f *bumps) Sample(k int) (*core.Chain, []float64) { return f.chains[k], f.x[k] }

// bumpSum bounds sum_j s'(z+j) over all integers j: by Poisson's formula it is
// 1 + sum_{n != 0} (2 pi^2 n/sinh(2 pi^2 n)) e^{2 pi i n z}, within 10^-6 of 1. The bumps
// stand 1/a apart and are at most max|curvature| high, so |f”| <= bumpSum max|curvature|.
const bumpSum = 1 + 1e-6

// descend runs n exact steps of size g and returns l, |grad l| and w of w^0..w^n.
func descend(f core.Objective, w, g float64, n int) (loss, grad, ws []float64) {
	at := []float64{w}
	see := func(w []float64) {
		loss = append(loss, problem.Loss(f, w))
		grad = append(grad, math.Abs(problem.Gradient(f, w)[0]))
		ws = append(ws, w[0])
	}
	err := core.Run(f, at, core.Options{T: n, Gamma: g, Observe: func(_ int, w, _ []float64, _ []int) error {
		see(w)
		return nil
	}})
	if err != nil {
		panic(err)
	}
	see(at)
	return loss, grad, ws
}

// starts are those of an attack: all with -full, else the first.
func starts(all [][]float64) [][]float64 {
	if *full {
		return all
	}
	return all[:1]
}

// evaluations of an attack are half as many without -full.
func evaluations(n int) int {
	if *full {
		return n
	}
	return n / 2
}

// near is the part of a tight worst case that the attack must reach.
const near = 0.9

// TestPEPitNonconvex: gradient descent with step 1/L on an L-smooth function:
// min over w^0..w^n of |grad f|^2 <= 4L/(3n) (f(w^0) - f(w^n)), 0.266667 for L = 1, n = 5
// (PEPit, gradient_descent, nonconvex). The worst function has f' = 1 at every
// iterate and falls to 1/2 halfway between.
func TestPEPitNonconvex(t *testing.T) {
	const n, tight = 5, 0.266667
	const l = bumpSum
	worst := 0.0
	try := func(theta []float64) float64 {
		period, start, slope := theta[0], theta[1], theta[2]
		if period < 0.1 || period > 4 || math.Abs(start) > 2 || slope < 0 || slope > 10 {
			return 0
		}
		f := newBumps(-8*period, 2*period, slope, func(w float64) float64 {
			if w/period-math.Floor(w/period) < 0.5 {
				return -1 // seen from the left, f' falls first
			}
			return 1
		})
		loss, grad, _ := descend(f, start, 1/l, n)
		least := math.Inf(1)
		for _, g := range grad {
			least = min(least, g*g)
		}
		ratio := least / (l * (loss[0] - loss[n]))
		if !(ratio <= tight*(1+1e-6)) {
			t.Errorf("period %v from %v, slope %v: %v beats the worst case %v", period, start, slope, ratio, tight)
		}
		worst = max(worst, ratio)
		return -ratio
	}
	for _, begin := range starts([][]float64{{1, 0, 1}, {0.9, 0, 1}, {1, 0.1, 1.05}}) {
		settings := &optimize.Settings{FuncEvaluations: evaluations(150), Concurrent: 1}
		_, _ = optimize.Minimize(optimize.Problem{Func: try}, begin, settings, &optimize.NelderMead{SimplexSize: 0.05})
	}
	t.Logf("largest %v of %v", worst, tight)
	if worst < near*tight {
		t.Errorf("the attack reaches %v of %v only", worst, tight)
	}
}

// TestPEPitConvex: on a convex L-smooth function f(w^n) - f* <= L |w^0-w*|^2/(4n+2),
// 0.166667 |w^0-w*|^2 for L = 3, n = 4 (PEPit, gradient_descent, convex), worst for
// the Huber function of width |w^0-w*|/(2n+1).
func TestPEPitConvex(t *testing.T) {
	const n, bigL, tight = 4, 3.0, 0.166667
	const l = bigL * bumpSum
	worst := 0.0
	try := func(theta []float64) float64 {
		width, start := theta[0], theta[1]
		if width < 2*bumpWidth || width > 9 || !(math.Abs(start) >= 1) || math.Abs(start) > 20 {
			return 0
		}
		f := newBumps(-width, width, -bigL*width, func(float64) float64 { return bigL })
		star := problem.Loss(f, []float64{0}) // by symmetry
		loss, _, _ := descend(f, start, 1/l, n)
		ratio := (loss[n] - star) / (start * start) * bigL / l
		if !(ratio <= tight*(1+1e-6)) {
			t.Errorf("width %v from %v: %v beats the worst case %v", width, start, ratio, tight)
		}
		worst = max(worst, ratio)
		return -ratio
	}
	for _, begin := range starts([][]float64{{0.5, -9}, {4, 5}, {8, 3}}) {
		settings := &optimize.Settings{FuncEvaluations: evaluations(60), Concurrent: 1}
		_, _ = optimize.Minimize(optimize.Problem{Func: try}, begin, settings, &optimize.NelderMead{SimplexSize: 0.5})
	}
	t.Logf("largest %v of %v", worst, tight)
	if worst < near*tight {
		t.Errorf("the attack reaches %v of %v only", worst, tight)
	}
}

// relative adds factor times the back-propagated gradient: an inexact gradient
// with the relative error |factor|.
type relative struct{ factor float64 }

func (relative) Delta(_ int, dst, _ []float64) { clear(dst) }
func (r relative) Eps(i int, dst, b []float64) {
	for k := range dst {
		dst[k] = 0
		if i == 2 {
			dst[k] = r.factor * b[k]
		}
	}
}

// TestPEPitInexact: L = 1, mu = 0.1, relative error 0.1 in the gradient, n = 2
// steps of size 2/(1.1 L + 0.9 mu): f(w^n) - f* <= 0.518917 (f(w^0) - f*) (PEPit,
// inexact_gradient_descent). The error is an eps_2 of this engine.
func TestPEPitInexact(t *testing.T) {
	const mu, rel, n, tight = 0.1, 0.1, 2, 0.518917
	gamma := 2 / (1 + rel + (1-rel)*mu)
	worst := 0.0
	clamp := func(x, lo, hi float64) float64 { return min(max(x, lo), hi) }
	try := func(theta []float64) float64 {
		h, signs := clamp(theta[0], mu, 1), []float64{clamp(theta[1], -1, 1), clamp(theta[2], -1, 1)}
		q := problem.NewQuadratic([][]float64{{math.Sqrt(h)}}, [][]float64{{0}})
		w := []float64{1}
		before := problem.Loss(q, w)
		err := core.Run(q, w, core.Options{T: n, Gamma: gamma,
			Perturb: func(t, _ int) core.Perturber { return relative{rel * signs[t]} }})
		if err != nil {
			panic(err)
		}
		ratio := problem.Loss(q, w) / before
		if !(ratio <= tight+1e-6) {
			t.Errorf("curvature %v, errors %v: %v beats the worst case %v", h, signs, ratio, tight)
		}
		worst = max(worst, ratio)
		return -ratio
	}
	rng := rand.New(rand.NewPCG(1, 0))
	for range 10 {
		begin := []float64{mu + (1-mu)*rng.Float64(), 2*rng.Float64() - 1, 2*rng.Float64() - 1}
		_, _ = optimize.Minimize(optimize.Problem{Func: try}, begin, &optimize.Settings{FuncEvaluations: 300,
			Concurrent: 1}, &optimize.NelderMead{SimplexSize: 0.3})
	}
	t.Logf("largest %v of %v", worst, tight)
	if worst < tight-1e-5 {
		t.Errorf("the attack reaches %v of %v only, which one step on a quadratic meets", worst, tight)
	}
}

// TestSGDLean: for convex L-smooth f and |U - grad f| <= s,
//
//	|w+ - w*|^2 <= |w-w*|^2 - 2g (f(w) - f*) + 2 g s |w-w*| + g^2 (2 L^2 |w-w*|^2 + 2 s^2)
//
// (velvetmonkey/sgd-lean, SGD/NoisyOracle.lean, sgd_step_bound, checked by Lean).
// s is the error of the step itself, the smallest that the theorem takes.
func TestSGDLean(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	worst, steps := 0.0, 0
	for range 300 {
		a := [][]float64{{rng.NormFloat64(), rng.NormFloat64()}, {rng.NormFloat64(), rng.NormFloat64()}}
		x := []float64{rng.NormFloat64(), rng.NormFloat64()}
		q := problem.NewQuadratic(a, [][]float64{x})
		star := []float64{-x[0], -x[1]}
		gamma := (0.05 + 2*rng.Float64()) / q.L()
		scale := math.Exp2(float64(rng.IntN(12) - 8))
		noise := perturb.Gaussian(2, scale)
		sampler := perturb.NewSampler([]perturb.Law{1: noise, 3: nil}, []perturb.Law{2: noise, 3: nil}, rng.Uint64())
		w := []float64{rng.NormFloat64(), rng.NormFloat64()}
		err := core.Run(q, w, core.Options{
			T: 50, Gamma: gamma, Perturb: func(t, k int) core.Perturber { return sampler.At(t, k) },
			Observe: func(_ int, w, u []float64, _ []int) error {
				steps++
				grad := problem.Gradient(q, w)
				d2, s := distance2(w, star), math.Sqrt(distance2(u, grad))
				next := []float64{w[0] - gamma*u[0], w[1] - gamma*u[1]}
				left := distance2(next, star) + 2*gamma*(problem.Loss(q, w)-q.LStarLower())
				right := d2 + 2*gamma*s*math.Sqrt(d2) + gamma*gamma*(2*q.L()*q.L()*d2+2*s*s)
				if !(left <= right*(1+1e-9)) {
					t.Errorf("step size %v, error %v: %v above %v", gamma, s, left, right)
				}
				worst = max(worst, left/right)
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d steps, largest ratio %v", steps, worst)
	if worst < 0.5 {
		t.Errorf("largest ratio %v: the runs say little", worst)
	}
}

func distance2(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		sum += (x - b[k]) * (x - b[k])
	}
	return sum
}

package beyond

import (
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

func drawHeavyBall(r *rand.Rand) bounds.HeavyBall {
	b := bounds.HeavyBall{H: math.Ldexp(between(r, 0.5, 1), r.IntN(5)), Beta: pick(r, 0, 0.9, between(r, 0, 0.95))}
	b.Gamma = 2 * (1 + b.Beta) / b.H * between(r, 0.02, 0.95)
	return b
}

// gradientErrors are those of a run: mean +- spread at each step.
type gradientErrors struct {
	start        float64
	mean, spread []float64
}

func drawErrors(r *rand.Rand) *gradientErrors {
	e, steps := &gradientErrors{}, 1+r.IntN(8)
	e.start = between(r, -1, 1)
	for range steps {
		e.mean = append(e.mean, pick(r, 0, 1, between(r, -1, 1)))
		e.spread = append(e.spread, pick(r, 0, between(r, 0, 1)))
	}
	return e
}

// JudgeHeavyBall runs heavy ball in one direction of a quadratic over the tree of errors
// mean +- spread and holds E x_T^2 against the response: they are equal.
func JudgeHeavyBall(seed uint64) claim.Judgement { return judgeHeavyBall(seed, 1) }

func judgeHeavyBall(seed uint64, wrong float64) claim.Judgement {
	j, r := newJudge(), source(seed, 7)
	for range cases {
		b := drawHeavyBall(r)
		e := drawErrors(r)
		steps := len(e.mean)
		response := b.Response(steps)
		at, variance := b.Decay(steps)*e.start, 0.0
		for t := range steps {
			k := response[steps-1-t] * b.Gamma
			at -= wrong * k * e.mean[t]
			variance += k * k * e.spread[t] * e.spread[t]
		}
		right, scale := at*at+variance, 0.0
		left := tree(b, e.start, 0, e.mean, e.spread, &scale)
		j.Cases++
		j.same("E x_T^2 is", left, right, scale, []any{b, e})
	}
	return j.done("E x_T^2 over trees of 1 to 8 steps is what the response says")
}

// tree is E x_T^2 from x with momentum m; scale is the largest x_T^2, or the largest part of
// it: what rounding is measured by.
func tree(b bounds.HeavyBall, x, m float64, mean, spread []float64, scale *float64) float64 {
	*scale = max(*scale, x*x, b.Gamma*b.Gamma*m*m)
	if len(mean) == 0 {
		return x * x
	}
	sum := 0.0
	for _, sign := range []float64{-1, 1} {
		next := b.Beta*m + b.H*x + mean[0] + sign*spread[0]
		sum += tree(b, x-b.Gamma*next, next, mean[1:], spread[1:], scale) / 2
	}
	return sum
}

// JudgeHeavyBallLimit sums the response of stable runs until it has died out: a constant
// error leaves -1/h whatever beta is, independent ones the variance in closed form.
func JudgeHeavyBallLimit(seed uint64) claim.Judgement {
	return judgeHeavyBallLimit(seed, bounds.HeavyBall.Variance)
}

func judgeHeavyBallLimit(seed uint64, form func(bounds.HeavyBall) float64) claim.Judgement {
	j, r := newJudge(), source(seed, 8)
	const steps = 4096
	for range cases / 10 {
		b := drawHeavyBall(r)
		bias, variance := limits(b, steps)
		j.Cases++
		j.same("a constant error leaves", bias, b.Bias(), b.Bias(), b)
		j.same("the variance is", variance, form(b), form(b), b)
	}
	return j.done("the sums of the response and of its squares over %d steps", steps)
}

// limits are where x stands after so many steps under the constant error 1, and its variance
// under independent ones of variance 1.
func limits(b bounds.HeavyBall, steps int) (bias, variance float64) {
	for _, k := range b.Response(steps) {
		bias -= b.Gamma * k
		variance += b.Gamma * b.Gamma * k * k
	}
	return bias, variance
}

// heavy is heavy ball at curvature 1.
func heavy(beta, gamma float64) bounds.HeavyBall {
	return bounds.HeavyBall{H: 1, Gamma: gamma, Beta: beta}
}

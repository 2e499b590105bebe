package rates

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
)

// Sentences of the paper about rates, depth and constants, judged by closed forms and
// small exact runs.

// steps of the horizons that a growth is read off.
const fewSteps, manySteps = 1 << 10, 1 << 30

// growth is by what factor f grows from T = 2^10 to 2^30.
func growth(f func(t float64) float64) float64 { return f(manySteps) / f(fewSteps) }

// stepOf is a step size as a function of T.
type stepOf func(t float64) float64

// slowest is (1/T) sum_t |grad l(w^t)|^2 of exact steps g on l = w^2/2 from w = 1: a
// geometric sum.
func slowest(t, g float64) float64 {
	x := -2 * math.Log1p(-g) // |grad l(w^k)|^2 = e^{-x k}
	return -math.Expm1(-x*t) / (t * -math.Expm1(-x))
}

// JudgeRemark1 follows (37) without perturbations over the rate T^-1/2, D0 = L = sigma = 1,
// with g = T^-1/2/3: it must not grow.
func JudgeRemark1() claim.Judgement {
	return judgeRemark1(func(t float64) float64 { return 1 / (3 * math.Sqrt(t)) })
}

func judgeRemark1(g stepOf) claim.Judgement {
	j := newStepJudge()
	over := func(t float64) float64 {
		s := bounds.Smooth{L: 1, SigmaSq: 1, Gamma: g(t)}
		return bounds.Theorem4(s, 1, int(t), 0, 0) * math.Sqrt(t)
	}
	for k := 10; k <= 30; k++ {
		j.Cases++
		j.Ratio = max(j.Ratio, over(math.Ldexp(1, k)))
	}
	grows := growth(over)
	j.demand(grows <= 1+1e-9, "(37) over T^-1/2 grows by %v from T = 2^10 to 2^30", grows)
	return j.done("(37) over T^-1/2 is at most %.3g for D0 = L = sigma = 1", j.Ratio)
}

// JudgeRemark1Word takes g = O(T^-1/2) at its word: g = T^-2 is as well, and then exact
// steps on l = w^2/2 do not move.
func JudgeRemark1Word() claim.Judgement {
	return judgeRemark1Word(func(t float64) float64 { return 1 / (t * t) })
}

func judgeRemark1Word(g stepOf) claim.Judgement {
	j := newStepJudge()
	over := func(t float64) float64 { return slowest(t, g(t)) * math.Sqrt(t) }
	for k := 10; k <= 30; k++ {
		j.Cases++
		j.Ratio = max(j.Ratio, over(math.Ldexp(1, k)))
	}
	grows := growth(over)
	j.demand(grows <= 2, "with this g on l = w^2/2 the left side over T^-1/2 grows by %.3g from T = 2^10 to 2^30",
		grows)
	return j.done("the left side over T^-1/2 grows by %.3g", grows)
}

// decayed is (1-mu g)^{2T}, the gap over D0 after T exact steps on l = mu w^2/2, mu = 1.
func decayed(t, g float64) float64 { return math.Exp(2 * t * math.Log1p(-g)) }

// JudgeRemark2 follows (38) without perturbations over ln T/T, D0 = L = sigma = mu = 1, with
// g = 3 ln T/T, and exact steps under it: it must not grow.
func JudgeRemark2() claim.Judgement {
	return judgeRemark2(func(t float64) float64 { return 3 * math.Log(t) / t })
}

func judgeRemark2(g stepOf) claim.Judgement {
	j := newStepJudge()
	over := func(t float64) float64 {
		s := bounds.Smooth{L: 1, Mu: 1, SigmaSq: 1, Gamma: g(t)}
		return bounds.Theorem5(s, 1, int(t), 0, 0) * t / math.Log(t)
	}
	for k := 10; k <= 30; k++ {
		t := math.Ldexp(1, k)
		right := over(t)
		j.compare(decayed(t, g(t))*t/math.Log(t), right, exponent(k))
		j.Ratio = max(j.Ratio, right)
	}
	grows := growth(over)
	j.demand(grows <= 1+1e-9, "(38) over ln T/T grows by %v from T = 2^10 to 2^30", grows)
	return j.done("(38) over ln T/T is at most %.3g for D0 = L = sigma = mu = 1", j.Ratio)
}

type exponent int

func (k exponent) String() string { return fmt.Sprintf("T = 2^%d", int(k)) }

// JudgeRemark2Word takes g = O(ln T/T) at its word: with mu g = ln T/(4 T) exact steps on a
// quadratic leave T^-1/2 of D0.
func JudgeRemark2Word() claim.Judgement {
	return judgeRemark2Word(func(t float64) float64 { return math.Log(t) / (4 * t) })
}

func judgeRemark2Word(g stepOf) claim.Judgement {
	j := newStepJudge()
	// ~O(1/T) allows a power of ln T: the square stands for any small one.
	over := func(t float64) float64 { return decayed(t, g(t)) * t / math.Pow(math.Log(t), 2) }
	for k := 10; k <= 30; k++ {
		j.Cases++
		j.Ratio = max(j.Ratio, over(math.Ldexp(1, k)))
	}
	grows := growth(over)
	j.demand(grows <= 2, "on l = mu w^2/2 the gap over (ln T)^2/T grows by %.3g from T = 2^10 to 2^30", grows)
	return j.done("the gap over (ln T)^2/T grows by %.3g", grows)
}

// JudgeWord takes "<~" at its word, a constant independent of the problem: exact steps on
// l = w^2/6 from w = 2^k, at T = 16 and the rates of the corollaries.
func JudgeWord() claim.Judgement {
	j := newStepJudge()
	const t = 16
	grows := math.Inf(1)
	for _, line := range []struct {
		name       string
		g, rate    float64
		underLimit bool // of E l(w^T) - l*
	}{
		{"(43), (45), (49), (51)", 1 / math.Sqrt(t), 1 / math.Sqrt(t), false},
		{"(44), (47), (50), (52)", math.Log(t) / t, math.Log(t) / t, true},
	} {
		var over []float64
		for k := range 40 {
			r := newStepRun([]float64{1.0 / 3}, []float64{math.Ldexp(1, k)}, 0, repeat(line.g, t))
			left := r.gap()
			if !line.underLimit {
				left = meanGrad2(r)
			}
			over = append(over, left/line.rate)
			j.Cases++
		}
		grows = min(grows, over[len(over)-1]/over[0])
	}
	j.demand(grows <= 2, "left side over rate on l = w^2/6 at T = 16 grows by %.3g from w^0 = 1 to 2^39, for each line",
		grows)
	return j.done("left side over rate grows by %.3g", grows)
}

func repeat(g float64, t int) []float64 {
	gammas := make([]float64, t)
	for k := range gammas {
		gammas[k] = g
	}
	return gammas
}

// meanGrad2 is (1/T) sum_t |grad l(w^t)|^2 of a run without errors on one weight.
func meanGrad2(r *stepRun) float64 {
	h, w, sum := r.curvatures[0], r.start[0], 0.0
	for _, g := range r.gammas {
		sum += h * w * h * w
		w -= g * h * w
	}
	return sum / float64(len(r.gammas))
}

// coefficient is the largest of (21).
func coefficient(n int, c, lf float64) float64 {
	k := bounds.Const{N: n, C: c, C2: 1, Lf: lf, L1: 1, L2: 1}
	most := 0.0
	for i := 1; i < n; i++ {
		most = max(most, bounds.Theorem1Delta(k, i), bounds.Theorem1Eps(k, i+1))
	}
	return most
}

// factors are C and Lf that depth is tried at.
var factors = []float64{0.125, 0.25, 0.5, 1, 1.25, 2, 4}

// JudgeDepth holds ln(largest coefficient of (21))/N against a bound that does not depend on
// N, ln max(1, C^2) max(1, 3C^2) max(1, 2Lf^2), but for N^2 terms: e^{O(N)}.
func JudgeDepth() claim.Judgement { return judgeDepth(coefficient) }

type coefficientOf func(n int, c, lf float64) float64

func judgeDepth(of coefficientOf) claim.Judgement {
	j := newStepJudge()
	for _, c := range factors {
		for _, lf := range factors {
			limit := math.Log(max(1, c*c)) + math.Log(max(1, 3*c*c)) + math.Log(max(1, 2*lf*lf))
			for _, n := range []float64{8, 16, 32} {
				rate := math.Log(of(int(n), c, lf)) / n
				j.Cases++
				j.Ratio = max(j.Ratio, rate)
				// At most N^2 terms, each at most 4 Cv^2 (3C^2)^N (2 Lf^2)^N.
				j.demand(rate <= limit+math.Log(4*n*n)/n, "C = %v, Lf = %v: ln(coefficient)/N is %v at N = %v", c, lf,
					rate, n)
			}
		}
	}
	return j.done("ln(largest coefficient)/N is at most %.3g for N <= 32 and C, Lf in %v", j.Ratio, factors)
}

// JudgeDepthAbove1 holds the largest coefficient with C, Lf > 1 against an exponential from
// below: from N = 16 to 32 it grows by 2^16 and more.
func JudgeDepthAbove1() claim.Judgement {
	return judgeExponential(coefficient, func(c, lf float64) bool { return c > 1 && lf > 1 })
}

// JudgeDepthAll is the same for all C and Lf.
func JudgeDepthAll() claim.Judgement {
	return judgeExponential(coefficient, func(float64, float64) bool { return true })
}

func judgeExponential(of coefficientOf, among func(c, lf float64) bool) claim.Judgement {
	j := newStepJudge()
	least := math.Inf(1)
	for _, c := range factors {
		for _, lf := range factors {
			for _, n := range []int{8, 16, 32} {
				if !among(c, lf) {
					continue
				}
				j.Cases++
				grows := math.Pow(of(2*n, c, lf)/of(n, c, lf), 1/float64(n))
				least = min(least, grows)
				j.demand(grows >= 2, "C = %v, Lf = %v: from N = %d to %d the largest coefficient grows by %.6g an "+
					"operator", c, lf, n, 2*n, grows)
			}
		}
	}
	return j.done("from N to 2N, N = 8, 16, 32, it grows by %.3g an operator at least", least)
}

// JudgeConvexL2 holds A4 with mu = lambda against convex terms with (lambda/2)|w|^2: random
// quadratics, of which flat ones meet it, and sums of softplus.
func JudgeConvexL2(seed uint64) claim.Judgement { return judgeConvexL2(seed, 1) }

func judgeConvexL2(seed uint64, factor float64) claim.Judgement {
	j := newStepJudge()
	for k := range uint64(120) {
		left, right := convexSides(rand.New(rand.NewPCG(seed, k)), k)
		j.compare(factor*left, right, exponent(0))
	}
	return j.done("%d convex terms", j.Cases)
}

// convexSides are 2 lambda (l(w)-l*) and |grad l(w)|^2 of the k-th term, at a w away from its bottom.
func convexSides(rng *rand.Rand, k uint64) (left, right float64) {
	lambda, a, b, h := convexTerm(rng, k)
	value := func(w float64) float64 { return softplus(a*w+b) + h*w*w/2 + lambda*w*w/2 }
	slope := func(w float64) float64 { return a/(1+math.Exp(-a*w-b)) + (h+lambda)*w }
	bottom := rootOf(slope)
	w := bottom + math.Copysign(0.5+3*rng.Float64(), rng.NormFloat64())
	return 2 * lambda * (value(w) - value(bottom)), slope(w) * slope(w)
}

// convexTerm is softplus(a w + b) + h w^2/2 of the k-th case, with lambda: a quadratic, one that is
// flat, or a softplus, in turn.
func convexTerm(rng *rand.Rand, k uint64) (lambda, a, b, h float64) {
	lambda, a, b = 0.1+rng.Float64(), 3*rng.NormFloat64(), rng.NormFloat64()
	if k%3 == 0 {
		h = rng.Float64()
	}
	if k%3 != 2 {
		a = 0
	}
	return lambda, a, b, h
}

// rootOf is where a slope that rises from below 0 to above is 0, within 1000 of 0.
func rootOf(slope func(w float64) float64) float64 {
	lo, hi := -1e3, 1e3
	for range 200 {
		if mid := (lo + hi) / 2; slope(mid) > 0 {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

// JudgeBeyond runs l = softplus(w) with eps_2 = -2 at every step: l grows without bound, and
// with l2 added, where A4 holds, it does not.
func JudgeBeyond() claim.Judgement { return judgeBeyond(softplusEnd) }

// softplusEnd is l + (l2/2)|w|^2 after so many steps of g = 1/2 from w = 0. With l2 up to 1/4 it has L < 1/4 + 1/4, so
// that g <= 1/(3L).
func softplusEnd(l2 float64, steps int) float64 {
	c, err := core.NewChain(core.Bias(1), core.Softplus(1))
	if err != nil {
		panic("rates: " + err.Error())
	}
	s, w := core.NewState(c), []float64{0}
	for range steps {
		s.Pass(c, []float64{0}, w, &core.Given{EpsAt: [][]float64{nil, nil, {-2}}})
		w[0] -= (s.UAll[0] + l2*w[0]) / 2
	}
	s.Forward(c, []float64{0}, w, nil)
	return s.Loss() + l2*w[0]*w[0]/2
}

func judgeBeyond(end func(l2 float64, steps int) float64) claim.Judgement {
	j := newStepJudge()
	for k := 4; k <= 14; k++ {
		steps := 1 << k
		j.compare(float64(steps)/2, end(0, steps), exponent(k)) // sigmoid - 2 < -1
		j.compare(end(0.25, steps), 32, exponent(k))
	}
	return j.done("l = softplus(w) with eps_2 = -2 at every step is at least T/2; with |w|^2/8 added, where A4 " +
		"holds, " +
		"a plateau is all")
}

// JudgeHierarchy holds the order of the coefficients of (21) against the harm that unit
// errors do: f_1 = x + w, f_2 = 0 y, f_3 = y, where eps_3 does none and eps_2 does 1.
func JudgeHierarchy() claim.Judgement {
	j := newStepJudge()
	c, err := core.NewChain(core.Bias(1), core.Fixed([][]float64{{0}}), core.Fixed([][]float64{{1}}))
	if err != nil {
		panic("rates: " + err.Error())
	}
	harm := func(site int) float64 {
		s, exact := core.NewState(c), core.NewState(c)
		eps := make([][]float64, 4)
		eps[site] = []float64{1}
		exact.Pass(c, []float64{1}, []float64{0}, nil)
		s.Pass(c, []float64{1}, []float64{0}, &core.Given{EpsAt: eps})
		d := s.UAll[0] - exact.UAll[0]
		return d * d
	}
	for _, scale := range factors {
		k := bounds.Const{N: 3, C: max(scale, 1), C2: 1, Lf: 1, L1: 1, L2: 1}
		j.Cases++
		larger := bounds.Theorem1Eps(k, 3) > bounds.Theorem1Eps(k, 2)
		j.demand(!larger || harm(3) >= harm(2), "f_1 = x + w, f_2 = 0 y, f_3 = y: Ce_e[3] > Ce_e[2], but eps_3 = 1 "+
			"changes |U-u|^2 by %v and eps_2 = 1 by %v", harm(3), harm(2))
	}
	for _, lf := range factors { // and no order of delta holds for all constants
		k := bounds.Const{N: 3, C: 1, C2: 1, Lf: lf, L1: 1, L2: 1}
		j.Cases++
		j.Ratio = max(j.Ratio, bounds.Theorem1Delta(k, 1)/bounds.Theorem1Delta(k, 2))
	}
	return j.done("the order of the coefficients is that of the harm")
}

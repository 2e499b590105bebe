package rates

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/claim"
)

// Runs with a step size of its own at each step, judged against bounds/PROOFS.md, section
// 4.2: quadratics, whose errors are chosen, through the engine of package core.

// stepRun is SGD on l = (1/K) sum_k |A(x_k+w)|^2/2 with A diagonal, where delta_1 is
// mean[t] + spread[t] or mean[t] - spread[t] with probability 1/2 each, along one
// coordinate: U - u is the curvature there times delta_1.
type stepRun struct {
	problem      *problem.Quadratic
	curvatures   []float64 // A^T A
	start        []float64
	along        int // the coordinate of the errors
	gammas       []float64
	mean, spread []float64 // of delta_1, by step
}

// forward is a delta_1 along one coordinate.
type forward struct {
	along int
	size  float64
}

func (f forward) Delta(i int, dst, _ []float64) {
	clear(dst)
	if i == 1 {
		dst[f.along] = f.size
	}
}

func (forward) Eps(_ int, dst, _ []float64) { clear(dst) }

// newStepRun has weights for each curvature and inputs of both signs of sample; sample 0 is
// one input, without noise.
func newStepRun(curvatures, start []float64, sample float64, gammas []float64) *stepRun {
	n := len(curvatures)
	a, plus, minus := make([][]float64, n), make([]float64, n), make([]float64, n)
	for i, h := range curvatures {
		a[i] = make([]float64, n)
		a[i][i] = math.Sqrt(h)
		plus[i], minus[i] = sample, -sample
	}
	inputs := [][]float64{plus, minus}
	if sample == 0 {
		inputs = inputs[:1]
	}
	return &stepRun{
		problem: problem.NewQuadratic(a, inputs), curvatures: curvatures, start: start, gammas: gammas,
		mean: make([]float64, len(gammas)), spread: make([]float64, len(gammas)),
	}
}

// gap is E l(w^T) - l*: over the whole tree of samples and outcomes.
func (r *stepRun) gap() float64 {
	c, _ := r.problem.Sample(0)
	return r.after(core.NewState(c), r.start, 0) - r.problem.LStarLower()
}

// after is E l(w^T) from w at step t.
func (r *stepRun) after(s *core.State, w []float64, t int) float64 {
	if t == len(r.gammas) {
		return problem.Loss(r.problem, w)
	}
	sizes := []float64{r.mean[t] + r.spread[t], r.mean[t] - r.spread[t]}
	if r.spread[t] == 0 {
		sizes = sizes[:1]
	}
	sum := 0.0
	for k := range r.problem.Len() {
		c, x := r.problem.Sample(k)
		for _, size := range sizes {
			next := slices.Clone(w)
			s.Pass(c, x, w, forward{r.along, size})
			core.Step(next, s.UAll, r.gammas[t], core.Regularizer{})
			sum += r.after(s, next, t+1)
		}
	}
	return sum / float64(r.problem.Len()*len(sizes))
}

// errors are |E_t[U-u]|^2 and E_t|U-u|^2 - |E_t[U-u]|^2 by step, the same for all weights.
func (r *stepRun) errors() (mean2, spread2 []float64) {
	h := r.curvatures[r.along]
	for t := range r.gammas {
		m, s := h*r.mean[t], h*r.spread[t]
		mean2, spread2 = append(mean2, m*m), append(spread2, s*s)
	}
	return mean2, spread2
}

func (r *stepRun) smooth() bounds.Smooth {
	return bounds.Smooth{L: r.problem.L(), Mu: r.problem.Mu(), SigmaSq: r.problem.SigmaSq(core.Box{})}
}

func (r *stepRun) String() string {
	return fmt.Sprintf("curvatures %v from %v, steps %v, errors %v +- %v", r.curvatures, r.start, r.gammas, r.mean,
		r.spread)
}

// stepJudge collects comparisons left <= right.
type stepJudge struct {
	claim.Judgement
}

func newStepJudge() *stepJudge { return &stepJudge{claim.Judgement{Verdict: claim.Holds}} }

func (j *stepJudge) compare(left, right float64, run fmt.Stringer) {
	j.Cases++
	if left > 0 {
		j.Ratio = max(j.Ratio, left/right)
	}
	if !(left <= right*(1+claim.Tie)) && j.Verdict == claim.Holds {
		j.Verdict, j.Note = claim.Refuted, fmt.Sprintf("%v > %v: %v", left, right, run)
	}
}

// demand makes what is no comparison of a case a condition of the verdict.
func (j *stepJudge) demand(ok bool, format string, args ...any) {
	if !ok && j.Verdict == claim.Holds {
		j.Verdict, j.Note = claim.Refuted, fmt.Sprintf(format, args...)
	}
}

func (j *stepJudge) done(format string, args ...any) claim.Judgement {
	if j.Verdict == claim.Holds {
		j.Note = fmt.Sprintf(format, args...)
	}
	return j.Judgement
}

// stepForm is a bound of E[l(w^T) - l*] from D0, steps, biases and spreads.
type stepForm func(s bounds.Smooth, d0 float64, gammas, mean2, spread2 []float64) float64

// JudgeSharp41Steps holds Sharp41Steps against runs with random steps, with the whole tree
// of chance for short ones.
func JudgeSharp41Steps(seed uint64) claim.Judgement {
	return judgeStepForm(seed, func(s bounds.Smooth, d0 float64, gammas, mean2, spread2 []float64) float64 {
		e2 := slices.Clone(mean2)
		for t := range e2 {
			e2[t] += spread2[t]
		}
		return bounds.Sharp41Steps(s, d0, gammas, e2, mean2)
	})
}

// JudgeRoot41Steps is the same for Root41Steps, which runs without chance meet.
func JudgeRoot41Steps(seed uint64) claim.Judgement { return judgeStepForm(seed, bounds.Root41Steps) }

func judgeStepForm(seed uint64, form stepForm) claim.Judgement {
	j := newStepJudge()
	chance := 0
	for k := range 240 {
		r := randomStepRun(rand.New(rand.NewPCG(seed, uint64(k))), k)
		if k%3 == 0 {
			chance++
		}
		mean2, spread2 := r.errors()
		d0 := problem.Loss(r.problem, r.start) - r.problem.LStarLower()
		j.compare(r.gap(), form(r.smooth(), d0, r.gammas, mean2, spread2), r)
	}
	return j.done("%d runs on quadratics, %d of them with chance and E over all paths", j.Cases, chance)
}

// randomStepRun has chance and at most 4 steps for every third k, up to 40 steps without
// else, and one curvature and errors away from 0 for every third: the worst case. Runs of
// another third of those stand still where the error and the slope cancel.
func randomStepRun(rng *rand.Rand, k int) *stepRun {
	mu := 0.25 + rng.Float64()
	curvatures, start := []float64{mu, mu * (1 + 4*rng.Float64())}, []float64{rng.NormFloat64(), rng.NormFloat64()}
	steps, sample := 1+rng.IntN(40), 0.0
	switch k % 3 {
	case 0:
		steps, sample = 1+rng.IntN(4), rng.Float64()
	case 1:
		curvatures, start = curvatures[:1], start[:1]
	}
	gammas := make([]float64, steps)
	for t := range gammas {
		gammas[t] = rng.Float64() / slices.Max(curvatures)
	}
	r := newStepRun(curvatures, start, sample, gammas)
	r.along = rng.IntN(len(curvatures))
	for t := range gammas {
		r.mean[t] = rng.NormFloat64()
		if k%3 == 0 {
			r.spread[t] = rng.Float64()
		}
	}
	if k%3 == 1 {
		sign := math.Copysign(1, start[0])
		for t := range gammas {
			r.mean[t] = -sign * math.Abs(r.mean[t])
			if k%9 == 1 {
				r.mean[t], gammas[t] = -start[0], gammas[t]/64
			}
		}
	}
	return r
}

// worstSpikes has errors of size m at Q of the steps and none at the others, where they
// move the end the most, each away from 0 as the start is carried, on l = mu w^2/2 from
// l(w^0) - l* = d0.
func worstSpikes(mu, d0, m float64, spikes int, gammas []float64) *stepRun {
	w0 := math.Sqrt(2 * d0 / mu)
	r := newStepRun([]float64{mu}, []float64{w0}, 0, gammas)
	moves := make([]float64, len(gammas)) // what an error of -m at step t adds to w^T
	carried := 1.0
	for t := len(gammas) - 1; t >= 0; t-- {
		moves[t] = gammas[t] * carried * m
		carried *= 1 - mu*gammas[t]
	}
	order := make([]int, len(gammas))
	for t := range order {
		order[t] = t
	}
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(math.Abs(moves[a]), math.Abs(moves[b])) })
	for _, t := range order[:spikes] {
		r.mean[t] = -math.Copysign(m/mu, moves[t]*cmp.Or(carried, 1))
	}
	return r
}

// JudgeSpikeFloor holds SpikeFloor against runs with the worst Q errors, at harmonic,
// constant and wild steps, of any sign.
func JudgeSpikeFloor(seed uint64) claim.Judgement { return judgeSpikeFloor(seed, bounds.SpikeFloor) }

// spikeFloor is a lower bound of what the worst Q of T errors leave.
type spikeFloor func(mu, d0, m float64, spikes, steps int) float64

func judgeSpikeFloor(seed uint64, floor spikeFloor) claim.Judgement {
	j := newStepJudge()
	forEachSpikes(seed, func(rng *rand.Rand, mu, d0, m float64, spikes, steps int) {
		harmonic, constant, wild := make([]float64, steps), make([]float64, steps), make([]float64, steps)
		g := rng.NormFloat64() / mu
		for t := range steps {
			harmonic[t] = 1 / (mu * float64(t+1))
			constant[t] = g
			wild[t] = 2 * rng.Float64() / (mu * float64(t+1))
			if rng.IntN(3) == 0 {
				wild[t] = rng.NormFloat64() / mu
			}
		}
		for _, gammas := range [][]float64{harmonic, constant, wild} {
			r := worstSpikes(mu, d0, m, spikes, gammas)
			j.compare(floor(mu, d0, m, spikes, steps), r.gap(), r)
		}
	})
	return j.done("%d runs on quadratics with errors at the worst Q steps", j.Cases)
}

// JudgeConstantFloor holds SpikeFloorConstantStep against runs with steps of one size, and
// its order against the rate ln T/T: with T^{1/8} times RootBudget errors it must leave
// every multiple of it.
func JudgeConstantFloor(seed uint64) claim.Judgement {
	return judgeConstantFloor(seed, bounds.SpikeFloorConstantStep)
}

func judgeConstantFloor(seed uint64, floor spikeFloor) claim.Judgement {
	j := newStepJudge()
	forEachSpikes(seed, func(rng *rand.Rand, mu, d0, m float64, spikes, steps int) {
		gammas := make([]float64, steps)
		for g := 0; g <= 64; g++ {
			for t := range gammas {
				gammas[t] = float64(g) / 64 / mu
			}
			r := worstSpikes(mu, d0, m, spikes, gammas)
			j.compare(floor(mu, d0, m, spikes, steps), r.gap(), r)
		}
	})
	kept, lost := overRate(bounds.RootBudget, func(steps int, q float64) float64 {
		return floor(1, 1, 1, int(q), steps) * float64(steps) / math.Log(float64(steps))
	})
	j.demand(kept <= 2, "at (T/ln T)^{1/2} errors the floor over ln T/T grows by %v", kept)
	j.demand(lost >= 4, "with T^{1/8} times as many the floor over ln T/T grows by %v only", lost)
	return j.done("%d runs with steps of one size; from T = 2^10 to 2^30 the floor over ln T/T grows by %.3g at "+
		"(T/ln T)^{1/2} errors, by %.3g with T^{1/8} times as many", j.Cases, kept, lost)
}

// JudgeHarmonic holds HarmonicBound against runs with these steps and the worst Q errors,
// against Root41Steps with noise, and its order against the rate 1/T: bounded at T^{1/2}
// errors, near SpikeFloor where L = mu, while SpikeFloor leaves every multiple of 1/T with
// T^{1/8} times as many.
func JudgeHarmonic(seed uint64) claim.Judgement {
	return judgeHarmonic(seed, bounds.HarmonicBound, bounds.SpikeFloor)
}

type harmonicBound func(s bounds.Smooth, d0, m float64, spikes, steps int, t0 float64) float64

func judgeHarmonic(seed uint64, bound harmonicBound, floor spikeFloor) claim.Judgement {
	j := newStepJudge()
	forEachSpikes(seed, func(rng *rand.Rand, mu, d0, m float64, spikes, steps int) {
		t0 := 2.01 + 5*rng.Float64()
		gammas := make([]float64, steps)
		for t := range gammas {
			gammas[t] = 1 / (mu * (float64(t) + t0))
		}
		r := worstSpikes(mu, d0, m, spikes, gammas)
		j.compare(r.gap(), bound(r.smooth(), d0, m, spikes, steps, t0), r)
		s := bounds.Smooth{Mu: mu, L: mu * (1 + rng.Float64()*(t0-1)), SigmaSq: rng.Float64()}
		mean2 := make([]float64, steps)
		spread2 := make([]float64, steps)
		share := rng.Float64() // of the error that is bias
		for _, t := range rng.Perm(steps)[:spikes] {
			mean2[t] = share * m * m
			spread2[t] = (1 - share) * m * m
		}
		j.compare(bounds.Root41Steps(s, d0, gammas, mean2, spread2), bound(s, d0, m, spikes, steps, t0), r)
	})
	at := func(steps int, q float64) float64 {
		return bound(bounds.Smooth{L: 1, Mu: 1}, 1, 1, int(q), steps, 3)
	}
	kept, _ := overRate(bounds.HarmonicBudget, func(steps int, q float64) float64 {
		return at(steps, q) * float64(steps)
	})
	_, lost := overRate(bounds.HarmonicBudget, func(steps int, q float64) float64 {
		return floor(1, 1, 1, int(q), steps) * float64(steps)
	})
	const far, many = 1 << 30, 1 << 20
	apart := at(far, many) / floor(1, 1, 1, many, far)
	j.demand(kept <= 2, "at T^{1/2} errors the bound over 1/T grows by %v", kept)
	j.demand(lost >= 4, "with T^{1/8} times as many the floor over 1/T grows by %v only", lost)
	j.demand(apart <= 1.01, "with L = mu the bound is %v times the floor", apart)
	return j.done("%d runs; from T = 2^10 to 2^30 the bound over 1/T grows by %.3g at T^{1/2} errors, the floor of "+
		"all steps by %.3g with T^{1/8} times as many; for L = mu and 2^20 errors in 2^30 steps the bound is %.4g "+
		"times the floor", j.Cases, kept, lost, apart)
}

// forEachSpikes draws settings of Q errors in T steps.
func forEachSpikes(seed uint64, f func(rng *rand.Rand, mu, d0, m float64, spikes, steps int)) {
	for k := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, k))
		steps := 1 + rng.IntN(40)
		f(rng, 0.25+rng.Float64(), 3*rng.Float64(), 0.1+rng.Float64(), rng.IntN(steps+1), steps)
	}
}

// overRate is by what factor a cost over its rate grows from T = 2^10 to 2^30, at the
// budget and with T^{1/8} times as many errors.
func overRate(budget func(t float64) float64, cost func(steps int, q float64) float64) (at, beyond float64) {
	const few, many = 1 << 10, 1 << 30
	more := func(steps int) float64 { return budget(float64(steps)) * math.Pow(float64(steps), 0.125) }
	return cost(many, budget(many)) / cost(few, budget(few)), cost(many, more(many)) / cost(few, more(few))
}

package rates

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// JudgeBudget follows right/rate over T = 2^1..2^500. It is bounded when its last
// doubling adds nothing to speak of, and unbounded when doublings add ever as much:
// what ln T does, the slowest that these terms grow.
func JudgeBudget(right, rate func(t float64) float64) claim.Judgement {
	var j claim.Judgement
	var ratios []float64
	for k := 1; k <= 500; k++ {
		t := math.Ldexp(1, k)
		ratios = append(ratios, right(t)/rate(t))
		j.Cases++
		j.Ratio = max(j.Ratio, ratios[k-1])
	}
	last := ratios[len(ratios)-1]
	half := ratios[len(ratios)/2-1]
	switch added := (last - half) / 250; {
	case added > 0.5*math.Ln2:
		j.Verdict = claim.Refuted
		j.Note = fmt.Sprintf("right side over rate is %.3g at T = 2^250 and %.3g at 2^500, growing by %.3f a "+
			"doubling, "+
			"as ln T does", half, last, added)
	case math.Abs(added) < 1e-9:
		j.Verdict = claim.Holds
		j.Note = fmt.Sprintf("right side over rate is at most %.3g", j.Ratio)
	default:
		j.Verdict = claim.Undecided
		j.Note = fmt.Sprintf("right side over rate goes from %.3g at T = 2^250 to %.3g at 2^500", half, last)
	}
	return j
}

// JudgeRootBudget follows the root form of (41) with RootBudget perturbations in the
// last steps, and a quadratic that has them, over T = 2^2..2^30 and condition numbers.
// The bound over the rate must not grow, the quadratic must stay below the bound, and
// with T^{1/8} times as many perturbations it must leave every multiple of the rate.
func JudgeRootBudget() claim.Judgement { return judgeRootBudget(rootBurst, bounds.RootBudget) }

func judgeRootBudget(bound func(s bounds.Smooth, t int, q float64) float64,
	budget func(t float64) float64) claim.Judgement {
	j := claim.Judgement{Verdict: claim.Holds}
	fail := func(format string, args ...any) {
		j.Verdict = claim.Undecided
		j.Note += fmt.Sprintf(format, args...) + "; "
	}
	const half = 20        // of the exponents of T that every condition number admits
	most := 0.0            // bound over rate
	beyond := [2]float64{} // quadratic over rate at half and at the end
	for _, condition := range []float64{1, 8, 64} {
		var over [2]float64 // the largest bound over rate up to half and after
		for k := 2; k <= 30; k++ {
			t := math.Ldexp(1, k)
			s := bounds.Smooth{L: condition, Mu: 1, SigmaSq: 1, Gamma: math.Log(t) / t}
			if !s.Admissible() {
				continue
			}
			j.Cases++
			q := math.Floor(budget(t))
			right := bound(s, 1<<k, q)
			at := min(k/(half+1), 1)
			over[at] = max(over[at], right/s.Gamma)
			if condition > 1 {
				continue // the quadratic has mu = L
			}
			left := quadraticBurst(s, q)
			j.Ratio = max(j.Ratio, left/right)
			if !(left <= right*(1+claim.Tie)) {
				fail("T = 2^%d: the quadratic ends at %v, above %v", k, left, right)
			}
			beyond[at] = quadraticBurst(s, math.Floor(q*math.Pow(t, 0.125))) / s.Gamma
		}
		most = max(most, over[0], over[1])
		if !(over[1] <= over[0]) {
			fail("L/mu = %v: bound over rate grows from %v to %v", condition, over[0], over[1])
		}
	}
	if !(beyond[1] > 4*beyond[0]) {
		fail("with T^{1/8} times the budget the quadratic goes from %v times the rate to %v", beyond[0], beyond[1])
	}
	j.Note += fmt.Sprintf("bound over rate at most %.3g for L/mu <= 64; with T^{1/8} times as many a quadratic goes "+
		"from %.3g times the rate at T = 2^%d to %.3g at 2^30",
		most, beyond[0], half, beyond[1])
	return j
}

// rootBurst is Root41 from D0 = 1 with errors of size 1 in the last q of t steps, all
// of it bias in the one sum and all of it spread in the other.
func rootBurst(s bounds.Smooth, t int, q float64) float64 {
	sum := func(ratio float64) float64 { return (1 - math.Pow(ratio, q)) / (1 - ratio) } // sum_{k<q} ratio^k
	return bounds.Root41(s, 1, t, sum(s.RootWeight(1)), sum(s.RootWeight(2)))
}

// quadraticBurst is the gap of l = L w^2/2 after q steps from w = 0 with U-u = -1.
func quadraticBurst(s bounds.Smooth, q float64) float64 {
	w := -math.Expm1(q*math.Log1p(-s.L*s.Gamma)) / s.L
	return s.L * w * w / 2
}

// JudgeAsymmetry compares what Corollary 1 and Table 1 permit delta and eps, as
// printed: their sizes, their means, and at how many steps they may be O(1).
func JudgeAsymmetry() claim.Judgement { return judgeAsymmetry(Permitted) }

func judgeAsymmetry(permitted func(t int) []Permission) claim.Judgement {
	var j claim.Judgement
	more, less := 0, 0
	for _, t := range []int{1 << 10, 1 << 20} {
		for _, p := range permitted(t) {
			j.Cases++
			switch {
			case p.Delta > p.Eps:
				more++
			case p.Delta < p.Eps:
				less++
			}
		}
	}
	j.Verdict = claim.Holds
	if more == 0 && less > 0 {
		j.Verdict = claim.Refuted
	}
	j.Note = fmt.Sprintf("of %d printed limits (a size, a mean or a number of steps, at T = 2^10 and 2^20) %d permit "+
		"delta more than eps, %d less, the others alike", j.Cases, more, less)
	return j
}

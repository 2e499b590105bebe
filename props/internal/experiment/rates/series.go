package rates

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// eq48 is the sum of (48) over its bound, by the closed form of a geometric
// series: q (1-q^T)/(1-q) with q = 1 - ln T/T.
func eq48(t float64) (sum, bound float64) {
	x := math.Log(t) / t
	return (1 - x) * -math.Expm1(t*math.Log1p(-x)) / x, x
}

// eq48Limit is the constant that the printed form is refuted for: were there any
// constant, a larger T would do.
const eq48Limit = 1e6

// JudgeEq48 looks for a T at which the sum is more than eq48Limit times the bound,
// and that the ratio grows from then on, doubling T; the ratio is about (T/ln T)^2.
func JudgeEq48() claim.Judgement { return judgeEq48(eq48) }

func judgeEq48(of func(t float64) (sum, bound float64)) claim.Judgement {
	j := claim.Judgement{Verdict: claim.Unsettled}
	first := 0.0
	for k := 1; k <= 40; k++ {
		t := math.Ldexp(1, k)
		sum, bound := of(t)
		grows := sum/bound > j.Ratio
		j.Cases++
		j.Ratio = sum / bound
		switch {
		case j.Ratio > eq48Limit && first == 0:
			first = t
		case first > 0 && !grows:
			first = 0
		}
	}
	j.Note = fmt.Sprintf("left/right at T = 2^40: %.3g", j.Ratio)
	if first == 0 {
		return j
	}
	c, err := certifyEq48()
	if err != nil {
		j.Note += "; " + err.Error()
		return j
	}
	j.Verdict = claim.Refuted
	j.Certificate = c
	j.Note += fmt.Sprintf(", growing without bound; above %g from T = %g on", eq48Limit, first)
	return j
}

// JudgeEq48Repaired holds (ln T/T) times the sum of (48) against 1, for each T up to 2^11 and then for powers of two
// up to 2^75.
func JudgeEq48Repaired() claim.Judgement { return judgeEq48Repaired(eq48) }

func judgeEq48Repaired(of func(t float64) (sum, bound float64)) claim.Judgement {
	j := claim.Judgement{Verdict: claim.Holds}
	for k := 2; k <= 1<<11+64; k++ { // T = 2..2^11, then powers of two
		t := float64(k)
		if k > 1<<11 {
			t = math.Ldexp(1, k-1<<11+11)
		}
		sum, bound := of(t)
		j.Cases++
		j.Ratio = max(j.Ratio, sum*bound)
		if !(sum*bound <= 1+claim.Tie) {
			j.Verdict = claim.Undecided
			j.Note = fmt.Sprintf("T = %g: %v above 1", t, sum*bound)
		}
	}
	return j
}

// JudgeBernoulli tries random T and a. At a = 1 both sides are equal.
func JudgeBernoulli(seed uint64) claim.Judgement {
	return judgeBernoulli(seed, func(a, x float64) (left, right float64) { return 1 - a*x, math.Exp(a * math.Log1p(-x)) })
}

func judgeBernoulli(seed uint64, sides func(a, x float64) (left, right float64)) claim.Judgement {
	j := claim.Judgement{Verdict: claim.Holds}
	rng := rand.New(rand.NewPCG(seed, 48))
	for range 100_000 {
		t := math.Floor(math.Exp2(1 + 40*rng.Float64()))
		x := math.Log(t) / t
		a := 1 / x * rng.Float64() // beyond 1/x the right side is negative
		if a = math.Exp(rng.Float64() * math.Log(max(a, 1))); a < 1 {
			a = 1
		}
		left, right := sides(a, x)
		j.Cases++
		// a ln(1-x) is off by a part in 2^50, and it is at least -40.
		if !(left <= right*(1+claim.Tie)) {
			j.Verdict = claim.Undecided
			j.Note = fmt.Sprintf("T = %g, a = %v: %v above %v", t, a, left, right)
		}
		j.Ratio = max(j.Ratio, left/right)
	}
	return j
}

// certifyEq48 is the certificate that the sum of (48) exceeds K times its bound for every
// K, at T = 4^q with a q for each K.
func certifyEq48() (*cert.Certificate, error) {
	c := &cert.Certificate{Claim: "eq48sum", Series: &cert.Series{Total: 2, Terms: 1, From: 4, Ln2: big.NewRat(7, 10)}}
	c.Text = "T = 4^q and n = 2^q: the last n terms are at least 1/2 each, so the sum is at least 2^q/2 where the " +
		"bound is K ln T/T, which is at most K/2^{q+1}. Their ratio is at least 4^q = T, so that for every K a " +
		"power of 4 above K refutes it. (About (T/ln T)^2 in truth: the sum is q(1-q^T)/(1-q) with q = 1 - ln T/T.)"
	return c, search.Finish(c)
}

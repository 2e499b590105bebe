package props

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/props/cert"
)

// Judgement is what a claim of Kind Own finds out about itself.
type Judgement struct {
	Verdict string // holds, refuted, unsettled
	Cases   int
	Ratio   float64 // left/right where that makes sense, else 0
	Note    string  // the evidence in one line

	Certificate *cert.Certificate // of a refutation, or nil
}

// ownClaims are statements about sums, rates and single examples, which no
// random chain can speak of. Each goes through its cases by itself.
func ownClaims() []Claim {
	return []Claim{
		{
			ID: "eq48sum", Eq: "(48)", Form: Printed, Kind: Own, Judge: judgeEq48,
			Statement: "sum_{t<T} (1 - ln T/T)^{T-t} <~ ln T/T",
		},
		{
			ID: "eq48sum", Eq: "(48)", Form: Repaired, Kind: Own, Judge: judgeEq48Repaired,
			Statement: "sum_{t<T} (1 - ln T/T)^{T-t} <= T/ln T, so that (ln T/T)^2 times the sum is at most ln T/T",
		},
		{
			ID: "bernoulli", Eq: "(50)", Form: Printed, Kind: Own, Judge: judgeBernoulli,
			Statement: "(1 - ln T/T)^a >= 1 - a ln T/T for a >= 1",
		},
		{
			ID: "a1", Eq: "A.1", Form: Printed, Kind: Own, Judge: judgeA1,
			Statement: "Y = +-a with probability 1/2 each, y = 0: E sigma'(Y) = sigma'(a) < sigma'(0)",
		},
		{
			ID: "a2", Eq: "A.2, (55)", Form: Printed, Kind: Own, Judge: judgeA2,
			Statement: "f(x) = x^2 with the constant forward perturbation d: x+ = (1-2g) x - 2 g d converges to -d for any 0 < g < 1/2",
		},
		{
			ID: "a3", Eq: "A.3", Form: Printed, Kind: Own, Judge: judgeA3,
			Statement: "SGD and heavy ball converge to w1 = 0 without the Top-1 compressor of v1 (SGD in one step), and do not with it",
		},
		{
			ID: "a3", Eq: "A.3", Form: Derivation, Kind: Own, Judge: judgeA3Admissible,
			Statement: "from A.3: with g <= 1/(3L), which all of section 4 needs, neither run converges with the compressor",
		},
	}
}

// eq48 is the sum of (48) over its bound, by the closed form of a geometric
// series: q (1-q^T)/(1-q) with q = 1 - ln T/T.
func eq48(t float64) (sum, bound float64) {
	x := math.Log(t) / t
	return (1 - x) * -math.Expm1(t*math.Log1p(-x)) / x, x
}

// eq48Limit is the constant that the printed form is refuted for: were there any
// constant, a larger T would do.
const eq48Limit = 1e6

// judgeEq48 looks for a T at which the sum is more than eq48Limit times the bound,
// and that the ratio grows from then on, doubling T; the ratio is about (T/ln T)^2.
func judgeEq48(Options) Judgement {
	j := Judgement{Verdict: "unsettled"}
	first := 0.0
	for k := 1; k <= 40; k++ {
		t := math.Ldexp(1, k)
		sum, bound := eq48(t)
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
	c, err := certifyEq48(2*int(first), eq48Limit) // Bernoulli's bound loses a factor 2 to 4
	if err != nil {
		j.Note += "; " + err.Error()
		return j
	}
	j.Verdict = "refuted"
	j.Certificate = c
	j.Note += fmt.Sprintf(", growing without bound; above %g from T = %g on", eq48Limit, first)
	return j
}

func judgeEq48Repaired(Options) Judgement {
	j := Judgement{Verdict: "holds"}
	for k := 2; k <= 1<<12; k++ { // T = 2..., then powers of two
		t := float64(k)
		if k > 1<<11 {
			t = math.Ldexp(1, k>>7)
		}
		sum, bound := eq48(t)
		j.Cases++
		j.Ratio = max(j.Ratio, sum*bound)
		if !(sum*bound <= 1+tie) {
			j.Verdict = "undecided"
			j.Note = fmt.Sprintf("T = %g: %v above 1", t, sum*bound)
		}
	}
	return j
}

// judgeBernoulli tries random T and a. At a = 1 both sides are equal.
func judgeBernoulli(opt Options) Judgement {
	j := Judgement{Verdict: "holds"}
	rng := rand.New(rand.NewPCG(opt.Seed, 48))
	for range 100_000 {
		t := math.Floor(math.Exp2(1 + 40*rng.Float64()))
		x := math.Log(t) / t
		a := 1 / x * rng.Float64() // beyond 1/x the right side is negative
		if a = math.Exp(rng.Float64() * math.Log(max(a, 1))); a < 1 {
			a = 1
		}
		left, right := 1-a*x, math.Exp(a*math.Log1p(-x))
		j.Cases++
		// a ln(1-x) is off by a part in 2^50, and it is at least -40.
		if !(left <= right*(1+tie)) {
			j.Verdict = "undecided"
			j.Note = fmt.Sprintf("T = %g, a = %v: %v above %v", t, a, left, right)
		}
		j.Ratio = max(j.Ratio, left/right)
	}
	return j
}

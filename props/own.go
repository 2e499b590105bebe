package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/rates"
)

// Judgement is what a claim of Kind Own finds out about itself.
type Judgement struct {
	Verdict string // holds, refuted, unsettled
	Cases   int
	Ratio   float64 // left/right where that makes sense, else 0
	Note    string  // the evidence in one line

	Certificate *cert.Certificate // of a refutation, or nil
}

// asymptotic are the claims that Table 1 and Corollary 1 are measured for. The
// paper's numbers of Corollaries 2 to 4 go by the lines that they come from: (49),
// (50), and (51) with (52).
func asymptotic() []Claim {
	m := &measurement{}
	row := func(id, eq, statement string) Claim {
		return Claim{ID: id, Eq: eq, Form: Printed, Kind: Own, Statement: statement,
			Judge: func(opt Options) Judgement { return m.judge(id, opt) }}
	}
	return []Claim{
		row("cor1", "(43), (44)", "rates T^-1/2, and ~T^-1 under PL, with |delta| <~ T^-1/8 ((ln T/T)^1/4), |E delta|, |E eps| <~ T^-1/4 ((ln T/T)^1/2), |eps| <~ 1"),
		row("cor2", "(49)", "nonconvex, zero mean: T^-1/2 with Q_d = O(T^1/2), Q_e = O(T) perturbations of O(1)"),
		row("cor3", "(50)", "PL, zero mean: ln T/T with Q_d = O(1), Q_e = O(T) perturbations of O(1)"),
		row("cor4", "(51), (52)", "nonzero mean: T^-1/2 with Q_d, Q_e = O(T^1/2); under PL ln T/T with Q_d, Q_e = O(1)"),
		row("table1", "Table 1", "the budgets of its 8 cells keep the rate"),
		row("eq50", "(50)", "E[l(w^T)-l*] <~ (ln T/T)(1+Q_d) + (ln^2 T/T^2) max{Q_d+Q_e}, PL and zero mean"),
	}
}

// measurement is package rates over the small range, made once for all claims.
type measurement struct {
	once    sync.Once
	results []rates.Result
	err     error
}

// judge is unsettled unless the measurement speaks against the claim: a slope
// proves no rate.
func (m *measurement) judge(id string, opt Options) Judgement {
	m.once.Do(func() {
		o := rates.Small
		o.Seed = opt.Seed
		m.results, m.err = rates.Measure(rates.Scenarios(), o)
	})
	if m.err != nil {
		panic("props: " + m.err.Error())
	}
	return judgeRates(id, m.results)
}

// judgeRates is undecided, which is never on record, where the explicit form fails or
// a rate is lost within its budget by more than chance explains.
func judgeRates(id string, results []rates.Result) Judgement {
	c := rates.Tally(id, results)
	j := Judgement{Verdict: "unsettled", Cases: c.Rows, Ratio: c.Ratio}
	if !(c.Ratio <= 1) {
		j.Verdict = "undecided"
		j.Note = fmt.Sprintf("the explicit form of Theorem 4 or 5 fails: left/right %v; ", c.Ratio)
	}
	if c.Against > 0 {
		j.Verdict = "undecided"
		j.Note += fmt.Sprintf("%d rates are lost within the budget, beyond chance; ", c.Against)
	}
	if id == "eq50" {
		return judge50(j, results)
	}
	j.Note += fmt.Sprintf("of %d measured slopes %d keep the rate, %d lose it, %d of these within the budget; go run ./props/verify -page table1", c.Rows, c.Kept, c.Lost, c.Within)
	return j
}

// judge50 measures how left over the right side of (50) grows with T.
func judge50(j Judgement, results []rates.Result) Judgement {
	worst := math.Inf(-1)
	for _, r := range results {
		if r.Claim != "cor3" {
			continue
		}
		if r.Budget == "O(T)" && r.Level == "beyond" {
			continue // Q stays T, and the size grows
		}
		e := r.Over(func(p rates.Point) float64 {
			t, q := float64(p.T), float64(p.Q)
			x := math.Log(t) / t
			qd, qe := q, 0.0
			if r.DZero.F == nil {
				qd, qe = 0, q
			}
			return x*(1+qd) + x*x*(qd+qe)
		})
		worst = max(worst, e.At)
		if e.BeyondChance() {
			j.Verdict = "undecided"
			j.Note += fmt.Sprintf("%s, %s, %s: left grows like T^%.2f times the right side, beyond chance; ", r.Setting, r.Level, r.Placement, e.At)
		}
	}
	j.Note += fmt.Sprintf("left over right grows at most like T^%.2f; with Q_e = T the printed right side is ln^2 T/T, more than the rate of Table 1: "+
		"that cell needs the geometric weights of (38), see cor3/derivation", worst)
	return j
}

// ownClaims are statements about sums, rates and single examples, which no
// random chain can speak of. Each goes through its cases by itself.
func ownClaims() []Claim {
	return slices.Concat(asymptotic(), []Claim{
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
	}, budgetClaims(), exampleClaims())
}

// budgetClaims say that Table 1 follows from the lines of the corollaries: at its
// budgets, with factor 1, the right side is at most a constant times the rate.
func budgetClaims() []Claim {
	row := func(id, eq, statement string, right, rate func(t float64) float64) Claim {
		return Claim{ID: id, Eq: eq, Form: Derivation, Kind: Own, Statement: statement,
			Judge: func(Options) Judgement { return judgeBudget(right, rate) }}
	}
	root := func(t float64) float64 { return 1 / math.Sqrt(t) }
	log := func(t float64) float64 { return math.Log(t) / t }
	return []Claim{
		{
			ID: "cor1", Eq: "5.3", Form: Derivation, Kind: Own, Judge: judgeAsymmetry,
			Statement: "from (43), (44) and Table 1: \"Section 6 permits much weaker constraints on delta than on eps\"",
		},
		row("cor2", "(49)", "right side of (49) with Q_d = T^1/2, Q_e = T <~ T^-1/2, the rate of its cell in Table 1",
			func(t float64) float64 { return root(t) + (root(t)+1)*root(t) + root(t) }, root), // (Q_d+Q_e)/T^{3/2} = (T^-1/2+1) T^-1/2
		row("cor3", "(50)", "right side of (50) with Q_d = 1, Q_e = T <~ ln T/T, the rate of its cell in Table 1",
			func(t float64) float64 { return 2*log(t) + log(t)*log(t)*(1+t) }, log),
		row("cor4", "(51)", "right side of (51) with Q_d = Q_e = T^1/2 <~ T^-1/2, the rate of its cell in Table 1",
			func(t float64) float64 { return root(t) + 2/t + 2*root(t) }, root),
		row("cor4pl", "(52)", "right side of (52) with Q_d = Q_e = 1 <~ ln T/T, the rate of its cell in Table 1",
			func(t float64) float64 { return 2 * log(t) }, log),
		{
			ID: "table1", Eq: "Table 1", Form: Sharp, Kind: Own, Judge: judgeRootBudget,
			Statement: "PL: ln T/T with Q = O((T/ln T)^{1/2}) perturbations of O(1) wherever they fall, where Table 1 has O(1), by the root form of (41); and with no larger order",
		},
	}
}

// judgeRootBudget follows the root form of (41) with RootBudget perturbations in the
// last steps, and a quadratic that has them, over T = 2^2..2^30 and condition numbers.
// The bound over the rate must not grow, the quadratic must stay below the bound, and
// with T^{1/8} times as many perturbations it must leave every multiple of the rate.
func judgeRootBudget(Options) Judgement {
	j := Judgement{Verdict: "holds"}
	fail := func(format string, args ...any) {
		j.Verdict = "undecided"
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
			q := math.Floor(bounds.RootBudget(t))
			right := rootBurst(s, 1<<k, q)
			at := min(k/(half+1), 1)
			over[at] = max(over[at], right/s.Gamma)
			if condition > 1 {
				continue // the quadratic has mu = L
			}
			left := quadraticBurst(s, q)
			j.Ratio = max(j.Ratio, left/right)
			if !(left <= right*(1+tie)) {
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
	j.Note += fmt.Sprintf("bound over rate at most %.3g for L/mu <= 64; with T^{1/8} times as many a quadratic goes from %.3g times the rate at T = 2^%d to %.3g at 2^30",
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

// judgeAsymmetry compares what Corollary 1 and Table 1 permit delta and eps, as
// printed: their sizes, their means, and at how many steps they may be O(1).
func judgeAsymmetry(Options) Judgement {
	var j Judgement
	more, less := 0, 0
	for _, t := range []int{1 << 10, 1 << 20} {
		for _, p := range rates.Permitted(t) {
			j.Cases++
			switch {
			case p.Delta > p.Eps:
				more++
			case p.Delta < p.Eps:
				less++
			}
		}
	}
	j.Verdict = "holds"
	if more == 0 && less > 0 {
		j.Verdict = "refuted"
	}
	j.Note = fmt.Sprintf("of %d printed limits (a size, a mean or a number of steps, at T = 2^10 and 2^20) %d permit delta more than eps, %d less, the others alike", j.Cases, more, less)
	return j
}

// judgeBudget follows right/rate over T = 2^1..2^500. It is bounded when its last
// doubling adds nothing to speak of, and unbounded when doublings add ever as much:
// what ln T does, the slowest that these terms grow.
func judgeBudget(right, rate func(t float64) float64) Judgement {
	var j Judgement
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
		j.Verdict = "refuted"
		j.Note = fmt.Sprintf("right side over rate is %.3g at T = 2^250 and %.3g at 2^500, growing by %.3f a doubling, as ln T does", half, last, added)
	case math.Abs(added) < 1e-9:
		j.Verdict = "holds"
		j.Note = fmt.Sprintf("right side over rate is at most %.3g", j.Ratio)
	default:
		j.Verdict = "undecided"
		j.Note = fmt.Sprintf("right side over rate goes from %.3g at T = 2^250 to %.3g at 2^500", half, last)
	}
	return j
}

// exampleClaims are the three of appendix A, and what the text concludes from A.3.
func exampleClaims() []Claim {
	return []Claim{
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
	c, err := certifyEq48()
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
	for k := 2; k <= 1<<11+64; k++ { // T = 2..2^11, then powers of two
		t := float64(k)
		if k > 1<<11 {
			t = math.Ldexp(1, k-1<<11+11)
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

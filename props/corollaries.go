package props

import (
	"math"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/experiment/rates"
)

// corollaryClaims are those of section 5: statements about rates and sums, which no
// random chain can speak of. Each goes through its cases by itself.
func corollaryClaims() []claim.Claim {
	all := rateClaims()
	all = append(all, []claim.Claim{
		{
			ID: "eq48sum", Eq: "(48)", Form: claim.Printed, Kind: claim.SelfJudged,
			Statement:   "sum_{t<T} (1 - ln T/T)^{T-t} <~ ln T/T",
			FollowsFrom: []string{"thm5"},
			Judge:       func(uint64) claim.Judgement { return rates.JudgeEq48() },
		},
		{
			ID: "eq48sum", Eq: "(48)", Form: claim.Repaired, Kind: claim.SelfJudged,
			Statement: "sum_{t<T} (1 - ln T/T)^{T-t} <= T/ln T, so that (ln T/T)^2 times the sum is at most ln T/T",
			Judge:     func(uint64) claim.Judgement { return rates.JudgeEq48Repaired() },
		},
		{
			ID: "bernoulli", Eq: "(50)", Form: claim.Printed, Kind: claim.SelfJudged,
			Statement: "(1 - ln T/T)^a >= 1 - a ln T/T for a >= 1",
			Judge:     rates.JudgeBernoulli,
		},
	}...)
	return append(all, budgetClaims()...)
}

// rateClaims are those that Table 1 and Corollary 1 are measured for. The paper's
// numbers of Corollaries 2 to 4 go by the lines that they come from: (49), (50), and
// (51) with (52).
func rateClaims() []claim.Claim {
	measured := new(rates.Shared)
	row := func(id, eq, statement string, from ...string) claim.Claim {
		return claim.Claim{
			ID: id, Eq: eq, Form: claim.Printed, Kind: claim.SelfJudged, Statement: statement, FollowsFrom: from,
			Judge: func(seed uint64) claim.Judgement { return measured.Judge(id, seed) },
		}
	}
	line50 := row("eq50", "(50)", "E[l(w^T)-l*] <~ (ln T/T)(1+Q_d) + (ln^2 T/T^2) max{Q_d+Q_e}, PL and zero mean",
		"thm5", "bernoulli")
	line50.Judge = func(seed uint64) claim.Judgement { return measured.JudgeLine50(line50.ID, seed) }
	table1 := row("table1", "Table 1", "the budgets of its 8 cells keep the rate", "cor2", "cor3", "cor4")
	table1.Title = "Table 1"
	return []claim.Claim{
		row("cor1", "(43), (44)", "rates T^-1/2, and ~T^-1 under PL, with |delta| <~ T^-1/8 ((ln T/T)^1/4), "+
			"|E delta|, |E eps| <~ T^-1/4 ((ln T/T)^1/2), |eps| <~ 1", "thm4", "thm5", "eq48sum"),
		row("cor2", "(49)", "nonconvex, zero mean: T^-1/2 with Q_d = O(T^1/2), Q_e = O(T) perturbations of O(1)",
			"thm4"),
		row("cor3", "(50)", "PL, zero mean: ln T/T with Q_d = O(1), Q_e = O(T) perturbations of O(1)", "eq50"),
		row("cor4", "(51), (52)", "nonzero mean: T^-1/2 with Q_d, Q_e = O(T^1/2); under PL ln T/T with Q_d, Q_e = "+
			"O(1)", "thm4", "thm5"),
		table1,
		line50,
	}
}

// budgetClaims say that Table 1 follows from the lines of the corollaries: at its
// budgets, with factor 1, the right side is at most a constant times the rate.
func budgetClaims() []claim.Claim {
	row := func(id, eq, from, statement string, right, rate func(t float64) float64) claim.Claim {
		return claim.Claim{
			ID: id, Eq: eq, Form: claim.Derivation, Kind: claim.SelfJudged, Statement: statement,
			FollowsFrom: []string{from},
			Judge:       func(uint64) claim.Judgement { return rates.JudgeBudget(right, rate) },
		}
	}
	root := func(t float64) float64 { return 1 / math.Sqrt(t) }
	log := func(t float64) float64 { return math.Log(t) / t }
	cor3 := row("cor3", "(50)", "eq50",
		"right side of (50) with Q_d = 1, Q_e = T <~ ln T/T, the rate of its cell in Table 1",
		func(t float64) float64 { return 2*log(t) + log(t)*log(t)*(1+t) }, log)
	cor3.Instead = "the cell follows from (38), whose geometric weights leave g for a perturbation at every step, " +
		"where (50) has g^2 T"
	return []claim.Claim{
		{
			ID: "cor1", Eq: "5.3", Form: claim.Derivation, Kind: claim.SelfJudged,
			Statement: "from (43), (44) and Table 1: \"Section 6 permits much weaker constraints on delta than on " +
				"eps\"",
			Instead: "it is the other way round: where the limits differ, eps may be larger, or O(1) at more steps",
			Judge:   func(uint64) claim.Judgement { return rates.JudgeAsymmetry() },
		},
		row("cor2", "(49)", "thm4",
			"right side of (49) with Q_d = T^1/2, Q_e = T <~ T^-1/2, the rate of its cell in Table 1",
			// (Q_d+Q_e)/T^{3/2} = (T^-1/2+1) T^-1/2
			func(t float64) float64 { return root(t) + (root(t)+1)*root(t) + root(t) }, root),
		cor3,
		row("cor4", "(51)", "thm4",
			"right side of (51) with Q_d = Q_e = T^1/2 <~ T^-1/2, the rate of its cell in Table 1",
			func(t float64) float64 { return root(t) + 2/t + 2*root(t) }, root),
		row("cor4pl", "(52)", "thm5",
			"right side of (52) with Q_d = Q_e = 1 <~ ln T/T, the rate of its cell in Table 1",
			func(t float64) float64 { return 2 * log(t) }, log),
		{
			ID: "table1", Eq: "Table 1", Form: claim.Sharp, Kind: claim.SelfJudged,
			Proof: "bounds/PROOFS.md (4.10)",
			Statement: "PL: ln T/T with Q = O((T/ln T)^{1/2}) perturbations of O(1) wherever they fall, where " +
				"Table 1 has " +
				"O(1), " +
				"by the root form of (41); and with no larger order",
			Judge: func(uint64) claim.Judgement { return rates.JudgeRootBudget() },
		},
	}
}

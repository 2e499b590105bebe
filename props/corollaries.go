package props

import (
	"math"
	"slices"

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
	return slices.Concat(all, budgetClaims(), stepClaims())
}

// stepClaims are ours about a step size of its own at each step, and settle from both
// sides how many perturbations of O(1) A4 allows, where Table 1 has O(1); the proofs are
// in bounds/PROOFS.md, section 4.2.
func stepClaims() []claim.Claim {
	row := func(id, eq string, form claim.Form, statement string, judge func(seed uint64) claim.Judgement) claim.Claim {
		return claim.Claim{
			ID: id, Eq: eq, Form: form, Kind: claim.SelfJudged, PL: true, Statement: statement, Judge: judge, Drawn: true,
		}
	}
	return []claim.Claim{
		row("eq41steps", "(41)", claim.Sharp, "with steps 0 <= g_t <= 1/L fixed in advance E[l(w^T)-l*] <= A_T, A_0 = "+
			"D0, A_{t+1} = (1 - mu g_t) A_t + L g_t^2 sigma^2 + L g_t^2 E|U-u|^2 + (g_t/2) E|E_t[U-u]|^2",
			rates.JudgeSharp41Steps),
		row("eq41steps", "(41)", claim.SharpRoot,
			"with these steps E[l(w^T)-l*] <= (B_T + M_T^{1/2})^2, B_0 = 0, M_0 = "+
				"D0, B_{t+1} = q_t^{1/2} B_t + (L/2)^{1/2} g_t (E|E_t[U-u]|^2)^{1/2}, M_{t+1} = q_t M_t + (L g_t^2/2) "+
				"(sigma "+
				"+ (E[|U-u|^2 - |E_t[U-u]|^2])^{1/2})^2, q_t = 1 - mu g_t (2 - L g_t)", rates.JudgeRoot41Steps),
		row("table1floor", "Table 1", claim.Sharp,
			"PL: whatever the T steps are, fixed in advance, errors of size m at "+
				"some Q of them leave min(D0, m^2 (Q/T)^2/(2 mu)) on l = mu w^2/2, so that Q <= T (2 mu r_T)^{1/2}/m "+
				"where "+
				"the gap r_T -> 0 is kept", rates.JudgeSpikeFloor),
		row("table1constant", "Table 1", claim.Sharp, "PL: steps of one size, any size, lose a logarithm: on l = mu "+
			"w^2/2 errors of size m at the last Q steps leave (mu/2) times the square of min over 0 <= r <= 1 of "+
			"r^T w0 "+
			"+ (1 - r^Q) m/mu, w0 = (2 D0/mu)^{1/2}; the rate ln T/T allows no larger order than Q = O((T/ln T)^{1/2})",
			rates.JudgeConstantFloor),
		row("table1steps", "Table 1", claim.Sharp,
			"PL, from both sides: steps 1/(mu (t+t0)) keep the rate 1/T with Q = "+
				"O(T^{1/2}) perturbations of O(1), biased and wherever they fall, where Table 1 has O(1), and no "+
				"steps fixed "+
				"in advance allow a larger order; for L = mu the constants meet as well", rates.JudgeHarmonic),
	}
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
	table1.JudgeSeconds = 6.2 // the measurement that all share
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
			Statement: "PL: ln T/T with Q = O((T/ln T)^{1/2}) perturbations of O(1) wherever they fall, " +
				"where Table 1 has O(1), by the root form of (41); and with no larger order",
			Judge: func(uint64) claim.Judgement { return rates.JudgeRootBudget() },
		},
	}
}

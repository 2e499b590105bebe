package props

import (
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/experiment/rates"
)

// sentenceClaims are sentences about rates, depth and constants that have no display.
// Where the usual meaning and the words differ, the printed row has the usual meaning and
// the derivation takes the words.
func sentenceClaims() []claim.Claim {
	row := func(id, eq string, form claim.Form, statement string, judge func() claim.Judgement) claim.Claim {
		return claim.Claim{
			ID: id, Eq: eq, Form: form, Kind: claim.SelfJudged, Statement: statement,
			Judge: func(uint64) claim.Judgement { return judge() },
		}
	}
	instead := func(c claim.Claim, what string) claim.Claim {
		c.Instead = what
		return c
	}
	from := func(c claim.Claim, ids ...string) claim.Claim {
		c.FollowsFrom = ids
		return c
	}
	seeded := func(c claim.Claim, judge func(seed uint64) claim.Judgement) claim.Claim {
		c.Judge = judge
		return c
	}
	convex := seeded(row("sec33", "3.3", claim.Printed,
		"R = (lambda/2)|w|^2 and a convex data term give A4 with mu = lambda", nil), rates.JudgeConvexL2)
	const equality = "E_t|J2_i(Y_{i-1})^T z|^2 = E_t[|J2_i(Y_{i-1})|^2 |z|^2], z = E^{H_i}[V_i-v_i], |.| " +
		"Frobenius, the " +
		"display under (25)"
	return []claim.Claim{
		seeded(instead(row("eq25", "(25)", claim.Derivation, equality+", literal reading", nil),
			"the left side is at most "+
				"the right one, and at most C^2 E|z|^2, which is all that (26) needs"), rates.JudgeEq25),
		seeded(instead(row("eq26", "(26)", claim.Derivation,
			"E_t[|J2_i(Y_{i-1})|^2 |V_i-v_i|^2] <= C^2 E|V_i-v_i|^2, |.| "+
				"Frobenius, the first line of (26) taken at its word", nil), "the same with |J2_i|_op, which C bounds"),
			rates.JudgeEq26Line),
		from(row("remark1", "Remark 1", claim.Printed,
			"without perturbations and with g = c T^-1/2, (37) gives the rate "+
				"T^-1/2", rates.JudgeRemark1), "thm4"),
		instead(row("remark1", "Remark 1", claim.Derivation, "the same with any g = O(T^-1/2), as the words say",
			rates.JudgeRemark1Word), "g has to be of that order: (37) has D0/(gT)"),
		from(row("remark2", "Remark 2", claim.Printed,
			"without perturbations and with g = c ln T/T, c mu >= 3, (38) gives "+
				"the rate ~O(1/T)", rates.JudgeRemark2), "thm5"),
		instead(row("remark2", "Remark 2", claim.Derivation, "the same with any g = O(ln T/T), as the words say",
			rates.JudgeRemark2Word), "with g = c ln T/T the start leaves T^{-c mu/3} in (38), and T^{-2 c mu} on a "+
			"quadratic: c mu has to be large enough"),
		instead(row("word", "6", claim.Derivation, "\"<~\" as the words say, with a constant independent of problem "+
			"parameters: (43), (44), (45), (47), (49)-(52) and Corollaries 1 to 4", rates.JudgeWord),
			"the usual meaning, a constant independent of T alone: cor1 to cor4 and eq50 as printed"),
		from(row("depth", "after Theorem 1", claim.Printed,
			"the coefficients (21) are e^{O(N)}: at most exponential in "+
				"the depth", rates.JudgeDepth), "thm1"),
		instead(row("depth", "after Theorem 1", claim.Derivation,
			"they \"scale exponentially with the depth\", whatever "+
				"the constants: growing at least as fast as 2^N", rates.JudgeDepthAll),
			"they do where C and Lf exceed 1, as section 5.3 adds; for 3C^2, 2Lf^2 < 1 they are bounded"),
		from(row("depth53", "5.3", claim.Printed, "they do \"whenever per-operator Lipschitz factors exceed 1\"",
			rates.JudgeDepthAbove1), "thm1"),
		convex,
		instead(row("sec53", "5.3", claim.Derivation,
			"\"this hierarchy is captured by\" Ce_d and Ce_e: a unit error at a "+
				"site of a larger coefficient does no less harm", rates.JudgeHierarchy),
			"the coefficients bound the harm of "+
				"each site from above; which site does more is the problem's, see SharpQPerOp"),
		from(row("beyond", "6.2", claim.Printed, "beyond the budgets of Table 1 slower convergence or divergence may "+
			"follow", rates.JudgeBeyond), "table1"),
	}
}

package props

import (
	"slices"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/experiment/beyond"
)

// BeyondClaims are ours on what the paper leaves open in its section 8: ef for error
// feedback, sa for saved activations, hb for momentum. The proofs are in bounds/PROOFS.md,
// section 5.
func BeyondClaims() []claim.Claim {
	row := func(id, proof, statement string, judge func(seed uint64) claim.Judgement) claim.Claim {
		return claim.Claim{
			ID: id, Eq: "8", Form: claim.Sharp, Kind: claim.SelfJudged, Statement: statement,
			Proof: "bounds/PROOFS.md " + proof, Judge: judge, Drawn: true,
		}
	}
	conjecture := func(id, instead, statement string) claim.Claim {
		c := row(id, "", statement, beyond.JudgeSavedConjecture(id))
		c.Form, c.Proof, c.Instead = claim.Conjecture, "", instead
		return c
	}
	pl := row("ef1", "(5.1)", "U_t = u_t + d_t - d_{t+1}, d_0 = 0, E|d_t|^2 <= m^2, g <= 2/L, A4: (E[l(w^T)-l*])^{1/2} "+
		"<= (L/2)^{1/2} g m (1 + L g sum_{k<T-1} q^{k/2}) + (q^T D0 + (L g^2/2) sigma^2 sum_{k<T} q^k)^{1/2}, q = 1 - "+
		"mu g (2 - L g)", beyond.JudgeFeedback)
	pl.PL = true
	onData := row("ef7", "(5.14)", "the regression of section 7, strongly convex and without xi: as g -> 0 the stable "+
		"gradient "+
		"norm goes to 0 with a backward memory a sample and with forward differences to a reference a sample, and stays "+
		"where chain terms are sent whole or not at all, with one memory for all samples, with activations rounded to a "+
		"grid, and with the rest of that carried along", beyond.JudgeSchemes)
	onData.Drawn = false // it draws data, and few
	on := func(page string, claims ...claim.Claim) []claim.Claim {
		for k := range claims {
			claims[k].Page = page
		}
		return claims
	}
	feedback := on("feedback",
		pl,
		row("ef2", "(5.3)", "the same without A4, g <= 1/(2L): (1/T) sum_{t<T} E|grad l(w^t)|^2 <= 2 D0/(g T) + L g "+
			"sigma^2 + 2 L^2 g^2 m^2 (T-1)/T", beyond.JudgeFeedbackMean),
	)
	memories := on("memories",
		row("ef3", "(5.10)", "a backward memory at y_i: one for all samples leaves a bias, E[U] = -3/28 where u = 0 for "+
			"y_1 = x w, x in {1, 2} drawn anew each time, f_2 = 0.75 y^2 - 2.5 y, w = 1 and a threshold of 0.9; one a "+
			"sample leaves none", beyond.JudgeOneMemory),
		row("ef4", "(5.11)", "y_1 = w x and a memory a sample: biased eps of O(1) at every step are ef1 with d = sum_x x "+
			"e(x), and keep its rate", beyond.JudgeSampleMemory),
		row("ef5", "(5.12)", "forward, sending the difference to a reference a sample by a compressor with |C(a) - a| <= "+
			"rho |a|: |delta_t| <= sum_{k<=t} rho^{t+1-k} |y_k - y_{k-1}|, which is O(g)", beyond.JudgeReference),
		row("ef6", "(5.13)", "forward, carrying the rest along leaves a plateau: l = w^2/2 + k w^3/6, y_1 = w sent as "+
			"+-s/2, "+
			"k s^2/8 + |w^0 - w_b| + g s <= s/2: |w^T - w_b| <= (1-g)^T |w^0 - w_b| + g s, w_b = -k s^2/8, where |grad l| "+
			"is k s^2/8 (1 - k^2 s^2/16)", beyond.JudgeCarried),
		onData,
	)
	saved := on("saved",
		row("sa1", "(5.4)", "exact forward pass, a backward pass that sees y_{i-1} + zeta_i, zeta_i independent with "+
			"mean 0: E[U] = u where J1_i and J2_i are affine in the input", beyond.JudgeSavedQuadratic),
		row("sa2", "(5.5)", "the same with any operators: |E[U-u]|^2 <= sum_{i<=N} ( C^{N-i} (L2/2) sum_{j=i..N} "+
			"E|zeta_j|^2 )^2", beyond.JudgeSavedMean),
		row("sa3", "(5.6)", "any zeta_i: |U-u|^2 <= sum_{i<=N} ( C^{N-i} L1 sum_{j=i..N} |zeta_j| )^2",
			beyond.JudgeSaved),
		row("sa4", "(5.15)", "J1_i and J2_i affine in the input, delta_i of any law, eps_i and zeta_i of mean 0, "+
			"independent of each other and of all delta_i: E|U-u|^2 <= sum_{i<=N} ( (C^{N-i} L1 sum_{j=i..N} h_{j-1})^2 + "+
			"C^{2(N-i)} L1^2 sum_{j=i..N} E|zeta_j|^2 + sum_{j=i+1..N} C^{2(j-i)} E|eps_j|^2 ), "+
			"h_j = sum_{k<=j} Lf^{j-k} (E|delta_k|^2)^{1/2}",
			beyond.JudgeSavedVariance),
		conjecture("sa5", "sa2: the bias is of second order in zeta",
			"exact forward pass, J1_i and J2_i taken at y_{i-1} + zeta_i: eps_i and zeta_i independent "+
				"with mean 0 give no bias, whatever the operators: |E[U-u]|^2 <= 0"),
		conjecture("sa6", "sa1, for independent zeta",
			"the same where J1_i and J2_i are affine in the input, zeta_1, ..., zeta_N of mean 0 but dependent: "+
				"|E[U-u]|^2 <= 0"),
		conjecture("sa7", "sa4, for independent zeta; sa3, for any",
			"J1_i and J2_i affine in the input, zeta_1, ..., zeta_N of mean 0 but dependent: E|U-u|^2 <= "+
				"sum_{i<=N} ( C^{2(N-i)} L1^2 sum_{j=i..N} E|zeta_j|^2 + sum_{j=i+1..N} C^{2(j-i)} E|eps_j|^2 )"),
	)
	momentum := on("momentum",
		row("hb1", "(5.7)", "w^{t+1} = w^t - g m_t, m_t = beta m_{t-1} + U_t, in a direction of curvature h of a "+
			"quadratic: x_T = (r_T - beta r_{T-1}) x_0 - g sum_{t<T} r_{T-1-t} (U-u)_t, r_0 = 1, r_1 = 1 + beta - g h, "+
			"r_{k+1} = r_1 r_k - beta r_{k-1}", beyond.JudgeHeavyBall),
		row("hb2", "(5.8)", "0 <= beta < 1, 0 < g h < 2 (1 + beta): a constant error b leaves x = -b/h whatever beta "+
			"is, independent ones of variance s^2 leave s^2 g (1 + beta)/(h (1 - beta) (2 (1 + beta) - g h))",
			beyond.JudgeHeavyBallLimit),
		row("hb3", "(5.9)", "heavy ball is error feedback with the step a = g/(1-beta) and d_t = beta m_{t-1}: for a <= "+
			"1/(2L) (1/T) sum_{t<T} E|grad l(w^t)|^2 <= 2 D0/(a T) + L a sigma^2 + 2 L^2 a^2 beta^2 max_t E|m_t|^2",
			beyond.JudgeMomentumMean),
	)
	return slices.Concat(feedback, memories, saved, momentum)
}

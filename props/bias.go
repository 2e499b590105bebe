package props

import (
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

func biasClaimsIn(r claim.Reading) []claim.Claim {
	return []claim.Claim{
		{
			ID: "lemma2", Eq: "(22)", Form: claim.Printed, Kind: claim.Nodes, Span: nodes(r),
			Title: "Lemma 2",
			Statement: "|E^{G_{i-1}}[J2_i(Y_{i-1})-J2_i(y_{i-1})]|^2 <= 2 C2^2 |E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 " +
				"+ L2^2 E^{G_{i-1}}|Y_{i-1}-y_{i-1}|^4",
			Left: func(v *claim.View, k int) float64 { return v.Nodes[r][k].Left },
			Right: func(v *claim.View, k int) float64 {
				return bounds.Lemma2(v.K, v.Nodes[r][k].Mean2,
					v.Nodes[r][k].Four)
			},
		},
		{
			// It needs Lemma 2 for i = N alone, where d_N = 1 and the Lemma holds.
			ID: "eq24", Eq: "(24)", Form: claim.Printed,
			Proof:       "bounds/PROOFS.md (3.3)",
			FollowsFrom: []string{"lemma1", "lemma2"},
			Statement: "E|E_t[U_N-u_N]|^2 <= 4 Cv^2 C2^2 E|E^{G_{N-1}}[Y_{N-1}-y_{N-1}]|^2 " +
				"+ 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^4",
			Left:  func(v *claim.View, _ int) float64 { return v.UiMean2[v.K.N] },
			Right: func(v *claim.View, _ int) float64 { return bounds.Eq24(v.K, v.YMean2[r], v.Y4) },
		},
		{
			ID: "eq26", Eq: "(26)", Form: claim.Printed, Span: belowN, RestsOn: "lemma2",
			Proof:       unless(r, claim.Total, "bounds/PROOFS.md (3.4)"),
			FollowsFrom: []string{"lemma1", "lemma2"},
			Statement: "E|E_t[U_i-u_i]|^2 <= 2C^2 E|E^{H_i}[V_i-v_i]|^2 " +
				"+ 4 Cv^2 C2^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + 2 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4",
			Left:  func(v *claim.View, i int) float64 { return v.UiMean2[i] },
			Right: func(v *claim.View, i int) float64 { return bounds.Eq26(v.K, i, v.VMean2[r], v.YMean2[r], v.Y4) },
		},
		{
			// Given H_{i+1} the bracket is V_i - v_i, averaged over eps_{i+1} at most.
			ID: "eq28a", Eq: "(28)", Form: claim.Printed, Span: belowN,
			Statement: "E|E^{H_i}[V_i-v_i]|^2 <= E|E^{H_{i+1}}[J1_{i+1}(Y_i)^T V_{i+1} - J1_{i+1}(y_i)^T v_{i+1} " +
				"+ eps_{i+1}]|^2",
			Left:  func(v *claim.View, i int) float64 { return v.VMean2[r][i] },
			Right: func(v *claim.View, i int) float64 { return v.VMean2[bracket(r)][i] },
		},
		{
			ID: "eq28b", Eq: "(28)", Form: claim.Printed, Span: belowN,
			FollowsFrom: []string{"eq28n"},
			Statement: "right side of (28a) <= 3C^2 E|E^{H_{i+1}}[V_{i+1}-v_{i+1}]|^2 " +
				"+ 6 Cv^2 C2^2 E|E^{G_i}[Y_i-y_i]|^2 + 3 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4 " +
				"+ 3 E|E^{H_{i+1}}[eps_{i+1}]|^2",
			Left: func(v *claim.View, i int) float64 { return v.VMean2[bracket(r)][i] },
			Right: func(v *claim.View, i int) float64 {
				return bounds.Eq28b(v.K, i, v.VMean2[r], v.YMean2[r], v.Y4, v.EMean2[r])
			},
		},
		{
			ID: "eq29", Eq: "(29)", Form: claim.Printed, Span: from1toN,
			Proof:       unless(r, claim.Past, "bounds/PROOFS.md (3.6)"),
			FollowsFrom: []string{"eq29n"},
			Statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 4C^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 " +
				"+ 2 L1^2 E|Y_{i-1}-y_{i-1}|^4 + 2 E|E^{G_i}[delta_i]|^2",
			Left:  func(v *claim.View, i int) float64 { return v.YMean2[r][i] },
			Right: func(v *claim.View, i int) float64 { return bounds.Eq29(v.K, i, v.YMean2[r], v.Y4, v.DMean2[r]) },
		},
		{
			ID: "eq32", Eq: "(32)", Form: claim.Printed,
			Proof:       unless(r, claim.Past, "bounds/PROOFS.md (3.7)"),
			FollowsFrom: []string{"eq29b"},
			Statement: "4 C2^2 Cv^2 sum_{i<N} S_i E|E^{G_i}[Y_i-y_i]|^2 " +
				"<= 8 C2^2 Cv^2 sum_{i<N} ( sum_{j=i..N-1} S_j (4C^2)^{j-i} ) E|E^{G_i}[delta_i]|^2 " +
				"+ 8 C2^2 L1^2 Cv^2 sum_{i<N-1} ( sum_{j=i+1..N-1} S_j (4C^2)^{j-i-1} ) E|Y_i-y_i|^4",
			Left:  func(v *claim.View, _ int) float64 { return bounds.Eq32Left(v.K, v.YMean2[r]) },
			Right: func(v *claim.View, _ int) float64 { return bounds.Eq32Right(v.K, v.DMean2[r], v.Y4) },
		},
		{
			ID: "thm2", Eq: "(23), (33)", Form: claim.Printed,
			Title:       "Theorem 2",
			FollowsFrom: []string{"disp33"},
			Statement: "E|E_t[U-u]|^2 <= sum_{i<N} Cb_d[i] E|E^{G_i}[delta_i]|^2 + sum_{i<N} Ct_d[i] E|delta_i|^4 " +
				"+ sum_{i<N} Cb_e[i+1] E|E^{H_{i+1}}[eps_{i+1}]|^2",
			Left:  uMean2,
			Right: func(v *claim.View, _ int) float64 { return bounds.Theorem2(v.K, v.DMean2[r], v.D4, v.EMean2[r]) },
		},
	}
}

// repairedBiasClaims are the forms that stand beside the printed ones that
// fail in the reading; the proofs are in bounds/PROOFS.md.
func repairedBiasClaims(r claim.Reading) []claim.Claim {
	claims := []claim.Claim{
		{
			ID: "lemma2", Eq: "(22)", Form: claim.Repaired, Kind: claim.Nodes, Span: nodes(r),
			Proof:     "bounds/PROOFS.md (3.1)",
			Statement: "(22) with L1 for C2",
			Left:      func(v *claim.View, k int) float64 { return v.Nodes[r][k].Left },
			Right: func(v *claim.View, k int) float64 {
				return bounds.RepairedLemma2(v.K, v.Nodes[r][k].Mean2, v.Nodes[r][k].Four)
			},
		},
		repairedTheorem2Total(),
	}
	if r != claim.Total {
		claims[1] = repairedTheorem2Past(r)
		claims = append(claims, sharpTheorem2(r)...)
	}
	switch r {
	case claim.Literal:
		claims = append(claims, claim.Claim{
			ID: "eq28a", Eq: "(28)", Form: claim.Repaired, Span: belowN,
			Proof:     "bounds/PROOFS.md (1.7)",
			Statement: "(28a) with its sign reversed: given less, a mean is smaller (Jensen)",
			Left:      func(v *claim.View, i int) float64 { return v.VMean2[claim.Past][i] },
			Right:     func(v *claim.View, i int) float64 { return v.VMean2[claim.Literal][i] },
		})
	case claim.Past:
		claims = append(claims, claim.Claim{
			ID: "eq29", Eq: "(29)", Form: claim.Repaired, Span: from1toN,
			Proof: "bounds/PROOFS.md (3.6)",
			Statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 2 Lf^2 E|Y_{i-1}-y_{i-1}|^2 " +
				"+ 2 E|E^{G_i}[delta_i]|^2: the past knows Y_{i-1}",
			Left:  func(v *claim.View, i int) float64 { return v.YMean2[r][i] },
			Right: func(v *claim.View, i int) float64 { return bounds.RepairedEq29Past(v.K, i, v.Y2, v.DMean2[r]) },
		}, claim.Claim{
			ID: "eq32", Eq: "(32)", Form: claim.Repaired,
			Proof:     "bounds/PROOFS.md (3.7)",
			Statement: "(32) with E|E[Y_i-y_i|x]|^2 on the left",
			Left:      func(v *claim.View, _ int) float64 { return bounds.Eq32Left(v.K, v.YMean2[claim.Total]) },
			Right:     func(v *claim.View, _ int) float64 { return bounds.Eq32Right(v.K, v.DMean2[r], v.Y4) },
		})
	case claim.Total:
		claims = append(claims, claim.Claim{
			ID: "eq26", Eq: "(26)", Form: claim.Repaired, Span: belowN,
			Proof:     "bounds/PROOFS.md (3.4)",
			Statement: "(26) with V_i-v_i averaged given the forward pass and V_N..V_{i+1}",
			Left:      func(v *claim.View, i int) float64 { return v.UiMean2[i] },
			Right: func(v *claim.View, i int) float64 {
				return bounds.Eq26(v.K, i, v.VMean2[claim.Past], v.YMean2[r], v.Y4)
			},
		}, claim.Claim{
			ID: "eq28b", Eq: "(28)", Form: claim.Repaired, Span: belowN,
			Proof: "bounds/PROOFS.md (3.5)",
			Statement: "(28b) with L1 for C2, |Y_i-y_i|^4 for |Y_{i-1}-y_{i-1}|^4, and 12 L1^2 E|Y_i-y_i|^2 " +
				"|V_{i+1}-v_{i+1}|^2 more",
			Left: func(v *claim.View, i int) float64 { return v.VMean2[r][i] },
			Right: func(v *claim.View, i int) float64 {
				return bounds.RepairedEq28b(v.K, i, v.VMean2[r], v.YMean2[r], v.Y4, v.EMean2[r], v.YV2)
			},
		})
	}
	if r != claim.Total {
		claims = append(claims, claim.Claim{
			ID: "eq28b", Eq: "(28)", Form: claim.Repaired, Span: belowN,
			Proof: "bounds/PROOFS.md (3.5)",
			Statement: "E|E[V_i-v_i]|^2 given H_{i+1} <= 3C^2 E|V_{i+1}-v_{i+1}|^2 + 3 Cv^2 L1^2 E|Y_i-y_i|^2 " +
				"+ 3 E|E^{H_{i+1}}[eps_{i+1}]|^2: H_{i+1} knows Y_i and V_{i+1}",
			Left: func(v *claim.View, i int) float64 { return v.VMean2[claim.Past][i] },
			Right: func(v *claim.View, i int) float64 {
				return bounds.RepairedEq28Past(v.K, i, v.V2, v.Y2,
					v.EMean2[r])
			},
		})
	}
	return claims
}

// repairedTheorem2Total is Theorem 2 in the total reading of delta. The eps are averaged
// given the forward pass in every reading: their total means may vanish while the product
// with J1(Y) has one.
func repairedTheorem2Total() claim.Claim {
	return claim.Claim{
		ID: "thm2", Eq: "(23), (33)", Form: claim.Repaired,
		Proof: "bounds/PROOFS.md (3.17)",
		Statement: "(23) with L1 for L2 in Cb_d and for C2 in Cy, with Cy[i] larger by 4 L1^4 Cv^2 ((i-1)^2 " +
			"S_{i-1} + sum_{j=i+1..N-1} (j-1) S_{j-1}), with E_x(E[|delta_i|^2|x]^2) for E|delta_i|^4, and eps " +
			"averaged given the forward pass",
		Left: uMean2,
		Right: func(v *claim.View, _ int) float64 {
			return bounds.RepairedTheorem2(v.K, v.DMean2[claim.Total], v.D22, v.EMean2[claim.Past])
		},
	}
}

// repairedTheorem2Past is Theorem 2 where the past of delta is known, so that products of
// errors need no term of their own.
func repairedTheorem2Past(r claim.Reading) claim.Claim {
	return claim.Claim{
		ID: "thm2", Eq: "(23), (33)", Form: claim.Repaired,
		Proof:  "bounds/PROOFS.md (3.23)",
		AtMost: 39.0 / 44, AtMostBy: "bounds/PROOFS.md (3.23)",
		Statement: "(23) with L1 for L2 in Cb_d and for C2 in Cy, with E_x(E[|delta_i|^2|x]^2) for E|delta_i|^4, and " +
			"eps averaged given the forward pass",
		Left: uMean2,
		Right: func(v *claim.View, _ int) float64 {
			return bounds.RepairedTheorem2Past(v.K, v.DMean2[r], v.D22, v.EMean2[claim.Past])
		},
	}
}

// sharpTheorem2 are the sharp forms of Theorem 2, in the past and the literal reading.
func sharpTheorem2(r claim.Reading) []claim.Claim {
	return []claim.Claim{
		{
			ID: "thm2", Eq: "(23), (33)", Form: claim.Sharp,
			Proof: "bounds/PROOFS.md (3.28)",
			Statement: "E|E_t[U-u]|^2 <= |r|^2, r_i linear in the roots of E|E[delta_k]|^2 and E|E[eps_j]|^2 " +
				"and in bounds p_b of E_x(E[|Y_b-y_b|^2|x]^2)^{1/2}, with the constants of N, C, Lf, L1 " +
				"and L2 in bounds/PROOFS.md (3.25)-(3.28)",
			Left:  uMean2,
			Right: func(v *claim.View, _ int) float64 { return bounds.SharpTheorem2(v.K, v.Bias(r)) },
		},
		{
			ID: "thm2", Eq: "(23), (33)", Form: claim.SharpEach,
			Proof:     "bounds/PROOFS.md (3.25)",
			Statement: "the same with the constants of each operator in place of one for all",
			Left:      uMean2,
			Right: func(v *claim.View, _ int) float64 {
				return bounds.SharpTheorem2PerOp(v.PerOp(), v.Curvature(), v.Bias(r))
			},
		},
	}
}

func nodes(r claim.Reading) func(v *claim.View) (int, int) {
	return func(v *claim.View) (int, int) { return 0, len(v.Nodes[r]) - 1 }
}

// unless is the place of a proof that covers every reading but one.
func unless(r, but claim.Reading, place string) string {
	if r == but {
		return ""
	}
	return place
}

// bracket is the reading of V_i - v_i given H_{i+1}: literally, H_{i+1} does not
// know eps_{i+1}, which is the past of V_i.
func bracket(r claim.Reading) claim.Reading {
	if r == claim.Literal {
		return claim.Past
	}
	return r
}

func uMean2(v *claim.View, _ int) float64 { return v.UMean2 }

package props

import (
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// biasLines are the lines of Theorem 2's proof between the numbered ones: (27) and (31),
// the middle lines of (28) and (29), both unrolled, and the display before (33).
func biasLines(r claim.Reading) []claim.Claim {
	middle28 := func(v *claim.View, i int) float64 { return bounds.Eq28Middle(v.K, i, v.BMean2[r], v.EMean2[r]) }
	middle29 := func(v *claim.View, i int) float64 { return bounds.Eq29Middle(v.K, i, v.FMean2[r], v.DMean2[r]) }
	return []claim.Claim{
		{
			ID: "eq27", Eq: "(27)", Form: claim.Printed,
			FollowsFrom: []string{"eq24", "eq26"},
			Statement: "E|E_t[U-u]|^2 <= 2C^2 sum_{i<N} E|E^{H_i}[V_i-v_i]|^2 " +
				"+ 4 Cv^2 C2^2 sum_{i<N} E|E^{G_i}[Y_i-y_i]|^2 + 2 Cv^2 L2^2 sum_{i<N} E|Y_i-y_i|^4",
			Left:  uMean2,
			Right: func(v *claim.View, _ int) float64 { return bounds.Eq27(v.K, v.VMean2[r], v.YMean2[r], v.Y4) },
		},
		{
			ID: "eq28m", Eq: "(28)", Form: claim.Printed, Span: belowN,
			FollowsFrom: []string{"eq28a"},
			Statement: "right side of (28a) <= (3/2) E|E^{H_{i+1}}[J1_{i+1}(Y_i)^T V_{i+1} " +
				"- J1_{i+1}(y_i)^T v_{i+1}]|^2 + 3 E|E^{H_{i+1}}[eps_{i+1}]|^2, the line between the two",
			Left:  func(v *claim.View, i int) float64 { return v.VMean2[bracket(r)][i] },
			Right: middle28,
		},
		{
			ID: "eq28n", Eq: "(28)", Form: claim.Printed, Span: belowN,
			FollowsFrom: []string{"eq28m", "lemma2"},
			Statement: "the line between the two of (28) <= 3C^2 E|E^{H_{i+1}}[V_{i+1}-v_{i+1}]|^2 " +
				"+ 6 Cv^2 C2^2 E|E^{G_i}[Y_i-y_i]|^2 + 3 Cv^2 L2^2 E|Y_{i-1}-y_{i-1}|^4 " +
				"+ 3 E|E^{H_{i+1}}[eps_{i+1}]|^2",
			Left: middle28,
			Right: func(v *claim.View, i int) float64 {
				return bounds.Eq28b(v.K, i, v.VMean2[r], v.YMean2[r], v.Y4, v.EMean2[r])
			},
		},
		{
			ID: "eq28c", Eq: "(28)", Form: claim.Printed, Span: belowN,
			FollowsFrom: []string{"eq28b"},
			Statement: "E|E^{H_i}[V_i-v_i]|^2 <= sum_{j=i..N-1} (3C^2)^{j-i} ( 6 Cv^2 C2^2 E|E^{G_j}[Y_j-y_j]|^2 " +
				"+ 3 Cv^2 L2^2 E|Y_j-y_j|^4 + 3 E|E^{H_{j+1}}[eps_{j+1}]|^2 ), (28) unrolled",
			Left:  func(v *claim.View, i int) float64 { return v.VMean2[r][i] },
			Right: func(v *claim.View, i int) float64 { return bounds.Eq28c(v.K, i, v.YMean2[r], v.Y4, v.EMean2[r]) },
		},
		{
			ID: "eq29m", Eq: "(29)", Form: claim.Printed, Span: from1toN,
			Statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 2 E|E^{G_i}[f_i(Y_{i-1},w_i)-f_i(y_{i-1},w_i)]|^2 " +
				"+ 2 E|E^{G_i}[delta_i]|^2, the line before (29)",
			Left:  func(v *claim.View, i int) float64 { return v.YMean2[r][i] },
			Right: middle29,
		},
		{
			ID: "eq29n", Eq: "(29)", Form: claim.Printed, Span: from1toN,
			FollowsFrom: []string{"eq29m"},
			Statement: "the line before (29) <= 4C^2 E|E^{G_{i-1}}[Y_{i-1}-y_{i-1}]|^2 + 2 L1^2 E|Y_{i-1}-y_{i-1}|^4 " +
				"+ 2 E|E^{G_i}[delta_i]|^2",
			Left:  middle29,
			Right: func(v *claim.View, i int) float64 { return bounds.Eq29(v.K, i, v.YMean2[r], v.Y4, v.DMean2[r]) },
		},
		{
			ID: "eq29b", Eq: "(29)", Form: claim.Printed, Span: from1toN,
			FollowsFrom: []string{"eq29"},
			Statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 2 L1^2 sum_{j<i} (4C^2)^{i-j-1} E|Y_j-y_j|^4 " +
				"+ 2 sum_{j<=i} (4C^2)^{i-j} E|E^{G_j}[delta_j]|^2, (29) unrolled",
			Left:  func(v *claim.View, i int) float64 { return v.YMean2[r][i] },
			Right: func(v *claim.View, i int) float64 { return bounds.Eq29b(v.K, i, v.Y4, v.DMean2[r]) },
		},
		{
			ID: "eq31", Eq: "(31)", Form: claim.Printed,
			FollowsFrom: []string{"eq27", "eq28c"},
			Statement: "E|E_t[U-u]|^2 <= 2 Cv^2 sum_{i<N} S_i ( 2 C2^2 E|E^{G_i}[Y_i-y_i]|^2 + L2^2 E|Y_i-y_i|^4 ) " +
				"+ 2 sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|E^{H_{i+1}}[eps_{i+1}]|^2",
			Left:  uMean2,
			Right: func(v *claim.View, _ int) float64 { return bounds.Eq31(v.K, v.YMean2[r], v.Y4, v.EMean2[r]) },
		},
		{
			ID: "disp33", Eq: "before (33)", Form: claim.Printed,
			FollowsFrom: []string{"eq30b", "eq31", "eq32"},
			Statement:   "(23) with 8 C2^2 Cv^2 for 8 L2^2 Cv^2 in Cb_d, the display between (32) and (33)",
			Left:        uMean2,
			Right:       func(v *claim.View, _ int) float64 { return bounds.Display33(v.K, v.DMean2[r], v.D4, v.EMean2[r]) },
		},
	}
}

// repairedBiasLines stand beside those of biasLines that fail in the reading.
func repairedBiasLines(r claim.Reading) []claim.Claim {
	display33 := repairedTheorem2Past(r)
	display33.AtMost, display33.AtMostBy = 0, "" // of Theorem 2
	eq31 := claim.Claim{
		ID: "eq31", Eq: "(31)", Form: claim.Repaired,
		Proof:     "bounds/PROOFS.md (3.30)",
		Statement: "(31) with L1 for C2, and eps averaged given the forward pass",
		Left:      uMean2,
		Right: func(v *claim.View, _ int) float64 {
			return bounds.RepairedEq31Past(v.K, v.YMean2[r], v.Y4, v.EMean2[claim.Past])
		},
	}
	if r == claim.Total {
		display33 = repairedTheorem2Total()
		eq31.Statement = "(31) with L1 for C2, with 4 L1^4 Cv^2 ((i-1)^2 S_{i-1} + sum_{j=i+1..N-1} (j-1) S_{j-1}) " +
			"E|Y_i-y_i|^4 more for each i, and eps averaged given the forward pass"
		eq31.Right = func(v *claim.View, _ int) float64 {
			return bounds.RepairedEq31(v.K, v.YMean2[r], v.Y4, v.EMean2[claim.Past])
		}
	}
	display33.ID, display33.Eq = "disp33", "before (33)"
	eq31.Proof, display33.Proof = "bounds/PROOFS.md (3.30)", "bounds/PROOFS.md (3.30)"
	all := []claim.Claim{eq31, display33}
	middle := claim.Claim{
		ID: "eq28n", Eq: "(28)", Form: claim.Repaired, Span: belowN,
		Proof: "bounds/PROOFS.md (3.32)",
		Statement: "the line between the two of (28) <= 3C^2 E|V_{i+1}-v_{i+1}|^2 + 3 Cv^2 L1^2 E|Y_i-y_i|^2 " +
			"+ 3 E|E^{H_{i+1}}[eps_{i+1}]|^2",
		Left: func(v *claim.View, i int) float64 { return bounds.Eq28Middle(v.K, i, v.BMean2[r], v.EMean2[r]) },
		Right: func(v *claim.View, i int) float64 {
			return bounds.RepairedEq28Past(v.K, i, v.V2, v.Y2, v.EMean2[r])
		},
	}
	unrolled := claim.Claim{
		ID: "eq28c", Eq: "(28)", Form: claim.Repaired, Span: belowN,
		Proof: "bounds/PROOFS.md (3.32)",
		Left:  func(v *claim.View, i int) float64 { return v.VMean2[r][i] },
	}
	switch r {
	case claim.Literal:
		unrolled.Statement = "the same as (17): given H_i, V_i is known"
		unrolled.Right = func(v *claim.View, i int) float64 { return bounds.Eq17b(v.K, i, v.Y2, v.E2) }
	case claim.Past:
		unrolled.Statement = "E|E^{H_i}[V_i-v_i]|^2 <= sum_{j=i..N-1} (3C^2)^{j-i} ( 3 Cv^2 L1^2 E|Y_j-y_j|^2 + 3 e_j ), " +
			"e_i = E|E^{H_{i+1}}[eps_{i+1}]|^2, e_j = E|eps_{j+1}|^2 for j > i: the past knows V_{i+1}"
		unrolled.Right = func(v *claim.View, i int) float64 {
			return bounds.RepairedEq28cPast(v.K, i, v.Y2, v.E2, v.EMean2[r])
		}
		all = append(all, claim.Claim{
			ID: "eq29n", Eq: "(29)", Form: claim.Repaired, Span: from1toN,
			Proof:     "bounds/PROOFS.md (3.33)",
			Statement: "the line before (29) <= 2 Lf^2 E|Y_{i-1}-y_{i-1}|^2 + 2 E|E^{G_i}[delta_i]|^2",
			Left:      func(v *claim.View, i int) float64 { return bounds.Eq29Middle(v.K, i, v.FMean2[r], v.DMean2[r]) },
			Right:     func(v *claim.View, i int) float64 { return bounds.RepairedEq29Past(v.K, i, v.Y2, v.DMean2[r]) },
		}, claim.Claim{
			ID: "eq29b", Eq: "(29)", Form: claim.Repaired, Span: from1toN,
			Proof: "bounds/PROOFS.md (3.33)",
			Statement: "E|E^{G_i}[Y_i-y_i]|^2 <= 2 sum_{j<i} (2 Lf^2)^{i-j} E|delta_j|^2 " +
				"+ 2 E|E^{G_i}[delta_i]|^2: the past knows Y_{i-1}",
			Left:  func(v *claim.View, i int) float64 { return v.YMean2[r][i] },
			Right: func(v *claim.View, i int) float64 { return bounds.RepairedEq29bPast(v.K, i, v.D2, v.DMean2[r]) },
		})
	case claim.Total:
		const products = ", with L1 for C2, the fourth moment of Y_j-y_j and 12 L1^2 E|Y_j-y_j|^2 " +
			"|V_{j+1}-v_{j+1}|^2 more"
		middle.Statement = "the last sign of (28)" + products
		middle.Right = func(v *claim.View, i int) float64 {
			return bounds.RepairedEq28b(v.K, i, v.VMean2[r], v.YMean2[r], v.Y4, v.EMean2[r], v.YV2)
		}
		unrolled.Statement = "(28) unrolled" + products
		unrolled.Right = func(v *claim.View, i int) float64 {
			return bounds.RepairedEq28c(v.K, i, v.YMean2[r], v.Y4, v.EMean2[r], v.YV2)
		}
		all = append(all, claim.Claim{
			ID: "eq27", Eq: "(27)", Form: claim.Repaired,
			Proof:     "bounds/PROOFS.md (3.31)",
			Statement: "(27) with V_i-v_i averaged given the forward pass and V_N..V_{i+1}",
			Left:      uMean2,
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Eq27(v.K, v.VMean2[claim.Past], v.YMean2[r], v.Y4)
			},
		})
	}
	return append(all, middle, unrolled)
}

package props

import (
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

func from1toN(v *claim.View) (int, int) { return 1, v.K.N }
func belowN(v *claim.View) (int, int)   { return 1, v.K.N - 1 }
func u2(v *claim.View, _ int) float64   { return v.U2 }
func y2(v *claim.View, i int) float64   { return v.Y2[i] }
func ui2(v *claim.View, i int) float64  { return v.Ui2[i] }
func uN2(v *claim.View, _ int) float64  { return v.Ui2[v.K.N] }

// propagationClaims are Lemma 1, Theorem 1 and the steps of its proof, (12)
// and (14)-(20), and (30).
func propagationClaims() []claim.Claim {
	claims := []claim.Claim{
		{
			ID: "lemma1", Eq: "Lemma 1", Form: claim.Printed, Span: from1toN,
			Proof:       "bounds/PROOFS.md (1.1)",
			Title:       "Lemma 1",
			FollowsFrom: []string{"eq12"},
			Statement:   "|v_i|^2 <= Cv^2, Cv = max{1, C^N}",
			Left:        func(v *claim.View, i int) float64 { return v.V0[i] },
			Right:       func(v *claim.View, _ int) float64 { return bounds.Lemma1(v.K) },
		},
		{
			ID: "eq12", Eq: "(12)", Form: claim.Printed, Span: from1toN,
			Proof:     "bounds/PROOFS.md (1.1)",
			Statement: "|v_i|^2 <= C^{2(N-i)}",
			Left:      func(v *claim.View, i int) float64 { return v.V0[i] },
			Right:     func(v *claim.View, i int) float64 { return bounds.Eq12(v.K, i) },
		},
		{
			ID: "eq14a", Eq: "(14)", Form: claim.Printed,
			Statement: "E|U_N-u_N|^2 <= L1^2 E|Y_{N-1}-y_{N-1}|^2",
			Left:      uN2,
			Right:     func(v *claim.View, _ int) float64 { return bounds.Eq14a(v.K, v.Y2) },
		},
		{
			ID: "eq14b", Eq: "(14)", Form: claim.Printed,
			FollowsFrom: []string{"eq14a"},
			Statement:   "L1^2 E|Y_{N-1}-y_{N-1}|^2 <= 2 Cv^2 L2^2 E|Y_{N-1}-y_{N-1}|^2",
			Left:        func(v *claim.View, _ int) float64 { return bounds.Eq14a(v.K, v.Y2) },
			Right:       func(v *claim.View, _ int) float64 { return bounds.Eq14b(v.K, v.Y2) },
		},
		{
			ID: "eq14b", Eq: "(14)", Form: claim.Repaired,
			Proof:  "bounds/PROOFS.md (1.2)",
			AtMost: 0.5, AtMostBy: "(14), as Cv >= 1",
			Statement: "E|U_N-u_N|^2 <= 2 Cv^2 L1^2 E|Y_{N-1}-y_{N-1}|^2",
			Left:      uN2,
			Right:     func(v *claim.View, _ int) float64 { return bounds.Eq14bRepaired(v.K, v.Y2) },
		},
		{
			ID: "eq15", Eq: "(15)", Form: claim.Printed, Span: belowN,
			FollowsFrom: []string{"lemma1"},
			Statement:   "E|U_i-u_i|^2 <= 2C^2 E|V_i-v_i|^2 + 2 Cv^2 L1^2 E|Y_{i-1}-y_{i-1}|^2, i < N",
			Left:        ui2,
			Right:       func(v *claim.View, i int) float64 { return bounds.Eq15(v.K, i, v.V2, v.Y2) },
		},
		{
			ID: "eq16", Eq: "(16)", Form: claim.Printed,
			FollowsFrom: []string{"eq14a", "eq15"},
			Statement:   "E|U-u|^2 <= 2C^2 sum_{i<N} E|V_i-v_i|^2 + 2 Cv^2 L1^2 sum_{i<N} E|Y_i-y_i|^2",
			Left:        u2,
			Right:       func(v *claim.View, _ int) float64 { return bounds.Eq16(v.K, v.V2, v.Y2) },
		},
		{
			ID: "eq17a", Eq: "(17)", Form: claim.Printed, Span: belowN,
			FollowsFrom: []string{"lemma1"},
			Statement:   "E|V_i-v_i|^2 <= 3C^2 E|V_{i+1}-v_{i+1}|^2 + 3 Cv^2 L1^2 E|Y_i-y_i|^2 + 3 E|eps_{i+1}|^2",
			Left:        func(v *claim.View, i int) float64 { return v.V2[i] },
			Right:       func(v *claim.View, i int) float64 { return bounds.Eq17a(v.K, i, v.V2, v.Y2, v.E2) },
		},
		{
			ID: "eq17b", Eq: "(17)", Form: claim.Printed, Span: belowN,
			FollowsFrom: []string{"eq17a"},
			Statement: "right side of (17a) <= 3 Cv^2 L1^2 sum_{j=i..N-1} (3C^2)^{j-i} E|Y_j-y_j|^2 " +
				"+ 3 sum_{j=i..N-1} (3C^2)^{j-i} E|eps_{j+1}|^2",
			Left:  func(v *claim.View, i int) float64 { return bounds.Eq17a(v.K, i, v.V2, v.Y2, v.E2) },
			Right: func(v *claim.View, i int) float64 { return bounds.Eq17b(v.K, i, v.Y2, v.E2) },
		},
		{
			ID: "eq18a", Eq: "(18)", Form: claim.Printed, Span: from1toN,
			Statement: "E|Y_i-y_i|^2 <= 2 Lf^2 E|Y_{i-1}-y_{i-1}|^2 + 2 E|delta_i|^2",
			Left:      y2,
			Right:     func(v *claim.View, i int) float64 { return bounds.Eq18a(v.K, i, v.Y2, v.D2) },
		},
		{
			ID: "eq18b", Eq: "(18)", Form: claim.Printed, Span: from1toN,
			FollowsFrom: []string{"eq18a"},
			Statement:   "right side of (18a) <= 2 sum_{j=1..i} (2Lf^2)^{i-j} E|delta_j|^2",
			Left:        func(v *claim.View, i int) float64 { return bounds.Eq18a(v.K, i, v.Y2, v.D2) },
			Right:       func(v *claim.View, i int) float64 { return bounds.Eq18b(v.K, i, v.D2) },
		},
		{
			ID: "eq19", Eq: "(19)", Form: claim.Printed,
			FollowsFrom: []string{"eq16", "eq17b"},
			Statement: "E|U-u|^2 <= 2 Cv^2 L1^2 sum_{i<N} S_i E|Y_i-y_i|^2 " +
				"+ 2 sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|eps_{i+1}|^2",
			Left:  u2,
			Right: func(v *claim.View, _ int) float64 { return bounds.Eq19(v.K, v.Y2, v.E2) },
		},
		{
			ID: "eq20", Eq: "(20)", Form: claim.Printed,
			Proof:       "bounds/PROOFS.md (2.12)",
			FollowsFrom: []string{"eq19", "eq18b"},
			Statement: "E|U-u|^2 <= 4 Cv^2 L1^2 sum_{i<N} S_i sum_{j=1..i} (2Lf^2)^{i-j} E|delta_j|^2 " +
				"+ sum_{i<N} [sum_{j=1..i} (3C^2)^j] E|eps_{i+1}|^2",
			Left:  u2,
			Right: func(v *claim.View, _ int) float64 { return bounds.Eq20(v.K, v.D2, v.E2) },
		},
		{
			ID: "eq20", Eq: "(20)", Form: claim.Derivation,
			FollowsFrom: []string{"eq19"},
			Instead:     "a proof of (20) that does without the step: bounds/PROOFS.md, 2.3",
			Statement:   "right side of (19) <= right side of (20), the step that the proof takes from (19) to (20)",
			Left:        func(v *claim.View, _ int) float64 { return bounds.Eq19(v.K, v.Y2, v.E2) },
			Right:       func(v *claim.View, _ int) float64 { return bounds.Eq20(v.K, v.D2, v.E2) },
		},
		{
			ID: "thm1", Eq: "(13), (21)", Form: claim.Printed,
			Proof:       "bounds/PROOFS.md (2.12)",
			Title:       "Theorem 1",
			FollowsFrom: []string{"eq20"},
			AtMost:      0.5292522, AtMostBy: "bounds/PROOFS.md (2.18)",
			Statement: "E|U-u|^2 <= sum_{i<N} Ce_d[i] E|delta_i|^2 + sum_{i<N} Ce_e[i+1] E|eps_{i+1}|^2",
			Left:      u2,
			Right:     func(v *claim.View, _ int) float64 { return bounds.Theorem1(v.K, v.D2, v.E2) },
		},
		{
			ID: "thm1", Eq: "(13), (21)", Form: claim.Sharp,
			Proof: "bounds/PROOFS.md (2.6)",
			Statement: "E|U-u|^2 <= m^T Q m, m = the roots of E|delta_1|^2..E|delta_{N-1}|^2, " +
				"E|eps_2|^2..E|eps_N|^2, Q(N, C, Lf, L1) of bounds/PROOFS.md, section 2",
			Left:  u2,
			Right: func(v *claim.View, _ int) float64 { return bounds.SharpTheorem1(v.K, v.D2, v.E2) },
		},
		{
			ID: "thm1", Eq: "(13), (21)", Form: claim.SharpEach,
			Proof:     "bounds/PROOFS.md (2.7)",
			Statement: "the same with the constants of each operator in place of one for all",
			Left:      u2,
			Right:     func(v *claim.View, _ int) float64 { return bounds.SharpTheorem1PerOp(v.PerOp(), v.D2, v.E2) },
		},
		{
			ID: "eq30a", Eq: "(30)", Form: claim.Printed, Span: from1toN,
			Proof:     "bounds/PROOFS.md (3.8)",
			Statement: "E|Y_i-y_i|^4 <= 8 Lf^4 E|Y_{i-1}-y_{i-1}|^4 + 8 E|delta_i|^4",
			Left:      func(v *claim.View, i int) float64 { return v.Y4[i] },
			Right:     func(v *claim.View, i int) float64 { return bounds.Eq30a(v.K, i, v.Y4, v.D4) },
		},
		{
			ID: "eq30b", Eq: "(30)", Form: claim.Printed, Span: from1toN,
			Proof:       "bounds/PROOFS.md (3.8)",
			FollowsFrom: []string{"eq30a"},
			Statement:   "right side of (30a) <= 8 sum_{j=1..i} (8Lf^4)^{i-j} E|delta_j|^4",
			Left:        func(v *claim.View, i int) float64 { return bounds.Eq30a(v.K, i, v.Y4, v.D4) },
			Right:       func(v *claim.View, i int) float64 { return bounds.Eq30b(v.K, i, v.D4) },
		},
	} // Both sides of each are linear in the second and fourth moments.
	for k := range claims {
		claims[k].Mixes = true
	}
	return claims
}

// spikeLimit stands for the constant of "O(1) implies O(1)": a witness with
// U = u beats any.
const spikeLimit = 1e6

// spikeClaims are the statement of section 6.3 that some |delta_i| or |eps_i| of
// O(1) makes a spike, |U-u|^2 of O(1), and its other direction.
func spikeClaims() []claim.Claim {
	return []claim.Claim{
		{
			ID: "spike", Eq: "6.3", Form: claim.Printed, OfLargest: true,
			Statement: "a spike occurs whenever |delta_i| or |eps_i| is O(1) for an i in 1..N-1: the largest of " +
				"E|delta_i|^2, E|eps_i|^2 is at most 10^6 E|U-u|^2",
			Left:  largestPrintedError,
			Right: func(v *claim.View, _ int) float64 { return spikeLimit * v.U2 },
		},
		{
			ID: "spike", Eq: "6.3", Form: claim.Repaired, OfLargest: true,
			Proof: "bounds/PROOFS.md (2.12)",
			Statement: "a spike needs one: E|U-u|^2 is at most (sum_{i<N} Ce_d[i] + Ce_e[i+1]) times the largest of " +
				"E|delta_i|^2, E|eps_{i+1}|^2",
			Left: u2,
			Right: func(v *claim.View, _ int) float64 {
				m := make([]float64, v.K.N+1)
				for i := range m {
					m[i] = largestError(v, 0)
				}
				return bounds.Theorem1(v.K, m, m)
			},
		},
	}
}

// largestPrintedError has eps_i where Theorem 1 has eps_{i+1}; eps_1 does not exist.
func largestPrintedError(v *claim.View, _ int) float64 {
	m := 0.0
	for i := 1; i < v.K.N; i++ {
		m = max(m, v.D2[i])
		if i > 1 {
			m = max(m, v.E2[i])
		}
	}
	return m
}

// largestError leaves out delta_N and eps_1, which touch no gradient.
func largestError(v *claim.View, _ int) float64 {
	m := 0.0
	for i := 1; i < v.K.N; i++ {
		m = max(m, v.D2[i], v.E2[i+1])
	}
	return m
}

package props

import (
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// convergenceClaims are those of section 4. What (35), (36) and (40) say of l(w+) is
// said of the decrease: l(w) is on both sides, and beside it a ratio says nothing.
// So it is with (41) and (1-mu g/3)^T D0.
func convergenceClaims() []claim.Claim {
	all := []claim.Claim{
		{
			ID: "eq35", Eq: "(35)", Form: claim.Printed, Kind: claim.Training, FirstStep: true, Span: leaves,
			Statement: "l(w+) - l(w) + g <grad l, u+r> + g <grad l, U-u> <= L g^2 |u+r|^2 + L g^2 |U-u|^2",
			Left:      func(v *claim.View, i int) float64 { return v.Run.Leaves[i].Drop },
			Right: func(v *claim.View, i int) float64 {
				return bounds.Eq35(v.Run.S, v.Run.Leaves[i].UR2, v.Run.Leaves[i].E2)
			},
		},
		{
			ID: "eq36a", Eq: "(36)", Form: claim.Printed, Kind: claim.Training, FirstStep: true,
			Proof:       "bounds/PROOFS.md (4.2)",
			FollowsFrom: []string{"eq35"},
			Statement: "E_t l(w+) - l(w) + g (1-Lg) |grad l|^2 + g <grad l, E_t[U-u]> <= L g^2 E_t|grad l-(u+r)|^2 " +
				"+ L g^2 E_t|U-u|^2, the first line",
			Left: func(v *claim.View, _ int) float64 { return v.Run.Line36 },
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Eq36First(v.Run.S, v.Run.Variance, v.Run.First.E2)
			},
		},
		{
			ID: "eq36b", Eq: "(36)", Form: claim.Printed, Kind: claim.Training, FirstStep: true,
			FollowsFrom: []string{"eq36a"},
			Statement:   "-g <grad l, E_t[U-u]> - (g/2) |grad l|^2 <= (g/2) |E_t[U-u]|^2, from the first line to the second",
			Left:        func(v *claim.View, _ int) float64 { return v.Run.Young36 },
			Right:       func(v *claim.View, _ int) float64 { return v.Run.S.Gamma / 2 * v.Run.First.Mean2 },
		},
		{
			ID: "eq36c", Eq: "(36)", Form: claim.Printed, Kind: claim.Training, FirstStep: true,
			FollowsFrom: []string{"eq36b"},
			Statement: "L g^2 E_t|grad l-(u+r)|^2 <= L g^2 sigma^2, from the second line to the last, with 1-Lg-1/2 " +
				">= 1/6 for g <= 1/(3L)",
			Left:  func(v *claim.View, _ int) float64 { return bounds.Eq36First(v.Run.S, v.Run.Variance, 0) },
			Right: func(v *claim.View, _ int) float64 { return bounds.Eq36First(v.Run.S, v.Run.S.SigmaSq, 0) },
		},
		{
			ID: "eq36", Eq: "(36)", Form: claim.Printed, Kind: claim.Training, FirstStep: true,
			Proof:       "bounds/PROOFS.md (4.3)",
			FollowsFrom: []string{"eq36c"},
			Statement: "E_t l(w+) - l(w) + (g/6) |grad l(w)|^2 <= L g^2 sigma^2 + L g^2 E_t|U-u|^2 " +
				"+ (g/2) |E_t[U-u]|^2",
			Left: func(v *claim.View, _ int) float64 { return v.Run.Drop36 },
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Eq36(v.Run.S, v.Run.First.E2,
					v.Run.First.Mean2)
			},
			Bet: &claim.Bet{Step: &claim.StepBet{
				Kept:  func(s bounds.Smooth, p *claim.Point) float64 { return p.Loss - s.Gamma/6*p.Grad2 },
				Added: errors36,
			}},
		},
		{
			ID: "thm3", Eq: "(34)", Form: claim.Printed, Kind: claim.Training,
			Proof:       "bounds/PROOFS.md (4.4)",
			Title:       "Theorem 3",
			FollowsFrom: []string{"eq36"},
			AtMost:      1.0 / 3, AtMostBy: "bounds/PROOFS.md, section 4",
			Statement: "(1/T) sum_{t<T} E|grad l(w^t)|^2 <= 6 D0/(g T) + 6 L g sigma^2 + (6 L g/T) sum_t E|U-u|^2 " +
				"+ (3/T) sum_t E|E_t[U-u]|^2",
			Left: gradients,
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Theorem3(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.Sum.E2, v.Run.Sum.Mean2)
			},
			Bet: &claim.Bet{Path: &claim.PathBet{
				Weight: func(bounds.Smooth, int, int) float64 { return 1 },
				Left:   func(meanGrad2, _ float64) float64 { return meanGrad2 },
				Right:  bounds.Theorem3,
			}},
		},
		{
			ID: "eq40", Eq: "(40)", Form: claim.Printed, Kind: claim.Training, FirstStep: true, PL: true,
			Proof:       "bounds/PROOFS.md (4.5)",
			FollowsFrom: []string{"eq36"},
			Statement: "E_t l(w+) - l* - (1 - mu g/3)(l(w) - l*) <= L g^2 sigma^2 + L g^2 E_t|U-u|^2 " +
				"+ (g/2) |E_t[U-u]|^2",
			Left: func(v *claim.View, _ int) float64 { return v.Run.Drop40 },
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Eq36(v.Run.S, v.Run.First.E2,
					v.Run.First.Mean2)
			},
			Bet: &claim.Bet{Step: &claim.StepBet{
				Kept: func(s bounds.Smooth, p *claim.Point) float64 {
					return s.Q()*p.Loss + (1-s.Q())*p.LStarUpper
				},
				Added: errors36,
			}},
		},
		{
			ID: "eq41", Eq: "(41)", Form: claim.Printed, Kind: claim.Training, PL: true,
			Proof:       "bounds/PROOFS.md (4.6)",
			FollowsFrom: []string{"eq40"},
			Statement: "E[l(w^T)-l*] - (1-mu g/3)^T D0 <= 3 L g sigma^2/mu " +
				"+ L g^2 sum_{t<T} (1-mu g/3)^{T-t} E|U-u|^2 + (g/2) sum_{t<T} (1-mu g/3)^{T-t} E|E_t[U-u]|^2",
			Left: added41,
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Eq41(v.Run.S, 0, v.Run.Steps, v.Run.Weighted41.E2, v.Run.Weighted41.Mean2)
			},
			Bet: &claim.Bet{Path: &claim.PathBet{
				Weight: bounds.Smooth.Weight,
				Left:   func(_, gap float64) float64 { return gap },
				Right:  bounds.Eq41,
			}},
		},
	}
	all = append(all, claim.Claim{
		ID: "eq41", Eq: "(41)", Form: claim.Derivation, Kind: claim.Training, PL: true, WithoutA3: true,
		FollowsFrom: []string{"eq40"},
		Instead:     "a proof of (41) that does without the step: bounds/PROOFS.md, (4.6)",
		Statement: "(40) unrolled, with the exponents T-1-t, <= right side of (41), " +
			"the step that the proof takes from (40) to (41)",
		Left: func(v *claim.View, _ int) float64 {
			return bounds.UnrolledEq40(v.Run.S, 0, v.Run.Steps, v.Run.Weighted41.E2, v.Run.Weighted41.Mean2)
		},
		Right: func(v *claim.View, _ int) float64 {
			return bounds.Eq41(v.Run.S, 0, v.Run.Steps, v.Run.Weighted41.E2, v.Run.Weighted41.Mean2)
		},
	})
	all = append(all, sharpTrainingClaims()...)
	for _, r := range claim.Readings {
		all = append(all, boundedTrainingClaims(r)...)
	}
	return all
}

// boundedTrainingClaims are Theorems 4 and 5, which bound U-u by the sizes of delta and
// eps: as printed, with the repaired (23), and in sharp form, with constants of all operators and of each.
func boundedTrainingClaims(r claim.Reading) []claim.Claim {
	proofs := map[claim.Form]string{claim.Repaired: "bounds/PROOFS.md (4.7)", claim.Sharp: "bounds/PROOFS.md (4.11)",
		claim.SharpEach: "bounds/PROOFS.md (4.12)"}
	row := func(id string, form claim.Form, statement string, right func(v *claim.Run) float64) claim.Claim {
		return claim.Claim{
			ID: id, Eq: "(37)", Form: form, Reading: r, Kind: claim.Training, Statement: statement,
			Left:  gradients,
			Right: func(v *claim.View, _ int) float64 { return right(v.Run) },
			Proof: proofs[form],
		}
	}
	underPL := func(c claim.Claim, left func(*claim.View, int) float64) claim.Claim {
		c.Eq, c.PL, c.Left = "(38)", true, left
		return c
	}
	printed := func(c claim.Claim, title, averaged string) claim.Claim {
		c.Title, c.FollowsFrom = title, []string{averaged, "thm1", "thm2"}
		return c
	}
	const sharp2 = "the sharp (23), which in the total reading is the repaired one"
	return []claim.Claim{
		printed(row("thm4", claim.Printed, "(34) with the right sides of (13) and (23) for E|U-u|^2 and E|E_t[U-u]|^2",
			func(v *claim.Run) float64 {
				return bounds.Theorem4(v.S, v.D0, v.Steps, v.Sum.Thm1, v.Sum.Thm2[r])
			}), "Theorem 4", "thm3"),
		row("thm4", claim.Repaired, "(34) with the right sides of (13) and of the repaired (23)",
			func(v *claim.Run) float64 {
				return bounds.Theorem4(v.S, v.D0, v.Steps, v.Sum.Thm1, v.Sum.Repaired2[r])
			}),
		printed(underPL(row("thm5", claim.Printed, "(41) with the right sides of (13) and (23) for E|U-u|^2 and "+
			"E|E_t[U-u]|^2",
			func(v *claim.Run) float64 {
				return bounds.Theorem5(v.S, 0, v.Steps, v.Weighted41.Thm1, v.Weighted41.Thm2[r])
			}), added41), "Theorem 5", "eq41"),
		underPL(row("thm5", claim.Repaired, "(41) with the right sides of (13) and of the repaired (23)",
			func(v *claim.Run) float64 {
				return bounds.Theorem5(v.S, 0, v.Steps, v.Weighted41.Thm1, v.Weighted41.Repaired2[r])
			}), added41),
		row("thm4", claim.Sharp, "a third of the right side of (34) with the sharp (13) of the summed moments, "+
			"and the smaller of that and "+sharp2,
			func(v *claim.Run) float64 {
				return bounds.SharpTheorem4(v.S, v.D0, v.Steps, v.Sum.Sharp1, v.Sum.Sharp2[r])
			}),
		underPL(row("thm5", claim.Sharp, "the sharp (41) with the sharp (13) of the summed moments, "+
			"and the smaller of that and "+sharp2,
			func(v *claim.Run) float64 {
				return bounds.SharpTheorem5(v.S, 0, v.Steps, v.WeightedSharp.Sharp1, v.WeightedSharp.Sharp2[r])
			}), sharpAdded41),
		row("thm4", claim.SharpEach, "the sharp (37) with the constants of each operator in (13) and (23) in place of one "+
			"for all",
			func(v *claim.Run) float64 {
				return bounds.SharpTheorem4(v.S, v.D0, v.Steps, v.Sum.Each1, v.Sum.Each2[r])
			}),
		underPL(row("thm5", claim.SharpEach, "the sharp (38) with the constants of each operator in (13) and (23) in "+
			"place of one for all",
			func(v *claim.Run) float64 {
				return bounds.SharpTheorem5(v.S, 0, v.Steps, v.WeightedSharp.Each1, v.WeightedSharp.Each2[r])
			}), sharpAdded41),
	}
}

// sharpTrainingClaims are ours; the proofs are in bounds/PROOFS.md, section 4.
func sharpTrainingClaims() []claim.Claim {
	return []claim.Claim{
		{
			ID: "eq36", Eq: "(36)", Form: claim.Sharp, Kind: claim.Training, FirstStep: true,
			Proof:     "bounds/PROOFS.md (4.3)",
			Statement: "(36) with g/2 for g/6",
			Left:      func(v *claim.View, _ int) float64 { return v.Run.SharpDrop36 },
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Eq36(v.Run.S, v.Run.First.E2,
					v.Run.First.Mean2)
			},
		},
		{
			ID: "thm3", Eq: "(34)", Form: claim.Sharp, Kind: claim.Training,
			Proof:     "bounds/PROOFS.md (4.4)",
			Statement: "(34) with a third of its right side",
			Left:      gradients,
			Right: func(v *claim.View, _ int) float64 {
				return bounds.SharpTheorem3(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.Sum.E2, v.Run.Sum.Mean2)
			},
		},
		{
			ID: "eq40", Eq: "(40)", Form: claim.Sharp, Kind: claim.Training, FirstStep: true, PL: true,
			Proof:     "bounds/PROOFS.md (4.5)",
			Statement: "(40) with mu g for mu g/3",
			Left:      func(v *claim.View, _ int) float64 { return v.Run.SharpDrop40 },
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Eq36(v.Run.S, v.Run.First.E2,
					v.Run.First.Mean2)
			},
		},
		{
			ID: "eq41", Eq: "(41)", Form: claim.Sharp, Kind: claim.Training, PL: true,
			Proof: "bounds/PROOFS.md (4.5)",
			Statement: "E[l(w^T)-l*] - (1-mu g)^T D0 <= L g sigma^2/mu + L g^2 sum_{t<T} (1-mu g)^{T-1-t} E|U-u|^2 " +
				"+ (g/2) sum_{t<T} (1-mu g)^{T-1-t} E|E_t[U-u]|^2",
			Left: sharpAdded41,
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Sharp41(v.Run.S, 0, v.Run.Steps, v.Run.WeightedSharp.E2, v.Run.WeightedSharp.Mean2)
			},
		},
		{
			ID: "eq40", Eq: "(40)", Form: claim.SharpRoot, Kind: claim.Training, FirstStep: true, PL: true,
			Proof: "bounds/PROOFS.md (4.8)",
			Statement: "E_t l(w+) - l* - q a <= 2 (q a)^{1/2} beta + beta^2 " +
				"+ (L g^2/2) (sigma + (E_t|U-u|^2 - |E_t[U-u]|^2)^{1/2})^2, a = l(w) - l*, q = 1 - mu g (2 - L g), " +
				"beta = (L/2)^{1/2} g |E_t[U-u]|",
			Left: func(v *claim.View, _ int) float64 { return v.Run.RootDrop40 },
			Right: func(v *claim.View, _ int) float64 {
				return bounds.RootEq40(v.Run.S, v.Run.D0, v.Run.First.Mean2, v.Run.First.Spread)
			},
			Bet: &claim.Bet{Step: &claim.StepBet{
				Boundary: true, // a quadratic with a bias meets it
				Kept: func(s bounds.Smooth, p *claim.Point) float64 {
					return s.RootQ()*p.Loss + (1-s.RootQ())*p.LStarUpper
				},
				Added: func(s bounds.Smooth, p *claim.Point) float64 {
					return bounds.RootEq40(s, p.Loss-p.LStarLower, p.Mean2, max(p.E2-p.Mean2, 0))
				},
			}},
		},
		{
			ID: "eq41", Eq: "(41)", Form: claim.SharpRoot, Kind: claim.Training, PL: true,
			Proof: "bounds/PROOFS.md (4.9)",
			Statement: "E[l(w^T)-l*] - q^T D0 <= ( B + (q^T D0 + V)^{1/2} )^2 - q^T D0, B " +
				"= (L/2)^{1/2} g sum_{t<T} q^{(T-1-t)/2} (E|E_t[U-u]|^2)^{1/2}, V " +
				"= (L g^2/2) (sigma (sum_{k<T} q^k)^{1/2} " +
				"+ (sum_{t<T} q^{T-1-t} E[|U-u|^2 - |E_t[U-u]|^2])^{1/2})^2, q = 1 - mu g (2 - L g)",
			Left: func(v *claim.View, _ int) float64 { return v.Run.RootAdded41 },
			Right: func(v *claim.View, _ int) float64 {
				return bounds.Root41Excess(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.RootBias, v.Run.WeightedRoot.Spread)
			},
		},
	}
}

func leaves(v *claim.View) (lo, hi int) { return 0, len(v.Run.Leaves) - 1 }

func gradients(v *claim.View, _ int) float64 { return v.Run.Grad2 }

func added41(v *claim.View, _ int) float64 { return v.Run.Added41 }

func sharpAdded41(v *claim.View, _ int) float64 { return v.Run.SharpAdded41 }

// errors36 is what (36) and (40) add for the errors of one step.
func errors36(s bounds.Smooth, p *claim.Point) float64 { return bounds.Eq36(s, p.E2, p.Mean2) }

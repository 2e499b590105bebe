package props

import (
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// trainingClaims are those of section 4. What (35), (36) and (40) say of l(w+) is
// said of the decrease: l(w) is on both sides, and beside it a ratio says nothing.
// So it is with (41) and (1-mu g/3)^T D0.
func trainingClaims() []Claim {
	all := []Claim{
		{
			ID: "eq35", Eq: "(35)", Form: Printed, Kind: Training, Span: leaves,
			Statement: "l(w+) - l(w) + g <grad l, u+r> + g <grad l, U-u> <= L g^2 |u+r|^2 + L g^2 |U-u|^2",
			Left:      func(v *View, i int) float64 { return v.Run.Leaves[i].Drop },
			Right:     func(v *View, i int) float64 { return bounds.Eq35(v.Run.S, v.Run.Leaves[i].UR2, v.Run.Leaves[i].E2) },
		},
		{
			ID: "eq36", Eq: "(36)", Form: Printed, Kind: Training,
			Statement: "E_t l(w+) - l(w) + (g/6) |grad l(w)|^2 <= L g^2 sigma^2 + L g^2 E_t|U-u|^2 + (g/2) |E_t[U-u]|^2",
			Left:      func(v *View, _ int) float64 { return v.Run.Drop36 },
			Right:     func(v *View, _ int) float64 { return bounds.Eq36(v.Run.S, v.Run.First.E2, v.Run.First.Mean2) },
		},
		{
			ID: "thm3", Eq: "(34)", Form: Printed, Kind: Training,
			Statement: "(1/T) sum_{t<T} E|grad l(w^t)|^2 <= 6 D0/(g T) + 6 L g sigma^2 + (6 L g/T) sum_t E|U-u|^2 + (3/T) sum_t E|E_t[U-u]|^2",
			Left:      gradients,
			Right: func(v *View, _ int) float64 {
				return bounds.Theorem3(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.Sum.E2, v.Run.Sum.Mean2)
			},
		},
		{
			ID: "eq40", Eq: "(40)", Form: Printed, Kind: Training, PL: true,
			Statement: "E_t l(w+) - l* - (1 - mu g/3)(l(w) - l*) <= L g^2 sigma^2 + L g^2 E_t|U-u|^2 + (g/2) |E_t[U-u]|^2",
			Left:      func(v *View, _ int) float64 { return v.Run.Drop40 },
			Right:     func(v *View, _ int) float64 { return bounds.Eq36(v.Run.S, v.Run.First.E2, v.Run.First.Mean2) },
		},
		{
			ID: "eq41", Eq: "(41)", Form: Printed, Kind: Training, PL: true,
			Statement: "E[l(w^T)-l*] - (1-mu g/3)^T D0 <= 3 L g sigma^2/mu + L g^2 sum_{t<T} (1-mu g/3)^{T-t} E|U-u|^2 + (g/2) sum_{t<T} (1-mu g/3)^{T-t} E|E_t[U-u]|^2",
			Left:      added41,
			Right: func(v *View, _ int) float64 {
				return bounds.Eq41(v.Run.S, 0, v.Run.Steps, v.Run.Geo.E2, v.Run.Geo.Mean2)
			},
		},
	}
	all = append(all, Claim{
		ID: "eq41", Eq: "(41)", Form: Derivation, Kind: Training, PL: true,
		Statement: "(40) unrolled, with the exponents T-1-t, <= right side of (41), the step that the proof takes from (40) to (41)",
		Left: func(v *View, _ int) float64 {
			return bounds.UnrolledEq40(v.Run.S, 0, v.Run.Steps, v.Run.Geo.E2, v.Run.Geo.Mean2)
		},
		Right: func(v *View, _ int) float64 {
			return bounds.Eq41(v.Run.S, 0, v.Run.Steps, v.Run.Geo.E2, v.Run.Geo.Mean2)
		},
	})
	all = append(all, sharpTrainingClaims()...)
	for r := range expect.Readings {
		all = append(all, boundedTrainingClaims(expect.Reading(r))...)
	}
	return all
}

// boundedTrainingClaims are Theorems 4 and 5, which bound U-u by the sizes of delta and
// eps: as printed, with the repaired (23), and in sharp form.
func boundedTrainingClaims(r expect.Reading) []Claim {
	claim := func(id string, form Form, statement string, right func(v *RunView) float64) Claim {
		c := Claim{ID: id, Eq: "(37)", Form: form, Reading: r.String(), Kind: Training, Statement: statement, Left: gradients,
			Right: func(v *View, _ int) float64 { return right(v.Run) }}
		if id == "thm5" {
			c.Eq, c.PL, c.Left = "(38)", true, added41
			if form == Sharp {
				c.Left = addedFast
			}
		}
		return c
	}
	return []Claim{
		claim("thm4", Printed, "(34) with the right sides of (13) and (23) for E|U-u|^2 and E|E_t[U-u]|^2",
			func(v *RunView) float64 { return bounds.Theorem4(v.S, v.D0, v.Steps, v.Sum.Thm1, v.Sum.Thm2[r]) }),
		claim("thm4", Repaired, "(34) with the right sides of (13) and of the repaired (23)",
			func(v *RunView) float64 { return bounds.Theorem4(v.S, v.D0, v.Steps, v.Sum.Thm1, v.Sum.Repaired2[r]) }),
		claim("thm5", Printed, "(41) with the right sides of (13) and (23) for E|U-u|^2 and E|E_t[U-u]|^2",
			func(v *RunView) float64 { return bounds.Theorem5(v.S, 0, v.Steps, v.Geo.Thm1, v.Geo.Thm2[r]) }),
		claim("thm5", Repaired, "(41) with the right sides of (13) and of the repaired (23)",
			func(v *RunView) float64 { return bounds.Theorem5(v.S, 0, v.Steps, v.Geo.Thm1, v.Geo.Repaired2[r]) }),
		claim("thm4", Sharp, "a third of the right side of (34) with the sharp (13) of the summed moments, and the smaller of that and the repaired (23)",
			func(v *RunView) float64 {
				return bounds.SharpTheorem4(v.S, v.D0, v.Steps, v.Sum.Sharp1, v.Sum.Repaired2[r])
			}),
		claim("thm5", Sharp, "the sharp (41) with the sharp (13) of the summed moments, and the smaller of that and the repaired (23)",
			func(v *RunView) float64 {
				return bounds.SharpTheorem5(v.S, 0, v.Steps, v.Fast.Sharp1, v.Fast.Repaired2[r])
			}),
	}
}

// sharpTrainingClaims are ours; the proofs are in bounds/PROOFS.md, section 4.
func sharpTrainingClaims() []Claim {
	return []Claim{
		{
			ID: "eq36", Eq: "(36)", Form: Sharp, Kind: Training,
			Statement: "(36) with g/2 for g/6",
			Left:      func(v *View, _ int) float64 { return v.Run.Fast36 },
			Right:     func(v *View, _ int) float64 { return bounds.Eq36(v.Run.S, v.Run.First.E2, v.Run.First.Mean2) },
		},
		{
			ID: "thm3", Eq: "(34)", Form: Sharp, Kind: Training,
			Statement: "(34) with a third of its right side",
			Left:      gradients,
			Right: func(v *View, _ int) float64 {
				return bounds.SharpTheorem3(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.Sum.E2, v.Run.Sum.Mean2)
			},
		},
		{
			ID: "eq40", Eq: "(40)", Form: Sharp, Kind: Training, PL: true,
			Statement: "(40) with mu g for mu g/3",
			Left:      func(v *View, _ int) float64 { return v.Run.Fast40 },
			Right:     func(v *View, _ int) float64 { return bounds.Eq36(v.Run.S, v.Run.First.E2, v.Run.First.Mean2) },
		},
		{
			ID: "eq41", Eq: "(41)", Form: Sharp, Kind: Training, PL: true,
			Statement: "E[l(w^T)-l*] - (1-mu g)^T D0 <= L g sigma^2/mu + L g^2 sum_{t<T} (1-mu g)^{T-1-t} E|U-u|^2 + (g/2) sum_{t<T} (1-mu g)^{T-1-t} E|E_t[U-u]|^2",
			Left:      addedFast,
			Right: func(v *View, _ int) float64 {
				return bounds.Sharp41(v.Run.S, 0, v.Run.Steps, v.Run.Fast.E2, v.Run.Fast.Mean2)
			},
		},
		{
			ID: "eq40", Eq: "(40)", Form: SharpRoot, Kind: Training, PL: true,
			Statement: "E_t l(w+) - l* - q a <= 2 (q a)^{1/2} beta + beta^2 + (L g^2/2) (sigma + (E_t|U-u|^2 - |E_t[U-u]|^2)^{1/2})^2, a = l(w) - l*, q = 1 - mu g (2 - L g), beta = (L/2)^{1/2} g |E_t[U-u]|",
			Left:      func(v *View, _ int) float64 { return v.Run.Root40 },
			Right: func(v *View, _ int) float64 {
				return bounds.RootEq40(v.Run.S, v.Run.D0, v.Run.First.Mean2, v.Run.First.Spread)
			},
		},
		{
			ID: "eq41", Eq: "(41)", Form: SharpRoot, Kind: Training, PL: true,
			Statement: "E[l(w^T)-l*] - q^T D0 <= ( B + (q^T D0 + V)^{1/2} )^2 - q^T D0, B = (L/2)^{1/2} g sum_{t<T} q^{(T-1-t)/2} (E|E_t[U-u]|^2)^{1/2}, V = (L g^2/2) (sigma (sum_{k<T} q^k)^{1/2} + (sum_{t<T} q^{T-1-t} E[|U-u|^2 - |E_t[U-u]|^2])^{1/2})^2, q = 1 - mu g (2 - L g)",
			Left:      func(v *View, _ int) float64 { return v.Run.AddedRoot },
			Right: func(v *View, _ int) float64 {
				return bounds.Root41Excess(v.Run.S, v.Run.D0, v.Run.Steps, v.Run.RootBias, v.Run.Root.Spread)
			},
		},
	}
}

func leaves(v *View) (lo, hi int) { return 0, len(v.Run.Leaves) - 1 }

func gradients(v *View, _ int) float64 { return v.Run.Grad2 }

func added41(v *View, _ int) float64 { return v.Run.Added41 }

func addedFast(v *View, _ int) float64 { return v.Run.AddedFast }

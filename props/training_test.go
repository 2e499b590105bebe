package props

import "testing"

// TestLongHorizons: over 10^6 steps without chance, with step sizes down to where
// D0/(g T) is all that is left of them, no claim on record as true is violated,
// every claim has runs that speak of it, and the plateaus come near enough to the
// bounds for that to say something.
func TestLongHorizons(t *testing.T) {
	steps := 1_000_000
	if testing.Short() {
		steps = 20_000
	}
	cases := longRuns(steps, 1, 1.0/64)
	f := newFindings(trainingClaims())
	for _, g := range parallel(len(cases), func(k int) []*Finding {
		g := newFindings(trainingClaims())
		tryAll(g, Training, cases[k], "long run")
		return g
	}) {
		for k := range f {
			f[k].merge(g[k])
		}
	}
	for _, g := range f {
		t.Logf("%s: %d cases, largest ratio %v", g.Claim.Name(), g.Cases, g.Ratio)
		if g.Cases == 0 || g.Claim.Form == Repaired && g.Violated > 0 || g.Claim.ID < "thm4" && g.Violated > 0 {
			t.Errorf("%s: %d cases, %d violated", g.Claim.Name(), g.Cases, g.Violated)
		}
		if plateau := 0.33; (g.Claim.ID == "thm3" || g.Claim.ID == "eq41") && !(g.Ratio > plateau) {
			t.Errorf("%s: largest ratio %v, a plateau gives 1/3 as g -> 0", g.Claim.Name(), g.Ratio)
		}
	}
}

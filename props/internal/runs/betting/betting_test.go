package betting_test

import (
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
)

// tested are the verdicts of a part of the tests on the claims that pick takes, with their
// right sides weakened.
func tested(t *testing.T, part, weaken float64, want int, pick func(*claim.Claim) bool) []betting.Result {
	t.Helper()
	claims := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return !pick(&c) })
	results, err := betting.Run(betting.Options{Seed: 1, Claims: claims, Part: part, Weaken: weaken})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 3*want {
		t.Errorf("%d tests, want those of %d claims under three laws", len(results), want)
	}
	return results
}

// met is the root form, whose right side is reached.
func met(c *claim.Claim) bool { return c.ID == "eq40" && c.Form == claim.SharpRoot }

// TestClaimsAreNotRejected: no claim is rejected on a tenth of the long stochastic runs,
// which every search has whole, and none stops before their end.
func TestClaimsAreNotRejected(t *testing.T) {
	all := func(*claim.Claim) bool { return true }
	for _, r := range tested(t, 0.1, 1, 5, all) {
		t.Logf("%s: %d observations, log wealth %v", r.Name, r.Steps, float64(r.Wealth))
		if r.Rejected || r.Steps != 1000 && r.Steps != 30 {
			t.Errorf("%s: rejected %v after %d observations", r.Name, r.Rejected, r.Steps)
		}
	}
}

// TestPower: each of the tests rejects when its right side is made too small: the root
// form, which is met, at seven tenths of it, the printed ones, which are not, far below.
// It stops there.
func TestPower(t *testing.T) {
	loose := func(c *claim.Claim) bool { return !met(c) }
	weak := append(tested(t, 1, 0.7, 1, met), tested(t, 1, 0.02, 4, loose)...)
	for _, r := range weak {
		if !r.Rejected || r.Steps < 2 {
			t.Errorf("%s: rejected %v after %d observations, log wealth %v", r.Name, r.Rejected, r.Steps,
				float64(r.Wealth))
		}
	}
}

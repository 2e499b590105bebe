package betting_test

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting"
)

// run tests the list's claims with the right sides weakened.
func run(t *testing.T, weaken float64) []betting.Result {
	results, err := betting.Run(betting.Options{Seed: 1, Claims: props.Claims(), Weaken: weaken})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 15 {
		t.Errorf("%d tests, want those of five claims under three laws", len(results))
	}
	return results
}

// TestClaimsAreNotRejected: no claim is rejected on the long stochastic runs.
func TestClaimsAreNotRejected(t *testing.T) {
	for _, r := range run(t, 1) {
		t.Logf("%s: %d observations, log wealth %v", r.Name, r.Steps, float64(r.Wealth))
		if r.Rejected {
			t.Errorf("%s: rejected", r.Name)
		}
	}
}

// TestPower: each of the tests rejects when its right side is made too small: the root
// form, which is met, at four fifths of it, the printed ones, which are not, far below.
func TestPower(t *testing.T) {
	for _, r := range run(t, 0.8) {
		if boundary := strings.HasPrefix(r.Name, "eq40 sharp-root"); r.Rejected != boundary {
			t.Errorf("%s with 0.8 times its right side: rejected %v, log wealth %v", r.Name, r.Rejected, float64(r.Wealth))
		}
	}
	for _, r := range run(t, 0.02) {
		if !r.Rejected {
			t.Errorf("%s with a fiftieth of its right side: not rejected, log wealth %v", r.Name, float64(r.Wealth))
		}
	}
}

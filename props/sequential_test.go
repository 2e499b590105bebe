package props

import "testing"

// TestSequential: no claim is rejected on the long stochastic runs, and each of
// the tests has the power to reject when its right side is made too small.
func TestSequential(t *testing.T) {
	reports, err := CheckSequential(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		t.Logf("%s: %d observations, log wealth %v", r.Name, r.Steps, float64(r.Wealth))
		if r.Rejected {
			t.Errorf("%s: rejected", r.Name)
		}
	}
	weak, err := CheckSequential(1, 0.02)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, r := range weak {
		if r.Rejected {
			found[r.Claim]++
		}
		t.Logf("a fiftieth of the right side, %s: log wealth %v", r.Name, float64(r.Wealth))
	}
	for _, claim := range []string{"eq36", "eq40", "thm3", "eq41"} {
		if found[claim] == 0 {
			t.Errorf("%s with a fiftieth of its right side is never rejected", claim)
		}
	}
}

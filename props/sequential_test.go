package props

import (
	"strings"
	"testing"
)

// TestSequential: no claim is rejected on the long stochastic runs, and each of
// the tests has the power to reject when its right side is made too small: the root
// form, which is met, at four fifths of it, the printed ones, which are not, far below.
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
	slightly, err := CheckSequential(1, 0.8)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range slightly {
		if boundary := strings.HasPrefix(r.Name, rootClaim); r.Rejected != boundary {
			t.Errorf("%s with 0.8 times its right side: rejected %v, log wealth %v", r.Name, r.Rejected, float64(r.Wealth))
		}
	}
	for _, r := range weak {
		if !r.Rejected {
			t.Errorf("%s with a fiftieth of its right side: not rejected, log wealth %v", r.Name, float64(r.Wealth))
		}
	}
}

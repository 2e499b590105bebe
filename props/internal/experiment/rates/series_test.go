package rates

import (
	"math"
	"testing"
)

// TestEq48: the closed form is the sum of (48), and the bound of the repaired form
// fails when the sum is a part in a million larger.
func TestEq48(t *testing.T) {
	for _, n := range []int{2, 3, 10, 1000, 1 << 16} {
		x := math.Log(float64(n)) / float64(n)
		sum := 0.0
		for k := range n {
			sum += math.Pow(1-x, float64(n-k))
		}
		got, bound := eq48(float64(n))
		if !(math.Abs(got-sum) <= 1e-9*sum) || bound != x {
			t.Errorf("T = %d: sum %v and bound %v, want %v and %v", n, got, bound, sum, x)
		}
	}
	if sum, x := eq48(math.Ldexp(1, 30)); !(sum*x*(1+1e-6) > 1) {
		t.Errorf("T = 2^30: (ln T/T) times the sum is %v, want it near 1", sum*x)
	}
}

// TestEq48Certificate: the certificate of a sum replays, whatever the constant, and
// none is made where the constant is not exceeded.
func TestEq48Certificate(t *testing.T) {
	if c, err := certifyEq48(1<<15, 1000); err != nil || c.Series.T != 1<<15 {
		t.Errorf("%v, %v", c, err)
	}
	if c, err := certifyEq48(64, 1_000_000); err == nil {
		t.Errorf("a certificate that (48) fails by 10^6 at T = 64: %+v", c)
	}
}

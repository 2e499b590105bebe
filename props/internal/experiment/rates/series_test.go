package rates

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
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

// TestEq48Certificate: the certificate of the sum replays and refutes the statement for
// every constant, and the search's own evidence grows as its text says.
func TestEq48Certificate(t *testing.T) {
	c, err := certifyEq48()
	if err != nil {
		t.Fatal(err)
	}
	data, err := c.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := cert.Check(data); err != nil || r.Verdict != cert.Refuted {
		t.Errorf("%v, %v", r, err)
	}
	for q := 4; q <= 20; q++ {
		total := math.Ldexp(1, 2*q)
		if sum, bound := eq48(total); !(sum/bound >= total) {
			t.Errorf("T = 4^%d: the ratio is %v, below T", q, sum/bound)
		}
	}
}

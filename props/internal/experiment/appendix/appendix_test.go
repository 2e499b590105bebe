package appendix

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/problem"
)

// TestExamplesClosedForm: the runs of A.2 are x^t + d = (1-2g)^t (x^0 + d), and
// one step of A.3 without the compressor is w1 - g A^T A w1 at w2 = 0.
func TestExamplesClosedForm(t *testing.T) {
	for _, r := range a2Runs() {
		want := math.Abs(1-2*r.Gamma) * math.Abs(r.Start[0]+0.5)
		if !(math.Abs(r.OneStep-want) <= 1e-15) {
			t.Errorf("A.2 with g = %v from %v: |x + d| = %v after one step, want %v", r.Gamma, r.Start, r.OneStep, want)
		}
		if contracts := math.Abs(1-2*r.Gamma) < 1; contracts != r.Converged {
			t.Errorf("A.2 with g = %v from %v: converged %v, |1-2g| < 1 is %v", r.Gamma, r.Start, r.Converged,
				contracts)
		}
	}
	steps := 0
	for _, r := range a3Runs(1) {
		if r.Perturbed {
			continue
		}
		a := problem.A3(problem.A3SGD).Chain.Op(2).Spec().A
		if strings.Contains(r.Name, "heavy") {
			a = problem.A3(problem.A3HeavyBall).Chain.Op(2).Spec().A
		}
		var v, next [2]float64
		for k := range 2 {
			v[k] = a[k][0]*r.Start[0] + a[k][1]*r.Start[1]
		}
		for k := range 2 {
			next[k] = r.Start[k] - r.Gamma*(a[0][k]*v[0]+a[1][k]*v[1])
		}
		if want := math.Hypot(next[0], next[1]); !(math.Abs(r.OneStep-want) <= 1e-12*(1+want)) {
			t.Errorf("%s with g = %v from %v: |w1| = %v after one step, want %v", r.Name, r.Gamma, r.Start, r.OneStep,
				want)
		}
		steps++
	}
	if steps < 50 {
		t.Errorf("%d runs of A.3 without the compressor, want 50 or more", steps)
	}
}

// TestA3L: 3 L g of the printed runs, from lambda_max by another route: the
// largest lambda with det(A^T A - lambda) = 0 in rational arithmetic brackets it.
func TestA3L(t *testing.T) {
	for _, kind := range []problem.A3Kind{problem.A3SGD, problem.A3HeavyBall} {
		c := problem.A3(kind)
		a := c.Chain.Op(2).Spec().A
		sum, det := 0.0, a[0][0]*a[1][1]-a[0][1]*a[1][0]
		for _, row := range a {
			sum += row[0]*row[0] + row[1]*row[1]
		}
		at := func(lambda float64) int { // the sign of lambda^2 - tr lambda + det^2
			l := new(big.Rat).SetFloat64(lambda)
			v := new(big.Rat).Sub(l, new(big.Rat).SetFloat64(sum))
			v.Mul(v, l)
			return v.Add(v, new(big.Rat).SetFloat64(det*det)).Sign()
		}
		if l := a3L(c); at(l*(1-1e-12)) >= 0 || at(l*(1+1e-12)) <= 0 || l < sum/2 {
			t.Errorf("kind %v: L = %v is not the largest root", kind, l)
		}
	}
}

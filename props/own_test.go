package props

import (
	"bytes"
	"errors"
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
			t.Errorf("A.2 with g = %v from %v: converged %v, |1-2g| < 1 is %v", r.Gamma, r.Start, r.Converged, contracts)
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
			t.Errorf("%s with g = %v from %v: |w1| = %v after one step, want %v", r.Name, r.Gamma, r.Start, r.OneStep, want)
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

// TestBudgets: a constant holds, ln T does not, and what lies between is left open.
func TestBudgets(t *testing.T) {
	one := func(float64) float64 { return 1 }
	for _, c := range []struct {
		right func(t float64) float64
		want  string
	}{
		{func(t float64) float64 { return 3 + 1/t }, "holds"},
		{math.Log, "refuted"},
		{math.Sqrt, "refuted"},
		{func(t float64) float64 { return math.Log(math.Log(t) + 1) }, "undecided"},
		{func(float64) float64 { return math.NaN() }, "undecided"},
	} {
		if j := judgeBudget(c.right, one); j.Verdict != c.want {
			t.Errorf("%s, want %s: %s", j.Verdict, c.want, j.Note)
		}
	}
}

// TestOwnCertificate: the certificate of a sum replays, and is about every constant.
func TestOwnCertificate(t *testing.T) {
	if c, err := certifyEq48(); err != nil || c.LHS.Num.Cmp(c.RHS.Num) <= 0 {
		t.Errorf("%v, %v", c, err)
	}
}

// TestJudgementsRepeat: a claim that settles itself does so alike for every seed,
// with its evidence.
func TestJudgementsRepeat(t *testing.T) {
	on := record(t)
	for _, c := range ownClaims()[len(asymptotic()):] { // those measure for seconds, and TestVerdicts has them
		for _, seed := range []uint64{1, 2, 3} {
			j := c.Judge(Options{Seed: seed})
			if j.Verdict != on[c.Name()] || j.Cases < 10 {
				t.Errorf("%s, seed %d: %s after %d cases, on record %s", c.Name(), seed, j.Verdict, j.Cases, on[c.Name()])
			}
		}
	}
}

// failing fails at the n-th write.
type failing struct{ n int }

func (f *failing) Write(b []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, errors.New("no space left")
	}
	return len(b), nil
}

// TestWriteExamples: the page has every run, and an error of the writer is not lost.
func TestWriteExamples(t *testing.T) {
	var b bytes.Buffer
	if err := WriteExamples(&b, 1); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		name string
		n    int
	}{{"\n| A.2 |", len(a2Runs())}, {"\n| A.3, A of ", len(a3Runs(1))}, {"| diverges |", 40}, {"| converges |", 100}} {
		if n := strings.Count(b.String(), want.name); n < want.n {
			t.Errorf("%q is %d times on the page, want %d", want.name, n, want.n)
		}
	}
	for _, n := range []int{0, 5, 12} {
		if err := WriteExamples(&failing{n}, 1); err == nil {
			t.Errorf("no error when write %d fails", n)
		}
	}
}

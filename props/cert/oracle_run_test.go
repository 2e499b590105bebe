package cert_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// judgeRun compares a certificate of a run with the float64 engine: the left
// side with the trees of package props, the right one with package bounds.
func judgeRun(t testing.TB, c *cert.Certificate) {
	t.Helper()
	k := toCase(c)
	k.Run = &gen.Run{All: true, Gamma: float(c.Run.Gamma), Steps: c.Run.Steps}
	if c.Claim == "eq41" && c.Form == "derivation" {
		// Both sides are formulas, with the constants of the certificate.
		if left, right := sidesOf41(t, c, k); !agree(c.LHS.Num, left) || !agree(c.RHS.Num, right) {
			t.Errorf("step to (41): sides %v, %v; bounds %v, %v", c.LHS, c.RHS, left, right)
		}
		judgeHypotheses(t, c, k)
		return
	}
	r := search.CheckInBig(claimOf(t, c), k)
	if r.Reason != claim.Valid || r.Answer != claim.No {
		t.Errorf("%s %s: accepted, the engine says %v, %v", c.Claim, c.Reading, r.Reason, r.Answer)
	}
	left := r.Left.Lo
	if c.Run.Mu != nil { // package props has what is added to (1 - mu g/3)^T D0
		left += contracted(t, c, k)
	}
	if !agree(c.LHS.Num, left) || !agree(c.RHS.Num, rightOfRun(t, c, k)) {
		t.Errorf("%s %s: sides %v, %v; engine %v, bounds %v", c.Claim, c.Reading, c.LHS, c.RHS, left,
			rightOfRun(t, c, k))
	}
	judgeHypotheses(t, c, k)
}

// contracted is (1 - mu g/3)^T D0 with the mu and l* that package props takes.
func contracted(t testing.TB, c *cert.Certificate, k *gen.Case) float64 {
	t.Helper()
	run, err := k.BuildRun()
	if err != nil {
		t.Fatal(err)
	}
	s := core.NewState(run.Chain)
	s.Forward(run.Chain, run.X, run.W, nil)
	smooth := bounds.Smooth{L: run.Known.L(), Mu: run.Known.Mu(), Gamma: run.Gamma}
	return smooth.Weight(c.Run.Steps, 0) * (s.Loss() - run.Known.LStarUpper())
}

// judgeHypotheses compares the constants of A3 with those of package core on what
// the run visits, and those of section 4 with the ones of package problem.
func judgeHypotheses(t testing.TB, c *cert.Certificate, k *gen.Case) {
	t.Helper()
	run, err := k.BuildRun()
	if err != nil {
		t.Fatal(err)
	}
	if run.Known == nil {
		t.Fatalf("oracle: no constants known for %v", c.Chain)
	}
	if c.Constants != nil {
		for _, s := range shortfalls(c.Constants, regularityOfRun(c, run)) {
			t.Errorf("%s: accepted, but %s", c.Claim, s)
		}
	}
	l, gamma, star := float(c.Run.L), float(c.Run.Gamma), float(c.Run.LStar)
	if !(l >= run.Known.L()*(1-inflation)) || !(3*l*gamma <= 1+inflation) {
		t.Errorf("%s: accepted, but L = %v, gamma = %v; L is %v", c.Claim, l, gamma, run.Known.L())
	}
	if !(star <= run.Known.LStarUpper()+oracleError) {
		t.Errorf("%s: accepted, but l* <= %v, stated as %v", c.Claim, run.Known.LStarUpper(), star)
	}
	if c.Run.Mu == nil {
		return
	}
	if mu := float(c.Run.Mu); !(mu > 0 && mu <= run.Known.Mu()*(1+inflation)) ||
		!(star >= run.Known.LStarLower()-oracleError) {
		t.Errorf("%s: accepted, but mu = %v, l* = %v; they are %v, >= %v", c.Claim, mu, star, run.Known.Mu(),
			run.Known.LStarLower())
	}
}

// regularityOfRun is that on the hull of all states of the run.
func regularityOfRun(c *cert.Certificate, run *gen.Training) core.Regularity {
	given := perturbations(c, run.Chain)
	region, s := core.NewRegion(run.Chain), core.NewState(run.Chain)
	w := slices.Clone(run.W)
	for range c.Run.Steps {
		s.Pass(run.Chain, run.X, w, nil)
		region.Visit(s, w)
		s.Pass(run.Chain, run.X, w, given)
		region.Visit(s, w)
		for j, u := range s.UAll {
			w[j] -= run.Gamma * u
		}
	}
	return region.Regularity(nil)
}

// perturbations are those of every step of a run.
func perturbations(c *cert.Certificate, chain *core.Chain) *core.Given {
	n := chain.N()
	given := &core.Given{DeltaAt: make([][]float64, n+1), EpsAt: make([][]float64, n+1)}
	for i := 1; i <= n; i++ {
		given.DeltaAt[i], given.EpsAt[i] = make([]float64, chain.D(i)), make([]float64, chain.D(i-1))
		if l := c.Delta[i]; l != nil {
			given.DeltaAt[i] = floats(l[0].D)
		}
		if l := c.Eps[i]; l != nil {
			given.EpsAt[i] = floats(l[0].D)
		}
	}
	return given
}

func rightOfRun(t testing.TB, c *cert.Certificate, k *gen.Case) float64 {
	t.Helper()
	p, err := k.Build()
	if err != nil {
		t.Fatal(err)
	}
	if c.Claim == "eq41" {
		_, right := sidesOf41(t, c, k)
		return right
	}
	n := len(c.Chain)
	b := bounds.Const{N: n, C: float(c.Constants.C), C2: float(c.Constants.C2), Lf: float(c.Constants.Lf),
		L1: float(c.Constants.L1), L2: float(c.Constants.L2)}
	d2, d4, e2 := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	square := func(v []*big.Rat) (s float64) {
		for _, x := range floats(v) {
			s += x * x
		}
		return s
	}
	for i, l := range c.Delta {
		d2[i] = square(l[0].D)
		d4[i] = d2[i] * d2[i]
	}
	for i, l := range c.Eps {
		e2[i] = square(l[0].D)
	}
	thm1, thm2 := bounds.Theorem1(b, d2, e2), bounds.Theorem2(b, d2, d4, e2)
	s := core.NewState(p.Chain)
	s.Forward(p.Chain, p.X, p.W, nil)
	smooth := bounds.Smooth{L: float(c.Run.L), Gamma: float(c.Run.Gamma)}
	d0, steps := s.Loss()-float(c.Run.LStar), c.Run.Steps
	if c.Claim == "thm4" {
		return bounds.Theorem4(smooth, d0, steps, float64(steps)*thm1, float64(steps)*thm2)
	}
	smooth.Mu = float(c.Run.Mu)
	weights := 0.0
	for at := range steps {
		weights += smooth.Weight(steps, at)
	}
	return bounds.Theorem5(smooth, d0, steps, weights*thm1, weights*thm2)
}

// sidesOf41 are (40) unrolled and (41) with |U-u|^2 of both passes at every step.
func sidesOf41(t testing.TB, c *cert.Certificate, k *gen.Case) (unrolled, printed float64) {
	t.Helper()
	run, err := k.BuildRun()
	if err != nil {
		t.Fatal(err)
	}
	given := perturbations(c, run.Chain)
	exact, s := core.NewState(run.Chain), core.NewState(run.Chain)
	smooth := bounds.Smooth{L: float(c.Run.L), Mu: float(c.Run.Mu), Gamma: float(c.Run.Gamma)}
	w := slices.Clone(run.W)
	d0, sum := 0.0, 0.0
	for at := range c.Run.Steps {
		exact.Pass(run.Chain, run.X, w, nil)
		s.Pass(run.Chain, run.X, w, given)
		if at == 0 {
			d0 = exact.Loss() - float(c.Run.LStar)
		}
		for j, u := range s.UAll {
			e := u - exact.UAll[j]
			sum += smooth.Weight(c.Run.Steps, at) * e * e
			w[j] -= run.Gamma * u
		}
	}
	return bounds.UnrolledEq40(smooth, d0, c.Run.Steps, sum, sum), bounds.Eq41(smooth, d0, c.Run.Steps, sum, sum)
}

// judgeSeries sums (48) in float64 for some T of the family: the ratio is at least what
// the certificate says.
func judgeSeries(t testing.TB, c *cert.Certificate) {
	t.Helper()
	least := float(c.LHS.Num)
	if !(least > 1) || c.RHS.Num.Cmp(big.NewRat(1, 1)) != 0 {
		t.Errorf("sides %v, %v", c.LHS, c.RHS)
	}
	const largest = 20 // log2 of T
	for q := c.Series.From; q < c.Series.From+3 && c.Series.Total*q <= largest; q++ {
		n := 1 << (c.Series.Total * q)
		x := math.Log(float64(n)) / float64(n)
		sum := 0.0
		for k := range n {
			sum += math.Pow(1-x, float64(k+1))
		}
		if !(sum/x >= math.Pow(least, float64(q))) {
			t.Errorf("at T = %d the ratio is %v, not %v^%d", n, sum/x, least, q)
		}
	}
	if ln2 := float(c.Series.Ln2); !(ln2 >= math.Ln2) {
		t.Errorf("accepted, but ln 2 is above %v", ln2)
	}
}

package beyond

import (
	"math"
	"math/big"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestConjectures: each is refuted whatever the seed, by a certificate that package cert accepts
// and that has the fewest operators that can do it.
func TestConjectures(t *testing.T) {
	for id, c := range map[string]struct {
		operators int
		least     float64 // of the largest ratio
	}{"sa5": {2, math.Inf(1)}, "sa6": {2, math.Inf(1)}, "sa7": {2, 2}} {
		for seed := range uint64(3) {
			j := JudgeSavedConjecture(id)(seed)
			if j.Verdict != claim.Refuted || j.Cases != conjectureCases || !(j.Ratio >= c.least) ||
				j.Certificate == nil || len(j.Certificate.Chain) != c.operators {
				t.Errorf("%s, seed %d: %+v", id, seed, j)
				continue
			}
			file, err := j.Certificate.Marshal()
			if err != nil {
				t.Errorf("%s, seed %d: %v", id, seed, err)
				continue
			}
			if r, err := cert.Check(file); err != nil || r.Verdict != cert.Refuted {
				t.Errorf("%s, seed %d: %v, %v", id, seed, r, err)
			}
		}
	}
}

// TestConjectureInOrder: chains without an operator that is curved in the input, or without
// dependence, violate neither sa5 nor sa6.
func TestConjectureInOrder(t *testing.T) {
	r := source(3, 15)
	quadratic, independent := 0, 0
	for range 300 {
		c := drawConjecture(r, "sa6") // no operator whose J2 is curved
		c.Claim = "sa5"               // zeta is drawn for each operator alone
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
		if c.LHS.Num.Sign() != 0 {
			t.Errorf("a bias of %v without curvature: %+v", c.LHS, c)
		}
		quadratic += len(c.Zeta)
		c.Claim = "sa6"
		for i := range c.Zeta {
			if len(c.Zeta) > 1 {
				delete(c.Zeta, i)
			}
		}
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
		if c.LHS.Num.Sign() != 0 {
			t.Errorf("a bias of %v with one zeta: %+v", c.LHS, c)
		}
		independent += len(c.Zeta)
	}
	if quadratic < 300 || independent < 200 {
		t.Errorf("%d and %d errors of saved states", quadratic, independent)
	}
}

// TestSa7ByHand: f_1 = 2 w, f_2 = f_3 = y^2/2 at y = 2, both read at 2 +- s: U_1 - u_1 = 2 ((2 +- s)^2 - 4)
// has the mean square 64 s^2 + 4 s^4, the bound is C^4 2 s^2 + C^2 2 s^2 + s^2, C = 2 + s.
func TestSa7ByHand(t *testing.T) {
	for k := range 3 {
		s := big.NewRat(1, int64(1)<<k)
		pair := cert.Law{{P: big.NewRat(1, 2), D: []*big.Rat{s}}, {P: big.NewRat(1, 2), D: []*big.Rat{new(big.Rat).Neg(s)}}}
		c := &cert.Certificate{
			Claim: "sa7", Form: "conjecture", X: []*big.Rat{big.NewRat(2, 1)},
			Chain: []cert.Op{{Op: "scale", N: 1}, {Op: "halfsq", N: 1}, {Op: "halfsq", N: 1}},
			W:     [][]*big.Rat{{big.NewRat(1, 1)}, {}, {}}, Zeta: map[int]cert.Law{2: pair, 3: pair},
		}
		top := new(big.Rat).Add(big.NewRat(2, 1), s)
		c.Constants = &cert.Constants{C: top, C2: big.NewRat(1, 1), Lf: top, L1: big.NewRat(1, 1), L2: big.NewRat(1, 1),
			Why: map[string]string{"C": "-", "C2": "-", "Lf": "-", "L1": "-", "L2": "-"}}
		if err := c.Fill(); err != nil {
			t.Fatal(err)
		}
		x, _ := s.Float64()
		c2 := (2 + x) * (2 + x)
		left, _ := c.LHS.Num.Float64()
		right, _ := c.RHS.Num.Float64()
		if left != 64*x*x+4*x*x*x*x || right != c2*c2*2*x*x+c2*2*x*x+x*x {
			t.Errorf("s = %v: %v <= %v", s, c.LHS, c.RHS)
		}
	}
}

// TestSavedVariance: the bound is reached, and each of its parts is needed.
func TestSavedVariance(t *testing.T) {
	j := JudgeSavedVariance(2)
	if j.Verdict != claim.Holds || !(j.Ratio > 0.99) || j.Cases < 1900 {
		t.Errorf("%+v", j)
	}
	none := func(v []float64) []float64 { return make([]float64, len(v)) }
	for name, form := range map[string]func(c, l1, lf float64, d2, e2, z2 []float64) float64{
		"delta": func(c, l1, lf float64, d2, e2, z2 []float64) float64 {
			return bounds.SavedVariance(c, l1, lf, none(d2), e2, z2)
		},
		"eps": func(c, l1, lf float64, d2, e2, z2 []float64) float64 {
			return bounds.SavedVariance(c, l1, lf, d2, none(e2), z2)
		},
		"zeta": func(c, l1, lf float64, d2, e2, z2 []float64) float64 {
			return bounds.SavedVariance(c, l1, lf, d2, e2, none(z2))
		},
		"a tenth": func(c, l1, lf float64, d2, e2, z2 []float64) float64 {
			return 0.9 * bounds.SavedVariance(c, l1, lf, d2, e2, z2)
		},
	} {
		if got := judgeSavedVariance(2, form); got.Verdict != claim.Refuted {
			t.Errorf("without %s: %+v", name, got)
		}
	}
}

// TestSavedVarianceReached: f_1 = w x, f_2 = y at x = w = 0 read at +-s has U_1 = +-s, which is the
// bound, PROOFS.md (5.15); f_2 = y^2/2 read at +-s at x = 1, w = 0 has half of it, for U_2 has no weight.
func TestSavedVarianceReached(t *testing.T) {
	const s = 0.5
	for _, v := range []struct {
		x           float64
		second      cubic
		sizes       []float64
		left, right float64
	}{
		{0, cubic{a: [4]float64{0, 1}}, []float64{s, 0}, s * s, s * s},
		{1, cubic{a: [4]float64{0, 0, 0.5}}, []float64{0, s}, s * s, 2 * s * s},
	} {
		n := &noisySaved{
			saved: saved{
				ops: []cubic{{b: [4]float64{0, 1}}, v.second}, x: v.x, w: []float64{0, 0}, low: v.sizes, high: v.sizes,
			},
			delta: make([][2]float64, 3), eps: make([][2]float64, 3),
		}
		left := n.squares()
		d2, e2 := n.moments()
		right := bounds.SavedVariance(n.c, n.l1, n.lf, d2, e2, n.spread())
		if left != v.left || right != v.right || n.c != 1 || n.l1 != 1 {
			t.Errorf("x = %v: %v <= %v, C = %v, L1 = %v", v.x, left, right, n.c, n.l1)
		}
	}
}

// TestSquaresByHand: f_1 = w y, f_2 = y^2/2 at x = 1, w = 1, delta_1 = 1 or 0, eps_2 = +-e, zeta_2 = +-s:
// U_1 - u_1 = Y_1 + zeta + eps - 1, of which delta is 0 or 1.
func TestSquaresByHand(t *testing.T) {
	const e, s = 0.5, 0.25
	n := &noisySaved{
		saved: saved{
			ops: []cubic{{b: [4]float64{0, 1}}, {a: [4]float64{0, 0, 0.5}}}, x: 1, w: []float64{1, 0},
			low: []float64{0, s}, high: []float64{0, s},
		},
		delta: [][2]float64{{}, {1, 0}, {}}, eps: [][2]float64{{}, {}, {-e, e}},
	}
	if got, want := n.squares(), 0.5+e*e+s*s; got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if n.c != 2+s || n.lf != 2+s || n.l1 != 1 {
		t.Errorf("C = %v, Lf = %v, L1 = %v", n.c, n.lf, n.l1)
	}
	d2, e2 := n.moments()
	if d2[1] != 0.5 || e2[2] != e*e || d2[2] != 0 || e2[1] != 0 {
		t.Errorf("%v, %v", d2, e2)
	}
}

package props

import (
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/bigpass"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// checkLinear is what a claim about (6) says of a case.
func checkLinear(c *claim.Claim, on *gen.Case) claim.Result {
	return search.CheckInBig(c, on)
}

// scaled is the case with every number times f.
func scaled(c *gen.Case, f float64) *gen.Case {
	d := c.Clone()
	vectors := append([][]float64{d.X}, d.W...)
	for i := range d.Eps {
		vectors = append(vectors, d.Eps[i].D)
	}
	for _, v := range vectors {
		for k := range v {
			v[k] *= f
		}
	}
	return d
}

// TestLinearInFloatAndExactly: on drawn networks both ways say the same, float64 is
// exact on all of them, and the repaired forms are identities at any scale and for
// numbers that are no integers.
func TestLinearInFloatAndExactly(t *testing.T) {
	differ := 0
	for index := range uint64(40) {
		c := gen.LinearStep(gen.Random(1, index))
		lo, _, _ := measure.Case(claim.Linear, c)
		net := lo.Linear
		if !bigpass.FitsFloat64(net.W[1:], net.X, net.Eps) {
			t.Fatalf("case %d does not fit float64: %s", index, c.Line())
		}
		for k, cl := range linearClaims() {
			here := checkLinear(&cl, c)
			if cl.Form == claim.Repaired && here.Answer != claim.Yes {
				t.Fatalf("%s is violated by %s", cl.Name(), c.Line())
			}
			// 0.1 is no integer; 2^400 leaves its range in the products.
			for _, f := range []float64{0.1, 0x1p400, 0x1p-300} {
				there := checkLinear(&cl, scaled(c, f))
				if here.Reason == claim.Shapes != (there.Reason == claim.Shapes) {
					t.Fatalf("%s times %v: %v, here %v", cl.Name(), f, there.Reason, here.Reason)
				}
				if cl.Form == claim.Repaired && there.Answer != claim.Yes {
					t.Fatalf("%s is violated by %s times %v", cl.Name(), c.Line(), f)
				}
				if there.Reason == claim.Valid && there.Answer == claim.No {
					differ++
				}
				if k == 7 && there.Reason == claim.Valid && !(there.Ratio == 0) {
					t.Fatalf("%s: ratio %v of an identity", cl.Name(), there.Ratio)
				}
			}
		}
	}
	if differ < 20 {
		t.Errorf("printed forms were violated %d times, want 20 at least", differ)
	}
}

// TestExactFormsAreTheStatements: the rational forms and those of package bounds give
// the same distance on networks where float64 is exact.
func TestExactFormsAreTheStatements(t *testing.T) {
	for index := range uint64(200) {
		lo, _, _ := measure.Case(claim.Linear, gen.LinearStep(gen.Random(2, index)))
		net := lo.Linear
		for k, e := range []eq6{disp12Printed, disp12Repaired, eq6aPrinted, eq6aRepaired, eq6bPrinted, eq6bRepaired,
			eq6cPrinted, eq6cRepaired} {
			float := e.left(net)
			if math.IsNaN(float) {
				continue
			}
			exact := bigpass.Norm(bigpass.Difference(e.exact(&exactNet{net})))
			if !(math.Abs(float-exact) <= 1e-15*exact) {
				t.Fatalf("form %d: %v in float64, %v exactly", k, float, exact)
			}
		}
	}
}

// TestLinearOfAnEpsOfZero: a site without a law is one of eps = 0.
func TestLinearOfAnEpsOfZero(t *testing.T) {
	for _, f := range []float64{1, 0.1} {
		c := scaled(threeOperators(), f)
		c.Eps[1] = perturb.Spec{Law: "zero"}
		for _, cl := range linearClaims() {
			want := claim.Yes
			if cl.Form == claim.Printed && cl.ID != "disp12" { // scalars commute
				want = claim.No
			}
			if r := checkLinear(&cl, c); r.Reason != claim.Valid || r.Answer != want {
				t.Errorf("%s times %v: %v, answer %v, want %v", cl.Name(), f, r.Reason, r.Answer, want)
			}
		}
	}
}

// threeOperators is a network of scalars on which every printed form fails.
func threeOperators() *gen.Case {
	c, err := gen.ReadCase(strings.NewReader(`{
		"chain":[{"op":"linear","in":1,"out":1},{"op":"linear","in":1,"out":1},{"op":"linear","in":1,"out":1}],
		"x":[7],"w":[[2],[3],[5]],
		"delta":[{"law":"zero"},{"law":"zero"},{"law":"zero"}],
		"eps":[{"law":"zero"},{"law":"constant","d":[1]},{"law":"constant","d":[4]}]}`))
	if err != nil {
		panic(err)
	}
	return c
}

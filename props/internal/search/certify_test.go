package search_test

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// quadratic violates the printed (14): L2 = 0 and L1 > 0.
func quadratic() *gen.Case {
	zero := perturb.Spec{Law: "zero"}
	return &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{0}, W: [][]float64{{0}, {}},
		Delta: []perturb.Spec{{Law: "constant", D: []float64{1}}, zero}, Eps: []perturb.Spec{zero, zero},
	}
}

// TestCertify: a case with plain numbers becomes a certificate that package cert accepts;
// one that has none says why.
func TestCertify(t *testing.T) {
	eq14b := named(t, "eq14b/printed")[0]
	made, err := search.Certify(&eq14b, quadratic())
	if err != nil {
		t.Fatal(err)
	}
	data, err := made.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := cert.Check(data); err != nil || r.Verdict != cert.Refuted {
		t.Errorf("%+v, error %v", r, err)
	}
	for _, c := range []struct {
		name   string
		claim  string
		change func(c *gen.Case)
		want   string
	}{
		{"a repaired claim", "eq14b/repaired", func(*gen.Case) {}, "of printed claims"},
		{"no polynomial", "eq14b/printed", func(c *gen.Case) {
			c.Chain[0], c.W[0] = core.Spec{Op: "tanh", N: 1},
				nil
		}, "operator 1, tanh(1), is not a polynomial"},
		{"a law of the state", "eq14b/printed", func(c *gen.Case) { c.Delta[0] = perturb.Spec{Law: "topk", K: 0} },
			`law "topk" looks at the state`},
		{"a case that agrees", "thm1/printed", func(*gen.Case) {}, ""},
		{"nothing perturbed", "eq14b/printed", func(c *gen.Case) { c.Delta[0] = perturb.Spec{Law: "zero"} }, ""},
	} {
		on := quadratic()
		c.change(on)
		of := named(t, c.claim)[0]
		if made, err := search.Certify(&of, on); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, error %v, want %q in it", c.name, made, err, c.want)
		}
	}
}

// TestCertificateOfNothing: a finding without a case, or judged without a certificate, has
// none.
func TestCertificateOfNothing(t *testing.T) {
	ownClaim := claim.Claim{ID: "own", Form: claim.Printed, Kind: claim.SelfJudged}
	f := &search.Finding{Claim: &ownClaim, Judged: &claim.Judgement{Verdict: claim.Refuted}}
	if c, err := f.Certificate(); err == nil || !strings.Contains(err.Error(), "own/printed has no certificate") {
		t.Errorf("%+v, error %v", c, err)
	}
}

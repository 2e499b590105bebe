package cert_test

import (
	"bytes"
	"math/big"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

// savedCertificate is about y_1 = w x at x = w = 1 and a last operator of width 1, with zeta_1
// and zeta_2 of +-s, none for s = "".
func savedCertificate(claim string, last cert.Op, zeta1, zeta2 string) *cert.Certificate {
	num := func(s string) *big.Rat {
		x, ok := new(big.Rat).SetString(s)
		if !ok {
			panic(s)
		}
		return x
	}
	c := &cert.Certificate{
		Claim: claim, Form: "conjecture", Chain: []cert.Op{{Op: "linear", In: 1, Out: 1}, last}, X: []*big.Rat{num("1")},
		W: [][]*big.Rat{{num("1")}, {}}, Zeta: map[int]cert.Law{}, Text: "by hand",
	}
	if last.Op == "bilinear" {
		c.W[1] = []*big.Rat{num("1")}
	}
	for i, s := range []string{zeta1, zeta2} {
		if s != "" {
			c.Zeta[i+1] = cert.Law{{P: num("1/2"), D: []*big.Rat{num(s)}}, {P: num("1/2"),
				D: []*big.Rat{num("-" + s)}}}
		}
	}
	if claim == "sa7" {
		c.Constants = unit()
		c.Constants.C, c.Constants.Lf = num("9/8"), num("9/8")
	}
	return c
}

var (
	halfSquare = cert.Op{Op: "halfsq", N: 1}
	bilinear   = cert.Op{Op: "bilinear", N: 1}
)

// TestSavedByHand: sa5 has U_2 = 2 (1+z)^2 for f_2 = (w y)^2 + y^2/2, of mean 4 where u_2 = 2; sa6
// has U_1 = (1+z)^2, of mean 2 where u_1 = 1; sa7 has E|U-u|^2 = 4 s^2 + s^4 and the right side
// s^2 + 2 (1+s)^2 s^2 at s = 1/8, and, which tells +zeta from -zeta, 4 m_2 + 4 m_3 + m_4 and (1 + 2 C^2)
// m_2 for a law whose third moment is not 0.
func TestSavedByHand(t *testing.T) {
	skew := savedCertificate("sa7", halfSquare, "1", "1")
	for i := range skew.Zeta {
		skew.Zeta[i] = cert.Law{{P: big.NewRat(1, 3), D: []*big.Rat{big.NewRat(1, 4)}},
			{P: big.NewRat(2, 3), D: []*big.Rat{big.NewRat(-1, 8)}}}
	}
	skew.Constants.C, skew.Constants.Lf = big.NewRat(5, 4), big.NewRat(5, 4)
	for _, v := range []struct {
		c        *cert.Certificate
		lhs, rhs string
	}{
		{savedCertificate("sa5", bilinear, "", "1"), "4", "0"},
		{savedCertificate("sa6", halfSquare, "1", "1"), "1", "0"},
		{savedCertificate("sa7", halfSquare, "1/8", "1/8"), "257/4096", "113/2048"},
		{skew, "291/2048", "33/256"},
	} {
		if err := v.c.Fill(); err != nil || v.c.LHS.String() != v.lhs || v.c.RHS.String() != v.rhs {
			t.Errorf("%s: sides %v and %v, error %v, want %s and %s", v.c.Claim, v.c.LHS, v.c.RHS, err, v.lhs, v.rhs)
			continue
		}
		data, err := v.c.Marshal()
		if err != nil {
			t.Errorf("%s: %v", v.c.Claim, err)
			continue
		}
		r, err := cert.Check(data)
		if err != nil {
			t.Errorf("%s: %v", v.c.Claim, err)
			continue
		}
		if again, err := r.Certificate.Marshal(); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s: written again as\n%s%v", v.c.Claim, again, err)
		}
		if text := r.String(); !strings.Contains(text, "zeta_2") || !strings.Contains(text, "so the conjecture is false") {
			t.Errorf("%s: the report is\n%s", v.c.Claim, text)
		}
	}
}

// TestSavedRefusals: where a hypothesis fails, or a claim has no zeta, a certificate is refused.
func TestSavedRefusals(t *testing.T) {
	half, one := big.NewRat(1, 2), big.NewRat(1, 1)
	biased := cert.Law{{P: half, D: []*big.Rat{one}}, {P: half, D: []*big.Rat{new(big.Rat)}}}
	for _, v := range []struct {
		edit  func(c *cert.Certificate)
		claim string
		want  string
	}{
		{func(c *cert.Certificate) { c.Zeta[2] = biased }, "sa6", "zeta.2: has the mean [1/2], sa6 wants 0"},
		{func(c *cert.Certificate) { c.Eps = map[int]cert.Law{2: biased} }, "sa7", "eps.2: has the mean [1/2]"},
		{func(c *cert.Certificate) { c.Delta = map[int]cert.Law{1: biased} }, "sa6",
			"delta: the forward pass of sa6 is exact"},
		{func(c *cert.Certificate) { c.Chain[1], c.W[1] = bilinear, []*big.Rat{one} }, "sa6",
			"J2 is not affine in the input"},
		{func(c *cert.Certificate) {
			c.Zeta[2] = cert.Law{{P: big.NewRat(1, 3), D: []*big.Rat{big.NewRat(2, 1)}},
				{P: big.NewRat(2, 3), D: []*big.Rat{big.NewRat(-1, 1)}}}
		}, "sa6", "zeta.2: has other probabilities than zeta.1"},
		{func(c *cert.Certificate) { c.Constants.C = one }, "sa7",
			"constants.C: is 1, not shown to bound |J2|_op of operator 1"},
		{func(c *cert.Certificate) { c.Zeta = map[int]cert.Law{3: biased} }, "sa6", "zeta.3: no such site, want 1..2"},
		{func(c *cert.Certificate) { c.Form = "printed" }, "sa6", "unknown claim"},
		{func(c *cert.Certificate) { c.Claim, c.Form = "eq6a", "printed" }, "sa6",
			"zeta: the passes of eq6a read Y_{i-1}"},
		{func(c *cert.Certificate) { delete(c.Zeta, 1) }, "sa6", "left <= right"}, // one site alone is unbiased
	} {
		c := savedCertificate(v.claim, halfSquare, "1/8", "1/8")
		v.edit(c)
		err := c.Fill()
		if err == nil {
			_, err = c.Marshal()
		}
		if err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: error %v, want %s", v.claim, err, v.want)
		}
	}
	independent := savedCertificate("sa5", halfSquare, "1", "1") // the same laws, drawn apart
	if err := independent.Fill(); err != nil || independent.LHS.String() != "0" {
		t.Errorf("independent zeta where J is affine: |E[U-u]|^2 = %v, error %v", independent.LHS, err)
	}
}

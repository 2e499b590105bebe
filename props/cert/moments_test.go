package cert_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// TestMoments compares every moment with the trees of package expect.
func TestMoments(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 20 {
		c := randomCertificate(r, 2+r.IntN(3), allOps)
		n := len(c.Chain)
		p, err := toCase(c).Build()
		if err != nil {
			t.Fatal(err)
		}
		w, want := expect.NewWalker(p.Chain), claim.NewMoments(p.Chain)
		if err := w.Walk(want, p.X, p.W, &p.Plan, 0); err != nil {
			t.Fatal(err)
		}
		for _, k := range claim.Readings {
			reading := k.String()
			c.Reading = reading
			m, err := cert.MomentsOf(c)
			if err != nil {
				t.Fatal(err)
			}
			compare := func(name string, have *big.Rat, want float64) {
				t.Helper()
				if !agree(have, want) {
					t.Errorf("%s, %s reading: %v, package expect has %v", name, reading, have, want)
				}
			}
			compare("U2", m.U2, want.U2)
			compare("UMean2", m.UMean2, want.UMean2)
			for _, s := range []struct {
				name string
				from int
				have []*big.Rat
				want []float64
			}{
				{"D2", 1, m.D2, want.D2}, {"D4", 1, m.D4, want.D4}, {"E2", 2, m.E2, want.E2},
				{"Y2", 1, m.Y2, want.Y2}, {"Y4", 1, m.Y4, want.Y4}, {"V2", 1, m.V2, want.V2},
				{"U2At", 1, m.U2At, want.Ui2}, {"UMean2At", 1, m.UMean2At, want.UiMean2},
				{"DMean2", 1, m.DMean2, want.DMean2[k]}, {"EMean2", 2, m.EMean2, want.EMean2[k]},
				{"YMean2", 1, m.YMean2, want.YMean2[k]}, {"VMean2", 1, m.VMean2, want.VMean2[k]},
			} {
				if len(s.have) != n+1 {
					t.Fatalf("%s has %d entries, want %d", s.name, len(s.have), n+1)
				}
				for i, x := range s.have {
					if (x == nil) != (i < s.from) {
						t.Errorf("%s[%d] is %v", s.name, i, x)
					} else if x != nil {
						compare(fmt.Sprintf("%s[%d]", s.name, i), x, s.want[i])
					}
				}
			}
			for i, v := range w.Exact().V {
				if i == 0 {
					continue
				}
				size := 0.0
				for _, x := range v {
					size += x * x
				}
				compare(fmt.Sprintf("V0[%d]", i), m.V0[i], size)
			}
			if want := 13*n - 2; len(m.List()) != want {
				t.Errorf("%d moments listed, want %d", len(m.List()), want)
			}
		}
	}
}

// TestMomentsOfRecord: the ids of a certificate on record do not matter, its constants
// hold, and smaller ones do not.
func TestMomentsOfRecord(t *testing.T) {
	c := committed(t)["thm2-past"]
	c.Claim, c.Form, c.Reading, c.I = "of my own", "mine", "", 7
	m, err := cert.MomentsOf(c)
	if err != nil {
		t.Fatal(err)
	}
	if m.Reading != "past" || m.U2.Cmp(big.NewRat(1, 1)) != 0 || m.UMean2.Cmp(m.U2) != 0 ||
		fmt.Sprint(m.FreeConstants) != "[L2]" {
		t.Errorf("reading %q, moments %v, %v, free %v", m.Reading, m.U2, m.UMean2, m.FreeConstants)
	}
	if last := m.List()[len(m.List())-1]; last.Name != "E|E^{H_2}[V_2-v_2]|^2" || last.Value.Sign() != 0 {
		t.Errorf("the last moment is %v", last)
	}
	if err := m.Hold(c.Constants); err != nil {
		t.Error(err)
	}
	c.Constants.L1 = big.NewRat(1, 2)
	if err := m.Hold(c.Constants); err == nil || !strings.Contains(err.Error(), "constants.L1: is 1/2, not shown") {
		t.Errorf("error %v", err)
	}
	c.X = nil
	if _, err := cert.MomentsOf(c); err == nil || !strings.HasPrefix(err.Error(), "cert: x: ") {
		t.Errorf("error %v", err)
	}
}

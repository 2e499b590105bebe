package cert

import (
	"fmt"
	"math/big"
)

// Witness is a case of a bound in the layout of a certificate, with both sides recomputed:
// no coefficient below Ratio will do for the bound at these N, C and Lf.
type Witness struct {
	Report *Report
	Ratio  *big.Rat // left/right > 0
}

// CheckWitness checks all of a certificate but that it refutes: the numbers, the constants of
// A3 and both sides, of a printed bound with constants. A refusal names the place and the
// reason.
func CheckWitness(data []byte) (*Witness, error) {
	c, err := Parse(data)
	if err != nil {
		return nil, err
	}
	cl := c.claim()
	if cl.matrices != nil || cl.series || cl.bare || cl.run || cl.unbounded {
		return nil, refuse("claim", "%s is no bound of one step with the constants of A3", c.Claim)
	}
	r, err := evaluate(c)
	if err != nil {
		return nil, err
	}
	if err := r.stated(); err != nil {
		return nil, err
	}
	if r.LHS.Num.Sign() <= 0 || r.RHS.Num.Sign() <= 0 {
		return nil, refuse("", "left side %s, right side %s: no ratio above 0", cut(r.LHS), cut(r.RHS))
	}
	r.Verdict = "a witness"
	return &Witness{r, new(big.Rat).Quo(r.LHS.Num, r.RHS.Num)}, nil
}

// MarshalWitness writes c in canonical bytes, as Marshal does, where CheckWitness accepts it.
func (c *Certificate) MarshalWitness() ([]byte, error) {
	b, err := c.encode()
	if err != nil {
		return nil, err
	}
	if _, err := CheckWitness(b); err != nil {
		return nil, err
	}
	return b, nil
}

// Name is the bound that it is about: the claim, its form, reading and index, N, C and Lf.
func (w *Witness) Name() string {
	c := w.Report.Certificate
	name := c.name()
	if c.I > 0 {
		name += fmt.Sprintf(", i = %d", c.I)
	}
	return fmt.Sprintf("%s, N = %d, C = %s, Lf = %s", name, len(c.Chain), c.Constants.C.RatString(),
		c.Constants.Lf.RatString())
}

package cert_test

import (
	"math/big"
	"testing"

	"github.com/cascade-sgd/cascade/props/cert"
)

// TestLn2Above: the bound is above the sum of many more terms, which ln 2 exceeds, by less
// than a hundredth part of what 32 terms leave out.
func TestLn2Above(t *testing.T) {
	const many, left = 60, 32
	sum, first, power := new(big.Rat), new(big.Rat), big.NewRat(2, 3)
	for k := range int64(many) {
		term := new(big.Rat).Quo(power, big.NewRat(2*k+1, 1))
		if k == left {
			first.Set(term)
		}
		sum.Add(sum, term)
		power.Quo(power, big.NewRat(9, 1))
	}
	excess := new(big.Rat).Sub(cert.Ln2Above(), sum)
	if excess.Sign() <= 0 || excess.Quo(excess, first).Cmp(big.NewRat(1, 100)) > 0 {
		t.Errorf("above ln 2 by %v of the first term that is left out", float(excess))
	}
}

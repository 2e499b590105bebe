package cert

import (
	"math/big"
	"testing"
)

// TestProduct: the product of two intervals is the hull of the products of their corners,
// whatever the signs; one that leaves out any corner is too narrow for some pair.
func TestProduct(t *testing.T) {
	least := [4]int{} // how often a corner alone was the least or the greatest
	for a0 := int64(-3); a0 <= 3; a0++ {
		for a1 := a0; a1 <= 3; a1++ {
			for b0 := int64(-3); b0 <= 3; b0++ {
				for b1 := b0; b1 <= 3; b1++ {
					corners := [4]int64{a0 * b0, a0 * b1, a1 * b0, a1 * b1}
					lo, hi := corners[0], corners[0]
					for _, c := range corners {
						lo, hi = min(lo, c), max(hi, c)
					}
					got := interval{big.NewRat(a0, 1), big.NewRat(a1, 1)}.mul(interval{big.NewRat(b0, 1), big.NewRat(b1, 1)})
					if got.lo.Cmp(big.NewRat(lo, 1)) != 0 || got.hi.Cmp(big.NewRat(hi, 1)) != 0 {
						t.Errorf("[%d, %d] [%d, %d] is [%v, %v], want [%d, %d]", a0, a1, b0, b1, got.lo, got.hi, lo, hi)
					}
					for k, c := range corners {
						alone := 0
						for _, other := range corners {
							if other == c {
								alone++
							}
						}
						if alone == 1 && (c == lo || c == hi) {
							least[k]++
						}
					}
				}
			}
		}
	}
	for k, n := range least {
		if n == 0 {
			t.Errorf("corner %d is never needed", k)
		}
	}
}

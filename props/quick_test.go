package props

import (
	"fmt"
	"testing"
)

func TestQuick(t *testing.T) {
	for _, f := range Search(Claims(), Options{Seed: 1, Cases: 2000, Climb: 0}) {
		fmt.Println(f.Claim.Name(), f.Verdict(), f.Cases, f.Rejected, f.Undecided, f.Violated, f.Confirmed, f.Ratio, f.note())
	}
}

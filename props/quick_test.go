package props

import (
	"fmt"
	"testing"
)

func TestQuick(t *testing.T) {
	for _, f := range Search(only("thm1"), Options{Seed: 1, Cases: 10000, Climb: 6000}) {
		fmt.Println(f.Claim.Name(), f.Verdict(), f.Cases, f.Rejected, f.Undecided, f.Violated, f.Confirmed, f.Ratio, f.note())
		for n := 2; n < 9; n++ {
			if f.ByN[n] != nil {
				fmt.Printf("  %d:%.4f", n, f.ByN[n].Ratio)
			}
		}
		fmt.Println()
	}
}

func only(id string) []Claim {
	var o []Claim
	for _, c := range Claims() {
		if c.ID == id {
			o = append(o, c)
		}
	}
	return o
}

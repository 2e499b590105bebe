package props

import "testing"

// TestLadder: rungs never fall as a ratio comes nearer to 1, each one is reached, and
// beyond the bound there is no other.
func TestLadder(t *testing.T) {
	last := 0
	for k := range 4000 {
		ratio := 1 - 1/(1+float64(k)*float64(k)/500)
		rung := ladder(ratio)
		if rung < last || rung > last+1 {
			t.Fatalf("ratio %v is on rung %d, the one before on %d", ratio, rung, last)
		}
		last = rung
	}
	for ratio, want := range map[float64]int{0: 0, 0.5: 6, 1: MaxRung, 7: MaxRung} {
		if got := ladder(ratio); got != want {
			t.Errorf("ratio %v is on rung %d, want %d", ratio, got, want)
		}
	}
	if last != MaxRung {
		t.Errorf("the last rung is %d, want %d", last, MaxRung)
	}
}

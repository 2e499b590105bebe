package gen

import (
	"math"
	"testing"
)

// TestSmallAndReal: quarters from -2 to 2, 1 at least a third of the time; 15 bits from -1 to 1,
// with either sign and all sizes.
func TestSmallAndReal(t *testing.T) {
	seen, ones, small := map[float64]bool{}, 0, 0
	const n = 3000
	least, most := math.Inf(1), math.Inf(-1)
	for index := range uint64(n) {
		v := Small(Random(1, index))
		seen[v] = true
		if v == 1 {
			ones++
		}
		if !(math.Abs(v) <= 2) || 4*v != math.Trunc(4*v) {
			t.Fatalf("%v is no quarter from -2 to 2", v)
		}
		r := Real(Random(1, index))
		least, most = min(least, r), max(most, r)
		if math.Abs(r) < 0.1 {
			small++
		}
		if !(math.Abs(r) <= 1) || r*(1<<15) != math.Trunc(r*(1<<15)) {
			t.Fatalf("%v has not 15 bits", r)
		}
	}
	if len(seen) != 17 || ones < n/3 || !(least < -0.99 && most > 0.99) || small < n/20 || small > n/5 {
		t.Errorf("%d quarters, %d ones of %d; reals from %v to %v, %d of them small", len(seen), ones, n, least, most,
			small)
	}
}

// TestZeroMean: +-a with one half each, the zero law where there is no room.
func TestZeroMean(t *testing.T) {
	for room, want := range map[int]int{1: 1, 2: 2, 8: 2} {
		leaves, some := 1, false
		law := ZeroMean(Random(1, 7), 3, 0.5, room, &leaves)
		if leaves != want || (law.Law == "zero") != (want == 1) || (law.Law == "twopoint") != (want == 2) {
			t.Errorf("room for %d: %d outcomes of %q", room, leaves, law.Law)
		}
		for k, a := range law.A {
			some = some || a != 0
			if law.B[k] != -a || law.P != 0.5 {
				t.Errorf("outcomes %v and %v with probability %v", law.A, law.B, law.P)
			}
		}
		if some != (want == 2) {
			t.Errorf("room for %d: outcomes %v", room, law.A)
		}
	}
}

// TestTrees: a drawn tree of steps has at most treeNodes leaves, and some come near.
func TestTrees(t *testing.T) {
	most := 0.0
	for index := range uint64(400) {
		c := TrainingRun(Random(3, index))
		if c.Run.All {
			continue
		}
		run, err := c.BuildRun()
		if err != nil {
			continue
		}
		each := float64(len(run.Inputs))
		for i := 1; i <= run.Chain.N(); i++ {
			if l := run.Plan.Delta[i]; l != nil {
				each *= float64(l.Support(make([]float64, run.Chain.D(i)), 0))
			}
			if l := run.Plan.Eps[i]; l != nil && i > 1 {
				each *= float64(l.Support(make([]float64, run.Chain.D(i-1)), 0))
			}
		}
		most = max(most, math.Pow(each, float64(run.Steps)))
	}
	if most > treeNodes || most < treeNodes/2 {
		t.Errorf("trees of up to %v leaves, want at most %d and not far below", most, treeNodes)
	}
}

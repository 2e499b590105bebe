package main

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestPage: SCALING.md is what the command prints.
func TestPage(t *testing.T) {
	have, err := os.ReadFile("../SCALING.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	page(&b)
	if strings.Contains(b.String(), "%!") || strings.Contains(b.String(), "NaN") {
		t.Errorf("a figure is missing:\n%s", &b)
	}
	got, want := strings.Split(string(have), "\n"), strings.Split(b.String(), "\n")
	for k := range max(len(got), len(want)) {
		if k >= len(got) || k >= len(want) || got[k] != want[k] {
			t.Fatalf("SCALING.md differs from line %d on: go run ./fuzz/deploy/scaling > fuzz/deploy/SCALING.md", k+1)
		}
	}
}

// TestBeyond: the sizes on the page are those that the seed of planted claims draws, as in package
// campaign.
func TestBeyond(t *testing.T) {
	for k, r := range beyond {
		rng := rand.New(rand.NewPCG(uint64(k+1), uint64(k+1)))
		n, width, steps := 12+rng.IntN(37), 6+rng.IntN(43), 40_000+rng.IntN(460_000)
		if r.seed != k+1 || r.n != n || r.width != width || r.steps != steps {
			t.Errorf("row %d has %+v, want N %d, width %d, T %d", k+1, r, n, width, steps)
		}
	}
	old := beyond
	defer func() { beyond = old }()
	beyond = []sought{
		{violated: []int{1, 1, 1, 1}, units: []int{0, 8, 0, 4}},
		{violated: []int{1, 0, 1, 1}},
	}
	const want = "The default search finds 7 of 8 planted claims, a campaign 2 of 4, the last within 8 units."
	if got := foundBy(8); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestEnough: with one machine less a search takes longer, with more it does not take less.
func TestEnough(t *testing.T) {
	for _, c := range []struct {
		units []float64
		want  int
	}{
		{[]float64{3}, 1}, {[]float64{3, 1}, 2}, {[]float64{1, 1, 1}, 3}, {[]float64{9, 9}, 2},
	} {
		if got := enough(c.units); got != c.want {
			t.Errorf("%v: %d machines, want %d", c.units, got, c.want)
		}
	}
	units := unitsOf(4)
	n := enough(units)
	if slices.Max(handOut(units, n)) != slices.Max(units) || slices.Max(handOut(units, n-1)) <= slices.Max(units) {
		t.Errorf("%d machines are not the fewest", n)
	}
}

// TestIdle: by hand.
func TestIdle(t *testing.T) {
	if got := idle([]float64{4, 2, 0}); got != 0.5 {
		t.Errorf("idle %v, want 1/2", got)
	}
	if got := everyNth([]float64{1, 2, 3, 4, 5}, 2); !slices.Equal(got, []float64{9, 6}) {
		t.Errorf("every second unit: %v", got)
	}
}

// TestEach: what a claim adds is by the slope from the first row to the last.
func TestEach(t *testing.T) {
	rows := []price{{"", 1, 1, 2}, {"", 5, 70, 70}, {"", 11, 6, 52}}
	if a, b := each(rows, false), each(rows, true); a != 0.5 || b != 5 {
		t.Errorf("%v and %v, want 0.5 and 5", a, b)
	}
}

// TestNumbers: whole numbers in groups, - for what was not found.
func TestNumbers(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 19: "19", 9999: "9999", 10_000: "10 000", 106_252: "106 252", 1_000_000: "1 000 000",
	} {
		if got := spaced(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	if got := joined([]int{7, 0, 12}); got != "7; -; 12" {
		t.Error(got)
	}
	if got := joined(nil); got != "not run" {
		t.Error(got)
	}
}

// TestHandOut: each unit goes to one machine, each row of n units to n machines, and the dear
// units, which come round every fourth, to all of them.
func TestHandOut(t *testing.T) {
	for _, n := range []int{1, 2, 7, 8, 12, 13, 64, 150} {
		for k := range 3 * n {
			one := make([]float64, k+1)
			one[k] = 1
			if m := handOut(one, n); slices.Max(m) != 1 || !slices.Contains(m, 1) || len(m) != n {
				t.Fatalf("%d machines: unit %d gives %v", n, k, m)
			}
		}
		row := slices.Repeat([]float64{1}, n)
		for _, m := range handOut(append(make([]float64, 5*n), row...), n) {
			if m != 1 {
				t.Errorf("%d machines: a row leaves one with %v", n, m)
			}
		}
	}
	if share := idle(handOut(unitsOf(250), 8)); !(share < 0.02) {
		t.Errorf("8 machines are %v idle", share)
	}
}

// TestUnits: what is done once, four units a batch, and far ones for every four batches.
func TestUnits(t *testing.T) {
	if len(once) != 2 || len(batch) != 4 {
		t.Fatalf("%d units once, %d a batch", len(once), len(batch))
	}
	for _, batches := range []int{0, 1, 3, 4, 11} {
		units := unitsOf(batches)
		want := sum(once) + float64(batches)*sum(batch) + far*float64(batches/4)
		if n := 2 + 4*batches + batches/4; len(units) != n || !(math.Abs(sum(units)-want) < 1e-9) {
			t.Errorf("%d batches: %d units of %v s, want %d of %v", batches, len(units), sum(units), n, want)
		}
	}
}

package main

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestPage: SCALING.md has the table that the command prints.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../SCALING.md")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if simulate(&b); !strings.Contains(string(page), "\n\n"+b.String()+"\n") {
		t.Errorf("no table as\n%s", &b)
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
	units := unitsOf(250)
	machines, total := handOut(units, 8), 0.0
	for _, s := range units {
		total += s
	}
	if idle := 1 - total/8/slices.Max(machines); !(idle < 0.02) {
		t.Errorf("8 machines are %v idle", idle)
	}
}

// TestUnits: what is done once, four units a batch, and far ones for every four batches.
func TestUnits(t *testing.T) {
	for batches, want := range map[int]float64{0: 32, 1: 32 + 46.6, 3: 32 + 3*46.6, 4: 32 + 4*46.6 + 5} {
		units, sum := unitsOf(batches), 0.0
		for _, s := range units {
			sum += s
		}
		if n := 2 + 4*batches + batches/4; len(units) != n || !(math.Abs(sum-want) < 1e-9) {
			t.Errorf("%d batches: %d units of %v s, want %d of %v", batches, len(units), sum, n, want)
		}
	}
	if once[0] != 30 || len(once) != 2 {
		t.Errorf("what is done once has become %v", once)
	}
}

package conform

import (
	"strings"
	"testing"
)

// TestExplained: the mean is of errors relative to what is wanted, whatever its size: with
// numbers far below 1, products of the same error would be lost, and above 1 they would
// accuse.
func TestExplained(t *testing.T) {
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	u := ar.c
	for _, c := range []struct {
		name       string
		want       float64
		off, bias  float64 // relative to want, in unit roundoffs
		bound      float64
		counts     bool
		complained string
	}{
		{"right", 1, 0, 0, 100, true, ""},
		{"a small number off in one direction", 0x1p-10, 8, 0, 100, true, "in the mean"},
		{"a large number off by what may be", 0x1p10, 0.4, 0, 100, true, ""},
		{"what functions may be off by", 0x1p-10, 8, 9, 100, true, ""},
		{"beyond what functions may be off by", 0x1p-10, 8, 4, 100, true, "in the mean"},
		{"one beyond its bound", 0x1p10, 8, 9, 4, true, "one is off by"},
		{"not in the mean", 0x1p-10, 8, 0, 100, false, ""},
	} {
		var all []estimate
		for range 64 {
			all = append(all, estimate{
				got: c.want * (1 + c.off*u), want: c.want, bound: c.bound * u * c.want, bias: c.bias * u,
				counts: c.counts,
			})
		}
		if !c.counts { // one that is right, so that there is a mean
			all = append(all, estimate{got: 1, want: 1, counts: true})
		}
		got := explained(ar, all)
		if (got == "") != (c.complained == "") || !strings.Contains(got, c.complained) {
			t.Errorf("%s: %q, want %q", c.name, got, c.complained)
		}
	}
}

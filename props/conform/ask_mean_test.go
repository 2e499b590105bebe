package conform

import (
	"math"
	"strings"
	"testing"
)

// TestFormulasAllow: each formula, with roundings of one unit in either direction at each operation, stays
// within its bound, and reaches a third of it.
func TestFormulasAllow(t *testing.T) {
	ar, err := newArithmetic(word("float32"), false)
	if err != nil {
		t.Fatal(err)
	}
	u := ar.c
	// off are formulas whose k-th operation is off by e_k units; functions by two units in the last place.
	off := map[string][]func(x, y float64, e [4]float64) float64{
		"tanh": {
			func(x, _ float64, e [4]float64) float64 {
				c := math.Cosh(x) * (1 + functionUnits*e[0]*u)
				return 1 / (c * c * (1 + e[1]*u)) * (1 + e[2]*u)
			},
			func(_, y float64, e [4]float64) float64 { return (1 - y*y*(1+e[0]*u)) * (1 + e[1]*u) },
		},
		"sigmoid": {
			func(x, _ float64, e [4]float64) float64 {
				c := math.Cosh(x/2) * (1 + functionUnits*e[0]*u)
				return 0.25 / (c * c * (1 + e[1]*u)) * (1 + e[2]*u)
			},
			func(_, y float64, e [4]float64) float64 { return y * (1 - y) * (1 + e[0]*u) * (1 + e[1]*u) },
			func(_, y float64, e [4]float64) float64 { return (y - y*y*(1+e[0]*u)) * (1 + e[1]*u) },
		},
		"softplus": {
			func(x, _ float64, e [4]float64) float64 {
				return 1 / ((1 + math.Exp(-x)*(1+functionUnits*e[0]*u)) * (1 + e[1]*u)) * (1 + e[2]*u)
			},
			func(x, _ float64, e [4]float64) float64 {
				return (1 + math.Tanh(x/2)*(1+functionUnits*e[0]*u)) * (1 + e[1]*u) / 2
			},
			func(_, y float64, e [4]float64) float64 {
				return (1 - math.Exp(-y)*(1+functionUnits*e[0]*u)) * (1 + e[1]*u)
			},
		},
	}
	for op, list := range off {
		for k, f := range list {
			reached := 0.0
			for _, x := range []float64{-3, -1, -0.25, 0.25, 0.5} {
				y := ar.stored.round(curves[op].value(x))
				want, bound, _ := formulas[op][k](ar, x, y)
				for signs := range 16 {
					var e [4]float64
					for b := range e {
						e[b] = float64(signs>>b&1*2 - 1)
					}
					got := math.Abs(f(x, y, e) - want)
					if reached = max(reached, got/bound); !(got <= bound*(1+1e-6)) {
						t.Errorf("%s, formula %d at %v, roundings %v: off by %.3g, allowed %.3g", op, k+1, x, e, got, bound)
					}
				}
			}
			if reached < 1./3 {
				t.Errorf("%s, formula %d: at most %.2g of its bound is reached", op, k+1, reached)
			}
		}
	}
}

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

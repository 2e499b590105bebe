package webpage

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// TestLawText: each law in words.
func TestLawText(t *testing.T) {
	many := make([]perturb.Outcome, maxShown+2)
	for k := range many {
		many[k] = perturb.Outcome{P: 0.125, D: []float64{float64(k)}}
	}
	for want, s := range map[string]perturb.Spec{
		"":                            {Law: "zero"},
		"[1 -2]":                      {Law: "constant", D: []float64{1, -2}},
		"[1] with p = 0.25, else [0]": {Law: "twopoint", P: 0.25, A: []float64{1}, B: []float64{0}},
		"[1] where coordinate 2 ≥ 0.5, else [3]": {Law: "switch", K: 1, At: 0.5, A: []float64{1}, B: []float64{3}},
		"rounding to bf16, nearest":              {Law: "round", Format: "bf16", Mode: "nearest"},
		"all but the largest 3 cut off":          {Law: "topk", K: 3},
		"all but the largest 1 cut off":          {Law: "topk"},
		"a flip of one of the bits 3 to 9":       {Law: "bitflip", Lo: 3, Hi: 9},
		"at every step no. 4: [1]": {Law: "intermittent", Every: 4,
			Inner: &perturb.Spec{Law: "constant", D: []float64{1}}},
		"[0] with p = 0.125, [1] with p = 0.125": {Law: "table", Outcomes: many[:2]},
		"gaussian":                               {Law: "gaussian"},
	} {
		if got := lawText(s); got != want {
			t.Errorf("%s is %q, want %q", s.Law, got, want)
		}
	}
	if got := lawText(perturb.Spec{}); got != "" {
		t.Errorf("no law is %q", got)
	}
	got := lawText(perturb.Spec{Law: "table", Outcomes: many})
	if !strings.HasSuffix(got, "[5] with p = 0.125, … 2 more") {
		t.Errorf("eight outcomes: %s", got)
	}
}

// TestVectorText: six coordinates of a vector, and how many more there are.
func TestVectorText(t *testing.T) {
	for want, v := range map[string][]float64{
		"":                        nil,
		"[0.5]":                   {0.5},
		"[1 2 3 4 5 6]":           {1, 2, 3, 4, 5, 6},
		"[1 2 3 4 5 6 … 2 more]":  {1, 2, 3, 4, 5, 6, 7, 8},
		"[0 -0.3333 1e+06 1e-05]": {0, -1. / 3, 1e6, 1e-5},
		"[0.0001 999999 100 2.5]": {1e-4, 999_999, 100, 2.5},
	} {
		if got := vector(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	long := strings.Repeat("ä", 60)
	if got := cut(long); got != long[:2*47]+"…" || cut("affine") != "affine" || cut(long[:2*48]) != long[:2*48] {
		t.Errorf("a long name is %s", got)
	}
}

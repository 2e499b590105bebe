package search

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// farOnly is the one unit of far cases of a search of four batches.
func farOnly(t *testing.T, claims []claim.Claim, seed uint64) *Outcome {
	t.Helper()
	opt := Options{Seed: seed, Cases: farBatches * Batch}
	opt.Units = []int{UnitsOf(claims, opt.Cases).Len()}
	out := Run(claims, opt)
	if len(out.Units) != 1 || out.Units[0].Kind != FarUnit || len(out.Units[0].Digest) != 64 {
		t.Fatalf("units %+v", out.Units)
	}
	return out
}

// TestFarCases: the far unit finds what fails beyond N = 8 or width 4 alone, says how far it
// looked and draws its worst case again; what the first random cases refute is left out, and
// another seed draws others.
func TestFarCases(t *testing.T) {
	by := func(id string, value func(v *claim.View) float64, bound float64) claim.Claim {
		c := *under(bound)
		c.ID, c.Left = id, func(v *claim.View, _ int) float64 { return value(v) }
		return c
	}
	claims := []claim.Claim{
		by("length", func(v *claim.View) float64 { return float64(v.K.N) }, gen.MaxN),
		by("width", func(v *claim.View) float64 { return float64(v.Width) }, gen.MaxWidth),
		by("true", func(v *claim.View) float64 { return float64(v.K.N) }, gen.MaxChain),
		by("refuted", func(v *claim.View) float64 { return float64(v.K.N) }, gen.MinN-1),
	}
	out := farOnly(t, claims, 1)
	for k, f := range out.Findings {
		id := f.Claim.ID
		if k == 3 {
			if f.Cases+f.RejectedTotal() > 0 {
				t.Errorf("%s: tried on %d far cases", id, f.Cases)
			}
			continue
		}
		if tried := f.Cases + f.RejectedTotal(); tried != MostFar(claim.Step) {
			t.Errorf("%s: %d cases were tried, want %d", id, tried, MostFar(claim.Step))
		}
		if f.Reach.N <= gen.MaxN || f.Reach.Width <= gen.MaxWidth || f.Reach.Leaves <= 0 {
			t.Errorf("%s: searched to %+v", id, f.Reach)
		}
		if want := k < 2; want != (f.Verdict() == claim.Refuted) {
			t.Errorf("%s: %s after %d cases, violated in %d", id, f.Verdict(), f.Cases, f.Violated)
		}
		if !strings.HasPrefix(f.Source, "far case ") {
			t.Errorf("%s: worst from %q", id, f.Source)
		}
		again, err := f.Origin().Again(claim.Step, 1)
		if err != nil || f.Origin().Case != nil || again.Extent() != f.Worst.Extent() {
			t.Errorf("%s: %+v is drawn again as another case (%v)", id, f.Origin(), err)
		}
	}
	if other := farOnly(t, claims, 2); other.Units[0].Digest == out.Units[0].Digest {
		t.Error("another seed draws the same far cases")
	}
}

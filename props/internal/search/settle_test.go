package search_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/report"
)

// TestHardCases: cases of long searches that once went wrong, in testdata/hard. In
// bits.json the two sides of (32) part only with more bits than measure.BigPrec; in
// underflow.json there are leaves whose probability is 0 in float64.
func TestHardCases(t *testing.T) {
	on, err := report.OnDisk()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../../testdata/hard/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	underflow := map[string]int{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := gen.ReadCase(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []claim.Kind{claim.Step, claim.Nodes} {
			of := slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return c.Kind != kind })
			for _, f := range search.Try(of, c, "") {
				underflow[filepath.Base(file)] += f.Rejected[claim.Underflow]
				if f.Undecided > 0 || f.Violated > 0 && on[f.Claim.Name()].Verdict == claim.Holds {
					t.Errorf("%s: %s: %d undecided, %d violated", file, f.Claim.Name(), f.Undecided, f.Violated)
				}
			}
		}
	}
	if underflow["underflow.json"] == 0 {
		t.Error("underflow.json is not rejected for a probability that underflows")
	}
}

// TestProductsOfErrors: in the total reading the repaired (23) needs what products of
// errors add to Cy; without it a delta_2 that follows the sign of delta_1 breaks it.
func TestProductsOfErrors(t *testing.T) {
	const a = 0x1p-14
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "bias", N: 2}, {Op: "square", N: 2}, {Op: "halfsq", N: 2}},
		X:     []float64{0, 1}, W: [][]float64{{0, 0}, {}, {}},
		Delta: []perturb.Spec{
			{Law: "twopoint", A: []float64{a, a}, B: []float64{-a, -a}, P: 0.5},
			{Law: "switch", A: []float64{0.5, 0}, B: []float64{-0.5, 0}, K: 1, At: 1}, zero,
		},
		Eps: []perturb.Spec{zero, zero, zero},
	}
	with := named(t, "thm2/repaired/total")[0]
	without := with
	without.Right = func(v *claim.View, _ int) float64 {
		return bounds.RepairedTheorem2Past(v.K, v.DMean2[claim.Total], v.D22, v.EMean2[claim.Past])
	}
	if r := search.CheckInBig(&with, c); r.Answer != claim.Yes || !(r.Ratio < 1e-12) {
		t.Errorf("with the products: %+v", r)
	}
	if r := search.CheckInBig(&without, c); r.Answer != claim.No || !(math.Abs(r.Ratio-6.5183) < 1e-3) {
		t.Errorf("without the products: %+v, want a violation with ratio 6.5183", r)
	}
	// A search settles the one as violated, and makes the witness no larger.
	f := search.Try([]claim.Claim{without}, c, "by hand")[0]
	if f.Verdict() != claim.Refuted || f.Source != "by hand" {
		t.Errorf("settled as %s from %s", f.Verdict(), f.Source)
	}
}

// TestSimplify: a case that violates nothing is left alone; one that does becomes as plain
// as its claim allows, and still violates it in math/big.
func TestSimplify(t *testing.T) {
	thm1, eq14b := named(t, "thm1/printed")[0], named(t, "eq14b/printed")[0]
	c := search.Draw(claim.Step, gen.Random(1, 3))
	if search.Simplify(&thm1, c) != c {
		t.Error("a case that agrees with the claim was changed")
	}
	simplified := 0
	for index := range uint64(60) {
		c := search.Draw(claim.Step, gen.Random(1, index))
		before := c.Line()
		small := search.Simplify(&eq14b, c)
		if c.Line() != before {
			t.Fatalf("the case was changed from %s to %s", before, c.Line())
		}
		if small == c {
			continue
		}
		simplified++
		if r := search.CheckInBig(&eq14b, small); r.Answer != claim.No || len(small.Chain) > len(c.Chain) ||
			len(small.Chain) > 3 {
			t.Errorf("%s becomes %s, %+v", before, small.Line(), r)
		}
	}
	if simplified < 5 {
		t.Errorf("%d of 60 cases were simplified", simplified)
	}
}

// TestSaved: a worst case is saved with its ratio in math/big, read back and checked.
func TestSaved(t *testing.T) {
	for _, f := range search.Search(onePass(t), search.Options{Seed: 1, Cases: search.Batch}) {
		data, err := search.Save(f, 1).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		s, err := search.ParseSaved(data)
		if err != nil {
			t.Fatalf("%s: %v", f.Claim.Name(), err)
		}
		if !s.IsOf(f.Claim) || s.Fits(f.Claim) != nil || s.Name() != f.Claim.Name() {
			t.Errorf("%s: read back as %s, fits: %v", f.Claim.Name(), s.Name(), s.Fits(f.Claim))
		}
		if r := search.CheckInBig(f.Claim, s.Case); r.Reason != claim.Valid || r.Ratio != float64(s.Ratio) {
			t.Errorf("%s: ratio %v, saved %v", f.Claim.Name(), r.Ratio, s.Ratio)
		}
		// Where it came from says its ratio too, and none other.
		opt := search.Options{Seed: 1}
		if err := f.Origin().Confirm(f.Claim, opt, f.Ratio); err != nil {
			t.Errorf("%s: %v", f.Claim.Name(), err)
		}
		if f.Origin().Confirm(f.Claim, opt, 0.123) == nil {
			t.Errorf("%s: a ratio that its case has not is confirmed", f.Claim.Name())
		}
	}
	if s := search.Save(&search.Finding{Claim: &onePass(t)[0]}, 1); s != nil {
		t.Errorf("a finding without a case is saved as %+v", s)
	}
}

// TestCountCases: where numbers count a case that float64 leaves open is rejected, and all
// others are as in TryCases, violations settled and confirmed too.
func TestCountCases(t *testing.T) {
	claims := named(t, "eq32/repaired/past", "thm2/repaired/past", "eq14b/printed")
	draw := func(k int) (*gen.Case, string) { return search.Draw(claim.Step, gen.Random(1, uint64(k))), "drawn" }
	const n = 200
	tried := search.TryCases(claims, claim.Step, n, nil, draw)
	counted := search.CountCases(claims, claim.Step, n, nil, draw)
	open := 0
	for k, f := range tried {
		g := counted[k]
		if f.Cases+f.RejectedTotal() != n || g.Cases+g.RejectedTotal() != n || g.Cases > f.Cases || g.Cases == 0 {
			t.Errorf("%s: %d and %d valid cases of %d", f.Claim.Name(), f.Cases, g.Cases, n)
		}
		if g.Verdict() != f.Verdict() || g.Confirmed == 0 && f.Confirmed > 0 {
			t.Errorf("%s: %s, counted %s", f.Claim.Name(), f.Verdict(), g.Verdict())
		}
		open += g.Rejected[claim.Ill] - f.Rejected[claim.Ill]
	}
	if open == 0 {
		t.Error("no case was open: the test says nothing")
	}
}

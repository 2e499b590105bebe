package search

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// TestOnly: the one outcome of laws that have one whatever the state and the step.
func TestOnly(t *testing.T) {
	one := []float64{7}
	table := perturb.Spec{Law: "table", Outcomes: []perturb.Outcome{{P: 1, D: one}}}
	for _, c := range []struct {
		law  perturb.Spec
		want string
	}{
		{perturb.Spec{}, "[] true"}, {perturb.Spec{Law: "zero"}, "[] true"},
		{perturb.Spec{Law: "constant", D: one}, "[7] true"}, {table, "[7] true"},
		{perturb.Spec{Law: "table", Outcomes: []perturb.Outcome{{P: 0.5, D: one}, {P: 0.5, D: one}}}, "[] false"},
		{perturb.Spec{Law: "twopoint", A: one, B: one, P: 0.5}, "[] false"},
		{perturb.Spec{Law: "topk", K: 1}, "[] false"},
		{perturb.Spec{Law: "intermittent", Every: 2, Inner: &perturb.Spec{Law: "constant", D: one}}, "[] false"},
	} {
		if d, ok := only(&c.law); fmt.Sprint(d, ok) != c.want {
			t.Errorf("%+v: %v %v, want %s", c.law, d, ok, c.want)
		}
	}
}

// TestFits: zeros are no delta, inner laws have the width of their state, the longest chain
// has a budget too.
func TestFits(t *testing.T) {
	linear := under(1)
	linear.Kind = claim.Linear
	zero, one := perturb.Spec{Law: "zero"}, perturb.Spec{Law: "constant", D: []float64{1}}
	network := func() *gen.Case {
		op := core.Spec{Op: "linear", In: 1, Out: 1}
		return &gen.Case{Chain: []core.Spec{op, op}, X: []float64{1}, W: [][]float64{{1}, {1}},
			Delta: []perturb.Spec{zero, zero}, Eps: []perturb.Spec{zero, one}}
	}
	inner := func(d ...float64) perturb.Spec {
		return perturb.Spec{Law: "intermittent", Every: 2, Inner: &perturb.Spec{Law: "constant", D: d}}
	}
	for name, c := range map[string]struct {
		of     *claim.Claim
		change func(c *gen.Case)
		want   string // "" fits
		broken bool   // a hypothesis
	}{
		"a network": {linear, func(*gen.Case) {}, "", false},
		"delta of 0": {linear, func(c *gen.Case) { c.Delta[0] = perturb.Spec{Law: "constant", D: []float64{0}} },
			"", false},
		"delta of 1": {linear, func(c *gen.Case) { c.Delta[0] = one }, `delta_1 is of the law "constant"`, true},
		"inner of 1": {under(1), func(c *gen.Case) { c.Delta[0] = inner(1) }, "", false},
		"inner of 2": {under(1), func(c *gen.Case) { c.Delta[0] = inner(1, 2) },
			`delta[0]: inner law "constant" of length 2 on`, false},
		"inner of eps": {under(1), func(c *gen.Case) { c.Eps[1] = inner(1, 2) },
			`eps[1]: inner law "constant" of length 2 on`, false},
		"no weights": {under(1), func(c *gen.Case) { c.W[1] = nil }, "saved case: gen: w[1] has length 0", false},
		"a run with an odd step size": {under(1), func(c *gen.Case) { c.Run = &gen.Run{Steps: 1} },
			"saved case: gen: run.gamma is 0", false},
		"the longest chain": {under(1), func(c *gen.Case) {
			*c = gen.Case{X: make([]float64, 1<<16)}
			for range gen.MaxChain {
				c.Chain = append(c.Chain, core.Spec{Op: "tanh", N: 1 << 16})
				c.W = append(c.W, nil)
				c.Delta, c.Eps = append(c.Delta, zero), append(c.Eps, zero)
			}
			c.Chain[gen.MaxChain-1].Op = "halfsq"
		}, "too dear", false},
	} {
		k := network()
		c.change(k)
		err := (&SavedCase{Case: k}).Fits(c.of)
		var hypothesis *HypothesisError
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) ||
			errors.As(err, &hypothesis) != c.broken {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// TestFinish: a certificate that cannot be filled in is an error, not a pass.
func TestFinish(t *testing.T) {
	if err := Finish(&cert.Certificate{Claim: "own"}); err == nil {
		t.Error("a certificate of a claim that nobody knows")
	}
}

// TestClimbed: a search with climbs goes beyond its random cases, one without does not.
func TestClimbed(t *testing.T) {
	ownClaim := under(1)
	ownClaim.Right = func(v *claim.View, _ int) float64 { return 1 + v.D2[1] }
	plain := Search([]claim.Claim{*ownClaim}, Options{Seed: 1, Cases: Batch})[0]
	if !strings.HasPrefix(plain.Source, "random case ") || plain.Cases > Batch {
		t.Errorf("without a climb: ratio %v from %s in %d cases", plain.Ratio, plain.Source, plain.Cases)
	}
	climbed := Search([]claim.Claim{*ownClaim}, Options{Seed: 1, Cases: Batch, Climb: 40})[0]
	if !strings.HasPrefix(climbed.Source, "climb on own/repaired from batch 0, N = ") ||
		!(climbed.Ratio > plain.Ratio) ||
		climbed.Cases != plain.Cases+gen.MaxN-gen.MinN+1 {
		t.Errorf("with a climb: ratio %v from %s in %d cases", climbed.Ratio, climbed.Source, climbed.Cases)
	}
	ownClaim.Right = func(v *claim.View, _ int) float64 { return 1e9 * (1 + v.D2[1]) } // as well where nothing is near 1
	if far := Search([]claim.Claim{*ownClaim}, Options{Seed: 1, Cases: 100, Climb: 2})[0]; far.Cases <= 100 ||
		!(far.Ratio > 0 && far.Ratio < 1) {
		t.Errorf("far from the bound: ratio %v in %d cases, want a climb for each N", far.Ratio, far.Cases)
	}
	// What one case has refuted is climbed from no more; what stands beside it is.
	broken := under(1)
	broken.ID, broken.Right = "broken", func(*claim.View, int) float64 { return -1 }
	found := Search([]claim.Claim{*broken, *ownClaim}, Options{Seed: 1, Cases: 1, Climb: 2})
	if a, b := found[0], found[1]; a.Confirmed != 1 || a.Cases != 1 || b.Cases != 2 {
		t.Errorf("%d cases, %d of them against it, of a claim that is refuted at once, %d of the one beside it", a.Cases,
			a.Confirmed, b.Cases)
	}
}

package training_test

import (
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/runs/training"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/report"
)

// TestRuns: every claim that holds does so on the training runs, which train, and
// Theorem 1 is above what is measured at every logged step.
func TestRuns(t *testing.T) {
	on, err := report.OnDisk()
	if err != nil {
		t.Fatal(err)
	}
	// The record stands in for a search.
	claims := props.Claims()
	found := make([]*search.Finding, len(claims))
	for k := range claims {
		found[k] = &search.Finding{Claim: &claims[k], Cases: 1}
		if on[claims[k].Name()].Verdict == claim.Refuted {
			found[k].Confirmed = 1
		}
	}
	results, err := training.Run(training.Options{Seed: 1, Findings: found})
	if err != nil {
		t.Fatal(err)
	}
	if len(results) != 7 {
		t.Errorf("%d runs, want 7", len(results))
	}
	for _, r := range results {
		if !r.OK || len(r.Violated) > 0 {
			t.Errorf("%s: %v", r.Name, r.Violated)
		}
		if !(r.LossLast < r.LossFirst/2) {
			t.Errorf("%s: the loss went from %v to %v: nothing was trained", r.Name, r.LossFirst, r.LossLast)
		}
		if len(r.Logged) < 10 {
			t.Errorf("%s: %d steps were logged, want at least 10", r.Name, len(r.Logged))
		}
		for _, l := range r.Logged {
			if !(l.Measured > 0 && l.Measured <= l.Bound) {
				t.Errorf("%s, step %d: measured %v, bound %v", r.Name, l.T, l.Measured, l.Bound)
			}
		}
		if len(r.Ratio) < 40 {
			t.Errorf("%s: %d claims were valid somewhere, want at least 40", r.Name, len(r.Ratio))
		}
	}
}

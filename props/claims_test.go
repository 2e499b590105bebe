package props_test

import (
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/report"
)

// TestListIsAGraph: what a statement follows from, and rests on, is on the list as printed.
func TestListIsAGraph(t *testing.T) {
	printed := map[string]bool{}
	for _, c := range props.Claims() {
		if c.Form == claim.Printed {
			printed[c.ID] = true
		}
	}
	drawn := 0
	for _, c := range props.Claims() {
		from := slices.Clone(c.FollowsFrom)
		if c.RestsOn != "" {
			from = append(from, c.RestsOn)
		}
		for _, id := range from {
			if drawn++; !printed[id] || id == c.ID {
				t.Errorf("%s is drawn from %q, which is no other printed statement", c.Name(), id)
			}
		}
	}
	if drawn < 10 {
		t.Errorf("%d arrows between statements, want at least 10", drawn)
	}
}

// TestListIsBuiltAnew: a caller may change its copy.
func TestListIsBuiltAnew(t *testing.T) {
	props.Claims()[0].ID = "changed"
	if id := props.Claims()[0].ID; id != "lemma1" {
		t.Errorf("the first claim is now %s", id)
	}
}

// TestListIsWhole: every claim has its number in the paper, what is refuted and can have a
// certificate has one on record, and what fails has something in its place.
func TestListIsWhole(t *testing.T) {
	on := record(t)
	certificates := 0
	for _, c := range props.Claims() {
		if c.Eq == "" {
			t.Errorf("%s: no number in the paper", c.Name())
		}
		if on[c.Name()].Verdict != claim.Refuted {
			if c.Form == claim.Derivation && c.Instead != "" && on[c.Name()].Verdict == claim.Holds {
				t.Errorf("%s holds, and something stands in its place", c.Name())
			}
			continue
		}
		if c.Certifiable() {
			if certificates++; report.OnRecord(&c) == "" {
				t.Errorf("%s: refuted, but testdata/certificates has no %s", c.Name(), c.CertificateName())
			}
		}
		instead := c.Instead != "" || slices.ContainsFunc(props.Claims(), func(d claim.Claim) bool {
			return d.ID == c.ID && d.Form.Instead() && d.Reading == c.Reading
		})
		if !instead {
			t.Errorf("%s: refuted, and nothing stands in its place", c.Name())
		}
	}
	if certificates < 20 {
		t.Errorf("%d refutations have certificates, want at least 20", certificates)
	}
}

// TestAppendixClaims are a part of the list.
func TestAppendixClaims(t *testing.T) {
	for _, c := range props.AppendixClaims() {
		if only(t, c.Name()).Statement != c.Statement {
			t.Errorf("%s is another claim on the list", c.Name())
		}
	}
}

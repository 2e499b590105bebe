package search

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
)

// TestMemoIsBelieved: a memo that no search writes is refused, with the claim and the number.
func TestMemoIsBelieved(t *testing.T) {
	c := &claim.Claim{ID: "mine", Form: claim.Conjecture, Kind: claim.Step}
	for want, m := range map[string]*Memo{
		"a memo of \"other\", want mine/conjecture":    {Claim: "other"},
		"mine/conjecture: a count is -1, want >= 0":    {Claim: "mine/conjecture", Cases: -1},
		"mine/conjecture: a count is -2, want >= 0":    {Claim: "mine/conjecture", Undecided: -2},
		"mine/conjecture: a count is -3, want >= 0":    {Claim: "mine/conjecture", Violated: -3},
		"mine/conjecture: a count is -4, want >= 0":    {Claim: "mine/conjecture", Confirmed: -4},
		"mine/conjecture: -5 rejected by \"overflow\"": {Claim: "mine/conjecture", Rejected: map[string]int{"overflow": -5}},
		"mine/conjecture: 5 rejected by \"luck\"":      {Claim: "mine/conjecture", Rejected: map[string]int{"luck": 5}},
	} {
		if f, err := m.Finding(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v, want %s", f, err, want)
		}
	}
	m := &Memo{Claim: "mine/conjecture", Cases: 4, Undecided: 3, Violated: 2, Confirmed: 1,
		Rejected: map[string]int{"overflow": 5}}
	f, err := m.Finding(c)
	if err != nil || f.Cases != 4 || f.Undecided != 3 || f.Violated != 2 || f.Confirmed != 1 || f.RejectedTotal() != 5 {
		t.Errorf("%+v, %v", f, err)
	}
}

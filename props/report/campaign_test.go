package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// TestNewCampaign: a row's worst case is in it and in a file that its replay names, claims that judge
// themselves are searched again, and verify reads what it writes.
func TestNewCampaign(t *testing.T) {
	sel := Selection{Claims: "eq14b,a1", Form: FormsOfPaper}
	claims, err := Select(sel)
	if err != nil {
		t.Fatal(err)
	}
	found := search.Search(claims, search.Options{Seed: 1, Cases: search.Batch})
	r := NewCampaign(sel, found, 7, 5, &Campaign{Units: 3, Seconds: 1.5, Executions: 5000, Notes: []string{"n"}},
		"dir/worst")
	names := []string{}
	for _, c := range claims {
		names = append(names, c.ID)
	}
	b, a := slices.Index(names, "eq14b"), slices.Index(names, "a1")
	if r.Version != 1 || r.Seed != 7 || r.Climb != 5 || r.Cases != 5000 || r.Shard != "1/1" || r.Build != ThisBuild() ||
		r.Select != sel || r.Campaign.Executions != 5000 || len(r.Claims) != 2 {
		t.Errorf("%+v", r)
	}
	if got := r.Claims[a].Replay; got != "go run ./props/verify -claims a1" {
		t.Error(got)
	}
	if got := r.Claims[b].Replay; got != "go run ./props/verify replay dir/worst/"+claims[b].FileName() {
		t.Error(got)
	}
	if row := r.Claims[b]; row.Worst == nil || row.Worst.Case != found[b].Worst || row.Cases != found[b].Cases ||
		r.Claims[a].Worst != nil {
		t.Errorf("%+v", row)
	}
	if again := read(t, written(t, r)); again.Digest != r.Digest || again.Campaign.Units != 3 {
		t.Errorf("read again: %+v", again)
	}
	for executions, want := range map[int64]int{-1: 1, 0: 1, 1: 1, 2: 2, MaxCases: MaxCases, MaxCases + 1: MaxCases} {
		if r := NewCampaign(sel, found, 7, 0, &Campaign{Executions: executions}, "w"); r.Cases != want {
			t.Errorf("%d executions: %d cases, want %d", executions, r.Cases, want)
		}
	}
	if _, err := Merge([]*Report{r}); err == nil || !strings.Contains(err.Error(), "report 1: it is of a campaign") {
		t.Errorf("merged: %v", err)
	}
}

// TestCampaignCheck: no count is below 0, and the seconds are a number.
func TestCampaignCheck(t *testing.T) {
	for _, c := range []Campaign{{}, {Units: 1, Seconds: 0.5, Executions: 2}} {
		if err := c.check(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for want, c := range map[string]Campaign{
		"-1 units": {Units: -1}, "-0.5 seconds": {Seconds: -0.5}, "NaN seconds": {Seconds: math.NaN()},
		"-2 executions": {Executions: -2},
	} {
		if err := c.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", c, err)
		}
		r := &Report{Version: 1, Seed: 1, Cases: 1, Shard: "1/1", Select: Selection{Claims: "a1"}, Campaign: &c,
			Claims: []Row{{ID: "a1", Form: claim.Printed}}}
		r.Seal()
		if err := r.Check(); want != "NaN seconds" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("a report of %+v: %v", c, err)
		}
	}
}

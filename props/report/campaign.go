package report

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// Campaign says of how much work a report is that no seed alone repeats: its worst cases
// are files, and replay replays them.
type Campaign struct {
	Units      int      `json:"units"`
	Seconds    float64  `json:"seconds"` // in units
	Executions int64    `json:"executions"`
	Notes      []string `json:"notes,omitempty"`
}

// NewCampaign is the report of a campaign, whose worst cases are saved in the folder worst.
func NewCampaign(sel Selection, found []*search.Finding, seed uint64, climb int, of *Campaign, worst string) *Report {
	r := &Report{
		Version: 1, Seed: seed, Cases: int(min(max(of.Executions, 1), MaxCases)), Climb: climb, Shard: "1/1", Select: sel,
		Build: ThisBuild(), Campaign: of,
	}
	for _, f := range found {
		row := NewRow(f, search.Options{Seed: seed, Cases: r.Cases, Climb: climb})
		row.Replay = replayOf(f.Claim, worst)
		if row.Worst != nil {
			row.Worst.Case = f.Worst
		}
		r.Claims = append(r.Claims, row)
	}
	r.Seal()
	return r
}

// replayOf replays the worst case of a claim that a campaign found.
func replayOf(c *claim.Claim, worst string) string {
	if c.Kind == claim.SelfJudged {
		return "go run ./props/verify -claims " + c.ID
	}
	return "go run ./props/verify replay " + filepath.ToSlash(filepath.Join(worst, c.FileName()))
}

// check refuses what no campaign has.
func (c *Campaign) check() error {
	if c.Units < 0 || !(c.Seconds >= 0) || c.Executions < 0 {
		return fmt.Errorf("campaign has %d units, %v seconds, %d executions, want >= 0", c.Units, c.Seconds, c.Executions)
	}
	return nil
}

var errCampaign = errors.New("it is of a campaign, which is no shard of a search: go on with verify campaign")

package search_test

import (
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// TestFixedRuns: the long runs and those on data are tried once, in the first shard, each
// with its own name.
func TestFixedRuns(t *testing.T) {
	data, err := gen.DataRuns(gen.DataSteps)
	if err != nil {
		t.Fatal(err)
	}
	ownClaim := claim.Claim{
		ID: "own", Form: claim.Printed, Kind: claim.Training, Statement: "T <= 2^40",
		Left:  func(v *claim.View, _ int) float64 { return float64(v.Run.Steps) },
		Right: func(*claim.View, int) float64 { return 1 << 40 },
	}
	short := ownClaim
	short.ID, short.Left = "short", func(v *claim.View, _ int) float64 { return 1 / float64(v.Run.Steps) }
	found := search.Search([]claim.Claim{ownClaim, short}, search.Options{Seed: 1})
	f, g := found[0], found[1]
	if f.Cases+f.RejectedTotal() < len(data)+2 || f.Verdict() != claim.Holds || f.Worst == nil ||
		!strings.HasPrefix(f.Source, "long run ") || f.Worst.Run.Steps != search.LongSteps ||
		!strings.HasPrefix(g.Source, "data run ") || g.Worst.Run.Steps >= search.LongSteps {
		t.Errorf("%d cases, the longest %s of %d steps, the shortest %s", f.Cases, f.Source, f.Worst.Run.Steps,
			g.Source)
	}
	if err := g.Origin().Confirm(g.Claim, search.Options{Seed: 1}, g.Ratio); err != nil || g.Origin().Case != nil {
		t.Errorf("%+v, error %v", g.Origin(), err)
	}
	if f := search.Search([]claim.Claim{ownClaim}, search.Options{Shard: 1, Shards: 2})[0]; f.Cases != 0 {
		t.Errorf("the second shard has %d cases", f.Cases)
	}
}

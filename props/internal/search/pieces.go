package search

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search/climb"
)

// The pieces of a search for those who arrange them otherwise: a campaign.

// NewFindings are findings of nothing, in the order of the claims.
func NewFindings(claims []claim.Claim) []*Finding { return newFindings(claims) }

// Merge adds g, a finding of the same claim that comes later; on equal ratios f stays.
func (f *Finding) Merge(g *Finding) { f.merge(g) }

// TryCases tries claims of one kind on n cases, in parallel. closed stop ends it: what
// it then returns is torn.
func TryCases(claims []claim.Claim, kind claim.Kind, n int, stop <-chan struct{},
	draw func(k int) (c *gen.Case, source string)) []*Finding {
	return tryCases(claims, kind, n, stop, draw, false)
}

// CountCases is TryCases where numbers count: a case that float64 leaves open is rejected, and
// not computed again in math/big, which takes most of the time of a search.
func CountCases(claims []claim.Claim, kind claim.Kind, n int, stop <-chan struct{},
	draw func(k int) (c *gen.Case, source string)) []*Finding {
	return tryCases(claims, kind, n, stop, draw, true)
}

func tryCases(claims []claim.Claim, kind claim.Kind, n int, stop <-chan struct{},
	draw func(k int) (c *gen.Case, source string), quick bool) []*Finding {
	opt := Options{Stop: stop}
	const few = 8 // of one worker at a time
	parts := pool.Map((n+few-1)/few, func(p int) []*Finding {
		f := newFindings(claims)
		for k := p * few; k < min((p+1)*few, n) && !opt.stopped(); k++ {
			c, source := draw(k)
			tryEach(f, kind, c, source, quick, math.Inf(1))
		}
		return f
	})
	found := newFindings(claims)
	for _, p := range parts {
		for k := range found {
			found[k].merge(p[k])
		}
	}
	if !opt.stopped() {
		pool.Map(len(found), func(k int) struct{} {
			found[k].certifySmallest()
			return struct{}{}
		})
	}
	return found
}

// ClimbFrom climbs on one of the claims, which are of one kind, from cases, and tries where
// that ends on all of them. It returns how often the claim was evaluated as well.
func ClimbFrom(claims []claim.Claim, on *claim.Claim, from []*gen.Case, seed uint64, evaluations int,
	stop <-chan struct{}) (found []*Finding, evaluated int) {
	var count atomic.Int64
	opt := Options{Stop: stop}
	ends := pool.Map(len(from), func(k int) *gen.Case {
		series := measure.NewSeries(on.Kind)
		score := func(c *gen.Case) float64 {
			if opt.stopped() {
				return math.Inf(-1)
			}
			count.Add(1)
			var v views
			v.lo, v.hi, v.why = series.Lend(c)
			return v.score(on)
		}
		best, _ := climb.Climb(from[k], score, climb.Options{Seed: seed ^ uint64(k)<<48, Evaluations: evaluations})
		return best
	})
	source := fmt.Sprintf("climb on %s, seed %d", on.Name(), seed)
	found = TryCases(claims, on.Kind, len(ends), stop, func(k int) (*gen.Case, string) { return ends[k], source })
	return found, int(count.Load())
}

// FixedCases are the long runs and those on data.
func FixedCases() ([]*gen.Case, error) {
	data, err := gen.DataRuns(gen.DataSteps)
	return slices.Concat(gen.LongRuns(LongSteps, longParts...), data), err
}

// Judge has the claims that judge themselves do so.
func Judge(claims []claim.Claim, seed uint64, stop <-chan struct{}) []*Finding {
	found := newFindings(claims)
	all := make([]int, len(claims))
	for k := range all {
		all[k] = k
	}
	judge(found, all, Options{Seed: seed, Stop: stop})
	return found
}

package search

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/pool"
)

// farBatches is how many batches a search has for each unit of far cases, so that nearly all
// cases stay small: the default search has one such unit.
const farBatches = 4

// farCases are how many cases of each kind a unit of far ones has. A run takes 0.05 s of a
// core, up to 2 s; the others some ms.
var farCases = [claim.Kinds]int{claim.Step: 192, claim.Nodes: 192, claim.Linear: 192, claim.Training: 48}

// MostFar is how many cases of a kind a unit of far ones tries at most.
func MostFar(kind claim.Kind) int { return farCases[kind] }

// farScreen is how many random cases, the first of the search, a claim must pass before it is
// tried on far ones: what they refute needs no far witness, which is dear to settle.
const farScreen = 50

// farStream keeps the draws of far cases apart from the others.
const farStream = 0x666172

// DrawFar draws the far case of a number: one that is large in one direction, see gen.Far.
func DrawFar(kind claim.Kind, seed, number uint64) *gen.Case {
	return gen.Far(kind, gen.Random(seed^farStream, number))
}

// tryFar tries the claims at the given positions, which are of one kind, on the far cases of
// a unit.
func tryFar(claims []claim.Claim, at []int, kind claim.Kind, unit int, found []*Finding, opt Options) {
	var open []claim.Claim
	var places []int
	for k, f := range screened(selected(claims, at), kind, opt) {
		if f.Violated == 0 {
			open, places = append(open, *f.Claim), append(places, at[k])
		}
	}
	if len(open) == 0 {
		return
	}
	n := farCases[kind]
	parts := pool.Map(n, func(k int) []*Finding {
		f := newFindings(open)
		if number := uint64(unit*n + k); !opt.stopped() {
			tryEach(f, kind, DrawFar(kind, opt.Seed, number), fmt.Sprintf(farSource, number), false, math.Inf(1))
		}
		return f
	})
	for _, f := range parts {
		mergeAt(found, places, f)
	}
}

// screened is what the first random cases find; a case that float64 leaves open counts not.
func screened(claims []claim.Claim, kind claim.Kind, opt Options) []*Finding {
	parts := pool.Map(farScreen/10, func(p int) []*Finding {
		f := newFindings(claims)
		for k := p * 10; k < (p+1)*10 && !opt.stopped(); k++ {
			tryEach(f, kind, Draw(kind, gen.Random(opt.Seed, uint64(k))), "", true, 0)
		}
		return f
	})
	found := newFindings(claims)
	for _, p := range parts {
		for k := range found {
			found[k].merge(p[k])
		}
	}
	return found
}

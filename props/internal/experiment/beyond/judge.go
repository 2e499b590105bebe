package beyond

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/props/claim"
)

// cases is the number of drawn cases of a judgement.
const cases = 2000

// judge collects comparisons left <= right.
type judge struct{ claim.Judgement }

func newJudge() *judge { return &judge{claim.Judgement{Verdict: claim.Holds}} }

// roundingOfGap is what rounding may leave of a gap that is 0, as a part of the loss along the
// run: the square of that of w, of a few units in the last place a step.
const roundingOfGap = 0x1p-90

// compareGap is compare for the loss at the end of a run; scale is the loss along it.
func (j *judge) compareGap(left, right, scale float64, run any) {
	if left <= roundingOfGap*scale {
		left = 0
	}
	j.compare(left, right, run)
}

// compare holds left against right: both come from a few hundred operations at most, far
// inside of claim.Tie.
func (j *judge) compare(left, right float64, run any) {
	j.Cases++
	if left > 0 {
		j.Ratio = max(j.Ratio, left/right)
	}
	j.demand(left <= right*(1+claim.Tie), "%v > %v: %+v", left, right, run)
}

// same holds two numbers of which the larger part has the given size to be equal but for rounding.
func (j *judge) same(what string, got, want, size float64, run any) {
	j.demand(math.Abs(got-want) <= claim.Tie*math.Abs(size), "%s %v, not %v: %+v", what, got, want, run)
}

// demand makes a condition of the verdict.
func (j *judge) demand(ok bool, format string, args ...any) {
	if !ok && j.Verdict == claim.Holds {
		j.Verdict, j.Note = claim.Refuted, fmt.Sprintf(format, args...)
	}
}

func (j *judge) done(format string, args ...any) claim.Judgement {
	if j.Verdict == claim.Holds {
		j.Note = fmt.Sprintf(format, args...)
	}
	return j.Judgement
}

// source is the stream of a claim and a seed.
func source(seed, claim uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, claim)) }

// between is uniform on [lo, hi).
func between(r *rand.Rand, lo, hi float64) float64 { return lo + (hi-lo)*r.Float64() }

// pick is one of a list.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

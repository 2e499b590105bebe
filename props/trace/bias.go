package trace

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/cascade-sgd/cascade/props/internal/runs/betting/anytime"
)

// Bias against noise. For each site let X_t be the mean error of block t (of biasBlock steps, over all their
// samples) along the direction of the mean of all blocks before it, over the root mean square R of the errors
// before it: direction and R are fixed before X_t is seen. An error without bias has E[X_t | past] = 0. Tests of
// E[X_t | past] <= m and >= m for the m of biasGrid, by betting, give an interval that holds at all times; the
// bound that a bet needs is what rounding may do at all, from the envelope.
const (
	biasBlock = 2
	biasAlpha = 1e-6 // for all tests of a site
	testAlpha = biasAlpha / (2 * means)
	means     = 5 // in biasGrid
)

// biasGrid are the means that are tested, in units of R.
var biasGrid = [means]float64{0, 0.01, 0.1, 0.3, 1}

// bias follows one site.
type bias struct {
	steps, samples int
	bound          float64
	mean           [ways][]float64
	ways2          [ways]float64
	way            int       // by the blocks before, -1 before there is one
	total          []float64 // of all blocks
	totalSamples   int
	total2         float64
	above, below   [len(biasGrid)]anytime.Alarm // of E <= m, and of E >= m
	broken         error                        // a bound was broken: nothing can be said
}

// add takes in the error of a step; bound is the sum over the samples of what |error| may be.
func (b *bias) add(e *siteError, samples int, bound float64) {
	if b.steps == 0 {
		for way := range ways {
			b.mean[way] = sized(b.mean[way], e.d)
			clear(b.mean[way])
			b.ways2[way] = 0
		}
		b.samples, b.bound = 0, 0
	}
	b.steps++
	b.samples += samples
	b.bound += bound
	for way := range ways {
		b.ways2[way] += e.sum2[way] // NaN stays
		if e.sum2[way] == e.sum2[way] {
			floats.Add(b.mean[way], e.mean[way])
		}
	}
	if b.steps == biasBlock {
		b.close()
	}
}

func (b *bias) close() {
	best := byValue
	for way := range ways {
		if b.ways2[way] < b.ways2[best] {
			best = way
		}
	}
	if b.total == nil {
		b.total, b.way = make([]float64, len(b.mean[byValue])), best
	} else if size := norm(b.total); size > 0 && b.total2 > 0 && b.ways2[b.way] == b.ways2[b.way] {
		r := math.Sqrt(b.total2 / float64(b.totalSamples))
		x := inner(b.mean[b.way], b.total) / size / float64(b.samples) / r
		bound := b.bound/float64(b.samples)/r + math.SmallestNonzeroFloat64
		if b.way == rounded || b.way == byOutputRounded { // what rounding to nearest has taken off may come back
			bound *= 2
		}
		for k, m := range biasGrid {
			b.observe(&b.above[k], x-m, bound+m)
			b.observe(&b.below[k], m-x, bound+m)
		}
	}
	if best != b.way { // what is the error has changed: the direction begins anew
		clear(b.total)
		b.total2, b.totalSamples, b.way = 0, 0, best
	}
	for k, x := range b.mean[b.way] {
		b.total[k] += x
	}
	b.total2 += b.ways2[b.way]
	b.totalSamples += b.samples
	b.steps = 0
}

// observe gives x to a test that has not rejected yet: what it has rejected stays so.
func (b *bias) observe(t *anytime.Alarm, x, bound float64) {
	if t.Rejected() {
		return
	}
	if err := t.Observe(x, bound, testAlpha); err != nil && b.broken == nil {
		b.broken = err
	}
}

// interval is that of the mean error along its direction, and its estimate.
func (b *bias) interval() (mean, low, high float64, biased bool) {
	if b.totalSamples == 0 || b.total2 == 0 {
		return 0, math.NaN(), math.NaN(), false
	}
	r := math.Sqrt(b.total2 / float64(b.totalSamples))
	mean = norm(b.total) / float64(b.totalSamples)
	if b.broken != nil {
		return mean, math.NaN(), math.NaN(), false
	}
	low, high = math.Inf(-1), math.Inf(1)
	for k, m := range biasGrid {
		if b.above[k].Rejected() {
			low = m * r
			biased = true
		}
		if b.below[k].Rejected() {
			high = min(high, m*r)
		}
	}
	return mean, low, high, biased
}

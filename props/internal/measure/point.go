package measure

import (
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Points evaluates a training run at single weights, and keeps what bounds its
// rounding over all of them. It is not safe for concurrent use.
type Points struct {
	run    *gen.Training
	walker *expect.Walker
	each   []*claim.Moments // of each input at the current weights
	weight []float64        // of each input
	at     Point            // the last one
	state  *core.State

	// Over all points so far:
	region      *core.Region
	errs        *core.Enclosure
	maxVariance float64
	maxLoss     float64
	maxW        float64
	maxGrad     float64
}

// Point is what is known at one weight w and step t of a run. It is lent until the next.
type Point struct {
	Loss     float64        // l(w)
	Grad     []float64      // grad l(w)
	Variance float64        // of the gradient of one sample, 0 where a step takes all inputs
	Exact    [][]float64    // the exact gradient u of each input
	Moments  *claim.Moments // of the perturbed pass, E over the inputs too, see claim.NewRunMoments
}

// NewPoints returns Points for a run.
func NewPoints(run *gen.Training) *Points {
	c := run.Chain
	p := &Points{
		run: run, walker: expect.NewWalker(c),
		state: core.NewState(c), region: core.NewRegion(c), errs: core.NewEnclosure(c),
	}
	p.at = Point{Grad: make([]float64, c.NW()), Moments: claim.NewRunMoments(c)}
	numbers := make([]float64, len(run.Inputs)*c.NW())
	for k := range run.Inputs {
		p.each = append(p.each, claim.NewRunMoments(c))
		p.weight = append(p.weight, 1/float64(len(run.Inputs)))
		p.at.Exact = append(p.at.Exact, numbers[k*c.NW():(k+1)*c.NW()])
	}
	if len(p.each) == 1 { // which is its own mean, to the last bit
		p.at.Moments = p.each[0]
	}
	return p
}

// At evaluates l and its gradient at w, and the moments of the perturbed pass at step t.
// The error is that of expect.Walker.
func (p *Points) At(w []float64, t int) (*Point, error) {
	run, at := p.run, &p.at
	m := float64(len(run.Inputs))
	at.Loss, at.Variance = 0, 0
	clear(at.Grad)
	for k, x := range run.Inputs {
		if err := p.walker.Walk(p.each[k], x, w, &run.Plan, t); err != nil {
			return nil, err
		}
		exact, reach := p.walker.Exact(), p.walker.Reach()
		p.region.VisitBoxes(reach.Y)
		p.errs.VisitNorms(reach.MaxY, reach.MaxV)
		at.Loss += exact.Loss() / m
		copy(at.Exact[k], exact.UAll)
	}
	p.region.VisitWeights(w)
	for j := range at.Grad {
		for _, u := range at.Exact {
			at.Grad[j] += u[j] / m
		}
	}
	if !run.All { // else the gradient of a step is that of l
		for _, u := range at.Exact {
			at.Variance += distance2(u, at.Grad) / m
		}
	}
	for j := range at.Grad {
		at.Grad[j] += run.Reg.Grad(w[j])
	}
	at.Loss += run.Reg.Value(w)
	if len(p.each) > 1 {
		at.Moments.Mix(run.Chain, p.each, p.weight)
	}
	p.maxVariance = max(p.maxVariance, at.Variance)
	p.maxLoss = max(p.maxLoss, math.Abs(at.Loss))
	p.maxW = max(p.maxW, math.Sqrt(norm2(w)))
	p.maxGrad = max(p.maxGrad, math.Sqrt(norm2(at.Grad)))
	return at, nil
}

// Grad2 is |grad l(w)|^2.
func (at *Point) Grad2() float64 { return norm2(at.Grad) }

// Loss is l(w), by exact passes alone.
func (p *Points) Loss(w []float64) float64 {
	sum := 0.0
	for _, x := range p.run.Inputs {
		p.state.Forward(p.run.Chain, x, w, nil)
		sum += p.state.Loss() / float64(len(p.run.Inputs))
	}
	return sum + p.run.Reg.Value(w)
}

func norm2(v []float64) float64 { return dot(v, v) }

func dot(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		sum += float64(x * b[k])
	}
	return sum
}

func distance2(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		d := x - b[k]
		sum += float64(d * d)
	}
	return sum
}

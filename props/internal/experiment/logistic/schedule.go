package logistic

import (
	"cmp"
	"math"
	"slices"
)

// What a point costs, in nanoseconds of one core, as measured on one machine at the sizes of Quick and of Default. Only
// the order that they give matters, and the time left that is said.
const (
	entryCost  = 0.37 // of an entry of x at a step, both gradients
	deltaCost  = 0.8  // of a sample that delta_t shifts
	rankCost   = 14.0 // of a number beside Top-k,
	nearCost   = 17.0 // or rounded to nearest,
	randomCost = 29.0 // or stochastically

	// The whole oracle, of an entry of all x_k x_k^T.
	rootCost     = 500.0  // stationary, with the arrival
	kickCost     = 1100.0 // with delta_t; more where it is rare, as its kicks are nodes
	traceCost    = 1500.0 // added by a trace: the flow from w^0 at all its steps
	flowCost     = 1200.0 // of a data set where w^0 may not be forgotten
	topKCost     = 250.0  // kinks that tie samples
	nearestCost  = 100.0  // kinks
	straightCost = 20.0   // none
)

// cost is about how long a point takes, in nanoseconds of one core.
func cost(p Point, trace bool) float64 { return stepsCost(p) + oracleCost(p, trace) }

// stepsCost is that of its steps.
func stepsCost(p Point) float64 {
	m := float64(p.M)
	step := entryCost * m * float64(p.D)
	switch f := p.Law.Format; {
	case f == nil && p.Law.Forward > 0:
		step += deltaCost * m / float64(p.Law.Every)
	case f == nil:
	case f.Name == TopK:
		step += rankCost * m
	case f.Stochastic:
		step += randomCost * m
	default:
		step += nearCost * m
	}
	return step * float64(p.T)
}

// oracleCost is that of its oracle.
func oracleCost(p Point, trace bool) float64 {
	entry := rootCost
	switch f := p.Law.Format; {
	case f == nil && p.Data != "":
		if entry = straightCost; !(p.Gamma*2*p.Reg.Rho*float64(p.T/2) >= forgotten) { // 2 rho: least curvature of l2
			entry = flowCost
		}
	case f == nil && p.Law.Forward > 0:
		entry = kickCost * (1 + math.Log10(float64(p.Law.Every))/2)
	case f == nil:
	case f.Name == TopK:
		entry = topKCost
	case f.Stochastic:
		entry = straightCost
	default:
		entry = nearestCost
	}
	if trace {
		entry += traceCost
	}
	return entry * float64(p.M) * float64(p.D) * float64(p.D)
}

// schedule is points in the order in which workers take them.
type schedule struct {
	points []Point
	cost   []float64 // of each
	total  float64
}

// dearestFirst is a schedule of points, those with traces as they say: the dearest first, equal ones as they were. A
// dear point that is begun last keeps one core busy while the others have nothing left; begun first, what is left at
// the end are the cheapest (R. L. Graham, 1969: within 4/3 of the best schedule).
func dearestFirst(points []Point, traces map[uint64]bool) *schedule {
	type item struct {
		Point
		cost float64
	}
	items := make([]item, len(points))
	for k, p := range points {
		items[k] = item{p, cost(p, traces[p.Key()])}
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(b.cost, a.cost) })
	s := &schedule{}
	for _, i := range items {
		s.points, s.cost, s.total = append(s.points, i.Point), append(s.cost, i.cost), s.total+i.cost
	}
	return s
}

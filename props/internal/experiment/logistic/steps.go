package logistic

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/props/internal/table"
)

// stepsSay introduces the tables of Arrivals.
const stepsSay = "Section 7's \"stable iteration complexity\": the first step at which the EWMA is below 1.5 times " +
	"the stable gradient norm. By the oracle E|grad f(w_t)| falls like exp(-lambda gamma t) until noise and plateau " +
	"hold it, lambda the least eigenvalue of the Hessian at the root, so that the number of steps is about " +
	"ln(c/norm)/(lambda gamma): of order 1/gamma over a plateau, a little more, ln(1/gamma)/gamma, where the norm " +
	"falls with gamma. Below a few hundred steps it is the memory of the EWMA that is seen, 1/(1-0.99) steps an e-fold. " +
	"A larger perturbation has fewer steps as its level is higher, not as it falls faster. Each cell: measured / oracle " +
	"[interval]. The interval is that of a noise of 4 standard deviations about the mean, and " +
	"of a slow noise that keeps a run above the level where its mean is below."

// stepsPanels are the panels by gamma of the paper's figures: those that are drawn again by steps.
func (r *Result) stepsPanels(do func(f *Figure, p *Panel)) {
	for k := range r.Figures {
		f := &r.Figures[k]
		for i := range f.Panels {
			if p := f.Panels[i].Curves[0].Points[0]; ByArrival(f, &f.Panels[i]) && r.Of(p).Predicted.Arrival != nil {
				do(f, &f.Panels[i])
			}
		}
	}
}

// ByArrival reports whether a panel has a picture of the steps until the norm is stable, beside that of the norm.
func ByArrival(f *Figure, p *Panel) bool {
	return p.Axis == ByGamma && f.ID != FormatsID && f.ID != RepeatsID
}

// stepsTable has a line a panel: how many arrive in their interval, and how the steps go with gamma.
func (r *Result) stepsTable() *table.Table {
	t := table.New("figure", "panel", "points", "inside", "measured/oracle from", "to")
	r.stepsPanels(func(f *Figure, p *Panel) {
		points, inside, least, most := 0, 0, math.Inf(1), 0.0
		for _, c := range p.Curves {
			for _, at := range c.Points {
				o := r.Of(at)
				points++
				if o.Predicted.Arrival.Holds(o.Measured) {
					inside++
				}
				ratio := float64(o.Measured.Complexity) / float64(o.Predicted.Arrival.At)
				least, most = min(least, ratio), max(most, ratio)
			}
		}
		t.Add(f.Name(), p.Title, points, inside, fmt.Sprintf("%.2f", least), fmt.Sprintf("%.2f", most))
	})
	return t
}

// arrivals has a line a curve, a column a step size, and the exponents against gamma.
func (r *Result) arrivals(p *Panel) *table.Table {
	names := []string{"curve"}
	for _, at := range p.Curves[0].Points {
		names = append(names, fmt.Sprintf("g = %v", at.Gamma))
	}
	t := table.New(append(names, "exponent in gamma", "by the oracle")...)
	for _, c := range p.Curves {
		cells := []any{c.Label}
		for _, at := range c.Points {
			o := r.Of(at)
			a := o.Predicted.Arrival
			cells = append(cells, fmt.Sprintf("%d / %d [%d, %d]", o.Measured.Complexity, a.At, a.Low, a.High))
		}
		fit, oracle := "-", "-"
		if e := r.arrivalFit(c); e != nil {
			fit, oracle = fmt.Sprintf("%.2f [%.2f, %.2f]", e.At, e.Lo, e.Hi), fmt.Sprintf("%.2f", e.Predicted)
		}
		t.Add(append(cells, fit, oracle)...)
	}
	return t
}

// arrivalFit is the exponent of the steps in gamma, with a standard deviation of ln steps of 1/(2 Z) of the
// interval's width; nil for too few points.
func (r *Result) arrivalFit(c Curve) *Exponent {
	if len(c.Points) < fewest {
		return nil
	}
	var x, measured, predicted, sd []float64
	for _, p := range c.Points {
		o := r.Of(p)
		a := o.Predicted.Arrival
		log := func(steps int) float64 { return math.Log(float64(steps + 1)) }
		x = append(x, p.Gamma)
		measured, predicted = append(measured, log(o.Measured.Complexity)), append(predicted, log(a.At))
		sd = append(sd, (log(a.High)-log(a.Low)+math.Log(1+1/float64(a.At+1)))/(2*Z))
	}
	return weighted(c.Label, "-1", x, measured, predicted, sd)
}

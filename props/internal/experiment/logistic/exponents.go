package logistic

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/cascade-sgd/cascade/props/internal/table"
)

// Exponent is a power law fitted to measured points, with the oracle's at the same points.
type Exponent struct {
	What      string // which points, and against what
	Points    int
	At        float64 // slope of ln(stable norm) against ln x, weighted
	Lo, Hi    float64 // its 95 % interval
	Predicted float64 // the same fit of what the oracle says at these points
	Limit     string  // the exponent in the limit that the law is about
}

// Agrees reports whether the prediction lies in the interval.
func (e *Exponent) Agrees() bool { return e.Lo <= e.Predicted && e.Predicted <= e.Hi }

// fitted is the weighted fit of ln measured against ln x. The standard deviation of ln measured is that of the
// mean over T/2 steps, by the oracle, and half of Closure for what the oracle leaves out; the interval is that of
// independent normal errors.
func fitted(what, limit string, x []float64, all []*Outcome) *Exponent {
	e := &Exponent{What: what, Limit: limit, Points: len(x)}
	var at, measured, predicted, weight []float64
	for k, o := range all {
		sd := math.Hypot(o.Predicted.SD/o.Predicted.Stable, (Closure+o.Predicted.Slack)/2)
		at = append(at, math.Log(x[k]))
		measured = append(measured, math.Log(o.Measured.Stable))
		predicted = append(predicted, math.Log(o.Predicted.Stable))
		weight = append(weight, 1/(sd*sd))
	}
	_, e.At = stat.LinearRegression(at, measured, weight, false)
	_, e.Predicted = stat.LinearRegression(at, predicted, weight, false)
	mean, sum := stat.Mean(at, weight), 0.0
	for k, v := range at {
		sum += weight[k] * (v - mean) * (v - mean)
	}
	half := distuv.UnitNormal.Quantile(0.975) / math.Sqrt(sum)
	e.Lo, e.Hi = e.At-half, e.At+half
	return e
}

// fewest is the smallest number of points that an exponent is fitted to.
const fewest = 3

// Exponents are all that the figures have points for: noise against gamma, plateaus against s_f, s_b and Dt at the
// least gamma, and the coupled sweep against T.
func (r *Result) Exponents() []*Exponent {
	var all []*Exponent
	add := func(what, limit string, x []float64, of []*Outcome) {
		if len(x) >= fewest && floats.Max(x) > floats.Min(x) {
			all = append(all, fitted(what, limit, x, of))
		}
	}
	for k := range r.Figures {
		f := &r.Figures[k]
		for i := range f.Panels {
			p := &f.Panels[i]
			name := f.Name() + ", " + p.Title
			switch f.ID {
			case "fig4", "fig5":
				for _, c := range p.Curves {
					if c.Points[0].Law.Forward == 0 && (i == 1 || c.Points[0].Law.Backward > 0) {
						x, of := r.against(c.Points, func(q Point) float64 { return q.Gamma })
						add(name+", "+c.Label+", against gamma", "1/2", x, of)
					}
				}
				if i == 0 {
					x, of := r.against(ends(p), func(q Point) float64 { return q.Law.Forward })
					add(name+", least gamma, against s_f", "2", x, of)
				}
			case "fig6":
				x, of := r.against(ends(p), func(q Point) float64 { return q.Law.Backward })
				add(name+", least gamma, against s_b", "1, where there is a root", x, of)
			case "fig7", "fig8":
				x, of := r.against(ends(p), func(q Point) float64 { return float64(q.Law.Every) })
				add(name+", least gamma, against Dt", "-1", x, of)
			case "remark4":
				limits := []string{"-1/4", "-1/4", "0", "-1/4"}
				for n, c := range p.Curves {
					x, of := r.against(c.Points, func(q Point) float64 { return float64(q.T) })
					add(name+", "+c.Label+", against T", limits[n%len(limits)], x, of)
				}
			}
		}
	}
	return all
}

// ends are the last points of the curves of a panel: those of the least gamma.
func ends(p *Panel) (all []Point) {
	for _, c := range p.Curves {
		all = append(all, c.Points[len(c.Points)-1])
	}
	return all
}

// against are the points with x > 0 and what became of them.
func (r *Result) against(points []Point, x func(p Point) float64) (at []float64, of []*Outcome) {
	for _, p := range points {
		if v := x(p); v > 0 {
			at, of = append(at, v), append(of, r.Of(p))
		}
	}
	return at, of
}

// exponentsSay introduces the table of exponents.
const exponentsSay = "Weighted fits of ln(stable gradient norm), as measured, against ln x, and the same fit of " +
	"what the oracle says at the same points, which is what the interval has to hold: at a finite gamma noise lies " +
	"over the plateaus and the exponent is not yet that of the limit, in the last column. The 95 % interval is " +
	"that of the errors of the points: the standard deviation of a mean over T/2 steps, and half of the oracle's " +
	"own margin; one in twenty is outside by chance alone. In the coupled sweep the smaller T have not forgotten " +
	"w^0."

func exponentsTable(all []*Exponent) *table.Table {
	t := table.New("points", "number", "exponent", "95 % interval", "by the oracle", "inside", "in the limit")
	for _, e := range all {
		inside := "no"
		if e.Agrees() {
			inside = "yes"
		}
		t.Add(e.What, e.Points, fmt.Sprintf("%.3f", e.At), fmt.Sprintf("[%.3f, %.3f]", e.Lo, e.Hi),
			fmt.Sprintf("%.3f", e.Predicted), inside, e.Limit)
	}
	return t
}

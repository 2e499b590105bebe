package logistic

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/cascade-sgd/cascade/props/internal/table"
)

// CSV writes all points of some figures, a line each.
func (r *Result) CSV(w io.Writer, figures ...*Figure) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"figure", "panel", "curve", "gamma", "T", "measured", "low", "high", "predicted", "sd", "ratio", "ratio_low",
		"ratio_high", "agrees", "plateau", "plateau_error", "root", "proved", "floor", "settled", "complexity",
		"mean_gradient", "mean_square",
	}}
	g := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	add := func(f *Figure, panel *Panel, c *Curve, o *Outcome) {
		m, q := o.Measured, o.Predicted
		lo, hi := q.Interval(m)
		rows = append(rows, []string{
			f.Name(), panel.Title, c.Label, g(o.Point.Gamma), strconv.Itoa(o.Point.T), g(m.Stable), g(m.Low), g(m.High),
			g(q.Stable), g(q.SD), g(m.Stable / q.Stable), g(lo), g(hi), strconv.FormatBool(q.Agrees(m)), g(q.Plateau),
			g(q.PlateauErr),
			strconv.FormatBool(!q.NoRoot), strconv.FormatBool(q.Proved), g(q.Floor), strconv.FormatBool(q.Settled),
			strconv.Itoa(m.Complexity), g(m.MeanNorm), g(m.Squares),
		})
	}
	for _, f := range figures {
		r.each(f, func(panel *Panel, c *Curve, o *Outcome) { add(f, panel, c, o) })
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}

func (r *Result) each(f *Figure, do func(panel *Panel, c *Curve, o *Outcome)) {
	for k := range f.Panels {
		panel := &f.Panels[k]
		for i := range panel.Curves {
			c := &panel.Curves[i]
			for _, p := range c.Points {
				do(panel, c, r.Of(p))
			}
		}
	}
}

// Agreement is a line a panel: how many points agree with the oracle, and the worst; and
// the points that do not, each.
func (r *Result) Agreement() (panels *table.Table, against []string) {
	panels = table.New("figure", "panel", "points", "agree", "measured/predicted from", "to", "its "+
		"interval furthest from 1")
	for k := range r.Figures {
		f := &r.Figures[k]
		for i := range f.Panels {
			s := r.summary(f, &f.Panels[i])
			panels.Add(f.Name(), f.Panels[i].Title, s.points, s.points-len(s.against), fmt.Sprintf("%.3f", s.least),
				fmt.Sprintf("%.3f", s.most), s.worst)
			against = append(against, s.against...)
		}
	}
	return panels, against
}

// summary of a panel.
type summary struct {
	points      int
	least, most float64 // measured/predicted
	worst       string  // interval that is furthest from 1 in its own widths
	against     []string
}

func (r *Result) summary(f *Figure, panel *Panel) summary {
	var s summary
	furthest := -1.0
	for i := range panel.Curves {
		c := &panel.Curves[i]
		for _, p := range c.Points {
			o := r.Of(p)
			ratio := o.Measured.Stable / o.Predicted.Stable
			if s.points++; s.points == 1 {
				s.least, s.most = ratio, ratio
			}
			s.least, s.most = min(s.least, ratio), max(s.most, ratio)
			lo, hi := o.Predicted.Interval(o.Measured)
			if far := distance(ratio, lo, hi); far > furthest {
				furthest, s.worst = far, fmt.Sprintf("[%.3f, %.3f]", lo, hi)
			}
			if !o.Predicted.Agrees(o.Measured) {
				s.against = append(s.against, fmt.Sprintf("%s, %s, %s, gamma = %.4g, T = %d: measured "+
					"%.4g, predicted %.4g, "+
					"ratio in [%.3f, "+
					"%.3f]", f.Name(), panel.Title, c.Label, p.Gamma, p.T, o.Measured.Stable, o.Predicted.Stable, lo,
					hi))
			}
		}
	}
	return s
}

// distance is |ln ratio| in half-widths of the interval: above 1 where 1 is outside.
func distance(ratio, lo, hi float64) float64 {
	return 2 * math.Abs(math.Log(ratio)) / math.Log(hi/lo)
}

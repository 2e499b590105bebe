package logistic

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strconv"

	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// digestShown is how many digits of an outcome's digest stand in the CSV.
const digestShown = 16

// CSV writes all points of some figures, a line each: what ReadCSV reads.
func (r *Result) CSV(w io.Writer, figures ...*Figure) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"figure", "panel", "curve", "gamma", "T", "measured", "low", "high", "predicted", "sd", "ratio", "ratio_low",
		"ratio_high", "agrees", "plateau", "plateau_error", "root", "proved", "floor", "settled", "slack", "error_size",
		"error_bias", "complexity", "arrival", "arrival_low", "arrival_high", "mean_gradient", "mean_square", "key", "digest",
	}}
	g := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	// What goes through math.Exp has another last bit on another architecture.
	short := func(v float64) string { return strconv.FormatFloat(v, 'g', 9, 64) }
	add := func(f *Figure, panel *Panel, c *Curve, o *Outcome) {
		m, q := o.Measured, o.Predicted
		lo, hi := q.Interval(m)
		size, bias, at, low, high := "", "", "", "", ""
		if e := q.Errors; e != nil {
			size, bias = g(e.Size), g(e.Bias)
		}
		if a := q.Arrival; a != nil {
			at, low, high = strconv.Itoa(a.At), strconv.Itoa(a.Low), strconv.Itoa(a.High)
		}
		rows = append(rows, []string{
			f.Name(), panel.Title, c.Label, g(o.Point.Gamma), strconv.Itoa(o.Point.T), g(m.Stable), g(m.Low), g(m.High),
			g(q.Stable), g(q.SD), g(m.Stable / q.Stable), short(lo), short(hi), strconv.FormatBool(q.Agrees(m)), g(q.Plateau),
			g(q.PlateauErr),
			strconv.FormatBool(!q.NoRoot), strconv.FormatBool(q.Proved), g(q.Floor), strconv.FormatBool(q.Settled),
			g(q.Slack), size, bias, strconv.Itoa(m.Complexity), at, low, high, g(m.MeanNorm), g(m.Squares),
			fmt.Sprintf("%016x", o.Point.Key()), o.Digest[:min(digestShown, len(o.Digest))],
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

// ReadCSV is the Result that CSV wrote of all figures, in their order, without traces and W: what tables, fits and
// panels by gamma and T are made of. Each line has to be that of its point, by key, and all of it has to be what CSV
// writes of the numbers read.
func ReadCSV(data []byte, figures []Figure) (*Result, error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("logistic: points: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("logistic: points: no line")
	}
	r := &Result{Figures: figures, of: map[uint64]*Outcome{}}
	line := &reader{row: rows[0], column: map[string]int{}}
	for k, name := range rows[0] {
		line.column[name] = k
	}
	rows, line.at = rows[1:], 1
	for k := range figures {
		for _, p := range figures[k].points() {
			if line.at++; len(rows) == 0 {
				return nil, fmt.Errorf("logistic: points end before %s, gamma = %v, T = %d", figures[k].Name(), p.Gamma, p.T)
			}
			line.row, rows = rows[0], rows[1:]
			o := line.outcome(p)
			if line.err != nil {
				return nil, line.err
			}
			if before := r.of[p.Key()]; before != nil && !reflect.DeepEqual(before, o) {
				return nil, fmt.Errorf("logistic: points, line %d: not what is said of this point before", line.at)
			}
			r.of[p.Key()] = o
		}
	}
	if len(rows) > 0 {
		return nil, fmt.Errorf("logistic: points go on after the last figure, line %d", line.at+1)
	}
	var again bytes.Buffer
	if err := r.CSV(&again, r.All()...); err != nil {
		return nil, err
	}
	if !bytes.Equal(again.Bytes(), data) {
		return nil, fmt.Errorf("logistic: points, %s: not what follows from the other numbers of the line",
			firstDifference(data, again.Bytes()))
	}
	return r, nil
}

// firstDifference is the line in which two texts differ.
func firstDifference(a, b []byte) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return fmt.Sprintf("line %d", 1+bytes.Count(a[:n], []byte("\n")))
}

// All are the figures one by one.
func (r *Result) All() (all []*Figure) {
	for k := range r.Figures {
		all = append(all, &r.Figures[k])
	}
	return all
}

// reader reads a line of points; err is the first thing that was wrong.
type reader struct {
	column map[string]int
	row    []string
	at     int
	err    error
}

// text is a field; every line has as many as the first one.
func (l *reader) text(name string) string {
	k, ok := l.column[name]
	if !ok {
		if l.err == nil {
			l.err = fmt.Errorf("logistic: points have no column %s", name)
		}
		return ""
	}
	return l.row[k]
}

func parsed[T any](l *reader, name string, parse func(text string) (T, error)) (v T) {
	text := l.text(name)
	if l.err != nil {
		return v
	}
	v, err := parse(text)
	if err != nil {
		l.err = fmt.Errorf("logistic: points, line %d: %s is %s", l.at, name, strict.Quote(text))
	}
	return v
}

// number is a finite one.
func (l *reader) number(name string) float64 {
	return parsed(l, name, func(text string) (float64, error) {
		v, err := strconv.ParseFloat(text, 64)
		if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			err = strconv.ErrRange
		}
		return v, err
	})
}

func (l *reader) whole(name string) int  { return parsed(l, name, strconv.Atoi) }
func (l *reader) truth(name string) bool { return parsed(l, name, strconv.ParseBool) }

// outcome is that of p, which the line is of.
func (l *reader) outcome(p Point) *Outcome {
	if key := l.text("key"); l.err == nil && key != fmt.Sprintf("%016x", p.Key()) {
		l.err = fmt.Errorf("logistic: points, line %d: key %s is not that of gamma = %v, T = %d, seed %d with its law",
			l.at, strict.Quote(key), p.Gamma, p.T, p.Seed)
		return nil
	}
	o := &Outcome{Version: outcomeVersion, Point: p, Digest: l.text("digest")}
	o.Measured = &Measured{
		Stable: l.number("measured"), Low: l.number("low"), High: l.number("high"), Complexity: l.whole("complexity"),
		MeanNorm: l.number("mean_gradient"), Squares: l.number("mean_square"),
	}
	o.Predicted = &Predicted{
		Plateau: l.number("plateau"), PlateauErr: l.number("plateau_error"), Proved: l.truth("proved"),
		NoRoot: !l.truth("root"), Floor: l.number("floor"), Stable: l.number("predicted"), SD: l.number("sd"),
		Settled: l.truth("settled"), Slack: l.number("slack"),
	}
	if l.text("error_size") != "" {
		o.Predicted.Errors = &Errors{Size: l.number("error_size"), Bias: l.number("error_bias")}
	}
	if l.text("arrival") != "" {
		o.Predicted.Arrival = &Arrival{At: l.whole("arrival"), Low: l.whole("arrival_low"), High: l.whole("arrival_high")}
	}
	if m, q := o.Measured, o.Predicted; l.err == nil && !(m.Stable > 0 && m.Low <= m.High && q.Stable > 0) {
		l.err = fmt.Errorf("logistic: points, line %d: measured %v in %v..%v, predicted %v", l.at, m.Stable, m.Low, m.High,
			q.Stable)
	}
	return o
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

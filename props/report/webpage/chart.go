package webpage

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/cascade-sgd/cascade/props/pages"
)

// chart is one panel of an experiment as on record in figures.csv, drawn in the colours of
// the page, with its numbers as a table of which a slider chooses a column.
type chart struct {
	ID, Title string
	Axis      string // what the slider moves along
	SVG       template.HTML
	Legend    []template.HTML
	At        []string // the values along the axis
	Rows      []chartRow
}

type chartRow struct {
	Name, Plateau string
	Cells         []string // measured/predicted, one for each of At; "" for none
}

// Last is the last place of the slider.
func (c *chart) Last() int { return len(c.At) - 1 }

// series is a curve of a panel.
type series struct {
	name   string
	points []chartPoint
	level  bool // predicted are plateaus: a dashed line, without marks
}

type chartPoint struct{ x, measured, low, high, predicted, plateau float64 }

// panel is what figures.csv says of one.
type panelData struct {
	figure, title string
	axis          string // what x is
	series        []series
}

// Figures by the names that figures.csv has for them, which are no ids of claims: those of the
// section on experiments, trajectories, of which the ends are drawn, and the one over T.
const (
	formatCharts = "formats"
	trajectories = "fig3"
	coupledSweep = "remark4"
)

// What x may be of a panel as on record.
const (
	byGamma = "step size γ"
	byT     = "steps T, γ = 1/√T"
)

// levels are those of which a curve is one, by the begin of its name.
var levels = []string{"s_f", "s_b", "Δt"}

// across is a panel of step sizes against the levels of its curves, with a curve for each step size and one for the
// plateau; nil where the curves are not of levels, of three at least.
func (p *panelData) across() *panelData {
	if p.axis != byGamma {
		return nil
	}
	q := &panelData{figure: p.figure, title: p.title}
	plateau := series{name: "plateau, γ → 0", level: true}
	of, order, counted := map[float64]*series{}, []float64{}, 0
	for _, s := range p.series {
		name, text, _ := strings.Cut(s.name, " = ")
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || !slices.Contains(levels, name) || q.axis != "" && q.axis != name {
			continue
		}
		q.axis = name
		counted++
		for _, at := range s.points {
			if of[at.x] == nil {
				of[at.x], order = &series{name: fmt.Sprintf("γ = %v", at.x)}, append(order, at.x)
			}
			gamma := at.x
			at.x = x
			of[gamma].points = append(of[gamma].points, at)
		}
		if at := s.points[0]; at.plateau > seenPlateau {
			plateau.points = append(plateau.points, chartPoint{x: x, measured: at.plateau, low: at.plateau, high: at.plateau,
				predicted: at.plateau})
		}
	}
	if counted < 3 {
		return nil
	}
	for _, gamma := range order {
		q.series = append(q.series, *of[gamma])
	}
	if len(plateau.points) > 0 {
		q.series = append(q.series, plateau)
	}
	for k := range q.series { // the plateau is a curve of its own
		for i := range q.series[k].points {
			q.series[k].points[i].plateau = 0
		}
	}
	return q
}

// readPanels reads figures.csv: panels by figure and place.
func readPanels(data []byte) (map[string]*panelData, []string, error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, nil, fmt.Errorf("webpage: figures.csv: %w", err)
	}
	column := map[string]int{}
	for k, name := range rows[0] {
		column[name] = k
	}
	all, order, places := map[string]*panelData{}, []string{}, map[string]int{}
	var last *panelData
	for line, row := range rows[1:] {
		number := func(name string) float64 {
			v, bad := strconv.ParseFloat(row[column[name]], 64)
			if bad != nil && err == nil {
				err = fmt.Errorf("webpage: figures.csv, line %d: %s is %.40q", line+2, name, row[column[name]])
			}
			return v
		}
		figure, title, curve := row[column["figure"]], row[column["panel"]], row[column["curve"]]
		if figure == trajectories { // forward and backward
			curve, title = title, strings.Split(title, ",")[0]
		}
		if last == nil || last.figure != figure || last.title != title {
			key := fmt.Sprintf("%s/%d", figure, places[figure])
			places[figure]++
			last = &panelData{figure: figure, title: title, axis: byGamma}
			if figure == coupledSweep {
				last.axis = byT
			}
			all[key], order = last, append(order, key)
		}
		if n := len(last.series); n == 0 || last.series[n-1].name != curve {
			last.series = append(last.series, series{name: curve})
		}
		p := chartPoint{number("gamma"), number("measured"), number("low"), number("high"), number("predicted"),
			number("plateau")}
		if last.axis == byT {
			p.x = number("T")
		}
		if !(p.x > 0 && p.measured > 0 && p.predicted > 0 && p.low > 0) && err == nil {
			err = fmt.Errorf("webpage: figures.csv, line %d: a number that is not > 0", line+2)
		}
		s := &last.series[len(last.series)-1]
		s.points = append(s.points, p)
	}
	return all, order, err
}

// charts of the figures on record.
type charts struct {
	panels map[string]*panelData
	order  []string
}

func newCharts() (*charts, error) {
	data, err := pages.FS.ReadFile("figures.csv")
	if err != nil {
		return nil, fmt.Errorf("webpage: %w", err)
	}
	panels, order, err := readPanels(data)
	return &charts{panels, order}, err
}

// of are the charts of the panels that a claim is shown on, by its id.
func (c *charts) of(id string, panels []string) ([]*chart, error) {
	var all []*chart
	for _, key := range panels {
		p := c.panels[key]
		if p == nil {
			return nil, fmt.Errorf("webpage: figures.csv has no panel %s", key)
		}
		id := id + "-" + strings.ReplaceAll(key, "/", "-")
		all = append(all, p.chart(id))
		if q := p.across(); q != nil {
			all = append(all, q.chart(id+"-levels"))
		}
	}
	return all, nil
}

// figure are the charts of all panels of a figure.
func (c *charts) figure(name string) []*chart {
	var all []*chart
	for _, key := range c.order {
		if p := c.panels[key]; p.figure == name {
			all = append(all, p.chart("chart-"+strings.ReplaceAll(key, "/", "-")))
		}
	}
	return all
}

// The size of a chart, and of its margins.
const (
	chartWidth, chartHeight = 420, 270
	chartLeft, chartRight   = 46, 10
	chartTop, chartBottom   = 10, 40
	narrowest               = 2.5  // of an axis: high/low
	seenPlateau             = 1e-8 // roots are found to 1e-16
)

// chart draws a panel.
func (p *panelData) chart(id string) *chart {
	c := &chart{ID: id, Title: p.figure + ": " + p.title, Axis: p.axis}
	if slices.Contains(levels, p.axis) {
		c.Title += ", against " + p.axis
	}
	var xs []float64
	low, high := math.Inf(1), 0.0
	for _, s := range p.series {
		for _, at := range s.points {
			xs = append(xs, at.x)
			low, high = min(low, at.low, at.predicted), max(high, at.high, at.predicted)
			if at.plateau > seenPlateau {
				low = min(low, max(at.plateau, at.predicted/100))
			}
		}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	first, last := xs[0], xs[len(xs)-1]
	room := math.Pow(last/first, 0.05)
	low, high = low/1.15, high*1.15
	if widen := narrowest * low / high; widen > 1 {
		low, high = low/math.Sqrt(widen), high*math.Sqrt(widen)
	}
	scale := func(v, from, to, a, b float64) float64 { return a + (b-a)*math.Log(v/from)/math.Log(to/from) }
	x := func(v float64) float64 { return scale(v, first/room, last*room, chartLeft, chartWidth-chartRight) }
	y := func(v float64) float64 { return scale(v, low, high, chartHeight-chartBottom, chartTop) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %d %d" role="img" aria-label="%s: stable gradient norm by %s">`,
		chartWidth, chartHeight, html.EscapeString(c.Title), c.Axis)
	for _, v := range ticks(low, high) {
		fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text class="y" x="%d" y="%.1f">%s</text>`, chartLeft, y(v),
			chartWidth-chartRight, chartLeft-4, y(v)+4, tickText(v))
	}
	for _, v := range xs {
		fmt.Fprintf(&b, `<path class="grid" d="M%.1f %dV%d"/><text class="x" x="%.1f" y="%d">%s</text>`, x(v), chartTop,
			chartHeight-chartBottom, x(v), chartHeight-chartBottom+14, tickText(v))
		c.At = append(c.At, tickText(v))
	}
	fmt.Fprintf(&b, `<text class="x" x="%d" y="%d">%s</text>`, (chartLeft+chartWidth-chartRight)/2, chartHeight-8, c.Axis)
	var places []string
	for _, v := range xs {
		places = append(places, fmt.Sprintf("%.1f", x(v)))
	}
	fmt.Fprintf(&b, `<path class="cursor" data-x="%s" d="M%s %dV%d" hidden=""/>`, strings.Join(places, " "), places[0],
		chartTop, chartHeight-chartBottom)
	for k, s := range p.series {
		c.add(&b, k, s, xs, x, y, low)
	}
	c.SVG = template.HTML(b.String() + "</svg>")
	return c
}

// add draws a curve and adds its legend and its row.
func (c *chart) add(b *strings.Builder, k int, s series, xs []float64, x, y func(float64) float64, low float64) {
	points := slices.Clone(s.points)
	slices.SortFunc(points, func(a, b chartPoint) int {
		if a.x < b.x {
			return -1
		}
		return 1
	})
	if s.level {
		c.addLevel(b, k, s.name, points, xs, x, y)
		return
	}
	fmt.Fprintf(b, `<g class="c%d">`, k%curveColours)
	for i, at := range points {
		fmt.Fprintf(b, "%s%.1f %.1f", map[bool]string{true: `<path d="M`, false: "L"}[i == 0], x(at.x), y(at.predicted))
	}
	b.WriteString(`"/>`)
	plateau := points[0].plateau
	if plateau > max(seenPlateau, low) {
		fmt.Fprintf(b, `<path class="plateau" d="M%.1f %.1fH%.1f"/>`, x(xs[0]), y(plateau), x(xs[len(xs)-1]))
	}
	row := chartRow{Name: s.name, Plateau: "0", Cells: make([]string, len(xs))}
	if plateau > seenPlateau {
		row.Plateau = fmt.Sprintf("%.3g", plateau)
	}
	for _, at := range points {
		fmt.Fprintf(b, `<path d="M%.1f %.1fV%.1f" class="spread"/>%s`, x(at.x), y(at.low), y(at.high),
			mark(k, x(at.x), y(at.measured)))
		row.Cells[slices.Index(xs, at.x)] = fmt.Sprintf("%.3g / %.3g", at.measured, at.predicted)
	}
	b.WriteString("</g>")
	c.Rows = append(c.Rows, row)
	c.Legend = append(c.Legend, swatch(k, `<path d="M0 6H28"/>`+mark(k, 14, 6), s.name))
}

// addLevel adds plateaus: a dashed line, and what they are.
func (c *chart) addLevel(b *strings.Builder, k int, name string, points []chartPoint, xs []float64,
	x, y func(float64) float64) {
	row := chartRow{Name: name, Plateau: "-", Cells: make([]string, len(xs))}
	path := ""
	for i, at := range points {
		path += fmt.Sprintf("%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], x(at.x), y(at.predicted))
		row.Cells[slices.Index(xs, at.x)] = fmt.Sprintf("%.3g", at.predicted)
	}
	fmt.Fprintf(b, `<g class="c%d"><path class="plateau" d="%s"/></g>`, k%curveColours, path)
	c.Rows = append(c.Rows, row)
	c.Legend = append(c.Legend, swatch(k, `<path class="plateau" d="M0 6H28"/>`, name))
}

// swatch is an entry of a legend.
func swatch(k int, drawn, name string) template.HTML {
	return template.HTML(fmt.Sprintf(
		`<svg class="swatch" viewBox="0 0 28 12" aria-hidden="true"><g class="c%d">%s</g></svg>%s`,
		k%curveColours, drawn, html.EscapeString(name)))
}

// curveColours is how many curves have a colour and a mark of their own.
const curveColours = 7

// mark is the dot of curve k.
func mark(k int, x, y float64) string {
	shapes := [curveColours]string{
		"M%.1f %.1fm-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0", "M%.1f %.1fm-3-3h6v6h-6z", "M%.1f %.1fm0-4l4 7h-8z",
		"M%.1f %.1fm0-4.5l4 4.5l-4 4.5l-4-4.5z", "M%.1f %.1fm0 4l4-7h-8z", "M%.1f %.1fm-4-1.5h8v3h-8z",
		"M%.1f %.1fm-1.5-4h3v8h-3z",
	}
	return fmt.Sprintf(`<path class="mark" d="`+shapes[k%curveColours]+`"/>`, x, y)
}

// ticks are powers of ten, with their doubles and halves where there are few.
func ticks(low, high float64) []float64 {
	var all []float64
	steps := []float64{1}
	if high/low < 30 {
		steps = []float64{1, 2, 5}
	}
	if high/low > 30 && high/low < 300 {
		steps = []float64{1, 3}
	}
	if high/low < 3 {
		steps = []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8}
	}
	for e := math.Floor(math.Log10(low)); e <= math.Log10(high); e++ {
		for _, m := range steps {
			if v := m * math.Pow(10, e); v >= low && v <= high {
				all = append(all, v)
			}
		}
	}
	return all
}

// tickText is a number of an axis.
func tickText(v float64) string {
	if v >= 1e4 {
		return strings.Replace(strconv.FormatFloat(v, 'e', -1, 64), "e+0", "e", 1)
	}
	if v < 1e-3 {
		return strings.Replace(strconv.FormatFloat(v, 'e', 0, 64), "e-0", "e-", 1)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

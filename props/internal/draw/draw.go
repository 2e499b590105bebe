package draw

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
)

// A picture is 13 cm wide, a column of print and the width of a phone held upright, with
// letters of 11 points.
const (
	width   = 13 * vg.Centimeter
	height  = 9.5 * vg.Centimeter
	row     = 0.52 * vg.Centimeter // of the legend
	side    = vg.Length(12)        // left of what is not the plot
	letters = 11
	dpi     = 200
)

var palette = []color.NRGBA{
	{0, 0, 0, 255}, {0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{86, 180, 233, 255},
	{230, 159, 0, 255},
}

var marks = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.RingGlyph{}, draw.BoxGlyph{},
	draw.PyramidGlyph{},
	draw.CrossGlyph{},
}

// Picture is one panel of a figure as files.
type Picture struct {
	Name     string // without an ending
	SVG, PNG []byte
}

// Pictures are those of all panels of f, and of the steps until the norm is stable where a panel has one.
func Pictures(f *logistic.Figure, r *logistic.Result) ([]Picture, error) {
	var all []Picture
	for k := range f.Panels {
		name, panel := panelName(f, k), &f.Panels[k]
		sheets := map[string]*sheet{name: newSheet(f, panel, r)}
		names := []string{name}
		if logistic.ByArrival(f, panel) {
			names = append(names, name+stepsSuffix)
			sheets[names[1]] = newStepsSheet(f, panel, r)
		}
		for _, name := range names {
			p, err := sheets[name].picture(name)
			if err != nil {
				return nil, err
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// stepsSuffix of a name says that the picture is of steps.
const stepsSuffix = "-steps"

func panelName(f *logistic.Figure, k int) string {
	if len(f.Panels) == 1 {
		return f.Name()
	}
	return f.Name() + string(rune('a'+k))
}

// SVG is the picture of a name, such as fig4a or fig4a-steps, of those of r.
func SVG(r *logistic.Result, name string) ([]byte, error) {
	bare, steps := strings.CutSuffix(name, stepsSuffix)
	for i := range r.Figures {
		f := &r.Figures[i]
		for k := range f.Panels {
			panel := &f.Panels[k]
			if panelName(f, k) != bare || steps && !logistic.ByArrival(f, panel) {
				continue
			}
			s := newSheet(f, panel, r)
			if steps {
				s = newStepsSheet(f, panel, r)
			}
			return s.svg(name)
		}
	}
	return nil, fmt.Errorf("no picture %.40q", name)
}

// picture is a sheet in both formats.
func (s *sheet) picture(name string) (Picture, error) {
	png := vgimg.NewWith(vgimg.UseWH(width, s.height()), vgimg.UseDPI(dpi))
	s.draw(draw.New(png))
	svg, err := s.svg(name)
	if err != nil {
		return Picture{}, err
	}
	var b bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: png}).WriteTo(&b); err != nil {
		return Picture{}, fmt.Errorf("%s: %w", name, err)
	}
	return Picture{Name: name, SVG: svg, PNG: b.Bytes()}, nil
}

func (s *sheet) svg(name string) ([]byte, error) {
	svg := vgsvg.New(width, s.height())
	s.draw(draw.New(svg))
	var b bytes.Buffer
	if _, err := svg.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans"), []byte(sans)), nil
}

// sans is for machines without Liberation Sans; its widths are those of Arial.
const sans = "font-family:'Liberation Sans',Arial,Helvetica,sans-serif"

// sheet is a plot with a legend in rows under it, where it hides nothing.
type sheet struct {
	title  string
	up     string // what the vertical axis is: above it, as gonum leaves too much room beside a logarithmic one
	plot   *plot.Plot
	layers []plot.Plotter // of the data, in the order in which they are drawn
	legend []entry
}

type entry struct {
	name   string
	thumbs []plot.Thumbnailer
}

// blank is a sheet with its axes and nothing on it.
func blank(f *logistic.Figure, panel *logistic.Panel) *sheet {
	plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"}
	p := plot.New()
	s := &sheet{plot: p}
	s.title = f.Title + ": " + panel.Title
	s.up = "stable gradient norm, |grad f|"
	p.X.Label.Text = map[logistic.Axis]string{
		logistic.ByGamma: "step size γ", logistic.ByStep: "step t + 1", logistic.ByT: "steps T",
	}[panel.Axis]
	if panel.Axis == logistic.ByStep {
		s.up = "EWMA of |grad f(w_t)|"
	}
	s.up += sizes(panel)
	for _, size := range []*font.Length{
		&p.X.Label.TextStyle.Font.Size, &p.X.Tick.Label.Font.Size, &p.Y.Tick.Label.Font.Size,
	} {
		*size = letters
	}
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = decades{}, decades{}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
	return s
}

// apart is the factor by which the dots of curve k stand beside their place.
func apart(panel *logistic.Panel, k int) float64 {
	return math.Pow(10, beside(panel)*(float64(k)-float64(len(panel.Curves)-1)/2))
}

// newSheet is the picture of the norms of a panel.
func newSheet(f *logistic.Figure, panel *logistic.Panel, r *logistic.Result) *sheet {
	s := blank(f, panel)
	for k := range panel.Curves {
		s.curve(k, &panel.Curves[k], panel.Axis, apart(panel, k), r)
	}
	s.stretch()
	if panel.Axis == logistic.ByStep {
		s.explain("simulation", true, false)
	} else {
		s.explain("simulation, 5–95 %", true, true)
	}
	return s
}

// newStepsSheet is the picture of the steps until the norm is stable, of a panel by gamma.
func newStepsSheet(f *logistic.Figure, panel *logistic.Panel, r *logistic.Result) *sheet {
	s := blank(f, panel)
	s.up = "steps until |grad f| is stable" + sizes(panel)
	for k := range panel.Curves { // intervals are wide and lie over each other: all lines come after them
		s.stepsBand(k, &panel.Curves[k], r)
	}
	for k := range panel.Curves {
		s.steps(k, &panel.Curves[k], apart(panel, k), r)
	}
	s.stretch()
	s.explain("simulation", false, true)
	return s
}

// atLeastOne is a number of steps on a logarithmic axis.
func atLeastOne(x float64, steps int) plotter.XY { return plotter.XY{X: x, Y: float64(max(1, steps))} }

// stepsBand adds the interval of one law.
func (s *sheet) stepsBand(k int, c *logistic.Curve, r *logistic.Result) {
	var upper, lower plotter.XYs
	for _, p := range c.Points {
		a := r.Of(p).Predicted.Arrival
		upper, lower = append(upper, atLeastOne(p.Gamma, a.High)), append(lower, atLeastOne(p.Gamma, a.Low))
	}
	s.band(k, upper, lower, 22)
}

// steps adds the oracle and the runs of one law.
func (s *sheet) steps(k int, c *logistic.Curve, apart float64, r *logistic.Result) {
	var oracle, dots plotter.XYs
	for _, p := range c.Points {
		o := r.Of(p)
		oracle = append(oracle, atLeastOne(p.Gamma, o.Predicted.Arrival.At))
		dots = append(dots, atLeastOne(p.Gamma*apart, o.Measured.Complexity))
	}
	s.marked(k, c.Label, oracle, dots, 2.6)
}

// explain adds to the legend what lines, dots, dashes and bands are.
func (s *sheet) explain(simulation string, plateau, interval bool) {
	line := plotter.Line{LineStyle: draw.LineStyle{Color: color.Gray{90}, Width: vg.Points(1.4)}}
	dots := plotter.Scatter{GlyphStyle: draw.GlyphStyle{
		Color: color.Gray{90}, Radius: vg.Points(2.6), Shape: draw.CircleGlyph{},
	}}
	dashed := line
	dashed.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
	band := plotter.Polygon{Color: color.NRGBA{90, 90, 90, 70}}
	s.legend = append(s.legend, entry{"oracle", []plot.Thumbnailer{&line}}, entry{simulation, []plot.Thumbnailer{&dots}})
	if plateau {
		s.legend = append(s.legend, entry{"plateau, γ → 0", []plot.Thumbnailer{&dashed}})
	}
	if interval {
		s.legend = append(s.legend, entry{"interval of oracle", []plot.Thumbnailer{&band}})
	}
}

// beside is how many decades the dots of two curves are drawn apart: fewer where the step
// sizes span few.
func beside(panel *logistic.Panel) float64 {
	points := panel.Curves[0].Points
	span := math.Abs(math.Log10(points[0].Gamma / points[len(points)-1].Gamma))
	if panel.Axis != logistic.ByGamma || span == 0 {
		return 0.015
	}
	return 0.015 * min(1, span/1.2)
}

// bare is a plotter that claims no room beside its data: the room that gonum keeps for
// glyphs is too much where error bars reach further than dots.
type bare struct{ p plot.Plotter }

// Plot implements plot.Plotter.
func (b bare) Plot(c draw.Canvas, p *plot.Plot) { b.p.Plot(c, p) }

// add draws p and has the axes reach all points.
func (s *sheet) add(p plot.Plotter, points ...plotter.XY) {
	s.plot.Add(bare{p})
	s.layers = append(s.layers, p)
	for _, at := range points {
		s.plot.X.Min, s.plot.X.Max = min(s.plot.X.Min, at.X), max(s.plot.X.Max, at.X)
		s.plot.Y.Min, s.plot.Y.Max = min(s.plot.Y.Min, at.Y), max(s.plot.Y.Max, at.Y)
	}
}

// curve adds one law. Dots of several laws at the same x are drawn apart by a factor.
func (s *sheet) curve(k int, c *logistic.Curve, axis logistic.Axis, apart float64, r *logistic.Result) {
	radius, line := 2.6, lineOf(k)
	var oracle, dots, upper, lower plotter.XYs
	var spread [][3]float64
	plateau := 0.0
	for _, p := range c.Points {
		o := r.Of(p)
		if o == nil {
			panic("draw: a point of " + c.Label + " is missing")
		}
		plateau = o.Predicted.Plateau
		if axis == logistic.ByStep {
			for _, at := range o.Predicted.Trace {
				oracle = append(oracle, plotter.XY{X: float64(at.T + 1), Y: at.EWMA})
			}
			for i, at := range o.Measured.Trace {
				if i%4 == 0 {
					dots = append(dots, plotter.XY{X: float64(at.T + 1), Y: at.EWMA})
				}
			}
			radius = 1.8
			continue
		}
		x := p.Gamma
		if axis == logistic.ByT {
			x = float64(p.T)
		}
		q := o.Predicted
		lo, hi := q.Band()
		oracle = append(oracle, plotter.XY{X: x, Y: q.Stable})
		dots = append(dots, plotter.XY{X: x * apart, Y: o.Measured.Stable})
		upper = append(upper, plotter.XY{X: x, Y: hi})
		lower = append(lower, plotter.XY{X: x, Y: lo})
		spread = append(spread, [3]float64{x * apart, o.Measured.Low, o.Measured.High})
	}
	if len(lower) > 0 {
		s.band(k, upper, lower, 45)
	}
	from, to := oracle[0].X, oracle[len(oracle)-1].X
	if plateau > leastDrawn {
		ends := plotter.XYs{{X: min(from, to), Y: plateau}, {X: max(from, to), Y: plateau}}
		level := &plotter.Line{XYs: ends, LineStyle: line}
		level.Dashes = []vg.Length{vg.Points(4), vg.Points(3)}
		level.Width = vg.Points(0.9)
		s.add(level, level.XYs...)
	}
	for _, b := range spread {
		bar := &plotter.Line{XYs: plotter.XYs{{X: b[0], Y: b[1]}, {X: b[0], Y: b[2]}}, LineStyle: line}
		bar.Width = vg.Points(0.6)
		s.add(bar, bar.XYs...)
	}
	s.marked(k, c.Label, oracle, dots, radius)
}

func hueOf(k int) color.NRGBA { return palette[k%len(palette)] }

func lineOf(k int) draw.LineStyle { return draw.LineStyle{Color: hueOf(k), Width: vg.Points(1.4)} }

// band adds what lies between two lines, so opaque of 255.
func (s *sheet) band(k int, upper, lower plotter.XYs, opaque uint8) {
	for i := len(lower) - 1; i >= 0; i-- {
		upper = append(upper, lower[i])
	}
	hue := hueOf(k)
	s.add(&plotter.Polygon{XYs: []plotter.XYs{upper}, Color: color.NRGBA{hue.R, hue.G, hue.B, opaque}}, upper...)
}

// marked adds the line of the oracle and the dots of the simulation, with their name.
func (s *sheet) marked(k int, name string, oracle, dots plotter.XYs, radius float64) {
	l := &plotter.Line{XYs: oracle, LineStyle: lineOf(k)}
	d := &plotter.Scatter{XYs: dots, GlyphStyle: draw.GlyphStyle{
		Color: hueOf(k), Radius: vg.Points(radius), Shape: marks[k%len(marks)],
	}}
	s.add(l, oracle...)
	s.add(d, dots...)
	s.legend = append(s.legend, entry{name, []plot.Thumbnailer{l, d}})
}

// leastDrawn is below all that is drawn: roots are found to 1e-16.
const leastDrawn = 1e-8

// stretch leaves room around the data, in logarithms.
func (s *sheet) stretch() {
	for _, a := range []*plot.Axis{&s.plot.X, &s.plot.Y} {
		room := math.Pow(a.Max/a.Min, 0.04)
		if a.Max == a.Min { // one step size: left alone it is widened beyond 0
			room = 2
		}
		a.Min, a.Max = a.Min/room, a.Max*room
	}
}

// sizes are the samples and steps of a panel's runs: both where all have the same.
func sizes(panel *logistic.Panel) string {
	first := panel.Curves[0].Points[0]
	for _, c := range panel.Curves {
		for _, p := range c.Points {
			if p.M != first.M {
				return ""
			}
			if p.T != first.T {
				return fmt.Sprintf("; M = %d", first.M)
			}
		}
	}
	return fmt.Sprintf("; M = %d, T = %d", first.M, first.T)
}

// The legend: the width of a thumbnail, the room to its name, and the least room between columns.
const (
	thumbWidth  = vg.Length(24)
	toName      = vg.Length(5)
	columnsPart = vg.Length(10)
	mostColumns = 3
)

// legendStyle is that of its names.
func (s *sheet) legendStyle() text.Style {
	style := s.plot.Legend.TextStyle
	style.Font.Size = letters - 1
	return style
}

// columns are where the columns of the legend begin: as many, up to mostColumns, as its names leave room for, each as
// wide as its longest name, and what is left shared out between them. Entries fill rows.
func (s *sheet) columns() []vg.Length {
	style := s.legendStyle()
	for n := min(mostColumns, len(s.legend)); ; n-- {
		wide := make([]vg.Length, n)
		for k, e := range s.legend {
			wide[k%n] = max(wide[k%n], thumbWidth+toName+style.Width(e.name))
		}
		left := width - 2*side
		for _, w := range wide {
			left -= w
		}
		gap := left / vg.Length(max(1, n))
		if n > 1 && gap < columnsPart {
			continue
		}
		at := make([]vg.Length, n)
		for k := range at {
			if at[k] = side; k > 0 {
				at[k] = at[k-1] + wide[k-1] + gap
			}
		}
		return at
	}
}

func (s *sheet) rows() int {
	n := len(s.columns())
	return (len(s.legend) + n - 1) / n
}

func (s *sheet) height() vg.Length { return height + vg.Length(s.rows())*row + vg.Points(6) }

func (s *sheet) draw(c draw.Canvas) {
	c.SetColor(color.White)
	c.Fill(c.Rectangle.Path())
	foot := vg.Length(s.rows())*row + vg.Points(6)
	s.plot.Draw(draw.Crop(c, vg.Points(4), -vg.Points(10), foot, -vg.Points(38)))
	style := s.plot.Legend.TextStyle
	style.Font.Size = letters
	c.FillText(style, vg.Point{X: c.Min.X + side, Y: c.Max.Y - vg.Points(16)}, s.title)
	style.Color = color.Gray{70}
	c.FillText(style, vg.Point{X: c.Min.X + side, Y: c.Max.Y - vg.Points(31)}, s.up)
	style, columns := s.legendStyle(), s.columns()
	for k, e := range s.legend {
		x := c.Min.X + columns[k%len(columns)]
		y := c.Min.Y + foot - vg.Points(4) - vg.Length(k/len(columns)+1)*row
		thumb := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: x, Y: y + row/4}, Max: vg.Point{X: x + thumbWidth, Y: y + row*3/4},
		}}
		for _, t := range e.thumbs {
			t.Thumbnail(&thumb)
		}
		c.FillText(style, vg.Point{X: x + thumbWidth + toName, Y: y + row/4}, e.name)
	}
}

// decades marks powers of ten, and some of their multiples where there are few.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(low, high float64) []plot.Tick {
	var all []plot.Tick
	span := math.Log10(high / low)
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < low || v > high {
				continue
			}
			label := ""
			if m == 1 || span < 2 && (m == 2 || m == 5) || span < 1.2 && (m == 3 || m == 7) {
				label = power(m, int(e))
			}
			all = append(all, plot.Tick{Value: v, Label: label})
		}
	}
	return all
}

// power is m 10^e in words that are short.
func power(m float64, e int) string {
	if e >= -3 && e <= 3 {
		return strconv.FormatFloat(m*math.Pow(10, float64(e)), 'g', 4, 64)
	}
	return fmt.Sprintf("%ge%d", m, e)
}

package draw

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/cascade-sgd/cascade/props/internal/experiment/logistic"
)

// drawn are all figures at a size that takes no time, computed once.
func drawn(t *testing.T) *logistic.Result {
	t.Helper()
	if drawnOnce != nil {
		return drawnOnce
	}
	o := logistic.Quick(1)
	o.M, o.T, o.D = 5, 24, 2
	o.Horizons, o.Gammas = []int{8, 16}, []float64{0.3, 0.03}
	o.FormatGammas, o.FormatSteps = o.FormatGammas[:1], 24
	r, err := logistic.Run(t.Context(), logistic.Figures(o), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	drawnOnce = r
	return r
}

var drawnOnce *logistic.Result

// TestPictures: every panel is a picture in both formats, below 100 kB as SVG, with its
// title, axes and every curve by name; the same bytes again, which one panel of each axis
// shows.
func TestPictures(t *testing.T) {
	r := drawn(t)
	twice := map[logistic.Axis]bool{}
	seen := map[string]bool{}
	for k := range r.Figures {
		f := &r.Figures[k]
		pictures, err := Pictures(f, r)
		if err != nil {
			t.Fatal(err)
		}
		if axis := f.Panels[0].Axis; !twice[axis] {
			twice[axis] = true
			first := *f
			first.Panels = f.Panels[:1]
			again, err := Pictures(&first, r)
			if err != nil {
				t.Fatal(err)
			}
			if p := pictures[0]; !bytes.Equal(p.SVG, again[0].SVG) || !bytes.Equal(p.PNG, again[0].PNG) {
				t.Errorf("%s: not the same again", p.Name)
			}
		}
		var norms, steps []Picture
		for _, p := range pictures {
			if strings.HasSuffix(p.Name, "-steps") {
				steps = append(steps, p)
			} else {
				norms = append(norms, p)
			}
			if svg, err := SVG(r, p.Name); err != nil || len(twice) > 1 && !bytes.Equal(svg, p.SVG) {
				t.Errorf("%s: not the same by its name, %v", p.Name, err)
			}
		}
		if len(norms) != len(f.Panels) {
			t.Errorf("%s: %d pictures of %d panels", f.ID, len(norms), len(f.Panels))
		}
		checkSteps(t, f, steps, r)
		for i, p := range norms {
			if seen[p.Name] || len(p.SVG) > 100_000 {
				t.Errorf("%s: twice, or %d bytes", p.Name, len(p.SVG))
			}
			seen[p.Name] = true
			if at, err := png.DecodeConfig(bytes.NewReader(p.PNG)); err != nil || at.Width < 1000 {
				t.Errorf("%s: %v, %v", p.Name, at, err)
			}
			if !bytes.Contains(p.SVG, []byte(sans)) {
				t.Errorf("%s names no letters but those of one system", p.Name)
			}
			texts := textsOf(t, p.SVG)
			want := []string{f.Title + ": " + f.Panels[i].Title, "oracle", "plateau, γ → 0"}
			if f.Panels[i].Axis == logistic.ByStep { // one run: no spread, and no interval
				want = append(want, "simulation", "EWMA of |grad f(w_t)|; M = 5, T = 24", "step t + 1")
			} else {
				want = append(want, "simulation, 5–95 %", "interval of oracle",
					"stable gradient norm, |grad f|"+sizesOf(&f.Panels[i]))
			}
			for _, c := range f.Panels[i].Curves {
				want = append(want, c.Label)
			}
			for _, w := range want {
				if !strings.Contains(texts, w+"\n") {
					t.Errorf("%s has no text %q", p.Name, w)
				}
			}
		}
	}
	if len(seen) != 22 || len(twice) != 3 { // and 10 of steps
		t.Errorf("%d pictures of norms, want 22; of %d axes twice, want 3", len(seen), len(twice))
	}
}

// checkSteps: panels by gamma of the paper's figures have a picture of steps, with the oracle's line and interval,
// the runs as dots beside their place, and no plateau.
func checkSteps(t *testing.T, f *logistic.Figure, pictures []Picture, r *logistic.Result) {
	t.Helper()
	for i := range f.Panels {
		panel := &f.Panels[i]
		if !logistic.ByArrival(f, panel) {
			continue
		}
		if len(pictures) == 0 {
			t.Fatalf("%s: no picture of steps of panel %d", f.ID, i)
		}
		texts := textsOf(t, pictures[0].SVG)
		pictures = pictures[1:]
		for _, want := range []string{"steps until |grad f| is stable; M = 5, T = 24", "interval of oracle",
			f.Title + ": " + panel.Title} {
			if !strings.Contains(texts, want+"\n") {
				t.Errorf("%s: the picture of steps has no text %q", f.ID, want)
			}
		}
		if strings.Contains(texts, "plateau") {
			t.Errorf("%s: the picture of steps speaks of a plateau", f.ID)
		}
		s := newStepsSheet(f, panel, r)
		if len(s.layers) != 3*len(panel.Curves) {
			t.Fatalf("%s: %d layers of %d curves", f.ID, len(s.layers), len(panel.Curves))
		}
		for k, c := range panel.Curves {
			lines := s.layers[len(panel.Curves):]
			band, line := s.layers[k].(*plotter.Polygon).XYs[0], lines[2*k].(*plotter.Line).XYs
			dots, n := lines[2*k+1].(*plotter.Scatter).XYs, len(c.Points)
			for j, p := range c.Points {
				a, m := r.Of(p).Predicted.Arrival, r.Of(p).Measured
				atLeast := func(steps int) float64 { return float64(max(1, steps)) }
				if line[j] != (plotter.XY{X: p.Gamma, Y: atLeast(a.At)}) || dots[j].Y != atLeast(m.Complexity) ||
					band[j] != (plotter.XY{X: p.Gamma, Y: atLeast(a.High)}) ||
					band[2*n-1-j] != (plotter.XY{X: p.Gamma, Y: atLeast(a.Low)}) {
					t.Errorf("%s, %s: drawn %v, %v, %v of %+v and %d", f.ID, c.Label, line[j], dots[j], band, a, m.Complexity)
				}
			}
		}
	}
	if len(pictures) > 0 {
		t.Errorf("%s: %d pictures of steps too many", f.ID, len(pictures))
	}
}

// TestSVGRefuses: a picture that there is not.
func TestSVGRefuses(t *testing.T) {
	for _, name := range []string{"", "fig4", "fig4c", "fig3a-steps", "fig4a-step", "fig44a"} {
		if svg, err := SVG(drawn(t), name); err == nil || svg != nil {
			t.Errorf("%q: %d bytes, %v", name, len(svg), err)
		}
	}
}

// sizesOf are those of a picture here: T varies in the coupled sweep alone.
func sizesOf(panel *logistic.Panel) string {
	if panel.Axis == logistic.ByT {
		return "; M = 5"
	}
	return "; M = 5, T = 24"
}

// TestSizes: M is said where all runs have the same, T likewise.
func TestSizes(t *testing.T) {
	for want, last := range map[string]logistic.Point{
		"; M = 3, T = 7": {M: 3, T: 7}, "; M = 3": {M: 3, T: 8}, "": {M: 4, T: 7},
	} {
		first := logistic.Point{M: 3, T: 7}
		p := &logistic.Panel{Curves: []logistic.Curve{{Points: []logistic.Point{first}},
			{Points: []logistic.Point{first, last}}}}
		if got := sizes(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestLayers: what is drawn of a curve are its numbers: the band of the oracle, its plateau
// as a dashed line, bars of the spread, the oracle's line and the dots of the simulation,
// which those of other curves stand a little beside.
func TestLayers(t *testing.T) {
	r := drawn(t)
	kinds := map[string]int{}
	for i := range r.Figures {
		f := &r.Figures[i]
		for j := range f.Panels {
			panel := &f.Panels[j]
			s := newSheet(f, panel, r)
			layers := s.layers
			next := func(kind string) plot.Plotter {
				if len(layers) == 0 {
					t.Fatalf("%s: no layer for the %s", f.Name(), kind)
				}
				kinds[kind]++
				first := layers[0]
				layers = layers[1:]
				return first
			}
			if want := words[panel.Axis]; s.plot.X.Label.Text != want[0] ||
				s.up != want[1]+sizesOf(panel) {
				t.Errorf("%s: axes %q and %q, want %q", f.Name(), s.plot.X.Label.Text, s.up, want)
			}
			product, sides := 1.0, map[float64]bool{}
			for k := range panel.Curves {
				apart := checkCurve(t, f.Name(), &panel.Curves[k], panel.Axis, r, next)
				product *= apart
				sides[apart] = true
			}
			if len(layers) > 0 || !(math.Abs(product-1) < 1e-9) || panel.Axis != logistic.ByStep &&
				len(sides) != len(panel.Curves) {
				t.Errorf("%s: %d layers too many; dots beside by %v", f.Name(), len(layers), sides)
			}
			checkRange(t, f.Name(), s)
			checkLegend(t, f.Name(), s, panel)
		}
	}
	for _, kind := range []string{"band", "plateau", "bar", "line", "dots"} {
		if kinds[kind] < 5 {
			t.Errorf("%d times a %s", kinds[kind], kind)
		}
	}
}

// words are those along the two axes.
var words = map[logistic.Axis][2]string{
	logistic.ByGamma: {"step size γ", "stable gradient norm, |grad f|"},
	logistic.ByT:     {"steps T", "stable gradient norm, |grad f|"},
	logistic.ByStep:  {"step t + 1", "EWMA of |grad f(w_t)|"},
}

// checkCurve takes the layers of a curve and returns by what its dots stand beside it.
func checkCurve(t *testing.T, name string, c *logistic.Curve, axis logistic.Axis, r *logistic.Result,
	next func(kind string) plot.Plotter) (apart float64) {
	t.Helper()
	var oracle, dots, hi, lo, low, high plotter.XYs
	apart = 1
	plateau := 0.0
	for _, p := range c.Points {
		o := r.Of(p)
		plateau = o.Predicted.Plateau
		if axis == logistic.ByStep {
			for _, at := range o.Predicted.Trace {
				oracle = append(oracle, plotter.XY{X: float64(at.T + 1), Y: at.EWMA})
			}
			for i := 0; i < len(o.Measured.Trace); i += 4 {
				at := o.Measured.Trace[i]
				dots = append(dots, plotter.XY{X: float64(at.T + 1), Y: at.EWMA})
			}
			continue
		}
		x := map[logistic.Axis]float64{logistic.ByGamma: p.Gamma, logistic.ByT: float64(p.T)}[axis]
		l, h := o.Predicted.Band()
		oracle = append(oracle, plotter.XY{X: x, Y: o.Predicted.Stable})
		dots = append(dots, plotter.XY{X: x, Y: o.Measured.Stable})
		hi, lo = append(hi, plotter.XY{X: x, Y: h}), append(lo, plotter.XY{X: x, Y: l})
		low, high = append(low, plotter.XY{X: x, Y: o.Measured.Low}), append(high, plotter.XY{X: x, Y: o.Measured.High})
	}
	if axis != logistic.ByStep {
		band := next("band").(*plotter.Polygon)
		slices.Reverse(lo)
		if !slices.Equal(band.XYs[0], slices.Concat(hi, lo)) {
			t.Errorf("%s, %s: the band is %v", name, c.Label, band.XYs)
		}
	}
	if plateau > 1e-8 {
		level := next("plateau").(*plotter.Line)
		ends := []float64{oracle[0].X, oracle[len(oracle)-1].X}
		slices.Sort(ends)
		if want := (plotter.XYs{{X: ends[0], Y: plateau}, {X: ends[1], Y: plateau}}); level.Dashes == nil ||
			!slices.Equal(level.XYs, want) {
			t.Errorf("%s, %s: the plateau is %v, dashes %v", name, c.Label, level.XYs, level.Dashes)
		}
	}
	var bars []*plotter.Line
	for range low {
		bars = append(bars, next("bar").(*plotter.Line))
	}
	line, scatter := next("line").(*plotter.Line), next("dots").(*plotter.Scatter)
	if !slices.Equal(line.XYs, oracle) || line.Dashes != nil || len(scatter.XYs) != len(dots) {
		t.Fatalf("%s, %s: a line %v and %d dots", name, c.Label, line.XYs, len(scatter.XYs))
	}
	if axis != logistic.ByStep {
		apart = scatter.XYs[0].X / dots[0].X
	}
	if !(math.Abs(math.Log10(apart)) < 0.1) {
		t.Errorf("%s, %s: dots stand beside by %v", name, c.Label, apart)
	}
	for k, at := range scatter.XYs {
		x := dots[k].X * apart
		if at.Y != dots[k].Y || !(math.Abs(at.X/x-1) < 1e-12) {
			t.Errorf("%s, %s: dot %d at %v, want %v, %v", name, c.Label, k, at, x, dots[k].Y)
		}
		if len(bars) > 0 && !slices.Equal(bars[k].XYs, plotter.XYs{{X: at.X, Y: low[k].Y}, {X: at.X, Y: high[k].Y}}) {
			t.Errorf("%s, %s: bar %d is %v", name, c.Label, k, bars[k].XYs)
		}
	}
	return apart
}

// checkRange: the axes reach beyond all that is drawn, by 4 % of the decades, and no more.
func checkRange(t *testing.T, name string, s *sheet) {
	t.Helper()
	least, most := plotter.XY{X: math.Inf(1), Y: math.Inf(1)}, plotter.XY{X: math.Inf(-1), Y: math.Inf(-1)}
	see := func(points plotter.XYs) {
		for _, at := range points {
			least.X, least.Y = min(least.X, at.X), min(least.Y, at.Y)
			most.X, most.Y = max(most.X, at.X), max(most.Y, at.Y)
		}
	}
	for _, p := range s.layers {
		switch p := p.(type) {
		case *plotter.Polygon:
			see(p.XYs[0])
		case *plotter.Line:
			see(p.XYs)
		case *plotter.Scatter:
			see(p.XYs)
		}
	}
	for _, c := range []struct{ got, want float64 }{
		{s.plot.X.Min, least.X / math.Pow(most.X/least.X, 0.04)}, {s.plot.X.Max, most.X * math.Pow(most.X/least.X, 0.04)},
		{s.plot.Y.Min, least.Y / math.Pow(most.Y/least.Y, 0.04)}, {s.plot.Y.Max, most.Y * math.Pow(most.Y/least.Y, 0.04)},
	} {
		if !(math.Abs(c.got/c.want-1) < 1e-9) {
			t.Errorf("%s: an axis ends at %v, want %v", name, c.got, c.want)
		}
	}
}

// checkLegend: an entry for each curve and for each kind of line, no two at one place, all
// inside of the picture and below the plot.
func checkLegend(t *testing.T, name string, s *sheet, panel *logistic.Panel) {
	t.Helper()
	kinds := 4
	if panel.Axis == logistic.ByStep {
		kinds = 3
	}
	if len(s.legend) != kinds+len(panel.Curves) {
		t.Errorf("%s: %d entries, want %d", name, len(s.legend), kinds+len(panel.Curves))
	}
	c := new(recorder.Canvas)
	s.draw(draw.NewCanvas(c, width, s.height()))
	at := map[string]vg.Point{}
	strokes := map[int]int{} // by the number of points
	for _, action := range c.Actions {
		switch a := action.(type) {
		case *recorder.FillString:
			at[a.String] = a.Point
		case *recorder.Stroke:
			strokes[len(a.Path)]++
		}
	}
	for _, layer := range s.layers {
		if line, ok := layer.(*plotter.Line); ok && len(line.XYs) > 1 {
			if strokes[len(line.XYs)]--; strokes[len(line.XYs)] < 0 {
				t.Errorf("%s: a line of %d points is not drawn", name, len(line.XYs))
			}
		}
	}
	foot := vg.Length(s.rows())*row + vg.Points(6)
	type place struct {
		name        string
		from, to, y vg.Length
	}
	var taken []place
	lowest := s.height()
	for _, e := range s.legend {
		p, ok := at[e.name]
		if !ok || p.Y < 0 || p.Y > foot-row/2 {
			t.Errorf("%s: %q is at %v, the legend %v high", name, e.name, p, foot)
		}
		// From its sign to the end of its letters, and room after that.
		from, to := p.X-thumbWidth-toName, p.X+s.legendStyle().Width(e.name)+columnsPart/2
		if from < side-1e-6 || to > width {
			t.Errorf("%s: %q is from %v to %v, the picture %v wide", name, e.name, from, to, width)
		}
		for _, q := range taken {
			if math.Abs(float64(p.Y-q.y)) < float64(row)-1e-6 && from < q.to && q.from < to {
				t.Errorf("%s: %q runs into %q", name, e.name, q.name)
			}
		}
		taken = append(taken, place{e.name, from, to, p.Y})
		lowest = min(lowest, p.Y)
		if len(e.thumbs) == 0 {
			t.Errorf("%s: %q has no sign", name, e.name)
		}
	}
	if lowest > row {
		t.Errorf("%s: nothing is in the last %v of the legend", name, lowest)
	}
	if title, up := at[s.title], at[s.up]; !(title.Y > up.Y+vg.Points(letters) && up.Y > s.height()-vg.Points(38)) ||
		title.Y+vg.Points(letters) > s.height() || title.X != up.X {
		t.Errorf("%s: the title is at %v, the axis's at %v, of a picture %v high", name, title, up, s.height())
	}
}

// textsOf are the texts of a picture, a line each.
func textsOf(t *testing.T, svg []byte) string {
	t.Helper()
	var all strings.Builder
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			all.WriteString(string(text) + "\n")
		}
	}
}

// TestPalette: as many colours and marks as the widest panel has curves.
func TestPalette(t *testing.T) {
	for _, f := range logistic.Figures(logistic.Full(1)) {
		for _, p := range f.Panels {
			if n := len(p.Curves); n > len(palette) || n > len(marks) {
				t.Errorf("%s: %d curves, %d colours, %d marks", f.Name(), n, len(palette), len(marks))
			}
		}
	}
}

// TestTickLabels: powers of ten, with multiples where there are few of them; in order, each
// value once.
func TestTickLabels(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{1e-6, 1e-2, "1e-6 1e-5 1e-4 0.001 0.01"}, {100, 2e5, "100 1000 1e4 1e5"}, {0.02, 0.09, "0.02 0.03 0.05 0.07"},
		{0.02, 0.5, "0.02 0.05 0.1 0.2 0.5"}, {0.02, 3, "0.1 1"}, {0.1, 10, "0.1 1 10"},
	} {
		var labels []string
		last := 0.0
		for _, at := range (decades{}).Ticks(c.low, c.high) {
			if at.Label != "" {
				labels = append(labels, at.Label)
			}
			if !(at.Value > last) {
				t.Errorf("%v..%v: a tick at %v after %v", c.low, c.high, at.Value, last)
			}
			last = at.Value
		}
		if got := strings.Join(labels, " "); got != c.want {
			t.Errorf("%v..%v: labels %s, want %s", c.low, c.high, got, c.want)
		}
	}
}

// TestTicks: every axis has two labels or more, whatever it spans.
func TestTicks(t *testing.T) {
	for _, c := range []struct{ low, high float64 }{{0.001, 0.3}, {0.02, 0.09}, {1, 2e5}, {1e-6, 1e-2},
		{0.011, 0.031}} {
		labels := 0
		for _, at := range (decades{}).Ticks(c.low, c.high) {
			if at.Label != "" {
				labels++
			}
			if at.Value < c.low || at.Value > c.high {
				t.Errorf("%v..%v: a tick at %v", c.low, c.high, at.Value)
			}
		}
		if labels < 2 || labels > 10 {
			t.Errorf("%v..%v: %d labels", c.low, c.high, labels)
		}
	}
}

package webpage

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/trace"
)

// heatMap is a picture of layers by steps: a row for each site, a column for each piece of the run.
type heatMap struct {
	ID, Name, Says string
	Checked        bool
	SVG            template.HTML
	Legend         []template.HTML
}

// The size of a heat map, of what is around it, and of the strip beneath.
const (
	heatWidth, heatLeft, heatRight = 960, 206, 10
	heatTop, heatRow, heatGap      = 22, 15, 10
	heatAxis                       = 30
	stripHeight, stripTop          = 170, 8
	heatLevels                     = 8
)

// heatScale says which of heatLevels colours a value has.
type heatScale struct {
	from [heatLevels]float64 // the least value of a colour; those below from[0] have colour 0 as well
	unit string              // "%" for parts
}

// level is the colour of v, -1 where there is none.
func (s *heatScale) level(v float64) int {
	if math.IsNaN(v) {
		return -1
	}
	k := 0
	for k+1 < heatLevels && v >= s.from[k+1] {
		k++
	}
	return k
}

func (s *heatScale) text(v float64) string {
	if s.unit == "%" {
		return fmt.Sprintf("%.3g %%", 100*v)
	}
	return fmt.Sprintf("%.2g", v)
}

func (s *heatScale) legend() []template.HTML {
	var all []template.HTML
	for k := range heatLevels {
		says := "from " + s.text(s.from[k])
		if k == 0 {
			says = "less"
		}
		all = append(all, template.HTML(fmt.Sprintf(
			`<svg class="swatch" viewBox="0 0 28 12" aria-hidden="true"><path class="h%d" d="M0 0H28V12H0z"/></svg>%s`,
			k, says)))
	}
	return all
}

// The scales of ratios and shares are fixed, so that two pages can be held against each other.
var (
	ratioScale = heatScale{from: [heatLevels]float64{0, 0.5, 2, 4, 16, 100, 1e4, 1e6}}
	shareScale = heatScale{from: [heatLevels]float64{0, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.9}, unit: "%"}
)

// sizeScale has the colours spread evenly over the logarithms of what is there.
func sizeScale(columns []trace.Column) heatScale {
	low, high := math.Inf(1), 0.0
	for _, c := range columns {
		for _, v := range c.Size {
			if x := float64(v); x > 0 && !math.IsInf(x, 1) {
				low, high = min(low, x), max(high, x)
			}
		}
	}
	if !(high > 0) {
		low, high = 1, 10
	}
	low = max(low, high*1e-16)
	step := max(math.Log(high/low)/heatLevels, math.Log(1.5))
	var s heatScale
	for k := range s.from {
		s.from[k] = low * math.Exp(step*float64(k))
	}
	return s
}

// run is a recorded run on a page.
type heatRun struct {
	*trace.Judgement
	prefix string // of ids
	rows   []int  // where a site's row begins, in pixels
	height int    // of all rows and what is above
}

func newHeatRun(j *trace.Judgement, prefix string) *heatRun {
	r := &heatRun{Judgement: j, prefix: prefix, height: heatTop}
	for k, s := range j.Sites {
		if k > 0 && s.Kind != j.Sites[k-1].Kind {
			r.height += heatGap
		}
		r.rows = append(r.rows, r.height)
		r.height += heatRow
	}
	r.height += heatGap / 2
	return r
}

// at is where a column begins, 0..len(Columns).
func (r *heatRun) at(column int) float64 {
	return heatLeft + float64(column)/float64(max(len(r.Columns), 1))*(heatWidth-heatLeft-heatRight)
}

// column is the one that has a step.
func (r *heatRun) column(step int) int {
	k, _ := slices.BinarySearchFunc(r.Columns, step, func(c trace.Column, t int) int {
		switch {
		case c.To < t:
			return -1
		case c.From > t:
			return 1
		}
		return 0
	})
	return min(k, len(r.Columns)-1)
}

// row is that of a site, -1 where there is none.
func (r *heatRun) row(s trace.Site) int {
	return slices.IndexFunc(r.Sites, func(t trace.SiteSum) bool { return t.Kind == s.Kind && t.I == s.I })
}

// maps are the heat maps of the run.
func (r *heatRun) maps() []heatMap {
	size := sizeScale(r.Columns)
	return []heatMap{
		r.heat("ratio", "against rounding",
			"Error of a site over what rounding in the declared precision leads one to expect; "+
				"the largest of each column's steps.", &ratioScale, func(c *trace.Column) []trace.Number { return c.Ratio }),
		r.heat("size", "size",
			"|δ| and |ε| of a sample, root mean square over the batch; the largest of each column's steps.",
			&size, func(c *trace.Column) []trace.Number { return c.Size }),
		r.heat("share", "share of the gradient's error",
			"First-order share of |U−u|² by site, its sign left out; the mean of each "+
				"column's steps that were taken apart.", &shareScale, func(c *trace.Column) []trace.Number { return c.Share }),
	}
}

// heat draws one.
func (r *heatRun) heat(id, name, says string, scale *heatScale, of func(*trace.Column) []trace.Number) heatMap {
	m := heatMap{ID: r.prefix + "map-" + id, Name: name, Says: says, Checked: id == "ratio", Legend: scale.legend()}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="heat" viewBox="0 0 %d %d" role="img" aria-label="%s: %d sites by steps %d to %d">`,
		heatWidth,
		r.height+heatAxis, html.EscapeString(name), len(r.Sites), r.First, r.Last)
	for k, s := range r.Sites {
		fmt.Fprintf(&b, `<text class="y" x="%d" y="%d">%s</text>`, heatLeft-6, r.rows[k]+heatRow-4, siteText(s.Name,
			s.Operator))
	}
	cells := [heatLevels]strings.Builder{}
	for k := range r.Sites {
		begin, level := 0, -1 // the cells of one colour that are open
		for c := 0; c <= len(r.Columns); c++ {
			l := -1
			if c < len(r.Columns) {
				if list := of(&r.Columns[c]); k < len(list) {
					l = scale.level(math.Abs(float64(list[k])))
				}
			}
			if l == level {
				continue
			}
			if level >= 0 {
				x := r.at(begin)
				fmt.Fprintf(&cells[level], "M%.1f %dH%.1fv%dH%.1fz", x, r.rows[k], r.at(c), heatRow-1, x)
			}
			begin, level = c, l
		}
	}
	for l := range cells {
		if cells[l].Len() > 0 {
			fmt.Fprintf(&b, `<path class="h%d" d="%s"/>`, l, cells[l].String())
		}
	}
	r.marks(&b)
	r.axis(&b, r.height)
	m.SVG = template.HTML(b.String() + "</svg>")
	return m
}

// siteText is the label of a row: δ_3 tanh(24).
func siteText(name, operator string) string {
	name = strings.NewReplacer("delta_", "δ", "eps_", "ε").Replace(name)
	return html.EscapeString(name + "  " + operator)
}

// marks are what stands out: spikes above the map, faults and suspects around their cells, and the cursor.
func (r *heatRun) marks(b *strings.Builder) {
	if len(r.Columns) == 0 {
		return
	}
	box := func(class string, s trace.Site, from, to int, says string) {
		k := r.row(s)
		if k < 0 {
			return
		}
		x, end := r.at(r.column(from)), r.at(r.column(to)+1)
		fmt.Fprintf(b, `<path class="%s" d="M%.1f %dH%.1fV%dH%.1fz"><title>%s</title></path>`, class, x-1,
			r.rows[k]-1, end+1,
			r.rows[k]+heatRow, x-1, html.EscapeString(says))
	}
	for _, s := range r.Suspects {
		box("suspect", s.Site, s.From, s.To, s.Says)
	}
	for _, f := range r.Faults {
		box("fault", f.Site, f.Step, f.Step, f.Says)
		if r.row(f.Site) < 0 { // of U, w or the loss: beneath
			x := (r.at(r.column(f.Step)) + r.at(r.column(f.Step)+1)) / 2
			fmt.Fprintf(b, `<path class="fault" d="M%.1f %dl4 4l-4 4l-4 -4z"><title>%s</title></path>`, x, r.height-6,
				html.EscapeString(f.Says))
		}
	}
	for k, s := range r.Spikes {
		if k == maxSpikes {
			break
		}
		x := (r.at(r.column(s.Peak)) + r.at(r.column(s.Peak)+1)) / 2
		fmt.Fprintf(b, `<a href="#%sspike-%d" aria-label="spike at step %d"><path class="spike" d="M%.1f %dV%d"/>`+
			`<path class="spike head outline" d="M%.1f %dl-5 -9h10z"/></a>`, r.prefix, k+1, s.Peak, x, heatTop-6,
			r.height, x, heatTop-5)
	}
	fmt.Fprintf(b, `<path class="cursor" d="M%.1f %dV%d" hidden=""/>`, r.at(0), heatTop, r.height)
}

// axis writes steps beneath.
func (r *heatRun) axis(b *strings.Builder, y int) {
	const ticks = 6
	last := -1
	for k := range ticks + 1 {
		c := min(k*len(r.Columns)/ticks, len(r.Columns)-1)
		if c == last || c < 0 {
			continue
		}
		last = c
		fmt.Fprintf(b, `<text class="x" x="%.1f" y="%d">%d</text>`, (r.at(c)+r.at(c+1))/2, y+13, r.Columns[c].From)
	}
	fmt.Fprintf(b, `<text class="x" x="%d" y="%d">step</text>`, (heatLeft+heatWidth-heatRight)/2, y+26)
}

// strip is the curve beneath the maps: loss, |u|^2 and |U-u|^2 on a logarithmic scale, with the maps' steps.
func (r *heatRun) strip() template.HTML {
	curves := []struct {
		name string
		of   func(*trace.Column) trace.Number
	}{
		{"loss", func(c *trace.Column) trace.Number { return c.Loss }},
		{"|u|²", func(c *trace.Column) trace.Number { return c.Grad2 }},
		{"|U−u|², largest", func(c *trace.Column) trace.Number { return c.Error2 }},
	}
	low, high := math.Inf(1), 0.0
	for k := range r.Columns {
		for _, c := range curves {
			if v := float64(c.of(&r.Columns[k])); v > 0 && !math.IsInf(v, 0) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if !(high > 0) {
		return ""
	}
	low = max(low, high*1e-20)
	low, high = low/2, high*2
	y := func(v float64) float64 {
		t := math.Log(min(max(v, low), high)/low) / math.Log(high/low)
		return stripTop + (1-t)*stripHeight
	}
	var b strings.Builder
	bottom := stripTop + stripHeight
	fmt.Fprintf(&b, `<svg class="heat strip" viewBox="0 0 %d %d" role="img" `+
		`aria-label="loss, |u|² and |U−u|² by step">`,
		heatWidth,
		bottom+heatAxis)
	decades := ticks(low, high)
	for k, v := range decades {
		if k%(len(decades)/8+1) == 0 {
			fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text class="y" x="%d" y="%.1f">%s</text>`, heatLeft, y(v),
				heatWidth-heatRight, heatLeft-6, y(v)+4, tickText(v))
		}
	}
	for k, c := range curves {
		fmt.Fprintf(&b, `<g class="c%d"><path d="`, k)
		pen := "M"
		for i := range r.Columns {
			v := float64(c.of(&r.Columns[i]))
			if !(v > 0) {
				pen = "M"
				continue
			}
			fmt.Fprintf(&b, "%s%.1f %.1f", pen, (r.at(i)+r.at(i+1))/2, y(v))
			pen = "L"
		}
		b.WriteString(`"/></g>`)
		x := 20
		fmt.Fprintf(&b, `<g class="c%d"><path d="M%d %dh22"/></g><text x="%d" y="%d">%s</text>`, k, x, 20+22*k, x+28,
			24+22*k, c.name)
	}
	for k, s := range r.Spikes {
		if k < maxSpikes {
			x := (r.at(r.column(s.Peak)) + r.at(r.column(s.Peak)+1)) / 2
			fmt.Fprintf(&b, `<path class="spike" d="M%.1f %dV%d"/>`, x, stripTop, bottom)
		}
	}
	fmt.Fprintf(&b, `<path class="cursor" d="M%.1f %dV%d" hidden=""/>`, r.at(0), stripTop, bottom)
	r.axis(&b, bottom)
	return template.HTML(b.String() + "</svg>")
}

// stepCurve is a curve over the judged steps.
type stepCurve struct {
	name string
	of   func(*trace.StepSum) float64
}

// bounds draws |U-u|^2 of the steps that were taken apart beside Theorem 1.
func (r *heatRun) bounds() template.HTML {
	return r.bySteps("|U−u|² beside its bounds, by step", stripHeight, false, []stepCurve{
		{"|U−u|², measured", func(s *trace.StepSum) float64 { return float64(s.Error2) }},
		{"Theorem 1 as printed", func(s *trace.StepSum) float64 { return float64(s.Printed) }},
		{"its sharp form", func(s *trace.StepSum) float64 { return float64(s.Sharp) }},
		{"with constants of each operator", func(s *trace.StepSum) float64 { return float64(s.PerOp) }},
	})
}

// drift draws the constants of A3 of the same steps, over what they are at the first. What is not finite is left out.
func (r *heatRun) drift() template.HTML {
	if len(r.Judged) < 2 {
		return ""
	}
	first := &r.Judged[0].A3
	over := func(of func(*trace.A3) trace.Number) func(*trace.StepSum) float64 {
		return func(s *trace.StepSum) float64 { return float64(of(&s.A3)) / float64(of(first)) }
	}
	return r.bySteps("constants of A3 over those of the first judged step", stripHeight/2, true, []stepCurve{
		{"C", over(func(a *trace.A3) trace.Number { return a.C })},
		{"Lf", over(func(a *trace.A3) trace.Number { return a.Lf })},
		{"L1", over(func(a *trace.A3) trace.Number { return a.L1 })},
		{"L2, which Theorem 1 does not read", over(func(a *trace.A3) trace.Number { return a.L2 })},
	})
}

// bySteps draws curves on a logarithmic scale, joined where lines is set.
func (r *heatRun) bySteps(says string, height int, lines bool, curves []stepCurve) template.HTML {
	low, high, count := math.Inf(1), 0.0, 0
	for k := range r.Judged {
		for _, c := range curves {
			if v := c.of(&r.Judged[k]); v > 0 && !math.IsInf(v, 0) {
				low, high, count = min(low, v), max(high, v), count+1
			}
		}
	}
	if count < 2 {
		return ""
	}
	low, high = low/2, high*2
	first, last := r.Judged[0].Step, r.Judged[len(r.Judged)-1].Step
	x := func(t int) float64 {
		return heatLeft + 10 + float64(t-first)/float64(max(last-first, 1))*(heatWidth-heatLeft-heatRight-20)
	}
	y := func(v float64) float64 { return stripTop + (1-math.Log(v/low)/math.Log(high/low))*float64(height) }
	var b strings.Builder
	bottom := stripTop + height
	fmt.Fprintf(&b, `<svg class="heat" viewBox="0 0 %d %d" role="img" aria-label="%s">`,
		heatWidth, bottom+heatAxis, html.EscapeString(says))
	decades := ticks(low, high)
	for k, v := range decades {
		if k%(len(decades)/(height/20)+1) == 0 {
			fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text class="y" x="%d" y="%.1f">%s</text>`, heatLeft, y(v),
				heatWidth-heatRight, heatLeft-6, y(v)+4, tickText(v))
		}
	}
	for k, c := range curves {
		fmt.Fprintf(&b, `<g class="c%d">`, k)
		var line strings.Builder
		pen := "M"
		for i := range r.Judged {
			v := c.of(&r.Judged[i])
			if !(v > 0) || math.IsInf(v, 0) {
				pen = "M"
				continue
			}
			fmt.Fprintf(&line, "%s%.1f %.1f", pen, x(r.Judged[i].Step), y(v))
			pen = "L"
			b.WriteString(mark(k, x(r.Judged[i].Step), y(v)))
		}
		if lines && line.Len() > 0 {
			fmt.Fprintf(&b, `<path d="%s"/>`, line.String())
		}
		b.WriteString("</g>")
	}
	shown := -1000.0
	for _, s := range r.Judged {
		if at := x(s.Step); at > shown+50 {
			fmt.Fprintf(&b, `<text class="x" x="%.1f" y="%d">%d</text>`, at, bottom+13, s.Step)
			shown = at
		}
	}
	fmt.Fprintf(&b, `<text class="x" x="%d" y="%d">step</text></svg><ul class="legend">`,
		(heatLeft+heatWidth-heatRight)/2, bottom+26)
	for k, c := range curves {
		fmt.Fprintf(&b, `<li><svg class="swatch" viewBox="0 0 28 12" aria-hidden="true"><g class="c%d">%s</g></svg>%s</li>`,
			k, mark(k, 14, 6),
			html.EscapeString(c.name))
	}
	return template.HTML(b.String() + "</ul>")
}

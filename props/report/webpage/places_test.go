package webpage

import (
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/trace"
)

// placed is a made-up judgement with four columns of ten steps, two spikes, a suspect, a fault
// at a site and one beneath, and two steps that were taken apart.
func placed() *trace.Judgement {
	j := &trace.Judgement{Operators: []string{"a", "b"}, First: 0, Last: 39, Sites: []trace.SiteSum{
		{Site: trace.Site{Kind: "delta", I: 1, Op: 1}, Name: "delta_1", Operator: "a"},
		{Site: trace.Site{Kind: "eps", I: 2, Op: 2}, Name: "eps_2", Operator: "b"},
	}}
	for k := range 4 {
		some := []trace.Number{trace.Number(k + 1), 0.5}
		j.Columns = append(j.Columns, trace.Column{From: 10 * k, To: 10*k + 9, Ratio: some, Size: some, Share: some,
			Loss: trace.Number(math.Pow(10, float64(k))), Grad2: 1, Error2: trace.Number(math.Pow(10, float64(-k)))})
	}
	j.Spikes = []trace.Spike{
		{From: 12, To: 12, Peak: 12, Recovered: true, Took: 1, Promised: 1, Estimated: true},
		{From: 34, To: 36, Peak: 35, Took: -1, Promised: 7},
	}
	j.Suspects = []trace.Suspect{{Site: j.Sites[0].Site, From: 10, To: 29, Says: "odd"}}
	j.Faults = []trace.Fault{
		{Site: j.Sites[1].Site, Step: 25, Says: "wrong"},
		{Site: trace.Site{Kind: "U", I: 1, Op: 1}, Step: 5, Says: "beneath"},
	}
	for k := range 2 {
		j.Judged = append(j.Judged, trace.StepSum{Step: 10 + 20*k, Error2: 1, Printed: 100, Sharp: 10, PerOp: 5,
			First: []trace.Number{0.75, 0.25}})
	}
	return j
}

// numbersIn are the numbers of a text.
func numbersIn(s string) (v []float64) {
	for _, m := range regexp.MustCompile(`-?\d+(\.\d+)?`).FindAllString(s, -1) {
		x, _ := strconv.ParseFloat(m, 64)
		v = append(v, x)
	}
	return v
}

// attributes are those of the elements of a drawing with a class, in order.
func attributes(t *testing.T, svg, class, name string) (values []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err != nil {
			return values
		}
		if e, ok := token.(xml.StartElement); ok {
			has := map[string]string{}
			for _, a := range e.Attr {
				has[a.Name.Local] = a.Value
			}
			if has["class"] == class {
				values = append(values, has[name])
			}
		}
	}
}

// TestPlaces: a column is a quarter of the width between the labels and the right edge; what is
// of a step stands in its column, what is of a site in its row, and the steps beneath.
func TestPlaces(t *testing.T) {
	h := newHeatRun(placed(), "p-")
	column := func(k float64) string { return fmt.Sprintf("%.1f", 206+k/4*(960-206-10)) }
	maps := h.maps()
	if len(maps) != 3 || !maps[0].Checked || maps[1].Checked || maps[2].Checked || maps[1].ID != "p-map-size" {
		t.Fatalf("maps %+v", maps)
	}
	bottom := h.rows[1] + 20
	for _, m := range maps {
		svg := string(m.SVG)
		for _, c := range []struct {
			class, name string
			want        []string
		}{
			{"x", "x", []string{column(0.5), column(1.5), column(2.5), column(3.5), "578"}},
			{"suspect", "d", []string{boxOf(column(1), column(3), h.rows[0])}},
			{"fault", "d", []string{boxOf(column(2), column(3), h.rows[1]), "M" + column(0.5) + " " + fmt.Sprint(h.height-6) +
				"l4 4l-4 4l-4 -4z"}},
			{"spike", "d", []string{"M" + column(1.5) + " 16V" + fmt.Sprint(h.height),
				"M" + column(3.5) + " 16V" + fmt.Sprint(h.height)}},
			{"cursor", "d", []string{"M206.0 22V" + fmt.Sprint(h.height)}},
		} {
			if got := attributes(t, svg, c.class, c.name); !slices.Equal(got, c.want) {
				t.Errorf("%s: of class %s: %q, want %q", m.ID, c.class, got, c.want)
			}
		}
		for k, to := range []string{`href="#p-spike-1" aria-label="spike at step 12"`,
			`href="#p-spike-2" aria-label="spike at step 35"`} {
			if !strings.Contains(svg, to) {
				t.Errorf("%s: spike %d leads elsewhere", m.ID, k+1)
			}
		}
		for _, step := range []string{">0<", ">10<", ">20<", ">30<", ">step<"} {
			if strings.Count(svg, step) != 1 {
				t.Errorf("%s: %d times %s", m.ID, strings.Count(svg, step), step)
			}
		}
		for _, d := range regexp.MustCompile(`class="h\d" d="([^"]*)"`).FindAllStringSubmatch(svg, -1) {
			for _, cell := range strings.Split(strings.Trim(d[1], "z"), "z") {
				v := numbersIn(cell) // M x y H x' v height H x
				if y := int(v[1]); len(v) != 5 || v[0] != v[4] || !(v[2] > v[0]) || v[2] > 950 || !slices.Contains(h.rows, y) ||
					v[1]+v[3] > float64(bottom) {
					t.Errorf("%s: a cell %s", m.ID, cell)
				}
			}
		}
	}
}

// TestOneColumn: one column has the whole width.
func TestOneColumn(t *testing.T) {
	j := placed()
	j.Columns = j.Columns[:1]
	if h := newHeatRun(j, ""); h.at(0) != 206 || h.at(1) != 950 {
		t.Errorf("one column from %v to %v", h.at(0), h.at(1))
	}
}

// boxOf is the box around the cells from x to end of a row.
func boxOf(x, end string, y int) string {
	a, b := numbersIn(x)[0]-1, numbersIn(end)[0]+1
	return fmt.Sprintf("M%.1f %dH%.1fV%dH%.1fz", a, y-1, b, y+15, a)
}

// TestStrip: the curves beneath go through the middle of each column, higher for more, within
// their frame.
func TestStrip(t *testing.T) {
	svg := string(newHeatRun(placed(), "").strip())
	lines := regexp.MustCompile(`<g class="c(\d)"><path d="(M[^"]*L[^"]*)"/></g>`).FindAllStringSubmatch(svg, -1)
	if len(lines) != 3 {
		t.Fatalf("%d curves", len(lines))
	}
	for k, way := range []float64{-1, 0, 1} { // down the page is less
		v := numbersIn(lines[k][2])
		if len(v) != 8 {
			t.Fatalf("curve %d: %s", k, lines[k][2])
		}
		for i := range 4 {
			if x := 206 + (float64(i)+0.5)/4*744; math.Abs(v[2*i]-x) > 0.06 || v[2*i+1] < 8 || v[2*i+1] > 178 {
				t.Errorf("curve %d: a point at %v, %v", k, v[2*i], v[2*i+1])
			}
			if i > 0 && math.Abs(v[2*i+1]-v[2*i-1]-way*math.Abs(v[2*i+1]-v[2*i-1])) > 1e-9 ||
				i > 0 && way != 0 && v[2*i+1] == v[2*i-1] {
				t.Errorf("curve %d goes from %v to %v", k, v[2*i-1], v[2*i+1])
			}
		}
	}
	if got, want := attributes(t, svg, "spike", "d"), []string{"M485.0 8V178", "M857.0 8V178"}; !slices.Equal(got, want) {
		t.Errorf("spikes %q, want %q", got, want)
	}
}

// TestBoundsDrawn: each curve of the chart has a mark for each step that was taken apart, a
// larger bound above a smaller one.
func TestBoundsDrawn(t *testing.T) {
	svg := string(newHeatRun(placed(), "").bounds())
	if got := attributes(t, svg, "x", "x"); !slices.Equal(got, []string{"216.0", "940.0", "578"}) {
		t.Errorf("steps at %q", got)
	}
	if !strings.Contains(svg, ">10<") || !strings.Contains(svg, ">30<") || strings.Count(svg, "<li>") != 4 {
		t.Errorf("steps or legend: %s", svg)
	}
	one := newHeatRun(&trace.Judgement{Judged: []trace.StepSum{{Step: 1, Error2: 1}}}, "")
	if got := one.bounds(); got != "" {
		t.Errorf("one number is drawn: %s", got)
	}
}

// TestTraceWords: the small texts of a page.
func TestTraceWords(t *testing.T) {
	for n, want := range map[int]string{0: "0 steps", 1: "1 step", 2: "2 steps"} {
		if got := steps(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for n, want := range map[int]int{0: 0, 1: 0, 5: 4} {
		if got := (&tracedRun{Pieces: make([]columnText, n)}).LastColumn(); got != want {
			t.Errorf("the last of %d columns is %d", n, got)
		}
	}
	text := tracePageOf(t, placed())
	for _, want := range []string{
		"1 step, with L and μ estimated along the run", "recovered after 1 step", "Steps 34 to 36, highest at 35",
		"Step 12", "7 steps", "not recovered",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	got := merged([]string{"past: A; proof: P", "plain", "literal: A; proof: P", "other: with a colon", "plain too",
		"literal: B", "past: B", "total: B"})
	if want := []string{"past, literal: A; proof: P", "plain", "other: with a colon", "plain too", "B"}; !slices.Equal(got,
		want) {
		t.Errorf("merged to %q, want %q", got, want)
	}
}

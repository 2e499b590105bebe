package webpage

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/pages"
)

// TestChartsOfClaims: every claim about a figure shows one, with all its curves as marks,
// legend and numbers.
func TestChartsOfClaims(t *testing.T) {
	c, err := newCharts()
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range props.ExperimentClaims() {
		all, err := c.of(claim.ID, claim.Panels)
		if err != nil || claim.Experiment && strings.HasPrefix(claim.Eq, "Fig") && len(all) == 0 {
			t.Errorf("%s is shown on %d panels: %v", claim.Name(), len(all), err)
		}
		for _, x := range all {
			points := 0
			for _, r := range x.Rows {
				if r.Plateau == "-" { // a line of plateaus has no marks
					continue
				}
				for _, cell := range r.Cells {
					if cell != "" {
						points++
					}
				}
			}
			if n := strings.Count(string(x.SVG), `class="mark"`); n != points || len(x.Legend) != len(x.Rows) || n < 2 ||
				strings.Contains(string(x.SVG), "NaN") {
				t.Errorf("%s: %d marks of %d points, %d names of %d curves", x.ID, n, points, len(x.Legend), len(x.Rows))
			}
		}
	}
	if n := len(c.figure(formatCharts)); n != 8 {
		t.Errorf("%d panels of short formats, want 8", n)
	}
	if _, err := c.of("fig9", []string{"fig9/0"}); err == nil {
		t.Error("a panel that is not there is shown")
	}
}

// TestAcross: a panel of levels by step size turned round: a curve a step size, in the order of the first level, and
// one of the plateaus that can be seen; other panels, and those of two levels, are not.
func TestAcross(t *testing.T) {
	curve := func(name string, plateau float64) series {
		return series{name: name, points: []chartPoint{{0.1, 2, 1, 4, 3, plateau}, {0.01, 1, 0.5, 2, 1.5, plateau}}}
	}
	p := &panelData{figure: "fig4", title: "forward", axis: byGamma, series: []series{
		curve("standard SGD", 0), curve("s_f = 0.5", 1e-9), curve("s_f = 1", 0.25), curve("s_f = 2", 1)}}
	q := p.across()
	got := fmt.Sprintf("%s %+v", q.axis, q.series)
	const want = "s_f [{name:γ = 0.1 points:[{x:0.5 measured:2 low:1 high:4 predicted:3 plateau:0} " +
		"{x:1 measured:2 low:1 high:4 predicted:3 plateau:0} {x:2 measured:2 low:1 high:4 predicted:3 plateau:0}] " +
		"level:false} {name:γ = 0.01 points:[{x:0.5 measured:1 low:0.5 high:2 predicted:1.5 plateau:0} " +
		"{x:1 measured:1 low:0.5 high:2 predicted:1.5 plateau:0} {x:2 measured:1 low:0.5 high:2 predicted:1.5 " +
		"plateau:0}] level:false} {name:plateau, γ → 0 points:[{x:1 measured:0.25 low:0.25 high:0.25 predicted:0.25 " +
		"plateau:0} {x:2 measured:1 low:1 high:1 predicted:1 plateau:0}] level:true}]"
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	c := q.chart("id")
	if c.Axis != "s_f" || c.Title != "fig4: forward, against s_f" || fmt.Sprint(c.At) != "[0.5 1 2]" ||
		fmt.Sprint(c.Rows[2]) != "{plateau, γ → 0 - [ 0.25 1]}" || strings.Count(string(c.SVG), `class="mark"`) != 6 ||
		strings.Count(string(c.SVG), `class="plateau"`) != 1 {
		t.Errorf("%+v", c)
	}
	if p.series[1].points[0].x != 0.1 {
		t.Error("the panel itself is turned round")
	}
	for name, other := range map[string]*panelData{
		"two levels": {axis: byGamma, series: p.series[:3]},
		"by T":       {axis: byT, series: p.series},
		"formats":    {axis: byGamma, series: []series{curve("bf16", 0), curve("int8", 0), curve("e4m3", 0)}},
		"mixed":      {axis: byGamma, series: []series{curve("s_f = 1", 0), curve("s_b = 1", 0), curve("s_f = 2", 0)}},
	} {
		if q := other.across(); q != nil {
			t.Errorf("%s: %+v", name, q)
		}
	}
}

// TestLevelCharts: on record the figures of levels have a slider for them, fig4a with its plateaus, fig4b without.
func TestLevelCharts(t *testing.T) {
	c, err := newCharts()
	if err != nil {
		t.Fatal(err)
	}
	panels := map[string][]string{}
	for _, claim := range props.Claims() {
		panels[claim.ID] = claim.Panels
	}
	for id, want := range map[string]string{"fig4a": "s_f", "fig4b": "s_b", "fig5a": "s_f", "fig6": "s_b", "fig7b": "Δt",
		"fig8b": "Δt"} {
		all, err := c.of(id, panels[id])
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, x := range all {
			if x.Axis != want {
				continue
			}
			found = true
			if plateau := x.Rows[len(x.Rows)-1].Plateau == "-"; plateau != (id != "fig4b") || len(x.At) < 4 {
				t.Errorf("%s: plateaus %v, levels %v", id, plateau, x.At)
			}
		}
		if !found {
			t.Errorf("%s has no slider for %s", id, want)
		}
	}
}

// TestPanelFaults: numbers that cannot be drawn on logarithmic axes are refused.
func TestPanelFaults(t *testing.T) {
	data, err := pages.FS.ReadFile("figures.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for change, want := range map[string]string{",NaN,": "line 2", ",x,": `"x"`, ",-1,": "not > 0"} {
		var fields []string
		for _, line := range lines {
			if strings.HasPrefix(line, "fig4,forward,") {
				fields = strings.Split(line, ",")
			}
		}
		fields[6] = strings.Trim(change, ",") // low
		if _, _, err := readPanels([]byte(lines[0] + "\n" + strings.Join(fields, ",") + "\n")); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", change, err, want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, c := range [][2]float64{
		{1e-5, 1}, {0.02, 0.1}, {0.18, 0.18 * narrowest}, {1.29, 1.29 * narrowest}, {9e-5, 4e-3},
	} {
		if n := len(ticks(c[0], c[1])); n < 1 || n > 12 {
			t.Errorf("%v: %d ticks", c, n)
		}
	}
}

// TestTicksByHand: powers of ten; with their threefold below 300, with doubles and halves below 30, and
// finer below 3; of what lies on an edge the coarser.
func TestTicksByHand(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      []float64
	}{
		{1, 2.9, []float64{1, 1.2, 1.5, 2, 2.5}},
		{1, 3, []float64{1, 2}},
		{2, 6, []float64{2, 5}},
		{1, 29, []float64{1, 2, 5, 10, 20}},
		{1, 30, []float64{1, 10}},
		{1, 31, []float64{1, 3, 10, 30}},
		{1, 299, []float64{1, 3, 10, 30, 100}},
		{1, 300, []float64{1, 10, 100}},
		{0.5, 1000, []float64{1, 10, 100, 1000}},
		{0.25, 0.31, []float64{0.25, 0.3}},
	} {
		got := ticks(c.low, c.high)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("from %v to %v: %v, want %v", c.low, c.high, got, c.want)
		}
	}
}

// TestPanelsRead: panels in their order, a curve for each name in a row; the curves of trajectories are
// those of their panels, forward and backward apart, and those of the coupled sweep are over T.
func TestPanelsRead(t *testing.T) {
	const head = "figure,panel,curve,gamma,T,measured,low,high,predicted,plateau\n"
	panels, order, err := readPanels([]byte(head +
		"fig3,\"forward, s = 2\",g,0.1,10,1,0.5,2,1.5,0\nfig3,\"forward, s = 2\",h,0.01,10,3,1,4,2,0.25\n" +
		"fig3,\"forward, s = 1\",g,0.1,10,1,0.5,2,1.5,0\nfig3,\"backward, s = 1\",g,0.1,10,1,0.5,2,1.5,0\n" +
		"fig4,up,a,0.1,10,1,0.5,2,1.5,0\nfig4,up,b,0.1,10,1,0.5,2,1.5,0\nfig4,down,b,0.1,10,1,0.5,2,1.5,0\n" +
		"remark4,x,a,0.1,400,1,0.5,2,1.5,0\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, key := range order {
		p := panels[key]
		text := key + " " + p.figure + " " + p.title + " " + p.axis
		for _, s := range p.series {
			text += fmt.Sprintf("; %s %v", s.name, s.points)
		}
		got = append(got, text)
	}
	const one, overT = "[{0.1 1 0.5 2 1.5 0}]", "[{400 1 0.5 2 1.5 0}]"
	want := []string{
		"fig3/0 fig3 forward " + byGamma + "; forward, s = 2 [{0.1 1 0.5 2 1.5 0} {0.01 3 1 4 2 0.25}]" +
			"; forward, s = 1 " + one,
		"fig3/1 fig3 backward " + byGamma + "; backward, s = 1 " + one,
		"fig4/0 fig4 up " + byGamma + "; a " + one + "; b " + one,
		"fig4/1 fig4 down " + byGamma + "; b " + one,
		"remark4/0 remark4 x " + byT + "; a " + overT,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

package webpage

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/trace"
)

// TestPlotPlaces: lengths from the left edge to the right one, ratios on a scale of decades that
// has 1 on it; what lies beyond the scale is an arrow.
func TestPlotPlaces(t *testing.T) {
	svg := string(plot(map[int]claim.Number{2: 0.1, 4: 1, 8: 10}))
	wellFormed(t, svg)
	points := regexp.MustCompile(`points="([^"]*)"`).FindStringSubmatch(svg)[1]
	if want := "34.0,68.0 93.3,39.0 212.0,10.0"; points != want {
		t.Errorf("points %s, want %s", points, want)
	}
	if dots := attributes(t, svg, "dot", "cx"); !slices.Equal(dots, []string{"34.0", "93.3"}) {
		t.Errorf("dots at %v", dots)
	}
	if above := attributes(t, svg, "dot above", "cy"); !slices.Equal(above, []string{"10.0"}) {
		t.Errorf("dots above 1 at %v", above)
	}
	if one := attributes(t, svg, "grid one", "y1"); !slices.Equal(one, []string{"39.0"}) {
		t.Errorf("1 stands at %v", one)
	}
	for _, says := range []string{"N = 2: 0.1000; N = 4: 1.0000; N = 8: 10.0000", ">0.1</text>", ">10</text>"} {
		if !strings.Contains(svg, says) {
			t.Errorf("no %s in %s", says, svg)
		}
	}
	far := string(plot(map[int]claim.Number{1: 1e-9, 2: 1, 3: claim.Number(math.Inf(1)), 4: 0}))
	wellFormed(t, far)
	if strings.Count(far, "l4 7h-8z") != 1 || strings.Count(far, "l4 -7h-8z") != 2 || strings.Count(far, "<circle") != 1 {
		t.Errorf("arrows and dots: %s", far)
	}
	if !strings.Contains(far, ">1e-4</text>") {
		t.Errorf("the scale ends elsewhere: %s", far)
	}
}

// TestPlotLabels: labels of N keep apart.
func TestPlotLabels(t *testing.T) {
	byN := map[int]claim.Number{}
	for n := 1; n <= 40; n++ {
		byN[n] = 0.5
	}
	last := math.Inf(-1)
	labels := attributes(t, string(plot(byN)), "x", "x")
	if len(labels) < 5 || len(labels) > 12 {
		t.Errorf("%d labels", len(labels))
	}
	for _, x := range labels {
		v, err := strconv.ParseFloat(x, 64)
		if err != nil || v < last+plotLabel-0.1 {
			t.Errorf("a label at %v after %v", v, last)
		}
		last = v
	}
	if plot(map[int]claim.Number{3: 1}) != "" || plot(nil) != "" {
		t.Error("one length is plotted")
	}
}

// TestDecade: powers of ten of an axis.
func TestDecade(t *testing.T) {
	for v, want := range map[float64]string{-4: "1e-4", -3: "1e-3", -2: "0.01", -1: "0.1", 0: "1", 2: "100", 3: "1000"} {
		if got := decade(v); got != want {
			t.Errorf("10^%v is %s, want %s", v, got, want)
		}
	}
}

// TestLevels: a value has the last colour that begins at or below it, NaN none, and a legend says
// where each begins.
func TestLevels(t *testing.T) {
	for v, want := range map[float64]int{0: 0, 0.49: 0, 0.5: 1, 3.9: 2, 4: 3, 99: 4, 100: 5, 1e6: 7, math.Inf(1): 7} {
		if got := ratioScale.level(v); got != want {
			t.Errorf("%v has colour %d, want %d", v, got, want)
		}
	}
	if ratioScale.level(math.NaN()) != -1 {
		t.Error("NaN has a colour")
	}
	if got := shareScale.text(0.003); got != "0.3 %" {
		t.Error(got)
	}
	if got := ratioScale.text(12345); got != "1.2e+04" {
		t.Error(got)
	}
	legend := ratioScale.legend()
	if len(legend) != heatLevels || !strings.HasSuffix(string(legend[0]), "less") ||
		!strings.HasSuffix(string(legend[7]), "from 1e+06") || !strings.Contains(string(legend[3]), `class="h3"`) {
		t.Errorf("legend %v", legend)
	}
}

// TestSizeScale: colours are spread over what is there, at least a factor of 1.5 each.
func TestSizeScale(t *testing.T) {
	sizes := func(v ...trace.Number) []trace.Column { return []trace.Column{{Size: v[:1]}, {Size: v[1:]}} }
	for name, c := range map[string]struct {
		columns     []trace.Column
		least, last float64
	}{
		"eight decades": {sizes(1e-8, 1), 1e-8, 0.1},
		"one size":      {sizes(2, 2), 2, 2 * math.Pow(1.5, 7)},
		"nothing":       {sizes(0, 0), 1, math.Pow(1.5, 7)},
		"no columns":    {nil, 1, math.Pow(1.5, 7)},
		"not finite":    {sizes(trace.Number(math.Inf(1)), trace.Number(math.NaN()), 4), 4, 4 * math.Pow(1.5, 7)},
		"far apart":     {sizes(1e-300, 1), 1e-16, 1e-2},
	} {
		s := sizeScale(c.columns)
		if math.Abs(s.from[0]/c.least-1) > 1e-9 || math.Abs(s.from[7]/c.last-1) > 1e-9 {
			t.Errorf("%s: from %v to %v, want %v to %v", name, s.from[0], s.from[7], c.least, c.last)
		}
	}
}

// TestColumnOf: a step's column is the one that has it, and the nearest of those that are there.
func TestColumnOf(t *testing.T) {
	h := newHeatRun(placed(), "")
	for step, want := range map[int]int{0: 0, 9: 0, 10: 1, 25: 2, 39: 3, 40: 3, 1000: 3} {
		if got := h.column(step); got != want {
			t.Errorf("step %d is in column %d, want %d", step, got, want)
		}
	}
	if h.row(trace.Site{Kind: "eps", I: 2}) != 1 || h.row(trace.Site{Kind: "U", I: 1}) != -1 {
		t.Error("a site is in another row")
	}
	if h.rows[1] != h.rows[0]+heatRow+heatGap {
		t.Errorf("rows %v: no gap between delta and eps", h.rows)
	}
	if got := siteText("delta_3", "tanh<24>"); got != "δ3  tanh&lt;24&gt;" {
		t.Error(got)
	}
	if got := siteText("eps_12", "bias"); got != "ε12  bias" {
		t.Error(got)
	}
}

// TestMarks: each of seven curves has a mark and a colour of its own, the eighth those of the first.
func TestMarks(t *testing.T) {
	seen := map[string]bool{}
	for k := range curveColours {
		seen[mark(k, 1, 2)] = true
	}
	if len(seen) != 7 || mark(7, 1, 2) != mark(0, 1, 2) || !strings.Contains(mark(3, 1.25, 2), "M1.2 2.0m") {
		t.Errorf("%d marks, %s", len(seen), mark(3, 1.25, 2))
	}
}

// TestPlotScale: the scale goes from the decade below the least ratio, 0.1 at most, to the one above the
// largest; a ratio of 0, or one that is infinite, does not move it.
func TestPlotScale(t *testing.T) {
	inf := claim.Number(math.Inf(1))
	for _, c := range []struct {
		byN  map[int]claim.Number
		want []string
	}{
		{map[int]claim.Number{1: 0, 2: 0.5}, []string{"0.1", "1"}},
		{map[int]claim.Number{1: inf, 2: 0.5}, []string{"0.1", "1"}},
		{map[int]claim.Number{1: 0.05, 2: 0.5}, []string{"0.01", "1"}},
		{map[int]claim.Number{1: 3, 2: 0.5}, []string{"0.1", "1", "10"}},
		{map[int]claim.Number{1: 1e5, 2: 1e-7}, []string{"1e-4", "1", "1000"}},
	} {
		var got []string
		for _, m := range regexp.MustCompile(`class="y">([^<]*)<`).FindAllStringSubmatch(string(plot(c.byN)), -1) {
			got = append(got, m[1])
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v has the scale %v, want %v", c.byN, got, c.want)
		}
	}
}

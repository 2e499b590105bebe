package webpage

import (
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

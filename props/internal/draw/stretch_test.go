package draw

import (
	"math"
	"testing"

	"gonum.org/v1/plot"
)

// TestStretch: an axis has a twenty-fifth of its length more at each end, by logarithms; one of a single
// value has room for it.
func TestStretch(t *testing.T) {
	s := &sheet{plot: plot.New()}
	s.plot.X.Min, s.plot.X.Max = 0.01, 1
	s.plot.Y.Min, s.plot.Y.Max = 0.3, 0.3
	s.stretch()
	for _, c := range [][2]float64{{s.plot.X.Min, 0.01 / math.Pow(100, 0.04)}, {s.plot.X.Max, math.Pow(100, 0.04)},
		{s.plot.Y.Min, 0.15}, {s.plot.Y.Max, 0.6}} {
		if !(math.Abs(c[0]/c[1]-1) < 1e-12) {
			t.Errorf("the end of an axis is %v, want %v", c[0], c[1])
		}
	}
}

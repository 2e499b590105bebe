package logistic

import (
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/problem"
)

// TestPointEdges: the last value of each field that is taken, and the first one that is not.
func TestPointEdges(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		change func(p *Point)
		want   string // "" for taken
	}{
		{func(p *Point) {}, ""},
		{func(p *Point) { p.D = 1 }, ""},
		{func(p *Point) { p.D = 0 }, "d is 0, want 1.."},
		{func(p *Point) { p.D = problem.MaxFeatures }, ""},
		{func(p *Point) { p.D = problem.MaxFeatures + 1 }, "d is "},
		{func(p *Point) { p.M = 1 }, ""},
		{func(p *Point) { p.M = 0 }, "m is 0, want 1.."},
		{func(p *Point) { p.M = problem.MaxRows }, ""},
		{func(p *Point) { p.M = problem.MaxRows + 1 }, "m is "},
		{func(p *Point) { p.T = 2 }, ""},
		{func(p *Point) { p.T = 1 }, "T is 1, want 2..67108864"},
		{func(p *Point) { p.T = 1 << 26 }, ""},
		{func(p *Point) { p.T = 1<<26 + 1 }, "T is 67108865"},
		{func(p *Point) { p.Gamma = 1e-300 }, ""},
		{func(p *Point) { p.Gamma = 0 }, "gamma is 0"},
		{func(p *Point) { p.Gamma = -1 }, "gamma is -1"},
		{func(p *Point) { p.Gamma = nan }, "gamma is NaN"},
		{func(p *Point) { p.Gamma = inf }, "gamma is +Inf"},
		{func(p *Point) { p.EWMA = 0 }, ""},
		{func(p *Point) { p.EWMA = -0.1 }, "EWMA is -0.1"},
		{func(p *Point) { p.EWMA = 0.9999 }, ""},
		{func(p *Point) { p.EWMA = 1 }, "EWMA is 1"},
		{func(p *Point) { p.EWMA = nan }, "EWMA is NaN"},
		{func(p *Point) { p.Xi = 0 }, ""},
		{func(p *Point) { p.Xi = -1e-9 }, "xi is -1e-09"},
		{func(p *Point) { p.Xi = inf }, "xi is +Inf"},
		{func(p *Point) { p.Xi = nan }, "xi is NaN"},
		{func(p *Point) { p.Start = -700 }, ""},
		{func(p *Point) { p.Start = 700.5 }, "start is 700.5, want in -700..700"},
		{func(p *Point) { p.Start = -700.5 }, "start is -700.5"},
		{func(p *Point) { p.Start = nan }, "start is NaN"},
		{func(p *Point) { p.Law.Forward = 4 }, ""},
		{func(p *Point) { p.Law.Forward = 4.1 }, "s_f is 4.1, want 0..4"},
		{func(p *Point) { p.Law.Forward = -0.1 }, "s_f is -0.1"},
		{func(p *Point) { p.Law.Forward = nan }, "s_f is NaN"},
		{func(p *Point) { p.Law.Forward, p.D = 4, 9 }, "s_f is 4 at d = 9, want at most 3.79"},
		{func(p *Point) { p.Law.Forward, p.D = 1.264, 1 }, ""},
		{func(p *Point) { p.Law.Forward, p.D = 1.265, 1 }, "s_f is 1.265 at d = 1"},
		{func(p *Point) { p.Law.Backward = 4 }, ""},
		{func(p *Point) { p.Law.Backward = 4.1 }, "s_b is 4.1, want 0..4"},
		{func(p *Point) { p.Law.Backward = nan }, "s_b is NaN"},
		{func(p *Point) { p.Law.Every = 0 }, "delta every 0 steps"},
		{func(p *Point) { p.Law.Every, p.Law.Phase = 3, 2 }, ""},
		{func(p *Point) { p.Law.Every, p.Law.Phase = 3, 3 }, "phase 3 of 3 steps"},
		{func(p *Point) { p.Law.Phase = -1 }, "phase -1 of 1 steps"},
		{func(p *Point) { p.Law.Reading = OneASample }, ""},
		{func(p *Point) { p.Law.Reading = "" }, `reading "", want "step" or "sample"`},
		{func(p *Point) { p.Reg.Kind = "l1" }, "l1"},
		{func(p *Point) { p.Reg.Rho = nan }, "NaN"},
		{func(p *Point) { p.Data = "iris" }, `data "iris"`},
		{func(p *Point) { p.Reg = Convex; p.Law.Format = &Format{Name: "e4m3", Site: AtForward} }, ""},
		{func(p *Point) { p.Law.Format = &Format{Name: "e4m3", Site: AtForward} }, `"nonconvex", want l2`},
		{func(p *Point) { p.Reg = Convex; p.Law.Format = &Format{} }, `format ""`},
		{func(p *Point) {
			p.Reg, p.Law.Backward = Convex, 1
			p.Law.Format = &Format{Name: "e4m3", Site: AtForward}
		}, "a format beside s_f, s_b or a spacing"},
		{func(p *Point) {
			p.Reg, p.Law.Every = Convex, 2
			p.Law.Format = &Format{Name: "e4m3", Site: AtForward}
		}, "a format beside s_f, s_b or a spacing"},
	} {
		p := base(1, Nonconvex, Law{}, 0.1)
		c.change(&p)
		err := p.Check()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestRegularizers are those of section 7.1, by R' at 1: 2 rho and rho/2.
func TestRegularizers(t *testing.T) {
	nearAll(t, "R'(1)", []float64{Nonconvex.Grad(1), Convex.Grad(1), Intermittent.Grad(1)}, []float64{0.0005, 0.2, 1},
		1e-15)
}

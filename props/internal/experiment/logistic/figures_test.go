package logistic

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestSizes are those of section 7 and what verify figures says of its sizes.
func TestSizes(t *testing.T) {
	o := Default(7)
	if o.D != 10 || o.M != 2000 || o.T != 200_000 || o.EWMA != 0.99 || o.Xi != 0.001 || o.Start != 0 || o.Phase != 0 ||
		o.Seed != 7 || !slices.Equal(o.Draws, []uint64{1}) || !slices.Equal(o.Readings, []Reading{OneAStep}) {
		t.Errorf("%+v", o)
	}
	f, q := Full(7), Quick(7)
	if !slices.Equal(f.Draws, []uint64{1, 2, 3}) || !slices.Equal(f.Readings, usualSetting.readings) ||
		f.M != 2000 || f.Seed != 7 {
		t.Errorf("%+v", f)
	}
	if q.M != 300 || q.T != 20_000 || q.FormatSteps != 3000 || q.D != 10 || q.EWMA != 0.99 || q.Seed != 7 {
		t.Errorf("%+v", q)
	}
	for _, all := range []Options{o, q} { // from large to small, and from small to large
		for k := range all.Gammas[1:] {
			if !(all.Gammas[k+1] < all.Gammas[k]) {
				t.Errorf("step sizes %v", all.Gammas)
			}
		}
		if !slices.IsSorted(all.Forward) || !slices.IsSorted(all.Backward) || !slices.IsSorted(all.Every) ||
			!slices.IsSorted(all.Horizons) || all.Horizons[len(all.Horizons)-1] != all.T || all.Gammas[0] != 0.3 {
			t.Errorf("%+v", all)
		}
	}
}

// TestFigureLaws: panels, regularizers and laws of each figure, as section 7.2 has them.
func TestFigureLaws(t *testing.T) {
	o := Quick(3)
	o.Gammas, o.Forward, o.Backward, o.Every = []float64{0.3, 0.1, 0.03}, []float64{2}, []float64{1}, []int{3}
	o.Horizons, o.FormatGammas = []int{400, 10_000}, []float64{0.1}
	want := map[string]string{
		"fig3": "nonconvex 0.001: s_f = 2 (caption) f2 b0 1 x2; nonconvex 0.001: s_f = 1 (text) f1 b0 1 x2; " +
			"nonconvex 0.001: s_b = 2 f0 b2 1 x2",
		"fig4": "nonconvex 0.001: forward f0 b0 1 f2 b0 1 x6; nonconvex 0.001: backward f0 b0 1 f0 b1 1 x6",
		"fig5": "l2 0.1: forward f0 b0 1 f2 b0 1 x6; l2 0.1: backward f0 b0 1 f0 b1 1 x6",
		"fig6": "l2 0.1: strongly convex R f0 B1 1 x3; nonconvex 0.001: nonconvex R f0 B1 1 x3",
		"fig7": "nonconvex 0.001: s_f = 1 f1 b0 3 x3; nonconvex 0.001: s_f = 2 f2 b0 3 x3",
		"fig8": "l2 0.5: s_f = 1 f1 b0 3 x3; l2 0.5: s_f = 2 f2 b0 3 x3",
	}
	figures := Figures(o)
	for _, f := range figures {
		var panels []string
		for _, panel := range f.Panels {
			law, n := "", 0
			for _, c := range panel.Curves {
				for _, p := range c.Points {
					n++
					b := "b"
					if p.Law.OneSided {
						b = "B"
					}
					if one := fmt.Sprintf(" f%v %s%v %d", p.Law.Forward, b, p.Law.Backward, p.Law.Every); !strings.HasSuffix(
						law, one) {
						law += one
					}
				}
			}
			reg := panel.Curves[0].Points[0].Reg
			title := strings.TrimPrefix(strings.TrimPrefix(panel.Title, "forward, "), "backward, ")
			panels = append(panels, fmt.Sprintf("%s %v: %s%s x%d", reg.Kind, reg.Rho, title, law, n))
		}
		if got := strings.Join(panels, "; "); want[f.ID] != "" && got != want[f.ID] {
			t.Errorf("%s: %s\nwant %s", f.ID, got, want[f.ID])
		}
		for _, p := range f.points() {
			if err := p.Check(); err != nil || p.Seed != 3 || p.EWMA != 0.99 || p.Xi != 0.001 {
				t.Errorf("%s: %+v, %v", f.ID, p, err)
			}
		}
	}
	var ids []string
	for _, f := range figures {
		ids = append(ids, f.Name())
	}
	if got := strings.Join(ids, " "); got != "fig3 fig4 fig5 fig6 fig7 fig8 remark4 formats" {
		t.Error(got)
	}
	for _, g := range []int{0, 1} { // fig3: the first and the third step size
		near(t, "gamma of fig3", figures[0].Panels[0].Curves[g].Points[0].Gamma, o.Gammas[2*g], 0)
	}
	if axis := figures[0].Panels[0].Axis; axis != ByStep || figures[1].Panels[0].Axis != ByGamma {
		t.Errorf("fig3 is %s", axis)
	}
	coupled := figures[6].Panels[0]
	for k, c := range coupled.Curves {
		for i, steps := range o.Horizons {
			p := c.Points[i]
			every := 1
			if k == 3 {
				every = []int{2, 10}[i] // sqrt T/10
			}
			near(t, "gamma", p.Gamma, 1/math.Sqrt(float64(steps)), 1e-16)
			law := []Law{{}, {Backward: 1}, {Forward: 2}, {Forward: 2}}[k]
			if law.Every, law.Reading = every, OneAStep; p.Law != law || p.T != steps || coupled.Axis != ByT {
				t.Errorf("curve %d at T = %d: %+v", k, steps, p.Law)
			}
		}
	}
}

// TestVariants: every draw and reading beside the first has a name, and formats come once.
func TestVariants(t *testing.T) {
	o := Quick(1)
	o.Draws, o.Readings, o.Phase = []uint64{1, 5}, usualSetting.readings, 7
	names := map[string]int{}
	for _, f := range Figures(o) {
		names[f.Name()]++
		for _, p := range f.points() {
			draw, reading, _ := strings.Cut(strings.TrimPrefix(f.Variant, "draw"), "-")
			if f.ID != FormatsID && f.Variant != "" && (fmt.Sprint(p.Draw) != draw || string(p.Law.Reading) != reading) {
				t.Errorf("%s: draw %d, reading %s", f.Name(), p.Draw, p.Law.Reading)
			}
			if want := 7 % p.Law.Every; p.Law.Phase != want {
				t.Errorf("every %d: phase %d, want %d", p.Law.Every, p.Law.Phase, want)
			}
		}
	}
	for _, name := range []string{"fig3", "fig3-draw1-sample", "fig8-draw5-step", "remark4-draw5-sample", "formats"} {
		if names[name] != 1 {
			t.Errorf("%s comes %d times", name, names[name])
		}
	}
	if len(names) != 4*7+1 { // Quick repeats nothing
		t.Errorf("%d figures", len(names))
	}
	some, err := Select(Figures(o), []string{"fig6"})
	if err != nil || len(some) != 4 || some[3].Name() != "fig6-draw5-sample" {
		t.Errorf("%d figures, %v", len(some), err)
	}
	if all, err := Select(some, nil); err != nil || len(all) != 4 {
		t.Errorf("%d figures for no id, %v", len(all), err)
	}
}

// TestRepeats: the curve s_b = 0.25 of Fig 4 from each seed, once for all draws and readings; the maker's own seed
// stays.
func TestRepeats(t *testing.T) {
	o := Full(9)
	o.Repeats = Recorded(9).Repeats
	all := Figures(o)
	some, err := Select(all, []string{RepeatsID})
	if err != nil || len(some) != 1 {
		t.Fatalf("%d figures, %v", len(some), err)
	}
	curves := some[0].Panels[0].Curves
	for k, seed := range o.Repeats {
		for i, p := range curves[k].Points {
			want := all[1].Panels[1].Curves[1].Points[i]
			if want.Seed != 9 || p.Seed != seed || curves[k].Label != fmt.Sprintf("seed %d", seed) {
				t.Errorf("%s: seed %d beside %d", curves[k].Label, p.Seed, want.Seed)
			}
			if want.Seed = seed; !reflect.DeepEqual(p, want) {
				t.Errorf("%+v, want %+v", p, want)
			}
		}
	}
	if len(curves) != len(o.Repeats) || len(curves) < 2 {
		t.Errorf("%d curves of %d seeds", len(curves), len(o.Repeats))
	}
}

// TestOptionsRefuse: each list that is empty by its name, and a point by its figure.
func TestOptionsRefuse(t *testing.T) {
	for want, change := range map[string]func(o *Options){
		"no draws": func(o *Options) { o.Draws = nil }, "no readings": func(o *Options) { o.Readings = nil },
		"no forward levels": func(o *Options) { o.Forward = nil }, "no spacings": func(o *Options) { o.Every = nil },
		"no backward levels": func(o *Options) { o.Backward = nil }, "no horizons": func(o *Options) { o.Horizons = nil },
		"no step sizes of formats":        func(o *Options) { o.FormatGammas = nil },
		"fig3: logistic: T is 1":          func(o *Options) { o.T = 1 },
		"formats: logistic: T is 1":       func(o *Options) { o.FormatSteps = 1 },
		"remark4: logistic: T is 1":       func(o *Options) { o.Horizons[1] = 1 },
		"fig4: logistic: s_f is 4.5":      func(o *Options) { o.Forward[1] = 4.5 },
		"fig7: logistic: delta every -1":  func(o *Options) { o.Every[0] = -1 },
		"fig7: logistic: phase -1":        func(o *Options) { o.Phase = -1 },
		"formats: logistic: gamma is 0":   func(o *Options) { o.FormatGammas[1] = 0 },
		"fig4: logistic: s_b is 5":        func(o *Options) { o.Backward[2] = 5 },
		"fig3: logistic: xi is -1":        func(o *Options) { o.Xi = -1 },
		"fig3: logistic: gamma is -1":     func(o *Options) { o.Gammas = []float64{-1} },
		"fig3: logistic: start is -1000":  func(o *Options) { o.Start = -1000 },
		"fig3: logistic: the factor of t": func(o *Options) { o.EWMA = -1 },
	} {
		o := Quick(1)
		change(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

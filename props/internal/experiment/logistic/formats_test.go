package logistic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// formatPoint is a small one.
func formatPoint(f *Format) Point {
	features, _ := shape(BreastCancer)
	return Point{
		Data: BreastCancer, D: features, M: 50, Reg: Convex, Gamma: 0.05, T: 2000, EWMA: 0.99, Xi: 0.001, Seed: 1,
		Law: Law{Every: 1, Reading: OneASample, Format: f},
	}
}

// TestTopKIsCores: the compressor that sorts is perturb.TopK, equals among the numbers too,
// whatever order the last step left.
func TestTopKIsCores(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const m = 40
	size := make([]float64, m)
	from, to, delta := make([]float64, m), make([]float64, m), make([]float64, m)
	for range 200 {
		for k := range from {
			from[k] = float64(rng.IntN(9) - 4)
		}
		k := 1 + rng.IntN(m-1)
		topK(to, from, k, size)
		perturb.TopK(k).Sample(delta, from, 0, nil)
		for i, v := range from {
			if to[i] != v+delta[i] {
				t.Fatalf("k = %d, %v: entry %d is %v, want %v", k, from, i, to[i], v+delta[i])
			}
		}
	}
}

// TestGridIsCores: the values above, between and nearest on the grid of the oracle are
// those that perturb rounds to.
func TestGridIsCores(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, name := range []string{"bf16", "e4m3", "e5m2", "int8"} {
		f := formatPoint(&Format{Name: name, Site: AtForward})
		c := newConvex(newField(f, dataOf(f)), make([]float64, f.D))
		c.scale = 1. / 64 // of numbers below 1.98
		law := perturb.Round(name, false)
		for range 2000 {
			x := 1.98 * (2*rng.Float64() - 1)
			delta := make([]float64, 2)
			law.Sample(delta, []float64{x, 1.98}, 0, nil)
			if got, want := c.round(x), x+delta[0]; got != want {
				t.Fatalf("%s: %v is rounded to %v, want %v", name, x, got, want)
			}
			low, high, way := c.between(x)
			if !(low <= x && x <= high) || c.above(low) != high || math.Abs(low+way*(high-low)-x) > 1e-15 {
				t.Fatalf("%s: %v lies between %v and %v, %v of the way; above is %v", name, x, low, high, way,
					c.above(low))
			}
		}
	}
}

// TestLargestByHand: one of three equal numbers is kept by a third each, within the dither, for which
// F is off by h/2 times a mean jump of 1; of three numbers that differ the largest is kept alone.
func TestLargestByHand(t *testing.T) {
	const h = 1. / 64
	c := &convex{fmt: Format{Name: TopK, Keep: 1. / 3, Site: AtBackward}}
	s, slope := make([]float64, 3), make([]float64, 3)
	e, jump := c.largest([]float64{0, 0, 0}, h, s, slope)
	for k := range s { // sigma(0) = 1/2, sigma'(0) = 1/4
		if !(math.Abs(s[k]-1./6) < 1e-9) || !(math.Abs(slope[k]-(1./12+0.25/h)) < 1e-6) {
			t.Errorf("equal numbers: s = %v, slope = %v", s, slope)
			break
		}
	}
	if !(math.Abs(e-h/2) < 1e-12) || !jump {
		t.Errorf("equal numbers: e = %v, jump %v, want %v", e, jump, h/2)
	}
	c.largest([]float64{0, 5, -5}, h, s, slope)
	if want := sigma(5); !(s[0] < 1e-12) || s[1] != want || s[2] != 0 || slope[1] != want*(1-want) || slope[2] != 0 {
		t.Errorf("numbers apart: s = %v, slope = %v", s, slope)
	}
}

// TestErrorsAtSite: at w = 0 activations are 0 and their sigmas 1/2: what Top-k leaves out of them is
// nothing, or 1/2 of 4 in 5.
func TestErrorsAtSite(t *testing.T) {
	for site, want := range map[Site]float64{AtForward: 0, AtBackward: math.Sqrt(0.25 * 0.8)} {
		f := formatPoint(&Format{Name: TopK, Keep: 0.2, Site: site})
		w := make([]float64, f.D)
		if e := newConvex(newField(f, dataOf(f)), w).errorsAt(w); !(math.Abs(e.Size-want) < 1e-12) || e.Bias != e.Size {
			t.Errorf("%v: errors of %v, bias %v, want %v", site, e.Size, e.Bias, want)
		}
	}
	// On a grid of 0.4 the number 1/2 is rounded to 0.4, or at random up to 0.8 with probability 1/4.
	for stochastic, want := range map[bool]Errors{false: {Size: 0.1, Bias: 0.1}, true: {Size: 0.4 * math.Sqrt(0.1875)}} {
		f := formatPoint(&Format{Name: "int8", Stochastic: stochastic, Site: AtBackward})
		c := newConvex(newField(f, dataOf(f)), make([]float64, f.D))
		c.scale = 0.4
		if e := c.errorsAt(make([]float64, f.D)); !(math.Abs(e.Size-want.Size) < 1e-12) ||
			!(math.Abs(e.Bias-want.Bias) < 1e-12) {
			t.Errorf("stochastic %v: %+v, want %+v", stochastic, *e, want)
		}
		c.fmt.Site = AtForward
		w := make([]float64, f.D)
		w[0] = 1
		sum, a := 0.0, make([]float64, c.m)
		for c.ahead(a, w); len(a) > 0; a = a[1:] {
			mean, variance := c.draws(a[0])
			sum += (mean*mean + variance) / float64(c.m)
		}
		if e := c.errorsAt(w); !(math.Abs(e.Size-math.Sqrt(sum)) < 1e-12) || !(sum > 1e-3) {
			t.Errorf("stochastic %v, at the activations: %v, want the root of %v", stochastic, e.Size, sum)
		}
	}
}

// TestFormatStep: the perturbed gradient of a step is that of core's law on the tensor.
func TestFormatStep(t *testing.T) {
	for _, site := range []Site{AtForward, AtBackward} {
		p := formatPoint(&Format{Name: "int8", Site: site})
		s := dataOf(p)
		w := make([]float64, p.D)
		for j := range w {
			w[j] = 0.1 * float64(j%7-3)
		}
		step := newStepper(s, p.Law, rand.NewPCG(1, 1))
		exact, perturbed := step.gradients(0, w)
		a, slope, delta := make([]float64, p.M), make([]float64, p.M), make([]float64, p.M)
		s.ahead(a, w)
		law := perturb.Round("int8", false)
		if site == AtForward {
			law.Sample(delta, a, 0, nil)
		}
		for k, v := range a {
			slope[k] = sigma(v + delta[k])
		}
		if site == AtBackward {
			law.Sample(delta, slope, 0, nil)
			for k := range slope {
				slope[k] += delta[k]
			}
		}
		want := make([]float64, p.D)
		s.back(want, slope)
		moved := 0.0
		for j := range want {
			moved += math.Abs(perturbed[j] - exact[j])
			if math.Abs(perturbed[j]-want[j]) > 1e-13 {
				t.Errorf("%s: coordinate %d is %v, want %v", site, j, perturbed[j], want[j])
			}
		}
		if moved < 1e-6 {
			t.Errorf("%s: the format perturbs nothing", site)
		}
	}
}

// TestFormatOracle: runs agree with the oracle of their law, and not with that of no law.
func TestFormatOracle(t *testing.T) {
	for _, f := range []Format{
		{Name: "int8", Site: AtForward}, {Name: "e4m3", Site: AtBackward},
		{Name: "e5m2", Stochastic: true, Site: AtBackward}, {Name: TopK, Keep: 0.5, Site: AtForward},
	} {
		t.Run(fmt.Sprintf("%+v", f), func(t *testing.T) {
			p := formatPoint(&f)
			m, q := Simulate(p), Predict(p, false)
			if !q.Proved || !q.Agrees(m) || !(q.PlateauErr < 5e-5) {
				t.Errorf("measured %v, predicted %+v", m.Stable, q)
			}
			p.Law.Format = nil
			if without := Predict(p, false); without.Agrees(m) {
				t.Errorf("measured %v, and the oracle without a format, %v, agrees", m.Stable, without.Stable)
			}
			inside, why := f.Inside(q.Errors)
			if want := f.Stochastic && f.Site == AtBackward; inside != want || why == "" {
				t.Errorf("inside Corollary 1: %v, %q; errors %+v", inside, why, q.Errors)
			}
			if inside != (q.Plateau <= q.PlateauErr) {
				t.Errorf("inside: %v, and a plateau of %v +- %v", inside, q.Plateau, q.PlateauErr)
			}
		})
	}
}

// TestFormatKink: without noise a step to nearest ends up about the minimum of F, where the
// mean step has no root: it keeps its size, and |grad f| is the plateau.
func TestFormatKink(t *testing.T) {
	p := formatPoint(&Format{Name: "e5m2", Site: AtForward})
	p.Xi, p.Gamma, p.T = 0, 0.02, 10_000
	m, q := Simulate(p), Predict(p, false)
	if !q.NoRoot || math.Abs(m.Stable/q.Plateau-1) > 0.01 {
		t.Errorf("measured %v, predicted %+v", m.Stable, q)
	}
	s := dataOf(p)
	step := newStepper(s, p.Law, rand.NewPCG(1, 1))
	_, g := step.gradients(0, m.W)
	addReg(g, m.W, p.Reg)
	if norm2(g) < 1e-5 {
		t.Errorf("the step is %v: a root", norm2(g))
	}
}

func TestFormatRefusals(t *testing.T) {
	for _, c := range []struct {
		change func(p *Point)
		want   string
	}{
		{func(p *Point) { p.Data = "iris" }, `data "iris"`},
		{func(p *Point) { p.M = 570 }, "30 features and 569 rows, not d = 30 and m = 570"},
		{func(p *Point) { p.D = 10 }, "not d = 10"},
		{func(p *Point) { p.Law.Format.Name = "fp4" }, `format "fp4"`},
		{func(p *Point) { p.Law.Format.Site = "" }, `site ""`},
		{func(p *Point) { p.Law.Format.Keep = 0.5 }, "e4m3 keeps all"},
		{func(p *Point) { p.Law.Format.Name = TopK }, "a share of 0"},
		{func(p *Point) { p.Law.Format = &Format{Name: TopK, Keep: math.NaN(), Site: AtForward} }, "NaN"},
		{func(p *Point) { p.Law.Format = &Format{Name: TopK, Keep: 0.5, Stochastic: true, Site: AtForward} },
			"draws nothing"},
		{func(p *Point) { p.Law.Forward = 1 }, "beside s_f"},
		{func(p *Point) { p.Reg = Nonconvex }, `"nonconvex", want l2`},
	} {
		p := formatPoint(&Format{Name: "e4m3", Site: AtForward})
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		c.change(&p)
		if err := p.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestKept: k of Top-k is rounded up.
func TestKept(t *testing.T) {
	for m, want := range map[int]int{1: 1, 10: 1, 11: 2, 20: 2, 25: 3, 300: 30} {
		if got := (&Format{Keep: 0.1}).kept(m); got != want {
			t.Errorf("a tenth of %d: %d, want %d", m, got, want)
		}
	}
	to := make([]float64, 4)
	topK(to, []float64{-3, 3, 1, -4}, 2, make([]float64, 4))
	nearAll(t, "top 2, the lower index", to, []float64{-3, 0, 0, -4}, 0)
	f := Format{Name: TopK, Keep: 0.5}
	f.sampler(3, nil)(to[:3], []float64{1, -2, 0.5})
	nearAll(t, "half of 3", to[:3], []float64{1, -2, 0}, 0)
}

// TestInside: Corollary 1 asks for delta -> 0 with T, and for E eps -> 0.
func TestInside(t *testing.T) {
	for _, c := range []struct {
		site       Site
		size, bias float64
		inside     bool
		why        string
	}{
		{AtForward, 0, 0, true, "E eps = 0"}, {AtForward, 1e-9, 0, false, "E delta = 0"},
		{AtForward, 1e-9, 1e-9, false, "delta and E delta"}, {AtBackward, 1, 0, true, "|eps| <= 1"},
		{AtBackward, 1, 1e-9, false, "E eps does not fall"},
	} {
		inside, why := (&Format{Site: c.site}).Inside(&Errors{Size: c.size, Bias: c.bias})
		if inside != c.inside || !strings.Contains(why, c.why) {
			t.Errorf("%+v: %v, %s", c, inside, why)
		}
	}
}

// TestFormatFigure: eight panels; the laws, the sizes and the data of each.
func TestFormatFigure(t *testing.T) {
	o := Quick(1)
	m := maker{o, 1, OneAStep}
	f := m.formats()
	if len(f.Panels) != 8 || m.reading != OneAStep {
		t.Fatalf("%d panels, reading %s", len(f.Panels), m.reading)
	}
	for k, panel := range f.Panels {
		set, site, stochastic := []string{BreastCancer, Digits}[k/4], []Site{AtForward, AtBackward}[k/2%2], k%2 == 1
		want := "bf16 e4m3 e5m2 int8 topk0.5 topk0.1"
		if stochastic {
			want = "none bf16 e4m3 e5m2 int8"
		}
		var names []string
		for _, c := range panel.Curves {
			name := "none"
			for i, p := range c.Points {
				if l := p.Law.Format; l != nil {
					if name = l.Name; l.Keep > 0 {
						name += fmt.Sprint(l.Keep)
					}
					if l.Site != site || l.Stochastic != stochastic {
						t.Errorf("%s: %+v", panel.Title, l)
					}
				}
				if p.Data != set || p.M != 300 || p.D != map[string]int{BreastCancer: 30, Digits: 64}[set] ||
					p.T != 3000 || p.Reg != Convex || p.Law.Reading != OneASample || p.Gamma != o.FormatGammas[i] {
					t.Errorf("%s: %+v", panel.Title, p)
				}
			}
			names = append(names, name)
		}
		if got := strings.Join(names, " "); got != want || panel.Axis != ByGamma {
			t.Errorf("%s: %s", panel.Title, got)
		}
	}
	m.M = 1000 // more than breast_cancer has
	if p := m.formats().Panels[0].Curves[0].Points[0]; p.M != 569 {
		t.Errorf("%d rows", p.M)
	}
}

// TestConditions: a line a law, of the least step size, with what Inside says; none without the figure.
func TestConditions(t *testing.T) {
	var all []*Outcome
	for _, gamma := range []float64{0.1, 0.03} {
		p := formatPoint(&Format{Name: "e4m3", Site: AtBackward, Stochastic: true})
		p.Gamma = gamma
		all = append(all, &Outcome{Point: p, Measured: &Measured{Stable: gamma},
			Predicted: &Predicted{Plateau: 0.5, Proved: true, Errors: &Errors{Size: 0.25, Bias: 0}}})
	}
	r, f := resultOf(ByGamma, all...)
	if r.Conditions() != nil {
		t.Error("conditions of figure 4")
	}
	f.ID = FormatsID
	rows := lines(t, r.Conditions())
	got := strings.Join(strings.Fields(strings.NewReplacer(`\|`, "!", "|", " ").Replace(rows[len(rows)-1])), " ")
	want := "breast_cancer backward a law, stochastic 0.25 0 yes E eps = 0 and !eps! <= 1 0.5 a root 0.03"
	if got != want || len(rows) != 3 {
		t.Errorf("%d rows, %s", len(rows), got)
	}
}

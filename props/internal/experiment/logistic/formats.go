package logistic

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/vector"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// Site is what a short format perturbs: the M activations f1 of a step, or its M chain
// terms df2/df1. Each is one tensor: int8 has one scale for it, Top-k keeps k of the M.
type Site string

const (
	AtForward  Site = "forward"
	AtBackward Site = "backward"
)

// Format is a law of the perturbation that looks at the state; the zero value is none.
type Format struct {
	Name       string  `json:"name"`       // bf16, e4m3, e5m2, int8 or topk
	Stochastic bool    `json:"stochastic"` // rounding without bias; else to nearest
	Keep       float64 `json:"keep"`       // share of the M numbers that topk keeps
	Site       Site    `json:"site"`
}

// TopK is the name of the compressor among the formats.
const TopK = "topk"

func (f *Format) check() error {
	switch {
	case !slices.Contains([]string{"bf16", "e4m3", "e5m2", "int8", TopK}, f.Name):
		return fmt.Errorf("logistic: format %.40q, want bf16, e4m3, e5m2, int8 or topk", f.Name)
	case f.Site != AtForward && f.Site != AtBackward:
		return fmt.Errorf("logistic: site %.40q of a format, want %q or %q", f.Site, AtForward, AtBackward)
	case f.Name == TopK && !(f.Keep > 0 && f.Keep < 1):
		return fmt.Errorf("logistic: topk keeps a share of %v, want more than 0 and less than 1", f.Keep)
	case f.Name == TopK && f.Stochastic:
		return fmt.Errorf("logistic: topk draws nothing")
	case f.Name != TopK && f.Keep != 0:
		return fmt.Errorf("logistic: %s keeps all, not a share of %v", f.Name, f.Keep)
	}
	return nil
}

// kept is k of Top-k of m numbers.
func (f *Format) kept(m int) int { return int(math.Ceil(f.Keep * float64(m))) }

// sampler adds the law to a vector. perturb.TopK, which has no memory, takes a time
// quadratic in m; this one is linear, and is tested against it.
func (f *Format) sampler(m int, pcg *rand.PCG) func(to, from []float64) {
	if f.Name == TopK {
		size := make([]float64, m)
		return func(to, from []float64) { topK(to, from, f.kept(m), size) }
	}
	law, rng, delta := perturb.Round(f.Name, f.Stochastic), rand.New(pcg), make([]float64, m)
	return func(to, from []float64) {
		law.Sample(delta, from, 0, rng)
		for k, v := range from {
			to[k] = v + delta[k]
		}
	}
}

// topK keeps the k numbers of from, 1 <= k <= len(from), that are largest in magnitude, the
// lower index among equals. It overwrites size, which is as long. to and from may be one.
func topK(to, from []float64, k int, size []float64) {
	for i, v := range from {
		size[i] = math.Abs(v)
	}
	least, equal := kthLargest(size, k)
	for i, v := range from {
		switch a := math.Abs(v); {
		case a > least:
			to[i] = v
		case a == least && equal > 0:
			equal--
			to[i] = v
		default:
			to[i] = 0
		}
	}
}

// kthLargest is the k-th largest of x, 1 <= k <= len(x), and how many of the k largest are
// equal to it. It reorders x: Hoare's selection about the median of three.
func kthLargest(x []float64, k int) (value float64, equal int) {
	for len(x) > 1 {
		a, b, c := x[0], x[len(x)/2], x[len(x)-1]
		pivot := max(min(a, b), min(max(a, b), c))
		above, rest := 0, len(x) // x[:above] > pivot, x[above:i] equal, x[rest:] below
		for i := 0; i < rest; {
			switch v := x[i]; {
			case v > pivot:
				x[above], x[i] = v, x[above]
				above++
				i++
			case v < pivot:
				rest--
				x[i], x[rest] = x[rest], v
			default:
				i++
			}
		}
		switch {
		case k <= above:
			x = x[:above]
		case k <= rest:
			return pivot, k - above
		default:
			x, k = x[rest:], k-rest
		}
	}
	return x[0], 1
}

// gradientsRounded are those of a step with a format, see stepper.gradients.
func (p *stepper) gradientsRounded(w []float64) (exact, perturbed []float64) {
	m, d := p.m, p.d
	p.ahead(p.a, w)
	slow := !(2*p.wide*norm2(w) <= vector.MaxArgument)
	s0, s1 := p.s[:m], p.s[m:]
	p.exactSlopes(s0, slow)
	if p.law.Format.Site == AtForward {
		p.round(p.a, p.a)
		p.exactSlopes(s1, slow)
	} else {
		p.round(s1, s0)
	}
	exact, perturbed = p.both[:d], p.both[d:]
	p.backBoth(exact, perturbed, s0, s1)
	return exact, perturbed
}

// Inside reports whether the law meets the conditions of Corollary 1 at a fixed format,
// and why. A format does not change with T, so what is not 0 does not fall with T.
func (f *Format) Inside(e *Errors) (inside bool, why string) {
	switch {
	case f.Site == AtForward && e.Size > 0 && e.Bias > 0:
		return false, "delta and E delta do not fall with T"
	case f.Site == AtForward && e.Size > 0:
		return false, "delta does not fall with T; E delta = 0"
	case f.Site == AtBackward && e.Bias > 0:
		return false, "E eps does not fall with T"
	}
	return true, "E eps = 0 and |eps| <= 1"
}

// formatCurves are the laws of a panel.
func (m *maker) formatCurves(set string, site Site, stochastic bool) []Curve {
	features, rows := shape(set)
	reading := m.reading
	m.reading = OneASample
	defer func() { m.reading = reading }()
	curve := func(label string, f *Format) Curve {
		c := Curve{Label: label}
		for _, g := range m.FormatGammas {
			p := m.point(Convex, Law{Format: f}, g, m.FormatSteps)
			p.Data, p.D, p.M, p.Draw = set, features, min(rows, m.M), 0
			c.Points = append(c.Points, p)
		}
		return c
	}
	var all []Curve
	if stochastic {
		all = append(all, curve("float64", nil))
	}
	for _, name := range []string{"bf16", "e4m3", "e5m2", "int8"} {
		all = append(all, curve(name, &Format{Name: name, Stochastic: stochastic, Site: site}))
	}
	if !stochastic {
		for _, keep := range []float64{0.5, 0.1} {
			all = append(all, curve(fmt.Sprintf("top %v %%", 100*keep), &Format{Name: TopK, Keep: keep, Site: site}))
		}
	}
	return all
}

// formats is the figure of short formats on real data.
func (m *maker) formats() Figure {
	f := Figure{ID: FormatsID, Title: "Short formats"}
	for _, set := range []string{BreastCancer, Digits} {
		for _, site := range []Site{AtForward, AtBackward} {
			for _, mode := range []string{"to nearest", "stochastic"} {
				f.Panels = append(f.Panels, Panel{fmt.Sprintf("%s, %s, %s", set, site, mode), ByGamma,
					m.formatCurves(set, site, mode == "stochastic")})
			}
		}
	}
	return f
}

// Conditions has a line for each format at its stationary point: the size of the error and
// of its mean, whether Corollary 1's conditions hold, and the plateau beside a run; nil
// without the figure.
func (r *Result) Conditions() *table.Table {
	if !slices.ContainsFunc(r.Figures, func(f Figure) bool { return f.ID == FormatsID }) {
		return nil
	}
	t := table.New("data", "perturbed", "law", "rms error", "rms mean error", "inside Corollary 1", "why",
		"plateau |grad f|", "stationary point", "run at the least g")
	for k := range r.Figures {
		if r.Figures[k].ID != FormatsID {
			continue
		}
		r.each(&r.Figures[k], func(_ *Panel, c *Curve, o *Outcome) {
			f, q := o.Point.Law.Format, o.Predicted
			if f == nil || o.Point.Gamma != c.Points[len(c.Points)-1].Gamma {
				return
			}
			law := c.Label
			if f.Name != TopK {
				law += map[bool]string{true: ", stochastic", false: ", nearest"}[f.Stochastic]
			}
			inside, why := f.Inside(q.Errors)
			is := map[bool]string{true: "yes", false: "no"}[inside]
			t.Add(o.Point.Data, string(f.Site), law, fmt.Sprintf("%.2g", q.Errors.Size), fmt.Sprintf("%.2g", q.Errors.Bias),
				is, why, plateauWords(q), stationary(q), fmt.Sprintf("%.3g", o.Measured.Stable))
		})
	}
	return t
}

// plateauWords is a plateau with what it is known to within.
func plateauWords(q *Predicted) string {
	if q.Plateau <= q.PlateauErr {
		return "0"
	}
	return fmt.Sprintf("%.3g", q.Plateau)
}

// stationary says what the plateau belongs to.
func stationary(q *Predicted) string {
	switch {
	case !q.Proved:
		return "none found: the scale of int8 changes there"
	case q.NoRoot:
		return "none: the mean step jumps over 0"
	case q.Plateau <= q.PlateauErr:
		return "the minimum of f"
	}
	return "a root"
}

// FormatsID is the id of the figure.
const FormatsID = "formats"

package logistic

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// Options say which figures are made, and name every choice that the paper leaves open.
type Options struct {
	D, M, T      int
	Seed         uint64    // of the noise
	Draws        []uint64  // seeds of the data: the first is the default, the others are variants
	Readings     []Reading // likewise
	Gammas       []float64 // step sizes, from large to small
	Forward      []float64 // levels s_f of Figs 4 and 5
	Backward     []float64 // levels s_b of Figs 4, 5 and 6
	Every        []int     // spacings of Figs 7 and 8
	Phase        int       // of the injection in Figs 7 and 8
	Horizons     []int     // of the coupled sweep
	EWMA         float64   // factor
	FormatGammas []float64 // step sizes of the short formats
	FormatSteps  int       // and their T
	Repeats      []uint64  // seeds of the noise from which one curve of Fig 4 is run again; may be empty
	Start        float64   // w^0 = Start (1, ..., 1)
	Xi           float64
}

// Default is the full size with one draw of the data and one reading.
func Default(seed uint64) Options {
	return Options{
		D: 10, M: 2000, T: 200_000, Seed: seed, Draws: []uint64{1}, Readings: []Reading{OneAStep},
		Gammas:       []float64{0.3, 0.1, 0.03, 0.01, 0.003, 0.001},
		Forward:      []float64{0.1, 0.25, 0.5, 1, 2},
		Backward:     []float64{0.25, 0.5, 1, 2},
		Every:        []int{1, 3, 10, 30, 100},
		Horizons:     []int{2000, 6000, 20_000, 60_000, 200_000},
		FormatGammas: []float64{0.1, 0.03, 0.01}, FormatSteps: 20_000,
		EWMA: 0.99, Xi: 0.001,
	}
}

// Recorded is Default with the repeats that are on record.
func Recorded(seed uint64) Options {
	o := Default(seed)
	o.Repeats = []uint64{2, 3, 4, 5}
	return o
}

// Full adds draws of the data and the other reading.
func Full(seed uint64) Options {
	o := Default(seed)
	o.Draws, o.Readings = []uint64{1, 2, 3}, []Reading{OneAStep, OneASample}
	return o
}

// Quick is Default with fewer samples, steps and levels: it takes seconds.
func Quick(seed uint64) Options {
	o := Default(seed)
	o.M, o.T = 300, 20_000
	o.Gammas = []float64{0.3, 0.1, 0.03, 0.01}
	o.Forward, o.Backward, o.Every = []float64{0.5, 1, 2}, []float64{0.25, 1, 2}, []int{1, 10, 100}
	o.Horizons = []int{600, 2000, 6000, 20_000}
	o.FormatGammas, o.FormatSteps = []float64{0.1, 0.03}, 3000
	return o
}

// Check names the first option that no figure can be made with.
func (o *Options) Check() error {
	for name, n := range map[string]int{
		"draws": len(o.Draws), "readings": len(o.Readings), "gammas": len(o.Gammas), "forward levels": len(o.Forward),
		"backward levels": len(o.Backward), "spacings": len(o.Every), "horizons": len(o.Horizons),
		"step sizes of formats": len(o.FormatGammas),
	} {
		if n == 0 {
			return fmt.Errorf("logistic: no %s", name)
		}
	}
	for _, f := range Figures(*o) {
		for _, p := range f.points() {
			if err := p.Check(); err != nil {
				return fmt.Errorf("%s: %w", f.ID, err)
			}
		}
	}
	return nil
}

// Axis says what a panel shows.
type Axis string

const (
	ByGamma Axis = "gamma" // stable gradient norm against gamma
	ByStep  Axis = "step"  // EWMA against t
	ByT     Axis = "T"     // stable gradient norm against T
)

// Curve is one law in a panel.
type Curve struct {
	Label  string
	Points []Point
}

// Panel is one picture of a figure.
type Panel struct {
	Title  string
	Axis   Axis
	Curves []Curve
}

// Figure is one figure of the paper, for one draw of the data and one reading.
type Figure struct {
	ID      string // fig3 to fig8, remark4, formats, seeds
	Variant string // "" for the first draw and reading
	Title   string
	Panels  []Panel
}

// Name is the id and the variant.
func (f *Figure) Name() string {
	if f.Variant == "" {
		return f.ID
	}
	return f.ID + "-" + f.Variant
}

func (f *Figure) points() []Point {
	var all []Point
	for _, p := range f.Panels {
		for _, c := range p.Curves {
			all = append(all, c.Points...)
		}
	}
	return all
}

// distinctPoints are the points of figures, each once, and which of them have traces, by their keys.
func distinctPoints(figures []Figure) (points []Point, traces map[uint64]bool) {
	traces = map[uint64]bool{}
	for _, f := range figures {
		for _, panel := range f.Panels {
			for _, c := range panel.Curves {
				for _, p := range c.Points {
					trace, seen := traces[p.Key()]
					traces[p.Key()] = trace || panel.Axis == ByStep
					if !seen {
						points = append(points, p)
					}
				}
			}
		}
	}
	return points, traces
}

// SamePoints reports whether two lists of figures are made of the same points.
func SamePoints(a, b []Figure) bool {
	_, one := distinctPoints(a) // and who has traces
	_, two := distinctPoints(b)
	return maps.Equal(one, two)
}

// Figures are those of section 7.2 and the coupled sweep of Remark 4.
func Figures(o Options) []Figure {
	var all []Figure
	for i, draw := range o.Draws {
		for k, reading := range o.Readings {
			m := maker{o, draw, reading}
			variant := ""
			if i > 0 || k > 0 {
				variant = fmt.Sprintf("draw%d-%s", draw, reading)
			}
			for _, f := range m.figures() {
				f.Variant = variant
				all = append(all, f)
			}
			if variant == "" { // nothing is drawn, and rounding reads each sample
				all = append(all, m.formats())
				if len(m.Repeats) > 0 {
					all = append(all, m.repeats())
				}
			}
		}
	}
	return all
}

// maker makes the figures of one draw and one reading.
type maker struct {
	Options
	draw    uint64
	reading Reading
}

func (m *maker) point(reg core.Regularizer, l Law, gamma float64, steps int) Point {
	l.Reading = m.reading
	if l.Every == 0 {
		l.Every = 1
	}
	if l.Every > 1 {
		l.Phase = m.Phase % l.Every
	}
	return Point{
		D: m.D, M: m.M, Draw: m.draw, Reg: reg, Start: m.Start, Law: l, Gamma: gamma, T: steps, EWMA: m.EWMA,
		Xi: m.Xi, Seed: m.Seed,
	}
}

func (m *maker) sweep(label string, reg core.Regularizer, l Law) Curve {
	c := Curve{Label: label}
	for _, g := range m.Gammas {
		c.Points = append(c.Points, m.point(reg, l, g, m.T))
	}
	return c
}

func (m *maker) coupled(label string, law func(steps int) Law) Curve {
	c := Curve{Label: label}
	for _, t := range m.Horizons {
		c.Points = append(c.Points, m.point(Nonconvex, law(t), rootStep(t), t))
	}
	return c
}

func (m *maker) figures() []Figure {
	standard := func(reg core.Regularizer) Curve { return m.sweep("standard SGD", reg, Law{}) }
	forward := func(reg core.Regularizer) []Curve {
		all := []Curve{standard(reg)}
		for _, s := range m.Forward {
			all = append(all, m.sweep(fmt.Sprintf("s_f = %v", s), reg, Law{Forward: s}))
		}
		return all
	}
	backward := func(reg core.Regularizer, oneSided bool) []Curve {
		var all []Curve
		if !oneSided {
			all = append(all, standard(reg))
		}
		for _, s := range m.Backward {
			all = append(all, m.sweep(fmt.Sprintf("s_b = %v", s), reg, Law{Backward: s, OneSided: oneSided}))
		}
		return all
	}
	spaced := func(reg core.Regularizer, s float64) []Curve {
		var all []Curve
		for _, every := range m.Every {
			all = append(all, m.sweep(fmt.Sprintf("Δt = %d", every), reg, Law{Forward: s, Every: every}))
		}
		return all
	}
	// The trajectories are runs that Fig 4 has too, where its levels have them.
	run := func(label string, l Law) Panel {
		p := Panel{Title: label, Axis: ByStep}
		for k, g := range m.Gammas {
			if k%2 == len(m.Gammas)%2 {
				continue
			}
			p.Curves = append(p.Curves, Curve{fmt.Sprintf("γ = %v", g), []Point{m.point(Nonconvex, l, g, m.T)}})
		}
		return p
	}
	sweep := func(title string, c []Curve) Panel { return Panel{title, ByGamma, c} }
	return []Figure{
		{ID: "fig3", Title: "Trajectories, nonconvex R", Panels: []Panel{
			run("forward, s_f = 2 (caption)", Law{Forward: 2}), run("forward, s_f = 1 (text)", Law{Forward: 1}),
			run("backward, s_b = 2", Law{Backward: 2})}},
		{ID: "fig4", Title: "Zero mean, nonconvex R", Panels: []Panel{
			sweep("forward", forward(Nonconvex)), sweep("backward", backward(Nonconvex, false))}},
		{ID: "fig5", Title: "Zero mean, strongly convex R", Panels: []Panel{
			sweep("forward", forward(Convex)), sweep("backward", backward(Convex, false))}},
		{ID: "fig6", Title: "Backward, non-zero mean", Panels: []Panel{
			sweep("strongly convex R", backward(Convex, true)), sweep("nonconvex R", backward(Nonconvex, true))}},
		{ID: "fig7", Title: "Forward every Δt steps, nonconvex R", Panels: []Panel{
			sweep("s_f = 1", spaced(Nonconvex, 1)), sweep("s_f = 2", spaced(Nonconvex, 2))}},
		{ID: "fig8", Title: "Forward every Δt steps, strongly convex R", Panels: []Panel{
			sweep("s_f = 1", spaced(Intermittent, 1)), sweep("s_f = 2", spaced(Intermittent, 2))}},
		{ID: "remark4", Title: "Coupled sweep, nonconvex R", Panels: []Panel{{
			"γ = 1/√T", ByT, []Curve{
				m.coupled("standard SGD", func(int) Law { return Law{} }),
				m.coupled("backward, s_b = 1", func(int) Law { return Law{Backward: 1} }),
				m.coupled("forward, s_f = 2", func(int) Law { return Law{Forward: 2} }),
				m.coupled("forward, s_f = 2, Δt = √T/10", func(t int) Law {
					return Law{Forward: 2, Every: max(1, int(0.1/rootStep(t)))}
				}),
			}}}},
	}
}

// RepeatsID is the id of the figure of other seeds, repeated the level s_b of its curves.
const (
	RepeatsID = "seeds"
	repeated  = 0.25
)

// repeats is a curve of Fig 4 from other seeds of the noise: by how much fits differ by chance.
func (m *maker) repeats() Figure {
	p := Panel{Title: fmt.Sprintf("backward, s_b = %v", repeated), Axis: ByGamma}
	seed := m.Seed
	defer func() { m.Seed = seed }()
	for _, m.Seed = range m.Repeats {
		p.Curves = append(p.Curves, m.sweep(fmt.Sprintf("seed %d", m.Seed), Nonconvex, Law{Backward: repeated}))
	}
	return Figure{ID: RepeatsID, Title: "Fig 4 from other seeds", Panels: []Panel{p}}
}

// Select are the figures with one of the ids, all for none.
func Select(all []Figure, ids []string) ([]Figure, error) {
	if len(ids) == 0 {
		return all, nil
	}
	var some []Figure
	for _, id := range ids {
		before := len(some)
		for _, f := range all {
			if f.ID == id && !slices.ContainsFunc(some, func(g Figure) bool { return g.Name() == f.Name() }) {
				some = append(some, f)
			}
		}
		if len(some) == before {
			return nil, fmt.Errorf("no figure %.40q, want fig3 to fig8, remark4, formats or seeds, each once", id)
		}
	}
	return some, nil
}

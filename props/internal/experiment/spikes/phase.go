package spikes

import (
	"math"

	"github.com/cascade-sgd/cascade/core"
)

// Diagram is one setting, spike sizes against spacings.
type Diagram struct {
	Name     string
	Level    float64 // the gap that counts as recovered
	L, Mu, G float64
	Steps    int
	Sizes    []float64
	Spacings []int
	Cells    [][]Cell // Cells[size][spacing]
}

// Cell is one long run with a spike of the same vector at the steps Dt, 2Dt, ...
type Cell struct {
	Size     float64 // measured |U-u|, the largest of the run
	Gap      float64 // the largest gap right before a spike of the last half, from below
	Recovers bool    // Gap <= Level
	Printed  bool    // (40) says so: Train.Recovers
	Sharp    bool    // Sharp says so
	Root     bool    // Root says so
}

// Wrong reports that a bound promises a recovery that is not measured.
func (c Cell) Wrong() bool { return (c.Printed || c.Sharp || c.Root) && !c.Recovers }

// Mark is the cell in the grid of the page.
func (c Cell) Mark() byte {
	switch {
	case c.Wrong():
		return '!'
	case c.Printed:
		return '#'
	case c.Sharp:
		return '+'
	case c.Root:
		return '*'
	case c.Recovers:
		return 'o'
	}
	return '.'
}

// Wrong counts the cells that are; any is a refutation.
func (d *Diagram) Wrong() int {
	n := 0
	for _, row := range d.Cells {
		for _, c := range row {
			if c.Wrong() {
				n++
			}
		}
	}
	return n
}

// MostOften is the least spacing from which on every spacing of the grid
// recovers from spikes of size Sizes[i]; Never where the largest does not.
func (d *Diagram) MostOften(i int) int {
	dt := Never
	for j := len(d.Spacings) - 1; j >= 0 && d.Cells[i][j].Recovers; j-- {
		dt = d.Spacings[j]
	}
	return dt
}

// phaseLevel is the level of a diagram as a part of the gap at step 0.
const phaseLevel = 1e-2

// Phase runs every size against every spacing on a narrow quadratic (mu g/3 near
// 1/600, where all three regions fit the grid) and on a logistic regression with
// l2, both at most 1/(3L). "Recovered" is measured as: the gap is at most Level
// right before every spike of the last half of the run. All spikes of a run are
// the same vector eps_2, scaled so that |U-u| is the size wanted; U-u is linear
// in eps_2 and for these objectives does not depend on w. Bounds take the size that was
// measured, the gap measured at step 0, and the first spike of the last half.
func Phase(opt Options) ([]Diagram, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	narrow := quadratic("narrow quadratic", 0.3, [][]float64{{1, 0}, {0, math.Sqrt(0.05)}}, [][]float64{{0, 0}})
	regression, err := phaseRegression(opt.Seed)
	if err != nil {
		return nil, err
	}
	var all []Diagram
	for _, s := range []*setting{narrow, regression} {
		d, err := s.phase(opt)
		if err != nil {
			return nil, err
		}
		all = append(all, *d)
	}
	return all, nil
}

// phaseRegression is the regression of Phase and Isolated.
func phaseRegression(seed uint64) (*setting, error) { return logistic(3, 24, 0.01, seed, 0.3) }

func (s *setting) phase(opt Options) (*Diagram, error) {
	d := &Diagram{Name: s.name, Level: phaseLevel * s.startGap().low, L: s.s.L, Mu: s.s.Mu, G: s.s.Gamma,
		Steps: opt.Steps,
		Sizes: opt.Sizes, Spacings: opt.Spacings, Cells: make([][]Cell, len(opt.Sizes))}
	for i := range d.Cells {
		d.Cells[i] = make([]Cell, len(d.Spacings))
	}
	one := s.unitKick()
	err := onAll(len(d.Sizes)*len(d.Spacings), func(k int) error {
		i, j := k/len(d.Spacings), k%len(d.Spacings)
		var err error
		d.Cells[i][j], err = s.cell(d, scaled(d.Sizes[i], one), d.Spacings[j], s.startGap().high)
		return err
	})
	return d, err
}

// unitKick is the eps_2 of equal entries for which |U-u| = 1.
func (s *setting) unitKick() []float64 {
	site := Site{Eps: true, I: 2}
	v := make([]float64, site.width(s.chain()))
	for j := range v {
		v[j] = 1
	}
	u := make([]float64, s.n)
	state, given := core.NewState(s.chain()), site.given(s.chain().N(), v)
	for k := range s.samples {
		c, x := s.obj.Sample(k)
		state.Pass(c, x, s.start, given)
		for j, g := range state.UAll {
			u[j] += g / float64(s.samples)
		}
	}
	return scaled(1/s.spikeSize(s.start, u), v)
}

// cell makes one run; from bounds the gap at step 0 from above.
func (s *setting) cell(d *Diagram, v []float64, dt int, from float64) (Cell, error) {
	spike := func(t int) bool { return t > 0 && t%dt == 0 }
	half := d.Steps / 2
	tr, err := s.run(spikes{at: spike, site: Site{Eps: true, I: 2}, vector: v}, d.Steps,
		func(t int) bool { return t >= half && spike(t) }, nil)
	if err != nil {
		return Cell{}, err
	}
	c := Cell{Gap: math.Inf(-1)}
	first := (half + dt - 1) / dt
	for t := first * dt; t < d.Steps; t += dt {
		c.Gap = max(c.Gap, tr.low[t])
	}
	for _, m := range tr.size {
		c.Size = max(c.Size, m)
	}
	c.Recovers = c.Gap <= d.Level
	noise := tr.worstNoise()
	says := [forms]bool{}
	for form, rec := range s.recursions() {
		train := NewTrain(rec.noisy(noise).Recursion, rec.of(c.Size+noise), dt)
		says[form] = train.Recovers(rec.of(from*(1+formSlack)), rec.of(d.Level*(1-formSlack)), first)
	}
	c.Printed, c.Sharp, c.Root = says[printed], says[sharp], says[root]
	return c, nil
}

package spikes

import "math"

const (
	// largeSize and smallSize are |U-u| of Isolated, smallEvery the spacing of
	// the small ones.
	largeSize, smallSize, smallEvery = 10, 0.1, 2
	// curvePoints is the number of rows of a Comparison.
	curvePoints = 13
)

// Comparison is Fig 2 of the paper on a logistic regression: one large spike at
// step Steps/4, and from there on a spike 100 times smaller every second step.
type Comparison struct {
	Name         string
	Steps, First int
	Level        float64 // as in Phase
	Large, Small Course
	At           []int // steps of the rows; Course.Gaps are the gaps there
}

// Course is one of the two runs.
type Course struct {
	Size     float64 // measured |U-u|, the largest
	Spikes   int
	Squares  float64 // sum of the measured |U-u|^2
	Peak     float64 // largest gap from step First on
	Last     float64 // largest gap of the last quarter, from below
	Recovery int     // steps after the first spike until the gap stays at most Level; Never
	Bound    int     // the same by (40), for the single spike; Never for the train
	Root     int     // the same by Root
	Limit    float64 // what (40) gives as the limit of the gap before a spike; its floor for the single spike
	Gaps     []float64
}

// Isolated makes both runs. "Recovers" is a gap that falls to Level and stays.
func Isolated(opt Options) (Comparison, error) {
	if err := opt.check(); err != nil {
		return Comparison{}, err
	}
	s, err := phaseRegression(opt.Seed)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Name: s.name, Steps: opt.Steps, First: opt.Steps / 4, Level: phaseLevel * s.startGap().low}
	c.At = c.rows()
	one := s.unitKick()
	if c.Large, err = c.course(s, scaled(largeSize, one), func(t int) bool { return t == c.First }); err != nil {
		return Comparison{}, err
	}
	c.Small, err = c.course(s, scaled(smallSize, one), func(t int) bool {
		return t >= c.First &&
			(t-c.First)%smallEvery == 0
	})
	if err != nil {
		return Comparison{}, err
	}
	rec := Printed(s.s, false)
	c.Large.Bound = rec.Steps(rec.After(c.Large.Gaps[0], c.Large.Size)*(1+formSlack), c.Level)
	sharper := s.recursions()[root]
	after := sharper.After(sharper.of(c.Large.Gaps[0]), sharper.of(c.Large.Size)) * (1 + formSlack)
	c.Large.Root = sharper.Steps(after, sharper.of(c.Level))
	c.Large.Limit = rec.Floor()
	c.Small.Root = Never
	c.Small.Bound, c.Small.Limit = Never, NewTrain(rec, c.Small.Size, smallEvery).Before()
	return c, nil
}

// rows are First, First+1, and then steps that grow evenly in their logarithm
// to Steps-1.
func (c *Comparison) rows() []int {
	at := []int{c.First}
	for _, v := range logGrid(1, float64(c.Steps-1-c.First), curvePoints-1) {
		if t := c.First + int(math.Round(v)); t > at[len(at)-1] {
			at = append(at, t)
		}
	}
	return at
}

func (c *Comparison) course(s *setting, v []float64, at func(t int) bool) (Course, error) {
	tr, err := s.run(spikes{at: at, site: Site{Eps: true, I: 2}, vector: v}, c.Steps, always, nil)
	if err != nil {
		return Course{}, err
	}
	r := Course{Recovery: Never}
	for t, m := range tr.size {
		if at(t) {
			r.Spikes++
			r.Size = max(r.Size, m)
			r.Squares += float64(m * m)
		}
	}
	for t := c.Steps - 1; t > c.First && tr.low[t] <= c.Level; t-- {
		r.Recovery = t - c.First - 1
	}
	for t := c.First + 1; t < c.Steps; t++ {
		r.Peak = max(r.Peak, tr.high[t])
		if t >= c.Steps*3/4 {
			r.Last = max(r.Last, tr.low[t])
		}
	}
	for _, t := range c.At {
		r.Gaps = append(r.Gaps, tr.high[t])
	}
	return r, nil
}

package climb

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/optimize"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Score rates a case; larger is worse for the claim. NaN and -Inf mean that
// the case says nothing. The case is only lent.
type Score func(*gen.Case) float64

// Options bound a climb. The zero value is useful.
type Options struct {
	Seed        uint64
	Evaluations int // of the score, in all; 0 means DefaultEvaluations
}

// DefaultEvaluations is enough for a few dozen parameters.
const DefaultEvaluations = 1500

// maxSteps bounds the steps that one climb takes in all its runs, and a climb on
// runs, which cost more than passes, has a part of the evaluations. A tree of
// steps counts as treeSteps.
const (
	maxSteps  = 1 << 17
	runCost   = 2
	treeSteps = 1 << 8
)

// stepsOf is what a run costs.
func stepsOf(c *gen.Case) int {
	switch {
	case c.Run == nil:
		return 0
	case c.Run.All:
		return c.Run.Steps
	}
	return treeSteps
}

// Climb returns the best case found from start, and its score. Half of the
// evaluations climb from start; the rest try other shapes (see Reshape), each with a
// short climb, and go on from what is better. State-dependent laws keep their
// parameters, and a case with a Run its shape.
func Climb(start *gen.Case, score Score, opt Options) (*gen.Case, float64) {
	if opt.Evaluations == 0 {
		opt.Evaluations = DefaultEvaluations
	}
	rng := rand.New(rand.NewPCG(opt.Seed, uint64(opt.Evaluations)))
	if start.Run != nil {
		opt.Evaluations /= runCost
	}
	first := start.Clone()
	if start.Run == nil {
		arm(first)
	}
	best, bestScore := climb(first, score, opt.Evaluations/2, rng)
	if math.IsNaN(bestScore) || math.IsInf(bestScore, -1) {
		return best, bestScore
	}
	if start.Run != nil {
		return best, bestScore // other operators would be other objectives
	}
	for range shapes {
		d := Reshape(best, rng)
		arm(d)
		c, s := climb(d, score, opt.Evaluations/2/shapes, rng)
		if s > bestScore {
			best, bestScore = c, s
		}
	}
	return best, bestScore
}

// shapes is the number of other shapes that a climb tries.
const shapes = 4

// climb moves the numbers of a case.
func climb(start *gen.Case, score Score, evaluations int, rng *rand.Rand) (*gen.Case, float64) {
	c := start.Clone()
	m := newMap(c)
	best, bestScore := start.Clone(), score(start)
	if len(m) == 0 || math.IsNaN(bestScore) || math.IsInf(bestScore, -1) {
		return best, bestScore
	}
	used, steps := 0, 0
	eval := func(theta []float64) float64 {
		used++
		m.set(theta)
		if steps += stepsOf(c); steps > maxSteps {
			return math.MaxFloat64
		}
		s := score(c)
		if s > bestScore {
			best, bestScore = c.Clone(), s
		}
		if math.IsNaN(s) || math.IsInf(s, -1) {
			return math.MaxFloat64
		}
		return -s
	}
	// A third for the wide search, a third for the laws alone, a third for the
	// polish; each starts from the best point so far, and a method that stalls costs
	// only its share. C, the largest of many Jacobians, has a ridge wherever two of
	// them are equal, which is where bounds are met: only the laws move along it.
	methods := []struct {
		method optimize.Method
		free   func(*gen.Case) parameters
	}{
		{&optimize.CmaEsChol{InitStepSize: 0.5, Src: rng}, newMap},
		{&optimize.NelderMead{SimplexSize: 0.3}, lawMap},
		{&optimize.NelderMead{SimplexSize: 0.1}, newMap},
	}
	for k, stage := range methods {
		budget := (evaluations - used) / (len(methods) - k)
		if budget < 2 {
			break
		}
		c = best.Clone()
		if m = stage.free(c); len(m) == 0 {
			continue
		}
		settings := &optimize.Settings{
			FuncEvaluations: budget,
			Concurrent:      1,
			Converger:       &optimize.FunctionConverge{Relative: 1e-7, Absolute: 1e-9, Iterations: 60},
		}
		// An error only says why a method stopped; what it found is in best.
		_, _ = optimize.Minimize(optimize.Problem{Func: eval}, m.get(), settings, stage.method)
	}
	return best, bestScore
}

// A parameter is one free number of a case, read and written through a map
// that makes it unbounded: sinh for values (linear near 0, a factor e per unit
// far out, so tiny and huge are equally near), the logit for probabilities.
type parameter struct {
	get func() float64
	set func(theta float64)
}

type parameters []parameter

// newMap has every parameter of a case, lawMap those of its laws.
func newMap(c *gen.Case) parameters {
	var m parameters
	m.block(c.X)
	for k := range c.W {
		m.block(c.W[k])
	}
	for k := range c.Chain {
		for _, row := range c.Chain[k].A {
			m.block(row)
		}
	}
	m = append(m, lawMap(c)...)
	if c.Run != nil {
		for _, x := range c.Run.More {
			m.block(x)
		}
		horizon := math.Log2(float64(c.Run.Steps + 1)) // a tree grows with a power of its steps
		if c.Run.All {
			horizon += 2
		}
		m = append(m, parameter{ // a step size stays positive
			func() float64 { return math.Log(c.Run.Gamma) },
			func(t float64) { c.Run.Gamma = math.Exp(t) },
		}, parameter{ // a horizon is a whole number
			func() float64 { return math.Log2(float64(c.Run.Steps)) },
			func(t float64) { c.Run.Steps = int(math.Round(math.Exp2(min(max(t, 0), horizon)))) },
		})
	}
	return m
}

func lawMap(c *gen.Case) parameters {
	var m parameters
	for k := range c.Delta {
		m.law(&c.Delta[k])
		m.law(&c.Eps[k])
	}
	return m
}

// block adds the entries of a vector.
func (m *parameters) block(v []float64) {
	scale := 0.0
	for _, x := range v {
		scale = max(scale, math.Abs(x))
	}
	if scale == 0 {
		scale = 1
	}
	scale /= 4
	for k := range v {
		p := &v[k]
		*m = append(*m, parameter{
			func() float64 { return math.Asinh(*p / scale) },
			func(t float64) { *p = scale * math.Sinh(t) },
		})
	}
}

// law adds the numbers of a law.
func (m *parameters) law(s *perturb.Spec) {
	switch s.Law {
	case "constant":
		m.block(s.D)
	case "switch":
		m.block(s.A)
		m.block(s.B)
		*m = append(*m, parameter{func() float64 { return s.At }, func(t float64) { s.At = t }})
	case "twopoint":
		m.block(s.A)
		m.block(s.B)
		*m = append(*m, parameter{
			func() float64 { return math.Log(s.P / (1 - s.P)) },
			func(t float64) { s.P = clampP(1 / (1 + math.Exp(-t))) },
		})
	case "table":
		for k := range s.Outcomes {
			m.block(s.Outcomes[k].D)
			if k > 0 { // its odds against the first outcome
				*m = append(*m, parameter{
					func() float64 { return math.Log(s.Outcomes[k].P / s.Outcomes[0].P) },
					func(t float64) { setOdds(s.Outcomes, k, math.Exp(min(max(t, -maxLogOdds), maxLogOdds))) },
				})
			}
		}
	}
}

// maxLogOdds keeps the probabilities of a table apart from 0.
const maxLogOdds = 14

// setOdds makes P of outcome k odds times that of the first, with the sum 1 and the
// odds of all others as they are.
func setOdds(out []perturb.Outcome, k int, odds float64) {
	sum := 0.0
	for j := range out {
		if j == k {
			out[j].P = float64(odds * out[0].P)
		}
		sum += out[j].P
	}
	for j := range out {
		out[j].P /= sum
	}
}

// clampP keeps a probability away from 0 and 1 by a step that float64 sums bear.
func clampP(p float64) float64 { return min(max(p, 0x1p-20), 1-0x1p-20) }

func (m parameters) get() []float64 {
	theta := make([]float64, len(m))
	for k, p := range m {
		theta[k] = p.get()
	}
	return theta
}

func (m parameters) set(theta []float64) {
	for k, p := range m {
		p.set(theta[k])
	}
}

package rates

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/internal/pool"
)

// Options of Run. T runs over the powers of two 2^MinLog..2^MaxLog.
type Options struct {
	MinLog, MaxLog int
	Seed           uint64
	Steps          int // of all replicates at one T, 0 means DefaultSteps
	LeastPL        int // replicates under PL at least, 0 means DefaultLeastPL
}

// Ranges of T. Small is for tests and for the default search.
var (
	Full  = Options{MinLog: 8, MaxLog: 18, Seed: 1, LeastPL: 256}
	Small = Options{MinLog: 8, MaxLog: 13, Seed: 1, Steps: 1 << 15}
)

// DefaultSteps and the bounds of the number of replicates decide how often a run
// is repeated. The last iterate, under PL, varies more than a mean over all steps.
const (
	DefaultSteps   = 1 << 19
	DefaultLeastPL = 64
	minReplicates  = 16
	maxReplicates  = 512
)

// Groups is the number of groups of replicates of the jackknife.
const Groups = 16

// Point is what was measured at one T.
type Point struct {
	T, Q       int
	Replicates int
	Left       float64 // mean over the replicates
	Right      float64 // explicit form: Theorem 4 or 5 with the repaired (23)
	ByGroup    [Groups]float64
}

// Result is one scenario over all T.
type Result struct {
	Scenario
	Points []Point
	Slope  Interval // of ln left against ln T, upper half of the range
	Rate   float64  // slope of the rate over the same T
	Ratio  float64  // the largest Left/Right
}

// Excess is the slope above that of the rate.
func (r *Result) Excess() Interval {
	return r.Slope.less(r.Rate)
}

// slopeMargin is half of what one factor ln T adds to a slope, 1/ln T, at
// T = 2^14: less than that cannot be told from a rate that is kept.
const slopeMargin = 0.05

// sureOf95 widens an interval of 95 % to one that a search over many rows and seeds may
// trust: 8.5 standard errors of 15 degrees of freedom, exceeded once in 10^6 rows.
const sureOf95 = 4

// Word is "keeps the rate", "loses the rate" or "cannot tell", from the interval.
func (r *Result) Word() string {
	e := r.Excess()
	switch {
	case e.Lo > slopeMargin:
		return "loses the rate"
	case e.Hi <= slopeMargin:
		return "keeps the rate"
	}
	return "cannot tell"
}

// Run measures the scenarios. The result depends on the options alone. It returns
// an error for a range that is empty, or reaches below 2^4 or beyond 2^24.
func Run(scenarios []Scenario, opt Options) ([]Result, error) {
	if opt.MinLog < 4 || opt.MaxLog > 24 || opt.MaxLog-opt.MinLog < 2 {
		return nil, fmt.Errorf("rates: T from 2^%d to 2^%d, want three or more powers in 2^4..2^24", opt.MinLog,
			opt.MaxLog)
	}
	if opt.Steps == 0 {
		opt.Steps = DefaultSteps
	}
	if opt.LeastPL == 0 {
		opt.LeastPL = DefaultLeastPL
	}
	var objs [2]*objective
	for k, reg := range regularizers {
		o, err := newObjective(reg)
		if err != nil {
			return nil, err
		}
		objs[k] = o
	}
	return pool.Map(len(scenarios), func(k int) Result {
		o := objs[0]
		if scenarios[k].PL {
			o = objs[1]
		}
		return o.measure(scenarios[k], opt, uint64(k))
	}), nil
}

// regularizers are those without and with PL.
var regularizers = [2]core.Regularizer{{Kind: "nonconvex", Rho: 0.05}, {Kind: "l2", Rho: 0.25}}

// objective is the regression of all runs, with its constants.
type objective struct {
	*problem.Regression
	chain        *core.Chain
	x            [][]float64
	l, mu        float64
	star, starLo float64 // the best value met, and a proved lower bound
	w0           []float64
}

// rows are inputs -y h of both signs, so that no w separates them.
var rows = [][]float64{{1, 0.5}, {-0.5, 1}, {0.25, -1}, {-1, -0.25}, {0.5, 0.25}, {-0.25, 0.75}}

func newObjective(reg core.Regularizer) (*objective, error) {
	t := &problem.Table{X: rows, Label: make([]int, len(rows)), Names: []string{"-1", "+1"}}
	r, err := problem.LogisticWith(t, problem.LogisticOptions{Reg: reg})
	if err != nil {
		return nil, err
	}
	o := &objective{Regression: r, l: r.L(), mu: r.Mu(), starLo: r.LStarLower(), w0: []float64{1.5, -1}}
	o.chain, _ = r.Sample(0)
	for k := range r.Len() {
		_, x := r.Sample(k)
		o.x = append(o.x, x)
	}
	// Gradient descent with step 1/L gains a factor 1 - mu/L a step, mu/L > 1/8.
	w := append([]float64(nil), o.w0...)
	if err := core.Run(r, w, core.Options{T: 2000, Gamma: 1 / o.l, Reg: reg}); err != nil {
		return nil, err
	}
	o.star = problem.Loss(r, w)
	return o, nil
}

// gamma is T^-1/2 2/(3L), small enough for noise of O(1) at every step to leave
// the objective where it is smooth at T = 2^8 already, or 3 ln T/(mu T), so that
// (1 - mu g/3)^T is at most 1/T; never above 1/(3L).
func (o *objective) gamma(s *Scenario, t int) float64 {
	g := 2 / (3 * o.l) / math.Sqrt(float64(t))
	if s.PL {
		g = 3 * math.Log(float64(t)) / (o.mu * float64(t))
	}
	return min(g, 1/(3*o.l)*(1-0x1p-40))
}

// pulse is the perturbation of one step: delta_1 and eps_2.
type pulse struct{ delta, eps float64 }

// walker runs replicates; box holds all weights visited.
type walker struct {
	*objective
	box     core.Box
	grad, u []float64
}

func (o *objective) newWalker() *walker {
	return &walker{objective: o, box: core.NewBox(len(o.w0)), grad: make([]float64, len(o.w0)),
		u: make([]float64, len(o.w0))}
}

// run is one replicate of T steps; it returns the left side and the number of
// perturbed steps.
func (o *walker) run(s *Scenario, t int, rng *rand.Rand) (left float64, perturbed int) {
	g, q := o.gamma(s, t), s.count(t)
	dz, dm, ez, em := s.DZero.at(t), s.DMean.at(t), s.EZero.at(t), s.EMean.at(t)
	w := append([]float64(nil), o.w0...)
	sign := func() float64 { return float64(1 - 2*rng.IntN(2)) }
	for k := range t {
		if !s.PL {
			left += o.gradient2(w)
		}
		p := pulse{}
		if s.on(k, t, q) {
			perturbed++
			p = pulse{float64(dz*sign()) + dm, float64(ez*sign()) + em}
		}
		o.pass(o.x[rng.IntN(len(o.x))], w, p)
		core.Step(w, o.u, g, o.Reg())
		o.box.Add(w)
	}
	if s.PL {
		return problem.Loss(o, w) - o.star, perturbed
	}
	return left / float64(t), perturbed
}

// pass sets u to the gradient U of a perturbed pass of the chain, ln(1 + e^z) at z = <w, x>
// + delta_1, in closed form: (slope + eps_2) x. A test holds it against the pass of core,
// whose loss nobody reads here and which takes three times as long.
func (o *walker) pass(x, w []float64, p pulse) {
	z := 0.0
	for j, v := range x {
		z += float64(v * w[j])
	}
	slope := 1/(1+math.Exp(-(z+p.delta))) + p.eps
	for j, v := range x {
		o.u[j] = slope * v
	}
}

// gradient2 is |grad l(w)|^2, in closed form: each of the T weights has one, and six
// passes more a step would cost six times the run.
func (o *walker) gradient2(w []float64) float64 {
	clear(o.grad)
	for _, x := range o.x {
		z := 0.0
		for j, v := range x {
			z += float64(v * w[j])
		}
		slope := 1 / (1 + math.Exp(-z))
		for j, v := range x {
			o.grad[j] += float64(slope * v)
		}
	}
	sum := 0.0
	for j, v := range o.grad {
		v = v/float64(len(o.x)) + o.Reg().Grad(w[j])
		sum += float64(v * v)
	}
	return sum
}

func (o *objective) measure(s Scenario, opt Options, stream uint64) Result {
	r := Result{Scenario: s}
	for e := opt.MinLog; e <= opt.MaxLog; e++ {
		r.Points = append(r.Points, o.point(&s, 1<<e, opt, stream))
	}
	r.fit()
	return r
}

func (o *objective) point(s *Scenario, t int, opt Options, stream uint64) Point {
	least := minReplicates
	if s.PL {
		least = opt.LeastPL
	}
	n := min(max(opt.Steps/t, least), maxReplicates)
	n -= n % Groups
	p := Point{T: t, Replicates: n}
	w := o.newWalker()
	w.box.Add(o.w0)
	for k := range n {
		rng := rand.New(rand.NewPCG(opt.Seed, stream<<40|uint64(t)<<12|uint64(k)))
		left, q := w.run(s, t, rng)
		p.Q = q
		p.Left += left / float64(n)
		p.ByGroup[k%Groups] += left * Groups / float64(n)
	}
	p.Right = w.explicit(s, t, p.Q)
	return p
}

// explicit is the right side of Theorem 4, or 5 under PL, with (13) and the
// repaired (23) in the past reading, on the box of the weights visited.
func (o *walker) explicit(s *Scenario, t, q int) float64 {
	dz, dm, ez, em := s.DZero.at(t), s.DMean.at(t), s.EZero.at(t), s.EMean.at(t)
	region := core.NewRegion(o.chain)
	region.VisitWeights(o.box.Lo)
	region.VisitWeights(o.box.Hi)
	region.Smoothness(o.x) // covers the exact states
	reach := math.Abs(dz) + math.Abs(dm)
	region.Y[1].Lo[0] -= reach
	region.Y[1].Hi[0] += reach
	region.Widen(core.Margin)
	a := region.Regularity(nil)
	k := bounds.Const{N: 2, C: a.C(), C2: a.C2, Lf: a.Lf, L1: a.L1, L2: a.L2}
	d2, d4 := dz*dz+dm*dm, (dz*dz+dm*dm)*(dz*dz+dm*dm)+4*dz*dz*dm*dm
	thm1 := bounds.Theorem1(k, []float64{0, d2, 0}, []float64{0, 0, ez*ez + em*em})
	thm2 := bounds.RepairedTheorem2(k, []float64{0, dm * dm, 0}, []float64{0, d4, 0}, []float64{0, 0, em * em})
	smooth := bounds.Smooth{L: o.l, Mu: o.mu, Gamma: o.gamma(s, t), SigmaSq: o.SigmaSq(o.box)}
	d0 := problem.Loss(o, o.w0) - o.starLo
	if !s.PL {
		return bounds.Theorem4(smooth, d0, t, float64(q)*thm1, float64(q)*thm2)
	}
	weights := 0.0
	for k := range t {
		if s.on(k, t, q) {
			weights += smooth.Weight(t, k)
		}
	}
	return bounds.Theorem5(smooth, d0, t, weights*thm1, weights*thm2)
}

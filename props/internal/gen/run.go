package gen

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
)

// Run makes a Case a training run of T = Steps steps from the weights W: the
// objective is the mean over the inputs X and More, plus Reg; every step
// draws one input uniformly, or takes all of them (All; the laws must then have
// one outcome each), and perturbs its pass by the laws.
type Run struct {
	More  [][]float64      `json:"more,omitempty"`
	All   bool             `json:"all,omitempty"`
	Gamma float64          `json:"gamma"`
	Steps int              `json:"steps"`
	Reg   core.Regularizer `json:"reg"`
}

// MaxSteps caps the steps of a case, MaxInputs its inputs.
const (
	MaxSteps  = 1 << 20
	MaxInputs = 1 << 11
)

// Training is a run ready to go.
type Training struct {
	*Pass              // of the first input
	Inputs [][]float64 // all inputs
	Run
	Known problem.Known // nil for objectives without global constants
}

// BuildRun checks a case with a run and prepares it. The error names the field
// and the value.
func (c *Case) BuildRun() (*Training, error) { return new(Builder).BuildRun(c) }

// BuildRun is Case.BuildRun.
func (b *Builder) BuildRun(c *Case) (*Training, error) {
	p, err := b.Build(c)
	if err != nil {
		return nil, err
	}
	r := c.Run
	switch {
	case r == nil:
		return nil, fmt.Errorf("gen: the case has no run")
	case r.Steps < 1 || r.Steps > MaxSteps:
		return nil, fmt.Errorf("gen: run.steps is %d, want 1..%d", r.Steps, MaxSteps)
	case !(r.Gamma > 0) || math.IsInf(r.Gamma, 0):
		return nil, fmt.Errorf("gen: run.gamma is %v, want finite and > 0", r.Gamma)
	case len(r.More) >= MaxInputs:
		return nil, fmt.Errorf("gen: run.more has %d inputs, want fewer than %d", len(r.More), MaxInputs)
	}
	if err := r.Reg.Check(); err != nil {
		return nil, fmt.Errorf("gen: run.reg: %w", err)
	}
	t := &Training{Pass: p, Run: *r, Inputs: append([][]float64{c.X}, r.More...)}
	for k, x := range r.More {
		if len(x) != len(c.X) {
			return nil, fmt.Errorf("gen: run.more[%d] has length %d, x has %d", k, len(x), len(c.X))
		}
		if err := finite("run.more", x, k); err != nil {
			return nil, err
		}
	}
	t.Known = known(c.Chain, t.Inputs, r.Reg)
	return t, nil
}

// known is the objective of package problem that the chain is, or nil.
func known(chain []core.Spec, inputs [][]float64, reg core.Regularizer) problem.Known {
	ops := ""
	for _, s := range chain {
		ops += s.Op + " "
	}
	switch {
	case ops == "bias fixed halfsq " && (reg.Kind == "" || reg.Kind == "none"):
		return problem.NewQuadratic(chain[1].A, inputs)
	case ops == "bias halfsq " && (reg.Kind == "" || reg.Kind == "none"):
		return problem.NewQuadratic(identity(len(inputs[0])), inputs)
	case ops == "linear logistic ":
		t := &problem.Table{X: inputs, Label: make([]int, len(inputs)), Names: []string{"-1", "+1"}}
		if r, err := problem.LogisticWith(t, problem.LogisticOptions{Reg: reg}); err == nil {
			return r
		}
	}
	return nil
}

func identity(n int) [][]float64 {
	a := make([][]float64, n)
	for i := range a {
		a[i] = make([]float64, n)
		a[i][i] = 1
	}
	return a
}

// treeNodes bounds the leaves of a drawn tree of steps.
const treeNodes = 256

// runNumbers draws the inputs of a run, and the weights that it begins with.
func runNumbers(src Source, c *Case, inputs int, scale float64) {
	chain, err := core.FromSpecs(c.Chain)
	if err != nil {
		panic("gen: " + err.Error())
	}
	vector := func(n int) []float64 {
		v := make([]float64, n)
		entries(src, v, scale)
		return v
	}
	c.X = vector(chain.D(0))
	for range inputs - 1 {
		c.Run.More = append(c.Run.More, vector(chain.D(0)))
	}
	for i := 1; i <= chain.N(); i++ {
		c.W = append(c.W, vector(chain.Op(i).NW()))
	}
}

// TrainingRun draws a run: a quadratic, a logistic regression or a small
// network; a step size up to 1/(3L) (up to what a box around the weights allows
// where L is not known globally); a tree of a few steps over samples and outcomes,
// or many steps without chance.
func TrainingRun(src Source) *Case {
	c := &Case{Run: &Run{}}
	inputs := src.Int(1, 3)
	certain := src.Int(0, 2) == 0
	switch src.Int(0, 3) {
	case 0, 1:
		quadratic(src, c)
	case 2:
		logistic(src, c)
	default:
		network(src, c)
	}
	runNumbers(src, c, inputs, Scale(src))
	leaves := runLaws(src, c, certain)
	if certain {
		c.Run.All = true
		c.Run.Steps = 1 << src.Int(0, 11)
	} else {
		c.Run.Steps = 1
		for b := leaves * inputs; b > 1 && math.Pow(float64(b), float64(c.Run.Steps+1)) <= treeNodes &&
			src.Int(0, 3) > 0; {
			c.Run.Steps++
		}
	}
	c.Run.Gamma = gamma(c, math.Ldexp(1, -2*src.Int(0, 5)))
	if start := src.Int(0, 2); certain && start > 0 {
		c.Settle(start == 1)
		c.Run.Steps = 1 << src.Int(9, 15)
		c.Run.Gamma = gamma(c, math.Ldexp(1, -2*src.Int(2, 4)))
	}
	return c
}

// Settle starts the run where long training ends: on the plateau of its
// perturbations, where only the gradient that stays counts, or without them at
// the minimum, where D0 does not. A case that cannot be run stays as it is.
func (c *Case) Settle(perturbed bool) {
	run, err := c.BuildRun()
	if err != nil || run.Known == nil {
		return
	}
	delta, eps := make([]perturb.Law, len(run.Plan.Delta)), make([]perturb.Law, len(run.Plan.Eps))
	for i := range delta {
		if l := run.Plan.Delta[i]; l != nil {
			delta[i] = l
		}
		if l := run.Plan.Eps[i]; l != nil {
			eps[i] = l
		}
	}
	opt := core.Options{T: settleSteps, Gamma: gamma(c, 1), Reg: run.Reg}
	if perturbed {
		sampler := perturb.NewSampler(delta, eps, 0)
		opt.Perturb = func(t, k int) core.Perturber { return sampler.At(t, k) }
	}
	w := append([]float64(nil), run.W...)
	err = core.Run(&settling{run}, w, opt)
	if err != nil || finite("w", w) != nil {
		return
	}
	for i := range c.W {
		copy(c.W[i], run.Chain.W(i+1, w))
	}
}

const settleSteps = 400

// settling is the objective of a run.
type settling struct{ *Training }

func (s *settling) Len() int                              { return len(s.Inputs) }
func (s *settling) Sample(k int) (*core.Chain, []float64) { return s.Chain, s.Inputs[k] }

func quadratic(src Source, c *Case) {
	n, m := src.Int(1, 2), src.Int(1, 2)
	if src.Int(0, 1) == 0 {
		c.Chain = []core.Spec{{Op: "bias", N: n}, {Op: "halfsq", N: n}}
		return
	}
	c.Chain = []core.Spec{{Op: "bias", N: n}, {Op: "fixed", A: matrix(src, m, n)}, {Op: "halfsq", N: m}}
}

func logistic(src Source, c *Case) {
	c.Chain = []core.Spec{{Op: "linear", In: src.Int(1, 2), Out: 1}, {Op: "logistic"}}
	c.Run.Reg = core.Regularizer{Kind: pick(src, "none", "l2", "nonconvex")}
	if c.Run.Reg.Kind != "none" {
		c.Run.Reg.Rho = math.Ldexp(1, -src.Int(0, 6))
	}
}

func network(src Source, c *Case) {
	in, width := src.Int(1, 2), src.Int(1, 2)
	c.Chain = []core.Spec{{Op: pick(src, "linear", "affine"), In: in, Out: width}}
	switch src.Int(0, 3) {
	case 0:
		c.Chain = append(c.Chain, core.Spec{Op: "tanh", N: width}, core.Spec{Op: "linear", In: width, Out: 1})
		width = 1
	case 1:
		c.Chain = append(c.Chain, core.Spec{Op: "tanh", N: width})
	case 2:
		c.Chain = append(c.Chain, core.Spec{Op: "scale", N: width})
	}
	c.Chain = append(c.Chain, core.Spec{Op: pick(src, "halfsq", "softmaxce"), N: width})
}

// runLaws draws at most two perturbed sites and returns the outcomes of a pass.
func runLaws(src Source, c *Case, certain bool) (leaves int) {
	n := len(c.Chain)
	zero := perturb.Spec{Law: "zero"}
	for range n {
		c.Delta, c.Eps = append(c.Delta, zero), append(c.Eps, zero)
	}
	room, leaves := 3, 1
	if certain {
		room = 1
	}
	scale := Scale(src)
	for range src.Int(1, 2) {
		i := src.Int(1, n-1)
		if src.Int(0, 1) == 0 {
			c.Delta[i-1] = Law(src, width(c.Chain, i), scale, room, &leaves)
		} else {
			c.Eps[i] = Law(src, width(c.Chain, i), scale, room, &leaves)
		}
		room = 1
	}
	return leaves
}

// gamma is part/(3L), rounded down; it leaves the case as it is.
func gamma(c *Case, part float64) float64 {
	defer func(g float64) { c.Run.Gamma = g }(c.Run.Gamma)
	c.Run.Gamma = 1
	t, err := c.BuildRun()
	if err != nil {
		return 1
	}
	l := 0.0
	if t.Known != nil {
		l = t.Known.L()
	} else {
		r := core.NewRegion(t.Chain)
		lo, hi := make([]float64, len(t.W)), make([]float64, len(t.W))
		for k, w := range t.W {
			lo[k], hi[k] = w-boxRadius*math.Abs(w), w+boxRadius*math.Abs(w)
		}
		r.VisitWeights(lo)
		r.VisitWeights(hi)
		l = r.Smoothness(t.Inputs) + 2*t.Reg.Rho
	}
	g := part / (3 * l) * (1 - 0x1p-40)
	if !(g > 0) || math.IsInf(g, 0) {
		return 1
	}
	return g
}

// boxRadius is how far, relative to itself, a weight may move before the step
// size of a network could be too large; such runs are rejected.
const boxRadius = 0.25

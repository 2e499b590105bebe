package betting

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting/anytime"
)

// Result is one long stochastic run on which a claim about conditional
// expectations was tested by betting, at its share of anytime.SuiteAlpha.
type Result struct {
	Name     string       `json:"name"` // claim and law
	Claim    string       `json:"claim"`
	Steps    int          `json:"steps"` // observations
	Wealth   claim.Number `json:"log_wealth"`
	Rejected bool         `json:"rejected"`
}

// Size of the runs.
const (
	sequentialSteps = 10_000
	sequentialRuns  = 300 // of Theorem 3, each an observation
	sequentialT     = 256

	sequentialInputs = 4 // of the quadratic of these
)

// sequentialLaws perturb delta_1 and eps_2 of the runs.
var sequentialLaws = []struct {
	name string
	spec perturb.Spec
}{
	{"two points with a mean", perturb.Spec{Law: "twopoint", A: []float64{0.75}, B: []float64{-0.25}, P: 0.5}},
	{"zero mean", perturb.Spec{Law: "twopoint", A: []float64{1}, B: []float64{-1}, P: 0.5}},
	{"e4m3 stochastic", perturb.Spec{Law: "round", Format: "e4m3", Mode: "stochastic"}},
}

// Options of the tests.
type Options struct {
	Seed   uint64
	Claims []claim.Claim // those with a Bet are tested
	// Weaken scales the right sides; 0 means 1, the claims themselves. A test of the
	// tests has less.
	Weaken float64
	// Part is the length of the tests, of that of the page; 0 means 1.
	Part float64
}

// Run tests every claim with a Bet under every law: one about a step at every step of
// long runs of logistic regression with one sample a step, or on those of a quadratic
// with one input where it asks for its boundary; one about many steps on repeated short
// runs. The right sides are exact given w^t: only the step itself is drawn.
func Run(opt Options) ([]Result, error) {
	if opt.Weaken == 0 {
		opt.Weaken = 1
	}
	if opt.Part == 0 {
		opt.Part = 1
	}
	bets := slices.DeleteFunc(slices.Clone(opt.Claims), func(c claim.Claim) bool { return c.Bet == nil })
	slices.SortStableFunc(bets, func(a, b claim.Claim) int { return cmp.Compare(order(a.Bet), order(b.Bet)) })
	type job struct {
		claim *claim.Claim
		law   int
	}
	var jobs []job
	for l := range sequentialLaws {
		for k := range bets {
			jobs = append(jobs, job{&bets[k], l})
		}
	}
	errs := make([]error, len(jobs))
	results := pool.Map(len(jobs), func(k int) Result {
		c, law := jobs[k].claim, sequentialLaws[jobs[k].law]
		s := &sequence{
			bet: c.Bet, weaken: opt.Weaken, part: opt.Part, rng: rand.New(rand.NewPCG(opt.Seed, uint64(k))),
			share: anytime.Share(k, len(jobs)),
		}
		errs[k] = s.run(law.spec)
		return Result{
			Name: name(c) + ", " + law.name, Claim: c.ID, Steps: s.test.N(),
			Wealth:   claim.Number(max(s.test.LogWealth(), -math.MaxFloat64)),
			Rejected: s.rejected(),
		}
	})
	for k, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("betting: %s: %w", results[k].Name, err)
		}
	}
	return results, nil
}

// order puts claims about steps first and those on their boundary last.
func order(b *claim.Bet) int {
	switch {
	case b.Step == nil:
		return 1
	case b.Step.Boundary:
		return 2
	}
	return 0
}

// name is the id, and the form where it is not the paper's.
func name(c *claim.Claim) string {
	if c.Form.OfPaper() {
		return c.ID
	}
	return c.ID + " " + string(c.Form)
}

// sequence is one sequential test.
type sequence struct {
	bet    *claim.Bet
	weaken float64
	part   float64
	rng    *rand.Rand
	share  float64 // of the error probability that all tests have together
	test   anytime.Test
}

// rejected says that the test has decided: nothing that follows takes that back, so a
// sequence ends there.
func (s *sequence) rejected() bool { return s.test.Rejected(s.share) }

// length is the number of observations of a test that has n on the page.
func (s *sequence) length(n int) int { return int(math.Ceil(s.part * float64(n))) }

func (s *sequence) run(law perturb.Spec) error {
	if s.bet.Step != nil {
		return s.stepwise(law)
	}
	return s.repeated(law)
}

// sequentialCase is a regression of 16 rows with l2, or a quadratic of so many
// inputs, whose U-u has the same moments everywhere.
func sequentialCase(law perturb.Spec, inputs int, rng *rand.Rand) (*gen.Training, error) {
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "linear", In: 2, Out: 1}, {Op: "logistic"}},
		W:     [][]float64{{1, -0.5}, {}},
		Delta: []perturb.Spec{law, zero}, Eps: []perturb.Spec{zero, law},
		Run: &gen.Run{Steps: 1, Gamma: 1, Reg: core.Regularizer{Kind: "l2", Rho: 0.125}},
	}
	rows, width := 16, 2
	if inputs > 0 {
		c.Chain = []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}
		c.W, c.Run.Reg = [][]float64{{1}, {}}, core.Regularizer{}
		rows, width = inputs, 1
	}
	for range rows {
		x := make([]float64, width)
		for k := range x {
			x[k] = rng.NormFloat64()
		}
		c.Run.More = append(c.Run.More, x)
	}
	c.X, c.Run.More = c.Run.More[0], c.Run.More[1:]
	t, err := c.BuildRun()
	if err != nil {
		return nil, err
	}
	c.Run.Gamma = 1 / (3 * t.Known.L()) * (1 - 0x1p-40)
	return c.BuildRun()
}

// sequentialError is added to every right side, relative to what it is made of:
// far above the rounding of a loss, far below any violation worth the name.
const sequentialError = 1e-9

// stepwise tests a claim about a step: X is the left minus the right side, and at
// least -B since l(w+) is at least l*.
func (s *sequence) stepwise(law perturb.Spec) error {
	inputs := 0
	if s.bet.Step.Boundary {
		inputs = 1
	}
	run, err := sequentialCase(law, inputs, s.rng)
	if err != nil {
		return err
	}
	points := measure.NewPoints(run)
	smooth := bounds.Smooth{L: run.Known.L(), Mu: run.Known.Mu(), Gamma: run.Gamma}
	low, high := run.Known.LStarLower(), run.Known.LStarUpper()
	state := core.NewState(run.Chain)
	w := append([]float64(nil), run.W...)
	for k := 0; k < s.length(sequentialSteps) && !s.rejected(); k++ {
		here, err := points.At(w, k)
		if err != nil {
			return err
		}
		smooth.SigmaSq = here.Variance // at w, the smallest that A2 allows
		at := &claim.Point{
			Loss: here.Loss, Grad2: here.Grad2(), E2: here.Moments.U2, Mean2: here.Moments.UMean2,
			LStarLower: low, LStarUpper: high,
		}
		s.draw(run, state, w, k)
		rounding := sequentialError * (1 + math.Abs(here.Loss))
		allowed := s.bet.Step.Kept(smooth, at) + s.weaken*s.bet.Step.Added(smooth, at) + rounding
		if err := s.test.Observe(points.Loss(w)-allowed, allowed-low+rounding); err != nil {
			return err
		}
	}
	return nil
}

// draw takes one step of (5d) with a random sample and random outcomes.
func (s *sequence) draw(run *gen.Training, state *core.State, w []float64, k int) {
	n := len(run.Plan.Delta)
	delta, eps := make([]perturb.Law, n), make([]perturb.Law, n)
	for i := range n {
		if l := run.Plan.Delta[i]; l != nil {
			delta[i] = l
		}
		if l := run.Plan.Eps[i]; l != nil {
			eps[i] = l
		}
	}
	state.Pass(run.Chain, run.Inputs[s.rng.IntN(len(run.Inputs))], w,
		perturb.NewSampler(delta, eps, s.rng.Uint64()).At(k, 0))
	core.Step(w, state.UAll, run.Gamma, run.Reg)
}

// repeated tests a claim about many steps on repeated runs of a quadratic: the left
// side is at least 0, and the right one is the largest that the visited weights give.
func (s *sequence) repeated(law perturb.Spec) error {
	run, err := sequentialCase(law, sequentialInputs, s.rng)
	if err != nil {
		return err
	}
	p := &paths{sequence: s, run: run, points: measure.NewPoints(run), state: core.NewState(run.Chain)}
	p.smooth = bounds.Smooth{L: run.Known.L(), Mu: run.Known.Mu(), Gamma: run.Gamma,
		SigmaSq: run.Known.SigmaSq(core.Box{})}
	start, err := p.points.At(run.W, 0)
	if err != nil {
		return err
	}
	p.d0, p.high = start.Loss-run.Known.LStarLower(), run.Known.LStarUpper()
	if law.Law == "round" {
		return p.byRun()
	}
	weights := 0.0
	for k := range sequentialT {
		weights += s.bet.Path.Weight(p.smooth, sequentialT, k)
	}
	// E|U-u|^2 and |E[U-u]|^2 are the same at every w.
	right := p.right(weights*start.Moments.U2, weights*start.Moments.UMean2)
	for k := 0; k < s.length(sequentialRuns) && !s.rejected(); k++ {
		left, _, _, err := p.draw()
		if err != nil {
			return err
		}
		if err := s.test.Observe(left-right, right); err != nil {
			return err
		}
	}
	return nil
}

// paths are repeated runs of one case.
type paths struct {
	*sequence
	run    *gen.Training
	points *measure.Points
	state  *core.State
	smooth bounds.Smooth
	d0     float64
	high   float64 // upper bound of l*
}

// right is the right side for weighted sums of E|U-u|^2 and |E[U-u]|^2.
func (p *paths) right(e2, mean2 float64) float64 {
	return p.weaken * p.bet.Path.Right(p.smooth, p.d0, sequentialT, e2, mean2) * (1 + sequentialError)
}

// byRun is for laws whose moments depend on the state: then the right side of each
// path uses the moments at its own weights, whose mean is that of the claim, and is
// capped by roundCap times the one without perturbations. A path beyond the cap would
// be an error; the cap only sets the stakes.
func (p *paths) byRun() error {
	const roundCap = 2
	bare := p.bet.Path.Right(p.smooth, p.d0, sequentialT, 0, 0)
	for k := 0; k < p.length(sequentialRuns) && !p.rejected(); k++ {
		left, e2, mean2, err := p.draw()
		if err != nil {
			return err
		}
		if err := p.test.Observe(left-p.right(e2, mean2), p.weaken*roundCap*bare); err != nil {
			return err
		}
	}
	return nil
}

// draw is one run of sequentialT steps: the left side, and the sums of the
// conditional moments along it, weighted as the claim wants.
func (p *paths) draw() (left, e2, mean2 float64, err error) {
	w := append([]float64(nil), p.run.W...)
	meanGrad2 := 0.0
	for k := range sequentialT {
		here, err := p.points.At(w, k)
		if err != nil {
			return 0, 0, 0, err
		}
		weight := p.bet.Path.Weight(p.smooth, sequentialT, k)
		meanGrad2 += here.Grad2() / sequentialT
		e2 += weight * here.Moments.U2
		mean2 += weight * here.Moments.UMean2
		p.sequence.draw(p.run, p.state, w, k)
	}
	gap := max(p.points.Loss(w)-p.high, 0) // from below: l* from above
	return p.bet.Path.Left(meanGrad2, gap), e2, mean2, nil
}

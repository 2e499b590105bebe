package props

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting/anytime"
)

// SequentialReport is one long stochastic run on which a claim about conditional
// expectations was tested by betting, at its share of anytime.SuiteAlpha.
type SequentialReport struct {
	Name     string `json:"name"` // claim and law
	Claim    string `json:"claim"`
	Steps    int    `json:"steps"` // observations
	Wealth   Number `json:"log_wealth"`
	Rejected bool   `json:"rejected"`
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

// rootClaim is the root form of (40), which a quadratic with a bias meets: a true
// null on its boundary, and the test with the most power.
const rootClaim = "eq40 sharp-root"

// CheckSequential tests (36) and (40) at every step of long runs of logistic
// regression with one sample a step, the root form of (40) on those of a quadratic
// with one input, and Theorem 3 and (41) on repeated short ones.
// The right sides are exact given w^t: only the step itself is drawn. weaken scales
// the right sides, 1 for the claims themselves: a test of the tests has less.
func CheckSequential(seed uint64, weaken float64) ([]SequentialReport, error) {
	type job struct {
		claim string
		law   int
	}
	var jobs []job
	for l := range sequentialLaws {
		for _, claim := range []string{"eq36", "eq40", "thm3", "eq41", rootClaim} {
			jobs = append(jobs, job{claim, l})
		}
	}
	errs := make([]error, len(jobs))
	reports := parallel(len(jobs), func(k int) SequentialReport {
		j := jobs[k]
		s := &sequence{claim: j.claim, weaken: weaken, rng: rand.New(rand.NewPCG(seed, uint64(k)))}
		errs[k] = s.run(sequentialLaws[j.law].spec)
		return SequentialReport{
			Name: j.claim + ", " + sequentialLaws[j.law].name, Claim: j.claim[:len("eq40")], Steps: s.test.N(),
			Wealth: Number(max(s.test.LogWealth(), -math.MaxFloat64)), Rejected: s.test.Rejected(anytime.Share(k, len(jobs))),
		}
	})
	for k, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("%s: %w", reports[k].Name, err)
		}
	}
	return reports, nil
}

// sequence is one sequential test.
type sequence struct {
	claim  string
	weaken float64
	rng    *rand.Rand
	test   anytime.Test
}

func (s *sequence) run(law perturb.Spec) error {
	if s.claim == "thm3" || s.claim == "eq41" {
		return s.repeated(law)
	}
	return s.stepwise(law)
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

// stepwise tests (36) or (40): X is the left minus the right side, and at least
// -B since l(w+) is at least l*.
func (s *sequence) stepwise(law perturb.Spec) error {
	inputs := 0
	if s.claim == rootClaim {
		inputs = 1
	}
	t, err := sequentialCase(law, inputs, s.rng)
	if err != nil {
		return err
	}
	r := newTrainer(t)
	smooth := bounds.Smooth{L: t.Known.L(), Mu: t.Known.Mu(), Gamma: t.Gamma}
	low, high := t.Known.LStarLower(), t.Known.LStarUpper()
	w := append([]float64(nil), t.W...)
	for k := range sequentialSteps {
		r.variance = 0
		here, err := r.look(w, k)
		if err != nil {
			return err
		}
		smooth.SigmaSq = r.variance // at w, the smallest that A2 allows
		right := s.weaken * bounds.Eq36(smooth, here.moments.U2, here.moments.UMean2)
		kept := here.loss - t.Gamma/6*norm2(here.grad) // E l(w+) <= kept + right
		switch s.claim {
		case "eq40":
			kept = smooth.Q()*here.loss + (1-smooth.Q())*high
		case rootClaim:
			kept = smooth.RootQ()*here.loss + (1-smooth.RootQ())*high
			spread := max(here.moments.U2-here.moments.UMean2, 0)
			right = s.weaken * bounds.RootEq40(smooth, here.loss-low, here.moments.UMean2, spread)
		}
		s.draw(t, r.state, w, k)
		allowed := kept + right + sequentialError*(1+math.Abs(here.loss))
		if err := s.test.Observe(r.loss(w)-allowed, allowed-low+sequentialError*(1+math.Abs(here.loss))); err != nil {
			return err
		}
	}
	return nil
}

// draw takes one step of (5d) with a random sample and random outcomes.
func (s *sequence) draw(t *gen.Training, state *core.State, w []float64, k int) {
	n := len(t.Plan.Delta)
	delta, eps := make([]perturb.Law, n), make([]perturb.Law, n)
	for i := range n {
		if l := t.Plan.Delta[i]; l != nil {
			delta[i] = l
		}
		if l := t.Plan.Eps[i]; l != nil {
			eps[i] = l
		}
	}
	state.Pass(t.Chain, t.Inputs[s.rng.IntN(len(t.Inputs))], w, perturb.NewSampler(delta, eps, s.rng.Uint64()).At(k, 0))
	core.Step(w, state.UAll, t.Gamma, t.Reg)
}

// repeated tests Theorem 3 or (41) on repeated runs of a quadratic: the left side
// is at least 0, and the right one is the largest that the visited weights give.
func (s *sequence) repeated(law perturb.Spec) error {
	t, err := sequentialCase(law, sequentialInputs, s.rng)
	if err != nil {
		return err
	}
	r := newTrainer(t)
	smooth := bounds.Smooth{L: t.Known.L(), Mu: t.Known.Mu(), Gamma: t.Gamma, SigmaSq: t.Known.SigmaSq(core.Box{})}
	if law.Law == "round" {
		return s.byRun(t, r, smooth)
	}
	start, err := r.look(t.W, 0)
	if err != nil {
		return err
	}
	d0 := start.loss - t.Known.LStarLower()
	e2, mean2 := start.moments.U2, start.moments.UMean2 // the same at every w
	weights := 0.0
	for k := range sequentialT {
		weights += smooth.Weight(sequentialT, k)
	}
	right := bounds.Theorem3(smooth, d0, sequentialT, sequentialT*e2, sequentialT*mean2)
	if s.claim == "eq41" {
		right = bounds.Eq41(smooth, d0, sequentialT, weights*e2, weights*mean2)
	}
	right = s.weaken * right * (1 + sequentialError)
	for range sequentialRuns {
		left, _, err := s.path(t, r)
		if err != nil {
			return err
		}
		if err := s.test.Observe(left-right, right); err != nil {
			return err
		}
	}
	return nil
}

// byRun is repeated for laws whose moments depend on the state: then the right
// side of each path uses the moments at its own weights, whose mean is that of
// the claim, and is capped by roundCap times the one without perturbations. A path
// beyond the cap would be an error; the cap only sets the stakes.
func (s *sequence) byRun(t *gen.Training, r *trainer, smooth bounds.Smooth) error {
	const roundCap = 2
	start, err := r.look(t.W, 0)
	if err != nil {
		return err
	}
	d0 := start.loss - t.Known.LStarLower()
	bare := bounds.Theorem3(smooth, d0, sequentialT, 0, 0)
	if s.claim == "eq41" {
		bare = bounds.Eq41(smooth, d0, sequentialT, 0, 0)
	}
	for range sequentialRuns {
		left, sums, err := s.path(t, r)
		if err != nil {
			return err
		}
		right := bounds.Theorem3(smooth, d0, sequentialT, sums.E2, sums.Mean2)
		if s.claim == "eq41" {
			right = bounds.Eq41(smooth, d0, sequentialT, sums.E2, sums.Mean2)
		}
		right *= s.weaken * (1 + sequentialError)
		if err := s.test.Observe(left-right, s.weaken*roundCap*bare); err != nil {
			return err
		}
	}
	return nil
}

// path is one run of sequentialT steps: the left side, and the sums of the
// conditional moments along it, weighted as the claim wants.
func (s *sequence) path(t *gen.Training, r *trainer) (left float64, sums StepSums, err error) {
	w := append([]float64(nil), t.W...)
	for k := range sequentialT {
		d, err := r.look(w, k)
		if err != nil {
			return 0, sums, err
		}
		weight := 1.0
		if s.claim == "eq41" {
			weight = r.smooth.Weight(sequentialT, k)
		}
		left += norm2(d.grad) / sequentialT
		sums.E2 += weight * d.moments.U2
		sums.Mean2 += weight * d.moments.UMean2
		s.draw(t, r.state, w, k)
	}
	if s.claim == "eq41" {
		// The gap from below: l* from above.
		left = max(r.loss(w)-t.Known.LStarUpper(), 0)
	}
	r.nodes = 0
	return left, sums, nil
}

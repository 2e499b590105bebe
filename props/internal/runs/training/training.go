package training

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// Result is one training run on real data, perturbed at every operator by
// one law, with every claim about one step checked along the way that holds for the
// average over inputs when it holds for each (Claim.Mixes): all but (6), the spike and
// Lemma 2, which is about single events.
type Result struct {
	Name      string                  `json:"name"` // data set and law
	Steps     int                     `json:"steps"`
	LossFirst claim.Number            `json:"loss_first"`
	LossLast  claim.Number            `json:"loss_last"`
	Logged    []LoggedStep            `json:"logged"`
	Ratio     map[string]claim.Number `json:"ratio"`     // largest left/right of each claim
	Uncertain int                     `json:"uncertain"` // checks within rounding, not counted
	Violated  []string                `json:"violated,omitempty"`
	OK        bool                    `json:"ok"` // no claim that the search did not refute is violated
}

// LoggedStep stands the measured E|U-u|^2 beside Theorem 1's bound. E is over
// the samples of the batch and the draws of each.
type LoggedStep struct {
	T        int          `json:"t"`
	Measured claim.Number `json:"measured"`
	Bound    claim.Number `json:"bound"`
	Sharp    claim.Number `json:"sharp"`      // the sharpened bound
	Each     claim.Number `json:"sharp_each"` // with the constants of each operator
}

// Size of the runs.
const (
	runSteps = 200
	runBatch = 32
	runEvery = 20 // steps between logged ones
	// runDraws is how often a law without a list of outcomes is drawn for each
	// sample. The draws are a finite law of their own, for which the claims about
	// second moments hold as they stand: no sampling error enters a check.
	runDraws = 8
)

// law of a run and the name it goes by.
type runLaw struct {
	name string
	law  perturb.Law
}

var runLaws = []runLaw{
	{"bf16 nearest", perturb.Round("bf16", false)},
	{"e4m3 stochastic", perturb.Round("e4m3", true)},
	{"int8 nearest", perturb.Round("int8", false)},
}

// Options of the runs.
type Options struct {
	Seed     uint64
	Findings []*search.Finding // whose claims are checked, those about a step
}

// Run trains logistic regression on breast_cancer and the network 64-16-10 on digits
// under every law, and checks the claims that are about a step. It fails only when the
// data cannot be read.
func Run(opt Options) ([]Result, error) {
	cancer, digits, err := objectives()
	if err != nil {
		return nil, err
	}
	type job struct {
		name  string
		obj   core.Objective
		gamma float64
		law   runLaw
	}
	var jobs []job
	for _, l := range runLaws {
		jobs = append(jobs, job{"breast_cancer", cancer, 0.1, l}, job{"digits 64-16-10", digits, 0.5, l})
	}
	// Top-k on the scalar activation of logistic regression keeps all.
	jobs = append(jobs, job{"digits 64-16-10", digits, 0.5, runLaw{"top-8", perturb.TopK(8)}})
	return pool.Map(len(jobs), func(k int) Result {
		j := jobs[k]
		r := &runner{obj: j.obj, law: j.law.law, Options: opt}
		r.result = Result{Name: j.name + ", " + j.law.name, Steps: runSteps, Ratio: map[string]claim.Number{}}
		r.train(j.gamma)
		return r.result
	}), nil
}

func objectives() (cancer, digits core.Objective, err error) {
	table, err := gen.BreastCancer()
	if err != nil {
		return nil, nil, err
	}
	if cancer, err = problem.Logistic(table); err != nil {
		return nil, nil, err
	}
	if table, err = gen.Digits(); err != nil {
		return nil, nil, err
	}
	digits, err = problem.Network(table, 16)
	return cancer, digits, err
}

type runner struct {
	obj core.Objective
	law perturb.Law
	Options
	result Result
}

func (r *runner) train(gamma float64) {
	c, _ := r.obj.Sample(0)
	w := problem.InitWeights(c, r.Seed)
	n := c.N()
	laws := make([]perturb.Law, n+1)
	for i := 1; i <= n; i++ {
		laws[i] = r.law
	}
	sampler := perturb.NewSampler(laws, laws, r.Seed)
	rng := rand.New(rand.NewPCG(r.Seed, 7))
	batch := make([]int, runBatch)
	r.result.LossFirst = claim.Number(problem.Loss(r.obj, w))
	err := core.Run(r.obj, w, core.Options{
		T: runSteps, Gamma: gamma,
		Batch: func(int) []int {
			for k := range batch {
				batch[k] = rng.IntN(r.obj.Len())
			}
			return batch
		},
		Perturb: func(t, k int) core.Perturber { return sampler.At(t, k) },
		Observe: func(t int, w, _ []float64, batch []int) error {
			if t%runEvery == 0 || t == runSteps-1 {
				return r.log(t, w, batch)
			}
			return nil
		},
	})
	r.result.LossLast = claim.Number(problem.Loss(r.obj, w))
	if err != nil {
		r.result.Violated = append(r.result.Violated, err.Error())
	}
	if r.checkable() && len(r.result.Ratio) == 0 {
		r.result.Violated = append(r.result.Violated, "no claim could be checked at any step")
	}
	r.result.OK = len(r.result.Violated) == 0
}

// checkable reports that there is a claim that a step of a run may be checked against.
func (r *runner) checkable() bool { return slices.ContainsFunc(r.Findings, mixes) }

// mixes reports that the claim is about one step on a batch.
func mixes(f *search.Finding) bool { return f.Claim.Kind == claim.Step && f.Claim.Mixes }

// log measures step t at weights w and checks every claim.
func (r *runner) log(t int, w []float64, batch []int) error {
	c, _ := r.obj.Sample(0)
	var passes []gen.Pass
	for _, k := range batch {
		chain, x := r.obj.Sample(k)
		for _, plan := range r.plans(chain, x, w, t, k) {
			passes = append(passes, gen.Pass{Chain: chain, X: x, W: w, Plan: plan})
		}
	}
	step, err := measure.NewEvaluator(c).Mean(passes, t)
	if errors.Is(err, measure.ErrIllConditioned) {
		r.result.Uncertain++
		return nil
	}
	if err != nil {
		return fmt.Errorf("step %d: %w", t, err)
	}
	lo, hi := &step.Lo, &step.Hi
	if !(lo.U2 <= math.MaxFloat64) {
		return fmt.Errorf("step %d: E|U-u|^2 is %v", t, lo.U2)
	}
	r.result.Logged = append(r.result.Logged, LoggedStep{
		T: t, Measured: claim.Number(lo.U2), Bound: claim.Number(bounds.Theorem1(hi.K, hi.D2, hi.E2)),
		Sharp: claim.Number(bounds.SharpTheorem1(hi.K, hi.D2, hi.E2)),
		Each:  claim.Number(bounds.SharpTheorem1PerOp(hi.PerOp(), hi.D2, hi.E2)),
	})
	r.check(t, step)
	return nil
}

func (r *runner) check(t int, step *measure.Step) {
	for _, g := range r.Findings {
		if !mixes(g) {
			continue
		}
		res := g.Claim.Check(&step.Lo, &step.Hi)
		if res.Reason != claim.Valid {
			continue
		}
		name := g.Claim.Name()
		r.result.Ratio[name] = max(r.result.Ratio[name], claim.Number(res.Ratio))
		switch {
		case res.Answer == claim.Uncertain:
			r.result.Uncertain++
		case res.Answer == claim.No && g.Verdict() != claim.Refuted:
			r.result.Violated = append(r.result.Violated, fmt.Sprintf("%s at step %d: %v > %v", name, t, res.Left,
				res.Right))
		}
	}
}

// plans are the laws of a sample's pass: the run's law where its one outcome
// is listed, else runDraws constant plans drawn from it.
func (r *runner) plans(c *core.Chain, x, w []float64, t, k int) []expect.Plan {
	n := c.N()
	if !r.stochastic() {
		plan := expect.Plan{Delta: make([]perturb.Finite, n+1), Eps: make([]perturb.Finite, n+1)}
		f := r.law.(perturb.Finite)
		for i := 1; i <= n; i++ {
			plan.Delta[i], plan.Eps[i] = f, f
		}
		return []expect.Plan{plan}
	}
	laws := make([]perturb.Law, n+1)
	for i := range laws {
		laws[i] = r.law
	}
	s := core.NewState(c)
	plans := make([]expect.Plan, runDraws)
	for d := range plans {
		s.Pass(c, x, w, perturb.NewSampler(laws, laws, r.Seed+uint64(d)).At(t, k))
		plans[d] = expect.Plan{Delta: constants(s.Delta), Eps: constants(s.Eps)}
	}
	return plans
}

func (r *runner) stochastic() bool { return r.law.Spec().Mode == "stochastic" }

func constants(v [][]float64) []perturb.Finite {
	laws := make([]perturb.Finite, len(v))
	for i, d := range v {
		if d != nil {
			laws[i] = perturb.Constant(d)
		}
	}
	return laws
}

package props

import (
	"fmt"
	"math/rand/v2"

	"github.com/cascade-sgd/cascade"
	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// RunReport is one training run on real data, perturbed at every operator by
// one law, with every claim about one step checked along the way that holds for the
// average over inputs when it holds for each (Claim.Mixes): all but (6), the spike and
// Lemma 2, which is about single events.
type RunReport struct {
	Name      string            `json:"name"` // data set and law
	Steps     int               `json:"steps"`
	LossFirst Number            `json:"loss_first"`
	LossLast  Number            `json:"loss_last"`
	Logged    []LoggedStep      `json:"logged"`
	Ratio     map[string]Number `json:"ratio"`     // largest left/right of each claim
	Uncertain int               `json:"uncertain"` // checks within rounding, not counted
	Violated  []string          `json:"violated,omitempty"`
	OK        bool              `json:"ok"` // no claim that the search did not refute is violated
}

// LoggedStep stands the measured E|U-u|^2 beside Theorem 1's bound. E is over
// the samples of the batch and the draws of each.
type LoggedStep struct {
	T        int    `json:"t"`
	Measured Number `json:"measured"`
	Bound    Number `json:"bound"`
	Sharp    Number `json:"sharp"`      // the sharpened bound
	Each     Number `json:"sharp_each"` // with the constants of each operator
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

// CheckRuns trains logistic regression on breast_cancer and the network
// 64-16-10 on digits under every law, and checks the claims of findings that are
// about a step. It fails only when the data cannot be read.
func CheckRuns(findings []*Finding, seed uint64) ([]RunReport, error) {
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
	reports := parallel(len(jobs), func(k int) RunReport {
		j := jobs[k]
		r := &runner{obj: j.obj, law: j.law.law, findings: findings, seed: seed}
		r.report = RunReport{Name: j.name + ", " + j.law.name, Steps: runSteps, Ratio: map[string]Number{}}
		r.train(j.gamma)
		return r.report
	})
	return reports, nil
}

func objectives() (cancer, digits core.Objective, err error) {
	table, err := readCancer()
	if err != nil {
		return nil, nil, err
	}
	if cancer, err = problem.Logistic(table); err != nil {
		return nil, nil, err
	}
	g, err := cascade.Testdata.Open("testdata/data/digits.csv.gz")
	if err != nil {
		return nil, nil, err
	}
	defer g.Close()
	if table, err = problem.ReadDigits(g); err != nil {
		return nil, nil, fmt.Errorf("digits.csv.gz: %w", err)
	}
	table.Scale(1.0 / 16)
	digits, err = problem.Network(table, 16)
	return cancer, digits, err
}

type runner struct {
	obj      core.Objective
	law      perturb.Law
	findings []*Finding
	seed     uint64
	report   RunReport
}

func (r *runner) train(gamma float64) {
	c, _ := r.obj.Sample(0)
	w := problem.InitWeights(c, r.seed)
	n := c.N()
	laws := make([]perturb.Law, n+1)
	for i := 1; i <= n; i++ {
		laws[i] = r.law
	}
	sampler := perturb.NewSampler(laws, laws, r.seed)
	rng := rand.New(rand.NewPCG(r.seed, 7))
	batch := make([]int, runBatch)
	r.report.LossFirst = Number(problem.Loss(r.obj, w))
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
	r.report.LossLast = Number(problem.Loss(r.obj, w))
	if err != nil {
		r.report.Violated = append(r.report.Violated, err.Error())
	}
	r.report.OK = len(r.report.Violated) == 0
}

// log measures one step at weights w and checks every claim.
func (r *runner) log(t int, w []float64, batch []int) error {
	c, _ := r.obj.Sample(0)
	n := c.N()
	ev := newEvaluator(c)
	f, region := &ev.facts, ev.region
	errs := f.Errors
	region.VisitWeights(w)
	var ms []*expect.Moments
	v0, one := make([]float64, n+1), make([]float64, n+1)
	for _, k := range batch {
		c, x := r.obj.Sample(k)
		walker := expect.NewWalker(c)
		for _, plan := range r.plans(c, x, w, t, k) {
			m := expect.NewMoments(c)
			if err := walker.Walk(m, x, w, &plan, t); err != nil {
				return fmt.Errorf("step %d, sample %d: %w", t, k, err)
			}
			ms = append(ms, m)
			reach := walker.Reach()
			region.VisitBoxes(reach.Y)
			errs.VisitNorms(reach.MaxY, reach.MaxV)
		}
		normsOfV(one, walker.Exact())
		for i, v := range one {
			v0[i] = max(v0[i], v) // (12) and Lemma 1 hold for each sample
		}
	}
	p := make([]float64, len(ms))
	for k := range p {
		p[k] = 1 / float64(len(ms))
	}
	region.Widen(core.Margin)
	k := region.Regularity(f.Per)
	if !errs.Compute(region, f.Per) {
		r.report.Uncertain++
		return nil
	}
	mixed := expect.NewMoments(c)
	mixed.Mix(c, ms, p)
	f.enclose(Constants(n, k), v0, mixed, errs, momentError, 1)
	r.report.Logged = append(r.report.Logged, LoggedStep{
		t, Number(f.Lo.U2), Number(bounds.Theorem1(f.Hi.K, f.Hi.D2, f.Hi.E2)),
		Number(bounds.SharpTheorem1(f.Hi.K, f.Hi.D2, f.Hi.E2)), Number(bounds.SharpTheorem1PerOp(f.Hi.perOp(), f.Hi.D2, f.Hi.E2)),
	})
	r.check(t, f)
	return nil
}

func (r *runner) check(t int, f *Facts) {
	for _, g := range r.findings {
		if g.Claim.Kind != Step || !g.Claim.Mixes {
			continue
		}
		res := g.Claim.Check(&f.Lo, &f.Hi)
		if res.Reason != Valid {
			continue
		}
		name := g.Claim.Name()
		r.report.Ratio[name] = max(r.report.Ratio[name], Number(res.Ratio))
		switch {
		case res.Answer == Uncertain:
			r.report.Uncertain++
		case res.Answer == No && g.Verdict() != "refuted":
			r.report.Violated = append(r.report.Violated, fmt.Sprintf("%s at step %d: %v > %v", name, t, res.Left, res.Right))
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
		s.Pass(c, x, w, perturb.NewSampler(laws, laws, r.seed+uint64(d)).At(t, k))
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

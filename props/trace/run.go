package trace

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// What Judge does how often, and how much it keeps.
const (
	sharesEvery = 10  // steps whose first-order shares are taken
	apartEvery  = 50  // steps that are taken apart, besides flagged ones
	MaxColumns  = 240 // of a Judgement
	MaxFaults   = 100
	maxApart    = 200 // flagged steps that are taken apart
	maxWorkers  = 5   // reading and what is done in order keep no more of them busy
	// of a spike, from which on a declared compressor is its cause
	declaredShare = 0.5
)

// Judge reads the record at path and judges it. The error is that of a record that is not as FORMAT.md
// has it, or of ctx; a fault of the engine is no error. When ctx ends, what was judged until then comes
// with its error.
func Judge(ctx context.Context, path string) (*Judgement, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return r.Judge(ctx)
}

// Judge judges the steps that are left of r.
func (r *Record) Judge(ctx context.Context) (*Judgement, error) {
	workers := runtime.GOMAXPROCS(0)
	if workers > 1 { // one may wait for the one before it
		workers = min(workers+1, maxWorkers)
	}
	return newRunJudge(r.shape, r.Path).all(ctx, r, workers)
}

// source gives steps: a Record.
type source interface{ Next(*Step) error }

// runJudge judges a run.
type runJudge struct {
	*stepJudge // of the step that is taken in
	ranker     *ranker
	series     series
	bias       []bias
	sums       []siteTotals
	columns    columns
	out        *Judgement
	faults     map[Fault]int // index in out.Faults by site and rule
	curve      curve
	taken      int       // flagged steps that were taken apart
	start      []float64 // the weights of the first step
	seenTwice  bool      // weights were recorded at more than one time
	moved      bool      // and were not the same
	small      int       // numbers of a step of which more than two are judged at a time
}

// siteTotals are sums over the run.
type siteTotals struct {
	sum2, pred, largest float64
	samples             int
	share               float64
	shares              int
	gain, atMost        float64
}

func newRunJudge(s *shape, path string) *runJudge {
	n := 2*s.chain.N() - 1
	r := &runJudge{
		stepJudge: newStepJudge(s, newApart(s)),
		ranker:    newRanker(s),
		bias:      make([]bias, n),
		sums:      make([]siteTotals, n),
		faults:    map[Fault]int{},
		small:     smallStep,
	}
	r.columns.sites = n
	r.series.blocks = map[int][]block{}
	r.out = &Judgement{
		Version:    JudgementVersion,
		Record:     path,
		Engine:     strict.Line(s.run.Engine),
		Note:       strict.Line(s.run.Note),
		Chain:      s.run.Chain,
		Precision:  s.run.Precision,
		Reg:        s.run.Reg.Kind,
		FalseAlarm: FalseAlarm,
		Faults:     []Fault{},
		Suspects:   []Suspect{},
		Spikes:     []Spike{},
		Judged:     []StepSum{},
		Unchecked:  []string{},
		Exceeded:   []Sentence{},
	}
	for _, op := range s.run.Chain {
		r.out.Operators = append(r.out.Operators, operatorName(op))
	}
	return r
}

// run judges the steps of a source one after the other.
func (r *runJudge) run(ctx context.Context, from source) (*Judgement, error) {
	return r.all(ctx, from, 1)
}

// step takes in a step that was judged; false: nothing behind it can be judged.
func (r *runJudge) step(at *slot, one *[]block) bool {
	r.stepJudge = at.judge
	k, st, m := at.k, &at.step, at.got
	if k == 0 {
		r.out.First, r.out.Samples, r.out.Recorded = st.T, st.M, st.B
		r.notChecked(st)
	}
	r.out.Last, r.out.Steps = st.T, k+1
	r.follow(st)
	r.settle(m)
	r.addFaults()
	if !m.finite {
		r.out.Unchecked = append(r.out.Unchecked,
			fmt.Sprintf("steps behind step %d: its states are not finite", st.T))
		return false
	}
	*one = r.ranker.add(st.T, r.sites, *one)
	flagged := r.series.add(m)
	if flagged {
		r.series.blocks[k] = slices.Clone(*one)
	}
	for i := range r.sites {
		r.bias[i].add(&r.sites[i], st.B, r.sites[i].bound)
		r.sums[i].add(&r.sites[i], st.B)
	}
	var first []float64
	switch {
	case !(m.error2 > 0) || r.partial != nil:
	case k%apartEvery == 0 || flagged && r.taken < maxApart:
		if flagged {
			r.taken++
		}
		s := r.takeApart(m)
		s.Flagged = flagged
		r.out.Judged = append(r.out.Judged, s)
		first = make([]float64, len(s.Share))
		for i := range first {
			first[i] = float64(s.Share[i])
			r.sums[i].gain = larger(r.sums[i].gain, float64(s.Gain[i]))
			r.sums[i].atMost = larger(r.sums[i].atMost, float64(s.GainAtMost[i]))
		}
	case k%max(sharesEvery, r.columns.per) == 0: // one a column, and not fewer than that
		first = r.first(m.error2)
	}
	for i, x := range first {
		r.sums[i].share += x
		r.sums[i].shares++
	}
	if k%apartEvery == 0 && r.partial == nil {
		r.curve.add(r.stepJudge, st, m)
	}
	r.columns.add(m, r.sites, st.B, first)
	r.budget(st.T, m)
	r.declaredBudgets(st)
	return true
}

// follow notes whether a weight has moved.
func (r *runJudge) follow(st *Step) {
	if r.moved {
		return
	}
	if r.start == nil {
		r.start = slices.Clone(st.W)
	} else {
		r.seenTwice, r.moved = true, !slices.Equal(r.start, st.W)
	}
	if st.After != nil {
		r.seenTwice, r.moved = true, r.moved || !slices.Equal(r.start, st.After)
	}
}

// larger is the larger one; NaN is smaller than all.
func larger(a, b float64) float64 {
	if b > a || a != a {
		return b
	}
	return a
}

func (s *siteTotals) add(e *siteError, samples int) {
	if e.checked {
		s.sum2 += e.sum2[byValue]
		s.pred += e.pred
		s.samples += samples
		s.largest = max(s.largest, math.Sqrt(e.sum2[byValue]/float64(samples)))
	}
}

// castsWeights looks whether the weights are no numbers of the compute format.
func (s *shape) castsWeights(st *Step) bool {
	f := formats[s.run.Precision.Compute]
	return slices.ContainsFunc(st.W, func(w float64) bool { return f.nearest(w) != w })
}

// notChecked notes what the record does not have.
func (r *runJudge) notChecked(st *Step) {
	add := func(format string, args ...any) {
		r.out.Unchecked = append(r.out.Unchecked, fmt.Sprintf(format, args...))
	}
	switch {
	case st.B < st.M:
		add("U against (5c), w against (5d), the loss: %d of %d samples are recorded", st.B, st.M)
	case st.U == nil:
		add("U against (5c), w against (5d): U is not recorded")
	}
	if p := r.partial; p != nil {
		add("shares of sites: states are sampled")
		for site, op := range p.ops {
			if op == nil {
				add("%s: not all that its operator reads is recorded", r.name(r.site(site)))
			}
		}
	}
	if math.IsNaN(st.Loss) {
		add("the mean loss: it is not recorded; it is taken from the recorded samples")
	}
}

// addFaults takes in the faults of the step.
func (r *runJudge) addFaults() {
	seen := false
	for _, f := range r.seen {
		key := Fault{Site: f.Site, Rule: f.Rule}
		at, known := r.faults[key]
		switch {
		case known:
			r.out.Faults[at].Steps++
		case len(r.out.Faults) < MaxFaults:
			f.Steps = 1
			r.faults[key] = len(r.out.Faults)
			r.out.Faults = append(r.out.Faults, f)
		}
		seen = true
	}
	if seen {
		r.out.FaultySteps++
	}
}

// budget holds the step against what the record declares.
func (r *runJudge) budget(t int, m measured) {
	b := r.shape.run.Budget
	if b == nil {
		return
	}
	size, grad := math.Sqrt(m.error2), math.Sqrt(m.grad2)
	check := func(name string, declared, limit float64) {
		if declared == 0 || size <= limit {
			return
		}
		for k := range r.out.Exceeded {
			if r.out.Exceeded[k].Name == name {
				return
			}
		}
		no := false
		r.out.Exceeded = append(r.out.Exceeded, Sentence{name, &no,
			fmt.Sprintf("step %d: |U-u| is %.4g, and the declared budget (%s) allows %.4g", t, size, name, limit)})
	}
	check("error", b.Error, b.Error)
	check("relative", b.Relative, b.Relative*grad)
}

func difference2(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		sum += (x - b[k]) * (x - b[k])
	}
	return sum
}

// finish fills the Judgement.
func (r *runJudge) finish() {
	out := r.out
	out.Columns = r.columns.list()
	out.Drift = r.drift()
	if out.Steps == 0 {
		out.Verdict, out.Says = NothingJudged, "nothing judged: the record has no step"
		return
	}
	r.ranker.finish()
	refs := r.ranker.references()
	for _, f := range r.ranker.findings() {
		out.Suspects = append(out.Suspects, r.suspect(f))
	}
	out.Spikes = r.series.spikes(r.smooth())
	out.Constants = r.sayConstants()
	for k := range out.Spikes {
		r.cause(&out.Spikes[k], refs)
	}
	for k := range r.sums {
		out.Sites = append(out.Sites, r.siteSum(k))
	}
	r.rate()
	r.verdict()
}

// name is a site with its operator: "eps_5 (affine(16,24), backward)".
func (r *runJudge) name(s Site) string {
	way := "forward"
	switch s.Kind {
	case "eps":
		way = "backward"
	case "U", "w", "V", "loss":
		return fmt.Sprintf("%s_%d", s.Kind, s.I)
	}
	declared := ""
	if d := r.declaredAt(s); d != nil {
		declared = ", " + d.String()
	}
	return fmt.Sprintf("%s_%d (%s, %s%s)", s.Kind, s.I, r.out.Operators[s.Op-1], way, declared)
}

// declaredAt is what is declared of a site, nil for nothing.
func (r *runJudge) declaredAt(s Site) *Declared {
	if s.Kind == "eps" {
		return r.declared[r.epsSite(s.I)]
	}
	return r.declared[r.deltaSite(s.I)]
}

// suspect puts a finding into words.
func (r *runJudge) suspect(f finding) Suspect {
	s := Suspect{Site: r.site(f.site), From: f.block.from, To: f.block.to, Window: f.window, Ratio: Number(f.ratio),
		Score: Number(f.score), Test: f.test, Share: Number(math.NaN())}
	sum, weight := 0.0, 0.0 // of the columns in the window, by the size of the error
	for _, c := range r.out.Columns {
		if x := float64(c.Share[f.site]); c.From <= s.To && c.To >= s.From && x == x {
			sum, weight = sum+x*float64(c.Error2), weight+float64(c.Error2)
		}
	}
	for _, j := range r.out.Judged {
		if j.Step >= s.From && j.Step <= s.To && f.window == 1 {
			sum, weight = float64(j.Share[f.site]), 1
		}
	}
	if weight > 0 {
		s.Share = Number(sum / weight)
	}
	what := map[string]string{
		"size":   "its error is %.3g times what rounding in %v does at the other sites",
		"mean":   "the mean of its errors is %.3g times what independent errors in %v give",
		"change": "its error is %.3g times its own usual one in %v",
	}[f.test]
	when := fmt.Sprintf("at step %d", s.From)
	if s.From != s.To {
		when = fmt.Sprintf("in steps %d to %d", s.From, s.To)
	}
	s.Says = fmt.Sprintf("%s %s: "+what, r.name(s.Site), when, f.ratio, r.out.Precision)
	if x := float64(s.Share); x == x {
		s.Says += fmt.Sprintf("; it has %.0f %% of the gradient's error", 100*x)
	}
	return s
}

// cause names the site of a spike: the one whose error stands out most at its steps.
func (r *runJudge) cause(sp *Spike, refs []reference) {
	best, at := 0.0, -1
	for _, k := range r.series.flagged {
		if t := r.series.t[k]; t < sp.From || t > sp.To {
			continue
		}
		for site, b := range r.series.blocks[k] {
			if r.ranker.skips[site] {
				continue
			}
			if _, score, _ := refs[site].judgeBlock(b, 0); score > best {
				best, at = score, site
			}
		}
	}
	for _, j := range r.out.Judged {
		if j.Step != sp.Peak {
			continue
		}
		for site, d := range r.declared { // what stands out is declared: most of the error is its
			if at < 0 && d != nil && j.Share[site] > declaredShare {
				at = site
			}
		}
		if at >= 0 {
			sp.Share = j.Share[at]
		}
	}
	if at >= 0 {
		site := r.site(at)
		sp.Cause = &site
	}
	sp.say(r.name)
}

// siteSum is what a site did.
func (r *runJudge) siteSum(k int) SiteSum {
	t, site := &r.sums[k], r.site(k)
	nan := Number(math.NaN())
	s := SiteSum{Site: site, Name: fmt.Sprintf("%s_%d", site.Kind, site.I), Operator: r.out.Operators[site.Op-1],
		RMS: nan, Expected: nan, Largest: nan, Usual: nan, Share: nan, Amplification: nan, AtMost: nan, Bias: nan,
		BiasLow: nan, BiasHigh: nan, MayBe: nan}
	if d := r.declared[k]; d != nil {
		s.Declared = d.String()
	}
	if t.samples == 0 {
		return s
	}
	s.Checked = true
	s.RMS = Number(math.Sqrt(t.sum2 / float64(t.samples)))
	s.Expected = Number(math.Sqrt(t.pred / float64(t.samples)))
	s.Largest = Number(t.largest)
	usual, _ := r.ranker.history[k][0].usual(func(b block) float64 { return b.z })
	s.Usual = Number(usual)
	if t.shares > 0 {
		s.Share = Number(t.share / float64(t.shares))
	}
	if t.atMost > 0 || t.gain > 0 {
		s.Amplification, s.AtMost = Number(t.gain), Number(t.atMost)
	}
	mean, low, high, biased := r.bias[k].interval()
	s.Bias, s.BiasLow, s.BiasHigh, s.Biased = Number(mean), Number(low), Number(high), biased
	s.MayBe = Number(r.mayBe(site, biased))
	return s
}

// mayBe is how large Corollary 1 lets the error of a site be for the rate T^{-1/2}, with the constant 1.
func (r *runJudge) mayBe(s Site, biased bool) float64 {
	t := float64(r.out.Steps)
	switch {
	case biased:
		return math.Pow(t, -0.25)
	case s.Kind == "delta":
		return math.Pow(t, -0.125)
	}
	return 1
}

// rate says which of Corollary 1's conditions hold.
func (r *runJudge) rate() {
	t := float64(r.out.Steps)
	type condition struct {
		name, kind string
		power      float64
		bias       bool
	}
	for _, c := range []condition{
		{"(43) |delta| <~ T^-1/8", "delta", 0.125, false},
		{"(43) |E delta| <~ T^-1/4", "delta", 0.25, true},
		{"(43) |eps| <~ 1", "eps", 0, false},
		{"(43) |E eps| <~ T^-1/4", "eps", 0.25, true},
	} {
		worst, name := 0.0, ""
		for _, s := range r.out.Sites {
			x := float64(s.RMS)
			if c.bias {
				x = float64(s.Bias)
				if !s.Biased {
					x = 0 // no bias is seen
				}
			}
			if s.Kind == c.kind && !(s.Kind == "delta" && s.I == r.chain.N()) && (name == "" || x > worst) {
				worst, name = x, r.name(s.Site)
			}
		}
		k := worst * math.Pow(t, c.power)
		holds := k <= 1
		says := fmt.Sprintf("with T = %d it holds with a constant of %.3g; the largest is %s with %.3g", r.out.Steps, k, name,
			worst)
		if c.bias && worst == 0 {
			says = fmt.Sprintf("no bias is seen at any of the sites in %d steps", r.out.Steps)
		}
		r.out.Rate = append(r.out.Rate, Sentence{c.name, &holds, says})
	}
}

// verdict is the last word.
func (r *runJudge) verdict() {
	out := r.out
	switch {
	case len(out.Faults) > 0:
		f := out.Faults[0]
		out.Verdict = Faulty
		out.Says = fmt.Sprintf("fault: %s", f.Says)
		if f.Steps > 1 {
			out.Says += fmt.Sprintf(" (in %s)", steps(f.Steps))
		}
	case len(out.Suspects) > 0:
		out.Verdict = Suspected
		out.Says = "suspect: " + out.Suspects[0].Says
	case r.seenTwice && !r.moved:
		// Without this a dead engine passes: all its steps are the same one.
		out.Verdict = NothingJudged
		out.Says = fmt.Sprintf("nothing judged: no weight moved in %s, so nothing was trained", steps(out.Steps))
	default:
		out.Verdict = NoCause
		out.Says = fmt.Sprintf("no cause above the noise: %d sites in %s, all as rounding in %v leaves them",
			len(r.sites)-1, steps(out.Steps), out.Precision)
	}
}

// steps is n steps in words.
func steps(n int) string {
	if n == 1 {
		return "1 step"
	}
	return fmt.Sprintf("%d steps", n)
}

// Fails reports whether a CI job should be red: a fault, a suspect, a budget that is exceeded, or nothing judged.
func (j *Judgement) Fails() bool { return j.Verdict != NoCause || len(j.Exceeded) > 0 }

package spikes

import (
	"fmt"
	"math"
	"math/rand/v2"
)

const (
	// spikeAt is the step of a single spike, after some quiet descent.
	spikeAt = 20
	// longestRun is the length of a run that is still above its last level.
	longestRun = 20000
	// trainSteps is the least length of a train; it has at least trainRounds spikes.
	trainSteps, trainRounds = 800, 6
	// formSlack covers the rounding of a bound: at most longest steps of fewer
	// than 8 roundings, 2^18 2^-53, and the closed forms alike.
	formSlack = 0x1p-30
)

// fractions of the gap right after a spike that Check waits for.
var fractions = []float64{0.5, 0.1, 0.01}

// trainSpacings are the spacings that Check tries.
var trainSpacings = []int{1, 5, 40, 200}

// Forms of the recursion, in the order of the arrays of Report.
const (
	printed = iota
	sharp
	root
	forms
)

// Tightness is the largest ratio measured/bound of one kind of comparison and
// the case that has it. It is at most 1 where the bound holds.
type Tightness struct {
	Ratio float64
	Case  string
}

func (t *Tightness) add(ratio float64, name string) {
	if !(ratio <= t.Ratio) {
		*t = Tightness{ratio, name}
	}
}

// Violation is a comparison left <= right that failed.
type Violation struct {
	Case, What  string
	Left, Right float64
}

// Report of Check. Entries of an array are (40) as printed, Sharp and Root.
type Report struct {
	Singles, Trains, Pairs int // runs; a pair counts once
	MinSize, MaxSize       float64
	Recovery               [forms]Tightness // steps until recovery over Steps
	Path                   [forms]Tightness // gap after a spike or in a train over the recursion
	Before                 [forms]Tightness // gap before a spike of a train over Train.BeforeSpike
	ZeroMean               Tightness        // mean gap of a spike +m and one -m over (40) without g/2
	Promised, Unrecovered  int              // levels with a finite bound; levels not reached within longest steps
	Comparisons            int
	Violations             []Violation
}

// Check runs single spikes and trains through core.Run, full batch, at every
// site that can touch a gradient (delta_N and eps_1 cannot), measures |U-u|, and
// compares
//
//	the step of recovery      with Recursion.Steps, for levels of 1/2, 1/10, 1/100 of the peak,
//	every gap of every run    with the recursion from the gap at step 0,
//	the gap before spike n    with Train.BeforeSpike,
//	the mean of a spike +m and one -m, eps only (there U-u is linear in eps and the mean of U-u is 0),
//	                          with (40) without its g/2 term.
//
// The error is that of bad Options. It is the same for a seed at any GOMAXPROCS.
func Check(opt Options) (Report, error) {
	if err := opt.check(); err != nil {
		return Report{}, err
	}
	all, err := settings(opt.Seed)
	if err != nil {
		return Report{}, err
	}
	if opt.some > 0 {
		all = all[len(all)-opt.some:]
	}
	cases := newCases(all, opt.Kicks)
	parts := make([]Report, len(cases))
	err = onAll(len(cases), func(i int) error {
		parts[i] = Report{MinSize: math.Inf(1)}
		return cases[i].check(&parts[i], rand.New(rand.NewPCG(opt.Seed, uint64(i)+2)))
	})
	if err != nil {
		return Report{}, err
	}
	return join(parts), nil
}

// checkCase is one run, or a pair.
type checkCase struct {
	*setting
	site    Site
	kick    float64
	spacing int // 0 for a single spike
	signs   bool
	pair    bool
}

func newCases(all []*setting, kicks []float64) []checkCase {
	var cases []checkCase
	for _, s := range all {
		for _, site := range sites(s.chain()) {
			for _, kick := range kicks {
				for _, c := range variants(s, site) {
					c.setting, c.site, c.kick = s, site, kick
					cases = append(cases, c)
				}
			}
		}
	}
	return cases
}

// variants are a single spike, one with alternating signs over the samples, a
// pair where U-u is linear, and trains.
func variants(s *setting, site Site) []checkCase {
	cases := []checkCase{{}}
	if s.samples > 1 {
		cases = append(cases, checkCase{signs: true})
	}
	if site.Eps {
		cases = append(cases, checkCase{pair: true})
	}
	for _, dt := range trainSpacings {
		cases = append(cases, checkCase{spacing: dt})
	}
	return cases
}

func (c checkCase) String() string {
	kind := "one spike"
	switch {
	case c.pair:
		kind = "a spike of either sign"
	case c.spacing > 0:
		kind = fmt.Sprintf("a spike every %d steps", c.spacing)
	}
	if c.signs {
		kind += ", signs alternating over the samples"
	}
	return fmt.Sprintf("%s, g = %.3g, |%v| = %.3g, %s", c.name, c.s.Gamma, c.site, c.kick, kind)
}

func (c checkCase) check(r *Report, rng *rand.Rand) error {
	v := scaled(c.kick, unit(rng, c.site.width(c.chain())))
	switch {
	case c.pair:
		return c.checkPair(r, v)
	case c.spacing > 0:
		return c.checkTrain(r, v)
	}
	return c.checkSingle(r, v)
}

func always(int) bool { return true }

// single runs one spike v until the gap is below the last level.
func (c checkCase) single(v []float64) (*trace, error) {
	p := spikes{at: func(t int) bool { return t == spikeAt }, site: c.site, vector: v, signs: c.signs}
	goal := math.Inf(-1)
	return c.run(p, longestRun, always, func(t int, low float64) bool {
		if t == spikeAt+1 {
			goal = low * fractions[len(fractions)-1]
		}
		return t > spikeAt+1 && low <= goal
	})
}

func (c checkCase) checkSingle(r *Report, v []float64) error {
	tr, err := c.single(v)
	if err != nil {
		return err
	}
	r.Singles++
	r.sized(tr.size[spikeAt])
	name := c.String()
	for form, rec := range c.recursions() {
		r.path(&r.Path[form], name, tr, rec)
		quiet := rec.noisy(tr.worstNoise())
		after := quiet.After(rec.of(tr.high[spikeAt]), rec.of(tr.size[spikeAt]+tr.worstNoise())) * (1 + formSlack)
		for _, f := range fractions {
			level := tr.low[spikeAt+1] * f
			r.recovery(&r.Recovery[form], name, tr.low[spikeAt+1:], level, quiet.Steps(after, rec.of(level)))
		}
	}
	return nil
}

// recovery compares the first index of gaps at most level with the bound. A
// bound that is Never promises nothing and is not a comparison.
func (r *Report) recovery(t *Tightness, name string, gaps []float64, level float64, bound int) {
	k := 0
	for k < len(gaps) && !(gaps[k] <= level) {
		k++
	}
	if k == len(gaps) {
		r.Unrecovered++
	}
	if bound == Never {
		return
	}
	r.Promised++
	r.compare(t, name, "steps until the gap is %.3g", level, float64(k), float64(bound))
}

// path compares every gap with the recursion along the measured sizes.
func (r *Report) path(t *Tightness, name string, tr *trace, rec bound) {
	at := rec.of(tr.high[0])
	for step, low := range tr.low[1:] {
		at = rec.After(at, rec.of(tr.size[step]+tr.noise[step]))
		r.compare(t, name, "gap of w^%v", float64(step+1), low, rec.gap(at)*(1+formSlack))
	}
}

// compare takes left <= right; a NaN on either side is a violation. what is a
// format of one verb for at.
func (r *Report) compare(t *Tightness, name, what string, at, left, right float64) {
	r.Comparisons++
	if !(left <= right) {
		r.Violations = append(r.Violations, Violation{name, fmt.Sprintf(what, at), left, right})
	}
	if ratio := left / right; right > 0 && !(ratio <= t.Ratio) {
		t.add(ratio, name+": "+fmt.Sprintf(what, at))
	}
}

func (r *Report) sized(m float64) {
	r.MinSize, r.MaxSize = min(r.MinSize, m), max(r.MaxSize, m)
}

func (c checkCase) checkTrain(r *Report, v []float64) error {
	spike := func(t int) bool { return t > 0 && t%c.spacing == 0 }
	p := spikes{at: spike, site: c.site, vector: v}
	tr, err := c.run(p, max(trainSteps, trainRounds*c.spacing), always, nil)
	if err != nil {
		return err
	}
	r.Trains++
	size := 0.0
	for _, m := range tr.size {
		size = max(size, m)
	}
	r.sized(size)
	name := c.String()
	for form, rec := range c.recursions() {
		r.path(&r.Path[form], name, tr, rec)
		noise := tr.worstNoise()
		train := NewTrain(rec.noisy(noise).Recursion, rec.of(size+noise), c.spacing)
		for t := c.spacing; t < len(tr.low); t += c.spacing {
			n := t / c.spacing
			r.compare(&r.Before[form], name, "gap before spike %v", float64(n), tr.low[t],
				rec.gap(train.BeforeSpike(rec.of(tr.high[0]), n))*(1+formSlack))
		}
	}
	return nil
}

// checkPair averages the gaps of the spikes v and -v. What rounding adds has a
// mean: it keeps the whole Kick.
func (c checkCase) checkPair(r *Report, v []float64) error {
	up, err := c.single(v)
	if err != nil {
		return err
	}
	down, err := c.single(scaled(-1, v))
	if err != nil {
		return err
	}
	r.Pairs++
	r.sized(up.size[spikeAt])
	rec, full := Printed(c.s, true), Printed(c.s, false)
	noise := max(up.worstNoise(), down.worstNoise())
	rec.Noise += full.Kick * noise * noise
	name := c.String()
	bound := rec.After(up.high[spikeAt], max(up.size[spikeAt], down.size[spikeAt])+noise)
	for t := spikeAt + 1; t < min(len(up.low), len(down.low)); t++ {
		r.compare(&r.ZeroMean, name, "mean gap of w^%v", float64(t), (up.low[t]+down.low[t])/2, bound*(1+formSlack))
		bound = rec.After(bound, 0)
	}
	return nil
}

func join(parts []Report) Report {
	all := Report{MinSize: math.Inf(1)}
	for _, p := range parts {
		all.Singles += p.Singles
		all.Trains += p.Trains
		all.Pairs += p.Pairs
		all.MinSize = min(all.MinSize, p.MinSize)
		all.MaxSize = max(all.MaxSize, p.MaxSize)
		for f := range forms {
			all.Recovery[f].add(p.Recovery[f].Ratio, p.Recovery[f].Case)
			all.Path[f].add(p.Path[f].Ratio, p.Path[f].Case)
			all.Before[f].add(p.Before[f].Ratio, p.Before[f].Case)
		}
		all.ZeroMean.add(p.ZeroMean.Ratio, p.ZeroMean.Case)
		all.Promised += p.Promised
		all.Unrecovered += p.Unrecovered
		all.Comparisons += p.Comparisons
		all.Violations = append(all.Violations, p.Violations...)
	}
	return all
}

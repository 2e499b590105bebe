package conform

import (
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// shrinkCalls is how many requests the search for one smallest case may ask.
const shrinkCalls = 600

// refine brings a suspect to its smallest case and finds the part that is wrong.
func (g *gate) refine(s *suspect) {
	if g.opt.stopped() || len(s.jobs) == 0 || s.fault.kind == Hang || s.shown.rule.custom != nil {
		return
	}
	p := &prober{gate: g, want: s.fault}
	jobs := p.reproduce(s.jobs)
	if jobs == nil {
		jobs = p.reproduce(slices.Concat(s.shown.before, s.jobs))
	}
	if jobs == nil {
		if !g.showsAgain(s) {
			s.address = s.address.whole()
		}
		return
	}
	smaller := p.shrink(jobs)
	f := p.fresh(smaller)
	if f == nil {
		smaller = jobs // an engine of its own does not show it: states were left behind
		f = p.fresh(jobs)
	}
	if f == nil {
		return // it showed before, and does no more: the engine is taken away, or fickle
	}
	s.alone = true
	s.jobs, s.fault = smaller, f
	s.equation, s.part, s.ops = p.blame(smaller, f)
	s.refined = true
}

// showsAgain reports whether the sequence of a suspect shows something on an engine of
// its own.
func (g *gate) showsAgain(s *suspect) bool {
	again := g.fresh()
	return again.askAddress(s.address, s.shown.rule) == nil && len(again.shown) > 0
}

// prober asks an engine to find out what is wrong with it.
type prober struct {
	gate *gate
	s    *session
	want *fault
	left int

	// test, unless nil, says whether a row of jobs shows what is looked for.
	test func(jobs []*job) bool
}

// open makes an engine whose faults are recorded nowhere.
func (p *prober) open() bool {
	p.s = &session{gate: p.gate.fresh(), rule: replayRule}
	return p.s.open()
}

// shows asks the jobs in a row and gives the fault of the last, if it is of the kind
// that is looked for.
func (p *prober) shows(jobs []*job) *fault {
	p.left -= len(jobs)
	asked, _, f := p.s.inquire(p.s.strict(jobs))
	if len(asked) != len(jobs) || !p.isWanted(f) {
		return nil
	}
	return f
}

func (p *prober) isWanted(f *fault) bool {
	return f != nil && f.kind == p.want.kind && f.quantity == p.want.quantity
}

// fresh is shows on an engine of its own.
func (p *prober) fresh(jobs []*job) *fault {
	if !p.open() {
		return nil
	}
	return p.shows(jobs)
}

// reproduce finds the shortest row of jobs that shows the fault on an engine of its
// own: the last alone, or with some before it; nil when not even all do.
func (p *prober) reproduce(jobs []*job) []*job {
	if n := len(jobs); n > 1 && p.fresh(jobs[n-1:]) != nil {
		return jobs[n-1:]
	}
	if !p.open() {
		return nil
	}
	asked, _, f := p.s.inquire(p.s.strict(jobs))
	if jobs = asked; !p.isWanted(f) || p.fresh(jobs) == nil {
		return nil
	}
	for k := 0; k < len(jobs)-1; {
		if rest := slices.Delete(slices.Clone(jobs), k, k+1); p.fresh(rest) != nil {
			jobs = rest
		} else {
			k++
		}
	}
	return jobs
}

// shrink makes the jobs simpler as long as they show the fault. Each way is applied to
// all of them, and then to one after the other.
func (p *prober) shrink(jobs []*job) []*job {
	p.left = shrinkCalls
	for progress := true; progress && p.left > 0; {
		progress = false
		for _, way := range ways {
			for which := -1; which < len(jobs) && (which < 0 || len(jobs) > 1); which++ {
				for k := 0; p.left > 0; k++ {
					smaller, more := p.apply(jobs, way, k, which)
					if !more {
						break
					}
					if smaller != nil && p.still(smaller) {
						jobs, progress = smaller, true
						k--
					}
				}
			}
		}
	}
	return jobs
}

// still is shows, on an engine of its own where that matters.
func (p *prober) still(jobs []*job) bool {
	if p.test != nil {
		p.left -= len(jobs)
		return p.test(jobs)
	}
	if len(jobs) > 1 {
		return p.fresh(jobs) != nil
	}
	return p.shows(jobs) != nil
}

// apply changes one of the jobs, or all when which is -1, in the k-th way of a kind;
// smaller is nil when that changes nothing or does not fit, more is false when there are
// no more ways.
func (p *prober) apply(jobs []*job, way way, k, which int) (smaller []*job, more bool) {
	for n, j := range jobs {
		if which >= 0 && n != which {
			smaller = append(smaller, j)
			continue
		}
		c, ok := way(j, k)
		if !ok {
			return nil, false
		}
		if c == nil || !p.fits(c, j) {
			return nil, true
		}
		smaller = append(smaller, c)
	}
	return smaller, true
}

// fits reports whether c may be asked in the place of j.
func (p *prober) fits(c, j *job) bool {
	for _, s := range c.chain {
		if !p.s.maker.ops[s.Op] {
			return false
		}
	}
	return c.prepare(p.s.ar) == nil && c.want.wild == j.want.wild && !(c.want.wild && c.ambiguous())
}

// way is a list of ways to make a job simpler: the k-th, nil when it does not apply, and
// false behind the last.
type way func(j *job, k int) (*job, bool)

// ways are tried in this order.
var ways = []way{
	fewerSteps, fewerSamples, dropOperators, cutFront, cutTail, narrower, quieter,
	plainStep, plainVectors, plainNumbers, plainMatrices,
}

func fewerSteps(j *job, k int) (*job, bool) {
	if j.kind != run || k >= len(j.steps) || len(j.steps) == 1 {
		return nil, false
	}
	c := j.clone()
	c.steps = slices.Delete(c.steps, k, k+1)
	return c, true
}

func fewerSamples(j *job, k int) (*job, bool) {
	for t := range j.steps {
		n := len(j.steps[t].Samples)
		if k >= n {
			k -= n
			continue
		}
		if n == 1 {
			return nil, true
		}
		c := j.clone()
		s := &c.steps[t]
		s.Samples = slices.Delete(s.Samples, k, k+1)
		s.Accumulate = min(s.Accumulate, n-1)
		return c, true
	}
	return nil, false
}

// dropOperators takes out one operator that keeps its width.
func dropOperators(j *job, k int) (*job, bool) {
	if k >= len(j.chain) {
		return nil, false
	}
	if in, out := widths(j.chain[k]); in != out || len(j.chain) == 2 {
		return nil, true
	}
	c := j.clone()
	c.remove(k, k+1)
	return c, true
}

// remove takes out the operators from..to-1, counted from 0.
func (j *job) remove(from, to int) {
	j.chain = slices.Delete(j.chain, from, to)
	j.w = slices.Delete(j.w, from, to)
	for t := range j.steps {
		for s := range j.steps[t].Samples {
			x := &j.steps[t].Samples[s]
			x.Delta = slices.Delete(x.Delta, from, to)
			x.Eps = slices.Delete(x.Eps, from, to)
			x.Eps[0] = []float64{}
		}
	}
}

// cutFront begins at the state after the first operator.
func cutFront(j *job, k int) (*job, bool) {
	if k > 0 || len(j.chain) == 2 || j.kind == batch || j.kind == run {
		return nil, false
	}
	c := j.clone()
	x := slices.Clone(j.want.first[0].Y[1])
	for i, v := range x {
		x[i] = j.want.ar.stored.round(v)
	}
	c.first().X = x
	c.remove(0, 1)
	return c, true
}

// cutTail ends in a sum, or in half of the sum of squares, after the first operators.
func cutTail(j *job, k int) (*job, bool) {
	keep := k/2 + 1
	if keep >= len(j.chain) {
		return nil, false
	}
	_, d := widths(j.chain[keep-1])
	tail := []core.Spec{{Op: "linear", In: d, Out: 1}, {Op: "halfsq", N: d}}[k%2]
	if op := j.chain[keep].Op; keep == len(j.chain)-1 && (op == "linear" || op == tail.Op) {
		return nil, true
	}
	c := j.clone()
	c.remove(keep+1, len(c.chain))
	c.chain[keep] = tail
	c.w[keep] = []float64{}
	if tail.Op == "linear" {
		c.w[keep] = ones(d)
	}
	for t := range c.steps {
		for s := range c.steps[t].Samples {
			x := &c.steps[t].Samples[s]
			x.Delta[keep] = []float64{0}
			x.Eps[keep] = fitted(x.Eps[keep], d)
		}
	}
	return c, true
}

func fitted(v []float64, n int) []float64 {
	if len(v) == n {
		return v
	}
	return make([]float64, n)
}

// narrower keeps some entries of the states between operators that change widths: one
// entry, or a half.
func narrower(j *job, k int) (*job, bool) {
	groups := j.groups()
	const choices = 5
	g := k / choices
	if g >= len(groups) {
		return nil, false
	}
	n := j.width(groups[g][0])
	if n == 1 {
		return nil, true
	}
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	keep := [choices][]int{all[:1], all[n-1:], all[n/2 : n/2+1], all[:n/2], all[n/2:]}[k%choices]
	return j.keep(groups[g], keep), true
}

// width of the state i = 0..N.
func (j *job) width(i int) int {
	if i == 0 {
		in, _ := widths(j.chain[0])
		return in
	}
	_, out := widths(j.chain[i-1])
	return out
}

// groups lists the states that must have the same width.
func (j *job) groups() [][]int {
	groups := [][]int{{0}}
	for i, s := range j.chain {
		if slices.Contains(keepingOps, s.Op) || s.Op == "logistic" {
			groups[len(groups)-1] = append(groups[len(groups)-1], i+1)
		} else {
			groups = append(groups, []int{i + 1})
		}
	}
	return groups[:len(groups)-1] // the last has width 1
}

// keep is j with some entries of some states alone; nil when the label goes.
func (j *job) keep(states, entries []int) *job {
	c := j.clone()
	kept := func(i int) []int {
		if slices.Contains(states, i) {
			return entries
		}
		all := make([]int, j.width(i))
		for k := range all {
			all[k] = k
		}
		return all
	}
	for i := range c.chain {
		s := &c.chain[i]
		in, out := kept(i), kept(i+1)
		switch s.Op {
		case "affine", "linear":
			var w []float64
			for _, row := range out {
				for _, col := range in {
					w = append(w, j.w[i][row*s.In+col])
				}
			}
			if s.Op == "affine" {
				w = append(w, choose(j.w[i][s.In*s.Out:], out)...)
			}
			c.w[i], s.In, s.Out = w, len(in), len(out)
		case "fixed":
			var a [][]float64
			for _, row := range out {
				a = append(a, choose(j.chain[i].A[row], in))
			}
			s.A = a
		case "logistic":
		default:
			if s.Op == "softmaxce" {
				if s.Label = slices.Index(in, s.Label); s.Label < 0 {
					s.Label = 0
				}
			}
			s.N = len(in)
			if len(c.w[i]) > 0 {
				c.w[i] = choose(j.w[i], in)
			}
		}
		for t := range c.steps {
			for k := range c.steps[t].Samples {
				x, old := &c.steps[t].Samples[k], &j.steps[t].Samples[k]
				x.Delta[i] = choose(old.Delta[i], out)
				if i > 0 {
					x.Eps[i] = choose(old.Eps[i], in)
				} else {
					x.X = choose(old.X, in)
				}
				if x.Label != nil && *x.Label >= len(entries) {
					x.Label = nil
				}
			}
		}
	}
	return c
}

func choose(v []float64, entries []int) []float64 {
	c := make([]float64, len(entries))
	for k, i := range entries {
		c[k] = v[i]
	}
	return c
}

// quieter sets all eps, all delta, or one of them to 0.
func quieter(j *job, k int) (*job, bool) {
	n := len(j.chain)
	if k >= 2+2*n {
		return nil, false
	}
	c := j.clone()
	changed := false
	for t := range c.steps {
		for _, s := range c.steps[t].Samples {
			for i := range n {
				if k == 0 || k == 2+2*i {
					changed = silence(s.Eps[i]) || changed
				}
				if k == 1 || k == 3+2*i {
					changed = silence(s.Delta[i]) || changed
				}
			}
		}
	}
	if !changed {
		return nil, true
	}
	return c, true
}

func silence(v []float64) bool {
	changed := slices.ContainsFunc(v, func(x float64) bool { return x != 0 })
	clear(v)
	return changed
}

// plainStep makes regularizer and gamma plain.
func plainStep(j *job, k int) (*job, bool) {
	c := j.clone()
	switch k {
	case 0:
		if c.reg.Kind == "none" {
			return nil, true
		}
		c.reg = core.Regularizer{Kind: "none"}
	case 1:
		if c.reg.Kind == "none" || c.reg.Rho == 1 {
			return nil, true
		}
		c.reg.Rho = 1
	case 2:
		if c.steps[0].Gamma == 1 {
			return nil, true
		}
		for t := range c.steps {
			c.steps[t].Gamma = 1
		}
	default:
		return nil, false
	}
	return c, true
}

// plainVectors makes all entries of one vector 1, -1 or 2.
func plainVectors(j *job, k int) (*job, bool) {
	count := 0
	j.numbers(func([]float64) { count++ })
	if k >= 3*count {
		return nil, false
	}
	c := j.clone()
	at, changed := 0, false
	c.numbers(func(v []float64) {
		if at == k/3 {
			x := []float64{1, -1, 2}[k%3]
			odd := func(y float64) bool { return y != 0 && !(math.Abs(y) <= 2 && y == math.Trunc(y)) }
			if changed = slices.ContainsFunc(v, odd); changed {
				fill(v, x)
			}
		}
		at++
	})
	if !changed {
		return nil, true
	}
	return c, true
}

// plainNumbers rounds one number to an integer other than 0.
func plainNumbers(j *job, k int) (*job, bool) {
	c := j.clone()
	at, found, changed := 0, false, false
	c.numbers(func(v []float64) {
		if at <= k && k < at+len(v) {
			found = true
			x := v[k-at]
			whole := math.Round(x)
			if whole == 0 {
				whole = math.Copysign(1, x)
			}
			if changed = x != 0 && x != whole && !math.IsNaN(x); changed {
				v[k-at] = whole
			}
		}
		at += len(v)
	})
	switch {
	case !found:
		return nil, false
	case !changed:
		return nil, true
	}
	return c, true
}

// plainMatrices rounds one entry of a matrix of fixed to an integer other than 0.
func plainMatrices(j *job, k int) (*job, bool) {
	for i, s := range j.chain {
		for r, row := range s.A {
			if k >= len(row) {
				k -= len(row)
				continue
			}
			whole := math.Round(row[k])
			if whole == 0 {
				whole = math.Copysign(1, row[k])
			}
			if row[k] == 0 || row[k] == whole {
				return nil, true
			}
			c := j.clone()
			c.chain[i].A[r][k] = whole
			return c, true
		}
	}
	return nil, false
}

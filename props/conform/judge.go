package conform

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
)

// want is what the reference says to a job.
type want struct {
	ar    *arithmetic
	chain *core.Chain
	first []*Enclosed // the samples of the first step
	wild  bool        // some number is not finite
}

// prepare finds what the reference says, unless that has been done.
func (j *job) prepare(ar *arithmetic) error {
	if j.want != nil {
		return nil
	}
	c, err := j.check()
	if err != nil {
		return err
	}
	x := &want{ar: ar, chain: c}
	j.numbers(func(v []float64) {
		for _, a := range v {
			x.wild = x.wild || math.IsNaN(a) || math.IsInf(a, 0)
		}
	})
	w := j.w
	for t := range j.steps {
		var passes []*Enclosed
		for k := range j.steps[t].Samples {
			e, err := ar.enclose(c, w, &j.steps[t].Samples[k])
			if err != nil && !x.wild {
				return err
			}
			passes = append(passes, e)
		}
		if t == 0 {
			x.first = passes
		}
		if x.wild {
			continue
		}
		r, err := mean(c, w, j.reg, &j.steps[t])
		if err != nil {
			return err
		}
		if err := ar.stepsInRange(w, r, j.steps[t].Gamma, j.reg); err != nil {
			return err
		}
		w = r.W
	}
	j.want = x
	return nil
}

// stepsInRange checks that neither the new weights nor a number on the way to them
// overflow.
func (ar *arithmetic) stepsInRange(w [][]float64, r *Reply, gamma float64, reg core.Regularizer) error {
	for i, part := range w {
		for k, x := range part {
			if to := r.W[i][k]; !(math.Abs(to)+ar.step(x, r.U[i][k], 0, gamma, reg, to) <= ar.large) {
				return fmt.Errorf("%w: an entry of w_%d becomes %v", ErrRange, i+1, to)
			}
		}
	}
	return nil
}

// answer is what an engine said, rounded to what it stores.
type answer struct {
	loss   float64
	u, w   [][]float64
	y, v   [][]float64
	losses []float64
	ws     [][][]float64
}

// fault is what is wrong with an answer.
type fault struct {
	kind            Kind
	equation        string
	quantity        string
	operator, index int
	got, want, tol  float64
	detail          string
	unsupported     bool // the engine says that it cannot do this
}

// wrong makes a fault at one number; i is 0 for a quantity of no operator.
func (j *job) wrong(equation, quantity string, i, k int, got, want, tol float64) *fault {
	place := quantity
	if i > 0 {
		place = fmt.Sprintf("operator %d (%v): %s[%d]", i, j.chain[i-1], quantity, k)
	}
	return &fault{
		kind: Wrong, equation: equation, quantity: quantity, operator: i, index: k, got: got, want: want, tol: tol,
		detail: fmt.Sprintf("%s: got %v, want %v within %.3g", place, got, want, tol),
	}
}

// compare is nil when every |got - want| <= tol; else it names the entry that exceeds
// its tolerance by the largest factor.
func (j *job) compare(equation, quantity string, i int, got, want, tol []float64) *fault {
	at, most := -1, 0.0
	for k, x := range got {
		off := math.Abs(x - want[k])
		if off <= tol[k] {
			continue
		}
		excess := off / tol[k]
		if math.IsNaN(excess) {
			excess = math.Inf(1)
		}
		if at < 0 || excess > most {
			at, most = k, excess
		}
	}
	if at < 0 {
		return nil
	}
	return j.wrong(equation, quantity, i, at, got[at], want[at], tol[at])
}

// judge holds an answer against the reference. Of what is wrong it names what comes
// last in the pass, which is met first on the way back: loss, U_N..U_1, W.
func (j *job) judge(a *answer) *fault {
	switch {
	case j.want.wild:
		return j.judgeWild(a)
	case j.kind == batch:
		return j.judgeMean(j.want.first, &j.steps[0], j.w, a.loss, a.u, a.w)
	case j.kind == run:
		return j.judgeRun(a)
	}
	e := j.want.first[0]
	n := len(j.chain)
	f := j.compare("(5a)", "loss", 0, []float64{a.loss}, e.Y[n], e.TolY[n])
	for i := n; i >= 1 && f == nil; i-- {
		f = j.compare("(5b), (5c)", "U", i, a.u[i-1], e.U[i], e.TolU[i])
	}
	if f == nil {
		f = j.judgeStep(j.steps[0].Gamma, j.w, a.u, nil, a.w)
	}
	return f
}

// judgeStep holds the new weights against (5d) with the engine's own gradient u, or
// with one that is known within tolU.
func (j *job) judgeStep(gamma float64, w, u, tolU, got [][]float64) *fault {
	for i, part := range w {
		want, tol := make([]float64, len(part)), make([]float64, len(part))
		copy(want, part)
		core.Step(want, u[i], gamma, j.reg)
		for k, x := range part {
			r := 0.0
			if tolU != nil {
				r = tolU[i][k]
			} else {
				r = j.want.ar.offByStoring(u[i][k])
			}
			tol[k] = j.want.ar.step(x, u[i][k], r, gamma, j.reg, want[k])
		}
		if f := j.compare("(5d)", "W", i+1, got[i], want, tol); f != nil {
			return f
		}
	}
	return nil
}

// meanOf is the mean over samples of what the reference says, with its tolerances.
func (x *want) meanOf(passes []*Enclosed, accumulate int) (loss, tolLoss float64, u, tolU [][]float64) {
	n := x.chain.N()
	add := func(value func(e *Enclosed) (float64, float64)) (float64, float64) {
		m := x.ar.newMean(len(passes), accumulate)
		for _, e := range passes {
			m.add(value(e))
		}
		return m.result()
	}
	loss, tolLoss = add(func(e *Enclosed) (float64, float64) { return e.Y[n][0], e.TolY[n][0] })
	for i := 1; i <= n; i++ {
		row := make([]float64, len(passes[0].U[i]))
		tol := make([]float64, len(row))
		for k := range row {
			row[k], tol[k] = add(func(e *Enclosed) (float64, float64) { return e.U[i][k], e.TolU[i][k] })
		}
		u, tolU = append(u, row), append(tolU, tol)
	}
	return loss, tolLoss, u, tolU
}

func (j *job) judgeMean(passes []*Enclosed, s *RunStep, w [][]float64, loss float64, u, after [][]float64) *fault {
	wantLoss, tolLoss, wantU, tolU := j.want.meanOf(passes, s.Accumulate)
	f := j.compare("mean of (5a)", "loss", 0, []float64{loss}, []float64{wantLoss}, []float64{tolLoss})
	for i := len(u); i >= 1 && f == nil; i-- {
		f = j.compare("mean of (5c)", "U", i, u[i-1], wantU[i-1], tolU[i-1])
	}
	if f == nil {
		f = j.judgeStep(s.Gamma, w, u, nil, after)
	}
	return f
}

// judgeRun holds each step against the reference at the weights that the engine says
// it had before: nothing else is carried.
func (j *job) judgeRun(a *answer) *fault {
	w := j.w
	for t := range j.steps {
		s := &j.steps[t]
		passes := j.want.first
		if t > 0 {
			passes = nil
			for k := range s.Samples {
				e, err := j.want.ar.enclose(j.want.chain, w, &s.Samples[k])
				if err != nil {
					return nil // out of range by what rounding may do: nothing can be said
				}
				passes = append(passes, e)
			}
		}
		loss, tolLoss, u, tolU := j.want.meanOf(passes, s.Accumulate)
		f := j.compare("mean of (5a)", "loss", 0, a.losses[t:t+1], []float64{loss}, []float64{tolLoss})
		if f == nil {
			f = j.judgeStep(s.Gamma, w, u, tolU, a.ws[t])
		}
		if f != nil {
			f.detail = fmt.Sprintf("step %d of %d: %s", t+1, len(j.steps), f.detail)
			return f
		}
		w = a.ws[t]
	}
	return nil
}

// judgeTrace holds every state against what (5) makes of the engine's own states
// before it.
func (j *job) judgeTrace(a *answer) *fault {
	ar, e, c := j.want.ar, j.want.first[0], j.want.chain
	n := len(j.chain)
	zeros := func(v []float64) []float64 { return make([]float64, len(v)) }
	if f := j.compare("(5a)", "Y", 0, a.y[0], e.Y[0], zeros(e.Y[0])); f != nil {
		f.detail = "Y_0: " + f.detail
		return f
	}
	for i := 1; i <= n; i++ {
		op := c.Op(i)
		x, w := a.y[i-1], j.w[i-1]
		f := make([]float64, op.Out())
		op.Forward(f, x, w)
		o := operation{ar, op.Spec(), x, ar.allOffByStoring(x, i == 1), w}
		r := o.forward(f)
		y := plusAll(f, e.Delta[i])
		ar.perturb(r, f, e.Delta[i], y)
		if f := j.compare("(5a)", "Y", i, a.y[i], y, r); f != nil {
			return f
		}
	}
	if f := j.compare("(5b)", "V", n, a.v[n], []float64{1}, []float64{0}); f != nil {
		return f
	}
	for i := n; i >= 1; i-- {
		op := c.Op(i)
		x, w, v := a.y[i-1], j.w[i-1], a.v[i]
		f := make([]float64, op.Out())
		op.Forward(f, x, w)
		o := operation{ar, op.Spec(), x, ar.allOffByStoring(x, i == 1), w}
		rv := ar.allOffByStoring(v, i == n)
		u := make([]float64, op.NW())
		op.VJP2(u, x, w, f, v)
		r := o.byWeight(v, rv, u)
		for k := range r {
			r[k] = ar.store(u[k], r[k])
		}
		if f := j.compare("(5c)", "U", i, a.u[i-1], u, r); f != nil {
			return f
		}
		if i == 1 {
			break
		}
		g := make([]float64, op.In())
		op.VJP1(g, x, w, f, v)
		r = o.byInput(v, rv, g)
		sum := plusAll(g, e.Eps[i])
		o.gather(r, v, g, e.Eps[i], sum)
		if f := j.compare("(5b)", "V", i-1, a.v[i-1], sum, r); f != nil {
			return f
		}
	}
	return j.compare("(5a)", "loss", 0, []float64{a.loss}, a.y[n], []float64{0})
}

func plusAll(a, b []float64) []float64 {
	c := make([]float64, len(a))
	for k, x := range a {
		c[k] = x + b[k]
	}
	return c
}

// judgeWild compares an answer to numbers that are not finite: NaN must not become a
// finite number, Inf stays what it is, and what depends on neither is as ever.
func (j *job) judgeWild(a *answer) *fault {
	e := j.want.first[0]
	n := len(j.chain)
	f := j.compareWild("(5a)", "loss", 0, []float64{a.loss}, e.Y[n], e.TolY[n])
	for i := n; i >= 1 && f == nil; i-- {
		f = j.compareWild("(5b), (5c)", "U", i, a.u[i-1], e.U[i], e.TolU[i])
	}
	for i := 1; i <= n && f == nil; i++ {
		want := append([]float64{}, j.w[i-1]...)
		core.Step(want, e.U[i], j.steps[0].Gamma, j.reg)
		tol := make([]float64, len(want))
		for k, x := range j.w[i-1] {
			if entry := []float64{x}; x-x == 0 && a.u[i-1][k]-a.u[i-1][k] == 0 {
				core.Step(entry, a.u[i-1][k:k+1], j.steps[0].Gamma, j.reg)
				want[k] = entry[0]
				tol[k] = j.want.ar.step(x, a.u[i-1][k], j.want.ar.offByStoring(a.u[i-1][k]), j.steps[0].Gamma, j.reg, entry[0])
			}
		}
		f = j.compareWild("(5d)", "W", i, a.w[i-1], want, tol)
	}
	return f
}

// signless is the unit roundoff, that of e5m2, from which on a factor of Inf may have any
// sign: a function two units off is then off by half of its value, and 1 - y^2 below 0.
const signless = 0x1p-3

// wildTolerance is what a finite number may be off, relative to itself or 1, in a pass
// that is not finite elsewhere: no radius is known there.
const wildTolerance = 0.25

func (j *job) compareWild(equation, quantity string, i int, got, want, tol []float64) *fault {
	for k, x := range want {
		allowed := max(wildTolerance, 8*j.want.ar.unit()) * max(1, math.Abs(x))
		if tol[k] > allowed {
			allowed = tol[k]
		}
		var ok bool
		switch {
		case math.IsNaN(x):
			ok = math.IsNaN(got[k]) || math.IsInf(got[k], 0)
		case math.IsInf(x, 0):
			ok = got[k] == x || j.want.ar.unit() >= signless && !(math.Abs(got[k]) <= math.MaxFloat64)
		default:
			ok = math.Abs(got[k]-x) <= allowed
		}
		if !ok {
			return j.wrong(equation, quantity, i, k, got[k], x, allowed)
		}
	}
	return nil
}

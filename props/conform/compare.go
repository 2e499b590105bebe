package conform

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/core"
)

// Verdict says what a comparison of two builds of an engine comes to.
type Verdict string

// The verdicts of Compare.
const (
	// SameBits: both builds pass the gate and gave the same numbers to every request.
	SameBits Verdict = "same bits"
	// Inside: both pass, and what differs is what their precision may do.
	Inside Verdict = "drift inside the envelope"
	// Fault: one of them, or both, do not pass, they differ by more than the envelope, or
	// the new one no longer answers what the old one does.
	Fault Verdict = "fault"
)

// Drift is one number that two builds gave differently.
type Drift struct {
	Rule      string
	Op        string // that the difference comes from, as far as could be told; "" for the step (5d)
	Quantity  string // loss, U, W, Y or V
	Operator  int    // i = 1..N in the request, 0 for the loss
	Index     int
	Old, New  float64
	Tolerance float64 // how far either may be from the reference

	// Share is |new-old| as a share of the envelope, whose width is twice the tolerance:
	// it is at most 1 where both are inside. It is 0 where numbers are not finite, and
	// nothing is derived.
	Share float64

	Request string // a line of JSON for Replay
}

// String implements fmt.Stringer.
func (d *Drift) String() string {
	place := d.Quantity
	if d.Operator > 0 {
		place = fmt.Sprintf("%s_%d[%d]", d.Quantity, d.Operator, d.Index)
	}
	return fmt.Sprintf("%s: %v before, %v now, %.2g of the envelope of +-%.3g (rule %s)", place, d.Old, d.New,
		d.Share, d.Tolerance, d.Rule)
}

// OperatorDrift is how often requests with an operator were answered differently, and
// by how much of the envelope at most.
type OperatorDrift struct {
	Op               string
	Compared, Differ int
	Share            float64
}

// Comparison is what Compare found.
type Comparison struct {
	Verdict   Verdict
	Precision Precision
	Old, New  *Report // each build against the reference

	Compared int // different requests that both answered
	Differ   int // of those, with another number somewhere

	// Lost counts requests that the old build answered and the new one calls unsupported,
	// Added those that only the new one answered: by a recording, that were never recorded.
	// LostRequest and AddedRequest are the first of them.
	Lost, Added               int
	LostRequest, AddedRequest string

	// Gone are the operators and the types of requests that the old build declares and the
	// new one does not.
	Gone []string

	// Largest is the largest drift by its share, and First where the builds part in the
	// smallest case that is known. Both are nil where nothing differs.
	Largest, First *Drift

	// Operators are those in requests with a difference, from the one that differs in the
	// largest part of its requests on.
	Operators []OperatorDrift
}

// String is the comparison in a few lines.
func (c *Comparison) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v, %d of %d requests differ in some number", c.Verdict, c.Precision, c.Differ, c.Compared)
	for _, part := range []struct {
		name string
		r    *Report
	}{{"old", c.Old}, {"new", c.New}} {
		if err := part.r.Err(); err != nil {
			fmt.Fprintf(&b, "\n%s build: %v", part.name, err)
		}
	}
	if len(c.Gone) > 0 {
		fmt.Fprintf(&b, "\nthe new build no longer has %s", strings.Join(c.Gone, ", "))
	}
	if c.Lost > 0 {
		fmt.Fprintf(&b, "\n%d requests are no longer supported, the first: %s", c.Lost, cut(c.LostRequest))
	}
	if c.Added > 0 {
		fmt.Fprintf(&b, "\n%d requests were not answered, or never recorded, before, the first: %s", c.Added,
			cut(c.AddedRequest))
	}
	if c.Outside() {
		b.WriteString("\nthey differ by more than the envelope: one of them is outside")
	}
	if c.First != nil {
		fmt.Fprintf(&b, "\nthey part in %s, in %v: %v\n  request: %s", cmp.Or(c.First.Op, "the step (5d)"),
			c.Precision, c.First,
			cut(c.First.Request))
		fmt.Fprintf(&b, "\nlargest drift: %v", c.Largest)
	}
	for _, o := range c.Operators {
		fmt.Fprintf(&b, "\n  %-10s %d of %d requests, %.2g of the envelope", o.Op, o.Differ, o.Compared, o.Share)
	}
	return b.String()
}

// Compare holds two builds of an engine against the reference and against one another,
// on the requests of one gate. Either factory may be that of a Recording; opt should then
// be its Options, or requests are asked that were never recorded. -0 is 0, and NaN is NaN.
//
// It is an error when there is nothing to compare: the builds declare different
// precisions, have no operator in common, one rounds at random without bits, or no request
// was answered by both although both pass.
func Compare(old, new Factory, opt *Options) (*Comparison, error) {
	o := opt.withDefaults()
	c := &comparer{known: map[requestKey]*answer{}, seen: map[requestKey]bool{}, ops: map[string]*OperatorDrift{}}
	before, after := opened(old, o), opened(new, o)
	if before != nil && after != nil {
		if err := compatible(before, after); err != nil {
			return nil, err
		}
		c.Gone = o.gone(before, after)
		o.Ops = sharedOps(o.Ops, before.info.Ops, after.info.Ops)
	}
	again := o.Again
	o.Again = o.AgainOld
	g := newGate(old, o)
	g.watch = func(_ *session, j *job, a *answer) {
		if key := keyOf(j.line()); a != nil && c.known[key] == nil {
			c.known[key] = a
		}
	}
	c.Old = g.all()
	o.Again = again
	g = newGate(new, o)
	g.watch = c.compare
	c.New = g.all()
	if after != nil {
		c.Precision = after.info.precision()
	}
	c.finish(before, after)
	switch {
	case c.Old.Err() != nil || c.New.Err() != nil || c.Lost > 0 || len(c.Gone) > 0 || c.Outside():
		c.Verdict = Fault
	case c.Compared == 0:
		return nil, fmt.Errorf("conform: compare: no request was answered by both builds, %d by the new one alone",
			c.Added)
	case c.Differ > 0:
		c.Verdict = Inside
	default:
		c.Verdict = SameBits
	}
	return &c.Comparison, nil
}

// Outside reports whether the builds differ by more than the whole envelope: then one of
// them is outside. The smallest case may show that where no request of the gate did.
func (c *Comparison) Outside() bool {
	return c.First != nil && !(max(c.First.Share, c.Largest.Share) <= 1)
}

// opened is an engine on which nothing is recorded, nil when it cannot be made.
func opened(f Factory, o Options) *session {
	s := &session{gate: newGate(f, o), rule: replayRule}
	if !s.open() {
		return nil
	}
	return s
}

func compatible(before, after *session) error {
	p, q := before.info.precision(), after.info.precision()
	if p != q {
		return fmt.Errorf("conform: compare: the old build computes in %v, the new one in %v", p, q)
	}
	for _, s := range []*session{before, after} {
		if s.maker.random {
			return errors.New("conform: compare: a build rounds at random and takes no bits")
		}
	}
	for _, op := range core.OpNames() {
		if before.maker.ops[op] && after.maker.ops[op] {
			return nil
		}
	}
	return errors.New("conform: compare: the builds have no operator in common")
}

// gone is what an old build declares and a new one does not: of the operators and of the
// types of requests that the options ask for.
func (o *Options) gone(before, after *session) (names []string) {
	for _, op := range core.OpNames() {
		asked := o.Ops == nil || slices.Contains(o.Ops, op)
		if asked && before.maker.ops[op] && !after.maker.ops[op] {
			names = append(names, op)
		}
	}
	can, still := abilities(before.engine), abilities(after.engine)
	for _, kind := range []string{trace, batch, run} { // each has a rule of its name
		asked := o.Rules == nil || slices.Contains(o.Rules, kind)
		if asked && can[kind] && !still[kind] {
			names = append(names, kind)
		}
	}
	return names
}

// sharedOps are the operators of all lists, of which nil has all; nil when all are nil.
func sharedOps(lists ...[]string) []string {
	lists = slices.DeleteFunc(lists, func(list []string) bool { return list == nil })
	if len(lists) == 0 {
		return nil
	}
	return slices.DeleteFunc(core.OpNames(), func(op string) bool {
		return slices.ContainsFunc(lists, func(list []string) bool { return !slices.Contains(list, op) })
	})
}

// all runs the gate's rules and ends it.
func (g *gate) all() *Report {
	for _, r := range g.list {
		g.run(r)
	}
	return g.report()
}

// comparer is a comparison at work.
type comparer struct {
	Comparison
	known    map[requestKey]*answer
	seen     map[requestKey]bool
	ops      map[string]*OperatorDrift
	smallest *job
}

// compare takes what the new build answered, nil for what it does not support.
func (c *comparer) compare(s *session, j *job, a *answer) {
	line := j.line()
	key := keyOf(line)
	old := c.known[key]
	switch {
	case c.seen[key] || old == nil && a == nil:
		return
	case old == nil:
		if c.Added++; c.Added == 1 {
			c.AddedRequest = line
		}
	case a == nil:
		if c.Lost++; c.Lost == 1 {
			c.LostRequest = line
		}
	}
	c.seen[key] = true
	if old == nil || a == nil {
		return
	}
	c.Compared++
	drifts := j.drifts(old, a)
	for d := range maps.Values(c.opsOf(j)) {
		d.Compared++
		if len(drifts) > 0 {
			d.Differ++
		}
		for _, x := range drifts {
			d.Share = max(d.Share, x.Share)
		}
	}
	if len(drifts) == 0 {
		return
	}
	c.Differ++
	for _, x := range drifts {
		if c.Largest == nil || x.Share > c.Largest.Share {
			x.Rule, x.Request = s.rule.name, line
			c.Largest = x
		}
	}
	if c.smallest == nil || plainer(j, c.smallest) {
		c.smallest = j
		c.First = drifts[0]
		c.First.Rule, c.First.Request = s.rule.name, line
	}
}

// plainer reports whether a difference is better shown by j than by k: by one whose
// envelope is known, and that is smaller.
func plainer(j, k *job) bool {
	if j.want.wild != k.want.wild {
		return k.want.wild
	}
	return j.size() < k.size()
}

// opsOf gives the counts of the operators of a request.
func (c *comparer) opsOf(j *job) map[string]*OperatorDrift {
	of := map[string]*OperatorDrift{}
	for _, s := range j.chain {
		if c.ops[s.Op] == nil {
			c.ops[s.Op] = &OperatorDrift{Op: s.Op}
		}
		of[s.Op] = c.ops[s.Op]
	}
	return of
}

// finish brings the smallest request with a difference to its smallest case, where both
// builds are there to be asked, and names the operator.
func (c *comparer) finish(before, after *session) {
	for _, o := range c.ops {
		if o.Differ > 0 {
			c.Operators = append(c.Operators, *o)
		}
	}
	slices.SortFunc(c.Operators, func(a, b OperatorDrift) int {
		return cmp.Or(cmp.Compare(b.part(), a.part()), cmp.Compare(b.Share, a.Share), cmp.Compare(a.Op, b.Op))
	})
	if c.First == nil {
		return
	}
	if before != nil && after != nil {
		p := &prober{s: after}
		p.test = func(jobs []*job) bool { return apart(before, after, jobs[0]) != nil }
		if p.still([]*job{c.smallest}) {
			c.smallest = p.withoutCurves(p.shrink([]*job{c.smallest})[0])
			if d := apart(before, after, c.smallest); d != nil {
				d.Rule, d.Request = c.First.Rule, c.smallest.line()
				c.First = d
			}
		}
	}
	for _, x := range []*Drift{c.First, c.Largest} {
		x.Op = c.named(x)
	}
}

// withoutCurves puts a bias with the same result in the place of every elementwise function
// that is not needed to show what is looked for: those that stay are where it comes from.
func (p *prober) withoutCurves(j *job) *job {
	for i, s := range j.chain {
		if s.Op != "square" && !slices.Contains(curvedOps, s.Op) {
			continue
		}
		c := j.clone()
		c.chain[i] = core.Spec{Op: "bias", N: s.N}
		c.w[i] = minus(j.want.first[0].F[i+1], j.want.first[0].Y[i])
		for k, x := range c.w[i] {
			c.w[i][k] = p.s.ar.stored.round(x)
		}
		if p.fits(c, j) && p.still([]*job{c}) {
			j = c
		}
	}
	return j
}

func (o *OperatorDrift) part() float64 { return float64(o.Differ) / float64(o.Compared) }

// named is the operator of a drift's request, other than bias where there is one, that
// differs in the largest part of the requests that have it.
func (c *comparer) named(d *Drift) string {
	j, err := parseLine([]byte(d.Request))
	if err != nil || d.Quantity == "W" && j.kind != run {
		return ""
	}
	best := ""
	for _, o := range c.Operators {
		has := slices.ContainsFunc(j.chain, func(s core.Spec) bool { return s.Op == o.Op })
		if has && (best == "" || best == "bias") {
			best = o.Op
		}
	}
	return best
}

// apart asks both builds and gives the first number that differs.
func apart(before, after *session, j *job) *Drift {
	a, f := before.call(j)
	if f != nil || a == nil {
		return nil
	}
	b, f := after.call(j)
	if f != nil || b == nil {
		return nil
	}
	if d := j.drifts(a, b); len(d) > 0 {
		return d[0]
	}
	return nil
}

// drifts lists the numbers that differ, in the order in which they are computed: Y_1..Y_N,
// loss, V_N..V_1, U_N..U_1, W; of each vector the one of the largest share. In a run it is
// those of the first step that differs.
func (j *job) drifts(a, b *answer) []*Drift {
	var list []*Drift
	row := func(quantity string, i int, x, y, tol []float64) {
		var most *Drift
		for k := range x {
			if x[k] == y[k] || math.IsNaN(x[k]) && math.IsNaN(y[k]) {
				continue
			}
			d := &Drift{Quantity: quantity, Operator: i, Index: k, Old: x[k], New: y[k], Tolerance: tol[k]}
			if share := math.Abs(y[k]-x[k]) / (2 * tol[k]); share-share == 0 {
				d.Share = share
			} else if tol[k] == 0 {
				d.Share = math.Inf(1)
			}
			if most == nil || d.Share > most.Share {
				most = d
			}
		}
		if most != nil {
			list = append(list, most)
		}
	}
	if j.kind == run && !j.want.wild {
		w := j.w
		for t := range j.steps {
			tolLoss, u, tolU, ok := j.stepAt(t, w)
			if !ok {
				return nil
			}
			row("loss", 0, a.losses[t:t+1], b.losses[t:t+1], []float64{tolLoss})
			for i := range w {
				row("W", i+1, a.ws[t][i], b.ws[t][i], j.stepTolerances(i, j.steps[t].Gamma, w[i], u[i], tolU[i]))
			}
			if len(list) > 0 {
				return list
			}
			w = a.ws[t]
		}
		return nil
	}
	tol := j.tolerances()
	n := len(j.chain)
	if a.y != nil {
		for i := 1; i <= n; i++ {
			row("Y", i, a.y[i], b.y[i], tol.y[i])
		}
	}
	row("loss", 0, []float64{a.loss}, []float64{b.loss}, []float64{tol.loss})
	if a.v != nil {
		for i := n; i >= 1; i-- {
			row("V", i, a.v[i], b.v[i], tol.v[i])
		}
	}
	for i := n; i >= 1; i-- {
		row("U", i, a.u[i-1], b.u[i-1], tol.u[i-1])
	}
	for i := 1; i <= n; i++ {
		row("W", i, a.w[i-1], b.w[i-1], tol.w[i-1])
	}
	return list
}

// envelope is how far the numbers of an answer may be from the reference's.
type envelope struct {
	loss       float64
	y, v, u, w [][]float64
}

func (j *job) tolerances() *envelope {
	x := &envelope{}
	if j.want.wild {
		x.loss = math.Inf(1)
		x.y, x.v, x.u, x.w = j.unknown(true), j.unknown(true), j.unknown(false), j.unknown(false)
		return x
	}
	e := j.want.first[0]
	x.y, x.v = e.TolY, e.TolV
	loss, u, tolU, _ := j.stepAt(0, j.w)
	x.loss, x.u = loss, tolU
	for i := range j.w {
		x.w = append(x.w, j.stepTolerances(i, j.steps[0].Gamma, j.w[i], u[i], tolU[i]))
	}
	return x
}

// unknown are tolerances that nothing is known of, of the states or of the weights.
func (j *job) unknown(states bool) [][]float64 {
	var rows [][]float64
	for i := range len(j.chain) + 1 {
		n := j.width(i)
		if !states && i == len(j.chain) {
			break
		}
		if !states {
			n = len(j.w[i])
		}
		row := make([]float64, n)
		fill(row, math.Inf(1))
		rows = append(rows, row)
	}
	return rows
}

// stepAt is what the reference says to the step t at weights w, with tolerances; not ok
// when that is out of range.
func (j *job) stepAt(t int, w [][]float64) (tolLoss float64, u, tolU [][]float64, ok bool) {
	passes := j.want.first
	if t > 0 {
		passes = nil
		for k := range j.steps[t].Samples {
			e, err := j.want.ar.enclose(j.want.chain, w, &j.steps[t].Samples[k])
			if err != nil {
				return 0, nil, nil, false
			}
			passes = append(passes, e)
		}
	}
	if j.kind == step || j.kind == trace {
		e, n := passes[0], len(j.chain)
		return e.TolY[n][0], e.U[1:], e.TolU[1:], true
	}
	_, tolLoss, u, tolU = j.want.meanOf(passes, j.steps[t].Accumulate)
	return tolLoss, u, tolU, true
}

// stepTolerances are those of (5d) for the part i, counted from 0, with a gradient that is
// known within tolU.
func (j *job) stepTolerances(i int, gamma float64, w, u, tolU []float64) []float64 {
	want, tol := slices.Clone(w), make([]float64, len(w))
	core.Step(want, u, gamma, j.reg)
	for k, x := range w {
		tol[k] = j.want.ar.step(x, u[k], tolU[k], gamma, j.reg, want[k])
	}
	return tol
}

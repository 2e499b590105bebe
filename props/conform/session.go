package conform

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/cascade-sgd/cascade/core"
)

// question is a job within a sequence, and what is asked of its answer beyond being
// that of the reference.
type question struct {
	*job
	// again is the number, from 1, of the question of the sequence that must have had the
	// same bits for an answer; 0 for none.
	again int
}

// sequence is what is asked of one engine in a row. It ends at its first fault.
type sequence struct {
	name      string
	questions []question
	// judge, unless nil, holds all answers against one another.
	judge func(s *session, answers []*answer) *fault
	// each, unless nil, takes the k-th answer, from 0, as it comes.
	each func(k int, a *answer) *fault
}

// asking is a sequence of jobs that are judged one by one; nil when one is nil.
func asking(name string, jobs ...*job) *sequence {
	q := &sequence{name: name}
	for _, j := range jobs {
		if j == nil {
			return nil
		}
		q.questions = append(q.questions, question{job: j})
	}
	return q
}

// rule is one row of the suite.
type rule struct {
	name, explanation string

	// What is asked whatever the seed, and what the seed draws on top, in words.
	always, drawn string

	// skip says why the engine cannot be asked; "" when it can. nil is always "".
	skip func(s *session) string

	// fixed yields the sequences that are always asked, draw makes the one of an index,
	// or nil when it does not fit the engine. Either may be nil.
	fixed func(m *maker) iter.Seq[*sequence]
	draw  func(m *maker, index int) *sequence
	most  int // drawn at most; 0 means as many as the options say

	// custom asks what is no list of sequences.
	custom func(s *session)
	labels bool // all goroutines of the engine are labelled
}

// gate is one run of the suite.
type gate struct {
	factory  Factory
	opt      Options
	list     []*rule // to run
	begun    time.Time
	drawing  time.Duration // spent on drawn cases
	hangs    int
	late     int // rules that were not done within Options.Limit
	outcomes []Outcome
	info     Info
	says     []string // what its first engine said of itself
	unknown  []string
	shown    []*shown

	requests, perturbed, moved int
	theorem1                   float64

	// watch, unless nil, is told of every answer; nil is one that says unsupported.
	watch func(s *session, j *job, a *answer)
}

func newGate(factory Factory, opt Options) *gate {
	list := slices.Clone(rules)
	if opt.Rules != nil {
		list = slices.DeleteFunc(list, func(r *rule) bool { return !slices.Contains(opt.Rules, r.name) })
	}
	return &gate{factory: factory, opt: opt, list: list, begun: time.Now()}
}

// fresh is a gate whose engines remember nothing of earlier requests.
func (g *gate) fresh() *gate {
	opt := g.opt
	opt.Progress = nil // that is about the run, not about smallest cases
	if g.opt.Again == nil {
		return newGate(g.factory, opt)
	}
	return newGate(g.opt.Again, opt)
}

// session is one rule at work on one engine.
type session struct {
	gate   *gate
	engine Engine
	info   Info
	ar     *arithmetic
	maker  *maker
	rule   *rule
	out    Outcome
	hung   bool // the engine is not asked again

	left     func() *job // the request as the engine has left it, its fields too
	last     *lent       // what the engine returned last
	question *job        // in answer to this
	recent   []*job      // the last jobs asked
	label    string
}

// recentJobs is how many jobs before a sequence are kept to show a fault again.
const recentJobs = 6

// shown is a fault with the requests that showed it.
type shown struct {
	rule   *rule
	fault  *fault
	jobs   []*job
	before []*job // asked before them
	name   string // of the sequence
	drawn  int    // its index, -1 for one that is always asked
	always bool   // one that is always asked showed it
	count  int
	op     string // the operator where it shows
}

// maxHangs is how many hangs a run puts up with before it asks nothing more.
const maxHangs = 2

// run runs one rule.
func (g *gate) run(r *rule) Outcome {
	s := &session{gate: g, rule: r, out: Outcome{Rule: r.name}}
	if r.labels {
		s.label = newLabel()
	}
	g.tell(r, 0)
	switch {
	case g.opt.stopped():
		s.out.Skipped = "the run was stopped"
	case g.hangs >= maxHangs:
		s.out.Skipped = fmt.Sprintf("the engine hung %d times", g.hangs)
	case time.Since(g.begun) > g.opt.Limit:
		s.late("not begun")
	case s.open():
		s.runAll()
	}
	g.requests += s.out.Requests
	g.outcomes = append(g.outcomes, s.out)
	return s.out
}

// open makes the engine and reads what it says of itself.
func (s *session) open() bool {
	e, f := guard(s, "the factory", s.gate.factory)
	if f == nil && e == nil {
		f = &fault{kind: Refused, index: -1, detail: "the factory returned no engine"}
	}
	s.engine = e
	if d, ok := e.(Describer); ok && f == nil {
		s.info, f = guard(s, "Describe", func() (Info, error) { return d.Describe(), nil })
	}
	if f == nil {
		f = s.gate.describes(s.info)
	}
	if f == nil {
		var err error
		if s.ar, err = newArithmetic(s.info.precision(), s.info.Stochastic); err != nil {
			f = &fault{kind: Refused, index: -1, detail: err.Error()}
		}
	}
	if f != nil {
		s.fail(nil, "", -1, f)
		return false
	}
	s.maker = newMaker(s.ar, s.info, s.gate.opt.Ops, s.rule.name)
	s.gate.info = s.info
	s.gate.unknown = unknown(s.info.Ops)
	return true
}

// describes takes what an engine says of itself, which all of a run say alike: else a report of one
// precision would be of answers that were judged by another.
func (g *gate) describes(info Info) *fault {
	ops := "all operators"
	if info.Ops != nil {
		ops = fmt.Sprintf("operators %q", slices.Sorted(slices.Values(info.Ops)))
	}
	says := []string{
		fmt.Sprintf("precision %v", info.precision()), ops, fmt.Sprintf("stochastic: %v", info.Stochastic),
		fmt.Sprintf("takes %q", info.Takes),
	}
	if g.says == nil {
		g.says = says
	}
	for k, now := range says {
		if before := g.says[k]; now != before {
			return &fault{kind: Wrong, quantity: "Describe", index: -1,
				detail: fmt.Sprintf("Describe: %s; an engine of the same factory said before: %s", cut(now), cut(before))}
		}
	}
	return nil
}

func newMaker(ar *arithmetic, info Info, only []string, rule string) *maker {
	bits := takesBits(info)
	m := &maker{ar: ar, ops: map[string]bool{}, bits: bits, random: info.Stochastic && !bits, rule: rule}
	for _, op := range core.OpNames() {
		m.ops[op] = (info.Ops == nil || slices.Contains(info.Ops, op)) && (only == nil || slices.Contains(only, op))
	}
	return m
}

func takesBits(info Info) bool { return slices.Contains(info.Takes, "bits") }

// unknown are the operators that core does not know.
func unknown(ops []string) []string {
	return slices.DeleteFunc(slices.Clone(ops), func(op string) bool { return slices.Contains(core.OpNames(), op) })
}

// runAll asks all sequences of the rule.
func (s *session) runAll() {
	if s.rule.skip != nil {
		if why := s.rule.skip(s); why != "" {
			s.out.Skipped = why
			return
		}
	}
	if s.rule.fixed != nil {
		for q := range s.fixed() {
			if !s.more() {
				break
			}
			s.ask(q, -1)
		}
	}
	if s.rule.draw != nil {
		s.runDrawn()
	}
	if s.rule.custom != nil {
		s.rule.custom(s)
	}
	s.settle()
	if s.out.Requests == 0 && s.out.Skipped == "" && s.out.Violations == nil {
		s.out.Skipped = "no request fits the engine's operators and precision"
	}
	if s.out.Answered == 0 && s.out.Unsupported > 0 && s.out.Violations == nil {
		s.out.Skipped = fmt.Sprintf("all %d requests are unsupported", s.out.Unsupported)
	}
}

// plans, unless nil, keeps what rules ask always between runs.
var plans func(s *session, list iter.Seq[*sequence]) iter.Seq[*sequence]

func (s *session) fixed() iter.Seq[*sequence] {
	list := s.rule.fixed(s.maker)
	if plans != nil {
		return plans(s, list)
	}
	return list
}

// indicesTried is how many indices are tried for each case wanted.
const indicesTried = 10

func (s *session) runDrawn() {
	begun, done, cases := time.Now(), 0, s.gate.opt.Cases
	if s.rule.most > 0 {
		cases = min(cases, s.rule.most)
	}
	for index := 0; done < cases && index < indicesTried*cases && s.more(); index++ {
		if limit := s.gate.opt.Time; limit > 0 && s.gate.drawing+time.Since(begun) > limit {
			break
		}
		if q := s.rule.draw(s.maker.at(s.gate.opt.Seed, "drawn", index), index); q != nil {
			s.ask(q, index)
			done++
		}
	}
	s.gate.drawing += time.Since(begun)
	if done < cases {
		why := "time, operators or precision allow no more"
		if s.hung {
			why = "the engine is asked no more"
		}
		s.out.Untried = fmt.Sprintf("%d cases drawn of %d: %s", done, cases, why)
	}
}

// more reports whether the engine may be asked again.
func (s *session) more() bool {
	if s.gate.opt.stopped() {
		s.hung = true
	}
	if !s.hung && time.Since(s.gate.begun) > s.gate.opt.Limit {
		s.hung = true
		s.late("not done")
	}
	return !s.hung
}

// late says that the time of the run was over before the rule was: no fault of the engine.
func (s *session) late(how string) {
	s.out.Skipped = fmt.Sprintf("%s within the limit of %v", how, s.gate.opt.Limit)
	s.gate.late++
}

// ask asks one sequence.
func (s *session) ask(q *sequence, index int) {
	jobs, answers, f := s.inquire(q)
	if f == nil && q.judge != nil && len(answers) == len(q.questions) {
		f = q.judge(s, answers)
	}
	if f != nil {
		s.fail(jobs, q.name, index, f)
	}
	s.recent = append(s.recent, jobs...)
	s.recent = s.recent[max(0, len(s.recent)-recentJobs):]
}

// inquire asks the questions of q up to the first fault, or the first that is
// unsupported.
func (s *session) inquire(q *sequence) (asked []*job, answers []*answer, f *fault) {
	for _, x := range q.questions {
		asked = append(asked, x.job)
		a, f := s.call(x.job)
		if f != nil {
			return asked, answers, f
		}
		if a == nil {
			return asked, answers, nil
		}
		answers = append(answers, a)
		if x.kind == trace {
			f = x.judgeTrace(a)
		} else {
			f = x.judge(a)
		}
		if f == nil && x.again > 0 {
			f = x.repeats(answers[x.again-1], a)
		}
		if f == nil && q.each != nil {
			f = q.each(len(answers)-1, a)
		}
		if f != nil {
			return asked, answers, f
		}
	}
	return asked, answers, nil
}

// repeats wants the same bits.
func (j *job) repeats(a, b *answer) *fault {
	other := func(quantity string, i, k int, x, y float64) *fault {
		f := j.wrong("", quantity, i, k, y, x, 0)
		f.detail += "; the same request had that answer before"
		return f
	}
	row := func(quantity string, i int, x, y []float64) *fault {
		for k := range x {
			if math.Float64bits(x[k]) != math.Float64bits(y[k]) {
				return other(quantity, i, k, x[k], y[k])
			}
		}
		return nil
	}
	f := row("loss", 0, append([]float64{a.loss}, a.losses...), append([]float64{b.loss}, b.losses...))
	for i := range a.u {
		if f == nil {
			f = row("U", i+1, a.u[i], b.u[i])
		}
	}
	for t, w := range append([][][]float64{a.w}, a.ws...) {
		for i := range w {
			if f == nil {
				f = row("W", i+1, w[i], append([][][]float64{b.w}, b.ws...)[t][i])
			}
		}
	}
	return f
}

// fail records a fault. Of those that look alike the one with the smallest requests
// is kept.
func (s *session) fail(jobs []*job, name string, index int, f *fault) {
	if s.gate.opt.stopped() {
		return // an engine that is taken away is not at fault
	}
	x := &shown{
		rule: s.rule, fault: f, jobs: jobs, before: slices.Clone(s.recent), name: name, drawn: index,
		always: index < 0, count: 1,
	}
	if len(jobs) > 0 {
		x.op = jobs[len(jobs)-1].subject(f)
	}
	for k, old := range s.gate.shown {
		if !old.looksLike(x) {
			continue
		}
		x.count += old.count
		x.always = x.always || old.always
		old.always = x.always
		if old.size() <= x.size() {
			old.count = x.count
		} else {
			s.gate.shown[k] = x
		}
		return
	}
	s.gate.shown = append(s.gate.shown, x)
	s.out.Violations = append(s.out.Violations, x.violation(s.gate))
}

// subject is the operator where a fault shows, or the only one of the chain that is no
// polynomial: in a loss the operators of a sweep could not be told apart otherwise. It is ""
// where there is neither, and where a perturbation may be to blame.
func (j *job) subject(f *fault) string {
	if f.operator > 0 {
		return j.chain[f.operator-1].Op
	}
	if f.kind != Wrong || f.quantity != "loss" || j.perturbed() {
		return ""
	}
	op := ""
	for _, s := range j.chain {
		switch {
		case s.Polynomial() || s.Op == op:
		case op != "":
			return ""
		default:
			op = s.Op
		}
	}
	return op
}

func (x *shown) looksLike(y *shown) bool {
	if x.rule != y.rule || x.fault.kind != y.fault.kind || x.fault.quantity != y.fault.quantity || x.op != y.op {
		return false
	}
	if x.wild() != y.wild() {
		return false // or what happens to Inf would hide a derivative that is wrong elsewhere
	}
	return x.fault.kind != Refused && x.fault.kind != Panic || x.fault.detail == y.fault.detail
}

// wild reports whether numbers that are not finite showed it.
func (x *shown) wild() bool {
	n := len(x.jobs)
	return n > 0 && x.jobs[n-1].want != nil && x.jobs[n-1].want.wild
}

func (x *shown) size() int {
	n := 0
	for _, j := range x.jobs {
		n += j.size()
	}
	return n
}

func (x *shown) violation(g *gate) *Violation {
	f := x.fault
	return &Violation{
		Rule: x.rule.name, Explanation: x.rule.explanation, Kind: f.kind, Equation: f.equation,
		Quantity: f.quantity, Operator: f.operator, Index: f.index, Got: f.got, Want: f.want, Tolerance: f.tol,
		Rules: []string{x.rule.name}, Seed: g.opt.Seed, Detail: f.detail, Request: lines(x.jobs),
	}
}

func lines(jobs []*job) string {
	var list []string
	for _, j := range jobs {
		list = append(list, j.line())
	}
	return strings.Join(list, "\n")
}

// lent is what an engine returned, which it must leave alone until it is asked again,
// and a copy of it.
type lent struct {
	look   func() [][]float64
	copied [][]float64
}

// call asks the engine one job. The engine gets a copy of the request, which is
// spoilt afterwards: it may not keep it. The answer is a copy too. It is nil without a
// fault when the engine does not support the request.
func (s *session) call(j *job) (*answer, *fault) {
	s.settle()
	if err := j.prepare(s.ar); err != nil {
		return nil, &fault{kind: Wrong, index: -1, detail: err.Error()}
	}
	s.out.Requests++
	s.gate.tell(s.rule, s.out.Requests)
	sent := j.clone()
	sent.want = j.want
	a, l, f := s.send(sent)
	if f != nil {
		if f.kind == Refused && j.want.wild {
			return nil, nil // an error is as good an answer as NaN
		}
		return nil, f
	}
	if a == nil {
		s.out.Unsupported++
		s.gate.watched(s, j, nil)
		return nil, nil
	}
	s.last, s.question = l, j
	if left := s.left(); !left.same(j) {
		return nil, &fault{kind: Wrong, quantity: "request", index: -1,
			detail: "the engine changed the request to " + cut(left.line())}
	}
	sent.numbers(func(v []float64) {
		for k := range v {
			v[k] = math.NaN()
		}
	})
	if !sameBits(l.look(), l.copied) {
		s.last = nil
		return nil, &fault{kind: Wrong, quantity: "reply", index: -1,
			detail: "the reply shares memory with the request, which the engine may not keep"}
	}
	s.out.Answered++
	if j.perturbed() {
		s.gate.perturbed++
	}
	if moved(j.w, a) {
		s.gate.moved++
	}
	s.gate.watched(s, j, a)
	return a, nil
}

func (g *gate) watched(s *session, j *job, a *answer) {
	if g.watch != nil {
		g.watch(s, j, a)
	}
}

// cut is the beginning of a long text.
func cut(s string) string {
	if len(s) > 200 {
		return s[:200] + "..."
	}
	return s
}

func moved(w [][]float64, a *answer) bool {
	after := a.w
	if len(a.ws) > 0 {
		after = a.ws[len(a.ws)-1]
	}
	return after != nil && !sameBits(w, after)
}

// settle holds what the engine returned last against the copy of it.
func (s *session) settle() {
	l, j := s.last, s.question
	s.last = nil
	if l == nil || sameBits(l.look(), l.copied) {
		return
	}
	s.fail([]*job{j}, "", -1, &fault{
		kind: Wrong, quantity: "reply", index: -1, detail: "the engine changed its reply after returning it",
	})
}

// send passes the job on by its type.
func (s *session) send(j *job) (*answer, *lent, *fault) {
	switch j.kind {
	case batch:
		req := j.batch()
		s.left = func() *job { return jobOfBatch(req) }
		return s.reply(j, "Batch", func() (*Reply, error) { return s.engine.(Batcher).Batch(req) })
	case run:
		req := j.run()
		s.left = func() *job { return jobOfRun(req) }
		return s.sendRun(j, req)
	}
	req := j.request()
	s.left = func() *job { return jobOf(req).as(j.kind) }
	if j.kind == trace {
		return s.sendTrace(j, req)
	}
	return s.reply(j, "Step", func() (*Reply, error) { return s.engine.Step(req) })
}

func (s *session) reply(j *job, name string, ask func() (*Reply, error)) (*answer, *lent, *fault) {
	r, f := guard(s, name, ask)
	switch {
	case f.isUnsupported():
		return nil, nil, nil
	case f != nil:
		return nil, nil, f
	case r == nil:
		return nil, nil, &fault{kind: Refused, index: -1, detail: name + " returned no reply"}
	}
	for _, q := range []struct {
		name string
		rows [][]float64
	}{{"U", r.U}, {"W", r.W}} {
		if f := j.shape(q.name, q.rows); f != nil {
			return nil, nil, f
		}
	}
	a := &answer{loss: s.ar.stored.round(r.Loss), u: s.rounded(r.U), w: s.rounded(r.W)}
	return a, lend(func() [][]float64 { return slices.Concat([][]float64{{r.Loss}}, r.U, r.W) }), nil
}

func lend(look func() [][]float64) *lent { return &lent{look, cloneRows(look())} }

// rounded is a copy, rounded to what is stored.
func (s *session) rounded(rows [][]float64) [][]float64 {
	c := cloneRows(rows)
	for _, row := range c {
		for k, x := range row {
			row[k] = s.ar.stored.round(x)
		}
	}
	return c
}

// shape compares the lengths of rows with those of the weights.
func (j *job) shape(name string, rows [][]float64) *fault {
	if len(rows) != len(j.w) {
		return &fault{
			kind: Shape, quantity: name, index: -1,
			detail: fmt.Sprintf("%s has %d parts, the chain has %d operators", name, len(rows), len(j.w)),
		}
	}
	for i, row := range rows {
		if len(row) != len(j.w[i]) {
			return &fault{
				kind: Shape, quantity: name, operator: i + 1, index: -1,
				detail: fmt.Sprintf("operator %d (%v): %s has length %d, want %d", i+1, j.chain[i], name, len(row),
					len(j.w[i])),
			}
		}
	}
	return nil
}

func (s *session) sendRun(j *job, req *RunRequest) (*answer, *lent, *fault) {
	r, f := guard(s, "Run", func() (*RunReply, error) { return s.engine.(Runner).Run(req) })
	switch {
	case f.isUnsupported():
		return nil, nil, nil
	case f != nil:
		return nil, nil, f
	case r == nil:
		return nil, nil, &fault{kind: Refused, index: -1, detail: "Run returned no reply"}
	case len(r.Losses) != len(j.steps) || len(r.Ws) != len(j.steps):
		return nil, nil, &fault{
			kind: Shape, index: -1,
			detail: fmt.Sprintf("%d losses and %d weights for a run of %d steps", len(r.Losses), len(r.Ws),
				len(j.steps)),
		}
	}
	a := &answer{losses: s.rounded([][]float64{r.Losses})[0]}
	for _, w := range r.Ws {
		if f := j.shape("W", w); f != nil {
			return nil, nil, f
		}
		a.ws = append(a.ws, s.rounded(w))
	}
	return a, lend(func() [][]float64 { return append(slices.Concat(r.Ws...), r.Losses) }), nil
}

// states is what Trace returns.
type states struct{ y, v [][]float64 }

// sendTrace asks for the states, and then for the step.
func (s *session) sendTrace(j *job, req *Request) (*answer, *lent, *fault) {
	got, f := guard(s, "Trace", func() (states, error) {
		y, v, err := s.engine.(Tracer).Trace(req)
		return states{y, v}, err
	})
	if f.isUnsupported() {
		return nil, nil, nil
	}
	if f != nil {
		return nil, nil, f
	}
	c, n := j.want.chain, len(j.chain)
	if len(got.y) != n+1 || len(got.v) != n+1 {
		return nil, nil, &fault{
			kind: Shape, index: -1,
			detail: fmt.Sprintf("Trace: %d states Y and %d V, want N+1 = %d", len(got.y), len(got.v), n+1),
		}
	}
	for i := 0; i <= n; i++ {
		for _, q := range []struct {
			name string
			row  []float64
		}{{"Y", got.y[i]}, {"V", got.v[i]}} {
			if len(q.row) != c.D(i) && (i > 0 || q.name == "Y") {
				return nil, nil, &fault{
					kind: Shape, quantity: q.name, operator: i, index: -1,
					detail: fmt.Sprintf("Trace: %s_%d has length %d, want %d", q.name, i, len(q.row), c.D(i)),
				}
			}
		}
	}
	y, v := s.rounded(got.y), s.rounded(got.v)
	a, l, f := s.reply(j, "Step", func() (*Reply, error) { return s.engine.Step(req) })
	if a != nil {
		a.y, a.v = y, v
	}
	return a, l, f
}

// isUnsupported reports whether it is an error by which the engine says that it cannot do this.
func (f *fault) isUnsupported() bool { return f != nil && f.unsupported }

// guard runs code of the engine, and turns an error, a panic and a hang into a
// fault. An engine that hung is left to itself: no more of its code is run. All
// goroutines that the code starts carry the label of the session.
func guard[T any](s *session, name string, f func() (T, error)) (result T, _ *fault) {
	if s.hung {
		return result, &fault{kind: Hang, index: -1, detail: name + ": the engine hung before"}
	}
	type answer struct {
		result      T
		kind        Kind // "" for a result
		text        string
		unsupported bool
	}
	done := make(chan answer, 1)
	work := func() {
		a := answer{kind: Panic, text: "left its goroutine"} // runtime.Goexit
		defer func() {
			if p := recover(); p != nil {
				a.text = fmt.Sprintf("panicked: %v", p)
			}
			done <- a
		}()
		result, err := f()
		if err != nil { // what an error says is code of the engine too, and may panic or hang
			a = answer{kind: Refused, text: err.Error(), unsupported: errors.Is(err, errors.ErrUnsupported)}
			return
		}
		a = answer{result: result}
	}
	if s.label == "" {
		go work()
	} else {
		go pprof.Do(context.Background(), pprof.Labels(leakLabel, s.label), func(context.Context) { work() })
	}
	timer := time.NewTimer(s.gate.opt.Timeout)
	defer timer.Stop()
	select {
	case a := <-done:
		if a.kind != "" {
			return result, &fault{
				kind: a.kind, index: -1, unsupported: a.unsupported,
				detail: fmt.Sprintf("%s: %v", name, strings.TrimSpace(a.text)),
			}
		}
		return a.result, nil
	case <-timer.C:
		s.hung = true
		s.gate.hangs++
		return result, &fault{kind: Hang, index: -1,
			detail: fmt.Sprintf("%s: no answer within %v", name, s.gate.opt.Timeout)}
	}
}

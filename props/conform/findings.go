package conform

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// From what showed to what is wrong. Violations that look alike are brought to their
// smallest case, the operator and the equation whose part is wrong are found by asking
// for its states as well, and what turns out to be the same is one finding.

const (
	// maxRefined is how many groups of violations are brought to their smallest case.
	maxRefined = 12
	// common is the number of operators from which on a fault is not one of the operator.
	common = 3
)

// suspect is a group of violations from one cause, as far as is known.
type suspect struct {
	shown    *shown // the smallest
	rules    []*rule
	count    int
	equation string
	part     string
	ops      []string
	jobs     []*job // the smallest case
	fault    *fault // that it shows
	refined  bool
	many     bool    // its part is one of all of ops
	alone    bool    // jobs show the fault on an engine of their own
	address  address // of the requests that show it otherwise
}

// report ends the run.
func (g *gate) report() *Report {
	g.tell(nil, 0)
	r := &Report{
		Seed: g.opt.Seed, Engine: g.info, Outcomes: g.outcomes, Unknown: g.unknown,
		Requests: g.requests, Perturbed: g.perturbed, Moved: g.moved, Theorem1: g.theorem1, Stopped: g.opt.stopped(),
		Late: g.late,
	}
	for _, s := range g.suspects() {
		r.Findings = append(r.Findings, g.finding(s))
	}
	return r
}

// suspects groups what showed by its looks, refines the groups that showed most, and
// joins those with the same cause.
func (g *gate) suspects() []*suspect {
	var groups []*suspect
	for _, x := range g.shown {
		k := slices.IndexFunc(groups, func(s *suspect) bool { return s.shown.akin(x) })
		if k < 0 {
			groups = append(groups, &suspect{shown: x, equation: x.fault.equation, jobs: x.jobs, fault: x.fault})
			k = len(groups) - 1
		}
		s := groups[k]
		s.count += x.count
		if !slices.Contains(s.rules, x.rule) {
			s.rules = append(s.rules, x.rule)
		}
		if x.size() < s.shown.size() {
			s.shown, s.jobs, s.fault = x, x.jobs, x.fault
		}
	}
	for _, s := range groups {
		if s.shown.op != "" {
			s.ops = []string{s.shown.op}
		}
	}
	slices.SortStableFunc(groups, func(a, b *suspect) int { return cmp.Compare(a.shown.size(), b.shown.size()) })
	for k, s := range groups {
		s.address = s.shown.address(g)
		if k < maxRefined {
			g.refine(s)
		}
	}
	return joinCommon(joinTraces(join(groups)))
}

// akin is looksLike whatever the rule.
func (x *shown) akin(y *shown) bool {
	z := *y
	z.rule = x.rule
	return x.looksLike(&z)
}

// join joins suspects of the same part of the same equation. Those that were not refined
// go to the first that looks like them, whatever its operator.
func join(groups []*suspect) []*suspect {
	var list []*suspect
	for _, s := range groups {
		k := slices.IndexFunc(list, func(t *suspect) bool {
			same := t.fault.kind == s.fault.kind
			switch {
			case s.refined && t.refined && s.part != "":
				return same && t.part == s.part && t.equation == s.equation
			case s.fault.kind == Wrong:
				return same && t.fault.quantity == s.fault.quantity
			}
			return same && t.shown.akin(s.shown)
		})
		if k < 0 {
			list = append(list, s)
			continue
		}
		list[k].take(s)
	}
	return list
}

// inTrace marks a part that was found by the states of a trace.
const inTrace = " (in a trace)"

// joinTraces joins what a trace shows of a part with what shows without one: that part is
// wrong in the engine, not in its traces alone.
func joinTraces(list []*suspect) []*suspect {
	var joined []*suspect
	for _, s := range list {
		plain := strings.Replace(s.part, inTrace, "", 1)
		k := slices.IndexFunc(list, func(t *suspect) bool {
			return t.part == plain && t.equation == s.equation && t.fault.kind == s.fault.kind
		})
		if plain == s.part || k < 0 {
			joined = append(joined, s)
			continue
		}
		list[k].take(s)
	}
	return joined
}

func (s *suspect) take(t *suspect) {
	s.count += t.count
	for _, r := range t.rules {
		if !slices.Contains(s.rules, r) {
			s.rules = append(s.rules, r)
		}
	}
	for _, op := range t.ops {
		if !slices.Contains(s.ops, op) {
			s.ops = append(s.ops, op)
		}
	}
}

// joinCommon joins suspects of one equation in many operators: their cause is in none.
func joinCommon(list []*suspect) []*suspect {
	key := func(s *suspect) string {
		head, _, ok := strings.Cut(s.part, " of ")
		if !ok || len(s.ops) == 0 {
			return ""
		}
		return string(s.fault.kind) + s.equation + head
	}
	count := map[string]int{}
	for _, s := range list {
		count[key(s)]++
	}
	var joined []*suspect
	for _, s := range list {
		k := slices.IndexFunc(joined, func(t *suspect) bool { return key(t) == key(s) })
		if key(s) == "" || count[key(s)] < common || k < 0 {
			joined = append(joined, s)
			continue
		}
		joined[k].take(s)
	}
	for _, s := range joined {
		if count[key(s)] >= common && key(s) != "" {
			head, _, _ := strings.Cut(s.part, " of ")
			s.many = true
			slices.Sort(s.ops) // the same name at every seed
			s.part = fmt.Sprintf("%s of %d operators (%s)", head, len(s.ops), strings.Join(s.ops, ", "))
		}
	}
	return joined
}

func (g *gate) finding(s *suspect) *Violation {
	x := &shown{rule: s.shown.rule, fault: s.fault, jobs: s.jobs}
	v := x.violation(g)
	v.Equation, v.Part, v.Count = s.equation, s.part, s.count
	if s.many {
		v.Operators = s.ops
	}
	v.Rules = nil
	for _, r := range s.rules {
		v.Rules = append(v.Rules, r.name)
		for _, o := range g.outcomes {
			if o.Rule == r.name {
				v.Asked += o.Requests
			}
		}
	}
	if !s.alone {
		v.Request = s.address.line()
	}
	if len(x.jobs) > 0 {
		v.Detail += s.caption()
	}
	return v
}

// caption says in words what the smallest case is.
func (s *suspect) caption() string {
	j := s.jobs[len(s.jobs)-1]
	var names []string
	for _, spec := range j.chain {
		names = append(names, spec.String())
	}
	text := "; smallest case: " + strings.Join(names, ", ")
	if len(names) > 8 {
		text = fmt.Sprintf("; smallest case: a chain of %d operators", len(names))
	}
	if n := len(s.jobs); n > 1 {
		text += fmt.Sprintf(", after %d other requests", n-1)
	}
	if !j.perturbed() {
		text += ", no perturbations"
	}
	return text
}

// address names a sequence of a rule, for Replay to ask again as a whole; without a
// case, and with an index below 0, it is the whole rule.
type address struct {
	Rule  string `json:"rule"`
	Case  string `json:"case,omitempty"`
	Index int    `json:"index"`
	Seed  uint64 `json:"seed"`
	Cases int    `json:"cases"`
}

func (x *shown) address(g *gate) address {
	return address{x.rule.name, x.name, x.drawn, g.opt.Seed, g.opt.Cases}
}

// whole is the address of the whole rule.
func (a address) whole() address {
	a.Case, a.Index = "", -1
	return a
}

func (a address) line() string {
	b, err := json.Marshal(a)
	if err != nil {
		panic("conform: " + err.Error())
	}
	return string(b)
}

// sequences gives the sequence that an address names, or all of a rule's.
func (a address) sequences(m *maker, r *rule) []*sequence {
	if a.Index >= 0 && r.draw != nil {
		if q := r.draw(m.at(a.Seed, "drawn", a.Index), a.Index); q != nil {
			return []*sequence{q}
		}
	}
	var list []*sequence
	if r.fixed != nil {
		for q := range r.fixed(m) {
			if q.name == a.Case {
				list = append(list, q)
			}
		}
	}
	return list
}

// replayRule is what Replay holds a request against.
var replayRule = &rule{name: "replay", explanation: "the answer is that of (5)"}

// Replay sends what a Violation carries to an engine of its own: requests, one a line,
// each of which is held against the reference, and must have the bits that the same
// request had before; or the address of a case of a rule, which is asked as that rule
// does. The error is a joined one of *Violation, as from Check, or tells what is wrong
// with the text.
func Replay(factory Factory, requests string, opt *Options) error {
	if len(requests) > MaxRequest {
		return fmt.Errorf("conform: requests of more than %d bytes", MaxRequest)
	}
	text := strings.TrimSpace(requests)
	g := newGate(factory, opt.withDefaults()).fresh()
	if strings.HasPrefix(text, `{"rule":`) {
		return g.replayAddress(text)
	}
	var jobs []*job
	for k, line := range strings.Split(text, "\n") {
		j, err := parseLine([]byte(line))
		if err != nil {
			return fmt.Errorf("conform: request %d: %w", k+1, err)
		}
		jobs = append(jobs, j)
	}
	s := &session{gate: g, rule: replayRule, out: Outcome{Rule: replayRule.name}}
	if s.open() {
		for k, j := range jobs {
			if err := j.prepare(s.ar); err != nil {
				return fmt.Errorf("conform: request %d: %w", k+1, err)
			}
			if !abilities(s.engine)[j.kind] {
				return fmt.Errorf("conform: request %d: the engine has no %s", k+1, j.kind)
			}
		}
		s.ask(s.strict(jobs), -1)
		s.settle()
	}
	return g.violations()
}

// partial is an engine that has methods for more types of requests than it answers.
type partial interface {
	answers(kind string) bool
}

// abilities lists the types of requests that an engine answers.
func abilities(e Engine) map[string]bool {
	has := map[string]bool{step: true}
	_, has[trace] = e.(Tracer)
	_, has[batch] = e.(Batcher)
	_, has[run] = e.(Runner)
	if p, ok := e.(partial); ok {
		for kind := range has {
			has[kind] = has[kind] && p.answers(kind)
		}
	}
	return has
}

// strict asks jobs in a row, the same ones for the same bits.
func (s *session) strict(jobs []*job) *sequence {
	q := &sequence{}
	for k, j := range jobs {
		x := question{job: j}
		for before := range k {
			if s.maker != nil && !s.maker.random && jobs[before].same(j) {
				x.again = before + 1
				break
			}
		}
		q.questions = append(q.questions, x)
	}
	return q
}

func (g *gate) replayAddress(text string) error {
	var a address
	if err := strict.Unmarshal([]byte(text), &a); err != nil {
		return fmt.Errorf("conform: address of a case: %w", err)
	}
	k := slices.IndexFunc(rules, func(r *rule) bool { return r.name == a.Rule })
	if k < 0 {
		return fmt.Errorf("conform: address of a case: unknown rule %s", quote(a.Rule))
	}
	if a.Cases < 0 || a.Cases > maxCases {
		return fmt.Errorf("conform: address of a case: %d cases, want 0..%d", a.Cases, maxCases)
	}
	if err := g.askAddress(a, rules[k]); err != nil {
		return err
	}
	return g.violations()
}

// maxCases is how many drawn cases an address may ask for.
const maxCases = 1 << 20

// askAddress asks what the address names.
func (g *gate) askAddress(a address, r *rule) error {
	g.opt.Seed, g.opt.Cases = max(1, a.Seed), max(1, a.Cases)
	if a.Case == "" && a.Index < 0 || r.custom != nil {
		g.run(r)
		return nil
	}
	s := &session{gate: g, rule: r, out: Outcome{Rule: r.name}}
	if !s.open() {
		return nil
	}
	list := a.sequences(s.maker, r)
	if len(list) == 0 {
		return fmt.Errorf("conform: address of a case: rule %s has no case %s of number %d", a.Rule,
			quote(a.Case), a.Index)
	}
	for _, q := range list {
		s.ask(q, a.Index)
	}
	s.settle()
	return nil
}

// violations joins what showed, as it showed.
func (g *gate) violations() error {
	var errs []error
	for _, x := range g.shown {
		errs = append(errs, x.violation(g))
	}
	return errors.Join(errs...)
}

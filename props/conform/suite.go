package conform

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
)

// Options of a run of the suite; nil and the zero value are useful. Negative
// numbers, unknown operators and unknown rules panic.
type Options struct {
	Seed    uint64        // of what is drawn; 0 means 1
	Cases   int           // cases drawn a rule, beside those always asked; 0 means 60
	Timeout time.Duration // of one call of the engine; 0 means 10 s
	Ops     []string      // send no other operators; nil means all the engine has
	Rules   []string      // try no other rules; nil means all

	// Time is how long drawn cases may take in all; 0 means as long as they take. Cases
	// that are always asked are never cut, and the report says how many others were.
	Time time.Duration
	// Limit is how long the whole run may take; 0 means an hour. A run that is
	// not done by then decides nothing, unless a fault was found.
	Limit time.Duration

	// Again makes the engines that a fault is brought to its smallest case with, which
	// must remember nothing of earlier requests; nil means the factory of the run.
	Again Factory
	// AgainOld is the same for the old build of Compare; nil means its factory.
	AgainOld Factory
	// Stop ends the run when it is closed: no rule is begun, nothing more is asked, and
	// the report says so. nil means never.
	Stop <-chan struct{}
	// Progress is told of each rule that begins and of each request that is asked, by the
	// goroutine that runs the suite; nil means nobody.
	Progress func(p Progress)
}

func (o *Options) stopped() bool {
	select {
	case <-o.Stop:
		return true
	default:
		return false
	}
}

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.Cases < 0 || d.Timeout < 0 || d.Time < 0 || d.Limit < 0 {
		panic(fmt.Sprintf("conform: options with %d cases, a timeout of %v, a time of %v and a limit of %v",
			d.Cases, d.Timeout, d.Time, d.Limit))
	}
	for _, op := range d.Ops {
		if !slices.Contains(core.OpNames(), op) {
			panic(fmt.Sprintf("conform: options with unknown op %q, want some of %v", op, core.OpNames()))
		}
	}
	for _, name := range d.Rules {
		if !slices.Contains(RuleNames(), name) {
			panic(fmt.Sprintf("conform: options with unknown rule %q, want some of %v", name, RuleNames()))
		}
	}
	if d.Seed == 0 {
		d.Seed = 1
	}
	if d.Cases == 0 {
		d.Cases = 60
	}
	if d.Timeout == 0 {
		d.Timeout = 10 * time.Second
	}
	if d.Limit == 0 {
		d.Limit = time.Hour
	}
	return d
}

// Kind says how an engine broke a rule.
type Kind string

// The kinds of violations.
const (
	Wrong   Kind = "wrong" // an answer that the rule forbids
	Shape   Kind = "shape" // an answer that does not fit the chain
	Refused Kind = "error" // an error instead of an answer
	Panic   Kind = "panic"
	Hang    Kind = "hang" // no answer within Options.Timeout
)

// Violation is one rule that an engine broke, with the requests that show it. In
// Report.Findings it is one fault, however many rules and requests show it.
type Violation struct {
	Rule        string
	Explanation string
	Kind        Kind

	// What is wrong: the equation, and the part of it, such as "J1 of tanh". A violation
	// of Outcome says what shows; a finding of Report says what is the cause, as far as
	// that could be told.
	Equation string
	Part     string

	// Operators are those of a finding whose part is one of several operators, such as
	// "f of 3 operators (tanh, sigmoid, logistic)"; nil otherwise.
	Operators []string

	// Where it shows: the quantity (loss, U, W, Y, V; "" when the whole answer is meant),
	// the operator i = 1..N (0 for none) and the index in its vector (-1 for none)
	// whose entry is furthest off, for its tolerance.
	Quantity  string
	Operator  int
	Index     int
	Got, Want float64
	Tolerance float64

	Count int      // requests that show it
	Asked int      // requests asked in the rules that show it
	Rules []string // that show it
	Seed  uint64

	Detail  string // the same and more, in words
	Request string // lines of JSON for Replay; "" when there was none
}

// Error implements error.
func (v *Violation) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): ", v.Rule, v.Kind)
	if v.Part != "" {
		fmt.Fprintf(&b, "%s is wrong, %s: ", v.Part, v.Equation)
	}
	b.WriteString(v.Detail)
	if shown := v.Shown(); shown != "" {
		fmt.Fprintf(&b, "\n  %s, seed %d", shown, v.Seed)
	}
	fmt.Fprintf(&b, "\n  rule: %s", v.Explanation)
	if v.Request != "" {
		b.WriteString("\n  request: " + strings.ReplaceAll(v.Request, "\n", "\n           "))
	}
	return b.String()
}

// Shown says how many of the requests of which rules show a finding, or, of an engine that could not be made or
// said nothing that can be used, that none was asked. It is "" for a violation of an Outcome.
func (v *Violation) Shown() string {
	switch rules := strings.Join(v.Rules, ", "); {
	case v.Count == 0:
		return ""
	case v.Count > v.Asked:
		return "before any request of " + rules
	default:
		return fmt.Sprintf("in %d of %d requests of %s", v.Count, v.Asked, rules)
	}
}

// Outcome is what became of one rule: it passed when it has neither violations nor
// a reason to have been skipped.
type Outcome struct {
	Rule        string
	Requests    int    // that the engine was sent
	Answered    int    // that it answered with a result
	Unsupported int    // that it said it cannot do
	Skipped     string // why nothing was decided
	Untried     string // what a rule that was decided left out, and why
	Violations  []*Violation
}

// Report is the outcome of a run of the suite, rule by rule.
type Report struct {
	Seed     uint64
	Engine   Info
	Outcomes []Outcome

	// Findings are the faults that the violations of all rules come from.
	Findings []*Violation

	// Unknown are operators that the engine names and core does not know.
	Unknown []string

	// Stopped says that Options.Stop ended the run before its end.
	Stopped bool

	// Late counts the rules that were not done within Options.Limit.
	Late int

	Requests int // in all
	// Perturbed and Moved count answered requests with a perturbation that is not 0,
	// and answers whose weights differ from those of the request.
	Perturbed, Moved int

	// Theorem1 is the largest |U-u| over the root of Theorem 1's bound (13) of all pairs
	// asked, both the engine's, less what rounding may have added.
	Theorem1 float64
}

// Invalid says why the run decides nothing: it was not done in time, no request was
// answered, nothing was perturbed, or no weight moved. It is "" otherwise.
func (r *Report) Invalid() string {
	answered := 0
	for _, o := range r.Outcomes {
		answered += o.Answered
	}
	switch {
	case r.Late > 0:
		return fmt.Sprintf("the time was over, %d of %d rules were not done", r.Late, len(r.Outcomes))
	case answered == 0:
		return "no request was answered"
	case r.Perturbed == 0:
		return "no request with a perturbation was answered"
	case r.Moved == 0:
		return "no weight moved"
	}
	return ""
}

// Err joins the findings; each is a *Violation for errors.As. A run that decides
// nothing is an error as well. It is nil when there is neither.
func (r *Report) Err() error {
	var errs []error
	for _, v := range r.Findings {
		errs = append(errs, v)
	}
	if why := r.Invalid(); why != "" {
		errs = append(errs, fmt.Errorf("conform: nothing is decided: %s; %s", why, r.Summary()))
	}
	return errors.Join(errs...)
}

// Skipped lists the rules that could not be tried.
func (r *Report) Skipped() []string {
	var names []string
	for _, o := range r.Outcomes {
		if o.Skipped != "" {
			names = append(names, o.Rule)
		}
	}
	return names
}

// Ran is one line: how many rules ran, how many requests were asked, what the engine does not
// know.
func (r *Report) Ran() string {
	var b strings.Builder
	unsupported, answered := 0, 0
	for _, o := range r.Outcomes {
		unsupported += o.Unsupported
		answered += o.Answered
	}
	fmt.Fprintf(&b, "ran %d of %d rules, %d requests, %d answered, seed %d",
		len(r.Outcomes)-len(r.Skipped()), len(rules), r.Requests, answered, r.Seed)
	if unsupported > 0 {
		fmt.Fprintf(&b, "; %d requests unsupported", unsupported)
	}
	if len(r.Unknown) > 0 {
		fmt.Fprintf(&b, "; unknown operators %s", quote(strings.Join(r.Unknown, ", ")))
	}
	return b.String()
}

// Summary is Ran and the names of the rules that were skipped.
func (r *Report) Summary() string {
	if skipped := r.Skipped(); len(skipped) > 0 {
		return r.Ran() + "; skipped " + strings.Join(skipped, ", ")
	}
	return r.Ran()
}

// RuleNames lists the rules in the order in which they run.
func RuleNames() []string {
	var names []string
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// Test runs every rule against engines of the factory, one subtest a rule; a
// rule that cannot be tried is a skipped subtest. What is found is reported by the
// test itself, each fault once. opt may be absent or nil.
func Test(t *testing.T, factory Factory, opt ...*Options) {
	t.Helper()
	var o *Options
	if len(opt) > 0 {
		o = opt[0]
	}
	g := newGate(factory, o.withDefaults())
	for _, r := range g.list {
		t.Run(r.name, func(t *testing.T) {
			out := g.run(r)
			for _, v := range out.Violations {
				t.Errorf("%s; see the findings", v.Detail)
			}
			if out.Untried != "" {
				t.Logf("conform: %s: %s", r.name, out.Untried)
			}
			if out.Skipped != "" {
				t.Skip(out.Skipped)
			}
		})
	}
	report := g.report()
	t.Logf("conform: %s", report.Summary())
	for k, v := range report.Findings {
		t.Errorf("finding %d of %d: %v", k+1, len(report.Findings), v)
	}
	if why := report.Invalid(); why != "" {
		t.Errorf("conform: nothing is decided: %s", why)
	}
}

// Check runs every rule and joins all findings, see Report.Err.
func Check(factory Factory, opt *Options) error { return Run(factory, opt).Err() }

// Run runs every rule.
func Run(factory Factory, opt *Options) *Report {
	g := newGate(factory, opt.withDefaults())
	for _, r := range g.list {
		g.run(r)
	}
	return g.report()
}

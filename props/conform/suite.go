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
// numbers and unknown operators panic.
type Options struct {
	Seed    uint64        // of the requests; 0 means 1
	Cases   int           // random requests a rule; 0 means 60
	Timeout time.Duration // of one call of the engine; 0 means 10 s
	Ops     []string      // send no other operators; nil means all the engine has
}

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.Cases < 0 || d.Timeout < 0 {
		panic(fmt.Sprintf("conform: options with %d cases and a timeout of %v", d.Cases, d.Timeout))
	}
	for _, op := range d.Ops {
		if !slices.Contains(core.OpNames(), op) {
			panic(fmt.Sprintf("conform: options with unknown op %q, want some of %v", op, core.OpNames()))
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

// Violation is one rule that an engine broke, with the request that shows it:
// the shortest chain among those that did.
type Violation struct {
	Rule        string
	Explanation string
	Kind        Kind

	// Where: the quantity (loss, U, W, Y, V; "" when the whole answer is meant), the
	// operator i = 1..N (0 for none) and the index in its vector (-1 for none)
	// whose entry is furthest off.
	Quantity  string
	Operator  int
	Index     int
	Got, Want float64

	Detail  string // the same and more, in words
	Request string // one line of JSON for Replay; "" when there was none
}

// Error implements error.
func (v *Violation) Error() string {
	s := fmt.Sprintf("%s (%s): %s\n  rule: %s", v.Rule, v.Kind, v.Detail, v.Explanation)
	if v.Request != "" {
		s += "\n  request: " + v.Request
	}
	return s
}

// Outcome is what became of one rule: it passed when it has neither violations nor
// a reason to have been skipped.
type Outcome struct {
	Rule       string
	Requests   int    // that the engine was sent
	Skipped    string // why nothing was decided
	Untried    string // what a rule that was decided left out, and why
	Violations []*Violation
}

// Report is the outcome of a run of the suite, rule by rule.
type Report struct {
	Seed     uint64
	Outcomes []Outcome
}

// Err joins all violations; each is a *Violation for errors.As. It is nil when
// there are none, also when every rule was skipped.
func (r *Report) Err() error {
	var errs []error
	for _, o := range r.Outcomes {
		for _, v := range o.Violations {
			errs = append(errs, v)
		}
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

// Test runs every rule against engines of the factory, one subtest a rule; a
// rule that cannot be tried is a skipped subtest. opt may be absent or nil.
func Test(t *testing.T, factory Factory, opt ...*Options) {
	t.Helper()
	var o *Options
	if len(opt) > 0 {
		o = opt[0]
	}
	d := o.withDefaults()
	t.Logf("conform: seed %d, %d requests a rule", d.Seed, d.Cases)
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			out := r.run(factory, d)
			for _, v := range out.Violations {
				t.Error(v)
			}
			if out.Untried != "" {
				t.Logf("conform: %s: %s", r.name, out.Untried)
			}
			if out.Skipped != "" {
				t.Skip(out.Skipped)
			}
		})
	}
}

// Check runs every rule and joins all violations, see Report.Err.
func Check(factory Factory, opt *Options) error { return Run(factory, opt).Err() }

// Run runs every rule.
func Run(factory Factory, opt *Options) *Report {
	d := opt.withDefaults()
	r := &Report{Seed: d.Seed}
	for _, rule := range rules {
		r.Outcomes = append(r.Outcomes, rule.run(factory, d))
	}
	return r
}

// Replay sends one request, the line of JSON that a Violation carries, and
// holds loss, gradient and step against the reference. The error is a joined one
// of *Violation, as from Check, or tells what is wrong with the request.
func Replay(factory Factory, request string, opt *Options) error {
	req, err := ParseRequest(strings.NewReader(request))
	if err != nil {
		return err
	}
	var outside error
	replay := &rule{"replay", "loss, gradient and step are those of (5)", func(s *session) {
		e, err := s.precision.enclose(req)
		if err != nil {
			outside = err
			return
		}
		s.report(s.matchesAll(req, e))
		s.report(s.steps(req, e))
	}}
	out := replay.run(factory, opt.withDefaults())
	return errors.Join((&Report{Outcomes: []Outcome{out}}).Err(), outside)
}

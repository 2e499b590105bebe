package conform

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"
)

// Options of a run of the suite; nil and the zero value are useful.
type Options struct {
	Seed    uint64        // of the requests; 0 means 1
	Cases   int           // random requests a rule; 0 means 60
	Timeout time.Duration // of one call of the engine; 0 means 10 s
}

func (o *Options) withDefaults() Options {
	var d Options
	if o != nil {
		d = *o
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

// Violation is one rule that an engine broke, with the request that shows it.
type Violation struct {
	Rule        string
	Explanation string
	Detail      string // what was got and wanted, and where
	Request     string // one line of JSON
}

// Error implements error.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s: %s\n  %s\n  request: %s", v.Rule, v.Explanation, v.Detail, v.Request)
}

// Skip says that a rule was not tried, and why. It is an error only so that
// callers of Check can see it with errors.As; it does not make Check fail.
type skip struct{ why string }

func (s *skip) Error() string { return "skipped: " + s.why }

// Test runs every rule against engines of the factory, one subtest a rule.
// opt may be absent.
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
			err := r.run(factory, d)
			var s *skip
			if errors.As(err, &s) {
				t.Skip(s.why)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// Check runs every rule and returns all violations, joined; each is a
// *Violation for errors.As. skipped names the rules that could not be tried.
func Check(factory Factory, opt *Options) (skipped []string, err error) {
	d := opt.withDefaults()
	var errs []error
	for _, r := range rules {
		err := r.run(factory, d)
		var s *skip
		if errors.As(err, &s) {
			skipped = append(skipped, r.name)
			continue
		}
		errs = append(errs, err)
	}
	return skipped, errors.Join(errs...)
}

// rule is one row of the suite. The check returns an error at the first
// request that breaks it; a rule is one statement, one witness is enough.
type rule struct {
	name, explanation string
	check             func(s *session) error
}

func (r *rule) run(factory Factory, opt Options) error {
	e, err := factory()
	if err == nil && e == nil {
		err = errors.New("the factory returned no engine")
	}
	if err != nil {
		return &Violation{Rule: r.name, Explanation: r.explanation, Detail: fmt.Sprintf("factory: %v", err)}
	}
	s := &session{engine: e, opt: opt, rule: r}
	if d, ok := e.(Describer); ok {
		s.info = d.Describe()
	}
	if s.precision, err = precisionOf(s.info.Precision); err != nil {
		return s.fail(nil, "%v", err)
	}
	err = r.check(s)
	if err == nil && s.tried == 0 {
		return &skip{"no request could be drawn for the engine's operators"}
	}
	return err
}

// session is one rule at work on one engine.
type session struct {
	engine    Engine
	info      Info
	precision precision
	opt       Options
	rule      *rule
	tried     int
	hung      error // the violation after which the engine is not asked again
}

// fail makes the violation of the session's rule.
func (s *session) fail(req *Request, format string, args ...any) error {
	v := &Violation{Rule: s.rule.name, Explanation: s.rule.explanation, Detail: fmt.Sprintf(format, args...)}
	if req != nil {
		v.Request = req.line()
	}
	return v
}

// call asks the engine, and turns a panic, a hang and an error into failures.
// After a hang the engine is left to itself.
func (s *session) call(req *Request) (*Reply, error) {
	if s.hung != nil {
		return nil, s.hung
	}
	s.tried++
	type answer struct {
		reply *Reply
		err   error
	}
	done := make(chan answer, 1)
	sent := req.clone()
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- answer{nil, fmt.Errorf("the engine panicked: %v", p)}
			}
		}()
		r, err := s.engine.Step(sent)
		done <- answer{r, err}
	}()
	timer := time.NewTimer(s.opt.Timeout)
	defer timer.Stop()
	select {
	case a := <-done:
		if a.err == nil && a.reply == nil {
			a.err = errors.New("the engine returned no reply")
		}
		if a.err != nil {
			return nil, s.fail(req, "%v", a.err)
		}
		if !same(sent, req) {
			return nil, s.fail(req, "the engine changed the request to %s", sent.line())
		}
		return a.reply, s.shapes(req, a.reply)
	case <-timer.C:
		s.hung = s.fail(req, "no answer within %v", s.opt.Timeout)
		return nil, s.hung
	}
}

func (s *session) shapes(req *Request, r *Reply) error {
	if len(r.U) != len(req.W) || len(r.W) != len(req.W) {
		return s.fail(req, "u and w have %d and %d parts, the chain has %d operators", len(r.U), len(r.W), len(req.W))
	}
	for i := range req.W {
		if len(r.U[i]) != len(req.W[i]) || len(r.W[i]) != len(req.W[i]) {
			return s.fail(req, "operator %d: u and w have lengths %d and %d, want %d", i+1, len(r.U[i]), len(r.W[i]), len(req.W[i]))
		}
	}
	return nil
}

// same compares bits, so that NaN equals itself.
func same(a, b *Request) bool {
	return a.Gamma == b.Gamma && a.Reg == b.Reg && fmt.Sprint(a.Chain) == fmt.Sprint(b.Chain) &&
		sameBits([][]float64{a.X}, [][]float64{b.X}) && sameBits(a.W, b.W) && sameBits(a.Delta, b.Delta) && sameBits(a.Eps, b.Eps)
}

func sameBits(a, b [][]float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
		for j := range a[i] {
			if math.Float64bits(a[i][j]) != math.Float64bits(b[i][j]) {
				return false
			}
		}
	}
	return true
}

package conform

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// rule is one row of the suite.
type rule struct {
	name, explanation string
	check             func(s *session)
}

func (r *rule) run(factory Factory, opt Options) Outcome {
	s := &session{opt: opt, rule: r, out: Outcome{Rule: r.name}}
	if s.open(factory) {
		r.check(s)
		if s.out.Requests == 0 && s.out.Skipped == "" && s.out.Violations == nil {
			s.out.Skipped = "no request fits the engine's operators and precision"
		}
	}
	return s.out
}

// session is one rule at work on one engine.
type session struct {
	engine    Engine
	precision precision
	ops       []string // nil means all
	opt       Options
	rule      *rule
	out       Outcome
	hung      *Violation // after which the engine is not asked again
}

// open makes the engine and reads what it says of itself.
func (s *session) open(factory Factory) bool {
	e, v := guard(s, nil, "the factory", factory)
	if v == nil && e == nil {
		v = s.fail(nil, Refused, "the factory returned no engine")
	}
	s.engine = e
	var info Info
	if d, ok := e.(Describer); ok && v == nil {
		info, v = guard(s, nil, "Describe", func() (Info, error) { return d.Describe(), nil })
	}
	if v == nil {
		var err error
		if s.precision, err = precisionOf(info.Precision); err != nil {
			v = s.fail(nil, Refused, "%v", err)
		}
	}
	s.ops = intersect(info.Ops, s.opt.Ops)
	s.report(v)
	return v == nil
}

// intersect is the operators in both lists, where nil stands for all.
func intersect(a, b []string) []string {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	both := []string{}
	for _, op := range a {
		if slices.Contains(b, op) {
			both = append(both, op)
		}
	}
	return both
}

func (s *session) has(op string) bool { return s.ops == nil || slices.Contains(s.ops, op) }

// report records a violation, unless it is nil.
func (s *session) report(v *Violation) {
	if v != nil {
		s.out.Violations = append(s.out.Violations, v)
	}
}

// fail makes a violation of the session's rule.
func (s *session) fail(req *Request, kind Kind, format string, args ...any) *Violation {
	v := &Violation{
		Rule: s.rule.name, Explanation: s.rule.explanation, Kind: kind, Index: -1,
		Detail: fmt.Sprintf(format, args...),
	}
	if req != nil {
		v.Request = req.line()
	}
	return v
}

// compare is nil when |got - want| <= tol, in the Euclidean norm; i is 0 for
// a quantity of no operator.
func (s *session) compare(req *Request, quantity string, i int, got, want []float64, tol float64) *Violation {
	off := distance(got, want)
	if off <= tol {
		return nil
	}
	k := furthest(got, want)
	v := s.at(req, quantity, i, k, got[k], want[k])
	v.Detail += fmt.Sprintf("; |got-want| is %.3g, rounding allows %.3g", off, tol)
	return v
}

// at makes a violation at one number.
func (s *session) at(req *Request, quantity string, i, k int, got, want float64) *Violation {
	place := quantity
	if i > 0 {
		place = fmt.Sprintf("operator %d (%v): %s[%d]", i, req.Chain[i-1], quantity, k)
	}
	v := s.fail(req, Wrong, "%s: got %v, want %v", place, got, want)
	v.Quantity, v.Operator, v.Index, v.Got, v.Want = quantity, i, k, got, want
	return v
}

// furthest is the index where a and b differ most, NaN being most of all.
func furthest(a, b []float64) int {
	at, most := 0, -1.0
	for k, x := range a {
		d := math.Abs(x - b[k])
		if math.IsNaN(d) {
			return k
		}
		if d > most {
			at, most = k, d
		}
	}
	return at
}

// call asks the engine. The engine gets a copy of the request and may reuse what it
// returned: the reply is a copy too.
func (s *session) call(req *Request) (*Reply, *Violation) {
	reply, _, v := s.callAndSee(req)
	return reply, v
}

// callAndSee returns the request as the engine left it as well.
func (s *session) callAndSee(req *Request) (*Reply, *Request, *Violation) {
	s.out.Requests++
	sent := req.clone()
	r, v := guard(s, req, "Step", func() (*Reply, error) { return s.engine.Step(sent) })
	if v != nil {
		return nil, nil, v
	}
	if r == nil {
		return nil, nil, s.fail(req, Refused, "Step returned no reply")
	}
	if v := s.shapes(req, r); v != nil {
		return nil, nil, v
	}
	return &Reply{Loss: r.Loss, U: cloneRows(r.U), W: cloneRows(r.W)}, sent, nil
}

func (s *session) shapes(req *Request, r *Reply) *Violation {
	for _, q := range []struct {
		name string
		rows [][]float64
	}{{"U", r.U}, {"W", r.W}} {
		if len(q.rows) != len(req.W) {
			v := s.fail(req, Shape, "%s has %d parts, the chain has %d operators", q.name, len(q.rows), len(req.W))
			v.Quantity = q.name
			return v
		}
		for i, row := range q.rows {
			if len(row) != len(req.W[i]) {
				v := s.fail(req, Shape, "operator %d (%v): %s has length %d, want %d", i+1, req.Chain[i], q.name, len(row), len(req.W[i]))
				v.Quantity, v.Operator = q.name, i+1
				return v
			}
		}
	}
	return nil
}

// guard runs code of the engine, and turns an error, a panic and a hang into a
// violation. An engine that hung is left to itself: no more of its code is run.
func guard[T any](s *session, req *Request, name string, f func() (T, error)) (result T, _ *Violation) {
	if s.hung != nil {
		return result, s.hung
	}
	type answer struct {
		result T
		err    error
		kind   Kind
	}
	done := make(chan answer, 1)
	go func() {
		a := answer{kind: Panic, err: errors.New("left its goroutine")} // runtime.Goexit
		defer func() {
			if p := recover(); p != nil {
				a.err = fmt.Errorf("panicked: %v", p)
			}
			done <- a
		}()
		result, err := f()
		a = answer{result, err, Refused}
	}()
	timer := time.NewTimer(s.opt.Timeout)
	defer timer.Stop()
	select {
	case a := <-done:
		if a.err != nil {
			return result, s.fail(req, a.kind, "%s: %v", name, strings.TrimSpace(a.err.Error()))
		}
		return a.result, nil
	case <-timer.C:
		s.hung = s.fail(req, Hang, "%s: no answer within %v", name, s.opt.Timeout)
		return result, s.hung
	}
}

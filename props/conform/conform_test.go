package conform

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/core"
)

func newReference() (Engine, error) { return NewReference(), nil }

func TestReference(t *testing.T) {
	Test(t, newReference)
}

// TestReport: a fault is one finding, and the report says what ran.
func TestReport(t *testing.T) {
	r := Run(planted(t, "square derivative without 2").factory, nil)
	if len(r.Findings) != 1 {
		t.Fatalf("%d findings, want 1: %v", len(r.Findings), r.Err())
	}
	v := r.Findings[0]
	if v.Kind != Wrong || v.Equation != "(5b)" || v.Part != "J1 of square" || v.Quantity != "U" || v.Got*2 != v.Want ||
		v.Tolerance != 0 {
		t.Errorf("finding %+v, want (5b), J1 of square, half of what is wanted", *v)
	}
	if v.Count < 100 || v.Asked < 2*v.Count || !slices.Contains(v.Rules, "operators") ||
		!slices.Contains(v.Rules, "widths") {
		t.Errorf("%d of %d requests of %v, want some hundred of thousands in operators, widths and others", v.Count,
			v.Asked, v.Rules)
	}
	for _, want := range []string{"J1 of square is wrong, (5b)", "smallest case: bias(1), square(1)",
		"requests of operators", "seed 1", `"type":"step"`} {
		if !strings.Contains(v.Error(), want) {
			t.Errorf("the report lacks %q:\n%v", want, v)
		}
	}
	want := fmt.Sprintf("ran 15 of %d rules, %d requests", len(rules), r.Requests)
	if !strings.HasPrefix(r.Summary(), want) {
		t.Errorf("summary %q, want it to begin with %q", r.Summary(), want)
	}
	if got := r.Skipped(); !slices.Equal(got, []string{"trace", "batch", "run", "unbiased"}) {
		t.Errorf("skipped %v", got)
	}
}

// planted is a fault by its name.
func planted(t *testing.T, name string) plantedFault {
	t.Helper()
	k := slices.IndexFunc(broken, func(b plantedFault) bool { return b.name == name })
	if k < 0 {
		t.Fatalf("no fault %q is planted", name)
	}
	return broken[k]
}

// TestKinds: how an engine fails is told apart, and reaches the report.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		fault  string
		kind   Kind
		detail string
	}{
		{"panics now and then", Panic, "Step: panicked: out of luck"},
		{"leaves its goroutine", Panic, "Step: left its goroutine"},
		{"hangs", Hang, "Step: no answer within 300ms"},
		{"wants eps_1", Refused, "Step: eps_1 has the wrong length"},
		{"no reply", Refused, "Step returned no reply"},
		{"one number too many in u", Shape, "U has length"},
		{"trace panics", Panic, "Trace: panicked: no trace"},
		{"trace hangs", Hang, "Trace: no answer within 300ms"},
		{"trace of N states", Shape, "want N+1"},
		{"trace with a short row", Shape, "Trace: Y_0 has length"},
		{"one loss too few", Shape, "losses and"},
		{"changes its arguments", Wrong, "the engine changed the request"},
		{"clears its reply afterwards", Wrong, "the engine changed its reply after returning it"},
	} {
		b := planted(t, c.fault)
		err := Check(b.factory, b.options(Options{Rules: []string{b.rule}, Cases: 1}))
		if !slices.ContainsFunc(violations(t, err), func(v *Violation) bool {
			return v.Kind == c.kind && strings.Contains(v.Detail, c.detail)
		}) {
			t.Errorf("%s: no finding of kind %s with %q: %v", c.fault, c.kind, c.detail, err)
		}
	}
}

// violations takes apart what Check returns.
func violations(t *testing.T, err error) []*Violation {
	if err == nil {
		return nil
	}
	var list []*Violation
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		if v := (*Violation)(nil); errors.As(e, &v) {
			list = append(list, v)
		}
	}
	return list
}

// waiting counts the calls that hang in it.
type waiting struct{ calls atomic.Int32 }

func (w *waiting) Step(*Request) (*Reply, error) { w.calls.Add(1); select {} }

// TestHungEngineIsLeftAlone: what hung may still be at work, and a whole run puts up
// with no more than two hangs.
func TestHungEngineIsLeftAlone(t *testing.T) {
	var engines []*waiting
	r := Run(func() (Engine, error) {
		engines = append(engines, &waiting{})
		return engines[len(engines)-1], nil
	}, &Options{Timeout: 20 * time.Millisecond})
	for k, e := range engines {
		if n := e.calls.Load(); n != 1 {
			t.Errorf("engine %d: %d calls of an engine that hangs, want one", k, n)
		}
	}
	if len(engines) != maxHangs || r.Err() == nil || !strings.Contains(r.Outcomes[maxHangs].Skipped, "hung 2 times") {
		t.Errorf("%d engines, error %v, then %q", len(engines), r.Err(), r.Outcomes[maxHangs].Skipped)
	}
	if said := r.Outcomes[0].Untried; !strings.HasSuffix(said, " drawn of 60: the engine is asked no more") {
		t.Errorf("of the cases that are not drawn it is said: %q", said)
	}
}

// slow answers after a while.
type slow struct{ Engine }

func (s slow) Step(req *Request) (*Reply, error) {
	time.Sleep(5 * time.Millisecond)
	return s.Engine.Step(req)
}

func TestLimits(t *testing.T) {
	r := Run(func() (Engine, error) { return slow{NewReference()}, nil }, &Options{Limit: 40 * time.Millisecond})
	if err := r.Err(); err == nil || !strings.Contains(err.Error(), "the time was over, 19 of 19 rules were not done") ||
		r.Requests > 20 || len(r.Findings) > 0 || r.Outcomes[0].Skipped != "not done within the limit of 40ms" {
		t.Errorf("%d requests of 5 ms within 40 ms, error %v", r.Requests, err)
	}
	g := newGate(newReference, (&Options{Time: time.Nanosecond, Rules: []string{"operators"}}).withDefaults())
	out := g.run(operatorsRule)
	if out.Requests < 200 || !strings.HasPrefix(out.Untried, "0 cases drawn of 60") {
		t.Errorf("no time for drawing: %d requests, %q; want those that are always asked", out.Requests, out.Untried)
	}
}

// silent panics where nothing is asked of it yet.
type silent struct{ Engine }

func (*silent) Describe() Info { panic("nothing to say") }

func TestFactoryErrors(t *testing.T) {
	for name, c := range map[string]struct {
		factory Factory
		want    string
	}{
		"error": {func() (Engine, error) {
			return nil, errors.New("no device")
		}, "the factory: no device"},
		"panic": {func() (Engine, error) { panic("no luck") }, "the factory: panicked: no luck"},
		"hang":  {func() (Engine, error) { select {} }, "the factory: no answer within"},
		"nil":   {func() (Engine, error) { return nil, nil }, "the factory returned no engine"},
		"unknown precision": {func() (Engine, error) {
			return newLabOf(Info{Precision: "float8"}), nil
		}, `unknown precision "float8" for storage`},
		"unknown mixture": {func() (Engine, error) {
			return newLabOf(Info{Mixed: Precision{"float32", "float32", ""}}), nil
		}, `"" for accumulate`},
		"Describe panics": {func() (Engine, error) { return &silent{}, nil }, "Describe: panicked: nothing to say"},
	} {
		opt := &Options{}
		if name == "hang" {
			opt.Timeout = 20 * time.Millisecond
		}
		r := Run(c.factory, opt)
		if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Detail, c.want) || r.Requests != 0 {
			t.Errorf("%s: error %v after %d requests, want one finding with %q", name, r.Err(), r.Requests, c.want)
		}
		if text := r.Findings[0].Error(); !strings.Contains(text, "before any request of operators, ") {
			t.Errorf("%s: no request was asked, and it says %s", name, text)
		}
	}
}

func newLabOf(info Info) *lab {
	e := newLab(float64s)
	e.info = info
	return e
}

// heavyRules take more than half of a gate's time.
var heavyRules = []string{"widths", "deterministic", "mean"}

// lightRules are the other rules; all of them in full.
func lightRules() []string {
	if *full {
		return RuleNames()
	}
	return slices.DeleteFunc(RuleNames(), func(name string) bool { return slices.Contains(heavyRules, name) })
}

func TestOperators(t *testing.T) {
	var asked []string
	largest := 0 // number of weights of an operator
	spy := func(ops ...string) Factory {
		return func() (Engine, error) {
			e := newLabOf(Info{Ops: ops})
			e.hook.request = func(j *job) *job {
				for i, s := range j.chain {
					asked = append(asked, s.Op)
					largest = max(largest, len(j.w[i]))
				}
				return j
			}
			return stepOnly{e}, nil
		}
	}
	for k, c := range []struct {
		engine, option, want []string
	}{
		{nil, nil, core.OpNames()},
		{[]string{"affine", "tanh", "conv"}, nil, []string{"affine", "tanh"}},
		{nil, []string{"linear", "halfsq"}, []string{"linear", "halfsq"}},
		{[]string{"affine", "softmaxce", "tanh"}, []string{"softmaxce", "affine"}, []string{"affine", "softmaxce"}},
		{[]string{"fixed", "bilinear"}, nil, []string{"bilinear", "fixed"}},
	} {
		names := lightRules()
		if !*full && k > 2 {
			names = []string{"operators", "sizes", "batch"}
		}
		asked = nil
		r := Run(spy(c.engine...), &Options{Ops: c.option, Cases: 3, Rules: names})
		for _, list := range []*[]string{&asked, &c.want} {
			slices.Sort(*list)
			*list = slices.Compact(*list)
		}
		if diff := cmp.Diff(c.want, asked); diff != "" || r.Err() != nil {
			t.Errorf("engine %v, option %v: error %v; operators asked (-want +got):\n%s", c.engine, c.option,
				r.Err(), diff)
		}
	}
	if largest == 0 || largest > 1<<14 {
		t.Errorf("an operator of %d weights was asked for, want at most 2^14: they are sent as JSON", largest)
	}
	r := Run(spy("affine", "tanh", "conv"), &Options{Cases: 1, Rules: []string{"operators"}})
	if !slices.Equal(r.Unknown, []string{"conv"}) || !strings.Contains(r.Summary(), `unknown operators "conv"`) {
		t.Errorf("unknown operators %v, summary %q; want conv in both", r.Unknown, r.Summary())
	}
}

// TestNothingDecided: a run in which nothing was asked, perturbed or moved does not
// pass.
func TestNothingDecided(t *testing.T) {
	capitals := []string{"AFFINE", "TANH", "HALFSQ"}
	for name, c := range map[string]struct {
		engine func() Engine
		want   string
	}{
		"no operators": {func() Engine { return newLabOf(Info{Ops: []string{}}) }, "no request was answered"},
		"other names": {func() Engine {
			return newLabOf(Info{Ops: capitals})
		}, `unknown operators "AFFINE, TANH, HALFSQ"`},
		"all unsupported": {func() Engine { return dead{errors.ErrUnsupported} }, "no request was answered"},
		"errors alone":    {func() Engine { return dead{errors.New("no")} }, "no request was answered"},
		"no weights": {func() Engine {
			return newLabOf(Info{Ops: []string{"tanh", "halfsq"}})
		}, "no weight moved"},
		"one operator":     {func() Engine { return newLabOf(Info{Ops: []string{"softmaxce"}}) }, "no weight moved"},
		"nothing but wild": {func() Engine { return dead{errNotFinite} }, "no request was answered"},
	} {
		r := Run(func() (Engine, error) { return c.engine(), nil }, &Options{Cases: 5})
		if err := r.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
	quiet := &Report{Requests: 1, Outcomes: []Outcome{{Answered: 1}}, Moved: 1}
	if err := quiet.Err(); err == nil || !strings.Contains(err.Error(), "no request with a perturbation") {
		t.Errorf("nothing perturbed: error %v", err)
	}
}

// dead answers nothing.
type dead struct{ err error }

func (d dead) Step(*Request) (*Reply, error) { return nil, d.err }

// TestUnsupported: what an engine says it cannot do is counted, and no fault.
func TestUnsupported(t *testing.T) {
	r := Run(func() (Engine, error) {
		e := newLab(float64s)
		e.hook.reply = func(j *job, r *Reply) (*Reply, error) {
			if slices.ContainsFunc(j.chain, func(s core.Spec) bool { return s.Op == "bilinear" }) {
				return nil, fmt.Errorf("bilinear: %w", errors.ErrUnsupported)
			}
			return r, nil
		}
		return stepOnly{e}, nil
	}, &Options{Cases: 2, Rules: lightRules()})
	if r.Err() != nil || r.Outcomes[0].Unsupported == 0 || !strings.Contains(r.Summary(), "requests unsupported") {
		t.Errorf("error %v, outcome %+v, summary %q", r.Err(), r.Outcomes[0], r.Summary())
	}
	for _, o := range r.Outcomes {
		if o.Answered > 0 && o.Skipped != "" {
			t.Errorf("%s has %d answers and is skipped: %s", o.Rule, o.Answered, o.Skipped)
		}
	}
}

func TestOptionsPanic(t *testing.T) {
	for _, c := range []struct {
		opt  Options
		want string
	}{
		{Options{Cases: -1}, "conform: options with -1 cases"},
		{Options{Timeout: -time.Second}, "timeout of -1s"},
		{Options{Time: -time.Second}, "time of -1s"},
		{Options{Limit: -time.Second}, "limit of -1s"},
		{Options{Ops: []string{"relu"}}, `conform: options with unknown op "relu"`},
		{Options{Rules: []string{"luck"}}, `conform: options with unknown rule "luck"`},
	} {
		func() {
			defer func() {
				if p := recover(); !strings.Contains(fmt.Sprint(p), c.want) {
					t.Errorf("%+v: panic %v, want one with %q", c.opt, p, c.want)
				}
			}()
			Check(newReference, &c.opt)
		}()
	}
}

// TestSameSeedSameReport: all that a run does is decided by its seed.
func TestSameSeedSameReport(t *testing.T) {
	f := planted(t, "3 % too much").factory
	short := Options{Rules: []string{"operators", "one-part", "mean"}}
	a, b := Run(f, &short), Run(f, &Options{Seed: 1, Rules: short.Rules})
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two runs of one seed differ:\n%s", diff)
	}
	lines := func(seed uint64) (all []string) {
		e := newLab(float64s)
		e.hook.request = func(j *job) *job { all = append(all, j.line()); return j }
		Run(func() (Engine, error) { return e, nil }, &Options{Seed: seed, Rules: short.Rules})
		return all
	}
	one, two := lines(1), lines(2)
	common := 0
	for k := range min(len(one), len(two)) {
		if one[k] == two[k] {
			common++
		}
	}
	if common == len(one) || common < len(one)/2 {
		t.Errorf("of %d requests %d are the same with another seed, want those always asked and no others",
			len(one), common)
	}
}

// TestRequestsDiffer: rules do not ask the same requests again and again.
func TestRequestsDiffer(t *testing.T) {
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	const cases = 20
	seen := map[string]map[string]bool{}
	total := 0
	for _, r := range rules {
		if r == deterministicRule || r == runRule || r == onePartRule || r == memoryRule || r == mannersRule ||
			r == unbiasedRule {
			continue // which repeat themselves on purpose
		}
		take := func(q *sequence) {
			for _, x := range q.questions {
				total++
				line := x.line()
				if seen[line] == nil {
					seen[line] = map[string]bool{}
				}
				seen[line][r.name] = true
			}
		}
		s := &session{
			rule: r, ar: ar, info: Info{Precision: "float64"}, maker: newMaker(ar, Info{}, nil, r.name),
			gate: newGate(nil, (*Options)(nil).withDefaults()),
		}
		for q := range s.fixed() {
			take(q)
		}
		for index := 0; r.draw != nil && index < cases; index++ {
			if q := r.draw(s.maker.at(1, "drawn", index), index); q != nil {
				take(q)
			}
		}
	}
	shared := 0
	for _, names := range seen {
		if len(names) > 1 {
			shared++
		}
	}
	if total < 4000 || len(seen) < total*9/10 || shared > len(seen)/100 {
		t.Errorf("%d requests, %d different ones, %d of them asked by more than one rule", total, len(seen), shared)
	}
}

// TestEveryOperatorIsAsked: no operator is left out by a rule about operators, in any
// precision.
func TestEveryOperatorIsAsked(t *testing.T) {
	for _, p := range []Precision{float64s, word("bfloat16"), word("e5m2")} {
		for _, rule := range []string{"operators", "widths", "ties"} {
			ar, err := newArithmetic(p, false)
			if err != nil {
				t.Fatal(err)
			}
			asked := map[string]bool{}
			s := &session{rule: ruleNamed(rule), ar: ar, info: Info{Mixed: p}, maker: newMaker(ar, Info{}, nil, rule)}
			s.gate = newGate(nil, (*Options)(nil).withDefaults())
			for q := range s.fixed() {
				for _, x := range q.questions {
					for _, s := range x.chain {
						asked[s.Op] = true
					}
				}
				if len(asked) == len(core.OpNames()) {
					break
				}
			}
			for _, op := range core.OpNames() {
				if !asked[op] {
					t.Errorf("%v: rule %s never asks %s", p, rule, op)
				}
			}
		}
	}
}

// TestRulesSayWhatTheyAsk: each row says what is asked always and what is drawn, and
// has the one if it says so.
func TestRulesSayWhatTheyAsk(t *testing.T) {
	for _, r := range rules {
		if r.explanation == "" || r.always == "" || (r.fixed == nil && r.custom == nil) {
			t.Errorf("rule %s: explanation %q, always %q", r.name, r.explanation, r.always)
		}
		if (r.drawn == "") != (r.draw == nil) {
			t.Errorf("rule %s: says it draws %q, draws: %v", r.name, r.drawn, r.draw != nil)
		}
	}
}

// TestTheorem1: the ratio is that of (13), and no right engine exceeds 1.
func TestTheorem1(t *testing.T) {
	r := Run(newReference, &Options{Rules: []string{"perturbations"}})
	if !(0.01 < r.Theorem1 && r.Theorem1 <= 1) {
		t.Errorf("largest ratio %v, want one between 1/100 and 1", r.Theorem1)
	}
	r = Run(planted(t, "eps a thousandfold").factory, &Options{Rules: []string{"perturbations"}, Cases: 1})
	if r.Theorem1 > 1 {
		t.Errorf("the ratio of a wrong engine, %v, is taken from answers that were refused", r.Theorem1)
	}
}

// leaver ends the process in its third step.
type leaver struct {
	Engine
	calls int
}

func (l *leaver) Step(req *Request) (*Reply, error) {
	if l.calls++; l.calls == 3 {
		os.Exit(0)
	}
	return l.Engine.Step(req)
}

// TestLeaver is run by TestExit in a process of its own.
func TestLeaver(t *testing.T) {
	if os.Getenv("CONFORM_LEAVER") == "" {
		t.Skip("run by TestExit")
	}
	Test(t, func() (Engine, error) {
		return &leaver{Engine: NewReference()}, nil
	}, &Options{Rules: []string{"operators"}})
}

// TestExit: an engine that ends the process, with success, does not pass.
func TestExit(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestLeaver$", "-test.paniconexit0") // as go test has it
	cmd.Env = append(os.Environ(), "CONFORM_LEAVER=1")
	out, err := cmd.CombinedOutput()
	if err == nil || bytes.Contains(out, []byte("PASS")) {
		t.Errorf("error %v, output:\n%s", err, out)
	}
}

// TestFurthestExcess: of several wrong entries the one is named that exceeds its
// tolerance by the largest factor; NaN exceeds any.
func TestFurthestExcess(t *testing.T) {
	nan := math.NaN()
	j := &job{chain: []core.Spec{{Op: "bias", N: 3}}}
	for _, c := range []struct {
		got, want, tol []float64
		at             int
	}{
		{[]float64{1, 2, 3}, []float64{1, 2, 3}, []float64{0, 0, 0}, -1},
		{[]float64{1, 2, 3}, []float64{2, 2, 5}, []float64{0.5, 0, 0.1}, 2},
		{[]float64{9, nan, 0}, []float64{0, 0, 0}, []float64{1, 1, 1}, 1},
		{[]float64{0, 0, 0}, []float64{0, nan, 0}, []float64{1, 1, 1}, 1},
		{[]float64{0, 0, 1}, []float64{0, 0, 0}, []float64{1, 1, nan}, 2},
		{[]float64{0, inf, 0}, []float64{0, inf, 0}, []float64{1, 1, 1}, 1},
		{[]float64{4, 1, 0}, []float64{0, 0, 0}, []float64{1, 0, 0}, 1},
	} {
		f := j.compare("", "U", 1, c.got, c.want, c.tol)
		if (f == nil) != (c.at < 0) || f != nil && f.index != c.at {
			t.Errorf("compare(%v, %v, %v): %+v, want entry %d", c.got, c.want, c.tol, f, c.at)
		}
	}
}

// TestSignless: in e5m2 a factor of Inf may have any sign, and not be NaN alone; in all other
// precisions the sign of what is not finite is the reference's.
func TestSignless(t *testing.T) {
	wild := &job{
		kind: step, reg: core.Regularizer{Kind: "none"},
		chain: []core.Spec{{Op: "tanh", N: 1}, {Op: "scale", N: 1}}, w: [][]float64{{}, {math.Inf(1)}},
		steps: []RunStep{{[]Sample{{X: []float64{-1}, Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}}}}, 1, 1}},
	}
	for _, p := range []string{"e5m2", "e4m3", "bfloat16", "float64"} {
		ar, err := newArithmetic(word(p), false)
		if err != nil {
			t.Fatal(err)
		}
		j := wild.clone()
		if err := j.prepare(ar); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			got float64
			is  bool
		}{{math.Inf(1), true}, {math.Inf(-1), p == "e5m2"}, {math.NaN(), p == "e5m2"}, {7, false}} {
			f := j.compareWild("(5b)", "V", 1, []float64{c.got}, []float64{math.Inf(1)}, []float64{math.Inf(1)})
			if (f == nil) != c.is {
				t.Errorf("%s: %v for +Inf is accepted: %v", p, c.got, !c.is)
			}
		}
	}
}

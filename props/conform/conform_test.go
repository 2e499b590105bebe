package conform

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

func TestReference(t *testing.T) {
	Test(t, func() (Engine, error) { return NewReference(), nil })
}

func float32Of(v float64) float64 { return float64(float32(v)) }

// TestNoFalseAlarm: sound engines pass, whatever their precision, their order of
// summation and their habits.
func TestNoFalseAlarm(t *testing.T) {
	seeds := uint64(4)
	if testing.Short() {
		seeds = 1
	}
	for name, e := range map[string]func() Engine{
		"reference":          NewReference,
		"independent":        func() Engine { return independent[float64]{} },
		"other order":        func() Engine { return independent[float64]{reverse: true} },
		"float32":            func() Engine { return independent[float32]{} },
		"float32, reversed":  func() Engine { return independent[float32]{reverse: true} },
		"float16":            func() Engine { return &engine{info: Info{Precision: "float16"}, round: perturb.FP16.Nearest} },
		"bfloat16":           func() Engine { return &engine{info: Info{Precision: "bfloat16"}, round: perturb.BF16.Nearest} },
		"with a trace":       func() Engine { return &tracer{} },
		"reuses its reply":   func() Engine { return &engine{fault: "reuses its reply"} },
		"few operators":      func() Engine { return &engine{info: Info{Ops: []string{"affine", "tanh", "halfsq"}}} },
		"an operator of its": func() Engine { return &engine{info: Info{Ops: []string{"conv", "linear", "sigmoid"}}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range seeds {
				err := Check(func() (Engine, error) { return e(), nil }, &Options{Seed: seed + 1, Cases: 150})
				if err != nil {
					t.Fatalf("seed %d: %v", seed+1, err)
				}
			}
		})
	}
}

// TestReport compares one whole report with what it must say.
func TestReport(t *testing.T) {
	var found *Violation
	for _, v := range violations(t, Check(brokenFactory("sign wrong in operator 3 only"), nil)) {
		if v.Rule == "unperturbed" {
			found = v
		}
	}
	if found == nil {
		t.Fatal("rule unperturbed did not fire")
	}
	if found.Kind != Wrong || found.Quantity != "U" || found.Operator != 3 || found.Got != -found.Want || found.Got == 0 {
		t.Errorf("violation %+v, want U of operator 3 with the sign changed", *found)
	}
	for _, want := range []string{"unperturbed (wrong)", "operator 3", fmt.Sprintf("U[%d]", found.Index), "rounding allows", `"chain":[`} {
		if !strings.Contains(found.Error(), want) {
			t.Errorf("the report lacks %q:\n%v", want, found)
		}
	}
	req, err := ParseRequest(strings.NewReader(found.Request))
	if err != nil || len(req.Chain) != 3 {
		t.Errorf("the request is %s, error %v; want a chain of 3, the shortest that shows it", found.Request, err)
	}
}

// TestKinds: how an engine fails is told apart, and reaches the report.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		fault  string
		kind   Kind
		detail string
	}{
		{"panics", Panic, "Step: panicked: out of luck"},
		{"leaves its goroutine", Panic, "Step: left its goroutine"},
		{"hangs", Hang, "Step: no answer within 50ms"},
		{"wants eps_1", Refused, "Step: eps_1 has the wrong length"},
		{"no reply", Refused, "Step returned no reply"},
		{"wrong shapes", Shape, "U has length"},
		{"trace panics", Panic, "Trace: panicked: no trace"},
		{"trace hangs", Hang, "Trace: no answer within 50ms"},
		{"trace of N states", Shape, "want N+1"},
	} {
		opt := &Options{}
		if c.kind == Hang {
			opt.Timeout = hangTimeout
		}
		all := violations(t, Check(brokenFactory(c.fault), opt))
		if !slices.ContainsFunc(all, func(v *Violation) bool {
			return v.Kind == c.kind && strings.Contains(v.Detail, c.detail) && strings.HasPrefix(v.Request, `{"chain":[`)
		}) {
			t.Errorf("%s: no violation of kind %s with %q and a request: %v", c.fault, c.kind, c.detail, all)
		}
	}
}

// waiting counts the calls that hang in it.
type waiting struct{ calls atomic.Int32 }

func (w *waiting) Step(*Request) (*Reply, error) { w.calls.Add(1); select {} }

// TestHungEngineIsLeftAlone: what hung may still be at work.
func TestHungEngineIsLeftAlone(t *testing.T) {
	var engines []*waiting
	r := Run(func() (Engine, error) {
		engines = append(engines, &waiting{})
		return engines[len(engines)-1], nil
	}, &Options{Timeout: hangTimeout})
	for k, o := range r.Outcomes {
		if n := engines[k].calls.Load(); o.Rule != "trace" && (n != 1 || len(o.Violations) != 1) {
			t.Errorf("rule %s: %d calls and %d violations of an engine that hangs, want one each", o.Rule, n, len(o.Violations))
		}
	}
}

func TestFurthest(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		a, b []float64
		want int
	}{
		{[]float64{1, 2, 3}, []float64{1, 5, 4}, 1},
		{[]float64{9, nan, 0}, []float64{0, 0, 0}, 1},
		{[]float64{0, inf, nan}, []float64{0, 0, 0}, 2},
		{[]float64{0, inf, inf}, []float64{0, 0, inf}, 2},
	} {
		if got := furthest(c.a, c.b); got != c.want {
			t.Errorf("furthest(%v, %v) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestSameBits(t *testing.T) {
	nan, minus := math.NaN(), math.Copysign(0, -1)
	for _, c := range []struct {
		a, b [][]float64
		want bool
	}{
		{[][]float64{{1, nan}, {}}, [][]float64{{1, nan}, {}}, true},
		{[][]float64{{0}}, [][]float64{{minus}}, false},
		{[][]float64{{0}}, [][]float64{{0}, {}}, false},
		{[][]float64{{0}}, [][]float64{{0, 0}}, false},
	} {
		if got := sameBits(c.a, c.b); got != c.want {
			t.Errorf("sameBits(%v, %v) = %v", c.a, c.b, got)
		}
	}
}

// silent panics where nothing is asked of it yet.
type silent struct{ engine }

func (*silent) Describe() Info { panic("nothing to say") }

func TestFactoryErrors(t *testing.T) {
	for name, c := range map[string]struct {
		factory Factory
		want    string
	}{
		"error":             {func() (Engine, error) { return nil, errors.New("no device") }, "the factory: no device"},
		"panic":             {func() (Engine, error) { panic("no luck") }, "the factory: panicked: no luck"},
		"hang":              {func() (Engine, error) { select {} }, "the factory: no answer within"},
		"nil":               {func() (Engine, error) { return nil, nil }, "the factory returned no engine"},
		"unknown precision": {func() (Engine, error) { return &engine{info: Info{Precision: "float8"}}, nil }, `"float8"`},
		"Describe panics":   {func() (Engine, error) { return &silent{}, nil }, "Describe: panicked: nothing to say"},
	} {
		opt := &Options{}
		if name == "hang" {
			opt.Timeout = hangTimeout
		}
		all := violations(t, Check(c.factory, opt))
		if len(all) != len(rules) || !strings.Contains(all[0].Detail, c.want) {
			t.Errorf("%s: %d violations, the first of them %v, want one a rule (%d) with %q", name, len(all), all[:1], len(rules), c.want)
		}
	}
}

func TestOperators(t *testing.T) {
	var asked []string
	spy := func(ops ...string) Factory {
		return func() (Engine, error) { return &listener{engine{info: Info{Ops: ops}}, &asked}, nil }
	}
	for _, c := range []struct {
		engine, option, want []string
	}{
		{nil, nil, core.OpNames()},
		{[]string{"affine", "tanh", "conv"}, nil, []string{"affine", "tanh"}},
		{nil, []string{"linear", "halfsq"}, []string{"linear", "halfsq"}},
		{[]string{"affine", "softmaxce", "tanh"}, []string{"softmaxce", "affine"}, []string{"affine", "softmaxce"}},
	} {
		asked = nil
		r := Run(spy(c.engine...), &Options{Ops: c.option})
		for _, list := range []*[]string{&asked, &c.want} {
			slices.Sort(*list)
			*list = slices.Compact(*list)
		}
		if diff := cmp.Diff(c.want, asked); diff != "" {
			t.Errorf("engine %v, option %v: operators asked (-want +got):\n%s", c.engine, c.option, diff)
		}
		if diff := cmp.Diff([]string{"trace"}, r.Skipped()); diff != "" || r.Err() != nil {
			t.Errorf("engine %v, option %v: error %v; skipped (-want +got):\n%s", c.engine, c.option, r.Err(), diff)
		}
	}
}

// listener notes the operators of its requests.
type listener struct {
	engine
	asked *[]string
}

func (l *listener) Step(req *Request) (*Reply, error) {
	for _, s := range req.Chain {
		*l.asked = append(*l.asked, s.Op)
	}
	return l.engine.Step(req)
}

// TestSkips: what could not be decided is seen.
func TestSkips(t *testing.T) {
	none := Run(func() (Engine, error) { return &engine{info: Info{Ops: []string{}}}, nil }, nil)
	if len(none.Skipped()) != len(rules) || none.Err() != nil {
		t.Errorf("an engine without operators: %v skipped, want all; error %v", none.Skipped(), none.Err())
	}

	half, _ := precisionOf("float16")
	s := &session{precision: half, opt: Options{Seed: 1, Cases: 40}, rule: &rule{}}
	asked := 0
	s.each(func(int) drawing { return drawing{scale: 400} }, func(*Request, *Enclosed) *Violation { asked++; return nil })
	if want := fmt.Sprintf("%d requests of 40", asked); asked == 0 || asked == 40 || !strings.HasPrefix(s.out.Untried, want) {
		t.Errorf("float16 at scale 400: %q, want a report that begins with %q", s.out.Untried, want)
	}
}

// TestEachOperatorAsksAll: no operator is left out in any precision.
func TestEachOperatorAsksAll(t *testing.T) {
	r := rules[slices.IndexFunc(rules, func(r *rule) bool { return r.name == "each-operator" })]
	for _, name := range []string{"float64", "float32", "float16", "bfloat16"} {
		var asked []string
		out := r.run(func() (Engine, error) {
			return &listener{engine{info: Info{Precision: name}}, &asked}, nil
		}, (*Options)(nil).withDefaults())
		for _, op := range core.OpNames() {
			if !slices.Contains(asked, op) {
				t.Errorf("%s: %s was never sent", name, op)
			}
		}
		if out.Violations != nil {
			t.Errorf("%s: %v", name, out.Violations)
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
		{Options{Ops: []string{"relu"}}, `conform: options with unknown op "relu"`},
	} {
		func() {
			defer func() {
				if p := recover(); !strings.Contains(fmt.Sprint(p), c.want) {
					t.Errorf("%+v: panic %v, want one with %q", c.opt, p, c.want)
				}
			}()
			Check(func() (Engine, error) { return NewReference(), nil }, &c.opt)
		}()
	}
}

const request = `{"chain":[{"op":"scale","n":1},{"op":"halfsq","n":1}],"x":[2],"w":[[3],[]],` +
	`"delta":[[0.5],[0.25]],"eps":[[],[1]],"gamma":0.5,"reg":{"kind":"l2","rho":0.5}}`

// TestByHand: Y_1 = 2*3 + 1/2, Y_2 = Y_1^2/2 + 1/4, V_1 = Y_1 + 1, U_1 = 2 V_1,
// w <- 3 - (U_1 + 3)/2. The field names are those of the protocol.
func TestByHand(t *testing.T) {
	req, err := ParseRequest(strings.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	got, err := NewReference().Step(req)
	want := &Reply{Loss: 21.375, U: [][]float64{{15}, {}}, W: [][]float64{{-6}, {}}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v; (-want +got):\n%s", err, diff)
	}
	if req.line() != request {
		t.Errorf("the request is written as\n%s, want\n%s", req.line(), request)
	}
}

func TestReplay(t *testing.T) {
	factory := func(fault string) Factory {
		return func() (Engine, error) { return &engine{fault: fault}, nil }
	}
	for _, c := range []struct{ fault, want string }{
		{"", ""},
		{"loss without delta_N", "loss: got 21.125, want 21.375"},
		{"eps subtracted", "operator 1 (scale(1)): U[0]: got 11, want 15"},
		{"regularizer dropped", "operator 1 (scale(1)): W[0]: got -4.5, want -6"},
		{"panics at once", "panicked"},
	} {
		err := Replay(factory(c.fault), request, nil)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.fault, err, c.want)
		}
	}
	far := strings.Replace(request, `"x":[2]`, `"x":[1e200]`, 1)
	if err := Replay(factory(""), far, nil); !errors.Is(err, ErrRange) {
		t.Errorf("a request out of range: error %v, want ErrRange", err)
	}
}

func TestParseRequestErrors(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"gamma":0.5`, `"gamma":-1`, "gamma is -1"},
		{`"gamma":0.5`, `"gamma":1e999`, "1e999"},
		{`"gamma"`, `"lambda"`, `"lambda"`},
		{`"x":[2]`, `"x":[2,3]`, "x has length 2, want 1"},
		{`"w":[[3],[]]`, `"w":[[3]]`, "w, delta, eps have 1, 2, 2 entries"},
		{`"w":[[3],[]]`, `"w":[[3],[1]]`, "w[1] has length 1, want 0"},
		{`[0.5],[0.25]`, `[0.5],[]`, "delta[1] has length 0, want 1"},
		{`[[],[1]]`, `[[1],[1]]`, "eps[0] has length 1, want 0"},
		{`"op":"scale"`, `"op":"relu"`, `"relu"`},
		{`"n":1},{`, `"n":2},{`, "operator 2"},
		{`"kind":"l2"`, `"kind":"l1"`, `"l1"`},
		{`0.5}}`, `0.5}} {}`, "data after it at byte"},
		{request, ``, "EOF"},
		{request, `null`, "chain of 0 operators"},
		{request, strings.Repeat(" ", MaxRequest+1), "more than 67108864 bytes"},
	} {
		text := strings.Replace(request, c.old, c.new, 1)
		if text == request {
			t.Fatalf("%q is not in the request", c.old)
		}
		if _, err := ParseRequest(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.new[:min(len(c.new), 40)], err, c.want)
		}
	}
}

// TestSameSeedSameReport: all that a run does is decided by its seed.
func TestSameSeedSameReport(t *testing.T) {
	f := brokenFactory("3 % too much")
	a, b, c := Run(f, nil), Run(f, &Options{Seed: 1}), Run(f, &Options{Seed: 2})
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two runs of one seed differ:\n%s", diff)
	}
	if cmp.Diff(a, c) == "" {
		t.Error("two seeds give the same report")
	}
}

// TestDrawings: requests hold only numbers that the precision represents, and no 0
// among inputs and weights.
func TestDrawings(t *testing.T) {
	for _, name := range []string{"float64", "float32", "float16", "bfloat16"} {
		p, err := precisionOf(name)
		if err != nil {
			t.Fatal(err)
		}
		s := &session{precision: p, opt: (*Options)(nil).withDefaults(), rule: &rule{}}
		for index := range 500 {
			req, _ := s.draw(index, drawing{delta: every, eps: every, scale: scales[index%len(scales)]})
			if req == nil {
				continue
			}
			for _, rows := range [][][]float64{{req.X, {req.Gamma}}, req.W, req.Delta, req.Eps} {
				for _, x := range slices.Concat(rows...) {
					if !(p.round(x) == x) || x == 0 || math.IsInf(x, 0) {
						t.Fatalf("%s: drew %v", name, x)
					}
				}
			}
		}
	}
}

// middle draws the middle of every range, where gen.Real is 0.
type middle struct{}

func (middle) Int(lo, hi int) int { return (lo + hi) / 2 }

func TestDrawingsHaveNoZero(t *testing.T) {
	p, _ := precisionOf("")
	s := &session{precision: p}
	req := s.fill(middle{}, []core.Spec{{Op: "scale", N: 2}, {Op: "halfsq", N: 2}}, drawing{delta: every})
	if slices.Contains(req.X, 0) || slices.Contains(req.W[0], 0) || slices.Contains(req.Delta[0], 0) {
		t.Errorf("drew a 0: %s", req.line())
	}
}

package conform

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
)

// TestSize: of two requests that show a fault the one with fewer operators is smaller, with up to
// a million numbers; of as many operators the one with fewer numbers.
func TestSize(t *testing.T) {
	of := func(operators, width int) *job {
		j := &job{kind: step, steps: []RunStep{{Samples: []Sample{{X: make([]float64, width)}}}}}
		for range operators {
			j.chain = append(j.chain, core.Spec{Op: "tanh", N: width})
		}
		return j
	}
	for _, c := range []struct{ smaller, larger *job }{
		{of(2, 3), of(2, 4)}, {of(2, 1_000_000), of(3, 1)}, {of(2, 999_999), of(3, 0)},
	} {
		if a, b := c.smaller.size(), c.larger.size(); !(a < b) {
			t.Errorf("%d operators of width %d: size %d, %d of width %d: %d", len(c.smaller.chain), c.smaller.width(0), a,
				len(c.larger.chain), c.larger.width(0), b)
		}
	}
	if n := of(3, 7).size(); n != 3_000_007 {
		t.Errorf("size %d", n)
	}
}

// TestProbeRounds: Y o V divided by V shows Y but for eight roundings, of both, the quotient and what is
// stored of them; where V is a power of two, as exactly as Y itself is allowed to be.
func TestProbeRounds(t *testing.T) {
	ar, err := newArithmetic(word("float32"), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		v, off float64 // in units of c beyond the tolerance
		right  bool
	}{
		{3, 7.5, true}, {3, -7.5, true}, {3, 8.5, false}, {3, -8.5, false},
		{2, 0.5, false}, {2, 0, true}, {0.25, 0.5, false},
	} {
		const tol = 0x1p-10
		y := 1 + tol + c.off*ar.c
		if c.off < 0 {
			y = 1 - tol + c.off*ar.c
		}
		p := &probe{
			q: &job{want: &want{ar: ar}}, a: &answer{u: [][]float64{{y * c.v}, {c.v}}},
			e: &Enclosed{State: &core.State{Y: [][]float64{{1}}}, TolY: [][]float64{{tol}}},
		}
		shown, right := p.state(0)
		if right != c.right || !(math.Abs(shown[0]-1) <= math.Abs(y-1)) {
			t.Errorf("V is %v, off by %v roundings: %v, right %v", c.v, c.off, shown, right)
		}
	}
}

// fickle is an error that misbehaves when it is asked what it says.
type fickle struct{ say func() string }

func (f *fickle) Error() string { return f.say() }

// TestErrorsMisbehave: an error that has nothing behind it, as a nil pointer of its type, panics when it
// is asked what it says; one may never answer. Both are faults of the engine, as the same code in Step is.
func TestErrorsMisbehave(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"nil":    {(*fickle)(nil), "Step: panicked: runtime error"},
		"panics": {&fickle{func() string { panic("no words") }}, "Step: panicked: no words"},
		"hangs":  {&fickle{func() string { select {} }}, "Step: no answer within"},
		"blanks": {&fickle{func() string { return "  no\n" }}, "Step: no"},
	} {
		r := Run(func() (Engine, error) { return dead{c.err}, nil },
			&Options{Rules: []string{"operators"}, Cases: 1, Timeout: 50 * time.Millisecond})
		if err := r.Err(); err == nil || len(r.Findings) == 0 || !strings.HasPrefix(r.Findings[0].Detail, c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := Check(func() (Engine, error) { return nil, (*fickle)(nil) }, nil); err == nil ||
		!strings.Contains(err.Error(), "the factory: panicked: runtime error") {
		t.Errorf("of the factory: %v", err)
	}
	var f *fault
	if f.isUnsupported() || (&fault{}).isUnsupported() || !(&fault{unsupported: true}).isUnsupported() {
		t.Error("no fault is unsupported, or one that says so is not")
	}
	wrapped := Run(func() (Engine, error) { return dead{errors.Join(errors.New("no"), errors.ErrUnsupported)}, nil },
		&Options{Rules: []string{"operators"}, Cases: 1})
	if o := wrapped.Outcomes[0]; o.Unsupported == 0 || len(wrapped.Findings) > 0 {
		t.Errorf("an error that wraps ErrUnsupported: %+v", o)
	}
}

// TestDescribesItselfAlike: engines of one factory that say different things of themselves are a fault,
// whatever it is that differs: else one could be gated in e5m2, where much is allowed, and reported in
// float64. The order of operators, a name and a version do not matter.
func TestDescribesItselfAlike(t *testing.T) {
	base := Info{Name: "a", Ops: []string{"scale", "linear", "bias"}}
	for name, c := range map[string]struct {
		change func(i *Info)
		want   string // "" for no fault
	}{
		"precision":       {func(i *Info) { i.Precision = "e5m2" }, "Describe: precision e5m2"},
		"mixed precision": {func(i *Info) { i.Mixed = Precision{"float64", "float32", "float64"} }, "Describe: precision "},
		"the same word":   {func(i *Info) { i.Precision = "float64" }, ""},
		"operators":       {func(i *Info) { i.Ops = []string{"scale", "linear"} }, `Describe: operators ["linear" "scale"]`},
		"all operators":   {func(i *Info) { i.Ops = nil }, "Describe: all operators"},
		"their order":     {func(i *Info) { i.Ops = []string{"bias", "scale", "linear"} }, ""},
		"stochastic":      {func(i *Info) { i.Stochastic = true }, "Describe: stochastic: true"},
		"takes":           {func(i *Info) { i.Takes = []string{"bits"} }, `Describe: takes ["bits"]`},
		"name, version":   {func(i *Info) { i.Name, i.Version = "b", "2" }, ""},
	} {
		made := 0
		r := Run(func() (Engine, error) {
			info := base
			if made++; made == 2 {
				c.change(&info)
			}
			return newLabOf(info), nil
		}, &Options{Rules: []string{"operators", "step"}, Cases: 1})
		if err := r.Err(); c.want == "" && err != nil || c.want != "" && (len(r.Findings) != 1 ||
			!strings.HasPrefix(r.Findings[0].Detail, c.want) ||
			!strings.Contains(r.Findings[0].Detail, "; an engine of the same factory said before: ")) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// lender returns the weights of the request where a step of size 0 leaves them as they are.
type lender struct{ *lab }

func (e lender) Step(req *Request) (*Reply, error) {
	r, err := e.lab.Step(req)
	if err == nil && req.Gamma == 0 {
		r.W = req.W
	}
	return r, err
}

// TestReplyOfRequest: a reply that is made of parts of the request is called that, and not one that the
// engine changed: the gate did, when it spoilt the request.
func TestReplyOfRequest(t *testing.T) {
	r := Run(func() (Engine, error) { return lender{newLab(float64s)}, nil }, &Options{Rules: []string{"step"}, Cases: 1})
	if len(r.Findings) != 1 || !strings.Contains(r.Findings[0].Detail, "the reply shares memory with the request") {
		t.Errorf("%v", r.Err())
	}
}

// TestFewerSteps: a run of one step has none to lose, and no step or batch has.
func TestFewerSteps(t *testing.T) {
	j := made(t, []core.Spec{{Op: "scale", N: 1}, {Op: "linear", In: 1, Out: 1}})
	for steps, more := range []bool{false, false, true} {
		if steps == 0 {
			continue
		}
		r := j.as(run)
		r.steps = nil
		for range steps {
			r.steps = append(r.steps, j.steps[0])
		}
		if c, ok := fewerSteps(r, 0); ok != more || more && len(c.steps) != steps-1 {
			t.Errorf("of %d steps: %+v, %v", steps, c, ok)
		}
	}
	if _, ok := fewerSteps(j, 0); ok {
		t.Error("a step has fewer steps")
	}
}

// TestDriftOfInput: the input in a trace is no number that an engine computes: builds do not part there.
func TestDriftOfInput(t *testing.T) {
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	j := made(t, []core.Spec{{Op: "scale", N: 1}, {Op: "bias", N: 1}, {Op: "linear", In: 1, Out: 1}}).as(trace)
	if err := j.prepare(ar); err != nil {
		t.Fatal(err)
	}
	e := j.want.first[0]
	answered := func() *answer {
		return &answer{loss: e.Y[3][0], y: cloneRows(e.Y), v: cloneRows(e.V), u: cloneRows(e.U[1:]), w: cloneRows(j.w)}
	}
	for i := range 4 {
		a, b := answered(), answered()
		b.y[i][0] += 0.5
		got := j.drifts(a, b)
		if i == 0 && len(got) > 0 || i > 0 && (len(got) != 1 || got[0].Quantity != "Y" || got[0].Operator != i) {
			t.Errorf("Y_%d differs: %+v", i, got)
		}
	}
}

// TestCompareLateStart: of a build that could not be made when it was first asked for the smallest difference
// is the one that a rule showed, as nobody is there to be asked for a smaller one.
func TestCompareLateStart(t *testing.T) {
	for _, late := range []string{"old", "new"} {
		made := 0
		old := func() (Engine, error) {
			if made++; late == "old" && made == 1 {
				return nil, errors.New("not yet")
			}
			return newLab(word("float32")), nil
		}
		others := 0
		other := func() (Engine, error) {
			if others++; late == "new" && others == 1 {
				return nil, errors.New("not yet")
			}
			e := newLab(word("float32"))
			e.forms["tanh'"] = "cosh"
			return e, nil
		}
		c, err := Compare(old, other, &Options{Rules: []string{"sweep"}, Ops: []string{"bias", "tanh", "linear"}, Cases: 1})
		if err != nil || c.First == nil || c.First.Rule != "sweep" {
			t.Errorf("%s late: %+v, %v", late, c, err)
		}
	}
}

// TestPlaces: where a number is that differs from the answer before, from the input, or most of all: operators
// count from 1, the first of equals is named, and what is about a whole request has no index.
func TestPlaces(t *testing.T) {
	ar, err := newArithmetic(float64s, false)
	if err != nil {
		t.Fatal(err)
	}
	j := made(t, []core.Spec{{Op: "scale", N: 2}, {Op: "bias", N: 2}, {Op: "linear", In: 2, Out: 1}}).as(trace)
	if err := j.prepare(ar); err != nil {
		t.Fatal(err)
	}
	e := j.want.first[0]
	answered := func() *answer {
		return &answer{loss: e.Y[3][0], y: cloneRows(e.Y), v: cloneRows(e.V), u: cloneRows(e.U[1:]), w: cloneRows(j.w)}
	}
	for i := range 3 {
		a, b, c := answered(), answered(), answered()
		b.w[i][1]++
		c.u[i][1]++
		if f := j.repeats(a, b); f == nil || f.quantity != "W" || f.operator != i+1 || f.index != 1 {
			t.Errorf("W of operator %d: %+v", i+1, f)
		}
		if f := j.repeats(a, c); f == nil || f.quantity != "U" || f.operator != i+1 || f.index != 1 {
			t.Errorf("U of operator %d: %+v", i+1, f)
		}
	}
	input := answered()
	input.y[0][1]++
	if f := j.judgeTrace(input); f == nil || f.quantity != "Y" || f.operator != 0 || f.index != 1 ||
		!strings.HasPrefix(f.detail, "Y_0: Y: got ") {
		t.Errorf("the input of a trace: %+v", f)
	}
	a, b := answered(), answered()
	b.y[1][0], b.y[1][1] = b.y[1][0]+0.5, b.y[1][1]+0.5
	if got := j.drifts(a, b); len(got) != 1 || got[0].Index != 0 || !math.IsInf(got[0].Share, 1) {
		t.Errorf("two that are as far off: %+v", got)
	}
	_, f := (&session{ar: ar}).call(&job{kind: batch, steps: make([]RunStep, 1)})
	if f == nil || f.index != -1 || f.kind != Wrong {
		t.Errorf("a request that cannot be: %+v", f)
	}
}

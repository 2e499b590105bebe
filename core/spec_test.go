package core

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSpecRoundTrip(t *testing.T) {
	var seen []string
	for _, op := range testOps() {
		data, err := json.Marshal(op.Spec())
		if err != nil {
			t.Fatal(err)
		}
		var s Spec
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		back, err := NewOp(s)
		if err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(op.Spec(), back.Spec()); diff != "" {
			t.Errorf("%s: %s", data, diff)
		}
		if op.In() != back.In() || op.Out() != back.Out() || op.NW() != back.NW() {
			t.Errorf("%s: shapes differ", data)
		}
		seen = append(seen, s.Op)
	}
	for _, name := range OpNames() {
		if !strings.Contains(strings.Join(seen, " "), name) {
			t.Errorf("operator %q is not tested", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name  string
		specs []Spec
		want  string
	}{
		{"empty", nil, "chain of 0 operators"},
		{"one", []Spec{{Op: "halfsq", N: 2}}, "chain of 1 operators"},
		{"unknown", []Spec{{Op: "relu", N: 2}, {Op: "halfsq", N: 2}}, `operator 1: core: unknown op "relu"`},
		{"width", []Spec{{Op: "tanh", N: 2}, {Op: "halfsq", N: 3}},
			"operator 2 halfsq(3) takes width 3, operator 1 tanh(2) gives 2"},
		{"d_N", []Spec{{Op: "tanh", N: 2}, {Op: "tanh", N: 2}}, "width d_N = 2, want 1"},
		{"zero", []Spec{{Op: "tanh"}, {Op: "halfsq", N: 2}}, "n is 0, want 1.."},
		{"negative", []Spec{{Op: "affine", In: -1, Out: 2}, {Op: "halfsq", N: 2}}, "in is -1"},
		{"huge", []Spec{{Op: "tanh", N: MaxWidth + 1}, {Op: "halfsq", N: 2}}, "want 1..65536"},
		{"huge weights", []Spec{{Op: "linear", In: MaxWidth, Out: MaxWidth}, {Op: "halfsq", N: 2}}, "weights exceed"},
		{"no matrix", []Spec{{Op: "fixed"}, {Op: "halfsq", N: 2}}, "rows of a is 0"},
		{"empty row", []Spec{{Op: "fixed", A: [][]float64{{}}}, {Op: "halfsq", N: 2}}, "columns of a is 0"},
		{"ragged", []Spec{{Op: "fixed", A: [][]float64{{1}, {1, 2}}}, {Op: "halfsq", N: 2}},
			"row 1 of a has 2 entries"},
		{"NaN", []Spec{{Op: "fixed", A: [][]float64{{1, math.NaN()}}}, {Op: "halfsq", N: 1}}, "a[0][1] is NaN"},
		{"infinite", []Spec{{Op: "fixed", A: [][]float64{{math.Inf(-1)}}}, {Op: "halfsq", N: 1}}, "a[0][0] is -Inf"},
		{"many columns", []Spec{{Op: "fixed", A: [][]float64{make([]float64, MaxWidth+1)}}, {Op: "halfsq", N: 1}},
			"columns of a is 65537"},
		{"many weights", []Spec{{Op: "linear", In: 1 << 15, Out: 2047}, {Op: "linear", In: 2047, Out: 1 << 10}},
			"weights exceed 67108864 at operator 2"},
		{"no name", []Spec{{N: 2}, {Op: "halfsq", N: 2}}, `operator 1: core: unknown op ""`},
		{"no out", []Spec{{Op: "affine", In: 2}, {Op: "halfsq", N: 2}}, "out is 0"},
		{"no classes", []Spec{{Op: "tanh", N: 2}, {Op: "softmaxce"}}, `operator 2: core: op "softmaxce": n is 0`},
		{"logistic", []Spec{{Op: "bias", N: 1}, {Op: "logistic", N: 1}}, `"logistic" has no field "n"`},
		{"matrix of affine", []Spec{{Op: "affine", In: 1, Out: 1, A: [][]float64{{1}}}, {Op: "halfsq", N: 1}},
			`"affine" has no field "a"`},
		{"label of tanh", []Spec{{Op: "tanh", N: 1, Label: 1}, {Op: "halfsq", N: 1}}, `"tanh" has no field "label"`},
		{"label", []Spec{{Op: "tanh", N: 2}, {Op: "softmaxce", N: 2, Label: 2}}, "label is 2, want 0..1"},
		{"negative label", []Spec{{Op: "tanh", N: 2}, {Op: "softmaxce", N: 2, Label: -1}}, "label is -1"},
		{"extra field", []Spec{{Op: "tanh", N: 2, In: 2}, {Op: "halfsq", N: 2}}, `"tanh" has no field "in"`},
	} {
		if _, err := FromSpecs(c.specs); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
	}
	if _, err := NewChain(Tanh(1), nil); err == nil || !strings.Contains(err.Error(), "operator 2 is nil") {
		t.Errorf("a nil operator: %v", err)
	}
	for want, op := range map[string]Op{
		"operator 1 tanh(2) has widths 0 and 2 and 0 weights":  foreign{Tanh(2), 0, 2, 0},
		"operator 1 tanh(2) has widths 2 and -1 and 0 weights": foreign{Tanh(2), 2, -1, 0},
		"operator 1 tanh(2) has widths 2 and 2 and -5 weights": foreign{Tanh(2), 2, 2, -5},
		"weights exceed 67108864 at operator 1":                foreign{Tanh(2), 2, 2, math.MaxInt},
	} {
		if _, err := NewChain(op, HalfSq(2)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// foreign is an operator from elsewhere with shapes of its own.
type foreign struct {
	Op
	in, out, nw int
}

func (f foreign) In() int  { return f.in }
func (f foreign) Out() int { return f.out }
func (f foreign) NW() int  { return f.nw }

// TestSplit: the parts of a flat slice are those of W, in order, and share its memory.
func TestSplit(t *testing.T) {
	chain, err := NewChain(Linear(1, 2), Bias(2), HalfSq(2))
	if err != nil {
		t.Fatal(err)
	}
	w := []float64{1, 2, 3, 4}
	want := [][]float64{{1, 2}, {3, 4}, {}}
	parts := chain.Split(w)
	if !slices.EqualFunc(parts, want, slices.Equal) {
		t.Fatalf("parts %v, want %v", parts, want)
	}
	parts[1][0] = 5
	if w[2] != 5 || cap(parts[0]) != 2 {
		t.Errorf("w is %v after a change of a part, which has room for %d", w, cap(parts[0]))
	}
}

func TestRegularizers(t *testing.T) {
	for _, r := range []Regularizer{{}, {Kind: "none"}, {Kind: "l2"}, {Kind: "l2", Rho: 0.3}, {Kind: "nonconvex"},
		{Kind: "nonconvex", Rho: 0.7}} {
		if err := r.Check(); err != nil {
			t.Error(err)
		}
		for _, w := range []float64{-2, -0.1, 0, 0.5, 3} {
			const h = 1e-6
			fd := (r.Value([]float64{w + h}) - r.Value([]float64{w - h})) / (2 * h)
			if !(math.Abs(r.Grad(w)-fd) <= 1e-8) {
				t.Errorf("%+v at %v: gradient %v, differences give %v", r, w, r.Grad(w), fd)
			}
			got := []float64{w}
			Step(got, []float64{0.25}, 0.5, r)
			if want := w - 0.5*(0.25+r.Grad(w)); got[0] != want {
				t.Errorf("%+v: step to %v, want %v", r, got[0], want)
			}
		}
	}
	for _, r := range []Regularizer{{Kind: "l1"}, {Kind: "l2", Rho: -1}, {Kind: "l2", Rho: math.NaN()},
		{Kind: "none", Rho: 1}} {
		if r.Check() == nil {
			t.Errorf("%+v was accepted", r)
		}
	}
}

var twoInputs = [][]float64{{1, 2, 3}, {-1, 0.5, 2}}

type two struct{ c *Chain }

func (o two) Len() int { return 2 }
func (o two) Sample(k int) (*Chain, []float64) {
	return o.c, twoInputs[k]
}

func TestRun(t *testing.T) {
	c := someChains(t)[0]
	obj := two{c}
	reg := Regularizer{Kind: "l2", Rho: 0.1}
	// A loop by hand.
	want := []float64{0.1, 0.2, -0.3}
	s := NewState(c)
	for range 5 {
		u := make([]float64, 3)
		for k := range 2 {
			_, x := obj.Sample(k)
			s.Pass(c, x, want, nil)
			for j := range u {
				u[j] += s.UAll[j] / 2
			}
		}
		Step(want, u, 0.1, reg)
	}
	got := []float64{0.1, 0.2, -0.3}
	steps := 0
	err := Run(obj, got, Options{T: 5, Gamma: 0.1, Reg: reg, Observe: func(t int, _, _ []float64, batch []int) error {
		steps += len(batch)
		return nil
	}})
	if err != nil || steps != 10 {
		t.Fatalf("%v; %d samples seen, want 10", err, steps)
	}
	if err := near(got, want); err != nil {
		t.Error(err)
	}
	for name, opt := range map[string]Options{"T = 0": {Gamma: 1}, "gamma = 0": {T: 3}} {
		w := []float64{1, 2, 3}
		if err := Run(obj, w, opt); err != nil || w[0] != 1 || w[1] != 2 || w[2] != 3 {
			t.Errorf("%s: weights %v, error %v", name, w, err)
		}
	}
	stop := errors.New("enough")
	if err := Run(obj, got,
		Options{T: 5, Observe: func(int, []float64, []float64, []int) error { return stop }}); err != stop {
		t.Errorf("the observer's error became %v", err)
	}
	if err := Run(none{}, nil, Options{T: 1}); err == nil || !strings.Contains(err.Error(), "objective of 0 samples") {
		t.Errorf("no samples: %v", err)
	}
	for want, opt := range map[string]Options{
		"T is -1":               {T: -1},
		"gamma is NaN":          {Gamma: math.NaN()},
		"gamma is -1":           {Gamma: -1},
		"gamma is +Inf":         {Gamma: math.Inf(1)},
		"unknown regularizer":   {Reg: Regularizer{Kind: "x"}},
		"step 0: empty batch":   {T: 1, Batch: func(int) []int { return nil }},
		"step 0: sample 2 of 2": {T: 1, Batch: func(int) []int { return []int{2} }},
	} {
		if err := Run(obj, got, opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	if err := Run(obj, got[:1], Options{T: 1}); err == nil ||
		!strings.Contains(err.Error(), "1 weights, the chain has 3") {
		t.Errorf("short weights: %v", err)
	}
}

// TestRunPerturbAll: PerturbAll is asked for windows of the batch in order, sees rows,
// and moves the weights as Perturb does; with Observe and without, to a rounding.
func TestRunPerturbAll(t *testing.T) {
	obj := two{someChains(t)[0]}
	batches := [][]int{{1}, {0, 1, 1}, {1, 0}}
	value := func(t, k int) float64 { return float64(t) + 0.5*float64(k) }
	run := func(opt Options) []float64 {
		w := []float64{0.1, 0.2, -0.3}
		opt.T, opt.Gamma, opt.Batch = len(batches), 0.1, func(t int) []int { return batches[t] }
		if err := Run(obj, w, opt); err != nil {
			t.Fatal(err)
		}
		return w
	}
	observe := func(int, []float64, []float64, []int) error { return nil }
	one := func(t, k int) Perturber { return &Given{DeltaAt: [][]float64{nil, {value(t, k)}}} }
	var asked []int
	all := func(t int, samples []int) Perturber {
		g := &Given{DeltaAt: [][]float64{nil, nil, {}}}
		for _, k := range samples {
			asked = append(asked, k)
			g.DeltaAt[1] = append(g.DeltaAt[1], value(t, k))
		}
		return g
	}
	want := run(Options{Perturb: one, Observe: observe})
	for name, opt := range map[string]Options{
		"fused": {Perturb: one}, "all": {PerturbAll: all, Observe: observe}, "all, fused": {PerturbAll: all},
	} {
		if err := near(run(opt), want); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(asked[:6], []int{1, 0, 1, 1, 1, 0}); diff != "" {
		t.Error(diff)
	}
	exact := run(Options{PerturbAll: func(int, []int) Perturber { return nil }})
	if err := near(exact, run(Options{})); err != nil {
		t.Errorf("nil of PerturbAll: %v", err)
	}
	err := Run(obj, want, Options{T: 1, Perturb: one, PerturbAll: all})
	if err == nil || !strings.Contains(err.Error(), "both Perturb and PerturbAll") {
		t.Errorf("both: %v", err)
	}
}

type none struct{}

func (none) Len() int                       { return 0 }
func (none) Sample(int) (*Chain, []float64) { return nil, nil }

// TestRunCallbacks: Perturb is asked for each sample of each step and used,
// Observe gets the mean over the batch, and a batch may repeat a sample.
func TestRunCallbacks(t *testing.T) {
	c := someChains(t)[0]
	obj := two{c}
	w := []float64{0.1, 0.2, -0.3}
	batches := [][]int{{1}, {0, 1, 1}}
	given := func(t, k int) Perturber { return &Given{DeltaAt: [][]float64{nil, {float64(t) + 0.5*float64(k)}}} }
	s := NewState(c)
	var asked []int
	opt := Options{T: 2, Gamma: 0.1,
		Batch:   func(t int) []int { return batches[t] },
		Perturb: func(t, k int) Perturber { asked = append(asked, t, k); return given(t, k) },
		Observe: func(step int, w, u []float64, batch []int) error {
			want := make([]float64, len(w))
			for _, k := range batch {
				_, x := obj.Sample(k)
				s.Pass(c, x, w, given(step, k))
				for j, v := range s.UAll {
					want[j] += v / float64(len(batches[step]))
				}
			}
			if err := near(u, want); err != nil {
				t.Errorf("step %d: mean gradient %v", step, err)
			}
			return nil
		}}
	if err := Run(obj, w, opt); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(asked, []int{0, 1, 1, 0, 1, 1, 1, 1}); diff != "" {
		t.Error(diff)
	}
}

func TestRunAllocates(t *testing.T) {
	obj := two{someChains(t)[0]}
	w := make([]float64, 3)
	given, batch := &Given{}, []int{1, 0, 1}
	run := func(steps int) float64 {
		return testing.AllocsPerRun(10, func() {
			_ = Run(obj, w, Options{T: steps, Gamma: 0.1, Reg: Regularizer{Kind: "l2", Rho: 0.1},
				Batch:   func(int) []int { return batch },
				Perturb: func(int, int) Perturber { return given },
				Observe: func(int, []float64, []float64, []int) error { return nil }})
		})
	}
	if a, b := run(10), run(110); a != b {
		t.Errorf("100 steps more cost %v allocations", b-a)
	}
}

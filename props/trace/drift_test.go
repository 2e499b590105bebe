package trace

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/cascade-sgd/cascade/bounds"
)

// scaledRun is a run whose weights are multiplied before each step and do not move otherwise, at the same samples.
type scaledRun struct {
	*engineRun
	by   float64
	last bool // of the last affine operator alone: tanh stays where it is
}

func (s *scaledRun) Next(st *Step) error {
	s.rng = rand.New(rand.NewPCG(s.seed, 7))
	err := s.engineRun.Next(st)
	st.U = nil // the weights do not move by (5d)
	w := s.w
	if s.last {
		w = s.shape.chain.W(s.shape.chain.N()-1, w)
	}
	for k := range w {
		w[k] *= s.by
	}
	return err
}

// drifted judges a run of 101 steps with weights that are multiplied at each.
func drifted(t *testing.T, by float64, last bool) *Judgement {
	t.Helper()
	run := newEngineRun(t, engines[0], 3, 101, 6, 5)
	run.gamma = 0
	j, err := newRunJudge(run.shape, "").run(context.Background(), &scaledRun{run, by, last})
	if err != nil {
		t.Fatal(err)
	}
	if len(j.Faults) > 0 || j.Drift.Steps < 2 {
		t.Fatalf("%d steps, %+v", j.Drift.Steps, j.Faults)
	}
	return j
}

// TestDriftOfWeights: weights that grow 1.01 times a step let Lf grow by as much and Theorem 1's bound as well.
func TestDriftOfWeights(t *testing.T) {
	d := drifted(t, 1.01, false).Drift
	lf := d.Constants[1]
	near(t, "Lf", float64(lf.Factor), math.Pow(1.01, 100), 1e-6)
	if lf.Name != "Lf" || lf.At != 100 || lf.Most != lf.Factor || lf.Op != 1 && lf.Op != 3 && lf.Op != 5 {
		t.Errorf("Lf: %+v", lf)
	}
	if !(d.Bound.Factor > lf.Factor) || d.Carrier != "Lf" || !strings.Contains(d.Means, "Lf carries that") {
		t.Errorf("the bound: %+v, %q carries it: %s", d.Bound, d.Carrier, d.Means)
	}
	if !(math.Abs(float64(d.Alone/d.Bound.Factor)-1) < 0.5) {
		t.Errorf("Lf alone makes %v of %v", d.Alone, d.Bound.Factor)
	}
	if !strings.Contains(d.Says, "Lf 2.705 times") {
		t.Errorf("it says %s", d.Says)
	}
}

// TestNoDrift: the same weights at the same samples have the same constants, to the last bit.
func TestNoDrift(t *testing.T) {
	d := drifted(t, 1, false).Drift
	for _, c := range append(slices.Clone(d.Constants), d.Bound) {
		if c.Factor != 1 || c.Most != 1 || c.At != 0 || c.First != c.Last {
			t.Errorf("%+v", c)
		}
	}
	if d.Carrier != "" || !strings.Contains(d.Means, "alike") || !strings.Contains(d.Says, "C stays") {
		t.Errorf("it says %s; %s", d.Says, d.Means)
	}
}

// TestDriftOverflow: weights whose bound is beyond float64 have no factor, and it is said at which step.
func TestDriftOverflow(t *testing.T) {
	d := drifted(t, 2, true).Drift
	if d.Bound.Factor == d.Bound.Factor || !math.IsInf(float64(d.Bound.Largest), 1) || d.Carrier != "" {
		t.Errorf("the bound: %+v", d.Bound)
	}
	if !strings.Contains(d.Means, "Theorem 1 is infinite at step 50: Theorem 1 says nothing there") {
		t.Errorf("it says %s", d.Means)
	}
}

// constantsAre are judged steps with the same constants of two operators, C as given.
func constantsAre(c ...float64) []StepSum {
	var judged []StepSum
	for k, x := range c {
		judged = append(judged, StepSum{Step: 50 * k, A3: A3{C: Number(x), Lf: 1, L1: 1,
			OpC: []Number{1, Number(x)}, OpLf: []Number{1, 1}, OpL1: []Number{1, 1}, OpL2: []Number{0, 0}}})
	}
	return judged
}

// TestDriftWords holds what is said against constants that are given.
func TestDriftWords(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		c                   []float64
		factor, most        float64
		at, op              int
		carrier, says, mean string
	}{
		{nil, 0, 0, 0, 0, "", "unknown: no step", ""},
		{[]float64{2}, nan, nan, 0, 2, "", "step 0 alone was judged: C is 2", "unknown"},
		{[]float64{2, 8, 4}, 2, 4, 50, 2, "C", "C 2 times (2 to 4, largest 8 at step 50)", "largest at step 50"},
		{[]float64{4, 2, 2}, 0.5, 1, 0, 2, "C", "C 0.5 times (4 to 2)", "largest at the first"},
		{[]float64{2, nan, 4}, 2, nan, 50, 0, "C", "largest no number at step 50", "C is no number at step 50"},
		{[]float64{2, inf}, nan, nan, 50, 0, "", "C no factor (2 to infinite)", "C is infinite at step 50"},
		{[]float64{0, 3}, inf, inf, 50, 2, "C", "C from 0 (0 to 3)", ""},
		{[]float64{0, 0}, 1, 1, 0, 2, "", "C stays 0", "alike"},
	} {
		d := drift(constantsAre(c.c...), 2, []float64{0, 1, 0}, []float64{0, 0, 1})
		if !strings.Contains(d.Says, c.says) || !strings.Contains(d.Means, c.mean) {
			t.Errorf("%v: it says %q; %q", c.c, d.Says, d.Means)
		}
		if len(c.c) == 0 {
			continue
		}
		got := d.Constants[0]
		same := func(a Number, b float64) bool { return float64(a) == b || a != a && b != b }
		if !same(got.Factor, c.factor) || !same(got.Most, c.most) || got.At != c.at || got.Op != c.op ||
			d.Carrier != c.carrier {
			t.Errorf("%v: %+v, carried by %q", c.c, got, d.Carrier)
		}
	}
}

// TestJudgementSchema holds the schema of the judgement against those of runs, and against one without its drift.
func TestJudgementSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("judgement.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	read := func(j *Judgement) map[string]any {
		data, err := json.Marshal(j)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
		if err != nil {
			t.Fatal(err)
		}
		return v.(map[string]any)
	}
	for _, j := range []*Judgement{drifted(t, 1.01, false), drifted(t, 2, true)} {
		if err := schema.Validate(read(j)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"drift", "judged"} {
		v := read(drifted(t, 1, false))
		if delete(v, name); schema.Validate(v) == nil {
			t.Errorf("the schema takes a judgement without %s", name)
		}
	}
	v := read(drifted(t, 1, false))
	v["drift"].(map[string]any)["carrier"] = "L2"
	if schema.Validate(v) == nil {
		t.Error("the schema takes L2 as the carrier")
	}
}

// TestDriftDrawn: how constants move over drawn steps, and which of them carries the bound, formed anew.
func TestDriftDrawn(t *testing.T) {
	carriers := map[string]int{}
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 45))
		n, steps := 2+rng.IntN(3), 1+rng.IntN(6)
		d2, e2 := make([]float64, n+1), make([]float64, n+1)
		for i := 1; i < n; i++ {
			d2[i], e2[i+1] = rng.Float64(), rng.Float64()
		}
		values := []float64{0.5, 1, 1, 1.25, 2, 3}
		if seed%5 == 0 {
			values = append(values, 0, math.NaN(), math.Inf(1))
		}
		var judged []StepSum
		for k := range steps {
			list := func() (all Number, per []Number) {
				worst := 0.0
				for range n {
					x := values[rng.IntN(len(values))]
					per = append(per, Number(x))
					worst = max(worst, x) // NaN stays
				}
				return Number(worst), per
			}
			var a A3
			a.C, a.OpC = list()
			a.Lf, a.OpLf = list()
			a.L1, a.OpL1 = list()
			a.L2, a.OpL2 = list()
			judged = append(judged, StepSum{Step: 3 + 50*k, A3: a})
		}
		bound := func(c, lf, l1 Number) float64 {
			return bounds.Theorem1(bounds.Const{N: n, C: float64(c), Lf: float64(lf), L1: float64(l1)}, d2, e2)
		}
		got := drift(judged, n, d2, e2)
		same := func(a Number, b float64) bool {
			return float64(a) == b || a != a && b != b || math.Abs(float64(a)/b-1) < 1e-12
		}
		over := func(a, b float64) float64 {
			switch {
			case steps == 1 || math.IsNaN(a) || math.IsInf(a, 0) || math.IsNaN(b) || math.IsInf(b, 0):
				return math.NaN()
			case a == b:
				return 1
			}
			return a / b
		}
		check := func(c ConstantDrift, name string, of func(a *A3) (float64, []Number)) {
			t.Helper()
			first, _ := of(&judged[0].A3)
			last, _ := of(&judged[steps-1].A3)
			at, largest, op := -1, 0.0, 0
			for k := range judged {
				v, per := of(&judged[k].A3)
				if at >= 0 && (math.IsNaN(largest) || v <= largest) {
					continue
				}
				at, largest, op = k, v, 0
				for i, x := range per {
					if op == 0 && float64(x) == v && !math.IsInf(v, 0) {
						op = i + 1
					}
				}
			}
			if c.Name != name || !same(c.First, first) || !same(c.Last, last) || !same(c.Largest, largest) ||
				c.At != 3+50*at || c.Op != op || !same(c.Factor, over(last, first)) || !same(c.Most, over(largest, first)) {
				t.Fatalf("seed %d, %s: %+v, want %v to %v, largest %v at %d by %d", seed, name, c, first, last, largest, at, op)
			}
		}
		if got.Steps != steps || got.First != 3 || got.Last != 3+50*(steps-1) || len(got.Constants) != 4 {
			t.Fatalf("seed %d: %+v", seed, got)
		}
		check(got.Constants[0], "C", func(a *A3) (float64, []Number) { return float64(a.C), a.OpC })
		check(got.Constants[1], "Lf", func(a *A3) (float64, []Number) { return float64(a.Lf), a.OpLf })
		check(got.Constants[2], "L1", func(a *A3) (float64, []Number) { return float64(a.L1), a.OpL1 })
		check(got.Constants[3], "L2", func(a *A3) (float64, []Number) { return float64(a.L2), a.OpL2 })
		check(got.Bound, "Theorem 1", func(a *A3) (float64, []Number) { return bound(a.C, a.Lf, a.L1), nil })
		// The carrier alone moves the bound most, the way in which it went.
		a, b := &judged[0].A3, &judged[steps-1].A3
		from := bound(a.C, a.Lf, a.L1)
		factor := over(bound(b.C, b.Lf, b.L1), from)
		carrier, best, alone := "", 0.0, math.NaN()
		if math.Abs(math.Log(factor)) > 0.01 && !math.IsInf(math.Log(factor), 0) {
			for _, c := range []struct {
				name string
				to   float64
			}{{"C", bound(b.C, a.Lf, a.L1)}, {"Lf", bound(a.C, b.Lf, a.L1)}, {"L1", bound(a.C, a.Lf, b.L1)}} {
				far := math.Log(over(c.to, from))
				if factor < 1 {
					far = -far
				}
				if far > best {
					carrier, best, alone = c.name, far, over(c.to, from)
				}
			}
		}
		if carriers[carrier]++; got.Carrier != carrier || !same(got.Alone, alone) {
			t.Fatalf("seed %d: %q carries it with %v, want %q with %v", seed, got.Carrier, got.Alone, carrier, alone)
		}
		says := strings.Contains(got.Means, " carries that: its move alone makes ")
		if (carrier != "") != says && finite(float64(got.Bound.Largest)) && seed%5 > 0 {
			t.Fatalf("seed %d: %s", seed, got.Means)
		}
	}
	for _, name := range []string{"", "C", "Lf", "L1"} {
		if carriers[name] < 5 {
			t.Errorf("%q carries %d of the bounds", name, carriers[name])
		}
	}
}

// TestLargestBound: where the bound was largest is said when that is a hundredth more than at the last step.
func TestLargestBound(t *testing.T) {
	for _, c := range []struct {
		c    []float64
		says string
	}{
		{[]float64{2, 4, 3.9999}, ""}, {[]float64{2, 4, 3.9}, "; its bound is largest at step 50, "},
		{[]float64{2, 3, 4}, ""}, {[]float64{4, 3, 3.9999}, ""}, {[]float64{4, 2, 3}, "; its bound is largest at the first"},
	} {
		d := drift(constantsAre(c.c...), 2, []float64{0, 1, 0}, []float64{0, 0, 1})
		if _, got, _ := strings.Cut(d.Means, "; its bound is largest"); (got != "") != (c.says != "") ||
			!strings.Contains(d.Means, c.says) {
			t.Errorf("%v: %s", c.c, d.Means)
		}
	}
}

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

package trace

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/x448/float16"
)

// TestNumbersOfAStep: they are those that a step with all of its parts has, whatever is recorded.
func TestNumbersOfAStep(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 27))
		s, st := drawnStep(t, rng, float64s, 1)
		s, _ = withSampled(t, s, st, drawnSampled(rng, s))
		for _, b := range []int{1, 7} {
			st := &Step{}
			st.resize(s, b, true, true, true)
			count := len(st.X) + len(st.W) + len(st.U) + len(st.After)
			for i := range st.Y {
				count += len(st.Y[i]) + len(st.V[i])
			}
			if got := s.numbers(b); got != float64(count) {
				t.Errorf("%v, %v: %d samples have %v numbers, a step has %d", s.run.Chain, s.run.Sampled, b, got, count)
			}
		}
	}
}

// TestMostNumbers: a line may have as many numbers as the cap, and not one more.
func TestMostNumbers(t *testing.T) {
	for in, refused := range map[int]bool{2: false, 3: true} {
		rows := make([][]float64, 510)
		for k := range rows {
			rows[k] = make([]float64, in)
		}
		s := &shape{run: Run{Version: FormatVersion, Engine: "hand", Precision: float64s, Samples: 1,
			Chain: []core.Spec{{Op: "fixed", A: rows}, {Op: "halfsq", N: len(rows)}}}}
		if err := s.check(); err != nil {
			t.Fatal(err)
		}
		if n := s.numbers(MaxSamples) - MaxNumbers; n != float64(in-2)*MaxSamples {
			t.Errorf("%v numbers more than the cap", n)
		}
		step, gamma := 1, 0.5
		l := line{Step: &step, Gamma: &gamma, X: make([][]value, MaxSamples)}
		err := l.step(s, &Step{})
		if err == nil || strings.Contains(err.Error(), "numbers, want at most") != refused {
			t.Errorf("width %d: %v", in, err)
		}
		ch := &chunk{shape: s, arrays: map[string]*array{"x": {shape: []int{1, MaxSamples, in}}}}
		err = ch.check(s.arrayNames())
		if err == nil || strings.Contains(err.Error(), "numbers, want at most 67108864") != refused {
			t.Errorf("arrays, width %d: %v", in, err)
		}
	}
}

// TestResize: a step has room for what its shape says, and for nothing that is not recorded.
func TestResize(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 28))
		s, drawn := drawnStep(t, rng, float64s, 1)
		s, _ = withSampled(t, s, drawn, drawnSampled(rng, s))
		st, c := &Step{}, s.chain
		for _, b := range []int{3, 1, 5} {
			u, after, vn := rng.IntN(2) > 0, rng.IntN(2) > 0, rng.IntN(2) > 0
			st.resize(s, b, u, after, vn)
			of := func(v []float64, there bool, n int) bool { return there && len(v) == n || !there && v == nil }
			if st.B != b || len(st.X) != b*c.D(0) || len(st.W) != c.NW() || !of(st.U, u, c.NW()) ||
				!of(st.After, after, c.NW()) || (s.labelled != nil) != (len(st.Labels) == b) {
				t.Fatalf("seed %d: %+v", seed, st)
			}
			for i := 1; i <= c.N(); i++ {
				y, v := c.D(i), c.D(i)
				if columns, ok := s.run.Sampled[fmt.Sprint("Y_", i)]; ok {
					y = len(columns)
				}
				if columns, ok := s.run.Sampled[fmt.Sprint("V_", i)]; ok {
					v = len(columns)
				}
				if len(st.Y[i]) != b*y || !of(st.V[i], i < c.N() || vn, b*v) {
					t.Fatalf("seed %d: Y_%d has %d numbers, V_%d %d", seed, i, len(st.Y[i]), i, len(st.V[i]))
				}
			}
		}
	}
}

// TestFinish: the first thing that is wrong with a step is named, with its place; V is divided by the scale, and
// nothing else.
func TestFinish(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		want   string // "" for what is accepted
		last   int
		change func(st *Step)
	}{
		{"", -1, func(*Step) {}},
		{"", -1, func(st *Step) { st.T = 0 }},
		{"array step: -1, want 0 to 2^53", -2, func(st *Step) { st.T = -1 }},
		{"", 4, func(*Step) {}},
		{"array step: 5 after 5, want rising numbers", 5, func(*Step) {}},
		{"array step: 5 after 6", 6, func(*Step) {}},
		{"", -1, func(st *Step) { st.Gamma = -math.MaxFloat64 }},
		{"step 5: array gamma: +Inf", -1, func(st *Step) { st.Gamma = inf }},
		{"step 5: array gamma: -Inf", -1, func(st *Step) { st.Gamma = -inf }},
		{"step 5: array gamma: NaN", -1, func(st *Step) { st.Gamma = nan }},
		{"", -1, func(st *Step) { st.Scale = 0x1p-126 }},
		{"", -1, func(st *Step) { st.Scale = math.MaxFloat64 }},
		{"step 5: array scale: 5.877e-39", -1, func(st *Step) { st.Scale = 5.877e-39 }},
		{"step 5: array scale: -1", -1, func(st *Step) { st.Scale = -1 }},
		{"step 5: array scale: +Inf", -1, func(st *Step) { st.Scale = inf }},
		{"step 5: array scale: NaN", -1, func(st *Step) { st.Scale = nan }},
		{"", -1, func(st *Step) { st.M = 3 }},
		{"step 5: 2 samples are recorded of 1", -1, func(st *Step) { st.M = 1 }},
		{"step 5: array x: sample 1 index 0 is NaN", -1, func(st *Step) { st.X[2], st.X[3] = nan, inf }},
		{"step 5: array x: sample 0 index 1 is -Inf", -1, func(st *Step) { st.X[1] = -inf }},
		{"step 5: array x: sample 0 index 0 is NaN", -1, func(st *Step) { st.X[0] = nan }},
		{"", -1, func(st *Step) { st.X[0], st.X[1] = math.MaxFloat64, math.MaxFloat64 }},
		{"", -1, func(st *Step) { st.Labels[1] = 0 }},
		{"step 5: array label: sample 1 is -1, want 0 to 3", -1, func(st *Step) { st.Labels[1] = -1 }},
		{"step 5: array label: sample 0 is 4, want 0 to 3", -1, func(st *Step) { st.Labels[0] = 4 }},
		{"step 5: array w_1: operator 1 index 8 is NaN", -1, func(st *Step) { st.W[8], st.W[9] = nan, nan }},
		{"step 5: array w_1: operator 1 index 0 is NaN", -1, func(st *Step) { st.W[0] = nan }},
		{"step 5: array w_3: operator 3 index 0 is +Inf", -1, func(st *Step) { st.W[9] = inf }},
		{"", 0, func(st *Step) { st.W[9] = inf }}, // a fault of the engine
	} {
		s, st := uneven(t, float64s, nil)
		c.change(st)
		was := again(st)
		err := st.finish(s, c.last)
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
			continue
		}
		if err != nil {
			continue
		}
		for i := range st.Y {
			for k, v := range was.V[i] {
				if st.V[i][k] != v/was.Scale || st.Y[i][k] != was.Y[i][k] {
					t.Errorf("scale %v: V_%d[%d] = %v was %v", was.Scale, i, k, st.V[i][k], v)
				}
			}
		}
	}
}

// TestWeightPlaces: the number of a weight among all is its place in its operator.
func TestWeightPlaces(t *testing.T) {
	for seed := range uint64(20) {
		s, st := drawnStep(t, rand.New(rand.NewPCG(seed, 29)), float64s, 1)
		for k := range st.W {
			i, j := s.weight(k)
			if w := s.chain.W(i, st.W); j < 0 || j >= len(w) || &w[j] != &st.W[k] {
				t.Errorf("weight %d of %v: operator %d index %d", k, s.run.Chain, i, j)
			}
		}
	}
}

// TestNotFinite: the first number that is NaN or infinite, where the sum of finite ones overflows too.
func TestNotFinite(t *testing.T) {
	const most = math.MaxFloat64
	for _, c := range []struct {
		v    []float64
		want int
	}{
		{nil, -1}, {[]float64{0}, -1}, {[]float64{most, most, most}, -1}, {[]float64{math.NaN(), math.NaN()}, 0},
		{[]float64{1, math.Inf(-1)}, 1}, {[]float64{1, 2, math.Inf(1), math.Inf(-1)}, 2},
		{[]float64{most, most, math.NaN()}, 2}, {[]float64{-most, -most}, -1},
	} {
		if got := notFinite(c.v); got != c.want {
			t.Errorf("%v: %d, want %d", c.v, got, c.want)
		}
	}
}

// TestLabelledChains: a sample has the chain of its label, one for all that have it; a chain without labels is itself.
func TestLabelledChains(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	seen := map[*core.Chain]bool{}
	for label := range s.classes {
		c := s.withLabel(label)
		if specs := c.Specs(); specs[3].Label != label || s.withLabel(label) != c || specs[3].N != 4 {
			t.Errorf("label %d: %v", label, specs)
		}
		seen[c] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d chains of four labels", len(seen))
	}
	for k := range 2 {
		if c, x := (stepData{st, s}).Sample(k); c != s.withLabel(st.Labels[k]) || &x[0] != &st.X[2*k] || len(x) != 2 {
			t.Errorf("sample %d: %v, %v", k, c.Specs(), x)
		}
	}
	plain, one := uneven(t, float64s, nil, core.Spec{Op: "tanh", N: 2}, core.Spec{Op: "halfsq", N: 2})
	if c, _ := (stepData{one, plain}).Sample(1); c != plain.chain {
		t.Errorf("without labels: %v", c.Specs())
	}
}

// TestDecode: numbers of each type and count, whatever is behind them.
func TestDecode(t *testing.T) {
	rng := rand.New(rand.NewPCG(30, 30))
	for _, c := range []struct {
		kind byte
		size int
		one  func(b []byte) ([]byte, float64)
	}{
		{'f', 8, func(b []byte) ([]byte, float64) {
			x := rng.NormFloat64()
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(x)), x
		}},
		{'f', 4, func(b []byte) ([]byte, float64) {
			x := float32(rng.NormFloat64())
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(x)), float64(x)
		}},
		{'f', 2, func(b []byte) ([]byte, float64) {
			x := float16.Fromfloat32(float32(rng.NormFloat64()))
			return binary.LittleEndian.AppendUint16(b, x.Bits()), float64(x.Float32())
		}},
		{'i', 2, func(b []byte) ([]byte, float64) {
			x := int16(rng.IntN(1<<16) - 1<<15)
			return binary.LittleEndian.AppendUint16(b, uint16(x)), float64(x)
		}},
		{'u', 1, func(b []byte) ([]byte, float64) {
			x := byte(rng.IntN(256))
			return append(b, x), float64(x)
		}},
	} {
		for n := range 14 {
			var b []byte
			var want []float64
			for range n {
				var x float64
				b, x = c.one(b)
				want = append(want, x)
			}
			a := &array{kind: c.kind, size: c.size}
			got := make([]float64, n)
			a.decode(got, b)
			if !slices.Equal(got, want) {
				t.Errorf("%c%d: %v, want %v", c.kind, c.size, got, want)
			}
		}
	}
}

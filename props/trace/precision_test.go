package trace

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestNearestOfCore: numbers are rounded as core/perturb does it, halves between neighbours and subnormal ones too,
// and beyond the largest number to it.
func TestNearestOfCore(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 40))
	for name, f := range formats {
		if name == "float64" || name == "float32" {
			continue // which Go rounds
		}
		x := []float64{0, f.Max, math.Nextafter(f.Max, 0), 1.5 * f.Max, math.Inf(1), f.smallest(), f.smallest() / 2}
		for range 3000 {
			v := math.Ldexp(1+rng.Float64(), f.MinExp-f.Mantissa-2+rng.IntN(12))
			if rng.IntN(2) > 0 {
				v = math.Ldexp(1+rng.Float64(), rng.IntN(14))
			}
			unit := f.spacing(v)
			down := math.Floor(v/unit) * unit
			x = append(x, v, down, down+unit/2, math.Nextafter(down+unit/2, 0), math.Nextafter(down+unit/2, 2*v+unit))
		}
		for _, v := range x {
			for _, v := range []float64{v, -v} {
				want := v
				if math.Abs(v) >= f.Max {
					want = math.Copysign(f.Max, v)
				} else {
					want = f.Format.Nearest(v)
				}
				if got := f.nearest(v); got != want {
					t.Fatalf("%s: %v (%x) is rounded to %v, want %v", name, v, v, got, want)
				}
				_, e := math.Frexp(v)
				if e--; v == 0 {
					e = f.MinExp
				}
				if want := math.Ldexp(1, max(e, f.MinExp)-f.Mantissa); !math.IsInf(v, 0) && f.spacing(v) != want {
					t.Fatalf("%s: the spacing at %v is %v, want %v", name, v, f.spacing(v), want)
				}
			}
		}
	}
	f := formats["float64"]
	for _, x := range []float64{0, 0x1p-1074, 0x1p-1022, 0x1p-1000, 1, -3} {
		want := math.Nextafter(math.Abs(x), math.Inf(1)) - math.Abs(x)
		if got := f.spacing(x); got != want {
			t.Errorf("float64: the spacing at %v is %v, want %v", x, got, want)
		}
	}
}

// TestPrecisionWords: a precision is one word or three, of the formats there are, and says which part is none.
func TestPrecisionWords(t *testing.T) {
	for _, c := range []struct{ text, want, err string }{
		{`"e4m3"`, "e4m3", ""}, {`{"storage":"e5m2","compute":"tf32","accumulate":"float16"}`, "e5m2/tf32/float16", ""},
		{`{"storage":"tf32","compute":"tf32","accumulate":"tf32"}`, "tf32", ""},
		{`{"storage":"tf32","compute":"tf32","accumulate":"e4m3"}`, "tf32/tf32/e4m3", ""},
		{`{"storage":"tf32","compute":"e4m3","accumulate":"e4m3"}`, "tf32/e4m3/e4m3", ""},
		{`"float8"`, "", `storage is "float8"`}, {`""`, "", `storage is ""`}, {`{}`, "", `storage is ""`},
		{`{"storage":"tf32","accumulate":"tf32"}`, "", `compute is ""`},
		{`{"storage":"tf32","compute":"tf32","accumulate":"x"}`, "", `accumulate is "x"`},
		{`{"storage":"tf32","compute":"tf32","accumulate":"tf32","more":1}`, "", "more"}, {`3`, "", "precision"},
		{`null`, "", "precision"}, {`["tf32"]`, "", "precision"},
	} {
		var p Precision
		err := p.UnmarshalJSON([]byte(c.text))
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.text, err, c.err)
		}
		if err == nil && p.String() != c.want {
			t.Errorf("%s: %s", c.text, p)
		}
	}
	if err := new(Precision).UnmarshalJSON(nil); err == nil {
		t.Error("no bytes are a precision")
	}
	if err := new(Precision).UnmarshalJSON([]byte(`"tf32`)); err == nil {
		t.Error("half a word is a precision")
	}
	for x, want := range map[float64][3]string{1.23456: {"1.235", "1.235", "1.23456"}, math.Inf(1): {"+Inf", "infinite",
		`"Infinity"`}, math.Inf(-1): {"-Inf", "infinite", `"-Infinity"`}, -0.5: {"-0.5", "-0.5", "-0.5"}} {
		n := Number(x)
		data, err := json.Marshal(n)
		if n.String() != want[0] || n.Words() != want[1] || string(data) != want[2] || err != nil {
			t.Errorf("%v: %q, %q, %s, %v", x, n.String(), n.Words(), data, err)
		}
	}
	nan := Number(math.NaN())
	if data, err := json.Marshal(nan); string(data) != "null" || nan.String() != "-" || nan.Words() != "no number" ||
		err != nil {
		t.Errorf("NaN: %s, %q, %q, %v", data, nan.String(), nan.Words(), err)
	}
}

// TestArrayNames: a chunk has an array of each state, and of the weights of each operator that has some, one too.
func TestArrayNames(t *testing.T) {
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 41))
		s, st := drawnStep(t, rng, float64s, 1)
		s, _ = withSampled(t, s, st, drawnSampled(rng, s))
		c, n := s.chain, s.chain.N()
		scalar := arrayWant{scalar: true}
		may := arrayWant{scalar: true, optional: true}
		want := map[string]arrayWant{"step": scalar, "gamma": scalar, "loss": may, "scale": may, "samples": may,
			"x": {samples: true, row: c.D(0)}}
		if s.run.Chain[n-1].Op == "softmaxce" {
			want["label"] = arrayWant{samples: true, row: 1}
		}
		var with []int
		for i := 1; i <= n; i++ {
			for _, kind := range []string{"Y", "V"} {
				name, d := fmt.Sprint(kind, "_", i), c.D(i)
				if columns, ok := s.run.Sampled[name]; ok {
					d = len(columns)
				}
				want[name] = arrayWant{samples: true, row: d, optional: name == fmt.Sprint("V_", n)}
			}
			if nw := len(c.W(i, make([]float64, c.NW()))); nw > 0 {
				with = append(with, i)
				want[fmt.Sprint("w_", i)] = arrayWant{row: nw}
				want[fmt.Sprint("U_", i)] = arrayWant{row: nw, optional: true}
				want[fmt.Sprint("after_", i)] = arrayWant{row: nw, optional: true}
			}
		}
		if got := s.arrayNames(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: %+v, want %+v", s.run.Chain, got, want)
		}
		if got := s.withWeights(); !slices.Equal(got, with) {
			t.Errorf("%v: operators %v have weights, want %v", s.run.Chain, got, with)
		}
	}
}

// TestRecordsOfDrawnSteps: drawn steps are written and read back number for number, as arrays and as lines.
func TestRecordsOfDrawnSteps(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 42))
		s, st := drawnStep(t, rng, float64s, 1+rng.IntN(3))
		isPass(s, st)
		s, st = withSampled(t, s, st, drawnSampled(rng, s))
		n := s.chain.N()
		has := map[string]bool{}
		for _, part := range []string{"U", "after", "loss", "V_N"} {
			has[part] = rng.IntN(2) > 0
		}
		st.M = st.B + rng.IntN(2)
		if st.After = nil; has["after"] {
			st.After = slices.Clone(st.W)
			for k := range st.After {
				st.After[k] = rng.NormFloat64()
			}
		}
		if !has["U"] {
			st.U = nil
		}
		if !has["loss"] {
			st.Loss = math.NaN()
		}
		if has["V_N"] {
			st.V[n] = slices.Repeat([]float64{1}, st.B)
		}
		rows := func(v []float64) (rows [][]float64) {
			if v == nil {
				return nil
			}
			for b := range st.B {
				d := len(v) / st.B
				rows = append(rows, v[b*d:(b+1)*d])
			}
			return rows
		}
		parts := func(v []float64) (parts [][]float64) {
			if v == nil {
				return nil
			}
			for _, w := range s.chain.Split(v) {
				parts = append(parts, append([]float64{}, w...))
			}
			return parts
		}
		line := map[string]any{"step": st.T, "gamma": st.Gamma, "samples": st.M, "x": rows(st.X), "w": parts(st.W)}
		if st.Labels != nil {
			line["label"] = st.Labels
		}
		if has["loss"] {
			line["loss"] = st.Loss
		}
		if scale := 0.25; seed%2 == 0 {
			line["scale"] = scale
			for i := range st.V {
				for k := range st.V[i] {
					st.V[i][k] *= scale // as it is written, see below
				}
			}
		}
		var y, v [][][]float64
		for i := 1; i <= n; i++ {
			y = append(y, rows(st.Y[i]))
			if st.V[i] != nil {
				v = append(v, rows(st.V[i]))
			}
		}
		if line["Y"], line["V"] = y, v; st.U != nil && s.chain.NW() > 0 {
			line["U"] = parts(st.U)
		}
		if st.After != nil && s.chain.NW() > 0 {
			line["after"] = parts(st.After)
		}
		first, err := json.Marshal(s.run)
		if err != nil {
			t.Fatal(err)
		}
		second, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := Read([]byte(string(first) + "\n\n" + string(second) + "\n"))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if seed%2 == 0 {
			for i := range st.V {
				for k := range st.V[i] {
					st.V[i][k] /= 0.25
				}
			}
		}
		arrays, err := Open(written(t, s, st, 4))
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]*Record{"lines": lines, "arrays": arrays} {
			var got Step
			if err := r.Next(&got); err != nil {
				t.Fatalf("seed %d, %s: %v", seed, name, err)
			}
			same := got.T == st.T && got.M == st.M && got.B == st.B && got.Gamma == st.Gamma &&
				(got.Loss == st.Loss || !has["loss"] && math.IsNaN(got.Loss)) && slices.Equal(got.X, st.X) &&
				slices.Equal(got.Labels, st.Labels) && slices.Equal(got.W, st.W) && slices.Equal(got.U, st.U) &&
				slices.Equal(got.After, st.After) && !got.lossIsNaN
			for i := 1; i <= n; i++ {
				same = same && slices.Equal(got.Y[i], st.Y[i]) && slices.Equal(got.V[i], st.V[i])
			}
			if !same {
				t.Errorf("seed %d, %s of %v: read as %+v, want %+v", seed, name, s.run.Chain, got, st)
			}
			r.Close()
		}
	}
}

// TestSameShapeOtherChain: chains of the same widths and other operators are not compared, nor ones of other widths
// and the same operators.
func TestSameShapeOtherChain(t *testing.T) {
	specs := func(op string, n int) []core.Spec { return []core.Spec{{Op: op, N: n}, {Op: "halfsq", N: n}} }
	dirs := map[string]string{}
	for name, ops := range map[string][]core.Spec{"tanh": specs("tanh", 2), "sigmoid": specs("sigmoid", 2),
		"wide": specs("tanh", 3), "same": specs("tanh", 2)} {
		s, st := uneven(t, float64s, nil, ops...)
		dirs[name] = written(t, s, st, 1)
	}
	for name, refused := range map[string]bool{"tanh": false, "same": false, "sigmoid": true, "wide": true} {
		_, err := part(dirs["tanh"], dirs[name])
		if refused != (err != nil && strings.Contains(err.Error(), "have other chains")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFuzzBody: what is read is judged twice alike, what is not is refused, and what asks for too much is not tried.
func TestFuzzBody(t *testing.T) {
	good := aRecord(t).bytes(t)
	if refusal, err := FuzzBytes(good); refusal != nil || err != nil {
		t.Errorf("a record: %v, %v", refusal, err)
	}
	refusal, err := FuzzBytes(good[:len(good)/2])
	if refusal == nil || err != nil || !strings.HasPrefix(refusal.Error(), "trace: ") {
		t.Errorf("half of one: %v, %v", refusal, err)
	}
	const run = `{"version":1,"engine":"x","chain":[%s{"op":"halfsq","n":%d}],"precision":"float64","samples":1,` +
		`"reg":{"kind":"none"}}` + "\n"
	for _, c := range []struct {
		n, operators int
		many         bool
	}{{1364, 2, false}, {1365, 2, true}, {1, 16, false}, {1, 17, true}} { // 3 n + 2 numbers, at most 4096
		var ops strings.Builder
		for range c.operators - 1 {
			fmt.Fprintf(&ops, `{"op":"tanh","n":%d},`, c.n)
		}
		refusal, err := FuzzBytes([]byte(fmt.Sprintf(run, ops.String(), c.n)))
		if err != nil || (refusal != nil && refusal.Error() == "a record of too many numbers") != c.many {
			t.Errorf("%+v: %v, %v", c, refusal, err)
		}
	}
	for wide, many := range map[int]bool{4092: false, 4093: true} { // a row of a matrix, and four more
		row := `{"op":"fixed","a":[[` + strings.Repeat("0,", wide-1) + `0]]},`
		refusal, err := FuzzBytes([]byte(fmt.Sprintf(run, row, 1)))
		if err != nil || (refusal != nil && refusal.Error() == "a record of too many numbers") != many {
			t.Errorf("a row of %d: %v, %v", wide, refusal, err)
		}
	}
}

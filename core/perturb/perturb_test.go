package perturb

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/x448/float16"
)

// decode is the value of a bit pattern, from the definition of the format: s
// sign, e exponent, m mantissa bits; ok is false for Inf and NaN.
func decode(name string, bits uint) (v float64, ok bool) {
	var mant, exp int
	switch name {
	case "fp16":
		mant, exp = 10, 5
	case "bf16":
		mant, exp = 7, 8
	case "e4m3":
		mant, exp = 3, 4
	case "e5m2":
		mant, exp = 2, 5
	}
	m := bits & (1<<mant - 1)
	e := bits >> mant & (1<<exp - 1)
	top := uint(1<<exp - 1)
	// E4M3 has no infinities: the top exponent is normal, all ones are NaN.
	if name == "e4m3" && e == top && m == 7 || name != "e4m3" && e == top {
		return 0, false
	}
	bias := 1<<(exp-1) - 1
	if e == 0 {
		v = math.Ldexp(float64(m), 1-bias-mant)
	} else {
		v = math.Ldexp(float64(1<<mant|m), int(e)-bias-mant)
	}
	if bits>>(mant+exp)&1 == 1 {
		v = -v
	}
	return v, true
}

var widths = map[string]int{"fp16": 16, "bf16": 16, "e4m3": 8, "e5m2": 8}

// TestFormatsExhaustively visits every bit pattern of every format.
func TestFormatsExhaustively(t *testing.T) {
	for name, width := range widths {
		f, err := FormatByName(name)
		if err != nil {
			t.Fatal(err)
		}
		half := uint(1) << (width - 1) // the non-negative patterns, in order of value
		largest := 0.0
		for bits := uint(0); bits < 2*half; bits++ {
			v, ok := decode(name, bits)
			if !ok {
				continue
			}
			largest = max(largest, v)
			if got := f.Nearest(v); got != v {
				t.Fatalf("%s: %#x is %v, rounds to %v", name, bits, v, got)
			}
			next, ok := decode(name, bits+1)
			if !ok || (bits+1)%half == 0 {
				continue
			}
			mid := v/2 + next/2
			even := v
			if bits&1 == 1 {
				even = next
			}
			for _, c := range []struct{ x, want float64 }{
				{mid, even},
				{math.Nextafter(mid, v), v},
				{math.Nextafter(mid, next), next},
			} {
				if got := f.Nearest(c.x); got != c.want {
					t.Fatalf("%s: %v between %v and %v rounds to %v, want %v", name, c.x, v, next, got, c.want)
				}
			}
			lo, hi, frac := f.Neighbours(mid)
			if lo != v || hi != next || frac != 0.5 {
				t.Fatalf("%s: neighbours of %v are %v, %v at %v", name, mid, lo, hi, frac)
			}
		}
		if largest != f.Max {
			t.Errorf("%s: the largest number is %v, Max is %v", name, largest, f.Max)
		}
		for _, x := range []float64{f.Max * 1.01, math.Inf(1), 1e300} {
			if f.Nearest(x) != f.Max || f.Nearest(-x) != -f.Max {
				t.Errorf("%s: %v does not saturate", name, x)
			}
		}
		if !math.IsNaN(f.Nearest(math.NaN())) {
			t.Errorf("%s: NaN rounds to a number", name)
		}
	}
}

// TestAgainstOthers: fp16 as a library has it, bf16 by float32 arithmetic.
func TestAgainstOthers(t *testing.T) {
	for bits := range 1 << 16 {
		h := float16.Frombits(uint16(bits))
		if h.IsFinite() {
			if v := float64(h.Float32()); FP16.Nearest(v) != v {
				t.Fatalf("fp16 %#x", bits)
			}
		}
		x := math.Float32frombits(uint32(bits)<<16 | uint32(bits)*2654435761>>16)
		if a := math.Abs(float64(x)); !(a < 65000) {
			continue
		}
		if got, want := FP16.Nearest(float64(x)), float64(float16.Fromfloat32(x).Float32()); got != want {
			t.Fatalf("fp16(%v) = %v, the library has %v", x, got, want)
		}
		// Round to nearest even by adding half of the last bit kept.
		b := math.Float32bits(x)
		want := float64(math.Float32frombits((b + 0x7fff + b>>16&1) &^ 0xffff))
		if got := BF16.Nearest(float64(x)); got != want {
			t.Fatalf("bf16(%v) = %v, want %v", x, got, want)
		}
	}
}

// laws has every law once, on states of length 3.
func laws() map[string]Law {
	all := map[string]Law{
		"zero": Zero(), "constant": Constant([]float64{1, -2, 3}), "twopoint": TwoPoint([]float64{1, 0, 2}, []float64{-1, 0, 4}, 0.25),
		"table":   Table([]Outcome{{0.5, []float64{1, 2, 3}}, {0.25, []float64{0, 1, 0}}, {0.25, []float64{-4, 0, 0}}}),
		"uniform": Uniform(-1, 3), "gaussian": Gaussian(0.5, 2), "topk": TopK(2), "bitflip": BitFlip(48, 51),
	}
	for _, f := range []string{"fp16", "bf16", "e4m3", "e5m2", "int8"} {
		all["round "+f] = Round(f, false)
		all["stochastic "+f] = Round(f, true)
	}
	all["intermittent"] = Intermittent(3, all["twopoint"])
	all["intermittent gaussian"] = Intermittent(2, all["gaussian"])
	return all
}

var states = [][]float64{{0.3, -1.7, 100.25}, {0, 0, 0}, {1e-9, 5, -0.125}, {-448, 65504, 1}}

// TestOutcomes: probabilities are positive and sum to 1, the moments of the
// list are those of a large sample, and a state is not changed.
func TestOutcomes(t *testing.T) {
	for name, l := range laws() {
		f, ok := l.(Finite)
		if !ok {
			if name != "uniform" && name != "gaussian" && name != "intermittent gaussian" {
				t.Errorf("%s is not finite", name)
			}
			continue
		}
		for _, s := range states {
			before := append([]float64(nil), s...)
			d := make([]float64, len(s))
			sum, mean, second := 0.0, 0.0, 0.0
			n := f.Support(s, 0)
			for k := range n {
				for j := range d {
					d[j] = math.NaN()
				}
				p := f.Outcome(d, s, 0, k)
				if !(p > 0) {
					t.Fatalf("%s: outcome %d has probability %v", name, k, p)
				}
				sum += p
				mean += p * d[1]
				second += p * d[1] * d[1]
			}
			if !(math.Abs(sum-1) <= 1e-12) {
				t.Errorf("%s at %v: probabilities sum to %v", name, s, sum)
			}
			const draws = 40000
			rng := rand.New(rand.NewPCG(1, 2))
			got := 0.0
			for range draws {
				f.Sample(d, s, 0, rng)
				got += d[1] / draws
			}
			// Six standard errors of a fixed-seed sample.
			if tol := 6*math.Sqrt(max(second-mean*mean, 0)/draws) + 1e-9*(1+math.Abs(mean)); !(math.Abs(got-mean) <= tol) {
				t.Errorf("%s at %v: samples have mean %v, the list %v", name, s, got, mean)
			}
			if diff := cmp.Diff(before, s); diff != "" {
				t.Errorf("%s changes the state: %s", name, diff)
			}
		}
	}
}

// TestStochasticRoundingIsUnbiased: sum p d = 0 unless the state saturates.
func TestStochasticRoundingIsUnbiased(t *testing.T) {
	for _, format := range []string{"fp16", "bf16", "e4m3", "e5m2", "int8"} {
		l := Round(format, true)
		for _, s := range [][]float64{{0.3, -1.7, 100.25}, {1.0 / 3, 1e-3, -2.71}} {
			d, mean := make([]float64, 3), make([]float64, 3)
			for k := range l.Support(s, 0) {
				p := l.Outcome(d, s, 0, k)
				for j, v := range d {
					mean[j] += p * v
				}
			}
			for j, m := range mean {
				if !(math.Abs(m) <= 1e-14*(1+math.Abs(s[j]))) {
					t.Errorf("%s: coordinate %d of %v has mean %v", format, j, s, m)
				}
			}
		}
	}
}

func TestExactLaws(t *testing.T) {
	for _, c := range []struct {
		l    Finite
		s    []float64
		t, k int
		want []float64
	}{
		{TopK(2), []float64{1, -3, 2}, 0, 0, []float64{-1, 0, 0}},
		{TopK(1), []float64{2, -2, 2}, 0, 0, []float64{0, 2, -2}},
		{TopK(0), []float64{1, 2}, 0, 0, []float64{-1, -2}},
		{TopK(9), []float64{1, 2}, 0, 0, []float64{0, 0}},
		{BitFlip(51, 51), []float64{1, 3}, 0, 0, []float64{0.5, 0}},
		{BitFlip(63, 63), []float64{1, 3}, 0, 1, []float64{0, -6}},
		{BitFlip(62, 62), []float64{1, 3}, 0, 0, []float64{0, 0}}, // Inf: not made
		{Round("bf16", false), []float64{1.005859375}, 0, 0, []float64{1.0078125 - 1.005859375}},
		{Round("int8", false), []float64{127, 1.5, -0.4}, 0, 0, []float64{0, 0.5, 0.4}},
		{Round("int8", false), []float64{0, 0}, 0, 0, []float64{0, 0}},
		{Intermittent(2, Constant([]float64{5})).(Finite), []float64{1}, 2, 0, []float64{5}},
		{Intermittent(2, Constant([]float64{5})).(Finite), []float64{1}, 3, 0, []float64{0}},
	} {
		d := make([]float64, len(c.s))
		c.l.Outcome(d, c.s, c.t, c.k)
		if diff := cmp.Diff(c.want, d); diff != "" {
			t.Errorf("%+v at %v: %s", c.l.Spec(), c.s, diff)
		}
	}
	if n := Round("e4m3", true).Support(make([]float64, 60), 0); n != 1 {
		t.Errorf("60 zeros have %d outcomes", n)
	}
	wide := make([]float64, 60)
	for k := range wide {
		wide[k] = 0.3
	}
	if n := Round("e4m3", true).Support(wide, 0); n != TooMany {
		t.Errorf("2^60 outcomes are %d", n)
	}
}

func TestNoAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	d, s := make([]float64, 3), states[0]
	for name, l := range laws() {
		if n := testing.AllocsPerRun(50, func() {
			l.Sample(d, s, 0, rng)
			if f, ok := l.(Finite); ok {
				f.Outcome(d, s, 0, f.Support(s, 0)-1)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestSpecRoundTrip(t *testing.T) {
	seen := map[string]bool{}
	for name, l := range laws() {
		data, err := json.Marshal(l.Spec())
		if err != nil {
			t.Fatal(err)
		}
		var s Spec
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		back, err := New(s)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(l.Spec(), back.Spec()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		seen[s.Law] = true
	}
	for _, n := range Names() {
		if !seen[n] {
			t.Errorf("law %q is not tested", n)
		}
	}
}

func TestRefusals(t *testing.T) {
	nan := math.NaN()
	for want, s := range map[string]Spec{
		`unknown law "gamma"`:                 {Law: "gamma"},
		"d is empty":                          {Law: "constant"},
		"d [1] is NaN":                        {Law: "constant", D: []float64{1, nan}},
		"b has length 2, a has 1":             {Law: "twopoint", A: []float64{1}, B: []float64{1, 2}, P: 0.5},
		"p is 0, want":                        {Law: "twopoint", A: []float64{1}, B: []float64{1}},
		"p is 1, want":                        {Law: "twopoint", A: []float64{1}, B: []float64{1}, P: 1},
		"p is NaN":                            {Law: "twopoint", A: []float64{1}, B: []float64{1}, P: nan},
		"outcomes has 0 entries":              {Law: "table"},
		"sum to 0.75":                         {Law: "table", Outcomes: []Outcome{{0.5, []float64{1}}, {0.25, []float64{2}}}},
		"[1].p is -0.5":                       {Law: "table", Outcomes: []Outcome{{1, []float64{1}}, {-0.5, []float64{2}}}},
		"[1].d has length 2":                  {Law: "table", Outcomes: []Outcome{{0.5, []float64{1}}, {0.5, []float64{2, 3}}}},
		"from is 2, to is 1":                  {Law: "uniform", From: 2, To: 1},
		"to is +Inf":                          {Law: "uniform", To: math.Inf(1)},
		"sd is -1":                            {Law: "gaussian", SD: -1},
		`format is "fp4"`:                     {Law: "round", Format: "fp4", Mode: "nearest"},
		`mode is "up"`:                        {Law: "round", Format: "bf16", Mode: "up"},
		"k is -1":                             {Law: "topk", K: -1},
		"lo is 5 and hi is 4":                 {Law: "bitflip", Lo: 5, Hi: 4},
		"hi is 64":                            {Law: "bitflip", Lo: 5, Hi: 64},
		"every is 0":                          {Law: "intermittent", Inner: &Spec{Law: "zero"}},
		"inner is missing":                    {Law: "intermittent", Every: 2},
		"inner is intermittent itself":        {Law: "intermittent", Every: 2, Inner: &Spec{Law: "intermittent"}},
		`law "zero": k does not belong there`: {Law: "zero", K: 1},
		`law "topk": every does not`:          {Law: "topk", K: 1, Every: 2},
	} {
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	if _, err := FormatByName("fp8"); err == nil {
		t.Error("format fp8 was accepted")
	}
	for name, f := range map[string]func(){
		"TwoPoint": func() { TwoPoint([]float64{1}, []float64{1}, 2) },
		"Round":    func() { Round("fp4", true) },
		"length":   func() { Constant([]float64{1}).Outcome(make([]float64, 2), make([]float64, 2), 0, 0) },
		"inner":    func() { Intermittent(1, nil) },
		"At":       func() { NewSampler(nil, nil, 1).At(-1, 0) },
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "perturb: ") {
					t.Errorf("%s: panic %q", name, p)
				}
			}()
			f()
		}()
	}
}

// TestSampler: what is drawn depends on the seed, the step and the sample, not
// on what was drawn before. The values pin the random stream: do not edit them.
func TestSampler(t *testing.T) {
	laws := []Law{nil, Gaussian(0, 1), nil}
	s := NewSampler(laws, laws, 42)
	d, st := make([]float64, 2), []float64{1, 2}
	draw := func(step, k int) [2]float64 {
		s.At(step, k).Delta(1, d, st)
		return [2]float64{d[0], d[1]}
	}
	first := draw(3, 4)
	if draw(3, 5) == first || draw(4, 4) == first {
		t.Error("another step or sample gave the same draw")
	}
	if draw(3, 4) != first {
		t.Error("the same step and sample gave another draw")
	}
	if got := fmt.Sprintf("%.12f %.12f", first[0], first[1]); got != golden {
		t.Errorf("drew %s, pinned %s", got, golden)
	}
	s.Delta(2, d, st)
	if d[0] != 0 || d[1] != 0 {
		t.Errorf("a nil law drew %v", d)
	}
	s.Eps(7, d, st)
	if d[0] != 0 {
		t.Errorf("a missing law drew %v", d)
	}
}

const golden = "-0.500404240673 -0.028030566994"

func BenchmarkOutcome(b *testing.B) {
	for name, l := range laws() {
		f, ok := l.(Finite)
		if !ok {
			continue
		}
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			d := make([]float64, 3)
			for b.Loop() {
				f.Outcome(d, states[0], 0, 0)
			}
		})
	}
}

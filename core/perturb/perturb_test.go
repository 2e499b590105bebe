package perturb

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/google/go-cmp/cmp"
)

// laws has every law once, on states of length 3.
func laws() map[string]Law {
	all := map[string]Law{
		"zero": Zero(), "constant": Constant([]float64{1, -2, 3}), "twopoint": TwoPoint([]float64{1, 0, 2},
			[]float64{-1, 0, 4}, 0.25),
		"table":   Table([]Outcome{{0.5, []float64{1, 2, 3}}, {0.25, []float64{0, 1, 0}}, {0.25, []float64{-4, 0, 0}}}),
		"uniform": Uniform(-1, 3), "gaussian": Gaussian(0.5, 2), "topk": TopK(2),
		"switch": Switch([]float64{1, 2, 0}, []float64{-1, 0, 4}, 1, -1), "bitflip": BitFlip(48, 51),
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

// draws is the size of the fixed-seed samples, and sixSE bounds how far their
// mean may be from the law's: six standard errors (below 1e-8 for a Gaussian),
// and the rounding of a running sum of draws terms, draws 2^-53 relative. The
// squares of moments below 2^-500 underflow.
const draws = 40000

func sixSE(variance, size float64) float64 {
	return 6*math.Sqrt(max(variance, 0)/draws) + draws*0x1p-53*size + 0x1p-500
}

// moments[j][m] is E d_j^m, m = 0..4, of a list of outcomes.
func moments(f Finite, s []float64) [][5]float64 {
	d, e := make([]float64, len(s)), make([][5]float64, len(s))
	for k := range f.Support(s, 0) {
		p := f.Outcome(d, s, 0, k)
		for j, v := range d {
			for m := range e[j] {
				e[j][m] += p * math.Pow(v, float64(m))
			}
		}
	}
	return e
}

// checkSample compares the mean and the second moment of a sample with e.
func checkSample(t *testing.T, l Law, s []float64, e [][5]float64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	d, sum := make([]float64, len(s)), make([][2]float64, len(s))
	for range draws {
		l.Sample(d, s, 0, rng)
		for j, v := range d {
			sum[j][0] += v
			sum[j][1] += v * v
		}
	}
	for j, e := range e {
		for m, got := range sum[j] {
			want := e[m+1]
			tol := sixSE(e[2*m+2]-want*want, math.Sqrt(e[2*m+2]))
			if got /= draws; !(math.Abs(got-want) <= tol) {
				t.Errorf("at %v: samples have E d_%d^%d = %v, want %v within %v", s, j, m+1, got, want, tol)
			}
		}
	}
}

// TestOutcomes: probabilities are positive and sum to 1, and the moments of the
// list are those of a sample.
func TestOutcomes(t *testing.T) {
	for name, l := range laws() {
		f, ok := l.(Finite)
		if continuous := strings.Contains(name, "uniform") || strings.Contains(name, "gaussian"); ok == continuous {
			t.Errorf("%s: finite is %v", name, ok)
		}
		if !ok {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, s := range states {
				n := f.Support(s, 0)
				for k := range n {
					if p := f.Outcome(make([]float64, len(s)), s, 0, k); !(p > 0 && p <= 1) {
						t.Fatalf("at %v: outcome %d has probability %v", s, k, p)
					}
				}
				e := moments(f, s)
				// Products of at most 3 rounded factors, and n sums.
				if tol := float64(n+5) * 0x1p-53; !(math.Abs(e[0][0]-1) <= tol) {
					t.Errorf("at %v: probabilities sum to %v", s, e[0][0])
				}
				checkSample(t, l, s, e)
			}
		})
	}
}

// TestContinuousLaws: moments of U(a,b), (b^{m+1} - a^{m+1})/((m+1)(b-a)), and of
// N(m,s^2): m, m^2+s^2, m^3+3ms^2, m^4+6m^2s^2+3s^4.
func TestContinuousLaws(t *testing.T) {
	all := laws()
	s := []float64{0, 7}
	uniform := [5]float64{1, 1, 7. / 3, 5, 61. / 5}                                     // (-1, 3)
	gaussian := [5]float64{1, 0.5, 0.25 + 4, 0.125 + 3*0.5*4, 0.0625 + 6*0.25*4 + 3*16} // (0.5, 2)
	checkSample(t, all["uniform"], s, [][5]float64{uniform, uniform})
	checkSample(t, all["gaussian"], s, [][5]float64{gaussian, gaussian})
	rng := rand.New(rand.NewPCG(1, 2))
	sum := 0.0
	for range draws {
		all["gaussian"].Sample(s, s, 0, rng)
		sum += (s[0] - 0.5) * (s[1] - 0.5)
	}
	// The product of two independent N(0,4) has the variance 16.
	if got := sum / draws; !(math.Abs(got) <= sixSE(16, 4)) {
		t.Errorf("two coordinates have the covariance %v", got)
	}
}

// TestFunctionsOfTheState: Support and Outcome give the same for the same state
// whatever was called before and whatever dst held; no method changes the state;
// a sample is one of the outcomes; t matters to intermittent laws only.
func TestFunctionsOfTheState(t *testing.T) {
	for name, l := range laws() {
		f, ok := l.(Finite)
		if !ok {
			continue
		}
		for _, s := range states {
			before := append([]float64(nil), s...)
			first := list(f, s, 0)
			sample := filled(len(s), math.NaN())
			l.Sample(sample, s, 0, rand.New(rand.NewPCG(3, 4)))
			if !slices.ContainsFunc(first, func(o Outcome) bool { return cmp.Equal(o.D, sample) }) {
				t.Errorf("%s at %v: the sample %v is not an outcome", name, s, sample)
			}
			if diff := cmp.Diff(first, list(f, s, 0)); diff != "" {
				t.Errorf("%s at %v: a second list differs: %s", name, s, diff)
			}
			if strings.Contains(name, "intermittent") {
				first = []Outcome{{1, filled(len(s), 0)}} // 7 is no multiple of 3
			}
			if diff := cmp.Diff(first, list(f, s, 7)); diff != "" {
				t.Errorf("%s at %v: step 7 differs: %s", name, s, diff)
			}
			if diff := cmp.Diff(before, s); diff != "" {
				t.Errorf("%s changes the state: %s", name, diff)
			}
		}
	}
}

// list is all outcomes, the last first, each written over NaN.
func list(f Finite, s []float64, t int) []Outcome {
	all := make([]Outcome, f.Support(s, t))
	for k := len(all) - 1; k >= 0; k-- {
		all[k].D = filled(len(s), math.NaN())
		all[k].P = f.Outcome(all[k].D, s, t, k)
	}
	return all
}

func filled(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

// TestRoundedStates: s + delta is the rounded state, in every format's own terms.
func TestRoundedStates(t *testing.T) {
	for _, format := range []string{"fp16", "bf16", "e4m3", "e5m2"} {
		f, near, stoch := formats[format], Round(format, false), Round(format, true)
		for _, s := range states {
			d := make([]float64, len(s))
			near.Outcome(d, s, 0, 0)
			for j, v := range s {
				if v+d[j] != f.Nearest(v) {
					t.Errorf("%s: %v + %v, want %v", format, v, d[j], f.Nearest(v))
				}
			}
			for _, o := range list(stoch, s, 0) {
				for j, v := range s {
					lo, hi, _ := f.Neighbours(v)
					if d := o.D[j]; d != lo-v && d != hi-v {
						t.Errorf("%s: %v moves by %v, want to %v or %v", format, v, d, lo, hi)
					}
				}
			}
		}
	}
}

// TestInt8: the scale is the smallest power of two 2^k with 127 2^k >= max|s|,
// and each coordinate goes to the nearest of its multiples.
func TestInt8(t *testing.T) {
	for _, c := range []struct {
		max, scale float64
	}{
		{127, 1}, {math.Nextafter(127, 200), 2}, {math.Nextafter(127, 0), 1}, {64, 1}, {math.Nextafter(63.5, 64), 1},
		{63.5, 0.5},
		{1, 0x1p-6}, {0x1p1023, 0x1p1017}, {math.MaxFloat64, 0x1p1018}, {0x1p-1074, 0}, {127 * 0x1p-1074, 0x1p-1074},
		{129 * 0x1p-1074, 0x1p-1073},
	} {
		n := neighbours{int8: true}
		if got := n.scale([]float64{0, -c.max}); got != c.scale {
			t.Errorf("max %v: scale %v, want %v", c.max, got, c.scale)
		}
	}
	l, st := Round("int8", false), Round("int8", true)
	d := make([]float64, 2)
	for x := -127.0; x <= 127; x += 0.125 {
		s := []float64{x, 127}
		l.Outcome(d, s, 0, 0)
		if want := math.RoundToEven(x); x+d[0] != want || d[1] != 0 {
			t.Fatalf("int8(%v) = %v, want %v", x, x+d[0], want)
		}
		if mean := moments(st, s)[0][1]; mean != 0 { // eighths: exact
			t.Fatalf("int8 stochastic at %v has mean %v", x, mean)
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
		{Switch([]float64{1, 2}, []float64{3, 4}, 1, 5), []float64{9, 5}, 0, 0, []float64{1, 2}},
		{Switch([]float64{1, 2}, []float64{3, 4}, 1, 5), []float64{9, math.Nextafter(5, 0)}, 0, 0, []float64{3, 4}},
		{Switch([]float64{1, 2}, []float64{3, 4}, 0, 5), []float64{math.NaN(), 9}, 0, 0, []float64{3, 4}},
		{BitFlip(51, 51), []float64{1, 3}, 0, 0, []float64{0.5, 0}},
		{BitFlip(63, 63), []float64{1, 3}, 0, 1, []float64{0, -6}},
		{BitFlip(62, 62), []float64{1, 3}, 0, 0, []float64{0, 0}},     // Inf: not made
		{BitFlip(63, 63), []float64{1e308, 1}, 0, 0, []float64{0, 0}}, // delta overflows: not made
		{BitFlip(50, 51), []float64{1, 3}, 0, 2, []float64{0, 0.5}},
		{TwoPoint([]float64{1}, []float64{2}, 0.25), []float64{9}, 0, 0, []float64{1}},
		{TwoPoint([]float64{1}, []float64{2}, 0.25), []float64{9}, 0, 1, []float64{2}},
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
}

// TestWhatALawIs: Single and SeesState say what the outcomes do, and Vectors reach them.
func TestWhatALawIs(t *testing.T) {
	for name, l := range laws() {
		f, ok := l.(Finite)
		if !ok {
			continue
		}
		s := l.Spec()
		single, sees := true, false
		first, d := make([]float64, 3), make([]float64, 3)
		f.Outcome(first, states[0], 0, 0)
		for _, state := range append(states, []float64{0.25, 0.5, 7}) {
			single = single && f.Support(state, 0) == 1
			f.Outcome(d, state, 0, 0)
			sees = sees || !cmp.Equal(first, d)
		}
		if s.Single() != single || s.SeesState() != sees {
			t.Errorf("%s: one outcome %v, said %v; depends on the state %v, said %v", name, single, s.Single(), sees,
				s.SeesState())
		}
		if want := map[string]int{"constant": 1, "twopoint": 2, "switch": 2,
			"table": 3}[s.Law]; len(s.Vectors()) != want {
			t.Errorf("%s: %d vectors, want %d", name, len(s.Vectors()), want)
		}
		for _, v := range s.Vectors() {
			*v = []float64{5, 5, 5}
		}
		if changed, err := New(s); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if len(s.Vectors()) > 0 {
			if changed.(Finite).Outcome(d, states[0], 0, 0); !cmp.Equal(d, []float64{5, 5, 5}) {
				t.Errorf("%s: outcome %v after its vectors were set to 5", name, d)
			}
		}
	}
}

// TestEdgesOfRefusal: what lies on the edge is accepted.
func TestEdgesOfRefusal(t *testing.T) {
	for _, s := range []Spec{
		{Law: "gaussian", Mean: 1},
		{Law: "uniform", From: 2, To: 2},
		{Law: "topk"},
		{Law: "bitflip", Lo: 63, Hi: 63},
		{Law: "switch", A: []float64{1, 2}, B: []float64{1, 2}, K: 1},
		{Law: "intermittent", Every: 1, Inner: &Spec{Law: "zero"}},
		{Law: "table", Outcomes: []Outcome{{1, []float64{1}}}},
		{Law: "table", Outcomes: []Outcome{{0.5, []float64{1}}, {0.5 + sumError, []float64{2}}}}, // the sum is exact
	} {
		if _, err := New(s); err != nil {
			t.Error(err)
		}
	}
	if TooMany >= 0 {
		t.Errorf("TooMany is %d, a number of outcomes", TooMany)
	}
}

// always is a source of one number.
type always uint64

func (a always) Uint64() uint64 { return uint64(a) }

// TestTies: a draw of exactly p takes the second of two outcomes, and a coordinate
// exactly frac of the way is not rounded away by a draw of frac, so that p and frac
// are the probabilities of [0, p) and [0, frac).
func TestTies(t *testing.T) {
	quarter := rand.New(always(1 << 51)) // Float64 uses the lower 53 bits
	if u := quarter.Float64(); u != 0.25 {
		t.Fatalf("the source draws %v", u)
	}
	d := make([]float64, 1)
	if TwoPoint([]float64{1}, []float64{2}, 0.25).Sample(d, d, 0, quarter); d[0] != 2 {
		t.Errorf("twopoint drew %v at its probability", d[0])
	}
	// 1/4 of the way from 1 to 1.125
	if Round("e4m3", true).Sample(d, []float64{1.03125}, 0, quarter); d[0] != -0.03125 {
		t.Errorf("e4m3 moved by %v at its probability", d[0])
	}
}

// TestOrderOfOutcomes: bit j of an outcome of stochastic rounding sends the j-th
// inexact coordinate away from zero.
func TestOrderOfOutcomes(t *testing.T) {
	s := []float64{1.03125, 3, -1.0625}
	for k, want := range [][]float64{{1, 3, -1}, {1.125, 3, -1}, {1, 3, -1.125}, {1.125, 3, -1.125}} {
		d := make([]float64, 3)
		p := Round("e4m3", true).Outcome(d, s, 0, k)
		for j, v := range d {
			if s[j]+v != want[j] {
				t.Errorf("outcome %d sends %v to %v, want %v", k, s[j], s[j]+v, want[j])
			}
		}
		if want := []float64{0.375, 0.125, 0.375, 0.125}[k]; p != want {
			t.Errorf("outcome %d has probability %v, want %v", k, p, want)
		}
	}
}

func TestSupport(t *testing.T) {
	st := Round("e4m3", true)
	for _, c := range []struct {
		name string
		l    Finite
		s    []float64
		want int
	}{
		{"60 zeros", st, filled(60, 0), 1},
		{"one of two", st, []float64{1, 0.3}, 2},
		{"saturated", st, []float64{1000, 0.3}, 2},
		{"2^24", st, filled(24, 0.3), MaxSupport},
		{"2^25", st, filled(25, 0.3), TooMany},
		{"64 bits", BitFlip(0, 63), filled(3, 1), 192},
		{"2^24 flips", BitFlip(0, 63), filled(1<<18, 1), MaxSupport},
		{"more flips", BitFlip(0, 63), filled(1<<18+1, 1), TooMany},
		{"nearest", Round("e4m3", false), filled(60, 0.3), 1},
	} {
		if got := c.l.Support(c.s, 0); got != c.want {
			t.Errorf("%s: %d outcomes, want %d", c.name, got, c.want)
		}
	}
}

// TestImmutable: a law does not keep the vectors it was made from.
func TestImmutable(t *testing.T) {
	for name, build := range map[string]func(v []float64) Finite{
		"constant": func(v []float64) Finite { return Constant(v) },
		"a":        func(v []float64) Finite { return TwoPoint(v, filled(1, 1), 0.5) },
		"b":        func(v []float64) Finite { return TwoPoint(filled(1, 1), v, 0.5) },
		"table":    func(v []float64) Finite { return Table([]Outcome{{1, v}}) },
	} {
		v := []float64{1}
		l := build(v)
		v[0] = 5
		for _, o := range list(l, v, 0) {
			if o.D[0] != 1 {
				t.Errorf("%s: the outcome became %v", name, o.D)
			}
		}
	}
}

func TestNoAllocations(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	d, s, three := make([]float64, 3), states[0], []int{5}
	for name, l := range laws() {
		if n := testing.AllocsPerRun(50, func() {
			l.Sample(d, s, 0, rng)
			if f, ok := l.(Finite); ok {
				f.Outcome(d, s, 0, f.Support(s, 0)-1)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		all := []Law{nil, l, l}
		sampler := NewSampler(all, all, 1)
		if n := testing.AllocsPerRun(50, func() {
			sampler.At(3, 4).Delta(1, d, s)
			sampler.Eps(2, d, s)
			sampler.AtSamples(3, three).Delta(1, d, s)
		}); n != 0 {
			t.Errorf("%s: %v allocations of a Sampler", name, n)
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
		`unknown law "gamma"`:     {Law: "gamma"},
		"d is empty":              {Law: "constant"},
		"d[1] is NaN":             {Law: "constant", D: []float64{1, nan}},
		"b has length 2, a has 1": {Law: "twopoint", A: []float64{1}, B: []float64{1, 2}, P: 0.5},
		"p is 0, want":            {Law: "twopoint", A: []float64{1}, B: []float64{1}},
		"p is 1, want":            {Law: "twopoint", A: []float64{1}, B: []float64{1}, P: 1},
		"p is NaN":                {Law: "twopoint", A: []float64{1}, B: []float64{1}, P: nan},
		"outcomes[0].p is NaN":    {Law: "table", Outcomes: []Outcome{{nan, []float64{1}}}},
		"outcomes[0].d is empty":  {Law: "table", Outcomes: []Outcome{{P: 1}}},
		"a[0] is -Inf":            {Law: "twopoint", A: []float64{math.Inf(-1)}, B: []float64{1}, P: 0.5},
		"b is empty":              {Law: "twopoint", A: []float64{1}, P: 0.5},
		"p is -0.5":               {Law: "twopoint", A: []float64{1}, B: []float64{1}, P: -0.5},
		"p is 1.5":                {Law: "twopoint", A: []float64{1}, B: []float64{1}, P: 1.5},
		"to - from is +Inf":       {Law: "uniform", From: -1e308, To: 1e308},
		"from is NaN":             {Law: "uniform", From: nan, To: 1},
		"mean is NaN":             {Law: "gaussian", Mean: nan},
		"sd is NaN":               {Law: "gaussian", SD: nan},
		"sd is +Inf":              {Law: "gaussian", SD: math.Inf(1)},
		`format is ""`:            {Law: "round", Mode: "nearest"},
		`mode is ""`:              {Law: "round", Format: "bf16"},
		"lo is -1":                {Law: "bitflip", Lo: -1, Hi: 4},
		"every is -3":             {Law: "intermittent", Every: -3, Inner: &Spec{Law: "zero"}},
		`law "intermittent": inner: perturb: law "topk": k is -1`: {Law: "intermittent", Every: 2,
			Inner: &Spec{Law: "topk", K: -1}},
		`unknown law ""`:         {},
		"outcomes has 0 entries": {Law: "table"},
		"sum to 0.75":            {Law: "table", Outcomes: []Outcome{{0.5, []float64{1}}, {0.25, []float64{2}}}},
		"outcomes[1].p is -0.5":  {Law: "table", Outcomes: []Outcome{{1, []float64{1}}, {-0.5, []float64{2}}}},
		"outcomes[1].d has length 2, outcomes[0].d has 1": {Law: "table", Outcomes: []Outcome{{0.5, []float64{1}},
			{0.5, []float64{2, 3}}}},
		"from is 2, to is 1": {Law: "uniform", From: 2, To: 1},
		"to is +Inf":         {Law: "uniform", To: math.Inf(1)},
		"sd is -1":           {Law: "gaussian", SD: -1},
		`format is "fp4"`:    {Law: "round", Format: "fp4", Mode: "nearest"},
		`mode is "up"`:       {Law: "round", Format: "bf16", Mode: "up"},
		"k is -1":            {Law: "topk", K: -1},
		"k is 2, want 0..1": {Law: "switch", A: []float64{1, 2}, B: []float64{1, 2},
			K: 2},
		`law "switch": b has length 1`: {Law: "switch", A: []float64{1, 2}, B: []float64{1}},
		"at is NaN":                    {Law: "switch", A: []float64{1}, B: []float64{1}, At: nan},
		`law "topk": at does not`:      {Law: "topk", K: 1, At: 2},
		"lo is 5 and hi is 4":          {Law: "bitflip", Lo: 5, Hi: 4},
		"hi is 64":                     {Law: "bitflip", Lo: 5, Hi: 64},
		"every is 0":                   {Law: "intermittent", Inner: &Spec{Law: "zero"}},
		"inner is missing":             {Law: "intermittent", Every: 2},
		"inner is intermittent itself": {Law: "intermittent", Every: 2,
			Inner: &Spec{Law: "intermittent"}},
		`law "zero": k does not belong there`: {Law: "zero", K: 1},
		`law "topk": every does not`:          {Law: "topk", K: 1, Every: 2},
	} {
		if _, err := New(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

// TestSampler: what is drawn depends on the seed, the step and the sample, not
// on what was drawn before.
func TestSampler(t *testing.T) {
	var _ core.Perturber = new(Sampler)
	laws := []Law{nil, Gaussian(0, 1), nil}
	d, st := make([]float64, 2), []float64{1, 2}
	draw := func(s *Sampler, step, k int) [2]float64 {
		s.At(step, k).Delta(1, d, st)
		return [2]float64{d[0], d[1]}
	}
	s := NewSampler(laws, laws, 42)
	first := draw(s, 3, 4)
	for name, other := range map[string][2]float64{
		"seed": draw(NewSampler(laws, laws, 43), 3, 4), "step": draw(s, 4, 4), "sample": draw(s, 3, 5),
		"both swapped": draw(s, 4, 3),
	} {
		if other == first {
			t.Errorf("another %s gave the same draw", name)
		}
	}
	if draw(s, 3, 4) != first || draw(NewSampler(laws, nil, 42), 3, 4) != first {
		t.Error("the same seed, step and sample gave another draw")
	}
	NewSampler(laws, laws, 42).Delta(1, d, st)
	if fresh := [2]float64(d); fresh != draw(s, 0, 0) {
		t.Error("a new sampler is not at step 0, sample 0")
	}
	for name, zero := range map[string]func(){
		"nil": func() { s.Delta(2, d, st) }, "missing": func() { s.Eps(7, d, st) },
		"none": func() { NewSampler(nil, nil, 1).Eps(2, d, st) },
	} {
		copy(d, st)
		if zero(); d[0] != 0 || d[1] != 0 {
			t.Errorf("%s: a law that is not there drew %v", name, d)
		}
	}
}

// TestSamplerZeta: zeta is drawn where its law is, from the same stream, and a sampler
// without one draws what it did.
func TestSamplerZeta(t *testing.T) {
	var _ core.Reader = new(Sampler)
	laws := []Law{nil, nil, Gaussian(0, 1)}
	plain, reads := NewSampler(nil, laws, 42), NewSampler(nil, laws, 42).WithZeta(laws)
	if plain.Reads() || !reads.Reads() || NewSampler(nil, laws, 42).WithZeta([]Law{nil, nil}).Reads() {
		t.Error("Reads does not say where a law is")
	}
	st := []float64{1, 2}
	draws := func(s *Sampler, what ...func(i int, dst, st []float64)) (all [][]float64) {
		s.At(3, 4)
		for _, draw := range what {
			d := filled(2, 9)
			draw(2, d, st)
			all = append(all, d)
		}
		return all
	}
	want := draws(plain, plain.Eps, plain.Eps)
	if got := draws(reads, reads.Zeta, reads.Eps); !cmp.Equal(got, want) {
		t.Errorf("zeta and eps are %v, the first two draws %v", got, want)
	}
	if got := draws(plain, plain.Zeta, plain.Eps, plain.Eps); !cmp.Equal(got, append([][]float64{{0, 0}}, want...)) {
		t.Errorf("without a law of zeta: %v, want 0 and %v", got, want)
	}
	d := filled(2, 9)
	if reads.Zeta(1, d, st); d[0] != 0 || d[1] != 0 {
		t.Errorf("zeta_1 without a law is %v", d)
	}
}

// TestSamplerOfRows: the rows of many samples are drawn as one by one, for every law,
// however many samples there were before.
func TestSamplerOfRows(t *testing.T) {
	var _ core.Sparse = new(Sampler)
	samples := []int{4, 0, 4, 9}
	for name, l := range laws() {
		list := []Law{nil, l, nil, l}
		rows, one := NewSampler(list, list, 42), NewSampler(list, list, 42)
		rows.AtSamples(1, []int{1, 2, 3, 4, 5, 6})
		rows.AtSamples(7, samples)
		var st []float64
		for range samples {
			st = append(st, states[0]...)
		}
		got := [3][]float64{make([]float64, 12), filled(12, 1), make([]float64, 12)}
		rows.Delta(1, got[0], st)
		rows.Delta(2, got[1], st)
		rows.Eps(3, got[2], st)
		for j, k := range samples {
			var want [3][3]float64
			one.At(7, k)
			one.Delta(1, want[0][:], states[0])
			one.Eps(3, want[2][:], states[0])
			for n := range want {
				if !cmp.Equal(want[n][:], got[n][3*j:3*j+3]) {
					t.Errorf("%s: row %d, draw %d: %v, one by one %v", name, j, n, got[n][3*j:3*j+3], want[n])
				}
			}
		}
		if rows.At(7, 4).Delta(1, got[0][:3], states[0]); !cmp.Equal(got[0][:3], got[0][6:9]) {
			t.Errorf("%s: At after AtSamples draws %v, want %v", name, got[0][:3], got[0][6:9])
		}
		list[0] = l // there is no delta_0
		if rows.HasDelta(0) || !rows.HasDelta(1) || rows.HasDelta(2) || rows.HasDelta(9) || rows.HasDelta(-1) ||
			!rows.HasEps(3) || rows.HasEps(2) {
			t.Errorf("%s: laws are not where they are said to be", name)
		}
	}
}

// TestSamplerFills: the short way of uniform laws has the bits of the long one.
func TestSamplerFills(t *testing.T) {
	l := Uniform(-0.3, 1.7)
	got, want := make([]float64, 1000), make([]float64, 1000)
	NewSampler([]Law{1: l}, nil, 5).At(3, 2).Delta(1, got, got)
	l.Sample(want, want, 3, rand.New(rand.NewPCG(5, 3<<32|2)))
	if !cmp.Equal(got, want) {
		t.Error("a sampler draws other numbers than the law")
	}
}

// TestSamplerSeesTheStep: intermittent laws are on at multiples of every.
func TestSamplerSeesTheStep(t *testing.T) {
	s := NewSampler(nil, []Law{nil, nil, Intermittent(3, Constant([]float64{5}))}, 1)
	d := make([]float64, 1)
	for step := range 7 {
		s.At(step, 0).Eps(2, d, d)
		want := 0.0
		if step == 0 || step == 3 || step == 6 {
			want = 5
		}
		if d[0] != want {
			t.Errorf("step %d drew %v, want %v", step, d[0], want)
		}
	}
}

// TestGolden pins the random streams: a sampler of seed 42 at step 4, sample 3.
// A law that draws other bits makes saved cases replay differently.
func TestGolden(t *testing.T) {
	all := laws()
	for name, want := range golden {
		laws := []Law{nil, all[name]}
		d := make([]float64, 3)
		NewSampler(laws, nil, 42).At(4, 3).Delta(1, d, states[0])
		if got := fmt.Sprintf("%x", d); got != want {
			t.Errorf("%s drew %s, pinned %s", name, got, want)
		}
	}
}

var golden = map[string]string{
	"table":                 "[-0x1p+02 0x0p+00 0x0p+00]",
	"twopoint":              "[-0x1p+00 0x0p+00 0x1p+02]",
	"uniform":               "[0x1.06d9f232676adp+01 0x1.082d3cb06ccc4p+00 -0x1.77dec4a025f78p-01]",
	"gaussian":              "[0x1.1772cd1905c15p+00 -0x1.a90759b3dc32p-02 0x1.72a923c6c1a6bp-02]",
	"bitflip":               "[-0x1p-05 0x0p+00 0x0p+00]",
	"stochastic bf16":       "[-0x1.33333333333p-10 -0x1.9999999999ap-09 0x1p-02]",
	"stochastic e4m3":       "[-0x1.333333333333p-06 -0x1.99999999999ap-05 0x1.ep+01]",
	"stochastic int8":       "[-0x1.3333333333333p-02 -0x1.3333333333334p-02 0x1.8p-01]",
	"intermittent gaussian": "[0x1.1772cd1905c15p+00 -0x1.a90759b3dc32p-02 0x1.72a923c6c1a6bp-02]",
}

func BenchmarkSample(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	for name, l := range laws() {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			d := make([]float64, 3)
			for b.Loop() {
				l.Sample(d, states[0], 0, rng)
			}
		})
	}
}

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

// TestPCG: the generator gives the numbers of rand.PCG, one by one and in the loop of a
// uniform law, which leaves it where they do.
func TestPCG(t *testing.T) {
	for _, seed := range [][2]uint64{{}, {1, 2}, {math.MaxUint64, math.MaxUint64}, {1 << 63, 3<<32 | 7}} {
		want, p := rand.NewPCG(seed[0], seed[1]), &pcg{}
		p.Seed(seed[0], seed[1])
		reference := rand.New(want)
		for round := range 50 {
			if got, w := p.Uint64(), want.Uint64(); got != w {
				t.Fatalf("seed %v, round %d: %d, want %d", seed, round, got, w)
			}
			drawn := make([]float64, round)
			uniform{-3, 0.1}.fill(drawn, p)
			for k, got := range drawn {
				if w := -3 + float64((0.1+3)*reference.Float64()); got != w {
					t.Fatalf("seed %v, round %d, number %d: %v, want %v", seed, round, k, got, w)
				}
			}
		}
	}
}

package trace

import (
	"fmt"
	"io"
	"math"
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestRate: each condition of Corollary 1 is held by the largest of the sites it speaks of, with the constant that the
// number of steps gives; delta_N touches no gradient.
func TestRate(t *testing.T) {
	s, _ := uneven(t, float64s, nil) // delta_1..delta_4, eps_2..eps_4
	for _, c := range []struct {
		rms, bias []float64
		biased    []bool
		want      [4]float64 // constants
		worst     [4]string
	}{
		{[]float64{0.25, 0.5, 0.125, 9, 0.75, 2, 1}, []float64{0.1, 0.2, 0.3, 9, 0.1, 0.2, 0.3},
			[]bool{true, false, false, true, false, true, false}, [4]float64{0.5 * 2, 0.1 * 4, 2, 0.2 * 4},
			[4]string{"delta_2 (square", "delta_1 (affine(2,3)", "eps_3 (affine(3,4)", "eps_3 (affine(3,4)"}},
		{[]float64{0.25, 0.5, 0.625, 9, 0.75, 0.5, 0.5}, []float64{0.1, 0.2, 0.3, 9, 0.1, 0.2, 0.3},
			make([]bool, 7), [4]float64{1.25, 0, 0.75, 0}, [4]string{"delta_3 (affine", "", "eps_2 (square", ""}},
		{[]float64{0, 0, 0, 9, 0, 0, 0}, []float64{0.1, 0.2, 0.5, 9, 0.1, 0.2, 0.26}, slices.Repeat([]bool{true}, 7),
			[4]float64{0, 2, 0, 1.04}, [4]string{"delta_1 (affine", "delta_3 (affine", "eps_2 (square", "eps_4 (softmaxce"}},
	} {
		r := newRunJudge(s, "x")
		r.out.Steps = 256 // 256^{1/8} = 2
		for k := range r.sums {
			r.out.Sites = append(r.out.Sites, SiteSum{Site: s.site(k), RMS: Number(c.rms[k]), Bias: Number(c.bias[k]),
				Biased: c.biased[k]})
		}
		r.rate()
		if len(r.out.Rate) != 4 {
			t.Fatalf("%d conditions", len(r.out.Rate))
		}
		for k, got := range r.out.Rate {
			if *got.Holds != (c.want[k] <= 1) {
				t.Errorf("%s holds: %v, with %v", got.Name, *got.Holds, c.want[k])
			}
			says := fmt.Sprintf("with T = 256 it holds with a constant of %.3g; the largest is %s", c.want[k], c.worst[k])
			if k%2 == 1 && c.want[k] == 0 {
				says = "no bias is seen at any of the sites in 256 steps"
			}
			if !strings.HasPrefix(got.Says, says) {
				t.Errorf("%s: %q, want %q", got.Name, got.Says, says)
			}
		}
	}
}

// TestFollow: weights have moved where a later step or what a step left has others.
func TestFollow(t *testing.T) {
	a, b := []float64{1, 2}, []float64{1, 3}
	for k, c := range []struct {
		steps        [][2][]float64 // weights before and after
		twice, moved bool
	}{
		{nil, false, false}, {[][2][]float64{{a, nil}}, false, false}, {[][2][]float64{{a, nil}, {a, nil}}, true, false},
		{[][2][]float64{{a, a}}, true, false}, {[][2][]float64{{a, b}}, true, true},
		{[][2][]float64{{a, nil}, {b, nil}}, true, true}, {[][2][]float64{{a, nil}, {b, nil}, {a, nil}}, true, true},
		{[][2][]float64{{a, a}, {b, a}}, true, true}, {[][2][]float64{{a, nil}, {a, b}, {a, a}}, true, true},
	} {
		var r runJudge
		for _, step := range c.steps {
			w := slices.Clone(step[0])
			r.follow(&Step{W: w, After: step[1]})
			clear(w) // the step is filled anew
		}
		if r.seenTwice != c.twice || r.moved != c.moved {
			t.Errorf("case %d: seen twice %v, moved %v", k, r.seenTwice, r.moved)
		}
	}
}

// TestNotChecked: what a record does not have is said, once.
func TestNotChecked(t *testing.T) {
	for _, c := range []struct {
		change func(st *Step)
		want   []string
	}{
		{func(*Step) {}, nil},
		{func(st *Step) { st.U = nil }, []string{"U against (5c), w against (5d): U is not recorded"}},
		{func(st *Step) { st.M, st.U = 3, nil },
			[]string{"U against (5c), w against (5d), the loss: 2 of 3 samples are recorded"}},
		{func(st *Step) { st.Loss = math.NaN() },
			[]string{"the mean loss: it is not recorded; it is taken from the recorded samples"}},
	} {
		for _, sampled := range []map[string][]int{nil, {"Y_1": {0, 2}}} {
			s, st := uneven(t, float64s, sampled)
			st.U = st.W
			c.change(st)
			want := slices.Clone(c.want)
			if sampled != nil {
				at := min(len(want), 1)
				if len(want) > 0 && strings.HasPrefix(want[0], "the mean") {
					at = 0
				}
				want = slices.Insert(want, at, "shares of sites: states are sampled")
			}
			r := newRunJudge(s, "x")
			if sampled != nil { // square reads Y_1 entry by entry, forward and backward
				for _, op := range r.partial.ops {
					if op == nil {
						t.Fatal("an operator is not recovered")
					}
				}
			}
			r.notChecked(st)
			if !slices.Equal(r.out.Unchecked, append([]string{}, want...)) {
				t.Errorf("%v sampled: %q, want %q", sampled != nil, r.out.Unchecked, want)
			}
		}
	}
	s, st := uneven(t, float64s, map[string][]int{"Y_2": {0, 2}, "V_3": {1}})
	st.U = st.W
	r := newRunJudge(s, "x")
	r.notChecked(st)
	want := []string{"shares of sites: states are sampled",
		"delta_3 (affine(3,4), forward): not all that its operator reads is recorded",
		"eps_3 (affine(3,4), backward): not all that its operator reads is recorded",
		"eps_4 (softmaxce(4), backward): not all that its operator reads is recorded"}
	if !slices.Equal(r.out.Unchecked, want) {
		t.Errorf("%q, want %q", r.out.Unchecked, want)
	}
}

// TestBudgetOfSteps: the first step beyond a budget is named, for each of the two; at the limit none is.
func TestBudgetOfSteps(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	for _, c := range []struct {
		b             Budget
		error2, grad2 float64
		want          []string
	}{
		{Budget{Error: 3}, 9, 1, nil}, {Budget{Error: 3}, 16, 1, []string{"error"}},
		{Budget{Relative: 2}, 16, 4, nil}, {Budget{Relative: 2}, 25, 4, []string{"relative"}},
		{Budget{Error: 6, Relative: 2}, 25, 4, []string{"relative"}},
		{Budget{Error: 4, Relative: 3}, 25, 4, []string{"error"}},
		{Budget{Error: 4, Relative: 2}, 25, 4, []string{"error", "relative"}},
		{Budget{Error: 0.5}, 0, 4, nil}, {Budget{Error: 3}, math.NaN(), 1, []string{"error"}},
		{Budget{Error: 3}, 0, math.NaN(), nil}, {Budget{Relative: 2}, 25, 0, []string{"relative"}},
		{Budget{Relative: 2}, 0, 0, nil}, {Budget{Relative: 2}, 25, math.NaN(), []string{"relative"}},
	} {
		r := newRunJudge(s, "x")
		r.shape.run.Budget = &c.b
		for step := range 3 {
			r.budget(step, measured{error2: c.error2 * float64(min(step, 1)), grad2: c.grad2})
		}
		var got []string
		for _, e := range r.out.Exceeded {
			got = append(got, e.Name)
			first := "step 1: |U-u| is "
			if c.error2 != c.error2 || c.grad2 != c.grad2 { // what is no number never passes
				first = "step "
			}
			if *e.Holds || !strings.HasPrefix(e.Says, first) {
				t.Errorf("%+v: %+v", c, e)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q", c, got)
		}
		r.shape.run.Budget = nil
	}
}

// TestMostFaults: more than MaxFaults places of faults are counted by step alone; one of a site and a rule is listed
// once, the last that has room too.
func TestMostFaults(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	r := newRunJudge(s, "x")
	for k := range MaxFaults + 3 {
		for range 2 {
			r.seen = []Fault{{Site: Site{"w", k, k}, Rule: "(5d)", Step: k}}
			r.addFaults()
		}
	}
	if len(r.out.Faults) != MaxFaults || r.out.FaultySteps != 2*MaxFaults+6 {
		t.Fatalf("%d faults, %d faulty steps", len(r.out.Faults), r.out.FaultySteps)
	}
	for k, f := range r.out.Faults {
		if f.I != k || f.Steps != 2 {
			t.Errorf("fault %d: %+v", k, f)
		}
	}
}

// TestSmallOnes: the larger one of two numbers of which one may be none, weights that the compute format does not have,
// squares of differences.
func TestSmallOnes(t *testing.T) {
	nan := math.NaN()
	for _, c := range [][3]float64{{1, 2, 2}, {2, 1, 2}, {nan, 1, 1}, {1, nan, 1}, {nan, nan, nan}, {2, 2, 2}} {
		if got := larger(c[0], c[1]); got != c[2] && !(got != got && c[2] != c[2]) {
			t.Errorf("of %v and %v: %v", c[0], c[1], got)
		}
	}
	s, st := uneven(t, Precision{"float32", "bfloat16", "float32"}, nil)
	clear(st.W)
	if s.castsWeights(st) {
		t.Error("0 is cast")
	}
	if st.W[len(st.W)-1] = 1 + 0x1p-9; !s.castsWeights(st) {
		t.Error("1 + 2^-9 is a number of bfloat16")
	}
	if got := difference2([]float64{1, 5, -1}, []float64{3, 2, -1}); got != 13 {
		t.Errorf("|(1,5,-1) - (3,2,-1)|^2 = %v", got)
	}
}

// loud is a source of n steps with small errors, and large ones at each thirteenth.
type loud struct {
	st   *Step
	n, k int
}

func (l *loud) Next(st *Step) error {
	if l.k == l.n {
		return io.EOF
	}
	*st = *again(l.st)
	st.T = 7 + 2*l.k
	for k := range st.V[1] {
		size := 0x1p-6
		if l.k%13 == 12 {
			size = 1
		}
		st.V[1][k] += size
	}
	l.k++
	return nil
}

// TestHowOftenInLongRuns: the first step and every fiftieth are taken apart, and of those that stand out two hundred;
// shares are taken with them, and at every tenth, or once a column where columns are longer.
func TestHowOftenInLongRuns(t *testing.T) {
	s, st := uneven(t, Precision{"e4m3", "float32", "float32"}, nil, core.Spec{Op: "affine", In: 2, Out: 2},
		core.Spec{Op: "halfsq", N: 2})
	isPass(s, st)
	const n = 4000
	r := newRunJudge(s, "x")
	j, err := r.run(t.Context(), &loud{st: st, n: n})
	if err != nil || j.Steps != n || j.First != 7 || j.Last != 7+2*(n-1) {
		t.Fatalf("%v: %d steps from %d to %d", err, j.Steps, j.First, j.Last)
	}
	var apart []int
	taken, shares := 0, 0
	for k := range n {
		per := 1
		for per*MaxColumns < k {
			per *= 2
		}
		flagged := k%13 == 12 && k >= 20
		switch {
		case k%50 == 0 || flagged && taken < 200:
			if apart = append(apart, 7+2*k); flagged {
				taken++
			}
			shares++
		case k%max(10, per) == 0:
			shares++
		}
	}
	var got []int
	for _, step := range j.Judged {
		if k := (step.Step - 7) / 2; step.Flagged != (k%13 == 12 && k >= 20) {
			t.Errorf("step %d stands out: %v", k, step.Flagged)
		}
		got = append(got, step.Step)
	}
	if taken < 200 || !slices.Equal(got, apart) {
		t.Errorf("steps %v are taken apart, want %v", got, apart)
	}
	for k := range r.sums {
		if r.sums[k].shares != shares {
			t.Errorf("site %d has the shares of %d steps, want %d", k, r.sums[k].shares, shares)
		}
	}
	if r.curve.steps != n/50 {
		t.Errorf("the curve is seen at %d steps", r.curve.steps)
	}
}

// TestCaps: the caps are those that FORMAT.md has.
func TestCaps(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	say := fmt.Sprintf("run.json %d MiB, a line %d MiB, 2^%d samples a step, 2^%d bytes a chunk, 10^%d chunks, 2^%d",
		MaxRunJSON>>20, MaxRunJSON>>20, bits.Len(MaxSamples)-1, bits.Len(maxChunk)-1, len(fmt.Sprint(MaxChunks))-1,
		bits.Len(MaxNumbers)-1)
	if MaxRunJSON%(1<<20) != 0 || bits.OnesCount(MaxSamples) != 1 || bits.OnesCount(maxChunk) != 1 ||
		bits.OnesCount(MaxNumbers) != 1 || fmt.Sprint(MaxChunks) != "1000000" || !strings.Contains(string(text), say) {
		t.Errorf("FORMAT.md does not say %q", say)
	}
}

package props_test

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
)

var update = flag.Bool("update", false, "write testdata/sides.md anew")

const sidesFile = "testdata/sides.md"

// madeUp fills what v is made of with numbers in 1/2..3/2 that differ, one for each name:
// slices by operator get 4 entries, for N = 3.
func madeUp(v reflect.Value, name string) {
	switch v.Kind() {
	case reflect.Float64:
		h := fnv.New32a()
		_, _ = h.Write([]byte(name))
		v.SetFloat(0.5 + float64(h.Sum32()%1009)/1009)
	case reflect.Struct:
		for k := range v.NumField() {
			if f := v.Type().Field(k); f.IsExported() {
				madeUp(v.Field(k), name+"."+f.Name)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		madeUp(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 4, 4))
		fallthrough
	case reflect.Array:
		for k := range v.Len() {
			madeUp(v.Index(k), fmt.Sprint(name, k))
		}
	case reflect.Int:
		v.SetInt(3)
	}
}

// madeUpView is no view of any case: every number in it is another one.
func madeUpView() *claim.View {
	v := new(claim.View)
	madeUp(reflect.ValueOf(v).Elem(), "")
	v.Linear = nil
	v.Run.S = bounds.Smooth{L: 1.1, Gamma: 0.2, SigmaSq: 0.7, Mu: 0.3}
	return v
}

// sides has a line for each claim between numbers and each of its indices: both sides, of
// made-up moments, and what else the row says; then what is bet on at a made-up point.
func sides() string {
	var b strings.Builder
	b.WriteString("# Both sides of each claim, of made-up moments\n\n" +
		"| claim | says | i | left | right |\n|---|---|---|---|---|\n")
	v := madeUpView()
	for _, c := range props.Claims() {
		if c.Kind == claim.SelfJudged || c.Kind == claim.Linear {
			continue
		}
		lo, hi := 0, 0
		if c.Span != nil {
			lo, hi = c.Span(v)
		}
		says := fmt.Sprint(c.Kind)
		for _, x := range []struct {
			is   bool
			word string
		}{{c.PL, "PL"}, {c.Mixes, "mixes"}, {c.WithoutA3, "without A3"}, {c.WithoutErrors, "without errors"},
			{c.Bet != nil, "bet"}, {c.RestsOn != "", "on " + c.RestsOn}} {
			if x.is {
				says += ", " + x.word
			}
		}
		if c.AtMost != 0 {
			says += fmt.Sprintf(", at most %v", c.AtMost)
		}
		for i := lo; i <= hi; i++ {
			fmt.Fprintf(&b, "| %s | %s | %d | %.9g | %.9g |\n", c.Name(), says, i, c.Left(v, i), c.Right(v, i))
		}
	}
	b.WriteString("\n| bet | step | | |\n|---|---|---|---|\n")
	s, p := v.Run.S, new(claim.Point)
	madeUp(reflect.ValueOf(p).Elem(), "point")
	p.E2 = p.Mean2 + 0.4 // a mean of squares is at least the square of the mean, a loss at least l*
	p.LStarLower, p.Loss = p.LStarUpper-0.1, p.LStarUpper+0.8
	for _, c := range props.Claims() {
		if c.Bet == nil {
			continue
		}
		if step := c.Bet.Step; step != nil {
			fmt.Fprintf(&b, "| %s | boundary %v | %.9g | %.9g |\n", c.Name(), step.Boundary, step.Kept(s, p), step.Added(s, p))
		}
		if path := c.Bet.Path; path != nil {
			for t := range 3 {
				fmt.Fprintf(&b, "| %s | %d: weight %.9g | %.9g | %.9g |\n", c.Name(), t, path.Weight(s, 3, t),
					path.Left(0.7, 0.9), path.Right(s, 0.6, 3, 1.3, 1.7))
			}
		}
	}
	return b.String()
}

// TestSides: which moments and constants a claim reads changes on purpose alone. What each
// formula of bounds is, and that the claims are those of the paper, other tests say.
func TestSides(t *testing.T) {
	got := sides()
	if *update {
		if err := os.WriteFile(sidesFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(sidesFile)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	old := strings.Split(string(want), "\n")
	for k, line := range strings.Split(got, "\n") {
		if k >= len(old) || line != old[k] {
			t.Errorf("%s, line %d is not\n%s\nrun with -update and look at what changed", sidesFile, k+1, line)
		}
	}
	if len(old) > strings.Count(got, "\n")+1 {
		t.Errorf("%s has %d lines, the list %d", sidesFile, len(old), strings.Count(got, "\n")+1)
	}
}

// both are the sides of a claim at its first index.
func both(c *claim.Claim, v *claim.View) [2]float64 {
	i := 0
	if c.Span != nil {
		i, _ = c.Span(v)
	}
	return [2]float64{c.Left(v, i), c.Right(v, i)}
}

// TestFirstStep: what comes after the first step of a run is in the sides of the claims about
// runs that are not marked as of the first step, and of no others.
func TestFirstStep(t *testing.T) {
	run, later := madeUpView(), madeUpView()
	r := later.Run
	r.Steps, r.Grad2, r.GapT, r.RootBias = 5, r.Grad2+1, r.GapT+1, r.RootBias+1
	for _, sum := range []*claim.StepSums{&r.Sum, &r.Weighted41, &r.WeightedSharp, &r.WeightedRoot} {
		madeUp(reflect.ValueOf(sum).Elem(), "later")
	}
	r.Added41, r.SharpAdded41, r.RootAdded41 = r.Added41+1, r.SharpAdded41+1, r.RootAdded41+1
	for _, c := range props.Claims() {
		if c.Kind != claim.Training {
			if c.FirstStep {
				t.Errorf("%s is of the first step of no run", c.Name())
			}
			continue
		}
		if same := both(&c, run) == both(&c, later); same != c.FirstStep {
			t.Errorf("%s: of the first step: %v, the same whatever comes later: %v", c.Name(), c.FirstStep, same)
		}
	}
}

// TestOfLargest: the side that grows with the largest error does not fall with another one in
// the claims that are marked so, and does in the other bounds of the errors of a step.
func TestOfLargest(t *testing.T) {
	with := func(largest, other float64) *claim.View {
		v := madeUpView()
		v.D2 = []float64{0, largest, other, 0}
		v.E2 = []float64{0, 0, other, other}
		return v
	}
	marked := 0
	for _, c := range props.Claims() {
		if c.Kind != claim.Step || c.Span != nil { // what is of one index need not read all errors
			continue
		}
		usual := both(&c, with(4, 2))
		more, less := both(&c, with(8, 2)), both(&c, with(4, 1))
		for side := range usual {
			if more[side] == usual[side] {
				continue // the other side is the one about errors
			}
			if same := less[side] == usual[side]; same != c.OfLargest {
				t.Errorf("%s: of the largest: %v, the same whatever the others are: %v", c.Name(), c.OfLargest, same)
			}
			if c.OfLargest {
				marked++
			}
		}
	}
	if marked != 2 {
		t.Errorf("%d sides are of the largest error, want 2", marked)
	}
}

// TestBudgetRatios: a claim about budgets or rates that judges itself in no time has the
// ratio on record, not its verdict alone.
func TestBudgetRatios(t *testing.T) {
	slow := []string{"a2", "a3", "table1constant", "ef3"}
	on := record(t)
	checked := 0
	for _, c := range props.Claims() {
		if c.Kind != claim.SelfJudged || c.Experiment || measuresRates(c) || slices.Contains(slow, c.ID) {
			continue
		}
		j := judged(&c, 1)
		was := on[c.Name()]
		same := math.Abs(j.Ratio-float64(was.Ratio)) <= 1e-5*j.Ratio
		if math.IsInf(float64(was.Ratio), 1) {
			same = j.Ratio > 1e12 // a right side of 0 but for rounding
		}
		if j.Verdict != was.Verdict || !same {
			t.Errorf("%s: %s, ratio %v, on record %s, %v", c.Name(), j.Verdict, j.Ratio, was.Verdict, was.Ratio)
		}
		checked++
	}
	if checked < 30 {
		t.Errorf("%d claims checked", checked)
	}
}

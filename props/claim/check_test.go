package claim

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
)

func TestCompare(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		left, right Interval
		want        Answer
	}{
		{Interval{1, 1}, Interval{1, 1}, Yes},
		{Interval{0, 0}, Interval{0, 0}, Yes},
		{Interval{0.5, 0.9}, Interval{1, 2}, Yes},
		{Interval{3, 4}, Interval{1, 2}, No},
		{Interval{1, 1 + 1e-9}, Interval{1, 1}, Yes}, // a tie
		{Interval{1, 1 + 2*Tie}, Interval{1, 1}, Uncertain},
		{Interval{1, 3}, Interval{2, 2.5}, Uncertain},
		{Interval{1, 1}, Interval{0, inf}, Uncertain},
		{Interval{nan, nan}, Interval{1, 1}, Uncertain},
		{Interval{1, 1}, Interval{nan, nan}, Uncertain},
	} {
		if got := compare(c.left, c.right); got != c.want {
			t.Errorf("compare(%v, %v) = %v, want %v", c.left, c.right, got, c.want)
		}
	}
}

func TestClassify(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		left, right float64
		want        Reason
	}{
		{1, 2, Valid}, {0, 1, Valid}, {1, 0, Valid}, {1e-119, 0, Valid},
		{0, 0, Vacuous}, {1e-121, 1e-121, Underflow}, {0, 1e-121, Underflow},
		{inf, 1, Overflow}, {1, inf, Overflow}, {nan, 1, Overflow}, {1, nan, Overflow},
	} {
		if got := classify(Interval{c.left, c.left}, Interval{c.right, c.right}); got != c.want {
			t.Errorf("classify(%v, %v) = %v, want %v", c.left, c.right, got, c.want)
		}
	}
}

// TestRatio: the left side from below, the right side from above.
func TestRatio(t *testing.T) {
	for _, c := range []struct {
		left, right Interval
		want        float64
	}{
		{Interval{1, 2}, Interval{3, 4}, 0.25},
		{Interval{0, 2}, Interval{3, 4}, 0},
		{Interval{-1, 2}, Interval{3, 4}, 0},
		{Interval{1, 2}, Interval{0, 0}, math.Inf(1)},
		{Interval{0, 2}, Interval{0, 0}, 0},
		{Interval{1, 2}, Interval{-4, -3}, math.Inf(1)},
		{Interval{1, 2}, Interval{-4, 0.5}, 2},
	} {
		if got := ratio(c.left, c.right); got != c.want {
			t.Errorf("ratio(%v, %v) = %v, want %v", c.left, c.right, got, c.want)
		}
	}
}

// TestEnclose: a side of either sign is moved outwards by the rounding of its formula.
func TestEnclose(t *testing.T) {
	if got, want := enclose(2, 3), (Interval{2 - 2*bounds.RelError, 3 + 3*bounds.RelError}); got != want {
		t.Errorf("%v, want %v", got, want)
	}
	if got := enclose(-2, -1); !(got.Lo < -2 && got.Hi > -1) {
		t.Errorf("[-2, -1] becomes %v", got)
	}
}

// lists is a view whose Y2 are the left and V2 the right sides of sideBySide.
func lists(left, right []float64) *View {
	return &View{Moments: &Moments{Y2: left, V2: right}}
}

// sideBySide claims left[i] <= right[i] at every i.
var sideBySide = Claim{
	ID: "x", Form: Printed, Statement: "left <= right",
	Span:  func(v *View) (int, int) { return 0, len(v.Y2) - 1 },
	Left:  func(v *View, i int) float64 { return v.Y2[i] },
	Right: func(v *View, i int) float64 { return v.V2[i] },
}

// TestCheck: a violated index is the one to report, then an uncertain one, then the
// largest ratio; one that says nothing counts only when no other does.
func TestCheck(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name        string
		left, right []float64
		reason      Reason
		answer      Answer
		i           int
	}{
		{"no index", nil, nil, NoIndex, Yes, 0},
		{"largest ratio", []float64{1, 3, 2}, []float64{4, 4, 4}, Valid, Yes, 1},
		{"the first of equals", []float64{1, 1}, []float64{4, 4}, Valid, Yes, 0},
		{"violated", []float64{1, 5, 3}, []float64{2, 4, 4}, Valid, No, 1},
		{"the worse of two violated", []float64{5, 9}, []float64{4, 4}, Valid, No, 1},
		{"beside what says nothing", []float64{0, 1}, []float64{0, 4}, Valid, Yes, 1},
		{"nothing but 0", []float64{0, 0}, []float64{0, 0}, Vacuous, Yes, 0},
		{"too small for float64", []float64{1e-200}, []float64{1e-200}, Underflow, Yes, 0},
		{"NaN on the left", []float64{nan}, []float64{1}, Overflow, Yes, 0},
		{"NaN on the right", []float64{1}, []float64{nan}, Overflow, Yes, 0},
	} {
		v := lists(c.left, c.right)
		r := sideBySide.Check(v, v)
		if r.Reason != c.reason || r.Answer != c.answer || r.I != c.i {
			t.Errorf("%s: %+v, want reason %v, answer %v at %d", c.name, r, c.reason, c.answer, c.i)
		}
		if c.reason != Valid && r.Ratio != -1 {
			t.Errorf("%s: ratio %v of what says nothing, want -1", c.name, r.Ratio)
		}
	}
	// Between bounds that overlap nothing is decided.
	lo, hi := lists([]float64{1}, []float64{2}), lists([]float64{3}, []float64{4})
	if r := sideBySide.Check(lo, hi); r.Answer != Uncertain || r.Reason != Valid {
		t.Errorf("1..3 <= 2..4: %+v", r)
	}
}

// TestUnresolved: what float64 cannot tell from 0 says nothing, and goes to math/big
// when it is larger; what math/big cannot tell is 0.
func TestUnresolved(t *testing.T) {
	at := func(hi float64, big bool) Reason {
		lo, up := lists([]float64{0}, []float64{0}), lists([]float64{hi}, []float64{hi})
		lo.Big, up.Big = big, big
		return sideBySide.Check(lo, up).Reason
	}
	for _, c := range []struct {
		hi   float64
		big  bool
		want Reason
	}{{1e-21, false, Vacuous}, {1e-19, false, Valid}, {1e-19, true, Vacuous}} {
		if got := at(c.hi, c.big); got != c.want {
			t.Errorf("0..%v, math/big %v: %v, want %v", c.hi, c.big, got, c.want)
		}
	}
	// A side that is told from 0, or could be, is not nothing.
	for _, c := range []struct{ leftLo, leftHi, rightLo, rightHi float64 }{
		{0, 1e-21, 0, 1e-19}, {0, 1e-19, 0, 1e-21}, {1e-22, 1e-21, 0, 1e-21}, {0, 1e-21, 1e-22, 1e-21},
	} {
		lo, hi := lists([]float64{c.leftLo}, []float64{c.rightLo}), lists([]float64{c.leftHi}, []float64{c.rightHi})
		if got := sideBySide.Check(lo, hi).Reason; got != Valid {
			t.Errorf("%+v: %v, want valid", c, got)
		}
	}
}

// TestCheckEquation: an equation holds exactly or not at all.
func TestCheckEquation(t *testing.T) {
	check := func(left, u0, u float64) Result {
		c := Claim{Kind: Linear, Left: func(*View, int) float64 { return left }}
		v := &View{Linear: &LinearNet{U0: [][]float64{{u0}}, U: [][]float64{{u}}}}
		return c.Check(v, v)
	}
	for _, c := range []struct {
		name        string
		left, u0, u float64
		want        Result
	}{
		{"equal", 0, 1, 2, Result{Answer: Yes}},
		{"apart", 3, 1, 2, Result{Answer: No, Ratio: math.Inf(1), Left: Interval{3, 3}}},
		{"other shapes", math.NaN(), 1, 2, Result{Reason: Shapes}},
		{"no eps arrives", 0, 1, 1, Result{Reason: Vacuous}},
		{"no input arrives", 0, 0, 2, Result{Reason: Vacuous}},
	} {
		if got := check(c.left, c.u0, c.u); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestPL: a claim that rests on A4 says nothing without mu.
func TestPL(t *testing.T) {
	one := func(*View, int) float64 { return 1 }
	c := Claim{Kind: Training, PL: true, Left: one, Right: one}
	for mu, want := range map[float64]Reason{0: NoMu, math.NaN(): NoMu, 0.5: Valid} {
		v := &View{Run: &Run{S: bounds.Smooth{Mu: mu}}}
		if got := c.Check(v, v).Reason; got != want {
			t.Errorf("mu = %v: %v, want %v", mu, got, want)
		}
	}
}

func TestReasonOf(t *testing.T) {
	for k := range Reasons {
		if r, ok := ReasonOf(Reason(k).String()); !ok || r != Reason(k) {
			t.Errorf("%q is reason %d, %v; want %d", Reason(k), r, ok, k)
		}
	}
	if r, ok := ReasonOf("luck"); ok || r != Valid {
		t.Errorf("luck is the reason %v", r)
	}
}

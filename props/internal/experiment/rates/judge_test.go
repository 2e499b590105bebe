package rates

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// measured is a result whose left side is T^slope exactly, with points at T = 2^8..2^14 and
// Q steps of q.
func measured(of Scenario, slope, width float64) Result {
	r := Result{Scenario: of, Slope: Interval{slope, slope - width, slope + width}, Rate: -0.5, Ratio: 0.5}
	for e := 8; e <= 14; e++ {
		t := 1 << e
		r.Points = append(r.Points, Point{T: t, Q: of.count(t), Replicates: 16, Left: math.Pow(float64(t), slope),
			Right: 2})
	}
	return r
}

// TestWords: what an interval of the excess says about the rate, and its edges.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		e      Interval
		word   string
		beyond bool
	}{
		{Interval{0, -0.01, 0.01}, "keeps the rate", false},
		{Interval{0.04, 0.03, slopeMargin}, "keeps the rate", false},
		{Interval{0.06, slopeMargin, 0.07}, "cannot tell", false},
		{Interval{0, -1, 1}, "cannot tell", false},
		{Interval{1, 0.9, 1.1}, "loses the rate", true},
		{Interval{1, 0.8, 1.2}, "loses the rate", true},
		{Interval{1, 0.75, 1.25}, "loses the rate", false}, // 1 - 4/4 is not above the margin
		{Interval{math.NaN(), math.NaN(), math.NaN()}, "cannot tell", false},
	} {
		r := &Result{Slope: Interval{c.e.At - 0.5, c.e.Lo - 0.5, c.e.Hi - 0.5}, Rate: -0.5}
		if math.Abs(c.e.Hi-slopeMargin) < 1e-9 || math.Abs(c.e.Lo-slopeMargin) < 1e-9 {
			r.Slope, r.Rate = c.e, 0 // exact
		}
		if got := r.Word(); got != c.word {
			t.Errorf("%+v: %s, want %s", c.e, got, c.word)
		}
		if got := c.e.BeyondChance(); got != c.beyond {
			t.Errorf("%+v: beyond chance %v", c.e, got)
		}
	}
}

// TestFit: slopes of the upper half alone, and the largest ratio of all points.
func TestFit(t *testing.T) {
	var r Result
	for e := 1; e <= 7; e++ { // the lower three points are off the line of slope -2
		p := Point{T: 1 << e, Left: math.Pow(4, -float64(e)), Right: 1}
		if e < 4 {
			p.Left = 100 / float64(e)
		}
		for g := range p.ByGroup {
			p.ByGroup[g] = p.Left
		}
		r.Points = append(r.Points, p)
	}
	r.fit()
	if !(math.Abs(r.Slope.At+2) < 1e-12) || !(r.Slope.Hi-r.Slope.Lo < 1e-9) || r.Ratio != 100 ||
		!(math.Abs(r.Rate+0.5) < 1e-12) {
		t.Errorf("slope %+v, rate %v, ratio %v, want -2, -1/2, 100", r.Slope, r.Rate, r.Ratio)
	}
	if n := len(r.upper()); n != 4 {
		t.Errorf("the upper half of 7 points has %d, want 4", n)
	}
	r.Points = r.Points[:4]
	if n := len(r.upper()); n != 3 {
		t.Errorf("the upper half of 4 points has %d, want 3", n)
	}
}

// TestJackknifeByHand: two estimates 1 and 3 have the standard error sqrt(1/2 (1+1)) = 1, and
// Student's t with one degree of freedom has the quantile tan(0.475 pi).
func TestJackknifeByHand(t *testing.T) {
	i := jackknife(5, []float64{1, 3})
	if half := math.Tan(0.475 * math.Pi); i.At != 5 || !(math.Abs(i.Hi-5-half) < 1e-9*half) ||
		!(math.Abs(5-i.Lo-half) < 1e-9*half) {
		t.Errorf("%+v, want 5 +- %v", i, half)
	}
	if got := (Interval{3, 2, 5}).less(1); got != (Interval{2, 1, 4}) {
		t.Errorf("less 1: %+v", got)
	}
}

// TestJudge: a slope proves no rate; a broken explicit form or a rate lost within its budget
// beyond chance leaves the claim undecided, others do not.
func TestJudge(t *testing.T) {
	cor2 := []string{"cor2", "table1"}
	within := Scenario{Claims: cor2, Level: "at", Budget: "O(T)"}
	beyond := Scenario{Claims: cor2, Level: "beyond", Budget: "O(T)"}
	broken := measured(within, -0.5, 0.01)
	broken.Ratio = 1.5
	nan := broken
	nan.Ratio = math.NaN()
	for name, c := range map[string]struct {
		results []Result
		want    claim.Verdict
		note    string
	}{
		"kept":           {[]Result{measured(within, -0.5, 0.01)}, claim.Unsettled, ""},
		"lost beyond it": {[]Result{measured(beyond, 0, 0.01)}, claim.Unsettled, ""},
		"lost by chance": {[]Result{measured(within, 0, 0.2)}, claim.Unsettled, ""},
		"lost within it": {[]Result{measured(within, 0, 0.01)}, claim.Undecided, "1 rates are lost within the budget"},
		"a broken form": {[]Result{broken}, claim.Undecided,
			"the explicit form of Theorem 4 or 5 fails: left/right 1.5"},
		"a form of NaN": {[]Result{nan}, claim.Undecided, "fails: left/right NaN"},
		"of other claims": {[]Result{measured(Scenario{Claims: []string{"cor4", "table1"}, Level: "at"}, 0, 0.01)},
			claim.Unsettled, ""},
	} {
		j := judge("cor2", c.results)
		if j.Verdict != c.want || !strings.Contains(j.Note, c.note) || c.note == "" && j.Note != "" {
			t.Errorf("%s: %s, %q, want %s, %q", name, j.Verdict, j.Note, c.want, c.note)
		}
	}
}

// TestJudge50: left over the right side of (50) grows by the difference of their slopes, for
// the rows of cor3 alone, but for the one whose size grows; whose Q is that of delta counts
// as Q_d, and as Q_e else.
func TestJudge50(t *testing.T) {
	start := claim.Judgement{Verdict: claim.Unsettled}
	cor3 := []string{"cor3", "eq50"}
	forward := Scenario{Claims: cor3, Level: "at", Budget: "O(1)", Q: power(0.5, ""), DZero: constant(1)}
	backward := Scenario{Claims: cor3, Level: "at", Budget: "O(T)", Q: power(1, ""), EZero: constant(1)}
	// Forward: (ln T/T)(1+Q) has a slope near -1/2; backward ln T/T + ln^2 T/T near -1.
	for name, c := range map[string]struct {
		of     Scenario
		slope  float64
		want   claim.Verdict
		lo, hi float64 // of the growth that is noted
	}{
		"forward, below":  {forward, -0.45, claim.Unsettled, -0.2, 0.05},
		"forward, above":  {forward, 0, claim.Undecided, 0.3, 0.6},
		"backward, below": {backward, -0.9, claim.Unsettled, -0.2, 0.05},
		"backward, above": {backward, -0.45, claim.Undecided, 0.3, 0.6},
	} {
		r := measured(c.of, c.slope, 0.01)
		j := judge50("eq50", start, []Result{r})
		grows := r.Over(func(p Point) float64 {
			x, q := math.Log(float64(p.T))/float64(p.T), float64(p.Q)
			if c.of.DZero.F != nil {
				return x + x*q + x*x*q
			}
			return x + x*x*q
		}).At
		if j.Verdict != c.want || strings.Contains(j.Note, "beyond chance") != (c.want == claim.Undecided) ||
			!(grows > c.lo && grows < c.hi) ||
			!strings.Contains(j.Note, fmt.Sprintf("grows at most like T^%.2f", grows)) {
			t.Errorf("%s: %s, grows like T^%v: %s", name, j.Verdict, grows, j.Note)
		}
	}
	growing, other := backward, forward
	growing.Level, other.Claims = "beyond", []string{"cor2", "table1"}
	j := judge50("eq50", start, []Result{measured(growing, 0, 0.01), measured(other, 0, 0.01)})
	if j.Verdict != claim.Unsettled || !strings.Contains(j.Note, "T^-Inf") {
		t.Errorf("rows that do not speak of it: %s, %s", j.Verdict, j.Note)
	}
}

// TestBursts: by hand, one step of Root41 with an error, and the gap that steps of the size
// 1/L leave: all of the error, half of its square.
func TestBursts(t *testing.T) {
	if got := quadraticBurst(bounds.Smooth{L: 2, Gamma: 0.5 - 1e-12}, 3); !(math.Abs(got-0.25) < 1e-9) {
		t.Errorf("the gap is %v, want L/2 (1/L)^2 = 1/4", got)
	}
	// Two steps of g = 1/4 with L = 1: w = 1 - (3/4)^2 = 7/16.
	if got := quadraticBurst(bounds.Smooth{L: 1, Gamma: 0.25}, 2); !(math.Abs(got-49./512) < 1e-12) {
		t.Errorf("the gap is %v, want 49/512", got)
	}
	s := bounds.Smooth{L: 2, Mu: 1, SigmaSq: 1, Gamma: 0.1}
	for q := range 4 {
		bias, spread := 0.0, 0.0
		for k := range q {
			bias += math.Pow(s.RootWeight(1), float64(k))
			spread += math.Pow(s.RootWeight(2), float64(k))
		}
		want := bounds.Root41(s, 1, 8, bias, spread)
		if got := rootBurst(s, 8, float64(q)); !(math.Abs(got-want) <= 1e-12*want) {
			t.Errorf("%d errors: %v, want %v", q, got, want)
		}
	}
}

// TestRootBudget: the root form's budget is kept, met, and not to be had much larger.
func TestRootBudget(t *testing.T) {
	j := JudgeRootBudget()
	if j.Verdict != claim.Holds || !(j.Ratio > 0 && j.Ratio <= 1) || j.Cases < 60 ||
		!strings.HasPrefix(j.Note, "bound over rate at most ") {
		t.Errorf("%s with ratio %v after %d cases: %s", j.Verdict, j.Ratio, j.Cases, j.Note)
	}
}

// TestRootBudgetFaults: a bound that is too small, a budget that lets it grow, and one that is
// so small that more would do no harm are each seen.
func TestRootBudgetFaults(t *testing.T) {
	scaled := func(f float64) func(s bounds.Smooth, t int, q float64) float64 {
		return func(s bounds.Smooth, t int, q float64) float64 { return f * rootBurst(s, t, q) }
	}
	late := func(s bounds.Smooth, t int, q float64) float64 { // it grows like T^1/4 from T = 2^20 on
		return rootBurst(s, t, q) * math.Pow(max(1, float64(t)/(1<<20)), 0.25)
	}
	for name, c := range map[string]struct {
		bound  func(s bounds.Smooth, t int, q float64) float64
		budget func(t float64) float64
		want   string
	}{
		"a tenth of it": {scaled(0.1), bounds.RootBudget, ": the quadratic ends at "},
		"NaN":           {scaled(math.NaN()), bounds.RootBudget, ": the quadratic ends at "},
		"a larger budget": {rootBurst, func(t float64) float64 { return math.Pow(t, 0.75) },
			"L/mu = 64: bound over rate grows from "},
		"a bound that grows": {late, bounds.RootBudget, "L/mu = 1: bound over rate grows from "},
		"a budget of one": {rootBurst, func(float64) float64 { return 1 },
			"with T^{1/8} times the budget the quadratic goes from "},
	} {
		j := judgeRootBudget(c.bound, c.budget)
		if j.Verdict != claim.Undecided || !strings.Contains(j.Note, c.want) {
			t.Errorf("%s: %s, want %q in %s", name, j.Verdict, c.want, j.Note)
		}
		var from, to float64
		if _, after, ok := strings.Cut(j.Note, "grows from "); ok {
			if _, err := fmt.Sscanf(after, "%g to %g", &from, &to); err != nil || from >= to { // it may be NaN
				t.Errorf("%s: it grows from %v to %v: %s", name, from, to, j.Note)
			}
		}
	}
}

// TestAsymmetry: of the sixteen limits none permits delta more than eps.
func TestAsymmetry(t *testing.T) {
	j := JudgeAsymmetry()
	if j.Verdict != claim.Refuted || j.Cases != 16 ||
		!strings.Contains(j.Note, "0 permit delta more than eps, 8 less") {
		t.Errorf("%s after %d: %s", j.Verdict, j.Cases, j.Note)
	}
}

// TestSeries: the judgements about (48) and its sum.
func TestSeries(t *testing.T) {
	if j := JudgeEq48(); j.Verdict != claim.Refuted || j.Certificate == nil || j.Cases != 40 ||
		!(j.Ratio > 1e21 && j.Ratio < 1e22) || !strings.Contains(j.Note, "above 1e+06 from T = 16384 on") {
		t.Errorf("%s, ratio %v: %s", j.Verdict, j.Ratio, j.Note)
	}
	if j := JudgeEq48Repaired(); j.Verdict != claim.Holds || j.Cases != 1<<11+63 || !(j.Ratio > 0.99 && j.Ratio <= 1) {
		t.Errorf("%s, ratio %v after %d: %s", j.Verdict, j.Ratio, j.Cases, j.Note)
	}
	if j := JudgeBernoulli(3); j.Verdict != claim.Holds || j.Cases != 100_000 ||
		!(j.Ratio > 1-1e-9 && j.Ratio <= 1+claim.Tie) {
		t.Errorf("%s, ratio %v after %d: %s", j.Verdict, j.Ratio, j.Cases, j.Note)
	}
}

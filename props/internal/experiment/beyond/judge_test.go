package beyond

import (
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestCompare: what passes, what is a tie, and what is kept of a case that does not hold.
func TestCompare(t *testing.T) {
	for _, c := range []struct {
		left, right float64
		holds       bool
		ratio       float64
	}{
		{1, 2, true, 0.5}, {2, 2, true, 1}, {2 * (1 + claim.Tie), 2, true, 1 + claim.Tie},
		{2 * (1 + 1.5*claim.Tie), 2, false, 1 + 1.5*claim.Tie},
		{0, 0, true, 0}, {0, 1, true, 0}, {1, 0, false, math.Inf(1)},
		{math.NaN(), 1, false, 0}, {1, math.NaN(), false, math.NaN()},
	} {
		j := newJudge()
		j.compare(c.left, c.right, "the run")
		got := j.done("all %s", "well")
		if (got.Verdict == claim.Holds) != c.holds || got.Cases != 1 ||
			got.Ratio != c.ratio && !(math.IsNaN(got.Ratio) && math.IsNaN(c.ratio)) {
			t.Errorf("%v against %v: %+v", c.left, c.right, got)
		}
		if want := "all well"; c.holds && got.Note != want {
			t.Errorf("the note is %q, want %q", got.Note, want)
		}
	}
	j := newJudge()
	j.compare(3, 2, "the first run")
	j.compare(5, 2, "the second run")
	j.demand(false, "the third")
	got := j.done("all well")
	if got.Verdict != claim.Refuted || got.Note != "3 > 2: the first run" || got.Cases != 2 || got.Ratio != 2.5 {
		t.Errorf("%+v", got)
	}
}

// TestCompareGap: a gap of 2^-90 of the loss along a run is rounding, no more than that.
func TestCompareGap(t *testing.T) {
	for _, c := range []struct {
		left  float64
		holds bool
	}{{0x1p-80, true}, {0x1p-80 * (1 + 0x1p-40), false}, {0x1p-70, false}, {0, true}} {
		j := newJudge()
		j.compareGap(c.left, 0, 1024, "run")
		if (j.Verdict == claim.Holds) != c.holds || j.Cases != 1 || (j.Ratio == 0) != c.holds {
			t.Errorf("%v of a loss of 1024 over a bound of 0: %+v", c.left, j.Judgement)
		}
	}
	j := newJudge()
	j.compareGap(0.5, 2, 1, "run")
	if j.Ratio != 0.25 || j.Verdict != claim.Holds {
		t.Errorf("%+v", j.Judgement)
	}
}

// TestSame: equal within 2^-20 of the size that is given, whatever its sign, and what is said else.
func TestSame(t *testing.T) {
	for _, c := range []struct {
		got, want, size float64
		holds           bool
	}{
		{8, 8, 0, true}, {8 + 8*claim.Tie, 8, 8, true}, {8 - 8*claim.Tie, 8, -8, true}, {8 + 8.1*claim.Tie, 8, 8, false},
		{8 - 8.1*claim.Tie, 8, 8, false}, {0.25 + 0.26*claim.Tie, 0.25, 0.25, false}, {math.NaN(), 8, 8, false},
		{8, math.NaN(), 8, false},
	} {
		j := newJudge()
		if j.same("it is", c.got, c.want, c.size, "run"); (j.Verdict == claim.Holds) != c.holds {
			t.Errorf("%v and %v of the size %v: %+v", c.got, c.want, c.size, j.Judgement)
		}
	}
	j := newJudge()
	if j.same("it is", 3, 2, 2, "the run"); j.Note != "it is 3, not 2: the run" {
		t.Errorf("the note is %q", j.Note)
	}
}

// swept is a sweep in which each scheme does what is said of it; but overrides the stable
// norms by step size.
func swept(but map[scheme][3]float64) sweep {
	of := sweep{}
	for _, s := range schemes {
		stable, ok := but[s]
		switch {
		case ok:
		case s.keeps():
			stable = [3]float64{4, 2, 1}
		default:
			stable = [3]float64{2, 3, 1}
		}
		for _, v := range stable {
			of[s] = append(of[s], &sent{stable: v, mean2: 1})
		}
	}
	return of
}

// TestJudgeSchemes: what keeps the rate falls by 4 or is below a plateau, what does not stays
// above one and within 2; the largest error of a reference is at its bound, and each run counts.
func TestJudgeSchemes(t *testing.T) {
	const low = plateauFrom
	if low != 1e-3 {
		t.Errorf("a plateau is one from %v", low)
	}
	for _, c := range []struct {
		name string
		but  map[scheme][3]float64
		note string
	}{
		{"as said", nil, ""},
		{"falls by less than 4", map[scheme][3]float64{difference: {3.99, 1, 1}}, string(difference) +
			": the stable gradient norm goes from 3.99 to 1"},
		{"does not fall, but is small", map[scheme][3]float64{exact: {0.999 * low, low, low}}, ""},
		{"does not fall, and is not small", map[scheme][3]float64{exact: {low, low, low}}, string(exact) +
			": the stable gradient norm goes from 0.001 to 0.001"},
		{"a plateau that falls by more than 2", map[scheme][3]float64{forward: {2.01, 1, 1}}, string(forward) +
			": the stable gradient norm goes from 2.01 to 1"},
		{"a plateau that is low", map[scheme][3]float64{backward: {low, 1, 0.999 * low}}, string(backward) +
			": the stable gradient norm goes from 0.001 to 0.000999"},
		{"a plateau at the edge", map[scheme][3]float64{backward: {2 * low, 1, low}}, ""},
		{"neither", map[scheme][3]float64{backwardOne: {3 * low, 1, low}}, string(backwardOne)},
	} {
		form := func(bounds.Feedback) float64 { return 4 }
		got := judgeSchemes([]sweep{swept(nil), swept(c.but)}, scheme.keeps, form)
		if (got.Verdict == claim.Holds) != (c.note == "") || !strings.Contains(got.Note, c.note) || got.Cases != 42 ||
			got.Ratio != 0.25 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	all := []sweep{swept(map[scheme][3]float64{forward: {2, 9, 1.5}}),
		swept(map[scheme][3]float64{forwardEach: {9, 9, 7}})}
	got := judgeSchemes(all, scheme.keeps, func(bounds.Feedback) float64 { return 1 })
	if want := "2 data sets, g = 1/4 to 1/64: plateaus of 1 to 7 without what keeps the rate"; got.Note != want {
		t.Errorf("the note is %q, want %q", got.Note, want)
	}
	for _, worst := range []float64{1, 1 + 2*claim.Tie} {
		of := swept(nil)
		of[difference][1].worst = worst
		got := judgeSchemes([]sweep{of}, scheme.keeps, func(bounds.Feedback) float64 { return 1 })
		if (got.Verdict == claim.Holds) != (worst == 1) ||
			worst > 1 && !strings.HasPrefix(got.Note, string(difference)+", g = 0.0625: |delta| is 1.0000") {
			t.Errorf("an error of %v of its bound: %+v", worst, got)
		}
	}
	of := swept(nil)
	of[backwardEach][2].mean2 = 3
	got = judgeSchemes([]sweep{of}, scheme.keeps, func(bounds.Feedback) float64 { return 2 })
	if want := "3 > 2: " + string(backwardEach) + ", g = 0.015625"; got.Verdict != claim.Refuted || got.Note != want {
		t.Errorf("the note is %q, want %q", got.Note, want)
	}
}

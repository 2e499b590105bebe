package claim

import (
	"math"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestThresholds: ties, and what is too small to answer for, from both sides of each threshold.
func TestThresholds(t *testing.T) {
	for hi, want := range map[float64]Answer{0.999: Yes, 1.001: Uncertain} {
		if got := compare(Interval{1, 1 + hi*0x1p-20}, Interval{1, 1}); got != want {
			t.Errorf("%v of 2^-20 apart: %v, want %v", hi, got, want)
		}
	}
	if got := compare(Interval{2, 2 + 1.999*0x1p-20}, Interval{2, 2}); got != Yes {
		t.Errorf("a tie is relative: %v", got)
	}
	if got := compare(Interval{math.Nextafter(1, 2), 2}, Interval{0, 1}); got != No {
		t.Errorf("just above: %v", got)
	}
	for _, c := range []struct {
		left, right float64
		want        Reason
	}{
		{1e-120, 0, Valid}, {0, 1e-120, Valid}, {0.99e-120, 0.99e-120, Underflow}, {0.99e-120, 1e-120, Valid},
		{math.MaxFloat64, 1, Valid}, {1, math.MaxFloat64, Valid},
	} {
		if got := classify(Interval{c.left, c.left}, Interval{c.right, c.right}); got != c.want {
			t.Errorf("%v and %v: %v, want %v", c.left, c.right, got, c.want)
		}
	}
	for hi, want := range map[float64]Reason{0.99e-20: Vacuous, 1.01e-20: Valid} {
		lo, up := lists([]float64{0}, []float64{0}), lists([]float64{hi}, []float64{hi})
		if got := sideBySide.Check(lo, up).Reason; got != want {
			t.Errorf("0..%v: %v, want %v", hi, got, want)
		}
	}
	if got := classify(Interval{-3, -2}, Interval{-3, -2}); got != Underflow {
		t.Errorf("sides below 0: %v", got) // no side of a claim is
	}
}

// TestNoSpan: a claim without an index is made once, at index 0; one with an index at each of its span.
func TestNoSpan(t *testing.T) {
	for name, c := range map[string]struct {
		span func(v *View) (lo, hi int)
		want []int
	}{
		"none": {nil, []int{0, 0}}, "one": {func(*View) (lo, hi int) { return 3, 3 }, []int{3, 3}},
		"two":   {func(*View) (lo, hi int) { return 1, 2 }, []int{1, 1, 2, 2}},
		"empty": {func(*View) (lo, hi int) { return 2, 1 }, nil},
	} {
		var at []int
		claim := &Claim{Span: c.span, Left: func(_ *View, i int) float64 { at = append(at, i); return 1 },
			Right: func(*View, int) float64 { return 2 }}
		r := claim.Check(&View{}, &View{})
		if !slices.Equal(at, c.want) || (r.Reason == NoIndex) != (c.want == nil) {
			t.Errorf("%s: %v at %v", name, r, at)
		}
	}
}

// TestTrivial: a net says something when one entry of U_1 is neither 0, nor 0 without eps, nor the same.
func TestTrivial(t *testing.T) {
	for _, c := range []struct {
		u0, u [][]float64
		want  bool
	}{
		{[][]float64{{1, 0}, {0, 0}}, [][]float64{{1, 5}, {0, 0}}, true},
		{[][]float64{{1, 0}, {0, 2}}, [][]float64{{1, 5}, {0, 3}}, false},
		{[][]float64{{1, 2}, {0, 0}}, [][]float64{{1, 3}, {0, 0}}, false},
		{[][]float64{{2}}, [][]float64{{0}}, true}, {nil, nil, true},
	} {
		if got := (&LinearNet{U0: c.u0, U: c.u}).trivial(); got != c.want {
			t.Errorf("%v and %v: trivial %v", c.u0, c.u, got)
		}
	}
}

// TestRenew: moments of another shape have the lists that they had; those of a run, and of a gradient, have theirs
// alone, and none shares memory with another.
func TestRenew(t *testing.T) {
	c := chain(t)
	longer, err := core.NewChain(core.Linear(3, 2), core.Bias(2), core.HalfSq(2))
	if err != nil {
		t.Fatal(err)
	}
	for name, of := range map[string]struct {
		make        func(*core.Chain) *Moments
		lists       int
		whole, laws bool
	}{
		"all": {NewMoments, allLists, true, true}, "a run": {NewRunMoments, runLists, false, true},
		"a gradient": {NewGradientMoments, 1, false, false},
	} {
		m := of.make(c)
		again := m.Renew(longer)
		for _, m := range []*Moments{m, again} {
			lists, k := 0, 0.0
			for _, l := range append(listsOf(m), m.UMean) {
				if l == nil {
					continue
				}
				lists++
				for i := range l {
					if l[i] != 0 || len(l[:cap(l)]) != len(l) {
						t.Errorf("%s: list %d is not new, or has room", name, lists)
					}
					k++
					l[i] = k
				}
			}
			if lists != of.lists+1 || m.Whole() != of.whole || m.Laws() != of.laws {
				t.Errorf("%s: %d lists, whole %v, laws %v", name, lists-1, m.Whole(), m.Laws())
			}
			sum := 0.0
			for _, x := range m.all {
				sum += x
			}
			if want := k * (k + 1) / 2; sum != want || float64(len(m.all)) != k {
				t.Errorf("%s: numbers sum to %v of %d, want %v of %v", name, sum, len(m.all), want, k)
			}
		}
		if len(again.UiMean2) != 4 || len(again.UMean) != longer.NW() || len(m.UMean) != c.NW() {
			t.Errorf("%s: %d and %d numbers", name, len(again.UiMean2), len(again.UMean))
		}
	}
	run := NewRunMoments(c)
	for name, l := range map[string][]float64{"D2": run.D2, "D4": run.D4, "D22": run.D22, "E2": run.E2,
		"UiMean2": run.UiMean2, "DMean2": run.DMean2[Total], "DMean22": run.DMean22[Past], "EMean2": run.EMean2[Literal]} {
		if len(l) != 3 {
			t.Errorf("a run: %s has %d numbers", name, len(l))
		}
	}
}

func listsOf(m *Moments) (all [][]float64) {
	for _, l := range m.Lists() {
		all = append(all, l)
	}
	return all
}

// TestAddWeighs: what is linear is added with its weight, the probability too.
func TestAddWeighs(t *testing.T) {
	c := chain(t)
	m, o := numbered(c, 1), numbered(c, 101)
	p, u, leaves := m.P+0.25*o.P, m.U2+0.25*o.U2, m.Leaves+o.Leaves
	d := m.D2[2] + 0.25*o.D2[2]
	m.Add(o, 0.25)
	if m.P != p || m.U2 != u || m.Leaves != leaves || m.D2[2] != d {
		t.Errorf("P %v, U2 %v, %d leaves, D2 %v, want %v, %v, %d, %v", m.P, m.U2, m.Leaves, m.D2[2], p, u, leaves, d)
	}
	m.UMean[0], m.UMean[1] = 3, -4
	m.SetMeanNorms(c)
	if m.UiMean2[1] != 25 || m.UiMean2[2] != 0 || m.UMean2 != 25 {
		t.Errorf("|E[U-u]|^2 = %v, by operator %v", m.UMean2, m.UiMean2)
	}
}

// TestExperimentIsNotCertified: what a root proves to exist has no rational certificate.
func TestExperimentIsNotCertified(t *testing.T) {
	if (&Claim{Form: Printed, Kind: SelfJudged, Experiment: true}).Certifiable() {
		t.Error("an experiment is certified")
	}
	if got := Number(math.Nextafter(1e-3, 0)).String() + Number(math.Nextafter(1e4, 0)).String(); got !=
		"1.00e-0310000.0000" {
		t.Error(got)
	}
}

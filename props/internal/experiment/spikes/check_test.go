package spikes

import (
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
)

func TestCheck(t *testing.T) {
	opt := Small(1)
	opt.Kicks = []float64{opt.Kicks[0], opt.Kicks[2]}
	r, err := Check(opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range r.Violations[:min(5, len(r.Violations))] {
		t.Errorf("%s: %s: %v > %v", v.Case, v.What, v.Left, v.Right)
	}
	if r.Singles < 90 || r.Trains < 250 || r.Pairs < 30 || !(r.MaxSize > 100*r.MinSize) {
		t.Errorf("%d single spikes, %d trains, %d pairs of sizes %v..%v", r.Singles, r.Trains, r.Pairs, r.MinSize,
			r.MaxSize)
	}
	if want := r.Singles * len(fractions) * forms; r.Promised < want*9/10 || r.Unrecovered != 0 {
		t.Errorf("%d of %d recoveries promised, %d not reached", r.Promised, want, r.Unrecovered)
	}
	// The bounds must be put to use: the sharp form is reached by a train on a
	// round quadratic, and (40) is within a factor 10.
	for f, want := range []float64{0.1, 0.4, 0.8} {
		if got := r.Recovery[f].Ratio; !(got > want && got <= 1) {
			t.Errorf("form %d: recovery ratio %v", f, got)
		}
	}
	if got := r.Before[sharp].Ratio; !(got > 0.999 && got <= 1) {
		t.Errorf("sharp form before a spike: ratio %v", got)
	}
	if got := r.Path[root].Ratio; !(got > 0.999 && got <= 1) {
		t.Errorf("root form, any gap: ratio %v", got)
	}
	if got := r.ZeroMean.Ratio; !(got > 0.5 && got <= 1) {
		t.Errorf("zero mean: ratio %v", got)
	}
}

// TestCheckAnyGOMAXPROCS: the same report, to the bit.
func TestCheckAnyGOMAXPROCS(t *testing.T) {
	opt := Small(2)
	opt.Kicks, opt.some = opt.Kicks[:1], 1
	want, err := Check(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got, err := Check(opt); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("one processor: %v, %+v, want %+v", err, got, want)
	}
}

// TestWrongRecursionsAreSeen: bounds that are false must give violations.
func TestWrongRecursionsAreSeen(t *testing.T) {
	all, err := settings(1)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Recursion){
		"contraction 3 mu g": func(r *Recursion) { r.Rate *= 3 },
		"a tenth of Kick":    func(r *Recursion) { r.Kick /= 10 },
		"NaN":                func(r *Recursion) { r.Kick = math.NaN() },
	} {
		c := checkCase{setting: all[0], site: Site{Eps: true, I: 2}, kick: 10}
		tr, err := c.single(scaled(10, unit(rand.New(rand.NewPCG(1, 1)), 2)))
		if err != nil {
			t.Fatal(err)
		}
		all := c.recursions()
		for _, rec := range all[sharp:] {
			r := &Report{}
			change(&rec.Recursion)
			r.path(&Tightness{}, "wrong", tr, rec)
			if len(r.Violations) == 0 {
				t.Errorf("%s passes, root form: %v", name, rec.root)
			}
		}
	}
}

// TestPathIsSharp: a run that follows the recursion has the ratio 1 at every
// step, and one that is ahead of it by a spike or a thousandth is seen.
func TestPathIsSharp(t *testing.T) {
	rec := bound{Recursion: Recursion{Rate: 0.1, Noise: 0.2, Kick: 0.5}}
	tr := &trace{low: []float64{1}, high: []float64{1}, size: []float64{0, 3, 0, 0, 1, 0, 0}, noise: make([]float64, 7)}
	for k := range 6 {
		tr.low = append(tr.low, rec.After(tr.low[k], tr.size[k]))
	}
	r, tight := &Report{}, Tightness{}
	r.path(&tight, "exact", tr, rec)
	if r.Comparisons != 6 || len(r.Violations) != 0 || !(tight.Ratio > 1-2*formSlack) {
		t.Errorf("%+v, %+v", r, tight)
	}
	tr.low[6] *= 1.001
	if r.path(&tight, "above", tr, rec); len(r.Violations) != 1 || r.Violations[0].What != "gap of w^6" {
		t.Errorf("a gap above the recursion: %+v", r.Violations)
	}
	tr.low[6] /= 1.001
	tr.size = append(tr.size[1:], 0)
	if r.path(&tight, "late", tr, rec); len(r.Violations) == 1 {
		t.Error("a spike one step early in the bound is not seen")
	}
}

// TestMeasuredSize holds |U-u| against the closed form of a quadratic, A^T A delta_1,
// A^T delta_2, eps_2 and A^T eps_3.
func TestMeasuredSize(t *testing.T) {
	a := [][]float64{{1, 2}, {0, 3}, {1, 0}}
	s := quadratic("q", 0.5, a, [][]float64{{1, 2}, {3, 5}})
	times := func(v []float64) []float64 { // A^T v
		out := make([]float64, 2)
		for i, row := range a {
			for j := range out {
				out[j] += row[j] * v[i]
			}
		}
		return out
	}
	v2, v3 := []float64{0.5, -1}, []float64{1, 2, -3}
	av := make([]float64, 3)
	for i, row := range a {
		av[i] = row[0]*v2[0] + row[1]*v2[1]
	}
	for _, c := range []struct {
		site Site
		v    []float64
		want float64
	}{{Site{false, 1}, v2, norm(times(av))}, {Site{false, 2}, v3, norm(times(v3))}, {Site{true, 2}, v2, norm(v2)},
		{Site{true, 3}, v3, norm(times(v3))}} {
		tr, err := s.run(spikes{at: func(t int) bool { return t == 3 }, site: c.site, vector: c.v}, 5, always, nil)
		if err != nil {
			t.Fatal(err)
		}
		for step, got := range tr.size {
			want := 0.0
			if step == 3 {
				want = c.want
			}
			if !(math.Abs(got-want) <= 1e-9) {
				t.Errorf("%v, step %d: |U-u| = %v, want %v", c.site, step, got, want)
			}
		}
	}
}

// TestGapsBracket: on a quadratic of one input l* = 0 and the gap is |A(x+w)|^2/2.
func TestGapsBracket(t *testing.T) {
	s := quadratic("q", 0.5, [][]float64{{1, 0}, {0, 1}}, [][]float64{{2, 3}})
	tr, err := s.run(spikes{at: func(int) bool { return false }, site: Site{false, 1}, vector: []float64{0, 0}}, 40,
		always, nil)
	if err != nil {
		t.Fatal(err)
	}
	q := 1 - s.s.Gamma
	for k := range tr.low {
		exact := 12.5 * math.Pow(q, float64(2*k))
		if !(tr.low[k] < exact && exact < tr.high[k] && tr.high[k]-tr.low[k] < 1e-9) {
			t.Errorf("step %d: %v in %v..%v", k, exact, tr.low[k], tr.high[k])
		}
	}
}

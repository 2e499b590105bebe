package trace

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestSpikeEdges: a spike is more than ten times the median of the fifty steps before it, twenty at least, and
// eight times their spread above it, by logarithms.
func TestSpikeEdges(t *testing.T) {
	for _, c := range []struct {
		name  string
		past  []float64 // ln |U-u|^2 of the steps before, in turn
		steps int
		last  float64
		spike bool
	}{
		{"ten times", []float64{0}, 30, math.Log(10) + 1e-9, true},
		{"a little less", []float64{0}, 30, math.Log(10) - 1e-9, false},
		{"twenty steps", []float64{0}, 20, 5, true},
		{"too few steps", []float64{0}, 19, 5, false},
		// The median of -1 and 1 in turn is 0, the median deviation 1.
		{"eight spreads", []float64{-1, 1}, 30, 8*1.4826 + 1e-9, true},
		{"a little less than eight", []float64{-1, 1}, 30, 8*1.4826 - 1e-9, false},
		// Of 51 in turn one has no spread.
		{"fifty steps of more", []float64{-1, 1}, 61, 8*1.4826 - 1e-9, false},
		{"fifty steps of more", []float64{-1, 1}, 61, 8*1.4826 + 1e-9, true},
		{"no number", []float64{0}, 30, math.NaN(), false},
	} {
		s := &series{}
		for k := range c.steps {
			if s.add(measured{t: k, error2: math.Exp(c.past[k%len(c.past)]), grad2: 1}) && len(c.past) == 1 {
				t.Errorf("%s: step %d is a spike", c.name, k)
			}
		}
		s.flagged = nil
		if got := s.add(measured{t: c.steps, error2: math.Exp(c.last), grad2: 1}); got != c.spike ||
			(len(s.flagged) == 1 && s.flagged[0] == c.steps) != c.spike {
			t.Errorf("%s: a spike %v, flagged %v", c.name, got, s.flagged)
		}
	}
	// What the judge itself cannot tell from 0 is none: 2^-90 |u|^2.
	s := &series{}
	for k := range 30 {
		s.add(measured{t: k, grad2: 1})
	}
	if s.add(measured{t: 30, error2: 8 * 0x1p-90, grad2: 1}) || !s.add(measured{t: 31, error2: 12 * 0x1p-90, grad2: 1}) {
		t.Error("a spike is told by what is not seen")
	}
}

// TestJudgeBlock: the tests of a block by the formulas at the head of rank.go, with each part of a reference
// moved by itself.
func TestJudgeBlock(t *testing.T) {
	inf := math.Inf(-1)
	none := reference{z: [3]float64{inf, inf, inf}, m: [3]float64{inf, inf, inf}}
	with := func(change func(r *reference)) reference {
		r := none
		change(&r)
		return r
	}
	b := block{numbers: 400, coordinates: 25, z: 1.5, m: 0.5}
	quantile := math.Log(chiSquareTail(25)) / 2
	for k, c := range []struct {
		ref   reference
		b     block
		w     int
		test  string
		score float64
		ratio float64
	}{
		{none, b, 0, "size", 1.5 - 0.45 - 3.2/20, 1.5},
		{with(func(r *reference) { r.level = 0.5 }), b, 0, "size", 1 - 0.45 - 3.2/20, 1},
		{with(func(r *reference) { r.z[1] = 0.75 }), b, 1, "size", 0.75 - 0.45 - 3.2/20, 0.75},
		{with(func(r *reference) { r.z[1] = 0.75 }), b, 0, "size", 1.5 - 0.45 - 3.2/20, 1.5},
		{with(func(r *reference) { r.level, r.z[2] = 0.9, 0.75 }), b, 2, "size", 0.6 - 0.45 - 3.2/20, 0.6},
		// 0.2 above where all others are at their floor of -0.8.
		{with(func(r *reference) { r.level, r.atZero[0] = 2, true }), b, 0, "size", 2.3 - 0.7 - 3.2/20, -0.5},
		{with(func(r *reference) { r.level, r.atZero[1] = 2, true }), b, 0, "size", -0.5 - 0.45 - 3.2/20, -0.5},
		{none, block{numbers: 400, coordinates: 25, z: 0, m: 1.25}, 0, "mean", 1.25 - quantile - 0.45, 1.25},
		{with(func(r *reference) { r.m[2] = 0.25 }), block{numbers: 400, coordinates: 25, z: 0, m: 1.25}, 2, "mean",
			1 - quantile - 0.45, 1.25},
		{with(func(r *reference) { r.z[2], r.level = 0.25, 0.125 }), block{numbers: 400, coordinates: 25, z: 0, m: 1.25}, 2,
			"mean", 1 - quantile - 0.45, 1},
		// Eight windows of its own, and one too few.
		{with(func(r *reference) { r.level, r.blocks[0], r.siteZ[0] = 9, 8, 1 }), b, 0, "change", 0.5 - 0.35 - 3.2/20/2, 0.5},
		{with(func(r *reference) { r.level, r.blocks[0], r.siteZ[0] = 9, 7, 1 }), b, 0, "size", -7.5 - 0.45 - 3.2/20, -7.5},
		{with(func(r *reference) { r.level, r.blocks[0], r.siteZ[0], r.spread[0] = 9, 8, 1, 0.05 }), b, 0, "change",
			0.5 - 0.4 - 3.2/20/2, 0.5},
		{with(func(r *reference) { r.level, r.blocks[0], r.siteZ[0], r.siteM[0] = 9, 8, 1, 0.2 }),
			block{numbers: 400, coordinates: 25, z: 1, m: 1.75}, 0, "mean", 0.75 - quantile - 0.2, 0.75},
		{with(func(r *reference) { r.level, r.blocks[0], r.siteZ[0], r.siteM[0] = 9, 8, 0.2, 1 }),
			block{numbers: 400, coordinates: 25, z: 0.2, m: 1.75}, 0, "mean", 0.75 - quantile - 0.2, 0.75},
	} {
		test, score, ratio := c.ref.judgeBlock(c.b, c.w)
		if test != c.test || !(math.Abs(score-c.score) < 1e-12) || !(math.Abs(ratio-c.ratio) < 1e-12) {
			t.Errorf("case %d: %s, score %v, ratio %v; want %s, %v, %v", k, test, score, ratio, c.test, c.score, c.ratio)
		}
		// What functions may be off is taken off each test, and put back for a site that is named all the same.
		// A change has nothing taken off: its own past has them too.
		f := c.ref
		f.functions = 0.03125
		want := c.score - f.functions
		if want > 0 || c.test == "change" {
			want = c.score
		}
		if _, score, _ := f.judgeBlock(c.b, c.w); !(math.Abs(score-want) < 1e-12) {
			t.Errorf("case %d with functions: score %v, want %v", k, score, want)
		}
	}
	// Quantiles of chi^2_d/d at 1 - 1e-7, by tables.
	for d, want := range map[float64]float64{5: 42.22 / 5, 80: 171.66 / 80} {
		if got := chiSquareTail(d); !(math.Abs(got/want-1) < 0.06) {
			t.Errorf("chi^2 of %v: %v, want about %v", d, got, want)
		}
	}
}

// TestWindows: windows of 1, 10 and 30 steps of a site, whole ones, and at the end those that are half full, or
// the only one; their sums and means by hand.
func TestWindows(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	for steps, want := range map[int][3][]int{ // first steps of the blocks
		1:  {{0}, {0}, {0}},
		4:  {{0, 1, 2, 3}, {0}, {0}},
		14: {nil, {0}, {0}},
		15: {nil, {0, 10}, {0}},
		30: {nil, {0, 10, 20}, {0}},
		44: {nil, {0, 10, 20, 30}, {0}},
		45: {nil, {0, 10, 20, 30, 40}, {0, 30}},
	} {
		r := newRanker(s)
		var one []block
		for k := range steps {
			sites := make([]siteError, len(r.open))
			for i := range sites {
				e := &sites[i]
				e.checked, e.d, e.pred = true, 2, 4
				e.spread.by, e.spread.all, e.spread.fourth = []float64{1, 3}, 4, 8
				for way := range ways {
					e.sum2[way], e.mean[way] = math.NaN(), nil
				}
				e.sum2[byValue], e.mean[byValue] = 16*math.Pow(4, float64(k%2)), []float64{3, 4}
			}
			one = r.add(k, sites, one)
			b := one[1]
			if len(one) != len(sites) || b.from != k || b.to != k || b.steps != 1 || b.numbers != 2 || b.coordinates != 1.6 ||
				!(math.Abs(b.z-math.Log(2)*float64(1+k%2)) < 1e-12) || b.raw != b.z ||
				!(math.Abs(b.m-math.Log(25./4)/2) < 1e-12) {
				t.Fatalf("step %d: %+v", k, b)
			}
		}
		r.finish()
		for w := range windows {
			h := &r.history[1][w]
			var from []int
			for _, b := range h.all {
				from = append(from, b.from)
				n := float64(b.steps)
				odd := float64((b.to+1)/2 - b.from/2)
				z := math.Log(((n-odd)*16+odd*64)/(4*n)) / 2
				if b.to != b.from+b.steps-1 || b.steps > windows[w] || !(math.Abs(b.z-z) < 1e-12) ||
					!(math.Abs(b.m-math.Log(25*n*n/(4*n))/2) < 1e-12) || !(math.Abs(b.numbers-2*n) < 1e-9) ||
					!(math.Abs(b.coordinates-1.6) < 1e-9) {
					t.Errorf("%d steps, window %d: %+v, want z = %v", steps, windows[w], b, z)
				}
			}
			if want[w] != nil && !slices.Equal(from, want[w]) {
				t.Errorf("%d steps, windows of %d begin at %v, want %v", steps, windows[w], from, want[w])
			}
		}
	}
}

// TestReferences: what a site is held against are the others of its family, or all where there are fewer than
// two; those that are skipped are none.
func TestReferences(t *testing.T) {
	s, _ := uneven(t, float64s, nil) // delta: affine, square, affine, softmaxce; eps of the last three
	r := newRanker(s)
	z := []float64{0.25, 0.5, 1, 99, 2, 3, 4}
	for k := range r.history {
		for w := range windows {
			for n := range 5 + w {
				spread := float64(n%3 - 1) // median 0
				r.history[k][w].add(block{numbers: 1e6, z: z[k] + spread, raw: z[k] - 0.125 + spread, m: -z[k] + spread})
			}
		}
	}
	inf := math.Inf(-1)
	for k, ref := range r.references() {
		var others []float64
		for l, x := range z {
			if l != k && l != 3 {
				others = append(others, x-0.125)
			}
		}
		if want := medianOf(others); ref.level != want {
			t.Errorf("site %d: level %v, want %v", k, ref.level, want)
		}
		for w := range windows {
			if ref.siteZ[w] != z[k] || ref.siteM[w] != -z[k] || ref.blocks[w] != 5+w || ref.z[w] != inf || ref.m[w] != inf ||
				!(ref.spread[w] > 0) || ref.atZero[w] {
				t.Errorf("site %d, window %d: %+v", k, w, ref)
			}
		}
	}
	for k, want := range []string{"delta dense", "delta entry by entry", "delta dense", "delta softmaxce",
		"eps entry by entry", "eps dense", "eps softmaxce"} {
		if got := r.family(k); got != want {
			t.Errorf("site %d: family %q, want %q", k, got, want)
		}
	}
}

// TestFallsToNothing: a bound that is 0 at the last step has no carrier, and one that came of 0 has no factor.
func TestFallsToNothing(t *testing.T) {
	at := func(step int, c, lf, l1 float64) StepSum {
		return StepSum{Step: step, A3: A3{C: Number(c), Lf: Number(lf), L1: Number(l1), OpC: []Number{Number(c), 0},
			OpLf: []Number{0, Number(lf)}, OpL1: []Number{Number(l1)}}}
	}
	d2, e2 := []float64{0, 0.5, 0}, []float64{0, 0, 0.25}
	d := drift([]StepSum{at(3, 2, 1, 1), at(9, 0, 0, 0)}, 2, d2, e2)
	if d.Carrier != "" || d.Bound.Factor != 0 || d.Bound.Last != 0 || d.Bound.At != 3 || d.First != 3 || d.Last != 9 {
		t.Errorf("%+v", d)
	}
	d = drift([]StepSum{at(3, 0, 0, 0), at(9, 2, 1, 1)}, 2, d2, e2)
	if d.Carrier != "" || !math.IsInf(float64(d.Bound.Factor), 1) || !strings.Contains(d.Says, "C from 0 (0 to 2)") {
		t.Errorf("%+v", d)
	}
	for k, want := range []int{1, 2, 1} {
		if c := d.Constants[k]; c.Op != want || c.At != 9 || c.Largest != c.Last {
			t.Errorf("%+v, want operator %d", c, want)
		}
	}
}

// TestCompareWords: what two runs come to, by what was found.
func TestCompareWords(t *testing.T) {
	run := func(steps int) *Judgement { return &Judgement{Steps: steps, Chain: make([]core.Spec, 2)} }
	sites := func(ratios ...float64) (all []SiteParts) {
		for k, x := range ratios {
			site := Site{"delta", k + 1, k + 1}
			if k == 2 {
				site = Site{"eps", 2, 2}
			}
			all = append(all, SiteParts{Site: site, Name: fmt.Sprint(site.Kind, "_", site.I), Ratio: Number(x)})
		}
		return all
	}
	quarter := math.Pow(2, 0.25)
	for _, c := range []struct {
		old, new int
		parts    *Parting
		sites    []SiteParts
		want     string
	}{
		{0, 3, nil, nil, "nothing compared: a record has no step"},
		{3, 0, nil, nil, "nothing compared: a record has no step"},
		{3, 3, nil, nil, "the runs are the same, number for number"},
		{4, 3, nil, sites(1, 5, 1), "the runs are the same as far as both go, 4 and 3 steps"},
		{3, 3, &Parting{Site: Site{Kind: "x"}, Step: 2}, nil, "the runs have other samples from step 2 on"},
		{3, 4, &Parting{Site: Site{"w", 1, 1}, Step: 2, Index: 5, Old: 1, New: 2}, nil,
			"the runs part at step 2: w_1 index 5 is 1 and 2"},
		{3, 3, &Parting{Site: Site{"eps", 2, 2}, Step: 2, Sample: 1, Index: 5, Old: 1, New: 2}, sites(1.1, 9, 0.5),
			"the runs part at step 2, operator 2: V_1 sample 1 index 5: 1 and 2; the site that differs most is eps_2: its " +
				"error is 0.5 times the old one"},
		{3, 3, nil, sites(3, 9, 0.5), "the runs are the same, number for number; the site that differs most is delta_1: " +
			"its error is 3 times the old one"},
		{3, 3, nil, sites(quarter*0.999, 9, 1), "the runs are the same, number for number"},
		{3, 3, nil, sites(quarter*1.001, 9, 1), "the runs are the same, number for number; the site that differs most is " +
			"delta_1: its error is 1.19 times the old one"},
		{3, 3, nil, sites(math.NaN(), 9, math.NaN()), "the runs are the same, number for number"},
	} {
		one := &Comparison{Old: run(c.old), New: run(c.new), Parts: c.parts, Sites: c.sites}
		if got := one.say(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for _, c := range [][3]float64{{0, 0, 1}, {3, 2, 1.5}, {2, 2, 1}, {0, 2, 0}, {2, 0, math.Inf(1)}} {
		if got := ratio(c[0], c[1]); got != c[2] {
			t.Errorf("%v over %v is %v", c[0], c[1], got)
		}
	}
}

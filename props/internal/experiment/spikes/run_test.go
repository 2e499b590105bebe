package spikes

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// TestSites: delta_1..delta_{N-1} and eps_2..eps_N, their names, widths and places.
func TestSites(t *testing.T) {
	c, err := core.NewChain(core.Linear(2, 3), core.Tanh(3), core.Linear(3, 1))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, s := range sites(c) {
		got += fmt.Sprint(s, ":", s.width(c), " ")
	}
	if got != "delta_1:3 delta_2:3 eps_2:3 eps_3:3 " {
		t.Errorf("sites %s", got)
	}
	if w := (Site{true, 1}).width(c); w != 2 {
		t.Errorf("eps_1 has width %d, want that of x", w)
	}
	for _, s := range append(sites(c), Site{false, 3}, Site{true, 1}) {
		if want := s == (Site{false, 3}) || s == (Site{true, 1}); s.trivial(c) != want {
			t.Errorf("%v: trivial %v", s, !want)
		}
		g, v := s.given(3, []float64{7}), []float64{0}
		for i := 1; i <= 3; i++ {
			g.Delta(i, v, nil)
			d := v[0]
			g.Eps(i, v, nil)
			if want := 7.0; (d == want) != (s == Site{false, i}) || (v[0] == want) != (s == Site{true, i}) {
				t.Errorf("%v: delta_%d = %v, eps_%d = %v", s, i, d, i, v[0])
			}
		}
	}
}

// still is l = |w|^2/2 in one dimension from w = 1, L = mu = 1, with one input 0; g is a
// quarter.
func still() *setting { return quadratic("still", 0.75, [][]float64{{1}}, [][]float64{{0}}) }

// TestRunOfSpikes: by hand, w^0 = 1, g = 1/4, eps_2 = 2 at step 1: w is 1, 3/4, then 3/4 -
// (3/4+2)/4 = 1/16, then 3/64; gaps are half of the squares, |U-u| is 2 there and 0 else.
func TestRunOfSpikes(t *testing.T) {
	s := still()
	one := func(x float64) bool { return math.Abs(x-1) < 1e-12 }
	if !one(s.s.L) || !(s.s.L >= 1) || !one(s.s.Mu) || !(s.s.Mu <= 1) || !one(4*s.s.Gamma) || s.input != 0 ||
		s.n != 1 || s.samples != 1 {
		t.Fatalf("%+v", s)
	}
	p := spikes{at: func(t int) bool { return t == 1 }, site: Site{true, 2}, vector: []float64{2}}
	tr, err := s.run(p, 4, always, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, w := range []float64{1, 0.75, 1. / 16, 3. / 64} {
		want, size := w*w/2, 0.0
		if k == 1 {
			size = 2
		}
		if !(tr.low[k] <= want && want <= tr.high[k] && tr.high[k]-tr.low[k] < 1e-10) {
			t.Errorf("gap of w^%d in [%v, %v], want %v", k, tr.low[k], tr.high[k], want)
		}
		if !(tr.size[k] >= size && tr.size[k] <= size+1e-10) || (size == 0) != (tr.size[k] == 0) {
			t.Errorf("|U-u| at step %d is %v, want %v", k, tr.size[k], size)
		}
		if !(tr.noise[k] > 0 && tr.noise[k] <= tr.worstNoise()) {
			t.Errorf("noise %v of at most %v", tr.noise[k], tr.worstNoise())
		}
	}
	if tr.worstNoise() != tr.noise[0] { // it falls with |w|
		t.Errorf("the largest noise is %v, not that of the first step, %v", tr.worstNoise(), tr.noise[0])
	}
	// Where nothing is measured there is no gap, and a stop ends the run after its step.
	tr, err = s.run(p, 100, func(t int) bool { return t == 2 }, func(t int, low float64) bool { return low > 0 })
	if err != nil || len(tr.low) != 3 || !math.IsNaN(tr.low[0]) || !math.IsNaN(tr.high[1]) || math.IsNaN(tr.low[2]) {
		t.Errorf("%+v, error %v, want three steps and the gap of the last", tr, err)
	}
	// The start is that of the setting for every run.
	if s.start[0] != 1 {
		t.Errorf("the run moved the start to %v", s.start)
	}
}

// TestSigns: with signs, samples of odd number get the opposite vector, so that two of them
// cancel, and a quiet step gets none.
func TestSigns(t *testing.T) {
	s := quadratic("two", 0.75, [][]float64{{1}}, [][]float64{{0}, {0}})
	for signs, want := range map[bool]float64{false: 2, true: 0} {
		p := spikes{at: func(t int) bool { return t == 0 }, site: Site{true, 2}, vector: []float64{2}, signs: signs}
		tr, err := s.run(p, 2, always, nil)
		if err != nil || !(math.Abs(tr.size[0]-want) < 1e-9) || tr.size[1] != 0 {
			t.Errorf("signs %v: |U-u| = %v, error %v, want %v and 0", signs, tr.size, err, want)
		}
		at := p.perturb(s.chain())
		if at(1, 0) != nil {
			t.Error("a quiet step is perturbed")
		}
	}
}

// TestUnitKick: the vector of equal entries for which |U-u| = 1, on both objectives.
func TestUnitKick(t *testing.T) {
	regression, err := phaseRegression(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*setting{still(), regression,
		quadratic("2", 0.3, [][]float64{{1, 0}, {0, 0.5}}, [][]float64{{0, 0}})} {
		v := s.unitKick()
		p := spikes{at: func(t int) bool { return t == 3 }, site: Site{true, 2}, vector: scaled(5, v)}
		tr, err := s.run(p, 5, always, nil)
		if err != nil || !(math.Abs(tr.size[3]-5) < 1e-9) {
			t.Errorf("%s: five times %v has the size %v, error %v", s.name, v, tr.size, err)
		}
		for _, x := range v {
			if x != v[0] || !(x > 0) {
				t.Errorf("%s: the entries %v are not equal", s.name, v)
			}
		}
	}
	if v := still().unitKick(); v[0] != 1 {
		t.Errorf("on |w|^2/2 it is %v, want 1", v)
	}
}

// TestVectors: norms by hand, and unit vectors.
func TestVectors(t *testing.T) {
	if v := []float64{3, -4}; normSq(v) != 25 || norm(v) != 5 || norm(nil) != 0 ||
		fmt.Sprint(scaled(-2, v)) != "[-6 8]" {
		t.Errorf("norms %v, %v", normSq(v), norm(v))
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for n := 1; n < 5; n++ {
		if v := unit(rng, n); len(v) != n || !(math.Abs(norm(v)-1) < 1e-15) {
			t.Errorf("a unit vector %v", v)
		}
	}
	if a := matrix(rng, 2, 3); len(a) != 2 || len(a[1]) != 3 || a[0][0] == a[1][0] {
		t.Errorf("a matrix %v", a)
	}
}

// TestOnAll: everything runs, and the error of the lowest index comes back.
func TestOnAll(t *testing.T) {
	ran := make([]bool, 9)
	err := onAll(len(ran), func(i int) error {
		ran[i] = true
		if i%3 == 2 {
			return fmt.Errorf("at %d", i)
		}
		return nil
	})
	if err == nil || err.Error() != "at 2" || strings.Contains(fmt.Sprint(ran), "false") {
		t.Errorf("error %v, ran %v", err, ran)
	}
	if err := onAll(3, func(int) error { return nil }); err != nil {
		t.Error(err)
	}
	if err := onAll(0, func(int) error { return errors.New("none") }); err != nil {
		t.Error(err)
	}
}

// TestRoot: by hand, L = 2, mu = 1, g = 1/4: q = 1 - (1/4)(2 - 1/2) = 5/8, Kick = g; at g =
// 1/L with mu = L one step ends at the minimum.
func TestRoot(t *testing.T) {
	r := Root(bounds.Smooth{L: 2, Mu: 1, Gamma: 0.25})
	if !(math.Abs(r.Rate-(1-math.Sqrt(5./8))) < 1e-15) || r.Kick != 0.25 || r.Noise != 0 {
		t.Errorf("%+v", r)
	}
	if r = Root(bounds.Smooth{L: 1, Mu: 1, Gamma: 1}); r.Rate != 1 || r.Kick != math.Sqrt(0.5) {
		t.Errorf("at 1/L: %+v", r)
	}
	s := still()
	all := s.recursions()
	for f, want := range [forms]Recursion{Printed(s.s, false), Sharp(s.s), Root(s.s)} {
		if all[f].Recursion != want || all[f].root != (f == root) {
			t.Errorf("form %d: %+v", f, all[f])
		}
	}
	of, as := all[root], all[printed]
	if of.of(9) != 3 || of.gap(3) != 9 || as.of(9) != 9 || as.gap(3) != 3 {
		t.Errorf("roots %v, %v; gaps %v, %v", of.of(9), of.gap(3), as.of(9), as.gap(3))
	}
	// Noise of the size 4: Kick 4^2, and Kick 2^2 for roots.
	if n := as.noisy(4); n.Noise != as.Noise+16*as.Kick || n.Kick != as.Kick {
		t.Errorf("noisy: %+v", n)
	}
	if n := of.noisy(4); n.Noise != 4*of.Kick || n.Rate != of.Rate {
		t.Errorf("noisy roots: %+v", n)
	}
	for _, bad := range []bounds.Smooth{
		{L: 1, Mu: 0, Gamma: 0.5}, {L: 1, Mu: 1, Gamma: 0}, {L: 1, Mu: 1, Gamma: 1.01},
		{L: 1, Mu: 1, Gamma: 0.5, SigmaSq: 1},
		{L: 1, Mu: math.NaN(), Gamma: 0.5}, {L: math.NaN(), Mu: 1, Gamma: 0.5},
	} {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.HasPrefix(p, "spikes: root form with L = ") {
					t.Errorf("%+v: panic %q", bad, p)
				}
			}()
			Root(bad)
		}()
	}
}

// TestRowsOfComparison: the spike, the step after it, and on to the last, each once.
func TestRowsOfComparison(t *testing.T) {
	for steps, want := range map[int]string{8: "[2 3 4 5 6 7]", 4: "[1 2 3]"} {
		c := &Comparison{Steps: steps, First: steps / 4}
		if got := fmt.Sprint(c.rows()); got != want {
			t.Errorf("%d steps: rows %s, want %s", steps, got, want)
		}
	}
	c := &Comparison{Steps: 8192, First: 2048}
	at := c.rows()
	if len(at) != curvePoints || at[0] != 2048 || at[1] != 2049 || at[len(at)-1] != 8191 {
		t.Errorf("rows %v", at)
	}
}

// TestCourse: by hand, a run whose gap is q^k with q = (3/4)^2 at quiet steps.
func TestCourse(t *testing.T) {
	s := still()
	c := Comparison{Steps: 16, First: 4}
	c.At = []int{4, 5, 15}
	gap := func(k int) float64 { return 0.5 * math.Pow(9./16, float64(k)) }
	c.Level = gap(10) * 1.0001
	r, err := c.course(s, []float64{0}, func(t int) bool { return t == 4 })
	if err != nil {
		t.Fatal(err)
	}
	near := func(a, b float64) bool { return math.Abs(a-b) < 1e-9 }
	if r.Spikes != 1 || !near(r.Size, 0) || r.Recovery != 5 || !near(r.Peak, gap(5)) || !near(r.Last, gap(12)) ||
		len(r.Gaps) != 3 || !near(r.Gaps[0], gap(4)) || !near(r.Gaps[2], gap(15)) {
		t.Errorf("%+v, want recovery 10 - 5 steps after the first quiet one, peak %v, last %v", r, gap(5), gap(12))
	}
	// Spikes of size 3 at 4, 6, ..., 14 keep it up.
	r, err = c.course(s, []float64{3}, func(t int) bool { return t >= 4 && t%2 == 0 })
	if err != nil || r.Spikes != 6 || !near(r.Size, 3) || !near(r.Squares, 54) || r.Recovery != Never ||
		!(r.Last > c.Level) {
		t.Errorf("%+v, error %v, want six spikes of size 3 that never recover", r, err)
	}
}

// TestGrids: by hand.
func TestGrids(t *testing.T) {
	if got := fmt.Sprint(doubling(8), doubling(9), doubling(1), doubling(0)); got != "[1 2 4 8] [1 2 4 8] [1] []" {
		t.Errorf("doubling %s", got)
	}
	for k, want := range []float64{0.01, 0.1, 1, 10, 100} {
		if got := logGrid(1e-2, 1e2, 5)[k]; !(math.Abs(got-want) < 1e-12*want) {
			t.Errorf("point %d is %v, want %v", k, got, want)
		}
	}
	for name, o := range map[string]Options{"full": Full(1), "small": Small(1)} {
		if err := o.check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := Small(1)
	for want, change := range map[string]func(o *Options){
		"kicks is empty":                         func(o *Options) { o.Kicks = nil },
		"sizes is empty":                         func(o *Options) { o.Sizes = []float64{} },
		"spacings is empty":                      func(o *Options) { o.Spacings = nil },
		"kicks[1] is 0, want > 0":                func(o *Options) { o.Kicks = []float64{1, 0} },
		"sizes[0] is NaN":                        func(o *Options) { o.Sizes = []float64{math.NaN()} },
		"sizes[0] is +Inf":                       func(o *Options) { o.Sizes = []float64{math.Inf(1)} },
		"kicks[0] is 1.0000001e+06":              func(o *Options) { o.Kicks = []float64{MaxKick + 0.1} },
		"spacings[0] is 0, want 1..2048":         func(o *Options) { o.Spacings = []int{0} },
		"spacings[1] is 2049, want 1..2048":      func(o *Options) { o.Spacings = []int{2048, 2049} },
		"spacings[0] is 1, want 1..0, a quarter": func(o *Options) { o.Steps = 3 },
		"chains is 0, want at least 1":           func(o *Options) { o.Chains = 0 },
	} {
		o := good
		change(&o)
		if err := o.check(); err == nil || !strings.HasPrefix(err.Error(), "spikes: "+want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	good.Kicks, good.Spacings, good.Chains = []float64{MaxKick}, []int{1, 2048}, 1
	if err := good.check(); err != nil {
		t.Errorf("the largest of all: %v", err)
	}
}

// TestMasks: all of 0..2^n-1 once, fewest ones first.
func TestMasks(t *testing.T) {
	if got := fmt.Sprint(masks(0), masks(1), masks(3)); got != "[0] [0 1] [0 1 2 4 3 5 6 7]" {
		t.Errorf("masks %s", got)
	}
	if got := fmt.Sprint(directions(1), directions(2)); got != "[[1]] [[1 0] [0 1] [1 1] [1 -1]]" {
		t.Errorf("directions %s", got)
	}
}

// TestCandidates: each has two or three operators, weights in the first, one output, widths
// of at most 2; by N, then by widths, then by weights, none twice.
func TestCandidates(t *testing.T) {
	seen := map[string]bool{}
	last := [3]int{}
	for _, c := range candidates() {
		key, now := fmt.Sprint(c.Specs()), [3]int{c.N(), widths(c), c.NW()}
		for k := range now {
			if now[k] != last[k] {
				if now[k] < last[k] {
					t.Errorf("%s comes after %v", key, last)
				}
				break
			}
		}
		last = now
		if seen[key] || c.N() < 2 || c.N() > 3 || c.Op(1).NW() == 0 || c.D(c.N()) != 1 || c.D(0) > 2 || c.D(1) > 2 {
			t.Errorf("candidate %s, seen %v", key, seen[key])
		}
		seen[key] = true
	}
	// 8 first operators; 4 ends; in between one of 5 for three operators.
	if len(seen) != 8*4+8*5*4 {
		t.Errorf("%d candidates, want %d", len(seen), 8*4+8*5*4)
	}
}

// TestCompare: NaN is a violation and a tightness; a right side of 0 has no ratio.
func TestCompare(t *testing.T) {
	var r Report
	var at Tightness
	r.compare(&at, "x", "at %v", 1, 1, 2)
	r.compare(&at, "x", "at %v", 2, 1, 4)
	r.compare(&at, "x", "at %v", 3, 0, 0)
	r.compare(&at, "x", "at %v", 7, 2, 4) // the first of equals stays
	if at != (Tightness{0.5, "x: at 1"}) || len(r.Violations) != 0 || r.Comparisons != 4 {
		t.Errorf("%+v, %+v", at, r)
	}
	r.compare(&at, "x", "at %v", 4, 3, 2)
	r.compare(&at, "x", "at %v", 5, 1, 0)
	r.compare(&at, "x", "at %v", 6, math.NaN(), 1)
	if len(r.Violations) != 3 || r.Violations[0] != (Violation{"x", "at 4", 3, 2}) || !math.IsNaN(at.Ratio) {
		t.Errorf("%+v, %+v", at, r.Violations)
	}
}

// TestJoin: sums, extremes and the worst of each form.
func TestJoin(t *testing.T) {
	a := Report{Singles: 1, Trains: 2, Pairs: 3, MinSize: 5, MaxSize: 6, Promised: 7, Unrecovered: 8, Comparisons: 9,
		ZeroMean: Tightness{0.5, "a"}, Violations: []Violation{{Case: "a"}}}
	b := Report{Singles: 10, Trains: 20, Pairs: 30, MinSize: 4, MaxSize: 5.5, Promised: 70, Unrecovered: 80,
		Comparisons: 90, ZeroMean: Tightness{0.25, "b"}, Violations: []Violation{{Case: "b"}}}
	for f := range forms {
		a.Recovery[f], b.Recovery[f] = Tightness{0.1, "a"}, Tightness{0.2 + float64(f), "b"}
		a.Path[f], b.Path[f] = Tightness{0.3, "a"}, Tightness{0.2, "b"}
		a.Before[f], b.Before[f] = Tightness{0.1, "a"}, Tightness{0.1, "b"}
	}
	all := join([]Report{a, b})
	if all.Singles != 11 || all.Trains != 22 || all.Pairs != 33 || all.MinSize != 4 || all.MaxSize != 6 ||
		all.Promised != 77 || all.Unrecovered != 88 || all.Comparisons != 99 || len(all.Violations) != 2 ||
		all.ZeroMean.Case != "a" {
		t.Errorf("%+v", all)
	}
	for f := range forms {
		if all.Recovery[f] != b.Recovery[f] || all.Path[f] != a.Path[f] || all.Before[f].Case != "a" {
			t.Errorf("form %d: %+v, %+v, %+v", f, all.Recovery[f], all.Path[f], all.Before[f])
		}
	}
}

// TestRecoveryOfReport: the first gap at most the level, against what was promised.
func TestRecoveryOfReport(t *testing.T) {
	for _, c := range []struct {
		level                            float64
		bound                            int
		promised, unrecovered, violation int
		ratio                            float64
	}{
		{4, 2, 1, 0, 0, 0.5}, // gaps 8, 4: one step
		{3, 2, 1, 0, 0, 1},
		{3, 1, 1, 0, 1, 2},
		{0.5, Never, 0, 1, 0, 0},
		{0.5, 3, 1, 1, 0, 1}, // three gaps and none is that low
		{8, 0, 1, 0, 0, 0},
	} {
		var r Report
		var at Tightness
		r.recovery(&at, "x", []float64{8, 4, 2}, c.level, c.bound)
		if r.Promised != c.promised || r.Unrecovered != c.unrecovered || len(r.Violations) != c.violation ||
			at.Ratio != c.ratio {
			t.Errorf("%+v: %+v, ratio %v", c, r, at.Ratio)
		}
	}
}

// TestSingleByHand: on l = w^2/2 the root form is met, so that the measured recovery takes the
// steps that it promises: of q = (3/4)^2 2, 5 and 9 to a half, a tenth and a hundredth.
func TestSingleByHand(t *testing.T) {
	c := checkCase{setting: still(), site: Site{true, 2}, kick: 2}
	r := Report{MinSize: math.Inf(1)}
	if err := c.checkSingle(&r, []float64{2}); err != nil {
		t.Fatal(err)
	}
	if at := r.Recovery[root]; at.Ratio != 1 || r.Singles != 1 || r.Promised != 9 || r.Unrecovered != 0 ||
		len(r.Violations) != 0 || !(math.Abs(r.MinSize-2) < 1e-9) || r.MaxSize != r.MinSize {
		t.Errorf("%+v", r)
	}
	if !(r.Path[root].Ratio > 1-1e-6 && r.Path[root].Ratio <= 1) || !(r.Path[printed].Ratio <= 1) {
		t.Errorf("paths %+v", r.Path)
	}
	tr, err := c.single([]float64{2})
	if err != nil || len(tr.low) != spikeAt+1+9+1 { // steps 0..20, the gap after it, nine more
		t.Errorf("%d steps, error %v, want %d", len(tr.low), err, spikeAt+11)
	}
	pair := Report{MinSize: math.Inf(1)}
	if err := c.checkPair(&pair, []float64{2}); err != nil || pair.Pairs != 1 || len(pair.Violations) != 0 ||
		!(pair.ZeroMean.Ratio > 0.5 && pair.ZeroMean.Ratio <= 1) || pair.Comparisons != 10 {
		t.Errorf("%+v, error %v", pair, err)
	}
	c.spacing = 100
	train := Report{MinSize: math.Inf(1)}
	if err := c.checkTrain(&train, []float64{2}); err != nil || train.Trains != 1 || len(train.Violations) != 0 ||
		train.Comparisons != forms*(trainSteps-1+7) || !(math.Abs(train.MaxSize-2) < 1e-9) {
		t.Errorf("%d comparisons, %+v, error %v", train.Comparisons, train, err)
	}
}

// TestDiffering: the states that a perturbation reaches, by hand on bias, scale, halfsq.
func TestDiffering(t *testing.T) {
	c, err := core.NewChain(core.Bias(1), core.Scale(1), core.HalfSq(1))
	if err != nil {
		t.Fatal(err)
	}
	p := newPasses(c)
	for s, want := range map[Site]string{
		{false, 1}: "[Y_1 Y_2 Y_3 V_2 V_1]", {false, 2}: "[Y_2 Y_3 V_2 V_1]", {false, 3}: "[Y_3]",
		{true, 3}: "[V_2 V_1]", {true, 2}: "[V_1]", {true, 1}: "[]",
	} {
		if !p.run([]float64{1}, []float64{0, 1}, s.given(3, []float64{1})) {
			t.Fatalf("%v: no region", s)
		}
		if got := fmt.Sprint(p.differing()); got != want {
			t.Errorf("%v moves %s, want %s", s, got, want)
		}
	}
	// By hand: u = (w y_1, y_1^2) = (1, 1); with eps_3 = 1 it is (2, 2).
	p.run([]float64{1}, []float64{0, 1}, Site{true, 3}.given(3, []float64{1}))
	if !(math.Abs(p.diff()-math.Sqrt2) < 1e-15) || !(p.rounding() > 0 && p.rounding() < 1e-9) {
		t.Errorf("|U-u| = %v +- %v, want the root of 2", p.diff(), p.rounding())
	}
	for off, want := range map[float64]float64{0.25: math.Sqrt2 - 0.5, 2: 0} { // both passes are off by off
		clear(p.errs.U)
		p.errs.U[1] = off
		if got := p.least(); !(math.Abs(got-want) < 1e-9) {
			t.Errorf("|U-u| is at least %v where both passes are off by %v, want %v", got, off, want)
		}
	}
}

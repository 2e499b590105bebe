package trace

import (
	"archive/zip"
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// uneven is a chain whose states have different widths, with a step of two samples and states that
// are no pass.
func uneven(t *testing.T, p Precision, sampled map[string][]int, ops ...core.Spec) (*shape, *Step) {
	t.Helper()
	if ops == nil {
		ops = []core.Spec{{Op: "affine", In: 2, Out: 3}, {Op: "square", N: 3}, {Op: "affine", In: 3, Out: 4},
			{Op: "softmaxce", N: 4}}
	}
	s := &shape{run: Run{Version: FormatVersion, Engine: "hand", Chain: ops, Precision: p, Samples: 2, Sampled: sampled,
		Reg: core.Regularizer{Kind: "none"}}}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 3))
	numbers := func(n int) (v []float64) {
		for range n {
			v = append(v, float64(float32(rng.NormFloat64())))
		}
		return v
	}
	c, n := s.chain, s.chain.N()
	st := &Step{T: 5, M: 2, B: 2, Scale: 1, Gamma: 0.5, Loss: 1, X: numbers(2 * c.D(0)), W: numbers(c.NW()),
		Y: make([][]float64, n+1), V: make([][]float64, n+1)}
	if s.labelled != nil {
		st.Labels = []int{1, 3}
	}
	for i := 1; i <= n; i++ {
		st.Y[i] = numbers(2 * width(s.columns.y[i], c.D(i)))
		if i < n {
			st.V[i] = numbers(2 * width(s.columns.v[i], c.D(i)))
		}
	}
	return s, st
}

var (
	float64s = Precision{"float64", "float64", "float64"}
	float32s = Precision{"float32", "float32", "float32"}
)

// again is a step with numbers of its own.
func again(st *Step) *Step {
	c := *st
	c.X, c.W, c.Labels = slices.Clone(st.X), slices.Clone(st.W), slices.Clone(st.Labels)
	c.Y, c.V = slices.Clone(st.Y), slices.Clone(st.V)
	for i := range c.Y {
		c.Y[i], c.V[i] = slices.Clone(c.Y[i]), slices.Clone(c.V[i])
	}
	return &c
}

// TestPartingPlaces: a number that differs is found at its operator, sample and index, in the order
// of a step; two NaN are the same.
func TestPartingPlaces(t *testing.T) {
	for _, sampled := range []map[string][]int{nil, {"Y_1": {0, 2}, "V_3": {1}}} {
		s, a := uneven(t, float64s, sampled)
		if p := s.parting(a, again(a)); p != nil {
			t.Errorf("the same step parts at %+v", p)
		}
		n := s.chain.N()
		all := again(a) // what comes later parts too
		place := func(site Site, v []float64, d int) {
			t.Helper()
			for _, sample := range []int{1, 0} {
				for k := d - 1; k >= 0; k-- {
					at := sample*d + k
					old := v[at]
					v[at]++
					want := Parting{Site: site, Step: 5, Sample: sample, Index: k, Old: Number(old), New: Number(old + 1)}
					if p := s.parting(a, all); p == nil || *p != want {
						t.Errorf("%+v, want %+v", p, want)
					}
				}
			}
		}
		for i := 2; i <= n; i++ {
			place(Site{"eps", i, i}, all.V[i-1], width(s.columns.v[i-1], s.chain.D(i-1)))
		}
		for i := n; i >= 1; i-- {
			place(Site{"delta", i, i}, all.Y[i], width(s.columns.y[i], s.chain.D(i)))
		}
		for i := n; i >= 1; i-- {
			if w := s.chain.W(i, all.W); len(w) > 0 {
				w[1] += 2
				if p := s.parting(a, all); p == nil || p.Site != (Site{"w", i, i}) || p.Sample != 0 || p.Index != 1 {
					t.Errorf("weights of %d: %+v", i, p)
				}
			}
		}
		for name, change := range map[string]func(c *Step){
			"T": func(c *Step) { c.T++ }, "B": func(c *Step) { c.B++ }, "x": func(c *Step) { c.X[3]++ },
			"label": func(c *Step) { c.Labels[1] = 0 },
		} {
			c := again(all)
			change(c)
			if p := s.parting(a, c); p == nil || p.Kind != "x" || p.Step != 5 {
				t.Errorf("%s: %+v", name, p)
			}
		}
		b, c := again(a), again(a)
		b.Y[2][1], c.Y[2][1] = math.NaN(), math.NaN()
		if p := s.parting(b, c); p != nil {
			t.Errorf("NaN and NaN part at %+v", p)
		}
		if p := s.parting(a, c); p == nil || p.I != 2 || p.Index != 1 {
			t.Errorf("a number and NaN: %+v", p)
		}
	}
}

// written is a record of steps with numbers t.
func written(t *testing.T, s *shape, st *Step, steps ...int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "run")
	w, err := Create(dir, s.run)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range steps {
		c := again(st)
		c.T = k
		if err := w.Write(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestPart: two records part at the first step that differs; where one ends before, they do not.
func TestPart(t *testing.T) {
	s, st := uneven(t, float32s, nil)
	long, short := written(t, s, st, 1, 2, 3), written(t, s, st, 1, 2)
	for _, pair := range [][2]string{{long, long}, {long, short}, {short, long}} {
		if p, err := part(pair[0], pair[1]); p != nil || err != nil {
			t.Errorf("%+v, %v", p, err)
		}
	}
	other := again(st)
	other.V[2][4]++
	if p, err := part(long, written(t, s, other, 1, 2)); err != nil || p == nil || p.Site != (Site{"eps", 3, 3}) ||
		p.Sample != 1 || p.Index != 1 || p.Step != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	narrow, one := uneven(t, float32s, nil, core.Spec{Op: "affine", In: 2, Out: 2}, core.Spec{Op: "softmaxce", N: 2})
	one.Labels = []int{0, 1}
	if _, err := part(long, written(t, narrow, one, 1)); err == nil ||
		!strings.Contains(err.Error(), "have other chains") {
		t.Errorf("other chains: %v", err)
	}
	for _, pair := range [][2]string{{long, "nowhere"}, {"nowhere", long}} {
		if _, err := part(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("%v: %v", pair, err)
		}
	}
}

// TestWriterWidths: states of every width are written and read back, whole and sampled, in both
// widths of numbers; a part of a wrong length is refused.
func TestWriterWidths(t *testing.T) {
	for _, p := range []Precision{float64s, float32s} {
		for _, sampled := range []map[string][]int{nil, {"Y_1": {0, 2}, "V_3": {1}}} {
			s, st := uneven(t, p, sampled)
			r, err := Open(written(t, s, st, 4, 9))
			if err != nil {
				t.Fatal(err)
			}
			var got Step
			for _, number := range []int{4, 9} {
				if err := r.Next(&got); err != nil {
					t.Fatal(err)
				}
				got.T -= number - st.T
				if p := s.parting(st, &got); p != nil || got.Gamma != st.Gamma || got.Loss != st.Loss || got.M != st.M {
					t.Errorf("%v, %v: read as another step: %+v, %+v", s.run.Precision, sampled, p, got)
				}
			}
			if err := r.Next(&got); err != io.EOF {
				t.Errorf("after the last step: %v", err)
			}
			r.Close()
			for i := 1; i < s.chain.N(); i++ {
				bad := again(st)
				bad.V[i] = bad.V[i][1:]
				refuses(t, s, bad)
				bad = again(st)
				bad.Y[i] = append(bad.Y[i], 0)
				refuses(t, s, bad)
			}
		}
	}
}

func refuses(t *testing.T, s *shape, st *Step) {
	t.Helper()
	w, err := Create(filepath.Join(t.TempDir(), "run"), s.run)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a part of a wrong length is written")
		}
	}()
	_ = w.Write(st)
}

// TestAddArray: the bytes of numpy.save, to the last one: tuples of one length have a comma, and
// the data begin at a multiple of 64.
func TestAddArray(t *testing.T) {
	for _, c := range []struct {
		lengths []int
		shape   string
	}{{[]int{3}, "(3,)"}, {[]int{2, 1}, "(2, 1)"}, {[]int{1, 2, 3}, "(1, 2, 3)"}} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		data := []byte("the numbers")
		if err := addArray(z, "w_1", "<f8", c.lengths, data); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil || len(r.File) != 1 || r.File[0].Name != "w_1.npy" || r.File[0].Method != zip.Store {
			t.Fatalf("%v", err)
		}
		f, err := r.File[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		text := "{'descr': '<f8', 'fortran_order': False, 'shape': " + c.shape + ", }"
		want := "\x93NUMPY\x01\x00\x76\x00" + text + strings.Repeat(" ", 117-len(text)) + "\n" + string(data)
		if string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestFormats: the smallest normal number, the largest one and the gaps of each format.
func TestFormats(t *testing.T) {
	for name, want := range map[string][4]float64{ // smallest, largest, ulp, tiny
		"float64":  {0x1p-1022, math.MaxFloat64, 0x1p-52, 0x1p-1022},
		"float32":  {0x1p-126, math.MaxFloat32, 0x1p-23, 0x1p-126},
		"tf32":     {0x1p-126, 0x1.FFCp127, 0x1p-10, 0x1p-126},
		"bfloat16": {0x1p-126, 0x1.FEp127, 0x1p-7, 0x1p-126},
		"float16":  {0x1p-14, 65504, 0x1p-10, 0x1p-24},
		"e4m3":     {0x1p-6, 448, 0x1p-3, 0x1p-9},
		"e5m2":     {0x1p-14, 57344, 0x1p-2, 0x1p-16},
	} {
		f := formats[name]
		if got := [4]float64{f.smallest(), f.Max, f.ulp(), f.tiny()}; got != want {
			t.Errorf("%s: %x, want %x", name, got, want)
		}
		for _, x := range []float64{1, 1.5, -3, f.smallest(), f.Max} {
			if got := f.nearest(x); got != x {
				t.Errorf("%s: %v is rounded to %v", name, x, got)
			}
		}
		if got := f.nearest(2 * f.Max); name != "float64" && name != "float32" && got != f.Max {
			t.Errorf("%s: beyond the largest: %v", name, got)
		}
		if got := f.spacing(1.75); got != f.ulp() {
			t.Errorf("%s: the spacing at 1.75 is %v", name, got)
		}
		if got := f.spacing(f.smallest() / 4); name != "float64" && got != f.ulp()*f.smallest() {
			t.Errorf("%s: the spacing of subnormal numbers is %v", name, got)
		}
	}
	if _, ok := formats["float8"]; ok || len(formats) != 7 {
		t.Errorf("%d formats", len(formats))
	}
}

// TestBiasInterval: the mean error per sample along its direction; the ends are the places of the
// grid that are rejected, and a test that broke gives none.
func TestBiasInterval(t *testing.T) {
	var none bias
	if mean, low, high, biased := none.interval(); mean != 0 || !math.IsNaN(low) || !math.IsNaN(high) || biased {
		t.Errorf("of nothing %v in [%v, %v], %v", mean, low, high, biased)
	}
	b := bias{total: []float64{3, -4}, total2: 36, totalSamples: 4} // r = 3
	if mean, low, high, biased := b.interval(); mean != 1.25 || !math.IsInf(low, -1) || !math.IsInf(high, 1) || biased {
		t.Errorf("before any test %v in [%v, %v], %v", mean, low, high, biased)
	}
	for range 2000 {
		b.observe(&b.above[0], 1, 1)
		b.observe(&b.above[1], 1, 1)
		b.observe(&b.below[len(biasGrid)-1], 1, 1)
		b.observe(&b.below[len(biasGrid)-2], 1, 1)
	}
	last := biasGrid[len(biasGrid)-2]
	if mean, low, high, biased := b.interval(); mean != 1.25 || low != 3*biasGrid[1] ||
		high != 3*min(last, biasGrid[len(biasGrid)-1]) || !biased {
		t.Errorf("%v in [%v, %v], %v", mean, low, high, biased)
	}
	b.observe(&b.above[2], math.NaN(), 1)
	if mean, low, high, biased := b.interval(); b.broken == nil || mean != 1.25 || !math.IsNaN(low) || !math.IsNaN(high) ||
		biased {
		t.Errorf("broken (%v): %v in [%v, %v], %v", b.broken, mean, low, high, biased)
	}
}

// TestSpikesJoin: flagged steps with at most one other between them are one spike, whose peak is
// the largest.
func TestSpikesJoin(t *testing.T) {
	s := &series{}
	for k := range 40 {
		s.t, s.gamma = append(s.t, 100+k), append(s.gamma, 0.5)
		s.loss, s.error2 = append(s.loss, 1), append(s.error2, 1)
	}
	s.flagged = []int{20, 22, 23, 26, 30, 31}
	s.error2[20], s.error2[22], s.error2[23], s.error2[26], s.error2[30], s.error2[31] = 5, 9, 7, 30, 8, 4
	var got [][3]int
	for _, sp := range s.spikes(smooth{estimated: true}) {
		got = append(got, [3]int{sp.From, sp.To, sp.Peak})
		if sp.Usual2 != 1 || !sp.Estimated || sp.Promised != -1 || float64(sp.Error2) != s.error2[sp.Peak-100] {
			t.Errorf("%+v", sp)
		}
	}
	if want := [][3]int{{120, 123, 122}, {126, 126, 126}, {130, 131, 130}}; !slices.Equal(got, want) {
		t.Errorf("spikes %v, want %v", got, want)
	}
}

// TestSuspectShare: the share of a window is that of its columns, by the size of their errors; of a
// single step the one at that step.
func TestSuspectShare(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	r := newRunJudge(s, "x")
	column := func(from, to int, error2, share float64) Column {
		c := Column{From: from, To: to, Error2: Number(error2), Share: make([]Number, len(r.sites))}
		c.Share[1] = Number(share)
		return c
	}
	r.out.Columns = []Column{column(0, 9, 5, 0.9), column(10, 19, 1, 0.5), column(20, 29, 3, 0.25),
		column(30, 39, 100, math.NaN()), column(40, 49, 7, 0.1)}
	share := make([]Number, len(r.sites))
	share[1] = 0.75
	r.out.Judged = []StepSum{{Step: 9, Share: make([]Number, len(r.sites))}, {Step: 15, Share: share},
		{Step: 50, Share: make([]Number, len(r.sites))}}
	for _, c := range []struct {
		from, to, window int
		want             float64
		says             string
	}{
		{19, 39, 8, (0.5*1 + 0.25*3) / 4, "in steps 19 to 39"}, {10, 20, 8, 0.3125, "31 % of the gradient's error"},
		{15, 15, 1, 0.75, "at step 15"}, {16, 16, 1, 0.5, ""}, {14, 14, 1, 0.5, ""}, {15, 15, 8, 0.5, ""},
		{30, 39, 8, math.NaN(), ""}, {9, 9, 8, 0.9, ""},
	} {
		got := r.suspect(finding{site: 1, window: c.window, test: "size", score: 2, ratio: 3,
			block: block{from: c.from, to: c.to}})
		if x := float64(got.Share); x != c.want && !(x != x && c.want != c.want) || got.From != c.from || got.To != c.to ||
			got.Ratio != 3 || got.Score != 2 || !strings.Contains(got.Says, c.says) ||
			strings.Contains(got.Says, "gradient") != (c.want == c.want) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

// TestHowOftenShares: shares are taken at every tenth step, and with the steps that are taken apart.
func TestHowOftenShares(t *testing.T) {
	run := newEngineRun(t, engines[1], 3, 31, 6, 5)
	r := newRunJudge(run.shape, "x")
	j, err := r.run(t.Context(), run)
	if err != nil || j.Steps != 31 {
		t.Fatal(j, err)
	}
	extra := 0
	for _, s := range j.Judged {
		if s.Step%sharesEvery != 0 {
			extra++
		}
	}
	if r.sums[0].shares != 4+extra || len(j.Judged) != 1+extra {
		t.Errorf("shares of %d steps, %d steps taken apart, want 4 and 1 more than %d", r.sums[0].shares,
			len(j.Judged), extra)
	}
}

// TestSampledSites: errors at recorded coordinates are those found where all is recorded, with an
// operator whose Jacobian needs its input.
func TestSampledSites(t *testing.T) {
	ops := []core.Spec{{Op: "affine", In: 2, Out: 3}, {Op: "square", N: 3}, {Op: "softplus", N: 3},
		{Op: "affine", In: 3, Out: 4}, {Op: "softmaxce", N: 4}}
	all, st := uneven(t, float64s, nil, ops...)
	some, _ := uneven(t, float64s, map[string][]int{"Y_1": {0, 2}, "V_1": {0, 2}, "V_2": {0, 2}, "Y_2": {0, 2}}, ops...)
	part := again(st)
	for i := 1; i < all.chain.N(); i++ {
		part.Y[i] = pick(st.Y[i], nil, some.columns.y[i], all.chain.D(i), st.B)
		part.V[i] = pick(st.V[i], nil, some.columns.v[i], all.chain.D(i), st.B)
	}
	whole, judge := newStepJudge(all, newApart(all)), newStepJudge(some, newApart(some))
	whole.judge(st, whole.exacts.take(nil, st, st.W))
	judge.judge(part, judge.exacts.take(nil, part, part.W))
	seen := 0
	for k := range judge.sites {
		if judge.partial.ops[k] == nil {
			continue
		}
		seen++
		want := pick(whole.sites[k].e, nil, judge.partial.columns[k], whole.sites[k].d, st.B)
		if got := judge.sites[k].e; len(got) != len(want) {
			t.Errorf("%v: %d errors, want %d", all.site(k), len(got), len(want))
		} else {
			sameNumbers(t, all.name(k), got, want)
		}
	}
	if seen < 5 {
		t.Errorf("%d sites are judged", seen)
	}
}

// TestGainPlaces: the largest gain of a site is what Theorem 1 has for an error of size 1 there alone.
func TestGainPlaces(t *testing.T) {
	s, st := uneven(t, float64s, nil)
	j := newStepJudge(s, newApart(s))
	j.judge(st, j.exacts.take(nil, st, st.W))
	_, per, _, atMost := j.constants(st)
	n := s.chain.N()
	for i := 1; i < n; i++ {
		d2, e2 := make([]float64, n+1), make([]float64, n+1)
		d2[i] = 1
		near(t, j.name(j.deltaSite(i)), atMost[j.deltaSite(i)], math.Sqrt(bounds.SharpTheorem1PerOp(per, d2, e2)), 1e-12)
		d2[i], e2[i+1] = 0, 1
		near(t, j.name(j.epsSite(i+1)), atMost[j.epsSite(i+1)], math.Sqrt(bounds.SharpTheorem1PerOp(per, d2, e2)), 1e-12)
	}
}

// TestSharesWhenLarge: first-order shares stay where they sum to about 1; else the shares are what
// goes away without each site.
func TestSharesWhenLarge(t *testing.T) {
	for _, c := range []struct{ first, without, want []Number }{
		{[]Number{0.75, 0.375}, []Number{0.5, 0.5}, []Number{0.75, 0.375}},
		{[]Number{0.5, 0.375}, []Number{0.5, 0.5}, []Number{0.5, 0.375}},
		{[]Number{1, 0.25}, []Number{0.25, 0.75}, []Number{0.75, 0.25}},
		{[]Number{0.25, 0.25}, []Number{0.25, 0.75}, []Number{0.75, 0.25}},
		{[]Number{4, 0}, []Number{0.5, 1.5}, []Number{1, 0}},
		{[]Number{4, 0}, []Number{1, 1.5}, []Number{4, 0}}, // nothing goes away
	} {
		s := StepSum{First: c.first, Without: c.without}
		if got := s.shares(); !slices.Equal(got, c.want) {
			t.Errorf("%v, %v: %v, want %v", c.first, c.without, got, c.want)
		}
	}
}

// TestSiteSumParts: each part of what a site did is there where it was measured.
func TestSiteSumParts(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	r := newRunJudge(s, "x")
	for _, c := range []struct {
		sums                  siteTotals
		share, gain, atMost   float64
		rms, expected, larges float64
	}{
		{siteTotals{samples: 4, sum2: 36, pred: 16, largest: 5}, math.NaN(), math.NaN(), math.NaN(), 3, 2, 5},
		{siteTotals{samples: 1, shares: 4, share: 2, gain: 3}, 0.5, 3, 0, 0, 0, 0},
		{siteTotals{samples: 1, shares: 1, share: 2, atMost: 7}, 2, 0, 7, 0, 0, 0},
		{siteTotals{samples: 1, gain: 6, atMost: 7}, math.NaN(), 6, 7, 0, 0, 0},
		{siteTotals{samples: 1, gain: 0.5}, math.NaN(), 0.5, 0, 0, 0, 0},
		{siteTotals{samples: 1, atMost: 0.5}, math.NaN(), 0, 0.5, 0, 0, 0},
	} {
		r.sums[1] = c.sums
		got := r.siteSum(1)
		is := func(x Number, want float64) bool { return float64(x) == want || x != x && want != want }
		if !got.Checked || !is(got.Share, c.share) || !is(got.Amplification, c.gain) || !is(got.AtMost, c.atMost) ||
			!is(got.RMS, c.rms) || !is(got.Expected, c.expected) || !is(got.Largest, c.larges) {
			t.Errorf("%+v: %+v", c.sums, got)
		}
	}
}

// TestMayBe: Corollary 1 lets a biased error fall with T^{-1/4}, delta with T^{-1/8}, eps not at all.
func TestMayBe(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	r := newRunJudge(s, "x")
	r.out.Steps = 256
	for _, c := range []struct {
		kind   string
		biased bool
		want   float64
	}{{"delta", false, 0.5}, {"delta", true, 0.25}, {"eps", true, 0.25}, {"eps", false, 1}} {
		if got := r.mayBe(Site{c.kind, 1, 1}, c.biased); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestBiasBound: what a block may come to is its bound per sample, relative to the errors before; what
// rounding to nearest has taken off may come back, so that it is twice that.
func TestBiasBound(t *testing.T) {
	for _, way := range []int{byValue, rounded, byOutputRounded} {
		b := bias{way: way, total: []float64{3, 4}, total2: 36, totalSamples: 4, samples: 2, bound: 1.5,
			steps: biasBlock}
		for k := range ways {
			b.ways2[k], b.mean[k] = 9, []float64{0, 0}
		}
		b.ways2[way], b.mean[way] = 1, []float64{0.75, 1}
		var want bias
		bound := 1.5/2/3 + math.SmallestNonzeroFloat64
		if way != byValue {
			bound *= 2
		}
		x := (0.75*3 + 4.) / 5 / 2 / 3
		for k, m := range biasGrid {
			want.observe(&want.above[k], x-m, bound+m)
			want.observe(&want.below[k], m-x, bound+m)
		}
		b.close()
		if b.broken != nil || !reflect.DeepEqual(b.above, want.above) || !reflect.DeepEqual(b.below, want.below) {
			t.Errorf("way %d (%v): %+v, want %+v", way, b.broken, b.above, want.above)
		}
		if !slices.Equal(b.total, []float64{3.75, 5}) || b.total2 != 37 || b.totalSamples != 6 || b.way != way ||
			b.steps != 0 {
			t.Errorf("way %d: in all %+v", way, b)
		}
	}
}

// TestNoStep: a writer that has written no step is an error, with the directory.
func TestNoStep(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	w, err := Create(filepath.Join(t.TempDir(), "empty"), s.run)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "empty: no step was recorded") {
		t.Errorf("%v", err)
	}
}

// TestMostSamples: the most samples of a line are read, one more is refused.
func TestMostSamples(t *testing.T) {
	s, _ := uneven(t, float64s, nil)
	step, gamma := 1, 0.5
	for _, c := range []struct {
		samples int
		refused bool
	}{{0, true}, {1, false}, {MaxSamples, false}, {MaxSamples + 1, true}} {
		l := line{Step: &step, Gamma: &gamma, X: make([][]value, c.samples)}
		err := l.step(s, &Step{})
		if err == nil || strings.Contains(err.Error(), "want 1 to") != c.refused {
			t.Errorf("%d samples: %v", c.samples, err)
		}
	}
}

// TestModelRange: squares of spacings are taken of numbers from 2^-200, or the smallest of the format,
// to 2^200.
func TestModelRange(t *testing.T) {
	for name, least := range map[string]float64{"float64": 0x1p-200, "bfloat16": 0x1p-126, "e4m3": 0x1p-6} {
		m := newModel(Precision{name, "float64", "float64"})
		if m.least != math.Float64bits(least) || m.most != math.Float64bits(0x1p200) {
			t.Errorf("%s: from %v to %v", name, math.Float64frombits(m.least), math.Float64frombits(m.most))
		}
		if m.finer != (name != "float64") {
			t.Errorf("%s: finer %v", name, m.finer)
		}
	}
}

// TestDeclaredCause: a spike most of whose error is that of a declared site is its doing, the first
// site too; a smaller part is not.
func TestDeclaredCause(t *testing.T) {
	for site := range 3 {
		for _, part := range []float64{0.9, 0.4} {
			s, _ := uneven(t, float64s, nil)
			r := newRunJudge(s, "x")
			r.declared = make([]*Declared, len(r.sites))
			r.declared[site] = &Declared{Kind: "any"}
			share := make([]Number, len(r.sites))
			share[site] = Number(part)
			r.out.Judged = []StepSum{{Step: 3, Share: make([]Number, len(r.sites))}, {Step: 4, Share: share}}
			sp := Spike{From: 4, To: 4, Peak: 4, Share: Number(math.NaN()), Promised: -1}
			r.cause(&sp, nil)
			if part > declaredShare {
				if sp.Cause == nil || *sp.Cause != r.site(site) || float64(sp.Share) != part ||
					!strings.Contains(sp.Says, "90 % of the gradient's error") {
					t.Errorf("site %d: %+v", site, sp)
				}
			} else if sp.Cause != nil || !strings.Contains(sp.Says, "no site's error stands out") {
				t.Errorf("site %d: %+v", site, sp)
			}
		}
	}
}

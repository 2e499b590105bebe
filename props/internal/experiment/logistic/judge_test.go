package logistic

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/google/go-cmp/cmp"
)

var (
	update = flag.Bool("update", false, "write the files of testdata anew")
	full   = flag.Bool("full", false, "make all judgements and run all curves again that tests know")
)

// dearJudgements take a third of the time of all: they are made with -full, and by verify.
var dearJudgements = []string{"at fixed T", "little improvement"}

// ofRounding are errors that another architecture may have otherwise.
var ofRounding = regexp.MustCompile(`within \de-1\d`)

// TestJudgements: the verdict of each printed outcome, and in testdata/judgements.txt the figures that
// it rests on; of those that both regularizers have the other one is in every search, and so are the
// dear ones.
func TestJudgements(t *testing.T) {
	var got strings.Builder
	dear := map[string]bool{}
	for _, name := range dearJudgements {
		dear[name] = !*full && !*update
	}
	for _, c := range []struct {
		name  string
		judge func() claim.Judgement
		want  claim.Verdict
	}{
		{"backward to zero, nonconvex", func() claim.Judgement { return JudgeToZero(Nonconvex, []float64{2}) },
			claim.Holds},
		{"at fixed T", func() claim.Judgement { return JudgeFixedT(Nonconvex) }, claim.Refuted},
		{"little improvement", JudgeLittle, claim.Holds},
		{"every level, nonconvex", func() claim.Judgement { return JudgeEvery(Nonconvex) }, claim.Holds},
		{"saturates", JudgeSaturates, claim.Holds},
		{"only large ones", JudgeOnlyLarge, claim.Refuted},
		{"one-sided", JudgeOneSided, claim.Holds},
		{"a stationary point", JudgeStationary, claim.Refuted},
		{"exact", JudgeExact, claim.Holds},
		{"falls", func() claim.Judgement { return JudgeFalls(Nonconvex) }, claim.Holds},
		{"again to zero", func() claim.Judgement { return JudgeAgain(Nonconvex) }, claim.Refuted},
		{"reciprocal", func() claim.Judgement { return JudgeReciprocal(Intermittent) }, claim.Holds},
		{"larger", func() claim.Judgement { return JudgeLarger(Nonconvex) }, claim.Holds},
		{"coupled", JudgeCoupled, claim.Holds},
	} {
		if dear[c.name] {
			continue
		}
		start := time.Now()
		j := c.judge()
		if j.Verdict != c.want || j.Cases == 0 || j.Note == "" {
			t.Errorf("%s: %+v, want %s", c.name, j, c.want)
		}
		t.Logf("%s: %v", c.name, time.Since(start).Round(time.Millisecond))
		note := ofRounding.ReplaceAllString(j.Note, "within rounding")
		fmt.Fprintf(&got, "%s: %s, %d cases\n\t%s\n", c.name, j.Verdict, j.Cases, note)
	}
	path := filepath.Join("testdata", "judgements.txt")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	lines := slices.Collect(strings.Lines(string(data)))
	for k := 0; k+1 < len(lines); k += 2 { // of each a line, and one of what it rests on
		if name, _, _ := strings.Cut(lines[k], ":"); !dear[name] {
			want += lines[k] + lines[k+1]
		}
	}
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Errorf("judgements (-on record +got); go test ./props/internal/experiment/logistic -run Judgements -update "+
			"writes them:\n%s", d)
	}
}

// planted puts a value into one of the maps that judgements share, until the test ends.
func planted(t *testing.T, m *sync.Map, p Point, v any) {
	t.Helper()
	old, there := m.Load(p)
	m.Store(p, v)
	t.Cleanup(func() {
		if m.Delete(p); there {
			m.Store(p, old)
		}
	})
}

// shortly plants what short runs come to.
func shortly(t *testing.T, text string, reg core.Regularizer, laws ...Law) {
	t.Helper()
	for _, l := range laws {
		for _, gamma := range []float64{0.3, 0.15} {
			p := base(1, reg, l, gamma)
			p.M, p.T = 200, 8000
			planted(t, &shortFound, p, text)
		}
	}
}

// height is a plateau that a test plants.
type height func(draw uint64, l Law) (plateau, err float64, proved bool)

// rooted plants roots for three draws.
func rooted(t *testing.T, reg core.Regularizer, h height, laws ...Law) {
	t.Helper()
	for draw := uint64(1); draw <= 3; draw++ {
		for _, l := range laws {
			w := make([]float64, fullD)
			for j := range w {
				w[j] = 0.3 - 0.05*float64(j)
			}
			r := &Root{W: w, Lambda: 1}
			r.Plateau, r.Err, r.Proved = h(draw, l)
			planted(t, &rootsFound, base(draw, reg, l, 0.1), r)
		}
	}
}

// laws are all combinations of levels and spacings.
func laws(levels []float64, spacings ...int) (all []Law) {
	for _, s := range levels {
		for _, every := range spacings {
			all = append(all, Law{Forward: s, Every: every})
		}
	}
	return all
}

func oneSidedLaws(levels ...float64) (all []Law) {
	for _, s := range levels {
		all = append(all, Law{Backward: s, OneSided: true})
	}
	return all
}

// at changes a height for one draw and one law.
func (h height) at(draw uint64, l Law, change func(plateau, err float64) (float64, float64, bool)) height {
	return func(d uint64, m Law) (float64, float64, bool) {
		v, e, ok := h(d, m)
		if d == draw && m == l {
			return change(v, e)
		}
		return v, e, ok
	}
}

// TestVerdictLogic: each judgement on plateaus that are planted, on both sides of every edge.
func TestVerdictLogic(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.7}
	reciprocal := height(func(_ uint64, l Law) (float64, float64, bool) {
		return l.Forward * l.Forward / float64(l.Every), 1e-9, true
	})
	power := func(a float64) height {
		return func(_ uint64, l Law) (float64, float64, bool) { return math.Pow(float64(l.Every), a), 1e-9, true }
	}
	times := func(x float64) func(v, e float64) (float64, float64, bool) {
		return func(v, e float64) (float64, float64, bool) { return x * v, e, true }
	}
	drowned := func(v, _ float64) (float64, float64, bool) { return v, v, true }
	seen := func(v, _ float64) (float64, float64, bool) { return v, 0.999 * v, true }
	lost := func(v, e float64) (float64, float64, bool) { return v, e, false }
	spaced := func(s float64, every int) Law { return Law{Forward: s, Every: every} }

	falls := laws([]float64{1, 2}, 1, 3, 10, 30, 100)
	again := laws([]float64{2}, 10, 100, 1000, 10_000)
	recips := laws([]float64{0.5, 1, 2}, 3, 10, 30, 100, 300, 1000)
	larger := laws([]float64{1, 2}, 3, 30, 300)
	every := append(laws([]float64{0, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2}, 1), Law{})
	oneSided := oneSidedLaws(0.1, 0.25, 0.5, 1, 2, 4)
	exact := oneSidedLaws(0.05, 0.1, 0.25, 0.5, 1, 2, 4)
	small := laws([]float64{0.02, 0.05, 0.1}, 1)

	grows := height(func(_ uint64, l Law) (float64, float64, bool) { return l.Backward, 1e-9, true })
	mean := func(draw uint64) float64 { return norm2(fieldOf(base(draw, Convex, Law{}, 0.1)).data.mean) }
	off := func(x float64) height { // x errors from the closed form
		return func(draw uint64, l Law) (float64, float64, bool) {
			return l.Backward*mean(draw)/(2*math.Sqrt(10)) + x*1e-6, 1e-6, true
		}
	}
	form := func(x float64) height { // x widths from the closed form in s_f^2
		return func(draw uint64, l Law) (float64, float64, bool) {
			s := l.Forward
			if s == 0 {
				return 0, 0, true
			}
			return usualSetting.closedForm(draw, reg, l) * (1 + x*(0.02*s*s+1e-3)), 1e-12, true
		}
	}
	tiny := height(func(uint64, Law) (float64, float64, bool) { return 1e-5, 1e-9, true })

	one := func(judge func(core.Regularizer) claim.Judgement) func() claim.Judgement {
		return func() claim.Judgement { return judge(reg) }
	}
	for _, c := range []struct {
		name  string
		judge func() claim.Judgement
		laws  []Law
		h     height
		want  claim.Verdict
		cases int // 0 for any
	}{
		{"falls", one(JudgeFalls), falls, reciprocal, claim.Holds, 34},
		{"falls, but once", one(JudgeFalls), falls, reciprocal.at(3, spaced(2, 100), times(3.34)), claim.Refuted, 34},
		{"falls a little", one(JudgeFalls), falls, reciprocal.at(3, spaced(2, 100), times(3.33)), claim.Holds, 34},
		{"falls to nothing", one(JudgeFalls), falls, reciprocal.at(1, spaced(1, 100), drowned), claim.Refuted, 34},
		{"falls to little", one(JudgeFalls), falls, reciprocal.at(1, spaced(1, 100), seen), claim.Holds, 34},
		{"falls, no root", one(JudgeFalls), falls, reciprocal.at(2, spaced(1, 10), lost), claim.Undecided, 0},
		{"again", one(JudgeAgain), again, reciprocal, claim.Refuted, 16},
		{"again, once", one(JudgeAgain), again, reciprocal.at(3, spaced(2, 10_000), drowned), claim.Holds, 16},
		{"again, almost", one(JudgeAgain), again, reciprocal.at(3, spaced(2, 10_000), seen), claim.Refuted, 16},
		{"again, no root", one(JudgeAgain), again, reciprocal.at(3, spaced(2, 10), lost), claim.Undecided, 0},
		{"reciprocal", one(JudgeReciprocal), recips, reciprocal, claim.Holds, 56},
		{"slope -1.009", one(JudgeReciprocal), recips, power(-1.009), claim.Holds, 56},
		{"slope -1.011", one(JudgeReciprocal), recips, power(-1.011), claim.Refuted, 56},
		{"slope -0.989", one(JudgeReciprocal), recips, power(-0.989), claim.Refuted, 56},
		{"one slope", one(JudgeReciprocal), recips, reciprocal.at(2, spaced(1, 3), times(1.1)), claim.Refuted, 56},
		{"reciprocal of nothing", one(JudgeReciprocal), recips, reciprocal.at(2, spaced(1, 30), drowned), claim.Refuted,
			56},
		{"reciprocal, no root", one(JudgeReciprocal), recips, reciprocal.at(2, spaced(1, 30), lost), claim.Undecided, 0},
		{"larger", one(JudgeLarger), larger, reciprocal, claim.Holds, 13},
		{"a little larger", one(JudgeLarger), larger, reciprocal.at(3, spaced(2, 300), times(0.251)), claim.Holds, 13},
		{"not larger", one(JudgeLarger), larger, reciprocal.at(3, spaced(2, 300), times(0.25)), claim.Refuted, 13},
		{"larger, no root", one(JudgeLarger), larger, reciprocal.at(1, spaced(1, 30), lost), claim.Undecided, 0},
		{"larger, no other root", one(JudgeLarger), larger, reciprocal.at(1, spaced(2, 30), lost), claim.Undecided, 0},
		{"every level", one(JudgeEvery), every, form(0), claim.Holds, 25},
		{"0.9 above", one(JudgeEvery), every, form(0.9), claim.Holds, 25},
		{"1.1 above", one(JudgeEvery), every, form(1.1), claim.Refuted, 25},
		{"1.1 below", one(JudgeEvery), every, form(-1.1), claim.Refuted, 25},
		{"one drowned", one(JudgeEvery), every, form(0).at(2, spaced(0.1, 1), drowned), claim.Refuted, 25},
		{"the least is not clear", one(JudgeEvery), every, form(0).at(1, spaced(0.02, 1),
			func(v, _ float64) (float64, float64, bool) { return v, v / 9, true }), claim.Refuted, 25},
		{"the least is clear", one(JudgeEvery), every, form(0).at(1, spaced(0.02, 1),
			func(v, _ float64) (float64, float64, bool) { return v, v / 11, true }), claim.Holds, 25},
		{"every level, no root", one(JudgeEvery), every, form(0).at(2, spaced(2, 1), lost), claim.Undecided, 0},
		{"grows", JudgeOneSided, oneSided, grows, claim.Holds, 40},
		{"does not grow", JudgeOneSided, oneSided, grows.at(3, oneSided[5], times(0.5)), claim.Refuted, 40},
		{"grows from nothing", JudgeOneSided, oneSided, grows.at(2, oneSided[0], drowned), claim.Refuted, 40},
		{"grows, neither", JudgeOneSided, oneSided, grows.at(1, oneSided[0], lost), claim.Undecided, 0},
		{"exact", JudgeExact, exact, off(1.9), claim.Holds, 23},
		{"too high", JudgeExact, exact, off(2.1), claim.Refuted, 23},
		{"too low", JudgeExact, exact, off(-2.1), claim.Refuted, 23},
		{"exact, no root", JudgeExact, exact, off(0).at(3, exact[6], lost), claim.Undecided, 0},
		{"only large", JudgeOnlyLarge, small, tiny, claim.Refuted, 13},
		{"a small one has none", JudgeOnlyLarge, small, tiny.at(2, spaced(0.05, 1), drowned), claim.Holds, 13},
		{"only large, no root", JudgeOnlyLarge, small, tiny.at(2, spaced(0.05, 1), lost), claim.Undecided, 0},
		{"saturates, no root", JudgeSaturates, laws([]float64{0.1, 0.5}, 1), tiny.at(1, spaced(0.1, 1), lost),
			claim.Undecided, 0},
		{"to zero, no root", func() claim.Judgement { return JudgeToZero(reg, nil) }, []Law{{Every: 1}},
			tiny.at(1, Law{Every: 1}, lost), claim.Undecided, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, r := range []core.Regularizer{reg, Convex, Nonconvex} {
				rooted(t, r, c.h, c.laws...)
				for _, l := range append(laws([]float64{0.1, 0.25, 0.5, 1, 2}, 1, 3, 10, 30, 40, 100),
					oneSidedLaws(0.25, 0.5, 2)...) {
					shortly(t, "", r, l)
				}
			}
			j := c.judge()
			if j.Verdict != c.want || c.cases > 0 && j.Cases != c.cases || j.Note == "" {
				t.Errorf("%+v, want %s of %d cases", j, c.want, c.cases)
			}
		})
	}
}

// TestShortPoints: a short run at each of two step sizes, 200 samples and 8000 steps of the first draw.
func TestShortPoints(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.9}
	for _, gamma := range []float64{0.3, 0.15} {
		shortly(t, "", reg, Law{Forward: 3})
		p := base(1, reg, Law{Forward: 3}, gamma)
		p.M, p.T = 200, 8000
		planted(t, &shortFound, p, "this one")
		if runs, against := short(reg, Law{Forward: 3}); runs != 2 || against != "this one" {
			t.Errorf("gamma = %v: %d runs, %q", gamma, runs, against)
		}
	}
}

// TestVerdict: a short run that differs is Undecided whatever the oracle says, and counts.
func TestVerdict(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.9}
	a, b := Law{Forward: 1}, Law{Backward: 1}
	for _, c := range []struct {
		is      bool
		against string
		want    claim.Verdict
	}{{true, "", claim.Holds}, {false, "", claim.Refuted}, {true, "differs", claim.Undecided},
		{false, "differs", claim.Undecided}} {
		shortly(t, "", reg, a)
		shortly(t, c.against, reg, b)
		j := verdict(c.is, 3, "the note", reg, a, b)
		says := "the note"
		if c.against != "" {
			says = "a short run differ: " + c.against
		}
		if j.Verdict != c.want || j.Cases != 7 || !strings.Contains(j.Note, says) {
			t.Errorf("%+v, want %s", j, c.want)
		}
	}
	if j := unproved("s_f = 3"); !strings.Contains(j.Note, "s_f = 3") || j.Verdict != claim.Undecided || j.Cases != 0 {
		t.Errorf("%+v", j)
	}
}

// TestToZeroSeesAPlateau: a plateau above its error at one root of the last draw.
func TestToZeroSeesAPlateau(t *testing.T) {
	l := Law{Every: 1, Reading: OneASample}
	r := *rootOf(3, Nonconvex, l)
	r.Plateau = 1.5 * r.Err
	planted(t, &rootsFound, base(3, Nonconvex, l, 0.1), &r)
	if j := JudgeToZero(Nonconvex, nil); j.Verdict != claim.Refuted {
		t.Errorf("%+v", j)
	}
}

// TestShortRunDiffers: steps of more than 2/H run away, which the flow of the oracle does not, and are told,
// the second time too.
func TestShortRunDiffers(t *testing.T) {
	for gamma, differs := range map[float64]bool{0.1: false, 12: true} {
		p := base(1, Convex, Law{}, gamma)
		p.M, p.T, p.Start = 20, 12, 1
		t.Cleanup(func() { shortFound.Delete(p) })
		for range 2 {
			if text := shortRun(p); strings.Contains(text, "measured") != differs || (text == "") == differs {
				t.Errorf("gamma = %v: %q", gamma, text)
			}
		}
	}
	reg := core.Regularizer{Kind: "l2", Rho: 0.9}
	laws := []Law{{Forward: 1}, {Backward: 1}, {}}
	for k, l := range laws { // whichever differs is told
		shortly(t, "", reg, laws...)
		shortly(t, "this one", reg, l)
		if runs, against := short(reg, laws...); runs != 6 || against != "this one" {
			t.Errorf("law %d: %d runs, %q", k, runs, against)
		}
	}
}

// TestFixedT: standard SGD at all step sizes, planted.
func TestFixedT(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.9}
	shortly(t, "", reg, Law{})
	for _, c := range []struct {
		norms []float64
		want  claim.Verdict
	}{
		{[]float64{5, 4, 3, 2, 1}, claim.Holds}, {[]float64{5, 4, 3, 2, 2}, claim.Refuted},
		{[]float64{1, 4, 3, 2, 1}, claim.Refuted}, {[]float64{5, 4, 3, 2, math.NaN()}, claim.Undecided},
	} {
		for k, gamma := range []float64{1e-2, 1e-3, 1e-4, 1e-5, 1e-6} {
			planted(t, &standardFound, base(1, reg, Law{}, gamma), c.norms[k])
		}
		if j := JudgeFixedT(reg); j.Verdict != c.want {
			t.Errorf("%v: %+v, want %s", c.norms, j, c.want)
		}
	}
}

// TestBase is the full size of the paper, and what stands for what is left out.
func TestBase(t *testing.T) {
	got := base(2, Convex, Law{Forward: 1}, 0.3)
	want := Point{D: 10, M: 2000, Draw: 2, Reg: Convex, Law: Law{Forward: 1, Every: 1, Reading: OneAStep}, Gamma: 0.3,
		T: 200_000, EWMA: 0.99, Xi: 0.001, Seed: 1}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	near(t, "slope", slope([]float64{1, 5, 100}, []float64{2, 7, 2000}), 1.5, 1e-14)
}

// TestClosedForm is the mean kick of a small delta at the minimum, over the spacing.
func TestClosedForm(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.7}
	rooted(t, reg, func(uint64, Law) (float64, float64, bool) { return 0, 0, true }, Law{})
	l := Law{Forward: 0.01}
	r := rootOf(1, reg, Law{})
	kick := norm2(fieldOf(base(1, reg, l, 0.1)).at(r.W, nil).kick)
	near(t, "closed form", usualSetting.closedForm(1, reg, l), kick, 1e-4*kick)
	l.Every = 4
	near(t, "every 4 steps", usualSetting.closedForm(1, reg, l), kick/4, 1e-4*kick)
}

// TestLittle: little improvement is less than a factor of 2 at both levels, at every draw and reading;
// what standard SGD gains is said and not judged.
func TestLittle(t *testing.T) {
	usual := floors
	defer func() { floors = usual }()
	shortly(t, "", Nonconvex, Law{Forward: 1}, Law{Forward: 2})
	for _, c := range []struct {
		gain [3]float64 // at s_f = 0, 1, 2, at the second draw and one number a sample
		want claim.Verdict
		note string
	}{
		{[3]float64{5.5, 1.75, 1.25}, claim.Holds,
			"1.25 fold with s_f = 2 (caption), 1.75 fold with s_f = 1 (text), and 5.5 fold"},
		{[3]float64{5.5, 2, 1.25}, claim.Refuted, "2.00 fold with s_f = 1"},
		{[3]float64{5.5, 1.75, 2}, claim.Refuted, "2.00 fold with s_f = 2"},
		{[3]float64{5.5, math.NaN(), 1}, claim.Undecided, "s_f = 1"},
		{[3]float64{5.5, 1, math.NaN()}, claim.Undecided, "s_f = 2"},
	} {
		floors = func(_ *setting, draw uint64, _ core.Regularizer, l Law, gammas []float64) []float64 {
			if draw == 2 && l.Reading == OneASample {
				return []float64{3 * c.gain[int(l.Forward)], 3}
			}
			return []float64{1, 1}
		}
		j := JudgeLittle()
		if j.Verdict != c.want || !strings.Contains(j.Note, c.note) ||
			c.want != claim.Undecided && j.Cases != 3*2*judgedDraws+4 {
			t.Errorf("%v: %+v, want %s", c.gain, j, c.want)
		}
	}
}

// TestNotes: the least and the largest ratio, and the levels, are in what a judgement says.
func TestNotes(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.7}
	for _, l := range append(laws([]float64{0.5, 1, 2}, 1, 3, 10, 30, 100), Law{}) {
		shortly(t, "", reg, l)
	}
	four := height(func(_ uint64, l Law) (float64, float64, bool) {
		return l.Forward * l.Forward / float64(l.Every), 1e-9, true
	})
	half := func(v, e float64) (float64, float64, bool) { return v / 2, e, true }
	rooted(t, reg, four.at(2, Law{Forward: 2, Every: 30}, half), laws([]float64{1, 2}, 3, 30, 300)...)
	if j := JudgeLarger(reg); j.Verdict != claim.Holds || !strings.Contains(j.Note, "2.00") ||
		!strings.Contains(j.Note, "4.00") {
		t.Errorf("%+v", j)
	}
	rooted(t, reg, func(draw uint64, l Law) (float64, float64, bool) {
		if l.Forward == 0 {
			return 0, 0, true
		}
		return usualSetting.closedForm(draw, reg, l), 1e-12, true
	}, append(laws([]float64{0, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2}, 1), Law{})...)
	if j := JudgeEvery(reg); j.Verdict != claim.Holds || !strings.HasSuffix(j.Note, "s_f = 0.02 to 2") {
		t.Errorf("%+v", j)
	}
}

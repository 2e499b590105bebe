package logistic

import (
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
)

// quickOutcomes take a second; the others are varied with -full, and by verify.
var quickOutcomes = []string{"fig4b/printed", "fig4b/derivation", "fig5b/printed", "fig6/sharp", "fig6/derivation",
	"fig7b/printed", "fig7c/printed", "fig8b/printed", "fig8c/printed"}

func TestMain(m *testing.M) {
	flag.Parse()
	if !*full && !*update {
		Variations = func() (some []*Varied) {
			for _, outcome := range quickOutcomes {
				some = append(some, variedOf(outcome))
			}
			return some
		}
	}
	os.Exit(m.Run())
}

// TestVariations: the table on the page, in testdata/variations.txt; every choice of every outcome is computed, or
// has a reason of the list. With -full it is the whole table.
func TestVariations(t *testing.T) {
	letters := ""
	for _, r := range reasons {
		letters += r.letter
	}
	why := regexp.MustCompile(`^cannot: ([` + letters + `])( \(\d\.\de-\d\d\))?$`)
	for _, v := range Variations() {
		if len(v.Cells) != len(choices) {
			t.Errorf("%s: %d choices", v.Outcome, len(v.Cells))
		}
		for k, c := range v.Cells {
			if c.Choice != choices[k] || c.Says == "" || c.Ignored != "" ||
				strings.HasPrefix(c.Says, "open") != (v.Outcome == "fig6/printed" && c.Choice == byStart) {
				t.Errorf("%s: %+v", v.Outcome, c)
			}
			if strings.HasPrefix(c.Says, "cannot") && !why.MatchString(c.Says) {
				t.Errorf("%s, %s: no reason in %q", v.Outcome, c.Choice, c.Says)
			}
		}
	}
	got := strings.Join(lines(t, variedTable(Variations())), "\n") + "\n"
	path := filepath.Join("testdata", "variations.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := onPage(t)
	if !*full && !*update { // each row that is made is on record, and on the page
		if rows := strings.Count(got, "\n"); rows != len(quickOutcomes)+2 {
			t.Fatalf("%d rows of %d outcomes", rows, len(quickOutcomes))
		}
		for row := range strings.Lines(got) {
			if !strings.Contains(string(want), row) || !strings.Contains(page, row) {
				t.Errorf("not on record, or not on the page: %s", row)
			}
		}
		return
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("variations (-on record +got); go test ./props/internal/experiment/logistic -run Variations -update "+
			"writes them:\n%s", d)
	}
	if !strings.Contains(page, "\n\n"+got+"\n") {
		t.Errorf("the page on record has not this table: %s > props/pages/FIGURES.md", PageCommand)
	}
}

// TestIgnoresItsVariation: a finding that reads its own d, draw or list, and not that of the setting, is told, and a
// judgement with it is undecided.
func TestIgnoresItsVariation(t *testing.T) {
	reg := core.Regularizer{Kind: "l2", Rho: 0.7}
	for choice, deaf := range map[string]func(o setting) setting{
		byD:       func(o setting) setting { o.d = 10; return o },
		byM:       func(o setting) setting { o.m = 200; return o },
		byDraw:    func(o setting) setting { o.draws = []uint64{1}; return o },
		byReading: func(o setting) setting { o.readings = []Reading{OneAStep}; return o },
		byList:    func(o setting) setting { o.levels = nil; return o },
		"":        func(o setting) setting { return o },
	} {
		v := &variation{outcome: "a/printed", cannot: map[string]string{byHorizon: limitFirst},
			lists: []trial{levelsAre(0.3)}, find: func(o *setting) finding {
				deafened := deaf(*o)
				if deafened.m > 200 || choice == byM {
					deafened.m = 200
				}
				for _, s := range deafened.levelsOr(1) {
					deafened.root(deafened.draws[0], reg, Law{Backward: s, Reading: deafened.readings[len(deafened.readings)-1]})
				}
				return finding{is: true, cases: 1}
			}}
		got := v.vary()
		for _, c := range got.Cells {
			// 3000 samples are not looked at here, whoever is deaf
			if bad := c.Ignored != ""; bad != (c.Choice == choice || c.Choice == byM) {
				t.Errorf("deaf to %q: %+v", choice, c)
			}
		}
		if choice == "" {
			continue
		}
		j := got.added(claim.Judgement{Verdict: claim.Holds, Note: "a note"})
		if j.Verdict != claim.Undecided || !strings.Contains(j.Note, "does not read") {
			t.Errorf("deaf to %q: %+v", choice, j)
		}
	}
}

// TestTry: the words of each verdict, and where a cell ends.
func TestTry(t *testing.T) {
	trials := sizes(byD, []int{1, 2})
	for _, c := range []struct {
		f       finding
		usually claim.Verdict
		more    bool
		says    string
		changes string
	}{
		{finding{is: true}, claim.Holds, true, "1, 2", ""},
		{finding{is: true}, claim.Refuted, false, "1: holds", "d = 1: holds"},
		{finding{}, claim.Holds, false, "1: refuted", "d = 1: refuted"},
		{lacking("s_f = 3"), claim.Holds, false, "1: undecided, no root is proved for s_f = 3", "d = 1: undecided"},
		{lacking("s_f = 3"), claim.Undecided, true, "1, 2", ""},
	} {
		v := &variation{find: func(o *setting) finding { o.base(1, Convex, Law{}, 1); return c.f }}
		cell := Cell{Choice: byD}
		more := v.try(&cell, trials[0], c.usually)
		if more {
			v.try(&cell, trials[1], c.usually)
		}
		if more != c.more || cell.Says != c.says || cell.Changes != c.changes || cell.Ignored != "" {
			t.Errorf("%+v: %v, %+v", c, more, cell)
		}
	}
}

// TestAdded: what a judgement says of choices; its verdict and cases stay.
func TestAdded(t *testing.T) {
	j := claim.Judgement{Verdict: claim.Holds, Cases: 3, Note: "a note"}
	v := &Varied{Cells: []Cell{{Choice: byD}}}
	if got := v.added(j); got.Verdict != claim.Holds || got.Cases != 3 ||
		got.Note != "a note. Choices made otherwise: none that was tried changes the verdict" {
		t.Errorf("%+v", got)
	}
	v.Cells = append(v.Cells, Cell{Changes: "M = 5: undecided"}, Cell{Changes: "d = 20: refuted"})
	j.Note = ""
	if got := v.added(j); got.Note != "Choices made otherwise: another verdict at M = 5: undecided; d = 20: refuted" {
		t.Errorf("%+v", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("an outcome that nothing is varied for is taken")
		}
	}()
	Vary("fig9/printed", func() claim.Judgement { return j })
}

// TestOnlyRoot: what is proved is so: from far away in every direction G leads back to the root. Two roots are never
// called one.
func TestOnlyRoot(t *testing.T) {
	p := base(1, Nonconvex, Law{Forward: 2, Every: 2}, 0.1)
	p.D, p.M = 4, 400
	f := newField(p, newData(p.M, p.D, p.Draw))
	r := f.root(p.start())
	if margin := f.onlyRoot(r.W); !r.Proved || !(margin > 0) {
		t.Fatalf("margin %v", margin)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		u, w := make([]float64, p.D), make([]float64, p.D)
		for j := range u {
			u[j] = rng.NormFloat64()
		}
		size := math.Exp(6*rng.Float64()-3) / norm2(u)
		for j := range u {
			w[j] = r.W[j] + size*u[j]
		}
		if g := f.evaluate(w, nil, false).mean; !(dot(g, u) > 0) {
			t.Fatalf("<G, u> = %v at a distance of %v", dot(g, u), size*norm2(u))
		}
	}
	// One feature and a large rho: a root near 0 and others further out.
	several := 0
	for draw := uint64(1); draw <= 12; draw++ {
		p := base(draw, core.Regularizer{Kind: "nonconvex", Rho: 0.5}, Law{}, 0.1)
		p.D, p.M = 1, 20
		f := newField(p, newData(p.M, p.D, draw))
		var roots []float64
		last := math.NaN()
		for w := -40.05; w < 40; w += 0.01 {
			g := f.evaluate([]float64{w}, nil, false).mean[0]
			if last*g < 0 {
				roots = append(roots, w)
			}
			last = g
		}
		if len(roots) < 2 {
			continue
		}
		several++
		for _, w := range roots {
			if margin := f.onlyRoot([]float64{w}); margin > 0 {
				t.Errorf("the root near %v is called the only one of %v", w, roots)
			}
		}
	}
	if several == 0 {
		t.Error("no draw has several roots")
	}
}

// TestLittleCondition: gamma from 0.3 to 0.01 gains less than 2 where the plateau is above 0.47 of the norm at
// 0.3, as
// the page says, at every d, s_f and reading but for a narrow band about it.
func TestLittleCondition(t *testing.T) {
	var both [2]int
	for _, d := range []int{3, 10, 20} {
		for _, s := range []float64{0.25, 0.5, 1, 1.5, 2} {
			for _, reading := range usualSetting.readings {
				o := &setting{d: d, m: 1000, draws: []uint64{1}, readings: usualSetting.readings}
				l := Law{Forward: s, Reading: reading}
				f := floors(o, 1, Nonconvex, l, []float64{0.3, 0.01})
				share, gain := o.root(1, Nonconvex, l).Plateau/f[0], f[0]/f[1]
				if math.Abs(share/0.47-1) < 0.15 {
					continue
				}
				if is := gain < littleImprovement; is != (share > 0.47) {
					t.Errorf("d = %d, s_f = %v, one a %s: the plateau is %.3f of the norm, and the gain %.3f", d, s, reading,
						share, gain)
				} else if is {
					both[0]++
				} else {
					both[1]++
				}
			}
		}
	}
	if slices.Contains(both[:], 0) {
		t.Errorf("gains %v: one side is not seen", both)
	}
}

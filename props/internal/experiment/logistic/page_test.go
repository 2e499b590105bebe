package logistic

import (
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/pages"
)

// onPage is the page on record.
func onPage(t *testing.T) string {
	t.Helper()
	data, err := pages.FS.ReadFile("FIGURES.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// lines of a table as Markdown.
func lines(t *testing.T, d *table.Table) []string {
	t.Helper()
	var b strings.Builder
	if err := d.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(b.String()), "\n")
}

// recorded are the points on record.
func recorded(t *testing.T) *Result {
	t.Helper()
	data, err := pages.FS.ReadFile(PointsFile)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadCSV(data, Figures(Recorded(PageSeed)))
	if err != nil {
		t.Fatalf("%s: %v: %s -out DIR, then DIR/%s > props/pages", PointsFile, err, PointsCommand, PointsFile)
	}
	return r
}

// TestPageOnRecord: all on the page that is made of points follows from those of figures.csv, and the plateaus on
// the page are those of the oracle now.
func TestPageOnRecord(t *testing.T) {
	page, r := onPage(t), recorded(t)
	var measured strings.Builder
	d := &table.Page{Title: "t", Command: "c"}
	d.Add(table.Text(r.sizes()))
	r.addMeasured(d)
	if err := d.Markdown(&measured); err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(strings.TrimSpace(measured.String()), "\n\n")[2:] {
		if !strings.Contains(page, block) {
			t.Errorf("not on the page on record: %s > props/pages/FIGURES.md\n%.600s", PageCommand, block)
		}
	}
	if rows := strings.Join(lines(t, plateaus()), "\n"); !strings.Contains(page, "\n\n"+rows+"\n\n") {
		t.Errorf("the page on record has not this table: %s > props/pages/FIGURES.md\n%s", PageCommand, rows)
	}
	for _, i := range pictures {
		if !strings.Contains(page, "]("+i.File+")") {
			t.Errorf("no picture %s", i.File)
		}
	}
	if !strings.Contains(r.sizes(), fullSay) {
		t.Errorf("on record: %s", r.sizes())
	}
}

// TestPointsOnRecord: one of the points at full size, made again, has the bits on record, all that is stored of it by
// the digest, and the run has them on every architecture; with -full the oracle of every point is made again.
func TestPointsOnRecord(t *testing.T) {
	r := recorded(t)
	some, err := Select(r.Figures, []string{"remark4"})
	if err != nil {
		t.Fatal(err)
	}
	panel := some[0].Panels[0]
	panel.Curves = []Curve{{panel.Curves[0].Label, panel.Curves[0].Points[:1]}}
	some[0].Panels = []Panel{panel}
	again, err := Run(t.Context(), some, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := panel.Curves[0].Points[0]
	one, was := again.Of(p), r.Of(p)
	same := one.Digest[:digestShown] == was.Digest && reflect.DeepEqual(one.Predicted, was.Predicted)
	if runtime.GOARCH != "amd64" { // the record's; the oracle goes through package math and gonum, the run does not
		const lastBits = 1e-12
		same = math.Abs(one.Predicted.Stable-was.Predicted.Stable) <= lastBits*was.Predicted.Stable &&
			math.Abs(one.Predicted.SD-was.Predicted.SD) <= lastBits*was.Predicted.SD
	}
	m := *one.Measured
	m.Trace, m.W = nil, nil
	if !same || !reflect.DeepEqual(&m, was.Measured) || p.M != 2000 {
		t.Errorf("on record %+v of %+v, digest %s\nnow %+v of %+v, digest %s", was.Measured, was.Predicted, was.Digest,
			one.Measured, one.Predicted, one.Digest)
	}
	if !*full {
		return
	}
	s := newShared()
	_, traces := distinctPoints(r.Figures) // with a trace the flow is looked at more often, and Stable differs by 1e-5
	for _, f := range r.All() {
		points := f.points()
		pool.Each(len(points), runtime.GOMAXPROCS(0), func(k int) {
			p := points[k]
			q := predict(newField(p, s.of(p)), traces[p.Key()])
			if q.Trace = nil; p.Data == "" {
				q.Arrival = newField(p, s.of(p)).arrival(q)
			}
			if !reflect.DeepEqual(q, r.Of(p).Predicted) {
				t.Errorf("%s, %+v: the oracle says %+v, on record %+v", f.Name(), p, q, r.Of(p).Predicted)
			}
		})
	}
}

// TestLevel: a plateau, none, 0 within its error, and nothing proved, in words.
func TestLevel(t *testing.T) {
	for _, c := range []struct {
		q                        Predicted
		level, words, stationary string
	}{
		{Predicted{Plateau: 0.25, Proved: true}, "0.25", "0.25", "a root"},
		{Predicted{Plateau: 0.25, NoRoot: true, Proved: true}, "0.25, none", "0.25", "none: the mean step jumps over 0"},
		{Predicted{Plateau: 0.25, NoRoot: true}, "?", "0.25", "none found: the scale of int8 changes there"},
		{Predicted{Plateau: 1e-9, PlateauErr: 1e-9, Proved: true}, "0", "0", "the minimum of f"},
		{Predicted{Plateau: 1.1e-9, PlateauErr: 1e-9, Proved: true}, "1.1e-09", "1.1e-09", "a root"},
		{Predicted{Plateau: 0, PlateauErr: 1, NoRoot: true, Proved: true}, "0, none", "0",
			"none: the mean step jumps over 0"},
	} {
		a, b, d := level(&c.q), plateauWords(&c.q), stationary(&c.q)
		if a != c.level || b != c.words || d != c.stationary {
			t.Errorf("%+v: %q, %q, %q", c.q, a, b, d)
		}
	}
	if a, b := regName(Convex), regName(Nonconvex); a != "0.1 |w|^2" || b != "nonconvex" {
		t.Errorf("%s, %s", a, b)
	}
}

// TestRatios: a column a step size or horizon, the plateau of the last point, a line a curve.
func TestRatios(t *testing.T) {
	point := func(measured, plateau float64) *Outcome {
		return &Outcome{Measured: &Measured{Stable: measured}, Predicted: &Predicted{Stable: 2, Plateau: plateau,
			Proved: true}}
	}
	for axis, want := range map[Axis]string{
		ByGamma: "a law 1.10 [1.08, 1.12] 0.50 [0.49, 0.51] 0.75", ByT: "a law 1.10 [1.08, 1.12] 0.50 [0.49, 0.51] 0.75",
		ByStep: "a law 1.10 [1.08, 1.12] 0.25",
	} {
		r, f := resultOf(axis, point(2.2, 0.25), point(1, 0.75))
		all := lines(t, r.ratios(&f.Panels[0]))
		row := strings.Join(strings.Fields(strings.ReplaceAll(all[len(all)-1], "|", " ")), " ")
		head := map[Axis]string{ByGamma: "g = 0.25", ByT: "T = 200000", ByStep: "measured/predicted"}[axis]
		if row != want || !strings.Contains(all[0], head) {
			t.Errorf("%s: %s under %s, want %s", axis, row, all[0], want)
		}
	}
}

// TestPageSaysWhoIsOutside names the points that are outside, each, and says how many there are.
func TestPageSaysWhoIsOutside(t *testing.T) {
	r, _ := resultOf(ByGamma, &Outcome{Measured: &Measured{Stable: 3}, Predicted: &Predicted{Stable: 2}})
	var b strings.Builder
	judged := 0
	c := claim.Claim{Eq: "Fig 9", Statement: "a statement", Judge: func(seed uint64) claim.Judgement {
		judged++
		return claim.Judgement{Verdict: claim.Refuted, Cases: int(seed), Note: "the evidence"}
	}}
	if err := r.Page([]claim.Claim{c}, 77).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Of 1 points 0 lie where", "Outside of its interval: fig4, a panel, a law, gamma = 0.5",
		"a statement", "refuted | 77 | the evidence"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(b.String(), "interval: none") || judged != 1 || strings.Contains(b.String(), "short formats") {
		t.Errorf("judged %d times; it says that none is outside, or speaks of formats", judged)
	}
}

// TestPageOfTwo: two figures, one of them of formats: all points count, each panel has its heading, and
// formats have their table; the sizes said are those of the first point.
func TestPageOfTwo(t *testing.T) {
	sound := func() *Outcome {
		return &Outcome{Measured: &Measured{Stable: 2}, Predicted: &Predicted{Stable: 2, Errors: &Errors{}}}
	}
	r, _ := resultOf(ByGamma, sound(), sound())
	o := sound()
	o.Point = base(1, Convex, Law{Format: &Format{Name: "e4m3", Site: AtForward}}, 0.25)
	o.Point.Data = Digits
	formats, f := resultOf(ByT, o)
	f.ID, f.Title = FormatsID, "Short ones"
	r.Figures = append(r.Figures, *f)
	for key, o := range formats.of {
		r.of[key] = o
	}
	var b strings.Builder
	if err := r.Page(nil, 1).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{
		"Of 3 points 3 lie where", "## Real data and short formats\n\n" + formatsSay + "\n\n| data |",
		"| digits | forward | ",
		"M = 2000, d = 10, T = 200000 but in the coupled sweep, EWMA 0.99, w^0 = 0, one number a step. ",
		"exp(+-(4 sd + 0.02)) about", "Outside of its interval: none.\n", "## fig4: A title, a panel\n",
		"## formats: Short ones, a panel\n", "d = 10, M = 2000, three draws", "| fig4 | a panel | 2 | 2 | 1.000 | 1.000 |",
		"| formats | a panel | 1 | 1 | 1.000 | 1.000 |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
	b.Reset()
	if err := (&Result{}).Page(nil, 1).Markdown(&b); err != nil || !strings.Contains(b.String(), "Of 0 points 0 lie") {
		t.Errorf("no figure: %v, %.200s", err, &b)
	}
}

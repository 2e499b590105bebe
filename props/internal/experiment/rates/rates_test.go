package rates

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/core/problem"
)

// tiny is a range for tests of the machinery.
var tiny = Options{MinLog: 6, MaxLog: 9, Seed: 1, Steps: 1 << 11, LeastPL: 16}

// TestCount: the perturbed steps of a run are Q(T), at every placement.
func TestCount(t *testing.T) {
	o := testObjective(t)
	for _, s := range Scenarios() {
		for _, steps := range []int{64, 100, 512} {
			w := o.newWalker()
			w.box.Add(o.w0)
			_, got := w.run(&s, steps, rand.New(rand.NewPCG(1, 1)))
			if want := s.count(steps); got != want || want < 1 {
				t.Errorf("%s, %s, %s, %s: %d of %d steps perturbed, want %d", s.Setting, s.Budget, s.Level,
					s.Placement, got, steps, want)
			}
		}
	}
}

func testObjective(t *testing.T) *objective {
	t.Helper()
	o, err := newObjective(regularizers[1])
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestPermitted: the limits are those that theory.md prints, two of either line of
// Corollary 1 and one for each pair of cells.
func TestPermitted(t *testing.T) {
	const steps = 1 << 16
	x := math.Log(steps) / steps
	want := []Permission{
		{"nonconvex, zero mean, steps", 1 << 8, steps}, {"nonconvex, nonzero mean, steps", 1 << 8, 1 << 8},
		{"PL, zero mean, steps", 8, steps}, {"PL, nonzero mean, steps", 8, 8},
		{"nonconvex, (43), size", 0.25, 1}, {"nonconvex, (43), mean", 1. / 16, 1. / 16},
		{"PL, (44), size", math.Pow(x, 0.25), 1}, {"PL, (44), mean", math.Sqrt(x), math.Sqrt(x)},
	}
	if d := cmp.Diff(want, Permitted(steps),
		cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-12*b })); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestBurst: under PL the burst is at the end of the run, without it inside.
func TestBurst(t *testing.T) {
	for _, c := range []struct {
		pl       bool
		from, to int
	}{{true, 90, 100}, {false, 45, 55}} {
		s := Scenario{PL: c.pl, Placement: Burst}
		for k := range 100 {
			if on := s.on(k, 100, 10); on != (k >= c.from && k < c.to) {
				t.Errorf("PL %v: step %d perturbed: %v", c.pl, k, on)
			}
		}
	}
}

// TestScenarios: Table 1 has 8 cells by 3 or 4 levels and 2 placements, beside
// Corollary 1.
func TestScenarios(t *testing.T) {
	cells, speak := map[string]int{}, map[string]int{}
	for _, s := range Scenarios() {
		for _, id := range s.Claims {
			speak[id]++
		}
		if !slices.Contains(s.Claims, "cor1") {
			cells[s.Setting]++
		}
	}
	want := map[string]int{"cor1": 4, "cor2": 12, "cor3": 14, "cor4": 28, "eq50": 14, "table1": 54}
	if !maps.Equal(speak, want) {
		t.Errorf("scenarios by claim: %v, want %v", speak, want)
	}
	if len(cells) != 8 {
		t.Errorf("%d cells, want 8: %v", len(cells), cells)
	}
	for name, n := range cells {
		want := 6
		if strings.HasPrefix(name, "PL") && name != "PL, zero mean, Q_e" {
			want = 8 // far beyond O(1) too
		}
		if n != want {
			t.Errorf("%s: %d scenarios, want %d", name, n, want)
		}
	}
}

// TestRun: the same options give the same bits at any GOMAXPROCS, the explicit
// form is never broken, and the page has a row a scenario.
func TestRun(t *testing.T) {
	one, err := Run(Scenarios(), tiny)
	if err != nil {
		t.Fatal(err)
	}
	const some = 4 // of the scenarios, again
	old := runtime.GOMAXPROCS(1)
	two, err := Run(Scenarios()[:some], tiny)
	runtime.GOMAXPROCS(old)
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	if err := Page(one).Markdown(&a); err != nil {
		t.Fatal(err)
	}
	if err := Page(append(two, one[some:]...)).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(a.String(), b.String()); d != "" {
		t.Error(d)
	}
	for _, r := range one {
		if !(r.Ratio > 0 && r.Ratio <= 1) {
			t.Errorf("%s, %s: left over right %v", r.Setting, r.Level, r.Ratio)
		}
		if !strings.Contains(a.String(), "| "+r.Setting+" | "+bars.Replace(r.Budget)+" | "+r.Level+" |") {
			t.Errorf("no row for %s, %s", r.Setting, r.Level)
		}
	}
}

// full measures a row of TABLE1.md at its full length.
var full = flag.Bool("full", false, "measure the first row of TABLE1.md anew")

// TestPage: TABLE1.md has a row a scenario, in order; with -full the first one is what is
// measured today. (All of them take minutes.)
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../../pages/TABLE1.md")
	if err != nil {
		t.Fatal(err)
	}
	all, rows := Scenarios(), []string{}
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| ") {
			rows = append(rows, line)
		}
	}
	rows = rows[1:]
	for k, s := range all {
		start := fmt.Sprintf("| %s | %s | %s | %d | %s | ", s.Setting, bars.Replace(s.Budget), s.Level,
			s.count(1<<Full.MaxLog), s.Placement)
		if len(rows) != len(all) || !strings.HasPrefix(rows[k], start) {
			t.Fatalf("TABLE1.md has %d rows, want %d, among them %q", len(rows), len(all), start)
		}
	}
	if !*full {
		return
	}
	first, err := Run(all[:1], Full)
	if err != nil {
		t.Fatal(err)
	}
	if row := rowOf(t, first[0]); !strings.Contains(string(page), row) {
		t.Errorf("TABLE1.md is not what verify page table1 writes: no row\n%s", row)
	}
}

// TestMeasured: rows of short runs by the code that wrote TABLE1.md. Where one differs the page
// has to be written anew, as -full sees.
func TestMeasured(t *testing.T) {
	all := Scenarios()
	got, err := Run([]Scenario{all[0], all[23], all[len(all)-1]}, tiny)
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []string{
		"| nonconvex, zero mean, Q_d | O(T^1/2) | inside | 5 | burst | -0.433 (-0.568, -0.297) | -0.500 | " +
			"+0.067 (-0.068, +0.203) | cannot tell | 9.43e-05 |",
		"| nonconvex, nonzero mean, Q_e | O(T^1/2) | beyond | 108 | spread | -0.464 (-0.645, -0.284) | -0.500 | " +
			"+0.036 (-0.145, +0.216) | cannot tell | 0.000182 |",
		"| PL, (44) | \\|delta\\| (ln T/T)^1/8, means (ln T/T)^1/4 | beyond | 512 | spread | -0.343 (-0.840, 0.154) | " +
			"-0.819 | +0.476 (-0.021, +0.973) | cannot tell | 7.41e-05 |",
	} {
		if row := rowOf(t, got[k]); row != want {
			t.Errorf("measured %s, want %s", row, want)
		}
	}
}

// TestUnperturbed: without perturbations both settings keep their rates.
func TestUnperturbed(t *testing.T) {
	none := constant(0)
	results, err := Run([]Scenario{{Q: none, Placement: Spread}, {Q: none, Placement: Spread, PL: true}},
		Options{MinLog: 8, MaxLog: 13, Seed: 3, Steps: 1 << 17})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		t.Logf("PL %v: excess %+v", r.PL, r.Excess())
		if r.Word() == "loses the rate" || r.Points[0].Q != 0 {
			t.Errorf("PL %v: %s with Q = %d: %+v", r.PL, r.Word(), r.Points[0].Q, r.Excess())
		}
	}
}

// TestWrongRate: a bias of O(1) at every step is noticed in both settings.
func TestWrongRate(t *testing.T) {
	all := power(1, "T")
	results, err := Run([]Scenario{{Q: all, Placement: Spread, EMean: constant(0.5)},
		{Q: all, Placement: Spread, PL: true, EMean: constant(0.5)}},
		Options{MinLog: 8, MaxLog: 13, Seed: 3, Steps: 1 << 15})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Word() != "loses the rate" {
			t.Errorf("PL %v: %s: %+v", r.PL, r.Word(), r.Excess())
		}
	}
}

// TestJackknife: the slope of exact data is exact, and over noisy data the
// interval covers the true slope about as often as it says.
func TestJackknife(t *testing.T) {
	points := func(noise float64, rng *rand.Rand) Result {
		var r Result
		for e := 8; e <= 14; e++ {
			p := Point{T: 1 << e, Right: 1}
			for g := range Groups {
				p.ByGroup[g] = math.Pow(float64(p.T), -0.5) * math.Exp(noise*rng.NormFloat64())
				p.Left += p.ByGroup[g] / Groups
			}
			r.Points = append(r.Points, p)
		}
		r.fit()
		return r
	}
	rng := rand.New(rand.NewPCG(5, 5))
	if r := points(0, rng); !(math.Abs(r.Slope.At+0.5) < 1e-12 && r.Slope.Hi-r.Slope.Lo < 1e-12) {
		t.Errorf("slope of exact data: %+v, want -0.5", r.Slope)
	}
	const n = 1000
	covered := 0
	for range n {
		if r := points(0.3, rng); r.Slope.Lo <= -0.5 && -0.5 <= r.Slope.Hi {
			covered++
		}
	}
	t.Logf("covered %d of %d", covered, n)
	if covered < 920 || covered > 980 { // 950 expected, standard deviation 7
		t.Errorf("covered %d of %d, want about 950", covered, n)
	}
}

func TestOptions(t *testing.T) {
	for _, o := range []Options{{MinLog: 3, MaxLog: 9}, {MinLog: 8, MaxLog: 9}, {MinLog: 8, MaxLog: 25}} {
		if _, err := Run(nil, o); err == nil || !strings.Contains(err.Error(), "rates: T from") {
			t.Errorf("%+v: error %v", o, err)
		}
	}
	for _, o := range []Options{{MinLog: 4, MaxLog: 6}, {MinLog: 22, MaxLog: 24}} {
		if r, err := Run(nil, o); err != nil || len(r) != 0 {
			t.Errorf("%+v: error %v", o, err)
		}
	}
	if o := smallFrom(7); o != (Options{MinLog: 8, MaxLog: 13, Seed: 7, Steps: 1 << 15}) || Small.Seed != 1 {
		t.Errorf("small from seed 7: %+v", o)
	}
	r, err := Run(Scenarios()[:1], Options{MinLog: 4, MaxLog: 6, Seed: 1}) // with the default numbers of replicates
	if err != nil || r[0].Points[0].Replicates != maxReplicates || r[0].Points[2].T != 64 {
		t.Errorf("%+v, error %v", r, err)
	}
}

// bars are escaped in a cell of Markdown.
var bars = strings.NewReplacer("|", `\|`)

// rowOf is the row of a result on a page.
func rowOf(t *testing.T, r Result) string {
	t.Helper()
	var b strings.Builder
	if err := Page([]Result{r}).Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(line, "| "+r.Setting) {
			return strings.TrimSuffix(line, "\n")
		}
	}
	t.Fatalf("no row in\n%s", &b)
	return ""
}

func TestTally(t *testing.T) {
	lost := Interval{0, 0, 0}
	cor2 := []string{"cor2", "table1"}
	results := []Result{
		{Scenario: Scenario{Claims: cor2, Level: "at"}, Slope: lost, Rate: -1, Ratio: 0.5},
		{Scenario: Scenario{Claims: cor2, Level: "at"}, Slope: Interval{0, -0.25, 0.25}, Rate: -1}, // 1 - 4/4: chance
		{Scenario: Scenario{Claims: cor2, Level: "beyond"}, Slope: lost, Rate: -1},
		{Scenario: Scenario{Claims: []string{"cor1"}, Level: "at"}, Slope: lost, Rate: 0, Ratio: 0.25},
	}
	for claim, want := range map[string]Count{
		"cor1":   {Rows: 1, Kept: 1, Ratio: 0.25},
		"cor2":   {Rows: 3, Lost: 3, Within: 2, Against: 1, Ratio: 0.5},
		"table1": {Rows: 3, Lost: 3, Within: 2, Against: 1, Ratio: 0.5},
		"eq50":   {},
	} {
		if got := Tally(claim, results); got != want {
			t.Errorf("%s: %+v, want %+v", claim, got, want)
		}
	}
}

// TestGradient: the closed form is the mean of the engine's gradients.
func TestGradient(t *testing.T) {
	for _, reg := range regularizers {
		o, err := newObjective(reg)
		if err != nil {
			t.Fatal(err)
		}
		w := o.newWalker()
		for _, at := range [][]float64{{1.5, -1}, {0, 0}, {-30, 7}, {1e-9, 200}} {
			g := problem.Gradient(o, at)
			want := g[0]*g[0] + g[1]*g[1]
			if got := w.gradient2(at); !(math.Abs(got-want) <= 1e-13*want) {
				t.Errorf("%s at %v: |grad l|^2 is %v, want %v", reg.Kind, at, got, want)
			}
		}
	}
}

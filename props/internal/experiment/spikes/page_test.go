package spikes

import (
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIsolated(t *testing.T) {
	c, err := Isolated(Small(1))
	if err != nil {
		t.Fatal(err)
	}
	l, s := c.Large, c.Small
	if !(l.Size > 90*s.Size && l.Squares > s.Squares && l.Peak > 10*s.Peak) {
		t.Errorf("the large spike is not the larger: %+v, %+v", l, s)
	}
	if l.Recovery == Never || l.Recovery > l.Root || l.Root > l.Bound || !(l.Last <= c.Level) {
		t.Errorf("the large spike does not recover as (40) says: %+v", l)
	}
	if s.Recovery != Never || !(s.Last > c.Level && s.Last <= s.Limit) {
		t.Errorf("the small spikes recover, or break (40): %+v", s)
	}
	if l.Spikes != 1 || s.Spikes != c.Steps*3/8 || c.At[0] != c.First || c.At[len(c.At)-1] != c.Steps-1 {
		t.Errorf("%d and %d spikes, rows %v", l.Spikes, s.Spikes, c.At)
	}
}

// TestBudget: the orders of Table 1 at T = 10^4 and 10^6.
func TestBudget(t *testing.T) {
	a, b := NewBudget(10_000), NewBudget(1_000_000)
	if r := b.Nonconvex / a.Nonconvex; !(r > 9.5 && r < 10.5) {
		t.Errorf("nonconvex grows by %v, want about 10", r)
	}
	if r := b.NonconvexZeroMean / a.NonconvexZeroMean; !(r > 99 && r < 101) {
		t.Errorf("nonconvex, zero mean, grows by %v, want 100", r)
	}
	if a.PL < 10 || b.PL > a.PL+2 || a.PLZeroMean != Never || b.PLZeroMean != Never {
		t.Errorf("PL: %+v, %+v", a, b)
	}
	// (T/ln T)^{1/2} grows by 10 (4/6)^{1/2} from T = 10^4 to 10^6.
	if r := float64(b.PLRoot) / float64(a.PLRoot); !(r > 7 && r < 9.5) {
		t.Errorf("PL, root form, grows by %v, want 8.2", r)
	}
	if !(b.PLSpaced > a.PLSpaced && b.PLForgiven > 10*a.PLForgiven && b.PLForgiven < b.Steps) {
		t.Errorf("spaced and forgiven: %+v, %+v", a, b)
	}
}

// TestForgivenByBruteForce: spikes at all of the first PLForgiven steps leave at
// most the allowance, 20 ln T/T; at ten more steps in a hundred they do not.
func TestForgivenByBruteForce(t *testing.T) {
	const steps = 1000
	h := 20 * 6.907755278982137 / steps
	s := setting{}
	s.s.L, s.s.Mu, s.s.Gamma = budgetL, budgetMu, 3*6.907755278982137/steps
	rec := s.recursions()[printed]
	last := func(spikes int) float64 {
		a := 0.0
		for k := range steps {
			m := 0.0
			if k < spikes {
				m = 1
			}
			a = rec.After(a, m)
		}
		return a
	}
	n := NewBudget(steps).PLForgiven
	if !(last(n) <= h) || last(n+steps/10) <= h {
		t.Errorf("%d spikes leave %v, %d leave %v, allowed %v", n, last(n), n+steps/10, last(n+steps/10), h)
	}
}

var update = flag.Bool("update", false, "write the files of testdata anew")

// markdown is the page of options.
func markdown(t *testing.T, o Options) string {
	t.Helper()
	r, err := Run(o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Page().Markdown(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPage: the page by few cases is that of testdata/page.md, on one processor too.
func TestPage(t *testing.T) {
	o := Small(4)
	o.Kicks, o.Sizes, o.Spacings, o.Steps, o.Chains, o.some = o.Kicks[1:2], o.Sizes[:3], []int{1, 16}, 512, 100, 1
	got := markdown(t, o)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if markdown(t, o) != got {
		t.Error("another page on one processor")
	}
	path := filepath.Join("testdata", "page.md")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("page (-on record +got); go test ./props/internal/experiment/spikes -run Page -update writes it:\n%s",
			d)
	}
	for _, bad := range []string{"VIOLATED", "NaN", "%!", "9223372036854775807"} {
		if strings.Contains(got, bad) {
			t.Errorf("the page has %q:\n%s", bad, got)
		}
	}
}

// TestPageShowsFaults: what is wrong must be seen on the page.
func TestPageShowsFaults(t *testing.T) {
	bad := []Violation{{"case", "gap", 2, 1}}
	var p page
	p.check(Report{Violations: bad})
	p.both(Both{Violations: bad})
	p.diagram(Diagram{L: 1, Mu: 0.1, G: 0.1, Steps: 8, Level: 1, Sizes: []float64{1}, Spacings: []int{1},
		Cells: [][]Cell{{{Printed: true}}}})
	var b strings.Builder
	if err := p.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	for want, n := range map[string]int{"**VIOLATED** case: gap: 2 > 1": 2, "1 violations": 2, "\n        1         " +
		"!\n": 1, "\n1 cells where": 1} {
		if got := strings.Count(b.String(), want); got != n {
			t.Errorf("%d times %q, want %d, in\n%s", got, want, n, &b)
		}
	}
}

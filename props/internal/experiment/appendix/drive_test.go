package appendix

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestDrive: by hand, A.2 with heavy ball: m = b m + 2 (w + d), w = w - g m, with d = 1/2
// where the run is perturbed and 0 where it is not.
func TestDrive(t *testing.T) {
	c := problem.A2(0.5)
	for _, r := range []exampleRun{
		{Gamma: 0.125, Start: []float64{1}, Perturbed: true},
		{Gamma: 0.125, Start: []float64{1}},
		{Gamma: 0.125, Momentum: 0.5, Start: []float64{-2}, Perturbed: true},
		{Gamma: 2, Momentum: 0.9, Start: []float64{1}, Perturbed: true},
	} {
		d := 0.0
		if r.Perturbed {
			d = 0.5
		}
		w, m, seen := r.Start[0], 0.0, 0
		drive(c, &r, func(got []float64) float64 {
			if seen++; seen <= 20 {
				m = r.Momentum*m + 2*(w+d)
				w -= r.Gamma * m
				if !(math.Abs(got[0]-w) <= 1e-9*(1+math.Abs(w))) {
					t.Errorf("g = %v, b = %v: w^%d = %v, want %v", r.Gamma, r.Momentum, seen, got[0], w)
				}
			}
			return math.Abs(got[0] + d)
		})
		grows := r.Gamma == 2
		if r.Overflowed != grows || r.Converged == grows || (r.Steps == exampleSteps) == grows || seen != r.Steps {
			t.Errorf("g = %v: %+v after %d steps", r.Gamma, r, seen)
		}
		if first := math.Abs(r.Start[0] +
			d - r.Gamma*2*(r.Start[0]+d)); !(math.Abs(r.OneStep-first) <= 1e-12*(1+first)) {
			t.Errorf("g = %v: %v after one step, want %v", r.Gamma, r.OneStep, first)
		}
	}
	if problem.A2(0.5).W0[0] != 1 {
		t.Error("a run moved the example's weights")
	}
}

// TestDriveEdges: settled and escaped are the bounds themselves; NaN has escaped.
func TestDriveEdges(t *testing.T) {
	for _, c := range []struct {
		distance             float64
		converged, overflows bool
	}{
		{settled, true, false}, {math.Nextafter(settled, 1), false, false}, {escaped, false, false},
		{math.Nextafter(escaped, math.Inf(1)), false, true}, {math.NaN(), false, true}, {0, true, false},
	} {
		r := exampleRun{Gamma: 0.1, Start: []float64{1}}
		drive(problem.A2(0), &r, func([]float64) float64 { return c.distance })
		if r.Converged != c.converged || r.Overflowed != c.overflows || c.overflows != (r.Steps == 1) {
			t.Errorf("distance %v: converged %v, overflowed %v after %d steps", c.distance, r.Converged, r.Overflowed,
				r.Steps)
		}
	}
}

// TestRunsOfA2: nine steps from three starts, as printed below 1/2.
func TestRunsOfA2(t *testing.T) {
	runs, printed := a2Runs(), 0
	for _, r := range runs {
		if r.AsPrinted {
			printed++
		}
		if r.AsPrinted != (r.Gamma < 0.5) || !r.Perturbed || !(math.Abs(r.Times3L-6*r.Gamma) < 1e-12) {
			t.Errorf("%+v", r)
		}
	}
	if len(runs) != 27 || printed != 15 {
		t.Errorf("%d runs, %d as printed, want 27 and 15", len(runs), printed)
	}
}

// TestRunsOfA3: 2 matrices, 2 momenta, 3 steps, 7 starts, with and without the compressor; as
// printed for each matrix from three starts.
func TestRunsOfA3(t *testing.T) {
	runs := a3Runs(1)
	printed, admissible := 0, 0
	starts := map[string]bool{}
	for _, r := range runs {
		if r.AsPrinted {
			printed++
			if r.Start[0] != r.Start[1] || r.Start[2] != 0 || (r.Momentum > 0) != strings.Contains(r.Name, "heavy") {
				t.Errorf("as printed: %+v", r)
			}
		}
		if r.Times3L <= 1+1e-12 {
			admissible++
		}
		starts[fmt.Sprint(r.Start)] = true
	}
	if len(runs) != 168 || printed != 12 || admissible != 2*168/3 || len(starts) != 7 {
		t.Errorf("%d runs, %d as printed, %d admissible, from %d starts, want 168, 12, 112, 7", len(runs), printed,
			admissible, len(starts))
	}
}

// TestJudges: what the runs come to, with the counts that the notes name.
func TestJudges(t *testing.T) {
	for name, c := range map[string]struct {
		j     claim.Judgement
		want  claim.Verdict
		cases int
		note  string
	}{
		"A.2": {JudgeA2(), claim.Holds, 15, "so do 9 runs with 1/2 <= g < 1"},
		"A.3": {JudgeA3(1), claim.Holds, 12, "SGD without the compressor diverges from "},
	} {
		if c.j.Verdict != c.want || c.j.Cases != c.cases || !strings.Contains(c.j.Note, c.note) {
			t.Errorf("%s: %s after %d cases: %s", name, c.j.Verdict, c.j.Cases, c.j.Note)
		}
	}
}

// TestJudgedByHand: one run that comes out otherwise refutes, and the note is about it; runs that the
// paper does not describe are counted, not judged.
func TestJudgedByHand(t *testing.T) {
	g := problem.A3(problem.A3SGD).Gamma
	start := []float64{1, 1}
	plain := exampleRun{Name: "plain", Gamma: g, Start: start, AsPrinted: true, Converged: true, Times3L: 30}
	pressed := exampleRun{Name: "pressed", Gamma: g, Start: start, AsPrinted: true, Perturbed: true, Distance: 7,
		Times3L: 0.5}
	stays, late, reaches := plain, plain, pressed
	stays.Converged, stays.Distance, late.OneStep, reaches.Converged = false, 3, 0.5, true
	other := exampleRun{Name: "other", Gamma: g}
	otherReaches, heavy, slower := other, other, other
	otherReaches.Converged, heavy.Momentum, slower.Gamma = true, 0.9, g/2
	beyond := other
	beyond.Converged = true
	small := func(r exampleRun, times float64) exampleRun { r.Times3L = times; return r }
	all := []exampleRun{plain, pressed, other, otherReaches, heavy, slower}
	const (
		goes   = "but 3 L g is up to 30, and SGD without the compressor diverges from 1 of 2 other starts"
		of2    = "so do 1 runs with 1/2 <= g < 1"
		admits = "1 of 2 compressed runs with 3 L g <= 1 reach"
	)
	for name, c := range map[string]struct {
		judge func([]exampleRun) claim.Judgement
		runs  []exampleRun
		want  claim.Verdict
		cases int
		note  string
	}{
		"A.2":            {judgeA2, []exampleRun{plain, beyond, other}, claim.Holds, 1, of2},
		"A.2 stays away": {judgeA2, []exampleRun{stays, plain}, claim.Refuted, 2, "from [1 1]: |x + d| = 3"},
		"A.3":            {judgeA3, all, claim.Holds, 2, goes},
		"A.3 stays away": {judgeA3, []exampleRun{stays, pressed}, claim.Refuted, 2,
			"plain from [1 1], compressor false: |w1| = 3"},
		"A.3 not at once": {judgeA3, []exampleRun{late}, claim.Refuted, 1, "plain from [1 1], compressor false"},
		"A.3 converges": {judgeA3, []exampleRun{plain, reaches}, claim.Refuted, 2,
			"pressed from [1 1], compressor true"},
		"admissible":       {judgeA3Admissible, []exampleRun{pressed, reaches}, claim.Refuted, 2, admits},
		"admissible stays": {judgeA3Admissible, []exampleRun{pressed, plain}, claim.Holds, 1, "0 of 1 compressed"},
		"at the edge":      {judgeA3Admissible, []exampleRun{small(reaches, 1)}, claim.Refuted, 1, "1 of 1"},
		"beyond it":        {judgeA3Admissible, []exampleRun{small(reaches, 1.001)}, claim.Holds, 0, "0 of 0"},
	} {
		if j := c.judge(c.runs); j.Verdict != c.want || j.Cases != c.cases || !strings.Contains(j.Note, c.note) {
			t.Errorf("%s: %s after %d cases: %s", name, j.Verdict, j.Cases, j.Note)
		}
	}
	if j := JudgeA3Admissible(1); j.Verdict != claim.Refuted || j.Cases != 56 {
		t.Errorf("%+v", j)
	}
}

// TestOutcome: in words.
func TestOutcome(t *testing.T) {
	for want, r := range map[string]exampleRun{
		"converges": {Converged: true}, "diverges": {Overflowed: true}, "stays away": {},
	} {
		if got := r.outcome(); got != want {
			t.Errorf("%+v %s", r, got)
		}
	}
	if yes(true) != "yes" || yes(false) != "no" {
		t.Error("yes is no")
	}
}

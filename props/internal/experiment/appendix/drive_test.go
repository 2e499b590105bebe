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

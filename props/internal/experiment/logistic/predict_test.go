package logistic

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core"
)

// TestInterval: half-width 4 sd + 2 % + slack of the logarithm, and which side of it agrees.
func TestInterval(t *testing.T) {
	for _, c := range []struct{ sd, slack, width float64 }{
		{0, 0, 0.02}, {0.05, 0, 0.12}, {0.05, 0.3, 0.42},
	} {
		p := &Predicted{Stable: 2, SD: c.sd, Slack: c.slack}
		width := 4*c.sd/2 + 0.02 + c.slack
		near(t, "width", p.width(), width, 1e-15)
		near(t, "width", width, c.width, 1e-15)
		lo, hi := p.Interval(&Measured{Stable: 3})
		nearAll(t, "interval", []float64{lo, hi}, []float64{1.5 * math.Exp(-width), 1.5 * math.Exp(width)}, 1e-14)
		lo, hi = p.Band()
		nearAll(t, "band", []float64{lo, hi}, []float64{2 * math.Exp(-width), 2 * math.Exp(width)}, 1e-14)
		for off, want := range map[float64]bool{0: true, 0.999: true, -0.999: true, 1.001: false, -1.001: false} {
			if got := p.Agrees(&Measured{Stable: 2 * math.Exp(off*width)}); got != want {
				t.Errorf("%v widths off: agrees %v", off, got)
			}
		}
	}
	for _, p := range []Predicted{{Stable: math.NaN()}, {Stable: 1, SD: math.NaN()}} {
		if p.Agrees(&Measured{Stable: 1}) {
			t.Errorf("%+v agrees", p)
		}
	}
	if (&Predicted{Stable: 1}).Agrees(&Measured{Stable: math.NaN()}) {
		t.Error("NaN agrees")
	}
}

func TestEWMAOf(t *testing.T) {
	got := ewmaOf([]float64{8, 4, 4, 0}, 0.5)
	for k, want := range []float64{8, 6, 5, 2.5} {
		if got[k].T != k {
			t.Errorf("step %d at %d", got[k].T, k)
		}
		near(t, "EWMA", got[k].EWMA, want, 0)
	}
}

// TestCourse: without noise the norms of a linear run are the powers of 1 - gamma, between the times looked
// at too; with a steady state they end in its floor.
func TestCourse(t *testing.T) {
	const g = 0.01
	f := linear(g, 0, 2, 300)
	norms, o := f.course(nil, false, true)
	for k, v := range norms {
		near(t, "norm", v, 2*math.Pow(1-g, float64(k)), 5e-4*v+5e-5)
	}
	if len(norms) != 300 {
		t.Errorf("%d norms", len(norms))
	}
	near(t, "s", o.s, g*299, 1e-9)
	short, _ := f.course(nil, false, false)
	for k := 150; k < 300; k++ { // all that the second half remembers
		near(t, "without a trace", short[k], norms[k], 1e-3*norms[k]+1e-4)
	}
	f = linear(g, 1, 2, 1000) // the floor is at 350; the EWMA remembers 20/(1-0.9) steps before 500
	norms, _ = f.course(nil, false, true)
	short, _ = f.course(nil, false, false)
	nearAll(t, "what is remembered", short[300:], norms[300:], 4e-3)
	f = linear(g, 0.1, 2, 6000)
	s := &steady{mean: 7, smallest: 1}
	norms, _ = f.course(s, true, true)
	if norms[5999] != 7 || norms[2100] == 7 && norms[1900] == 7 || norms[1000] == 7 {
		t.Errorf("norms %v at 1000, %v at 1900, %v at the end, want 7 from 2000", norms[1000], norms[1900], norms[5999])
	}
	near(t, "still", norms[2700], 7, 1e-12)
}

// TestPredictLinear: a run that has not forgotten w^0 and one that has, against sums in closed form.
func TestPredictLinear(t *testing.T) {
	const g = 0.01
	for _, steps := range []int{2, 3, 200, 201} {
		q := predict(linear(g, 0, 2, steps), true)
		e, want := 2.0, 0.0
		for k := range steps {
			e = 0.9*e + 0.1*2*math.Pow(1-g, float64(k))
			if k >= steps-steps/2 {
				want += e / float64(steps/2)
			}
		}
		near(t, "stable", q.Stable, want, 2e-4)
		near(t, "end of the trace", q.Trace[len(q.Trace)-1].EWMA, e, 1e-3)
		if q.Settled || !q.Proved || q.NoRoot || q.Plateau > q.PlateauErr {
			t.Errorf("%+v", q)
		}
		near(t, "begin of the trace", q.Trace[0].EWMA, 2, 1e-12)
	}
	for steps, settled := range map[int]bool{3998: false, 4002: true} { // 20 = gamma T/2
		q := predict(linear(g, 0.1, 1, steps), false)
		sd := g * 0.1 / math.Sqrt(1-(1-g)*(1-g))
		near(t, "floor", q.Floor, sd*math.Sqrt(2/math.Pi), 1e-8)
		near(t, "stable", q.Stable, q.Floor, 1e-3*q.Floor)
		if q.Settled != settled || q.Trace != nil || !(q.SD > 0) {
			t.Errorf("T = %d: %+v", steps, q)
		}
	}
	if q := predict(linear(g, 0.1, 1, 4002), true); len(q.Trace) != len(traceSteps(4002)) {
		t.Errorf("%d samples of a settled run", len(q.Trace))
	}
	// Steps of 3/H: no steady state, and what is said is that of the flow.
	if q := predict(linear(3, 0.1, 1, 4), false); q.Floor != 0 || q.Settled || !q.Proved || !(q.SD > 0) {
		t.Errorf("%+v", q)
	}
}

// TestPredictNoRoot: x = 1 with E eps = 1/2 and the nonconvex R: nothing is stationary.
func TestPredictNoRoot(t *testing.T) {
	p := Point{Law: Law{Backward: 1, OneSided: true}, Reg: core.Regularizer{Kind: "nonconvex", Rho: 0.01},
		Gamma: 0.1, T: 50, EWMA: 0.9}
	q := predict(fieldWith(p, []float64{1}), false)
	near(t, "plateau", q.Plateau, 0, 1e-3) // sigma(-infinity)
	if !q.NoRoot || !q.Proved || q.Settled || q.Floor != 0 || q.PlateauErr != 0 || !(q.Stable > 0.05) {
		t.Errorf("%+v", q)
	}
}

// TestDriftSD is the standard deviation of a folded normal law.
func TestDriftSD(t *testing.T) {
	f := linear(0.1, 0, 0, 10)
	o := &flow{f: f, w: []float64{0}, cov: mat.NewSymDense(1, []float64{4})}
	near(t, "about 0", f.driftSD(o), 2*math.Sqrt(1-2/math.Pi), 1e-8)
	o.w[0] = 100
	near(t, "far from 0", f.driftSD(o), 2, 1e-4)
	o.cov = mat.NewSymDense(1, nil)
	near(t, "no noise", f.driftSD(o), 0, 1e-3)
}

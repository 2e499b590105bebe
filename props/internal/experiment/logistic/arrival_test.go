package logistic

import (
	"math"
	"testing"
)

// TestArrivalLinear: without noise the EWMA of 2 (1-gamma)^t is known, and so is when it comes below a level; the
// interval is then that of the width of Stable.
func TestArrivalLinear(t *testing.T) {
	const g, steps = 0.01, 900
	f := linear(g, 0, 2, steps)
	q := &Predicted{Stable: 0.02}
	when := func(level float64) int {
		e := 2.0
		for k := range steps {
			if e = 0.9*e + 0.1*2*math.Pow(1-g, float64(k)); e < level {
				return k
			}
		}
		return steps
	}
	a := f.arrival(q)
	for _, c := range []struct{ got, want int }{
		{a.At, when(0.03)}, {a.Low, when(0.03 * math.Exp(Closure))}, {a.High, when(0.03 * math.Exp(-Closure))},
	} {
		if math.Abs(float64(c.got-c.want)) > 1 {
			t.Errorf("%+v: step %d, want %d", a, c.got, c.want)
		}
	}
	if !(0 < a.Low && a.Low < a.At && a.At < a.High && a.High < steps) {
		t.Errorf("%+v", a)
	}
	if never := f.arrival(&Predicted{Stable: 1e-6}); never.At != steps || never.High != steps {
		t.Errorf("a level that the flow does not reach: %+v", never)
	}
	if at := f.arrival(&Predicted{Stable: 5}); at.At != 0 || at.Low != 0 || at.High != 0 {
		t.Errorf("a level above the start: %+v", at)
	}
}

// TestArrivalHolds: runs of the linear recursion come within the interval of the oracle, with a noise that is
// above the level now and then; the mean alone would not hold them.
func TestArrivalHolds(t *testing.T) {
	p := base(1, Convex, Law{Backward: 1}, 0.1)
	p.M, p.T = 50, 4000
	off, steps := 0, map[int]bool{}
	for seed := range uint64(6) {
		p.Seed = seed + 1
		s := dataOf(p)
		m, q := Simulate(p), predict(newField(p, s), false)
		a := newField(p, s).arrival(q)
		if !a.Holds(m) {
			t.Errorf("seed %d: step %d, interval %+v", p.Seed, m.Complexity, a)
		}
		if m.Complexity != a.At {
			off++
		}
		steps[m.Complexity] = true
	}
	if off < 5 || len(steps) < 4 {
		t.Errorf("%d of 6 runs are off the mean, at %d steps: nothing was tried", off, len(steps))
	}
	a := Arrival{At: 5, Low: 3, High: 9}
	for step, want := range map[int]bool{2: false, 3: true, 9: true, 10: false} {
		if a.Holds(&Measured{Complexity: step}) != want {
			t.Errorf("step %d: holds is %v", step, !want)
		}
	}
}

// TestWaitFor: how long slow noise may hide that the mean is there: n times two e-folds, q^n <= rare, at least once.
func TestWaitFor(t *testing.T) {
	q := &Predicted{Stable: 2}
	c := &crossing{}
	c.waitFor(q, 2, 0.01) // an exponential law: q = e^-1.5
	near(t, "wait", c.wait, 2*math.Ceil(math.Log(rare)/-1.5)/0.01, 1e-9)
	c.waitFor(q, 0.02, 0.01)
	near(t, "hardly any noise", c.wait, 200, 1e-9)
}

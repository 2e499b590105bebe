package beyond

import (
	"math"
	"slices"
	"testing"
)

// spread collects what one number of a case is over many draws.
type spread map[string][]float64

func (s spread) add(name string, v ...float64) { s[name] = append(s[name], v...) }

// within: all of a number is in [lo, hi], comes within 3% of both ends, and each of these values
// is drawn by itself, in one of 50 cases at least.
func (s spread) within(t *testing.T, name string, lo, hi float64, values ...float64) {
	t.Helper()
	list := s[name]
	least, most, edge := slices.Min(list), slices.Max(list), 0.03*(hi-lo)
	if !(least >= lo && least <= lo+edge && most <= hi && most >= hi-edge) {
		t.Errorf("%s: from %v to %v, want %v to %v", name, least, most, lo, hi)
	}
	for _, v := range values {
		if n := count(list, v); n < len(list)/50 {
			t.Errorf("%s: %v is drawn %d times of %d", name, v, n, len(list))
		}
	}
}

// only: these values are drawn, each in one of 50 cases at least, and no others.
func (s spread) only(t *testing.T, name string, values ...float64) {
	t.Helper()
	s.within(t, name, slices.Min(values), slices.Max(values), values...)
	for _, v := range s[name] {
		if !slices.Contains(values, v) {
			t.Errorf("%s: %v is not one of %v", name, v, values)
			return
		}
	}
}

func count(list []float64, v float64) (n int) {
	for _, x := range list {
		if x == v {
			n++
		}
	}
	return n
}

// steps are lo, lo + by, ..., hi.
func steps(lo, hi, by float64) (list []float64) {
	for x := lo; x <= hi; x += by {
		list = append(list, x)
	}
	return list
}

const draws = 4000

func indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// TestDrawnCarried: dyadic numbers of a few bits, and starts all over the room that the claim
// leaves, k s^2/8 + |w^0 - w_b| + g s <= s/2, with its edges.
func TestDrawnCarried(t *testing.T) {
	s, r := spread{}, source(1, 1)
	for range draws {
		c := drawCarried(r)
		s.add("k", c.k)
		s.add("s", c.s)
		s.add("g", c.gamma)
		s.add("e", c.e)
		room := c.s/2 - c.gamma*c.s - c.k*c.s*c.s/8
		s.add("w", (c.w+c.k*c.s*c.s/8)/room)
	}
	s.only(t, "k", steps(1./8, 2, 1./8)...)
	s.only(t, "s", steps(1./8, 1, 1./8)...)
	s.only(t, "g", 1./64, 1./32, 1./16, 1./8)
	s.only(t, "e", 0)
	s.only(t, "w", steps(-1, 1, 1./8)...)
}

// TestDrawnFeedback: shapes, rules, 1 to 3 coordinates of 1 to 24 steps, of 6 with noise, steps
// sizes up to the bound's, at sizes 2^-4 to 2^4.
func TestDrawnFeedback(t *testing.T) {
	s, r := spread{}, source(1, 2)
	shapes, rules := []shape{parabola, kinked, valley}, []rule{against, signs, top1, momentum}
	for range draws {
		f := drawFeedback(r, shapes, 0.5)
		l := slices.Max(f.h)
		s.add("shape", float64(slices.Index(shapes, f.shape)))
		s.add("rule", float64(slices.Index(rules, f.rule)))
		s.add("coordinates", float64(len(f.h)))
		s.add("along", float64(f.along))
		s.add("noise", indicator(f.s > 0))
		if f.s > 0 {
			s.add("s", f.s)
			s.add("steps with noise", float64(f.steps))
		} else {
			s.add("steps", float64(f.steps))
		}
		s.add("start", f.start...)
		s.add("plan", f.plan...)
		s.add("h", f.h...)
		s.add("mu/h", f.mu/slices.Min(f.h))
		s.add("L g", math.Round(1e9*l*f.gamma)/1e9)
		s.add("size", f.size)
		s.add("beta", f.beta)
		if len(f.start) != len(f.h) || len(f.plan) != len(f.h) || f.along >= len(f.h) {
			t.Fatalf("%+v", f)
		}
		if f.rule == signs && f.size > 0 {
			s.add("log size", math.Log2(f.size))
		}
		s.add("log L", math.Log2(l))
	}
	s.only(t, "shape", 0, 1, 2)
	s.only(t, "rule", 0, 1, 2, 3)
	s.only(t, "coordinates", 1, 2, 3)
	s.only(t, "along", 0, 1, 2)
	s.only(t, "noise", 0, 1)
	s.only(t, "steps", steps(1, 24, 1)...)
	s.only(t, "steps with noise", steps(1, 6, 1)...)
	s.only(t, "plan", -1, 1)
	s.within(t, "start", -2, 2, 0, 1)
	s.within(t, "h", 0.05/16, 16, 1./16, 1./8, 1./4, 1./2, 1, 2, 4, 8, 16)
	s.within(t, "mu/h", 0.05, 1)
	s.within(t, "L g", 0.005, 0.5, 0.25, 0.5)
	s.within(t, "s", 0, 32)
	s.within(t, "size", 0, 64, 0, 1./16, 1, 16)
	s.within(t, "beta", 0, 0.95)
	s.within(t, "log L", -8, 4, -4, -3, -2, -1, 0, 1, 2, 3, 4)
}

// TestDrawnSaved: chains of 2 to 5 operators of a degree, their parts with w of a degree less.
func TestDrawnSaved(t *testing.T) {
	s, r := spread{}, source(1, 3)
	for k := range draws {
		degree := 2 + k%2
		c := drawSaved(r, degree)
		s.add("x", c.x)
		s.add("length", float64(len(c.ops)))
		s.add("w", c.w...)
		for i, f := range c.ops {
			s.add("a", f.a[:degree+1]...)
			s.add("b", f.b[:degree]...)
			if f.b[degree] != 0 || f.b[3] != 0 || degree == 2 && f.a[3] != 0 {
				t.Fatalf("degree %d: %v", degree, f)
			}
			s.add("low", c.low[i])
			if c.low[i] > 0 {
				s.add("high/low", c.high[i]/c.low[i])
			}
		}
		if len(c.w) != len(c.ops) || len(c.low) != len(c.ops) || len(c.high) != len(c.ops) {
			t.Fatalf("%+v", c)
		}
	}
	s.within(t, "x", -2, 2)
	s.only(t, "length", 2, 3, 4, 5)
	s.within(t, "w", -1, 1, 0)
	s.within(t, "a", -1, 1, 0)
	s.within(t, "b", -1, 1, 0, 1)
	s.within(t, "low", 0, 1, 0, 1e-3)
	s.within(t, "high/low", 0.5, 2, 1)
}

// TestDrawnHeavyBall: stable runs at curvatures 1/2 to 16, with momentum and without.
func TestDrawnHeavyBall(t *testing.T) {
	s, r := spread{}, source(1, 4)
	for range draws {
		b := drawHeavyBall(r)
		s.add("h", b.H)
		s.add("beta", b.Beta)
		s.add("of the largest stable step", b.Gamma*b.H/(2*(1+b.Beta)))
		e := drawErrors(r)
		s.add("start", e.start)
		s.add("steps", float64(len(e.mean)))
		s.add("mean", e.mean...)
		s.add("spread", e.spread...)
		if len(e.spread) != len(e.mean) {
			t.Fatalf("%+v", e)
		}
	}
	s.within(t, "h", 0.5, 16)
	s.within(t, "beta", 0, 0.95, 0, 0.9)
	s.within(t, "of the largest stable step", 0.02, 0.95)
	s.within(t, "start", -1, 1)
	s.only(t, "steps", steps(1, 8, 1)...)
	s.within(t, "mean", -1, 1, 0, 1)
	s.within(t, "spread", 0, 1, 0)
}

// TestDrawnReference: activations of 1 to 4 entries of 1 to 3 weights, runs of 1 to 200 steps.
func TestDrawnReference(t *testing.T) {
	s, r := spread{}, source(1, 5)
	for range draws {
		f := drawReference(r)
		s.add("steps", float64(f.steps))
		s.add("g", f.gamma)
		s.add("weights", float64(len(f.w)))
		s.add("entries", float64(len(f.a)))
		s.add("w", f.w...)
		s.add("c", f.c...)
		for _, row := range f.a {
			s.add("a", row...)
			if len(row) != len(f.w) || len(f.c) != len(f.a) {
				t.Fatalf("%+v", f)
			}
		}
	}
	s.within(t, "steps", 1, 200)
	s.within(t, "g", 0.001, 0.2, 0.01)
	s.only(t, "weights", 1, 2, 3)
	s.only(t, "entries", 1, 2, 3, 4)
	s.within(t, "w", -2, 2)
	s.within(t, "c", -2, 2)
	s.within(t, "a", -1, 1)
	if least, most := slices.Min(s["steps"]), slices.Max(s["steps"]); least != 1 || most != 200 {
		t.Errorf("%v to %v steps", least, most)
	}
}

// TestDrawnSampled: two samples, x = 1 and another; one run of four starts at the optimum, where
// both samples have the same gradient.
func TestDrawnSampled(t *testing.T) {
	s, r := spread{}, source(1, 6)
	for range draws {
		c := drawSampled(r)
		s.add("h", c.h)
		s.add("at", c.at)
		s.add("x_1", c.x[0])
		s.add("x_2", c.x[1])
		s.add("b_1", c.b[0])
		s.add("steps", float64(c.steps))
		s.add("h g", math.Round(1e9*c.gamma*c.h)/1e9)
		still := math.Abs(c.x[0]*c.b[0]-c.x[1]*c.b[1]) < 1e-12 && math.Abs(c.start*c.h-c.x[0]*c.b[0]) < 1e-12
		s.add("still", indicator(still))
		if !still {
			s.add("b_2", c.b[1])
			s.add("start", c.start)
		}
	}
	s.within(t, "h", 0.25, 4)
	s.within(t, "at", 0, 3, 0.9)
	s.only(t, "x_1", 1)
	s.within(t, "x_2", 1, 8, 1, 2)
	s.within(t, "b_1", -2, 2)
	s.within(t, "b_2", -2, 2)
	s.within(t, "start", -2, 2, 0)
	s.only(t, "steps", steps(1, 9, 1)...)
	s.within(t, "h g", 0.01, 1, 0.5, 1)
	if n := count(s["still"], 1); n < draws/5 || n > draws*3/10 {
		t.Errorf("%d of %d cases stand still, want one of four", n, draws)
	}
}

// TestPicks: pick and between reach all that they say, and a stream belongs to a seed and a claim.
func TestPicks(t *testing.T) {
	s, r := spread{}, source(3, 4)
	for range draws {
		s.add("pick", pick(r, 2.0, 3, 5))
		s.add("between", between(r, -1, 3))
	}
	s.only(t, "pick", 2, 3, 5)
	s.within(t, "between", -1, 3)
	first := func(seed, claim uint64) uint64 { return source(seed, claim).Uint64() }
	once, again := first(1, 2), first(1, 2)
	if once != again || once == first(2, 2) || once == first(1, 3) {
		t.Error("a stream is not that of its seed and claim alone")
	}
}

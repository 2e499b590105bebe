package logistic

import (
	"maps"
	"math"
	"runtime"
	"slices"
	"testing"
)

// TestCost: more steps, samples, shifts and traces cost more, and what is dear in the oracle is dear.
func TestCost(t *testing.T) {
	p := base(1, Convex, Law{Reading: OneAStep, Every: 1}, 0.1)
	usual := cost(p, false)
	if !(usual > 0) || math.IsInf(usual, 0) {
		t.Fatalf("a point costs %v", usual)
	}
	p.T = 100 // w^0 is not forgotten
	usual = cost(p, false)
	for name, change := range map[string]func(q *Point){
		"steps":    func(q *Point) { q.T *= 2 },
		"samples":  func(q *Point) { q.M *= 2 },
		"features": func(q *Point) { q.D *= 2 },
		"delta":    func(q *Point) { q.Law.Forward = 1 },
		"data set": func(q *Point) { q.Data, q.T = Digits, 100 },
	} {
		q := p
		if change(&q); !(cost(q, false) > usual) {
			t.Errorf("%s: %v, without %v", name, cost(q, false), usual)
		}
	}
	long := p
	long.Data, long.T = Digits, 1_000_000
	if a, b := cost(long, false)-entryCost*float64(p.M*p.D*long.T), cost(p, false); !(a < b) {
		t.Errorf("where w^0 is forgotten the oracle costs %v, %v in all where it is not", a, b)
	}
	if !(cost(p, true) > usual) {
		t.Error("a trace costs nothing")
	}
	shifted, rare := p, p
	shifted.Law.Forward, rare.Law.Forward, rare.Law.Every = 1, 1, 100
	shifted.T, rare.T = 1_000_000, 1_000_000
	if a, b := cost(rare, false), cost(shifted, false); !(a < b) {
		t.Errorf("delta at every hundredth of %d steps costs %v, at every one %v", p.T, a, b)
	}
	if shifted.T, rare.T = 10, 10; !(cost(rare, false) > cost(shifted, false)) {
		t.Error("of a short run the oracle is the dear part, and delta is dear there where it is rare")
	}
	format := func(name string, stochastic bool) float64 {
		q := p
		q.T = 10 // the oracle alone
		q.Data, q.Law.Format = Digits, &Format{Name: name, Stochastic: stochastic}
		return cost(q, false)
	}
	if a, b, c := format(TopK, false), format("bf16", false), format("bf16", true); !(a > b && b > c) {
		t.Errorf("ties, kinks and neither cost %v, %v and %v", a, b, c)
	}
}

// TestDearestFirst: all points once, the dearest first, equal ones as they were; of all figures the first are those
// of the data set with the most features, whose oracle takes seconds, and the last are short.
func TestDearestFirst(t *testing.T) {
	for name, o := range map[string]Options{"quick": Quick(1), "default": Default(1), "full": Full(1)} {
		points, traces := distinctPoints(Figures(o))
		s := dearestFirst(points, traces)
		if len(s.points) != len(points) || len(s.cost) != len(points) {
			t.Fatalf("%s: %d of %d points", name, len(s.points), len(points))
		}
		place := map[uint64]int{}
		for k, p := range points {
			place[p.Key()] = k
		}
		seen, total := map[uint64]bool{}, 0.0
		for k, p := range s.points {
			seen[p.Key()] = true
			total += s.cost[k]
			if s.cost[k] != cost(p, traces[p.Key()]) {
				t.Errorf("%s: the cost of point %d is another's", name, k)
			}
			if k == 0 {
				continue
			}
			if !(s.cost[k-1] >= s.cost[k]) {
				t.Errorf("%s: point %d is dearer than the one before", name, k)
			}
			if s.cost[k-1] == s.cost[k] && place[s.points[k-1].Key()] > place[p.Key()] {
				t.Errorf("%s: points %d and %d are as dear and changed places", name, k-1, k)
			}
		}
		if len(seen) != len(points) || total != s.total {
			t.Errorf("%s: %d of %d points, cost %v of %v", name, len(seen), len(points), s.total, total)
		}
	}
	points, traces := distinctPoints(Figures(Default(1)))
	s := dearestFirst(points, traces)
	if first := s.points[0]; first.Data != Digits {
		t.Errorf("the first is %+v", first)
	}
	if last := s.points[len(s.points)-1]; last.T != slices.Min(Default(1).Horizons) {
		t.Errorf("the last is %+v", last)
	}
	if s := dearestFirst(nil, nil); len(s.points) != 0 {
		t.Error("points out of nothing")
	}
}

// TestRunBeginsWithTheDearest: one worker makes the points in the order of the schedule, says what share of the cost
// is done, and the files do not depend on the order.
func TestRunBeginsWithTheDearest(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	points, traces := distinctPoints(tiny())
	want := dearestFirst(points, traces)
	backward := tiny()
	slices.Reverse(backward)
	var of [2]map[string]string
	for i, figures := range [][]Figure{tiny(), backward} {
		dir := t.TempDir()
		k, before := 0, int64(0)
		_, err := Run(t.Context(), figures, dir, func(done, _, _ int64, share float64) {
			if i == 0 && k > 0 && done-before != int64(want.points[k-1].T) {
				t.Errorf("run %d has %d steps, want %d", k-1, done-before, want.points[k-1].T)
			}
			sum := 0.0
			for _, c := range want.cost[:k] {
				sum += c
			}
			if !(math.Abs(share-sum/want.total) < 1e-9) {
				t.Errorf("share %v after %d runs, want %v", share, k, sum/want.total)
			}
			k, before = k+1, done
		})
		if err != nil || k != len(points)+1 {
			t.Fatalf("%d runs, want %d; %v", k-1, len(points), err)
		}
		of[i] = files(t, dir)
	}
	if !maps.Equal(of[0], of[1]) {
		t.Error("files depend on the order")
	}
}

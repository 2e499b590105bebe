package expect

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
)

func chain(t testing.TB, ops ...core.Op) *core.Chain {
	t.Helper()
	c, err := core.NewChain(ops...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// randomSetting draws weights, an input and laws of every kind on small chains.
func randomSetting(t testing.TB, seed uint64) (c *core.Chain, x, w []float64, plan *Plan) {
	r := rand.New(rand.NewPCG(seed, 1))
	chains := []*core.Chain{
		chain(t, core.Linear(1, 2), core.Tanh(2), core.Affine(2, 1)),
		chain(t, core.Scale(2), core.Square(2), core.Bias(2), core.Bilinear(2)),
		chain(t, core.Linear(2, 3), core.HalfSq(3)),
		chain(t, core.Affine(1, 1), core.Sigmoid(1), core.Scale(1), core.Softplus(1), core.Logistic()),
	}
	c = chains[r.IntN(len(chains))]
	vec := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = r.NormFloat64()
		}
		return v
	}
	law := func(d int) perturb.Finite {
		switch r.IntN(6) {
		case 0:
			return nil
		case 1:
			return perturb.Constant(vec(d))
		case 2:
			return perturb.Round("e4m3", true)
		case 3:
			return perturb.TopK(1)
		case 4:
			return perturb.Table([]perturb.Outcome{{P: 0.5, D: vec(d)}, {P: 0.125, D: vec(d)}, {P: 0.375, D: vec(d)}})
		}
		return perturb.TwoPoint(vec(d), vec(d), 0.25)
	}
	n := c.N()
	plan = &Plan{Delta: make([]perturb.Finite, n+1), Eps: make([]perturb.Finite, n+1)}
	for i := 1; i <= n; i++ {
		plan.Delta[i] = law(c.D(i))
		if i > 1 {
			plan.Eps[i] = law(c.D(i - 1))
		}
	}
	return c, vec(c.D(0)), vec(c.NW()), plan
}

// tolerance is generous against rounding: a few thousand operations, with
// cancellation in differences of states of size about 100.
const tolerance = 1e-9

func TestWalkEqualsNaive(t *testing.T) {
	for seed := range uint64(150) {
		c, x, w, plan := randomSetting(t, seed)
		want, err := Naive(c, x, w, plan, 0)
		if err != nil {
			t.Fatal(err)
		}
		got := claim.NewMoments(c)
		if err := NewWalker(c).Walk(got, x, w, plan, 0); err != nil {
			t.Fatal(err)
		}
		if got.Leaves != want.Leaves {
			t.Errorf("seed %d: %d leaves, want %d", seed, got.Leaves, want.Leaves)
		}
		gl, wl := got.Lists(), want.Lists()
		scale := 1 + want.U2 + want.Y4[c.N()]
		for k := range gl {
			for i := range gl[k] {
				if !(math.Abs(gl[k][i]-wl[k][i]) <= tolerance*(scale+wl[k][i])) {
					t.Errorf("seed %d, %v: list %d, index %d: %v, want %v", seed, c.Specs(), k, i, gl[k][i], wl[k][i])
				}
			}
		}
		for _, p := range [][2]float64{{got.P, want.P}, {got.U2, want.U2}, {got.UMean2, want.UMean2}} {
			if !(math.Abs(p[0]-p[1]) <= tolerance*scale) {
				t.Errorf("seed %d: %v, want %v", seed, p[0], p[1])
			}
		}
	}
}

// bigSetting has a tree that is split.
func bigSetting(t testing.TB) (c *core.Chain, x, w []float64, plan *Plan) {
	c = chain(t, core.Affine(2, 3), core.Tanh(3), core.Affine(3, 3), core.Tanh(3), core.Affine(3, 3), core.HalfSq(3))
	r := rand.New(rand.NewPCG(5, 5))
	vec := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = r.NormFloat64()
		}
		return v
	}
	n := c.N()
	plan = &Plan{Delta: make([]perturb.Finite, n+1), Eps: make([]perturb.Finite, n+1)}
	for i := 1; i < n; i++ {
		plan.Delta[i] = perturb.TwoPoint(vec(c.D(i)), vec(c.D(i)), 0.5)
		plan.Eps[i+1] = perturb.TwoPoint(vec(c.D(i)), vec(c.D(i)), 0.375)
	}
	return c, vec(c.D(0)), vec(c.NW()), plan
}

func TestSplitTree(t *testing.T) {
	c, x, w, plan := bigSetting(t)
	want, err := Naive(c, x, w, plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	seq, par := claim.NewMoments(c), claim.NewMoments(c)
	wk := NewWalker(c)
	if err := wk.Walk(seq, x, w, plan, 0); err != nil {
		t.Fatal(err)
	}
	if err := NewWalker(c).WalkParallel(par, x, w, plan, 0); err != nil {
		t.Fatal(err)
	}
	sl, pl, wl := seq.Lists(), par.Lists(), want.Lists()
	for k := range sl {
		for i := range sl[k] {
			if sl[k][i] != pl[k][i] {
				t.Errorf("list %d, index %d: sequential %v, parallel %v", k, i, sl[k][i], pl[k][i])
			}
			if !(math.Abs(sl[k][i]-wl[k][i]) <= tolerance*(1+wl[k][i])) {
				t.Errorf("list %d, index %d: %v, want %v", k, i, sl[k][i], wl[k][i])
			}
		}
	}
	if seq.Leaves != 1024 || len(wk.todo) < minParts {
		t.Errorf("%d leaves in %d parts, want 1024 in at least %d", seq.Leaves, len(wk.todo), minParts)
	}
	if a := testing.AllocsPerRun(5, func() { _ = wk.Walk(seq, x, w, plan, 0) }); a != 0 {
		t.Errorf("%v allocations a walk, want 0", a)
	}
}

// TestReach: the hull of what a walk visits is that of all passes, one by one, whether the
// tree is split or not.
func TestReach(t *testing.T) {
	for seed := range uint64(31) {
		c, x, w, plan := bigSetting(t)
		if seed > 0 {
			c, x, w, plan = randomSetting(t, seed)
		}
		n := c.N()
		want := Reach{MaxY: make([]float64, n+1), MaxV: make([]float64, n+1)}
		for i := range n + 1 {
			want.Y = append(want.Y, core.NewBox(c.D(i)))
		}
		visit := func(s *core.State) {
			for i := range n + 1 {
				want.Y[i].Add(s.Y[i])
				if i > 0 {
					want.MaxY[i] = max(want.MaxY[i], math.Sqrt(sq(s.Y[i])))
					want.MaxV[i] = max(want.MaxV[i], math.Sqrt(sq(s.V[i])))
				}
			}
		}
		exact := core.NewState(c)
		exact.Pass(c, x, w, nil)
		visit(exact)
		err := Enumerate(c, x, w, plan, 0, func(_ *Leaf, s *core.State) error { visit(s); return nil })
		if err != nil {
			t.Fatal(err)
		}
		wk := NewWalker(c)
		if err := wk.Walk(claim.NewMoments(c), x, w, plan, 0); err != nil {
			t.Fatal(err)
		}
		if seed == 0 && len(wk.todo) < minParts {
			t.Errorf("the tree of 1024 leaves has %d parts, want at least %d", len(wk.todo), minParts)
		}
		got := wk.Reach()
		for i := range n + 1 {
			for j := range want.Y[i].Lo {
				if got.Y[i].Lo[j] != want.Y[i].Lo[j] || got.Y[i].Hi[j] != want.Y[i].Hi[j] {
					t.Errorf("seed %d: component %d of Y_%d is in [%v, %v], want [%v, %v]", seed, j, i,
						got.Y[i].Lo[j], got.Y[i].Hi[j], want.Y[i].Lo[j], want.Y[i].Hi[j])
				}
			}
			if i > 0 && (!(math.Abs(got.MaxY[i]-want.MaxY[i]) <= tolerance*want.MaxY[i]) ||
				!(math.Abs(got.MaxV[i]-want.MaxV[i]) <= tolerance*want.MaxV[i])) {
				t.Errorf("seed %d: |Y_%d|, |V_%d| up to %v, %v, want %v, %v", seed, i, i, got.MaxY[i], got.MaxV[i],
					want.MaxY[i], want.MaxV[i])
			}
		}
	}
}

// TestTooManyLeaves: more leaves than the caps are an error that says how many, at
// once where the laws tell, and the same one however the tree is split.
func TestTooManyLeaves(t *testing.T) {
	const n = 6
	ops := []core.Op{core.Bias(1)}
	for range n - 2 {
		ops = append(ops, core.Bias(1))
	}
	c := chain(t, append(ops, core.HalfSq(1))...)
	x, w := []float64{0.5}, make([]float64, n-1)
	fill := func(l perturb.Finite) *Plan {
		p := &Plan{Delta: make([]perturb.Finite, n+1), Eps: make([]perturb.Finite, n+1)}
		for i := 1; i < n; i++ {
			p.Delta[i], p.Eps[i+1] = l, l
		}
		return p
	}
	eight := make([]perturb.Outcome, 8)
	for k := range eight {
		eight[k] = perturb.Outcome{P: 0.125, D: []float64{float64(k)}}
	}
	if err := NewWalker(c).Walk(claim.NewMoments(c), x, w, fill(perturb.Table(eight)), 0); err == nil ||
		!strings.Contains(err.Error(), "; 1073741824 joint outcomes") {
		t.Errorf("8^10 outcomes: error %v", err)
	}
	leaves := 0
	if err := NewEnumerator(c).enumerate(x, w, fill(perturb.Table(eight)), 0, 1000,
		func(*Leaf, *core.State) error { leaves++; return nil }); err == nil || leaves != 1000 ||
		err.Error() != "expect: at least 1001 joint outcomes, the cap is 1000; 1073741824 joint outcomes if all paths "+
			"branch as the first does" {
		t.Errorf("8^10 outcomes: error %v after %d leaves", err, leaves)
	}
	// A law that looks at the state is walked until the cap is met, here one of 2^18 nodes.
	const most = 1 << 18
	wild := fill(seesState{perturb.Table(eight)})
	one, two := NewWalker(c), NewWalker(c)
	if one.most != MaxNodes {
		t.Errorf("the cap of a walker is %d nodes, want %d", one.most, MaxNodes)
	}
	one.most, two.most = most, most
	a, b := one.Walk(claim.NewMoments(c), x, w, wild, 0), two.WalkParallel(claim.NewMoments(c), x, w, wild, 0)
	if a == nil || b == nil || a.Error() != b.Error() || !strings.Contains(a.Error(), "at least 262145 nodes, the "+
		"cap is 262144; 1073741824 joint outcomes") {
		t.Errorf("8^10 outcomes of a law that looks at the state: errors %v and %v", a, b)
	}
	if over := one.spent.Load(); over <= most || over > most+int64(len(one.todo))*spend {
		t.Errorf("%d nodes were walked", over)
	}
}

// TestLeavesOfOnePass: of 2^21 outcomes of the shortest chain 2^20 are visited.
func TestLeavesOfOnePass(t *testing.T) {
	c, x, w, _ := tiny(t)
	many := make([]perturb.Outcome, 1<<10)
	for k := range many {
		many[k] = perturb.Outcome{P: 0x1p-10, D: []float64{float64(k)}}
	}
	two := perturb.TwoPoint([]float64{1}, []float64{2}, 0.5)
	plan := &Plan{Delta: []perturb.Finite{nil, perturb.Table(many), perturb.Table(many)},
		Eps: []perturb.Finite{nil, nil, two}}
	leaves := 0
	var large *TooManyLeaves
	err := Enumerate(c, x, w, plan, 0, func(*Leaf, *core.State) error { leaves++; return nil })
	if !errors.As(err, &large) || leaves != MaxLeaves || large.AtLeast != MaxLeaves+1 || large.Cap != MaxLeaves ||
		large.Nodes || large.LikeFirst != 2*MaxLeaves {
		t.Errorf("error %v after %d leaves, want %d", err, leaves, MaxLeaves)
	}
}

// seesState is a law that does not say of what kind it is.
type seesState struct{ perturb.Finite }

func (seesState) Spec() perturb.Spec { return perturb.Spec{Law: "custom"} }

func BenchmarkNaive(b *testing.B) {
	c, x, w, plan := bigSetting(b)
	for b.Loop() {
		if _, err := Naive(c, x, w, plan, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEnumerate(b *testing.B) {
	c, x, w, plan := bigSetting(b)
	for b.Loop() {
		if err := Enumerate(c, x, w, plan, 0, func(*Leaf, *core.State) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	c, x, w, plan := bigSetting(b)
	wk, m := NewWalker(c), claim.NewMoments(c)
	for b.Loop() {
		if err := wk.Walk(m, x, w, plan, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWalkParallel(b *testing.B) {
	c, x, w, plan := bigSetting(b)
	wk, m := NewWalker(c), claim.NewMoments(c)
	for b.Loop() {
		if err := wk.WalkParallel(m, x, w, plan, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTreeRatio reports the naive enumeration and the bare passes of every
// leaf as multiples of one walk of the same tree, smallest times of each.
func BenchmarkTreeRatio(b *testing.B) {
	c, x, w, plan := bigSetting(b)
	wk, m := NewWalker(c), claim.NewMoments(c)
	best := fastest(b,
		func() { _, _ = Naive(c, x, w, plan, 0) },
		func() { _ = Enumerate(c, x, w, plan, 0, func(*Leaf, *core.State) error { return nil }) },
		func() { _ = wk.Walk(m, x, w, plan, 0) })
	b.ReportMetric(best[0]/best[2], "naive/walk")
	b.ReportMetric(best[1]/best[2], "passes/walk")
}

// BenchmarkTwoCores reports one walk of a tree of 3^10 leaves as a multiple of
// the same walk on GOMAXPROCS goroutines.
func BenchmarkTwoCores(b *testing.B) {
	c, x, w, plan := bigSetting(b)
	for i := 1; i < c.N(); i++ {
		for _, l := range []*perturb.Finite{&plan.Delta[i], &plan.Eps[i+1]} {
			s := (*l).Spec()
			zero := make([]float64, len(s.A))
			*l = perturb.Table([]perturb.Outcome{{P: 0.25, D: s.A}, {P: 0.25, D: s.B}, {P: 0.5, D: zero}})
		}
	}
	wk, m := NewWalker(c), claim.NewMoments(c)
	best := fastest(b,
		func() { _ = wk.Walk(m, x, w, plan, 0) },
		func() { _ = wk.WalkParallel(m, x, w, plan, 0) })
	b.ReportMetric(best[0]/best[1], "one/all-cores")
}

// fastest times each f in turn and returns the smallest time of each.
func fastest(b *testing.B, fs ...func()) []float64 {
	best := make([]float64, len(fs))
	for b.Loop() {
		for k, f := range fs {
			start := time.Now()
			f()
			if d := float64(time.Since(start)); best[k] == 0 || d < best[k] {
				best[k] = d
			}
		}
	}
	return best
}

// BenchmarkTree32 is the walk of a tree of 32 leaves: N = 6, width 3, a two-point delta at
// each of the five sites. testdata/peers times NumPy on the same tree, for the moments of U.
func BenchmarkTree32(b *testing.B) {
	c, x, w, plan := bigSetting(b)
	clear(plan.Eps)
	for name, m := range map[string]*claim.Moments{"moments=all": claim.NewMoments(c),
		"moments=U": claim.NewGradientMoments(c)} {
		b.Run(name, func(b *testing.B) {
			wk := NewWalker(c)
			for b.Loop() {
				if err := wk.Walk(m, x, w, plan, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

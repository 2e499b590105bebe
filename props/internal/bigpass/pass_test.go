package bigpass

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// everyOp has each operator of core.OpNames once.
var everyOp = []core.Spec{
	{Op: "affine", In: 2, Out: 3}, {Op: "linear", In: 3, Out: 2}, {Op: "fixed", A: [][]float64{{1, 2}, {-0.5, 3}}},
	{Op: "bias", N: 2}, {Op: "scale", N: 2}, {Op: "tanh", N: 2}, {Op: "sigmoid", N: 2}, {Op: "softplus", N: 2},
	{Op: "square", N: 2}, {Op: "halfsq", N: 3}, {Op: "logistic"}, {Op: "softmaxce", N: 3, Label: 1},
	{Op: "bilinear", N: 2},
}

func normal(r *rand.Rand, n int, scale float64) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = scale * r.NormFloat64()
	}
	return v
}

func evaluator(t testing.TB, specs []core.Spec, prec uint) *Evaluator {
	t.Helper()
	e, err := NewEvaluator(specs, prec)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func run(t testing.TB, e *Evaluator, x, w []float64, delta, eps [][]float64) *State {
	t.Helper()
	s, err := e.Pass(x, w, delta, eps)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// each calls f with every number of both states.
func each(t *testing.T, a, b *State, f func(name string, i, k int, x, y Num)) {
	t.Helper()
	for _, l := range []struct {
		name string
		a, b [][]Num
	}{{"Y", a.Y, b.Y}, {"V", a.V, b.V}, {"U", a.U, b.U}} {
		for i := range l.a {
			if len(l.a[i]) != len(l.b[i]) {
				t.Fatalf("%s_%d has lengths %d and %d", l.name, i, len(l.a[i]), len(l.b[i]))
			}
			for k := range l.a[i] {
				f(l.name, i, k, l.a[i][k], l.b[i][k])
			}
		}
	}
}

// TestDerivatives: at 512 bits a central difference of step h = 2^-100 leaves
// out h^2/6 |f”'|, below 2^-190 for inputs of this size, and divides roundings
// of 2^-480 by h: a wrong derivative has nowhere to hide.
func TestDerivatives(t *testing.T) {
	const step, good = -100, -190
	var names []string
	for _, s := range everyOp {
		names = append(names, s.Op)
	}
	if !slices.Equal(names, core.OpNames()) {
		t.Fatalf("operators %v, want %v", names, core.OpNames())
	}
	a := newArith(512)
	h := Num{mid: a.float().SetMantExp(a.num(1).mid, step)}
	r := rand.New(rand.NewPCG(2, 2))
	for _, s := range everyOp {
		op, err := core.NewOp(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, scale := range []float64{0.01, 1, 3} {
			x, w, v := a.nums(normal(r, op.In(), scale)), a.nums(normal(r, op.NW(), scale)),
				a.nums(normal(r, op.Out(), 1))
			for which, at := range []vector{x, w} {
				got := a.vjp1(s, x, w, v)
				if which == 1 {
					got = a.vjp2(s, x, w, v)
				}
				if len(got) != len(at) {
					t.Fatalf("%v: a product of length %d, want %d", s, len(got), len(at))
				}
				for k := range at {
					old := at[k]
					at[k] = a.add(old, h)
					up := a.dot(a.forward(s, x, w), v)
					at[k] = a.sub(old, h)
					down := a.dot(a.forward(s, x, w), v)
					at[k] = old
					want := a.quo(a.sub(up, down), a.twice(h))
					bound := got[k].rad.add(want.rad).add(magOf(want.mid).add(power(4)).shift(good))
					if !within(got[k].mid, want.mid, bound.big()) || !bound.atMost(power(good+20)) {
						t.Errorf("%v: derivative %d by argument %d is %v, want %v", s, k, which, got[k].mid, want.mid)
					}
				}
			}
		}
	}
}

// TestJacobians: J^T v from the rows of J is the product that the pass uses,
// and shapes are those of the paper.
func TestJacobians(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	for _, s := range everyOp {
		op, err := core.NewOp(s)
		if err != nil {
			t.Fatal(err)
		}
		specs := []core.Spec{s, {Op: "halfsq", N: op.Out()}}
		e := evaluator(t, specs, 0)
		x, w, v := normal(r, op.In(), 1), normal(r, op.NW(), 1), normal(r, op.Out(), 1)
		j1, j2, err := e.Jacobians(1, x, w)
		if err != nil {
			t.Fatal(err)
		}
		a := e.a
		for which, j := range [][][]Num{j1, j2} {
			want := a.vjp1(s, a.nums(x), a.nums(w), a.nums(v))
			if which == 1 {
				want = a.vjp2(s, a.nums(x), a.nums(w), a.nums(v))
			}
			got := a.zeros(len(want))
			if len(j) != op.Out() {
				t.Fatalf("%v: J%d has %d rows, want %d", s, which+1, len(j), op.Out())
			}
			for i, row := range j {
				got = a.plus(got, a.times(a.num(v[i]), row))
			}
			for k := range want {
				if rad := got[k].rad.add(want[k].rad); !within(got[k].mid, want[k].mid, rad.big()) {
					t.Errorf("%v: (J%d^T v)[%d] = %v, want %v", s, which+1, k, got[k].mid, want[k].mid)
				}
			}
		}
	}
}

// TestOperatorBalls: an input known up to an error gives results whose errors
// cover those of every number that it may be, extreme ones included.
func TestOperatorBalls(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	a := newArith(128)
	// widen returns v with an error, and numbers inside.
	widen := func(v []float64, e int) (ball, inside vector) {
		ball, inside = a.nums(v), make(vector, len(v))
		for k := range ball {
			off := Num{mid: a.float().SetMantExp(a.num([]float64{-1, 1, 2*r.Float64() - 1}[r.IntN(3)]).mid, e)}
			inside[k] = a.add(ball[k], off)
			ball[k].rad = power(e)
		}
		return ball, inside
	}
	for _, s := range everyOp {
		op, err := core.NewOp(s)
		if err != nil {
			t.Fatal(err)
		}
		for range 200 {
			e := -1 - r.IntN(60)
			x, xi := widen(normal(r, op.In(), 2), e)
			w, wi := widen(normal(r, op.NW(), 2), e)
			v, vi := widen(normal(r, op.Out(), 1), e)
			for name, c := range map[string][2]vector{
				"f": {a.forward(s, x, w), a.forward(s, xi, wi)}, "J1^T v": {a.vjp1(s, x, w, v), a.vjp1(s, xi, wi, vi)},
				"J2^T v": {a.vjp2(s, x, w, v), a.vjp2(s, xi, wi, vi)},
			} {
				for k, got := range c[0] {
					if want := c[1][k]; !within(got.mid, want.mid, got.rad.add(want.rad).big()) {
						t.Fatalf("%v: %s[%d] = %v +- %v, but %v inside", s, name, k, got.mid, got.Err(), want.mid)
					}
				}
			}
		}
	}
}

// TestSoftmaxDeep: where one class has almost all, small losses and small
// entries of p - e keep their leading bits.
func TestSoftmaxDeep(t *testing.T) {
	e := evaluator(t, []core.Spec{{Op: "bias", N: 3}, {Op: "softmaxce", N: 3}}, 0)
	s := run(t, e, []float64{0, -1000, -2000}, []float64{0, 0, 0}, nil, nil)
	a := e.a
	// ln(1+z) = z - z^2/2 + ..., z = e^-1000 (1 + e^-1000) < 2^-1442.
	z := a.exp(a.num(-1000))
	for name, got := range map[string]Num{"y": s.Y[2][0], "v_label": a.neg(s.V[1][0]), "v": s.V[1][1]} {
		if !within(got.mid, z.mid, magOf(z.mid).shift(-230).big()) || !got.rad.atMost(magOf(z.mid).shift(-230)) {
			t.Errorf("%s = %v +- %v, want %v", name, got.mid, got.Err(), z.mid)
		}
	}
}

// TestExactness: polynomial chains on short numbers are exact and say so; with
// too few bits, or anything transcendental, the error bound holds.
func TestExactness(t *testing.T) {
	poly := []core.Spec{{Op: "affine", In: 2, Out: 2}, {Op: "square", N: 2}, {Op: "scale", N: 2},
		{Op: "bilinear", N: 2}}
	w := []float64{1.5, -2, 0.25, 3, 0.5, 1, 0.75, -1.25, 2, -0.375}
	x := []float64{0.125, -3}
	delta := [][]float64{nil, {0.5, 1}, nil, {-0.25, 0.0625}, nil}
	eps := [][]float64{nil, nil, {1, 2}, nil, {0.5, -0.5}}
	wide := run(t, evaluator(t, poly, 0), x, w, delta, eps)
	if !wide.Exact() {
		t.Error("a polynomial chain on short binary numbers is not exact at 256 bits")
	}
	// By hand: f_1 = (0.1875+6+0.5, 0.03125-9+1) + delta_1.
	for k, want := range []float64{7.1875, -6.96875} {
		if f, err := wide.Y[1][k].Float64(); f != want || err != 0 {
			t.Errorf("Y_1[%d] = %v +- %v, want %v", k, f, err, want)
		}
	}
	w[0] = 0.1 // 53 bits, squared, times ..., to the 4th power
	exact := run(t, evaluator(t, poly, 2000), x, w, delta, eps)
	narrow := run(t, evaluator(t, poly, 64), x, w, delta, eps)
	if !exact.Exact() || narrow.Exact() {
		t.Errorf("exact at 2000 bits: %v, at 64 bits: %v; want true, false", exact.Exact(), narrow.Exact())
	}
	each(t, narrow, exact, func(name string, i, k int, x, y Num) {
		if !within(x.mid, y.mid, x.Err()) || !x.rad.atMost(magOf(y.mid).add(power(0)).shift(-50)) {
			t.Errorf("%s_%d[%d] = %v +- %v at 64 bits, exactly %v", name, i, k, x.mid, x.Err(), y.mid)
		}
	})
	if s := run(t, evaluator(t, []core.Spec{{Op: "tanh", N: 1}, {Op: "logistic"}}, 0), []float64{1}, nil, nil,
		nil); s.Exact() {
		t.Error("tanh 1 counts as exact")
	}
}

// sampled is a case of gen with the perturbations of one draw.
func sampled(t testing.TB, seed, index uint64) (c *gen.Case, p *gen.Pass, s *core.State) {
	t.Helper()
	c = gen.Step(gen.Random(seed, index))
	p, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	n := p.Chain.N()
	laws, epss := make([]perturb.Law, n+1), make([]perturb.Law, n+1)
	for i := 1; i <= n; i++ {
		if l := p.Plan.Delta[i]; l != nil {
			laws[i] = l
		}
		if l := p.Plan.Eps[i]; l != nil {
			epss[i] = l
		}
	}
	s = core.NewState(p.Chain)
	s.Pass(p.Chain, p.X, p.W, perturb.NewSampler(laws, epss, index))
	return c, p, s
}

// TestTwoPrecisions: the error bounds of one precision hold against three times
// as many bits, on chains of every kind.
func TestTwoPrecisions(t *testing.T) {
	valid := 0
	for index := range uint64(150) {
		c, p, s := sampled(t, 5, index)
		low, err := evaluator(t, c.Chain, 128).Pass(p.X, p.W, s.Delta, s.Eps)
		if err != nil {
			continue
		}
		valid++
		high := run(t, evaluator(t, c.Chain, 384), p.X, p.W, s.Delta, s.Eps)
		each(t, low, high, func(name string, i, k int, x, y Num) {
			if !within(x.mid, y.mid, x.rad.add(y.rad).big()) || x.Exact() && x.mid.Cmp(y.mid) != 0 {
				t.Errorf("case %d %v: %s_%d[%d] = %v +- %v, at more bits %v", index, c.Chain, name, i, k, x.mid,
					x.Err(), y.mid)
			}
		})
	}
	if valid < 140 {
		t.Errorf("%d of 150 cases valid", valid)
	}
}

// TestCoreWithinEnclosure holds the engine's float64 pass against this one: the
// difference must lie within what core.Enclosure derives, and not be absurdly
// smaller everywhere, or the enclosure would be worthless.
func TestCoreWithinEnclosure(t *testing.T) {
	sharpest := 0.0
	tried := 0
	for index := range uint64(400) {
		c, p, s := sampled(t, 3, index)
		n := p.Chain.N()
		region, errs := core.NewRegion(p.Chain), core.NewEnclosure(p.Chain)
		region.Visit(s, p.W)
		errs.Visit(s)
		region.Widen(core.Margin)
		per := make([]core.Regularity, n+1)
		region.Regularity(per)
		if !errs.Compute(region, per) {
			continue
		}
		tried++
		x := run(t, evaluator(t, c.Chain, 0), p.X, p.W, s.Delta, s.Eps)
		for i := 1; i <= n; i++ {
			for _, q := range []struct {
				name  string
				float []float64
				exact []Num
				bound float64
			}{{"Y", s.Y[i], x.Y[i], errs.Y[i]}, {"V", s.V[i], x.V[i], errs.V[i]}, {"U", s.U[i], x.U[i], errs.U[i]}} {
				sum := new(big.Float)
				for k, v := range q.float {
					if math.IsNaN(v) || math.IsInf(v, 0) {
						t.Fatalf("case %d: %s_%d = %v", index, q.name, i, v)
					}
					d := new(big.Float).Sub(big.NewFloat(v), q.exact[k].mid)
					sum.Add(sum, d.Mul(d, d))
				}
				f, _ := sum.Float64()
				if e := math.Sqrt(f); !(e <= q.bound+1e-290) {
					t.Fatalf("case %d %v: %s_%d is off by %v, the enclosure is %v", index, c.Chain, q.name, i, e,
						q.bound)
				} else if q.bound > 0 {
					sharpest = max(sharpest, e/q.bound)
				}
			}
		}
	}
	if tried < 300 || sharpest < 0.05 {
		t.Errorf("%d of 400 cases tried; the largest error was %.3g of its enclosure", tried, sharpest)
	}
}

// TestShared: passes that keep parts of the one before are bit for bit those
// that start afresh, whatever the order.
func TestShared(t *testing.T) {
	e, x, w, leaves := treeCase(t)
	r := rand.New(rand.NewPCG(6, 6))
	// In the order of the tree, U_3 depends on the 4 outcomes of delta_1, delta_2
	// alone: 28 of the 31 passes after the first keep it.
	for _, keep := range []int{28, 0} {
		p := e.start(x, w)
		kept := 0
		for _, l := range leaves {
			last := p.last
			got, want := p.next(l.Delta, l.Eps), run(t, e, x, w, l.Delta, l.Eps)
			each(t, got, want, func(name string, i, k int, x, y Num) {
				if x.mid.Cmp(y.mid) != 0 || x.rad != y.rad {
					t.Fatalf("path %v: %s_%d[%d] = %v, afresh %v", l.Path, name, i, k, x.mid, y.mid)
				}
			})
			if last != nil && &last.U[3][0] == &got.U[3][0] {
				kept++
			}
		}
		if kept < keep {
			t.Errorf("%d passes kept U_3 of the one before, want %d", kept, keep)
		}
		r.Shuffle(len(leaves), func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	}
}

// TestConcurrent: one evaluator serves many goroutines (run with -race).
func TestConcurrent(t *testing.T) {
	e := evaluator(t, []core.Spec{{Op: "tanh", N: 2}, {Op: "softmaxce", N: 2}}, 0)
	want := run(t, e, []float64{1, 2}, nil, nil, nil)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s, err := e.Pass([]float64{1, 2}, nil, nil, nil)
			if err != nil || s.Y[2][0].mid.Cmp(want.Y[2][0].mid) != 0 {
				t.Errorf("%v, error %v; want %v", s, err, want.Y[2][0].mid)
			}
		})
	}
	wg.Wait()
}

func TestRefusals(t *testing.T) {
	good := []core.Spec{{Op: "scale", N: 2}, {Op: "square", N: 2}, {Op: "halfsq", N: 2}}
	e := evaluator(t, good, 0)
	x, w := []float64{1, 2}, []float64{3, 4}
	pass := func(x, w []float64, delta, eps [][]float64) func() error {
		return func() error { _, err := e.Pass(x, w, delta, eps); return err }
	}
	leaf := func(p float64, path []int, delta [][]float64) expect.Leaf {
		return expect.Leaf{P: p, Path: path, Delta: delta}
	}
	path := []int{0, 0, 0, 0, 0}
	moments := func(leaves ...expect.Leaf) func() error {
		return func() error { _, _, err := e.Moments(x, w, leaves); return err }
	}
	squares := []core.Spec{{Op: "square", N: 1}}
	for range 60 {
		squares = append(squares, core.Spec{Op: "square", N: 1})
	}
	for name, c := range map[string]struct {
		f    func() error
		want string
	}{
		"few bits":    {func() error { _, err := NewEvaluator(good, 8); return err }, "precision 8, want 64"},
		"many bits":   {func() error { _, err := NewEvaluator(good, 100000); return err }, "precision 100000"},
		"no chain":    {func() error { _, err := NewEvaluator(nil, 256); return err }, "chain of 0 operators"},
		"short x":     {pass(x[:1], w, nil, nil), "x has length 1, want 2"},
		"long w":      {pass(x, []float64{1, 2, 3}, nil, nil), "w has length 3, want 2"},
		"NaN in x":    {pass([]float64{0, math.NaN()}, w, nil, nil), "x[1] is NaN"},
		"Inf in w":    {pass(x, []float64{math.Inf(-1), 0}, nil, nil), "w[0] is -Inf"},
		"short delta": {pass(x, w, [][]float64{nil, {1}}, nil), "delta_1 has length 1, want 2"},
		"NaN in eps":  {pass(x, w, nil, [][]float64{nil, nil, {0, math.NaN()}}), "eps_2[1] is NaN"},
		"overflow": {func() error {
			_, err := evaluator(t, append(squares, core.Spec{Op: "softmaxce", N: 1}), 0).Pass([]float64{1e300}, nil,
				nil, nil)
			return err
		}, errOverflow.Error()},
		"operator 4": {func() error { _, _, err := e.Jacobians(4, nil, nil); return err }, "operator 4, want 1..3"},
		"J at x":     {func() error { _, _, err := e.Jacobians(1, nil, w); return err }, "y has length 0, want 2"},
		"J at w":     {func() error { _, _, err := e.Jacobians(2, x, w); return err }, "w has length 2, want 0"},
		"no leaves":  {moments(), "no leaves"},
		"no input":   {func() error { _, _, err := e.Moments(nil, w, nil); return err }, "x has length 0"},
		"NaN P":      {moments(leaf(math.NaN(), path, nil)), "leaf 0 has probability NaN"},
		"zero P":     {moments(leaf(1, path, nil), leaf(0, path, nil)), "leaf 1 has probability 0"},
		"large P":    {moments(leaf(1.5, path, nil)), "leaf 0 has probability 1.5"},
		"short path": {moments(leaf(1, path[1:], nil)), "leaf 0 has a path of 4 draws, want 5"},
		"same path": {moments(leaf(0.5, path, nil), leaf(0.5, path, nil)), "leaf 1: path [0 0 0 0 0] is that of " +
			"another leaf"},
		"other draw": {moments(leaf(0.5, path, nil), leaf(0.5, []int{0, 0, 0, 0, 1}, [][]float64{nil, {1, 2}})),
			"leaf 1: draw 1 of path [0 0 0 0 1] is [1 2]"},
		"bad leaf": {moments(leaf(1, path, [][]float64{nil, {1}})), "leaf 0: bigpass: delta_1 has length 1"},
		"nodes":    {func() error { _, err := e.JacobianNodes(x, nil, nil); return err }, "w has length 0"},
	} {
		if err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
	var many *expect.TooManyLeaves
	if err := moments(make([]expect.Leaf, MaxLeaves+1)...)(); !errors.As(err, &many) || many.Cap != MaxLeaves {
		t.Errorf("error %v for too many leaves", err)
	}
	for i := range 3 { // the state stays usable
		run(t, e, x, w, [][]float64{nil, {float64(i), 0}}, nil)
	}
}

func benchmarkPass(b *testing.B, prec uint) {
	e := evaluator(b, []core.Spec{{Op: "affine", In: 2, Out: 3}, {Op: "tanh", N: 3}, {Op: "halfsq", N: 3}}, prec)
	x, w := []float64{1, 2}, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	for b.Loop() {
		run(b, e, x, w, nil, nil)
	}
}

func BenchmarkPass320(b *testing.B)  { benchmarkPass(b, 320) }
func BenchmarkPass4096(b *testing.B) { benchmarkPass(b, 4096) }

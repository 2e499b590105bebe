package bigpass

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

func rowsCopy(a [][]float64) [][]float64 {
	b := make([][]float64, len(a))
	for k, v := range a {
		if v != nil {
			b[k] = append([]float64{}, v...)
		}
	}
	return b
}

func leavesOf(t testing.TB, c *core.Chain, x, w []float64, plan *expect.Plan) (leaves []expect.Leaf) {
	t.Helper()
	err := expect.Enumerate(c, x, w, plan, 0, func(l *expect.Leaf, _ *core.State) error {
		leaves = append(leaves, expect.Leaf{P: l.P, Path: append([]int(nil), l.Path...), Delta: rowsCopy(l.Delta),
			Eps: rowsCopy(l.Eps)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return leaves
}

// treeCase has 3 weighted operators and 2^5 leaves of unequal probabilities, in
// numbers so short that everything but quotients is exact.
func treeCase(t testing.TB) (e *Evaluator, x, w []float64, leaves []expect.Leaf) {
	specs := []core.Spec{{Op: "scale", N: 2}, {Op: "affine", In: 2, Out: 2}, {Op: "bilinear", N: 2}}
	c, err := core.FromSpecs(specs)
	if err != nil {
		t.Fatal(err)
	}
	x, w = []float64{1, -2}, []float64{0.5, 1, 1, -1, 2, 0.25, 0, 1, 0.5, -1}
	two := func(p float64, k float64) perturb.Finite {
		return perturb.Table([]perturb.Outcome{{P: p, D: []float64{k, 0.5}}, {P: 1 - p, D: []float64{0.25, -k}}})
	}
	plan := &expect.Plan{
		Delta: []perturb.Finite{nil, two(0.25, 1), two(0.625, -0.5),
			perturb.Table([]perturb.Outcome{{P: 0.5, D: []float64{1}}, {P: 0.5, D: []float64{-2}}})},
		Eps: []perturb.Finite{nil, nil, two(0.75, 2), two(0.5, 0.125)},
	}
	return evaluator(t, specs, 0), x, w, leavesOf(t, c, x, w, plan)
}

// byHand is the chain y_1 = w_1 x = 2, y_2 = y_1^2/2 with delta_1 = 1 (1/4) or -1
// (3/4) and eps_2 = 0 (1/2) or 2 (1/2): Y_1 - y_1 = delta_1, Y_2 - y_2 = 2.5 or
// -1.5, V_1 - v_1 = U_1 - u_1 = delta_1 + eps_2: 1, 3 (1/8 each), -1, 1 (3/8 each).
func byHand(t testing.TB) (e *Evaluator, x, w []float64, leaves []expect.Leaf) {
	for k, d := range []float64{1, -1} {
		for j, ep := range []float64{0, 2} {
			leaves = append(leaves, expect.Leaf{
				P: []float64{0.125, 0.375}[k], Path: []int{k, 0, j}, Delta: [][]float64{nil, {d}},
				Eps: [][]float64{nil, nil, {ep}},
			})
		}
	}
	return evaluator(t, []core.Spec{{Op: "scale", N: 1}, {Op: "halfsq", N: 1}}, 0), []float64{1}, []float64{2}, leaves
}

func TestMomentsByHand(t *testing.T) {
	e, x, w, leaves := byHand(t)
	m, err := e.Expect(x, w, leaves)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		got  Num
		want float64
	}{
		"P": {m.P, 1}, "D2": {m.D2[1], 1}, "D4": {m.D4[1], 1}, "D2[2]": {m.D2[2], 0}, "E2": {m.E2[2], 2},
		"E4":    {m.E4[2], 8},
		"Y2[0]": {m.Y2[0], 0}, "Y2[1]": {m.Y2[1], 1}, "Y2[2]": {m.Y2[2], 3.25}, "Y4[2]": {m.Y4[2], 13.5625},
		"V2": {m.V2[1], 2}, "V4": {m.V4[1], 11}, "V2[2]": {m.V2[2], 0}, "YV2[0]": {m.YV2[0], 0},
		"YV2[1]": {m.YV2[1], 0},
		"Ui2":    {m.Ui2[1], 2}, "U2": {m.U2, 2}, "UMean": {m.UMean[0], 0.5}, "UiMean2": {m.UiMean2[1], 0.25},
		"UMean2":    {m.UMean2, 0.25},
		"D literal": {m.DMean2[claim.Literal][1], 1}, "D past": {m.DMean2[claim.Past][1], 0.25},
		"D total":   {m.DMean2[claim.Total][1], 0.25},
		"E literal": {m.EMean2[claim.Literal][2], 1}, "E past": {m.EMean2[claim.Past][2], 1},
		"E total": {m.EMean2[claim.Total][2], 1},
		"Y1 past": {m.YMean2[claim.Past][1], 0.25}, "Y2 literal": {m.YMean2[claim.Literal][2], 3.25},
		"Y2 past": {m.YMean2[claim.Past][2], 3.25}, "Y2 total": {m.YMean2[claim.Total][2], 0.25},
		"D22": {m.D22[1], 1}, "D22 past": {m.DMean22[claim.Past][1], 0.0625}, "D22 literal": {
			m.DMean22[claim.Literal][1], 1},
		"V literal": {m.VMean2[claim.Literal][1], 2}, "V past": {m.VMean2[claim.Past][1], 1},
		"V total": {m.VMean2[claim.Total][1], 0.25},
		"v_1":     {m.V0[1], 4}, "v_2": {m.V0[2], 1},
	} {
		if f, err := c.got.Float64(); f != c.want || err != 0 || !c.got.Exact() {
			t.Errorf("%s = %v +- %v, want %v", name, f, err, c.want)
		}
	}
	f, v0, err := e.Moments(x, w, leaves)
	if err != nil || f.Leaves != 4 || f.U2 != 2 || f.UMean[0] != 0.5 || v0[1] != 4 || v0[2] != 1 {
		t.Errorf("rounded: %+v, %v, %v", f, v0, err)
	}
}

// TestYV2 by hand: y_1 = x w_1, y_2 = y_1^2, y_3 = y_2^2/2 at x = w = 1 with
// delta_1 = 1: Y_2 = 4 and V_2 = 4, y_2 = v_2 = 1; V_1 = 2 Y_1 V_2 = 16, v_1 = 2.
func TestYV2(t *testing.T) {
	e := evaluator(t, []core.Spec{{Op: "scale", N: 1}, {Op: "square", N: 1}, {Op: "halfsq", N: 1}}, 0)
	m, err := e.Expect([]float64{1}, []float64{1},
		[]expect.Leaf{{P: 1, Path: make([]int, 5), Delta: [][]float64{nil, {1}}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0, 1 * 9, 0, 0} {
		if f, _ := m.YV2[i].Float64(); f != want {
			t.Errorf("YV2[%d] = %v, want %v", i, f, want)
		}
	}
}

// TestNodesByHand: y_1 = x w_1 = 2 as in byHand, f_2 = <y_1,w_2>^2 + y_1^2/2 with
// w_2 = 1 has J2 = 2 Y_1^2: 8 at y_1, 18 (P 1/4) and 2 (P 3/4) at Y_1.
func TestNodesByHand(t *testing.T) {
	_, x, _, leaves := byHand(t)
	e := evaluator(t, []core.Spec{{Op: "scale", N: 1}, {Op: "bilinear", N: 1}}, 0)
	type row struct {
		r                    claim.Reading
		p, left, mean2, four float64
	}
	want := []row{
		{claim.Literal, 0.25, 100, 1, 1}, {claim.Literal, 0.75, 36, 1, 1},
		{claim.Past, 1, 4, 0.25, 1}, {claim.Total, 1, 4, 0.25, 1},
	}
	var got []row
	collect := func(n Node) error {
		f := func(x Num) float64 {
			if !x.Exact() {
				t.Errorf("%v of %v is not exact", x.mid, n.Reading)
			}
			v, _ := x.Float64()
			return v
		}
		if n.I != 2 {
			t.Errorf("a node of operator %d", n.I)
		}
		got = append(got, row{n.Reading, f(n.P), f(n.Left), f(n.Mean2), f(n.Four)})
		return nil
	}
	if err := e.Nodes(x, []float64{2, 1}, leaves, collect); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("nodes %v, error %v; want %v", got, err, want)
	}
	stop := errors.New("stop")
	if err := e.Nodes(x, []float64{2, 1}, leaves, func(Node) error { return stop }); err != stop {
		t.Errorf("the visitor's error became %v", err)
	}
}

// TestOrder: the sums over shuffled leaves are the same; where nothing is
// rounded, to the bit.
func TestOrder(t *testing.T) {
	e, x, w, leaves := treeCase(t)
	want, err := e.Expect(x, w, leaves)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 7))
	r.Shuffle(len(leaves), func(i, j int) { leaves[i], leaves[j] = leaves[j], leaves[i] })
	got, err := e.Expect(x, w, leaves)
	if err != nil {
		t.Fatal(err)
	}
	gl := got.lists()
	for k, l := range want.lists() {
		for i, x := range l {
			y := gl[k][i]
			if !within(x.mid, y.mid, x.rad.add(y.rad).big()) || x.Exact() != y.Exact() {
				t.Errorf("list %d, index %d: %v, shuffled %v", k, i, x.mid, y.mid)
			}
		}
	}
	if !want.U2.Exact() || want.U2.mid.Cmp(got.U2.mid) != 0 || len(leaves) != 32 {
		t.Errorf("%d leaves, E|U-u|^2 = %v, shuffled %v, exact %v", len(leaves), want.U2.mid, got.U2.mid,
			want.U2.Exact())
	}
}

// TestWeights: probabilities that do not quite sum to 1 are divided by their
// exact sum, which rational arithmetic tells.
func TestWeights(t *testing.T) {
	e := evaluator(t, []core.Spec{{Op: "scale", N: 1}, {Op: "bilinear", N: 1}}, 0)
	x, w := []float64{1}, []float64{2, 0}
	var leaves []expect.Leaf
	sum, one, two := new(big.Rat), new(big.Rat), new(big.Rat)
	for k := range 10 {
		p := 0.1
		if k == 3 {
			p = 0.3
		}
		leaves = append(leaves, expect.Leaf{P: p, Path: []int{k, 0, 0}, Delta: [][]float64{nil, {float64(k)}}})
		r := new(big.Rat).SetFloat64(p)
		sum.Add(sum, r)
		one.Add(one, new(big.Rat).Mul(r, big.NewRat(int64(k), 1)))
		two.Add(two, new(big.Rat).Mul(r, big.NewRat(int64(k*k), 1)))
	}
	m, err := e.Expect(x, w, leaves)
	if err != nil {
		t.Fatal(err)
	}
	if p, _ := m.P.mid.Rat(nil); !m.P.Exact() || p.Cmp(sum) != 0 {
		t.Errorf("P = %v, want %v", p, sum)
	}
	one.Quo(one, sum)
	two.Quo(two, sum)
	square := new(big.Rat).Mul(one, one)
	var shares []Num
	if err := e.Nodes(x, w, leaves, func(n Node) error { shares = append(shares, n.P); return nil }); err != nil ||
		len(shares) != 12 {
		t.Fatalf("%d nodes, error %v", len(shares), err)
	}
	for name, c := range map[string]struct {
		got  Num
		want *big.Rat
	}{
		"D2": {m.D2[1], two}, "literal": {m.DMean2[claim.Literal][1], two}, "total": {m.DMean2[claim.Total][1], square},
		// w_2 = 0 leaves y_1^2/2, whose gradient by w_1 = y_1/x is y_1.
		"UMean": {m.UMean[0], one}, "UMean2": {m.UMean2, square}, "U2": {m.U2, two},
		"P of a node": {shares[3], new(big.Rat).Quo(new(big.Rat).SetFloat64(0.3), sum)},
		"P of all":    {shares[11], big.NewRat(1, 1)},
	} {
		want := ref().SetRat(c.want)
		if !within(c.got.mid, want, ref().Add(c.got.Err(), ref().SetMantExp(big.NewFloat(1), 20-refPrec))) ||
			!c.got.rad.atMost(power(-240)) {
			t.Errorf("%s = %v +- %v, want %v", name, c.got.mid, c.got.Err(), want)
		}
	}
}

// TestFields: every moment that package expect has is here too, under the same
// name, and carried over.
func TestFields(t *testing.T) {
	theirs, ours := reflect.TypeOf(claim.Moments{}), reflect.TypeOf(Moments{})
	slices := 0
	for k := range theirs.NumField() {
		f := theirs.Field(k)
		if !f.IsExported() {
			continue
		}
		if _, ok := ours.FieldByName(f.Name); !ok {
			t.Errorf("no field %s", f.Name)
		}
		switch f.Type.Kind() {
		case reflect.Slice:
			slices++
		case reflect.Array:
			slices += f.Type.Len() - 1 // that of claim.AnyReading is empty
		}
	}
	e, x, w, leaves := treeCase(t)
	m, err := e.Expect(x, w, leaves)
	if err != nil {
		t.Fatal(err)
	}
	f, _ := m.Float64()
	if l := lists(f); len(l) != slices || len(m.lists()) != slices {
		t.Errorf("%d and %d of %d lists", len(l), len(m.lists()), slices)
	}
}

// walkError is generous against the float64 rounding of a few thousand
// operations with cancellation in differences of states.
const walkError = 1e-9

// TestMomentsAgainstWalk: the two ways to take expectations agree, in every
// reading, and so do the nodes of Lemma 2.
func TestMomentsAgainstWalk(t *testing.T) {
	compared, nodes := 0, 0
	for index := range uint64(150) {
		c := gen.Step(gen.Random(4, index))
		p, err := c.Build()
		if err != nil {
			t.Fatal(err)
		}
		want := claim.NewMoments(p.Chain)
		if err := expect.NewWalker(p.Chain).Walk(want, p.X, p.W, &p.Plan, 0); err != nil ||
			!(want.Y4[p.Chain.N()] < 1e10) || want.Leaves > 300 {
			continue
		}
		compared++
		leaves, e := leavesOf(t, p.Chain, p.X, p.W, &p.Plan), evaluator(t, c.Chain, 192)
		m, err := e.Expect(p.X, p.W, leaves)
		if err != nil {
			t.Fatal(err)
		}
		got, errs := m.Float64()
		scale := 1 + want.V4[1] + want.U2 + want.YV2[1]
		wl, el := lists(want), lists(errs)
		for k, l := range lists(got) {
			for i := range l {
				if !(math.Abs(l[i]-wl[k][i]) <= walkError*(scale+math.Abs(wl[k][i]))) {
					t.Errorf("case %d %v: list %d[%d] = %v, the walk has %v", index, c.Chain, k, i, l[i], wl[k][i])
				}
				// Rounding to float64 is all that is left.
				if !(el[k][i] <= 0x1p-53*math.Abs(l[i])+0x1p-100*scale) {
					t.Errorf("case %d: list %d[%d] = %v has the error %v", index, k, i, l[i], el[k][i])
				}
			}
		}
		if !(math.Abs(got.U2-want.U2) <= walkError*scale) || !(math.Abs(got.UMean2-want.UMean2) <= walkError*scale) ||
			got.Leaves != want.Leaves || !(math.Abs(got.P-1) <= 0x1p-40) {
			t.Errorf("case %d: U2 %v and %v, UMean2 %v and %v, P %v", index, got.U2, want.U2, got.UMean2, want.UMean2,
				got.P)
		}
		nodes += compareNodes(t, e, p, leaves, walkError*scale)
	}
	if compared < 60 || nodes < 200 {
		t.Errorf("%d of 150 cases and %d nodes compared", compared, nodes)
	}
}

func compareNodes(t *testing.T, e *Evaluator, p *gen.Pass, leaves []expect.Leaf, tolerance float64) (compared int) {
	t.Helper()
	got, err := e.JacobianNodes(p.X, p.W, leaves)
	if err != nil {
		t.Fatal(err)
	}
	want, err := expect.JacobianNodes(p.Chain, p.X, p.W, &p.Plan, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range claim.Readings {
		if len(got[r]) != len(want[r]) {
			t.Errorf("%v: %v reading: %d nodes, want %d", e.specs, r, len(got[r]), len(want[r]))
			continue
		}
		for i := 2; i <= e.c.N(); i++ {
			g, w := ofOperator(got[r], i), ofOperator(want[r], i)
			if len(g) != len(w) {
				t.Fatalf("%v: %d nodes of operator %d, want %d", e.specs, len(g), i, len(w))
			}
			for k := range g {
				compared++
				for _, d := range [][2]float64{{g[k].Left, w[k].Left}, {g[k].Mean2, w[k].Mean2},
					{g[k].Four, w[k].Four}} {
					if !(math.Abs(d[0]-d[1]) <= tolerance+walkError*(g[k].Four+g[k].Left)) {
						t.Errorf("%v: %v reading, operator %d, node %d: %v, the walk has %v", e.specs, r, i, k, g[k],
							w[k])
					}
				}
			}
		}
	}
	return compared
}

func ofOperator(nodes []claim.Node, i int) (of []claim.Node) {
	for _, n := range nodes {
		if n.I == i {
			of = append(of, n)
		}
	}
	return of
}

// TestLargeMoments: beyond float64 a moment is +Inf with the error +Inf, and
// still a number in math/big.
func TestLargeMoments(t *testing.T) {
	_, x, w, leaves := byHand(t)
	e := evaluator(t, []core.Spec{{Op: "scale", N: 1}, {Op: "halfsq", N: 1}}, 0)
	leaves[0].Eps = [][]float64{nil, nil, {1e200}}
	leaves = leaves[:1]
	m, err := e.Expect(x, w, leaves)
	if err != nil {
		t.Fatal(err)
	}
	if f, bound := m.V4[1].Float64(); !math.IsInf(f, 1) || !math.IsInf(bound, 1) || m.V4[1].mid.IsInf() {
		t.Errorf("E|V_1-v_1|^4 = %v +- %v in float64, %v in math/big", f, bound, m.V4[1].mid)
	}
	never := func(n Node) error { return fmt.Errorf("node %v", n) }
	if err := e.Nodes(x, w, leaves, never); err != nil {
		t.Errorf("an operator without weights has nodes: %v", err)
	}
}

func BenchmarkMoments(b *testing.B) {
	e, x, w, leaves := treeCase(b)
	for b.Loop() {
		if _, err := e.Expect(x, w, leaves); err != nil {
			b.Fatal(err)
		}
	}
}

// TestZetaIsRefused: no moment here knows of a zeta.
func TestZetaIsRefused(t *testing.T) {
	e := evaluator(t, []core.Spec{{Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, 64)
	leaves := []expect.Leaf{{P: 1, Path: make([]int, 5), Zeta: [][]float64{2: {1}}}}
	if _, err := e.Expect([]float64{1}, []float64{1}, leaves); err == nil ||
		err.Error() != "bigpass: leaf 0 has a zeta, for which there is no place here" {
		t.Errorf("error %v", err)
	}
}

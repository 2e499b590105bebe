package gen

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
)

// TestLawCost: the outcomes of each law, counted by package perturb where it builds, and what
// drawing one takes; a law that is not there has one outcome.
func TestLawCost(t *testing.T) {
	const width = 3
	v := []float64{1, 2, 3}
	outcomes := slices.Repeat([]perturb.Outcome{{P: 0.2, D: v}}, 5)
	intermittent := perturb.Spec{Law: "intermittent", Every: 2,
		Inner: &perturb.Spec{Law: "twopoint", A: v, B: v, P: 0.5}}
	for _, c := range []struct {
		s             perturb.Spec
		support, draw float64
	}{
		{perturb.Spec{Law: "zero"}, 1, width},
		{perturb.Spec{Law: "constant", D: v}, 1, width},
		{perturb.Spec{Law: "twopoint", A: v, B: v, P: 0.5}, 2, width},
		{perturb.Spec{Law: "table", Outcomes: outcomes}, 5, width},
		{perturb.Spec{Law: "table"}, 1, width},
		{perturb.Spec{Law: "bitflip", Lo: 10, Hi: 13}, 4 * width, width},
		{perturb.Spec{Law: "bitflip", Lo: 10, Hi: 10}, width, width},
		{perturb.Spec{Law: "bitflip", Lo: 10, Hi: 9}, 1, width},
		{perturb.Spec{Law: "topk", K: 1}, 1, 3 * width * width},
		{perturb.Spec{Law: "round", Format: "bf16", Mode: "nearest"}, 1, 20 * width},
		{perturb.Spec{Law: "round", Format: "bf16", Mode: "stochastic"}, 8, 20 * width},
		{intermittent, 2, width},
		{perturb.Spec{Law: "intermittent"}, 1, width},
	} {
		if got := lawCostAt([]perturb.Spec{{}, c.s}, 2, width); got != (lawCost{c.support, c.draw}) {
			t.Errorf("%s: %+v, want %v outcomes and %v operations", c.s.Law, got, c.support, c.draw)
		}
		if l, err := perturb.New(c.s); err == nil && c.s.Law != "zero" && c.s.Law != "intermittent" {
			if n := l.(perturb.Finite).Support(make([]float64, width), 0); float64(n) > c.support {
				t.Errorf("%s has %d outcomes", c.s.Law, n)
			}
		}
	}
	if got := lawCostAt([]perturb.Spec{{Law: "topk"}}, 2, 7); got != (lawCost{1, 0}) {
		t.Errorf("without a law: %+v", got)
	}
	wide := perturb.Spec{Law: "round", Mode: "stochastic"}
	if got := lawCostAt([]perturb.Spec{wide}, 1, 1000).support; got != perturb.MaxSupport {
		t.Errorf("of 1000 coins %v outcomes, want %v", got, perturb.MaxSupport)
	}
}

// TestTreeOf: the nodes of a tree, counted one by one, and what is above its caps.
func TestTreeOf(t *testing.T) {
	laws := func(supports ...float64) []lawCost {
		all := []lawCost{{}}
		for _, s := range supports {
			all = append(all, lawCost{support: s})
		}
		return all
	}
	// delta 2, 3, 5; eps_2, eps_3 of 7 and 11: walked as delta_1 delta_2 eps_3 eps_2, delta_3 at the end.
	delta, eps := laws(2, 3, 5), laws(13, 7, 11)
	got := treeOf(delta, eps)
	want := tree{
		forward: []float64{0, 1, 2, 6}, backward: []float64{0, 6 * 11 * 7, 6 * 11, 6},
		lastDelta: 5, leaves: 2 * 3 * 5 * 7 * 11, draws: 2 + 6 + 30 + 66 + 462, parts: 66,
	}
	if !slices.Equal(got.forward, want.forward) || !slices.Equal(got.backward, want.backward) ||
		got.lastDelta != want.lastDelta || got.leaves != want.leaves || got.draws != want.draws ||
		got.parts != want.parts {
		t.Errorf("%+v, want %+v", got, want)
	}
	for first, parts := range map[float64]float64{31: 31 * 2, 32: 32, 33: 33, 1: 2} {
		if got := treeOf(laws(first, 2, 1), laws(1, 1, 1)); got.parts != parts {
			t.Errorf("%v outcomes, then 2: %v parts, want %v", first, got.parts, parts)
		}
	}
	got = treeOf(laws(nodeCap, 2, 3), laws(1, 1, 1))
	if got.forward[3] != nodeCap || got.backward[1] != nodeCap || got.leaves != 3*nodeCap || got.draws != 5*nodeCap {
		t.Errorf("above the cap: %+v", got)
	}
	if got := treeOf(laws(), laws()); got.leaves != 1 || got.draws != 0 || got.parts != 1 {
		t.Errorf("of no operator: %+v", got)
	}
}

// TestSumOfPowers: against the sum, up to nodesOfRun.
func TestSumOfPowers(t *testing.T) {
	for _, b := range []int64{0, 1, 2, 3, 17, 256, nodesOfRun - 1, nodesOfRun} {
		for steps := range int64(20) {
			sum, power := big.NewInt(1), big.NewInt(1)
			for range steps {
				sum.Add(sum, power.Mul(power, big.NewInt(max(b, 1))))
			}
			got := sumOfPowers(float64(b), float64(steps))
			if sum.Cmp(big.NewInt(nodesOfRun)) > 0 {
				if !(got > nodesOfRun) || got > (nodesOfRun+1)*float64(b+1) {
					t.Errorf("1 + ... + %d^%d is %v, want above %d, and not far", b, steps, got, nodesOfRun)
				}
			} else if got != float64(sum.Int64()) {
				t.Errorf("1 + ... + %d^%d is %v, want %v", b, steps, got, sum)
			}
		}
	}
}

// TestExpTerms: the first n at which 2^(-9n)/n! is below 2^-p, in whole numbers, or one beside it:
// the bits of a term are not whole.
func TestExpTerms(t *testing.T) {
	for _, p := range []float64{1, 100, 384, 1344} {
		limit := new(big.Int).Lsh(big.NewInt(1), uint(p))
		n := int64(0)
		for inverse := big.NewInt(1); inverse.Cmp(limit) < 0; {
			n++
			inverse.Mul(inverse.Lsh(inverse, 9), big.NewInt(n))
		}
		if got := expTerms(p); got != float64(n+1) {
			t.Errorf("%v bits take %v terms, want %d and the 0th", p, got, n)
		}
	}
	// 3 operations a term and 32, 4 each 3.17 bits and 16, at 384 and 1344 bits.
	if want := 3*(expTerms(384)+expTerms(1344)) + 64; expOps != want {
		t.Errorf("e^x takes %v operations, want %v", expOps, want)
	}
	if want := 4*(384+1344)/3.17 + 32; math.Abs(logOps-want) > 1e-9 {
		t.Errorf("ln takes %v operations, want %v", logOps, want)
	}
}

// TestBitsOf: the largest numerator or denominator is no longer, and it is not far below.
func TestBitsOf(t *testing.T) {
	for _, x := range []float64{1, -3, 0.1, 1e300, -0x1p1023, 0x1p-1074, 0x1.fffffffffffffp-1022, 0x1p52, 0x1p54} {
		r := new(big.Rat).SetFloat64(x)
		most := max(r.Num().BitLen(), r.Denom().BitLen())
		if got := bitsOf([]float64{0, x, math.NaN(), math.Inf(1)}); got < float64(most) || got > float64(most)+110 {
			t.Errorf("%v has %d bits, estimated %v", x, most, got)
		}
	}
	// 0.5 <= f < 1: 2^10 has e = 11, 2^-10 has e = -9.
	for want, v := range map[float64][]float64{1: {0, math.Inf(-1)}, 106: {0x1p-1}, 53 + 52: {1}, 53 + 62: {0x1p-10},
		53 + 101: {1, 0x1p100, 2}} {
		if got := bitsOf(v); got != want {
			t.Errorf("%v: %v bits, want %v", v, got, want)
		}
	}
	if vectors(&perturb.Spec{Law: "intermittent"}) != nil {
		t.Error("vectors of a law without its inner one")
	}
}

// TestTotal: sums, and the operator with the largest share; what belongs to none has no place.
func TestTotal(t *testing.T) {
	e := &estimate{ops: make([]opCost, 4), float: []float64{1000, 10, 20, 5}, big: []float64{7, 0, 0, 1},
		memory: []float64{50, 1, 0, 3}}
	// 5 + 800 is the largest share of 1035 + 6400, and 3 that of 54
	if got := e.total(); got != (Cost{1035, 8, 54, 3}) {
		t.Errorf("%+v", got)
	}
	e.big[3], e.memory[1] = 0, 30 // 10/6635 + 30/84 against 20/6635
	if got := e.total(); got != (Cost{1035, 7, 83, 1}) {
		t.Errorf("%+v", got)
	}
	e.memory[1], e.memory[3] = 0, 0 // 20 is the largest; of two that are equal the first
	e.float[3] = 20
	if got := e.total(); got.Op != 2 {
		t.Errorf("%+v", got)
	}
	e.big[3] = math.NaN()
	if got := e.total(); got.Op != 3 {
		t.Errorf("%+v", got)
	}
	e = &estimate{ops: make([]opCost, 1), float: []float64{5}, big: []float64{0}, memory: []float64{0}}
	if got := e.total(); got != (Cost{Float: 5}) {
		t.Errorf("without an operator: %+v", got)
	}
	if got := (Cost{Float: 3, Big: 2}).Work(); got != 1603 {
		t.Errorf("work %v", got)
	}
}

// TestAffordable: a case at its budget, and just above it in one of both.
func TestAffordable(t *testing.T) {
	c := Step(Random(1, 1))
	cost := c.Cost(claim.Step)
	below := func(x float64) float64 { return math.Nextafter(x, 0) }
	for _, b := range []struct {
		work, bytes float64
		ok          bool
	}{
		{cost.Work(), cost.Bytes, true}, {below(cost.Work()), cost.Bytes, false},
		{cost.Work(), below(cost.Bytes), false}, {math.NaN(), cost.Bytes, false}, {cost.Work(), math.NaN(), false},
	} {
		if err := c.Affordable(claim.Step, Budget{"x", b.work, b.bytes}); (err == nil) != b.ok {
			t.Errorf("budget %v, %v: %v", b.work, b.bytes, err)
		}
	}
}

// TestDense: the sizes and products of operators with a matrix, by hand for 3 x 2.
func TestDense(t *testing.T) {
	linear, affine := costOf(core.Spec{Op: "linear", In: 3, Out: 2}), costOf(core.Spec{Op: "affine", In: 3, Out: 2})
	if linear.in != 3 || linear.out != 2 || linear.nw != 6 || linear.forward != 12 || linear.vjp1 != 12 ||
		linear.vjp2 != 6 || linear.bigForward != 24 || linear.bigVJP1 != 24 || linear.bigVJP2 != 12 {
		t.Errorf("linear: %+v", linear)
	}
	// 5*8 sweeps of 6, the products 2*2*6, five squarings of 2 x 2 in 2*2^3
	if linear.regularity != 240+24+80 || linear.regularBytes != 48+64 {
		t.Errorf("linear: the norm takes %v operations and %v bytes", linear.regularity, linear.regularBytes)
	}
	linear.nw += 2
	if affine != linear {
		t.Errorf("affine: %+v, want %+v", affine, linear)
	}
	fixed := costOf(core.Spec{Op: "fixed", A: [][]float64{{1, 2, 3}, {4}}})
	if fixed.in != 3 || fixed.out != 2 || fixed.nw != 0 || fixed.vjp2 != 0 || fixed.bigVJP2 != 0 ||
		fixed.forward != 12 || fixed.bigForward != 36 || fixed.bigVJP1 != 36 || fixed.build != 344 ||
		fixed.regularity != 0 {
		t.Errorf("fixed: %+v", fixed)
	}
	for _, c := range []struct{ side, want float64 }{ // of a square matrix
		{1, 40}, {2, 160 + 16 + 80}, {512, 40*512*512 + 12*512*512*512}, {513, 40 * 513 * 513},
	} {
		var o opCost
		o.dense(c.side, c.side, false)
		bytes := 8 * c.side * c.side
		if c.want > 40*c.side*c.side {
			bytes *= 3
		}
		if o.regularity != c.want || o.regularBytes != bytes {
			t.Errorf("side %v: %v operations, %v bytes, want %v, %v", c.side, o.regularity, o.regularBytes, c.want, bytes)
		}
	}
	for n, cubes := range map[int]float64{32: 1, 33: 0} { // a cumulant is visited up to width 32
		x := float64(n)
		s := costOf(core.Spec{Op: "softmaxce", N: n})
		if want := 64*x*x + 100*x + cubes*40*x*x*x; s.regularity != want ||
			s.regularBytes != 8*x*x+cubes*8*x*x*x || s.out != 1 || s.in != x {
			t.Errorf("softmaxce(%d): %+v, want %v", n, s, want)
		}
	}
}

// TestOpCosts: the sizes of each operator are those of package core, and what it does is at least
// once each of its numbers.
func TestOpCosts(t *testing.T) {
	for _, name := range core.OpNames() {
		s := core.Spec{Op: name}
		switch name {
		case "affine", "linear":
			s.In, s.Out = 4, 5
		case "fixed":
			s.A = [][]float64{{1, 2, 3}, {4, 5, 6}}
		case "logistic":
		default:
			s.N = 6
		}
		op, err := core.NewOp(s)
		if err != nil {
			t.Fatal(err)
		}
		o := costOf(s)
		if o.in != float64(op.In()) || o.out != float64(op.Out()) || o.nw != float64(op.NW()) {
			t.Errorf("%s: %v, %v and %v numbers, want %d, %d, %d", name, o.in, o.out, o.nw, op.In(), op.Out(), op.NW())
		}
		most := max(o.in, o.out, o.nw)
		if !(o.forward >= most-o.out) || !(o.vjp1 >= o.in) || (o.vjp2 > 0) != (o.nw > 0) || !(o.bigForward >= o.in) ||
			o.bigVJP2 > 0 && o.nw == 0 || o.regularity+o.build < 10 {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

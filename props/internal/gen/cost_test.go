package gen_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// counting is an operator that counts its multiplications and calls of functions, by
// the shapes of J1 and J2 alone.
type counting struct {
	core.Op
	done *float64
}

func (o counting) size() float64 {
	if o.NW() >= o.In()*o.Out() && o.Out() > 1 {
		return float64(o.NW())
	}
	return float64(max(o.In(), o.Out()))
}

func (o counting) Forward(y, x, w []float64) {
	*o.done += o.size()
	o.Op.Forward(y, x, w)
}

func (o counting) VJP1(dst, x, w, y, v []float64) {
	*o.done += o.size()
	o.Op.VJP1(dst, x, w, y, v)
}

func (o counting) VJP2(dst, x, w, y, v []float64) {
	*o.done += float64(o.NW())
	o.Op.VJP2(dst, x, w, y, v)
}

// counted is the work of the operators in one walk over the outcome tree of a case.
func counted(t *testing.T, c *gen.Case) float64 {
	t.Helper()
	p, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	done := 0.0
	ops := make([]core.Op, p.Chain.N())
	for i := range ops {
		ops[i] = counting{p.Chain.Op(i + 1), &done}
	}
	chain, err := core.NewChain(ops...)
	if err != nil {
		t.Fatal(err)
	}
	var large *expect.TooManyLeaves
	err = expect.NewWalker(chain).Walk(claim.NewMoments(chain), p.X, p.W, &p.Plan, 0)
	if err != nil && !errors.As(err, &large) && !strings.Contains(err.Error(), "probabilit") {
		t.Fatal(err)
	}
	return done
}

// TestCostCoversTheTree: the estimate is above the counted work of the operators, and
// not far above, for drawn cases and for trees of many nodes.
func TestCostCoversTheTree(t *testing.T) {
	var over []float64
	check := func(name string, c *gen.Case) {
		t.Helper()
		work, cost := counted(t, c), c.Cost(claim.Step)
		if !(work <= cost.Float) {
			t.Errorf("%s: %g operations counted, %g estimated: %s", name, work, cost.Float, c.Line())
		}
		if work > 1000 { // where the tree counts for more than the case
			over = append(over, cost.Float/work)
		}
	}
	for index := range uint64(300) {
		check(fmt.Sprint("case ", index), gen.Step(gen.Random(1, index)))
	}
	for n := 2; n <= 16; n += 7 {
		check(fmt.Sprint("coins ", n), coins(n))
	}
	wide := plain(core.Spec{Op: "affine", In: 40, Out: 40}, core.Spec{Op: "halfsq", N: 40})
	wide.Delta[0] = perturb.Spec{Law: "bitflip", Lo: 0, Hi: 51}
	check("bits", wide)
	few := plain(core.Spec{Op: "tanh", N: 12}, core.Spec{Op: "halfsq", N: 12})
	few.Delta[0] = perturb.Spec{Law: "round", Format: "bf16", Mode: "stochastic"}
	check("stochastic", few)
	slices.Sort(over)
	// Four evaluations, and a node costs 60 beside its operator, which may do one product.
	if median, most := over[len(over)/2], over[len(over)-1]; median > 1000 || most > 10000 {
		t.Errorf("%d cases, estimated over counted: median %.3g, largest %.3g", len(over), median, most)
	}
	t.Logf("%d cases, estimated over counted: median %.3g", len(over), over[len(over)/2])
}

// TestCostCoversTheSecondOpinion: an operation of math/big makes one to four objects, a
// Num's float and words and those of what is in between, and the estimate counts every
// operation of both precisions.
func TestCostCoversTheSecondOpinion(t *testing.T) {
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes} {
		var ratio []float64
		for index := range uint64(24) {
			c := gen.Step(gen.Random(2, index))
			cost := c.Cost(kind)
			objects, bytes, ok := allocated(kind, c)
			if !ok {
				continue
			}
			if !(objects <= 5*cost.Big) {
				t.Errorf("%v, case %d: %g objects, %g operations estimated: %s", kind, index, objects, cost.Big,
					c.Line())
			}
			if bytes > 1000*cost.Big {
				t.Errorf("%v, case %d: %g bytes in all, %g operations estimated: %s", kind, index, bytes, cost.Big,
					c.Line())
			}
			ratio = append(ratio, cost.Big/objects)
		}
		slices.Sort(ratio)
		if len(ratio) < 12 || ratio[len(ratio)/2] > 3 {
			t.Errorf("%v: %d cases, operations estimated over objects: median %v", kind, len(ratio),
				ratio[len(ratio)/2])
		}
	}
}

// allocated is what the second opinion on a case takes in all; not ok when the case says
// nothing.
func allocated(kind claim.Kind, c *gen.Case) (objects, bytes float64, ok bool) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, prec := range []uint{measure.BigPrec, 4 * measure.BigPrec} {
		if _, _, why := measure.InBig(kind, c, prec); why != claim.Valid {
			return 0, 0, false
		}
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc), true
}

// TestCostCoversMemory: what is live at once is no more than all that is allocated, and
// no less than a matrix or an outer product that must be there.
func TestCostCoversMemory(t *testing.T) {
	affine := plain(core.Spec{Op: "affine", In: 60, Out: 60}, core.Spec{Op: "halfsq", N: 60})
	affine.Delta[0] = perturb.Spec{Law: "round", Format: "bf16", Mode: "nearest"}
	outer := plain(core.Spec{Op: "scale", N: 60}, core.Spec{Op: "tanh", N: 60}, core.Spec{Op: "bilinear", N: 60})
	outer.Delta[0] = affine.Delta[0]
	for name, c := range map[string]*gen.Case{"affine": affine, "outer": outer} {
		_, bytes, ok := allocated(claim.Step, c)
		if !ok {
			t.Fatalf("%s says nothing", name)
		}
		if estimate := c.Cost(claim.Step).Bytes; !(estimate <= 4*bytes) || !(estimate >= bytes/20) {
			t.Errorf("%s: %g MB estimated, %g MB allocated in all", name, estimate/1e6, bytes/1e6)
		}
	}
}

// TestHostileCases: small files that ask for all memory, or for hours, are refused
// before anything of that size is built, with the operator that asks for it.
func TestHostileCases(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	many := func(n int, s core.Spec, last core.Spec) *gen.Case {
		return shape(append(slices.Repeat([]core.Spec{s}, n), last)...)
	}
	on := func(c *gen.Case, r gen.Run) *gen.Case { c.Run = &r; return c }
	law := func(c *gen.Case, s perturb.Spec) *gen.Case { c.Delta[0] = s; return c }
	stochastic := perturb.Spec{Law: "round", Format: "bf16", Mode: "stochastic"}
	quadratic := shape(core.Spec{Op: "bias", N: 65536}, core.Spec{Op: "halfsq", N: 65536})
	logistic := shape(core.Spec{Op: "linear", In: 3, Out: 1}, core.Spec{Op: "logistic"})
	for name, c := range map[string]struct {
		c     *gen.Case
		kind  claim.Kind
		place string
	}{
		"63 x tanh(65536)": {many(63, core.Spec{Op: "tanh", N: 65536}, core.Spec{Op: "halfsq", N: 65536}),
			claim.Step, "tanh(65536)"},
		"8 x affine(300)": {many(8, core.Spec{Op: "affine", In: 300, Out: 300}, core.Spec{Op: "halfsq", N: 300}),
			claim.Step, "affine(300,300)"},
		"bilinear(3000)": {shape(core.Spec{Op: "scale", N: 3000}, core.Spec{Op: "bilinear", N: 3000}), claim.Step,
			"scale(3000)"},
		"softmaxce(3000)": {shape(core.Spec{Op: "scale", N: 3000}, core.Spec{Op: "softmaxce", N: 3000}), claim.Step,
			"scale(3000)"},
		"1 GiB of weights": {shape(core.Spec{Op: "linear", In: 1 << 14, Out: 1 << 13},
			core.Spec{Op: "halfsq", N: 1 << 13}), claim.Linear, "linear(16384,8192)"},
		"nodes of a matrix": {shape(core.Spec{Op: "tanh", N: 200}, core.Spec{Op: "affine", In: 200, Out: 200},
			core.Spec{Op: "halfsq", N: 200}), claim.Nodes, "affine(200,200)"},
		"24 coins at once": {law(shape(core.Spec{Op: "tanh", N: 24}, core.Spec{Op: "halfsq", N: 24}), stochastic),
			claim.Step, "tanh(24)"},
		"top 3 of 65536": {law(shape(core.Spec{Op: "tanh", N: 65536}, core.Spec{Op: "halfsq", N: 65536}),
			perturb.Spec{Law: "topk", K: 3}), claim.Training, "tanh(65536)"},
		"a quadratic": {on(quadratic, gen.Run{All: true, Steps: 1, Gamma: 1}), claim.Training, "bias(65536)"},
		"10^9 steps": {on(logistic.Clone(), gen.Run{All: true, Steps: 1e9, Gamma: 1}), claim.Training,
			"in a run of 1000000000 steps on 1 inputs"},
		"10^9 of no chance": {on(logistic.Clone(), gen.Run{Steps: 1e9, Gamma: 1}), claim.Training,
			"in a run of 1000000000 steps on 1 inputs"},
		"many inputs": {on(logistic.Clone(), gen.Run{Steps: 3, Gamma: 1, More: make([][]float64, 2000)}),
			claim.Training, "linear(3,1)"},
		"a width of 2^62": {shape(core.Spec{Op: "tanh", N: 1 << 62},
			core.Spec{Op: "linear", In: 1 << 62, Out: 1 << 62}), claim.Step, "operator"},
		"tiny in rationals": {tinyLinear(63, 40), claim.Linear, "linear(40,40)"},
	} {
		for _, b := range []gen.Budget{gen.FuzzBudget, gen.ReplayBudget, gen.SearchBudget} {
			err := c.c.Affordable(c.kind, b)
			var dear *gen.TooDear
			if !errors.As(err, &dear) {
				t.Errorf("%s: error %v for %s, want a *TooDear", name, err, b.Name)
				continue
			}
			for _, want := range []string{"gen: operator", c.place, "too dear, about ", "the cap of " + b.Name} {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: error %q, want %q in it", name, err, want)
				}
			}
		}
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 10e6 {
		t.Errorf("the estimates took %d bytes", used)
	}
}

// TestOrdinaryCases: nothing that the default search draws, and no run that it adds, is
// too dear for it or for a replay, and most of what is drawn is none for a fuzz target.
func TestOrdinaryCases(t *testing.T) {
	for _, kind := range []claim.Kind{claim.Step, claim.Nodes, claim.Linear, claim.Training} {
		dear := 0
		const cases = 1000
		for index := range uint64(cases) {
			c := search.Draw(kind, gen.Random(1, index))
			if err := c.Affordable(kind, gen.SearchBudget); err != nil {
				t.Errorf("case %d of kind %v: %v", index, kind, err)
			}
			if c.Affordable(kind, gen.FuzzBudget) != nil {
				dear++
			}
		}
		if dear > cases/10 {
			t.Errorf("%d of %d cases of kind %v are too dear for a fuzz target", dear, cases, kind)
		}
		t.Logf("kind %v: %d of %d too dear for a fuzz target", kind, dear, cases)
	}
	data, err := gen.DataRuns(gen.DataSteps)
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range append(data, gen.LongRuns(1e6, 1)...) {
		if err := c.Affordable(claim.Training, gen.SearchBudget); err != nil {
			t.Errorf("run %d: %v", k, err)
		}
	}
}

// TestCostOfNothing: a case that its Build refuses has an estimate all the same.
func TestCostOfNothing(t *testing.T) {
	for _, c := range []*gen.Case{
		{},
		{Chain: []core.Spec{{}, {Op: "tanh", N: -3}, {Op: "fixed"}, {Op: "fixed", A: [][]float64{{}, {1, 2}}},
			{Op: "affine", In: -1 << 62, Out: 1}}},
		{Chain: []core.Spec{{Op: "tanh", N: 2}}, Delta: []perturb.Spec{{Law: "bitflip", Lo: 9, Hi: 3}, {Law: "table"}}},
		{Chain: []core.Spec{{Op: "linear", In: 1, Out: 1}}, Eps: []perturb.Spec{{Law: "intermittent"}},
			Run: &gen.Run{Steps: -4}},
	} {
		for kind := range claim.Kind(claim.Kinds) {
			if cost := c.Cost(kind); !(cost.Work() >= 0) || !(cost.Bytes >= 0) {
				t.Errorf("%v, kind %v: %+v", c.Chain, kind, cost)
			}
		}
	}
}

// shape is a case of a chain without its numbers; the estimate needs none.
func shape(specs ...core.Spec) *gen.Case {
	n := len(specs)
	return &gen.Case{Chain: specs, W: make([][]float64, n), Delta: make([]perturb.Spec, n),
		Eps: make([]perturb.Spec, n)}
}

// plain is a case with small numbers and no perturbation.
func plain(specs ...core.Spec) *gen.Case {
	c := shape(specs...)
	chain, err := core.FromSpecs(specs)
	if err != nil {
		panic(err)
	}
	numbers := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = float64(k%7)/8 - 0.3
		}
		return v
	}
	c.X = numbers(chain.D(0))
	for i := range specs {
		c.W[i] = numbers(chain.Op(i + 1).NW())
	}
	return c
}

// coins tosses a coin at each of n states.
func coins(n int) *gen.Case {
	c := plain(append(slices.Repeat([]core.Spec{{Op: "scale", N: 1}}, n), core.Spec{Op: "halfsq", N: 1})...)
	for i := range n {
		c.Delta[i] = perturb.Spec{Law: "twopoint", A: []float64{0.5}, B: []float64{-0.5}, P: 0.5}
	}
	return c
}

// tinyLinear is a linear network of numbers near 2^-1040 with 53 bits each.
func tinyLinear(n, width int) *gen.Case {
	c := plain(append(slices.Repeat([]core.Spec{{Op: "linear", In: width, Out: width}}, n),
		core.Spec{Op: "linear", In: width, Out: 1})...)
	for _, w := range c.W {
		for k := range w {
			w[k] *= 0x1p-1040
		}
	}
	return c
}

// TestCostOnRecord: the estimates of a case of each sort to nine digits. They were held against
// what is measured by the tests above; a change of one is to be seen, and to be meant.
func TestCostOnRecord(t *testing.T) {
	run := func(c *gen.Case, all bool, steps, inputs int) *gen.Case {
		c.Run = &gen.Run{All: all, Gamma: 0.1, Steps: steps}
		for range inputs - 1 {
			c.Run.More = append(c.Run.More, c.X)
		}
		return c
	}
	laws := coins(3)
	laws.Eps[2] = perturb.Spec{Law: "round", Format: "e4m3", Mode: "stochastic"}
	laws.Eps[3] = perturb.Spec{Law: "topk", K: 1}
	laws.Delta[3] = perturb.Spec{Law: "intermittent", Every: 2, Inner: &perturb.Spec{Law: "constant", D: []float64{1}}}
	large := coins(9) // of more than 2^10 nodes, in widths 3, 4 and 1
	large.Chain[3] = core.Spec{Op: "linear", In: 3, Out: 4}
	large.Chain[4] = core.Spec{Op: "affine", In: 4, Out: 1}
	large.Eps[5] = perturb.Spec{Law: "table", Outcomes: make([]perturb.Outcome, 3)}
	large.Eps[7] = perturb.Spec{Law: "bitflip", Lo: 3, Hi: 9}
	large.Delta[9] = large.Delta[0]
	constant := plain(core.Spec{Op: "linear", In: 2, Out: 3}, core.Spec{Op: "linear", In: 3, Out: 1})
	constant.Eps[1] = perturb.Spec{Law: "constant", D: []float64{0, 0x1p-300, 1}}
	tall := core.Spec{Op: "fixed", A: [][]float64{{1, 2}, {3, 4}, {5, 6}}}
	step, linear, training := []claim.Kind{claim.Step, claim.Nodes}, []claim.Kind{claim.Linear},
		[]claim.Kind{claim.Training}
	for _, c := range []struct {
		name  string
		c     *gen.Case
		kinds []claim.Kind
		want  string
	}{
		{"dense", plain(core.Spec{Op: "linear", In: 3, Out: 4}, core.Spec{Op: "affine", In: 4, Out: 2},
			core.Spec{Op: "bilinear", N: 2}),
			step, "136868 + 4016.44164 big, 226896 bytes, 1; " +
				"139220 + 5112.44164 big, 307152 bytes, 2; "},
		{"wide", plain(core.Spec{Op: "linear", In: 700, Out: 600}, core.Spec{Op: "affine", In: 600, Out: 1},
			core.Spec{Op: "halfsq", N: 1}),
			step, "98701544 + 19422050.4 big, 2.047663e+09 bytes, 1; " +
				"98755384 + 23661926.4 big, 2.0508749e+09 bytes, 1; "},
		{"elementary", plain(core.Spec{Op: "tanh", N: 3}, core.Spec{Op: "sigmoid", N: 3},
			core.Spec{Op: "softplus", N: 3}, core.Spec{Op: "square", N: 3},
			core.Spec{Op: "softmaxce", N: 3, Label: 1}),
			step, "150574 + 26778.2082 big, 286912 bytes, 3; " +
				"156946 + 49423.9748 big, 287616 bytes, 3; "},
		{"laws", laws,
			step, "181948 + 7786.44164 big, 227696 bytes, 2; " +
				"189620 + 8980.44164 big, 257488 bytes, 2; "},
		{"linear", plain(core.Spec{Op: "linear", In: 2, Out: 3}, core.Spec{Op: "linear", In: 3, Out: 1}),
			linear, "202044 + 1312.81425 big, 40896 bytes, 1; "},
		{"tiny numbers", tinyLinear(2, 3),
			linear, "242028 + 34672.05 big, 524400 bytes, 1; "},
		{"a quadratic", run(plain(core.Spec{Op: "bias", N: 3}, core.Spec{Op: "halfsq", N: 3}), true, 100, 4),
			training, "1024470 + 702 big, 30000 bytes, 1; "},
		{"a tall quadratic", run(plain(core.Spec{Op: "bias", N: 2}, tall, core.Spec{Op: "halfsq", N: 3}), true, 7,
			2),
			training, "152628 + 252 big, 18688 bytes, 1; "},
		{"a regression", run(plain(core.Spec{Op: "linear", In: 3, Out: 1}, core.Spec{Op: "logistic"}), true, 50,
			6),
			training, "3788184 + 0 big, 9784 bytes, 1; "},
		{"a network", run(plain(core.Spec{Op: "linear", In: 2, Out: 2}, core.Spec{Op: "tanh", N: 2},
			core.Spec{Op: "halfsq", N: 2}), true, 20, 3),
			training, "313611 + 0 big, 10160 bytes, 1; "},
		{"a tree", run(coins(2), false, 3, 2),
			training, "15503178 + 0 big, 14480 bytes, 2; "},
		{"a large tree", large, step, "81923732 + 5891902.44 big, 118748128 bytes, 4; " +
			"82512076 + 6792120.44 big, 121106848 bytes, 4; "},
		{"a run of no chance", run(plain(tall, core.Spec{Op: "scale", N: 3}, core.Spec{Op: "halfsq", N: 3}), false, 9,
			1), training, "146121 + 0 big, 11632 bytes, 2; "},
		{"a run of a large tree", run(coins(6), false, 1000, 3), training, "8.47806305e+10 + 0 big, 1434624 bytes, 6; "},
		{"a run without one", coins(2), training, "138860 + 3706.44164 big, 94128 bytes, 2; "},
		{"constant in a linear network", constant, linear, "202044 + 1811.33919 big, 70056 bytes, 1; "},
	} {
		got := ""
		for _, kind := range c.kinds {
			cost := c.c.Cost(kind)
			got += fmt.Sprintf("%.9g + %.9g big, %.9g bytes, %d; ", cost.Float, cost.Big, cost.Bytes, cost.Op)
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestTooDear: the figures of an error are those of the case and of the budget, in one unit.
func TestTooDear(t *testing.T) {
	b := gen.Budget{Name: "a nap", Work: 1e6, Bytes: 2e6}
	for _, c := range []struct {
		cost gen.Cost
		want string
	}{
		{gen.Cost{Bytes: 5e6}, "gen: operator 7: too dear, about 5 MB of memory, the cap of a nap is 2 MB"},
		{gen.Cost{Float: 3e6, Big: 1e4}, "gen: operator 7: too dear, about 1.1e+07 operations, the cap of a nap is 1e+06"},
		{gen.Cost{Float: 3e6, Bytes: math.NaN()},
			"gen: operator 7: too dear, about NaN MB of memory, the cap of a nap is 2 MB"},
	} {
		if got := (&gen.TooDear{Place: "operator 7", Cost: c.cost, Budget: b}).Error(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

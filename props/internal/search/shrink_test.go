package search

import (
	"math"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// TestPlainness: 0 before 1 before -1 before small integers, quarters, powers of two and
// the rest.
func TestPlainness(t *testing.T) {
	for x, want := range map[float64]float64{
		0: 0, 1: 1, -1: 1.5, 2: 2.2, -3: 2.3, 9: 2.9, 10: 6, -10: 6, 0.25: 4, -2.75: 4, 10.25: 6, 16: 5, -1024: 5,
		0x1p-9: 5, -0x1p-9: 5, 0.3: 6, 12: 6, math.Pi: 6,
	} {
		if got := plainness(x); !(math.Abs(got-want) < 1e-12) {
			t.Errorf("%v: %v, want %v", x, got, want)
		}
	}
	for x, want := range map[float64]float64{
		1: 1, 1.99: 1, 2: 2, 3: 2, -3: 2, 0.3: 0.25, -0x1p-40: 0x1p-40, 5e-324: 5e-324,
	} {
		if got := powerOfTwo(x); math.Abs(got) != want {
			t.Errorf("%v: power of two %v, want %v", x, got, want)
		}
	}
}

// TestSize: what each part of a case adds, by hand.
func TestSize(t *testing.T) {
	// Two operators, x = 0, w = 0, and a constant of one number 1.
	const base = 2000 + 10 + 10 + 50 + 11
	if got := size(scalar(1)); got != base {
		t.Fatalf("size %v, want %v", got, base)
	}
	law := func(s perturb.Spec) func(c *gen.Case) { return func(c *gen.Case) { c.Eps[1] = s } }
	run := func(r gen.Run) func(c *gen.Case) { return func(c *gen.Case) { c.Run = &r } }
	one, none := []float64{1}, core.Regularizer{}
	for name, c := range map[string]struct {
		change func(c *gen.Case)
		more   float64
	}{
		"x = 2":      {func(c *gen.Case) { c.X[0] = 2 }, 2.2},
		"w = 1/4":    {func(c *gen.Case) { c.W[0][0] = 0.25 }, 4},
		"a longer x": {func(c *gen.Case) { c.X = []float64{0, 0} }, 10},
		"one more":   {func(c *gen.Case) { c.Chain = append(c.Chain, core.Spec{Op: "scale", N: 1}) }, 1000},
		"tanh":       {func(c *gen.Case) { c.Chain[0].Op = "tanh" }, 40},
		"a fixed matrix": {func(c *gen.Case) { c.Chain[0] = core.Spec{Op: "fixed", A: [][]float64{{1, 0}}} },
			20 + 21},
		"a constant":       {law(perturb.Spec{Law: "constant", D: one}), 50 + 11},
		"two points":       {law(perturb.Spec{Law: "twopoint", A: one, B: one, P: 0.5}), 100 + 22},
		"a table":          {law(perturb.Spec{Law: "table", Outcomes: []perturb.Outcome{{P: 1, D: one}}}), 100 + 11},
		"a law of states":  {law(perturb.Spec{Law: "topk", K: 1}), 1000 * (gen.MaxN + 1)},
		"a switch":         {law(perturb.Spec{Law: "switch", A: one, B: one}), 1000*(gen.MaxN+1) + 22},
		"a run of a step":  {run(gen.Run{All: true, Gamma: 0.25, Steps: 1}), 0},
		"of eight steps":   {run(gen.Run{All: true, Gamma: 0.25, Steps: 8}), 30},
		"an odd step size": {run(gen.Run{All: true, Gamma: 0.3, Steps: 1}), 10},
		"of single inputs": {run(gen.Run{Gamma: 0.25, Steps: 1}), 5},
		"with two inputs":  {run(gen.Run{All: true, Gamma: 0.25, Steps: 1, More: [][]float64{{1}}}), 50 + 11},
		"with a regularizer": {
			run(gen.Run{All: true, Gamma: 0.25, Steps: 1, Reg: core.Regularizer{Kind: "l2", Rho: 1}}), 20},
		"with none": {run(gen.Run{All: true, Gamma: 0.25, Steps: 1, Reg: none}), 0},
	} {
		k := scalar(1)
		c.change(k)
		if got := size(k); !(math.Abs(got-base-c.more) < 1e-9) {
			t.Errorf("%s adds %v, want %v", name, got-base, c.more)
		}
	}
	delta := scalar(1)
	delta.Delta[1] = perturb.Spec{Law: "constant", D: one}
	if got := size(delta); got != base+61 {
		t.Errorf("a delta_2 adds %v, want 61", got-base)
	}
}

// laws is a case with every kind of number: two points of probability 1/2 and 1/4, a
// switch, a table, a constant, a matrix, inputs of a run.
func laws() *gen.Case {
	zero := perturb.Spec{Law: "zero"}
	return &gen.Case{
		Chain: []core.Spec{{Op: "fixed", A: [][]float64{{1}}}, {Op: "scale", N: 1}, {Op: "halfsq", N: 1}},
		X:     []float64{2}, W: [][]float64{{}, {3}, {}},
		Delta: []perturb.Spec{
			{Law: "twopoint", A: []float64{4}, B: []float64{-4}, P: 0.5},
			{Law: "twopoint", A: []float64{5}, B: []float64{6}, P: 0.25},
			{Law: "constant", D: []float64{7}},
		},
		Eps: []perturb.Spec{
			zero, {Law: "switch", A: []float64{8}, B: []float64{9}, At: 10},
			{Law: "table", Outcomes: []perturb.Outcome{{P: 0.5, D: []float64{11}}, {P: 0.5, D: []float64{12}}}},
		},
		Run: &gen.Run{More: [][]float64{{13}}, All: true, Gamma: 0.5, Steps: 4},
	}
}

// TestNumbers: each free number is visited once; the second point of a law of zero mean is
// none, and follows the first.
func TestNumbers(t *testing.T) {
	c := laws()
	var seen []float64
	numbers(c, func(x *float64) { seen = append(seen, *x); *x++ })
	slices.Sort(seen)
	if want := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}; !slices.Equal(seen, want) {
		t.Errorf("visited %v, want %v", seen, want)
	}
	if c.Delta[0].A[0] != 5 || c.Delta[0].B[0] != -4 || c.Eps[1].At != 11 || c.Run.More[0][0] != 14 {
		t.Errorf("numbers are copies: %s", c.Line())
	}
	mirror(c)
	if c.Delta[0].B[0] != -5 || c.Delta[1].B[0] != 7 || c.Eps[1].B[0] != 10 {
		t.Errorf("mirrored %v; %v and %v are no law of zero mean", c.Delta[0].B, c.Delta[1].B, c.Eps[1].B)
	}
}

// TestCertain: the k-th outcome of laws that list theirs.
func TestCertain(t *testing.T) {
	c := laws()
	for _, k := range []struct {
		law  perturb.Spec
		at   int
		want float64
	}{
		{c.Delta[0], 0, 4}, {c.Delta[0], 1, -4}, {c.Eps[1], 0, 8}, {c.Eps[1], 1, 9}, {c.Eps[2], 0, 11},
		{c.Eps[2], 1, 12},
	} {
		if s := certain(k.law, k.at); s.Law != "constant" || len(s.D) != 1 || s.D[0] != k.want {
			t.Errorf("outcome %d of %+v is %+v, want %v", k.at, k.law, s, k.want)
		}
	}
	short := perturb.Spec{Law: "table", Outcomes: c.Eps[2].Outcomes[:1]}
	for _, s := range []perturb.Spec{{Law: "zero"}, c.Delta[2], {Law: "topk", K: 1}, short} {
		if got := certain(s, 1); got.Law != s.Law {
			t.Errorf("%+v has no second outcome, and became %+v", s, got)
		}
	}
	three := perturb.Spec{Law: "table", Outcomes: []perturb.Outcome{
		{P: 0.25, D: []float64{1}}, {P: 0.25, D: []float64{2}}, {P: 0.5, D: []float64{3}}}}
	if s := coin(three); s.Law != "twopoint" || s.P != 0.5 || s.A[0] != 1 || s.B[0] != 2 {
		t.Errorf("a coin of three outcomes is %+v", s)
	}
	if s := coin(c.Eps[2]); s.Law != "twopoint" || s.A[0] != 11 || s.B[0] != 12 {
		t.Errorf("a coin of two outcomes is %+v", s)
	}
	for _, s := range []perturb.Spec{short, c.Delta[1], {Law: "zero"}} {
		if got := coin(s); got.Law != s.Law || got.P != s.P {
			t.Errorf("%+v is no table of two, and became %+v", s, got)
		}
	}
}

// TestLeaveOut: an operator goes with its laws; there is no eps_1.
func TestLeaveOut(t *testing.T) {
	for i, want := range []string{"scale halfsq ", "fixed halfsq ", "fixed scale "} {
		c, ops := laws(), ""
		leaveOut(c, i)
		for _, o := range c.Chain {
			ops += o.Op + " "
		}
		if ops != want || len(c.W) != 2 || len(c.Delta) != 2 || len(c.Eps) != 2 || c.Eps[0].Law != "zero" {
			t.Errorf("without operator %d: %s", i+1, c.Line())
		}
		if _, err := c.Build(); err != nil {
			t.Errorf("without operator %d: %v", i+1, err)
		}
	}
	c := laws()
	leaveOut(c, 1)
	if c.Delta[1].Law != "constant" || c.Eps[1].Law != "table" || len(c.W[1]) != 0 {
		t.Errorf("the laws of operator 2 stayed: %s", c.Line())
	}
	one := laws()
	for range 3 {
		leaveOut(one, 0)
	}
	if len(one.Chain) != 0 || len(one.Eps) != 0 {
		t.Errorf("nothing is left of %s", one.Line())
	}
}

// TestFreeze: a law that looks at the state becomes its outcomes at the first path's state.
// By hand: Y_1 = F_2 = 2 + 1/2, the base of eps_3 is Y_2 = F_2 + delta_2, that of eps_2 is
// V_2 = Y_2 + eps_3.
func TestFreeze(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	base := func() *gen.Case {
		return &gen.Case{
			Chain: []core.Spec{{Op: "bias", N: 1}, {Op: "bias", N: 1}, {Op: "halfsq", N: 1}}, X: []float64{2},
			W: [][]float64{{0}, {0}, {}},
			Delta: []perturb.Spec{
				{Law: "twopoint", A: []float64{0.5}, B: []float64{-0.5}, P: 0.5},
				{Law: "switch", A: []float64{1}, B: []float64{-1}, At: 2.25}, zero,
			},
			Eps: []perturb.Spec{zero, {Law: "switch", A: []float64{16}, B: []float64{-16}, At: 2},
				{Law: "switch", A: []float64{4}, B: []float64{-4}, At: 2}},
		}
	}
	c := base()
	p, err := c.Build()
	if err != nil {
		t.Fatal(err)
	}
	d2, e3, e2 := make([]float64, 1), make([]float64, 1), make([]float64, 1)
	p.Plan.Delta[2].Outcome(d2, []float64{2.5}, 0, 0)
	p.Plan.Eps[3].Outcome(e3, []float64{2.5 + d2[0]}, 0, 0)
	p.Plan.Eps[2].Outcome(e2, []float64{2.5 + d2[0] + e3[0]}, 0, 0)
	realize(c)
	if c.Delta[0].Law != "twopoint" {
		t.Errorf("a law that does not look at the state became %+v", c.Delta[0])
	}
	for _, k := range []struct {
		name string
		law  perturb.Spec
		want float64
	}{{"delta_2", c.Delta[1], d2[0]}, {"eps_3", c.Eps[2], e3[0]}, {"eps_2", c.Eps[1], e2[0]}} {
		if k.law.Law != "constant" || len(k.law.D) != 1 || k.law.D[0] != k.want {
			t.Errorf("%s became %+v, want the constant %v", k.name, k.law, k.want)
		}
	}
	// Stochastic rounding has two outcomes between the numbers of a format: F_2 = 2 + 1/2 +
	// 1/512, which is the base of eps_3 too where delta_2 = 0, lies between 2.5 and 2.75 of e4m3.
	rounding := perturb.Spec{Law: "round", Format: "e4m3", Mode: "stochastic"}
	for _, site := range []func(c *gen.Case) *perturb.Spec{
		func(c *gen.Case) *perturb.Spec { return &c.Delta[1] }, func(c *gen.Case) *perturb.Spec { return &c.Eps[2] },
		func(c *gen.Case) *perturb.Spec { return &c.Eps[1] }, // of V_2 = Y_2, where Y_1 is a number of e4m3
	} {
		c := base()
		c.W[1][0] = 0x1p-9
		c.Delta[1], c.Eps[1], c.Eps[2] = zero, zero, zero
		*site(c) = rounding
		first := c.Clone()
		realize(first)
		if s := site(first); s.Law != "constant" || s.D[0] != -0x1p-9 && s.D[0] != 0.25-0x1p-9 {
			t.Errorf("rounding is realized as %+v", s)
		}
		tabulate(c)
		s, mean, sum := site(c), 0.0, 0.0
		for _, o := range s.Outcomes {
			mean += o.P * o.D[0]
			sum += o.P
			if o.D[0] != -0x1p-9 && o.D[0] != 0.25-0x1p-9 {
				t.Errorf("an outcome %v", o.D)
			}
		}
		if s.Law != "table" || len(s.Outcomes) != 2 || sum != 1 || !(math.Abs(mean) < 1e-15) {
			t.Errorf("rounding is a %s of %d outcomes of total %v and mean %v, want 2, 1 and 0", s.Law,
				len(s.Outcomes), sum, mean)
		}
	}
	if s := frozen(rounding, many{}, []float64{1}, nil, maxTable); s.Law != "round" {
		t.Errorf("a law of %d outcomes became a %s", maxTable+1, s.Law)
	}
	broken := base()
	broken.X = nil
	realize(broken)
	if broken.Delta[1].Law != "switch" {
		t.Error("a case that cannot be built was changed")
	}
}

// many is a law with one outcome more than a table is written for.
type many struct{ perturb.Finite }

func (many) Support([]float64, int) int { return maxTable + 1 }

// TestRunMoves: each makes one thing of a run plainer. By hand: F = (x+w+d)^2/2 with x = 2,
// w = 1 and delta_1 = 1 has the perturbed gradient 4; with g = 1/2 and another, 2, the run of
// two steps ends at 1 - 2 - 1 = -2.
func TestRunMoves(t *testing.T) {
	run := func() *gen.Case {
		c := scalar(1)
		c.X[0], c.W[0][0] = 2, 1
		c.Run = &gen.Run{All: true, Gamma: 0.5, Steps: 2}
		return c
	}
	c := run()
	startAtEnd(c)
	if c.W[0][0] != -2 {
		t.Errorf("starts at %v, want -2 where it ends", c.W[0])
	}
	for _, change := range []func(c *gen.Case){
		func(c *gen.Case) { c.Run.Gamma = -1 },
		func(c *gen.Case) { c.Run.All = false }, // it ends in more than one place
	} {
		c := run()
		change(c)
		startAtEnd(c)
		if c.W[0][0] != 1 {
			t.Errorf("starts at %v, which no run ends with", c.W[0])
		}
	}
	c = run()
	c.W[0][0] = 0.3
	roundWeights(c)
	if c.W[0][0] != 19.0/64 {
		t.Errorf("0.3 becomes %v, want 19/64", c.W[0][0])
	}
	if runMoves(scalar(1)) != nil {
		t.Error("one pass has moves of a run")
	}
	seen := map[string]bool{}
	for k := range runMoves(run()) {
		c := run()
		c.Run.More, c.Run.Reg, c.Run.Gamma = [][]float64{{1}}, core.Regularizer{Kind: "l2", Rho: 1}, 0.3
		before := *c.Run
		w := c.W[0][0]
		runMoves(c)[k](c)
		switch {
		case len(c.Run.More) == 0:
			seen["one input"] = true
		case c.Run.Reg.Kind == "":
			seen["no regularizer"] = true
		case c.Run.Steps == 1:
			seen["half the steps"] = true
		case c.Run.Gamma == 0.25:
			seen["a power of two"] = true
		case c.W[0][0] != w && c.W[0][0]*64 == math.Trunc(c.W[0][0]*64):
			seen["rounded end"] = true
		case c.W[0][0] != w:
			seen["end"] = true
		default:
			t.Errorf("move %d leaves %+v", k, before)
		}
	}
	if len(seen) != 6 {
		t.Errorf("moves: %v, want 6", seen)
	}
	one := run()
	one.Run.Steps = 1
	for _, m := range runMoves(one) {
		m(one)
		if one.Run.Steps != 1 {
			t.Fatalf("%d steps", one.Run.Steps)
		}
	}
}

// TestSimplifyByHand: of E|delta_1|^2 <= 1 the plainest violation is delta_1 = 2 on the
// shortest chain, with all else 0, whatever it began with; one that is violated by less
// than a witness is left alone.
func TestSimplifyByHand(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	c := &gen.Case{
		Chain: []core.Spec{{Op: "affine", In: 2, Out: 2}, {Op: "tanh", N: 2}, {Op: "softmaxce", N: 2}},
		X:     []float64{0.3, -2.7}, W: [][]float64{{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, {}, {}},
		Delta: []perturb.Spec{
			{Law: "table", Outcomes: []perturb.Outcome{{P: 0.5, D: []float64{3.3, 0.1}},
				{P: 0.5, D: []float64{-2.9, 5}}}},
			{Law: "topk", K: 1}, zero,
		},
		Eps: []perturb.Spec{zero, {Law: "twopoint", A: []float64{1, 2}, B: []float64{3, 4}, P: 0.25},
			{Law: "topk", K: 1}},
	}
	before := line(t, c)
	last := size(c)
	for _, cost := range []float64{0, 1, 3, 10, 30} { // of so many cases as dear as the first
		within := size(SimplifyWithin(under(1), c, cost*c.Cost(claim.Step).Float))
		if cost == 0 && within != last || within > last {
			t.Errorf("with work for %v cases size %v, with less %v", cost, within, last)
		}
		last = within
	}
	if last == size(c) {
		t.Error("work for 30 cases makes it no smaller")
	}
	small := Simplify(under(1), c)
	if line(t, c) != before {
		t.Fatal("the case itself was changed")
	}
	if len(small.Chain) != 2 || small.Delta[0].Law != "constant" || small.Delta[1].Law != "zero" ||
		small.Eps[1].Law != "zero" {
		t.Errorf("simplified to %s", small.Line())
	}
	for _, v := range append(slices.Clone(small.W), small.X) {
		for _, x := range v {
			if x != 0 {
				t.Errorf("a number that does not matter is left: %s", small.Line())
			}
		}
	}
	total := 0.0
	for _, x := range small.Delta[0].D {
		total += x * x
	}
	if !(total > 1.01 && total <= 5) {
		t.Errorf("|delta_1|^2 = %v in %s", total, small.Line())
	}
	for _, d := range []float64{1, 1.002} { // 1.004 is a violation, and a poor witness
		if c := scalar(d); Simplify(under(1), c) != c {
			t.Errorf("delta_1 = %v was changed", d)
		}
	}
	broken := scalar(2)
	broken.X = nil
	if Simplify(under(1), broken) != broken {
		t.Error("a case that cannot be built was changed")
	}
	// 3.3 to 3 to 2; 17 is no plainer than 17.3, so that one ends at 16.
	for from, to := range map[float64]float64{-3.3: -2, 17.3: 16} {
		if got := Simplify(under(1), scalar(from)); got.Delta[0].D[0] != to {
			t.Errorf("delta_1 = %v became %v, want %v", from, got.Delta[0].D, to)
		}
	}
}

// TestOperatorMoves: each plainer operator is tried as a case that can be built.
func TestOperatorMoves(t *testing.T) {
	zero := perturb.Spec{Law: "zero"}
	for from, to := range map[string]string{
		"affine": "linear", "tanh": "square", "sigmoid": "square", "softplus": "square",
		"bilinear": "halfsq", "softmaxce": "halfsq", "logistic": "halfsq",
	} {
		c := &gen.Case{X: []float64{1}, W: [][]float64{{2}, {}},
			Chain: []core.Spec{{Op: "bias", N: 1}, {Op: from, N: 1}},
			Delta: []perturb.Spec{zero, zero}, Eps: []perturb.Spec{zero, zero}}
		switch from {
		case "affine":
			c.Chain[1], c.W[1] = core.Spec{Op: "affine", In: 1, Out: 1}, []float64{3, 4}
		case "bilinear":
			c.W[1] = []float64{3}
		case "logistic":
			c.Chain[1].N = 0
		}
		if _, err := c.Build(); err != nil {
			t.Fatalf("%s: %v", from, err)
		}
		found := false
		for _, move := range moves(c) {
			next := c.Clone()
			if move(next); len(next.Chain) == 2 && next.Chain[1].Op == to {
				_, err := next.Build()
				found = found || err == nil && (from != "affine" || next.W[1][0] == 3)
			}
		}
		if !found {
			t.Errorf("no move makes %s of %s", to, from)
		}
	}
}

// TestSimplifyBrokenRun: a run that cannot be built violates nothing, and stays.
func TestSimplifyBrokenRun(t *testing.T) {
	c := scalar(1)
	c.Run = &gen.Run{All: true, Gamma: 0.25, Steps: 2}
	c.X = nil
	always := &claim.Claim{
		ID: "own", Form: claim.Printed, Kind: claim.Training, Statement: "2 <= 1",
		Left:  func(*claim.View, int) float64 { return 2 },
		Right: func(*claim.View, int) float64 { return 1 },
	}
	if Simplify(always, c) != c {
		t.Error("it was changed")
	}
}

// TestSimplifyInBig: what only float64 takes for a violation is given back as it came.
func TestSimplifyInBig(t *testing.T) {
	c := under(1)
	left := c.Left
	c.Left = func(v *claim.View, i int) float64 {
		if v.Big {
			return 0.5
		}
		return left(v, i)
	}
	on := scalar(4)
	if got := Simplify(c, on); got != on {
		t.Errorf("changed to %s", got.Line())
	}
}

package core

import (
	"math"
	"testing"

	"github.com/cascade-sgd/cascade/core/internal/house"
)

type row house.Row

// misuse has at least one row for every exported function and method that can be
// misused: what is called wrongly, and what the panic says.
func misuse(t *testing.T) []row {
	c := someChains(t)[0] // linear(3,1), logistic
	other := someChains(t)[1]
	s, region, enc := NewState(c), NewRegion(c), NewEnclosure(c)
	x, w := []float64{1, 2, 3}, []float64{1, 2, 3}
	// A slice that was cut keeps its capacity, so reslicing would not notice.
	cut := w[:1]
	per := make([]Regularity, c.N()+1)
	norms := make([]float64, c.N()+1)
	var noChain *Chain
	var noState *State
	var noRegion *Region
	var noEnclosure *Enclosure
	var noGiven *Given
	visited := func() *Region {
		r := NewRegion(c)
		r.VisitWeights(w)
		return r
	}
	var noBatch *Batch
	obj := bad{c, x}
	batch := func() *Batch { return NewBatch(c, 1) }
	loaded := func() *Batch {
		b := batch()
		b.Load(obj, nil)
		return b
	}
	given := func(g *Given) BatchPerturber { return func(int, int) Perturber { return g } }
	op := Affine(3, 2)
	y, v, u := make([]float64, 2), make([]float64, 2), make([]float64, 8)
	at := func(n int, values ...float64) [][]float64 { return append(make([][]float64, n), values) }
	return []row{
		{"Affine", "width 0", func() { Affine(0, 1) }, "affine: width 0, want 1..65536"},
		{"Affine", "weights", func() { Affine(MaxWidth, MaxWidth) }, "65536 x 65537 entries exceed 67108864"},
		{"Linear", "width", func() { Linear(1, -1) }, "linear: width -1"},
		{"Linear", "too wide", func() { Linear(MaxWidth+1, 1) }, "linear: width 65537"},
		{"Fixed", "nil", func() { Fixed(nil) }, "fixed: width 0"},
		{"Fixed", "no columns", func() { Fixed([][]float64{{}}) }, "fixed: width 0"},
		{"Fixed", "ragged", func() { Fixed([][]float64{{1}, {1, 2}}) }, "row 1 has 2 entries, row 0 has 1"},
		{"Fixed", "entries", func() { Fixed(make2(MaxWidth, 1025)) }, "65536 x 1025 entries exceed"},
		{"Bias", "width", func() { Bias(0) }, "bias: width 0"},
		{"Scale", "width", func() { Scale(0) }, "scale: width 0"},
		{"Tanh", "width", func() { Tanh(MaxWidth + 1) }, "tanh: width 65537"},
		{"Sigmoid", "width", func() { Sigmoid(0) }, "sigmoid: width 0"},
		{"Softplus", "width", func() { Softplus(0) }, "softplus: width 0"},
		{"Square", "width", func() { Square(0) }, "square: width 0"},
		{"HalfSq", "width", func() { HalfSq(0) }, "halfsq: width 0"},
		{"Bilinear", "width", func() { Bilinear(0) }, "bilinear: width 0"},
		{"SoftmaxCE", "width", func() { SoftmaxCE(0, 0) }, "softmaxce: width 0"},
		{"SoftmaxCE", "label", func() { SoftmaxCE(2, 2) }, "label 2 of 2"},
		{"SoftmaxCE", "negative label", func() { SoftmaxCE(2, -1) }, "label -1 of 2"},

		{"Op.Forward", "y", func() { op.Forward(y[:1], x, u) },
			"affine(3,2): Forward(y, x, w) with lengths [1 3 8], want [2 3 8]"},
		{"Op.Forward", "x", func() { op.Forward(y, x[:2], u) }, "lengths [2 2 8]"},
		{"Op.Forward", "w", func() { op.Forward(y, x, u[:6]) }, "lengths [2 3 6]"},
		{"Op.VJP1", "dst", func() { op.VJP1(x[:2], x, u, y, v) },
			"VJP1(dst, x, w, y, v) with lengths [2 3 8 2 2], want [3 3 8 2 2]"},
		{"Op.VJP1", "x", func() { op.VJP1(x, nil, u, y, v) }, "lengths [3 0 8 2 2]"},
		{"Op.VJP1", "w", func() { op.VJP1(x, x, u[:7], y, v) }, "lengths [3 3 7 2 2]"},
		{"Op.VJP1", "y", func() { op.VJP1(x, x, u, y[:1], v) }, "lengths [3 3 8 1 2]"},
		{"Op.VJP1", "v", func() { op.VJP1(x, x, u, y, v[:1]) }, "lengths [3 3 8 2 1]"},
		{"Op.VJP2", "dst", func() { op.VJP2(u[:7], x, u, y, v) },
			"VJP2(dst, x, w, y, v) with lengths [7 3 8 2 2], want [8 3 8 2 2]"},
		{"Op.VJP2", "v", func() { op.VJP2(u, x, u, y, nil) }, "lengths [8 3 8 2 0]"},
		{"Op.Regularity", "x", func() { op.Regularity(Point(y), Point(u)) },
			"Regularity(x, w) of boxes with lengths [2 2 8 8], want [3 3 8 8]"},
		{"Op.Regularity", "half a box", func() { op.Regularity(Box{x, nil}, Point(u)) }, "lengths [3 0 8 8]"},
		{"Op.Roundoff", "w", func() { op.Roundoff(Point(x), Point(x)) },
			"Roundoff(x, w) of boxes with lengths [3 3 3 3]"},
		{"Op.Roundoff", "half a box", func() { op.Roundoff(Point(x), Box{u, nil}) }, "lengths [3 3 8 0]"},

		{"Chain.N", "nil", func() { noChain.N() }, "nil or zero Chain"},
		{"Chain.N", "zero", func() { new(Chain).N() }, "nil or zero Chain"},
		{"Chain.NW", "nil", func() { noChain.NW() }, "nil or zero Chain"},
		{"Chain.Op", "0", func() { c.Op(0) }, "operator 0 of a chain of 2"},
		{"Chain.Op", "N+1", func() { c.Op(3) }, "operator 3 of a chain of 2"},
		{"Chain.Op", "nil", func() { noChain.Op(1) }, "nil or zero Chain"},
		{"Chain.D", "-1", func() { c.D(-1) }, "operator -1 of a chain of 2"},
		{"Chain.D", "N+1", func() { c.D(3) }, "operator 3 of a chain of 2"},
		{"Chain.D", "zero", func() { new(Chain).D(0) }, "nil or zero Chain"},
		{"Chain.D", "nil", func() { noChain.D(1) }, "nil or zero Chain"},
		{"Chain.W", "0", func() { c.W(0, w) }, "operator 0 of a chain of 2"},
		{"Chain.W", "N+1", func() { c.W(3, w) }, "operator 3 of a chain of 2"},
		{"Chain.W", "cut", func() { c.W(1, cut) }, "weights have length 1, want 3"},
		{"Chain.W", "long", func() { c.W(1, u) }, "weights have length 8, want 3"},
		{"Chain.W", "nil", func() { noChain.W(1, w) }, "nil or zero Chain"},
		{"Chain.Split", "cut", func() { c.Split(cut) }, "weights have length 1, want 3"},
		{"Chain.Split", "zero", func() { new(Chain).Split(nil) }, "nil or zero Chain"},
		{"Chain.Specs", "nil", func() { noChain.Specs() }, "nil or zero Chain"},
		{"Chain.SameShape", "of nil", func() { noChain.SameShape(nil) }, "nil or zero Chain"},
		{"Chain.SameShape", "with nil", func() { c.SameShape(nil) }, "nil or zero Chain"},

		{"Given.Delta", "nil", func() { s.Pass(c, x, w, noGiven) }, "nil *Given"},
		{"Given.Delta", "nil, asked", func() { noGiven.Delta(1, y, y) }, "nil *Given"},
		{"Given.Delta", "0", func() { new(Given).Delta(0, y, y) }, "delta_0 asked for"},
		{"Given.Delta", "length", func() { s.Pass(c, x, w, &Given{DeltaAt: at(1, 1, 2)}) },
			"delta_1 has length 2, want 1"},
		{"Given.Delta", "no place", func() { s.Pass(c, x, w, &Given{DeltaAt: at(0, 1)}) }, "delta_0 given, want 1..2"},
		{"Given.Delta", "beyond N", func() { s.Forward(c, x, w, &Given{DeltaAt: at(3, 1)}) },
			"delta_3 given, want 1..2"},
		{"Given.Eps", "nil, asked", func() { noGiven.Eps(2, y, y) }, "nil *Given"},
		{"Given.Eps", "-1", func() { (&Given{EpsAt: at(2, 1)}).Eps(-1, y, y) }, "eps_-1 asked for"},
		{"Given.Eps", "length", func() { s.Pass(c, x, w, &Given{EpsAt: at(2, 1, 2)}) }, "eps_2 has length 2, want 1"},
		{"Given.Eps", "no place", func() { s.Pass(c, x, w, &Given{EpsAt: at(0, 1)}) }, "eps_0 given, want 1..2"},
		{"Given.Eps", "beyond N", func() { s.Backward(c, w, &Given{EpsAt: at(3, 1)}) }, "eps_3 given, want 1..2"},

		{"Given.Zeta", "nil, asked", func() { noGiven.Zeta(1, y, y) }, "nil *Given"},
		{"Given.Zeta", "0", func() { new(Given).Zeta(0, y, y) }, "zeta_0 asked for"},
		{"Given.Zeta", "length", func() { NewState(c, WithZeta).Pass(c, x, w, &Given{ZetaAt: at(2, 1, 2)}) },
			"zeta_2 has length 2, want 1"},
		{"Given.Zeta", "no place", func() { NewState(c, WithZeta).Pass(c, x, w, &Given{ZetaAt: at(0, 1)}) },
			"zeta_0 given, want 1..2"},
		{"Given.Zeta", "beyond N", func() { NewState(c, WithZeta).Backward(c, w, &Given{ZetaAt: at(3, 1)}) },
			"zeta_3 given, want 1..2"},
		{"Given.Zeta", "no room", func() { s.Pass(c, x, w, &Given{ZetaAt: at(2, 1)}) },
			"a State made without WithZeta has no room for zeta"},
		{"Given.Zeta", "no room, one of many", func() { s.Pass(c, x, w, Each{&Given{ZetaAt: at(2, 1)}}) },
			"a State made without WithZeta has no room for zeta"},
		{"Given.Zeta", "in a Batch", func() { loaded().Pass(w, given(&Given{ZetaAt: at(2, 1)})) },
			"a Batch has no room for zeta; a State made WithZeta has"},
		{"Given.Zeta", "in a Batch, one of many",
			func() {
				loaded().Pass(w, func(int, int) Perturber { return Each{nil, &Given{ZetaAt: at(1, 0, 0, 0)}} })
			},
			"a Batch has no room for zeta"},
		{"Given.Reads", "nil", func() { noGiven.Reads() }, "nil *Given"},
		{"Each.Reads", "nil Given", func() { Each{noGiven}.Reads() }, "nil *Given"},
		{"Each.Zeta", "length", func() { Each{nil, nil}.Zeta(1, x, x) }, "2 Perturbers for states of 3 and 3 numbers"},
		{"Enclosure.Visit", "zeta", func() { NewEnclosure(c).Visit(NewState(c, WithZeta)) },
			"an Enclosure has no term for zeta"},
		{"WithZeta", "nil", func() { NewState(nil, WithZeta) }, "nil or zero Chain"},
		{"WithZeta", "zero", func() { WithZeta(new(State)) }, "nil or zero State"},

		{"Given.HasDelta", "nil", func() { noGiven.HasDelta(1) }, "nil *Given"},
		{"Given.HasEps", "nil", func() { noGiven.HasEps(1) }, "nil *Given"},

		{"NewState", "nil", func() { NewState(nil) }, "nil or zero Chain"},
		{"State.Pass", "nil", func() { noState.Pass(c, x, w, nil) }, "nil or zero State"},
		{"State.Pass", "zero", func() { new(State).Pass(c, x, w, nil) }, "nil or zero State"},
		{"State.Pass", "nil chain", func() { s.Pass(nil, x, w, nil) }, "nil or zero Chain"},
		{"State.Pass", "other chain", func() { s.Pass(other, x, w, nil) }, "State belongs to a chain of another shape"},
		{"State.Pass", "input", func() { s.Pass(c, cut, w, nil) }, "input has length 1, want 3"},
		{"State.Pass", "weights", func() { s.Pass(c, x, cut, nil) }, "weights have length 1, want 3"},
		{"State.Forward", "long input", func() { s.Forward(c, u, w, nil) }, "input has length 8, want 3"},
		{"State.Forward", "long weights", func() { s.Forward(c, x, u, nil) }, "weights have length 8, want 3"},
		{"State.Forward", "nil chain", func() { s.Forward(nil, x, w, nil) }, "nil or zero Chain"},
		{"State.Backward", "weights", func() { s.Backward(c, cut, nil) }, "weights have length 1, want 3"},
		{"State.Backward", "long weights", func() { s.Backward(c, u, nil) }, "weights have length 8, want 3"},
		{"State.Backward", "other chain", func() { s.Backward(other, w, nil) }, "another shape"},
		{"State.Backward", "zero", func() { new(State).Backward(c, w, nil) }, "nil or zero State"},
		{"State.Backward", "before Forward", func() { NewState(c).Backward(c, w, nil) },
			"backward pass of a State without a forward pass"},
		{"State.Loss", "before Forward", func() { NewState(c).Loss() }, "loss of a State without a forward pass"},
		{"State.Loss", "zero", func() { new(State).Loss() }, "nil or zero State"},

		{"Regularizer.Value", "kind", func() { Regularizer{Kind: "l3"}.Value(w) }, `unknown regularizer "l3"`},
		{"Regularizer.Value", "rho", func() { Regularizer{"nonconvex", -2}.Value(w) }, "rho is -2"},
		{"Regularizer.Grad", "kind", func() { Regularizer{Kind: "l3"}.Grad(1) }, `unknown regularizer "l3"`},
		{"Regularizer.Grad", "rho", func() { Regularizer{"l2", math.Inf(1)}.Grad(1) }, "rho is +Inf"},
		{"Step", "lengths", func() { Step(w, cut, 1, Regularizer{}) }, "3 weights with a gradient of 1"},
		{"Step", "kind", func() { Step(w, w, 1, Regularizer{Kind: "l3"}) }, `unknown regularizer "l3"`},
		{"Step", "rho", func() { Step(w, w, 1, Regularizer{"l2", -1}) }, "rho is -1"},
		{"Step", "rho of none", func() { Step(w, w, 1, Regularizer{"", 1}) }, `"none" with rho 1`},

		{"MaxWindow", "nil", func() { MaxWindow(nil) }, "nil or zero Chain"},
		{"NewBatch", "nil", func() { NewBatch(nil, 1) }, "nil or zero Chain"},
		{"NewBatch", "window", func() { NewBatch(c, 0) }, "window of 0 samples, want 1.."},
		{"NewBatch", "memory", func() { NewBatch(c, math.MaxInt) }, "samples, want 1..9586980"}, // 2^26/7
		{"Batch.Load", "zero", func() { new(Batch).Load(obj, nil) }, "nil or zero Batch"},
		{"Batch.Load", "nil", func() { batch().Load(nil, nil) }, "nil Objective"},
		{"Batch.Load", "no samples", func() { batch().Load(obj, []int{}) }, "no samples"},
		{"Batch.Load", "none", func() { batch().Load(none{}, nil) }, "no samples"},
		{"Batch.Load", "sample", func() { batch().Load(obj, []int{0, 1}) }, "sample 1 of 1"},
		{"Batch.Load", "negative", func() { batch().Load(obj, []int{-1}) }, "sample -1 of 1"},
		{"Batch.Load", "nil chain", func() { batch().Load(bad{nil, x}, nil) }, "nil or zero Chain"},
		{"Batch.Load", "other chain", func() { batch().Load(bad{other, x}, nil) },
			"sample belongs to a chain of another shape"},
		{"Batch.Load", "input", func() { batch().Load(bad{c, cut}, nil) }, "input has length 1, want 3"},
		{"Batch.Len", "nil", func() { noBatch.Len() }, "nil or zero Batch"},
		{"Batch.Pass", "zero", func() { new(Batch).Pass(w, nil) }, "nil or zero Batch"},
		{"Batch.Pass", "nothing loaded", func() { batch().Pass(w, nil) }, "loaded nothing"},
		{"Batch.Pass", "weights", func() { loaded().Pass(cut, nil) }, "weights have length 1, want 3"},
		{"Batch.Pass", "delta", func() { loaded().Pass(w, given(&Given{DeltaAt: at(1, 1, 2)})) },
			"delta_1 has length 2, want 1"},
		{"Batch.Pass", "beyond N", func() { loaded().Pass(w, given(&Given{DeltaAt: at(3, 1)})) },
			"delta_3 given, want 1..2"},
		{"Batch.Step", "zero", func() { new(Batch).Step(w, 1, Regularizer{}, nil) }, "nil or zero Batch"},
		{"Batch.Step", "nothing loaded", func() { batch().Step(w, 1, Regularizer{}, nil) }, "loaded nothing"},
		{"Batch.Step", "weights", func() { loaded().Step(cut, 1, Regularizer{}, nil) },
			"weights have length 1, want 3"},
		{"Batch.Step", "rho", func() { loaded().Step(w, 1, Regularizer{"l2", -1}, nil) }, "rho is -1"},
		{"Batch.Loss", "nil", func() { noBatch.Loss() }, "nil or zero Batch"},
		{"Batch.Loss", "no pass", func() { loaded().Loss() }, "Loss of a Batch without a Pass or Step"},
		{"Batch.U", "nil", func() { noBatch.U() }, "nil or zero Batch"},
		{"Batch.U", "no pass", func() { loaded().U() }, "U of a Batch without a Pass"},
		{"Batch.U", "after Step", func() {
			b := loaded()
			b.Step([]float64{1, 2, 3}, 1, Regularizer{}, nil)
			b.U()
		}, "U of a Batch without a Pass"},
		{"Batch.U", "after Load", func() {
			b := loaded()
			b.Pass(w, nil)
			b.Load(obj, nil)
			b.U()
		}, "U of a Batch without a Pass"},
		{"Each.Delta", "none", func() { Each{}.Delta(1, y, y) }, "0 Perturbers for states of 2 and 2 numbers"},
		{"Each.Delta", "rows", func() { make(Each, 3).Delta(1, y, y) }, "3 Perturbers for states of 2 and 2 numbers"},
		{"Each.Eps", "lengths", func() { make(Each, 2).Eps(1, y, make([]float64, 4)) },
			"2 Perturbers for states of 2 and 4 numbers"},

		{"Run", "nil", func() { _ = Run(nil, w, Options{}) }, "nil Objective"},
		{"Run", "nil chain", func() { _ = Run(bad{nil, x}, w, Options{T: 1}) }, "nil or zero Chain"},
		{"Run", "input", func() { _ = Run(bad{c, cut}, w, Options{T: 1}) }, "input has length 1, want 3"},

		{"NewBox", "-1", func() { NewBox(-1) }, "box of dimension -1"},
		{"Box.Reset", "half", func() { Box{Lo: x}.Reset() }, "box with 3 lower and 0 upper bounds, want 3"},
		{"Box.Add", "short", func() { NewBox(3).Add(cut) }, "box with 3 lower and 3 upper bounds, want 1"},
		{"Box.Add", "long", func() { NewBox(3).Add(u) }, "box with 3 lower and 3 upper bounds, want 8"},
		{"Box.Add", "half", func() { Box{Lo: x}.Add(x) }, "box with 3 lower and 0 upper bounds, want 3"},
		{"Box.Contains", "short", func() { Point(x).Contains(cut) }, "box with 3 lower and 3 upper bounds, want 1"},
		{"Box.Contains", "half", func() { Box{Lo: x}.Contains(x) }, "box with 3 lower and 0 upper bounds, want 3"},

		{"NewRegion", "nil", func() { NewRegion(nil) }, "nil or zero Chain"},
		{"Region.Reset", "nil", func() { noRegion.Reset() }, "nil or zero Region"},
		{"Region.Visit", "nil", func() { noRegion.Visit(s, w) }, "nil or zero Region"},
		{"Region.Visit", "nil state", func() { region.Visit(nil, w) }, "nil or zero State"},
		{"Region.Visit", "zero state", func() { region.Visit(new(State), w) }, "nil or zero State"},
		{"Region.Visit", "other", func() { region.Visit(NewState(other), w) },
			"State belongs to a chain of another shape"},
		{"Region.Visit", "weights", func() { region.Visit(s, cut) }, "weights have length 1, want 3"},
		{"Region.VisitBoxes", "zero", func() { new(Region).VisitBoxes(nil) }, "nil or zero Region"},
		{"Region.VisitBoxes", "few", func() { region.VisitBoxes([]Box{Point(x)}) }, "1 boxes, want y[0..1]"},
		{"Region.VisitBoxes", "short", func() { region.VisitBoxes([]Box{Point(cut), Point(cut)}) },
			"box with 3 lower and 3 upper bounds, want 1"},
		{"Region.VisitWeights", "zero", func() { new(Region).VisitWeights(w) }, "nil or zero Region"},
		{"Region.VisitWeights", "cut", func() { region.VisitWeights(cut) }, "weights have length 1, want 3"},
		{"Region.Widen", "zero", func() { new(Region).Widen(Margin) }, "nil or zero Region"},
		{"Region.Widen", "negative", func() { region.Widen(-1) }, "margin is -1, want finite and >= 0"},
		{"Region.Widen", "NaN", func() { region.Widen(math.NaN()) }, "margin is NaN"},
		{"Region.Widen", "infinite", func() { region.Widen(math.Inf(1)) }, "margin is +Inf"},
		{"Region.Regularity", "zero", func() { new(Region).Regularity(nil) }, "nil or zero Region"},
		{"Region.Regularity", "empty", func() { NewRegion(c).Regularity(nil) }, "empty region"},
		{"Region.Regularity", "no weights", func() {
			r := NewRegion(c)
			r.VisitBoxes([]Box{Point(x), Point(cut)})
			r.Regularity(nil)
		}, "empty region"},
		{"Region.Regularity", "no inputs", func() { visited().Regularity(nil) }, "empty region"},
		{"Region.Regularity", "per", func() { NewRegion(c).Regularity(make([]Regularity, 1)) },
			"room for 1 constants, want N+1 = 3"},
		{"Region.Smoothness", "zero", func() { new(Region).Smoothness(nil) }, "nil or zero Region"},
		{"Region.Smoothness", "no weights", func() { NewRegion(c).Smoothness([][]float64{x}) }, "without weights"},
		{"Region.Smoothness", "no inputs", func() { visited().Smoothness(nil) }, "N = 2 on no inputs"},
		{"Region.Smoothness", "input", func() { visited().Smoothness([][]float64{x, cut}) },
			"input has length 1, want 3"},

		{"NewEnclosure", "nil", func() { NewEnclosure(nil) }, "nil or zero Chain"},
		{"Enclosure.Reset", "nil", func() { noEnclosure.Reset() }, "nil or zero Enclosure"},
		{"Enclosure.Visit", "zero", func() { new(Enclosure).Visit(s) }, "nil or zero Enclosure"},
		{"Enclosure.Visit", "nil state", func() { enc.Visit(nil) }, "nil or zero State"},
		{"Enclosure.Visit", "other", func() { enc.Visit(NewState(other)) }, "another shape"},
		{"Enclosure.VisitNorms", "zero", func() { new(Enclosure).VisitNorms(norms, norms) }, "nil or zero Enclosure"},
		{"Enclosure.VisitNorms", "short Y", func() { enc.VisitNorms(norms[:2], norms) },
			"list of |Y_i| has length 2, want 3"},
		{"Enclosure.VisitNorms", "short V", func() { enc.VisitNorms(norms, norms[:2]) },
			"list of |V_i| has length 2, want 3"},
		{"Enclosure.Compute", "zero", func() { new(Enclosure).Compute(region, per) }, "nil or zero Enclosure"},
		{"Enclosure.Compute", "nil region", func() { enc.Compute(nil, per) }, "nil or zero Region"},
		{"Enclosure.Compute", "other", func() { enc.Compute(NewRegion(other), per) },
			"Region belongs to a chain of another shape"},
		{"Enclosure.Compute", "per", func() { enc.Compute(region, per[:2]) }, "list of constants has length 2, want 3"},
		{"Enclosure.Compute", "nil per", func() { enc.Compute(region, nil) }, "list of constants has length 0, want 3"},
		{"Enclosure.Compute", "Scale", func() { scaledBy(c, -1).Compute(region, per) }, "Enclosure.Scale is -1"},
		{"Enclosure.Compute", "NaN Scale", func() { scaledBy(c, math.NaN()).Compute(region, per) },
			"Enclosure.Scale is NaN"},
	}
}

// harmless are the exported functions and methods that take nothing or anything, or
// give an error: TestRefusals, TestRegularizers and TestRun have those.
const harmless = `Logistic NewChain FromSpecs NewOp OpNames Point Regularity.C Regularity.Max
	Regularizer.Check Spec.String
	Spec.Polynomial Spec.NonNegative Spec.Fancy
	Op.Spec Op.In Op.Out Op.NW`

func make2(rows, cols int) [][]float64 {
	a, row := make([][]float64, rows), make([]float64, cols)
	for i := range a {
		a[i] = row
	}
	return a
}

func scaledBy(c *Chain, scale float64) *Enclosure {
	e := NewEnclosure(c)
	e.Scale = scale
	return e
}

type bad struct {
	c *Chain
	x []float64
}

func (o bad) Len() int                       { return 1 }
func (o bad) Sample(int) (*Chain, []float64) { return o.c, o.x }

// TestMisuse: misuse panics with the prefix of the package and the values, and no
// exported function or method is without its row.
func TestMisuse(t *testing.T) {
	house.Misuse(t, "core", misuse(t), harmless, "Op")
}

// TestOperatorsAreChecked: what the rows of Op above show of one operator holds
// for all, as all are made by check.
func TestOperatorsAreChecked(t *testing.T) {
	for _, op := range testOps() {
		c, ok := op.(*checked)
		if !ok || c.in != op.In() || c.out != op.Out() || c.nw != op.NW() {
			t.Errorf("%v is %T", op.Spec(), op)
		}
	}
}

// TestNoFusedSums: the same bits on every architecture, but for package math and
// the kernels of gonum.
func TestNoFusedSums(t *testing.T) { house.NoFusedSums(t) }

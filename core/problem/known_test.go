package problem

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

var (
	_ Known = (*Regression)(nil)
	_ Known = (*Quadratic)(nil)
)

func regression(tb testing.TB, t *Table, constant bool, kind string, rho float64) *Regression {
	tb.Helper()
	r, err := LogisticWith(t, LogisticOptions{constant, core.Regularizer{Kind: kind, Rho: rho}})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

func standardized(t *Table) *Table {
	t.Standardize()
	return t
}

type knownCase struct {
	name  string
	obj   Known
	scale float64 // of weights worth trying
}

func knowns(tb testing.TB) []knownCase {
	one := &Table{X: [][]float64{{3, -4}}, Label: []int{1}, Names: []string{"a", "b"}}
	zero := &Table{X: [][]float64{{0}, {0}}, Label: []int{1, 0}, Names: []string{"a", "b"}}
	// Newton's full steps from 0 diverge on this one.
	steep := &Table{X: [][]float64{{60, 160}, {3, 4}, {0, 0}, {3, -1}}, Label: []int{0, 0, 0, 0}, Names: zero.Names}
	return []knownCase{
		{"cancer", regression(tb, standardized(cancer(tb)), true, "none", 0), 2},
		{"cancer rho 0", regression(tb, standardized(cancer(tb)), true, "l2", 0), 2},
		{"cancer raw weak l2", regression(tb, cancer(tb), false, "l2", 1e-5), 1e-3},
		{"cancer l2", regression(tb, standardized(cancer(tb)), true, "l2", 0.1), 2},
		{"cancer weak l2", regression(tb, standardized(cancer(tb)), true, "l2", 1e-5), 5},
		{"cancer raw l2", regression(tb, cancer(tb), false, "l2", 0.5), 1e-3},
		{"synthetic l2", regression(tb, Synthetic(10, 2000, 1), false, "l2", 0.1), 2},
		{"synthetic nonconvex", regression(tb, Synthetic(10, 2000, 2), false, "nonconvex", 0.001), 2},
		{"strongly nonconvex", regression(tb, Synthetic(3, 20, 3), true, "nonconvex", 1), 1},
		{"one row", regression(tb, one, false, "l2", 0.01), 1},
		{"steep", regression(tb, steep, false, "l2", 0.001), 0.1},
		{"zero row", regression(tb, zero, false, "l2", 0.01), 1},
		{"quadratic 1 x 1", NewQuadratic([][]float64{{-3}}, [][]float64{{1}, {2}, {4}}), 10},
		{"quadratic 3 x 2", NewQuadratic([][]float64{{1, 2}, {0.5, -1}, {3, 0.1}},
			[][]float64{{1, 0}, {0.3, 7}, {-2, 2}}), 10},
		{"quadratic diagonal", NewQuadratic([][]float64{{2, 0}, {0, 0.5}}, [][]float64{{1, 1}, {-1, 3}}), 10},
		{"quadratic of rank 1", NewQuadratic([][]float64{{1, 2}, {2, 4}}, [][]float64{{1, 1}, {-1, 3}}), 10},
		{"quadratic 1 x 3", NewQuadratic([][]float64{{1, 2, 3}}, [][]float64{{1, 1, 1}}), 10},
	}
}

func eachKnown(t *testing.T, f func(t *testing.T, c knownCase, rng *rand.Rand)) {
	for _, c := range knowns(t) {
		t.Run(c.name, func(t *testing.T) { f(t, c, rand.New(rand.NewPCG(1, 1))) })
	}
}

func (c knownCase) dim() int {
	chain, _ := c.obj.Sample(0)
	return chain.NW()
}

func (c knownCase) weights(rng *rand.Rand) []float64 {
	w := normal(rng, c.dim())
	floats.Scale(c.scale*rng.ExpFloat64(), w)
	return w
}

func (c knownCase) loss(w []float64) float64 { return Loss(c.obj, w) }

// Central differences of step h have the error h^2 |l”'|/6 + 2^-53 |l|/h. With
// h = 1e-5 and |l”'| < 1e3, and in the raw data h = 1e-8 and |l”'| < |h_l|^3 = 1e11,
// both terms are below 1e-6 (1 + l).
const fdTolerance = 1e-6

func TestGradientAgreesWithDifferences(t *testing.T) {
	eachKnown(t, func(t *testing.T, c knownCase, rng *rand.Rand) {
		w := c.weights(rng)
		want := fd.Gradient(nil, c.loss, w, &fd.Settings{Formula: fd.Central, Step: 1e-5 * c.scale})
		checkGradient(t, Gradient(c.obj, w), want, 1+math.Abs(c.loss(w)))
	})
}

func checkGradient(t *testing.T, got, want []float64, size float64) {
	t.Helper()
	for j := range want {
		if !(math.Abs(got[j]-want[j]) <= fdTolerance*size) {
			t.Errorf("component %d is %v, differences say %v", j, got[j], want[j])
		}
	}
}

// rounding is what the left sides below, all computed in float64 by sums of at
// most 2000 terms, may be off by in relative terms: 2000 2^-53 < 1e-12, and
// differences of gradients amplify it by less than 1000.
const rounding = 1e-9

// curvature returns |H v| at w for the Hessian H of l, |v| = 1, and H v in v.
func curvature(c knownCase, w, v []float64, h float64) float64 {
	a, b := append([]float64(nil), w...), append([]float64(nil), w...)
	floats.AddScaled(a, h, v)
	floats.AddScaled(b, -h, v)
	floats.SubTo(v, Gradient(c.obj, a), Gradient(c.obj, b))
	return floats.Norm(v, 2) / (2 * h)
}

// L bounds every secant of the gradient, and is its size at w = 0 in the worst
// direction, which power iteration finds.
func TestLIsSoundAndSharp(t *testing.T) {
	eachKnown(t, func(t *testing.T, c knownCase, rng *rand.Rand) {
		l := c.obj.L()
		for range 20 {
			a, b := c.weights(rng), c.weights(rng)
			left := floats.Distance(Gradient(c.obj, a), Gradient(c.obj, b), 2)
			if right := l * floats.Distance(a, b, 2); !(left <= right*(1+rounding)) {
				t.Errorf("gradients differ by %v, L allows %v", left, right)
			}
		}
		v := normal(rng, c.dim())
		best := 0.0
		for range 100 {
			floats.Scale(1/floats.Norm(v, 2), v)
			best = max(best, curvature(c, make([]float64, c.dim()), v, 1e-4*c.scale))
		}
		if !(best <= l*(1+rounding) && best >= l*(1-1e-4)) {
			t.Errorf("the Hessian at 0 has norm %v, L is %v", best, l)
		}
	})
}

// variance is E|u - E u|^2 at w.
func variance(obj core.Objective, w []float64) float64 {
	mean := make([]float64, len(w))
	m := float64(obj.Len())
	eachPass(obj, w, func(s *core.State) { floats.AddScaled(mean, 1/m, s.UAll) })
	sum := 0.0
	eachPass(obj, w, func(s *core.State) {
		d := floats.Distance(s.UAll, mean, 2)
		sum += d * d / m
	})
	return sum
}

func TestSigmaSqIsSoundAndSharp(t *testing.T) {
	eachKnown(t, func(t *testing.T, c knownCase, rng *rand.Rand) {
		all := c.obj.SigmaSq(core.Box{})
		size := 0.0
		for range 10 {
			w := c.weights(rng)
			box := core.NewBox(len(w))
			box.Add(w)
			box.Add(c.weights(rng))
			inside := make([]float64, len(w))
			for j := range w {
				inside[j] = box.Lo[j] + rng.Float64()*(box.Hi[j]-box.Lo[j])
			}
			got, in := variance(c.obj, w), variance(c.obj, inside)
			size = max(size, got)
			point, wide := c.obj.SigmaSq(core.Point(w)), c.obj.SigmaSq(box)
			for _, b := range []struct {
				what        string
				left, right float64
			}{{"point", got, point}, {"corner of box", got, wide}, {"inside box", in, wide}, {"all", got, all}} {
				if !(b.left <= b.right*(1+rounding)+tiny) {
					t.Errorf("%s: variance %v, sigma^2 is %v", b.what, b.left, b.right)
				}
			}
			if !(point <= got*(1+1e-6)+1e-20*all+2*tiny) {
				t.Errorf("variance %v at a point, SigmaSq of it is %v", got, point)
			}
		}
		if c.obj.Len() > 1 && !(all <= 100*size+2*tiny) {
			t.Errorf("sigma^2 is %v for all w, the largest variance seen %v", all, size)
		}
	})
}

// The centre c earns something over c = 0, which gives the mean of |x|^2.
func TestSigmaSqAllIsBelowMeanSquare(t *testing.T) {
	for _, c := range knowns(t)[:8] {
		r := c.obj.(*Regression)
		sum := 0.0
		for _, x := range r.x {
			sum += dot(x, x) / float64(len(r.x))
		}
		if all := r.SigmaSq(core.Box{}); !(all < sum) {
			t.Errorf("%s: sigma^2 is %v, the mean of |x|^2 %v", c.name, all, sum)
		}
	}
}

// minimum is the best value that BFGS finds, an upper bound of l*.
func minimum(t *testing.T, c knownCase) float64 {
	t.Helper()
	p := optimize.Problem{
		Func: c.loss,
		Grad: func(g, w []float64) { copy(g, Gradient(c.obj, w)) },
	}
	res, err := optimize.Minimize(p, make([]float64, c.dim()), &optimize.Settings{MajorIterations: 2000,
		GradientThreshold: 1e-9}, &optimize.BFGS{})
	if res == nil {
		t.Fatal(err)
	}
	return res.F
}

// BFGS stops this far above the minimum: relatively, on the raw data, whose
// Hessian has a condition number above 1e8, and where the minimum is 0.
const (
	stall    = 1e-5
	tinyLoss = 1e-25
)

func TestLStarAndPL(t *testing.T) {
	eachKnown(t, func(t *testing.T, c knownCase, rng *rand.Rand) {
		best, lower, mu := minimum(t, c), c.obj.LStarLower(), c.obj.Mu()
		if !(lower >= 0 && lower <= best*(1+rounding)) {
			t.Errorf("l* >= %v is claimed, %v was found", lower, best)
		}
		if _, ok := c.obj.(*Quadratic); ok || mu > 0 {
			if !(lower >= best*(1-stall)-tinyLoss) {
				t.Errorf("l* >= %v is claimed, the best found is %v", lower, best)
			}
		}
		// best is above l*, and LStarUpper must not be below it by more than BFGS stalls.
		if upper := c.obj.LStarUpper(); !(upper >= lower && upper >= best*(1-stall)-tinyLoss) {
			t.Errorf("l* <= %v is claimed, l* >= %v, and the best found is %v", upper, lower, best)
		} else if _, ok := c.obj.(*Quadratic); (ok || mu > 0) && !(upper <= best*(1+stall)+tinyLoss) {
			t.Errorf("l* <= %v is claimed, %v was found", upper, best)
		}
		for range 50 {
			w := c.weights(rng)
			g := floats.Norm(Gradient(c.obj, w), 2)
			if right := 2 * mu * (c.loss(w) - best); !(g*g >= right*(1-rounding)-rounding*best) {
				t.Errorf("|grad|^2 = %v, PL with mu = %v wants %v", g*g, mu, right)
			}
		}
	})
}

// Eigenvalues known in closed form. The slack is a few n^2 2^-53 times the trace.
func TestSpectrum(t *testing.T) {
	const huge = 0x1p600
	for _, c := range []struct {
		name   string
		rows   [][]float64
		lo, hi float64
	}{
		{"zero", [][]float64{{0, 0}}, 0, 0},
		{"1 x 1", [][]float64{{-3}}, 9, 9},
		{"diagonal", [][]float64{{2, 0}, {0, 0.5}}, 0.25, 4},
		{"rotation", [][]float64{{3, 4}, {-4, 3}}, 25, 25},
		{"ones", [][]float64{{1, 1, 1}, {1, 1, 1}}, 0, 6},
		{"shear", [][]float64{{1, 1}, {0, 1}}, (3 - math.Sqrt(5)) / 2, (3 + math.Sqrt(5)) / 2},
		{"signs cancel", [][]float64{{1, 1}, {1, -1}}, 2, 2},
		{"overflow", [][]float64{{huge, 0}, {0, huge}}, math.MaxFloat64, math.Inf(1)},
		{"lost bits", [][]float64{{1.3 * 0x1p-537}}, 0, tiny}, // 1.69 units of 2^-1074
		{"underflow", [][]float64{{1 / huge}, {0}}, 0, tiny},
	} {
		lo, hi := spectrum(c.rows)
		slack := 1e-13 * c.hi
		if !(lo <= c.lo && c.hi <= hi) {
			t.Errorf("%s: [%v, %v] does not hold [%v, %v]", c.name, lo, hi, c.lo, c.hi)
		}
		if !(lo >= c.lo-slack && hi <= c.hi+slack+tiny) {
			t.Errorf("%s: [%v, %v] is far from [%v, %v]", c.name, lo, hi, c.lo, c.hi)
		}
	}
}

// Long columns, whose computed sum of squares is rounded, against math/big.
func TestSpectrumEnclosesRounding(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		rows := make([][]float64, 1000)
		for k := range rows {
			rows[k] = []float64{rng.NormFloat64()}
		}
		exact := new(big.Rat)
		for _, x := range rationals(rows) {
			addProduct(exact, x[0], x[0])
		}
		lo, hi := spectrum(rows)
		if new(big.Rat).SetFloat64(lo).Cmp(exact) > 0 || new(big.Rat).SetFloat64(hi).Cmp(exact) < 0 {
			t.Errorf("[%v, %v] does not hold %v", lo, hi, exact.FloatString(20))
		}
	}
}

// The quadratic (1/2)((w+1)^2 + (w+2)^2 + (w+4)^2) 9/3 has, by hand, l* at
// w = -7/3: (9/6)(16+1+25)/9 = 7 and sigma^2 = 81 (42/9)/3 = 126.
func TestQuadraticByHand(t *testing.T) {
	q := NewQuadratic([][]float64{{-3}}, [][]float64{{1}, {2}, {4}})
	if q.LStarLower() != 7 || q.SigmaSq(core.Box{}) != 126 {
		t.Errorf("l* = %v, sigma^2 = %v, want 7 and 126", q.LStarLower(), q.SigmaSq(core.Box{}))
	}
	// Inputs 0, 0, k: l* = k^2/9 and sigma^2 = 2 k^2/9, which float64 has on
	// either side.
	for k := 1.0; k < 20; k++ {
		q := NewQuadratic([][]float64{{1}}, [][]float64{{0}, {0}, {k}})
		ninth := big.NewRat(int64(k*k), 9)
		low, high := new(big.Rat).SetFloat64(q.LStarLower()), new(big.Rat).SetFloat64(q.SigmaSq(core.Box{})/2)
		gap, _ := new(big.Rat).Sub(high, low).Float64()
		if low.Cmp(ninth) > 0 || high.Cmp(ninth) < 0 || !(gap <= 4*unit*k*k/9) {
			t.Errorf("l* >= %v and sigma^2/2 <= %v, both are %v", q.LStarLower(), q.SigmaSq(core.Box{})/2, ninth)
		}
	}
}

// Discs enclose the eigenvalues 1 and 3 for any V, here with V^T V exact:
// V = I gives them; a shear does not, and pays for it.
func TestDiscs(t *testing.T) {
	g := mat.NewSymDense(2, []float64{2, 1, 1, 2})
	for _, c := range []struct {
		v      []float64
		lo, hi float64
	}{
		{[]float64{1, 0, 0, 1}, 1, 3},
		// B = [[2, 1.5], [1.5, 2.625]], E = [[0, 1/4], [1/4, 1/16]], |E|_F = sqrt(33)/16.
		{[]float64{1, 0.25, 0, 1}, 0.5 / (1 + math.Sqrt(33)/16), 4.125 / (1 - math.Sqrt(33)/16)},
	} {
		lo, hi := discs(g, mat.NewDense(2, 2, c.v))
		if !(lo <= c.lo && lo >= c.lo-1e-14 && hi >= c.hi && hi <= c.hi+1e-13) {
			t.Errorf("V = %v: [%v, %v], want [%v, %v] and a few roundings", c.v, lo, hi, c.lo, c.hi)
		}
	}
}

// By hand, for rows {{3}}, in units u = 2^-53: G = 9 is enclosed with the radius
// gamma(3) + 4 gamma(1), divided by 1 -+ 3 gamma(1), and 4 gamma(2) for G itself: 18 of
// 9, up to a few roundings.
func TestSpectrumByHand(t *testing.T) {
	lo, hi := spectrum([][]float64{{3}})
	if a, b := (9-lo)/(9*unit), (hi-9)/(9*unit); !(a >= 16 && a <= 20 && b >= 16 && b <= 20) {
		t.Errorf("9 is enclosed with %v and %v units to spare", a, b)
	}
}

// The same for rows {{1}}, where lo is a multiple of a unit: 18 units, rounded outward. Each of
// the constants of the derivation shows.
func TestSpectrumToAUnit(t *testing.T) {
	lo, hi := spectrum([][]float64{{1}})
	if a, b := (1-lo)/unit, (hi-1)/unit; a < 18 || a > 19 || b < 18 || b > 20 {
		t.Errorf("1 is enclosed with %v and %v units to spare, want 18, rounded outward", a, b)
	}
}

// A distance is never below the exact one, and above it by what its differences may be off.
func TestDistSqIsABound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		s, x, c := r.Float64(), r.NormFloat64(), r.NormFloat64()
		got := new(big.Rat).SetFloat64(distSq(s, []float64{x}, []float64{c}))
		exact := new(big.Rat).Mul(new(big.Rat).SetFloat64(s), new(big.Rat).SetFloat64(x))
		exact.Sub(exact, new(big.Rat).SetFloat64(c))
		if exact.Mul(exact, exact).Cmp(got) > 0 {
			t.Errorf("|%v %v - %v|^2 is %v, more than %v", s, x, c, exact, got)
		}
	}
}

// By hand: the distance of s x and c where they agree is what each may be off by.
func TestDistSqByHand(t *testing.T) {
	for _, c := range []struct{ s, x, c, want float64 }{
		{1, 1, 1, 8}, {1, 2, 2, 16}, {1, 1, -1, 2/unit + 8}, {0.5, 2, 3, 2/unit + 16},
	} {
		if got := distSq(c.s, []float64{c.x},
			[]float64{c.c}) / (unit * unit); !(math.Abs(got-c.want*c.want) <= 1e-14*c.want*c.want) {
			t.Errorf("|%v %v - %v| is %v units, want %v", c.s, c.x, c.c, math.Sqrt(got), c.want)
		}
	}
}

// By hand: at 0 the slope is 1/2, widened by sigmoidError and, where terms cancel, by
// a quarter of gamma(n+2) times their sizes; it stays in [0, 1].
func TestSlopeRangeByHand(t *testing.T) {
	for _, c := range []struct {
		x, w   []float64
		lo, hi float64
	}{
		{[]float64{1}, []float64{0}, 0.5 - 8*unit, 0.5 + 8*unit},
		{[]float64{1, 1}, []float64{1, -1}, 0.5 - 10*unit, 0.5 + 10*unit}, // pad 4 units of 2
		{[]float64{1, 1, 1}, []float64{8, -8, 0}, 0.5 - 28*unit, 0.5 + 28*unit},
		{[]float64{1}, []float64{1000}, 1 - 8*unit, 1},
		{[]float64{1}, []float64{-1000}, 0, 8 * unit},
	} {
		lo, hi := slopeRange(c.x, core.Point(c.w))
		if !(math.Abs(lo-c.lo) <= unit && math.Abs(hi-c.hi) <= unit) {
			t.Errorf("slope at %v, %v: [%v, %v], want [%v, %v]", c.x, c.w, lo, hi, c.lo, c.hi)
		}
	}
}

// By hand: where the loss is e^-64 and less, lossAbove is gamma(n+2) times the largest sum
// of |x_j w_j|.
func TestLossAboveByHand(t *testing.T) {
	table := &Table{
		Names: []string{"-1", "+1"},
		X:     [][]float64{{64, 0}, {100, -30}, {0, -80}},
		Label: []int{1, 1, 0},
	}
	r, err := LogisticWith(table, LogisticOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.lossAbove([]float64{1, 1}) / (130 * unit); !(math.Abs(got-4) <= 1e-5) {
		t.Errorf("raised by %v units, want 4", got)
	}
}

// above and below go to the right side of what float64 has not.
func TestAboveAndBelow(t *testing.T) {
	huge := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 2000))
	if got := above(huge); !math.IsInf(got, 1) {
		t.Errorf("above 2^2000: %v", got)
	}
	if got := below(huge); got != math.MaxFloat64 {
		t.Errorf("below 2^2000: %v", got)
	}
	third := big.NewRat(1, 3)
	if lo, hi := below(third), above(third); !(hi == math.Nextafter(lo, 1) && lo < 1.0/3+unit && hi > 1.0/3-unit) {
		t.Errorf("1/3 is between %v and %v", lo, hi)
	}
	if half := big.NewRat(1, 2); above(half) != 0.5 || below(half) != 0.5 {
		t.Error("1/2 is rounded")
	}
}

// gamma(n) is above n u/(1 - n u) and not far above it.
func TestGamma(t *testing.T) {
	for _, n := range []int{1, 3, 1000, 1 << 26} {
		exact := float64(n) * unit / (1 - float64(n)*unit)
		if got := gamma(n); !(got >= exact && got <= exact*(1+0x1p-19)) {
			t.Errorf("gamma(%d) is %v, want %v", n, got, exact)
		}
	}
}

func TestEntropy(t *testing.T) {
	for s, want := range map[float64]float64{0: 0, 1: 0, 0.5: math.Ln2} {
		if got := entropy(s); !(math.Abs(got-want) <= 2*unit) {
			t.Errorf("H(%v) = %v, want %v", s, got, want)
		}
	}
}

func TestDegenerate(t *testing.T) {
	for _, c := range knowns(t) {
		switch c.name {
		case "one row", "quadratic 1 x 3":
			if s := c.obj.SigmaSq(core.Box{}); s != 0 {
				t.Errorf("%s: sigma^2 of one sample is %v", c.name, s)
			}
		case "zero row":
			// l = ln 2 + rho w^2.
			if l, s := c.obj.L(), c.obj.LStarLower(); !(l >= 0.02 && l <= 0.02*(1+2*slack) && s <= math.Ln2 &&
				s >= math.Ln2*(1-4*slack)) {
				t.Errorf("zero rows: L = %v, l* >= %v", l, s)
			}
		case "quadratic of rank 1":
			if mu := c.obj.Mu(); mu != 0 {
				t.Errorf("%s: mu = %v", c.name, mu)
			}
		}
	}
	// x = 1 and -1 at w = 0: u = 1/2 and -1/2, variance 1/4.
	pair := &Table{X: [][]float64{{1}, {-1}}, Label: []int{0, 0}, Names: []string{"a", "b"}}
	if s := regression(t, pair, false, "none", 0).SigmaSq(core.Point([]float64{0})); !(s >= 0.25 &&
		s <= 0.25*(1+2*slack)) {
		t.Errorf("pair: SigmaSq at 0 is %v, want 1/4 from above", s)
	}
	// u_1 = (1, e) and u_2 = 0 is reached nearly, the worst case for all w but for
	// 1/16 of 1/100; in a box as good as all weights the bound is the same.
	const e, w2 = 1e-3, 1e5
	opposed := &Table{X: [][]float64{{1, e}, {0.9, -e}}, Label: []int{0, 0}, Names: pair.Names}
	o := regression(t, opposed, false, "none", 0)
	box := core.Box{Lo: []float64{0, -w2}, Hi: []float64{0, w2}}
	if got, s := variance(o, box.Hi), o.SigmaSq(core.Box{}); !(got <= s && s <= 1.01*got) {
		t.Errorf("opposed: variance %v, sigma^2 is %v", got, s)
	}
	if got, s := o.SigmaSq(box), o.SigmaSq(core.Box{}); !(math.Abs(got-s) <= 1e-9) {
		t.Errorf("opposed: sigma^2 is %v in a large box, %v for all w", got, s)
	}
	// A feature 0 hides an infinite bound.
	inf := core.Box{Lo: []float64{math.Inf(-1), -1}, Hi: []float64{math.Inf(1), 1}}
	inLine := &Table{X: [][]float64{{0, 1}, {0, -1}}, Label: []int{0, 0}, Names: pair.Names}
	if s := regression(t, inLine, false, "none", 0).SigmaSq(inf); !(s > 0.25 && s < 1) {
		t.Errorf("hidden infinity: sigma^2 is %v", s)
	}
	// Data whose squares overflow: constants that are useless, but true.
	huge := &Table{X: [][]float64{{1e300, 1}, {-1e300, 1}}, Label: []int{0, 1}, Names: []string{"a", "b"}}
	r := regression(t, huge, false, "l2", 0.1)
	if l, s, low := r.L(), r.SigmaSq(core.Box{}), r.LStarLower(); !math.IsInf(l, 1) || !math.IsInf(s, 1) ||
		!(low >= 0 && low <= math.Ln2) {
		t.Errorf("huge data: L = %v, sigma^2 = %v, l* >= %v", l, s, low)
	}
	nan := core.Point([]float64{math.NaN(), 0})
	if s := r.SigmaSq(nan); !math.IsNaN(s) {
		t.Errorf("SigmaSq of a NaN box is %v", s)
	}
}

func BenchmarkStepBreastCancer(b *testing.B) {
	r := regression(b, standardized(cancer(b)), true, "l2", 0.1)
	benchmarkSteps(b, r, r.Reg())
}

func BenchmarkLStarLower(b *testing.B) {
	r := regression(b, standardized(cancer(b)), true, "l2", 0.1)
	for b.Loop() {
		r.LStarLower()
	}
}

func benchmarkSteps(b *testing.B, obj core.Objective, reg core.Regularizer) {
	c, _ := obj.Sample(0)
	w := InitWeights(c, 1)
	b.ResetTimer()
	if err := core.Run(obj, w, core.Options{T: b.N, Gamma: 0.1, Reg: reg}); err != nil {
		b.Fatal(err)
	}
}

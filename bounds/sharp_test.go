package bounds_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	. "github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// TestSharpByHand works N = 2 out: q = (|delta_1|, |eps_2|), |v_2| = 1, and U_1
// takes C(L1 cos |delta_1| + |eps_2|), U_2 takes L1 sin |delta_1|.
func TestSharpByHand(t *testing.T) {
	for _, c := range []struct {
		k          Const
		dd, de, ee float64
	}{
		{Const{N: 2, C: 2, L1: 3}, 36, 12, 4}, // all of L1 into J1: (3*2)^2
		{Const{N: 2, C: 0.5, L1: 3}, 9, 0.75, 0.25},
		{Const{N: 2, C: 0, L1: 3}, 9, 0, 0},
		{Const{N: 2, C: 2, L1: 0}, 0, 0, 4},
	} {
		q := SharpQ(c.k)
		if q.At(0, 0) != c.dd || q.At(0, 1) != c.de || q.At(1, 1) != c.ee {
			t.Errorf("%+v: %v", c.k, mat.Formatted(q))
		}
	}
}

// TestSharpDiagonalByHand: Q = (36 12; 12 4) gives 36 + 12 (6/2) and 4 + 12 (2/6).
func TestSharpDiagonalByHand(t *testing.T) {
	if c := SharpDiagonal(SharpQ(Const{N: 2, C: 2, L1: 3})); c[0] != 72 || math.Abs(c[1]-8) > 1e-14 {
		t.Errorf("%v, want [72 8]", c)
	}
}

// TestSharpRecursion: Q with both Jacobians given all of L1 (PROOFS.md, 2.4) is
// sum r_i^2 of the recursion (2.1)-(2.3) run on q, and SharpQ is below it.
func TestSharpRecursion(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	reached := 0.0
	for range 2000 {
		k, m := drawCase(r, []float64{0, 0.5, 1, 3})
		p := k.PerOp()
		for i := range p.J1 {
			p.J1[i], p.J2[i], p.Lf[i], p.L1[i] = 2*r.Float64(), 2*r.Float64(), 2*r.Float64(), 2*r.Float64()
		}
		d2, e2 := m.d, m.e
		b := make([]float64, k.N+1)
		for i := 1; i < k.N; i++ {
			b[i] = p.Lf[i]*b[i-1] + math.Sqrt(d2[i])
		}
		a, v, whole := 0.0, 1.0, 0.0
		for i := k.N; i >= 1; i-- {
			u := p.J2[i]*a + v*p.L1[i]*b[i-1]
			whole += u * u
			if i > 1 {
				a = p.J1[i]*a + v*p.L1[i]*b[i-1] + math.Sqrt(e2[i])
				v *= p.J1[i]
			}
		}
		sharp := SharpTheorem1PerOp(p, d2, e2)
		if !(sharp <= whole*(1+4*RelError)) {
			t.Fatalf("m^T Q m is %v, the recursion gives %v at %+v", sharp, whole, p)
		}
		if !(whole <= 2*sharp*(1+4*RelError)) { // cos + sin <= sqrt 2
			t.Fatalf("m^T Q m is %v, less than half of the recursion's %v at %+v", sharp, whole, p)
		}
		if sharp > 0 {
			reached = max(reached, whole/sharp)
		}
	}
	if !(reached > 1.5) {
		t.Errorf("sharing L1 gains at most a factor %v", reached)
	}
}

// TestSharpBelowPrinted: SharpTheorem1 <= 0.5293 (13), over random constants and
// moments, and one constant for all operators is no better than one for each.
func TestSharpBelowPrinted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 2))
	for range 3000 {
		k, m := drawCase(r, []float64{0, 1e-3, 0.6, 1, 1.2, 30})
		sharp, printed := SharpTheorem1(k, m.d, m.e), Theorem1(k, m.d, m.e)
		if !(sharp <= SharpTheorem1RatioMost*printed*(1+RelError)) {
			t.Fatalf("sharp %v, printed %v at %+v, %+v", sharp, printed, k, *m)
		}
		diagonal, c := 0.0, SharpDiagonal(SharpQ(k))
		for i := 1; i < k.N; i++ {
			diagonal += c[i-1]*m.d[i] + c[k.N+i-2]*m.e[i+1]
		}
		if !(sharp <= diagonal*(1+4*RelError)) {
			t.Fatalf("m^T Q m is %v, the diagonal bound %v at %+v", sharp, diagonal, k)
		}
		p := k.PerOp()
		if got := SharpTheorem1PerOp(p, m.d, m.e); got != sharp {
			t.Fatalf("per operator %v, together %v at %+v", got, sharp, k)
		}
		p.J1[1+r.IntN(k.N)] *= r.Float64()
		p.J2[1+r.IntN(k.N)] *= r.Float64()
		p.Lf[1+r.IntN(k.N)] *= r.Float64()
		p.L1[1+r.IntN(k.N)] *= r.Float64()
		if got := SharpTheorem1PerOp(p, m.d, m.e); !(got <= sharp*(1+RelError)) {
			t.Fatalf("smaller constants give %v, larger ones %v at %+v", got, sharp, p)
		}
	}
}

// TestSharpRatio: at most SharpTheorem1RatioMost on a grid up to N = 16, free of L1, reached by
// moments, and largest where PROOFS.md tabulates; the recursion reaches what it says.
func TestSharpRatio(t *testing.T) {
	cGrid := []float64{
		1e-3, 0.1, 0.2, 0.3, 0.38, 0.5, 1 / math.Sqrt(3), 0.66, 0.7, 0.78, 0.8,
		0.9, 0.97, 0.999, 1, 1.001, 1.03, 1.1, 1.3, 2, 30,
	}
	lfGrid := []float64{0, 0.1, 0.18, 0.3, 0.5, 1 / math.Sqrt2, 0.8, 1, 1.5, 10}
	for _, row := range []struct {
		n              int
		c, lf          float64
		ratio, reached float64 // 4 digits of these computations themselves
	}{
		{2, 1, 1, 0.3958, 0.3958},
		{3, 1, 1, 0.5098, 0.5069},
		{4, 0.78, 0.78, 0.5293, 0.5250},
		{5, 0.69, 0.69, 0.5235, 0.5195},
		{6, 0.66, 0.66, 0.5140, 0.5117},
		{8, 0.63, 0.63, 0.5033, 0.5028},
		{16, 0.43, 0.43, 0.5, 0.5},
	} {
		at := Const{N: row.n, C: row.c, Lf: row.lf, L1: 1}
		most, reached := SharpTheorem1Ratio(at), ReachedRatio(at)
		if !(math.Abs(most-row.ratio) <= 6e-5) || !(math.Abs(reached-row.reached) <= 6e-5) {
			t.Errorf("N = %d, C = %v, Lf = %v: ratio %v, reached %v, want %v, %v",
				row.n, row.c, row.lf, most, reached, row.ratio, row.reached)
		}
		for _, c := range cGrid {
			for _, lf := range append(lfGrid, c) {
				v := SharpTheorem1Ratio(Const{N: row.n, C: c, Lf: lf, L1: 1})
				if !(v <= SharpTheorem1RatioMost) {
					t.Fatalf("ratio %v at N = %d, C = %v, Lf = %v", v, row.n, c, lf)
				}
				if !(v <= most*(1+1e-3)) {
					t.Errorf("N = %d: ratio %v at C = %v, Lf = %v, above %v", row.n, v, c, lf, most)
				}
			}
		}
	}
	k := Const{N: 5, C: 0.9, Lf: 0.7, L1: 1}
	want := SharpTheorem1Ratio(k)
	if k.L1 = 1e-6; !(math.Abs(SharpTheorem1Ratio(k)-want) <= 2*RatioError) {
		t.Errorf("the ratio moves with L1: %v and %v", SharpTheorem1Ratio(k), want)
	}
	if got := climb(k); !(got <= want*(1+RatioError)) || !(got >= want*(1-1e-6)) {
		t.Errorf("moments reach %v, the eigenvalue is %v", got, want)
	}
}

// TestSharpOfSums: the sharp (13) of summed moments is at least the sum, PROOFS.md (4.11),
// and equal for equal steps.
func TestSharpOfSums(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	for range 500 {
		k, first := drawCase(r, []float64{0, 0.5, 1, 3})
		d, e := make([]float64, k.N+1), make([]float64, k.N+1)
		sum := 0.0
		for range 4 {
			w, m := r.Float64(), *first
			m.d, m.e = slices.Clone(m.d), slices.Clone(m.e)
			for i := range m.d {
				m.d[i] *= r.Float64()
				m.e[i] *= r.Float64()
				d[i] += w * m.d[i]
				e[i] += w * m.e[i]
			}
			sum += w * SharpTheorem1(k, m.d, m.e)
		}
		if whole := SharpTheorem1(k, d, e); !(sum <= whole*(1+RelError)) {
			t.Fatalf("%+v: the sum is %v, the bound of sums %v", k, sum, whole)
		}
		one := SharpTheorem1(k, first.d, first.e)
		for i := range d {
			d[i], e[i] = 3*first.d[i], 3*first.e[i]
		}
		if whole := SharpTheorem1(k, d, e); !(math.Abs(whole-3*one) <= RelError*whole) {
			t.Fatalf("%+v: three equal steps give %v, one %v", k, whole, one)
		}
	}
}

// climb maximizes SharpTheorem1/Theorem1 over moments, one at a time, from 1.
func climb(k Const) float64 {
	d, e := make([]float64, k.N+1), make([]float64, k.N+1)
	for i := 1; i < k.N; i++ {
		d[i], e[i+1] = 1/Theorem1Delta(k, i), 1/Theorem1Eps(k, i+1)
	}
	best := SharpTheorem1(k, d, e) / Theorem1(k, d, e)
	for step := 2.0; step > 1+1e-5; step = math.Sqrt(step) {
		for range 40 {
			for s := range 2 * (k.N - 1) {
				at := &d[s/2+1]
				if s%2 == 1 {
					at = &e[s/2+2]
				}
				for _, factor := range []float64{step, 1 / step} {
					old := *at
					*at *= factor
					if v := SharpTheorem1(k, d, e) / Theorem1(k, d, e); v > best {
						best = v
					} else {
						*at = old
					}
				}
			}
		}
	}
	return best
}

func TestSharpEdges(t *testing.T) {
	zero := make([]float64, 4)
	one := []float64{0, 1, 1, 1}
	checkEdges(t, []edge{
		{"no perturbation", SharpTheorem1(Const{N: 3, C: 1e200, Lf: 1e200, L1: 1}, zero, zero), 0},
		{"C = 0: eps reaches nothing", SharpTheorem1(Const{N: 3, L1: 1}, zero, one), 0},
		{"C = 0, N = 3: delta_2 reaches U_3 only", SharpTheorem1(Const{N: 3, L1: 2}, []float64{0, 0, 1, 0}, zero), 4},
		{"L1 = 0: delta reaches nothing", SharpTheorem1(Const{N: 3, C: 1, Lf: 1}, one, zero), 0},
		{"ratio of all 0", SharpTheorem1Ratio(Const{N: 3}), 0},
		{"ratio that overflows", SharpTheorem1Ratio(Const{N: 3, C: 1e200, L1: 1}), math.NaN()},
		{"NaN constant", SharpTheorem1(Const{N: 3, C: math.NaN(), L1: 1}, one, one), math.NaN()},
		{"NaN moment", SharpTheorem1(Const{N: 3, C: 1, L1: 1}, []float64{0, math.NaN(), 0, 0}, one), math.NaN()},
	})
}

// TestSharpNeedsInterior is the case of PROOFS.md, (2.13): a region that is a point, where
// Lf = 0 is a Lipschitz constant though |J1| = 1. With Lf >= |J1| the form is reached.
func TestSharpNeedsInterior(t *testing.T) {
	c, err := core.NewChain(core.Bias(1), core.Bias(1), core.Bias(1))
	if err != nil {
		t.Fatal(err)
	}
	x, w := []float64{3}, []float64{1, 2, 5}
	exact, moved := core.NewState(c), core.NewState(c)
	exact.Pass(c, x, w, nil)
	moved.Pass(c, x, w, &core.Given{EpsAt: [][]float64{nil, nil, nil, {1}}})
	if !slices.EqualFunc(exact.Y, moved.Y, slices.Equal) {
		t.Fatal("a state moves, so the region is no point")
	}
	left := sq(minus(moved.UAll, exact.UAll))
	zero, e2 := make([]float64, 4), []float64{0, 0, 0, 1}
	point := Const{N: 3, C: 1, Lf: 0}
	if right := SharpTheorem1(point, zero, e2); left != 2 || right != 1 {
		t.Errorf("|U-u|^2 is %v and the form with J1 = Lf = 0 is %v, want 2 and 1", left, right)
	}
	atLeastJ1 := Const{N: 3, C: 1, Lf: 1}
	if right := SharpTheorem1(atLeastJ1, zero, e2); right != left {
		t.Errorf("the form with Lf = |J1| is %v, |U-u|^2 is %v", right, left)
	}
	acrossToo := point.PerOp()
	for i := range acrossToo.J1 {
		acrossToo.J1[i] = point.C
	}
	if right := SharpTheorem1PerOp(acrossToo, zero, e2); right != left {
		t.Errorf("the form with J1 = C, Lf = 0 is %v, |U-u|^2 is %v", right, left)
	}
}

func TestSharpMisuse(t *testing.T) {
	three, two := make([]float64, 3), make([]float64, 2)
	long := make([]float64, MaxN+2)
	checkMisuse(t, []misuse{
		{"3, 2, 3, 3 constants per operator, want N+1 of each, N in 2..1024", func() {
			SharpQPerOp(PerOp{J1: three, J2: two, Lf: three, L1: three})
		}},
		{"3, 3, 3, 2 constants per operator", func() {
			SharpQPerOp(PerOp{J1: three, J2: three, Lf: three, L1: two})
		}},
		{"2, 2, 2, 2 constants per operator", func() { SharpQPerOp(PerOp{J1: two, J2: two, Lf: two, L1: two}) }},
		{"1026, 1026, 1026, 1026 constants", func() { SharpQPerOp(PerOp{J1: long, J2: long, Lf: long, L1: long}) }},
		{"sharp (13): 2 moments, want N+1 = 3", func() { SharpTheorem1(Const{N: 2}, two, three) }},
		{"sharp (13): 2 moments, want N+1 = 3", func() {
			SharpTheorem1PerOp(PerOp{J1: three, J2: three, Lf: three, L1: three}, three, two)
		}},
		{"N is 1, want 2..1024", func() { SharpTheorem1Ratio(Const{N: 1}) }},
		{"3, 3, 2, 3 constants per operator, want N+1 of each", func() {
			SharpQPerOp(PerOp{J1: three, J2: three, Lf: two, L1: three})
		}},
	})
}

// TestSharpManyTerms sums a form of MaxN operators whose entries, one after the other
// in one sum, would each be rounded away: RelError must pay for all of them.
func TestSharpManyTerms(t *testing.T) {
	const n = MaxN
	q := mat.NewSymDense(2*n-2, nil) // SharpQ of C = 1 in its eps block: Q_jl = min(j, l)
	d2, e2 := make([]float64, n+1), make([]float64, n+1)
	for j := 1; j < n; j++ {
		for l := j; l < n; l++ {
			q.SetSym(n+j-2, n+l-2, float64(j))
		}
		e2[j+1] = 0.999 * 0x1p-53 / float64(j)
	}
	e2[2] = 1
	// sum_jl min(j, l) r_j r_l is sum_m (sum_{j>=m} r_j)^2.
	exact, tail := new(big.Float).SetPrec(200), new(big.Float).SetPrec(200)
	for m := n - 1; m >= 1; m-- {
		tail.Add(tail, big.NewFloat(math.Sqrt(e2[m+1])))
		exact.Add(exact, new(big.Float).Mul(tail, tail))
	}
	got := big.NewFloat(RootForm(q, n, d2, e2))
	if got.Mul(got, big.NewFloat(1+RelError)).Cmp(exact) < 0 {
		t.Errorf("%v with RelError, below the exact %v", got, exact)
	}
}

func BenchmarkSharpTheorem1(b *testing.B) {
	for _, size := range []int{3, 12} {
		k, m := Const{N: size, C: 1, Lf: 1, L1: 1}, make([]float64, size+1)
		b.Run(fmt.Sprintf("N=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SharpTheorem1(k, m, m)
			}
		})
	}
}

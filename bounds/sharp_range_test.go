package bounds_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	. "github.com/cascade-sgd/cascade/bounds"
)

// logUniform is a number between from and to.
func logUniform(r *rand.Rand, from, to float64) float64 {
	return from * math.Pow(to/from, r.Float64())
}

// atLambda is the constants of the form at C and lambda: L1 = 1/Cv.
func atLambda(n int, c, lambda float64) Const {
	k := Const{N: n, C: c, Lf: lambda * c}
	k.L1 = 1 / k.Cv()
	return k
}

// formSlack allows for the rounding of two evaluations.
const formSlack = 0x1p-40

// TestForm: the form by its factors is SharpQ, its coefficients are (21), and their slopes
// are the derivatives of the logarithm.
func TestForm(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for range 200 {
		n, c, lambda := 2+r.IntN(6), logUniform(r, 0.1, 4), r.Float64()
		k := atLambda(n, c, lambda)
		got, want := FormQ(n, c, lambda), SharpQ(k)
		for s := range 2*n - 2 {
			for u := range 2*n - 2 {
				if !(math.Abs(got.At(s, u)-want.At(s, u)) <= formSlack*want.At(s, u)) {
					t.Fatalf("Q[%d][%d] is %v, want %v at %+v", s, u, got.At(s, u), want.At(s, u), k)
				}
			}
			coefficient := func(c, lambda float64) float64 {
				if k := atLambda(n, c, lambda); s < n-1 {
					return Theorem1Delta(k, s+1)
				}
				return Theorem1Eps(Const{N: n, C: c}, s-n+3)
			}
			value, slopeC, slopeLambda := FormCoefficient(n, s, c, lambda)
			if !(math.Abs(value-coefficient(c, lambda)) <= formSlack*value) {
				t.Fatalf("coefficient %d is %v, want %v at %+v", s, value, coefficient(c, lambda), k)
			}
			const h = 1e-5
			byC := math.Log(coefficient(c*(1+h), lambda)/coefficient(c*(1-h), lambda)) / (2 * h)
			byLambda := math.Log(coefficient(c, lambda*(1+h))/coefficient(c, lambda*(1-h))) / (2 * h)
			if math.Abs(c-1) > h && !(math.Abs(byC-slopeC) <= 1e-5) || !(math.Abs(byLambda-slopeLambda) <= 1e-5) {
				t.Fatalf("slopes %v, %v, want %v, %v at %+v", slopeC, slopeLambda, byC, byLambda, k)
			}
		}
		if got, want := FormRatio(n, c, lambda), SharpTheorem1Ratio(k); !(math.Abs(got-want) <= 2*RatioError) {
			t.Fatalf("ratio %v, want %v at %+v", got, want, k)
		}
	}
}

// TestLargestQuotient: N = 2, C = 2, lambda = 1/2, so L1 = 1/4 and Q = (1/4 1; 1 4) by
// hand, with coefficients 4 13 and 12.
func TestLargestQuotient(t *testing.T) {
	d := []float64{2, 8}
	for _, c := range []struct{ w, v, want float64 }{{1, 1, 0.625}, {4, 1, 1}, {1, 4, 2.125}} {
		got := LargestQuotient(2, 2, 0.5, []float64{c.w, c.v}, d)
		if !(got >= c.want*(1+0x1p-35)) || !(got <= c.want*(1+0x1p-33)) {
			t.Errorf("w = %v, %v: %v, want %v raised by 2^-34", c.w, c.v, got, c.want)
		}
	}
	for _, w := range [][]float64{{0, 1}, {-1, 1}, {1, math.Inf(1)}, {math.NaN(), 1}, {5e-324, 1}} {
		if got := LargestQuotient(2, 2, 0.5, w, d); !math.IsInf(got, 1) {
			t.Errorf("w = %v: %v, want +Inf", w, got)
		}
	}
	for s, want := range []float64{52, 12} {
		if value, _, _ := FormCoefficient(2, s, 2, 0.5); value != want {
			t.Errorf("coefficient %d is %v, want %v", s, value, want)
		}
	}
}

// TestReachedIsLowered: a ratio that was reached is lowered by its rounding, not raised.
func TestReachedIsLowered(t *testing.T) {
	ratio := FormRatio(3, 0.8, 0.5)
	if got := Reached(3, 0.8, 0.5); !(got < ratio) || !(got > ratio*(1-1e-9)) {
		t.Errorf("reached %v, want just below %v", got, ratio)
	}
}

// TestCellMost: a cell's bound is at least the ratio everywhere in it, corners too, and
// near it when the cell is small: the distance falls with the square of the size.
func TestCellMost(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 2))
	for trial := range 400 {
		n := 2 + r.IntN(5)
		c0, lambda1 := logUniform(r, SmallestC, LargestC), 0.05+0.95*r.Float64()
		wide := logUniform(r, 1e-3, 0.4)
		c := [2]float64{c0, c0 * (1 + wide)}
		if c[0] < 1 && c[1] > 1 {
			c[1] = 1
		}
		lambda := [2]float64{lambda1 / (1 + wide), lambda1}
		if trial%5 == 0 {
			lambda[0] = 0
		}
		ratio := func(c, lambda float64) float64 { return SharpTheorem1Ratio(atLambda(n, c, lambda)) }
		largest := 0.0
		for _, x := range []float64{0, r.Float64(), 1} {
			for _, y := range []float64{0, r.Float64(), 1} {
				largest = max(largest, ratio(c[0]+x*(c[1]-c[0]), lambda[0]+y*(lambda[1]-lambda[0])))
			}
		}
		theta := largest * (1.01 + 0.3*r.Float64())
		most := CellMost(n, c, lambda, theta)
		if !(most >= largest*(1-RatioError)) {
			t.Fatalf("N = %d, C in %v, lambda in %v: bound %v, ratio %v", n, c, lambda, most, largest)
		}
		if lambda[0] > 0 && !(most <= theta*(1+100*wide*wide)) {
			t.Fatalf("N = %d, C in %v, lambda in %v: bound %v, ratio %v, theta %v", n, c, lambda, most, largest, theta)
		}
	}
	if most := CellMost(4, [2]float64{0.7, 0.8}, [2]float64{0.9, 1}, 0.5); !math.IsInf(most, 1) {
		t.Errorf("theta below the ratio in the middle: bound %v, want +Inf", most)
	}
}

// TestCells: the first cells cover C in SmallestC..LargestC and lambda in 0..1, and two
// halves cover a cell, cut across its longer side.
func TestCells(t *testing.T) {
	for _, n := range []int{2, 5} {
		covered := func(c, lambda float64) bool {
			for _, cell := range FirstCells(n) {
				if cell[0][0] <= c && c <= cell[0][1] && cell[1][0] <= lambda && lambda <= cell[1][1] {
					return true
				}
			}
			return false
		}
		for k := range 1001 {
			c := min(SmallestC*math.Pow(LargestC/SmallestC, float64(k)/1000), LargestC)
			for _, lambda := range []float64{0, 1e-9, 0.3, 0.5, 0.6, 0.75, 0.8, 1} {
				if !covered(c, lambda) {
					t.Fatalf("N = %d: C = %v, lambda = %v is in no cell", n, c, lambda)
				}
			}
		}
		for _, cell := range FirstCells(n) {
			if cell[0][0] < 1 && cell[0][1] > 1 || !(cell[0][0] < cell[0][1]) {
				t.Errorf("N = %d: C = 1 is inside %v, or it is empty", n, cell)
			}
		}
	}
	root := math.Sqrt
	for _, c := range []struct {
		n           int
		c, lambda   [2]float64
		where       int // 0: C is cut, 1: lambda
		middle      float64
		description string
	}{
		{5, [2]float64{1, 2}, [2]float64{0.5, 0.75}, 0, root(2), "C is longer"},
		{5, [2]float64{1, 1.1}, [2]float64{0.5, 0.75}, 1, root(0.375), "lambda is longer"},
		{2, [2]float64{1, 1.1}, [2]float64{0.5, 0.75}, 0, root(1.1), "N = 2"},
		{5, [2]float64{1, 1.1}, [2]float64{0, 0.5}, 1, 0.25, "a high strip"},
		{5, [2]float64{1, 2}, [2]float64{0, 0.5}, 0, root(2), "a low strip"},
	} {
		h := CellHalves(c.n, c.c, c.lambda)
		whole := [2][2]float64{c.c, c.lambda}
		first, second := whole, whole
		first[c.where][1], second[c.where][0] = c.middle, c.middle
		if h[0] != first || h[1] != second {
			t.Errorf("%s: %v, want %v, %v", c.description, h, first, second)
		}
	}
}

// TestRatioOfEnds: beyond the cells each bound is above the ratio and near it.
func TestRatioOfEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	for n := 2; n <= 12; n++ {
		small, large := RatioOfSmallC(n), RatioOfLargeC(n)
		if !(small >= 1.0/3) || !(small <= 0.38) {
			t.Errorf("N = %d: small C has %v", n, small)
		}
		limit := (1 - math.Pow(3, float64(1-n))) / 2
		if !(large >= limit) || !(large <= limit+0.002) {
			t.Errorf("N = %d: large C has %v, the limit is %v", n, large, limit)
		}
		for range 30 {
			lambda := r.Float64()
			if r.IntN(3) == 0 {
				lambda = 1
			}
			if v := SharpTheorem1Ratio(atLambda(n, logUniform(r, 1e-6, SmallestC), lambda)); !(v <= small) {
				t.Errorf("N = %d: a ratio of %v at a small C, bound %v", n, v, small)
			}
			if v := SharpTheorem1Ratio(atLambda(n, logUniform(r, LargestC, 20), lambda)); !(v <= large) {
				t.Errorf("N = %d: a ratio of %v at a large C, bound %v", n, v, large)
			}
		}
	}
}

// TestRatioOfSmallC: the bound is the largest eigenvalue of D^{-1} Q at C = SmallestC and
// lambda = 1, with 4 for each delta and 3 C^2 for each eps in D.
func TestRatioOfSmallC(t *testing.T) {
	for n := 2; n <= 6; n++ {
		q, size := FormQ(n, SmallestC, 1), 2*n-2
		scaled := mat.NewSymDense(size, nil)
		least := func(s int) float64 {
			if s < n-1 {
				return 4
			}
			return 3 * SmallestC * SmallestC
		}
		for s := range size {
			for u := s; u < size; u++ {
				scaled.SetSym(s, u, q.At(s, u)/math.Sqrt(least(s)*least(u)))
			}
		}
		var eigen mat.EigenSym
		if !eigen.Factorize(scaled, false) {
			t.Fatal("no eigenvalues")
		}
		want := eigen.Values(nil)[size-1]
		if got := RatioOfSmallC(n); !(got >= want*(1-RatioError)) || !(got <= want*(1+0x1p-20)) {
			t.Errorf("N = %d: %v, the eigenvalue is %v", n, got, want)
		}
	}
}

// TestRatioOfLargeC: at the bound the recursion (2.11) with t_k = C^{-2k} succeeds, and a
// little below it does not.
func TestRatioOfLargeC(t *testing.T) {
	const c = LargestC * LargestC
	for n := 2; n <= 6; n++ {
		succeeds := func(theta float64) bool {
			h, s := 1.0, 1.0 // H_k and S_{k-1}
			for k := 1; k < n; k++ {
				share := math.Pow(c, -float64(k)) / 2
				if k == 1 {
					share = 0
				}
				h = ChainStep(h, c*s, theta, share)
				s += math.Pow(3*c, float64(k))
			}
			return h*math.Pow(c, -float64(n))/2 <= theta
		}
		if v := RatioOfLargeC(n); !succeeds(v) || succeeds(v*(1-0x1p-18)) {
			t.Errorf("N = %d: %v is not where the recursion ends", n, v)
		}
	}
}

// TestRatioMost is the computation of PROOFS.md, (2.18): SharpTheorem1RatioMost bounds the
// ratio at every N, and at N = 4 it is met.
func TestRatioMost(t *testing.T) {
	const first = 9 // of the N that SharpTheorem1RatioBeyond takes
	for _, row := range []struct {
		n             int
		gap           float64
		reached, most float64 // of these computations themselves, rounded outwards
	}{
		{2, 1e-6, 0.3958330, 0.3958337},
		{3, 1e-5, 0.5098201, 0.5098245},
		{4, 1e-7, 0.5292521, 0.5292522},
		{5, 1e-3, 0.5231, 0.5237},
		{6, 1e-3, 0.5138, 0.5145},
		{7, 1e-2, 0.5043, 0.5090},
		{8, 1e-2, 0.5018, 0.5064},
	} {
		reached, most := SharpTheorem1RatioRange(row.n, row.gap)
		if !(reached >= row.reached) || !(most <= row.most) || !(most <= reached*(1+row.gap)) {
			t.Errorf("N = %d: %v to %v, want %v to %v", row.n, reached, most, row.reached, row.most)
		}
		if !(most <= SharpTheorem1RatioMost) {
			t.Errorf("N = %d: %v, above %v", row.n, most, SharpTheorem1RatioMost)
		}
	}
	if beyond := SharpTheorem1RatioBeyond(first); !(beyond <= SharpTheorem1RatioMost) {
		t.Errorf("N >= %d: %v, above %v", first, beyond, SharpTheorem1RatioMost)
	}
	at4 := SharpTheorem1Ratio(Const{N: 4, C: 0.778418, Lf: 0.778418, L1: 1})
	if !(at4 >= SharpTheorem1RatioMost-1e-7) {
		t.Errorf("N = 4: %v, below %v", at4, SharpTheorem1RatioMost)
	}
}

// TestRatioRangeEncloses: no ratio is above most, at constants drawn over all of them, Lf
// above C included.
func TestRatioRangeEncloses(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 4))
	for _, n := range []int{2, 3, 6, 10} {
		reached, most := SharpTheorem1RatioRange(n, 0.02)
		largest := 0.0
		for range 300 {
			k := Const{N: n, C: logUniform(r, 1e-3, 50), L1: 1}
			k.Lf = k.C * logUniform(r, 1e-2, 3)
			if r.IntN(2) == 0 {
				k.C, k.Lf = 0.5+r.Float64(), 1
				k.Lf = k.C
			}
			v := SharpTheorem1Ratio(k)
			if !(v <= most) {
				t.Fatalf("N = %d: a ratio of %v at %+v, most %v", n, v, k, most)
			}
			largest = max(largest, v)
		}
		if !(reached <= most) || !(reached >= 0.98*largest) {
			t.Errorf("N = %d: reached %v, most %v, drawn %v", n, reached, most, largest)
		}
	}
}

func TestRatioRangeMisuse(t *testing.T) {
	checkMisuse(t, []misuse{
		{"range of the ratio for N = 1, gap 0.1", func() { SharpTheorem1RatioRange(1, 0.1) }},
		{"range of the ratio for N = 65, gap 0.1", func() { SharpTheorem1RatioRange(65, 0.1) }},
		{"range of the ratio for N = 4, gap 0", func() { SharpTheorem1RatioRange(4, 0) }},
		{"range of the ratio for N = 4, gap NaN", func() { SharpTheorem1RatioRange(4, math.NaN()) }},
	})
}

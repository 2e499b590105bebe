package vector

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// sizes have every remainder of the loops of 4 and of 16, and none at all.
var sizes = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 18, 19, 20, 31, 32, 33, 48, 201, 569, 2000}

// arguments are numbers of all sizes up to MaxArgument, zeros of both signs and halves of the table's steps.
func arguments(rng *rand.Rand, n int) []float64 {
	special := []float64{0, math.Copysign(0, -1), MaxArgument, -MaxArgument, 0x1p-1074, math.Ln2 / 256, -math.Ln2 / 256}
	a := make([]float64, n)
	for k := range a {
		switch rng.IntN(4) {
		case 0:
			a[k] = special[rng.IntN(len(special))]
		case 1:
			a[k] = MaxArgument * (2*rng.Float64() - 1)
		case 2:
			a[k] = math.Ln2 / 256 * float64(rng.IntN(20000)-10000)
		default:
			a[k] = 8 * rng.NormFloat64()
		}
	}
	return a
}

func normals(rng *rand.Rand, n int) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = rng.NormFloat64()
	}
	return v
}

// same compares bits.
func same(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for k, v := range want {
		if math.Float64bits(got[k]) != math.Float64bits(v) {
			t.Fatalf("%s: number %d of %d is %v, want %v", what, k, len(want), got[k], v)
		}
	}
}

// fenced is room for n numbers between others, which check finds as they were.
func fenced(t *testing.T, n int) (room []float64, check func()) {
	const fence = 16
	all := make([]float64, n+2*fence)
	for k := range all {
		all[k] = 7
	}
	return all[fence : fence+n : fence+n], func() {
		t.Helper()
		for k, v := range all {
			if (k < fence || k >= fence+n) && v != 7 {
				t.Errorf("wrote beside a slice of %d numbers", n)
			}
		}
	}
}

// TestSlopesBits: the loops give the bits of the formula in Go, at every length, and write nothing else.
func TestSlopesBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range sizes {
		for range 20 {
			a := arguments(rng, n)
			q := math.Exp(rng.NormFloat64())
			s, inS := fenced(t, n)
			p, inP := fenced(t, n)
			want, other := make([]float64, n), make([]float64, n)
			Slopes(s, a)
			slopes(want, a)
			same(t, "Slopes", s, want)
			TwoSlopes(s, p, a, q)
			twoSlopes(want, other, a, q)
			same(t, "TwoSlopes, the first", s, want)
			same(t, "TwoSlopes, the second", p, other)
			inS()
			inP()
		}
	}
}

// TestCombineBits: likewise, and on amd64 those of gonum's Dgemv.
func TestCombineBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, m := range sizes {
		for _, d := range []int{0, 1, 2, 3, 7, 10, 30} {
			x, w := normals(rng, m*d), normals(rng, d)
			if d > 1 {
				w[1] = 0
			}
			y, inside := fenced(t, m)
			for k := range y {
				y[k] = math.NaN() // what was there does not matter
			}
			want := make([]float64, m)
			Combine(y, x, w)
			combine(want, x, w, 0)
			same(t, "Combine", y, want)
			inside()
			if runtime.GOARCH == "amd64" && m > 0 && d > 0 {
				gonum.Implementation{}.Dgemv(blas.Trans, d, m, 1, x, m, w, 1, 0, want, 1)
				same(t, "Combine by gonum", y, want)
			}
		}
	}
}

// TestAddOuterBits: likewise.
func TestAddOuterBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for _, n := range sizes {
		for _, rows := range []int{0, 1, 2, 3, 4, 5, 7, 8, 11} {
			v, x, start, alpha := normals(rng, rows), normals(rng, n), normals(rng, rows*n), rng.NormFloat64()
			m, inside := fenced(t, rows*n)
			copy(m, start)
			want := append([]float64(nil), start...)
			AddOuter(m, v, x, alpha)
			addOuter(want, v, x, alpha, 0)
			same(t, "AddOuter", m, want)
			inside()
			if runtime.GOARCH == "amd64" && n > 0 && rows > 0 {
				gonum.Implementation{}.Dger(rows, n, alpha, v, 1, x, 1, start, n)
				same(t, "AddOuter by gonum", m, start)
			}
		}
	}
}

// TestSumsBits: likewise.
func TestSumsBits(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, m := range sizes {
		x, v, v1 := normals(rng, Rows*m), normals(rng, m), normals(rng, m)
		if m > 2 {
			clear(x[m : 2*m]) // a row of sum 0
			x[2*m] = math.Copysign(0, -1)
		}
		pairs := Pairs(x, m)
		alpha := 1 / float64(max(m, 1))
		u, inside := fenced(t, Rows)
		u0, inside0 := fenced(t, Rows)
		u1, inside1 := fenced(t, Rows)
		Sums(u, pairs, v, alpha)
		TwoSums(u0, u1, pairs, v, v1, alpha)
		inside()
		inside0()
		inside1()
		for k, vector := range [][]float64{v, v, v1} {
			var acc [2 * Rows]float64
			want := make([]float64, Rows)
			sums(&acc, pairs, vector, m/2)
			finish(want, &acc, pairs, vector, alpha)
			same(t, "Sums", [][]float64{u, u0, u1}[k], want)
			if runtime.GOARCH == "amd64" && m > 0 {
				gonum.Implementation{}.Dgemv(blas.NoTrans, Rows, m, alpha, x, m, vector, 1, 0, want, 1)
				same(t, "Sums by gonum", [][]float64{u, u0, u1}[k], want)
			}
		}
	}
}

// TestByHand: the formulas on numbers whose sums are exact.
func TestByHand(t *testing.T) {
	for _, m := range []int{3, 4, 33} {
		x, v, w := make([]float64, Rows*m), make([]float64, m), make([]float64, Rows)
		for k := range x {
			x[k] = float64(k%m - 2*(k/m))
		}
		for k := range v {
			v[k] = float64(k%5 - 1)
		}
		for j := range w {
			w[j] = float64(j - 3)
		}
		u, two, y := make([]float64, Rows), make([]float64, Rows), make([]float64, m)
		Sums(u, Pairs(x, m), v, 0.5)
		TwoSums(make([]float64, Rows), two, Pairs(x, m), w3(m), v, 0.5)
		Combine(y, x, w)
		outer := slices.Clone(x)
		AddOuter(outer, w, v, 0.5)
		for k, got := range outer {
			if want := x[k] + w[k/m]*v[k%m]/2; got != want {
				t.Errorf("m = %d, entry %d of the outer product: %v, want %v", m, k, got, want)
			}
		}
		for j := range Rows {
			want := 0.0
			for k, vk := range v {
				want += vk * x[j*m+k] / 2
			}
			if u[j] != want || two[j] != want {
				t.Errorf("m = %d, sum %d: %v and %v, want %v", m, j, u[j], two[j], want)
			}
		}
		for k := range m {
			want := 0.0
			for j, wj := range w {
				want += wj * x[j*m+k]
			}
			if y[k] != want {
				t.Errorf("m = %d, y_%d = %v, want %v", m, k, y[k], want)
			}
		}
	}
}

func w3(m int) []float64 { return slices.Repeat([]float64{3}, m) }

// TestExponential: the exponential of the loops is within Error, against math/big.
func TestExponential(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var a []float64
	for range 400 {
		a = append(a, MaxArgument*(2*rng.Float64()-1), 20*(2*rng.Float64()-1),
			math.Ln2/256*float64(rng.IntN(20000)-10000))
	}
	s, p := make([]float64, len(a)), make([]float64, len(a))
	Slopes(s, a)
	TwoSlopes(slices.Clone(s), p, a, 1)
	for k, v := range a {
		want := bigSlope(v)
		const rounding = 6 * 0x1p-53 // of 1+e, the division and the products
		for _, got := range []float64{s[k], p[k]} {
			if v > 340 && got == 1 || v < -350 && got >= 0 && got < 1e-150 {
				continue // e^(2 * 350) overflows: the product of both gives 0 for less than 1e-152
			}
			if e := math.Abs(got/want - 1); !(e <= Error+rounding) {
				t.Errorf("1/(1+exp(-%v)) = %v, want %v, off by %v", v, got, want, e)
			}
		}
	}
}

// bigSlope is 1/(1+exp(-v)) by the series of e^(-v/2^12) and squaring.
func bigSlope(v float64) float64 {
	const prec = 200
	num := func(x float64) *big.Float { return new(big.Float).SetPrec(prec).SetFloat64(x) }
	x := new(big.Float).SetMantExp(num(-v), -12)
	term, sum := num(1), num(1)
	for k := 1; k < 60; k++ {
		term.Mul(term, x)
		term.Quo(term, num(float64(k)))
		sum.Add(sum, term)
	}
	for range 12 {
		sum.Mul(sum, sum)
	}
	sum.Add(sum, num(1))
	out, _ := new(big.Float).SetPrec(prec).Quo(num(1), sum).Float64()
	return out
}

// TestMisuse: lengths that do not fit.
func TestMisuse(t *testing.T) {
	v := make([]float64, 100)
	for want, f := range map[string]func(){
		"3 numbers of slopes, want 4":    func() { Slopes(v[:3], v[:4]) },
		"5 numbers of slopes, want 4":    func() { TwoSlopes(v[:4], v[:5], v[:4], 1) },
		"2 numbers of slopes, want 4":    func() { TwoSlopes(v[:2], v[:4], v[:4], 1) },
		"11 numbers of columns, want 12": func() { Combine(v[:4], v[:11], v[:3]) },
		"11 numbers of matrix, want 12":  func() { AddOuter(v[:11], v[:4], v[:3], 1) },
		"9 numbers of sums, want 10":     func() { Sums(v[:9], v[:40], v[:4], 1) },
		"30 numbers of pairs, want 40":   func() { Sums(v[:10], v[:30], v[:3], 1) },
		"20 numbers of pairs, want 40":   func() { TwoSums(v[:10], v[:10], v[:20], v[:2], v[:4], 1) },
		"39 numbers of matrix, want 40":  func() { Pairs(v[:39], 4) },
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.Contains(r, want) || !strings.HasPrefix(r, "vector: ") {
					t.Errorf("%q, want %q", r, want)
				}
			}()
			f()
		}()
	}
}

// Benchmarks report nanoseconds an element (a product for matrices) beside the Go code.
func BenchmarkVector(b *testing.B) {
	const m = 2000
	rng := rand.New(rand.NewPCG(4, 4))
	x, a, v := normals(rng, Rows*m), normals(rng, m), normals(rng, m)
	pairs, w, u := Pairs(x, m), normals(rng, Rows), make([]float64, Rows)
	s, p := make([]float64, m), make([]float64, m)
	var acc [2 * Rows]float64
	for _, c := range []struct {
		name string
		size int
		f    func()
	}{
		{"slopes", m, func() { Slopes(s, a) }},
		{"slopes-go", m, func() { slopes(s, a) }},
		{"two-slopes", m, func() { TwoSlopes(s, p, a, 0.9) }},
		{"two-slopes-go", m, func() { twoSlopes(s, p, a, 0.9) }},
		{"combine", Rows * m, func() { Combine(s, x, w) }},
		{"combine-go", Rows * m, func() { combine(s, x, w, 0) }},
		{"combine-gonum", Rows * m, func() { gonum.Implementation{}.Dgemv(blas.Trans, Rows, m, 1, x, m, w, 1, 0, s, 1) }},
		{"add-outer", Rows * m, func() { AddOuter(x, w, a, 1e-9) }},
		{"add-outer-go", Rows * m, func() { addOuter(x, w, a, 1e-9, 0) }},
		{"add-outer-gonum", Rows * m, func() { gonum.Implementation{}.Dger(Rows, m, 1e-9, w, 1, a, 1, x, m) }},
		{"sums", Rows * m, func() { Sums(u, pairs, v, 1) }},
		{"sums-go", Rows * m, func() { sums(&acc, pairs, v, m/2) }},
		{"sums-gonum", Rows * m, func() { gonum.Implementation{}.Dgemv(blas.NoTrans, Rows, m, 1, x, m, v, 1, 0, u, 1) }},
		{"two-sums", 2 * Rows * m, func() { TwoSums(u, w, pairs, v, a, 1) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.f()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.size), "ns/each")
		})
	}
}

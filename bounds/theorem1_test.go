package bounds_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

func theorem1Formulas(k Const, m *moments, o *oracle) []formula {
	N := k.N
	y2, v2, d2, e2, y4, d4 := at(m.y), at(m.v), at(m.d), at(m.e), at(m.y4), at(m.d4)
	all := []formula{
		{"Lemma 1", Lemma1(k), o.Cv2},
		{"(14a)", Eq14a(k, m.y), prod(o.L1, o.L1, y2(N-1))},
		{"(14b)", Eq14b(k, m.y), prod(lit(2), o.Cv2, o.L2, o.L2, y2(N-1))},
		{"repaired (14b)", Eq14bRepaired(k, m.y), prod(lit(2), o.Cv2, o.L1, o.L1, y2(N-1))},
		{"(16)", Eq16(k, m.v, m.y), add(
			prod(lit(2), o.C, o.C, sum(1, N-1, v2)),
			prod(lit(2), o.Cv2, o.L1, o.L1, sum(1, N-1, y2)))},
		{"(19)", Eq19(k, m.y, m.e), add(
			prod(lit(2), o.Cv2, o.L1, o.L1, sum(1, N-1, func(i int) num { return prod(o.s(i), y2(i)) })),
			prod(lit(2), sum(1, N-1, func(i int) num { return prod(o.t(i), e2(i+1)) })))},
		{"(20)", Eq20(k, m.d, m.e), add(
			prod(lit(4), o.Cv2, o.L1, o.L1, sum(1, N-1, func(i int) num {
				return prod(o.s(i), sum(1, i, func(j int) num { return prod(pow(o.twoLf2(), i-j), d2(j)) }))
			})),
			sum(1, N-1, func(i int) num { return prod(o.t(i), e2(i+1)) }))},
		{"(13)", Theorem1(k, m.d, m.e), sum(1, N-1, func(i int) num {
			return add(
				prod(lit(4), o.Cv2, o.L1, o.L1, o.weightedS(i, o.twoLf2()), d2(i)),
				prod(o.t(i), e2(i+1)))
		})},
	}
	for i := 1; i <= N; i++ {
		put := func(eq string, got float64, want num) {
			all = append(all, formula{fmt.Sprintf("%s at %d", eq, i), got, want})
		}
		put("(12)", Eq12(k, i), pow(o.C, 2*(N-i)))
		put("(18a)", Eq18a(k, i, m.y, m.d), add(prod(o.twoLf2(), y2(i-1)), prod(lit(2), d2(i))))
		put("(18b)", Eq18b(k, i, m.d), prod(lit(2), sum(1, i, func(j int) num {
			return prod(pow(o.twoLf2(), i-j), d2(j))
		})))
		put("(30a)", Eq30a(k, i, m.y4, m.d4), add(prod(o.eightLf4(), y4(i-1)), prod(lit(8), d4(i))))
		put("(30b)", Eq30b(k, i, m.d4), prod(lit(8), sum(1, i, func(j int) num {
			return prod(pow(o.eightLf4(), i-j), d4(j))
		})))
		if i == N {
			continue
		}
		put("Ce_d", Theorem1Delta(k, i), prod(lit(4), o.Cv2, o.L1, o.L1, o.weightedS(i, o.twoLf2())))
		put("Ce_e[i+1]", Theorem1Eps(k, i+1), o.t(i))
		put("(15)", Eq15(k, i, m.v, m.y), add(
			prod(lit(2), o.C, o.C, v2(i)),
			prod(lit(2), o.Cv2, o.L1, o.L1, y2(i-1))))
		put("(17a)", Eq17a(k, i, m.v, m.y, m.e), add(
			prod(o.threeC2(), v2(i+1)),
			prod(lit(3), o.Cv2, o.L1, o.L1, y2(i)),
			prod(lit(3), e2(i+1))))
		put("(17b)", Eq17b(k, i, m.y, m.e), sum(i, N-1, func(j int) num {
			return prod(lit(3), pow(o.threeC2(), j-i), add(prod(o.Cv2, o.L1, o.L1, y2(j)), e2(j+1)))
		}))
	}
	return all
}

// TestTheorem1Unrolls: (17b), (18b) and (30b) are their first inequalities iterated,
// and (20) has the coefficients of (21), but half of what (19) has for eps.
func TestTheorem1Unrolls(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		k, m := drawCase(r, []float64{0, 1e-3, 1, 17})
		v2, y2, y4 := make([]float64, k.N+1), make([]float64, k.N+1), make([]float64, k.N+1)
		for i := k.N - 1; i >= 1; i-- {
			v2[i] = Eq17a(k, i, v2, m.y, m.e)
			if closed := Eq17b(k, i, m.y, m.e); !near(v2[i], closed) {
				t.Fatalf("(17) at i = %d of %+v: %v iterated, %v closed", i, k, v2[i], closed)
			}
		}
		for i := 1; i <= k.N; i++ {
			y2[i] = Eq18a(k, i, y2, m.d)
			if closed := Eq18b(k, i, m.d); !near(y2[i], closed) {
				t.Fatalf("(18) at i = %d of %+v: %v iterated, %v closed", i, k, y2[i], closed)
			}
			y4[i] = Eq30a(k, i, y4, m.d4)
			if closed := Eq30b(k, i, m.d4); !near(y4[i], closed) {
				t.Fatalf("(30) at i = %d of %+v: %v iterated, %v closed", i, k, y4[i], closed)
			}
		}
		if a, b := Theorem1(k, m.d, m.e), Eq20(k, m.d, m.e); !near(a, b) {
			t.Fatalf("(13) with (21) is %v, (20) is %v", a, b)
		}
		zero := make([]float64, k.N+1)
		if a, b := Eq19(k, zero, m.e), 2*Eq20(k, zero, m.e); !near(a, b) {
			t.Fatalf("(19) is %v, twice (20) is %v", a, b)
		}
	}
}

func TestTheorem1Edges(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	one, zero := []float64{0, 1, 1}, []float64{0, 0, 0}
	checkEdges(t, []edge{
		{"Ce_e of N = 2, C = 1", Theorem1Eps(Const{N: 2, C: 1}, 2), 3},
		{"Ce_d of L1 = 0", Theorem1Delta(Const{N: 2, C: 1e200, Lf: 1e200}, 1), 0},
		{"Ce_d of N = 2, all 1", Theorem1Delta(Const{N: 2, C: 1, L1: 1, Lf: 1}, 1), 16},
		{"(13) without perturbation", Theorem1(Const{N: 2, C: 1e200, L1: 1e200}, zero, zero), 0},
		{"(13) that overflows", Theorem1(Const{N: 2, C: 1e200, L1: 1}, one, one), inf},
		{"(13) with a moment of NaN", Theorem1(Const{N: 2, C: 1}, []float64{0, nan, 0}, zero), nan},
		{"(13) with C = NaN", Theorem1(Const{N: 2, C: nan}, one, one), nan},
		{"(14b) of L2 = 0", Eq14b(Const{N: 2, C: 1e300}, one), 0},
		{"(18b) of Lf = 0", Eq18b(Const{N: 2}, 2, one), 2},
		{"(30b) of Lf = 0", Eq30b(Const{N: 2}, 2, one), 8},
	})
}

func TestTheorem1Misuse(t *testing.T) {
	k, m, short := Const{N: 2}, make([]float64, 3), make([]float64, 2)
	checkMisuse(t, []misuse{
		{"Ce_d: i is 2, want 1..1", func() { Theorem1Delta(k, 2) }},
		{"Ce_e: i is 1, want 2..2", func() { Theorem1Eps(k, 1) }},
		{"(13): 3 moments, want N+1 = 4", func() { Theorem1(Const{N: 3}, m, m) }},
		{"Ce_d: i is 0, want 1..1", func() { Theorem1Delta(k, 0) }},
		{"Ce_e: i is 3, want 2..2", func() { Theorem1Eps(k, 3) }},
		{"N is 1, want 2..1024", func() { Theorem1Delta(Const{N: 1}, 1) }},
		{"N is 1, want 2..1024", func() { Theorem1Eps(Const{N: 1}, 2) }},
		{"(13): 2 moments, want N+1 = 3", func() { Theorem1(k, m, short) }},
		{"(14): 2 moments, want N+1 = 3", func() { Eq14a(k, short) }},
		{"(14): 2 moments, want N+1 = 3", func() { Eq14b(k, short) }},
		{"(14): 2 moments, want N+1 = 3", func() { Eq14bRepaired(k, short) }},
		{"(15): i is 2, want 1..1", func() { Eq15(k, 2, m, m) }},
		{"(15): i is 0, want 1..1", func() { Eq15(k, 0, m, m) }},
		{"(15): 2 moments, want N+1 = 3", func() { Eq15(k, 1, m, short) }},
		{"(16): 2 moments, want N+1 = 3", func() { Eq16(k, short, m) }},
		{"(17): i is 0, want 1..1", func() { Eq17a(k, 0, m, m, m) }},
		{"(17): i is 2, want 1..1", func() { Eq17a(k, 2, m, m, m) }},
		{"(17): i is 2, want 1..1", func() { Eq17b(k, 2, m, m) }},
		{"(17): i is 0, want 1..1", func() { Eq17b(k, 0, m, m) }},
		{"(17): 2 moments, want N+1 = 3", func() { Eq17a(k, 1, m, m, short) }},
		{"(17): 2 moments, want N+1 = 3", func() { Eq17b(k, 1, m, short) }},
		{"(18): i is 3, want 1..2", func() { Eq18a(k, 3, m, m) }},
		{"(18): i is 0, want 1..2", func() { Eq18a(k, 0, m, m) }},
		{"(18): i is 3, want 1..2", func() { Eq18b(k, 3, m) }},
		{"(18): i is 0, want 1..2", func() { Eq18b(k, 0, m) }},
		{"(18): 2 moments, want N+1 = 3", func() { Eq18a(k, 1, m, short) }},
		{"(18): 2 moments, want N+1 = 3", func() { Eq18b(k, 1, short) }},
		{"(19): 2 moments, want N+1 = 3", func() { Eq19(k, short, m) }},
		{"(20): 2 moments, want N+1 = 3", func() { Eq20(k, m, short) }},
		{"(30): i is 3, want 1..2", func() { Eq30a(k, 3, m, m) }},
		{"(30): i is 0, want 1..2", func() { Eq30a(k, 0, m, m) }},
		{"(30): i is 3, want 1..2", func() { Eq30b(k, 3, m) }},
		{"(30): i is 0, want 1..2", func() { Eq30b(k, 0, m) }},
		{"(30): 2 moments, want N+1 = 3", func() { Eq30a(k, 1, m, short) }},
		{"(30): 2 moments, want N+1 = 3", func() { Eq30b(k, 1, short) }},
	})
}

func BenchmarkTheorem1(b *testing.B) {
	k := Const{N: 6, C: 1.5, C2: 1, Lf: 1.2, L1: 0.7, L2: 0.1}
	m := []float64{0, 1, 2, 3, 4, 5, 6}
	for b.Loop() {
		Theorem1(k, m, m)
	}
}

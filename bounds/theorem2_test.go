package bounds_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

func theorem2Formulas(k Const, m *moments, o *oracle) []formula {
	N := k.N
	y, y4, v, d, d4, e := at(m.y), at(m.y4), at(m.v), at(m.d), at(m.d4), at(m.e)
	cb := func(i int) num { return prod(lit(8), o.L2, o.L2, o.Cv2, o.weightedS(i, o.fourC2())) }
	ce := func(i int) num { return prod(lit(2), o.t(i)) }
	cy := func(i int) num {
		return add(
			prod(lit(8), o.C2, o.C2, o.L1, o.L1, o.Cv2, o.weightedS(i+1, o.fourC2())),
			prod(lit(2), o.L2, o.L2, o.Cv2, o.s(i)))
	}
	ct := func(i int) num { return o.delta4(cy, i) }
	all := []formula{
		{"(22)", Lemma2(k, m.y[1], m.y4[1]), add(
			prod(lit(2), o.C2, o.C2, y(1)),
			prod(o.L2, o.L2, y4(1)))},
		{"(24)", Eq24(k, m.y, m.y4), add(
			prod(lit(4), o.Cv2, o.C2, o.C2, y(N-1)),
			prod(lit(2), o.Cv2, o.L2, o.L2, y4(N-1)))},
		{"(27)", Eq27(k, m.v, m.y, m.y4), sum(1, N-1, func(i int) num {
			return add(
				prod(lit(2), o.C, o.C, v(i)),
				prod(lit(4), o.Cv2, o.C2, o.C2, y(i)),
				prod(lit(2), o.Cv2, o.L2, o.L2, y4(i)))
		})},
		{"(31)", Eq31(k, m.y, m.y4, m.e), sum(1, N-1, func(i int) num {
			return add(
				prod(lit(4), o.Cv2, o.s(i), o.C2, o.C2, y(i)),
				prod(lit(2), o.Cv2, o.s(i), o.L2, o.L2, y4(i)),
				prod(lit(2), o.t(i), e(i+1)))
		})},
		{"before (33)", Display33(k, m.d, m.d4, m.e), sum(1, N-1, func(i int) num {
			return add(
				prod(lit(8), o.C2, o.C2, o.Cv2, o.weightedS(i, o.fourC2()), d(i)),
				prod(ct(i), d4(i)), prod(ce(i), e(i+1)))
		})},
		{"(32) left", Eq32Left(k, m.y), prod(lit(4), o.C2, o.C2, o.Cv2,
			sum(1, N-1, func(i int) num { return prod(o.s(i), y(i)) }))},
		{"(32) right", Eq32Right(k, m.d, m.y4), add(
			prod(lit(8), o.C2, o.C2, o.Cv2, sum(1, N-1, func(i int) num {
				return prod(o.weightedS(i, o.fourC2()), d(i))
			})),
			prod(lit(8), o.C2, o.C2, o.L1, o.L1, o.Cv2, sum(1, N-2, func(i int) num {
				return prod(o.weightedS(i+1, o.fourC2()), y4(i))
			})))},
		{"(23)", Theorem2(k, m.d, m.d4, m.e), sum(1, N-1, func(i int) num {
			return add(prod(cb(i), d(i)), prod(ct(i), d4(i)), prod(ce(i), e(i+1)))
		})},
	}
	for i := 1; i <= N; i++ {
		put := func(eq string, got float64, want num) {
			all = append(all, formula{fmt.Sprintf("%s at %d", eq, i), got, want})
		}
		put("(29)", Eq29(k, i, m.y, m.y4, m.d), add(
			prod(o.fourC2(), y(i-1)),
			prod(lit(2), o.L1, o.L1, y4(i-1)),
			prod(lit(2), d(i))))
		put("before (29)", Eq29Middle(k, i, m.y, m.d), add(prod(lit(2), y(i)), prod(lit(2), d(i))))
		put("(29) unrolled", Eq29b(k, i, m.y4, m.d), add(
			sum(1, i-1, func(j int) num { return prod(lit(2), o.L1, o.L1, pow(o.fourC2(), i-j-1), y4(j)) }),
			sum(1, i, func(j int) num { return prod(lit(2), pow(o.fourC2(), i-j), d(j)) })))
		if i == N {
			continue
		}
		put("(28), middle", Eq28Middle(k, i, m.v, m.e), add(prod(lit(1.5), v(i)), prod(lit(3), e(i+1))))
		put("(28) unrolled", Eq28c(k, i, m.y, m.y4, m.e), sum(i, N-1, func(j int) num {
			return prod(pow(o.threeC2(), j-i), add(
				prod(lit(6), o.Cv2, o.C2, o.C2, y(j)),
				prod(lit(3), o.Cv2, o.L2, o.L2, y4(j)),
				prod(lit(3), e(j+1))))
		}))
		put("Cb_d", Theorem2DeltaMean(k, i), cb(i))
		put("Ct_d", Theorem2Delta4(k, i), ct(i))
		put("Cb_e[i+1]", Theorem2Eps(k, i+1), ce(i))
		put("Cy", Cy(k, i), cy(i))
		put("(26)", Eq26(k, i, m.v, m.y, m.y4), add(
			prod(lit(2), o.C, o.C, v(i)),
			prod(lit(4), o.Cv2, o.C2, o.C2, y(i-1)),
			prod(lit(2), o.Cv2, o.L2, o.L2, y4(i-1))))
		put("(28)", Eq28b(k, i, m.v, m.y, m.y4, m.e), add(
			prod(o.threeC2(), v(i+1)),
			prod(lit(6), o.Cv2, o.C2, o.C2, y(i)),
			prod(lit(3), o.Cv2, o.L2, o.L2, y4(i-1)),
			prod(lit(3), e(i+1))))
	}
	return all
}

// delta4 is 8 sum_{j=i..N-1} cy(j) (8 Lf^4)^{j-i}.
func (o *oracle) delta4(cy func(j int) num, i int) num {
	return prod(lit(8), sum(i, o.N-1, func(j int) num { return prod(cy(j), pow(o.eightLf4(), j-i)) }))
}

// TestLinesUnroll: (28) and (29) unrolled are their recursions iterated, but for the index of
// the fourth moment of (28), and (31) is (28) unrolled in (27).
func TestLinesUnroll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		k, m := drawCase(r, []float64{0, 0.5, 1, 2})
		y4 := append([]float64(nil), m.y4...)
		y4[0] = 0
		v, y := make([]float64, k.N+1), make([]float64, k.N+1)
		for i := k.N - 1; i >= 1; i-- {
			atJ := append([]float64(nil), y4...)
			atJ[i-1] = y4[i] // where (28) has |Y_{i-1}-y_{i-1}|^4
			v[i] = Eq28b(k, i, v, m.y, atJ, m.e)
			if got := Eq28c(k, i, m.y, y4, m.e); !near(got, v[i]) {
				t.Fatalf("(28) unrolled at %d is %v, iterated %v at %+v", i, got, v[i], k)
			}
		}
		for i := 1; i <= k.N; i++ {
			y[i] = Eq29(k, i, y, y4, m.d)
			if got := Eq29b(k, i, y4, m.d); !near(got, y[i]) {
				t.Fatalf("(29) unrolled at %d is %v, iterated %v at %+v", i, got, y[i], k)
			}
		}
		if got, want := Eq31(k, m.y, y4, m.e), Eq27(k, v, m.y, y4); !near(got, want) {
			t.Fatalf("(31) is %v, (28) in (27) %v at %+v", got, want, k)
		}
	}
}

// TestTheorem2Unrolls: (32) is (29) put into its left side, and the
// coefficients (33) follow from (24), (26), (28), (30) and (32) but for C2 in
// Cb_d, where (33) prints L2.
func TestTheorem2Unrolls(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 200 {
		k, m := drawCase(r, []float64{0, 0.5, 1, 2})
		y := make([]float64, k.N+1)
		y4 := append([]float64(nil), m.y4...)
		y4[0] = 0
		for i := 1; i <= k.N; i++ {
			y[i] = Eq29(k, i, y, y4, m.d)
		}
		if a, b := Eq32Left(k, y), Eq32Right(k, m.d, y4); !near(a, b) {
			t.Fatalf("(29) iterated in the left side of (32) is %v, the right side %v at %+v", a, b, k)
		}
		for i := 1; i <= k.N; i++ {
			y4[i] = Eq30b(k, i, m.d4)
		}
		k.C2 = k.L2 // the printed Cb_d, so
		want := Eq32Right(k, m.d, y4)
		for i := 1; i < k.N; i++ {
			want += 2*k.L2*k.L2*k.CvSq()*k.S(i)*y4[i] + Theorem2Eps(k, i+1)*m.e[i+1]
		}
		if got := Theorem2(k, m.d, m.d4, m.e); !near(got, want) {
			t.Fatalf("(23) is %v, its parts %v at %+v", got, want, k)
		}
	}
}

func TestTheorem2Edges(t *testing.T) {
	nan := math.NaN()
	one, zero := []float64{0, 1, 1}, []float64{0, 0, 0}
	all := Const{N: 2, C: 1, C2: 1, Lf: 1, L1: 1, L2: 1}
	huge := Const{N: 2, C: 1e200, C2: 1, Lf: 1, L1: 1, L2: 1}
	checkEdges(t, []edge{
		{"(23) of N = 2, all 1: Cb_d = 8*4, Ct_d = 8*2*4, Cb_e = 6", Theorem2(all, one, one, one), 32 + 64 + 6},
		{"(23) without perturbation", Theorem2(huge, zero, zero, zero), 0},
		{"(23) of C = 0: no eps reaches U", Theorem2(Const{N: 2, L2: 1}, zero, zero, one), 0},
		{"Cb_d of L2 = 0, whatever C2", Theorem2DeltaMean(Const{N: 2, C: 1, C2: 9}, 1), 0},
		{"Cy at N-1: its first sum is empty", Cy(Const{N: 3, C: 1, C2: 5, L1: 5}, 2), 0},
		{"Ct_d of Lf = 0", Theorem2Delta4(Const{N: 3, C: 1, L2: 1}, 1), 8 * 2 * 4},
		{"(29) at i = 1 is 2 E|E delta_1|^2", Eq29(all, 1, zero, zero, one), 2},
		{"(32) right of N = 2: its second sum is empty", Eq32Right(all, zero, one), 0},
		{"(23) with C = NaN", Theorem2(Const{N: 2, C: nan, C2: 1, Lf: 1, L1: 1, L2: 1}, one, one, one), nan},
		{"(23) with L2 = NaN", Theorem2(Const{N: 2, L2: nan}, one, one, one), nan},
	})
}

func TestTheorem2Misuse(t *testing.T) {
	m, k, short := make([]float64, 3), Const{N: 2}, make([]float64, 2)
	checkMisuse(t, []misuse{
		{"(26): i is 2, want 1..1", func() { Eq26(k, 2, m, m, m) }},
		{"(27): 2 moments, want N+1 = 3", func() { Eq27(k, m, short, m) }},
		{"(28): i is 2, want 1..1", func() { Eq28Middle(k, 2, m, m) }},
		{"(28) unrolled: i is 0, want 1..1", func() { Eq28c(k, 0, m, m, m) }},
		{"before (29): i is 3, want 1..2", func() { Eq29Middle(k, 3, m, m) }},
		{"(29) unrolled: i is 0, want 1..2", func() { Eq29b(k, 0, m, m) }},
		{"(31): 2 moments, want N+1 = 3", func() { Eq31(k, m, m, short) }},
		{"before (33): 2 moments, want N+1 = 3", func() { Display33(k, short, m, m) }},
		{"(28): i is 0, want 1..1", func() { Eq28b(k, 0, m, m, m, m) }},
		{"(29): i is 3, want 1..2", func() { Eq29(k, 3, m, m, m) }},
		{"Cb_d: i is 2, want 1..1", func() { Theorem2DeltaMean(k, 2) }},
		{"Cb_e: i is 1, want 2..2", func() { Theorem2Eps(k, 1) }},
		{"Ct_d: i is 0, want 1..1", func() { Theorem2Delta4(k, 0) }},
		{"Cy: i is 2, want 1..1", func() { Cy(k, 2) }},
		{"(23): 2 moments, want N+1 = 3", func() { Theorem2(k, m, m, m[:2]) }},
		{"(24): 0 moments, want N+1 = 3", func() { Eq24(k, nil, m) }},
		{"(26): i is 0, want 1..1", func() { Eq26(k, 0, m, m, m) }},
		{"(26): 2 moments, want N+1 = 3", func() { Eq26(k, 1, m, m, short) }},
		{"(28): i is 2, want 1..1", func() { Eq28b(k, 2, m, m, m, m) }},
		{"(28): 2 moments, want N+1 = 3", func() { Eq28b(k, 1, m, m, m, short) }},
		{"(29): i is 0, want 1..2", func() { Eq29(k, 0, m, m, m) }},
		{"(29): 2 moments, want N+1 = 3", func() { Eq29(k, 1, m, short, m) }},
		{"(32): 2 moments, want N+1 = 3", func() { Eq32Left(k, short) }},
		{"(32): 2 moments, want N+1 = 3", func() { Eq32Right(k, m, short) }},
		{"Cb_d: i is 0, want 1..1", func() { Theorem2DeltaMean(k, 0) }},
		{"Cb_e: i is 3, want 2..2", func() { Theorem2Eps(k, 3) }},
		{"Ct_d: i is 2, want 1..1", func() { Theorem2Delta4(k, 2) }},
		{"Cy: i is 0, want 1..1", func() { Cy(k, 0) }},
		{"N is 1, want 2..1024", func() { Theorem2DeltaMean(Const{N: 1}, 1) }},
		{"N is 1, want 2..1024", func() { Theorem2Eps(Const{N: 1}, 2) }},
		{"N is 1, want 2..1024", func() { Theorem2Delta4(Const{N: 1}, 1) }},
		{"N is 1, want 2..1024", func() { Cy(Const{N: 1}, 1) }},
	})
}

func BenchmarkTheorem2(b *testing.B) {
	for _, size := range []int{3, 30} {
		k := Const{N: size, C: 1.1, C2: 1, Lf: 1.1, L1: 0.7, L2: 0.1}
		m := make([]float64, size+1)
		b.Run(fmt.Sprintf("N=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Theorem2(k, m, m, m)
			}
		})
	}
}

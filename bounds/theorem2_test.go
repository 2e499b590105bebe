package bounds_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	. "github.com/cascade-sgd/cascade/bounds"
)

// The formulas of Theorem 2 in 600-bit floats, as sums over every index that
// is written, sharing nothing with the package. Numbers are inputs or exact.

type num = *big.Float

func n(x float64) num { return new(big.Float).SetPrec(600).SetFloat64(x) }

func prod(xs ...num) num {
	p := n(1)
	for _, x := range xs {
		p.Mul(p, x)
	}
	return p
}

func add(xs ...num) num {
	s := n(0)
	for _, x := range xs {
		s.Add(s, x)
	}
	return s
}

func to(x num, e int) num {
	p := n(1)
	for range e {
		p.Mul(p, x)
	}
	return p
}

func sum(from, last int, f func(j int) num) num {
	s := n(0)
	for j := from; j <= last; j++ {
		s.Add(s, f(j))
	}
	return s
}

// theorem2 lists every right side of section 3's second half at k and moments m.
func theorem2(k Const, m *moments) map[string][2]any {
	C, C2, Lf, L1, L2, N := n(k.C), n(k.C2), n(k.Lf), n(k.L1), n(k.L2), k.N
	cv2 := to(C, 2*N)
	if cv2.Cmp(n(1)) < 0 {
		cv2 = n(1)
	}
	S := func(j int) num { return sum(0, j, func(l int) num { return to(prod(n(3), C, C), l) }) }
	y, y4, v, d, d4, e := m.at(m.y), m.at(m.y4), m.at(m.v), m.at(m.d), m.at(m.d4), m.at(m.e)
	fourC := prod(n(4), C, C)

	cb := func(i int) num {
		return prod(n(8), L2, L2, cv2, sum(i, N-1, func(j int) num { return prod(S(j), to(fourC, j-i)) }))
	}
	ce := func(i int) num { return prod(n(2), sum(1, i, func(j int) num { return to(prod(n(3), C, C), j) })) }
	cy := func(i int) num {
		return add(
			prod(n(8), C2, C2, L1, L1, cv2, sum(i+1, N-1, func(j int) num { return prod(S(j), to(fourC, j-i-1)) })),
			prod(n(2), L2, L2, cv2, S(i)))
	}
	ct := func(i int) num {
		return prod(n(8), sum(i, N-1, func(j int) num { return prod(cy(j), to(prod(n(8), to(Lf, 4)), j-i)) }))
	}
	ry := func(i int) num { // the repaired Cy, from PROOFS.md (3.15) and (3.16)
		return add(
			prod(n(8), to(L1, 4), cv2, sum(i+1, N-1, func(j int) num { return prod(S(j), to(fourC, j-i-1)) })),
			prod(n(2), L2, L2, cv2, S(i)),
			prod(n(4), to(L1, 4), cv2, n(float64((i-1)*(i-1))), S(i-1)),
			prod(n(4), to(L1, 4), cv2, sum(i+1, N-1, func(b int) num { return prod(n(float64(b-1)), S(b-1)) })))
	}
	rb := func(i int) num {
		return prod(n(8), L1, L1, cv2, sum(i, N-1, func(j int) num { return prod(S(j), to(fourC, j-i)) }))
	}
	rt := func(i int) num {
		return prod(n(8), sum(i, N-1, func(j int) num { return prod(ry(j), to(prod(n(8), to(Lf, 4)), j-i)) }))
	}
	all := map[string][2]any{
		"repaired (22)": {RepairedLemma2(k, m.y[1], m.y4[1]), add(prod(n(2), L1, L1, y(1)), prod(L2, L2, y4(1)))},
		"repaired (23)": {RepairedTheorem2(k, m.d, m.d4, m.e), add(
			sum(1, N-1, func(i int) num { return prod(rb(i), d(i)) }),
			sum(1, N-1, func(i int) num { return prod(rt(i), d4(i)) }),
			sum(1, N-1, func(i int) num { return prod(ce(i), e(i+1)) }))},
		"(22)": {Lemma2(k, m.y[1], m.y4[1]), add(prod(n(2), C2, C2, y(1)), prod(L2, L2, y4(1)))},
		"(24)": {Eq24(k, m.y, m.y4), add(prod(n(4), cv2, C2, C2, y(N-1)), prod(n(2), cv2, L2, L2, y4(N-1)))},
		"(32) left": {Eq32Left(k, m.y), prod(n(4), C2, C2, cv2,
			sum(1, N-1, func(i int) num { return prod(S(i), y(i)) }))},
		"(32) right": {Eq32Right(k, m.d, m.y4), add(
			prod(n(8), C2, C2, cv2, sum(1, N-1, func(i int) num {
				return prod(sum(i, N-1, func(j int) num { return prod(S(j), to(fourC, j-i)) }), d(i))
			})),
			prod(n(8), C2, C2, L1, L1, cv2, sum(1, N-2, func(i int) num {
				return prod(sum(i+1, N-1, func(j int) num { return prod(S(j), to(fourC, j-i-1)) }), y4(i))
			})))},
		"(23)": {Theorem2(k, m.d, m.d4, m.e), add(
			sum(1, N-1, func(i int) num { return prod(cb(i), d(i)) }),
			sum(1, N-1, func(i int) num { return prod(ct(i), d4(i)) }),
			sum(1, N-1, func(i int) num { return prod(ce(i), e(i+1)) }))},
	}
	for i := 1; i < N; i++ {
		at := func(eq string, got float64, want num) { all[fmt.Sprintf("%s at %d", eq, i)] = [2]any{got, want} }
		at("Cb_d", Theorem2DeltaMean(k, i), cb(i))
		at("Ct_d", Theorem2Delta4(k, i), ct(i))
		at("Cb_e[i+1]", Theorem2Eps(k, i+1), ce(i))
		at("Cy", Cy(k, i), cy(i))
		at("(26)", Eq26(k, i, m.v, m.y, m.y4),
			add(prod(n(2), C, C, v(i)), prod(n(4), cv2, C2, C2, y(i-1)), prod(n(2), cv2, L2, L2, y4(i-1))))
		at("(28)", Eq28b(k, i, m.v, m.y, m.y4, m.e), add(prod(n(3), C, C, v(i+1)),
			prod(n(6), cv2, C2, C2, y(i)), prod(n(3), cv2, L2, L2, y4(i-1)), prod(n(3), e(i+1))))
		at("(29)", Eq29(k, i, m.y, m.y4, m.d), add(prod(n(4), C, C, y(i-1)), prod(n(2), L1, L1, y4(i-1)), prod(n(2), d(i))))
		at("repaired Cb_d", RepairedDeltaMean(k, i), rb(i))
		at("repaired Ct_d", RepairedDelta4(k, i), rt(i))
		at("repaired Cy", RepairedCy(k, i), ry(i))
		at("repaired (28)", RepairedEq28b(k, i, m.v, m.y, m.y4, m.e, m.d4), add(prod(n(3), C, C, v(i+1)),
			prod(n(6), cv2, L1, L1, y(i)), prod(n(3), cv2, L2, L2, y4(i)), prod(n(3), e(i+1)), prod(n(12), L1, L1, d4(i))))
		at("repaired (28) past", RepairedEq28Past(k, i, m.v, m.y, m.e),
			add(prod(n(3), C, C, v(i+1)), prod(n(3), cv2, L1, L1, y(i)), prod(n(3), e(i+1))))
		at("repaired (29) past", RepairedEq29Past(k, i, m.y, m.d), add(prod(n(2), Lf, Lf, y(i-1)), prod(n(2), d(i))))
		// Two of Theorem 1, which share the arithmetic that the extremes reach.
		at("(18b)", Eq18b(k, i, m.d), prod(n(2), sum(1, i, func(j int) num { return prod(to(prod(n(2), Lf, Lf), i-j), d(j)) })))
		at("Ce_d", Theorem1Delta(k, i), prod(n(4), cv2, L1, L1,
			sum(i, N-1, func(j int) num { return prod(S(j), to(prod(n(2), Lf, Lf), j-i)) })))
	}
	return all
}

type moments struct{ y, y4, v, d, d4, e []float64 }

func (m *moments) at(xs []float64) func(i int) num { return func(i int) num { return n(xs[i]) } }

func draw(r *rand.Rand, from []float64) float64 {
	if k := r.IntN(len(from) + 2); k < len(from) {
		return from[k]
	}
	return 3 * r.Float64()
}

func drawCase(r *rand.Rand, from []float64) (Const, *moments) {
	k := Const{N: 2 + r.IntN(5), C: draw(r, from), C2: draw(r, from), Lf: draw(r, from), L1: draw(r, from), L2: draw(r, from)}
	m := new(moments)
	for _, p := range []*[]float64{&m.y, &m.y4, &m.v, &m.d, &m.d4, &m.e} {
		for range k.N + 1 {
			*p = append(*p, draw(r, from))
		}
	}
	return k, m
}

// TestTheorem2Oracle: within RelError wherever nothing over- or underflows; the
// list of constants keeps every partial product inside the range of float64.
func TestTheorem2Oracle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 150 {
		k, m := drawCase(r, []float64{0, 1e-3, 0.5, 1, 17})
		for name, c := range theorem2(k, m) {
			got, want := c[0].(float64), c[1].(num)
			if math.IsNaN(got) || math.IsInf(got, 0) {
				t.Fatalf("%s at %+v: %v", name, k, got)
			}
			diff := add(n(got), prod(n(-1), want))
			if diff.Abs(diff).Cmp(prod(n(RelError), want)) > 0 {
				t.Fatalf("%s at %+v, %+v: %v, want %v", name, k, *m, got, want)
			}
		}
	}
}

// TestNeverTooSmall: at the extremes a right side is at least its exact value,
// up to RelError, and 0 only when that is 0.
func TestNeverTooSmall(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 2))
	for range 300 {
		k, m := drawCase(r, []float64{0, 0, 5e-324, 1e-200, 1e-30, 1e30, 1e200, math.MaxFloat64})
		for name, c := range theorem2(k, m) {
			got, want := c[0].(float64), c[1].(num)
			if math.IsNaN(got) {
				t.Fatalf("%s at %+v, %+v: NaN", name, k, *m)
			}
			if (got == 0) != (want.Sign() == 0) {
				t.Fatalf("%s at %+v, %+v: %v, want %v", name, k, *m, got, want)
			}
			if !math.IsInf(got, 1) && prod(n(got), n(1+RelError)).Cmp(want) < 0 {
				t.Fatalf("%s at %+v, %+v: %v, below %v", name, k, *m, got, want)
			}
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

// near allows RelError on either side and a few roundings of the test itself.
func near(a, b float64) bool { return math.Abs(a-b) <= 4*RelError*math.Max(a, b) }

// TestTheorem2Degenerate lists the edge cases line by line.
func TestTheorem2Degenerate(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	one, zero := []float64{0, 1, 1}, []float64{0, 0, 0}
	all := Const{N: 2, C: 1, C2: 1, Lf: 1, L1: 1, L2: 1}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"(22) of C2 = L2 = 0", Lemma2(Const{N: 2}, inf, inf), 0},
		{"(23) of N = 2, all 1: Cb_d = 8*4, Ct_d = 8*2*4, Cb_e = 6", Theorem2(all, one, one, one), 32 + 64 + 6},
		{"(23) without perturbation", Theorem2(Const{N: 2, C: 1e200, C2: 1, Lf: 1, L1: 1, L2: 1}, zero, zero, zero), 0},
		{"(23) of C = 0: no eps reaches U", Theorem2(Const{N: 2, L2: 1}, zero, zero, one), 0},
		{"Cb_d of L2 = 0, whatever C2", Theorem2DeltaMean(Const{N: 2, C: 1, C2: 9}, 1), 0},
		{"Cy at N-1: its first sum is empty", Cy(Const{N: 3, C: 1, C2: 5, L1: 5}, 2), 0},
		{"Ct_d of Lf = 0", Theorem2Delta4(Const{N: 3, C: 1, L2: 1}, 1), 8 * 2 * 4},
		{"(29) at i = 1 is 2 E|E delta_1|^2", Eq29(all, 1, zero, zero, one), 2},
		{"(32) right of N = 2: its second sum is empty", Eq32Right(all, zero, one), 0},
		{"(23) with C = NaN", Theorem2(Const{N: 2, C: nan, C2: 1, Lf: 1, L1: 1, L2: 1}, one, one, one), nan},
		{"(23) with L2 = NaN", Theorem2(Const{N: 2, L2: nan}, one, one, one), nan},
		{"S_0 of C = NaN", Const{N: 2, C: nan}.S(0), nan},
		{"(22) with a moment of NaN, C2 = 0", Lemma2(Const{N: 2}, nan, 0), nan},
	} {
		if c.got != c.want && !(math.IsNaN(c.want) && math.IsNaN(c.got)) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestTheorem2Misuse(t *testing.T) {
	m, k := make([]float64, 3), Const{N: 2}
	for want, f := range map[string]func(){
		"(26): i is 2, want 1..1":       func() { Eq26(k, 2, m, m, m) },
		"(28): i is 0, want 1..1":       func() { Eq28b(k, 0, m, m, m, m) },
		"(29): i is 3, want 1..2":       func() { Eq29(k, 3, m, m, m) },
		"Cb_d: i is 2, want 1..1":       func() { Theorem2DeltaMean(k, 2) },
		"Cb_e: i is 1, want 2..2":       func() { Theorem2Eps(k, 1) },
		"Ct_d: i is 0, want 1..1":       func() { Theorem2Delta4(k, 0) },
		"Cy: i is 2, want 1..1":         func() { Cy(k, 2) },
		"(23): 2 moments, want N+1 = 3": func() { Theorem2(k, m, m, m[:2]) },
		"(24): 0 moments, want N+1 = 3": func() { Eq24(k, nil, m) },
		"N is 0, want 2..1024":          func() { Lemma2(Const{}, 1, 1) },
		"2 entries of w, want N+1 >= 3": func() { _, _ = Eq6a(make([][][]float64, 2), nil, nil, nil) },
		"W_2 is empty":                  func() { _, _ = Eq6a([][][]float64{nil, {{1}}, {}}, nil, nil, nil) },
		"row 1 of W_1 has 2 entries":    func() { _, _ = Eq6a([][][]float64{nil, {{1}, {1, 2}}, {{1}}}, nil, nil, nil) },
		"(6): no eps":                   func() { _, _ = Eq6Text(nil, nil, nil) },
		"1 entries of eps, want N+1":    func() { _, _ = Eq6b([][][]float64{nil, {{1}}, {{1}}}, nil, nil, make([][]float64, 1)) },
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.HasPrefix(p, "bounds: ") || !strings.Contains(p, want) {
					t.Errorf("panic %q, want bounds: ... %s", p, want)
				}
			}()
			f()
		}()
	}
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

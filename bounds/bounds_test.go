package bounds

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// The oracle: theory.md's formulas in exact rationals, with nested loops over
// the sums as they are written, sharing nothing with the package.

type oracle struct {
	n                 int
	c, lf, l1, l2, cv *big.Rat // cv is Cv^2
}

func rat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }
func whole(n int64) *big.Rat { return big.NewRat(n, 1) }
func times(xs ...*big.Rat) *big.Rat {
	p := whole(1)
	for _, x := range xs {
		p.Mul(p, x)
	}
	return p
}
func plus(xs ...*big.Rat) *big.Rat {
	s := whole(0)
	for _, x := range xs {
		s.Add(s, x)
	}
	return s
}
func power(x *big.Rat, n int) *big.Rat {
	p := whole(1)
	for range n {
		p.Mul(p, x)
	}
	return p
}
func sum(from, to int, f func(j int) *big.Rat) *big.Rat {
	s := whole(0)
	for j := from; j <= to; j++ {
		s.Add(s, f(j))
	}
	return s
}

func newOracle(k Const) *oracle {
	o := &oracle{n: k.N, c: rat(k.C), lf: rat(k.Lf), l1: rat(k.L1), l2: rat(k.L2)}
	o.cv = power(o.c, 2*k.N)
	if o.cv.Cmp(whole(1)) < 0 {
		o.cv = whole(1)
	}
	return o
}

func (o *oracle) q() *big.Rat { return times(whole(3), o.c, o.c) } // 3C^2
func (o *oracle) s(j int) *big.Rat {
	return sum(0, j, func(k int) *big.Rat { return power(o.q(), k) })
}
func (o *oracle) l12() *big.Rat { return times(o.l1, o.l1) }
func (o *oracle) lf2() *big.Rat { return times(whole(2), o.lf, o.lf) }

// setting is a random Const with random moments; every number is a float64.
type setting struct {
	k                      Const
	y2, v2, d2, e2, y4, d4 []float64
	ry2, rv2, rd2, re2     []*big.Rat
	ry4, rd4               []*big.Rat
}

func newSetting(r *rand.Rand) *setting {
	n := 2 + r.IntN(7)
	number := func() float64 {
		switch r.IntN(6) {
		case 0:
			return 0
		case 1:
			return 1
		case 2:
			return math.Exp(6 * r.NormFloat64())
		}
		return 2 * r.Float64()
	}
	s := &setting{k: Const{N: n, C: number(), C2: number(), Lf: number(), L1: number(), L2: number()}}
	list := func(fl *[]float64, rs *[]*big.Rat) {
		*fl, *rs = make([]float64, n+1), make([]*big.Rat, n+1)
		for i := range *fl {
			(*fl)[i] = number()
			(*rs)[i] = rat((*fl)[i])
		}
	}
	list(&s.y2, &s.ry2)
	list(&s.v2, &s.rv2)
	list(&s.d2, &s.rd2)
	list(&s.e2, &s.re2)
	list(&s.y4, &s.ry4)
	list(&s.d4, &s.rd4)
	return s
}

// TestAgainstOracle checks every formula at every index, to within RelError.
func TestAgainstOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		s := newSetting(r)
		k, o, n := s.k, newOracle(s.k), s.k.N
		check := func(name string, got float64, want *big.Rat) {
			t.Helper()
			if math.IsInf(got, 1) && want.Cmp(rat(math.MaxFloat64/2)) > 0 {
				return
			}
			diff := new(big.Rat).Sub(rat(got), want)
			allowed := times(want, rat(RelError))
			if diff.Abs(diff).Cmp(allowed) > 0 && want.Cmp(rat(1e-290)) > 0 {
				w, _ := want.Float64()
				t.Fatalf("%s at %+v: %v, want %v", name, k, got, w)
			}
		}
		eq18b := func(i int) *big.Rat {
			return sum(1, i, func(j int) *big.Rat { return times(whole(2), power(o.lf2(), i-j), s.rd2[j]) })
		}
		check("Lemma1", Lemma1(k), o.cv)
		check("Cv^2", k.Cv()*k.Cv(), o.cv)
		check("Eq14a", Eq14a(k, s.y2), times(o.l12(), s.ry2[n-1]))
		check("Eq14b", Eq14b(k, s.y2), times(whole(2), o.cv, o.l2, o.l2, s.ry2[n-1]))
		check("Eq14bRepaired", Eq14bRepaired(k, s.y2), times(whole(2), o.cv, o.l12(), s.ry2[n-1]))
		check("Eq16", Eq16(k, s.v2, s.y2), plus(
			times(whole(2), o.c, o.c, sum(1, n-1, func(i int) *big.Rat { return s.rv2[i] })),
			times(whole(2), o.cv, o.l12(), sum(1, n-1, func(i int) *big.Rat { return s.ry2[i] }))))
		ce := func(i int) *big.Rat { return sum(1, i, func(j int) *big.Rat { return power(o.q(), j) }) }
		check("Eq19", Eq19(k, s.y2, s.e2), plus(
			times(whole(2), o.cv, o.l12(), sum(1, n-1, func(i int) *big.Rat { return times(o.s(i), s.ry2[i]) })),
			times(whole(2), sum(1, n-1, func(i int) *big.Rat { return times(ce(i), s.re2[i+1]) }))))
		check("Eq20", Eq20(k, s.d2, s.e2), plus(
			times(whole(2), o.cv, o.l12(), sum(1, n-1, func(i int) *big.Rat { return times(o.s(i), eq18b(i)) })),
			sum(1, n-1, func(i int) *big.Rat { return times(ce(i), s.re2[i+1]) })))
		cd := func(i int) *big.Rat {
			return times(whole(4), o.cv, o.l12(), sum(i, n-1, func(j int) *big.Rat { return times(o.s(j), power(o.lf2(), j-i)) }))
		}
		check("Theorem1", Theorem1(k, s.d2, s.e2), sum(1, n-1, func(i int) *big.Rat {
			return plus(times(cd(i), s.rd2[i]), times(ce(i), s.re2[i+1]))
		}))
		lf4 := times(whole(8), power(o.lf, 4))
		for i := 1; i <= n; i++ {
			check("Eq12", Eq12(k, i), power(o.c, 2*(n-i)))
			check("Eq18a", Eq18a(k, i, s.y2, s.d2), plus(times(o.lf2(), s.ry2[i-1]), times(whole(2), s.rd2[i])))
			check("Eq18b", Eq18b(k, i, s.d2), eq18b(i))
			check("Eq30a", Eq30a(k, i, s.y4, s.d4), plus(times(lf4, s.ry4[i-1]), times(whole(8), s.rd4[i])))
			check("Eq30b", Eq30b(k, i, s.d4), times(whole(8), sum(1, i, func(j int) *big.Rat { return times(power(lf4, i-j), s.rd4[j]) })))
			if i == n {
				continue
			}
			check("Theorem1Delta", Theorem1Delta(k, i), cd(i))
			check("Theorem1Eps", Theorem1Eps(k, i+1), ce(i))
			check("Eq15", Eq15(k, i, s.v2, s.y2), plus(times(whole(2), o.c, o.c, s.rv2[i]), times(whole(2), o.cv, o.l12(), s.ry2[i-1])))
			check("Eq17a", Eq17a(k, i, s.v2, s.y2, s.e2), plus(
				times(o.q(), s.rv2[i+1]), times(whole(3), o.cv, o.l12(), s.ry2[i]), times(whole(3), s.re2[i+1])))
			check("Eq17b", Eq17b(k, i, s.y2, s.e2), plus(
				times(whole(3), o.cv, o.l12(), sum(i, n-1, func(j int) *big.Rat { return times(power(o.q(), j-i), s.ry2[j]) })),
				times(whole(3), sum(i, n-1, func(j int) *big.Rat { return times(power(o.q(), j-i), s.re2[j+1]) }))))
		}
	}
}

// TestUnrolling: (17b) and (18b) are their first inequalities iterated, and
// (20) has the coefficients of (21).
func TestUnrolling(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Abs(b) || math.IsInf(b, 1) }
	for range 200 {
		s := newSetting(r)
		k, n := s.k, s.k.N
		v2, y2, y4 := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
		for i := n - 1; i >= 1; i-- {
			if v2[i] = Eq17a(k, i, v2, s.y2, s.e2); !near(v2[i], Eq17b(k, i, s.y2, s.e2)) {
				t.Fatalf("(17) at i = %d of %+v: %v iterated, %v closed", i, k, v2[i], Eq17b(k, i, s.y2, s.e2))
			}
		}
		for i := 1; i <= n; i++ {
			if y2[i] = Eq18a(k, i, y2, s.d2); !near(y2[i], Eq18b(k, i, s.d2)) {
				t.Fatalf("(18) at i = %d of %+v: %v iterated, %v closed", i, k, y2[i], Eq18b(k, i, s.d2))
			}
			if y4[i] = Eq30a(k, i, y4, s.d4); !near(y4[i], Eq30b(k, i, s.d4)) {
				t.Fatalf("(30) at i = %d of %+v: %v iterated, %v closed", i, k, y4[i], Eq30b(k, i, s.d4))
			}
		}
		if a, b := Theorem1(k, s.d2, s.e2), Eq20(k, s.d2, s.e2); !near(a, b) {
			t.Fatalf("(13) with (21) is %v, (20) is %v", a, b)
		}
		// The factor 2 that (19) has and (20) has not.
		zero := make([]float64, n+1)
		if a, b := Eq19(k, zero, s.e2), 2*Eq20(k, zero, s.e2); !near(a, b) {
			t.Fatalf("(19) is %v, twice (20) is %v", a, b)
		}
	}
}

// TestDegenerate lists the edge cases line by line.
func TestDegenerate(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	one := []float64{0, 1, 1}
	zero := []float64{0, 0, 0}
	for _, c := range []struct {
		name string
		got  float64
		want float64
	}{
		{"Cv of C = 0", Const{N: 3}.Cv(), 1},
		{"Cv of C < 1", Const{N: 3, C: 0.5}.Cv(), 1},
		{"Cv of C = 1", Const{N: 3, C: 1}.Cv(), 1},
		{"Cv of C = 2", Const{N: 3, C: 2}.Cv(), 8},
		{"(12) at i = N, C = 0", Eq12(Const{N: 2}, 2), 1},
		{"(12) at i = 1, C = 0", Eq12(Const{N: 2}, 1), 0},
		{"S_0", Const{N: 2, C: 7}.S(0), 1},
		{"S_2 of C = 1", Const{N: 2, C: 1}.S(2), 13},
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
	} {
		if c.got != c.want && !(math.IsNaN(c.want) && math.IsNaN(c.got)) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestMisusePanics(t *testing.T) {
	m := make([]float64, 3)
	for want, f := range map[string]func(){
		"N is 1, want 2..":          func() { Const{N: 1}.Cv() },
		"N is 1025":                 func() { Lemma1(Const{N: MaxN + 1}) },
		"(12): i is 3, want 1..2":   func() { Eq12(Const{N: 2}, 3) },
		"Ce_d: i is 2, want 1..1":   func() { Theorem1Delta(Const{N: 2}, 2) },
		"Ce_e: i is 1, want 2..2":   func() { Theorem1Eps(Const{N: 2}, 1) },
		"(13): 3 moments, want N+1": func() { Theorem1(Const{N: 3}, m, m) },
		"(17): i is 0":              func() { Eq17a(Const{N: 2}, 0, m, m, m) },
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

// TestEquation6 works the printed and the repaired (6) by hand: W_2 = (1 3),
// W_1 = [1 2; 0 1], x = (5, 7), so v_1 = (1, 3)^T and u_1 = v_1 x^T.
func TestEquation6(t *testing.T) {
	w := [][][]float64{nil, {{1, 2}, {0, 1}}, {{1, 3}}}
	x, v1, eps := []float64{5, 7}, []float64{1, 3}, [][]float64{nil, nil, {10, 20}}
	get := func(m [][]float64, err error) string { return fmt.Sprint(m, err) }
	for name, c := range map[string][2]string{
		"(6a)":             {get(Eq6a(w, []float64{1}, v1, nil)), "[[1 3] [3 9]] <nil>"},
		"(6a) with e":      {get(Eq6a(w, []float64{1}, v1, [][]float64{{1, 1}, {1, 1}})), "[[2 4] [4 10]] <nil>"},
		"(6a) repaired":    {get(Eq6aRepaired(w, []float64{1}, x, nil)), "[[5 7] [15 21]] <nil>"},
		"(6b)":             {get(Eq6b(w, []float64{1}, v1, eps)), "[[11 33] [23 69]] <nil>"},
		"(6b) repaired":    {get(Eq6bRepaired(w, []float64{1}, x, eps)), "[[55 77] [115 161]] <nil>"},
		"the text":         {get(Eq6Text(w, x, eps)), "[[50 70] [200 280]] <nil>"},
		"the text, mended": {get(Eq6TextRepaired(w, x, eps)), "[[50 70] [100 140]] <nil>"},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %s, want %s", name, c[0], c[1])
		}
	}
	if _, err := Eq6a([][][]float64{nil, {{1, 2, 3}, {0, 1, 0}}, {{1, 3}}}, []float64{1}, v1, nil); err == nil ||
		!strings.Contains(err.Error(), "a 2 x 2 product for U_1, which is 2 x 3") {
		t.Errorf("shapes that do not fit: %v", err)
	}
	if _, err := Eq6b(w, []float64{1}, v1, [][]float64{nil, nil, {1}}); err == nil || !strings.Contains(err.Error(), "eps_2 has length 1") {
		t.Errorf("a short eps: %v", err)
	}
}

func BenchmarkTheorem1(b *testing.B) {
	k := Const{N: 6, C: 1.5, C2: 1, Lf: 1.2, L1: 0.7, L2: 0.1}
	m := []float64{0, 1, 2, 3, 4, 5, 6}
	for b.Loop() {
		Theorem1(k, m, m)
	}
}

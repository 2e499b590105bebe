package bigpass

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

func asText(m [][]*big.Rat, err error) string {
	var b strings.Builder
	for _, row := range m {
		for _, x := range row {
			b.WriteString(x.RatString() + " ")
		}
		b.WriteString("; ")
	}
	if err != nil {
		b.WriteString(err.Error())
	}
	return b.String()
}

// TestLinearByHand: W_1 = [[1,2],[3,4]], W_2 = [[1,1/2],[0,1],[2,0]], W_3 = [1,0,-1].
func TestLinearByHand(t *testing.T) {
	w := [][][]float64{{{1, 2}, {3, 4}}, {{1, 0.5}, {0, 1}, {2, 0}}, {{1, 0, -1}}}
	eps := [][]float64{nil, nil, {10, 0}, {0, 0, 1}}
	product := func(i, j int) string { return asText(Transposed(w, i, j)) }
	gradient := func(eps [][]float64) string { return asText(LinearGradient(w, []float64{1, 2}, eps)) }
	for name, c := range map[string][2]string{
		"W_3^T":       {product(3, 3), "1 ; 0 ; -1 ; "},
		"W_2^T":       {product(2, 2), "1 0 2 ; 1/2 1 0 ; "},
		"W_2^T W_3^T": {product(2, 3), "-1 ; 1/2 ; "},
		"W_1^T W_2^T": {product(1, 2), "5/2 3 2 ; 4 4 4 ; "},
		"all":         {product(1, 3), "1/2 ; 0 ; "},
		// v_1 = W_2^T W_3^T = (-1, 1/2), times x^T = (1, 2).
		"u_1": {gradient(nil), "-1 -2 ; 1/2 1 ; "},
		// eps_3 makes V_2 = (1,0,0), V_1 = (1,1/2) + (10,0).
		"U_1": {gradient(eps), "11 22 ; 1/2 1 ; "},
	} {
		if c[0] != c[1] {
			t.Errorf("%s = %s, want %s", name, c[0], c[1])
		}
	}
}

// TestLinearAgainstPass: the pass at enough bits gives the same, exactly, and
// eps_N reaches U_1 as W_2^T ... W_{N-1}^T eps_N x^T.
func TestLinearAgainstPass(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for range 30 {
		d := []int{1 + r.IntN(3), 1 + r.IntN(3), 1 + r.IntN(3), 1 + r.IntN(3), 1}
		n := len(d) - 1
		var specs []core.Spec
		var flat []float64
		w, eps := make([][][]float64, n), make([][]float64, n+1)
		for i := 1; i <= n; i++ {
			specs = append(specs, core.Spec{Op: "linear", In: d[i-1], Out: d[i]})
			for range d[i] {
				row := normal(r, d[i-1], 1)
				w[i-1] = append(w[i-1], row)
				flat = append(flat, row...)
			}
			if i > 1 {
				eps[i] = normal(r, d[i-1], 1)
			}
		}
		x := normal(r, d[0], 1)
		s := run(t, evaluator(t, specs, 1000), x, flat, nil, eps)
		u, err := LinearGradient(w, x, eps)
		if err != nil {
			t.Fatal(err)
		}
		for k, got := range s.U[1] {
			if f, _ := got.mid.Rat(nil); !got.Exact() || f.Cmp(u[k/d[0]][k%d[0]]) != 0 {
				t.Fatalf("U_1[%d] = %v, want %v", k, got.mid, u[k/d[0]][k%d[0]])
			}
		}
		only := make([][]float64, n+1)
		only[n] = eps[n]
		with, err1 := LinearGradient(w, x, only)
		without, err2 := LinearGradient(w, x, nil)
		factor, err3 := Transposed(w, 2, n-1)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(err1, err2, err3)
		}
		reach := product(product(factor, transposed(rational([][]float64{eps[n]}))), rational([][]float64{x}))
		for i := range reach {
			for j := range reach[i] {
				if got := new(big.Rat).Sub(with[i][j], without[i][j]); got.Cmp(reach[i][j]) != 0 {
					t.Fatalf("eps_N reaches U_1[%d][%d] as %v, want %v", i, j, got, reach[i][j])
				}
			}
		}
	}
}

func TestLinearRefusals(t *testing.T) {
	good := [][][]float64{{{1, 2}}, {{3}}}
	for name, c := range map[string]struct {
		w    [][][]float64
		i, j int
		x    []float64
		eps  [][]float64
		want string
	}{
		"i = 0": {good, 0, 1, nil, nil, "factors 0..1 of 2 matrices"},
		"j > N": {good, 1, 3, nil, nil, "factors 1..3 of 2 matrices"},
		"j < i": {good, 2, 1, nil, nil, "factors 2..1 of 2 matrices"},
		"NaN": {[][][]float64{{{1, math.NaN()}}, {{3}}}, 1, 2, nil, nil,
			"W_1: core: op \"fixed\": a[0][1] is NaN"},
		"ragged":   {[][][]float64{{{1, 2}, {1}}, {{3}}}, 1, 2, nil, nil, "row 1 of a has 1 entries"},
		"empty":    {[][][]float64{{}, {{3}}}, 1, 2, nil, nil, "W_1: core"},
		"misfit":   {[][][]float64{{{1, 2}}, {{3, 4}}}, 1, 2, nil, nil, "W_2 has 2 columns, W_1 has 1 rows"},
		"none":     {nil, 0, 0, []float64{1}, nil, "the last of 0 matrices"},
		"d_N = 2":  {[][][]float64{{{1}}, {{3}, {4}}}, 0, 0, []float64{1}, nil, "must have 1 row"},
		"bad too":  {[][][]float64{{{1, 2}}, {{3, 4}}}, 0, 0, []float64{1}, nil, "W_2 has 2 columns"},
		"short x":  {good, 0, 0, []float64{1}, nil, "x has length 1, want 2"},
		"long eps": {good, 0, 0, []float64{1, 2}, [][]float64{nil, nil, {1, 2}}, "eps_2 has length 2, want 1"},
	} {
		var err error
		if c.x == nil {
			_, err = Transposed(c.w, c.i, c.j)
		} else {
			_, err = LinearGradient(c.w, c.x, c.eps)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.want)
		}
	}
}

// TestLinearMultipliedOut: the recursion of (5b) and the products of (6) agree, with and
// without eps, for numbers that float64 rounds; and what eps_N adds is Carried.
func TestLinearMultipliedOut(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	vector := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = math.Ldexp(r.NormFloat64(), r.IntN(2000)-1000)
		}
		return v
	}
	for range 30 {
		n := 2 + r.IntN(4)
		d := []int{1 + r.IntN(3)}
		w, eps := make([][][]float64, n), make([][]float64, n+1)
		for i := 1; i <= n; i++ {
			d = append(d, 1+r.IntN(3))
			if i == n {
				d[n] = 1
			}
			for range d[i] {
				w[i-1] = append(w[i-1], vector(d[i-1]))
			}
			if i > 1 && (i == n || r.IntN(4) > 0) {
				eps[i] = vector(d[i-1])
			}
		}
		x := vector(d[0])
		want, err := LinearGradient(w, x, eps)
		v1, err2 := Accumulated(w, eps)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if Norm(Difference(want, Outer(v1, Rationals(x)))) != 0 {
			t.Fatalf("N = %d: the recursion and the products differ", n)
		}
		without := append([][]float64(nil), eps...)
		without[n] = nil
		less, err := LinearGradient(w, x, without)
		carried, err2 := Carried(w, 2, eps[n])
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if Norm(Difference(Difference(want, less), Outer(carried, Rationals(x)))) != 0 {
			t.Fatalf("N = %d: eps_N adds something else than W_2^T ... W_{N-1}^T eps_N x^T", n)
		}
	}
}

// TestCarried: by hand, from either matrix on; of two matrices eps_2 arrives as it is.
func TestCarried(t *testing.T) {
	w := [][][]float64{{{3}}, {{5}}, {{7}}}
	for _, c := range []struct {
		w     [][][]float64
		first int
		want  int64
	}{{w, 1, 30}, {w, 2, 10}, {w[:2], 1, 6}, {w[:2], 2, 2}} {
		got, err := Carried(c.w, c.first, []float64{2})
		if err != nil || len(got) != 1 || got[0].Cmp(big.NewRat(c.want, 1)) != 0 {
			t.Errorf("of %d matrices from W_%d on: %v, error %v, want %d", len(c.w), c.first, got, err, c.want)
		}
	}
	for _, c := range []struct {
		w     [][][]float64
		first int
	}{{w[:1], 1}, {w, 0}, {w, 3}} {
		if _, err := Carried(c.w, c.first, []float64{2}); err == nil {
			t.Errorf("of %d matrices from W_%d on: no error", len(c.w), c.first)
		}
	}
}

// TestFitsFloat64: integers up to the bound, and nothing else.
func TestFitsFloat64(t *testing.T) {
	fits := func(w1, w2, x, eps float64) bool {
		return FitsFloat64([][][]float64{{{w1}}, {{w2}}}, []float64{x}, [][]float64{nil, nil, {eps}})
	}
	for _, c := range []struct {
		w1, w2, x, eps float64
		want           bool
	}{
		{2, 5, 3, 1, true},
		{0, 0, 0, 0, true},
		{2, 5, 3, 0.5, false},
		{2, 5, 0.1, 1, false},
		{0.3, 5, 3, 1, false},
		{2, 0x1p-1074, 3, 1, false},
		{2, math.NaN(), 3, 1, false},
		// (2^k - 1 + 1)^2 (1 + 1)^2 1 1 = 2^(2k+2) < 2^51
		{1<<24 - 1, 1, 1, 1, true},
		{1<<25 - 1, 1, 1, 1, false},
		{0x1p600, 0x1p600, 1, 1, false},
		{1, 1, 0x1p1000, 0x1p1000, false},
	} {
		if got := fits(c.w1, c.w2, c.x, c.eps); got != c.want {
			t.Errorf("W_1 = %v, W_2 = %v, x = %v, eps_2 = %v: %v, want %v", c.w1, c.w2, c.x, c.eps, got, c.want)
		}
	}
}

// TestNorm: 0 is the zero matrix, and nothing else.
func TestNorm(t *testing.T) {
	tiny, huge := big.NewRat(1, 1), new(big.Rat).SetFloat64(math.MaxFloat64)
	tiny.Quo(tiny, huge)
	for _, c := range []struct {
		a    [][]*big.Rat
		want float64
	}{
		{[][]*big.Rat{{new(big.Rat), new(big.Rat)}}, 0},
		{[][]*big.Rat{{big.NewRat(3, 2), big.NewRat(-2, 1)}}, 2.5},
		{[][]*big.Rat{{new(big.Rat).Mul(tiny, tiny)}}, math.SmallestNonzeroFloat64},
		{[][]*big.Rat{{new(big.Rat).Mul(huge, huge)}}, math.MaxFloat64},
	} {
		if got := Norm(c.a); got != c.want {
			t.Errorf("|%v| = %v, want %v", c.a, got, c.want)
		}
	}
	if Difference(c1x1(), append(c1x1(), c1x1()...)) != nil {
		t.Error("a difference of unequal shapes")
	}
}

func c1x1() [][]*big.Rat { return [][]*big.Rat{{big.NewRat(1, 1)}} }

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

// The oracle: the formulas of the paper and of PROOFS.md in 600-bit floats, as sums
// over every index that is written, sharing nothing with the package. Numbers are
// inputs or exact; all terms are non-negative, so that nothing cancels.

type num = *big.Float

func lit(x float64) num { return new(big.Float).SetPrec(600).SetFloat64(x) }

func prod(xs ...num) num {
	p := lit(1)
	for _, x := range xs {
		p.Mul(p, x)
	}
	return p
}

func add(xs ...num) num {
	s := lit(0)
	for _, x := range xs {
		s.Add(s, x)
	}
	return s
}

func pow(x num, e int) num {
	p := lit(1)
	for range e {
		p.Mul(p, x)
	}
	return p
}

func sum(from, last int, f func(j int) num) num {
	s := lit(0)
	for j := from; j <= last; j++ {
		s.Add(s, f(j))
	}
	return s
}

// oracle holds the constants as numbers of the oracle.
type oracle struct {
	N                 int
	C, C2, Lf, L1, L2 num
	Cv2               num // max{1, C^{2N}}
}

func newOracle(k Const) *oracle {
	o := &oracle{N: k.N, C: lit(k.C), C2: lit(k.C2), Lf: lit(k.Lf), L1: lit(k.L1), L2: lit(k.L2)}
	o.Cv2 = pow(o.C, 2*k.N)
	if o.Cv2.Cmp(lit(1)) < 0 {
		o.Cv2 = lit(1)
	}
	return o
}

func (o *oracle) threeC2() num  { return prod(lit(3), o.C, o.C) }
func (o *oracle) fourC2() num   { return prod(lit(4), o.C, o.C) }
func (o *oracle) twoLf2() num   { return prod(lit(2), o.Lf, o.Lf) }
func (o *oracle) eightLf4() num { return prod(lit(8), pow(o.Lf, 4)) }

// s is S_j.
func (o *oracle) s(j int) num {
	return sum(0, j, func(l int) num { return pow(o.threeC2(), l) })
}

// t is sum_{l=1..i} (3C^2)^l.
func (o *oracle) t(i int) num {
	return sum(1, i, func(l int) num { return pow(o.threeC2(), l) })
}

// weightedS is sum_{j=from..N-1} S_j q^{j-from}.
func (o *oracle) weightedS(from int, q num) num {
	return sum(from, o.N-1, func(j int) num { return prod(o.s(j), pow(q, j-from)) })
}

// moments are drawn at random, one independent of the other.
type moments struct{ y, y4, v, d, d4, e []float64 }

func draw(r *rand.Rand, from []float64) float64 {
	if k := r.IntN(len(from) + 2); k < len(from) {
		return from[k]
	}
	return 3 * r.Float64()
}

func drawCase(r *rand.Rand, from []float64) (Const, *moments) {
	k := Const{
		N:  2 + r.IntN(5),
		C:  draw(r, from),
		C2: draw(r, from),
		Lf: draw(r, from),
		L1: draw(r, from),
		L2: draw(r, from),
	}
	m := new(moments)
	for _, p := range []*[]float64{&m.y, &m.y4, &m.v, &m.d, &m.d4, &m.e} {
		for range k.N + 1 {
			*p = append(*p, draw(r, from))
		}
	}
	return k, m
}

// at is a list of moments as numbers of the oracle.
func at(xs []float64) func(i int) num { return func(i int) num { return lit(xs[i]) } }

// formula is a right side by name, from the package and from the oracle.
type formula struct {
	name string
	got  float64
	want num
}

// formulas lists every right side of section 3 at k and m, at every index.
func formulas(k Const, m *moments) []formula {
	o := newOracle(k)
	all := theorem1Formulas(k, m, o)
	all = append(all, theorem2Formulas(k, m, o)...)
	return append(all, repairedFormulas(k, m, o)...)
}

// TestOracle: within RelError wherever nothing over- or underflows; the list of
// constants keeps every partial product inside the range of float64.
func TestOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for range 150 {
		k, m := drawCase(r, []float64{0, 1e-3, 0.5, 1, 17})
		for _, f := range formulas(k, m) {
			if math.IsNaN(f.got) || math.IsInf(f.got, 0) {
				t.Fatalf("%s at %+v: %v", f.name, k, f.got)
			}
			diff := add(lit(f.got), prod(lit(-1), f.want))
			if diff.Abs(diff).Cmp(prod(lit(RelError), f.want)) > 0 {
				t.Fatalf("%s at %+v, %+v: %v, want %v", f.name, k, *m, f.got, f.want)
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
		for _, f := range formulas(k, m) {
			if math.IsNaN(f.got) {
				t.Fatalf("%s at %+v, %+v: NaN", f.name, k, *m)
			}
			if (f.got == 0) != (f.want.Sign() == 0) {
				t.Fatalf("%s at %+v, %+v: %v, want %v", f.name, k, *m, f.got, f.want)
			}
			if !math.IsInf(f.got, 1) && prod(lit(f.got), lit(1+RelError)).Cmp(f.want) < 0 {
				t.Fatalf("%s at %+v, %+v: %v, below %v", f.name, k, *m, f.got, f.want)
			}
		}
	}
}

// near allows RelError on either side and a few roundings of the test itself.
func near(a, b float64) bool { return math.Abs(a-b) <= 4*RelError*math.Max(a, b) }

// edge is a degenerate case with its value; NaN is equal to NaN.
type edge struct {
	name      string
	got, want float64
}

func checkEdges(t *testing.T, edges []edge) {
	t.Helper()
	for _, c := range edges {
		if c.got != c.want && !(math.IsNaN(c.want) && math.IsNaN(c.got)) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

// misuse is a call that must panic with "bounds: " and the text.
type misuse struct {
	want string
	call func()
}

func checkMisuse(t *testing.T, calls []misuse) {
	t.Helper()
	for _, c := range calls {
		func() {
			defer func() {
				p := fmt.Sprint(recover())
				if !strings.HasPrefix(p, "bounds: ") || !strings.Contains(p, c.want) {
					t.Errorf("panic %q, want bounds: ... %s", p, c.want)
				}
			}()
			c.call()
		}()
	}
}

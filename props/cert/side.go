package cert

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Factor is a number of a term with its name, such as Ce_d[1] or E|delta_1|^2.
type Factor struct {
	Name  string
	Value *big.Rat
}

// Term is a product of factors; a side of a claim is a sum of terms.
type Term []Factor

// Name lists the factors, "Ce_d[1] E|delta_1|^2".
func (t Term) Name() string {
	names := make([]string, len(t))
	for k, f := range t {
		names[k] = f.Name
	}
	return strings.Join(names, " ")
}

// Value is the product.
func (t Term) Value() *big.Rat {
	p := num(1)
	for _, f := range t {
		p.Mul(p, f.Value)
	}
	return p
}

func sumOf(terms []Term) *big.Rat {
	s := new(big.Rat)
	for _, t := range terms {
		s.Add(s, t.Value())
	}
	return s
}

// times puts a factor before every term.
func times(f Factor, terms []Term) []Term {
	var out []Term
	for _, t := range terms {
		out = append(out, append(Term{f}, t...))
	}
	return out
}

// one is a side of one factor.
func one(f Factor) []Term { return []Term{{f}} }

// Definition is an abbreviation of the paper, with its formula and its value in a
// certificate.
type Definition struct {
	Name, Formula string
	Value         *big.Rat
}

// sides is what both sides of a claim may speak of.
type sides struct {
	*model
	Constants
	r reading
	g *group    // lemma2: the event that is conditioned on
	t *training // of claims about a run

	defined []Definition // in the order of first use
}

// define notes what a name stands for and returns it as a factor.
func (s *sides) define(name, formula string, value *big.Rat) Factor {
	known := slices.ContainsFunc(s.defined, func(d Definition) bool { return d.Name == name })
	if !known {
		s.defined = append(s.defined, Definition{name, formula, value})
	}
	return Factor{name, value}
}

func factor(value *big.Rat, format string, args ...any) Factor {
	return Factor{fmt.Sprintf(format, args...), value}
}

func (s *sides) c2() *big.Rat { return sq(s.C) }

// cv2 is Cv^2 = max{1, C^{2N}}.
func (s *sides) cv2() *big.Rat {
	v := num(1)
	if p := pow(s.C, 2*s.n); p.Cmp(v) > 0 {
		v = p
	}
	return s.define("Cv^2", "max{1, C^{2N}}", v).Value
}

// bigS is S_j = sum_{k=0..j} (3C^2)^k.
func (s *sides) bigS(j int) *big.Rat {
	return s.define(fmt.Sprintf("S_%d", j), fmt.Sprintf("sum_{k=0..%d} (3C^2)^k", j), s.powers(0, j)).Value
}

// powers is sum_{k=from..to} (3C^2)^k.
func (s *sides) powers(from, to int) *big.Rat {
	return sum(from, to, func(k int) *big.Rat { return pow(mul(3, s.c2()), k) })
}

// weighted is sum_{j=from..N-1} S_j q^{j-from}.
func (s *sides) weighted(from int, q *big.Rat) *big.Rat {
	return sum(from, s.n-1, func(j int) *big.Rat { return mul(1, s.bigS(j), pow(q, j-from)) })
}

// lf4 is 8 Lf^4.
func (s *sides) lf4() *big.Rat { return mul(8, pow(s.Lf, 4)) }

// below lists a term for each i = 1..N-1.
func (s *sides) below(f func(i int) Term) []Term { return between(1, s.n-1, f) }

// between lists a term for each i = lo..hi.
func between(lo, hi int, f func(i int) Term) []Term {
	var terms []Term
	for i := lo; i <= hi; i++ {
		terms = append(terms, f(i))
	}
	return terms
}

// Coefficients of the theorems.

// ceD is Ce_d[i] of (21).
func (s *sides) ceD(i int) Factor {
	v := mul(4, s.cv2(), sq(s.L1), s.weighted(i, mul(2, sq(s.Lf))))
	formula := fmt.Sprintf("4 Cv^2 L1^2 sum_{j=%d..%d} S_j (2 Lf^2)^{j-%d}", i, s.n-1, i)
	return s.define(fmt.Sprintf("Ce_d[%d]", i), formula, v)
}

// ceE is Ce_e[i+1] of (21).
func (s *sides) ceE(i int) Factor {
	return s.define(fmt.Sprintf("Ce_e[%d]", i+1), fmt.Sprintf("sum_{j=1..%d} (3C^2)^j", i), s.powers(1, i))
}

// cbD is Cb_d[i] of (33).
func (s *sides) cbD(i int) Factor {
	v := mul(8, sq(s.L2), s.cv2(), s.weighted(i, mul(4, s.c2())))
	formula := fmt.Sprintf("8 L2^2 Cv^2 sum_{j=%d..%d} S_j (4C^2)^{j-%d}", i, s.n-1, i)
	return s.define(fmt.Sprintf("Cb_d[%d]", i), formula, v)
}

// ctD is Ct_d[i] of (33).
func (s *sides) ctD(i int) Factor {
	v := mul(8, sum(i, s.n-1, func(j int) *big.Rat { return mul(1, s.cy(j), pow(s.lf4(), j-i)) }))
	formula := fmt.Sprintf("8 sum_{j=%d..%d} Cy[j] (8 Lf^4)^{j-%d}", i, s.n-1, i)
	return s.define(fmt.Sprintf("Ct_d[%d]", i), formula, v)
}

// cbE is Cb_e[i+1] of (33).
func (s *sides) cbE(i int) Factor {
	return s.define(fmt.Sprintf("Cb_e[%d]", i+1), fmt.Sprintf("2 sum_{j=1..%d} (3C^2)^j", i), mul(2, s.powers(1, i)))
}

// cy is Cy[i] of (33).
func (s *sides) cy(i int) *big.Rat {
	v := add(
		mul(8, sq(s.C2), sq(s.L1), s.cv2(), s.weighted(i+1, mul(4, s.c2()))),
		mul(2, sq(s.L2), s.cv2(), s.bigS(i)))
	formula := fmt.Sprintf("8 C2^2 L1^2 Cv^2 sum_{j=%d..%d} S_j (4C^2)^{j-%d} + 2 L2^2 Cv^2 S_%d", i+1, s.n-1, i+1, i)
	return s.define(fmt.Sprintf("Cy[%d]", i), formula, v).Value
}

// moment is a number of the passes alone. Sides are formed again and again with other
// constants, so it is computed once; known tells the readings apart.
func (m *model) moment(known int, value func() *big.Rat, format string, args ...any) Factor {
	name := fmt.Sprintf(format, args...)
	key := fmt.Sprint(name, " knowing ", known)
	if _, has := m.moments[key]; !has {
		m.moments[key] = value()
	}
	return Factor{name, m.moments[key]}
}

// A vectorOf picks a vector of a pass.
type vectorOf func(l *leaf) []*big.Rat

func delta(i int) vectorOf { return func(l *leaf) []*big.Rat { return l.delta[i] } }
func eps(i int) vectorOf   { return func(l *leaf) []*big.Rat { return l.eps[i] } }
func zeta(i int) vectorOf  { return func(l *leaf) []*big.Rat { return l.zeta[i] } }

func (m *model) dY(i int) vectorOf {
	return func(l *leaf) []*big.Rat { return difference(l.y[i], m.exact.y[i]) }
}

func (m *model) dV(i int) vectorOf {
	return func(l *leaf) []*big.Rat { return difference(l.v[i], m.exact.v[i]) }
}

func (m *model) dU(i int) vectorOf {
	return func(l *leaf) []*big.Rat { return difference(l.u[i], m.exact.u[i]) }
}

// second, fourth and mean are E|f|^2, E|f|^4 and E|E[f | the first known sites]|^2.
func (m *model) second(f vectorOf, format string, args ...any) Factor {
	value := func() *big.Rat { return m.mean(func(l *leaf) *big.Rat { return norm2(f(l)) }) }
	return m.moment(0, value, format, args...)
}

func (m *model) fourth(f vectorOf, format string, args ...any) Factor {
	value := func() *big.Rat { return m.mean(func(l *leaf) *big.Rat { return sq(norm2(f(l))) }) }
	return m.moment(0, value, format, args...)
}

func (m *model) given(known int, f vectorOf, format string, args ...any) Factor {
	return m.moment(known, func() *big.Rat { return m.mean2(known, f) }, format, args...)
}

// The moments of section 3, as the paper writes them.

func (m *model) v0(i int) Factor { return factor(norm2(m.exact.v[i]), "|v_%d|^2", i) }

func (m *model) y2(i int) Factor { return m.second(m.dY(i), "E|Y_%d-y_%d|^2", i, i) }
func (m *model) y4(i int) Factor { return m.fourth(m.dY(i), "E|Y_%d-y_%d|^4", i, i) }
func (m *model) v2(i int) Factor { return m.second(m.dV(i), "E|V_%d-v_%d|^2", i, i) }
func (m *model) u2(i int) Factor { return m.second(m.dU(i), "E|U_%d-u_%d|^2", i, i) }
func (m *model) d2(i int) Factor { return m.second(delta(i), "E|delta_%d|^2", i) }
func (m *model) d4(i int) Factor { return m.fourth(delta(i), "E|delta_%d|^4", i) }
func (m *model) e2(i int) Factor { return m.second(eps(i), "E|eps_%d|^2", i) }
func (m *model) z2(i int) Factor { return m.second(zeta(i), "E|zeta_%d|^2", i) }

func (m *model) uMean2(i int) Factor {
	return m.given(0, m.dU(i), "E|E_t[U_%d-u_%d]|^2", i, i)
}

// The conditional means of section 3 in reading r.

func (m *model) dMean2(r reading, i int) Factor {
	return m.given(r.ofY(i), delta(i), "E|E^{G_%d}[delta_%d]|^2", i, i)
}

func (m *model) eMean2(r reading, i int) Factor {
	return m.given(r.ofEps(m.n, i), eps(i), "E|E^{H_%d}[eps_%d]|^2", i, i)
}

func (m *model) yMean2(r reading, i int) Factor {
	return m.given(r.ofY(i), m.dY(i), "E|E^{G_%d}[Y_%d-y_%d]|^2", i, i, i)
}

// fMean2 and bMean2 are those of Y_i-y_i and V_i-v_i less what is drawn last.
func (m *model) fMean2(r reading, i int) Factor {
	f := func(l *leaf) []*big.Rat { return difference(m.dY(i)(l), l.delta[i]) }
	return m.given(r.ofY(i), f, "E|E^{G_%d}[f_%d(Y_%d)-f_%d(y_%d)]|^2", i, i, i-1, i, i-1)
}

func (m *model) bMean2(r reading, i int) Factor {
	f := func(l *leaf) []*big.Rat { return difference(m.dV(i)(l), l.eps[i+1]) }
	k := i + 1
	return m.given(r.ofEps(m.n, k), f, "E|E^{H_%d}[J1_%d(Y_%d)^T V_%d - J1_%d(y_%d)^T v_%d]|^2", k, k, i, k, k, i, k)
}

func (m *model) vMean2(r reading, i int) Factor {
	return m.given(r.ofV(m.n, i), m.dV(i), "E|E^{H_%d}[V_%d-v_%d]|^2", i, i, i)
}

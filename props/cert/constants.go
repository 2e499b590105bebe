package cert

import (
	"math/big"
	"slices"
)

// Constants are those of assumption A3, for all operators at once: |J1_i|_op,
// |J2_i|_op <= C; |grad^2_21 f_i|_op <= C2, read as (8)-(10) do, as a matrix with
// d_i rows; f_i is Lf-Lipschitz in the input; grad f_i and grad^2 f_i are L1-
// and L2-Lipschitz in input and weight together, in Frobenius norm. All > 0.
type Constants struct {
	C, C2, Lf, L1, L2 *big.Rat
	// by "C", "C2", ...: why it holds, in words; all five, the words are not checked
	Why map[string]string
}

var constantNames = []string{"C", "C2", "Lf", "L1", "L2"}

func (k *Constants) byName(name string) **big.Rat {
	return map[string]**big.Rat{"C": &k.C, "C2": &k.C2, "Lf": &k.Lf, "L1": &k.L1, "L2": &k.L2}[name]
}

// interval is [lo, hi]; its numbers are never changed.
type interval struct{ lo, hi *big.Rat }

func point(x *big.Rat) interval { return interval{x, x} }

func (a interval) add(b interval) interval {
	if a.lo == a.hi && b.lo == b.hi {
		return point(add(a.lo, b.lo))
	}
	return interval{add(a.lo, b.lo), add(a.hi, b.hi)}
}

func (a interval) mul(b interval) interval {
	if a.lo == a.hi && b.lo == b.hi { // points, as point makes them
		return point(mul(1, a.lo, b.lo))
	}
	p := []*big.Rat{mul(1, a.lo, b.lo), mul(1, a.lo, b.hi), mul(1, a.hi, b.lo), mul(1, a.hi, b.hi)}
	return interval{slices.MinFunc(p, (*big.Rat).Cmp), slices.MaxFunc(p, (*big.Rat).Cmp)}
}

// hull holds a and x.
func (a interval) hull(x *big.Rat) interval {
	lo, hi := a.lo, a.hi
	if x.Cmp(lo) < 0 {
		lo = x
	}
	if x.Cmp(hi) > 0 {
		hi = x
	}
	return interval{lo, hi}
}

// magnitude is the largest |x| in a.
func (a interval) magnitude() *big.Rat {
	lo, hi := new(big.Rat).Abs(a.lo), new(big.Rat).Abs(a.hi)
	if lo.Cmp(hi) > 0 {
		return lo
	}
	return hi
}

// boxes returns, for each operator, the hull of all inputs that the exact and
// the perturbed passes visit, with what their backward halves read, followed by its weights. A box is convex, so the
// segments between exact and perturbed states lie inside. A run has the hull of all
// its steps.
func (m *model) boxes() [][]interval {
	if m.hull != nil {
		return m.hull
	}
	b := make([][]interval, m.n+1)
	for i := 1; i <= m.n; i++ {
		for _, x := range m.exact.y[i-1] {
			b[i] = append(b[i], point(x))
		}
		for _, l := range m.leaves {
			for k, x := range l.y[i-1] {
				b[i][k] = b[i][k].hull(x)
				if d := l.zeta[i][k]; d.Sign() != 0 {
					b[i][k] = b[i][k].hull(add(x, d))
				}
			}
		}
		for _, w := range m.w[i] {
			b[i] = append(b[i], point(w))
		}
	}
	return b
}

// bounded is a norm that a constant has to bound: of every matrix inside m.
type bounded struct {
	constant, of string
	operator     int
	m            [][]interval
}

// norms lists what the constants have to bound on the boxes of the model.
func (m *model) norms() []bounded {
	boxes := m.boxes()
	var list []bounded
	for i := 1; i <= m.n; i++ {
		o := &m.ops[i]
		j1 := o.jacobian(boxes[i], 0, o.in)
		list = append(list,
			bounded{"C", "|J1|_op", i, j1},
			bounded{"C", "|J2|_op", i, o.jacobian(boxes[i], o.in, o.in+o.nw)},
			bounded{"C2", "|grad^2_21 f|_op", i, o.mixed(boxes[i])},
			bounded{"Lf", "|J1|_op", i, j1},
			bounded{"L1", "the derivative of grad f", i, o.second(boxes[i])},
			bounded{"L2", "the derivative of grad^2 f", i, o.third(boxes[i])})
	}
	return list
}

// check refuses constants that are not positive, or not shown to hold on the
// boxes of the model.
func (k *Constants) check(m *model) error {
	for _, name := range constantNames {
		if c := *k.byName(name); c.Sign() <= 0 {
			return refuse("constants."+name, "is %s, A3 wants constants > 0", c.RatString())
		}
	}
	for _, norm := range m.norms() {
		if c := *k.byName(norm.constant); !normAtMost(norm.m, c) {
			return refuse("constants."+norm.constant,
				"is %s, not shown to bound %s of operator %d on the visited states",
				c.RatString(), norm.of, norm.operator)
		}
	}
	return nil
}

// free lists the constants that bound nothing but zeros: any number > 0 is one.
func (m *model) free() []string {
	bounding := map[string]bool{}
	for _, norm := range m.norms() {
		if !normAtMost(norm.m, new(big.Rat)) {
			bounding[norm.constant] = true
		}
	}
	var names []string
	for _, name := range constantNames {
		if !bounding[name] {
			names = append(names, name)
		}
	}
	return names
}

// jacobian encloses the derivatives of f by the variables from..to-1, a row an
// output.
func (o *operator) jacobian(box []interval, from, to int) [][]interval {
	rows := make([][]interval, o.out)
	for j := range rows {
		rows[j] = enclose(o.grad[j][from:to], box)
	}
	return rows
}

// mixed encloses grad^2_21 f with d_i rows: row j holds d^2 f_j / dw_a dx_b.
func (o *operator) mixed(box []interval) [][]interval {
	rows := make([][]interval, o.out)
	for j := range rows {
		for a := range o.nw {
			rows[j] = append(rows[j], enclose(gradient(o.grad[j][o.in+a], o.in), box)...)
		}
	}
	return rows
}

// second encloses the derivative of grad f as a linear map of (x, w): a row for
// each entry of grad f. Its operator norm is the Lipschitz constant in
// Frobenius norm.
func (o *operator) second(box []interval) [][]interval {
	var rows [][]interval
	for j := range o.f {
		for _, g := range o.grad[j] {
			rows = append(rows, derivative(g, o.in+o.nw, box)...)
		}
	}
	return rows
}

// third is second for grad^2 f.
func (o *operator) third(box []interval) [][]interval {
	var rows [][]interval
	for j := range o.f {
		for _, g := range o.grad[j] {
			for _, h := range gradient(g, o.in+o.nw) {
				rows = append(rows, derivative(h, o.in+o.nw, box)...)
			}
		}
	}
	return rows
}

// derivative is the row of the n derivatives of p, or none when all are zero.
func derivative(p poly, n int, box []interval) [][]interval {
	if len(p) == 0 {
		return nil
	}
	return [][]interval{enclose(gradient(p, n), box)}
}

// gradient is the list of the derivatives of p by the variables 0..n-1.
func gradient(p poly, n int) []poly {
	g := make([]poly, n)
	for k := range g {
		g[k] = p.diff(k)
	}
	return g
}

func enclose(ps []poly, box []interval) []interval {
	e := make([]interval, len(ps))
	for k, p := range ps {
		e[k] = p.over(box)
	}
	return e
}

// normAtMost reports that |M|_op <= c for every matrix M inside m: a matrix of
// points is taken as it is, any other by the largest magnitude of each entry,
// which no matrix inside exceeds in norm. The norm is at most c if and only if
// c^2 I - G is positive semidefinite, with G the smaller of M^T M and M M^T.
func normAtMost(m [][]interval, c *big.Rat) bool {
	a := representative(m)
	if len(a) == 0 || len(a[0]) == 0 {
		return true
	}
	if len(a) > len(a[0]) {
		a = transpose(a)
	}
	g := make([][]*big.Rat, len(a))
	for i := range a {
		g[i] = zeros(len(a))
		for j := range a {
			for l := range a[i] {
				if a[i][l].Sign() != 0 && a[j][l].Sign() != 0 {
					g[i][j].Sub(g[i][j], mul(1, a[i][l], a[j][l]))
				}
			}
		}
		g[i][i].Add(g[i][i], sq(c))
	}
	return semidefinite(g)
}

func representative(m [][]interval) [][]*big.Rat {
	points := true
	for _, row := range m {
		for _, e := range row {
			points = points && e.lo.Cmp(e.hi) == 0
		}
	}
	a := make([][]*big.Rat, len(m))
	for i, row := range m {
		for _, e := range row {
			if points {
				a[i] = append(a[i], e.lo)
			} else {
				a[i] = append(a[i], e.magnitude())
			}
		}
	}
	return a
}

func transpose(a [][]*big.Rat) [][]*big.Rat {
	t := make([][]*big.Rat, len(a[0]))
	for j := range t {
		for i := range a {
			t[j] = append(t[j], a[i][j])
		}
	}
	return t
}

// semidefinite reports that the symmetric g is positive semidefinite, by its
// factorization L D L^T in exact arithmetic: no pivot is negative, and below a
// pivot that is 0 the column is 0. g is overwritten.
func semidefinite(g [][]*big.Rat) bool {
	for k := range g {
		if g[k][k].Sign() < 0 {
			return false
		}
		for i := k + 1; i < len(g); i++ {
			if g[i][k].Sign() == 0 {
				continue
			}
			if g[k][k].Sign() == 0 {
				return false
			}
			l := new(big.Rat).Quo(g[i][k], g[k][k])
			for j := k + 1; j < len(g); j++ {
				g[i][j].Sub(g[i][j], mul(1, l, g[k][j]))
			}
		}
	}
	return true
}

package core

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade/core/internal/house"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// constants are the suprema of A3 in the order they are tested.
var constantNames = []string{"J1", "J2", "C2", "L1", "L2"}

func (r Regularity) list() []float64 { return []float64{r.J1, r.J2, r.C2, r.L1, r.L2} }

// pointConstants computes the first so many of |J1|_op, |J2|_op, |grad^2_21|_op and the
// local Lipschitz constants of grad f and grad^2 f at (x, w): norms of derivatives, which
// are central differences of Jacobians. Each costs dim times what those before it do.
func pointConstants(op Op, x, w []float64, count int) []float64 {
	in, nw, out := op.In(), op.NW(), op.Out()
	j1, j2 := jacobians(op, x, w)
	got := []float64{norm(rowsOf(j1)), norm(rowsOf(j2))}
	if count <= len(got) {
		return got[:count]
	}
	// grad f as one vector, and its derivative by every coordinate of (x, w).
	grad := func(p []float64) []float64 {
		a, b := jacobians(op, p[:in], p[in:])
		var g []float64
		for i := range a {
			g = append(append(g, a[i]...), b[i]...)
		}
		return g
	}
	p := append(append([]float64(nil), x...), w...)
	first := derivative(grad, p, 1e-5)
	// H_{j,(a,b)} = d J2_{ja} / d x_b, a matrix with d_i rows.
	h := mat.NewDense(out, max(nw*in, 1), nil)
	for j := range out {
		for a := range nw {
			for b := range in {
				h.Set(j, a*in+b, first.At(j*(in+nw)+in+a, b))
			}
		}
	}
	if got = append(got, norm(h), norm(first)); count <= len(got) {
		return got[:count]
	}
	second := derivative(func(q []float64) []float64 {
		m := derivative(grad, q, 1e-4)
		return m.RawMatrix().Data
	}, p, 1e-4)
	return append(got, norm(second))
}

func rowsOf(a [][]float64) *mat.Dense {
	m := mat.NewDense(len(a), max(len(a[0]), 1), nil)
	for i := range a {
		for j, v := range a[i] {
			m.Set(i, j, v)
		}
	}
	return m
}

func norm(m mat.Matrix) float64 {
	var svd mat.SVD
	if !svd.Factorize(m, mat.SVDNone) {
		panic("no SVD")
	}
	return svd.Values(nil)[0]
}

// derivative is the matrix of central differences of f at p.
func derivative(f func([]float64) []float64, p []float64, h float64) *mat.Dense {
	var m *mat.Dense
	for k := range p {
		q := append([]float64(nil), p...)
		q[k] = p[k] + h
		a := append([]float64(nil), f(q)...)
		q[k] = p[k] - h
		b := f(q)
		if m == nil {
			m = mat.NewDense(len(a), len(p), nil)
		}
		for j := range a {
			m.Set(j, k, (a[j]-b[j])/(2*h))
		}
	}
	return m
}

// slack of the differences above, relative and absolute: first derivatives of
// Jacobians are good to 1e-8 of their size, second ones to 1e-5.
var slack = []float64{1e-12, 1e-12, 1e-6, 1e-6, 1e-3}

type testBox struct{ x, w Box }

// testBoxes are degenerate, tiny, wide, of mixed and of one sign, large.
func testBoxes(op Op, seed uint64) []testBox {
	r := newRand(seed)
	box := func(n int, center, radius float64, positive bool) Box {
		b := NewBox(n)
		for k := range n {
			c := center * r.NormFloat64()
			if positive {
				c = math.Abs(c) + 0.1
			}
			d := radius * r.Float64()
			b.Lo[k], b.Hi[k] = c-d, c+d
		}
		return b
	}
	var boxes []testBox
	for _, s := range []struct {
		center, radius float64
		positive       bool
	}{{1, 0, false}, {1, 0, true}, {1, 1e-3, false}, {0.3, 0.5, false}, {0, 1, false}, {3, 2, false},
		{0.05, 0.01, true}, {30, 40, false}} {
		boxes = append(boxes, testBox{box(op.In(), s.center, s.radius, s.positive),
			box(op.NW(), s.center, s.radius, s.positive)})
	}
	return boxes
}

// point maps unbounded parameters into the box.
func (b testBox) point(theta []float64) (x, w []float64) {
	at := func(b Box, theta []float64) []float64 {
		v := make([]float64, len(theta))
		for k, t := range theta {
			v[k] = b.Lo[k] + (b.Hi[k]-b.Lo[k])*(0.5+0.5*math.Sin(t))
		}
		return v
	}
	n := len(b.x.Lo)
	return at(b.x, theta[:n]), at(b.w, theta[n:])
}

// TestRegularity: no random and no optimised point of a box exceeds a bound,
// a zero bound is exactly 0 only where the quantity is, and for every constant
// of every operator some box is met to within 10 %.
func TestRegularity(t *testing.T) {
	for _, op := range testOps() {
		t.Run(op.Spec().String(), func(t *testing.T) {
			t.Parallel()
			reached := make([]float64, len(constantNames))
			var zero [5]bool
			for bi, b := range testBoxes(op, 7) {
				bound := op.Regularity(b.x, b.w)
				if bound.Lf != bound.J1 {
					t.Errorf("Lf = %v, J1 = %v", bound.Lf, bound.J1)
				}
				dim := op.In() + op.NW()
				check := func(theta []float64, count int) []float64 {
					x, w := b.point(theta)
					got := pointConstants(op, x, w, count)
					for k, v := range got {
						if !(v <= bound.list()[k]*(1+slack[k])+slack[k]) {
							t.Fatalf("box %d: %s is %v at x = %v, w = %v, the bound is %v", bi, constantNames[k], v,
								x, w, bound.list()[k])
						}
						if bound.list()[k] > 0 {
							reached[k] = max(reached[k], v/bound.list()[k])
						} else {
							zero[k] = true
						}
					}
					return got
				}
				r := newRand(uint64(bi))
				start := make([]float64, dim)
				for range 15 {
					for k := range start {
						start[k] = 4 * r.NormFloat64()
					}
					check(start, len(constantNames))
				}
				for k, v := range bound.list() {
					if v == 0 {
						continue // nothing to climb: check saw no more than slack
					}
					p := optimize.Problem{Func: func(theta []float64) float64 { return -check(theta, k+1)[k] }}
					_, _ = optimize.Minimize(p, start, &optimize.Settings{FuncEvaluations: 40}, &optimize.NelderMead{})
				}
			}
			if op.Spec().Op == "softmaxce" && op.In() == 1 {
				return // y = 0: all constants are 0, the bounds are rounding
			}
			for k, name := range constantNames {
				if reached[k] < 0.9 && !zero[k] && !loose[fmt.Sprint(op.Spec(), " ", name)] {
					t.Errorf("%s: bound met to %.3f at best, want 0.9 on some box", name, reached[k])
				}
			}
		})
	}
}

// TestSuprema: on intervals that hold no, some or all extrema, the bounds of the
// derivatives are their maxima on a fine grid, which misses them by less than
// gridError.
func TestSuprema(t *testing.T) {
	const gridError, grid, coarse = 1e-5, 1.0 / 256, 64 // ends at multiples of 1/4
	// sigmoid(x) = 1/2 + tanh(x/2)/2, and softplus' is the sigmoid.
	tanhD := func(x float64) [3]float64 {
		t, s := math.Tanh(x), 1/(math.Cosh(x)*math.Cosh(x))
		return [3]float64{s, 2 * t * s, 4*t*t*s - 2*s*s}
	}
	sigmoidD := func(x float64) [3]float64 {
		d := tanhD(x / 2)
		return [3]float64{d[0] / 4, d[1] / 8, d[2] / 16}
	}
	softplusD := func(x float64) [3]float64 {
		d := sigmoidD(x)
		return [3]float64{0.5 + math.Tanh(x/2)/2, d[0], d[1]}
	}
	for _, c := range []struct {
		op Op
		d  func(x float64) [3]float64
	}{{Tanh(1), tanhD}, {Sigmoid(1), sigmoidD}, {Softplus(1), softplusD}, {Logistic(), softplusD}} {
		for from := -4.0; from <= 4; from += coarse * grid {
			var want [3]float64
			for k := 0; from+float64(k)*grid <= 4; k++ {
				x := from + float64(k)*grid
				for j, v := range c.d(x) {
					want[j] = max(want[j], math.Abs(v))
				}
				if k%coarse != 0 {
					continue
				}
				b := c.op.Regularity(Box{[]float64{from}, []float64{x}}, Box{})
				for j, got := range []float64{b.J1, b.L1, b.L2} {
					if !(want[j] <= got && got <= want[j]+gridError) {
						t.Fatalf("%v on [%v, %v]: derivative %d is bounded by %v, its maximum is %v", c.op.Spec(),
							from, x, j+1, got, want[j])
					}
				}
			}
		}
	}
}

// loose lists the bounds that no box meets: grad^2 and grad^3 of softmaxce with
// three classes or more lose the signs of their entries (see the comment there);
// with two classes they are met.
var loose = map[string]bool{"softmaxce(3,label 1) L1": true, "softmaxce(3,label 1) L2": true}

// TestC2IsWhatA3Says: grad^2_21 of y = W x has d_out orthogonal rows of d_in
// ones, so its norm is sqrt(d_in), whatever d_out. (Lemma 2 would need
// sqrt(d_out): that is a matter of the lemma, not of the constant.)
func TestC2IsWhatA3Says(t *testing.T) {
	for _, c := range []struct {
		in, out int
		want    float64
	}{{1, 5, 1}, {4, 1, 2}, {9, 2, 3}} {
		op := Linear(c.in, c.out)
		got := op.Regularity(Point(make([]float64, c.in)), Point(make([]float64, op.NW()))).C2
		if !(math.Abs(got-c.want) <= 1e-6) {
			t.Errorf("C2 of linear(%d,%d) is %v, want %v", c.in, c.out, got, c.want)
		}
	}
}

// TestZeroConstants: where an operator's constant is 0, it says 0.
func TestZeroConstants(t *testing.T) {
	for _, c := range []struct {
		op   Op
		want string
	}{
		{Affine(2, 2), "L2"}, {Linear(2, 2), "L2"}, {Fixed([][]float64{{1, 2}}), "J2 C2 L1 L2"},
		{Bias(2), "C2 L1 L2"}, {Scale(2), "L2"},
		{Square(2), "J2 C2 L2"}, {HalfSq(2), "J2 C2 L2"}, {Tanh(2), "J2 C2"}, {SoftmaxCE(2, 0), "J2 C2"},
		{Bilinear(2), ""},
	} {
		r := newRand(1)
		b := c.op.Regularity(Point(normals(r, c.op.In())), Point(normals(r, c.op.NW())))
		got := ""
		for k, v := range b.list() {
			if v == 0 {
				got += " " + constantNames[k]
			}
		}
		if got != "" {
			got = got[1:]
		}
		if got != c.want {
			t.Errorf("%v: constants 0: %q, want %q", c.op.Spec(), got, c.want)
		}
	}
}

// TestLipschitzPairs: the bounds hold for differences between points of the
// box, not only at points.
func TestLipschitzPairs(t *testing.T) {
	for _, op := range testOps() {
		for bi, b := range testBoxes(op, 11) {
			k := op.Regularity(b.x, b.w)
			r := newRand(uint64(bi))
			for pair := range 20 {
				dim := op.In() + op.NW()
				x1, w1 := b.point(normals(r, dim))
				x2, w2 := b.point(normals(r, dim))
				a1, b1 := jacobians(op, x1, w1)
				a2, b2 := jacobians(op, x2, w2)
				diff := 0.0
				for i := range a1 {
					diff += sqDiff(a1[i], a2[i]) + sqDiff(b1[i], b2[i])
				}
				move := sqDiff(x1, x2) + sqDiff(w1, w2)
				if l := math.Sqrt(diff); !(l <= k.L1*math.Sqrt(move)*(1+1e-12)+1e-12) {
					t.Fatalf("%v: grad f moves by %v over %v, L1 = %v", op.Spec(), l, math.Sqrt(move), k.L1)
				}
				if pair%4 == 0 && (op.Spec().Op != "softmaxce" || op.In() > 1) {
					checkHessianMove(t, op, x1, w1, x2, w2, k.L2*math.Sqrt(move))
				}
				y1, y2 := make([]float64, op.Out()), make([]float64, op.Out())
				op.Forward(y1, x1, w1)
				op.Forward(y2, x2, w1)
				if l := math.Sqrt(sqDiff(y1, y2)); !(l <= k.Lf*math.Sqrt(sqDiff(x1, x2))*(1+1e-12)+1e-12) {
					t.Fatalf("%v: f moves by %v, Lf = %v", op.Spec(), l, k.Lf)
				}
			}
		}
	}
}

// checkHessianMove: |grad^2 f(p) - grad^2 f(q)|_F <= limit, with the second
// derivatives by differences of 2^-60 in 240 bits.
func checkHessianMove(t *testing.T, op Op, x1, w1, x2, w2 []float64, limit float64) {
	t.Helper()
	e := exact{240}
	h := new(big.Float).SetMantExp(e.of(1), -60)
	hessian := func(x, w []float64) []num {
		var all []num
		for _, row := range e.derivative(func(p []num) []num { return e.grad(op, p) }, append(e.vec(x), e.vec(w)...),
			h) {
			all = append(all, row...)
		}
		return all
	}
	sum := e.of(0)
	b := hessian(x2, w2)
	for k, a := range hessian(x1, w1) {
		d := e.sub(a, b[k])
		sum = e.add(sum, e.mul(d, d))
	}
	if l, _ := sum.Sqrt(sum).Float64(); !(l <= limit*(1+1e-12)+1e-30) {
		t.Fatalf("%v: grad^2 f moves by %v, L2 allows %v", op.Spec(), l, limit)
	}
}

func sqDiff(a, b []float64) float64 {
	s := 0.0
	for k := range a {
		s += (a[k] - b[k]) * (a[k] - b[k])
	}
	return s
}

// svdError is the relative error of gonum's largest singular value, a few units
// in the last place for the matrices here.
const svdError = 0x1p-48

// TestNorms: bounds of matrix norms are never below the singular value, and
// within 10 % of it for one matrix, at every scale; a box holds its corners.
func TestNorms(t *testing.T) {
	r := newRand(3)
	scales := []float64{5e-324, 1e-310, 1e-200, 1e-4, 1, 1e4, 1e200, 1e300}
	shapes := [][2]int{{1, 1}, {1, 40}, {40, 1}, {2, 2}, {2, 30}, {30, 2}, {4, 4}, {7, 5}, {20, 20}, {64, 64}}
	for trial := range 600 {
		shape, scale := shapes[trial%len(shapes)], scales[r.IntN(len(scales))]
		rows, cols := shape[0], shape[1]
		a := testMatrix(r, trial/len(shapes)%6, rows, cols)
		exponent := math.Ilogb(scale)
		lo, hi, corner := make([]float64, len(a)), make([]float64, len(a)), make([]float64, len(a))
		for k, v := range a {
			a[k] = math.Ldexp(v, exponent)
			d := scale * r.Float64()
			lo[k], hi[k] = a[k]-d, a[k]+d
			corner[k] = []float64{lo[k], hi[k]}[r.IntN(2)]
		}
		want := normOf(a, rows, cols)
		got := opNorm(a, a, rows, cols)
		if !(want.over(got) <= 1+svdError) || want.v == 0 && got != 0 {
			t.Fatalf("%d x %d: bound %v, norm %v 2^%d\n%v", rows, cols, got, want.v, want.e, a)
		}
		if scale > 1e-280 && want.v != 0 && !(want.over(got) >= 0.9) {
			t.Fatalf("%d x %d: bound %v is loose, norm %v 2^%d\n%v", rows, cols, got, want.v, want.e, a)
		}
		box := opNorm(lo, hi, rows, cols)
		if n := normOf(corner, rows, cols); !(n.over(box) <= 1+svdError) {
			t.Fatalf("a corner has norm %v 2^%d, the bound is %v", n.v, n.e, box)
		}
	}
}

// TestNormsOfBoxes: the norm of a box is bounded by the smaller of what its midpoint
// and its radius give, and its largest magnitudes.
func TestNormsOfBoxes(t *testing.T) {
	r := newRand(4)
	for trial := range 200 {
		rows, cols := 2+trial%3, 2+trial%4
		mid := testMatrix(r, trial%6, rows, cols)
		rad, lo, hi, top := make([]float64, len(mid)), make([]float64, len(mid)), make([]float64, len(mid)),
			make([]float64, len(mid))
		size := []float64{1e-6, 0.01, 0.3, 3}[r.IntN(4)]
		for k, v := range mid {
			rad[k] = size * r.Float64()
			lo[k], hi[k] = v-rad[k], v+rad[k]
			top[k] = max(math.Abs(lo[k]), math.Abs(hi[k]))
		}
		matrix := func(a []float64) float64 { return norm(mat.NewDense(rows, cols, a)) }
		want := min(matrix(mid)*1.03+matrix(rad)*1.006, matrix(top)*1.006) // see pointSlack
		if got := opNorm(lo, hi, rows, cols); !(got <= want) {
			t.Errorf("%d x %d, radius %v: bound %v, want at most %v", rows, cols, size, got, want)
		}
	}
}

// testMatrix is dense, sparse, of rank 1, non-negative, near rank 1, or orthogonal
// up to scale, with entries around 1.
func testMatrix(r *rand.Rand, kind, rows, cols int) []float64 {
	a, u, v := normals(r, rows*cols), normals(r, rows), normals(r, cols)
	for k := range a {
		product := u[k/cols] * v[k%cols]
		switch kind {
		case 1:
			a[k] *= float64(r.IntN(2))
		case 2:
			a[k] = product
		case 3:
			a[k] = math.Abs(a[k])
		case 4:
			a[k] = product + 1e-9*a[k]
		case 5: // a row of Walsh's functions
			a[k] = 1 - 2*float64(bits.OnesCount(uint(k/cols)&uint(k%cols))%2)
		}
	}
	return a
}

func normOf(a []float64, rows, cols int) scaled {
	e := exact{100}
	m := make([][]num, rows)
	for i := range m {
		m[i] = e.vec(a[i*cols : (i+1)*cols])
	}
	return opNormOf(m)
}

// TestLargeNorm: beyond squaredWidth the time is that of a few products, and
// the bound one of the two that are left.
func TestLargeNorm(t *testing.T) {
	const n = 513 // one beyond squaredWidth
	diagonal, signs := make([]float64, n*n), make([]float64, n*n)
	for k := range signs {
		signs[k] = float64(1 - 2*(k%3%2))
		if k%(n+1) == 0 {
			diagonal[k] = signs[k] * 3
		}
	}
	if got := opNorm(diagonal, diagonal, n, n); !(3 <= got && got <= 3.001) {
		t.Errorf("norm of a diagonal of +-3: %v", got)
	}
	if got := opNorm(signs, signs, n, n); !(math.Abs(got-float64(n)) <= 1e-3*float64(n)) {
		t.Errorf("norm of %d^2 signs: %v, want |.|_F", n, got)
	}
}

// TestNormEdges: zero, NaN, infinite and overflowing matrices and vectors.
func TestNormEdges(t *testing.T) {
	inf, nan, huge := math.Inf(1), math.NaN(), math.MaxFloat64
	for _, c := range []struct {
		lo, hi []float64
		want   float64
	}{
		{[]float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}, 0},
		{[]float64{1, nan, 1, 1}, []float64{1, nan, 1, 1}, nan},
		{[]float64{1, nan, inf, 1}, []float64{1, nan, inf, 1}, nan},
		{[]float64{1, -inf, 1, -1}, []float64{1, 1, 1, 1}, inf},
		{[]float64{-huge, -huge, 1, -1}, []float64{huge, huge, 1, 1}, inf},
	} {
		got := opNorm(c.lo, c.hi, 2, 2)
		if got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("norm of [%v, %v] is %v, want %v", c.lo, c.hi, got, c.want)
		}
	}
	// A power iteration on which |m z| has the largest entry 1, as it has at (1, 0; 1, 0).
	for _, c := range []struct {
		m    []float64
		want float64
	}{{[]float64{1, 0, 1, 0}, math.Sqrt2}, {[]float64{0.5, 0.5, 0.5, 0.5}, 1}, {make([]float64, 4), 0}} {
		if got := absOpNorm(c.m, 2, 2); !(got >= c.want*(1-1e-15)) || !(got <= c.want*converged) {
			t.Errorf("norm of %v is %v, want %v", c.m, got, c.want)
		}
	}
	for _, tiny := range []float64{1e-140, 1.3e-155, 1.1e-160, 1.3e-161, 1.7e-161, 1e-170, 1e-200, 5e-324} {
		for _, got := range []float64{Point([]float64{tiny, -tiny}).norm(), norm2([]float64{tiny, -tiny})} {
			if !(got/tiny >= math.Sqrt2*(1-1e-15)) {
				t.Errorf("norm of (%v, %v) is %v", tiny, -tiny, got)
			}
		}
	}
	for _, got := range []float64{norm2(make([]float64, 2)), Point(make([]float64, 2)).norm(), tinyNorm(0, 2)} {
		if got != 0 {
			t.Errorf("norm of 0 is %v", got)
		}
	}
	if got := norm2([]float64{0, nan}); !math.IsNaN(got) {
		t.Errorf("norm of (0, NaN) is %v", got)
	}
}

func TestRegion(t *testing.T) {
	c := someChains(t)[1]
	r := newRand(9)
	region := NewRegion(c)
	var visited []*State
	w := normals(r, c.NW())
	for range 3 {
		s := NewState(c)
		s.Pass(c, normals(r, c.D(0)), w, nil)
		region.Visit(s, w)
		visited = append(visited, s)
	}
	for _, s := range visited {
		for i, b := range region.Y {
			if !b.Contains(s.Y[i]) {
				t.Errorf("Y_%d of a visited pass is outside", i)
			}
		}
	}
	per := make([]Regularity, c.N()+1)
	all := region.Regularity(per)
	for i := 1; i <= c.N(); i++ {
		if m := all.Max(per[i]); m != all {
			t.Errorf("operator %d exceeds the constants of the chain", i)
		}
	}
	region.Reset()
	if got := house.Panic(func() { region.Regularity(nil) }); got == "<nil>" {
		t.Error("an empty region has constants")
	}
	b := NewBox(1)
	b.Add([]float64{math.NaN()})
	b.Add([]float64{1})
	if b.Contains([]float64{1}) {
		t.Error("a box that met NaN contains something")
	}
}

package core

import (
	"math"
	"testing"
)

// roundoffBoxes centre boxes at several scales: ordinary, small, saturated,
// and, for operators without an exponential, huge.
func roundoffBoxes(op Op, seed uint64) []testBox {
	boxes := testBoxes(op, seed)
	scales := []float64{1e-3, 30, 700, 1e3}
	switch op.Spec().Op {
	case "tanh", "sigmoid", "softplus", "logistic", "softmaxce":
	default:
		scales = append(scales, 1e-30, 1e30)
	}
	r := newRand(seed)
	for _, s := range scales {
		x, w := NewBox(op.In()), NewBox(op.NW())
		for range 2 {
			x.Add(times(s, normals(r, op.In())))
			w.Add(times(s, normals(r, op.NW())))
		}
		boxes = append(boxes, testBox{x, w})
	}
	return boxes
}

func times(s float64, v []float64) []float64 {
	for k := range v {
		v[k] *= s
	}
	return v
}

// TestRoundoff: Forward and both products are off from 300 bits of math/big by
// no more than the bound, which is within 1e4 of the largest error on some box.
func TestRoundoff(t *testing.T) {
	const loosest = 1e4
	e := exact{300}
	for _, op := range testOps() {
		t.Run(op.Spec().String(), func(t *testing.T) {
			var reached [3]float64
			var zero [3]bool
			r := newRand(1)
			for bi, b := range roundoffBoxes(op, 5) {
				bound := op.Roundoff(b.x, b.w)
				for range 12 {
					x, w := b.point(times(4, normals(r, op.In()+op.NW())))
					got := roundingErrors(e, op, x, w, normals(r, op.Out()))
					for k, limit := range []float64{bound.F, bound.J1, bound.J2} {
						if !(got[k] <= limit) || math.IsInf(limit, 0) {
							t.Fatalf("box %d: %s is off by %v, the bound is %v, at x = %v, w = %v",
								bi, [...]string{"F", "J1", "J2"}[k], got[k], limit, x, w)
						}
						zero[k] = zero[k] || limit == 0
						if limit > 0 {
							reached[k] = max(reached[k], got[k]/limit)
						}
					}
				}
			}
			for k, v := range reached {
				if !zero[k] && !(v >= 1/loosest) && op.Spec().String() != "softmaxce(1,label 0)" { // makes no error
					t.Errorf("bound %d is %v times the largest error seen", k, 1/v)
				}
			}
		})
	}
}

// roundingErrors are the three left sides of Roundoff at one point.
func roundingErrors(e exact, op Op, x, w, v []float64) [3]float64 {
	y, a, b := make([]float64, op.Out()), make([]float64, op.In()), make([]float64, op.NW())
	op.Forward(y, x, w)
	op.VJP1(a, x, w, y, v)
	op.VJP2(b, x, w, y, v)
	ey, j1, j2 := e.eval(op, e.vec(x), e.vec(w))
	n := norm2(v)
	return [3]float64{e.distance(y, ey), e.distance(a, e.vjp(j1, e.vec(v))) / n, e.distance(b, e.vjp(j2, e.vec(v))) / n}
}

// TestElementary measures what the constant elementary says of package math, at
// points of every size.
func TestElementary(t *testing.T) {
	e, r := exact{200}, newRand(2)
	one := e.of(1)
	for range 3000 {
		x := math.Ldexp(r.Float64()+1, r.IntN(40)-34) // up to 64
		q := e.exp(e.of(x))
		minus := e.div(one, q)
		for name, c := range map[string]struct {
			got  float64
			want num
		}{
			"exp":   {math.Exp(x), q},
			"exp-":  {math.Exp(-x), minus},
			"log":   {math.Log(1 + x), e.log(e.of(1 + x))},
			"log1p": {math.Log1p(math.Exp(-x)), e.log(e.add(one, e.of(math.Exp(-x))))},
			"tanh":  {math.Tanh(x), e.div(e.sub(q, minus), e.add(q, minus))},
		} {
			if d := e.distance([]float64{c.got}, []num{c.want}); !(d <= elementary*math.Abs(c.got)) {
				t.Errorf("%s(%v) = %v is off by %v in relative terms", name, x, c.got, d/math.Abs(c.got))
			}
		}
	}
}

// TestEnclosure: the states of perturbed passes lie within the enclosure of the
// states that 300 bits give for the same perturbations.
func TestEnclosure(t *testing.T) {
	e := exact{300}
	for ci, c := range someChains(t) {
		r := newRand(uint64(20 + ci))
		s, region, enc := NewState(c), NewRegion(c), NewEnclosure(c)
		per := make([]Regularity, c.N()+1)
		for trial := range 10 {
			x, w := normals(r, c.D(0)), normals(r, c.NW())
			s.Pass(c, x, w, noise{r})
			region.Reset()
			enc.Reset()
			region.Visit(s, w)
			enc.Visit(s)
			region.Widen(Margin)
			region.Regularity(per)
			if !enc.Compute(region, per) {
				t.Fatalf("chain %d, trial %d: outside the region", ci, trial)
			}
			y, v, u := exactPass(e, c, s, w)
			for i, b := range region.Y {
				for k, exact := range y[i] {
					if !(exact.Cmp(e.of(b.Lo[k])) >= 0 && exact.Cmp(e.of(b.Hi[k])) <= 0) {
						t.Fatalf("chain %d: the exact Y_%d is outside the region", ci, i)
					}
				}
			}
			for i := 1; i <= c.N(); i++ {
				dy, dv, du := e.distance(s.Y[i], y[i]), e.distance(s.V[i], v[i]), e.distance(s.U[i], u[i])
				if !(dy <= enc.Y[i] && dv <= enc.V[i] && du <= enc.U[i]) {
					t.Fatalf("chain %d, trial %d, operator %d: errors %v, %v, %v, enclosed by %v, %v, %v",
						ci, trial, i, dy, dv, du, enc.Y[i], enc.V[i], enc.U[i])
				}
			}
		}
	}
}

// TestEnclosureOutsideRegion: the constants do not cover states that lie outside
// the region, for want of a margin or for an engine of low precision.
func TestEnclosureOutsideRegion(t *testing.T) {
	c := someChains(t)[1]
	r := newRand(40)
	s, enc := NewState(c), NewEnclosure(c)
	w := normals(r, c.NW())
	s.Pass(c, normals(r, c.D(0)), w, nil)
	enc.Visit(s)
	per := make([]Regularity, c.N()+1)
	for _, k := range []struct {
		margin, scale float64
		want          bool
	}{{0, 1, false}, {Margin, 0, true}, {Margin, 1, true}, {Margin, 1 << 29, false}, {1e-3, 1 << 29, true}} {
		region := NewRegion(c)
		region.Visit(s, w)
		region.Widen(k.margin)
		region.Regularity(per)
		enc.Scale = k.scale
		if got := enc.Compute(region, per); got != k.want {
			t.Errorf("margin %v, rounding errors times %v: inside is %v, want %v", k.margin, k.scale, got, k.want)
		}
	}
}

// TestVisitAfterWiden: what is visited after Widen is not widened, so the region
// covers no exact states.
func TestVisitAfterWiden(t *testing.T) {
	c := someChains(t)[1]
	r := newRand(41)
	s, enc := NewState(c), NewEnclosure(c)
	x, w := normals(r, c.D(0)), normals(r, c.NW())
	s.Pass(c, x, w, nil)
	enc.Visit(s)
	per := make([]Regularity, c.N()+1)
	var boxes []Box
	for i := range c.N() {
		boxes = append(boxes, Point(s.Y[i]))
	}
	for name, visit := range map[string]func(r *Region){
		"nothing": nil, "state": func(r *Region) { r.Visit(s, w) }, "boxes": func(r *Region) { r.VisitBoxes(boxes) },
		"inputs": func(r *Region) { r.Smoothness([][]float64{x}) },
	} {
		region := NewRegion(c)
		region.Visit(s, w)
		region.Widen(Margin)
		if visit != nil {
			visit(region)
		}
		region.Regularity(per)
		if got := enc.Compute(region, per); got != (visit == nil) {
			t.Errorf("%s visited after Widen: inside is %v", name, got)
		}
	}
}

// noise perturbs every state by normal numbers.
type noise struct {
	r interface{ NormFloat64() float64 }
}

func (p noise) Delta(_ int, dst, _ []float64) { p.fill(dst) }
func (p noise) Eps(_ int, dst, _ []float64)   { p.fill(dst) }
func (p noise) fill(dst []float64) {
	for k := range dst {
		dst[k] = p.r.NormFloat64()
	}
}

// exactPass is (5a)-(5c) with the perturbations that s holds.
func exactPass(e exact, c *Chain, s *State, w []float64) (y, v, u [][]num) {
	n := c.N()
	y, v, u = make([][]num, n+1), make([][]num, n+1), make([][]num, n+1)
	j1, j2 := make([][][]num, n+1), make([][][]num, n+1)
	y[0] = e.vec(s.Y[0])
	for i := 1; i <= n; i++ {
		y[i], j1[i], j2[i] = e.eval(c.Op(i), y[i-1], e.vec(c.W(i, w)))
		for k, d := range s.Delta[i] {
			y[i][k] = e.add(y[i][k], e.of(d))
		}
	}
	v[n] = e.vec([]float64{1})
	for i := n; i >= 1; i-- {
		u[i] = e.vjp(j2[i], v[i])
		if i == 1 {
			break
		}
		v[i-1] = e.vjp(j1[i], v[i])
		for k, d := range s.Eps[i] {
			v[i-1][k] = e.add(v[i-1][k], e.of(d))
		}
	}
	return y, v, u
}

// TestRoundoffOfWideVectors: where every entry is off by its own rounding |.|_2
// grows with the root of the width, which at width 3 nobody sees. The bounds are
// within 100 times the errors.
func TestRoundoffOfWideVectors(t *testing.T) {
	const n, loosest = 2000, 100
	e := exact{90}
	r := newRand(17)
	for _, make1 := range []func(int) Op{Sigmoid, Tanh, Softplus, Bias, Scale, Square} {
		op, one := make1(n), make1(1)
		x, w, v := normals(r, n), normals(r, op.NW()), normals(r, n)
		var squares [3]float64
		for k := range n {
			got := roundingErrors(e, one, x[k:k+1], w[min(k, len(w)):min(k+1, len(w))], v[k:k+1])
			got[1], got[2] = got[1]*v[k], got[2]*v[k] // not for each v_k, for v
			for j, g := range got {
				squares[j] += g * g
			}
		}
		bound := op.Roundoff(Point(x), Point(w))
		for j, limit := range []float64{bound.F, bound.J1, bound.J2} {
			got := math.Sqrt(squares[j])
			if j > 0 {
				got /= size2(v)
			}
			if !(got <= limit && limit <= loosest*got) {
				t.Errorf("%v: error %d is %v, the bound is %v", op.Spec(), j, got, limit)
			}
		}
	}
}

// TestRoundoffIsItsFormula: the bounds by hand, in units of 2^-53, at a point with
// |x| = 5, |w| = 3 for the operators with weights, |b| = 2, |A|_F = 7. gamma(n) is n
// units, an elementary function is 4.
func TestRoundoffIsItsFormula(t *testing.T) {
	const u = 0x1p-53
	x, w, b := []float64{3, -4}, []float64{2, 2, -1}, []float64{-2}
	two, three := []float64{1, -2, 2}, []float64{0, -5, 0}
	a := [][]float64{{2, -3}, {6, 0}, {0, 0}}
	for _, c := range []struct {
		op    Op
		x, w  []float64
		want  Roundoff // in units
		known string
	}{
		{Affine(2, 1), x, append([]float64{3, 0}, b...), Roundoff{4 * (3*5 + 2), 3 * 3, 5},
			"(in+2)(|W||x|+|b|), (out+2)|W|, |x|"},
		{Linear(2, 3), x, []float64{2, 2, 0, 1, 0, 0}, Roundoff{4 * 3 * 5, 5 * 3, 5}, "(in+2)|W||x|, (out+2)|W|, |x|"},
		{Fixed(a), x, nil, Roundoff{4 * 7 * 5, 5 * 7, 0}, "(in+2)|A||x|, (out+2)|A|"},
		{Bias(3), three, w, Roundoff{F: 5 + 3}, "|x|+|w|"},
		{Scale(3), three, w, Roundoff{2 * 5, 2, 5}, "max|w| |x|, max|w|, max|x|"},
		{Tanh(4), []float64{1, 2, 3, 4}, nil, Roundoff{4 * 2, 2*4 + 4, 0}, "4 sqrt n, 12"},
		{Sigmoid(4), []float64{1, 2, 3, 4}, nil, Roundoff{6 * 2, 2*4 + 6, 0}, "6 sqrt n, 14"},
		{Softplus(4), []float64{3, 0, 0, 4}, nil, Roundoff{10 * (5 + 2), 4 + 3, 0}, "10(|x| + sqrt n), 7"},
		{Logistic(), []float64{5}, nil, Roundoff{10 * (5 + 1), 4 + 3, 0}, "10(|x| + 1), 7"},
		{Square(2), x, nil, Roundoff{25, 2 * 2 * 4, 0}, "|x|^2, 4 max|x|"},
		{HalfSq(2), x, nil, Roundoff{3 * 25, 5, 0}, "(n+1)|x|^2, |x|"},
		{SoftmaxCE(3, 1), two, nil, Roundoff{2*(3+4+5) + 7*(math.Log(3)+4), 3*(3+4+5) + 3, 0}, "min(spread, n) = 3"},
		{SoftmaxCE(3, 0), []float64{1, 0.5, 1}, nil, Roundoff{2*(0.5+4+5) + 7*(math.Log(3)+0.5), 3*(0.5+4+5) + 3, 0},
			"spread = 1/2"},
		{Bilinear(3), three, w, Roundoff{12 * (15*15 + 25), 12 * (2*15*3 + 5), 12 * 2 * 15 * 5},
			"(2n+6)(s^2+|x|^2), ..."},
	} {
		got := c.op.Roundoff(Point(c.x), Point(c.w))
		for k, p := range [][2]float64{{got.F, c.want.F}, {got.J1, c.want.J1}, {got.J2, c.want.J2}} {
			if want := p[1] * u; !(p[0] >= want*(1-1e-12) && p[0] <= want*(1+0x1p-18)) {
				t.Errorf("%v: bound %d is %v units, want %v: %s", c.op.Spec(), k, p[0]/u, p[1], c.known)
			}
		}
	}
}

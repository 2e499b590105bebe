package logistic

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
)

// convexWith is the oracle of a format on inputs that are written down, its grid fixed at w.
func convexWith(fmt Format, w []float64, x ...[]float64) *convex {
	return newConvex(fieldWith(Point{Reg: Convex, Gamma: 0.1, T: 2000, Law: Law{Format: &fmt, Reading: OneASample}},
		x...), w)
}

// TestGridEnds: above 0, above the largest, below 0 and at the ends of a binade.
func TestGridEnds(t *testing.T) {
	for _, c := range []struct {
		name    string
		q, want float64
	}{
		{"e4m3", 0, 0x1p-9}, {"e5m2", 0, 0x1p-16}, {"bf16", 0, 0x1p-27},
		{"e4m3", 448, math.Inf(1)}, {"e5m2", 57344, math.Inf(1)}, {"e4m3", 416, 448}, {"e4m3", 1, 1.125},
		{"e4m3", -1, -0.9375}, {"e4m3", -1.125, -1}, {"e4m3", -0x1p-9, 0}, {"e4m3", 0x1p-9, 0x1p-8},
		{"e5m2", 1.75, 2}, {"e5m2", 2, 2.5}, {"e5m2", -2, -1.75}, {"bf16", 1, 1 + 0x1p-7}, {"bf16", -1, -1 + 0x1p-8},
		{"int8", 0.25, 0.25 + 1./128}, {"int8", -0.25, -0.25 + 1./128},
	} {
		k := convexWith(Format{Name: c.name, Site: AtBackward}, []float64{0}, []float64{1})
		if got := k.above(c.q); got != c.want && !(math.IsNaN(got) && c.name == "int8") {
			t.Errorf("%s: above %v is %v, want %v", c.name, c.q, got, c.want)
		}
	}
	k := convexWith(Format{Name: "e4m3", Site: AtForward}, []float64{0}, []float64{1})
	for _, c := range [][4]float64{{1.03125, 1, 1.125, 0.25}, {-1.03125, -1.125, -1, 0.75}, {1, 1, 1.125, 0},
		{-1, -1, -0.9375, 0}, {0, 0, 0x1p-9, 0}, {-0x1p-10, -0x1p-9, 0, 0.5}} {
		low, high, way := k.between(c[0])
		nearAll(t, "low, high, way", []float64{low, high, way}, c[1:], 1e-15)
	}
}

// TestScale: int8 has 2^(e-6) for a largest number in (127/128 2^(e-1), 127/128 2^e].
func TestScale(t *testing.T) {
	x := [][]float64{{1}, {-3}, {2}}
	for _, c := range []struct {
		site         Site
		w, out, want float64
	}{
		{AtForward, 1, 0, 1. / 32},               // 3
		{AtForward, 1, 1.2, 1. / 16},             // 4.2
		{AtForward, 1, -2, 1. / 128 * 1},         // 1
		{AtForward, 127. / 128 / 3, 0, 1. / 128}, // 0.992
		{AtForward, 127.5 / 128 / 3, 0, 1. / 64}, // a little more
		{AtForward, 4. * 127 / 128 / 3, 0, 1. / 32},
		{AtBackward, 0, 0, 1. / 256}, // 1/2, not above 127/256
		{AtBackward, -2, 0, 1. / 64}, // sigma(6)
		{AtBackward, 0.1, 0, 1. / 128},
		{AtBackward, -2, -6.5, 1. / 256 * 1}, // sigma(-1/2)
	} {
		k := convexWith(Format{Name: "int8", Site: c.site}, []float64{c.w}, x...)
		got := k.scaleAt([]float64{c.w}, c.out)
		top := 0.0
		for _, row := range x {
			a := math.Abs(row[0]*c.w) + c.out
			if c.site == AtBackward {
				a = sigma(row[0]*c.w + c.out)
			}
			top = max(top, a)
		}
		if !(127*got >= top && 127*got/2 < top) { // the least power of 2 with room for top
			t.Errorf("%s at %v, moved by %v: scale %v for %v", c.site, c.w, c.out, got, top)
		}
		if c.out == 0 && k.scale != got {
			t.Errorf("a grid of %v, its scale is %v", k.scale, got)
		}
	}
}

// TestDither: the slopes to nearest are the mean of value(Q(. + u)) over u in -h/2..h/2, by brute force.
func TestDither(t *testing.T) {
	a := []float64{0.3, -1.7, 0.0001, 2.9}
	for _, site := range []Site{AtForward, AtBackward} {
		for _, name := range []string{"e4m3", "e5m2", "int8"} {
			k := convexWith(Format{Name: name, Site: site}, []float64{1}, []float64{3})
			for _, h := range []float64{0.7, 0.05} {
				s, slope := make([]float64, 4), make([]float64, 4)
				e, _ := k.slopes(a, h, s, slope, true)
				jumps := 0.0
				for i, v := range a {
					value := func(u float64) float64 {
						if site == AtForward {
							return sigma(k.round(v + u))
						}
						return k.round(sigma(v + u))
					}
					const n = 4000
					mean := 0.0
					for j := range n {
						mean += value(h*((float64(j)+0.5)/n-0.5)) / n
					}
					what := fmt.Sprintf("%s %s, h = %v, a = %v", site, name, h, v)
					near(t, what, s[i], mean, 1e-4)
					near(t, "derivative of "+what, slope[i], (value(h/2)-value(-h/2))/h, 1e-12)
					jumps += h / 2 * (value(h/2) - value(-h/2)) / 4
				}
				near(t, "e", e, jumps, 1e-12)
			}
			s, slope := make([]float64, 1), make([]float64, 1)
			mid := []float64{0.26}
			if e, jump := k.slopes(mid, 1e-9, s, slope, true); e != 0 || jump || slope[0] != 0 {
				t.Errorf("%s %s: between jumps e = %v, jump %v, slope %v", site, name, e, jump, slope[0])
			}
		}
	}
}

// TestStochasticSlopes: a polygon through sigma at the grid, or sigma itself.
func TestStochasticSlopes(t *testing.T) {
	a := []float64{1.03125, -1.03125, 0}
	s, slope := make([]float64, 3), make([]float64, 3)
	k := convexWith(Format{Name: "e4m3", Stochastic: true, Site: AtForward}, []float64{1}, []float64{1})
	if e, jump := k.slopes(a, 1, s, slope, true); e != 0 || jump {
		t.Errorf("e = %v, jump %v", e, jump)
	}
	nearAll(t, "polygon", s, []float64{0.75*sigma(1) + 0.25*sigma(1.125), 0.75*sigma(-1) + 0.25*sigma(-1.125), 0.5},
		1e-15)
	near(t, "its slope", slope[0], (sigma(1.125)-sigma(1))/0.125, 1e-14)
	k.fmt.Site = AtBackward
	k.slopes(a, 1, s, slope, true)
	nearAll(t, "sigma", s, []float64{sigma(a[0]), sigma(a[1]), 0.5}, 0)
	near(t, "sigma'", slope[2], 0.25, 0)
}

// TestLoss: g, g' and g” of both sites of Top-k.
func TestLoss(t *testing.T) {
	for _, site := range []Site{AtForward, AtBackward} {
		k := convexWith(Format{Name: TopK, Keep: 0.5, Site: site}, []float64{0}, []float64{1})
		for _, a := range []float64{-3, 0, 0.4, 5} {
			want := math.Log1p(math.Exp(a))
			if site == AtForward {
				want = math.Log(2 * math.Cosh(a/2))
			}
			g, d, d2 := k.loss(a)
			value := func(x float64) float64 { v, _, _ := k.loss(x); return v }
			near(t, "g", g, want, 1e-14)
			near(t, "g'", d, fd.Derivative(value, a, &fd.Settings{Formula: fd.Central}), 1e-8)
			slope := func(x float64) float64 { _, v, _ := k.loss(x); return v }
			near(t, "g''", d2, fd.Derivative(slope, a, &fd.Settings{Formula: fd.Central}), 1e-8)
		}
		if g, _, _ := k.loss(1000); math.IsInf(g, 0) || math.IsNaN(g) {
			t.Errorf("g(1000) = %v", g)
		}
	}
}

// TestShares: 2 of 4 numbers, two of them within the dither and equal: a half each.
func TestShares(t *testing.T) {
	k := convexWith(Format{Name: TopK, Keep: 0.5, Site: AtBackward}, []float64{0}, []float64{1})
	a := []float64{3, 1, 1, -2}
	s, slope := make([]float64, 4), make([]float64, 4)
	e, jump := k.slopes(a, 0.1, s, slope, true)
	d := sigma(1)
	nearAll(t, "shares", s, []float64{sigma(3), d / 2, d / 2, 0}, 1e-12)
	nearAll(t, "slopes", slope, []float64{sigma(3) * sigma(-3), d*(1-d)/2 + d*d/0.1, d*(1-d)/2 + d*d/0.1, 0}, 1e-12)
	near(t, "e", e, 2*0.05/4, 1e-15)
	k.fmt.Site = AtForward
	k.slopes([]float64{3, 1, -1, 0.2}, 0.1, s, slope, true)
	nearAll(t, "forward", s, []float64{sigma(3), 0.5 + (d-0.5)/2, 0.5 - (d-0.5)/2, 0.5}, 1e-12)
	if _, clear := k.slopes([]float64{3, 2, 1, 0.2}, 1e-6, s, slope, true); clear || !jump {
		t.Errorf("jumps: %v where no number is near, %v where two are", clear, jump)
	}
}

// TestPass: the mean step's derivatives by differences, for every law, with a wide dither; e and the kinks.
func TestPass(t *testing.T) {
	x := [][]float64{{1, 0.4}, {-0.7, 1.1}, {0.2, -2}, {1.3, 0.9}, {-1.6, 0.1}}
	w := []float64{0.63, -0.41}
	for _, f := range []Format{
		{Name: "e4m3", Site: AtForward}, {Name: "e5m2", Site: AtBackward}, {Name: "int8", Site: AtForward},
		{Name: "e5m2", Stochastic: true, Site: AtForward}, {Name: "e5m2", Stochastic: true, Site: AtBackward},
		{Name: TopK, Keep: 0.4, Site: AtForward}, {Name: TopK, Keep: 0.4, Site: AtBackward},
	} {
		k := convexWith(f, w, x...)
		h := 0.8 // so wide that for Top-k d d/h is below d2 for one that lies within it
		p := k.pass(w, h, true)
		jac := mat.NewDense(2, 2, nil)
		fd.Jacobian(jac, func(y, v []float64) { copy(y, k.pass(v, h, false).mean) }, w,
			&fd.JacobianSettings{Formula: fd.Central, Step: 1e-6})
		nearAll(t, fmt.Sprintf("%+v: Hessian", f), flat(p.hess), []float64{jac.At(0, 0), jac.At(0, 1), jac.At(1, 0),
			jac.At(1, 1)}, 1e-6)
		if bare := k.pass(w, h, false); bare.hess != nil || bare.e != p.e || bare.jump != p.jump {
			t.Errorf("%+v without derivatives: %+v, want %+v", f, bare, p)
		}
		v, at := k.settle(w)
		if !(norm2(at.mean) < 1e-6 && at.e <= finest) {
			t.Errorf("%+v: a residue of %v, e = %v at %v", f, norm2(at.mean), at.e, v)
		}
	}
}

// TestErrorsAt: sizes and biases of an error, from its definition, at both sites.
func TestErrorsAt(t *testing.T) {
	x, w := [][]float64{{1}, {2}, {4}, {-0.5}}, []float64{1.03125}
	one := func(f Format) Errors { k := convexWith(f, w, x...); return *k.errorsAt(w) }
	e := one(Format{Name: "e4m3", Site: AtForward}) // binades: x and 2 x round alike
	size := math.Sqrt((1 + 4 + 16 + 0.25) * 0.03125 * 0.03125 / 4)
	nearAll(t, "to nearest", []float64{e.Size, e.Bias}, []float64{size, size}, 1e-15)
	e = one(Format{Name: "e4m3", Stochastic: true, Site: AtForward})
	nearAll(t, "stochastic", []float64{e.Size, e.Bias}, []float64{math.Sqrt(3) * size, 0}, 1e-15) // p(1-p) = 3/16
	e = one(Format{Name: TopK, Keep: 0.5, Site: AtForward})
	lost := w[0] * math.Sqrt((1+0.25)/4)
	nearAll(t, "top 2", []float64{e.Size, e.Bias}, []float64{lost, lost}, 1e-15)
	e = one(Format{Name: TopK, Keep: 0.5, Site: AtBackward})
	lost = math.Hypot(sigma(w[0]), sigma(-w[0]/2)) / 2
	nearAll(t, "top 2 slopes", []float64{e.Size, e.Bias}, []float64{lost, lost}, 1e-15)
	k := convexWith(Format{Name: "e4m3", Stochastic: true, Site: AtForward}, w, x...)
	for at, want := range map[float64][2]float64{1: {0, 0}, 1.0625: {0, 0.25 * 0x1p-6}, 1.03125: {0, 3. / 16 * 0x1p-6}} {
		mean, variance := k.draws(at)
		nearAll(t, "draws", []float64{mean, variance}, want[:], 1e-16)
	}
	k.fmt.Stochastic = false
	mean, variance := k.draws(1.03125)
	nearAll(t, "to nearest", []float64{mean, variance}, []float64{-0.03125, 0}, 0)
}

// TestFormatNoise: the covariance of a step's noise and the spread of an activation, two samples.
func TestFormatNoise(t *testing.T) {
	x, w := [][]float64{{1, 0.5}, {2, -1}}, []float64{1.03125, 0}
	f := Format{Name: "e4m3", Stochastic: true, Site: AtForward}
	k := convexWith(f, w, x...)
	k.p.Xi = 0.1
	v := []float64{3. / 16 * math.Pow(sigma(1.125)-sigma(1), 2), 3. / 16 * math.Pow(sigma(2.25)-sigma(2), 2)}
	off := (v[0]*0.5 - v[1]*2) / 4
	nearAll(t, "noise", flat(k.noiseAt(w)), []float64{0.01 + (v[0]+4*v[1])/4, off, off, 0.01 + (v[0]*0.25+v[1])/4},
		1e-15)
	k.fmt.Site = AtBackward
	_, v[0] = k.draws(sigma(1.03125))
	_, v[1] = k.draws(sigma(2.0625))
	off = (v[0]*0.5 - v[1]*2) / 4
	nearAll(t, "noise", flat(k.noiseAt(w)), []float64{0.01 + (v[0]+4*v[1])/4, off, off, 0.01 + (v[0]*0.25+v[1])/4},
		1e-15)
	k.fmt.Stochastic = false
	nearAll(t, "xi alone", flat(k.noiseAt(w)), []float64{0.01, 0, 0, 0.01}, 1e-17)
	cov := mat.NewSymDense(2, []float64{1, 0.25, 0.25, 4})
	one, two := 1+0.25+1, 4.-1+4 // x^T cov x
	near(t, "spread", k.spreadOf(w, cov), (one+two)/2, 1e-14)
	k.fmt.Name = TopK
	d := func(a float64) float64 { return sigma(a) * sigma(a) }
	near(t, "of a loss", k.spreadOf(w, cov), (one*d(1.03125)+two*d(2.0625))/2, 1e-14)
	near(t, "steepest", k.steepest(), 0.2+(2.5+0.625+math.Hypot(2.5-0.625, 2*-0.75))/8, 1e-14)
}

// TestPredictFormat: x = 1 and R = 0.1 w^2: where sigma jumps from below -0.2 w to above it
// the minimum is the jump, and |grad f| there is the plateau; where it does not it is a root.
func TestPredictFormat(t *testing.T) {
	step := func(w float64, f Format) float64 { // to nearest, at the forward site
		k := convexWith(f, []float64{w}, []float64{1})
		return sigma(k.round(w)) + 0.2*w
	}
	for _, name := range []string{"e4m3", "e5m2"} {
		f := Format{Name: name, Site: AtForward}
		low, high := -3.0, 0.0
		for range 60 {
			if mid := (low + high) / 2; step(mid, f) < 0 {
				low = mid
			} else {
				high = mid
			}
		}
		p := Point{Reg: Convex, Gamma: 0.01, T: 20_000, Xi: 0.001, EWMA: 0.9, Law: Law{Format: &f, Reading: OneASample}}
		q := predict(fieldWith(p, []float64{1}), false)
		near(t, name, q.Plateau, math.Abs(sigma(low)+0.2*low), q.PlateauErr)
		if jump := step(high+1e-9, f)-step(low-1e-9, f) > 1e-3; q.NoRoot != jump || !q.Proved || !(q.PlateauErr < 1e-4) {
			t.Errorf("%s at %v: jumps %v, %+v", name, low, jump, q)
		}
		if !q.Settled || q.Floor != q.Stable || !(q.SD > 0) {
			t.Errorf("%s: %+v", name, q)
		}
	}
	f := Format{Name: "e5m2", Stochastic: true, Site: AtBackward}
	p := Point{Reg: Convex, Gamma: 0.01, T: 20_000, Xi: 0.001, EWMA: 0.9, Law: Law{Format: &f, Reading: OneASample}}
	if q := predict(fieldWith(p, []float64{1}), false); q.Plateau > q.PlateauErr || q.NoRoot || q.Errors.Bias != 0 {
		t.Errorf("without bias: %+v", q)
	}
}

// TestPredictInt8: where the grid of the exact minimum is not that of its own, the minimum is sought
// again on its own grid.
func TestPredictInt8(t *testing.T) {
	x := []float64{4.118991698014803, 1.5344359640109282, 0.5938036212390889}
	f := Format{Name: "int8", Site: AtForward}
	p := Point{Reg: Convex, Gamma: 0.01, T: 20_000, Xi: 0.001, EWMA: 0.9, Law: Law{Format: &f, Reading: OneASample}}
	k := fieldWith(p, x[:1], x[1:2], x[2:])
	exact := *k
	start := exact.root(k.p.start()).W
	first := newConvex(k, start)
	w, _ := first.settle(start)
	settled := newConvex(k, w)
	if settled.scale == first.scale {
		t.Fatalf("the grids are the same, %v", settled.scale)
	}
	slope := func(w float64, round func(a float64) float64) float64 {
		sum := 0.2 * w
		for _, v := range x {
			sum += v * sigma(round(v*w)) / float64(len(x))
		}
		return sum
	}
	low, high := -3.0, 0.0 // of the mean step on its own grid
	for range 60 {
		if mid := (low + high) / 2; slope(mid, settled.round) < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	if !(math.Abs(low-w[0]) > 1e-3) {
		t.Fatalf("the minima are the same, %v and %v", low, w)
	}
	want := math.Abs(slope(low, func(a float64) float64 { return a }))
	near(t, "plateau", predictFormat(k).Plateau, want, 1e-5)
}

// TestFormatFloor: rounding at random of sigma without bias is noise of a step about the minimum of f: with one
// sample x = 1 its floor is that of a linear recursion, which is forgotten after 20/(gamma F”) steps of the first
// half.
func TestFormatFloor(t *testing.T) {
	f := Format{Name: "e5m2", Stochastic: true, Site: AtBackward}
	const gamma, xi = 0.01, 0.001
	at := func(steps int) *Predicted {
		p := Point{Reg: Convex, Gamma: gamma, T: steps, Xi: xi, EWMA: 0.9, Law: Law{Format: &f, Reading: OneASample}}
		return predict(fieldWith(p, []float64{1}), false)
	}
	low, high := -3.0, 0.0
	for range 60 {
		if mid := (low + high) / 2; sigma(mid)+0.2*mid < 0 {
			low = mid
		} else {
			high = mid
		}
	}
	s := sigma(low)
	if s < 0.21875 || s > 0.25 {
		t.Fatalf("sigma is %v", s)
	}
	h, way := s*(1-s)+0.2, (s-0.21875)/0.03125
	noise := xi*xi + way*(1-way)*0.03125*0.03125
	a := 1 - gamma*h
	sd := h * gamma * math.Sqrt(noise/(1-a*a)) // of grad f
	forgotten := int(2 * 20 / (gamma * h))
	for steps, settled := range map[int]bool{forgotten - 10: false, forgotten + 10: true} {
		q := at(steps)
		near(t, "floor", q.Floor, sd*math.Sqrt(2/math.Pi), 1e-3*sd)
		if q.Settled != settled || q.Stable != q.Floor || q.Slack != 0 || q.NoRoot || !q.Proved {
			t.Errorf("T = %d: %+v", steps, q)
		}
		n, sum := steps/2, 1-2/math.Pi
		for k := 1; k < n; k++ {
			r := math.Pow(a, float64(k))
			sum += 2 * (1 - float64(k)/float64(n)) * 2 / math.Pi * (math.Sqrt(1-r*r) + r*math.Asin(r) - 1)
		}
		near(t, "sd of the mean", q.SD, sd*math.Sqrt(sum/float64(n)), 0.05*q.SD)
	}
}

// TestRadius: ((e + |G|^2/(4 rho))/rho)^{1/2}, and what is left of it where there is neither.
func TestRadius(t *testing.T) {
	near(t, "radius", (&pass{e: 2, mean: []float64{3, 4}}).radius(0.25), math.Sqrt((2+25)/0.25), 1e-12)
	near(t, "nothing", (&pass{mean: []float64{0}}).radius(0.25), math.Sqrt(8)*0x1p-28, 1e-20)
}

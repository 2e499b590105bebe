package beyond

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
)

// near: equal but for the rounding of some dozens of operations.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-12*max(1, math.Abs(b)) }

func allNear(a, b []float64) bool { return slices.EqualFunc(a, b, near) }

// TestFeedbackPaths goes along each path of the noise by itself, w <- w - g (u + xi + d_t -
// d_{t+1}), and holds what the tree sums up against the sums over paths.
func TestFeedbackPaths(t *testing.T) {
	for _, kind := range []shape{parabola, kinked, valley} {
		for _, memory := range []rule{against, signs, top1, momentum} {
			f := &feedback{
				shape: kind, h: []float64{2, 0.75}, mu: 0.5, start: []float64{1, -0.5}, gamma: 0.3, s: 0.9, steps: 4,
				rule: memory, size: 0.6, beta: 0.7, plan: []float64{1, -1, -1}, along: 1,
			}
			f.run()
			memory2, grad2, gap, scale := make([]float64, f.steps+1), 0.0, 0.0, 0.0
			paths := 1 << f.steps
			for path := range paths {
				w, d, m := slices.Clone(f.start), []float64{0, 0}, []float64{0, 0}
				for n := range f.steps + 1 {
					memory2[n] += (d[0]*d[0] + d[1]*d[1]) / float64(paths)
					scale = max(scale, f.loss(w))
					if n == f.steps {
						break
					}
					u, z := []float64{f.slope(0, w[0]), f.slope(1, w[1])}, []float64{0, 0}
					grad2 += (u[0]*u[0] + u[1]*u[1]) / float64(paths)
					for k := range w {
						u[k] += f.s * float64(2*(path>>n&1)-1)
						m[k] = 0.7*m[k] + u[k]
						z[k] = w[k] - f.gamma*d[k] - f.gamma*u[k]
					}
					next := f.remember(n+1, z, d, u, m)
					for k := range w {
						w[k] -= f.gamma * (u[k] + d[k] - next[k])
					}
					d = next
				}
				gap += f.loss(w) / float64(paths)
			}
			name := fmt.Sprintf("%s, %s", kind, memory)
			if !allNear(f.memory2, memory2) || !near(f.d2, slices.Max(memory2)) {
				t.Errorf("%s: E|d|^2 is %v, along paths %v", name, f.memory2, memory2)
			}
			if !near(f.grad2, grad2) || !near(f.gapT, gap) || !near(f.scale, scale) {
				t.Errorf("%s: gradients %v, gap %v, scale %v; along paths %v, %v, %v", name, f.grad2, f.gapT, f.scale, grad2,
					gap, scale)
			}
			mu := map[shape]float64{parabola: 0.75, kinked: 0.5, valley: 0.75}[kind]
			want := bounds.Feedback{
				Smooth: bounds.Smooth{L: 2, Mu: mu, Gamma: 0.3, SigmaSq: 2 * 0.9 * 0.9}, D0: f.loss(f.start), M2: f.d2, Steps: 4,
			}
			if got := f.bound(); got != want {
				t.Errorf("%s: the bound is of %+v, want %+v", name, got, want)
			}
			again := *f
			f.run()
			if f.grad2 != again.grad2 || f.gapT != again.gapT || f.d2 != again.d2 || f.scale != again.scale {
				t.Errorf("%s: a second run is another one", name)
			}
		}
	}
}

// TestHeavyBallIsFeedback: two steps of heavy ball by hand, which error feedback with the memory
// beta m takes too.
func TestHeavyBallIsFeedback(t *testing.T) {
	f := &feedback{shape: parabola, h: []float64{1, 2}, start: []float64{1, -3}, gamma: 0.5, beta: 0.25, steps: 2,
		rule: momentum}
	// u = (1, -6), m = u, w = (1 - 3/8, -3 + 9/4) = (5/8, -3/4), u = (5/8, -3/2).
	if got, want := f.heavyBall(), 1+36+25./64+9./4; got != want {
		t.Errorf("heavy ball's gradients sum to %v, want %v", got, want)
	}
	if f.run(); !near(f.grad2, 1+36+25./64+9./4) {
		t.Errorf("error feedback's sum to %v", f.grad2)
	}
}

// TestSampledPaths goes along each sequence of samples, in the words of (5.11): w <- w - g (grad_k +
// D_t - D_{t+1}), where a memory is a sample's own, and by what is sent where it is shared.
func TestSampledPaths(t *testing.T) {
	for _, shared := range []bool{false, true} {
		s := &sampled{
			h: 1.75, gamma: 0.4, start: 0.8, at: 0.9, x: [2]float64{1.5, 2.5}, b: [2]float64{1.25, -0.5}, steps: 5,
			shared: shared,
		}
		optimum := (1.5*1.25 - 2.5*0.5) / 2 / 1.75
		s.run()
		memory2, gap, scale := make([]float64, s.steps+1), 0.0, 0.0
		paths, whole, kept := 1<<s.steps, 0, 0
		for path := range paths {
			w, e := 0.8, []float64{0, 0}
			for n := range s.steps + 1 {
				d := 1.5*e[0] + 2.5*e[1]
				memory2[n] += d * d / float64(paths)
				scale = max(scale, 1.75/2*(w*w+optimum*optimum))
				if n == s.steps {
					break
				}
				k := path >> n & 1
				mine := &e[k]
				if shared {
					mine = &e[0]
				}
				full := *mine + 1.75*w/s.x[k] - s.b[k]
				sent := full
				if math.Abs(full) < 0.9 {
					sent, *mine = 0, full
					kept++
				} else {
					*mine = 0
					whole++
				}
				moved := w - 0.4*s.x[k]*sent
				if !shared {
					grad, later := 1.75*w-s.x[k]*s.b[k], 1.5*e[0]+2.5*e[1]
					if feedback := w - 0.4*(grad+d-later); !near(moved, feedback) {
						t.Errorf("w is %v, as error feedback %v", moved, feedback)
					}
				}
				w = moved
			}
			gap += 1.75 / 2 * (w - optimum) * (w - optimum) / float64(paths)
		}
		if !allNear(s.memory2, memory2) || !near(s.gapT, gap) || !near(s.scale, scale) || whole == 0 || kept == 0 {
			t.Errorf("shared %v: E|D|^2 %v, gap %v, scale %v; along paths %v, %v, %v", shared, s.memory2, s.gapT, s.scale,
				memory2, gap, scale)
		}
		noise := (1.5*1.25 + 2.5*0.5) / 2
		want := bounds.Feedback{
			Smooth: bounds.Smooth{L: 1.75, Mu: 1.75, Gamma: 0.4, SigmaSq: noise * noise},
			D0:     1.75 / 2 * (0.8 - optimum) * (0.8 - optimum), M2: slices.Max(s.memory2), Steps: 5,
		}
		got := s.bound()
		if !near(got.D0, want.D0) || !near(got.SigmaSq, want.SigmaSq) {
			t.Errorf("the bound is of %+v, want %+v", got, want)
		}
		got.D0, got.SigmaSq = want.D0, want.SigmaSq
		if got != want || !near(s.optimum(), optimum) {
			t.Errorf("the bound is of %+v, want %+v", got, want)
		}
		again := s.gapT
		if s.run(); s.gapT != again || len(s.memory2) != 6 {
			t.Error("a second run is another one")
		}
	}
}

// TestTreeByHand: h = 2, g = 1/4, beta = 1/2 from x = 1 with m = 2: m becomes 1 + 2 + 1 +- 3, x is
// 1 - 7/4 or 1 - 1/4.
func TestTreeByHand(t *testing.T) {
	b, scale := bounds.HeavyBall{H: 2, Gamma: 0.25, Beta: 0.5}, 0.0
	if got, want := tree(b, 1, 2, []float64{1}, []float64{3}, &scale), (0.75*0.75+0.75*0.75)/2; got != want {
		t.Errorf("E x^2 is %v, want %v", got, want)
	}
	if scale != 49./16 { // (g m)^2 of the larger m
		t.Errorf("the scale is %v", scale)
	}
	scale = 0
	if got := tree(b, 3, 0, nil, nil, &scale); got != 9 || scale != 9 {
		t.Errorf("E x^2 is %v, the scale %v, want 9", got, scale)
	}
	// The response of two steps is 1, 1 + beta - g h = 1.
	if bias, variance := limits(b, 2); bias != -0.5 || variance != 0.125 {
		t.Errorf("two steps leave %v and a variance of %v", bias, variance)
	}
	if got := heavy(0.5, 0.25); got != (bounds.HeavyBall{H: 1, Gamma: 0.25, Beta: 0.5}) {
		t.Errorf("%+v", got)
	}
}

// TestCubic: a number's operator and its derivatives, term by term.
func TestCubic(t *testing.T) {
	f := cubic{a: [4]float64{2, -3, 5, -7}, b: [4]float64{11, 13, -17, 0}}
	for _, y := range []float64{0, 0.5, -2} {
		a := []float64{2 - 3*y + 5*y*y - 7*y*y*y, -3 + 10*y - 21*y*y, 10 - 42*y, -42, 0}
		b := []float64{11 + 13*y - 17*y*y, 13 - 34*y, -34, 0, 0}
		for n := range a {
			if got := f.byW(y, n); got != b[n] {
				t.Errorf("derivative %d of df/dw at %v is %v, want %v", n, y, got, b[n])
			}
			if got, want := f.byY(y, 1.5, n), a[n]+1.5*b[n]; got != want {
				t.Errorf("derivative %d of f at %v is %v, want %v", n, y, got, want)
			}
		}
	}
	if got := polynomial([4]float64{1, 2, 3, 4}, 10, 0); got != 4321 {
		t.Errorf("%v", got)
	}
}

// TestSavedPaths: f_1 = (1 + y) w + y^3/8, f_2 = y + w y^2, whose U are written out here for each of
// the four outcomes.
func TestSavedPaths(t *testing.T) {
	const x, w1, w2 = 0.5, 0.75, -0.25
	for _, together := range []bool{false, true} {
		s := &saved{
			x: x, w: []float64{w1, w2}, low: []float64{0.25, 0.5}, high: []float64{0.75, 0.125}, together: together,
			ops: []cubic{{a: [4]float64{0, 0, 0, 0.125}, b: [4]float64{1, 1}}, {a: [4]float64{0, 1}, b: [4]float64{0, 0, 1}}},
		}
		y := (1+x)*w1 + x*x*x/8
		grad := func(z1, z2 float64) (u1, u2 float64) {
			return (1 + x + z1) * (1 + 2*w2*(y+z2)), (y + z2) * (y + z2)
		}
		v1, v2 := grad(0, 0)
		type outcome struct{ z1, z2, p float64 }
		all := []outcome{{-0.25, -0.5, 0.75 * 0.2}, {0.75, -0.5, 0.25 * 0.2}, {-0.25, 0.125, 0.75 * 0.8},
			{0.75, 0.125, 0.25 * 0.8}}
		if together {
			all = []outcome{{-0.25, -0.5, 0.75}, {0.75, 0.125, 0.25}}
		}
		m1, m2, worst := 0.0, 0.0, 0.0
		form := func(c, l1 float64, size []float64) float64 { return c + 2*l1 + 10*size[1] + 100*size[2] + 1000*size[0] }
		s.run(form)
		for _, o := range all {
			u1, u2 := grad(o.z1, o.z2)
			m1, m2 = m1+o.p*(u1-v1), m2+o.p*(u2-v2)
			size := []float64{0, math.Abs(o.z1), math.Abs(o.z2)}
			worst = max(worst, ((u1-v1)*(u1-v1)+(u2-v2)*(u2-v2))/form(s.c, s.l1, size))
		}
		if !near(s.mean2, m1*m1+m2*m2) || !near(s.worstRatio, worst) {
			t.Errorf("together %v: |E[U-u]|^2 %v, ratio %v; by hand %v, %v", together, s.mean2, s.worstRatio, m1*m1+m2*m2,
				worst)
		}
		c, l1, l2 := 0.0, 0.0, 0.0
		for _, z := range []float64{0, -0.25, 0.75} {
			at := x + z
			c = max(c, math.Abs(w1+3*at*at/8), math.Abs(1+at))
			l1 = max(l1, math.Hypot(6*at/8, 1))
			l2 = max(l2, 6./8)
		}
		for _, z := range []float64{0, -0.5, 0.125} {
			at := y + z
			c = max(c, math.Abs(1+2*w2*at), at*at)
			l1 = max(l1, math.Hypot(2*w2, 2*at))
			l2 = max(l2, 2)
		}
		if !near(s.c, c) || !near(s.l1, l1) || !near(s.l2, l2) {
			t.Errorf("C = %v, L1 = %v, L2 = %v; by hand %v, %v, %v", s.c, s.l1, s.l2, c, l1, l2)
		}
		if got, want := s.spread(), []float64{0, 0.25 * 0.75, 0.5 * 0.125}; !slices.Equal(got, want) {
			t.Errorf("E|zeta|^2 is %v, want %v", got, want)
		}
		again := *s
		if s.run(form); s.mean2 != again.mean2 || s.worstRatio != again.worstRatio || s.c != again.c {
			t.Error("a second run is another one")
		}
	}
	none := &saved{low: []float64{0}, high: []float64{0}}
	for k := range 2 {
		if z, p := none.outcome(0, k); z != 0 || p != 0.5 {
			t.Errorf("no error: %v with probability %v", z, p)
		}
	}
}

// TestSent: what each compressor of the schemes sends, and what is left.
func TestSent(t *testing.T) {
	for _, c := range []struct {
		name       string
		send       func(float64) float64
		from, want []float64
	}{
		{"whole", whole, []float64{0.5, 0.499, -0.5, -0.499, 3, 0}, []float64{0.5, 0, -0.5, 0, 3, 0}},
		{"grid", grid, []float64{0.999, 1.001, 2.9, 3.1, -3.1, 1, 3, 0}, []float64{0, 2, 2, 4, -4, 0, 4, 0}},
		{"leading", leading, []float64{0, 1, 1.5, 1.5625, 1.9, 2, -0.375, -0.4, 0.3125, 6},
			[]float64{0, 1, 1, 2, 2, 2, -0.25, -0.5, 0.25, 4}},
		{"logistic", logistic, []float64{0, math.Log(3), -math.Log(3)}, []float64{0.5, 0.75, 0.25}},
	} {
		for k, a := range c.from {
			if got := c.send(a); !near(got, c.want[k]) {
				t.Errorf("%s of %v is %v, want %v", c.name, a, got, c.want[k])
			}
			if c.name == "leading" && a != 0 && !(math.Abs(c.send(a)-a) <= digit*math.Abs(a)) {
				t.Errorf("leading(%v) is off by more than a third", a)
			}
		}
	}
	if sent, left := rest(0.75, whole); sent != 0.75 || left != 0 {
		t.Errorf("of 0.75 is sent %v, kept %v", sent, left)
	}
	if sent, left := rest(1.25, grid); sent != 2 || left != -0.75 {
		t.Errorf("of 1.25 is sent %v, kept %v", sent, left)
	}
}

// TestScheme runs each scheme over again with its steps written out, and holds all that a run
// says against it.
func TestScheme(t *testing.T) {
	const gamma = 1.
	p := regression(small, 5)
	m, steps := p.Len(), 48
	reg := core.Regularizer{Kind: "l2", Rho: 0.1}
	for _, s := range schemes {
		got := runScheme(p, s, gamma, 48)
		w, kept, ref := make([]float64, 5), make([]float64, m), make([]float64, m)
		moves := make([][]float64, m) // y_t - y_{t-1}, from the reference 0
		last := make([]float64, m)
		var norms, sizes []float64
		worst := 0.0
		for range steps {
			var grad, u, d [5]float64
			for k := range m {
				_, x := p.Sample(k)
				y := 0.0
				for j := range 5 {
					y += x[j] * w[j]
				}
				v := 1 / (1 + math.Exp(-y))
				sends := v
				switch s {
				case backward:
					sends = whole(v)
				case backwardOne:
					sends, kept[0] = rest(v+kept[0], whole)
				case backwardEach:
					sends, kept[k] = rest(v+kept[k], whole)
				case forward:
					sends = 1 / (1 + math.Exp(-2*math.RoundToEven(y/2)))
				case forwardEach:
					full := y + kept[k]
					at := 2 * math.RoundToEven(full/2)
					kept[k] = full - at
					sends = 1 / (1 + math.Exp(-at))
				case difference:
					ref[k] += leading(y - ref[k])
					sends = 1 / (1 + math.Exp(-ref[k]))
					moves[k] = append(moves[k], math.Abs(y-last[k]))
					last[k] = y
					if bound := bounds.Tracking(1./3, moves[k]); bound > 1e-12 {
						worst = max(worst, math.Abs(ref[k]-y)/bound)
					}
				}
				for j := range 5 {
					grad[j] += x[j] * v / float64(m)
					u[j] += x[j] * sends / float64(m)
					if s == backwardEach || s == forwardEach {
						d[j] += x[j] * kept[k] / float64(m)
					}
				}
			}
			norm, size := 0.0, 0.0
			for j := range 5 {
				g := grad[j] + reg.Grad(w[j])
				norm, size = norm+g*g, size+d[j]*d[j]
				w[j] -= gamma * (u[j] + reg.Grad(w[j]))
			}
			norms, sizes = append(norms, math.Sqrt(norm)), append(sizes, math.Sqrt(size))
		}
		stable, mean2 := 0.0, 0.0
		for k, x := range norms {
			mean2 += x * x / 48
			if k >= 24 {
				stable += x / 24
			}
		}
		if !near(got.stable, stable) || !near(got.last, norms[47]) || !near(got.mean2, mean2) || !near(got.worst, worst) {
			t.Errorf("%s: %+v, step by step %v, %v, %v, %v", s, got, stable, norms[47], mean2, worst)
		}
		if (s == difference) != (worst > 0.5) || worst > 1+1e-9 {
			t.Errorf("%s: the largest error of a reference is %v of its bound", s, worst)
		}
		memory := slices.Max(sizes)
		if s == backwardEach && !(near(got.memory, memory) && near(got.bound.M2, memory*memory) && memory > 0.01) {
			t.Errorf("%s: memory %v, %v in the bound, step by step %v", s, got.memory, got.bound.M2, memory)
		}
		if s != backwardEach {
			if got.bound != (bounds.Feedback{}) {
				t.Errorf("%s has the bound %+v", s, got.bound)
			}
			continue
		}
		// The start is w = 0, where the loss is log 2 and the regulariser nothing.
		if b := got.bound; b.Steps != 48 || b.Gamma != gamma || b.L != p.L() || !near(b.D0, math.Ln2-p.LStarLower()) {
			t.Errorf("%s: the bound is of %+v", s, b)
		}
	}
}

// TestSweeps: two data sets, of other seeds than the neighbouring ones', each scheme at each step.
func TestSweeps(t *testing.T) {
	if !slices.Equal(schemeGammas, []float64{0.25, 0.0625, 0.015625}) || schemeLength != 48 || schemeData != 2 {
		t.Errorf("steps %v, length %v, %d data sets", schemeGammas, schemeLength, schemeData)
	}
	a, b := regression(small, 7<<8), regression(small, 7<<8+1)
	_, x := a.Sample(0)
	_, y := b.Sample(0)
	if len(x) != 5 || a.Len() != 50 || slices.Equal(x, y) {
		t.Errorf("%d samples of %d numbers, %v and %v", a.Len(), len(x), x, y)
	}
}

// TestEF21Pencil: the tight factor is the largest ratio that the plane allows, found here on a
// grid of directions, and the step is the closed form of its paper.
func TestEF21Pencil(t *testing.T) {
	for _, mu := range []float64{0.1, 0.5} {
		for _, rho := range []float64{0.3, 0.7} {
			g := step21(mu, rho)
			if want := 2 * (1 - rho) / ((1 + mu) * (1 + rho)); !near(g, want) {
				t.Errorf("mu = %v, rho = %v: the step is %v, want %v", mu, rho, g, want)
			}
			most := 0.0
			for _, h := range []float64{mu, 1} {
				for k := range 20000 {
					// Along one line: grad f(x_0) = sin, d_0 = cos, grad f(x_1) = sin - g h cos.
					sin, cos := math.Sincos(math.Pi * float64(k) / 20000)
					next := sin - g*h*cos
					before, after := rho*sin*sin+(sin-cos)*(sin-cos), rho*next*next+rho*rho*(next-cos)*(next-cos)
					most = max(most, after/before)
				}
			}
			if got := tight21(mu, rho, g); !(got >= most && got <= most*(1+1e-6)) {
				t.Errorf("mu = %v, rho = %v: the factor is %v, on a grid %v", mu, rho, got, most)
			}
		}
	}
}

// TestEF21Ratio: V_1/V_0 written out in the plane, at the ends and inside of what is allowed.
func TestEF21Ratio(t *testing.T) {
	const mu, rho, gamma = 0.2, 0.6, 0.5
	at := []float64{1, -2, 0.5, 1.5, 0.7, 0.3, -0.4}
	g, d := complex(1, -2), complex(0.5, 1.5)
	sq := func(z complex128) float64 { return real(z)*real(z) + imag(z)*imag(z) }
	turn := complex(math.Cos(0.7), math.Sin(0.7))
	moved := complex(0.6, 0)*d + complex(0.4*math.Sqrt(2.5)*math.Tanh(0.3), 0)*turn
	next := g - complex(gamma, 0)*moved
	left := rho * math.Tanh(-0.4)
	want := (rho*sq(next) + left*left*sq(next-d)) / (rho*sq(g) + sq(g-d))
	if got := ratio21(mu, rho, gamma, at); !near(got, want) {
		t.Errorf("V_1/V_0 is %v, want %v", got, want)
	}
}

// TestEF21Published: Theorem 1 of EF21 on runs that are gone through by hand, x <- x - g d, of d the entry
// that is furthest from the gradient renewed. From the minimum there is nothing to hold.
func TestEF21Published(t *testing.T) {
	for _, steps := range []int{1, 2, 7} {
		f := &feedback{shape: parabola, h: []float64{1, 4}, start: []float64{2, -1}, steps: steps}
		rho := math.Sqrt(0.5)
		g := (1 - rho) / 4
		x, y, dx, dy, sum := 2.0, -1.0, 0.0, 0.0, 0.0
		for range steps {
			sum += x*x + 16*y*y
			x, y = x-g*dx, y-g*dy
			if math.Abs(x-dx) >= math.Abs(4*y-dy) {
				dx = x
			} else {
				dy = 4 * y
			}
		}
		// f(x_0) is 2 + 2, the gradient there (2, -4).
		if got, want := published21(f), sum/(2*4/g+20/(1-rho)); !near(got, want) {
			t.Errorf("%d steps: %v, want %v", steps, got, want)
		}
	}
	if got := published21(&feedback{shape: parabola, h: []float64{1, 4}, start: []float64{0, 0}, steps: 3}); got != 0 {
		t.Errorf("from the minimum %v", got)
	}
}

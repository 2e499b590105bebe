package logistic

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core/perturb"
)

// Errors are the root mean square of delta_t, or eps_t, over the samples at the stationary
// point, and of its mean over the draw.
type Errors struct {
	Size float64 `json:"size"`
	Bias float64 `json:"bias"`
}

// convex is what a step with a format does in the mean. For a rounding Q to nearest on a
// fixed grid the slopes of the perturbed pass,
//
//	sigma(Q(a)) for the forward site, Q(sigma(a)) for the backward one,
//
// grow with a; so do their means for stochastic rounding, a polygon through sigma at the
// grid, and sigma itself. Top-k of the activations by magnitude and of the chain terms are
// gradients, almost everywhere, of
//
//	max_S sum_{k in S} ln cosh(a_k/2) + sum_k a_k/2   and   max_S sum_{k in S} ln(1+e^a_k),   |S| = K.
//
// So the mean step is one along a (sub)gradient of a convex F, and with R = rho |w|^2 of a
// strongly convex one: F has one minimum v, and 0 is in the convex hull of the limits of
// E[perturbed gradient] at v. Where F has a kink there no w has E[perturbed gradient] = 0:
// it jumps over 0 at v, the steps go to and fro about v, and v takes the place of the root.
//
// v is found with a dither of width h in the place of the jumps, by Newton's method with
// an exact search along the line, for h down to finest. Then 0 is an e-subgradient of F
// up to the residue G, e at most h/2 times the mean jump within h, and
//
//	|w - v| <= sqrt((e + |G|^2/(4 rho))/rho).
type convex struct {
	*field
	fmt    Format
	grid   perturb.Format // of floating point
	scale  float64        // of int8, fixed
	radius float64
}

// finest is the last width of the dither, of activations or, for Top-k, of losses.
const (
	finest     = 1e-10
	widest     = 0.1
	narrower   = 10
	leastExp   = -20              // numbers of bf16 below 2^-20 count as equal to their rounding
	belowLeast = 0x1p-20 * 0x1p-8 // what that changes
	residue    = 1e-9             // of G; 1e-5 on the way
	onTheWay   = 1e-5
	lineSteps  = 40
	newtonMost = 60 // steps for a width
)

// pass is a convex at one point and one width.
type pass struct {
	mean []float64
	hess *mat.SymDense
	e    float64
	jump bool // samples within the dither
}

func sigma(a float64) float64 { return 1 / (1 + math.Exp(-a)) }

// round is the value of the grid nearest to x.
func (c *convex) round(x float64) float64 {
	if c.fmt.Name == "int8" {
		return math.RoundToEven(x/c.scale) * c.scale
	}
	return c.grid.Nearest(x)
}

// between are the grid's values on both sides of x, the lower one first, and how far x is
// on the way.
func (c *convex) between(x float64) (low, high, way float64) {
	if c.fmt.Name == "int8" {
		low = math.Floor(x/c.scale) * c.scale
		return low, low + c.scale, (x - low) / c.scale
	}
	near, far, frac := c.grid.Neighbours(x)
	if near == far {
		return near, c.above(near), 0
	}
	if x < 0 {
		return far, near, 1 - frac
	}
	return near, far, frac
}

// above is the value of the grid after q; +Inf after the largest.
func (c *convex) above(q float64) float64 {
	switch {
	case c.fmt.Name == "int8":
		return q + c.scale
	case q >= c.grid.Max:
		return math.Inf(1)
	case q == 0:
		return math.Ldexp(1, c.grid.MinExp-c.grid.Mantissa)
	}
	const little = 0x1p-20
	near, far, _ := c.grid.Neighbours(q + little*math.Abs(q))
	if q < 0 {
		return near
	}
	return far
}

// slopes of the mean step, their derivatives and variances, with a dither of width h.
func (c *convex) slopes(a []float64, h float64, s, slope []float64, derive bool) (e float64, jump bool) {
	m := float64(len(a))
	forward := c.fmt.Site == AtForward
	if c.fmt.Name == TopK {
		return c.largest(a, h, s, slope)
	}
	for k, v := range a {
		if c.fmt.Stochastic {
			if !forward {
				s[k] = sigma(v)
				slope[k] = s[k] * (1 - s[k])
				continue
			}
			low, high, way := c.between(v)
			from, to := sigma(low), sigma(high)
			s[k], slope[k] = from+way*(to-from), (to-from)/(high-low)
			continue
		}
		end, value, back := v+h/2, sigma, func(x float64) float64 { return x }
		q := 0.0
		if forward {
			q = c.round(v - h/2)
		} else {
			q = c.round(sigma(v - h/2))
			value, back = back, func(x float64) float64 { return math.Log(x / (1 - x)) }
		}
		sum, total, at := value(q), 0.0, value(q)
		for {
			next := c.above(q)
			middle := (q + next) / 2
			if !forward && middle >= 1 {
				break
			}
			edge := back(middle)
			if !(edge < end) {
				break
			}
			to := value(next)
			sum += (to - at) * min(1, (end-edge)/h)
			total += to - at
			q, at = next, to
		}
		s[k], slope[k] = sum, total/h
		e += h / 2 * total / m
		jump = jump || total > 0
	}
	return e, jump
}

// loss is g of Top-k, its first and second derivative.
func (c *convex) loss(a float64) (g, d, d2 float64) {
	s := sigma(a)
	soft := math.Max(a, 0) + math.Log1p(math.Exp(-math.Abs(a)))
	if c.fmt.Site == AtForward { // ln cosh(a/2) + ln 2
		return soft - a/2, s - 0.5, s * (1 - s)
	}
	return soft, s, s * (1 - s)
}

// largest is slopes for Top-k: shares lambda_k = clip((g_k-tau)/h + 1/2) that add up to K.
func (c *convex) largest(a []float64, h float64, s, slope []float64) (e float64, jump bool) {
	m := len(a)
	g := make([]float64, m)
	low, high := math.Inf(1), math.Inf(-1)
	for k, v := range a {
		g[k], _, _ = c.loss(v)
		low, high = min(low, g[k]), max(high, g[k])
	}
	share := func(k int, tau float64) float64 { return min(1, max(0, (g[k]-tau)/h+0.5)) }
	low, high = low-h, high+h
	want := float64(c.fmt.kept(m))
	for range 64 {
		tau, sum := (low+high)/2, 0.0
		for k := range g {
			sum += share(k, tau)
		}
		if sum > want {
			low = tau
		} else {
			high = tau
		}
	}
	for k, v := range a {
		_, d, d2 := c.loss(v)
		part := share(k, (low+high)/2)
		s[k], slope[k] = part*d, part*d2
		if c.fmt.Site == AtForward {
			s[k] += 0.5
		}
		if part > 0 && part < 1 {
			slope[k] += d * d / h
			e += h / 2 / float64(m)
			jump = true
		}
	}
	return e, jump
}

// pass evaluates at w; with derive the Hessian of F too.
func (c *convex) pass(w []float64, h float64, derive bool) *pass {
	a, s, slope := make([]float64, c.m), make([]float64, c.m), make([]float64, c.m)
	c.ahead(a, w)
	p := &pass{mean: make([]float64, c.d)}
	p.e, p.jump = c.slopes(a, h, s, slope, derive)
	c.back(p.mean, s)
	addReg(p.mean, w, c.p.Reg)
	if derive {
		p.hess = c.outer(slope)
		if c.fmt.Name == TopK {
			c.tie(p.hess, a, h, s)
		}
		for j, v := range w {
			p.hess.SetSym(j, j, p.hess.At(j, j)+regSecond(c.p.Reg, v))
		}
	}
	return p
}

// tie subtracts what moves with tau: (1/(h |A|)) (sum_A g' x)(sum_A g' x)^T / M, A the
// samples within the dither.
func (c *convex) tie(hess *mat.SymDense, a []float64, h float64, s []float64) {
	none, n, u := 0.0, 0.0, make([]float64, c.m)
	if c.fmt.Site == AtForward {
		none = 0.5
	}
	for k, v := range a {
		if _, d, _ := c.loss(v); s[k] != none && s[k] != d+none { // a share between 0 and 1
			u[k] = d
			n++
		}
	}
	if n == 0 {
		return
	}
	sum := make([]float64, c.d)
	c.back(sum, u)
	hess.SymRankOne(hess, -float64(c.m)/(n*h), mat.NewVecDense(c.d, sum))
}

// minimum is that of F with a dither of width h.
func (c *convex) minimum(w []float64, h, small float64) ([]float64, *pass) {
	w = slices.Clone(w)
	var p *pass
	for range newtonMost {
		p = c.pass(w, h, true)
		if norm2(p.mean) < small {
			break
		}
		step, ok := solve(p.hess, p.mean)
		if !ok {
			break
		}
		along := func(t float64) ([]float64, bool) {
			to, down := make([]float64, c.d), 0.0
			for j := range to {
				to[j] = w[j] - t*step[j]
			}
			for j, g := range c.pass(to, h, false).mean {
				down += g * step[j]
			}
			return to, down >= 0
		}
		best, falls := along(1)
		if !falls {
			low, high := 0.0, 1.0
			best = nil
			for range lineSteps {
				t := (low + high) / 2
				if to, falls := along(t); falls {
					low, best = t, to
				} else {
					high = t
				}
				if best != nil && high-low < 0.01*low {
					break
				}
			}
		}
		if best == nil {
			break
		}
		w = best
	}
	return w, c.pass(w, h, true)
}

// newConvex fixes the grid; that of int8 at w.
func newConvex(f *field, w []float64) *convex {
	c := &convex{field: f, fmt: *f.p.Law.Format}
	switch c.fmt.Name {
	case "bf16":
		c.grid = perturb.BF16
		c.grid.MinExp = leastExp
	case "e4m3":
		c.grid = perturb.E4M3
	case "e5m2":
		c.grid = perturb.E5M2
	case "int8":
		c.scale = c.scaleAt(w, 0)
	}
	return c
}

// scaleAt is int8's at w, the activations moved outwards by out.
func (c *convex) scaleAt(w []float64, out float64) float64 {
	a := make([]float64, c.m)
	c.ahead(a, w)
	top := 0.0
	for _, v := range a {
		if c.fmt.Site == AtBackward {
			top = max(top, sigma(v+out))
		} else {
			top = max(top, math.Abs(v)+out)
		}
	}
	frac, e := math.Frexp(top)
	if frac <= 127./128 {
		e--
	}
	return math.Ldexp(1, e-6)
}

// predictFormat is the oracle of a point with a format.
func predictFormat(f *field) *Predicted {
	out := &Predicted{Errors: &Errors{}}
	exact := *f
	start := exact.root(f.p.start()).W
	c := newConvex(f, start)
	w, p := c.settle(start)
	if c.fmt.Name == "int8" && c.scaleAt(w, 0) != c.scale { // with the scale of its own minimum
		c = newConvex(f, w)
		w, p = c.settle(start)
	}
	c.radius = p.radius(f.p.Reg.Rho)
	l := f.evaluate(w, nil, false)
	out.Plateau, out.NoRoot = norm2(l.exact), p.jump
	out.PlateauErr = c.radius * f.steepest()
	out.Proved = !math.IsNaN(out.Plateau) && (c.fmt.Name != "int8" || c.scaleAt(w, c.radius*f.wide) == c.scale &&
		c.scaleAt(w, -c.radius*f.wide) == c.scale)
	out.Errors = c.errorsAt(w)
	c.predictNoise(w, out)
	return out
}

// radius is how far from v a point of the pass is at most, with what numbers below leastExp change.
func (p *pass) radius(rho float64) float64 {
	residue := norm2(p.mean)
	return math.Sqrt((p.e + residue*residue/(4*rho) + 2*belowLeast*belowLeast) / rho)
}

// steepest bounds the Hessian of f anywhere.
func (f *field) steepest() float64 {
	quarter := make([]float64, f.m)
	for k := range quarter {
		quarter[k] = 0.25
	}
	var eig mat.EigenSym
	eig.Factorize(f.outer(quarter), false)
	return eig.Values(nil)[f.d-1] + 2*f.p.Reg.Rho
}

// settle narrows the dither.
func (c *convex) settle(w []float64) ([]float64, *pass) {
	if c.fmt.Stochastic {
		return c.minimum(w, finest, residue)
	}
	for h := widest; ; h = max(h/narrower, finest) {
		if h == finest {
			return c.minimum(w, h, residue)
		}
		w, _ = c.minimum(w, h, onTheWay)
	}
}

// draws is the mean and the variance of the error of a number.
func (c *convex) draws(x float64) (mean, variance float64) {
	if !c.fmt.Stochastic {
		return c.round(x) - x, 0
	}
	low, high, way := c.between(x)
	if way == 0 {
		return 0, 0
	}
	return 0, way * (1 - way) * (high - low) * (high - low)
}

func (c *convex) errorsAt(w []float64) *Errors {
	a := make([]float64, c.m)
	c.ahead(a, w)
	if c.fmt.Site == AtBackward {
		for k, v := range a {
			a[k] = sigma(v)
		}
	}
	kept := make([]float64, c.m)
	if c.fmt.Name == TopK {
		topK(kept, a, c.fmt.kept(c.m), make([]float64, c.m))
	}
	e := &Errors{}
	for k, v := range a {
		mean, variance := kept[k]-v, 0.0
		if c.fmt.Name != TopK {
			mean, variance = c.draws(v)
		}
		e.Size += (mean*mean + variance) / float64(c.m)
		e.Bias += mean * mean / float64(c.m)
	}
	e.Size, e.Bias = math.Sqrt(e.Size), math.Sqrt(e.Bias)
	return e
}

// linearised is how often the noise and what it makes of the jumps are put into each other.
const linearised = 4

// leastAlpha is where a kink is too sharp for the step: the steps jump across it, and it is
// seen as wide as they are. noiseResidue is small beside xi.
const (
	leastAlpha   = -0.98
	noiseResidue = 1e-7
)

// predictNoise is the stable gradient norm at a finite step size. The noise of the weights
// spreads every activation over a width, and what the mean step then sees is F with a
// dither of that width: its minimum, its Hessian and the noise of a step give the noise.
func (c *convex) predictNoise(w []float64, out *Predicted) {
	var l *local
	var b *basis
	var cov *mat.SymDense
	h, sharp := 0.01, false
	for range linearised {
		for b = nil; b == nil || b.alpha[c.d-1] < leastAlpha; h *= 1.5 {
			sharp = b != nil
			var p *pass
			w, p = c.minimum(w, h, noiseResidue)
			l = c.field.evaluate(w, nil, false)
			b = newBasis(p.hess, l.fHess, c.p.Gamma)
		}
		in := b.steady(b.in(c.noiseAt(w)), 1)
		var half, full mat.Dense
		half.Mul(&b.v, in)
		full.Mul(&half, b.v.T())
		cov = symmetric(&full)
		h = max(math.Sqrt(12*c.spreadOf(w, cov)), 1e-6)
	}
	out.Settled = c.p.Gamma*b.h[0]*float64(c.p.T/2) >= forgotten
	m := normOf(l.exact, b.gradient(b.in(cov)), false)
	out.Stable, out.Floor = m.mean, m.mean
	if sharp {
		out.Slack = math.Abs(math.Log(out.Stable / out.Plateau))
	}
	out.SD = b.spread(l.exact, cov, c.p.T/2)
}

// noiseAt is the covariance of the noise of a step.
func (c *convex) noiseAt(w []float64) *mat.SymDense {
	n := mat.NewSymDense(c.d, nil)
	if c.fmt.Stochastic {
		a, v := make([]float64, c.m), make([]float64, c.m)
		c.ahead(a, w)
		for k, x := range a {
			if c.fmt.Site == AtBackward {
				_, v[k] = c.draws(sigma(x))
			} else {
				low, high, way := c.between(x)
				jump := sigma(high) - sigma(low)
				v[k] = way * (1 - way) * jump * jump
			}
			v[k] /= float64(c.m)
		}
		n = c.outer(v)
	}
	for j := range c.d {
		n.SetSym(j, j, n.At(j, j)+c.p.Xi*c.p.Xi)
	}
	return n
}

// spreadOf is the mean variance of an activation, for Top-k of a loss.
func (c *convex) spreadOf(w []float64, cov *mat.SymDense) float64 {
	a := make([]float64, c.m)
	c.ahead(a, w)
	sum := 0.0
	var t mat.VecDense
	for k := range c.m {
		x := mat.NewVecDense(c.d, c.row(k))
		t.MulVec(cov, x)
		v := mat.Dot(&t, x)
		if c.fmt.Name == TopK {
			_, d, _ := c.loss(a[k])
			v *= d * d
		}
		sum += v / float64(c.m)
	}
	return sum
}

package logistic

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// steady is the law of grad f(w_t) once it has forgotten w^0, to second order in the
// noise: w_t - w' has the covariance of the linear recursion
//
//	x+ = (I - g H) x - g n,   Cov = (I - gH) Cov (I - gH) + g^2 Cov n,
//
// and the mean w' solves G(w') + F”'(w')[Cov]/2 = 0.
type steady struct {
	w        []float64
	mean     float64 // E|grad f(w_t)|, over the phases of an intermittent law
	sd       float64 // of the mean of |grad f(w_t)| over the last floor(T/2) steps
	smallest float64 // eigenvalue of H
}

// steadyAt computes it from the root; ok is false where the recursion does not contract.
func (f *field) steadyAt(root []float64) (s *steady, ok bool) {
	w := append([]float64(nil), root...)
	var cov *mat.SymDense
	l := f.at(w, nil)
	for range 2 { // the second changes w' by the fourth order in the noise
		if cov, ok = f.lyapunov(l); !ok {
			return nil, false
		}
		l = f.at(w, cov)
		g := make([]float64, f.d)
		for j := range g {
			g[j] = l.mean[j] + l.third[j]/2
		}
		step, solved := solve(l.hess, g)
		if !solved {
			return nil, false
		}
		for j := range w {
			w[j] -= step[j]
		}
		l = f.at(w, cov)
	}
	if cov, ok = f.lyapunov(l); !ok {
		return nil, false
	}
	l = f.at(w, cov)
	mu := make([]float64, f.d)
	for j := range mu {
		mu[j] = l.exact[j] + l.fThird[j]/2
	}
	s = &steady{w: w}
	b := newBasis(l.hess, l.fHess, f.p.Gamma)
	s.smallest = b.h[0]
	s.mean = f.phases(l, b, mu)
	s.sd = b.spread(mu, cov, f.p.T/2)
	return s, true
}

// basis is that of the eigenvectors of H: alpha = 1 - g h, and to = H_f V leads from it to
// gradients.
type basis struct {
	g     float64
	h     []float64
	alpha []float64
	v, to mat.Dense
}

func newBasis(h, hf *mat.SymDense, g float64) *basis {
	var eig mat.EigenSym
	eig.Factorize(h, true)
	b := &basis{g: g, h: eig.Values(nil)}
	eig.VectorsTo(&b.v)
	b.to.Mul(hf, &b.v)
	for _, x := range b.h {
		b.alpha = append(b.alpha, 1-g*x)
	}
	return b
}

// in is v^T a v.
func (b *basis) in(a *mat.SymDense) *mat.SymDense {
	var half, full mat.Dense
	half.Mul(b.v.T(), a)
	full.Mul(&half, &b.v)
	return symmetric(&full)
}

// out is v^T x for a vector.
func (b *basis) vector(x []float64) []float64 {
	out := mat.NewVecDense(len(x), nil)
	out.MulVec(b.v.T(), mat.NewVecDense(len(x), x))
	return out.RawVector().Data
}

// gradient is to c to^T, the covariance of grad f for a covariance c in the basis.
func (b *basis) gradient(c *mat.SymDense) *mat.SymDense {
	var half, full mat.Dense
	half.Mul(&b.to, c)
	full.Mul(&half, b.to.T())
	return symmetric(&full)
}

// entries is the matrix with f(i, j, a_ij).
func entries(a *mat.SymDense, f func(i, j int, v float64) float64) *mat.SymDense {
	d := a.SymmetricDim()
	out := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			out.SetSym(i, j, f(i, j, a.At(i, j)))
		}
	}
	return out
}

// lyapunov is Cov of the recursion in which a kick comes with its share theta of every
// step.
func (f *field) lyapunov(l *local) (*mat.SymDense, bool) {
	b := newBasis(l.hess, l.fHess, f.p.Gamma)
	for _, a := range b.alpha {
		if !(math.Abs(a) < 1) {
			return nil, false
		}
	}
	var noise mat.SymDense
	noise.ScaleSym(f.theta, l.kickCov)
	noise.AddSym(&noise, l.noise)
	c := b.steady(b.in(&noise), 1)
	var half, full mat.Dense
	half.Mul(&b.v, c)
	full.Mul(&half, b.v.T())
	return symmetric(&full), true
}

// steady is sum_{k>=0} A^{k every} g^2 n A^{k every} in the basis.
func (b *basis) steady(n *mat.SymDense, every int) *mat.SymDense {
	return entries(n, func(i, j int, v float64) float64 {
		return b.g * b.g * v / (1 - math.Pow(b.alpha[i]*b.alpha[j], float64(every)))
	})
}

// phases is E|grad f| over the steps of a cycle of Every steps. The last kick, which may
// be far from normal beside the sum of those before it, is put in by its nodes.
func (f *field) phases(l *local, b *basis, mu []float64) float64 {
	every := f.p.Law.Every
	quiet := b.steady(b.in(l.noise), 1)
	if f.half == 0 {
		if f.p.Law.Reading == OneASample || f.epsVar == 0 {
			return normOf(mu, b.gradient(quiet), false).mean
		}
		return f.lastEps(l, b, mu, quiet)
	}
	kick := b.in(l.kickCov)
	all := b.steady(kick, every)
	rest := entries(all, func(i, j int, v float64) float64 { return v - b.g*b.g*kick.At(i, j) })
	bias := b.vector(l.kick)
	var deviations [][]float64
	for _, u := range l.kicks {
		n := b.vector(u)
		for j := range n {
			n[j] -= bias[j]
		}
		deviations = append(deviations, n)
	}
	sum := 0.0
	for _, age := range ages(every) {
		power := make([]float64, f.d)
		x := make([]float64, f.d)
		for i, a := range b.alpha {
			power[i] = math.Pow(a, age.at)
			level := f.theta * bias[i] / b.h[i]
			x[i] = level - power[i]*b.g*bias[i]/(1-math.Pow(a, float64(every)))
		}
		aged := func(c *mat.SymDense) *mat.SymDense {
			return entries(c, func(i, j int, v float64) float64 { return power[i]*power[j]*v + quiet.At(i, j) })
		}
		value := 0.0
		if l.kicks == nil {
			value = normOf(b.shifted(mu, x), b.gradient(aged(all)), false).mean
		} else {
			c := b.gradient(aged(rest))
			for q, n := range deviations {
				y := append([]float64(nil), x...)
				for i := range y {
					y[i] -= b.g * power[i] * n[i]
				}
				value += weights[q] * normOf(b.shifted(mu, y), c, false).mean
			}
		}
		sum += age.weight * value
	}
	return sum
}

// lastEps puts the last eps_t, one number for all samples, in by its nodes.
func (f *field) lastEps(l *local, b *basis, mu []float64, quiet *mat.SymDense) float64 {
	n := b.vector(f.data.mean)
	c := b.gradient(entries(quiet, func(i, j int, v float64) float64 { return v - b.g*b.g*f.epsVar*n[i]*n[j] }))
	sum := 0.0
	for q, x := range nodes {
		y := make([]float64, f.d)
		for i := range y {
			y[i] = -b.g * math.Sqrt(3*f.epsVar) * x * n[i]
		}
		sum += weights[q] * normOf(b.shifted(mu, y), c, false).mean
	}
	return sum
}

// shifted is mu + to x.
func (b *basis) shifted(mu, x []float64) []float64 {
	out := mat.NewVecDense(len(mu), nil)
	out.MulVec(&b.to, mat.NewVecDense(len(x), x))
	out.AddVec(out, mat.NewVecDense(len(mu), mu))
	return out.RawVector().Data
}

// age is a number of steps since the last kick and how many of a cycle it stands for.
type age struct{ at, weight float64 }

// ages stand for 0..every-1: each of the first ones, then blocks that grow.
func ages(every int) []age {
	var all []age
	for from := 0; from < every; {
		to := min(every, max(from+1, from+from/6))
		all = append(all, age{float64((from + to - 1) / 2), float64(to-from) / float64(every)})
		from = to
	}
	return all
}

// spread is the standard deviation of the mean of |z_t| over n steps, z_t = mu + to x_t
// and x_t the linear recursion with covariance cov. With c and C the expected gradient
// and Hessian of |.|, Mehler's formula gives
//
//	Cov(|z_0|, |z_t|) = c^T S_t c + tr(C S_t C S_t^T)/2 + ...,   S_t = Cov(z_t, z_0),
//
// geometric sequences, summed exactly; what is left of the variance is taken to fade
// like the square of the slowest mode.
func (b *basis) spread(mu []float64, cov *mat.SymDense, n int) float64 {
	d := len(mu)
	inBasis := b.in(cov)
	m := normOf(mu, b.gradient(inBasis), true)
	if m.mean == 0 {
		return 0
	}
	c := mat.NewVecDense(d, nil)
	c.MulVec(b.to.T(), mat.NewVecDense(d, m.first))
	var half, second, left, both mat.Dense
	half.Mul(b.to.T(), m.second)
	second.Mul(&half, &b.to)
	sc := mat.NewVecDense(d, nil)
	sc.MulVec(inBasis, c)
	left.Mul(inBasis, &second)
	both.Mul(&left, inBasis)
	rest := m.square - m.mean*m.mean
	sum := 0.0
	slowest := 0.0
	for i := range d {
		slowest = max(slowest, b.alpha[i]*b.alpha[i])
		v := c.AtVec(i) * sc.AtVec(i)
		rest -= v
		sum += v * memory(b.alpha[i], n)
		for j := range d {
			v := second.At(i, j) * both.At(j, i) / 2
			rest -= v
			sum += v * memory(b.alpha[i]*b.alpha[j], n)
		}
	}
	sum += max(rest, 0) * memory(slowest, n)
	return math.Sqrt(max(sum, 0) / float64(n))
}

// memory is 1 + 2 sum_{t=1}^{n-1} (1 - t/n) r^t.
func memory(r float64, n int) float64 {
	if r >= 1 {
		return float64(n)
	}
	m := float64(n)
	q := 1 - r
	power := 0.0
	if r > 0 {
		power = math.Pow(r, m)
	}
	return 1 + 2*(r/q-r*(1-power)/(m*q*q))
}

package logistic

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Root is the root w_b of E[perturbed gradient] = G, with what proves that there is one.
//
// Proof of existence, which newton checks before a Root is called Proved. Let v be the
// point that Newton's method ended in, lambda > 0 the smallest eigenvalue of the Hessian
// of F at v, K a Lipschitz constant of that Hessian,
//
//	K = (1/M) sum_k |x_k|^3 max|sigma”| + 6.3 rho,   max|sigma”| = 1/(6 sqrt 3),
//
// (the last term for the nonconvex R: |r_j”| = 24 rho |w| |w^2-1|/(1+w^2)^4 <= 24 rho
// |w|/(1+w^2)^3, largest at w^2 = 1/5, 6.3 rho), and eta = |G(v)|/lambda. If K eta/lambda
// <= 1/2, then by Kantorovich's theorem G has a root within 2 eta of v, and no other
// within (1 + sqrt(1 - 2 K eta/lambda)) lambda/K. eta is raised by a bound on the
// rounding of G and 1/lambda by one on that of the eigenvalue. As the Hessian is at least
// lambda - 2 eta K > 0 there, the root is a minimum of F.
//
// With R = |w|^2 F is strongly convex, so the root exists always and is the only one.
// With the nonconvex R, whose gradient vanishes at infinity, it need not exist: NoRoot.
type Root struct {
	W        []float64
	Plateau  float64 // |grad f(w_b)|: what the gradient norm tends to as T -> infinity, then gamma -> 0
	Err      float64 // of Plateau: L Radius
	Radius   float64 // a root is within it of W
	Unique   float64 // and is the only one within that; +Inf for all
	Lambda   float64 // smallest eigenvalue of the Hessian of F there
	Proved   bool
	Iterated int
}

const (
	maxSecondSlope = 0.09622504486493764 // max |sigma''| = 1/(6 sqrt 3)
	maxThirdReg    = 6.3
	newtonSteps    = 200
	rootSmall      = 1e-13 // a gradient this small is a root up to rounding
)

// root looks for w_b by Newton's method with a line search on F's gradient norm.
func (f *field) root(start []float64) *Root {
	d := f.d
	w := append([]float64(nil), start...)
	r := &Root{Unique: math.Inf(1)}
	l := f.evaluate(w, nil, false)
	for r.Iterated = 0; r.Iterated < newtonSteps; r.Iterated++ {
		step, ok := solve(l.hess, l.mean)
		if !ok {
			return r
		}
		now, size, moved := norm2(l.mean), 1.0, false
		for range 40 {
			next := make([]float64, d)
			for j := range next {
				next[j] = w[j] - size*step[j]
			}
			if at := f.evaluate(next, nil, false); norm2(at.mean) < now {
				w, l, moved = next, at, true
				break
			}
			if size /= 2; now < rootSmall {
				break // rounding
			}
		}
		if !moved || norm2(w) > farAway {
			break
		}
	}
	r.W, r.Plateau = w, norm2(l.exact)
	return f.kantorovich(r, l)
}

// farAway is a |w| at which sigma is 0 or 1 for almost all samples.
const farAway = 1e4

func (f *field) kantorovich(r *Root, l *local) *Root {
	var eig mat.EigenSym
	if !eig.Factorize(l.hess, false) {
		return r
	}
	values := eig.Values(nil)
	const slack = 1e-9 // of eigenvalues and sums of 2000 terms: 1e-12 and less, relative
	r.Lambda = values[0] - slack*values[f.d-1]
	cubes, firsts := 0.0, 0.0
	for k := range f.m {
		n := norm2(f.row(k))
		cubes += n * n * n / float64(f.m)
		firsts += n / float64(f.m)
	}
	lip := (1 + slack) * cubes * maxSecondSlope
	if f.p.Reg.Kind == "nonconvex" {
		lip += maxThirdReg * f.p.Reg.Rho
	}
	rounding := slack * 1e-3 * (firsts*(1+f.epsMean) + f.p.Reg.Rho*norm2(r.W))
	eta := (norm2(l.mean) + rounding) / r.Lambda
	h := lip * eta / r.Lambda
	r.Proved = r.Lambda > 0 && h <= 0.5
	if !r.Proved {
		return r
	}
	r.Radius = 2 * eta
	if f.p.Reg.Kind != "l2" {
		r.Unique = (1 + math.Sqrt(1-2*h)) * r.Lambda / lip
	}
	r.Err = r.Radius * (values[f.d-1] + lip*r.Radius + 1)
	return r
}

// solve is h^-1 g.
func solve(h *mat.SymDense, g []float64) ([]float64, bool) {
	d := len(g)
	var ch mat.Cholesky
	if !ch.Factorize(h) { // not a minimum yet: lift the spectrum
		var eig mat.EigenSym
		if !eig.Factorize(h, false) {
			return nil, false
		}
		lifted := mat.NewSymDense(d, nil)
		lifted.CopySym(h)
		lift := 1.1*math.Abs(eig.Values(nil)[0]) + 1e-12
		for j := range d {
			lifted.SetSym(j, j, lifted.At(j, j)+lift)
		}
		if !ch.Factorize(lifted) {
			return nil, false
		}
	}
	out := mat.NewVecDense(d, nil)
	if err := ch.SolveVecTo(out, mat.NewVecDense(d, g)); err != nil {
		if _, bad := err.(mat.Condition); !bad {
			return nil, false
		}
	}
	return out.RawVector().Data, true
}

// NoRoot proves that G has no root at all, where it is negative. For any direction v,
// as sigma is in (0, 1) and |r_j| <= rho max 2w/(1+w^2)^2 = 3 sqrt 3/8 rho for the
// nonconvex R,
//
//	<v, G(w)> <= (1/M) sum_k max(0, <x_k, v>) + E[eps] <mean x, v> + 0.65 rho |v|_1
//
// for all w: if the right side is negative for one v, G is nowhere 0, F falls without
// end along v and <v, w^t> grows by at least gamma times its size at every step in the
// mean. The v is minus the element of least norm of the range of grad F (without R) in
// its closure, which is where grad F ends along the flow.
type NoRoot struct {
	Right float64   // for |v| = 1
	V     []float64 // |v| = 1
	Limit float64   // |grad f| far out along the flow: |-c v - E[eps] mean x|, c = least norm
}

// noRoot minimizes |v|^2/2 + (1/M) sum_k max(0, <x_k, v>) + E[eps] <mean x, v>, whose
// gradient is v + g, g in the closed range of grad F: the minimum is at v = -g of least
// norm. The maximum is smoothed over a width that shrinks tenfold, by Newton's method.
func (f *field) noRoot() *NoRoot {
	d, m := f.d, f.m
	v := make([]float64, d)
	a, s, c := make([]float64, m), make([]float64, m), make([]float64, m)
	for width := 0.1; width > 1e-5; width /= 10 {
		value := func(v []float64, derive bool) (float64, []float64, *mat.SymDense) {
			f.ahead(a, v)
			sum := 0.0
			for k, ak := range a {
				x := ak / width
				s[k] = 1 / (1 + math.Exp(-x))
				c[k] = s[k] * (1 - s[k]) / width
				sum += width * (math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))) / float64(m)
			}
			for j, vj := range v {
				sum += vj*vj/2 + f.epsMean*f.data.mean[j]*vj
			}
			if !derive {
				return sum, nil, nil
			}
			g := make([]float64, d)
			f.back(g, s)
			h := f.outer(c)
			for j := range g {
				g[j] += v[j] + f.epsMean*f.data.mean[j]
				h.SetSym(j, j, h.At(j, j)+1)
			}
			return sum, g, h
		}
		for range newtonSteps {
			now, g, h := value(v, true)
			step, ok := solve(h, g)
			if !ok || norm2(g) < 1e-12 {
				break
			}
			moved := false
			for size := 1.0; size > 1e-9; size /= 2 {
				next := make([]float64, d)
				for j := range next {
					next[j] = v[j] - size*step[j]
				}
				if at, _, _ := value(next, false); at < now {
					v, moved = next, true
					break
				}
			}
			if !moved {
				break
			}
		}
	}
	n := norm2(v)
	out := &NoRoot{V: make([]float64, d), Right: math.Inf(1)}
	if n < 1e-9 {
		return out
	}
	limit := make([]float64, d)
	for j, x := range v {
		out.V[j] = x / n
		limit[j] = -x - f.epsMean*f.data.mean[j]
	}
	out.Limit = norm2(limit)
	out.Right = f.recession(out.V)
	return out
}

// maxRegSlope is 3 sqrt 3/8, rounded up: |r_j| <= maxRegSlope rho.
const maxRegSlope = 0.65

func (f *field) recession(v []float64) float64 {
	if f.p.Reg.Kind == "l2" {
		return math.Inf(1)
	}
	a := make([]float64, f.m)
	f.ahead(a, v)
	right := 0.0
	for _, x := range a {
		right += max(x, 0) / float64(f.m)
	}
	for j, x := range v {
		right += f.epsMean*f.data.mean[j]*x + maxRegSlope*f.p.Reg.Rho*math.Abs(x)
	}
	return right
}

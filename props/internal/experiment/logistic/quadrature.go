package logistic

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

// nodes are those of Gauss-Legendre for the uniform law on -1..1, weights adding up to 1.
// For sigma(a + b y), which is analytic inside the ellipse with foci +-1 that reaches the
// pole at i pi/b, n nodes err by at most about (pi/b + (1+pi^2/b^2)^{1/2})^{-2n}: 1e-15 for b =
// 4/sqrt 10, the largest s at d = 10.
var nodes, weights = func() (x, w []float64) {
	const n = 12
	x, w = make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(x, w, -1, 1)
	for k := range w {
		w[k] /= 2
	}
	return x, w
}()

// quantiles are the 5 % and the 95 % of v, which it sorts.
func quantiles(v []float64) (low, high float64) {
	slices.Sort(v)
	n := float64(len(v) - 1)
	return v[int(math.Round(0.05*n))], v[int(math.Round(0.95*n))]
}

// normMoments are the mean of |z| for z ~ N(mu, cov), and its first and second
// derivatives by mu.
type normMoments struct {
	mean, square float64
	first        []float64
	second       *mat.SymDense
}

// normOf computes them from
//
//	E|z| = (1/(2 sqrt pi)) int_0^inf (1 - E e^{-s|z|^2}) s^{-3/2} ds,
//	E e^{-s|z|^2} = prod_i (1+2 s l_i)^{-1/2} exp(-s m_i^2/(1+2 s l_i)),
//
// l_i the eigenvalues of cov and m_i the coordinates of mu along its eigenvectors. With s
// = e^y/E|z|^2 the integrand falls like e^{y/2} to the left and e^{-y/2} to the right, and
// the trapezoidal rule converges geometrically. Derivatives are taken under the integral.
func normOf(mu []float64, cov *mat.SymDense, derivatives bool) normMoments {
	d := len(mu)
	var eig mat.EigenSym
	if !eig.Factorize(cov, true) {
		return normMoments{mean: math.NaN()}
	}
	l := eig.Values(nil)
	var v mat.Dense
	eig.VectorsTo(&v)
	m := make([]float64, d)
	n := normMoments{first: make([]float64, d)}
	for i := range m {
		l[i] = max(l[i], 0)
		m[i] = mat.Dot(v.ColView(i), mat.NewVecDense(d, mu))
		n.square += l[i] + m[i]*m[i]
	}
	if n.square == 0 {
		return n
	}
	const from, to, h = -80.0, 120.0, 0.25
	first, second := make([]float64, d), mat.NewSymDense(d, nil)
	c, upper := make([]float64, d), second.RawSymmetric() // of which SymDense reads what is above the diagonal
	for y := from; y <= to; y += h {
		s := math.Exp(y) / n.square
		log := 0.0
		for i := range m {
			q := 1 + 2*s*l[i]
			log -= 0.5*math.Log1p(2*s*l[i]) + s*m[i]*m[i]/q
			c[i] = 2 * s / q
		}
		weight := h / math.Sqrt(s) / (2 * math.Sqrt(math.Pi)) // s^{-3/2} ds = s^{-1/2} dy
		n.mean += weight * -math.Expm1(log)
		if !derivatives {
			continue
		}
		psi := weight * math.Exp(log)
		for i := range m {
			first[i] += psi * c[i] * m[i]
			row := upper.Data[i*upper.Stride : i*upper.Stride+d]
			for j := i; j < d; j++ {
				add := -psi * c[i] * m[i] * c[j] * m[j]
				if i == j {
					add += psi * c[i]
				}
				row[j] += add
			}
		}
	}
	if derivatives {
		mat.NewVecDense(d, n.first).MulVec(&v, mat.NewVecDense(d, first))
		var half, full mat.Dense
		half.Mul(&v, second)
		full.Mul(&half, v.T())
		n.second = symmetric(&full)
	}
	return n
}

// symmetric is (a + a^T)/2.
func symmetric(a *mat.Dense) *mat.SymDense {
	d, _ := a.Dims()
	s := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			s.SetSym(i, j, (a.At(i, j)+a.At(j, i))/2)
		}
	}
	return s
}

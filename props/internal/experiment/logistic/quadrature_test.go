package logistic

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// TestNodes: moments of the uniform law on -1..1, exact to the degree 23, and of sigma at the widest law.
func TestNodes(t *testing.T) {
	for degree := range 24 {
		sum, want := 0.0, 0.0
		if degree%2 == 0 {
			want = 1 / float64(degree+1)
		}
		for k, x := range nodes {
			sum += weights[k] * math.Pow(x, float64(degree))
		}
		near(t, "moment", sum, want, 1e-15)
	}
	soft := func(a float64) float64 { return math.Log1p(math.Exp(a)) }
	b := maxHalf
	for _, a := range []float64{-2, 0, 0.3, 1} {
		sum := 0.0
		for k, x := range nodes {
			sum += weights[k] * sigma(a+b*x)
		}
		near(t, "E sigma", sum, (soft(a+b)-soft(a-b))/(2*b), 2e-15)
	}
}

func TestQuantiles(t *testing.T) {
	for _, c := range []struct {
		n         int
		low, high float64
	}{{1, 0, 0}, {2, 0, 1}, {10, 0, 9}, {11, 1, 10}, {12, 1, 10}, {101, 5, 95}, {1003, 50, 952}} {
		v := make([]float64, c.n)
		for k := range v {
			v[k] = float64(k * 7 % c.n) // out of order, as 7 divides no n
		}
		if low, high := quantiles(v); low != c.low || high != c.high {
			t.Errorf("%d numbers: %v and %v, want %v and %v", c.n, low, high, c.low, c.high)
		}
	}
}

// TestNormOfTwo: a correlated normal law with a mean, by brute force over both eigenvectors.
func TestNormOfTwo(t *testing.T) {
	mu, cov := []float64{0.3, -0.7}, mat.NewSymDense(2, []float64{0.5, 0.2, 0.2, 0.3})
	m := normOf(mu, cov, false)
	near(t, "E|z|^2", m.square, 0.09+0.49+0.8, 1e-15)
	var ch mat.Cholesky
	if !ch.Factorize(cov) {
		t.Fatal("not positive")
	}
	var low mat.TriDense
	ch.LTo(&low)
	const h = 0.1
	sum := 0.0
	for x := -8.0; x < 8.05; x += h {
		for y := -8.0; y < 8.05; y += h {
			p := h * h / (2 * math.Pi) * math.Exp(-(x*x+y*y)/2)
			sum += p * math.Hypot(mu[0]+low.At(0, 0)*x, mu[1]+low.At(1, 0)*x+low.At(1, 1)*y)
		}
	}
	near(t, "E|z|", m.mean, sum, 2e-4)
	if m.second != nil {
		t.Error("derivatives that nobody asked for")
	}
	// One dimension: the folded normal law and its derivatives in closed form.
	one := normOf([]float64{0.6}, mat.NewSymDense(1, []float64{0.25}), true)
	density := math.Exp(-0.72) / math.Sqrt(2*math.Pi)
	nearAll(t, "folded", []float64{one.mean, one.first[0], one.second.At(0, 0)},
		[]float64{2*0.5*density + 0.6*math.Erf(1.2/math.Sqrt2), math.Erf(1.2 / math.Sqrt2), 4 * density}, 1e-8)
	if bad := normOf([]float64{1}, mat.NewSymDense(1, []float64{math.NaN()}), false); !math.IsNaN(bad.mean) {
		t.Errorf("E|z| = %v of a covariance NaN", bad.mean)
	}
}

func TestSymmetric(t *testing.T) {
	got := symmetric(mat.NewDense(2, 2, []float64{1, 4, 2, 7}))
	nearAll(t, "(a + a^T)/2", flat(got), []float64{1, 3, 3, 7}, 0)
}

package core

import (
	"math"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"
)

// The step of the benchmarks: N = 8, width 64.
const benchWidth = 64

func benchSetting(t testing.TB) (c *Chain, x, w []float64) {
	n := benchWidth
	c = mustChain(t, Affine(n, n), Tanh(n), Affine(n, n), Tanh(n), Affine(n, n), Tanh(n), Affine(n, n), HalfSq(n))
	r := newRand(1)
	w = normals(r, c.NW())
	floats.Scale(0.1, w)
	return c, normals(r, n), w
}

func step(s *State, c *Chain, x, w []float64, p Perturber) {
	s.Pass(c, x, w, p)
	Step(w, s.UAll, 1e-9, Regularizer{})
}

// floor makes the kernel calls and tanh evaluations of that step and nothing
// else: 4 products forward, 3 back, 4 outer products, 3 layers of tanh, and the
// update of the weights.
func floor(m, x, y, u []float64) {
	n := benchWidth
	for k := range 4 {
		gemv(blas.NoTrans, n, n, m, x, y)
		if k < 3 {
			gemv(blas.Trans, n, n, m, x, y)
			for j, v := range x {
				y[j] = math.Tanh(v)
			}
		}
		for j := range n {
			floats.ScaleTo(u[j*n:(j+1)*n], x[j], x)
		}
		floats.AddScaled(m, 1e-9, u)
	}
}

func floorSetting() (m, x, y, u []float64) {
	r := newRand(2)
	n := benchWidth
	return normals(r, n*n), normals(r, n), make([]float64, n), make([]float64, n*n)
}

func BenchmarkStep(b *testing.B) {
	c, x, w := benchSetting(b)
	s, given := NewState(c), &Given{}
	b.ReportAllocs()
	for b.Loop() {
		step(s, c, x, w, given)
	}
}

func BenchmarkStepFloor(b *testing.B) {
	m, x, y, u := floorSetting()
	for b.Loop() {
		floor(m, x, y, u)
	}
}

// BenchmarkStepRatio times both in turn and reports the smallest time of one
// over the smallest of the other, which a busy machine disturbs least.
func BenchmarkStepRatio(b *testing.B) {
	c, x, w := benchSetting(b)
	s := NewState(c)
	given := &Given{}
	m, fx, fy, fu := floorSetting()
	best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	for b.Loop() {
		for k, f := range []func(){func() { step(s, c, x, w, given) }, func() { floor(m, fx, fy, fu) }} {
			start := time.Now()
			for range 20 {
				f()
			}
			best[k] = min(best[k], time.Since(start))
		}
	}
	b.ReportMetric(float64(best[0])/float64(best[1]), "x-floor")
}

func BenchmarkRegularity(b *testing.B) {
	c := mustChain(b, Affine(3, 4), Tanh(4), Affine(4, 3), Sigmoid(3), Scale(3), SoftmaxCE(3, 0))
	r := newRand(1)
	x, w := normals(r, 3), normals(r, c.NW())
	s, region := NewState(c), NewRegion(c)
	s.Pass(c, x, w, nil)
	per := make([]Regularity, c.N()+1)
	b.ReportAllocs()
	for b.Loop() {
		region.Reset()
		region.Visit(s, w)
		region.Regularity(per)
	}
}

func BenchmarkSmallPass(b *testing.B) {
	c := mustChain(b, Affine(3, 4), Tanh(4), Affine(4, 3), Sigmoid(3), Scale(3), SoftmaxCE(3, 0))
	r := newRand(1)
	x, w := normals(r, 3), normals(r, c.NW())
	s := NewState(c)
	for b.Loop() {
		s.Pass(c, x, w, nil)
	}
}

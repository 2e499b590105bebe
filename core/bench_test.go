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
		kernel.Dgemv(blas.NoTrans, n, n, 1, m, n, x, 1, 0, y, 1)
		if k < 3 {
			kernel.Dgemv(blas.Trans, n, n, 1, m, n, x, 1, 0, y, 1)
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

// BenchmarkStepRatio reports the step as a multiple of its floor.
func BenchmarkStepRatio(b *testing.B) {
	c, x, w := benchSetting(b)
	s, given := NewState(c), &Given{}
	m, fx, fy, fu := floorSetting()
	ratio := alternate(b, func() { step(s, c, x, w, given) }, func() { floor(m, fx, fy, fu) })
	b.ReportMetric(ratio, "x-floor")
}

// alternate times 20 runs of f and of g in turn and returns the smallest time of f
// over the smallest of g, which a busy machine disturbs least.
func alternate(b *testing.B, f, g func()) float64 { return alternateRuns(b, 20, f, g) }

func alternateRuns(b *testing.B, runs int, f, g func()) float64 {
	best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	g() // f may need what it leaves
	for b.Loop() {
		for k, run := range []func(){f, g} {
			start := time.Now()
			for range runs {
				run()
			}
			best[k] = min(best[k], time.Since(start))
		}
	}
	return float64(best[0]) / float64(best[1])
}

// BenchmarkRegularity times what one case of a search costs in constants: the
// region of a pass, widened, and the constants of all operators on it. It
// reports that as a multiple of the exact pass, the smallest times of both.
func BenchmarkRegularity(b *testing.B) {
	for name, c := range map[string]*Chain{
		"affine":    mustChain(b, Affine(3, 4), Tanh(4), Affine(4, 3), Sigmoid(3), Scale(3), SoftmaxCE(3, 0)),
		"linear":    mustChain(b, Linear(2, 3), Linear(3, 3), HalfSq(3)),
		"scalar":    mustChain(b, Scale(1), Scale(1), Scale(1), Scale(1)),
		"bilinear":  mustChain(b, Linear(2, 2), Scale(2), Bilinear(2)),
		"bilinear4": mustChain(b, Fixed([][]float64{{1, 2}, {-1, 0.5}, {0.3, 0.7}, {1, 1}}), Bias(4), Bilinear(4)),
		"smooth":    mustChain(b, Affine(4, 4), Softplus(4), Linear(4, 4), Square(4), HalfSq(4)),
	} {
		b.Run(name, func(b *testing.B) {
			r := newRand(1)
			x, w := normals(r, c.D(0)), normals(r, c.NW())
			s, region := NewState(c), NewRegion(c)
			per := make([]Regularity, c.N()+1)
			b.ReportAllocs()
			ratio := alternate(b, func() { constants(region, s, w, per) }, func() { s.Pass(c, x, w, nil) })
			b.ReportMetric(ratio, "x-pass")
		})
	}
}

func constants(region *Region, s *State, w []float64, per []Regularity) {
	region.Reset()
	region.Visit(s, w)
	region.Widen(Margin)
	region.Regularity(per)
}

package core

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade/core/perturb"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// The regression of section 7: d = 10, M = 2000, full batches.
const (
	regressionSamples = 2000
	regressionWidth   = 10
)

func regressionSetting(t testing.TB) (obj *listed, matrix, w []float64) {
	c := mustChain(t, Linear(regressionWidth, 1), Logistic())
	r := newRand(1)
	obj = &listed{}
	for range regressionSamples {
		x := normals(r, regressionWidth)
		obj.chains, obj.x = append(obj.chains, c), append(obj.x, x)
		matrix = append(matrix, x...)
	}
	return obj, matrix, normals(r, regressionWidth)
}

// regressionFloor is a step by hand: one pass over the matrix, M exponentials, one
// pass back, and the update of 10 weights.
func regressionFloor(matrix, w, a, u []float64, gamma float64) {
	const m, d = regressionSamples, regressionWidth
	kernel.Dgemv(blas.NoTrans, m, d, 1, matrix, d, w, 1, 0, a, 1)
	for k, v := range a {
		a[k] = 1 / (1 + math.Exp(-v))
	}
	kernel.Dgemv(blas.Trans, m, d, 1, matrix, d, a, 1, 0, u, 1)
	floats.AddScaled(w, -gamma/m, u)
}

// BenchmarkRegressionRun reports 100 full-batch steps of Run as a multiple of 100
// steps by hand; "perturbed" has a number for each sample added to f1 and to df2/df1.
func BenchmarkRegressionRun(b *testing.B) {
	const steps, gamma = 100, 1e-9
	obj, matrix, w := regressionSetting(b)
	a, u := make([]float64, regressionSamples), make([]float64, regressionWidth)
	byHand := func() {
		for range steps {
			regressionFloor(matrix, w, a, u, gamma)
		}
	}
	law := perturb.Uniform(-0.1, 0.1)
	sampler := perturb.NewSampler([]perturb.Law{1: law}, []perturb.Law{2: law}, 1)
	for name, opt := range map[string]Options{
		"exact":     {T: steps, Gamma: gamma},
		"observed":  {T: steps, Gamma: gamma, Observe: func(int, []float64, []float64, []int) error { return nil }},
		"l2":        {T: steps, Gamma: gamma, Reg: Regularizer{"l2", 0.1}},
		"perturbed": {T: steps, Gamma: gamma, PerturbAll: func(t int, _ []int) Perturber { return sampler.At(t, 0) }},
	} {
		b.Run(name, func(b *testing.B) {
			ratio := alternateRuns(b, 1, func() { _ = Run(obj, w, opt) }, byHand)
			b.ReportMetric(ratio, "x-floor")
		})
	}
}

// The perturbed step of 8 tanh layers of 64: affine and tanh eight times, halfsq;
// uniform numbers are added to every activation and to the gradient by it.
const (
	deepLayers = 8
	deepWidth  = 64
	deepGamma  = 1e-9
	deepNoise  = 0.01
)

func deepChain(t testing.TB) *Chain {
	var ops []Op
	for range deepLayers {
		ops = append(ops, Affine(deepWidth, deepWidth), Tanh(deepWidth))
	}
	return mustChain(t, append(ops, HalfSq(deepWidth))...)
}

// deepByHand is that step as it is written by hand with gonum: the update is a
// rank-one kernel on the weights.
type deepByHand struct {
	matrix       [deepLayers]blas64.General
	bias         [deepLayers][]float64
	f, y         [deepLayers + 1][]float64
	v, next, eps []float64
	rng          *rand.Rand
	pcg          *rand.PCG // used at once, without rng, if direct
	direct       bool
}

// newDeepByHand copies the weights w of c.
func newDeepByHand(c *Chain, w []float64) *deepByHand {
	const n = deepWidth * deepWidth
	d := &deepByHand{v: make([]float64, deepWidth), next: make([]float64, deepWidth), eps: make([]float64, deepWidth)}
	for i := range deepLayers {
		layer := append([]float64(nil), c.W(2*i+1, w)...)
		d.matrix[i] = blas64.General{Rows: deepWidth, Cols: deepWidth, Stride: deepWidth, Data: layer[:n:n]}
		d.bias[i] = layer[n:]
	}
	for i := range d.y {
		d.f[i], d.y[i] = make([]float64, deepWidth), make([]float64, deepWidth)
	}
	d.pcg = rand.NewPCG(1, 1)
	d.rng = rand.New(d.pcg)
	return d
}

func (d *deepByHand) draw(dst []float64) {
	if d.direct {
		for k := range dst {
			dst[k] = -deepNoise + 2*deepNoise*(float64(d.pcg.Uint64()>>11)/(1<<53))
		}
		return
	}
	for k := range dst {
		dst[k] = -deepNoise + 2*deepNoise*d.rng.Float64()
	}
}

func blasVector(v []float64) blas64.Vector { return blas64.Vector{N: len(v), Inc: 1, Data: v} }

func (d *deepByHand) step(x []float64) (loss float64) {
	copy(d.y[0], x)
	for i := range deepLayers {
		f, y := d.f[i+1], d.y[i+1]
		blas64.Gemv(blas.NoTrans, 1, d.matrix[i], blasVector(d.y[i]), 0, blasVector(f))
		floats.Add(f, d.bias[i])
		for k, v := range f {
			f[k] = math.Tanh(v)
		}
		d.draw(y)
		floats.Add(y, f)
	}
	last := d.y[deepLayers]
	loss = floats.Dot(last, last) / 2
	d.draw(d.v)
	floats.Add(d.v, last)
	for i := deepLayers - 1; i >= 0; i-- {
		for k, f := range d.f[i+1] {
			d.v[k] *= 1 - f*f
		}
		if i > 0 {
			blas64.Gemv(blas.Trans, 1, d.matrix[i], blasVector(d.v), 0, blasVector(d.next))
			d.draw(d.eps)
			floats.Add(d.next, d.eps)
		}
		blas64.Ger(-deepGamma, blasVector(d.v), blasVector(d.y[i]), d.matrix[i])
		floats.AddScaled(d.bias[i], -deepGamma, d.v)
		d.v, d.next = d.next, d.v
	}
	return loss
}

// BenchmarkDeepStep reports the step as a multiple of the one by hand, which draws by
// rand.Rand or, "direct", from the generator itself as perturb does.
func BenchmarkDeepStep(b *testing.B) {
	for name, direct := range map[string]bool{"hand": false, "direct": true} {
		b.Run(name, func(b *testing.B) { benchmarkDeepStep(b, direct) })
	}
}

func benchmarkDeepStep(b *testing.B, direct bool) {
	c := deepChain(b)
	r := newRand(2)
	x, w := normals(r, deepWidth), times(0.1, normals(r, c.NW()))
	delta, eps := make([]perturb.Law, c.N()+1), make([]perturb.Law, c.N()+1)
	law := perturb.Uniform(-deepNoise, deepNoise)
	for i := range deepLayers {
		delta[2*i+2] = law // activations are the values of tanh and the inputs of what follows
		eps[2*i+3] = law
	}
	sampler := perturb.NewSampler(delta, eps, 1)
	batch := NewBatch(c, 1)
	batch.Load(&listed{[]*Chain{c}, [][]float64{x}}, nil)
	t := 0
	perturbed := func(int, int) Perturber { return sampler.At(t, 0) }
	hand := newDeepByHand(c, w)
	hand.direct = direct
	loss := 0.0
	ratio := alternate(b, func() {
		t = (t + 1) % 1000
		batch.Step(w, deepGamma, Regularizer{}, perturbed)
		loss += batch.Loss()
	}, func() { loss += hand.step(x) })
	b.ReportMetric(ratio, "x-hand")
	if math.IsNaN(loss) {
		b.Error("the loss is NaN")
	}
}

// BenchmarkBatchDigits reports a step over 256 samples of a network 64-16-10 by one
// window as a multiple of the same by windows of one sample.
func BenchmarkBatchDigits(b *testing.B) {
	var chains []*Chain
	for label := range 10 {
		chains = append(chains, mustChain(b, Affine(64, 16), Tanh(16), Affine(16, 10), SoftmaxCE(10, label)))
	}
	r := newRand(3)
	obj := &listed{}
	for k := range 256 {
		obj.chains, obj.x = append(obj.chains, chains[k%10]), append(obj.x, normals(r, 64))
	}
	w := times(0.1, normals(r, chains[0].NW()))
	all, one := NewBatch(chains[0], 256), NewBatch(chains[0], 1)
	all.Load(obj, nil)
	one.Load(obj, nil)
	ratio := alternateRuns(b, 1, func() { all.Pass(w, nil) }, func() { one.Pass(w, nil) })
	b.ReportMetric(ratio, "x-single")
}

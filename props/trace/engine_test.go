package trace

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
)

// engine is a training engine in a short format: states are rounded to storage, sums are formed
// one by one in the format of sums, functions are good to the compute format.
type engine struct {
	name       string
	precision  Precision
	stochastic bool
	fromOutput bool        // tanh' = 1 - Y^2
	roundsP    bool        // the softmax is rounded to storage before the label is taken off
	casts      bool        // weights are cast to the compute format
	exact      bool        // no rounding at all
	weights32  bool        // weights are kept in float32
	topK       map[int]int // coordinates kept of Y_i
}

var engines = []engine{
	{name: "float32", precision: Precision{"float32", "float32", "float32"}, fromOutput: true},
	{name: "bf16", precision: Precision{"bfloat16", "float32", "float32"}},
	{name: "e4m3", precision: Precision{"e4m3", "float32", "float32"}, stochastic: true},
	{name: "autocast", precision: Precision{"bfloat16", "bfloat16", "float32"}, fromOutput: true, casts: true},
	{name: "bf16 sums", precision: Precision{"bfloat16", "bfloat16", "bfloat16"}, fromOutput: true, roundsP: true},
}

// plant is a cause: an error added at a site, before the state is stored.
type plant struct {
	site      int // as in shape.site
	from, to  int // steps
	size      float64
	biased    bool // the same vector at all steps and samples
	direction []float64
	add       func(t int, row []float64) // in place of all this
}

// engineRun is a run of an engine on the digits.
type engineRun struct {
	engine
	shape      *shape
	obj        core.Objective
	w          []float64
	gamma      float64
	size       int
	steps      int
	seed       uint64
	plant      *plant
	batch      *core.Batch
	rec        Recorder
	t          int
	rng        *rand.Rand
	noise      *rand.Rand
	chains     []*core.Chain
	labels     []int
	xs         [][]float64
	fs, fc, fa format
	from       int
	to         int
	// twin is the run without the cause at the same weights: E and N of the last step.
	measure    bool
	e, n       float64
	sumE, sumN float64
}

var theDigits *problem.Table

func digits(t testing.TB) *problem.Table {
	t.Helper()
	if theDigits != nil {
		return theDigits
	}
	data, err := os.ReadFile("../../testdata/data/digits.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	table, err := problem.ReadDigits(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	table.Scale(1.0 / problem.MaxPixel)
	theDigits = table
	return table
}

func newEngineRun(t testing.TB, e engine, seed uint64, steps int, widths ...int) *engineRun {
	obj, err := problem.Network(digits(t), widths...)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := obj.Sample(0)
	run := Run{Version: 1, Engine: e.name, Chain: c.Specs(), Precision: e.precision, Samples: 32}
	run.Reg.Kind = "none"
	s := &shape{run: run}
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	r := &engineRun{engine: e, shape: s, obj: obj, gamma: 0.2, size: 32, steps: steps, seed: seed}
	r.w = problem.InitWeights(c, seed)
	r.fs, r.fc, r.fa = formats[e.precision.Storage], formats[e.precision.Compute], formats[e.precision.Accumulate]
	r.batch = core.NewBatch(c, 32)
	r.rng = rand.New(rand.NewPCG(seed, 7))
	return r
}

// Next implements source.
func (r *engineRun) Next(st *Step) error {
	if r.t == r.steps {
		return io.EOF
	}
	if r.weights32 && r.t == 0 {
		r.keepWeights32()
	}
	samples := make([]int, r.size)
	for k := range samples {
		samples[k] = r.rng.IntN(r.obj.Len())
	}
	c := r.shape.chain
	r.batch.Load(r.obj, samples)
	r.chains, r.labels, r.xs = nil, nil, nil
	var x []float64
	for _, k := range samples {
		chain, xk := r.obj.Sample(k)
		r.chains = append(r.chains, chain)
		specs := chain.Specs()
		r.labels = append(r.labels, specs[len(specs)-1].Label)
		x = append(x, xk...)
		r.xs = append(r.xs, xk)
	}
	one := func(plant *plant) *Step {
		saved := r.plant
		r.plant = plant
		r.noise = rand.New(rand.NewPCG(r.seed, uint64(r.t)))
		got := r.rec.Pass(c, r.batch, r.w, func(from, to int) core.Perturber {
			r.from, r.to = from, to
			return r
		})
		r.plant = saved
		return got
	}
	if r.measure && r.planted(r.t) {
		twin := append([]float64(nil), one(nil).U...)
		r.batch.Pass(r.w, nil)
		u := append([]float64(nil), r.batch.U()...)
		got := one(r.plant)
		r.e, r.n = distance2(got.U, twin), distance2(twin, u)
		r.sumE += r.e
		r.sumN += r.n
	}
	got := one(r.plant)
	got.X, got.Labels, got.T, got.Gamma = x, r.labels, r.t, r.gamma
	*st = *got
	st.W = append([]float64(nil), r.w...)
	st.U = append([]float64(nil), got.U...)
	core.Step(r.w, got.U, r.gamma, r.shape.run.Reg)
	if r.weights32 {
		r.keepWeights32()
	}
	r.t++
	return nil
}

func (r *engineRun) keepWeights32() {
	for k, w := range r.w {
		r.w[k] = float64(float32(w))
	}
}

func distance2(a, b []float64) float64 {
	sum := 0.0
	for k := range a {
		sum += (a[k] - b[k]) * (a[k] - b[k])
	}
	return sum
}

func (r *engineRun) planted(t int) bool {
	return r.plant != nil && r.plant.from <= t && t <= r.plant.to
}

// store rounds to storage.
func (r *engineRun) store(x float64) float64 {
	if r.exact {
		return x
	}
	f := r.fs
	if !r.stochastic {
		return f.nearest(x)
	}
	s := f.spacing(x)
	down := math.Floor(x/s) * s
	if r.noise.Float64() < (x-down)/s {
		down += s
	}
	return max(-f.Max, min(f.Max, down))
}

func (r *engineRun) acc(x float64) float64 {
	if r.exact {
		return x
	}
	return r.fa.nearest(x)
}

func (r *engineRun) com(x float64) float64 {
	if r.exact {
		return x
	}
	return r.fc.nearest(x)
}

// weights are those of operator i as it multiplies with them.
func (r *engineRun) weights(i int) []float64 {
	w := r.shape.chain.W(i, r.w)
	if r.casts {
		w = append([]float64(nil), w...)
		for k := range w {
			w[k] = r.com(w[k])
		}
	}
	return w
}

// Delta implements core.Perturber.
func (r *engineRun) Delta(i int, dst, f []float64) {
	c := r.shape.chain
	in, out := c.D(i-1), c.D(i)
	y := append([]float64(nil), f...)
	spec := r.shape.run.Chain[i-1]
	for b := range r.to - r.from {
		switch spec.Op {
		case "affine":
			row := r.input(i, b)
			w := r.weights(i)
			for k := range out {
				sum := 0.0
				for l := range in {
					sum = r.acc(sum + w[k*in+l]*row[l])
				}
				y[b*out+k] = r.acc(sum + w[in*out+k])
			}
		default:
			for k := range out {
				y[b*out+k] = r.com(y[b*out+k])
			}
		}
		r.disturb(r.shape.deltaSite(i), y[b*out:(b+1)*out])
		if k, ok := r.topK[i]; ok {
			keepLargest(y[b*out:(b+1)*out], k)
		}
	}
	for k := range y {
		y[k] = r.store(y[k])
		dst[k] = y[k] - f[k]
	}
}

func keepLargest(v []float64, k int) {
	for len(v) > k {
		least, at := math.Inf(1), -1
		left := 0
		for j, x := range v {
			if x != 0 {
				left++
				if math.Abs(x) < least {
					least, at = math.Abs(x), j
				}
			}
		}
		if left <= k {
			return
		}
		v[at] = 0
	}
}

// input is Y_{i-1} of a sample.
func (r *engineRun) input(i, b int) []float64 {
	d := r.shape.chain.D(i - 1)
	if i == 1 {
		return r.xs[r.from+b]
	}
	return r.rec.st.Y[i-1][(r.from+b)*d : (r.from+b+1)*d]
}

// Eps implements core.Perturber.
func (r *engineRun) Eps(i int, dst, g []float64) {
	c := r.shape.chain
	in, out := c.D(i-1), c.D(i)
	v := append([]float64(nil), g...)
	spec := r.shape.run.Chain[i-1]
	for b := range r.to - r.from {
		row := v[b*in : (b+1)*in]
		vi := []float64{1}
		if i < c.N() {
			vi = r.rec.st.V[i][(r.from+b)*out : (r.from+b+1)*out]
		}
		switch spec.Op {
		case "affine":
			w := r.weights(i)
			for l := range in {
				sum := 0.0
				for k := range out {
					sum = r.acc(sum + w[k*in+l]*vi[k])
				}
				row[l] = sum
			}
		case "tanh":
			for k := range row {
				y := math.Tanh(r.input(i, b)[k])
				if r.fromOutput {
					y = r.rec.st.Y[i][(r.from+b)*out+k]
				}
				row[k] = r.com(r.com(1-r.com(y*y)) * vi[k])
			}
		case "softmaxce":
			for k := range row {
				p := row[k]
				label := r.labels[r.from+b]
				if k == label {
					p++
				}
				p = r.com(p)
				if r.roundsP {
					p = r.store(p)
				}
				if k == label {
					p = r.com(p - 1)
				}
				row[k] = p
			}
		default:
			for k := range row {
				row[k] = r.com(row[k])
			}
		}
		r.disturb(r.shape.epsSite(i), row)
	}
	for k := range v {
		v[k] = r.store(v[k])
		dst[k] = v[k] - g[k]
	}
}

// disturb adds the planted error.
func (r *engineRun) disturb(site int, row []float64) {
	if !r.planted(r.t) || r.plant.site != site {
		return
	}
	p := r.plant
	if p.add != nil {
		p.add(r.t, row)
		return
	}
	if p.direction == nil {
		rng := rand.New(rand.NewPCG(r.seed, 99))
		p.direction = make([]float64, len(row))
		for k := range row {
			p.direction[k] = rng.NormFloat64()
		}
	}
	size := p.size * norm(row) / math.Sqrt(float64(len(row)))
	rng := rand.New(rand.NewPCG(r.seed+uint64(r.t)*1000003, math.Float64bits(row[0])))
	for k := range row {
		if p.biased {
			row[k] += size * p.direction[k]
		} else {
			row[k] += size * rng.NormFloat64()
		}
	}
}

package trace

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/cascade-sgd/cascade/core"
)

// TestExactPass holds the exact pass of the judge against that of core.Batch: every operator, more samples than a
// window, every label.
func TestExactPass(t *testing.T) {
	const samples = window + 44
	for _, specs := range chains {
		s := &shape{run: Run{Version: 1, Engine: "exact", Chain: specs, Precision: Precision{"float64", "float64", "float64"},
			Samples: samples}}
		if err := s.check(); err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(1, uint64(len(specs))))
		numbers := func(n int) []float64 {
			v := make([]float64, n)
			for k := range v {
				v[k] = rng.NormFloat64()
			}
			return v
		}
		n := s.chain.N()
		st := &Step{B: samples, M: samples, Scale: 1, X: numbers(samples * s.chain.D(0)), W: numbers(s.chain.NW())}
		if s.labelled != nil {
			for k := range samples {
				st.Labels = append(st.Labels, k%s.classes)
			}
		}
		got := newExactPasses(s).take(nil, st, st.W)
		batch := core.NewBatch(s.chain, window)
		batch.Load(stepData{st, s}, nil)
		batch.Pass(st.W, nil)
		mean := 0.0
		for _, y := range got.y[n] {
			mean += y / samples
		}
		near(t, "loss", mean, batch.Loss(), 1e-12)
		size := norm(batch.U())
		for k, u := range batch.U() {
			if !(math.Abs(got.u[k]-u) <= 1e-13*size) {
				t.Errorf("%v: u[%d] is %v, want %v", specs, k, got.u[k], u)
			}
		}
		state := core.NewState(s.chain)
		for _, b := range []int{0, window - 1, window, samples - 1} {
			c, x := stepData{st, s}.Sample(b)
			state.Pass(c, x, st.W, nil)
			for i := 1; i < n; i++ {
				sameNumbers(t, "y", samplesOf(got.y[i], s.chain.D(i), b, b+1), state.Y[i])
				sameNumbers(t, "v", samplesOf(got.v[i], s.chain.D(i), b, b+1), state.V[i])
			}
		}
	}
}

// TestNearValues has tanh from a value nearby within three units of what package math gives, which is itself good to
// about one.
func TestNearValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 200000
	x, x0, y0, y := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for k := range x {
		x[k] = rng.NormFloat64() * math.Exp(4*rng.NormFloat64())
		x0[k] = x[k] * (1 + math.Exp2(-3-25*rng.Float64())*(2*rng.Float64()-1))
		y0[k] = math.Tanh(x0[k])
	}
	x[0], x0[1], y0[1] = 0, 0, 0
	nearValues(y, x, x0, y0)
	for k, v := range x {
		want := math.Tanh(v)
		if !(math.Abs(y[k]-want) <= 4*0x1p-52*math.Abs(want)) {
			t.Fatalf("tanh(%v) from %v is %v, want %v", v, x0[k], y[k], want)
		}
	}
}

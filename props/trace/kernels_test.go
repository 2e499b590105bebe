package trace

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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

// TestQuickLoops: what is summed four rows or many rows at a time, and the exponents that are doubled as integers, have
// the bits of the plain loops.
func TestQuickLoops(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	numbers := func(n int) []float64 {
		v := make([]float64, n)
		for k := range v {
			v[k] = rng.NormFloat64() * math.Exp2(float64(rng.IntN(40)-20))
		}
		return v
	}
	for _, rows := range []int{1, 3, 4, 5, 15, 16, 31, 32, window, window + 17} {
		const d = 7
		m, got := numbers(rows*d), numbers(d)
		want := slices.Clone(got)
		for k, x := range m {
			want[k%d] += x
		}
		addRows(got, m)
		sameNumbers(t, fmt.Sprint("sums of rows: ", rows), got, want)

		o := &opView{spec: core.Spec{Op: "linear", In: d, Out: rows}, in: d, out: rows, w: m}
		o.norms()
		cols, all2 := make([]float64, d), 0.0
		for j := range rows {
			sum := 0.0
			for k := range d {
				sum += float64(m[j*d+k] * m[j*d+k])
				cols[k] += float64(m[j*d+k] * m[j*d+k])
			}
			if got := o.rowsW[j]; got != math.Sqrt(sum) {
				t.Errorf("%d rows: the norm of row %d is %v, want %v", rows, j, got, math.Sqrt(sum))
			}
		}
		for k := range cols {
			all2 += cols[k]
			cols[k] = math.Sqrt(cols[k])
		}
		sameNumbers(t, fmt.Sprint("norms of columns: ", rows), o.colsW, cols)
		if o.all2 != all2 {
			t.Errorf("%d rows: |W|^2 is %v, want %v", rows, o.all2, all2)
		}
	}
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0x1p-126, 0x1.8p-127, -0x1p-201, 0x1p-1074, 0x1p200, 0x1.8p200,
		-0x1p900, math.MaxFloat64, 3, -5}
	a := append(numbers(200), special...)
	b := append(numbers(200), special[1:]...)
	b = append(b, 0)
	got := make([]float64, len(a))
	for _, storage := range []string{"float64", "float32", "bfloat16", "e4m3"} {
		m := newModel(Precision{storage, "float32", "float32"})
		least := max(math.Ldexp(1, m.storage.MinExp), 0x1p-200)
		for _, scale := range []float64{1, 1024} {
			m.spacings(got, a, b, scale)
			for k := range got {
				_, e := math.Frexp(min(max(math.Abs(a[k])*scale, math.Abs(b[k])*scale, least), 0x1p200))
				if want := math.Ldexp(1, 2*(e-1)); got[k] != want {
					t.Errorf("%s, scale %v: the spacing of %v and %v is %v, want %v", storage, scale, a[k], b[k], got[k], want)
				}
			}
		}
	}
}

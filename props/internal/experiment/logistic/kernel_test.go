package logistic

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/blas"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/core/vector"
)

// given perturbs a window by numbers that are written down.
type given struct{ delta, eps []float64 }

func (g given) Delta(_ int, dst, _ []float64) { copy(dst, g.delta) }
func (g given) Eps(_ int, dst, _ []float64)   { copy(dst, g.eps) }

// draws are the perturbations that a stepper draws at one step.
func draws(p *stepper, pcg *rand.PCG) given {
	g := given{make([]float64, p.m), make([]float64, p.m)}
	fill := func(dst []float64, lo, span float64) {
		if p.law.Reading == OneASample {
			p.spread2(pcg, dst, lo, span)
			return
		}
		v := lo + span*unit(uint32(pcg.Uint64()))
		for k := range dst {
			dst[k] = v
		}
	}
	if p.half > 0 {
		fill(g.delta, -p.half, 2*p.half)
	}
	if p.span > 0 {
		fill(g.eps, p.lo, p.span)
	}
	return g
}

func (p *stepper) spread2(pcg *rand.PCG, dst []float64, lo, span float64) {
	q := *p
	q.pcg = pcg
	q.spread(dst, make([]float64, len(dst)), lo, span)
}

// regression is the data as an objective of core.
func regression(t testing.TB, s *data) *problem.Regression {
	t.Helper()
	r, err := problem.LogisticWith(problem.Synthetic(s.d, s.m, 1), problem.LogisticOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAgainstBatch: a step gives both gradients of core.Batch, with the same
// perturbations, up to rounding. Both sides sum d products for an activation and m for a
// coordinate; with gamma(n) = n u/(1-n u) each is within
//
//	mean_k |x_kj| ( gamma(m+2) + gamma(d+2) (sum_i |x_ki w_i| + |delta|)/4 + vector.Error + 8u )
//
// of the truth, as |sigma'| <= 1/4 and sigma + |eps| <= 2.
func TestAgainstBatch(t *testing.T) {
	for _, m := range []int{201, 2000} {
		s := newData(m, 10, 1)
		obj := regression(t, s)
		c, _ := obj.Sample(0)
		batch := core.NewBatch(c, m)
		batch.SkipLoss = true
		batch.Load(obj, nil)
		rng := rand.New(rand.NewPCG(3, 3))
		for _, l := range []Law{
			{Every: 1, Reading: OneAStep}, {Forward: 2, Every: 1, Reading: OneAStep},
			{Backward: 2, Every: 1, Reading: OneAStep},
			{Forward: 2, Every: 1, Reading: OneASample}, {Backward: 2, Every: 1, Reading: OneASample},
			{Backward: 2, OneSided: true, Every: 1, Reading: OneASample},
			{Forward: 1, Backward: 1, Every: 1, Reading: OneAStep},
			{Forward: 1, Backward: 1, Every: 1, Reading: OneASample},
		} {
			for _, scale := range []float64{0, 0.3, 3, 1e4} {
				w := make([]float64, 10)
				for j := range w {
					w[j] = scale * rng.NormFloat64()
				}
				p := newStepper(s, l, rand.NewPCG(7, 7))
				exact, perturbed := p.gradients(0, w)
				batch.Pass(w, nil)
				compare(t, s, w, 0, exact, batch.U())
				g := draws(p, rand.NewPCG(7, 7))
				batch.Pass(w, func(int, int) core.Perturber { return g })
				compare(t, s, w, p.half, perturbed, batch.U())
			}
		}
	}
}

func compare(t *testing.T, s *data, w []float64, delta float64, got, want []float64) {
	t.Helper()
	gamma := func(n int) float64 { return float64(n) * 0x1p-53 / (1 - float64(n)*0x1p-53) }
	for j := range got {
		bound := 0.0
		for k := range s.m {
			dot := delta
			for i, x := range s.row(k) {
				dot += math.Abs(x * w[i])
			}
			each := 2*gamma(s.m+2) + gamma(s.d+2)*dot/4 + vector.Error + 8*0x1p-53
			bound += 2 * math.Abs(s.row(k)[j]) * each / float64(s.m)
		}
		if !(math.Abs(got[j]-want[j]) <= bound) {
			t.Errorf("coordinate %d: %v, core.Batch has %v, allowed %v", j, got[j], want[j], bound)
		}
	}
}

// TestIntermittentPhase: delta comes at steps Phase mod Every and at no others.
func TestIntermittentPhase(t *testing.T) {
	s := newData(50, 3, 1)
	p := newStepper(s, Law{Forward: 1, Every: 3, Phase: 2, Reading: OneAStep}, rand.NewPCG(1, 1))
	for step := range 9 {
		exact, perturbed := p.gradients(step, []float64{1, 2, 3})
		if hit := !slices.Equal(exact, perturbed); hit != (step%3 == 2) {
			t.Errorf("step %d: perturbed %v", step, hit)
		}
	}
}

// byHand is the floor: one pass over the matrix, M exponentials, one pass back; one
// gradient, nothing perturbed.
func byHand(s *data, w, a, u []float64) {
	kernel.Dgemv(blas.NoTrans, s.m, s.d, 1, s.rows, s.d, w, 1, 0, a, 1)
	for k, v := range a {
		a[k] = 1 / (1 + math.Exp(-v))
	}
	kernel.Dgemv(blas.Trans, s.m, s.d, 1/float64(s.m), s.rows, s.d, a, 1, 0, u, 1)
}

// BenchmarkStep reports, as ratios of the shortest of many calls in turn, both gradients
// of a step over the floor written by hand, which is one gradient, and core.Batch with
// two passes over that floor.
func BenchmarkStep(b *testing.B) {
	s := newData(2000, 10, 1)
	obj := regression(b, s)
	c, _ := obj.Sample(0)
	batch := core.NewBatch(c, s.m)
	batch.SkipLoss = true
	batch.Load(obj, nil)
	w, a, u := make([]float64, s.d), make([]float64, s.m), make([]float64, s.d)
	for j := range w {
		w[j] = 0.5
	}
	for name, l := range map[string]Law{
		"standard": {Every: 1, Reading: OneAStep}, "forward": {Forward: 1, Every: 1, Reading: OneAStep},
		"backward": {Backward: 1, Every: 1, Reading: OneAStep}, "forward-sample": {Forward: 1, Every: 1,
			Reading: OneASample},
		"backward-sample": {Backward: 1, Every: 1, Reading: OneASample},
	} {
		b.Run(name, func(b *testing.B) {
			p := newStepper(s, l, rand.NewPCG(7, 7))
			g := draws(p, rand.NewPCG(7, 7))
			if l.Every == 1 && l.Forward+l.Backward == 0 {
				g = given{}
			}
			least := [3]time.Duration{time.Hour, time.Hour, time.Hour}
			for b.Loop() {
				for range 20 {
					for k, f := range []func(){
						func() { byHand(s, w, a, u) },
						func() { p.gradients(0, w) },
						func() {
							batch.Pass(w, nil)
							if g.delta != nil {
								batch.Pass(w, func(int, int) core.Perturber { return g })
							}
						},
					} {
						start := time.Now()
						f()
						least[k] = min(least[k], time.Since(start))
					}
				}
			}
			b.ReportMetric(float64(least[0].Nanoseconds())/1000, "us-floor")
			b.ReportMetric(float64(least[1].Nanoseconds())/1000, "us-step")
			b.ReportMetric(float64(least[1])/float64(least[0]), "x-floor")
			b.ReportMetric(float64(least[2])/float64(least[0]), "Batch-x-floor")
		})
	}
}

// TestUnit: in (0, 1), symmetric about 1/2, in equal steps.
func TestUnit(t *testing.T) {
	nearAll(t, "unit", []float64{unit(0), unit(1) - unit(0), unit(1 << 31), unit(math.MaxUint32)},
		[]float64{0x1p-33, 0x1p-32, 0.5 + 0x1p-33, 1 - 0x1p-33}, 0)
	for _, bits := range []uint32{0, 1, 12345, 1 << 31} {
		near(t, "symmetric", unit(bits)+unit(math.MaxUint32-bits), 1, 0)
	}
}

// TestNewStepper: where delta and eps lie.
func TestNewStepper(t *testing.T) {
	s := newData(3, 4, 1)
	for _, c := range []struct {
		law            Law
		half, lo, span float64
	}{
		{Law{Forward: 3}, 1.5, 0, 0}, {Law{Backward: 3}, 0, -1.5, 3}, {Law{Backward: 3, OneSided: true}, 0, 0, 1.5},
	} {
		p := newStepper(s, c.law, nil)
		nearAll(t, "half, lo, span", []float64{p.half, p.lo, p.span}, []float64{c.half, c.lo, c.span}, 0)
	}
}

// TestLaws: mean, second moment and ends of what a step draws, over many of them, within 5
// standard deviations; as the gradient of one sample x = 1 at w = 0 is sigma(delta) + eps.
func TestLaws(t *testing.T) {
	s := fromTable([][]float64{{1}}, []int{0})
	const n = 4000
	for _, reading := range usualSetting.readings {
		for _, c := range []struct {
			law              Law
			lo, hi, sd, kurt float64 // kurt: sd of the square about its mean
		}{
			{Law{Backward: 1.5}, -1.5, 1.5, 1.5 / math.Sqrt(3), 0}, {Law{Backward: 1.5, OneSided: true}, 0, 1.5, 0, 0},
			{Law{Forward: 1.5}, -1.5, 1.5, 0, 0},
		} {
			c.law.Every, c.law.Reading = 1, reading
			p := newStepper(s, c.law, rand.NewPCG(5, 5))
			mean, square, least, most := 0.0, 0.0, math.Inf(1), math.Inf(-1)
			for step := range n {
				exact, perturbed := p.gradients(step, []float64{0})
				near(t, "exact", exact[0], 0.5, 1e-15)
				v := perturbed[0] - 0.5
				if c.law.Forward > 0 {
					v = -math.Log(1/perturbed[0] - 1) // delta
				}
				mean, square = mean+v/n, square+v*v/n
				least, most = min(least, v), max(most, v)
			}
			span := c.hi - c.lo
			wantMean := (c.lo + c.hi) / 2
			near(t, "mean", mean, wantMean, 5*span/math.Sqrt(12*n))
			near(t, "second moment", square, span*span/12+wantMean*wantMean, 5*c.hi*c.hi*0.3/math.Sqrt(n))
			if least < c.lo-1e-12 || most > c.hi+1e-12 || least > c.lo+0.01*span || most < c.hi-0.01*span {
				t.Errorf("%+v: from %v to %v", c.law, least, most)
			}
		}
	}
}

// TestReadings: one number a step is the same for both samples, one a sample is not.
func TestReadings(t *testing.T) {
	s := fromTable([][]float64{{1, 0}, {0, 1}}, []int{0, 0}) // a coordinate a sample
	for _, reading := range usualSetting.readings {
		for _, law := range []Law{{Forward: 1}, {Backward: 1}} {
			law.Every, law.Reading = 1, reading
			_, g := newStepper(s, law, rand.NewPCG(2, 2)).gradients(0, []float64{0, 0})
			if same := math.Abs(g[0]-g[1]) < 1e-15; same != (reading == OneAStep) || math.Abs(g[0]-0.25) < 1e-9 {
				t.Errorf("%+v: %v", law, g)
			}
		}
	}
}

// TestSpread: two of each draw, the lower half first, one of the last for an odd number.
func TestSpread(t *testing.T) {
	for n := range 6 {
		pcg := rand.NewPCG(8, 9)
		p := &stepper{pcg: rand.NewPCG(8, 9)}
		from, to := []float64{10, 20, 30, 40, 50}[:max(n-1, 0)], make([]float64, max(n-1, 0))
		p.spread(to, from, -1, 3)
		var z uint64
		for k, v := range from {
			if k%2 == 0 {
				z = pcg.Uint64()
			}
			near(t, "spread", to[k], v-1+3*(float64(uint32(z>>(32*(k%2))))+0.5)/(1<<32), 1e-14)
		}
		if p.pcg.Uint64() != pcg.Uint64() {
			t.Errorf("%d numbers: another number of draws", len(from))
		}
	}
}

// TestSlow: far out both passes are those of math.Exp, and delta keeps its sign.
func TestSlow(t *testing.T) {
	got := make([]float64, 4)
	slowSlopes(got, []float64{-800, 800, 1, -1}, 0.5)
	nearAll(t, "slopes", got, []float64{0, 1, 1 / (1 + math.Exp(-1.5)), 1 / (1 + math.Exp(0.5))}, 1e-16)
	near(t, "norm", norm2([]float64{3, -4}), 5, 0)
	g := []float64{1, 2}
	addReg(g, []float64{1, -2}, core.Regularizer{Kind: "l2", Rho: 0.5})
	nearAll(t, "g + r", g, []float64{2, 0}, 0)
}

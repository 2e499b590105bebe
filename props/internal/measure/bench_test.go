package measure_test

import (
	"math"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// benchCase is a chain of N = 6 and widths up to 4 with one constant perturbation at
// every site.
func benchCase(b *testing.B) *gen.Pass {
	zero := perturb.Spec{Law: "zero"}
	constant := func(n int) perturb.Spec {
		s := perturb.Spec{Law: "constant"}
		for k := range n {
			s.D = append(s.D, 0.01*float64(k+1))
		}
		return s
	}
	c := &gen.Case{
		Chain: []core.Spec{
			{Op: "affine", In: 3, Out: 4}, {Op: "tanh", N: 4}, {Op: "affine", In: 4, Out: 3},
			{Op: "sigmoid", N: 3}, {Op: "scale", N: 3}, {Op: "softmaxce", N: 3},
		},
		X: []float64{0.5, -1, 2},
	}
	for k, n := range []int{16, 0, 15, 0, 3, 0} {
		w := make([]float64, n)
		for j := range w {
			w[j] = math.Sin(float64(7*k + j))
		}
		c.W = append(c.W, w)
	}
	for _, n := range []int{4, 4, 3, 3, 3, 1} {
		c.Delta = append(c.Delta, constant(n))
	}
	c.Eps = []perturb.Spec{zero, constant(4), constant(4), constant(3), constant(3), constant(3)}
	p, err := c.Build()
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkCase is the time of a Theorem 1 case: measured, enclosed and checked.
func BenchmarkCase(b *testing.B) {
	p := benchCase(b)
	ev := measure.NewEvaluator(p.Chain)
	thm1 := named(b, "thm1/printed")
	b.ReportAllocs()
	for b.Loop() {
		checkOnce(b, ev, p, thm1)
	}
}

func checkOnce(b *testing.B, ev *measure.Evaluator, p *gen.Pass, c *claim.Claim) {
	step, err := ev.Measure(p)
	if err != nil {
		b.Fatal(err)
	}
	if r := c.Check(&step.Lo, &step.Hi); r.Answer != claim.Yes {
		b.Fatal(r)
	}
}

// BenchmarkCaseRatio is the time of a Theorem 1 case, constants included, over
// the time of its two passes, both in the same run.
func BenchmarkCaseRatio(b *testing.B) {
	p := benchCase(b)
	ev := measure.NewEvaluator(p.Chain)
	thm1 := named(b, "thm1/printed")
	s := core.NewState(p.Chain)
	given := &core.Given{DeltaAt: make([][]float64, 7), EpsAt: make([][]float64, 7)}
	passes := func() {
		s.Pass(p.Chain, p.X, p.W, nil)
		s.Pass(p.Chain, p.X, p.W, given)
	}
	best := [2]time.Duration{math.MaxInt64, math.MaxInt64}
	for b.Loop() {
		for k, f := range []func(){func() { checkOnce(b, ev, p, thm1) }, passes} {
			start := time.Now()
			for range 50 {
				f()
			}
			best[k] = min(best[k], time.Since(start))
		}
	}
	b.ReportMetric(float64(best[0])/float64(best[1]), "x-passes")
}

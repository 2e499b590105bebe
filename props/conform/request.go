package conform

import (
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// check builds the chain and checks that everything fits it.
func (req *Request) check() (*core.Chain, error) {
	c, err := checkChain(req.Chain, req.W, req.Reg)
	if err != nil {
		return nil, err
	}
	if err := checkStepSize(req.Gamma); err != nil {
		return nil, err
	}
	return c, req.sample().check(c, "")
}

func checkChain(specs []core.Spec, w [][]float64, reg core.Regularizer) (*core.Chain, error) {
	c, err := core.FromSpecs(specs)
	if err != nil {
		return nil, err
	}
	if err := reg.Check(); err != nil {
		return nil, err
	}
	if len(w) != c.N() {
		return nil, fmt.Errorf("conform: w has %d entries, want %d", len(w), c.N())
	}
	for i, part := range w {
		if want := c.Op(i + 1).NW(); len(part) != want {
			return nil, fmt.Errorf("conform: w[%d] has length %d, want %d", i, len(part), want)
		}
	}
	return c, nil
}

func checkStepSize(gamma float64) error {
	if !(gamma >= 0) || math.IsInf(gamma, 0) {
		return fmt.Errorf("conform: gamma is %v, want finite and >= 0", gamma)
	}
	return nil
}

// check checks that the sample, whose name in messages begins with prefix, fits.
func (s *Sample) check(c *core.Chain, prefix string) error {
	n := c.N()
	if len(s.X) != c.D(0) {
		return fmt.Errorf("conform: %sx has length %d, want %d", prefix, len(s.X), c.D(0))
	}
	if len(s.Delta) != n || len(s.Eps) != n {
		return fmt.Errorf("conform: %sdelta, eps have %d, %d entries, want %d", prefix, len(s.Delta), len(s.Eps), n)
	}
	for i := 1; i <= n; i++ {
		if got, want := len(s.Delta[i-1]), c.D(i); got != want {
			return fmt.Errorf("conform: %sdelta[%d] has length %d, want %d", prefix, i-1, got, want)
		}
		want := c.D(i - 1)
		if i == 1 {
			want = 0
		}
		if got := len(s.Eps[i-1]); got != want {
			return fmt.Errorf("conform: %seps[%d] has length %d, want %d", prefix, i-1, got, want)
		}
	}
	_, err := s.labelled(c)
	return err
}

// labelled is c with the label of the sample.
func (s *Sample) labelled(c *core.Chain) (*core.Chain, error) {
	if s.Label == nil {
		return c, nil
	}
	specs := c.Specs()
	for k := range specs {
		if specs[k].Op == "softmaxce" {
			specs[k].Label = *s.Label
		}
	}
	return core.FromSpecs(specs)
}

// perturber shifts the protocol's indices to those of the paper.
func (s *Sample) perturber() *core.Given {
	n := len(s.Delta)
	g := &core.Given{DeltaAt: make([][]float64, n+1), EpsAt: make([][]float64, n+1)}
	copy(g.DeltaAt[1:], s.Delta)
	copy(g.EpsAt[1:], s.Eps)
	return g
}

func (req *Request) sample() *Sample { return &Sample{X: req.X, Delta: req.Delta, Eps: req.Eps} }

func (req *BatchRequest) check() (*core.Chain, error) {
	c, err := checkChain(req.Chain, req.W, req.Reg)
	if err != nil {
		return nil, err
	}
	return c, (&RunStep{req.Samples, req.Accumulate, req.Gamma}).check(c, "")
}

// MaxSteps is the largest number of steps in a RunRequest, MaxSamples that of
// samples in a step.
const (
	MaxSteps   = 1 << 16
	MaxSamples = 1 << 16
)

func (req *RunRequest) check() (*core.Chain, error) {
	c, err := checkChain(req.Chain, req.W, req.Reg)
	if err != nil {
		return nil, err
	}
	if len(req.Steps) < 1 || len(req.Steps) > MaxSteps {
		return nil, fmt.Errorf("conform: a run of %d steps, want 1..%d", len(req.Steps), MaxSteps)
	}
	for t := range req.Steps {
		if err := req.Steps[t].check(c, fmt.Sprintf("steps[%d].", t)); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (step *RunStep) check(c *core.Chain, prefix string) error {
	b := len(step.Samples)
	if b < 1 || b > MaxSamples {
		return fmt.Errorf("conform: %ssamples has %d entries, want 1..%d", prefix, b, MaxSamples)
	}
	if step.Accumulate < 1 || step.Accumulate > b {
		return fmt.Errorf("conform: %saccumulate is %d, want 1..%d", prefix, step.Accumulate, b)
	}
	if err := checkStepSize(step.Gamma); err != nil {
		return err
	}
	for k := range step.Samples {
		if err := step.Samples[k].check(c, fmt.Sprintf("%ssamples[%d].", prefix, k)); err != nil {
			return err
		}
	}
	return nil
}

func cloneChain(chain []core.Spec) []core.Spec {
	c := slices.Clone(chain)
	for k := range c {
		if c[k].A != nil {
			c[k].A = cloneRows(c[k].A)
		}
	}
	return c
}

func cloneSamples(samples []Sample) []Sample {
	c := make([]Sample, len(samples))
	for k, s := range samples {
		c[k] = Sample{X: slices.Clone(s.X), Delta: cloneRows(s.Delta), Eps: cloneRows(s.Eps)}
		if s.Label != nil {
			label := *s.Label
			c[k].Label = &label
		}
	}
	return c
}

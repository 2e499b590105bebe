package core

import (
	"fmt"
	"math"
)

// Objective is a finite sum l(w) = (1/Len) sum_k F_k(x_k; w): the samples of
// (1). The chains of all samples have the same shape.
type Objective interface {
	Len() int
	// Sample returns the chain and the input of sample k, k = 0..Len-1.
	Sample(k int) (c *Chain, x []float64)
}

// Options of a Run. T and Gamma are required.
type Options struct {
	T     int         // steps, >= 0
	Gamma float64     // step size g >= 0, finite
	Reg   Regularizer // none by default

	// Batch returns the samples of step t; the step uses the mean of their
	// gradients. nil: all samples every step. The slice is not kept.
	Batch func(t int) []int
	// Perturb returns the perturbations of sample k at step t; nil, or a nil
	// result, is an exact pass.
	Perturb func(t, k int) Perturber
	// Observe is called before the weights move, with the step's mean gradient.
	// Its arguments are only lent. An error ends the run.
	Observe func(t int, w, u []float64, batch []int) error
}

// Run performs T steps of (5d) from w, in place, with the mean of U over the
// batch of each step. A step allocates nothing beyond what the callbacks do.
// It returns an error for a bad option, an empty batch, a sample that does not
// exist, or the error of Observe; w is then the last iterate. It panics when obj
// is nil or gives a chain or an input that does not fit.
func Run(obj Objective, w []float64, opt Options) error {
	if obj == nil {
		panic("core: Run of a nil Objective")
	}
	switch {
	case obj.Len() < 1:
		return fmt.Errorf("core: objective of %d samples", obj.Len())
	case opt.T < 0:
		return fmt.Errorf("core: T is %d, want >= 0", opt.T)
	case !(opt.Gamma >= 0) || math.IsInf(opt.Gamma, 0):
		return fmt.Errorf("core: gamma is %v, want finite and >= 0", opt.Gamma)
	}
	if err := opt.Reg.Check(); err != nil {
		return err
	}
	first, _ := obj.Sample(0)
	if len(w) != first.NW() {
		return fmt.Errorf("core: %d weights, the chain has %d", len(w), first.NW())
	}
	all := make([]int, obj.Len())
	for k := range all {
		all[k] = k
	}
	s := NewState(first)
	u := make([]float64, len(w))
	for t := range opt.T {
		batch := all
		if opt.Batch != nil {
			batch = opt.Batch(t)
		}
		if len(batch) == 0 {
			return fmt.Errorf("core: step %d: empty batch", t)
		}
		clear(u)
		for _, k := range batch {
			if k < 0 || k >= obj.Len() {
				return fmt.Errorf("core: step %d: sample %d of %d", t, k, obj.Len())
			}
			var p Perturber
			if opt.Perturb != nil {
				p = opt.Perturb(t, k)
			}
			c, x := obj.Sample(k)
			s.Pass(c, x, w, p)
			add(u, u, s.UAll)
		}
		inv := 1 / float64(len(batch))
		for k := range u {
			u[k] *= inv
		}
		if opt.Observe != nil {
			if err := opt.Observe(t, w, u, batch); err != nil {
				return err
			}
		}
		Step(w, u, opt.Gamma, opt.Reg)
	}
	return nil
}

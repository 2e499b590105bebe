package core

import (
	"errors"
	"fmt"
	"math"
)

// Objective is a finite sum l(w) = (1/Len) sum_k F_k(x_k; w): the samples of
// (1). The chains of all samples have the same shape.
type Objective interface {
	Len() int
	// Sample returns the chain and the input of sample k, k = 0..Len-1, the same
	// ones while a Run lasts. The input is only lent.
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
	// result, is an exact pass. Samples are passed one by one.
	Perturb func(t, k int) Perturber
	// PerturbAll returns the perturbations at step t of the samples listed, a window
	// of a Batch: the Perturber sees matrices with a row for each of them, see
	// BatchPerturber. It is not asked for delta_N, which touches no gradient. nil, or
	// a nil result, is an exact pass. Of Perturb and PerturbAll at most one is set.
	PerturbAll func(t int, samples []int) Perturber
	// Observe is called before the weights move, with the step's mean gradient.
	// Its arguments are only lent. An error ends the run. Without it the gradient
	// need not be formed, see Batch.Step.
	Observe func(t int, w, u []float64, batch []int) error
}

func (o *Options) check() error {
	switch {
	case o.T < 0:
		return fmt.Errorf("core: T is %d, want >= 0", o.T)
	case !(o.Gamma >= 0) || math.IsInf(o.Gamma, 0):
		return fmt.Errorf("core: gamma is %v, want finite and >= 0", o.Gamma)
	case o.Perturb != nil && o.PerturbAll != nil:
		return errors.New("core: both Perturb and PerturbAll are set")
	}
	return o.Reg.Check()
}

// windowSize is how many numbers the widest matrix of a window of Run has: few
// enough for a cache, many enough that a call of a kernel does not count.
const windowSize = 1 << 14

// Run performs T steps of (5d) from w, in place, with the mean of U over the
// batch of each step, by a Batch. A step allocates nothing beyond what the callbacks
// do and a batch larger than those before. It returns an error for a bad option, an
// empty batch, a sample that does not exist, or the error of Observe; w is then the
// last iterate. It panics when obj is nil or gives a chain or an input that does not
// fit.
func Run(obj Objective, w []float64, opt Options) error {
	if obj == nil {
		panic("core: Run of a nil Objective")
	}
	if obj.Len() < 1 {
		return fmt.Errorf("core: objective of %d samples", obj.Len())
	}
	if err := opt.check(); err != nil {
		return err
	}
	first, _ := obj.Sample(0)
	if len(w) != first.NW() {
		return fmt.Errorf("core: %d weights, the chain has %d", len(w), first.NW())
	}
	r := &runner{obj: obj, opt: &opt, b: NewBatch(first, opt.window(first, obj.Len()))}
	r.b.SkipLoss = opt.Perturb == nil
	for k := range obj.Len() {
		r.batch = append(r.batch, k)
	}
	if opt.Batch == nil {
		r.b.Load(obj, r.batch)
	}
	perturb := r.perturb
	if opt.Perturb == nil && opt.PerturbAll == nil {
		perturb = nil
	}
	for r.t = range opt.T {
		if err := r.step(w, perturb); err != nil {
			return err
		}
	}
	return nil
}

// window is how many of n samples pass at once.
func (o *Options) window(c *Chain, n int) int {
	if o.Perturb != nil {
		return 1
	}
	widest := 0
	for i := range c.N() {
		widest = max(widest, c.D(i))
	}
	return max(1, min(n, windowSize/widest, MaxWindow(c)))
}

// runner is a Run at step t.
type runner struct {
	obj   Objective
	opt   *Options
	b     *Batch
	t     int
	batch []int
}

// perturb is the BatchPerturber of the step.
func (r *runner) perturb(from, to int) Perturber {
	if r.opt.Perturb != nil {
		return r.opt.Perturb(r.t, r.batch[from])
	}
	return r.opt.PerturbAll(r.t, r.batch[from:to])
}

func (r *runner) step(w []float64, perturb BatchPerturber) error {
	if r.opt.Batch != nil {
		r.batch = r.opt.Batch(r.t)
		if len(r.batch) == 0 {
			return fmt.Errorf("core: step %d: empty batch", r.t)
		}
		for _, k := range r.batch {
			if k < 0 || k >= r.obj.Len() {
				return fmt.Errorf("core: step %d: sample %d of %d", r.t, k, r.obj.Len())
			}
		}
		r.b.Load(r.obj, r.batch)
	}
	if r.opt.Observe == nil {
		r.b.Step(w, r.opt.Gamma, r.opt.Reg, perturb)
		return nil
	}
	r.b.Pass(w, perturb)
	if err := r.opt.Observe(r.t, w, r.b.U(), r.batch); err != nil {
		return err
	}
	Step(w, r.b.U(), r.opt.Gamma, r.opt.Reg)
	return nil
}

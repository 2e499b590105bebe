package measure

import (
	"errors"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// trainer evaluates a run over its tree of steps. Its weights are those that float64
// computed: the rounding of (5d) is an error of U, which stepRounding takes in.
type trainer struct {
	run    *gen.Training
	points *Points
	smooth bounds.Smooth // L, Mu and Gamma, when there is a Mu
	fading bounds.Weights
	steady bool // no law depends on the step
	chance bool // a step has more than one outcome
	nodes  int  // weights visited

	first, sum                              stepSum
	weighted41, weightedSharp, weightedRoot stepSum

	byStep []stepMeans // of a tree
	bias   biasSum     // of a run without chance, which has one node a step
	loss0  float64     // l(w^0)
	noise0 float64     // E_t|grad l(w^0) - (u+r)|^2
	cross0 float64     // <grad l(w^0), E_t[U-u]>
	loss1  float64     // E l(w^1)
	lossT  float64     // E l(w^T)
	grad0  []float64   // grad l(w^0)
	last   []float64   // the last w^T
	leaves []leafRaw

	leafOf  *expect.Enumerator
	spare   [2][]float64 // weights of a run without chance, in turn
	changed []float64    // U of its step
}

// stepSum is a weighted sum over steps.
type stepSum struct {
	weight, grad2, mean2 float64
	*claim.Moments
}

func (s *stepSum) add(d *Point, weight float64) {
	s.weight += weight
	s.grad2 += weight * norm2(d.Grad)
	s.mean2 += weight * d.Moments.UMean2
	s.Add(d.Moments, weight)
}

// stepMeans are E|U-u|^2 and E|E_t[U-u]|^2 at one step.
type stepMeans struct{ e2, mean2 float64 }

// biasSum sums with the weights q^{(T-1-t)/2} of bounds.Root41: the roots of E|E_t[U-u]|^2,
// those of E|U-u|^2, and 1.
type biasSum struct{ mean, size, weight float64 }

func (s *biasSum) add(m stepMeans, weight float64) {
	s.mean += weight * math.Sqrt(m.mean2)
	s.size += weight * math.Sqrt(m.e2)
	s.weight += weight
}

// leafRaw is one outcome of the first step.
type leafRaw struct {
	w     []float64
	u, uu []float64 // the exact gradient of the sample, and U
}

var errTooManyNodes = errors.New("measure: too many nodes")

// maxNodes caps the weights that a tree of steps visits.
const maxNodes = 1 << 16

func newTrainer(run *gen.Training) *trainer {
	r := &trainer{
		run: run, points: NewPoints(run), steady: steady(run),
		chance: !single(run) || !run.All && len(run.Inputs) > 1,
	}
	if !run.All {
		r.byStep = make([]stepMeans, run.Steps)
	}
	for _, s := range []*stepSum{&r.first, &r.sum, &r.weighted41, &r.weightedSharp, &r.weightedRoot} {
		s.Moments = claim.NewRunMoments(run.Chain)
	}
	if run.Known != nil && run.Known.Mu() > 0 {
		r.smooth = bounds.Smooth{L: run.Known.L(), Mu: run.Known.Mu(), Gamma: run.Gamma}
		r.fading = r.smooth.Weights()
	}
	return r
}

// at is a point of the run, counted.
func (r *trainer) at(w []float64, t int) (*Point, error) {
	if r.nodes++; !r.run.All && r.nodes > maxNodes {
		return nil, errTooManyNodes
	}
	return r.points.At(w, t)
}

// visit evaluates the subtree of steps below w at step t, which is reached with
// probability p.
func (r *trainer) visit(w []float64, t int, p float64) error {
	for {
		d, err := r.at(w, t)
		if err != nil {
			return err
		}
		if t == 0 {
			r.loss0, r.grad0, r.noise0 = d.Loss, slices.Clone(d.Grad), d.Variance
			r.cross0 = dot(d.Grad, d.Moments.UMean)
		}
		if t == 1 {
			r.loss1 += p * d.Loss
		}
		if t == r.run.Steps {
			r.lossT += p * d.Loss
			r.last = w
			return nil
		}
		r.enter(d, t, p)
		if r.run.All {
			next := r.allStep(w, d, t)
			if t > 0 && r.steady && slices.Equal(next, w) {
				r.rest(d, t+1, p) // the steps left are all this one
				r.last = w
				return nil
			}
			w = next
			t++
			continue
		}
		return r.branch(w, d, t, p)
	}
}

func (r *trainer) enter(d *Point, t int, p float64) {
	if t == 0 {
		r.first.add(d, p)
	}
	r.sum.add(d, p)
	after := r.run.Steps - 1 - t
	if r.smooth.Mu > 0 {
		r.weighted41.add(d, p*r.fading.Printed(after+1))
		r.weightedSharp.add(d, p*r.fading.Sharp(after))
		r.weightedRoot.add(d, p*r.fading.Root(2*after))
	}
	m := stepMeans{p * d.Moments.U2, p * d.Moments.UMean2}
	switch {
	case !r.run.All:
		r.byStep[t].e2 += m.e2
		r.byStep[t].mean2 += m.mean2
	case r.smooth.Mu > 0:
		r.bias.add(m, r.fading.Root(after))
	}
}

// rest enters the steps from t to T-1 of a run that stands still.
func (r *trainer) rest(d *Point, t int, p float64) {
	left := r.run.Steps - t
	r.sum.add(d, p*float64(left))
	if r.smooth.Mu > 0 && left > 0 {
		var of41, ofSharp, ofRoot, bias float64
		for k := range left {
			of41 += r.fading.Printed(k + 1)
			ofSharp += r.fading.Sharp(k)
			ofRoot += r.fading.Root(2 * k)
			bias += r.fading.Root(k)
		}
		r.weighted41.add(d, p*of41)
		r.weightedSharp.add(d, p*ofSharp)
		r.weightedRoot.add(d, p*ofRoot)
		r.bias.add(stepMeans{p * d.Moments.U2, p * d.Moments.UMean2}, bias)
	}
	r.lossT += p * d.Loss
}

// steady reports that no law of the run depends on the step.
func steady(run *gen.Training) bool {
	for _, laws := range [][]perturb.Finite{run.Plan.Delta, run.Plan.Eps} {
		for _, l := range laws {
			if l != nil && l.Spec().Law == "intermittent" {
				return false
			}
		}
	}
	return true
}

// allStep is the step with all inputs, whose laws have one outcome each. What it returns
// stays until the next step but one.
func (r *trainer) allStep(w []float64, d *Point, t int) []float64 {
	if r.changed == nil {
		r.changed, r.spare = make([]float64, len(w)), [2][]float64{make([]float64, len(w)), make([]float64, len(w))}
	}
	u, next := r.changed, r.spare[t%2]
	for k := range u {
		mean := 0.0
		for _, v := range d.Exact {
			mean += v[k] / float64(len(d.Exact))
		}
		u[k] = mean + d.Moments.UMean[k]
	}
	copy(next, w)
	core.Step(next, u, r.run.Gamma, r.run.Reg)
	if t == 0 {
		exact := make([]float64, len(w))
		for k := range exact {
			exact[k] = u[k] - d.Moments.UMean[k]
		}
		r.leaves = append(r.leaves, leafRaw{w: slices.Clone(next), u: exact, uu: slices.Clone(u)})
	}
	return next
}

func (r *trainer) branch(w []float64, d *Point, t int, p float64) error {
	type leaf struct {
		w []float64
		p float64
	}
	var next []leaf
	m := float64(len(r.run.Inputs))
	if r.leafOf == nil {
		r.leafOf = expect.NewEnumerator(r.run.Chain)
	}
	for k, x := range r.run.Inputs {
		err := r.leafOf.Enumerate(x, w, &r.run.Plan, t, func(l *expect.Leaf, s *core.State) error {
			up := slices.Clone(w)
			core.Step(up, s.UAll, r.run.Gamma, r.run.Reg)
			next = append(next, leaf{up, p * l.P / m})
			if t == 0 {
				r.leaves = append(r.leaves, leafRaw{w: up, u: slices.Clone(d.Exact[k]), uu: slices.Clone(s.UAll)})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if t == 0 && math.Pow(float64(len(next)), float64(r.run.Steps)) > maxNodes {
		return errTooManyNodes // at once, when the first step tells
	}
	for _, l := range next {
		if err := r.visit(l.w, t+1, l.p); err != nil {
			return err
		}
	}
	return nil
}

// Training evaluates a run: hypotheses, both sides of every claim about it, and
// their enclosures. A reason other than claim.Valid says why it says nothing; with
// claim.StepSize the views hold L and g.
func Training(run *gen.Training) (lo, hi *claim.View, why claim.Reason) {
	if run.All && !single(run) {
		return nil, nil, claim.TooLarge
	}
	r := newTrainer(run)
	if err := r.visit(run.W, 0, 1); err != nil {
		var large *expect.TooManyLeaves
		if errors.As(err, &large) || errors.Is(err, errTooManyNodes) {
			return nil, nil, claim.TooLarge
		}
		return nil, nil, claim.Overflow
	}
	return r.enclose()
}

// LastWeights are the weights that a run ends with when every law takes its one
// outcome; ok is false for a run with chance, or one that cannot be evaluated.
func LastWeights(run *gen.Training) (w []float64, ok bool) {
	if !run.All || !single(run) {
		return nil, false
	}
	r := newTrainer(run)
	if r.visit(run.W, 0, 1) != nil {
		return nil, false
	}
	return r.last, true
}

// single reports that no law has more than one outcome, whatever the state.
func single(run *gen.Training) bool {
	for _, laws := range [][]perturb.Finite{run.Plan.Delta, run.Plan.Eps} {
		for _, l := range laws {
			if l == nil {
				continue
			}
			if s := l.Spec(); !s.Single() {
				return false
			}
		}
	}
	return true
}

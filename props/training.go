package props

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// RunView is what a claim about training may speak of, as lower or as upper
// bounds. E is over all paths of samples and outcomes, E_t given w^t.
type RunView struct {
	S     bounds.Smooth // L and SigmaSq from above, Mu from below
	Steps int           // T
	LStar float64       // a lower bound of l*
	D0    float64       // l(w^0) - l*; without mu l* is that lower bound
	Grad2 float64       // (1/T) sum_t E|grad l(w^t)|^2
	GapT  float64       // E l(w^T) - l*
	First StepSums      // of step 0 alone
	Sum   StepSums      // summed over t
	Geo   StepSums      // summed with the weights (1-mu g/3)^{T-t}; 0 without mu
	Fast  StepSums      // summed with the weights (1-mu g)^{T-1-t}; 0 without mu
	Root  StepSums      // summed with the weights q^{T-1-t} of bounds.Root41; 0 without mu

	RootBias float64 // sum_{t<T} q^{(T-1-t)/2} (E|E_t[U-u]|^2)^{1/2}; 0 without mu

	// The first step: E_t l(w+) - l(w) + (g/6)|grad l|^2, E_t l(w+) - l* - (1 - mu g/3)(l(w) - l*),
	// and by outcome what (35) speaks of.
	Drop36, Drop40 float64
	Fast36, Fast40 float64 // the same with g/2 for g/6 and mu g for mu g/3
	Root40         float64 // the same with q of bounds.RootEq40 for 1 - mu g/3

	// E[l(w^T)-l*] - q^T D0 with the q of (41), of its sharp form and of its root form:
	// what the errors add to a gap that shrinks. As g -> 0 that gap is all there is, and
	// beside it a ratio says nothing.
	Added41, AddedFast, AddedRoot float64
	Leaves                        []LeafStep
}

// StepSums are sums over steps of E|U-u|^2, E|E_t[U-u]|^2, their difference, and of
// the right sides of (13), of (23) by reading, and of the repaired (23). Sharp1 is the
// sharp (13) of the summed moments, which is at least its sum.
type StepSums struct {
	E2, Mean2, Spread, Thm1, Sharp1 float64
	Thm2, Repaired2                 [expect.Readings]float64
}

// LeafStep is one outcome of the first step: l(w+) - l(w) + g <grad l, u+r>
// + g <grad l, U-u>, |u+r|^2 and |U-u|^2.
type LeafStep struct{ Drop, UR2, E2 float64 }

// trainer evaluates a run. Its weights are those that float64 computed: the
// rounding of (5d) is an error of U, which stepRounding takes in.
type trainer struct {
	t      *gen.Training
	n      int
	smooth bounds.Smooth // L, Mu and Gamma, when there is a Mu
	steady bool          // no law depends on the step
	chance bool          // a step has more than one outcome
	walker *expect.Walker
	one    []*expect.Moments // of each input at the current weights
	mixed  *expect.Moments   // of all inputs
	state  *core.State
	region *core.Region
	errs   *core.Enclosure

	first, sum, geo, fast, root stepSum

	at       []stepMeans // of a tree, by step
	bias     biasSum     // of a run without chance, which has one node a step
	loss0    float64
	lossT    float64 // E l(w^T)
	loss1    float64 // E l(w^1)
	grad0    []float64
	grad2    float64 // |grad l(w^0)|^2
	variance float64 // the largest met
	maxLoss  float64
	maxW     float64
	maxGrad  float64
	last     []float64 // the last w^T
	leaves   []leafRaw
	nodes    int
}

// stepSum is a weighted sum over steps.
type stepSum struct {
	weight, grad2, mean2 float64
	*expect.Moments
}

func (s *stepSum) add(d *node, weight float64) {
	s.weight += weight
	s.grad2 += weight * norm2(d.grad)
	s.mean2 += weight * d.moments.UMean2
	s.Add(d.moments, weight)
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

var errTooManyNodes = errors.New("props: too many nodes")

// maxNodes caps the weights that a tree of steps visits.
const maxNodes = 1 << 16

func newTrainer(t *gen.Training) *trainer {
	c := t.Chain
	r := &trainer{
		t: t, mixed: expect.NewMoments(c), n: c.N(), walker: expect.NewWalker(c), state: core.NewState(c),
		region: core.NewRegion(c), errs: core.NewEnclosure(c), steady: steady(t),
		chance: !single(t) || !t.All && len(t.Inputs) > 1,
	}
	if !t.All {
		r.at = make([]stepMeans, t.Steps)
	}
	for _, s := range []*stepSum{&r.first, &r.sum, &r.geo, &r.fast, &r.root} {
		s.Moments = expect.NewMoments(c)
	}
	if t.Known != nil && t.Known.Mu() > 0 {
		r.smooth = bounds.Smooth{L: t.Known.L(), Mu: t.Known.Mu(), Gamma: t.Gamma}
	}
	for range t.Inputs {
		r.one = append(r.one, expect.NewMoments(c))
	}
	return r
}

// node is what is known at one w: the gradient and the gradients of the samples.
type node struct {
	loss    float64
	grad    []float64       // of l
	u       [][]float64     // exact, by input
	moments *expect.Moments // lent until the next look
}

// look evaluates l at w, and the moments of the perturbed pass.
func (r *trainer) look(w []float64, t int) (*node, error) {
	if r.nodes++; !r.t.All && r.nodes > maxNodes {
		return nil, errTooManyNodes
	}
	d := &node{grad: make([]float64, len(w))}
	m := float64(len(r.t.Inputs))
	p := make([]float64, len(r.t.Inputs))
	for k, x := range r.t.Inputs {
		if err := r.walker.Walk(r.one[k], x, w, &r.t.Plan, t); err != nil {
			return nil, err
		}
		exact, reach := r.walker.Exact(), r.walker.Reach()
		r.region.VisitBoxes(reach.Y)
		r.errs.VisitNorms(reach.MaxY, reach.MaxV)
		d.loss += exact.Loss() / m
		d.u = append(d.u, append([]float64(nil), exact.UAll...))
		p[k] = 1 / m
	}
	r.region.VisitWeights(w)
	for j := range d.grad {
		for _, u := range d.u {
			d.grad[j] += u[j] / m
		}
	}
	variance := 0.0
	for _, u := range d.u {
		variance += distance2(u, d.grad) / m
	}
	if r.t.All {
		variance = 0 // the step's gradient is that of l
	}
	for j := range d.grad {
		d.grad[j] += r.t.Reg.Grad(w[j])
	}
	d.loss += r.t.Reg.Value(w)
	r.mixed.Mix(r.t.Chain, r.one, p)
	d.moments = r.mixed
	r.variance = max(r.variance, variance)
	r.maxLoss = max(r.maxLoss, math.Abs(d.loss))
	r.maxW = max(r.maxW, math.Sqrt(norm2(w)))
	r.maxGrad = max(r.maxGrad, math.Sqrt(norm2(d.grad)))
	return d, nil
}

// visit evaluates the subtree of steps below w at step t, which is reached with
// probability p.
func (r *trainer) visit(w []float64, t int, p float64) error {
	for {
		d, err := r.look(w, t)
		if err != nil {
			return err
		}
		if t == 0 {
			r.loss0, r.grad0, r.grad2 = d.loss, d.grad, norm2(d.grad)
		}
		if t == 1 {
			r.loss1 += p * d.loss
		}
		if t == r.t.Steps {
			r.lossT += p * d.loss
			r.last = w
			return nil
		}
		r.enter(d, t, p)
		if r.t.All {
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

func (r *trainer) enter(d *node, t int, p float64) {
	if t == 0 {
		r.first.add(d, p)
	}
	r.sum.add(d, p)
	if r.smooth.Mu > 0 {
		r.geo.add(d, p*r.smooth.Weight(r.t.Steps, t))
		r.fast.add(d, p*r.smooth.SharpWeight(r.t.Steps, t))
		r.root.add(d, p*r.smooth.RootWeight(2*(r.t.Steps-1-t)))
	}
	m := stepMeans{p * d.moments.U2, p * d.moments.UMean2}
	switch {
	case !r.t.All:
		r.at[t].e2 += m.e2
		r.at[t].mean2 += m.mean2
	case r.smooth.Mu > 0:
		r.bias.add(m, r.smooth.RootWeight(r.t.Steps-1-t))
	}
}

// rest enters the steps from t to T-1 of a run that stands still.
func (r *trainer) rest(d *node, t int, p float64) {
	left := r.t.Steps - t
	r.sum.add(d, p*float64(left))
	if r.smooth.Mu > 0 && left > 0 {
		var geo, fast, root, bias float64
		for k := range left {
			geo += r.smooth.Weight(k+1, 0)
			fast += r.smooth.SharpWeight(k+1, 0)
			root += r.smooth.RootWeight(2 * k)
			bias += r.smooth.RootWeight(k)
		}
		r.geo.add(d, p*geo)
		r.fast.add(d, p*fast)
		r.root.add(d, p*root)
		r.bias.add(stepMeans{p * d.moments.U2, p * d.moments.UMean2}, bias)
	}
	r.lossT += p * d.loss
}

// steady reports that no law of the run depends on the step.
func steady(c *gen.Training) bool {
	for _, laws := range [][]perturb.Finite{c.Plan.Delta, c.Plan.Eps} {
		for _, l := range laws {
			if l != nil && l.Spec().Law == "intermittent" {
				return false
			}
		}
	}
	return true
}

// allStep is the step with all inputs, whose laws have one outcome each.
func (r *trainer) allStep(w []float64, d *node, t int) []float64 {
	u := make([]float64, len(w))
	for k := range u {
		mean := 0.0
		for _, v := range d.u {
			mean += v[k] / float64(len(d.u))
		}
		u[k] = mean + d.moments.UMean[k]
	}
	next := append([]float64(nil), w...)
	core.Step(next, u, r.t.Gamma, r.t.Reg)
	if t == 0 {
		exact := make([]float64, len(w))
		for k := range exact {
			exact[k] = u[k] - d.moments.UMean[k]
		}
		r.leaves = append(r.leaves, leafRaw{w: next, u: exact, uu: u})
	}
	return next
}

func (r *trainer) branch(w []float64, d *node, t int, p float64) error {
	type leaf struct {
		w []float64
		p float64
	}
	var next []leaf
	m := float64(len(r.t.Inputs))
	for k, x := range r.t.Inputs {
		err := expect.Enumerate(r.t.Chain, x, w, &r.t.Plan, t, func(l *expect.Leaf, s *core.State) error {
			up := append([]float64(nil), w...)
			core.Step(up, s.UAll, r.t.Gamma, r.t.Reg)
			next = append(next, leaf{up, p * l.P / m})
			if t == 0 {
				r.leaves = append(r.leaves, leafRaw{w: up, u: d.u[k], uu: append([]float64(nil), s.UAll...)})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if t == 0 && math.Pow(float64(len(next)), float64(r.t.Steps)) > maxNodes {
		return errTooManyNodes // at once, when the first step tells
	}
	for _, l := range next {
		if err := r.visit(l.w, t+1, l.p); err != nil {
			return err
		}
	}
	return nil
}

// loss is l(w) by exact passes, for the leaves of the first step.
func (r *trainer) loss(w []float64) float64 {
	sum := 0.0
	for _, x := range r.t.Inputs {
		r.state.Forward(r.t.Chain, x, w, nil)
		sum += r.state.Loss() / float64(len(r.t.Inputs))
	}
	return sum + r.t.Reg.Value(w)
}

// Measure evaluates a run: hypotheses, both sides of every claim about it, and
// their enclosures. A Reason other than Valid says why it says nothing.
func measureRun(t *gen.Training) (lo, hi *View, why Reason) {
	if t.All && !single(t) {
		return nil, nil, TooLarge
	}
	r := newTrainer(t)
	if err := r.visit(t.W, 0, 1); err != nil {
		var large *expect.TooManyLeaves
		if errors.As(err, &large) || errors.Is(err, errTooManyNodes) {
			return nil, nil, TooLarge
		}
		return nil, nil, Overflow
	}
	return r.enclose()
}

// single reports that no law has more than one outcome, whatever the state.
func single(t *gen.Training) bool {
	for _, laws := range [][]perturb.Finite{t.Plan.Delta, t.Plan.Eps} {
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

// stepRounding is the relative rounding of w - g (U + r): four operations.
const stepRounding = 0x1p-50

// sumRounding bounds the relative rounding of means over inputs, leaves and
// steps: sums of at most 2^21 terms with probabilities normalised to 2^-40.
const sumRounding = 0x1p-31

func (r *trainer) enclose() (lo, hi *View, why Reason) {
	t, n := r.t, r.n
	if !(r.maxLoss <= math.MaxFloat64) || !(r.maxGrad <= math.MaxFloat64) {
		return nil, nil, Overflow
	}
	s := bounds.Smooth{Gamma: t.Gamma}
	lStarLo, lStarHi := 0.0, math.Inf(1) // F and R are >= 0 for every loss that gen draws
	if t.Known != nil {
		s.L, s.Mu, lStarLo, lStarHi = t.Known.L(), t.Known.Mu(), t.Known.LStarLower(), t.Known.LStarUpper()
	} else {
		if !nonNegative(t.Chain) {
			return nil, nil, NoLStar
		}
		s.L = r.region.Smoothness(t.Inputs) + 2*t.Reg.Rho
	}
	if !s.Admissible() {
		v := &View{Run: &RunView{S: s}}
		return v, v, StepSize
	}
	if s.Mu == 0 {
		lStarHi = lStarLo // Theorems 3 and 4 hold for every lower bound of l
	}
	r.region.Widen(core.Margin)
	per := make([]core.Regularity, n+1)
	all := r.region.Regularity(per)
	if !r.errs.Compute(r.region, per) {
		return nil, nil, Ill
	}
	k := Constants(n, all)

	eL := r.errs.Y[n] + sumRounding*r.maxLoss
	eU := 0.0
	for i := 1; i <= n; i++ {
		eU += r.errs.U[i]
	}
	eG := eU + sumRounding*r.maxGrad
	eU = 2*eU + stepRounding*(r.maxW/t.Gamma+r.maxGrad)

	lo, hi = &View{K: k, Per: per, Run: &RunView{}}, &View{K: k, Per: per, Run: &RunView{}}
	a, b := lo.Run, hi.Run
	_, s.SigmaSq = root(r.variance, 2*eG, 2, sumRounding)
	a.S, b.S = s, s
	a.D0, b.D0 = max(r.loss0-eL-lStarHi, 0), max(r.loss0+eL-lStarLo, 0)
	a.GapT, b.GapT = max(r.lossT-eL-lStarHi, 0), max(r.lossT+eL-lStarLo, 0)
	a.Steps, b.Steps = t.Steps, t.Steps
	a.LStar, b.LStar = lStarLo, lStarLo
	if d := r.sum.weight - float64(t.Steps); !(math.Abs(d) <= sumRounding*float64(t.Steps)) {
		panic(fmt.Sprintf("props: the probabilities of a run of %d steps sum to %v", t.Steps, r.sum.weight))
	}
	a.First, b.First = r.first.enclose(k, eU, r.chance)
	a.Sum, b.Sum = r.sum.enclose(k, eU, r.chance)
	a.Geo, b.Geo = r.geo.enclose(k, eU, r.chance)
	a.Fast, b.Fast = r.fast.enclose(k, eU, r.chance)
	a.Root, b.Root = r.root.enclose(k, eU, r.chance)
	a.Grad2, b.Grad2 = root(r.sum.grad2/float64(t.Steps), eG, 2, sumRounding)
	g2lo, g2hi := root(r.grad2, eG, 2, sumRounding)
	// l(w+) - l(w) + c |grad l|^2, and l(w+) - q l(w) - (1-q) l*: l* enters with a minus.
	g := t.Gamma
	drop := func(c float64) (lo, hi float64) {
		return r.loss1 - r.loss0 - 2*eL + c*g2lo, r.loss1 - r.loss0 + 2*eL + c*g2hi
	}
	shrink := func(x float64) (lo, hi float64) {
		d := r.loss1 - (1-x)*r.loss0
		return d - 2*eL - x*lStarHi, d + 2*eL - x*lStarLo
	}
	a.Drop36, b.Drop36 = drop(g / 6)
	a.Fast36, b.Fast36 = drop(g / 2)
	a.Drop40, b.Drop40 = shrink(s.Mu * g / 3)
	a.Fast40, b.Fast40 = shrink(s.Mu * g)
	added := func(q float64) (lo, hi float64) { // q = q^T
		d := r.lossT - q*r.loss0
		return d - 2*eL - (1-q)*lStarHi, d + 2*eL - (1-q)*lStarLo
	}
	if s.Mu > 0 {
		a.Added41, b.Added41 = added(s.Weight(t.Steps, 0))
		a.AddedFast, b.AddedFast = added(s.SharpWeight(t.Steps, -1))
		a.AddedRoot, b.AddedRoot = added(s.RootWeight(2 * t.Steps))
		a.Root40, b.Root40 = shrink(1 - s.RootQ())
		a.RootBias, b.RootBias = r.rootBias(eU)
	}
	r.encloseLeaves(a, b, eL, eG, eU)
	return lo, hi, Valid
}

// enclose bounds the sums: by Minkowski's inequality the root of a sum of
// weighted squares is off by at most e times the root of the sum of weights.
func (s *stepSum) enclose(k bounds.Const, e float64, chance bool) (lo, hi StepSums) {
	e *= math.Sqrt(s.weight) * (1 + sumRounding)
	put := func(lo, hi *float64, v, lost float64) { *lo, *hi = root(v, e+lost, 2, sumRounding) }
	put(&lo.E2, &hi.E2, s.U2, 0)
	put(&lo.Mean2, &hi.Mean2, s.mean2, cancellation*math.Sqrt(s.U2))
	if chance { // the difference of two rounded sums
		off := 2 * sumRounding * s.U2
		lo.Spread, _ = root(max(s.U2-s.mean2-off, 0), e, 2, sumRounding)
		_, hi.Spread = root(max(s.U2-s.mean2, 0)+off, e, 2, sumRounding)
	}
	thm1 := bounds.Theorem1(k, s.D2, s.Moments.E2)
	put(&lo.Thm1, &hi.Thm1, thm1, 0)
	put(&lo.Sharp1, &hi.Sharp1, bounds.SharpTheorem1(k, s.D2, s.Moments.E2), 0)
	lost := cancellation * math.Sqrt(thm1)
	for r := range expect.Readings {
		// Total means of eps do not do for the repaired form.
		eps := s.EMean2[min(r, int(expect.Past))]
		put(&lo.Thm2[r], &hi.Thm2[r], bounds.Theorem2(k, s.DMean2[r], s.D4, s.EMean2[r]), lost)
		put(&lo.Repaired2[r], &hi.Repaired2[r], bounds.RepairedTheorem2(k, s.DMean2[r], s.D4, eps), lost)
	}
	return lo, hi
}

// rootBias encloses RunView.RootBias; at each step the root is off by e, and the
// mean by cancellation.
func (r *trainer) rootBias(e float64) (lo, hi float64) {
	for t, m := range r.at {
		r.bias.add(m, r.smooth.RootWeight(r.t.Steps-1-t))
	}
	off := e*r.bias.weight + cancellation*r.bias.size
	return max(r.bias.mean-off, 0) * (1 - sumRounding), (r.bias.mean + off) * (1 + sumRounding)
}

func (r *trainer) encloseLeaves(a, b *RunView, eL, eG, eU float64) {
	g := r.t.Gamma
	for _, l := range r.leaves {
		up := r.loss(l.w)
		ur := make([]float64, len(l.u))
		err := make([]float64, len(l.u))
		for j := range ur {
			ur[j] = l.u[j] + r.t.Reg.Grad(r.t.W[j])
			err[j] = l.uu[j] - l.u[j]
		}
		norm, size := math.Sqrt(norm2(r.grad0)), math.Sqrt(norm2(ur))+math.Sqrt(norm2(err))
		drop := up - r.loss0 + g*dot(r.grad0, ur) + g*dot(r.grad0, err)
		e := 2*eL + g*(norm*(eG+eU)+eG*(size+eG+eU)+sumRounding*norm*size)
		lo, hi := LeafStep{Drop: drop - e}, LeafStep{Drop: drop + e}
		lo.UR2, hi.UR2 = root(norm2(ur), eG, 2, sumRounding)
		lo.E2, hi.E2 = root(norm2(err), eU, 2, sumRounding)
		a.Leaves, b.Leaves = append(a.Leaves, lo), append(b.Leaves, hi)
	}
}

// nonNegative reports that the last operator is a loss >= 0, so that l* >= 0.
func nonNegative(c *core.Chain) bool {
	switch c.Op(c.N()).Spec().Op {
	case "halfsq", "bilinear", "softmaxce", "logistic", "square", "sigmoid", "softplus":
		return true
	}
	return false
}

func norm2(v []float64) float64 { return dot(v, v) }

func dot(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		sum += float64(x * b[k])
	}
	return sum
}

func distance2(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		d := x - b[k]
		sum += float64(d * d)
	}
	return sum
}

package expect

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
)

// Walker computes Moments by walking the outcome tree depth first. What lies
// above a node is computed once: Y_1..Y_i at a forward node, V_N..V_i at a
// backward one, and U_i there, because it depends on nothing below.
// delta_N ends in Y_N and touches no gradient, so no backward pass hangs below it.
//
// A Walker is not safe for concurrent use. After its first walk of a kind it
// allocates nothing.
type Walker struct {
	c     *core.Chain
	exact *core.State
	main  *walk   // sums of the trunk, then of everything
	parts []*walk // one a worker
	todo  []part
	paths []int // backing of the parts' paths
	split int   // number of sites in the trunk
	spent atomic.Int64
	most  int         // nodes, MaxNodes but in tests
	state *core.State // of likeFirst

	onPart func(k int) // walkPart, bound once: a method value allocates
	first  odometer
}

// Reach is the hull of what a walk visited, the exact pass included: the boxes
// of A3 and the norms that rounding errors scale with.
type Reach struct {
	Y          []core.Box // 0..N
	MaxY, MaxV []float64  // largest |Y_i|, |V_i|, 1..N
}

// part is a subtree: the outcomes on the way to its root and their probability.
type part struct {
	path []int
	p    float64
}

// minParts is how many subtrees the tree is split into, when it has that many:
// enough to balance a few workers. It is fixed, and sums are formed per subtree
// and added in order, so that the bits do not depend on who did what.
const minParts = 32

// smallTree is the number of nodes up to which a tree is not split.
const smallTree = 1 << 10

var errSmall = errors.New("expect: not a small tree")

// MaxNodes caps the nodes of a tree. Subtrees count theirs by the spend, so that
// whether all together go beyond the cap does not depend on their order.
const (
	MaxNodes = 1 << 24
	spend    = 1 << 10
)

// NewWalker returns a walker for c.
func NewWalker(c *core.Chain) *Walker {
	w := &Walker{c: c, exact: core.NewState(c), most: MaxNodes}
	w.main = newWalk(w)
	w.onPart = w.walkPart
	return w
}

// Walk computes the moments of the pass at (x, weights) under the plan's laws
// at step t into m: all that m has lists for, and no more. The cost is that of the nodes of
// the tree. The result has the same bits as WalkParallel. Into moments without the lists of the
// laws nothing is summed but U, and Reach is that of no walk.
func (w *Walker) Walk(m *claim.Moments, x, weights []float64, plan *Plan, t int) error {
	return w.walk(m, x, weights, plan, t, 1)
}

// WalkParallel is Walk on GOMAXPROCS goroutines.
func (w *Walker) WalkParallel(m *claim.Moments, x, weights []float64, plan *Plan, t int) error {
	return w.walk(m, x, weights, plan, t, runtime.GOMAXPROCS(0))
}

// Reach returns the hull of the last walk. It is only lent, until the next one.
func (w *Walker) Reach() *Reach { return &w.main.reach }

// Exact returns the exact pass of the last walk, lent likewise.
func (w *Walker) Exact() *core.State { return w.exact }

func (w *Walker) walk(m *claim.Moments, x, weights []float64, plan *Plan, t, workers int) error {
	err := w.walkTree(m, x, weights, plan, t, workers)
	if err == nil {
		return nil
	}
	var large *TooManyLeaves
	if errors.As(err, &large) {
		large.LikeFirst = w.likeFirst(x, weights, plan, t)
	}
	return err
}

// likeFirst is the size of the tree as far as the path of first outcomes tells.
func (w *Walker) likeFirst(x, weights []float64, plan *Plan, t int) float64 {
	if w.state == nil { // few trees are that large
		w.state = core.NewState(w.c)
	}
	return w.first.like(w.state, w.c, x, weights, plan, t)
}

func (w *Walker) walkTree(m *claim.Moments, x, weights []float64, plan *Plan, t, workers int) error {
	if plan.Zeta != nil {
		if err := plan.mustNotRead("a Walker"); err != nil {
			return err
		}
	}
	w.exact.Pass(w.c, x, weights, nil)
	if w.main.straight(m, x, weights, plan, t) {
		return nil
	}
	return w.branched(m, x, weights, plan, t, workers)
}

// branched walks any tree, once the exact pass is made.
func (w *Walker) branched(m *claim.Moments, x, weights []float64, plan *Plan, t, workers int) error {
	sites := 2*w.c.N() - 2
	// A small tree is all trunk.
	w.split = sites + 1
	w.main.begin(m, x, weights, plan, t, true)
	w.main.room = smallTree
	err := w.main.run(part{p: 1})
	if err == nil {
		w.main.finish()
		return nil
	}
	if err != errSmall {
		return err
	}
	if n := w.likeFirst(x, weights, plan, t); n > float64(w.most) && !plan.stateful() {
		return w.tooMany() // at once
	}
	// The trunk grows one site at a time until it has enough subtrees: each
	// round walks it anew, which costs at most a few times minParts nodes.
	for w.split = 0; ; w.split++ {
		w.todo, w.paths = w.todo[:0], w.paths[:0]
		w.main.begin(m, x, weights, plan, t, true)
		if err := w.main.run(part{p: 1}); err != nil {
			return err
		}
		if len(w.todo) >= minParts || w.split == sites || len(w.todo) == 0 {
			break
		}
	}
	w.spent.Store(0)
	for len(w.parts) < len(w.todo) {
		w.parts = append(w.parts, newWalk(w))
	}
	pool.Each(len(w.todo), workers, w.onPart)
	for k := range w.todo {
		pw := w.parts[k]
		if pw.err != nil {
			return pw.err
		}
		m.Add(pw.moments, 1)
		w.main.collect(pw)
	}
	w.main.finish()
	return nil
}

func (w *Walker) tooMany() *TooManyLeaves {
	return &TooManyLeaves{AtLeast: w.most + 1, Cap: w.most, Nodes: true}
}

func (w *Walker) walkPart(k int) {
	p, t := w.parts[k], w.main
	if p.moments == nil || p.moments.Whole() != t.whole || p.moments.Laws() != t.laws {
		p.moments = t.m.Renew(w.c)
	}
	p.begin(p.moments, t.x, t.weights, t.plan, t.t, false)
	p.err = p.run(w.todo[k])
}

// walk is one depth-first walk, of the trunk or of a subtree.
//
// A site is a number from 0: site s < N-1 draws delta_{s+1}; site N-1+r draws
// eps_{N-r}, r = 0..N-2. delta_N is summed where the backward pass begins.
type walk struct {
	w       *Walker
	moments *claim.Moments // of a part
	m       *claim.Moments
	trunk   bool
	whole   bool // m has the lists of states and gradients
	laws    bool // m has those of delta and eps
	err     error

	x, weights []float64
	plan       *Plan
	t          int
	prefix     []int // outcomes on the way to the subtree
	path       []int // outcome at each site of the current branch
	nodes      int
	room       int // cap of nodes
	tailLeaves int // outcomes of delta_N on the current branch

	ops   []core.Op   // 1..N
	wOf   [][]float64 // weights of each operator, and its part of m.UMean, looked up once a walk
	meanU [][]float64
	s     *core.State // states of the current branch
	mean  [][]float64 // mean of the draws so far: delta_i at i-1, eps_i at N+i-2
	base  [][]float64 // J1_i^T V_i on the current branch, i = 2..N
	total sums
	reach Reach
}

// sums are the total means, sum of p z over the whole tree, by operator.
type sums struct{ d, e, y, v [][]float64 }

func newWalk(w *Walker) *walk {
	c := w.c
	n := c.N()
	k := &walk{w: w, s: core.NewState(c), path: make([]int, 0, 2*n)}
	// All vectors are parts of one, and all lists of them: a climb makes a walk a case.
	width, size := 1, 2*(n+1)
	for i := 0; i <= n; i++ {
		width = max(width, c.D(i))
		size += 3*c.D(i) + c.D(max(i-1, 0))
		if i >= 2 {
			size += c.D(i - 1)
		}
	}
	numbers := make([]float64, size+2*n*width)
	take := func(d int) []float64 {
		v := numbers[:d:d]
		numbers = numbers[d:]
		return v
	}
	lists := make([][]float64, 2*n+7*(n+1))
	list := func(length int) [][]float64 {
		l := lists[:length:length]
		lists = lists[length:]
		return l
	}
	k.mean = list(2 * n)
	for i := range k.mean {
		k.mean[i] = take(width)
	}
	k.wOf, k.meanU, k.ops = list(n+1), list(n+1), make([]core.Op, n+1)
	k.base = list(n + 1)
	for i := 1; i <= n; i++ {
		k.ops[i] = c.Op(i)
		if i >= 2 {
			k.base[i] = take(c.D(i - 1))
		}
	}
	k.reach = Reach{Y: make([]core.Box, n+1), MaxY: take(n + 1), MaxV: take(n + 1)}
	k.total = sums{d: list(n + 1), e: list(n + 1), y: list(n + 1), v: list(n + 1)}
	for i := 0; i <= n; i++ {
		d := c.D(i)
		k.reach.Y[i] = core.NewBox(d)
		k.total.d[i], k.total.y[i], k.total.v[i] = take(d), take(d), take(d)
		k.total.e[i] = take(c.D(max(i-1, 0)))
	}
	return k
}

// aim looks up what a walk into m reads and writes at every node.
func (k *walk) aim(m *claim.Moments, weights []float64) {
	c := k.w.c
	k.m, k.weights, k.whole, k.laws = m, weights, m.Whole(), m.Laws()
	for i := 1; i <= c.N(); i++ {
		k.wOf[i], k.meanU[i] = c.W(i, weights), c.W(i, m.UMean)
	}
}

func (k *walk) begin(m *claim.Moments, x, weights []float64, plan *Plan, t int, trunk bool) {
	k.aim(m, weights)
	k.x, k.plan, k.t, k.trunk = x, plan, t, trunk
	k.nodes, k.tailLeaves, k.room = 0, 1, k.w.most
	m.Reset()
	copy(k.s.Y[0], x)
	if !k.laws {
		return
	}
	for i := range k.total.d {
		clear(k.total.d[i])
		clear(k.total.e[i])
		clear(k.total.y[i])
		clear(k.total.v[i])
		k.reach.Y[i].Reset()
	}
	clear(k.reach.MaxY)
	clear(k.reach.MaxV)
	if trunk {
		for i := 0; i <= k.w.c.N(); i++ {
			k.reachY(i, k.w.exact.Y[i])
			if i > 0 {
				k.reachV(i, k.w.exact.V[i])
			}
		}
	}
}

// run walks the subtree of a part: its prefix is replayed, not summed.
func (k *walk) run(p part) error {
	k.prefix = p.path
	k.path = k.path[:0]
	return k.forward(1, p.p)
}

// replayed reports that the site is above the subtree, and its outcome.
func (k *walk) replayed() (outcome int, yes bool) {
	if s := len(k.path); s < len(k.prefix) {
		return k.prefix[s], true
	}
	return 0, false
}

// stop hands the current node over as a part, if the trunk ends here.
func (k *walk) stop(p float64) bool {
	if !k.trunk || len(k.path) < k.w.split {
		return false
	}
	from := len(k.w.paths)
	k.w.paths = append(k.w.paths, k.path...)
	k.w.todo = append(k.w.todo, part{k.w.paths[from:len(k.w.paths):len(k.w.paths)], p})
	return true
}

// forward draws delta_i at the node of probability p that knows Y_{i-1}.
func (k *walk) forward(i int, p float64) error {
	n := k.w.c.N()
	if i < n && k.stop(p) {
		return nil
	}
	k.ops[i].Forward(k.s.F[i], k.s.Y[i-1], k.wOf[i])
	if i == n {
		return k.turn(p)
	}
	l := law(k.plan.Delta, i)
	if out, yes := k.replayed(); yes {
		draw(l, k.s.Y[i], k.s.Delta[i], k.s.F[i], k.t, out)
		return k.down(i, out, p)
	}
	return k.deltas(i, p, l)
}

// down goes to the child forward of i that an outcome of delta_i leads to.
func (k *walk) down(i, out int, p float64) error {
	k.path = append(k.path, out)
	err := k.forward(i+1, p)
	k.path = k.path[:len(k.path)-1]
	return err
}

// draw writes outcome out of l to d and base + d to y; its probability.
func draw(l perturb.Finite, y, d, base []float64, t, out int) float64 {
	p := 1.0
	if l == nil {
		clear(d)
	} else {
		p = l.Outcome(d, base, t, out)
	}
	for j, b := range base {
		y[j] = b + d[j]
	}
	return p
}

// deltas goes through the outcomes of delta_i and sums what they decide; below
// each, unless i = N, the walk goes on.
func (k *walk) deltas(i int, p float64, l perturb.Finite) error {
	m, y0, f := k.m, k.w.exact.Y[i], k.s.F[i]
	y, d := k.s.Y[i], k.s.Delta[i]
	mean := k.mean[i-1][:len(y0)]
	clear(mean)
	support, sum := outcomes(l, f, k.t), 0.0
	for out := range support {
		if err := k.count(); err != nil {
			return err
		}
		prob := draw(l, y, d, f, k.t, out)
		if !(prob > 0 && prob <= 1) {
			return probabilityError("delta", i, out, prob)
		}
		sum += prob
		q := p * prob
		if k.laws {
			d2 := sq(d)
			m.D2[i] += q * d2
			m.D4[i] += float64(q*d2) * d2
			axpy(mean, prob, d)
			k.reachY(i, y)
		}
		if k.whole {
			dy2 := sqDiff(y, y0)
			m.Y2[i] += q * dy2
			m.Y4[i] += float64(q*dy2) * dy2
		}
		if i == k.w.c.N() {
			continue
		}
		if err := k.down(i, out, q); err != nil {
			return err
		}
	}
	if err := sumCheck("delta", i, support, sum); err != nil || !k.laws {
		return err
	}
	axpy(k.total.d[i], p, mean)
	m.DMean2[claim.Past][i] += p * sq(mean)
	if k.whole {
		m.YMean2[claim.Past][i] += p * meanOff(p, mean, f, y0, k.total.y[i])
		m.FMean2[claim.Past][i] += p * sqDiff(f, y0)
	}
	return nil
}

// meanOff is |base + mean - exact|^2, of a state base + z of which z has that mean given
// the past; p times the vector is added to its total.
func meanOff(p float64, mean, base, exact, total []float64) float64 {
	s2 := 0.0
	for j, z := range mean {
		e := base[j] - exact[j] + z
		s2 += float64(e * e)
		total[j] += float64(p * e)
	}
	return s2
}

// turn sums delta_N and begins the backward pass, V_N = 1.
func (k *walk) turn(p float64) error {
	n := k.w.c.N()
	l := law(k.plan.Delta, n)
	k.tailLeaves = outcomes(l, k.s.F[n], k.t)
	// A part that begins below has had its delta_N summed by the trunk.
	if k.trunk || len(k.prefix) < n-1 {
		if err := k.deltas(n, p, l); err != nil {
			return err
		}
	}
	k.s.V[n][0] = 1
	return k.backward(n, p)
}

// backward sums U_i at the node of probability p that knows V_i, and draws eps_i.
func (k *walk) backward(i int, p float64) error {
	if i >= 2 && k.stop(p) {
		return nil
	}
	out, replay := k.replayed()
	if !replay {
		k.gradient(i, p)
	}
	if i == 1 {
		k.m.Leaves += k.tailLeaves
		k.m.P += p
		return nil
	}
	base, l := k.base[i], law(k.plan.Eps, i)
	if l == nil && !k.laws && !replay {
		k.ops[i].VJP1(k.s.V[i-1], k.s.Y[i-1], k.wOf[i], k.s.F[i], k.s.V[i])
		if err := k.count(); err != nil {
			return err
		}
		return k.up(i, 0, p)
	}
	k.ops[i].VJP1(base, k.s.Y[i-1], k.wOf[i], k.s.F[i], k.s.V[i])
	if replay {
		draw(l, k.s.V[i-1], k.s.Eps[i], base, k.t, out)
		return k.up(i, out, p)
	}
	return k.epsilons(i, p, l, base)
}

// up goes to the child backward of i that an outcome of eps_i leads to.
func (k *walk) up(i, out int, p float64) error {
	k.path = append(k.path, out)
	err := k.backward(i-1, p)
	k.path = k.path[:len(k.path)-1]
	return err
}

// gradient sums U_i = J2_i(Y_{i-1})^T V_i.
func (k *walk) gradient(i int, p float64) {
	m, mean := k.m, k.meanU[i]
	u, u0 := k.s.U[i], k.w.exact.U[i]
	k.ops[i].VJP2(u, k.s.Y[i-1], k.wOf[i], k.s.F[i], k.s.V[i])
	u2 := 0.0
	for j, x := range u {
		d := x - u0[j]
		u2 += float64(d * d)
		mean[j] += float64(p * d)
	}
	m.U2 += p * u2
	if k.whole {
		exact := k.w.exact
		m.Ui2[i] += p * u2
		m.YV2[i-1] += p * float64(sqDiff(k.s.Y[i-1], exact.Y[i-1])*sqDiff(k.s.V[i], exact.V[i]))
	}
}

// epsilons goes through the outcomes of eps_i and sums what they decide.
func (k *walk) epsilons(i int, p float64, l perturb.Finite, base []float64) error {
	m, v, v0, e := k.m, k.s.V[i-1], k.w.exact.V[i-1], k.s.Eps[i]
	mean := k.mean[k.w.c.N()+i-2][:len(v)]
	clear(mean)
	support, sum := outcomes(l, base, k.t), 0.0
	for out := range support {
		if err := k.count(); err != nil {
			return err
		}
		prob := draw(l, v, e, base, k.t, out)
		if !(prob > 0 && prob <= 1) {
			return probabilityError("eps", i, out, prob)
		}
		sum += prob
		q := p * prob
		e2 := 0.0
		if k.laws {
			e2 = sq(e)
			m.E2[i] += q * e2
			axpy(mean, prob, e)
			k.reachV(i-1, v)
		}
		if k.whole {
			dv2 := sqDiff(v, v0)
			m.E4[i] += float64(q*e2) * e2
			m.V2[i-1] += q * dv2
			m.V4[i-1] += float64(q*dv2) * dv2
		}
		if err := k.up(i, out, q); err != nil {
			return err
		}
	}
	if err := sumCheck("eps", i, support, sum); err != nil || !k.laws {
		return err
	}
	axpy(k.total.e[i], p, mean)
	m.EMean2[claim.Past][i] += p * sq(mean)
	if k.whole {
		m.VMean2[claim.Past][i-1] += p * meanOff(p, mean, base, v0, k.total.v[i-1])
		m.BMean2[claim.Past][i-1] += p * sqDiff(base, v0)
	}
	return nil
}

// outcomes is the support of l, 1 when l is nil.
func outcomes(l perturb.Finite, s []float64, t int) int {
	if l == nil {
		return 1
	}
	return l.Support(s, t)
}

func (k *walk) count() error {
	k.nodes++
	switch {
	case k.room == smallTree && k.nodes > smallTree:
		return errSmall
	case k.nodes%spend == 0 && !k.trunk && k.w.spent.Add(spend) > int64(k.w.most), k.nodes > k.w.most:
		return k.w.tooMany()
	}
	return nil
}

func probabilityError(name string, i, out int, p float64) error {
	return fmt.Errorf("expect: %s_%d: outcome %d has probability %v", name, i, out, p)
}

// sumError bounds how far the computed probabilities of a law may be from sum 1.
const sumError = 0x1p-28

func sumCheck(name string, i, support int, sum float64) error {
	if support < 1 {
		return supportError(name, i, support)
	}
	if !(math.Abs(sum-1) <= sumError) {
		return fmt.Errorf("expect: %s_%d: probabilities sum to %v", name, i, sum)
	}
	return nil
}

func (k *walk) reachY(i int, y []float64) {
	k.reach.Y[i].Add(y)
	k.reach.MaxY[i] = max(k.reach.MaxY[i], sq(y))
}

func (k *walk) reachV(i int, v []float64) { k.reach.MaxV[i] = max(k.reach.MaxV[i], sq(v)) }

// collect adds the total means and the reach of a part.
func (k *walk) collect(o *walk) {
	if !k.laws {
		return
	}
	for i := range k.total.d {
		axpy(k.total.d[i], 1, o.total.d[i])
		axpy(k.total.e[i], 1, o.total.e[i])
		axpy(k.total.y[i], 1, o.total.y[i])
		axpy(k.total.v[i], 1, o.total.v[i])
		hull(k.reach.Y[i], o.reach.Y[i])
		k.reach.MaxY[i] = max(k.reach.MaxY[i], o.reach.MaxY[i])
		k.reach.MaxV[i] = max(k.reach.MaxV[i], o.reach.MaxV[i])
	}
}

// hull grows b to hold o, which may be empty: a subtree that begins below a state visits
// none of its values.
func hull(b, o core.Box) {
	for j := range b.Lo {
		b.Lo[j] = min(b.Lo[j], o.Lo[j])
		b.Hi[j] = max(b.Hi[j], o.Hi[j])
	}
}

// finish fills in what needs the whole tree: total means and literal ones.
func (k *walk) finish() {
	m := k.m
	if !k.laws {
		m.SetMeanNorms(k.w.c)
		return
	}
	copy(m.DMean2[claim.Literal], m.D2)
	copy(m.EMean2[claim.Literal], m.EMean2[claim.Past])
	for i := range k.total.d {
		m.DMean2[claim.Total][i] = sq(k.total.d[i])
		m.EMean2[claim.Total][i] = sq(k.total.e[i])
		k.reach.MaxY[i] = math.Sqrt(k.reach.MaxY[i])
		k.reach.MaxV[i] = math.Sqrt(k.reach.MaxV[i])
	}
	if k.whole {
		k.finishStates()
	}
	m.SetMeanNorms(k.w.c)
	m.SquareGivenX()
}

// finishStates is finish for the states.
func (k *walk) finishStates() {
	m := k.m
	copy(m.YMean2[claim.Literal], m.Y2)
	copy(m.VMean2[claim.Literal], m.V2)
	copy(m.FMean2[claim.Literal], m.FMean2[claim.Past]) // what was drawn before is known
	copy(m.BMean2[claim.Literal], m.BMean2[claim.Past])
	for i := range k.total.y {
		if i > 0 {
			m.FMean2[claim.Total][i] = sqDiff(k.total.y[i], k.total.d[i])
		}
		if i > 1 {
			m.BMean2[claim.Total][i-1] = sqDiff(k.total.v[i-1], k.total.e[i])
		}
		m.YMean2[claim.Total][i] = sq(k.total.y[i])
		m.VMean2[claim.Total][i] = sq(k.total.v[i])
	}
}

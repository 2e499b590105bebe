package measure

import (
	"errors"
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Positive stands in for a constant of A3 that is 0 on the region: A3 demands
// constants > 0, and any positive number is then a valid one.
const Positive = 0x1p-30

// MomentError bounds the relative rounding error of a moment: a sum of at most
// gen.MaxLeaves = 2^16 outcomes with probabilities that were normalised to
// 2^-40, each a sum over less than 2^12 components, deep less than 2^20
// roundings of 2^-53.
const MomentError = 0x1p-32

// cancellation bounds the absolute error of a conditional mean, relative to the
// root of the second moment of what is averaged: its terms may cancel.
const cancellation = 0x1p-40

// Step is what is known of one pass: its moments, enclosed.
type Step struct {
	Chain  *core.Chain
	Per    []core.Regularity // the constants of each operator on the region
	Errors *core.Enclosure   // of the rounding of both passes
	Lo, Hi claim.View
}

// ErrIllConditioned is the rejection of a case whose rounding errors leave the
// box on which the constants of A3 were bounded.
var ErrIllConditioned = errors.New("measure: rounding errors exceed the margin of the region")

// Evaluator measures passes of one chain; it owns the workspace. It is not
// safe for concurrent use.
type Evaluator struct {
	walker *expect.Walker
	m      *claim.Moments
	region *core.Region
	step   Step
}

// NewEvaluator returns an evaluator for passes of c.
func NewEvaluator(c *core.Chain) *Evaluator {
	ev := &Evaluator{walker: expect.NewWalker(c), m: claim.NewMoments(c), region: core.NewRegion(c)}
	ev.step = Step{Chain: c, Errors: core.NewEnclosure(c)}
	ev.step.renew()
	return ev
}

// renew gives s views and constants that are nobody's, once it has none.
func (s *Step) renew() {
	if s.Lo.Moments != nil {
		return
	}
	n := s.Chain.N() + 1
	v0 := make([]float64, 2*n)
	s.Per = make([]core.Regularity, n)
	s.Lo = claim.View{V0: v0[:n:n], Moments: claim.NewMoments(s.Chain)}
	s.Hi = claim.View{V0: v0[n:], Moments: claim.NewMoments(s.Chain)}
}

// give hands the views over, which are then not lent.
func (s *Step) give() (lo, hi *claim.View) {
	lo, hi = new(claim.View), new(claim.View)
	*lo, *hi = s.Lo, s.Hi
	s.Lo, s.Hi = claim.View{}, claim.View{}
	return lo, hi
}

// Measure evaluates a pass in float64: the exact pass, all outcomes of the
// perturbed one, the constants of A3 on the hull of all visited states, and an
// enclosure of every moment. The step is lent until the next call. The error is an
// *expect.TooManyLeaves, or says that a law or the rounding does not allow it.
func (ev *Evaluator) Measure(p *gen.Pass) (*Step, error) {
	if err := ev.walker.Walk(ev.m, p.X, p.W, &p.Plan, 0); err != nil {
		return nil, err
	}
	if ev.m.Leaves > gen.MaxLeaves {
		return nil, &expect.TooManyLeaves{AtLeast: ev.m.Leaves, Cap: gen.MaxLeaves}
	}
	ev.reset()
	ev.visit(ev.walker.Reach(), p.W)
	normsOfV(ev.step.v0(), ev.walker.Exact())
	return ev.enclose(ev.m)
}

// Mean evaluates the mean over several passes of chains of one shape, at the same
// weights and at step t: E over the sample and the perturbations. |v_i|^2 is the largest
// of theirs, since (12) and Lemma 1 hold for each. The step is lent until the next call.
func (ev *Evaluator) Mean(passes []gen.Pass, t int) (*Step, error) {
	ev.reset()
	v0 := ev.step.v0()
	clear(v0)
	one := make([]float64, len(v0))
	var each []*claim.Moments
	for k := range passes {
		p := &passes[k]
		walker, m := expect.NewWalker(p.Chain), claim.NewMoments(p.Chain)
		if err := walker.Walk(m, p.X, p.W, &p.Plan, t); err != nil {
			return nil, fmt.Errorf("measure: pass %d: %w", k, err)
		}
		each = append(each, m)
		ev.visit(walker.Reach(), p.W)
		normsOfV(one, walker.Exact())
		for i, v := range one {
			v0[i] = max(v0[i], v)
		}
	}
	p := make([]float64, len(each))
	for k := range p {
		p[k] = 1 / float64(len(each))
	}
	ev.m.Mix(ev.step.Chain, each, p)
	return ev.enclose(ev.m)
}

func (ev *Evaluator) reset() {
	ev.step.renew()
	ev.region.Reset()
	ev.step.Errors.Reset()
}

// visit takes in the states and the weights of a pass.
func (ev *Evaluator) visit(reach *expect.Reach, w []float64) {
	ev.region.VisitBoxes(reach.Y)
	ev.region.VisitWeights(w)
	ev.step.Errors.VisitNorms(reach.MaxY, reach.MaxV)
}

// enclose takes the constants on what was visited and encloses the moments; |v_i|^2
// stands in v0.
func (ev *Evaluator) enclose(m *claim.Moments) (*Step, error) {
	s := &ev.step
	ev.region.Widen(core.Margin)
	k := ev.region.Regularity(s.Per)
	if !s.Errors.Compute(ev.region, s.Per) {
		return nil, ErrIllConditioned
	}
	s.enclose(Constants(s.Chain.N(), k), s.v0(), m, s.Errors, MomentError, 1)
	return s, nil
}

// v0 is where |v_i|^2 is formed before it is enclosed.
func (s *Step) v0() []float64 { return s.Lo.V0 }

// normsOfV writes |v_i|^2 to v0.
func normsOfV(v0 []float64, exact *core.State) {
	for i, v := range exact.V {
		v0[i] = 0
		for _, x := range v {
			v0[i] += float64(x * x)
		}
	}
}

// Constants are the constants of A3 for the formulas of package bounds.
func Constants(n int, k core.Regularity) bounds.Const {
	return bounds.Const{
		N: n, C: max(k.C(), Positive), C2: max(k.C2, Positive), Lf: max(k.Lf, Positive),
		L1: max(k.L1, Positive), L2: max(k.L2, Positive),
	}
}

// enclose fills Lo and Hi. A computed difference such as Y_i - y_i is off by at
// most the errors of both passes, e; by Minkowski the root of a second moment
// and the fourth root of a fourth one are off by at most e as well, and so is
// the norm of a conditional mean.
//
// relative is the relative error of the moments, scale the unit of the
// precision that they were summed in over that of float64; v0[i] is |v_i|^2.
func (s *Step) enclose(k bounds.Const, v0 []float64, m *claim.Moments, errs *core.Enclosure, relative, scale float64) {
	n := k.N
	both := func(e float64) float64 { return 2 * e }
	mean := func(m2 float64) float64 { return cancellation * scale * math.Sqrt(m2) }
	lo, hi := s.Lo.Moments, s.Hi.Moments
	lo.Leaves, hi.Leaves = m.Leaves, m.Leaves
	lo.P, hi.P = m.P, m.P
	s.Lo.K, s.Hi.K = k, k
	s.Lo.Per, s.Hi.Per = s.Per, s.Per

	clean := cleanStates(m)
	put := func(l, h *float64, v, e, power float64) { *l, *h = root(v, e, power, relative) }
	var eU2 float64
	for i := 0; i <= n; i++ {
		eY, eV, eU := clean.keep(i, both(errs.Y[i]), both(errs.V[i]), both(errs.U[i]))
		put(&lo.Y2[i], &hi.Y2[i], m.Y2[i], eY, 2)
		put(&lo.Y4[i], &hi.Y4[i], m.Y4[i], eY, 4)
		put(&lo.D2[i], &hi.D2[i], m.D2[i], 0, 2)
		put(&lo.D4[i], &hi.D4[i], m.D4[i], 0, 4)
		lo.D22[i], hi.D22[i] = root(m.D22[i], 0, 4, 2*relative)
		put(&lo.E2[i], &hi.E2[i], m.E2[i], 0, 2)
		put(&lo.E4[i], &hi.E4[i], m.E4[i], 0, 4)
		put(&lo.V2[i], &hi.V2[i], m.V2[i], eV, 2)
		put(&lo.V4[i], &hi.V4[i], m.V4[i], eV, 4)
		if i < n {
			// sqrt E(ab)^2 is off by at most e_a sqrt(E b^2) + e_b sqrt(E a^2) + e_a e_b.
			_, eNext, _ := clean.keep(i+1, 0, both(errs.V[i+1]), 0)
			off := eY*math.Sqrt(m.V2[i+1]) + eNext*math.Sqrt(m.Y2[i]) + eY*eNext
			put(&lo.YV2[i], &hi.YV2[i], m.YV2[i], off, 2)
		}
		put(&lo.Ui2[i], &hi.Ui2[i], m.Ui2[i], eU, 2)
		put(&lo.UiMean2[i], &hi.UiMean2[i], m.UiMean2[i], eU+mean(m.Ui2[i]), 2)
		eU2 += eU * eU
		put(&s.Lo.V0[i], &s.Hi.V0[i], v0[i], errs.V[i], 2)

		lostF := mean(m.FMean2[claim.Past][i])
		lostB := mean(m.BMean2[claim.Past][i])
		lostD22 := cancellation * scale * fourthRoot(m.D22[i]) // Minkowski over x
		encloseMeans(&lo.DMean2, &hi.DMean2, &m.DMean2, i, mean(m.D2[i]), 2, relative)
		encloseMeans(&lo.DMean22, &hi.DMean22, &m.DMean22, i, lostD22, 4, 2*relative)
		encloseMeans(&lo.EMean2, &hi.EMean2, &m.EMean2, i, mean(m.E2[i]), 2, relative)
		encloseMeans(&lo.YMean2, &hi.YMean2, &m.YMean2, i, eY+mean(m.Y2[i]), 2, relative)
		encloseMeans(&lo.VMean2, &hi.VMean2, &m.VMean2, i, eV+mean(m.V2[i]), 2, relative)
		encloseMeans(&lo.FMean2, &hi.FMean2, &m.FMean2, i, eY+lostF, 2, relative)
		encloseMeans(&lo.BMean2, &hi.BMean2, &m.BMean2, i, eV+lostB, 2, relative)
	}
	s.Lo.V0[n], s.Hi.V0[n] = 1, 1 // v_N = 1 by definition
	eU := math.Sqrt(eU2)
	put(&lo.U2, &hi.U2, m.U2, eU, 2)
	put(&lo.UMean2, &hi.UMean2, m.UMean2, eU+mean(m.U2), 2)
}

// readingsOf is one list of moments, 0..N, for each reading.
type readingsOf = [claim.ReadingSlots][]float64

// encloseMeans encloses entry i of m in every reading. Where the readings agree, as for
// constant perturbations, one root serves them all.
func encloseMeans(lo, hi, m *readingsOf, i int, lost, power, relative float64) {
	for k, r := range claim.Readings {
		if k > 0 {
			if before := claim.Readings[k-1]; m[r][i] == m[before][i] {
				lo[r][i], hi[r][i] = lo[before][i], hi[before][i]
				continue
			}
		}
		lo[r][i], hi[r][i] = root(m[r][i], lost, power, relative)
	}
}

// addNodes measures the nodes of Lemma 2 and encloses them.
func (s *Step) addNodes(p *gen.Pass) error {
	nodes, err := expect.JacobianNodes(p.Chain, p.X, p.W, &p.Plan, 0)
	if err != nil {
		return err
	}
	s.encloseNodes(nodes, 1, MomentError)
	return nil
}

// encloseNodes fills the nodes of Lo and Hi. A computed J2_i(Y) is off by L1
// times the error of Y and the rounding of d_i products, in the Frobenius norm;
// scale is the unit of the nodes' precision over that of float64. A state that
// no perturbation reaches has no error. An average may lose a part in 2^40 of
// what it averages to cancellation, which a fourth moment cannot.
func (s *Step) encloseNodes(nodes [claim.ReadingSlots][]claim.Node, scale, relative float64) {
	c := s.Chain
	for _, r := range claim.Readings {
		list := nodes[r]
		lo, hi := make([]claim.Node, len(list)), make([]claim.Node, len(list))
		for k, n := range list {
			eY := 2 * s.Errors.Y[n.I-1]
			eJ := s.Per[n.I].L1*eY + 2*scale*math.Sqrt(float64(c.D(n.I)))*jacobianRounding*s.Per[n.I].J2
			if n.Four == 0 {
				eY, eJ = 0, 0
			}
			size := math.Sqrt(math.Sqrt(n.Four))
			lost := cancellation * scale * size
			lo[k].I, hi[k].I = n.I, n.I
			lo[k].Left, hi[k].Left = root(n.Left, eJ+s.Per[n.I].L1*lost, 2, relative)
			lo[k].Mean2, hi[k].Mean2 = root(n.Mean2, eY+lost, 2, relative)
			lo[k].Four, hi[k].Four = root(n.Four, eY, 4, relative)
		}
		s.Lo.Nodes[r], s.Hi.Nodes[r] = lo, hi
	}
}

// jacobianRounding is the relative error of one entry of a computed J2: at most
// a dot product of 2^10 terms and three more roundings, see core.Roundoff.
const jacobianRounding = 0x1p-42

// untouched says which states no perturbation reaches: there the exact and the
// perturbed pass are the same, rounding or not, and every moment is 0.
type untouched struct {
	y    int // Y_0..Y_y
	v, n int // V_v..V_N
}

func cleanStates(m *claim.Moments) untouched {
	n := len(m.D2) - 1
	c := untouched{n: n}
	for c.y < n && m.D2[c.y+1] == 0 {
		c.y++
	}
	c.v = n
	for c.y >= n-1 && c.v > 1 && m.E2[c.v] == 0 {
		c.v--
	}
	return c
}

// keep returns the errors of the states at i, 0 where they are untouched. V_i
// depends on Y_i..Y_{N-1} and eps_{i+1}..eps_N, U_i on V_i and Y_{i-1}.
func (c untouched) keep(i int, y, v, u float64) (float64, float64, float64) {
	if i <= c.y {
		y = 0
	}
	if i >= c.v {
		v = 0
		if i-1 <= c.y {
			u = 0
		}
	}
	return y, v, u
}

func fourthRoot(x float64) float64 { return math.Sqrt(math.Sqrt(x)) }

// root encloses a moment v of power 2 or 4 whose root is off by at most e; the
// moment itself is off by a relative error.
func root(v, e, power, relative float64) (lo, hi float64) {
	if e == 0 {
		return v * (1 - relative), v * (1 + relative)
	}
	r := math.Sqrt(v)
	if power == 4 {
		r = math.Sqrt(r)
	}
	lo, hi = r-e, r+e
	if lo < 0 {
		lo = 0
	}
	lo, hi = lo*lo, hi*hi
	if power == 4 {
		lo, hi = lo*lo, hi*hi
	}
	return lo * (1 - relative - rootError), hi * (1 + relative + rootError)
}

// rootError covers the roots and powers of root: six roundings, doubled by the
// squarings.
const rootError = 0x1p-48

package props

import (
	"errors"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// positive stands in for a constant of A3 that is 0 on the region: A3 demands
// constants > 0, and any positive number is then a valid one.
const positive = 0x1p-30

// momentError bounds the relative rounding error of a moment: a sum of at most
// gen.MaxLeaves = 2^16 outcomes with probabilities that were normalised to
// 2^-40, each a sum over less than 2^12 components, deep less than 2^20
// roundings of 2^-53.
const momentError = 0x1p-32

// cancellation bounds the absolute error of a conditional mean, relative to the
// root of the second moment of what is averaged: its terms may cancel.
const cancellation = 0x1p-40

// Facts are what is known of one case: its moments, enclosed.
type Facts struct {
	Chain  *core.Chain
	Per    []core.Regularity // the constants of each operator on the region
	Errors *core.Enclosure
	Lo, Hi View
}

// errIllConditioned is the rejection of a case whose rounding errors leave the
// box on which the constants of A3 were bounded.
var errIllConditioned = errors.New("props: rounding errors exceed the margin of the region")

// evaluator measures passes of one chain; it owns the workspace. It is not
// safe for concurrent use.
type evaluator struct {
	walker *expect.Walker
	m      *expect.Moments
	region *core.Region
	facts  Facts
}

func newEvaluator(c *core.Chain) *evaluator {
	n := c.N() + 1
	ev := &evaluator{walker: expect.NewWalker(c), m: expect.NewMoments(c), region: core.NewRegion(c)}
	ev.facts = Facts{Chain: c, Per: make([]core.Regularity, n), Errors: core.NewEnclosure(c)}
	ev.facts.Lo = View{V0: make([]float64, n), Moments: expect.NewMoments(c)}
	ev.facts.Hi = View{V0: make([]float64, n), Moments: expect.NewMoments(c)}
	return ev
}

// Measure evaluates a pass in float64: the exact pass, all outcomes of the
// perturbed one, the constants of A3 on the hull of all visited states, and an
// enclosure of every moment.
func Measure(p *gen.Pass) (*Facts, error) { return newEvaluator(p.Chain).measure(p) }

// measure is Measure; the facts are lent until the next call.
func (ev *evaluator) measure(p *gen.Pass) (*Facts, error) {
	if err := ev.walker.Walk(ev.m, p.X, p.W, &p.Plan, 0); err != nil {
		return nil, err
	}
	if ev.m.Leaves > gen.MaxLeaves {
		return nil, &expect.TooManyLeaves{AtLeast: ev.m.Leaves, Cap: gen.MaxLeaves}
	}
	f, reach := &ev.facts, ev.walker.Reach()
	ev.region.Reset()
	ev.region.VisitBoxes(reach.Y)
	ev.region.VisitWeights(p.W)
	ev.region.Widen(core.Margin)
	f.Errors.Reset()
	f.Errors.VisitNorms(reach.MaxY, reach.MaxV)
	k := ev.region.Regularity(f.Per)
	if !f.Errors.Compute(ev.region, f.Per) {
		return nil, errIllConditioned
	}
	normsOfV(f.v0(), ev.walker.Exact())
	f.enclose(Constants(p.Chain.N(), k), f.v0(), ev.m, f.Errors, momentError, 1)
	return f, nil
}

// v0 is where |v_i|^2 is formed before it is enclosed.
func (f *Facts) v0() []float64 { return f.Lo.V0 }

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
		N: n, C: max(k.C(), positive), C2: max(k.C2, positive), Lf: max(k.Lf, positive),
		L1: max(k.L1, positive), L2: max(k.L2, positive),
	}
}

// enclose fills Lo and Hi. A computed difference such as Y_i - y_i is off by at
// most the errors of both passes, e; by Minkowski the root of a second moment
// and the fourth root of a fourth one are off by at most e as well, and so is
// the norm of a conditional mean.
//
// relative is the relative error of the moments, scale the unit of the
// precision that they were summed in over that of float64; v0[i] is |v_i|^2.
func (f *Facts) enclose(k bounds.Const, v0 []float64, m *expect.Moments, errs *core.Enclosure, relative, scale float64) {
	n := k.N
	both := func(e float64) float64 { return 2 * e }
	mean := func(m2 float64) float64 { return cancellation * scale * math.Sqrt(m2) }
	lo, hi := f.Lo.Moments, f.Hi.Moments
	lo.Leaves, hi.Leaves, lo.P, hi.P = m.Leaves, m.Leaves, m.P, m.P
	f.Lo.K, f.Hi.K = k, k
	f.Lo.Per, f.Hi.Per = f.Per, f.Per

	clean := cleanStates(m)
	put := func(l, h *float64, v, e, power float64) { *l, *h = root(v, e, power, relative) }
	var eU2 float64
	for i := 0; i <= n; i++ {
		eY, eV, eU := clean.keep(i, both(errs.Y[i]), both(errs.V[i]), both(errs.U[i]))
		put(&lo.Y2[i], &hi.Y2[i], m.Y2[i], eY, 2)
		put(&lo.Y4[i], &hi.Y4[i], m.Y4[i], eY, 4)
		put(&lo.D2[i], &hi.D2[i], m.D2[i], 0, 2)
		put(&lo.D4[i], &hi.D4[i], m.D4[i], 0, 4)
		put(&lo.E2[i], &hi.E2[i], m.E2[i], 0, 2)
		put(&lo.E4[i], &hi.E4[i], m.E4[i], 0, 4)
		put(&lo.V2[i], &hi.V2[i], m.V2[i], eV, 2)
		put(&lo.V4[i], &hi.V4[i], m.V4[i], eV, 4)
		if i < n {
			// sqrt E(ab)^2 is off by at most e_a sqrt(E b^2) + e_b sqrt(E a^2) + e_a e_b.
			_, eNext, _ := clean.keep(i+1, 0, both(errs.V[i+1]), 0)
			put(&lo.YV2[i], &hi.YV2[i], m.YV2[i], eY*math.Sqrt(m.V2[i+1])+eNext*math.Sqrt(m.Y2[i])+eY*eNext, 2)
		}
		put(&lo.Ui2[i], &hi.Ui2[i], m.Ui2[i], eU, 2)
		put(&lo.UiMean2[i], &hi.UiMean2[i], m.UiMean2[i], eU+mean(m.Ui2[i]), 2)
		eU2 += eU * eU
		put(&f.Lo.V0[i], &f.Hi.V0[i], v0[i], errs.V[i], 2)
		for r := range expect.Readings {
			put(&lo.DMean2[r][i], &hi.DMean2[r][i], m.DMean2[r][i], mean(m.D2[i]), 2)
			put(&lo.EMean2[r][i], &hi.EMean2[r][i], m.EMean2[r][i], mean(m.E2[i]), 2)
			put(&lo.YMean2[r][i], &hi.YMean2[r][i], m.YMean2[r][i], eY+mean(m.Y2[i]), 2)
			put(&lo.VMean2[r][i], &hi.VMean2[r][i], m.VMean2[r][i], eV+mean(m.V2[i]), 2)
		}
	}
	f.Lo.V0[n], f.Hi.V0[n] = 1, 1 // v_N = 1 by definition
	eU := math.Sqrt(eU2)
	put(&lo.U2, &hi.U2, m.U2, eU, 2)
	put(&lo.UMean2, &hi.UMean2, m.UMean2, eU+mean(m.U2), 2)
}

// addNodes measures the nodes of Lemma 2 and encloses them.
func (f *Facts) addNodes(p *gen.Pass) error {
	nodes, err := expect.JacobianNodes(p.Chain, p.X, p.W, &p.Plan, 0)
	if err != nil {
		return err
	}
	f.encloseNodes(nodes, 1, momentError)
	return nil
}

// encloseNodes fills the nodes of Lo and Hi. A computed J2_i(Y) is off by L1
// times the error of Y and the rounding of d_i products, in the Frobenius norm;
// scale is the unit of the nodes' precision over that of float64. A state that
// no perturbation reaches has no error. An average may lose a part in 2^40 of
// what it averages to cancellation, which a fourth moment cannot.
func (f *Facts) encloseNodes(nodes [expect.Readings][]expect.Node, scale, relative float64) {
	c := f.Chain
	for r, list := range nodes {
		lo, hi := make([]expect.Node, len(list)), make([]expect.Node, len(list))
		for k, n := range list {
			eY := 2 * f.Errors.Y[n.I-1]
			eJ := f.Per[n.I].L1*eY + 2*scale*math.Sqrt(float64(c.D(n.I)))*jacobianRounding*f.Per[n.I].J2
			if n.Four == 0 {
				eY, eJ = 0, 0
			}
			size := math.Sqrt(math.Sqrt(n.Four))
			lost := cancellation * scale * size
			lo[k].I, hi[k].I = n.I, n.I
			lo[k].Left, hi[k].Left = root(n.Left, eJ+f.Per[n.I].L1*lost, 2, relative)
			lo[k].Mean2, hi[k].Mean2 = root(n.Mean2, eY+lost, 2, relative)
			lo[k].Four, hi[k].Four = root(n.Four, eY, 4, relative)
		}
		f.Lo.Nodes[r], f.Hi.Nodes[r] = lo, hi
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

func cleanStates(m *expect.Moments) untouched {
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
	lo, hi = max(r-e, 0), r+e
	lo, hi = lo*lo, hi*hi
	if power == 4 {
		lo, hi = lo*lo, hi*hi
	}
	return lo * (1 - relative - rootError), hi * (1 + relative + rootError)
}

// rootError covers the roots and powers of root: six roundings, doubled by the
// squarings.
const rootError = 0x1p-48

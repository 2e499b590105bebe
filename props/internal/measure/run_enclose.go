package measure

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/claim"
)

// stepRounding is the relative rounding of w - g (U + r): four operations.
const stepRounding = 0x1p-50

// sumRounding bounds the relative rounding of means over inputs, leaves and
// steps: sums of at most 2^21 terms with probabilities normalised to 2^-40.
const sumRounding = 0x1p-31

// enclose bounds all that the run's claims speak of.
func (r *trainer) enclose() (lo, hi *claim.View, why claim.Reason) {
	run, points, n := r.run, r.points, r.run.Chain.N()
	if !(points.maxLoss <= math.MaxFloat64) || !(points.maxGrad <= math.MaxFloat64) {
		return nil, nil, claim.Overflow
	}
	s := bounds.Smooth{Gamma: run.Gamma}
	lStarLo, lStarHi := 0.0, math.Inf(1) // F and R are >= 0 for every loss that gen draws
	if run.Known != nil {
		s.L, s.Mu, lStarLo, lStarHi = run.Known.L(), run.Known.Mu(), run.Known.LStarLower(), run.Known.LStarUpper()
	} else {
		if !run.Chain.Op(n).Spec().NonNegative() {
			return nil, nil, claim.NoLStar
		}
		s.L = points.region.Smoothness(run.Inputs) + 2*run.Reg.Rho
	}
	if !s.Admissible() {
		v := &claim.View{Run: &claim.Run{S: s}}
		return v, v, claim.StepSize
	}
	if s.Mu == 0 {
		lStarHi = lStarLo // Theorems 3 and 4 hold for every lower bound of l
	}
	points.region.Widen(core.Margin)
	per := make([]core.Regularity, n+1)
	all := points.region.Regularity(per)
	if !points.errs.Compute(points.region, per) {
		return nil, nil, claim.Ill
	}
	k := Constants(n, all)

	eL := points.errs.Y[n] + sumRounding*points.maxLoss
	eU := 0.0
	for i := 1; i <= n; i++ {
		eU += points.errs.U[i]
	}
	eG := eU + sumRounding*points.maxGrad
	eU = 2*eU + stepRounding*(points.maxW/run.Gamma+points.maxGrad)

	lo = &claim.View{K: k, Per: per, Run: &claim.Run{}}
	hi = &claim.View{K: k, Per: per, Run: &claim.Run{}}
	a, b := lo.Run, hi.Run
	_, s.SigmaSq = root(points.maxVariance, 2*eG, 2, sumRounding)
	a.S, b.S = s, s
	a.D0, b.D0 = max(r.loss0-eL-lStarHi, 0), max(r.loss0+eL-lStarLo, 0)
	a.GapT, b.GapT = max(r.lossT-eL-lStarHi, 0), max(r.lossT+eL-lStarLo, 0)
	a.Steps, b.Steps = run.Steps, run.Steps
	a.LStar, b.LStar = lStarLo, lStarLo
	if d := r.sum.weight - float64(run.Steps); !(math.Abs(d) <= sumRounding*float64(run.Steps)) {
		panic(fmt.Sprintf("measure: the probabilities of a run of %d steps sum to %v", run.Steps, r.sum.weight))
	}
	a.First, b.First = r.first.enclose(lo, eU, r.chance)
	a.Sum, b.Sum = r.sum.enclose(lo, eU, r.chance)
	a.Weighted41, b.Weighted41 = r.weighted41.enclose(lo, eU, r.chance)
	a.WeightedSharp, b.WeightedSharp = r.weightedSharp.enclose(lo, eU, r.chance)
	a.WeightedRoot, b.WeightedRoot = r.weightedRoot.enclose(lo, eU, r.chance)
	a.Grad2, b.Grad2 = root(r.sum.grad2/float64(run.Steps), eG, 2, sumRounding)
	g2lo, g2hi := root(norm2(r.grad0), eG, 2, sumRounding)
	// l(w+) - l(w) + c |grad l|^2, and l(w+) - q l(w) - (1-q) l*: l* enters with a minus.
	g := run.Gamma
	drop := func(c float64) (lo, hi float64) {
		return r.loss1 - r.loss0 - 2*eL + c*g2lo, r.loss1 - r.loss0 + 2*eL + c*g2hi
	}
	shrink := func(x float64) (lo, hi float64) {
		d := r.loss1 - (1-x)*r.loss0
		return d - 2*eL - x*lStarHi, d + 2*eL - x*lStarLo
	}
	a.Variance, b.Variance = root(r.noise0, 2*eG, 2, sumRounding)
	eCross := r.crossError(eG, eU)
	line := func(lo, hi float64) (float64, float64) { // and g <grad l, E_t[U-u]>
		return lo + g*(r.cross0-eCross), hi + g*(r.cross0+eCross)
	}
	a.Line36, b.Line36 = line(drop(g * (1 - s.L*g)))
	a.Young36, b.Young36 = -g*(r.cross0+eCross)-g/2*g2hi, -g*(r.cross0-eCross)-g/2*g2lo
	a.Drop36, b.Drop36 = drop(g / 6)
	a.SharpDrop36, b.SharpDrop36 = drop(g / 2)
	a.Drop40, b.Drop40 = shrink(s.Mu * g / 3)
	a.SharpDrop40, b.SharpDrop40 = shrink(s.Mu * g)
	added := func(q float64) (lo, hi float64) { // q = q^T
		d := r.lossT - q*r.loss0
		return d - 2*eL - (1-q)*lStarHi, d + 2*eL - (1-q)*lStarLo
	}
	if s.Mu > 0 {
		a.Added41, b.Added41 = added(s.Weight(run.Steps, 0))
		a.SharpAdded41, b.SharpAdded41 = added(s.SharpWeight(run.Steps, -1))
		a.RootAdded41, b.RootAdded41 = added(s.RootWeight(2 * run.Steps))
		a.RootDrop40, b.RootDrop40 = shrink(1 - s.RootQ())
		a.RootBias, b.RootBias = r.rootBias(eU)
	}
	r.encloseLeaves(a, b, eL, eG, eU)
	return lo, hi, claim.Valid
}

// crossError bounds the error of <grad l, E_t[U-u]> at w^0.
func (r *trainer) crossError(eG, eU float64) float64 {
	grad, mean := math.Sqrt(norm2(r.grad0)), math.Sqrt(r.first.mean2)
	eU += cancellation * math.Sqrt(r.first.U2)
	return grad*eU + eG*(mean+eU) + sumRounding*grad*mean
}

// enclose bounds the sums, with the constants of v: by Minkowski's inequality the root of a sum of
// weighted squares is off by at most e times the root of the sum of weights.
func (s *stepSum) enclose(v *claim.View, e float64, chance bool) (lo, hi claim.StepSums) {
	k, each, curvature := v.K, v.PerOp(), v.Curvature()
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
	put(&lo.Each1, &hi.Each1, bounds.SharpTheorem1PerOp(each, s.D2, s.Moments.E2), 0)
	lost := cancellation * math.Sqrt(thm1)
	m := s.encloseMoments()
	for _, r := range claim.Readings {
		// Total means of eps do not do for the repaired form.
		put(&lo.Thm2[r], &hi.Thm2[r], bounds.Theorem2(k, s.DMean2[r], s.D4, s.EMean2[r]), lost)
		lo.Repaired2[r], lo.Sharp2[r], lo.Each2[r] = m.lo.theorem2(k, each, curvature, r)
		hi.Repaired2[r], hi.Sharp2[r], hi.Each2[r] = m.hi.theorem2(k, each, curvature, r)
	}
	return lo, hi
}

// sumsOfMoments are sums over steps of what the repaired and the sharp (23) read, as
// lower or as upper bounds.
type sumsOfMoments struct {
	d22             []float64
	dMean2, dMean22 [claim.ReadingSlots][]float64
	eMean2          []float64 // given the forward pass
}

// encloseMoments bounds them: no rounding error of a state enters, and a conditional
// mean is off by cancellation, see Step.enclose, which Minkowski carries over to sums.
func (s *stepSum) encloseMoments() (m struct{ lo, hi sumsOfMoments }) {
	put := func(lo, hi *[]float64, v, of []float64, power float64) {
		for i, x := range v {
			size := math.Sqrt(of[i])
			if power == 4 {
				size = math.Sqrt(size)
			}
			l, h := root(x, cancellation*size, power, sumRounding)
			*lo, *hi = append(*lo, l), append(*hi, h)
		}
	}
	put(&m.lo.d22, &m.hi.d22, s.D22, make([]float64, len(s.D22)), 4)
	put(&m.lo.eMean2, &m.hi.eMean2, s.EMean2[claim.Past], s.Moments.E2, 2)
	for _, r := range claim.Readings {
		put(&m.lo.dMean2[r], &m.hi.dMean2[r], s.DMean2[r], s.D2, 2)
		put(&m.lo.dMean22[r], &m.hi.dMean22[r], s.DMean22[r], s.D22, 4)
	}
	return m
}

// theorem2 is the right side of the repaired (23) and those of the sharp one, with the constants
// of all operators and with those of each; the total reading has neither.
func (m *sumsOfMoments) theorem2(k bounds.Const, p bounds.PerOp, c bounds.Curvature, r claim.Reading) (repaired,
	sharp, each float64) {
	if r == claim.Total {
		repaired = bounds.RepairedTheorem2(k, m.dMean2[r], m.d22, m.eMean2)
		return repaired, repaired, repaired
	}
	bias := bounds.BiasMoments{DMean2: m.dMean2[r], DMean22: m.dMean22[r], D22: m.d22, EMean2: m.eMean2}
	return bounds.RepairedTheorem2Past(k, m.dMean2[r], m.d22, m.eMean2), bounds.SharpTheorem2(k, bias),
		bounds.SharpTheorem2PerOp(p, c, bias)
}

// rootBias encloses claim.Run.RootBias; at each step the root is off by e, and the
// mean by cancellation.
func (r *trainer) rootBias(e float64) (lo, hi float64) {
	for t, m := range r.byStep {
		r.bias.add(m, r.smooth.RootWeight(r.run.Steps-1-t))
	}
	off := e*r.bias.weight + cancellation*r.bias.size
	return max(r.bias.mean-off, 0) * (1 - sumRounding), (r.bias.mean + off) * (1 + sumRounding)
}

func (r *trainer) encloseLeaves(a, b *claim.Run, eL, eG, eU float64) {
	run, g := r.run, r.run.Gamma
	for _, l := range r.leaves {
		up := r.points.Loss(l.w)
		ur := make([]float64, len(l.u))
		err := make([]float64, len(l.u))
		for j := range ur {
			ur[j] = l.u[j] + run.Reg.Grad(run.W[j])
			err[j] = l.uu[j] - l.u[j]
		}
		norm := math.Sqrt(norm2(r.grad0))
		size := math.Sqrt(norm2(ur)) + math.Sqrt(norm2(err))
		drop := up - r.loss0 + g*dot(r.grad0, ur) + g*dot(r.grad0, err)
		e := 2*eL + g*(norm*(eG+eU)+eG*(size+eG+eU)+sumRounding*norm*size)
		lo, hi := claim.Leaf{Drop: drop - e}, claim.Leaf{Drop: drop + e}
		lo.UR2, hi.UR2 = root(norm2(ur), eG, 2, sumRounding)
		lo.E2, hi.E2 = root(norm2(err), eU, 2, sumRounding)
		a.Leaves, b.Leaves = append(a.Leaves, lo), append(b.Leaves, hi)
	}
}

package logistic

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/cascade-sgd/cascade/core"
)

// setting is what a finding is made in: the choices of a judgement, those that a variation
// makes otherwise.
type setting struct {
	d, m     int
	draws    []uint64
	readings []Reading
	gammas   []float64 // in the place of those of the judgement; nil for those
	levels   []float64 // likewise
	spacings []int     // likewise
	horizons []float64 // likewise

	// heard hears of every point whose root, floor or bound is asked for; nil for nobody.
	heard func(p Point)
}

// base is a point in the setting.
func (o *setting) base(draw uint64, reg core.Regularizer, l Law, gamma float64) Point {
	if l.Every == 0 {
		l.Every = 1
	}
	if l.Reading == "" {
		l.Reading = OneAStep
	}
	p := Point{
		D: o.d, M: o.m, Draw: draw, Reg: reg, Law: l, Gamma: gamma, T: fullT, EWMA: 0.99, Xi: 0.001, Seed: 1,
	}
	if o.heard != nil {
		o.heard(p)
	}
	return p
}

// root is that of a law; all settings share what was looked for.
func (o *setting) root(draw uint64, reg core.Regularizer, l Law) *Root {
	p := o.base(draw, reg, l, 0.1)
	if r, ok := rootsFound.Load(p); ok {
		return r.(*Root)
	}
	r := fieldOf(p).root(p.start())
	rootsFound.Store(p, r)
	return r
}

// noRoot is the bound that there is none, shared likewise.
func (o *setting) noRoot(draw uint64, reg core.Regularizer, l Law) *NoRoot {
	p := o.base(draw, reg, l, 0.1)
	if n, ok := noRootsFound.Load(p); ok {
		return n.(*NoRoot)
	}
	n := fieldOf(p).noRoot()
	noRootsFound.Store(p, n)
	return n
}

func orElse[T any](varied, usual []T) []T {
	if varied != nil {
		return varied
	}
	return usual
}

func (o *setting) gammasOr(usual ...float64) []float64   { return orElse(o.gammas, usual) }
func (o *setting) levelsOr(usual ...float64) []float64   { return orElse(o.levels, usual) }
func (o *setting) spacingsOr(usual ...int) []int         { return orElse(o.spacings, usual) }
func (o *setting) horizonsOr(usual ...float64) []float64 { return orElse(o.horizons, usual) }

// onlyRoot proves that G has no root but the proved one v of the nonconvex R, wherever w^0 is: by
// how much the left side below is above the right one; > 0 is a proof. Let F0 be F without R, convex,
// c_k(w) the factor of x_k x_k^T in its Hessian. As |sigma”| <= sigma', c_k(w) >= c_k(v) e^{-|x_k| |w-v|}, so that
// for |u| = 1 and t >= r
//
//	<grad F0(v + t u) - grad F0(v), u> >= q(r),
//	q(r) = least eigenvalue of (1/M) sum_k c_k(v) (1-e^{-|x_k| r})/|x_k| x_k x_k^T,
//
// and R changes <., u> by at most 2 rho max|R'| sqrt d: no root outside of the ball of radius r where q(r) > 2
// maxRegSlope rho sqrt d. In the ball F is strictly convex where the least eigenvalue of (1/M) sum_k c_k(v)
// e^{-|x_k| r} x_k x_k^T is above rho/2, as R_j” >= -1/2: one root at most. The margin is the best over r.
func (f *field) onlyRoot(v []float64) float64 {
	if f.p.Reg.Kind == "l2" {
		return math.Inf(1) // F is strongly convex
	}
	a := make([]float64, f.m)
	f.ahead(a, v)
	weight := make([]float64, f.m)
	length := make([]float64, f.m)
	for k, ak := range a {
		slope := func(x float64) float64 { s := 1 / (1 + math.Exp(-x)); return s * (1 - s) }
		weight[k] = slope(ak)
		if f.half > 0 {
			mixed := 0.0
			for j, x := range nodes {
				mixed += weights[j] * slope(ak+f.half*x)
			}
			weight[k] = (1-f.theta)*weight[k] + f.theta*mixed
		}
		length[k] = norm2(f.row(k))
	}
	least := func(scale func(k int) float64) float64 {
		c := make([]float64, f.m)
		for k := range c {
			c[k] = weight[k] * scale(k)
		}
		var eig mat.EigenSym
		if !eig.Factorize(f.outer(c), false) {
			return math.Inf(-1)
		}
		return eig.Values(nil)[0]
	}
	rho, best := f.p.Reg.Rho, math.Inf(-1)
	for _, r := range []float64{0.1, 0.2, 0.3, 0.5, 0.75, 1} {
		outside := least(func(k int) float64 { return -math.Expm1(-length[k]*r) / max(length[k], 1e-300) })
		inside := least(func(k int) float64 { return math.Exp(-length[k] * r) })
		best = max(best, min(outside-2*maxRegSlope*rho*math.Sqrt(float64(f.d)), inside-rho/2))
	}
	return best
}

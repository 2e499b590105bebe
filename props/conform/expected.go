package conform

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// precision is what an engine computes in.
type precision struct {
	scale  float64 // its unit roundoff over that of float64
	margin float64 // by which its states may leave the hull of the reference's
	large  float64 // beyond, requests are not sent
	small  float64 // and below, unless 0: products of such numbers are subnormal or nearly so
	round  func(float64) float64
}

func precisionOf(name string) (precision, error) {
	// The margin must exceed the error of any state that is let through, and
	// costs sharpness: a few hundred units.
	switch name {
	case "", "float64":
		return precision{1, core.Margin, 1e60, 1e-100, func(v float64) float64 { return v }}, nil
	case "float32":
		return precision{0x1p29, 0x1p-11, 1e9, 0x1p-110, func(v float64) float64 { return float64(float32(v)) }}, nil
	case "float16":
		return precision{0x1p42, 0x1p-2, 100, 0x1p-10, perturb.FP16.Nearest}, nil
	case "bfloat16":
		return precision{0x1p45, 0x1p-1, 1e9, 0x1p-110, perturb.BF16.Nearest}, nil
	}
	return precision{}, fmt.Errorf("unknown precision %q, want float64, float32, bfloat16 or float16", name)
}

// expected is what the reference says about a request, and how far an engine
// of the session's precision may be from it.
type expected struct {
	*core.State
	chain *core.Chain
	exact *core.State     // the pass without perturbations
	tol   *core.Enclosure // |engine - reference| <= tol for Y_i, V_i, U_i
	k     core.Regularity // on the hull of both passes
	per   []core.Regularity
}

// expect runs the reference. It reports false when the request is out of the
// precision's range, so that nothing can be asked.
func (s *session) expect(req *Request) (*expected, bool) {
	st, c, w, err := runReference(req)
	if err != nil {
		panic(fmt.Sprintf("conform: drew an invalid request: %v", err))
	}
	e := &expected{State: st, chain: c, exact: core.NewState(c), tol: core.NewEnclosure(c), per: make([]core.Regularity, c.N()+1)}
	e.exact.Pass(c, req.X, w, nil)
	region := core.NewRegion(c)
	for _, pass := range []*core.State{st, e.exact} {
		if !within(pass, s.precision.small, s.precision.large) {
			return nil, false
		}
		region.Visit(pass, w)
		e.tol.Visit(pass)
	}
	region.Widen(s.precision.margin)
	e.k = region.Regularity(e.per)
	e.tol.Scale = s.precision.scale
	if !e.tol.Compute(region, e.per) {
		return nil, false
	}
	// The bound is for one pass against exact arithmetic; here two computed
	// passes meet, the reference's being the sharper.
	for _, l := range [][]float64{e.tol.Y, e.tol.V, e.tol.U} {
		for i := range l {
			l[i] *= 2
			if math.IsNaN(l[i]) || math.IsInf(l[i], 0) {
				return nil, false
			}
		}
	}
	return e, true
}

// theorem1 is the root of the right side of (13) for the request's
// perturbations.
func (e *expected) theorem1() float64 {
	n := e.chain.N()
	d2, e2 := make([]float64, n+1), make([]float64, n+1)
	for i := 1; i <= n; i++ {
		d2[i], e2[i] = sq(e.Delta[i]), sq(e.Eps[i])
	}
	k := bounds.Const{N: n, C: e.k.C(), C2: e.k.C2, Lf: e.k.Lf, L1: e.k.L1, L2: e.k.L2}
	return math.Sqrt(bounds.Theorem1(k, d2, e2) * (1 + bounds.RelError))
}

func sq(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return sum
}

// distance is |a - b|_2; NaN when an entry is.
func distance(a, b []float64) float64 {
	sum := 0.0
	for k, x := range a {
		d := x - b[k]
		sum += float64(d * d)
	}
	return math.Sqrt(sum)
}

// within reports that every number of a pass is 0 or of a magnitude from small
// to large.
func within(s *core.State, small, large float64) bool {
	for _, lists := range [][][]float64{s.Y, s.V, s.U} {
		for _, v := range lists {
			for _, x := range v {
				if a := math.Abs(x); a != 0 && !(small <= a && a <= large) {
					return false
				}
			}
		}
	}
	return true
}

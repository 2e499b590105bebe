package conform

import (
	"errors"
	"fmt"
	"math"

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
	return precision{}, fmt.Errorf("conform: unknown precision %q, want float64, float32, bfloat16 or float16", name)
}

// Enclosed is what (5) gives for a request, and how far an engine may be from it.
// Every slice is indexed like the paper, 0..N.
type Enclosed struct {
	*core.State             // the reference's pass, in float64
	Exact       *core.State // the pass (4), without perturbations

	// TolY[i], TolV[i], TolU[i] bound |engine's - reference's| of Y_i, V_i, U_i in
	// the Euclidean norm.
	TolY, TolV, TolU []float64

	// K holds the constants of A3 on the region of both passes, for all operators.
	K core.Regularity
}

// ErrRange says that nothing can be said of an engine's answer to a request: a state
// overflows or nearly underflows, or its rounding is so large that it covers itself
// no more.
var ErrRange = errors.New("conform: out of the precision's range")

// Enclose bounds how far an engine that computes the request in the given
// precision ("" is float64), with sums in any order and elementary functions good
// to two units in the last place, may be from the reference. The rounding of an
// operator is a perturbation like delta_i and eps_i, of the size of
// core.Roundoff times the ratio of the unit roundoffs, and core.Enclosure carries it
// through the chain as in the proof of Theorem 1 (arXiv:2602.20646v1, section 3).
//
// The tolerance is twice that enclosure E, which pays for three things:
// the reference rounds too, in float64; an engine's V_i is as large as
// |V_i| + E, where the enclosure has |V_i|; and n roundings of size u make
// nu/(1-nu), where it has nu. E is linear in |V|, so twice |V| is twice E, and
// holds as long as the engine's V_i stays below twice |V_i|: by induction from N
// down it does when 2E <= |V_i|.
//
// It returns an error for an unknown precision or an invalid request, and one that
// is ErrRange when the request is out of the precision's range.
func Enclose(req *Request, precision string) (*Enclosed, error) {
	p, err := precisionOf(precision)
	if err != nil {
		return nil, err
	}
	return p.enclose(req)
}

func (p precision) enclose(req *Request) (*Enclosed, error) {
	st, c, w, err := runReference(req)
	if err != nil {
		return nil, err
	}
	e := &Enclosed{State: st, Exact: core.NewState(c)}
	e.Exact.Pass(c, req.X, w, nil)
	region, tol := core.NewRegion(c), core.NewEnclosure(c)
	for _, pass := range []*core.State{st, e.Exact} {
		if err := p.inRange(pass); err != nil {
			return nil, err
		}
		region.Visit(pass, w)
		tol.Visit(pass)
	}
	region.Widen(p.margin)
	per := make([]core.Regularity, c.N()+1)
	e.K = region.Regularity(per)
	tol.Scale = p.scale
	if !tol.Compute(region, per) {
		return nil, fmt.Errorf("%w: the rounding of Y may be %.3g, more than %.3g of its size", ErrRange, tol.Y[1:], p.margin)
	}
	e.TolY, e.TolV, e.TolU = tol.Y, tol.V, tol.U
	return e, e.double()
}

// double doubles the tolerances, if that is enough.
func (e *Enclosed) double() error {
	for i := 1; i < len(e.TolU); i++ {
		for _, t := range []*float64{&e.TolY[i], &e.TolV[i], &e.TolU[i]} {
			*t *= 2
			if !(*t < math.Inf(1)) {
				return fmt.Errorf("%w: the rounding at operator %d is not finite", ErrRange, i)
			}
		}
		size := max(math.Sqrt(sq(e.V[i])), math.Sqrt(sq(e.Exact.V[i])))
		if !(e.TolV[i] <= size) {
			return fmt.Errorf("%w: V_%d has size %.3g and its rounding may be %.3g", ErrRange, i, size, e.TolV[i])
		}
	}
	return nil
}

// inRange checks that every number of a pass is 0 or of a magnitude from small
// to large.
func (p precision) inRange(s *core.State) error {
	for k, list := range [][][]float64{s.Y, s.V, s.U} {
		for i, v := range list {
			for _, x := range v {
				if a := math.Abs(x); a != 0 && !(p.small <= a && a <= p.large) {
					return fmt.Errorf("%w: an entry of %c_%d is %v, want 0 or %.3g..%.3g", ErrRange, "YVU"[k], i, x, p.small, p.large)
				}
			}
		}
	}
	return nil
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

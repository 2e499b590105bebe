package logistic

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
	"github.com/cascade-sgd/cascade/core/vector"
)

// data are the inputs x_k = -y_k h_k of section 7.
type data struct {
	m, d int
	x    []float64 // a row for each coordinate: kernels run along the longer side
	rows []float64 // a row for each sample
	mean []float64 // (1/m) sum_k x_k
	wide float64   // max_k |x_k|

	pairs []float64 // x as vector.Sums takes it; nil where d is not vector.Rows
}

// newData draws the data as problem.Synthetic does.
func newData(m, d int, draw uint64) *data {
	t := problem.Synthetic(d, m, draw)
	return fromTable(t.X, t.Label)
}

// column is coordinate j of all samples.
func (s *data) column(j int) []float64 { return s.x[j*s.m : (j+1)*s.m] }

func (s *data) row(k int) []float64 { return s.rows[k*s.d : (k+1)*s.d] }

// back writes (1/m) sum_k v_k x_k to u.
func (s *data) back(u, v []float64) {
	if s.pairs != nil {
		vector.Sums(u, s.pairs, v, 1/float64(s.m))
		return
	}
	kernel.Dgemv(blas.NoTrans, s.d, s.m, 1/float64(s.m), s.x, s.m, v, 1, 0, u, 1)
}

// backBoth is back for two vectors: the same bits in one pass over the matrix.
func (s *data) backBoth(u0, u1, v0, v1 []float64) {
	if s.pairs != nil {
		vector.TwoSums(u0, u1, s.pairs, v0, v1, 1/float64(s.m))
		return
	}
	s.back(u0, v0)
	s.back(u1, v1)
}

// ahead writes <x_k, w> to a.
func (s *data) ahead(a, w []float64) { vector.Combine(a, s.x, w) }

var kernel gonum.Implementation

// stepper computes the exact and the perturbed gradient of one step, without the
// regularizer, in one pass over the matrix, 1 or 2 m exponentials and one pass back.
type stepper struct {
	*data
	law      Law
	half     float64   // s_f/sqrt d
	lo, span float64   // eps is in [lo, lo+span]
	a        []float64 // m activations
	s        []float64 // m slopes of the exact pass and, after them, of the perturbed one
	both     []float64 // the two gradients
	pcg      *rand.PCG
	round    func(to, from []float64) // of a format
}

func newStepper(s *data, law Law, pcg *rand.PCG) *stepper {
	root := math.Sqrt(float64(s.d))
	b := law.Backward / root
	p := &stepper{
		data: s, law: law, half: law.Forward / root, lo: -b, span: 2 * b, pcg: pcg,
		a: make([]float64, s.m), s: make([]float64, 2*s.m), both: make([]float64, 2*s.d),
	}
	if law.OneSided {
		p.lo, p.span = 0, b
	}
	if law.Format != nil {
		p.round = law.Format.sampler(s.m, pcg)
	}
	return p
}

// unit is uniform in (0, 1), symmetric about 1/2.
func unit(bits uint32) float64 { return (float64(bits) + 0.5) * 0x1p-32 }

// gradients returns those of step t at w, lent until the next call.
func (p *stepper) gradients(t int, w []float64) (exact, perturbed []float64) {
	if p.round != nil {
		return p.gradientsRounded(w)
	}
	m, d := p.m, p.d
	p.ahead(p.a, w)
	forward := p.half > 0 && t%p.law.Every == p.law.Phase
	slow := !(p.wide*norm2(w)+p.half <= vector.MaxArgument)
	s0, s1 := p.s[:m], p.s[m:]
	columns := 2
	switch {
	case forward && p.law.Reading == OneAStep:
		delta := p.half * (2*unit(uint32(p.pcg.Uint64())) - 1)
		if slow {
			slowSlopes(s0, p.a, 0)
			slowSlopes(s1, p.a, delta)
		} else {
			vector.TwoSlopes(s0, s1, p.a, math.Exp(-delta))
		}
	case forward:
		p.exactSlopes(s0, slow)
		p.spread(p.a, p.a, -p.half, 2*p.half)
		p.exactSlopes(s1, slow)
	default:
		p.exactSlopes(s0, slow)
		columns = 1
	}
	if p.span > 0 && p.law.Reading == OneASample {
		from := s0
		if columns == 2 {
			from = s1
		}
		p.spread(s1, from, p.lo, p.span)
		columns = 2
	}
	exact, perturbed = p.both[:d], p.both[d:]
	if columns == 1 {
		p.back(exact, s0)
		copy(perturbed, exact)
	} else {
		p.backBoth(exact, perturbed, s0, s1)
	}
	if p.span > 0 && p.law.Reading == OneAStep {
		eps := p.lo + p.span*unit(uint32(p.pcg.Uint64()))
		for j, v := range p.mean {
			perturbed[j] += float64(eps * v)
		}
	}
	return exact, perturbed
}

func (p *stepper) exactSlopes(s []float64, slow bool) {
	if slow {
		slowSlopes(s, p.a, 0)
		return
	}
	vector.Slopes(s, p.a)
}

// spread adds independent uniform numbers in lo..lo+span to from, two of each draw.
func (p *stepper) spread(to, from []float64, lo, span float64) {
	for k := 0; k+1 < len(from); k += 2 {
		z := p.pcg.Uint64()
		to[k] = from[k] + (lo + span*unit(uint32(z)))
		to[k+1] = from[k+1] + (lo + span*unit(uint32(z>>32)))
	}
	if n := len(from); n%2 == 1 {
		to[n-1] = from[n-1] + (lo + span*unit(uint32(p.pcg.Uint64())))
	}
}

// slowSlopes writes 1/(1+exp(-(a+delta))) to s, for any a.
func slowSlopes(s, a []float64, delta float64) {
	for k, v := range a {
		s[k] = 1 / (1 + math.Exp(-(v + delta)))
	}
}

func norm2(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x * x)
	}
	return math.Sqrt(sum)
}

// addReg adds r(w) to g.
func addReg(g, w []float64, r core.Regularizer) {
	for j, v := range w {
		g[j] += r.Grad(v)
	}
}

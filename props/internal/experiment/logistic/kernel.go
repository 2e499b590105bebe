package logistic

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/problem"
)

// data are the inputs x_k = -y_k h_k of section 7.
type data struct {
	m, d int
	x    []float64 // a row for each coordinate: kernels run along the longer side
	rows []float64 // a row for each sample
	mean []float64 // (1/m) sum_k x_k
	wide float64   // max_k |x_k|
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
	kernel.Dgemv(blas.NoTrans, s.d, s.m, 1/float64(s.m), s.x, s.m, v, 1, 0, u, 1)
}

// ahead writes <x_k, w> to a.
func (s *data) ahead(a, w []float64) {
	kernel.Dgemv(blas.Trans, s.d, s.m, 1, s.x, s.m, w, 1, 0, a, 1)
}

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
	slow := !(p.wide*norm2(w)+p.half <= maxArgument)
	s0, s1 := p.s[:m], p.s[m:]
	columns := 2
	switch {
	case forward && p.law.Reading == OneAStep:
		delta := p.half * (2*unit(uint32(p.pcg.Uint64())) - 1)
		if slow {
			slowSlopes(s0, p.a, 0)
			slowSlopes(s1, p.a, delta)
		} else {
			twoSlopes(s0, s1, p.a, math.Exp(-delta))
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
	p.back(exact, s0)
	if columns == 1 {
		copy(perturbed, exact)
	} else {
		p.back(perturbed, s1)
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
	slopes(s, p.a)
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

// The exponential by a table of 2^(j/128) and a polynomial, written into the loops:
// with n/128 the nearest to v/ln 2 and r = v - n ln 2/128, |r| <= ln 2/256,
//
//	e^v = 2^(n/128) e^r,   |e^r - (1 + r + ... + r^4/24)| <= |r|^5/120 e^|r| <= 1.3e-15.
//
// r carries the rounding of v and of n times the low part, at most 2^-52 |r| + 2^-61 |v|;
// the product of table and polynomial adds 4 roundings of 2^-53. For |v| <= 700 this is
// within slopeError relative. ln 2/128 in two parts: the upper has 33 bits, so that its
// product with |n| < 2^18 is exact.
const (
	tableBits   = 7
	tableSize   = 1 << tableBits
	perUnit     = tableSize / math.Ln2
	upperLn2    = 0x1.62e42fefp-8                   // of ln 2/128
	lowerLn2    = 0x1.473de6af278edp-41             // the rest
	roundToInt  = 0x1.8p52                          // added, the last bits of the sum are an integer
	maxArgument = 700                               // of e^v
	slopeError  = 1.3e-15 + 8*0x1p-53 + 700*0x1p-61 // of e^v, relative
)

var powers = func() (t [tableSize]float64) {
	for j := range t {
		t[j] = math.Exp2(float64(j) / tableSize)
	}
	return t
}()

// slopes writes 1/(1+exp(-a)) to s, |a| <= maxArgument.
func slopes(s, a []float64) {
	s = s[:len(a)]
	for k, v := range a {
		t := roundToInt - float64(v*perUnit)
		n := int64(math.Float64bits(t))
		i := t - roundToInt
		r := (-v - float64(i*upperLn2)) - float64(i*lowerLn2)
		e := 1 + float64(r*(1+float64(r*(0.5+float64(r*(1./6+float64(r*(1./24))))))))
		e *= math.Float64frombits(math.Float64bits(powers[n&(tableSize-1)]) + uint64(n>>tableBits)<<52)
		s[k] = 1 / (1 + e)
	}
}

// twoSlopes writes 1/(1+exp(-a)) to s and 1/(1+exp(-a) q), q = exp(-delta), to p: one
// exponential and one division for both.
func twoSlopes(s, p, a []float64, q float64) {
	s, p = s[:len(a)], p[:len(a)]
	for k, v := range a {
		t := roundToInt - float64(v*perUnit)
		n := int64(math.Float64bits(t))
		i := t - roundToInt
		r := (-v - float64(i*upperLn2)) - float64(i*lowerLn2)
		e := 1 + float64(r*(1+float64(r*(0.5+float64(r*(1./6+float64(r*(1./24))))))))
		e *= math.Float64frombits(math.Float64bits(powers[n&(tableSize-1)]) + uint64(n>>tableBits)<<52)
		one, two := 1+e, 1+float64(q*e)
		z := 1 / float64(one*two)
		s[k], p[k] = two*z, one*z
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

package perturb

import (
	"math"
	"math/rand/v2"
	"slices"
)

// zeroLaw is the law of no perturbation.
type zeroLaw struct{}

// Zero is the law of the perturbation 0.
func Zero() Finite { return zeroLaw{} }

func (zeroLaw) Spec() Spec                                     { return Spec{Law: "zero"} }
func (l zeroLaw) Sample(dst, s []float64, t int, _ *rand.Rand) { l.Outcome(dst, s, t, 0) }
func (zeroLaw) Support(_ []float64, _ int) int                 { return 1 }
func (zeroLaw) Outcome(dst, s []float64, _, k int) float64 {
	if len(dst) != len(s) || k != 0 {
		misused("zero", dst, s, len(s), k, 1)
	}
	clear(dst)
	return 1
}

// table is a finite law that does not look at the state.
type table struct {
	outcomes []Outcome
	n        int // length of the outcomes
	spec     Spec
}

// Constant is the law of the one value d. It panics when d is empty or not finite.
func Constant(d []float64) Finite {
	return constant(Spec{Law: "constant", D: d}.must())
}

// constant, and its like for other laws, copies what it is given and checks nothing.
func constant(s Spec) Finite {
	s.D = slices.Clone(s.D)
	return &table{[]Outcome{{1, s.D}}, len(s.D), s}
}

// TwoPoint takes a with probability p and b with 1-p. It panics unless 0 < p < 1,
// on vectors of unequal lengths or none, and on values that are not finite.
func TwoPoint(a, b []float64, p float64) Finite {
	return twoPoint(Spec{Law: "twopoint", A: a, B: b, P: p}.must())
}

func twoPoint(s Spec) Finite {
	s.A, s.B = slices.Clone(s.A), slices.Clone(s.B)
	return &table{[]Outcome{{s.P, s.A}, {1 - s.P, s.B}}, len(s.A), s}
}

// Table is the general finite law. The probabilities are positive and sum to 1 up
// to rounding; they are used as they are. It panics on others, on vectors of
// unequal lengths or none, and on values that are not finite.
func Table(outcomes []Outcome) Finite {
	return newTable(Spec{Law: "table", Outcomes: outcomes}.must())
}

func newTable(s Spec) Finite {
	s.Outcomes = slices.Clone(s.Outcomes)
	for k := range s.Outcomes {
		s.Outcomes[k].D = slices.Clone(s.Outcomes[k].D)
	}
	return &table{s.Outcomes, len(s.Outcomes[0].D), s}
}

func (l *table) Spec() Spec { return l.spec }

func (l *table) Sample(dst, s []float64, t int, rng *rand.Rand) {
	mustRand(l.spec.Law, rng)
	u := rng.Float64()
	k := 0
	for ; k < len(l.outcomes)-1; k++ {
		if u -= l.outcomes[k].P; u < 0 {
			break
		}
	}
	l.Outcome(dst, s, t, k)
}

func (l *table) Support(s []float64, _ int) int {
	if len(s) != l.n {
		misused(l.spec.Law, s, s, l.n, 0, len(l.outcomes))
	}
	return len(l.outcomes)
}

func (l *table) Outcome(dst, s []float64, _, k int) float64 {
	if len(dst) != l.n || len(s) != l.n || k < 0 || k >= len(l.outcomes) {
		misused(l.spec.Law, dst, s, l.n, k, len(l.outcomes))
	}
	o := &l.outcomes[k]
	copy(dst, o.D)
	return o.P
}

type uniform struct{ from, to float64 }

// Uniform draws each coordinate on its own from [from, to); rounding may give to
// itself. It panics unless from <= to and to - from are finite.
func Uniform(from, to float64) Law {
	Spec{Law: "uniform", From: from, To: to}.must()
	return uniform{from, to}
}

func (l uniform) Spec() Spec { return Spec{Law: "uniform", From: l.from, To: l.to} }
func (l uniform) Sample(dst, s []float64, _ int, rng *rand.Rand) {
	if len(dst) != len(s) {
		misused("uniform", dst, s, len(s), 0, 1)
	}
	mustRand("uniform", rng)
	for k := range dst {
		dst[k] = l.from + float64((l.to-l.from)*rng.Float64())
	}
}

// fill is Sample from the generator itself, which takes half the time: a number is
// made of 53 bits as rand.Rand.Float64 makes it.
func (l uniform) fill(dst []float64, p *pcg) {
	width, hi, lo := l.to-l.from, p.hi, p.lo
	for k := range dst {
		hi, lo = advance(hi, lo)
		dst[k] = l.from + float64(width*(float64(int64(scramble(hi, lo)<<11>>11))*0x1p-53))
	}
	p.hi, p.lo = hi, lo
}

type gaussian struct{ mean, sd float64 }

// Gaussian draws each coordinate on its own from N(mean, sd^2). It panics unless
// both are finite and sd >= 0.
func Gaussian(mean, sd float64) Law {
	Spec{Law: "gaussian", Mean: mean, SD: sd}.must()
	return gaussian{mean, sd}
}

func (l gaussian) Spec() Spec { return Spec{Law: "gaussian", Mean: l.mean, SD: l.sd} }
func (l gaussian) Sample(dst, s []float64, _ int, rng *rand.Rand) {
	if len(dst) != len(s) {
		misused("gaussian", dst, s, len(s), 0, 1)
	}
	mustRand("gaussian", rng)
	for k := range dst {
		dst[k] = l.mean + float64(l.sd*rng.NormFloat64())
	}
}

type topK struct{ k int }

// TopK keeps the k coordinates of the state that are largest in magnitude, the
// lower index among equals, and sends the others to 0: delta = C(s) - s for the
// Top-k compressor C. k at or above the length keeps all. It panics when k < 0.
func TopK(k int) Finite {
	Spec{Law: "topk", K: k}.must()
	return topK{k}
}

func (l topK) Spec() Spec                                   { return Spec{Law: "topk", K: l.k} }
func (l topK) Sample(dst, s []float64, t int, _ *rand.Rand) { l.Outcome(dst, s, t, 0) }
func (l topK) Support(_ []float64, _ int) int               { return 1 }
func (l topK) Outcome(dst, s []float64, _, k int) float64 {
	if len(dst) != len(s) || k != 0 {
		misused("topk", dst, s, len(s), k, 1)
	}
	for i, v := range s {
		dst[i] = 0
		if rank(s, i) >= l.k {
			dst[i] = -v
		}
	}
	return 1
}

// rank counts the coordinates that come before i. Quadratic, and it needs no
// memory; layers of a few hundred are its use.
func rank(s []float64, i int) int {
	a, n := math.Abs(s[i]), 0
	for j, v := range s {
		if b := math.Abs(v); b > a || b == a && j < i {
			n++
		}
	}
	return n
}

type switchLaw struct{ spec Spec }

// Switch adds a where coordinate k of the state is at least at, and b elsewhere: the
// simplest law that depends on what came before, though the state be known to all.
// It panics unless a and b have one length > k >= 0 and every number is finite.
func Switch(a, b []float64, k int, at float64) Finite {
	return newSwitch(Spec{Law: "switch", A: a, B: b, K: k, At: at}.must())
}

func newSwitch(s Spec) Finite {
	s.A, s.B = slices.Clone(s.A), slices.Clone(s.B)
	return &switchLaw{s}
}

func (l *switchLaw) Spec() Spec                                   { return l.spec }
func (l *switchLaw) Sample(dst, s []float64, t int, _ *rand.Rand) { l.Outcome(dst, s, t, 0) }
func (l *switchLaw) Support(s []float64, _ int) int {
	if n := len(l.spec.A); len(s) != n {
		misused("switch", s, s, n, 0, 1)
	}
	return 1
}
func (l *switchLaw) Outcome(dst, s []float64, _, k int) float64 {
	if n := len(l.spec.A); len(dst) != n || len(s) != n || k != 0 {
		misused("switch", dst, s, n, k, 1)
	}
	if s[l.spec.K] >= l.spec.At {
		copy(dst, l.spec.A)
	} else {
		copy(dst, l.spec.B)
	}
	return 1
}

type bitFlip struct{ lo, hi int }

// BitFlip flips one bit of one coordinate, both uniformly chosen, the bit
// among lo..hi of the float64 representation (0 is the last mantissa bit, 52 to
// 62 are the exponent, 63 is the sign): delta = flipped - s, rounded. A flip that
// gives Inf or NaN, or a delta that overflows, is not made: the state stays as it
// is. Each of the len(s) (hi-lo+1) flips is an outcome, equal ones too. It panics
// unless 0 <= lo <= hi <= 63.
func BitFlip(lo, hi int) Finite {
	Spec{Law: "bitflip", Lo: lo, Hi: hi}.must()
	return bitFlip{lo, hi}
}

// must panics on a state without a coordinate to flip.
func (l bitFlip) must(s []float64) {
	if len(s) == 0 {
		panic("perturb: law \"bitflip\" on a state of length 0")
	}
}

func (l bitFlip) bits() int  { return l.hi - l.lo + 1 }
func (l bitFlip) Spec() Spec { return Spec{Law: "bitflip", Lo: l.lo, Hi: l.hi} }
func (l bitFlip) Sample(dst, s []float64, t int, rng *rand.Rand) {
	l.must(s)
	mustRand("bitflip", rng)
	l.Outcome(dst, s, t, rng.IntN(len(s)*l.bits()))
}
func (l bitFlip) Support(s []float64, _ int) int {
	l.must(s)
	return capped(len(s), l.bits())
}
func (l bitFlip) Outcome(dst, s []float64, _, k int) float64 {
	n := len(s) * l.bits()
	if len(dst) != len(s) || k < 0 || k >= n {
		misused("bitflip", dst, s, len(s), k, n)
	}
	clear(dst)
	i := k / l.bits()
	flipped := math.Float64frombits(math.Float64bits(s[i]) ^ 1<<(l.lo+k%l.bits()))
	if d := flipped - s[i]; !math.IsNaN(d) && !math.IsInf(d, 0) {
		dst[i] = d
	}
	return 1 / float64(n)
}

func capped(a, b int) int {
	if a*b > MaxSupport {
		return TooMany
	}
	return a * b
}

type intermittent struct {
	every int
	inner Law
}

// Intermittent perturbs by inner at the steps t with t % every == 0, and not at
// all between them. It is Finite when inner is. It panics when every < 1 and when
// inner is nil or intermittent itself.
func Intermittent(every int, inner Law) Law {
	if inner == nil {
		panic("perturb: law \"intermittent\": inner is nil")
	}
	spec := inner.Spec()
	Spec{Law: "intermittent", Every: every, Inner: &spec}.must()
	if f, ok := inner.(Finite); ok {
		return finiteIntermittent{intermittent{every, inner}, f}
	}
	return intermittent{every, inner}
}

func (l intermittent) on(t int) bool { return t%l.every == 0 }

func (l intermittent) Spec() Spec {
	inner := l.inner.Spec()
	return Spec{Law: "intermittent", Every: l.every, Inner: &inner}
}

func (l intermittent) Sample(dst, s []float64, t int, rng *rand.Rand) {
	if l.on(t) {
		l.inner.Sample(dst, s, t, rng)
		return
	}
	if len(dst) != len(s) {
		misused("intermittent", dst, s, len(s), 0, 1)
	}
	clear(dst)
}

type finiteIntermittent struct {
	intermittent
	finite Finite
}

func (l finiteIntermittent) Support(s []float64, t int) int {
	if l.on(t) {
		return l.finite.Support(s, t)
	}
	return 1
}

func (l finiteIntermittent) Outcome(dst, s []float64, t, k int) float64 {
	if l.on(t) {
		return l.finite.Outcome(dst, s, t, k)
	}
	if len(dst) != len(s) || k != 0 {
		misused("intermittent", dst, s, len(s), k, 1)
	}
	clear(dst)
	return 1
}

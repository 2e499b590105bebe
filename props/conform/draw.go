package conform

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// maker builds the requests of one rule, of the engine's operators only and of
// numbers that its precision represents. What it draws depends on seed, rule and
// case alone.
type maker struct {
	ar     *arithmetic
	ops    map[string]bool
	bits   bool // the engine takes random bits
	random bool // it is stochastic without
	rule   string
	seed   uint64
	rng    *rand.Rand
}

// alwaysSeed is the seed of the cases that are always asked.
const alwaysSeed = 0

// at returns a maker for one case; no two cases share random numbers.
func (m *maker) at(seed uint64, name string, index int) *maker {
	h := fnv.New64a()
	h.Write([]byte(m.rule + "\x00" + name))
	c := *m
	c.seed = seed
	c.rng = rand.New(rand.NewPCG(seed, h.Sum64()+uint64(index)))
	return &c
}

func (m *maker) has(ops ...string) bool {
	for _, op := range ops {
		if !m.ops[op] {
			return false
		}
	}
	return true
}

// among keeps the operators that the engine has.
func (m *maker) among(ops ...string) []string {
	return slices.DeleteFunc(slices.Clone(ops), func(op string) bool { return !m.ops[op] })
}

func pick[T any](m *maker, list []T) T { return list[m.rng.IntN(len(list))] }

// real draws a number of magnitude scale/4 to scale, of either sign, with as many
// digits as are stored. scale is a power of two.
func (m *maker) real(scale float64) float64 {
	digits := m.ar.stored.digits
	mantissa := m.rng.Uint64()>>(64-digits) | 1<<(digits-1) | 1
	x := math.Ldexp(float64(mantissa), -digits-m.rng.IntN(2)) * scale
	if m.rng.IntN(2) == 0 {
		x = -x
	}
	return m.ar.stored.round(x)
}

// whole draws an integer of magnitude 1 to limit, of either sign.
func (m *maker) whole(limit int) float64 {
	x := float64(1 + m.rng.IntN(limit))
	if m.rng.IntN(2) == 0 {
		return -x
	}
	return x
}

// filling says which numbers a request has.
type filling struct {
	whole bool // integers up to 2, so that narrow formats are exact
	shift int  // by which the band of nonzero entries of a matrix of integers is moved

	x, w, by   float64 // scales of x, weights, perturbations, powers of two; 0 means 1
	delta, eps func(i int) bool
	reg        string // "" draws it
	gamma      float64
}

func every(int) bool            { return true }
func only(k int) func(int) bool { return func(i int) bool { return i == k } }

// both perturbs everything.
func both() filling { return filling{delta: every, eps: every} }

func scaled(scale float64) float64 {
	if scale == 0 {
		return 1
	}
	return scale
}

// number draws one number of the filling.
func (m *maker) number(f filling, scale float64) float64 {
	if f.whole && m.ar.digits < 8 {
		return m.whole(1) * scaled(scale)
	}
	if f.whole {
		return m.whole(2) * scaled(scale)
	}
	return m.real(2 * scaled(scale))
}

func (m *maker) vector(n int, f filling, scale float64) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = m.number(f, scale)
	}
	return v
}

// entries fills a matrix. Sums of a row are of the size of its entries, and those of
// integers exact in narrow formats as well, as only a band of entries is not 0 there.
func (m *maker) entries(rows, cols int, f filling) []float64 {
	a := make([]float64, rows*cols)
	wide := max(rows, cols)
	scale := scaled(f.w)
	if !f.whole {
		scale = math.Ldexp(scale, -math.Ilogb(float64(wide))/2)
	}
	for k := range a {
		switch offset := k%cols - k/cols - f.shift; {
		case f.whole && (offset%wide+wide)%wide >= m.band():
		case f.whole:
			a[k] = m.whole(1) * scale
		default:
			a[k] = m.real(2 * scale)
		}
	}
	return a
}

// band is how many integers up to 2 have a sum that is exact in the engine's formats.
func (m *maker) band() int { return 1 << min(m.ar.digits-2, 10) }

// fixed is the operator fixed with a matrix of its own.
func (m *maker) fixed(in, out int, f filling) core.Spec {
	flat := m.entries(out, in, f)
	s := core.Spec{Op: "fixed"}
	for j := range out {
		s.A = append(s.A, flat[j*in:(j+1)*in:(j+1)*in])
	}
	return s
}

// spec is an operator of a width; out is of account for dense operators alone.
func (m *maker) spec(op string, in, out int, f filling) core.Spec {
	switch op {
	case "affine", "linear":
		return core.Spec{Op: op, In: in, Out: out}
	case "fixed":
		return m.fixed(in, out, f)
	case "logistic":
		return core.Spec{Op: op}
	case "softmaxce":
		return core.Spec{Op: op, N: in, Label: m.rng.IntN(in)}
	}
	return core.Spec{Op: op, N: in}
}

func widths(s core.Spec) (in, out int) {
	switch s.Op {
	case "affine", "linear":
		return s.In, s.Out
	case "fixed":
		return len(s.A[0]), len(s.A)
	case "logistic":
		return 1, 1
	case "halfsq", "softmaxce", "bilinear":
		return s.N, 1
	}
	return s.N, s.N
}

// Groups of operators.
var (
	denseOps   = []string{"affine", "linear", "fixed"}
	curvedOps  = []string{"tanh", "sigmoid", "softplus"}
	narrowOps  = []string{"halfsq", "softmaxce", "bilinear"} // n -> 1
	keepingOps = []string{"bias", "scale", "tanh", "sigmoid", "softplus", "square"}
	exactOps   = []string{"affine", "linear", "fixed", "bias", "scale", "square", "halfsq", "bilinear"}
)

// front is an operator n -> n whose gradient shows what is sent back to it, as far as
// the engine has one; turn chooses among those that do.
func (m *maker) front(n, turn int) []core.Spec {
	ops := m.among("scale", "bias", "affine", "linear")
	if len(ops) == 0 {
		return nil
	}
	return []core.Spec{m.spec(ops[turn%len(ops)], n, n, filling{})}
}

// see is an operator n -> n whose gradient shows its input.
func (m *maker) see(n int) []core.Spec {
	ops := m.among("scale", "linear", "affine")
	if len(ops) == 0 {
		return nil
	}
	return []core.Spec{m.spec(ops[0], n, n, filling{})}
}

// tail brings n to 1, with a gradient other than 1.
func (m *maker) tail(n, turn int, f filling) []core.Spec {
	ops := m.among("linear", "affine", "bilinear", "halfsq", "fixed", "softmaxce")
	if n == 1 {
		ops = m.among("scale", "linear", "halfsq", "affine", "square", "tanh", "sigmoid", "logistic", "bias")
	}
	if len(ops) == 0 {
		return nil
	}
	return []core.Spec{m.spec(ops[turn%len(ops)], n, 1, f)}
}

// chain joins the parts, if that is a chain that ends in width 1.
func chainOf(parts ...[]core.Spec) []core.Spec {
	chain := slices.Concat(parts...)
	if len(chain) < 2 {
		return nil
	}
	if _, err := core.FromSpecs(chain); err != nil {
		return nil
	}
	return chain
}

// job fills a chain with numbers: a step that is within the precision's range, or nil.
func (m *maker) job(chain []core.Spec, f filling) *job {
	j := m.filled(chain, f)
	if j == nil {
		return nil
	}
	return m.fit(j)
}

// filled is job whatever the size of what is computed.
func (m *maker) filled(chain []core.Spec, f filling) *job {
	if chain == nil {
		return nil
	}
	for _, s := range chain {
		if !m.ops[s.Op] {
			return nil
		}
	}
	j := &job{kind: step, chain: chain, reg: m.regularizer(f), w: m.weights(chain, f)}
	j.steps = []RunStep{{[]Sample{m.sample(chain, f)}, 1, m.gamma(f)}}
	m.draw(j)
	return j
}

// draw gives the engine its random bits, if it takes them.
func (m *maker) draw(j *job) {
	if m.bits {
		j.bits = make([]uint32, bitsEach)
		for k := range j.bits {
			j.bits[k] = m.rng.Uint32()
		}
	}
}

// bitsEach is how many random numbers an engine is handed with a request. It draws
// more from them, as from a seed, when it needs more.
const bitsEach = 16

// fit is j when all that it computes is finite and within range.
func (m *maker) fit(j *job) *job {
	if j = m.fitWild(j); j == nil || j.want.wild {
		return nil
	}
	return j
}

// fitWild lets requests pass that hold a number that is not finite.
func (m *maker) fitWild(j *job) *job {
	if err := j.prepare(m.ar); errors.Is(err, ErrRange) {
		return nil
	} else if err != nil {
		panic(fmt.Sprintf("conform: made an invalid request: %v", err))
	}
	return j
}

func (m *maker) weights(chain []core.Spec, f filling) [][]float64 {
	w := make([][]float64, len(chain))
	for k, s := range chain {
		in, out := widths(s)
		switch s.Op {
		case "affine", "linear":
			w[k] = m.entries(out, in, f)
			if s.Op == "affine" {
				w[k] = append(w[k], m.vector(out, f, f.w)...)
			}
		case "bias", "scale":
			w[k] = m.vector(in, f, f.w)
		case "bilinear":
			w[k] = m.entries(1, in, f)
		default:
			w[k] = []float64{}
		}
	}
	return w
}

func (m *maker) sample(chain []core.Spec, f filling) Sample {
	in, _ := widths(chain[0])
	s := Sample{X: m.vector(in, f, f.x)}
	for k, spec := range chain {
		in, out := widths(spec)
		if k == 0 {
			in = 0
		}
		s.Delta = append(s.Delta, m.perturbation(f.delta, k+1, out, f))
		s.Eps = append(s.Eps, m.perturbation(f.eps, k+1, in, f))
	}
	return s
}

func (m *maker) perturbation(on func(i int) bool, i, n int, f filling) []float64 {
	if on == nil || !on(i) {
		return make([]float64, n)
	}
	return m.vector(n, f, f.by)
}

// gamma is between 1/2 and 2.
func (m *maker) gamma(f filling) float64 {
	switch {
	case f.gamma != 0:
		return m.ar.stored.round(f.gamma)
	case f.whole:
		return 0.5
	}
	return math.Abs(m.real(2))
}

var regularizers = []string{"none", "l2", "nonconvex"}

func (m *maker) regularizer(f filling) core.Regularizer {
	kind := f.reg
	if kind == "" {
		kind = pick(m, regularizers)
	}
	r := core.Regularizer{Kind: kind}
	switch {
	case kind == "none":
	case f.whole:
		r.Rho = 0.5
	default:
		r.Rho = math.Abs(m.real(1))
	}
	return r
}

// anyChain draws a chain of n operators of widths up to most, with losses inside it and
// elementwise operators at its end.
func (m *maker) anyChain(n, most int, f filling) []core.Spec {
	return m.drawChain(n, most, f, true)
}

// plainChain draws one with a loss or a dense operator at its end, and losses nowhere
// else.
func (m *maker) plainChain(n, most int, f filling) []core.Spec {
	return m.drawChain(n, most, f, false)
}

func (m *maker) drawChain(n, most int, f filling, free bool) []core.Spec {
	d := 1 + m.rng.IntN(most)
	var chain []core.Spec
	for i := range n {
		last := i == n-1
		options := m.among(slices.Concat(denseOps, keepingOps)...)
		if free && m.rng.IntN(4) == 0 {
			options = append(options, m.among(narrowOps...)...)
		}
		if free && d == 1 {
			options = append(options, m.among("logistic")...)
		}
		if last && (d > 1 || !free) {
			options = m.among(slices.Concat(denseOps, narrowOps)...)
			if d == 1 {
				options = append(options, m.among("logistic")...)
			}
		}
		if len(options) == 0 {
			return nil
		}
		out := 1
		if !last {
			out = 1 + m.rng.IntN(most)
		}
		s := m.spec(pick(m, options), d, out, f)
		chain = append(chain, s)
		_, d = widths(s)
	}
	return chainOf(chain)
}

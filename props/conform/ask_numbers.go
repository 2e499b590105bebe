package conform

import (
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// altered fills a chain, changes the numbers, and is nil when they do not fit.
func (m *maker) altered(chain []core.Spec, f filling, alter func(j *job)) *job {
	j := m.filled(chain, f)
	if j == nil {
		return nil
	}
	alter(j)
	return m.fit(j)
}

func fill(v []float64, x float64) {
	for k := range v {
		v[k] = x
	}
}

var tiesRule = &rule{
	name:        "ties",
	explanation: "zeros, equal numbers and equal layers are numbers and layers like any other",
	always: "each operator with zero weights, input or gradient; with all numbers 0, -0 or the same; with every " +
		"other number 0; with the largest number twice; twice in a row with the same weights",
	drawn: "chains of 2 to 6 operators, each number 0 or one of two",
	fixed: cases(func(a *always) {
		for _, op := range core.OpNames() {
			for _, c := range tieCases {
				a.add(op+", "+c.name, func(m *maker, scale float64) *sequence {
					f := both().times(scale)
					chain := m.placed(op, inner, 4, 4, 1, f)
					if op == "logistic" {
						chain = m.placed(op, inner, 1, 1, 1, f)
					}
					return asking("", m.altered(chain, f, func(j *job) { c.alter(m, j) }))
				})
			}
			a.add(op+", twice", func(m *maker, scale float64) *sequence { return m.twins(op, both().times(scale)) })
		}
	}),
	draw: func(m *maker, index int) *sequence {
		j := m.altered(m.plainChain(2+index%5, 4, both()), both(), func(j *job) {
			two := []float64{0, m.real(1), m.real(2)}
			j.numbers(func(v []float64) {
				for k := range v {
					v[k] = pick(m, two)
				}
			})
		})
		return asking("drawn", j)
	},
}

var tieCases = []struct {
	name  string
	alter func(m *maker, j *job)
}{
	{"zero weights", func(_ *maker, j *job) { zero(j.w...) }},
	{"zero weights and perturbations", func(_ *maker, j *job) { zero(j.w...); j.quiet() }},
	{"zero input", func(_ *maker, j *job) { zero(j.first().X) }},
	{"zero states", func(_ *maker, j *job) {
		zero(j.first().X)
		zero(j.first().Delta...)
		if j.chain[0].Op == "bias" {
			zero(j.w[0])
		}
	}},
	{"zero gradient", func(_ *maker, j *job) { zero(j.w[len(j.w)-1]); zero(j.first().Eps...) }},
	{"all zero", func(_ *maker, j *job) { j.numbers(func(v []float64) { zero(v) }) }},
	{"all -0", func(_ *maker, j *job) { j.numbers(func(v []float64) { fill(v, math.Copysign(0, -1)) }) }},
	{"all equal", func(m *maker, j *job) {
		x := m.real(1)
		j.numbers(func(v []float64) { fill(v, x) })
	}},
	{"all one", func(_ *maker, j *job) { j.numbers(func(v []float64) { fill(v, 1) }) }},
	{"every other zero", func(_ *maker, j *job) {
		j.numbers(func(v []float64) {
			for k := 0; k < len(v); k += 2 {
				v[k] = 0
			}
		})
	}},
	{"the largest twice", func(m *maker, j *job) {
		s := j.first()
		j.quiet()
		if j.chain[0].Op == "bias" {
			zero(j.w[0])
		} else {
			fill(j.w[0], 1)
		}
		fill(s.X, math.Abs(m.real(2)))
		s.X[0] = -s.X[0]
	}},
	{"opposite numbers", func(_ *maker, j *job) {
		j.numbers(func(v []float64) {
			for k := 1; k < len(v); k += 2 {
				v[k] = -v[k-1]
			}
		})
	}},
}

func zero(rows ...[]float64) {
	for _, row := range rows {
		clear(row)
	}
}

// twins puts the same operator twice in a row, with the same weights and different
// perturbations.
func (m *maker) twins(op string, f filling) *sequence {
	n := 3
	if op == "logistic" {
		n = 1
	}
	if !m.has(op) || slices.Contains(narrowOps, op) {
		return nil
	}
	s := m.spec(op, n, n, f)
	j := m.altered(chainOf(m.front(n, 0), []core.Spec{s, s}, m.see(n), m.tail(n, 0, f)), f, func(j *job) {
		copy(j.w[2], j.w[1])
	})
	return asking("", j)
}

// shown is a chain that shows y = f(x) and x's gradient entry by entry: an operator that
// lets x through, op, one whose gradient is y times what comes back, and a sum with the
// weights v, powers of two.
func (m *maker) shown(op string, x, v []float64) *job {
	n := len(x)
	if !m.has(op) {
		return nil
	}
	chain := chainOf(m.through(n), []core.Spec{m.spec(op, n, 1, filling{})})
	if !slices.Contains(narrowOps, op) {
		chain = chainOf(m.through(n), []core.Spec{m.spec(op, n, 1, filling{})}, m.see(n), m.sum(n))
	}
	if chain == nil {
		return nil
	}
	return m.altered(chain, filling{}, func(j *job) {
		copy(j.first().X, x)
		for k, s := range j.chain {
			switch {
			case s.Op == op && k == 1:
			case s.Op == "bias":
				zero(j.w[k])
			case k == len(j.chain)-1 && k > 1 && s.Op != "scale":
				zero(j.w[k])
				copy(j.w[k], v)
			case s.Op == "scale":
				fill(j.w[k], 1)
				if k == len(j.chain)-1 && k > 1 {
					copy(j.w[k], v)
				}
			default:
				identity(j.w[k], n)
			}
		}
	})
}

// through is an operator that can let its input through unchanged, and shows what
// comes back.
func (m *maker) through(n int) []core.Spec {
	ops := m.among("bias", "scale", "affine", "linear")
	if len(ops) == 0 {
		return nil
	}
	return []core.Spec{m.spec(ops[0], n, n, filling{})}
}

// sum brings n to 1 with weights.
func (m *maker) sum(n int) []core.Spec {
	ops := m.among("linear", "affine")
	if len(ops) == 0 {
		return nil
	}
	return []core.Spec{m.spec(ops[0], n, 1, filling{})}
}

func identity(w []float64, n int) {
	clear(w)
	for k := range n {
		w[k*n+k] = 1
	}
}

func ones(n int) []float64 {
	v := make([]float64, n)
	fill(v, 1)
	return v
}

// manyClasses is the width of one softmaxce that is always asked. An engine that
// differentiates through the largest logit, which it subtracts, adds the rounding of
// sum_k (p_k - [k = label]) to that entry: n times as much of it, in units of p about 1/n,
// which passes what sums of n terms may do where n is below a thousand.
const manyClasses = 4096

var sweepRule = &rule{
	name: "sweep",
	explanation: "functions are right at every size of their argument: where implementations switch, saturate or " +
		"overflow",
	always: fmt.Sprintf("tanh, sigmoid, softplus and logistic at %d arguments of both signs; "+
		"softmaxce with logits of %d sizes in 6 patterns, and of width %d", len(switches), len(logitSizes),
		manyClasses),
	drawn: "16 arguments of sizes from 2^-20 to 2^10, for a function",
	fixed: cases(func(a *always) {
		for _, op := range slices.Concat(curvedOps, []string{"logistic"}) {
			width := 32
			if op == "logistic" {
				width = 1
			}
			for from := 0; from < len(switches); from += width {
				part := switches[from:min(from+width, len(switches))]
				for _, sign := range []float64{1, -1} {
					a.sweep(op, part, sign)
				}
			}
		}
		for _, size := range logitSizes {
			for _, n := range []int{2, 5} {
				for k, pattern := range logitPatterns {
					name := fmt.Sprintf("softmaxce, logits of size %v, width %d, pattern %d", size, n, k+1)
					a.add(name, func(m *maker, scale float64) *sequence {
						if scale < 1 {
							return nil
						}
						x := make([]float64, n)
						for j := range x {
							x[j] = m.ar.stored.round(size * pattern(float64(j)/float64(n-1)))
						}
						return asking("", m.shown("softmaxce", x, nil))
					})
				}
			}
		}
		a.add(fmt.Sprintf("softmaxce of width %d", manyClasses), func(m *maker, scale float64) *sequence {
			if scale < 1 || len(m.among("bias", "scale")) == 0 { // a matrix of this width is too much to send
				return nil
			}
			x := make([]float64, manyClasses)
			for k := range x {
				x[k] = float64(7*k%16)/8 - 1
			}
			x[1] = 1.5
			return asking("", m.shown("softmaxce", x, nil))
		})
	}),
	draw: func(m *maker, index int) *sequence {
		ops := m.among(slices.Concat(curvedOps, []string{"logistic", "softmaxce"})...)
		if len(ops) == 0 {
			return nil
		}
		op := pick(m, ops)
		x := make([]float64, 16)
		if op == "logistic" {
			x = x[:1]
		}
		size := m.rng.IntN(31) - 20
		for k := range x {
			if op != "softmaxce" {
				size = m.rng.IntN(31) - 20
			}
			x[k] = m.real(math.Ldexp(1, size))
		}
		return asking("drawn", m.shown(op, x, ones(len(x))))
	},
}

func (a *always) sweep(op string, part []float64, sign float64) {
	a.add(fmt.Sprintf("%s at %v and on", op, sign*part[0]), func(m *maker, scale float64) *sequence {
		var x []float64
		for _, s := range part {
			if s = m.ar.stored.round(sign * s); math.Abs(s) <= m.ar.large {
				x = append(x, s)
			}
		}
		if scale < 1 || len(x) == 0 {
			return nil
		}
		return asking("", m.shown(op, x, ones(len(x))))
	})
}

// switches are sizes of arguments: every power of two to 2^12 and numbers between;
// where series end (1/16 to 5/8); where tanh, sigmoid and softplus saturate or switch in
// some format (ln of its unit roundoff: 2, 5, 8, 9, 17, 18.7, 37, and half of it), the
// thresholds 8, 9, 10, 15, 16, 20, 30, 33, 40 of libraries; where e^x overflows (11.09,
// 88.7, 709.8) or e^-x underflows (9.7, 17.3, 87.3, 103.3, 708.4, 745.1).
var switches = sizes([]float64{
	0.0625, 0.3, 0.55, 0.625, 0.65, 0.7, 1.2, 2.5, 3.5, 4.5, 5.5, 6.25, 6.9, 7.6, 7.9, 7.99, 8.01, 8.3, 8.66,
	9, 9.01, 9.7, 9.9, 10, 10.1, 10.4, 11, 11.09, 11.1, 12, 12.5, 13, 14, 15, 15.2, 15.9, 16.1, 16.6, 17,
	17.3, 17.33, 18, 18.4, 18.7, 19, 19.06, 19.1, 20, 20.1, 21, 22, 22.1, 23, 24, 25, 27, 28, 29.9, 30, 30.1,
	33, 33.3, 34, 35, 36, 36.05, 36.7, 37, 37.4, 38, 39, 40, 40.1, 41, 42, 44, 44.4, 45, 48, 50, 56, 60, 69,
	70, 75, 80, 86, 87, 87.3, 87.4, 88, 88.3, 88.7, 88.8, 89, 90, 95, 100, 103.2, 103.3, 103.98, 104, 110,
	120, 150, 200, 300, 354, 355, 356, 372, 400, 500, 600, 700, 708, 708.3, 708.5, 709, 709.7, 709.8, 710,
	720, 740, 744.4, 745, 745.2, 746, 750, 800, 1000, 1e4, 1e5, 1e6,
})

func sizes(list []float64) []float64 {
	for k := -40; k <= 12; k++ {
		list = append(list, math.Ldexp(1, k))
	}
	for k := -30; k <= 6; k += 3 {
		list = append(list, math.Ldexp(1.37, k))
	}
	slices.Sort(list)
	return list
}

// logitSizes are sizes of differences of logits.
var logitSizes = []float64{
	1e-6, 1e-3, 0.1, 1, 4, 8, 10, 11, 12, 15, 16, 18, 20, 25, 30, 36, 37, 40, 50, 64, 80, 87, 88, 89, 100,
	103, 105, 127, 200, 350, 400, 500, 700, 709, 710, 720, 744, 746, 800, 1000, 5000, 1e4, 6e4, 1e6, 1e9,
}

// logitPatterns are vectors of logits at t = 0..1.
var logitPatterns = []func(t float64) float64{
	func(t float64) float64 { return t },
	func(t float64) float64 { return -t },
	func(t float64) float64 { return 2*t - 1 },
	func(t float64) float64 { return 1 + 0.001*t },
	func(t float64) float64 { return -1 - 0.001*t },
	func(t float64) float64 { return math.Round(t) },
}

var sizesRule = &rule{
	name:        "sizes",
	explanation: "inputs, weights, perturbations and gradients of every size are right",
	always: fmt.Sprintf("two chains with input, weights, delta or eps at the scales 2^k, k in %v, as far as the "+
		"precision's range goes", exponents),
	drawn: "chains of 2 to 5 operators, each of the four at a scale of its own",
	fixed: cases(func(a *always) {
		for _, k := range exponents {
			scale := math.Ldexp(1, k)
			for _, what := range []string{"x", "w", "delta", "eps", "all", "x and 1/w"} {
				for _, kind := range []string{"linear", "curved"} {
					f := filling{delta: every, eps: every}
					switch what {
					case "x":
						f.x = scale
					case "w":
						f.w = scale
					case "delta":
						f.by, f.eps = scale, nil
					case "eps":
						f.by, f.delta = scale, nil
					case "all":
						f.x, f.w, f.by = scale, scale, scale
					default:
						f.x, f.w = scale, 1/scale
					}
					a.add(fmt.Sprintf("%s of size 2^%d, %s", what, k, kind), func(m *maker, s float64) *sequence {
						if s < 1 {
							return nil
						}
						return asking("", m.job(m.template(kind, 4, f), f))
					})
				}
			}
		}
	}),
	draw: func(m *maker, index int) *sequence {
		reach := 8 * (1 + index%4)
		scale := func() float64 { return math.Ldexp(1, m.rng.IntN(2*reach+1)-reach) }
		f := filling{x: scale(), w: scale(), by: scale(), delta: every, eps: every}
		return asking("drawn", m.job(m.plainChain(2+index%4, 3, f), f))
	},
}

var exponents = []int{
	-60, -40, -30, -24, -17, -14, -12, -10, -8, -6, -4, -2, 2, 4, 6, 8, 10, 12, 14, 17, 24, 30, 40, 60,
}

var stepRule = &rule{
	name: "step",
	explanation: "the step is w - gamma (u + r) with the engine's own u and each regularizer at the old w (5d); " +
		"a step of size 0 keeps the weights exactly",
	always: fmt.Sprintf("each regularizer with gamma in %v, rho in %v, weights of the sizes 2^k, k in %v; with "+
		"gradient 0; with weights 0", gammas, rhos, weightExponents),
	drawn: "gamma, rho and weights of sizes of their own, in chains of 2 to 5 operators",
	fixed: cases(func(a *always) {
		for _, kind := range regularizers {
			for _, gamma := range gammas {
				a.stepped(fmt.Sprintf("%s, gamma %v", kind, gamma), kind, gamma, 0.3, 0)
			}
			for _, rho := range rhos {
				a.stepped(fmt.Sprintf("%s, rho %v", kind, rho), kind, 0.7, rho, 0)
			}
			for _, k := range weightExponents {
				a.stepped(fmt.Sprintf("%s, weights of size 2^%d", kind, k), kind, 0.7, 0.3, k)
			}
		}
	}),
	draw: func(m *maker, index int) *sequence {
		f := both()
		f.w = math.Ldexp(1, m.rng.IntN(9)-4)
		j := m.altered(m.plainChain(2+index%4, 3, f), f, func(j *job) {
			j.steps[0].Gamma = math.Abs(m.real(math.Ldexp(1, m.rng.IntN(20)-12)))
			if j.reg.Kind != "none" {
				j.reg.Rho = math.Abs(m.real(math.Ldexp(1, m.rng.IntN(16)-12)))
			}
		})
		return asking("drawn", j)
	},
}

var (
	gammas          = []float64{0, 1e-9, 1e-4, 0.01, 0.1, 1.0 / 3, 0.5, 0.999, 1, 1.001, 1.5, 2, 3.7, 10, 100}
	rhos            = []float64{0, 1e-8, 1e-4, 0.01, 0.2, 0.5, 1, 1.7, 5, 50}
	weightExponents = []int{-40, -24, -12, -6, -3, 0, 3, 5, 8, 12}
)

// stepped adds a step with full weights, one with a gradient of 0, and one with weights
// of 0.
func (a *always) stepped(name, kind string, gamma, rho float64, exponent int) {
	for _, c := range []struct {
		name  string
		alter func(j *job)
	}{
		{"", func(*job) {}},
		{", gradient 0", func(j *job) { zero(j.w[len(j.w)-1], j.first().X); j.quiet() }},
		{", weights 0", func(j *job) { zero(j.w...) }},
	} {
		a.add(name+c.name, func(m *maker, scale float64) *sequence {
			f := filling{delta: every, eps: every, reg: kind, w: math.Ldexp(1, exponent)}
			f.x, f.by = scale, scale
			chain := m.template("linear", 3, f)
			if m.has("scale", "affine", "linear") {
				chain = []core.Spec{{Op: "scale", N: 3}, {Op: "affine", In: 3, Out: 2}, {Op: "linear", In: 2, Out: 1}}
			}
			return asking("", m.altered(chain, f, func(j *job) {
				c.alter(j)
				j.steps[0].Gamma = m.ar.stored.round(gamma)
				if kind != "none" {
					j.reg.Rho = m.ar.stored.round(rho)
				}
			}))
		})
	}
}

var wildRule = &rule{
	name: "not-finite",
	explanation: "NaN gives NaN, Inf or an error wherever the number matters, Inf what IEEE 754 makes of it, " +
		"and what depends on neither is right",
	always: "NaN, Inf and -Inf in turn for each entry of x, w, delta and eps, around each operator at width 2 or 3",
	fixed: cases(func(a *always) {
		for _, op := range core.OpNames() {
			a.wild(op, inner)
			if op == "logistic" || slices.Contains(narrowOps, op) {
				a.wild(op, last)
			}
		}
	}),
}

// wild adds requests with one number that is not finite.
func (a *always) wild(op, place string) {
	m := a.m.at(alwaysSeed, op, 0)
	n := 3
	if op == "logistic" {
		n = 1
	}
	f := both().times(0.25) // where functions are far from saturated
	base := m.job(m.placed(op, place, n, 2, 1, f), f)
	if base == nil {
		return
	}
	count := 0
	base.numbers(func(v []float64) { count += len(v) })
	for k := range count {
		for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			a.add(fmt.Sprintf("%s %s, %v for number %d", op, place, x, k), func(m *maker, _ float64) *sequence {
				j := base.clone()
				at := 0
				j.numbers(func(v []float64) {
					if at <= k && k < at+len(v) {
						v[k-at] = x
					}
					at += len(v)
				})
				if m.fitWild(j) == nil || j.ambiguous() {
					return nil
				}
				return asking("", j)
			})
		}
	}
}

// ambiguous reports whether some softmaxce has an infinite logit, or something infinite
// comes back to a bilinear, where (2 s w + x) v and 2 s v w + x v differ, or to a softmaxce,
// where (p - 1) v and p v - v do: formulas that are right for all others differ there.
func (j *job) ambiguous() bool {
	e := j.want.first[0]
	for k, s := range j.chain {
		switch {
		case s.Op == "softmaxce" && slices.Contains(e.Y[k], math.Inf(1)):
			return true
		case (s.Op == "bilinear" || s.Op == "softmaxce") && math.IsInf(e.V[k+1][0], 0):
			return true
		}
	}
	return false
}

var anchorsRule = &rule{
	name: "anchors",
	explanation: "where every way of computing is exact, or nearly so, the answer is: " +
		"a factor of 1 +- 8 unit roundoffs in a Jacobian is a fault",
	always: "each polynomial operator in small integers, first, inner and last, at widths 1 to 4; tanh, sigmoid, " +
		"softplus and logistic at 0 with powers of two coming back; softmaxce at 4, 8 and 16 equal logits",
	fixed: cases(func(a *always) {
		for _, op := range exactOps {
			for _, place := range places {
				for n := 1; n <= 4; n++ {
					for _, perturbed := range []bool{false, true} {
						f := filling{whole: true}
						if perturbed {
							f.delta, f.eps = every, every
						}
						name := fmt.Sprintf("%s %s, width %d, perturbed %v", op, place, n, perturbed)
						a.step(name, f, func(m *maker, f filling) []core.Spec {
							return m.placed(op, place, n, 1+n%3, 0, f)
						})
					}
				}
			}
		}
		for _, op := range slices.Concat(curvedOps, []string{"logistic"}) {
			for _, back := range []float64{1, 2, -0.5, 4, -1} {
				n := 4
				if op == "logistic" {
					n = 1
				}
				v := make([]float64, n)
				fill(v, back)
				a.add(fmt.Sprintf("%s at 0, %v coming back", op, back), func(m *maker, _ float64) *sequence {
					return asking("", m.shown(op, make([]float64, n), v))
				})
			}
		}
		for _, n := range []int{4, 8, 16} {
			for _, x := range []float64{0, 1, -2} {
				a.add(fmt.Sprintf("softmaxce of %d times %v", n, x), func(m *maker, _ float64) *sequence {
					logits := make([]float64, n)
					fill(logits, x)
					return asking("", m.shown("softmaxce", logits, nil))
				})
			}
		}
	}),
}

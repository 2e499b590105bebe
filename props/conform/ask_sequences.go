package conform

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

var perturbationsRule = &rule{
	name: "perturbations",
	explanation: "each delta_i and each eps_i acts alone and together with others as in (5), and " +
		"none acts when all are 0",
	always: "chains of 2 to 6 operators, linear and not: unperturbed; one delta_i or one eps_i alone, each i; " +
		"all delta; all eps; all",
	drawn: "chains of 2 to 7 operators, each site perturbed or not",
	fixed: cases(func(a *always) {
		for n := 2; n <= 6; n++ {
			for _, kind := range []string{"linear", "curved"} {
				add := func(what string, delta, eps func(int) bool) {
					f := filling{delta: delta, eps: eps}
					a.add(fmt.Sprintf("%d %s operators, %s", n, kind, what), func(m *maker, scale float64) *sequence {
						return m.measured(m.template(kind, n, f.times(scale)), f.times(scale))
					})
				}
				add("unperturbed", nil, nil)
				for i := 1; i <= n; i++ {
					add(fmt.Sprintf("delta_%d", i), only(i), nil)
					if i > 1 {
						add(fmt.Sprintf("eps_%d", i), nil, only(i))
					}
				}
				add("all delta", every, nil)
				add("all eps", nil, every)
				add("all", every, every)
			}
		}
	}),
	draw: func(m *maker, index int) *sequence {
		some := func() func(int) bool {
			sites := m.rng.Uint64()
			return func(i int) bool { return sites>>i&1 == 1 }
		}
		f := filling{delta: some(), eps: some()}
		return m.measured(m.plainChain(2+index%6, 4, f), f)
	},
}

// template is a chain of n operators that the engine has, of widths up to 4.
func (m *maker) template(kind string, n int, f filling) []core.Spec {
	ops := m.among("scale", "linear", "bias", "affine", "fixed")
	end := m.among("halfsq", "bilinear", "linear", "affine")
	if kind != "linear" {
		ops = m.among("affine", "tanh", "scale", "sigmoid", "linear", "softplus", "bias", "square")
		end = m.among("softmaxce", "halfsq", "bilinear", "linear", "affine")
	}
	if len(ops) == 0 || len(end) == 0 {
		return m.plainChain(n, 4, f)
	}
	d := 3
	var chain []core.Spec
	for i := range n - 1 {
		s := m.spec(ops[i%len(ops)], d, 2+(i+n)%3, f)
		chain = append(chain, s)
		_, d = widths(s)
	}
	return chainOf(chain, []core.Spec{m.spec(end[n%len(end)], d, 1, f)})
}

// measured asks a step and the same without perturbations, and takes the ratio of
// Theorem 1 from the two.
func (m *maker) measured(chain []core.Spec, f filling) *sequence {
	j := m.job(chain, f)
	if j == nil {
		return nil
	}
	clean := j.clone()
	clean.quiet()
	if clean = m.fit(clean); clean == nil || !j.perturbed() {
		return asking("", j)
	}
	q := asking("", j, clean)
	q.judge = func(s *session, a []*answer) *fault {
		s.gate.theorem1 = max(s.gate.theorem1, theorem1Ratio(j, clean, a[0], a[1]))
		return nil
	}
	return q
}

// quiet sets all perturbations to 0.
func (j *job) quiet() {
	for t := range j.steps {
		for _, s := range j.steps[t].Samples {
			for i := range s.Delta {
				clear(s.Delta[i])
				clear(s.Eps[i])
			}
		}
	}
}

var onePartRule = &rule{
	name: "one-part",
	explanation: "an answer depends on every part of its own request and on no part of another: " +
		"requests that differ in one part follow one another",
	always: "four chains; for each x, delta_i, eps_i, w_i, gamma, rho, kind of regularizer, label, matrix of fixed " +
		"and elementwise function: the chain, the chain with that part changed, the chain",
	drawn: "chains of 2 to 6 operators with one part changed",
	fixed: func(m *maker) iter.Seq[*sequence] {
		return cases(func(a *always) {
			for k := range baseChains {
				for _, c := range m.at(alwaysSeed, "base", k).changes(m.base(k)) {
					a.add(fmt.Sprintf("chain %d, %s", k+1, c.name), func(*maker, float64) *sequence {
						return c.sequence(m)
					})
				}
			}
		})(m)
	},
	draw: func(m *maker, index int) *sequence {
		f := both()
		f.reg = regularizers[1+index%2]
		j := m.job(m.plainChain(2+index%5, 4, f), f)
		if j == nil {
			return nil
		}
		changes := m.changes(j)
		return pick(m, changes).sequence(m)
	},
}

var baseChains = []func(m *maker, f filling) []core.Spec{
	func(m *maker, f filling) []core.Spec {
		return chainOf(m.front(3, 0), []core.Spec{m.fixed(3, 4, f)}, []core.Spec{{Op: "softmaxce", N: 4, Label: 1}})
	},
	func(m *maker, f filling) []core.Spec {
		return chainOf([]core.Spec{
			{Op: "affine", In: 2, Out: 3}, {Op: "tanh", N: 3}, {Op: "scale", N: 3}, {Op: "halfsq", N: 3},
		})
	},
	func(m *maker, f filling) []core.Spec {
		sigmoid := []core.Spec{m.fixed(4, 1, f), {Op: "sigmoid", N: 1}}
		return chainOf(m.front(4, 1), sigmoid, m.see(1), []core.Spec{{Op: "logistic"}})
	},
	func(m *maker, f filling) []core.Spec { return m.template("curved", 4, f) },
}

// base is one of the chains that are changed part by part, or another one when the
// engine lacks one of its operators.
func (m *maker) base(k int) *job {
	m = m.at(alwaysSeed, "base chain", k)
	f := both()
	f.reg = regularizers[1+k%2]
	for _, chain := range [][]core.Spec{baseChains[k](m, f), m.template("curved", 3+k, f), m.plainChain(3, 3, f)} {
		for _, scale := range []float64{1, 0.25} {
			if j := m.job(chain, f.times(scale)); j != nil {
				return j
			}
		}
	}
	return nil
}

// change is a request and the same with one part changed.
type change struct {
	name            string
	before, changed *job
}

func (c change) sequence(m *maker) *sequence {
	if m.fit(c.changed) == nil || !c.before.differs(c.changed) {
		return nil
	}
	return asking(c.name, c.before, c.changed, c.before)
}

// changes lists j with each of its parts changed.
func (m *maker) changes(j *job) []change {
	var list []change
	add := func(name string, alter func(c *job)) {
		c := j.clone()
		alter(c)
		list = append(list, change{name, j, c})
	}
	if j == nil {
		return nil
	}
	for i := range j.chain {
		if n := len(j.w[i]); n > 0 {
			k := m.rng.IntN(n)
			add(fmt.Sprintf("w_%d", i+1), func(c *job) { m.other(c.w[i], k) })
		}
		delta := m.rng.IntN(len(j.first().Delta[i]))
		add(fmt.Sprintf("delta_%d", i+1), func(c *job) { m.other(c.first().Delta[i], delta) })
		if i > 0 {
			eps := m.rng.IntN(len(j.first().Eps[i]))
			add(fmt.Sprintf("eps_%d", i+1), func(c *job) { m.other(c.first().Eps[i], eps) })
		}
		switch s := j.chain[i]; {
		case s.Op == "softmaxce" && s.N > 1:
			add("label", func(c *job) { c.chain[i].Label = (s.Label + 1) % s.N })
		case s.Op == "fixed":
			add("matrix of fixed", func(c *job) { m.other(c.chain[i].A[0], 0) })
		case slices.Contains(curvedOps, s.Op):
			ops := slices.DeleteFunc(m.among(curvedOps...), func(op string) bool { return op == s.Op })
			if len(ops) > 0 {
				add("function", func(c *job) { c.chain[i].Op = ops[0] })
			}
		}
	}
	x := m.rng.IntN(len(j.first().X))
	add("x", func(c *job) { m.other(c.first().X, x) })
	add("gamma", func(c *job) { c.steps[0].Gamma = m.ar.stored.round(c.steps[0].Gamma / 4) })
	if j.reg.Kind != "none" {
		add("rho", func(c *job) { c.reg.Rho = m.ar.stored.round(c.reg.Rho * 2) })
		add("kind of regularizer", func(c *job) {
			c.reg.Kind = map[string]string{"l2": "nonconvex", "nonconvex": "l2"}[c.reg.Kind]
		})
		add("no regularizer", func(c *job) { c.reg = core.Regularizer{Kind: "none"} })
	}
	return list
}

// other changes one number, visibly.
func (m *maker) other(v []float64, k int) { v[k] = m.ar.stored.round(-v[k] * 1.5) }

// differs reports whether the reference tells the two requests apart by more than
// their tolerances.
func (j *job) differs(b *job) bool {
	p, q := j.want.first[0], b.want.first[0]
	apart := func(a, c, ta, tc []float64) bool {
		for k, x := range a {
			if math.Abs(x-c[k]) > 2*(ta[k]+tc[k]) {
				return true
			}
		}
		return false
	}
	n := len(j.chain)
	if apart(p.Y[n], q.Y[n], p.TolY[n], q.TolY[n]) || j.steps[0].Gamma != b.steps[0].Gamma || j.reg != b.reg {
		return true
	}
	for i := 1; i <= n; i++ {
		if apart(p.U[i], q.U[i], p.TolU[i], q.TolU[i]) || !slices.Equal(j.w[i-1], b.w[i-1]) {
			return true
		}
	}
	return false
}

var deterministicRule = &rule{
	name:        "deterministic",
	explanation: "the same request twice in a row gives the same bits",
	always: "each operator inside a chain, at widths 3 and 64; a matrix of 65x33; a chain of 8 " +
		"operators; each eight times",
	drawn: "chains of 2 to 6 operators at widths up to 12, twice",
	skip:  skipRandom,
	fixed: cases(func(a *always) {
		again := func(name string, build func(m *maker, f filling) []core.Spec) {
			a.add(name, func(m *maker, scale float64) *sequence {
				f := both().times(scale)
				return repeated(m.job(build(m, f), f), 8)
			})
		}
		for _, op := range core.OpNames() {
			for _, n := range []int{1, 3, 64} {
				again(fmt.Sprintf("%s, width %d", op, n), func(m *maker, f filling) []core.Spec {
					return m.placed(op, inner, n, n, 0, f)
				})
			}
		}
		again("matrix", func(m *maker, f filling) []core.Spec { return m.placed("linear", inner, 65, 33, 0, f) })
		again("long", func(m *maker, f filling) []core.Spec { return m.longChain(8, f) })
	}),
	draw: func(m *maker, index int) *sequence {
		return repeated(m.job(m.plainChain(2+index%5, 12, both()), both()), 2)
	},
}

// skipRandom skips rules about bits for engines that answer at random.
func skipRandom(s *session) string {
	if s.info.Stochastic && !takesBits(s.info) {
		return "the engine is stochastic and takes no bits"
	}
	return ""
}

// repeated asks j several times; all answers must have the same bits.
func repeated(j *job, times int) *sequence {
	if j == nil {
		return nil
	}
	q := &sequence{}
	for k := range times {
		q.questions = append(q.questions, question{job: j, again: min(k, 1)})
	}
	return q
}

var memoryRule = &rule{
	name:        "no-memory",
	explanation: "an answer does not depend, in any bit, on the requests before it",
	always: "a request, a larger one, a smaller one, the same chain with other numbers, and the request again; " +
		"for eight chains",
	drawn: "chains of 2 to 6 operators, others between",
	skip:  skipRandom,
	fixed: cases(func(a *always) {
		for k := range 8 {
			a.add(fmt.Sprintf("chain %d", k+1), func(m *maker, scale float64) *sequence {
				f := both().times(scale)
				return m.remembered(m.template([]string{"linear", "curved"}[k%2], 2+k/2, f), f)
			})
		}
	}),
	draw: func(m *maker, index int) *sequence {
		return m.remembered(m.plainChain(2+index%5, 4, both()), both())
	},
}

// remembered asks a chain, others, and the first again.
func (m *maker) remembered(chain []core.Spec, f filling) *sequence {
	j := m.job(chain, f)
	if j == nil {
		return nil
	}
	q := &sequence{questions: []question{{job: j}}}
	others := [][]core.Spec{
		m.template("curved", 7, f), m.template("linear", 2, f), m.placed("linear", inner, 20, 9, 0, f), chain,
	}
	for _, other := range others {
		if b := m.job(other, f); b != nil {
			q.questions = append(q.questions, question{job: b})
		}
	}
	q.questions = append(q.questions, question{job: j, again: 1})
	return q
}

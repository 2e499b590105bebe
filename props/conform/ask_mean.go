package conform

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/runs/betting/anytime"
)

var meanRule = &rule{
	name: "mean",
	explanation: "over many requests of moderate arguments the error of a derivative is no larger in the mean than " +
		"functions two units off make it",
	always: fmt.Sprintf("tanh at |y| <= 1/2, sigmoid, softplus and logistic at -16..1, the label of softmaxce at "+
		"16 logits in [-1, 1]: %d arguments each", meanArguments),
	drawn: "the same with other arguments",
	most:  5,
	skip: func(s *session) string {
		switch {
		case s.ar.digits < 8:
			return "the precision has too few numbers"
		case s.info.Stochastic:
			return "the engine is stochastic"
		case !s.maker.has("bias", "scale", "linear") && !s.maker.has("bias", "softmaxce"):
			return "needs bias with scale and linear, or bias with softmaxce"
		}
		return ""
	},
	fixed: cases(func(a *always) {
		for k, op := range meanOps {
			a.add(op, func(m *maker, _ float64) *sequence { return m.mean(meanOps[k]) })
		}
	}),
	draw: func(m *maker, index int) *sequence {
		if index >= len(meanOps) {
			return nil
		}
		return m.mean(meanOps[index])
	},
}

var meanOps = []string{"tanh", "sigmoid", "softplus", "logistic", "softmaxce"}

// meanArguments is the number of arguments of a mean test.
const meanArguments = 256

// meanWidth is how many of them are in one request.
const meanWidth = 32

// mean asks for derivatives of op at meanArguments moderate arguments.
func (m *maker) mean(op string) *sequence {
	if op == "softmaxce" {
		return m.meanOfLabels()
	}
	if !m.has("bias", "scale", "linear", op) {
		return nil
	}
	width, far := meanWidth, 2
	if op == "logistic" {
		width = 1
	}
	q := &sequence{}
	add := func(count int, draw func() float64) {
		for range count / width {
			x := make([]float64, width)
			for k := range x {
				x[k] = m.ar.stored.round(m.ar.computed.round(draw()))
			}
			if j := m.shown(op, x, ones(width)); j != nil {
				q.questions = append(q.questions, question{job: j})
			}
		}
	}
	least := max(-16, float64(m.ar.minExp+m.ar.digits)*math.Ln2)
	if op == "tanh" {
		add(meanArguments, func() float64 { return math.Atanh(0.5) * (float64(2*m.rng.Float64()) - 1) })
		add(far*meanWidth, func() float64 { return 2.5 + float64(1.5*m.rng.Float64()) })
	} else {
		add(meanArguments, func() float64 { return least + float64((1-least)*m.rng.Float64()) })
		if op == "sigmoid" {
			add(far*meanWidth, func() float64 { return 4 + float64(3*m.rng.Float64()) })
		}
	}
	q.judge = func(s *session, answers []*answer) *fault { return judgeMeans(s.ar, op, q.questions, answers) }
	return q
}

// estimate is one derivative of an engine beside what a formula makes of it.
type estimate struct {
	got, want float64
	bound     float64 // of the error
	bias      float64 // how much functions may be off relative to want, always in one direction
	counts    bool    // in the mean; others are held against their bound alone
}

// formula is a way to compute a derivative: from the argument x, or from the value y
// that the engine found. It gives the derivative, what rounding and functions may add to
// it, and what functions alone may, relative to it.
type formula func(ar *arithmetic, x, y float64) (want, bound, bias float64)

// formulas lists for each function what is honest.
var formulas = map[string][]formula{
	"tanh": {
		func(ar *arithmetic, x, y float64) (want, bound, bias float64) { // 1/cosh^2
			d := tanhSlope(x)
			return d, d * (2*functionUnits + 2) * ar.c, 2 * functionUnits * ar.c
		},
		func(ar *arithmetic, x, y float64) (want, bound, bias float64) { // 1-y^2
			d := (1 - y) * (1 + y)
			return d, y*y*(ar.c+2*ar.s) + 3*ar.c*d, 0
		},
	},
	"sigmoid": {
		func(ar *arithmetic, x, y float64) (want, bound, bias float64) { // 1/(4 cosh(x/2)^2)
			d := sigmoidSlope(x)
			return d, d * (2*functionUnits + 2) * ar.c, 2 * functionUnits * ar.c
		},
		func(ar *arithmetic, x, y float64) (want, bound, bias float64) { // y(1-y)
			return y * (1 - y), y * (3*(1-y)*ar.c + math.Abs(1-2*y)*ar.s), 0
		},
		func(ar *arithmetic, x, y float64) (want, bound, bias float64) { // y-y^2
			d := y * (1 - y)
			return d, 3*d*ar.c + y*(y*ar.c+math.Abs(1-2*y)*ar.s), 0
		},
	},
	"softplus": {
		func(ar *arithmetic, x, y float64) (want, bound, bias float64) { // 1/(1+e^-x)
			d := sigmoid(x)
			return d, d * (2*functionUnits + 2) * ar.c, functionUnits * (1 - d) * ar.c
		},
		func(ar *arithmetic, x, y float64) (want, bound, bias float64) { // (1+tanh(x/2))/2
			d := sigmoid(x)
			if x < hyperbolic {
				return d, d * (2*functionUnits + 2) * ar.c, functionUnits * ar.c
			}
			bias = functionUnits / 2 * math.Abs(1-2*d) / d * ar.c
			return d, d * (bias + 2*ar.c), bias
		},
		func(ar *arithmetic, x, y float64) (want, bound, bias float64) { // 1-e^-y
			if x < hyperbolic {
				d := sigmoid(x)
				return d, d * (2*functionUnits + 2) * ar.c, functionUnits * ar.c
			}
			d, q := -math.Expm1(-y), math.Exp(-y)
			bias = functionUnits * q / d * ar.c
			return d, d*(bias+2*ar.c) + y*q*ar.s, bias
		},
	},
}

// meanRounding is what rounding to nearest may add to a mean, in unit roundoffs, and
// meanDeviations how many standard deviations of the mean chance may.
const (
	meanRounding   = 0.25
	meanDeviations = 5
)

// judgeMeans wants one formula that explains all derivatives.
func judgeMeans(ar *arithmetic, op string, questions []question, answers []*answer) *fault {
	list := formulas[op]
	if op == "logistic" {
		list = formulas["softplus"]
	}
	nearest := ""
	for _, f := range list {
		var all []estimate
		for k, a := range answers {
			for i, x := range questions[k].first().X {
				y, d := a.u[2][i], a.u[0][i]
				want, bound, bias := f(ar, x, y)
				moderate := op == "tanh" && math.Abs(x) < 1 || op != "tanh" && x <= 1
				all = append(all, estimate{d, want, bound, bias, moderate})
			}
		}
		why := explained(ar, all)
		if why == "" {
			return nil
		}
		nearest = why
	}
	j := questions[len(questions)-1].job
	return &fault{
		kind: Wrong, equation: "(5b)", quantity: "mean of J1 of " + op, operator: 2, index: -1,
		detail: fmt.Sprintf("derivatives of %s at %d moderate arguments: no formula explains them; "+
			"for the last tried, %s (operator 2 of %d)", op, meanArguments, nearest, len(j.chain)),
	}
}

// explained is "" when a formula explains all estimates, and else says why not.
func explained(ar *arithmetic, all []estimate) string {
	var sum, squares, bias, n float64
	for _, e := range all {
		allowed := e.bound + ar.s*math.Abs(e.want) + (functionUnits+2)*ar.tiny
		if off := e.got - e.want; !(math.Abs(off) <= allowed) {
			return fmt.Sprintf("one is off by %.3g, rounding allows %.3g", off, allowed)
		}
		if e.counts && e.want != 0 {
			n++
			off := (e.got - e.want) / e.want
			sum += off
			squares += float64(off * off)
			bias += e.bias
		}
	}
	mean := sum / n
	deviation := math.Sqrt(max(0, squares/n-mean*mean))
	allowed := bias/n + meanRounding*(ar.c+ar.s) + meanDeviations*deviation/math.Sqrt(n)
	if !(math.Abs(mean) <= allowed) {
		return fmt.Sprintf("they are off by %.3g in the mean, functions and chance allow %.3g", mean, allowed)
	}
	return ""
}

// meanOfLabels asks for the entry p - 1 of the label of softmaxce: what p is off by hardly
// shows in it.
func (m *maker) meanOfLabels() *sequence {
	const n = 16
	if !m.has("bias", "softmaxce") {
		return nil
	}
	q := &sequence{}
	for range meanArguments {
		x := make([]float64, n)
		for k := range x {
			x[k] = m.ar.stored.round(m.ar.computed.round(float64(2*m.rng.Float64()) - 1))
		}
		if j := m.shown("softmaxce", x, nil); j != nil {
			q.questions = append(q.questions, question{job: j})
		}
	}
	q.judge = func(s *session, answers []*answer) *fault {
		var all []estimate
		for k, a := range answers {
			j := q.questions[k].job
			label := j.chain[1].Label
			e := j.want.first[0]
			o := operation{s.ar, j.chain[1], e.Y[1], e.TolY[1], nil}
			sm := o.softmax()
			want, radius := sm.jacobian(label)
			p := sm.e[label] / sm.sum
			off := p / (1 - p) * functionUnits * (1 + math.Log(sm.sum)) * s.ar.c
			all = append(all, estimate{a.u[0][label], want, radius, off, true})
		}
		why := explained(s.ar, all)
		if why == "" {
			return nil
		}
		return &fault{
			kind: Wrong, equation: "(5b)", quantity: "mean of J1 of softmaxce", operator: 2, index: -1,
			detail: fmt.Sprintf("entries of the label of softmaxce in %d requests: %s", meanArguments, why),
		}
	}
	return q
}

var unbiasedRule = &rule{
	name:        "unbiased",
	explanation: "an engine that rounds at random does so without a bias: its mean is (5)",
	always: fmt.Sprintf("four linear chains, up to %d times each: their means are those of exact arithmetic as long "+
		"as each rounding has the mean 0; it is bet that they are not, until an unbiased engine would have lost "+
		"as much with a probability below %v in all", unbiasedTimes, anytime.SuiteAlpha),
	skip: func(s *session) string {
		if !s.info.Stochastic {
			return "the engine is deterministic"
		}
		return ""
	},
	fixed: cases(func(a *always) {
		for k, ops := range unbiasedChains {
			a.add(fmt.Sprintf("chain %d", k+1), func(m *maker, scale float64) *sequence {
				return m.unbiased(ops, both().times(scale))
			})
		}
	}),
}

var unbiasedChains = [][]string{
	{"scale", "linear"}, {"affine", "scale", "linear"}, {"bias", "linear"}, {"fixed", "scale", "affine"},
}

// unbiasedTimes is how often a request is repeated to see a mean.
const unbiasedTimes = 2048

// unbiased repeats a step of a linear chain of widths 2. Roundings of different
// operators and of the two passes are independent, and each number of the answer is
// linear in those of either pass: with unbiased roundings its mean is that of exact
// arithmetic.
func (m *maker) unbiased(ops []string, f filling) *sequence {
	f.reg = "none"
	if !m.has(ops...) {
		return nil
	}
	var chain []core.Spec
	for k, op := range ops {
		out := 2
		if k == len(ops)-1 {
			out = 1
		}
		chain = append(chain, m.spec(op, 2, out, f))
	}
	j := m.job(chainOf(chain), f)
	if j == nil {
		return nil
	}
	q := &sequence{}
	for range unbiasedTimes {
		c := *j
		m.draw(&c)
		q.questions = append(q.questions, question{job: &c})
	}
	var all []*bet
	q.each = func(k int, a *answer) *fault {
		if k == 0 {
			all = j.bets()
		}
		for _, b := range all {
			if f := b.observe(j, k+1, a, 2*len(all)*len(unbiasedChains)); f != nil {
				return f
			}
		}
		return nil
	}
	return q
}

// bet is a bet that a number of an answer is too large in the mean, and one that it is too
// small.
type bet struct {
	equation, quantity string
	i, k               int
	of                 func(a *answer) float64
	want, bound        float64
	sum                float64
	over, under        anytime.Test
}

// bets are those on all numbers of the answers to j that are not exact.
func (j *job) bets() []*bet {
	e, n := j.want.first[0], len(j.chain)
	var all []*bet
	add := func(b *bet, want, tol float64) {
		if tol > 0 {
			b.want, b.bound = want, tol+b.reference(want)
			all = append(all, b)
		}
	}
	add(&bet{equation: "(5a)", quantity: "loss", of: func(a *answer) float64 {
		return a.loss
	}}, e.Y[n][0], e.TolY[n][0])
	for i := n; i >= 1; i-- {
		for k, u := range e.U[i] {
			of := func(a *answer) float64 { return a.u[i-1][k] }
			add(&bet{equation: "(5b), (5c)", quantity: "U", i: i, k: k, of: of}, u, e.TolU[i][k])
		}
	}
	return all
}

// reference is how far the reference may be from exact arithmetic.
func (b *bet) reference(want float64) float64 { return 8 * unit64 * math.Abs(want) }

// observe takes the number from the n-th answer, which is within its tolerance. It is one
// of so many bets that all are lost together with the probability SuiteAlpha.
func (b *bet) observe(j *job, n int, a *answer, of int) *fault {
	x := b.of(a)
	b.sum += x
	off, slack := x-b.want, b.reference(b.want)
	err := errors.Join(b.over.Observe(off-slack, b.bound), b.under.Observe(-off-slack, b.bound))
	if alpha := anytime.Share(0, of); err == nil && !b.over.Rejected(alpha) && !b.under.Rejected(alpha) {
		return nil
	}
	f := j.wrong(b.equation, "mean of "+b.quantity, b.i, b.k, b.sum/float64(n), b.want, 0)
	place, _, _ := strings.Cut(f.detail, ": got ")
	f.detail = fmt.Sprintf("%s: got %v in %d answers, want %v; of an unbiased engine the probability is below %v",
		place, f.got, n, f.want, anytime.SuiteAlpha)
	if err != nil {
		f.detail += fmt.Sprintf(" (%v)", err)
	}
	return f
}

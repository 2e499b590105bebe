package conform

import (
	"fmt"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

var operatorsRule = &rule{
	name:        "operators",
	explanation: "every operator is right in every position, after and before every other",
	always: "each operator first, inner and last, at widths 1 to 4; each ordered pair of operators; " +
		"all of it with perturbations and a regularizer",
	drawn: "chains of 2 to 8 operators at widths up to 5, losses inside them too",
	fixed: cases(func(a *always) {
		for _, op := range core.OpNames() {
			for _, place := range places {
				for n := 1; n <= 4; n++ {
					a.step(fmt.Sprintf("%s %s, width %d", op, place, n), both(),
						func(m *maker, f filling) []core.Spec {
							return m.placed(op, place, n, 1+n%3, n, f)
						})
				}
			}
		}
		for _, first := range core.OpNames() {
			for _, second := range core.OpNames() {
				a.step(first+" before "+second, both(), func(m *maker, f filling) []core.Spec {
					return m.pair(first, second, f)
				})
			}
		}
	}),
	draw: func(m *maker, index int) *sequence {
		return asking("drawn", m.job(m.anyChain(2+index%7, 5, both()), both()))
	},
}

// The positions of an operator in a chain.
const (
	first = "first"
	inner = "inner"
	last  = "last"
)

var places = []string{first, inner, last}

// placed puts an operator of a width in a position, with operators around it whose
// gradients show what it gives and sends back; nil when there is no such chain. The
// width of logistic is 1.
func (m *maker) placed(op, place string, n, out, turn int, f filling) []core.Spec {
	if !m.has(op) || op == "logistic" && n > 1 {
		return nil
	}
	if place == last {
		if out = 1; slices.Contains(keepingOps, op) && n > 1 {
			return nil
		}
	}
	s := m.spec(op, n, out, f)
	_, d := widths(s)
	switch place {
	case first:
		return chainOf([]core.Spec{s}, m.see(d), m.tail(d, turn, f))
	case last:
		return chainOf(m.front(n, turn), []core.Spec{s})
	}
	return chainOf(m.front(n, turn), []core.Spec{s}, m.see(d), m.tail(d, turn, f))
}

// pair puts one operator behind another.
func (m *maker) pair(one, two string, f filling) []core.Spec {
	if !m.has(one, two) {
		return nil
	}
	n := 3
	if one == "logistic" || two == "logistic" && slices.Contains(keepingOps, one) {
		n = 1
	}
	out := 2
	if two == "logistic" {
		out = 1
	}
	a := m.spec(one, n, out, f)
	_, d := widths(a)
	b := m.spec(two, d, 2, f)
	_, d = widths(b)
	return chainOf(m.front(n, 1), []core.Spec{a, b}, m.see(d), m.tail(d, 0, f))
}

var widthsRule = &rule{
	name: "widths",
	explanation: "every operator is right at every width: tails of vectors, blocks of 16, matrices " +
		"of more than 1024 entries",
	always: fmt.Sprintf("each operator at the widths %v, with full digits and with small integers whose sums are "+
		"exact; dense operators at these widths in and out, and at %v", edgeWidths, largeSizes),
	drawn: "chains of 3 and 4 operators at widths up to 70",
	fixed: cases(func(a *always) {
		for _, op := range core.OpNames() {
			for k, n := range edgeWidths {
				if slices.Contains(denseOps, op) {
					for _, out := range []int{3, edgeWidths[len(edgeWidths)-1-k]} {
						a.wide(op, n, out)
						a.wide(op, out, n)
					}
				} else if n > 1 || op == "logistic" {
					a.wide(op, n, 1)
				}
			}
			if slices.Contains(denseOps, op) {
				for _, size := range largeSizes {
					a.wide(op, size[0], size[1])
				}
			}
		}
	}),
	draw: func(m *maker, index int) *sequence {
		return asking("drawn", m.job(m.plainChain(3+index%2, 70, both()), both()))
	},
}

// edgeWidths are where vector units and blocks begin and end.
var edgeWidths = []int{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65}

// largeSizes are widths in and out of more than 1024 entries.
var largeSizes = [][2]int{{33, 32}, {65, 33}, {31, 64}}

// wide adds an operator at a width with full digits, and with integers where it has
// exact sums. In a narrow format few entries of a row of integers are not 0, and the
// band of those is moved until it has met every column.
func (a *always) wide(op string, n, out int) {
	name := fmt.Sprintf("%s %d to %d", op, n, out)
	build := func(m *maker, f filling) []core.Spec {
		if op == "softmaxce" || op == "halfsq" || op == "bilinear" {
			return chainOf(m.front(n, 1), []core.Spec{m.spec(op, n, 1, f)}, m.tail(1, 0, f))
		}
		return m.placed(op, inner, n, out, 0, f)
	}
	a.step(name, both(), build)
	if !slices.Contains(exactOps, op) {
		return
	}
	shifts := 1
	if band := a.m.band(); slices.Contains(denseOps, op) && band < max(n, out) {
		shifts = (max(n, out) + band - 1) / band
	}
	for k := range shifts {
		f := both()
		f.whole, f.shift = true, k*a.m.band()
		a.step(name+", integers", f, build)
	}
}

var longRule = &rule{
	name:        "long-chain",
	explanation: "chains of more than eight operators are right",
	always: fmt.Sprintf("chains of %v operators: with full digits, with small integers whose sums are exact, "+
		"and of one operator again and again", longLengths),
	drawn: "chains of 9 to 24 operators at widths up to 3",
	fixed: cases(func(a *always) {
		for _, n := range longLengths {
			for _, whole := range []bool{false, true} {
				f := both()
				f.whole = whole
				name := fmt.Sprintf("%d operators", n)
				if whole {
					name += ", integers"
				}
				a.step(name, f, func(m *maker, f filling) []core.Spec { return m.longChain(n, f) })
			}
			for _, op := range []string{"bias", "scale", "tanh", "sigmoid", "softplus", "linear", "affine"} {
				a.step(fmt.Sprintf("%d times %s", n, op), both(), func(m *maker, f filling) []core.Spec {
					return m.repeated(n, op, f)
				})
			}
		}
	}),
	draw: func(m *maker, index int) *sequence {
		return asking("drawn", m.job(m.plainChain(9+index%16, 3, both()), both()))
	},
}

var longLengths = []int{9, 10, 12, 16, 17, 24, 33}

// longChain alternates operators, at width 2.
func (m *maker) longChain(n int, f filling) []core.Spec {
	ops := m.among("scale", "bias", "linear", "tanh", "affine", "softplus", "fixed", "sigmoid")
	if f.whole {
		ops = m.among("scale", "bias", "fixed", "bias", "linear")
	}
	if len(ops) == 0 {
		return nil
	}
	var chain []core.Spec
	for i := range n - 1 {
		chain = append(chain, m.spec(ops[i%len(ops)], 2, 2, f))
	}
	return chainOf(chain, m.tail(2, 0, f))
}

func (m *maker) repeated(n int, op string, f filling) []core.Spec {
	if !m.has(op) {
		return nil
	}
	chain := m.front(2, 1)
	for len(chain) < n-1 {
		chain = append(chain, m.spec(op, 2, 2, f))
	}
	return chainOf(chain, m.tail(2, 0, f))
}

var traceRule = &rule{
	name: "trace",
	explanation: "the states that an engine shows are those of (5), each from the one before, and " +
		"the last is its loss",
	always: "each operator first, inner and last, at widths 3 and 17; chains of 9 and 33 operators; unperturbed " +
		"ones; each chain twice, with other numbers",
	drawn: "chains of 2 to 8 operators at widths up to 5",
	skip: func(s *session) string {
		if !abilities(s.engine)[trace] {
			return "the engine has no Trace"
		}
		return ""
	},
	fixed: cases(func(a *always) {
		for _, op := range core.OpNames() {
			for _, place := range places {
				for _, n := range []int{1, 3, 17} {
					a.traced(fmt.Sprintf("%s %s, width %d", op, place, n), both(),
						func(m *maker, f filling) []core.Spec {
							return m.placed(op, place, n, 2, 0, f)
						})
				}
			}
			a.traced(op+", unperturbed", filling{}, func(m *maker, f filling) []core.Spec {
				return m.placed(op, inner, 3, 2, 0, f)
			})
		}
		for _, n := range []int{9, 33} {
			a.traced(fmt.Sprintf("%d operators", n), both(), func(m *maker, f filling) []core.Spec {
				return m.longChain(n, f)
			})
		}
	}),
	draw: func(m *maker, index int) *sequence {
		j := m.job(m.plainChain(2+index%7, 5, both()), both())
		if j == nil {
			return nil
		}
		return asking("drawn", j.as(trace))
	},
}

func (a *always) traced(name string, f filling, build func(m *maker, f filling) []core.Spec) {
	a.add(name, func(m *maker, scale float64) *sequence {
		chain := build(m, f.times(scale))
		var jobs []*job
		for range 2 { // the same chain, other numbers
			j := m.job(chain, f.times(scale))
			if j == nil {
				return nil
			}
			jobs = append(jobs, j.as(trace))
		}
		return asking(name, jobs...)
	})
}

package search

import (
	"errors"
	"math"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
)

// Simplify makes a case that violates the claim as small as it can while it
// still does, in math/big at the end: fewer perturbed sites, deterministic laws,
// operators left out, numbers 0, 1, -1 or integers. A case that does not violate
// the claim is returned as it is.
func Simplify(cl *claim.Claim, c *gen.Case) *gen.Case { return SimplifyWithin(cl, c, math.Inf(1)) }

// SimplifyWithin is Simplify that stops where the cases it has tried cost that much work, by
// the estimate of gen.Cost, and has the smallest one so far: a run is measured for each
// change.
func SimplifyWithin(cl *claim.Claim, c *gen.Case, work float64) *gen.Case {
	violates := func(c *gen.Case) bool {
		work -= c.Cost(cl.Kind).Float
		if _, err := c.Build(); err != nil {
			return false
		}
		lo, hi, why := measure.Case(cl.Kind, c)
		if why != claim.Valid {
			return false
		}
		r := cl.Check(lo, hi)
		return r.Reason == claim.Valid && witnesses(&r)
	}
	if !violates(c) {
		return c
	}
	best := c.Clone()
	for changed := true; changed; {
		changed = false
		for _, move := range moves(best) {
			next := best.Clone()
			move(next)
			if work < 0 {
				break
			}
			if size(next) < size(best) && violates(next) {
				best, changed = next, true
				break
			}
		}
	}
	if cl.Kind == claim.Training {
		return best // a certificate is its second opinion
	}
	if r := CheckInBig(cl, best); r.Answer != claim.No {
		return c
	}
	return best
}

// size orders cases: operators, widths, outcomes, then how plain numbers are.
func size(c *gen.Case) float64 {
	s := 1000 * float64(len(c.Chain))
	number := func(v []float64) {
		for _, x := range v {
			s += 10 + plainness(x)
		}
	}
	number(c.X)
	for _, w := range c.W {
		number(w)
	}
	for _, o := range c.Chain {
		for _, row := range o.A {
			number(row)
		}
		s += o.Fancy()
	}
	if r := c.Run; r != nil {
		s += 10*math.Log2(float64(r.Steps)) + 50*float64(len(r.More))
		if f, _ := math.Frexp(r.Gamma); f != 0.5 {
			s += 10
		}
		if !r.All {
			s += 5
		}
		if r.Reg.Kind != "" {
			s += 20
		}
		for _, x := range r.More {
			number(x)
		}
	}
	for _, laws := range [][]perturb.Spec{c.Delta, c.Eps} {
		for _, l := range laws {
			switch l.Law {
			case "zero":
			case "constant":
				s += 50
			case "twopoint", "table":
				s += 100
			default: // it looks at the state, so there may be no certificate: more than any length
				s += 1000 * (gen.MaxN + 1)
			}
			number(l.D)
			number(l.A)
			number(l.B)
			for _, o := range l.Outcomes {
				number(o.D)
			}
		}
	}
	return s
}

// plainness is 0 for 0, small for small integers.
func plainness(x float64) float64 {
	switch {
	case x == 0:
		return 0
	case x == 1:
		return 1
	case x == -1:
		return 1.5
	case x == math.Trunc(x) && math.Abs(x) < 10:
		return 2 + math.Abs(x)/10
	case 4*x == math.Trunc(4*x) && math.Abs(x) < 10:
		return 4
	case math.Abs(x) == powerOfTwo(x):
		return 5
	}
	return 6
}

// powerOfTwo is the largest power of two up to |x|, x != 0.
func powerOfTwo(x float64) float64 {
	_, e := math.Frexp(x)
	return math.Ldexp(0.5, e)
}

// moves lists the changes to try, the largest first.
func moves(c *gen.Case) []func(*gen.Case) {
	var m []func(*gen.Case)
	for i := range c.Chain {
		m = append(m, func(c *gen.Case) { leaveOut(c, i) })
	}
	for i, o := range c.Chain {
		switch o.Op {
		case "affine":
			m = append(m, func(c *gen.Case) {
				c.Chain[i].Op = "linear"
				c.W[i] = c.W[i][:o.In*o.Out]
			})
		case "bilinear", "softmaxce", "logistic":
			m = append(m, func(c *gen.Case) {
				c.Chain[i] = core.Spec{Op: "halfsq", N: max(o.N, 1)}
				c.W[i] = []float64{}
			})
		case "tanh", "sigmoid", "softplus":
			m = append(m, func(c *gen.Case) { c.Chain[i].Op = "square" })
		}
	}
	m = append(m, realize, tabulate)
	m = append(m, runMoves(c)...)
	zero := perturb.Spec{Law: "zero"}
	for i := range c.Delta {
		for _, at := range []func(c *gen.Case) *perturb.Spec{
			func(c *gen.Case) *perturb.Spec { return &c.Delta[i] },
			func(c *gen.Case) *perturb.Spec { return &c.Eps[i] },
		} {
			m = append(m, func(c *gen.Case) { *at(c) = zero })
			m = append(m, func(c *gen.Case) { *at(c) = certain(*at(c), 0) })
			m = append(m, func(c *gen.Case) { *at(c) = certain(*at(c), 1) })
			m = append(m, func(c *gen.Case) { *at(c) = coin(*at(c)) })
		}
	}
	n := 0
	numbers(c, func(*float64) { n++ })
	for k := range n {
		for _, f := range []func(x float64) float64{
			func(float64) float64 { return 0 }, func(float64) float64 { return 1 }, func(float64) float64 { return -1 },
			math.Round, func(x float64) float64 { return math.Round(4*x) / 4 },
			func(x float64) float64 { return math.Trunc(2*x) / 2 },
			func(x float64) float64 { return math.Trunc(4*x) / 4 },
			func(x float64) float64 { return math.Copysign(powerOfTwo(x), x) },
		} {
			m = append(m, func(c *gen.Case) {
				j := 0
				numbers(c, func(x *float64) {
					if j == k {
						*x = f(*x)
					}
					j++
				})
				mirror(c)
			})
		}
	}
	return m
}

// numbers visits every free number of the case; b of a zero-mean law follows a.
func numbers(c *gen.Case, f func(*float64)) {
	list := func(v []float64) {
		for k := range v {
			f(&v[k])
		}
	}
	list(c.X)
	if c.Run != nil {
		for _, x := range c.Run.More {
			list(x)
		}
	}
	for _, w := range c.W {
		list(w)
	}
	for _, o := range c.Chain {
		for _, row := range o.A {
			list(row)
		}
	}
	for i := range c.Delta {
		for _, l := range []*perturb.Spec{&c.Delta[i], &c.Eps[i]} {
			list(l.D)
			list(l.A)
			if l.P != 0.5 {
				list(l.B)
			}
			if l.Law == "switch" {
				f(&l.At)
			}
			for _, o := range l.Outcomes {
				list(o.D)
			}
		}
	}
}

// mirror keeps two-point laws of probability 1/2 at +-a.
func mirror(c *gen.Case) {
	for i := range c.Delta {
		for _, l := range []*perturb.Spec{&c.Delta[i], &c.Eps[i]} {
			if l.Law == "twopoint" && l.P == 0.5 {
				for k := range l.B {
					l.B[k] = -l.A[k]
				}
			}
		}
	}
}

// certain is a law with the one outcome k of s, where s lists it.
func certain(s perturb.Spec, k int) perturb.Spec {
	switch {
	case s.Law == "twopoint" || s.Law == "switch":
		return perturb.Spec{Law: "constant", D: [][]float64{s.A, s.B}[k]}
	case s.Law == "table" && k < len(s.Outcomes):
		return perturb.Spec{Law: "constant", D: s.Outcomes[k].D}
	}
	return s
}

// coin is a law with more outcomes cut down to its first two, equally likely.
func coin(s perturb.Spec) perturb.Spec {
	if s.Law != "table" || len(s.Outcomes) < 2 {
		return s
	}
	return perturb.Spec{Law: "twopoint", A: s.Outcomes[0].D, B: s.Outcomes[1].D, P: 0.5}
}

// realize replaces every law that looks at the state by the constant that it is
// on the first path of outcomes, tabulate by the table of its outcomes there.
func realize(c *gen.Case)  { freeze(c, 1) }
func tabulate(c *gen.Case) { freeze(c, maxTable) }

// maxTable is the largest law that tabulate writes down.
const maxTable = 64

func freeze(c *gen.Case, outcomes int) {
	p, err := c.Build()
	if err != nil {
		return
	}
	stop := errors.New("one leaf")
	_ = expect.Enumerate(p.Chain, p.X, p.W, &p.Plan, 0, func(l *expect.Leaf, s *core.State) error {
		for i := range c.Delta {
			base := append([]float64(nil), s.Y[i]...) // V_i - eps_{i+1}, when i > 0
			if i > 0 {
				for k, v := range s.V[i] {
					base[k] = v - l.Eps[i+1][k]
				}
			}
			c.Delta[i] = frozen(c.Delta[i], p.Plan.Delta[i+1], s.F[i+1], l.Delta[i+1], outcomes)
			c.Eps[i] = frozen(c.Eps[i], p.Plan.Eps[i+1], base, l.Eps[i+1], outcomes)
		}
		return stop
	})
}

func frozen(s perturb.Spec, law perturb.Finite, base, value []float64, outcomes int) perturb.Spec {
	if !s.SeesState() {
		return s
	}
	n := law.Support(base, 0)
	if n == 1 || outcomes == 1 {
		return perturb.Spec{Law: "constant", D: append([]float64(nil), value...)}
	}
	if n > outcomes {
		return s
	}
	t := perturb.Spec{Law: "table"}
	for k := range n {
		d := make([]float64, len(base))
		t.Outcomes = append(t.Outcomes, perturb.Outcome{P: law.Outcome(d, base, 0, k), D: d})
	}
	return t
}

// runMoves are those of a training run: fewer steps, fewer inputs, a start where
// the run ends, a plain step size.
func runMoves(c *gen.Case) []func(*gen.Case) {
	if c.Run == nil {
		return nil
	}
	m := []func(*gen.Case){
		func(c *gen.Case) { c.Run.More = nil },
		func(c *gen.Case) { c.Run.Reg = core.Regularizer{} },
		func(c *gen.Case) { c.Run.Steps = max(1, c.Run.Steps/2) },
		func(c *gen.Case) { c.Run.Gamma = math.Exp2(math.Floor(math.Log2(c.Run.Gamma))) },
		startAtEnd,
	}
	return append(m, func(c *gen.Case) { c.Run.All = true; startAtEnd(c); roundWeights(c) })
}

// startAtEnd sets the weights to those that the run ends with, taking the first
// outcome of every law.
func startAtEnd(c *gen.Case) {
	run, err := c.BuildRun()
	if err != nil {
		return
	}
	last, ok := measure.LastWeights(run)
	if !ok {
		return
	}
	for i := range c.W {
		copy(c.W[i], run.Chain.W(i+1, last))
	}
}

// roundWeights rounds them to multiples of 1/64.
func roundWeights(c *gen.Case) {
	for _, w := range c.W {
		for k, x := range w {
			w[k] = math.Round(64*x) / 64
		}
	}
}

// leaveOut removes operator i+1 (Build refuses what then does not fit).
func leaveOut(c *gen.Case, i int) {
	c.Chain = append(c.Chain[:i:i], c.Chain[i+1:]...)
	c.W = append(c.W[:i:i], c.W[i+1:]...)
	c.Delta = append(c.Delta[:i:i], c.Delta[i+1:]...)
	c.Eps = append(c.Eps[:i:i], c.Eps[i+1:]...)
	if len(c.Eps) > 0 {
		c.Eps[0] = perturb.Spec{Law: "zero"}
	}
}

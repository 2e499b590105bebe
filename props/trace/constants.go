package trace

import (
	"fmt"
	"math"

	"github.com/cascade-sgd/cascade/core"
)

// curve estimates L and mu along the run, at the samples of the steps that it sees: L as the largest
// |u(w+)+r(w+) - u(w)-r(w)|/|w+-w| of a step, which is at most L, and mu as the least |u+r|^2/(2 (loss - l*)), which
// is at least mu. It also bounds L from above: on the box of the weights of those steps, for the samples of the last.
type curve struct {
	l, mu   float64
	steps   int
	moved   *exactPass // after a step
	weights core.Box
	inputs  [][]float64
	labels  []int
}

// maxSmooth is how many weights a chain may have whose L is bounded, which takes norms of its matrices.
const maxSmooth = 1 << 17

func (c *curve) add(j *stepJudge, st *Step, m measured) {
	reg := j.shape.run.Reg
	c.steps++
	grad, moved := make([]float64, len(st.W)), make([]float64, len(st.W))
	for k, w := range st.W {
		r := reg.Grad(w)
		grad[k] = j.ex.u[k] + r
		moved[k] = w - st.Gamma*(j.uc[k]+r)
	}
	if lstar, ok := j.lstar(); ok {
		if gap, grad2 := m.loss+reg.Value(st.W)-lstar, square(grad); gap > 0 && grad2 > 0 {
			if mu := grad2 / (2 * gap); c.mu == 0 || mu < c.mu {
				c.mu = mu
			}
		}
	}
	if j.shape.run.Known != nil && j.shape.run.Known.L > 0 {
		return
	}
	if len(st.W) <= maxSmooth {
		c.see(j, st)
	}
	far := math.Sqrt(difference2(moved, st.W))
	if !(far > 0) || notFinite(moved) >= 0 {
		return
	}
	c.moved = j.exacts.take(c.moved, st, moved)
	for k, w := range moved {
		grad[k] -= c.moved.u[k] + reg.Grad(w)
	}
	if l := norm(grad) / far; l > c.l {
		c.l = l
	}
}

// see keeps what the bound of L needs of a step.
func (c *curve) see(j *stepJudge, st *Step) {
	if c.weights.Lo == nil {
		c.weights = core.NewBox(len(st.W))
	}
	c.weights.Add(st.W)
	d := j.chain.D(0)
	c.inputs, c.labels = c.inputs[:0], append(c.labels[:0], distinct(st.Labels)...)
	for b := range st.B {
		if b == len(c.inputs) {
			c.inputs = append(c.inputs, nil)
		}
		c.inputs[b] = append(c.inputs[b][:0], st.X[b*d:(b+1)*d]...)
	}
}

// atMost is an upper bound of L, NaN where there is none.
func (c *curve) atMost(s *shape) float64 {
	if c.weights.Lo == nil {
		return math.NaN()
	}
	labels, worst := c.labels, 0.0
	if s.labelled == nil {
		labels = []int{0}
	}
	for _, label := range labels {
		r := core.NewRegion(s.withLabel(label))
		r.VisitWeights(c.weights.Lo)
		r.VisitWeights(c.weights.Hi)
		l := r.Smoothness(c.inputs)
		if !(l <= worst) { // NaN and infinity stay
			worst = l
		}
	}
	return worst + 2*s.run.Reg.Rho // |r'| is at most that
}

// lstar is a lower bound of the loss, if there is one.
func (s *shape) lstar() (float64, bool) {
	if k := s.run.Known; k != nil && k.LStar != nil {
		return *k.LStar, true
	}
	return 0, s.run.Chain[s.chain.N()-1].NonNegative()
}

// smooth are the constants: known, or else estimated.
func (r *runJudge) smooth() smooth {
	c := smooth{l: r.curve.l, mu: r.curve.mu}
	c.lstar, _ = r.lstar()
	k := r.shape.run.Known
	c.estimated = k == nil || k.L == 0 || k.Mu == 0
	if k != nil {
		if k.L > 0 {
			c.l = k.L
		}
		if k.Mu > 0 {
			c.mu = k.Mu
		}
	}
	return c
}

// sayConstants says where L, mu and l* are from.
func (r *runJudge) sayConstants() []Sentence {
	k := r.shape.run.Known
	if k == nil {
		k = &Known{}
	}
	say := func(name, format string, args ...any) Sentence {
		return Sentence{Name: name, Says: fmt.Sprintf(format, args...)}
	}
	var list []Sentence
	switch l := r.curve.l; {
	case k.L > 0:
		list = append(list, say("L", "%.4g, as the record says", k.L))
	case l > 0:
		says := fmt.Sprintf("at least %.4g, the largest |grad(w+) - grad(w)|/|w+ - w| of %s at their own samples, which "+
			"(41) is evaluated with", l, steps(r.curve.steps))
		if most := r.curve.atMost(r.shape); most <= math.MaxFloat64 {
			says += fmt.Sprintf("; at most %.4g, on the box of their weights", most)
		} else {
			says += "; no upper bound is known"
		}
		list = append(list, say("L", "%s", says))
	default:
		list = append(list, say("L", "unknown: no step moves the weights, or states are sampled"))
	}
	lstar, bounded := r.lstar()
	last := r.out.Operators[len(r.out.Operators)-1]
	switch mu := r.curve.mu; {
	case k.Mu > 0:
		list = append(list, say("mu", "%.4g, as the record says", k.Mu))
	case !bounded:
		list = append(list, say("mu", "unknown: it needs l*, and %s may be below 0; the record may say known.lstar", last))
	case mu > 0:
		list = append(list, say("mu", "at most %.4g, the least |grad|^2/(2 (loss - l*)) of %s at their own samples, which "+
			"(41) is evaluated with", mu, steps(r.curve.steps)))
	default:
		list = append(list, say("mu", "unknown: there is no gradient above 0, or states are sampled"))
	}
	switch {
	case k.LStar != nil:
		list = append(list, say("l*", "%.4g, as the record says", *k.LStar))
	case bounded:
		list = append(list, say("l*", "at least %v, which %s is not below", lstar, last))
	default:
		list = append(list, say("l*", "unknown"))
	}
	return list
}

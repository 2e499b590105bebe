package conform

import (
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// blame names the equation and the part that is wrong in the smallest case, and the
// operator that it belongs to. A perturbation is left in the smallest case only where
// nothing shows without it.
func (p *prober) blame(jobs []*job, f *fault) (equation, part string, ops []string) {
	j := jobs[len(jobs)-1]
	of := func(head string, i int) []string {
		part = head + " of " + j.chain[i-1].Op
		return []string{j.chain[i-1].Op}
	}
	switch {
	case f.kind == Shape && f.quantity != "":
		return "", "the length of " + f.quantity, nil
	case f.kind != Wrong:
		return "", "", nil
	case len(jobs) > 1:
		return "(5)", "what is kept of earlier requests", nil
	case f.quantity == "W" && len(j.steps) == 1:
		return "(5d)", stepPart(j), nil
	case j.kind == batch && len(j.steps[0].Samples) > 1:
		return "(5), means over samples", "the mean over samples", nil
	case j.kind == run && len(j.steps) > 1:
		return "(5), step after step", "what a run carries", nil
	case j.kind == run || j.kind == batch:
		return f.equation, "the " + j.kind, nil
	case j.want.wild:
		return "(5)", "what is not finite", nil
	case f.quantity == "Y" && f.operator > 0 && j.kind == trace:
		return "(5a)", part, of("f"+inTrace, f.operator)
	case f.quantity == "V" && j.kind == trace && f.operator < len(j.chain):
		return "(5b)", part, of("J1"+inTrace, f.operator+1)
	case f.quantity != "U" && f.quantity != "loss":
		return f.equation, f.quantity, nil
	}
	equation, head, i := p.locate(j, f)
	if i == 0 {
		return equation, head, nil
	}
	ops = of(head, i)
	return equation, part, ops
}

func stepPart(j *job) string {
	if j.reg.Kind == "none" {
		return "the step"
	}
	return "the step with its regularizer"
}

// locate finds the operator i whose part is wrong, by asking for the states as well; i
// is 0 for a part that is of no operator.
func (p *prober) locate(j *job, f *fault) (equation, head string, i int) {
	for _, op := range probes {
		if i = 1 + slices.IndexFunc(j.chain, func(s core.Spec) bool { return s.Op == op }); i == 0 {
			continue
		}
		if equation, head = p.alone(op, j); equation != "" {
			return equation, head, i
		}
	}
	if shown := p.probe(j); shown != nil {
		if equation, head, i = shown.read(f); head == "J2" && !shown.allShows(i-1) {
			equation, head, i = p.before(j, i, equation, head)
		}
		if equation != "" {
			return equation, head, i
		}
	}
	s, n := j.first(), len(j.chain)
	switch {
	case f.quantity == "loss" && someNotZero(s.Delta...):
		return "(5a)", "delta", 0
	case f.quantity == "loss":
		return "(5a)", "a function", 0
	case f.operator == n:
		return "(5c)", "J2", n
	case someNotZero(s.Eps...):
		return "(5b)", "eps", 0
	}
	return "(5b), (5c)", fmt.Sprintf("J1 of %s, or J2 of %s", j.chain[f.operator].Op, j.chain[f.operator-1].Op), 0
}

func someNotZero(rows ...[]float64) bool {
	return slices.ContainsFunc(rows, func(v []float64) bool {
		return slices.ContainsFunc(v, func(x float64) bool { return x != 0 })
	})
}

// probes are the operators whose gradients show states and gradients of others.
var probes = []string{"scale", "bias"}

// alone judges a probe in a chain of nothing else, in the precision of j.
func (p *prober) alone(op string, j *job) (equation, head string) {
	q := p.s.maker.fit(&job{
		kind: step, reg: j.reg, bits: j.bits,
		chain: []core.Spec{{Op: op, N: 1}, {Op: op, N: 1}},
		w:     [][]float64{{3}, {5}},
		steps: []RunStep{{[]Sample{{X: []float64{2}, Delta: [][]float64{{0}, {0}}, Eps: [][]float64{{}, {0}}}}, 1, 1}},
	})
	if q == nil {
		return "", ""
	}
	a, x := p.s.call(q)
	if a == nil || x != nil {
		return "", ""
	}
	shown := &probe{q, q, a, q.want.first[0]}
	switch {
	case !shown.lossRight():
		return "(5a)", "f"
	case !shown.right(2):
		return "(5c)", "J2"
	case !shown.right(1):
		return "(5b)", "J1"
	}
	return "", ""
}

// probe asks j with probes between its operators; nil where that cannot be asked.
func (p *prober) probe(j *job) *probe {
	q := p.s.maker.probed(j)
	if q == nil {
		return nil
	}
	a, x := p.s.call(q)
	if a == nil || x != nil {
		return nil
	}
	return &probe{j, q, a, q.want.first[0]}
}

// before asks for the state in front of operator i, which did not show as V was 0: with the
// sum of its entries as the loss. Where it is right the part that was found stands.
func (p *prober) before(j *job, i int, equation, head string) (string, string, int) {
	c := j.clone()
	d, s := c.width(i-1), c.first()
	c.chain = append(c.chain[:i-1:i-1], core.Spec{Op: "linear", In: d, Out: 1})
	c.w = append(c.w[:i-1:i-1], ones(d))
	s.Delta = append(s.Delta[:i-1:i-1], []float64{0})
	s.Eps = append(s.Eps[:i-1:i-1], make([]float64, d))
	if i > 1 && p.s.maker.has("linear") && p.s.maker.fit(c) != nil {
		if shown := p.probe(c); shown != nil && !shown.lossRight() {
			if e, h, k := shown.read(&fault{quantity: "loss"}); e != "" && k < i {
				return e, h, k
			}
		}
	}
	return equation, head, i
}

// probed puts scale with weights 1 and bias with weights 0 before each operator and at the
// end: the gradient of bias i shows V_i, that of scale i shows Y_i o V_i, i = 0..N.
func (m *maker) probed(j *job) *job {
	if j.kind != step || !m.has("scale", "bias") {
		return nil
	}
	c := &job{kind: step, reg: j.reg, bits: j.bits}
	s := Sample{X: j.first().X, Label: j.first().Label}
	for i := range len(j.chain) + 1 {
		d := j.width(i)
		c.chain = append(c.chain, core.Spec{Op: "scale", N: d}, core.Spec{Op: "bias", N: d})
		c.w = append(c.w, ones(d), make([]float64, d))
		s.Delta = append(s.Delta, make([]float64, d), make([]float64, d))
		eps := make([]float64, d)
		if i == 0 {
			eps = []float64{}
		}
		s.Eps = append(s.Eps, eps, make([]float64, d))
		if i == len(j.chain) {
			break
		}
		if eps = j.first().Eps[i]; i == 0 {
			eps = make([]float64, d)
		}
		c.chain, c.w = append(c.chain, j.chain[i]), append(c.w, j.w[i])
		s.Delta, s.Eps = append(s.Delta, j.first().Delta[i]), append(s.Eps, eps)
	}
	c.steps = []RunStep{{[]Sample{s}, 1, j.steps[0].Gamma}}
	return m.fit(c)
}

// A probe is the answer to a probed job. Operator i of the job is operator 3i of the
// probed one; scale and bias i are 3i+1 and 3i+2.
type probe struct {
	j, q *job
	a    *answer
	e    *Enclosed
}

// right reports whether the gradient of operator i of the probed job is right.
func (p *probe) right(i int) bool {
	return p.q.compare("", "U", i, p.a.u[i-1], p.e.U[i], p.e.TolU[i]) == nil
}

func (p *probe) lossRight() bool {
	n := len(p.q.chain)
	return p.q.compare("", "loss", 0, []float64{p.a.loss}, p.e.Y[n], p.e.TolY[n]) == nil
}

// state is Y_i as far as it shows, where it does not the reference's, and whether that
// is right.
func (p *probe) state(i int) (y []float64, right bool) {
	y, right = slices.Clone(p.e.Y[3*i]), true
	times, alone := p.a.u[3*i], p.a.u[3*i+1] // Y_i o V_i and V_i
	for k, want := range y {
		shown := times[k] / alone[k]
		if alone[k] == 0 || math.IsNaN(alone[k]) || math.IsInf(alone[k], 0) {
			continue
		}
		tol := p.e.TolY[3*i][k]
		if !powerOfTwo(math.Abs(alone[k])) {
			tol += 8 * p.q.want.ar.c * math.Abs(want)
		}
		if !(math.Abs(shown-want) <= tol) {
			y[k], right = shown, false
		}
	}
	return y, right
}

// allShows reports whether all of Y_i shows: it does not where V_i is 0.
func (p *probe) allShows(i int) bool { return !slices.Contains(p.a.u[3*i+1], 0) }

// wouldShow reports whether the loss would tell that Y_i is y.
func (p *probe) wouldShow(i int, y []float64) bool {
	c := p.q.clone()
	for k, x := range y {
		c.first().Delta[3*i-1][k] += x - p.e.Y[3*i][k]
	}
	if c.prepare(p.q.want.ar) != nil {
		return false
	}
	n, e := len(c.chain), c.want.first[0]
	return math.Abs(e.Y[n][0]-p.e.Y[n][0]) > e.TolY[n][0]+p.e.TolY[n][0]
}

// read finds the part that is wrong; f is the fault of the job as it is.
func (p *probe) read(f *fault) (equation, head string, i int) {
	j, n := p.j, len(p.j.chain)
	s, lossRight := j.first(), p.lossRight()
	with := func(head string) string {
		if someNotZero(s.Delta...) {
			return head + " with delta"
		}
		return head
	}
	if f.quantity == "U" && !p.right(3*n+2) {
		return "(5c)", "J2", f.operator // even behind the loss, where V is 1
	}
	if _, right := p.state(0); !right {
		if lossRight {
			return "(5c)", "J2 of scale", 0
		}
		return "(5a)", "the input x", 0
	}
	for i := 1; i <= n; i++ {
		y, right := p.state(i)
		switch {
		case right:
		case lossRight && p.wouldShow(i, y):
			return "(5b), (5c)", "the states on the way back", 0
		case someNotZero(s.Delta[i-1]):
			return "(5a)", "delta", 0
		default:
			return "(5a)", "f", i
		}
	}
	if !lossRight && someNotZero(s.Delta[n-1]) {
		return "(5a)", "delta", 0
	}
	if !lossRight {
		return "(5a)", "f", n
	}
	for i := n - 1; i >= 0; i-- {
		switch {
		case !p.right(3 * (i + 1)):
			return "(5c)", with("J2"), i + 1
		case !p.right(3*i+2) && someNotZero(s.Eps[i]):
			return "(5b)", "eps", 0
		case !p.right(3*i + 2):
			return "(5b)", with("J1"), i + 1
		}
	}
	return "", "", 0
}

package conform

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
)

// engine is a pass written out again over the operators of core, with a place
// for a fault, which is its description in the table below.
type engine struct {
	fault string
	info  Info
	round func(float64) float64 // applied to every vector it computes

	lastV map[int][]float64
	lastY map[int][]float64
	calls int
	reply Reply // kept by the fault that reuses it
}

func (e *engine) Describe() Info { return e.info }

func (e *engine) is(fault string) bool { return e.fault == fault }

func (e *engine) r(v []float64) []float64 {
	if e.round != nil {
		for k := range v {
			v[k] = e.round(v[k])
		}
	}
	return v
}

func (e *engine) states(req *Request) (c *core.Chain, y, f, v, u [][]float64, loss float64, err error) {
	c, err = core.FromSpecs(e.chain(req))
	if err != nil {
		return
	}
	n := c.N()
	y, f = make([][]float64, n+1), make([][]float64, n+1)
	v, u = make([][]float64, n+1), make([][]float64, n+1)
	clean := make([][]float64, n+1)
	y[0], clean[0] = slices.Clone(req.X), req.X
	for i := 1; i <= n; i++ {
		op := c.Op(i)
		f[i], clean[i] = make([]float64, c.D(i)), make([]float64, c.D(i))
		op.Forward(f[i], y[i-1], req.W[i-1])
		if e.is("softplus overflows") && req.Chain[i-1].Op == "softplus" {
			for k, x := range y[i-1] {
				f[i][k] = math.Log(1 + math.Exp(x))
			}
		}
		op.Forward(clean[i], clean[i-1], req.W[i-1])
		e.r(f[i])
		y[i] = slices.Clone(f[i])
		for k, d := range req.Delta[i-1] {
			switch {
			case e.is("no delta at operator 3") && i == 3, e.is("no delta at all"):
			case e.is("delta twice"):
				y[i][k] += 2 * d
			case e.is("delta of the neighbour") && i < n:
				if k < len(req.Delta[i]) {
					y[i][k] += req.Delta[i][k]
				}
			case e.is("loss without delta_N") && i == n:
			case e.is("NaN in delta ignored") && math.IsNaN(d):
			default:
				y[i][k] += d
			}
		}
		e.r(y[i])
	}
	loss = y[n][0]
	at := func(i int) []float64 { // the state the backward pass of operator i+1 uses
		switch {
		case e.is("exact states in the backward pass"):
			return clean[i]
		case e.is("states before delta") && i > 0:
			return f[i]
		case e.is("stale states") && e.lastY[i] != nil && len(e.lastY[i]) == len(y[i]):
			return e.lastY[i]
		}
		return y[i]
	}
	v[n] = []float64{1}
	if e.is("delta_N leaks into V_N") {
		v[n][0] += req.Delta[n-1][0]
	}
	for i := n; i >= 1; i-- {
		op := c.Op(i)
		out := make([]float64, c.D(i)) // f_i at the state used
		op.Forward(out, at(i-1), req.W[i-1])
		e.r(out)
		if e.is("derivative from the perturbed output") {
			copy(out, y[i])
		}
		u[i] = make([]float64, op.NW())
		vi := v[i]
		if e.is("stale v") && len(e.lastV[i]) == len(vi) {
			vi = e.lastV[i]
		}
		if e.is("eps after the gradient") && i < n {
			vi = slices.Clone(vi)
			for k, x := range req.Eps[i] {
				vi[k] -= x
			}
		}
		op.VJP2(u[i], at(i-1), req.W[i-1], out, vi)
		e.gradientFault(op, i, u[i])
		e.r(u[i])
		if i == 1 {
			break
		}
		v[i-1] = make([]float64, c.D(i-1))
		e.vjp1(op, v[i-1], at(i-1), req.W[i-1], out, v[i])
		e.addEps(req, i, v[i-1])
		e.r(v[i-1])
	}
	e.lastV, e.lastY = map[int][]float64{}, map[int][]float64{}
	for i := range v {
		e.lastV[i], e.lastY[i] = v[i], y[i]
	}
	return c, y, f, v, u, loss, nil
}

// chain is the request's, or a wrong one.
func (e *engine) chain(req *Request) []core.Spec {
	specs := slices.Clone(req.Chain)
	for k := range specs {
		s := &specs[k]
		switch {
		case e.is("softmax label off by one") && s.Op == "softmaxce" && s.N > 1:
			s.Label = (s.Label + 1) % s.N
		case e.is("sigmoid for tanh") && s.Op == "tanh":
			s.Op = "sigmoid"
		}
	}
	return specs
}

func (e *engine) vjp1(op core.Op, dst, x, w, y, v []float64) {
	s := op.Spec()
	switch {
	case e.is("transposed Jacobian") && (s.Op == "affine" || s.Op == "linear") && s.In == s.Out:
		for i := range dst {
			dst[i] = 0
			for j := range v {
				dst[i] += w[i*s.In+j] * v[j]
			}
		}
	case e.is("tanh derivative at the input") && s.Op == "tanh":
		for k := range dst {
			dst[k] = (1 - x[k]*x[k]) * v[k]
		}
	case e.is("square derivative without 2") && s.Op == "square":
		for k := range dst {
			dst[k] = x[k] * v[k]
		}
	default:
		op.VJP1(dst, x, w, y, v)
	}
}

func (e *engine) gradientFault(op core.Op, i int, u []float64) {
	s := op.Spec()
	switch {
	case e.is("no bias gradient") && s.Op == "affine":
		clear(u[s.In*s.Out:])
	case e.is("last weight forgotten") && len(u) > 1:
		u[len(u)-1] = 0
	case e.is("sign wrong in operator 3 only") && i == 3:
		for k := range u {
			u[k] = -u[k]
		}
	case e.is("3 % too much"):
		for k := range u {
			u[k] *= 1.03
		}
	case e.is("gradient clipped"):
		for k := range u {
			u[k] = max(-0.5, min(0.5, u[k]))
		}
	case e.is("NaN becomes 0"):
		for k := range u {
			if math.IsNaN(u[k]) {
				u[k] = 0
			}
		}
	case e.is("small gradients flushed to 0"):
		for k := range u {
			if math.Abs(u[k]) < 1e-4 {
				u[k] = 0
			}
		}
	case e.is("noise"), e.is("noise in a reply that is reused"):
		for k := range u {
			u[k] += 1e-3 * rand.NormFloat64()
		}
	}
}

func (e *engine) addEps(req *Request, i int, v []float64) {
	at := req.Eps[i-1]
	switch {
	case e.is("no eps"):
		return
	case e.is("eps at i+1") && i < len(req.Eps):
		at = req.Eps[i]
	case e.is("eps at i-1") && i > 2:
		at = req.Eps[i-2]
	}
	factor := 1.0
	switch {
	case e.is("eps subtracted"):
		factor = -1
	case e.is("eps a thousandfold"):
		factor = 1000
	}
	for k := range v {
		if k < len(at) {
			v[k] += factor * at[k]
			if e.is("eps squared") {
				v[k] += at[k] * at[k]
			}
		}
	}
}

func (e *engine) Step(req *Request) (*Reply, error) {
	e.calls++
	switch {
	case e.is("panics") && e.calls > 2:
		panic("out of luck")
	case e.is("panics at once"):
		panic("at once")
	case e.is("leaves its goroutine"):
		runtime.Goexit()
	case e.is("hangs"):
		select {}
	case e.is("refuses long chains") && len(req.Chain) > 6:
		return nil, errors.New("too long")
	case e.is("no reply"):
		return nil, nil
	case e.is("wants eps_1") && len(req.Eps[0]) != len(req.X):
		return nil, errors.New("eps_1 has the wrong length")
	}
	c, _, _, _, u, loss, err := e.states(req)
	if err != nil {
		return nil, err
	}
	reg, g := req.Reg, req.Gamma
	switch {
	case e.is("regularizer dropped"):
		reg = core.Regularizer{}
	case e.is("half the regularizer"):
		reg.Rho /= 2
	case e.is("gamma squared"):
		g *= g
	case e.is("weight decay of its own"):
		if reg.Kind == "none" {
			reg = core.Regularizer{Kind: "l2", Rho: 0.01}
		}
	}
	if e.is("NaN becomes 0") && math.IsNaN(loss) {
		loss = 0
	}
	reply := &Reply{Loss: loss}
	for i := 1; i <= c.N(); i++ {
		w := slices.Clone(req.W[i-1])
		if e.is("regularizer at the new weights") {
			core.Step(w, u[i], g, core.Regularizer{})
			for k := range w {
				w[k] -= g * reg.Grad(w[k])
			}
		} else {
			core.Step(w, u[i], g, reg)
		}
		if e.is("gamma at least 1/1000") && g == 0 {
			core.Step(w, u[i], 1e-3, core.Regularizer{})
		}
		reply.U, reply.W = append(reply.U, u[i]), append(reply.W, e.r(w))
	}
	return e.answer(req, reply), nil
}

func (e *engine) answer(req *Request, reply *Reply) *Reply {
	switch {
	case e.is("changes its arguments"):
		req.X[0] = 0.123
	case e.is("turns an argument into NaN"):
		req.W[len(req.W)-1] = []float64{math.NaN()}
	case e.is("loss is NaN"):
		reply.Loss = math.NaN()
	case e.is("gradient is NaN"):
		poison(reply.U)
	case e.is("weights become NaN"):
		poison(reply.W)
	case e.is("weights lose nine digits"):
		for _, w := range reply.W {
			for k := range w {
				w[k] = float64(float32(w[k]))
			}
		}
	case e.is("weights become NaN at rest") && req.Gamma == 0:
		poison(reply.W)
	case e.is("wrong shapes"):
		reply.U[0] = append(reply.U[0], 0)
	case e.is("no part for operators without weights"):
		empty := func(v []float64) bool { return len(v) == 0 }
		reply.U, reply.W = slices.DeleteFunc(reply.U, empty), slices.DeleteFunc(reply.W, empty)
	case e.is("noise in a reply that is reused"), e.is("reuses its reply"):
		if len(e.reply.U) != len(reply.U) {
			e.reply = *reply
		}
		e.reply.Loss = reply.Loss
		for i := range reply.U {
			e.reply.U[i] = append(e.reply.U[i][:0], reply.U[i]...)
			e.reply.W[i] = append(e.reply.W[i][:0], reply.W[i]...)
		}
		return &e.reply
	}
	return reply
}

func poison(rows [][]float64) {
	for _, row := range rows {
		for k := range row {
			row[k] = math.NaN()
		}
	}
}

// tracer is an engine that shows its states.
type tracer struct{ engine }

func (e *tracer) Trace(req *Request) (y, v [][]float64, err error) {
	switch e.fault {
	case "trace panics":
		panic("no trace")
	case "trace hangs":
		select {}
	case "trace of N states":
		_, y, _, v, _, _, err = e.states(req)
		return y[1:], v[1:], err
	case "trace without delta":
		_, _, y, v, _, _, err = e.states(req)
		y[0] = req.X
		return y, v, err
	}
	_, y, _, v, _, _, err = e.states(req)
	if e.is("trace a little off the loss") {
		y[len(req.Chain)][0] = math.Nextafter(y[len(req.Chain)][0], math.Inf(1))
	}
	return y, v, err
}

// broken engines and a rule that must find each, among others that may.
var broken = []struct{ fault, rule string }{
	{"panics", "replies"},
	{"hangs", "replies"},
	{"leaves its goroutine", "replies"},
	{"no reply", "replies"},
	{"wrong shapes", "replies"},
	{"no part for operators without weights", "replies"},
	{"wants eps_1", "replies"},
	{"changes its arguments", "arguments"},
	{"turns an argument into NaN", "arguments"},
	{"loss without delta_N", "loss"},
	{"loss is NaN", "loss"},
	{"gradient is NaN", "unperturbed"},
	{"weights become NaN", "step"},
	{"weights become NaN at rest", "gamma-zero"},
	{"no bias gradient", "unperturbed"},
	{"last weight forgotten", "unperturbed"},
	{"sign wrong in operator 3 only", "unperturbed"},
	{"3 % too much", "unperturbed"},
	{"sigmoid for tanh", "unperturbed"},
	{"float32 called float64", "unperturbed"},
	{"no delta at all", "delta-one"},
	{"no delta at operator 3", "delta-one"},
	{"delta twice", "delta-one"},
	{"derivative from the perturbed output", "delta-one"},
	{"delta_N leaks into V_N", "delta-last"},
	{"exact states in the backward pass", "perturbed-states"},
	{"states before delta", "perturbed-states"},
	{"no eps", "eps-one"},
	{"eps at i+1", "eps-one"},
	{"eps at i-1", "eps-one"},
	{"eps subtracted", "eps-one"},
	{"eps after the gradient", "eps-one"},
	{"eps squared", "eps-affine"},
	{"delta of the neighbour", "together"},
	{"transposed Jacobian", "each-operator"},
	{"tanh derivative at the input", "each-operator"},
	{"square derivative without 2", "each-operator"},
	{"softmax label off by one", "each-operator"},
	{"refuses long chains", "long-chain"},
	{"gradient clipped", "scales"},
	{"softplus overflows", "scales"},
	{"small gradients flushed to 0", "scales"},
	{"regularizer dropped", "step"},
	{"half the regularizer", "step"},
	{"regularizer at the new weights", "step"},
	{"weight decay of its own", "step"},
	{"gamma squared", "step"},
	{"weights lose nine digits", "step"},
	{"gamma at least 1/1000", "gamma-zero"},
	{"noise", "deterministic"},
	{"noise in a reply that is reused", "deterministic"},
	{"stale states", "no-memory"},
	{"stale v", "no-memory"},
	{"NaN becomes 0", "nan"},
	{"NaN in delta ignored", "nan"},
	{"eps a thousandfold", "theorem-1"},
	{"trace without delta", "trace"},
	{"trace a little off the loss", "trace"},
	{"trace of N states", "trace"},
	{"trace panics", "trace"},
	{"trace hangs", "trace"},
}

func brokenFactory(fault string) Factory {
	return func() (Engine, error) {
		switch {
		case fault == "float32 called float64":
			return &engine{round: float32Of}, nil
		case strings.HasPrefix(fault, "trace"):
			return &tracer{engine{fault: fault}}, nil
		}
		return &engine{fault: fault}, nil
	}
}

// hangTimeout is long for an answer of microseconds and short for a test: only
// engines that hang are given it.
const hangTimeout = 50 * time.Millisecond

// fired lists the rules that an engine breaks.
func fired(t *testing.T, fault string) []string {
	opt := &Options{}
	if strings.Contains(fault, "hangs") {
		opt.Timeout = hangTimeout
	}
	var names []string
	for _, v := range violations(t, Check(brokenFactory(fault), opt)) {
		names = append(names, v.Rule)
	}
	return names
}

// violations takes apart what Check returns.
func violations(t *testing.T, err error) []*Violation {
	if err == nil {
		return nil
	}
	var list []*Violation
	for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
		var v *Violation
		if !errors.As(e, &v) {
			t.Fatalf("an error that is no violation: %v", e)
		}
		list = append(list, v)
	}
	return list
}

func TestBrokenEngines(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range broken {
		if seen[b.fault] {
			t.Errorf("%s: listed twice", b.fault)
		}
		seen[b.fault] = true
		if names := fired(t, b.fault); !slices.Contains(names, b.rule) {
			t.Errorf("%s: rule %s did not fire; these did: %v", b.fault, b.rule, names)
		}
	}
}

// TestEveryRuleIsTripped: with TestBrokenEngines, every rule can fail.
func TestEveryRuleIsTripped(t *testing.T) {
	for _, r := range rules {
		if !slices.ContainsFunc(broken, func(b struct{ fault, rule string }) bool { return b.rule == r.name }) {
			t.Errorf("rule %s: no broken engine is listed for it", r.name)
		}
		if r.explanation == "" {
			t.Errorf("rule %s: no explanation", r.name)
		}
	}
}

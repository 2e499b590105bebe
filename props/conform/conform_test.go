package conform

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

func TestReference(t *testing.T) {
	Test(t, func() (Engine, error) { return Reference{}, nil })
}

// engine is a pass written out again over the operators of core, with a place
// for a fault: break is asked for nothing but its name.
type engine struct {
	fault string
	info  Info
	round func(float64) float64 // applied to every vector it computes

	lastV map[int][]float64
	lastY map[int][]float64
	calls int
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
		u[i] = make([]float64, op.NW())
		vi := v[i]
		if e.is("stale v") && len(e.lastV[i]) == len(vi) {
			vi = e.lastV[i]
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
	case e.is("noise"):
		for k := range u {
			u[k] += 1e-3 * rand.NormFloat64()
		}
	case e.is("NaN becomes 0"):
		for k := range u {
			if math.IsNaN(u[k]) {
				u[k] = 0
			}
		}
	case e.is("gradient far too large"):
		for k := range u {
			u[k] *= 1e12
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
	sign := 1.0
	if e.is("eps subtracted") {
		sign = -1
	}
	for k := range v {
		if k < len(at) {
			v[k] += sign * at[k]
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
	case e.is("hangs"):
		select {}
	case e.is("refuses long chains") && len(req.Chain) > 6:
		return nil, errors.New("too long")
	case e.is("no reply"):
		return nil, nil
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
	if e.is("changes its arguments") {
		req.X[0] = 0.123
	}
	if e.is("wrong shapes") {
		reply.U[0] = append(reply.U[0], 0)
	}
	return reply, nil
}

// tracer is an engine that shows its states.
type tracer struct{ engine }

func (e *tracer) Trace(req *Request) (y, v [][]float64, err error) {
	_, y, _, v, _, _, err = e.states(req)
	if e.is("trace without delta") {
		_, _, y, v, _, _, err = e.states(req)
		y[0] = req.X
	}
	return y, v, err
}

func float32Of(v float64) float64 { return float64(float32(v)) }

// sound engines must pass, whatever their precision and order of summation.
func TestNoFalseAlarm(t *testing.T) {
	for name, f := range map[string]Factory{
		"written out":  func() (Engine, error) { return &engine{}, nil },
		"with a trace": func() (Engine, error) { return &tracer{}, nil },
		"float32":      func() (Engine, error) { return &engine{info: Info{Precision: "float32"}, round: float32Of}, nil },
		"float16": func() (Engine, error) {
			return &engine{info: Info{Precision: "float16"}, round: perturb.FP16.Nearest}, nil
		},
		"bfloat16": func() (Engine, error) {
			return &engine{info: Info{Precision: "bfloat16"}, round: perturb.BF16.Nearest}, nil
		},
		"reversed sum": func() (Engine, error) { return reversed{}, nil },
		"few operators": func() (Engine, error) {
			return &engine{info: Info{Ops: []string{"affine", "linear", "tanh", "halfsq", "scale"}}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(5) {
				if _, err := Check(f, &Options{Seed: seed + 1, Cases: 150}); err != nil {
					t.Fatalf("seed %d: %v", seed+1, err)
				}
			}
		})
	}
}

// reversed computes (5) with every vector of a linear operator summed from the
// other end: it reverses the columns of the weights, the input and the deltas.
type reversed struct{}

func (reversed) Step(req *Request) (*Reply, error) {
	if s := req.Chain[0]; s.Op != "linear" || s.Out != 1 || s.In < 2 {
		return Reference{}.Step(req)
	}
	flip := req.clone()
	slices.Reverse(flip.X)
	slices.Reverse(flip.W[0])
	r, err := Reference{}.Step(flip)
	if err == nil {
		slices.Reverse(r.U[0])
		slices.Reverse(r.W[0])
	}
	return r, err
}

// broken engines and a rule that must find each.
var broken = []struct{ fault, rule string }{
	{"exact states in the backward pass", "delta-one"},
	{"states before delta", "delta-one"},
	{"no delta at all", "delta-one"},
	{"no delta at operator 3", "delta-one"},
	{"delta twice", "delta-one"},
	{"delta of the neighbour", "together"},
	{"loss without delta_N", "delta-last"},
	{"delta_N leaks into V_N", "delta-last"},
	{"stale states", "no-memory"},
	{"stale v", "no-memory"},
	{"no eps", "eps-one"},
	{"eps at i+1", "eps-one"},
	{"eps at i-1", "eps-one"},
	{"eps subtracted", "eps-one"},
	{"eps squared", "eps-affine"},
	{"transposed Jacobian", "each-operator"},
	{"tanh derivative at the input", "each-operator"},
	{"square derivative without 2", "each-operator"},
	{"softmax label off by one", "each-operator"},
	{"sigmoid for tanh", "unperturbed"},
	{"no bias gradient", "unperturbed"},
	{"last weight forgotten", "unperturbed"},
	{"sign wrong in operator 3 only", "unperturbed"},
	{"3 % too much", "unperturbed"},
	{"gradient clipped", "scales"},
	{"gradient far too large", "theorem-1"},
	{"noise", "deterministic"},
	{"NaN becomes 0", "nan"},
	{"regularizer dropped", "step"},
	{"half the regularizer", "step"},
	{"regularizer at the new weights", "step"},
	{"weight decay of its own", "step"},
	{"gamma squared", "step"},
	{"gamma at least 1/1000", "gamma-zero"},
	{"changes its arguments", "together"},
	{"wrong shapes", "together"},
	{"panics", "together"},
	{"refuses long chains", "long-chain"},
	{"no reply", "together"},
	{"hangs", "together"},
	{"float32 called float64", "unperturbed"},
	{"trace without delta", "trace"},
}

func brokenFactory(fault string) Factory {
	return func() (Engine, error) {
		switch fault {
		case "float32 called float64":
			return &engine{round: float32Of}, nil
		case "trace without delta":
			return &tracer{engine{fault: fault}}, nil
		}
		return &engine{fault: fault}, nil
	}
}

// fired lists the rules that an engine breaks.
func fired(t *testing.T, f Factory) []string {
	_, err := Check(f, &Options{Timeout: 50 * time.Millisecond})
	var names []string
	for _, e := range unjoin(err) {
		var v *Violation
		if !errors.As(e, &v) {
			t.Fatalf("an error that is no violation: %v", e)
		}
		names = append(names, v.Rule)
	}
	return names
}

func unjoin(err error) []error {
	if err == nil {
		return nil
	}
	return err.(interface{ Unwrap() []error }).Unwrap()
}

func TestBrokenEngines(t *testing.T) {
	tripped := map[string]string{}
	for _, b := range broken {
		names := fired(t, brokenFactory(b.fault))
		if !slices.Contains(names, b.rule) {
			t.Errorf("%s: rule %s did not fire; these did: %v", b.fault, b.rule, names)
		}
		tripped[b.rule] = b.fault
	}
	for _, r := range rules {
		if tripped[r.name] == "" {
			t.Errorf("rule %s: no broken engine is listed for it", r.name)
		}
	}
}

func TestViolationSaysWhere(t *testing.T) {
	_, err := Check(brokenFactory("sign wrong in operator 3 only"), nil)
	for _, want := range []string{"unperturbed", "operator 3", `"chain":[`, "rounding allows"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the report lacks %q:\n%v", want, err)
		}
	}
}

func TestFactoryErrors(t *testing.T) {
	for name, f := range map[string]Factory{
		"error":             func() (Engine, error) { return nil, errors.New("no device") },
		"nil":               func() (Engine, error) { return nil, nil },
		"unknown precision": func() (Engine, error) { return &engine{info: Info{Precision: "float8"}}, nil },
	} {
		if _, err := Check(f, nil); len(unjoin(err)) != len(rules) {
			t.Errorf("%s: %d violations, want one a rule (%d)", name, len(unjoin(err)), len(rules))
		}
	}
}

func TestSkipsAreCounted(t *testing.T) {
	skipped, err := Check(func() (Engine, error) { return &engine{info: Info{Ops: []string{"affine"}}}, nil }, nil)
	if err != nil || !slices.Contains(skipped, "trace") {
		t.Errorf("skipped %v, error %v; want trace among the skipped and no error", skipped, err)
	}
	none, err := Check(func() (Engine, error) { return &engine{info: Info{Ops: []string{}}}, nil }, nil)
	if err != nil || len(none) != len(rules) {
		t.Errorf("an engine without operators: %d rules skipped, want all %d; error %v", len(none), len(rules), err)
	}
}

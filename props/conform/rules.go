package conform

import (
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// rules is the suite. Every row has an engine in broken_test.go that trips it.
var rules = []*rule{
	{"replies", "every request is answered, and an operator without weights has an empty part in u and w", func(s *session) {
		s.each(whole, func(req *Request, _ *Enclosed) *Violation { _, v := s.call(req); return v })
	}},
	{"arguments", "the request is left as it was", func(s *session) { s.each(whole, s.leavesAlone) }},
	{"loss", "the loss is Y_N (5a)", func(s *session) { s.each(whole, s.matchesLoss) }},
	{"unperturbed", "without perturbations the gradient is that of (4)", func(s *session) {
		s.each(func(int) drawing { return drawing{} }, s.matches)
	}},
	{"delta-one", "one delta_i moves the states from Y_i on, and the gradient is taken at the moved ones (5a)-(5c)", func(s *session) {
		s.each(func(k int) drawing { return drawing{n: 2 + k%5, delta: only(1 + k%(2+k%5))} }, s.matches)
	}},
	{"delta-last", "delta_N moves the loss and changes no gradient", func(s *session) {
		s.each(func(k int) drawing { return drawing{n: 2 + k%4, delta: only(2 + k%4)} }, s.deltaLast)
	}},
	{"perturbed-states", "the backward pass takes its Jacobians at the perturbed states, not at the exact ones (5b), (5c)", func(s *session) {
		s.each(func(int) drawing { return drawing{delta: every} }, s.perturbedStates)
	}},
	{"eps-one", "one eps_i is added to what operator i sends to operator i-1, and to nothing else (5b)", func(s *session) {
		s.each(func(k int) drawing { return drawing{n: 2 + k%5, eps: only(2 + k%(1+k%5))} }, s.matches)
	}},
	{"eps-affine", "for a fixed forward pass U is an affine function of the eps: U(eps) + U(0) = 2 U(eps/2)", func(s *session) {
		s.each(whole, s.affine)
	}},
	{"together", "all perturbations act together as in (5)", func(s *session) { s.each(whole, s.matches) }},
	{"each-operator", "every operator is right in a short chain", checkEachOperator},
	{"long-chain", "chains of eight operators are right", func(s *session) {
		s.each(func(int) drawing { return drawing{n: 8, delta: every, eps: every} }, s.matchesAll)
	}},
	{"scales", "large and small inputs, weights and perturbations are right", func(s *session) {
		s.each(func(k int) drawing { return drawing{delta: every, eps: every, scale: scales[k%len(scales)]} }, s.matchesAll)
	}},
	{"step", "the step is w - gamma (U + r) with the engine's own U and every regularizer at the old w (5d)", func(s *session) {
		s.each(func(k int) drawing { return drawing{delta: every, eps: every, reg: regularizers[k%3]} }, s.steps)
	}},
	{"gamma-zero", "a step of size 0 keeps the weights exactly", func(s *session) {
		s.each(func(k int) drawing { return drawing{still: true, delta: every, eps: every, reg: regularizers[k%3]} }, s.keeps)
	}},
	{"deterministic", "the same request twice gives the same bits", func(s *session) { s.each(whole, s.repeats) }},
	{"no-memory", "a reply does not depend on the requests before it", checkNoMemory},
	{"nan", "NaN in x, w, delta or eps gives NaN, Inf or an error wherever the number matters, never a finite number", checkNaN},
	{"theorem-1", "the engine's own U and u obey (13), its rounding being a perturbation of its own", func(s *session) {
		s.each(whole, s.theorem1)
	}},
	{"trace", "the states that an engine shows are those of (5), and the last is its loss", checkTrace},
}

var (
	scales       = []float64{8, 1.0 / 64, 3, 64, 1.0 / 1024}
	regularizers = []core.Regularizer{{Kind: "none"}, {Kind: "l2", Rho: 0.125}, {Kind: "nonconvex", Rho: 0.25}}
)

// whole perturbs everything.
func whole(int) drawing { return drawing{delta: every, eps: every} }

func (s *session) leavesAlone(req *Request, _ *Enclosed) *Violation {
	_, after, v := s.callAndSee(req)
	if v == nil && !same(after, req) {
		v = s.fail(req, Wrong, "the engine changed it to %+v", *after)
	}
	return v
}

// matchesLoss compares the loss with the reference.
func (s *session) matchesLoss(req *Request, e *Enclosed) *Violation {
	r, v := s.call(req)
	if v != nil {
		return v
	}
	return s.lossIs(req, e, r)
}

func (s *session) lossIs(req *Request, e *Enclosed, r *Reply) *Violation {
	return s.compare(req, "loss", 0, []float64{r.Loss}, []float64{e.Loss()}, e.TolY[len(req.Chain)])
}

// matches compares the gradient with the reference.
func (s *session) matches(req *Request, e *Enclosed) *Violation {
	r, v := s.call(req)
	if v != nil {
		return v
	}
	return s.gradientIs(req, e, r)
}

func (s *session) gradientIs(req *Request, e *Enclosed, r *Reply) *Violation {
	for i := len(req.Chain); i >= 1; i-- { // the backward pass meets its first fault first
		if v := s.compare(req, "U", i, r.U[i-1], e.U[i], e.TolU[i]); v != nil {
			return v
		}
	}
	return nil
}

func (s *session) matchesAll(req *Request, e *Enclosed) *Violation {
	r, v := s.call(req)
	if v == nil {
		v = s.lossIs(req, e, r)
	}
	if v == nil {
		v = s.gradientIs(req, e, r)
	}
	return v
}

// deltaLast needs no tolerance for U: the same arithmetic gives the same bits.
func (s *session) deltaLast(req *Request, e *Enclosed) *Violation {
	with, v := s.call(req)
	if v != nil {
		return v
	}
	n := len(req.Chain)
	clean := req.clone()
	clear(clean.Delta[n-1])
	without, v := s.call(clean)
	if v != nil {
		return v
	}
	for i := range with.U {
		if v := s.compare(req, "U", i+1, with.U[i], without.U[i], 0); v != nil {
			return v
		}
	}
	return s.lossIs(req, e, with)
}

// perturbedStates asks only where the answer shows which states were used.
func (s *session) perturbedStates(req *Request, e *Enclosed) *Violation {
	for i := 1; i <= len(req.Chain); i++ {
		// Without eps, the pass backward over exact states is the exact one.
		if distance(e.U[i], e.Exact.U[i]) <= 2*e.TolU[i] {
			continue
		}
		r, v := s.call(req)
		if v != nil {
			return v
		}
		if distance(r.U[i-1], e.Exact.U[i]) <= e.TolU[i] {
			v := s.compare(req, "U", i, r.U[i-1], e.U[i], e.TolU[i])
			v.Detail += "; got is the gradient at the exact states"
			return v
		}
		return s.gradientIs(req, e, r)
	}
	return nil
}

// affine needs the reference for its tolerance only.
func (s *session) affine(req *Request, _ *Enclosed) *Violation {
	var u [3][][]float64
	allowed := make([]float64, len(req.Chain)+1)
	for k, factor := range []float64{1, 0, 0.5} {
		r := req.clone()
		for _, eps := range r.Eps {
			for j := range eps {
				eps[j] *= factor
			}
		}
		e, err := s.precision.enclose(r)
		if err != nil {
			return nil // out of range with the smaller eps
		}
		reply, v := s.call(r)
		if v != nil {
			return v
		}
		u[k] = reply.U
		for i := range allowed {
			allowed[i] += (1 + float64(k/2)) * e.TolU[i]
		}
	}
	for i := range u[0] {
		sum, twice := make([]float64, len(u[0][i])), make([]float64, len(u[0][i]))
		for j := range sum {
			sum[j], twice[j] = u[0][i][j]+u[1][i][j], 2*u[2][i][j]
		}
		if v := s.compare(req, "U(eps)+U(0) for 2 U(eps/2)", i+1, sum, twice, allowed[i+1]*(1+sumRounding)); v != nil {
			return v
		}
	}
	return nil
}

// sumRounding pays for the sums that affine and theorem1 make of an engine's
// numbers: a few roundings of float64, against tolerances of many.
const sumRounding = 0.5

// checkEachOperator tries the operators one by one and reports all that fail.
func checkEachOperator(s *session) {
	for _, op := range core.OpNames() {
		if s.has(op) && s.hung == nil {
			s.operator(op)
		}
	}
}

func (s *session) operator(op string) {
	for _, chain := range shortChains(op) {
		for k := range s.opt.Cases/10 + 1 {
			req, e := s.draw(k, drawing{chain: chain, delta: every, eps: every})
			if req == nil || !slices.ContainsFunc(req.Chain, func(o core.Spec) bool { return o.Op == op }) {
				continue
			}
			if v := s.matchesAll(req, e); v != nil {
				s.report(v)
				return
			}
		}
	}
}

// shortChains puts an operator behind one with weights, which shows its J1, and
// before a loss whose gradient depends on its output.
func shortChains(op string) [][]core.Spec {
	front := core.Spec{Op: "scale", N: 3}
	switch op {
	case "affine", "linear":
		return [][]core.Spec{
			{front, {Op: op, In: 3, Out: 2}, {Op: "halfsq", N: 2}},
			{front, {Op: op, In: 3, Out: 3}, {Op: "halfsq", N: 3}},
		}
	case "fixed":
		return [][]core.Spec{{front, {Op: op, A: [][]float64{{1, -2, 0.5}, {0.25, 1, 2}}}, {Op: "halfsq", N: 2}}}
	case "halfsq", "bilinear":
		return [][]core.Spec{{front, {Op: op, N: 3}}}
	case "softmaxce":
		return [][]core.Spec{{front, {Op: op, N: 3, Label: 1}}, {{Op: "bias", N: 4}, {Op: op, N: 4, Label: 0}}}
	case "logistic":
		return [][]core.Spec{{{Op: "linear", In: 3, Out: 1}, {Op: op}}}
	}
	return [][]core.Spec{{front, {Op: op, N: 3}, {Op: "linear", In: 3, Out: 1}}}
}

// stepRoundings is the number of roundings of w - gamma (u + r): three and at
// most eight of r, and the one of gamma, doubled for their products.
const stepRoundings = 24

func (s *session) steps(req *Request, _ *Enclosed) *Violation {
	r, v := s.call(req)
	if v != nil {
		return v
	}
	g := req.Gamma
	for i, w := range req.W {
		for j, wj := range w {
			u, reg := r.U[i][j], req.Reg.Grad(wj)
			want := wj - float64(g*(u+reg))
			tol := stepRoundings * 0x1p-53 * s.precision.scale * (math.Abs(wj) + g*(math.Abs(u)+math.Abs(reg)))
			if got := r.W[i][j]; !(math.Abs(got-want) <= tol) {
				v := s.at(req, "W", i+1, j, got, want)
				v.Detail += fmt.Sprintf(" within %.3g", tol)
				return v
			}
		}
	}
	return nil
}

func (s *session) keeps(req *Request, _ *Enclosed) *Violation {
	r, v := s.call(req)
	for i := 0; v == nil && i < len(req.W); i++ {
		v = s.compare(req, "W", i+1, r.W[i], req.W[i], 0)
	}
	return v
}

func (s *session) repeats(req *Request, _ *Enclosed) *Violation {
	a, v := s.call(req)
	if v != nil {
		return v
	}
	return s.again(req, a)
}

// again asks once more and wants the same bits.
func (s *session) again(req *Request, a *Reply) *Violation {
	b, v := s.call(req)
	if v == nil && !(sameBits([][]float64{{a.Loss}}, [][]float64{{b.Loss}}) && sameBits(a.U, b.U) && sameBits(a.W, b.W)) {
		v = s.fail(req, Wrong, "first %+v, then %+v", *a, *b)
	}
	return v
}

// checkNoMemory asks A, then B of another shape, the chain of A with other
// values, and A again.
func checkNoMemory(s *session) {
	index := 0
	s.each(func(k int) drawing { index = k; return whole(k) }, func(req *Request, _ *Enclosed) *Violation {
		first, v := s.call(req)
		if v != nil {
			return v
		}
		for _, other := range []drawing{{delta: every}, {chain: req.Chain, eps: every}} {
			if b, _ := s.draw(index+1<<20, other); b != nil {
				if _, v := s.call(b); v != nil {
					return v
				}
			}
		}
		return s.again(req, first)
	})
}

// checkNaN puts a NaN into one place after the other of two chains. The reference
// tells which numbers depend on it; an error is as good an answer as NaN.
func checkNaN(s *session) {
	for _, chain := range [][]core.Spec{
		{{Op: "linear", In: 2, Out: 2}, {Op: "halfsq", N: 2}},
		{{Op: "scale", N: 2}, {Op: "tanh", N: 2}, {Op: "linear", In: 2, Out: 1}},
	} {
		for _, p := range []struct {
			name  string
			place func(req *Request) []float64
		}{
			{"x", func(req *Request) []float64 { return req.X }},
			{"w[0]", func(req *Request) []float64 { return req.W[0] }},
			{"delta[0]", func(req *Request) []float64 { return req.Delta[0] }},
			{"eps[1]", func(req *Request) []float64 { return req.Eps[1] }},
		} {
			req, _ := s.draw(0, drawing{chain: chain, delta: every, eps: every})
			if req == nil || len(p.place(req)) == 0 || s.hung != nil {
				continue
			}
			if v := s.poisoned(req, p.name, p.place); v != nil {
				s.report(v)
				return
			}
		}
	}
}

// poisoned sends req with NaN at the place.
func (s *session) poisoned(req *Request, name string, place func(*Request) []float64) *Violation {
	bad := req.clone()
	for k := range place(bad) {
		place(bad)[k] = math.NaN()
	}
	want, err := reference{}.Step(bad)
	if err != nil {
		panic("conform: " + err.Error())
	}
	s.out.Requests++
	got, v := guard(s, req, "Step", func() (*Reply, error) { return s.engine.Step(bad.clone()) })
	switch {
	case v != nil && v.Kind == Refused:
		return nil // refused
	case v == nil && got == nil:
		v = s.fail(req, Refused, "Step returned no reply")
	case v == nil:
		v = s.shapes(req, got)
	}
	if v == nil {
		v = s.swallowed(req, got, want)
	}
	if v != nil {
		v.Detail = fmt.Sprintf("with NaN for %s: %s", name, v.Detail)
	}
	return v
}

// swallowed finds a finite number where want has NaN.
func (s *session) swallowed(req *Request, got, want *Reply) *Violation {
	rows := func(r *Reply) [][]float64 { return slices.Concat([][]float64{{r.Loss}}, r.U, r.W) }
	w := rows(want)
	for k, row := range rows(got) {
		for j, x := range row {
			if math.IsNaN(w[k][j]) && !math.IsNaN(x) && !math.IsInf(x, 0) {
				n := len(req.Chain)
				if k == 0 {
					return s.at(req, "loss", 0, 0, x, math.NaN())
				}
				return s.at(req, "UW"[(k-1)/n:][:1], 1+(k-1)%n, j, x, math.NaN())
			}
		}
	}
	return nil
}

// theorem1 compares |U - u|, both the engine's, with the root of (13) plus
// what rounding may have added to each.
func (s *session) theorem1(req *Request, e *Enclosed) *Violation {
	perturbed, v := s.call(req)
	if v != nil {
		return v
	}
	clean := req.clone()
	for i := range clean.Delta {
		clear(clean.Delta[i])
		clear(clean.Eps[i])
	}
	exact, v := s.call(clean)
	if v != nil {
		return v
	}
	var diff, rounding float64
	for i := range perturbed.U {
		diff = math.Hypot(diff, distance(perturbed.U[i], exact.U[i]))
		rounding = math.Hypot(rounding, e.TolU[i+1])
	}
	right := e.theorem1() + 2*(1+sumRounding)*rounding
	if diff <= right {
		return nil
	}
	v = s.fail(req, Wrong, "|U-u| = %.6g, the root of Theorem 1's bound with rounding is %.6g", diff, right)
	v.Quantity, v.Got, v.Want = "U", diff, right
	return v
}

func checkTrace(s *session) {
	t, ok := s.engine.(Tracer)
	if !ok {
		s.out.Skipped = "the engine has no Trace"
		return
	}
	s.each(whole, func(req *Request, e *Enclosed) *Violation { return s.traces(t, req, e) })
}

// states is what Trace returns.
type states struct{ y, v [][]float64 }

func (s *session) traces(t Tracer, req *Request, e *Enclosed) *Violation {
	s.out.Requests++
	got, v := guard(s, req, "Trace", func() (states, error) {
		y, v, err := t.Trace(req.clone())
		return states{cloneRows(y), cloneRows(v)}, err
	})
	if v != nil {
		return v
	}
	n := len(req.Chain)
	if len(got.y) != n+1 || len(got.v) != n+1 {
		return s.fail(req, Shape, "Trace: %d states Y and %d V, want N+1 = %d", len(got.y), len(got.v), n+1)
	}
	for i := 1; i <= n; i++ {
		if len(got.y[i]) != len(e.Y[i]) || len(got.v[i]) != len(e.V[i]) {
			return s.fail(req, Shape, "Trace: Y_%d and V_%d have lengths %d and %d, want %d", i, i, len(got.y[i]), len(got.v[i]), len(e.Y[i]))
		}
		if v := s.compare(req, "Y", i, got.y[i], e.Y[i], e.TolY[i]); v != nil {
			return v
		}
		if v := s.compare(req, "V", i, got.v[i], e.V[i], e.TolV[i]); v != nil {
			return v
		}
	}
	r, v := s.call(req)
	if v == nil {
		v = s.compare(req, "loss", 0, []float64{r.Loss}, got.y[n], 0)
	}
	return v
}

// same compares bits, so that NaN equals itself.
func same(a, b *Request) bool {
	return a.Gamma == b.Gamma && a.Reg == b.Reg && fmt.Sprint(a.Chain) == fmt.Sprint(b.Chain) &&
		sameBits([][]float64{a.X}, [][]float64{b.X}) && sameBits(a.W, b.W) && sameBits(a.Delta, b.Delta) && sameBits(a.Eps, b.Eps)
}

func sameBits(a, b [][]float64) bool {
	bits := func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) }
	return slices.EqualFunc(a, b, func(x, y []float64) bool { return slices.EqualFunc(x, y, bits) })
}

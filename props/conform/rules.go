package conform

import (
	"math"

	"github.com/cascade-sgd/cascade/core"
)

var rules = []*rule{
	{"unperturbed", "without perturbations the gradient and the loss are those of (4)", func(s *session) error {
		return s.each(func(int) drawing { return drawing{} }, s.matches)
	}},
	{"delta-one", "a delta at one operator moves the states after it, and the backward pass uses the moved ones (5a)-(5c)", func(s *session) error {
		return s.each(func(k int) drawing { return drawing{n: 2 + k%5, delta: only(1 + k%(2+k%5))} }, s.matches)
	}},
	{"eps-one", "an eps at one operator is added to what operator i sends to operator i-1, and to nothing else (5b)", func(s *session) error {
		return s.each(func(k int) drawing { return drawing{n: 2 + k%5, eps: only(2 + k%(1+k%5))} }, s.matches)
	}},
	{"together", "all perturbations act together as in (5)", func(s *session) error {
		return s.each(func(int) drawing { return drawing{delta: every, eps: every} }, s.matches)
	}},
	{"delta-last", "delta_N enters the loss and touches no gradient", checkDeltaLast},
	{"each-operator", "every operator is right where it stands alone before a loss", checkEachOperator},
	{"long-chain", "chains of eight operators are right", func(s *session) error {
		return s.each(func(int) drawing { return drawing{n: 8, delta: every, eps: every} }, s.matches)
	}},
	{"scales", "large and small inputs, weights and perturbations are right", func(s *session) error {
		return s.each(func(k int) drawing {
			return drawing{delta: every, eps: every, valueScale: []float64{8, 1.0 / 64, 3}[k%3]}
		}, s.matches)
	}},
	{"step", "the step is w - g (U + r) with the engine's own U and every regularizer (5d)", checkStep},
	{"gamma-zero", "a step of size 0 keeps the weights, bit for bit", func(s *session) error {
		return s.each(func(int) drawing { return drawing{keep: true, delta: every, eps: every} }, func(req *Request, _ *Enclosed) error {
			r, err := s.call(req)
			if err == nil && !sameBits(r.W, req.W) {
				err = s.fail(req, "w moved to %v", r.W)
			}
			return err
		})
	}},
	{"deterministic", "the same request twice gives the same bits", func(s *session) error {
		return s.each(func(int) drawing { return drawing{delta: every, eps: every} }, func(req *Request, _ *Enclosed) error {
			return s.repeats(req)
		})
	}},
	{"no-memory", "a reply does not depend on the requests before it", checkNoMemory},
	{"eps-affine", "for a fixed forward pass U is an affine function of the eps: U(eps) + U(0) = 2 U(eps/2)", checkAffine},
	{"nan", "NaN in the input is never answered with finite numbers", checkNaN},
	{"theorem-1", "the engine's own U and u obey (13), with its rounding as a perturbation", checkTheorem1},
	{"trace", "the states that an engine shows are those of (5)", checkTrace},
}

// matches compares loss and gradient with the reference.
func (s *session) matches(req *Request, e *Enclosed) error {
	r, err := s.call(req)
	if err != nil {
		return err
	}
	n := len(req.Chain)
	if d := math.Abs(r.Loss - e.Loss()); !(d <= e.TolY[n]) {
		return s.fail(req, "loss: got %v, want %v within %.3g", r.Loss, e.Loss(), e.TolY[n])
	}
	for i := 1; i <= n; i++ {
		if d := distance(r.U[i-1], e.U[i]); !(d <= e.TolU[i]) {
			return s.fail(req, "operator %d (%v): u is %v, want %v: off by %.3g, rounding allows %.3g",
				i, req.Chain[i-1], r.U[i-1], e.U[i], d, e.TolU[i])
		}
	}
	return nil
}

func checkDeltaLast(s *session) error {
	return s.each(func(k int) drawing { return drawing{n: 2 + k%4, delta: only(2 + k%4)} }, s.matches)
}

// checkEachOperator goes through the operators an engine has, each alone, and
// skips none silently: a chain that cannot be drawn is not counted as tried.
func checkEachOperator(s *session) error {
	for _, chain := range [][]core.Spec{
		{{Op: "linear", In: 3, Out: 2}, {Op: "halfsq", N: 2}},
		{{Op: "affine", In: 2, Out: 3}, {Op: "halfsq", N: 3}},
		{{Op: "affine", In: 3, Out: 3}, {Op: "affine", In: 3, Out: 1}},
		{{Op: "scale", N: 3}, {Op: "linear", In: 3, Out: 3}, {Op: "halfsq", N: 3}},
		{{Op: "fixed", A: [][]float64{{1, -2, 0.5}, {0.25, 1, 2}}}, {Op: "halfsq", N: 2}},
		{{Op: "bias", N: 3}, {Op: "halfsq", N: 3}},
		{{Op: "scale", N: 3}, {Op: "halfsq", N: 3}},
		{{Op: "scale", N: 3}, {Op: "tanh", N: 3}, {Op: "linear", In: 3, Out: 1}},
		{{Op: "scale", N: 3}, {Op: "sigmoid", N: 3}, {Op: "linear", In: 3, Out: 1}},
		{{Op: "scale", N: 3}, {Op: "softplus", N: 3}, {Op: "linear", In: 3, Out: 1}},
		{{Op: "scale", N: 3}, {Op: "square", N: 3}, {Op: "linear", In: 3, Out: 1}},
		{{Op: "linear", In: 3, Out: 1}, {Op: "logistic"}},
		{{Op: "bias", N: 3}, {Op: "softmaxce", N: 3, Label: 1}},
		{{Op: "bias", N: 4}, {Op: "softmaxce", N: 4, Label: 0}},
		{{Op: "scale", N: 2}, {Op: "bilinear", N: 2}},
	} {
		for k := range 5 {
			req, e := s.draw(k, drawing{chain: chain, delta: every, eps: every})
			if req == nil {
				continue
			}
			if err := s.matches(req, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// stepRoundings is the number of roundings of w - g (u + r), with r of at most
// eight, doubled.
const stepRoundings = 24

func checkStep(s *session) error {
	regs := []core.Regularizer{{Kind: "none"}, {Kind: "l2", Rho: 0.125}, {Kind: "nonconvex", Rho: 0.25}}
	return s.each(func(k int) drawing { return drawing{delta: every, eps: every, reg: regs[k%3]} }, func(req *Request, _ *Enclosed) error {
		r, err := s.call(req)
		if err != nil {
			return err
		}
		for i, w := range req.W {
			for j, wj := range w {
				u, g := r.U[i][j], req.Gamma
				reg := req.Reg.Grad(wj)
				want := wj - g*(u+reg)
				tol := stepRoundings * 0x1p-53 * s.precision.scale * (math.Abs(wj) + g*(math.Abs(u)+math.Abs(reg)))
				if !(math.Abs(r.W[i][j]-want) <= tol) {
					return s.fail(req, "operator %d, weight %d: got %v, want %v within %.3g", i+1, j, r.W[i][j], want, tol)
				}
			}
		}
		return nil
	})
}

// repeats asks twice.
func (s *session) repeats(req *Request) error {
	a, err := s.call(req)
	if err != nil {
		return err
	}
	b, err := s.call(req)
	if err != nil {
		return err
	}
	return s.equal(req, a, b)
}

func (s *session) equal(req *Request, a, b *Reply) error {
	if math.Float64bits(a.Loss) != math.Float64bits(b.Loss) || !sameBits(a.U, b.U) || !sameBits(a.W, b.W) {
		return s.fail(req, "first %+v, then %+v", *a, *b)
	}
	return nil
}

// checkNoMemory asks A on a fresh engine's state, then B of another shape, A
// with other values, and A again.
func checkNoMemory(s *session) error {
	index := 0
	return s.each(func(k int) drawing { index = k; return drawing{delta: every, eps: every} }, func(req *Request, _ *Enclosed) error {
		a, err := s.call(req)
		if err != nil {
			return err
		}
		first := &Reply{Loss: a.Loss, U: cloneRows(a.U), W: cloneRows(a.W)}
		for _, other := range []drawing{{delta: every}, {chain: req.Chain, eps: every}} {
			if b, _ := s.draw(index+1<<20, other); b != nil {
				if _, err := s.call(b); err != nil {
					return err
				}
			}
		}
		again, err := s.call(req)
		if err != nil {
			return err
		}
		return s.equal(req, first, again)
	})
}

// checkAffine needs no reference but its tolerance.
func checkAffine(s *session) error {
	return s.each(func(int) drawing { return drawing{delta: every, eps: every} }, func(req *Request, _ *Enclosed) error {
		var u [3][][]float64
		allowed := make([]float64, len(req.Chain)+1)
		for k, factor := range []float64{1, 0, 0.5} {
			r := req.clone()
			for _, eps := range r.Eps {
				for j := range eps {
					eps[j] = s.precision.round(factor * eps[j])
				}
			}
			e, err := s.precision.enclose(r)
			if err != nil {
				return nil // out of range without its eps
			}
			reply, err := s.call(r)
			if err != nil {
				return err
			}
			u[k] = reply.U
			for i := range allowed {
				allowed[i] += 2 * e.TolU[i]
			}
		}
		for i := range u[0] {
			gap := 0.0
			for j := range u[0][i] {
				d := u[0][i][j] + u[1][i][j] - 2*u[2][i][j]
				gap += float64(d * d)
			}
			if gap = math.Sqrt(gap); !(gap <= allowed[i+1]) {
				return s.fail(req, "operator %d: U(eps) + U(0) - 2 U(eps/2) has norm %.3g, rounding allows %.3g", i+1, gap, allowed[i+1])
			}
		}
		return nil
	})
}

// checkNaN sends a NaN through a chain where every gradient depends on it. An
// error is as good an answer as NaN.
func checkNaN(s *session) error {
	for _, chain := range [][]core.Spec{
		{{Op: "linear", In: 2, Out: 2}, {Op: "halfsq", N: 2}},
		{{Op: "scale", N: 2}, {Op: "tanh", N: 2}, {Op: "linear", In: 2, Out: 1}},
	} {
		req, _ := s.draw(0, drawing{chain: chain})
		if req == nil {
			continue
		}
		for k := range req.X {
			req.X[k] = math.NaN()
		}
		r, err := s.call(req)
		if s.hung != nil {
			return s.hung
		}
		if err != nil {
			continue // refused
		}
		if !math.IsNaN(r.Loss) {
			return s.fail(req, "loss %v from an input of NaN", r.Loss)
		}
		if u := r.U[0][0]; !math.IsNaN(u) {
			return s.fail(req, "gradient %v from an input of NaN", u)
		}
	}
	return nil
}

// checkTheorem1 compares |U - u|, both the engine's, with the root of (13) plus
// what rounding may have added to each.
func checkTheorem1(s *session) error {
	return s.each(func(int) drawing { return drawing{delta: every, eps: every} }, func(req *Request, e *Enclosed) error {
		perturbed, err := s.call(req)
		if err != nil {
			return err
		}
		clean := req.clone()
		for i := range clean.Delta {
			clear(clean.Delta[i])
			clear(clean.Eps[i])
		}
		exact, err := s.call(clean)
		if err != nil {
			return err
		}
		var diff, rounding float64
		for i := range perturbed.U {
			d := distance(perturbed.U[i], exact.U[i])
			diff += d * d
			rounding += e.TolU[i+1] * e.TolU[i+1]
		}
		left, right := math.Sqrt(diff), e.theorem1()+2*math.Sqrt(rounding)
		if !(left <= right) {
			return s.fail(req, "|U-u| = %.6g, the root of Theorem 1's bound with rounding is %.6g", left, right)
		}
		return nil
	})
}

func checkTrace(s *session) error {
	t, ok := s.engine.(Tracer)
	if !ok {
		return &skip{"the engine has no Trace"}
	}
	return s.each(func(int) drawing { return drawing{delta: every, eps: every} }, func(req *Request, e *Enclosed) error {
		s.tried++
		y, v, err := t.Trace(req.clone())
		if err != nil {
			return s.fail(req, "trace: %v", err)
		}
		n := len(req.Chain)
		if len(y) != n+1 || len(v) != n+1 {
			return s.fail(req, "trace: %d and %d states, want N+1 = %d", len(y), len(v), n+1)
		}
		for i := 1; i <= n; i++ {
			if len(y[i]) != len(e.Y[i]) || len(v[i]) != len(e.V[i]) {
				return s.fail(req, "trace: Y_%d and V_%d have lengths %d and %d, want %d", i, i, len(y[i]), len(v[i]), len(e.Y[i]))
			}
			if d := distance(y[i], e.Y[i]); !(d <= e.TolY[i]) {
				return s.fail(req, "trace: Y_%d is %v, want %v within %.3g", i, y[i], e.Y[i], e.TolY[i])
			}
			if d := distance(v[i], e.V[i]); !(d <= e.TolV[i]) {
				return s.fail(req, "trace: V_%d is %v, want %v within %.3g", i, v[i], e.V[i], e.TolV[i])
			}
		}
		return nil
	})
}

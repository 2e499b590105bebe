package bigpass

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/cascade-sgd/cascade/core"
)

// DefaultPrec is the precision that 0 stands for; MinPrec and MaxPrec bound the
// precision of an Evaluator. All in bits.
const (
	DefaultPrec = 256
	MinPrec     = 64
	MaxPrec     = 1 << 13
)

// Evaluator runs passes of one chain at one precision. It is immutable and safe
// for concurrent use.
type Evaluator struct {
	specs []core.Spec
	c     *core.Chain // for widths alone
	a     *arith
}

// NewEvaluator checks the chain and the precision: MinPrec..MaxPrec bits, or 0
// for DefaultPrec.
func NewEvaluator(specs []core.Spec, prec uint) (*Evaluator, error) {
	c, err := core.FromSpecs(specs)
	if err != nil {
		return nil, err
	}
	if prec == 0 {
		prec = DefaultPrec
	}
	if prec < MinPrec || prec > MaxPrec {
		return nil, fmt.Errorf("bigpass: precision %d, want %d..%d bits", prec, MinPrec, MaxPrec)
	}
	return &Evaluator{c.Specs(), c, newArith(prec)}, nil
}

// State holds the quantities of (4) or (5), indexed like the paper: Y[0..N],
// V[1..N], U[1..N]. Y[i] has length d_i, U[i] the weights of operator i.
type State struct {
	Y, V, U [][]Num

	f, b []vector // Y[i] - delta_i, V[i-1] - eps_i
}

// Exact reports that every quantity is the true value.
func (s *State) Exact() bool {
	for _, rows := range [][][]Num{s.Y, s.V, s.U} {
		for _, row := range rows {
			if slices.ContainsFunc(row, func(x Num) bool { return !x.Exact() }) {
				return false
			}
		}
	}
	return true
}

// Pass runs (5) at input x and flat weights w, as core.Chain lays them out,
// with the perturbations indexed as in core.Given: a nil or missing entry is
// zero, so that Pass(x, w, nil, nil) is the exact pass (4).
func (e *Evaluator) Pass(x, w []float64, delta, eps [][]float64) (s *State, err error) {
	defer overflow(&err)
	if err := e.check(x, w); err != nil {
		return nil, err
	}
	if err := e.checkPerturbations(delta, eps); err != nil {
		return nil, err
	}
	return e.start(x, w).next(delta, eps), nil
}

// overflow turns the panic that math/big has for Inf - Inf and the like, which
// only numbers beyond its exponents can lead to, into an error.
func overflow(err *error) {
	switch r := recover().(type) {
	case nil:
	case big.ErrNaN:
		*err = errOverflow
	default:
		panic(r)
	}
}

var errOverflow = errors.New("bigpass: numbers exceed the exponents of math/big")

func (e *Evaluator) check(x, w []float64) error {
	if err := checkVector("x", x, e.c.D(0)); err != nil {
		return err
	}
	return checkVector("w", w, e.c.NW())
}

func (e *Evaluator) checkPerturbations(delta, eps [][]float64) error {
	for i := 1; i <= e.c.N(); i++ {
		if d := at(delta, i); d != nil {
			if err := checkVector(fmt.Sprintf("delta_%d", i), d, e.c.D(i)); err != nil {
				return err
			}
		}
		if p := at(eps, i); p != nil && i > 1 {
			if err := checkVector(fmt.Sprintf("eps_%d", i), p, e.c.D(i-1)); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkVector(name string, v []float64, n int) error {
	if len(v) != n {
		return fmt.Errorf("bigpass: %s has length %d, want %d", name, len(v), n)
	}
	for k, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("bigpass: %s[%d] is %v", name, k, x)
		}
	}
	return nil
}

func at(v [][]float64, i int) []float64 {
	if i >= len(v) {
		return nil
	}
	return v[i]
}

// passes runs one pass after the other at the same x and w and keeps from the
// last one what the same perturbations lead to: over leaves in the order of a
// tree, nothing is computed twice.
type passes struct {
	e          *Evaluator
	x          vector
	w          []vector
	last       *State
	delta, eps [][]float64
}

func (e *Evaluator) start(x, w []float64) *passes {
	p := &passes{e: e, x: e.a.nums(x), w: make([]vector, e.c.N()+1)}
	for i := 1; i <= e.c.N(); i++ {
		p.w[i] = e.a.nums(e.c.W(i, w))
	}
	return p
}

// next is the pass with the given perturbations, which it keeps.
func (p *passes) next(delta, eps [][]float64) *State {
	n := p.e.c.N()
	list := func() []vector { return make([]vector, n+1) }
	s := &State{Y: list(), V: list(), U: list(), f: list(), b: list()}
	known := p.forward(s, delta)
	p.backward(s, eps, known)
	p.last = s
	p.delta = delta
	p.eps = eps
	return s
}

// forward is (5a). It reports whether Y_0..Y_{N-1}, all that the backward pass
// depends on, were known.
func (p *passes) forward(s *State, delta [][]float64) (known bool) {
	a, n := p.e.a, p.e.c.N()
	known = p.last != nil
	s.Y[0] = p.x
	for i := 1; i <= n; i++ {
		if known {
			s.f[i] = p.last.f[i]
		} else {
			s.f[i] = a.forward(p.e.specs[i-1], s.Y[i-1], p.w[i])
		}
		same := known && slices.Equal(at(delta, i), at(p.delta, i))
		if same {
			s.Y[i] = p.last.Y[i]
		} else {
			s.Y[i] = a.perturbed(s.f[i], at(delta, i))
		}
		if i < n {
			known = same
		}
	}
	return known
}

// backward is (5b) and (5c), where known says that V_N and all it is multiplied
// with are those of the last pass.
func (p *passes) backward(s *State, eps [][]float64, known bool) {
	a, n := p.e.a, p.e.c.N()
	s.V[n] = vector{a.num(1)}
	for i := n; i >= 1; i-- {
		op := p.e.specs[i-1]
		if known {
			s.U[i], s.b[i] = p.last.U[i], p.last.b[i]
		} else {
			s.U[i] = a.vjp2(op, s.Y[i-1], p.w[i], s.V[i])
		}
		if i == 1 {
			return
		}
		if !known {
			s.b[i] = a.vjp1(op, s.Y[i-1], p.w[i], s.V[i])
		}
		known = known && slices.Equal(at(eps, i), at(p.eps, i))
		if known {
			s.V[i-1] = p.last.V[i-1]
		} else {
			s.V[i-1] = a.perturbed(s.b[i], at(eps, i))
		}
	}
}

// perturbed is v + d, v where d is nil.
func (a *arith) perturbed(v vector, d []float64) vector {
	if d == nil {
		return v
	}
	return a.plus(v, a.nums(d))
}

// Jacobians returns J1_i (d_i x d_{i-1}) and J2_i (d_i x dw_i) by rows, at the
// input y and the weights w of operator i = 1..N, formed from them and not from
// f_i(y, w). Slices that do not fit the operator are errors.
func (e *Evaluator) Jacobians(i int, y, w []float64) (j1, j2 [][]Num, err error) {
	defer overflow(&err)
	if i < 1 || i > e.c.N() {
		return nil, nil, fmt.Errorf("bigpass: operator %d, want 1..%d", i, e.c.N())
	}
	if err := checkVector("y", y, e.c.D(i-1)); err != nil {
		return nil, nil, err
	}
	if err := checkVector("w", w, e.c.Op(i).NW()); err != nil {
		return nil, nil, err
	}
	j1, j2 = e.jacobians(i, e.a.nums(y), e.a.nums(w))
	return j1, j2, nil
}

func (e *Evaluator) jacobians(i int, y, w vector) (j1, j2 []vector) {
	a, op, out := e.a, e.specs[i-1], e.c.D(i)
	return a.rows(func(v vector) vector { return a.vjp1(op, y, w, v) }, out),
		a.rows(func(v vector) vector { return a.vjp2(op, y, w, v) }, out)
}

package exact

import (
	"fmt"
	"math/big"

	"github.com/cascade-sgd/cascade/core"
)

// MinPrec and MaxPrec bound the precision of an Evaluator in bits.
const (
	MinPrec = 64
	MaxPrec = 1 << 13
)

// Evaluator runs passes of one chain at one precision.
type Evaluator struct {
	specs []core.Spec
	nw    []int
	a     *arith
}

// NewEvaluator checks the chain and the precision (MinPrec..MaxPrec bits).
func NewEvaluator(specs []core.Spec, prec uint) (*Evaluator, error) {
	c, err := core.FromSpecs(specs)
	if err != nil {
		return nil, err
	}
	if prec < MinPrec || prec > MaxPrec {
		return nil, fmt.Errorf("exact: precision %d, want %d..%d bits", prec, MinPrec, MaxPrec)
	}
	e := &Evaluator{specs: specs, a: newArith(prec)}
	for i := 1; i <= c.N(); i++ {
		e.nw = append(e.nw, c.Op(i).NW())
	}
	return e, nil
}

// State holds the quantities of (4) or (5), indexed like the paper: Y[0..N],
// V[1..N], U[1..N].
type State struct{ Y, V, U [][]*big.Float }

// Pass runs (5) at input x and weights w (w[i-1] is w_i) with the given
// perturbations, indexed as in core.State; nil is no perturbation.
func (e *Evaluator) Pass(x []float64, w [][]float64, delta, eps [][]float64) *State {
	a, n := e.a, len(e.specs)
	s := &State{Y: make([][]*big.Float, n+1), V: make([][]*big.Float, n+1), U: make([][]*big.Float, n+1)}
	weights := make([]vector, n+1)
	s.Y[0] = a.nums(x)
	for i := 1; i <= n; i++ {
		weights[i] = a.nums(w[i-1])
		s.Y[i] = a.plus(a.forward(e.specs[i-1], s.Y[i-1], weights[i]), delta, i)
	}
	s.V[n] = vector{a.num(1)}
	for i := n; i >= 1; i-- {
		op := e.specs[i-1]
		s.U[i] = a.vjp2(op, s.Y[i-1], weights[i], s.V[i])
		if i > 1 {
			s.V[i-1] = a.plus(a.vjp1(op, s.Y[i-1], weights[i], s.V[i]), eps, i)
		}
	}
	return s
}

// plus is v + at[i], v where there is no such entry.
func (a *arith) plus(v vector, at [][]float64, i int) vector {
	if i >= len(at) || at[i] == nil {
		return v
	}
	y := make(vector, len(v))
	for k := range y {
		y[k] = a.add(v[k], a.num(at[i][k]))
	}
	return y
}

package core

import "fmt"

// Chain is the composition F(x; w) = f_N( ... f_1(x, w_1) ..., w_N) of (1):
// N >= 2 operators, d_N = 1. It is validated once, immutable, and safe for
// concurrent use. The zero value is not valid.
//
// All weights of a chain live in one flat slice of length NW(), w_1 first;
// W(i, w) is the part of operator i. Gradients have the same layout: the bold
// u of the paper is one flat slice.
type Chain struct {
	ops []Op  // ops[i-1] is f_i
	off []int // off[i-1]:off[i] is w_i
}

// NewChain checks that the operators fit together. The error names the
// operator (1..N) and the widths.
func NewChain(ops ...Op) (*Chain, error) {
	if len(ops) < 2 {
		return nil, fmt.Errorf("core: chain of %d operators, want at least 2", len(ops))
	}
	c := &Chain{ops: append([]Op(nil), ops...), off: make([]int, 1, len(ops)+1)}
	for k, op := range ops {
		if op == nil {
			return nil, fmt.Errorf("core: operator %d is nil", k+1)
		}
		if k > 0 && op.In() != ops[k-1].Out() {
			return nil, fmt.Errorf("core: operator %d %v takes width %d, operator %d %v gives %d",
				k+1, op.Spec(), op.In(), k, ops[k-1].Spec(), ops[k-1].Out())
		}
		n := c.off[k] + op.NW()
		if n > MaxWeights {
			return nil, fmt.Errorf("core: the chain's weights exceed %d at operator %d", MaxWeights, k+1)
		}
		c.off = append(c.off, n)
	}
	if last := ops[len(ops)-1]; last.Out() != 1 {
		return nil, fmt.Errorf("core: operator %d %v has width d_N = %d, want 1", len(ops), last.Spec(), last.Out())
	}
	return c, nil
}

// FromSpecs builds a chain from data; the error names the operator (1..N).
func FromSpecs(specs []Spec) (*Chain, error) {
	ops := make([]Op, len(specs))
	for k, s := range specs {
		op, err := NewOp(s)
		if err != nil {
			return nil, fmt.Errorf("operator %d: %w", k+1, err)
		}
		ops[k] = op
	}
	return NewChain(ops...)
}

// N is the number of operators.
func (c *Chain) N() int { return len(c.ops) }

// Op returns f_i, i = 1..N.
func (c *Chain) Op(i int) Op { return c.ops[i-1] }

// D returns the width d_i of y_i, i = 0..N.
func (c *Chain) D(i int) int {
	if i == 0 {
		return c.ops[0].In()
	}
	return c.ops[i-1].Out()
}

// NW is the number of weights of the whole chain.
func (c *Chain) NW() int { return c.off[len(c.ops)] }

// W returns the part of the flat slice w (length NW()) that belongs to
// operator i. It shares memory with w.
func (c *Chain) W(i int, w []float64) []float64 {
	return w[c.off[i-1]:c.off[i]:c.off[i]]
}

// Split returns W(1, w), ..., W(N, w).
func (c *Chain) Split(w []float64) [][]float64 {
	parts := make([][]float64, c.N())
	for i := range parts {
		parts[i] = c.W(i+1, w)
	}
	return parts
}

// Specs describes the chain in data; FromSpecs(c.Specs()) is equivalent to c.
func (c *Chain) Specs() []Spec {
	s := make([]Spec, len(c.ops))
	for k, op := range c.ops {
		s[k] = op.Spec()
	}
	return s
}

// SameShape reports whether a State of one chain fits the other.
func (c *Chain) SameShape(b *Chain) bool {
	if c == b {
		return true
	}
	if c.N() != b.N() || c.D(0) != b.D(0) {
		return false
	}
	for i := 1; i <= c.N(); i++ {
		if c.D(i) != b.D(i) || c.off[i] != b.off[i] {
			return false
		}
	}
	return true
}

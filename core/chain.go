package core

import "fmt"

// Chain is the composition F(x; w) = f_N( ... f_1(x, w_1) ..., w_N) of (1):
// N >= 2 operators, d_N = 1. It is validated once, immutable, and safe for
// concurrent use. Methods of a nil or zero Chain panic, and so do those that are
// given a number outside 1..N or a slice of a wrong length.
//
// All weights of a chain live in one flat slice of length NW(), w_1 first;
// W(i, w) is the part of operator i. Gradients have the same layout: the bold
// u of the paper is one flat slice.
type Chain struct {
	ops []Op  // ops[i-1] is f_i, without the checks of its arguments
	off []int // off[i-1]:off[i] is w_i
	d   []int // widths d_0..d_N
	nw  int   // weights of all
}

// NewChain checks that the operators fit together. The error names the
// operator (1..N) and the widths.
func NewChain(ops ...Op) (*Chain, error) {
	if len(ops) < 2 {
		return nil, fmt.Errorf("core: chain of %d operators, want at least 2", len(ops))
	}
	c := &Chain{off: make([]int, 1, len(ops)+1)}
	for k, op := range ops {
		if op == nil {
			return nil, fmt.Errorf("core: operator %d is nil", k+1)
		}
		if k == 0 {
			c.d = append(c.d, op.In())
		}
		if op.In() < 1 || op.Out() < 1 || op.NW() < 0 {
			return nil, fmt.Errorf("core: operator %d %v has widths %d and %d and %d weights",
				k+1, op.Spec(), op.In(), op.Out(), op.NW())
		}
		if k > 0 && op.In() != ops[k-1].Out() {
			return nil, fmt.Errorf("core: operator %d %v takes width %d, operator %d %v gives %d",
				k+1, op.Spec(), op.In(), k, ops[k-1].Spec(), ops[k-1].Out())
		}
		n := c.off[k] + op.NW()
		if op.NW() > MaxWeights || n > MaxWeights {
			return nil, fmt.Errorf("core: the chain's weights exceed %d at operator %d", MaxWeights, k+1)
		}
		c.off = append(c.off, n)
		c.d = append(c.d, op.Out())
		c.nw = n
		c.ops = append(c.ops, unchecked(op))
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
func (c *Chain) N() int {
	c.must()
	return len(c.ops)
}

// must panics unless c came from NewChain.
func (c *Chain) must() {
	if c == nil || c.ops == nil {
		panic(badOperator{c, 0})
	}
}

// Op returns f_i, i = 1..N, as a pass calls it: for speed it does not check that
// its arguments fit, which the slices of a State and of W do.
func (c *Chain) Op(i int) Op {
	if c == nil || i < 1 || i > len(c.ops) {
		panic(badOperator{c, i})
	}
	return c.ops[i-1]
}

// D returns the width d_i of y_i, i = 0..N.
func (c *Chain) D(i int) int {
	if c == nil || i < 0 || i >= len(c.d) {
		panic(badOperator{c, i})
	}
	return c.d[i]
}

// NW is the number of weights of the whole chain.
func (c *Chain) NW() int {
	c.must()
	return c.nw
}

// W returns the part of the flat slice w (length NW()) that belongs to
// operator i. It shares memory with w.
func (c *Chain) W(i int, w []float64) []float64 {
	if c == nil || i < 1 || i > len(c.ops) || len(w) != c.nw {
		panic(badWeights{badOperator{c, i}, len(w)})
	}
	return w[c.off[i-1]:c.off[i]:c.off[i]]
}

// part is W without its checks.
func (c *Chain) part(i int, w []float64) []float64 {
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
	s := make([]Spec, c.N())
	for k, op := range c.ops {
		s[k] = op.Spec()
	}
	return s
}

// SameShape reports whether a State of one chain fits the other.
func (c *Chain) SameShape(b *Chain) bool {
	c.must()
	b.must()
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

package core

import (
	"fmt"
	"math"
	"slices"
)

// checked is an operator of this package as its constructor gives it: with the checks
// of its arguments. A chain, whose slices fit by construction, has the operator within.
type checked struct {
	Op
	in, out, nw int
}

func check(o Op) Op { return &checked{o, o.In(), o.Out(), o.NW()} }

// unchecked is the operator within, or o itself.
func unchecked(o Op) Op {
	if c, ok := o.(*checked); ok {
		return c.Op
	}
	return o
}

func (c *checked) Forward(y, x, w []float64) {
	if len(y) != c.out || len(x) != c.in || len(w) != c.nw {
		c.panic("Forward(y, x, w)", []int{len(y), len(x), len(w)}, []int{c.out, c.in, c.nw})
	}
	c.Op.Forward(y, x, w)
}

func (c *checked) VJP1(dst, x, w, y, v []float64) {
	c.must("VJP1(dst, x, w, y, v)", c.in, dst, x, w, y, v)
	c.Op.VJP1(dst, x, w, y, v)
}

func (c *checked) VJP2(dst, x, w, y, v []float64) {
	c.must("VJP2(dst, x, w, y, v)", c.nw, dst, x, w, y, v)
	c.Op.VJP2(dst, x, w, y, v)
}

func (c *checked) must(call string, n int, dst, x, w, y, v []float64) {
	if len(dst) != n || len(x) != c.in || len(w) != c.nw || len(y) != c.out || len(v) != c.out {
		c.panic(call, []int{len(dst), len(x), len(w), len(y), len(v)}, []int{n, c.in, c.nw, c.out, c.out})
	}
}

func (c *checked) Regularity(x, w Box) Regularity {
	c.mustBoxes("Regularity(x, w)", x, w)
	return c.Op.Regularity(x, w)
}

func (c *checked) Roundoff(x, w Box) Roundoff {
	c.mustBoxes("Roundoff(x, w)", x, w)
	return c.Op.Roundoff(x, w)
}

func (c *checked) mustBoxes(call string, x, w Box) {
	got, want := []int{len(x.Lo), len(x.Hi), len(w.Lo), len(w.Hi)}, []int{c.in, c.in, c.nw, c.nw}
	if !slices.Equal(got, want) {
		c.panic(call+" of boxes", got, want)
	}
}

func (c *checked) panic(call string, got, want []int) {
	panic(fmt.Sprintf("core: %v: %s with lengths %v, want %v", c.Spec(), call, got, want))
}

func mustLen(name string, got, want int) {
	if got != want {
		panicLen(name, got, want)
	}
}

func panicLen(name string, got, want int) {
	panic(fmt.Sprintf("core: %s length %d, want %d", name, got, want))
}

func mustShape(what string, ours, theirs *Chain) {
	if ours != theirs && !ours.SameShape(theirs) {
		panic("core: " + what + " belongs to a chain of another shape")
	}
}

func mustWidth(op string, n int) {
	if n < 1 || n > MaxWidth {
		panic(fmt.Sprintf("core: %s: width %d, want 1..%d", op, n, MaxWidth))
	}
}

func mustWeights(op string, in, out int) {
	if out > MaxWeights/in { // the product may not fit in an int
		panic(fmt.Sprintf("core: %s: %d x %d entries exceed %d", op, out, in, MaxWeights))
	}
}

// mustFactor is for what multiplies a bound.
func mustFactor(name string, v float64) {
	if !(v >= 0) || math.IsInf(v, 1) {
		panic(fmt.Sprintf("core: %s is %v, want finite and >= 0", name, v))
	}
}

// The smallest functions panic with errors whose words are found later: so they
// inline.

// badOperator is a number that is none of 1..N, or a chain that is none.
type badOperator struct {
	c *Chain
	i int
}

// Error implements error.
func (e badOperator) Error() string {
	if e.c == nil || e.c.ops == nil {
		return "core: nil or zero Chain"
	}
	return fmt.Sprintf("core: operator %d of a chain of %d", e.i, len(e.c.ops))
}

// badWeights is badOperator, or weights of a wrong length.
type badWeights struct {
	badOperator
	n int
}

// Error implements error.
func (e badWeights) Error() string {
	if e.c != nil && e.c.ops != nil && e.n != e.c.nw {
		return fmt.Sprintf("core: weights have length %d, want %d", e.n, e.c.nw)
	}
	return e.badOperator.Error()
}

// badBox is a box of a wrong dimension.
type badBox struct{ lo, hi, want int }

// Error implements error.
func (e badBox) Error() string {
	return fmt.Sprintf("core: box with %d lower and %d upper bounds, want %d", e.lo, e.hi, e.want)
}

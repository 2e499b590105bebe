package core

import (
	"fmt"
	"math"
)

// Box is the set of vectors x with Lo[k] <= x[k] <= Hi[k].
type Box struct{ Lo, Hi []float64 }

// must panics unless b has the dimension n.
func (b Box) must(n int) {
	if len(b.Lo) != n || len(b.Hi) != n {
		panic(badBox{len(b.Lo), len(b.Hi), n})
	}
}

// Point is the box that holds x alone; it shares memory with x.
func Point(x []float64) Box { return Box{x, x} }

// NewBox returns the empty box of dimension n (Lo = +Inf, Hi = -Inf).
func NewBox(n int) Box {
	if n < 0 {
		panic(fmt.Sprintf("core: box of dimension %d, want >= 0", n))
	}
	both := make([]float64, 2*n)
	b := Box{both[:n:n], both[n:]}
	b.Reset()
	return b
}

// Reset makes b empty.
func (b Box) Reset() {
	b.must(len(b.Lo))
	b.reset()
}

func (b Box) reset() {
	for k := range b.Lo {
		b.Lo[k], b.Hi[k] = math.Inf(1), math.Inf(-1)
	}
}

// Add grows b to the hull of b and x. A NaN makes the box NaN for good. It panics
// when x has another dimension.
func (b Box) Add(x []float64) {
	b.must(len(x))
	for k, v := range x {
		// min and max, unlike comparisons, keep NaN.
		b.Lo[k] = min(b.Lo[k], v)
		b.Hi[k] = max(b.Hi[k], v)
	}
}

// Contains reports whether x lies in b. It panics when x has another dimension.
func (b Box) Contains(x []float64) bool {
	b.must(len(x))
	for k, v := range x {
		if !(b.Lo[k] <= v && v <= b.Hi[k]) {
			return false
		}
	}
	return true
}

// abs returns sup |x_k| over the box.
func (b Box) abs(k int) float64 { return max(math.Abs(b.Lo[k]), math.Abs(b.Hi[k])) }

// norm returns sup |x|_2 over the box, see norm2.
func (b Box) norm() float64 {
	sum := 0.0
	for k := range b.Lo {
		a := b.abs(k)
		sum += float64(a * a)
	}
	if sum >= rootable {
		return math.Sqrt(sum)
	}
	return tinyNorm(b.maxAbs(), len(b.Lo))
}

// maxAbs returns sup max_k |x_k|.
func (b Box) maxAbs() float64 {
	m := 0.0
	for k := range b.Lo {
		m = max(m, b.abs(k))
	}
	return m
}

// empty reports whether nothing was added to b since it was made.
func (b Box) empty() bool { return len(b.Lo) > 0 && b.Lo[0] > b.Hi[0] }

func (b Box) slice(from, to int) Box { return Box{b.Lo[from:to], b.Hi[from:to]} }

// Region is the compact region of A3 for a chain: for every operator the hull
// of the inputs and of the weights that were visited. A hull is convex, so the
// segments between exact and perturbed states, which the proofs use, lie
// inside. Methods panic on a nil or zero Region, and on states, boxes and weights
// that do not fit the chain.
type Region struct {
	Y []Box // Y[i] holds the inputs of operator i+1, i = 0..N-1
	W []Box // W[i] holds w_i, i = 1..N

	c      *Chain
	wAll   Box
	margin float64 // by which it was widened
}

// NewRegion returns the empty region of c.
func NewRegion(c *Chain) *Region {
	n := c.N()
	size := c.NW()
	for i := range n {
		size += c.D(i)
	}
	all := NewBox(size)
	r := &Region{c: c, Y: make([]Box, n), W: make([]Box, n+1), wAll: all.slice(0, c.NW())}
	at := c.NW()
	for i := range n {
		r.Y[i] = all.slice(at, at+c.D(i))
		at += c.D(i)
	}
	for i := 1; i <= n; i++ {
		r.W[i] = Box{c.part(i, r.wAll.Lo), c.part(i, r.wAll.Hi)}
	}
	return r
}

func (r *Region) must() {
	if r == nil || r.c == nil {
		panic("core: nil or zero Region")
	}
}

// Reset makes r empty.
func (r *Region) Reset() {
	r.must()
	for _, b := range r.Y {
		b.reset()
	}
	r.wAll.reset()
	r.margin = 0
}

// Visit grows r to hold the states of s, with what its backward pass read, and the weights
// w. Like every visit it takes back what Widen promised, as what comes is not widened.
func (r *Region) Visit(s *State, w []float64) {
	r.must()
	s.mustBeMade()
	mustShape("State", r.c, s.c)
	mustLen("weights have", len(w), r.c.NW())
	r.margin = 0
	for i, b := range r.Y {
		b.Add(s.Y[i])
		if s.Read != nil {
			b.Add(s.Read[i+1])
		}
	}
	r.wAll.Add(w)
}

// VisitBoxes grows r to hold the boxes y[0..N-1] of inputs.
func (r *Region) VisitBoxes(y []Box) {
	r.must()
	if len(y) < len(r.Y) {
		panic(fmt.Sprintf("core: %d boxes, want y[0..%d]", len(y), len(r.Y)-1))
	}
	r.margin = 0
	for i, b := range r.Y {
		b.Add(y[i].Lo)
		b.Add(y[i].Hi)
	}
}

// VisitWeights grows r to hold the weights w.
func (r *Region) VisitWeights(w []float64) {
	r.must()
	mustLen("weights have", len(w), r.c.NW())
	r.wAll.Add(w)
}

// Regularity returns the constants of A3 that hold for every operator on r,
// and writes those of operator i to per[i], i = 1..N, unless per is nil.
// It panics when r holds no input or no weights.
func (r *Region) Regularity(per []Regularity) Regularity {
	r.must()
	if per != nil && len(per) != r.c.N()+1 {
		panic(fmt.Sprintf("core: room for %d constants, want N+1 = %d", len(per), r.c.N()+1))
	}
	if r.Y[0].empty() || r.wAll.empty() {
		panic("core: Regularity of an empty region")
	}
	var all Regularity
	for i := 1; i <= r.c.N(); i++ {
		k := r.c.ops[i-1].Regularity(r.Y[i-1], r.W[i])
		all = all.Max(k)
		if per != nil {
			per[i] = k
		}
	}
	return all
}

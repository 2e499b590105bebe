package core

import (
	"fmt"
	"slices"
)

// Perturber supplies the perturbations of one pass. Each method writes the
// whole of dst, must not change its other argument, and is called in the order
// of (5): Delta for i = 1..N, then Eps for i = N..2.
type Perturber interface {
	// Delta writes delta_i to dst, given f = f_i(Y_{i-1}, w_i), to which it is added.
	Delta(i int, dst, f []float64)
	// Eps writes eps_i to dst, given b = J1_i(Y_{i-1}, w_i)^T V_i, to which it is added.
	Eps(i int, dst, b []float64)
}

// Reader is a Perturber of saved activations as well: J1_i and J2_i of the backward pass
// are taken at Y_{i-1} + zeta_i, where the forward pass had Y_{i-1}. Zeta is called for i =
// N..1, each time before Eps(i, ...). A pass of a State made WithZeta asks for it; whatever
// reads Y_{i-1} as it is, such as a Batch, panics.
type Reader interface {
	Perturber
	// Reads reports whether a zeta is perhaps not 0; if not, Zeta is not called.
	Reads() bool
	// Zeta writes the whole of zeta_i to dst, given y = Y_{i-1}, to which it is added.
	Zeta(i int, dst, y []float64)
}

// reader is p where it has a zeta, else nil.
func reader(p Perturber) Reader {
	if r, ok := p.(Reader); ok && r.Reads() {
		return r
	}
	return nil
}

// mustNotRead panics where p has a zeta, which what would leave out.
func mustNotRead(what string, p Perturber) {
	if reader(p) != nil {
		panic("core: " + what + " has no room for zeta; a State made WithZeta has")
	}
}

// Given is a Perturber with every value written down: Delta[i] is delta_i
// (i = 1..N, length d_i), Eps[i] is eps_i (i = 2..N, length d_{i-1}), and Zeta[i] is
// zeta_i (i = 1..N, length d_{i-1}). A nil or missing entry is zero; one that the chain has
// no place for is misuse.
type Given struct {
	DeltaAt, EpsAt, ZetaAt [][]float64
}

// Delta implements Perturber.
func (g *Given) Delta(i int, dst, _ []float64) {
	g.must()
	copyOrZero(dst, g.DeltaAt, i, "delta")
}

// Eps implements Perturber.
func (g *Given) Eps(i int, dst, _ []float64) {
	g.must()
	copyOrZero(dst, g.EpsAt, i, "eps")
}

// Reads implements Reader.
func (g *Given) Reads() bool {
	g.must()
	return slices.ContainsFunc(g.ZetaAt, func(z []float64) bool { return z != nil })
}

// Zeta implements Reader.
func (g *Given) Zeta(i int, dst, _ []float64) {
	g.must()
	copyOrZero(dst, g.ZetaAt, i, "zeta")
}

// HasDelta implements Sparse.
func (g *Given) HasDelta(i int) bool {
	g.must()
	return has(g.DeltaAt, i)
}

// HasEps implements Sparse.
func (g *Given) HasEps(i int) bool {
	g.must()
	return has(g.EpsAt, i)
}

func has(at [][]float64, i int) bool { return i >= 1 && i < len(at) && at[i] != nil }

func (g *Given) must() {
	if g == nil {
		panic("core: nil *Given; an exact pass takes a nil Perturber")
	}
}

// mustFit panics when g has a perturbation that no pass of n operators asks for.
func (g *Given) mustFit(n int) {
	g.must()
	mustIndex("delta", g.DeltaAt, n)
	mustIndex("eps", g.EpsAt, n) // eps_1 touches nothing
	mustIndex("zeta", g.ZetaAt, n)
}

func mustIndex(name string, at [][]float64, n int) {
	for i, v := range at {
		if len(v) > 0 && (i < 1 || i > n) {
			panic(fmt.Sprintf("core: %s_%d given, want 1..%d", name, i, n))
		}
	}
}

func copyOrZero(dst []float64, at [][]float64, i int, name string) {
	if i < 1 {
		panic(fmt.Sprintf("core: %s_%d asked for", name, i))
	}
	if i >= len(at) || at[i] == nil {
		clear(dst)
		return
	}
	if len(at[i]) != len(dst) {
		panic(fmt.Sprintf("core: %s_%d has length %d, want %d", name, i, len(at[i]), len(dst)))
	}
	copy(dst, at[i])
}

// State is the workspace of a pass and holds everything it computed. One State
// serves any chain of the same shape; it is not safe for concurrent use.
//
//	F[i]     f_i(Y_{i-1}, w_i), before delta_i is added    i = 1..N
//	Y[i]     Y[0] = x, Y[i] = F[i] + Delta[i]              i = 0..N
//	V[i]     V[N] = 1                                      i = 1..N
//	U[i]     gradient by w_i, a part of UAll               i = 1..N
//	Delta[i], Eps[i]   the perturbations used              i = 1..N, i = 2..N
//
// After an exact pass (nil Perturber) they are y, v, u of (4). A State made WithZeta has
// two lists more, nil in others:
//
//	Zeta[i]  the perturbation of what is read             i = 1..N
//	Read[i]  Y[i-1] + Zeta[i], where the backward pass takes J1_i and J2_i
type State struct {
	F, Y, V, U, Delta, Eps, Zeta, Read [][]float64
	UAll                               []float64

	c      *Chain
	passed bool        // there was a forward pass
	again  [][]float64 // f_i at Read[i], of a State made WithZeta
}

// StateOption is an option of NewState.
type StateOption func(*State)

// WithZeta makes room for the zeta of a Reader: an option of NewState.
func WithZeta(s *State) {
	s.mustBeMade()
	n := s.c.N()
	s.Zeta, s.Read, s.again = make([][]float64, n+1), make([][]float64, n+1), make([][]float64, n+1)
	for i := 1; i <= n; i++ {
		s.Zeta[i], s.Read[i] = make([]float64, s.c.D(i-1)), make([]float64, s.c.D(i-1))
		s.again[i] = make([]float64, s.c.D(i))
	}
}

// NewState allocates a workspace for c.
func NewState(c *Chain, options ...StateOption) *State {
	n := c.N()
	size := c.D(0) + c.NW()
	for i := 1; i <= n; i++ {
		size += 4*c.D(i) + c.D(i-1)
	}
	buf := make([]float64, size)
	take := func(k int) []float64 {
		s := buf[:k:k]
		buf = buf[k:]
		return s
	}
	vecs := make([][]float64, 6*(n+1))
	list := func() [][]float64 {
		s := vecs[: n+1 : n+1]
		vecs = vecs[n+1:]
		return s
	}
	s := &State{c: c, F: list(), Y: list(), V: list(), U: list(), Delta: list(), Eps: list()}
	s.UAll = take(c.NW())
	s.Y[0] = take(c.D(0))
	for i := 1; i <= n; i++ {
		s.F[i], s.Y[i], s.V[i], s.Delta[i] = take(c.D(i)), take(c.D(i)), take(c.D(i)), take(c.D(i))
		if i >= 2 {
			s.Eps[i] = take(c.D(i - 1))
		}
		s.U[i] = c.part(i, s.UAll)
	}
	for _, option := range options {
		option(s)
	}
	return s
}

// Pass runs (5a), (5b) and (5c) of c at input x and weights w with the
// perturbations of p, or the exact pass (4) when p is nil. It allocates
// nothing. It panics when x, w, s or p do not have the chain's shape.
func (s *State) Pass(c *Chain, x, w []float64, p Perturber) {
	s.Forward(c, x, w, p)
	s.backward(c, w, p)
}

// Forward runs (5a): Y_0 = x, Y_i = f_i(Y_{i-1}, w_i) + delta_i. It panics like Pass.
func (s *State) Forward(c *Chain, x, w []float64, p Perturber) {
	s.must(c, w, p)
	mustLen("input has", len(x), c.D(0))
	s.passed = true
	copy(s.Y[0], x)
	for i := 1; i <= c.N(); i++ {
		f := s.F[i]
		c.ops[i-1].Forward(f, s.Y[i-1], c.part(i, w))
		if p == nil {
			clear(s.Delta[i])
			copy(s.Y[i], f)
			continue
		}
		p.Delta(i, s.Delta[i], f)
		add(s.Y[i], f, s.Delta[i])
	}
}

// Backward runs (5b) and (5c) at the states that Forward left:
// V_N = 1, U_i = J2_i(Y_{i-1}, w_i)^T V_i, V_{i-1} = J1_i(Y_{i-1}, w_i)^T V_i + eps_i,
// with Y_{i-1} + zeta_i for Y_{i-1} where p is a Reader. It panics like Pass, and without a
// Forward before it: what it would give is the gradient at states of zeros.
func (s *State) Backward(c *Chain, w []float64, p Perturber) {
	s.must(c, w, p)
	s.mustHavePassed("backward pass")
	s.backward(c, w, p)
}

func (s *State) backward(c *Chain, w []float64, p Perturber) {
	n := c.N()
	s.V[n][0] = 1
	if (p != nil || s.Read != nil) && s.readsBackward(c, w, p) {
		return
	}
	for i := n; i >= 1; i-- {
		op, wi := c.ops[i-1], c.part(i, w)
		op.VJP2(s.U[i], s.Y[i-1], wi, s.F[i], s.V[i])
		if i == 1 {
			break
		}
		v := s.V[i-1]
		op.VJP1(v, s.Y[i-1], wi, s.F[i], s.V[i])
		if p == nil {
			clear(s.Eps[i])
			continue
		}
		p.Eps(i, s.Eps[i], v)
		add(v, v, s.Eps[i])
	}
}

// readsBackward is backwardRead where it is called for.
//
//go:noinline
func (s *State) readsBackward(c *Chain, w []float64, p Perturber) bool {
	r := reader(p)
	if r == nil && s.Read == nil {
		return false
	}
	s.backwardRead(c, w, p, r)
	return true
}

// backwardRead is backward of a State with Zeta, or for a Perturber r that has one; r is p
// or nil.
func (s *State) backwardRead(c *Chain, w []float64, p Perturber, r Reader) {
	if s.Read == nil {
		mustNotRead("a State made without WithZeta", p)
	}
	for i := c.N(); i >= 1; i-- {
		op, wi, zeta, read, f := c.ops[i-1], c.part(i, w), s.Zeta[i], s.Read[i], s.F[i]
		if r == nil {
			clear(zeta)
			copy(read, s.Y[i-1])
		} else {
			r.Zeta(i, zeta, s.Y[i-1])
			add(read, s.Y[i-1], zeta)
			f = s.again[i]
			op.Forward(f, read, wi)
		}
		op.VJP2(s.U[i], read, wi, f, s.V[i])
		if i == 1 {
			break
		}
		v := s.V[i-1]
		op.VJP1(v, read, wi, f, s.V[i])
		if p == nil {
			clear(s.Eps[i])
			continue
		}
		p.Eps(i, s.Eps[i], v)
		add(v, v, s.Eps[i])
	}
}

// Loss is Y_N, the value of F at the pass. It panics where there was none.
func (s *State) Loss() float64 {
	s.mustBeMade()
	s.mustHavePassed("loss")
	return s.Y[len(s.Y)-1][0]
}

func (s *State) mustBeMade() {
	if s == nil || s.c == nil {
		panic("core: nil or zero State")
	}
}

func (s *State) mustHavePassed(what string) {
	if !s.passed {
		panic("core: " + what + " of a State without a forward pass")
	}
}

func (s *State) must(c *Chain, w []float64, p Perturber) {
	s.mustBeMade()
	mustShape("State", s.c, c)
	mustLen("weights have", len(w), c.NW())
	if g, ok := p.(*Given); ok {
		g.mustFit(c.N())
	}
}

func add(dst, a, b []float64) {
	b = b[:len(a)]
	dst = dst[:len(a)]
	for k, v := range a {
		dst[k] = v + b[k]
	}
}

package expect

import (
	"fmt"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
)

// MaxLeaves caps the joint outcomes of one pass.
const MaxLeaves = 1 << 20

// TooManyLeaves says that a pass has more joint outcomes, or its tree more nodes,
// than the cap.
type TooManyLeaves struct {
	AtLeast   int  // counted so far
	Cap       int  // of the same
	Nodes     bool // counted are nodes
	LikeFirst float64
	// LikeFirst is the number of joint outcomes if all paths branch as the first
	// does, so that number itself unless laws look at the state; 0: not known.
}

// Error implements error.
func (e *TooManyLeaves) Error() string {
	what, many := "joint outcomes", ""
	if e.Nodes {
		what = "nodes"
	}
	if e.LikeFirst > 0 {
		many = fmt.Sprintf("; %.10g joint outcomes if all paths branch as the first does", e.LikeFirst)
	}
	return fmt.Sprintf("expect: at least %d %s, the cap is %d%s", e.AtLeast, what, e.Cap, many)
}

// stateful reports a law whose number of outcomes may depend on the state.
func (p *Plan) stateful() bool {
	for _, laws := range [][]perturb.Finite{p.Delta, p.Eps, p.Zeta} {
		for _, l := range laws {
			if l == nil {
				continue
			}
			if s := l.Spec(); !s.Single() && s.Law != "twopoint" && s.Law != "table" {
				return true
			}
		}
	}
	return false
}

// odometer is a core.Reader that plays back one path of outcomes, extends it
// with first outcomes, and remembers how many there were at each site.
type odometer struct {
	plan    *Plan
	t       int
	path    []int // outcome at each site met
	support []int
	at      int
	p       float64
	err     error
}

// Delta implements core.Perturber.
func (o *odometer) Delta(i int, dst, f []float64) { o.draw("delta", law(o.plan.Delta, i), i, dst, f) }

// Eps implements core.Perturber.
func (o *odometer) Eps(i int, dst, b []float64) { o.draw("eps", law(o.plan.Eps, i), i, dst, b) }

// Reads implements core.Reader.
func (o *odometer) Reads() bool { return o.plan.reads() }

// Zeta implements core.Reader.
func (o *odometer) Zeta(i int, dst, y []float64) { o.draw("zeta", law(o.plan.Zeta, i), i, dst, y) }

func law(laws []perturb.Finite, i int) perturb.Finite {
	if i >= len(laws) {
		return nil
	}
	return laws[i]
}

func (o *odometer) draw(name string, l perturb.Finite, i int, dst, s []float64) {
	if o.at == len(o.path) {
		n := 1
		if l != nil {
			n = l.Support(s, o.t)
		}
		if n < 1 && o.err == nil {
			o.err = supportError(name, i, n)
		}
		o.path = append(o.path, 0)
		o.support = append(o.support, n)
	}
	k := o.path[o.at]
	o.at++
	if l == nil || o.err != nil {
		clear(dst)
		return
	}
	p := l.Outcome(dst, s, o.t, k)
	if !(p > 0 && p <= 1) && o.err == nil {
		o.err = fmt.Errorf("expect: %s_%d: outcome %d has probability %v", name, i, k, p)
	}
	o.p *= p
}

func supportError(name string, i, n int) error {
	if n == perturb.TooMany {
		return fmt.Errorf("expect: %s_%d: %w", name, i, &TooManyLeaves{AtLeast: perturb.MaxSupport + 1, Cap: MaxLeaves})
	}
	return fmt.Errorf("expect: %s_%d: the law has %d outcomes", name, i, n)
}

// next moves to the next path in lexicographic order.
func (o *odometer) next() bool {
	for n := len(o.path); n > 0; n-- {
		if o.path[n-1]++; o.path[n-1] < o.support[n-1] {
			o.path, o.support = o.path[:n], o.support[:n]
			return true
		}
	}
	return false
}

// like is the product of the supports along the path of first outcomes, 0 when a
// law fails there. It passes through s.
func (o *odometer) like(s *core.State, c *core.Chain, x, w []float64, plan *Plan, t int) float64 {
	*o = odometer{plan: plan, t: t, path: o.path[:0], support: o.support[:0], p: 1}
	s.Pass(c, x, w, o)
	if o.err != nil {
		return 0
	}
	n := 1.0
	for _, k := range o.support {
		n *= float64(k)
	}
	return n
}

// Enumerate runs the pass of c at (x, w) once for every joint outcome of the
// plan's laws at step t, in lexicographic order of Path, and calls visit with
// the leaf and the state; both are only lent. It stops at visit's error. More
// than MaxLeaves outcomes are a *TooManyLeaves.
func Enumerate(c *core.Chain, x, w []float64, plan *Plan, t int, visit func(*Leaf, *core.State) error) error {
	return NewEnumerator(c).Enumerate(x, w, plan, t, visit)
}

// Enumerator is Enumerate with a workspace, for many passes of one chain. It is not safe
// for concurrent use, nor may visit enumerate with the same.
type Enumerator struct {
	c    *core.Chain
	s    *core.State
	at   odometer
	leaf Leaf
}

// NewEnumerator returns an Enumerator for c.
func NewEnumerator(c *core.Chain) *Enumerator {
	e := &Enumerator{c: c}
	e.use(core.NewState(c))
	return e
}

// use makes s the state of the passes.
func (e *Enumerator) use(s *core.State) {
	e.s, e.leaf = s, Leaf{Delta: s.Delta, Eps: s.Eps, Zeta: s.Zeta}
}

// Enumerate is the function of that name.
func (e *Enumerator) Enumerate(x, w []float64, plan *Plan, t int, visit func(*Leaf, *core.State) error) error {
	return e.enumerate(x, w, plan, t, MaxLeaves, visit)
}

// enumerate is Enumerate of at most so many leaves.
func (e *Enumerator) enumerate(x, w []float64, plan *Plan, t, most int, visit func(*Leaf, *core.State) error) error {
	if reads := plan.reads(); reads != (e.s.Read != nil) {
		if reads {
			e.use(core.NewState(e.c, core.WithZeta))
		} else {
			e.use(core.NewState(e.c))
		}
	}
	o, s, leaf := &e.at, e.s, &e.leaf
	*o = odometer{plan: plan, t: t, path: o.path[:0], support: o.support[:0]}
	for n := 1; ; n++ {
		if n > most {
			return &TooManyLeaves{AtLeast: n, Cap: most, LikeFirst: new(odometer).like(s, e.c, x, w, plan, t)}
		}
		o.at, o.p = 0, 1
		s.Pass(e.c, x, w, o)
		if o.err != nil {
			return o.err
		}
		leaf.P, leaf.Path = o.p, o.path
		if err := visit(leaf, s); err != nil {
			return err
		}
		if !o.next() {
			return nil
		}
	}
}

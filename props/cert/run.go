package cert

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// Run makes a certificate one about T steps of (5d) from the weights w^0 = W, on
// one sample, so that sigma = 0: every law has one outcome, the same at every step.
type Run struct {
	Gamma *big.Rat // step size, 0 < g <= 1/(3L)
	Steps int      // T
	L     *big.Rat // A1
	LStar *big.Rat // l* = min l, or below it; eq41 and thm5, which have l* on both sides: l* itself
	Mu    *big.Rat // A4, > 0; eq41 and thm5 only, else nil
}

// Caps on a run. F is at most quadratic in the weights, so that L, l* and mu are
// statements about one symmetric matrix; an intermediate state may have the
// degree MaxDegree. At a fixed point of its perturbed step a run is free, so that
// it may be longer there.
const (
	MaxSteps   = 1 << 14
	MaxMoves   = 1 << 11 // steps that change the weights
	MaxWeights = 6
	MaxDegree  = 4
)

type runJSON struct {
	Gamma *string `json:"gamma"`
	Steps *int    `json:"steps"`
	L     *string `json:"L"`
	LStar *string `json:"lstar"`
	Mu    *string `json:"mu,omitempty"`
}

func (p *parser) run(c *Certificate, cl *claim, r *runJSON) {
	if !cl.run {
		p.superfluous("run", r != nil, "%s is not about a run", c.Claim)
		return
	}
	if p.missing("run", r == nil) {
		return
	}
	c.Run = &Run{
		Gamma: p.rat("run.gamma", r.Gamma, MaxDigits), Steps: p.integer("run.steps", r.Steps, 1, MaxSteps),
		L: p.rat("run.L", r.L, MaxDigits), LStar: p.rat("run.lstar", r.LStar, MaxDigits),
	}
	if cl.pl {
		c.Run.Mu = p.rat("run.mu", r.Mu, MaxDigits)
	} else {
		p.superfluous("run.mu", r.Mu != nil, "%s is not under A4", c.Claim)
	}
	p.certain("delta", c.Delta)
	p.certain("eps", c.Eps)
	n := 0
	for _, w := range c.W {
		n += len(w)
	}
	if n < 1 || n > MaxWeights {
		p.fail("w", "%d weights, a run wants 1..%d", n, MaxWeights)
	}
}

func (p *parser) certain(name string, laws map[int]Law) {
	for _, i := range slices.Sorted(maps.Keys(laws)) {
		if n := len(laws[i]); n > 1 {
			p.fail(fmt.Sprintf("%s.%d", name, i), "%d outcomes, a run has one", n)
		}
	}
}

// numbers lists those of the run.
func (r *Run) numbers() []*big.Rat {
	l := []*big.Rat{r.Gamma, r.L, r.LStar}
	if r.Mu != nil {
		l = append(l, r.Mu)
	}
	return l
}

func (r *Run) encode() runJSON {
	j := runJSON{Gamma: text(r.Gamma), Steps: &r.Steps, L: text(r.L), LStar: text(r.LStar)}
	if r.Mu != nil {
		j.Mu = text(r.Mu)
	}
	return j
}

// training is what a run amounts to.
type training struct {
	*Run
	d0, gapT *big.Rat // l(w^0) - l*, l(w^T) - l*

	// |grad l(w^t)|^2 and |U-u|^2 by step; the last ones are those of all later steps too.
	grads, errors []*big.Rat
}

// train checks A1, A4, l* and the step size, and runs the T steps from the
// weights of the model. It leaves the hull of all states in m.hull.
func (m *model) train(r *Run, x []*big.Rat) (*training, error) {
	q, err := m.quadratic(x)
	if err != nil {
		return nil, err
	}
	if err := r.check(q); err != nil {
		return nil, err
	}
	t := &training{Run: r}
	var w []*big.Rat
	for _, wi := range m.w[1:] {
		w = append(w, wi...)
	}
	t.d0 = sub(q.at(w), r.LStar)
	for step := range r.Steps {
		if step == MaxMoves {
			return nil, refuse("run.steps", "is %d, the weights still move after %d", r.Steps, MaxMoves)
		}
		grad, u, err := m.step(x, w)
		if err != nil {
			return nil, err
		}
		t.grads = append(t.grads, norm2(grad))
		t.errors = append(t.errors, norm2(difference(u, grad)))
		next := make([]*big.Rat, len(w))
		for k := range w {
			next[k] = sub(w[k], mul(1, r.Gamma, u[k]))
		}
		if err := notTooLarge("w", step+1, next); err != nil {
			return nil, err
		}
		if vector(next) == vector(w) { // a fixed point: the other steps are this one
			break
		}
		w = next
	}
	t.gapT = sub(q.at(w), r.LStar)
	return t, nil
}

// step runs the exact and the perturbed pass at the flat weights w and enters
// their states into the hull.
func (m *model) step(x, w []*big.Rat) (grad, u []*big.Rat, err error) {
	here := &model{n: m.n, ops: m.ops, w: make([][]*big.Rat, m.n+1), sites: m.sites}
	for i := 1; i <= m.n; i++ {
		here.w[i], w = w[:m.ops[i].nw], w[m.ops[i].nw:]
	}
	here.exact = here.newLeaf()
	if err := here.pass(&here.exact, x); err != nil {
		return nil, nil, err
	}
	if err := here.walk(x); err != nil {
		return nil, nil, err
	}
	m.hull = joined(m.hull, here.boxes())
	return slices.Concat(here.exact.u[1:]...), slices.Concat(here.leaves[0].u[1:]...), nil
}

// joined is the hull of two lists of boxes; a is nil at first.
func joined(a, b [][]interval) [][]interval {
	if a == nil {
		return b
	}
	for i := range b {
		for k, e := range b[i] {
			a[i][k] = a[i][k].hull(e.lo).hull(e.hi)
		}
	}
	return a
}

// quadratic is F(x; w) = c + <b, w> + <w, H w>/2.
type quadratic struct {
	c *big.Rat
	b []*big.Rat
	h [][]*big.Rat
}

func (q *quadratic) at(w []*big.Rat) *big.Rat {
	s := new(big.Rat).Set(q.c)
	for k := range w {
		s.Add(s, mul(1, q.b[k], w[k]))
		for l := range w {
			s.Add(s, new(big.Rat).Quo(mul(1, q.h[k][l], w[k], w[l]), num(2)))
		}
	}
	return s
}

// quadratic composes the operators into a polynomial of the weights.
func (m *model) quadratic(x []*big.Rat) (*quadratic, error) {
	var state []poly
	for _, v := range x {
		state = append(state, poly{{v, nil}})
	}
	first := 0
	for i := 1; i <= m.n; i++ {
		o := &m.ops[i]
		args := state
		for k := range o.nw {
			args = append(args, poly{{num(1), []int{first + k}}})
		}
		first += o.nw
		next := make([]poly, o.out)
		for j, f := range o.f {
			next[j] = f.compose(args)
			if d := next[j].degree(); d > MaxDegree {
				return nil, refuse("run", "state %d is of degree %d in the weights, at most %d", i, d, MaxDegree)
			}
		}
		state = next
	}
	f := state[0]
	if d := f.degree(); d > 2 {
		return nil, refuse("run", "F is of degree %d in the weights, at most 2", d)
	}
	q := &quadratic{c: new(big.Rat), b: zeros(first)}
	for range first {
		q.h = append(q.h, zeros(first))
	}
	for _, t := range f {
		switch v := t.vars; len(v) {
		case 0:
			q.c.Add(q.c, t.c)
		case 1:
			q.b[v[0]].Add(q.b[v[0]], t.c)
		default: // both mixed derivatives, or twice the square's
			q.h[v[0]][v[1]].Add(q.h[v[0]][v[1]], t.c)
			q.h[v[1]][v[0]].Add(q.h[v[1]][v[0]], t.c)
		}
	}
	return q, nil
}

// compose puts the polynomials args for the variables of p.
func (p poly) compose(args []poly) poly {
	var sum poly
	for _, t := range p {
		prod := poly{{t.c, nil}}
		for _, k := range t.vars {
			prod = prod.times(args[k])
		}
		sum = append(sum, prod...)
	}
	return sum.merged()
}

func (p poly) times(q poly) poly {
	var r poly
	for _, a := range p {
		for _, b := range q {
			r = append(r, term{mul(1, a.c, b.c), slices.Concat(a.vars, b.vars)})
		}
	}
	return r.merged()
}

// merged adds up the terms with the same variables and drops those that are 0.
func (p poly) merged() poly {
	at := map[string]int{}
	var r poly
	for _, t := range p {
		vars := slices.Sorted(slices.Values(t.vars))
		key := fmt.Sprint(vars)
		k, has := at[key]
		if !has {
			at[key] = len(r)
			r = append(r, term{new(big.Rat).Set(t.c), vars})
			continue
		}
		r[k].c.Add(r[k].c, t.c)
	}
	return slices.DeleteFunc(r, func(t term) bool { return t.c.Sign() == 0 })
}

func (p poly) degree() int {
	d := 0
	for _, t := range p {
		d = max(d, len(t.vars))
	}
	return d
}

// check decides the hypotheses of section 4 for q, without roots.
func (r *Run) check(q *quadratic) error {
	n := len(q.b)
	// shifted is s I + f H, or that with f H from above.
	shifted := func(s *big.Rat, f int64) [][]*big.Rat {
		m := make([][]*big.Rat, n)
		for i := range m {
			m[i] = zeros(n)
			for j := range m[i] {
				m[i][j] = mul(f, q.h[i][j])
			}
			m[i][i].Add(m[i][i], s)
		}
		return m
	}
	above := q.above(r.LStar)
	switch {
	case r.L.Sign() <= 0 || !semidefinite(shifted(r.L, -1)) || !semidefinite(shifted(r.L, 1)):
		return refuse("run.L", "is %s, not a Lipschitz constant of grad l", r.L.RatString())
	case r.Gamma.Sign() <= 0 || mul(3, r.L, r.Gamma).Cmp(num(1)) > 0:
		return refuse("run.gamma", "is %s, want 0 < gamma <= 1/(3L)", r.Gamma.RatString())
	case !semidefinite(above):
		return refuse("run.lstar", "is %s, l goes below it", r.LStar.RatString())
	case r.Mu == nil:
		return nil
	case r.Mu.Sign() <= 0 || !semidefinite(shifted(mul(-1, r.Mu), 1)):
		return refuse("run.mu", "is %s, not shown to be a PL constant", r.Mu.RatString())
	case above[n][n].Sign() != 0: // the last pivot is 2(l* - lstar)
		return refuse("run.lstar", "is %s, l does not go down to it", r.LStar.RatString())
	case r.Steps*(r.contraction().Denom().BitLen()-1) > MaxSideDigits*bitsPerDigit:
		return refuse("run.steps", "is %d, (1 - mu gamma/3)^T has more than %d digits", r.Steps, MaxSideDigits)
	}
	return nil
}

// bitsPerDigit is more than a decimal digit is worth.
const bitsPerDigit = 4

// contraction is 1 - mu g/3 of (38).
func (r *Run) contraction() *big.Rat {
	return sub(num(1), new(big.Rat).Quo(mul(1, r.Mu, r.Gamma), num(3)))
}

// above is the matrix of the form 2(F - low) in (w, 1), which is semidefinite if
// and only if F >= low everywhere.
func (q *quadratic) above(low *big.Rat) [][]*big.Rat {
	n := len(q.b)
	m := make([][]*big.Rat, n+1)
	for i := range n {
		m[i] = append(slices.Clone(q.h[i]), q.b[i])
		for j := range m[i] {
			m[i][j] = new(big.Rat).Set(m[i][j])
		}
	}
	m[n] = append(slices.Clone(q.b), mul(2, sub(q.c, low)))
	for j := range m[n] {
		m[n][j] = new(big.Rat).Set(m[n][j])
	}
	return m
}

// meanOfGrads is (1/T) sum_{t<T} |grad l(w^t)|^2.
func meanOfGrads(s *sides, _ int) []Term {
	last := len(s.t.grads) - 1
	share := func(steps int) Factor {
		return factor(big.NewRat(int64(steps), int64(s.t.Steps)), "%d/T", steps)
	}
	terms := between(0, last-1, func(t int) Term {
		return Term{share(1), factor(s.t.grads[t], "|grad l(w^%d)|^2", t)}
	})
	final := factor(s.t.grads[last], "|grad l(w^%d)|^2", last)
	if rest := s.t.Steps - last; rest > 1 {
		final.Name += " and its like"
		return append(terms, Term{share(rest), final})
	}
	return append(terms, Term{share(1), final})
}

func gapAtT(s *sides, _ int) []Term { return one(factor(s.t.gapT, "l(w^T)-l*")) }

// power is (1 - mu g/3)^n, the name of which is q^n.
func (s *sides) power(n int) Factor {
	s.define("q", "1 - mu g/3", s.t.contraction())
	return factor(pow(s.t.contraction(), n), "q^%d", n)
}

// geometric is q^from + ... + q^to.
func (s *sides) geometric(from, to int) Factor {
	q := s.t.contraction()
	s.define("q", "1 - mu g/3", q)
	v := new(big.Rat).Quo(sub(pow(q, from), pow(q, to+1)), sub(num(1), q))
	return factor(v, "(q^%d + ... + q^%d)", from, to)
}

// errors are the terms of sum_{t<T} q^{T-t-less} |U-u|^2: one for each step that changes the
// weights, one for all others.
func (s *sides) errors(less int) []Term {
	var terms []Term
	last := len(s.t.errors) - 1
	for t, e := range s.t.errors[:last] {
		terms = append(terms, Term{s.power(s.t.Steps - t - less), factor(e, "|U-u|^2 at t = %d", t)})
	}
	e := s.t.errors[last]
	if last == s.t.Steps-1 {
		return append(terms, Term{s.power(1 - less), factor(e, "|U-u|^2 at t = %d", last)})
	}
	return append(terms, Term{s.geometric(1-less, s.t.Steps-last-less), factor(e, "|U-u|^2 from t = %d on", last)})
}

// start is q^T D0.
func (s *sides) start() Term { return Term{s.power(s.t.Steps), s.initial()} }

func (s *sides) initial() Factor { return s.define("D0", "l(w^0) - l*", s.t.d0) }

// weightOfSecond and weightOfBias are what (40) and (41) put before E|U-u|^2 and
// E|E_t[U-u]|^2. Without chance both are |U-u|^2.
func (s *sides) weightOfSecond() Factor { return factor(mul(1, s.t.L, sq(s.t.Gamma)), "L g^2") }

func (s *sides) weightOfBias() Factor {
	return factor(new(big.Rat).Quo(s.t.Gamma, num(2)), "g/2")
}

// eq41 is the right side of (41) for sigma = 0.
func eq41(s *sides, _ int) []Term { return descended(s, 0) }

// unrolled40 is (40) applied T times, which weights step t with q^{T-1-t}.
func unrolled40(s *sides, _ int) []Term { return descended(s, 1) }

// descended is q^T D0 + (L g^2 + g/2) sum_{t<T} q^{T-t-less} |U-u|^2.
func descended(s *sides, less int) []Term {
	errors := s.errors(less)
	return slices.Concat([]Term{s.start()}, times(s.weightOfSecond(), errors), times(s.weightOfBias(), errors))
}

// eq37 is the right side of (37) for sigma = 0 and right sides of (13) and (23) that are
// the same at every step.
func eq37(s *sides, _ int) []Term {
	g := s.t.Gamma
	steps := new(big.Rat).Quo(num(6), mul(int64(s.t.Steps), g))
	return slices.Concat(
		[]Term{{factor(steps, "6/(g T)"), s.initial()}},
		times(factor(mul(6, s.t.L, g), "6 L g"), eq13(s, 0)),
		times(three(), eq23(s, 0)))
}

// eq38 is the right side of (38) likewise.
func eq38(s *sides, _ int) []Term {
	weights := s.geometric(1, s.t.Steps)
	return slices.Concat(
		[]Term{s.start()},
		times(weights, times(s.weightOfSecond(), eq13(s, 0))),
		times(weights, times(s.weightOfBias(), eq23(s, 0))))
}

func (r *Report) runLines(line func(name, format string, args ...any)) {
	c := r.Certificate
	line("run", "T = %d steps of (5d) with g = %s, the same perturbations at every step; sigma = 0",
		c.Run.Steps, c.Run.Gamma.RatString())
	parts := []string{"L = " + c.Run.L.RatString(), "l* >= " + c.Run.LStar.RatString()}
	if c.Run.Mu != nil {
		parts[1] = "l* = " + c.Run.LStar.RatString()
		parts = append(parts, "mu = "+c.Run.Mu.RatString())
	}
	line("A1, A4", "%s", strings.Join(parts, ", "))
}

// Minimizer are the weights at which the loss of a run is least: where its gradient is 0. The
// error is a *Refusal where there is no run, or no such point or more than one.
func (c *Certificate) Minimizer() ([]*big.Rat, error) {
	if c.Run == nil {
		return nil, refuse("run", "there is none")
	}
	m, err := newModel(c)
	if err != nil {
		return nil, err
	}
	q, err := m.quadratic(c.X)
	if err != nil {
		return nil, err
	}
	n := len(q.b)
	rows := make([][]*big.Rat, n) // H w = -b
	for i := range rows {
		for _, h := range q.h[i] {
			rows[i] = append(rows[i], new(big.Rat).Set(h))
		}
		rows[i] = append(rows[i], mul(-1, q.b[i]))
	}
	for k := range rows {
		p := slices.IndexFunc(rows[k:], func(row []*big.Rat) bool { return row[k].Sign() != 0 })
		if p < 0 {
			return nil, refuse("run", "the gradient is 0 at no point, or at more than one")
		}
		rows[k], rows[k+p] = rows[k+p], rows[k]
		inverse := new(big.Rat).Inv(rows[k][k])
		for j := range rows[k] {
			rows[k][j] = mul(1, rows[k][j], inverse)
		}
		for i := range rows {
			if f := rows[i][k]; i != k && f.Sign() != 0 {
				for j := range rows[i] {
					rows[i][j] = sub(rows[i][j], mul(1, f, rows[k][j]))
				}
			}
		}
	}
	w := make([]*big.Rat, n)
	for i := range w {
		w[i] = rows[i][n]
	}
	return w, nil
}

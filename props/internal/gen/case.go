package gen

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/internal/expect"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Case is one perturbed pass in data: what a search finds, a test shrinks and
// a file replays. Delta[i-1] is the law of delta_i (i = 1..N) and Eps[i-1] that
// of eps_i (i = 2..N; the entry of eps_1 is the law zero). With a Run it is many
// passes.
type Case struct {
	Chain []core.Spec    `json:"chain"`
	X     []float64      `json:"x"`
	W     [][]float64    `json:"w"`
	Delta []perturb.Spec `json:"delta"`
	Eps   []perturb.Spec `json:"eps"`
	Run   *Run           `json:"run,omitempty"` // nil for one pass
}

// MaxChain caps the operators of a case: eight times MaxN, the longest chain that
// is drawn. Bounds take N up to 1024, but not in math/big in a time that a replay has.
const MaxChain = 64

// MaxLeaves caps the joint outcomes of one case.
const MaxLeaves = 1 << 16

// Pass is a case ready to run.
type Pass struct {
	Chain *core.Chain
	X, W  []float64
	Plan  expect.Plan
}

// Build checks the case and prepares it. The error names the field, the
// operator and the value.
func (c *Case) Build() (*Pass, error) { return new(Builder).Build(c) }

// Builder builds cases one after the other, and the chain anew only where it is not that
// of the case before. The zero value is ready; it is not safe for concurrent use.
type Builder struct {
	specs []core.Spec // of the chain, not shared with a case
	chain *core.Chain
}

// chainOf is the chain of a case.
func (b *Builder) chainOf(c *Case) (*core.Chain, error) {
	if b.chain != nil && slices.EqualFunc(b.specs, c.Chain, sameOp) {
		return b.chain, nil
	}
	b.chain = nil
	chain, err := core.FromSpecs(c.Chain)
	if err != nil {
		return nil, err
	}
	b.chain, b.specs = chain, append(b.specs[:0], c.Chain...)
	for k := range b.specs {
		b.specs[k].A = cloneRows(b.specs[k].A)
	}
	return chain, nil
}

// sameOp compares to the last bit.
func sameOp(a, b core.Spec) bool {
	if a.Op != b.Op || a.In != b.In || a.Out != b.Out || a.N != b.N || a.Label != b.Label {
		return false
	}
	return (a.A == nil) == (b.A == nil) && slices.EqualFunc(a.A, b.A, sameBits)
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// Build is Case.Build.
func (b *Builder) Build(c *Case) (*Pass, error) {
	if len(c.Chain) > MaxChain {
		return nil, fmt.Errorf("gen: chain has %d operators, want at most %d", len(c.Chain), MaxChain)
	}
	chain, err := b.chainOf(c)
	if err != nil {
		return nil, err
	}
	n := chain.N()
	if len(c.X) != chain.D(0) {
		return nil, fmt.Errorf("gen: x has length %d, operator 1 takes %d", len(c.X), chain.D(0))
	}
	if err := finite("x", c.X); err != nil {
		return nil, err
	}
	if len(c.W) != n || len(c.Delta) != n || len(c.Eps) != n {
		return nil, fmt.Errorf("gen: w, delta, eps have %d, %d, %d entries, want one for each of %d operators",
			len(c.W), len(c.Delta), len(c.Eps), n)
	}
	p := &Pass{Chain: chain, X: c.X, W: make([]float64, chain.NW())}
	p.Plan.Delta = make([]perturb.Finite, n+1)
	p.Plan.Eps = make([]perturb.Finite, n+1)
	for i := 1; i <= n; i++ {
		w := chain.W(i, p.W)
		if len(c.W[i-1]) != len(w) {
			return nil, fmt.Errorf("gen: w[%d] has length %d, operator %d has %d weights", i-1, len(c.W[i-1]), i,
				len(w))
		}
		if err := finite("w", c.W[i-1], i-1); err != nil {
			return nil, err
		}
		copy(w, c.W[i-1])
		if p.Plan.Delta[i], err = law(&c.Delta[i-1], chain.D(i)); err != nil {
			return nil, fmt.Errorf("delta[%d]: %w", i-1, err)
		}
		if p.Plan.Eps[i], err = law(&c.Eps[i-1], chain.D(i-1)); err != nil {
			return nil, fmt.Errorf("eps[%d]: %w", i-1, err)
		}
	}
	if p.Plan.Eps[1] != nil {
		return nil, fmt.Errorf("gen: eps[0] is %q; eps_1 does not exist, want zero", c.Eps[0].Law)
	}
	return p, nil
}

// finite checks the entries of v, which is called name, with indices where it is one of
// many.
func finite(name string, v []float64, index ...int) error {
	for k, x := range v {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			for _, i := range index {
				name += fmt.Sprintf("[%d]", i)
			}
			return fmt.Errorf("gen: %s[%d] is %v", name, k, x)
		}
	}
	return nil
}

// law builds a finite law for states of length n, nil for zero.
func law(s *perturb.Spec, n int) (perturb.Finite, error) {
	if s.Law == "zero" || s.Law == "" {
		return nil, nil
	}
	for _, d := range vectors(s) {
		if len(*d) != n {
			return nil, fmt.Errorf("gen: law %q of length %d on a state of %d", s.Law, len(*d), n)
		}
	}
	l, err := perturb.New(*s)
	if err != nil {
		return nil, err
	}
	f, ok := l.(perturb.Finite)
	if !ok {
		return nil, fmt.Errorf("gen: law %q has no finite support; give a table of its outcomes", s.Law)
	}
	return f, nil
}

// ReadCase reads a case as JSON, by the rules of package strict. The error names line,
// column and key.
func ReadCase(r io.Reader) (*Case, error) {
	data, err := strict.Read(r, maxCaseBytes)
	if err != nil {
		return nil, fmt.Errorf("gen: case: %w", err)
	}
	c := new(Case)
	if err := strict.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("gen: case: %w", err)
	}
	return c, nil
}

const maxCaseBytes = 1 << 24

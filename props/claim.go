package props

import (
	"fmt"

	"github.com/cascade-sgd/cascade/bounds"
	"github.com/cascade-sgd/cascade/core"
	"github.com/cascade-sgd/cascade/props/internal/expect"
)

// Form says whose inequality a claim is.
type Form string

const (
	Printed    Form = "printed"    // as in arXiv:2602.20646v1
	Repaired   Form = "repaired"   // ours, with a proof in package bounds
	Conjecture Form = "conjecture" // ours, without one
	Derivation Form = "derivation" // a step that the printed proof takes silently
	Sharp      Form = "sharp"      // ours, sharper than a printed form that holds, with a proof
	SharpEach  Form = "sharp-each" // the same with the constants of each operator
	SharpRoot  Form = "sharp-root" // the same of section 4 for the root of the gap, sharper for short bursts of bias
)

// Kind is the scenario that a claim speaks of.
type Kind int

const (
	// Step is one perturbed pass of any chain, at one input.
	Step Kind = iota
	// Nodes is Step for Lemma 2, which is claimed at every event that it
	// conditions on: an index of the claim is a node.
	Nodes
	// Linear is a network of linear operators with delta = 0, in integers small
	// enough that float64 is exact.
	Linear
	// Training is a run of one or many steps of (5d), over the tree of samples and
	// outcomes.
	Training
	// Own claims speak of sums, rates or single examples and go through their
	// cases by themselves: Judge instead of Left and Right.
	Own
)

// Claim is one inequality, Left <= Right, of the paper or of ours, in one form
// and one reading. Everything else (tests, fuzz targets, the report, the
// table in README) is made from the list of claims.
type Claim struct {
	ID        string // as in reports, stable
	Eq        string // its number in the paper
	Form      Form
	Reading   string // literal, past, total; "" where it does not matter
	Kind      Kind
	Statement string // in the notation of theory.md

	// Mixes says that the claim, true for each input x, is true for the average
	// over inputs and draws as well.
	Mixes bool

	// Span returns the first and the last index i for which the claim is made
	// on the view; nil for a claim without an index.
	Span func(v *View) (lo, hi int)
	PL   bool // the claim rests on A4: it is about problems with a known mu > 0
	// Left and Right are the two sides at index i. Both never fall when a
	// moment of the view grows.
	Left, Right func(v *View, i int) float64

	Judge func(Options) Judgement // Kind Own only

	// RestsOn is the id of the statement that the printed proof draws this one from.
	// It is named where that one fails in some reading: then a claim that holds does
	// so through slack.
	RestsOn string
}

// Name is the id, the form and the reading: unique in the list.
func (c *Claim) Name() string {
	name := c.ID + "/" + string(c.Form)
	if c.Reading != "" {
		name += "/" + c.Reading
	}
	return name
}

// Certifiable reports whether a refutation of c comes as a certificate: c is of
// the paper, or a step of its proofs that one case refutes.
func (c *Claim) Certifiable() bool {
	return c.Form == Printed || c.Form == Derivation && c.Kind != Own
}

// View is what a claim may speak of: N and the constants of A3, the norms
// |v_i|^2 of the exact pass, and the moments of the perturbed one. Slices are
// indexed like the paper.
type View struct {
	K   bounds.Const
	Per []core.Regularity // the constants of each operator, 1..N; Kind Step only
	V0  []float64         // |v_i|^2, i = 1..N
	*expect.Moments
	Nodes  [expect.Readings][]expect.Node // Kind Nodes only
	Linear *LinearFacts                   // Kind Linear only
	Run    *RunView                       // Kind Training only
	Exact  bool                           // the moments come from math/big
}

// perOp are the constants of each operator for package bounds.
func (v *View) perOp() bounds.PerOp {
	n := v.K.N + 1
	p := bounds.PerOp{J1: make([]float64, n), J2: make([]float64, n), Lf: make([]float64, n), L1: make([]float64, n)}
	for i := 1; i < n; i++ {
		r := v.Per[i]
		p.J1[i], p.J2[i], p.Lf[i], p.L1[i] = r.J1, r.J2, r.Lf, r.L1
	}
	return p
}

// Claims is the list. It is built anew, so that a caller may change its copy.
func Claims() []Claim {
	var all []Claim
	all = append(all, propagationClaims()...)
	all = append(all, linearClaims()...)
	all = append(all, biasClaims()...)
	all = append(all, trainingClaims()...)
	all = append(all, ownClaims()...)
	seen := map[string]bool{}
	for k := range all {
		c := &all[k]
		if seen[c.Name()] || c.Statement == "" || (c.Kind == Own) != (c.Judge != nil) || c.Kind != Own && (c.Left == nil || c.Right == nil) {
			panic(fmt.Sprintf("props: claim %q is a duplicate or incomplete", c.Name()))
		}
		seen[c.Name()] = true
	}
	return all
}

func (c *Claim) span(v *View) (lo, hi int) {
	if c.Span == nil {
		return 0, 0
	}
	return c.Span(v)
}

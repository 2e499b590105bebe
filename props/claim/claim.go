package claim

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Form says whose inequality a claim is.
type Form string

const (
	Printed    Form = "printed"    // as in arXiv:2602.20646v1
	Derivation Form = "derivation" // a step that the printed proof takes silently
	Repaired   Form = "repaired"   // ours, with a proof in bounds/PROOFS.md
	Conjecture Form = "conjecture" // ours, without one
	Sharp      Form = "sharp"      // ours, sharper than a printed form that holds, with a proof
	SharpEach  Form = "sharp-each" // the same with the constants of each operator
	SharpRoot  Form = "sharp-root" // the same of section 4 for the root of the gap, sharper for short bursts of bias
)

// Forms are all forms, those of the paper first.
var Forms = [...]Form{Printed, Derivation, Repaired, Conjecture, Sharp, SharpEach, SharpRoot}

// OfPaper reports that the statement, or the step, is the paper's.
func (f Form) OfPaper() bool { return f == Printed || f == Derivation }

// Sharper reports that the form improves on one that holds.
func (f Form) Sharper() bool { return f == Sharp || f == SharpEach || f == SharpRoot }

// Instead reports that the form stands beside one that fails.
func (f Form) Instead() bool { return f == Repaired || f == Conjecture }

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
	// SelfJudged claims speak of sums, rates or single examples and go through their
	// cases by themselves: Judge instead of Left and Right.
	SelfJudged
	// Kinds is their number.
	Kinds = int(iota)
)

var kindNames = [Kinds]string{"step", "nodes", "linear", "training", "self-judged"}

// String is the name of the kind in words.
func (k Kind) String() string { return kindNames[k] }

// Claim is one inequality, Left <= Right, of the paper or of a user, in one form
// and one reading. Tests, fuzz targets, reports, tables and pages are made from a
// list of claims; nothing else knows a claim by its id.
type Claim struct {
	ID        string // as in reports, stable
	Eq        string // its number in the paper, or that of its section alone, see Place
	Form      Form
	Reading   Reading
	Kind      Kind
	Statement string // in the notation of theory.md

	// Mixes says that the claim, true for each input x, is true for the average
	// over inputs and draws as well.
	Mixes bool
	// PL says that the claim rests on A4: it is about problems with a known mu > 0.
	PL bool
	// WithoutA3 says that it speaks of no constant of A3, WithoutErrors that it
	// compares exact passes: a certificate then has none.
	WithoutA3, WithoutErrors bool
	// Experiment says that a claim of Kind SelfJudged is about the experiments of section 7:
	// what refutes it is a root proved to exist, with sigma in it, and no rational numbers.
	Experiment bool
	// FirstStep says that a claim of kind Training is about the first step of a run alone,
	// OfLargest that a side is about the largest of the errors, where others sum over all.
	FirstStep, OfLargest bool

	// Span returns the first and the last index i for which the claim is made
	// on the view; nil for a claim without an index.
	Span func(v *View) (lo, hi int)
	// Left and Right are the two sides at index i. Both never fall when a moment of the
	// view grows, depend on the view alone, and leave it as it is. They are sizes: a case
	// with neither above 0 says nothing (Vacuous, Underflow), so that a claim whose sides
	// are never above 0 is Starved.
	Left, Right func(v *View, i int) float64
	// Judge goes through the cases of a claim of Kind SelfJudged by a seed; Drawn says that
	// it draws all of them, so that another seed has others.
	Judge func(seed uint64) Judgement
	Drawn bool
	// JudgeSeconds is about how long Judge takes a core, for those who say when a search
	// ends; 0 is less than a second.
	JudgeSeconds float64
	// Bet puts a claim about conditional expectations to a sequential test on runs
	// that are too long for a tree; nil for the others.
	Bet *Bet

	// Title is what the paper calls a statement that readers know by name, such as
	// "Theorem 1"; "" for the others.
	Title string
	// Panels are those of the figures of section 7 that show it: fig4/0 is the first of
	// Fig 4. Page is the generated page that it stands on beside the lists of all claims, by
	// the name that verify page has for it; "" for none.
	Panels []string
	Page   string
	// AtMost is the largest left/right that any case can have, where that is proved, and
	// AtMostBy the place of the proof; 0 and "" where it is not known.
	AtMost   float64
	AtMostBy string

	// Proof is the place of our proof: of a form of ours, and of a printed statement that
	// we prove as well. "" where there is none.
	Proof string

	// FollowsFrom are the ids that the printed proof draws this statement from; of a
	// Derivation, those from which its step leads to the printed statement.
	FollowsFrom []string
	// RestsOn is the id among them whose statement fails in some reading: a claim
	// that holds does so through slack. "" where there is none.
	RestsOn string
	// Instead says where a statement stands whose printed proof has this step, for a
	// Derivation that fails; whether it holds all the same is for the search to say.
	Instead string
}

// Name is the id, the form and the reading: unique in a list.
func (c *Claim) Name() string {
	parts := []string{c.ID, string(c.Form)}
	if c.Reading != AnyReading {
		parts = append(parts, c.Reading.String())
	}
	return strings.Join(parts, "/")
}

// FileName is the name as that of a file: id-form[-reading].json.
func (c *Claim) FileName() string { return strings.ReplaceAll(c.Name(), "/", "-") + ".json" }

// CertificateName is the file name of the claim's certificate, where printed goes
// without saying: id[-derivation][-reading].json.
func (c *Claim) CertificateName() string {
	return strings.Replace(c.FileName(), "-"+string(Printed), "", 1)
}

// Certifiable reports whether a refutation of c comes as a certificate: c is of
// the paper, or a step of its proofs that one case refutes, or a conjecture that judges
// itself, with a certificate in its judgement.
func (c *Claim) Certifiable() bool {
	switch c.Form {
	case Printed:
		return !c.Experiment
	case Derivation:
		return c.Kind != SelfJudged
	case Conjecture:
		return c.Kind == SelfJudged
	}
	return false
}

// LeadsTo reports that the printed proof draws d from c, a statement or a step.
func (c *Claim) LeadsTo(d *Claim) bool {
	if c.Form == Derivation {
		return c.Kind != SelfJudged && d.ID == c.ID
	}
	return c.Form == Printed && d.RestsOn == c.ID
}

// Complete is nil for a claim that can be searched; the error names what is
// missing.
func (c *Claim) Complete() error {
	switch {
	case c.ID == "" || strings.ContainsFunc(c.ID, func(r rune) bool {
		return r == '/' || r == unicode.ReplacementChar || unicode.IsSpace(r) || !unicode.IsPrint(r)
	}):
		return fmt.Errorf("claim: id is %.80q, want a word that can be printed, without / and spaces", c.ID)
	case c.Form == "":
		return fmt.Errorf("claim: %s has no form", c.ID)
	case !slices.Contains(Forms[:], c.Form):
		return fmt.Errorf("claim: %s is of form %.80q, want one of %v", c.ID, c.Form, Forms)
	case c.Reading < 0 || int(c.Reading) >= ReadingSlots:
		return fmt.Errorf("claim: %s has reading %d, want 0..%d", c.ID, int(c.Reading), ReadingSlots-1)
	case c.Statement == "":
		return fmt.Errorf("claim: %s has no statement", c.Name())
	case c.Kind < 0 || int(c.Kind) >= Kinds:
		return fmt.Errorf("claim: %s is of kind %d, want 0..%d", c.Name(), c.Kind, Kinds-1)
	case c.Kind == SelfJudged && c.Judge == nil:
		return fmt.Errorf("claim: %s judges itself and has no Judge", c.Name())
	case c.Kind != SelfJudged && (c.Left == nil || c.Right == nil):
		return fmt.Errorf("claim: %s has no Left or no Right", c.Name())
	}
	return nil
}

// span is the range of indices on a view.
func (c *Claim) span(v *View) (lo, hi int) {
	if c.Span == nil {
		return 0, 0
	}
	return c.Span(v)
}

var ofSection = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?(,|$)`)

// Place is the Eq of a claim for readers: "section 5.3" for a number that is that of a
// section.
func Place(eq string) string {
	if ofSection.MatchString(eq) {
		return "section " + eq
	}
	return eq
}

package search

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// SavedCase is one case with the claim that it was the worst of, in the form
// that verify saves and replays.
type SavedCase struct {
	Version int           `json:"version"`
	Claim   string        `json:"claim"` // id
	Form    claim.Form    `json:"form"`
	Reading claim.Reading `json:"reading,omitzero"`
	Ratio   claim.Number  `json:"ratio"` // left/right when it was saved
	Source  string        `json:"source,omitempty"`
	Case    *gen.Case     `json:"case"`
}

// Save makes the file of a finding's worst case, with its ratio from math/big;
// nil when there is none.
func Save(f *Finding, seed uint64) *SavedCase {
	if f.Worst == nil {
		return nil
	}
	ratio := CheckInBig(f.Claim, f.Worst).Ratio
	return &SavedCase{
		Version: 1, Claim: f.Claim.ID, Form: f.Claim.Form, Reading: f.Claim.Reading,
		Ratio: claim.Number(ratio), Source: fmt.Sprintf("seed %d, %s", seed, f.Source), Case: f.Worst,
	}
}

// Marshal is the file as verify writes it.
func (s *SavedCase) Marshal() ([]byte, error) {
	b, err := json.MarshalIndent(s, "", " ")
	return append(b, '\n'), err
}

// MaxSavedBytes caps the file of a saved case.
const MaxSavedBytes = 1 << 24

// ParseSaved parses a saved case strictly. The error names line and column.
func ParseSaved(data []byte) (*SavedCase, error) {
	s := new(SavedCase)
	if len(data) > MaxSavedBytes {
		return nil, fmt.Errorf("saved case: %d bytes, want at most %d", len(data), MaxSavedBytes)
	}
	if err := strict.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("saved case: %w", err)
	}
	switch {
	case s.Version != 1:
		return nil, fmt.Errorf("saved case: version %d, want 1", s.Version)
	case s.Case == nil:
		return nil, fmt.Errorf("saved case: no case")
	}
	if name := missing(s.Case); name != "" {
		return nil, fmt.Errorf("saved case: case has no field %q", name)
	}
	return s, nil
}

// missing is the first field that a case lacks: it would be written as null, which is refused.
func missing(c *gen.Case) string {
	switch {
	case c.Chain == nil:
		return "chain"
	case c.X == nil:
		return "x"
	case c.W == nil:
		return "w"
	case c.Delta == nil:
		return "delta"
	case c.Eps == nil:
		return "eps"
	}
	return ""
}

// Name is the name of the claim that the case was saved for.
func (s *SavedCase) Name() string {
	return (&claim.Claim{ID: s.Claim, Form: s.Form, Reading: s.Reading}).Name()
}

// IsOf reports that the case was saved for c, a claim that is searched.
func (s *SavedCase) IsOf(c *claim.Claim) bool {
	return s.Name() == c.Name() && c.Kind != claim.SelfJudged
}

// HypothesisError says that a case is well formed and breaks a hypothesis of the claim.
type HypothesisError struct{ Reason string }

// Error implements error.
func (e *HypothesisError) Error() string { return e.Reason }

// Fits is nil when the case can be measured for the claim: it is within the budget of a
// replay, it can be built, and it meets what the claim is about. The error is a
// *HypothesisError where a valid case breaks a hypothesis, and names the place and the
// value anywhere else.
func (s *SavedCase) Fits(c *claim.Claim) error {
	k := s.Case
	if len(k.Chain) <= gen.MaxChain { // else Build says so
		if err := k.Affordable(c.Kind, gen.ReplayBudget); err != nil {
			return fmt.Errorf("saved case: %w", err)
		}
	}
	p, err := k.Build()
	if err == nil && k.Run != nil {
		_, err = k.BuildRun()
	}
	if err == nil {
		err = innerLawsFit(k, p)
	}
	if err != nil {
		return fmt.Errorf("saved case: %w", err)
	}
	switch {
	case c.Kind == claim.Training && k.Run == nil:
		return &HypothesisError{fmt.Sprintf("the case has no run, %s is about one", c.ID)}
	case c.Kind != claim.Training && k.Run != nil:
		return &HypothesisError{fmt.Sprintf("the case is a run of %d steps, %s is about one pass", k.Run.Steps, c.ID)}
	case c.Kind == claim.Linear:
		return linearHypotheses(c, k)
	}
	return nil
}

// innerLawsFit checks the lengths of laws inside others, which Build does not look at.
func innerLawsFit(k *gen.Case, p *gen.Pass) error {
	for i := range k.Chain {
		for _, site := range []struct {
			name  string
			law   perturb.Spec
			width int
		}{{"delta", k.Delta[i], p.Chain.D(i + 1)}, {"eps", k.Eps[i], p.Chain.D(i)}} {
			if site.law.Inner == nil {
				continue
			}
			for _, v := range site.law.Inner.Vectors() {
				if len(*v) != site.width {
					return fmt.Errorf("%s[%d]: inner law %q of length %d on a state of %d",
						site.name, i, site.law.Inner.Law, len(*v), site.width)
				}
			}
		}
	}
	return nil
}

// linearHypotheses are those of (6): linear operators, delta = 0, and an eps that is one
// vector.
func linearHypotheses(c *claim.Claim, k *gen.Case) error {
	for i, op := range k.Chain {
		if op.Op != "linear" {
			return &HypothesisError{fmt.Sprintf("operator %d is %q, %s is about linear networks", i+1, op.Op, c.ID)}
		}
		if d, one := only(&k.Delta[i]); !one || slices.ContainsFunc(d, func(x float64) bool { return x != 0 }) {
			return &HypothesisError{fmt.Sprintf("delta_%d is of the law %q, %s is about delta = 0", i+1,
				k.Delta[i].Law, c.ID)}
		}
		if _, one := only(&k.Eps[i]); !one {
			return &HypothesisError{fmt.Sprintf("eps_%d is of the law %q, %s is about an eps without chance", i+1,
				k.Eps[i].Law, c.ID)}
		}
	}
	return nil
}

// only is the one outcome of a law that has one and does not look at the state or the
// step; nil for zero.
func only(law *perturb.Spec) (d []float64, one bool) {
	switch law.Law {
	case "zero", "":
		return nil, true
	case "constant":
		return law.D, true
	case "table":
		if len(law.Outcomes) == 1 {
			return law.Outcomes[0].D, true
		}
	}
	return nil, false
}

package search

import (
	"encoding/json"
	"fmt"

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
	return s, nil
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

// Fits is nil when the case can be measured for the claim: it can be built, it is a run
// for a claim about runs, and a network of linear operators for one about those.
func (s *SavedCase) Fits(c *claim.Claim) error {
	if _, err := s.Case.Build(); err != nil {
		return fmt.Errorf("saved case: %w", err)
	}
	switch c.Kind {
	case claim.Training:
		if _, err := s.Case.BuildRun(); err != nil {
			return fmt.Errorf("saved case: %w", err)
		}
	case claim.Linear:
		for i, op := range s.Case.Chain {
			if op.Op != "linear" {
				return &HypothesisError{fmt.Sprintf("operator %d is %q, %s is about linear networks", i+1, op.Op, c.ID)}
			}
		}
	}
	return nil
}

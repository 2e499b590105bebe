package props

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// SavedCase is one case with the claim that it was the worst of, in the form
// that verify saves and replays.
type SavedCase struct {
	Version int       `json:"version"`
	Claim   string    `json:"claim"` // id
	Form    Form      `json:"form"`
	Reading string    `json:"reading,omitempty"`
	Ratio   Number    `json:"ratio"` // left/right when it was saved
	Source  string    `json:"source,omitempty"`
	Case    *gen.Case `json:"case"`
}

// Save makes the file of a finding's worst case, with its ratio from math/big;
// nil when there is none.
func (f *Finding) Save(seed uint64) *SavedCase {
	if f.Worst == nil {
		return nil
	}
	ratio := CheckExactly(f.Claim, f.Worst).Ratio
	return &SavedCase{
		Version: 1, Claim: f.Claim.ID, Form: f.Claim.Form, Reading: f.Claim.Reading,
		Ratio: Number(ratio), Source: fmt.Sprintf("seed %d, %s", seed, f.Source), Case: f.Worst,
	}
}

// FileName is claim-form[-reading].json.
func (s *SavedCase) FileName() string {
	name := s.Claim + "-" + string(s.Form)
	if s.Reading != "" {
		name += "-" + s.Reading
	}
	return name + ".json"
}

const maxSavedBytes = 1 << 24

// ReadSaved parses a saved case strictly and finds its claim on the list.
func ReadSaved(r io.Reader) (*SavedCase, *Claim, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSavedBytes+1))
	if err != nil {
		return nil, nil, err
	}
	if len(data) > maxSavedBytes {
		return nil, nil, fmt.Errorf("saved case of more than %d bytes", maxSavedBytes)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	s := new(SavedCase)
	if err := dec.Decode(s); err != nil {
		return nil, nil, fmt.Errorf("saved case: %w", err)
	}
	switch end := dec.InputOffset(); {
	case len(bytes.TrimSpace(data[end:])) > 0:
		return nil, nil, fmt.Errorf("saved case: more data at byte %d", end)
	case s.Version != 1:
		return nil, nil, fmt.Errorf("saved case: version %d, want 1", s.Version)
	case s.Case == nil:
		return nil, nil, fmt.Errorf("saved case: no case")
	}
	for _, c := range Claims() {
		if c.ID == s.Claim && c.Form == s.Form && c.Reading == s.Reading && c.Kind != Own {
			return s, &c, nil
		}
	}
	return nil, nil, fmt.Errorf("saved case: no claim %q in form %q and reading %q", s.Claim, s.Form, s.Reading)
}

// CheckJSON refuses data that is not one JSON value; the error says where.
func CheckJSON(data []byte) error {
	var v json.RawMessage
	err := json.Unmarshal(data, &v)
	var s *json.SyntaxError
	if errors.As(err, &s) {
		return fmt.Errorf("not JSON: %s: %w", position(data, s.Offset), err)
	}
	return err
}

// position is where the byte before offset stands, both from 1.
func position(data []byte, offset int64) string {
	before := data[:min(max(offset-1, 0), int64(len(data)))]
	return fmt.Sprintf("line %d, column %d", 1+bytes.Count(before, []byte("\n")), len(before)-bytes.LastIndexByte(before, '\n'))
}

// Explain replays a saved case in math/big and tells a human what it shows. It
// reports whether that is what the file says: the same side of 1, and a ratio
// that agrees to a part in 10^6.
func Explain(w io.Writer, s *SavedCase, claim *Claim) (same bool, err error) {
	p, err := s.Case.Build()
	if err != nil {
		return false, err
	}
	if claim.Kind == Training {
		if _, err := s.Case.BuildRun(); err != nil {
			return false, err
		}
	}
	if claim.Kind == Linear {
		for i, op := range s.Case.Chain {
			if op.Op != "linear" {
				return false, fmt.Errorf("saved case: operator %d is %q, %s is about linear networks", i+1, op.Op, claim.ID)
			}
		}
	}
	var names []string
	for _, op := range s.Case.Chain {
		names = append(names, op.String())
	}
	fmt.Fprintf(w, "claim    %s, %s of arXiv:2602.20646v1, %s\n", claim.ID, claim.Eq, claim.Form)
	fmt.Fprintf(w, "says     %s\n", claim.Statement)
	fmt.Fprintf(w, "chain    N = %d: %s\n", p.Chain.N(), strings.Join(names, ", "))
	fmt.Fprintf(w, "x        %v\n", s.Case.X)
	for i, wi := range s.Case.W {
		if len(wi) > 0 {
			fmt.Fprintf(w, "w_%-2d     %v\n", i+1, wi)
		}
	}
	explainLaws(w, s.Case)
	r := CheckExactly(claim, s.Case)
	if r.Reason != Valid {
		fmt.Fprintf(w, "result   the case says nothing about the claim: %v\n", r.Reason)
		if r.Reason == StepSize {
			lo, _, _ := views(Training, s.Case)
			fmt.Fprintf(w, "         L = %.6g and g = %.6g, so 3 L g = %.6g\n", lo.Run.S.L, lo.Run.S.Gamma, 3*lo.Run.S.L*lo.Run.S.Gamma)
		}
		return false, nil
	}
	if claim.Kind == Training {
		explainRun(w, s.Case)
	}
	if claim.Kind == Step || claim.Kind == Training {
		lo, _, _ := views(claim.Kind, s.Case)
		k := lo.K
		fmt.Fprintf(w, "A3       C = %.6g, C2 = %.6g, Lf = %.6g, L1 = %.6g, L2 = %.6g on the hull of all visited states\n", k.C, k.C2, k.Lf, k.L1, k.L2)
		fmt.Fprintf(w, "         (a constant that is 0 there is given as 2^-30: A3 wants it positive)\n")
	}
	if claim.Span != nil {
		fmt.Fprintf(w, "index    i = %d\n", r.I)
	}
	fmt.Fprintf(w, "left     %.10g\nright    %.10g\nratio    %v\n", r.Left.Lo, r.Right.Hi, Number(r.Ratio))
	verdict := "left <= right: the case agrees with the claim"
	switch r.Answer {
	case No:
		verdict = "left > right: the case violates the claim"
	case Uncertain:
		verdict = "undecided at 320 bits"
	}
	fmt.Fprintf(w, "result   %s\n", verdict)
	same = (float64(s.Ratio) > 1) == (r.Ratio > 1) && agree(float64(s.Ratio), r.Ratio)
	if !same {
		fmt.Fprintf(w, "         but the file says that the ratio is %v\n", s.Ratio)
	}
	return same, nil
}

// explainRun prints what a run adds to a pass.
func explainRun(w io.Writer, c *gen.Case) {
	r := c.Run
	for k, x := range r.More {
		fmt.Fprintf(w, "x        %v, input %d\n", x, k+2)
	}
	batch := "one input drawn uniformly"
	if r.All {
		batch = "all inputs"
	}
	lo, _, _ := views(Training, c)
	s := lo.Run.S
	reg := "no regularizer"
	if r.Reg.Kind != "" && r.Reg.Kind != "none" {
		reg = fmt.Sprintf("regularizer %s with rho = %v", r.Reg.Kind, r.Reg.Rho)
	}
	fmt.Fprintf(w, "run      T = %d of (5d) with g = %v on %s each, %s\n", r.Steps, r.Gamma, batch, reg)
	fmt.Fprintf(w, "A1, A2   L = %.10g, 3 L g = %.6g, sigma^2 = %.6g at the visited weights\n", s.L, 3*s.L*r.Gamma, s.SigmaSq)
	fmt.Fprintf(w, "A4       mu = %.6g (0: none known), l(w^0) - l* = %.10g\n", s.Mu, lo.Run.D0)
}

// agree allows a part in 10^6, far above rounding and far below what a changed
// case would do.
func agree(a, b float64) bool {
	d := a - b
	return a == b || d <= 1e-6*b && -d <= 1e-6*b
}

func explainLaws(w io.Writer, c *gen.Case) {
	for i := range c.Delta {
		for _, l := range []struct {
			name string
			law  any
			zero bool
		}{
			{"delta", c.Delta[i], c.Delta[i].Law == "zero"},
			{"eps", c.Eps[i], c.Eps[i].Law == "zero"},
		} {
			if l.zero {
				continue
			}
			b, err := json.Marshal(l.law)
			if err != nil {
				b = []byte(err.Error())
			}
			fmt.Fprintf(w, "%-8s %s\n", fmt.Sprintf("%s_%d", l.name, i+1), b)
		}
	}
}

package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
)

// ReadSaved parses a saved case and finds its claim on the list.
func ReadSaved(data []byte) (*search.SavedCase, *claim.Claim, error) {
	s, err := search.ParseSaved(data)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range props.Claims() {
		if s.IsOf(&c) {
			return s, &c, nil
		}
	}
	return nil, nil, fmt.Errorf("saved case: no claim %s in form %s and reading %q",
		strict.Quote(s.Claim), strict.Quote(string(s.Form)), s.Reading)
}

// Explain replays a saved case in math/big and tells a human what it shows: the case, the
// constants, both sides term by term, and for a violation the constants that it hangs on.
// It reports whether that is what the file says: the same side of 1, and a ratio that
// agrees to a part in 10^6. The error is that of SavedCase.Fits, or of a write.
func Explain(w io.Writer, s *search.SavedCase, c *claim.Claim) (same bool, err error) {
	if err := s.Fits(c); err != nil {
		return false, err
	}
	p := &table.Printer{To: w}
	p.F("claim    %s, %s of arXiv:2602.20646v1, %s\n", c.ID, claim.Place(c.Eq), c.Form)
	if c.Reading != claim.AnyReading {
		p.F("reading  %s\n", c.Reading)
	}
	p.F("says     %s\n", c.Statement)
	explainCase(p, s.Case)
	r := search.CheckInBig(c, s.Case)
	lo, hi, _ := measure.InBig(c.Kind, s.Case, measure.BigPrec)
	if r.Reason != claim.Valid {
		p.F("result   the case says nothing about the claim: %v\n", r.Reason)
		if r.Reason == claim.StepSize {
			p.F("         L = %.6g and g = %.6g, so 3 L g = %.6g\n", lo.Run.S.L, lo.Run.S.Gamma,
				3*lo.Run.S.L*lo.Run.S.Gamma)
		}
		return false, p.Err
	}
	if c.Kind == claim.Training {
		explainRun(p, s.Case.Run, lo.Run)
	}
	if c.Kind == claim.Linear {
		explainLinear(p, lo.Linear)
	} else {
		explainConstants(p, c, lo, r.I)
		if c.Span != nil {
			p.F("index    i = %d\n", r.I)
		}
		explainSides(p, c, lo, hi, r.I)
	}
	p.F("left     %.10g\nright    %.10g\nratio    %v\n", r.Left.Lo, r.Right.Hi, claim.Number(r.Ratio))
	p.F("result   %s\n", answers[r.Answer])
	if r.Answer == claim.No && (c.Kind == claim.Step || c.Kind == claim.Nodes) {
		explainRemedy(p, c, lo, hi)
	}
	same = (float64(s.Ratio) > 1) == (r.Ratio > 1) && agree(float64(s.Ratio), r.Ratio)
	if !same {
		p.F("         but the file says that the ratio is %v\n", s.Ratio)
	}
	return same, p.Err
}

// explainLinear prints the matrices that an equation of (6) is about.
func explainLinear(p *table.Printer, net *claim.LinearNet) {
	p.F("v_1      %v\nv_N      %v\n", net.V1, net.VN)
	p.F("u_1      %v, without errors\nU_1      %v, with all eps\nU_1      %v, with eps_N alone\n", net.U0, net.U,
		net.UN)
	p.F("left     is the distance of U_1 to what the equation has, right is 0\n")
}

// answers are what a replay says.
var answers = map[claim.Answer]string{
	claim.Yes:       "left <= right: the case agrees with the claim",
	claim.No:        "left > right: the case violates the claim",
	claim.Uncertain: "undecided in math/big",
}

// explainCase prints the chain with its numbers and laws.
func explainCase(p *table.Printer, c *gen.Case) {
	var names []string
	for _, op := range c.Chain {
		names = append(names, op.String())
	}
	p.F("chain    N = %d: %s\n", len(c.Chain), strings.Join(names, ", "))
	p.F("x        %v\n", c.X)
	for i, wi := range c.W {
		if len(wi) > 0 {
			p.F("w_%-2d     %v\n", i+1, wi)
		}
	}
	explainLaws(p, c)
}

// explainRun prints what a run adds to a pass.
func explainRun(p *table.Printer, r *gen.Run, v *claim.Run) {
	for k, x := range r.More {
		p.F("x        %v, input %d\n", x, k+2)
	}
	batch := "one input drawn uniformly"
	if r.All {
		batch = "all inputs"
	}
	reg := "no regularizer"
	if r.Reg.Kind != "" && r.Reg.Kind != "none" {
		reg = fmt.Sprintf("regularizer %s with rho = %v", r.Reg.Kind, r.Reg.Rho)
	}
	p.F("run      T = %d of (5d) with g = %v on %s each, %s\n", r.Steps, r.Gamma, batch, reg)
	p.F("A1, A2   L = %.10g, 3 L g = %.6g, sigma^2 = %.6g at the visited weights\n", v.S.L, 3*v.S.L*r.Gamma,
		v.S.SigmaSq)
	p.F("A4       mu = %.6g (0: none known), l(w^0) - l* = %.10g\n", v.S.Mu, v.D0)
}

// agree allows a part in 10^6, far above rounding and far below what a changed
// case would do.
func agree(a, b float64) bool {
	d := a - b
	return a == b || d <= 1e-6*b && -d <= 1e-6*b
}

func explainLaws(p *table.Printer, c *gen.Case) {
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
			p.F("%-8s %s\n", fmt.Sprintf("%s_%d", l.name, i+1), b)
		}
	}
}

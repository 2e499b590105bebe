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
	return nil, nil, fmt.Errorf("saved case: no claim %.80q in form %.80q and reading %q", s.Claim, s.Form, s.Reading)
}

// Explain replays a saved case in math/big and tells a human what it shows. It
// reports whether that is what the file says: the same side of 1, and a ratio
// that agrees to a part in 10^6.
func Explain(w io.Writer, s *search.SavedCase, c *claim.Claim) (same bool, err error) {
	if err := s.Fits(c); err != nil {
		return false, err
	}
	p := &printer{w: w}
	p.f("claim    %s, %s of arXiv:2602.20646v1, %s\n", c.ID, c.Eq, c.Form)
	p.f("says     %s\n", c.Statement)
	explainCase(p, s.Case)
	r := search.CheckInBig(c, s.Case)
	lo, _, _ := measure.Case(c.Kind, s.Case)
	if r.Reason != claim.Valid {
		p.f("result   the case says nothing about the claim: %v\n", r.Reason)
		if r.Reason == claim.StepSize {
			p.f("         L = %.6g and g = %.6g, so 3 L g = %.6g\n", lo.Run.S.L, lo.Run.S.Gamma, 3*lo.Run.S.L*lo.Run.S.Gamma)
		}
		return false, p.err
	}
	if c.Kind == claim.Training {
		explainRun(p, s.Case.Run, lo.Run)
	}
	if c.Kind == claim.Step || c.Kind == claim.Training {
		k := lo.K
		p.f("A3       C = %.6g, C2 = %.6g, Lf = %.6g, L1 = %.6g, L2 = %.6g on the hull of all visited states\n", k.C, k.C2, k.Lf, k.L1, k.L2)
		p.f("         (a constant that is 0 there is given as 2^-30: A3 wants it positive)\n")
	}
	if c.Span != nil {
		p.f("index    i = %d\n", r.I)
	}
	p.f("left     %.10g\nright    %.10g\nratio    %v\n", r.Left.Lo, r.Right.Hi, claim.Number(r.Ratio))
	p.f("result   %s\n", answers[r.Answer])
	same = (float64(s.Ratio) > 1) == (r.Ratio > 1) && agree(float64(s.Ratio), r.Ratio)
	if !same {
		p.f("         but the file says that the ratio is %v\n", s.Ratio)
	}
	return same, p.err
}

// answers are what a replay says.
var answers = map[claim.Answer]string{
	claim.Yes:       "left <= right: the case agrees with the claim",
	claim.No:        "left > right: the case violates the claim",
	claim.Uncertain: "undecided in math/big",
}

// explainCase prints the chain with its numbers and laws.
func explainCase(p *printer, c *gen.Case) {
	var names []string
	for _, op := range c.Chain {
		names = append(names, op.String())
	}
	p.f("chain    N = %d: %s\n", len(c.Chain), strings.Join(names, ", "))
	p.f("x        %v\n", c.X)
	for i, wi := range c.W {
		if len(wi) > 0 {
			p.f("w_%-2d     %v\n", i+1, wi)
		}
	}
	explainLaws(p, c)
}

// explainRun prints what a run adds to a pass.
func explainRun(p *printer, r *gen.Run, v *claim.Run) {
	for k, x := range r.More {
		p.f("x        %v, input %d\n", x, k+2)
	}
	batch := "one input drawn uniformly"
	if r.All {
		batch = "all inputs"
	}
	reg := "no regularizer"
	if r.Reg.Kind != "" && r.Reg.Kind != "none" {
		reg = fmt.Sprintf("regularizer %s with rho = %v", r.Reg.Kind, r.Reg.Rho)
	}
	p.f("run      T = %d of (5d) with g = %v on %s each, %s\n", r.Steps, r.Gamma, batch, reg)
	p.f("A1, A2   L = %.10g, 3 L g = %.6g, sigma^2 = %.6g at the visited weights\n", v.S.L, 3*v.S.L*r.Gamma, v.S.SigmaSq)
	p.f("A4       mu = %.6g (0: none known), l(w^0) - l* = %.10g\n", v.S.Mu, v.D0)
}

// agree allows a part in 10^6, far above rounding and far below what a changed
// case would do.
func agree(a, b float64) bool {
	d := a - b
	return a == b || d <= 1e-6*b && -d <= 1e-6*b
}

func explainLaws(p *printer, c *gen.Case) {
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
			p.f("%-8s %s\n", fmt.Sprintf("%s_%d", l.name, i+1), b)
		}
	}
}

// printer keeps the first error of many writes.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

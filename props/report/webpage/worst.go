package webpage

import (
	"fmt"
	"math"
	"strings"

	"github.com/cascade-sgd/cascade/core/perturb"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/measure"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/report"
)

// worst is the case of the largest ratio, as a chain.
type worst struct {
	Source string
	X      string
	More   int // inputs beside X
	Run    string
	Chain  []operator
	Index  string // i = 3, where the claim has an index
	Left   string // "" where it was not computed again
	Right  string
}

// operator is one of the chain with what disturbs it.
type operator struct {
	N              int
	Name, W        string
	Delta, Eps     string // laws; "" for none
	Last           bool
	DeltaNo, EpsNo int
}

// maxWorstSteps caps the runs whose sides are computed again for a page: it is to be made
// in a second or two.
const maxWorstSteps = 256

// newWorst draws the worst case again; nil where there is none, or where the report is of
// a build that drew other cases.
func newWorst(r *report.Row, c *claim.Claim, seed uint64) *worst {
	if r.Worst == nil || c.Kind == claim.SelfJudged {
		return nil
	}
	on, err := r.Worst.Again(c.Kind, seed)
	if err != nil {
		return nil
	}
	w := &worst{Source: r.Worst.Source, X: vector(on.X)}
	if on.Run != nil {
		w.More = len(on.Run.More)
		w.Run = runText(on.Run)
	}
	for k, op := range on.Chain {
		w.Chain = append(w.Chain, operator{
			N: k + 1, Name: cut(op.String()), W: vector(on.W[k]), Delta: lawText(on.Delta[k]), Eps: lawText(on.Eps[k]),
			Last: k+1 == len(on.Chain),
		})
	}
	if on.Run != nil && on.Run.Steps*(1+len(on.Run.More)) > maxWorstSteps {
		return w
	}
	lo, hi, why := measure.Case(c.Kind, on)
	if why != claim.Valid {
		return w
	}
	res := c.Check(lo, hi)
	if r.Verdict == claim.Refuted && res.Answer != claim.No {
		res = search.CheckInBig(c, on) // as the verdict was found, where float64 does not tell
	}
	if res.Reason == claim.Valid {
		w.Left, w.Right = short(res.Left.Lo), short(res.Right.Hi)
		if c.Span != nil {
			w.Index = fmt.Sprintf("i = %d", res.I)
		}
	}
	return w
}

func runText(r *gen.Run) string {
	text := fmt.Sprintf("T = %d steps of size γ = %s", r.Steps, short(r.Gamma))
	if len(r.More) > 0 {
		text += fmt.Sprintf(" over %d inputs, ", 1+len(r.More)) + map[bool]string{true: "all at each step",
			false: "one drawn at each step"}[r.All]
	}
	if r.Reg.Kind != "" && r.Reg.Kind != "none" {
		text += fmt.Sprintf("; regularizer %s with ρ = %s", r.Reg.Kind, short(r.Reg.Rho))
	}
	return text
}

// lawText is a law in words, "" for none.
func lawText(s perturb.Spec) string {
	switch s.Law {
	case "zero", "":
		return ""
	case "constant":
		return vector(s.D)
	case "twopoint":
		return fmt.Sprintf("%s with p = %s, else %s", vector(s.A), short(s.P), vector(s.B))
	case "switch":
		return fmt.Sprintf("%s where coordinate %d ≥ %s, else %s", vector(s.A), s.K+1, short(s.At), vector(s.B))
	case "round":
		return fmt.Sprintf("rounding to %s, %s", s.Format, s.Mode)
	case "topk":
		return fmt.Sprintf("all but the largest %d cut off", max(s.K, 1))
	case "bitflip":
		return fmt.Sprintf("a flip of one of the bits %d to %d", s.Lo, s.Hi)
	case "intermittent":
		return fmt.Sprintf("at every step no. %d: %s", s.Every, lawText(*s.Inner))
	case "table":
		var parts []string
		for k, o := range s.Outcomes {
			if k == maxShown {
				parts = append(parts, fmt.Sprintf("… %d more", len(s.Outcomes)-k))
				break
			}
			parts = append(parts, fmt.Sprintf("%s with p = %s", vector(o.D), short(o.P)))
		}
		return strings.Join(parts, ", ")
	}
	return s.Law
}

// maxShown is the number of coordinates that a page shows of a vector.
const maxShown = 6

func vector(v []float64) string {
	if len(v) == 0 {
		return ""
	}
	var parts []string
	for k, x := range v {
		if k == maxShown {
			parts = append(parts, fmt.Sprintf("… %d more", len(v)-k))
			break
		}
		parts = append(parts, short(x))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// short is x with four digits.
func short(x float64) string {
	if x == 0 {
		return "0"
	}
	if a := math.Abs(x); a < 1e-4 || a >= 1e6 {
		return fmt.Sprintf("%.3g", x)
	}
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.4f", x), "0"), ".")
}

// cut keeps the name of an operator, with its matrix, to a length that a box has.
func cut(name string) string {
	const most = 48
	if r := []rune(name); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return name
}

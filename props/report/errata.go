package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// Erratum is one printed statement that fails: its smallest known witness and
// what holds in its place.
type Erratum struct {
	Claim       *claim.Claim
	Witness     *gen.Case // nil for a claim that judges itself
	Result      claim.Result
	Note        string         // its evidence, for a claim that judges itself
	Certificate string         // on record, or ""
	Repaired    []*claim.Claim // of the same id, in the same reading or in none
	Spared      []*claim.Claim // printed, found to hold, and drawn from this one: they hold through slack
}

// WitnessLine is the witness on one line.
func (e *Erratum) WitnessLine() string {
	if e.Witness == nil {
		return e.Note
	}
	return e.Witness.Line()
}

// Errata lists the refuted findings, each with its witness simplified.
func Errata(findings []*search.Finding) []Erratum {
	var all []Erratum
	for _, f := range findings {
		e := Erratum{Claim: f.Claim, Certificate: OnRecord(f.Claim)}
		switch {
		case f.Verdict() != claim.Refuted:
			continue
		case f.Judged != nil:
			e.Note = f.Judged.Note
		case f.Witness == nil:
			continue
		default:
			e.Witness = search.Simplify(f.Claim, f.Witness)
			e.Result = search.CheckInBig(f.Claim, e.Witness)
		}
		for _, g := range findings {
			c := g.Claim
			switch {
			case c.Reading != f.Claim.Reading, c == f.Claim:
			case c.ID == f.Claim.ID && c.Form.Instead() && g.Verdict() == claim.Refuted: // holds in nothing's place
			case c.ID == f.Claim.ID && c.Form.Instead():
				e.Repaired = append(e.Repaired, c)
			case c.Form == claim.Printed && g.Verdict() == claim.Holds && f.Claim.LeadsTo(c):
				e.Spared = append(e.Spared, c)
			}
		}
		all = append(all, e)
	}
	return all
}

// Improvement is a sharper form that was found to hold, beside the one that it is
// sharper than: the printed form, or the repaired one where that fails.
type Improvement struct {
	Claim    *claim.Claim
	Readings []string        // in which it and the other form show the same ratios
	Ratio    claim.Number    // the largest left/right
	Beside   *search.Finding // nil: none
}

// BesideRatio is the ratio of the other form, with its name where it is not the printed one.
func (i *Improvement) BesideRatio() string {
	switch {
	case i.Beside == nil:
		return "-"
	case i.Beside.Claim.Form == claim.Printed:
		return claim.Number(max(i.Beside.Ratio, 0)).String()
	}
	return fmt.Sprintf("%v (%s)", claim.Number(max(i.Beside.Ratio, 0)), i.Beside.Claim.Form)
}

// Improvements lists the sharp forms that hold; readings that show the same ratios share one.
func Improvements(findings []*search.Finding) []Improvement {
	var all []Improvement
	for _, f := range findings {
		c := f.Claim
		if f.Verdict() != claim.Holds || !c.Form.Sharper() {
			continue
		}
		i := Improvement{Claim: c, Ratio: claim.Number(max(f.Ratio, 0))}
		for _, g := range findings {
			d := g.Claim
			if d.ID == c.ID && d.Reading == c.Reading && d.Kind != claim.SelfJudged && g.Verdict() == claim.Holds &&
				(d.Form == claim.Printed || d.Form == claim.Repaired && i.Beside == nil) {
				i.Beside = g
			}
		}
		at := slices.IndexFunc(all, func(o Improvement) bool {
			same := o.Claim.ID == c.ID && o.Claim.Form == c.Form && o.Claim.Statement == c.Statement
			return same && o.Ratio.String() == i.Ratio.String() && o.BesideRatio() == i.BesideRatio()
		})
		if at < 0 {
			at, all = len(all), append(all, i)
		}
		if c.Reading != claim.AnyReading {
			all[at].Readings = append(all[at].Readings, c.Reading.String())
		}
	}
	return all
}

// Slack says which statements hold all the same, "" where none does.
func (e *Erratum) Slack() string {
	if len(e.Spared) == 0 {
		return ""
	}
	var names []string
	for _, c := range e.Spared {
		names = append(names, c.Eq)
	}
	verb := " holds"
	if len(names) > 1 {
		verb = " hold"
	}
	return strings.Join(names, " and ") + verb + " as printed all the same, through slack"
}

// Instead are the statements that hold in the place of this one, each with the word
// conjecture where there is no proof, and what holds through slack.
func (e *Erratum) Instead() []string {
	var instead []string
	if e.Claim.Instead != "" {
		instead = append(instead, e.Claim.Instead)
	}
	for _, r := range e.Repaired {
		if r.Form == claim.Conjecture {
			instead = append(instead, "conjecture: "+r.Statement)
		} else {
			instead = append(instead, r.Statement)
		}
	}
	if s := e.Slack(); s != "" {
		instead = append(instead, s)
	}
	return instead
}

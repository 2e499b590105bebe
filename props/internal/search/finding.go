package search

import (
	"fmt"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Finding is what a search knows about one claim.
type Finding struct {
	Claim     *claim.Claim
	Cases     int                // valid cases
	Rejected  [claim.Reasons]int // by reason; [claim.Valid] is 0
	Undecided int                // cases that math/big left open
	Violated  int                // cases with left > right
	Confirmed int                // of these, those repeated in math/big
	Ratio     float64            // the largest left/right, -1 before any valid case
	I         int                // its index
	Worst     *gen.Case          // its case
	Source    string             // where that case came from
	Witness   *gen.Case          // the smallest violating case met, before Simplify
	ByN       map[int]*Extreme   // the largest ratio for each N
	Reach     gen.Extent         // how large the valid cases were, the largest in each direction
	Judged    *claim.Judgement   // of a claim that judges itself; nil where another shard does it
}

// Extreme is the worst case of one chain length.
type Extreme struct {
	Ratio float64
	Case  *gen.Case
}

// RejectedTotal is the number of cases that said nothing.
func (f *Finding) RejectedTotal() int {
	n := 0
	for _, k := range f.Rejected {
		n += k
	}
	return n
}

// MinValid is the fraction of valid cases below which a claim is starved: a
// search that rejects nearly everything has checked nearly nothing.
const MinValid = 0.05

// IsStarved says that a search has too few valid cases for a verdict.
func IsStarved(cases, rejected int) bool {
	return cases == 0 || float64(cases) < MinValid*float64(cases+rejected)
}

// Verdict is claim.Holds, Refuted, Undecided (no arithmetic at hand could settle a
// case), Starved (too few valid cases) or Invalid (no case at all); that of a claim that
// judges itself is its own, or claim.Elsewhere.
func (f *Finding) Verdict() claim.Verdict {
	switch {
	case f.Judged != nil:
		return f.Judged.Verdict
	case f.Claim.Kind == claim.SelfJudged:
		return claim.Elsewhere
	case f.Confirmed > 0:
		return claim.Refuted
	case f.Undecided > 0 || f.Violated > 0:
		return claim.Undecided
	case f.Cases == 0 && f.RejectedTotal() == 0:
		return claim.Invalid
	case IsStarved(f.Cases, f.RejectedTotal()):
		return claim.Starved
	}
	return claim.Holds
}

func newFindings(claims []claim.Claim) []*Finding {
	f := make([]*Finding, len(claims))
	for k := range claims {
		f[k] = &Finding{Claim: &claims[k], Ratio: -1, ByN: map[int]*Extreme{}}
	}
	return f
}

// The least ratio and left side of a witness: a ratio just above 1 is a poor one, and
// so are sides near 0.
const (
	witnessRatio = 1.01
	witnessLeft  = 1e-3
)

// witnesses reports that a result makes a good witness of a violation.
func witnesses(r *claim.Result) bool {
	return r.Answer == claim.No && r.Ratio > witnessRatio && r.Left.Lo > witnessLeft
}

// add enters the result of one case. The caller has settled what was not Yes:
// violated, confirmed and undecided say how.
func (f *Finding) add(r claim.Result, c *gen.Case, source string) {
	if r.Reason != claim.Valid {
		f.Rejected[r.Reason]++
		return
	}
	f.Cases++
	if r.Answer == claim.No {
		f.Violated++
		if witnesses(&r) {
			f.keepWitness(c)
		}
	}
	n := len(c.Chain)
	if e := f.ByN[n]; e == nil || r.Ratio > e.Ratio {
		f.ByN[n] = &Extreme{r.Ratio, c}
	}
	if r.Ratio > f.Ratio {
		f.Ratio, f.I, f.Worst, f.Source = r.Ratio, r.I, c, source
	}
}

// keepWitness keeps the smallest violating case, the first among equals.
func (f *Finding) keepWitness(c *gen.Case) {
	if f.Witness == nil || size(c) < size(f.Witness) {
		f.Witness = c
	}
}

// merge adds g, which comes later in the search; on equal ratios f stays.
func (f *Finding) merge(g *Finding) {
	f.Cases += g.Cases
	f.Undecided += g.Undecided
	f.Violated += g.Violated
	f.Confirmed += g.Confirmed
	for k, n := range g.Rejected {
		f.Rejected[k] += n
	}
	for n, e := range g.ByN {
		if old := f.ByN[n]; old == nil || e.Ratio > old.Ratio {
			f.ByN[n] = e
		}
	}
	if g.Witness != nil {
		f.keepWitness(g.Witness)
	}
	if g.Ratio > f.Ratio {
		f.Ratio, f.I, f.Worst, f.Source = g.Ratio, g.I, g.Worst, g.Source
	}
	f.Reach = f.Reach.Max(g.Reach)
	if g.Judged != nil && (f.Judged == nil || f.Judged.Verdict == claim.Holds) { // what fails once, fails
		f.Judged = g.Judged
	}
}

// counts is the finding without its cases.
func (f *Finding) counts() *Finding {
	g := *f
	g.Worst, g.Witness, g.ByN = nil, nil, map[int]*Extreme{}
	for n, e := range f.ByN {
		g.ByN[n] = &Extreme{Ratio: e.Ratio}
	}
	return &g
}

// climbSource begins the source of a case that a climb ended in.
const climbSource = "climb on "

func climbedOn(c *claim.Claim, batch, n int) string {
	return fmt.Sprintf(climbSource+"%s from batch %d, N = %d", c.Name(), batch, n)
}

// SearchedWith are the ids of the claims that a search needs to repeat the finding:
// its own, and that of the climb that ended in its worst case.
func (f *Finding) SearchedWith() []string {
	ids := []string{f.Claim.ID}
	if on, ok := strings.CutPrefix(f.Source, climbSource); ok {
		if id, _, _ := strings.Cut(on, "/"); id != f.Claim.ID {
			ids = append(ids, id)
		}
	}
	return ids
}

// Note is the evidence in one line: where the worst case came from.
func (f *Finding) Note() string {
	switch {
	case f.Judged != nil:
		return f.Judged.Note
	case f.Source == "":
		return ""
	case f.Claim.Span != nil:
		return fmt.Sprintf("worst: %s, i = %d", f.Source, f.I)
	}
	return "worst: " + f.Source
}

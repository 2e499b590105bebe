package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Part is what one unit counted for one claim: a report that has not all units keeps them
// apart, so that units which were done twice count once.
type Part struct {
	Claim     string               `json:"claim"` // its name
	Cases     int                  `json:"cases"`
	Reasons   map[string]int       `json:"reasons,omitempty"` // of the rejected
	Violated  int                  `json:"violated,omitempty"`
	Undecided int                  `json:"undecided,omitempty"`
	Refuted   bool                 `json:"refuted,omitempty"` // a violation was confirmed
	Ratio     claim.Number         `json:"ratio"`
	RatioByN  map[int]claim.Number `json:"ratio_by_n,omitempty"`
	Reach     *gen.Extent          `json:"reach,omitempty"`
}

// newParts are what a unit counted for the claims of its kind; none for those that judge
// themselves, whose rows are of one unit as they are.
func newParts(u *search.Unit, found []*search.Finding) []Part {
	parts := []Part{}
	for _, f := range found {
		if f.Claim.Kind == claim.SelfJudged || !unitOf(u, f.Claim.Kind) {
			continue
		}
		p := Part{
			Claim: f.Claim.Name(), Cases: f.Cases, Violated: f.Violated, Undecided: f.Undecided,
			Refuted: f.Confirmed > 0, Ratio: claim.Number(max(f.Ratio, 0)), Reach: reachOf(f),
			Reasons: map[string]int{}, RatioByN: map[int]claim.Number{},
		}
		for k, n := range f.Rejected {
			if n > 0 {
				p.Reasons[claim.Reason(k).String()] = n
			}
		}
		for n, e := range f.ByN {
			p.RatioByN[n] = sixDigits(e.Ratio)
		}
		parts = append(parts, p)
	}
	return parts
}

// unitOf reports that a unit tries claims of a kind.
func unitOf(u *search.Unit, kind claim.Kind) bool {
	return u.Kind == kind.String() || u.Kind == search.LongUnit && kind == claim.Training || u.Kind == search.FarUnit
}

// with is the row of the counts of the parts; what is not counted, the largest ratio with
// its case among them, is that of row.
func (r Row) with(parts []*Part) Row {
	r.Cases, r.Rejected, r.Violated, r.Undecided = 0, 0, 0, 0
	r.Reasons, r.RatioByN, r.Reach, r.Certificate = map[string]int{}, map[int]claim.Number{}, nil, ""
	refuted := false
	reach := gen.Extent{}
	for _, p := range parts {
		r.Cases += p.Cases
		r.Violated += p.Violated
		r.Undecided += p.Undecided
		refuted = refuted || p.Refuted
		for why, n := range p.Reasons {
			r.Reasons[why] += n
			r.Rejected += n
		}
		for n, ratio := range p.RatioByN {
			r.RatioByN[n] = max(r.RatioByN[n], ratio)
		}
		if p.Reach != nil {
			reach = reach.Max(*p.Reach)
			r.Reach = &reach
		}
	}
	if r.Verdict = r.counted(); refuted {
		r.Verdict = claim.Refuted
	}
	return r
}

// partsOf are what the units of the report counted for a claim.
func (r *Report) partsOf(name string) (parts []*Part) {
	for _, unit := range r.Parts {
		for k := range unit {
			if unit[k].Claim == name {
				parts = append(parts, &unit[k])
			}
		}
	}
	return parts
}

// checkParts refuses parts that are not those of the units, or whose sums are not the rows.
func (r *Report) checkParts(claims []claim.Claim) error {
	if !r.partial() {
		if len(r.Parts) > 0 {
			return fmt.Errorf("parts has %d entries, want none where no unit is missing", len(r.Parts))
		}
		return nil
	}
	if len(r.Parts) != len(r.Units) {
		return fmt.Errorf("parts has %d entries, want one for each of %d units", len(r.Parts), len(r.Units))
	}
	for k := range r.Units {
		u, at := &r.Units[k], 0
		for j := range claims {
			c := &claims[j]
			if c.Kind == claim.SelfJudged || !unitOf(u, c.Kind) {
				continue
			}
			if at >= len(r.Parts[k]) || r.Parts[k][at].Claim != c.Name() {
				return fmt.Errorf("parts[%d][%d] is not of %s, as in unit %d", k, at, c.Name(), u.Number)
			}
			p := &r.Parts[k][at]
			for _, n := range append([]int{p.Cases, p.Violated, p.Undecided}, values(p.Reasons)...) {
				if n < 0 || int64(n) > maxCount {
					return fmt.Errorf("parts[%d][%d]: a count is %d, want 0..%d", k, at, n, maxCount)
				}
			}
			if !(p.Ratio >= 0) {
				return fmt.Errorf("parts[%d][%d]: ratio is %v, want >= 0", k, at, p.Ratio)
			}
			at++
		}
		if at != len(r.Parts[k]) {
			return fmt.Errorf("parts[%d] has %d entries, want %d", k, len(r.Parts[k]), at)
		}
	}
	for j := range claims {
		row := r.Claims[j]
		if claims[j].Kind == claim.SelfJudged {
			continue
		}
		sum := row.with(r.partsOf(row.Name()))
		if sum.Verdict == claim.Refuted {
			sum.Certificate = row.Certificate
		}
		if same, err := equal(row, sum); err != nil || !same {
			return fmt.Errorf("%s: the row is not the sum of its parts: %s", row.Name(), strict.Cut(text(sum)))
		}
		largest := claim.Number(0)
		for _, p := range r.partsOf(row.Name()) {
			largest = max(largest, p.Ratio)
		}
		if largest != row.Ratio {
			return fmt.Errorf("%s: ratio is %v, want %v, the largest of its parts", row.Name(), row.Ratio, largest)
		}
	}
	return nil
}

func values(m map[string]int) (v []int) {
	for n := range maps.Values(m) {
		v = append(v, n)
	}
	return v
}

// equal reports that two values say the same in a report.
func equal(a, b any) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

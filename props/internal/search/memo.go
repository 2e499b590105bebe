package search

import (
	"encoding/json"
	"fmt"

	"github.com/cascade-sgd/cascade/props/cert"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
)

// Memo is a finding as data: what a campaign writes down of a piece of work. Cases that
// are no worse than what was known before are left out.
type Memo struct {
	Claim     string            `json:"claim"` // its name
	Cases     int               `json:"cases,omitempty"`
	Rejected  map[string]int    `json:"rejected,omitempty"` // by reason
	Undecided int               `json:"undecided,omitempty"`
	Violated  int               `json:"violated,omitempty"`
	Confirmed int               `json:"confirmed,omitempty"`
	Reach     gen.Extent        `json:"reach"`
	Worst     *MemoCase         `json:"worst,omitempty"`
	Witness   *gen.Case         `json:"witness,omitempty"`
	ByN       map[int]*MemoCase `json:"by_n,omitempty"`
	Judged    *MemoJudgement    `json:"judged,omitempty"`
}

// MemoCase is a case with its ratio.
type MemoCase struct {
	Ratio  claim.Number `json:"ratio"`
	I      int          `json:"i,omitempty"`
	Source string       `json:"source,omitempty"`
	Case   *gen.Case    `json:"case"`
}

// MemoJudgement is a claim.Judgement.
type MemoJudgement struct {
	Verdict     claim.Verdict   `json:"verdict"`
	Cases       int             `json:"cases"`
	Ratio       claim.Number    `json:"ratio"`
	Note        string          `json:"note"`
	Certificate json.RawMessage `json:"certificate,omitempty"` // as cert.Certificate.Marshal has it
}

// memo is the judgement as data. A certificate that cannot be written is left out.
func memo(j *claim.Judgement) *MemoJudgement {
	m := &MemoJudgement{Verdict: j.Verdict, Cases: j.Cases, Ratio: claim.Number(j.Ratio), Note: j.Note}
	if j.Certificate != nil {
		if data, err := j.Certificate.Marshal(); err == nil {
			m.Certificate = data
		}
	}
	return m
}

// judgement is that of the memo.
func (m *MemoJudgement) judgement() (*claim.Judgement, error) {
	switch m.Verdict {
	case claim.Holds, claim.Refuted, claim.Unsettled, claim.Undecided, claim.Starved, claim.Invalid:
	default:
		return nil, fmt.Errorf("no verdict %.80q", string(m.Verdict))
	}
	if m.Cases < 0 {
		return nil, fmt.Errorf("cases is %d, want >= 0", m.Cases)
	}
	j := &claim.Judgement{Verdict: m.Verdict, Cases: m.Cases, Ratio: float64(m.Ratio), Note: m.Note}
	if len(m.Certificate) > 0 {
		r, err := cert.Check(m.Certificate)
		if err != nil {
			return nil, err
		}
		j.Certificate = r.Certificate
	}
	return j, nil
}

// Memo is what f adds to known, nil where that is nothing.
func (f *Finding) Memo(known *Finding) *Memo {
	m := &Memo{Claim: f.Claim.Name(), Cases: f.Cases, Undecided: f.Undecided, Violated: f.Violated,
		Confirmed: f.Confirmed, Reach: f.Reach}
	if j := f.Judged; j != nil {
		m.Judged = memo(j)
		return m
	}
	if f.Cases == 0 && f.RejectedTotal() == 0 {
		return nil
	}
	for k, n := range f.Rejected {
		if n > 0 {
			if m.Rejected == nil {
				m.Rejected = map[string]int{}
			}
			m.Rejected[claim.Reason(k).String()] = n
		}
	}
	if f.Ratio > known.Ratio {
		m.Worst = &MemoCase{claim.Number(f.Ratio), f.I, f.Source, f.Worst}
	}
	if f.Witness != nil && (known.Witness == nil || size(f.Witness) < size(known.Witness)) {
		m.Witness = f.Witness
	}
	for n, e := range f.ByN {
		if old := known.ByN[n]; old == nil || e.Ratio > old.Ratio {
			if m.ByN == nil {
				m.ByN = map[int]*MemoCase{}
			}
			m.ByN[n] = &MemoCase{Ratio: claim.Number(e.Ratio), Case: e.Case}
		}
	}
	return m
}

// Finding is the memo as a finding of its claim. The error names what no search writes.
func (m *Memo) Finding(c *claim.Claim) (*Finding, error) {
	f := newFindings([]claim.Claim{*c})[0]
	f.Claim = c
	if m.Claim != c.Name() {
		return nil, fmt.Errorf("search: a memo of %.80q, want %s", m.Claim, c.Name())
	}
	if j := m.Judged; j != nil {
		var err error
		if f.Judged, err = j.judgement(); err != nil {
			return nil, fmt.Errorf("search: %s: %w", m.Claim, err)
		}
		f.Cases, f.Ratio = j.Cases, float64(j.Ratio)
		return f, nil
	}
	for _, n := range []int{m.Cases, m.Undecided, m.Violated, m.Confirmed} {
		if n < 0 {
			return nil, fmt.Errorf("search: %s: a count is %d, want >= 0", m.Claim, n)
		}
	}
	f.Cases, f.Undecided, f.Violated, f.Confirmed, f.Reach = m.Cases, m.Undecided, m.Violated, m.Confirmed, m.Reach
	for why, n := range m.Rejected {
		reason, ok := claim.ReasonOf(why)
		if !ok || n < 0 {
			return nil, fmt.Errorf("search: %s: %d rejected by %.80q", m.Claim, n, why)
		}
		f.Rejected[reason] = n
	}
	for n, e := range m.ByN {
		if e == nil || e.Case == nil {
			return nil, fmt.Errorf("search: %s: no case of N = %d", m.Claim, n)
		}
		f.ByN[n] = &Extreme{float64(e.Ratio), e.Case}
	}
	if w := m.Worst; w != nil {
		if w.Case == nil {
			return nil, fmt.Errorf("search: %s: a ratio without a case", m.Claim)
		}
		f.Ratio, f.I, f.Source, f.Worst = float64(w.Ratio), w.I, w.Source, w.Case
	}
	f.Witness = m.Witness
	return f, nil
}

package props

import (
	"encoding/json"
	"fmt"
	"io"
)

// ReadReport parses a machine report of version 1 strictly.
func ReadReport(r io.Reader) (*Report, error) {
	dec := json.NewDecoder(io.LimitReader(r, maxReportBytes))
	dec.DisallowUnknownFields()
	rep := new(Report)
	if err := dec.Decode(rep); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if rep.Version != 1 {
		return nil, fmt.Errorf("report: version %d, want 1", rep.Version)
	}
	return rep, nil
}

const maxReportBytes = 1 << 26

// Merge joins the reports of the shards of one search: cases and rejections
// add up, the largest ratio stays. Reports of another seed, of other sizes or
// of other claims are refused.
func Merge(parts []*Report) (*Report, error) {
	if len(parts) == 0 {
		return nil, fmt.Errorf("merge: no reports")
	}
	sum := *parts[0]
	sum.Claims = append([]ClaimReport(nil), sum.Claims...)
	for k, p := range parts[1:] {
		if p.Seed != sum.Seed || p.Cases != sum.Cases || len(p.Claims) != len(sum.Claims) {
			return nil, fmt.Errorf("merge: report %d has seed %d, %d cases and %d claims; the first %d, %d and %d",
				k+2, p.Seed, p.Cases, len(p.Claims), sum.Seed, sum.Cases, len(sum.Claims))
		}
		for j := range sum.Claims {
			if p.Claims[j].Name() != sum.Claims[j].Name() {
				return nil, fmt.Errorf("merge: row %d of report %d is %s, of the first %s", j, k+2, p.Claims[j].Name(), sum.Claims[j].Name())
			}
			sum.Claims[j] = mergeRows(sum.Claims[j], p.Claims[j])
		}
		if sum.Runs == nil {
			sum.Runs, sum.Sequential = p.Runs, p.Sequential
		}
	}
	return &sum, nil
}

func mergeRows(a, b ClaimReport) ClaimReport {
	switch Elsewhere {
	case a.Verdict:
		return b
	case b.Verdict:
		return a
	}
	s := a
	if b.Ratio > a.Ratio {
		s.Ratio, s.Note, s.Replay = b.Ratio, b.Note, b.Replay
	}
	s.Cases, s.Rejected = a.Cases+b.Cases, a.Rejected+b.Rejected
	s.Reasons = map[string]int{}
	s.RatioByN = map[int]Number{}
	for _, r := range []ClaimReport{a, b} {
		for why, n := range r.Reasons {
			s.Reasons[why] += n
		}
		for n, ratio := range r.RatioByN {
			s.RatioByN[n] = max(s.RatioByN[n], ratio)
		}
	}
	// One refutation refutes; what one part leaves open stays open.
	for _, v := range []string{"refuted", "undecided"} {
		if a.Verdict == v || b.Verdict == v {
			s.Verdict = v
			return s
		}
	}
	s.Verdict = "holds"
	if starved(s.Cases, s.Rejected) {
		s.Verdict = "starved"
	}
	return s
}

// starved says that a search has too few valid cases for a verdict.
func starved(cases, rejected int) bool {
	return cases == 0 || float64(cases) < MinValid*float64(cases+rejected)
}

package props

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/internal/gen"
)

const maxReportBytes = 1 << 26

// maxCount caps the cases of a row; sums over shards stay far below 2^63.
const maxCount = int64(1) << 50

// ReadReport parses a machine report of version 1 that Marshal could have
// written. Errors name the claim, the field and the value.
func ReadReport(r io.Reader) (*Report, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxReportBytes+1))
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if len(data) > maxReportBytes {
		return nil, fmt.Errorf("report: more than %d bytes", maxReportBytes)
	}
	if err := CheckJSON(data); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	rep := new(Report)
	if err := dec.Decode(rep); err != nil {
		var t *json.UnmarshalTypeError
		if errors.As(err, &t) {
			return nil, fmt.Errorf("report: %s: %w", position(data, t.Offset), err)
		}
		return nil, fmt.Errorf("report: %w", err)
	}
	if err := rep.Check(); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	// What is left: a field that is missing, null, there twice or in capitals.
	again, err := rep.Marshal()
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	have, want := lines(data), lines(again)
	for k := range max(len(have), len(want)) {
		switch {
		case k >= len(have) || k >= len(want):
			return nil, fmt.Errorf("report: %d lines, verify writes %d", len(have), len(want))
		case have[k] != want[k]:
			return nil, fmt.Errorf("report: line %d is %.80q, verify writes %.80q", k+1, have[k], want[k])
		}
	}
	return rep, nil
}

func lines(b []byte) []string { return strings.Split(strings.TrimSpace(string(b)), "\n") }

// ParseShard reads i/n, 1 <= i <= n.
func ParseShard(s string) (i, n int, err error) {
	k, err := fmt.Sscanf(s, "%d/%d", &i, &n)
	if k != 2 || err != nil || i < 1 || i > n || fmt.Sprintf("%d/%d", i, n) != s {
		return 0, 0, fmt.Errorf("%.80q, want i/n with 1 <= i <= n", s)
	}
	return i, n, nil
}

// field is one condition on a value of a report.
type field struct {
	name  string
	value any
	ok    bool
	want  string
}

func firstBad(fields []field) error {
	for _, f := range fields {
		if s, ok := f.value.(string); ok {
			f.value = fmt.Sprintf("%.80q", s)
		}
		if !f.ok {
			return fmt.Errorf("%s is %v, want %s", f.name, f.value, f.want)
		}
	}
	return nil
}

// Check refuses a report that verify cannot have made. Errors name the claim,
// the field and the value.
func (r *Report) Check() error {
	if r.Version != 1 {
		return fmt.Errorf("version is %d, want 1", r.Version)
	}
	part, parts, err := ParseShard(r.Shard)
	if err != nil {
		return fmt.Errorf("shard is %w", err)
	}
	if err := firstBad([]field{
		{"cases", r.Cases, r.Cases >= 1 && r.Cases <= MaxCases, fmt.Sprintf("1..%d", MaxCases)},
		{"climb", r.Climb, r.Climb >= 0 && r.Climb <= MaxCases, fmt.Sprintf("0..%d", MaxCases)},
		{"number of claims", 0, len(r.Claims) > 0, "1 or more"},
		{"number of runs", len(r.Runs), len(r.Runs) == 0 || parts == 1, "none in a shard"},
		{"number of sequential tests", len(r.Sequential), len(r.Sequential) == 0 || parts == 1, "none in a shard"},
	}); err != nil {
		return err
	}
	list := map[string]*Claim{}
	all := Claims()
	for k := range all {
		list[all[k].Name()] = &all[k]
	}
	seen := map[string]bool{}
	for k := range r.Claims {
		row := &r.Claims[k]
		name := row.Name()
		switch {
		case list[name] == nil:
			return fmt.Errorf("claims[%d]: no claim %.80q in form %.80q and reading %.80q", k, row.ID, row.Form, row.Reading)
		case seen[name]:
			return fmt.Errorf("claims[%d]: %s is there twice", k, name)
		}
		seen[name] = true
		if err := row.check(list[name], r, part); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return r.checkRuns()
}

func (r *ClaimReport) check(c *Claim, of *Report, part int) error {
	count := fmt.Sprintf("0..%d", maxCount)
	verdicts := []string{"holds", "refuted", "undecided", "starved"}
	switch {
	case c.Kind == Own && part > 1:
		verdicts = []string{Elsewhere}
	case c.Kind == Own:
		verdicts = []string{"holds", "refuted", "undecided", "unsettled"}
	}
	flags := searchFlags(of.Seed, of.Cases, of.Climb)
	if err := firstBad([]field{
		{"eq", r.Eq, r.Eq == c.Eq, c.Eq},
		{"statement", r.Statement, r.Statement == c.Statement, c.Statement},
		{"verdict", r.Verdict, slices.Contains(verdicts, r.Verdict), strings.Join(verdicts, ", ") + " in shard " + of.Shard},
		{"cases", r.Cases, r.Cases >= 0 && int64(r.Cases) <= maxCount, count},
		{"rejected", r.Rejected, r.Rejected >= 0 && int64(r.Rejected) <= maxCount, count},
		{"violated", r.Violated, r.Violated >= 0 && r.Violated <= r.Cases, "0..cases"},
		{"undecided", r.Undecided, r.Undecided >= 0 && r.Undecided <= r.Cases, "0..cases"},
		{"ratio", r.Ratio, r.Ratio >= 0, ">= 0"},
		{"certificate", r.Certificate, r.Certificate == "" || r.Verdict == "refuted" && r.Certificate == OnRecord(c), "that on record, or none"},
		{"replay", r.Replay, strings.HasSuffix(r.Replay, flags), "one that ends in" + flags},
	}); err != nil {
		return err
	}
	if c.Kind == Own {
		switch {
		case r.Rejected > 0 || len(r.Reasons) > 0 || len(r.RatioByN) > 0 || r.Violated > 0 || r.Undecided > 0:
			return errors.New("rejected, reasons, ratio_by_n, violated or undecided: set for a claim that goes through its cases by itself")
		case r.Verdict == Elsewhere && (r.Cases > 0 || r.Ratio > 0 || r.Note != ""):
			return errors.New("cases, ratio or note: set, but shard 1 has them")
		}
		return nil
	}
	return r.checkSearched()
}

// checkSearched is check for a claim that random cases settle.
func (r *ClaimReport) checkSearched() error {
	sum := 0
	for why, n := range r.Reasons {
		if n < 1 || int64(n) > maxCount || why == Valid.String() || !slices.Contains(reasonNames[:], why) {
			return fmt.Errorf("reasons: %.80q is %d, want a reason for 1 or more cases", why, n)
		}
		sum += n
	}
	largest := Number(0)
	for n, ratio := range r.RatioByN {
		if n < gen.MinN || n > gen.MaxChain || !(ratio >= 0) {
			return fmt.Errorf("ratio_by_n: that of N = %d is %v, want >= 0 and N in %d..%d", n, ratio, gen.MinN, gen.MaxChain)
		}
		largest = max(largest, ratio)
	}
	verdict := r.counted()
	return firstBad([]field{
		{"rejected", r.Rejected, r.Rejected == sum, fmt.Sprintf("%d, the sum of the reasons", sum)},
		{"ratio", r.Ratio, r.Ratio == largest, fmt.Sprintf("%v, the largest of ratio_by_n", float64(largest))},
		{"ratio_by_n", len(r.RatioByN), (len(r.RatioByN) > 0) == (r.Cases > 0), "some if there are cases"},
		{"verdict", r.Verdict, r.Verdict == verdict || r.Verdict == "refuted" && r.Violated > 0, verdict + ", which the counts say"},
	})
}

// counted is the verdict that the counts of a searched claim leave when no
// violation is confirmed.
func (r *ClaimReport) counted() string {
	switch {
	case r.Violated > 0 || r.Undecided > 0:
		return "undecided"
	case starved(r.Cases, r.Rejected):
		return "starved"
	}
	return "holds"
}

// starved says that a search has too few valid cases for a verdict.
func starved(cases, rejected int) bool {
	return cases == 0 || float64(cases) < MinValid*float64(cases+rejected)
}

func (r *Report) checkRuns() error {
	seen := map[string]bool{}
	check := func(kind, name string, fields []field) error {
		again := seen[kind+name]
		seen[kind+name] = true
		if err := firstBad(append([]field{{"name", name, name != "" && !again, "one of its own"}}, fields...)); err != nil {
			return fmt.Errorf("%s %.80q: %w", kind, name, err)
		}
		return nil
	}
	for _, run := range r.Runs {
		if err := check("run", run.Name, []field{
			{"steps", run.Steps, run.Steps >= 1, ">= 1"},
			{"uncertain", run.Uncertain, run.Uncertain >= 0, ">= 0"},
			{"ok", run.OK, run.OK == (len(run.Violated) == 0), "true where nothing is violated"},
		}); err != nil {
			return err
		}
	}
	for _, s := range r.Sequential {
		if err := check("sequential", s.Name, []field{{"steps", s.Steps, s.Steps >= 1, ">= 1"}}); err != nil {
			return err
		}
	}
	return nil
}

// Merge joins the reports of all n shards of one search, in any order: cases and
// rejections add up, the largest ratio stays, a claim of Kind Own has the verdict
// of shard 1. The sum is a report of shard 1/1. It refuses reports that Check
// refuses, that differ in seed, cases, climb or claims, and all but each of the
// shards 1..n of one n once.
func Merge(parts []*Report) (*Report, error) {
	if len(parts) == 0 {
		return nil, errors.New("merge: no reports")
	}
	for k, p := range parts {
		if err := p.Check(); err != nil {
			return nil, fmt.Errorf("merge: report %d: %w", k+1, err)
		}
		if err := p.joins(parts[0]); err != nil {
			return nil, fmt.Errorf("merge: report %d: %w", k+1, err)
		}
	}
	ordered, err := inOrder(parts)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	sum := *ordered[0]
	sum.Shard = "1/1"
	sum.Claims = slices.Clone(sum.Claims)
	for _, p := range ordered[1:] {
		for j := range sum.Claims {
			sum.Claims[j] = mergeRows(sum.Claims[j], p.Claims[j])
		}
	}
	return &sum, nil
}

// joins refuses p unless it is of the same search as first.
func (p *Report) joins(first *Report) error {
	if err := firstBad([]field{
		{"seed", p.Seed, p.Seed == first.Seed, fmt.Sprintf("%d as in the first", first.Seed)},
		{"cases", p.Cases, p.Cases == first.Cases, fmt.Sprintf("%d as in the first", first.Cases)},
		{"climb", p.Climb, p.Climb == first.Climb, fmt.Sprintf("%d as in the first", first.Climb)},
		{"number of claims", len(p.Claims), len(p.Claims) == len(first.Claims), fmt.Sprintf("%d as in the first", len(first.Claims))},
	}); err != nil {
		return err
	}
	for j := range p.Claims {
		if have, want := p.Claims[j].Name(), first.Claims[j].Name(); have != want {
			return fmt.Errorf("claims[%d] is %s, want %s as in the first", j, have, want)
		}
	}
	return nil
}

// inOrder sorts the reports by shard; there is one for each.
func inOrder(parts []*Report) ([]*Report, error) {
	_, n, err := ParseShard(parts[0].Shard)
	if err != nil {
		return nil, err
	}
	byShard := map[string]int{} // from 1
	for k, p := range parts {
		if _, m, err := ParseShard(p.Shard); err != nil || m != n {
			return nil, fmt.Errorf("report %d: shard is %s, want one of %d as in the first", k+1, p.Shard, n)
		}
		if first := byShard[p.Shard]; first > 0 {
			return nil, fmt.Errorf("reports %d and %d: shard is %s in both", first, k+1, p.Shard)
		}
		byShard[p.Shard] = k + 1
	}
	var ordered []*Report
	for i := 1; i <= n; i++ {
		shard := fmt.Sprintf("%d/%d", i, n)
		k := byShard[shard]
		if k == 0 {
			return nil, fmt.Errorf("%d of %d shards, %s is not there", len(parts), n, shard)
		}
		ordered = append(ordered, parts[k-1])
	}
	return ordered, nil
}

// mergeRows adds b, which comes from a later shard; on equal ratios a stays.
func mergeRows(a, b ClaimReport) ClaimReport {
	if b.Verdict == Elsewhere {
		return a
	}
	s := a
	if b.Ratio > a.Ratio {
		s.Ratio, s.Note, s.Replay = b.Ratio, b.Note, b.Replay
	}
	s.Cases, s.Rejected = a.Cases+b.Cases, a.Rejected+b.Rejected
	s.Violated, s.Undecided = a.Violated+b.Violated, a.Undecided+b.Undecided
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
	s.Verdict = s.counted()
	for _, r := range []ClaimReport{a, b} {
		if r.Verdict == "refuted" {
			s.Verdict, s.Certificate = r.Verdict, r.Certificate
		}
	}
	return s
}

package report

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Merge joins reports of one search, in any order, whose units of work are all batches,
// each once: those of all shards i/n of one n, or of other n where a shard was stopped and
// its last batches were done as shards of their own. Cases and rejections add up and the
// largest ratio stays, the earliest of equal ones; what the first shard alone does, long
// runs and claims that judge themselves, is taken from it. The sum is a report of shard
// 1/1, the one that the whole search makes, but for training runs and sequential tests.
//
// It refuses reports that Check refuses, that differ in seed, cases, climb, selection or
// build, or whose worst cases do not have the ratios that they say. Idle reports are
// welcome, unless all are.
func Merge(parts []*Report) (*Report, error) {
	sum, err := merge(parts)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	return sum, nil
}

func merge(parts []*Report) (*Report, error) {
	if len(parts) == 0 {
		return nil, errors.New("no reports")
	}
	for k, p := range parts {
		if err := p.Check(); err != nil {
			return nil, fmt.Errorf("report %d: %w", k+1, err)
		}
		if err := p.joins(parts[0]); err != nil {
			return nil, fmt.Errorf("report %d: %w", k+1, err)
		}
	}
	if !slices.ContainsFunc(parts, func(p *Report) bool { return !p.Idle }) {
		return nil, errors.New("all shards are idle")
	}
	units, err := allUnits(parts)
	if err != nil {
		return nil, err
	}
	// The one with batch 0 has what the first shard alone does.
	ordered := slices.DeleteFunc(slices.Clone(parts), func(p *Report) bool { return len(p.Units) == 0 })
	slices.SortFunc(ordered, func(a, b *Report) int { return a.Units[0].Batch - b.Units[0].Batch })
	sum := *ordered[0]
	sum.Shard, sum.Stopped, sum.Idle, sum.Units = "1/1", false, false, units
	sum.Claims = slices.Clone(sum.Claims)
	for _, p := range ordered[1:] {
		for j := range sum.Claims {
			sum.Claims[j] = mergeRows(sum.Claims[j], p.Claims[j])
		}
	}
	if err := sum.checkWorst(); err != nil {
		return nil, err
	}
	sum.Seal()
	return &sum, nil
}

// allUnits are the units of the reports in order: those of all batches, each once.
func allUnits(parts []*Report) ([]search.Unit, error) {
	from := map[int]int{} // the report, from 1, that has the batch
	whole := *parts[0]
	whole.Units = nil
	for k, p := range parts {
		for _, u := range p.Units {
			if first := from[u.Batch]; first > 0 {
				return nil, fmt.Errorf("reports %d and %d, shards %s and %s: batch %d is in both",
					first, k+1, parts[first-1].Shard, p.Shard, u.Batch)
			}
			from[u.Batch] = k + 1
		}
		whole.Units = append(whole.Units, p.Units...)
	}
	slices.SortFunc(whole.Units, func(a, b search.Unit) int { return a.Batch - b.Batch })
	if missing := whole.Missing(); len(missing) > 0 {
		batches := whole.batches()
		return nil, fmt.Errorf("%d of %d batches are in no report; these do them: %s",
			len(missing), batches, ShardsOf(missing, batches))
	}
	return whole.Units, nil
}

// batches is the number of batches of the whole search.
func (r *Report) batches() int {
	opt := search.Options{Cases: r.Cases}
	return opt.Batches()
}

// Tried is the number of random cases of each kind in the units that were done.
func (r *Report) Tried() int {
	opt := search.Options{Cases: r.Cases}
	tried := 0
	for _, u := range r.Units {
		tried += opt.Size(u.Batch)
	}
	return tried
}

// Missing are the batches of the whole search that the report has no unit of, in order.
func (r *Report) Missing() []int {
	var gone []int
	at := 0 // in Units, which are in order
	for b := range r.batches() {
		if at < len(r.Units) && r.Units[at].Batch == b {
			at++
			continue
		}
		gone = append(gone, b)
	}
	return gone
}

// maxNamed is how many shards a message names.
const maxNamed = 8

// ShardsOf are the flags of the searches that do the given batches and nothing else, one
// each, at most maxNamed of them.
func ShardsOf(missing []int, batches int) string {
	var flags []string
	for _, b := range missing[:min(len(missing), maxNamed)] {
		flags = append(flags, fmt.Sprintf("-shard %d/%d", b+1, batches))
	}
	if more := len(missing) - maxNamed; more > 0 {
		flags = append(flags, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(flags, ", ")
}

// checkWorst recomputes the ratio of every row at its worst case.
func (r *Report) checkWorst() error {
	opt, err := r.Options()
	if err != nil {
		return err
	}
	claims, err := Select(r.Select)
	if err != nil {
		return err
	}
	errs := pool.Map(len(r.Claims), func(k int) error {
		row := &r.Claims[k]
		if row.Worst == nil {
			return nil
		}
		if err := row.Worst.Confirm(&claims[k], opt, float64(row.Ratio)); err != nil {
			return fmt.Errorf("%s: worst: %w%s", row.Name(), err, r.otherBuild())
		}
		return nil
	})
	return cmp.Or(errs...) // the first
}

// otherBuild is a remark where the report comes from another build than this program: what
// is computed again may then differ in last bits.
func (r *Report) otherBuild() string {
	if r.Build == ThisBuild() {
		return ""
	}
	return " (this program is another build than the one that made the reports)"
}

// Recheck does k batches of the report again, drawn by a seed, or all if k is at least
// their number, and compares digests, counts and ratios with what the report says. Batch 0
// has the long runs and the claims that judge themselves with it. say is told the batch
// that comes next. When ctx is done, its error is returned.
func (r *Report) Recheck(ctx context.Context, k int, seed uint64, say func(batch int)) error {
	claims, err := Select(r.Select)
	if err != nil {
		return err
	}
	opt := search.Options{Seed: r.Seed, Cases: r.Cases, Climb: r.Climb, Shards: r.batches(), Stop: ctx.Done()}
	var again []*Report
	order := rand.New(rand.NewPCG(seed, uint64(len(r.Units)))).Perm(len(r.Units))
	for _, at := range order[:min(k, len(order))] {
		unit := r.Units[at]
		say(unit.Batch)
		opt.Shard = unit.Batch
		part := New(r.Select, search.Run(claims, opt), opt)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if part.Units[0] != unit {
			return fmt.Errorf("batch %d: its digest is %s, done again it is %s%s",
				unit.Batch, strict.Cut(unit.Digest), part.Units[0].Digest, r.otherBuild())
		}
		for j := range r.Claims {
			if err := r.Claims[j].contains(&part.Claims[j]); err != nil {
				return fmt.Errorf("batch %d: %s: %w%s", unit.Batch, r.Claims[j].Name(), err, r.otherBuild())
			}
		}
		again = append(again, part)
	}
	if len(again) < r.batches() {
		return nil
	}
	sum, err := merge(again)
	if err != nil {
		return err
	}
	for j := range r.Claims {
		have, err := json.Marshal(r.Claims[j])
		if err != nil {
			return err
		}
		want, err := json.Marshal(sum.Claims[j])
		if err != nil {
			return err
		}
		if !bytes.Equal(have, want) {
			return fmt.Errorf("%s: the row is not that of all batches done again, which is %s%s",
				r.Claims[j].Name(), want, r.otherBuild())
		}
	}
	return nil
}

// contains refuses a row that cannot have the part, one batch done again, in its sums.
func (r *Row) contains(part *Row) error {
	if part.Verdict == claim.Elsewhere {
		return nil
	}
	fields := []field{
		{"verdict", r.Verdict, part.Verdict != claim.Refuted || r.Verdict == claim.Refuted,
			"refuted, as in this batch"},
	}
	atLeast := func(name string, have, want float64) {
		fields = append(fields, field{name, have, have >= want, fmt.Sprintf("at least %v, as in this batch", want)})
	}
	atLeast("cases", float64(r.Cases), float64(part.Cases))
	atLeast("rejected", float64(r.Rejected), float64(part.Rejected))
	atLeast("violated", float64(r.Violated), float64(part.Violated))
	atLeast("undecided", float64(r.Undecided), float64(part.Undecided))
	atLeast("ratio", float64(r.Ratio), float64(part.Ratio))
	for _, n := range slices.Sorted(maps.Keys(part.RatioByN)) {
		atLeast(fmt.Sprintf("ratio_by_n of N = %d", n), float64(r.RatioByN[n]), float64(part.RatioByN[n]))
	}
	return firstBad(fields)
}

// joins refuses p unless it is of the same search as first.
func (p *Report) joins(first *Report) error {
	return firstBad([]field{
		{"seed", p.Seed, p.Seed == first.Seed, fmt.Sprintf("%d as in the first", first.Seed)},
		{"cases", p.Cases, p.Cases == first.Cases, fmt.Sprintf("%d as in the first", first.Cases)},
		{"climb", p.Climb, p.Climb == first.Climb, fmt.Sprintf("%d as in the first", first.Climb)},
		{"select", p.Select, p.Select == first.Select, fmt.Sprintf("%v as in the first", first.Select)},
		{"build", p.Build, p.Build == first.Build, fmt.Sprintf("%v as in the first", first.Build)},
	})
}

// mergeRows adds b to a; of equal ratios the one from the earlier batch stays.
func mergeRows(a, b Row) Row {
	if b.Verdict == claim.Elsewhere {
		return a
	}
	s := a
	if b.Ratio > a.Ratio || b.Ratio == a.Ratio && b.Cases > 0 && (a.Cases == 0 || b.worstBatch() < a.worstBatch()) {
		s.Ratio, s.Note, s.Replay, s.Worst = b.Ratio, b.Note, b.Replay, b.Worst
	}
	s.Cases, s.Rejected = a.Cases+b.Cases, a.Rejected+b.Rejected
	s.Violated, s.Undecided = a.Violated+b.Violated, a.Undecided+b.Undecided
	s.Reasons = map[string]int{}
	s.RatioByN = map[int]claim.Number{}
	for _, r := range []Row{a, b} {
		for why, n := range r.Reasons {
			s.Reasons[why] += n
		}
		for n, ratio := range r.RatioByN {
			s.RatioByN[n] = max(s.RatioByN[n], ratio)
		}
	}
	// One refutation refutes; what one part leaves open stays open.
	s.Verdict = s.counted()
	for _, r := range []Row{a, b} {
		if r.Verdict == claim.Refuted {
			s.Verdict, s.Certificate = r.Verdict, r.Certificate
		}
	}
	return s
}

// worstBatch is the batch that the worst case comes from, -1 where it is before all: a long
// run.
func (r *Row) worstBatch() int {
	if r.Worst == nil {
		return -1
	}
	source := r.Worst.Source
	var number int
	if _, err := fmt.Sscanf(source, "random case %d", &number); err == nil {
		return number / search.Batch
	}
	if _, on, climbed := strings.Cut(source, " from batch "); climbed {
		if _, err := fmt.Sscanf(on, "%d", &number); err == nil {
			return number
		}
	}
	return -1
}

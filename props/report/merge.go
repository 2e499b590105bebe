package report

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// Merge joins the reports of all n shards of one search, in any order: cases and
// rejections add up, the largest ratio stays, a claim that judges itself has the verdict
// of shard 1. The sum is a report of shard 1/1. It refuses reports that Check refuses,
// that differ in seed, cases, climb, selection or build, or whose worst cases do not
// have the ratios that they say, and all but each of the shards 1..n of one n once. Idle
// shards are welcome, unless all are.
func Merge(parts []*Report) (*Report, error) {
	if len(parts) == 0 {
		return nil, errors.New("merge: no reports")
	}
	idle := true
	for k, p := range parts {
		if err := p.Check(); err != nil {
			return nil, fmt.Errorf("merge: report %d: %w", k+1, err)
		}
		if err := p.joins(parts[0]); err != nil {
			return nil, fmt.Errorf("merge: report %d: %w", k+1, err)
		}
		idle = idle && p.Idle
	}
	if idle {
		return nil, errors.New("merge: all shards are idle")
	}
	ordered, err := inOrder(parts)
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	sum := *ordered[0]
	sum.Shard = "1/1"
	sum.Claims, sum.Units = slices.Clone(sum.Claims), slices.Clone(sum.Units)
	for _, p := range ordered[1:] {
		sum.Units = append(sum.Units, p.Units...)
		for j := range sum.Claims {
			sum.Claims[j] = mergeRows(sum.Claims[j], p.Claims[j])
		}
	}
	slices.SortFunc(sum.Units, func(a, b search.Unit) int { return a.Batch - b.Batch })
	opt, err := sum.Options()
	if err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	if missing := sum.missing(opt); len(missing) > 0 {
		return nil, fmt.Errorf("merge: no shard has done the batches %v; run again: %s", missing, unfinished(ordered))
	}
	if err := sum.checkWorst(opt); err != nil {
		return nil, fmt.Errorf("merge: %w", err)
	}
	sum.Seal()
	return &sum, nil
}

// missing are the batches that no unit is of.
func (r *Report) missing(opt search.Options) []int {
	var gone []int
	for b := range opt.Batches() {
		if !slices.ContainsFunc(r.Units, func(u search.Unit) bool { return u.Batch == b }) {
			gone = append(gone, b)
		}
	}
	return gone
}

// unfinished are the shards that were stopped, as flags.
func unfinished(parts []*Report) string {
	var flags []string
	for _, p := range parts {
		if p.Stopped {
			flags = append(flags, "-shard "+p.Shard)
		}
	}
	return fmt.Sprint(flags)
}

// checkWorst recomputes the ratio of every row at its worst case.
func (r *Report) checkWorst(opt search.Options) error {
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
			return fmt.Errorf("%s: worst: %w", row.Name(), err)
		}
		return nil
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// Recheck does k units of the report again, drawn by a seed, and compares their digests;
// with as many units or more it does all.
func (r *Report) Recheck(k int, seed uint64, say func(batch int)) error {
	opt, err := r.Options()
	if err != nil {
		return err
	}
	claims, err := Select(r.Select)
	if err != nil {
		return err
	}
	order := rand.New(rand.NewPCG(seed, uint64(len(r.Units)))).Perm(len(r.Units))
	for _, at := range order[:min(k, len(order))] {
		want := r.Units[at]
		say(want.Batch)
		if got := search.Redo(claims, opt, want.Batch); got != want {
			return fmt.Errorf("batch %d: its digest is %.16s..., done again it is %.16s...", want.Batch, want.Digest, got.Digest)
		}
	}
	return nil
}

// joins refuses p unless it is of the same search as first.
func (p *Report) joins(first *Report) error {
	if err := firstBad([]field{
		{"seed", p.Seed, p.Seed == first.Seed, fmt.Sprintf("%d as in the first", first.Seed)},
		{"cases", p.Cases, p.Cases == first.Cases, fmt.Sprintf("%d as in the first", first.Cases)},
		{"climb", p.Climb, p.Climb == first.Climb, fmt.Sprintf("%d as in the first", first.Climb)},
		{"select", p.Select, p.Select == first.Select, fmt.Sprintf("%v as in the first", first.Select)},
		{"build", p.Build, p.Build == first.Build, fmt.Sprintf("%v as in the first", first.Build)},
	}); err != nil {
		return err
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
func mergeRows(a, b Row) Row {
	if b.Verdict == claim.Elsewhere {
		return a
	}
	s := a
	if b.Ratio > a.Ratio {
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

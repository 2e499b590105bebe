package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// MaxBytes caps a machine report.
const MaxBytes = 1 << 26

// maxCount caps the cases of a row; sums over shards stay far below 2^63.
const maxCount = int64(1) << 50

// Read parses a machine report of version 1 that Marshal could have written. Errors
// name the place, or the claim, the field and the value.
func Read(r io.Reader) (*Report, error) {
	data, err := strict.Read(r, MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	rep := new(Report)
	if err := strict.Unmarshal(data, rep); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if err := rep.Check(); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	// What is left: a field that is missing.
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
			return nil, fmt.Errorf("report: line %d is %s, verify writes %s", k+1, strict.Quote(have[k]),
				strict.Quote(want[k]))
		}
	}
	return rep, nil
}

func lines(b []byte) []string { return strings.Split(strings.TrimSpace(string(b)), "\n") }

// ParseShard reads i/n, 1 <= i <= n.
func ParseShard(s string) (i, n int, err error) {
	k, err := fmt.Sscanf(s, "%d/%d", &i, &n)
	if k != 2 || err != nil || i < 1 || i > n || fmt.Sprintf("%d/%d", i, n) != s {
		return 0, 0, fmt.Errorf("%s, want i/n with 1 <= i <= n", strict.Quote(s))
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
		if !f.ok {
			return fmt.Errorf("%s is %s, want %s", f.name, strict.Cut(fmt.Sprint(f.value)), f.want)
		}
	}
	return nil
}

// Options are those of the search that the report is of.
func (r *Report) Options() (search.Options, error) {
	part, parts, err := ParseShard(r.Shard)
	opt := search.Options{Seed: r.Seed, Cases: r.Cases, Climb: r.Climb, Shard: part - 1, Shards: parts}
	if err != nil {
		return opt, fmt.Errorf("shard is %w", err)
	}
	if r.Only != "" {
		if opt.Units, err = search.ParseUnits(r.Only); err != nil {
			return opt, fmt.Errorf("only is %w", err)
		}
	}
	return opt, nil
}

// Check refuses a report that verify cannot have made. Errors name the claim,
// the field and the value.
func (r *Report) Check() error {
	if r.Version != 1 {
		return fmt.Errorf("version is %d, want 1", r.Version)
	}
	opt, err := r.Options()
	if err != nil {
		return err
	}
	if err := firstBad([]field{
		{"cases", r.Cases, r.Cases >= 1 && r.Cases <= MaxCases, fmt.Sprintf("1..%d", MaxCases)},
		{"climb", r.Climb, r.Climb >= 0 && r.Climb <= MaxCases, fmt.Sprintf("0..%d", MaxCases)},
		{"number of claims", len(r.Claims), len(r.Claims) > 0, "1 or more"},
		{"number of runs", len(r.Training), len(r.Training) == 0 || r.whole(), "none in a shard"},
		{"number of sequential tests", len(r.Sequential), len(r.Sequential) == 0 || r.whole(), "none in a shard"},
		{"shard", r.Shard, r.Only == "" || r.Shard == "1/1", "1/1 where only some units are asked for"},
		{"digest", r.Digest, r.Digest == r.digest(), r.digest() + ", that of the content"},
	}); err != nil {
		return err
	}
	want, err := Select(r.Select)
	if err != nil {
		return err
	}
	if r.Campaign != nil {
		if err := r.Campaign.check(); err != nil {
			return err
		}
	} else if err := r.checkUnits(want, opt); err != nil {
		return err
	}
	if len(r.Claims) != len(want) {
		return fmt.Errorf("claims has %d rows, want the %d that are selected", len(r.Claims), len(want))
	}
	for k := range r.Claims {
		row, c := &r.Claims[k], &want[k]
		if row.Name() != c.Name() {
			return fmt.Errorf("claims[%d] is %s, want %s", k, strict.Quote(row.Name()), c.Name())
		}
		if err := row.check(c, r); err != nil {
			return fmt.Errorf("%s: %w", c.Name(), err)
		}
		if r.Campaign != nil {
			continue
		}
		if err := r.checkTried(row, want, c.Kind); err != nil {
			return fmt.Errorf("%s: %w", c.Name(), err)
		}
	}
	if err := r.checkParts(want); err != nil {
		return err
	}
	return r.checkRuns()
}

// whole reports that all units were asked for.
func (r *Report) whole() bool { return r.Shard == "1/1" && r.Only == "" }

// checkUnits refuses units of another shard, units twice or out of order, and, where
// nothing says that the search was stopped, missing ones.
func (r *Report) checkUnits(claims []claim.Claim, opt search.Options) error {
	all := search.UnitsOf(claims, r.Cases)
	k := 0
	for number := range all.Asked(&opt) {
		if k == len(r.Units) {
			break
		}
		u, want := r.Units[k], all.At(number)
		want.Digest = u.Digest
		if u != want || len(u.Digest) != 64 {
			return fmt.Errorf("units[%d] is unit %d, %s of batch %d, with a digest of %d characters, want unit %d of %d, "+
				"%s of batch %d, and 64", k, u.Number, strict.Cut(u.Kind), u.Batch, len(u.Digest), number, all.Len(),
				want.Kind, want.Batch)
		}
		k++
	}
	asked := all.CountAsked(&opt)
	return firstBad([]field{
		{"number of units", len(r.Units), k == len(r.Units), fmt.Sprintf("at most %d", asked)},
		{"stopped", r.Stopped, r.Stopped == (k < asked), "true where units are missing"},
		{"idle", r.Idle, r.Idle == (asked == 0), "true for a shard without units"},
	})
}

// has reports that the report has a unit of the kind.
func (r *Report) has(kind string) bool {
	return slices.ContainsFunc(r.Units, func(u search.Unit) bool { return u.Kind == kind })
}

func (r *Row) check(c *claim.Claim, of *Report) error {
	count := fmt.Sprintf("0..%d", maxCount)
	verdicts := []claim.Verdict{claim.Holds, claim.Refuted, claim.Undecided, claim.Starved, claim.Invalid}
	switch {
	case c.Kind == claim.SelfJudged && of.Campaign != nil:
		verdicts = []claim.Verdict{claim.Holds, claim.Refuted, claim.Undecided, claim.Unsettled, claim.Elsewhere}
	case c.Kind == claim.SelfJudged && !of.has(claim.SelfJudged.String()):
		verdicts = []claim.Verdict{claim.Elsewhere}
	case c.Kind == claim.SelfJudged:
		verdicts = []claim.Verdict{claim.Holds, claim.Refuted, claim.Undecided, claim.Unsettled, claim.Invalid}
	}
	flags := searchFlags(of.Seed, of.Cases, of.Climb)
	certified := r.Certificate == "" || r.Verdict == claim.Refuted && r.Certificate == OnRecord(c)
	if err := firstBad([]field{
		{"eq", r.Eq, r.Eq == c.Eq, c.Eq},
		{"statement", r.Statement, r.Statement == c.Statement, c.Statement},
		{"verdict", r.Verdict, slices.Contains(verdicts, r.Verdict),
			fmt.Sprintf("one of %v in shard %s", verdicts, of.Shard)},
		{"cases", r.Cases, r.Cases >= 0 && int64(r.Cases) <= maxCount, count},
		{"rejected", r.Rejected, r.Rejected >= 0 && int64(r.Rejected) <= maxCount, count},
		{"violated", r.Violated, r.Violated >= 0 && r.Violated <= r.Cases, "0..cases"},
		{"undecided", r.Undecided, r.Undecided >= 0 && r.Undecided <= r.Cases, "0..cases"},
		{"ratio", r.Ratio, r.Ratio >= 0, ">= 0"},
		{"certificate", r.Certificate, certified, "that on record, or none"},
		{"replay", r.Replay, of.Campaign != nil || strings.HasSuffix(r.Replay, flags), "one that ends in" + flags},
	}); err != nil {
		return err
	}
	if c.Kind == claim.SelfJudged {
		switch {
		case r.Rejected > 0 || len(r.Reasons) > 0 || len(r.RatioByN) > 0,
			r.Violated > 0 || r.Undecided > 0 || r.Worst != nil:
			return errors.New("rejected, reasons, ratio_by_n, violated, undecided or worst: set for a claim that " +
				"judges itself")
		case r.Verdict == claim.Elsewhere && (r.Cases > 0 || r.Ratio > 0 || r.Note != ""):
			return errors.New("cases, ratio or note: set, but shard 1 has them")
		}
		return nil
	}
	return r.checkSearched()
}

// checkTried refuses a row of a claim that random cases settle whose cases, valid and
// rejected, are not as many as the units of its kind have: a batch of random ones each, for
// each climb of a claim of the same kind one, fewer long runs than a batch, and far cases.
func (r *Report) checkTried(row *Row, claims []claim.Claim, kind claim.Kind) error {
	if kind == claim.SelfJudged {
		return nil
	}
	least, units := r.triedOf(kind)
	most := least
	if r.Climb > 0 && kind != claim.Linear {
		lengths := gen.MaxN - gen.MinN + 1
		for k := range claims {
			if claims[k].Kind == kind {
				most += units * lengths
			}
		}
	}
	if kind == claim.Training && r.has(search.LongUnit) {
		most += search.Batch
	}
	for k := range r.Units {
		if r.Units[k].Kind == search.FarUnit {
			most += search.MostFar(kind)
		}
	}
	tried := row.Cases + row.Rejected
	return firstBad([]field{
		{"cases + rejected", tried, tried >= least && tried <= most,
			fmt.Sprintf("%d..%d from %d batches", least, most, units)},
	})
}

// triedOf is the number of random cases in the units of a kind, and of these units.
func (r *Report) triedOf(kind claim.Kind) (cases, units int) {
	opt := search.Options{Cases: r.Cases}
	for k := range r.Units {
		if r.Units[k].Kind == kind.String() {
			cases += opt.Size(r.Units[k].Batch)
			units++
		}
	}
	return cases, units
}

// checkSearched is check for a claim that random cases settle.
func (r *Row) checkSearched() error {
	sum := 0
	for why, n := range r.Reasons {
		if reason, ok := claim.ReasonOf(why); n < 1 || int64(n) > maxCount || !ok || reason == claim.Valid {
			return fmt.Errorf("reasons: %s is %d, want a reason for 1 or more cases", strict.Quote(why), n)
		}
		sum += n
	}
	largest := claim.Number(0)
	for n, ratio := range r.RatioByN {
		if n < gen.MinN || n > gen.MaxChain || !(ratio >= 0) {
			return fmt.Errorf("ratio_by_n: that of N = %d is %v, want >= 0 and N in %d..%d",
				n, ratio, gen.MinN, gen.MaxChain)
		}
		largest = max(largest, ratio)
	}
	verdict := r.counted()
	return firstBad([]field{
		{"rejected", r.Rejected, r.Rejected == sum, fmt.Sprintf("%d, the sum of the reasons", sum)},
		{"ratio", r.Ratio, sixDigits(float64(r.Ratio)) == largest,
			fmt.Sprintf("%v, the largest of ratio_by_n, in six digits", float64(largest))},
		{"ratio", float64(r.Ratio), r.Violated > 0 || r.Ratio <= 1, "at most 1 where nothing is violated"},
		{"ratio", float64(r.Ratio), r.Violated == 0 || r.Ratio >= 1, "at least 1 where something is violated"},
		{"worst", r.Worst != nil, (r.Worst != nil) == (r.Cases > 0), "true if there are cases"},
		{"ratio_by_n", len(r.RatioByN), (len(r.RatioByN) > 0) == (r.Cases > 0), "some if there are cases"},
		{"verdict", r.Verdict, r.Verdict == verdict || r.Verdict == claim.Refuted && r.Violated > 0,
			string(verdict) + ", which the counts say"},
	})
}

// counted is the verdict that the counts of a searched claim leave when no
// violation is confirmed.
func (r *Row) counted() claim.Verdict {
	switch {
	case r.Violated > 0 || r.Undecided > 0:
		return claim.Undecided
	case r.Cases == 0 && r.Rejected == 0:
		return claim.Invalid
	case search.IsStarved(r.Cases, r.Rejected):
		return claim.Starved
	}
	return claim.Holds
}

func (r *Report) checkRuns() error {
	seen := map[string]bool{}
	check := func(kind, name string, fields []field) error {
		again := seen[kind+name]
		seen[kind+name] = true
		if err := firstBad(append([]field{{"name", name, name != "" && !again, "one of its own"}},
			fields...)); err != nil {
			return fmt.Errorf("%s %s: %w", kind, strict.Quote(name), err)
		}
		return nil
	}
	for _, run := range r.Training {
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

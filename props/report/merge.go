package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
)

// Merge joins reports of one search, in any order, that together have all its units of
// work: those of all shards i/n of one n, of several n, or of lists of units. A unit that
// several reports have counts once, and must be the same in all. Cases and rejections add
// up and the largest ratio stays, the earliest of equal ones. The sum is a report of shard
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
		if p.Campaign != nil {
			return nil, fmt.Errorf("report %d: %w", k+1, errCampaign)
		}
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
	claims, err := Select(parts[0].Select)
	if err != nil {
		return nil, err
	}
	units, err := join(parts, search.UnitsOf(claims, parts[0].Cases))
	if err != nil {
		return nil, err
	}
	var sum *Report
	if at := slices.IndexFunc(parts, func(p *Report) bool { return !p.partial() }); at >= 0 {
		whole := *parts[at] // the units of the others are its own
		sum = &whole
		if len(parts) > 1 {
			sum.Training, sum.Sequential = nil, nil
		}
	} else {
		first := *parts[0]
		sum = &first
		sum.Shard, sum.Only, sum.Stopped, sum.Idle, sum.Units, sum.Parts = "1/1", "", false, false, nil, nil
		sum.Claims = slices.Clone(sum.Claims)
		for _, u := range units {
			sum.Units = append(sum.Units, u.Unit)
		}
		for j := range sum.Claims {
			sum.Claims[j] = joinRows(j, &claims[j], parts, units)
		}
	}
	if err := sum.checkWorst(); err != nil {
		return nil, err
	}
	sum.Seal()
	return sum, nil
}

// joined is a unit and what the first report that has it says of its counts.
type joined struct {
	search.Unit
	parts []Part // nil where that report has all units
	from  int    // the report, from 0
}

// join are all units of a search in order. An error names a unit that two reports tell
// differently, or what does those that are in none.
func join(parts []*Report, all search.Units) ([]joined, error) {
	have := map[int]*joined{}
	for k, p := range parts {
		for at, u := range p.Units {
			j := &joined{Unit: u, from: k}
			if p.partial() {
				j.parts = p.Parts[at]
			}
			first := have[u.Number]
			if first == nil {
				have[u.Number] = j
				continue
			}
			same := first.Digest == u.Digest
			if first.parts != nil && j.parts != nil && same {
				var err error
				if same, err = equal(first.parts, j.parts); err != nil {
					return nil, err
				}
			}
			if !same {
				return nil, fmt.Errorf("reports %d and %d, shards %s and %s: unit %d is in both, and differs",
					first.from+1, k+1, parts[first.from].asked(), p.asked(), u.Number)
			}
		}
	}
	var units []joined
	var missing []int
	for number := 1; number <= all.Len(); number++ {
		if j := have[number]; j != nil {
			units = append(units, *j)
		} else {
			missing = append(missing, number)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%d of %d units are in no report; this does them: %s",
			len(missing), all.Len(), parts[0].CommandOf(missing))
	}
	return units, nil
}

// asked is the part of the search that the report is of, in words.
func (r *Report) asked() string {
	if r.Only != "" {
		return "units " + strict.Cut(r.Only)
	}
	return r.Shard
}

// CommandOf does the given units of the search that the report is of, and nothing else.
func (r *Report) CommandOf(units []int) string {
	command := "verify -units " + search.FormatUnits(units) + searchFlags(r.Seed, r.Cases, r.Climb)
	if r.Select.Claims != "" {
		between := func(r rune) bool { return r == ',' || unicode.IsSpace(r) }
		command += " -claims " + strings.Join(strings.FieldsFunc(r.Select.Claims, between), ",")
	}
	if r.Select.Form != "" {
		command += " -form " + r.Select.Form
	}
	return command + " -json FILE"
}

// joinRows is the row of a claim, the j-th, over all units.
func joinRows(j int, c *claim.Claim, reports []*Report, units []joined) Row {
	if c.Kind == claim.SelfJudged {
		for _, u := range units {
			if u.Kind == claim.SelfJudged.String() {
				return reports[u.from].Claims[j]
			}
		}
	}
	best := reports[0].Claims[j]
	for _, p := range reports[1:] {
		if p.Claims[j].before(&best) {
			best = p.Claims[j]
		}
	}
	var parts []*Part
	for _, u := range units {
		for k := range u.parts {
			if u.parts[k].Claim == best.Name() {
				parts = append(parts, &u.parts[k])
			}
		}
	}
	row := best.with(parts)
	if row.Verdict == claim.Refuted {
		row.Certificate = OnRecord(c)
	}
	return row
}

// before reports that the worst case of r is worse than that of s, or as bad and found
// earlier.
func (r *Row) before(s *Row) bool {
	if r.Cases == 0 || s.Cases == 0 {
		return r.Cases > 0
	}
	return r.Ratio > s.Ratio || r.Ratio == s.Ratio && r.worstBatch() < s.worstBatch()
}

// Tried is the number of random cases of each kind in the units that were done: of the
// kind that has the fewest.
func (r *Report) Tried() int {
	claims, err := Select(r.Select)
	if err != nil {
		return 0
	}
	tried := r.Cases
	for k := range claims {
		if kind := claims[k].Kind; kind != claim.SelfJudged {
			of, _ := r.triedOf(kind)
			tried = min(tried, of)
		}
	}
	return tried
}

// Missing are the units that the report was asked for and does not have, in order.
func (r *Report) Missing() (missing []int, asked int, err error) {
	opt, err := r.Options()
	if err != nil {
		return nil, 0, err
	}
	claims, err := Select(r.Select)
	if err != nil {
		return nil, 0, err
	}
	at := 0 // in Units, which are in order
	for number := range search.UnitsOf(claims, r.Cases).Asked(&opt) {
		asked++
		if at < len(r.Units) && r.Units[at].Number == number {
			at++
			continue
		}
		missing = append(missing, number)
	}
	return missing, asked, nil
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

// Recheck does k units of the report again, drawn by a seed, or all if k is at least their
// number, and compares digests, counts and ratios with what the report says. say is told
// the unit that comes next. When ctx is done, its error is returned.
func (r *Report) Recheck(ctx context.Context, k int, seed uint64, say func(u search.Unit)) error {
	claims, err := Select(r.Select)
	if err != nil {
		return err
	}
	var again []*Report
	order := rand.New(rand.NewPCG(seed, uint64(len(r.Units)))).Perm(len(r.Units))
	for _, at := range order[:min(k, len(order))] {
		unit := r.Units[at]
		say(unit)
		opt := search.Options{
			Seed: r.Seed, Cases: r.Cases, Climb: r.Climb, Units: []int{unit.Number}, Stop: ctx.Done(),
		}
		part := New(r.Select, search.Run(claims, opt), opt)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if part.Units[0] != unit {
			return fmt.Errorf("unit %d: its digest is %s, done again it is %s%s",
				unit.Number, strict.Cut(unit.Digest), part.Units[0].Digest, r.otherBuild())
		}
		for j := range r.Claims {
			if err := r.Claims[j].contains(&part.Claims[j]); err != nil {
				return fmt.Errorf("unit %d: %s: %w%s", unit.Number, r.Claims[j].Name(), err, r.otherBuild())
			}
		}
		again = append(again, part)
	}
	if len(again) == 0 || len(again) < len(r.Units) || r.partial() {
		return nil
	}
	sum, err := merge(again)
	if err != nil {
		return err
	}
	for j := range r.Claims {
		same, err := equal(r.Claims[j], sum.Claims[j])
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%s: the row is not that of all units done again, which is %s%s",
				r.Claims[j].Name(), text(sum.Claims[j]), r.otherBuild())
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
			"refuted, as in this unit"},
	}
	atLeast := func(name string, have, want float64) {
		fields = append(fields, field{name, have, have >= want, fmt.Sprintf("at least %v, as in this unit", want)})
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
	if _, err := fmt.Sscanf(source, "far case %d", &number); err == nil {
		return math.MaxInt32 + number // far cases come after all batches
	}
	if _, on, climbed := strings.Cut(source, " from batch "); climbed {
		if _, err := fmt.Sscanf(on, "%d", &number); err == nil {
			return number
		}
	}
	return -1
}

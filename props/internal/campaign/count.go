package campaign

import (
	"fmt"
	"math"
	"slices"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// A campaign that counts draws cases until each claim has Options.Valid of them. What
// float64 leaves open does not count, and runs are short: the search has the long ones, and
// settles in math/big.
const (
	// countJudged cases are what a unit of a claim that judges itself goes on to.
	countJudged = 20_000
	// countSeeds is more than such a unit has judgements.
	countSeeds = 1 << 12
	// countStream keeps these draws apart from others.
	countStream = 0x636f756e74
	// shortest to longest are the most steps of a run, by its number: 1, 2, 4, ..., 64.
	lengths = 7
)

// countCases are those of a unit; tests have fewer.
var countCases = 2000

// lacks are those of the claims at the given positions that have fewer valid cases than are
// wanted, and are not refuted.
func (r *run) lacks(at []int) []int {
	return slices.DeleteFunc(slices.Clone(at), func(k int) bool {
		f := r.state[k]
		return f.Cases >= r.opt.Valid || f.Verdict() == claim.Refuted
	})
}

// Lacking are the findings of a campaign that has fewer valid cases than are wanted of them.
// Claims that go through cases of their own, which no seed changes, lack none.
func Lacking(found []*search.Finding, valid int) (lacking []*search.Finding) {
	for _, f := range found {
		if f.Cases < valid && f.Verdict() != claim.Refuted && (f.Claim.Kind != claim.SelfJudged || f.Claim.Drawn) {
			lacking = append(lacking, f)
		}
	}
	return lacking
}

func (r *run) countArms() (arms []*arm) {
	var kinds [claim.Kinds][]int
	var fixed []claim.Claim
	for k := range r.opt.Claims {
		c := &r.opt.Claims[k]
		switch {
		case c.Kind != claim.SelfJudged:
			kinds[c.Kind] = append(kinds[c.Kind], k)
		case c.Drawn:
			arms = append(arms, r.countArm(c.Name(), []int{k}, func(number int, claims []claim.Claim) ([]*search.Finding,
				int64, string) {
				return r.countJudged(claims, number)
			}))
		default:
			fixed = append(fixed, *c)
		}
	}
	for kind, at := range kinds {
		kind := claim.Kind(kind)
		if len(at) == 0 {
			continue
		}
		arms = append(arms, r.countArm(kind.String(), at, func(number int, claims []claim.Claim) ([]*search.Finding,
			int64, string) {
			found := search.CountCases(claims, kind, countCases, r.ended, func(j int) (*gen.Case, string) {
				index := uint64(number*countCases + j)
				c := search.Draw(kind, gen.Random(r.opt.Seed^countStream, index))
				if c.Run != nil {
					c.Run.Steps = min(c.Run.Steps, 1<<(index%lengths))
				}
				return c, fmt.Sprintf("counted %d", index)
			})
			return found, int64(countCases), ""
		}))
	}
	if len(fixed) > 0 {
		a := &arm{sort: "fixed", name: "fixed", do: func(int) ([]*search.Finding, int64, string) {
			return r.countFixed(fixed)
		}}
		a.dead = func() bool { return a.next > 0 }
		arms = append(arms, a)
	}
	return arms
}

// countArm counts cases of the claims at the given positions while one lacks some.
func (r *run) countArm(name string, at []int,
	do func(number int, claims []claim.Claim) ([]*search.Finding, int64, string)) *arm {
	return &arm{
		sort: "count", name: "count " + name, claims: at,
		dead: func() bool { return len(r.lacks(at)) == 0 },
		do: func(number int) ([]*search.Finding, int64, string) {
			var claims []claim.Claim
			for _, k := range r.lacks(at) {
				claims = append(claims, r.opt.Claims[k])
			}
			return do(number, claims)
		},
	}
}

// countFixed has claims judge themselves that have no more cases for another seed.
func (r *run) countFixed(claims []claim.Claim) ([]*search.Finding, int64, string) {
	judged := make(chan []*search.Finding, 1)
	go func() { judged <- search.Judge(claims, r.opt.Seed, nil) }()
	var found []*search.Finding
	select {
	case found = <-judged:
	case <-r.opt.Stop: // it cannot be interrupted, only left
		return nil, 0, ""
	}
	cases := int64(0)
	for _, f := range found {
		cases += int64(f.Cases)
	}
	return found, cases, ""
}

// countJudged has one claim judge itself by seeds that no other unit has.
func (r *run) countJudged(claims []claim.Claim, number int) ([]*search.Finding, int64, string) {
	total := search.NewFindings(claims)
	for k := range uint64(countSeeds) {
		if r.over() || total[0].Cases >= countJudged {
			break
		}
		found := search.Judge(claims, (r.opt.Seed^countStream)+uint64(number)*countSeeds+k, nil)
		total[0].Merge(found[0])
	}
	if j := total[0].Judged; j != nil {
		all := *j
		all.Cases, all.Ratio = total[0].Cases, total[0].Ratio
		total[0].Judged = &all
	}
	return total, int64(total[0].Cases), ""
}

// cheapest is the arm that has least to do, by what its units took so far; those that were
// not begun come first.
func (r *run) cheapest(alive []*arm) *arm {
	left := func(a *arm) float64 {
		if a.next == 0 || a.claims == nil {
			return 0
		}
		have := math.MaxInt
		for _, k := range r.lacks(a.claims) {
			have = min(have, r.state[k].Cases)
		}
		return a.seconds * float64(r.opt.Valid-have) / float64(max(have, 1))
	}
	best := alive[0]
	for _, a := range alive[1:] {
		if left(a) < left(best) {
			best = a
		}
	}
	return best
}

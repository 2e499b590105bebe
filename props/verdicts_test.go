package props_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/report"
)

// halved are the claims that hold, each with half of its ratio on record of its right
// side, which refutes it.
func halved(on report.Record) []claim.Claim {
	var planted []claim.Claim
	for _, c := range searched() {
		half := float64(on[c.Name()].Ratio) / 2
		if on[c.Name()].Verdict != claim.Holds || half == 0 {
			continue
		}
		right := c.Right
		c.Right = func(v *claim.View, i int) float64 { return half * right(v, i) }
		c.Form = claim.Repaired // no certificate is tried for a planted fault
		planted = append(planted, c)
	}
	return planted
}

// found is one search of all claims together: a case is measured once for all of them,
// which is most of the work.
type found struct{ claims, broken, halved []*props.Finding }

// searchAll is shared by the tests that read it.
var searchAll = sync.OnceValue(func() found {
	on, err := report.OnDisk()
	if err != nil {
		panic(err)
	}
	claims, broken, halves := props.Claims(), brokenFormulas(), halved(on)
	if !*full {
		claims = slices.DeleteFunc(claims, dearToJudge)
	}
	list := slices.Concat(claims, broken, halves)
	all := make([]*props.Finding, len(list))
	find := func(opt props.Options, pick func(c *claim.Claim) bool) {
		var some []claim.Claim
		var at []int
		for k := range list {
			if pick(&list[k]) {
				some, at = append(some, list[k]), append(at, k)
			}
		}
		for k, f := range search.Search(some, opt) {
			all[at[k]] = f
		}
	}
	if *full {
		find(options(), func(*claim.Claim) bool { return true })
	} else {
		runs := options()
		runs.Cases = shortRuns
		find(options(), func(c *claim.Claim) bool { return c.Kind != claim.Training })
		find(runs, func(c *claim.Claim) bool { return c.Kind == claim.Training })
	}
	n, m := len(claims), len(claims)+len(broken)
	return found{all[:n], all[n:m], all[m:]}
})

// measuresRates reports that a claim judges itself by runs that take 20 seconds of CPU.
// All are of one kind of answer, unsettled; -full and the search of verify judge them,
// and package rates tests the machinery on short runs.
func measuresRates(c claim.Claim) bool {
	return c.Form == claim.Printed && slices.Contains([]string{"cor1", "cor2", "cor3", "cor4", "table1", "eq50"}, c.ID)
}

// dearToJudge reports that a claim judges itself by runs of an experiment that take a tenth
// of a second of CPU or more: its package holds the machinery to what is on record, -full and
// verify, which .ci/run calls, judge it.
func dearToJudge(c claim.Claim) bool {
	return c.Experiment || c.ID == "a3" || c.ID == "ef3" || measuresRates(c)
}

// TestVerdicts is the theorem check: a search with nothing but the claims to start from
// reaches the verdicts on record, both ways; with -full from three seeds, of which the
// first climbs as well, which refutes nothing and is most of the work.
func TestVerdicts(t *testing.T) {
	on := record(t)
	differ := func(seed uint64, found []*props.Finding) {
		for _, f := range found {
			want, ok := on[f.Claim.Name()]
			if !ok || f.Verdict() != want.Verdict {
				t.Errorf("seed %d: %s: %s, on record: %q", seed, f.Claim.Name(), f.Verdict(), want.Verdict)
			}
		}
	}
	differ(options().Seed, searchAll().claims)
	if n := len(props.Claims()); n != len(on) {
		t.Errorf("%d claims, %d on record", n, len(on))
	}
	if !*full {
		return
	}
	for _, seed := range []uint64{2, 3} {
		opt := options()
		opt.Seed, opt.Climb = seed, 0
		differ(seed, props.Search(props.Claims(), opt))
	}
}

// judged is what a claim of the list that judges itself says for a seed; tests share it.
func judged(c *claim.Claim, seed uint64) claim.Judgement {
	key := fmt.Sprint(c.Name(), " ", seed)
	j, ok := judgements.Load(key)
	if !ok {
		j, _ = judgements.LoadOrStore(key, c.Judge(seed))
	}
	return j.(claim.Judgement)
}

var judgements sync.Map // claim and seed to claim.Judgement

// TestJudgementsRepeat: a claim that settles itself does so alike for every seed,
// with its evidence.
func TestJudgementsRepeat(t *testing.T) {
	on := record(t)
	enough := func(c *claim.Claim, seed uint64, j *claim.Judgement) {
		least := 10
		if c.Experiment {
			least = 7 // settings of a figure, as many as it has
		}
		if j.Verdict != on[c.Name()].Verdict || j.Cases < least {
			t.Errorf("%s, seed %d: %s after %d cases, on record %s", c.Name(), seed, j.Verdict, j.Cases,
				on[c.Name()].Verdict)
		}
	}
	seeds := []uint64{1}
	if *full {
		seeds = []uint64{1, 2, 3}
	}
	count := 0
	for _, f := range searchAll().claims {
		c := f.Claim
		if c.Kind != claim.SelfJudged || measuresRates(*c) {
			continue
		}
		count++
		enough(c, options().Seed, f.Judged)
		for _, seed := range seeds {
			j := judged(c, seed)
			enough(c, seed, &j)
		}
	}
	least := 20
	if *full {
		least = 45
	}
	if count < least {
		t.Errorf("%d claims judge themselves, want at least %d", count, least)
	}
}

// TestProperty runs the claims on record as true as rapid properties, which shrink what
// fails; those of a kind together, as a case is measured once for all of them. A claim on
// record as refuted must keep failing in the search, not here.
func TestProperty(t *testing.T) {
	on := record(t)
	for kind := range claim.SelfJudged {
		t.Run(kind.String(), func(t *testing.T) {
			holds := slices.DeleteFunc(searched(), func(c claim.Claim) bool {
				return c.Kind != kind || on[c.Name()].Verdict != claim.Holds
			})
			said, tried := make([]int, len(holds)), 0
			rapid.Check(t, func(rt *rapid.T) {
				tried++
				for k, ratio := range props.Property(rt, holds, search.Draw(kind, gen.Rapid(rt))) {
					if ratio >= 0 {
						said[k]++
					}
				}
			})
			// rapid favours small values, and with them chains that nothing perturbs.
			for k, c := range holds {
				if said[k]*20 < tried {
					t.Errorf("%s: %d of %d cases say anything about it", c.Name(), said[k], tried)
				}
			}
			if len(holds) == 0 {
				t.Error("no claim is on record as true")
			}
		})
	}
}

// TestTightnessIsKept: every claim that holds would be refuted with half the ratio on
// record of its right side. So each check can fail, and a right side that becomes twice
// as large, which no verdict shows, is noticed.
func TestTightnessIsKept(t *testing.T) {
	on := record(t)
	idle := 0 // equations: they hold with both sides 0
	for _, c := range searched() {
		if on[c.Name()].Verdict != claim.Holds || on[c.Name()].Ratio > 0 {
			continue
		}
		if idle++; c.Kind != claim.Linear {
			t.Errorf("%s: no ratio on record", c.Name())
		}
	}
	if n := len(searchAll().halved); idle != 4 || n < 50 {
		t.Errorf("%d claims without a ratio, %d with one, want 3 and at least 50", idle, n)
	}
	refuteAll(t, searchAll().halved)
}

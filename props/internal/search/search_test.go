package search_test

import (
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search"
)

// named are the claims of the list with the given names.
func named(t testing.TB, names ...string) []claim.Claim {
	t.Helper()
	some := pick(names...)
	if len(some) != len(names) {
		t.Fatalf("%d claims, want %v", len(some), names)
	}
	return some
}

func pick(names ...string) []claim.Claim {
	return slices.DeleteFunc(props.Claims(), func(c claim.Claim) bool { return !slices.Contains(names, c.Name()) })
}

// passNames are claims of each kind about one pass, which is cheap: that hold, that are
// refuted, with an index and without.
var passNames = []string{"eq6b/repaired", "eq6b/printed", "thm1/printed", "eq14b/printed", "eq15/printed",
	"lemma2/repaired/past"}

func onePass(t testing.TB) []claim.Claim { return named(t, passNames...) }

// Searches of two batches, the second of a few cases, that tests share, since each takes a while:
// the whole, and its two shards.
var (
	twoBatches = search.Options{Seed: 5, Cases: search.Batch + 200, Climb: 12}
	whole      = sync.OnceValue(func() *search.Outcome { return search.Run(pick(passNames...), twoBatches) })
	shards     = [2]func() *search.Outcome{shard(0), shard(1)}
	first      = sync.OnceValue(func() *search.Outcome { // of the two batches
		opt := twoBatches
		opt.Cases = search.Batch
		return search.Run(pick(passNames...), opt)
	})
)

func shard(k int) func() *search.Outcome {
	return sync.OnceValue(func() *search.Outcome {
		opt := twoBatches
		opt.Shard, opt.Shards = k, 2
		return search.Run(pick(passNames...), opt)
	})
}

// text is all that a search says, for comparison.
func text(t testing.TB, out *search.Outcome) string {
	t.Helper()
	type row struct {
		Name      string
		Cases     int
		Rejected  [claim.Reasons]int
		Undecided int
		Violated  int
		Confirmed int
		Ratio     claim.Number
		Source    string
		ByN       map[int]claim.Number
		Worst     *gen.Case
		Witness   *gen.Case
	}
	var rows []any
	for _, f := range out.Findings {
		r := row{
			f.Claim.Name(), f.Cases, f.Rejected, f.Undecided, f.Violated, f.Confirmed, claim.Number(f.Ratio), f.Source,
			map[int]claim.Number{}, f.Worst, f.Witness,
		}
		for n, e := range f.ByN {
			r.ByN[n] = claim.Number(e.Ratio)
		}
		rows = append(rows, r)
	}
	b, err := json.MarshalIndent(append(rows, out.Units), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSameSeedSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	two := text(t, first())
	runtime.GOMAXPROCS(1)
	opt := twoBatches
	opt.Cases = search.Batch
	if d := cmp.Diff(text(t, search.Run(onePass(t), opt)), two); d != "" {
		t.Errorf("one batch at GOMAXPROCS 1 and at 2 differ (-1 +2):\n%.2000s", d)
	}
	opt = search.Options{Seed: 5, Cases: 200}
	thm1 := named(t, "thm1/printed")
	five := text(t, search.Run(thm1, opt))
	opt.Seed = 6
	if five == text(t, search.Run(thm1, opt)) {
		t.Error("seed 6 finds what seed 5 finds")
	}
}

// TestRunsSameBits: the same for runs, which are measured one by one.
func TestRunsSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	claims := named(t, "eq35/printed", "eq41/sharp-root")
	try := func() string {
		found := pool.Map(30, func(k int) []*search.Finding {
			return search.Try(claims, search.Draw(claim.Training, gen.Random(5, uint64(k))), "")
		})
		return text(t, &search.Outcome{Findings: slices.Concat(found...)})
	}
	one := try()
	runtime.GOMAXPROCS(2)
	if d := cmp.Diff(one, try()); d != "" {
		t.Errorf("GOMAXPROCS 1 and 2 differ (-1 +2):\n%.2000s", d)
	}
}

// TestShortBatch: a search tries as many random cases as it is asked for, with and
// without a batch that is not full.
func TestShortBatch(t *testing.T) {
	lemma1 := named(t, "lemma1/printed")
	for _, cases := range []int{1, 70, search.Batch + 30} {
		out := search.Run(lemma1, search.Options{Seed: 3, Cases: cases})
		f := out.Findings[0]
		if tried := f.Cases + f.RejectedTotal(); tried != cases || out.Stopped {
			t.Errorf("%d cases tried, want %d; stopped: %v", tried, cases, out.Stopped)
		}
	}
	long := search.Run(lemma1, search.Options{Seed: 3, Cases: 130}).Findings[0]
	index := 0
	if _, err := fmt.Sscanf(long.Source, "random case %d", &index); err != nil || index >= 130 {
		t.Errorf("the worst of 130 cases is %q", long.Source)
	}
}

// TestMoreCasesNeverLower: a longer search repeats the shorter one, unit by unit.
func TestMoreCasesNeverLower(t *testing.T) {
	a, b := first(), whole()
	for k, f := range a.Findings {
		if !(b.Findings[k].Ratio >= f.Ratio) {
			t.Errorf("%s: %v after one batch, %v after two", f.Claim.Name(), f.Ratio, b.Findings[k].Ratio)
		}
	}
	if len(a.Units) != 3 || len(b.Units) != 6 || !slices.Equal(a.Units, b.Units[:3]) ||
		b.Units[0].Digest == b.Units[3].Digest {
		t.Errorf("units %v and %v", a.Units, b.Units)
	}
}

// TestShards: disjoint parts of a search together are the search, and a unit that is done
// again is the same.
func TestShards(t *testing.T) {
	whole := whole()
	var parts [2]*search.Outcome
	for k := range parts {
		parts[k] = shards[k]()
		if len(parts[k].Units) != 3 {
			t.Fatalf("shard %d has the units %v", k, parts[k].Units)
		}
		for _, u := range parts[k].Units {
			if u != whole.Units[u.Number-1] {
				t.Errorf("shard %d has the units %v, the whole %v", k, parts[k].Units, whole.Units)
			}
		}
	}
	for number := 4; number <= 6; number++ {
		if again := search.Redo(onePass(t), twoBatches, number); again != whole.Units[number-1] {
			t.Errorf("unit %d is %v, done again %v", number, whole.Units[number-1], again)
		}
	}
	for k, f := range whole.Findings {
		a, b := parts[0].Findings[k], parts[1].Findings[k]
		if a.Cases+b.Cases != f.Cases || max(a.Ratio, b.Ratio) != f.Ratio {
			t.Errorf("%s: shards have %d+%d cases and ratios %v, %v; the whole %d and %v",
				f.Claim.Name(), a.Cases, b.Cases, a.Ratio, b.Ratio, f.Cases, f.Ratio)
		}
	}
}

// TestSearchedWith: a search of the claims that a finding names finds its ratio again,
// also where a climb on another claim had found it.
func TestSearchedWith(t *testing.T) {
	opt := search.Options{Seed: 4, Cases: search.Batch, Climb: 20}
	steps := named(t, "eq15/printed", "eq16/printed", "eq18a/printed", "eq20/printed", "thm1/printed", "eq30a/printed",
		"spike/repaired", "eq31/repaired/literal", "thm2/repaired/literal", "disp33/repaired/literal")
	crossed, plain := 0, 0
	for _, f := range search.Search(steps, opt) {
		ids := f.SearchedWith()
		if len(ids) > 1 {
			crossed++
		} else {
			plain++
		}
		if len(ids) == 1 && plain > 1 || len(ids) > 1 && crossed > 3 {
			continue // a few of them will do
		}
		again := search.Search(slices.DeleteFunc(slices.Clone(steps),
			func(c claim.Claim) bool { return !slices.Contains(ids, c.ID) }), opt)
		at := slices.IndexFunc(again, func(g *search.Finding) bool { return g.Claim.Name() == f.Claim.Name() })
		if g := again[at]; g.Ratio != f.Ratio || g.Source != f.Source {
			t.Errorf("%s: ratio %v from %s, again with the claims %v: %v from %s", f.Claim.Name(), f.Ratio, f.Source,
				ids, g.Ratio, g.Source)
		}
	}
	if crossed < 3 {
		t.Errorf("%d findings come from a climb on another claim, want 3 or more", crossed)
	}
}

// TestStop: a search that is stopped has whole units only, and says that it was.
func TestStop(t *testing.T) {
	stop := make(chan struct{})
	thm1 := named(t, "thm1/printed")
	opt := search.Options{Seed: 1, Cases: 3 * search.Batch, Stop: stop}
	opt.Progress = func(done, total int, doing string) {
		if total != 3 {
			t.Errorf("%d units in all, want 3", total)
		}
		if done == 1 && doing == "claims of kind step" {
			close(stop)
		}
	}
	out := search.Run(thm1, opt)
	whole := search.Run(thm1, search.Options{Seed: 1, Cases: search.Batch})
	if !out.Stopped || whole.Stopped || len(out.Units) != 1 || text(t, whole) != text(t, out) {
		t.Errorf("stopped %v after the units %v, want the search of one batch", out.Stopped, out.Units)
	}
	opt = search.Options{Seed: 1, Cases: search.Batch, Stop: stop}
	out = search.Run(named(t, "a1/printed", "thm1/printed"), opt)
	for _, f := range out.Findings {
		if v := f.Verdict(); v != claim.Invalid && v != claim.Elsewhere {
			t.Errorf("%s: %s before anything ran", f.Claim.Name(), f.Verdict())
		}
	}
	if !out.Stopped {
		t.Error("a search that is stopped before it begins does not say so")
	}
}

// TestNaNNeverPasses: a claim whose side is NaN counts no case.
func TestNaNNeverPasses(t *testing.T) {
	nan := func(*claim.View, int) float64 { return math.NaN() }
	for _, side := range []func(c *claim.Claim){
		func(c *claim.Claim) { c.Left = nan }, func(c *claim.Claim) { c.Right = nan },
	} {
		claims := named(t, "thm1/printed")
		side(&claims[0])
		f := search.Search(claims, search.Options{Seed: 1, Cases: search.Batch})[0]
		if f.Cases != 0 || f.Verdict() != claim.Starved {
			t.Errorf("%d valid cases and verdict %s, want 0 and starved", f.Cases, f.Verdict())
		}
	}
}

// TestJudged: a claim that judges itself does so once, in the first shard, with the seed.
func TestJudged(t *testing.T) {
	asked := 0
	ownClaims := []claim.Claim{{
		ID: "own", Form: claim.Printed, Kind: claim.SelfJudged, Statement: "seven",
		Judge: func(seed uint64) claim.Judgement {
			asked++
			return claim.Judgement{Verdict: claim.Holds, Cases: int(seed), Ratio: 0.5, Note: "so it is"}
		},
	}}
	f := search.Search(ownClaims, search.Options{Seed: 7, Cases: 1})[0]
	if f.Verdict() != claim.Holds || f.Cases != 7 || f.Ratio != 0.5 || f.Note() != "so it is" || asked != 1 {
		t.Errorf("%s after %d cases, ratio %v, note %q, asked %d times", f.Verdict(), f.Cases, f.Ratio, f.Note(), asked)
	}
	f = search.Search(ownClaims, search.Options{Seed: 7, Cases: 1, Shard: 1, Shards: 2})[0]
	if f.Verdict() != claim.Elsewhere || asked != 1 {
		t.Errorf("%s in the second shard, asked %d times", f.Verdict(), asked)
	}
}

// TestDraw: a kind gets the cases that it speaks of.
func TestDraw(t *testing.T) {
	for kind, want := range map[claim.Kind]func(c *gen.Case) bool{
		claim.Step:     func(c *gen.Case) bool { return c.Run == nil },
		claim.Nodes:    func(c *gen.Case) bool { return c.Run == nil },
		claim.Linear:   func(c *gen.Case) bool { return c.Run == nil && strings.HasPrefix(c.Chain[0].Op, "linear") },
		claim.Training: func(c *gen.Case) bool { return c.Run != nil },
	} {
		for index := range uint64(20) {
			if c := search.Draw(kind, gen.Random(1, index)); !want(c) {
				t.Errorf("kind %v draws %s", kind, c.Line())
			}
		}
	}
}

// TestLongRunIsCertified: the long runs are too large for a certificate of each; when all are tried, the smallest that
// violates a claim is made small and certified, so that the unit is a refutation.
func TestLongRunIsCertified(t *testing.T) {
	claims := named(t, "eq41/derivation")
	units := search.UnitsOf(claims, 1)
	for number := 1; number <= units.Len(); number++ {
		if units.At(number).Kind != search.LongUnit {
			continue
		}
		out := search.Run(claims, search.Options{Seed: 1, Cases: 1, Units: []int{number}})
		if f := out.Findings[0]; f.Violated == 0 || f.Undecided != f.Violated || f.Confirmed != 1 ||
			f.Verdict() != claim.Refuted {
			t.Errorf("%d violated, %d undecided, %d confirmed: %s", f.Violated, f.Undecided, f.Confirmed, f.Verdict())
		}
		long := gen.LongRuns(search.LongSteps, 1) // in pieces, as a campaign has them
		each := func(k int) (*gen.Case, string) { return long[k], "" }
		f := search.TryCases(claims, claim.Training, len(long), nil, each)[0]
		if f.Violated == 0 || f.Undecided != f.Violated || f.Confirmed != 1 {
			t.Errorf("in pieces: %d violated, %d undecided, %d confirmed", f.Violated, f.Undecided, f.Confirmed)
		}
		return
	}
	t.Error("no unit of long runs")
}

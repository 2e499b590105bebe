package search

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/pool"
	"github.com/cascade-sgd/cascade/props/internal/search/climb"
)

// Batch is the number of random cases between two rounds of climbing.
const Batch = 1000

// chunk is the number of cases that one worker takes at a time.
const chunk = 50

// LongSteps is the horizon of the runs without chance that every search adds to
// its trees; the tests take them to 10^6.
const LongSteps = 1 << 14

// longParts are the step sizes of the long runs, in units of 1/(3L).
var longParts = []float64{1, 1.0 / 64}

// Options of a Search.
type Options struct {
	Seed   uint64
	Cases  int           // random cases of each kind
	Budget time.Duration // if positive, no batch is begun after it; the result then depends on the machine
	Climb  int           // evaluations of each climb, 0 for none
	Shard  int           // this search takes one unit in Shards, see Units.Asked
	Shards int           // 0 means 1
	Units  []int         // if not nil, it takes these units instead, in rising order

	// Stop ends the search with what it has: once it is closed, no unit of work is
	// begun. nil never stops.
	Stop <-chan struct{}
	// Progress is called between units of work, from one goroutine, with how many are done
	// of those that are asked for, and with what is done next.
	Progress func(done, total int, doing string)
}

func (o *Options) check() {
	if o.Shards == 0 {
		o.Shards = 1
	}
	if o.Shard < 0 || o.Shard >= o.Shards || o.Cases < 0 || o.Climb < 0 {
		panic(fmt.Sprintf("search: shard %d of %d, %d cases, climbs of %d", o.Shard, o.Shards, o.Cases, o.Climb))
	}
	for k, u := range o.Units {
		if u < 1 || k > 0 && u <= o.Units[k-1] {
			panic(fmt.Sprintf("search: units[%d] is %d, want numbers that rise from 1 on", k, u))
		}
	}
	if o.Progress == nil {
		o.Progress = func(int, int, string) {}
	}
}

// Batches is the number of batches of the whole search.
func (o *Options) Batches() int { return (o.Cases + Batch - 1) / Batch }

// Size is the number of random cases of each kind in batch b: Batch, and in the last one
// what is left.
func (o *Options) Size(b int) int { return max(0, min(Batch, o.Cases-b*Batch)) }

func (o *Options) stopped() bool {
	select {
	case <-o.Stop:
		return true
	default:
		return false
	}
}

// Outcome is what came of a search.
type Outcome struct {
	Findings []*Finding   // in the order of the claims
	Units    []Unit       // of work that were done, in order
	Parts    [][]*Finding // of each of these units, in the order of the claims, without cases
	Stopped  bool         // before its end, by Stop or by the budget
}

// Search is Run without the bookkeeping.
func Search(claims []claim.Claim, opt Options) []*Finding { return Run(claims, opt).Findings }

// Run tries the claims on random cases and climbs from the worst ones. An incomplete
// claim panics, and so does one whose sides change their view or depend on more than that.
func Run(claims []claim.Claim, opt Options) *Outcome {
	opt.check()
	start := time.Now()
	kinds := byKind(claims)
	pure(claims, kinds, opt.Seed)
	units := UnitsOf(claims, opt.Cases)
	out := &Outcome{Findings: newFindings(claims)}
	asked := units.CountAsked(&opt)
	for number := range units.Asked(&opt) {
		u := units.At(number)
		if opt.stopped() || opt.Budget > 0 && time.Since(start) > opt.Budget && number > len(units.first) {
			break
		}
		opt.Progress(len(out.Units), asked, u.Does())
		found := do(claims, kinds, &u, opt)
		if opt.stopped() {
			break // the unit may be torn: what it found is left out, and it is run again
		}
		part := make([]*Finding, len(found))
		for k, f := range found {
			out.Findings[k].merge(f)
			part[k] = f.counts()
		}
		out.Units = append(out.Units, u)
		out.Parts = append(out.Parts, part)
	}
	out.Stopped = len(out.Units) < asked
	opt.Progress(asked, asked, "done")
	return out
}

// Redo does one unit of a search again and returns it.
func Redo(claims []claim.Claim, opt Options, number int) Unit {
	opt.check()
	u := UnitsOf(claims, opt.Cases).At(number)
	do(claims, byKind(claims), &u, opt)
	return u
}

// do does a unit, whose digest it sets.
func do(claims []claim.Claim, kinds [claim.Kinds][]int, u *Unit, opt Options) []*Finding {
	found := newFindings(claims)
	var of []int
	switch u.Kind {
	case claim.SelfJudged.String():
		of = kinds[claim.SelfJudged]
		judge(found, of, opt)
	case LongUnit:
		of = kinds[claim.Training]
		tryFixed(found, of, opt)
	case FarUnit:
		for kind, at := range kinds {
			if claim.Kind(kind) != claim.SelfJudged && len(at) > 0 {
				tryFar(claims, at, claim.Kind(kind), u.Batch, found, opt)
				of = append(of, at...)
			}
		}
	default:
		for kind, at := range kinds {
			if claim.Kind(kind).String() == u.Kind {
				of = at
				mergeAt(found, at, searchBatch(selected(claims, at), claim.Kind(kind), u.Batch, opt))
			}
		}
	}
	some := make([]*Finding, len(of))
	for j, k := range of {
		some[j] = found[k]
	}
	if !opt.stopped() && u.Kind != FarUnit { // a far run is too large for a certificate
		pool.Map(len(some), func(k int) struct{} {
			some[k].certifySmallest()
			return struct{}{}
		})
	}
	u.Digest = digest(some)
	return found
}

// byKind are the positions of the claims by kind.
func byKind(claims []claim.Claim) (kinds [claim.Kinds][]int) {
	for k := range claims {
		if err := claims[k].Complete(); err != nil {
			panic("search: " + err.Error())
		}
		kinds[claims[k].Kind] = append(kinds[claims[k].Kind], k)
	}
	return kinds
}

// digest is a hash of all that was found.
func digest(found []*Finding) string {
	h := sha256.New()
	for _, f := range found {
		fmt.Fprintln(h, f.Claim.Name(), f.Cases, f.Rejected, f.Undecided, f.Violated, f.Confirmed,
			math.Float64bits(f.Ratio), f.I, f.Source, f.Reach)
		for n := gen.MinN; n <= gen.MaxChain; n++ {
			if e := f.ByN[n]; e != nil {
				fmt.Fprintln(h, n, math.Float64bits(e.Ratio))
			}
		}
		if j := f.Judged; j != nil {
			fmt.Fprintln(h, j.Verdict, j.Note)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// selected are the claims at the given positions.
func selected(claims []claim.Claim, at []int) []claim.Claim {
	some := make([]claim.Claim, len(at))
	for j, k := range at {
		some[j] = claims[k]
	}
	return some
}

// mergeAt merges what was found for the claims at the given positions.
func mergeAt(total []*Finding, at []int, found []*Finding) {
	for j, k := range at {
		total[k].merge(found[j])
	}
}

// judge has the claims at the given positions judge themselves.
func judge(total []*Finding, at []int, opt Options) {
	judgements := pool.Map(len(at), func(k int) *claim.Judgement {
		if opt.stopped() {
			return &claim.Judgement{Verdict: claim.Invalid, Note: "stopped before it ran"}
		}
		j := total[at[k]].Claim.Judge(opt.Seed)
		return &j
	})
	for k, j := range judgements {
		f := total[at[k]]
		f.Judged, f.Cases, f.Ratio = j, j.Cases, j.Ratio
	}
}

// tryFixed tries the long runs and those on data on the claims at the given positions.
func tryFixed(total []*Finding, at []int, opt Options) {
	if len(at) == 0 {
		return
	}
	cases := gen.LongRuns(LongSteps, longParts...)
	long := len(cases)
	data, err := gen.DataRuns(gen.DataSteps)
	if err != nil {
		panic("search: " + err.Error()) // the data are part of the binary
	}
	cases = append(cases, data...)
	found := pool.Map(len(cases), func(k int) []*Finding {
		claims := make([]claim.Claim, len(at))
		for j, i := range at {
			claims[j] = *total[i].Claim
		}
		f := newFindings(claims)
		source := fmt.Sprintf(longSource, k)
		if k >= long {
			source = fmt.Sprintf(dataSource, k-long)
		}
		if !opt.stopped() {
			tryAll(f, claim.Training, cases[k], source)
		}
		return f
	})
	for _, f := range found {
		mergeAt(total, at, f)
	}
}

func searchBatch(claims []claim.Claim, kind claim.Kind, b int, opt Options) []*Finding {
	size := opt.Size(b)
	parts := pool.Map((size+chunk-1)/chunk, func(p int) []*Finding {
		f := newFindings(claims)
		for k := p * chunk; k < min((p+1)*chunk, size); k++ {
			if opt.stopped() {
				break
			}
			index := uint64(b*Batch + k)
			c := Draw(kind, gen.Random(opt.Seed, index))
			tryAll(f, kind, c, fmt.Sprintf(randomSource, index))
		}
		return f
	})
	found := newFindings(claims)
	for _, p := range parts {
		for k := range found {
			found[k].merge(p[k])
		}
	}
	if opt.Climb > 0 && kind != claim.Linear {
		climbBatch(found, b, opt)
	}
	return found
}

// climbBatch climbs from the batch's worst case of every claim and length, and
// tries where it ends on the other claims as well. A claim that the batch has
// refuted already needs no worse case.
func climbBatch(found []*Finding, b int, opt Options) {
	var jobs []climbJob
	var open []claim.Claim
	var at []int // of open in found
	for k, f := range found {
		if f.Confirmed > 0 {
			continue
		}
		open, at = append(open, *f.Claim), append(at, k)
		for n := gen.MinN; n <= gen.MaxN; n++ {
			if e := f.ByN[n]; e != nil && e.Ratio > 0 && !math.IsInf(e.Ratio, 1) {
				jobs = append(jobs, climbJob{f.Claim, n, e.Case})
			}
		}
	}
	alike := byStart(jobs)
	results := make([][]*Finding, len(jobs))
	pool.Map(len(alike), func(k int) struct{} {
		m := newMemory(jobs[alike[k][0]].on.Kind, len(alike[k]))
		for _, j := range alike[k] {
			results[j] = newFindings(open)
			if !opt.stopped() {
				jobs[j].climb(results[j], m, b, opt)
			}
		}
		return struct{}{}
	})
	for _, r := range results {
		mergeAt(found, at, r)
	}
}

// climbJob is a climb on a claim from its worst case of length n.
type climbJob struct {
	on   *claim.Claim
	n    int
	from *gen.Case
}

// byStart are the numbers of the jobs by the case that they start from: one worker takes
// those of one start, which measure many cases alike. The longest lists come first.
func byStart(jobs []climbJob) (alike [][]int) {
	list := map[*gen.Case]int{}
	for j := range jobs {
		k, ok := list[jobs[j].from]
		if !ok {
			k = len(alike)
			list[jobs[j].from] = k
			alike = append(alike, nil)
		}
		alike[k] = append(alike[k], j)
	}
	slices.SortStableFunc(alike, func(a, b []int) int { return len(b) - len(a) })
	return alike
}

// climb enters what is found where the climb ends.
func (j *climbJob) climb(found []*Finding, m *memory, b int, opt Options) {
	score := func(c *gen.Case) float64 { return m.of(c).score(j.on) }
	seed := opt.Seed ^ uint64(b)<<32 ^ uint64(j.n)
	best, _ := climb.Climb(j.from, score, climb.Options{Seed: seed, Evaluations: opt.Climb})
	second := &secondOpinion{kind: j.on.Kind, c: best, work: math.Inf(1)}
	tryMeasured(found, m.of(best), second, climbedOn(j.on, b, j.n), false)
}

// Draw draws a case for claims of a kind.
func Draw(kind claim.Kind, src gen.Source) *gen.Case {
	switch kind {
	case claim.Linear:
		return gen.LinearStep(src)
	case claim.Training:
		return gen.TrainingRun(src)
	}
	return gen.Step(src)
}

package props

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"time"

	"github.com/cascade-sgd/cascade/props/internal/gen"
	"github.com/cascade-sgd/cascade/props/internal/search/climb"
)

// Batch is the number of random cases between two rounds of climbing. A
// search is a sequence of batches that know nothing of each other, so a longer
// one repeats the shorter one and its largest ratio is never lower.
const Batch = 1000

// chunk is the number of cases that one worker takes at a time.
const chunk = 50

// Options of a Search.
type Options struct {
	Seed   uint64
	Cases  int           // random cases of each kind, rounded up to a multiple of Batch
	Budget time.Duration // if positive, no batch is begun after it; the result then depends on the machine
	Climb  int           // evaluations of each climb, 0 for none
	Shard  int           // this search takes the batches b with b % Shards == Shard
	Shards int           // 0 means 1

	// Progress is called between units of work, from one goroutine.
	Progress func(done, total int)
}

// Finding is what a search knows about one claim.
type Finding struct {
	Claim     *Claim
	Cases     int              // valid cases
	Rejected  [Reasons]int     // by reason; [Valid] is 0
	Undecided int              // cases that math/big left open
	Violated  int              // cases with left > right
	Confirmed int              // of these, those repeated in math/big
	Ratio     float64          // the largest left/right, -1 before any valid case
	I         int              // its index
	Worst     *gen.Case        // its case
	Source    string           // where that case came from
	Witness   *gen.Case        // the smallest violating case met, before Simplify
	ByN       map[int]*Extreme // the largest ratio for each N
	Own       *Judgement       // Kind Own: the verdict and its evidence
}

// Extreme is the worst case of one chain length.
type Extreme struct {
	Ratio float64
	Case  *gen.Case
}

// RejectedTotal is the number of cases that said nothing.
func (f *Finding) RejectedTotal() int {
	n := 0
	for _, k := range f.Rejected {
		n += k
	}
	return n
}

// MinValid is the fraction of valid cases below which a claim is starved: a
// search that rejects nearly everything has checked nearly nothing.
const MinValid = 0.05

// Elsewhere is the verdict of a claim that another shard settles.
const Elsewhere = "elsewhere"

// Verdict is "holds", "refuted", "undecided" (math/big could not settle a case)
// or "starved" (too few valid cases).
func (f *Finding) Verdict() string {
	switch {
	case f.Own != nil:
		return f.Own.Verdict
	case f.Claim.Kind == Own:
		return Elsewhere
	case f.Confirmed > 0:
		return "refuted"
	case f.Undecided > 0 || f.Violated > 0:
		return "undecided"
	case starved(f.Cases, f.RejectedTotal()):
		return "starved"
	}
	return "holds"
}

func newFindings(claims []Claim) []*Finding {
	f := make([]*Finding, len(claims))
	for k := range claims {
		f[k] = &Finding{Claim: &claims[k], Ratio: -1, ByN: map[int]*Extreme{}}
	}
	return f
}

// add enters the result of one case. The caller has settled what was not Yes:
// violated, confirmed and undecided say how.
func (f *Finding) add(r Result, c *gen.Case, source string) {
	if r.Reason != Valid {
		f.Rejected[r.Reason]++
		return
	}
	f.Cases++
	if r.Answer == No {
		f.Violated++
		if r.Ratio > clearly && r.Left.Lo > visible {
			f.witness(c)
		}
	}
	n := len(c.Chain)
	if e := f.ByN[n]; e == nil || r.Ratio > e.Ratio {
		f.ByN[n] = &Extreme{r.Ratio, c}
	}
	if r.Ratio > f.Ratio {
		f.Ratio, f.I, f.Worst, f.Source = r.Ratio, r.I, c, source
	}
}

// witness keeps the smallest violating case, the first among equals.
func (f *Finding) witness(c *gen.Case) {
	if f.Witness == nil || size(c) < size(f.Witness) {
		f.Witness = c
	}
}

// merge adds g, which comes later in the search; on equal ratios f stays.
func (f *Finding) merge(g *Finding) {
	f.Cases += g.Cases
	f.Undecided += g.Undecided
	f.Violated += g.Violated
	f.Confirmed += g.Confirmed
	for k, n := range g.Rejected {
		f.Rejected[k] += n
	}
	for n, e := range g.ByN {
		if old := f.ByN[n]; old == nil || e.Ratio > old.Ratio {
			f.ByN[n] = e
		}
	}
	if g.Witness != nil {
		f.witness(g.Witness)
	}
	if g.Ratio > f.Ratio {
		f.Ratio, f.I, f.Worst, f.Source = g.Ratio, g.I, g.Worst, g.Source
	}
}

// Search tries the claims on random cases and climbs from the worst ones. The
// result depends on the claims, the seed and the number of cases alone, not on
// GOMAXPROCS: work is split by index and merged in order.
func Search(claims []Claim, opt Options) []*Finding {
	if opt.Shards == 0 {
		opt.Shards = 1
	}
	if opt.Shard < 0 || opt.Shard >= opt.Shards {
		panic(fmt.Sprintf("props: shard %d of %d", opt.Shard, opt.Shards))
	}
	start := time.Now()
	total := newFindings(claims)
	kinds := map[Kind][]int{} // positions in claims
	for k := range claims {
		kinds[claims[k].Kind] = append(kinds[claims[k].Kind], k)
	}
	if opt.Shard == 0 {
		settleOwn(total, kinds[Own], opt)
	}
	if at := kinds[Training]; opt.Shard == 0 && len(at) > 0 {
		settleLong(total, at)
	}
	batches := (opt.Cases + Batch - 1) / Batch
	for b := range batches {
		if opt.Progress != nil {
			opt.Progress(b, batches)
		}
		if b%opt.Shards != opt.Shard {
			continue
		}
		if opt.Budget > 0 && time.Since(start) > opt.Budget {
			break
		}
		for _, kind := range []Kind{Step, Nodes, Linear, Training} {
			at := kinds[kind]
			if len(at) == 0 {
				continue
			}
			sub := make([]Claim, len(at))
			for j, k := range at {
				sub[j] = claims[k]
			}
			found := searchBatch(sub, kind, b, opt)
			for j, k := range at {
				total[k].merge(found[j])
			}
		}
	}
	parallel(len(total), func(k int) struct{} {
		total[k].certify()
		return struct{}{}
	})
	if opt.Progress != nil {
		opt.Progress(batches, batches)
	}
	return total
}

// settleOwn has the claims at the given positions settle themselves.
func settleOwn(f []*Finding, at []int, opt Options) {
	own := parallel(len(at), func(k int) Judgement { return f[at[k]].Claim.Judge(opt) })
	for k := range own {
		g := f[at[k]]
		g.Own, g.Cases, g.Ratio = &own[k], own[k].Cases, own[k].Ratio
	}
}

// settleLong tries the long runs and those on data on the claims at the given
// positions.
func settleLong(f []*Finding, at []int) {
	claims := make([]Claim, len(at))
	for j, k := range at {
		claims[j] = *f[k].Claim
	}
	cases := longRuns(LongSteps, 1, 1.0/64)
	long := len(cases)
	data, err := dataRuns(dataSteps)
	if err != nil {
		panic("props: " + err.Error()) // the data are part of the binary
	}
	cases = append(cases, data...)
	for _, g := range parallel(len(cases), func(k int) []*Finding {
		g := newFindings(claims)
		source := fmt.Sprintf("long run %d", k)
		if k >= long {
			source = fmt.Sprintf("data run %d", k-long)
		}
		tryAll(g, Training, cases[k], source)
		return g
	}) {
		for j, k := range at {
			f[k].merge(g[j])
		}
	}
}

func searchBatch(claims []Claim, kind Kind, b int, opt Options) []*Finding {
	parts := parallel(Batch/chunk, func(p int) []*Finding {
		f := newFindings(claims)
		for k := range chunk {
			index := uint64(b*Batch + p*chunk + k)
			c := draw(kind, gen.Random(opt.Seed, index))
			tryAll(f, kind, c, fmt.Sprintf("random case %d", index))
		}
		return f
	})
	found := newFindings(claims)
	for _, p := range parts {
		for k := range found {
			found[k].merge(p[k])
		}
	}
	if opt.Climb > 0 && kind != Linear {
		climbBatch(found, b, opt)
	}
	return found
}

// climbBatch climbs from the batch's worst case of every claim and length, and
// tries where it ends on the other claims as well. A claim that the batch has
// refuted already needs no worse case.
func climbBatch(found []*Finding, b int, opt Options) {
	type job struct{ claim, n int }
	var jobs []job
	var open []Claim
	var at []int // of open in found
	for k, f := range found {
		if f.Confirmed > 0 {
			continue
		}
		open, at = append(open, *f.Claim), append(at, k)
		for n := gen.MinN; n <= gen.MaxN; n++ {
			if e := f.ByN[n]; e != nil && e.Ratio > 0 && !math.IsInf(e.Ratio, 1) {
				jobs = append(jobs, job{k, n})
			}
		}
	}
	results := parallel(len(jobs), func(j int) []*Finding {
		f := found[jobs[j].claim]
		score := func(c *gen.Case) float64 { return score(f.Claim, c) }
		seed := opt.Seed ^ uint64(b)<<32 ^ uint64(jobs[j].n)
		best, _ := climb.Climb(f.ByN[jobs[j].n].Case, score, climb.Options{Seed: seed, Evaluations: opt.Climb})
		all := newFindings(open)
		tryAll(all, f.Claim.Kind, best, fmt.Sprintf(climbSource+"%s from batch %d, N = %d", f.Claim.Name(), b, jobs[j].n))
		return all
	})
	for _, r := range results {
		for k, f := range r {
			found[at[k]].merge(f)
		}
	}
}

// climbSource begins the source of a case that a climb ended in.
const climbSource = "climb on "

// parallel runs f(0..n-1) on all processors and returns the results in order.
func parallel[T any](n int, f func(int) T) []T {
	out := make([]T, n)
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := 0
	for range min(runtime.GOMAXPROCS(0), n) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				mu.Lock()
				k := next
				next++
				mu.Unlock()
				if k >= n {
					return
				}
				out[k] = f(k)
			}
		}()
	}
	wg.Wait()
	return out
}

func draw(kind Kind, src gen.Source) *gen.Case {
	switch kind {
	case Linear:
		return gen.LinearStep(src)
	case Training:
		return gen.TrainingRun(src)
	}
	return gen.Step(src)
}

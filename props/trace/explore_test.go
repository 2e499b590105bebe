package trace

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

var exploreRuns = flag.Int("explore", 0, "runs")
var exploreSteps = flag.Int("exploresteps", 60, "steps")
var exploreSeed = flag.Uint64("exploreseed", 1, "seed")

func rankRun(t testing.TB, run *engineRun) *ranker {
	j := newStepJudge(run.shape)
	r := newRanker(run.shape)
	var st Step
	var one []block
	for run.Next(&st) == nil {
		j.rankOnly(&st)
		one = r.add(st.T, j.sites, one)
	}
	r.finish()
	return r
}

func (j *stepJudge) rankOnly(st *Step) {
	if !j.start(st) {
		return
	}
	j.batch.Load(stepData{st, j.shape}, nil)
	j.batch.Pass(st.W, j.window)
}

func TestExploreClean(t *testing.T) {
	for k := range *exploreRuns {
		for _, e := range engines {
			run := newEngineRun(t, e, *exploreSeed+uint64(k), *exploreSteps, 12, 10)
			r := rankRun(t, run)
			for _, f := range r.findings() {
				fmt.Printf("CLEAN %s seed %d: %v %+v\n", e.name, k, r.site(f.site), f)
			}
			refs := r.references()
			for s := range refs {
				if s == r.skip {
					continue
				}
				for w := range windows {
					h := &r.history[s][w]
					for _, b := range append(append([]block(nil), h.topZ[:1]...), h.topM[:1]...) {
						test, score, _ := refs[s].judgeBlock(b, w)
						if score > -0.12 {
							fmt.Printf("near %s seed %d %v w%d %s %.3f\n", e.name, k, r.site(s), windows[w], test, score)
						}
					}
				}
			}
		}
	}
}

func TestExplorePlanted(t *testing.T) {
	rng := rand.New(rand.NewPCG(*exploreSeed, 5))
	type tally struct{ runs, first, wrong int }
	var big, mid, small tally
	for k := range *exploreRuns {
		e := engines[k%len(engines)]
		run := newEngineRun(t, e, *exploreSeed+uint64(1000+k), 60, 12, 10)
		n := run.shape.chain.N()
		site := rng.IntN(2*n - 2)
		if site >= n-1 {
			site++
		}
		p := &plant{site: site, biased: rng.IntN(2) == 0, size: []float64{1e-3, 1e-2, 0.1, 1}[rng.IntN(4)]}
		switch rng.IntN(3) {
		case 0:
			p.from = rng.IntN(60)
			p.to = p.from
		case 1:
			p.from, p.to = 0, 60
		default:
			p.from, p.to = 10+rng.IntN(40), 60
		}
		run.plant, run.measure = p, true
		r := rankRun(t, run)
		fs := r.findings()
		ta := &big
		switch {
		case run.sumE <= run.sumN:
			ta = &small
		case run.sumE <= 4*run.sumN:
			ta = &mid
		}
		ta.runs++
		named := len(fs) > 0
		if named && fs[0].site == site {
			ta.first++
		} else if named {
			ta.wrong++
		}
		if !named && ta == &big || named && fs[0].site != site {
			fmt.Printf("MISS %s run %d: %v %+v size %g biased %v E/N %.3g found %d", e.name, k, r.site(site), p.from, p.size, p.biased, run.sumE/run.sumN, len(fs))
			if named {
				fmt.Printf(" %v %+v", r.site(fs[0].site), fs[0])
			}
			refs := r.references()
			for w := range windows {
				h := &r.history[site][w]
				_, s, _ := refs[site].judgeBlock(h.topZ[0], w)
				_, s2, _ := refs[site].judgeBlock(h.topM[0], w)
				fmt.Printf(" | w%d %.2f %.2f", windows[w], s, s2)
			}
			fmt.Println()
		}
	}
	fmt.Printf("E>4N %+v  N<E<=4N %+v  below %+v\n", big, mid, small)
}

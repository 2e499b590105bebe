//go:build unix

package trace

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/cascade-sgd/cascade/core"
)

// BenchmarkRatio prints what a record costs to be judged, files and shares included, as a multiple of as many
// exact passes of core.Batch on one core: "cpu-passes/step" in time of the processor on one core, "passes/step" in
// time on the clock with all of them. Both are run in turns; the least of the rounds counts, as others use the machine
// as well. What is done once a run is in it: about a tenth of a pass of a step here, nothing in a run of 10^4 steps.
//
//	go test ./props/trace -run '^$' -bench Ratio -benchtime 10x
func BenchmarkRatio(b *testing.B) {
	for _, widths := range [][]int{{24, 24, 24, 24, 24}, {32, 16}} {
		for _, e := range engines {
			b.Run(fmt.Sprintf("%d-operators/%s", 2*len(widths)+2, e.name), func(b *testing.B) { ratioOf(b, e, widths) })
		}
	}
}

func ratioOf(b *testing.B, e engine, widths []int) {
	const length = 1000 // steps of a round
	s, steps := keptSteps(b, e, 20, widths...)
	dir := filepath.Join(b.TempDir(), "run")
	w, err := Create(dir, s.run)
	if err != nil {
		b.Fatal(err)
	}
	for t := range length {
		st := steps[t%len(steps)]
		st.T = t
		if err := w.Write(&st); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	batch := core.NewBatch(s.chain, 32)
	judged := func() {
		j, err := Judge(context.Background(), dir)
		if err != nil || j.Steps != length {
			b.Fatal(err)
		}
	}
	passed := func() {
		for t := range length {
			batch.Load(stepData{&steps[t%len(steps)], s}, nil)
			batch.Pass(steps[t%len(steps)].W, nil)
		}
	}
	all := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(all)
	judge, pass, judgeClock, passClock := math.Inf(1), math.Inf(1), math.Inf(1), math.Inf(1)
	for range b.N {
		runtime.GC()
		start := time.Now()
		judged()
		judgeClock = min(judgeClock, time.Since(start).Seconds())
		runtime.GOMAXPROCS(1)
		judge = min(judge, cpuSeconds(judged))
		start = time.Now()
		pass = min(pass, cpuSeconds(passed))
		passClock = min(passClock, time.Since(start).Seconds())
		runtime.GOMAXPROCS(all)
	}
	b.ReportMetric(judge/pass, "cpu-passes/step")
	b.ReportMetric(judgeClock/passClock, "passes/step")
	b.ReportMetric(pass/length*1e6, "µs/pass")
	b.ReportMetric(0, "ns/op")
}

// cpuSeconds is the time of the processor that f takes.
func cpuSeconds(f func()) float64 {
	used := func() time.Duration {
		var r syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
			return 0
		}
		return time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	start := used()
	f()
	return (used() - start).Seconds()
}

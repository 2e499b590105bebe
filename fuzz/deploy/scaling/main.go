// Command scaling says what a search on many machines costs: go run ./fuzz/deploy/scaling.
//
// It hands the units of a search out to machines as verify -shard i/n does, each taking as
// many seconds of a core as its kind. What such a search still finds is on another page,
// props/pages/GROWTH.md. It imports the standard library alone.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// The seconds of one core that a unit takes, by measurement: first those that are done
// once, then those of a batch of 1000 cases with climbs of 1000 evaluations, and one of far
// cases for every four batches.
var (
	once  = []float64{30, 2}            // claims that judge themselves, long runs
	batch = []float64{31, 0.5, 0.1, 15} // claims of kind step, nodes, linear, training
)

const (
	far        = 5
	farBatches = 4
)

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "scaling: no argument is wanted")
		os.Exit(2)
	}
	simulate(os.Stdout)
}

// unitsOf are the seconds of the units of a search of so many batches.
func unitsOf(batches int) []float64 {
	units := slices.Clone(once)
	for range batches {
		units = append(units, batch...)
	}
	for range batches / farBatches {
		units = append(units, far)
	}
	return units
}

// handOut are the seconds of n machines, which take the units as verify -shard i/n does.
func handOut(units []float64, n int) []float64 {
	machines := make([]float64, n)
	for k, s := range units {
		row := k / n
		machines[(k+row%n*((n-1)%12))%n] += s
	}
	return machines
}

// simulate writes how long searches take on machines of one core.
func simulate(w io.Writer) {
	fmt.Fprintln(w, "| cases | units | core hours | machines | hours | idle |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, batches := range []int{4, 250, 25_000} {
		units := unitsOf(batches)
		total := 0.0
		for _, s := range units {
			total += s
		}
		for _, n := range []int{1, 8, 64, 1000, 10_000} {
			if n > len(units) {
				continue
			}
			longest := slices.Max(handOut(units, n))
			fmt.Fprintf(w, "| %d | %d | %.3g | %d | %.3g | %.0f%% |\n", batches*1000, len(units), total/3600, n,
				longest/3600, 100*(1-total/(longest*float64(n))))
		}
	}
}

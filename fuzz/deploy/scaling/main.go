// Command scaling writes what a search on many machines costs, fuzz/deploy/SCALING.md:
//
//	go run ./fuzz/deploy/scaling > fuzz/deploy/SCALING.md
//
// It hands the units of a search out to machines as verify -shard i/n does, each taking as
// many seconds of a core as its kind. measured.go has these seconds and what else was
// measured, page.go the page. What such a search still finds is on another page,
// props/pages/GROWTH.md. It imports the standard library alone.
package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "scaling: no argument is wanted")
		os.Exit(2)
	}
	page(os.Stdout)
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

// everyNth are the seconds of n machines that take every n-th unit each.
func everyNth(units []float64, n int) []float64 {
	machines := make([]float64, n)
	for k, s := range units {
		machines[k%n] += s
	}
	return machines
}

func sum(v []float64) (total float64) {
	for _, s := range v {
		total += s
	}
	return total
}

// idle is the share of machine time that is waited for the last one.
func idle(machines []float64) float64 {
	return 1 - sum(machines)/(slices.Max(machines)*float64(len(machines)))
}

// enough is the least number of machines from which on a search takes no longer than its
// dearest unit.
func enough(units []float64) int {
	longest := slices.Max(units)
	n := len(units)
	for n > 1 && slices.Max(handOut(units, n-1)) == longest {
		n--
	}
	return n
}

// simulate writes how long searches take on machines of one core.
func simulate(w io.Writer) {
	fmt.Fprintln(w, "| cases | units | core hours | machines | hours | idle |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, batches := range []int{4, 250, 25_000} {
		units := unitsOf(batches)
		for _, n := range []int{1, 8, 64, 1000, 10_000} {
			if n > len(units) {
				continue
			}
			machines := handOut(units, n)
			fmt.Fprintf(w, "| %d | %d | %.3g | %d | %.3g | %.0f%% |\n", batches*1000, len(units), sum(units)/3600, n,
				slices.Max(machines)/3600, 100*idle(machines))
		}
	}
}

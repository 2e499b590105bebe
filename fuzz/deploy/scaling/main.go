// Command scaling says what a search on many machines costs, and what it still finds.
//
//	go run ./fuzz/deploy/scaling                  the time of a search in n parts, simulated
//	go run ./fuzz/deploy/scaling PART.json        how the largest ratio grows with cases
//
// The first hands the units of a search out to machines as verify -shard i/n does, each
// taking as many seconds of a core as its kind. The second reads the report of a part of a
// search, which has the largest ratio of each unit, joins units in many random orders and
// prints the mean of the largest ratio so far. It imports the standard library alone.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
)

// The seconds of one core that a unit takes, by measurement: first those that are done
// once, then those of a batch of 1000 cases with climbs of 1000 evaluations.
var (
	once  = []float64{30, 2}           // claims that judge themselves, long runs
	batch = []float64{8, 0.5, 0.1, 22} // claims of kind step, nodes, linear, training
)

func main() {
	if len(os.Args) < 2 {
		simulate()
		return
	}
	if err := curves(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "scaling:", err)
		os.Exit(1)
	}
}

// simulate prints how long searches take on machines of one core.
func simulate() {
	fmt.Println("| cases | units | core hours | machines | hours | idle |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, batches := range []int{4, 250, 25_000} {
		units := slices.Clone(once)
		for range batches {
			units = append(units, batch...)
		}
		total := 0.0
		for _, s := range units {
			total += s
		}
		for _, n := range []int{1, 8, 64, 1000, 10_000} {
			if n > len(units) {
				continue
			}
			machines := make([]float64, n)
			for k, s := range units {
				machines[(k+k/n%n*((n-1)%12))%n] += s // as verify has it
			}
			longest := slices.Max(machines)
			fmt.Printf("| %d | %d | %.3g | %d | %.3g | %.0f%% |\n", batches*1000, len(units), total/3600, n,
				longest/3600, 100*(1-total/(longest*float64(n))))
		}
	}
}

// part is what is read of a report.
type part struct {
	Parts [][]struct {
		Claim string `json:"claim"`
		Cases int    `json:"cases"`
		Ratio any    `json:"ratio"` // a number, or "inf"
	} `json:"parts"`
}

// orders is how many random orders of the units are averaged over.
const orders = 400

func curves(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var p part
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	ratios := map[string][]float64{} // by claim, of its units
	var names []string
	for _, unit := range p.Parts {
		for _, c := range unit {
			ratio, ok := c.Ratio.(float64)
			if !ok || c.Cases == 0 {
				continue // unbounded: more cases do not raise it
			}
			if ratios[c.Claim] == nil {
				names = append(names, c.Claim)
			}
			ratios[c.Claim] = append(ratios[c.Claim], ratio)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("%s has no units: give the report of a part, as -units makes it", path)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	fmt.Println("| claim | 1 unit | 2 | 4 | 8 | 16 | 32 |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, name := range names {
		of := ratios[name]
		line := "| " + name
		for n := 1; n <= 32; n *= 2 {
			if n > len(of) {
				line += " | "
				continue
			}
			sum := 0.0
			for range orders {
				rng.Shuffle(len(of), func(a, b int) { of[a], of[b] = of[b], of[a] })
				sum += slices.Max(of[:n])
			}
			line += fmt.Sprintf(" | %.4f", sum/orders)
		}
		fmt.Println(line + " |")
	}
	return nil
}

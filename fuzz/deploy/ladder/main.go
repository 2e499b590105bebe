// Command ladder measures what makes native fuzzing climb: how many executions it takes until
// a claim reaches a rung, with flat bytes and the rungs as coverage points, without the
// rungs, and with rapid's decoding of the bytes. Each run begins with an empty cache and one
// random input that its decoder can read; the k-th runs of all three have the same seed.
//
//	go test -c -fuzz=. -o fuzz.test ./fuzz
//	go run ./fuzz/deploy/ladder -binary fuzz.test >fuzz/deploy/LADDER.md
//
// It prints the page in Markdown, its seconds of CPU to stderr. What native fuzzing mutates
// goes by no seed: each run is another. It imports the standard library alone.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// goals are claims, their targets and the rung that is waited for.
var goals = []struct {
	target, claim string
	rung          int
}{
	{"FuzzPropagation", "eq15/printed", 8},
	{"FuzzPropagation", "thm1/printed", 5},
	{"FuzzPropagation", "eq16/printed", 6},
	{"FuzzPropagation", "eq30a/printed", 10},
	{"FuzzBias", "thm2/repaired/past", 2},
	{"FuzzDescent", "eq36/printed", 6},
	{"FuzzHorizon", "thm3/printed", 2},
	{"FuzzSpike", "spike/repaired", 4},
}

// ways are what is compared: the environment of each.
var ways = []struct {
	name  string
	env   []string
	bytes int // of the first input
}{
	{"flat bytes, rungs", []string{"CASCADE_LADDER=on", "CASCADE_DECODER="}, 128},
	{"flat bytes, no rungs", []string{"CASCADE_LADDER=off", "CASCADE_DECODER="}, 128},
	{"rapid, rungs", []string{"CASCADE_LADDER=on", "CASCADE_DECODER=rapid"}, 4096},
}

// find is a line of what a target writes in a campaign.
type find struct {
	Claim      string `json:"claim"`
	Rung       int    `json:"rung"`
	Executions int    `json:"executions"`
}

func main() {
	binary := flag.String("binary", "", "instrumented `file` of package fuzz")
	runs := flag.Int("runs", 5, "`n` runs of each")
	most := flag.Int("executions", 3000, "`n` executions of a run at most")
	flag.Parse()
	if err := all(*binary, *runs, *most); err != nil {
		fmt.Fprintln(os.Stderr, "ladder:", err)
		os.Exit(1)
	}
}

func all(binary string, runs, most int) error {
	if binary == "" || runs < 1 || most < 1 {
		return errors.New("want -binary, and -runs and -executions of 1 or more")
	}
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	fmt.Printf("Executions until a claim reaches a rung, at most %d: median (least..most) of %d runs.\n\n", most, runs)
	fmt.Print("| claim | rung |")
	for _, way := range ways {
		fmt.Printf(" %s |", way.name)
	}
	fmt.Println("\n|---|---|---|---|---|")
	spent := 0.0
	var took [3][][]int // by way and goal
	for _, g := range goals {
		fmt.Printf("| %s | %d |", g.claim, g.rung)
		for k, way := range ways {
			var of []int
			for seed := range runs {
				n, cpu, err := until(binary, g.target, g.claim, way.env, way.bytes, g.rung, most, seed)
				if err != nil {
					return err
				}
				of = append(of, n)
				spent += cpu
			}
			took[k] = append(took[k], of)
			sorted := slices.Sorted(slices.Values(of))
			fmt.Printf(" %s (%s..%s) |", count(sorted[runs/2], most), count(sorted[0], most), count(sorted[runs-1], most))
		}
		fmt.Println()
	}
	fmt.Println()
	for k, way := range ways[1:] {
		less, more := compare(took[0], took[k+1])
		fmt.Printf("Of %d pairs of runs %q needs fewer executions than %q in %d, more in %d: %s.\n",
			len(goals)*runs, ways[0].name, way.name, less, more, verdict(less, more))
	}
	fmt.Fprintf(os.Stderr, "ladder: %.0f s of CPU\n", spent)
	return nil
}

// compare counts the pairs of runs in which a needs fewer executions than b, and more.
func compare(a, b [][]int) (less, more int) {
	for g := range a {
		for k := range a[g] {
			switch {
			case a[g][k] < b[g][k]:
				less++
			case a[g][k] > b[g][k]:
				more++
			}
		}
	}
	return less, more
}

// verdict is that of a sign test.
func verdict(less, more int) string {
	n := less + more
	p := 0.0 // of as many or more on one side, by chance
	for k := max(less, more); k <= n; k++ {
		p += math.Exp(lgamma(n+1) - lgamma(k+1) - lgamma(n-k+1) - float64(n)*math.Ln2)
	}
	return fmt.Sprintf("sign test, two-sided p = %.2g", min(1, 2*p))
}

func lgamma(n int) float64 {
	l, _ := math.Lgamma(float64(n))
	return l
}

// count is a number of executions, or that there were not enough.
func count(n, most int) string {
	if n > most {
		return fmt.Sprintf("> %d", most)
	}
	return fmt.Sprint(n)
}

// look is how often the finds of a run are looked at.
const look = 200 * time.Millisecond

// until is the number of executions until the rung is reached, most+1 where it is not, and
// the seconds of CPU that it took.
func until(binary, target, claim string, env []string, first, rung, most, seed int) (n int, cpu float64, err error) {
	work, err := os.MkdirTemp("", "ladder")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(work)
	finds, corpus := filepath.Join(work, "finds"), filepath.Join(work, "testdata", "fuzz", target)
	if err := errors.Join(os.Mkdir(finds, 0o755), os.MkdirAll(corpus, 0o755)); err != nil {
		return 0, 0, err
	}
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	data := make([]byte, first)
	for k := range data {
		data[k] = byte(rng.IntN(256))
	}
	text := fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", data)
	if err := os.WriteFile(filepath.Join(corpus, "first"), text, 0o600); err != nil {
		return 0, 0, err
	}
	cmd := exec.Command(binary, "-test.run=^$", "-test.fuzz=^"+target+"$", fmt.Sprintf("-test.fuzztime=%dx", most),
		"-test.parallel=1", "-test.fuzzminimizetime=1x", "-test.fuzzcachedir="+filepath.Join(work, "cache"))
	cmd.Dir = work
	cmd.Env = append(append(os.Environ(), "CASCADE_CLAIMS="+claim, "CASCADE_FINDS="+finds), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(look)
	defer tick.Stop()
	stopped := false
	for {
		select {
		case <-tick.C:
			if n, err := reached(finds, claim, rung, most); err == nil && n <= most && !stopped {
				stopped = true
				_ = cmd.Process.Signal(os.Interrupt)
			}
			continue
		case err = <-ended:
		}
		break
	}
	if err != nil && !stopped {
		return 0, 0, fmt.Errorf("%s: %w: %.2000s", target, err, &out)
	}
	cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	n, err = reached(finds, claim, rung, most)
	return n, cpu, err
}

// reached is the first execution that a file of finds has the rung at. A last line may be
// written in part.
func reached(finds, claim string, rung, most int) (int, error) {
	files, err := filepath.Glob(filepath.Join(finds, "*.jsonl"))
	if err != nil {
		return 0, err
	}
	best := most + 1
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		for line := range bytes.Lines(text) {
			var f find
			if json.Unmarshal(line, &f) == nil && f.Claim == claim && f.Rung >= rung {
				best = min(best, f.Executions)
			}
		}
	}
	return best, nil
}

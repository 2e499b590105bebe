// Command ladder measures what makes native fuzzing climb: how many executions it takes until
// a claim reaches a rung, with flat bytes and the rungs as coverage points, without the
// rungs, and with rapid's decoding of the bytes. Each run begins with an empty cache and one
// random input that its decoder can read; the k-th runs of all three have the same seed. The
// rung is the highest that two thirds of the runs reach, all three ways together.
//
//	fuzz/build.sh fuzz.test
//	go run ./fuzz/deploy/ladder -binary fuzz.test
//
// It prints tables in Markdown, its seconds of CPU to stderr. What native fuzzing mutates
// goes by no seed: each run is another. It imports the standard library alone.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// goals are claims and their targets: a sample that this measurement chooses, with one of each
// target at least.
var goals = []struct{ target, claim string }{
	{"FuzzPropagation", "eq15/printed"},
	{"FuzzPropagation", "thm1/printed"},
	{"FuzzBias", "eq29/repaired/past"},
	{"FuzzBias", "thm2/repaired/past"},
	{"FuzzDescent", "eq36/printed"},
	{"FuzzHorizon", "thm3/printed"},
	{"FuzzSpike", "spike/repaired"},
	{"FuzzNodes", "lemma2/repaired/past"},
	{"FuzzPropagation", "eq16/printed"},
	{"FuzzPropagation", "eq30a/printed"},
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
	repeats := flag.Int("runs", 5, "`n` runs of each")
	most := flag.Int("executions", 1000, "`n` executions of a run")
	only := flag.String("claims", "", "only these `claims`, separated by commas")
	flag.Parse()
	if *only != "" {
		names := strings.Split(*only, ",")
		goals = slices.DeleteFunc(goals, func(g struct{ target, claim string }) bool {
			return !slices.Contains(names, g.claim)
		})
	}
	if err := all(os.Stdout, *binary, *repeats, *most); err != nil {
		fmt.Fprintln(os.Stderr, "ladder:", err)
		os.Exit(1)
	}
}

// all goes through goals and ways and writes what comes of them.
func all(w io.Writer, binary string, repeats, most int) error {
	if binary == "" || repeats < 1 || most < 1 {
		return errors.New("want -binary, and -runs and -executions of 1 or more")
	}
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "Executions until a claim reaches a rung, of %d: median (least..most) of %d runs.\n\n", most, repeats)
	fmt.Fprint(w, "| claim | rung |")
	for _, way := range ways {
		fmt.Fprintf(w, " %s |", way.name)
	}
	fmt.Fprintln(w, "\n|---|---|---|---|---|")
	spent := 0.0
	var took [3][][]int // by way and goal
	for _, g := range goals {
		var found [3][][]find // by way and run
		for k, way := range ways {
			for seed := range repeats {
				finds, cpu, err := fuzz(binary, g.target, g.claim, way.env, way.bytes, most, seed)
				if err != nil {
					return err
				}
				found[k] = append(found[k], finds)
				spent += cpu
			}
		}
		rung := goal(found)
		fmt.Fprintf(w, "| %s | %d |", g.claim, rung)
		for k := range ways {
			var of []int
			for _, finds := range found[k] {
				of = append(of, reached(finds, rung, most))
			}
			took[k] = append(took[k], of)
			fmt.Fprintf(w, " %s |", middle(of, most))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w)
	for k, way := range ways[1:] {
		less, more := compare(took[0], took[k+1])
		fmt.Fprintf(w, "Of %d pairs of runs %s need fewer executions than %s in %d, more in %d: %s.\n",
			len(goals)*repeats, ways[0].name, way.name, less, more, verdict(less, more))
	}
	fmt.Fprintf(os.Stderr, "ladder: %.0f s of CPU\n", spent)
	return nil
}

// goal is the highest rung that two thirds of all runs reach.
func goal(found [3][][]find) int {
	var tops []int
	for _, ofWay := range found {
		for _, finds := range ofWay {
			top := 0
			for _, f := range finds {
				top = max(top, f.Rung)
			}
			tops = append(tops, top)
		}
	}
	slices.Sort(tops)
	return tops[len(tops)/3]
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

// middle is the median of the executions of some runs, with the least and the most.
func middle(of []int, most int) string {
	sorted := slices.Sorted(slices.Values(of))
	at := func(k int) string { return count(sorted[k], most) }
	return fmt.Sprintf("%s (%s..%s)", at(len(sorted)/2), at(0), at(len(sorted)-1))
}

// count is a number of executions, or that there were not enough.
func count(n, most int) string {
	if n > most {
		return fmt.Sprintf("> %d", most)
	}
	return fmt.Sprint(n)
}

// fuzz is what a run of native fuzzing finds on the claim, and its seconds of CPU.
func fuzz(binary, target, claim string, env []string, first, most, seed int) (all []find, cpu float64, err error) {
	work, err := os.MkdirTemp("", "ladder")
	if err != nil {
		return nil, 0, err
	}
	defer os.RemoveAll(work)
	finds, corpus := filepath.Join(work, "finds"), filepath.Join(work, "testdata", "fuzz", target)
	if err := errors.Join(os.Mkdir(finds, 0o755), os.MkdirAll(corpus, 0o755)); err != nil {
		return nil, 0, err
	}
	rng := rand.New(rand.NewPCG(uint64(seed), 1))
	data := make([]byte, first)
	for k := range data {
		data[k] = byte(rng.IntN(256))
	}
	text := fmt.Appendf(nil, "go test fuzz v1\n[]byte(%q)\n", data)
	if err := os.WriteFile(filepath.Join(corpus, "first"), text, 0o600); err != nil {
		return nil, 0, err
	}
	cmd := exec.Command(binary, "-test.run=^$", "-test.fuzz=^"+target+"$", fmt.Sprintf("-test.fuzztime=%dx", most),
		"-test.parallel=1", "-test.fuzzminimizetime=0x", "-test.fuzzcachedir="+filepath.Join(work, "cache"))
	cmd.Dir = work
	cmd.Env = append(append(os.Environ(), "CASCADE_CLAIMS="+claim, "CASCADE_FINDS="+finds), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, 0, fmt.Errorf("%s: %w: %.2000s", target, err, out)
	}
	cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	files, err := filepath.Glob(filepath.Join(finds, "*.jsonl"))
	if err != nil {
		return nil, 0, err
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, 0, err
		}
		for line := range bytes.Lines(text) {
			var f find
			if err := json.Unmarshal(line, &f); err != nil {
				return nil, 0, fmt.Errorf("%s: %w", path, err)
			}
			if f.Claim == claim {
				all = append(all, f)
			}
		}
	}
	return all, cpu, nil
}

// reached is the first execution that has the rung, most+1 where none has.
func reached(finds []find, rung, most int) int {
	best := most + 1
	for _, f := range finds {
		if f.Rung >= rung {
			best = min(best, f.Executions)
		}
	}
	return best
}

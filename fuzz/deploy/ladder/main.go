// Command ladder measures what the rungs of the ladder gain native fuzzing: how many
// executions it takes until a claim reaches a rung, with the rungs as coverage points and
// without, from an empty cache, several runs of each.
//
//	go test -c -fuzz=. -o fuzz.test ./fuzz
//	go run ./fuzz/deploy/ladder -binary fuzz.test -runs 5 -executions 20000
//
// It prints a table in Markdown. Runs of native fuzzing have no seed: each is another. It
// imports the standard library alone.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// goals are claims, their targets and the rung that is waited for.
var goals = []struct {
	target, claim string
	rung          int
}{
	{"FuzzPropagation", "eq15/printed", 6},
	{"FuzzPropagation", "thm1/printed", 3},
	{"FuzzPropagation", "thm1/sharp", 8},
	{"FuzzBias", "thm2/repaired/past", 2},
	{"FuzzDescent", "eq36/printed", 6},
	{"FuzzHorizon", "thm3/printed", 2},
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
	most := flag.Int("executions", 20000, "`n` executions of a run at most")
	first := flag.Int("goals", len(goals), "only the first `n` goals")
	flag.Parse()
	if err := all(*binary, *runs, *most, goals[:min(*first, len(goals))]); err != nil {
		fmt.Fprintln(os.Stderr, "ladder:", err)
		os.Exit(1)
	}
}

func all(binary string, runs, most int, goals []struct {
	target, claim string
	rung          int
}) error {
	if binary == "" || runs < 1 || most < 1 {
		return errors.New("want -binary, and -runs and -executions of 1 or more")
	}
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	fmt.Printf("| claim | rung | with rungs: median (least..most) | without | runs of each |\n|---|---|---|---|---|\n")
	for _, g := range goals {
		var cells [2]string
		for k, ladder := range []string{"on", "off"} {
			var took []int
			for range runs {
				n, err := until(binary, g.target, g.claim, ladder, g.rung, most)
				if err != nil {
					return err
				}
				took = append(took, n)
			}
			slices.Sort(took)
			cells[k] = fmt.Sprintf("%s (%s..%s)", count(took[runs/2], most), count(took[0], most),
				count(took[runs-1], most))
		}
		fmt.Printf("| %s | %d | %s | %s | %d |\n", g.claim, g.rung, cells[0], cells[1], runs)
	}
	return nil
}

// count is a number of executions, or that there were not enough.
func count(n, most int) string {
	if n > most {
		return fmt.Sprintf("> %d", most)
	}
	return fmt.Sprint(n)
}

// until is the number of executions until the rung is reached, most+1 where it is not.
func until(binary, target, claim, ladder string, rung, most int) (int, error) {
	work, err := os.MkdirTemp("", "ladder")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	finds := filepath.Join(work, "finds")
	if err := os.Mkdir(finds, 0o755); err != nil {
		return 0, err
	}
	cmd := exec.Command(binary, "-test.run=^$", "-test.fuzz=^"+target+"$", fmt.Sprintf("-test.fuzztime=%dx", most),
		"-test.parallel=1", "-test.fuzzminimizetime=1x", "-test.fuzzcachedir="+filepath.Join(work, "cache"))
	cmd.Dir = work // no corpus
	cmd.Env = append(os.Environ(), "CASCADE_CLAIMS="+claim, "CASCADE_FINDS="+finds, "CASCADE_LADDER="+ladder)
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w: %.2000s", target, err, out)
	}
	files, err := filepath.Glob(filepath.Join(finds, "*.jsonl"))
	if err != nil {
		return 0, err
	}
	var all []find
	for _, path := range files {
		file, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		lines := bufio.NewScanner(file)
		lines.Buffer(nil, 1<<24)
		for lines.Scan() {
			var f find
			if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
				return 0, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
			}
			all = append(all, f)
		}
		if err := errors.Join(lines.Err(), file.Close()); err != nil {
			return 0, err
		}
	}
	if len(all) == 0 {
		return 0, fmt.Errorf("%s wrote nothing about %s", target, claim)
	}
	all = slices.DeleteFunc(all, func(f find) bool { return f.Rung < rung || f.Claim != claim })
	if len(all) == 0 {
		return most + 1, nil
	}
	return slices.MinFunc(all, func(a, b find) int { return cmp.Compare(a.Executions, b.Executions) }).Executions, nil
}

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cascade-sgd/cascade/props"
	"github.com/cascade-sgd/cascade/props/claim"
	"github.com/cascade-sgd/cascade/props/internal/campaign"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/internal/table"
	"github.com/cascade-sgd/cascade/props/report"
)

var corpusCommand = &command{
	synopsis: "[flags] [CORPUS...]",
	what: "Keeps the smallest corpus of each fuzz target that reaches every rung of every claim, and the " +
		"highest at each depth.",
	long: `A corpus is a folder with a folder for each target: that of the sources, the cache of a campaign
(DIR/cache), or that of go test. Those given are added to that of -dir, and -draws random cases. Inputs with names of
their own stay; the others are named after the claim, the number of operators and the rung that they are there for.
Without -write it only says what it would do.

Examples:
  go run ./props/verify corpus
  go run ./props/verify corpus -write -draws 1000 campaign/cache`,
	run: runCorpus,
}

func runCorpus(c *call) (int, error) {
	dir := c.fs.String("dir", "fuzz/testdata/fuzz", "`folder` of the corpora that are kept")
	draws := c.fs.Int("draws", 0, "add `n` random cases of each target")
	seed := c.fs.Uint64("seed", 1, "`seed` of these cases")
	only := c.fs.String("targets", "", "only these `targets`, separated by commas")
	write := c.fs.Bool("write", false, "write the inputs that are chosen to -dir and remove the others")
	if err := c.parse(0, 1<<10); err != nil {
		return exitUsage, err
	}
	if info, err := os.Stat(*dir); err != nil || !info.IsDir() {
		return exitUsage, fmt.Errorf("-dir %s is no folder", strict.Cut(*dir))
	}
	for _, from := range c.args {
		if info, err := os.Stat(from); err != nil || !info.IsDir() {
			return exitUsage, fmt.Errorf("%s is no folder", strict.Quote(from))
		}
	}
	if *draws < 0 || *draws > report.MaxCases {
		return exitUsage, fmt.Errorf("-draws is %d, want 0..%d", *draws, report.MaxCases)
	}
	targets, err := namedTargets(*only)
	if err != nil {
		return exitUsage, err
	}
	read := 0
	t := table.New("target", "inputs", "kept", "rungs")
	for _, target := range targets {
		if c.ctx.Err() != nil {
			return exitStopped, nil
		}
		claims := slices.DeleteFunc(props.Claims(), func(cl claim.Claim) bool { return !target.Owns(&cl) })
		mine := filepath.Join(*dir, target.Name)
		old, err := campaign.ReadInputs(mine)
		if err != nil {
			return exitUsage, err
		}
		inputs := slices.Clone(old)
		for _, from := range c.args {
			more, err := campaign.ReadInputs(filepath.Join(from, target.Name))
			if err != nil {
				return exitUsage, err
			}
			for k := range more { // no name of its own
				more[k].Name = "x-rung-0"
			}
			inputs = append(inputs, more...)
		}
		for _, data := range props.DrawnInputs(target.Kind, *seed, *draws) {
			inputs = append(inputs, campaign.Input{Name: "x-rung-0", Data: data})
		}
		read += len(inputs)
		kept := campaign.Choose(claims, inputs)
		rungs := map[string]bool{}
		for _, in := range kept {
			for name, rung := range in.Rungs {
				rungs[fmt.Sprint(name, rung)] = true
			}
		}
		t.Add(target.Name, len(inputs), len(kept), len(rungs))
		if *write {
			if err := writeCorpus(mine, old, kept); err != nil {
				return exitUsage, err
			}
		}
	}
	if read == 0 {
		return exitUsage, errors.New("no input in a folder named after a target: nothing to choose from")
	}
	if err := t.Text(c.stdout); err != nil {
		return exitUsage, err
	}
	return exitOK, nil
}

// namedTargets are those of the names, all for none.
func namedTargets(names string) (targets []props.Target, err error) {
	if names == "" {
		return props.Targets(), nil
	}
	for name := range strings.SplitSeq(names, ",") {
		k := slices.IndexFunc(props.Targets(), func(t props.Target) bool { return t.Name == name })
		if k < 0 {
			return nil, fmt.Errorf("-targets has %s, want names of targets of claims such as FuzzHorizon", strict.Quote(name))
		}
		targets = append(targets, props.Targets()[k])
	}
	return targets, nil
}

// writeCorpus writes what is kept and then removes what is not.
func writeCorpus(dir string, old, kept []campaign.Input) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, in := range kept {
		names[in.Name] = true
		if err := strict.WriteFile(filepath.Join(dir, in.Name), in.Text()); err != nil {
			return err
		}
	}
	for _, in := range old {
		if !names[in.Name] && !strings.ContainsAny(in.Name, "/\\") {
			if err := os.Remove(filepath.Join(dir, in.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

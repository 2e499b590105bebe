package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/cascade-sgd/cascade/props/internal/search"
	"github.com/cascade-sgd/cascade/props/internal/strict"
	"github.com/cascade-sgd/cascade/props/report"
)

var mergeCommand = &command{
	synopsis: "[flags] REPORT...",
	what:     "Joins the reports (-json) of all shards of one search, prints their sum as JSON and judges it.",
	long: `Every unit of the search must be in a report, whatever shards they are of; one that is in several counts once.
Reports of other searches or builds, edited ones, and a unit too few are refused; what does the missing units is named.

Examples:
  for i in 1 2 3; do go run ./props/verify -shard $i/3 -json $i.json; done
  go run ./props/verify merge -recheck 1 1.json 2.json 3.json > sum.json
  go run ./props/verify merge -html page.html sum.json > /dev/null      a page of a report that is there`,
	run: runMerge,
}

func runMerge(c *call) (int, error) {
	recheck := c.fs.Int("recheck", 0, "do `n` units again, drawn by -seed, and refuse the reports if one differs")
	seed := c.fs.Uint64("seed", 1, "`seed` that draws the units of -recheck")
	var page pageFlags
	page.define(c)
	if err := c.parse(1, math.MaxInt); err != nil {
		return exitUsage, err
	}
	if err := page.check(); err != nil {
		return exitUsage, err
	}
	if err := writable(c.args, pathOf{"-html", page.html}); err != nil {
		return exitUsage, err
	}
	if *recheck < 0 {
		return exitUsage, fmt.Errorf("-recheck is %d, want >= 0", *recheck)
	}
	start := time.Now()
	parts, err := readReports(c.args)
	if err != nil {
		return exitUsage, err
	}
	sum, err := report.Merge(parts)
	if err != nil {
		return exitUsage, err
	}
	say := func(u search.Unit) {
		fmt.Fprintf(c.stderr, "verify merge: unit %d again, %s\n", u.Number, u.Does())
	}
	if err := sum.Recheck(c.ctx, *recheck, *seed, say); errors.Is(err, context.Canceled) {
		return exitStopped, nil
	} else if err != nil {
		return exitUsage, err
	}
	if err := page.write(sum); err != nil {
		return exitUsage, err
	}
	data, err := sum.Marshal()
	if err != nil {
		return exitUsage, err
	}
	if _, err := c.stdout.Write(data); err != nil {
		return exitUsage, err
	}
	return judge(c.stderr, sum, false, time.Since(start))
}

// readReports reads machine reports; the error names the file.
func readReports(paths []string) ([]*report.Report, error) {
	var reports []*report.Report
	for _, path := range paths {
		data, err := strict.ReadFile(path, report.MaxBytes)
		if err != nil {
			return nil, err
		}
		r, err := report.Read(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		reports = append(reports, r)
	}
	return reports, nil
}
